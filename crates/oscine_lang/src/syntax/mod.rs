//! Text to tree. [`ast`] is our own, smaller than Python's whole grammar; whatever is left out is a diagnostic here.
//!
//! 1. ruff parses the text; what it cannot parse is not Python (`report`).
//! 2. `lower` rebuilds ruff's tree as [`ast`]; what [`ast`] has no word for is Python that oscine does not compile.
//!    Each function's names are gathered on the way (`scope`).
//! 3. `check` walks the finished tree for what Python's own compiler refuses after parsing: `return` outside a function,
//!    `nonlocal` without a binding.
//!
//! No other folder knows ruff.

pub mod ast;
mod check;
mod lower;
mod report;
mod scope;

pub(crate) use scope::children;

use std::rc::Rc;

use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Sources};

/// The tree of a file, or everything that is wrong with its text, in the order of the text.
pub fn parse(sources: &Sources, file: FileId) -> Result<Rc<ast::Module>, Vec<Diagnostic>> {
    let text = &sources.file(file).text;
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY314);
    let Some(parsed) = parse_unchecked(text, options).try_into_module() else {
        return Ok(Rc::new(ast::Module { body: vec![] }));
    };
    if parsed.has_invalid_syntax() {
        return Err(report::not_python(sources, file, parsed.errors(), parsed.tokens()));
    }
    let mut errors = report::newer_than_ours(file, parsed.unsupported_syntax_errors());
    let lowered = lower::module(parsed.syntax(), file);
    errors.extend(lowered.errors);
    if lowered.too_deep {
        // Freeing a tree walks down into it, which one as deep as this does not survive; it is left where it is.
        std::mem::forget(parsed);
    }
    let mut module = ast::Module { body: lowered.body };
    errors.extend(check::module(&module));
    if errors.is_empty() {
        module.body.retain(|stmt| !check::is_future_import(stmt));
        return Ok(Rc::new(module));
    }
    errors.sort_by_key(|error| error.span.start);
    errors.dedup_by(|later, earlier| later.span == earlier.span && later.code == earlier.code);
    Err(errors)
}

#[cfg(test)]
mod tests;
