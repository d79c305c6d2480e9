//! Memory for lists and arrays that are made while sound runs.
//!
//! Every place of the program that makes one has memory of its own, so that nothing is allocated. In a loop the same
//! place makes another one at every turn, while a variable may still hold that of an earlier turn (`previous = present`).
//! Such a place has one memory more than there are variables that may hold one of its results, and takes the first that
//! none of them holds: what Python's garbage collector would have found free.

use crate::evaluate::value::Name;
use crate::ir::{BoolBinary, Compare, IntBinary, Operand};
use crate::source::Span;

use super::Walker;
use super::heap::StorageId;
use super::kind::{Kind, Val};

/// What tells a place's memory from that of others.
type Key = (u32, Span, u32);

impl Walker<'_> {
    /// Memory for `count` elements, and where it begins.
    pub(crate) fn fresh_memory(&mut self, element: &Kind, count: usize) -> (StorageId, Operand) {
        let key = self.scratch_key();
        let held = self.heap.known_scratch(key).map_or_else(Vec::new, |storage| self.addresses_held(&[storage]));
        let count = count.max(self.heap.known_scratch(key).map_or(0, |storage| self.heap.room_of(storage)));
        let storage = self.heap.scratch(key, element, count * (held.len() + 1));
        let first = i64::from(self.heap.storage_cell(storage));
        let size = count as i64 * self.element_width(&[storage]);
        let version = self.free_version(Operand::I64(first), size, held.len() as i64 + 1, &held);
        let distance = self.emit.index_binary(IntBinary::Mul, version, Operand::I64(size));
        let address = self.emit.index_binary(IntBinary::Add, Operand::I64(first), distance);
        (storage, address)
    }

    /// The first of several memories of one size, one after the other, in which none of the addresses lies.
    pub(crate) fn free_version(&mut self, first: Operand, size: i64, versions: i64, held: &[Operand]) -> Operand {
        let mut free = Operand::I64(versions - 1);
        for version in (0..versions - 1).rev() {
            let start = self.emit.index_binary(IntBinary::Add, first, Operand::I64(size * version));
            let end = self.emit.index_binary(IntBinary::Add, start, Operand::I64(size));
            let mut is_taken = Operand::Bool(false);
            for holder in held {
                let is_after = self.emit.int_compare(Compare::Ge, *holder, start);
                let is_before = self.emit.int_compare(Compare::Lt, *holder, end);
                let is_inside = self.emit.bool_binary(BoolBinary::And, is_after, is_before);
                is_taken = self.emit.bool_binary(BoolBinary::Or, is_taken, is_inside);
            }
            free = self.emit.select(is_taken, free, Operand::I64(version));
        }
        self.emit.bound(free, (0, versions - 1));
        free
    }

    fn scratch_key(&mut self) -> Key {
        let count = self.scratch_count.entry((self.path, self.span)).or_default();
        *count += 1;
        (self.path, self.span, *count)
    }

    /// Whether a list made at this place grows.
    pub(crate) fn will_grow(&mut self) -> bool {
        let count = self.scratch_count.get(&(self.path, self.span)).copied().unwrap_or_default();
        let storage = self.heap.known_scratch((self.path, self.span, count + 1));
        storage.is_some_and(|storage| self.heap.room_of(storage) > 0)
    }

    /// The values of all variables of the calls that have not ended, and of expressions under evaluation.
    pub(crate) fn values_held(&self) -> impl Iterator<Item = &Val> {
        let open = self.scopes.variables.iter().enumerate().filter(|(index, _)| self.is_open(*index));
        open.flat_map(|(_, variables)| variables.values()).chain(self.emit.pending())
    }

    /// The addresses that variables and expressions under evaluation hold of what may lie in `storages`, each once.
    pub(crate) fn addresses_held(&self, storages: &[StorageId]) -> Vec<Operand> {
        let mut held = vec![];
        let storages = &self.heap.with_parts(storages);
        self.values_held().for_each(|value| collect(value, storages, &mut held));
        held
    }

    /// Whether a scope's call has not ended: some are kept for the functions made in them.
    fn is_open(&self, scope: usize) -> bool {
        self.scopes
            .list
            .get(scope)
            .is_some_and(|scope| scope.def.is_none() || self.calls.iter().any(|call| call.path == scope.path))
    }

    /// Lets the variables that hold an array that was put into a slot mean the slot's cells: it is one array. In a
    /// loop that cannot be, where a turn that has not come would not have put it there.
    pub(crate) fn rename(&mut self, old: &Val, new: &Val) {
        if self.turns_open > 0 || old.kind == new.kind && old == new {
            return;
        }
        let (Kind::Seq(from), Kind::Seq(to)) = (&old.kind, &new.kind) else { return };
        if from.flavour != to.flavour || from.dims != to.dims {
            return;
        }
        for scope in 0..self.scopes.variables.len() {
            if !self.is_open(scope) {
                continue;
            }
            let names: Vec<Name> = self.scopes.variables[scope]
                .iter()
                .filter(|(_, value)| *value == old)
                .map(|(name, _)| name.clone())
                .collect();
            for name in names {
                self.scopes.set(scope, name, new.clone());
            }
        }
    }
}

/// The addresses in a value of what may lie in `storages`.
fn collect(value: &Val, storages: &[StorageId], held: &mut Vec<Operand>) {
    match &value.kind {
        Kind::Seq(seq) if seq.storages.iter().any(|id| storages.contains(id)) && !held.contains(&value.op()) => {
            held.push(value.op());
        }
        Kind::Tuple(_) | Kind::Record(_) | Kind::Made(_) => {
            value.fields().iter().flatten().for_each(|item| collect(item, storages, held));
        }
        Kind::Optional(inner) | Kind::MaybeUnbound(inner) => {
            collect(&Val::new((**inner).clone(), value.ops[1..].to_vec()), storages, held);
        }
        Kind::Method(bound) => collect(&Val::new(bound.0.clone(), value.ops.clone()), storages, held),
        _ => {}
    }
}
