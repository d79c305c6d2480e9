//! The memories behind lists, arrays, tables, rings and results.

use std::rc::Rc;

use crate::evaluate::value::{Array, Dtype, List, Value};
use crate::specialise::emit::Interval;
use crate::specialise::kind::{FLOAT, Kind, OwnedKind, Val, join, same_value, with_owned};
use crate::specialise::rings::{Ring, ring_address};

use super::{Heap, Origin, SlotId, Storage, StorageId, cell_count, dtype_kind, value_interval};

impl Heap {
    pub(super) fn new_storage(&mut self, origin: Origin, element: Kind, count: usize, path: &str) -> StorageId {
        let element = self.new_slot(element, None, path.to_owned(), None);
        self.storages.push(Storage { origin, element, count, path: path.to_owned() });
        StorageId(self.storages.len() as u32 - 1)
    }

    pub(super) fn list_storage(&mut self, list: &Rc<List>, path: &str) -> StorageId {
        let address = Rc::as_ptr(list) as usize;
        if let Some(id) = self.by_address.get(&address) {
            return StorageId(*id);
        }
        let items: Vec<Value> = list.0.borrow().clone();
        let path = self.name(address, path).to_owned();
        let id = self.new_storage(Origin::List(list.clone()), Kind::Unbound, items.len(), &path);
        // Known before its elements are looked at: a list may contain itself.
        self.by_address.insert(address, id.0);
        self.join_elements(id, &items, &path);
        id
    }

    /// Joins the elements' kinds. Where they have no join, only constant indices can read them.
    pub(super) fn join_elements(&mut self, id: StorageId, items: &[Value], path: &str) {
        let slot = self.storages[id.0 as usize].element;
        let mut interval = items.first().and_then(value_interval);
        let mut kind: Option<Kind> = None;
        let mut conflict = None;
        // Most lists are of plain floats: their kinds need no path.
        for (i, item) in items.iter().enumerate() {
            let item_kind =
                if let Value::Float(_) = item { FLOAT } else { self.kind_of(item, &format!("{path}[{i}]")) };
            let known = interval.zip(value_interval(item));
            interval = known.map(|(a, b): (Interval, Interval)| (a.0.min(b.0), a.1.max(b.1)));
            kind = Some(match kind {
                None => item_kind,
                Some(kind) => join(&kind, &item_kind).unwrap_or_else(|| {
                    conflict = Some((kind.clone(), item_kind));
                    kind
                }),
            });
        }
        let slot = &mut self.slots[slot.0 as usize];
        slot.kind = kind.unwrap_or(FLOAT);
        slot.interval = interval;
        slot.conflict = conflict;
    }

    /// The ring that a deque is, or a list that grows and shrinks.
    pub(crate) fn ring(&mut self, value: &Value) -> Ring {
        let address = ring_address(value);
        if let Some(ring) = self.rings.get(&address) {
            return *ring;
        }
        let (items, max_length): (Vec<Value>, Option<i64>) = match value {
            Value::Deque(deque) => {
                (deque.items.borrow().iter().cloned().collect(), deque.max_len.map(|length| length as i64))
            }
            Value::List(list) => (list.0.borrow().clone(), None),
            _ => (vec![], None),
        };
        let room = max_length.unwrap_or_else(|| (2 * items.len() as i64).max(items.len() as i64 + 16));
        let capacity = (room.max(1) as u64).next_power_of_two() as i64;
        let first = Rc::new(items.clone());
        let storage = self.new_storage(Origin::Ring(first), Kind::Unbound, capacity as usize, "");
        self.join_elements(storage, &items, "");
        // Elements that are not there yet are zeros.
        let element = self.storages[storage.0 as usize].element;
        self.slots[element.0 as usize].is_written = true;
        let start = self.new_slot(Kind::Int, Some(Value::Int(0)), "ring.start".to_owned(), None);
        let length = self.new_slot(Kind::Int, Some(Value::Int(items.len() as i64)), "ring.length".to_owned(), None);
        let ring = Ring { storage, start, length, capacity, max_length };
        self.rings.insert(address, ring);
        ring
    }

    /// From the next round on a list is a ring.
    pub(crate) fn make_ring(&mut self, list: &Rc<List>, shrinks: bool) {
        let known = self.resized.entry(Rc::as_ptr(list) as usize).or_default();
        *known |= shrinks;
        self.changed = true;
    }

    /// Whether audio time also takes from a list that it adds to.
    pub(crate) fn shrinks(&mut self, list: &Val) -> bool {
        let Kind::Static(value) = &list.kind else { return false };
        self.resized.get(&ring_address(value)).copied().unwrap_or(false)
    }

    /// Notes that audio time takes from a list.
    pub(crate) fn note_shrinking(&mut self, list: &Val) {
        if let Kind::Static(value @ Value::List(_)) = &list.kind
            && let Some(shrinks) = self.resized.get_mut(&ring_address(value))
            && !*shrinks
        {
            *shrinks = true;
            self.changed = true;
        }
    }

    /// Whether a slot was given cells in this round.
    pub(crate) fn has_place(&self, slot: SlotId) -> bool {
        match &self.slots[slot.0 as usize].owner {
            Some((inst, _)) => self.layout.instances.contains_key(inst),
            None => self.layout.slots.contains_key(&slot),
        }
    }

    /// The path of a parameter that a slot holds.
    pub(crate) fn param_path(&self, slot: SlotId) -> Option<String> {
        let slot = &self.slots[slot.0 as usize];
        matches!(slot.initial, Some(Value::Param(_))).then(|| slot.path.clone())
    }

    pub(super) fn array_storage(&mut self, array: &Array, path: &str) -> StorageId {
        let address = Rc::as_ptr(&array.data) as usize;
        if let Some(id) = self.by_address.get(&address) {
            return StorageId(*id);
        }
        let count = cell_count(&array.data.cells.borrow());
        let path = self.name(address, path).to_owned();
        let id = self.new_storage(Origin::Array(array.data.clone()), dtype_kind(array.data.dtype), count, &path);
        self.by_address.insert(address, id.0);
        id
    }

    /// Constants as memory.
    pub(crate) fn table(&mut self, values: Vec<Value>) -> StorageId {
        for id in &self.tables {
            if let Origin::Table(known) = &self.storages[id.0 as usize].origin
                && known.len() == values.len()
                && known.iter().zip(&values).all(|(a, b)| same_value(a, b))
            {
                return *id;
            }
        }
        let id = self.new_storage(Origin::Table(Rc::new(values.clone())), FLOAT, values.len(), "");
        self.join_elements(id, &values, "");
        self.tables.push(id);
        id
    }

    /// The memory that a place of the program was given in an earlier round.
    pub(crate) fn known_scratch(&self, key: (u32, crate::source::Span, u32)) -> Option<StorageId> {
        self.scratches.get(&key).copied()
    }

    /// Memory for a result: the same in every round for the same place of the program.
    pub(crate) fn scratch(&mut self, key: (u32, crate::source::Span, u32), element: &Kind, count: usize) -> StorageId {
        let id = if let Some(id) = self.scratches.get(&key) {
            *id
        } else {
            let id = self.new_storage(Origin::Scratch, element.clone(), count, "");
            let slot = self.storages[id.0 as usize].element;
            self.slots[slot.0 as usize].is_written = true;
            self.scratches.insert(key, id);
            id
        };
        let slot = self.storages[id.0 as usize].element;
        self.widen_kind(slot, element);
        if self.storages[id.0 as usize].count != count {
            self.storages[id.0 as usize].count = count;
            self.changed = true;
        }
        id
    }

    /// How many elements the lists in a memory have room for, if they grow; else 0.
    pub(crate) fn room_of(&self, id: StorageId) -> usize {
        self.rooms.get(&id).copied().unwrap_or_default()
    }

    /// Gives the lists in a memory room for `room` elements and says for how many they have. What an empty list holds is
    /// open until then.
    pub(crate) fn need_room(&mut self, id: StorageId, room: usize) -> usize {
        if !self.rooms.contains_key(&id) && self.storages[id.0 as usize].count == 0 {
            let slot = self.storages[id.0 as usize].element;
            self.slots[slot.0 as usize].kind = Kind::Poison;
        }
        let known = self.rooms.entry(id).or_default();
        if *known < room {
            *known = room;
            self.changed = true;
        }
        *known
    }

    /// The parts of the elements of a storage of complex numbers as a storage of floats.
    pub(crate) fn parts(&mut self, whole: StorageId) -> StorageId {
        let count = 2 * self.storages[whole.0 as usize].count;
        let id = if let Some(id) = self.parts.get(&whole) {
            *id
        } else {
            let path = self.storages[whole.0 as usize].path.clone();
            let id = self.new_storage(Origin::Parts(whole), dtype_kind(Dtype::Float), count, &path);
            self.parts.insert(whole, id);
            id
        };
        self.storages[id.0 as usize].count = count;
        id
    }

    /// Storages, and those of the parts of their elements.
    pub(crate) fn with_parts(&self, storages: &[StorageId]) -> Vec<StorageId> {
        let parts = storages.iter().filter_map(|id| self.parts.get(id));
        storages.iter().chain(parts).copied().collect()
    }

    /// The storage of complex numbers that parts are of; any other storage is one itself.
    pub(crate) fn whole(&self, id: StorageId) -> StorageId {
        if let Origin::Parts(whole) = self.storages[id.0 as usize].origin { whole } else { id }
    }

    /// Notes that audio time writes parts of complex numbers.
    pub(crate) fn note_parts_written(&mut self, storages: &[StorageId]) {
        for id in storages {
            if let Origin::Parts(whole) = self.storages[id.0 as usize].origin {
                let element = self.find(self.storages[whole.0 as usize].element);
                let slot = &mut self.slots[element.0 as usize];
                if !slot.is_written {
                    slot.is_written = true;
                    self.changed = true;
                }
            }
        }
    }

    /// The table that transforms of `n` points need, as constants.
    pub(crate) fn roots(&mut self, n: usize) -> StorageId {
        if let Some(id) = self.roots.get(&n) {
            return *id;
        }
        let table = oscine_dsp::fourier::table(n);
        let values: Vec<Value> = table.into_iter().map(Value::Float).collect();
        let count = values.len();
        let id = self.new_storage(Origin::Table(Rc::new(values)), FLOAT, count, "");
        self.roots.insert(n, id);
        id
    }

    /// The storage that cells of a slot are, which holds arrays by value; `index` says which one of them.
    pub(super) fn owned_storage(&mut self, slot: SlotId, index: usize, owned: &OwnedKind) -> StorageId {
        let slot = self.find_owner(slot);
        let count = owned.dims.iter().product::<i64>() as usize * owned.versions;
        let id = if let Some(id) = self.owned.get(&(slot, index)) {
            *id
        } else {
            let path = self.slots[slot.0 as usize].path.clone();
            let id = self.new_storage(Origin::Owned(slot, index), owned.element.clone(), count, &path);
            self.owned.insert((slot, index), id);
            id
        };
        self.storages[id.0 as usize].count = count;
        let element = self.storages[id.0 as usize].element;
        self.widen_kind(element, &owned.element);
        self.slots[element.0 as usize].is_written = true;
        let kind = self.slot(element).kind.clone();
        if kind != owned.element {
            self.change_owned(slot, index, &mut |owned| owned.element = kind.clone());
        }
        id
    }

    /// Elements of lists that one instruction may reach are one slot; attributes of objects stay apart.
    pub(super) fn find_owner(&self, slot: SlotId) -> SlotId {
        if self.slots[slot.0 as usize].owner.is_some() { slot } else { self.find(slot) }
    }

    /// Makes room for one more array at a time than variables hold of those that a slot has held.
    pub(crate) fn need_versions(&mut self, slot: SlotId, index: usize, versions: usize) {
        self.change_owned(slot, index, &mut |owned| owned.versions = versions);
    }

    pub(super) fn change_owned(&mut self, slot: SlotId, index: usize, change: &mut dyn FnMut(&mut OwnedKind)) {
        let slot = self.find(slot);
        let mut at = index;
        let changed = with_owned(&self.slots[slot.0 as usize].kind, &mut at, change);
        self.slots[slot.0 as usize].kind = changed;
        self.changed = true;
    }

    /// The storages that the cells of slots are, those known so far.
    pub(crate) fn owned_storages(&self, slots: &[SlotId], index: usize) -> Vec<StorageId> {
        slots.iter().filter_map(|slot| self.owned.get(&(self.find_owner(*slot), index)).copied()).collect()
    }

    /// The one slot of the elements of all these storages.
    pub(crate) fn element_slot(&mut self, storages: &[StorageId]) -> SlotId {
        let slots: Vec<SlotId> = storages.iter().map(|id| self.storages[id.0 as usize].element).collect();
        self.merge(&slots)
    }
}
