//! Stops a block that does not end: a thread that watches how long the processor has been at it and raises a flag,
//! which compiled code looks at where it loops.
//!
//! The audio thread never waits for the watchdog. Both meet in one word: the moment at which the block started, or 0
//! between blocks. The watchdog *claims* a block by setting the word's lowest bit with a compare-and-swap, and raises
//! the flag only after that; so the flag can only be meant for a block that was over its time. If a claimed block ends
//! before the flag is up, the audio thread skips blocks until it has seen the flag and taken it down: the flag cannot
//! hit the next block by mistake.

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Looked at by compiled code at the back-edges of its loops: anything but 0 means "report a fault and return".
///
/// Whoever builds a processor keeps one and hands it to the engine, which raises and lowers it.
pub type StopFlag = Arc<AtomicU32>;

struct Shared {
    epoch: Instant,
    budget_ns: u64,
    /// Start of the present block in ns since `epoch`, doubled, plus `CLAIMED`; 0 between blocks.
    started: AtomicU64,
    stop: StopFlag,
    is_over: AtomicBool,
}

const CLAIMED: u64 = 1;

impl Shared {
    fn now_ns(&self) -> u64 {
        // Never 0, which means "between blocks".
        self.epoch.elapsed().as_nanos() as u64 | 1
    }

    /// One look at the present block: claims it and raises the flag if it is over its time at `now_ns`.
    fn look(&self, now_ns: u64) -> bool {
        let word = self.started.load(Acquire);
        let is_over = word != 0 && word & CLAIMED == 0 && now_ns.saturating_sub(word >> 1) > self.budget_ns;
        let has_claimed = is_over && self.started.compare_exchange(word, word | CLAIMED, AcqRel, Relaxed).is_ok();
        if has_claimed {
            self.stop.store(1, Release);
        }
        has_claimed
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
        let budget_ns = budget.as_nanos() as u64;
        let shared = Arc::new(Shared {
            epoch: Instant::now(),
            budget_ns,
            started: AtomicU64::new(0),
            stop,
            is_over: AtomicBool::new(false),
        });
        let interval = (budget / 4).clamp(Duration::from_millis(1), Duration::from_millis(250));
        let watched = shared.clone();
        let thread = std::thread::Builder::new().name("oscine watchdog".to_owned()).spawn(move || {
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
        if self.is_flag_due {
            if self.shared.stop.swap(0, AcqRel) == 0 {
                return false;
            }
            self.is_flag_due = false;
        }
        self.shared.started.store(self.shared.now_ns() << 1, Release);
        true
    }

    /// How long a block may take.
    pub(crate) fn budget_ns(&self) -> u64 {
        self.shared.budget_ns
    }

    /// The block has ended. Whether it was over its time.
    pub(crate) fn end(&mut self) -> bool {
        let was_claimed = self.shared.started.swap(0, AcqRel) & CLAIMED != 0;
        if was_claimed {
            self.is_flag_due = self.shared.stop.swap(0, AcqRel) == 0;
        }
        was_claimed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;
    use std::time::Duration;

    use super::{CLAIMED, StopFlag, Watchdog};

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

    #[test]
    fn a_block_in_time_is_left_alone() {
        let stop = StopFlag::default();
        let (watchdog, mut post) = Watchdog::start(Duration::from_hours(1), stop.clone());
        assert!(post.begin());
        let start_ns = watchdog.shared.started.load(Relaxed) >> 1;
        assert!(!watchdog.shared.look(start_ns + 3_600_000_000_000));
        assert!(!post.end());
        // Between blocks there is nothing to claim, however late it is.
        assert!(!watchdog.shared.look(u64::MAX));
        assert!(post.begin());
        let start_ns = watchdog.shared.started.load(Relaxed) >> 1;
        assert!(watchdog.shared.look(start_ns + 3_600_000_000_001));
        assert!(!watchdog.shared.look(u64::MAX), "a block is claimed once");
        assert_eq!(stop.load(Relaxed), 1);
        assert!(post.end());
        assert_eq!(stop.load(Relaxed), 0);
    }

    #[test]
    fn a_flag_that_comes_late_hits_no_other_block() {
        let stop = StopFlag::default();
        let (watchdog, mut post) = Watchdog::start(Duration::from_hours(1), stop.clone());
        assert!(post.begin());
        // The watchdog has claimed the block and is held up before it raises the flag.
        watchdog.shared.started.fetch_or(CLAIMED, Relaxed);
        assert!(post.end());
        assert!(!post.begin(), "the flag is still on its way");
        stop.store(1, Relaxed);
        assert!(post.begin());
        assert_eq!(stop.load(Relaxed), 0);
        assert!(!post.end());
    }
}
