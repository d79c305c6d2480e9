//! A file that appears whole or not at all: written beside its target, renamed over it at the end.
//!
//! A lasting one, for what cannot be made again, keeps what it has when it is given up: under a name that people find.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::FileProblem;

/// A file under way.
pub(super) struct AtomicFile {
    target: PathBuf,
    temporary: PathBuf,
    /// What is there stays when this is dropped before [`commit`](AtomicFile::commit).
    is_lasting: bool,
    is_committed: bool,
}

impl AtomicFile {
    /// Opens `.NAME.PID-N.partial` in the folder of `target`, which is removed again if this is dropped before
    /// [`commit`](AtomicFile::commit). The target must be absent or a regular file.
    pub(super) fn create(target: &Path) -> Result<(Self, File), FileProblem> {
        let target = Self::target(target)?;
        let hidden = |attempt: u32| {
            let mut hidden = OsString::from(".");
            hidden.push(target.file_name().unwrap_or_default());
            hidden.push(format!(".{}-{attempt}.partial", std::process::id()));
            hidden
        };
        let (temporary, file) = open_new(&target, hidden)?;
        Ok((Self { target, temporary, is_lasting: false, is_committed: false }, file))
    }

    /// Opens `STEM.partial.ENDING` in the folder of `target`, or `STEM.partial-N.ENDING` if there is one already. It
    /// stays if this is dropped before [`commit`](AtomicFile::commit). The target must be absent or a regular file.
    pub(super) fn create_lasting(target: &Path) -> Result<(Self, File), FileProblem> {
        let target = Self::target(target)?;
        let visible = |attempt: u32| {
            let mut visible = target.file_stem().unwrap_or_default().to_owned();
            visible.push(if attempt == 0 { ".partial".to_owned() } else { format!(".partial-{attempt}") });
            if let Some(ending) = target.extension() {
                visible.push(".");
                visible.push(ending);
            }
            visible
        };
        let (temporary, file) = open_new(&target, visible)?;
        Ok((Self { target, temporary, is_lasting: true, is_committed: false }, file))
    }

    /// Through a symbolic link to the file that it means, so that the link stays one.
    fn target(target: &Path) -> Result<PathBuf, FileProblem> {
        match fs::metadata(target) {
            Ok(metadata) if metadata.is_dir() => return Err(FileProblem::Directory),
            Ok(metadata) if !metadata.is_file() => return Err(FileProblem::NotRegular),
            _ => {}
        }
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        if target.file_name().is_none() { Err(FileProblem::Directory) } else { Ok(target) }
    }

    /// Where the file is as long as it is under way.
    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Has it removed when this is dropped.
    pub(super) fn discard(&mut self) {
        self.is_lasting = false;
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
        if !self.is_committed && !self.is_lasting {
            // Nobody is left to hear that the temporary file could not be removed.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Creates a file beside `target`, of the first of the names that is free.
fn open_new(target: &Path, name: impl Fn(u32) -> OsString) -> Result<(PathBuf, File), FileProblem> {
    for attempt in 0.. {
        let temporary = target.with_file_name(name(attempt));
        match OpenOptions::new().read(true).write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(FileProblem::MissingFolder),
            Err(error) => return Err(FileProblem::Io(error)),
        }
    }
    unreachable!("an endless range of names ended")
}
