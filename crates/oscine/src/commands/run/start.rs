//! How a run begins: its device, what it hears, the script, the sound.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use oscine_engine::devices::{self, DeviceError, Listener, Output};
use oscine_engine::midi::Port;
use oscine_engine::{LiveConfig, Player, Stats, StopFlag};

use super::Run;
use super::gaps::Gaps;
use super::midi::MidiInput;
use super::recording::{self, Recording};
use crate::args::{RunArgs, SharedArgs};
use crate::commands::{asked_frames, compile, interrupt_flag, print};
use crate::failure::Failure;
use crate::hearing::{Hearing, Wired};
use crate::keys::{self, Keys};
use crate::live_line::LiveLine;
use crate::osc::{Endpoint, Server};
use crate::score::{Plan, frames_of_files};
use crate::session::Session;
use crate::stats;
use crate::watch::Watch;

/// A live block is at least this long, in frames.
pub(in crate::commands) const LEAST_BLOCK_FRAMES: u32 = 16;

/// How long a device may take until it calls, if that is to be waited for.
const PATIENCE: Duration = Duration::from_millis(500);

impl<'a> Run<'a> {
    /// Starts the sound and says what is playing where.
    pub(super) fn start(args: &'a RunArgs) -> Result<Self, Failure> {
        let shared = &args.shared;
        check(args)?;
        let endpoint = bind_osc(args)?;
        let (output, missing) = open_output(args)?;
        let mut hearing = open_hearing(shared, &output)?;
        let rate = hearing.sample_rate;
        let session = compile(shared, &hearing)?;
        hearing.default_to_demo(&session.face().inputs);

        let stop = StopFlag::default();
        let counted = Arc::new(Stats::new(rate));
        let block_frames = shared.blocksize as usize;
        let (wired, listening) = wire(hearing, &output, &session, shared, &counted)?;
        let plan = Plan::read(shared, &session, rate)?;
        let ports = plan.ports.iter().map(|name| Port::named(name)).collect::<Result<Vec<_>, _>>();
        let ports = ports.map_err(|error| Failure::call(error.to_string()))?;
        let frames = asked_frames(shared, rate).or(frames_of_files(shared, &wired, &plan));
        let instances = wired.instances;
        let processor = session.processor(instances, &shared.settings, &stop)?;
        let state_bytes = processor.face().state_bytes;

        let interrupted = interrupt_flag();
        let outputs = processor.face().outputs;
        let (recording, tape) = Recording::start(args, outputs, rate)?;
        let config = LiveConfig {
            sample_rate: rate,
            block_frames,
            frames,
            score: plan.score,
            stop: stop.clone(),
            stats: counted.clone(),
            safety: args.safety.safety(),
            tape,
            is_realtime: !args.no_realtime,
        };
        // What the output's own callback can hear need not be listened to apart.
        let ports: Vec<Port> =
            ports.into_iter().filter(|port| !output.listen_to_midi(port, shared.midi_channel)).collect();
        let mut player = Player::start(config, processor, wired.inputs, &output).map_err(device_failure)?;
        let osc_address = endpoint.as_ref().map(Endpoint::address);
        let osc = endpoint.map(|endpoint| start_osc(endpoint, &mut player, &counted)).transpose()?;
        let midi =
            ports.into_iter().map(|port| MidiInput::listen(port, &mut player, shared)).collect::<Result<_, _>>()?;
        let watch = start_watch(args, &session);
        let keys = Keys::listen();
        if !shared.quiet {
            let how_to_end = match frames {
                _ if keys.are_heard() => format!("; {}", keys::HELP),
                None => "; Ctrl-C ends it".to_owned(),
                Some(_) => String::new(),
            };
            tell(shared, &output, missing, rate, &how_to_end)?;
            tell_priority(&player)?;
            if let Some(address) = osc_address {
                print(&format!("listening for OSC on {address}\n"))?;
            }
        }
        if outputs > 1 && player.channels() < outputs {
            eprintln!("{} plays the first {} of {outputs} channels", output.name(), player.channels());
        }
        Ok(Self {
            args,
            rate,
            session,
            instances,
            state_bytes,
            player,
            recording,
            listening,
            gaps: Gaps::default(),
            midi,
            counted,
            stop,
            watch,
            interrupted,
            keys,
            osc,
            line: LiveLine::new(shared.quiet),
        })
    }
}

/// What can be refused before anything is opened.
fn check(args: &RunArgs) -> Result<(), Failure> {
    let block_frames = args.shared.blocksize;
    if block_frames < LEAST_BLOCK_FRAMES {
        let words = format!("--blocksize {block_frames} is too short to play live: at least {LEAST_BLOCK_FRAMES}");
        return Err(Failure::call(words));
    }
    stats::check(args.shared.stats.as_deref())?;
    recording::format(args).map(|_| ())
}

/// The output that was asked for; if nothing was, the system's, or else the built-in one, and why.
fn open_output(args: &RunArgs) -> Result<(Output, Option<DeviceError>), Failure> {
    match &args.output {
        Some(name) => Ok((Output::named(name).map_err(device_failure)?, None)),
        None => Ok(Output::system_default()),
    }
}

/// Reads the input files, at the rate that they or the call ask for or the nearest that the device has.
pub(in crate::commands) fn open_hearing(shared: &SharedArgs, output: &Output) -> Result<Hearing, Failure> {
    let hearing = Hearing::open(&shared.inputs, shared.samplerate.map(f64::from))?;
    let asked = hearing.sample_rate;
    let rate = output.nearest_rate(asked);
    if rate == asked {
        return Ok(hearing);
    }
    let mut hearing = Hearing::open(&shared.inputs, Some(rate))?;
    hearing.notes.push(format!("{} does not run at {asked} Hz: playing at {rate} Hz", output.name()));
    Ok(hearing)
}

/// Wires everything to the script's inputs; opens the input devices among it.
pub(in crate::commands) fn wire(
    hearing: Hearing,
    output: &Output,
    session: &Session,
    shared: &SharedArgs,
    counted: &Arc<Stats>,
) -> Result<(Wired, Vec<Listener>), Failure> {
    let rate = hearing.sample_rate;
    let mut listening = vec![];
    let mut open = |name: &str, names: &[String]| {
        let heard = output.listen(name, names, rate, shared.blocksize as usize, counted);
        let (source, stream) = heard.map_err(device_failure)?;
        listening.extend(stream);
        Ok(source)
    };
    let channels = shared.channels.map(|channels| channels as usize);
    let wired = hearing.wire(&session.face().inputs, channels, &mut open)?;
    Ok((wired, listening))
}

/// Takes the port for OSC, if one is wanted.
fn bind_osc(args: &RunArgs) -> Result<Option<Endpoint>, Failure> {
    let bind = |port| Endpoint::bind(args.osc_bind, port);
    args.osc.map(bind).transpose().map_err(|words| Failure::call(format!("--osc: {words}")))
}

fn start_osc(endpoint: Endpoint, player: &mut Player, counted: &Arc<Stats>) -> Result<Server, Failure> {
    let control = player.control().ok_or_else(|| Failure::call("--osc: too much steers this sound already"))?;
    Server::start(endpoint, control, counted.clone())
        .map_err(|error| Failure::call(format!("--osc: no thread could be started: {error}")))
}

fn start_watch(args: &RunArgs, session: &Session) -> Watch {
    let is_fixed = args.no_watch || session.program().is_none();
    let watch = if is_fixed { Ok(Watch::nothing()) } else { Watch::start(session.sources()) };
    watch.unwrap_or_else(|words| {
        eprintln!("{} is not watched: {words}", args.shared.script.display());
        Watch::nothing()
    })
}

/// How the audio thread runs, as soon as the device has called it.
fn tell_priority(player: &Player) -> Result<(), Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(words) = player.realtime() {
            return print(&format!("{words}\n"));
        }
        if Instant::now() > deadline {
            return print("audio thread: the device has not called it yet\n");
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn tell(
    shared: &SharedArgs,
    output: &Output,
    missing: Option<DeviceError>,
    rate: f64,
    how_to_end: &str,
) -> Result<(), Failure> {
    let place = match missing {
        Some(error) => format!("`{}`, {} ({error})", devices::NULL, output.name()),
        None => output.name(),
    };
    print(&format!(
        "playing {} on {place}, {rate} Hz, {} frames a block{how_to_end}\n",
        shared.script.display(),
        shared.blocksize
    ))
}

pub(in crate::commands) fn device_failure(error: DeviceError) -> Failure {
    Failure::call(error.to_string())
}
