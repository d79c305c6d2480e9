//! The built-in device: keeps time and throws the sound away.
//!
//! A thread asks for a block whenever one would have been played; each deadline is counted from the first, so that no
//! error adds up. A machine that stands still for a while misses deadlines; past a few blocks they are let go, as a
//! real device would, and counted as one gap.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{DeviceError, Playing, Stream};
use crate::feed::Feed;
use crate::stats::Stats;

/// Blocks that may be late before they are let go.
const PATIENCE_BLOCKS: u32 = 8;

struct NullStream {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stream for NullStream {
    fn failure(&self) -> Option<String> {
        None
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

pub(super) fn play(
    mut feed: Feed,
    sample_rate: f64,
    block_frames: usize,
    stats: Arc<Stats>,
) -> Result<Playing, DeviceError> {
    let is_over = Arc::new(AtomicBool::new(false));
    let stop = is_over.clone();
    let channels = feed.outputs().max(1);
    let mut block = vec![0.0f32; block_frames * channels];
    let period = Duration::from_secs_f64(block_frames as f64 / sample_rate);
    let work = move || {
        let mut start = Instant::now();
        let mut blocks = 0u32;
        while !stop.load(Ordering::Acquire) {
            feed.fill(&mut block, channels);
            blocks = blocks.wrapping_add(1);
            let deadline = start + period * blocks;
            let late = Instant::now().saturating_duration_since(deadline);
            if late > period * PATIENCE_BLOCKS {
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
    Ok((Box::new(NullStream { is_over, thread: Some(thread) }), block_frames))
}
