//! Where sound goes to and comes from.
//!
//! A *back end* is a system that offers devices: those that cpal knows ([`system`]), a JACK server ([`jack`]), and a silent
//! device that is always there ([`null`]). Each gives [`Device`]s, and a device opens a [`Stream`] that plays from a
//! [`Seat`]: to the rest of the engine all are alike. [`choice`] finds the one that a person means.

mod capture;
mod choice;
mod follow;
mod info;
mod jack;
mod keeper;
mod listening;
mod null;
mod output;
mod seat;
mod system;
mod timeline;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use crate::feed::Feed;
use crate::stats::Stats;
use listening::Ear;

pub(crate) use capture::CaptureEar;
pub(crate) use jack::{HOST as JACK, connect_again as connect_jack_ports, open as open_jack_client};
pub(crate) use keeper::Keeper;
pub(crate) use seat::{Guest, Seat, Usher, seat};
pub(crate) use system::quietly;

pub use info::DeviceInfo;
pub(crate) use output::Playing;
pub use output::{Listener, Listening, Output};

/// A device that is playing or listening; it stops when this is dropped.
pub(crate) trait Stream {
    /// Why it stopped by itself, if it did.
    fn failure(&self) -> Option<String>;

    /// Channels that the device plays or hears.
    fn channels(&self) -> usize;

    /// Frames between a sample's computing and its sounding, or its sounding and its arrival, as the device says of
    /// its latest portion.
    fn latency_frames(&self) -> usize;

    /// Sees to what is connected to it; to be called every now and then. Gives lines for the user about what has changed.
    fn tend(&mut self, _now: Instant) -> Vec<String> {
        vec![]
    }
}

/// A system that offers devices.
pub(crate) trait Backend {
    /// What stands before the colon in `HOST:NAME`.
    fn host(&self) -> &str;

    /// Its devices, in an order that stays; none if the system is not running.
    fn devices(&self) -> Vec<Box<dyn Device>>;

    /// The device that plays if none is asked for by name.
    fn default_output(&self) -> Result<Box<dyn Device>, DeviceError>;

    /// The device that listens if none is asked for by name.
    fn default_input(&self) -> Result<Box<dyn Device>, DeviceError>;
}

/// What plays or listens.
pub(crate) trait Device: Send + Sync {
    fn info(&self) -> &DeviceInfo;

    /// The rate nearest to `sample_rate` that it plays at, in Hz.
    fn nearest_rate(&self, sample_rate: f64) -> f64;

    /// The rate nearest to `sample_rate` that it listens at, in Hz.
    fn nearest_input_rate(&self, sample_rate: f64) -> f64 {
        self.nearest_rate(sample_rate)
    }

    /// Starts playing from a seat, to which the usher brings the sound.
    fn play(&self, wish: &Wish) -> Result<Opened<Feed>, DeviceError>;

    /// Starts listening, on a clock of its own, for an ear of as many channels as the stream has.
    fn listen(&self, wish: &ListenWish) -> Result<Opened<Ear>, DeviceError>;

    /// Whether an input of `device` can be heard in the callback in which this one plays.
    fn hears_in_callback(&self, _device: &dyn Device) -> bool {
        false
    }

    /// Whether MIDI of that system can be heard in the callback in which this one plays.
    fn hears_midi_of(&self, _host: &str) -> bool {
        false
    }

    /// Whether what it plays can be heard in its own callback.
    fn hears_itself(&self) -> bool {
        false
    }
}

/// As a [`CaptureWish`]'s device: the output that hears it. No device of a system has this name.
const ITSELF: &str = "";

/// A stream, and who brings the one who plays or listens to its seat and back.
pub(crate) type Opened<T> = (Box<dyn Stream>, Usher<T>);

/// What a device is to play.
pub(crate) struct Wish<'a> {
    /// In Hz.
    pub(crate) sample_rate: f64,
    /// The script's block.
    pub(crate) block_frames: usize,
    /// Outputs of the processor.
    pub(crate) outputs: usize,
    /// What is to be heard in the same callback; only for devices that can.
    pub(crate) captures: &'a [CaptureWish],
    /// The same of MIDI.
    pub(crate) midi: &'a [MidiWish],
    pub(crate) stats: &'a Arc<Stats>,
}

/// An input that is to be heard in the callback of the output.
#[derive(Clone)]
pub(crate) struct CaptureWish {
    /// A name for each channel.
    pub(crate) channels: Vec<String>,
    /// The device that it comes from.
    pub(crate) device: String,
}

/// MIDI that is to be heard in the callback of the output.
#[derive(Clone)]
pub(crate) struct MidiWish {
    /// The full name of the port that it comes from; empty for what others connect to ours.
    pub(crate) port: String,
    /// The channel, 1 to 16; all where none is named.
    pub(crate) channel: Option<u8>,
}

/// What a device is to listen for.
pub(crate) struct ListenWish<'a> {
    /// In Hz.
    pub(crate) sample_rate: f64,
    /// Names of the inputs of the script that it is for.
    pub(crate) names: &'a [String],
    pub(crate) stats: &'a Arc<Stats>,
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

/// All back ends, those first that are preferred.
fn backends() -> Vec<Box<dyn Backend>> {
    // One of ALSA's devices is JACK's, and to list it wakes the library.
    jack::hush();
    let mut backends = system::backends();
    backends.push(Box::new(jack::Jack));
    backends
}

/// A system that may offer devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostInfo {
    /// What stands before the colon in `HOST:NAME`.
    pub name: String,
    /// Why it offers none, if so.
    pub absence: Option<String>,
}

/// The systems that this program knows, those first that are preferred.
pub fn hosts() -> Vec<HostInfo> {
    let host = |backend: &dyn Backend| {
        let why = |error: DeviceError| Some(error.to_string());
        let absence =
            if backend.devices().is_empty() { backend.default_output().map_or_else(why, |_| None) } else { None };
        HostInfo { name: backend.host().to_owned(), absence }
    };
    backends().iter().map(|backend| host(&**backend)).collect()
}

/// All devices but the built-in one, in the order of their numbers.
pub fn list() -> Vec<DeviceInfo> {
    let mut infos = vec![];
    let (mut has_output, mut has_input) = (false, false);
    for backend in backends() {
        let id = |device: Result<Box<dyn Device>, _>| device.ok().map(|device| device.info().name.clone());
        let default_output = if has_output { None } else { id(backend.default_output()) };
        let default_input = if has_input { None } else { id(backend.default_input()) };
        for device in backend.devices() {
            let mut info = device.info().clone();
            info.is_default_output = !has_output && default_output.as_ref() == Some(&info.name);
            info.is_default_input = !has_input && default_input.as_ref() == Some(&info.name);
            has_output |= info.is_default_output;
            has_input |= info.is_default_input;
            infos.push(info);
        }
    }
    infos
}

/// A name for each of `channels`: the inputs' own if there is one for each, else that of the first with a number.
fn channel_names(inputs: &[String], channels: usize) -> Vec<String> {
    if inputs.len() == channels {
        return inputs.to_vec();
    }
    let first = inputs.first().map_or("in", String::as_str);
    (1..=channels).map(|number| format!("{first}_{number}")).collect()
}
