//! When values are ready: a rough count of cycles, from the latencies of present processors.
//!
//! A. Fog, "Instruction tables", for x86; Arm's optimisation guides for its cores. They differ by a cycle or two, which
//! changes few orders.

use std::collections::HashMap;

use crate::ir::{Address, FloatBinary, FloatUnary, IntBinary, Op, Operand, Var};

pub(super) const ADD: u32 = 3;
pub(super) const MULTIPLY: u32 = 3;
pub(super) const FUSED: u32 = 4;
const DIVIDE: u32 = 13;
const ROUND: u32 = 7;
const COMPARE: u32 = 3;
const LOAD: u32 = 5;
const MATH: u32 = 30;
const CALL: u32 = 100;

/// From an operation's last operand to its result.
pub(super) fn latency(op: &Op) -> u32 {
    match op {
        Op::Copy(_) | Op::Input(_) | Op::Argument(..) => 0,
        Op::FloatUnary(FloatUnary::Neg | FloatUnary::Abs, _) | Op::Not(_) | Op::BoolBinary(..) | Op::BoolToInt(_) => 1,
        Op::FloatUnary(FloatUnary::Sqrt, _) | Op::FloatBinary(FloatBinary::Div, ..) => DIVIDE,
        Op::FloatUnary(..) | Op::IntToFloat(_) | Op::FloatToInt(_) => ROUND,
        Op::FloatBinary(FloatBinary::Add | FloatBinary::Sub, ..) => ADD,
        Op::FloatBinary(FloatBinary::Mul, ..) => MULTIPLY,
        Op::FloatBinary(FloatBinary::CopySign, ..) => 2,
        Op::FloatBinary(FloatBinary::Mod | FloatBinary::FloorDiv, ..) | Op::Math(..) => MATH,
        Op::MulAdd(..) => FUSED,
        Op::IntBinary(IntBinary::Mul, ..) => 3,
        Op::IntBinary(IntBinary::FloorDiv | IntBinary::Mod, ..) => DIVIDE,
        Op::IntBinary(..) | Op::IntCompare(..) => 1,
        Op::FloatCompare(..) | Op::Select(..) => COMPARE,
        Op::Load(..) => LOAD,
        Op::Call { .. } => CALL,
    }
}

/// When each value is ready. What has no entry was there from the beginning.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    vars: HashMap<Var, u32>,
    /// Of cells at constant addresses.
    cells: HashMap<i64, u32>,
    /// Of cells at computed ones, by their extents.
    extents: HashMap<Option<u32>, u32>,
}

impl Times {
    pub(super) fn of(&self, operand: Operand) -> u32 {
        match operand {
            Operand::Var(var) => self.vars.get(&var).copied().unwrap_or(0),
            _ => 0,
        }
    }

    pub(super) fn set(&mut self, var: Var, time: u32) {
        self.vars.insert(var, time);
    }

    /// When an operation ends.
    pub(super) fn end(&self, op: &Op) -> u32 {
        let mut start = 0;
        op.operands(&mut |operand| start = start.max(self.of(operand)));
        if let Op::Load(_, address) = op {
            // A cell at a known address is a register.
            return match address.base {
                Operand::I64(base) => self.cells.get(&(base + address.disp)).copied().unwrap_or(0),
                _ => start.max(self.extents.get(&address.extent).copied().unwrap_or(0)) + LOAD,
            };
        }
        start + latency(op)
    }

    pub(super) fn store(&mut self, address: &Address, value: Operand) {
        let time = self.of(value);
        match address.base {
            Operand::I64(base) => self.cells.insert(base + address.disp, time),
            _ => self.extents.insert(address.extent, time),
        };
    }

    /// When the last of the cells at constant addresses is ready.
    #[cfg(test)]
    pub(super) fn latest_cell(&self) -> u32 {
        self.cells.values().copied().max().unwrap_or(0)
    }

    /// What either branch leaves, the later of the two.
    pub(super) fn join(&mut self, other: Self) {
        fn later<K: Eq + std::hash::Hash>(mine: &mut HashMap<K, u32>, other: HashMap<K, u32>) {
            for (key, time) in other {
                let mine = mine.entry(key).or_default();
                *mine = time.max(*mine);
            }
        }
        later(&mut self.vars, other.vars);
        later(&mut self.cells, other.cells);
        later(&mut self.extents, other.extents);
    }
}
