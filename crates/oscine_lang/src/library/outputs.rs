//! How many samples a method returns at once, read off its text by the rules of the package's `_outputs.py`.
//!
//! A `return` of a tuple or a list shows it, also behind `x if c else y`, behind a variable that is bound to one, and
//! behind a call of another method of the object or of a function of the same module. What shows nothing is one sample.

use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::calls::match_args;
use crate::evaluate::types::class_of;
use crate::evaluate::value::{Args, Function, Result, Value};
use crate::syntax::ast::{Body, Expr, ExprKind, Stmt, StmtKind};

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

static ENTRIES: &[Entry] = &[Entry { name: "oscine._outputs.outputs", load: outputs, audio: Audio::LoadOnly }];

fn outputs(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [method] = match_args("outputs", ["method"], 1, args)?;
    let found = match &method {
        Some(Value::Method(method)) => returned(&method.function, Some(&method.receiver), &mut vec![]),
        Some(Value::Function(function)) => returned(function, None, &mut vec![]),
        _ => None,
    };
    Ok(Value::Int(found.unwrap_or(1) as i64))
}

fn returned(function: &Rc<Function>, owner: Option<&Value>, seen: &mut Vec<*const Function>) -> Option<usize> {
    let address = Rc::as_ptr(function);
    if seen.contains(&address) {
        return None;
    }
    seen.push(address);
    let mut statements = vec![];
    own(&function.def.body, &mut statements);
    let found = statements.iter().find_map(|statement| match &statement.kind {
        StmtKind::Return(Some(value)) => length(value, &statements, function, owner, seen),
        _ => None,
    });
    seen.pop();
    found
}

/// All statements of a body, those of inner functions left out.
fn own<'b>(body: &'b Body, found: &mut Vec<&'b Stmt>) {
    for statement in body {
        found.push(statement);
        match &statement.kind {
            StmtKind::If { body, orelse, .. }
            | StmtKind::While { body, orelse, .. }
            | StmtKind::For { body, orelse, .. } => [body, orelse].into_iter().for_each(|body| own(body, found)),
            StmtKind::Try { body, handlers, orelse, finally } => {
                [body, orelse, finally].into_iter().for_each(|body| own(body, found));
                handlers.iter().for_each(|handler| own(&handler.body, found));
            }
            StmtKind::With { body, .. } => own(body, found),
            _ => {}
        }
    }
}

fn length(
    value: &Expr,
    statements: &[&Stmt],
    function: &Rc<Function>,
    owner: Option<&Value>,
    seen: &mut Vec<*const Function>,
) -> Option<usize> {
    match &*value.kind {
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            let is_starred = |item: &Expr| matches!(*item.kind, ExprKind::Starred(_));
            (!items.iter().any(is_starred)).then_some(items.len())
        }
        ExprKind::Conditional { body, orelse, .. } => length(body, statements, function, owner, seen)
            .or_else(|| length(orelse, statements, function, owner, seen)),
        ExprKind::Name(name) => statements.iter().enumerate().find_map(|(at, statement)| {
            let StmtKind::Assign { targets, value } = &statement.kind else { return None };
            let binds = |target: &Expr| matches!(&*target.kind, ExprKind::Name(bound) if bound == name);
            if !targets.iter().any(binds) {
                return None;
            }
            // A variable that is bound by way of itself shows nothing.
            let others = [&statements[..at], &statements[at + 1..]].concat();
            length(value, &others, function, owner, seen)
        }),
        ExprKind::Call { callee, .. } => match &*callee.kind {
            ExprKind::Name(name) => match function.module.globals.get(name)? {
                Value::Function(called) => returned(&called, owner, seen),
                _ => None,
            },
            ExprKind::Attribute { value, name, .. } if matches!(&*value.kind, ExprKind::Name(of) if &**of == "self") => {
                match class_of(owner?).lookup(name)?.0 {
                    Value::Function(called) => returned(&called, owner, seen),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    }
}
