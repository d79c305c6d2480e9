//! The ladder's equations where Newton's full steps do not settle: steps are halved as long as they do not lower the residual.
//!
//! The equations have one solution: for a given input current the ladder's voltages minimise a strictly convex energy, the
//! last of them grows with that current, and the feedback makes the current fall with it. The Jacobian is never
//! singular, so that steps that lower the residual end there (J. Nocedal and S. Wright, "Numerical Optimization",
//! section 11.2). This is rare and slow: an input that jumps by volts at a high resonance.

use super::{INPUT, OUTPUT, V_T};

const TOLERANCE: f64 = 1e-10;
const MOST_ITERATIONS: usize = 100;
const MOST_HALVINGS: usize = 30;

/// One voice's equations for one sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Equations {
    pub(super) v_in: f64,
    pub(super) s: [f64; 4],
    pub(super) step: f64,
    pub(super) slope: f64,
    pub(super) feedback: f64,
}

impl Equations {
    /// `u1` to `u5` and `F1` to `F4` at these voltages.
    pub(super) fn at(&self, v: [f64; 4]) -> ([f64; 5], [f64; 4]) {
        let (a, slope, s) = (self.step, self.slope, self.s);
        let u = [
            (INPUT * (self.v_in - self.feedback * v[3])).tanh(),
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

    /// The step that the Jacobian asks for: each row in turn loses the voltage before its own, and the last column fills up.
    fn direction(&self, u: [f64; 5], f: [f64; 4]) -> [f64; 4] {
        let slope = |k: usize, by: f64| self.step * by * (1.0 - u[k] * u[k]);
        let corner = self.feedback * slope(0, INPUT);
        let (d2, d3, d4) = (slope(1, self.slope), slope(2, self.slope), slope(3, self.slope));
        let d5 = slope(4, OUTPUT);
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

    /// The voltages, sought from these on.
    #[cold]
    pub(super) fn solve(&self, mut v: [f64; 4]) -> [f64; 4] {
        let (mut u, mut f) = self.at(v);
        for _ in 0..MOST_ITERATIONS {
            let step = self.direction(u, f);
            let size = largest(step);
            let limit = TOLERANCE * largest(v).max(1e-6 * V_T);
            let mut factor = 1.0;
            let residual = largest(f);
            for halving in 0..=MOST_HALVINGS {
                let tried = std::array::from_fn(|k| v[k] - factor * step[k]);
                let (tried_u, tried_f) = self.at(tried);
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
        v
    }
}

#[cfg(test)]
impl Equations {
    /// The voltages as exactly as numbers allow: steps from close by until they no longer get smaller.
    pub(super) fn exact(&self, v: [f64; 4]) -> [f64; 4] {
        let mut v = self.solve(v);
        for _ in 0..4 {
            let (u, f) = self.at(v);
            let step = self.direction(u, f);
            v = std::array::from_fn(|k| v[k] - step[k]);
        }
        v
    }
}

pub(super) fn largest(values: [f64; 4]) -> f64 {
    values.into_iter().fold(0.0, |most, value| most.max(value.abs()))
}
