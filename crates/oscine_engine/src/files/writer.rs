//! Writing sound block by block into a file that appears only when it is whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::atomic::AtomicFile;
use super::flac::FlacSink;
use super::npy::NpySink;
use super::wav::WavSink;
use super::{FileError, FileProblem};

/// How a sample is stored (soundfile's names).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subtype {
    /// 32-bit float.
    Float,
    /// 16-bit integer, clipped at full scale.
    Pcm16,
    /// 24-bit integer, clipped at full scale.
    Pcm24,
}

/// A kind of file that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// RIFF WAVE.
    Wav(Subtype),
    /// FLAC; [`Subtype::Pcm16`] or [`Subtype::Pcm24`].
    Flac(Subtype),
    /// A numpy array of float64: `(frames,)` for one channel, else `(frames, channels)`.
    Npy,
}

impl FileFormat {
    /// The kind that `path`'s ending asks for, with `subtype` or its default: FLOAT for wav, `PCM_24` for flac.
    pub fn from_path(path: &Path, subtype: Option<Subtype>) -> Result<Self, FileError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        let fail = |problem| Err(FileError::new(path, problem));
        match (ending.as_deref(), subtype) {
            (Some("wav" | "wave"), subtype) => Ok(Self::Wav(subtype.unwrap_or(Subtype::Float))),
            (Some("flac"), Some(Subtype::Float)) => {
                fail(FileProblem::Unsupported("flac holds integers: use --subtype PCM_16 or PCM_24".to_owned()))
            }
            (Some("flac"), subtype) => Ok(Self::Flac(subtype.unwrap_or(Subtype::Pcm24))),
            (Some("npy"), None) => Ok(Self::Npy),
            (Some("npy"), Some(_)) => {
                fail(FileProblem::Unsupported("npy is written as float64 and takes no --subtype".to_owned()))
            }
            _ => fail(FileProblem::UnknownEnding(ending)),
        }
    }
}

/// A format's encoder over an open file.
pub(super) trait Sink: Send {
    /// Appends one block: a slice a channel, all of one length.
    fn write(&mut self, channels: &[&[f64]]) -> Result<(), FileProblem>;
    /// Makes a complete file of what was written so far, which more may follow.
    fn checkpoint(&mut self) -> Result<(), FileProblem>;
    /// Completes the headers and flushes.
    fn finish(self: Box<Self>) -> Result<(), FileProblem>;
}

/// Writes a sound file as blocks come. The target changes only at [`finish`](Writer::finish); a writer that is
/// dropped before that leaves everything as it was.
pub struct Writer {
    path: PathBuf,
    channels: usize,
    // Declared before `file`: the encoder must be closed before the temporary file is removed.
    sink: Box<dyn Sink>,
    file: AtomicFile,
}

impl Writer {
    /// Opens a file of `channels` channels at `sample_rate` Hz. wav and flac take whole rates only; flac at most 8
    /// channels and 655350 Hz, wav at most 65535 channels.
    pub fn create(path: &Path, format: FileFormat, sample_rate: f64, channels: usize) -> Result<Self, FileError> {
        Self::over(AtomicFile::create, path, format, sample_rate, channels)
    }

    /// The same for sound that cannot be made again: what was written up to the last [`checkpoint`](Writer::checkpoint)
    /// survives the writer and the program, as [`partial`](Writer::partial).
    pub fn create_lasting(
        path: &Path,
        format: FileFormat,
        sample_rate: f64,
        channels: usize,
    ) -> Result<Self, FileError> {
        Self::over(AtomicFile::create_lasting, path, format, sample_rate, channels)
    }

    fn over(
        create: impl Fn(&Path) -> Result<(AtomicFile, File), FileProblem>,
        path: &Path,
        format: FileFormat,
        sample_rate: f64,
        channels: usize,
    ) -> Result<Self, FileError> {
        let fail = |problem| FileError::new(path, problem);
        let rate = || whole_rate(sample_rate);
        if channels == 0 {
            return Err(fail(FileProblem::Unsupported("a sound file needs at least one channel".to_owned())));
        }
        let (mut file, handle) = create(path).map_err(fail)?;
        let sink: Result<Box<dyn Sink>, FileProblem> = match format {
            FileFormat::Wav(subtype) => {
                rate().and_then(|rate| Ok(Box::new(WavSink::new(handle, subtype, rate, channels)?) as _))
            }
            FileFormat::Flac(subtype) => {
                rate().and_then(|rate| Ok(Box::new(FlacSink::new(handle, subtype, rate, channels)?) as _))
            }
            FileFormat::Npy => NpySink::new(handle, channels).map(|sink| Box::new(sink) as _),
        };
        let sink = sink.map_err(|problem| {
            file.discard();
            fail(problem)
        })?;
        Ok(Self { path: path.to_path_buf(), channels, sink, file })
    }

    /// Appends a block: one slice a channel, all of the same length.
    ///
    /// # Panics
    /// If the number of slices is not the number of channels, or their lengths differ.
    pub fn write(&mut self, block: &[&[f64]]) -> Result<(), FileError> {
        assert_eq!(block.len(), self.channels, "one slice a channel");
        assert!(block.iter().all(|channel| channel.len() == block[0].len()), "channels of one length");
        self.sink.write(block).map_err(|problem| FileError::new(&self.path, problem))
    }

    /// Brings everything to the file, and its headers up to date: if nothing follows, it is whole. A flac file's last
    /// 4096 frames may wait for the next time.
    pub fn checkpoint(&mut self) -> Result<(), FileError> {
        self.sink.checkpoint().map_err(|problem| FileError::new(&self.path, problem))
    }

    /// Where the file is as long as it is not [finished](Writer::finish).
    pub fn partial(&self) -> &Path {
        self.file.temporary()
    }

    /// Gives the file up: nothing of it stays.
    pub fn discard(mut self) {
        self.file.discard();
    }

    /// Completes the file and puts it in its place.
    pub fn finish(self) -> Result<(), FileError> {
        let Self { path, sink, file, .. } = self;
        sink.finish().and_then(|()| file.commit()).map_err(|problem| FileError::new(&path, problem))
    }
}

fn whole_rate(sample_rate: f64) -> Result<u32, FileProblem> {
    if sample_rate.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&sample_rate) {
        Ok(sample_rate as u32)
    } else {
        Err(FileProblem::Unsupported(format!("a sample rate of {sample_rate} Hz fits no wav or flac file; use .npy")))
    }
}
