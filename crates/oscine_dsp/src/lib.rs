//! Sample-level processors, their parameters and units.
//!
//! This crate knows nobody: not Python, not the compiler, not the devices. A [`Processor`] turns blocks of input
//! samples into blocks of output samples; everything that sounds in oscine, a compiled script or a native circuit,
//! is one.
#![forbid(unsafe_code)]
#![expect(clippy::inline_always, reason = "what is left outside a vector kernel is compiled for the oldest machine")]

mod butterworth;
mod catalog;
pub mod design;
mod fault;
pub mod fourier;
mod lanes;
mod native;
mod one_pole;
pub mod oversample;
mod param;
mod processor;
mod ring_modulator;
mod silence;
mod sine;
mod sine_bank;
mod smoother;
mod tanh;
pub mod units;
mod vcs3;

pub use butterworth::{Butterworth, ButterworthUnit};
pub use catalog::{NATIVES, by_name};
pub use fault::Fault;
pub use native::{Native, Unit};
pub use one_pole::{OnePole, Side};
pub use param::{Param, ParamKind, Scale};
pub use processor::{Event, EventKind, Face, FaultWords, InputPort, Processor};
pub use ring_modulator::{PaperRing, RingModulator, RingUnit, RingVoices};
pub use sine::Sine;
pub use sine_bank::SineBank;
pub use smoother::{Curve, Smoother};
pub use vcs3::{Slopes, Solver, Vcs3, Vcs3Voices};
