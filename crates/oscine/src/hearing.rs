//! Opens what the inputs hear: files in memory at the run's rate, the built-in loop, noise, silence.

use std::path::Path;
use std::sync::Arc;

use oscine_dsp::InputPort;
use oscine_engine::files::{self, Sound};
use oscine_engine::{Inputs, NoiseSource, SilenceSource, SoundSource, Source, demo_loop};

use crate::failure::Failure;
use crate::inputs::{self, InputSpec, Origin, SourceShape};

/// The rate where neither the call nor a file says one, in Hz.
pub const DEFAULT_SAMPLE_RATE: f64 = 48_000.0;

/// An input whose file, if it is one, has been read.
pub struct Heard {
    name: Option<String>,
    origin: Origin,
    sound: Option<Sound>,
}

/// What the inputs hear, with the rate of the whole run.
pub struct Hearing {
    heard: Vec<Heard>,
    /// In Hz.
    pub sample_rate: f64,
    /// A line for each file that was brought to another rate.
    pub notes: Vec<String>,
}

/// Sources wired to the inputs of some instances.
pub struct Wired {
    /// Independent instances of the script.
    pub instances: usize,
    /// What they hear.
    pub inputs: Inputs,
    /// Frames of the longest input that ends; the built-in loop counts as one that ends only if nothing else does.
    pub frames: Option<u64>,
}

/// Opens a device as a source: by its name or number, for the inputs of those names.
pub type OpenDevice<'a> = &'a mut dyn FnMut(&str, &[String]) -> Result<Box<dyn Source>, Failure>;

impl Hearing {
    /// Reads the files among `specs`. The rate is `sample_rate`, or else that of the first file that says one.
    pub fn open(specs: &[String], sample_rate: Option<f64>) -> Result<Self, Failure> {
        let mut heard = Vec::with_capacity(specs.len());
        for spec in specs {
            let InputSpec { name, origin } = InputSpec::parse(spec);
            let sound = match &origin {
                Origin::File(path) => Some(files::read(path)?),
                _ => None,
            };
            heard.push(Heard { name, origin, sound });
        }
        let of_files = heard.iter().find_map(|heard| heard.sound.as_ref()?.sample_rate);
        let sample_rate = sample_rate.or(of_files).unwrap_or(DEFAULT_SAMPLE_RATE);
        let mut notes = Vec::new();
        for heard in &mut heard {
            if let (Origin::File(path), Some(sound)) = (&heard.origin, heard.sound.take()) {
                heard.sound = Some(at_rate(path, sound, sample_rate, &mut notes)?);
            }
        }
        Ok(Self { heard, sample_rate, notes })
    }

    /// Lets every input of a script that must be connected hear the built-in loop, if nothing was given at all.
    pub fn default_to_demo(&mut self, ports: &[InputPort]) {
        if self.heard.is_empty() {
            let must = ports.iter().filter(|port| port.default.is_none());
            self.heard.extend(must.map(|port| Heard {
                name: Some(port.name.clone()),
                origin: Origin::Demo,
                sound: None,
            }));
        }
    }

    /// Wires everything to the inputs `ports` of one instance, as many instances as it takes.
    pub fn wire(self, ports: &[InputPort], channels: Option<usize>, open_device: OpenDevice) -> Result<Wired, Failure> {
        let mut sources: Vec<Box<dyn Source>> = Vec::with_capacity(self.heard.len());
        let mut names = Vec::with_capacity(self.heard.len());
        let mut demo: Option<Arc<Sound>> = None;
        let is_single = self.heard.len() == 1;
        for (index, heard) in self.heard.into_iter().enumerate() {
            sources.push(match (heard.origin, heard.sound) {
                (Origin::Demo, _) => {
                    let sound = demo.get_or_insert_with(|| Arc::new(demo_loop(self.sample_rate)));
                    Box::new(SoundSource::looped(sound.clone()))
                }
                (Origin::Noise, _) => Box::new(NoiseSource::new(index as u64)),
                (Origin::Device(name), _) => {
                    open_device(&name, &heard_by(ports, index, heard.name.as_deref(), is_single))?
                }
                (Origin::File(_), Some(sound)) => Box::new(SoundSource::once(Arc::new(sound))),
                (Origin::File(_) | Origin::Silence, _) => Box::new(SilenceSource),
            });
            names.push(heard.name);
        }
        let shapes: Vec<SourceShape> = sources
            .iter()
            .zip(&names)
            .map(|(source, name)| SourceShape { name: name.as_deref(), channels: source.channels() })
            .collect();
        let wiring = inputs::wire(ports, &shapes, channels).map_err(Failure::Call)?;
        let tap = |tap: Option<inputs::Tap>, port: &InputPort| match tap {
            Some(tap) => oscine_engine::Tap::Channel { source: tap.source, channel: tap.channel },
            None => oscine_engine::Tap::Constant(port.default.unwrap_or(0.0)),
        };
        let taps = wiring.taps.iter().flat_map(|taps| taps.iter().zip(ports).map(|(t, port)| tap(*t, port))).collect();
        let longest = sources.iter().filter_map(|source| source.frames()).max();
        let frames = longest.or(demo.map(|sound| sound.frames() as u64));
        let inputs = Inputs::new(sources, taps).of_instances(wiring.instances);
        Ok(Wired { instances: wiring.instances, inputs, frames })
    }
}

/// The names of the inputs that the source number `index`, meant for the input `name`, will probably be heard by.
fn heard_by(ports: &[InputPort], index: usize, name: Option<&str>, is_single: bool) -> Vec<String> {
    match (name, ports.get(index)) {
        (Some(name), _) => vec![name.to_owned()],
        (None, _) if is_single => ports.iter().map(|port| port.name.clone()).collect(),
        (None, Some(port)) => vec![port.name.clone()],
        (None, None) => vec![],
    }
}

fn at_rate(path: &Path, sound: Sound, sample_rate: f64, notes: &mut Vec<String>) -> Result<Sound, Failure> {
    if let Some(from) = sound.sample_rate.filter(|from| *from != sample_rate) {
        notes.push(format!("{}: resampled from {from} Hz to {sample_rate} Hz", path.display()));
    }
    files::resample(sound, sample_rate).map_err(|error| Failure::call(format!("{}: {error}", path.display())))
}
