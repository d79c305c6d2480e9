//! MIDI: events from ports, live, and from files.

mod file;
mod message;

pub use file::MidiFile;
pub use message::MidiParser;
