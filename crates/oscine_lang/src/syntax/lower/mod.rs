//! ruff's tree to ours, node by node.
//!
//! Whatever our tree has no word for becomes a diagnostic and a placeholder, so that one pass finds everything.

mod expressions;
mod patterns;
mod statements;
mod strings;

use std::rc::Rc;

use ruff_python_ast::{Identifier, ModModule};
use ruff_text_size::{Ranged, TextRange};

use super::ast::{Body, Expr, ExprKind, Name};
use crate::diagnostics::{Diagnostic, errors};
use crate::source::{FileId, Span};

/// How deep expressions and blocks may nest: later stages walk the tree by recursion, on a stack of fixed size.
const DEEPEST: usize = 200;

/// What lowering a module gives.
pub(super) struct Lowered {
    /// The statements.
    pub(super) body: Body,
    /// Everything that oscine does not compile.
    pub(super) errors: Vec<Diagnostic>,
    /// Whether the text nests deeper than [`DEEPEST`].
    pub(super) too_deep: bool,
}

/// Lowers the module that ruff read from `file`.
pub(super) fn module(module: &ModModule, file: FileId) -> Lowered {
    let mut lowering = Lowering { file, errors: vec![], depth: 0, too_deep: false, classes: vec![], subjects: 0 };
    let body = lowering.body(&module.body);
    Lowered { body, errors: lowering.errors, too_deep: lowering.too_deep }
}

/// Where the walk is, and what it has found.
struct Lowering {
    file: FileId,
    errors: Vec<Diagnostic>,
    depth: usize,
    too_deep: bool,
    /// Names of the classes around, for the mangling of `__private` names.
    classes: Vec<Name>,
    /// How many `match` statements were met, to name what each one matches.
    subjects: usize,
}

impl Lowering {
    fn span(&self, node: impl Ranged) -> Span {
        self.span_of(node.range())
    }

    fn span_of(&self, range: TextRange) -> Span {
        Span { file: self.file, start: range.start().to_u32(), end: range.end().to_u32() }
    }

    fn name(&self, identifier: &Identifier) -> Name {
        self.mangled(identifier.id.as_str())
    }

    /// `name` as Python stores it: inside a class, `__private` becomes `_Class__private`.
    fn mangled(&self, name: &str) -> Name {
        let class = self.classes.last().map(|class| class.trim_start_matches('_')).filter(|class| !class.is_empty());
        match class {
            Some(class) if name.starts_with("__") && !name.ends_with("__") => Rc::from(format!("_{class}{name}")),
            _ => Rc::from(name),
        }
    }

    /// Goes one level down, or reports that this is too deep and gives `instead`.
    fn deeper<T>(&mut self, span: Span, instead: impl FnOnce() -> T, down: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth == DEEPEST {
            if !self.too_deep {
                self.errors.push(errors::nested_too_deeply(span, DEEPEST));
                self.too_deep = true;
            }
            return instead();
        }
        self.depth += 1;
        let result = down(self);
        self.depth -= 1;
        result
    }

    /// Notes an error and stands in for the expression.
    fn refuse(&mut self, error: Diagnostic) -> ExprKind {
        self.errors.push(error);
        ExprKind::None
    }
}

/// An expression of our tree.
fn expr(span: Span, kind: ExprKind) -> Expr {
    Expr { span, kind: Box::new(kind) }
}
