//! A filter as its zeros, poles and gain, and the road from an analog low-pass to a digital filter of any band.
//!
//! The analog low-pass prototype (cutoff 1 rad/s) is moved to its band by the frequency transformations
//! `s -> s / w0`, `s -> w0 / s`, `s -> (s² + w0²) / (s B)` and its inverse, and to the z-plane by the bilinear transform
//! with its edges warped beforehand (A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", chapter 7). The
//! order of the roots, and so the rounding of what is computed from them, is that of `scipy.signal`.

use super::complex::Complex;

/// The highest order of a prototype.
pub const MAX_ORDER: usize = 24;

/// The most roots a filter has: a band filter has twice those of its prototype. One more makes them even.
const CAPACITY: usize = 2 * MAX_ORDER + 1;

/// What a filter lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Band {
    /// What is below its edge.
    Low,
    /// What is above its edge.
    High,
    /// What is between its edges.
    Pass,
    /// What is outside its edges.
    Stop,
}

impl Band {
    /// How many poles a filter of `order` has.
    pub fn poles(self, order: usize) -> usize {
        match self {
            Band::Low | Band::High => order,
            Band::Pass | Band::Stop => 2 * order,
        }
    }
}

/// Up to [`CAPACITY`] roots of a polynomial, in place.
#[derive(Debug, Clone, Copy)]
pub struct Roots {
    items: [Complex; CAPACITY],
    count: usize,
}

impl Roots {
    /// None.
    pub const fn new() -> Self {
        Self { items: [Complex::real(0.0); CAPACITY], count: 0 }
    }

    /// Adds one; beyond the capacity it is dropped, which no order up to [`MAX_ORDER`] reaches.
    pub fn push(&mut self, root: Complex) {
        if let Some(free) = self.items.get_mut(self.count) {
            *free = root;
            self.count += 1;
        }
    }

    /// Adds `root` as many times.
    fn push_repeated(&mut self, root: Complex, times: usize) {
        for _ in 0..times {
            self.push(root);
        }
    }

    /// Them.
    pub fn as_slice(&self) -> &[Complex] {
        &self.items[..self.count]
    }

    /// Them, to change.
    pub fn as_mut_slice(&mut self) -> &mut [Complex] {
        &mut self.items[..self.count]
    }

    fn map(&self, f: impl Fn(Complex) -> Complex) -> Self {
        let mut mapped = *self;
        for root in mapped.as_mut_slice() {
            *root = f(*root);
        }
        mapped
    }

    /// The product of `f` of each.
    fn product(&self, f: impl Fn(Complex) -> Complex) -> Complex {
        self.as_slice().iter().fold(Complex::real(1.0), |product, &root| product * f(root))
    }
}

impl Default for Roots {
    fn default() -> Self {
        Self::new()
    }
}

/// A filter as its zeros, poles and gain.
#[derive(Debug, Clone, Copy)]
pub struct PoleZero {
    /// Where the transfer function vanishes.
    pub zeros: Roots,
    /// Where it is infinite.
    pub poles: Roots,
    /// Its factor.
    pub gain: f64,
}

impl PoleZero {
    /// The analog Butterworth low-pass of `order`: poles evenly spaced on the left half of the unit circle
    /// (S. Butterworth, "On the Theory of Filter Amplifiers", Experimental Wireless 7, 1930).
    pub fn butterworth(order: usize) -> Self {
        let n = order as i64;
        let mut poles = Roots::new();
        for m in (1 - n..n).step_by(2) {
            let angle = std::f64::consts::PI * m as f64 / (2 * n) as f64;
            poles.push(-Complex::new(angle.cos(), angle.sin()));
        }
        Self { zeros: Roots::new(), poles, gain: 1.0 }
    }

    /// How many more poles than zeros it has, which is its zeros at infinity.
    fn excess(&self) -> usize {
        self.poles.count.saturating_sub(self.zeros.count)
    }

    /// The prototype moved to a band with edges in rad/s; `high` is read by band filters only.
    #[must_use]
    pub fn to_band(&self, band: Band, low: f64, high: f64) -> Self {
        match band {
            Band::Low => self.to_low(low),
            Band::High => self.to_high(low),
            Band::Pass => self.to_pass((low * high).sqrt(), high - low),
            Band::Stop => self.to_stop((low * high).sqrt(), high - low),
        }
    }

    /// The gain left over when every root is inverted.
    fn inverted_gain(&self) -> f64 {
        self.gain * (self.zeros.product(|z| -z) / self.poles.product(|p| -p)).re
    }

    fn to_low(self, w0: f64) -> Self {
        let gain = self.gain * w0.powf(self.excess() as f64);
        Self { zeros: self.zeros.map(|z| z * w0), poles: self.poles.map(|p| p * w0), gain }
    }

    fn to_high(self, w0: f64) -> Self {
        let invert = |root: Complex| Complex::real(w0) / root;
        let mut zeros = self.zeros.map(invert);
        zeros.push_repeated(Complex::real(0.0), self.excess());
        Self { zeros, poles: self.poles.map(invert), gain: self.inverted_gain() }
    }

    fn to_pass(self, w0: f64, bandwidth: f64) -> Self {
        let scale = |root: Complex| root * bandwidth * 0.5;
        let mut zeros = split(&self.zeros.map(scale), w0);
        zeros.push_repeated(Complex::real(0.0), self.excess());
        let gain = self.gain * bandwidth.powf(self.excess() as f64);
        Self { zeros, poles: split(&self.poles.map(scale), w0), gain }
    }

    fn to_stop(self, w0: f64, bandwidth: f64) -> Self {
        let invert = |root: Complex| Complex::real(bandwidth / 2.0) / root;
        let mut zeros = split(&self.zeros.map(invert), w0);
        zeros.push_repeated(Complex::new(0.0, w0), self.excess());
        zeros.push_repeated(Complex::new(0.0, -w0), self.excess());
        Self { zeros, poles: split(&self.poles.map(invert), w0), gain: self.inverted_gain() }
    }

    /// The digital filter by `s -> 4 (z - 1) / (z + 1)`, for edges warped by [`warp`].
    #[must_use]
    pub fn bilinear(&self) -> Self {
        let rate = Complex::real(4.0);
        let transform = |root: Complex| (rate + root) / (rate - root);
        let mut zeros = self.zeros.map(transform);
        zeros.push_repeated(Complex::real(-1.0), self.excess());
        let ratio = self.zeros.product(|z| rate - z) / self.poles.product(|p| rate - p);
        Self { zeros, poles: self.poles.map(transform), gain: self.gain * ratio.re }
    }
}

/// Two roots from each: `root ± sqrt(root² - w0²)`, all the sums first.
fn split(roots: &Roots, w0: f64) -> Roots {
    let distance = |root: Complex| (root.square() - Complex::real(w0 * w0)).sqrt();
    let mut both = roots.map(|root| root + distance(root));
    for &root in roots.as_slice() {
        both.push(root - distance(root));
    }
    both
}

/// The analog frequency (rad/s) that [`PoleZero::bilinear`] brings to `edge`, of which 1 is Nyquist.
pub fn warp(edge: f64) -> f64 {
    4.0 * (std::f64::consts::PI * edge / 2.0).tan()
}
