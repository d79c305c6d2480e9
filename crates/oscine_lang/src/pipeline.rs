//! The stages, chained.

use std::path::Path;

use crate::diagnostics::Diagnostic;
use crate::evaluate::{self, LoadOptions, Loaded};
use crate::ir::{Program, verify};
use crate::source::Sources;
use crate::specialise;

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

/// From a script's text to its instructions: its load time, run on a stack deep enough for Python, and what `process`
/// reaches. What the script prints goes to `print`.
pub fn compile(
    path: &Path,
    text: String,
    options: LoadOptions,
    print: &mut (dyn FnMut(&str) + Send),
) -> Result<Checked, Failure> {
    evaluate::on_large_stack(|| compile_here(path, text, options, print))
}

/// The same on the caller's thread, whose stack must be deep enough. It ends all objects of Python that were made there, so
/// that the thread can load nothing more.
pub fn compile_here(
    path: &Path,
    text: String,
    options: LoadOptions,
    print: &mut dyn FnMut(&str),
) -> Result<Checked, Failure> {
    let translate = |loaded: Loaded| {
        let checked = specialise::specialise(&loaded)?;
        debug_assert_eq!(verify::verify(&checked.program), Ok(()));
        Ok(checked)
    };
    let checked = evaluate::load(path, text, options, print).and_then(translate);
    evaluate::end();
    checked
}
