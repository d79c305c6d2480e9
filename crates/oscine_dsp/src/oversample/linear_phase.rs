//! A stage of linear phase: one of its two branches is a delay, the other a symmetric filter.
//!
//! Of the taps of a half-band filter every other one is zero but the middle one. Upwards, even samples are the filter's and
//! odd ones the input itself; downwards, even samples go through the filter and odd ones beside it. The filter takes
//! eight outputs at a time, each the same sum whatever the block.

use fearless_simd::{Level, Simd, SimdFloat, dispatch, f64x8, prelude::*};

use super::tables::LINEAR_PHASE;

/// Outputs that are computed together; buffers are that much longer than what is in them.
const WIDTH: usize = 8;

/// The delay of a stage in samples of its higher rate.
pub(super) fn delay(stage: usize) -> f64 {
    LINEAR_PHASE[stage].len() as f64 - 1.0
}

/// A line of samples that a filter slides over: the last ones of the block before, then the block.
#[derive(Debug, Clone)]
struct Line {
    past: usize,
    samples: Vec<f64>,
}

impl Line {
    fn new(past: usize, most_frames: usize) -> Self {
        Self { past, samples: vec![0.0; past + most_frames + WIDTH] }
    }

    fn append(&mut self, samples: impl Iterator<Item = f64>) {
        for (to, sample) in self.samples[self.past..].iter_mut().zip(samples) {
            *to = sample;
        }
    }

    fn bytes(&self) -> usize {
        size_of_val(&self.samples[..])
    }

    fn advance(&mut self, frames: usize) {
        self.samples.copy_within(frames..frames + self.past, 0);
    }
}

/// Calls `put` for each output in turn.
#[inline(always)]
fn convolve<S: Simd>(simd: S, taps: &[f64], samples: &[f64], frames: usize, mut put: impl FnMut(usize, f64)) {
    let zero = f64x8::simd_from(simd, 0.0);
    let mut first = 0;
    while first < frames {
        let mut sums = [zero; 2];
        for (j, taps) in taps.chunks_exact(2).enumerate() {
            for k in 0..2 {
                let window = f64x8::from_slice(simd, &samples[first + 2 * j + k..][..WIDTH]);
                sums[k] = window.mul_add(f64x8::simd_from(simd, taps[k]), sums[k]);
            }
        }
        let mut out = [0.0; WIDTH];
        (sums[0] + sums[1]).store_slice(&mut out);
        for (k, y) in out.into_iter().enumerate().take(frames - first) {
            put(first + k, y);
        }
        first += WIDTH;
    }
}

/// A stage upwards.
#[derive(Debug, Clone)]
pub(super) struct FirUp {
    level: Level,
    taps: &'static [f64],
    line: Line,
}

impl FirUp {
    pub(super) fn new(stage: usize, most_frames: usize) -> Self {
        let taps = LINEAR_PHASE[stage];
        Self { level: Level::new(), taps, line: Line::new(taps.len() - 1, most_frames) }
    }

    pub(super) fn process(&mut self, input: &[f64], output: &mut [f64]) {
        self.line.append(input.iter().copied());
        let (taps, samples) = (self.taps, &self.line.samples[..]);
        let half = taps.len() / 2;
        for (pair, x) in output.chunks_exact_mut(2).zip(&samples[half..]) {
            pair[1] = *x;
        }
        dispatch!(self.level, simd => convolve(simd, taps, samples, input.len(), |n, y| output[2 * n] = y));
        self.line.advance(input.len());
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(self) + self.line.bytes()
    }

    pub(super) fn reset(&mut self) {
        self.line.samples.fill(0.0);
    }
}

/// A stage downwards.
#[derive(Debug, Clone)]
pub(super) struct FirDown {
    level: Level,
    taps: &'static [f64],
    even: Line,
    odd: Line,
}

impl FirDown {
    pub(super) fn new(stage: usize, most_frames: usize) -> Self {
        let taps = LINEAR_PHASE[stage];
        let (even, odd) = (Line::new(taps.len() - 1, most_frames), Line::new(taps.len() / 2, most_frames));
        Self { level: Level::new(), taps, even, odd }
    }

    pub(super) fn process(&mut self, input: &[f64], output: &mut [f64]) {
        self.even.append(input.iter().step_by(2).copied());
        self.odd.append(input.iter().skip(1).step_by(2).copied());
        let (taps, even, odd) = (self.taps, &self.even.samples[..], &self.odd.samples[..]);
        let frames = output.len();
        dispatch!(self.level, simd => convolve(simd, taps, even, frames, |n, y| output[n] = 0.5 * (y + odd[n])));
        self.even.advance(frames);
        self.odd.advance(frames);
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(self) + self.even.bytes() + self.odd.bytes()
    }

    pub(super) fn reset(&mut self) {
        self.even.samples.fill(0.0);
        self.odd.samples.fill(0.0);
    }
}
