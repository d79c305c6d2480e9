//! An input that the output's own callback delivers: heard and played on one clock, so that nothing has to be resampled
//! and no cushion is needed.
//!
//! The callback hands over its input before it asks for as many frames of output. Where its period is a multiple of the
//! block, each block finds its input complete, and the way adds no delay. Otherwise some block needs frames that are not
//! there yet; then zeros go ahead, as many as are missing, and stay ahead: after a few periods nothing is missing any
//! more, and the delay is the block less the greatest common divisor of block and period, the least there can be. A
//! period of another length starts anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rtrb::{Consumer, Producer, RingBuffer};

use crate::source::Source;

/// The longest period that a server has, in frames.
const MOST_PERIOD_FRAMES: usize = 16_384;

/// Both ends for an input of `channels`, for blocks of `block_frames`.
pub(crate) fn capture(channels: usize, block_frames: usize) -> (CaptureEar, CaptureSource) {
    let frames = MOST_PERIOD_FRAMES + 2 * block_frames;
    let (mut to, mut samples) = RingBuffer::new(frames * channels);
    touch(&mut to, &mut samples);
    let shared = Arc::new(Shared::default());
    let ear = CaptureEar { samples: to, channels, period_frames: 0, shared: shared.clone() };
    (ear, CaptureSource { samples, channels, shared })
}

/// Has the whole ring in memory before the audio thread goes around it.
fn touch(to: &mut Producer<f32>, from: &mut Consumer<f32>) {
    if let Ok(all) = to.write_chunk_uninit(to.slots()) {
        all.fill_from_iter(std::iter::repeat(0.0));
    }
    if let Ok(all) = from.read_chunk(from.slots()) {
        all.commit_all();
    }
}

/// Both ends are used on one thread, in turn; the atomics are there because each end may travel.
#[derive(Default)]
struct Shared {
    /// Samples in the ring that belong to a period of another length, and are not to be heard.
    stale_samples: AtomicUsize,
    delay_frames: AtomicUsize,
}

/// The end that the callback fills.
pub(crate) struct CaptureEar {
    samples: Producer<f32>,
    channels: usize,
    period_frames: usize,
    shared: Arc<Shared>,
}

impl CaptureEar {
    pub(crate) fn channels(&self) -> usize {
        self.channels
    }

    /// The next period comes from another device.
    pub(crate) fn restart(&mut self) {
        self.period_frames = 0;
    }

    /// Takes a period: `frames` of each channel, zeros for channels that are missing.
    pub(crate) fn hear(&mut self, channels: &[&[f32]], frames: usize) {
        if frames != self.period_frames {
            self.period_frames = frames;
            let waiting = self.samples.buffer().capacity() - self.samples.slots();
            self.shared.stale_samples.store(waiting, Relaxed);
            self.shared.delay_frames.store(0, Relaxed);
        }
        // There is no room only if nobody has taken anything for a long time, as after the end of what was to be played.
        let Ok(room) = self.samples.write_chunk_uninit(frames * self.channels) else { return };
        let sample = |index: usize| channels.get(index % self.channels).map_or(0.0, |c| c[index / self.channels]);
        room.fill_from_iter((0..frames * self.channels).map(sample));
    }

    /// Frames of silence that went ahead so that none is missing later.
    pub(crate) fn delay_frames(&self) -> usize {
        self.shared.delay_frames.load(Relaxed)
    }
}

/// The end that the processor hears.
pub(crate) struct CaptureSource {
    samples: Consumer<f32>,
    channels: usize,
    shared: Arc<Shared>,
}

impl Source for CaptureSource {
    fn channels(&self) -> usize {
        self.channels
    }

    fn frames(&self) -> Option<u64> {
        None
    }

    fn fill(&mut self, channels: &mut [Vec<f64>], frames: usize) {
        let stale = self.shared.stale_samples.swap(0, Relaxed);
        if let Ok(chunk) = self.samples.read_chunk(stale.min(self.samples.slots())) {
            chunk.commit_all();
        }
        let ready = frames.min(self.samples.slots() / self.channels);
        let missing = frames - ready;
        if missing > 0 {
            channels.iter_mut().for_each(|channel| channel[..missing].fill(0.0));
            self.shared.delay_frames.fetch_add(missing, Relaxed);
        }
        if let Ok(chunk) = self.samples.read_chunk(ready * self.channels) {
            for (index, sample) in chunk.into_iter().enumerate() {
                channels[index % self.channels][missing + index / self.channels] = f64::from(sample);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CaptureEar, CaptureSource, capture};
    use crate::realtime::guarded;
    use crate::source::Source;

    /// Plays `periods` as a device does: hears one, then computes blocks until as many frames have gone out. What went
    /// in counts up from `next`; gives what the processor heard.
    fn play(
        ear: &mut CaptureEar,
        source: &mut CaptureSource,
        block: usize,
        periods: &[usize],
        next: &mut f32,
    ) -> Vec<f64> {
        let (mut heard, mut out_frames) = (vec![], 0);
        for &period in periods {
            let left: Vec<f32> = (0..period).map(|n| *next + n as f32).collect();
            let right: Vec<f32> = left.iter().map(|x| -x).collect();
            *next += period as f32;
            guarded(|| ear.hear(&[&left, &right], period));
            out_frames += period;
            while heard.len() < out_frames {
                let mut channels = vec![vec![9.0; block]; 2];
                guarded(|| source.fill(&mut channels, block));
                assert!(channels[0].iter().zip(&channels[1]).all(|(left, right)| *left == -*right));
                heard.extend_from_slice(&channels[0]);
            }
        }
        heard
    }

    #[test]
    fn the_delay_is_the_least_there_can_be_and_no_frame_is_lost() {
        for (period, block, delay) in
            [(64, 64, 0), (256, 64, 0), (64, 256, 192), (96, 64, 32), (42, 64, 62), (1024, 48, 32)]
        {
            let (mut ear, mut source) = capture(2, block);
            let heard = play(&mut ear, &mut source, block, &[period; 40], &mut 1.0);
            let sounding: Vec<f64> = heard.iter().copied().filter(|x| *x != 0.0).collect();
            assert!(sounding.windows(2).all(|pair| pair[1] == pair[0] + 1.0), "period {period}, block {block}");
            assert_eq!((sounding[0], heard.len() - sounding.len()), (1.0, delay), "period {period}, block {block}");
            assert_eq!(ear.delay_frames(), delay);
        }
    }

    #[test]
    fn another_period_starts_anew_with_its_own_delay() {
        let (mut ear, mut source) = capture(2, 64);
        let mut next = 1.0;
        let heard = play(&mut ear, &mut source, 64, &[48; 20], &mut next);
        assert_eq!(heard.iter().filter(|x| **x == 0.0).count(), 48);
        let first = f64::from(next);
        let heard = play(&mut ear, &mut source, 64, &[128; 4], &mut next);
        assert_eq!(heard[0], first);
        assert!(heard.windows(2).all(|pair| pair[1] == pair[0] + 1.0));
    }

    #[test]
    fn channels_that_are_missing_are_silent() {
        let (mut ear, mut source) = capture(2, 2);
        ear.hear(&[&[1.0, 2.0]], 2);
        let mut channels = vec![vec![9.0; 2]; 2];
        source.fill(&mut channels, 2);
        assert_eq!(channels, [[1.0, 2.0], [0.0, 0.0]]);
    }
}
