//! Window functions as numpy computes them.

use std::f64::consts::PI;

use super::elementwise::bessel_i0;

/// `count` values of a window: `f(n, count - 1)` with `n` = `1 - count, 3 - count, …`.
fn symmetric(count: i64, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    match count {
        ..1 => vec![],
        1 => vec![1.0],
        _ => (0..count).map(|i| f((1 - count + 2 * i) as f64, (count - 1) as f64)).collect(),
    }
}

/// `numpy.hanning`.
pub(crate) fn hanning(count: i64) -> Vec<f64> {
    symmetric(count, |n, m| 0.5 + 0.5 * (PI * n / m).cos())
}

/// `numpy.hamming`.
pub(crate) fn hamming(count: i64) -> Vec<f64> {
    symmetric(count, |n, m| 0.54 + 0.46 * (PI * n / m).cos())
}

/// `numpy.blackman`.
pub(crate) fn blackman(count: i64) -> Vec<f64> {
    symmetric(count, |n, m| 0.42 + 0.5 * (PI * n / m).cos() + 0.08 * (2.0 * PI * n / m).cos())
}

/// `numpy.bartlett`.
pub(crate) fn bartlett(count: i64) -> Vec<f64> {
    symmetric(count, |n, m| if n <= 0.0 { 1.0 + n / m } else { 1.0 - n / m })
}

/// `numpy.kaiser`.
pub(crate) fn kaiser(count: i64, beta: f64) -> Vec<f64> {
    symmetric(count, |n, m| {
        let x = n / m;
        bessel_i0(beta * (1.0 - x * x).max(0.0).sqrt()) / bessel_i0(beta)
    })
}
