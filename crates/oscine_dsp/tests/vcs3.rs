//! The VCS3 filter against its circuit: the linearised ladder, the differential equations (`solve_circuits.py`, when
//! `OSCINE_PYTHON` names an interpreter with scipy), and survival of what no circuit would survive. How near it is by level, what
//! folds back and how it sings are `vcs3_accuracy.rs`, `aliasing.rs` and `vcs3_song.rs`.

#[path = "support/blocks.rs"]
mod blocks;
#[path = "support/solutions.rs"]
mod solutions;

use std::f64::consts::{PI, TAU};

use blocks::assert_whatever_the_blocks;
use oscine_dsp::design::Complex;
use oscine_dsp::{Native, Slopes, Solver, Vcs3, Vcs3Voices};
use solutions::Solutions;

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

/// Voices of all sorts beside one another, quiet and loud, each as if it were alone.
#[test]
fn a_voice_among_others_is_a_voice_alone() {
    const FRAMES: usize = 1500;
    let cutoff = |voice: usize| 80.0 * 2f64.powf(voice as f64);
    let resonance = |voice: usize| 1.9 * voice as f64;
    let input = |voice: usize| {
        let mut seed = voice as u32 + 1;
        let volts = 10f64.powf(voice as f64 - 5.0);
        (0..FRAMES).map(move |n| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(seed) / 2f64.powi(31) - 1.0;
            volts * (noise + (0.01 * (voice + 1) as f64 * n as f64).sin())
        })
    };
    for slopes in [Slopes::Thermal, Slopes::Gamma] {
        let alone: Vec<Vec<f64>> = (0..8)
            .map(|voice| {
                let mut filter = Vcs3::new(slopes, Solver::Newton, cutoff(voice), resonance(voice), RATE);
                input(voice).map(|x| filter.tick(x)).collect()
            })
            .collect();
        let columns: Vec<Vec<f64>> = (0..8).map(|voice| input(voice).collect()).collect();
        let mut eight = Vcs3Voices::<8>::new(slopes, 1000.0, 0.0, RATE);
        let mut four = Vcs3Voices::<4>::new(slopes, 1000.0, 0.0, RATE);
        for voice in 0..8 {
            eight.set_cutoff(voice, cutoff(voice));
            eight.set_resonance(voice, resonance(voice));
            if voice < 4 {
                four.set_cutoff(voice, cutoff(voice + 4));
                four.set_resonance(voice, resonance(voice + 4));
            }
        }
        let frames: Vec<[f64; 8]> = (0..FRAMES).map(|n| std::array::from_fn(|voice| columns[voice][n])).collect();
        let upper: Vec<[f64; 4]> = frames.iter().map(|f| [f[4], f[5], f[6], f[7]]).collect();
        let (mut out8, mut out4) = (vec![[0.0; 8]; FRAMES], vec![[0.0; 4]; FRAMES]);
        for block in 0..FRAMES / 50 {
            let range = block * 50..(block + 1) * 50;
            eight.process(&frames[range.clone()], &mut out8[range.clone()]);
            four.process(&upper[range.clone()], &mut out4[range]);
        }
        for voice in 0..8 {
            for n in 0..FRAMES {
                let expected = alone[voice][n];
                let near = |y: f64| (y - expected).abs() <= 1e-12 * expected.abs().max(1e-12);
                assert!(near(out8[n][voice]), "{slopes:?} voice {voice} of 8, {n}: {} {expected}", out8[n][voice]);
                assert!(voice < 4 || near(out4[n][voice - 4]), "{slopes:?} voice {voice} of 4, {n}");
            }
        }
    }
}

#[test]
fn cutoff_and_resonance_may_move_at_every_sample() {
    let mut filter = Vcs3::new(Slopes::Thermal, Solver::Newton, 1000.0, 4.0, RATE);
    let mut most = 0.0_f64;
    for n in 0..20_000 {
        let t = f64::from(n) / RATE;
        filter.set_cutoff(1000.0 * 20f64.powf((TAU * 700.0 * t).sin()));
        filter.set_resonance(6.0 + 6.0 * (TAU * 1100.0 * t).cos());
        most = most.max(filter.tick(0.2 * (TAU * 220.0 * t).sin()).abs());
    }
    assert!((0.01..10.0).contains(&most), "{most}");
}

/// What DC does: in rest every current is the same, so that each tanh is, and the feedback settles it.
#[test]
fn dc_settles_on_the_circuit_s_rest() {
    let mut filter = Vcs3::new(Slopes::Thermal, Solver::Newton, 2000.0, 3.0, RATE);
    for x in [-0.3, 0.01, 0.1, 2.0] {
        let y = (0..48_000).map(|_| filter.tick(x)).last().expect("a sample");
        // u1 = u5 up to signs: the current into the ladder leaves at its end.
        let (u1, u5) = (((x - y) / 0.052).tanh(), (y / 3.5 / (6.0 * 1.836 * 0.026)).tanh());
        assert!((u1 - u5).abs() < 1e-7, "{x} V: {u1} and {u5}");
    }
}

#[test]
fn blocks_are_ticks() {
    let unit = Vcs3::new(Slopes::Thermal, Solver::Newton, 800.0, 6.0, RATE);
    let input: Vec<f64> = (0..700).map(|n| (f64::from(n) * 0.1).sin()).collect();
    let mut plain = unit.clone();
    let expected: Vec<f64> = input.iter().map(|&x| plain.tick(x)).collect();
    let mut native = Native::new(unit, RATE);
    assert_whatever_the_blocks(&mut native, &[&input], &expected);
}

#[test]
fn it_converges_to_its_differential_equations() {
    let Some(solutions) = Solutions::of("vcs3") else { return };
    for (resonance, most) in [(0_u32, 4e-4), (4, 4e-3)] {
        let error = |rate: u32| {
            let name = format!("vcs3-{resonance}-{rate}");
            let input = solutions.read(&format!("{name}-in0"));
            let expected = solutions.read(&format!("{name}-out"));
            let unit = (Slopes::Thermal, Solver::Newton);
            let mut filter = Vcs3::new(unit.0, unit.1, 1000.0, f64::from(resonance), f64::from(rate));
            let difference: f64 = input.iter().zip(&expected).map(|(&x, y)| (filter.tick(x) - y).powi(2)).sum();
            (difference / expected.iter().map(|y| y * y).sum::<f64>()).sqrt()
        };
        let (coarse, fine) = (error(48_000), error(192_000));
        assert!(coarse < most, "{coarse:e} at K = {resonance}");
        assert!((14.0..18.0).contains(&(coarse / fine)), "second order: a sixteenth of {coarse:e}, not {fine:e}");
    }
}
