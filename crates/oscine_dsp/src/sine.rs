//! A sine oscillator: `sin(2 pi phase)`, the phase in [0, 1) and advanced by `frequency / sample_rate` a sample.
//!
//! The first sample is `sin(0)`. The phase is reduced at every sample, so that no error but the sum's rounding gathers.

use std::f64::consts::TAU;

use crate::native::{Unit, float_param};
use crate::{Param, Scale};

/// A sine oscillator.
#[derive(Debug, Clone)]
pub struct Sine {
    sample_rate: f64,
    frequency_hz: f64,
    level: f64,
    phase: f64,
}

impl Sine {
    /// At phase 0.
    pub fn new(frequency_hz: f64, sample_rate: f64) -> Self {
        Self { sample_rate, frequency_hz, level: 1.0, phase: 0.0 }
    }

    /// Changes the frequency from the next sample on; the phase goes on from where it is.
    pub fn set_frequency(&mut self, frequency_hz: f64) {
        self.frequency_hz = frequency_hz;
    }

    /// The amplitude, 1 at first.
    pub fn set_level(&mut self, level: f64) {
        self.level = level;
    }

    /// The phase of the next sample, in [0, 1).
    pub fn phase(&self) -> f64 {
        self.phase
    }

    /// One sample.
    pub fn tick(&mut self) -> f64 {
        let y = self.level * (TAU * self.phase).sin();
        let next = self.phase + self.frequency_hz / self.sample_rate;
        let reduced = next - next.floor();
        // The least negative step rounds to a whole turn.
        self.phase = if reduced < 1.0 { reduced } else { 0.0 };
        y
    }
}

impl Unit for Sine {
    const INPUTS: &'static [&'static str] = &[];

    fn params(&self) -> Vec<Param> {
        vec![
            float_param("frequency", self.frequency_hz, (0.1, 0.5 * self.sample_rate), "Hz", Scale::Log),
            float_param("level", self.level, (0.0, 1.0), "", Scale::Linear),
        ]
    }

    fn set(&mut self, index: usize, value: f64) {
        if index == 0 {
            self.set_frequency(value);
        } else {
            self.set_level(value);
        }
    }

    fn reset(&mut self) {
        self.phase = 0.0;
    }

    fn tick(&mut self, _: &[f64]) -> f64 {
        self.tick()
    }
}
