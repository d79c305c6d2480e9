//! What takes bytes from outside, each with something that must hold of whatever comes out. None may panic, whatever the
//! bytes are. `make fuzz` has libFuzzer look for bytes that do; the tests mutate a corpus, always the same way.

use std::path::PathBuf;
use std::{env, fs, process};

use oscine::{automation, osc};
use oscine_dsp::{Event, Param, ParamKind};
use oscine_engine::midi::{MidiFile, MidiParser};
use oscine_engine::{Change, files};

const RATE: f64 = 48_000.0;

/// A target's name and what it does with bytes.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const TARGETS: [Target; 6] = [
    ("osc", osc_packet),
    ("midi_bytes", midi_bytes),
    ("midi_file", midi_file),
    ("automation_csv", automation_csv),
    ("automation_json", automation_json),
    ("sound_file", sound_file),
];

fn params() -> Vec<Param> {
    let param = |name: &str, kind| Param { smooth_seconds: 0.0, ..Param::new(name, kind, 0.5, (0.0, 1.0)) };
    vec![param("gain", ParamKind::Float), param("voice.decay", ParamKind::Float), param("on", ParamKind::Bool)]
}

/// A packet is an answer or an error.
fn osc_packet(bytes: &[u8]) {
    if let Ok(asked) = osc::read(bytes, &params()) {
        assert!(asked.len() <= bytes.len() * params().len());
    }
}

/// Every event has numbers that MIDI has.
fn midi_bytes(bytes: &[u8]) {
    let mut parser = MidiParser::new(None);
    bytes.iter().filter_map(|byte| parser.push(*byte)).for_each(check_event);
}

fn check_event(event: Event) {
    match event {
        Event::NoteOn { note: number, velocity: value }
        | Event::ControlChange { number, value }
        | Event::PolyPressure { note: number, value } => {
            assert!((0..128).contains(&number) && (0.0..=1.0).contains(&value));
        }
        Event::NoteOff { note: number } | Event::ProgramChange { number } => assert!((0..128).contains(&number)),
        Event::PitchBend { value } => assert!((-1.0..=1.0).contains(&value)),
        Event::ChannelPressure { value } => assert!((0.0..=1.0).contains(&value)),
        Event::SongPosition { sixteenths } => assert!((0..16_384).contains(&sixteenths)),
        Event::Clock | Event::ClockStart | Event::ClockStop | Event::ClockContinue => {}
    }
}

/// Events come in order and within the file's length.
fn midi_file(bytes: &[u8]) {
    if let Ok(file) = MidiFile::parse(bytes, None, RATE) {
        assert!(file.events.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert!(file.events.iter().all(|(frame, _)| *frame <= file.frames));
        file.events.into_iter().for_each(|(_, event)| check_event(event));
    }
}

/// A file of this process with that content.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { env::temp_dir() };
    let path = folder.join(format!("oscine-fuzz-{}-{name}", process::id()));
    fs::write(&path, bytes).expect("a file is written");
    path
}

fn automation_csv(bytes: &[u8]) {
    automation(&file("a.csv", bytes));
}

fn automation_json(bytes: &[u8]) {
    automation(&file("a.json", bytes));
}

/// Changes of one parameter come in order.
fn automation(path: &PathBuf) {
    let changes = automation::read(path, &params(), &[0.5, 0.5, 0.0], RATE);
    let _ = fs::remove_file(path);
    for own in 0..params().len() {
        let of_param = |(_, change): &&(u64, Change)| match change {
            Change::Param { id, .. } | Change::Ramp { id, .. } => *id == own,
            Change::Event(_) => false,
        };
        let frames: Vec<u64> = changes.iter().flatten().filter(of_param).map(|(frame, _)| *frame).collect();
        assert!(frames.is_sorted());
    }
}

/// All channels are of one length.
fn sound_file(bytes: &[u8]) {
    let path = file("sound", bytes);
    let sound = files::read(&path);
    let _ = fs::remove_file(path);
    if let Ok(sound) = sound {
        assert!(sound.channels.iter().all(|channel| channel.len() == sound.frames()));
    }
}

/// Gives `bytes` to the target of that name.
#[allow(dead_code, reason = "libFuzzer's targets begin here")]
pub(crate) fn run(name: &str, bytes: &[u8]) {
    TARGETS.iter().filter(|(own, _)| *own == name).for_each(|(_, target)| target(bytes));
}
