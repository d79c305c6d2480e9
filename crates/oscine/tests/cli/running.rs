//! An `oscine run` that goes on while a test does something to it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Folder, is_of_machine};

/// Longer than anything takes on a machine that does its work at all.
const PATIENCE: Duration = Duration::from_mins(1);

/// A run under way, and the lines that it writes.
pub(crate) struct Running {
    /// Its present folder.
    pub(crate) folder: Folder,
    /// The process.
    pub(crate) process: Process,
    /// What it writes, on both outputs.
    pub(crate) lines: Receiver<String>,
}

/// A process that does not outlive its test.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// Sends a signal by its name: `INT`, `TERM`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    /// Waits for its end; its exit status, if it ended by itself.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.0.wait().expect("it was started").code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already is none to be ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `script.py` and waits until it plays.
pub(crate) fn start(name: &str, files: &[(&str, &str)], args: &[&str]) -> Running {
    let running = spawn(name, files, args);
    running.line("playing script.py");
    running
}

/// Starts `script.py`.
pub(crate) fn spawn(name: &str, files: &[(&str, &str)], args: &[&str]) -> Running {
    let folder = Folder::new(name);
    files.iter().for_each(|(name, text)| folder.write(name, text));
    let mut child = folder
        .command(&[&["run", "script.py", "-o", "null", "--stats", "s.json"], args].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("oscine starts");
    let (send, lines) = channel();
    let stdout = BufReader::new(child.stdout.take().expect("its output"));
    let stderr = BufReader::new(child.stderr.take().expect("its errors"));
    let forward = |reader: Box<dyn BufRead + Send>| {
        let send = send.clone();
        thread::spawn(move || {
            reader.lines().map_while(Result::ok).all(|line| is_of_machine(&line) || send.send(line).is_ok())
        });
    };
    forward(Box::new(stdout));
    forward(Box::new(stderr));
    Running { folder, process: Process(child), lines }
}

impl Running {
    /// Waits for a line that begins so; the lines until then, that one last.
    pub(crate) fn lines_until(&self, start: &str) -> Vec<String> {
        let mut seen = vec![];
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            let is_it = line.starts_with(start);
            seen.push(line);
            if is_it {
                return seen;
            }
        }
        panic!("no line begins with `{start}`: {seen:#?}");
    }

    /// Waits for a line that begins so.
    pub(crate) fn line(&self, start: &str) -> String {
        self.lines_until(start).pop().expect("a line")
    }

    /// What the line that tells of a reload says was kept, is new and was dropped.
    pub(crate) fn reloaded(&self) -> String {
        self.reloaded_and_heard().0
    }

    /// The same, and how the new sound came in; nothing where the old one was silent.
    pub(crate) fn reloaded_and_heard(&self) -> (String, String) {
        let line = self.line("reloaded script.py in ");
        let (milliseconds, told) = line["reloaded script.py in ".len()..].split_once(" ms: ").expect("a time");
        assert!(milliseconds.parse::<u64>().is_ok(), "{line}");
        match told.rsplit_once("; ") {
            Some((kept, how)) if how == "heard at once" || how == "crossfaded 10 ms" => {
                (kept.to_owned(), how.to_owned())
            }
            _ => (told.to_owned(), String::new()),
        }
    }

    /// Ends it as Ctrl-C does; its exit status and the lines that were left.
    pub(crate) fn end(self) -> (i32, Vec<String>) {
        let (folder, status, lines) = self.end_by("INT");
        assert!(folder.read("s.json").contains("\"callbacks\""));
        (status.expect("oscine ends by itself"), lines)
    }

    /// Ends it by a signal; what it leaves behind, its exit status if it ends by itself, and the lines that were left.
    pub(crate) fn end_by(self, signal: &str) -> (Folder, Option<i32>, Vec<String>) {
        let Self { folder, mut process, lines } = self;
        process.signal(signal);
        let status = process.wait();
        (folder, status, lines.iter().collect())
    }
}
