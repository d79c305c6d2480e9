//! Stops a block that does not end: a thread that watches how long the processor has been at it and raises a flag,
//! which compiled code looks at where it loops. How the two threads meet is in [`watch_word`](crate::watch_word).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::priority::watch_over_audio;
use crate::watch_word::{StopFlag, WatchWord};

struct Shared {
    epoch: Instant,
    budget_ns: u64,
    word: WatchWord,
    is_over: AtomicBool,
}

impl Shared {
    fn now_ns(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }

    /// One look at the present block, as of `now_ns`.
    fn look(&self, now_ns: u64) -> bool {
        self.word.look(now_ns, self.budget_ns)
    }
}

/// The watching thread; it ends when this is dropped.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Watches blocks that may last `budget` each, and the audio side's hand in it.
    pub(crate) fn start(budget: Duration, stop: StopFlag) -> (Self, Post) {
        Self::start_after(|| (), budget, stop)
    }

    /// The same, by a thread that goes before all audio threads, if the system allows it: where those have a real-time
    /// priority, a block that does not end would leave the watchdog no processor.
    pub(crate) fn start_above_audio(budget: Duration, stop: StopFlag) -> (Self, Post) {
        Self::start_after(watch_over_audio, budget, stop)
    }

    fn start_after(prepare: fn(), budget: Duration, stop: StopFlag) -> (Self, Post) {
        let budget_ns = budget.as_nanos() as u64;
        let shared = Arc::new(Shared {
            epoch: Instant::now(),
            budget_ns,
            word: WatchWord::new(stop),
            is_over: AtomicBool::new(false),
        });
        let interval = (budget / 4).clamp(Duration::from_millis(1), Duration::from_millis(250));
        let watched = shared.clone();
        let thread = std::thread::Builder::new().name("oscine watchdog".to_owned()).spawn(move || {
            prepare();
            while !watched.is_over.load(Acquire) {
                std::thread::park_timeout(interval);
                watched.look(watched.now_ns());
            }
        });
        // Without its thread nothing is watched and everything else works.
        let post = Post { shared: shared.clone(), is_flag_due: false };
        (Self { shared, thread: thread.ok() }, post)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // The thread does nothing that could panic.
            let _ = thread.join();
        }
    }
}

/// The audio thread's hand in the watch.
pub(crate) struct Post {
    shared: Arc<Shared>,
    /// The last block was claimed and ended before the flag was up.
    is_flag_due: bool,
}

impl Post {
    /// A block begins. `false` if it must be skipped, because a flag meant for an earlier one is still on its way.
    pub(crate) fn begin(&mut self) -> bool {
        self.shared.word.begin(&mut self.is_flag_due, self.shared.now_ns())
    }

    /// How long a block may take.
    pub(crate) fn budget_ns(&self) -> u64 {
        self.shared.budget_ns
    }

    /// The block has ended. Whether it was over its time.
    pub(crate) fn end(&mut self) -> bool {
        self.shared.word.end(&mut self.is_flag_due)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;
    use std::time::Duration;

    use super::{StopFlag, Watchdog};

    #[test]
    fn an_endless_block_sees_the_flag_and_the_next_does_not() {
        let stop = StopFlag::default();
        let (_watchdog, mut post) = Watchdog::start(Duration::from_millis(2), stop.clone());
        for _ in 0..5 {
            assert!(post.begin());
            while stop.load(Relaxed) == 0 {
                std::hint::spin_loop();
            }
            assert!(post.end());
            assert_eq!(stop.load(Relaxed), 0);
        }
    }
}
