//! The system's sound devices, through cpal; no other file knows it.

use std::sync::{Arc, Mutex};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, FromSample, SampleFormat, SizedSample, StreamConfig, SupportedStreamConfigRange};
use rtrb::{Consumer, RingBuffer};

use super::{DeviceError, Listening, NULL, Playing, Stream};
use crate::feed::Feed;
use crate::source::Source;
use crate::stats::Stats;

/// What is known of a device.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceInfo {
    /// The system that offers it: `ALSA`, `CoreAudio`.
    pub host: String,
    /// Its name.
    pub name: String,
    /// Most input channels; 0 if it does not listen.
    pub inputs: usize,
    /// Most output channels; 0 if it does not play.
    pub outputs: usize,
    /// Lowest and highest rate, in Hz.
    pub rates_hz: (u32, u32),
    /// Whether it is the one that plays if none is asked for.
    pub is_default_output: bool,
    /// Whether it is the one that listens if none is asked for.
    pub is_default_input: bool,
}

/// Samples handed to a device of another format at a time.
const CONVERTED: usize = 1024;

/// Blocks that an input's ring holds.
const RING_BLOCKS: usize = 16;

/// While this lives, what the sound system would print on this thread is caught: a device that is missing is said by
/// an error of ours.
#[cfg(target_os = "linux")]
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let _caught = alsa::Output::local_error_handler();
    work()
}

#[cfg(not(target_os = "linux"))]
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    work()
}

fn name_of(device: &cpal::Device) -> String {
    device.description().map_or_else(|_| device.to_string(), |description| description.name().to_owned())
}

/// All devices, in the order of their numbers.
pub fn list() -> Vec<DeviceInfo> {
    quietly(|| {
        let host = cpal::default_host();
        let id = |device: Option<cpal::Device>| device.and_then(|device| device.id().ok());
        let (default_output, default_input) = (id(host.default_output_device()), id(host.default_input_device()));
        let Ok(devices) = host.devices() else { return vec![] };
        devices
            .filter_map(|device| {
                let outputs: Vec<_> = device.supported_output_configs().map_or(vec![], Iterator::collect);
                let inputs: Vec<_> = device.supported_input_configs().map_or(vec![], Iterator::collect);
                let most = |configs: &[SupportedStreamConfigRange]| {
                    configs.iter().map(|config| usize::from(config.channels())).max().unwrap_or(0)
                };
                let all = || outputs.iter().chain(&inputs);
                let low = all().map(SupportedStreamConfigRange::min_sample_rate).min()?;
                let high = all().map(SupportedStreamConfigRange::max_sample_rate).max()?;
                let own = device.id().ok();
                Some(DeviceInfo {
                    host: host.id().name().to_owned(),
                    name: name_of(&device),
                    inputs: most(&inputs),
                    outputs: most(&outputs),
                    rates_hz: (low, high),
                    is_default_output: own.is_some() && own == default_output,
                    is_default_input: own.is_some() && own == default_input,
                })
            })
            .collect()
    })
}

/// An output device and what it can do.
pub(super) struct OutputDevice {
    device: cpal::Device,
    configs: Vec<SupportedStreamConfigRange>,
    default_channels: u16,
}

fn usable(device: cpal::Device) -> Result<OutputDevice, DeviceError> {
    let name = name_of(&device);
    let failed = |error: cpal::Error| DeviceError::new(format!("`{name}` cannot be used: {error}"));
    let default = device.default_output_config().map_err(failed)?;
    let configs: Vec<_> = device.supported_output_configs().map_err(failed)?.collect();
    Ok(OutputDevice { device, configs, default_channels: default.channels() })
}

pub(super) fn default_output() -> Result<OutputDevice, DeviceError> {
    quietly(|| {
        let device = cpal::default_host().default_output_device();
        usable(device.ok_or_else(|| DeviceError::new("there is no sound device"))?)
    })
}

/// The device of that number in [`list`], of that name, or with that part of a name.
fn find(wanted: &str, plays: bool) -> Result<cpal::Device, DeviceError> {
    let what = if plays { "output" } else { "input" };
    let host = cpal::default_host();
    let known = list();
    let fits = |info: &DeviceInfo| if plays { info.outputs > 0 } else { info.inputs > 0 };
    let mut devices: Vec<(usize, String)> =
        known.iter().enumerate().filter(|(_, info)| fits(info)).map(|(i, info)| (i, info.name.clone())).collect();
    let names = |devices: &[(usize, String)]| {
        let mut names: Vec<String> = devices.iter().map(|(number, name)| format!("\n  {number}: {name}")).collect();
        if plays {
            names.push(format!("\n  {NULL}: the built-in silent one"));
        }
        names.concat()
    };
    let all = names(&devices);
    match wanted.parse::<usize>() {
        Ok(number) => devices.retain(|(own, _)| *own == number),
        Err(_) => {
            let part = wanted.to_lowercase();
            if devices.iter().any(|(_, name)| name.to_lowercase() == part) {
                devices.retain(|(_, name)| name.to_lowercase() == part);
                devices.truncate(1);
            } else {
                devices.retain(|(_, name)| name.to_lowercase().contains(&part));
            }
        }
    }
    let number = match &devices[..] {
        [(number, _)] => *number,
        [] if all.is_empty() => return Err(DeviceError::new(format!("there is no {what} device"))),
        [] => return Err(DeviceError::new(format!("there is no {what} device `{wanted}`; there are:{all}"))),
        several => {
            let found = names(several);
            return Err(DeviceError::new(format!("`{wanted}` may be one of several {what} devices:{found}")));
        }
    };
    let mut usable = host.devices().map_err(|error| DeviceError::new(error.to_string()))?.filter(|device| {
        let configs = |count: usize| count > 0;
        configs(device.supported_output_configs().map_or(0, Iterator::count))
            || configs(device.supported_input_configs().map_or(0, Iterator::count))
    });
    usable.nth(number).ok_or_else(|| DeviceError::new(format!("the {what} device `{wanted}` has gone")))
}

pub(super) fn output(name: &str) -> Result<OutputDevice, DeviceError> {
    quietly(|| usable(find(name, true)?))
}

/// Whether a rate lies within what a device offers, and the nearest that does.
fn nearest_rate(configs: &[SupportedStreamConfigRange], sample_rate: f64) -> f64 {
    let rates = configs
        .iter()
        .map(|config| sample_rate.clamp(f64::from(config.min_sample_rate()), f64::from(config.max_sample_rate())));
    rates.min_by(|a, b| (a - sample_rate).abs().total_cmp(&(b - sample_rate).abs())).unwrap_or(sample_rate)
}

/// How well a format carries sound: floats first, then ints by their bits.
fn rank(format: SampleFormat) -> u8 {
    match format {
        SampleFormat::F32 => 0,
        SampleFormat::I32 => 1,
        SampleFormat::I16 => 2,
        SampleFormat::U16 => 3,
        _ => u8::MAX,
    }
}

/// A device's stream, and what it reported when it failed.
struct SystemStream {
    stream: cpal::Stream,
    failure: Arc<Mutex<Option<String>>>,
}

impl Stream for SystemStream {
    fn failure(&self) -> Option<String> {
        self.failure.lock().ok().and_then(|failure| failure.clone())
    }
}

impl OutputDevice {
    pub(super) fn name(&self) -> String {
        name_of(&self.device)
    }

    pub(super) fn nearest_rate(&self, sample_rate: f64) -> f64 {
        nearest_rate(&self.configs, sample_rate)
    }

    pub(super) fn play(
        &self,
        feed: Feed,
        sample_rate: f64,
        block_frames: usize,
        stats: &Arc<Stats>,
    ) -> Result<Playing, DeviceError> {
        let rate = sample_rate.round() as u32;
        let outputs = feed.outputs() as u16;
        let at_rate = |config: &&SupportedStreamConfigRange| {
            (config.min_sample_rate()..=config.max_sample_rate()).contains(&rate)
                && rank(config.sample_format()) < u8::MAX
        };
        // As many channels as the device has by default, or enough for every output; then the best format.
        let wanted = self.default_channels.max(outputs);
        let config = self
            .configs
            .iter()
            .filter(at_rate)
            .min_by_key(|config| (config.channels().abs_diff(wanted), rank(config.sample_format())))
            .ok_or_else(|| DeviceError::new(format!("`{}` does not run at {rate} Hz", self.name())))?;
        let channels = config.channels();
        let frames = block_frames as u32;
        let fixed = match config.buffer_size() {
            cpal::SupportedBufferSize::Range { min, max } if (*min..=*max).contains(&frames) => {
                BufferSize::Fixed(frames)
            }
            _ => BufferSize::Default,
        };
        let format = config.sample_format();
        let try_size = |buffer_size: BufferSize| {
            let config = StreamConfig { channels, sample_rate: rate, buffer_size };
            match format {
                SampleFormat::I32 => self.stream::<i32>(config, stats),
                SampleFormat::I16 => self.stream::<i16>(config, stats),
                SampleFormat::U16 => self.stream::<u16>(config, stats),
                _ => self.stream::<f32>(config, stats),
            }
        };
        let opened = quietly(|| try_size(fixed).or_else(|_| try_size(BufferSize::Default)));
        let (stream, mut seat) = opened.map_err(|error| self.failed(&error))?;
        // The stream waits for its feed: had it not opened, the feed would have gone with it.
        if seat.push(feed).is_err() {
            return Err(DeviceError::new("the device took no sound"));
        }
        quietly(|| stream.stream.play()).map_err(|error| self.failed(&error))?;
        Ok((Box::new(stream), 2 * block_frames))
    }

    fn failed(&self, error: &cpal::Error) -> DeviceError {
        DeviceError::new(format!("`{}` cannot be played on: {error}", self.name()))
    }

    /// Opens a stream of samples of type `T`, silent until it is given a feed.
    fn stream<T: SizedSample + FromSample<f32>>(
        &self,
        config: StreamConfig,
        stats: &Arc<Stats>,
    ) -> Result<(SystemStream, rtrb::Producer<Feed>), cpal::Error> {
        let (seat, mut waiting) = RingBuffer::<Feed>::new(1);
        let mut feed: Option<Feed> = None;
        let channels = usize::from(config.channels);
        let portion = (CONVERTED / channels).max(1) * channels;
        let mut samples = vec![0.0f32; portion];
        let on_data = move |data: &mut [T], _: &cpal::OutputCallbackInfo| {
            if feed.is_none() {
                feed = waiting.pop().ok();
            }
            for part in data.chunks_mut(portion) {
                let samples = &mut samples[..part.len()];
                match &mut feed {
                    Some(feed) => feed.fill(samples, channels),
                    None => samples.fill(0.0),
                }
                for (to, from) in part.iter_mut().zip(samples.iter()) {
                    *to = T::from_sample(*from);
                }
            }
        };
        let failure = Arc::new(Mutex::new(None));
        let stream = self.device.build_output_stream::<T, _, _>(config, on_data, on_error(&failure, stats), None)?;
        Ok((SystemStream { stream, failure }, seat))
    }
}

/// Counts gaps; keeps what ends a stream.
fn on_error(failure: &Arc<Mutex<Option<String>>>, stats: &Arc<Stats>) -> impl FnMut(cpal::Error) + Send + 'static {
    let (failure, stats) = (failure.clone(), stats.clone());
    move |error: cpal::Error| match error.kind() {
        cpal::ErrorKind::Xrun => stats.add_xrun(),
        cpal::ErrorKind::RealtimeDenied => {}
        _ => {
            if let Ok(mut failure) = failure.lock() {
                failure.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

/// The samples of an input device, as they come.
struct DeviceSource {
    samples: Consumer<f32>,
    channels: usize,
    stats: Arc<Stats>,
    is_started: bool,
}

impl Source for DeviceSource {
    fn channels(&self) -> usize {
        self.channels
    }

    fn frames(&self) -> Option<u64> {
        None
    }

    fn fill(&mut self, channels: &mut [Vec<f64>], frames: usize) {
        let ready = self.samples.slots() / self.channels;
        // At first the ring fills by half, so that small delays find something in it.
        self.is_started |= ready >= frames * RING_BLOCKS / 4;
        let take = if self.is_started { ready.min(frames) } else { 0 };
        for frame in 0..take {
            for channel in channels.iter_mut() {
                channel[frame] = self.samples.pop().map_or(0.0, f64::from);
            }
        }
        for channel in channels.iter_mut() {
            channel[take..frames].fill(0.0);
        }
        if self.is_started && take < frames {
            self.stats.add_input_underrun(frames - take);
            self.is_started = false;
        }
    }
}

pub(super) fn open_input(
    name: &str,
    sample_rate: f64,
    block_frames: usize,
    stats: &Arc<Stats>,
) -> Result<Listening, DeviceError> {
    quietly(|| {
        let device = find(name, false)?;
        let failed = |error: cpal::Error| DeviceError::new(format!("`{name}` cannot be listened to: {error}"));
        let rate = sample_rate.round() as u32;
        let configs: Vec<_> = device.supported_input_configs().map_err(failed)?.collect();
        let config = configs
            .iter()
            .filter(|config| (config.min_sample_rate()..=config.max_sample_rate()).contains(&rate))
            .filter(|config| rank(config.sample_format()) < u8::MAX)
            .min_by_key(|config| (config.channels().abs_diff(2), rank(config.sample_format())))
            .ok_or_else(|| {
                let near = nearest_rate(&configs, sample_rate);
                DeviceError::new(format!("`{name}` does not run at {rate} Hz; try --samplerate {near}"))
            })?;
        let channels = usize::from(config.channels());
        let stream_config =
            StreamConfig { channels: config.channels(), sample_rate: rate, buffer_size: BufferSize::Default };
        let (samples, source) = RingBuffer::new(channels * block_frames.max(64) * RING_BLOCKS);
        let stream = match config.sample_format() {
            SampleFormat::I32 => listen::<i32>(&device, stream_config, samples, stats),
            SampleFormat::I16 => listen::<i16>(&device, stream_config, samples, stats),
            SampleFormat::U16 => listen::<u16>(&device, stream_config, samples, stats),
            _ => listen::<f32>(&device, stream_config, samples, stats),
        }
        .map_err(failed)?;
        stream.stream.play().map_err(failed)?;
        let source = DeviceSource { samples: source, channels, stats: stats.clone(), is_started: false };
        Ok((Box::new(source) as Box<dyn Source>, Box::new(stream) as Box<dyn Stream>))
    })
}

fn listen<T: SizedSample>(
    device: &cpal::Device,
    config: StreamConfig,
    mut samples: rtrb::Producer<f32>,
    stats: &Arc<Stats>,
) -> Result<SystemStream, cpal::Error>
where
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels);
    let counted = stats.clone();
    let on_data = move |data: &[T], _: &cpal::InputCallbackInfo| {
        let room = samples.slots() / channels * channels;
        let kept = data.len().min(room);
        for sample in &data[..kept] {
            if samples.push(f32::from_sample_(*sample)).is_err() {
                break;
            }
        }
        if kept < data.len() {
            counted.add_input_overrun((data.len() - kept) / channels);
        }
    };
    let failure = Arc::new(Mutex::new(None));
    let stream = device.build_input_stream::<T, _, _>(config, on_data, on_error(&failure, stats), None)?;
    Ok(SystemStream { stream, failure })
}
