//! From typed instructions to machine code, a processor that runs it, and its state.

mod context;
mod machine;
mod math;
mod processor;
mod routines;
mod runtime;
mod takeover;
mod translate;
mod words;

pub use machine::{Error, Machine, Options, compile};
pub use processor::ScriptProcessor;
pub use takeover::Takeover;
