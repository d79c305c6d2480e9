//! What is periodic, as its harmonics, so that signals of different rates and delays are compared frequency by frequency.

use std::f64::consts::TAU;

use oscine_dsp::design::Complex;

/// The amplitudes of harmonics 0 to `most` of one period, whose sample `n` lies at `n + at` of its length.
pub(crate) fn harmonics(period: &[f64], most: usize, at: f64) -> Vec<Complex> {
    let frames = period.len();
    (0..=most)
        .map(|k| {
            let sum = period.iter().enumerate().fold(Complex::real(0.0), |sum, (n, y)| {
                let turns = k as f64 * ((n as f64 + at) / frames as f64);
                let angle = TAU * turns.fract();
                sum + Complex::new(angle.cos(), -angle.sin()) * *y
            });
            sum * (1.0 / frames as f64)
        })
        .collect()
}
