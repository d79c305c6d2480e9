//! The voltage-controlled filter of the EMS VCS3: a diode ladder in a delay-free feedback loop.
//!
//! ```text
//! F1 = v1 - s1 - a (u2 + u1)    u1 = tanh((v_in - F v4) / 2 V_T),  F = K + 1/2
//! F2 = v2 - s2 - a (u3 - u2)    u2 = tanh((v2 - v1) / 2 slope)
//! F3 = v3 - s3 - a (u4 - u3)    u3 = tanh((v3 - v2) / 2 slope)
//! F4 = v4 - s4 + a (u5 + u4)    u4 = tanh((v4 - v3) / 2 slope),    u5 = tanh(v4 / 6 gamma)
//! v_out = F v4;   s_k <- 2 v_k - s_k;   a = 4 V_T tan(pi cutoff / sample_rate)
//! ```
//!
//! The trapezoidal rule leaves these four equations a sample. Newton's method solves them: the Jacobian is tridiagonal
//! with one corner, and elimination from the top needs no pivots, since its pivots stay at least 1 for every state. A
//! step is halved as long as it does not lower the residual. Solutions lie within `2 a` of their memories, so
//! nothing overflows, and iterations are bounded.
//!
//! Source: S. Civolani and F. Fontana, "A Nonlinear Digital Model of the EMS VCS3 Voltage-Controlled Filter", DAFx-08,
//! and "Modeling of the EMS VCS3 Voltage-Controlled Filter as a Nonlinear Filter Network", IEEE TASLP 18 (2010);
//! [`Solver::Paper`] is Algorithm 2 of Y. De Pra and F. Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10,
//! 4214 (2020).

use std::f64::consts::PI;

use crate::native::{Unit, cutoff_param, float_param};
use crate::{Param, Scale};

const V_T: f64 = 0.026;
const GAMMA: f64 = 1.836 * V_T;
const INPUT: f64 = 0.5 / V_T;
const OUTPUT: f64 = 1.0 / (6.0 * GAMMA);
const TOLERANCE: f64 = 1e-9;
const MOST_ITERATIONS: usize = 50;
const MOST_HALVINGS: usize = 12;
const PAPER_TOLERANCE: f64 = 1e-4;
const PAPER_ITERATIONS: usize = 100;
/// Inputs are cut here, far beyond any circuit, so that no sum overflows.
const MOST_VOLTS: f64 = 1e6;

/// The voltage that shapes the diodes between the capacitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slopes {
    /// `2 V_T`, as in the papers of 2008 and 2020.
    #[default]
    Thermal,
    /// `2 gamma`, as in the paper of 2010.
    Gamma,
}

/// How a sample's equations are solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Solver {
    /// Newton's method to a tolerance of 1e-9.
    #[default]
    Newton,
    /// Algorithm 2: evaluation in turn to a tolerance of 1e-4, at most 100 times. It does not converge for high cutoffs.
    Paper,
}

/// The filter: volts in, volts out.
#[derive(Debug, Clone)]
pub struct Vcs3 {
    solver: Solver,
    slope: f64,
    sample_rate: f64,
    cutoff_hz: f64,
    resonance: f64,
    step: f64,
    v: [f64; 4],
    /// `u1` to `u5`.
    u: [f64; 5],
    s: [f64; 4],
}

impl Vcs3 {
    /// At rest. `resonance` is the circuit's K, 0 to about 10.
    pub fn new(slopes: Slopes, solver: Solver, cutoff_hz: f64, resonance: f64, sample_rate: f64) -> Self {
        let slope = match slopes {
            Slopes::Thermal => 0.5 / V_T,
            Slopes::Gamma => 0.5 / GAMMA,
        };
        let mut filter =
            Self { solver, slope, sample_rate, cutoff_hz, resonance, step: 0.0, v: [0.0; 4], u: [0.0; 5], s: [0.0; 4] };
        filter.set_cutoff(cutoff_hz);
        filter
    }

    /// Moves the cutoff, in Hz, kept between 0 and 0.49 of the sample rate.
    pub fn set_cutoff(&mut self, cutoff_hz: f64) {
        self.cutoff_hz = cutoff_hz.clamp(0.0, 0.49 * self.sample_rate);
        self.step = 4.0 * V_T * (PI * self.cutoff_hz / self.sample_rate).tan();
    }

    /// Moves the feedback K.
    pub fn set_resonance(&mut self, resonance: f64) {
        self.resonance = resonance;
    }

    /// One sample. What is not a number counts as 0 V.
    pub fn tick(&mut self, v_in: f64) -> f64 {
        let v_in = if v_in.is_nan() { 0.0 } else { v_in.clamp(-MOST_VOLTS, MOST_VOLTS) };
        match self.solver {
            Solver::Newton => self.newton(v_in),
            Solver::Paper => self.in_turn(v_in),
        }
        for (s, v) in self.s.iter_mut().zip(self.v) {
            *s = 2.0 * v - *s;
        }
        (self.resonance + 0.5) * self.v[3]
    }

    /// `u1` to `u5` and `F1` to `F4` at these voltages.
    fn equations(&self, v_in: f64, v: [f64; 4]) -> ([f64; 5], [f64; 4]) {
        let (a, slope, s) = (self.step, self.slope, self.s);
        let u = [
            (INPUT * (v_in - (self.resonance + 0.5) * v[3])).tanh(),
            (slope * (v[1] - v[0])).tanh(),
            (slope * (v[2] - v[1])).tanh(),
            (slope * (v[3] - v[2])).tanh(),
            (OUTPUT * v[3]).tanh(),
        ];
        let f = [
            v[0] - s[0] - a * (u[1] + u[0]),
            v[1] - s[1] - a * (u[2] - u[1]),
            v[2] - s[2] - a * (u[3] - u[2]),
            v[3] - s[3] + a * (u[4] + u[3]),
        ];
        (u, f)
    }

    /// The step that the Jacobian asks for.
    fn direction(&self, u: [f64; 5], f: [f64; 4]) -> [f64; 4] {
        let slope = |k: usize, by: f64| self.step * by * (1.0 - u[k] * u[k]);
        let corner = (self.resonance + 0.5) * slope(0, INPUT);
        let (d2, d3, d4) = (slope(1, self.slope), slope(2, self.slope), slope(3, self.slope));
        let d5 = slope(4, OUTPUT);
        // Each row in turn loses the voltage before its own; the last column fills up on the way.
        let p1 = 1.0 + d2;
        let m = d2 / p1;
        let (p2, c2, r2) = (1.0 + d3 + m, m * corner, f[1] + m * f[0]);
        let m = d3 / p2;
        let (p3, c3, r3) = (1.0 + d4 + m * (p2 - d3), m * c2 - d4, f[2] + m * r2);
        let m = d4 / p3;
        let p4 = 1.0 + d5 + d4 + m * c3;
        let x4 = (f[3] + m * r3) / p4;
        let x3 = (r3 - c3 * x4) / p3;
        let x2 = (r2 + d3 * x3 - c2 * x4) / p2;
        let x1 = (f[0] + d2 * x2 - corner * x4) / p1;
        [x1, x2, x3, x4]
    }

    fn newton(&mut self, v_in: f64) {
        let mut v = self.v;
        let (mut u, mut f) = self.equations(v_in, v);
        for _ in 0..MOST_ITERATIONS {
            let step = self.direction(u, f);
            let size = largest(step);
            let limit = TOLERANCE * largest(v).max(1e-6 * V_T);
            let mut factor = 1.0;
            let residual = largest(f);
            for halving in 0..=MOST_HALVINGS {
                let tried = std::array::from_fn(|k| v[k] - factor * step[k]);
                let (tried_u, tried_f) = self.equations(v_in, tried);
                if size <= limit || largest(tried_f) < residual || halving == MOST_HALVINGS {
                    (v, u, f) = (tried, tried_u, tried_f);
                    break;
                }
                factor *= 0.5;
            }
            if size <= limit {
                break;
            }
        }
        (self.v, self.u) = (v, u);
    }

    fn in_turn(&mut self, v_in: f64) {
        let (a, slope, s) = (self.step, self.slope, self.s);
        let feedback = self.resonance + 0.5;
        let (v, u) = (&mut self.v, &mut self.u);
        for _ in 0..PAPER_ITERATIONS {
            let previous = feedback * v[3];
            u[0] = (INPUT * (v_in - previous)).tanh();
            v[0] = a * (u[1] + u[0]) + s[0];
            u[1] = (slope * (v[1] - v[0])).tanh();
            v[1] = a * (u[2] - u[1]) + s[1];
            u[2] = (slope * (v[2] - v[1])).tanh();
            v[2] = a * (u[3] - u[2]) + s[2];
            u[3] = (slope * (v[3] - v[2])).tanh();
            v[3] = a * (-u[4] - u[3]) + s[3];
            u[4] = (OUTPUT * v[3]).tanh();
            if (feedback * v[3] - previous).abs() <= PAPER_TOLERANCE * previous.abs() {
                break;
            }
        }
    }
}

fn largest(values: [f64; 4]) -> f64 {
    values.into_iter().fold(0.0, |most, value| most.max(value.abs()))
}

impl Unit for Vcs3 {
    const INPUTS: &'static [&'static str] = &["x"];

    fn params(&self) -> Vec<Param> {
        vec![
            cutoff_param(self.cutoff_hz, self.sample_rate),
            float_param("resonance", self.resonance, (0.0, 20.0), "", Scale::Linear),
        ]
    }

    fn set(&mut self, index: usize, value: f64) {
        if index == 0 {
            self.set_cutoff(value);
        } else {
            self.set_resonance(value);
        }
    }

    fn reset(&mut self) {
        (self.v, self.u, self.s) = ([0.0; 4], [0.0; 5], [0.0; 4]);
    }

    fn tick(&mut self, inputs: &[f64]) -> f64 {
        self.tick(inputs[0])
    }
}

#[cfg(test)]
mod tests {
    use super::{Slopes, Solver, Vcs3, largest};

    /// Whatever comes in, the equations are solved, not only left.
    #[test]
    fn newton_ends_on_a_solution() {
        for slopes in [Slopes::Thermal, Slopes::Gamma] {
            for (cutoff, resonance) in [(30.0, 0.0), (1000.0, 4.0), (8000.0, 10.0), (21_000.0, 20.0)] {
                for volts in [1e-3, 1.0, 100.0] {
                    let mut filter = Vcs3::new(slopes, Solver::Newton, cutoff, resonance, 44_100.0);
                    let mut seed = 1_u32;
                    for n in 0..3000 {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let x = volts * (f64::from(seed) / 2f64.powi(31) - 1.0);
                        let before = filter.s;
                        filter.tick(x);
                        let mut solved = filter.clone();
                        solved.s = before;
                        let residual = largest(solved.equations(x, filter.v).1);
                        let scale = largest(filter.v).max(filter.step);
                        assert!(residual <= 1e-7 * scale, "{cutoff} {resonance} {volts} V, {n}: {residual:e}");
                    }
                }
            }
        }
    }
}
