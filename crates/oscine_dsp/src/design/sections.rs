//! Zeros and poles to second-order sections.
//!
//! The pole nearest to the unit circle is paired with the zero nearest to it, and so on; what is paired first comes last,
//! so that the most resonant section meets a signal that the others have already reduced (L. B. Jackson, "Digital Filters
//! and Signal Processing", chapter 11). This is the pairing that `scipy.signal` calls "nearest".

use super::complex::Complex;

/// How far from the real axis, relative to its modulus, a root is still taken as real.
const REAL_TOLERANCE: f64 = 100.0 * f64::EPSILON;

/// Roots that are not in conjugate pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotConjugate;

/// Writes the sections of a filter, six coefficients each (`b0 b1 b2 1 a1 a2`), the gain in the first one.
///
/// There are as many zeros as poles, an even number of each (an origin may be added to both); they are consumed. `sos`
/// has three elements for each pole.
pub fn pair(zeros: &mut [Complex], poles: &mut [Complex], gain: f64, sos: &mut [f64]) -> Result<(), NotConjugate> {
    let zero_count = join_conjugates(zeros)?;
    let pole_count = join_conjugates(poles)?;
    let (mut zeros, mut poles) = (Bag(&mut zeros[..zero_count]), Bag(&mut poles[..pole_count]));
    for section in sos.chunks_exact_mut(6).rev() {
        let Some(p1) = poles.take(poles.worst(|_| true)) else { break };
        let real_poles = poles.count(Complex::is_real);
        let (z, p) = if p1.is_real() && real_poles == 0 {
            let z1 = zeros.take(zeros.nearest(p1, Complex::is_real));
            ([z1.unwrap_or_default(), Complex::default()], [p1, Complex::default()])
        } else if poles.0.len() + 1 == zeros.0.len()
            && !p1.is_real()
            && real_poles == 1
            && zeros.count(Complex::is_real) == 1
        {
            // One real pole and one real zero are left for the last section, so this one takes a complex zero.
            let z1 = zeros.take(zeros.nearest(p1, |z| !z.is_real())).unwrap_or_default();
            ([z1, z1.conj()], [p1, p1.conj()])
        } else {
            let p2 =
                if p1.is_real() { poles.take(poles.worst(Complex::is_real)).unwrap_or_default() } else { p1.conj() };
            let z1 = zeros.take(zeros.nearest(p1, |_| true)).unwrap_or_default();
            let z2 = if z1.is_real() {
                zeros.take(zeros.nearest(p1, Complex::is_real)).unwrap_or_default()
            } else {
                z1.conj()
            };
            ([z1, z2], [p1, p2])
        };
        section[0] = 1.0;
        // The added zero makes a negative zero positive, as adding up does.
        section[1] = 0.0 - z[0].re - z[1].re;
        section[2] = 0.0 + (z[0] * z[1]).re;
        section[3] = 1.0;
        section[4] = 0.0 - p[0].re - p[1].re;
        section[5] = 0.0 + (p[0] * p[1]).re;
    }
    for b in sos.iter_mut().take(3) {
        *b *= gain;
    }
    Ok(())
}

/// Roots from which one after the other is taken, the rest keeping their order.
struct Bag<'a>(&'a mut [Complex]);

impl Bag<'_> {
    fn count(&self, of: impl Fn(Complex) -> bool) -> usize {
        self.0.iter().filter(|&&root| of(root)).count()
    }

    /// The first of those for which `key` is least.
    fn least(&self, of: impl Fn(Complex) -> bool, key: impl Fn(Complex) -> f64) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (i, &root) in self.0.iter().enumerate().filter(|&(_, &root)| of(root)) {
            let value = key(root);
            if best.is_none_or(|(_, least)| value < least) {
                best = Some((i, value));
            }
        }
        best.map(|(i, _)| i)
    }

    /// The one closest to the unit circle.
    fn worst(&self, of: impl Fn(Complex) -> bool) -> Option<usize> {
        self.least(of, |root| (1.0 - root.abs()).abs())
    }

    fn nearest(&self, to: Complex, of: impl Fn(Complex) -> bool) -> Option<usize> {
        self.least(of, |root| (root - to).abs())
    }

    fn take(&mut self, index: Option<usize>) -> Option<Complex> {
        let index = index?;
        let taken = self.0[index];
        self.0.copy_within(index + 1.., index);
        let rest = std::mem::take(&mut self.0);
        let last = rest.len() - 1;
        self.0 = &mut rest[..last];
        Some(taken)
    }
}

/// Replaces each conjugate pair by its upper one, their mean; the pairs come first, ordered by real part, then the
/// real roots. How many are left.
fn join_conjugates(roots: &mut [Complex]) -> Result<usize, NotConjugate> {
    let is_real = |root: Complex| root.im.abs() <= REAL_TOLERANCE * root.abs();
    let half = |root: Complex| if is_real(root) { 2 } else { u8::from(root.im <= 0.0) };
    sort(roots, |a, b| {
        (half(a), a.re, a.im.abs()).partial_cmp(&(half(b), b.re, b.im.abs())).is_some_and(std::cmp::Ordering::is_lt)
    });
    let upper = roots.iter().filter(|&&root| half(root) == 0).count();
    let lower = roots.iter().filter(|&&root| half(root) == 1).count();
    if upper != lower {
        return Err(NotConjugate);
    }
    // Rounding may have mixed up roots with the same real part: a run of those is ordered by the imaginary part.
    let mut start = 0;
    while start < upper {
        let mut end = start + 1;
        while end < upper && roots[end].re - roots[end - 1].re <= REAL_TOLERANCE * roots[end - 1].abs() {
            end += 1;
        }
        for run in [start..end, upper + start..upper + end] {
            sort(&mut roots[run], |a, b| a.im.abs() < b.im.abs());
        }
        start = end;
    }
    for i in 0..upper {
        let (above, below) = (roots[i], roots[upper + i].conj());
        if (above - below).abs() > REAL_TOLERANCE * below.abs() {
            return Err(NotConjugate);
        }
        roots[i] = (above + below) * 0.5;
    }
    roots.copy_within(2 * upper.., upper);
    let count = roots.len() - upper;
    for root in &mut roots[upper..count] {
        root.im = 0.0;
    }
    Ok(count)
}

/// Insertion sort: stable, in place, and the roots are few.
fn sort(roots: &mut [Complex], less: impl Fn(Complex, Complex) -> bool) {
    for i in 1..roots.len() {
        let mut j = i;
        while j > 0 && less(roots[j], roots[j - 1]) {
            roots.swap(j, j - 1);
            j -= 1;
        }
    }
}
