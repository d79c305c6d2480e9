//! `--stats FILE.json`: times, memory and counts as data.

use std::fs;
use std::path::Path;

use oscine_engine::{StatsSnapshot, ThreadAccount, Times};
use serde::Serialize;

use crate::failure::Failure;
use crate::timing::series::{CauseCounts, ThreadFigures};

/// What a run or a render measured.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Stats {
    /// From the script's text to typed instructions, its load time included.
    pub load_ms: f64,
    /// From instructions to machine code.
    pub compile_ms: f64,
    /// Frames computed.
    pub frames: u64,
    /// Time spent in the script.
    pub process_ns_per_frame: Distribution,
    /// The largest amount of memory that the process held; `null` where the system does not tell.
    pub peak_rss_bytes: Option<u64>,
    /// Memory of the script's state, all instances together.
    pub state_bytes: u64,
    /// What only a run has.
    #[serde(flatten)]
    pub live: Option<LiveStats>,
}

/// A distribution over blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Distribution {
    /// All time by all frames.
    pub mean: f64,
    /// Half of the blocks took at most this.
    pub p50: f64,
    /// 99 of 100 blocks took at most this.
    pub p99: f64,
    /// The slowest block.
    pub max: f64,
}

/// What a run measures besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct LiveStats {
    /// How often the device asked for sound.
    pub callbacks: u64,
    /// How often it came too late.
    pub xruns: u64,
    /// The same, by cause.
    pub xrun_causes: CauseCounts,
    /// Blocks that came late, whether the device reports it or not, by cause.
    pub late_blocks: CauseCounts,
    /// Time that callbacks took, in ms.
    pub callback_ms: Milliseconds,
    /// Time from one callback to the next, in ms.
    pub interval_ms: Milliseconds,
    /// How much later than they were due callbacks came, in ms.
    pub lateness_ms: Milliseconds,
    /// What the system says of the audio thread; `null` where it does not tell.
    pub audio_thread: Option<ThreadFigures>,
    /// Mean time of a callback in percent of the time that its frames last.
    pub load_percent: f64,
    /// From input to output, the device's buffers included.
    pub latency_frames: u64,
    /// Frames of input devices that were not there in time: zeros were heard in their place.
    pub input_missing_frames: u64,
    /// Frames of input devices that came and were not heard.
    pub input_lost_frames: u64,
    /// Moves of parameters and events for which there was no room.
    pub lost_changes: u64,
    /// What came by OSC, if it was listened for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub osc: Option<OscStats>,
    /// What was recorded, if anything was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordStats>,
}

/// A recording.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct RecordStats {
    /// Frames in the file, silence in the place of missing ones among them.
    pub frames: u64,
    /// Frames that are missing, because the disk did not keep up.
    pub missing_frames: u64,
}

impl LiveStats {
    /// Of what was counted, with what the system said of the audio thread while there was one.
    pub fn of(counted: &StatsSnapshot, audio_thread: Option<ThreadAccount>, latency_frames: usize) -> Self {
        Self {
            callbacks: counted.callbacks,
            xruns: counted.xruns,
            xrun_causes: counted.xrun_causes.into(),
            late_blocks: counted.late_blocks.into(),
            callback_ms: counted.busy_ns.into(),
            interval_ms: counted.interval_ns.into(),
            lateness_ms: counted.lateness_ns.into(),
            audio_thread: audio_thread.map(ThreadFigures::from),
            load_percent: counted.load_percent,
            latency_frames: latency_frames as u64,
            input_missing_frames: counted.input_underrun_frames,
            input_lost_frames: counted.input_overrun_frames,
            lost_changes: counted.lost_changes,
            osc: None,
            record: None,
        }
    }
}

/// A distribution of times over callbacks, in ms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Milliseconds {
    /// Half of them took at most this.
    pub p50: f64,
    /// 99 of 100 took at most this.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl From<Times> for Milliseconds {
    fn from(times: Times) -> Self {
        let ms = |ns: u64| ns as f64 / 1e6;
        Self { p50: ms(times.p50), p99: ms(times.p99), max: ms(times.max) }
    }
}

/// The line that tells of xruns at the end of a run; none without any.
pub fn xruns_in_words(counted: &StatsSnapshot) -> Option<String> {
    let plural = if counted.xruns == 1 { "" } else { "s" };
    (counted.xruns > 0).then(|| format!("{} xrun{plural}: {}", counted.xruns, counted.xrun_causes))
}

/// What came by OSC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct OscStats {
    /// All packets.
    pub packets: u64,
    /// Those that were no OSC, and were ignored.
    pub malformed: u64,
}

/// Whether there can be a file `path` at all: better told before the sound than after it.
pub fn check(path: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.is_dir() {
        return Err(Failure::call(format!("{}: is a directory", path.display())));
    }
    match folder.filter(|folder| !folder.is_dir()) {
        Some(_) => Err(Failure::call(format!("{}: its folder does not exist", path.display()))),
        None => Ok(()),
    }
}

/// Writes `stats` to `path` as JSON.
pub fn write(stats: &Stats, path: &Path) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(stats).expect("numbers and names serialize");
    text.push('\n');
    fs::write(path, text).map_err(|error| Failure::call(format!("{} cannot be written: {error}", path.display())))
}

/// The largest resident set that this process has had, in bytes; Linux tells it.
pub fn peak_rss_bytes() -> Option<u64> {
    Some(oscine_bench::memory::resident().most).filter(|most| *most > 0)
}

#[cfg(test)]
mod tests {
    use oscine_engine::{Cause, Stats, ThreadAccount};

    use super::{LiveStats, xruns_in_words};

    #[test]
    fn xruns_are_told_with_their_causes() {
        let mut counted = Stats::new(48_000.0).snapshot();
        assert_eq!(xruns_in_words(&counted), None);
        counted.xruns = 1;
        counted.xrun_causes.add(Cause::Device, 0);
        let line = "1 xrun: 1 the device or its server, though we were in time";
        assert_eq!(xruns_in_words(&counted).as_deref(), Some(line));
        counted.xruns = 3;
        (0..2).for_each(|_| counted.xrun_causes.add(Cause::Scheduler, 4_100_000));
        let line = "3 xruns: 2 the system's scheduler was late (by up to 4.1 ms), 1 the device or its server, though we \
                    were in time";
        assert_eq!(xruns_in_words(&counted).as_deref(), Some(line));
    }

    #[test]
    fn data_have_causes_and_times() {
        let mut counted = Stats::new(48_000.0).snapshot();
        counted.late_blocks.add(Cause::Processing, 2_500_000);
        counted.interval_ns.max = 1_450_000;
        (counted.input_underrun_frames, counted.input_overrun_frames, counted.lost_changes) = (480, 48, 3);
        let account = ThreadAccount { minor_faults: 2, major_faults: 1, ..ThreadAccount::default() };
        let data = serde_json::to_value(LiveStats::of(&counted, Some(account), 128)).expect("data");
        assert_eq!(data["late_blocks"]["processing"], serde_json::json!({"count": 1, "worst_ms": 2.5}));
        assert_eq!(data["interval_ms"]["max"], 1.45);
        assert_eq!(data["audio_thread"]["page_faults"], 3);
        assert_eq!(data["latency_frames"], 128);
        assert_eq!((&data["input_missing_frames"], &data["input_lost_frames"]), (&480.into(), &48.into()));
        assert_eq!(data["lost_changes"], 3);
    }
}
