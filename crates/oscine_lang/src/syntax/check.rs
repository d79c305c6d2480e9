//! What Python's compiler refuses after parsing.

use super::ast::Module;
use crate::diagnostics::Diagnostic;

/// Everything in a module that Python refuses though it parses.
pub(super) fn module(_module: &Module) -> Vec<Diagnostic> {
    vec![]
}
