//! `oscine run` on the built-in silent device, while its script is saved over and over.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::running::{Running, spawn, start};

const COUNT: &str = "n = 0.0\n\ndef process():\n    global n\n    n += 0.0001\n    return n % 1.0 - 0.5\n";

#[test]
#[cfg(unix)]
fn a_saved_script_takes_over_and_tells_what_it_keeps() {
    let run = start("reload", &[("script.py", COUNT)], &[]);
    let new = COUNT.replace("n = 0.0\n", "n = 0.0\nlow = 0.0\n").replace("global n", "global n, low");
    let new = new.replace("    return", "    low += 0.1 * (n % 1.0 - low)\n    return low +");
    run.folder.write("script.py", &new);
    assert_eq!(run.reloaded(), "kept n; new low");
    // As most editors save: another file takes the name.
    run.folder.write("script.tmp", &COUNT.replace("n = 0.0", "n = 0.5"));
    fs::rename(run.folder.path("script.tmp"), run.folder.path("script.py")).expect("a file is renamed");
    assert_eq!(run.reloaded(), "new n; dropped low");
    run.folder.write("script.py", "def process():\n    return 0.25\n");
    assert_eq!(run.reloaded(), "dropped n");
    run.folder.write("script.py", "def process():\n    return 0.5\n");
    assert_eq!(run.reloaded(), "there is no state to keep");
    assert_eq!(run.end(), (0, vec![]));
}

#[test]
#[cfg(unix)]
fn a_script_that_does_not_compile_leaves_the_sound() {
    let run = start("reload-errors", &[("script.py", COUNT)], &["--format", "concise"]);
    for (broken, words) in [
        (COUNT.replace("global n", "global n ,"), "script.py:4:"),
        (COUNT.replace("n = 0.0", "n = 1 / 0"), "script.py:1:"),
        (COUNT.replace("n += 0.0001", "n += missing"), "script.py:5:"),
    ] {
        run.folder.write("script.py", &broken);
        let lines = run.lines_until("script.py does not compile");
        assert_eq!(lines.last().map(String::as_str), Some("script.py does not compile: the last good sound plays on"));
        assert!(lines[0].starts_with(words), "{lines:?}");
    }
    run.folder.write("script.py", &COUNT.replace("0.0001", "0.0002"));
    assert_eq!(run.reloaded(), "kept n", "the state is still that of the last good sound");
    assert_eq!(run.end(), (0, vec![]));
}

#[test]
#[cfg(unix)]
fn an_imported_module_is_watched_too_and_one_that_was_missing() {
    let script = "from voice import step\n\nn = 0.0\n\ndef process():\n    global n\n    n = step(n)\n    return n\n";
    let step = "def step(n):\n    return (n + 0.001) % 1.0\n";
    let run = start("reload-import", &[("script.py", script), ("voice.py", step)], &[]);
    run.folder.write("voice.py", &step.replace("0.001", "0.002"));
    assert_eq!(run.reloaded(), "kept n");
    run.folder.write("script.py", &script.replace("from voice", "from other"));
    run.line("script.py does not compile");
    run.folder.write("other.py", step);
    assert_eq!(run.reloaded(), "kept n");
    // A file that is no longer a part of it tells nothing any more, and neither does a save without a change.
    run.folder.write("voice.py", "def step(n):\n    return n\n");
    thread::sleep(Duration::from_millis(50));
    run.folder.write("other.py", step);
    thread::sleep(Duration::from_millis(50));
    run.folder.write("other.py", &step.replace("0.001", "0.003"));
    assert_eq!(run.reloaded(), "kept n");
    assert_eq!(run.end(), (0, vec![]));
}

#[test]
#[cfg(unix)]
fn other_ports_or_another_form_cannot_take_over() {
    let run = start("reload-ports", &[("script.py", COUNT)], &[]);
    for (script, words) in [
        ("def process(x):\n    return x\n", "its inputs are x now, and were none"),
        ("def process():\n    return 0.0, 1.0\n", "it has 2 outputs now, and had 1"),
        (
            "import numpy as np\nfrom oscine import blocksize\n\ndef process() -> np.ndarray:\n    \
             return np.zeros(blocksize)\n",
            "it is of the block form now, and was of the sample form",
        ),
    ] {
        run.folder.write("script.py", script);
        let line = run.line("script.py cannot take over");
        assert!(line.contains(words), "{line}");
    }
    run.folder.write("script.py", &COUNT.replace("0.0001", "0.0002"));
    assert_eq!(run.reloaded(), "kept n");
    assert_eq!(run.end(), (0, vec![]));
}

#[test]
#[cfg(unix)]
fn a_script_that_is_no_text_or_is_gone_is_told() {
    let run = start("reload-gone", &[("script.py", COUNT)], &[]);
    std::fs::write(run.folder.path("script.py"), b"\xff\xfe\0").expect("a file");
    run.line("error");
    run.line("script.py does not compile: the last good sound plays on");
    std::fs::remove_file(run.folder.path("script.py")).expect("a file");
    run.line("script.py is gone: the last good sound plays on until it is back");
    run.folder.write("script.py", &COUNT.replace("0.0001", "0.0002"));
    assert_eq!(run.reloaded(), "kept n");
    assert_eq!(run.end(), (0, vec![]));
}

#[test]
#[cfg(unix)]
fn after_an_exception_a_reload_starts_again() {
    let broken = COUNT.replace("return n % 1.0", "return 1.0 / (n - n)");
    let run = start("reload-raises", &[("script.py", &broken)], &[]);
    run.line("script.py:6: ZeroDivisionError");
    run.folder.write("script.py", COUNT);
    assert_eq!(run.reloaded(), "starts from its first state, as something had gone wrong");
    run.folder.write("script.py", &COUNT.replace("0.0001", "0.0002"));
    assert_eq!(run.reloaded(), "kept n");
    assert_eq!(run.end(), (0, vec![]));
}

#[test]
#[cfg(unix)]
fn independent_instances_and_parameters_go_on_through_many_saves() {
    let script = "from oscine import param\n\ngain = param(0.5, 0.0, 1.0)\nline = [0.0] * 64\nat = 0\n\ndef process(x):\n    \
                  global at\n    y = line[at]\n    line[at] = x\n    at = (at + 1) % 64\n    return y * gain * 1.0\n";
    let run = start("reload-many", &[("script.py", script)], &["-c", "2", "--set", "gain=0.25"]);
    for n in 0..10 {
        run.folder.write("script.py", &script.replace("* 1.0", &format!("* 0.{n}")));
        assert_eq!(run.reloaded(), "kept gain, at, line");
    }
    assert_eq!(run.end(), (0, vec![]));
}

#[test]
#[cfg(unix)]
fn without_watching_nothing_is_reloaded() {
    let run = start("reload-not", &[("script.py", COUNT)], &["--no-watch", "--seconds", "1"]);
    run.folder.write("script.py", &COUNT.replace("0.0001", "0.0002"));
    let Running { mut process, lines, .. } = run;
    assert_eq!(process.wait(), Some(0));
    assert_eq!(lines.iter().collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
#[cfg(unix)]
fn quiet_tells_errors_only() {
    // What a script prints is its own business: here, that it has been read.
    let script = format!("print('read')\n{COUNT}");
    let running = spawn("reload-quiet", &[("script.py", &script)], &["--quiet"]);
    running.line("read");
    // No line says when watching begins: a file at fault is saved until its error comes.
    let mut saves = 0;
    let mut first = None;
    while first.is_none() && saves < 200 {
        saves += 1;
        running.folder.write("script.py", &format!("# {saves}\ndef process(x) return x\n"));
        first = running.lines.recv_timeout(Duration::from_millis(300)).ok();
    }
    assert!(first.is_some_and(|line| line.starts_with("error[syntax-error]")));
    // What is right again is reloaded without a word: nothing but errors comes before the next error.
    running.folder.write("script.py", &COUNT.replace("0.0001", "0.0002"));
    thread::sleep(Duration::from_millis(500));
    running.folder.write("script.py", "def process(:\n    pass\n");
    let seen = running.lines_until("error[syntax-error]: `(` is never closed");
    assert!(!seen.iter().any(|line| line.starts_with("reloaded") || line.starts_with("playing")), "{seen:#?}");
    assert_eq!(running.end().0, 0);
}

#[test]
#[cfg(unix)]
fn an_edit_that_goes_on_exactly_is_heard_at_once_and_others_fade() {
    let run = start("reload-fade", &[("script.py", COUNT)], &[]);
    let heard = |script: &str| {
        run.folder.write("script.py", script);
        run.reloaded_and_heard()
    };
    let told = |kept: &str, how: &str| (kept.to_owned(), how.to_owned());
    assert_eq!(heard(&COUNT.replace("0.0001", "0.00005")), told("kept n", "heard at once"));
    assert_eq!(heard(&COUNT.replace("n % 1.0", "n % 1.0 + 2.0")), told("kept n", "crossfaded 10 ms"));
    let with_more = COUNT.replace("n = 0.0\n", "n = m = 0.0\n").replace("global n", "global n, m\n    m += 1.0");
    assert_eq!(heard(&with_more.replace("n % 1.0", "n % 1.0 + 2.0")), told("kept n; new m", "crossfaded 10 ms"));
    assert_eq!(run.end(), (0, vec![]));
}
