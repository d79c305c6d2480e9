//! The built-in loop that an effect hears when nobody gave it an input: drums, bass and a chord, two bars at 120 beats
//! a minute, made here from sines and noise.
//!
//! What sounds beyond the end of the loop is added to its beginning, so that the loop has no seam.

use std::f64::consts::TAU;

use oscine_dsp::units::note_to_hz;

use crate::files::Sound;
use crate::noise::Noise;

/// Length of a beat.
const BEAT_SECONDS: f64 = 0.5;
/// Length of the loop.
const LOOP_BEATS: f64 = 8.0;
/// Largest sample.
const PEAK: f64 = 0.5;

/// The loop at `sample_rate` Hz: one channel, 4 seconds, peak 0.5, always the same.
pub fn demo_loop(sample_rate: f64) -> Sound {
    let frames = ((LOOP_BEATS * BEAT_SECONDS * sample_rate).round() as usize).max(1);
    let mut track = Track { samples: vec![0.0; frames], sample_rate };
    for beat in [0.0, 2.5, 4.0, 5.5, 6.5] {
        kick(&mut track, beat);
    }
    for (take, beat) in [1.0, 3.0, 5.0, 7.0].into_iter().enumerate() {
        snare(&mut track, beat, take as u64);
    }
    for step in 0..16u64 {
        hat(&mut track, step as f64 / 2.0, if step % 4 == 2 { 0.2 } else { 0.06 }, 100 + step);
    }
    for (beat, note) in [(0.0, 33.0), (1.5, 45.0), (2.5, 33.0), (4.0, 29.0), (5.5, 41.0), (6.5, 31.0), (7.5, 43.0)] {
        bass(&mut track, beat, note);
    }
    // A minor seventh, F major seventh.
    chord(&mut track, 0.0, &[57.0, 60.0, 64.0, 67.0]);
    chord(&mut track, 4.0, &[53.0, 57.0, 60.0, 64.0]);
    let peak = track.samples.iter().fold(0.0, |peak: f64, sample| peak.max(sample.abs()));
    track.samples.iter_mut().for_each(|sample| *sample *= PEAK / peak);
    Sound { sample_rate: Some(sample_rate), channels: vec![track.samples] }
}

struct Track {
    samples: Vec<f64>,
    sample_rate: f64,
}

impl Track {
    /// Adds `voice(t)`, t seconds after `beat`, for `seconds`; starts and ends within 2 ms from and to nothing.
    fn strike(&mut self, beat: f64, seconds: f64, mut voice: impl FnMut(f64) -> f64) {
        let start = (beat * BEAT_SECONDS * self.sample_rate).round() as usize;
        let length = self.samples.len();
        for n in 0..(seconds * self.sample_rate) as usize {
            let t = n as f64 / self.sample_rate;
            let edge = (t.min(seconds - t) / 0.002).min(1.0);
            self.samples[(start + n) % length] += edge * voice(t);
        }
    }
}

/// A sine that falls from 150 to 50 Hz. Its phase is the integral of 50 + 100 exp(-t / 0.03).
fn kick(track: &mut Track, beat: f64) {
    track.strike(beat, 0.4, |t| {
        let phase = 50.0 * t + 100.0 * 0.03 * (1.0 - (-t / 0.03).exp());
        0.9 * (-t / 0.12).exp() * (TAU * phase).sin()
    });
}

/// Noise over a 190 Hz tone.
fn snare(track: &mut Track, beat: f64, seed: u64) {
    let mut noise = Noise::new(seed);
    track.strike(beat, 0.25, |t| {
        0.35 * (-t / 0.06).exp() * noise.tick() + 0.3 * (-t / 0.04).exp() * (TAU * 190.0 * t).sin()
    });
}

/// Noise less its neighbour, which leaves the high end.
fn hat(track: &mut Track, beat: f64, gain: f64, seed: u64) {
    let mut noise = Noise::new(seed);
    let mut last = 0.0;
    track.strike(beat, 0.12, |t| {
        let now = noise.tick();
        let difference = now - last;
        last = now;
        gain * (-t / 0.03).exp() * difference
    });
}

/// Five harmonics of a sawtooth, the upper ones gone sooner.
fn bass(track: &mut Track, beat: f64, note: f64) {
    let frequency_hz = note_to_hz(note);
    track.strike(beat, 0.7, |t| {
        let harmonic = |k: f64| (-t * k / 0.5).exp() * (TAU * k * frequency_hz * t).sin() / k;
        0.45 * (1..=5).map(|k| harmonic(f64::from(k))).sum::<f64>()
    });
}

/// Three harmonics a note, swelling and fading over four beats.
fn chord(track: &mut Track, beat: f64, notes: &[f64]) {
    let seconds = 4.5 * BEAT_SECONDS;
    for note in notes {
        let frequency_hz = note_to_hz(*note);
        track.strike(beat, seconds, |t| {
            let swell = (t / 0.15).min(1.0) * ((seconds - t) / 0.6).min(1.0);
            let harmonic = |k: f64| (TAU * k * frequency_hz * t).sin() / (k * k);
            0.09 * swell * (1..=3).map(|k| harmonic(f64::from(k))).sum::<f64>()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::demo_loop;

    #[test]
    fn lasts_four_seconds_at_any_rate_and_peaks_at_one_half() {
        for sample_rate in [8_000.0, 44_100.0, 48_000.0, 96_000.0] {
            let sound = demo_loop(sample_rate);
            assert_eq!(sound.frames(), (4.0 * sample_rate) as usize);
            let peak = sound.channels[0].iter().fold(0.0, |peak: f64, x| peak.max(x.abs()));
            assert!((peak - 0.5).abs() < 1e-12, "{peak}");
            assert_eq!(sound, demo_loop(sample_rate));
        }
    }

    #[test]
    fn has_no_seam() {
        let samples = demo_loop(48_000.0).channels.remove(0);
        let seam = (samples[0] - samples[samples.len() - 1]).abs();
        let largest_step = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
        assert!(seam < largest_step / 10.0, "a step of {seam} where the largest inside is {largest_step}");
    }

    #[test]
    fn has_something_in_every_register() {
        let samples = demo_loop(48_000.0).channels.remove(0);
        // Energy of the difference, of the sum of neighbours: crude high and low bands.
        let high: f64 = samples.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
        let all: f64 = samples.iter().map(|x| x * x).sum();
        assert!(high / all > 0.002 && high / all < 0.5, "{}", high / all);
        assert!(all / samples.len() as f64 > 0.005, "too quiet");
    }
}
