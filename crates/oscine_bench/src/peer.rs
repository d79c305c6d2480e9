//! Processes that compute a workload and time themselves: how each kind is built and started, and how it is asked.
//!
//! The protocol is described in `peers/c/driver.c`. What builds itself in its process (Python's peers and oscine) first
//! writes a line with the milliseconds that took.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::time::Instant;

use crate::files::Folder;
use crate::kind::Kind;
use crate::workload::{FRAMES, Native, Workload};

/// How C and C++ are compiled.
pub const C_FLAGS: [&str; 2] = ["-O3", "-march=native"];

/// What the peers are built with and in.
#[derive(Debug)]
pub struct Tools<'a> {
    /// Sources, and room for what is built.
    pub folder: &'a Folder,
    /// A Python interpreter.
    pub python: &'a Path,
    /// This program, and the arguments after which it takes a kind and a workload to serve.
    pub program: (&'a Path, &'a [&'a str]),
}

/// Why there is no peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// It can be installed; the words say how.
    NotInstalled(String),
    /// Its language has no way to say the program, or nobody has.
    NotSaid(&'static str),
    /// It is there and does not work.
    Broken(String),
}

impl std::fmt::Display for Absent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Absent::NotInstalled(words) => write!(f, "not installed: {words}"),
            Absent::NotSaid(words) => f.write_str(words),
            Absent::Broken(words) => write!(f, "failed: {words}"),
        }
    }
}

/// What a peer did in a round.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Time, in ns for each sample.
    pub ns_per_sample: f64,
    /// Memory that its process holds beyond what it held before there was a kernel, in bytes.
    pub held_bytes: u64,
    /// The most memory that its process ever held, in bytes.
    pub process_bytes: u64,
    /// The output of the last block.
    pub output: Vec<f64>,
}

/// A running peer.
#[derive(Debug)]
pub struct Peer {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// From its source to a kernel that can be called, or after a first call where that compiles, in ms.
    pub ready_ms: f64,
}

impl Peer {
    /// Builds and starts the peer of one kind.
    pub fn start(kind: Kind, workload: &Workload, tools: &Tools) -> Result<Self, Absent> {
        match kind {
            Kind::Interpreted => Self::python(kind, workload, tools, "numpy scipy"),
            Kind::Numba => Self::python(kind, workload, tools, "numpy numba"),
            Kind::Cython | Kind::CythonC => Self::python(kind, workload, tools, "numpy cython setuptools"),
            Kind::C | Kind::CFast => Self::c(kind, workload, tools),
            Kind::Faust => Self::faust(workload, tools),
            Kind::Native | Kind::NativeVoices if workload.native == Native::None => {
                Err(Absent::NotSaid("no native processor computes this"))
            }
            Kind::Evaluator | Kind::Oscine | Kind::OscineFast | Kind::Native | Kind::NativeVoices => {
                let (program, arguments) = tools.program;
                Self::spawn(Command::new(program).args(arguments).args([kind.word(), workload.name]), workload, None)
            }
        }
    }

    fn python(kind: Kind, workload: &Workload, tools: &Tools, needs: &str) -> Result<Self, Absent> {
        if kind == Kind::Cython && !tools.folder.path(format!("peers/cython/{}.pyx", workload.name)).exists() {
            return Err(Absent::NotSaid("not written for Cython"));
        }
        let install = || Absent::NotInstalled(format!("{} -m pip install {needs}", tools.python.display()));
        let imports = needs.replace("cython", "Cython").replace(' ', ", ");
        let known = Command::new(tools.python)
            .args(["-c", &format!("import {imports}")])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !known.is_ok_and(|status| status.success()) {
            return Err(install());
        }
        if kind != Kind::Interpreted && kind != Kind::Numba {
            need_compiler("gcc")?;
        }
        let mut command = Command::new(tools.python);
        command
            .arg(tools.folder.path("peers/python/driver.py"))
            .args([kind.word(), workload.name])
            .args([FRAMES.to_string(), workload.inputs().to_string()])
            .env("PYTHONPATH", tools.folder.path("python"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        Self::spawn(&mut command, workload, None)
    }

    fn c(kind: Kind, workload: &Workload, tools: &Tools) -> Result<Self, Absent> {
        need_compiler("gcc")?;
        let program = tools.folder.path(format!("peers/built/{}-{}", kind.word(), workload.name));
        let sources = ["peers/c/driver.c".to_owned(), format!("peers/c/{}.c", workload.name)];
        let mut command = Command::new("gcc");
        command.args(C_FLAGS);
        if kind == Kind::CFast {
            command.arg("-ffast-math");
        }
        command.arg("-o").arg(&program).args(sources.map(|name| tools.folder.path(name))).arg("-lm");
        let begin = Instant::now();
        built(&mut command)?;
        Self::spawn(Command::new(program).arg(FRAMES.to_string()), workload, Some(begin))
    }

    /// Faust makes C++, which is linked with the driver in C.
    fn faust(workload: &Workload, tools: &Tools) -> Result<Self, Absent> {
        let source = tools.folder.path(format!("peers/faust/{}.dsp", workload.name));
        if !source.exists() {
            return Err(Absent::NotSaid("not said in Faust, which has no loops within a sample and no blocks"));
        }
        need_compiler("faust")?;
        need_compiler("g++")?;
        let path = |end: &str| -> PathBuf { tools.folder.path(format!("peers/built/faust-{}{end}", workload.name)) };
        built(
            Command::new("gcc")
                .args(C_FLAGS)
                .arg("-c")
                .arg(tools.folder.path("peers/c/driver.c"))
                .arg("-o")
                .arg(path(".o")),
        )?;
        let begin = Instant::now();
        built(
            Command::new("faust")
                .args(["-double", "-lang", "cpp", "-cn", "kernel", "-a"])
                .args([tools.folder.path("peers/faust/driver.cpp"), source])
                .arg("-o")
                .arg(path(".cpp")),
        )?;
        built(Command::new("g++").args(C_FLAGS).args([path(".cpp"), path(".o")]).arg("-o").arg(path("")).arg("-lm"))?;
        Self::spawn(Command::new(path("")).arg(FRAMES.to_string()), workload, Some(begin))
    }

    /// Starts a peer and hands it its inputs. One that was built says no word of its own: it is ready when it runs.
    fn spawn(command: &mut Command, workload: &Workload, building_since: Option<Instant>) -> Result<Self, Absent> {
        let broken = |e: std::io::Error| Absent::Broken(e.to_string());
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().map_err(broken)?;
        let (Some(commands), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Absent::Broken("no pipes to it".into()));
        };
        let mut peer = Self { process, commands, answers: BufReader::new(answers), ready_ms: 0.0 };
        let bytes: Vec<u8> = workload.input_block().iter().flatten().flat_map(|x| x.to_ne_bytes()).collect();
        peer.commands.write_all(&bytes).and_then(|()| peer.commands.flush()).map_err(broken)?;
        peer.ready_ms = match building_since {
            Some(begin) => begin.elapsed().as_secs_f64() * 1e3,
            None => peer.answer().map_err(Absent::Broken)?[0],
        };
        Ok(peer)
    }

    /// Runs that many blocks, going on from the state of the last round.
    pub fn run(&mut self, blocks: u32) -> Result<Round, String> {
        writeln!(self.commands, "{blocks}").and_then(|()| self.commands.flush()).map_err(|e| e.to_string())?;
        let numbers = self.answer()?;
        let [ns_per_sample, held, process, output @ ..] = &numbers[..] else {
            return Err(format!("{} numbers are no answer", numbers.len()));
        };
        Ok(Round {
            ns_per_sample: *ns_per_sample,
            held_bytes: *held as u64,
            process_bytes: *process as u64,
            output: output.to_vec(),
        })
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

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Whether a compiler answers; if not, how it is installed.
fn need_compiler(name: &str) -> Result<(), Absent> {
    let answers = Command::new(name).arg("--version").stdin(Stdio::null()).output();
    match answers {
        Ok(output) if output.status.success() => Ok(()),
        _ => {
            let packages = if name == "gcc" { "gcc libc6-dev" } else { name };
            Err(Absent::NotInstalled(format!("apt-get install {packages}")))
        }
    }
}

fn built(command: &mut Command) -> Result<(), Absent> {
    let Output { status, stderr, .. } =
        command.stdin(Stdio::null()).output().map_err(|e| Absent::Broken(e.to_string()))?;
    if status.success() { Ok(()) } else { Err(Absent::Broken(String::from_utf8_lossy(&stderr).into_owned())) }
}
