//! What loops run over.
//!
//! Most things have a length and an element for each index ([`Counted`]): ranges, lists, arrays, and `zip`, `enumerate`
//! and `reversed` of them. A short loop over a tuple, over objects or over constants is unrolled, so that each turn
//! knows its element; a loop over a constant few numbers too, since its indices then are constants and what they
//! address can live in registers.

use crate::diagnostics::errors;
use crate::evaluate::value::{Name, Value};
use crate::ir::{Compare, Inst, IntBinary, Operand, Type};
use crate::source::Span;
use crate::syntax::ast::{Comprehension, Expr, ExprKind, Stmt};

use super::flow::Jumps;
use super::kind::{Flavour, Kind, Lazy, Val};
use super::scope::{Around, Scope};
use super::turn::{Turn, contains_loop, jumps_of, statement_size, sure_names};
use super::{Told, Walk, Walker};

/// A sequence by its length and elements.
pub(crate) struct Counted {
    pub(crate) length: Operand,
    pub(crate) elements: Elements,
}

/// How an element is had from its index.
#[derive(Debug, Clone)]
pub(crate) enum Elements {
    /// `start + index * step`
    Range(Operand, Operand),
    /// An element of a list or a tuple in memory.
    List(Val),
    /// An element or a row of an array.
    Array(Val),
    /// One of these; the index must be a constant.
    Items(Vec<Val>),
    /// A tuple of the index, from a start, and an element.
    Enumerate(Operand, Box<Elements>),
    /// A tuple of an element of each.
    Zip(Vec<Elements>),
    /// From the end: the length and the elements.
    Reversed(Operand, Box<Elements>),
    /// A function of an element of each.
    Map(Val, Vec<Elements>),
    /// An expression of an element: the comprehension's element, its target, its scope.
    Generator(Expr, Expr, usize, Box<Elements>),
    /// An element of a deque.
    Deque(Val),
    /// All but the first.
    AfterFirst(Box<Elements>),
}

/// A loop over this many objects or tuples is unrolled.
const UNROLLED_OBJECTS: i64 = 16;
/// A loop over this many numbers is unrolled if its body is small.
const UNROLLED_NUMBERS: i64 = 8;
/// A loop over this many elements is unrolled if it lengthens a list, and its body is small.
const UNROLLED_GROWTH: i64 = 32;
/// A body with more expressions than this is not small.
const SMALL_BODY: usize = 60;
/// A loop that must be unrolled has at most this many turns.
const MOST_UNROLLED: i64 = 512;
/// A counted loop of at most this many turns is not watched.
const SURELY_SHORT: i64 = 512;

impl Walker<'_> {
    /// `for target in items: body else: orelse`
    pub(crate) fn for_loop(
        &mut self,
        span: Span,
        target: &Expr,
        items: &Val,
        items_span: Span,
        body: &[Stmt],
        orelse: &[Stmt],
    ) -> Walk<()> {
        let mut names = super::statements::assigned_names(body);
        super::statements::target_names(target, &mut names);
        names.extend(super::statements::assigned_names(orelse));
        let names = self.variables_of(&names);
        let jumps = jumps_of(body);
        let sure = sure_names(target, body, jumps);
        let size = body.iter().map(statement_size).sum();
        let has_loop = body.iter().any(contains_loop);
        let turn = Turn {
            span,
            items_span,
            names: &names,
            sure: &sure,
            jumps,
            size,
            has_loop,
            grows: body.iter().any(super::growing::grows),
        };
        self.each(
            &turn,
            items,
            &mut |walker, item| {
                walker.assign_to(target, item)?;
                walker.body(body)
            },
            &mut |walker| walker.body(orelse),
        )
    }

    /// Walks `turn` for each element, then `otherwise`.
    pub(crate) fn each(
        &mut self,
        loop_of: &Turn,
        items: &Val,
        turn: &mut dyn FnMut(&mut Self, Val) -> Walk<()>,
        otherwise: &mut dyn FnMut(&mut Self) -> Walk<()>,
    ) -> Walk<()> {
        if let Kind::Lazy(lazy) = &items.kind
            && let Lazy::Generator(expr, scope) = &**lazy
            && let ExprKind::GeneratorExp { element, clauses } = &*expr.kind
            && (clauses.len() > 1 || !clauses[0].conditions.is_empty())
        {
            let (element, clauses, scope) = (element.clone(), clauses.clone(), *scope);
            return self.in_comprehension(scope, |walker| {
                walker.clauses(loop_of, &clauses, &mut |walker| {
                    let item = walker.expr(&element)?;
                    turn(walker, item)
                })
            });
        }
        let counted = self.at(loop_of.items_span, |walker| walker.counted(items))?;
        self.each_counted(loop_of, &counted, turn, otherwise)
    }

    fn each_counted(
        &mut self,
        loop_of: &Turn,
        counted: &Counted,
        turn: &mut dyn FnMut(&mut Self, Val) -> Walk<()>,
        otherwise: &mut dyn FnMut(&mut Self) -> Walk<()>,
    ) -> Walk<()> {
        let must_unroll = counted.elements.needs_constant_index() || self.has_mixed_elements(&counted.elements);
        let is_small = loop_of.size <= SMALL_BODY && !loop_of.has_loop;
        match counted.length {
            Operand::I64(length) if must_unroll && length <= MOST_UNROLLED => {
                self.unrolled(loop_of, length, &counted.elements, turn, otherwise)
            }
            Operand::I64(length)
                if length <= 1
                    || (loop_of.grows && length <= UNROLLED_GROWTH && loop_of.size <= SMALL_BODY)
                    || (length <= UNROLLED_OBJECTS && self.has_objects(&counted.elements))
                    || (length <= UNROLLED_NUMBERS && is_small) =>
            {
                self.unrolled(loop_of, length, &counted.elements, turn, otherwise)
            }
            _ if must_unroll => self.refuse(errors::too_many_turns(loop_of.items_span)),
            _ => self.counted_loop(loop_of, counted, turn, otherwise),
        }
    }

    fn unrolled(
        &mut self,
        loop_of: &Turn,
        length: i64,
        elements: &Elements,
        turn: &mut dyn FnMut(&mut Self, Val) -> Walk<()>,
        otherwise: &mut dyn FnMut(&mut Self) -> Walk<()>,
    ) -> Walk<()> {
        let span = loop_of.span;
        let mut result = Ok(());
        let mut one = |walker: &mut Self, index: i64| {
            let path = walker.path_below(span, 10_000 + index as usize);
            walker.on_path(path, |walker| {
                let item = walker.at(loop_of.items_span, |walker| walker.element_of(elements, Operand::I64(index)));
                result = result.and(item.and_then(|item| turn(walker, item)));
            });
        };
        if loop_of.jumps == Jumps::Some {
            let ended = self.turns(span, loop_of.names, length, &mut one, otherwise);
            return result.and(ended);
        }
        for index in 0..length {
            if self.is_alive {
                one(self, index);
            }
        }
        if self.is_alive {
            result = result.and(otherwise(self));
        }
        result
    }

    fn counted_loop(
        &mut self,
        loop_of: &Turn,
        counted: &Counted,
        turn: &mut dyn FnMut(&mut Self, Val) -> Walk<()>,
        otherwise: &mut dyn FnMut(&mut Self) -> Walk<()>,
    ) -> Walk<()> {
        let length = self.emit.snapshot(counted.length);
        let counter = self.emit.mutable(Type::I64);
        self.emit.assign(counter, Operand::I64(0));
        let is_short = !loop_of.has_loop && matches!(length, Operand::I64(length) if length <= SURELY_SHORT);
        let known = self.emit.interval(length);
        let elements = &counted.elements;
        self.looping(
            loop_of.span,
            loop_of.names,
            !is_short,
            |walker, exit| {
                let is_over = walker.emit.int_compare(Compare::Ge, Operand::Var(counter), length);
                walker.leave(is_over, exit);
                Ok(())
            },
            |walker| {
                let index = walker.emit.snapshot(Operand::Var(counter));
                let highest = known.map_or(i64::MAX, |(_, high)| high) - 1;
                walker.emit.bound(index, (0, highest.max(0)));
                let item = walker.at(loop_of.items_span, |walker| walker.element_of(elements, index))?;
                turn(walker, item)
            },
            |walker| {
                let next = walker.emit.index_binary(IntBinary::Add, Operand::Var(counter), Operand::I64(1));
                walker.emit.assign(counter, next);
            },
            |walker| otherwise(walker),
        )?;
        if matches!(length, Operand::I64(length) if length > 0) {
            self.surely_bound(loop_of.sure);
        }
        Ok(())
    }

    /// After a loop that ran at least once, what every turn assigns is bound.
    fn surely_bound(&mut self, names: &[Name]) {
        for name in names {
            if let super::scope::Place::Variable(scope) = self.place_of(name)
                && let Some(value) = self.scopes.get(scope, name)
                && let Kind::MaybeUnbound(inner) = &value.kind
            {
                let value = Val::new((**inner).clone(), value.ops[1..].to_vec());
                self.scopes.set(scope, name.clone(), value);
            }
        }
    }

    // Comprehensions and generators.

    /// A scope for the targets of a comprehension written in `scope`.
    pub(crate) fn in_comprehension<T>(&mut self, scope: usize, walk: impl FnOnce(&mut Self) -> T) -> T {
        let inner = Scope {
            path: self.path,
            def: None,
            module: self.scopes.list[scope].module.clone(),
            around: Around::Scope(scope),
            is_captured: false,
            receiver: self.scopes.list[scope].receiver.clone(),
        };
        let outer = self.scopes.open(inner);
        let result = walk(self);
        self.scopes.close(outer);
        result
    }

    /// The loops of a comprehension, one inside the other.
    pub(crate) fn clauses(
        &mut self,
        loop_of: &Turn,
        clauses: &[Comprehension],
        turn: &mut dyn FnMut(&mut Self) -> Walk<()>,
    ) -> Walk<()> {
        let Some((clause, rest)) = clauses.split_first() else { return turn(self) };
        let items = self.expr(&clause.iter)?;
        let span = clause.target.span;
        let inner = Turn { span, items_span: clause.iter.span, ..*loop_of };
        self.each(
            &inner,
            &items,
            &mut |walker, item| {
                walker.bind_target(&clause.target, item)?;
                let mut condition = Operand::Bool(true);
                for test in &clause.conditions {
                    let truth = walker.condition(test)?;
                    condition = walker.emit.bool_binary(crate::ir::BoolBinary::And, condition, truth);
                }
                let mut result = Ok(());
                walker.branch(
                    condition,
                    |walker| {
                        result = walker.clauses(loop_of, rest, turn);
                        Ok(Val::none())
                    },
                    |_| Ok(Val::none()),
                )?;
                result
            },
            &mut |_| Ok(()),
        )
    }

    /// Binds a comprehension's target in its own scope.
    pub(crate) fn bind_target(&mut self, target: &Expr, value: Val) -> Walk<()> {
        match &*target.kind {
            ExprKind::Name(name) => {
                self.bind_here(name, value);
                Ok(())
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) => {
                let items = self.at(target.span, |walker| walker.items_of(&value))?;
                if items.len() != targets.len() {
                    return self.refuse(errors::wrong_count(target.span, targets.len(), items.len()));
                }
                targets.iter().zip(items).try_for_each(|(target, item)| self.bind_target(target, item))
            }
            _ => self.refuse(errors::not_in_process(target.span, "this target of a comprehension")),
        }
    }

    /// Whether `test` holds for any element.
    pub(crate) fn any_in(
        &mut self,
        items: &Val,
        test: &mut dyn FnMut(&mut Self, Val) -> Walk<Operand>,
    ) -> Walk<Operand> {
        let start = Val::bool(Operand::Bool(false));
        let result = self.fold(items, start, &mut |walker, present, item| {
            let truth = test(walker, item)?;
            Ok(Val::bool(walker.emit.bool_binary(crate::ir::BoolBinary::Or, present.op(), truth)))
        })?;
        Ok(result.op())
    }

    /// `any(items)` or `all(items)`: what decides it is the last that is looked at.
    pub(crate) fn any_or_all(&mut self, items: &Val, is_any: bool) -> Walk<Val> {
        let start = Val::bool(Operand::Bool(!is_any));
        let join = |walker: &mut Self, present: Val, item: &mut dyn FnMut(&mut Self) -> Walk<Val>| {
            let mut truth = |walker: &mut Self| {
                let item = item(walker)?;
                Ok(Val::bool(walker.truth(&item)?))
            };
            if is_any {
                walker.branch(present.op(), |_| Ok(Val::bool(Operand::Bool(true))), &mut truth)
            } else {
                walker.branch(present.op(), &mut truth, |_| Ok(Val::bool(Operand::Bool(false))))
            }
        };
        if let Kind::Lazy(lazy) = &items.kind
            && let Lazy::Generator(expr, scope) = &**lazy
            && let ExprKind::GeneratorExp { element, clauses } = &*expr.kind
        {
            let (element, clauses, scope) = (element.clone(), clauses.clone(), *scope);
            return self.folding(
                start,
                &mut |walker, present, _| join(walker, present, &mut |walker| walker.expr(&element)),
                |walker, turn, one| {
                    let around = walker.scopes.present;
                    walker.scopes.list[around].around = Around::Scope(scope);
                    walker.in_comprehension(around, |walker| {
                        walker.clauses(turn, &clauses, &mut |walker| one(walker, Val::none()))
                    })
                },
            );
        }
        self.fold(items, start, &mut |walker, present, item| join(walker, present, &mut |_| Ok(item.clone())))
    }

    /// Combines all elements, from the first to the last.
    pub(crate) fn fold(
        &mut self,
        items: &Val,
        start: Val,
        step: &mut dyn FnMut(&mut Self, Val, Val) -> Walk<Val>,
    ) -> Walk<Val> {
        self.folding(start, step, |walker, turn, one| walker.each(turn, items, one, &mut |_| Ok(())))
    }

    /// Combines the elements after the first.
    pub(crate) fn fold_rest(
        &mut self,
        counted: Counted,
        first: Val,
        step: &mut dyn FnMut(&mut Self, Val, Val) -> Walk<Val>,
    ) -> Walk<Val> {
        let length = self.emit.index_binary(IntBinary::Sub, counted.length, Operand::I64(1));
        let rest = Counted { length, elements: Elements::AfterFirst(Box::new(counted.elements)) };
        self.folding(first, step, |walker, turn, one| walker.each_counted(turn, &rest, one, &mut |_| Ok(())))
    }

    /// A loop that carries one value, as a variable of a scope of its own.
    fn folding(
        &mut self,
        start: Val,
        step: &mut dyn FnMut(&mut Self, Val, Val) -> Walk<Val>,
        run: impl FnOnce(&mut Self, &Turn, &mut dyn FnMut(&mut Self, Val) -> Walk<()>) -> Walk<()>,
    ) -> Walk<Val> {
        let name = Name::from("<fold>");
        let span = self.span;
        let scope = self.scopes.present;
        self.in_comprehension(scope, |walker| {
            walker.bind_here(&name, start);
            let own = walker.scopes.present;
            let names = [(own, name.clone())];
            let turn = Turn {
                span,
                items_span: span,
                names: &names,
                sure: &[],
                jumps: Jumps::None,
                size: 1,
                has_loop: false,
                grows: false,
            };
            run(walker, &turn, &mut |walker, item| {
                let Some(present) = walker.scopes.get(own, &name).cloned() else { return Err(Told) };
                let next = step(walker, present, item)?;
                walker.scopes.set(own, name.clone(), next);
                Ok(())
            })?;
            walker.scopes.get(own, &name).cloned().ok_or(Told)
        })
    }

    // Lengths and elements.

    /// A thing to iterate as a length and elements.
    pub(crate) fn counted(&mut self, items: &Val) -> Walk<Counted> {
        let items = &self.present(items, || "'NoneType' object is not iterable".to_owned())?;
        let span = self.span;
        match &items.kind {
            Kind::Tuple(_) => {
                let items = items.items().unwrap_or_default();
                Ok(self.counted_items(items))
            }
            Kind::Seq(seq) => {
                let length = items.dim(0).unwrap_or(Operand::I64(0));
                let elements = if let Flavour::Array(_) = seq.flavour {
                    Elements::Array(items.clone())
                } else {
                    Elements::List(items.clone())
                };
                Ok(Counted { length, elements })
            }
            Kind::Static(Value::Range(range)) => Ok(Counted {
                length: Operand::I64(range.len() as i64),
                elements: Elements::Range(Operand::I64(range.start), Operand::I64(range.step)),
            }),
            Kind::Static(Value::Deque(_) | Value::List(_)) => {
                let length = self.deque_length(items)?.op();
                Ok(Counted { length, elements: Elements::Deque(items.clone()) })
            }
            Kind::Static(Value::Str(_) | Value::Set(_) | Value::Class(_)) | Kind::Dict(_) if !matches!(&items.kind, Kind::Static(Value::Class(class)) if !crate::evaluate::is_enum(class)) =>
            {
                let items = self.static_items(items).unwrap_or_default();
                Ok(self.counted_items(items))
            }
            kind if kind.is_object() && self.has_method(items, "__iter__") => {
                let iterator = self.call_method(items, "__iter__", &[])?;
                if iterator.kind.is_object() {
                    return self.refuse(errors::not_in_process(span, "a loop over an object with `__next__`"));
                }
                self.counted(&iterator)
            }
            kind if kind.is_object() && self.has_method(items, "__len__") && self.has_method(items, "__getitem__") => {
                self.refuse(errors::not_in_process(span, "a loop over an object of the script"))
            }
            Kind::Lazy(lazy) => {
                let lazy = lazy.clone();
                self.counted_lazy(&lazy)
            }
            Kind::Poison => Err(Told),
            _ => self.refuse(errors::not_iterable(span, &items.kind.type_name())),
        }
    }

    /// Many constant numbers lie in memory; else each has a turn of its own.
    fn counted_items(&mut self, items: Vec<Val>) -> Counted {
        let length = Operand::I64(items.len() as i64);
        let constants: Option<Vec<Value>> = items.iter().map(super::kind::Val::constant).collect();
        let are_numbers = items.iter().all(|item| item.kind.is_number());
        if let (Some(values), true, true) = (constants, are_numbers, items.len() as i64 > UNROLLED_NUMBERS) {
            let storage = self.heap.table(values);
            let address = Operand::I64(i64::from(self.heap.storage_cell(storage)));
            let list = Val::seq(Flavour::Tuple, vec![storage], address, &[length], &[Operand::I64(1)]);
            return Counted { length, elements: Elements::List(list) };
        }
        Counted { length, elements: Elements::Items(items) }
    }

    fn counted_lazy(&mut self, lazy: &Lazy) -> Walk<Counted> {
        let span = self.span;
        Ok(match lazy {
            Lazy::Range([start, stop, step]) => {
                let length = self.range_length(start.op(), stop.op(), step.op());
                Counted { length, elements: Elements::Range(start.op(), step.op()) }
            }
            Lazy::Enumerate(items, start) => {
                let inner = self.counted(items)?;
                Counted { length: inner.length, elements: Elements::Enumerate(start.op(), Box::new(inner.elements)) }
            }
            Lazy::Zip(all) => {
                let (length, elements) = self.counted_together(all)?;
                Counted { length, elements: Elements::Zip(elements) }
            }
            Lazy::Map(function, all) => {
                let (length, elements) = self.counted_together(all)?;
                Counted { length, elements: Elements::Map(function.clone(), elements) }
            }
            Lazy::Reversed(items) => {
                let inner = self.counted(items)?;
                Counted { length: inner.length, elements: Elements::Reversed(inner.length, Box::new(inner.elements)) }
            }
            Lazy::Generator(expr, scope) => {
                let ExprKind::GeneratorExp { element, clauses } = &*expr.kind else { return Err(Told) };
                if clauses.len() > 1 || !clauses[0].conditions.is_empty() {
                    return self.refuse(errors::unknown_length(span, "a generator with several loops or conditions"));
                }
                let present = std::mem::replace(&mut self.scopes.present, *scope);
                let items = self.expr(&clauses[0].iter);
                self.scopes.present = present;
                let inner = self.counted(&items?)?;
                let elements =
                    Elements::Generator(element.clone(), clauses[0].target.clone(), *scope, Box::new(inner.elements));
                Counted { length: inner.length, elements }
            }
            Lazy::Slice(_) => return self.refuse(errors::not_iterable(span, "slice")),
        })
    }

    /// As long as the shortest of them.
    fn counted_together(&mut self, all: &[Val]) -> Walk<(Operand, Vec<Elements>)> {
        let mut length: Option<Operand> = None;
        let mut elements = vec![];
        for items in all {
            let counted = self.counted(items)?;
            length = Some(match length {
                None => counted.length,
                Some(known) => {
                    let is_shorter = self.emit.int_compare(Compare::Lt, counted.length, known);
                    self.emit.select(is_shorter, counted.length, known)
                }
            });
            elements.push(counted.elements);
        }
        Ok((length.unwrap_or(Operand::I64(0)), elements))
    }

    fn range_length(&mut self, start: Operand, stop: Operand, step: Operand) -> Operand {
        if let (Operand::I64(start), Operand::I64(stop), Operand::I64(step)) = (start, stop, step) {
            let range = crate::evaluate::value::Range { start, stop, step };
            return Operand::I64(if step == 0 { 0 } else { range.len() as i64 });
        }
        let span = self.span;
        let Operand::I64(constant) = step else {
            // The length for either sign of the step.
            let is_zero = self.emit.int_compare(Compare::Eq, step, Operand::I64(0));
            let text = super::emit::FaultText::new("ValueError", "range() arg 3 must not be zero");
            self.fault_if(is_zero, text, &[]);
            let is_up = self.emit.int_compare(Compare::Gt, step, Operand::I64(0));
            let up = self.emit.int_binary(IntBinary::Sub, stop, start, span);
            let down = self.emit.int_binary(IntBinary::Sub, start, stop, span);
            let distance = self.emit.select(is_up, up, down);
            let back = self.emit.index_binary(IntBinary::Sub, Operand::I64(0), step);
            let size = self.emit.select(is_up, step, back);
            return self.turns_of(distance, size);
        };
        let distance = if constant > 0 {
            self.emit.int_binary(IntBinary::Sub, stop, start, span)
        } else {
            self.emit.int_binary(IntBinary::Sub, start, stop, span)
        };
        self.turns_of(distance, Operand::I64(constant.abs()))
    }

    /// How many steps of `size` fit before `distance`, at least none.
    fn turns_of(&mut self, distance: Operand, size: Operand) -> Operand {
        let turns = if size == Operand::I64(1) {
            distance
        } else {
            let before = self.emit.index_binary(IntBinary::Sub, distance, Operand::I64(1));
            let steps = self.emit.index_binary(IntBinary::FloorDiv, before, size);
            self.emit.index_binary(IntBinary::Add, steps, Operand::I64(1))
        };
        let is_none = self.emit.int_compare(Compare::Lt, turns, Operand::I64(0));
        let length = self.emit.select(is_none, Operand::I64(0), turns);
        let interval = self.emit.interval(turns).map_or((0, i64::MAX), |(low, high)| (low.max(0), high.max(0)));
        self.emit.bound(length, interval);
        length
    }

    /// Element `index`, which is within bounds.
    pub(crate) fn element_of(&mut self, elements: &Elements, index: Operand) -> Walk<Val> {
        match elements {
            Elements::Range(start, step) => {
                let travelled = self.emit.index_binary(IntBinary::Mul, index, *step);
                let value = self.emit.index_binary(IntBinary::Add, *start, travelled);
                Ok(Val::int(value))
            }
            Elements::List(list) => {
                let Kind::Seq(seq) = &list.kind else { return Err(Told) };
                let (flavour, storages) = (seq.flavour, seq.storages.clone());
                Ok(self.load_element(flavour, &storages, list.op(), index))
            }
            Elements::Array(array) => self.array_row(array, index),
            Elements::Items(items) => match index {
                Operand::I64(index) => items.get(index as usize).cloned().ok_or(Told),
                _ => Err(Told),
            },
            Elements::Enumerate(start, inner) => {
                let item = self.element_of(inner, index)?;
                let number = self.emit.index_binary(IntBinary::Add, *start, index);
                Ok(Val::tuple(vec![Val::int(number), item]))
            }
            Elements::Zip(all) => {
                let items = all.iter().map(|elements| self.element_of(elements, index)).collect::<Walk<_>>()?;
                Ok(Val::tuple(items))
            }
            Elements::Reversed(length, inner) => {
                let last = self.emit.index_binary(IntBinary::Sub, *length, Operand::I64(1));
                let at = self.emit.index_binary(IntBinary::Sub, last, index);
                self.element_of(inner, at)
            }
            Elements::Map(function, all) => {
                let items = all.iter().map(|elements| self.element_of(elements, index)).collect::<Walk<_>>()?;
                self.call(function, super::calls::CallArgs::new(items))
            }
            Elements::Generator(element, target, scope, inner) => {
                let item = self.element_of(inner, index)?;
                self.in_comprehension(*scope, |walker| {
                    walker.bind_target(target, item)?;
                    walker.expr(element)
                })
            }
            Elements::Deque(deque) => self.deque_element(deque, index),
            Elements::AfterFirst(inner) => {
                let at = self.emit.index_binary(IntBinary::Add, index, Operand::I64(1));
                self.element_of(inner, at)
            }
        }
    }

    /// Whether elements are objects or tuples, for which a turn of their own pays.
    fn has_objects(&mut self, elements: &Elements) -> bool {
        match elements {
            Elements::List(list) => {
                let Kind::Seq(seq) = &list.kind else { return false };
                let storages = seq.storages.clone();
                let slot = self.heap.element_slot(&storages);
                let slot = self.heap.slot(slot);
                !slot.is_written && !slot.kind.is_number()
            }
            Elements::Items(_) => true,
            Elements::Enumerate(_, inner)
            | Elements::Reversed(_, inner)
            | Elements::Generator(_, _, _, inner)
            | Elements::AfterFirst(inner) => self.has_objects(inner),
            Elements::Zip(all) | Elements::Map(_, all) => all.iter().any(|elements| self.has_objects(elements)),
            Elements::Range(..) | Elements::Array(_) | Elements::Deque(_) => false,
        }
    }

    /// Whether a list's elements have no kind in common, so that each needs a turn of its own.
    fn has_mixed_elements(&mut self, elements: &Elements) -> bool {
        match elements {
            Elements::List(list) => {
                let Kind::Seq(seq) = &list.kind else { return false };
                let storages = seq.storages.clone();
                let slot = self.heap.element_slot(&storages);
                self.heap.slot(slot).conflict.is_some()
            }
            Elements::Enumerate(_, inner)
            | Elements::Reversed(_, inner)
            | Elements::Generator(_, _, _, inner)
            | Elements::AfterFirst(inner) => self.has_mixed_elements(inner),
            Elements::Zip(all) | Elements::Map(_, all) => all.iter().any(|elements| self.has_mixed_elements(elements)),
            _ => false,
        }
    }

    /// An instruction sequence of a counted loop without phis: for library rules that write to memory.
    pub(crate) fn repeat(&mut self, length: Operand, turn: impl FnOnce(&mut Self, Operand)) {
        let counter = self.emit.mutable(Type::I64);
        self.emit.assign(counter, Operand::I64(0));
        let (exit, top) = (self.emit.label(), self.emit.label());
        self.emit.open();
        let is_over = self.emit.int_compare(Compare::Ge, Operand::Var(counter), length);
        self.emit.push(Inst::If { condition: is_over, then: vec![Inst::Break(exit)], otherwise: vec![] });
        let index = self.emit.snapshot(Operand::Var(counter));
        let highest = self.emit.interval(length).map_or(i64::MAX, |(_, high)| high) - 1;
        self.emit.bound(index, (0, highest.max(0)));
        self.turns_open += 1;
        turn(self, index);
        self.turns_open -= 1;
        let next = self.emit.index_binary(IntBinary::Add, Operand::Var(counter), Operand::I64(1));
        self.emit.assign(counter, next);
        let body = self.emit.close();
        self.emit.push(Inst::Block { label: exit, body: vec![Inst::Loop { label: top, watched: false, body }] });
    }
}

impl Elements {
    pub(crate) fn needs_constant_index(&self) -> bool {
        match self {
            Elements::Items(_) => true,
            Elements::Enumerate(_, inner)
            | Elements::Reversed(_, inner)
            | Elements::Generator(_, _, _, inner)
            | Elements::AfterFirst(inner) => inner.needs_constant_index(),
            Elements::Zip(all) | Elements::Map(_, all) => all.iter().any(Elements::needs_constant_index),
            _ => false,
        }
    }
}
