//! Standard MIDI files: from ticks to frames.
//!
//! The tracks of format 0 and 1 play together, by one map of tempos. Times are added up as whole numbers (24ths of a tick
//! by microseconds of a quarter note), so that no error grows however long the file is; only frames are rounded. Files
//! hold no clock: its ticks, 24 in a quarter note, are put in where the tempo map has them, with the start before the
//! first and the stop at the end, unless the file has its own (as escaped bytes, for there is no other place for them).
//! "Standard MIDI-File Format Spec. 1.1", 1996.

use std::fs;
use std::path::Path;

use midly::{Format, Fps, MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};
use oscine_dsp::Event;

use super::message::{MidiParser, channel_event};

/// Longer files, in seconds, are refused, and so are those with more events.
const MOST_SECONDS: f64 = 86_400.0;
const MOST_EVENTS: usize = 10_000_000;
/// Ticks of the clock in a quarter note.
const CLOCKS: u128 = 24;
/// Microseconds of a quarter note where the file names no tempo: 120 in a minute.
const DEFAULT_TEMPO_US: u128 = 500_000;

/// What a file plays.
#[derive(Debug, Clone, PartialEq)]
pub struct MidiFile {
    /// Events with their frames, in order.
    pub events: Vec<(u64, Event)>,
    /// Frames to the end of the longest track.
    pub frames: u64,
}

impl MidiFile {
    /// Reads a file for sound at `sample_rate` Hz: one channel, numbered 1 to 16, or all. The error tells what is wrong
    /// with the file of that name.
    pub fn read(path: &Path, channel: Option<u8>, sample_rate: f64) -> Result<Self, String> {
        let named = |words: String| format!("{}: {words}", path.display());
        let bytes = fs::read(path).map_err(|error| named(format!("the MIDI file cannot be read: {error}")))?;
        Self::parse(&bytes, channel, sample_rate).map_err(named)
    }

    /// The same of a file's bytes.
    pub fn parse(bytes: &[u8], channel: Option<u8>, sample_rate: f64) -> Result<Self, String> {
        let damaged = |error: &str| format!("this is no MIDI file, or a damaged one: {error}");
        // The reader would compute -(-128).
        if bytes.windows(13).any(|bytes| bytes.starts_with(b"MThd") && bytes[12] == 0x80) {
            return Err(damaged("invalid smpte fps"));
        }
        let smf = Smf::parse(bytes).map_err(|error| damaged(&error.to_string()))?;
        if smf.header.format == Format::Sequential {
            return Err("its tracks are independent pieces (format 2); formats 0 and 1 are played".to_owned());
        }
        let mut clock = Clock::new(smf.header.timing, sample_rate)?;
        let mut marks = vec![];
        let mut end_tick = 0;
        let mut has_transport = false;
        for track in &smf.tracks {
            let mut tick = 0u64;
            for event in track {
                tick += u64::from(event.delta.as_int());
                match event.kind {
                    TrackEventKind::Midi { channel: of, message } if channel.is_none_or(|c| c == of.as_int() + 1) => {
                        marks.extend(event_of(message).map(|event| (tick, Mark::Event(event))));
                    }
                    TrackEventKind::Escape(bytes) => {
                        let mut parser = MidiParser::new(channel);
                        let events = bytes.iter().filter_map(|byte| parser.push(*byte));
                        marks.extend(events.filter(|event| *event != Event::Clock).map(|event| {
                            has_transport |= is_transport(event);
                            (tick, Mark::Event(event))
                        }));
                    }
                    TrackEventKind::Meta(MetaMessage::Tempo(tempo)) => marks.push((tick, Mark::Tempo(tempo.as_int()))),
                    _ => {}
                }
            }
            end_tick = end_tick.max(tick);
        }
        if marks.len() > MOST_EVENTS {
            return Err(format!("it has more than {MOST_EVENTS} events"));
        }
        // Stable: at one tick the tracks are in their order, and tempos come where they are. What says where the next tick
        // of the clock counts from comes before that.
        let comes_first = |mark: &Mark| matches!(mark, Mark::Event(event) if is_transport(*event));
        marks.sort_by_key(|(tick, mark)| (*tick, !comes_first(mark)));
        let mut events = Vec::with_capacity(marks.len());
        let mut held = 0u128;
        let is_ours = clock.has_tempo && !has_transport;
        if is_ours {
            events.push((0, Event::ClockStart));
        }
        for (tick, mark) in marks {
            clock.advance(tick, !comes_first(&mark), &mut events)?;
            match mark {
                Mark::Tempo(tempo) => clock.tempo_us = u128::from(tempo),
                Mark::Event(event) => {
                    match event {
                        Event::NoteOn { note, .. } => held |= 1 << note,
                        Event::NoteOff { note } => held &= !(1 << note),
                        _ => {}
                    }
                    events.push((clock.frame(), event));
                }
            }
        }
        clock.advance(end_tick, true, &mut events)?;
        let frames = clock.frame();
        if is_ours {
            events.push((frames, Event::ClockStop));
        }
        // A note that nobody ends would sound for ever.
        let left = (0..128).filter(|note| held >> note & 1 == 1);
        events.extend(left.map(|note| (frames, Event::NoteOff { note })));
        Ok(Self { events, frames })
    }
}

enum Mark {
    Event(Event),
    Tempo(u32),
}

/// Where in the file it is.
struct Clock {
    /// Microseconds of a quarter note; for files that count by the second, those of a second.
    tempo_us: u128,
    /// Ticks of a quarter note; for files that count by the second, those of a second.
    ticks: u128,
    has_tempo: bool,
    sample_rate: f64,
    tick: u64,
    /// Time, in microseconds by `ticks` and by `CLOCKS`.
    time: u128,
    /// The next tick of the clock, in `CLOCKS`ths of a tick.
    coming: u128,
}

impl Clock {
    fn new(timing: Timing, sample_rate: f64) -> Result<Self, String> {
        let (tempo_us, ticks, has_tempo) = match timing {
            Timing::Metrical(ticks) => (DEFAULT_TEMPO_US, u128::from(ticks.as_int()), true),
            Timing::Timecode(fps, subframes) => {
                // Of 30 frames dropped or not, 29.97 are 30000 in 1001 seconds.
                let (seconds, frames) = match fps {
                    Fps::Fps24 => (1, 24),
                    Fps::Fps25 => (1, 25),
                    Fps::Fps29 => (1001, 30_000),
                    Fps::Fps30 => (1, 30),
                };
                (seconds * 1_000_000, frames * u128::from(subframes), false)
            }
        };
        if ticks == 0 {
            return Err("it has no ticks in a quarter note or a frame".to_owned());
        }
        Ok(Self { tempo_us, ticks, has_tempo, sample_rate, tick: 0, time: 0, coming: 0 })
    }

    /// Goes on to a tick, past the ticks of the clock before it and, if `is_past`, at it.
    fn advance(&mut self, tick: u64, is_past: bool, events: &mut Vec<(u64, Event)>) -> Result<(), String> {
        let until = u128::from(tick) * CLOCKS;
        let mut at = u128::from(self.tick) * CLOCKS;
        while self.has_tempo && (self.coming < until || is_past && self.coming == until) {
            self.time += (self.coming - at) * self.tempo_us;
            at = self.coming;
            self.check(events.len())?;
            events.push((self.frame(), Event::Clock));
            self.coming += self.ticks;
        }
        self.time += (until - at) * self.tempo_us;
        self.tick = tick;
        self.check(events.len())
    }

    fn check(&self, events: usize) -> Result<(), String> {
        if self.seconds() > MOST_SECONDS {
            return Err(format!("it is longer than {MOST_SECONDS} seconds"));
        }
        if events > MOST_EVENTS {
            return Err(format!("it has more than {MOST_EVENTS} events, its clock among them"));
        }
        Ok(())
    }

    fn seconds(&self) -> f64 {
        self.time as f64 / (self.ticks * CLOCKS) as f64 / 1e6
    }

    fn frame(&self) -> u64 {
        (self.seconds() * self.sample_rate).round() as u64
    }
}

/// Whether it says where the next tick of the clock counts from.
fn is_transport(event: Event) -> bool {
    matches!(event, Event::ClockStart | Event::ClockContinue | Event::ClockStop | Event::SongPosition { .. })
}

fn event_of(message: MidiMessage) -> Option<Event> {
    let (kind, first, second) = match message {
        MidiMessage::NoteOff { key, vel } => (0x80, key.as_int(), vel.as_int()),
        MidiMessage::NoteOn { key, vel } => (0x90, key.as_int(), vel.as_int()),
        MidiMessage::Controller { controller, value } => (0xB0, controller.as_int(), value.as_int()),
        MidiMessage::ProgramChange { program } => (0xC0, program.as_int(), 0),
        MidiMessage::PitchBend { bend } => {
            let position = bend.0.as_int();
            (0xE0, (position & 0x7F) as u8, (position >> 7) as u8)
        }
        MidiMessage::Aftertouch { key, vel } => (0xA0, key.as_int(), vel.as_int()),
        MidiMessage::ChannelAftertouch { vel } => (0xD0, vel.as_int(), 0),
    };
    channel_event(kind, first, second)
}

#[cfg(test)]
mod tests {
    use oscine_dsp::Event;

    use super::MidiFile;
    use crate::noise::Noise;

    /// A file of tracks; each ends where its last event is.
    fn smf(format: u8, division: [u8; 2], tracks: &[&[u8]]) -> Vec<u8> {
        let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
        bytes.extend([format, 0, tracks.len() as u8, division[0], division[1]]);
        for track in tracks {
            bytes.extend(b"MTrk");
            bytes.extend((track.len() as u32 + 4).to_be_bytes());
            bytes.extend(*track);
            bytes.extend([0, 0xFF, 0x2F, 0]);
        }
        bytes
    }

    fn parse(bytes: &[u8]) -> MidiFile {
        MidiFile::parse(bytes, None, 1000.0).unwrap()
    }

    /// Without the clock.
    fn heard(file: &MidiFile) -> Vec<(u64, Event)> {
        let is_clock = |event: &Event| *event == Event::Clock || super::is_transport(*event);
        file.events.iter().filter(|(_, event)| !is_clock(event)).copied().collect()
    }

    fn on(note: i64) -> Event {
        Event::NoteOn { note, velocity: 1.0 }
    }

    fn off(note: i64) -> Event {
        Event::NoteOff { note }
    }

    #[test]
    fn ticks_become_frames_by_the_tempo_map() {
        // 96 ticks a quarter; 500 ms, then 250 ms a quarter from tick 96 on, by another track.
        let notes = [0, 0x90, 60, 127, 96, 60, 0, 96, 62, 127, 48, 62, 0, 96, 0x80, 1, 1];
        let tempo = [96, 0xFF, 0x51, 3, 0x03, 0xD0, 0x90];
        let file = parse(&smf(1, [0, 96], &[&tempo, &notes]));
        assert_eq!(heard(&file), [(0, on(60)), (500, off(60)), (750, on(62)), (875, off(62)), (1125, off(1))]);
        assert_eq!(file.frames, 1125);
        let clocks: Vec<u64> =
            file.events.iter().filter(|(_, e)| *e == Event::Clock).map(|(frame, _)| *frame).collect();
        assert_eq!(clocks.len(), 24 + 60 + 1);
        assert_eq!((clocks[24], clocks[48], clocks[84]), (500, 750, 1125));
        assert_eq!((clocks[1], clocks[2], clocks[3]), (21, 42, 63), "62.5 is rounded");
    }

    #[test]
    fn no_error_grows() {
        // 10 hours of quarters at 123457 us.
        let quarters = 10 * 3600 * 1_000_000 / 123_457u64;
        let mut track = vec![0, 0xFF, 0x51, 3, 0x01, 0xE2, 0x41];
        for n in 0..quarters {
            track.extend([0x60, 0x90, 60, u8::from(n % 2 == 0)]);
        }
        let file = MidiFile::parse(&smf(0, [0, 96], &[&track]), None, 48_000.0).unwrap();
        assert_eq!(file.frames, (quarters as f64 * 123_457.0 * 0.048).round() as u64);
    }

    #[test]
    fn time_may_be_counted_in_seconds() {
        // -25 frames a second of 40 subframes: a tick is a millisecond; there is no clock then.
        let file = parse(&smf(0, [0xE7, 40], &[&[0x81, 0x48, 0x90, 60, 127, 10, 60, 0]]));
        assert_eq!(file.events, [(200, on(60)), (210, off(60))]);
        let file = parse(&smf(0, [0xE3, 100], &[&[0xB0, 0x00, 0x90, 60, 127, 0, 60, 0]]));
        // 6144 ticks of 100 in 1/29.97 s.
        assert_eq!(file.frames, (6144.0f64 / 100.0 * 1001.0 / 30.0).round() as u64);
    }

    #[test]
    fn pressure_is_heard() {
        let file = parse(&smf(0, [0, 96], &[&[0, 0xA0, 60, 127, 96, 0xD0, 0]]));
        let pressed = [Event::PolyPressure { note: 60, value: 1.0 }, Event::ChannelPressure { value: 0.0 }];
        assert_eq!(heard(&file), [(0, pressed[0]), (500, pressed[1])]);
    }

    #[test]
    fn the_clock_is_started_before_its_first_tick_and_stopped_at_the_end() {
        // Four ticks of the file are one of the clock.
        let clock = |file: &MidiFile| file.events.clone();
        let file = parse(&smf(0, [0, 96], &[&[4, 0xC0, 1]]));
        let program = Event::ProgramChange { number: 1 };
        let expected =
            [(0, Event::ClockStart), (0, Event::Clock), (21, Event::Clock), (21, program), (21, Event::ClockStop)];
        assert_eq!(clock(&file), expected);
        // Its own: from sixteenth 5 on at tick 4, and a stop in the track behind; escaped real time takes no status away.
        let own = [4, 0xC0, 1, 0, 0xF7, 4, 0xF2, 5, 0, 0xFB, 0, 0xC0, 2];
        let file = parse(&smf(1, [0, 96], &[&own, &[4, 0xF7, 2, 0xF8, 0xFC]]));
        let expected = [
            (0, Event::Clock),
            (21, Event::SongPosition { sixteenths: 5 }),
            (21, Event::ClockContinue),
            (21, Event::ClockStop),
            (21, Event::Clock),
            (21, program),
            (21, Event::ProgramChange { number: 2 }),
        ];
        assert_eq!(clock(&file), expected);
        // What goes on from a system exclusive message is data.
        assert_eq!(heard(&parse(&smf(0, [0, 96], &[&[0, 0xF0, 2, 1, 2, 0, 0xF7, 2, 3, 0xF7]]))), []);
    }

    #[test]
    fn one_channel_only_and_notes_that_nobody_ends() {
        let bytes = smf(0, [0, 96], &[&[0, 0x90, 60, 127, 0, 0x91, 61, 127, 96, 0xC1, 5]]);
        assert_eq!(
            heard(&parse(&bytes)),
            [(0, on(60)), (0, on(61)), (500, Event::ProgramChange { number: 5 }), (500, off(60)), (500, off(61))]
        );
        let one = MidiFile::parse(&bytes, Some(1), 1000.0).unwrap();
        assert_eq!(heard(&one), [(0, on(60)), (500, off(60))]);
    }

    #[test]
    fn what_is_no_file_is_told() {
        let error = |bytes: &[u8]| MidiFile::parse(bytes, None, 48_000.0).unwrap_err();
        assert!(error(b"RIFF").starts_with("this is no MIDI file, or a damaged one: "));
        assert!(error(&smf(0, [0x80, 4], &[&[]])).ends_with("invalid smpte fps"));
        assert!(error(&smf(2, [0, 96], &[&[]])).contains("format 2"));
        assert!(error(&smf(0, [0, 0], &[&[]])).contains("no ticks"));
        let slow = [0, 0xFF, 0x51, 3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x90, 1, 1];
        assert_eq!(error(&smf(0, [0, 1], &[&slow])), "it is longer than 86400 seconds");
        let fast = [0, 0xFF, 0x51, 3, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0x7F, 0x90, 1, 1];
        assert_eq!(error(&smf(0, [0, 1], &[&fast])), "it has more than 10000000 events, its clock among them");
    }

    #[test]
    fn damaged_files_are_read_or_refused() {
        let notes = [0, 0x90, 60, 127, 96, 60, 0, 0, 0xFF, 0x51, 3, 0x07, 0xA1, 0x20, 96, 0xE0, 0, 64, 0, 0xC0, 1];
        let whole = smf(1, [0, 96], &[&notes, &notes]);
        let mut noise = Noise::new(3);
        let mut random = |below: usize| (f64::midpoint(noise.tick(), 1.0) * below as f64) as usize % below;
        let mut read = 0;
        for round in 0..3000 {
            let mut bytes = whole.clone();
            for _ in 0..=round % 4 {
                let at = random(bytes.len());
                bytes[at] = random(256) as u8;
            }
            bytes.truncate(if round % 3 == 0 { random(bytes.len()) } else { bytes.len() });
            if let Ok(file) = MidiFile::parse(&bytes, None, 48_000.0) {
                assert!(file.events.windows(2).all(|pair| pair[0].0 <= pair[1].0));
                read += 1;
            }
        }
        assert!(read > 300, "{read}");
    }
}
