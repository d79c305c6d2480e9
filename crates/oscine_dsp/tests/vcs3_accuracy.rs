//! How far the VCS3's filter is from its differential equations, by level, resonance and rate, with both slopes, and
//! Algorithm 2 beside it. `-- --nocapture` prints the table of `docs/processors.md`.
//!
//! The input has 200 Hz and, half as loud, 1700 Hz. What is compared are the harmonics up to 18 kHz of one period.

#[path = "support/error.rs"]
mod error;
#[path = "support/harmonics.rs"]
mod harmonics;
#[path = "support/ladder_circuit.rs"]
mod ladder_circuit;
#[path = "support/radau.rs"]
mod radau;
#[path = "support/steady.rs"]
mod steady;

use std::f64::consts::{PI, TAU};

use error::error;
use harmonics::harmonics;
use ladder_circuit::LadderCircuit;
use oscine_dsp::design::Complex;
use oscine_dsp::oversample::{Downsampler, Kind, Upsampler, latency_frames};
use oscine_dsp::{Slopes, Solver, Vcs3};
use steady::{BEFORE, MOST, PERIOD, RATE};

const CUTOFF_HZ: f64 = 1000.0;

fn input(volts: f64) -> impl Fn(f64) -> f64 {
    move |t| volts / 1.5 * ((TAU * 200.0 * t).sin() + 0.5 * (TAU * 1700.0 * t).sin())
}

/// The circuit's harmonics, its cutoff exact.
fn solution(volts: f64, slopes: Slopes, resonance: f64) -> Vec<Complex> {
    let slope_volts = if slopes == Slopes::Thermal { 0.052 } else { 1.836 * 0.052 };
    let circuit = LadderCircuit { input: input(volts), speed: 8.0 * PI * 0.026 * CUTOFF_HZ, resonance, slope_volts };
    steady::solution(&circuit, |state| (resonance + 0.5) * state[3])
}

/// The filter's harmonics at a multiple of the rate, with nothing around it.
fn alone(volts: f64, slopes: Slopes, solver: Solver, resonance: f64, factor: usize) -> Vec<Complex> {
    let rate = RATE * factor as f64;
    let frames = (BEFORE + 1) * PERIOD * factor;
    let x: Vec<f64> = (0..frames).map(|n| input(volts)(n as f64 / rate)).collect();
    let mut filter = Vcs3::new(slopes, solver, CUTOFF_HZ, resonance, rate);
    let mut y = vec![0.0; frames];
    filter.process(&x, &mut y);
    harmonics(&y[BEFORE * PERIOD * factor..], MOST, 0.0)
}

/// The same between filters to a higher rate and back.
fn oversampled(volts: f64, slopes: Slopes, resonance: f64, factor: usize) -> Vec<Complex> {
    let delay = latency_frames(Kind::LinearPhase, factor) as usize;
    let frames = (BEFORE + 1) * PERIOD + delay;
    let x: Vec<f64> = (0..frames).map(|n| input(volts)(n as f64 / RATE)).collect();
    let (mut high, mut bent, mut y) = (vec![0.0; frames * factor], vec![0.0; frames * factor], vec![0.0; frames]);
    Upsampler::new(Kind::LinearPhase, factor).process(&x, &mut high);
    Vcs3::new(slopes, Solver::Newton, CUTOFF_HZ, resonance, RATE * factor as f64).process(&high, &mut bent);
    Downsampler::new(Kind::LinearPhase, factor).process(&bent, &mut y);
    harmonics(&y[BEFORE * PERIOD + delay..], MOST, 0.0)
}

/// From small signals to a hundredfold of what the diodes bear: second order, and nowhere behind Algorithm 2.
#[test]
fn it_is_near_its_differential_equations_at_every_level() {
    for slopes in [Slopes::Thermal, Slopes::Gamma] {
        for (resonance, levels) in
            [(0.0, &[0.01, 0.1, 1.0, 10.0][..]), (4.0, &[0.01, 0.1, 1.0, 10.0]), (8.0, &[1.0, 10.0])]
        {
            for &volts in levels {
                let exact = solution(volts, slopes, resonance);
                let apart = |factor| error(&alone(volts, slopes, Solver::Newton, resonance, factor), &exact);
                let errors = [1, 2, 4, 8, 16].map(apart);
                let around = [2, 4, 8].map(|factor| error(&oversampled(volts, slopes, resonance, factor), &exact));
                let paper = error(&alone(volts, slopes, Solver::Paper, resonance, 1), &exact);
                let cells: Vec<String> = [errors[0]].iter().chain(&around).map(|e| format!("{e:.1e}")).collect();
                println!("| {slopes:?} | {resonance} | {volts} V | {} | {paper:.1e} |", cells.join(" | "));
                let case = format!("{slopes:?} K = {resonance} {volts} V: {errors:?}, oversampled {around:?}");
                // The trapezoidal rule bends frequencies, which a resonance makes more of.
                let most = if volts > 1.0 {
                    4e-2
                } else if resonance == 4.0 {
                    2e-2
                } else {
                    3e-3
                };
                assert!(errors[0] < most, "{case}");
                assert!(errors[0] < 1.05 * paper, "{case}, the paper's {paper:e}");
                if volts > 1.0 {
                    // The input's diodes switch within a sample: what is lost there comes back with the rate.
                    assert!(errors[0] > 50.0 * errors[4], "{case}");
                } else {
                    for pair in errors.windows(2) {
                        assert!((3.5..6.0).contains(&(pair[0] / pair[1])), "second order: {case}");
                    }
                }
                for (around, alone) in around.iter().zip(&errors[1..]) {
                    assert!((around / alone - 1.0).abs() < 0.25, "filters cost nothing in the band: {case}");
                }
            }
        }
    }
}
