//! Sums and products in the order in which their terms are ready, and products fused with sums: `--fast-math`.
//!
//! Python adds from left to right, so that a value which is late delays all that stands right of it. Here the terms of
//! a sum, found through all its partial sums that nothing else reads, are added in the order that ends first (tree
//! height reduction: D. J. Kuck, "The Structure of Computers and Computations", Wiley 1978, section 2.3; the search
//! is in [`tree`]). When a term is ready is estimated from [`latency`] in a loop that has gone around a few times:
//! then what hangs on the last sample only, and not on the turns before it, is early, and the value that the last
//! turn has ended with is late, which is what shortens recursive filters. A product that is but a term of a sum is
//! fused with it where that ends no later.
//!
//! Roundings differ from Python's, and nothing else: no division becomes a product but one by a power of two, which is
//! exact, and no term is dropped.

mod latency;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::{HashMap, HashSet};

use latency::Times;
use tree::{Order, Sort, Term};

use super::{FloatBinary, FloatUnary, Function, Inst, Op, Operand, Program, Type, Var, VarInfo, exact_reciprocal};

/// Turns of a loop before its values are as late as they will be to one another.
const TURNS: usize = 3;

/// Most terms of one sum, so that a long one does not take long to order.
const MOST_TERMS: usize = 32;

/// Rewrites all functions of a program; `fuse` is whether the machine fuses products with sums in one instruction.
pub fn reassociate(program: &mut Program, fuse: bool) {
    let Program { process, update, events, .. } = program;
    for function in std::iter::once(process).chain(update).chain(events.iter_mut().flatten()) {
        let mut reads = vec![0; function.vars.len()];
        for inst in &function.body {
            inst.walk(&mut |inst| inst.for_each_operand(&mut |var| reads[var.0 as usize] += 1));
        }
        let Function { vars, body, .. } = function;
        Pass { vars, reads, fuse }.list(body, &mut Times::default(), true);
    }
}

struct Pass<'a> {
    vars: &'a mut Vec<VarInfo>,
    /// How often each var is read.
    reads: Vec<u32>,
    fuse: bool,
}

/// What a list of instructions has computed up to some place, for sums to look back at.
#[derive(Default)]
struct Past {
    /// What made the vars that are assigned once: where in the list, by what, and when.
    made: HashMap<Var, Made>,
    /// When each var was last assigned.
    assigned: HashMap<Var, usize>,
    now: usize,
}

struct Made {
    at: usize,
    op: Op,
    when: usize,
}

impl Past {
    /// Whether an operand still has the value that it had then.
    fn is_unchanged(&self, operand: Operand, when: usize) -> bool {
        let Operand::Var(var) = operand else { return true };
        self.assigned.get(&var).is_none_or(|last| *last <= when)
    }
}

impl Pass<'_> {
    /// Follows the list's times; writes it anew if `rewrite`.
    fn list(&mut self, list: &mut Vec<Inst>, times: &mut Times, rewrite: bool) {
        let partial = self.partial(list);
        let mut past = Past::default();
        let mut dropped = HashSet::new();
        let mut out = Vec::with_capacity(list.len());
        for mut inst in std::mem::take(list) {
            past.now += 1;
            match &mut inst {
                Inst::If { then, otherwise, .. } => {
                    let mut other = times.clone();
                    self.list(then, times, rewrite);
                    self.list(otherwise, &mut other, rewrite);
                    times.join(other);
                }
                Inst::Block { body, .. } => self.list(body, times, rewrite),
                Inst::Loop { body, .. } | Inst::Frames { body } => {
                    // What encloses this repeats it as well.
                    for _ in 0..if rewrite { TURNS } else { 1 } {
                        self.list(body, times, false);
                    }
                    if rewrite {
                        self.list(body, times, true);
                    }
                }
                Inst::Store(_, address, value) => times.store(address, *value),
                Inst::Let(var, op) => {
                    if let Op::FloatBinary(FloatBinary::Div, a, Operand::F64(divisor)) = *op
                        && let Some(factor) = exact_reciprocal(divisor)
                    {
                        *op = Op::FloatBinary(FloatBinary::Mul, a, Operand::F64(factor));
                    }
                    let order = if partial.contains(var) { None } else { self.order(op, &past, times, &mut dropped) };
                    let end = match order {
                        Some((order, end)) => {
                            if rewrite {
                                *op = self.write(order, &mut out);
                            }
                            end
                        }
                        None => times.end(op),
                    };
                    times.set(*var, end);
                    if !self.vars[var.0 as usize].mutable {
                        past.made.insert(*var, Made { at: out.len(), op: op.clone(), when: past.now });
                    }
                }
                _ => {}
            }
            inst.walk(&mut |inst| {
                if let Inst::Let(var, _) = inst {
                    past.assigned.insert(*var, past.now);
                }
            });
            out.push(inst);
        }
        if rewrite {
            let mut at = 0;
            out.retain(|_| {
                at += 1;
                !dropped.contains(&(at - 1))
            });
        }
        *list = out;
    }

    /// Partial sums and products of a list: what makes a greater one of their kind.
    fn partial(&self, list: &[Inst]) -> HashSet<Var> {
        let mut made = HashMap::new();
        let mut partial = HashSet::new();
        for inst in list {
            let Inst::Let(var, op) = inst else { continue };
            let Some(sort) = Sort::of(op) else { continue };
            op.operands(&mut |operand| {
                if let Operand::Var(read) = operand
                    && made.get(&read) == Some(&sort)
                {
                    partial.insert(read);
                }
            });
            if self.is_read_once(*var) {
                made.insert(*var, sort);
            }
        }
        partial
    }

    fn is_read_once(&self, var: Var) -> bool {
        let at = var.0 as usize;
        self.reads.get(at) == Some(&1) && !self.vars[at].mutable && self.vars[at].ty == Type::F64
    }

    /// The best order for a sum or product, if this is one with a choice. What it takes up is `dropped`.
    fn order(&self, op: &Op, past: &Past, times: &Times, dropped: &mut HashSet<usize>) -> Option<(Order, u32)> {
        let sort = Sort::of(op)?;
        let mut terms = vec![];
        let mut taken = vec![];
        self.gather(sort, op, false, past, times, &mut terms, &mut taken);
        let order = Order::best(sort, terms, self.fuse)?;
        dropped.extend(taken);
        Some(order)
    }

    /// Adds the terms of a sum or the factors of a product, and which instructions they replace.
    #[expect(clippy::too_many_arguments, reason = "a recursion's state")]
    fn gather(
        &self,
        sort: Sort,
        op: &Op,
        is_negative: bool,
        past: &Past,
        times: &Times,
        terms: &mut Vec<Term>,
        taken: &mut Vec<usize>,
    ) {
        let (sides, count) = match *op {
            Op::FloatBinary(FloatBinary::Sub, a, b) => ([(a, is_negative), (b, !is_negative)], 2),
            // Of a product one factor takes the sign.
            Op::FloatBinary(FloatBinary::Mul, a, b) => ([(a, is_negative), (b, false)], 2),
            Op::FloatBinary(_, a, b) => ([(a, is_negative), (b, is_negative)], 2),
            Op::FloatUnary(_, a) => ([(a, !is_negative); 2], 1),
            _ => return,
        };
        for (operand, is_negative) in sides.into_iter().take(count) {
            let made = self.made(operand, past).filter(|_| terms.len() < MOST_TERMS);
            match made {
                Some(made)
                    if Sort::of(&made.op) == Some(sort) || matches!(made.op, Op::FloatUnary(FloatUnary::Neg, _)) =>
                {
                    taken.push(made.at);
                    self.gather(sort, &made.op, is_negative, past, times, terms, taken);
                }
                Some(Made { at, op: Op::FloatBinary(FloatBinary::Mul, a, b), .. }) if sort == Sort::Sum => {
                    taken.push(*at);
                    let [(a, a_negative), (b, b_negative)] = [*a, *b].map(|factor| self.positive(factor, past, taken));
                    // The product's own factors may have been put in order.
                    let ready = times.of(operand).saturating_sub(latency::MULTIPLY);
                    terms.push(Term::product(a, b, is_negative ^ a_negative ^ b_negative, ready));
                }
                _ => terms.push(Term::value(operand, is_negative, times.of(operand))),
            }
        }
    }

    /// What is negated to make an operand, and that it was; else the operand itself.
    fn positive(&self, operand: Operand, past: &Past, taken: &mut Vec<usize>) -> (Operand, bool) {
        match self.made(operand, past) {
            Some(Made { at, op: Op::FloatUnary(FloatUnary::Neg, a), .. }) => {
                taken.push(*at);
                (*a, true)
            }
            _ => (operand, false),
        }
    }

    /// What made an operand that nothing else reads, if that could as well be computed now.
    fn made<'p>(&self, operand: Operand, past: &'p Past) -> Option<&'p Made> {
        let Operand::Var(var) = operand else { return None };
        let made = past.made.get(&var).filter(|_| self.is_read_once(var))?;
        let mut unchanged = true;
        made.op.operands(&mut |operand| unchanged &= past.is_unchanged(operand, made.when));
        unchanged.then_some(made)
    }

    /// Writes all of an order but its last operation, which is given back.
    fn write(&mut self, order: Order, out: &mut Vec<Inst>) -> Op {
        let (op, is_negative) = self.node(order, out);
        if is_negative {
            let value = self.bind(op, out);
            return Op::FloatUnary(FloatUnary::Neg, value);
        }
        op
    }

    /// An order's last operation, whose negative is meant if the second is true.
    fn node(&mut self, order: Order, out: &mut Vec<Inst>) -> (Op, bool) {
        match order {
            Order::One(Term { factors: (a, None), is_negative, .. }) => (Op::Copy(a), is_negative),
            Order::One(Term { factors: (a, Some(b)), is_negative, .. }) => {
                (Op::FloatBinary(FloatBinary::Mul, a, b), is_negative)
            }
            Order::Product(pair) => {
                let [(a, a_negative), (b, b_negative)] = pair.map(|side| self.value(side, out));
                (Op::FloatBinary(FloatBinary::Mul, a, b), a_negative != b_negative)
            }
            Order::Sum(pair) => {
                let [(a, a_negative), (b, b_negative)] = pair.map(|side| self.value(side, out));
                match (a_negative, b_negative) {
                    (false, true) => (Op::FloatBinary(FloatBinary::Sub, a, b), false),
                    (true, false) => (Op::FloatBinary(FloatBinary::Sub, b, a), false),
                    (both, _) => (Op::FloatBinary(FloatBinary::Add, a, b), both),
                }
            }
            Order::Fused(Term { factors: (a, b), is_negative, .. }, rest) => {
                let b = b.expect("a product is what is fused");
                let (rest, rest_negative) = self.value(*rest, out);
                match (is_negative, rest_negative) {
                    (false, true) => {
                        let rest = self.bind(Op::FloatUnary(FloatUnary::Neg, rest), out);
                        (Op::MulAdd(a, b, rest), false)
                    }
                    (true, false) => {
                        let (a, b) = if let Operand::F64(_) = b { (b, a) } else { (a, b) };
                        let a = match a {
                            Operand::F64(constant) => Operand::F64(-constant),
                            a => self.bind(Op::FloatUnary(FloatUnary::Neg, a), out),
                        };
                        (Op::MulAdd(a, b, rest), false)
                    }
                    (both, _) => (Op::MulAdd(a, b, rest), both),
                }
            }
        }
    }

    fn value(&mut self, order: Order, out: &mut Vec<Inst>) -> (Operand, bool) {
        match self.node(order, out) {
            (Op::Copy(a), is_negative) => (a, is_negative),
            (op, is_negative) => (self.bind(op, out), is_negative),
        }
    }

    fn bind(&mut self, op: Op, out: &mut Vec<Inst>) -> Operand {
        let var = Var(self.vars.len() as u32);
        self.vars.push(VarInfo { ty: Type::F64, mutable: false });
        out.push(Inst::Let(var, op));
        Operand::Var(var)
    }
}
