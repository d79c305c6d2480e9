//! The iterators of `itertools`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::Interpreter;
use super::iterate::Iter;
use super::value::{Result, Value};
use crate::syntax::ast::BinOp;

/// An iterator of `itertools`.
#[derive(Debug)]
pub(crate) enum Tool {
    /// `count`: the next value and the step.
    Count(Value, Value),
    /// `cycle`: what is still to be seen for the first time, what has been seen, and where in it this is.
    Cycle(Iter, Vec<Value>, usize),
    /// `repeat`: how many are left, if there is an end.
    Repeat(Value, Option<i64>),
    /// `chain`: the iterables that are left, and the one under way.
    Chain(Iter, Option<Iter>),
    /// `islice`: how far this is, the next index to give, the end, and the step.
    Slice(Iter, i64, i64, Option<i64>, i64),
    /// `takewhile`
    TakeWhile(Value, Iter),
    /// `dropwhile`: whether something was kept already.
    DropWhile(Value, Iter, bool),
    /// `accumulate`: the function and the total so far.
    Accumulate(Iter, Value, Option<Value>),
    /// `starmap`
    StarMap(Value, Iter),
    /// `zip_longest`: the iterators that have not ended, and the filling.
    ZipLongest(Vec<Option<Iter>>, Value),
    /// `pairwise`: the value before.
    Pairwise(Iter, Option<Value>),
    /// `groupby`: the key function, and the value that began the next group.
    GroupBy(Iter, Value, Option<(Value, Value)>),
    /// `tee`: the source, and what the others have not seen of it, with the number of each.
    Tee(Rc<RefCell<Tee>>, usize),
}

/// What the iterators of one `tee` share.
#[derive(Debug)]
pub(crate) struct Tee {
    pub(crate) source: Iter,
    pub(crate) waiting: Vec<VecDeque<Value>>,
}

impl Tool {
    /// As a value.
    pub(crate) fn into_value(self) -> Value {
        Iter::Tool(Box::new(self)).into_value()
    }
}

impl Interpreter<'_> {
    pub(crate) fn advance_tool(&mut self, tool: &mut Tool) -> Result<Option<Value>> {
        Ok(match tool {
            Tool::Count(next, step) => {
                let value = next.clone();
                *next = self.binary(BinOp::Add, &value, step)?;
                Some(value)
            }
            Tool::Cycle(first, seen, at) => {
                if let Some(value) = self.advance(first)? {
                    seen.push(value.clone());
                    return Ok(Some(value));
                }
                *first = Iter::Done;
                let value = seen.get(*at).cloned();
                *at = if *at + 1 < seen.len() { *at + 1 } else { 0 };
                value
            }
            Tool::Repeat(value, left) => match left {
                Some(left) if *left <= 0 => None,
                left => {
                    *left = left.map(|left| left - 1);
                    Some(value.clone())
                }
            },
            Tool::Chain(iterables, under_way) => loop {
                if let Some(iter) = under_way
                    && let Some(value) = self.advance(iter)?
                {
                    break Some(value);
                }
                let Some(next) = self.advance(iterables)? else { return Ok(None) };
                *under_way = Some(self.iterate(&next)?);
            },
            Tool::Slice(iter, at, next, stop, step) => loop {
                if stop.is_some_and(|stop| *next >= stop) {
                    // The source is read up to the end all the same, as CPython reads it.
                    while stop.is_some_and(|stop| *at < stop) && self.advance(iter)?.is_some() {
                        *at += 1;
                    }
                    return Ok(None);
                }
                let Some(value) = self.advance(iter)? else { return Ok(None) };
                let index = *at;
                *at += 1;
                if index == *next {
                    *next += *step;
                    break Some(value);
                }
            },
            Tool::TakeWhile(function, iter) => {
                let Some(value) = self.advance(iter)? else { return Ok(None) };
                let passes = self.call_with(function, vec![value.clone()])?;
                if self.truth(&passes)? {
                    Some(value)
                } else {
                    *iter = Iter::Done;
                    None
                }
            }
            Tool::DropWhile(function, iter, begun) => loop {
                let Some(value) = self.advance(iter)? else { return Ok(None) };
                if *begun {
                    break Some(value);
                }
                let drops = self.call_with(function, vec![value.clone()])?;
                if !self.truth(&drops)? {
                    *begun = true;
                    break Some(value);
                }
            },
            Tool::Accumulate(iter, function, total) => {
                let Some(value) = self.advance(iter)? else {
                    return Ok(None);
                };
                let next = match total.take() {
                    None => value,
                    Some(before) if matches!(function, Value::None) => self.binary(BinOp::Add, &before, &value)?,
                    Some(before) => self.call_with(function, vec![before, value])?,
                };
                *total = Some(next.clone());
                Some(next)
            }
            Tool::StarMap(function, iter) => match self.advance(iter)? {
                Some(values) => {
                    let values = self.list_of(&values)?;
                    Some(self.call_with(function, values)?)
                }
                None => None,
            },
            Tool::ZipLongest(iters, filling) => {
                let (mut values, mut any) = (vec![], false);
                for iter in iters.iter_mut() {
                    let value = match iter {
                        Some(inner) => self.advance(inner)?,
                        None => None,
                    };
                    any |= value.is_some();
                    if value.is_none() {
                        *iter = None;
                    }
                    values.push(value.unwrap_or_else(|| filling.clone()));
                }
                any.then(|| Value::Tuple(Rc::new(values)))
            }
            Tool::Pairwise(iter, before) => {
                if before.is_none() {
                    *before = self.advance(iter)?;
                }
                let (Some(first), Some(second)) = (before.take(), self.advance(iter)?) else { return Ok(None) };
                *before = Some(second.clone());
                Some(Value::Tuple(Rc::new(vec![first, second])))
            }
            Tool::GroupBy(iter, function, begun) => {
                let (key, first) = match begun.take() {
                    Some(begun) => begun,
                    None => match self.advance(iter)? {
                        Some(value) => (self.group_key(function, &value)?, value),
                        None => return Ok(None),
                    },
                };
                let mut group = vec![first];
                while let Some(value) = self.advance(iter)? {
                    let next = self.group_key(function, &value)?;
                    if !self.equal(&key, &next)? {
                        *begun = Some((next, value));
                        break;
                    }
                    group.push(value);
                }
                Some(Value::Tuple(Rc::new(vec![key, Iter::Values(group.into_iter()).into_value()])))
            }
            Tool::Tee(shared, index) => {
                let waiting = shared.borrow_mut().waiting[*index].pop_front();
                if waiting.is_some() {
                    return Ok(waiting);
                }
                let mut source = std::mem::replace(&mut shared.borrow_mut().source, Iter::Running);
                let value = self.advance(&mut source);
                let mut shared = shared.borrow_mut();
                shared.source = source;
                let value = value?;
                if let Some(value) = &value {
                    let others = shared.waiting.iter_mut().enumerate().filter(|(other, _)| other != index);
                    others.for_each(|(_, queue)| queue.push_back(value.clone()));
                }
                value
            }
        })
    }

    fn group_key(&mut self, function: &Value, value: &Value) -> Result<Value> {
        if matches!(function, Value::None) { Ok(value.clone()) } else { self.call_with(function, vec![value.clone()]) }
    }
}
