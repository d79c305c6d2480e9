//! MIDI in the callback that plays. A server hands over each message with the frame of the period that it is for, and at
//! that frame it sounds: no clock is looked at, and nothing is delayed but where the script's block makes it necessary.
//!
//! The control side sees to the connections: ports of other clients come and go.

use std::time::{Duration, Instant};

use jack::{Client, MidiIn, Port, ProcessScope};

use super::client;
use crate::devices::{DeviceError, MidiWish};
use crate::feed::Feed;
use crate::midi::MidiParser;

/// What our ports are called.
const PORT: &str = "midi_in";
/// Time between two looks at connections.
const LOOK: Duration = Duration::from_secs(1);

/// A port of ours, and what comes in by it.
pub(super) struct NoteEar {
    port: Port<MidiIn>,
    parser: MidiParser,
    is_connected: bool,
}

/// A port of ours for each wish, the names in `taken` being those of others, and what sees to their connections.
pub(super) fn register(
    client: &Client,
    wishes: &[MidiWish],
    taken: &[String],
) -> Result<(Vec<NoteEar>, NoteWires), DeviceError> {
    let names = super::duplex::unique(wishes.iter().map(|_| PORT.to_owned()).collect(), taken);
    let ear = |(name, wish): (&String, &MidiWish)| {
        let port = client.register_port(name, MidiIn::default()).map_err(client::refused)?;
        Ok(NoteEar { port, parser: MidiParser::new(wish.channel), is_connected: false })
    };
    let ears = names.iter().zip(wishes).map(ear).collect::<Result<_, DeviceError>>()?;
    let wire = |(name, wish): (&String, &MidiWish)| Wire {
        own: format!("{}:{name}", client.name()),
        from: wish.port.clone(),
        is_missing: false,
    };
    let wires = names.iter().zip(wishes).filter(|(_, wish)| !wish.port.is_empty()).map(wire).collect();
    Ok((ears, NoteWires { wires, looked_at: None }))
}

impl NoteEar {
    /// Hands on what came in for this period. When the last connection is gone, nobody will say that its keys go up.
    pub(super) fn hear(&mut self, scope: &ProcessScope, feed: &mut Feed) {
        let Self { port, parser, is_connected } = self;
        let bytes = port.iter(scope).flat_map(|message| message.bytes.iter().map(move |byte| (message.time, *byte)));
        let events = bytes.filter_map(|(offset, byte)| Some((offset as usize, parser.push(byte)?)));
        feed.hear_events(scope.n_frames() as usize, events);
        let was_connected = std::mem::replace(is_connected, port.connected_count().is_ok_and(|count| count > 0));
        if was_connected && !*is_connected {
            feed.end_notes();
        }
    }
}

/// The connections that were asked for by name.
pub(super) struct NoteWires {
    wires: Vec<Wire>,
    looked_at: Option<Instant>,
}

struct Wire {
    own: String,
    from: String,
    /// The user knows.
    is_missing: bool,
}

impl NoteWires {
    /// Connects what is there and is not connected, now and then. Gives lines for the user about what has changed.
    pub(super) fn tend(&mut self, client: &Client, now: Instant) -> Vec<String> {
        if self.looked_at.is_some_and(|before| now.duration_since(before) < LOOK) {
            return vec![];
        }
        self.looked_at = Some(now);
        self.wires
            .iter_mut()
            .filter_map(|wire| wire.tend(client::connect_again(client, &wire.from, &wire.own)))
            .collect()
    }
}

impl Wire {
    fn tend(&mut self, connected: Result<(), String>) -> Option<String> {
        let was_missing = std::mem::replace(&mut self.is_missing, connected.is_err());
        let name = &self.from;
        match connected {
            Ok(()) => was_missing.then(|| format!("MIDI port {}:{name} is back", super::HOST)),
            Err(words) => (!was_missing).then(|| format!("MIDI port {}:{name}: {words}; waiting for it", super::HOST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Wire;

    #[test]
    fn a_port_that_goes_and_comes_back_is_told_once_each() {
        let mut wire = Wire { own: "oscine:midi_in".to_owned(), from: "keys:out".to_owned(), is_missing: false };
        let gone = || Err("it is not there".to_owned());
        assert_eq!(wire.tend(Ok(())), None);
        assert_eq!(wire.tend(gone()).as_deref(), Some("MIDI port JACK:keys:out: it is not there; waiting for it"));
        assert_eq!(wire.tend(gone()), None);
        assert_eq!(wire.tend(Ok(())).as_deref(), Some("MIDI port JACK:keys:out is back"));
    }
}
