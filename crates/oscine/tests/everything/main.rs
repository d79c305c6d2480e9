//! A run with everything in use at once: an input, parameters with ramps, voices, a MIDI file, automation, OSC until its
//! queue is full, reloads, resets, mute, bypass, a recording, faults and their fading, statistics.
//!
//! In a debug build an allocation on the audio thread ends it; `make rtsan` builds it with the feature `rtsan`, where
//! whatever else may block does.
#![cfg(unix)]

use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rosc::{OscMessage, OscPacket, OscType, encoder};

#[allow(dead_code, reason = "the tests of the command line use the rest")]
#[path = "../cli/support.rs"]
mod support;

use support::Folder;

const SCRIPT: &str = "
import math
from oscine import param, samplerate, voices

gain = param(0.5, 0.0, 1.0, midi=7)
cutoff = param(800.0, 40.0, 8000.0, scale='log')
bad = param(0.0, 0.0, 1.0, smooth=0.0)
mode = param('soft', choices=['soft', 'hard'])
line = [0.0] * 4800
at = 0
low = 0.0
slope = 0.0
clocks = 0

def update():
    global slope
    slope = 1.0 - math.exp(-2.0 * math.pi * cutoff / samplerate)

class Voice:
    def __init__(self):
        self.phase = 0.0
        self.step = 0.0
        self.level = 0.0
        self.held = False
        self.done = True

    def note_on(self, note, velocity):
        self.step = 440.0 * 2.0 ** ((note - 69.0) / 12.0) / samplerate
        self.level = velocity
        self.held = True
        self.done = False

    def note_off(self):
        self.held = False

    def tick(self):
        self.phase = (self.phase + self.step) % 1.0
        if not self.held:
            self.level *= 0.999
            self.done = self.level < 1e-3
        return self.level * math.sin(2.0 * math.pi * self.phase)

synth = voices(Voice, 4)

def note_on(note, velocity):
    synth.note_on(note, velocity)

def note_off(note):
    synth.note_off(note)

def program_change(number):
    global low
    low = 0.0

def clock():
    global clocks
    clocks += 1

def process(x):
    global at, low
    if bad > 0.5:
        return 1.0 / (bad - bad)
    y = line[at]
    line[at] = 0.5 * x + 0.3 * y
    at = (at + 1) % 4800
    low += slope * (y + synth.tick() - low)
    return gain * (math.tanh(low) if mode == 'soft' else max(-1.0, min(1.0, low)))
";

/// Notes and controllers for two seconds, at 96 ticks a beat of half a second.
fn song() -> Vec<u8> {
    let mut events: Vec<u8> = vec![0, 0xC0, 3];
    for note in 0..40u8 {
        events.extend([0, 0x90, 48 + note, 90, 0, 0xB0, 7, 60 + note, 10, 0x80, 48 + note, 0, 0, 0xE0, 0, note]);
    }
    events.extend([0, 0xFF, 0x2F, 0]);
    let length = (events.len() as u32).to_be_bytes();
    [b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk".as_slice(), &length, &events].concat()
}

struct Sender {
    socket: UdpSocket,
    to: String,
}

impl Sender {
    fn send(&self, address: &str, args: Vec<OscType>) {
        let packet = OscPacket::Message(OscMessage { addr: address.to_owned(), args });
        let bytes = encoder::encode(&packet).expect("a packet");
        self.socket.send_to(&bytes, &self.to).expect("it is sent");
    }
}

/// Saves as most editors do.
fn save(folder: &Folder, text: &str) {
    folder.write("saved", text);
    std::fs::rename(folder.path("saved"), folder.path("script.py")).expect("a file is renamed");
}

#[test]
fn everything_at_once_never_blocks_the_callback() {
    let folder = Folder::new("everything");
    folder.write("script.py", SCRIPT);
    std::fs::write(folder.path("song.mid"), song()).expect("a file is written");
    folder.write("moves.csv", "time,name,value,curve\n0.1,gain,0.9,linear\n0.6,gain,0.2,exp\n0.7,cutoff,4000,\n");
    let port = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    let port_text = port.to_string();
    let args = [
        "run",
        "script.py",
        "-i",
        "noise",
        "-o",
        "null",
        "--blocksize",
        "64",
        "--midi",
        "song.mid",
        "--automation",
        "moves.csv",
        "--map",
        "bend=cutoff",
        "--osc",
        &port_text,
        "--record",
        "heard.wav",
        "--on-fault",
        "reset",
        "--stats",
        "s.json",
        "--seconds",
        "8",
        "-c",
        "2",
    ];
    let mut command: Command = folder.command(&args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("oscine starts");
    let sender = Sender { socket: UdpSocket::bind("127.0.0.1:0").expect("a port"), to: format!("127.0.0.1:{port}") };
    let start = Instant::now();
    let mut round = 0i32;
    while child.try_wait().expect("it can be waited for").is_none() {
        assert!(start.elapsed() < Duration::from_mins(2), "it does not end");
        round += 1;
        let share = (round % 10) as f32 / 10.0;
        sender.send("/param/gain", vec![OscType::Float(share)]);
        sender.send("/param/cutoff", vec![OscType::Float(100.0 + 1000.0 * share)]);
        sender.send("/param/mode", vec![OscType::String(if round % 2 == 0 { "hard" } else { "soft" }.to_owned())]);
        sender.send("/note", vec![OscType::Int(40 + round % 50), OscType::Float(share)]);
        sender.send("/control", vec![OscType::Int(7), OscType::Int(round % 128)]);
        sender.send("/mute", vec![OscType::Int(i32::from(round % 7 == 0))]);
        sender.send("/bypass", vec![OscType::Int(i32::from(round % 5 == 0))]);
        if round % 11 == 0 {
            // A fault, from which it starts again by itself, and a reset on top.
            sender.send("/param/bad", vec![OscType::Float(1.0)]);
            thread::sleep(Duration::from_millis(20));
            sender.send("/param/bad", vec![OscType::Float(0.0)]);
            sender.send("/reset", vec![]);
        }
        if round % 13 == 0 {
            // More than a queue holds.
            (0..3000).for_each(|_| sender.send("/note_off", vec![OscType::Int(60)]));
        }
        if round % 6 == 0 {
            save(&folder, &SCRIPT.replace("0.3 * y", &format!("0.{} * y", 1 + round % 4)));
        }
        thread::sleep(Duration::from_millis(25));
    }
    let ended = child.wait_with_output().expect("it has ended");
    let words = String::from_utf8_lossy(&ended.stderr);
    assert!(!words.contains("RealtimeSanitizer"), "{words}");
    // A script that has faulted and was started again is at fault all the same.
    assert!(matches!(ended.status.code(), Some(0 | 1)), "{:?}: {words}", ended.status);
    assert!(words.contains("ZeroDivisionError"), "it was never at fault: {words}");
    assert!(folder.read("s.json").contains("\"callbacks\""));
    assert_eq!(support::read(&folder.path("heard.wav")).channels.len(), 2);
}
