//! One callback after another, what is said of them in figures, and what was in charge of the machine meanwhile.

use oscine_engine::{Cause, Causes, Late, Sample, ThreadAccount};
use serde::Serialize;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The script.
    Script,
    /// Control: the same client on the same device, with a processor that only copies its input.
    Copy,
    /// Control: a bare timer thread of the same priority.
    Timer,
}

impl Subject {
    /// All of them, in the order in which they take turns.
    pub const ALL: [Subject; 3] = [Subject::Script, Subject::Copy, Subject::Timer];

    /// One word, as data have it.
    pub fn word(self) -> &'static str {
        match self {
            Subject::Script => "script",
            Subject::Copy => "copy",
            Subject::Timer => "timer",
        }
    }
}

/// A callback and the wait after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// When it was called, since the slice began.
    pub at_ns: u64,
    /// From its call to its return.
    pub processing_ns: u64,
    /// From its return to the next call.
    pub idle_ns: u64,
    /// Whether its block was late, and through whom.
    pub late: Option<Late>,
}

impl Turn {
    /// From its call to the next one.
    pub fn sum_ns(&self) -> u64 {
        self.processing_ns + self.idle_ns
    }
}

/// What one subject did for a while under one load.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// The loads that ran, `none` or their names.
    pub load: String,
    /// What was measured.
    pub subject: Subject,
    /// The round that it was part of, from 1 up.
    pub round: u32,
    /// The time that a callback's frames last.
    pub period_ns: f64,
    /// Its callbacks.
    pub turns: Vec<Turn>,
    /// Gaps that the device reported, by cause.
    pub xruns: Causes,
    /// What the system said of the thread.
    pub account: Option<ThreadAccount>,
    /// Callbacks that were made but not recorded.
    pub lost: u64,
}

impl Slice {
    /// The turns of a series of callbacks, those of the first `settling_ns` left out.
    pub fn turns(samples: &[Sample], settling_ns: u64) -> Vec<Turn> {
        let Some(first) = samples.first() else { return vec![] };
        let begin_ns = first.start_ns + settling_ns;
        let settled = samples.partition_point(|sample| sample.start_ns < begin_ns);
        let pairs = samples[settled..].windows(2);
        pairs
            .map(|pair| Turn {
                at_ns: pair[0].start_ns - begin_ns,
                processing_ns: pair[0].busy_ns,
                idle_ns: pair[1].start_ns.saturating_sub(pair[0].start_ns + pair[0].busy_ns),
                late: pair[0].late,
            })
            .collect()
    }

    /// How long it lasted.
    pub fn seconds(&self) -> f64 {
        self.turns.iter().map(|turn| turn.sum_ns() as f64).sum::<f64>() / 1e9
    }

    /// Its late blocks, by cause.
    pub fn late(&self) -> Causes {
        late(&self.turns)
    }

    /// Late blocks a minute.
    pub fn late_per_minute(&self) -> f64 {
        per_minute(self.late().total(), self.seconds())
    }

    /// Xruns a minute.
    pub fn xruns_per_minute(&self) -> f64 {
        per_minute(self.xruns.total(), self.seconds())
    }
}

/// Late blocks by cause.
fn late(turns: &[Turn]) -> Causes {
    let mut causes = Causes::default();
    turns.iter().filter_map(|turn| turn.late).for_each(|late| causes.add(late.cause, late.by_ns));
    causes
}

fn per_minute(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 * 60.0 / seconds } else { 0.0 }
}

/// One of the paper's three columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Column {
    /// The shortest, in ms.
    pub min_ms: f64,
    /// The longest, in ms.
    pub max_ms: f64,
    /// All together by their number, in ms.
    pub mean_ms: f64,
    /// Half of them are at most this, in ms.
    pub p50_ms: f64,
    /// 99 of 100 are at most this, in ms.
    pub p99_ms: f64,
    /// How many are longer than the period, in percent.
    pub over_period_percent: f64,
    /// How many are 1.25 periods or longer, in percent.
    pub over_limit_percent: f64,
}

/// From so many periods up an interval is late: see `oscine_engine`'s rules.
const LATE_PERIODS: f64 = 1.25;

impl Column {
    /// Of times in ns, in any order.
    fn of(mut times_ns: Vec<u64>, period_ns: f64) -> Self {
        times_ns.sort_unstable();
        let (Some(min), Some(max)) = (times_ns.first(), times_ns.last()) else { return Self::default() };
        let count = times_ns.len() as f64;
        let ms = |ns: u64| ns as f64 / 1e6;
        let share = |from_ns: f64| 100.0 * times_ns.iter().filter(|ns| **ns as f64 >= from_ns).count() as f64 / count;
        Self {
            min_ms: ms(*min),
            max_ms: ms(*max),
            mean_ms: times_ns.iter().map(|ns| ms(*ns)).sum::<f64>() / count,
            p50_ms: ms(quantile(&times_ns, 0.5)),
            p99_ms: ms(quantile(&times_ns, 0.99)),
            // Periods are not whole nanoseconds; a time that is longer is so by at least one.
            over_period_percent: share(period_ns.floor() + 1.0),
            over_limit_percent: share(LATE_PERIODS * period_ns),
        }
    }
}

/// The smallest of `sorted` that a share `q` of them does not exceed.
fn quantile(sorted: &[u64], q: f64) -> u64 {
    let rank = (q * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank - 1]
}

/// All slices of one subject under one load, in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// What was measured.
    pub subject: Subject,
    /// How many slices.
    pub slices: usize,
    /// How long they lasted together.
    pub seconds: f64,
    /// How many callbacks.
    pub callbacks: u64,
    /// Callbacks that were made but not recorded.
    pub lost_callbacks: u64,
    /// Waiting for the next callback.
    pub idle: Column,
    /// Computing.
    pub processing: Column,
    /// From one callback to the next.
    pub sum: Column,
    /// Median processing time of each slice, in percent of the period: the median, least and most of them.
    pub processing_percent: Spread,
    /// Late blocks a minute.
    pub late_per_minute: Spread,
    /// The same, by cause.
    pub late: CauseCounts,
    /// Gaps that the device reported, a minute.
    pub xruns_per_minute: Spread,
    /// The same, by cause.
    pub xruns: CauseCounts,
    /// What the system said of the thread, all slices together.
    pub thread: Option<ThreadFigures>,
    /// The words of the causes of late blocks; empty where there are none.
    #[serde(skip)]
    pub late_words: String,
    /// The same of xruns.
    #[serde(skip)]
    pub xrun_words: String,
}

/// A figure of each slice: the middle one and both ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the slices are at most this.
    pub median: f64,
    /// The least of all.
    pub least: f64,
    /// The most of all.
    pub most: f64,
}

impl Spread {
    /// Of figures in any order.
    pub fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.collect();
        figures.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (figures.first(), figures.last()) else { return Self::default() };
        let middle = figures.len() / 2;
        let median =
            if figures.len() % 2 == 1 { figures[middle] } else { f64::midpoint(figures[middle - 1], figures[middle]) };
        Self { median, least: *least, most: *most }
    }
}

/// How often by cause, and the worst of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct CauseCounts {
    /// All together.
    pub total: u64,
    /// Through our processing.
    pub processing: CauseCount,
    /// Through the scheduler.
    pub scheduler: CauseCount,
    /// Through the device or its server.
    pub device: CauseCount,
}

/// How often, and by how much at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct CauseCount {
    /// How often.
    pub count: u64,
    /// By how much at most, in ms; 0 where that is not known.
    pub worst_ms: f64,
}

impl From<Causes> for CauseCounts {
    fn from(causes: Causes) -> Self {
        let count = |cause: Cause| {
            let tally = causes.of(cause);
            CauseCount { count: tally.count, worst_ms: tally.worst_ns as f64 / 1e6 }
        };
        Self {
            total: causes.total(),
            processing: count(Cause::Processing),
            scheduler: count(Cause::Scheduler),
            device: count(Cause::Device),
        }
    }
}

/// The system's account of a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct ThreadFigures {
    /// Real-time priority, 1 to 99; 0 for an ordinary thread.
    pub realtime_priority: u32,
    /// How often the scheduler took the processor from it.
    pub involuntary_switches: u64,
    /// Pages of memory that it waited for.
    pub page_faults: u64,
    /// Time that it was ready and had no processor, in ms.
    pub waited_ms: f64,
}

impl From<ThreadAccount> for ThreadFigures {
    fn from(account: ThreadAccount) -> Self {
        Self {
            realtime_priority: account.realtime_priority,
            involuntary_switches: account.involuntary_switches,
            page_faults: account.minor_faults + account.major_faults,
            waited_ms: account.waited_ns as f64 / 1e6,
        }
    }
}

impl Figures {
    /// Of the slices of `subject` under `load`; none if there are none.
    pub fn of(slices: &[Slice], load: &str, subject: Subject) -> Option<Self> {
        let slices: Vec<&Slice> = slices.iter().filter(|s| s.load == load && s.subject == subject).collect();
        let period_ns = slices.first()?.period_ns;
        let column = |time: fn(&Turn) -> u64| {
            Column::of(slices.iter().flat_map(|slice| slice.turns.iter().map(time)).collect(), period_ns)
        };
        let (mut late, mut xruns) = (Causes::default(), Causes::default());
        for slice in &slices {
            late.add_all(&slice.late());
            xruns.add_all(&slice.xruns);
        }
        let middle_percent = |slice: &&Slice| {
            let processing = slice.turns.iter().map(|turn| turn.processing_ns).collect();
            Column::of(processing, period_ns).p50_ms * 1e6 / period_ns * 100.0
        };
        Some(Self {
            subject,
            slices: slices.len(),
            seconds: slices.iter().map(|slice| slice.seconds()).sum(),
            callbacks: slices.iter().map(|slice| slice.turns.len() as u64).sum(),
            lost_callbacks: slices.iter().map(|slice| slice.lost).sum(),
            idle: column(|turn| turn.idle_ns),
            processing: column(|turn| turn.processing_ns),
            sum: column(Turn::sum_ns),
            processing_percent: Spread::of(slices.iter().map(middle_percent)),
            late_per_minute: Spread::of(slices.iter().map(|slice| slice.late_per_minute())),
            late: late.into(),
            xruns_per_minute: Spread::of(slices.iter().map(|slice| slice.xruns_per_minute())),
            xruns: xruns.into(),
            thread: accounts(&slices).map(ThreadFigures::from),
            late_words: late.to_string(),
            xrun_words: xruns.to_string(),
        })
    }
}

/// All accounts added up; none unless each slice has one.
fn accounts(slices: &[&Slice]) -> Option<ThreadAccount> {
    let mut sum = ThreadAccount::default();
    for slice in slices {
        let account = slice.account?;
        sum.realtime_priority = account.realtime_priority;
        sum.involuntary_switches += account.involuntary_switches;
        sum.voluntary_switches += account.voluntary_switches;
        sum.minor_faults += account.minor_faults;
        sum.major_faults += account.major_faults;
        sum.waited_ns += account.waited_ns;
    }
    Some(sum)
}

#[cfg(test)]
pub(crate) mod tests {
    use oscine_engine::{Cause, Causes, Late, Sample, ThreadAccount};

    use super::{Figures, Slice, Spread, Subject, Turn};

    const MS: u64 = 1_000_000;

    /// A period of 2 ms: four turns, one of them late.
    pub(crate) fn slice(load: &str, subject: Subject, round: u32) -> Slice {
        let late = Some(Late { cause: Cause::Scheduler, by_ns: 3 * MS });
        let turn = |at_ms: u64, processing_ms: u64, idle_ms: u64, late| Turn {
            at_ns: at_ms * MS,
            processing_ns: processing_ms * MS,
            idle_ns: idle_ms * MS,
            late,
        };
        let turns = vec![turn(0, 1, 1, None), turn(2, 1, 4, None), turn(7, 2, 0, late), turn(9, 0, 2, None)];
        let mut xruns = Causes::default();
        xruns.add(Cause::Scheduler, 3 * MS);
        xruns.add(Cause::Device, 0);
        let account = Some(ThreadAccount { realtime_priority: 65, waited_ns: 5 * MS, ..ThreadAccount::default() });
        Slice { load: load.to_owned(), subject, round, period_ns: 2e6, turns, xruns, account, lost: 0 }
    }

    #[test]
    fn a_known_series_gives_known_figures() {
        let slices = [
            slice("none", Subject::Script, 1),
            slice("none", Subject::Copy, 1),
            slice("none", Subject::Script, 2),
            slice("cpu", Subject::Script, 1),
        ];
        let figures = Figures::of(&slices, "none", Subject::Script).expect("figures");
        assert_eq!((figures.slices, figures.callbacks, figures.seconds), (2, 8, 0.022));
        let idle = figures.idle;
        assert_eq!((idle.min_ms, idle.max_ms, idle.mean_ms, idle.p50_ms, idle.p99_ms), (0.0, 4.0, 1.75, 1.0, 4.0));
        assert_eq!((idle.over_period_percent, idle.over_limit_percent), (25.0, 25.0));
        let processing = figures.processing;
        assert_eq!((processing.min_ms, processing.max_ms, processing.mean_ms), (0.0, 2.0, 1.0));
        assert_eq!((processing.over_period_percent, processing.over_limit_percent), (0.0, 0.0));
        let sum = figures.sum;
        assert_eq!((sum.min_ms, sum.max_ms, sum.mean_ms, sum.over_period_percent), (2.0, 5.0, 2.75, 25.0));
        assert_eq!(figures.processing_percent, Spread { median: 50.0, least: 50.0, most: 50.0 });
        assert!((figures.late_per_minute.median - 60.0 / 0.011).abs() < 1e-6);
        assert_eq!((figures.late.total, figures.late.scheduler.count, figures.late.scheduler.worst_ms), (2, 2, 3.0));
        assert_eq!((figures.xruns.total, figures.xruns.device.count), (4, 2));
        let thread = figures.thread.expect("an account");
        assert_eq!((thread.realtime_priority, thread.waited_ms), (65, 10.0));
        assert_eq!(Figures::of(&slices, "copy", Subject::Script), None);
    }

    #[test]
    fn turns_begin_after_settling_and_end_before_the_last() {
        let sample = |start_ns: u64, busy_ns: u64| Sample { start_ns, busy_ns, frames: 64, late: None };
        let samples = [sample(100, 5), sample(110, 5), sample(120, 6), sample(135, 20), sample(150, 1)];
        let turns = Slice::turns(&samples, 15);
        let turn = |at_ns, processing_ns, idle_ns| Turn { at_ns, processing_ns, idle_ns, late: None };
        assert_eq!(turns, [turn(5, 6, 9), turn(20, 20, 0)]);
        assert_eq!(Slice::turns(&[], 15), []);
        assert_eq!(Slice::turns(&samples[..1], 0), []);
    }

    #[test]
    fn a_spread_is_the_middle_and_both_ends() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0].into_iter()), Spread { median: 2.0, least: 1.0, most: 3.0 });
        assert_eq!(Spread::of([4.0, 1.0].into_iter()), Spread { median: 2.5, least: 1.0, most: 4.0 });
        assert_eq!(Spread::of(std::iter::empty()), Spread::default());
    }
}
