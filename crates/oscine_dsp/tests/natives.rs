//! The catalogue: every processor by name is sound in any block size, under moving parameters, and again after a reset; the bank
//! of sines is its sines.

use std::f64::consts::TAU;

use oscine_dsp::{NATIVES, ParamKind, Processor, SineBank, by_name};

const RATE: f64 = 48_000.0;

fn noise(seed: u64, frames: usize) -> Vec<f64> {
    let mut state = seed;
    let next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    std::iter::repeat_with(next).take(frames).collect()
}

fn run(processor: &mut dyn Processor, inputs: &[Vec<f64>], block: usize) -> Vec<f64> {
    let mut output = vec![0.0; inputs[0].len()];
    let taken = processor.face().inputs.len();
    for (n, y) in output.chunks_mut(block).enumerate() {
        let x: Vec<&[f64]> = inputs[..taken].iter().map(|x| &x[n * block..n * block + y.len()]).collect();
        processor.process(&x, &mut [y]).expect("no faults");
    }
    output
}

#[test]
fn each_is_the_same_in_any_block_and_after_a_reset() {
    let inputs = [noise(1, 1500), noise(2, 1500)];
    for (name, _) in NATIVES {
        let mut processor = by_name(name, RATE).expect("a processor");
        // Another value of each parameter on the way, so that ramps are part of it.
        let mut once = |block: usize| {
            processor.reset();
            let params = processor.face().params.clone();
            params.iter().enumerate().for_each(|(k, p)| processor.jump_param(k, p.default));
            processor.reset();
            for (k, p) in params.iter().enumerate().filter(|(_, p)| p.kind == ParamKind::Float) {
                processor.set_param(k, 0.5 * (p.default + p.max));
            }
            run(&mut *processor, &inputs, block)
        };
        let expected = once(1500);
        assert!(expected.iter().any(|y| y.abs() > 1e-6), "{name}");
        for block in [1, 7, 64] {
            assert_eq!(once(block), expected, "{name}: blocks of {block}");
        }
    }
    assert!(by_name("vcs4", RATE).is_none());
}

#[test]
fn no_setting_gives_what_is_not_a_number() {
    let inputs = [noise(3, 400), noise(4, 400)];
    for (name, _) in NATIVES {
        let mut processor = by_name(name, RATE).expect("a processor");
        for (k, p) in processor.face().params.clone().iter().enumerate() {
            for value in [p.min, p.max, f64::NAN, f64::INFINITY, p.default] {
                processor.jump_param(k, value);
                if name == "ring_modulator" && processor.face().params[k].name == "solver" {
                    // The paper's method diverges where it does; going on from it starts from rest.
                    continue;
                }
                let out = run(&mut *processor, &inputs, 64);
                assert!(out.iter().all(|y| y.is_finite()), "{name}: {} = {value}", p.name);
            }
        }
    }
}

#[test]
fn the_bank_is_the_sum_of_its_sines() {
    let mut bank = SineBank::new(RATE);
    let voices: Vec<(f64, f64)> = (0..256).map(|k| (20.0 + 83.7 * f64::from(k), 1.0 / f64::from(k + 1))).collect();
    for (k, (frequency_hz, amplitude)) in voices.iter().enumerate() {
        bank.set(k, *frequency_hz, *amplitude);
    }
    let mut output = vec![0.0; 2000];
    output.chunks_mut(64).for_each(|block| bank.process(block));
    for (n, y) in output.iter().enumerate() {
        let expected: f64 = voices.iter().map(|(f, a)| a * (TAU * (f * n as f64 / RATE).fract()).sin()).sum();
        assert!((y - expected).abs() < 1e-9, "{n}: {y}, not {expected}");
    }
}

/// What the sums of phases lose in twenty seconds cannot be heard: each rounds to a unit in the last place of a turn.
#[test]
fn the_bank_keeps_its_phases() {
    let mut bank = SineBank::new(RATE);
    let voices: [(f64, f64); 8] = std::array::from_fn(|k| (27.5 * 2.7f64.powi(k as i32), 0.125));
    for (k, (frequency_hz, amplitude)) in voices.iter().enumerate() {
        bank.set(k, *frequency_hz, *amplitude);
    }
    let mut output = [0.0; 480];
    let blocks = 20 * RATE as usize / output.len();
    (0..blocks).for_each(|_| bank.process(&mut output));
    for (n, y) in output.iter().enumerate() {
        let frame = ((blocks - 1) * 480 + n) as f64;
        let expected: f64 = voices.iter().map(|(f, a)| a * (TAU * (f * frame / RATE).fract()).sin()).sum();
        assert!((y - expected).abs() < 1e-8, "{frame}: {y}, not {expected}");
    }
}
