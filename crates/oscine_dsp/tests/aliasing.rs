//! What folds back from above half the sample rate, by level and by oversampling, against what the circuits' laws let fold.
//! `-- --nocapture` prints the tables.
//!
//! Tones are multiples of 100 Hz, so that a steady state's period at 44.1 kHz is 441 samples, and what belongs there and what
//! does not fall on different harmonics of it. Floors are the power of what does not, below 18 kHz, in dB below the loudest tone.

#[path = "support/harmonics.rs"]
mod harmonics;

use std::f64::consts::TAU;

use harmonics::harmonics;
use oscine_dsp::oversample::{Downsampler, Kind, Upsampler};
use oscine_dsp::{RingModulator, Slopes, Solver, Vcs3};

const RATE: f64 = 44_100.0;
const PERIOD: usize = 441;
const FRAMES: usize = 12 * PERIOD;

fn sine(volts: f64, hz: f64) -> Vec<f64> {
    (0..FRAMES).map(|n| volts * (TAU * (hz * n as f64 / RATE).fract()).sin()).collect()
}

/// The power of the harmonics that do not belong, by that of the loudest one.
fn floor(out: &[f64], belongs: impl Fn(usize) -> bool) -> f64 {
    let powers: Vec<f64> =
        harmonics(&out[FRAMES - PERIOD..], 180, 0.0).iter().map(|x| x.re * x.re + x.im * x.im).collect();
    let (tones, rest): (Vec<usize>, Vec<usize>) = (1..=180).partition(|&k| belongs(k));
    let loudest = tones.iter().map(|&k| powers[k]).fold(0.0, f64::max);
    10.0 * (rest.iter().map(|&k| powers[k]).sum::<f64>() / loudest).log10()
}

/// Sums and differences of 3500 and 6000 Hz are multiples of 500 Hz.
fn ring(volts: f64, factor: usize) -> f64 {
    let mut ring = RingModulator::oversampled(factor, Kind::LinearPhase, RATE);
    let mut out = vec![0.0; FRAMES];
    ring.process(&sine(volts, 3500.0), &sine(volts, 6000.0), &mut out);
    floor(&out, |k| k % 5 == 0)
}

/// 4700 Hz through an open filter.
fn ladder(volts: f64, slopes: Slopes, factor: usize) -> f64 {
    let (mut high, mut bent, mut out) = (vec![0.0; FRAMES * factor], vec![0.0; FRAMES * factor], vec![0.0; FRAMES]);
    Upsampler::new(Kind::LinearPhase, factor).process(&sine(volts, 4700.0), &mut high);
    Vcs3::new(slopes, Solver::Newton, 16_000.0, 1.0, RATE * factor as f64).process(&high, &mut bent);
    Downsampler::new(Kind::LinearPhase, factor).process(&bent, &mut out);
    floor(&out, |k| k % 47 == 0)
}

fn print(name: &str, volts: f64, floors: &[f64]) {
    let cells: Vec<String> = floors.iter().map(|floor| format!("{floor:.0}")).collect();
    println!("| {name} | {volts} V | {} |", cells.join(" | "));
}

/// At small levels the two pairs of diodes give the difference of two whole fourth powers, `(m/2 - c)^4 - (m/2 + c)^4`,
/// which ends at 21.5 kHz: what folds is of the seventh power, 18 dB more against the sound for each doubling of the level. The higher
/// the rate the less of it, until the solution's tolerance is what is left.
#[test]
fn the_ring_s_floor_falls_with_the_level_and_the_rate() {
    let small = [0.01, 0.02].map(|volts| ring(volts, 1));
    print("ring", 0.01, &small);
    assert!((small[1] - small[0] - 18.06).abs() < 1.0, "{small:?} dB at 10 and 20 mV");
    let mut before = f64::NEG_INFINITY;
    for (volts, fall) in [(0.1, 90.0), (0.5, 80.0), (2.0, 50.0), (10.0, 40.0)] {
        let floors = [1, 2, 4, 8].map(|factor| ring(volts, factor));
        print("ring", volts, &floors);
        for pair in floors.windows(2) {
            assert!(pair[1] < pair[0] - 9.0, "{volts} V: {floors:?} dB");
        }
        assert!(floors[3] < floors[0] - fall, "{volts} V: {floors:?} dB");
        // Diodes that conduct well switch, and what switches has more overtones.
        assert!(floors[0] > before, "{volts} V: {floors:?} dB after {before}");
        before = floors[0];
    }
}

/// An odd, smooth law: the first overtone of 4700 Hz to fold below 18 kHz is the seventh, which at small levels is as loud as the
/// seventh power of the level: 36 dB more against the tone for each doubling.
#[test]
fn the_ladder_s_floor_falls_with_the_level_and_the_rate() {
    for slopes in [Slopes::Thermal, Slopes::Gamma] {
        let small = [0.01, 0.02].map(|volts| ladder(volts, slopes, 1));
        print("ladder", 0.01, &small);
        assert!((small[1] - small[0] - 36.1).abs() < 3.0, "{slopes:?}: {small:?} dB at 10 and 20 mV");
        let mut before = f64::NEG_INFINITY;
        // Loud, the first diodes switch within a sample, and folding falls as slowly as a square wave's overtones do.
        for (volts, step, fall) in [(0.1, 6.0, 60.0), (1.0, 4.0, 30.0), (10.0, 2.0, 12.0)] {
            let floors = [1, 2, 4, 8].map(|factor| ladder(volts, slopes, factor));
            print("ladder", volts, &floors);
            for pair in floors.windows(2) {
                assert!(pair[1] < pair[0] - step || pair[1] < -150.0, "{slopes:?} {volts} V: {floors:?} dB");
            }
            assert!(floors[3] < floors[0] - fall, "{slopes:?} {volts} V: {floors:?} dB");
            assert!(floors[0] > before, "{slopes:?} {volts} V: {floors:?} dB after {before}");
            before = floors[0];
        }
    }
}
