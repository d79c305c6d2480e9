//! Iteration: one kind of iterator for each thing that can be iterated, advanced by the interpreter.

use std::cell::RefCell;
use std::rc::Rc;

use super::Interpreter;
use super::comprehensions::{Comprehending, Elements};
use super::exceptions::raise;
use super::generators::Generator;
use super::types::type_name;
use super::value::{Args, Array, Deque, Dict, Instance, List, Name, Result, Value};

/// What is iterated over of a dict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// `keys()`
    Keys,
    /// `values()`
    Values,
    /// `items()`
    Items,
}

/// An iterator under way.
#[derive(Debug)]
#[expect(private_interfaces, reason = "iterators are opaque outside the evaluator")]
pub enum Iter {
    /// Has no more to give.
    Done,
    /// Is being advanced; to ask it again is an error.
    Running,
    /// The rest of some values.
    Values(std::vec::IntoIter<Value>),
    /// A list, which may grow and shrink meanwhile.
    List(Rc<List>, usize),
    /// A list from its end.
    ListBackwards(Rc<List>, usize),
    /// A tuple.
    Tuple(Rc<Vec<Value>>, usize),
    /// A string, by byte.
    Str(Name, usize),
    /// A range: the next value, the step, and how many are left.
    Range(i64, i64, usize),
    /// A dict, its length when this began, and how far it is.
    Dict(Rc<Dict>, View, usize, usize),
    /// Not an iterator by itself but what `keys()` and its kin give: each iteration begins anew.
    DictView(Rc<Dict>, View),
    /// A deque.
    Deque(Rc<Deque>, usize),
    /// An array's first axis.
    Rows(Array, usize),
    /// An iterator that others may hold too.
    Shared(Rc<RefCell<Iter>>),
    /// An object with `__next__`, bound.
    Object(Value),
    /// An object with `__getitem__` only, and the next index.
    Sequence(Value, i64),
    /// `iter(function, sentinel)`
    Until(Value, Value),
    /// A call of a generator function.
    Generator(Box<Generator>),
    /// A generator expression.
    Comprehension(Rc<Elements>, Box<Comprehending>),
    /// `enumerate`: the next number.
    Enumerate(Box<Iter>, i64),
    /// `zip`, and whether it is strict.
    Zip(Vec<Iter>, bool),
    /// `map`
    Map(Value, Vec<Iter>),
    /// `filter`, and whether it keeps what passes.
    Filter(Value, Box<Iter>, bool),
    /// An iterator of `itertools`.
    Tool(Box<super::itertools::Tool>),
}

impl Iter {
    /// As a value.
    pub(crate) fn into_value(self) -> Value {
        Value::Iterator(Rc::new(RefCell::new(self)))
    }

    /// The name of its class.
    pub(crate) fn class_name(&self) -> &'static str {
        match self {
            Iter::Generator(_) | Iter::Comprehension(..) | Iter::Running => "generator",
            Iter::Enumerate(..) => "enumerate",
            Iter::Zip(..) => "zip",
            Iter::Map(..) => "map",
            Iter::Filter(..) => "filter",
            _ => "iterator",
        }
    }
}

impl Interpreter<'_> {
    /// `iter(value)`
    pub(crate) fn iterate(&mut self, value: &Value) -> Result<Iter> {
        self.iterate_if_possible(value)?
            .ok_or_else(|| raise("TypeError", format!("'{}' object is not iterable", type_name(value))))
    }

    /// Whether `iter(value)` would give an iterator.
    pub(crate) fn is_iterable(&mut self, value: &Value) -> Result<bool> {
        Ok(match value {
            Value::Instance(instance) if instance.class.is_user => {
                self.special(value, "__iter__")?.is_some()
                    || self.special(value, "__getitem__")?.is_some()
                    || !matches!(*instance.base_value.borrow(), Value::None)
            }
            Value::Class(class) => super::enums::is_enum(class),
            Value::Iterator(_) => true,
            Value::Array(array) => !array.shape.is_empty(),
            _ => self.iterate_if_possible(value)?.is_some(),
        })
    }

    fn iterate_if_possible(&mut self, value: &Value) -> Result<Option<Iter>> {
        Ok(Some(match value {
            Value::List(list) => Iter::List(list.clone(), 0),
            Value::Tuple(items) => Iter::Tuple(items.clone(), 0),
            Value::Str(text) => Iter::Str(text.clone(), 0),
            Value::Range(range) => Iter::Range(range.start, range.step, range.len()),
            Value::Dict(dict) => Iter::Dict(dict.clone(), View::Keys, dict.items.borrow().len(), 0),
            Value::Set(set) => Iter::Values(super::set_order::in_order(&set.items.borrow()).into_iter()),
            Value::Deque(deque) => Iter::Deque(deque.clone(), 0),
            Value::Iterator(iter) => match iter.try_borrow().as_deref() {
                Ok(Iter::DictView(dict, view)) => Iter::Dict(dict.clone(), *view, dict.items.borrow().len(), 0),
                _ => Iter::Shared(iter.clone()),
            },
            Value::Array(array) if array.shape.is_empty() => {
                return Err(raise("TypeError", "iteration over a 0-d array"));
            }
            Value::Array(array) => Iter::Rows(array.clone(), 0),
            Value::Param(param) => return self.iterate_if_possible(&param.value),
            Value::Class(class) if super::enums::is_enum(class) => {
                Iter::Values(super::enums::members(class).into_iter())
            }
            Value::Instance(instance) => return self.iterate_object(value, instance),
            _ => return Ok(None),
        }))
    }

    fn iterate_object(&mut self, value: &Value, instance: &Rc<Instance>) -> Result<Option<Iter>> {
        if let Some(method) = self.special(value, "__iter__")? {
            let iterator = self.call_with(&method, vec![])?;
            return Ok(Some(match &iterator {
                Value::Iterator(iter) => Iter::Shared(iter.clone()),
                Value::Instance(_) => match self.special(&iterator, "__next__")? {
                    Some(next) => Iter::Object(next),
                    None => return Err(not_an_iterator(&iterator)),
                },
                _ => return Err(not_an_iterator(&iterator)),
            }));
        }
        if self.special(value, "__getitem__")?.is_some() {
            return Ok(Some(Iter::Sequence(value.clone(), 0)));
        }
        let base = instance.base_value.borrow().clone();
        if matches!(base, Value::None) { Ok(None) } else { self.iterate_if_possible(&base) }
    }

    /// The next value, or none at the end.
    pub(crate) fn advance(&mut self, iter: &mut Iter) -> Result<Option<Value>> {
        Ok(match iter {
            Iter::Done => None,
            Iter::Running => return Err(raise("ValueError", "generator already executing")),
            Iter::Values(values) => values.next(),
            Iter::List(list, index) => {
                let value = list.0.borrow().get(*index).cloned();
                *index += 1;
                value
            }
            Iter::ListBackwards(list, left) => {
                *left = (*left).min(list.0.borrow().len());
                left.checked_sub(1).and_then(|index| {
                    *left = index;
                    list.0.borrow().get(index).cloned()
                })
            }
            Iter::Tuple(items, index) => {
                let value = items.get(*index).cloned();
                *index += 1;
                value
            }
            Iter::Str(text, at) => text[*at..].chars().next().map(|c| {
                *at += c.len_utf8();
                Value::Str(Name::from(c.encode_utf8(&mut [0; 4]) as &str))
            }),
            Iter::Range(next, step, left) => {
                let Some(after) = left.checked_sub(1) else { return Ok(None) };
                let value = *next;
                *left = after;
                *next = next.wrapping_add(*step);
                Some(Value::Int(value))
            }
            Iter::Dict(dict, view, length, index) => {
                let items = dict.items.borrow();
                if items.len() != *length {
                    return Err(raise("RuntimeError", "dictionary changed size during iteration"));
                }
                let item = items.get_index(*index).map(|(_, (key, value))| match view {
                    View::Keys => key.clone(),
                    View::Values => value.clone(),
                    View::Items => Value::Tuple(Rc::new(vec![key.clone(), value.clone()])),
                });
                *index += 1;
                item
            }
            Iter::DictView(..) => return Err(raise("TypeError", "a view of a dict is not an iterator")),
            Iter::Deque(deque, index) => {
                let value = deque.items.borrow().get(*index).cloned();
                *index += 1;
                value
            }
            Iter::Rows(array, index) => {
                if *index >= array.shape[0] {
                    return Ok(None);
                }
                let row = super::array::get_item(array, &Value::Int(*index as i64))?;
                *index += 1;
                Some(row)
            }
            Iter::Shared(shared) => return self.advance_shared(shared),
            Iter::Object(next) => match self.call_with(next, vec![]) {
                Ok(value) => Some(value),
                Err(raised) if raised.is("StopIteration") => None,
                Err(raised) => return Err(raised),
            },
            Iter::Sequence(object, index) => match self.get_item(object, &Value::Int(*index)) {
                Ok(value) => {
                    *index += 1;
                    Some(value)
                }
                Err(raised) if raised.is("IndexError") || raised.is("StopIteration") => None,
                Err(raised) => return Err(raised),
            },
            Iter::Until(function, sentinel) => {
                let value = self.call_with(function, vec![])?;
                if self.equal(&value, sentinel)? { None } else { Some(value) }
            }
            Iter::Generator(generator) => return self.resume(generator, Value::None),
            Iter::Comprehension(elements, under_way) => return self.next_element(&elements.clone(), under_way),
            Iter::Enumerate(inner, number) => self.advance(inner)?.map(|value| {
                let pair = Value::Tuple(Rc::new(vec![Value::Int(*number), value]));
                *number += 1;
                pair
            }),
            Iter::Zip(iters, strict) => self.advance_zip(iters, *strict)?,
            Iter::Map(function, iters) => {
                let mut values = Vec::with_capacity(iters.len());
                for iter in iters {
                    let Some(value) = self.advance(iter)? else { return Ok(None) };
                    values.push(value);
                }
                Some(self.call_with(function, values)?)
            }
            Iter::Filter(function, inner, keeps) => loop {
                self.limits.step()?;
                let Some(value) = self.advance(inner)? else { return Ok(None) };
                let passes = match function {
                    Value::None => value.clone(),
                    _ => self.call_with(function, vec![value.clone()])?,
                };
                if self.truth(&passes)? == *keeps {
                    break Some(value);
                }
            },
            Iter::Tool(tool) => return self.advance_tool(tool),
        })
    }

    /// The next value of an iterator that others may hold too: it is taken out while it runs.
    pub(crate) fn advance_shared(&mut self, shared: &Rc<RefCell<Iter>>) -> Result<Option<Value>> {
        let mut iter = std::mem::replace(&mut *shared.borrow_mut(), Iter::Running);
        if matches!(iter, Iter::Running) {
            return Err(raise("ValueError", "generator already executing"));
        }
        let result = self.advance(&mut iter);
        let ends = matches!(iter, Iter::Comprehension(..)) && !matches!(result, Ok(Some(_)));
        *shared.borrow_mut() = if ends { Iter::Done } else { iter };
        result
    }

    fn advance_zip(&mut self, iters: &mut [Iter], strict: bool) -> Result<Option<Value>> {
        if iters.is_empty() {
            return Ok(None);
        }
        let mut values = Vec::with_capacity(iters.len());
        for index in 0..iters.len() {
            if let Some(value) = self.advance(&mut iters[index])? {
                values.push(value);
                continue;
            }
            if !strict {
                return Ok(None);
            }
            if index > 0 {
                return Err(raise("ValueError", zip_words(index, "shorter")));
            }
            for (later, iter) in iters.iter_mut().enumerate().skip(1) {
                if self.advance(iter)?.is_some() {
                    return Err(raise("ValueError", zip_words(later, "longer")));
                }
            }
            return Ok(None);
        }
        Ok(Some(Value::Tuple(Rc::new(values))))
    }

    /// `list(value)`, as a vector.
    pub(crate) fn list_of(&mut self, value: &Value) -> Result<Vec<Value>> {
        match value {
            Value::List(list) => return Ok(list.0.borrow().clone()),
            Value::Tuple(items) => return Ok((**items).clone()),
            Value::Array(array) if !array.shape.is_empty() => return Ok(super::array::rows(array)),
            _ => {}
        }
        let mut iter = self.iterate(value)?;
        self.rest_of(&mut iter)
    }

    /// All that an iterator has left.
    pub(crate) fn rest_of(&mut self, iter: &mut Iter) -> Result<Vec<Value>> {
        if let Iter::Range(_, _, left) = iter {
            check_size(*left)?;
        }
        let mut values = vec![];
        while let Some(value) = self.advance(iter)? {
            self.limits.step()?;
            check_size(values.len())?;
            values.push(value);
        }
        Ok(values)
    }

    /// `next(value)`, or none at the end.
    pub(crate) fn next_of(&mut self, value: &Value) -> Result<Option<Value>> {
        match value {
            Value::Iterator(iter) if !matches!(iter.try_borrow().as_deref(), Ok(Iter::DictView(..))) => {
                self.advance_shared(iter)
            }
            Value::Instance(_) => match self.special(value, "__next__")? {
                Some(next) => match self.call(&next, Args::default()) {
                    Err(raised) if raised.is("StopIteration") => Ok(None),
                    result => result.map(Some),
                },
                None => Err(not_an_iterator(value)),
            },
            _ => Err(not_an_iterator(value)),
        }
    }
}

/// An error where a list would have more elements than any memory at load time.
pub(crate) fn check_size(count: usize) -> Result<()> {
    if count > 1 << 28 { Err(raise("MemoryError", "")) } else { Ok(()) }
}

fn zip_words(index: usize, how: &str) -> String {
    let before = if index == 1 { "argument 1".to_owned() } else { format!("arguments 1-{index}") };
    format!("zip() argument {} is {how} than {before}", index + 1)
}

fn not_an_iterator(value: &Value) -> Box<super::value::Raised> {
    raise("TypeError", format!("'{}' object is not an iterator", type_name(value)))
}
