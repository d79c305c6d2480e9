//! Where sound goes to and comes from: the system's devices, and a silent one that is always there.

mod listening;
mod null;
mod system;

use std::fmt;
use std::sync::Arc;

use crate::feed::Feed;
use crate::source::Source;
use crate::stats::Stats;

pub use system::{DeviceInfo, list};

/// A device that is playing or listening; it stops when this is dropped.
pub trait Stream {
    /// Why it stopped by itself, if it did.
    fn failure(&self) -> Option<String>;

    /// Channels that the device plays or hears.
    fn channels(&self) -> usize;

    /// Frames between a sample's computing and its sounding, or its sounding and its arrival, as the device says of
    /// its latest portion.
    fn latency_frames(&self) -> usize;
}

/// Why a device cannot be used, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceError(String);

impl DeviceError {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DeviceError {}

/// The name of the built-in device.
pub const NULL: &str = "null";

/// An output that sound can be played on.
pub struct Output {
    kind: Kind,
}

enum Kind {
    Null,
    System(system::OutputDevice),
}

impl Output {
    /// The system's default output, or, where none works, the built-in silent one with the reason.
    pub fn system_default() -> (Self, Option<DeviceError>) {
        match system::default_output() {
            Ok(device) => (Self { kind: Kind::System(device) }, None),
            Err(error) => (Self { kind: Kind::Null }, Some(error)),
        }
    }

    /// The output with that name, with that part of a name, or with that number in [`list`]; `null` is the built-in one.
    pub fn named(name: &str) -> Result<Self, DeviceError> {
        if name == NULL {
            return Ok(Self { kind: Kind::Null });
        }
        system::output(name).map(|device| Self { kind: Kind::System(device) })
    }

    /// What people call it.
    pub fn name(&self) -> String {
        match &self.kind {
            Kind::Null => "the built-in silent device".to_owned(),
            Kind::System(device) => device.name(),
        }
    }

    /// The rate nearest to `sample_rate` that it runs at, in Hz.
    pub fn nearest_rate(&self, sample_rate: f64) -> f64 {
        match &self.kind {
            Kind::Null => sample_rate,
            Kind::System(device) => device.nearest_rate(sample_rate),
        }
    }

    /// Starts playing.
    pub(crate) fn play(
        &self,
        feed: Feed,
        sample_rate: f64,
        block_frames: usize,
        stats: &Arc<Stats>,
    ) -> Result<Box<dyn Stream>, DeviceError> {
        match &self.kind {
            Kind::Null => null::play(feed, sample_rate, block_frames, stats.clone()),
            Kind::System(device) => device.play(feed, sample_rate, block_frames, stats),
        }
    }
}

/// An input's samples, and the stream that feeds them.
pub type Listening = (Box<dyn Source>, Box<dyn Stream>);

/// Listens to the input with that name, part of a name or number: a source, and the stream that feeds it.
///
/// Samples travel by a ring that begins with a cushion; what is missing when it is needed plays as zeros and is counted,
/// and so is what nobody takes in time.
pub fn open_input(
    name: &str,
    sample_rate: f64,
    block_frames: usize,
    stats: &Arc<Stats>,
) -> Result<Listening, DeviceError> {
    system::open_input(name, sample_rate, block_frames, stats)
}
