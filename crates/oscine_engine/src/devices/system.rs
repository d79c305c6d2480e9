//! The system's sound devices, through cpal; no other file knows it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, FromSample, SampleFormat, SizedSample, StreamConfig, SupportedStreamConfigRange};
use rtrb::RingBuffer;

use super::listening::{Ear, ring};
use super::{DeviceError, Listening, NULL, Stream};
use crate::feed::Feed;
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

/// Fewest frames that a device is asked to take at a time. A sound server on a desktop breaks up with fewer, and the
/// script's block stays what it is.
const LEAST_PORTION_FRAMES: u32 = 256;

/// A device that reports nothing but errors for this long has stopped.
const PATIENCE: Duration = Duration::from_secs(1);

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

type Configs = Vec<SupportedStreamConfigRange>;

/// The devices that play or listen, with what each can do as an output and as an input.
///
/// ALSA's own `null` is none: it keeps no time, and takes sound as fast as it is made.
fn usable_devices(host: &cpal::Host) -> impl Iterator<Item = (cpal::Device, Configs, Configs)> {
    let devices = host.devices().map_or_else(|_| vec![], Iterator::collect);
    devices.into_iter().filter_map(|device| {
        if device.id().is_ok_and(|id| id.id() == "null") {
            return None;
        }
        let outputs: Configs = device.supported_output_configs().map_or(vec![], Iterator::collect);
        let inputs: Configs = device.supported_input_configs().map_or(vec![], Iterator::collect);
        let is_usable = !outputs.is_empty() || !inputs.is_empty();
        is_usable.then_some((device, outputs, inputs))
    })
}

/// All devices, in the order of their numbers.
pub fn list() -> Vec<DeviceInfo> {
    quietly(|| {
        let host = cpal::default_host();
        let id = |device: Option<cpal::Device>| device.and_then(|device| device.id().ok());
        let (default_output, default_input) = (id(host.default_output_device()), id(host.default_input_device()));
        let most = |configs: &Configs| configs.iter().map(|config| usize::from(config.channels())).max().unwrap_or(0);
        usable_devices(&host)
            .map(|(device, outputs, inputs)| {
                let all = || outputs.iter().chain(&inputs);
                let low = all().map(SupportedStreamConfigRange::min_sample_rate).min().unwrap_or(0);
                let high = all().map(SupportedStreamConfigRange::max_sample_rate).max().unwrap_or(0);
                let own = device.id().ok();
                DeviceInfo {
                    host: host.id().name().to_owned(),
                    name: name_of(&device),
                    inputs: most(&inputs),
                    outputs: most(&outputs),
                    rates_hz: (low, high),
                    is_default_output: own.is_some() && own == default_output,
                    is_default_input: own.is_some() && own == default_input,
                }
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
    let mut known: Vec<(cpal::Device, Configs, Configs)> = usable_devices(&cpal::default_host()).collect();
    let mut devices: Vec<(usize, String)> = known
        .iter()
        .enumerate()
        .filter(|(_, (_, outputs, inputs))| !if plays { outputs } else { inputs }.is_empty())
        .map(|(number, (device, ..))| (number, name_of(device)))
        .collect();
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
    match &devices[..] {
        [(number, _)] => Ok(known.swap_remove(*number).0),
        [] if all.is_empty() => {
            Err(DeviceError::new(format!("there is no {what} device `{wanted}`: this system has none at all")))
        }
        [] => Err(DeviceError::new(format!("there is no {what} device `{wanted}`; there are:{all}"))),
        several => {
            let found = names(several);
            Err(DeviceError::new(format!("`{wanted}` may be one of several {what} devices:{found}")))
        }
    }
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

/// What a device's thread writes and the control side reads.
#[derive(Default)]
struct Shared {
    /// Portions delivered or taken.
    portions: AtomicU64,
    latency_frames: AtomicUsize,
    failure: Mutex<Option<String>>,
}

/// A device's stream.
struct SystemStream {
    stream: cpal::Stream,
    shared: Arc<Shared>,
    channels: usize,
}

impl Stream for SystemStream {
    fn failure(&self) -> Option<String> {
        self.shared.failure.lock().ok().and_then(|failure| failure.clone())
    }

    fn channels(&self) -> usize {
        self.channels
    }

    fn latency_frames(&self) -> usize {
        self.shared.latency_frames.load(Relaxed)
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
    ) -> Result<Box<dyn Stream>, DeviceError> {
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
        let frames = LEAST_PORTION_FRAMES.max(block_frames as u32);
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
        Ok(Box::new(stream))
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
        let shared = Arc::new(Shared::default());
        let seen = shared.clone();
        let on_data = move |data: &mut [T], info: &cpal::OutputCallbackInfo| {
            let delay = info.timestamp().playback.duration_since(info.timestamp().callback);
            seen.latency_frames.store((delay.as_secs_f64() * f64::from(config.sample_rate)) as usize, Relaxed);
            seen.portions.fetch_add(1, Relaxed);
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
        let on_error = on_error(&shared, stats);
        let stream = self.device.build_output_stream::<T, _, _>(config, on_data, on_error, None)?;
        Ok((SystemStream { stream, shared, channels }, seat))
    }
}

fn on_error(shared: &Arc<Shared>, stats: &Arc<Stats>) -> impl FnMut(cpal::Error) + Send + 'static {
    let (shared, stats) = (shared.clone(), stats.clone());
    let mut outage = Outage::default();
    move |error: cpal::Error| match outage.judge(error.kind(), shared.portions.load(Relaxed), Instant::now()) {
        Verdict::Harmless => {}
        Verdict::Gap => stats.add_xrun(),
        Verdict::Lost => {
            if let Ok(mut failure) = shared.failure.lock() {
                failure.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

#[derive(Debug, PartialEq)]
enum Verdict {
    Harmless,
    Gap,
    Lost,
}

/// Tells errors that pass from those that end a stream. Sound servers report all kinds when they are late, often many
/// of them, and go on: what counts is whether sound still flows.
#[derive(Default)]
struct Outage {
    /// When errors began, and how many portions had flowed by then.
    since: Option<(Instant, u64)>,
}

impl Outage {
    fn judge(&mut self, kind: cpal::ErrorKind, portions: u64, now: Instant) -> Verdict {
        use cpal::ErrorKind::{
            DeviceChanged, DeviceNotAvailable, HostUnavailable, PermissionDenied, RealtimeDenied, StreamInvalidated,
        };
        match kind {
            DeviceChanged | RealtimeDenied => return Verdict::Harmless,
            DeviceNotAvailable | HostUnavailable | PermissionDenied | StreamInvalidated => return Verdict::Lost,
            _ => {}
        }
        match self.since {
            Some((began, flowed)) if flowed == portions => {
                if now.duration_since(began) > PATIENCE {
                    Verdict::Lost
                } else {
                    Verdict::Harmless
                }
            }
            _ => {
                self.since = Some((now, portions));
                Verdict::Gap
            }
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
        let (ear, source) = ring(channels, sample_rate, block_frames, stats);
        let stream = match config.sample_format() {
            SampleFormat::I32 => listen::<i32>(&device, stream_config, ear, stats),
            SampleFormat::I16 => listen::<i16>(&device, stream_config, ear, stats),
            SampleFormat::U16 => listen::<u16>(&device, stream_config, ear, stats),
            _ => listen::<f32>(&device, stream_config, ear, stats),
        }
        .map_err(failed)?;
        stream.stream.play().map_err(failed)?;
        let listening: Listening = (Box::new(source), Box::new(stream));
        Ok(listening)
    })
}

fn listen<T: SizedSample>(
    device: &cpal::Device,
    config: StreamConfig,
    mut ear: Ear,
    stats: &Arc<Stats>,
) -> Result<SystemStream, cpal::Error>
where
    f32: FromSample<T>,
{
    let shared = Arc::new(Shared::default());
    let seen = shared.clone();
    let on_data = move |data: &[T], info: &cpal::InputCallbackInfo| {
        let delay = info.timestamp().callback.duration_since(info.timestamp().capture);
        seen.latency_frames.store((delay.as_secs_f64() * f64::from(config.sample_rate)) as usize, Relaxed);
        seen.portions.fetch_add(1, Relaxed);
        ear.hear(data.iter().map(|sample| f32::from_sample_(*sample)));
    };
    let on_error = on_error(&shared, stats);
    let stream = device.build_input_stream::<T, _, _>(config, on_data, on_error, None)?;
    Ok(SystemStream { stream, shared, channels: usize::from(config.channels) })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use cpal::ErrorKind::{BackendError, DeviceChanged, DeviceNotAvailable, RealtimeDenied, Xrun};

    use super::{Outage, Verdict};

    #[test]
    fn errors_that_pass_are_one_gap_and_what_stays_ends_the_stream() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut outage = Outage::default();
        assert_eq!(outage.judge(BackendError, 7, after(0)), Verdict::Gap);
        assert_eq!(outage.judge(BackendError, 7, after(1)), Verdict::Harmless);
        assert_eq!(outage.judge(Xrun, 7, after(900)), Verdict::Harmless);
        // Sound flowed in between: another gap, and patience starts anew.
        assert_eq!(outage.judge(Xrun, 8, after(950)), Verdict::Gap);
        assert_eq!(outage.judge(BackendError, 8, after(1900)), Verdict::Harmless);
        assert_eq!(outage.judge(BackendError, 8, after(2000)), Verdict::Lost);
    }

    #[test]
    fn some_errors_say_it_at_once() {
        let mut outage = Outage::default();
        assert_eq!(outage.judge(DeviceChanged, 1, Instant::now()), Verdict::Harmless);
        assert_eq!(outage.judge(RealtimeDenied, 1, Instant::now()), Verdict::Harmless);
        assert_eq!(outage.judge(DeviceNotAvailable, 1, Instant::now()), Verdict::Lost);
    }
}
