//! The VCS3 filter against its circuit: the linearised ladder, the differential equations (`solve_circuits.py`, when
//! `OSCINE_PYTHON` names an interpreter with scipy), and survival of what no circuit would survive.

use std::f64::consts::{PI, TAU};
use std::path::Path;
use std::process::Command;

use oscine_dsp::design::Complex;
use oscine_dsp::{Native, Processor, Slopes, Solver, Vcs3};

const RATE: f64 = 48_000.0;

/// A wideband response of the linearised ladder at `s = j w`, in units where a diode's slope and a capacitor are both 1.
fn linear_gain(x: f64, resonance: f64, slopes: Slopes) -> f64 {
    let (input, output) = (1.0, 1.0 / (3.0 * 1.836));
    let ladder = if slopes == Slopes::Thermal { 1.0 } else { 1.0 / 1.836 };
    // Currents of the ladder from its end: with v4 = 1, each row gives the voltage before.
    let s = Complex::new(0.0, x);
    let one = Complex::real(1.0);
    let v4 = one;
    // s v4 = -output v4 - ladder (v4 - v3)
    let v3 = v4 + (s * v4 + v4 * output) * (1.0 / ladder);
    let v2 = v3 * 2.0 - v4 + s * v3 * (1.0 / ladder);
    let v1 = v2 * 2.0 - v3 + s * v2 * (1.0 / ladder);
    // s v1 = ladder (v2 - v1) + input (v_in - F v4)
    let feedback = resonance + 0.5;
    let v_in = v4 * feedback + (s * v1 - (v2 - v1) * ladder) * (1.0 / input);
    feedback / v_in.abs()
}

#[test]
fn small_signals_see_the_linearised_ladder() {
    for slopes in [Slopes::Thermal, Slopes::Gamma] {
        for resonance in [0.0, 4.0] {
            let mut filter = Vcs3::new(slopes, Solver::Newton, 1000.0, resonance, RATE);
            let level = 1e-7;
            let response: Vec<f64> =
                (0..32_768).map(|n| filter.tick(if n == 0 { level } else { 0.0 }) / level).collect();
            for frequency_hz in [0.0, 100.0, 700.0, 1500.0, 4000.0] {
                let (re, im) = response.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, h)| {
                    let angle = TAU * frequency_hz * n as f64 / RATE;
                    (re + h * angle.cos(), im - h * angle.sin())
                });
                // The trapezoidal rule's frequency by a diode's conductance over a capacitor: a / 2 V_T is 2 tan(..).
                let x = (PI * frequency_hz / RATE).tan() / (2.0 * (PI * 1000.0 / RATE).tan());
                let (measured, expected) = (f64::hypot(re, im), linear_gain(x, resonance, slopes));
                assert!(
                    (measured / expected - 1.0).abs() < 1e-5,
                    "{slopes:?} K = {resonance} at {frequency_hz} Hz: {measured}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn a_high_resonance_sings_on_and_a_low_one_dies_away() {
    for (resonance, sings) in [(4.0, false), (15.0, true)] {
        let mut filter = Vcs3::new(Slopes::Thermal, Solver::Newton, 500.0, resonance, RATE);
        filter.tick(0.1);
        let tail: Vec<f64> = (0..96_000).map(|_| filter.tick(0.0)).skip(90_000).collect();
        let most = tail.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
        assert_eq!(most > 1e-3, sings, "K = {resonance}: {most}");
        assert!(most < 10.0, "K = {resonance}: {most}");
    }
}

#[test]
fn noise_of_a_hundred_volts_under_moving_controls_gives_numbers() {
    for solver in [Solver::Newton, Solver::Paper] {
        let mut filter = Vcs3::new(Slopes::Thermal, solver, 1000.0, 4.0, RATE);
        let mut seed = 7_u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed) / 2f64.powi(31) - 1.0
        };
        for n in 0..20_000 {
            filter.set_cutoff(23_000.0 * random().abs());
            filter.set_resonance(20.0 * random().abs());
            let y = filter.tick(100.0 * random());
            assert!(y.is_finite() && y.abs() < 1e6, "{solver:?} {n}: {y}");
        }
        for x in [f64::MAX, -f64::MAX, f64::INFINITY, f64::NAN] {
            assert!(filter.tick(x).is_finite(), "{x}");
        }
    }
}

#[test]
fn the_algorithm_of_the_paper_agrees_within_its_tolerance() {
    let mut newton = Vcs3::new(Slopes::Thermal, Solver::Newton, 1000.0, 4.0, RATE);
    let mut paper = Vcs3::new(Slopes::Thermal, Solver::Paper, 1000.0, 4.0, RATE);
    let (mut difference, mut power) = (0.0, 0.0);
    for n in 0..4800 {
        let x = 0.1 * (TAU * 200.0 * f64::from(n) / RATE).sin();
        let (a, b) = (newton.tick(x), paper.tick(x));
        difference += (a - b) * (a - b);
        power += a * a;
    }
    let error: f64 = f64::sqrt(difference / power);
    assert!(error < 1e-2 && error > 1e-9, "{error:e}");
}

#[test]
fn blocks_are_ticks() {
    let unit = Vcs3::new(Slopes::Thermal, Solver::Newton, 800.0, 6.0, RATE);
    let input: Vec<f64> = (0..700).map(|n| (f64::from(n) * 0.1).sin()).collect();
    let mut plain = unit.clone();
    let expected: Vec<f64> = input.iter().map(|&x| plain.tick(x)).collect();
    let mut native = Native::new(unit, RATE);
    for block in [1, 7, 64, 512] {
        native.reset();
        let mut out = vec![0.0; input.len()];
        for (x, y) in input.chunks(block).zip(out.chunks_mut(block)) {
            native.process(&[x], &mut [y]).expect("no faults");
        }
        assert_eq!(out, expected, "blocks of {block}");
    }
}

/// The numbers of an `.npy` file of 64-bit floats.
fn read(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).expect("the solution");
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[header..].chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes"))).collect()
}

#[test]
fn it_converges_to_its_differential_equations() {
    let Ok(python) = std::env::var("OSCINE_PYTHON") else { return };
    let folder = std::env::temp_dir().join(format!("oscine-dsp-vcs3-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/solve_circuits.py");
    let status = Command::new(python).arg(script).arg(&folder).arg("vcs3").status().expect("python");
    assert!(status.success());
    for (resonance, most) in [(0_u32, 4e-4), (4, 4e-3)] {
        let error = |rate: u32| {
            let name = format!("vcs3-{resonance}-{rate}");
            let input = read(&folder.join(format!("{name}-in0.npy")));
            let expected = read(&folder.join(format!("{name}-out.npy")));
            let unit = (Slopes::Thermal, Solver::Newton);
            let mut filter = Vcs3::new(unit.0, unit.1, 1000.0, f64::from(resonance), f64::from(rate));
            let difference: f64 = input.iter().zip(&expected).map(|(&x, y)| (filter.tick(x) - y).powi(2)).sum();
            (difference / expected.iter().map(|y| y * y).sum::<f64>()).sqrt()
        };
        let (coarse, fine) = (error(48_000), error(192_000));
        assert!(coarse < most, "{coarse:e} at K = {resonance}");
        assert!((14.0..18.0).contains(&(coarse / fine)), "second order: a sixteenth of {coarse:e}, not {fine:e}");
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}
