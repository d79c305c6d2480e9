//! Peers: processes that run the same program and time themselves.
//!
//! The protocol is described in `peers/c/driver.c`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::contest::{Round, Side};
use crate::workload::{FRAMES, Workload, root};

/// How C is compiled.
pub const C_FLAGS: [&str; 2] = ["-O3", "-march=native"];

/// Why there is no peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// It can be installed; the words say how.
    NotInstalled(String),
    /// It is there and does not work.
    Broken(String),
}

impl std::fmt::Display for Absent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Absent::NotInstalled(words) => write!(f, "not installed: {words}"),
            Absent::Broken(words) => write!(f, "failed: {words}"),
        }
    }
}

/// A folder that goes away with its owner.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one among the system's temporary files.
    pub fn new(name: &str) -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("oscine-bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is the system's to clean.
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running peer.
#[derive(Debug)]
pub struct Peer {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Time of the first call, where the peer compiles then.
    pub first_call_ms: Option<f64>,
}

impl Peer {
    /// The kernel in C, built into a folder by gcc.
    pub fn c(workload: &Workload, folder: &Folder) -> Result<Self, Absent> {
        let program = folder.0.join(workload.name);
        let driver = root().join("peers/c/driver.c");
        let built = Command::new("gcc")
            .args(C_FLAGS)
            .arg("-o")
            .arg(&program)
            .args([driver, workload.c_source()])
            .arg("-lm")
            .output();
        let built = built.map_err(|_| Absent::NotInstalled("apt-get install gcc libc6-dev".into()))?;
        if !built.status.success() {
            return Err(Absent::Broken(String::from_utf8_lossy(&built.stderr).into_owned()));
        }
        Self::start(Command::new(program).arg(FRAMES.to_string()), workload)
    }

    /// The kernel under Numba, by a Python interpreter.
    pub fn numba(workload: &Workload, python: &Path) -> Result<Self, Absent> {
        let install = || Absent::NotInstalled(format!("{} -m pip install numba", python.display()));
        let known = Command::new(python).args(["-c", "import numba"]).stderr(Stdio::null()).status();
        if !known.is_ok_and(|status| status.success()) {
            return Err(install());
        }
        let script = root().join("peers/numba_peer.py");
        let mut peer =
            Self::start(Command::new(python).arg(script).arg(workload.name).arg(FRAMES.to_string()), workload)?;
        let first = peer.answer().map_err(Absent::Broken)?;
        peer.first_call_ms = Some(first[0]);
        Ok(peer)
    }

    fn start(command: &mut Command, workload: &Workload) -> Result<Self, Absent> {
        let broken = |e: std::io::Error| Absent::Broken(e.to_string());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(broken)?;
        let (Some(mut commands), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Absent::Broken("no pipes to it".into()));
        };
        let bytes: Vec<u8> = workload.input_block().iter().flatten().flat_map(|x| x.to_ne_bytes()).collect();
        commands.write_all(&bytes).and_then(|()| commands.flush()).map_err(broken)?;
        Ok(Self { process, commands, answers: BufReader::new(answers), first_call_ms: None })
    }

    /// A line of at least one number.
    fn answer(&mut self) -> Result<Vec<f64>, String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|e| e.to_string())?;
        let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        match numbers {
            Ok(numbers) if !numbers.is_empty() => Ok(numbers),
            Ok(_) => Err("it ended without an answer".into()),
            Err(e) => Err(format!("{e}: {line}")),
        }
    }
}

impl Side for Peer {
    fn run(&mut self, blocks: u32) -> Result<Round, String> {
        writeln!(self.commands, "{blocks}").and_then(|()| self.commands.flush()).map_err(|e| e.to_string())?;
        let numbers = self.answer()?;
        Ok(Round { ns_per_sample: numbers[0], output: numbers[1..].to_vec() })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
