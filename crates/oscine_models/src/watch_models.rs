//! The watchdog and the audio thread: the flag ends the block that was over its time and no other, and does not stay up.

use loom::thread;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use crate::watch_word::{StopFlag, WatchWord};

/// Later than the end of every block.
const LATE_NS: u64 = 1 << 40;

struct Rig {
    word: Arc<WatchWord>,
    stop: StopFlag,
    is_flag_due: bool,
    now_ns: u64,
}

impl Rig {
    fn new() -> Self {
        let stop = StopFlag::new(crate::sync::AtomicU32::new(0));
        Self { word: Arc::new(WatchWord::new(stop.clone())), stop, is_flag_due: false, now_ns: 0 }
    }

    /// The watchdog, which finds every block over its time.
    fn watch(&self, looks: usize) -> thread::JoinHandle<()> {
        let word = self.word.clone();
        thread::spawn(move || {
            for _ in 0..looks {
                word.look(LATE_NS, 0);
            }
        })
    }

    /// The audio thread's block, in which compiled code looks at the flag once. Whether the flag ended it, and whether
    /// it was over its time; `None` if it had to be skipped.
    fn block(&mut self) -> Option<(bool, bool)> {
        self.now_ns += 1000;
        let may_run = self.word.begin(&mut self.is_flag_due, self.now_ns);
        may_run.then(|| {
            let was_ended = self.stop.load(Relaxed) != 0;
            (was_ended, self.word.end(&mut self.is_flag_due))
        })
    }
}

/// Blocks follow one another while the watchdog looks twice.
pub fn a_flag_hits_only_the_block_that_it_was_meant_for() {
    loom::model(|| {
        let mut rig = Rig::new();
        let watching = rig.watch(2);
        for _ in 0..3 {
            if let Some((was_ended, was_over)) = rig.block() {
                assert!(was_over || !was_ended, "a flag in a block that was in time");
            }
        }
        watching.join().expect("the watchdog ends");
        // Nothing is on its way any more: the next block runs, with the flag down.
        assert_eq!(rig.block(), Some((false, false)));
    });
}

/// A block that was claimed ends before its flag is up: blocks are skipped until it is, and then go on.
pub fn a_late_flag_is_taken_down() {
    loom::model(|| {
        let mut rig = Rig::new();
        let watching = rig.watch(1);
        let first = rig.block().expect("the first block runs");
        let second = rig.block();
        assert!(second.is_some() || first.1, "only after a block that was over its time is one skipped");
        watching.join().expect("the watchdog ends");
        assert_eq!(rig.block(), Some((false, false)));
        assert_eq!(rig.stop.swap(0, AcqRel), 0);
        assert!(!rig.is_flag_due);
    });
}
