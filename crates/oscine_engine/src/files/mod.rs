//! Sound files: what is in them, in memory; reading, writing and changing their rate.
//!
//! Reading goes by content, not by name: wav, flac, mp3 and ogg through symphonia ([`decode`]), npy through npyz
//! ([`npy`]). Writing goes by the name's ending and is atomic ([`Writer`]).

mod atomic;
mod bits;
mod channel_mask;
mod decode;
mod error;
mod flac;
mod npy;
mod quantise;
mod resample;
mod wav;
mod writer;

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

pub use error::{FileError, FileProblem};
pub use resample::{ResampleError, resample};
pub use writer::{FileFormat, Subtype, Writer};

/// Sound in memory, one vector of samples a channel, all of the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Frames a second; `None` where the file does not say (npy).
    pub sample_rate: Option<f64>,
    /// Samples of each channel, full scale 1.
    pub channels: Vec<Vec<f64>>,
}

impl Sound {
    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }
}

/// Reads a whole sound file: wav, flac, mp3, ogg or npy, told apart by content.
///
/// Integers of `b` bits become exactly `k / 2^(b-1)`; floats are taken as they are. A file that is missing, empty,
/// of another kind, damaged or shorter than it claims is an error that names it.
pub fn read(path: &Path) -> Result<Sound, FileError> {
    let fail = |problem| FileError::new(path, problem);
    let metadata = std::fs::metadata(path).map_err(|error| FileError::from_io(path, error))?;
    if metadata.is_dir() {
        return Err(fail(FileProblem::Directory));
    }
    let file = File::open(path).map_err(|error| FileError::from_io(path, error))?;
    let mut reader = BufReader::new(file);
    let mut magic = Vec::new();
    reader.by_ref().take(6).read_to_end(&mut magic).map_err(|error| FileError::from_io(path, error))?;
    if magic.is_empty() {
        return Err(fail(FileProblem::Empty));
    }
    reader.rewind().map_err(|error| FileError::from_io(path, error))?;
    channel_mask::check(&mut reader).map_err(fail)?;
    reader.rewind().map_err(|error| FileError::from_io(path, error))?;
    let sound = if magic == *b"\x93NUMPY" { npy::read(reader) } else { decode::read(reader.into_inner(), path) };
    let sound = sound.map_err(fail)?;
    if sound.frames() == 0 { Err(fail(FileProblem::NoSamples)) } else { Ok(sound) }
}
