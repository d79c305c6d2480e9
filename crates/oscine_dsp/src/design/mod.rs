//! Filter design without allocation, so that coefficients may follow a parameter while sound runs.
//!
//! A [`PoleZero`] begins as an analog prototype, moves to its [`Band`] and to the z-plane, and ends as coefficients:
//! a transfer function `b, a`, or second-order sections, which stay accurate where a polynomial of high degree does not.
//! The results are those of `scipy.signal.butter`, row by row, but for rounding.

mod complex;
mod pole_zero;
mod polynomial;
mod sections;

pub use complex::Complex;
pub use pole_zero::{Band, MAX_ORDER, PoleZero, Roots, warp};
pub use polynomial::expand;
pub use sections::{NotConjugate, pair};

/// How many second-order sections a filter has.
pub fn section_count(band: Band, order: usize) -> usize {
    band.poles(order).div_ceil(2)
}

/// The Butterworth filter in the z-plane, with edges of which 1 is Nyquist.
fn butterworth(band: Band, order: usize, low: f64, high: f64) -> PoleZero {
    PoleZero::butterworth(order.min(MAX_ORDER)).to_band(band, warp(low), warp(high)).bilinear()
}

/// Writes the sections of a Butterworth filter, six coefficients each: `b0 b1 b2 1 a1 a2`.
///
/// `order` is 1 to [`MAX_ORDER`]; `low` and `high` are edges in 0 to 1 (Nyquist), excluded, `low < high`; a low-pass or
/// high-pass reads only `low`. `sos` holds [`section_count`] times six. Other edges give numbers without a meaning.
pub fn butterworth_sos(band: Band, order: usize, low: f64, high: f64, sos: &mut [f64]) {
    let mut filter = butterworth(band, order, low, high);
    if filter.poles.as_slice().len() % 2 == 1 {
        filter.poles.push(Complex::real(0.0));
        filter.zeros.push(Complex::real(0.0));
    }
    let paired = pair(filter.zeros.as_mut_slice(), filter.poles.as_mut_slice(), filter.gain, sos);
    if paired.is_err() {
        sos.fill(f64::NAN);
    }
}

/// Writes the transfer function of a Butterworth filter: numerator `b` and denominator `a` with `a[0] == 1`, each with
/// an element more than the filter has poles. Arguments as for [`butterworth_sos`].
pub fn butterworth_ba(band: Band, order: usize, low: f64, high: f64, b: &mut [f64], a: &mut [f64]) {
    let filter = butterworth(band, order, low, high);
    let mut coefficients = [Complex::real(0.0); 2 * MAX_ORDER + 1];
    let coefficients = &mut coefficients[..=filter.poles.as_slice().len()];
    expand(filter.zeros.as_slice(), coefficients);
    for (to, from) in b.iter_mut().zip(&*coefficients) {
        *to = filter.gain * from.re;
    }
    expand(filter.poles.as_slice(), coefficients);
    for (to, from) in a.iter_mut().zip(&*coefficients) {
        *to = from.re;
    }
}
