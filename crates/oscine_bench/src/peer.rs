//! Processes that compute a workload and time themselves: how each kind is built and started, and how it is asked.
//!
//! The protocol is described in `peers/c/driver.c`. What builds itself in its process (Python's peers and oscine) first
//! writes a line with the milliseconds that took.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use crate::children::{Children, Running};
use crate::files::Folder;
use crate::kind::Kind;
use crate::native;
use crate::workload::{FRAMES, Native, Workload};

/// How C and C++ are compiled.
pub const C_FLAGS: [&str; 2] = ["-O3", "-march=native"];

/// What lets a compiler change the arithmetic.
const FAST: &str = "-ffast-math";

/// What the peers are built with and in.
#[derive(Debug)]
pub struct Tools<'a> {
    /// Sources, and room for what is built.
    pub folder: &'a Folder,
    /// A Python interpreter.
    pub python: &'a Path,
    /// What runs.
    pub children: &'a Children,
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
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Where it says what went wrong.
    complaints: PathBuf,
    /// From its source to a kernel that can be called, or after a first call where that compiles, in ms.
    pub ready_ms: f64,
    _process: Running,
}

impl Peer {
    /// Builds and starts the peer of one kind.
    pub fn start(kind: Kind, workload: &Workload, tools: &Tools) -> Result<Self, Absent> {
        match kind {
            Kind::Interpreted => Self::python(kind, workload, tools, "numpy scipy"),
            Kind::Numba | Kind::NumbaFast => Self::python(kind, workload, tools, "numpy numba"),
            Kind::Cython | Kind::CythonC => Self::python(kind, workload, tools, "numpy cython setuptools"),
            Kind::C | Kind::CFast => Self::c(kind, workload, tools),
            Kind::Faust | Kind::FaustFast => Self::faust(kind, workload, tools),
            Kind::Native | Kind::NativeVoices if workload.native == Native::None => {
                Err(Absent::NotSaid("no native processor computes this"))
            }
            Kind::NativeVoices if !native::has_voices(workload) => {
                Err(Absent::NotSaid("its native processor has no form for several voices"))
            }
            Kind::Evaluator
            | Kind::Oscine
            | Kind::OscineFast
            | Kind::OscineNumba
            | Kind::Native
            | Kind::NativeVoices => {
                let (program, arguments) = tools.program;
                let mut command = Command::new(program);
                Self::spawn(kind, command.args(arguments).args([kind.word(), workload.name]), workload, tools, None)
            }
        }
    }

    fn python(kind: Kind, workload: &Workload, tools: &Tools, needs: &str) -> Result<Self, Absent> {
        let python = tools.python.display();
        let imports = needs.replace("cython", "Cython").replace(' ', ", ");
        let known = tools.children.run(Command::new(tools.python).args(["-c", &format!("import {imports}")]));
        let install = format!("{python} -m pip install {needs}");
        match known {
            Ok((status, _)) if status.success() => {}
            Ok(_) => return Err(Absent::NotInstalled(install)),
            Err(_) => {
                let words = format!("{python} is no Python: name one by --python or OSCINE_PYTHON, then {install}");
                return Err(Absent::NotInstalled(words));
            }
        }
        if matches!(kind, Kind::Cython | Kind::CythonC) {
            need_compiler("gcc", tools)?;
        }
        let mut command = Command::new(tools.python);
        command
            .arg(tools.folder.path("peers/python/driver.py"))
            .args([kind.word(), workload.name, workload.peers])
            .args([FRAMES.to_string(), workload.inputs().to_string()])
            .env("PYTHONPATH", tools.folder.path("python"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        Self::spawn(kind, &mut command, workload, tools, None)
    }

    fn c(kind: Kind, workload: &Workload, tools: &Tools) -> Result<Self, Absent> {
        need_compiler("gcc", tools)?;
        let program = tools.folder.path(format!("peers/built/{}-{}", kind.word(), workload.name));
        let sources = ["peers/c/driver.c".to_owned(), format!("peers/c/{}.c", workload.peers)];
        let mut command = Command::new("gcc");
        command.args(C_FLAGS);
        if kind.is_loose() {
            command.arg(FAST);
        }
        command.arg("-o").arg(&program).args(sources.map(|name| tools.folder.path(name))).arg("-lm");
        let begin = Instant::now();
        build(&mut command, tools)?;
        Self::spawn(kind, Command::new(program).arg(FRAMES.to_string()), workload, tools, Some(begin))
    }

    /// Faust makes C++, which is linked with the driver in C.
    fn faust(kind: Kind, workload: &Workload, tools: &Tools) -> Result<Self, Absent> {
        let source = tools.folder.path(format!("peers/faust/{}.dsp", workload.peers));
        if !source.exists() {
            return Err(Absent::NotSaid(if workload.peers == "vcs3" {
                "not said in Faust, where no loop within a sample ends on a condition"
            } else {
                "not said in Faust, which has no blocks"
            }));
        }
        need_compiler("faust", tools)?;
        need_compiler("g++", tools)?;
        let path =
            |end: &str| -> PathBuf { tools.folder.path(format!("peers/built/{}-{}{end}", kind.word(), workload.name)) };
        let driver = tools.folder.path("peers/c/driver.c");
        build(Command::new("gcc").args(C_FLAGS).arg("-c").arg(driver).arg("-o").arg(path(".o")), tools)?;
        let begin = Instant::now();
        let mut faust = Command::new("faust");
        faust.args(["-double", "-lang", "cpp", "-cn", "kernel", "-a"]);
        faust.args([tools.folder.path("peers/faust/driver.cpp"), source]).arg("-o").arg(path(".cpp"));
        let mut cpp = Command::new("g++");
        cpp.args(C_FLAGS).args([path(".cpp"), path(".o")]).arg("-o").arg(path("")).arg("-lm");
        if kind.is_loose() {
            cpp.arg(FAST);
            // Loops that a compiler can make vectors of. For thirty steps in a row faust does not end with it.
            if !workload.peers.starts_with("ring") {
                faust.arg("-vec");
            }
        }
        build(&mut faust, tools)?;
        build(&mut cpp, tools)?;
        Self::spawn(kind, Command::new(path("")).arg(FRAMES.to_string()), workload, tools, Some(begin))
    }

    /// Starts a peer and hands it its inputs. One that was built says no word of its own: it is ready when it runs.
    fn spawn(
        kind: Kind,
        command: &mut Command,
        workload: &Workload,
        tools: &Tools,
        building_since: Option<Instant>,
    ) -> Result<Self, Absent> {
        let broken = |e: std::io::Error| Absent::Broken(e.to_string());
        let complaints = tools.folder.path(format!("peers/built/{}-{}.txt", kind.word(), workload.name));
        let file = File::create(&complaints).map_err(broken)?;
        let process =
            tools.children.start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file)).map_err(broken)?;
        let Some((commands, answers)) = process.pipes() else {
            return Err(Absent::Broken("no pipes to it".into()));
        };
        let answers = BufReader::new(answers);
        let mut peer = Self { commands, answers, complaints, ready_ms: 0.0, _process: process };
        let bytes: Vec<u8> = workload.input_block().iter().flatten().flat_map(|x| x.to_ne_bytes()).collect();
        let written = peer.commands.write_all(&bytes).and_then(|()| peer.commands.flush());
        written.map_err(|e| Absent::Broken(peer.why(&e.to_string())))?;
        peer.ready_ms = match building_since {
            Some(begin) => begin.elapsed().as_secs_f64() * 1e3,
            None => peer.answer().map_err(Absent::Broken)?[0],
        };
        Ok(peer)
    }

    /// Runs that many blocks, going on from the state of the last round.
    pub fn run(&mut self, blocks: u32) -> Result<Round, String> {
        let asked = writeln!(self.commands, "{blocks}").and_then(|()| self.commands.flush());
        asked.map_err(|e| self.why(&e.to_string()))?;
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
            Ok(_) => Err(self.why("it ended without an answer")),
            Err(e) => Err(format!("{e}: {line}")),
        }
    }

    /// The last that it said of what went wrong, which for Python is the exception, or else these words.
    fn why(&self, otherwise: &str) -> String {
        let text = std::fs::read_to_string(&self.complaints).unwrap_or_default();
        text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(otherwise).to_owned()
    }
}

/// Whether a compiler answers; if not, how it is installed.
fn need_compiler(name: &str, tools: &Tools) -> Result<(), Absent> {
    match tools.children.run(Command::new(name).arg("--version")) {
        Ok((status, _)) if status.success() => Ok(()),
        _ => {
            let packages = if name == "gcc" { "gcc libc6-dev" } else { name };
            Err(Absent::NotInstalled(format!("apt-get install {packages}")))
        }
    }
}

fn build(command: &mut Command, tools: &Tools) -> Result<(), Absent> {
    let (status, stderr) = tools.children.run(command).map_err(|e| Absent::Broken(e.to_string()))?;
    if status.success() { Ok(()) } else { Err(Absent::Broken(stderr)) }
}
