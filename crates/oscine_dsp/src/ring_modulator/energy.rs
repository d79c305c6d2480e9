//! The ring's equations where Newton's full steps do not settle: steps are halved until the energy falls.
//!
//! Diode `k` sees `r_k . v` plus or minus the carrier and sends `-g r_k` back: the currents are the gradient of a sum of convex
//! functions, so that the three voltages of a sample are the minimum of a strictly convex energy, and Newton's method with
//! Armijo's rule finds it from anywhere (J. Nocedal and S. Wright, "Numerical Optimization", theorem 3.2).

use super::{DIODE, TOLERANCE};

const MOST_ITERATIONS: usize = 100;
const MOST_HALVINGS: usize = 40;
/// What each diode sees of `v1`, `v2` and `v3`, and of the carrier.
pub(super) const DIODES: [([f64; 3], f64); 4] =
    [([0.5, -0.5, -1.0], -1.0), ([-0.5, 0.5, -1.0], -1.0), ([0.5, 0.5, 1.0], 1.0), ([-0.5, -0.5, 1.0], 1.0)];

/// One voice's energy for one sample, of which the voltages are the minimum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Energy {
    /// What a volt costs.
    pub(super) stiffness: [f64; 3],
    /// What pushes.
    pub(super) source: [f64; 3],
    pub(super) carrier: f64,
}

impl Energy {
    /// The energy and the sum of its terms' sizes, of which its rounding is a part.
    fn at(&self, v: [f64; 3]) -> (f64, f64) {
        let own = |k: usize| 0.5 * self.stiffness[k] * v[k] * v[k];
        let given = |k: usize| self.source[k] * v[k];
        let diodes: f64 = DIODES.iter().map(|(row, of)| (dot(*row, v) + of * self.carrier).max(0.0).powi(5)).sum();
        let diodes = diodes * (DIODE / 5.0);
        let energy = (0..3).map(|k| own(k) - given(k)).sum::<f64>() + diodes;
        (energy, (0..3).map(|k| own(k) + given(k).abs()).sum::<f64>() + diodes)
    }

    /// Newton's step from here and the gradient.
    pub(super) fn step(&self, v: [f64; 3]) -> ([f64; 3], [f64; 3]) {
        let mut gradient: [f64; 3] = std::array::from_fn(|k| self.stiffness[k] * v[k] - self.source[k]);
        let mut hessian = [[0.0; 3]; 3];
        for (k, row) in hessian.iter_mut().enumerate() {
            row[k] = self.stiffness[k];
        }
        for (row, of) in DIODES {
            let across = (dot(row, v) + of * self.carrier).max(0.0);
            let cube = DIODE * across * across * across;
            for j in 0..3 {
                gradient[j] += cube * across * row[j];
                for k in 0..3 {
                    hessian[j][k] += 4.0 * cube * row[j] * row[k];
                }
            }
        }
        (solve_symmetric(hessian, gradient, self.stiffness), gradient)
    }

    /// The voltages, sought from these on.
    #[cold]
    pub(super) fn least(&self, mut v: [f64; 3]) -> [f64; 3] {
        for _ in 0..MOST_ITERATIONS {
            let (step, gradient) = self.step(v);
            let slope = dot(step, gradient);
            let from = v;
            let full = std::array::from_fn(|k| from[k] - step[k]);
            if largest(step) <= 1e-3 * TOLERANCE * largest(v).max(1e-6) {
                return full;
            }
            let (before, size) = self.at(from);
            let mut factor = 1.0;
            for _ in 0..MOST_HALVINGS {
                v = std::array::from_fn(|k| from[k] - factor * step[k]);
                // Close to the minimum the energies differ by rounding only, and the full step is the right one.
                let slack = 8.0 * f64::EPSILON * size;
                if self.at(v).0 <= before - 1e-4 * factor * slope + slack {
                    break;
                }
                factor *= 0.5;
            }
        }
        v
    }
}

pub(super) fn largest(values: [f64; 3]) -> f64 {
    values.into_iter().fold(0.0, |most, value| most.max(value.abs()))
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
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
