//! Noise of a hundred volts, while every parameter is moved at random: natives give numbers, and go silent after it.
//!
//! Some seconds of it are a part of all tests; `make noise` plays ten minutes through each.

use oscine_dsp::{ParamKind, Processor, by_name};

const RATE: f64 = 48_000.0;
const MOST_BLOCK: usize = 512;

/// A 64-bit linear congruential generator (Knuth's constants): numbers in [-1, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn below(&mut self, most: usize) -> usize {
        ((0.5 + 0.5 * self.next()) * most as f64) as usize
    }
}

/// Moves a parameter to anywhere in its range. What is held stays: a drive of one volt makes the input's hundred a
/// hundred volts, and the ring's `paper` solver diverges, as the paper's does.
fn move_one(processor: &mut dyn Processor, name: &str, random: &mut Random) {
    let index = random.below(processor.face().params.len());
    let param = &processor.face().params[index];
    if param.name == "drive" || (name == "ring_modulator" && param.name == "solver") {
        return;
    }
    let value = match param.kind {
        ParamKind::Float => param.at_position(0.5 + 0.5 * random.next()),
        _ => (param.min + (param.max - param.min) * (0.5 + 0.5 * random.next())).round(),
    };
    if random.below(2) == 0 {
        processor.jump_param(index, value);
    } else {
        processor.set_param(index, value);
    }
}

/// As loud as `most` at the loudest, and after as long as `tail_seconds` of silence below a billionth of that.
fn assert_survives(name: &str, seconds: f64, most: f64, tail_seconds: f64) {
    let mut processor = by_name(name, RATE).expect("a native");
    let mut random = Random(7);
    let drive = processor.face().params.iter().position(|param| param.name == "drive");
    if let Some(drive) = drive {
        processor.jump_param(drive, 1.0);
    }
    let ports = processor.face().inputs.len();
    let (mut x, mut y) = ([[0.0; MOST_BLOCK]; 2], [0.0; MOST_BLOCK]);
    let mut play = |processor: &mut dyn Processor, x: &[[f64; MOST_BLOCK]; 2], frames: usize| {
        let inputs = x.each_ref().map(|x| &x[..frames]);
        processor.process(&inputs[..ports], &mut [&mut y[..frames]]).expect("no faults");
        y[..frames].iter().fold(0.0_f64, |loudest, y| if y.is_finite() { loudest.max(y.abs()) } else { f64::INFINITY })
    };
    let (mut done, mut loudest) = (0, 0.0_f64);
    while done < (seconds * RATE) as usize {
        let frames = 1 + random.below(MOST_BLOCK);
        if random.below(4) == 0 {
            move_one(&mut *processor, name, &mut random);
        }
        x.iter_mut().for_each(|x| x[..frames].fill_with(|| 100.0 * random.next()));
        let here = play(&mut *processor, &x, frames);
        assert!(here < most, "{name}, frame {done}: {here} with {}", settings(&*processor));
        loudest = loudest.max(here);
        done += frames;
    }
    println!("{name}: {loudest:e} at the loudest");
    assert!(loudest > 0.0, "{name} is silent");
    let params = processor.face().params.clone();
    params.iter().enumerate().for_each(|(index, param)| processor.jump_param(index, param.default));
    if let Some(own) = params.iter().position(|param| param.name == "oscillator") {
        processor.jump_param(own, 0.0);
    }
    let silence = [[0.0; MOST_BLOCK]; 2];
    let blocks = (tail_seconds * RATE) as usize / MOST_BLOCK;
    let last = (0..blocks).fold(0.0, |_, _| play(&mut *processor, &silence, MOST_BLOCK));
    if ports > 0 {
        assert!(last <= 1e-9 * most, "{name} sounds on: {last}");
    }
}

fn settings(processor: &dyn Processor) -> String {
    let value =
        |(index, param): (usize, &oscine_dsp::Param)| format!("{} = {}", param.name, processor.param_target(index));
    processor.face().params.iter().enumerate().map(value).collect::<Vec<_>>().join(", ")
}

/// Each with what its output may come to. A one-pole's memory is at most `tan(0.49 pi)` times the input, which a cutoff that
/// jumps down from there lets out; band filters of high orders have transients; Algorithm 2 does not converge at high
/// cutoffs.
const NATIVES: [(&str, f64, f64); 6] = [
    ("one_pole", 3200.0, 1.0),
    ("butterworth", 1e9, 1.0),
    ("sine", 1.0, 0.1),
    ("sines", 1.01, 0.1),
    ("ring_modulator", 1e5, 8.0),
    ("vcs3", 1e4, 1.0),
];

#[test]
fn three_seconds_of_noise_at_a_hundred_volts() {
    for (name, most, tail_seconds) in NATIVES {
        assert_survives(name, 3.0, most, tail_seconds);
    }
}

mod ten_minutes {
    use super::{NATIVES, assert_survives};

    fn of(name: &str) {
        let (_, most, tail_seconds) = NATIVES.into_iter().find(|of| of.0 == name).expect("a native");
        assert_survives(name, 600.0, most, tail_seconds);
    }

    #[test]
    #[ignore = "minutes of computing: make noise"]
    fn one_pole() {
        of("one_pole");
    }

    #[test]
    #[ignore = "minutes of computing: make noise"]
    fn butterworth() {
        of("butterworth");
    }

    #[test]
    #[ignore = "minutes of computing: make noise"]
    fn sine() {
        of("sine");
    }

    #[test]
    #[ignore = "minutes of computing: make noise"]
    fn sines() {
        of("sines");
    }

    #[test]
    #[ignore = "minutes of computing: make noise"]
    fn ring_modulator() {
        of("ring_modulator");
    }

    #[test]
    #[ignore = "minutes of computing: make noise"]
    fn vcs3() {
        of("vcs3");
    }
}
