//! What is known of a loop before it is walked: what it assigns, whether it can be left, how large its body is.

use crate::evaluate::value::Name;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Stmt, StmtKind};
use crate::syntax::children;

use super::flow::Jumps;
use super::statements::{assigned_names, target_names};

/// What is known of a loop before it is walked.
#[derive(Clone, Copy)]
pub(crate) struct Turn<'t> {
    pub(crate) span: Span,
    pub(crate) items_span: Span,
    /// The variables that it assigns.
    pub(crate) names: &'t [(usize, Name)],
    /// Those that every turn assigns.
    pub(crate) sure: &'t [Name],
    pub(crate) jumps: Jumps,
    /// Expressions in its body.
    pub(crate) size: usize,
    pub(crate) has_loop: bool,
    /// Whether it lengthens a list, whose length is best known.
    pub(crate) grows: bool,
}

/// Whether a body leaves or shortens a turn of its own loop.
pub(super) fn jumps_of(body: &[Stmt]) -> Jumps {
    let jumps = body.iter().any(|statement| match &statement.kind {
        StmtKind::Break | StmtKind::Continue => true,
        StmtKind::If { body, orelse, .. } => jumps_of(body) != Jumps::None || jumps_of(orelse) != Jumps::None,
        // The `else` of an inner loop belongs to this one.
        StmtKind::While { orelse, .. } | StmtKind::For { orelse, .. } => jumps_of(orelse) != Jumps::None,
        StmtKind::Try { body, handlers, orelse, finally } => {
            [body, orelse, finally].iter().any(|body| jumps_of(body) != Jumps::None)
                || handlers.iter().any(|handler| jumps_of(&handler.body) != Jumps::None)
        }
        StmtKind::With { body, .. } => jumps_of(body) != Jumps::None,
        _ => false,
    });
    if jumps { Jumps::Some } else { Jumps::None }
}

/// The names that a turn assigns whatever happens in it.
pub(super) fn sure_names(target: &Expr, body: &[Stmt], jumps: Jumps) -> Vec<Name> {
    let mut names = vec![];
    target_names(target, &mut names);
    if jumps == Jumps::None {
        for statement in body {
            if let StmtKind::Assign { .. } | StmtKind::AugAssign { .. } | StmtKind::AnnAssign { .. } = statement.kind {
                names.extend(assigned_names(std::slice::from_ref(statement)));
            }
        }
    }
    names
}

pub(super) fn contains_loop(statement: &Stmt) -> bool {
    let any = |body: &[Stmt]| body.iter().any(contains_loop);
    match &statement.kind {
        StmtKind::While { .. } | StmtKind::For { .. } => true,
        StmtKind::If { body, orelse, .. } => any(body) || any(orelse),
        _ => false,
    }
}

pub(super) fn statement_size(statement: &Stmt) -> usize {
    let all = |body: &[Stmt]| body.iter().map(statement_size).sum::<usize>();
    match &statement.kind {
        StmtKind::Expr(value) | StmtKind::Return(Some(value)) => expr_size(value),
        StmtKind::Assign { targets, value } => targets.iter().map(expr_size).sum::<usize>() + expr_size(value),
        StmtKind::AugAssign { target, value, .. } => expr_size(target) + expr_size(value),
        StmtKind::AnnAssign { target, value: Some(value), .. } => expr_size(target) + expr_size(value),
        StmtKind::If { test, body, orelse } => expr_size(test) + all(body) + all(orelse),
        StmtKind::While { test, body, orelse } => expr_size(test) + all(body) + all(orelse),
        StmtKind::For { iter, body, orelse, .. } => expr_size(iter) + all(body) + all(orelse),
        _ => 1,
    }
}

/// How many expressions it consists of; a call counts for what it may inline.
pub(super) fn expr_size(expr: &Expr) -> usize {
    let own = if let ExprKind::Call { .. } = &*expr.kind { 8 } else { 1 };
    own + children(expr).into_iter().map(expr_size).sum::<usize>()
}
