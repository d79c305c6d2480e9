//! Changing the rate of a whole sound, offline, by rubato's FFT resampler: a windowed sinc (Blackman-Harris squared)
//! applied as multiplication of spectra, its delay taken out.

use std::fmt;

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

use super::Sound;

/// Frames of a transform: the longer, the nearer the pass band comes to half the lower rate.
const CHUNK_FRAMES: usize = 4096;

/// A pair of rates that cannot be converted.
#[derive(Debug, Clone, PartialEq)]
pub struct ResampleError {
    from: f64,
    to: f64,
}

impl fmt::Display for ResampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot resample from {} Hz to {} Hz: rates must be whole and at least 1 Hz", self.from, self.to)
    }
}

impl std::error::Error for ResampleError {}

/// `sound` at `sample_rate` Hz, `round(frames * out / in)` frames long, aligned with the original. A sound that has
/// this rate, or says none, comes back untouched (with the rate filled in).
pub fn resample(sound: Sound, sample_rate: f64) -> Result<Sound, ResampleError> {
    let from = sound.sample_rate.unwrap_or(sample_rate);
    if from == sample_rate || sound.frames() == 0 {
        return Ok(Sound { sample_rate: Some(sample_rate), ..sound });
    }
    let fail = || ResampleError { from, to: sample_rate };
    let is_whole = |rate: f64| rate.fract() == 0.0 && (1.0..=1e9).contains(&rate);
    if !is_whole(from) || !is_whole(sample_rate) {
        return Err(fail());
    }
    let frames_in = sound.frames();
    let frames_out = (frames_in as f64 * sample_rate / from).round() as usize;
    let window = WindowFunction::BlackmanHarris2;
    // One channel at a time: a stereo hour should not need its samples three times over.
    let mut channels = Vec::with_capacity(sound.channels.len());
    for channel in sound.channels {
        let mut resampler =
            Fft::<f64>::new_custom(from as usize, sample_rate as usize, CHUNK_FRAMES, 1, 1, window, FixedSync::Both)
                .map_err(|_| fail())?;
        let one = [channel];
        let input = SequentialSliceOfVecs::new(&one, 1, frames_in).map_err(|_| fail())?;
        let mut output = resampler.process_all(&input, frames_in, None).map_err(|_| fail())?.take_data();
        output.resize(frames_out, 0.0);
        channels.push(output);
    }
    Ok(Sound { sample_rate: Some(sample_rate), channels })
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::{ResampleError, Sound, resample};

    fn sine(frequency_hz: f64, sample_rate: f64, frames: usize) -> Vec<f64> {
        (0..frames).map(|n| (TAU * frequency_hz * n as f64 / sample_rate).sin()).collect()
    }

    #[test]
    fn a_sine_stays_the_same_sine_at_the_same_time() {
        for (from, to) in [(44_100.0, 48_000.0), (48_000.0, 44_100.0), (8_000.0, 44_100.0), (192_000.0, 48_000.0)] {
            let frames = from as usize * 2;
            for share_of_band in [0.01, 0.3, 0.85] {
                let frequency_hz = share_of_band * f64::min(from, to) / 2.0;
                let sound = Sound { sample_rate: Some(from), channels: vec![sine(frequency_hz, from, frames)] };
                let resampled = resample(sound, to).unwrap();
                assert_eq!(resampled.sample_rate, Some(to));
                assert_eq!(resampled.frames(), to as usize * 2);
                let expected = sine(frequency_hz, to, resampled.frames());
                // At the ends the sine is cut, which is no sine; the filter spreads the cut by its length.
                let edge = resampled.frames() / 4;
                let inner = edge..resampled.frames() - edge;
                let worst = inner.map(|n| (resampled.channels[0][n] - expected[n]).abs()).fold(0.0, f64::max);
                assert!(worst < 1e-5, "{from} to {to} at {frequency_hz} Hz: {:.1} dB", 20.0 * worst.log10());
            }
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_removed() {
        let sound = Sound { sample_rate: Some(48_000.0), channels: vec![sine(15_000.0, 48_000.0, 24_000)] };
        let resampled = resample(sound, 16_000.0).unwrap();
        let worst = resampled.channels[0][2_000..6_000].iter().fold(0.0, |worst: f64, x| worst.max(x.abs()));
        assert!(worst < 1e-5, "{:.1} dB", 20.0 * worst.log10());
    }

    #[test]
    fn lengths_are_rounded_and_channels_kept_apart() {
        for frames in [1, 2, 7, 1000, 4097] {
            let sound = Sound { sample_rate: Some(44_100.0), channels: vec![vec![0.0; frames], vec![0.25; frames]] };
            let resampled = resample(sound, 48_000.0).unwrap();
            assert_eq!(resampled.frames(), (frames as f64 * 48_000.0 / 44_100.0).round() as usize);
            assert!(resampled.channels[0].iter().all(|x| *x == 0.0));
        }
    }

    #[test]
    fn a_sound_at_its_rate_is_untouched() {
        let sound = Sound { sample_rate: None, channels: vec![vec![0.1, 0.2]] };
        let resampled = resample(sound.clone(), 48_000.0).unwrap();
        assert_eq!(resampled.channels, sound.channels);
        assert_eq!(resampled.sample_rate, Some(48_000.0));
    }

    #[test]
    fn broken_rates_are_refused() {
        let sound = Sound { sample_rate: Some(44_100.0), channels: vec![vec![0.0; 10]] };
        let error = resample(sound, 48_000.5).unwrap_err();
        assert_eq!(error, ResampleError { from: 44_100.0, to: 48_000.5 });
    }
}
