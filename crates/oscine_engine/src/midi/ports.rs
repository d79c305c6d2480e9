//! Ports that MIDI comes in by: those of the system (through midir), and those of a JACK server.
//!
//! What comes in is an event at its moment: the engine delays all of them by the same time, so that a rhythm stays what
//! it was. The threads that MIDI comes in on neither wait nor allocate for us.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use midir::{Ignore, MidiInput, MidiInputConnection};

use super::jack::{self, JackConnection};
use super::message::MidiParser;
use crate::choice::{self, Offered, Sought, Wanted};
use crate::control::{At, Control};
use crate::devices::{DeviceError, open_jack_client, quietly};

/// What we are called where others see us.
const NAME: &str = "oscine";

/// The system whose ports midir knows.
const SYSTEM: &str = if cfg!(target_os = "linux") {
    "ALSA"
} else if cfg!(target_os = "macos") {
    "CoreMIDI"
} else if cfg!(target_os = "windows") {
    "WinMM"
} else {
    "MIDI"
};

/// A port as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortInfo {
    /// The system that offers it: `ALSA`, `CoreMIDI`, `JACK`.
    pub host: String,
    /// Its name.
    pub name: String,
}

impl PortInfo {
    fn new(host: &str, name: String) -> Self {
        Self { host: host.to_owned(), name }
    }

    /// `HOST:NAME`, which finds it again.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.host, self.name)
    }
}

/// All ports that MIDI can come in by.
pub fn list() -> Vec<PortInfo> {
    let system = system_ports().into_iter().map(|name| PortInfo::new(SYSTEM, name));
    let jack = jack::ports().into_iter().map(|name| PortInfo::new(jack::HOST, name));
    system.chain(jack).collect()
}

/// A port that a person means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port(PortInfo);

impl Port {
    /// The port of that number in [`list`], of that name, with that part of a name, or `HOST:NAME`. The error lists what
    /// there is. `JACK` alone is a port of ours that nothing is connected to, until somebody does.
    pub fn named(wanted: &str) -> Result<Self, DeviceError> {
        if wanted.strip_suffix(':').unwrap_or(wanted).eq_ignore_ascii_case(jack::HOST) {
            return Ok(Self(PortInfo::new(jack::HOST, String::new())));
        }
        let ports = list();
        if wanted.split_once(':').is_some_and(|(host, _)| host.eq_ignore_ascii_case(jack::HOST)) {
            // That there is no server is worth more than that there is no port.
            open_jack_client()?;
        }
        choose(ports, wanted).map(Self).map_err(DeviceError::new)
    }

    /// The system that offers it.
    pub(crate) fn host(&self) -> &str {
        &self.0.host
    }

    /// Its name there; empty for a port of ours.
    pub(crate) fn own_name(&self) -> &str {
        &self.0.name
    }

    /// What people call it.
    pub fn name(&self) -> String {
        if self.0.name.is_empty() { self.0.host.clone() } else { self.0.full_name() }
    }

    /// Delivers what comes in, of one channel, 1 to 16, or of all, by `control`, until the connection is dropped.
    /// What comes in while somebody else uses `control` is lost: it is for the time when nothing does.
    pub fn connect(&self, channel: Option<u8>, control: Arc<Mutex<Control>>) -> Result<Connection, DeviceError> {
        let ear = MidiEar { parser: MidiParser::new(channel), control };
        let kind = if self.0.host == jack::HOST {
            Kind::Jack(jack::connect(&self.0.name, ear)?)
        } else {
            Kind::System(connect_system(&self.0.name, ear)?)
        };
        Ok(Connection { kind })
    }
}

/// A port that is listened to.
pub struct Connection {
    kind: Kind,
}

enum Kind {
    /// Dropped, it ends.
    #[expect(dead_code, reason = "it is held, not used")]
    System(MidiInputConnection<MidiEar>),
    Jack(JackConnection),
}

impl Connection {
    /// Whether it has ended for good, and another must be made.
    pub fn is_over(&self) -> bool {
        matches!(&self.kind, Kind::Jack(connection) if connection.is_over())
    }

    /// Why nothing comes in any more, if that is known. A port that is back is listened to again.
    pub fn tend(&self) -> Result<(), String> {
        match &self.kind {
            Kind::System(_) => Ok(()),
            Kind::Jack(connection) => connection.tend(),
        }
    }
}

/// Takes bytes and hands events on.
pub(super) struct MidiEar {
    parser: MidiParser,
    control: Arc<Mutex<Control>>,
}

impl MidiEar {
    /// Bytes that came in at `moment`.
    pub(super) fn hear(&mut self, bytes: &[u8], moment: Instant) {
        // Nobody else uses it now; this thread may be one that must not wait.
        let Ok(mut control) = self.control.try_lock() else { return };
        for byte in bytes {
            if let Some(event) = self.parser.push(*byte) {
                // If there is no room it is lost, and counted.
                control.event(event, At::Moment(moment));
            }
        }
    }
}

fn system_input() -> Option<MidiInput> {
    let mut input = quietly(|| MidiInput::new(NAME)).ok()?;
    input.ignore(Ignore::SysexAndActiveSense);
    Some(input)
}

fn system_ports() -> Vec<String> {
    let Some(input) = system_input() else { return vec![] };
    let names = input.ports().iter().filter_map(|port| input.port_name(port).ok()).collect::<Vec<_>>();
    names.into_iter().filter(|name| !name.starts_with(NAME)).collect()
}

fn connect_system(name: &str, ear: MidiEar) -> Result<MidiInputConnection<MidiEar>, DeviceError> {
    let gone = || DeviceError::new(format!("the MIDI port `{name}` is gone"));
    let input = system_input().ok_or_else(gone)?;
    let is_it = |port: &midir::MidiInputPort| input.port_name(port).is_ok_and(|own| own == name);
    let port = input.ports().into_iter().find(is_it).ok_or_else(gone)?;
    let hear = |_: u64, bytes: &[u8], ear: &mut MidiEar| ear.hear(bytes, Instant::now());
    let refused = |words| DeviceError::new(format!("the MIDI port `{name}` cannot be listened to: {words}"));
    input.connect(&port, "in", hear, ear).map_err(|error| refused(error.kind().to_string()))
}

/// The port that `wanted` means; of a system alone, its only one.
fn choose(ports: Vec<PortInfo>, wanted: &str) -> Result<PortInfo, String> {
    let sought = Sought { noun: "MIDI port", other: ("port", "MIDI port"), last: "" };
    let mut hosts = vec![SYSTEM, jack::HOST];
    hosts.extend(ports.iter().map(|port| port.host.as_str()));
    let wanted = Wanted::read(wanted, |host| hosts.iter().any(|own| own.eq_ignore_ascii_case(host)));
    choice::choose(ports, wanted, &sought, |_| true)
}

impl Offered for PortInfo {
    fn host(&self) -> &str {
        &self.host
    }

    fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::{Port, PortInfo, choose};

    fn ports() -> Vec<PortInfo> {
        [("ALSA", "Midi Through:0"), ("ALSA", "Keystation 49:0"), ("ALSA", "Keystation 49:1"), ("JACK", "a2j:keys")]
            .map(|(host, name)| PortInfo::new(host, name.to_owned()))
            .to_vec()
    }

    #[test]
    fn a_port_is_found_by_number_name_part_and_host() {
        let found = |wanted| choose(ports(), wanted).unwrap().full_name();
        assert_eq!(found("2"), "ALSA:Keystation 49:1");
        assert_eq!(found("keystation 49:0"), "ALSA:Keystation 49:0");
        assert_eq!(found("through"), "ALSA:Midi Through:0");
        assert_eq!(found("jack:keys"), "JACK:a2j:keys");
        assert_eq!(Port::named("jack:").unwrap().name(), "JACK", "one of ours");
        assert_eq!(found("a2j:keys"), "JACK:a2j:keys");
    }

    #[test]
    fn an_error_lists_what_there_is() {
        let error = |wanted| choose(ports(), wanted).unwrap_err();
        assert_eq!(
            error("piano"),
            "there is no MIDI port `piano`; there are:\n  0: ALSA:Midi Through:0\n  1: ALSA:Keystation 49:0\n  2: \
             ALSA:Keystation 49:1\n  3: JACK:a2j:keys"
        );
        assert_eq!(
            error("keystation"),
            "`keystation` may be one of several MIDI ports:\n  1: ALSA:Keystation 49:0\n  2: ALSA:Keystation 49:1"
        );
        assert!(error("9").starts_with("there is no MIDI port `9`; there are:"));
        let of_alsa = "\n  ALSA:Keystation 49:0\n  ALSA:Keystation 49:1";
        assert_eq!(error("ALSA:keys"), format!("`ALSA:keys` may be one of several MIDI ports:{of_alsa}"));
        assert_eq!(choose(vec![], "0").unwrap_err(), "there is no MIDI port `0`: this system has none at all");
    }
}
