//! `--stats FILE.json`: times, memory and counts as data.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::failure::Failure;

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
    /// Mean time of a callback in percent of the time that its frames last.
    pub load_percent: f64,
    /// From input to output, the device's buffers included.
    pub latency_frames: u64,
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

/// What came by OSC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct OscStats {
    /// All packets.
    pub packets: u64,
    /// Those that were no OSC, and were ignored.
    pub malformed: u64,
}

/// Writes `stats` to `path` as JSON.
pub fn write(stats: &Stats, path: &Path) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(stats).expect("numbers and names serialize");
    text.push('\n');
    fs::write(path, text).map_err(|error| Failure::call(format!("{} cannot be written: {error}", path.display())))
}

/// The largest resident set that this process has had, in bytes; Linux tells it.
pub fn peak_rss_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
