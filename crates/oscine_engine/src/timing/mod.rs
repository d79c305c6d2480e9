//! Keeping time, watched: when each callback came, how long it took, whether its block was late and through whom.
//!
//! Whoever runs on the audio thread has a [`Watch`] and tells it of each callback. It asks two judges ([`judge`] has the
//! rules) and writes what they say into the shared [`Stats`](crate::Stats): histograms, counts by [`Cause`], and, where
//! somebody wants them, all callbacks one by one ([`log`]).

mod causes;
mod judge;
mod log;
mod thread;
mod ticker;

use std::sync::Arc;
use std::time::Instant;

pub(crate) use causes::AtomicCauses;
pub use causes::{Cause, Causes, Tally};
pub use judge::Late;
pub(crate) use judge::Verdict;
use judge::{Call, GapJudge, Judge};
pub(crate) use log::Log;
pub use log::Sample;
pub use thread::ThreadAccount;
pub(crate) use thread::account;
pub use ticker::Ticker;

use crate::stats::Stats;

/// What the audio thread holds of the statistics.
pub(crate) struct Watch {
    stats: Arc<Stats>,
    judge: Judge,
    gap_judge: GapJudge,
    /// The thread's processor time at the end of the last callback.
    cpu_ns: Option<u64>,
    /// No callback of this device has been seen.
    is_new: bool,
}

impl Watch {
    pub(crate) fn new(stats: Arc<Stats>) -> Self {
        Self { stats, judge: Judge::default(), gap_judge: GapJudge::default(), cpu_ns: None, is_new: true }
    }

    /// A device begins to call: its first callback is not late, whenever it comes, and on a thread of its own.
    pub(crate) fn begin(&mut self) {
        self.judge.forget();
        self.cpu_ns = None;
        self.is_new = true;
    }

    /// A callback that was called at `start` ends now and has delivered `frames`.
    pub(crate) fn callback(&mut self, start: Instant, frames: usize) {
        let end = Instant::now();
        if std::mem::take(&mut self.is_new) {
            self.stats.set_thread(thread::own_id());
        }
        let cpu_ns = thread::cpu_ns();
        let call = Call {
            start_ns: self.stats.ns(start),
            end_ns: self.stats.ns(end),
            period_ns: self.stats.frames_to_ns(frames),
            cpu_ns: cpu_ns.zip(self.cpu_ns).and_then(|(now, before)| now.checked_sub(before)),
        };
        self.cpu_ns = cpu_ns;
        if frames == 0 {
            return;
        }
        let verdict = self.judge.judge(&call, self.stats.slack_ns());
        self.stats.add_callback(frames, call.start_ns, call.end_ns.saturating_sub(call.start_ns), &verdict);
        if let Some((cause, by_ns, count)) = self.gap_judge.judge(&call, &verdict, self.stats.gaps()) {
            self.stats.explain_gaps(cause, by_ns, count);
        }
    }
}
