//! What stops the sound: an error of the script, or an output that is no number.

use oscine_dsp::{Fault, FaultWords};

/// Why a processor was silenced. Small and plain: the audio thread sends it through a queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trouble {
    /// The processor reported an error of the script.
    Fault {
        /// The error, to be put into words by the processor's [`FaultWords`].
        fault: Fault,
        /// The frame at which it happened, counted from the start.
        frame: u64,
    },
    /// An output became NaN or infinite.
    NotFinite {
        /// Index of the output.
        output: usize,
        /// The value.
        value: f64,
        /// The frame at which it happened, counted from the start.
        frame: u64,
    },
}

impl Trouble {
    /// The frame at which it happened, counted from the start.
    pub fn frame(&self) -> u64 {
        match self {
            Self::Fault { frame, .. } | Self::NotFinite { frame, .. } => *frame,
        }
    }

    /// In words: what the processor says of its fault, or `output 1 became NaN at 0.25 s (frame 12000)`.
    pub fn describe(&self, words: &FaultWords, sample_rate: f64) -> String {
        match self {
            Self::Fault { fault, .. } => words(fault),
            Self::NotFinite { output, value, frame } => {
                let value = if value.is_nan() { "NaN" } else { "infinite" };
                format!("output {} became {value} at {:.3} s (frame {frame})", output + 1, *frame as f64 / sample_rate)
            }
        }
    }
}
