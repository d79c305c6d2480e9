//! The stages, chained.

use crate::diagnostics::Diagnostic;
use crate::ir::Program;
use crate::source::Sources;

/// A script that cannot be used: what is wrong with it, and the files that the messages point into.
#[derive(Debug)]
pub struct Failure {
    /// Every file that was read, the script first.
    pub sources: Sources,
    /// At least one error; warnings may stand beside it.
    pub diagnostics: Vec<Diagnostic>,
}

/// A script that can be translated to machine code.
#[derive(Debug)]
pub struct Checked {
    /// Its instructions and state.
    pub program: Program,
    /// What is probably not meant, though it works.
    pub warnings: Vec<Diagnostic>,
}
