//! What is known of a device.

/// A device as it is listed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeviceInfo {
    /// The system that offers it: `ALSA`, `CoreAudio`, `JACK`.
    pub host: String,
    /// Its name, which no other of this host has.
    pub name: String,
    /// Most input channels; 0 if it does not listen.
    pub inputs: usize,
    /// Most output channels; 0 if it does not play.
    pub outputs: usize,
    /// Lowest and highest rate, in Hz.
    pub rates_hz: (u32, u32),
    /// Fewest and most frames of a portion, as far as the device says.
    pub portion_frames: Option<(u32, u32)>,
    /// Formats of samples that it takes or gives: `f32`, `i16`.
    pub formats: Vec<String>,
    /// Whether it is the one that plays if none is asked for.
    pub is_default_output: bool,
    /// Whether it is the one that listens if `default` is asked for.
    pub is_default_input: bool,
}

impl DeviceInfo {
    /// What people call it.
    pub(super) fn said(&self) -> String {
        if self.host == super::NULL { "the built-in silent device".to_owned() } else { self.full_name() }
    }

    /// `HOST:NAME`, which finds it again.
    pub(super) fn full_name(&self) -> String {
        format!("{}:{}", self.host, self.name)
    }
}
