//! Streams of samples of whatever type a device takes or gives.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use cpal::traits::DeviceTrait;
use cpal::{FromSample, I24, SampleFormat, SizedSample, StreamConfig};

use super::outage::on_error;
use crate::devices::listening::Ear;
use crate::devices::{Seat, Stream};
use crate::feed::Feed;
use crate::stats::Stats;

/// Samples handed to a device of another format at a time.
const CONVERTED: usize = 1024;

/// What a device's thread writes and the control side reads.
#[derive(Default)]
pub(super) struct Shared {
    /// Portions delivered or taken.
    pub(super) portions: AtomicU64,
    pub(super) latency_frames: AtomicUsize,
    pub(super) failure: Mutex<Option<String>>,
}

/// A device's stream.
pub(super) struct SystemStream {
    pub(super) stream: cpal::Stream,
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

/// Opens an output of samples of `format`, waiting to be started.
pub(super) fn play(
    device: &cpal::Device,
    format: SampleFormat,
    config: StreamConfig,
    seat: Seat<Feed>,
    stats: &Arc<Stats>,
) -> Result<SystemStream, cpal::Error> {
    match format {
        SampleFormat::I32 => output::<i32>(device, config, seat, stats),
        SampleFormat::I24 => output::<I24>(device, config, seat, stats),
        SampleFormat::I16 => output::<i16>(device, config, seat, stats),
        SampleFormat::U16 => output::<u16>(device, config, seat, stats),
        SampleFormat::U8 => output::<u8>(device, config, seat, stats),
        SampleFormat::F64 => output::<f64>(device, config, seat, stats),
        _ => output::<f32>(device, config, seat, stats),
    }
}

/// Opens an input of samples of `format`, waiting to be started.
pub(super) fn listen(
    device: &cpal::Device,
    format: SampleFormat,
    config: StreamConfig,
    seat: Seat<Ear>,
    stats: &Arc<Stats>,
) -> Result<SystemStream, cpal::Error> {
    match format {
        SampleFormat::I32 => input::<i32>(device, config, seat, stats),
        SampleFormat::I24 => input::<I24>(device, config, seat, stats),
        SampleFormat::I16 => input::<i16>(device, config, seat, stats),
        SampleFormat::U16 => input::<u16>(device, config, seat, stats),
        SampleFormat::U8 => input::<u8>(device, config, seat, stats),
        SampleFormat::F64 => input::<f64>(device, config, seat, stats),
        _ => input::<f32>(device, config, seat, stats),
    }
}

/// The largest sample of a format of integers: what is louder would be no number of 24 bits.
const LOUDEST: f32 = 1.0 - 1.0 / 8_388_608.0;

fn output<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    mut seat: Seat<Feed>,
    stats: &Arc<Stats>,
) -> Result<SystemStream, cpal::Error> {
    let channels = usize::from(config.channels);
    let portion = (CONVERTED / channels).max(1) * channels;
    let mut samples = vec![0.0f32; portion];
    let shared = Arc::new(Shared::default());
    let seen = shared.clone();
    let counted = stats.clone();
    let is_float = T::FORMAT.is_float();
    let on_data = move |data: &mut [T], info: &cpal::OutputCallbackInfo| {
        let delay = info.timestamp().playback.duration_since(info.timestamp().callback);
        let latency_frames = (delay.as_secs_f64() * f64::from(config.sample_rate)) as usize;
        seen.latency_frames.store(latency_frames, Relaxed);
        seen.portions.fetch_add(1, Relaxed);
        // What is buffered still sounds if the next call comes late, and a call may bring several portions.
        counted.set_slack_frames(latency_frames.max(data.len() / channels));
        for part in data.chunks_mut(portion) {
            let samples = &mut samples[..part.len()];
            seat.fill(samples, channels);
            for (to, from) in part.iter_mut().zip(samples.iter()) {
                *to = T::from_sample(if is_float { *from } else { from.clamp(-1.0, LOUDEST) });
            }
        }
    };
    let on_error = on_error(&shared, stats);
    let stream = device.build_output_stream::<T, _, _>(config, on_data, on_error, None)?;
    Ok(SystemStream { stream, shared, channels })
}

fn input<T: SizedSample>(
    device: &cpal::Device,
    config: StreamConfig,
    mut seat: Seat<Ear>,
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
        let Some(ear) = seat.guest() else { return };
        ear.hear(data.iter().map(|sample| f32::from_sample_(*sample)));
    };
    let on_error = on_error(&shared, stats);
    let stream = device.build_input_stream::<T, _, _>(config, on_data, on_error, None)?;
    Ok(SystemStream { stream, shared, channels: usize::from(config.channels) })
}
