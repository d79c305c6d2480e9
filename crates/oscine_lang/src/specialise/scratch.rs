//! Memory for lists and arrays that are made while sound runs.
//!
//! Every place of the program that makes one has memory of its own, so that nothing is allocated. In a loop the same
//! place makes another one at every turn, while a variable may still hold that of an earlier turn (`previous = present`).
//! Such a place has one memory more than there are variables that may hold one of its results, and takes the first that
//! none of them holds: what Python's garbage collector would have found free.

use crate::ir::{BoolBinary, Compare, Operand};
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
        let held = self.heap.known_scratch(key).map_or_else(Vec::new, |storage| self.addresses_held(storage));
        let storage = self.heap.scratch(key, element, count * (held.len() + 1));
        let first = i64::from(self.heap.storage_cell(storage));
        let size = count as i64 * self.element_width(&[storage]);
        let mut address = Operand::I64(first + size * held.len() as i64);
        for version in (0..held.len() as i64).rev() {
            let start = first + size * version;
            let mut is_taken = Operand::Bool(false);
            for holder in &held {
                let is_after = self.emit.int_compare(Compare::Ge, *holder, Operand::I64(start));
                let is_before = self.emit.int_compare(Compare::Lt, *holder, Operand::I64(start + size));
                let is_inside = self.emit.bool_binary(BoolBinary::And, is_after, is_before);
                is_taken = self.emit.bool_binary(BoolBinary::Or, is_taken, is_inside);
            }
            address = self.emit.select(is_taken, address, Operand::I64(start));
        }
        self.emit.bound(address, (first, first + size * held.len() as i64));
        (storage, address)
    }

    fn scratch_key(&mut self) -> Key {
        let count = self.scratch_count.entry((self.path, self.span)).or_default();
        *count += 1;
        (self.path, self.span, *count)
    }

    /// The addresses that variables hold of what may lie in `storage`, each once.
    fn addresses_held(&self, storage: StorageId) -> Vec<Operand> {
        let mut held = vec![];
        for (index, variables) in self.scopes.variables.iter().enumerate() {
            let Some(scope) = self.scopes.list.get(index) else { continue };
            // A scope that was kept for the functions made in it, after its call ended.
            let is_over = scope.def.is_some() && !self.calls.iter().any(|call| call.path == scope.path);
            if !is_over {
                variables.values().for_each(|value| collect(value, storage, &mut held));
            }
        }
        held
    }
}

/// The addresses in a value of what may lie in `storage`.
fn collect(value: &Val, storage: StorageId, held: &mut Vec<Operand>) {
    match &value.kind {
        Kind::Seq(seq) if seq.storages.contains(&storage) && !held.contains(&value.op()) => held.push(value.op()),
        Kind::Tuple(_) => value.items().iter().flatten().for_each(|item| collect(item, storage, held)),
        Kind::Optional(inner) | Kind::MaybeUnbound(inner) => {
            collect(&Val::new((**inner).clone(), value.ops[1..].to_vec()), storage, held);
        }
        Kind::Method(bound) => collect(&Val::new(bound.0.clone(), value.ops.clone()), storage, held),
        _ => {}
    }
}
