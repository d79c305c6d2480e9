//! `condition ? a : b` of floats without a branch.
//!
//! Cranelift makes a branch of a `select` of floats on x86-64, which costs much where the condition follows the signal.
//! A comparison of vectors gives a mask instead, all ones or all zeros, that blends two floats or cuts one to zero.
//! Conditions made of ints are counters and switches, which the processor foresees: there the branch is the cheaper way.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{ConstantData, InstBuilder, InstructionData, MemFlagsData, Opcode, Value, ValueDef, types};

use super::Translator;

/// How deep conditions are searched for comparisons.
const DEPTH: u32 = 4;

impl Translator<'_> {
    /// `condition ? a : b` of any type.
    pub(super) fn select(&mut self, condition: Value, a: Value, b: Value) -> Value {
        if a == b {
            return a;
        }
        let is_float = self.b.func.dfg.value_type(a) == types::F64;
        if !is_float || !self.settings.masks || !self.is_of_floats(condition) {
            return self.b.ins().select(condition, a, b);
        }
        if let Some(value) = self.extremum(condition, a, b) {
            return value;
        }
        let mask = self.mask(condition);
        if self.is_zero(b) {
            self.b.ins().band(mask, a)
        } else if self.is_zero(a) {
            let others = self.b.ins().bnot(mask);
            self.b.ins().band(b, others)
        } else {
            self.b.ins().bitselect(mask, a, b)
        }
    }

    /// Whether a truth value was made of comparisons of floats only.
    pub(super) fn is_of_floats(&self, condition: Value) -> bool {
        self.is_compared(condition, DEPTH)
    }

    fn is_compared(&self, condition: Value, depth: u32) -> bool {
        match self.definition(condition) {
            Some(InstructionData::FloatCompare { .. }) => true,
            Some(InstructionData::Binary { opcode: Opcode::Bxor, args: [x, y] }) => {
                depth > 0 && self.int_constant(y) == Some(1) && self.is_compared(x, depth - 1)
            }
            Some(InstructionData::Binary { opcode: Opcode::Band | Opcode::Bor, args: [x, y] }) => {
                depth > 0 && self.is_compared(x, depth - 1) && self.is_compared(y, depth - 1)
            }
            _ => false,
        }
    }

    /// All ones where such a truth value is true, as the bits of a float.
    fn mask(&mut self, condition: Value) -> Value {
        match self.definition(condition) {
            Some(InstructionData::FloatCompare { cond, args: [x, y], .. }) => {
                let (x, y) = (self.wide(x), self.wide(y));
                let lanes = self.b.ins().fcmp(cond, x, y);
                self.narrow(lanes)
            }
            Some(InstructionData::Binary { opcode: Opcode::Bxor, args: [x, _] }) => {
                let mask = self.mask(x);
                self.b.ins().bnot(mask)
            }
            Some(InstructionData::Binary { opcode, args: [x, y] }) => {
                let (x, y) = (self.mask(x), self.mask(y));
                if opcode == Opcode::Band { self.b.ins().band(x, y) } else { self.b.ins().bor(x, y) }
            }
            _ => unreachable!("only asked for what `is_of_floats`"),
        }
    }

    /// `x < y ? x : y` and the like, which is one instruction, NaN and zeros included.
    fn extremum(&mut self, condition: Value, a: Value, b: Value) -> Option<Value> {
        let Some(InstructionData::FloatCompare { cond, args: [x, y], .. }) = self.definition(condition) else {
            return None;
        };
        let (x, y) = match cond {
            FloatCC::LessThan => (x, y),
            FloatCC::GreaterThan => (y, x),
            _ => return None,
        };
        if (a, b) != (x, y) && (a, b) != (y, x) {
            return None;
        }
        // The very form that Cranelift knows: the mask of `x < y`, then the same two operands.
        let (low, high) = (self.wide(x), self.wide(y));
        let lanes = self.b.ins().fcmp(FloatCC::LessThan, low, high);
        let lanes = self.b.ins().bitcast(types::F64X2, MemFlagsData::new(), lanes);
        let (first, second) = if a == x { (low, high) } else { (high, low) };
        let chosen = self.b.ins().bitselect(lanes, first, second);
        Some(self.b.ins().extractlane(chosen, 0))
    }

    /// A float in both lanes.
    fn wide(&mut self, value: Value) -> Value {
        match self.float_constant(value) {
            Some(x) => {
                let bytes = x.to_bits().to_le_bytes();
                let lanes: Vec<u8> = bytes.iter().chain(&bytes).copied().collect();
                let constant = self.b.func.dfg.constants.insert(ConstantData::from(lanes));
                self.b.ins().vconst(types::F64X2, constant)
            }
            None => self.b.ins().splat(types::F64X2, value),
        }
    }

    /// The first lane of a mask as a float.
    fn narrow(&mut self, lanes: Value) -> Value {
        let floats = self.b.ins().bitcast(types::F64X2, MemFlagsData::new(), lanes);
        self.b.ins().extractlane(floats, 0)
    }

    /// Whether a value is the constant `+0.0`.
    fn is_zero(&self, value: Value) -> bool {
        self.float_constant(value).is_some_and(|x| x.to_bits() == 0)
    }

    /// The value, if it is a constant.
    pub(super) fn float_constant(&self, value: Value) -> Option<f64> {
        match self.definition(value) {
            Some(InstructionData::UnaryIeee64 { imm, .. }) => Some(f64::from_bits(imm.bits())),
            _ => None,
        }
    }

    /// The instruction that computes a value, if it is one.
    pub(super) fn definition(&self, value: Value) -> Option<InstructionData> {
        match self.b.func.dfg.value_def(value) {
            ValueDef::Result(inst, _) => Some(self.b.func.dfg.insts[inst]),
            _ => None,
        }
    }
}
