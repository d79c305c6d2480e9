//! Small branches without side effects become selections: both arms are computed, and for each variable that they
//! assign one of two values is taken. A sample loop whose conditions depend on the signal is spared the branches that
//! the processor cannot foresee.

use std::collections::{BTreeMap, HashSet};

use cranelift_codegen::ir::Value;
use cranelift_frontend::Variable;
use oscine_lang::ir::{FloatBinary, FloatUnary, Inst, IntBinary, Op};

use super::Translator;
use super::promote::known_cell;

/// Most instructions of both arms together.
const MOST: u32 = 10;

impl Translator<'_> {
    /// Whether computing both arms is right and cheap.
    pub(super) fn is_convertible(&self, condition: Value, then: &[Inst], otherwise: &[Inst]) -> bool {
        if !self.is_of_floats(condition) {
            return false;
        }
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
        let (first, second) = (self.arm(then), self.arm(otherwise));
        let variables: BTreeMap<u32, Variable> =
            first.assigned.iter().chain(&second.assigned).map(|(k, v)| (*k, *v)).collect();
        // A value from before is asked for only where it matters: asking makes it live, around loops too.
        let matters = |n: &u32| !(first.always.contains(n) && second.always.contains(n)) || second.read.contains(n);
        let before: Vec<Option<Value>> =
            variables.iter().map(|(n, v)| matters(n).then(|| self.b.use_var(*v))).collect();
        self.body(then);
        let taken: Vec<Value> = variables.values().map(|v| self.b.use_var(*v)).collect();
        for (variable, value) in variables.values().zip(&before) {
            if let Some(value) = value {
                self.b.def_var(*variable, *value);
            }
        }
        self.body(otherwise);
        for (variable, a) in variables.values().zip(taken) {
            let b = self.b.use_var(*variable);
            let value = self.select(condition, a, b);
            self.b.def_var(*variable, value);
        }
    }

    /// What a convertible arm reads and assigns.
    fn arm(&self, body: &[Inst]) -> Arm {
        let mut arm = Arm::default();
        for inst in body {
            inst.walk(&mut |inst| {
                inst.for_each_operand(&mut |var| arm.read.extend(self.variables[var.0 as usize].map(Variable::as_u32)));
                if let Inst::Let(_, Op::Load(_, address)) = inst
                    && let Some((variable, _)) = known_cell(address).and_then(|cell| self.promoted.cells.get(&cell))
                {
                    arm.read.insert(variable.as_u32());
                }
                if let Some(variable) = self.assigned(inst) {
                    arm.assigned.insert(variable.as_u32(), variable);
                }
            });
            arm.always.extend(self.assigned(inst).map(Variable::as_u32));
        }
        arm
    }

    fn assigned(&self, inst: &Inst) -> Option<Variable> {
        match inst {
            Inst::Let(var, _) => self.variables[var.0 as usize],
            Inst::Store(_, address, _) => Some(self.promoted.cells.get(&known_cell(address)?)?.0),
            _ => None,
        }
    }
}

/// What an arm does to variables, by their number.
#[derive(Default)]
struct Arm {
    read: HashSet<u32>,
    assigned: BTreeMap<u32, Variable>,
    /// Assigned whatever nested conditions say.
    always: HashSet<u32>,
}
