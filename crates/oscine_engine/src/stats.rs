//! What the engine counts: atomics that the audio thread writes and anyone reads. Units are in the names.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::histogram::Histogram;
use crate::timing::{AtomicCauses, Cause, Causes, Log, Sample, ThreadAccount, Verdict, account};

/// Counters of one run or render. Only the audio thread adds to those of blocks; readers take a
/// [`snapshot`](Stats::snapshot).
pub struct Stats {
    sample_rate: f64,
    /// The moment from which times count.
    epoch: Instant,
    blocks: AtomicU64,
    frames: AtomicU64,
    process_ns: AtomicU64,
    process_ps_per_frame: Histogram,
    slow_blocks: AtomicU64,
    callbacks: AtomicU64,
    busy_ns: AtomicU64,
    played_frames: AtomicU64,
    recent_load_ppm: AtomicU64,
    busy_histogram_ns: Histogram,
    interval_histogram_ns: Histogram,
    lateness_histogram_ns: Histogram,
    late_blocks: AtomicCauses,
    device_xruns: AtomicU64,
    explained_xruns: AtomicCauses,
    slack_ns: AtomicU64,
    /// The system's number of the audio thread; 0 for none.
    thread: AtomicU64,
    log: Log,
    lost_changes: AtomicU64,
    lost_reports: AtomicU64,
    input_underrun_frames: AtomicU64,
    input_overrun_frames: AtomicU64,
    reblocking_frames: AtomicU64,
    /// Bits of the largest absolute sample; as bits of floats that are not negative they order as the floats do.
    peak_bits: AtomicU64,
    is_finished: AtomicBool,
    is_muted: AtomicBool,
    is_bypassed: AtomicBool,
    has_failed: AtomicBool,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatsSnapshot {
    /// Blocks computed.
    pub blocks: u64,
    /// Frames computed.
    pub frames: u64,
    /// Mean time that the processor took for a frame.
    pub process_ns_per_frame_mean: f64,
    /// The same: what half of the blocks stay below (within 3 %).
    pub process_ns_per_frame_p50: f64,
    /// The same: what 99 of 100 blocks stay below (within 3 %).
    pub process_ns_per_frame_p99: f64,
    /// The same: the slowest block.
    pub process_ns_per_frame_max: f64,
    /// Blocks that took the processor longer than they last.
    pub slow_blocks: u64,
    /// Calls of the audio callback.
    pub callbacks: u64,
    /// Time spent in callbacks over the time that they played, in percent.
    pub load_percent: f64,
    /// The same over about the last third of a second.
    pub recent_load_percent: f64,
    /// Time that callbacks took.
    pub busy_ns: Times,
    /// Time from one callback to the next.
    pub interval_ns: Times,
    /// How much later than they were due callbacks came.
    pub lateness_ns: Times,
    /// Blocks that came late, by cause.
    pub late_blocks: Causes,
    /// Gaps in the sound: the device ran out of samples, whoever was to blame.
    pub xruns: u64,
    /// The same, by cause. One whose cause is not known yet counts as the device's.
    pub xrun_causes: Causes,
    /// Parameter moves and events that found their queue full.
    pub lost_changes: u64,
    /// Troubles that found their queue full.
    pub lost_reports: u64,
    /// Frames of a device input that were missing when they were needed, and played as zeros.
    pub input_underrun_frames: u64,
    /// Frames of a device input that nobody took in time.
    pub input_overrun_frames: u64,
}

/// A distribution of times over callbacks, in ns; the quantiles are known within 3 %.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// Half of them are below.
    pub p50: u64,
    /// 99 of 100 are below.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

impl Times {
    fn of(histogram: &Histogram) -> Self {
        Self { p50: histogram.quantile(0.5), p99: histogram.quantile(0.99), max: histogram.max() }
    }
}

/// Time over which the recent load is averaged.
const RECENT_SECONDS: f64 = 0.3;

impl Stats {
    /// All at zero, for sound at `sample_rate` Hz.
    pub fn new(sample_rate: f64) -> Self {
        Self::with_log(sample_rate, 0)
    }

    /// The same, keeping each of the last `callbacks` callbacks for [`take_samples`](Self::take_samples).
    pub fn with_log(sample_rate: f64, callbacks: usize) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            sample_rate,
            epoch: Instant::now(),
            blocks: zero(),
            frames: zero(),
            process_ns: zero(),
            process_ps_per_frame: Histogram::new(),
            slow_blocks: zero(),
            callbacks: zero(),
            busy_ns: zero(),
            played_frames: zero(),
            recent_load_ppm: zero(),
            busy_histogram_ns: Histogram::new(),
            interval_histogram_ns: Histogram::new(),
            lateness_histogram_ns: Histogram::new(),
            late_blocks: AtomicCauses::default(),
            device_xruns: zero(),
            explained_xruns: AtomicCauses::default(),
            slack_ns: zero(),
            thread: zero(),
            log: Log::new(callbacks),
            lost_changes: zero(),
            lost_reports: zero(),
            input_underrun_frames: zero(),
            input_overrun_frames: zero(),
            reblocking_frames: zero(),
            peak_bits: zero(),
            is_finished: AtomicBool::new(false),
            is_muted: AtomicBool::new(false),
            is_bypassed: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
        }
    }

    /// The processor took `process_ns` for a block of `frames`.
    pub(crate) fn add_block(&self, frames: usize, process_ns: u64) {
        self.blocks.fetch_add(1, Relaxed);
        self.frames.fetch_add(frames as u64, Relaxed);
        self.process_ns.fetch_add(process_ns, Relaxed);
        self.process_ps_per_frame.record(process_ns.saturating_mul(1000) / (frames as u64).max(1));
        if process_ns > self.frames_to_ns(frames) {
            self.slow_blocks.fetch_add(1, Relaxed);
        }
    }

    /// A callback took `busy_ns` to deliver `frames`.
    pub(crate) fn add_callback(&self, frames: usize, start_ns: u64, busy_ns: u64, verdict: &Verdict) {
        self.callbacks.fetch_add(1, Relaxed);
        self.busy_histogram_ns.record(busy_ns);
        if let Some(interval_ns) = verdict.interval_ns {
            self.interval_histogram_ns.record(interval_ns);
            self.lateness_histogram_ns.record(verdict.lateness_ns);
        }
        if let Some(late) = verdict.late {
            self.late_blocks.add(late.cause, 1, late.by_ns);
        }
        self.log.push(&Sample { start_ns, busy_ns, frames: frames as u32, late: verdict.late });
        self.busy_ns.fetch_add(busy_ns, Relaxed);
        self.played_frames.fetch_add(frames as u64, Relaxed);
        let seconds = frames as f64 / self.sample_rate;
        if seconds > 0.0 {
            let load_ppm = busy_ns as f64 / 1e3 / seconds;
            let before_ppm = self.recent_load_ppm.load(Relaxed) as f64;
            let weight = (seconds / RECENT_SECONDS).min(1.0);
            self.recent_load_ppm.store((before_ppm + weight * (load_ppm - before_ppm)).round() as u64, Relaxed);
        }
    }

    /// The device reported a gap. Its cause is found at one of the next callbacks.
    pub(crate) fn add_xrun(&self) {
        self.device_xruns.fetch_add(1, Relaxed);
    }

    /// Gaps that the device has reported.
    pub(crate) fn gaps(&self) -> u64 {
        self.device_xruns.load(Relaxed)
    }

    /// `count` of those have a cause, a block that was late by `by_ns` if it was not the device.
    pub(crate) fn explain_gaps(&self, cause: Cause, by_ns: u64, count: u64) {
        self.explained_xruns.add(cause, count, by_ns);
    }

    /// The device keeps `frames` ahead, and may call so much before it needs the sound; 0 by default.
    pub(crate) fn set_slack_frames(&self, frames: usize) {
        self.slack_ns.store(self.frames_to_ns(frames), Relaxed);
    }

    pub(crate) fn slack_ns(&self) -> u64 {
        self.slack_ns.load(Relaxed)
    }

    /// The audio thread, by the system's number.
    pub(crate) fn set_thread(&self, id: Option<u64>) {
        self.thread.store(id.unwrap_or(0), Relaxed);
    }

    /// What the system says of the audio thread; nothing where it does not tell, or the thread is not there.
    pub fn audio_thread(&self) -> Option<ThreadAccount> {
        Some(self.thread.load(Relaxed)).filter(|id| *id != 0).and_then(account)
    }

    /// Appends the callbacks since the last call to `samples`, and gives how many were lost because this comes too late.
    /// For one reader.
    pub fn take_samples(&self, samples: &mut Vec<Sample>) -> u64 {
        self.log.take(samples)
    }

    pub(crate) fn add_lost_change(&self) {
        self.lost_changes.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_lost_report(&self) {
        self.lost_reports.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_input_underrun(&self, frames: usize) {
        self.input_underrun_frames.fetch_add(frames as u64, Relaxed);
    }

    pub(crate) fn add_input_overrun(&self, frames: usize) {
        self.input_overrun_frames.fetch_add(frames as u64, Relaxed);
    }

    pub(crate) fn set_reblocking_frames(&self, frames: u64) {
        self.reblocking_frames.store(frames, Relaxed);
    }

    /// Frames that portions which are no multiples of the block add to the latency.
    pub(crate) fn reblocking_frames(&self) -> u64 {
        self.reblocking_frames.load(Relaxed)
    }

    /// Raises the peak meter to `peak`, a finite absolute sample value.
    pub(crate) fn raise_peak(&self, peak: f64) {
        self.peak_bits.fetch_max(peak.to_bits(), Relaxed);
    }

    pub(crate) fn finish(&self) {
        self.is_finished.store(true, Relaxed);
    }

    /// Whether every frame that was asked for has been delivered.
    pub fn is_finished(&self) -> bool {
        self.is_finished.load(Relaxed)
    }

    pub(crate) fn set_muted(&self, is_muted: bool) {
        self.is_muted.store(is_muted, Relaxed);
    }

    pub(crate) fn set_failed(&self, has_failed: bool) {
        self.has_failed.store(has_failed, Relaxed);
    }

    pub(crate) fn set_bypassed(&self, is_bypassed: bool) {
        self.is_bypassed.store(is_bypassed, Relaxed);
    }

    /// Whether the sound is muted, or is fading to that.
    pub fn is_muted(&self) -> bool {
        self.is_muted.load(Relaxed)
    }

    /// Whether the processor has failed, and is not called until it is reset or replaced.
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Relaxed)
    }

    /// Whether the inputs are heard in the place of the processor, or are fading to that.
    pub fn is_bypassed(&self) -> bool {
        self.is_bypassed.load(Relaxed)
    }

    /// The largest absolute sample since the last call.
    pub fn take_peak(&self) -> f64 {
        f64::from_bits(self.peak_bits.swap(0, Relaxed))
    }

    /// All counters. Each is read by itself: during a block one may already count it while another does not yet.
    pub fn snapshot(&self) -> StatsSnapshot {
        let per = |sum: u64, count: f64| if count > 0.0 { sum as f64 / count } else { 0.0 };
        let ns = |ps: u64| ps as f64 / 1e3;
        let frames = self.frames.load(Relaxed);
        let played_ns = self.played_frames.load(Relaxed) as f64 / self.sample_rate * 1e9;
        let mut xrun_causes = self.explained_xruns.read();
        let xruns = self.device_xruns.load(Relaxed).max(xrun_causes.total());
        xrun_causes.device.count += xruns - xrun_causes.total();
        StatsSnapshot {
            blocks: self.blocks.load(Relaxed),
            frames,
            process_ns_per_frame_mean: per(self.process_ns.load(Relaxed), frames as f64),
            process_ns_per_frame_p50: ns(self.process_ps_per_frame.quantile(0.5)),
            process_ns_per_frame_p99: ns(self.process_ps_per_frame.quantile(0.99)),
            process_ns_per_frame_max: ns(self.process_ps_per_frame.max()),
            slow_blocks: self.slow_blocks.load(Relaxed),
            callbacks: self.callbacks.load(Relaxed),
            load_percent: 100.0 * per(self.busy_ns.load(Relaxed), played_ns),
            recent_load_percent: self.recent_load_ppm.load(Relaxed) as f64 / 1e4,
            busy_ns: Times::of(&self.busy_histogram_ns),
            interval_ns: Times::of(&self.interval_histogram_ns),
            lateness_ns: Times::of(&self.lateness_histogram_ns),
            late_blocks: self.late_blocks.read(),
            xruns,
            xrun_causes,
            lost_changes: self.lost_changes.load(Relaxed),
            lost_reports: self.lost_reports.load(Relaxed),
            input_underrun_frames: self.input_underrun_frames.load(Relaxed),
            input_overrun_frames: self.input_overrun_frames.load(Relaxed),
        }
    }

    /// Time that `frames` last.
    pub(crate) fn frames_to_ns(&self, frames: usize) -> u64 {
        (frames as f64 / self.sample_rate * 1e9) as u64
    }

    /// A moment, in ns since these statistics began.
    pub(crate) fn ns(&self, moment: Instant) -> u64 {
        moment.saturating_duration_since(self.epoch).as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Stats;
    use crate::timing::{Cause, Late, Verdict};

    const IN_TIME: Verdict = Verdict { interval_ns: Some(7), lateness_ns: 3, late: None };

    #[test]
    fn blocks_add_up() {
        // A block of 64 frames at 1000 Hz lasts 64 ms.
        let stats = Stats::new(1000.0);
        stats.add_block(64, 6_400_000);
        stats.add_block(64, 64_000_000);
        stats.add_block(32, 32_000_001);
        let shown = stats.snapshot();
        assert_eq!(shown.blocks, 3);
        assert_eq!(shown.frames, 160);
        assert_eq!(shown.slow_blocks, 1);
        assert_eq!(shown.process_ns_per_frame_mean, 102_400_001.0 / 160.0);
        assert_eq!(shown.process_ns_per_frame_max, 1_000_000.031);
        assert!((shown.process_ns_per_frame_p50 / 1_000_000.0 - 1.0).abs() < 0.032);
    }

    #[test]
    fn load_is_time_spent_over_time_played() {
        let stats = Stats::new(1000.0);
        // 100 frames last 100 ms.
        stats.add_callback(100, 0, 25_000_000, &IN_TIME);
        // A third of the way from 0 to 25 %.
        assert!((stats.snapshot().recent_load_percent - 25.0 / 3.0).abs() < 1e-3);
        stats.add_callback(100, 0, 75_000_000, &IN_TIME);
        let shown = stats.snapshot();
        assert_eq!(shown.callbacks, 2);
        assert_eq!(shown.load_percent, 50.0);
        assert!((shown.recent_load_percent - (25.0 / 3.0 + (75.0 - 25.0 / 3.0) / 3.0)).abs() < 1e-3);
    }

    #[test]
    fn late_blocks_and_gaps_have_causes() {
        let stats = Stats::new(1000.0);
        stats.add_callback(100, 0, 5, &IN_TIME);
        let late = Some(Late { cause: Cause::Scheduler, by_ns: 90 });
        stats.add_callback(100, 0, 6, &Verdict { interval_ns: Some(9), lateness_ns: 90, late });
        (0..3).for_each(|_| stats.add_xrun());
        stats.explain_gaps(Cause::Scheduler, 90, 2);
        let shown = stats.snapshot();
        assert_eq!((shown.late_blocks.total(), shown.late_blocks.scheduler.worst_ns), (1, 90));
        assert_eq!((shown.busy_ns.max, shown.interval_ns.max, shown.lateness_ns.max), (6, 9, 90));
        assert_eq!((shown.busy_ns.p50, shown.lateness_ns.p50), (5, 3));
        // The third has no cause yet.
        let causes = shown.xrun_causes;
        assert_eq!((shown.xruns, causes.scheduler.count, causes.processing.count, causes.device.count), (3, 2, 0, 1));
    }

    #[test]
    fn nothing_done_is_nothing_and_no_division() {
        let shown = Stats::new(48_000.0).snapshot();
        assert_eq!(shown.load_percent, 0.0);
        assert_eq!(shown.process_ns_per_frame_mean, 0.0);
        assert_eq!(shown.process_ns_per_frame_p99, 0.0);
    }

    #[test]
    fn the_peak_is_the_largest_since_it_was_read() {
        let stats = Stats::new(48_000.0);
        for peak in [0.25, 0.75, 0.5] {
            stats.raise_peak(peak);
        }
        assert_eq!(stats.take_peak(), 0.75);
        assert_eq!(stats.take_peak(), 0.0);
    }
}
