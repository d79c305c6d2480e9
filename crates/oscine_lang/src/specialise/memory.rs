//! Slots and elements, read and written; values of one kind made into another.

use crate::diagnostics::errors;
use crate::ir::{Address, Compare, IntBinary, Operand, Type};
use crate::source::Span;

use super::emit::FaultText;
use super::heap::{SlotId, StorageId};
use super::kind::{Dim, Flavour, Kind, OwnedKind, Val, count_owned, same_value};
use super::ndarray::View;
use super::{Told, Walk, Walker};

/// Where cells begin: `base + disp`, within the cells of `extent` if `base` is not a constant.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    pub(crate) base: Operand,
    pub(crate) disp: i64,
    pub(crate) ranges: Vec<(u32, u32)>,
}

impl Cells {
    /// Cells known when compiling.
    pub(crate) fn at(cell: u32) -> Self {
        Self { base: Operand::I64(0), disp: i64::from(cell), ranges: vec![] }
    }
}

impl Walker<'_> {
    pub(crate) fn address(&mut self, cells: &Cells, offset: usize) -> Address {
        let disp = cells.disp + offset as i64;
        match cells.base {
            Operand::I64(base) => Address { base: Operand::I64(0), disp: base + disp, extent: None },
            base => {
                let extent = Some(self.emit.extent(cells.ranges.clone()));
                Address { base, disp, extent }
            }
        }
    }

    /// What a slot holds: its constant if audio time never writes it.
    pub(crate) fn read_slot(&mut self, slot: SlotId) -> Val {
        if !self.heap.slot(slot).is_written {
            let (initial, path) = {
                let own = &self.heap.slots[slot.0 as usize];
                (own.initial.clone(), own.path.clone())
            };
            return match initial {
                Some(value) => self.heap.live(&value, &path),
                None => Val { kind: Kind::Unbound, ops: vec![] },
            };
        }
        let cells = Cells::at(self.heap.slot_cell(slot));
        self.load_slots(&[slot], &cells)
    }

    /// What one of `slots` holds, which were merged; its cells begin at `cells`.
    pub(crate) fn load_slots(&mut self, slots: &[SlotId], cells: &Cells) -> Val {
        let kind = self.heap.slot(slots[0]).kind.clone();
        let interval = self.heap.slot(slots[0]).interval;
        if let Some((a, b)) = self.heap.slot(slots[0]).conflict.clone() {
            return Val::new(Kind::Clash(std::rc::Rc::new((a, b))), vec![]);
        }
        let value = self.load_kind(&kind, cells, 0, slots, &mut 0);
        if let (Kind::Int, Some(interval)) = (&kind, interval) {
            self.emit.bound(value.op(), interval);
        }
        value
    }

    /// Loads a value of a kind. `slots` are what holds it, for arrays held by value.
    fn load_kind(&mut self, kind: &Kind, cells: &Cells, offset: usize, slots: &[SlotId], arrays: &mut usize) -> Val {
        match kind {
            Kind::Owned(owned) => {
                let first = cells.disp + (offset + owned.header()) as i64;
                let mut base = self.emit.index_binary(IntBinary::Add, cells.base, Operand::I64(first));
                if owned.versions > 1 {
                    let address = self.address(cells, offset);
                    let version = self.emit.load(Type::I64, address);
                    self.emit.bound(version, (0, owned.versions as i64 - 1));
                    let distance = self.emit.index_binary(IntBinary::Mul, version, Operand::I64(owned.size() as i64));
                    base = self.emit.index_binary(IntBinary::Add, base, distance);
                }
                *arrays += 1;
                self.heap.view_owned(slots, *arrays - 1, owned, base)
            }
            Kind::Tuple(kinds) if count_owned(kind) > 0 => {
                let mut at = offset;
                let mut items = vec![];
                for kind in &**kinds {
                    items.push(self.load_kind(kind, cells, at, slots, arrays));
                    at += kind.width();
                }
                Val::tuple(items)
            }
            Kind::Optional(inner) | Kind::MaybeUnbound(inner) => {
                let address = self.address(cells, offset);
                let is_there = self.emit.load(Type::Bool, address);
                let inner = self.load_kind(inner, cells, offset + 1, slots, arrays);
                let mut ops = vec![is_there];
                ops.extend(inner.ops);
                let inner_kind = std::rc::Rc::new(inner.kind);
                let kind = if let Kind::Optional(_) = kind {
                    Kind::Optional(inner_kind)
                } else {
                    Kind::MaybeUnbound(inner_kind)
                };
                Val::new(kind, ops)
            }
            _ => {
                let ops = kind
                    .types()
                    .into_iter()
                    .enumerate()
                    .map(|(i, ty)| {
                        let address = self.address(cells, offset + i);
                        self.emit.load(ty, address)
                    })
                    .collect();
                Val::new(kind.clone(), ops)
            }
        }
    }

    /// Stores into a slot.
    pub(crate) fn write_slot(&mut self, slot: SlotId, value: &Val, span: Span) -> Walk<()> {
        let value = &self.fitting(slot, value)?;
        self.note_store(slot, value, span)?;
        let cells = Cells::at(self.heap.slot_cell(slot));
        self.store_slots(&[slot], &cells, value);
        Ok(())
    }

    /// A value as it is kept in a slot: an array whose length is known only while sound runs must have that of the array
    /// that is there.
    pub(crate) fn fitting(&mut self, slot: SlotId, value: &Val) -> Walk<Val> {
        let value = &self.settled(value);
        let wanted = self.heap.slot(slot).kind.clone();
        let value = &self.like(value, &wanted);
        let Some(view) = View::of(value).filter(|view| view.fixed().is_none()) else { return Ok(value.clone()) };
        let mut kind = &self.heap.slot(slot).kind;
        while let Kind::Optional(inner) | Kind::MaybeUnbound(inner) = kind {
            kind = inner;
        }
        let wanted = match kind {
            Kind::Owned(owned) => Some(owned.dims.clone()),
            _ if !self.heap.is_fresh(&view.storages) => return Ok(value.clone()),
            Kind::Seq(seq) => super::kind::fixed_dims(&seq.dims),
            _ => None,
        };
        let span = self.span;
        let Some(wanted) = wanted.filter(|wanted| wanted.len() == view.dims.len()) else {
            return self.refuse(errors::unknown_length(span, "an array that is kept"));
        };
        for (length, wanted) in view.dims.iter().zip(&wanted) {
            let differs = self.emit.int_compare(Compare::Ne, *length, Operand::I64(*wanted));
            let text = FaultText::new("ValueError", &format!("an array that is kept must stay of length {wanted}"));
            self.fault_if(differs, text, &[]);
        }
        Ok(View { dims: wanted.into_iter().map(Operand::I64).collect(), ..view }.val())
    }

    /// Notes a store, or tells that the slot cannot hold it.
    pub(crate) fn note_store(&mut self, slot: SlotId, value: &Val, span: Span) -> Walk<()> {
        if value.is_poison() {
            return Err(Told);
        }
        if let Kind::Closure(_) | Kind::Lazy(_) = value.kind {
            let what = value.kind.type_name();
            return self.refuse(errors::kept_function(span, &what));
        }
        if let Some(path) = self.heap.param_path(slot) {
            return self.refuse(errors::assigned_param(span, &path));
        }
        if let Kind::Record(record) | Kind::Made(record) = &value.kind
            && record.items.iter().any(|kind| super::kind::count_owned(&self.heap.memory_kind(kind)) > 0)
        {
            return self.refuse(errors::not_in_process(span, "keeping a namedtuple of arrays that sound made"));
        }
        let interval = if value.kind.is_number() { self.emit.interval(value.op()) } else { None };
        if self.heap.note_store(slot, &value.kind, interval) {
            return Ok(());
        }
        let path = self.heap.slots[slot.0 as usize].path.clone();
        let Some((a, b)) = self.heap.slot(slot).conflict.clone() else { return Ok(()) };
        let (a, b) = super::kind::told_apart(&a, &b);
        self.refuse(errors::two_types(span, &path, &a, &b))
    }

    /// Stores into cells of the kind that `slots` have, which were merged.
    pub(crate) fn store_slots(&mut self, slots: &[SlotId], cells: &Cells, value: &Val) {
        let kind = self.heap.slot(slots[0]).kind.clone();
        self.store_kind(&kind, cells, 0, value, slots, &mut 0);
    }

    /// Stores a value that is no array.
    pub(crate) fn store_plain(&mut self, kind: &Kind, cells: &Cells, value: &Val) {
        self.store_kind(kind, cells, 0, value, &[], &mut 0);
    }

    fn store_kind(
        &mut self,
        kind: &Kind,
        cells: &Cells,
        offset: usize,
        value: &Val,
        slots: &[SlotId],
        arrays: &mut usize,
    ) {
        match (kind, &value.kind) {
            (Kind::Owned(owned), Kind::Seq(_)) => {
                *arrays += 1;
                self.store_owned(owned, cells, offset, value, (slots, *arrays - 1));
            }
            (Kind::Optional(inner) | Kind::MaybeUnbound(inner), _) if count_owned(inner) > 0 => {
                let is_missing =
                    matches!(value.kind, Kind::Unbound) || matches!(kind, Kind::Optional(_)) && value.is_none();
                let address = self.address(cells, offset);
                self.emit.store(Type::Bool, address, Operand::Bool(!is_missing));
                if is_missing {
                    *arrays += count_owned(inner);
                } else {
                    self.store_kind(inner, cells, offset + 1, value, slots, arrays);
                }
            }
            (Kind::Tuple(kinds), Kind::Tuple(_)) if count_owned(kind) > 0 => {
                let mut at = offset;
                for (kind, item) in kinds.iter().zip(value.items().unwrap_or_default()) {
                    self.store_kind(kind, cells, at, &item, slots, arrays);
                    at += kind.width();
                }
            }
            _ => {
                let ops = self.convert(value, kind);
                for (i, (ty, op)) in kind.types().into_iter().zip(ops).enumerate() {
                    let address = self.address(cells, offset + i);
                    self.emit.store(ty, address, op);
                }
            }
        }
    }

    /// Copies a sequence into cells that hold one by value. Variables may still hold what the cells held before; then the
    /// sequence goes to cells that none of them holds.
    fn store_owned(
        &mut self,
        owned: &OwnedKind,
        cells: &Cells,
        offset: usize,
        value: &Val,
        (slots, index): (&[SlotId], usize),
    ) {
        let first = cells.disp + (offset + owned.header()) as i64;
        let first = self.emit.index_binary(IntBinary::Add, cells.base, Operand::I64(first));
        // The very cells that it lies in already need no copy.
        if owned.versions == 1 && value.op() == first && View::of(value).is_some_and(|view| view.is_dense()) {
            return;
        }
        let storages = self.heap.owned_storages(slots, index);
        let held = self.addresses_held(&storages);
        if held.len() + 1 > owned.versions
            && let Some(slot) = slots.first()
        {
            self.heap.need_versions(*slot, index, held.len() + 1);
        }
        let mut base = first;
        if owned.versions > 1 {
            let version = self.free_version(first, owned.size() as i64, owned.versions as i64, &held);
            let address = self.address(cells, offset);
            self.emit.store(Type::I64, address, version);
            let distance = self.emit.index_binary(IntBinary::Mul, version, Operand::I64(owned.size() as i64));
            base = self.emit.index_binary(IntBinary::Add, first, distance);
        }
        let dims: Vec<Operand> = owned.dims.iter().map(|n| Operand::I64(*n)).collect();
        let strides = super::heap::row_major(&owned.dims);
        // Cells known when compiling name no range of their own; the elements are reached by a running index all the same.
        let ranges = match cells.base {
            Operand::I64(base) => {
                let start = (base + cells.disp) as u32 + offset as u32;
                vec![(start, start + (owned.header() + owned.versions * owned.size()) as u32)]
            }
            _ => cells.ranges.clone(),
        };
        let to = Target { base, ranges, element: owned.element.clone(), dims, strides };
        self.copy_elements(value, &to);
        if owned.flavour == Flavour::List || !slots.is_empty() {
            let moved = self.heap.view_owned(slots, index, owned, base);
            self.rename(value, &moved);
        }
    }

    // Elements.

    /// The cells of an element `index` elements from `address` in `storages`.
    pub(crate) fn element_cells(&mut self, storages: &[StorageId], address: Operand, index: Operand) -> Cells {
        let slot = self.heap.element_slot(storages);
        let width = self.heap.cells_each(slot) as i64;
        let offset = self.emit.index_binary(IntBinary::Mul, index, Operand::I64(width));
        let ranges = self.heap.storage_ranges(storages);
        self.cells_at(address, offset, &ranges)
    }

    /// The cells `offset` cells from `address`.
    pub(crate) fn cells_at(&mut self, address: Operand, offset: Operand, ranges: &[(u32, u32)]) -> Cells {
        let (base, disp) = match (address, offset) {
            (Operand::I64(a), Operand::I64(b)) => (Operand::I64(0), a + b),
            (Operand::I64(a), offset) => (offset, a),
            (address, Operand::I64(b)) => (address, b),
            (address, offset) => (self.emit.index_binary(IntBinary::Add, address, offset), 0),
        };
        Cells { base, disp, ranges: ranges.to_vec() }
    }

    /// Element `index` elements from `address`; a constant where nothing else is possible.
    pub(crate) fn load_element(
        &mut self,
        flavour: Flavour,
        storages: &[StorageId],
        address: Operand,
        index: Operand,
    ) -> Val {
        if let (Operand::I64(start), Operand::I64(index)) = (address, index) {
            let width = self.element_width(storages);
            // Elements without cells (dicts, functions) are told apart by their index alone.
            let place = match (width, storages) {
                (0, [storage]) => usize::try_from(index).ok().map(|index| (*storage, index)),
                (0, _) => None,
                _ => self.heap.element_at(storages, start + index * width),
            };
            if let Some((storage, index)) = place
                && let Some(value) = self.heap.constant_element(storage, index)
            {
                return value;
            }
        }
        let slot = self.heap.element_slot(storages);
        let cells = self.element_cells(storages, address, index);
        let value = self.load_slots(&[slot], &cells);
        match (flavour, &value.kind) {
            // What comes out of an array is numpy's, whatever the cells were joined with.
            (Flavour::Array(_), Kind::Float { .. }) => Val::numpy_float(value.op()),
            (Flavour::Array(_), Kind::Complex { .. }) => Val::complex((value.ops[0], value.ops[1]), true),
            // Of lists that are told apart while sound runs (a voice's stages), an index knows which objects lie there.
            (Flavour::List, Kind::Object(_)) => {
                let known = match index {
                    Operand::I64(index) => {
                        usize::try_from(index).ok().and_then(|at| self.heap.objects_at(storages, at))
                    }
                    _ => None,
                };
                Val { kind: known.unwrap_or(value.kind), ops: value.ops }
            }
            _ => value,
        }
    }

    /// Cells of one element.
    pub(crate) fn element_width(&mut self, storages: &[StorageId]) -> i64 {
        let slot = self.heap.element_slot(storages);
        self.heap.cells_each(slot) as i64
    }

    /// Stores an element `index` elements from `address`.
    pub(crate) fn store_element(
        &mut self,
        flavour: Flavour,
        storages: &[StorageId],
        address: Operand,
        index: Operand,
        value: &Val,
    ) -> Walk<()> {
        let slot = self.heap.element_slot(storages);
        let value = match flavour {
            Flavour::Array(dtype) => self.cast(value, dtype)?,
            _ => value.clone(),
        };
        let value = self.fitting(slot, &value)?;
        let span = self.span;
        self.note_store(slot, &value, span)?;
        self.heap.note_parts_written(storages);
        let cells = self.element_cells(storages, address, index);
        self.store_slots(&[slot], &cells, &value);
        Ok(())
    }

    // Conversions.

    /// The operands of a value as a kind that holds it: the join of its kind with others.
    pub(crate) fn convert(&mut self, value: &Val, kind: &Kind) -> Vec<Operand> {
        if value.kind == *kind {
            return value.ops.clone();
        }
        match (kind, &value.kind) {
            (Kind::Float { .. }, k) if k.is_number() => vec![self.emit.as_float(value.op())],
            (Kind::Int, k) if k.is_number() => vec![self.emit.as_int(value.op())],
            (Kind::Complex { .. }, k) if k.is_number() => vec![self.emit.as_float(value.op()), Operand::F64(0.0)],
            (Kind::Complex { .. }, Kind::Complex { .. }) => value.ops.clone(),
            (Kind::MaybeUnbound(_), Kind::Unbound)
            | (Kind::Optional(_), Kind::Static(crate::evaluate::value::Value::None)) => zeros(kind),
            (Kind::MaybeUnbound(to), Kind::MaybeUnbound(from)) | (Kind::Optional(to), Kind::Optional(from)) => {
                let inner = Val::new((**from).clone(), value.ops[1..].to_vec());
                let mut ops = vec![value.ops[0]];
                ops.extend(self.convert(&inner, to));
                ops
            }
            (Kind::MaybeUnbound(inner) | Kind::Optional(inner), _) => {
                let mut ops = vec![Operand::Bool(true)];
                ops.extend(self.convert(value, inner));
                ops
            }
            (Kind::OneOf(values), Kind::Static(one)) => {
                let index = values.iter().position(|known| same_value(known, one)).unwrap_or(0);
                vec![Operand::I64(index as i64)]
            }
            (Kind::OneOf(to), Kind::OneOf(from)) => vec![self.remap(value.op(), from, to)],
            (Kind::Tuple(kinds), Kind::Tuple(_)) => {
                let items = value.items().unwrap_or_default();
                items.iter().zip(&**kinds).flat_map(|(item, kind)| self.convert(item, kind)).collect()
            }
            (Kind::Record(record), Kind::Record(_)) => {
                let plain = Kind::Tuple(record.items.clone());
                self.convert(&value.without_names(), &plain)
            }
            (Kind::Tuple(_), Kind::Record(_)) => self.convert(&value.without_names(), kind),
            (Kind::Made(to), Kind::Made(_)) => {
                let fields = value.fields().unwrap_or_default();
                let unbound = Val::new(Kind::Unbound, vec![]);
                let field = |index: usize| fields.get(index).unwrap_or(&unbound);
                to.items.iter().enumerate().flat_map(|(i, kind)| self.convert(field(i), kind)).collect()
            }
            (Kind::Object(_), Kind::Object(_)) => value.ops.clone(),
            (Kind::Method(to), Kind::Method(from)) => {
                let receiver = Val::new(from.0.clone(), value.ops.clone());
                self.convert(&receiver, &to.0)
            }
            (Kind::Seq(to), Kind::Seq(_)) => {
                let mut ops = vec![value.op()];
                for (axis, dim) in to.dims.iter().enumerate() {
                    if *dim == Dim::Running {
                        ops.extend(value.dim(axis));
                    }
                }
                for (axis, stride) in to.strides.iter().enumerate() {
                    if *stride == Dim::Running {
                        ops.extend(value.stride(axis));
                    }
                }
                ops
            }
            // Only in walks that are not the last.
            _ => zeros(kind),
        }
    }

    /// The index of the same object in another list of objects.
    fn remap(
        &mut self,
        index: Operand,
        from: &[crate::evaluate::value::Value],
        to: &[crate::evaluate::value::Value],
    ) -> Operand {
        let place = |value| to.iter().position(|known| same_value(known, value)).unwrap_or(0) as i64;
        let mut result = Operand::I64(from.last().map_or(0, place));
        for (i, value) in from.iter().enumerate().rev().skip(1) {
            let is_this = self.emit.int_compare(crate::ir::Compare::Eq, index, Operand::I64(i as i64));
            result = self.emit.select(is_this, Operand::I64(place(value)), result);
        }
        result
    }
}

/// Memory that elements are copied to.
pub(crate) struct Target {
    pub(crate) base: Operand,
    pub(crate) ranges: Vec<(u32, u32)>,
    pub(crate) element: Kind,
    pub(crate) dims: Vec<Operand>,
    pub(crate) strides: Vec<Operand>,
}

/// Operands for a value that is not there.
fn zeros(kind: &Kind) -> Vec<Operand> {
    kind.types()
        .into_iter()
        .map(|ty| match ty {
            Type::F64 => Operand::F64(0.0),
            Type::I64 => Operand::I64(0),
            Type::Bool => Operand::Bool(false),
        })
        .collect()
}
