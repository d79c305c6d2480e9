//! `oscine.voices` played by events, as a device's notes reach it.

use std::path::Path;
use std::sync::Arc;

use oscine_dsp::{Event, Processor};
use oscine_jit::{Machine, Options, ScriptProcessor, compile};
use oscine_lang::evaluate::LoadOptions;
use oscine_lang::pipeline;

/// Counts what its voices compute: the second output.
const SYNTH: &str = "
from oscine import voices

ticks = 0

class Tone:
    def __init__(self):
        self.value = 0.0
        self.left = 0
        self.done = True

    def note_on(self, note, velocity):
        self.value = note + velocity
        self.left = -1
        self.done = False

    def note_off(self):
        self.left = 3

    def tick(self):
        global ticks
        ticks += 1
        self.left -= 1
        self.done = self.left == 0
        return self.value

synth = voices(Tone, COUNT)

def note_on(note, velocity):
    synth.note_on(note, velocity)

def note_off(note):
    synth.note_off(note)

def control_change(number, value):
    synth.control_change(number, value)

def process():
    return synth.tick(), ticks
";

fn machine(script: &str) -> Arc<Machine> {
    let options = LoadOptions { sample_rate: 48000.0, block_frames: 64 };
    let checked = pipeline::compile(Path::new("synth.py"), script.to_owned(), options, &mut |_| {})
        .unwrap_or_else(|failure| panic!("{:#?}", failure.diagnostics));
    compile(checked.program, Options { fast_math: false }).expect("it compiles")
}

/// What is said of a script that cannot be used: the line, the text that is marked, the words.
fn failure(script: &str) -> (usize, String, String) {
    let options = LoadOptions { sample_rate: 48000.0, block_frames: 64 };
    let failure =
        pipeline::compile(Path::new("synth.py"), script.to_owned(), options, &mut |_| {}).expect_err("a fault");
    let first = &failure.diagnostics[0];
    assert_eq!(failure.diagnostics.len(), 1, "{:#?}", failure.diagnostics);
    assert!(first.related.is_empty(), "{first:?}");
    let (line, _) = failure.sources.line_column(first.span);
    assert_eq!(failure.sources.path(first.span), Path::new("synth.py"));
    (line, failure.sources.text(first.span).to_owned(), first.message.clone())
}

fn synth(count: usize) -> ScriptProcessor {
    machine(&SYNTH.replace("COUNT", &count.to_string())).instantiate(Arc::default())
}

/// The next `frames` of both outputs.
fn run(synth: &mut ScriptProcessor, frames: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut sum, mut ticks) = (vec![0.0; frames], vec![0.0; frames]);
    synth.process(&[], &mut [&mut sum, &mut ticks]).expect("no fault");
    (sum, ticks)
}

fn on(synth: &mut ScriptProcessor, note: i64) {
    synth.event(Event::NoteOn { note, velocity: 0.5 }).expect("no fault");
}

fn off(synth: &mut ScriptProcessor, note: i64) {
    synth.event(Event::NoteOff { note }).expect("no fault");
}

#[test]
fn notes_sound_until_their_release_ends_and_silent_voices_cost_nothing() {
    for count in [1, 2, 16, 64, 256] {
        let mut synth = synth(count);
        assert_eq!(run(&mut synth, 2), (vec![0.0; 2], vec![0.0; 2]), "{count} voices");
        on(&mut synth, 60);
        assert_eq!(run(&mut synth, 2), (vec![60.5; 2], vec![1.0, 2.0]), "{count} voices");
        off(&mut synth, 60);
        assert_eq!(run(&mut synth, 5), (vec![60.5, 60.5, 60.5, 0.0, 0.0], vec![3.0, 4.0, 5.0, 5.0, 5.0]));
    }
}

#[test]
fn a_pool_plays_as_many_notes_as_it_has_voices() {
    let mut synth = synth(64);
    for note in 0..70 {
        on(&mut synth, note);
    }
    // Of 70 notes the first six were stolen.
    let sum: f64 = (6..70).map(|note| f64::from(note) + 0.5).sum();
    assert_eq!(run(&mut synth, 1), (vec![sum], vec![64.0]));
    (0..70).for_each(|note| off(&mut synth, note));
    assert_eq!(run(&mut synth, 4).0[2..], [sum, 0.0]);
}

#[test]
fn the_pedal_comes_by_its_controller() {
    let mut synth = synth(4);
    let pedal = |synth: &mut ScriptProcessor, value| {
        synth.event(Event::ControlChange { number: 64, value }).expect("no fault");
    };
    pedal(&mut synth, 1.0);
    on(&mut synth, 60);
    off(&mut synth, 60);
    assert_eq!(run(&mut synth, 8).0, [60.5; 8]);
    pedal(&mut synth, 0.0);
    assert_eq!(run(&mut synth, 4).0, [60.5, 60.5, 60.5, 0.0]);
}

#[test]
fn a_reset_silences_the_pool() {
    let mut synth = synth(4);
    on(&mut synth, 60);
    run(&mut synth, 2);
    synth.reset();
    assert_eq!(run(&mut synth, 2), (vec![0.0; 2], vec![0.0; 2]));
}

#[test]
fn what_goes_wrong_inside_is_told_at_the_script_s_line() {
    let script = SYNTH.replace("COUNT", "4").replace("self.value = note + velocity", "self.value = 1.0 / (note - 60)");
    let mut synth = machine(&script).instantiate(Arc::default());
    let fault = synth.event(Event::NoteOn { note: 60, velocity: 0.5 }).expect_err("a fault");
    assert_eq!(synth.describe_fault(&fault), "synth.py:13: ZeroDivisionError: float division by zero");
}

#[test]
fn what_is_no_voice_is_told_at_the_script_s_line() {
    let whole = SYNTH.replace("COUNT", "4");
    let at = |line, marked: &str, words: &str| (line, marked.to_owned(), words.to_owned());
    assert_eq!(
        failure(&whole.replace("def tick", "def sound")),
        at(
            27,
            "voices(Tone, 4)",
            "TypeError: Tone has no `tick`: a voice needs `tick()`, one sample, or `process()`, a block"
        )
    );
    assert_eq!(
        failure(&whole.replace("def tick(self)", "def tick(self, x)")),
        at(39, "synth.tick()", "tick() missing 1 required argument: 'x'")
    );
    assert_eq!(
        failure(
            &whole.replace("return self.value\n", "return self.value, 0.0\n").replace("Tone, 4", "Tone, 4, channels=1")
        ),
        at(39, "synth.tick()", "unsupported operand type(s) for +: 'float' and 'tuple'")
    );
    assert_eq!(
        failure(&whole.replace("return self.value\n", "return [0.0][0], missing\n")).0,
        25,
        "what is wrong in the voice itself is told there"
    );
}
