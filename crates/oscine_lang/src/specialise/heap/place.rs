//! Where everything lies in the state: cells are given out as they are asked for, anew in each round.

use indexmap::IndexMap;

use crate::evaluate::value::Name;
use crate::ir::Operand;
use crate::specialise::kind::{Kind, OwnedKind, Val, join, owned_in};

use super::{Heap, InstId, Origin, Record, SlotId, StorageId, element_const, row_major};

impl Heap {
    pub(super) fn take(&mut self, cells: usize) -> u32 {
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
        if let Origin::Parts(whole) = self.storages[id.0 as usize].origin {
            return self.storage_cell(whole);
        }
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
            let id = &self.whole(*id);
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
    pub(super) fn storages_of_elements(&self, id: StorageId) -> Vec<StorageId> {
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
            Origin::Scratch | Origin::Parts(_) | Origin::Owned(..) | Origin::Ring(_) => None,
        }
    }

    /// The objects at an index of live lists that are never written, of those that are so long.
    pub(crate) fn objects_at(&mut self, candidates: &[StorageId], index: usize) -> Option<Kind> {
        let mut found = None;
        for id in candidates {
            let storage = &self.storages[id.0 as usize];
            let Origin::List(list) = &storage.origin else { return None };
            if self.slot(storage.element).is_written {
                return None;
            }
            let (value, path) = (list.0.borrow().get(index).cloned(), format!("{}[{index}]", storage.path));
            let Some(value) = value else { continue };
            let kind = self.kind_of(&value, &path);
            if !matches!(kind, Kind::Object(_)) {
                return None;
            }
            found = Some(match found {
                None => kind,
                Some(found) => join(&found, &kind)?,
            });
        }
        found
    }

    /// What a load of a slot at `address` gives: the loaded operands, or a view of an array held by value.
    pub(crate) fn view_owned(&mut self, slots: &[SlotId], index: usize, owned: &OwnedKind, address: Operand) -> Val {
        let mut storages: Vec<StorageId> = slots.iter().map(|slot| self.owned_storage(*slot, index, owned)).collect();
        storages.sort_unstable();
        storages.dedup();
        let dims: Vec<Operand> = owned.dims.iter().map(|n| Operand::I64(*n)).collect();
        Val::seq(owned.flavour, storages, address, &dims, &row_major(&owned.dims))
    }
}
