//! The system's sound devices, through cpal; nothing else knows it.

mod outage;
mod stream;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, HostId, SampleFormat, StreamConfig, SupportedStreamConfigRange};

use super::listening::Ear;
use super::{Backend, Device, DeviceError, DeviceInfo, ListenWish, Opened, Stream, Wish, seat};
use crate::feed::Feed;

/// Fewest frames that a sound server on a desktop is asked to take at a time: it breaks up with fewer. The script's block
/// stays what it is.
const LEAST_SERVER_FRAMES: u32 = 256;
/// Beginnings of the names of ALSA's devices behind which there is nothing but hardware.
const HARDWARE: [&str; 6] = ["hw:", "plughw:", "sysdefault:", "front:", "hdmi:", "iec958:"];

/// While this lives, what the sound system would print on this thread is caught: a device that is missing is said by
/// an error of ours.
#[cfg(target_os = "linux")]
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let _caught = alsa::Output::local_error_handler();
    work()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    work()
}

type Configs = Vec<SupportedStreamConfigRange>;

/// The hosts that this program knows, the system's own choice first.
pub(super) fn backends() -> Vec<Box<dyn Backend>> {
    quietly(|| {
        let own = cpal::default_host().id();
        let mut hosts = cpal::ALL_HOSTS.to_vec();
        hosts.sort_by_key(|host| *host != own);
        hosts.into_iter().map(|host| Box::new(System { host }) as Box<dyn Backend>).collect()
    })
}

/// A host of cpal's.
struct System {
    host: HostId,
}

impl System {
    fn open(&self) -> Result<cpal::Host, DeviceError> {
        cpal::host_from_id(self.host).map_err(|error| match error.kind() {
            ErrorKind::HostUnavailable => DeviceError::new(format!("{} is not running", self.host())),
            _ => DeviceError::new(format!("{} cannot be used: {error}", self.host())),
        })
    }

    fn default(&self, choose: impl Fn(&cpal::Host) -> Option<cpal::Device>) -> Result<Box<dyn Device>, DeviceError> {
        quietly(|| {
            let device = choose(&self.open()?).ok_or_else(|| DeviceError::new("there is no sound device"))?;
            Ok(Box::new(SystemDevice::new(self.host(), device)?) as Box<dyn Device>)
        })
    }
}

impl Backend for System {
    fn host(&self) -> &str {
        self.host.name()
    }

    fn devices(&self) -> Vec<Box<dyn Device>> {
        quietly(|| {
            let Ok(host) = self.open() else { return vec![] };
            let listed = host.devices().into_iter().flatten();
            let mut devices: Vec<cpal::Device> = listed.collect();
            // The default device may have another name there, or none: it goes by the one that it is played by.
            for default in [host.default_input_device(), host.default_output_device()].into_iter().flatten() {
                match devices.iter_mut().find(|device| device.id().ok() == default.id().ok()) {
                    Some(device) => *device = default,
                    None => devices.insert(0, default),
                }
            }
            let usable = devices.into_iter().filter_map(|device| SystemDevice::new(self.host(), device).ok());
            let mut usable: Vec<SystemDevice> = usable.collect();
            name_apart(&mut usable);
            usable.into_iter().map(|device| Box::new(device) as Box<dyn Device>).collect()
        })
    }

    fn default_output(&self) -> Result<Box<dyn Device>, DeviceError> {
        self.default(HostTrait::default_output_device)
    }

    fn default_input(&self) -> Result<Box<dyn Device>, DeviceError> {
        self.default(HostTrait::default_input_device)
    }
}

/// Gives devices that the system calls alike names of their own.
fn name_apart(devices: &mut [SystemDevice]) {
    let names: Vec<String> = devices.iter().map(|device| device.info.name.clone()).collect();
    for (device, name) in devices.iter_mut().zip(&names) {
        if names.iter().filter(|other| *other == name).count() > 1
            && let Ok(id) = device.device.id()
        {
            device.info.name = format!("{name} ({})", id.id());
        }
    }
}

/// A device and what it can do.
struct SystemDevice {
    device: cpal::Device,
    info: DeviceInfo,
    outputs: Configs,
    inputs: Configs,
    /// Channels that it plays by default.
    default_channels: u16,
}

impl SystemDevice {
    /// ALSA's own `null` is none: it keeps no time, and takes sound as fast as it is made.
    fn new(host: &str, device: cpal::Device) -> Result<Self, DeviceError> {
        let name =
            device.description().map_or_else(|_| device.to_string(), |description| description.name().to_owned());
        let outputs: Result<Configs, _> = device.supported_output_configs().map(Iterator::collect);
        let inputs: Result<Configs, _> = device.supported_input_configs().map(Iterator::collect);
        let error =
            outputs.as_ref().err().or(inputs.as_ref().err()).map_or_else(String::new, |error| format!(": {error}"));
        let (outputs, inputs) = (outputs.unwrap_or_default(), inputs.unwrap_or_default());
        if (outputs.is_empty() && inputs.is_empty()) || device.id().is_ok_and(|id| id.id() == "null") {
            return Err(DeviceError::new(format!("`{name}` cannot be used{error}")));
        }
        let default_channels = device.default_output_config().map_or(2, |config| config.channels());
        let info = describe(host, name, &outputs, &inputs);
        Ok(Self { device, info, outputs, inputs, default_channels })
    }

    /// Fewest frames that it is asked to take at a time.
    fn least_portion_frames(&self) -> u32 {
        let id = self.device.id().map(|id| id.id().to_owned()).unwrap_or_default();
        let is_hardware = HARDWARE.iter().any(|start| id.starts_with(start));
        match self.info.host.as_str() {
            "ALSA" if is_hardware => 1,
            "ALSA" | "PulseAudio" => LEAST_SERVER_FRAMES,
            _ => 1,
        }
    }

    fn failed(&self, what: &str, error: &cpal::Error) -> DeviceError {
        DeviceError::new(format!("`{}` cannot be {what}: {error}", self.info.name))
    }
}

fn describe(host: &str, name: String, outputs: &Configs, inputs: &Configs) -> DeviceInfo {
    let most = |configs: &Configs| configs.iter().map(|config| usize::from(config.channels())).max().unwrap_or(0);
    let all = || outputs.iter().chain(inputs);
    let low = all().map(SupportedStreamConfigRange::min_sample_rate).min().unwrap_or(0);
    let high = all().map(SupportedStreamConfigRange::max_sample_rate).max().unwrap_or(0);
    let portions = all().filter_map(|config| match config.buffer_size() {
        cpal::SupportedBufferSize::Range { min, max } => Some((*min, *max)),
        cpal::SupportedBufferSize::Unknown => None,
    });
    let mut formats: Vec<SampleFormat> = all().map(SupportedStreamConfigRange::sample_format).collect();
    formats.retain(|format| rank(*format) < u8::MAX);
    formats.sort_by_key(|format| rank(*format));
    formats.dedup();
    DeviceInfo {
        host: host.to_owned(),
        name,
        inputs: most(inputs),
        outputs: most(outputs),
        rates_hz: (low, high),
        portion_frames: portions.reduce(|(a, b), (c, d)| (a.min(c), b.max(d))),
        formats: formats.iter().map(ToString::to_string).collect(),
        ..DeviceInfo::default()
    }
}

/// Whether a rate lies within what a device offers, and the nearest that does.
fn nearest_rate(configs: &[SupportedStreamConfigRange], sample_rate: f64) -> f64 {
    let rates = configs
        .iter()
        .map(|config| sample_rate.clamp(f64::from(config.min_sample_rate()), f64::from(config.max_sample_rate())));
    rates.min_by(|a, b| (a - sample_rate).abs().total_cmp(&(b - sample_rate).abs())).unwrap_or(sample_rate)
}

/// How well a format carries sound: floats first, then integers by their bits.
fn rank(format: SampleFormat) -> u8 {
    match format {
        SampleFormat::F32 => 0,
        SampleFormat::F64 => 1,
        SampleFormat::I32 => 2,
        SampleFormat::I24 => 3,
        SampleFormat::I16 => 4,
        SampleFormat::U16 => 5,
        SampleFormat::U8 => 6,
        _ => u8::MAX,
    }
}

/// Of the configurations that run at `rate`, that with the number of channels nearest to `channels`, and then the best
/// format.
fn best(configs: &Configs, rate: u32, channels: u16) -> Option<&SupportedStreamConfigRange> {
    configs
        .iter()
        .filter(|config| (config.min_sample_rate()..=config.max_sample_rate()).contains(&rate))
        .filter(|config| rank(config.sample_format()) < u8::MAX)
        .min_by_key(|config| (config.channels().abs_diff(channels), rank(config.sample_format())))
}

impl Device for SystemDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn nearest_rate(&self, sample_rate: f64) -> f64 {
        nearest_rate(&self.outputs, sample_rate)
    }

    fn nearest_input_rate(&self, sample_rate: f64) -> f64 {
        nearest_rate(&self.inputs, sample_rate)
    }

    fn play(&self, wish: &Wish) -> Result<Opened<Feed>, DeviceError> {
        let rate = wish.sample_rate.round() as u32;
        // As many channels as the device has by default, or enough for every output.
        let config = best(&self.outputs, rate, self.default_channels.max(wish.outputs as u16))
            .ok_or_else(|| DeviceError::new(format!("`{}` does not run at {rate} Hz", self.info.name)))?;
        let frames = self.least_portion_frames().max(wish.block_frames as u32);
        let size = match config.buffer_size() {
            cpal::SupportedBufferSize::Range { min, max } if min <= max => BufferSize::Fixed(frames.clamp(*min, *max)),
            _ => BufferSize::Default,
        };
        let open = |buffer_size| {
            let (seat, usher) = seat();
            let stream_config = StreamConfig { channels: config.channels(), sample_rate: rate, buffer_size };
            let opened = stream::play(&self.device, config.sample_format(), stream_config, seat, wish.stats)?;
            opened.stream.play()?;
            Ok((Box::new(opened) as Box<dyn Stream>, usher))
        };
        quietly(|| open(size).or_else(|_| open(BufferSize::Default))).map_err(|error| self.failed("played on", &error))
    }

    fn listen(&self, wish: &ListenWish) -> Result<Opened<Ear>, DeviceError> {
        let rate = wish.sample_rate.round() as u32;
        let config = best(&self.inputs, rate, 2)
            .ok_or_else(|| DeviceError::new(format!("`{}` does not run at {rate} Hz", self.info.name)))?;
        let channels = config.channels();
        let stream_config = StreamConfig { channels, sample_rate: rate, buffer_size: BufferSize::Default };
        quietly(|| {
            let (seat, usher) = seat();
            let opened = stream::listen(&self.device, config.sample_format(), stream_config, seat, wish.stats);
            let opened = opened.map_err(|error| self.failed("listened to", &error))?;
            opened.stream.play().map_err(|error| self.failed("listened to", &error))?;
            Ok((Box::new(opened) as Box<dyn Stream>, usher))
        })
    }
}
