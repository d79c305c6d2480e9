//! What a run knows before it begins: automation, MIDI files, and what controllers move.

use std::path::Path;

use oscine_engine::midi::MidiFile;
use oscine_engine::{Change, Controller, Score};

use crate::args::SharedArgs;
use crate::automation;
use crate::failure::Failure;
use crate::hearing::Wired;
use crate::inputs::{InputSpec, Origin};
use crate::session::Session;
use crate::settings;

/// Sound goes on for so long after the last note of a MIDI file, for what rings on.
const TAIL_SECONDS: f64 = 2.0;

/// What the call asks for.
pub struct Plan {
    /// What happens when.
    pub score: Score,
    /// The ports to listen to.
    pub ports: Vec<String>,
    /// The end of the longest MIDI file and its tail, if there is one.
    pub frames: Option<u64>,
}

impl Plan {
    /// Reads the files that the call names.
    pub fn read(args: &SharedArgs, session: &Session, sample_rate: f64) -> Result<Self, Failure> {
        let params = session.params();
        let maps = args.maps.iter().map(|map| read_map(map, session)).collect::<Result<_, _>>()?;
        let mut plan = Self { score: Score { changes: vec![], maps }, ports: vec![], frames: None };
        let mut values: Vec<f64> = params.iter().map(|param| param.default).collect();
        for setting in &args.settings {
            let (index, value) = settings::read(setting, params).map_err(Failure::Call)?;
            values[index] = value;
        }
        for path in &args.automation {
            plan.score.changes.extend(automation::read(path, params, &values, sample_rate)?);
        }
        if !args.midi.is_empty() && !args.quiet && !hears_midi(session, &plan.score) {
            let script = args.script.display();
            eprintln!(
                "{script} hears no MIDI: it defines no `note_on` or the like, and no controller moves a parameter"
            );
        }
        for source in &args.midi {
            if !is_file(source) {
                plan.ports.push(source.clone());
                continue;
            }
            let file = MidiFile::read(Path::new(source), args.midi_channel, sample_rate).map_err(Failure::Call)?;
            let end = file.frames + (TAIL_SECONDS * sample_rate) as u64;
            plan.frames = plan.frames.max(Some(end));
            plan.score.changes.extend(file.events.into_iter().map(|(frame, event)| (frame, Change::Event(event))));
        }
        Ok(plan)
    }
}

/// Whether any MIDI makes a difference.
fn hears_midi(session: &Session, score: &Score) -> bool {
    let has_function = session.program().is_some_and(|program| program.events.iter().any(Option::is_some));
    has_function || !score.maps.is_empty() || session.params().iter().any(|param| param.midi.is_some())
}

/// Frames of the longest of input and MIDI files; of `wired`, only what ends by itself counts.
pub fn frames_of_files(args: &SharedArgs, wired: &Wired, plan: &Plan) -> Option<u64> {
    let ends = |spec: &String| matches!(InputSpec::parse(spec).origin, Origin::File(_));
    wired.frames.filter(|_| args.inputs.iter().any(ends)).max(plan.frames)
}

/// Whether `--midi` names a file rather than a port.
fn is_file(source: &str) -> bool {
    let path = Path::new(source);
    let is_midi =
        path.extension().is_some_and(|e| ["mid", "midi", "smf", "rmi"].iter().any(|k| e.eq_ignore_ascii_case(k)));
    is_midi || path.is_file()
}

/// `74=cutoff`, `bend=cutoff` or `pressure=cutoff`.
fn read_map(map: &str, session: &Session) -> Result<(Controller, String), Failure> {
    let form = "write a controller's number, `bend` or `pressure`, and a parameter: `--map 74=cutoff`";
    let (from, name) = map.split_once('=').ok_or_else(|| Failure::call(format!("`--map {map}`: {form}")))?;
    let from = match from.trim() {
        "bend" => Controller::PitchBend,
        "pressure" => Controller::Pressure,
        number => match number.parse() {
            Ok(number @ 0..=127) => Controller::Number(number),
            _ => return Err(Failure::call(format!("`--map {map}`: there is no controller `{number}`, only 0 to 127"))),
        },
    };
    let name = name.trim();
    settings::find(name, session.params()).map_err(|words| Failure::call(format!("`--map {map}`: {words}")))?;
    Ok((from, name.to_owned()))
}
