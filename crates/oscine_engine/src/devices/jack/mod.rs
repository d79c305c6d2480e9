//! JACK, by a client of our own: outputs and inputs of one run are ports of one client and meet in one callback.
//!
//! The library is loaded when it is first asked for: without it there is no JACK, and all else works. A server is never
//! started from here. Its rate is the rate of what plays; its period is re-blocked by the feed. Transport is ignored.

mod client;
mod duplex;
mod ears;
mod notes;

use super::listening::Ear;
use super::{Backend, Device, DeviceError, DeviceInfo, ListenWish, Opened, Wish};
use crate::feed::Feed;

pub(super) use client::hush;
pub(crate) use client::{connect_again, open};

/// The host's name, as it stands before the colon in `JACK:NAME`.
pub(crate) const HOST: &str = "JACK";

/// The server of `JACK_DEFAULT_SERVER`, or the default one.
pub(super) struct Jack;

impl Backend for Jack {
    fn host(&self) -> &str {
        HOST
    }

    fn devices(&self) -> Vec<Box<dyn Device>> {
        let Ok(server) = client::look() else { return vec![] };
        let device = |client: &client::Neighbour| Box::new(JackDevice::new(&server, client)) as Box<dyn Device>;
        server.neighbours.iter().map(device).collect()
    }

    fn default_output(&self) -> Result<Box<dyn Device>, DeviceError> {
        physical(|client| client.playing.len())
    }

    fn default_input(&self) -> Result<Box<dyn Device>, DeviceError> {
        physical(|client| client.sounding.len())
    }
}

/// The hardware: the physical client with the most ports of a kind.
fn physical(ports: impl Fn(&client::Neighbour) -> usize) -> Result<Box<dyn Device>, DeviceError> {
    let server = client::look()?;
    let found = server
        .neighbours
        .iter()
        .rev()
        .filter(|client| client.is_physical && ports(client) > 0)
        .max_by_key(|client| ports(client));
    let client = found.ok_or_else(|| DeviceError::new("the JACK server has no hardware"))?;
    Ok(Box::new(JackDevice::new(&server, client)))
}

/// Another client of the server, to whose ports ours are connected. That of the hardware is mostly called `system`.
struct JackDevice {
    info: DeviceInfo,
    sample_rate: f64,
}

impl JackDevice {
    fn new(server: &client::Server, client: &client::Neighbour) -> Self {
        let info = DeviceInfo {
            host: HOST.to_owned(),
            name: client.name.clone(),
            inputs: client.sounding.len(),
            outputs: client.playing.len(),
            rates_hz: (server.sample_rate, server.sample_rate),
            portion_frames: Some((server.period_frames, server.period_frames)),
            formats: vec!["f32".to_owned()],
            ..DeviceInfo::default()
        };
        Self { info, sample_rate: f64::from(server.sample_rate) }
    }
}

impl Device for JackDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn nearest_rate(&self, _sample_rate: f64) -> f64 {
        self.sample_rate
    }

    fn play(&self, wish: &Wish) -> Result<Opened<Feed>, DeviceError> {
        duplex::play(&self.info.name, wish)
    }

    fn listen(&self, wish: &ListenWish) -> Result<Opened<Ear>, DeviceError> {
        ears::listen(&self.info.name, wish)
    }

    fn hears_itself(&self) -> bool {
        true
    }

    fn hears_in_callback(&self, device: &dyn Device) -> bool {
        device.info().host == HOST
    }

    fn hears_midi_of(&self, host: &str) -> bool {
        host == HOST
    }
}
