//! The operands of instructions, for passes that look at all of them alike.

use super::{Address, Inst, Op, Operand, Var};

impl Inst {
    /// Calls `f` for every var that this instruction itself reads, not those that nested instructions read.
    pub fn for_each_operand(&self, f: &mut impl FnMut(Var)) {
        self.operands(&mut |operand| {
            if let Operand::Var(var) = operand {
                f(var);
            }
        });
    }

    /// Calls `f` for every operand of this instruction itself, not those of nested instructions.
    pub fn operands(&self, f: &mut impl FnMut(Operand)) {
        match self {
            Inst::Let(_, op) => op.operands(f),
            Inst::Store(_, address, value) => {
                f(address.base);
                f(*value);
            }
            Inst::If { condition, .. } => f(*condition),
            Inst::Output(_, value) => f(*value),
            Inst::Fault(_, args) => args.iter().copied().for_each(f),
            Inst::Block { .. }
            | Inst::Loop { .. }
            | Inst::Break(_)
            | Inst::Continue(_)
            | Inst::Frames { .. }
            | Inst::Line(_) => {}
        }
    }

    /// The lists of instructions nested in this one.
    pub fn bodies(&self) -> [&[Inst]; 2] {
        match self {
            Inst::If { then, otherwise, .. } => [then, otherwise],
            Inst::Block { body, .. } | Inst::Loop { body, .. } | Inst::Frames { body } => [body, &[]],
            _ => [&[], &[]],
        }
    }

    /// Calls `f` for this instruction and all nested in it, outer ones first.
    pub fn walk<'a>(&'a self, f: &mut impl FnMut(&'a Inst)) {
        f(self);
        for body in self.bodies() {
            for inst in body {
                inst.walk(f);
            }
        }
    }
}

impl Op {
    /// Calls `f` for every operand.
    pub fn operands(&self, f: &mut impl FnMut(Operand)) {
        match self {
            Op::Copy(a)
            | Op::FloatUnary(_, a)
            | Op::Not(a)
            | Op::IntToFloat(a)
            | Op::FloatToInt(a)
            | Op::BoolToInt(a)
            | Op::Load(_, Address { base: a, .. }) => f(*a),
            Op::FloatBinary(_, a, b)
            | Op::IntBinary(_, a, b, _)
            | Op::FloatCompare(_, a, b)
            | Op::IntCompare(_, a, b)
            | Op::BoolBinary(_, a, b) => {
                f(*a);
                f(*b);
            }
            Op::Select(c, a, b) | Op::MulAdd(c, a, b) => {
                f(*c);
                f(*a);
                f(*b);
            }
            Op::Math(_, args) | Op::Call { args, .. } => args.iter().copied().for_each(f),
            Op::Input(_) | Op::Argument(..) => {}
        }
    }
}
