//! Memory of this process, as the system tells it.

/// Bytes that lie in memory; zeros where the system does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resident {
    /// At this moment.
    pub now: u64,
    /// The most so far.
    pub most: u64,
}

/// Reads it; Linux tells.
pub fn resident() -> Resident {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bytes = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kibibytes = line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        kibibytes.unwrap_or(0) * 1024
    };
    Resident { now: bytes("VmRSS:"), most: bytes("VmHWM:") }
}
