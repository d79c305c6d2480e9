//! Algorithm 1 of the paper to the letter: the linear parts backward, the diodes explicit, 30 zero-stuffed steps a sample.

use super::energy::{DIODES, dot};
use super::{C, C_P, DIODE, L, R_A, R_I, R_M};
use crate::Param;
use crate::design::{Band, butterworth_sos};
use crate::native::Unit;
use crate::silence::settle;

/// Steps a sample of [`PaperRing`].
const PAPER_STEPS: usize = 30;

/// Algorithm 1 with its 30 zero-stuffed steps a sample, a Butterworth low-pass of order 5, and every 30th step kept.
///
/// Its diodes are explicit: beyond about half a volt it diverges, as the paper's does. Its filter is in second-order
/// sections, since the paper's polynomial loses digits at a thirtieth of the rate.
#[derive(Debug, Clone)]
pub struct PaperRing {
    rate: f64,
    v: [f64; 3],
    i: [f64; 2],
    g: [f64; 4],
    sos: [f64; 18],
    z: [[f64; 2]; 3],
}

impl PaperRing {
    /// At rest; `sample_rate` is the audio rate.
    pub fn new(sample_rate: f64) -> Self {
        let mut sos = [0.0; 18];
        butterworth_sos(Band::Low, 5, 1.0 / PAPER_STEPS as f64, 0.0, &mut sos);
        let rate = sample_rate * PAPER_STEPS as f64;
        Self { rate, v: [0.0; 3], i: [0.0; 2], g: [0.0; 4], sos, z: [[0.0; 2]; 3] }
    }

    /// One step of the circuit at 30 times the audio rate.
    pub fn step(&mut self, v_m: f64, v_c: f64) -> f64 {
        let (rate, [g4, g5, g6, g7]) = (self.rate, self.g);
        let [v1, v2, v3] = self.v;
        let v1 = R_M / (1.0 + C * rate * R_M) * (C * rate * v1 + v_m / R_M + self.i[0] + 0.5 * (-g4 + g5 - g6 + g7));
        let v2 = R_A / (1.0 + C * rate * R_A) * (C * rate * v2 + self.i[1] + 0.5 * (g4 - g5 - g6 + g7));
        let v3 = R_I / (1.0 + C_P * rate * R_I) * (C_P * rate * v3 + g4 + g5 - g6 - g7);
        self.v = [v1, v2, v3];
        self.g = DIODES.map(|(row, of)| DIODE * (dot(row, self.v) + of * v_c).max(0.0).powi(4));
        self.i = [self.i[0] - v1 / (L * rate), self.i[1] - v2 / (L * rate)];
        v2
    }

    /// One sample at the audio rate: the first of its 30 steps is kept.
    pub fn tick(&mut self, modulator: f64, carrier: f64) -> f64 {
        let mut kept = 0.0;
        for k in 0..PAPER_STEPS {
            let y = if k == 0 { self.step(modulator, carrier) } else { self.step(0.0, 0.0) };
            let filtered = self.sos.chunks_exact(6).zip(&mut self.z).fold(y, |x, (c, z)| {
                let y = c[0] * x + z[0];
                *z = [c[1] * x - c[4] * y + z[1], c[2] * x - c[5] * y];
                y
            });
            if k == 0 {
                kept = filtered;
            }
        }
        kept
    }

    /// As many samples as `output` has.
    pub fn process(&mut self, modulator: &[f64], carrier: &[f64], output: &mut [f64]) {
        for ((m, c), y) in modulator.iter().zip(carrier).zip(output) {
            *y = self.tick(*m, *c);
        }
        settle(self.v.iter_mut().chain(&mut self.i).chain(&mut self.g).chain(self.z.iter_mut().flatten()));
    }
}

impl Unit for PaperRing {
    const INPUTS: &'static [&'static str] = &["modulator", "carrier"];

    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    fn set(&mut self, _: usize, _: f64) {}

    fn reset(&mut self) {
        (self.v, self.i, self.g, self.z) = ([0.0; 3], [0.0; 2], [0.0; 4], [[0.0; 2]; 3]);
    }

    fn tick(&mut self, inputs: &[f64]) -> f64 {
        self.tick(inputs[0], inputs[1])
    }

    fn process(&mut self, inputs: &[&[f64]], output: &mut [f64]) {
        self.process(inputs[0], inputs[1], output);
    }
}
