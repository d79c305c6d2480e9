//! `try` while sound runs: a fault that an `except` clause around it catches is a jump to that clause.
//!
//! Since all calls are inlined, every fault knows the clauses around it when compiling; exceptions cost nothing unless
//! raised. An overflow of ints ends in a fault wherever it happens.

use std::rc::Rc;

use crate::diagnostics::errors;
use crate::evaluate::types::builtin_class;
use crate::evaluate::value::Value;
use crate::ir::{Inst, Label, Operand};
use crate::source::Span;
use crate::syntax::ast::{self, Stmt};

use super::emit::FaultText;
use super::flow::Phi;
use super::kind::{Kind, Val};
use super::statements::assigned_names;
use super::{Walk, Walker};

/// An `except` clause around what is walked.
#[derive(Debug, Clone)]
pub(crate) struct Catcher {
    /// The names of the exceptions that it catches; `None` for all.
    classes: Option<Vec<String>>,
    label: Label,
    phis: Vec<Phi>,
    is_reached: bool,
}

/// A `finally` around what is walked: it runs on every way out.
#[derive(Debug, Clone)]
pub(crate) struct Final {
    body: Rc<[Stmt]>,
    /// How many calls, loops and `except` clauses lie around its `try`.
    calls: usize,
    loops: usize,
    catchers: usize,
    /// The scope and the path of its `try`.
    scope: usize,
    path: super::Path,
}

impl Walker<'_> {
    /// Runs every `finally` that a `return` passes.
    pub(crate) fn finish_call(&mut self) -> Walk<()> {
        let calls = self.calls.len();
        self.run_finals(|last| last.calls == calls)
    }

    /// Runs every `finally` that a `break` or a `continue` passes.
    pub(crate) fn finish_turn(&mut self) -> Walk<()> {
        let (calls, loops) = (self.calls.len(), self.loops.len());
        self.run_finals(|last| last.calls == calls && last.loops == loops)
    }

    /// Runs every `finally` that is passed on the way out, the innermost first.
    fn run_finals(&mut self, is_passed: impl Fn(&Final) -> bool) -> Walk<()> {
        let count = self.finals.iter().rev().take_while(|last| is_passed(last)).count();
        let mut result = Ok(());
        let inner = self.finals.split_off(self.finals.len() - count);
        for (i, last) in inner.iter().enumerate().rev() {
            if !self.is_alive {
                break;
            }
            // What lies around the `try` is around its `finally` too, but nothing else is.
            self.finals.extend_from_slice(&inner[..i]);
            let catchers = self.catchers.split_off(last.catchers);
            let loops = self.loops.split_off(last.loops.min(self.loops.len()));
            let scope = std::mem::replace(&mut self.scopes.present, last.scope);
            let body = last.body.clone();
            result = result.and(self.on_path(last.path, |walker| walker.body(&body)));
            self.scopes.present = scope;
            self.loops.extend(loops);
            self.catchers.extend(catchers);
            self.finals.truncate(self.finals.len() - i);
        }
        self.finals.extend(inner);
        result
    }

    /// Raises if `condition` holds: a jump to the clause that catches it, or the end of the program in a fault.
    pub(crate) fn fault_if(&mut self, condition: Operand, text: FaultText, args: &[Operand]) {
        match condition {
            Operand::Bool(false) => return,
            Operand::Bool(true) => return self.fault(text, args),
            _ => {}
        }
        self.emit.open();
        self.raise_here(text, args);
        let then = self.emit.close();
        self.emit.push(Inst::If { condition, then, otherwise: vec![] });
    }

    /// Raises.
    pub(crate) fn fault(&mut self, text: FaultText, args: &[Operand]) {
        self.raise_here(text, args);
        self.is_alive = false;
    }

    fn raise_here(&mut self, text: FaultText, args: &[Operand]) {
        let catcher = self.catchers.iter().rposition(|catcher| self.catches(catcher, &text.exception));
        let Some(index) = catcher else {
            let site = self.emit.site(self.span, text);
            self.emit.push(Inst::Fault(site, args.to_vec()));
            return;
        };
        let variables = self.scopes.variables.clone();
        let was_alive = std::mem::replace(&mut self.is_alive, true);
        // An error in a `finally` was told where its `try` ends.
        let _ = self.run_finals(|last| last.catchers > index);
        if self.is_alive {
            self.catchers[index].is_reached = true;
            let catcher = self.catchers[index].clone();
            self.assign_phis(&catcher.phis);
            self.emit.push(Inst::Break(catcher.label));
        }
        self.is_alive = was_alive;
        self.scopes.variables = variables;
    }

    /// `try: ... except ...: ... else: ... finally: ...`
    pub(crate) fn try_statement(
        &mut self,
        span: Span,
        body: &[Stmt],
        handlers: &[ast::Handler],
        orelse: &[Stmt],
        finally: &[Stmt],
    ) -> Walk<()> {
        let parts = [body, orelse, finally].into_iter().chain(handlers.iter().map(|handler| &handler.body[..]));
        let names: Vec<_> = parts.flat_map(assigned_names).collect();
        let variables = self.variables_of(&names);
        let phis = self.open_phis(span, &variables);
        let end = self.emit.label();
        let mut catchers = vec![];
        for handler in handlers {
            let classes = self.caught(handler)?;
            catchers.push(Catcher { classes, label: self.emit.label(), phis: phis.clone(), is_reached: false });
        }
        if !finally.is_empty() {
            self.finals.push(Final {
                body: finally.into(),
                calls: self.calls.len(),
                loops: self.loops.len(),
                catchers: self.catchers.len(),
                scope: self.scopes.present,
                path: self.path,
            });
        }
        self.emit.open(); // end
        // The first clause that fits wins: it is searched last to first, so the first one is pushed last.
        for catcher in catchers.iter().rev() {
            self.emit.open();
            self.catchers.push(catcher.clone());
        }
        let mut result = self.body(body);
        let walked: Vec<Catcher> =
            self.catchers.split_off(self.catchers.len() - handlers.len()).into_iter().rev().collect();
        let mut ends = false;
        if self.is_alive {
            result = result.and(self.body(orelse));
        }
        ends |= self.leave_try(&phis, end);
        for (handler, catcher) in handlers.iter().zip(walked) {
            let inner = self.emit.close();
            self.emit.push(Inst::Block { label: catcher.label, body: inner });
            if catcher.is_reached {
                self.is_alive = true;
                self.show_phis(&phis);
                result = result.and(self.body(&handler.body));
                ends |= self.leave_try(&phis, end);
            }
        }
        let whole = self.emit.close();
        self.emit.push(Inst::Block { label: end, body: whole });
        self.show_phis(&phis);
        if !finally.is_empty() {
            self.finals.pop();
        }
        self.is_alive = ends;
        if ends {
            result = result.and(self.body(finally));
        }
        result
    }

    /// Goes to the end of the `try`, if this place can be reached.
    fn leave_try(&mut self, phis: &[Phi], end: Label) -> bool {
        if !self.is_alive {
            return false;
        }
        self.assign_phis(phis);
        self.emit.push(Inst::Break(end));
        self.is_alive = false;
        true
    }

    /// The names of the exceptions that a clause catches.
    fn caught(&mut self, handler: &ast::Handler) -> Walk<Option<Vec<String>>> {
        let Some(exception) = &handler.exception else { return Ok(None) };
        let value = self.expr(exception)?;
        let classes = value.items().unwrap_or_else(|| vec![value]);
        let mut names = vec![];
        for class in classes {
            match class {
                Val { kind: Kind::Static(Value::Class(class)), .. } => names.push(class.name.to_string()),
                _ => return self.refuse(errors::not_in_process(exception.span, "`except` of what is not a class")),
            }
        }
        Ok(Some(names))
    }

    /// Whether a clause catches an exception of that name: its class or one that it derives from.
    fn catches(&self, catcher: &Catcher, exception: &str) -> bool {
        let Some(classes) = &catcher.classes else { return true };
        if let Some(bases) = self.raised.get(exception) {
            return classes.iter().any(|name| bases.contains(name));
        }
        let raised = builtin_class(exception);
        classes.iter().any(|name| {
            name == exception
                || raised.as_ref().is_some_and(|class| class.mro.borrow().iter().any(|base| *base.name == **name))
        })
    }
}
