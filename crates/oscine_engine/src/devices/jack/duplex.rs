//! The client that plays, and hears in the same callback what is to be heard from this server.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use jack::{AsyncClient, AudioIn, AudioOut, Client, Control, LatencyType, Port, ProcessHandler, ProcessScope};

use super::client::{self, Notices};
use super::notes::{self, NoteEar, NoteWires};
use crate::devices::{CaptureWish, DeviceError, ITSELF, Opened, Seat, Stream, Wish, seat};
use crate::feed::Feed;
use crate::runner::MAX_PORTS;

/// Samples that are computed at a time, of all outputs together.
const PORTION: usize = 4096;
/// A single output is heard from so many speakers.
const MONO_SPEAKERS: usize = 2;

/// Plays on the ports of the client `target`.
pub(super) fn play(target: &str, wish: &Wish) -> Result<Opened<Feed>, DeviceError> {
    let client = client::open()?;
    let sample_rate = client.sample_rate();
    if f64::from(sample_rate) != wish.sample_rate {
        let words = format!("the JACK server runs at {sample_rate} Hz, and this sound at {} Hz", wish.sample_rate);
        return Err(DeviceError::new(words));
    }
    let names = output_names(wish.outputs.max(1));
    let outputs =
        names.iter().map(|name| client.register_port(name, AudioOut::default())).collect::<Result<Vec<_>, _>>();
    let outputs = outputs.map_err(client::refused)?;
    let channels = unique(wish.captures.iter().flat_map(|wish| wish.channels.clone()).collect(), &names);
    let inputs =
        channels.iter().map(|name| client.register_port(name, AudioIn::default())).collect::<Result<Vec<_>, _>>();
    let inputs = inputs.map_err(client::refused)?;

    let (notes, mut wires) = notes::register(&client, wish.midi, &[&names[..], &channels].concat())?;

    let latency_frames = Arc::new(AtomicUsize::new(client.buffer_size() as usize));
    let (notices, end) = Notices::new(wish.stats, sample_rate);
    let (seat, usher) = seat();
    let samples = vec![0.0; (PORTION / outputs.len()).max(1) * outputs.len()];
    let callback = Callback { seat, inputs, notes, outputs, samples, latency_frames: latency_frames.clone() };
    let active = client.activate_async(notices, callback).map_err(client::refused)?;
    wire(active.as_client(), target, &names, wish.captures, &channels);
    let news = wires.tend(active.as_client(), Instant::now());
    Ok((Box::new(JackStream { end, channels: names.len(), latency_frames, wires, news, client: active }), usher))
}

/// Ports are connected once the client is active: a server refuses it before.
fn wire(client: &Client, target: &str, outputs: &[String], captures: &[CaptureWish], channels: &[String]) {
    let own = |port: &String| format!("{}:{port}", client.name());
    let (_, mut speakers) = client::ports_of(client, target);
    if captures.iter().any(|wish| wish.device == ITSELF) {
        // What it hears of itself is a measurement, and not for ears.
        speakers.clear();
    }
    if let [output] = outputs {
        speakers.iter().take(MONO_SPEAKERS).for_each(|speaker| client::connect(client, &own(output), speaker));
    } else {
        outputs.iter().zip(&speakers).for_each(|(output, speaker)| client::connect(client, &own(output), speaker));
    }
    let mut channels = channels.iter();
    for wish in captures {
        let sounding = match wish.device.as_str() {
            ITSELF => outputs.iter().map(own).collect(),
            device => client::ports_of(client, device).0,
        };
        let own_channels = channels.by_ref().take(wish.channels.len());
        own_channels.zip(&sounding).for_each(|(channel, from)| client::connect(client, from, &own(channel)));
    }
}

/// `out`, or `out_1`, `out_2`.
fn output_names(outputs: usize) -> Vec<String> {
    if outputs == 1 { vec!["out".to_owned()] } else { (1..=outputs).map(|number| format!("out_{number}")).collect() }
}

/// The same names, those that are taken already with a number.
pub(super) fn unique(names: Vec<String>, taken: &[String]) -> Vec<String> {
    let mut given: Vec<String> = taken.to_vec();
    for name in names {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !given.contains(name));
        given.extend(free);
    }
    given.split_off(taken.len())
}

struct JackStream {
    end: Arc<Mutex<Option<String>>>,
    channels: usize,
    latency_frames: Arc<AtomicUsize>,
    wires: NoteWires,
    /// Lines that have not been told yet.
    news: Vec<String>,
    client: AsyncClient<Notices, Callback>,
}

impl Stream for JackStream {
    fn failure(&self) -> Option<String> {
        self.end.lock().ok().and_then(|end| end.clone())
    }

    fn channels(&self) -> usize {
        self.channels
    }

    fn latency_frames(&self) -> usize {
        self.latency_frames.load(Relaxed)
    }

    fn tend(&mut self, now: Instant) -> Vec<String> {
        let mut lines = std::mem::take(&mut self.news);
        lines.extend(self.wires.tend(self.client.as_client(), now));
        lines
    }
}

/// What the server calls once a period.
struct Callback {
    seat: Seat<Feed>,
    inputs: Vec<Port<AudioIn>>,
    notes: Vec<NoteEar>,
    outputs: Vec<Port<AudioOut>>,
    /// Frames of all outputs, interleaved.
    samples: Vec<f32>,
    latency_frames: Arc<AtomicUsize>,
}

impl ProcessHandler for Callback {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let frames = scope.n_frames() as usize;
        if let Some(feed) = self.seat.guest().filter(|_| !self.inputs.is_empty()) {
            let mut heard: [&[f32]; MAX_PORTS] = [&[]; MAX_PORTS];
            for (heard, port) in heard.iter_mut().zip(&self.inputs) {
                *heard = port.as_slice(scope);
            }
            feed.hear(&heard[..self.inputs.len().min(MAX_PORTS)]);
        }
        if let Some(feed) = self.seat.guest().filter(|_| !self.notes.is_empty()) {
            self.notes.iter_mut().for_each(|ear| ear.hear(scope, feed));
        }
        let channels = self.outputs.len();
        let mut done = 0;
        while done < frames {
            let count = (frames - done).min(self.samples.len() / channels);
            let samples = &mut self.samples[..count * channels];
            self.seat.fill(samples, channels);
            for (channel, port) in self.outputs.iter_mut().enumerate() {
                let out = port.as_mut_slice(scope)[done..done + count].iter_mut();
                out.zip(samples[channel..].iter().step_by(channels)).for_each(|(to, from)| *to = *from);
            }
            done += count;
        }
        let (_, latency) = self.outputs[0].get_latency_range(LatencyType::Playback);
        self.latency_frames.store(latency as usize, Relaxed);
        Control::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::{output_names, unique};

    #[test]
    fn ports_have_names_of_their_own() {
        assert_eq!(output_names(1), ["out"]);
        assert_eq!(output_names(3), ["out_1", "out_2", "out_3"]);
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(unique(names(&["x", "out", "x", "x"]), &names(&["out"])), ["x", "out_2", "x_2", "x_3"]);
    }
}
