//! Writes instructions: folds what is constant, keeps track of what is known of ints, and places faults.
//!
//! Arithmetic on constants is done here by the very functions that the evaluator uses for the same operators, so that a
//! folded result has CPython's bits. Of every int an interval may be known; it saves checks of indices and overflow.

use std::collections::HashMap;

use crate::ir::{
    Address, BoolBinary, Compare, FloatBinary, FloatUnary, Function, Inst, IntBinary, Label, MathFn, MessagePart, Op,
    Operand, Routine, Site, SiteInfo, Type, Var, VarInfo,
};
use crate::source::Span;

use super::kind::{Kind, Val};

/// An inclusive interval of ints.
pub(crate) type Interval = (i64, i64);

/// The function under construction.
#[derive(Debug, Default)]
pub(crate) struct Emitter {
    vars: Vec<VarInfo>,
    /// Sequences under construction, the innermost last.
    open: Vec<Vec<Inst>>,
    intervals: HashMap<Var, Interval>,
    labels: u32,
    /// Places that may fault, of the whole program.
    pub(crate) sites: Vec<SiteInfo>,
    /// Cell ranges, of the whole program.
    pub(crate) extents: Vec<Vec<(u32, u32)>>,
    last_line: Option<Span>,
    /// Inside a function of oscine's own library: the line of the script that called it, which stands for all of it.
    pub(crate) caller: Option<Span>,
    /// What cells hold: read or written since the last instruction that may have written another value into them.
    held: Held,
    /// The same for the sequences around the innermost one.
    held_around: Vec<Held>,
    /// Whether two sets of cells have some in common, as far as that was asked.
    overlaps: HashMap<(u32, u32), bool>,
    /// Ints that are another one and a constant.
    sums: HashMap<Var, (Var, i64)>,
    /// Values of expressions whose surroundings are still being evaluated, with how deep they were found.
    pending: Vec<(usize, Val)>,
    /// Instructions of the whole program so far.
    pub(crate) count: usize,
}

type Held = Vec<(Type, Address, Operand)>;

/// So many cells are kept in mind at most, the latest.
const MOST_HELD: usize = 64;

/// Where a fault happens and what it says, before it has a site.
pub(crate) struct FaultText {
    pub(crate) exception: String,
    pub(crate) message: Vec<MessagePart>,
}

impl FaultText {
    pub(crate) fn new(exception: &str, message: &str) -> Self {
        let message = if message.is_empty() { vec![] } else { vec![MessagePart::Text(message.to_owned())] };
        Self { exception: exception.to_owned(), message }
    }
}

impl Emitter {
    /// Starts a function.
    pub(crate) fn begin(&mut self) {
        self.vars.clear();
        self.intervals.clear();
        self.open = vec![vec![]];
        self.pending.clear();
        self.held.clear();
        self.held_around.clear();
        self.overlaps.clear();
        self.sums.clear();
        self.labels = 0;
        self.last_line = None;
    }

    /// Ends the function.
    pub(crate) fn finish(&mut self, name: &str) -> Function {
        let body = self.open.pop().unwrap_or_default();
        Function { name: name.to_owned(), vars: std::mem::take(&mut self.vars), body }
    }

    pub(crate) fn push(&mut self, inst: Inst) {
        self.count += 1;
        self.note(&inst);
        if let Some(sequence) = self.open.last_mut() {
            sequence.push(inst);
        }
    }

    /// Keeps track of what cells hold and of which ints are sums.
    fn note(&mut self, inst: &Inst) {
        match inst {
            Inst::Let(var, Op::Load(ty, address)) => self.hold(*ty, *address, Operand::Var(*var)),
            Inst::Let(var, Op::IntBinary(op @ (IntBinary::Add | IntBinary::Sub), a, b, _)) => {
                let (known, distance) = match (op, a, b) {
                    (IntBinary::Add, Operand::Var(known), Operand::I64(distance))
                    | (IntBinary::Add, Operand::I64(distance), Operand::Var(known)) => (*known, *distance),
                    (_, Operand::Var(known), Operand::I64(distance)) => (*known, distance.wrapping_neg()),
                    _ => return,
                };
                if !self.is_mutable(known) {
                    let (root, before) = self.sums.get(&known).copied().unwrap_or((known, 0));
                    self.sums.insert(*var, (root, before.wrapping_add(distance)));
                }
            }
            Inst::Store(ty, address, value) => {
                self.forget(inst);
                self.hold(*ty, *address, *value);
            }
            Inst::Let(_, Op::Call { .. })
            | Inst::If { .. }
            | Inst::Block { .. }
            | Inst::Loop { .. }
            | Inst::Frames { .. } => inst.walk(&mut |inst| self.forget(inst)),
            _ => {}
        }
    }

    /// A cell holds this until something may write it.
    fn hold(&mut self, ty: Type, address: Address, value: Operand) {
        let is_open = |op: Operand| matches!(op, Operand::Var(var) if self.is_mutable(var));
        if is_open(address.base) || is_open(value) {
            return;
        }
        if self.held.len() == MOST_HELD {
            self.held.drain(..MOST_HELD / 2);
        }
        self.held.push((ty, address, value));
    }

    /// Forgets what an instruction may overwrite.
    fn forget(&mut self, inst: &Inst) {
        let mut held = std::mem::take(&mut self.held);
        match inst {
            Inst::Store(_, written, _) => held.retain(|(_, address, _)| !self.may_meet(*address, *written)),
            Inst::Let(_, Op::Call { extents, .. }) => {
                held.retain(|(_, address, _)| !extents.iter().any(|extent| self.may_lie_in(*address, *extent)));
            }
            _ => {}
        }
        self.held = held;
    }

    /// Whether two addresses may be of one cell.
    fn may_meet(&mut self, a: Address, b: Address) -> bool {
        if a.base == b.base && !matches!(a.base, Operand::Var(var) if self.is_mutable(var)) {
            return a.disp == b.disp;
        }
        match (a.extent, b.extent) {
            (_, Some(extent)) => self.may_lie_in(a, extent),
            (Some(extent), None) => self.may_lie_in(b, extent),
            (None, None) => true,
        }
    }

    fn may_lie_in(&mut self, address: Address, extent: u32) -> bool {
        let ranges = |extent: u32| self.extents.get(extent as usize).map_or(&[][..], Vec::as_slice);
        match (address.extent, address.base) {
            (Some(own), _) if own == extent => true,
            (Some(own), _) => {
                let key = (own.min(extent), own.max(extent));
                let known = self.overlaps.get(&key).copied();
                let overlap = known.unwrap_or_else(|| {
                    let (a, b) = (ranges(own), ranges(extent));
                    a.iter().any(|(start, end)| b.iter().any(|(first, last)| start < last && first < end))
                });
                self.overlaps.insert(key, overlap);
                overlap
            }
            (None, Operand::I64(base)) => {
                let cell = base + address.disp;
                ranges(extent).iter().any(|(start, end)| (i64::from(*start)..i64::from(*end)).contains(&cell))
            }
            (None, _) => true,
        }
    }

    /// `a - b`, where both are one int and a constant.
    pub(crate) fn difference(&self, a: Operand, b: Operand) -> Option<i64> {
        let sum = |op: Operand| match op {
            Operand::Var(var) if !self.is_mutable(var) => Some(self.sums.get(&var).copied().unwrap_or((var, 0))),
            _ => None,
        };
        let ((a, more), (b, less)) = (sum(a)?, sum(b)?);
        (a == b).then(|| more.wrapping_sub(less))
    }

    /// Adds instructions that were walked before.
    pub(crate) fn extend(&mut self, insts: Vec<Inst>) {
        for inst in &insts {
            inst.walk(&mut |inst| self.forget(inst));
        }
        if let Some(sequence) = self.open.last_mut() {
            sequence.extend(insts);
        }
    }

    /// Opens a nested sequence.
    pub(crate) fn open(&mut self) {
        self.open.push(vec![]);
        self.held_around.push(std::mem::take(&mut self.held));
        self.last_line = None;
    }

    /// Opens a nested sequence that is run at most once, and from here: what cells hold is known in it.
    pub(crate) fn open_once(&mut self) {
        let held = self.held.clone();
        self.open();
        self.held = held;
    }

    /// Goes on with a nested sequence.
    pub(crate) fn reopen(&mut self, sequence: Vec<Inst>) {
        self.open.push(sequence);
        self.held_around.push(std::mem::take(&mut self.held));
    }

    /// Closes the innermost sequence.
    pub(crate) fn close(&mut self) -> Vec<Inst> {
        self.last_line = None;
        let closed = self.open.pop().unwrap_or_default();
        self.held = self.held_around.pop().unwrap_or_default();
        while self.pending.last().is_some_and(|(depth, _)| *depth > self.open.len()) {
            self.pending.pop();
        }
        closed
    }

    /// How many values are pending.
    pub(crate) fn pending_mark(&self) -> usize {
        self.pending.len()
    }

    /// Ends an expression or a statement: the values of its parts are no longer needed, its own is.
    pub(crate) fn settle(&mut self, mark: usize, value: Option<&Val>) {
        self.pending.truncate(mark);
        if let Some(value) =
            value.filter(|value| matches!(value.kind, Kind::Seq(_) | Kind::Tuple(_) | Kind::Optional(_)))
        {
            self.pending.push((self.open.len(), value.clone()));
        }
    }

    /// The values of parts of what is being evaluated.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Val> {
        self.pending.iter().map(|(_, value)| value)
    }

    /// What follows comes from `span`.
    pub(crate) fn line(&mut self, span: Span) {
        let span = self.caller.unwrap_or(span);
        if self.last_line != Some(span) {
            self.last_line = Some(span);
            self.push(Inst::Line(span));
        }
    }

    pub(crate) fn label(&mut self) -> Label {
        self.labels += 1;
        Label(self.labels - 1)
    }

    fn var(&mut self, ty: Type, mutable: bool) -> Var {
        self.vars.push(VarInfo { ty, mutable });
        Var(self.vars.len() as u32 - 1)
    }

    /// A variable that is assigned more than once.
    pub(crate) fn mutable(&mut self, ty: Type) -> Var {
        self.var(ty, true)
    }

    pub(crate) fn assign(&mut self, var: Var, op: Operand) {
        if op != Operand::Var(var) {
            self.push(Inst::Let(var, Op::Copy(op)));
        }
    }

    pub(crate) fn temp(&mut self, ty: Type, op: Op) -> Operand {
        let var = self.var(ty, false);
        self.push(Inst::Let(var, op));
        Operand::Var(var)
    }

    pub(crate) fn is_mutable(&self, var: Var) -> bool {
        self.vars[var.0 as usize].mutable
    }

    /// A copy of an operand that later assignments to a variable do not change.
    pub(crate) fn snapshot(&mut self, op: Operand) -> Operand {
        match op {
            Operand::Var(var) if self.is_mutable(var) => {
                let snapshot = self.temp(self.vars[var.0 as usize].ty, Op::Copy(op));
                if let Some(interval) = self.interval(op) {
                    self.bound(snapshot, interval);
                }
                snapshot
            }
            _ => op,
        }
    }

    pub(crate) fn type_of(&self, op: Operand) -> Type {
        match op {
            Operand::Var(var) => self.vars[var.0 as usize].ty,
            Operand::F64(_) => Type::F64,
            Operand::I64(_) => Type::I64,
            Operand::Bool(_) => Type::Bool,
        }
    }

    /// What is known of an int.
    pub(crate) fn interval(&self, op: Operand) -> Option<Interval> {
        match op {
            Operand::I64(value) => Some((value, value)),
            Operand::Bool(value) => Some((i64::from(value), i64::from(value))),
            Operand::Var(var) => self.intervals.get(&var).copied(),
            Operand::F64(_) => None,
        }
    }

    /// Notes what is known of an int.
    pub(crate) fn bound(&mut self, op: Operand, interval: Interval) {
        if let Operand::Var(var) = op {
            self.intervals.insert(var, interval);
        }
    }

    // Faults.

    pub(crate) fn site(&mut self, span: Span, text: FaultText) -> Site {
        let info = SiteInfo { span: self.caller.unwrap_or(span), exception: text.exception, message: text.message };
        let known = self.sites.iter().position(|site| *site == info);
        Site(known.unwrap_or_else(|| {
            self.sites.push(info);
            self.sites.len() - 1
        }) as u32)
    }

    // Floats.

    pub(crate) fn float_unary(&mut self, op: FloatUnary, a: Operand) -> Operand {
        if let Operand::F64(a) = a {
            return Operand::F64(match op {
                FloatUnary::Neg => -a,
                FloatUnary::Abs => a.abs(),
                FloatUnary::Sqrt => a.sqrt(),
                FloatUnary::Floor => a.floor(),
                FloatUnary::Ceil => a.ceil(),
                FloatUnary::Trunc => a.trunc(),
                FloatUnary::RoundEven => a.round_ties_even(),
            });
        }
        self.temp(Type::F64, Op::FloatUnary(op, a))
    }

    pub(crate) fn float_binary(&mut self, op: FloatBinary, a: Operand, b: Operand) -> Operand {
        if let (Operand::F64(a), Operand::F64(b)) = (a, b) {
            let folded = match op {
                FloatBinary::Add => Some(a + b),
                FloatBinary::Sub => Some(a - b),
                FloatBinary::Mul => Some(a * b),
                FloatBinary::Div => Some(a / b),
                FloatBinary::CopySign => Some(a.copysign(b)),
                FloatBinary::FloorDiv | FloatBinary::Mod => None,
            };
            if let Some(folded) = folded {
                return Operand::F64(folded);
            }
        }
        self.temp(Type::F64, Op::FloatBinary(op, a, b))
    }

    pub(crate) fn math(&mut self, function: MathFn, args: &[Operand]) -> Operand {
        self.temp(Type::F64, Op::Math(function, args.to_vec()))
    }

    pub(crate) fn float_compare(&mut self, op: Compare, a: Operand, b: Operand) -> Operand {
        if let (Operand::F64(a), Operand::F64(b)) = (a, b) {
            return Operand::Bool(match op {
                Compare::Eq => a == b,
                Compare::Ne => a != b,
                Compare::Lt => a < b,
                Compare::Le => a <= b,
                Compare::Gt => a > b,
                Compare::Ge => a >= b,
            });
        }
        self.temp(Type::Bool, Op::FloatCompare(op, a, b))
    }

    // Ints.

    /// An int operation whose overflow is a fault at `span`; what intervals prove impossible is not checked.
    pub(crate) fn int_binary(&mut self, op: IntBinary, a: Operand, b: Operand, span: Span) -> Operand {
        self.int_operation(op, a, b, Some(span))
    }

    /// An int operation that cannot overflow.
    pub(crate) fn index_binary(&mut self, op: IntBinary, a: Operand, b: Operand) -> Operand {
        self.int_operation(op, a, b, None)
    }

    fn int_operation(&mut self, op: IntBinary, a: Operand, b: Operand, checked_at: Option<Span>) -> Operand {
        if let (Operand::I64(a), Operand::I64(b)) = (a, b)
            && let Some(folded) = fold_int(op, a, b)
        {
            return Operand::I64(folded);
        }
        match (op, a, b) {
            (IntBinary::Add, Operand::I64(0), other)
            | (IntBinary::Add | IntBinary::Sub, other, Operand::I64(0))
            | (IntBinary::Mul, other, Operand::I64(1))
            | (IntBinary::Mul, Operand::I64(1), other) => return other,
            (IntBinary::Mul, _, Operand::I64(0)) | (IntBinary::Mul, Operand::I64(0), _) => return Operand::I64(0),
            _ => {}
        }
        let interval = int_interval(op, self.interval(a), self.interval(b));
        let can_overflow = matches!(op, IntBinary::Add | IntBinary::Sub | IntBinary::Mul | IntBinary::Shl);
        let site = checked_at
            .filter(|_| can_overflow && interval.is_none())
            .map(|span| self.site(span, FaultText::new("OverflowError", "int too large: oscine's ints have 64 bits")));
        let result = self.temp(Type::I64, Op::IntBinary(op, a, b, site));
        if let Some(interval) = interval {
            self.bound(result, interval);
        }
        result
    }

    pub(crate) fn int_compare(&mut self, op: Compare, a: Operand, b: Operand) -> Operand {
        if let (Some((a_low, a_high)), Some((b_low, b_high))) = (self.interval(a), self.interval(b)) {
            let folded = match op {
                Compare::Eq if a_low == a_high && a == b => Some(true),
                Compare::Eq if a_high < b_low || b_high < a_low => Some(false),
                Compare::Ne if a_low == a_high && a == b => Some(false),
                Compare::Ne if a_high < b_low || b_high < a_low => Some(true),
                Compare::Lt if a_high < b_low => Some(true),
                Compare::Lt if a_low >= b_high => Some(false),
                Compare::Le if a_high <= b_low => Some(true),
                Compare::Le if a_low > b_high => Some(false),
                Compare::Gt if a_low > b_high => Some(true),
                Compare::Gt if a_high <= b_low => Some(false),
                Compare::Ge if a_low >= b_high => Some(true),
                Compare::Ge if a_high < b_low => Some(false),
                _ => None,
            };
            if let Some(folded) = folded {
                return Operand::Bool(folded);
            }
        }
        self.temp(Type::Bool, Op::IntCompare(op, a, b))
    }

    // Truth values.

    pub(crate) fn not(&mut self, a: Operand) -> Operand {
        match a {
            Operand::Bool(a) => Operand::Bool(!a),
            _ => self.temp(Type::Bool, Op::Not(a)),
        }
    }

    pub(crate) fn bool_binary(&mut self, op: BoolBinary, a: Operand, b: Operand) -> Operand {
        match (op, a, b) {
            (BoolBinary::And, Operand::Bool(true), other)
            | (BoolBinary::And, other, Operand::Bool(true))
            | (BoolBinary::Or | BoolBinary::Xor, Operand::Bool(false), other)
            | (BoolBinary::Or | BoolBinary::Xor, other, Operand::Bool(false)) => other,
            (BoolBinary::And, Operand::Bool(false), _) | (BoolBinary::And, _, Operand::Bool(false)) => {
                Operand::Bool(false)
            }
            (BoolBinary::Or, Operand::Bool(true), _) | (BoolBinary::Or, _, Operand::Bool(true)) => Operand::Bool(true),
            (BoolBinary::Xor, Operand::Bool(true), other) | (BoolBinary::Xor, other, Operand::Bool(true)) => {
                self.not(other)
            }
            _ => self.temp(Type::Bool, Op::BoolBinary(op, a, b)),
        }
    }

    /// `condition ? a : b`.
    pub(crate) fn select(&mut self, condition: Operand, a: Operand, b: Operand) -> Operand {
        if let Operand::Bool(condition) = condition {
            return if condition { a } else { b };
        }
        if super::kind::same_operand(&a, &b) {
            return a;
        }
        let result = self.temp(self.type_of(a), Op::Select(condition, a, b));
        if let (Some(a), Some(b)) = (self.interval(a), self.interval(b)) {
            self.bound(result, (a.0.min(b.0), a.1.max(b.1)));
        }
        result
    }

    // Conversions.

    pub(crate) fn as_float(&mut self, op: Operand) -> Operand {
        match op {
            Operand::F64(_) => op,
            Operand::I64(value) => Operand::F64(value as f64),
            Operand::Bool(value) => Operand::F64(f64::from(u8::from(value))),
            Operand::Var(_) => match self.type_of(op) {
                Type::F64 => op,
                Type::I64 => self.temp(Type::F64, Op::IntToFloat(op)),
                Type::Bool => {
                    let int = self.as_int(op);
                    self.temp(Type::F64, Op::IntToFloat(int))
                }
            },
        }
    }

    /// A bool as an int; ints stay.
    pub(crate) fn as_int(&mut self, op: Operand) -> Operand {
        match op {
            Operand::Bool(value) => Operand::I64(i64::from(value)),
            Operand::Var(_) if self.type_of(op) == Type::Bool => {
                let result = self.temp(Type::I64, Op::BoolToInt(op));
                self.bound(result, (0, 1));
                result
            }
            _ => op,
        }
    }

    /// A float known to fit, toward zero.
    pub(crate) fn float_to_int(&mut self, op: Operand) -> Operand {
        match op {
            Operand::F64(value) => Operand::I64(value as i64),
            _ => self.temp(Type::I64, Op::FloatToInt(op)),
        }
    }

    // Memory.

    pub(crate) fn load(&mut self, ty: Type, address: Address) -> Operand {
        let known = self.held.iter().rev().find(|(known, at, _)| *known == ty && *at == address);
        match known {
            Some((_, _, op)) => *op,
            None => self.temp(ty, Op::Load(ty, address)),
        }
    }

    pub(crate) fn store(&mut self, ty: Type, address: Address, op: Operand) {
        self.push(Inst::Store(ty, address, op));
    }

    /// The index of a set of cell ranges.
    pub(crate) fn extent(&mut self, mut ranges: Vec<(u32, u32)>) -> u32 {
        ranges.sort_unstable();
        ranges.dedup();
        let known = self.extents.iter().position(|extent| *extent == ranges);
        known.unwrap_or_else(|| {
            self.extents.push(ranges);
            self.extents.len() - 1
        }) as u32
    }

    pub(crate) fn routine(
        &mut self,
        routine: Routine,
        ty: Type,
        args: Vec<Operand>,
        extents: Vec<u32>,
        overflow: Option<Site>,
    ) -> Operand {
        self.temp(ty, Op::Call { routine, args, extents, overflow })
    }
}

fn fold_int(op: IntBinary, a: i64, b: i64) -> Option<i64> {
    match op {
        IntBinary::Add => a.checked_add(b),
        IntBinary::Sub => a.checked_sub(b),
        IntBinary::Mul => a.checked_mul(b),
        IntBinary::FloorDiv => (b != 0).then(|| floor_div(a, b)).flatten(),
        IntBinary::Mod => (b != 0).then(|| if b == -1 { 0 } else { a - floor_div(a, b).unwrap_or(0) * b }),
        IntBinary::And => Some(a & b),
        IntBinary::Or => Some(a | b),
        IntBinary::Xor => Some(a ^ b),
        IntBinary::Shl => {
            let shifted = (0..63).contains(&b).then(|| i128::from(a) << b)?;
            i64::try_from(shifted).ok()
        }
        IntBinary::Shr => (b >= 0).then(|| a >> b.min(63)),
    }
}

fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// The interval of a result; `None` also where it could overflow.
fn int_interval(op: IntBinary, a: Option<Interval>, b: Option<Interval>) -> Option<Interval> {
    if op == IntBinary::Mod
        && let Some((low, high)) = b
        && (low > 0 || high < 0)
    {
        return Some(if low > 0 { (0, high - 1) } else { (low + 1, 0) });
    }
    if op == IntBinary::And {
        // A constant mask bounds at once what a counter would reach round by round.
        let mask = [a, b].into_iter().flatten().find(|(low, high)| low == high && *low >= 0);
        if let Some((mask, _)) = mask {
            return Some((0, mask));
        }
        // The mask of a non-negative operand bounds the result whatever the other one is.
        let bounds = [a, b].into_iter().flatten().filter(|(low, _)| *low >= 0).map(|(_, high)| high);
        return bounds.min().map(|high| (0, high));
    }
    let (a, b) = (a?, b?);
    let corners = |f: fn(i128, i128) -> i128| {
        let all = [(a.0, b.0), (a.0, b.1), (a.1, b.0), (a.1, b.1)].map(|(a, b)| f(i128::from(a), i128::from(b)));
        let low = all.iter().min().and_then(|low| i64::try_from(*low).ok())?;
        let high = all.iter().max().and_then(|high| i64::try_from(*high).ok())?;
        Some((low, high))
    };
    match op {
        IntBinary::Add => corners(|a, b| a + b),
        IntBinary::Sub => corners(|a, b| a - b),
        IntBinary::Mul => corners(|a, b| a * b),
        IntBinary::FloorDiv if b.0 > 0 => corners(i128::div_euclid),
        IntBinary::Shl if b.0 >= 0 && b.1 < 63 => corners(|a, b| a << b),
        IntBinary::Shr if b.0 >= 0 => corners(|a, b| a >> b.min(63)),
        IntBinary::Or | IntBinary::Xor if a.0 >= 0 && b.0 >= 0 => {
            let bits = 64 - (a.1 | b.1).leading_zeros();
            Some((0, if bits >= 63 { i64::MAX } else { (1 << bits) - 1 }))
        }
        _ => None,
    }
}
