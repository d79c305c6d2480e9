//! Algorithm 2 of the paper to the letter: the equations evaluated in turn until the output moves by less than 1e-4 of itself.
//!
//! It does not converge for cutoffs above about a thirtieth of the sample rate; then a sample is what 100 rounds leave.

use super::{INPUT, MOST_VOLTS, OUTPUT};
use crate::silence::settle;

const TOLERANCE: f64 = 1e-4;
const MOST_ROUNDS: usize = 100;

#[derive(Debug, Clone, Default)]
pub(super) struct InTurn {
    pub(super) v: [f64; 4],
    u: [f64; 5],
    pub(super) s: [f64; 4],
}

impl InTurn {
    /// Goes on from another method's voltages and memories.
    pub(super) fn start(&mut self, v: [f64; 4], s: [f64; 4], slope: f64) {
        let across = |k: usize| (slope * (v[k] - v[k - 1])).tanh();
        *self = Self { v, u: [0.0, across(1), across(2), across(3), (OUTPUT * v[3]).tanh()], s };
    }

    pub(super) fn tick(&mut self, v_in: f64, step: f64, feedback: f64, slope: f64) -> f64 {
        let v_in = if v_in.is_nan() { 0.0 } else { v_in.clamp(-MOST_VOLTS, MOST_VOLTS) };
        let Self { v, u, s } = self;
        for _ in 0..MOST_ROUNDS {
            let previous = feedback * v[3];
            u[0] = (INPUT * (v_in - previous)).tanh();
            v[0] = step * (u[1] + u[0]) + s[0];
            u[1] = (slope * (v[1] - v[0])).tanh();
            v[1] = step * (u[2] - u[1]) + s[1];
            u[2] = (slope * (v[2] - v[1])).tanh();
            v[2] = step * (u[3] - u[2]) + s[2];
            u[3] = (slope * (v[3] - v[2])).tanh();
            v[3] = step * (-u[4] - u[3]) + s[3];
            u[4] = (OUTPUT * v[3]).tanh();
            if (feedback * v[3] - previous).abs() <= TOLERANCE * previous.abs() {
                break;
            }
        }
        for (s, v) in s.iter_mut().zip(*v) {
            *s = 2.0 * v - *s;
        }
        feedback * v[3]
    }

    /// To be called at the end of each block.
    pub(super) fn settle(&mut self) {
        settle(self.v.iter_mut().chain(&mut self.u).chain(&mut self.s));
    }
}
