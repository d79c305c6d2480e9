//! A JACK server of a test's own: a name that nobody else has, a card that is simulated.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{process, thread};

/// Longer than a server takes to be there.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often a server is started until it stays.
const LAUNCHES: usize = 5;

/// Held while a server runs: JACK's registry has few places, and each takes its share of the machine.
static ONE: Mutex<()> = Mutex::new(());

/// A server that runs until this is dropped. A test has one at a time; others wait for their turn.
pub(crate) struct JackServer {
    name: String,
    period_frames: usize,
    child: Child,
    _turn: MutexGuard<'static, ()>,
}

impl JackServer {
    /// A server with periods of so many frames at 48 kHz; `None`, and a line about it, where JACK is not installed.
    pub(crate) fn start(period_frames: usize) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        if !is_installed("jackd") {
            eprintln!("skipped: jackd is not installed");
            return None;
        }
        let name = format!("oscine-test-{}-{}", process::id(), COUNT.fetch_add(1, Relaxed));
        let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let child = launch(&name, period_frames);
        Some(Self { name, period_frames, child, _turn: turn })
    }

    /// The environment in which a program meets this server.
    pub(crate) fn env(&self) -> [(&'static str, String); 2] {
        [("JACK_DEFAULT_SERVER", self.name.clone()), ("JACK_NO_START_SERVER", "1".to_owned())]
    }

    /// Ends it by a signal: `TERM` lets it say goodbye, `KILL` does not.
    pub(crate) fn stop(&mut self, signal: &str) {
        signal_to(&self.child, signal);
        self.child.wait().expect("the server ends");
    }

    /// The same with another period.
    pub(crate) fn restart_with(&mut self, period_frames: usize) {
        self.period_frames = period_frames;
        self.restart();
    }

    /// Starts it again after [`stop`](Self::stop).
    pub(crate) fn restart(&mut self) {
        self.child = launch(&self.name, self.period_frames);
    }
}

impl Drop for JackServer {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal_to(&self.child, "TERM");
            let deadline = Instant::now() + Duration::from_secs(5);
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(20));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Without real-time priority, so that it needs no permission; synchronous and patient, so that a stall loses nothing.
fn launch(name: &str, period_frames: usize) -> Child {
    // A server that was killed leaves its place to be cleared by the next, which does not always succeed at once.
    for _ in 1..LAUNCHES {
        if let Ok(child) = try_launch(name, period_frames) {
            return child;
        }
        thread::sleep(Duration::from_millis(500));
    }
    try_launch(name, period_frames).unwrap_or_else(|words| panic!("the JACK server `{name}` {words}"))
}

fn try_launch(name: &str, period_frames: usize) -> Result<Child, &'static str> {
    let period = period_frames.to_string();
    let mut child = Command::new("jackd")
        .args(["-r", "-m", "-S", "-t", "5000", "-n", name, "-d", "dummy", "-r", "48000", "-p", &period])
        .env("JACK_NO_AUDIO_RESERVATION", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("jackd starts");
    let deadline = Instant::now() + PATIENCE;
    while !is_up(name) {
        if !matches!(child.try_wait(), Ok(None)) {
            return Err("has ended");
        }
        if Instant::now() > deadline {
            let _ = child.kill().and_then(|()| child.wait().map(|_| ()));
            return Err("is not up");
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(child)
}

/// Whether clients are taken.
fn is_up(name: &str) -> bool {
    let listed = Command::new("jack_lsp")
        .args(["-s", name])
        .env("JACK_NO_START_SERVER", "1")
        .stdin(Stdio::null())
        .output()
        .expect("jack_lsp comes with jackd");
    listed.status.success() && String::from_utf8_lossy(&listed.stdout).contains("system:playback_1")
}

/// Whether there is a program of that name.
pub(crate) fn is_installed(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Sends a signal by its name.
pub(crate) fn signal_to(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the process is there to be signalled");
}
