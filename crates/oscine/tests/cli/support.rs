//! Runs the built `oscine`, or CPython, and keeps what they wrote.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{env, fs, process};

use oscine_engine::files::{self, FileFormat, Sound, Writer};

/// What a call of the command left.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Exit status.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Runs `oscine` in the present folder.
pub(crate) fn oscine(args: &[&str]) -> Outcome {
    outcome(Command::new(env!("CARGO_BIN_EXE_oscine")).args(args))
}

/// Runs a command to its end.
pub(crate) fn outcome(command: &mut Command) -> Outcome {
    let output = command.stdin(Stdio::null()).output().expect("oscine starts");
    Outcome {
        status: output.status.code().expect("oscine ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: without_machine(&String::from_utf8(output.stderr).expect("UTF-8")),
    }
}

/// What was said, without lines about the machine.
pub(crate) fn without_machine(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !is_of_machine(line)).collect()
}

/// Whether a line tells of xruns or of the audio thread's priority: a machine that runs many tests at once has some of the
/// first, each machine grants another of the second, at a moment of its own, and no test of the command line is about that.
pub(crate) fn is_of_machine(line: &str) -> bool {
    line.contains(" xrun: ") || line.contains(" xruns: ") || line.starts_with("audio thread: ")
}

/// An empty folder of a test's own, removed with it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new folder for the test `name`.
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Relaxed);
        let path = env::temp_dir().join(format!("oscine-{name}-{}-{count}", process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Self { path }
    }

    /// A file's path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file is written");
    }

    /// Reads a file.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file is there")
    }

    /// Writes `NAME.npy`, a vector of samples a channel.
    pub(crate) fn write_samples(&self, name: &str, channels: &[Vec<f64>]) {
        let path = self.path(&format!("{name}.npy"));
        let mut writer = Writer::create(&path, FileFormat::Npy, 48_000.0, channels.len()).expect("a writer");
        let block: Vec<&[f64]> = channels.iter().map(Vec::as_slice).collect();
        writer.write(&block).and_then(|()| writer.finish()).expect("a file is written");
    }

    /// Writes `KIND.npy`: `noise`, `sine`, `loud` (beyond full scale), or `stereo` with one of each of the first two.
    pub(crate) fn write_signal(&self, kind: &str, frames: usize) {
        let sine = |gain: f64| (0..frames).map(|n| gain * (TAU * 0.0123 * n as f64).sin()).collect::<Vec<f64>>();
        let mut state = 12345u64;
        let mut noise = || {
            state = (state * 1_103_515_245 + 12345) & 0x7FFF_FFFF;
            0.5 * (state as f64 / 1_073_741_824.0 - 1.0)
        };
        let mut noise = || (0..frames).map(|_| noise()).collect::<Vec<f64>>();
        let channels = match kind {
            "noise" => vec![noise()],
            "sine" => vec![sine(0.8)],
            "loud" => vec![sine(2.5)],
            "stereo" => vec![noise(), sine(0.8)],
            _ => panic!("no signal {kind}"),
        };
        self.write_samples(kind, &channels);
    }

    /// Names of the files in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// `oscine` with this folder as the present one, to be run.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oscine"));
        command.args(args).current_dir(&self.path).stdin(Stdio::null());
        command
    }

    /// Runs `oscine` with this folder as the present one.
    pub(crate) fn oscine(&self, args: &[&str]) -> Outcome {
        outcome(&mut self.command(args))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind in the temporary directory harms nobody.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The path of an example.
pub(crate) fn example(name: &str) -> String {
    format!("{}/../../examples/{name}.py", env!("CARGO_MANIFEST_DIR"))
}

/// Reads a sound file.
pub(crate) fn read(path: &Path) -> Sound {
    files::read(path).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether there is a referee; `make test` sees to it.
pub(crate) fn has_python() -> bool {
    let has = env::var_os("OSCINE_PYTHON").is_some();
    if !has {
        eprintln!("OSCINE_PYTHON names no CPython: nothing is compared");
    }
    has
}

/// Runs CPython in `folder` with the package `oscine` at hand.
pub(crate) fn run_python(folder: &Folder, args: &[&str]) {
    let python = env::var_os("OSCINE_PYTHON").expect("has_python was asked");
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/../../python");
    let out = outcome(Command::new(python).args(args).env("PYTHONPATH", package).current_dir(&folder.path));
    assert_eq!(out.status, 0, "{args:?}: {}", out.stderr);
}

/// Has CPython write `reference.npy`; `args` are those of `oscine render`. A script without inputs runs for `frames`.
pub(crate) fn reference(folder: &Folder, script: &str, args: &[&str], frames: usize) {
    let frames = frames.to_string();
    let length: &[&str] = if args.contains(&"-i") { &[] } else { &["--frames", &frames] };
    run_python(folder, &[&["-m", "oscine.reference", script, "-o", "reference.npy"], args, length].concat());
}

/// The largest difference as a share of the peak of `expected`, and its frame.
pub(crate) fn difference(given: &Sound, expected: &Sound) -> (f64, usize) {
    assert_eq!(
        (given.channels.len(), given.frames()),
        (expected.channels.len(), expected.frames()),
        "channels and frames"
    );
    let peak = expected.channels.iter().flatten().fold(0.0, |peak: f64, sample| peak.max(sample.abs()));
    let mut worst = (0.0, 0);
    for (ours, theirs) in given.channels.iter().zip(&expected.channels) {
        for (frame, (a, b)) in ours.iter().zip(theirs).enumerate() {
            let share = if a.to_bits() == b.to_bits() { 0.0 } else { (a - b).abs() / peak };
            // A NaN is the worst of differences.
            let share = if share.is_nan() { f64::INFINITY } else { share };
            if share > worst.0 {
                worst = (share, frame);
            }
        }
    }
    worst
}
