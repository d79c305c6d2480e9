//! Where a processor's input comes from: sound in memory, noise, silence; block by block, alike offline and live.

use std::sync::Arc;
use std::time::Instant;

use crate::files::Sound;
use crate::noise::Noise;

/// A stream of samples of one or more channels.
///
/// [`fill`](Source::fill) is called on the audio thread: it must not allocate, lock or wait.
pub trait Source: Send {
    /// Number of channels, at least 1.
    fn channels(&self) -> usize;

    /// A device asks for sound at this time; the blocks until the next call are for it. Called on the audio thread.
    fn asked(&mut self, _at: Instant) {}

    /// Frames in all, or `None` for an endless source.
    fn frames(&self) -> Option<u64>;

    /// Writes the next `frames` frames into the first `frames` samples of each of `channels`; zeros after the end.
    fn fill(&mut self, channels: &mut [Vec<f64>], frames: usize);
}

/// Plays a [`Sound`], once or over and over.
pub struct SoundSource {
    sound: Arc<Sound>,
    is_looped: bool,
    position: usize,
}

impl SoundSource {
    /// From the first frame, then silence.
    pub fn once(sound: Arc<Sound>) -> Self {
        Self { sound, is_looped: false, position: 0 }
    }

    /// From the first frame, again and again. The sound must have at least one frame.
    pub fn looped(sound: Arc<Sound>) -> Self {
        assert!(sound.frames() > 0, "a loop needs at least one frame");
        Self { sound, is_looped: true, position: 0 }
    }
}

impl Source for SoundSource {
    fn channels(&self) -> usize {
        self.sound.channels.len()
    }

    fn frames(&self) -> Option<u64> {
        (!self.is_looped).then(|| self.sound.frames() as u64)
    }

    fn fill(&mut self, channels: &mut [Vec<f64>], frames: usize) {
        let length = self.sound.frames();
        let mut done = 0;
        while done < frames {
            if self.position == length {
                if !self.is_looped {
                    channels.iter_mut().for_each(|channel| channel[done..frames].fill(0.0));
                    return;
                }
                self.position = 0;
            }
            let count = (frames - done).min(length - self.position);
            for (channel, samples) in channels.iter_mut().zip(&self.sound.channels) {
                channel[done..done + count].copy_from_slice(&samples[self.position..self.position + count]);
            }
            self.position += count;
            done += count;
        }
    }
}

/// Zeros without end.
pub struct SilenceSource;

impl Source for SilenceSource {
    fn channels(&self) -> usize {
        1
    }

    fn frames(&self) -> Option<u64> {
        None
    }

    fn fill(&mut self, channels: &mut [Vec<f64>], frames: usize) {
        channels[0][..frames].fill(0.0);
    }
}

/// White noise without end, uniform in [-0.5, 0.5), the same for the same seed.
pub struct NoiseSource(Noise);

impl NoiseSource {
    /// The noise that `seed` stands for.
    pub fn new(seed: u64) -> Self {
        Self(Noise::new(seed))
    }
}

impl Source for NoiseSource {
    fn channels(&self) -> usize {
        1
    }

    fn frames(&self) -> Option<u64> {
        None
    }

    fn fill(&mut self, channels: &mut [Vec<f64>], frames: usize) {
        channels[0][..frames].fill_with(|| 0.5 * self.0.tick());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{NoiseSource, Sound, SoundSource, Source};

    fn play(mut source: impl Source, blocks: &[usize]) -> Vec<Vec<f64>> {
        let mut played = vec![Vec::new(); source.channels()];
        for &frames in blocks {
            let mut block = vec![vec![9.0; frames + 1]; source.channels()];
            source.fill(&mut block, frames);
            for (played, block) in played.iter_mut().zip(&block) {
                assert_eq!(block[frames], 9.0, "wrote past the frames asked for");
                played.extend_from_slice(&block[..frames]);
            }
        }
        played
    }

    fn three_frames() -> Arc<Sound> {
        Arc::new(Sound { sample_rate: None, channels: vec![vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]] })
    }

    #[test]
    fn a_sound_ends_in_silence() {
        let source = SoundSource::once(three_frames());
        assert_eq!(source.frames(), Some(3));
        assert_eq!(play(source, &[2, 2, 1]), [[1.0, 2.0, 3.0, 0.0, 0.0], [4.0, 5.0, 6.0, 0.0, 0.0]]);
    }

    #[test]
    fn a_loop_goes_on_whatever_the_blocks() {
        let expected = [[1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0], [4.0, 5.0, 6.0, 4.0, 5.0, 6.0, 4.0, 5.0]];
        assert_eq!(SoundSource::looped(three_frames()).frames(), None);
        for blocks in [&[8][..], &[1; 8], &[3, 3, 2], &[7, 1]] {
            assert_eq!(play(SoundSource::looped(three_frames()), blocks), expected);
        }
    }

    #[test]
    fn noise_is_reproducible_and_spread_evenly() {
        let noise = play(NoiseSource::new(1), &[10_000]).remove(0);
        assert_eq!(noise, play(NoiseSource::new(1), &[64; 157]).remove(0)[..10_000]);
        assert_ne!(noise, play(NoiseSource::new(2), &[10_000]).remove(0));
        // Uniform on an interval of length 1: mean 0, variance 1/12; four standard errors either way.
        let mean = noise.iter().sum::<f64>() / 1e4;
        let variance = noise.iter().map(|x| x * x).sum::<f64>() / 1e4;
        assert!(mean.abs() < 4.0 * (1.0 / 12e4_f64).sqrt());
        assert!((variance - 1.0 / 12.0).abs() < 4.0 * (1.0 / 180e4_f64).sqrt());
    }
}
