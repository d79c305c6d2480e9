//! Reads the conformance programs of `tests/language` and compares outputs with those that CPython wrote.
//!
//! The format is described where it is written, in `scripts/bless.py`. Tests of the evaluator and of the machine code
//! share this crate; nothing else does.

mod compare;
mod hex;
mod program;
mod signal;

pub use compare::compare;
pub use hex::{hex, parse_hex};
pub use program::{Options, Program, programs, programs_of};
pub use signal::signal;
