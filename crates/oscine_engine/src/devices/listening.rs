//! An input device's samples on their way to the processor, from one clock to another.
//!
//! The device's thread writes portions into a ring and says when. The audio thread takes as many frames as [`Follow`]
//! tells it to and reads them at its speed, by [`Varispeed`]; so the delay stays what it is, however the clocks drift,
//! and no frame is dropped or added.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use rtrb::{Consumer, Producer, RingBuffer};

use super::Guest;
use super::follow::{Follow, Take};
use crate::source::Source;
use crate::stats::Stats;
use crate::varispeed::Varispeed;

/// What the ring holds.
const RING_SECONDS: f64 = 1.5;
const LEAST_RING_FRAMES: usize = 32_768;
/// Portions whose times wait to be seen: more than come while the longest block is computed.
const PORTIONS: usize = 4096;
/// Sound that begins or breaks off is faded over this time.
const FADE_SECONDS: f64 = 0.001;

/// A ring for a device of `channels` at `input_rate` Hz and blocks of `block_frames` at `output_rate` Hz: the end that
/// the device fills, and the source.
pub(super) fn ring(
    channels: usize,
    input_rate: f64,
    output_rate: f64,
    block_frames: usize,
    stats: &Arc<Stats>,
) -> (Ear, RingSource) {
    let frames = ((RING_SECONDS * input_rate) as usize).max(LEAST_RING_FRAMES);
    let (producer, samples) = RingBuffer::new(frames * channels);
    let (portions, seen) = RingBuffer::new(PORTIONS);
    let shared = Arc::new(Shared::default());
    let speed = input_rate / output_rate;
    let (to, counted) = (shared.clone(), stats.clone());
    let ear = Ear { samples: producer, portions, channels, speed, written: 0, shared: to, stats: counted };
    let most_frames = Follow::most_taken(input_rate, output_rate, block_frames);
    let varispeed = Varispeed::new(channels, speed, most_frames);
    let source = RingSource {
        samples,
        portions: seen,
        channels,
        follow: Follow::new(input_rate, output_rate, varispeed.taps()),
        varispeed,
        speed,
        fade_frames: ((FADE_SECONDS * output_rate) as usize).max(1),
        faded_frames: 0,
        last: vec![0.0; channels],
        fade_left: 0,
        epoch: None,
        shared,
        stats: stats.clone(),
    };
    (ear, source)
}

/// What both ends know.
#[derive(Default)]
struct Shared {
    /// Whether what finds no room is missed by anyone.
    is_flowing: AtomicBool,
    delay_frames: AtomicUsize,
}

/// A portion that was written: its time, and all frames until its end.
struct Portion {
    time: Instant,
    frames: u64,
}

/// How long the ring and the reading from it delay the sound.
pub(super) struct Delay {
    shared: Arc<Shared>,
    speed: f64,
}

impl Delay {
    /// With `device_frames` of the input's device before it: frames of the output.
    pub(super) fn after(&self, device_frames: usize) -> usize {
        (device_frames as f64 / self.speed) as usize + self.shared.delay_frames.load(Relaxed)
    }
}

/// The end that the device fills.
pub(crate) struct Ear {
    samples: Producer<f32>,
    portions: Producer<Portion>,
    channels: usize,
    speed: f64,
    written: u64,
    shared: Arc<Shared>,
    stats: Arc<Stats>,
}

impl Guest for Ear {}

impl Ear {
    /// Takes a portion of interleaved samples; whole frames that find no room are counted and lost.
    pub(super) fn hear(&mut self, samples: impl ExactSizeIterator<Item = f32>) {
        self.hear_at(Instant::now(), samples);
    }

    fn hear_at(&mut self, time: Instant, samples: impl ExactSizeIterator<Item = f32>) {
        let frames = samples.len() / self.channels;
        let kept = frames.min(self.samples.slots() / self.channels);
        if let Ok(room) = self.samples.write_chunk_uninit(kept * self.channels) {
            room.fill_from_iter(samples);
        }
        self.written += kept as u64;
        // Where there is no room the next portion tells of this one's frames too.
        let _ = self.portions.push(Portion { time, frames: self.written });
        if kept < frames && self.shared.is_flowing.load(Relaxed) {
            self.stats.add_input_overrun(frames - kept);
        }
    }

    /// What the way of the samples adds to the device's own latency.
    pub(super) fn delay(&self) -> Delay {
        Delay { shared: self.shared.clone(), speed: self.speed }
    }
}

/// The end that the processor hears.
pub(super) struct RingSource {
    samples: Consumer<f32>,
    portions: Consumer<Portion>,
    channels: usize,
    follow: Follow,
    varispeed: Varispeed,
    speed: f64,
    fade_frames: usize,
    /// Frames for which the sound has been fading in.
    faded_frames: usize,
    /// What was heard last of each channel, and frames of its fading that are left.
    last: Vec<f64>,
    fade_left: usize,
    /// When this was asked for sound first: times are counted from there.
    epoch: Option<Instant>,
    shared: Arc<Shared>,
    stats: Arc<Stats>,
}

impl RingSource {
    fn discard(&mut self, frames: usize) {
        if let Ok(chunk) = self.samples.read_chunk(frames * self.channels) {
            chunk.commit_all();
        }
    }

    /// Moves `count` frames out of the ring, behind `kept` that lie in the resampler.
    fn pull(&mut self, kept: usize, count: usize) {
        let Ok(chunk) = self.samples.read_chunk(count * self.channels) else { return };
        let (first, second) = chunk.as_slices();
        for channel in 0..self.channels {
            let all = first.iter().chain(second).skip(channel).step_by(self.channels);
            let room = self.varispeed.room(channel, kept, count);
            room.iter_mut().zip(all).for_each(|(to, from)| *to = f64::from(*from));
        }
        chunk.commit_all();
    }

    /// Lets what breaks off at frame `from` of the block fade, then silence.
    fn fall_silent(&mut self, channels: &mut [Vec<f64>], from: usize, frames: usize) {
        let slope = 1.0 / self.fade_frames as f64;
        for (channel, last) in channels.iter_mut().zip(&self.last) {
            for (n, sample) in channel[from..frames].iter_mut().enumerate() {
                *sample = last * (self.fade_left.saturating_sub(n + 1) as f64 * slope);
            }
        }
        self.fade_left = self.fade_left.saturating_sub(frames - from);
        self.faded_frames = 0;
    }

    /// Lets what begins fade in.
    fn rise(&mut self, channels: &mut [Vec<f64>], frames: usize) {
        let left = self.fade_frames - self.faded_frames;
        if left > 0 {
            for channel in channels.iter_mut() {
                for (n, sample) in channel[..frames].iter_mut().take(left).enumerate() {
                    *sample *= (self.faded_frames + n + 1) as f64 / self.fade_frames as f64;
                }
            }
            self.faded_frames = (self.faded_frames + frames).min(self.fade_frames);
        }
    }
}

impl Source for RingSource {
    fn channels(&self) -> usize {
        self.channels
    }

    fn frames(&self) -> Option<u64> {
        None
    }

    fn asked(&mut self, at: Instant) {
        let epoch = *self.epoch.get_or_insert(at);
        // What came before the first call has negative times.
        let seconds = |time: Instant| match time.checked_duration_since(epoch) {
            Some(after) => after.as_secs_f64(),
            None => -epoch.duration_since(time).as_secs_f64(),
        };
        while let Ok(portion) = self.portions.pop() {
            self.follow.heard(seconds(portion.time), portion.frames);
        }
        self.follow.asked(seconds(at));
        self.shared.delay_frames.store((self.follow.delay_frames() / self.speed).max(0.0) as usize, Relaxed);
    }

    fn fill(&mut self, channels: &mut [Vec<f64>], frames: usize) {
        let ready = self.samples.slots() / self.channels;
        match self.follow.take(frames, ready) {
            Take::Silence { discard, is_missing } => {
                self.discard(discard);
                self.fall_silent(channels, 0, frames);
                if is_missing {
                    self.stats.add_input_underrun(frames);
                }
            }
            Take::Read { discard, is_fresh, count, start, glide, whole } => {
                self.discard(discard);
                let taps = self.varispeed.taps();
                if is_fresh {
                    self.shared.is_flowing.store(true, Relaxed);
                    self.pull(0, taps);
                } else if discard > 0 {
                    self.stats.add_input_overrun(discard);
                }
                self.pull(taps, count);
                self.varispeed.read(start, glide, frames, channels, whole);
                self.varispeed.advance(count);
                self.rise(channels, whole);
                if whole > 0 {
                    self.last.iter_mut().zip(&*channels).for_each(|(last, channel)| *last = channel[whole - 1]);
                }
                if whole < frames {
                    self.fade_left = self.fade_frames;
                    self.fall_silent(channels, whole, frames);
                    self.stats.add_input_underrun(frames - whole);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
