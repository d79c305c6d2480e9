use super::energy::{Energy, largest};
use super::ring::Ring;

/// Whatever comes in, each sample is the minimum of its energy.
#[test]
fn newton_ends_on_the_minimum() {
    for rate in [44_100.0, 8.0 * 48_000.0] {
        for volts in [1e-3, 0.1, 1.0, 10.0, 1000.0] {
            let mut ring = Ring::<2>::new(rate);
            let mut seed = 5_u32;
            let mut random = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                volts * (f64::from(seed) / 2f64.powi(31) - 1.0)
            };
            for n in 0..5000 {
                let (m, c) = (random(), random());
                let energy: Energy = ring.energy(m, c);
                ring.process(&[m], &[c], &mut [0.0]);
                let v = ring.voltages();
                let mut exact = energy.least(v);
                for _ in 0..4 {
                    let (step, _) = energy.step(exact);
                    exact = std::array::from_fn(|k| exact[k] - step[k]);
                }
                let apart = largest(std::array::from_fn(|k| v[k] - exact[k]));
                let scale = largest(exact).max(c.abs()).max(1e-6);
                assert!(apart <= super::TOLERANCE * scale, "{rate} {volts} V, {n}: {:e}", apart / scale);
            }
        }
    }
}
