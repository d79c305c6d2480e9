//! How far two sets of harmonics are apart.

use oscine_dsp::design::Complex;

/// Power of the difference by the power of what is expected, as a ratio of amplitudes.
pub(crate) fn error(measured: &[Complex], expected: &[Complex]) -> f64 {
    let power = |x: f64| x * x;
    let difference: f64 = measured.iter().zip(expected).map(|(m, e)| power((*m - *e).abs())).sum();
    (difference / expected.iter().map(|e| power(e.abs())).sum::<f64>()).sqrt()
}
