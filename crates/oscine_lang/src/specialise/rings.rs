//! Deques, and lists that grow and shrink while sound runs, as rings in memory of a fixed size.
//!
//! Element `i` lies at `(start + i) mod capacity`, the capacity being a power of two, so that both ends move without
//! copying. A list becomes one when audio time both adds to it and takes from it; one that only grows is an error.

use std::rc::Rc;

use crate::diagnostics::errors;
use crate::evaluate::value::Value;
use crate::ir::{Compare, IntBinary, Operand};

use super::calls::CallArgs;
use super::emit::FaultText;
use super::heap::{Origin, SlotId, StorageId};
use super::kind::{Flavour, Kind, Val};
use super::{Told, Walk, Walker};

/// A ring: its memory, and the slots of its first place and its length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ring {
    pub(crate) storage: StorageId,
    pub(crate) start: SlotId,
    pub(crate) length: SlotId,
    /// A power of two.
    pub(crate) capacity: i64,
    /// The length at which an end is dropped for each element added to the other.
    pub(crate) max_length: Option<i64>,
}

impl Walker<'_> {
    fn ring(&mut self, value: &Val) -> Walk<Ring> {
        match &value.kind {
            Kind::Static(value @ (Value::Deque(_) | Value::List(_))) => Ok(self.heap.ring(&value.clone())),
            _ => Err(Told),
        }
    }

    /// A method that changes a list's length: from the next walk on the list is a ring.
    pub(crate) fn resizing_method(&mut self, list: &Val, name: &str) -> Walk<Val> {
        let span = self.span;
        let Kind::Seq(seq) = &list.kind else { return Err(Told) };
        if let [storage] = seq.storages[..]
            && let Origin::List(live) = self.heap.storages[storage.0 as usize].origin.clone()
        {
            self.heap.make_ring(&live, matches!(name, "pop" | "remove" | "clear"));
            return Err(Told);
        }
        self.refuse(errors::grows(span, name))
    }

    fn read_int(&mut self, slot: SlotId) -> Operand {
        self.read_slot(slot).ops.first().copied().unwrap_or(Operand::I64(0))
    }

    fn wrapped(&mut self, ring: &Ring, at: Operand) -> Operand {
        self.emit.index_binary(IntBinary::And, at, Operand::I64(ring.capacity - 1))
    }

    /// Where element `index` lies.
    fn ring_place(&mut self, ring: &Ring, index: Operand) -> Operand {
        let start = self.read_int(ring.start);
        let at = self.emit.index_binary(IntBinary::Add, start, index);
        self.wrapped(ring, at)
    }

    fn ring_load(&mut self, ring: &Ring, place: Operand) -> Val {
        let address = Operand::I64(i64::from(self.heap.storage_cell(ring.storage)));
        self.load_element(Flavour::List, &[ring.storage], address, place)
    }

    fn ring_store(&mut self, ring: &Ring, place: Operand, value: &Val) -> Walk<()> {
        let address = Operand::I64(i64::from(self.heap.storage_cell(ring.storage)));
        self.store_element(Flavour::List, &[ring.storage], address, place, value)
    }

    fn set_int(&mut self, slot: SlotId, value: Operand, interval: (i64, i64)) -> Walk<()> {
        self.emit.bound(value, interval);
        let span = self.span;
        self.write_slot(slot, &Val::int(value), span)
    }

    fn move_start(&mut self, ring: &Ring, distance: i64) -> Walk<()> {
        let start = self.read_int(ring.start);
        let moved = self.emit.index_binary(IntBinary::Add, start, Operand::I64(distance));
        let moved = self.wrapped(ring, moved);
        self.set_int(ring.start, moved, (0, ring.capacity - 1))
    }

    fn change_length(&mut self, ring: &Ring, change: i64) -> Walk<()> {
        let length = self.read_int(ring.length);
        let changed = self.emit.index_binary(IntBinary::Add, length, Operand::I64(change));
        self.set_int(ring.length, changed, (0, ring.max_length.unwrap_or(ring.capacity)))
    }

    pub(crate) fn deque_length(&mut self, deque: &Val) -> Walk<Val> {
        let ring = self.ring(deque)?;
        Ok(Val::int(self.read_int(ring.length)))
    }

    /// Element `index`, which is within bounds.
    pub(crate) fn deque_element(&mut self, deque: &Val, index: Operand) -> Walk<Val> {
        let ring = self.ring(deque)?;
        let place = self.ring_place(&ring, index);
        Ok(self.ring_load(&ring, place))
    }

    pub(crate) fn deque_item(&mut self, deque: &Val, index: &Val) -> Walk<Val> {
        let ring = self.ring(deque)?;
        let length = self.read_int(ring.length);
        let at = self.checked_index(index, length, index_words(deque))?;
        let place = self.ring_place(&ring, at);
        Ok(self.ring_load(&ring, place))
    }

    pub(crate) fn set_deque_item(&mut self, deque: &Val, index: &Val, value: &Val) -> Walk<()> {
        let ring = self.ring(deque)?;
        let length = self.read_int(ring.length);
        let words = if is_list(deque) { "list assignment index out of range" } else { "deque index out of range" };
        let at = self.checked_index(index, length, words)?;
        let place = self.ring_place(&ring, at);
        self.ring_store(&ring, place, value)
    }

    pub(crate) fn deque_method(&mut self, deque: &Val, name: &str, args: &CallArgs) -> Walk<Val> {
        let ring = self.ring(deque)?;
        let span = self.span;
        if is_list(deque) && matches!(name, "append" | "insert" | "extend") && !self.heap.shrinks(deque) {
            return self.refuse(errors::grows(span, name));
        }
        if matches!(name, "pop" | "clear" | "remove") {
            self.heap.note_shrinking(deque);
        }
        match name {
            "append" => {
                let value = self.argument(name, args, 0)?;
                self.push_back(&ring, &value)?;
            }
            "appendleft" => {
                let value = self.argument(name, args, 0)?;
                self.push_front(&ring, &value)?;
            }
            "insert" => {
                let (index, value) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                if index.as_int() != Some(0) {
                    return self.refuse(errors::not_in_process(span, "`insert` other than at the start"));
                }
                self.push_front(&ring, &value)?;
            }
            "extend" => {
                let items = self.argument(name, args, 0)?;
                self.fold(&items, Val::none(), &mut |walker, _, item| {
                    walker.push_back(&ring, &item)?;
                    Ok(Val::none())
                })?;
            }
            "pop" => {
                return match args.positional.first() {
                    None => self.pop_back(&ring, deque),
                    Some(index) => match index.as_int() {
                        Some(-1) => self.pop_back(&ring, deque),
                        Some(0) => self.pop_front(&ring, deque),
                        _ => self.refuse(errors::not_in_process(span, "`pop` other than at an end")),
                    },
                };
            }
            "popleft" => return self.pop_front(&ring, deque),
            "clear" => self.set_int(ring.length, Operand::I64(0), (0, 0))?,
            "rotate" => {
                let count = match args.positional.first() {
                    Some(count) => count.as_int(),
                    None => Some(1),
                };
                match count {
                    Some(1) => {
                        let value = self.pop_back(&ring, deque)?;
                        self.push_front(&ring, &value)?;
                    }
                    Some(-1) => {
                        let value = self.pop_front(&ring, deque)?;
                        self.push_back(&ring, &value)?;
                    }
                    _ => return self.refuse(errors::not_in_process(span, "`rotate` by more than one place")),
                }
            }
            _ => return self.refuse(errors::no_method(span, &static_name(deque), name)),
        }
        Ok(Val::none())
    }

    fn push_back(&mut self, ring: &Ring, value: &Val) -> Walk<()> {
        self.make_room(ring, true)?;
        let length = self.read_int(ring.length);
        // A deque that is always full has dropped its first element and kept its length.
        let is_kept = ring.max_length.is_some_and(|limit| length == Operand::I64(limit));
        let last = if is_kept { self.emit.index_binary(IntBinary::Sub, length, Operand::I64(1)) } else { length };
        let place = self.ring_place(ring, last);
        self.ring_store(ring, place, value)?;
        self.grow(ring)
    }

    fn push_front(&mut self, ring: &Ring, value: &Val) -> Walk<()> {
        self.make_room(ring, false)?;
        self.move_start(ring, -1)?;
        let place = self.ring_place(ring, Operand::I64(0));
        self.ring_store(ring, place, value)?;
        self.grow(ring)
    }

    /// Drops an element of a full deque of bounded length, or faults where a list has no room.
    fn make_room(&mut self, ring: &Ring, drop_first: bool) -> Walk<()> {
        let length = self.read_int(ring.length);
        let limit = ring.max_length.unwrap_or(ring.capacity);
        let is_full = self.emit.int_compare(Compare::Ge, length, Operand::I64(limit));
        if ring.max_length.is_none() {
            let words = format!("the list has outgrown the {limit} elements that it has room for while sound runs");
            self.fault_if(is_full, FaultText::new("MemoryError", &words), &[]);
            return Ok(());
        }
        let ring = *ring;
        let mut result = Ok(());
        self.branch(
            is_full,
            |walker| {
                if drop_first {
                    result = walker.move_start(&ring, 1);
                }
                // A deque that is always full keeps its length, which then is a constant.
                if is_full != Operand::Bool(true) {
                    result = result.and(walker.change_length(&ring, -1));
                }
                Ok(Val::none())
            },
            |_| Ok(Val::none()),
        )?;
        result
    }

    fn grow(&mut self, ring: &Ring) -> Walk<()> {
        let length = self.read_int(ring.length);
        if ring.max_length.is_some_and(|limit| length == Operand::I64(limit)) {
            return Ok(());
        }
        self.change_length(ring, 1)
    }

    fn check_not_empty(&mut self, ring: &Ring, deque: &Val) -> Walk<()> {
        let length = self.read_int(ring.length);
        let is_empty = self.emit.int_compare(Compare::Le, length, Operand::I64(0));
        let words = if is_list(deque) { "pop from empty list" } else { "pop from an empty deque" };
        self.fault_if(is_empty, FaultText::new("IndexError", words), &[]);
        if self.is_alive { Ok(()) } else { Err(Told) }
    }

    fn pop_back(&mut self, ring: &Ring, deque: &Val) -> Walk<Val> {
        self.check_not_empty(ring, deque)?;
        self.change_length(ring, -1)?;
        let length = self.read_int(ring.length);
        let place = self.ring_place(ring, length);
        Ok(self.ring_load(ring, place))
    }

    fn pop_front(&mut self, ring: &Ring, deque: &Val) -> Walk<Val> {
        self.check_not_empty(ring, deque)?;
        let place = self.ring_place(ring, Operand::I64(0));
        let value = self.ring_load(ring, place);
        self.move_start(ring, 1)?;
        self.change_length(ring, -1)?;
        Ok(value)
    }
}

fn is_list(deque: &Val) -> bool {
    matches!(deque.kind, Kind::Static(Value::List(_)))
}

fn static_name(deque: &Val) -> String {
    if is_list(deque) { "list".to_owned() } else { "collections.deque".to_owned() }
}

fn index_words(deque: &Val) -> &'static str {
    if is_list(deque) { "list index out of range" } else { "deque index out of range" }
}

/// The address of a list or deque, by which it is known.
pub(crate) fn ring_address(value: &Value) -> usize {
    match value {
        Value::Deque(deque) => Rc::as_ptr(deque) as usize,
        Value::List(list) => Rc::as_ptr(list) as usize,
        _ => 0,
    }
}
