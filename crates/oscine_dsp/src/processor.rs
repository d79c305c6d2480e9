//! The one interface between what computes sound and what plays it.

use std::any::Any;
use std::sync::Arc;

use crate::{Curve, Fault, Param};

/// Puts the faults of one processor into words: `echo.py:9: ZeroDivisionError: float division by zero`.
///
/// Shared, so that the control thread can use it while the processor itself belongs to the audio thread.
pub type FaultWords = Arc<dyn Fn(&Fault) -> String + Send + Sync>;

/// One input of a processor.
#[derive(Debug, Clone, PartialEq)]
pub struct InputPort {
    /// The name of the argument it came from.
    pub name: String,
    /// What an unconnected input reads; `None` if it must be connected.
    pub default: Option<f64>,
}

/// What a processor shows the world: its ports, parameters and timing. Fixed for its life.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// Inputs, one channel each.
    pub inputs: Vec<InputPort>,
    /// Number of output channels.
    pub outputs: usize,
    /// Parameters, in the order of [`Processor::set_param`]'s index.
    pub params: Vec<Param>,
    /// Delay from input to output that the algorithm adds.
    pub latency_frames: usize,
    /// If set, `process` must be given exactly this many frames each time.
    pub fixed_block_frames: Option<usize>,
    /// Bytes of state that the running algorithm holds.
    pub state_bytes: usize,
}

/// Something that happens at a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// A key goes down: note number 0 to 127, velocity in [0, 1].
    NoteOn {
        /// MIDI note number.
        note: i64,
        /// How hard, in [0, 1].
        velocity: f64,
    },
    /// A key goes up.
    NoteOff {
        /// MIDI note number.
        note: i64,
    },
    /// A controller moves: number 0 to 127, value in [0, 1].
    ControlChange {
        /// Controller number.
        number: i64,
        /// Position in [0, 1].
        value: f64,
    },
    /// The pitch wheel moves: value in [-1, 1].
    PitchBend {
        /// Position in [-1, 1].
        value: f64,
    },
    /// Another sound is asked for: number 0 to 127.
    ProgramChange {
        /// Program number, counted from 0.
        number: i64,
    },
    /// All keys that are down are pressed harder or less hard: value in [0, 1].
    ChannelPressure {
        /// How hard, in [0, 1].
        value: f64,
    },
    /// One key that is down is: note number 0 to 127, value in [0, 1].
    PolyPressure {
        /// MIDI note number.
        note: i64,
        /// How hard, in [0, 1].
        value: f64,
    },
    /// A tick of the MIDI clock, of which there are 24 in a quarter note.
    Clock,
    /// The song starts with the next tick of the clock.
    ClockStart,
    /// The song stops where it is.
    ClockStop,
    /// The song goes on with the next tick of the clock, from where it is.
    ClockContinue,
    /// Where in the song it goes on: sixteenth notes from its start, 0 to 16383.
    SongPosition {
        /// Sixteenth notes from the start of the song; each is 6 ticks of the clock.
        sixteenths: i64,
    },
}

/// What kind an event is, and with it which function of a script it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are those of `Event`")]
pub enum EventKind {
    NoteOn,
    NoteOff,
    ControlChange,
    PitchBend,
    ProgramChange,
    ChannelPressure,
    PolyPressure,
    Clock,
    ClockStart,
    ClockStop,
    ClockContinue,
    SongPosition,
}

impl EventKind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::NoteOn,
        Self::NoteOff,
        Self::ControlChange,
        Self::PitchBend,
        Self::ProgramChange,
        Self::ChannelPressure,
        Self::PolyPressure,
        Self::Clock,
        Self::ClockStart,
        Self::ClockStop,
        Self::ClockContinue,
        Self::SongPosition,
    ];

    /// The function of a script that such an event calls.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoteOn => "note_on",
            Self::NoteOff => "note_off",
            Self::ControlChange => "control_change",
            Self::PitchBend => "pitch_bend",
            Self::ProgramChange => "program_change",
            Self::ChannelPressure => "channel_pressure",
            Self::PolyPressure => "poly_pressure",
            Self::Clock => "clock",
            Self::ClockStart => "clock_start",
            Self::ClockStop => "clock_stop",
            Self::ClockContinue => "clock_continue",
            Self::SongPosition => "song_position",
        }
    }
}

impl Event {
    /// What kind it is.
    pub fn kind(self) -> EventKind {
        match self {
            Self::NoteOn { .. } => EventKind::NoteOn,
            Self::NoteOff { .. } => EventKind::NoteOff,
            Self::ControlChange { .. } => EventKind::ControlChange,
            Self::PitchBend { .. } => EventKind::PitchBend,
            Self::ProgramChange { .. } => EventKind::ProgramChange,
            Self::ChannelPressure { .. } => EventKind::ChannelPressure,
            Self::PolyPressure { .. } => EventKind::PolyPressure,
            Self::Clock => EventKind::Clock,
            Self::ClockStart => EventKind::ClockStart,
            Self::ClockStop => EventKind::ClockStop,
            Self::ClockContinue => EventKind::ClockContinue,
            Self::SongPosition { .. } => EventKind::SongPosition,
        }
    }
}

/// Turns blocks of input samples into blocks of output samples.
///
/// Every method but [`fault_words`](Processor::fault_words) and [`describe_fault`](Processor::describe_fault) may be
/// called on the audio thread: none allocates, locks or waits.
pub trait Processor: Send {
    /// Ports, parameters and timing.
    fn face(&self) -> &Face;

    /// Returns to the state before the first sample; parameters keep their targets and stop moving.
    fn reset(&mut self);

    /// Moves parameter `index` of [`Face::params`] to `value`, clamped to its range, along its ramp.
    fn set_param(&mut self, index: usize, value: f64);

    /// Moves parameter `index` to `value` at once.
    fn jump_param(&mut self, index: usize, value: f64) {
        self.ramp_param(index, value, 0, Curve::Linear);
    }

    /// Moves parameter `index` from its present value to `value`, clamped to its range, in `frames` frames, whatever
    /// its own ramp is; with 0 frames at once.
    fn ramp_param(&mut self, index: usize, value: f64, frames: u32, curve: Curve);

    /// The value that parameter `index` has or is on its way to.
    fn param_target(&self, index: usize) -> f64;

    /// Delivers an event before the next frame.
    fn event(&mut self, event: Event) -> Result<(), Fault>;

    /// Computes one block. `inputs` has one slice for each input port and `outputs` one for each output, all of the
    /// same length. On a fault the outputs from [`Fault::frames_done`] on are zero, and the processor stays silent
    /// (zeros, `Ok`) until [`reset`](Processor::reset).
    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault>;

    /// Goes on where `old`, which it replaces, stands: takes its parameters' present values and, if `with_state`, what
    /// of its state was prepared to be taken. Without such preparation nothing happens. Whether all its state goes on.
    fn take_over(&mut self, old: &dyn Processor, with_state: bool) -> bool {
        let _ = (old, with_state);
        false
    }

    /// The processor itself, for its successor's [`take_over`](Processor::take_over); `None` if it hands nothing on.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }

    /// What puts this processor's faults into words, wherever the processor is by then. Not for the audio thread.
    fn fault_words(&self) -> FaultWords;

    /// One fault in words. Not for the audio thread.
    fn describe_fault(&self, fault: &Fault) -> String {
        (self.fault_words())(fault)
    }
}
