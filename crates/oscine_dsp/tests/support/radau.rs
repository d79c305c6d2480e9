//! Circuits as differential equations, integrated by the three-stage Radau IIA method of order 5: an answer that shares
//! nothing with the processors but the equations. `reference.rs` holds it against `scipy.integrate.solve_ivp`.
//!
//! Steps are of one size, so that samples are taken where steps end. Each solves its stages by Newton's method with the
//! Jacobian of every stage, to rounding.
//!
//! Source: E. Hairer and G. Wanner, "Solving Ordinary Differential Equations II", section IV.8.

/// Slopes and their derivatives by the state: `dy/dt` and `jacobian[row][column]`.
pub(crate) trait Circuit<const D: usize> {
    fn slopes(&self, t: f64, y: [f64; D]) -> ([f64; D], [[f64; D]; D]);
}

const STAGES: usize = 3;

/// The method's moments and weights, in terms of the square root of 6.
fn tableau() -> ([f64; STAGES], [[f64; STAGES]; STAGES]) {
    let r = 6f64.sqrt();
    let c = [(4.0 - r) / 10.0, (4.0 + r) / 10.0, 1.0];
    let a = [
        [(88.0 - 7.0 * r) / 360.0, (296.0 - 169.0 * r) / 1800.0, (-2.0 + 3.0 * r) / 225.0],
        [(296.0 + 169.0 * r) / 1800.0, (88.0 + 7.0 * r) / 360.0, (-2.0 - 3.0 * r) / 225.0],
        [(16.0 - r) / 36.0, (16.0 + r) / 36.0, 1.0 / 9.0],
    ];
    (c, a)
}

/// The state after a step of `h` from `y` at `t`.
pub(crate) fn step<const D: usize>(circuit: &impl Circuit<D>, t: f64, y: [f64; D], h: f64) -> [f64; D] {
    let (c, a) = tableau();
    // What the stages add to y; they start from nothing.
    let mut z = vec![0.0; STAGES * D];
    let mut before = f64::INFINITY;
    for iteration in 0..60 {
        let at: [_; STAGES] =
            std::array::from_fn(|s| circuit.slopes(t + c[s] * h, std::array::from_fn(|k| y[k] + z[s * D + k])));
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(STAGES * D);
        for (s, weights) in a.iter().enumerate() {
            for k in 0..D {
                let mut row = vec![0.0; STAGES * D + 1];
                for (other, (slopes, jacobian)) in at.iter().enumerate() {
                    for column in 0..D {
                        row[other * D + column] = -h * weights[other] * jacobian[k][column];
                    }
                    row[STAGES * D] += h * weights[other] * slopes[k];
                }
                row[s * D + k] += 1.0;
                row[STAGES * D] -= z[s * D + k];
                rows.push(row);
            }
        }
        let change = solve(rows);
        let size = change.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        z.iter_mut().zip(&change).for_each(|(z, change)| *z += change);
        let scale = y.iter().chain(&z).fold(1e-9_f64, |most, x| most.max(x.abs()));
        // Newton's steps get smaller until rounding stops them.
        if size <= 1e-12 * scale || (size <= 1e-9 * scale && size >= 0.5 * before) {
            return std::array::from_fn(|k| y[k] + z[(STAGES - 1) * D + k]);
        }
        before = size;
        assert!(iteration < 59, "the stages at {t} do not settle: {size:e}");
    }
    unreachable!("the last iteration asserts")
}

/// Gaussian elimination with the largest pivots; the right side is the last column.
fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let n = rows.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| rows[i][k].abs().total_cmp(&rows[j][k].abs())).expect("a row");
        rows.swap(k, pivot);
        let (upper, lower) = rows.split_at_mut(k + 1);
        let top = &upper[k];
        for row in lower {
            let factor = row[k] / top[k];
            if factor != 0.0 {
                row[k..].iter_mut().zip(&top[k..]).for_each(|(x, top)| *x -= factor * top);
            }
        }
    }
    let mut x = vec![0.0; n];
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| rows[k][j] * x[j]).sum();
        x[k] = (rows[k][n] - known) / rows[k][k];
    }
    x
}

/// The states at the end of each of `frames` samples of a rate, `steps` to each, the first starting at time `start` from `y`.
pub(crate) fn states<const D: usize>(
    circuit: &impl Circuit<D>,
    mut y: [f64; D],
    (start, rate): (f64, f64),
    (frames, steps): (usize, usize),
) -> Vec<[f64; D]> {
    let h = 1.0 / (rate * steps as f64);
    (0..frames)
        .map(|frame| {
            for k in 0..steps {
                y = step(circuit, start + (frame * steps + k) as f64 * h, y, h);
            }
            y
        })
        .collect()
}
