//! `--record`: a file of what is heard, from the first frame to the last.

use std::path::Path;

use oscine_engine::files::{FileFormat, Writer};
use oscine_engine::{Recorded, Recorder, Tape};

use crate::args::RunArgs;
use crate::commands::{engine_subtype, print};
use crate::failure::Failure;
use crate::stats::RecordStats;

/// A recording under way.
pub(super) struct Recording<'a> {
    path: &'a Path,
    recorder: Recorder,
    channels: usize,
    /// In Hz.
    rate: f64,
    /// Frames are missing, and the user knows.
    has_gaps: bool,
}

/// A recording that is over.
pub(super) struct Finished<'a> {
    path: &'a Path,
    recorded: Recorded,
    channels: usize,
    /// In Hz.
    rate: f64,
}

/// The kind of file that was asked for, before anything is opened.
pub(super) fn format(args: &RunArgs) -> Result<Option<FileFormat>, Failure> {
    let format = |path| FileFormat::from_path(path, args.subtype.map(engine_subtype));
    Ok(args.record.as_deref().map(format).transpose()?)
}

impl<'a> Recording<'a> {
    /// Opens the file, if there is to be one: the recording, and the tape that the player needs.
    pub(super) fn start(
        args: &'a RunArgs,
        channels: usize,
        rate: f64,
    ) -> Result<(Option<Self>, Option<Tape>), Failure> {
        let (Some(path), Some(format)) = (args.record.as_deref(), format(args)?) else { return Ok((None, None)) };
        let writer = Writer::create_lasting(path, format, rate, channels)?;
        let (recorder, tape) = Recorder::start(writer, channels, rate)
            .map_err(|error| Failure::call(format!("no thread could be started for the recording: {error}")))?;
        Ok((Some(Self { path, recorder, channels, rate, has_gaps: false }), Some(tape)))
    }

    /// What went wrong, the first time that this is asked after it has.
    pub(super) fn trouble(&mut self) -> Option<String> {
        if let Some(words) = self.recorder.failure() {
            return Some(format!("recording has ended: {words}; the sound goes on"));
        }
        let is_first_gap = !self.has_gaps && self.recorder.missing_frames() > 0;
        self.has_gaps |= is_first_gap;
        is_first_gap
            .then(|| "the disk does not keep up: silence is in the place of what the recording lacks".to_owned())
    }

    /// Completes the file. The player must be gone.
    pub(super) fn finish(self) -> Finished<'a> {
        let Self { path, recorder, channels, rate, .. } = self;
        Finished { path, recorded: recorder.finish(), channels, rate }
    }
}

impl Finished<'_> {
    /// What is counted.
    pub(super) fn stats(&self) -> RecordStats {
        RecordStats { frames: self.recorded.frames, missing_frames: self.recorded.missing_frames }
    }

    /// Tells what is in the file; the error says why it is not complete.
    pub(super) fn tell(self, is_quiet: bool) -> Result<(), Failure> {
        let Self { path, recorded: Recorded { frames, missing_frames, failure }, channels, rate } = self;
        let path = path.display();
        if missing_frames > 0 {
            eprintln!(
                "{missing_frames} frames are missing from the recording, as the disk did not keep up: silence is in \
                 their place"
            );
        }
        if let Some(words) = failure {
            return Err(Failure::call(format!("the recording is not complete: {words}")));
        }
        if is_quiet {
            return Ok(());
        }
        if frames == 0 {
            return print("nothing was recorded\n");
        }
        let seconds = frames as f64 / rate;
        let channels = if channels == 1 { "1 channel".to_owned() } else { format!("{channels} channels") };
        print(&format!("recorded {path}: {seconds:.3} s, {channels}, {rate} Hz\n"))
    }
}
