//! Which state cells live in registers while a function runs.
//!
//! A cell may if every access to it names it by a constant and with one type, and no access through a computed
//! address, and no routine, may touch it. It is read into a `Variable` when the function starts and, where the function
//! writes it, written back when it ends. Only functions with loops gain by that: the sample loop above all.
//!
//! Cells that are read only are left in memory: their loads are marked as such, and Cranelift moves them out of loops.

use std::collections::{BTreeMap, HashMap};

use cranelift_frontend::Variable;
use oscine_lang::ir::{Address, Function, Inst, Op, Operand, Program, Type};

/// Most cells that are kept in variables. More than a dozen are spilled, which costs what state in memory costs.
const MOST: usize = 256;

/// The cells in registers, and what is known of the others.
#[derive(Debug, Default)]
pub(super) struct Promoted {
    /// The variable of each promoted cell; its type; whether it is written.
    pub(super) cells: BTreeMap<u32, (Variable, Type)>,
    /// What the function does to memory.
    pub(super) effects: Effects,
}

/// What a function reads and writes.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Accesses by constant address.
    known: HashMap<u32, Known>,
    /// Ranges of cells that computed addresses and routines may read, and that they may write.
    dynamic_reads: Vec<(u32, u32)>,
    dynamic_writes: Vec<(u32, u32)>,
    has_loop: bool,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    ty: Type,
    mixed: bool,
    written: bool,
}

/// The cell of an address that is known when translating.
pub(super) fn known_cell(address: &Address) -> Option<u32> {
    match address.base {
        Operand::I64(base) => u32::try_from(base + address.disp).ok(),
        _ => None,
    }
}

impl Effects {
    /// What `function` does.
    pub(super) fn of(function: &Function, program: &Program) -> Self {
        let mut effects = Effects::default();
        for inst in &function.body {
            inst.walk(&mut |inst| effects.add(inst, program));
        }
        effects.dynamic_reads = joined(effects.dynamic_reads);
        effects.dynamic_writes = joined(effects.dynamic_writes);
        effects
    }

    fn add(&mut self, inst: &Inst, program: &Program) {
        match inst {
            Inst::Let(_, Op::Load(ty, address)) => self.access(*ty, address, false, program),
            Inst::Store(ty, address, _) => self.access(*ty, address, true, program),
            Inst::Let(_, Op::Call { extents, .. }) => {
                for extent in extents {
                    self.dynamic_reads.extend(&program.extents[*extent as usize]);
                    self.dynamic_writes.extend(&program.extents[*extent as usize]);
                }
            }
            Inst::Frames { .. } | Inst::Loop { .. } => self.has_loop = true,
            _ => {}
        }
    }

    fn access(&mut self, ty: Type, address: &Address, write: bool, program: &Program) {
        if let Some(cell) = known_cell(address) {
            let known = self.known.entry(cell).or_insert(Known { ty, mixed: false, written: false });
            known.mixed |= known.ty != ty;
            known.written |= write;
            return;
        }
        let all = [(0, program.state.len() as u32)];
        let ranges = address.extent.map_or(&all[..], |extent| &program.extents[extent as usize]);
        if write {
            self.dynamic_writes.extend(ranges);
        } else {
            self.dynamic_reads.extend(ranges);
        }
    }

    /// Whether nothing in the function writes the cell.
    pub(super) fn is_constant(&self, cell: u32) -> bool {
        !self.known.get(&cell).is_some_and(|k| k.written) && !contains(&self.dynamic_writes, cell)
    }

    /// The cells worth a register, with their types.
    pub(super) fn candidates(&self) -> Vec<(u32, Type)> {
        if !self.has_loop {
            return vec![];
        }
        let mut cells: Vec<_> = self
            .known
            .iter()
            .filter(|(_, known)| known.written && !known.mixed)
            .filter(|(cell, _)| !contains(&self.dynamic_writes, **cell) && !contains(&self.dynamic_reads, **cell))
            .map(|(cell, known)| (*cell, known.ty))
            .collect();
        cells.sort_unstable_by_key(|(cell, _)| *cell);
        cells.truncate(MOST);
        cells
    }
}

/// The same cells as ranges in order that do not touch.
fn joined(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let touch = next.0 <= kept.1;
        if touch {
            kept.1 = kept.1.max(next.1);
        }
        touch
    });
    ranges
}

/// Whether one of [`joined`] ranges has the cell.
fn contains(ranges: &[(u32, u32)], cell: u32) -> bool {
    let after = ranges.partition_point(|&(first, _)| first <= cell);
    after > 0 && cell < ranges[after - 1].1
}

#[cfg(test)]
mod tests {
    use super::{contains, joined};

    #[test]
    fn ranges_join_where_they_touch() {
        let ranges = joined(vec![(8, 9), (0, 2), (1, 4), (4, 5), (1, 2)]);
        assert_eq!(ranges, [(0, 5), (8, 9)]);
        let inside: Vec<u32> = (0..10).filter(|cell| contains(&ranges, *cell)).collect();
        assert_eq!(inside, [0, 1, 2, 3, 4, 8]);
        assert!(!contains(&[], 0));
    }
}
