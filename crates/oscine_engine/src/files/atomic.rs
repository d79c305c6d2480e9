//! A file that appears whole or not at all: written beside its target, renamed over it at the end.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::FileProblem;

/// A file under way; dropped before [`commit`](AtomicFile::commit) it leaves nothing behind.
pub(super) struct AtomicFile {
    target: PathBuf,
    temporary: PathBuf,
    is_committed: bool,
}

impl AtomicFile {
    /// Opens `.NAME.PID-N.partial` in the folder of `target`. The target must be absent or a regular file.
    pub(super) fn create(target: &Path) -> Result<(Self, File), FileProblem> {
        match fs::metadata(target) {
            Ok(metadata) if metadata.is_dir() => return Err(FileProblem::Directory),
            Ok(metadata) if !metadata.is_file() => return Err(FileProblem::NotRegular),
            _ => {}
        }
        // Through a symbolic link to the file that it means, so that the link stays one.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        let Some(name) = target.file_name() else { return Err(FileProblem::Directory) };
        for attempt in 0.. {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{attempt}.partial", std::process::id()));
            let temporary = target.with_file_name(hidden);
            match OpenOptions::new().read(true).write(true).create_new(true).open(&temporary) {
                Ok(file) => return Ok((Self { target, temporary, is_committed: false }, file)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(FileProblem::MissingFolder),
                Err(error) => return Err(FileProblem::Io(error)),
            }
        }
        unreachable!("an endless range of names ended")
    }

    /// Puts the finished file in the target's place. All writers to it must be flushed and closed.
    pub(super) fn commit(mut self) -> Result<(), FileProblem> {
        // Without this a crash of the system could leave the new name on an empty file.
        OpenOptions::new().write(true).open(&self.temporary)?.sync_all()?;
        fs::rename(&self.temporary, &self.target)?;
        self.is_committed = true;
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.is_committed {
            // Nobody is left to hear that the temporary file could not be removed.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
