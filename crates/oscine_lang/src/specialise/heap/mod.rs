//! The live objects that audio time reaches, as slots of typed memory.
//!
//! Every named place (a global, an attribute, a closure's variable, an item of a dict) is a [`Slot`]; the elements of a
//! list or an array share one. A slot that audio time never writes is a constant. Of one that it writes, the kind is
//! the join of its first value with all that is stored, found by specialising again until nothing changes; slots that
//! one instruction may reach through a reference are merged, since their cells must look alike.
//!
//! Cells are given out afresh in each round, as slots are met. Objects of one class have records of one layout, next to
//! each other, so that a reference tells its class by its address.

mod fields;
mod image;
mod meaning;
mod names;
mod place;
mod storage;

use std::collections::HashMap;
use std::rc::Rc;

use indexmap::IndexMap;

use crate::evaluate::value::{
    ArrayData, Cells, Class, Dict, Dtype, Instance, Key, List, Module, Name, Namespace, ParamValue, Value,
};
use crate::ir::Operand;

use super::emit::Interval;
use super::kind::{Dim, FLOAT, Flavour, Kind, OwnedKind, RecordKind, SeqKind, Val, fixed_dims, join};
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
    /// Real and imaginary parts of the elements of a storage of complex numbers, in turn: the same cells.
    Parts(StorageId),
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
    parts: HashMap<StorageId, StorageId>,
    roots: HashMap<usize, StorageId>,
    tables: Vec<StorageId>,
    scratches: HashMap<(u32, crate::source::Span, u32), StorageId>,
    layout: Layout,
    /// Something that was assumed in this round no longer holds: go round again.
    pub(crate) changed: bool,
    /// What live objects are called.
    names: names::Names,
    rings: HashMap<usize, Ring>,
    /// What deques and lists that became rings are called, by their addresses.
    ring_paths: HashMap<usize, String>,
    /// Lists that audio time lengthens or shortens; whether it shortens them.
    resized: HashMap<usize, bool>,
    /// By class, the attributes of objects that sound makes, in the order in which they were met.
    fields: HashMap<usize, Vec<Name>>,
    /// How many elements a list that grows while sound runs has room for, by its memory.
    rooms: HashMap<StorageId, usize>,
    /// Live objects whose values were copied to where objects made by sound are kept.
    copied: std::collections::HashSet<InstId>,
    /// Parameters in the order in which they were met, with the slots that hold them.
    pub(crate) params: Vec<(Rc<ParamValue>, Vec<SlotId>)>,
}

impl Heap {
    /// A heap that calls objects by their way from the script's globals.
    pub(crate) fn new(script: &Module) -> Self {
        Self { names: names::Names::of(script), ..Self::default() }
    }

    /// What an object is called; `path` is how it was met.
    fn name<'n>(&'n self, address: usize, path: &'n str) -> &'n str {
        self.names.get(address).unwrap_or(path)
    }

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
        let met = self.made_like(&present, kind);
        match join(&met, kind) {
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
        storages.iter().any(|id| match self.storages[id.0 as usize].origin {
            Origin::Scratch | Origin::Owned(..) => true,
            Origin::Parts(whole) => self.is_fresh(&[whole]),
            _ => false,
        })
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
            Value::Complex(..) => Kind::Complex { numpy: false },
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
        let path = self.name(ring_address(value), path).to_owned();
        if !path.is_empty() {
            self.ring_paths.entry(ring_address(value)).or_insert(path);
        }
    }

    /// A live value as a constant.
    pub(crate) fn live(&mut self, value: &Value, path: &str) -> Val {
        match value {
            Value::Bool(value) => Val::bool(Operand::Bool(*value)),
            Value::Int(value) => Val::int(Operand::I64(*value)),
            Value::Float(value) => Val::float(Operand::F64(*value)),
            Value::Complex(re, im) => Val::complex((Operand::F64(*re), Operand::F64(*im)), false),
            Value::Tuple(items) => {
                let items = items.iter().enumerate().map(|(i, item)| self.live(item, &format!("{path}[{i}]")));
                Val::tuple(items.collect())
            }
            Value::Instance(instance) if tuple_of(instance).is_some() => {
                let items = tuple_of(instance).unwrap_or_default();
                let items = items.iter().enumerate().map(|(i, item)| self.live(item, &format!("{path}[{i}]")));
                Val::record(&instance.class, &field_names(&instance.class), items.collect())
            }
            Value::Array(array) if array.shape.is_empty() => element_const(&array.data.cells.borrow(), array.offset),
            Value::Param(param) => self.live(&param.value.clone(), path),
            _ => {
                let kind = self.kind_of(value, path);
                let ops = match &kind {
                    Kind::Seq(seq) => {
                        let offset = if let Value::Array(array) = value { array.offset } else { 0 };
                        let width = self.cells_each(self.storages[seq.storages[0].0 as usize].element);
                        let address = self.storage_cell(seq.storages[0]) as usize + offset * width;
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
        let path = self.name(address, path).to_owned();
        self.instances.push(Inst { value: instance.clone(), path, class, slots: IndexMap::new() });
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
        let path = self.name(address, path).to_owned();
        self.dicts.push((dict.clone(), path, IndexMap::new()));
        self.by_address.insert(address, self.dicts.len() as u32 - 1);
        DictId(self.dicts.len() as u32 - 1)
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
        Dtype::Float | Dtype::Float32 => Kind::Float { numpy: true },
        Dtype::Complex => Kind::Complex { numpy: true },
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
        Cells::Complex(cells) => {
            let (re, im) = cells[index];
            Val::complex((Operand::F64(re), Operand::F64(im)), true)
        }
    }
}
