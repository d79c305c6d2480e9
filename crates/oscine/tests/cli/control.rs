//! Automation and MIDI files: what happens at which frame, the same live as offline, as CPython computes it, and the words
//! about what is wrong.

use std::fs;

use crate::support::{Folder, Outcome, difference, has_python, read, reference};

/// What a script does with everything that it may hear, with a memory of all of it. A tick of the file is 250 frames.
const HEARD: &str = "
from oscine import param

level = param(1.0, 0.0, 100.0)
cutoff = param(100.0, 10.0, 1000.0, scale='log', smooth=0.0, midi=74)
shape = param('saw', choices=['saw', 'square', 'sine'], midi=75)
voices = param(2, 1, 8)
is_on = param(False)

total = 0.0


def add(x):
    global total
    total = 0.99 * total + x


def note_on(note, velocity):
    add(note * velocity)


def note_off(note):
    add(note / -2)


def control_change(number, value):
    add(number + value)


def pitch_bend(value):
    add(7 * value)


def program_change(number):
    add(0.5 * number)


def channel_pressure(value):
    add(3 * value)


def poly_pressure(note, value):
    add(note * value)


def clock():
    add(0.125)


def clock_start():
    add(1.5)


def clock_stop():
    add(2.5)


def clock_continue():
    add(3.5)


def song_position(sixteenths):
    add(0.25 * sixteenths)


def tick():
    global total
    total *= 0.999
    return 0.001 * (total + level + 0.001 * cutoff * voices + (10 if shape == 'square' else 0) + (20 if is_on else 0))
";
const SAMPLE_FORM: &str = "\n\ndef process():\n    return tick()\n";
const BLOCK_FORM: &str = "\n\nimport numpy as np\nfrom oscine import blocksize\n\n\ndef process():\n    \
                          out = np.zeros(blocksize)\n    for i in range(blocksize):\n        out[i] = tick()\n    \
                          return out\n";

const MOVES: &str = "time,name,value,curve
0.001,level,5
600f,level,2,linear
1200f,level,80,exp
1200f,level,3,jump
0.030,voices,8,linear
0.010,is_on,on
0.020,shape,square
";

/// Messages of a track, each after so many ticks.
const MESSAGES: &[(u8, &[u8])] = &[
    (0, &[0xC0, 12]),
    (0, &[0x90, 60, 127]),
    (3, &[0xB0, 74, 127]),
    (0, &[0x91, 64, 127]),
    (1, &[0xE0, 0, 0]),
    (2, &[0x90, 60, 0]),
    (4, &[0xB0, 75, 64]),
    (0, &[0xD1, 127]),
    (1, &[0xB0, 123, 0]),
    (0, &[0xA0, 64, 127]),
    (0, &[0xF7, 3, 0xF2, 16, 1]),
    (1, &[0xF7, 1, 0xFA]),
    (0, &[0xF7, 2, 0xFB, 0xFC]),
];

/// A file of format 0 with 96 ticks in a quarter note of half a second.
fn midi_file(messages: &[(u8, &[u8])]) -> Vec<u8> {
    let mut track: Vec<u8> = messages.iter().flat_map(|(delta, bytes)| [&[*delta], *bytes].concat()).collect();
    track.extend([3, 0xFF, 0x2F, 0]);
    let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk".to_vec();
    bytes.extend((track.len() as u32).to_be_bytes());
    bytes.extend(track);
    bytes
}

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("sample.py", &format!("{HEARD}{SAMPLE_FORM}"));
    folder.write("block.py", &format!("{HEARD}{BLOCK_FORM}"));
    folder.write("moves.csv", MOVES);
    fs::write(folder.path("tune.mid"), midi_file(MESSAGES)).expect("a file is written");
    folder
}

fn done(out: &Outcome) {
    assert_eq!((out.status, out.stderr.as_str()), (0, ""), "{}", out.stdout);
}

#[test]
fn a_run_plays_what_render_computes_bit_for_bit() {
    let folder = folder("control-bits");
    for script in ["sample.py", "block.py"] {
        for block in ["16", "64", "100"] {
            let shared = ["--automation", "moves.csv", "--midi", "tune.mid", "--map", "bend=level", "--seconds", "0.1"];
            let shared = [&shared[..], &["--blocksize", block, "--quiet"]].concat();
            done(&folder.oscine(&[&["render", script, "-o", "rendered.npy"], &shared[..]].concat()));
            done(&folder.oscine(&[&["run", script, "-o", "null", "--record", "played.npy"], &shared[..]].concat()));
            let (rendered, played) = (read(&folder.path("rendered.npy")), read(&folder.path("played.npy")));
            assert_eq!(rendered.frames(), 4800);
            assert_eq!(difference(&played, &rendered), (0.0, 0), "{script} in blocks of {block}");
            // All of it is heard: with any of the three left out it is another sound.
            for left_out in [0..2, 2..4, 4..6] {
                let mut less = shared.clone();
                less.drain(left_out.clone());
                done(&folder.oscine(&[&["render", script, "-o", "less.npy"], &less[..]].concat()));
                assert!(difference(&read(&folder.path("less.npy")), &rendered).0 > 1e-6, "{left_out:?}");
            }
        }
    }
}

#[test]
fn the_sample_form_does_not_hear_block_sizes() {
    let folder = folder("control-blocks");
    let render = |block: &str| {
        let args = ["render", "sample.py", "-o", "out.npy", "--automation", "moves.csv", "--midi", "tune.mid"];
        done(&folder.oscine(&[&args[..], &["--seconds", "0.1", "--blocksize", block, "--quiet"]].concat()));
        read(&folder.path("out.npy"))
    };
    let expected = render("1");
    for block in ["16", "100", "4800"] {
        assert_eq!(difference(&render(block), &expected), (0.0, 0), "{block}");
    }
}

#[test]
fn events_come_at_their_frame_as_cpython_computes_them() {
    if !has_python() {
        return;
    }
    let folder = folder("control-referee");
    // Controllers move no parameters there.
    folder.write("sample.py", &format!("{HEARD}{SAMPLE_FORM}").replace(", midi=74", "").replace(", midi=75", ""));
    let mut events: Vec<(u64, String)> = (0..3).map(|n| (n * 1000, "clock".to_owned())).collect();
    let heard = [
        (0, "program_change 12"),
        (0, "note_on 60 1.0"),
        (750, "control_change 74 1.0"),
        (750, "note_on 64 1.0"),
        (1000, "pitch_bend -1.0"),
        (1500, "note_off 60"),
        (2500, &format!("control_change 75 {:?}", 64.0 / 127.0)),
        (2500, "channel_pressure 1.0"),
        (2750, "song_position 144"),
        (2750, "control_change 123 0.0"),
        (2750, "note_off 64"),
        (2750, "poly_pressure 64 1.0"),
        (3000, "clock_start"),
        (3000, "clock_continue"),
        (3000, "clock_stop"),
        (3000, "clock"),
    ];
    events.extend(heard.map(|(frame, event)| (frame, event.to_owned())));
    // At one frame the clock comes first, and before it what starts and stops it and where it is.
    events.sort_by_key(|(frame, _)| *frame);
    let events: Vec<String> = events.iter().map(|(frame, event)| format!("{frame} {event}")).collect();
    let args: Vec<&str> = events.iter().flat_map(|event| ["--event", event.as_str()]).collect();
    reference(&folder, "sample.py", &args, 3500);
    done(&folder.oscine(&[
        "render",
        "sample.py",
        "-o",
        "out.npy",
        "--midi",
        "tune.mid",
        "--quiet",
        "--seconds",
        "0.072916667",
    ]));
    let (given, expected) = (read(&folder.path("out.npy")), read(&folder.path("reference.npy")));
    assert_eq!(difference(&given, &expected), (0.0, 0));
}

/// What a script of one line renders.
fn render(folder: &Folder, script: &str, args: &[&str]) -> Vec<f64> {
    folder.write("script.py", script);
    done(&folder.oscine(&[&["render", "script.py", "-o", "out.npy", "--quiet"], args].concat()));
    read(&folder.path("out.npy")).channels.remove(0)
}

#[test]
fn automation_is_exact_to_the_sample() {
    let folder = Folder::new("automation");
    let script = "from oscine import param\n\ngain = param(1.0, 0.0, 100.0)\n\ndef process():\n    return gain\n";
    folder.write("moves.json", "[{\"time\": \"10f\", \"name\": \"gain\", \"value\": 2},\n {\"time\": \"110f\", \"name\": \
                                \"gain\", \"value\": 32, \"curve\": \"exp\"},\n {\"time\": \"160f\", \"name\": \"gain\", \
                                \"value\": 0, \"curve\": \"linear\"}]");
    let heard = render(&folder, script, &["--automation", "moves.json", "--seconds", "0.005"]);
    let expected = |n: usize| match n {
        0..10 => 1.0,
        10..=110 => 2.0 * 16f64.powf((n - 10) as f64 / 100.0),
        111..160 => 32.0 - 32.0 * ((n - 110) as f64 / 50.0),
        _ => 0.0,
    };
    for (n, sample) in heard.iter().enumerate() {
        assert!((sample - expected(n)).abs() <= 1e-14 * expected(n), "frame {n}: {sample}");
    }
    assert_eq!((heard[110], heard[160]), (32.0, 0.0));
}

#[test]
fn a_step_takes_the_ramp_of_the_parameter_in_equal_ratios_on_a_log_scale() {
    let folder = Folder::new("automation-step");
    folder.write("moves.csv", "0, a, 400");
    let script = |scale: &str| {
        format!(
            "from oscine import param\n\na = param(100.0, 10.0, 1000.0, smooth=0.001, scale='{scale}')\n\n\
             def process():\n    return a\n"
        )
    };
    let args = ["--automation", "moves.csv", "--seconds", "0.002"];
    let linear = render(&folder, &script("linear"), &args);
    assert_eq!((linear[11], linear[23], linear[47], linear[95]), (175.0, 250.0, 400.0, 400.0));
    let log = render(&folder, &script("log"), &args);
    assert!((log[23] - 200.0).abs() < 1e-10 && log[47] == 400.0 && log[95] == 400.0, "{log:?}");
}

#[test]
fn controllers_move_parameters_of_each_kind() {
    let folder = Folder::new("midi-map");
    let script = "from oscine import param\n\n\
                  a = param(20.0, 20.0, 2000.0, scale='log', smooth=0.0, midi=1)\n\
                  b = param(1, 1, 9)\n\
                  c = param('x', choices=['x', 'y', 'z'])\n\
                  d = param(False, midi=4)\n\n\
                  def process():\n    return a + 10000 * b + (100000 if c == 'y' else 0) + (1000000 if d else 0)\n";
    let messages: &[(u8, &[u8])] =
        &[(1, &[0xB0, 1, 127]), (1, &[0xB0, 2, 127]), (1, &[0xE0, 0, 64]), (1, &[0xB0, 4, 64]), (1, &[0xB0, 5, 0])];
    fs::write(folder.path("tune.mid"), midi_file(messages)).expect("a file is written");
    let args = ["--midi", "tune.mid", "--map", "2=b", "--map", "bend=c", "--map", "5=a", "--seconds", "0.03"];
    let heard = render(&folder, script, &args);
    let at = |tick: usize| heard[tick * 250];
    assert_eq!(
        [at(0), at(1), at(2), at(3), at(4), at(5)],
        [10_020.0, 12_000.0, 92_000.0, 192_000.0, 1_192_000.0, 1_190_020.0]
    );
    assert_eq!(heard[249], 10_020.0, "not a frame too early");
}

#[test]
fn one_channel_may_be_heard_alone() {
    let folder = folder("midi-channel");
    let script = "n = 0\n\ndef note_on(note, velocity):\n    global n\n    n += note\n\ndef process():\n    return n\n";
    let last =
        |args: &[&str]| *render(&folder, script, &[&["--midi", "tune.mid"], args].concat()).last().expect("sound");
    assert_eq!((last(&[]), last(&["--midi-channel", "1"]), last(&["--midi-channel", "2"])), (124.0, 60.0, 64.0));
}

#[test]
fn a_midi_file_ends_the_run_two_seconds_later() {
    let folder = folder("midi-length");
    let heard = render(&folder, "def process():\n    return 0.0\n", &["--midi", "tune.mid"]);
    assert_eq!(heard.len(), 15 * 250 + 96_000);
    let heard = render(&folder, "def process():\n    return 0.0\n", &["--midi", "tune.mid", "--seconds", "0.01"]);
    assert_eq!(heard.len(), 480);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let folder = folder("control-errors");
    folder.write("bad.csv", "time,name,value\n0,level,5\n1,levle,5\n2,level,5000\n1,level,5\n0,cutoff,50,linaer\n");
    let render = |args: &[&str]| {
        let out = folder.oscine(&[&["render", "sample.py", "-o", "out.npy", "--seconds", "1"], args].concat());
        assert!(!folder.names().contains(&"out.npy".to_owned()));
        (out.status, out.stderr)
    };
    let words = "error: bad.csv:3: there is no parameter `levle`; there is level, cutoff, shape, voices, is_on\n\
                 bad.csv:4: `level` takes a number from 0 to 100, not `5000`\n\
                 bad.csv:6: a line has time, name, value and perhaps a curve; this one has 4 cells\n";
    let (status, stderr) = render(&["--automation", "bad.csv"]);
    // What is no row is told before what is in rows.
    assert_eq!(status, 2);
    assert_eq!(stderr, words.lines().last().map(|line| format!("error: {line}\n")).expect("a line"));
    let bad = folder.read("bad.csv").replace(",linaer", "");
    folder.write("bad.csv", &bad);
    let (_, stderr) = render(&["--automation", "bad.csv"]);
    assert_eq!(stderr, words.split_inclusive('\n').take(2).collect::<String>());
    for (args, words) in [
        (&["--automation", "none.csv"][..], "none.csv: the automation cannot be read"),
        (&["--automation", "moves.txt"], "moves.txt: the automation cannot be read"),
        (&["--automation", "sample.py"], "sample.py: automation is a .csv or a .json file"),
        (&["--midi", "none.mid"], "none.mid: the MIDI file cannot be read"),
        (&["--midi", "moves.csv"], "moves.csv: this is no MIDI file, or a damaged one"),
        (&["--midi", "Keystation"], "there is no MIDI file `Keystation`; render takes .mid files"),
        (&["--map", "128=level"], "`--map 128=level`: there is no controller `128`, only 0 to 127"),
        (&["--map", "1=levle"], "`--map 1=levle`: there is no parameter `levle`; there is level"),
        (&["--map", "level"], "`--map level`: write a controller's number, `bend` or `pressure`, and a parameter"),
        (&["--midi-channel", "17"], "17 is not in 1..=16"),
    ] {
        let (status, stderr) = render(args);
        assert_eq!(status, 2);
        assert!(stderr.contains(words), "{args:?}: {stderr}");
    }
    let out = folder.oscine(&["run", "sample.py", "-o", "null", "--midi", "no such port", "--seconds", "1"]);
    assert_eq!(out.status, 2);
    assert!(out.stderr.starts_with("error: there is no MIDI port `no such port`"), "{}", out.stderr);
}

#[test]
fn a_script_that_hears_no_midi_is_told_of() {
    let folder = folder("control-deaf");
    folder.write(
        "deaf.py",
        "from oscine import param\n\nlevel = param(0.5, 0.0, 1.0)\n\ndef process():\n    return level\n",
    );
    let words = "deaf.py hears no MIDI: it defines no `note_on` or the like, and no controller moves a parameter\n";
    let args = ["render", "deaf.py", "-o", "out.npy", "--midi", "tune.mid", "--seconds", "0.01"];
    assert_eq!(folder.oscine(&args).stderr, words);
    for heard in [&["--map", "1=level"][..], &["--quiet"]] {
        assert_eq!(folder.oscine(&[&args[..], heard].concat()).stderr, "", "{heard:?}");
    }
}

#[test]
fn an_event_function_with_other_arguments_is_an_error() {
    let folder = Folder::new("event-arity");
    folder.write(
        "script.py",
        "def clock(n):\n    pass\n\ndef note_on(note):\n    pass\n\ndef process():\n    return 0.0\n",
    );
    let out = folder.oscine(&["check", "script.py", "--format", "concise"]);
    assert_eq!(out.status, 1);
    let lines: Vec<&str> = out.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", out.stderr);
    assert!(lines[1].ends_with("note_on() takes 1 positional argument but 2 were given"), "{}", out.stderr);
    for (line, start) in lines.iter().zip(["script.py:1:", "script.py:4:"]) {
        assert!(line.starts_with(start) && line.contains("error[wrong-arguments]"), "{line}");
    }
}

#[test]
fn check_tells_what_moves_a_parameter_and_what_is_heard() {
    let folder = folder("control-check");
    let out = folder.oscine(&["check", "sample.py"]);
    for line in [
        "            cutoff = 100, a number from 10 to 1000, by MIDI controller 74",
        "  events    note_on, note_off, control_change, pitch_bend, program_change, channel_pressure, poly_pressure, clock, \
         clock_start, clock_stop, clock_continue, song_position",
    ] {
        assert!(out.stdout.lines().any(|l| l == line), "no line {line:?} in\n{}", out.stdout);
    }
    let data: serde_json::Value =
        serde_json::from_str(&folder.oscine(&["check", "sample.py", "--format", "json"]).stdout).expect("JSON");
    assert_eq!((&data["params"][1]["midi"], &data["params"][0]["midi"]), (&74.into(), &serde_json::Value::Null));
}
