use super::damped::{Equations, largest};
use super::{Slopes, Solver, Vcs3};

/// Whatever comes in, the equations are solved, not only left: the residual of each sample is that of the tolerance.
#[test]
fn newton_ends_on_a_solution() {
    for slopes in [Slopes::Thermal, Slopes::Gamma] {
        for (cutoff, resonance) in [(30.0, 0.0), (1000.0, 4.0), (8000.0, 10.0), (21_000.0, 20.0)] {
            for volts in [1e-6, 1e-3, 0.1, 1.0, 100.0] {
                let mut filter = Vcs3::new(slopes, Solver::Newton, cutoff, resonance, 44_100.0);
                let mut seed = 1_u32;
                for n in 0..2000 {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let x = volts * (f64::from(seed) / 2f64.powi(31) - 1.0);
                    let s = filter.ladder.memories();
                    filter.tick(x);
                    let (step, feedback) = (filter.ladder.step[0], filter.ladder.feedback[0]);
                    let equations = Equations { v_in: x, s, step, slope: filter.ladder.slope, feedback };
                    let v = filter.ladder.voltages();
                    let exact = equations.exact(v);
                    let apart = largest(std::array::from_fn(|k| v[k] - exact[k]));
                    let scale = largest(exact).max(1e-6 * super::V_T);
                    assert!(apart <= 1e-9 * scale, "{cutoff} {resonance} {volts} V, {n}: {:e}", apart / scale);
                }
            }
        }
    }
}
