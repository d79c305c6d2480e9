//! The time from a sample's computing to its coming back through the output, a cable or a server, and the input:
//! measured by sending [sweeps](sweep) on the way that a script's sound goes, and finding them in what a script would
//! hear.

mod fft;
mod probe;
mod sweep;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtrb::RingBuffer;

use self::probe::Probe;
use self::sweep::{Found, Sweep};
use crate::devices::{DeviceError, Listener, Listening, Output};
use crate::guard::Safety;
use crate::patch::Inputs;
use crate::player::{LiveConfig, Player};
use crate::score::Score;
use crate::stats::Stats;
use crate::watch_word::StopFlag;

/// How to measure.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundTripConfig {
    /// In Hz, which the output must run at.
    pub sample_rate: f64,
    /// Frames of a block.
    pub block_frames: usize,
    /// How often, at least once.
    pub rounds: usize,
    /// The longest time that is looked for.
    pub longest_seconds: f64,
    /// The sweep's peak, as a factor of full scale.
    pub level: f64,
    /// Whether the audio thread is to have real-time priority.
    pub is_realtime: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundTrips {
    /// Of each round, frames from output to input; `None` where nothing was found.
    pub frames: Vec<Option<f64>>,
    /// The channel of the input in which the sweep was the clearest, counted from 0.
    pub channel: usize,
    /// Channels of the input.
    pub channels: usize,
    /// What came back by what was sent, in the middle of all rounds; negative where the polarity is turned around.
    pub gain: f64,
    /// The largest absolute sample that came back in any round.
    pub peak: f64,
    /// The largest absolute sample of the input before the first sweep.
    pub noise_peak: f64,
    /// Frames from output to input, as the devices say.
    pub reported_frames: usize,
    /// Gaps in the sound during the measurement.
    pub xruns: u64,
}

/// Why nothing was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoundTripError {
    /// A device cannot be used.
    Device(DeviceError),
    /// The device did not ask for sound for long.
    Stopped,
    /// The caller broke off.
    Interrupted,
}

impl RoundTrips {
    /// The rounds that were found, in ascending order.
    fn sorted(&self) -> Vec<f64> {
        let mut frames: Vec<f64> = self.frames.iter().flatten().copied().collect();
        frames.sort_by(f64::total_cmp);
        frames
    }

    /// The middle of the rounds that were found.
    pub fn median_frames(&self) -> Option<f64> {
        middle(&self.sorted())
    }

    /// The least and the most of them.
    pub fn spread_frames(&self) -> Option<(f64, f64)> {
        let sorted = self.sorted();
        Some((*sorted.first()?, *sorted.last()?))
    }
}

fn middle(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[half]),
        _ => Some(0.5 * (sorted[half - 1] + sorted[half])),
    }
}

/// Time before the first sweep: for connections, clocks and gains to settle.
const LEAD_SECONDS: f64 = 1.0;
/// Channels of an input that are listened to.
const MOST_CHANNELS: usize = 32;
/// Time for which a device may not ask for sound.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(20);

/// Sends sweeps to `output` and finds them in `listening`, which was opened for it. `go_on` is asked now and then, and
/// told how far the measurement is, from 0 to 1.
pub fn measure_round_trips(
    config: &RoundTripConfig,
    output: &Output,
    listening: Listening,
    go_on: &mut dyn FnMut(f64) -> bool,
) -> Result<RoundTrips, RoundTripError> {
    let (source, mut listener) = listening;
    let longest = (config.longest_seconds * config.sample_rate).ceil() as usize;
    let sweep = Sweep::new(config.sample_rate, longest);
    let lead = (LEAD_SECONDS * config.sample_rate) as usize;
    let period = sweep.window_frames();
    let total = lead + config.rounds * period;

    let channels = source.channels().min(MOST_CHANNELS);
    let mut inputs = Inputs::in_order(source);
    inputs.taps.truncate(channels);
    let (heard, mut taken) = RingBuffer::new((total * channels).max(1));
    let signal = sweep.signal.iter().map(|sample| config.level * sample).collect();
    let probe = Probe::new(channels, signal, lead, period, heard);
    let stats = Arc::new(Stats::new(config.sample_rate));
    let live = LiveConfig {
        sample_rate: config.sample_rate,
        block_frames: config.block_frames,
        frames: None,
        score: Score::default(),
        stop: StopFlag::default(),
        stats: stats.clone(),
        safety: Safety { limit_db: None, ..Safety::default() },
        tape: None,
        is_realtime: config.is_realtime,
    };
    let mut player = Player::start(live, Box::new(probe), inputs, output).map_err(RoundTripError::Device)?;

    let mut samples: Vec<f32> = Vec::with_capacity(total * channels);
    let mut last = Instant::now();
    while samples.len() < total * channels {
        std::thread::sleep(LOOK);
        let before = samples.len();
        if let Ok(chunk) = taken.read_chunk(taken.slots()) {
            samples.extend(chunk);
        }
        if samples.len() > before {
            last = Instant::now();
        }
        // Whatever a device says meanwhile, it comes back or it does not.
        player.tend();
        listener.iter_mut().for_each(|listener| drop(listener.tend()));
        if last.elapsed() > PATIENCE {
            return Err(RoundTripError::Stopped);
        }
        if !go_on(samples.len() as f64 / (total * channels) as f64) {
            return Err(RoundTripError::Interrupted);
        }
    }
    let reported_frames = player.latency_frames() + listener.as_ref().map_or(0, Listener::latency_frames);
    drop(player);
    let xruns = stats.snapshot().xruns;

    let channel = |channel: usize| -> Vec<f64> {
        samples.iter().skip(channel).step_by(channels).map(|sample| f64::from(*sample) / config.level).collect()
    };
    let peak = |samples: &[f64]| samples.iter().fold(0.0f64, |peak, sample| peak.max(sample.abs())) * config.level;
    let mut best: Option<RoundTrips> = None;
    let mut best_sharpness = -1.0;
    for number in 0..channels {
        let heard = channel(number);
        let found: Vec<Option<Found>> =
            (0..config.rounds).map(|round| sweep.find(&heard[lead + round * period..][..period])).collect();
        let sharpness = found.iter().flatten().map(|found| found.sharpness).sum::<f64>();
        if sharpness <= best_sharpness {
            continue;
        }
        best_sharpness = sharpness;
        let mut gains: Vec<f64> = found.iter().flatten().map(|found| found.gain).collect();
        gains.sort_by(f64::total_cmp);
        best = Some(RoundTrips {
            frames: found.iter().map(|found| found.map(|found| found.delay_frames)).collect(),
            channel: number,
            channels,
            gain: middle(&gains).unwrap_or(0.0),
            peak: peak(&heard[lead..]),
            noise_peak: peak(&heard[lead / 2..lead]),
            reported_frames,
            xruns,
        });
    }
    best.ok_or_else(|| RoundTripError::Device(DeviceError::new("the input has no channel")))
}

#[cfg(test)]
mod tests {
    use super::{RoundTripConfig, RoundTripError, RoundTrips, measure_round_trips};
    use crate::devices::Output;
    use crate::source::SilenceSource;

    fn config(block_frames: usize) -> RoundTripConfig {
        RoundTripConfig {
            sample_rate: 8000.0,
            block_frames,
            rounds: 2,
            longest_seconds: 0.1,
            level: 0.25,
            is_realtime: false,
        }
    }

    #[test]
    fn the_built_in_device_gives_back_what_it_took_a_block_ago() {
        for block_frames in [16, 64, 100, 2048] {
            let output = Output::named("null").unwrap();
            let listening = output.hear_itself(block_frames).unwrap();
            let longest_seconds = 0.1 + block_frames as f64 / 8000.0;
            let config = RoundTripConfig { longest_seconds, ..config(block_frames) };
            let found = measure_round_trips(&config, &output, listening, &mut |_| true).unwrap();
            // Time that the machine takes away is no delay on this device.
            for frames in &found.frames {
                let frames = frames.expect("a sweep");
                assert!((frames - block_frames as f64).abs() < 0.01, "{block_frames}: {found:?}");
            }
            assert!((found.gain - 1.0).abs() < 0.01, "{found:?}");
            assert_eq!((found.channel, found.channels, found.noise_peak), (0, 1, 0.0));
            assert!((found.peak - 0.25).abs() < 0.02, "{found:?}");
        }
    }

    #[test]
    fn nothing_that_comes_back_is_nothing_found() {
        let output = Output::named("null").unwrap();
        let listening = (Box::new(SilenceSource) as Box<_>, None);
        let found = measure_round_trips(&config(64), &output, listening, &mut |_| true).unwrap();
        assert_eq!((found.frames.as_slice(), found.peak), (&[None, None][..], 0.0));
        assert_eq!((found.median_frames(), found.spread_frames()), (None, None));
    }

    #[test]
    fn the_caller_may_break_off() {
        let output = Output::named("null").unwrap();
        let listening = output.hear_itself(64).unwrap();
        let result = measure_round_trips(&config(64), &output, listening, &mut |done| done < 0.1);
        assert_eq!(result, Err(RoundTripError::Interrupted));
    }

    #[test]
    fn the_middle_and_the_spread_leave_out_what_was_not_found() {
        let found = RoundTrips {
            frames: vec![Some(3.0), None, Some(1.0), Some(2.0), Some(8.0)],
            channel: 0,
            channels: 1,
            gain: 1.0,
            peak: 0.0,
            noise_peak: 0.0,
            reported_frames: 0,
            xruns: 0,
        };
        assert_eq!(found.median_frames(), Some(2.5));
        assert_eq!(found.spread_frames(), Some((1.0, 8.0)));
    }
}
