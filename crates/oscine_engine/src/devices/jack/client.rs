//! What every client of ours does: finds the library and the server, looks around, connects ports, hears of the end.

use std::sync::{Arc, Mutex};

use jack::{Client, ClientOptions, ClientStatus, Control, Frames, NotificationHandler, PortFlags};

use crate::devices::DeviceError;
use crate::stats::Stats;

/// What we are called; the server adds a number if that is taken.
const NAME: &str = "oscine";
/// The type of ports that carry sound.
const AUDIO: &str = "32 bit float mono audio";

/// A server, as a client sees it.
pub(super) struct Server {
    pub(super) sample_rate: u32,
    pub(super) period_frames: u32,
    pub(super) neighbours: Vec<Neighbour>,
}

/// A client with ports for sound.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Neighbour {
    pub(super) name: String,
    /// Whether it stands for hardware.
    pub(super) is_physical: bool,
    /// Ports that sound comes out of.
    pub(super) sounding: Vec<String>,
    /// Ports that play what goes into them.
    pub(super) playing: Vec<String>,
}

/// Keeps the library from printing: what is wrong is said by an error of ours. Whether there is a library.
pub(in crate::devices) fn hush() -> bool {
    let is_there = jack::jack_sys::library().is_ok();
    if is_there {
        jack::set_logger(jack::LoggerType::None);
    }
    is_there
}

/// A client that does nothing yet.
pub(crate) fn open() -> Result<Client, DeviceError> {
    if !hush() {
        return Err(DeviceError::new("JACK is not installed"));
    }
    let opened = Client::new(NAME, ClientOptions::NO_START_SERVER);
    opened.map(|(client, _)| client).map_err(|error| {
        DeviceError::new(match error {
            jack::Error::ClientError(status) if status.contains(ClientStatus::SERVER_FAILED) => {
                "no JACK server is running".to_owned()
            }
            error => format!("the JACK server takes no client: {error}"),
        })
    })
}

/// Looks who is there.
pub(super) fn look() -> Result<Server, DeviceError> {
    let client = open()?;
    let own = format!("{}:", client.name());
    let (from, into) = (ports(&client, PortFlags::IS_OUTPUT), ports(&client, PortFlags::IS_INPUT));
    let physical = ports(&client, PortFlags::IS_PHYSICAL);
    let is_other = |port: &String| !port.starts_with(&own);
    let neighbours = neighbours(from.into_iter().filter(is_other), into.into_iter().filter(is_other), &physical);
    Ok(Server { sample_rate: client.sample_rate(), period_frames: client.buffer_size(), neighbours })
}

fn ports(client: &Client, flags: PortFlags) -> Vec<String> {
    client.ports(None, Some(AUDIO), flags)
}

/// Full names of ports, `client:port`, by their clients; hardware first.
fn neighbours(
    from: impl Iterator<Item = String>,
    into: impl Iterator<Item = String>,
    physical: &[String],
) -> Vec<Neighbour> {
    let mut clients: Vec<Neighbour> = vec![];
    let mut file = |port: String, is_from: bool| {
        let Some((name, _)) = port.split_once(':') else { return };
        let index = clients.iter().position(|client| client.name == name).unwrap_or_else(|| {
            clients.push(Neighbour { name: name.to_owned(), ..Neighbour::default() });
            clients.len() - 1
        });
        let client = &mut clients[index];
        client.is_physical |= physical.contains(&port);
        if is_from { client.sounding.push(port) } else { client.playing.push(port) }
    };
    from.for_each(|port| file(port, true));
    into.for_each(|port| file(port, false));
    clients.sort_by_key(|client| !client.is_physical);
    clients
}

/// The ports of `client` that sound comes out of, and those that play, in order.
pub(super) fn ports_of(client: &Client, name: &str) -> (Vec<String>, Vec<String>) {
    let of = |flags| {
        let mut ports = ports(client, flags);
        ports.retain(|port| port.split_once(':').is_some_and(|(own, _)| own == name));
        ports
    };
    (of(PortFlags::IS_OUTPUT), of(PortFlags::IS_INPUT))
}

/// Connects two ports. A connection that is refused is not worth the sound: a person sees it in a patchbay and makes
/// another.
pub(super) fn connect(client: &Client, from: &str, into: &str) {
    let _ = client.connect_ports_by_name(from, into);
}

/// The same for a connection that is made anew whenever it is not there; why it cannot be.
pub(crate) fn connect_again(client: &Client, from: &str, into: &str) -> Result<(), String> {
    match client.connect_ports_by_name(from, into) {
        Ok(()) | Err(jack::Error::PortAlreadyConnected(..)) => Ok(()),
        Err(_) if client.port_by_name(from).is_none() => Err("it is not there".to_owned()),
        Err(error) => Err(format!("the JACK server refused: {error}")),
    }
}

/// An error of the server about something that we want.
pub(super) fn refused(error: jack::Error) -> DeviceError {
    DeviceError::new(format!("the JACK server refused: {error}"))
}

/// What a server tells beside asking for sound.
pub(super) struct Notices {
    stats: Arc<Stats>,
    end: Arc<Mutex<Option<String>>>,
    sample_rate: Frames,
}

impl Notices {
    /// With the place where the end will be written.
    pub(super) fn new(stats: &Arc<Stats>, sample_rate: Frames) -> (Self, Arc<Mutex<Option<String>>>) {
        let end = Arc::new(Mutex::new(None));
        (Self { stats: stats.clone(), end: end.clone(), sample_rate }, end)
    }

    fn end(&self, words: String) {
        if let Ok(mut end) = self.end.lock() {
            end.get_or_insert(words);
        }
    }
}

impl NotificationHandler for Notices {
    #[expect(unsafe_code, reason = "the trait has it so: a client may do little by then, and this one only notes it")]
    unsafe fn shutdown(&mut self, _: ClientStatus, reason: &str) {
        let reason = if reason.is_empty() { "the JACK server is gone" } else { reason };
        self.end(reason.to_owned());
    }

    fn sample_rate(&mut self, _: &Client, sample_rate: Frames) -> Control {
        if sample_rate != self.sample_rate {
            self.end(format!("the JACK server runs at {sample_rate} Hz now"));
        }
        Control::Continue
    }

    fn xrun(&mut self, _: &Client) -> Control {
        self.stats.add_xrun();
        Control::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::{Neighbour, neighbours};

    #[test]
    fn ports_are_gathered_by_client_and_hardware_comes_first() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let from = names(&["synth:out", "system:capture_1", "system:capture_2", "odd name:a:b"]);
        let into = names(&["mixer:in", "system:playback_1"]);
        let physical = names(&["system:capture_1", "system:capture_2", "system:playback_1"]);
        let found = neighbours(from.into_iter(), into.into_iter(), &physical);
        assert_eq!(
            found.iter().map(|client| &*client.name).collect::<Vec<_>>(),
            ["system", "synth", "odd name", "mixer"]
        );
        let system = Neighbour {
            name: "system".to_owned(),
            is_physical: true,
            sounding: names(&["system:capture_1", "system:capture_2"]),
            playing: names(&["system:playback_1"]),
        };
        assert_eq!(found[0], system);
        assert_eq!(found[2].sounding, ["odd name:a:b"]);
    }
}
