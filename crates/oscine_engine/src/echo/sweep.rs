//! A sweep, and where it lies in what came back.
//!
//! The sweep is an exponential sine sweep (A. Farina, "Simultaneous measurement of impulse response and distortion with a
//! swept-sine technique", AES 108, 2000): its energy is spread over time, so that a moderate level is far above the
//! noise. What came back, divided by it as spectra, is the impulse response of the way between; the division leaves out
//! what the sweep does not hold. The largest value of the response, of either sign, is the delay; between the frames it
//! is found by band-limited interpolation.

use std::f64::consts::{PI, TAU};

use super::fft::{Complex, forward, inverse, times};

/// Length of the sweep and of the fades at its ends.
const SECONDS: f64 = 0.2;
const FADE_SECONDS: f64 = 0.005;
/// Where it begins, in Hz, and ends, as a share of the rate.
const FIRST_HZ: f64 = 60.0;
const LAST_SHARE: f64 = 0.45;
/// What is this far below the strongest part of the spectrum counts as nothing.
const FLOOR: f64 = 1e-3;
/// A response whose peak is not so many times what else is in it is noise: the largest of a million samples of noise is
/// five times their mean power's root.
const LEAST_SHARPNESS: f64 = 8.0;
/// What belongs to a peak, around it.
const PEAK_SECONDS: f64 = 0.003;
/// Frames on each side that a value between two is interpolated from.
const REACH: usize = 24;

/// The sweep at a rate, and its spectrum.
pub(super) struct Sweep {
    pub(super) signal: Vec<f64>,
    sample_rate: f64,
    /// Delays are looked for up to this, in frames.
    longest_frames: usize,
    spectrum: Vec<Complex>,
    floor: f64,
    /// What the response of a way without delay and loss peaks at.
    ideal_peak: f64,
}

/// A sweep that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub(super) delay_frames: f64,
    /// Negative where the polarity is turned around.
    pub(super) gain: f64,
    /// The peak by the root of the mean power of what else is in the response.
    pub(super) sharpness: f64,
}

/// The sweep's value `seconds` after its start, at its level of 1.
fn value(seconds: f64, sample_rate: f64) -> f64 {
    if !(0.0..SECONDS).contains(&seconds) {
        return 0.0;
    }
    let ratio = (LAST_SHARE * sample_rate / FIRST_HZ).ln();
    let phase = TAU * FIRST_HZ * SECONDS / ratio * ((seconds / SECONDS * ratio).exp() - 1.0);
    let edge = (seconds.min(SECONDS - seconds) / FADE_SECONDS).min(1.0);
    phase.sin() * 0.5 * (1.0 - (PI * edge).cos())
}

impl Sweep {
    /// For delays up to `longest_frames`.
    pub(super) fn new(sample_rate: f64, longest_frames: usize) -> Self {
        let frames = (SECONDS * sample_rate).ceil() as usize;
        let signal: Vec<f64> = (0..frames).map(|n| value(n as f64 / sample_rate, sample_rate)).collect();
        let length = (longest_frames + 2 * frames).next_power_of_two();
        let mut spectrum: Vec<Complex> = vec![(0.0, 0.0); length];
        spectrum.iter_mut().zip(&signal).for_each(|(bin, sample)| bin.0 = *sample);
        forward(&mut spectrum);
        let power = |bin: &Complex| bin.0 * bin.0 + bin.1 * bin.1;
        let floor = FLOOR * spectrum.iter().map(power).fold(0.0, f64::max);
        let ideal_peak = spectrum.iter().map(|bin| power(bin) / (power(bin) + floor)).sum::<f64>() / length as f64;
        Self { signal, sample_rate, longest_frames, spectrum, floor, ideal_peak }
    }

    /// Frames from a sweep's start in which it may come back.
    pub(super) fn window_frames(&self) -> usize {
        self.longest_frames + self.signal.len()
    }

    /// Finds the sweep in what came back since it began, a window long.
    pub(super) fn find(&self, heard: &[f64]) -> Option<Found> {
        let mut response: Vec<Complex> = vec![(0.0, 0.0); self.spectrum.len()];
        let heard = &heard[..heard.len().min(self.window_frames())];
        response.iter_mut().zip(heard).for_each(|(bin, sample)| bin.0 = *sample);
        forward(&mut response);
        for (bin, sent) in response.iter_mut().zip(&self.spectrum) {
            let weight = 1.0 / (sent.0 * sent.0 + sent.1 * sent.1 + self.floor);
            let (re, im) = times(*bin, (sent.0, -sent.1));
            *bin = (weight * re, weight * im);
        }
        inverse(&mut response);
        let response: Vec<f64> = response.iter().map(|bin| bin.0).collect();
        let peak = (0..=self.longest_frames).max_by(|a, b| response[*a].abs().total_cmp(&response[*b].abs()))?;
        let own = (PEAK_SECONDS * self.sample_rate) as usize;
        let others = (0..=self.longest_frames).filter(|lag| lag.abs_diff(peak) > own).map(|lag| response[lag].powi(2));
        let count = (self.longest_frames + 1).saturating_sub(2 * own + 1).max(1);
        let noise = (others.sum::<f64>() / count as f64).sqrt();
        let sharpness = response[peak].abs() / noise.max(f64::MIN_POSITIVE);
        // A silent input has no peak at all.
        if response[peak] == 0.0 || sharpness < LEAST_SHARPNESS {
            return None;
        }
        let (delay_frames, height) = summit(&response, peak);
        Some(Found { delay_frames, gain: height / self.ideal_peak, sharpness })
    }
}

/// The summit between the frames around `peak`, and its height: golden section.
fn summit(response: &[f64], peak: usize) -> (f64, f64) {
    let height = |at: f64| interpolate(response, at);
    let (mut low, mut high) = (peak as f64 - 1.0, peak as f64 + 1.0);
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    for _ in 0..40 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if height(a).abs() > height(b).abs() { high = b } else { low = a }
    }
    let at = 0.5 * (low + high);
    (at, height(at))
}

/// A value between the frames of a ring of samples: a sinc under a cosine window.
fn interpolate(samples: &[f64], at: f64) -> f64 {
    let base = at.floor();
    let span = REACH as f64;
    (1 - REACH as i64..=REACH as i64)
        .map(|offset| {
            let x = at - (base + offset as f64);
            let sinc = if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
            let window = 0.5 * (1.0 + (PI * x / span).cos());
            let index = (base as i64 + offset).rem_euclid(samples.len() as i64) as usize;
            samples[index] * sinc * window
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{Sweep, value};
    use crate::noise::Noise;

    const RATE: f64 = 48_000.0;
    const LONGEST: usize = 24_000;

    /// What comes back after `delay` frames at a gain, in noise.
    fn heard(sweep: &Sweep, delay: f64, gain: f64, noise: f64) -> Vec<f64> {
        let mut hiss = Noise::new(1);
        let sample = |n: usize| gain * value((n as f64 - delay) / RATE, RATE) + noise * hiss.tick();
        (0..sweep.window_frames()).map(sample).collect()
    }

    #[test]
    fn the_delay_is_found_to_a_tenth_of_a_frame_whatever_gain_polarity_and_noise() {
        let sweep = Sweep::new(RATE, LONGEST);
        for (delay, gain, noise) in [
            (0.0, 1.0, 0.0),
            (1.0, 1.0, 0.0),
            (64.0, -1.0, 0.0),
            (12_345.0, 0.001, 0.0),
            (100.25, 1.0, 0.0),
            (333.5, -0.5, 0.0),
            (77.9, 0.1, 0.01),
            (23_999.0, 1.0, 0.1),
            // As much noise as sweep: 0 dB.
            (4321.3, 0.1, 0.12),
        ] {
            let found = sweep.find(&heard(&sweep, delay, gain, noise)).expect("a sweep");
            let words = format!("{delay} frames, gain {gain}, noise {noise}: {found:?}");
            assert!((found.delay_frames - delay).abs() < 0.1, "{words}");
            assert!((found.gain / gain - 1.0).abs() < 0.1, "{words}");
            if noise == 0.0 {
                assert!((found.delay_frames - delay).abs() < 0.01, "{words}");
            }
        }
    }

    #[test]
    fn of_two_echoes_the_stronger_counts() {
        let sweep = Sweep::new(RATE, LONGEST);
        let mut both = heard(&sweep, 500.0, 1.0, 0.0);
        both.iter_mut().zip(heard(&sweep, 3000.0, -0.5, 0.0)).for_each(|(a, b)| *a += b);
        let found = sweep.find(&both).expect("a sweep");
        assert!((found.delay_frames - 500.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn silence_and_noise_and_another_sound_are_no_sweep() {
        let sweep = Sweep::new(RATE, LONGEST);
        assert_eq!(sweep.find(&heard(&sweep, 0.0, 0.0, 0.0)), None);
        for seed in 0..4 {
            let mut hiss = Noise::new(seed);
            let noise: Vec<f64> = (0..sweep.window_frames()).map(|_| hiss.tick()).collect();
            assert_eq!(sweep.find(&noise), None);
        }
        let hum: Vec<f64> = (0..sweep.window_frames()).map(|n| (0.0065 * n as f64).sin()).collect();
        assert_eq!(sweep.find(&hum), None);
        // A sweep that comes back later than is looked for.
        assert_eq!(sweep.find(&heard(&sweep, 26_000.0, 1.0, 0.001)), None);
    }

    #[test]
    fn every_rate_has_its_sweep() {
        for rate in [8000.0, 44_100.0, 192_000.0] {
            let sweep = Sweep::new(rate, 5000);
            let delayed = |n: usize| value((n as f64 - 1234.5) / rate, rate);
            let heard: Vec<f64> = (0..sweep.window_frames()).map(delayed).collect();
            let found = sweep.find(&heard).expect("a sweep");
            assert!((found.delay_frames - 1234.5).abs() < 0.02, "{rate} Hz: {found:?}");
        }
    }
}
