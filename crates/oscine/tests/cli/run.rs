//! `oscine run` on the built-in silent device, which keeps a clock like any other.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Folder, example, without_machine};

const HALF: &str = "def process(x):\n    return x * 0.5\n";

fn folder(name: &str, script: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("script.py", script);
    folder
}

#[test]
fn plays_for_as_long_as_it_is_told_and_counts() {
    let folder = folder("run", HALF);
    let out = folder.oscine(&["run", "script.py", "-o", "null", "--seconds", "0.25", "--stats", "s.json"]);
    assert_eq!((out.status, out.stderr.as_str()), (0, ""));
    let stats: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    let keys: Vec<&str> = stats.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "audio_thread",
            "callback_ms",
            "callbacks",
            "compile_ms",
            "frames",
            "input_lost_frames",
            "input_missing_frames",
            "interval_ms",
            "late_blocks",
            "latency_frames",
            "lateness_ms",
            "load_ms",
            "load_percent",
            "lost_changes",
            "peak_rss_bytes",
            "process_ns_per_frame",
            "state_bytes",
            "xrun_causes",
            "xruns"
        ]
    );
    assert_eq!(stats["frames"], 12_000);
    assert!(stats["callbacks"].as_u64() >= Some(1), "{stats}");
    assert!(stats["load_percent"].as_f64() > Some(0.0), "{stats}");
    assert!(stats["callback_ms"]["p50"].as_f64() > Some(0.0), "{stats}");
    assert!(stats["interval_ms"]["max"].as_f64() > Some(0.0), "{stats}");
    assert_eq!(stats["xrun_causes"]["total"], stats["xruns"]);
    assert_eq!(stats["audio_thread"].is_object(), cfg!(target_os = "linux"), "{stats}");
}

#[test]
fn a_file_is_played_to_its_end() {
    let folder = folder("run-file", HALF);
    folder.write_samples("in", &[vec![0.5; 4000]]);
    let out = folder.oscine(&["run", "script.py", "-i", "in.npy", "-o", "null", "--stats", "s.json", "--quiet"]);
    assert_eq!((out.status, out.stdout.as_str(), out.stderr.as_str()), (0, "", ""));
    let stats: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    assert_eq!(stats["frames"], 4000);
}

#[test]
fn without_a_sound_device_one_line_says_so() {
    let folder = folder("run-none", HALF);
    let mut command = folder.command(&["run", "script.py", "--seconds", "0.05"]);
    // No configuration, no devices.
    command.env("ALSA_CONFIG_PATH", "/nonexistent");
    let out = crate::support::outcome(&mut command);
    assert_eq!(out.status, 0, "{}", out.stderr);
    if cfg!(target_os = "linux") {
        assert!((out.stdout.clone() + &out.stderr).contains("null"), "{}{}", out.stdout, out.stderr);
    }
}

#[test]
fn an_exception_ends_in_silence_and_its_line() {
    let folder = folder(
        "run-raises",
        "line = [0.0] * 8\nn = 0\n\ndef process(x):\n    global n\n    n += 1\n    return line[n]\n",
    );
    let out = folder.oscine(&["run", "script.py", "-o", "null", "--seconds", "0.1", "--stats", "s.json"]);
    assert_eq!((out.status, out.stderr.as_str()), (1, "script.py:7: IndexError: list index out of range\n"));
    let stats: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    assert_eq!(stats["frames"], 4800, "the program goes on after the exception");
}

#[test]
fn a_loop_without_end_is_stopped() {
    let folder = folder("run-endless", "def process(x):\n    while True:\n        x += 1.0\n    return x\n");
    let out = folder.oscine(&["run", "script.py", "-o", "null", "--seconds", "0.5"]);
    assert_eq!(out.status, 1);
    assert!(out.stderr.starts_with("script.py:2: TimeoutError: "), "{}", out.stderr);
}

#[test]
fn wrong_calls_name_what_is_wrong() {
    let folder = folder("run-wrong", HALF);
    for (args, words) in [
        (&["none.py"][..], "none.py: no such file"),
        (&["script.py", "-o", "No Such Device"], "No Such Device"),
        (&["script.py", "-o", "null", "--blocksize", "8"], "--blocksize"),
        (&["script.py", "-o", "null", "-i", "No Such Device"], "No Such Device"),
    ] {
        let out = folder.oscine(&[&["run", "--seconds", "0.1"], args].concat());
        assert_eq!(out.status, 2, "{args:?}: {}", out.stderr);
        assert!(out.stderr.starts_with("error: ") && out.stderr.contains(words), "{args:?}: {}", out.stderr);
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_it_cleanly() {
    let folder = folder("run-interrupt", HALF);
    let mut child = folder
        .command(&["run", "script.py", "-o", "null", "--stats", "s.json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oscine starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the line that says what is played where");
    assert!(line.contains("script.py"), "{line}");
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(signalled.success());
    let out = child.wait_with_output().expect("oscine ends");
    assert_eq!((out.status.code(), without_machine(&String::from_utf8_lossy(&out.stderr)).as_str()), (Some(0), ""));
    assert!(folder.read("s.json").contains("\"callbacks\""));
}

/// What is promised of memory is promised of what people install.
#[test]
#[cfg(all(target_os = "linux", not(debug_assertions)))]
fn a_synthesizers_filter_fits_into_25_megabytes() {
    let folder = Folder::new("run-memory");
    let out = folder.oscine(&["run", &example("vcs3"), "-o", "null", "--seconds", "0.5", "--stats", "s.json"]);
    assert_eq!(out.status, 0, "{}", out.stderr);
    let stats: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    assert!(stats["peak_rss_bytes"].as_u64() < Some(25_000_000), "{stats}");
}

#[test]
fn every_example_plays() {
    let folder = Folder::new("run-examples");
    for name in ["one_pole", "listing_a2", "butterworth", "osc_sine", "ring_modulator", "spectral_freeze", "vcs3"] {
        let out = folder.oscine(&["run", &example(name), "-o", "null", "--seconds", "0.1", "--quiet"]);
        assert_eq!((out.status, out.stdout.as_str(), out.stderr.as_str()), (0, "", ""), "{name}");
    }
}

#[test]
fn the_starter_plays() {
    let folder = Folder::new("run-starter");
    assert_eq!(folder.oscine(&["new", "hello"]).status, 0);
    let out = folder.oscine(&["run", "hello.py", "-o", "null", "--seconds", "0.1"]);
    assert_eq!((out.status, out.stderr.as_str()), (0, ""));
}

const LOUD: &str =
    "n = 0\n\ndef process(x):\n    global n\n    n += 1\n    return 10.0 if n > 480 else 0.1 * (n % 2)\n";

#[test]
fn a_level_beyond_the_limit_is_told_with_its_place_and_may_be_wanted() {
    let folder = folder("run-loud", LOUD);
    let loud = |more: &[&str]| {
        folder.oscine(&[&["run", "script.py", "-o", "null", "-i", "silence", "--seconds", "0.1"], more].concat())
    };
    let out = loud(&[]);
    let words = "output 1 reached +20.0 dBFS at 0.010 s (frame 480), beyond the limit of +12.0 dBFS";
    assert_eq!((out.status, out.stderr), (1, format!("{words}\n")));
    let out = loud(&["--on-fault", "bypass"]);
    assert_eq!((out.status, out.stderr), (1, format!("{words}; the input passes through\n")));
    for limit in ["off", "20.5"] {
        let out = loud(&["--limit", limit]);
        assert_eq!((out.status, out.stderr.as_str()), (0, ""), "{limit}");
    }
    let out = loud(&["--limit", "-30"]);
    assert!(out.stderr.contains("beyond the limit of -30.0 dBFS"), "{}", out.stderr);
    assert_eq!(loud(&["--limit", "loud"]).status, 2);
    assert_eq!(loud(&["--budget", "0"]).status, 2);
}

#[test]
fn a_render_writes_what_is_loud_and_says_so() {
    let folder = folder("render-loud", LOUD);
    let args = ["render", "script.py", "-i", "silence", "--seconds", "0.1", "-o", "out.npy"];
    let out = folder.oscine(&args);
    assert_eq!(out.status, 0);
    assert!(
        out.stderr.starts_with("output 1 reaches +20.0 dBFS at 0.010 s (frame 480): `run` would"),
        "{}",
        out.stderr
    );
    let written = crate::support::read(&folder.path("out.npy"));
    assert_eq!(written.channels[0][480..], vec![10.0; 4320]);
    let out = folder.oscine(&[&args[..], &["--quiet"]].concat());
    assert_eq!((out.status, out.stdout.as_str(), out.stderr.as_str()), (0, "", ""));
}

#[test]
fn a_script_that_fails_starts_again_if_that_is_wanted() {
    let script = "n = 0\n\ndef process(x):\n    global n\n    n += 1\n    return [0.0, 0.0][n // 100]\n";
    let folder = folder("run-restart", script);
    let args = ["run", "script.py", "-o", "null", "-i", "silence", "--seconds", "0.3", "--on-fault", "reset"];
    let out = folder.oscine(&args);
    let line = "script.py:6: IndexError: list index out of range; it starts again\n";
    assert_eq!((out.status, out.stderr), (1, line.repeat(3)), "at the start, after the fade, a quarter second later");
}

#[test]
fn a_budget_says_by_how_much_it_was_exceeded() {
    let folder = folder("run-budget", "def process(x):\n    while True:\n        x += 1.0\n    return x\n");
    let out = folder.oscine(&["run", "script.py", "-o", "null", "--seconds", "0.2", "--budget", "9"]);
    assert_eq!(out.status, 1);
    let words = "script.py:2: TimeoutError: this loop did not finish within the block's time: a block of 1.33 ms took ";
    assert!(out.stderr.starts_with(words), "{}", out.stderr);
    assert!(out.stderr.ends_with(" ms over its budget of 12.0 ms\n"), "{}", out.stderr);
}
