//! Records what is heard: the audio side puts each block on a tape, a ring in memory; a disk thread takes it off there.
//!
//! The audio side never waits for the disk. A block that finds no room on the tape is left out as a whole and becomes a
//! gap, told by a queue of its own; the disk thread puts as many frames of silence there, so that the recording keeps
//! time. A gap is pushed before the samples that follow it, and the disk thread looks for gaps after it has looked how
//! many samples there are: so it knows of every gap before any of these.
//!
//! Once a second the file is brought up to date, so that whatever ends the program, what was recorded until then is a
//! complete file.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};

use crate::files::{FileError, Writer};
use crate::runner::Runner;

/// How much sound the tape holds while the disk is busy with something else.
const TAPE_SECONDS: f64 = 4.0;
/// Gaps that the disk thread may not have seen yet.
const GAPS: usize = 256;
/// Frames that are written at a time.
const PORTION_FRAMES: usize = 4096;
/// Time between two looks at the tape.
const LOOK: Duration = Duration::from_millis(20);
/// Time between two moments at which the file is complete.
const CHECKPOINT: Duration = Duration::from_secs(1);

/// What both sides know.
#[derive(Default)]
struct Shared {
    /// Frames that found no room.
    missing_frames: AtomicU64,
    /// The disk thread has given up: there is nothing to put on the tape any more.
    is_off: AtomicBool,
    /// The audio side has gone: what is on the tape is all there will be.
    is_over: AtomicBool,
    /// Why the disk thread gave up, until somebody has read it. The audio side never touches it.
    failure: Mutex<Option<String>>,
}

/// Frames that are missing after so many that are on the tape.
struct Gap {
    after_frames: u64,
    frames: u64,
}

/// The audio side's end.
pub struct Tape {
    samples: Producer<f64>,
    gaps: Producer<Gap>,
    channels: usize,
    /// Frames put on it so far.
    frames: u64,
    /// Frames left out since the last one that was put on it.
    missing_frames: u64,
    shared: Arc<Shared>,
}

impl Tape {
    /// Puts the block that was just computed on the tape. Neither allocates nor waits.
    pub(crate) fn record(&mut self, runner: &Runner, frames: usize) {
        debug_assert_eq!(runner.outputs(), self.channels);
        if self.shared.is_off.load(Relaxed) {
            return;
        }
        if !self.has_room(frames) {
            self.missing_frames += frames as u64;
            self.shared.missing_frames.fetch_add(frames as u64, Relaxed);
            return;
        }
        let Ok(chunk) = self.samples.write_chunk_uninit(frames * self.channels) else { return };
        let channels = 0..self.channels;
        chunk.fill_from_iter((0..frames).flat_map(|n| channels.clone().map(move |channel| runner.output(channel)[n])));
        self.frames += frames as u64;
    }

    /// Whether a block fits; a gap before it is told first.
    fn has_room(&mut self, frames: usize) -> bool {
        if self.samples.slots() < frames * self.channels {
            return false;
        }
        if self.missing_frames > 0 {
            if self.gaps.push(Gap { after_frames: self.frames, frames: self.missing_frames }).is_err() {
                return false;
            }
            self.missing_frames = 0;
        }
        true
    }
}

/// What became of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Frames in the file, silence in the place of missing ones among them.
    pub frames: u64,
    /// Frames that are missing, because the disk did not keep up.
    pub missing_frames: u64,
    /// Why it ended early, or is not where it should be, in words that name the file.
    pub failure: Option<String>,
}

/// The disk thread and what it has recorded. It ends when this is dropped.
pub struct Recorder {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Recorded>>,
}

impl Recorder {
    /// Starts recording `channels` channels at `sample_rate` Hz into `writer`: the recorder, and the tape to be played
    /// with.
    pub fn start(writer: Writer, channels: usize, sample_rate: f64) -> std::io::Result<(Self, Tape)> {
        let tape_frames = ((TAPE_SECONDS * sample_rate) as usize).max(PORTION_FRAMES);
        let (tape, mut reel) = tape(channels, tape_frames);
        let shared = tape.shared.clone();
        let work = move || {
            let recorded = reel.wind(writer);
            if let Some(words) = &recorded.failure {
                *reel.shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(words.clone());
            }
            recorded
        };
        let thread = thread::Builder::new().name("oscine recorder".to_owned()).spawn(work)?;
        Ok((Self { shared, thread: Some(thread) }, tape))
    }

    /// Why recording has ended, the first time that this is asked after it has.
    pub fn failure(&self) -> Option<String> {
        self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Frames that are missing by now, because the disk did not keep up.
    pub fn missing_frames(&self) -> u64 {
        self.shared.missing_frames.load(Relaxed)
    }

    /// Completes the file. The player that has the tape must be gone.
    pub fn finish(mut self) -> Recorded {
        self.end().unwrap_or_else(|| Recorded {
            frames: 0,
            missing_frames: 0,
            failure: Some("the recording broke off, and oscine is at fault".to_owned()),
        })
    }

    fn end(&mut self) -> Option<Recorded> {
        self.shared.is_over.store(true, Release);
        let thread = self.thread.take()?;
        thread.thread().unpark();
        thread.join().ok()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

/// A tape of so many frames, and the disk thread's end.
fn tape(channels: usize, tape_frames: usize) -> (Tape, Reel) {
    let (mut samples, mut taken) = RingBuffer::new(tape_frames * channels);
    // Memory that was written once is there when it is needed.
    if let Ok(chunk) = samples.write_chunk_uninit(tape_frames * channels) {
        chunk.fill_from_iter(std::iter::repeat(0.0));
    }
    if let Ok(chunk) = taken.read_chunk(tape_frames * channels) {
        chunk.commit_all();
    }
    let (gaps, taken_gaps) = RingBuffer::new(GAPS);
    let shared = Arc::new(Shared::default());
    let tape = Tape { samples, gaps, channels, frames: 0, missing_frames: 0, shared: shared.clone() };
    let reel = Reel {
        samples: taken,
        gaps: taken_gaps,
        known_gaps: VecDeque::with_capacity(GAPS),
        taken_frames: 0,
        silent_frames: 0,
        portion: vec![Vec::with_capacity(PORTION_FRAMES); channels],
        shared,
    };
    (tape, reel)
}

/// The disk thread's end.
struct Reel {
    samples: Consumer<f64>,
    gaps: Consumer<Gap>,
    known_gaps: VecDeque<Gap>,
    /// Frames taken off the tape, and frames of silence in the place of missing ones.
    taken_frames: u64,
    silent_frames: u64,
    /// Frames on their way to the file, a vector a channel.
    portion: Vec<Vec<f64>>,
    shared: Arc<Shared>,
}

impl Reel {
    /// Writes what comes until there is no more.
    fn wind(&mut self, mut writer: Writer) -> Recorded {
        let mut checkpoint = Instant::now();
        let failure = loop {
            // Asked first: what is on the tape afterwards is all of it.
            let is_over = self.shared.is_over.load(Acquire);
            if let Err(error) = self.take(&mut writer) {
                break Some(error);
            }
            if is_over {
                break self.silence(self.missing_frames() - self.silent_frames, &mut writer).err();
            }
            if checkpoint.elapsed() >= CHECKPOINT {
                checkpoint = Instant::now();
                if let Err(error) = writer.checkpoint() {
                    break Some(error);
                }
            }
            thread::park_timeout(LOOK);
        };
        self.shared.is_off.store(true, Relaxed);
        let frames = self.taken_frames + self.silent_frames;
        let missing_frames = self.missing_frames();
        if frames == 0 && failure.is_none() {
            writer.discard();
            return Recorded { frames, missing_frames, failure: None };
        }
        Recorded { frames, missing_frames, failure: close(writer, failure) }
    }

    fn missing_frames(&self) -> u64 {
        self.shared.missing_frames.load(Relaxed)
    }

    /// Writes what is on the tape by now.
    fn take(&mut self, writer: &mut Writer) -> Result<(), FileError> {
        let channels = self.portion.len();
        let mut left = self.samples.slots() / channels;
        while let Ok(gap) = self.gaps.pop() {
            self.known_gaps.push_back(gap);
        }
        loop {
            let until_gap = self.known_gaps.front().map_or(u64::MAX, |gap| gap.after_frames - self.taken_frames);
            let frames = left.min(PORTION_FRAMES).min(usize::try_from(until_gap).unwrap_or(usize::MAX));
            if frames > 0 {
                self.take_portion(frames);
                write(writer, &self.portion)?;
                self.taken_frames += frames as u64;
                left -= frames;
            } else if until_gap == 0
                && let Some(gap) = self.known_gaps.pop_front()
            {
                self.silence(gap.frames, writer)?;
            } else {
                return Ok(());
            }
        }
    }

    fn take_portion(&mut self, frames: usize) {
        let channels = self.portion.len();
        self.portion.iter_mut().for_each(Vec::clear);
        let Ok(chunk) = self.samples.read_chunk(frames * channels) else { return };
        for (n, sample) in chunk.into_iter().enumerate() {
            self.portion[n % channels].push(sample);
        }
    }

    fn silence(&mut self, frames: u64, writer: &mut Writer) -> Result<(), FileError> {
        let mut left = frames;
        while left > 0 {
            let frames = left.min(PORTION_FRAMES as u64);
            self.portion.iter_mut().for_each(|channel| {
                channel.clear();
                channel.resize(frames as usize, 0.0);
            });
            write(writer, &self.portion)?;
            left -= frames;
            self.silent_frames += frames;
        }
        Ok(())
    }
}

fn write(writer: &mut Writer, portion: &[Vec<f64>]) -> Result<(), FileError> {
    let channels: Vec<&[f64]> = portion.iter().map(Vec::as_slice).collect();
    writer.write(&channels)
}

/// Completes the file, after a failure too: a full wav file is a file. The words say what went wrong, and where the
/// recording is if not where it should be.
fn close(writer: Writer, failure: Option<FileError>) -> Option<String> {
    let partial = writer.partial().to_path_buf();
    match (writer.finish(), failure) {
        (Ok(()), None) => None,
        (Ok(()), Some(error)) => Some(error.to_string()),
        (Err(error), earlier) => {
            Some(format!("{}; what was recorded before is in {}", earlier.unwrap_or(error), partial.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use super::{Recorded, Recorder, Reel, Tape, tape};
    use crate::files::{self, FileFormat, Sound, Subtype, Writer};
    use crate::patch::Inputs;
    use crate::rig::nothing_planned;
    use crate::runner::Runner;
    use crate::source::SoundSource;
    use crate::testing::Accumulator;

    /// An empty folder, removed with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("oscine-record-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn writer(&self, name: &str, channels: usize) -> Writer {
            let path = self.0.join(name);
            let format = FileFormat::from_path(&path, None).unwrap();
            Writer::create_lasting(&path, format, 48_000.0, channels).unwrap()
        }

        fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(&self.0).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// Counts up from 1.
    fn counting() -> Runner {
        let sound = Sound { sample_rate: None, channels: vec![vec![1.0]] };
        let inputs = Inputs::in_order(Box::new(SoundSource::looped(Arc::new(sound))));
        let processor = Box::new(Accumulator::new());
        let planned = nothing_planned(&*processor);
        Runner::new(processor, inputs, 4, None, planned, None, 48_000.0)
    }

    fn record(tape: &mut Tape, runner: &mut Runner, blocks: usize) {
        for _ in 0..blocks {
            let frames = runner.step().unwrap().frames;
            tape.record(runner, frames);
        }
    }

    /// Has everything written that is on the tape, and the file completed.
    fn wind_to_the_end(reel: &mut Reel, writer: Writer) -> Recorded {
        reel.shared.is_over.store(true, std::sync::atomic::Ordering::Release);
        reel.wind(writer)
    }

    fn samples(path: &Path) -> Vec<f64> {
        files::read(path).unwrap().channels.remove(0)
    }

    #[test]
    fn what_is_put_on_the_tape_is_in_the_file() {
        let folder = Folder::new("all");
        let (recorder, mut tape) = Recorder::start(folder.writer("a.npy", 1), 1, 48_000.0).unwrap();
        record(&mut tape, &mut counting(), 2500);
        drop(tape);
        assert_eq!(recorder.finish(), Recorded { frames: 10_000, missing_frames: 0, failure: None });
        assert_eq!(samples(&folder.0.join("a.npy")), (1..=10_000).map(f64::from).collect::<Vec<_>>());
        assert_eq!(folder.names(), ["a.npy"]);
    }

    #[test]
    fn silence_is_in_the_place_of_what_found_no_room() {
        let folder = Folder::new("gaps");
        let (mut tape, mut reel) = tape(1, 8);
        let (mut runner, mut writer) = (counting(), folder.writer("a.npy", 1));
        // Two blocks fit; the third and the fourth do not.
        record(&mut tape, &mut runner, 4);
        reel.take(&mut writer).unwrap();
        record(&mut tape, &mut runner, 1);
        reel.take(&mut writer).unwrap();
        // At the end some are missing as well.
        record(&mut tape, &mut runner, 3);
        let recorded = wind_to_the_end(&mut reel, writer);
        assert_eq!(recorded, Recorded { frames: 32, missing_frames: 12, failure: None });
        let expected = (1..=32).map(|n| if (9..=16).contains(&n) || n > 28 { 0.0 } else { f64::from(n) });
        assert_eq!(samples(&folder.0.join("a.npy")), expected.collect::<Vec<_>>());
    }

    #[test]
    fn an_empty_recording_leaves_what_was_there() {
        let folder = Folder::new("empty");
        std::fs::write(folder.0.join("a.wav"), "an older take").unwrap();
        let (recorder, _tape) = Recorder::start(folder.writer("a.wav", 1), 1, 48_000.0).unwrap();
        assert_eq!(recorder.finish(), Recorded { frames: 0, missing_frames: 0, failure: None });
        assert_eq!(folder.names(), ["a.wav"]);
        assert_eq!(std::fs::read_to_string(folder.0.join("a.wav")).unwrap(), "an older take");
    }

    #[test]
    fn a_file_that_cannot_be_put_in_its_place_stays_beside_it_and_is_named() {
        let folder = Folder::new("misplaced");
        let (recorder, mut tape) = Recorder::start(folder.writer("a.wav", 1), 1, 48_000.0).unwrap();
        record(&mut tape, &mut counting(), 4);
        std::fs::create_dir(folder.0.join("a.wav")).unwrap();
        let recorded = recorder.finish();
        let words = recorded.failure.unwrap();
        assert!(words.contains("a.wav") && words.contains("a.partial.wav"), "{words}");
        assert_eq!(samples(&folder.0.join("a.partial.wav")).len(), 16);
    }

    #[test]
    fn after_a_checkpoint_the_file_is_whole_whatever_happens() {
        let folder = Folder::new("checkpoint");
        for (name, subtype, complete) in [
            ("a.wav", Some(Subtype::Float), 5000),
            ("b.wav", Some(Subtype::Pcm16), 5000),
            ("c.npy", None, 5000),
            // The rest of the second block of 4096 waits.
            ("d.flac", None, 4096),
        ] {
            let path = folder.0.join(name);
            let format = FileFormat::from_path(&path, subtype).unwrap();
            let mut writer = Writer::create_lasting(&path, format, 48_000.0, 2).unwrap();
            let ramp: Vec<f64> = (0..5000).map(|n| f64::from(n) / 8192.0).collect();
            writer.write(&[&ramp, &ramp]).unwrap();
            writer.checkpoint().unwrap();
            let partial = folder.0.join("copy").with_extension(path.extension().unwrap());
            std::fs::copy(writer.partial(), &partial).unwrap();
            let sound = files::read(&partial).unwrap();
            assert_eq!(sound.channels, [&ramp[..complete], &ramp[..complete]], "{name}");
            // And it goes on from there.
            writer.write(&[&ramp, &ramp]).unwrap();
            writer.finish().unwrap();
            assert_eq!(
                files::read(&path).unwrap().channels,
                [[&ramp[..], &ramp].concat(), [&ramp[..], &ramp].concat()]
            );
        }
    }

    #[test]
    fn what_an_earlier_crash_left_is_not_touched() {
        let folder = Folder::new("earlier");
        std::fs::write(folder.0.join("a.partial.wav"), "an older take").unwrap();
        let writer = folder.writer("a.wav", 1);
        assert_eq!(writer.partial().file_name().unwrap(), "a.partial-1.wav");
        drop(writer);
        assert_eq!(folder.names(), ["a.partial-1.wav", "a.partial.wav"]);
    }
}
