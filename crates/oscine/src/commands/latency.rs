//! `oscine latency`: how long sound takes from a script's output back to its input.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _, stderr};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use oscine_dsp::units::{db_to_gain, gain_to_db};
use oscine_engine::devices::{DeviceError, Output};
use oscine_engine::{RoundTripConfig, RoundTripError, RoundTrips, Stats, measure_round_trips};
use serde_json::json;

use super::{interrupt_flag, print};
use crate::args::LatencyArgs;
use crate::failure::Failure;
use crate::hearing::DEFAULT_SAMPLE_RATE;

/// An input below this is silent: no converter is quieter.
const SILENCE: f64 = 1e-6;
/// An input that reaches this is clipped.
const CLIPPED: f64 = 0.999;

/// Measures, and tells what came of it. That nothing came back is a failure of the call.
pub fn latency(args: &LatencyArgs) -> Result<(), Failure> {
    let failed = |error: DeviceError| Failure::call(error.to_string());
    let (output, missing) = match &args.output {
        Some(name) => (Output::named(name).map_err(failed)?, None),
        None => Output::system_default(),
    };
    let rate = output.nearest_rate(args.samplerate.map_or(DEFAULT_SAMPLE_RATE, f64::from));
    let block_frames = args.blocksize as usize;
    let hears_itself = args.input.is_none() && output.can_hear_itself();
    let input = if hears_itself { "itself" } else { args.input.as_deref().unwrap_or("default") };
    let listening = if hears_itself {
        output.hear_itself(block_frames)
    } else {
        let stats = Arc::new(Stats::new(rate));
        output.listen(input, &["in".to_owned()], rate, block_frames, &stats)
    };
    let listening = listening.map_err(failed)?;
    let config = RoundTripConfig {
        sample_rate: rate,
        block_frames,
        rounds: args.rounds as usize,
        longest_seconds: args.longest,
        level: db_to_gain(args.level),
        is_realtime: !args.no_realtime,
    };
    if !args.json {
        let why = missing.map_or_else(String::new, |error| format!(" ({error})"));
        print(&format!(
            "measuring from {}{why} to {input}, {rate} Hz, {block_frames} frames a block\n",
            output.name()
        ))?;
    }
    let interrupted = interrupt_flag();
    let mut progress = Progress::new(args.json);
    let measured = measure_round_trips(&config, &output, listening, &mut |done| {
        progress.draw(done);
        !interrupted.load(Relaxed)
    });
    progress.clear();
    let found = measured.map_err(|error| {
        Failure::call(match error {
            RoundTripError::Device(error) => error.to_string(),
            RoundTripError::Stopped => format!("{} does not ask for sound", output.name()),
            RoundTripError::Interrupted => "interrupted".to_owned(),
        })
    })?;
    if args.json {
        print(&format!("{:#}\n", data(&config, &output.name(), input, &found)))?;
    } else if found.median_frames().is_some() {
        print(&text(&config, &found))?;
    }
    match nothing(&config, &found) {
        Some(words) => Err(Failure::call(words)),
        None => Ok(()),
    }
}

/// Percent done, on a terminal.
struct Progress {
    is_shown: bool,
}

impl Progress {
    fn new(is_quiet: bool) -> Self {
        Self { is_shown: !is_quiet && stderr().is_terminal() }
    }

    fn draw(&mut self, done: f64) {
        if self.is_shown {
            eprint!("\r\x1b[K{:3.0} %", 100.0 * done);
            // A terminal that has gone shows nothing, which harms nothing.
            let _ = stderr().flush();
        }
    }

    fn clear(&mut self) {
        if self.is_shown {
            eprint!("\r\x1b[K");
        }
    }
}

fn milliseconds(frames: f64, config: &RoundTripConfig) -> f64 {
    frames / config.sample_rate * 1e3
}

fn text(config: &RoundTripConfig, found: &RoundTrips) -> String {
    let mut text = String::new();
    let mut line = |words: String| writeln!(text, "{words}").expect("writing to a String");
    let with_ms = |frames: f64| format!("{frames:9.2} frames  {:8.3} ms", milliseconds(frames, config));
    for (round, frames) in found.frames.iter().enumerate() {
        line(match frames {
            Some(frames) => format!("round {:<6} {}", round + 1, with_ms(*frames)),
            None => format!("round {:<6} nothing found", round + 1),
        });
    }
    if let (Some(median), Some((least, most))) = (found.median_frames(), found.spread_frames()) {
        line(format!("median       {}, from {least:.2} to {most:.2} frames", with_ms(median)));
        let reported = found.reported_frames as f64;
        line(format!("reported     {}, so {:+.2} frames are not told of", with_ms(reported), median - reported));
    }
    let polarity = if found.gain < 0.0 { ", polarity turned around" } else { "" };
    let channel = if found.channels > 1 {
        format!(", channel {} of {}", found.channel + 1, found.channels)
    } else {
        String::new()
    };
    // Adding 0 makes a zero of no sign.
    let gain_db = (10.0 * gain_to_db(found.gain)).round() / 10.0 + 0.0;
    line(format!("gain         {gain_db:+.1} dB{polarity}{channel}"));
    if found.peak >= CLIPPED {
        line("the input is clipped: turn it down, or the output with `--level`".to_owned());
    }
    if found.xruns > 0 {
        line(format!("{} gaps in the sound during the measurement: a larger `--blocksize` may help", found.xruns));
    }
    text
}

/// Why nothing was found in any round, or in most.
fn nothing(config: &RoundTripConfig, found: &RoundTrips) -> Option<String> {
    if found.median_frames().is_some() {
        return None;
    }
    if found.peak < SILENCE {
        return Some(
            "nothing came back, the input is silent: connect the output to the input by a cable, or turn the input up"
                .to_owned(),
        );
    }
    let clipped = if found.peak >= CLIPPED { " and is clipped" } else { "" };
    Some(format!(
        "the sweep was not found: the input reaches {:.1} dBFS{clipped}, and {:.1} dBFS before the sweep; connect the output to \
         the input, raise `--level` ({:.1} dBFS now), or `--longest` ({} s now) if the way is longer",
        gain_to_db(found.peak),
        gain_to_db(found.noise_peak.max(1e-10)),
        gain_to_db(config.level),
        config.longest_seconds
    ))
}

fn data(config: &RoundTripConfig, output: &str, input: &str, found: &RoundTrips) -> serde_json::Value {
    // Nobody measures a millionth of a frame.
    let rounded = |frames: f64| (1e4 * frames).round() / 1e4;
    let median = found.median_frames().map(rounded);
    let spread = found.spread_frames().map(|(least, most)| (rounded(least), rounded(most)));
    json!({
        "output": output,
        "input": input,
        "samplerate": config.sample_rate,
        "blocksize": config.block_frames,
        "rounds_frames": found.frames.iter().map(|frames| frames.map(rounded)).collect::<Vec<_>>(),
        "median_frames": median,
        "median_ms": median.map(|frames| milliseconds(frames, config)),
        "least_frames": spread.map(|spread| spread.0),
        "most_frames": spread.map(|spread| spread.1),
        "reported_frames": found.reported_frames,
        "gain_db": median.map(|_| gain_to_db(found.gain)),
        "polarity": median.map(|_| if found.gain < 0.0 { -1 } else { 1 }),
        "channel": found.channel + 1,
        "channels": found.channels,
        "input_peak": found.peak,
        "noise_peak": found.noise_peak,
        "xruns": found.xruns,
    })
}

#[cfg(test)]
mod tests {
    use oscine_engine::{RoundTripConfig, RoundTrips};

    use super::{nothing, text};

    fn config() -> RoundTripConfig {
        RoundTripConfig {
            sample_rate: 48_000.0,
            block_frames: 64,
            rounds: 3,
            longest_seconds: 1.0,
            level: 0.25,
            is_realtime: false,
        }
    }

    fn found(frames: Vec<Option<f64>>, gain: f64, peak: f64) -> RoundTrips {
        let (channel, channels, noise_peak, reported_frames, xruns) = (1, 2, 0.01, 128, 0);
        RoundTrips { frames, channel, channels, gain, peak, noise_peak, reported_frames, xruns }
    }

    #[test]
    fn rounds_median_and_what_the_device_says_are_told() {
        let words = text(&config(), &found(vec![Some(192.0), None, Some(192.5)], -0.5, 0.2));
        let lines: Vec<&str> = words.lines().collect();
        assert_eq!(lines[0], "round 1         192.00 frames     4.000 ms");
        assert_eq!(lines[1], "round 2      nothing found");
        assert_eq!(lines[3], "median          192.25 frames     4.005 ms, from 192.00 to 192.50 frames");
        assert_eq!(lines[4], "reported        128.00 frames     2.667 ms, so +64.25 frames are not told of");
        assert_eq!(lines[5], "gain         -6.0 dB, polarity turned around, channel 2 of 2");
        assert_eq!(lines.len(), 6);
    }

    #[test]
    fn what_does_not_come_back_is_explained() {
        assert_eq!(nothing(&config(), &found(vec![Some(1.0)], 1.0, 0.2)), None);
        let silent = nothing(&config(), &found(vec![None], 0.0, 0.0)).expect("words");
        assert!(silent.starts_with("nothing came back, the input is silent: connect"), "{silent}");
        let noisy = nothing(&config(), &found(vec![None], 0.0, 0.1)).expect("words");
        assert!(noisy.starts_with("the sweep was not found: the input reaches -20.0 dBFS, and -40.0 dBFS"), "{noisy}");
        let clipped = nothing(&config(), &found(vec![None], 0.0, 1.0)).expect("words");
        assert!(clipped.contains("0.0 dBFS and is clipped"), "{clipped}");
    }
}
