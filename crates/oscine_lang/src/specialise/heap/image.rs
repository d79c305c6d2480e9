//! Memory before the first sample: every cell's first word, and what the cells are.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::evaluate::value::{Array, Cells, Value};
use crate::ir::{Operand, StateEntry, Type};
use crate::specialise::emit::Interval;
use crate::specialise::kind::{Dim, Kind, OwnedKind, same_value};

use super::{Heap, InstId, Origin, Slot, SlotId, StorageId, cell_count, element_const, tuple_of};

impl Heap {
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
            self.describe(&mut entries, &path, &kind, cell, &unit);
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
                    self.describe_elements(&mut entries, &path, &kind, cell, items.len(), &unit);
                }
                Origin::Ring(items) => {
                    let words = items.iter().flat_map(|item| self.encode(item, &kind, &path)).collect();
                    writes.push((cell, words));
                    let count = self.storages[id.0 as usize].count;
                    let path = self.ring_path(id, &path, items.len());
                    self.describe_elements(&mut entries, &path, &kind, cell, count, &unit);
                }
                Origin::Table(values) => {
                    let words = values.iter().flat_map(|item| self.encode(item, &kind, &path)).collect();
                    writes.push((cell, words));
                }
                Origin::Array(data) => {
                    let count = cell_count(&data.cells.borrow());
                    let element = |i| element_const(&data.cells.borrow(), i).ops.iter().map(word).collect::<Vec<_>>();
                    let words = (0..count).flat_map(element).collect();
                    writes.push((cell, words));
                    self.describe_elements(&mut entries, &path, &kind, cell, count, &unit);
                }
                Origin::Scratch | Origin::Parts(_) | Origin::Owned(..) => {}
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
    pub(super) fn ring_units(&self) -> HashMap<SlotId, (String, Option<Interval>)> {
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
    pub(super) fn ring_path(&self, storage: StorageId, path: &str, length: usize) -> String {
        let ring = self.rings.values().find(|ring| ring.storage == storage);
        match ring.and_then(|ring| ring.max_length) {
            Some(most) => format!("{path}, {length} of at most {most}"),
            None => format!("{path}, {length} at first"),
        }
    }

    /// A live value as the words of a kind that holds it.
    pub(super) fn encode(&mut self, value: &Value, kind: &Kind, path: &str) -> Vec<u64> {
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
            (Kind::Made(record), Value::Instance(instance)) => {
                let mut words = vec![];
                for (name, kind) in record.names.iter().zip(&*record.items) {
                    match instance.attributes.get(name) {
                        Some(value) => words.extend(self.encode(&value, kind, &format!("{path}.{name}"))),
                        None => words.extend(vec![0; kind.width()]),
                    }
                }
                words
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
            (Kind::Complex { .. }, number) if number.as_complex().is_some() => {
                let (re, im) = number.as_complex().unwrap_or_default();
                vec![re.to_bits(), im.to_bits()]
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

    pub(super) fn encode_owned(&mut self, value: &Value, owned: &OwnedKind, path: &str) -> Vec<u64> {
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

/// What cells of complex numbers are called: the same name with floats in it is something else.
fn complex_path(path: &str) -> String {
    format!("{path} (complex)")
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
    bounds: Option<Interval>,
}

impl Unit {
    fn of(name: &str, slot: &Slot) -> Self {
        let bounds = if let Kind::Int = slot.kind { slot.interval } else { None };
        Self { name: Arc::from(name), is_written: slot.is_written, bounds }
    }

    fn entry(&self, path: &str, ty: Type, cell: u32, count: usize) -> StateEntry {
        StateEntry {
            path: path.to_owned(),
            ty,
            cell,
            count: count as u32,
            written: self.is_written,
            unit: self.name.clone(),
            stands_for: None,
            bounds: self.bounds,
        }
    }
}

impl Heap {
    /// Entries for the cells of one slot.
    fn describe(&self, entries: &mut Vec<StateEntry>, path: &str, kind: &Kind, cell: u32, unit: &Unit) {
        match kind {
            Kind::Tuple(kinds) => {
                let mut at = cell;
                for (i, kind) in kinds.iter().enumerate() {
                    self.describe(entries, &format!("{path}[{i}]"), kind, at, unit);
                    at += kind.width() as u32;
                }
            }
            Kind::Record(record) | Kind::Made(record) => {
                let mut at = cell;
                for (name, kind) in record.names.iter().zip(&*record.items) {
                    self.describe(entries, &format!("{path}.{name}"), kind, at, unit);
                    at += kind.width() as u32;
                }
            }
            Kind::Optional(inner) | Kind::MaybeUnbound(inner) => {
                entries.push(unit.entry(&format!("{path} is set"), Type::Bool, cell, 1));
                self.describe(entries, path, inner, cell + 1, unit);
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
                    self.describe_elements(entries, &path, &owned.element, cell, count, unit);
                }
            }
            Kind::Complex { .. } => entries.push(unit.entry(&complex_path(path), Type::F64, cell, 2)),
            _ => {
                let stands_for = self.meaning(kind);
                for (offset, ty) in kind.types().into_iter().enumerate() {
                    let entry = unit.entry(path, ty, cell + offset as u32, 1);
                    entries.push(StateEntry { stands_for: stands_for.clone(), ..entry });
                }
            }
        }
    }

    fn describe_elements(
        &self,
        entries: &mut Vec<StateEntry>,
        path: &str,
        kind: &Kind,
        cell: u32,
        count: usize,
        unit: &Unit,
    ) {
        match kind.types()[..] {
            [] => {}
            _ if kind.is_complex() => entries.push(unit.entry(&complex_path(path), Type::F64, cell, 2 * count)),
            [ty] => {
                let entry = unit.entry(path, ty, cell, count);
                entries.push(StateEntry { stands_for: self.meaning(kind), ..entry });
            }
            _ => {
                for i in 0..count {
                    let at = cell + (i * kind.width()) as u32;
                    self.describe(entries, &format!("{path}[{i}]"), kind, at, unit);
                }
            }
        }
    }
}
