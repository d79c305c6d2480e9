//! `oscine run`: plays a script on a sound device, or on the built-in silent one.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use oscine_engine::devices::{self, Output, Stream};
use oscine_engine::{LiveConfig, Player, Stats, StopFlag};

use super::reload::Reload;
use super::{asked_frames, compile, interrupt_flag, options, print, stats};
use crate::args::RunArgs;
use crate::failure::Failure;
use crate::hearing::Hearing;
use crate::inputs::{InputSpec, Origin};
use crate::live_line::{LiveLine, Reading};
use crate::stats::{self, LiveStats};
use crate::watch::Watch;

/// Time between two looks at what the audio side says.
const LOOK: Duration = Duration::from_millis(50);
/// A live block is at least this long, in frames.
const LEAST_BLOCK_FRAMES: u32 = 16;

/// Plays until the end of what was asked for, or until Ctrl-C.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let shared = &args.shared;
    if shared.blocksize < LEAST_BLOCK_FRAMES {
        let words =
            format!("--blocksize {} is too short to play live: at least {LEAST_BLOCK_FRAMES}", shared.blocksize);
        return Err(Failure::call(words));
    }
    let (output, missing) = match &args.output {
        Some(name) => (Output::named(name).map_err(|error| Failure::call(error.to_string()))?, None),
        None => Output::system_default(),
    };
    let mut hearing = Hearing::open(&shared.inputs, shared.samplerate.map(f64::from))?;
    let rate = output.nearest_rate(hearing.sample_rate);
    if rate != hearing.sample_rate {
        let asked = hearing.sample_rate;
        hearing = Hearing::open(&shared.inputs, Some(rate))?;
        hearing.notes.push(format!("{} does not run at {asked} Hz: playing at {rate} Hz", output.name()));
    }
    let mut session = compile(shared, &hearing)?;
    hearing.default_to_demo(&session.face().inputs);

    let stop = StopFlag::default();
    let counted = Arc::new(Stats::new(rate));
    let mut listening: Vec<Box<dyn Stream>> = vec![];
    let block_frames = shared.blocksize as usize;
    let mut open = |name: &str| {
        let (source, stream) = devices::open_input(name, rate, block_frames, &counted)
            .map_err(|error| Failure::call(error.to_string()))?;
        listening.push(stream);
        Ok(source)
    };
    let has_given_inputs = !shared.inputs.is_empty();
    let channels = shared.channels.map(|channels| channels as usize);
    let wired = hearing.wire(&session.face().inputs, channels, &mut open)?;
    let frames = asked_frames(shared, rate).or(wired.frames.filter(|_| has_given_inputs && ends(&shared.inputs)));
    let instances = wired.instances;
    let processor = session.processor(instances, &shared.settings, &stop)?;
    let state_bytes = processor.face().state_bytes;

    let config = LiveConfig { sample_rate: rate, block_frames, frames, stop: stop.clone(), stats: counted.clone() };
    let mut player =
        Player::start(config, processor, wired.inputs, &output).map_err(|error| Failure::call(error.to_string()))?;
    let interrupted = interrupt_flag();
    let watch = if args.no_watch { Ok(Watch::nothing()) } else { Watch::start(&session.program().sources) };
    let mut watch = watch.unwrap_or_else(|words| {
        eprintln!("{} is not watched: {words}", shared.script.display());
        Watch::nothing()
    });
    if !shared.quiet {
        let why = missing.map_or_else(String::new, |error| format!(" ({error})"));
        let place = if why.is_empty() { output.name() } else { format!("`{}`, {}{why}", devices::NULL, output.name()) };
        let ctrl_c = if frames.is_none() { "; Ctrl-C ends it" } else { "" };
        print(&format!(
            "playing {} on {place}, {rate} Hz, {block_frames} frames a block{ctrl_c}\n",
            shared.script.display()
        ))?;
    }

    let outputs = instances * session.face().outputs;
    if outputs > 1 && player.channels() < outputs {
        eprintln!("{} plays the first {} of {outputs} channels", output.name(), player.channels());
    }

    let mut line = LiveLine::new(shared.quiet);
    let mut has_faulted = false;
    let lost = loop {
        if let Some(saved_at) = watch.wait(LOOK) {
            let reload = Reload { args: shared, options: options(shared, rate), instances, stop: &stop, saved_at };
            if let Some(new) = reload.attempt(&session, &mut player, &mut watch, &mut line, has_faulted) {
                (session, has_faulted) = new;
            }
        }
        for trouble in player.troubles() {
            line.say(&trouble);
            has_faulted = true;
        }
        if interrupted.load(Relaxed) {
            break None;
        }
        if player.stats().is_finished() {
            // The last frames are computed and not yet heard.
            thread::sleep(Duration::from_secs_f64(player.latency_frames() as f64 / rate));
            break None;
        }
        if let Some(words) = player.lost_device() {
            break Some(format!("{} stopped: {words}", output.name()));
        }
        if let Some(words) = listening.iter().find_map(|stream| stream.failure()) {
            break Some(format!("an input device stopped: {words}"));
        }
        let snapshot = player.stats().snapshot();
        let peak = player.stats().take_peak();
        line.draw(&Reading { load_percent: snapshot.recent_load_percent, xruns: snapshot.xruns, peak });
    };
    line.finish();
    let latency_frames = player.latency_frames() + session.face().latency_frames;
    drop(player);
    drop(listening);

    if let Some(path) = &shared.stats {
        let snapshot = counted.snapshot();
        let live = LiveStats {
            callbacks: snapshot.callbacks,
            xruns: snapshot.xruns,
            load_percent: snapshot.load_percent,
            latency_frames: latency_frames as u64,
        };
        stats::write(&stats::Stats { live: Some(live), ..stats(&session, &snapshot, state_bytes) }, path)?;
    }
    match lost {
        Some(words) => Err(Failure::call(words)),
        None if has_faulted => Err(Failure::Told),
        None => Ok(()),
    }
}

/// Whether what was given ends by itself: files do, the built-in loop, noise and devices do not.
fn ends(specs: &[String]) -> bool {
    specs.iter().any(|spec| matches!(InputSpec::parse(spec).origin, Origin::File(_)))
}
