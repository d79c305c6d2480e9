//! The diode ring modulator: two transformers, four diodes, solved implicitly and so stable at any rate.
//!
//! ```text
//! C   dv1/dt = i1 - g(v4)/2 + g(v5)/2 - g(v6)/2 + g(v7)/2 - (v1 - v_m)/R_M      L di1/dt = -v1
//! C   dv2/dt = i2 + g(v4)/2 - g(v5)/2 - g(v6)/2 + g(v7)/2 - v2/R_A              L di2/dt = -v2
//! C_P dv3/dt = g(v4) + g(v5) - g(v6) - g(v7) - v3/R_I
//! v4 =  v1/2 - v2/2 - v3 - v_c        v5 = -v1/2 + v2/2 - v3 - v_c
//! v6 =  v1/2 + v2/2 + v3 + v_c        v7 = -v1/2 - v2/2 + v3 + v_c        g(v) = 0.17 v^4 for v > 0, else 0
//! ```
//!
//! The trapezoidal rule gives each capacitor a memory, `v = s + current / 2 C rate`, `s <- 2 v - s`, and each inductor
//! likewise. What is left for a sample is the minimum of a strictly convex energy: there is one, two runs with the same input
//! never drift apart (the circuit is passive, and the rule keeps that), and no input makes it diverge. `ring.rs` finds it
//! where Newton's method settles by itself, in about two steps, and `energy.rs` anywhere.
//!
//! Overtones that fold back are what a higher rate is for: 2, 4 or 8 times, by [`crate::oversample`].
//!
//! Source: R. Hoffmann-Burchardi, "Digital Simulation of the Diode Ring Modulator for Musical Applications", DAFx-08;
//! [`PaperRing`] is Algorithm 1 of Y. De Pra and F. Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10,
//! 4214 (2020).

mod energy;
mod paper;
mod ring;
mod unit;
mod voices;

pub use paper::PaperRing;
pub use unit::RingUnit;
pub use voices::RingVoices;

use self::ring::Ring;
use crate::Param;
use crate::native::Unit;
use crate::oversample::{Downsampler, Kind, Upsampler, latency_frames};

const R_A: f64 = 600.0;
const R_M: f64 = 80.0;
const R_I: f64 = 50.0;
const C: f64 = 10e-9;
const C_P: f64 = 10e-9;
const L: f64 = 0.8;
const DIODE: f64 = 0.17;
/// Of the largest voltage: 160 dB below it.
const TOLERANCE: f64 = 1e-8;
/// Inputs are cut here, far beyond any circuit, so that the diodes' conductances leave digits to the resistors'.
const MOST_VOLTS: f64 = 1e3;
/// Frames that are taken at a time.
const CHUNK: usize = 64;

/// The ring modulator: the modulator's and the carrier's volts in, `v2` out.
#[derive(Debug, Clone)]
pub struct RingModulator {
    factor: usize,
    kind: Kind,
    ring: Ring<2>,
    ups: [Upsampler; 2],
    down: Downsampler,
    high: [Vec<f64>; 3],
}

impl RingModulator {
    /// At rest, computed at the sample rate itself.
    pub fn new(sample_rate: f64) -> Self {
        Self::oversampled(1, Kind::LinearPhase, sample_rate)
    }

    /// At rest, computed at 1, 2, 4 or 8 times the sample rate (another factor counts as the next below). Its delay is
    /// [`crate::oversample::latency_frames`].
    pub fn oversampled(factor: usize, kind: Kind, sample_rate: f64) -> Self {
        let factor = 1 << factor.clamp(1, 8).ilog2();
        let high = || vec![0.0; CHUNK * factor];
        Self {
            factor,
            kind,
            ring: Ring::new(sample_rate * factor as f64),
            ups: [Upsampler::new(kind, factor), Upsampler::new(kind, factor)],
            down: Downsampler::new(kind, factor),
            high: [high(), high(), high()],
        }
    }

    /// One sample. What is not a number counts as 0 V.
    pub fn tick(&mut self, modulator: f64, carrier: f64) -> f64 {
        let mut y = [0.0];
        self.process(&[modulator], &[carrier], &mut y);
        y[0]
    }

    /// As many samples as `output` has, faster than one by one.
    pub fn process(&mut self, modulator: &[f64], carrier: &[f64], output: &mut [f64]) {
        let [m, c, y] = &mut self.high;
        for ((modulator, carrier), output) in
            modulator.chunks(CHUNK).zip(carrier.chunks(CHUNK)).zip(output.chunks_mut(CHUNK))
        {
            let frames = output.len() * self.factor;
            for (up, (input, high)) in self.ups.iter_mut().zip([(modulator, &mut *m), (carrier, &mut *c)]) {
                let mut tamed = [0.0; CHUNK];
                for (to, x) in tamed.iter_mut().zip(input) {
                    *to = volts(*x);
                }
                up.process(&tamed[..input.len()], &mut high[..frames]);
            }
            self.ring.process(&m[..frames], &c[..frames], &mut y[..frames]);
            self.down.process(&y[..frames], output);
        }
    }

    /// Returns to the state before the first sample.
    pub fn reset(&mut self) {
        self.ring.reset();
        self.ups.iter_mut().for_each(Upsampler::reset);
        self.down.reset();
    }
}

impl Unit for RingModulator {
    const INPUTS: &'static [&'static str] = &["modulator", "carrier"];

    fn params(&self) -> Vec<Param> {
        Vec::new()
    }

    fn set(&mut self, _: usize, _: f64) {}

    fn reset(&mut self) {
        self.reset();
    }

    fn tick(&mut self, inputs: &[f64]) -> f64 {
        self.tick(inputs[0], inputs[1])
    }

    fn process(&mut self, inputs: &[&[f64]], output: &mut [f64]) {
        self.process(inputs[0], inputs[1], output);
    }

    fn latency_frames(&self) -> usize {
        latency_frames(self.kind, self.factor).round() as usize
    }

    fn state_bytes(&self) -> usize {
        let filters = self.ups.iter().map(Upsampler::heap_bytes).sum::<usize>() + self.down.heap_bytes();
        size_of_val(self) + filters + self.high.iter().map(|high| size_of_val(&high[..])).sum::<usize>()
    }
}

/// Numbers that the circuit bears; an infinite one would stay in a filter for ever.
fn volts(x: f64) -> f64 {
    if x.is_nan() { 0.0 } else { x.clamp(-MOST_VOLTS, MOST_VOLTS) }
}

#[cfg(test)]
mod tests;
