//! The diode ring modulator: two transformers, four diodes, solved implicitly and so stable at any rate.
//!
//! ```text
//! C   dv1/dt = i1 - g(v4)/2 + g(v5)/2 - g(v6)/2 + g(v7)/2 - (v1 - v_m)/R_M      L di1/dt = -v1
//! C   dv2/dt = i2 + g(v4)/2 - g(v5)/2 - g(v6)/2 + g(v7)/2 - v2/R_A              L di2/dt = -v2
//! C_P dv3/dt = g(v4) + g(v5) - g(v6) - g(v7) - v3/R_I
//! v4 =  v1/2 - v2/2 - v3 - v_c        v5 = -v1/2 + v2/2 - v3 - v_c
//! v6 =  v1/2 + v2/2 + v3 + v_c        v7 = -v1/2 - v2/2 + v3 + v_c        g(v) = 0.17 v^4 for v > 0, else 0
//! ```
//!
//! The trapezoidal rule gives each capacitor a memory, `v = s + current / 2 C rate`, `s <- 2 v - s`, and each inductor
//! likewise. Diode `k` sees `r_k . v` plus or minus the carrier and sends `-g r_k` back: the currents are the gradient of a
//! sum of convex functions, so that the three voltages of a sample are the minimum of a strictly convex energy, and
//! two runs with the same input never drift apart (the circuit is passive, and the rule keeps that). Newton's method with
//! Armijo's rule on that energy finds the minimum from anywhere.
//!
//! Source: R. Hoffmann-Burchardi, "Digital Simulation of the Diode Ring Modulator for Musical Applications", DAFx-08;
//! [`PaperRing`] is Algorithm 1 of Y. De Pra and F. Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10,
//! 4214 (2020).

use crate::Param;
use crate::design::{Band, butterworth_sos};
use crate::native::Unit;

const R_A: f64 = 600.0;
const R_M: f64 = 80.0;
const R_I: f64 = 50.0;
const C: f64 = 10e-9;
const C_P: f64 = 10e-9;
const L: f64 = 0.8;
const DIODE: f64 = 0.17;
const TOLERANCE: f64 = 1e-10;
const MOST_ITERATIONS: usize = 100;
const MOST_HALVINGS: usize = 40;
/// Inputs are cut here, far beyond any circuit, so that the diodes' conductances leave digits to the resistors'.
const MOST_VOLTS: f64 = 1e3;
/// What each diode sees of `v1`, `v2` and `v3`, and of the carrier.
const DIODES: [([f64; 3], f64); 4] =
    [([0.5, -0.5, -1.0], -1.0), ([-0.5, 0.5, -1.0], -1.0), ([0.5, 0.5, 1.0], 1.0), ([-0.5, -0.5, 1.0], 1.0)];

/// The ring modulator: the modulator's and the carrier's volts in, `v2` out.
#[derive(Debug, Clone)]
pub struct RingModulator {
    /// `2 rate` times each capacity, plus the conductances of its resistor and its inductor: what a volt costs.
    stiffness: [f64; 3],
    /// `2 rate` times each capacity.
    capacity: [f64; 3],
    /// Half a sample by the inductance.
    coil: f64,
    v: [f64; 3],
    s: [f64; 3],
    i: [f64; 2],
}

impl RingModulator {
    /// At rest.
    pub fn new(sample_rate: f64) -> Self {
        let coil = 0.5 / (sample_rate * L);
        let capacity = [C, C, C_P].map(|c| 2.0 * sample_rate * c);
        let stiffness = [capacity[0] + 1.0 / R_M + coil, capacity[1] + 1.0 / R_A + coil, capacity[2] + 1.0 / R_I];
        Self { stiffness, capacity, coil, v: [0.0; 3], s: [0.0; 3], i: [0.0; 2] }
    }

    /// One sample. What is not a number counts as 0 V.
    pub fn tick(&mut self, modulator: f64, carrier: f64) -> f64 {
        let [modulator, carrier] = [modulator, carrier].map(volts);
        let source = [
            self.capacity[0] * self.s[0] + self.i[0] + modulator / R_M,
            self.capacity[1] * self.s[1] + self.i[1],
            self.capacity[2] * self.s[2],
        ];
        self.solve(source, carrier);
        for (s, v) in self.s.iter_mut().zip(self.v) {
            *s = 2.0 * v - *s;
        }
        for (i, v) in self.i.iter_mut().zip(self.v) {
            *i -= 2.0 * self.coil * v;
        }
        self.v[1]
    }

    /// The energy of which the voltages of a sample are the minimum.
    fn energy(&self, source: [f64; 3], carrier: f64, v: [f64; 3]) -> f64 {
        let linear: f64 = (0..3).map(|k| v[k] * (0.5 * self.stiffness[k] * v[k] - source[k])).sum();
        let diodes: f64 = DIODES.iter().map(|(row, of)| (dot(*row, v) + of * carrier).max(0.0).powi(5)).sum();
        linear + diodes * (DIODE / 5.0)
    }

    fn solve(&mut self, source: [f64; 3], carrier: f64) {
        for _ in 0..MOST_ITERATIONS {
            let v = self.v;
            let mut gradient: [f64; 3] = std::array::from_fn(|k| self.stiffness[k] * v[k] - source[k]);
            let mut hessian = [[0.0; 3]; 3];
            for (k, row) in hessian.iter_mut().enumerate() {
                row[k] = self.stiffness[k];
            }
            for (row, of) in DIODES {
                let across = (dot(row, v) + of * carrier).max(0.0);
                let cube = DIODE * across * across * across;
                for j in 0..3 {
                    gradient[j] += cube * across * row[j];
                    for k in 0..3 {
                        hessian[j][k] += 4.0 * cube * row[j] * row[k];
                    }
                }
            }
            let step = solve_symmetric(hessian, gradient, self.stiffness);
            let slope = dot(step, gradient);
            let size = step.into_iter().fold(0.0_f64, |most, d| most.max(d.abs()));
            let scale = v.into_iter().fold(1e-6_f64, |most, v| most.max(v.abs()));
            if size <= TOLERANCE * scale {
                self.v = std::array::from_fn(|k| v[k] - step[k]);
                break;
            }
            let before = self.energy(source, carrier, v);
            let mut factor = 1.0;
            for _ in 0..MOST_HALVINGS {
                self.v = std::array::from_fn(|k| v[k] - factor * step[k]);
                // Close to the minimum the energies differ by rounding only, and the full step is the right one.
                let slack = 4.0 * f64::EPSILON * before.abs();
                if self.energy(source, carrier, self.v) <= before - 1e-4 * factor * slope + slack {
                    break;
                }
                factor *= 0.5;
            }
        }
    }
}

fn volts(x: f64) -> f64 {
    if x.is_nan() { 0.0 } else { x.clamp(-MOST_VOLTS, MOST_VOLTS) }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Solves `m x = b` for a symmetric `m` that exceeds the diagonal matrix `least` by a positive semidefinite one. Its
/// elimination needs no exchange of rows, and no pivot is below `least`, which holds where rounding would lose it.
fn solve_symmetric(m: [[f64; 3]; 3], b: [f64; 3], least: [f64; 3]) -> [f64; 3] {
    let (l10, l20) = (m[0][1] / m[0][0], m[0][2] / m[0][0]);
    let (d1, e) = ((m[1][1] - l10 * m[0][1]).max(least[1]), m[1][2] - l10 * m[0][2]);
    let l21 = e / d1;
    let d2 = (m[2][2] - l20 * m[0][2] - l21 * e).max(least[2]);
    let y1 = b[1] - l10 * b[0];
    let x2 = (b[2] - l20 * b[0] - l21 * y1) / d2;
    let x1 = (y1 - e * x2) / d1;
    [(b[0] - m[0][1] * x1 - m[0][2] * x2) / m[0][0], x1, x2]
}

impl Unit for RingModulator {
    const INPUTS: &'static [&'static str] = &["modulator", "carrier"];

    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    fn set(&mut self, _: usize, _: f64) {}

    fn reset(&mut self) {
        (self.v, self.s, self.i) = ([0.0; 3], [0.0; 3], [0.0; 2]);
    }

    fn tick(&mut self, inputs: &[f64]) -> f64 {
        self.tick(inputs[0], inputs[1])
    }
}

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
}
