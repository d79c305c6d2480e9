//! `oscine run --osc`, driven by packets as a controller sends them.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, SystemTime};

use rosc::{OscBundle, OscMessage, OscPacket, OscTime, OscType, decoder::decode_udp, encoder::encode};

use crate::running::{Running, start};
use crate::support::{Folder, read};

/// Longer than anything takes on a machine that does its work at all.
const PATIENCE: Duration = Duration::from_mins(1);
const BLOCK: usize = 64;

/// Plays its parameters, and a number that tells all notes so far in their order, even of those that come at one frame.
/// Fails when a controller moves.
const SCRIPT: &str = "\
from oscine import param

level = param(0.25, 0.0, 1.0, smooth=0)
shape = param('saw', choices=['saw', 'square'])

class Voice:
    def __init__(self):
        self.decay = param(0.5, 0.1, 2.0, unit='s', scale='log', label='Decay', smooth=0)

voice = Voice()
notes = 0.0

def note_on(n, velocity):
    global notes
    notes = notes / 8.0 + velocity * n / 512.0

def note_off(n):
    global notes
    notes = notes / 8.0 + 0.5

def control_change(number, value):
    raise ValueError('no controllers')

def process():
    return level, notes, voice.decay / 4 if shape == 'saw' else -voice.decay / 4
";

/// A run, and a socket that talks to it.
struct Session {
    run: Running,
    socket: UdpSocket,
}

impl Session {
    fn start(name: &str, args: &[&str]) -> Self {
        let block = BLOCK.to_string();
        let all = [&["--osc", "0", "--blocksize", &block, "--record", "take.npy"], args].concat();
        let run = start(name, &[("script.py", SCRIPT)], &all);
        let line = run.line("listening for OSC on 127.0.0.1:");
        let port: u16 = line.rsplit_once(':').expect("a port").1.parse().expect("a number");
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        socket.connect((Ipv4Addr::LOCALHOST, port)).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Self { run, socket }
    }

    fn send(&self, packet: &OscPacket) {
        self.socket.send(&encode(packet).expect("a packet")).expect("it is sent");
    }

    fn reply(&self) -> OscMessage {
        let mut bytes = [0; 4096];
        let length = self.socket.recv(&mut bytes).expect("a reply");
        match decode_udp(&bytes[..length]).expect("a packet").1 {
            OscPacket::Message(message) => message,
            OscPacket::Bundle(_) => panic!("replies are messages"),
        }
    }

    /// Sends a message and waits for what is replied.
    fn ask(&self, address: &str, args: Vec<OscType>) -> OscMessage {
        self.send(&message(address, args));
        self.reply()
    }

    /// Waits until a parameter has got there.
    fn wait_for(&self, address: &str, value: &OscType) {
        for _ in 0..60_000 {
            if self.ask(address, vec![]).args == [value.clone()] {
                return;
            }
        }
        panic!("{address} never became {value}");
    }

    /// Waits until what was sent before is heard, by the frames that the engine counts.
    fn let_it_sound(&self) {
        let frames = || counted(&self.ask("/oscine/stats", vec![]), "frames");
        let until = frames() + 4800;
        while frames() < until {}
    }

    /// Ends the run: what was heard, and what was written last.
    fn end(self) -> (Folder, Vec<Vec<f64>>, Vec<String>) {
        let (folder, status, lines) = self.run.end_by("INT");
        assert_eq!(status, Some(0), "{lines:?}");
        let heard = read(&folder.path("take.npy")).channels;
        (folder, heard, lines)
    }
}

fn message(address: &str, args: Vec<OscType>) -> OscPacket {
    OscPacket::Message(OscMessage { addr: address.to_owned(), args })
}

fn bundle(time: OscTime, content: Vec<OscPacket>) -> OscPacket {
    OscPacket::Bundle(OscBundle { timetag: time, content })
}

/// What the script plays after those notes; `None` is one let go.
fn told(notes: &[Option<u8>]) -> f64 {
    notes.iter().fold(0.0, |told, note| told / 8.0 + note.map_or(0.5, |note| f64::from(note) / 512.0))
}

const IMMEDIATELY: OscTime = OscTime { seconds: 0, fractional: 1 };

fn text(text: &str) -> OscType {
    OscType::String(text.to_owned())
}

/// The number that follows a name in `/oscine/stats`.
fn counted(stats: &OscMessage, name: &str) -> usize {
    let at = stats.args.iter().position(|arg| *arg == text(name)).expect("the name");
    let OscType::Long(count) = stats.args[at + 1] else { panic!("{name} is a count: {stats:?}") };
    count as usize
}

#[test]
#[cfg(unix)]
fn a_change_is_heard_within_two_blocks() {
    let session = Session::start("osc-blocks", &[]);
    session.wait_for("/param/level", &OscType::Float(0.25));
    let mut marks = vec![];
    for n in 1..=20 {
        let level = 0.25 + n as f32 / 64.0;
        // What the engine has counted when the message comes, and again after it: however long the system lets the
        // thread wait in between, the change must be heard within two blocks of the second.
        let stats = || message("/oscine/stats", vec![]);
        let set = message("/param/level", vec![OscType::Float(level)]);
        session.send(&bundle(IMMEDIATELY, vec![stats(), set, stats()]));
        let (before, after) = (counted(&session.reply(), "frames"), counted(&session.reply(), "frames"));
        marks.push((f64::from(level), before, after));
        session.wait_for("/param/level", &OscType::Float(level));
    }
    let (_, heard, _) = session.end();
    for (level, before, after) in marks {
        let frame = heard[0].iter().position(|sample| *sample == level).expect("it was heard");
        assert!((before..=after + 2 * BLOCK).contains(&frame), "{before} to {after}, heard at {frame}");
        assert_eq!(frame % BLOCK, 0);
    }
}

#[test]
#[cfg(unix)]
fn notes_switches_and_nested_names_arrive() {
    let session = Session::start("osc-all", &[]);
    session.send(&message("/param/voice/decay", vec![OscType::Float(1.0)]));
    session.send(&message("/param/shape", vec![text("square")]));
    session.wait_for("/param/shape", &text("square"));
    session.send(&message("/note", vec![OscType::Int(64), OscType::Float(1.0)]));
    session.send(&message("/note_off", vec![OscType::Int(64)]));
    session.send(&message("/note", vec![OscType::Int(32), OscType::Int(127)]));
    // Out of its range: the nearest in it.
    session.send(&message("/param/voice.decay", vec![OscType::Int(99)]));
    session.wait_for("/param/voice/decay", &OscType::Float(2.0));
    session.let_it_sound();
    session.send(&message("/mute", vec![]));
    while !session.ask("/oscine/stats", vec![]).args.ends_with(&[text("mute"), OscType::Bool(true)]) {}
    let (_, heard, _) = session.end();
    assert!(heard[1].contains(&told(&[Some(64), None, Some(32)])));
    let mut decays = heard[2].clone();
    decays.dedup();
    assert_eq!(decays[0], 0.125);
    assert!(decays.contains(&-0.25) && decays.contains(&-0.5));
    assert!(heard[0].last() < Some(&0.25), "it was muted, or on its way");
}

#[test]
#[cfg(unix)]
fn a_script_that_failed_and_was_reset_is_well_at_the_end() {
    for is_reset in [true, false] {
        let session = Session::start("osc-reset", &[]);
        let is_failed = |failed| {
            session
                .ask("/oscine/stats", vec![])
                .args
                .windows(2)
                .any(|pair| pair == [text("failed"), OscType::Bool(failed)])
        };
        assert!(is_failed(false));
        session.send(&message("/control", vec![OscType::Int(1), OscType::Float(1.0)]));
        session.run.line("script.py:22: ValueError: no controllers");
        assert!(is_failed(true));
        if is_reset {
            session.send(&message("/reset", vec![]));
            while !is_failed(false) {}
        }
        let (folder, status, lines) = session.run.end_by("INT");
        assert_eq!(status, Some(i32::from(!is_reset)), "{lines:?}");
        let stats: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
        assert_eq!((&stats["input_missing_frames"], &stats["input_lost_frames"]), (&0.into(), &0.into()));
    }
}

#[test]
#[cfg(unix)]
fn a_bundle_waits_for_its_time() {
    let session = Session::start("osc-time", &[]);
    let tag = |time| OscTime::try_from(time).expect("a time of this century");
    let at = |milliseconds| tag(SystemTime::now() + Duration::from_millis(milliseconds));
    let note = |note| message("/note", vec![OscType::Int(note), OscType::Float(1.0)]);
    let level = |level| message("/param/level", vec![OscType::Float(level)]);
    // Sent in another order than they are due.
    session.send(&bundle(at(900), vec![note(96), level(0.75)]));
    session.send(&bundle(at(600), vec![note(64), level(0.5)]));
    let past = tag(SystemTime::now() - Duration::from_secs(1));
    session.send(&bundle(past, vec![note(32)]));
    session.wait_for("/param/level", &OscType::Float(0.75));
    session.let_it_sound();
    let far = bundle(at(10_000_000), vec![note(1)]);
    session.send(&far);
    assert!(session.reply().args[1].to_string().contains("more than an hour ahead"));
    let (_, heard, _) = session.end();
    assert!(heard[1].contains(&told(&[Some(32), Some(64), Some(96)])), "in the order of their times");
    assert!(heard[0].is_sorted(), "the level as well");
}

#[test]
#[cfg(unix)]
fn it_answers_and_counts_what_is_malformed() {
    let session = Session::start("osc-replies", &[]);
    assert_eq!(session.ask("/param/shape", vec![]).args, [text("saw")]);
    let decay = session.ask("/param/voice.decay", vec![]);
    assert_eq!((decay.addr.as_str(), decay.args), ("/param/voice/decay", vec![OscType::Float(0.5)]));

    let error = session.ask("/parm/level", vec![OscType::Float(1.0)]);
    assert_eq!((error.addr.as_str(), &error.args[0]), ("/oscine/error", &text("/parm/level")));
    let error = session.ask("/param/level", vec![text("loud")]);
    assert_eq!(error.args, [text("/param/level"), text("takes a number from 0 to 1")]);

    session.send(&message("/oscine/help", vec![]));
    let mut lines = vec![];
    loop {
        let line = session.reply();
        if line.addr == "/oscine/help/end" {
            assert_eq!(line.args, [OscType::Int(lines.len() as i32)]);
            break;
        }
        lines.push(line.args.iter().map(|arg| arg.clone().string().expect("words")).collect::<Vec<_>>());
    }
    assert_eq!(lines[2][0], "/param/voice/decay");
    assert_eq!(lines[2][2], "Decay: a number from 0.1 to 2 s, logarithmic; now 0.5");
    assert!(lines.iter().any(|line| line[0] == "/note" && line[1] == "NOTE VELOCITY"), "{lines:?}");

    for garbage in [&b"garbage!"[..], b"", b"/mu", b"#bundle\0\0\0\0\0\0\0\0\x01\xff\xff\xff\xff"] {
        session.socket.send(garbage).expect("it is sent");
    }
    // Packets of one socket to another of the same machine keep their order: when this is answered they have been read.
    session.ask("/param/level", vec![]);
    let (folder, _, lines) = session.end();
    let stats: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    assert_eq!(stats["osc"]["malformed"], 4);
    let packets = stats["osc"]["packets"].as_u64().expect("a count");
    assert!(lines.contains(&format!("4 of {packets} OSC packets were malformed and ignored")), "{lines:?}");
}

#[test]
#[cfg(unix)]
fn names_mean_the_same_after_a_reload() {
    let session = Session::start("osc-reload", &[]);
    session.send(&message("/param/voice/decay", vec![OscType::Float(1.0)]));
    session.wait_for("/param/voice/decay", &OscType::Float(1.0));
    // `level` is gone, and another takes its place.
    session.run.folder.write("script.py", &SCRIPT.replace("level", "amount"));
    session.run.line("reloaded script.py");
    assert_eq!(session.ask("/param/level", vec![]).addr, "/oscine/error");
    session.send(&message("/param/amount", vec![OscType::Float(0.75)]));
    session.wait_for("/param/amount", &OscType::Float(0.75));
    session.wait_for("/param/voice/decay", &OscType::Float(1.0));
    session.end();
}

#[test]
fn wrong_ports_are_named() {
    let taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let port = taken.local_addr().expect("its address").port().to_string();
    let folder = Folder::new("osc-wrong");
    folder.write("script.py", SCRIPT);
    let in_use = format!("port {port} is in use by another program");
    for (args, words) in [
        (&["--osc", &port][..], in_use.as_str()),
        (&["--osc", "99999"], "99999"),
        (&["--osc", "0", "--osc-bind", "203.0.113.7"], "203.0.113.7 is no address of this machine"),
        (&["--osc", "0", "--osc-bind", "localhost"], "--osc-bind"),
        (&["--osc-bind", "0.0.0.0"], "--osc"),
    ] {
        let out = folder.oscine(&[&["run", "script.py", "-o", "null", "--seconds", "0.1"], args].concat());
        assert_eq!((out.status, out.stdout.as_str()), (2, ""), "{args:?}: {}", out.stderr);
        assert!(out.stderr.starts_with("error: ") && out.stderr.contains(words), "{args:?}: {}", out.stderr);
    }
}
