//! What stops the sound: an error of the script, a block without end, an output that is no number or too loud.

use oscine_dsp::units::gain_to_db;
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
    /// The processor reported an error in a block that the watchdog had given up: most likely that it was stopped.
    TooLong {
        /// The error.
        fault: Fault,
        /// The frame at which it happened, counted from the start.
        frame: u64,
        /// Time that the block took.
        took_ns: u64,
        /// Time that it had.
        budget_ns: u64,
        /// Frames that it lasts.
        block_frames: u32,
    },
    /// An output went beyond the limit.
    TooLoud {
        /// Index of the output.
        output: usize,
        /// The sample.
        value: f64,
        /// The highest absolute sample that is let through.
        limit: f64,
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
            Self::Fault { frame, .. }
            | Self::TooLong { frame, .. }
            | Self::TooLoud { frame, .. }
            | Self::NotFinite { frame, .. } => *frame,
        }
    }

    /// In words: what the processor says of its fault, or `output 1 became NaN at 0.25 s (frame 12000)`.
    pub fn describe(&self, words: &FaultWords, sample_rate: f64) -> String {
        let milliseconds = |ns: u64| ns as f64 / 1e6;
        match self {
            Self::Fault { fault, .. } => words(fault),
            Self::TooLong { fault, took_ns, budget_ns, block_frames, .. } => {
                let period_ms = f64::from(*block_frames) / sample_rate * 1e3;
                let took_ms = milliseconds(*took_ns);
                format!(
                    "{}: a block of {period_ms:.2} ms took {took_ms:.1} ms, {:.1} ms over its budget of {:.1} ms",
                    words(fault),
                    milliseconds(took_ns.saturating_sub(*budget_ns)),
                    milliseconds(*budget_ns)
                )
            }
            Self::TooLoud { output, value, limit, frame } => format!(
                "output {} reached {:+.1} dBFS at {:.3} s (frame {frame}), beyond the limit of {:+.1} dBFS",
                output + 1,
                gain_to_db(*value),
                *frame as f64 / sample_rate,
                gain_to_db(*limit)
            ),
            Self::NotFinite { output, value, frame } => {
                let value = if value.is_nan() { "NaN" } else { "infinite" };
                format!("output {} became {value} at {:.3} s (frame {frame})", output + 1, *frame as f64 / sample_rate)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use oscine_dsp::{Fault, FaultWords};

    use super::Trouble;

    #[test]
    fn words_tell_what_where_and_by_how_much() {
        let words: FaultWords = Arc::new(|_| "a.py:2: TimeoutError: no end".to_owned());
        let fault = Fault { site: 0, args: [0.0; 4], frames_done: 0 };
        let too_long =
            Trouble::TooLong { fault, frame: 0, took_ns: 57_140_000, budget_ns: 50_000_000, block_frames: 64 };
        assert_eq!(
            too_long.describe(&words, 48_000.0),
            "a.py:2: TimeoutError: no end: a block of 1.33 ms took 57.1 ms, 7.1 ms over its budget of 50.0 ms"
        );
        let too_loud = Trouble::TooLoud { output: 1, value: -10.0, limit: 4.0, frame: 12_000 };
        assert_eq!(
            too_loud.describe(&words, 48_000.0),
            "output 2 reached +20.0 dBFS at 0.250 s (frame 12000), beyond the limit of +12.0 dBFS"
        );
    }
}
