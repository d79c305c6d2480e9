//! Runs the built `oscine` and keeps what it wrote.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fs, process};

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

fn outcome(command: &mut Command) -> Outcome {
    let output = command.stdin(Stdio::null()).output().expect("oscine starts");
    Outcome {
        status: output.status.code().expect("oscine ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// An empty folder of a test's own, removed with it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new folder for the test `name`.
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("oscine-{name}-{}", process::id()));
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

    /// Runs `oscine` with this folder as the present one.
    pub(crate) fn oscine(&self, args: &[&str]) -> Outcome {
        outcome(Command::new(env!("CARGO_BIN_EXE_oscine")).args(args).current_dir(&self.path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind in the temporary directory harms nobody.
        let _ = fs::remove_dir_all(&self.path);
    }
}
