//! One turn: a subject plays for a while, and each of its callbacks is taken down.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use oscine_dsp::Processor;
use oscine_engine::devices::Output;
use oscine_engine::{
    Causes, Inputs, LiveConfig, Player, Safety, Sample, Score, Stats, StopFlag, ThreadAccount, Ticker,
};

use super::copy::Copy;
use crate::args::SharedArgs;
use crate::commands::run::start::{device_failure, open_hearing, wire};
use crate::failure::Failure;
use crate::session::Session;
use crate::timing::loads::Load;
use crate::timing::series::{Slice, Subject};

/// What a device does in its first moments, while it joins and is joined, is not measured.
const SETTLING: Duration = Duration::from_millis(250);
/// Time between two looks at what has been recorded.
const LOOK: Duration = Duration::from_millis(20);
/// A device that asks for nothing for so long is not one that can be measured.
const PATIENCE: Duration = Duration::from_secs(5);
/// A signal has reached all processes that it is meant for by then.
const PAUSE: Duration = Duration::from_millis(200);
/// Callbacks that may wait to be taken down: some seconds of the shortest blocks.
const RECORDED: usize = 1 << 16;

/// What all turns have in common.
pub(super) struct Bench<'a> {
    pub(super) shared: &'a SharedArgs,
    pub(super) output_name: Option<&'a str>,
    pub(super) session: &'a Session,
    /// In Hz.
    pub(super) rate: f64,
    /// Raised by Ctrl-C.
    pub(super) interrupted: Arc<AtomicBool>,
}

/// A turn that is to be taken.
pub(super) struct Turn<'a> {
    pub(super) load: &'a str,
    pub(super) loads: &'a mut [Load],
    pub(super) subject: Subject,
    pub(super) round: u32,
    pub(super) seconds: f64,
    /// The real-time priority that the client's thread was seen to have: the timer gets the same.
    pub(super) priority: u32,
}

/// What plays, and what was opened for it.
enum Playing {
    Client(Box<Player>),
    Timer(#[expect(dead_code, reason = "it ticks as long as it is kept")] Ticker),
}

impl Bench<'_> {
    /// The device of that name, or the one that a run plays on.
    pub(super) fn open(name: Option<&str>) -> Result<Output, Failure> {
        match name {
            Some(name) => Output::named(name).map_err(device_failure),
            None => Ok(Output::system_default().0),
        }
    }

    /// Takes a turn. One that Ctrl-C cuts short is given as far as it came.
    pub(super) fn take(&self, turn: Turn) -> Result<Slice, Failure> {
        let stats = Arc::new(Stats::with_log(self.rate, RECORDED));
        let stop = StopFlag::default();
        let block_frames = self.shared.blocksize as usize;
        // Input devices are open as long as this turn lasts.
        let mut listening = vec![];
        let mut playing = if turn.subject == Subject::Timer {
            let ticker = Ticker::start(self.rate, block_frames, turn.priority, stats.clone());
            let failed = |error| Failure::call(format!("no thread could be started for the timer: {error}"));
            Playing::Timer(ticker.map_err(failed)?)
        } else {
            // The device is opened anew: each turn begins as a run does.
            let output = Self::open(self.output_name)?;
            let mut hearing = open_hearing(self.shared, &output)?;
            hearing.default_to_demo(&self.session.face().inputs);
            let (wired, listeners) = wire(hearing, &output, self.session, self.shared, &stats)?;
            listening.extend(listeners);
            let script = self.session.processor(wired.instances, &self.shared.settings, &stop)?;
            let processor = match turn.subject {
                Subject::Copy => Box::new(Copy::like(script.face())),
                _ => script,
            };
            Playing::Client(Box::new(self.play(processor, wired.inputs, &output, &stats, &stop)?))
        };
        let recorded = record(&stats, &mut playing, turn.loads, turn.seconds, &self.interrupted);
        drop(playing);
        drop(listening);
        let recorded = recorded?;

        let period_ns = usual_frames(&recorded.samples).unwrap_or(block_frames) as f64 / self.rate * 1e9;
        Ok(Slice {
            load: turn.load.to_owned(),
            subject: turn.subject,
            round: turn.round,
            period_ns,
            turns: Slice::turns(&recorded.samples, SETTLING.as_nanos() as u64),
            xruns: recorded.xruns,
            account: recorded.account,
            lost: recorded.lost,
        })
    }

    fn play(
        &self,
        processor: Box<dyn Processor>,
        inputs: Inputs,
        output: &Output,
        stats: &Arc<Stats>,
        stop: &StopFlag,
    ) -> Result<Player, Failure> {
        let config = LiveConfig {
            sample_rate: self.rate,
            is_realtime: true,
            block_frames: self.shared.blocksize as usize,
            frames: None,
            score: Score::default(),
            stop: stop.clone(),
            stats: stats.clone(),
            safety: Safety::default(),
            tape: None,
        };
        Player::start(config, processor, inputs, output).map_err(device_failure)
    }
}

/// Frames that most callbacks deliver: the one in the middle.
fn usual_frames(samples: &[Sample]) -> Option<usize> {
    let mut frames: Vec<u32> = samples.iter().map(|sample| sample.frames).collect();
    frames.sort_unstable();
    frames.get(frames.len() / 2).map(|frames| *frames as usize)
}

struct Recorded {
    samples: Vec<Sample>,
    /// Gaps since all has settled.
    xruns: Causes,
    /// What the system said of the thread since then.
    account: Option<ThreadAccount>,
    lost: u64,
}

/// Takes down callbacks for so long after all has settled.
fn record(
    stats: &Stats,
    playing: &mut Playing,
    loads: &mut [Load],
    seconds: f64,
    interrupted: &AtomicBool,
) -> Result<Recorded, Failure> {
    // As much as most devices need, so that what is recorded moves seldom.
    let mut samples = Vec::with_capacity((1000.0 * seconds) as usize);
    let mut lost = 0;
    let began = Instant::now();
    while samples.is_empty() {
        if let Playing::Client(player) = playing {
            check(player)?;
        }
        if began.elapsed() > PATIENCE {
            return Err(Failure::call("the device asks for no sound"));
        }
        if interrupted.load(Relaxed) {
            return Ok(Recorded { samples, xruns: Causes::default(), account: None, lost });
        }
        thread::sleep(LOOK);
        lost += stats.take_samples(&mut samples);
    }
    // What is asked of the system is read while the thread is there, at both ends of what counts.
    let first_ns = samples[0].start_ns;
    let has_passed = |samples: &[Sample], span: Duration| {
        samples.last().is_some_and(|s| s.start_ns - first_ns >= span.as_nanos() as u64)
    };
    let mut before = None;
    let mut last_call = Instant::now();
    let end = SETTLING + Duration::from_secs_f64(seconds);
    while !has_passed(&samples, end) && !interrupted.load(Relaxed) {
        thread::sleep(LOOK);
        let count = samples.len();
        lost += stats.take_samples(&mut samples);
        if samples.len() > count {
            last_call = Instant::now();
        } else if last_call.elapsed() > PATIENCE {
            return Err(Failure::call("the device has stopped to ask for sound"));
        }
        if before.is_none() && has_passed(&samples, SETTLING) {
            before = Some((stats.snapshot().xrun_causes, stats.audio_thread()));
        }
        if let Playing::Client(player) = playing {
            check(player)?;
        }
        if let Some(words) = loads.iter_mut().find_map(Load::failure) {
            // Ctrl-C reaches the loads too, perhaps sooner than this process.
            thread::sleep(PAUSE);
            if !interrupted.load(Relaxed) {
                return Err(Failure::call(words));
            }
        }
    }
    let now = (stats.snapshot().xrun_causes, stats.audio_thread());
    let before = before.unwrap_or(now);
    Ok(Recorded {
        samples,
        xruns: now.0.since(&before.0),
        account: now.1.zip(before.1).map(|(now, before)| now.since(&before)),
        lost,
    })
}

/// What the script or the device has to say.
fn check(player: &mut Player) -> Result<(), Failure> {
    if let Some(words) = player.troubles().into_iter().next() {
        return Err(Failure::Script(words));
    }
    // A run waits for a device that is gone; a measurement would measure the wait.
    match player.tend().into_iter().next().or(player.lost_device()) {
        Some(words) => Err(Failure::call(format!("the device stopped: {words}"))),
        None => Ok(()),
    }
}

/// The last part of a path, which is enough for a table.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
