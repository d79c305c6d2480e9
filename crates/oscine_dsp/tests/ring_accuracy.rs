//! How far the ring modulator's whole way at 44.1 kHz is from its differential equations, by level, tones and oversampling,
//! with the paper's whole way beside it. `-- --nocapture` prints the tables of `docs/processors.md`.
//!
//! Both inputs are sines of multiples of 100 Hz. What is compared are the harmonics up to 18 kHz of one period.
//!
//! The paper's way is given what linear gain and delay can do for it: both are fitted for each case. Its zero-stuffing makes
//! its inputs thirty times smaller than they are, and a circuit of fourth powers does not make up for that.

#[path = "support/error.rs"]
mod error;
#[path = "support/harmonics.rs"]
mod harmonics;
#[path = "support/radau.rs"]
mod radau;
#[path = "support/ring_circuit.rs"]
mod ring_circuit;
#[path = "support/steady.rs"]
mod steady;

use std::f64::consts::TAU;

use error::error;
use harmonics::harmonics;
use oscine_dsp::design::Complex;
use oscine_dsp::oversample::{Kind, latency_frames};
use oscine_dsp::{PaperRing, RingModulator};
use ring_circuit::RingCircuit;
use steady::{BEFORE, MOST, PERIOD, RATE};

const LOW: [f64; 2] = [200.0, 500.0];
const HIGH: [f64; 2] = [1100.0, 2900.0];

fn sine(volts: f64, hz: f64) -> impl Fn(f64) -> f64 {
    move |t| volts * (TAU * hz * t).sin()
}

/// The circuit's harmonics.
fn solution(volts: f64, [modulator, carrier]: [f64; 2]) -> Vec<Complex> {
    let circuit = RingCircuit { modulator: sine(volts, modulator), carrier: sine(volts, carrier) };
    steady::solution(&circuit, |state| state[1])
}

/// The inputs, as long as a delay of so many frames asks for.
fn inputs(volts: f64, tones: [f64; 2], delay: usize) -> [Vec<f64>; 2] {
    let frames = (BEFORE + 1) * PERIOD + delay;
    tones.map(|hz| (0..frames).map(|n| sine(volts, hz)(n as f64 / RATE)).collect())
}

fn ours(volts: f64, tones: [f64; 2], factor: usize) -> Vec<Complex> {
    let delay = latency_frames(Kind::LinearPhase, factor) as usize;
    let [modulator, carrier] = inputs(volts, tones, delay);
    let mut ring = RingModulator::oversampled(factor, Kind::LinearPhase, RATE);
    let mut out = vec![0.0; modulator.len()];
    ring.process(&modulator, &carrier, &mut out);
    harmonics(&out[BEFORE * PERIOD + delay..], MOST, 0.0)
}

/// `None` where it gives what is not a number.
fn papers(volts: f64, tones: [f64; 2]) -> Option<Vec<Complex>> {
    let [modulator, carrier] = inputs(volts, tones, 0);
    let mut ring = PaperRing::new(RATE);
    let out: Vec<f64> = modulator.iter().zip(&carrier).map(|(m, c)| ring.tick(*m, *c)).collect();
    let is_sound = out.iter().all(|y| y.is_finite());
    is_sound.then(|| harmonics(&out[BEFORE * PERIOD..], MOST, 0.0))
}

/// The paper's core alone, given the exact inputs at its 30 times higher rate: no zeros, no filter.
fn papers_core(volts: f64, tones: [f64; 2]) -> Vec<Complex> {
    let rate = 30.0 * RATE;
    let mut ring = PaperRing::new(RATE);
    let [modulator, carrier] = tones.map(|hz| sine(volts, hz));
    let step = |n: usize| ring.step(modulator(n as f64 / rate), carrier(n as f64 / rate));
    let out: Vec<f64> = (0..(BEFORE + 1) * PERIOD * 30).map(step).collect();
    harmonics(&out[BEFORE * PERIOD * 30..], MOST, 0.0)
}

/// The error that is left when what was measured may be scaled and delayed as suits it best, by up to 30 samples.
fn best_fit(measured: &[Complex], expected: &[Complex]) -> f64 {
    let fitted = |delay: f64| {
        let moved: Vec<Complex> = measured
            .iter()
            .enumerate()
            .map(|(k, x)| {
                let angle = TAU * k as f64 * delay / PERIOD as f64;
                *x * Complex::new(angle.cos(), angle.sin())
            })
            .collect();
        let along: f64 = moved.iter().zip(expected).map(|(m, e)| m.re * e.re + m.im * e.im).sum();
        let power: f64 = moved.iter().map(|m| m.re * m.re + m.im * m.im).sum();
        let scaled: Vec<Complex> = moved.iter().map(|m| *m * (along / power)).collect();
        error(&scaled, expected)
    };
    (0..3000).map(|step| fitted(f64::from(step) * 0.01)).fold(f64::INFINITY, f64::min)
}

fn row(tones: [f64; 2], volts: f64, errors: &[f64; 4], paper: &str, core: &str) {
    let cells: Vec<String> = errors.iter().map(|error| format!("{error:.1e}")).collect();
    println!("| {} and {} Hz | {volts} V | {} | {paper} | {core} |", tones[0], tones[1], cells.join(" | "));
}

fn errors(volts: f64, tones: [f64; 2], exact: &[Complex]) -> [f64; 4] {
    [1, 2, 4, 8].map(|factor| error(&ours(volts, tones, factor), exact))
}

/// The paper's levels: the error is a tenth of the paper's at each oversampling, and where tones are high from twice the rate
/// on. It falls with the rate, by second order as long as folding is what is left.
#[test]
fn the_error_is_a_tenth_of_the_paper_s_whole_way_s() {
    for (tones, levels, once) in
        [(LOW, &[0.1, 0.2, 0.3, 0.4][..], [0.1, 0.1, 0.1, 0.1]), (HIGH, &[0.1, 0.4], [0.2, 0.1, 0.1, 0.1])]
    {
        for &volts in levels {
            let exact = solution(volts, tones);
            let ours = errors(volts, tones, &exact);
            let paper = best_fit(&papers(volts, tones).expect("numbers at this level"), &exact);
            let core = error(&papers_core(volts, tones), &exact);
            row(tones, volts, &ours, &format!("{paper:.1e}"), &format!("{core:.1e}"));
            for k in 0..4 {
                assert!(ours[k] < once[k] * paper, "{tones:?} {volts} V: {ours:?} beside the paper's {paper:e}");
            }
            // Not even a perfect way into the paper's core and out of it would be nearer.
            assert!(ours[2] < 0.1 * core, "{tones:?} {volts} V: {ours:?} beside its core's {core:e}");
            assert!(ours[0] > 2.5 * ours[1] && ours[1] > 1.7 * ours[2], "{tones:?} {volts} V: {ours:?}");
        }
    }
}

/// Above, where the paper's diverges, the circuit is followed all the same.
#[test]
fn where_the_paper_s_diverges_the_circuit_is_followed() {
    for (tones, volts, most) in [
        (LOW, 0.5, [2e-4, 5e-5, 2e-5, 2e-5]),
        (LOW, 1.0, [4e-4, 1e-4, 3e-5, 2e-5]),
        (LOW, 10.0, [1e-2, 2e-3, 5e-4, 2e-4]),
        (HIGH, 0.5, [2e-2, 2e-3, 5e-4, 2e-4]),
        (HIGH, 10.0, [0.2, 4e-2, 1e-2, 2e-3]),
    ] {
        let exact = solution(volts, tones);
        let ours = errors(volts, tones, &exact);
        row(tones, volts, &ours, "not a number", "");
        assert!(papers(volts, tones).is_none(), "the paper's holds at {volts} V");
        for k in 0..4 {
            assert!(ours[k] < most[k], "{tones:?} {volts} V: {ours:?}");
        }
    }
}

/// At ten volts each doubling of the circuit's rate, without filters around, is nearer to the solution.
#[test]
fn ten_volts_converge() {
    let exact = solution(10.0, LOW);
    let error = |factor: usize| {
        let rate = RATE * factor as f64;
        let frames = (BEFORE + 1) * PERIOD * factor;
        let [modulator, carrier] =
            LOW.map(|hz| (0..frames).map(|n| sine(10.0, hz)(n as f64 / rate)).collect::<Vec<f64>>());
        let mut ring = RingModulator::new(rate);
        let mut out = vec![0.0; frames];
        ring.process(&modulator, &carrier, &mut out);
        error(&harmonics(&out[BEFORE * PERIOD * factor..], MOST, 0.0), &exact)
    };
    let errors = [1, 4, 16].map(error);
    println!("10 V at 1, 4 and 16 times 44.1 kHz: {errors:?}");
    // Second order: a sixteenth each time, once the diodes' switching is resolved.
    assert!(errors[0] > 6.0 * errors[1] && errors[1] > 6.0 * errors[2], "{errors:?}");
}
