//! Keys of `oscine run`, pressed at a pseudo-terminal, as a person at a screen presses them.
//!
//! `setsid --ctty` of util-linux makes the terminal the program's own, so that Ctrl-C at it is a signal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::running::Process;
use crate::support::{Folder, read};

/// Longer than anything takes on a machine that does its work at all.
const PATIENCE: Duration = Duration::from_mins(1);

/// Its output tells what happened: an effect counts from its first state, and its input is a constant of another sign.
const COUNT: &str = "n = 0.0\n\ndef process(x):\n    global n\n    n += 1e-7\n    return n\n";

/// `oscine run` at a terminal.
struct Session {
    folder: Folder,
    process: Process,
    /// The person's side.
    person: File,
    /// The program's side, to look at its modes.
    terminal: OwnedFd,
    shown: Receiver<Vec<u8>>,
    seen: String,
}

impl Session {
    /// Starts `script.py` on a constant input of -0.5, and waits until the keys are told.
    fn start(name: &str, script: &str, args: &[&str]) -> Self {
        let folder = Folder::new(name);
        folder.write("script.py", script);
        folder.write_samples("in", &[vec![-0.5; 48_000 * 60]]);
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&person).and_then(|()| unlockpt(&person)).expect("a pseudo-terminal");
        let path = ptsname(&person, Vec::new()).expect("its name");
        let terminal = open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("its other side");
        let side = || Stdio::from(terminal.try_clone().expect("a handle"));
        let process = Command::new("setsid")
            .args(["--ctty", env!("CARGO_BIN_EXE_oscine"), "run", "script.py", "-o", "null", "-i", "in.npy"])
            .args(args)
            .current_dir(folder.path(""))
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("setsid starts");
        let person = File::from(person);
        let mut reader = person.try_clone().expect("a handle");
        let (send, shown) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if send.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut session = Self { folder, process: Process(process), person, terminal, shown, seen: String::new() };
        session.wait_for("q quits");
        session
    }

    /// Waits until the screen shows these words; what was shown before is forgotten.
    fn wait_for(&mut self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.seen.contains(words) {
            let left = deadline.saturating_duration_since(Instant::now());
            let more = self.shown.recv_timeout(left);
            let more = more.unwrap_or_else(|_| panic!("`{words}` was never shown:\n{}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        self.seen.clear();
    }

    fn press(&mut self, keys: &str) {
        self.person.write_all(keys.as_bytes()).expect("keys are pressed");
    }

    /// Whether the terminal waits for whole lines and shows what is typed, as it does for a shell.
    fn is_as_before(&self) -> bool {
        let modes = tcgetattr(&self.terminal).expect("modes").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    /// Waits for the program's end; its exit status.
    fn end(&mut self) -> Option<i32> {
        let status = self.process.wait();
        assert!(self.is_as_before(), "the terminal is left as it was found");
        status
    }
}

#[test]
fn every_key_is_heard() {
    let mut session = Session::start("keys", COUNT, &["--record", "take.npy"]);
    assert!(!session.is_as_before());
    session.wait_for("load");
    session.press("m");
    session.wait_for("muted");
    session.press("m");
    session.wait_for("dB\r");
    session.press(" ");
    session.wait_for("bypassed");
    session.press("\x1b[A x");
    session.wait_for("dB\r");
    session.press("r");
    session.wait_for("reset");
    session.wait_for("load");
    session.press("q");
    assert_eq!(session.end(), Some(0));

    let heard = read(&session.folder.path("take.npy")).channels.remove(0);
    let step = 1e-7;
    let at = |condition: &dyn Fn(f64) -> bool, from: usize| {
        from + heard[from..].iter().position(|sample| condition(*sample)).expect("it was heard")
    };
    let muted = at(&|sample| sample == 0.0, 0);
    let back = at(&|sample| sample > 0.0, muted);
    let bypassed = at(&|sample| sample == -0.5, back);
    let effect = at(&|sample| sample > 0.0, bypassed);
    let caught_up = effect + 480;
    assert!((heard[caught_up] - (caught_up + 1) as f64 * step).abs() < 1e-12, "it has computed on meanwhile");
    let largest = |from: usize, until: usize| {
        heard[from..until].windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max)
    };
    // Over 480 frames at least: 10 ms.
    assert!(largest(back, caught_up) < 1.01 * (0.5 + heard[caught_up]) / 480.0, "the bypass is faded");
    let last = *heard.last().expect("a last sample");
    assert!(last < (heard.len() - caught_up) as f64 * step, "the reset was heard");
}

#[test]
fn each_way_to_quit_leaves_the_terminal_as_it_was() {
    // Esc, and Ctrl-C at the terminal.
    for key in ["q", "Q", "\x1b", "\x03"] {
        let mut session = Session::start("keys-quit", COUNT, &[]);
        session.press(key);
        assert_eq!(session.end(), Some(0), "{key:?}");
    }
    for signal in ["TERM", "HUP", "INT"] {
        let mut session = Session::start("keys-signal", COUNT, &[]);
        session.process.signal(signal);
        assert_eq!(session.end(), Some(0), "{signal}");
    }
    let mut session = Session::start("keys-end", COUNT, &["--seconds", "0.2"]);
    assert_eq!(session.end(), Some(0));
}

#[test]
fn a_reset_wakes_a_script_that_fell_silent() {
    let script = "n = 0\n\ndef process(x):\n    global n\n    n += 1\n    if n == 4800:\n        raise ValueError('enough')\n    \
                  return 0.25\n";
    let mut session = Session::start("keys-fault", script, &[]);
    for _ in 0..2 {
        session.wait_for("script.py:7: ValueError: enough");
        session.press("r");
        session.wait_for("reset");
    }
    session.wait_for("script.py:7: ValueError: enough");
    session.press("q");
    assert_eq!(session.end(), Some(1));
}
