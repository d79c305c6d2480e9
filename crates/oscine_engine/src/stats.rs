//! What the engine counts: atomics that the audio thread writes and anyone reads. Units are in the names.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::histogram::Histogram;

/// Counters of one run or render. Only the audio thread adds to those of blocks; readers take a
/// [`snapshot`](Stats::snapshot).
pub struct Stats {
    sample_rate: f64,
    blocks: AtomicU64,
    frames: AtomicU64,
    process_ns: AtomicU64,
    process_ps_per_frame: Histogram,
    slow_blocks: AtomicU64,
    callbacks: AtomicU64,
    busy_ns: AtomicU64,
    played_frames: AtomicU64,
    recent_load_ppm: AtomicU64,
    device_xruns: AtomicU64,
    lost_changes: AtomicU64,
    lost_reports: AtomicU64,
    input_underrun_frames: AtomicU64,
    input_overrun_frames: AtomicU64,
    /// Bits of the largest absolute sample; as bits of floats that are not negative they order as the floats do.
    peak_bits: AtomicU64,
    is_finished: AtomicBool,
    is_muted: AtomicBool,
    is_bypassed: AtomicBool,
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
    /// Gaps in the sound: the device ran out of samples, whoever was to blame.
    pub xruns: u64,
    /// Parameter moves and events that found their queue full.
    pub lost_changes: u64,
    /// Troubles that found their queue full.
    pub lost_reports: u64,
    /// Frames of a device input that were missing when they were needed, and played as zeros.
    pub input_underrun_frames: u64,
    /// Frames of a device input that nobody took in time.
    pub input_overrun_frames: u64,
}

/// Time over which the recent load is averaged.
const RECENT_SECONDS: f64 = 0.3;

impl Stats {
    /// All at zero, for sound at `sample_rate` Hz.
    pub fn new(sample_rate: f64) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            sample_rate,
            blocks: zero(),
            frames: zero(),
            process_ns: zero(),
            process_ps_per_frame: Histogram::new(),
            slow_blocks: zero(),
            callbacks: zero(),
            busy_ns: zero(),
            played_frames: zero(),
            recent_load_ppm: zero(),
            device_xruns: zero(),
            lost_changes: zero(),
            lost_reports: zero(),
            input_underrun_frames: zero(),
            input_overrun_frames: zero(),
            peak_bits: zero(),
            is_finished: AtomicBool::new(false),
            is_muted: AtomicBool::new(false),
            is_bypassed: AtomicBool::new(false),
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
    pub(crate) fn add_callback(&self, frames: usize, busy_ns: u64) {
        self.callbacks.fetch_add(1, Relaxed);
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

    /// The device reported a gap.
    pub(crate) fn add_xrun(&self) {
        self.device_xruns.fetch_add(1, Relaxed);
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

    pub(crate) fn set_bypassed(&self, is_bypassed: bool) {
        self.is_bypassed.store(is_bypassed, Relaxed);
    }

    /// Whether the sound is muted, or is fading to that.
    pub fn is_muted(&self) -> bool {
        self.is_muted.load(Relaxed)
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
            xruns: self.device_xruns.load(Relaxed),
            lost_changes: self.lost_changes.load(Relaxed),
            lost_reports: self.lost_reports.load(Relaxed),
            input_underrun_frames: self.input_underrun_frames.load(Relaxed),
            input_overrun_frames: self.input_overrun_frames.load(Relaxed),
        }
    }

    fn frames_to_ns(&self, frames: usize) -> u64 {
        (frames as f64 / self.sample_rate * 1e9) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Stats;

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
        stats.add_callback(100, 25_000_000);
        // A third of the way from 0 to 25 %.
        assert!((stats.snapshot().recent_load_percent - 25.0 / 3.0).abs() < 1e-3);
        stats.add_callback(100, 75_000_000);
        let shown = stats.snapshot();
        assert_eq!(shown.callbacks, 2);
        assert_eq!(shown.load_percent, 50.0);
        assert!((shown.recent_load_percent - (25.0 / 3.0 + (75.0 - 25.0 / 3.0) / 3.0)).abs() < 1e-3);
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
