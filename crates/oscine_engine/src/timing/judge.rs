//! Which blocks are late, and through whom: the rules, in one place, applied to one callback after another.
//!
//! A callback asks for `n` frames; its *period* `T` is the time that they last. It is *due* one period after the one
//! before it was called. From three times that are known of each callback follow:
//!
//! - its *lateness*: how much later it was called than it was due. Where the one before was still at work by then, from
//!   the end of that one: nobody could have called it earlier.
//! - its *busy* time: from its call to its return.
//!
//! A block is *late* if one of these holds; it counts once, under the cause of the larger harm:
//!
//! 1. Lateness of a quarter of the previous period or more, so that the interval between calls is from 1.25 periods up:
//!    **the scheduler** woke us late, by the lateness. Less is the normal unrest of any clock.
//! 2. Busy for longer than its period. If the thread itself used a processor for less than the period, **the scheduler** put
//!    it aside in the middle of the block; otherwise (or where the system does not tell) **our processing** was too slow.
//!    Either way by what was above the period.
//! 3. Neither, but lateness and busy time together are longer than the period, so that the block was ready after its
//!    deadline: whichever of the two came nearer to its own limit, by what was above the period.
//!
//! A device that calls ahead, several times in a row, and then pauses is not late: with a *slack* of `s` frames, a callback
//! that came early lets the next one be due up to that much later. JACK and the built-in device have none.
//!
//! A device that reports a gap (an *xrun*) has its reason in the blocks around it: if one was late within the last
//! [`MEMORY_PERIODS`] periods (at least [`MEMORY_NS`]) or is by the second callback from then on, that is the cause,
//! since the news of a gap may overtake the callback that is late; otherwise it is **the device** or its server.
//!
//! What cannot be known: a virtual machine whose host takes its processors away sees time pass while it computes, and most
//! hosts do not tell; such a block counts as our processing. `oscine realtime --controls` shows how much of that the
//! machine does to a client that only copies.

use super::causes::Cause;

/// How many periods a late block explains gaps for.
const MEMORY_PERIODS: u64 = 8;
/// The same, at least.
const MEMORY_NS: u64 = 20_000_000;
/// Callbacks after which a gap that no late block explains is the device's.
const PATIENCE_CALLBACKS: u32 = 2;

/// The times of a callback, in ns from one and the same moment.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "units are in the names")]
pub(crate) struct Call {
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    /// Time that its frames last.
    pub(crate) period_ns: u64,
    /// How much processor time the thread used, at most, where the system tells.
    pub(crate) cpu_ns: Option<u64>,
}

/// A block that came late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// Through whom.
    pub cause: Cause,
    /// By how much, in ns.
    pub by_ns: u64,
}

/// What the rules say of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// From the call before to this one; none for the first.
    pub(crate) interval_ns: Option<u64>,
    pub(crate) lateness_ns: u64,
    pub(crate) late: Option<Late>,
}

/// Applies the rules of late blocks.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    last: Option<Last>,
}

#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "units are in the names")]
struct Last {
    start_ns: u64,
    end_ns: u64,
    period_ns: u64,
    /// When the next one is due.
    next_ns: u64,
}

impl Judge {
    /// Judges the next callback, of a device that may call `slack_ns` ahead.
    pub(crate) fn judge(&mut self, call: &Call, slack_ns: u64) -> Verdict {
        let due_ns = self.last.as_ref().map_or(call.start_ns, |last| last.next_ns);
        let free_ns = self.last.as_ref().map_or(0, |last| last.end_ns);
        let lateness_ns = call.start_ns.saturating_sub(due_ns.max(free_ns));
        let limit_ns = self.last.as_ref().map_or(u64::MAX, |last| last.period_ns / 4).max(1);
        let verdict = Verdict {
            interval_ns: self.last.as_ref().map(|last| call.start_ns.saturating_sub(last.start_ns)),
            lateness_ns,
            late: late(call, lateness_ns, limit_ns),
        };
        let ahead_ns = due_ns.saturating_sub(call.start_ns).min(slack_ns);
        self.last = Some(Last {
            start_ns: call.start_ns,
            end_ns: call.end_ns,
            period_ns: call.period_ns,
            next_ns: call.start_ns + ahead_ns + call.period_ns,
        });
        verdict
    }

    /// The device begins anew: its next callback is not late, whenever it comes.
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }
}

/// Rules 1 to 3.
fn late(call: &Call, lateness_ns: u64, limit_ns: u64) -> Option<Late> {
    let period_ns = call.period_ns;
    let busy_ns = call.end_ns.saturating_sub(call.start_ns);
    let slow = (busy_ns > period_ns).then(|| {
        let was_put_aside = call.cpu_ns.is_some_and(|cpu_ns| cpu_ns <= period_ns);
        let cause = if was_put_aside { Cause::Scheduler } else { Cause::Processing };
        Late { cause, by_ns: busy_ns - period_ns }
    });
    let woken = (lateness_ns >= limit_ns).then_some(Late { cause: Cause::Scheduler, by_ns: lateness_ns });
    match (woken, slow) {
        (Some(woken), Some(slow)) => Some(if slow.by_ns > woken.by_ns { slow } else { woken }),
        (None, None) if lateness_ns + busy_ns > period_ns => {
            let busy_share = busy_ns as f64 / period_ns as f64;
            let lateness_share = lateness_ns as f64 / limit_ns as f64;
            let cause = if busy_share >= lateness_share { Cause::Processing } else { Cause::Scheduler };
            Some(Late { cause, by_ns: lateness_ns + busy_ns - period_ns })
        }
        (woken, slow) => woken.or(slow),
    }
}

/// Finds the causes of the gaps that a device reports.
#[derive(Debug, Default)]
pub(crate) struct GapJudge {
    /// Gaps with a cause.
    explained: u64,
    /// Callbacks since the oldest gap without.
    waited: u32,
    /// The latest late block, and when it ended.
    late: Option<(Late, u64)>,
}

impl GapJudge {
    /// After a callback: what the rules said of it, and how many gaps the device has reported so far. Gives the cause
    /// of those that have one now: what made them, by how much, how many.
    pub(crate) fn judge(&mut self, call: &Call, verdict: &Verdict, gaps: u64) -> Option<(Cause, u64, u64)> {
        if let Some(late) = verdict.late {
            self.late = Some((late, call.end_ns));
        }
        let count = gaps.saturating_sub(self.explained);
        if count == 0 {
            self.waited = 0;
            return None;
        }
        self.waited += 1;
        let memory_ns = (MEMORY_PERIODS * call.period_ns).max(MEMORY_NS);
        let late = self.late.filter(|(_, end_ns)| call.end_ns.saturating_sub(*end_ns) <= memory_ns);
        let (cause, by_ns) = match late {
            Some((late, _)) => (late.cause, late.by_ns),
            None if self.waited > PATIENCE_CALLBACKS => (Cause::Device, 0),
            None => return None,
        };
        self.explained = gaps;
        self.waited = 0;
        Some((cause, by_ns, count))
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Cause, GapJudge, Judge, Late, Verdict};

    /// A period, in ns, that makes sequences readable.
    const T: u64 = 1000;

    fn call(start_ns: u64, busy_ns: u64) -> Call {
        Call { start_ns, end_ns: start_ns + busy_ns, period_ns: T, cpu_ns: None }
    }

    fn judged(calls: &[Call], slack_ns: u64) -> Vec<Verdict> {
        let mut judge = Judge::default();
        calls.iter().map(|call| judge.judge(call, slack_ns)).collect()
    }

    fn late(calls: &[Call], slack_ns: u64) -> Vec<Option<Late>> {
        judged(calls, slack_ns).into_iter().map(|verdict| verdict.late).collect()
    }

    fn by(cause: Cause, by_ns: u64) -> Option<Late> {
        Some(Late { cause, by_ns })
    }

    #[test]
    fn in_time_is_in_time() {
        let calls: Vec<Call> = (0..100).map(|n| call(7 + n * T, T / 2)).collect();
        let judged = judged(&calls, 0);
        assert_eq!(judged[0], Verdict { interval_ns: None, lateness_ns: 0, late: None });
        assert!(judged[1..].iter().all(|v| *v == Verdict { interval_ns: Some(T), lateness_ns: 0, late: None }));
    }

    #[test]
    fn late_begins_at_a_quarter_of_a_period() {
        let calls = [call(0, 10), call(T + 249, 10), call(2 * T + 249 + 250, 10)];
        assert_eq!(late(&calls, 0), [None, None, by(Cause::Scheduler, 250)]);
        assert_eq!(judged(&calls, 0)[1].lateness_ns, 249);
    }

    #[test]
    fn one_late_call_does_not_make_the_next_late() {
        // The second comes 900 late, the third on the old grid, the fourth 500 late by that grid.
        let calls = [call(0, 10), call(1900, 10), call(2000, 10), call(3500, 10), call(4000, 10)];
        assert_eq!(late(&calls, 0), [None, by(Cause::Scheduler, 900), None, by(Cause::Scheduler, 500), None]);
    }

    #[test]
    fn a_slow_block_is_ours_and_the_wait_for_it_is_nobodys() {
        // Busy for three periods; the next call comes at once, but cannot come before.
        let calls = [call(0, 3 * T), call(3 * T + 5, 10), call(4 * T + 5, 10)];
        assert_eq!(late(&calls, 0), [by(Cause::Processing, 2 * T), None, None]);
        // If it is kept waiting even then, that is another matter.
        let calls = [call(0, 3 * T), call(3 * T + 400, 10)];
        assert_eq!(late(&calls, 0), [by(Cause::Processing, 2 * T), by(Cause::Scheduler, 400)]);
    }

    #[test]
    fn a_block_that_was_put_aside_is_the_schedulers() {
        let mut aside = call(0, 3 * T);
        aside.cpu_ns = Some(T / 10);
        assert_eq!(late(&[aside], 0), [by(Cause::Scheduler, 2 * T)]);
        aside.cpu_ns = Some(T + 1);
        assert_eq!(late(&[aside], 0), [by(Cause::Processing, 2 * T)]);
        aside.cpu_ns = None;
        assert_eq!(late(&[aside], 0), [by(Cause::Processing, 2 * T)]);
    }

    #[test]
    fn of_two_harms_in_one_block_the_larger_counts() {
        assert_eq!(late(&[call(0, 10), call(T + 300, T + 200)], 0)[1], by(Cause::Scheduler, 300));
        assert_eq!(late(&[call(0, 10), call(T + 300, T + 301)], 0)[1], by(Cause::Processing, 301));
    }

    #[test]
    fn two_small_harms_may_miss_a_deadline_together() {
        // 100 of 250 late and 950 of 1000 busy.
        assert_eq!(late(&[call(0, 10), call(T + 100, 950)], 0)[1], by(Cause::Processing, 50));
        // 240 of 250 late and 800 of 1000 busy.
        assert_eq!(late(&[call(0, 10), call(T + 240, 800)], 0)[1], by(Cause::Scheduler, 40));
        assert_eq!(late(&[call(0, 10), call(T + 200, 800)], 0)[1], None);
    }

    #[test]
    fn a_device_that_calls_ahead_may_pause() {
        let bursts: Vec<Call> = (0..20).map(|n| call(n / 2 * 2 * T + n % 2 * 10, 5)).collect();
        assert!(late(&bursts, T).iter().all(Option::is_none), "{:?}", late(&bursts, T));
        assert!(late(&bursts, 0).iter().any(Option::is_some));
        // Its slack is no credit for ever: a pause beyond it is late.
        let mut bursts = bursts;
        bursts.push(call(20 * T + 600, 5));
        assert_eq!(late(&bursts, T)[20], by(Cause::Scheduler, 600));
    }

    #[test]
    fn periods_may_change_from_call_to_call() {
        let mut long = call(0, 10);
        long.period_ns = 4 * T;
        assert_eq!(late(&[long, call(4 * T, 10), call(5 * T, 10)], 0), [None; 3]);
    }

    #[test]
    fn a_device_that_begins_anew_is_not_late() {
        let mut judge = Judge::default();
        judge.judge(&call(0, 10), 0);
        judge.forget();
        let verdict = judge.judge(&call(1_000_000, 10), 0);
        assert_eq!(verdict, Verdict { interval_ns: None, lateness_ns: 0, late: None });
    }

    /// What is said of gaps of which the device has reported `gaps` by the end of each call.
    fn explained(calls: &[(Call, u64)]) -> Vec<Option<(Cause, u64, u64)>> {
        let (mut judge, mut gap_judge) = (Judge::default(), GapJudge::default());
        calls
            .iter()
            .map(|(call, gaps)| {
                let verdict = judge.judge(call, 0);
                gap_judge.judge(call, &verdict, *gaps)
            })
            .collect()
    }

    #[test]
    fn a_gap_with_a_late_block_has_its_cause() {
        let told = explained(&[(call(0, 10), 0), (call(3 * T, 10), 0), (call(4 * T, 10), 2)]);
        assert_eq!(told, [None, None, Some((Cause::Scheduler, 2 * T, 2))]);
        let told = explained(&[(call(0, 5 * T), 0), (call(5 * T, 10), 1), (call(6 * T, 10), 1)]);
        assert_eq!(told, [None, Some((Cause::Processing, 4 * T, 1)), None]);
    }

    #[test]
    fn the_news_of_a_gap_may_come_before_the_late_call() {
        // Reported during the second call, which is in time; the third is the late one.
        let told = explained(&[(call(0, 10), 0), (call(T, 10), 1), (call(4 * T, 10), 1)]);
        assert_eq!(told, [None, None, Some((Cause::Scheduler, 2 * T, 1))]);
    }

    #[test]
    fn a_gap_without_a_late_block_is_the_devices() {
        let calls: Vec<(Call, u64)> = (0..8).map(|n| (call(n * T, 10), u64::from(n >= 3))).collect();
        let told = explained(&calls);
        assert_eq!(told[5], Some((Cause::Device, 0, 1)));
        assert_eq!(told.iter().flatten().count(), 1);
    }

    #[test]
    fn an_old_late_block_explains_nothing() {
        let ms = 1_000_000;
        let mut judge = GapJudge::default();
        let quiet = Verdict { interval_ns: Some(T), lateness_ns: 0, late: None };
        let noisy = Verdict { late: by(Cause::Scheduler, 400), ..quiet };
        assert_eq!(judge.judge(&call(0, 10), &noisy, 0), None);
        for n in 0..2 {
            assert_eq!(judge.judge(&call(21 * ms + n * T, 10), &quiet, 1), None);
        }
        assert_eq!(judge.judge(&call(21 * ms + 2 * T, 10), &quiet, 1), Some((Cause::Device, 0, 1)));
    }
}
