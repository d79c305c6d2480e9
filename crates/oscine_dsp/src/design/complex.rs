//! Complex numbers, as far as filter design needs them.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A complex number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Complex {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
}

impl Complex {
    /// `re + j im`.
    pub const fn new(re: f64, im: f64) -> Self {
        Self { re, im }
    }

    /// A real number.
    pub const fn real(re: f64) -> Self {
        Self { re, im: 0.0 }
    }

    /// The conjugate.
    #[must_use]
    pub fn conj(self) -> Self {
        Self::new(self.re, -self.im)
    }

    /// The distance from the origin.
    pub fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }

    /// Whether it lies exactly on the real axis.
    pub fn is_real(self) -> bool {
        self.im == 0.0
    }

    /// The square.
    #[must_use]
    pub fn square(self) -> Self {
        self * self
    }

    /// The principal square root (real part not negative), by the half-angle formulas with the cancelling one avoided.
    #[must_use]
    pub fn sqrt(self) -> Self {
        let Self { re, im } = self;
        if im == 0.0 {
            return if re < 0.0 {
                Self::new(0.0, (-re).sqrt().copysign(im))
            } else {
                Self::new(re.sqrt().abs(), 0.0_f64.copysign(im))
            };
        }
        if re == 0.0 {
            let r = (0.5 * im.abs()).sqrt();
            return Self::new(r, r.copysign(im));
        }
        let modulus = self.abs();
        if re > 0.0 {
            let r = (0.5 * (modulus + re)).sqrt();
            Self::new(r, 0.5 * (im / r))
        } else {
            let s = (0.5 * (modulus - re)).sqrt();
            Self::new((0.5 * (im / s)).abs(), s.copysign(im))
        }
    }
}

impl Add for Complex {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.re + other.re, self.im + other.im)
    }
}

impl Sub for Complex {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.re - other.re, self.im - other.im)
    }
}

impl Neg for Complex {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.re, -self.im)
    }
}

impl Mul for Complex {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }
}

impl Mul<f64> for Complex {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self::new(self.re * factor, self.im * factor)
    }
}

impl Div for Complex {
    type Output = Self;
    /// Smith's algorithm (R. L. Smith, "Algorithm 116: Complex division", CACM 5, 1962), which does not overflow where
    /// the quotient does not.
    fn div(self, other: Self) -> Self {
        if other.re.abs() >= other.im.abs() {
            if other.re == 0.0 && other.im == 0.0 {
                return Self::new(self.re / other.re.abs(), self.im / other.re.abs());
            }
            let ratio = other.im / other.re;
            let scale = 1.0 / (other.re + other.im * ratio);
            Self::new((self.re + self.im * ratio) * scale, (self.im - self.re * ratio) * scale)
        } else {
            let ratio = other.re / other.im;
            let scale = 1.0 / (other.im + other.re * ratio);
            Self::new((self.re * ratio + self.im) * scale, (self.im * ratio - self.re) * scale)
        }
    }
}
