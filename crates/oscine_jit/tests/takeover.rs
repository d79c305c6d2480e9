//! Scripts that are edited while they run: what of their state goes on.

use std::path::Path;
use std::sync::Arc;

use oscine_dsp::Processor;
use oscine_jit::{Machine, Options, ScriptProcessor, Takeover, compile};
use oscine_lang::evaluate::LoadOptions;
use oscine_lang::pipeline;

fn machine(text: &str) -> Arc<Machine> {
    let options = LoadOptions { sample_rate: 48_000.0, block_frames: 4 };
    let checked = pipeline::compile(Path::new("script.py"), text.to_owned(), options, &mut |_| {})
        .unwrap_or_else(|failure| panic!("{text}\n{:?}", failure.diagnostics));
    compile(checked.program, Options::default()).expect("it translates")
}

fn run(processor: &mut ScriptProcessor, frames: usize) -> Vec<f64> {
    let mut output = vec![0.0; frames];
    processor.process(&[], &mut [&mut output]).expect("no fault");
    output
}

/// A script that was edited, after its first version ran for some frames.
struct Edited {
    old: ScriptProcessor,
    new: ScriptProcessor,
    plan: Arc<Takeover>,
}

fn edit(old: &str, new: &str, frames: usize) -> Edited {
    let (old, new) = (machine(old), machine(new));
    let plan = Arc::new(Takeover::new(&new, &old));
    let (mut old, mut new) = (old.instantiate(Arc::default()), new.instantiate(Arc::default()));
    new.prepare_takeover(plan.clone());
    run(&mut old, frames);
    Edited { old, new, plan }
}

/// What the new version gives after `frames` of the old one.
fn after(old: &str, new: &str, frames: usize, count: usize) -> Vec<f64> {
    let mut edited = edit(old, new, frames);
    edited.new.take_over(&edited.old, true);
    run(&mut edited.new, count)
}

fn names(plan: &Takeover) -> [String; 3] {
    [plan.kept.join(", "), plan.fresh.join(", "), plan.dropped.join(", ")]
}

const COUNT: &str = "n = 0.0\n\ndef process():\n    global n\n    n += 1.0\n    return n\n";

#[test]
fn a_variable_goes_on_and_new_ones_start() {
    let new = "other = 5.0\nn = 0.0\n\ndef process():\n    global n, other\n    n += 1.0\n    other += 1.0\n    \
               return n + 100.0 * other\n";
    assert_eq!(after(COUNT, new, 3, 2), [604.0, 705.0]);
    assert_eq!(names(&edit(COUNT, new, 0).plan), ["n", "other", ""]);
    assert_eq!(names(&edit(new, COUNT, 0).plan), ["n", "", "other"]);
}

#[test]
fn another_name_is_another_variable() {
    let new = "m = 0.0\n\ndef process():\n    global m\n    m += 1.0\n    return m\n";
    assert_eq!(after(COUNT, new, 3, 1), [1.0]);
    assert_eq!(names(&edit(COUNT, new, 0).plan), ["", "m", "n"]);
}

#[test]
fn an_edited_first_value_wins() {
    let new = COUNT.replace("n = 0.0", "n = 50.0");
    assert_eq!(after(COUNT, &new, 3, 1), [51.0]);
    assert_eq!(names(&edit(COUNT, &new, 0).plan), ["", "n", ""]);
}

#[test]
fn what_is_no_longer_written_is_a_constant() {
    let new = "n = 0.0\n\ndef process():\n    return n\n";
    assert_eq!(after(COUNT, new, 3, 1), [0.0]);
    assert_eq!(names(&edit(COUNT, new, 0).plan), ["", "", "n"]);
}

#[test]
fn an_int_becomes_a_float_and_no_float_an_int() {
    let ints = "n = 0\n\ndef process():\n    global n\n    n += 1\n    return float(n)\n";
    assert_eq!(after(ints, COUNT, 3, 1), [4.0]);
    assert_eq!(after(COUNT, ints, 3, 1), [1.0]);
    let flag = "n = False\n\ndef process():\n    global n\n    n = not n\n    return 1.0 if n else 0.0\n";
    assert_eq!(after(flag, COUNT, 3, 1), [2.0]);
    assert_eq!(after(flag, flag, 3, 1), [0.0]);
}

/// Coefficients that a unit remembers are those of the design that it has now.
#[test]
fn a_filter_of_another_design_is_placed_anew() {
    let script = |unit: &str| {
        format!(
            "from oscine.dsp import Butterworth, OnePole, Vcs3\nf = {unit}\nn = 0\n\ndef process():\n    global n\n    n += 1\n    \
             f.cutoff = 2000.0\n    return f.tick(1.0 if n % 7 == 0 else -0.3)\n"
        )
    };
    for (old, new) in [
        ("Butterworth(1000.0, order=4)", "Butterworth(1000.0, order=6)"),
        ("Butterworth(1000.0, 'pass', 3, upper=5000.0)", "Butterworth(1000.0, 'stop', 3, upper=5000.0)"),
        ("Butterworth(1000.0, samplerate=48000.0)", "Butterworth(1000.0, samplerate=96000.0)"),
        ("OnePole(1000.0)", "OnePole(1000.0, samplerate=96000.0)"),
        ("Vcs3(1000.0, 2.0)", "Vcs3(1000.0, 2.0, samplerate=96000.0)"),
    ] {
        let (old, new) = (script(old), script(new));
        let edited = after(&old, &new, 400, 4000);
        let fresh = run(&mut machine(&new).instantiate(Arc::default()), 4400);
        for (edited, fresh) in edited[3900..].iter().zip(&fresh[4300..]) {
            assert!((edited - fresh).abs() < 1e-9, "{new}: {edited}, not {fresh}");
        }
    }
}

/// A delay line.
fn line(length: usize, element: &str) -> String {
    format!(
        "line = {element} * {length}\nat = 0\nn = 0.0\n\ndef process():\n    global at, n\n    n += 1.0\n    \
         y = line[at]\n    line[at] = n\n    at = (at + 1) % len(line)\n    return y\n"
    )
}

#[test]
fn lists_go_on_at_their_length() {
    let old = line(4, "[0.0]");
    assert_eq!(after(&old, &old.replace("return y", "return -y"), 6, 4), [-3.0, -4.0, -5.0, -6.0]);
    // A longer line, and a place within it that its code must be able to rely on.
    let shorter = line(3, "[0.0]");
    assert_eq!(names(&edit(&old, &shorter, 0).plan)[0], "n");
    assert_eq!(after(&old, &shorter, 3, 4), [0.0, 0.0, 0.0, 4.0]);
    assert_eq!(after(&shorter, &old, 3, 5), [0.0, 0.0, 0.0, 0.0, 4.0]);
}

#[test]
fn arrays_go_on_and_one_edited_element_starts_them_afresh() {
    let old = format!("import numpy as np\n{}", line(4, "[0.0]").replace("[0.0] * 4", "np.zeros(4)"));
    assert_eq!(after(&old, &old.replace("return y", "return 2.0 * y"), 6, 4), [6.0, 8.0, 10.0, 12.0]);
    let edited = old.replace("np.zeros(4)", "np.array([0.0, 0.0, 9.0, 0.0])");
    assert_eq!(after(&old, &edited, 6, 4), [9.0, 0.0, 0.0, 0.0]);
}

const VOICES: &str = "
class Voice:
    def __init__(self, step):
        self.step = step
        self.phase = 0.0

    def tick(self):
        self.phase += self.step
        return self.phase

voices = [Voice(1.0), Voice(10.0)]

def process():
    return voices[0].tick() + voices[1].tick()
";

#[test]
fn attributes_of_objects_go_on() {
    assert_eq!(after(VOICES, VOICES, 3, 1), [44.0]);
    // Another layout of the same objects, one object more, and another constant.
    let new = VOICES
        .replace("self.phase = 0.0", "self.level = 0.0\n        self.phase = 0.0")
        .replace("self.phase += self.step", "self.level += 1000.0\n        self.phase += self.step")
        .replace("return self.phase", "return self.phase + self.level")
        .replace("Voice(10.0)]", "Voice(20.0), Voice(0.0)]");
    assert_eq!(after(VOICES, &new, 3, 1), [4.0 + 50.0 + 2000.0]);
    let plan = edit(VOICES, &new, 0).plan;
    assert_eq!(names(&plan), ["voices[0].phase, voices[1].phase", "voices[0].level, voices[1].level", ""]);
}

/// `now` becomes `b` in the second frame and stays that.
const CELLS: &str = "
class Cell:
    def __init__(self, value):
        self.value = value

a = Cell(1.0)
b = Cell(2.0)
now = a
n = 0

def process():
    global now, n
    n += 1
    if n == 2:
        now = b
    now.value += 10.0
    return now.value
";

#[test]
fn references_go_on_by_the_names_of_what_they_refer_to() {
    let moved = CELLS
        .replace("a = Cell(1.0)\n", "z = Cell(0.0)\na = Cell(1.0)\n")
        .replace("n += 1", "n += 1\n    z.value += 1.0");
    assert_eq!(after(CELLS, &moved, 1, 1), [12.0]);
    assert_eq!(after(CELLS, &moved, 3, 2), [32.0, 42.0]);
    assert_eq!(names(&edit(CELLS, &moved, 0).plan), ["a.value, b.value, n, now", "z.value", ""]);
    // Its first value was edited.
    let edited = CELLS.replace("now = a", "now = b").replace("now = b\n    now", "now = a\n    now");
    assert_eq!(after(CELLS, &edited, 3, 1), [32.0], "b in either case");
    assert!(edit(CELLS, &edited, 0).plan.fresh.contains(&"now".to_owned()));
}

#[test]
fn a_reference_to_what_is_gone_starts_again() {
    let new = CELLS.replace("b = Cell", "c = Cell").replace("now = b", "now = c");
    assert_eq!(after(CELLS, &new, 3, 1), [21.0], "a, which it was at first");
    assert_eq!(after(CELLS, &new, 1, 1), [12.0], "c, which it becomes now");
}

#[test]
fn an_optional_reference_goes_on() {
    let script = CELLS.replace("now = a", "now = None").replace(
        "    now.value += 10.0\n    return now.value",
        "    if now is None:\n        return 0.0\n    now.value += 10.0\n    return now.value",
    );
    let moved = script
        .replace("a = Cell", "z = Cell(5.0)\na = Cell")
        .replace("n += 1", "n += 1\n    z.value += 1.0\n    a.value += 1.0");
    assert_eq!(after(&script, &moved, 1, 2), [12.0, 22.0]);
    assert_eq!(after(&script, &moved, 3, 1), [32.0]);
    assert!(edit(&script, &moved, 0).plan.kept.contains(&"now".to_owned()));
}

#[test]
fn what_objects_are_called_does_not_depend_on_how_sound_reaches_them() {
    let script = "
class Cell:
    def __init__(self):
        self.value = 0.0

cells = [Cell(), Cell()]
now = cells[1]

def process():
    now.value += 1.0
    cells[0].value += 10.0
    return now.value + cells[0].value
";
    let turned = script.replace(
        "    now.value += 1.0\n    cells[0].value += 10.0\n",
        "    cells[0].value += 10.0\n    cells[1].value += 1.0\n",
    );
    assert_eq!(after(script, &turned, 3, 1), [44.0]);
    assert_eq!(names(&edit(script, &turned, 0).plan), ["cells[0].value, cells[1].value", "", ""]);
}

#[test]
fn strings_and_functions_go_on() {
    let script = "
def up(n):
    return n + 1.0

def down(n):
    return n - 1.0

stage = 'wait'
move = up
n = 0.0

def process():
    global stage, move, n
    n = move(n)
    if stage == 'wait' and n >= 3.0:
        stage, move = 'fall', down
    return n + (100.0 if stage == 'fall' else 0.0)
";
    let new = script.replace("def up", "def stay(n):\n    return n\n\ndef up").replace(
        "    if stage == 'wait' and",
        "    if n > 90.0:\n        stage, move = 'stand', stay\n    elif stage == 'wait' and",
    );
    assert_eq!(after(script, &new, 4, 2), [101.0, 100.0]);
    assert_eq!(names(&edit(script, &new, 0).plan), ["move, n, stage", "", ""]);
    let renamed = script.replace("'fall'", "'sink'");
    assert_eq!(after(script, &renamed, 4, 1), [1.0], "`stage` starts again, and `move` goes on");
}

#[test]
fn lists_that_change_places_go_on_if_they_are_as_long() {
    let script = |length: usize| {
        format!(
            "a = [0.0] * {length}\nb = [0.0] * {length}\nn = 0.0\n\ndef process():\n    global a, b, n\n    n += 1.0\n    \
             a[0] = n\n    y = b[0]\n    a, b = b, a\n    return y\n"
        )
    };
    let old = script(3);
    let new = format!("pad = [0.0] * 5\n{}", old.replace("n += 1.0", "n += 1.0\n    pad[int(n) % 5] = n"));
    assert_eq!(after(&old, &new, 3, 3), [3.0, 4.0, 5.0]);
    assert_eq!(after(&old, &script(4), 3, 2), [0.0, 4.0]);
    let slice = "line = [1.0, 2.0, 3.0, 4.0]\npart = line[0:2]\nn = 0.0\n\ndef process():\n    global n\n    n += 1.0\n    \
                 line[0] = n\n    return part[0] + n\n";
    assert_eq!(after(slice, &slice.replace("0:2", "1:3"), 2, 1), [5.0]);
}

#[test]
fn a_pool_of_voices_plays_on() {
    let script = "
from oscine import voices

class Tone:
    def __init__(self):
        self.value = 0.0
        self.stage = 'off'
        self.done = True

    def note_on(self, note, velocity):
        self.value = float(note)
        self.stage = 'on'
        self.done = False

    def note_off(self):
        self.stage = 'off'
        self.done = True

    def tick(self):
        return self.value

synth = voices(Tone, 4)
n = 0

def process():
    global n
    n += 1
    if n == 1:
        synth.note_on(60, 1.0)
        synth.note_on(62, 1.0)
        synth.note_on(64, 1.0)
    if n == 2:
        synth.note_off(62)
    if n == 5:
        synth.note_off(60)
    return synth.tick()
";
    let louder = script.replace("return self.value", "return 2.0 * self.value");
    assert_eq!(after(script, &louder, 3, 3), [248.0, 128.0, 128.0]);
    assert_eq!(edit(script, &louder, 0).plan.fresh, Vec::<String>::new());
    // With another number of voices nobody knows who plays what: all are silent, and none hangs.
    let more = script.replace("Tone, 4", "Tone, 6");
    assert_eq!(after(script, &more, 3, 3), [0.0, 0.0, 0.0]);
}

/// A deque that is turned.
fn deque(length: usize) -> String {
    format!(
        "from collections import deque\nline = deque([0.0] * {length}, maxlen={length})\nn = 0.0\n\ndef process():\n    \
         global n\n    n += 1.0\n    y = line[0]\n    line.append(n)\n    return y\n"
    )
}

#[test]
fn a_deque_goes_on_as_a_whole() {
    let old = deque(3);
    assert_eq!(after(&old, &old.replace("return y", "return -y"), 5, 3), [-3.0, -4.0, -5.0]);
    // As much memory but another length: places and lengths of the one mean nothing in the other.
    assert_eq!(after(&old, &deque(4), 5, 5), [0.0, 0.0, 0.0, 0.0, 6.0]);
    let other_memory = format!("pad = [0.0] * 7\n{}", old.replace("n += 1.0", "n += 1.0\n    pad[int(n) % 7] = n"));
    assert_eq!(after(&old, &other_memory, 5, 3), [3.0, 4.0, 5.0]);
}

#[test]
fn optional_values_and_tuples_go_on() {
    let script = "
held = None
pair = (0.0, 0)

def process():
    global held, pair
    y = -1.0 if held is None else held
    held = y + 5.0
    pair = (pair[0] + 1.0, pair[1] + 2)
    return y + 100.0 * pair[0] + 1000.0 * pair[1]
";
    let new = format!("{script}\n")
        .replace("held = None", "more = 0.0\nheld = None")
        .replace("global held, pair", "global held, pair, more\n    more += 1.0");
    assert_eq!(after(script, &new, 2, 1), [9.0 + 300.0 + 6000.0]);
    let edited = script.replace("held = None", "held = 1.0");
    assert_eq!(after(script, &edited, 2, 1), [1.0 + 300.0 + 6000.0]);
}

#[test]
fn ints_outside_of_what_the_new_code_relies_on_start_afresh() {
    let script = |count: usize| {
        format!(
            "table = [1.0] * 8\nat = 0\nn = 0.0\n\ndef process():\n    global at, n\n    at = (at + 1) % {count}\n    \
             n += 1.0\n    table[at] = n\n    return table[at] + 100.0 * at\n"
        )
    };
    // `at` may be 7 in the one and at most 3 in the other, whose code may read without looking.
    assert_eq!(after(&script(8), &script(4), 7, 1), [108.0]);
    assert_eq!(after(&script(4), &script(8), 3, 1), [404.0]);
}

const PARAMS: &str = "
from oscine import param

gain = param(1.0, 0.0, 10.0, smooth=0.0)
n = 0.0

def process():
    global n
    n += 1.0
    return n * gain
";

#[test]
fn parameters_keep_their_values_unless_their_default_or_range_was_edited() {
    let value = |new: &str| {
        let mut edited = edit(PARAMS, new, 1);
        edited.old.jump_param(0, 4.0);
        edited.new.take_over(&edited.old, true);
        run(&mut edited.new, 1)[0] / 2.0
    };
    assert_eq!(value(PARAMS), 4.0);
    assert_eq!(value(&PARAMS.replace("param(1.0, 0.0, 10.0", "param(3.0, 0.0, 10.0")), 3.0);
    assert_eq!(value(&PARAMS.replace("10.0", "2.0")), 2.0);
    assert_eq!(value(&PARAMS.replace("gain = param", "pad = param(0.5, 0.0, 1.0)\ngain = param")), 4.0);
    let without = PARAMS.replace("gain = param(1.0, 0.0, 10.0, smooth=0.0)", "");
    let without = without.replace("n * gain", "n");
    assert_eq!(names(&edit(PARAMS, &without, 0).plan), ["n", "", "gain"]);
    assert_eq!(names(&edit(&without, PARAMS, 0).plan), ["n", "gain", ""]);
}

#[test]
fn a_ramp_goes_on() {
    let script = PARAMS.replace("smooth=0.0", "smooth=0.001").replace("n * gain", "gain");
    let mut edited = edit(&script, &script, 1);
    edited.old.set_param(0, 10.0);
    run(&mut edited.old, 24);
    edited.new.take_over(&edited.old, true);
    assert_eq!(run(&mut edited.new, 24), run(&mut edited.old, 24));
    assert_eq!(run(&mut edited.new, 1), [10.0]);
}

#[test]
fn update_runs_again_for_the_new_code() {
    let script = "from oscine import param\n\ngain = param(1.0, 0.0, 10.0)\nc = 0.0\n\ndef update():\n    global c\n    \
                  c = gain * 2.0\n\ndef process():\n    return c\n";
    assert_eq!(after(script, &script.replace("* 2.0", "* 3.0"), 1, 1), [3.0]);
}

#[test]
fn without_state_only_parameters_are_taken() {
    let mut edited = edit(PARAMS, PARAMS, 5);
    edited.old.jump_param(0, 4.0);
    edited.new.take_over(&edited.old, false);
    assert_eq!(run(&mut edited.new, 1), [4.0]);
}

#[test]
fn nothing_is_taken_from_an_instance_of_another_program_or_after_a_fault() {
    let mut edited = edit(COUNT, COUNT, 3);
    let mut stranger = machine(COUNT).instantiate(Arc::default());
    run(&mut stranger, 3);
    edited.new.take_over(&stranger, true);
    assert_eq!(run(&mut edited.new, 1), [1.0]);

    let faulty = COUNT.replace("n += 1.0", "n += 1.0\n    if n == 4.0:\n        raise ValueError(\"four\")");
    let mut edited = edit(&faulty, COUNT, 3);
    assert!(edited.old.process(&[], &mut [&mut [0.0]]).is_err());
    edited.new.take_over(&edited.old, true);
    assert_eq!(run(&mut edited.new, 1), [1.0]);
}

#[test]
fn complex_numbers_go_on_and_floats_of_the_same_name_do_not() {
    let old = "import numpy as np\nz = 1 + 0j\nline = np.zeros(2, dtype=complex)\n\ndef process():\n    global z\n    \
               z = z * 2j\n    line[1] += z\n    return z.real + 10.0 * z.imag + 100.0 * line.real[1] + 1000.0 * line[1].imag\n";
    let new = old.replace("return z.real", "return z.real + 0.5");
    assert_eq!(after(old, &new, 1, 2), [-4.0 - 400.0 + 2000.0 + 0.5, -80.0 - 400.0 - 6000.0 + 0.5]);
    let real = "z = 1.0\n\ndef process():\n    global z\n    z = z * 2.0\n    return z\n";
    assert_eq!(after(old, real, 3, 1), [2.0]);
    let kept = edit(old, &new, 0).plan.kept.clone();
    assert!(
        kept.iter().any(|name| name.starts_with('z')) && kept.iter().any(|name| name.starts_with("line")),
        "{kept:?}"
    );
}
