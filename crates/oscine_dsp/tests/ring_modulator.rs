//! The ring modulator against its circuit: the differential equations (`solve_circuits.py`, when `OSCINE_PYTHON` names an
//! interpreter with scipy), the balance of the ring, its linear part, and survival at the audio rate.

use std::f64::consts::{PI, TAU};
use std::path::Path;
use std::process::Command;

use oscine_dsp::{Native, PaperRing, Processor, RingModulator};

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

#[test]
fn blocks_are_ticks() {
    let input: Vec<f64> = (0..700).map(|n| (f64::from(n) * PI / 50.0).sin()).collect();
    let mut plain = RingModulator::new(RATE);
    let expected: Vec<f64> = input.iter().map(|&x| plain.tick(x, 0.5 - x * x)).collect();
    let carrier: Vec<f64> = input.iter().map(|x| 0.5 - x * x).collect();
    let mut native = Native::new(RingModulator::new(RATE), RATE);
    for block in [1, 7, 64, 512] {
        native.reset();
        let mut out = vec![0.0; input.len()];
        for ((m, c), y) in input.chunks(block).zip(carrier.chunks(block)).zip(out.chunks_mut(block)) {
            native.process(&[m, c], &mut [y]).expect("no faults");
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
fn both_converge_to_the_differential_equations() {
    let Ok(python) = std::env::var("OSCINE_PYTHON") else { return };
    let folder = std::env::temp_dir().join(format!("oscine-dsp-ring-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/solve_circuits.py");
    let status = Command::new(python).arg(script).arg(&folder).arg("ring").status().expect("python");
    assert!(status.success());
    let errors = |rate: u32| {
        let [m, c, y] = ["in0", "in1", "out"].map(|of| read(&folder.join(format!("ring-{rate}-{of}.npy"))));
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
    std::fs::remove_dir_all(&folder).expect("removed");
}
