//! `oscine run` under way, and the lines that it writes.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::ATTEMPTS;
use super::jack_server::signal_to;
use crate::running::support::Folder;

#[allow(dead_code, reason = "the tests of the command line use the rest")]
#[path = "../cli/support.rs"]
pub(crate) mod support;

/// Longer than anything takes on a machine that does its work at all.
const PATIENCE: Duration = Duration::from_mins(2);

/// A program whose lines are read; it is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    /// Starts `oscine run` in `folder`, with the environment of a server, and waits until it plays.
    pub(crate) fn oscine(folder: &Folder, args: &[&str], env: &[(&str, String)]) -> Self {
        // A server that the machine has put aside takes no client.
        for _ in 0..ATTEMPTS {
            let mut command = folder.command(&[&["run"], args].concat());
            command.envs(env.iter().map(|(name, value)| (name, value)));
            let mut running = Self::start(&mut command);
            if running.either("playing ", "the JACK server takes no client").contains("playing ") {
                return running;
            }
        }
        panic!("the server takes no client");
    }

    /// Starts a program.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (send, lines) = channel();
        let forward = |reader: Box<dyn Read + Send>| {
            let send = send.clone();
            thread::spawn(move || {
                BufReader::new(reader).lines().map_while(Result::ok).all(|line| send.send(line).is_ok())
            });
        };
        forward(Box::new(child.stdout.take().expect("its output")));
        forward(Box::new(child.stderr.take().expect("its errors")));
        let stdin = child.stdin.take();
        Self { child, stdin, lines, seen: vec![] }
    }

    /// Waits for a line that contains `part`.
    pub(crate) fn line(&mut self, part: &str) -> String {
        self.either(part, part)
    }

    /// Waits for a line that contains one of both.
    pub(crate) fn either(&mut self, part: &str, other: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(part) || line.contains(other) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no line with `{part}`: {:#?}", self.seen)
                }
            }
        }
    }

    /// The lines that have come since it was last looked.
    pub(crate) fn new_lines(&mut self) -> Vec<String> {
        let lines: Vec<String> = self.lines.try_iter().collect();
        self.seen.extend(lines.iter().cloned());
        lines
    }

    /// Writes a line to its standard input.
    pub(crate) fn tell(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        writeln!(stdin, "{line}").expect("it listens");
    }

    /// Memory that it has in use, in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        1024 * line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number")
    }

    /// Waits until it ends by itself. Its exit status, and all lines.
    pub(crate) fn wait(mut self) -> (Option<i32>, Vec<String>) {
        drop(self.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end: {:#?}", self.seen);
            thread::sleep(Duration::from_millis(10));
        };
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(5)) {
            self.seen.push(line);
        }
        (status.code(), std::mem::take(&mut self.seen))
    }

    /// Ends it as Ctrl-C does. All lines.
    pub(crate) fn end(self) -> Vec<String> {
        signal_to(&self.child, "INT");
        let (status, lines) = self.wait();
        assert_eq!(status, Some(0), "{lines:#?}");
        lines
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
