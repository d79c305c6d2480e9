//! The order of a sum's or product's operations that ends first.
//!
//! Up to [`EXACT`] terms all ways to pair them are compared, by the best order of each subset; before that, of more, the
//! two that are ready first are taken together, which costs nothing as long as others are later.

use super::latency::{ADD, FUSED, MULTIPLY};
use super::{FloatBinary, FloatUnary, Op, Operand};

/// Most terms of which all ways are compared.
const EXACT: usize = 7;

/// What is put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Sum,
    Product,
}

impl Sort {
    /// Of which an operation is a part. A negation counts as a sum of one.
    pub(super) fn of(op: &Op) -> Option<Self> {
        match op {
            Op::FloatBinary(FloatBinary::Add | FloatBinary::Sub, ..) | Op::FloatUnary(FloatUnary::Neg, _) => {
                Some(Self::Sum)
            }
            Op::FloatBinary(FloatBinary::Mul, ..) => Some(Self::Product),
            _ => None,
        }
    }
}

/// What is added or multiplied: a value, or a product that nothing else needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub(super) factors: (Operand, Option<Operand>),
    pub(super) is_negative: bool,
    /// When its operands are there.
    ready: u32,
}

impl Term {
    pub(super) fn value(value: Operand, is_negative: bool, ready: u32) -> Self {
        Self { factors: (value, None), is_negative, ready }
    }

    pub(super) fn product(a: Operand, b: Operand, is_negative: bool, ready: u32) -> Self {
        Self { factors: (a, Some(b)), is_negative, ready }
    }

    fn is_product(&self) -> bool {
        self.factors.1.is_some()
    }
}

/// When an order ends, and how many operations it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    end: u32,
    operations: u32,
}

/// An order of operations, and when it ends.
#[derive(Debug)]
pub(super) enum Order {
    One(Term),
    Sum(Box<[Self; 2]>),
    Product(Box<[Self; 2]>),
    /// A product, and what it is added to.
    Fused(Term, Box<Self>),
}

/// Some of the terms, in their best order.
#[derive(Debug, Clone, Copy)]
struct Part {
    cost: Cost,
    /// Of a product alone: when its factors are there.
    factors_ready: Option<u32>,
}

/// How two parts become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Apart,
    /// The first is a product, fused with the second; or the other way around.
    Fused {
        first: bool,
    },
}

/// What decides between ways.
#[derive(Debug, Clone, Copy)]
struct Joiner {
    sort: Sort,
    fuse: bool,
}

impl Order {
    /// The best for these terms and when it ends; none where there is no choice.
    pub(super) fn best(sort: Sort, terms: Vec<Term>, fuse: bool) -> Option<(Self, u32)> {
        let has_choice = terms.len() > 2 || terms.len() == 2 && terms.iter().any(Term::is_product);
        if !has_choice {
            return None;
        }
        let joiner = Joiner { sort, fuse };
        let mut orders: Vec<(Self, Part)> = terms.into_iter().map(|term| (Self::One(term), Part::of(&term))).collect();
        while orders.len() > EXACT {
            // The last is the earliest.
            orders.sort_by_key(|(_, part)| std::cmp::Reverse(part.cost));
            let [a, b] = [orders.pop(), orders.pop()].map(|order| order.expect("there are more than a few"));
            let (part, way) = joiner.join(a.1, b.1);
            orders.push((joiner.order(way, a.0, b.0), part));
        }
        Some(joiner.exact(orders))
    }
}

impl Part {
    fn of(term: &Term) -> Self {
        let product = Cost { end: term.ready + MULTIPLY, operations: 1 };
        let value = Cost { end: term.ready, operations: 0 };
        let is_product = term.is_product();
        Self { cost: if is_product { product } else { value }, factors_ready: is_product.then_some(term.ready) }
    }
}

impl Joiner {
    /// The best of all orders, by the best of each subset.
    fn exact(self, orders: Vec<(Order, Part)>) -> (Order, u32) {
        let all = (1_usize << orders.len()) - 1;
        let mut best: Vec<Option<(Part, usize, Way)>> = vec![None; all + 1];
        for (n, (_, part)) in orders.iter().enumerate() {
            best[1 << n] = Some((*part, 0, Way::Apart));
        }
        for subset in 1..=all {
            // Each pair of parts once: the first has the lowest term.
            let rest = subset & (subset - 1);
            let mut other = rest;
            while other > 0 {
                let [first, second] =
                    [subset & !other, other].map(|part| best[part].expect("smaller ones come first").0);
                let (part, way) = self.join(first, second);
                if best[subset].is_none_or(|(best, ..)| part.cost < best.cost) {
                    best[subset] = Some((part, other, way));
                }
                other = (other - 1) & rest;
            }
        }
        let end = best[all].expect("the whole is a subset").0.cost.end;
        let mut orders: Vec<_> = orders.into_iter().map(|(order, _)| Some(order)).collect();
        (self.build(all, &best, &mut orders), end)
    }

    fn build(self, subset: usize, best: &[Option<(Part, usize, Way)>], orders: &mut [Option<Order>]) -> Order {
        if subset.is_power_of_two() {
            return orders[subset.trailing_zeros() as usize].take().expect("each is used once");
        }
        let (_, other, way) = best[subset].expect("every subset has an order");
        let [first, second] = [subset & !other, other].map(|part| self.build(part, best, orders));
        self.order(way, first, second)
    }

    /// The way that ends first, and of those the one with the fewest operations.
    fn join(self, a: Part, b: Part) -> (Part, Way) {
        let operations = a.cost.operations + b.cost.operations + 1;
        let latency = if self.sort == Sort::Product { MULTIPLY } else { ADD };
        let mut best = (Cost { end: a.cost.end.max(b.cost.end) + latency, operations }, Way::Apart);
        for (product, rest, first) in [(a, b, true), (b, a, false)] {
            if let Some(ready) = product.factors_ready.filter(|_| self.fuse) {
                let end = ready.max(rest.cost.end) + FUSED;
                let fused = Cost { end, operations: rest.cost.operations + 1 };
                if fused < best.0 {
                    best = (fused, Way::Fused { first });
                }
            }
        }
        (Part { cost: best.0, factors_ready: None }, best.1)
    }

    fn order(self, way: Way, a: Order, b: Order) -> Order {
        match (way, a, b) {
            (Way::Fused { first: true }, Order::One(term), rest)
            | (Way::Fused { first: false }, rest, Order::One(term)) => Order::Fused(term, Box::new(rest)),
            (_, a, b) if self.sort == Sort::Product => Order::Product(Box::new([a, b])),
            (_, a, b) => Order::Sum(Box::new([a, b])),
        }
    }
}
