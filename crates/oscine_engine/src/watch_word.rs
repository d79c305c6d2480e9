//! How the watchdog and the audio thread meet: in one word and one flag.
//!
//! The word is the moment at which the block started, or 0 between blocks. The watchdog *claims* a block by setting the
//! word's lowest bit with a compare-and-swap, and raises the flag only after that; so the flag can only be meant for a block
//! that was over its time. If a claimed block ends before the flag is up, the audio thread skips blocks until it has seen the
//! flag and taken it down: the flag cannot hit the next block by mistake. Neither ever waits for the other. `make loom` goes
//! through all their interleavings.

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use crate::sync::{AtomicU32, AtomicU64};

/// Looked at by compiled code at the back-edges of its loops: anything but 0 means "report a fault and return".
///
/// Whoever builds a processor keeps one and hands it to the engine, which raises and lowers it.
pub type StopFlag = Arc<AtomicU32>;

/// The word, and the flag that it speaks of.
pub(crate) struct WatchWord {
    /// Start of the present block in ns, doubled and with `IN_BLOCK`, plus `CLAIMED`; 0 between blocks.
    started: AtomicU64,
    stop: StopFlag,
}

const CLAIMED: u64 = 1;
/// So that a block that starts at 0 is one.
const IN_BLOCK: u64 = 2;

impl WatchWord {
    pub(crate) fn new(stop: StopFlag) -> Self {
        Self { started: AtomicU64::new(0), stop }
    }

    /// The watchdog's look at the present block: claims it and raises the flag if it has lasted longer than `budget_ns`.
    pub(crate) fn look(&self, now_ns: u64, budget_ns: u64) -> bool {
        let word = self.started.load(Acquire);
        let is_over = word != 0 && word & CLAIMED == 0 && now_ns.saturating_sub(word >> 1) > budget_ns;
        let has_claimed = is_over && self.started.compare_exchange(word, word | CLAIMED, AcqRel, Relaxed).is_ok();
        if has_claimed {
            // Of read-modify-writes each sees the one before: the audio thread's either finds this or comes before it.
            self.stop.swap(1, Release);
        }
        has_claimed
    }

    /// The audio thread begins a block. `false` if it must be skipped, because a flag meant for an earlier one is still on
    /// its way.
    pub(crate) fn begin(&self, is_flag_due: &mut bool, now_ns: u64) -> bool {
        if *is_flag_due {
            if self.stop.swap(0, AcqRel) == 0 {
                return false;
            }
            *is_flag_due = false;
        }
        self.started.store((now_ns << 1) | IN_BLOCK, Release);
        true
    }

    /// The audio thread ends a block. Whether it was over its time; `is_flag_due` if the flag was not up by then.
    pub(crate) fn end(&self, is_flag_due: &mut bool) -> bool {
        let was_claimed = self.started.swap(0, AcqRel) & CLAIMED != 0;
        if was_claimed {
            *is_flag_due = self.stop.swap(0, AcqRel) == 0;
        }
        was_claimed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::{CLAIMED, StopFlag, WatchWord};

    #[test]
    fn a_block_in_time_is_left_alone() {
        let stop = StopFlag::default();
        let (word, mut due) = (WatchWord::new(stop.clone()), false);
        for start_ns in [0, 7, 1_000_000] {
            assert!(word.begin(&mut due, start_ns));
            // The last bit of the start is lost.
            assert!(!word.look(start_ns + 1000, 1000));
            assert!(!word.end(&mut due));
            // Between blocks there is nothing to claim, however late it is.
            assert!(!word.look(u64::MAX, 0));
            assert!(word.begin(&mut due, start_ns));
            assert!(word.look(start_ns + 1002, 1000));
            assert!(!word.look(u64::MAX, 0), "a block is claimed once");
            assert_eq!(stop.load(Relaxed), 1);
            assert!(word.end(&mut due));
            assert_eq!((stop.load(Relaxed), due), (0, false));
        }
    }

    #[test]
    fn a_flag_that_comes_late_hits_no_other_block() {
        let stop = StopFlag::default();
        let (word, mut due) = (WatchWord::new(stop.clone()), false);
        assert!(word.begin(&mut due, 5));
        // The watchdog has claimed the block and is held up before it raises the flag.
        word.started.fetch_or(CLAIMED, Relaxed);
        assert!(word.end(&mut due));
        assert!(!word.begin(&mut due, 6), "the flag is still on its way");
        stop.store(1, Relaxed);
        assert!(word.begin(&mut due, 7));
        assert_eq!(stop.load(Relaxed), 0);
        assert!(!word.end(&mut due));
    }
}
