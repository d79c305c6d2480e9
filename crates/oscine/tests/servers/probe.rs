//! The other side of a JACK server: a client that sounds and one that records, in a process of their own, since a process
//! knows one server only.
//!
//! The process is this test binary, run for one test that is ignored otherwise. `source:out` plays a noise of which each
//! frame's sample follows from the frame's number, `source:notes` plays notes at certain frames when it is told to, and
//! `sink:in` records with the frame's number of each period.

use std::fs::{self, File};
use std::io::{BufRead, BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use jack::{
    AudioIn, AudioOut, Client, ClientOptions, Control, MidiOut, NotificationHandler, Port, ProcessHandler,
    ProcessScope, RawMidi,
};
use rtrb::{Consumer, Producer, RingBuffer};

use super::jack_server::JackServer;
use super::running::Running;

/// What tells the child that it is one, and where to write.
const FILE: &str = "OSCINE_PROBE_FILE";
/// How long a server may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long the server is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// The sample of a frame, in [-0.5, 0.5): no two neighbourhoods are alike.
pub(crate) fn noise(frame: u32) -> f32 {
    let mut x = frame.wrapping_mul(0x9E37_79B9);
    x = (x ^ (x >> 16)).wrapping_mul(0x85EB_CA6B);
    x = (x ^ (x >> 13)).wrapping_mul(0xC2B2_AE35);
    ((x ^ (x >> 16)) >> 8) as f32 / 16_777_216.0 - 0.5
}

/// The note that `source:notes` plays at a frame, where it plays one. At 48 kHz they are 101 frames apart, so that they
/// fall on all frames of a period.
pub(crate) fn note_at(frame: u32) -> Option<u8> {
    frame.is_multiple_of(101).then(|| 60 + (frame / 101 % 12) as u8)
}

/// The process with both clients.
pub(crate) struct Probe {
    child: Running,
    file: std::path::PathBuf,
}

/// What the sink heard.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Number of a period's first frame, and its samples.
    pub(crate) periods: Vec<(u32, Vec<f32>)>,
    /// Gaps that the server reported to one of the clients.
    pub(crate) xruns: u64,
}

impl Recording {
    /// All samples, as if no time had passed between periods.
    pub(crate) fn samples(&self) -> Vec<f32> {
        self.periods.iter().flat_map(|(_, samples)| samples.iter().copied()).collect()
    }

    /// Whether frames are missing between periods, or the server reported a gap.
    pub(crate) fn has_gap(&self) -> bool {
        let follows = |pair: &[(u32, Vec<f32>)]| pair[0].0.wrapping_add(pair[0].1.len() as u32) == pair[1].0;
        self.xruns > 0 || !self.periods.windows(2).all(follows)
    }

    /// The same without what came before sound did: from the second period that is not silent on.
    pub(crate) fn since_first_sound(mut self) -> Self {
        let first = self.periods.iter().position(|(_, samples)| samples.iter().any(|sample| *sample != 0.0));
        self.periods.drain(..first.map_or(self.periods.len(), |first| (first + 1).min(self.periods.len())));
        self
    }
}

impl Probe {
    /// Starts it; it is ready when this returns.
    pub(crate) fn start(server: &JackServer, file: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.args(["--ignored", "--exact", "--nocapture", "probe::both_clients"]).envs(server.env()).env(FILE, file);
        let mut child = Running::start(&mut command);
        child.line("the probe is ready");
        Self { child, file: file.to_owned() }
    }

    /// From now on there are notes.
    pub(crate) fn play_notes(&mut self) {
        self.child.tell("notes");
    }

    /// Ends it.
    pub(crate) fn end(self) -> Recording {
        let (status, lines) = self.child.wait();
        assert_eq!(status, Some(0), "{lines:#?}");
        let bytes = fs::read(&self.file).expect("a recording");
        let words: Vec<u32> =
            bytes.chunks_exact(4).map(|four| u32::from_le_bytes(four.try_into().expect("four bytes"))).collect();
        let (xruns, mut rest) = words.split_last().expect("a count at the end");
        let mut periods = vec![];
        while let [frame, frames, following @ ..] = rest {
            let (samples, after) = following.split_at(*frames as usize);
            periods.push((*frame, samples.iter().map(|bits| f32::from_bits(*bits)).collect()));
            rest = after;
        }
        Recording { periods, xruns: u64::from(*xruns) }
    }
}

struct Source {
    out: Port<AudioOut>,
    notes: Port<MidiOut>,
    must_play: Arc<AtomicBool>,
}

impl ProcessHandler for Source {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let first = scope.last_frame_time();
        for (n, sample) in self.out.as_mut_slice(scope).iter_mut().enumerate() {
            *sample = noise(first.wrapping_add(n as u32));
        }
        let mut writer = self.notes.writer(scope);
        if self.must_play.load(Relaxed) {
            for time in 0..scope.n_frames() {
                if let Some(note) = note_at(first.wrapping_add(time)) {
                    let _ = writer.write(&RawMidi { time, bytes: &[0x90, note, 100] });
                }
            }
        }
        Control::Continue
    }
}

struct Sink {
    input: Port<AudioIn>,
    words: Producer<u32>,
}

impl ProcessHandler for Sink {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let samples = self.input.as_slice(scope);
        if self.words.slots() >= samples.len() + 2 {
            let _ = self.words.push(scope.last_frame_time());
            let _ = self.words.push(samples.len() as u32);
            for sample in samples {
                let _ = self.words.push(sample.to_bits());
            }
        }
        Control::Continue
    }
}

struct Xruns(Arc<AtomicU64>);

impl NotificationHandler for Xruns {
    fn xrun(&mut self, _: &Client) -> Control {
        self.0.fetch_add(1, Relaxed);
        Control::Continue
    }
}

fn open(name: &str) -> Client {
    jack::set_logger(jack::LoggerType::None);
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Client::new(name, ClientOptions::NO_START_SERVER) {
            Ok((client, _)) => return client,
            Err(error) => assert!(Instant::now() < deadline, "no server: {error}"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Writes what was recorded as it comes.
fn write(mut words: Consumer<u32>, path: &Path, is_over: &AtomicBool, xruns: &AtomicU64) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    loop {
        let was_over = is_over.load(Relaxed);
        while let Ok(word) = words.pop() {
            file.write_all(&word.to_le_bytes()).expect("a disk with room");
        }
        if was_over {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    file.write_all(&(xruns.load(Relaxed) as u32).to_le_bytes()).and_then(|()| file.flush()).expect("a disk with room");
}

/// Runs only as the child of another test.
#[test]
#[ignore = "the other side of a server, for other tests"]
fn both_clients() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let xruns = Arc::new(AtomicU64::new(0));
    let must_play = Arc::new(AtomicBool::new(false));
    let (source, sink) = (open("source"), open("sink"));
    let source_handler = Source {
        out: source.register_port("out", AudioOut::default()).expect("a port"),
        notes: source.register_port("notes", MidiOut::default()).expect("a port"),
        must_play: must_play.clone(),
    };
    let (words, recorded) = RingBuffer::new(1 << 20);
    let sink_handler = Sink { input: sink.register_port("in", AudioIn::default()).expect("a port"), words };
    let is_over = Arc::new(AtomicBool::new(false));
    let writer = {
        let (is_over, xruns) = (is_over.clone(), xruns.clone());
        thread::spawn(move || write(recorded, Path::new(&path), &is_over, &xruns))
    };
    let source = source.activate_async(Xruns(xruns.clone()), source_handler).expect("it is taken");
    let sink = sink.activate_async(Xruns(xruns), sink_handler).expect("it is taken");
    println!("the probe is ready");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        must_play.store(line == "notes", Relaxed);
    }
    is_over.store(true, Relaxed);
    writer.join().expect("the file is written");
    // A server that was killed never answers a goodbye; one that runs would wait for clients that went without.
    let goodbye = thread::spawn(move || (source.deactivate().is_ok(), sink.deactivate().is_ok()));
    let deadline = Instant::now() + FAREWELL;
    while !goodbye.is_finished() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(5));
    }
    std::process::exit(0);
}
