//! `condition ? a : b` without a branch.
//!
//! Cranelift makes a branch of a `select` of floats on x86-64. A comparison in a vector register gives a mask instead,
//! all ones or all zeros, which blends two floats or cuts one to zero; where the condition is an integer it becomes a
//! mask first.

use cranelift_codegen::ir::{InstBuilder, InstructionData, MemFlagsData, Opcode, Value, ValueDef, types};

use super::Translator;

impl Translator<'_> {
    /// `condition ? a : b` of any type.
    pub(super) fn select(&mut self, condition: Value, a: Value, b: Value) -> Value {
        if a == b {
            return a;
        }
        if self.b.func.dfg.value_type(a) != types::F64 {
            return self.b.ins().select(condition, a, b);
        }
        let mask = self.mask(condition);
        let chosen = if self.is_zero(b) {
            let a = self.vector(a);
            self.b.ins().band(mask, a)
        } else if self.is_zero(a) {
            let b = self.vector(b);
            let others = self.b.ins().bnot(mask);
            self.b.ins().band(b, others)
        } else {
            let (a, b) = (self.vector(a), self.vector(b));
            self.b.ins().bitselect(mask, a, b)
        };
        let floats = self.b.ins().bitcast(types::F64X2, MemFlagsData::new(), chosen);
        self.b.ins().extractlane(floats, 0)
    }

    /// A float in the first lane, as bits.
    fn vector(&mut self, value: Value) -> Value {
        let floats = self.b.ins().scalar_to_vector(types::F64X2, value);
        self.b.ins().bitcast(types::I64X2, MemFlagsData::new(), floats)
    }

    /// All ones in the first lane where a truth value is true.
    fn mask(&mut self, condition: Value) -> Value {
        if let Some(mask) = self.compared(condition, 4) {
            return mask;
        }
        let word = self.b.ins().bmask(types::I64, condition);
        self.b.ins().scalar_to_vector(types::I64X2, word)
    }

    /// The mask of a truth value that was made of comparisons of floats only.
    fn compared(&mut self, condition: Value, depth: u32) -> Option<Value> {
        let ValueDef::Result(inst, _) = self.b.func.dfg.value_def(condition) else { return None };
        match self.b.func.dfg.insts[inst] {
            InstructionData::FloatCompare { opcode: Opcode::Fcmp, cond, args: [x, y] } => {
                let x = self.b.ins().scalar_to_vector(types::F64X2, x);
                let y = self.b.ins().scalar_to_vector(types::F64X2, y);
                Some(self.b.ins().fcmp(cond, x, y))
            }
            InstructionData::Binary { opcode, args: [x, y] }
                if depth > 0 && matches!(opcode, Opcode::Band | Opcode::Bor) =>
            {
                let x = self.compared(x, depth - 1)?;
                let y = self.compared(y, depth - 1)?;
                Some(if opcode == Opcode::Band { self.b.ins().band(x, y) } else { self.b.ins().bor(x, y) })
            }
            _ => None,
        }
    }

    /// Whether a value is the constant `+0.0`.
    fn is_zero(&self, value: Value) -> bool {
        self.float_constant(value).is_some_and(|x| x.to_bits() == 0)
    }

    /// The value, if it is a constant.
    pub(super) fn float_constant(&self, value: Value) -> Option<f64> {
        let ValueDef::Result(inst, _) = self.b.func.dfg.value_def(value) else { return None };
        match self.b.func.dfg.insts[inst] {
            InstructionData::UnaryIeee64 { imm, .. } => Some(f64::from_bits(imm.bits())),
            _ => None,
        }
    }
}
