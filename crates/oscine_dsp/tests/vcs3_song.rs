//! The VCS3's filter singing by itself, against the circuit: where it begins to, at which pitch and how loud, over cutoff and
//! resonance, with both slopes.
//!
//! Without input the circuit's time is that of its cutoff, so that one solution of its equations for each resonance says what
//! all cutoffs sound like; the trapezoidal rule takes its frequencies to `rate/pi atan(pi f / rate)`, for a song that is nearly
//! a sine. Where it begins is the describing function's answer for the smallest of songs: the linearised loop's
//! phase of a whole turn at a gain of 1.

#[path = "support/ladder_circuit.rs"]
mod ladder_circuit;
#[path = "support/radau.rs"]
mod radau;

use std::f64::consts::PI;

use ladder_circuit::LadderCircuit;
use oscine_dsp::design::Complex;
use oscine_dsp::{Slopes, Solver, Vcs3};
use radau::states;

const RATE: f64 = 48_000.0;

fn slope_volts(slopes: Slopes) -> f64 {
    if slopes == Slopes::Thermal { 0.052 } else { 1.836 * 0.052 }
}

/// Pitch (by the rises through zero) and the largest value of the second half of a song.
fn heard(song: &[f64], rate: f64) -> (f64, f64) {
    let tail = &song[song.len() / 2..];
    let rises: Vec<f64> = (1..tail.len())
        .filter(|&n| tail[n - 1] < 0.0 && tail[n] >= 0.0)
        .map(|n| n as f64 - tail[n] / (tail[n] - tail[n - 1]))
        .collect();
    assert!(rises.len() > 10, "it does not sing: {} rises", rises.len());
    let pitch = rate * (rises.len() - 1) as f64 / (rises[rises.len() - 1] - rises[0]);
    (pitch, tail.iter().fold(0.0, |most, y| most.max(y.abs())))
}

/// Resonance and pitch, by the cutoff, where the linearised loop has a gain of 1: bisection on its phase.
fn onset(slopes: Slopes) -> (f64, f64) {
    let ladder = 0.052 / slope_volts(slopes);
    // What the first capacitor's diodes must bring for v4 = 1 at s = j x; x counts in half the cutoff's angle.
    let wanted = |x: f64| {
        let (s, v4) = (Complex::new(0.0, x), Complex::real(1.0));
        let v3 = v4 + (s + Complex::real(1.0 / (3.0 * 1.836))) * (1.0 / ladder);
        let v2 = v3 * 2.0 - v4 + s * v3 * (1.0 / ladder);
        let v1 = v2 * 2.0 - v3 + s * v2 * (1.0 / ladder);
        s * v1 - (v2 - v1) * ladder
    };
    let (mut low, mut high) = (0.1, 10.0);
    assert!(wanted(low).im > 0.0 && wanted(high).im < 0.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if wanted(middle).im > 0.0 { low = middle } else { high = middle }
    }
    (-wanted(low).re - 0.5, 2.0 * low)
}

/// The circuit's song at a cutoff of 1 Hz: pitch and loudness.
fn circuit(slopes: Slopes, resonance: f64) -> (f64, f64) {
    let input = |t: f64| if t < 0.2 { 0.01 } else { 0.0 };
    let circuit = LadderCircuit { input, speed: 8.0 * PI * 0.026, resonance, slope_volts: slope_volts(slopes) };
    let rate = 100.0;
    let song: Vec<f64> =
        states(&circuit, [0.0; 4], (0.0, rate), (40_000, 1)).iter().map(|state| (resonance + 0.5) * state[3]).collect();
    heard(&song, rate)
}

fn filter(slopes: Slopes, cutoff: f64, resonance: f64, rate: f64) -> Vec<f64> {
    let mut filter = Vcs3::new(slopes, Solver::Newton, cutoff, resonance, rate);
    let turns = (400.0 * rate / cutoff) as usize;
    (0..turns).map(|n| filter.tick(if n < (0.2 * rate / cutoff) as usize { 0.01 } else { 0.0 })).collect()
}

#[test]
fn pitch_and_loudness_are_the_circuit_s_over_cutoff_and_resonance() {
    for slopes in [Slopes::Thermal, Slopes::Gamma] {
        let (critical, pitch) = onset(slopes);
        println!("{slopes:?}: sings from K = {critical:.4} on, at {pitch:.4} of its cutoff");
        for above in [1.05, 1.2, 1.5, 2.0] {
            let resonance = critical * above;
            let (by_cutoff, loud) = circuit(slopes, resonance);
            if above < 1.1 {
                assert!((by_cutoff / pitch - 1.0).abs() < 0.01, "{slopes:?}: the circuit sings at {by_cutoff}");
            }
            for cutoff in [50.0, 250.0, 1000.0, 4000.0, 8000.0] {
                let (measured, level) = heard(&filter(slopes, cutoff, resonance, RATE), RATE);
                // The rule's tangents: at the cutoff, and back at the pitch.
                let expected = RATE / PI * (by_cutoff * (PI * cutoff / RATE).tan()).atan();
                let (pitch_off, level_off) = (measured / expected - 1.0, level / loud - 1.0);
                println!(
                    "{slopes:?} K = {resonance:.2} at {cutoff} Hz: {measured:.2} Hz, {pitch_off:+.1e}; {level:.4} V, {level_off:+.1e}"
                );
                // A high song has few samples a turn: its overtones are bent otherwise than itself, and fold.
                let most = if cutoff < 500.0 {
                    2e-4
                } else if cutoff < 2000.0 {
                    2e-3
                } else {
                    2e-2
                };
                assert!(pitch_off.abs() < most, "{slopes:?} K = {resonance} at {cutoff} Hz: {pitch_off:e}");
                assert!(level_off.abs() < 20.0 * most, "{slopes:?} K = {resonance} at {cutoff} Hz: {level_off:e}");
            }
        }
    }
}

#[test]
fn it_begins_to_sing_where_the_circuit_does() {
    for slopes in [Slopes::Thermal, Slopes::Gamma] {
        let (critical, _) = onset(slopes);
        for cutoff in [250.0, 2000.0] {
            let loud = |resonance: f64| {
                let song = filter(slopes, cutoff, resonance, RATE);
                song[song.len() / 2..].iter().fold(0.0_f64, |most, y| most.max(y.abs()))
            };
            let (below, above) = (loud(0.95 * critical), loud(1.03 * critical));
            assert!(below < 1e-7 && above > 1e-2, "{slopes:?} {cutoff} Hz: {below} below {critical}, {above} above");
        }
    }
}
