//! MIDI: events from ports, live, and from files.

mod file;
mod jack;
mod message;
mod ports;

pub use file::MidiFile;
pub use message::MidiParser;
pub use ports::{Connection, Port, PortInfo, list};
