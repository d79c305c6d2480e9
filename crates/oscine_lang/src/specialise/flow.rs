//! Where ways of the program meet: branches, loops, returns.
//!
//! A variable that differs between two ways gets a machine variable that both ways assign (a phi, in the words of
//! static single assignment). At a branch both values are known; at a loop's head the value that comes round is
//! taken from the walk before ([`super::Memo`]).

use std::rc::Rc;

use crate::evaluate::value::Name;
use crate::ir::{FloatBinary, FloatUnary, Inst, IntBinary, Label, Op, Operand, Var};
use crate::source::Span;
use crate::syntax::ast;

use super::kind::{Kind, Val, join};
use super::scope::Snapshot;
use super::{Memo, Path, Walk, Walker};

/// Whether a loop's body leaves it or shortens a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jumps {
    None,
    Some,
}

/// A call that is being inlined.
#[derive(Debug)]
pub(crate) struct Call {
    /// Its function.
    pub(crate) def: *const ast::Function,
    /// Its path.
    pub(crate) path: Path,
    /// Where its returns go; `None` if its one return is its last statement.
    label: Option<Label>,
    /// What it returns: the kind so far and the variables that take it.
    result: Option<(Kind, Vec<Var>)>,
    /// The value of the one return.
    pub(crate) direct: Option<Val>,
    has_returned: bool,
    /// Variables of other scopes that it may assign.
    phis: Vec<Phi>,
}

/// A loop that is being walked.
#[derive(Debug)]
pub(crate) struct Loop {
    phis: Vec<Phi>,
    /// Leaving it by `break`.
    exit: Label,
    /// The end of its body: `continue`.
    next: Label,
    has_break: bool,
    is_continued: bool,
}

/// A variable with a machine variable for each of its operands.
#[derive(Debug, Clone)]
pub(crate) struct Phi {
    scope: usize,
    name: Name,
    key: Memo,
    kind: Kind,
    vars: Vec<Var>,
}

impl Walker<'_> {
    /// Walks one of two ways, or both where the condition is not known, and gives the value of either.
    pub(crate) fn branch(
        &mut self,
        condition: Operand,
        then: impl FnOnce(&mut Self) -> Walk<Val>,
        otherwise: impl FnOnce(&mut Self) -> Walk<Val>,
    ) -> Walk<Val> {
        match condition {
            Operand::Bool(true) => return then(self),
            Operand::Bool(false) => return otherwise(self),
            _ => {}
        }
        let before = self.scopes.variables.clone();
        let (then_value, then_insts, then_end) = self.way(then);
        self.scopes.variables = before;
        let (else_value, else_insts, else_end) = self.way(otherwise);
        let (then_insts, else_insts, value) = match (then_end, else_end) {
            (Some(then_end), Some(else_end)) => {
                let then_value = then_value.unwrap_or_else(|_| Val::poison());
                let else_value = else_value.unwrap_or_else(|_| Val::poison());
                if is_same(&then_end, &else_end)
                    && is_cheap(&then_insts, &else_insts)
                    && join(&then_value.kind, &else_value.kind).is_some_and(|kind| kind.is_number())
                {
                    self.emit.extend(then_insts);
                    self.emit.extend(else_insts);
                    return Ok(self.select_value(condition, &then_value, &else_value));
                }
                let mut meeting = Meeting { then: then_insts, otherwise: else_insts };
                self.meet_scopes(&mut meeting, then_end, else_end);
                let value = self.meet_values(&mut meeting, &then_value, &else_value);
                (meeting.then, meeting.otherwise, Ok(value))
            }
            (Some(end), None) => {
                self.scopes.variables = end;
                (then_insts, else_insts, then_value)
            }
            (None, Some(end)) => {
                self.scopes.variables = end;
                (then_insts, else_insts, else_value)
            }
            (None, None) => {
                self.is_alive = false;
                (then_insts, else_insts, Ok(Val::none()))
            }
        };
        if !then_insts.is_empty() || !else_insts.is_empty() {
            self.emit.push(Inst::If { condition, then: then_insts, otherwise: else_insts });
        }
        value
    }

    /// One way: its value, its instructions, and the variables at its end if that can be reached.
    fn way(&mut self, walk: impl FnOnce(&mut Self) -> Walk<Val>) -> (Walk<Val>, Vec<Inst>, Option<Snapshot>) {
        self.emit.open_once();
        let value = walk(self).map(|value| self.settled(&value));
        let insts = self.emit.close();
        let end = self.is_alive.then(|| self.scopes.variables.clone());
        self.is_alive = true;
        (value, insts, end)
    }

    /// One of two numbers, both of which are computed.
    fn select_value(&mut self, condition: Operand, a: &Val, b: &Val) -> Val {
        let Some(kind) = join(&a.kind, &b.kind) else { return Val::poison() };
        let (x, y) = (self.convert(a, &kind)[0], self.convert(b, &kind)[0]);
        if let Kind::Bool = kind {
            // `a and b` of truth values.
            match (x, y) {
                (_, Operand::Bool(false)) => {
                    return Val::bool(self.emit.bool_binary(crate::ir::BoolBinary::And, condition, x));
                }
                (Operand::Bool(true), _) => {
                    return Val::bool(self.emit.bool_binary(crate::ir::BoolBinary::Or, condition, y));
                }
                _ => {}
            }
        }
        let op = self.emit.select(condition, x, y);
        Val::new(kind, vec![op])
    }

    fn meet_scopes(&mut self, meeting: &mut Meeting, then_end: Snapshot, else_end: Snapshot) {
        let (then_all, else_all) = (then_end.clone(), else_end.clone());
        let mut met = then_end;
        for (index, otherwise) in else_end.into_iter().enumerate() {
            // A scope that only one way opened is not seen after it.
            let Some(then) = met.get_mut(index) else {
                met.push(otherwise);
                continue;
            };
            if Rc::ptr_eq(then, &otherwise) {
                continue;
            }
            let then_variables = then.clone();
            let mut names: Vec<Name> = then_variables.keys().cloned().collect();
            names.extend(otherwise.keys().filter(|name| !then_variables.contains_key(*name)).cloned());
            let unbound = Val { kind: Kind::Unbound, ops: vec![] };
            for name in names {
                let a = then_variables.get(&name).unwrap_or(&unbound);
                let b = otherwise.get(&name).unwrap_or(&unbound);
                if a != b {
                    let (a, b) = (&self.settled_in(a, &then_all), &self.settled_in(b, &else_all));
                    let value = self.meet_values(meeting, a, b);
                    Rc::make_mut(then).insert(name, value);
                }
            }
        }
        self.scopes.variables = met;
    }

    /// A value that is one thing on one way and another on the other.
    fn meet_values(&mut self, meeting: &mut Meeting, a: &Val, b: &Val) -> Val {
        if a == b {
            return a.clone();
        }
        let (a, b) =
            (&self.like_on_way(&mut meeting.then, a, &b.kind), &self.like_on_way(&mut meeting.otherwise, b, &a.kind));
        let Some(kind) = join(&a.kind, &b.kind) else {
            return Val::new(Kind::Clash(Rc::new((a.kind.clone(), b.kind.clone()))), vec![]);
        };
        let vars: Vec<Var> = kind.types().into_iter().map(|ty| self.emit.mutable(ty)).collect();
        let then = self.assign_on_way(&mut meeting.then, &vars, a, &kind);
        let otherwise = self.assign_on_way(&mut meeting.otherwise, &vars, b, &kind);
        for ((var, a), b) in vars.iter().zip(then).zip(otherwise) {
            if let (Some(a), Some(b)) = (a, b) {
                self.emit.bound(Operand::Var(*var), (a.0.min(b.0), a.1.max(b.1)));
            }
        }
        Val::new(kind, vars.into_iter().map(Operand::Var).collect())
    }

    /// A value as it can meet the other way's.
    fn like_on_way(&mut self, way: &mut Vec<Inst>, value: &Val, other: &Kind) -> Val {
        self.emit.reopen(std::mem::take(way));
        let value = self.like(value, other);
        *way = self.emit.close();
        value
    }

    /// Assigns a value at the end of one way; gives what is known of the ints.
    fn assign_on_way(
        &mut self,
        way: &mut Vec<Inst>,
        vars: &[Var],
        value: &Val,
        kind: &Kind,
    ) -> Vec<Option<super::emit::Interval>> {
        self.emit.reopen(std::mem::take(way));
        let ops = self.convert(value, kind);
        for (var, op) in vars.iter().zip(&ops) {
            self.emit.assign(*var, *op);
        }
        *way = self.emit.close();
        ops.into_iter().map(|op| self.emit.interval(op)).collect()
    }

    // Loops.

    /// Walks a loop. `head` may leave by [`Walker::leave`] with the label it is given, `body` is one turn, `after` runs
    /// after it (a counter's step) also after `continue`, `otherwise` is the loop's `else`. `names` are what the
    /// body assigns.
    #[expect(clippy::too_many_arguments, reason = "a loop has this many parts")]
    pub(crate) fn looping(
        &mut self,
        span: Span,
        names: &[(usize, Name)],
        watched: bool,
        head: impl FnOnce(&mut Self, Label) -> Walk<()>,
        body: impl FnOnce(&mut Self) -> Walk<()>,
        after: impl FnOnce(&mut Self),
        otherwise: impl FnOnce(&mut Self) -> Walk<()>,
    ) -> Walk<()> {
        let phis = self.open_phis(span, names);
        let (exit, normal, top, next) = (self.emit.label(), self.emit.label(), self.emit.label(), self.emit.label());
        self.emit.open(); // exit
        self.emit.open(); // normal
        self.emit.open(); // the loop
        self.loops.push(Loop { phis, exit, next, has_break: false, is_continued: false });
        self.turns_open += 1;
        let mut result = head(self, normal);
        if self.is_alive {
            self.emit.open_once(); // next
            result = result.and(body(self));
            if self.is_alive {
                self.bring_round();
            }
            self.is_alive |= self.loops.last().is_some_and(|present| present.is_continued);
            let turn = self.emit.close();
            self.emit.push(Inst::Block { label: next, body: turn });
            if self.is_alive {
                after(self);
            }
        }
        self.turns_open -= 1;
        let turns = self.emit.close();
        let ends_normally = leaves_by(&turns, normal);
        self.emit.push(Inst::Loop { label: top, watched, body: turns });
        let looped = self.emit.close();
        self.emit.push(Inst::Block { label: normal, body: looped });
        let Some(Loop { phis, has_break, .. }) = self.loops.pop() else { return result };
        self.show_phis(&phis);
        self.is_alive = ends_normally;
        if self.is_alive {
            result = result.and(otherwise(self));
            if self.is_alive {
                self.assign_phis(&phis);
            }
        }
        let whole = self.emit.close();
        self.emit.push(Inst::Block { label: exit, body: whole });
        self.show_phis(&phis);
        self.is_alive |= has_break;
        result
    }

    /// Walks a loop of `count` turns one after the other, each of which may leave it.
    pub(crate) fn turns(
        &mut self,
        span: Span,
        names: &[(usize, Name)],
        count: i64,
        turn: &mut dyn FnMut(&mut Self, i64),
        otherwise: &mut dyn FnMut(&mut Self) -> Walk<()>,
    ) -> Walk<()> {
        let phis = self.open_phis(span, names);
        let exit = self.emit.label();
        let mut breaks = false;
        self.emit.open(); // exit
        for index in 0..count {
            if !self.is_alive {
                break;
            }
            let next = self.emit.label();
            self.emit.open(); // next
            self.loops.push(Loop { phis: phis.clone(), exit, next, has_break: false, is_continued: false });
            self.turns_open += 1;
            turn(self, index);
            self.turns_open -= 1;
            if self.is_alive {
                self.bring_round();
            }
            if let Some(present) = self.loops.pop() {
                self.is_alive |= present.is_continued;
                breaks |= present.has_break;
            }
            let body = self.emit.close();
            self.emit.push(Inst::Block { label: next, body });
            self.show_phis(&phis);
        }
        let mut result = Ok(());
        if self.is_alive {
            result = otherwise(self);
            if self.is_alive {
                self.assign_phis(&phis);
            }
        }
        let whole = self.emit.close();
        self.emit.push(Inst::Block { label: exit, body: whole });
        self.show_phis(&phis);
        self.is_alive |= breaks;
        result
    }

    /// The variables that names mean in the present scope.
    pub(crate) fn variables_of(&self, names: &[Name]) -> Vec<(usize, Name)> {
        names
            .iter()
            .filter_map(|name| match self.place_of(name) {
                super::scope::Place::Variable(scope) => Some((scope, name.clone())),
                _ => None,
            })
            .collect()
    }

    /// Leaves the innermost loop normally if `condition` holds.
    pub(crate) fn leave(&mut self, condition: Operand, label: Label) {
        match condition {
            Operand::Bool(false) => {}
            _ => self.emit.push(Inst::If { condition, then: vec![Inst::Break(label)], otherwise: vec![] }),
        }
        if condition == Operand::Bool(true) {
            self.is_alive = false;
        }
    }

    /// `break`
    pub(crate) fn break_loop(&mut self) {
        let Some(mut present) = self.loops.pop() else { return };
        self.assign_phis(&present.phis);
        self.emit.push(Inst::Break(present.exit));
        present.has_break = true;
        self.loops.push(present);
        self.is_alive = false;
    }

    /// `continue`
    pub(crate) fn continue_loop(&mut self) {
        self.bring_round();
        let Some(present) = self.loops.last_mut() else { return };
        present.is_continued = true;
        let next = present.next;
        self.emit.push(Inst::Break(next));
        self.is_alive = false;
    }

    /// Assigns the loop's variables for the next turn.
    fn bring_round(&mut self) {
        let Some(present) = self.loops.pop() else { return };
        self.assign_phis(&present.phis);
        self.loops.push(present);
    }

    /// Machine variables for what `names` and the shared variables hold now.
    pub(crate) fn open_phis(&mut self, span: Span, names: &[(usize, Name)]) -> Vec<Phi> {
        let mut places: Vec<(usize, Name)> = names.to_vec();
        places.extend(self.scopes.shared.iter().cloned());
        places.sort();
        places.dedup();
        let mut phis = vec![];
        for (scope, name) in places {
            let entry = self.scopes.get(scope, &name).cloned().unwrap_or(Val { kind: Kind::Unbound, ops: vec![] });
            let key = Memo::Variable(self.path, span, self.scopes.list[scope].path, name.clone());
            let known = self.memo.get(&key).cloned().unwrap_or(Kind::Poison);
            let entry = self.like(&entry, &known);
            let kind = join_or_clash(&entry.kind, &known);
            self.memo.insert(key.clone(), kind.clone());
            let vars: Vec<Var> = kind.types().into_iter().map(|ty| self.emit.mutable(ty)).collect();
            let ops = self.convert(&entry, &kind);
            for (var, op) in vars.iter().zip(ops) {
                self.emit.assign(*var, op);
            }
            phis.push(Phi { scope, name, key, kind, vars });
        }
        self.show_phis(&phis);
        phis
    }

    /// Binds the names to their machine variables.
    pub(crate) fn show_phis(&mut self, phis: &[Phi]) {
        for phi in phis {
            let ops = phi.vars.iter().map(|var| Operand::Var(*var)).collect();
            self.scopes.set(phi.scope, phi.name.clone(), Val::new(phi.kind.clone(), ops));
        }
    }

    /// Assigns what the names hold now to their machine variables, all at once.
    pub(crate) fn assign_phis(&mut self, phis: &[Phi]) {
        let mut moves: Vec<(Var, Operand)> = vec![];
        for phi in phis {
            let value =
                self.scopes.get(phi.scope, &phi.name).cloned().unwrap_or(Val { kind: Kind::Unbound, ops: vec![] });
            let value = self.like(&value, &phi.kind);
            let wider = join_or_clash(&self.heap.made_like(&phi.kind, &value.kind), &value.kind);
            if wider != phi.kind {
                self.widen_memo(&phi.key, &wider);
                continue;
            }
            let ops = self.convert(&value, &phi.kind);
            moves.extend(phi.vars.iter().copied().zip(ops).filter(|(var, op)| Operand::Var(*var) != *op));
        }
        let targets: Vec<Operand> = moves.iter().map(|(var, _)| Operand::Var(*var)).collect();
        for (_, op) in &mut moves {
            if targets.contains(op) {
                *op = self.emit.snapshot(*op);
            }
        }
        for (var, op) in moves {
            self.emit.assign(var, op);
        }
    }

    fn widen_memo(&mut self, key: &Memo, kind: &Kind) {
        let known = self.memo.get(key).cloned().unwrap_or(Kind::Poison);
        let wider = join_or_clash(&self.heap.made_like(&known, kind), kind);
        if wider != known || !self.memo.contains_key(key) {
            self.memo.insert(key.clone(), wider);
            self.heap.changed = true;
        }
    }

    // Calls.

    /// Begins to inline a call; `is_direct` if its one return is its last statement.
    pub(crate) fn begin_call(&mut self, def: *const ast::Function, span: Span, path: Path, is_direct: bool) {
        let label = (!is_direct).then(|| self.emit.label());
        let mut phis = vec![];
        let mut result = None;
        if label.is_some() {
            phis = self.open_phis(span, &[]);
            if let Some(kind) = self.memo.get(&Memo::Return(path)).cloned() {
                let vars = kind.types().into_iter().map(|ty| self.emit.mutable(ty)).collect();
                result = Some((kind, vars));
            }
            self.emit.open_once();
        }
        self.calls.push(Call { def, path, label, result, direct: None, has_returned: false, phis });
    }

    /// `return value`
    pub(crate) fn return_value(&mut self, value: Val) {
        let Some(mut call) = self.calls.pop() else { return };
        call.has_returned = true;
        self.is_alive = false;
        let Some(label) = call.label else {
            call.direct = Some(value);
            self.calls.push(call);
            return;
        };
        let key = Memo::Return(call.path);
        let known = self.memo.get(&key).cloned().unwrap_or(Kind::Poison);
        let value = self.like(&value, &known);
        self.widen_memo(&key, &value.kind);
        if let Some((kind, vars)) = &call.result
            && self.memo.get(&key) == Some(kind)
        {
            let ops = self.convert(&value, kind);
            for (var, op) in vars.iter().zip(ops) {
                self.emit.assign(*var, op);
            }
        }
        self.assign_phis(&call.phis);
        self.emit.push(Inst::Break(label));
        self.calls.push(call);
    }

    /// Ends a call and gives what it returned.
    pub(crate) fn end_call(&mut self) -> Val {
        if self.is_alive {
            self.return_value(Val::none());
        }
        let Some(call) = self.calls.pop() else { return Val::none() };
        self.is_alive = call.has_returned;
        let Some(label) = call.label else { return call.direct.unwrap_or_else(Val::none) };
        let body = self.emit.close();
        self.emit.push(Inst::Block { label, body });
        self.show_phis(&call.phis);
        match call.result {
            Some((kind, vars)) => Val::new(kind, vars.into_iter().map(Operand::Var).collect()),
            // The first walk: what it returned is used in the next one.
            None => match self.memo.get(&Memo::Return(call.path)).cloned() {
                Some(kind) => {
                    let ops = kind.types().into_iter().map(|ty| Operand::Var(self.emit.mutable(ty))).collect();
                    Val::new(kind, ops)
                }
                None => Val::poison(),
            },
        }
    }
}

/// The two sequences of a branch.
struct Meeting {
    then: Vec<Inst>,
    otherwise: Vec<Inst>,
}

/// Two ways with fewer instructions than this are both computed rather than branched to.
const CHEAP: usize = 8;

/// Whether both ways are a few instructions that take no time and change nothing.
fn is_cheap(then: &[Inst], otherwise: &[Inst]) -> bool {
    let is_pure = |inst: &Inst| match inst {
        Inst::Line(_) => true,
        Inst::Let(_, op) => match op {
            Op::FloatBinary(op, ..) => {
                matches!(op, FloatBinary::Add | FloatBinary::Sub | FloatBinary::Mul | FloatBinary::CopySign)
            }
            Op::IntBinary(op, _, _, None) => !matches!(op, IntBinary::FloorDiv | IntBinary::Mod),
            Op::FloatUnary(op, _) => *op != FloatUnary::Sqrt,
            Op::Copy(_)
            | Op::FloatCompare(..)
            | Op::IntCompare(..)
            | Op::BoolBinary(..)
            | Op::Not(_)
            | Op::Select(..)
            | Op::IntToFloat(_)
            | Op::BoolToInt(_)
            | Op::Load(..) => true,
            _ => false,
        },
        _ => false,
    };
    then.len() + otherwise.len() <= CHEAP && then.iter().chain(otherwise).all(is_pure)
}

/// Whether a sequence breaks out to `label`.
fn leaves_by(insts: &[Inst], label: Label) -> bool {
    insts.iter().any(|inst| match inst {
        Inst::Break(to) => *to == label,
        Inst::If { then, otherwise, .. } => leaves_by(then, label) || leaves_by(otherwise, label),
        Inst::Block { body, .. } | Inst::Loop { body, .. } | Inst::Frames { body } => leaves_by(body, label),
        _ => false,
    })
}

fn is_same(a: &Snapshot, b: &Snapshot) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Rc::ptr_eq(a, b))
}

fn join_or_clash(a: &Kind, b: &Kind) -> Kind {
    join(a, b).unwrap_or_else(|| Kind::Clash(Rc::new((a.clone(), b.clone()))))
}
