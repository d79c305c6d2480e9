//! What is known before the sound begins: changes at their frames, and which controllers move which parameters.

use crate::schedule::Change;

/// Automation, a MIDI file and mappings, for [`render`](crate::render()) and [`Player`](crate::Player) alike.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// Parameter moves and events, each at its frame, in any order; of those at one frame the first comes first.
    /// Parameters are numbered as in the face of the processor that starts, and found again by name after a reload.
    pub changes: Vec<(u64, Change)>,
    /// Controllers that move parameters beside those that the parameters name themselves.
    pub maps: Vec<(Controller, String)>,
}

/// What moves a parameter along its whole range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controller {
    /// A controller by its number, 0 to 127.
    Number(u8),
    /// The pitch wheel: its middle is the middle of the range.
    PitchBend,
    /// The pressure on all keys.
    Pressure,
}
