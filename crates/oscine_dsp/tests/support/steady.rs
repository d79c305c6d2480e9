//! The steady state of a circuit whose inputs are multiples of 100 Hz: at 44.1 kHz a period is 441 samples, and so is
//! whatever folds back.

use oscine_dsp::design::Complex;

use super::harmonics::harmonics;
use super::radau::{Circuit, states};

pub(crate) const RATE: f64 = 44_100.0;
pub(crate) const PERIOD: usize = 441;
/// Periods before the one that is looked at.
pub(crate) const BEFORE: usize = 10;
/// Harmonics up to 18 kHz.
pub(crate) const MOST: usize = 180;
/// Steps of the solution by a sample's, in the period that is looked at: loud signals have overtones without end.
const FINE: usize = 32;

/// The harmonics of what `out` reads off the circuit's states, from rest on.
pub(crate) fn solution<const D: usize>(circuit: &impl Circuit<D>, out: impl Fn(&[f64; D]) -> f64) -> Vec<Complex> {
    let start = states(circuit, [0.0; D], (0.0, RATE), (BEFORE * PERIOD, 8)).pop().expect("a state");
    // What is periodic begins anew.
    let period = states(circuit, start, (0.0, RATE * FINE as f64), (PERIOD * FINE, 1));
    harmonics(&period.iter().map(out).collect::<Vec<f64>>(), MOST, 1.0)
}
