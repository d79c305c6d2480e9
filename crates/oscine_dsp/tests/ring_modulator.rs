//! The ring modulator: its order of convergence to the differential equations (`solve_circuits.py`, when `OSCINE_PYTHON` names an
//! interpreter with scipy), the balance of the ring, voices, and survival at the audio rate. How near it is, what folds back and
//! small signals are `ring_accuracy.rs`, `aliasing.rs` and `ring_small_signals.rs`.

#[path = "support/blocks.rs"]
mod blocks;
#[path = "support/solutions.rs"]
mod solutions;

use std::f64::consts::{PI, TAU};

use blocks::assert_whatever_the_blocks;
use oscine_dsp::oversample::Kind;
use oscine_dsp::{Native, PaperRing, RingModulator, RingVoices};
use solutions::Solutions;

const RATE: f64 = 44_100.0;

fn noise() -> impl FnMut() -> f64 {
    let mut seed = 3_u32;
    move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed) / 2f64.powi(31) - 1.0
    }
}

#[test]
fn noise_of_a_hundred_volts_gives_numbers_at_the_audio_rate() {
    let (mut ring, mut random) = (RingModulator::new(RATE), noise());
    for n in 0..10_000 {
        let y = ring.tick(100.0 * random(), 100.0 * random());
        assert!(y.abs() < 1000.0, "{n}: {y}");
    }
    for x in [f64::MAX, -f64::MAX, f64::INFINITY, f64::NAN] {
        assert!(ring.tick(x, -x).is_finite(), "{x}");
    }
    let tail = (0..400_000).map(|_| ring.tick(0.0, 0.0)).last().expect("a sample");
    assert!(tail.abs() < 1e-3, "what it was given does not die away: {tail}");
}

/// Two runs from different states with one input come together: the circuit is passive and the rule keeps it so.
#[test]
fn it_forgets_where_it_started() {
    let (mut a, mut b, mut random) = (RingModulator::new(RATE), RingModulator::new(RATE), noise());
    for _ in 0..100 {
        a.tick(10.0, 10.0);
    }
    let mut difference = 0.0_f64;
    for _ in 0..200_000 {
        let (m, c) = (10.0 * random(), 10.0 * random());
        difference = (a.tick(m, c) - b.tick(m, c)).abs();
    }
    assert!(difference < 1e-6, "{difference}");
}

#[test]
fn a_balanced_ring_lets_neither_input_through_alone() {
    for (m, c) in [(1.0, 0.0), (0.0, 1.0)] {
        let mut ring = RingModulator::new(RATE);
        let most = (0..4410_u32).fold(0.0_f64, |most, n| {
            let x = 2.0 * (TAU * 300.0 * f64::from(n) / RATE).sin();
            most.max(ring.tick(m * x, c * x).abs())
        });
        assert!(most < 1e-9, "{most}");
    }
}

#[test]
fn the_algorithm_of_the_paper_diverges_where_the_circuit_does_not() {
    let peak = |volts: f64| {
        let (mut ring, mut paper) = (RingModulator::new(RATE), PaperRing::new(RATE));
        (0..2205_u32).fold((0.0_f64, true), |(most, finite), n| {
            let t = f64::from(n) / RATE;
            let (m, c) = (volts * (TAU * 200.0 * t).sin(), volts * (TAU * 500.0 * t).sin());
            (most.max(ring.tick(m, c).abs()), finite & paper.tick(m, c).is_finite())
        })
    };
    let (most, finite) = peak(0.3);
    assert!(finite && most < 0.3);
    let mut held = PaperRing::new(RATE);
    let last = (0..60_000_u32).map(|n| {
        let t = f64::from(n) / (30.0 * RATE);
        held.step(10.0 * (TAU * 200.0 * t).sin(), 10.0 * (TAU * 500.0 * t).sin())
    });
    assert!(last.last().is_some_and(f64::is_nan));
    assert!(peak(10.0).0 < 10.0);
}

/// Voices of all levels beside one another, each as if it were alone.
#[test]
fn a_voice_among_others_is_a_voice_alone() {
    const FRAMES: usize = 600;
    let mut random = noise();
    let volts = |voice: usize| 10f64.powf(voice as f64 * 0.5 - 2.5);
    let modulator: Vec<[f64; 8]> = (0..FRAMES).map(|_| std::array::from_fn(|v| volts(v) * random())).collect();
    let carrier: Vec<[f64; 8]> = (0..FRAMES).map(|_| std::array::from_fn(|v| volts(v) * random())).collect();
    for (factor, kind) in [(1, Kind::LinearPhase), (2, Kind::LinearPhase), (4, Kind::LowLatency)] {
        let mut eight = RingVoices::<8>::new(factor, kind, RATE);
        let mut out8 = vec![[0.0; 8]; FRAMES];
        eight.process(&modulator, &carrier, &mut out8);
        let mut four = RingVoices::<4>::new(factor, kind, RATE);
        let upper = |x: &[[f64; 8]]| x.iter().map(|x| [x[4], x[5], x[6], x[7]]).collect::<Vec<_>>();
        let mut out4 = vec![[0.0; 4]; FRAMES];
        four.process(&upper(&modulator), &upper(&carrier), &mut out4);
        for voice in 0..8 {
            let mut alone = RingModulator::oversampled(factor, kind, RATE);
            for n in 0..FRAMES {
                let expected = alone.tick(modulator[n][voice], carrier[n][voice]);
                let near = |y: f64| (y - expected).abs() <= 1e-12 * expected.abs().max(1e-9);
                assert!(near(out8[n][voice]), "{factor} {kind:?} voice {voice} of 8, {n}");
                assert!(voice < 4 || near(out4[n][voice - 4]), "{factor} {kind:?} voice {voice} of 4, {n}");
            }
        }
    }
}

#[test]
fn blocks_are_ticks() {
    let input: Vec<f64> = (0..700).map(|n| (f64::from(n) * PI / 50.0).sin()).collect();
    let mut plain = RingModulator::new(RATE);
    let expected: Vec<f64> = input.iter().map(|&x| plain.tick(x, 0.5 - x * x)).collect();
    let carrier: Vec<f64> = input.iter().map(|x| 0.5 - x * x).collect();
    let mut native = Native::new(RingModulator::new(RATE), RATE);
    assert_whatever_the_blocks(&mut native, &[&input, &carrier], &expected);
}

#[test]
fn both_converge_to_the_differential_equations() {
    let Some(solutions) = Solutions::of("ring") else { return };
    let errors = |rate: u32| {
        let [m, c, y] = ["in0", "in1", "out"].map(|of| solutions.read(&format!("ring-{rate}-{of}")));
        let mut ring = RingModulator::new(f64::from(rate));
        let mut paper = PaperRing::new(f64::from(rate) / 30.0);
        let mut sums = [0.0, 0.0];
        for ((m, c), y) in m.iter().zip(&c).zip(&y) {
            sums[0] += (ring.tick(*m, *c) - y).powi(2);
            sums[1] += (paper.step(*m, *c) - y).powi(2);
        }
        let power: f64 = y.iter().map(|y| y * y).sum();
        sums.map(|sum: f64| (sum / power).sqrt())
    };
    let ([coarse, paper], [fine, paper_fine]) = (errors(30 * 48_000), errors(30 * 96_000));
    assert!(coarse < 0.1 * paper, "{coarse:e} against the paper's {paper:e}");
    assert!(coarse / fine > 3.5 || fine < 1e-8, "second order would quarter {coarse:e}, not {fine:e}");
    assert!((0.47..0.53).contains(&(paper_fine / paper)), "first order would halve {paper:e}, not {paper_fine:e}");
}
