//! MIDI from a JACK server whose sound does not come from here, by a client of its own: each message with the frame at
//! which it came. (Where it does, the client that plays hears it in its own callback.)
//!
//! A message is for a frame of the server's present period; the moment of that frame goes with it to the engine, so that
//! it does not matter when in the period either of both clients is called.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jack::{
    AsyncClient, Client, ClientStatus, Control, MidiIn, NotificationHandler, Port, PortFlags, ProcessHandler,
    ProcessScope,
};

use super::ports::MidiEar;
use crate::devices::{DeviceError, connect_jack_ports, open_jack_client};

pub(super) use crate::devices::JACK as HOST;

/// The type of ports that carry MIDI.
const MIDI: &str = "8 bit raw midi";
const PORT: &str = "midi_in";

/// The full names of all ports that MIDI comes out of; none without a server.
pub(super) fn ports() -> Vec<String> {
    open_jack_client().map_or_else(|_| vec![], |client| client.ports(None, Some(MIDI), PortFlags::IS_OUTPUT))
}

/// Listens to the port `name`; if it is empty, to whatever is connected later.
pub(super) fn connect(name: &str, ear: MidiEar) -> Result<JackConnection, DeviceError> {
    let refused = |error: jack::Error| DeviceError::new(format!("the JACK server refused: {error}"));
    let client = open_jack_client()?;
    let port = client.register_port(PORT, MidiIn::default()).map_err(refused)?;
    let end = Arc::new(Mutex::new(None));
    let sample_rate = f64::from(client.sample_rate());
    let active = client.activate_async(Notices(end.clone()), Callback { port, ear, sample_rate }).map_err(refused)?;
    let connection = JackConnection { end, port: name.to_owned(), client: active };
    connection.tend().map_err(DeviceError::new)?;
    Ok(connection)
}

pub(super) struct JackConnection {
    end: Arc<Mutex<Option<String>>>,
    /// The port that is listened to; empty for whatever is connected to ours.
    port: String,
    client: AsyncClient<Notices, Callback>,
}

impl JackConnection {
    /// Whether the server is gone.
    pub(super) fn is_over(&self) -> bool {
        self.end.lock().is_ok_and(|end| end.is_some())
    }

    /// Connects the port, if it is there and is not connected.
    pub(super) fn tend(&self) -> Result<(), String> {
        if let Some(words) = self.end.lock().ok().and_then(|end| end.clone()) {
            return Err(words);
        }
        if self.port.is_empty() {
            return Ok(());
        }
        let client = self.client.as_client();
        let own = format!("{}:{PORT}", client.name());
        connect_jack_ports(client, &self.port, &own)
    }
}

/// Where the end of the server is noted.
struct Notices(Arc<Mutex<Option<String>>>);

impl NotificationHandler for Notices {
    #[expect(unsafe_code, reason = "the trait has it so: a client may do little by then, and this one only notes it")]
    unsafe fn shutdown(&mut self, _: ClientStatus, reason: &str) {
        let reason = if reason.is_empty() { "the JACK server is gone" } else { reason };
        if let Ok(mut end) = self.0.lock() {
            end.get_or_insert_with(|| reason.to_owned());
        }
    }
}

struct Callback {
    port: Port<MidiIn>,
    ear: MidiEar,
    /// In Hz.
    sample_rate: f64,
}

impl ProcessHandler for Callback {
    fn process(&mut self, client: &Client, scope: &ProcessScope) -> Control {
        let now = Instant::now();
        // How long ago the period began: the server's clock and ours have nothing else in common.
        let since = scope.cycle_times().map_or(0, |times| client.time().saturating_sub(times.current_usecs));
        let start = now.checked_sub(Duration::from_micros(since)).unwrap_or(now);
        for message in self.port.iter(scope) {
            let offset = Duration::from_secs_f64(f64::from(message.time) / self.sample_rate);
            self.ear.hear(message.bytes, start + offset);
        }
        Control::Continue
    }
}
