//! Sample-level processors, their parameters and units.
//!
//! This crate knows nobody: not Python, not the compiler, not the devices. A [`Processor`] turns blocks of input
//! samples into blocks of output samples; everything that sounds in oscine, a compiled script or a native circuit,
//! is one.
#![forbid(unsafe_code)]

pub mod design;
mod fault;
mod param;
mod processor;
mod smoother;
pub mod units;

pub use fault::Fault;
pub use param::{Param, ParamKind, Scale};
pub use processor::{Event, Face, FaultWords, InputPort, Processor};
pub use smoother::Smoother;
