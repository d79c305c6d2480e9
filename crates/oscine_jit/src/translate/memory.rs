//! Cells: loads and stores, and those that live in variables.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use oscine_lang::ir::{Address, Operand, Type};

use super::promote::{Effects, Promoted, known_cell};
use super::{Translator, machine_type};

/// Bytes of a cell.
const CELL_BYTES: i64 = 8;

impl Translator<'_> {
    /// Reads the cells that are to live in registers.
    pub(super) fn load_promoted(&mut self) {
        let effects = Effects::of(self.function, self.program);
        self.promoted = Promoted { effects, ..Promoted::default() };
        for (cell, ty) in self.promoted.effects.candidates() {
            let variable = self.b.declare_var(machine_type(ty));
            let value = self.load_at(ty, self.cells, i64::from(cell), MemFlagsData::trusted());
            self.b.def_var(variable, value);
            self.promoted.cells.insert(cell, (variable, ty));
        }
    }

    /// Writes them back.
    pub(super) fn store_promoted(&mut self) {
        let cells: Vec<_> = self.promoted.cells.iter().map(|(cell, (variable, _))| (*cell, *variable)).collect();
        for (cell, variable) in cells {
            let value = self.b.use_var(variable);
            self.store_at(value, self.cells, i64::from(cell));
        }
    }

    pub(super) fn load(&mut self, ty: Type, address: &Address) -> Value {
        let mut flags = MemFlagsData::trusted();
        if let Some(cell) = known_cell(address) {
            if let Some((variable, _)) = self.promoted.cells.get(&cell) {
                return self.b.use_var(*variable);
            }
            if self.promoted.effects.is_constant(cell) {
                flags = flags.with_readonly().with_can_move();
            }
        }
        let (base, cell) = self.address(address);
        self.load_at(ty, base, cell, flags)
    }

    pub(super) fn store(&mut self, address: &Address, value: Operand) {
        let value = self.operand(value);
        if let Some((variable, _)) = known_cell(address).and_then(|cell| self.promoted.cells.get(&cell)) {
            return self.b.def_var(*variable, value);
        }
        let (base, cell) = self.address(address);
        self.store_at(value, base, cell);
    }

    /// A pointer and a number of cells to add to it.
    pub(super) fn address(&mut self, address: &Address) -> (Value, i64) {
        match address.base {
            Operand::I64(base) => (self.cells, base + address.disp),
            base => {
                let index = self.operand(base);
                (self.cell_pointer(index), address.disp)
            }
        }
    }

    /// The address of a cell.
    pub(super) fn cell_pointer(&mut self, index: Value) -> Value {
        let bytes = self.b.ins().ishl_imm_s(index, 3);
        self.b.ins().iadd(self.cells, bytes)
    }

    fn load_at(&mut self, ty: Type, base: Value, cell: i64, flags: MemFlagsData) -> Value {
        let (base, offset) = self.displaced(base, cell);
        match ty {
            Type::F64 => self.b.ins().load(types::F64, flags, base, offset),
            Type::I64 => self.b.ins().load(types::I64, flags, base, offset),
            Type::Bool => {
                let word = self.b.ins().load(types::I64, flags, base, offset);
                self.b.ins().ireduce(types::I8, word)
            }
        }
    }

    fn store_at(&mut self, value: Value, base: Value, cell: i64) {
        let (base, offset) = self.displaced(base, cell);
        let value = if self.b.func.dfg.value_type(value) == types::I8 {
            self.b.ins().uextend(types::I64, value)
        } else {
            value
        };
        self.b.ins().store(MemFlagsData::trusted(), value, base, offset);
    }

    /// An offset that fits an instruction.
    fn displaced(&mut self, base: Value, cell: i64) -> (Value, i32) {
        let bytes = cell * CELL_BYTES;
        match i32::try_from(bytes) {
            Ok(offset) => (base, offset),
            Err(_) => (self.b.ins().iadd_imm_s(base, bytes), 0),
        }
    }
}
