//! Up to 256 sine oscillators as one processor.
//!
//! Each has a phase in [0, 1), advanced by `frequency / sample_rate` a sample as [`crate::Sine`]'s is, and an amplitude; the
//! output is their sum. Eight at a time: with `d` the distance of the phase from the nearest half turn, `sin(2 pi phase)` is
//! `d` times an even polynomial, with the sign of the half turn. The polynomial is the sine's Taylor series to the power of 17,
//! over a quarter of a turn less than 1e-13 off.

use std::f64::consts::TAU;

use fearless_simd::{Level, Select, Simd, dispatch, f64x8, prelude::*};

use crate::native::{Unit, float_param, int_param};
use crate::{Param, Scale};

const MOST: usize = 256;
const WIDTH: usize = 8;
const ROWS: usize = MOST / WIDTH;

/// A bank of sine oscillators.
#[derive(Debug, Clone)]
pub struct SineBank {
    sample_rate: f64,
    fundamental_hz: f64,
    partials: usize,
    tilt: f64,
    level: f64,
    phase: [[f64; WIDTH]; ROWS],
    /// Turns a sample.
    step: [[f64; WIDTH]; ROWS],
    amplitude: [[f64; WIDTH]; ROWS],
    /// `k^-tilt` for each harmonic `k`.
    weights: [f64; MOST],
    /// Rows that have an oscillator.
    rows: usize,
    vectors: Level,
}

impl SineBank {
    /// Silent oscillators at phase 0.
    pub fn new(sample_rate: f64) -> Self {
        Self {
            sample_rate,
            fundamental_hz: 110.0,
            partials: 0,
            tilt: 1.0,
            level: 1.0,
            phase: [[0.0; WIDTH]; ROWS],
            step: [[0.0; WIDTH]; ROWS],
            amplitude: [[0.0; WIDTH]; ROWS],
            weights: [0.0; MOST],
            rows: 0,
            vectors: Level::new(),
        }
    }

    /// 32 harmonics of a fundamental, each as loud as its number allows.
    pub fn harmonics(fundamental_hz: f64, sample_rate: f64) -> Self {
        let mut bank = Self::new(sample_rate);
        (bank.fundamental_hz, bank.partials, bank.level) = (fundamental_hz, 32, 0.25);
        bank.weigh();
        bank.spread();
        bank
    }

    /// The oscillator of this index (below 256) from the next sample on; its phase goes on from where it is.
    pub fn set(&mut self, index: usize, frequency_hz: f64, amplitude: f64) {
        let (row, lane) = (index / WIDTH, index % WIDTH);
        let step = frequency_hz / self.sample_rate;
        self.step[row][lane] = step - step.floor();
        self.amplitude[row][lane] = amplitude;
        self.rows = self.rows.max(row + 1);
    }

    /// As many samples as `output` has.
    pub fn process(&mut self, output: &mut [f64]) {
        dispatch!(self.vectors, simd => self.run(simd, output));
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, output: &mut [f64]) {
        output.fill(0.0);
        for row in 0..self.rows {
            let mut phase = f64x8::from_slice(simd, &self.phase[row]);
            let step = f64x8::from_slice(simd, &self.step[row]);
            let amplitude = f64x8::from_slice(simd, &self.amplitude[row]);
            for y in &mut *output {
                let tones = (sine(simd, phase) * amplitude).to_array();
                let [a, b, c, d, e, f, g, h] = tones;
                *y += ((a + b) + (c + d)) + ((e + f) + (g + h));
                let next = phase + step;
                phase = next.simd_ge(f64x8::simd_from(simd, 1.0)).select(next - 1.0, next);
            }
            phase.store_slice(&mut self.phase[row]);
        }
    }

    fn weigh(&mut self) {
        self.weights = std::array::from_fn(|k| ((k + 1) as f64).powf(-self.tilt));
    }

    /// Harmonics by the parameters; those above half the sample rate are silent.
    fn spread(&mut self) {
        let below = (0.5 * self.sample_rate / self.fundamental_hz).ceil() as usize - 1;
        let audible = self.partials.min(below).min(MOST);
        let sum: f64 = self.weights[..audible].iter().sum();
        for k in 0..MOST {
            let amplitude = if k < audible { self.level * self.weights[k] / sum } else { 0.0 };
            self.set(k, self.fundamental_hz * (k + 1) as f64, amplitude);
        }
        self.rows = self.partials.div_ceil(WIDTH);
    }
}

/// `sin(2 pi phase)` for phases in [0, 1).
#[inline(always)]
fn sine<S: Simd>(simd: S, phase: f64x8<S>) -> f64x8<S> {
    let half = f64x8::simd_from(simd, 0.5);
    // The nearest multiple of half a turn, and whether it is one half.
    let halves = (phase + phase).round_ties_even();
    let d = halves.mul_add(-half, phase);
    let x = d * TAU;
    let x2 = x * x;
    let mut sum = f64x8::simd_from(simd, TAYLOR[TAYLOR.len() - 1]);
    for &c in TAYLOR[..TAYLOR.len() - 1].iter().rev() {
        sum = sum.mul_add(x2, f64x8::simd_from(simd, c));
    }
    let y = sum.mul_add(x2 * x, x);
    halves.simd_eq(f64x8::simd_from(simd, 1.0)).select(-y, y)
}

/// `sin(x) = x + x^3 T(x^2)`: T, for |x| up to a quarter of a turn.
const TAYLOR: [f64; 8] = {
    let mut terms = [0.0; 8];
    let (mut term, mut n) = (1.0, 0);
    while n < 8 {
        term /= -(((2 * n + 2) * (2 * n + 3)) as f64);
        terms[n] = term;
        n += 1;
    }
    terms
};

impl Unit for SineBank {
    const INPUTS: &'static [&'static str] = &[];

    fn params(&self) -> Vec<Param> {
        vec![
            float_param("frequency", self.fundamental_hz, (0.1, 0.5 * self.sample_rate), "Hz", Scale::Log),
            int_param("partials", self.partials as f64, (1.0, MOST as f64)),
            Param { smooth_seconds: 0.0, ..float_param("tilt", self.tilt, (0.0, 4.0), "", Scale::Linear) },
            float_param("level", self.level, (0.0, 1.0), "", Scale::Linear),
        ]
    }

    fn set(&mut self, index: usize, value: f64) {
        match index {
            0 => self.fundamental_hz = value,
            1 => self.partials = value as usize,
            2 => {
                self.tilt = value;
                self.weigh();
            }
            _ => self.level = value,
        }
        self.spread();
    }

    fn reset(&mut self) {
        self.phase = [[0.0; WIDTH]; ROWS];
    }

    fn tick(&mut self, _: &[f64]) -> f64 {
        let mut y = [0.0];
        self.process(&mut y);
        y[0]
    }

    fn process(&mut self, _: &[&[f64]], output: &mut [f64]) {
        self.process(output);
    }
}
