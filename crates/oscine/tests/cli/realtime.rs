//! `oscine realtime` on the built-in device: what it writes and prints, and that its loads never outlive it. Nothing here
//! asks how well the machine keeps time.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::Folder;

const HALF: &str = "def process(x):\n    return x * 0.5\n";

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("half.py", HALF);
    folder
}

#[test]
fn the_script_and_its_controls_are_measured_in_turn_under_each_load() {
    let folder = folder("realtime");
    let out = folder.oscine(&[
        "realtime",
        "half.py",
        "-o",
        "null",
        "--seconds",
        "0.4",
        "--rounds",
        "2",
        "--load",
        "none,gui",
        "--controls",
        "--csv",
        "s.csv",
        "--plot",
        "p.png",
        "--stats",
        "s.json",
        "--quiet",
    ]);
    assert_eq!((out.status, out.stderr.as_str()), (0, ""));
    assert!(out.stdout.starts_with("half.py on the built-in silent device, 48000 Hz"), "{}", out.stdout);
    for words in
        ["| idle, processing, sum", "GUI at work", "control: a bare timer", "frames of 1280 by 800 pixels drawn"]
    {
        assert!(out.stdout.contains(words), "{words}: {}", out.stdout);
    }
    let data: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    assert_eq!((&data["loads"][0]["load"], &data["loads"][1]["load"]), (&"none".into(), &"gui".into()));
    for under in data["loads"].as_array().expect("a list") {
        let figures = under["figures"].as_array().expect("a list");
        let subjects: Vec<&str> = figures.iter().map(|f| f["subject"].as_str().expect("a word")).collect();
        assert_eq!(subjects, ["script", "copy", "timer"]);
        for figures in figures {
            assert_eq!(figures["slices"], 2);
            assert!(figures["callbacks"].as_u64() > Some(0), "{figures}");
            let late = &figures["late"];
            let of = |cause: &str| late[cause]["count"].as_u64().expect("a count");
            assert_eq!(late["total"], of("processing") + of("scheduler") + of("device"));
        }
    }
    // The series has them one by one, slices in the order in which they were taken.
    let series = folder.read("s.csv");
    let mut order: Vec<String> =
        series.lines().skip(1).map(|line| line.splitn(4, ',').take(3).collect::<Vec<_>>().join(" ")).collect();
    order.dedup();
    let expected = ["none", "gui"].iter().flat_map(|load| {
        (1..=2).flat_map(move |round| ["script", "copy", "timer"].map(|subject| format!("{load} {subject} {round}")))
    });
    assert_eq!(order, expected.collect::<Vec<_>>());
    assert!(std::fs::read(folder.path("p.png")).expect("a plot").starts_with(b"\x89PNG"));

    // And all of it can be shown again.
    let again = folder.oscine(&["realtime", "s.csv", "--json", "--plot", "p.svg"]);
    assert_eq!((again.status, again.stderr.as_str()), (0, ""));
    let shown: serde_json::Value = serde_json::from_str(&again.stdout).expect("JSON");
    assert_eq!(shown["loads"][1]["figures"][0]["sum"], data["loads"][1]["figures"][0]["sum"]);
    assert!(folder.read("p.svg").contains("late blocks"));
}

#[test]
fn wrong_calls_name_what_is_wrong() {
    let folder = folder("realtime-wrong");
    folder.write("wrong.py", "def process(x):\n    return y\n");
    folder.write("wrong.csv", "a,b\n1,2\n");
    for (args, status, words) in [
        (&["none.py"][..], 2, "none.py: no such file"),
        (&["wrong.py"], 1, "wrong.py:2"),
        (&["half.py", "-o", "No Such Device"], 2, "No Such Device"),
        (&["half.py", "--blocksize", "8"], 2, "--blocksize"),
        (&["half.py", "--plot", "p.pdf"], 2, "p.pdf: a plot is a .png or a .svg file"),
        (&["half.py", "--csv", "no/such.csv"], 2, "no/such.csv: its folder does not exist"),
        (&["half.py", "--load", "weather"], 2, "weather"),
        (&["half.py", "--slice", "1", "--rounds", "2"], 2, "--rounds"),
        (&["wrong.csv"], 2, "wrong.csv: line 1: not a series"),
    ] {
        let out = folder.oscine(&[&["realtime", "--seconds", "0.1", "-o", "null"], args].concat());
        let out = if args.contains(&"-o") { folder.oscine(&[&["realtime"], args].concat()) } else { out };
        assert_eq!(out.status, status, "{args:?}: {}", out.stderr);
        assert!(out.stderr.contains(words), "{args:?}: {}", out.stderr);
    }
}

#[test]
fn a_script_that_fails_is_told_as_a_run_tells_it() {
    let folder = folder("realtime-raises");
    folder.write(
        "raises.py",
        "line = [0.0] * 8\nn = 0\n\ndef process(x):\n    global n\n    n += 1\n    return line[n]\n",
    );
    let out = folder.oscine(&["realtime", "raises.py", "-o", "null", "--seconds", "1", "--quiet"]);
    assert_eq!((out.status, out.stderr.as_str()), (1, "raises.py:7: IndexError: list index out of range\n"));
}

/// A load as it is called by `oscine realtime`, at work.
fn load(kind: &str, temporary: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_oscine"))
        .args(["load", kind])
        .env("TMPDIR", temporary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a load starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    assert_eq!(line, "begun\n");
    (child, stdout)
}

#[test]
fn a_load_works_until_its_input_ends() {
    let folder = Folder::new("realtime-loads");
    for (kind, words) in [("cpu", "threads computed"), ("gui", "frames of"), ("copy", "MB copied")] {
        let (mut child, mut stdout) = load(kind, &folder.path("."));
        child.stdin.take().expect("its input").write_all(b"more").expect("a pipe");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        assert!(line.contains(words), "{kind}: {line}");
        assert!(child.wait().expect("it ends").success());
    }
    assert_eq!(folder.names(), Vec::<String>::new(), "the tree is gone");
}

/// `oscine realtime` under all loads, for longer than any test, and the numbers of its children, which are at work.
#[cfg(target_os = "linux")]
fn measuring(folder: &Folder, temporary: &Path) -> (Child, BufReader<std::process::ChildStderr>, Vec<u32>) {
    std::fs::create_dir(temporary).expect("a folder");
    let mut parent = folder
        .command(&["realtime", "half.py", "-o", "null", "--seconds", "3600", "--load", "all"])
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oscine starts");
    let mut stderr = BufReader::new(parent.stderr.take().expect("its errors"));
    let mut line = String::new();
    while !line.starts_with("load: all, round 1") {
        line.clear();
        assert!(stderr.read_line(&mut line).expect("a line") > 0, "it ended");
    }
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", parent.id())).expect("its children");
    let children: Vec<u32> = children.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    assert_eq!(children.len(), 3);
    (parent, stderr, children)
}

/// Waits for the end of a process that is somebody else's child; however slow the machine is, it comes.
#[cfg(target_os = "linux")]
fn wait_for_end(id: u32) {
    let is_running = || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // A zombie has ended, whether or not anybody has noticed.
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    };
    for _ in 0..60_000 {
        if !is_running() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("process {id} has outlived its parent");
}

#[test]
#[cfg(target_os = "linux")]
fn loads_end_with_a_parent_that_is_killed() {
    let folder = folder("realtime-killed");
    let temporary = folder.path("tmp");
    let (mut parent, _stderr, children) = measuring(&folder, &temporary);
    parent.kill().expect("it is ours");
    parent.wait().expect("it ends");
    children.into_iter().for_each(wait_for_end);
    assert_eq!(std::fs::read_dir(&temporary).expect("a folder").count(), 0, "the copied tree is gone");
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_c_ends_loads_and_shows_what_there_is() {
    let folder = folder("realtime-interrupt");
    let temporary = folder.path("tmp");
    let (parent, _stderr, children) = measuring(&folder, &temporary);
    // As from a terminal: everybody hears it, in any order.
    for id in children.iter().chain([&parent.id()]) {
        let signalled = Command::new("kill").args(["-INT", &id.to_string()]).status().expect("kill");
        assert!(signalled.success());
    }
    let out = parent.wait_with_output().expect("it ends");
    children.into_iter().for_each(wait_for_end);
    assert_eq!(std::fs::read_dir(&temporary).expect("a folder").count(), 0, "the copied tree is gone");
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(text.contains("GUI, file copy and every processor busy"), "{text}");
    assert_eq!(out.status.code(), Some(0), "{text}");
}
