//! A bare timer: a thread that does nothing but wake once a period, watched as a device's thread is. What it suffers, the
//! system does to any thread of its priority.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Watch, thread};
use crate::stats::Stats;

/// Periods that may be missed before the clock starts anew.
const PATIENCE_PERIODS: u64 = 8;

/// The timer; it stops when this is dropped.
pub struct Ticker {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts a thread that wakes whenever `block_frames` at `sample_rate` Hz would have been played, with real-time
    /// priority `realtime_priority` (0 for none, or where the system denies it), and counts as callbacks into `stats`.
    pub fn start(
        sample_rate: f64,
        block_frames: usize,
        realtime_priority: u32,
        stats: Arc<Stats>,
    ) -> std::io::Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let stop = is_over.clone();
        let played = move |blocks: u64| Duration::from_secs_f64(blocks as f64 * block_frames as f64 / sample_rate);
        let work = move || {
            if realtime_priority > 0 {
                thread::raise(realtime_priority);
            }
            let mut watch = Watch::new(stats.clone());
            let (mut start, mut blocks) = (Instant::now(), 0u64);
            while !stop.load(Ordering::Acquire) {
                watch.callback(Instant::now(), block_frames);
                blocks += 1;
                let deadline = start + played(blocks);
                let late = Instant::now().saturating_duration_since(deadline);
                if late > played(PATIENCE_PERIODS) {
                    stats.add_xrun();
                    (start, blocks) = (Instant::now(), 0);
                } else {
                    std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
                }
            }
        };
        let thread = std::thread::Builder::new().name("oscine timer".to_owned()).spawn(work)?;
        Ok(Self { is_over, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed where it happened.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Ticker;
    use crate::stats::Stats;

    #[test]
    fn it_ticks_and_each_tick_is_a_callback() {
        let stats = Arc::new(Stats::with_log(48_000.0, 1024));
        let ticker = Ticker::start(48_000.0, 64, 0, stats.clone()).unwrap();
        let mut samples = vec![];
        while samples.len() < 20 {
            stats.take_samples(&mut samples);
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        drop(ticker);
        assert!(samples.windows(2).all(|pair| pair[0].start_ns < pair[1].start_ns));
        assert!(samples.iter().all(|sample| sample.frames == 64));
        assert!(stats.snapshot().callbacks >= 20);
    }
}
