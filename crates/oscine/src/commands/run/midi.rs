//! MIDI ports while sound plays: one that goes away is waited for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use oscine_dsp::Event;
use oscine_engine::midi::{Connection, Port};
use oscine_engine::{At, Control, Player};

use super::start::device_failure;
use crate::args::SharedArgs;
use crate::failure::Failure;

/// Time between two looks at a port.
const LOOK: Duration = Duration::from_secs(1);
/// The controller that ends all notes.
const ALL_NOTES_OFF: i64 = 123;

/// A port that was asked for.
pub(super) struct MidiInput {
    port: Port,
    channel: Option<u8>,
    control: Arc<Mutex<Control>>,
    connection: Option<Connection>,
    is_silent: bool,
    looked_at: Instant,
}

impl MidiInput {
    /// Has what comes in by `port` delivered to what plays.
    pub(super) fn listen(port: Port, player: &mut Player, args: &SharedArgs) -> Result<Self, Failure> {
        let control = player.control().ok_or_else(|| Failure::call("--midi: too much steers this sound already"))?;
        let control = Arc::new(Mutex::new(control));
        let channel = args.midi_channel;
        let connection = Some(port.connect(channel, control.clone()).map_err(device_failure)?);
        Ok(Self { port, channel, control, connection, is_silent: false, looked_at: Instant::now() })
    }

    /// Looks after the port now and then; what there is to tell.
    pub(super) fn tend(&mut self) -> Option<String> {
        if self.looked_at.elapsed() < LOOK {
            return None;
        }
        self.looked_at = Instant::now();
        if self.connection.is_none() {
            self.connection = self.port.connect(self.channel, self.control.clone()).ok();
        }
        let state = self.connection.as_ref().map_or_else(|| Err("it is not there".to_owned()), Connection::tend);
        match state {
            Ok(()) if self.is_silent => {
                self.is_silent = false;
                Some(format!("MIDI port {} is back", self.port.name()))
            }
            Ok(()) => None,
            Err(words) => {
                if self.connection.as_ref().is_some_and(Connection::is_over) {
                    self.connection = None;
                }
                if std::mem::replace(&mut self.is_silent, true) {
                    return None;
                }
                // The keys that were down will not tell when they go up.
                let mut control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
                control.event(Event::ControlChange { number: ALL_NOTES_OFF, value: 0.0 }, At::NextBlock);
                Some(format!("MIDI port {}: {words}; waiting for it", self.port.name()))
            }
        }
    }
}
