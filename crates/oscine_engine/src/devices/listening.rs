//! An input device's samples on their way to the processor: a ring between two clocks.
//!
//! A device delivers in portions, at its own time; blocks are taken at another. The source begins once the ring holds a
//! cushion: a portion of the device's and a block, so that it does not run dry while the next portion is on its way.
//! Where it does run dry, for the output takes several blocks at a time or the machine stood still, the missing frames
//! are zeros, the cushion grows to twice its size and fills again before the source goes on. Where more than three
//! cushions gather, for the device's clock is the faster one, the surplus is dropped. So the delay stays bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rtrb::{Consumer, Producer, RingBuffer};

use super::Guest;
use crate::source::Source;
use crate::stats::Stats;

/// What the ring holds at most, in cushions of the least size and in seconds, whichever is more.
const RING_CUSHIONS: usize = 8;
const RING_SECONDS: f64 = 1.0;

/// A ring for a device of `channels` at `sample_rate` Hz: the end that the device fills, and the source.
pub(super) fn ring(channels: usize, sample_rate: f64, block_frames: usize, stats: &Arc<Stats>) -> (Ear, RingSource) {
    let frames = (RING_CUSHIONS * block_frames).max((RING_SECONDS * sample_rate) as usize);
    let (producer, samples) = RingBuffer::new(frames * channels);
    let portion_frames = Arc::new(AtomicUsize::new(0));
    let ear = Ear { samples: producer, channels, portion_frames: portion_frames.clone(), stats: stats.clone() };
    let source = RingSource {
        samples,
        channels,
        portion_frames,
        stats: stats.clone(),
        cushion_frames: 0,
        most_cushion_frames: frames / 4,
        state: State::Waiting,
    };
    (ear, source)
}

/// The end that the device fills.
pub(crate) struct Ear {
    samples: Producer<f32>,
    channels: usize,
    /// The longest portion so far.
    portion_frames: Arc<AtomicUsize>,
    stats: Arc<Stats>,
}

impl Guest for Ear {}

impl Ear {
    /// Takes a portion of interleaved samples; whole frames that find no room are counted and lost.
    pub(super) fn hear(&mut self, samples: impl ExactSizeIterator<Item = f32>) {
        let frames = samples.len() / self.channels;
        self.portion_frames.fetch_max(frames, Relaxed);
        let kept = frames.min(self.samples.slots() / self.channels);
        if let Ok(room) = self.samples.write_chunk_uninit(kept * self.channels) {
            room.fill_from_iter(samples);
        }
        if kept < frames {
            self.stats.add_input_overrun(frames - kept);
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Nothing has been taken yet.
    Waiting,
    Flowing,
    /// It ran dry.
    Refilling,
}

/// The end that the processor hears.
pub(super) struct RingSource {
    samples: Consumer<f32>,
    channels: usize,
    portion_frames: Arc<AtomicUsize>,
    stats: Arc<Stats>,
    cushion_frames: usize,
    most_cushion_frames: usize,
    state: State,
}

impl RingSource {
    fn skip(&mut self, frames: usize) {
        if let Ok(chunk) = self.samples.read_chunk(frames * self.channels) {
            chunk.commit_all();
        }
    }

    /// The frames that a block of `frames` may take now.
    fn ready(&mut self, frames: usize) -> usize {
        let ready = self.samples.slots() / self.channels;
        let portion = self.portion_frames.load(Relaxed);
        self.cushion_frames = self.cushion_frames.max(portion + frames).min(self.most_cushion_frames.max(frames));
        if self.state == State::Flowing && ready < frames {
            self.cushion_frames *= 2;
            self.state = State::Refilling;
            self.stats.add_input_underrun(frames - ready);
            return ready;
        }
        if self.state != State::Flowing && (portion == 0 || ready < self.cushion_frames) {
            if self.state == State::Refilling {
                self.stats.add_input_underrun(frames);
            }
            return 0;
        }
        let surplus = ready - self.cushion_frames.min(ready);
        if self.state == State::Waiting {
            // Heard before anyone listened.
            self.skip(surplus);
        } else if surplus > 2 * self.cushion_frames {
            self.skip(surplus);
            self.stats.add_input_overrun(surplus);
        }
        self.state = State::Flowing;
        frames
    }
}

impl Source for RingSource {
    fn channels(&self) -> usize {
        self.channels
    }

    fn frames(&self) -> Option<u64> {
        None
    }

    fn fill(&mut self, channels: &mut [Vec<f64>], frames: usize) {
        let taken = self.ready(frames);
        if let Ok(chunk) = self.samples.read_chunk(taken * self.channels) {
            for (index, sample) in chunk.into_iter().enumerate() {
                channels[index % self.channels][index / self.channels] = f64::from(sample);
            }
        }
        for channel in channels.iter_mut() {
            channel[taken..frames].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Ear, RingSource, ring};
    use crate::realtime::guarded;
    use crate::source::Source;
    use crate::stats::Stats;

    const BLOCK: usize = 4;

    fn rig(channels: usize) -> (Ear, RingSource, Arc<Stats>) {
        let stats = Arc::new(Stats::new(100.0));
        let (ear, source) = ring(channels, 100.0, BLOCK, &stats);
        (ear, source, stats)
    }

    /// Hears the numbers `from..from + frames` on the first channel, their negatives on the others.
    fn hear(ear: &mut Ear, channels: usize, from: usize, frames: usize) {
        let samples: Vec<f32> = (from * channels..(from + frames) * channels)
            .map(|n| if n % channels == 0 { (n / channels) as f32 } else { -((n / channels) as f32) })
            .collect();
        guarded(|| ear.hear(samples.iter().copied()));
    }

    fn take(source: &mut RingSource) -> Vec<Vec<f64>> {
        let mut block = vec![vec![9.0; BLOCK]; source.channels()];
        guarded(|| source.fill(&mut block, BLOCK));
        block
    }

    #[test]
    fn every_frame_comes_once_and_in_order_whatever_the_portions() {
        for portion in [1, 3, 4, 7, 12] {
            let (mut ear, mut source, stats) = rig(2);
            let (mut heard, mut given) = (vec![], 0);
            for block in 1..=200 {
                while given < block * BLOCK {
                    hear(&mut ear, 2, given + 1, portion);
                    given += portion;
                }
                let taken = take(&mut source);
                assert!(taken[0].iter().zip(&taken[1]).all(|(left, right)| *left == -*right));
                heard.extend_from_slice(&taken[0]);
            }
            let heard: Vec<f64> = heard.into_iter().skip_while(|x| *x == 0.0).collect();
            assert!(heard.len() > 700, "portions of {portion}: {} frames", heard.len());
            assert!(heard.windows(2).all(|pair| pair[1] == pair[0] + 1.0), "portions of {portion}: {heard:?}");
            let counted = stats.snapshot();
            assert_eq!((counted.input_underrun_frames, counted.input_overrun_frames), (0, 0), "portions of {portion}");
        }
    }

    #[test]
    fn what_is_missing_is_silent_and_counted_and_the_cushion_grows() {
        let (mut ear, mut source, stats) = rig(1);
        assert_eq!(take(&mut source), [[0.0; 4]], "nothing is missing before anything came");
        hear(&mut ear, 1, 1, 6);
        assert_eq!(take(&mut source), [[0.0; 4]], "a portion and a block are 10 frames");
        hear(&mut ear, 1, 7, 4);
        assert_eq!(take(&mut source), [[1.0, 2.0, 3.0, 4.0]]);
        assert_eq!(take(&mut source), [[5.0, 6.0, 7.0, 8.0]]);
        assert_eq!(stats.snapshot().input_underrun_frames, 0);
        assert_eq!(take(&mut source), [[9.0, 10.0, 0.0, 0.0]]);
        assert_eq!(stats.snapshot().input_underrun_frames, 2);
        hear(&mut ear, 1, 11, 6);
        hear(&mut ear, 1, 17, 6);
        assert_eq!(take(&mut source), [[0.0; 4]], "12 frames are not yet 20");
        assert_eq!(stats.snapshot().input_underrun_frames, 6);
        hear(&mut ear, 1, 23, 6);
        hear(&mut ear, 1, 29, 6);
        assert_eq!(take(&mut source), [[11.0, 12.0, 13.0, 14.0]]);
    }

    #[test]
    fn a_faster_device_loses_the_surplus_and_not_the_order() {
        let (mut ear, mut source, stats) = rig(1);
        let (mut heard, mut given) = (vec![], 0);
        for _ in 0..200 {
            hear(&mut ear, 1, given + 1, 5);
            given += 5;
            heard.extend(take(&mut source).remove(0).into_iter().filter(|x| *x != 0.0));
            assert!(given as f64 - heard.last().copied().unwrap_or(0.0) < 40.0, "the delay grows");
        }
        assert!(heard.windows(2).all(|pair| pair[1] > pair[0]));
        let counted = stats.snapshot();
        let missing = (heard[heard.len() - 1] - heard[0]) as usize + 1 - heard.len();
        assert_eq!((counted.input_overrun_frames as usize, counted.input_underrun_frames), (missing, 0));
        assert!(missing > 100);
    }

    #[test]
    fn what_was_heard_before_anyone_listened_is_dropped_and_what_does_not_fit_is_counted() {
        let (mut ear, mut source, stats) = rig(1);
        for portion in 0..25 {
            hear(&mut ear, 1, 4 * portion + 1, 4);
        }
        assert_eq!(stats.snapshot().input_overrun_frames, 0);
        hear(&mut ear, 1, 101, 4);
        assert_eq!(stats.snapshot().input_overrun_frames, 4);
        // A portion and a block are 8 frames: the last 8 of the 100 that fit.
        assert_eq!(take(&mut source), [[93.0, 94.0, 95.0, 96.0]]);
    }
}
