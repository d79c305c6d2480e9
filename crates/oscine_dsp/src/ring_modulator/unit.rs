//! The ring modulator as musicians use it: a carrier of its own, levels, and its rate and method as parameters.
//!
//! Whatever they are, the delay is that of the longest filters, so that nothing jumps when they are moved. What full scale is
//! in volts is `drive`; the output is divided by it. At small levels the circuit multiplies fourth powers and is quiet, which
//! `makeup` is for. The oscillator is added to the carrier's input; turn it down where one is connected.

use std::collections::VecDeque;

use super::{CHUNK, PaperRing, RingModulator};
use crate::native::{Unit, choice_param, float_param};
use crate::oversample::{Kind, latency_frames};
use crate::units::db_to_gain;
use crate::{Param, Scale, Sine};

const FACTORS: [usize; 4] = [1, 2, 4, 8];
const MOST: usize = 8;

/// A ring modulator with its carrier's oscillator.
#[derive(Debug, Clone)]
pub struct RingUnit {
    sample_rate: f64,
    drive_volts: f64,
    oscillator: f64,
    frequency_hz: f64,
    makeup_db: f64,
    /// Index in [`FACTORS`].
    factor: usize,
    is_paper: bool,
    sine: Sine,
    rings: [RingModulator; FACTORS.len()],
    paper: PaperRing,
    /// Samples that wait to fill up the delay: of the method and factor in use.
    waiting: VecDeque<f64>,
}

impl RingUnit {
    /// At rest, with 4 times the rate.
    pub fn new(sample_rate: f64) -> Self {
        let mut unit = Self {
            sample_rate,
            drive_volts: 0.5,
            oscillator: 1.0,
            frequency_hz: 440.0,
            makeup_db: 12.0,
            factor: 2,
            is_paper: false,
            sine: Sine::new(440.0, sample_rate),
            rings: FACTORS.map(|factor| RingModulator::oversampled(factor, Kind::LinearPhase, sample_rate)),
            paper: PaperRing::new(sample_rate),
            waiting: VecDeque::with_capacity(latency() + 1),
        };
        unit.wait();
        unit
    }

    /// Fills up what waits with silence.
    fn wait(&mut self) {
        let own = if self.is_paper { 0 } else { latency_frames(Kind::LinearPhase, FACTORS[self.factor]) as usize };
        self.waiting.clear();
        self.waiting.extend(std::iter::repeat_n(0.0, latency() - own));
    }

    /// Another method starts from rest.
    fn change(&mut self, factor: usize, is_paper: bool) {
        if (factor, is_paper) != (self.factor, self.is_paper) {
            (self.factor, self.is_paper) = (factor, is_paper);
            self.rest();
        }
    }

    fn rest(&mut self) {
        self.rings[self.factor].reset();
        Unit::reset(&mut self.paper);
        self.wait();
    }
}

/// The delay of the longest filters.
fn latency() -> usize {
    latency_frames(Kind::LinearPhase, MOST) as usize
}

impl Unit for RingUnit {
    const INPUTS: &'static [&'static str] = &["modulator", "carrier"];

    fn input_default(index: usize) -> Option<f64> {
        (index == 1).then_some(0.0)
    }

    fn params(&self) -> Vec<Param> {
        let most_hz = 0.49 * self.sample_rate;
        vec![
            float_param("drive", self.drive_volts, (0.01, 10.0), "V", Scale::Log),
            float_param("oscillator", self.oscillator, (0.0, 1.0), "", Scale::Linear),
            float_param("frequency", self.frequency_hz, (0.1, most_hz), "Hz", Scale::Log),
            float_param("makeup", self.makeup_db, (0.0, 60.0), "dB", Scale::Linear),
            choice_param("oversampling", self.factor, &["1", "2", "4", "8"]),
            choice_param("solver", usize::from(self.is_paper), &["newton", "paper"]),
        ]
    }

    fn set(&mut self, index: usize, value: f64) {
        match index {
            0 => self.drive_volts = value,
            1 => self.oscillator = value,
            2 => {
                self.frequency_hz = value;
                self.sine.set_frequency(value);
            }
            3 => self.makeup_db = value,
            4 => self.change((value as usize).min(FACTORS.len() - 1), self.is_paper),
            _ => self.change(self.factor, value != 0.0),
        }
    }

    fn reset(&mut self) {
        Unit::reset(&mut self.sine);
        self.rest();
    }

    fn tick(&mut self, inputs: &[f64]) -> f64 {
        let mut y = [0.0];
        self.process(&[&inputs[..1], &inputs[1..2]], &mut y);
        y[0]
    }

    fn process(&mut self, inputs: &[&[f64]], output: &mut [f64]) {
        let gain = db_to_gain(self.makeup_db) / self.drive_volts;
        for (n, output) in output.chunks_mut(CHUNK).enumerate() {
            let frames = output.len();
            let [mut modulator, mut carrier] = [[0.0; CHUNK]; 2];
            for k in 0..frames {
                modulator[k] = self.drive_volts * inputs[0][n * CHUNK + k];
                carrier[k] = self.drive_volts * (inputs[1][n * CHUNK + k] + self.oscillator * self.sine.tick());
            }
            if self.is_paper {
                self.paper.process(&modulator[..frames], &carrier[..frames], output);
            } else {
                self.rings[self.factor].process(&modulator[..frames], &carrier[..frames], output);
            }
            for y in output {
                self.waiting.push_back(gain * *y);
                *y = self.waiting.pop_front().unwrap_or_default();
            }
        }
    }

    fn latency_frames(&self) -> usize {
        latency()
    }

    fn state_bytes(&self) -> usize {
        let rings: usize = self.rings.iter().map(Unit::state_bytes).sum();
        size_of_val(self) - size_of_val(&self.rings) + rings + self.waiting.capacity() * size_of::<f64>()
    }
}
