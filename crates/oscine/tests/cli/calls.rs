//! Calls that need no script: help, refusals, `new`.

use crate::support::{Folder, oscine};

#[test]
fn help_names_every_command() {
    let out = oscine(&["--help"]);
    assert_eq!(out.status, 0);
    for command in ["run", "render", "check", "devices", "explain", "new", "bench", "latency", "realtime"] {
        assert!(out.stdout.contains(&format!("\n  {command} ")), "{}", out.stdout);
    }
    for later in ["profile", "--gui"] {
        assert!(!out.stdout.contains(later), "{later} is promised");
    }
}

#[test]
fn a_wrong_call_exits_with_2() {
    for args in [
        &[][..],
        &["play", "x.py"],
        &["render", "x.py"],
        &["run", "x.py", "--samplerate", "100"],
        &["run", "x.py", "--seconds", "-1"],
        &["render", "x.py", "-o", "x.wav", "--subtype", "MP3"],
        &["render", "x.py", "-o", "x.wav", "--blocksize", "0"],
    ] {
        let out = oscine(args);
        assert_eq!(out.status, 2, "{args:?}: {}", out.stderr);
        assert!(out.stdout.is_empty() && !out.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn what_comes_later_is_refused_in_so_many_words() {
    for (args, name) in [(&["profile", "x.py", "--html"][..], "oscine profile"), (&["run", "x.py", "--gui"], "--gui")] {
        let out = oscine(args);
        assert_eq!((out.status, out.stderr), (2, format!("error: `{name}` comes with a later version of oscine\n")));
    }
}

#[test]
fn new_writes_a_script_once() {
    let folder = Folder::new("new");
    let out = folder.oscine(&["new", "hello"]);
    assert_eq!((out.status, out.stdout.as_str()), (0, "wrote hello.py; hear it with: oscine run hello.py\n"));
    let written = folder.read("hello.py");
    assert!(written.contains("def process(x):"));

    folder.write("hello.py", "mine");
    let again = folder.oscine(&["new", "hello.py"]);
    assert_eq!((again.status, again.stderr.as_str()), (2, "error: hello.py exists already; it stays as it is\n"));
    assert_eq!(folder.read("hello.py"), "mine");
    assert_eq!(folder.oscine(&["new", "no/such/folder/x"]).status, 2);
}
