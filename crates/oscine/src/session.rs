//! A script made ready to play: read, compiled to machine code, and as many instances of it as channels ask for; or a
//! native processor, which is ready as it is.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use oscine_dsp::{Face, NATIVES, Param, Processor};
use oscine_engine::{Bank, MAX_PORTS, StopFlag};
use oscine_jit::{Machine, Takeover};
use oscine_lang::diagnostics::{self, Style};
use oscine_lang::evaluate::LoadOptions;
use oscine_lang::ir::Program;
use oscine_lang::pipeline;
use oscine_lang::source::Sources;

use crate::failure::Failure;
use crate::settings;

/// How a script is loaded and compiled.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The script's `samplerate`, in Hz.
    pub sample_rate: f64,
    /// The script's `blocksize`, in frames.
    pub block_frames: usize,
    /// Fused and re-associated arithmetic.
    pub fast_math: bool,
    /// How its errors and warnings are shown.
    pub style: Style,
}

/// Why a script could not be made ready, and the files that were read until then.
#[derive(Debug)]
pub struct FailedAttempt {
    /// What to tell.
    pub failure: Failure,
    /// The script first; empty if not even that could be read.
    pub sources: Sources,
}

/// Where instances come from.
enum Origin {
    Script(Arc<Machine>),
    /// Name and sample rate.
    Native(&'static str, f64),
}

/// A compiled script or a native processor, of which instances can be made.
pub struct Session {
    origin: Origin,
    /// The files that it was read from.
    sources: Sources,
    face: Face,
    /// What is probably not meant, though it works: complete text, empty where there is nothing.
    pub warnings: String,
    /// From the script's text to typed instructions, its load time included.
    pub load_ms: f64,
    /// From instructions to machine code and the first instance.
    pub compile_ms: f64,
}

impl Session {
    /// Runs the load time of the script at `path` and compiles what `process` reaches. What the script prints goes to
    /// `print`.
    pub fn load(path: &Path, options: Options, print: &mut (dyn FnMut(&str) + Send)) -> Result<Self, Failure> {
        Self::attempt(path, options, print).map_err(|attempt| attempt.failure)
    }

    /// The same, where a failure tells which files were read.
    pub fn attempt(path: &Path, options: Options, print: &mut (dyn FnMut(&str) + Send)) -> Result<Self, FailedAttempt> {
        if let Some(native) = Self::native(path, options.sample_rate) {
            return Ok(native);
        }
        let text = read(path).map_err(|failure| FailedAttempt { failure, sources: Sources::default() })?;
        let start = Instant::now();
        let load = LoadOptions { sample_rate: options.sample_rate, block_frames: options.block_frames };
        let checked = pipeline::compile(path, text, load, print).map_err(|failure| {
            let words = diagnostics::render(&failure.diagnostics, &failure.sources, options.style);
            FailedAttempt { failure: Failure::Script(words), sources: failure.sources }
        })?;
        let load_ms = milliseconds_since(start);
        let warnings = diagnostics::render(&checked.warnings, &checked.program.sources, options.style);

        let start = Instant::now();
        let jit = oscine_jit::Options { fast_math: options.fast_math };
        let sources = checked.program.sources.clone();
        let machine = oscine_jit::compile(checked.program, jit).map_err(|error| {
            let words = format!("error: oscine is at fault, not the script: {}: {error}", path.display());
            FailedAttempt { failure: Failure::Script(words), sources: sources.clone() }
        })?;
        let face = machine.instantiate(StopFlag::default()).face().clone();
        let compile_ms = milliseconds_since(start);
        Ok(Self { origin: Origin::Script(machine), sources, face, warnings, load_ms, compile_ms })
    }

    /// The native processor of the name that a path is, unless there is a file of that name.
    fn native(path: &Path, sample_rate: f64) -> Option<Self> {
        let (name, _) = NATIVES.into_iter().find(|(name, _)| Path::new(name) == path && !path.exists())?;
        let start = Instant::now();
        let face = oscine_dsp::by_name(name, sample_rate)?.face().clone();
        Some(Self {
            origin: Origin::Native(name, sample_rate),
            sources: Sources::default(),
            face,
            warnings: String::new(),
            load_ms: milliseconds_since(start),
            compile_ms: 0.0,
        })
    }

    /// The instructions and the state that the machine code came from, if it came from any.
    pub fn program(&self) -> Option<&Program> {
        match &self.origin {
            Origin::Script(machine) => Some(machine.program()),
            Origin::Native(..) => None,
        }
    }

    /// The files that it was read from, the script first; none for a native processor.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Ports, parameters and timing of one instance.
    pub fn face(&self) -> &Face {
        &self.face
    }

    /// Parameters in order.
    pub fn params(&self) -> &[Param] {
        &self.face.params
    }

    /// A processor of `instances` independent instances, in the state before the first sample, with each of `settings`
    /// (`NAME=VALUE`) made. Raising `stop` ends a loop that does not end by itself.
    pub fn processor(
        &self,
        instances: usize,
        settings: &[String],
        stop: &StopFlag,
    ) -> Result<Box<dyn Processor>, Failure> {
        let ports = instances * self.face.inputs.len().max(self.face.outputs);
        if ports > MAX_PORTS {
            return Err(Failure::call(format!(
                "{instances} instances of this script need {ports} channels; oscine plays at most {MAX_PORTS}"
            )));
        }
        let mut processor = self.instances(instances, stop, None);
        for setting in settings {
            let (index, value) = settings::read(setting, &self.face.params).map_err(Failure::Call)?;
            processor.jump_param(index, value);
        }
        Ok(processor)
    }

    /// A processor that takes over from one of `old`, of as many instances, and what it takes. Of `settings`, those
    /// are made that this script has parameters for.
    ///
    /// The error says why it cannot: its inputs or outputs are others than those that are wired.
    pub fn successor(
        &self,
        old: &Session,
        instances: usize,
        settings: &[String],
        stop: &StopFlag,
    ) -> Result<(Box<dyn Processor>, Arc<Takeover>), String> {
        if let Some(words) = difference(&self.face, &old.face) {
            return Err(words);
        }
        let (Origin::Script(new), Origin::Script(old)) = (&self.origin, &old.origin) else {
            return Err("a native processor has no other version".to_owned());
        };
        let takeover = Arc::new(Takeover::new(new, old));
        let mut processor = self.instances(instances, stop, Some(&takeover));
        for (index, value) in settings.iter().filter_map(|setting| settings::read(setting, &self.face.params).ok()) {
            processor.jump_param(index, value);
        }
        Ok((processor, takeover))
    }

    fn instances(&self, count: usize, stop: &StopFlag, takeover: Option<&Arc<Takeover>>) -> Box<dyn Processor> {
        let instance = || match &self.origin {
            Origin::Script(machine) => {
                let mut processor = machine.instantiate(stop.clone());
                if let Some(takeover) = takeover {
                    processor.prepare_takeover(takeover.clone());
                }
                Box::new(processor) as Box<dyn Processor>
            }
            Origin::Native(name, sample_rate) => {
                oscine_dsp::by_name(name, *sample_rate).expect("its name was looked up before")
            }
        };
        if count == 1 { instance() } else { Box::new(Bank::new((0..count).map(|_| instance()).collect())) }
    }
}

/// What stands between a script and the wiring of the one that it replaces.
fn difference(new: &Face, old: &Face) -> Option<String> {
    let names = |face: &Face| face.inputs.iter().map(|port| port.name.clone()).collect::<Vec<_>>();
    let list = |names: Vec<String>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let (new_names, old_names) = (names(new), names(old));
    // A single input may be called anything.
    if new_names.len() != old_names.len() || (new_names.len() > 1 && new_names != old_names) {
        return Some(format!("its inputs are {} now, and were {}", list(new_names), list(old_names)));
    }
    if new.outputs != old.outputs {
        return Some(format!("it has {} outputs now, and had {}", new.outputs, old.outputs));
    }
    let form = |face: &Face| if face.fixed_block_frames.is_some() { "block" } else { "sample" };
    (new.fixed_block_frames != old.fixed_block_frames)
        .then(|| format!("it is of the {} form now, and was of the {} form", form(new), form(old)))
}

/// The script's text; Python's signature at the start of a UTF-8 file is no part of it.
fn read(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        let words = match error.kind() {
            // A bare word may have been meant for a name.
            ErrorKind::NotFound if path.extension().is_none() && path.components().count() == 1 => {
                let names = NATIVES.map(|(name, _)| name).join(", ");
                format!("neither a file nor a native processor, which are {names}")
            }
            ErrorKind::NotFound => "no such file".to_owned(),
            ErrorKind::IsADirectory => "is a directory, not a script".to_owned(),
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        Failure::call(format!("{}: {words}", path.display()))
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        Failure::Script(format!("error: {}:{line}: not a Python script: its bytes are not UTF-8", path.display()))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn milliseconds_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
