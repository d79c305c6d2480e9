//! What was recorded, looked at: how much of it is a sine, and where it breaks.

use std::f64::consts::TAU;

/// The share of the energy that a sine of `hertz` has, in the best phase and at the best level.
pub(crate) fn sine_share(samples: &[f32], hertz: f64, sample_rate: f64) -> f64 {
    // Normal equations of the two amplitudes.
    let (mut cc, mut cs, mut ss, mut xc, mut xs, mut xx) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, x) in samples.iter().enumerate() {
        let x = f64::from(*x);
        let (s, c) = (TAU * hertz / sample_rate * n as f64).sin_cos();
        cc += c * c;
        cs += c * s;
        ss += s * s;
        xc += x * c;
        xs += x * s;
        xx += x * x;
    }
    let determinant = cc * ss - cs * cs;
    let (a, b) = ((xc * ss - xs * cs) / determinant, (xs * cc - xc * cs) / determinant);
    if xx == 0.0 { 0.0 } else { (a * xc + b * xs) / xx }
}

/// The largest difference of neighbours.
pub(crate) fn largest_step(samples: &[f32]) -> f64 {
    samples.windows(2).map(|pair| f64::from(pair[1] - pair[0]).abs()).fold(0.0, f64::max)
}

/// The largest step that a sine takes.
pub(crate) fn sine_step(hertz: f64, peak: f64, sample_rate: f64) -> f64 {
    2.0 * peak * (TAU * hertz / sample_rate / 2.0).sin()
}

/// Where the samples do not go on as a sine of `hertz` does, which of three neighbours leaves no choice. What is within
/// two samples of a break belongs to it.
pub(crate) fn breaks(samples: &[f32], hertz: f64, sample_rate: f64, tolerance: f64) -> Vec<usize> {
    let factor = 2.0 * (TAU * hertz / sample_rate).cos();
    let mut breaks: Vec<usize> = vec![];
    for (n, three) in samples.windows(3).enumerate() {
        let [a, b, c] = [three[0], three[1], three[2]].map(f64::from);
        if (c - (factor * b - a)).abs() > tolerance && breaks.last().is_none_or(|last| n + 2 > last + 2) {
            breaks.push(n + 2);
        }
    }
    breaks
}

#[test]
fn a_sine_is_all_sine_and_a_gap_is_a_break() {
    let sine = |n: usize| (0.5 * (TAU * 440.0 / 48_000.0 * n as f64).sin()) as f32;
    let whole: Vec<f32> = (0..9600).map(sine).collect();
    assert!(sine_share(&whole, 440.0, 48_000.0) > 0.999_999);
    assert!(sine_share(&whole, 450.0, 48_000.0) < 0.5);
    assert!(largest_step(&whole) <= sine_step(440.0, 0.5, 48_000.0) + 1e-7);
    assert_eq!(breaks(&whole, 440.0, 48_000.0, 1e-4), Vec::<usize>::new());
    let skipped: Vec<f32> = (0..4000).chain(4064..9600).map(sine).collect();
    assert_eq!(breaks(&skipped, 440.0, 48_000.0, 1e-4), [4000]);
    assert!(largest_step(&skipped) > sine_step(440.0, 0.5, 48_000.0) * 2.0);
}
