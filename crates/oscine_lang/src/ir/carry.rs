//! What a loop stored some turns ago is carried to where it reads it, instead of going through memory.
//!
//! A recursive filter over an array, `y[i] = a * x[i] + b * y[i - 1]`, waits in each turn for what the turn before has
//! written, and a store that is read back costs more cycles than the arithmetic. Here the last values get variables,
//! which live in registers; the stores stay. The loop must store to that array at one place, in every turn, at an index
//! that grows by one (D. Callahan, S. Carr and K. Kennedy, "Improving Register Allocation for Subscripted Variables",
//! PLDI 1990).

use std::collections::{HashMap, HashSet};

use super::{Address, Function, Inst, IntBinary, Label, Op, Operand, Program, Type, Var, VarInfo};

/// Most turns that a value is carried.
const MOST_TURNS: i64 = 4;

/// Rewrites all functions of a program.
pub fn carry(program: &mut Program) {
    let Program { process, update, events, extents, state, .. } = program;
    for function in std::iter::once(process).chain(update).chain(events.iter_mut().flatten()) {
        let Function { vars, body, .. } = function;
        Pass { vars, extents, cells: state.len() as u32 }.list(body, &mut HashMap::new());
    }
}

type Ranges = Vec<(u32, u32)>;

struct Pass<'a> {
    vars: &'a mut Vec<VarInfo>,
    extents: &'a [Ranges],
    cells: u32,
}

/// What is to be done to a loop.
struct Plan {
    ty: Type,
    /// The one store.
    store: Address,
    /// The cell that it writes in the first turn.
    first_cell: i64,
    /// The loads that give way, and how many turns ago their value was stored.
    loads: HashMap<Var, i64>,
    /// Where those loads may read.
    ranges: Ranges,
}

/// What a loop does up to where its counter moves on.
#[derive(Default)]
struct Survey {
    /// Vars that are the counter and a constant.
    offsets: HashMap<Var, i64>,
    /// Loads before any store to the same place: var, type, cell in the first turn less the counter, ranges.
    loads: Vec<(Var, Type, i64, Ranges)>,
    /// Stores of every turn, and how many loads came before.
    stores: Vec<(Address, Type, i64, usize)>,
    /// By how much the counter grows.
    step: Option<i64>,
}

impl Pass<'_> {
    /// `known` are the variables whose value is a constant here.
    fn list(&mut self, body: &mut Vec<Inst>, known: &mut HashMap<Var, i64>) {
        let mut result = Vec::with_capacity(body.len());
        for mut inst in std::mem::take(body) {
            let assigned = assigned_in(&inst);
            match &mut inst {
                Inst::If { then, otherwise, .. } => {
                    self.list(then, &mut known.clone());
                    self.list(otherwise, &mut known.clone());
                }
                Inst::Block { body, .. } => self.list(body, &mut known.clone()),
                Inst::Loop { body, .. } | Inst::Frames { body } => {
                    let mut inside = known.clone();
                    inside.retain(|var, _| !assigned.contains_key(var));
                    self.list(body, &mut inside);
                }
                _ => {}
            }
            if let Inst::Loop { label, body, .. } = &mut inst {
                while let Some(plan) = self.plan(*label, body, known, &assigned) {
                    self.apply(&plan, body, &mut result);
                }
            }
            known.retain(|var, _| !assigned.contains_key(var));
            if let Inst::Let(var, Op::Copy(Operand::I64(value))) = inst {
                known.insert(var, value);
            }
            result.push(inst);
        }
        *body = result;
    }

    fn plan(
        &self,
        label: Label,
        body: &[Inst],
        known: &HashMap<Var, i64>,
        assigned: &HashMap<Var, u32>,
    ) -> Option<Plan> {
        let mut path = HashSet::from([label]);
        blocks(body, &mut path);
        let mut skips = false;
        for inst in body {
            inst.walk(&mut |inst| match inst {
                Inst::Continue(to) => skips |= *to == label,
                Inst::Break(from) => skips |= *from != label && path.contains(from),
                _ => {}
            });
        }
        if skips {
            return None;
        }
        let mut counters: Vec<_> = known.iter().filter(|(var, _)| assigned.get(var) == Some(&1)).collect();
        counters.sort_unstable();
        counters.into_iter().find_map(|(counter, start)| self.plan_by(*counter, *start, body))
    }

    fn plan_by(&self, counter: Var, start: i64, body: &[Inst]) -> Option<Plan> {
        let mut survey = Survey::default();
        survey.offsets.insert(counter, 0);
        self.survey(body, counter, true, &mut survey);
        if survey.step != Some(1) {
            return None;
        }
        survey.stores.iter().find_map(|(store, ty, at, before)| {
            let mut loads = HashMap::new();
            let mut ranges = vec![];
            for (var, load_type, from, may_read) in &survey.loads[..*before] {
                let turns = at - from;
                let is_only = || self.writers(body, may_read) == 1 && overlap(&self.ranges(store), may_read);
                if load_type == ty && (1..=MOST_TURNS).contains(&turns) && is_only() {
                    loads.insert(*var, turns);
                    ranges.extend(may_read.iter().copied());
                }
            }
            let first_cell = start.checked_add(*at)?;
            (!loads.is_empty()).then_some(Plan { ty: *ty, store: *store, first_cell, loads, ranges })
        })
    }

    /// Notes loads, stores and offsets; false from where the counter moves on. `always` is whether every turn gets here.
    fn survey(&self, body: &[Inst], counter: Var, always: bool, survey: &mut Survey) -> bool {
        for inst in body {
            match inst {
                Inst::Let(var, op) if *var == counter => {
                    survey.step = survey.offset(op).filter(|_| always);
                    return false;
                }
                Inst::Let(var, op) if !self.vars[var.0 as usize].mutable => {
                    if let Some(offset) = survey.offset(op) {
                        survey.offsets.insert(*var, offset);
                    } else if let Op::Load(ty @ (Type::F64 | Type::I64), address) = op
                        && let Some(cell) = survey.cell(address)
                    {
                        survey.loads.push((*var, *ty, cell, self.ranges(address)));
                    }
                }
                Inst::Store(ty, address, _) if always => {
                    if let Some(cell) = survey.cell(address) {
                        survey.stores.push((*address, *ty, cell, survey.loads.len()));
                    }
                }
                Inst::Block { body, .. } => {
                    if !self.survey(body, counter, always, survey) {
                        return false;
                    }
                }
                _ => {
                    for body in inst.bodies() {
                        if !self.survey(body, counter, false, survey) {
                            return false;
                        }
                    }
                }
            }
        }
        true
    }

    /// How many instructions may write there.
    fn writers(&self, body: &[Inst], ranges: &Ranges) -> usize {
        let mut count = 0;
        for inst in body {
            inst.walk(&mut |inst| match inst {
                Inst::Store(_, address, _) => count += usize::from(overlap(&self.ranges(address), ranges)),
                Inst::Let(_, Op::Call { extents, .. }) => {
                    let touches = extents.iter().any(|extent| overlap(&self.extents[*extent as usize], ranges));
                    count += usize::from(touches);
                }
                _ => {}
            });
        }
        count
    }

    /// The cells that an address may be.
    fn ranges(&self, address: &Address) -> Ranges {
        match (address.base, address.extent) {
            (Operand::I64(base), _) => {
                let cell = (base + address.disp) as u32;
                vec![(cell, cell + 1)]
            }
            (_, Some(extent)) => self.extents[extent as usize].clone(),
            (_, None) => vec![(0, self.cells)],
        }
    }

    /// Rewrites the loop's body; what has to run before the loop goes to `before`.
    fn apply(&mut self, plan: &Plan, body: &mut Vec<Inst>, before: &mut Vec<Inst>) {
        let most = plan.loads.values().copied().max().unwrap_or_default();
        let mut carried = vec![];
        for turns in 1..=most {
            let var = Var(self.vars.len() as u32);
            self.vars.push(VarInfo { ty: plan.ty, mutable: true });
            carried.push(var);
            let cell = plan.first_cell - turns;
            // Loads never leave their ranges: where this is outside, nothing reads it.
            let is_read = plan.ranges.iter().any(|(from, to)| (i64::from(*from)..i64::from(*to)).contains(&cell));
            let op = match plan.ty {
                _ if is_read => Op::Load(plan.ty, Address { base: Operand::I64(0), disp: cell, extent: None }),
                Type::F64 => Op::Copy(Operand::F64(0.0)),
                _ => Op::Copy(Operand::I64(0)),
            };
            before.push(Inst::Let(var, op));
        }
        rewrite(body, plan, &carried);
    }
}

impl Survey {
    /// What an operation adds to the counter.
    fn offset(&self, op: &Op) -> Option<i64> {
        let of =
            |operand: Operand| if let Operand::Var(var) = operand { self.offsets.get(&var).copied() } else { None };
        match *op {
            Op::Copy(a) => of(a),
            Op::IntBinary(IntBinary::Add, a, Operand::I64(n), _)
            | Op::IntBinary(IntBinary::Add, Operand::I64(n), a, _) => of(a)?.checked_add(n),
            Op::IntBinary(IntBinary::Sub, a, Operand::I64(n), _) => of(a)?.checked_sub(n),
            _ => None,
        }
    }

    /// The cell of an address less the counter.
    fn cell(&self, address: &Address) -> Option<i64> {
        let Operand::Var(var) = address.base else { return None };
        self.offsets.get(&var)?.checked_add(address.disp)
    }
}

fn rewrite(body: &mut Vec<Inst>, plan: &Plan, carried: &[Var]) {
    for mut inst in std::mem::take(body) {
        let mut after = vec![];
        match &mut inst {
            Inst::Let(var, op) => {
                if let Some(turns) = plan.loads.get(var) {
                    *op = Op::Copy(Operand::Var(carried[*turns as usize - 1]));
                }
            }
            Inst::Store(_, address, value) if *address == plan.store => {
                for pair in carried.windows(2).rev() {
                    after.push(Inst::Let(pair[1], Op::Copy(Operand::Var(pair[0]))));
                }
                after.push(Inst::Let(carried[0], Op::Copy(*value)));
            }
            Inst::If { then, otherwise, .. } => {
                rewrite(then, plan, carried);
                rewrite(otherwise, plan, carried);
            }
            Inst::Block { body, .. } | Inst::Loop { body, .. } => rewrite(body, plan, carried),
            _ => {}
        }
        body.push(inst);
        body.append(&mut after);
    }
}

/// How often each var is assigned.
fn assigned_in(inst: &Inst) -> HashMap<Var, u32> {
    let mut assigned = HashMap::new();
    inst.walk(&mut |inst| {
        if let Inst::Let(var, _) = inst {
            *assigned.entry(*var).or_default() += 1;
        }
    });
    assigned
}

/// The blocks that every turn enters.
fn blocks(body: &[Inst], labels: &mut HashSet<Label>) {
    for inst in body {
        if let Inst::Block { label, body } = inst {
            labels.insert(*label);
            blocks(body, labels);
        }
    }
}

fn overlap(a: &Ranges, b: &Ranges) -> bool {
    a.iter().any(|a| b.iter().any(|b| a.0 < b.1 && b.0 < a.1))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::evaluate::{LoadOptions, load};
    use crate::ir::verify::verify;
    use crate::specialise::specialise;

    /// How many loads from arrays a block's loop has, before and after.
    fn loads(turn: &str) -> (usize, usize) {
        let text = format!(
            "import numpy as np\n\nw = np.zeros(100)\nlast = 0.0\n\n\ndef process(data):\n    global last\n    \
             y = np.zeros(100)\n    for i in range(2, 100):\n        {turn}\n    return y\n"
        );
        let options = LoadOptions { sample_rate: 44_100.0, block_frames: 100 };
        let loaded = load(Path::new("script.py"), text, options, &mut |_| {}).unwrap();
        let mut program = specialise(&loaded).unwrap().program;
        let before = count(&program);
        carry(&mut program);
        verify(&program).unwrap();
        (before, count(&program))
    }

    fn count(program: &Program) -> usize {
        let mut count = 0;
        let is_dynamic = |inst: &Inst| matches!(inst, Inst::Let(_, Op::Load(_, a)) if a.extent.is_some());
        for inst in &program.process.body {
            inst.walk(&mut |inst| count += usize::from(is_dynamic(inst)));
        }
        count
    }

    #[test]
    fn what_the_last_turns_stored_is_not_loaded() {
        assert_eq!(loads("y[i] = data[i] + y[i - 1]"), (2, 1));
        assert_eq!(loads("y[i] = data[i] - 0.5 * y[i - 1] - 0.1 * y[i - 2]"), (3, 1));
        assert_eq!(loads("w[i] = data[i] + w[i - 1]; y[i] = w[i] + 0.5 * y[i - 1]"), (4, 2));
        // The specialiser loads `data[i]` once for both of its uses.
        assert_eq!(loads("y[i] = data[i] + (y[i - 1] if data[i] > 0.0 else 0.0)"), (2, 1));
    }

    #[test]
    fn loads_stay_where_another_store_may_come_between() {
        // A turn without the store.
        assert_eq!(loads("if data[i] > 0.0: y[i] = 1.0 + y[i - 1]"), (2, 2));
        assert_eq!(loads("last = y[i - 1]\n        if data[i] > 0.0: continue\n        y[i] = last"), (2, 2));
        // A second store to the same array.
        assert_eq!(loads("y[i] = y[i - 1] + 1.0; y[7] = data[i]"), (2, 2));
        // Read after it was written, and what a later turn writes.
        assert_eq!(loads("y[i] = data[i]; last = y[i - 1]"), (2, 2));
        assert_eq!(loads("y[i] = data[i] + y[(i + 1) % 100]"), (2, 2));
    }
}
