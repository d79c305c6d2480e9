//! The live objects that audio time reaches, as slots of typed memory.
//!
//! Every named place (a global, an attribute, a closure's variable, an item of a dict) is a [`Slot`]; the elements of a
//! list or an array share one. A slot that audio time never writes is a constant. Of one that it writes, the kind is
//! the join of its first value with all that is stored, found by specialising again until nothing changes; slots that
//! one instruction may reach through a reference are merged, since their cells must look alike.
//!
//! Cells are given out afresh in each round, as slots are met. Objects of one class have records of one layout, next to
//! each other, so that a reference tells its class by its address.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::evaluate::value::{
    Array, ArrayData, Cells, Class, Dict, Dtype, Instance, Key, List, Name, Namespace, ParamValue, Value,
};
use crate::ir::{Operand, StateEntry, Type};

use super::emit::Interval;
use super::kind::{
    Dim, FLOAT, Flavour, Kind, OwnedKind, RecordKind, SeqKind, Val, fixed_dims, join, owned_in, same_value, with_owned,
};
use super::rings::{Ring, ring_address};

/// A live object with attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct InstId(pub(crate) u32);

/// The memory behind lists and arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StorageId(pub(crate) u32);

/// A live dict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DictId(pub(crate) u32);

/// A place that holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SlotId(pub(crate) u32);

/// A place that holds a value, or all elements of a storage.
#[derive(Debug)]
pub(crate) struct Slot {
    merged_into: Option<SlotId>,
    /// What its cells hold.
    pub(crate) kind: Kind,
    /// Whether audio time stores to it (or the host does, for a parameter).
    pub(crate) is_written: bool,
    /// What is known of an int in it.
    pub(crate) interval: Option<Interval>,
    widenings: u8,
    /// The value before the first sample; `None` if it has none.
    pub(crate) initial: Option<Value>,
    /// Its name for people.
    pub(crate) path: String,
    /// The instance it is an attribute of.
    owner: Option<(InstId, Name)>,
    /// Kinds that met here and have no join, for a message.
    pub(crate) conflict: Option<(Kind, Kind)>,
}

/// An object with attributes.
#[derive(Debug)]
pub(crate) struct Inst {
    pub(crate) value: Rc<Instance>,
    pub(crate) path: String,
    class: usize,
    slots: IndexMap<Name, SlotId>,
}

/// What a storage is made of.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// A live list.
    List(Rc<List>),
    /// A live array's memory.
    Array(Rc<ArrayData>),
    /// Constants put into memory to be indexed.
    Table(Rc<Vec<Value>>),
    /// Memory for a result.
    Scratch,
    /// The cells of a slot that holds arrays by value, for the one of this index.
    Owned(SlotId, usize),
    /// A ring, with what is in it at first.
    Ring(Rc<Vec<Value>>),
}

/// Memory behind lists and arrays.
#[derive(Debug)]
pub(crate) struct Storage {
    pub(crate) origin: Origin,
    /// The slot of its elements.
    pub(crate) element: SlotId,
    /// How many elements.
    pub(crate) count: usize,
    pub(crate) path: String,
}

/// Where things lie in this round.
#[derive(Debug, Default)]
struct Layout {
    next: u32,
    slots: HashMap<SlotId, u32>,
    storages: HashMap<StorageId, u32>,
    instances: HashMap<InstId, u32>,
    records: HashMap<usize, Record>,
}

/// The layout of a class's objects.
#[derive(Debug, Default)]
struct Record {
    fields: IndexMap<Name, (u32, usize)>,
    cells: u32,
}

/// All that audio time reaches.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    pub(crate) slots: Vec<Slot>,
    pub(crate) instances: Vec<Inst>,
    pub(crate) storages: Vec<Storage>,
    pub(crate) dicts: Vec<(Rc<Dict>, String, IndexMap<Key, SlotId>)>,
    /// Slots by the address of their namespace and their name.
    spaces: HashMap<(usize, Name), SlotId>,
    by_address: HashMap<usize, u32>,
    owned: HashMap<(SlotId, usize), StorageId>,
    tables: Vec<StorageId>,
    scratches: HashMap<(u32, crate::source::Span, u32), StorageId>,
    layout: Layout,
    /// Something that was assumed in this round no longer holds: go round again.
    pub(crate) changed: bool,
    rings: HashMap<usize, Ring>,
    /// What deques and lists that became rings are called, by their addresses.
    ring_paths: HashMap<usize, String>,
    /// Lists that audio time lengthens or shortens; whether it shortens them.
    resized: HashMap<usize, bool>,
    /// Parameters in the order in which they were met, with the slots that hold them.
    pub(crate) params: Vec<(Rc<ParamValue>, Vec<SlotId>)>,
}

impl Heap {
    /// Starts a round: places are given out anew.
    pub(crate) fn begin_round(&mut self) {
        self.layout = Layout::default();
        self.changed = false;
    }

    // Slots.

    fn new_slot(&mut self, kind: Kind, initial: Option<Value>, path: String, owner: Option<(InstId, Name)>) -> SlotId {
        let interval = initial.as_ref().and_then(value_interval);
        let is_param = matches!(initial, Some(Value::Param(_)));
        self.slots.push(Slot {
            merged_into: None,
            kind,
            is_written: is_param,
            interval: if is_param { None } else { interval },
            widenings: 0,
            initial,
            path,
            owner,
            conflict: None,
        });
        SlotId(self.slots.len() as u32 - 1)
    }

    /// The slot that `slot` was merged into.
    pub(crate) fn find(&self, mut slot: SlotId) -> SlotId {
        while let Some(into) = self.slots[slot.0 as usize].merged_into {
            slot = into;
        }
        slot
    }

    pub(crate) fn slot(&self, slot: SlotId) -> &Slot {
        &self.slots[self.find(slot).0 as usize]
    }

    /// Makes slots that one instruction may reach look alike.
    pub(crate) fn merge(&mut self, slots: &[SlotId]) -> SlotId {
        let first = self.find(slots[0]);
        for slot in &slots[1..] {
            let other = self.find(*slot);
            if other == first {
                continue;
            }
            let (kind, is_written, interval) = {
                let other = &self.slots[other.0 as usize];
                (other.kind.clone(), other.is_written, other.interval)
            };
            self.slots[other.0 as usize].merged_into = Some(first);
            self.widen_kind(first, &kind);
            let into = &mut self.slots[first.0 as usize];
            into.is_written |= is_written;
            into.interval = into.interval.zip(interval).map(|(a, b)| (a.0.min(b.0), a.1.max(b.1)));
            self.changed = true;
        }
        first
    }

    fn widen_kind(&mut self, slot: SlotId, kind: &Kind) {
        let slot = self.find(slot);
        let present = self.slots[slot.0 as usize].kind.clone();
        match join(&present, kind) {
            Some(joined) if joined == present => {}
            Some(joined) => {
                self.slots[slot.0 as usize].kind = joined;
                self.changed = true;
            }
            None => self.slots[slot.0 as usize].conflict = Some((present, kind.clone())),
        }
    }

    /// Notes that audio time stores a value of this kind. `false` if the slot cannot hold it.
    pub(crate) fn note_store(&mut self, slot: SlotId, kind: &Kind, interval: Option<Interval>) -> bool {
        let slot = self.find(slot);
        let kind = self.memory_kind(kind);
        self.widen_kind(slot, &kind);
        let into = &mut self.slots[slot.0 as usize];
        if !into.is_written {
            into.is_written = true;
            self.changed = true;
        }
        let wider = into.interval.and_then(|known| {
            let (low, high) = interval?;
            Some((known.0.min(low), known.1.max(high)))
        });
        if wider != into.interval {
            // An interval that keeps growing would never end: after a few times nothing is known.
            into.widenings += 1;
            into.interval = if into.widenings > 3 { None } else { wider };
            self.changed = true;
        }
        into.conflict.is_none()
    }

    /// Whether what lies there may have been made while sound runs.
    pub(crate) fn is_fresh(&self, storages: &[StorageId]) -> bool {
        let is_made = |origin: &Origin| matches!(origin, Origin::Scratch | Origin::Owned(..));
        storages.iter().any(|id| is_made(&self.storages[id.0 as usize].origin))
    }

    /// What a slot holds for a value of `kind`: an array made while sound runs is held by value.
    pub(crate) fn memory_kind(&self, kind: &Kind) -> Kind {
        match kind {
            Kind::Seq(seq) => {
                let is_fresh = self.is_fresh(&seq.storages);
                match fixed_dims(&seq.dims) {
                    Some(dims) if is_fresh => {
                        let element = self.slot(self.storages[seq.storages[0].0 as usize].element).kind.clone();
                        Kind::Owned(Rc::new(OwnedKind { flavour: seq.flavour, dims, element, versions: 1 }))
                    }
                    _ => kind.clone(),
                }
            }
            Kind::Optional(kind) => Kind::Optional(Rc::new(self.memory_kind(kind))),
            Kind::Tuple(kinds) => Kind::Tuple(Rc::new(kinds.iter().map(|kind| self.memory_kind(kind)).collect())),
            _ => kind.clone(),
        }
    }

    /// The slot of a name in a module, a closure's frame or a class; `initial` is what it is bound to.
    pub(crate) fn space_slot(&mut self, space: &Namespace, name: &Name, prefix: &str) -> SlotId {
        let key = (std::ptr::from_ref(space) as usize, name.clone());
        if let Some(slot) = self.spaces.get(&key) {
            return *slot;
        }
        let initial = space.get(name);
        let path = format!("{prefix}{name}");
        let kind = initial.as_ref().map_or(Kind::Unbound, |value| self.kind_of(value, &path));
        let slot = self.new_slot(kind, initial, path, None);
        self.spaces.insert(key, slot);
        self.note_param(slot);
        slot
    }

    /// Whether a name was met in a namespace, bound or not.
    pub(crate) fn has_space_slot(&self, space: &Namespace, name: &Name) -> bool {
        self.spaces.contains_key(&(std::ptr::from_ref(space) as usize, name.clone()))
    }

    /// The slot of an object's attribute; `None` if it has no such attribute yet and `create` is not set.
    pub(crate) fn field_slot(&mut self, inst: InstId, name: &Name, create: bool) -> Option<SlotId> {
        let object = &self.instances[inst.0 as usize];
        if let Some(slot) = object.slots.get(name) {
            return Some(*slot);
        }
        let initial = object.value.attributes.get(name);
        if initial.is_none() && !create {
            return None;
        }
        let path = format!("{}.{name}", object.path);
        let kind = initial.as_ref().map_or(Kind::Unbound, |value| self.kind_of(value, &path));
        let slot = self.new_slot(kind, initial, path, Some((inst, name.clone())));
        self.instances[inst.0 as usize].slots.insert(name.clone(), slot);
        self.changed = true;
        self.note_param(slot);
        Some(slot)
    }

    /// The slot of a dict's item.
    pub(crate) fn item_slot(&mut self, dict: DictId, key: &Key) -> Option<SlotId> {
        let (value, path, slots) = &self.dicts[dict.0 as usize];
        if let Some(slot) = slots.get(key) {
            return Some(*slot);
        }
        let (written, initial) = value.items.borrow().get(key).cloned()?;
        let path = match &written {
            Value::Str(text) => format!("{path}[\"{text}\"]"),
            Value::Int(number) => format!("{path}[{number}]"),
            _ => format!("{path}[...]"),
        };
        let kind = self.kind_of(&initial, &path);
        let slot = self.new_slot(kind, Some(initial), path, None);
        self.dicts[dict.0 as usize].2.insert(key.clone(), slot);
        self.note_param(slot);
        Some(slot)
    }

    fn note_param(&mut self, slot: SlotId) {
        let Some(Value::Param(param)) = &self.slots[slot.0 as usize].initial else { return };
        let param = param.clone();
        match self.params.iter_mut().find(|(known, _)| Rc::ptr_eq(known, &param)) {
            Some((_, slots)) => slots.push(slot),
            None => self.params.push((param, vec![slot])),
        }
    }

    // Kinds of live values.

    /// The kind of a live value; objects that are met first are known by `path` from then on.
    pub(crate) fn kind_of(&mut self, value: &Value, path: &str) -> Kind {
        match value {
            Value::Bool(_) => Kind::Bool,
            Value::Int(_) => Kind::Int,
            Value::Float(_) => FLOAT,
            Value::Tuple(items) => Kind::Tuple(Rc::new(
                items.iter().enumerate().map(|(i, item)| self.kind_of(item, &format!("{path}[{i}]"))).collect(),
            )),
            Value::List(list) if self.resized.contains_key(&(Rc::as_ptr(list) as usize)) => {
                self.name_ring(value, path);
                Kind::Static(value.clone())
            }
            Value::List(list) => {
                let storage = self.list_storage(list, path);
                let length = list.0.borrow().len() as i64;
                Kind::Seq(Rc::new(SeqKind {
                    flavour: Flavour::List,
                    dims: vec![Dim::Fixed(length)],
                    strides: vec![Dim::Fixed(1)],
                    storages: vec![storage],
                }))
            }
            Value::Array(array) if array.data.dtype == Dtype::Complex => Kind::Static(value.clone()),
            Value::Array(array) if array.shape.is_empty() => dtype_kind(array.data.dtype),
            Value::Array(array) => {
                let storage = self.array_storage(array, path);
                Kind::Seq(Rc::new(SeqKind {
                    flavour: Flavour::Array(array.data.dtype),
                    dims: array.shape.iter().map(|n| Dim::Fixed(*n as i64)).collect(),
                    strides: array.strides.iter().map(|n| Dim::Fixed(*n as i64)).collect(),
                    storages: vec![storage],
                }))
            }
            Value::Instance(instance) if tuple_of(instance).is_some() => {
                let items = tuple_of(instance).unwrap_or_default();
                let items = items.iter().enumerate().map(|(i, item)| self.kind_of(item, &format!("{path}[{i}]")));
                let items = Rc::new(items.collect());
                Kind::Record(Rc::new(RecordKind {
                    class: instance.class.clone(),
                    names: field_names(&instance.class),
                    items,
                }))
            }
            Value::Instance(instance) => Kind::Object(Rc::new(vec![self.instance(instance, path)])),
            Value::Dict(dict) => Kind::Dict(self.dict(dict, path)),
            Value::Param(param) => match &param.value {
                Value::Str(_) => match &param.param.kind {
                    oscine_dsp::ParamKind::Choice(names) => {
                        Kind::OneOf(Rc::new(names.iter().map(|name| Value::Str(Name::from(name.as_str()))).collect()))
                    }
                    _ => Kind::Static(param.value.clone()),
                },
                inner => self.kind_of(&inner.clone(), path),
            },
            other => {
                if let Value::Deque(_) = other {
                    self.name_ring(other, path);
                }
                Kind::Static(other.clone())
            }
        }
    }

    /// Remembers what a deque, or a list that became a ring, is called where it was met first.
    fn name_ring(&mut self, value: &Value, path: &str) {
        if !path.is_empty() {
            self.ring_paths.entry(ring_address(value)).or_insert_with(|| path.to_owned());
        }
    }

    /// A live value as a constant.
    pub(crate) fn live(&mut self, value: &Value, path: &str) -> Val {
        match value {
            Value::Bool(value) => Val::bool(Operand::Bool(*value)),
            Value::Int(value) => Val::int(Operand::I64(*value)),
            Value::Float(value) => Val::float(Operand::F64(*value)),
            Value::Tuple(items) => {
                let items = items.iter().enumerate().map(|(i, item)| self.live(item, &format!("{path}[{i}]")));
                Val::tuple(items.collect())
            }
            Value::Instance(instance) if tuple_of(instance).is_some() => {
                let items = tuple_of(instance).unwrap_or_default();
                let items = items.iter().enumerate().map(|(i, item)| self.live(item, &format!("{path}[{i}]")));
                Val::record(&instance.class, &field_names(&instance.class), items.collect())
            }
            Value::Array(array) if array.shape.is_empty() && array.data.dtype != Dtype::Complex => {
                element_const(&array.data.cells.borrow(), array.offset)
            }
            Value::Param(param) => self.live(&param.value.clone(), path),
            _ => {
                let kind = self.kind_of(value, path);
                let ops = match &kind {
                    Kind::Seq(seq) => {
                        let offset = if let Value::Array(array) = value { array.offset } else { 0 };
                        let address = self.storage_cell(seq.storages[0]) as usize + offset;
                        vec![Operand::I64(address as i64)]
                    }
                    Kind::Object(insts) => vec![Operand::I64(i64::from(self.instance_cell(insts[0])))],
                    _ => vec![],
                };
                Val::new(kind, ops)
            }
        }
    }

    fn instance(&mut self, instance: &Rc<Instance>, path: &str) -> InstId {
        let address = Rc::as_ptr(instance) as usize;
        if let Some(id) = self.by_address.get(&address) {
            return InstId(*id);
        }
        let class = Rc::as_ptr(&instance.class) as usize;
        self.instances.push(Inst { value: instance.clone(), path: path.to_owned(), class, slots: IndexMap::new() });
        let id = self.instances.len() as u32 - 1;
        self.by_address.insert(address, id);
        self.changed = true;
        let names: Vec<Name> = instance.attributes.0.borrow().keys().cloned().collect();
        for name in names {
            self.field_slot(InstId(id), &name, false);
        }
        InstId(id)
    }

    fn dict(&mut self, dict: &Rc<Dict>, path: &str) -> DictId {
        let address = Rc::as_ptr(dict) as usize;
        if let Some(id) = self.by_address.get(&address) {
            return DictId(*id);
        }
        self.dicts.push((dict.clone(), path.to_owned(), IndexMap::new()));
        self.by_address.insert(address, self.dicts.len() as u32 - 1);
        DictId(self.dicts.len() as u32 - 1)
    }

    // Storages.

    fn new_storage(&mut self, origin: Origin, element: Kind, count: usize, path: &str) -> StorageId {
        let element = self.new_slot(element, None, path.to_owned(), None);
        self.storages.push(Storage { origin, element, count, path: path.to_owned() });
        StorageId(self.storages.len() as u32 - 1)
    }

    fn list_storage(&mut self, list: &Rc<List>, path: &str) -> StorageId {
        let address = Rc::as_ptr(list) as usize;
        if let Some(id) = self.by_address.get(&address) {
            return StorageId(*id);
        }
        let items: Vec<Value> = list.0.borrow().clone();
        let id = self.new_storage(Origin::List(list.clone()), Kind::Unbound, items.len(), path);
        // Known before its elements are looked at: a list may contain itself.
        self.by_address.insert(address, id.0);
        self.join_elements(id, &items, path);
        id
    }

    /// Joins the elements' kinds. Where they have no join, only constant indices can read them.
    fn join_elements(&mut self, id: StorageId, items: &[Value], path: &str) {
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

    fn array_storage(&mut self, array: &Array, path: &str) -> StorageId {
        let address = Rc::as_ptr(&array.data) as usize;
        if let Some(id) = self.by_address.get(&address) {
            return StorageId(*id);
        }
        let count = cell_count(&array.data.cells.borrow());
        let id = self.new_storage(Origin::Array(array.data.clone()), dtype_kind(array.data.dtype), count, path);
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

    /// The storage that cells of a slot are, which holds arrays by value; `index` says which one of them.
    fn owned_storage(&mut self, slot: SlotId, index: usize, owned: &OwnedKind) -> StorageId {
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
    fn find_owner(&self, slot: SlotId) -> SlotId {
        if self.slots[slot.0 as usize].owner.is_some() { slot } else { self.find(slot) }
    }

    /// Makes room for one more array at a time than variables hold of those that a slot has held.
    pub(crate) fn need_versions(&mut self, slot: SlotId, index: usize, versions: usize) {
        self.change_owned(slot, index, &mut |owned| owned.versions = versions);
    }

    fn change_owned(&mut self, slot: SlotId, index: usize, change: &mut dyn FnMut(&mut OwnedKind)) {
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

    // Places.

    fn take(&mut self, cells: usize) -> u32 {
        let cell = self.layout.next;
        self.layout.next += cells as u32;
        cell
    }

    /// The first cell of a slot that stands for itself or in an object's record.
    pub(crate) fn slot_cell(&mut self, slot: SlotId) -> u32 {
        if let Some((inst, name)) = self.slots[slot.0 as usize].owner.clone() {
            let base = self.instance_cell(inst);
            return base + self.field_offset(inst, &name);
        }
        if let Some(cell) = self.layout.slots.get(&slot) {
            return *cell;
        }
        let cell = self.take(self.slot(slot).kind.width());
        self.layout.slots.insert(slot, cell);
        cell
    }

    /// Where an attribute lies in the record of its object's class.
    pub(crate) fn field_offset(&mut self, inst: InstId, name: &Name) -> u32 {
        let class = self.instances[inst.0 as usize].class;
        self.instance_cell(inst);
        if let Some((offset, width)) = self.layout.records.get(&class).and_then(|record| record.fields.get(name)) {
            let slot = self.instances[inst.0 as usize].slots[name];
            if self.slot(slot).kind.width() > *width {
                self.changed = true;
            }
            return *offset;
        }
        // Met after the records of this round were laid out.
        self.changed = true;
        0
    }

    /// The first cell of an object's record. Records of one class are laid out together.
    pub(crate) fn instance_cell(&mut self, inst: InstId) -> u32 {
        if let Some(cell) = self.layout.instances.get(&inst) {
            return *cell;
        }
        let class = self.instances[inst.0 as usize].class;
        if self.layout.records.contains_key(&class) {
            self.changed = true;
            return 0;
        }
        let mut record = Record::default();
        let mut fields: IndexMap<Name, usize> = IndexMap::new();
        let members: Vec<usize> = (0..self.instances.len()).filter(|i| self.instances[*i].class == class).collect();
        for member in &members {
            for (name, slot) in &self.instances[*member].slots {
                let width = self.slot(*slot).kind.width();
                let known = fields.entry(name.clone()).or_default();
                *known = (*known).max(width);
            }
        }
        for (name, width) in fields {
            record.fields.insert(name, (record.cells, width));
            record.cells += width as u32;
        }
        // An empty record has a cell all the same, to have an address of its own.
        let cells = record.cells.max(1) as usize;
        self.layout.records.insert(class, record);
        for member in members {
            let cell = self.take(cells);
            self.layout.instances.insert(InstId(member as u32), cell);
        }
        self.layout.instances[&inst]
    }

    /// The object whose record begins at `cell`.
    pub(crate) fn instance_at(&self, candidates: &[InstId], cell: i64) -> Option<InstId> {
        candidates.iter().copied().find(|inst| self.layout.instances.get(inst).is_some_and(|c| i64::from(*c) == cell))
    }

    /// A number that tells objects of different classes apart.
    pub(crate) fn class_of(&self, inst: InstId) -> usize {
        self.instances[inst.0 as usize].class
    }

    /// The first cell of a storage.
    pub(crate) fn storage_cell(&mut self, id: StorageId) -> u32 {
        if let Origin::Owned(slot, mut index) = self.storages[id.0 as usize].origin {
            let before =
                owned_in(&self.slot(slot).kind, &mut index).map_or(0, |(owned, before)| before + owned.header());
            return self.slot_cell(slot) + before as u32;
        }
        if let Some(cell) = self.layout.storages.get(&id) {
            return *cell;
        }
        let storage = &self.storages[id.0 as usize];
        let (element, count) = (storage.element, storage.count);
        let cells = self.cells_each(element) * count;
        let cell = self.take(cells);
        self.layout.storages.insert(id, cell);
        cell
    }

    /// The cells of storages.
    pub(crate) fn storage_ranges(&mut self, storages: &[StorageId]) -> Vec<(u32, u32)> {
        let mut ranges = vec![];
        for id in storages {
            let around = self.storages_of_elements(*id);
            if !around.is_empty() {
                ranges.extend(self.storage_ranges(&around));
                continue;
            }
            let start = self.storage_cell(*id);
            let storage = &self.storages[id.0 as usize];
            ranges.push((start, start + (self.cells_each(storage.element) * storage.count) as u32));
        }
        ranges.sort_unstable();
        ranges.dedup();
        ranges
    }

    /// Where the elements of a list are arrays held by value: the lists that an element's cells may be of.
    fn storages_of_elements(&self, id: StorageId) -> Vec<StorageId> {
        let Origin::Owned(slot, _) = self.storages[id.0 as usize].origin else { return vec![] };
        let (slot, count) = (self.find(slot), self.storages.len() as u32);
        let is_around = |other: &StorageId| {
            let storage = &self.storages[other.0 as usize];
            *other != id
                && self.find(storage.element) == slot
                && (matches!(storage.origin, Origin::Owned(..)) || self.layout.storages.contains_key(other))
        };
        (0..count).map(StorageId).filter(is_around).collect()
    }

    /// How many cells each element of a storage has: one even where its kind says all, to have an address of its own.
    pub(crate) fn cells_each(&self, element: SlotId) -> usize {
        self.slot(element).kind.width().max(1)
    }

    /// The storage among `candidates` that holds `cell`, and the element's index, if one is meant for sure.
    pub(crate) fn element_at(&mut self, candidates: &[StorageId], cell: i64) -> Option<(StorageId, usize)> {
        candidates.iter().find_map(|id| {
            let start = i64::from(self.storage_cell(*id));
            let storage = &self.storages[id.0 as usize];
            let index = (cell - start) / self.cells_each(storage.element) as i64;
            (index >= 0 && index < storage.count as i64).then_some((*id, index as usize))
        })
    }

    /// A constant element of a live storage that is never written.
    pub(crate) fn constant_element(&mut self, id: StorageId, index: usize) -> Option<Val> {
        let storage = &self.storages[id.0 as usize];
        if self.slot(storage.element).is_written {
            return None;
        }
        let path = format!("{}[{index}]", storage.path);
        match storage.origin.clone() {
            Origin::List(list) => {
                let value = list.0.borrow().get(index).cloned()?;
                Some(self.live(&value, &path))
            }
            Origin::Table(values) => {
                let value = values.get(index).cloned()?;
                Some(self.live(&value, &path))
            }
            Origin::Array(data) => Some(element_const(&data.cells.borrow(), index)),
            Origin::Scratch | Origin::Owned(..) | Origin::Ring(_) => None,
        }
    }

    /// What a load of a slot at `address` gives: the loaded operands, or a view of an array held by value.
    pub(crate) fn view_owned(&mut self, slots: &[SlotId], index: usize, owned: &OwnedKind, address: Operand) -> Val {
        let mut storages: Vec<StorageId> = slots.iter().map(|slot| self.owned_storage(*slot, index, owned)).collect();
        storages.sort_unstable();
        storages.dedup();
        let dims: Vec<Operand> = owned.dims.iter().map(|n| Operand::I64(*n)).collect();
        Val::seq(owned.flavour, storages, address, &dims, &row_major(&owned.dims))
    }

    // The end: memory before the first sample.

    /// Every cell's first value, and what the cells are.
    pub(crate) fn image(&mut self) -> (Vec<u64>, Vec<StateEntry>) {
        let mut entries = vec![];
        let mut writes: Vec<(u32, Vec<u64>)> = vec![];
        let mut placed: Vec<(u32, SlotId)> = self.layout.slots.iter().map(|(slot, cell)| (*cell, *slot)).collect();
        let instances: Vec<InstId> = self.layout.instances.keys().copied().collect();
        for inst in instances {
            let slots: Vec<SlotId> = self.instances[inst.0 as usize].slots.values().copied().collect();
            for slot in slots {
                placed.push((self.slot_cell(slot), slot));
            }
        }
        placed.sort_unstable();
        let ring_units = self.ring_units();
        for (cell, slot) in placed {
            let kind = self.slot(slot).kind.clone();
            let path = self.slots[slot.0 as usize].path.clone();
            let mut unit = Unit::of(&path, self.slot(slot));
            if let Some((name, bounds)) = ring_units.get(&slot) {
                unit = Unit { name: Arc::from(name.as_str()), bounds: *bounds, ..unit };
            }
            if let Some(initial) = self.slots[slot.0 as usize].initial.clone() {
                writes.push((cell, self.encode(&initial, &kind, &path)));
            }
            describe(&mut entries, &path, &kind, cell, &unit);
        }
        let mut storages: Vec<(u32, StorageId)> = self.layout.storages.iter().map(|(id, cell)| (*cell, *id)).collect();
        storages.sort_unstable();
        for (cell, id) in storages {
            let element = self.storages[id.0 as usize].element;
            let kind = self.slot(element).kind.clone();
            let (origin, path) =
                (self.storages[id.0 as usize].origin.clone(), self.storages[id.0 as usize].path.clone());
            let path = ring_units.get(&element).map_or(path, |(name, _)| name.clone());
            let unit = Unit::of(&path, self.slot(element));
            match origin {
                Origin::List(list) => {
                    let items = list.0.borrow().clone();
                    let words = items.iter().flat_map(|item| self.encode(item, &kind, &path)).collect();
                    writes.push((cell, words));
                    describe_elements(&mut entries, &path, &kind, cell, items.len(), &unit);
                }
                Origin::Ring(items) => {
                    let words = items.iter().flat_map(|item| self.encode(item, &kind, &path)).collect();
                    writes.push((cell, words));
                    let count = self.storages[id.0 as usize].count;
                    let path = self.ring_path(id, &path, items.len());
                    describe_elements(&mut entries, &path, &kind, cell, count, &unit);
                }
                Origin::Table(values) => {
                    let words = values.iter().flat_map(|item| self.encode(item, &kind, &path)).collect();
                    writes.push((cell, words));
                }
                Origin::Array(data) => {
                    let count = cell_count(&data.cells.borrow());
                    let words = (0..count).map(|i| word(&element_const(&data.cells.borrow(), i).op())).collect();
                    writes.push((cell, words));
                    describe_elements(&mut entries, &path, &kind, cell, count, &unit);
                }
                Origin::Scratch | Origin::Owned(..) => {}
            }
        }
        let mut state = vec![0; self.layout.next as usize];
        for (cell, words) in writes {
            for (offset, word) in words.into_iter().enumerate() {
                if let Some(place) = state.get_mut(cell as usize + offset) {
                    *place = word;
                }
            }
        }
        entries.sort_by_key(|entry| entry.cell);
        (state, entries)
    }

    /// For the slots of rings: what they belong to, and the bounds of the places and lengths among them.
    fn ring_units(&self) -> HashMap<SlotId, (String, Option<Interval>)> {
        let mut units = HashMap::new();
        for (address, ring) in &self.rings {
            let path = self.ring_paths.get(address).cloned().unwrap_or_else(|| "deque".to_owned());
            let element = self.storages[ring.storage.0 as usize].element;
            units.insert(ring.start, (path.clone(), Some((0, ring.capacity - 1))));
            units.insert(ring.length, (path.clone(), Some((0, ring.max_length.unwrap_or(ring.capacity)))));
            units.insert(element, (path, None));
        }
        units
    }

    /// A ring's elements, with the lengths that they are read by, which may have no cells of their own.
    fn ring_path(&self, storage: StorageId, path: &str, length: usize) -> String {
        let ring = self.rings.values().find(|ring| ring.storage == storage);
        match ring.and_then(|ring| ring.max_length) {
            Some(most) => format!("{path}, {length} of at most {most}"),
            None => format!("{path}, {length} at first"),
        }
    }

    /// A live value as the words of a kind that holds it.
    fn encode(&mut self, value: &Value, kind: &Kind, path: &str) -> Vec<u64> {
        match (kind, value) {
            (_, Value::Param(param)) if !matches!(kind, Kind::OneOf(_)) => {
                self.encode(&param.value.clone(), kind, path)
            }
            (Kind::OneOf(values), _) => {
                let value = if let Value::Param(param) = value { &param.value } else { value };
                vec![values.iter().position(|known| same_value(known, value)).unwrap_or(0) as u64]
            }
            (Kind::Optional(inner) | Kind::MaybeUnbound(inner), _) => {
                if let (Kind::Optional(_), Value::None) = (kind, value) {
                    return vec![0; kind.width()];
                }
                let mut words = vec![1];
                words.extend(self.encode(value, inner, path));
                words
            }
            (Kind::Tuple(kinds), Value::Tuple(items)) => items
                .iter()
                .zip(&**kinds)
                .enumerate()
                .flat_map(|(i, (item, kind))| self.encode(item, kind, &format!("{path}[{i}]")))
                .collect(),
            (Kind::Record(record), Value::Instance(instance)) => {
                let tuple = Value::Tuple(tuple_of(instance).unwrap_or_default());
                self.encode(&tuple, &Kind::Tuple(record.items.clone()), path)
            }
            (Kind::Tuple(_), Value::Instance(instance)) => {
                let tuple = Value::Tuple(tuple_of(instance).unwrap_or_default());
                self.encode(&tuple, kind, path)
            }
            (Kind::Owned(owned), _) => self.encode_owned(value, owned, path),
            (Kind::Seq(seq), _) => {
                let live = self.live(value, path);
                let mut words = vec![word(&live.ops[0])];
                for (axis, dim) in seq.dims.iter().enumerate() {
                    if *dim == Dim::Running {
                        words.push(live.dim(axis).map_or(0, |op| word(&op)));
                    }
                }
                for (axis, stride) in seq.strides.iter().enumerate() {
                    if *stride == Dim::Running {
                        words.push(live.stride(axis).map_or(0, |op| word(&op)));
                    }
                }
                words
            }
            (Kind::Float { .. }, Value::Int(value)) => vec![(*value as f64).to_bits()],
            (Kind::Float { .. }, Value::Bool(value)) => vec![f64::from(u8::from(*value)).to_bits()],
            _ => {
                let live = self.live(value, path);
                let is_float = matches!(kind, Kind::Float { .. });
                let as_float = |op: &Operand| match op {
                    Operand::I64(number) if is_float => (*number as f64).to_bits(),
                    Operand::Bool(truth) if is_float => f64::from(u8::from(*truth)).to_bits(),
                    op => word(op),
                };
                let mut words: Vec<u64> = live.ops.iter().map(as_float).collect();
                words.resize(kind.width(), 0);
                words
            }
        }
    }

    fn encode_owned(&mut self, value: &Value, owned: &OwnedKind, path: &str) -> Vec<u64> {
        let elements: Vec<Value> = match value {
            Value::List(list) => list.0.borrow().clone(),
            Value::Array(array) => elements(array),
            _ => vec![],
        };
        let mut words = vec![0; owned.header()];
        words.extend(elements.iter().flat_map(|item| self.encode(item, &owned.element, path)));
        words.resize(Kind::Owned(Rc::new(owned.clone())).width(), 0);
        words
    }
}

/// The tuple that a namedtuple is.
fn tuple_of(instance: &Instance) -> Option<Rc<Vec<Value>>> {
    match &*instance.base_value.borrow() {
        Value::Tuple(items) if !field_names(&instance.class).is_empty() => Some(items.clone()),
        _ => None,
    }
}

/// The names of a namedtuple's elements; none if the class is no namedtuple.
pub(crate) fn field_names(class: &Class) -> Rc<Vec<Name>> {
    let names = match class.lookup("_fields") {
        Some((Value::Tuple(names), _)) => names.iter().filter_map(|name| name.as_str().cloned()).collect(),
        _ => vec![],
    };
    Rc::new(names)
}

/// Strides of an array whose last axis is dense.
pub(crate) fn row_major(dims: &[i64]) -> Vec<Operand> {
    let mut stride = 1;
    let mut strides: Vec<Operand> = dims
        .iter()
        .rev()
        .map(|length| {
            let present = stride;
            stride *= length;
            Operand::I64(present)
        })
        .collect();
    strides.reverse();
    strides
}

/// The kind of an array's elements.
pub(crate) fn dtype_kind(dtype: Dtype) -> Kind {
    match dtype {
        Dtype::Bool => Kind::Bool,
        Dtype::Int => Kind::Int,
        Dtype::Float | Dtype::Float32 | Dtype::Complex => Kind::Float { numpy: true },
    }
}

fn value_interval(value: &Value) -> Option<Interval> {
    match value {
        Value::Int(value) => Some((*value, *value)),
        Value::Bool(_) => Some((0, 1)),
        _ => None,
    }
}

fn cell_count(cells: &Cells) -> usize {
    match cells {
        Cells::Bool(cells) => cells.len(),
        Cells::Int(cells) => cells.len(),
        Cells::Float(cells) => cells.len(),
        Cells::Complex(cells) => cells.len(),
    }
}

fn element_const(cells: &Cells, index: usize) -> Val {
    match cells {
        Cells::Bool(cells) => Val::bool(Operand::Bool(cells[index])),
        Cells::Int(cells) => Val::int(Operand::I64(cells[index])),
        Cells::Float(cells) => Val::numpy_float(Operand::F64(cells[index])),
        Cells::Complex(_) => Val::poison(),
    }
}

/// A live array's elements in order.
fn elements(array: &Array) -> Vec<Value> {
    let mut cells = vec![array.offset as isize];
    for (length, stride) in array.shape.iter().zip(&array.strides) {
        cells = cells.iter().flat_map(|cell| (0..*length as isize).map(move |i| cell + i * stride)).collect();
    }
    let data = array.data.cells.borrow();
    cells
        .into_iter()
        .map(|cell| match &*data {
            Cells::Bool(data) => Value::Bool(data[cell as usize]),
            Cells::Int(data) => Value::Int(data[cell as usize]),
            Cells::Float(data) => Value::Float(data[cell as usize]),
            Cells::Complex(data) => Value::Complex(data[cell as usize].0, data[cell as usize].1),
        })
        .collect()
}

/// A constant operand as a cell's word.
fn word(op: &Operand) -> u64 {
    match op {
        Operand::F64(value) => value.to_bits(),
        Operand::I64(value) => *value as u64,
        Operand::Bool(value) => u64::from(*value),
        Operand::Var(_) => 0,
    }
}

/// What the entries of one slot, or of one storage's elements, have in common.
struct Unit {
    name: Arc<str>,
    is_written: bool,
    refers: bool,
    bounds: Option<Interval>,
}

impl Unit {
    fn of(name: &str, slot: &Slot) -> Self {
        let bounds = if let Kind::Int = slot.kind { slot.interval } else { None };
        Self { name: Arc::from(name), is_written: slot.is_written, refers: refers(&slot.kind), bounds }
    }

    fn entry(&self, path: &str, ty: Type, cell: u32, count: usize) -> StateEntry {
        StateEntry {
            path: path.to_owned(),
            ty,
            cell,
            count: count as u32,
            written: self.is_written,
            unit: self.name.clone(),
            refers: self.refers,
            bounds: self.bounds,
        }
    }
}

/// Whether some cell of the kind is an address, or an index that only this program understands.
fn refers(kind: &Kind) -> bool {
    match kind {
        Kind::Float { .. } | Kind::Int | Kind::Bool => false,
        Kind::Tuple(kinds) => kinds.iter().any(refers),
        Kind::Record(record) => record.items.iter().any(refers),
        Kind::Optional(inner) | Kind::MaybeUnbound(inner) => refers(inner),
        Kind::Owned(owned) => refers(&owned.element),
        _ => kind.width() > 0,
    }
}

/// Entries for the cells of one slot.
fn describe(entries: &mut Vec<StateEntry>, path: &str, kind: &Kind, cell: u32, unit: &Unit) {
    match kind {
        Kind::Tuple(kinds) => {
            let mut at = cell;
            for (i, kind) in kinds.iter().enumerate() {
                describe(entries, &format!("{path}[{i}]"), kind, at, unit);
                at += kind.width() as u32;
            }
        }
        Kind::Record(record) => {
            let mut at = cell;
            for (name, kind) in record.names.iter().zip(&*record.items) {
                describe(entries, &format!("{path}.{name}"), kind, at, unit);
                at += kind.width() as u32;
            }
        }
        Kind::Optional(inner) | Kind::MaybeUnbound(inner) => {
            entries.push(unit.entry(&format!("{path} is set"), Type::Bool, cell, 1));
            describe(entries, path, inner, cell + 1, unit);
        }
        Kind::Owned(owned) => {
            if owned.header() > 0 {
                let bounds = Some((0, owned.versions as i64 - 1));
                entries.push(StateEntry { bounds, ..unit.entry(&format!("{path} version"), Type::I64, cell, 1) });
            }
            let (count, first) = (owned.dims.iter().product::<i64>() as usize, cell + owned.header() as u32);
            for version in 0..owned.versions {
                let path = if version == 0 { path.to_owned() } else { format!("{path} ({version})") };
                let cell = first + (version * owned.size()) as u32;
                describe_elements(entries, &path, &owned.element, cell, count, unit);
            }
        }
        _ => {
            for (offset, ty) in kind.types().into_iter().enumerate() {
                entries.push(unit.entry(path, ty, cell + offset as u32, 1));
            }
        }
    }
}

fn describe_elements(entries: &mut Vec<StateEntry>, path: &str, kind: &Kind, cell: u32, count: usize, unit: &Unit) {
    match kind.types()[..] {
        [] => {}
        [ty] => entries.push(unit.entry(path, ty, cell, count)),
        _ => {
            for i in 0..count {
                let at = cell + (i * kind.width()) as u32;
                describe(entries, &format!("{path}[{i}]"), kind, at, unit);
            }
        }
    }
}
