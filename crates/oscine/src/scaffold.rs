//! `oscine new`: a first script to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The script that `oscine new` writes.
pub const STARTER: &str = include_str!("starter.py");

/// Writes [`STARTER`] to `name`, with `.py` added where it is missing, and gives the path. An existing file stays
/// as it is, and is an error.
pub fn write(name: &Path) -> Result<PathBuf, Failure> {
    let path = match name.extension() {
        Some(end) if end == "py" => name.to_owned(),
        _ => {
            let mut path = name.as_os_str().to_owned();
            path.push(".py");
            PathBuf::from(path)
        }
    };
    let written = OpenOptions::new().write(true).create_new(true).open(&path);
    match written.and_then(|mut file| file.write_all(STARTER.as_bytes())) {
        Ok(()) => Ok(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Failure::call(format!("{} exists already; it stays as it is", path.display())))
        }
        Err(error) => Err(Failure::call(format!("{} cannot be written: {error}", path.display()))),
    }
}
