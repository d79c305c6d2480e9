//! Lists that are made while sound runs and grow by `append`: `found = []`, and a loop that adds to it.
//!
//! Such a list is memory with room for more elements than it has, and a length that is a value like any other: where the
//! loop around is unrolled it is a constant. `append` stores an element and binds the variable to the list with its new
//! length. That is sound only where no other name means the list, which is why a second one is an error.

use crate::diagnostics::errors;
use crate::evaluate::value::Name;
use crate::ir::{Compare, IntBinary, Operand};
use crate::syntax::ast::{Expr, ExprKind, Stmt, StmtKind};

use super::emit::FaultText;
use super::heap::{Origin, StorageId};
use super::kind::{Flavour, Kind, Val};
use super::scope::Place;
use super::{Walk, Walker};

/// How many elements a list has room for where the number is known only while sound runs.
const ROOM: usize = 1024;

/// The variable, the method and the argument of `name.append(value)` or `name.extend(values)`.
pub(super) fn growth_of(expr: &Expr) -> Option<(&Name, &str, &Expr)> {
    let ExprKind::Call { callee, args, keywords } = &*expr.kind else { return None };
    let ExprKind::Attribute { value, name, .. } = &*callee.kind else { return None };
    let (ExprKind::Name(list), [arg]) = (&*value.kind, &args[..]) else { return None };
    let is_growth = matches!(&**name, "append" | "extend") && keywords.is_empty() && !arg.starred;
    is_growth.then_some((list, &**name, &arg.value))
}

/// Whether a loop's body lengthens a list that is a variable.
pub(super) fn grows(statement: &Stmt) -> bool {
    let any = |body: &[Stmt]| body.iter().any(grows);
    match &statement.kind {
        StmtKind::Expr(expr) => growth_of(expr).is_some(),
        StmtKind::If { body, orelse, .. }
        | StmtKind::While { body, orelse, .. }
        | StmtKind::For { body, orelse, .. } => any(body) || any(orelse),
        _ => false,
    }
}

impl Walker<'_> {
    /// `name.append(value)` or `name.extend(values)` as a statement, where the name means a list that sound made. `false`
    /// if it does not.
    pub(crate) fn grow_variable(&mut self, expr: &Expr) -> Walk<bool> {
        let Some((name, method, arg)) = growth_of(expr) else { return Ok(false) };
        let Place::Variable(scope) = self.place_of(name) else { return Ok(false) };
        let is_grown = |list: &Val, walker: &Self| match &list.kind {
            Kind::Seq(seq) => seq.flavour == Flavour::List && seq.storages.iter().all(|id| walker.is_scratch(*id)),
            _ => false,
        };
        if !self.scopes.get(scope, name).is_some_and(|list| is_grown(list, self)) {
            return Ok(false);
        }
        let value = self.expr(arg)?;
        let values = if method == "append" { vec![value] } else { self.at(arg.span, |w| w.items_of(&value))? };
        self.at(expr.span, |walker| {
            for value in &values {
                walker.append_to(scope, name, value)?;
            }
            Ok(true)
        })
    }

    fn is_scratch(&self, id: StorageId) -> bool {
        matches!(self.heap.storages[id.0 as usize].origin, Origin::Scratch)
    }

    fn append_to(&mut self, scope: usize, name: &Name, value: &Val) -> Walk<()> {
        let span = self.span;
        let Some(list) = self.scopes.get(scope, name).cloned() else { return Ok(()) };
        let Kind::Seq(seq) = &list.kind else { return Ok(()) };
        let storages = seq.storages.clone();
        let mut others = vec![];
        self.values_held().for_each(|value| addresses_in(value, &storages, &mut others));
        if scope != self.scopes.present || others.iter().filter(|other| **other == list.op()).count() > 1 {
            return self.refuse(errors::shared_list(span, name));
        }
        for other in others {
            // The list of an earlier turn is another one.
            if other != list.op() {
                let is_same = self.emit.int_compare(Compare::Eq, other, list.op());
                let words = format!("'{name}' is lengthened while another variable means the same list");
                self.fault_if(is_same, FaultText::new("NotImplementedError", &words), &[]);
            }
        }
        let list = self.lengthened(&list, value)?;
        self.scopes.set(scope, name.clone(), list);
        Ok(())
    }

    /// A list with one more element, in its own memory.
    pub(crate) fn lengthened(&mut self, list: &Val, value: &Val) -> Walk<Val> {
        let (Kind::Seq(seq), Some(length)) = (&list.kind, list.dim(0)) else { return Err(super::Told) };
        let storages = seq.storages.clone();
        let room = match length {
            Operand::I64(length) => length as usize + 1,
            _ => ROOM,
        };
        let mut least = usize::MAX;
        for storage in &storages {
            least = least.min(self.heap.need_room(*storage, room));
        }
        let is_full = self.emit.int_compare(Compare::Ge, length, Operand::I64(least as i64));
        let words = format!("the list has outgrown the {least} elements that it has room for while sound runs");
        self.fault_if(is_full, FaultText::new("MemoryError", &words), &[]);
        self.emit.bound(length, (0, least as i64 - 1));
        self.store_element(Flavour::List, &storages, list.op(), length, value)?;
        let longer = self.emit.index_binary(IntBinary::Add, length, Operand::I64(1));
        self.emit.bound(longer, (1, least as i64));
        Ok(Val::seq(Flavour::List, storages, list.op(), &[longer], &[Operand::I64(1)]))
    }
}

/// The addresses of what a value is, or contains, of lists in `storages`.
fn addresses_in(value: &Val, storages: &[StorageId], found: &mut Vec<Operand>) {
    let mut inner = |kind: &Kind, skip: usize| {
        addresses_in(&Val::new(kind.clone(), value.ops[skip..].to_vec()), storages, found);
    };
    match &value.kind {
        Kind::Seq(seq) if seq.storages.iter().any(|id| storages.contains(id)) => found.push(value.op()),
        Kind::Optional(kind) | Kind::MaybeUnbound(kind) => inner(kind, 1),
        Kind::Method(bound) => inner(&bound.0, 0),
        _ => value.fields().iter().flatten().for_each(|field| addresses_in(field, storages, found)),
    }
}
