//! Tests of the way from text to tree.

mod cpython;
mod lowering;

use std::rc::Rc;

use super::ast::{Expr, Function, Stmt, StmtKind};
use crate::source::Sources;

/// The code and the line of everything that is wrong with a text.
fn wrong(text: &str) -> Vec<(&'static str, usize)> {
    let mut sources = Sources::default();
    let file = sources.add("script.py", text);
    let errors = super::parse(&sources, file).err().unwrap_or_default();
    errors.iter().map(|error| (error.code, sources.line_column(error.span).0)).collect()
}

fn statements(text: &str) -> Vec<Stmt> {
    let mut sources = Sources::default();
    let file = sources.add("script.py", text);
    super::parse(&sources, file).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).body.clone()
}

fn expression(text: &str) -> Expr {
    match statements(text).remove(0).kind {
        StmtKind::Expr(expr) => expr,
        other => panic!("{text}: {other:?}"),
    }
}

fn function(text: &str) -> Rc<Function> {
    match statements(text).pop().map(|stmt| stmt.kind) {
        Some(StmtKind::Function(function)) => function,
        other => panic!("{text}: {other:?}"),
    }
}
