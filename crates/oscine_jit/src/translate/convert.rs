//! Small branches without side effects become selections: both arms are computed, and for each variable that they
//! assign one of two values is taken. A sample loop whose conditions depend on the signal is spared the branches that
//! the processor cannot foresee.

use std::collections::BTreeMap;

use cranelift_codegen::ir::Value;
use cranelift_frontend::Variable;
use oscine_lang::ir::{FloatBinary, FloatUnary, Inst, IntBinary, Op};

use super::Translator;
use super::promote::known_cell;

/// Most instructions of both arms together.
const MOST: u32 = 10;

impl Translator<'_> {
    /// Whether computing both arms is right and cheap.
    pub(super) fn is_convertible(&self, then: &[Inst], otherwise: &[Inst]) -> bool {
        let cost = |body: &[Inst]| body.iter().map(|inst| self.cost(inst)).try_fold(0, |sum, c| c.map(|c| sum + c));
        matches!((cost(then), cost(otherwise)), (Some(a), Some(b)) if a + b <= MOST)
    }

    /// What an instruction costs, if it can do no harm where it was not to be run.
    fn cost(&self, inst: &Inst) -> Option<u32> {
        match inst {
            Inst::Line(_) => Some(0),
            Inst::Store(_, address, _) => {
                known_cell(address).is_some_and(|cell| self.promoted.cells.contains_key(&cell)).then_some(1)
            }
            Inst::Let(_, op) => match op {
                Op::Copy(_) | Op::BoolToInt(_) => Some(0),
                Op::FloatBinary(op, ..) => {
                    use FloatBinary::{Add, CopySign, Div, FloorDiv, Mod, Mul, Sub};
                    match op {
                        Add | Sub | Mul | CopySign => Some(1),
                        Div | FloorDiv | Mod => None,
                    }
                }
                Op::FloatUnary(op, _) => (*op != FloatUnary::Sqrt).then_some(1),
                Op::IntBinary(op, _, _, None) => (!matches!(op, IntBinary::FloorDiv | IntBinary::Mod)).then_some(1),
                Op::FloatCompare(..)
                | Op::IntCompare(..)
                | Op::BoolBinary(..)
                | Op::Not(_)
                | Op::Select(..)
                | Op::IntToFloat(_)
                | Op::Input(_) => Some(1),
                Op::Load(_, address) => known_cell(address).map(|_| 1),
                _ => None,
            },
            Inst::If { then, otherwise, .. } => {
                let mut arms = then.iter().chain(otherwise).map(|inst| self.cost(inst));
                arms.try_fold(1, |sum, c| c.map(|c| sum + c))
            }
            _ => None,
        }
    }

    /// Computes both arms and takes of each variable the one that `condition` says.
    pub(super) fn convert(&mut self, condition: Value, then: &[Inst], otherwise: &[Inst]) {
        let mut assigned = BTreeMap::new();
        for inst in then.iter().chain(otherwise) {
            inst.walk(&mut |inst| {
                if let Some(variable) = self.assigned(inst) {
                    assigned.insert(variable.as_u32(), variable);
                }
            });
        }
        let variables: Vec<Variable> = assigned.into_values().collect();
        let values = |t: &mut Self| -> Vec<Value> { variables.iter().map(|v| t.b.use_var(*v)).collect() };
        let before = values(self);
        self.body(then);
        let taken = values(self);
        for (variable, value) in variables.iter().zip(&before) {
            self.b.def_var(*variable, *value);
        }
        self.body(otherwise);
        let other = values(self);
        for ((variable, a), b) in variables.iter().zip(taken).zip(other) {
            let value = self.select(condition, a, b);
            self.b.def_var(*variable, value);
        }
    }

    fn assigned(&self, inst: &Inst) -> Option<Variable> {
        match inst {
            Inst::Let(var, _) => self.variables[var.0 as usize],
            Inst::Store(_, address, _) => Some(self.promoted.cells.get(&known_cell(address)?)?.0),
            _ => None,
        }
    }
}
