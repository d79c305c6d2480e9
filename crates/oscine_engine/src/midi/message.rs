//! From the bytes of a MIDI stream to events.
//!
//! A byte of 0x80 and more is a status, which says what the data bytes below 0x80 after it mean; it stays in force until
//! the next (running status). The clock and its start and stop may come between any two bytes. "MIDI 1.0 Detailed
//! Specification", 1996.

use oscine_dsp::Event;

const SONG_POSITION: u8 = 0xF2;

/// Puts the bytes of one stream together. Takes any bytes: what makes no sense is passed over.
#[derive(Debug, Clone)]
pub struct MidiParser {
    /// Channels that are heard, 0 to 15; all of them where none is named.
    channel: Option<u8>,
    /// The status in force; 0 for none.
    status: u8,
    /// The first of two data bytes, if it has come.
    first: Option<u8>,
}

impl MidiParser {
    /// Hears one channel, numbered 1 to 16, or all.
    pub fn new(channel: Option<u8>) -> Self {
        Self { channel: channel.map(|channel| channel.saturating_sub(1)), status: 0, first: None }
    }

    /// Takes the next byte. Gives the event that it completes.
    pub fn push(&mut self, byte: u8) -> Option<Event> {
        match byte {
            0xF8 => Some(Event::Clock),
            0xFA => Some(Event::ClockStart),
            0xFB => Some(Event::ClockContinue),
            0xFC => Some(Event::ClockStop),
            // The rest of real time means nothing to a script and interrupts nothing.
            0xF9.. => None,
            0x80..=0xF7 => {
                self.status = byte;
                self.first = None;
                None
            }
            data => self.data(data),
        }
    }

    fn data(&mut self, data: u8) -> Option<Event> {
        let two = match self.status & 0xF0 {
            0x80 | 0x90 | 0xA0 | 0xB0 | 0xE0 => true,
            0xC0 | 0xD0 => false,
            0xF0 if self.status == SONG_POSITION => true,
            // None yet, system exclusive, or other system common: data until the next status.
            _ => return None,
        };
        let (first, second) = match (two, self.first) {
            (false, _) => (data, 0),
            (true, Some(first)) => (first, data),
            (true, None) => {
                self.first = Some(data);
                return None;
            }
        };
        self.first = None;
        if self.status == SONG_POSITION {
            // It does not stay in force.
            self.status = 0;
            return Some(Event::SongPosition { sixteenths: i64::from(first) | i64::from(second) << 7 });
        }
        self.event(first, second)
    }

    fn event(&self, first: u8, second: u8) -> Option<Event> {
        if self.channel.is_some_and(|channel| channel != self.status & 0x0F) {
            return None;
        }
        channel_event(self.status & 0xF0, first, second)
    }
}

/// The event of a channel message: its kind, the status without the channel, and its data, seven bits each.
pub(super) fn channel_event(kind: u8, first: u8, second: u8) -> Option<Event> {
    let (note, share) = (i64::from(first), f64::from(second) / 127.0);
    match kind {
        0x80 => Some(Event::NoteOff { note }),
        0x90 if second == 0 => Some(Event::NoteOff { note }),
        0x90 => Some(Event::NoteOn { note, velocity: share }),
        0xA0 => Some(Event::PolyPressure { note, value: share }),
        0xB0 => Some(Event::ControlChange { number: note, value: share }),
        0xC0 => Some(Event::ProgramChange { number: note }),
        0xD0 => Some(Event::ChannelPressure { value: f64::from(first) / 127.0 }),
        0xE0 => Some(Event::PitchBend { value: bend(i32::from(first) | i32::from(second) << 7) }),
        _ => None,
    }
}

/// 0 to 16383, with its rest at 8192, to -1 to 1: both ends are reached.
fn bend(position: i32) -> f64 {
    let offset = f64::from(position - 8192);
    if offset < 0.0 { offset / 8192.0 } else { offset / 8191.0 }
}

#[cfg(test)]
mod tests {
    use oscine_dsp::{Event, EventKind};

    use super::MidiParser;
    use crate::noise::Noise;

    fn parse(channel: Option<u8>, bytes: &[u8]) -> Vec<Event> {
        let mut parser = MidiParser::new(channel);
        bytes.iter().filter_map(|byte| parser.push(*byte)).collect()
    }

    fn on(note: i64, velocity: u8) -> Event {
        Event::NoteOn { note, velocity: f64::from(velocity) / 127.0 }
    }

    #[test]
    fn each_message_is_an_event() {
        let bytes = [
            0x90, 60, 127, 0x81, 60, 64, 0xB2, 74, 0, 0xC3, 5, 0xE4, 0, 0, 0xE4, 0, 64, 0xE4, 127, 127, 0xA5, 60, 127,
            0xD6, 0, 0xF8, 0xFA, 0xFB, 0xFC, 0xF2, 1, 2,
        ];
        let expected = [
            on(60, 127),
            Event::NoteOff { note: 60 },
            Event::ControlChange { number: 74, value: 0.0 },
            Event::ProgramChange { number: 5 },
            Event::PitchBend { value: -1.0 },
            Event::PitchBend { value: 0.0 },
            Event::PitchBend { value: 1.0 },
            Event::PolyPressure { note: 60, value: 1.0 },
            Event::ChannelPressure { value: 0.0 },
            Event::Clock,
            Event::ClockStart,
            Event::ClockContinue,
            Event::ClockStop,
            Event::SongPosition { sixteenths: 257 },
        ];
        assert_eq!(parse(None, &bytes), expected);
    }

    #[test]
    fn a_status_stays_in_force_and_real_time_comes_between() {
        let bytes = [0x90, 60, 0xF8, 100, 62, 0xFE, 0, 64, 1];
        assert_eq!(parse(None, &bytes), [Event::Clock, on(60, 100), Event::NoteOff { note: 62 }, on(64, 1)]);
    }

    #[test]
    fn what_a_script_does_not_hear_is_passed_over() {
        // Data without a status, system exclusive with a tick in it, data after a song position, a song's number.
        let bytes = [1, 2, 0xF0, 60, 0xF8, 61, 0xF7, 5, 0xF2, 1, 0, 3, 4, 0xF3, 60, 1, 0x90, 60, 1];
        assert_eq!(parse(None, &bytes), [Event::Clock, Event::SongPosition { sixteenths: 1 }, on(60, 1)]);
        assert_eq!(parse(None, &[0x90, 60, 0x90, 61, 1]), [on(61, 1)], "a message that broke off");
    }

    #[test]
    fn one_channel_of_sixteen() {
        let bytes = [0x90, 60, 1, 0x9F, 61, 1, 0xD3, 1, 0xF2, 1, 0, 0xF8];
        let of_all = [Event::SongPosition { sixteenths: 1 }, Event::Clock];
        assert_eq!(parse(Some(16), &bytes), [&[on(61, 1)], &of_all[..]].concat());
        assert_eq!(parse(Some(1), &bytes), [&[on(60, 1)], &of_all[..]].concat());
    }

    #[test]
    fn any_bytes_give_events_within_their_ranges() {
        let mut noise = Noise::new(7);
        let mut parser = MidiParser::new(None);
        let mut seen = [0; EventKind::ALL.len()];
        for _ in 0..1_000_000 {
            // As many statuses as data would hardly ever complete a message.
            let random = ((noise.tick() + 1.0) * 128.0) as u8;
            let byte = if noise.tick() < -0.5 { random | 0x80 } else { random & 0x7F };
            let Some(event) = parser.push(byte) else { continue };
            assert!(match event {
                Event::NoteOn { note, velocity } => (0..128).contains(&note) && velocity > 0.0 && velocity <= 1.0,
                Event::NoteOff { note: number } | Event::ProgramChange { number } => (0..128).contains(&number),
                Event::ControlChange { number, value } | Event::PolyPressure { note: number, value } =>
                    (0..128).contains(&number) && (0.0..=1.0).contains(&value),
                Event::ChannelPressure { value } => (0.0..=1.0).contains(&value),
                Event::PitchBend { value } => (-1.0..=1.0).contains(&value),
                Event::SongPosition { sixteenths } => (0..1 << 14).contains(&sixteenths),
                Event::Clock | Event::ClockStart | Event::ClockStop | Event::ClockContinue => true,
            });
            seen[event.kind() as usize] += 1;
        }
        assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
    }
}
