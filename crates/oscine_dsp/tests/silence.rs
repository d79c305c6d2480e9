//! What natives keep after the sound: zeros or ordinary numbers, never denormal ones, which are slow. Nobody flushes them here,
//! as the engine does.
//!
//! A state is read off what its `Debug` prints, so that none of it is forgotten.

use std::fmt::Debug;

use oscine_dsp::design::Band;
use oscine_dsp::oversample::{Downsampler, Kind, Upsampler};
use oscine_dsp::{
    Butterworth, OnePole, PaperRing, RingModulator, RingUnit, RingVoices, Side, SineBank, Slopes, Solver, Unit, Vcs3,
    Vcs3Voices,
};

const RATE: f64 = 44_100.0;
const BLOCK: usize = 64;

fn denormals(of: &impl Debug) -> usize {
    let text = format!("{of:?}");
    let words = text.split(|c: char| !(c.is_ascii_digit() || "+-.e".contains(c)));
    words.filter(|word| word.parse::<f64>().is_ok_and(f64::is_subnormal)).count()
}

#[test]
fn a_denormal_number_would_be_seen() {
    assert_eq!(denormals(&(1.0, [5e-324, 0.0], -1e-310, 1e-300)), 2);
}

/// Half a volt of noise, then silence: `blocks` of it, looked at now and then. What sounds at last must be zero.
fn assert_silence<U: Debug>(name: &str, mut unit: U, blocks: usize, process: impl Fn(&mut U, &[f64], &mut [f64])) {
    let mut seed = 3_u32;
    let noise: [f64; BLOCK] = std::array::from_fn(|_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed) / 2f64.powi(32) - 0.5
    });
    let mut out = [0.0; BLOCK];
    for _ in 0..10 {
        process(&mut unit, &noise, &mut out);
    }
    assert!(out.iter().any(|y| *y != 0.0), "{name} is silent before");
    for block in 0..blocks {
        process(&mut unit, &[0.0; BLOCK], &mut out);
        if block % 37 == 0 || block + 1 == blocks {
            assert_eq!(denormals(&unit), 0, "{name}, block {block}: {unit:?}");
        }
    }
    assert!(out.iter().all(|y| *y == 0.0), "{name} never ends: {out:?}");
}

fn assert_unit_silence<U: Unit + Debug>(name: &str, unit: U, blocks: usize) {
    assert_silence(name, unit, blocks, |unit, x, y| {
        let inputs = [x; 2];
        unit.process(&inputs[..U::INPUTS.len()], y);
    });
}

#[test]
fn filters_end_in_zeros() {
    for cutoff in [20.0, 1000.0, 11_025.0, 20_000.0] {
        for side in [Side::Low, Side::High] {
            assert_unit_silence(&format!("{side:?} {cutoff}"), OnePole::new(side, cutoff, RATE), 2000);
        }
        for band in [Band::Low, Band::High, Band::Pass, Band::Stop] {
            for order in [1, 2, 5, 12] {
                let filter = Butterworth::new(band, order, cutoff, 1.7 * cutoff, RATE);
                let slow = if cutoff < 100.0 { 20.0 } else { 1.0 };
                assert_unit_silence(&format!("{band:?} {order} {cutoff}"), filter, (2500.0 * slow) as usize);
            }
        }
    }
}

#[test]
fn circuits_end_in_zeros() {
    for solver in [Solver::Newton, Solver::Paper] {
        for (slopes, resonance) in [(Slopes::Thermal, 0.0), (Slopes::Gamma, 4.0)] {
            let filter = Vcs3::new(slopes, solver, 1000.0, resonance, RATE);
            assert_unit_silence(&format!("vcs3 {solver:?} {resonance}"), filter, 2000);
        }
    }
    for (factor, kind) in [(1, Kind::LinearPhase), (4, Kind::LinearPhase), (8, Kind::LowLatency)] {
        let ring = RingModulator::oversampled(factor, kind, RATE);
        assert_unit_silence(&format!("ring {factor} {kind:?}"), ring, 4000);
    }
    // Which half a volt would drive out of the numbers.
    assert_silence("the paper's ring", PaperRing::new(RATE), 3000, |ring, x, y| {
        let quiet: Vec<f64> = x.iter().map(|x| 0.2 * x).collect();
        ring.process(&quiet, &quiet, y);
    });
}

#[test]
fn voices_end_in_zeros() {
    let spread = |x: &[f64]| x.iter().map(|x| std::array::from_fn::<_, 8, _>(|k| x * k as f64)).collect::<Vec<_>>();
    let gather = |y: &mut [f64], out: &[[f64; 8]]| y.iter_mut().zip(out).for_each(|(y, out)| *y = out.iter().sum());
    assert_silence("vcs3 voices", Vcs3Voices::<8>::new(Slopes::Thermal, 1000.0, 2.0, RATE), 2000, |unit, x, y| {
        let mut out = [[0.0; 8]; BLOCK];
        unit.process(&spread(x), &mut out);
        gather(y, &out);
    });
    assert_silence("ring voices", RingVoices::<8>::new(2, Kind::LowLatency, RATE), 4000, |unit, x, y| {
        let mut out = [[0.0; 8]; BLOCK];
        unit.process(&spread(x), &spread(x), &mut out);
        gather(y, &out);
    });
}

#[test]
fn oversampling_ends_in_zeros() {
    for kind in [Kind::LinearPhase, Kind::LowLatency] {
        let pair = (Upsampler::new(kind, 8), Downsampler::new(kind, 8));
        assert_silence(&format!("{kind:?}"), pair, 500, |(up, down), x, y| {
            let mut high = [0.0; 8 * BLOCK];
            up.process(x, &mut high);
            down.process(&high, y);
        });
    }
}

/// What makes sound by itself keeps ordinary numbers, too.
#[test]
fn sources_keep_ordinary_numbers() {
    let (mut bank, mut ring) = (SineBank::harmonics(0.1, RATE), RingUnit::new(RATE));
    let mut out = [0.0; BLOCK];
    for block in 0..2000 {
        bank.process(&mut out);
        Unit::process(&mut ring, &[&[0.0; BLOCK][..]; 2], &mut out);
        if block % 97 == 0 {
            assert_eq!((denormals(&bank), denormals(&ring)), (0, 0), "block {block}");
        }
    }
}
