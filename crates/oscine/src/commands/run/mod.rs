//! `oscine run`: plays a script on a sound device, or on the built-in silent one.
//!
//! A run begins in [`start`], goes on here, one look at everything after another, and is closed in [`end`].

mod end;
mod gaps;
mod midi;
mod recording;
pub(super) mod start;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use oscine_engine::devices::Listener;
use oscine_engine::{Player, Stats, StopFlag};

use self::gaps::Gaps;
use self::midi::MidiInput;
use self::recording::Recording;
use super::options;
use super::reload::Reload;
use crate::args::RunArgs;
use crate::failure::Failure;
use crate::keys::{Key, Keys};
use crate::live_line::{LiveLine, Reading};
use crate::osc::Server;
use crate::session::Session;
use crate::watch::Watch;

/// Time between two looks at what the audio side says.
const LOOK: Duration = Duration::from_millis(50);

/// Plays until the end of what was asked for, or until Ctrl-C.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let mut run = Run::start(args)?;
    let ending = loop {
        if let Some(ending) = run.look() {
            break ending;
        }
    };
    run.end(ending)
}

/// Sound that is playing, and all that the control side holds of it.
struct Run<'a> {
    args: &'a RunArgs,
    /// In Hz.
    rate: f64,
    session: Session,
    /// Independent instances of the script.
    instances: usize,
    state_bytes: usize,
    // Dropped before what it uses.
    player: Player,
    recording: Option<Recording<'a>>,
    /// Input devices.
    listening: Vec<Listener>,
    gaps: Gaps,
    /// MIDI ports.
    midi: Vec<MidiInput>,
    counted: Arc<Stats>,
    /// The flag that the script's loops look at.
    stop: StopFlag,
    watch: Watch,
    /// Raised by Ctrl-C.
    interrupted: Arc<AtomicBool>,
    keys: Keys,
    osc: Option<Server>,
    line: LiveLine,
}

/// Why a run is over.
enum Ending {
    /// Its user wants it to be.
    Asked,
    /// Every frame that was asked for has been computed.
    Finished,
    /// A device stopped; in words.
    Lost(String),
}

impl Run<'_> {
    /// Waits a moment or for a save, and sees to everything that has happened meanwhile.
    fn look(&mut self) -> Option<Ending> {
        self.reload();
        self.tell_troubles();
        if !self.args.shared.quiet {
            self.player.notices().iter().for_each(|notice| self.line.say(notice));
        }
        if let Some(words) = self.recording.as_mut().and_then(Recording::trouble) {
            self.line.say(&words);
        }
        if let Some(ending) = self.obey_keys() {
            return Some(ending);
        }
        if self.interrupted.load(Relaxed) {
            return Some(Ending::Asked);
        }
        if self.player.stats().is_finished() {
            // The last frames are computed and not yet heard.
            thread::sleep(Duration::from_secs_f64(self.player.latency_frames() as f64 / self.rate));
            return Some(Ending::Finished);
        }
        let of_inputs = self.listening.iter_mut().flat_map(Listener::tend);
        let of_midi = self.midi.iter_mut().filter_map(MidiInput::tend);
        for words in self.player.tend().into_iter().chain(of_inputs).chain(of_midi) {
            self.line.say(&words);
        }
        let lost_input = || self.listening.iter().find_map(Listener::lost_device);
        if let Some(words) = self.player.lost_device().or_else(lost_input) {
            return Some(Ending::Lost(words));
        }
        let snapshot = self.player.stats().snapshot();
        if let Some(words) = self.gaps.look(&snapshot, self.rate) {
            self.line.say(&words);
        }
        let peak = self.player.stats().take_peak();
        self.line.draw(&Reading {
            load_percent: snapshot.recent_load_percent,
            xruns: snapshot.xrun_causes,
            peak,
            is_muted: self.counted.is_muted(),
            is_bypassed: self.counted.is_bypassed(),
        });
        None
    }

    /// Does what the keys ask for that were pressed; the end is left to the caller.
    fn obey_keys(&mut self) -> Option<Ending> {
        let (mut is_muted, mut is_bypassed) = (self.counted.is_muted(), self.counted.is_bypassed());
        for key in self.keys.pressed() {
            match key {
                Key::Reset => {
                    self.player.reset();
                    if !self.args.shared.quiet {
                        self.line.say("reset: the script starts again from its first state");
                    }
                }
                Key::Bypass => {
                    is_bypassed = !is_bypassed;
                    self.player.bypass(is_bypassed);
                }
                Key::Mute => {
                    is_muted = !is_muted;
                    self.player.mute(is_muted);
                }
                Key::Quit => return Some(Ending::Asked),
            }
        }
        None
    }

    /// Waits a moment; if the script is saved meanwhile, its new version takes over.
    fn reload(&mut self) {
        let saved_at = self.watch.wait(LOOK);
        if let Some(path) = self.watch.gone() {
            self.line.say(&format!("{} is gone: the last good sound plays on until it is back", path.display()));
        }
        let Some(saved_at) = saved_at else { return };
        let shared = &self.args.shared;
        let options = options(shared, self.rate);
        let reload = Reload { args: shared, options, instances: self.instances, stop: &self.stop, saved_at };
        let new = reload.attempt(&self.session, &mut self.player, &mut self.watch, &mut self.line);
        if let Some(session) = new {
            self.session = session;
        }
    }

    /// Says why the script has failed, if it did since the last time.
    fn tell_troubles(&mut self) {
        for trouble in self.player.troubles() {
            self.line.say(&trouble);
        }
    }
}
