//! A client that only listens, for sound that is played by another system on another clock.

use std::sync::{Arc, Mutex};

use jack::{AsyncClient, AudioIn, Client, Control, Port, ProcessHandler, ProcessScope};

use super::client::{self, Notices};
use crate::devices::listening::Ear;
use crate::devices::{DeviceError, ListenWish, Opened, Seat, Stream, channel_names, seat};

/// Listens to the ports of the client `target`.
pub(super) fn listen(target: &str, wish: &ListenWish) -> Result<Opened<Ear>, DeviceError> {
    let client = client::open()?;
    let sample_rate = client.sample_rate();
    if f64::from(sample_rate) != wish.sample_rate {
        let words = format!("the JACK server runs at {sample_rate} Hz now, and ran at {} Hz", wish.sample_rate);
        return Err(DeviceError::new(words));
    }
    let (sounding, _) = client::ports_of(&client, target);
    let channels = sounding.len();
    if channels == 0 {
        return Err(DeviceError::new(format!("no sound comes out of JACK's client `{target}`")));
    }
    let names = channel_names(wish.names, channels);
    let inputs = names.iter().map(|name| client.register_port(name, AudioIn::default())).collect::<Result<Vec<_>, _>>();
    let (seat, usher) = seat();
    let (notices, end) = Notices::new(wish.stats, sample_rate);
    let latency_frames = client.buffer_size() as usize;
    let callback = Callback { inputs: inputs.map_err(client::refused)?, seat };
    let active = client.activate_async(notices, callback).map_err(client::refused)?;
    let client = active.as_client();
    for (name, from) in names.iter().zip(&sounding) {
        client::connect(client, from, &format!("{}:{name}", client.name()));
    }
    Ok((Box::new(EarStream { end, channels, latency_frames, _client: active }), usher))
}

struct EarStream {
    end: Arc<Mutex<Option<String>>>,
    channels: usize,
    latency_frames: usize,
    _client: AsyncClient<Notices, Callback>,
}

impl Stream for EarStream {
    fn failure(&self) -> Option<String> {
        self.end.lock().ok().and_then(|end| end.clone())
    }

    fn channels(&self) -> usize {
        self.channels
    }

    fn latency_frames(&self) -> usize {
        self.latency_frames
    }
}

struct Callback {
    inputs: Vec<Port<AudioIn>>,
    seat: Seat<Ear>,
}

/// Samples of all channels, frame by frame.
struct Frames<'a> {
    inputs: &'a [Port<AudioIn>],
    scope: &'a ProcessScope,
    samples: std::ops::Range<usize>,
}

impl Iterator for Frames<'_> {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        let index = self.samples.next()?;
        Some(self.inputs[index % self.inputs.len()].as_slice(self.scope)[index / self.inputs.len()])
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.samples.size_hint()
    }
}

impl ExactSizeIterator for Frames<'_> {}

impl ProcessHandler for Callback {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let samples = 0..scope.n_frames() as usize * self.inputs.len();
        let Some(ear) = self.seat.guest() else { return Control::Continue };
        ear.hear(Frames { inputs: &self.inputs, scope, samples });
        Control::Continue
    }
}
