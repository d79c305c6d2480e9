//! What can be wrong with a file, in words that name it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file that could not be read or written.
#[derive(Debug)]
pub struct FileError {
    /// The file as the caller named it.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: FileProblem,
}

/// What can be wrong with a file.
#[derive(Debug)]
pub enum FileProblem {
    /// Nothing by that name.
    Missing,
    /// The folder that should hold it does not exist.
    MissingFolder,
    /// A directory where a file was expected.
    Directory,
    /// A device, socket or pipe, which cannot be replaced by a file.
    NotRegular,
    /// The system refused.
    Io(io::Error),
    /// No bytes.
    Empty,
    /// A sound file without a single frame.
    NoSamples,
    /// Not a kind that is read here.
    UnknownFormat,
    /// A name that does not end in a kind that is written here; the ending, if there is one.
    UnknownEnding(Option<String>),
    /// It ends before what its header promises: frames found, frames promised.
    Truncated {
        /// Frames found.
        found: u64,
        /// Frames promised by the header.
        promised: u64,
    },
    /// Its bytes contradict themselves.
    Damaged(String),
    /// A kind or a request that the format or this program does not take.
    Unsupported(String),
}

impl FileError {
    pub(super) fn new(path: &Path, problem: FileProblem) -> Self {
        Self { path: path.to_path_buf(), problem }
    }

    pub(super) fn from_io(path: &Path, error: io::Error) -> Self {
        Self::new(path, error.into())
    }
}

impl From<io::Error> for FileProblem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::IsADirectory => Self::Directory,
            _ => Self::Io(error),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no such file"),
            Self::MissingFolder => f.write_str("its folder does not exist"),
            Self::Directory => f.write_str("is a directory, not a sound file"),
            Self::NotRegular => f.write_str("is a device or a pipe, not a file"),
            Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => f.write_str("permission denied"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Empty => f.write_str("the file is empty"),
            Self::NoSamples => f.write_str("holds no samples"),
            Self::UnknownFormat => f.write_str("not a sound file that oscine reads (wav, flac, mp3, ogg vorbis, npy)"),
            Self::UnknownEnding(Some(ending)) => {
                write!(f, "`.{ending}` is not a kind of file that oscine writes (.wav, .flac, .npy)")
            }
            Self::UnknownEnding(None) => f.write_str("the name must end in .wav, .flac or .npy"),
            Self::Truncated { found, promised } => {
                write!(f, "the file is truncated or damaged: its header promises {promised} frames, it holds {found}")
            }
            Self::Damaged(what) => write!(f, "the file is damaged: {what}"),
            Self::Unsupported(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for FileError {}
