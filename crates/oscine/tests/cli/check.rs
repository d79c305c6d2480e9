//! `oscine check`: a script's face, or its errors in three forms.

use crate::support::{Folder, Outcome, example};

fn check(script: &str, args: &[&str]) -> Outcome {
    let folder = Folder::new("check");
    folder.write("script.py", script);
    folder.oscine(&[&["check", "script.py"], args].concat())
}

#[test]
fn the_face_tells_what_a_script_takes_gives_and_remembers() {
    let script = "from oscine import param\n\ngain = param(1.0, 0.0, 2.0)\nlast = 0.0\n\n\
                  def process(x, side=0.5):\n    global last\n    last = x * gain\n    return last, side\n";
    let out = check(script, &[]);
    assert_eq!((out.status, out.stderr.as_str()), (0, ""));
    for line in [
        "script.py: sample form",
        "  inputs    x, side (0.5 if unconnected)",
        "  outputs   2",
        "  params    gain = 1, a number from 0 to 2",
        "            last: float",
        "  latency   0 frames",
    ] {
        assert!(out.stdout.lines().any(|l| l == line), "no line {line:?} in\n{}", out.stdout);
    }
    let data: serde_json::Value = serde_json::from_str(&check(script, &["--format", "json"]).stdout).expect("JSON");
    assert_eq!(data["form"], "sample");
    assert_eq!(data["inputs"][1], serde_json::json!({"name": "side", "default": 0.5}));
    assert_eq!(data["params"][0]["max"], 2.0);
    assert_eq!(data["outputs"], 2);
}

#[test]
fn a_synthesiser_waits_for_notes() {
    let folder = Folder::new("check-notes");
    let out = folder.oscine(&["check", &example("poly_synth")]);
    assert_eq!((out.status, out.stderr.as_str()), (0, ""));
    for line in ["  inputs    none: it waits for notes", "  events    note_on, note_off, control_change, pitch_bend"] {
        assert!(out.stdout.lines().any(|l| l == line), "no line {line:?} in\n{}", out.stdout);
    }
    let data = folder.oscine(&["check", &example("poly_synth"), "--format", "json"]);
    let data: serde_json::Value = serde_json::from_str(&data.stdout).expect("JSON");
    assert_eq!(data["events"][3], "pitch_bend");
    let alone = check("def process():\n    return 0.0\n", &[]);
    assert!(alone.stdout.contains("none: it makes its sound itself") && !alone.stdout.contains("events"));
}

#[test]
fn a_block_script_says_so() {
    let out = check("def process(data):\n    return data[::-1]\n", &["--blocksize", "128"]);
    assert!(out.stdout.starts_with("script.py: block form, 128 frames a block"), "{}{}", out.stdout, out.stderr);
}

/// Two errors of one stage, on lines 4 and 8.
const WRONG: &str = "line = []\n\ndef process(x):\n    line.append(x)\n    return other(x)\n\n\
                     def other(x):\n    print(x)\n    return x\n";

#[test]
fn all_errors_of_a_stage_are_shown_at_once() {
    let out = check(WRONG, &[]);
    assert_eq!((out.status, out.stdout.as_str()), (1, ""));
    assert!(out.stderr.starts_with("error[allocates-in-process]: "), "{}", out.stderr);
    assert!(out.stderr.contains("--> script.py:4:5") && out.stderr.contains("--> script.py:8:5"), "{}", out.stderr);
    assert!(out.stderr.contains("^^^^^^^^^^^^^^"), "{}", out.stderr);
}

#[test]
fn concise_is_a_line_an_error() {
    let out = check(WRONG, &["--format", "concise"]);
    let lines: Vec<&str> = out.stderr.lines().collect();
    assert_eq!((out.status, lines.len()), (1, 2), "{}", out.stderr);
    assert!(lines[0].starts_with("script.py:4:5: error[allocates-in-process] "), "{}", lines[0]);
    assert!(lines[1].starts_with("script.py:8:5: error["), "{}", lines[1]);
}

#[test]
fn json_is_an_object_an_error() {
    let out = check(WRONG, &["--format", "json"]);
    let errors: Vec<serde_json::Value> =
        out.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((out.status, errors.len()), (1, 2));
    assert_eq!(errors[0]["code"], "allocates-in-process");
    assert_eq!((&errors[0]["path"], &errors[0]["line"]), (&"script.py".into(), &4.into()));
    assert_eq!(errors[0]["severity"], "error");
}

#[test]
fn what_is_not_python_is_told_apart() {
    for script in ["def process(x:\n    return x\n", "def process(x):\nreturn x\n"] {
        let out = check(script, &["--format", "concise"]);
        assert_eq!(out.status, 1);
        assert!(out.stderr.starts_with("script.py:"), "{}", out.stderr);
    }
    let folder = Folder::new("latin");
    std::fs::write(folder.path("latin.py"), b"x = 1\n# caf\xe9\n").expect("a file");
    let out = folder.oscine(&["check", "latin.py"]);
    assert_eq!(out.status, 1);
    assert_eq!(out.stderr, "error: latin.py:2: not a Python script: its bytes are not UTF-8\n");
}

#[test]
fn an_exception_while_loading_names_its_line() {
    let out = check(
        "def half(x):\n    return 1 / x\n\n\nhalf(0)\n\ndef process(x):\n    return x\n",
        &["--format", "concise"],
    );
    assert_eq!(out.status, 1);
    assert!(out.stderr.starts_with("script.py:2:"), "{}", out.stderr);
    assert!(out.stderr.contains("ZeroDivisionError: division by zero"), "{}", out.stderr);
}

#[test]
fn a_script_without_process_is_told_so() {
    let out = check("x = 1\n", &["--format", "concise"]);
    assert_eq!(out.status, 1);
    assert!(out.stderr.contains("process"), "{}", out.stderr);
}

#[test]
fn a_warning_is_no_error() {
    let script = "from oscine import param\n\nunused = param(1.0, 0.0, 2.0)\n\ndef process(x):\n    return x\n";
    let out = check(script, &["--format", "concise"]);
    assert_eq!(out.status, 0, "{}", out.stderr);
    assert!(out.stderr.starts_with("script.py:3:") && out.stderr.contains("warning["), "{}", out.stderr);
    assert!(out.stdout.starts_with("script.py: sample form"), "{}", out.stdout);
}

#[test]
fn every_example_and_the_starter_check_without_a_word() {
    for name in ["one_pole", "listing_a2", "butterworth", "osc_sine", "ring_modulator", "spectral_freeze", "vcs3"] {
        let folder = Folder::new("check-example");
        let out = folder.oscine(&["check", &example(name)]);
        assert_eq!((out.status, out.stderr.as_str()), (0, ""), "{name}");
    }
    let folder = Folder::new("check-starter");
    assert_eq!(folder.oscine(&["new", "hello"]).status, 0);
    let out = folder.oscine(&["check", "hello.py"]);
    assert_eq!((out.status, out.stderr.as_str()), (0, ""));
}
