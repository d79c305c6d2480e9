//! The Python that oscine understands: from text to typed instructions.
//!
//! One folder a stage, in the order of the way:
//!
//! - [`syntax`]: text to our own tree; the only importer of ruff.
//! - [`evaluate`]: runs the script's load time on dynamic values and leaves live objects.
//! - [`specialise`]: walks `process` and what it reaches over those live objects, inferring types, folding what is
//!   constant and emitting instructions.
//! - [`ir`]: the instructions, their verifier, printer and passes.
//!
//! Beside them, [`library`] says what `math`, `numpy`, `scipy.signal` and `oscine` offer at either time, and
//! [`diagnostics`] holds every word that a user may read. [`pipeline`] chains the stages.

pub mod diagnostics;
pub mod evaluate;
pub mod ir;
pub mod library;
pub mod pipeline;
pub mod source;
pub mod specialise;
pub mod syntax;
