//! The built-in device: keeps time and throws the sound away.
//!
//! A thread asks for a block whenever one would have been played; each deadline is counted from the first, so that no
//! error adds up. A machine that stands still for a while misses deadlines; past a few blocks they are let go, as a
//! real device would, and counted as one gap.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::listening::Ear;
use super::{Device, DeviceError, DeviceInfo, ITSELF, ListenWish, NULL, Opened, Stream, Wish, seat};
use crate::feed::Feed;

/// Blocks that may be late before they are let go.
const PATIENCE_BLOCKS: u64 = 8;

struct NullStream {
    channels: usize,
    block_frames: usize,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stream for NullStream {
    fn failure(&self) -> Option<String> {
        None
    }

    fn channels(&self) -> usize {
        self.channels
    }

    fn latency_frames(&self) -> usize {
        self.block_frames
    }
}

impl Drop for NullStream {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic of the audio thread has been printed where it happened.
            let _ = thread.join();
        }
    }
}

/// The device itself: as many outputs as it takes, at any rate.
pub(super) struct Null {
    info: DeviceInfo,
}

impl Null {
    pub(super) fn new() -> Self {
        Self { info: DeviceInfo { host: NULL.to_owned(), name: NULL.to_owned(), outputs: 1, ..DeviceInfo::default() } }
    }
}

impl Device for Null {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn nearest_rate(&self, sample_rate: f64) -> f64 {
        sample_rate
    }

    fn play(&self, wish: &Wish) -> Result<Opened<Feed>, DeviceError> {
        let (mut seat, usher) = seat::<Feed>();
        let Wish { sample_rate, block_frames, .. } = *wish;
        let stats = wish.stats.clone();
        let is_over = Arc::new(AtomicBool::new(false));
        let stop = is_over.clone();
        let channels = wish.outputs.max(1);
        let mut block = vec![0.0f32; block_frames * channels];
        let mut looped = wish.captures.iter().any(|wish| wish.device == ITSELF).then(|| vec![0.0f32; block_frames]);
        // Of all blocks so far, not of one times their number: a period in whole nanoseconds would drift.
        let played = move |blocks: u64| Duration::from_secs_f64(blocks as f64 * block_frames as f64 / sample_rate);
        let work = move || {
            let mut start = Instant::now();
            let mut blocks = 0u64;
            while !stop.load(Ordering::Acquire) {
                if let Some(looped) = &mut looped {
                    looped.iter_mut().zip(block.iter().step_by(channels)).for_each(|(to, from)| *to = *from);
                    if let Some(feed) = seat.guest() {
                        feed.hear(&[looped]);
                    }
                }
                seat.fill(&mut block, channels);
                blocks += 1;
                let deadline = start + played(blocks);
                let late = Instant::now().saturating_duration_since(deadline);
                if late > played(PATIENCE_BLOCKS) {
                    stats.add_xrun();
                    start = Instant::now();
                    blocks = 0;
                } else {
                    std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("oscine audio".to_owned())
            .spawn(work)
            .map_err(|error| DeviceError::new(format!("no thread could be started for the sound: {error}")))?;
        Ok((Box::new(NullStream { channels, block_frames, is_over, thread: Some(thread) }), usher))
    }

    fn hears_itself(&self) -> bool {
        true
    }

    fn listen(&self, _wish: &ListenWish) -> Result<Opened<Ear>, DeviceError> {
        Err(DeviceError::new("the built-in silent device cannot be listened to; `silence` can"))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Arc;
    use std::time::Duration;

    use oscine_dsp::Processor;
    use rtrb::{Consumer, RingBuffer};

    use crate::devices::Output;
    use crate::guard::Safety;
    use crate::patch::Inputs;
    use crate::player::{LiveConfig, Player};
    use crate::render::{RenderConfig, render};
    use crate::score::Score;
    use crate::source::NoiseSource;
    use crate::stats::Stats;
    use crate::testing::{Accumulator, FixedBlock, Overheard};
    use crate::watch_word::StopFlag;

    const FRAMES: u64 = 2000;

    fn noise() -> Inputs {
        Inputs::in_order(Box::new(NoiseSource::new(5)))
    }

    fn overheard(processor: Box<dyn Processor>) -> (Box<dyn Processor>, Consumer<f64>) {
        let (to, from) = RingBuffer::new(2 * FRAMES as usize);
        (Box::new(Overheard(processor, to)), from)
    }

    fn rendered(processor: Box<dyn Processor>, block_frames: usize) -> Vec<f64> {
        let config =
            RenderConfig { sample_rate: 48_000.0, block_frames, frames: FRAMES, score: Score::default(), watch: None };
        let (processor, mut from) = overheard(processor);
        let mut go_on = |_| ControlFlow::Continue(());
        render(config, processor, noise(), &Stats::new(48_000.0), &mut |_| Ok(()), &mut go_on).unwrap();
        std::iter::from_fn(|| from.pop().ok()).collect()
    }

    #[test]
    fn plays_what_render_computes_bit_for_bit() {
        let accumulator = || Box::new(Accumulator::new()) as Box<dyn Processor>;
        let fixed = || Box::new(FixedBlock::new(64)) as Box<dyn Processor>;
        for (block_frames, make) in
            [(64, &accumulator as &dyn Fn() -> Box<dyn Processor>), (100, &accumulator), (64, &fixed)]
        {
            let stats = Arc::new(Stats::new(48_000.0));
            let stop = StopFlag::default();
            let config = LiveConfig {
                sample_rate: 48_000.0,
                block_frames,
                frames: Some(FRAMES),
                score: Score::default(),
                stop,
                stats: stats.clone(),
                safety: Safety { limit_db: None, ..Safety::default() },
                tape: None,
                is_realtime: false,
            };
            let (processor, mut from) = overheard(make());
            let player = Player::start(config, processor, noise(), &Output::named("null").unwrap()).unwrap();
            while !stats.is_finished() {
                std::thread::sleep(Duration::from_millis(1));
            }
            drop(player);
            let played: Vec<u64> = std::iter::from_fn(|| from.pop().ok()).map(f64::to_bits).collect();
            let rendered: Vec<u64> = rendered(make(), block_frames).into_iter().map(f64::to_bits).collect();
            assert!(played.len() >= FRAMES as usize);
            assert_eq!(played, rendered, "blocks of {block_frames}");
        }
    }
}
