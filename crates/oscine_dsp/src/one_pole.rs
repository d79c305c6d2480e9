//! One-pole filters, low-pass and high-pass, with half power exactly at the cutoff.
//!
//! The analog `1 / (1 + s/w)` with its integrator replaced by the trapezoidal one, `g = tan(pi cutoff / sample_rate)`:
//!
//! ```text
//! v = g/(1 + g) (x - s);   low = v + s;   s <- low + v;   high = x - low
//! ```
//!
//! Without input `|s|` shrinks by `|1 - g| / (1 + g)` whatever `g` is at the time, so that no movement of the cutoff can
//! make it grow. V. Zavalishin, "The Art of VA Filter Design", section 3.10.

use std::f64::consts::PI;

use crate::Param;
use crate::native::{Unit, choice_param, cutoff_param};
use crate::silence::settle;

/// Which side of the cutoff passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Frequencies below it.
    Low,
    /// Frequencies above it.
    High,
}

/// A one-pole filter.
#[derive(Debug, Clone)]
pub struct OnePole {
    side: Side,
    sample_rate: f64,
    cutoff_hz: f64,
    gain: f64,
    state: f64,
}

impl OnePole {
    /// At rest, with this cutoff.
    pub fn new(side: Side, cutoff_hz: f64, sample_rate: f64) -> Self {
        let mut filter = Self { side, sample_rate, cutoff_hz, gain: 0.0, state: 0.0 };
        filter.set_cutoff(cutoff_hz);
        filter
    }

    /// Moves the cutoff, in Hz, kept between 0 and 0.49 of the sample rate.
    pub fn set_cutoff(&mut self, cutoff_hz: f64) {
        self.cutoff_hz = cutoff_hz.clamp(0.0, 0.49 * self.sample_rate);
        let g = (PI * self.cutoff_hz / self.sample_rate).tan();
        self.gain = g / (1.0 + g);
    }

    /// One sample.
    pub fn tick(&mut self, x: f64) -> f64 {
        let v = self.gain * (x - self.state);
        let low = v + self.state;
        self.state = low + v;
        match self.side {
            Side::Low => low,
            Side::High => x - low,
        }
    }
}

impl Unit for OnePole {
    const INPUTS: &'static [&'static str] = &["x"];

    fn params(&self) -> Vec<Param> {
        let side = usize::from(self.side == Side::High);
        vec![cutoff_param(self.cutoff_hz, self.sample_rate), choice_param("side", side, &["low", "high"])]
    }

    fn set(&mut self, index: usize, value: f64) {
        if index == 0 {
            self.set_cutoff(value);
        } else {
            self.side = if value == 0.0 { Side::Low } else { Side::High };
        }
    }

    fn reset(&mut self) {
        self.state = 0.0;
    }

    fn tick(&mut self, inputs: &[f64]) -> f64 {
        self.tick(inputs[0])
    }

    fn process(&mut self, inputs: &[&[f64]], output: &mut [f64]) {
        for (x, y) in inputs[0].iter().zip(output) {
            *y = self.tick(*x);
        }
        settle([&mut self.state]);
    }
}
