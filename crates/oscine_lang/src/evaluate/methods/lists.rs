//! Methods of lists, tuples and ranges, and sorting.

use std::rc::Rc;

use super::super::Interpreter;
use super::super::calls::count_args;
use super::super::exceptions::raise;
use super::super::subscripts::wrap;
use super::super::value::{Args, List, Range, Result, Value};

impl Interpreter<'_> {
    pub(super) fn list_method(&mut self, list: &Rc<List>, name: &str, mut args: Args) -> Result<Value> {
        if name == "sort" {
            return self.sort_list(list, args);
        }
        let (least, most) = match name {
            "append" | "extend" | "remove" | "count" => (1, 1),
            "insert" => (2, 2),
            "index" => (1, 3),
            "pop" => (0, 1),
            _ => (0, 0),
        };
        count_args(&format!("list.{name}"), &args, least, most)?;
        let mut given = args.positional.drain(..);
        match (name, given.next()) {
            ("append", Some(value)) => list.0.borrow_mut().push(value),
            ("extend", Some(values)) => {
                let values = self.list_of(&values)?;
                list.0.borrow_mut().extend(values);
            }
            ("insert", Some(index)) => {
                let value = given.next().unwrap_or(Value::None);
                let index = self.int_of(&index)?;
                let mut items = list.0.borrow_mut();
                let length = items.len() as i64;
                let at = if index < 0 { (index + length).max(0) } else { index.min(length) };
                items.insert(at as usize, value);
            }
            ("remove", Some(value)) => {
                let items = list.0.borrow().clone();
                let Some(index) = self.find_in(&items, &value, 0, items.len())? else {
                    return Err(raise("ValueError", "list.remove(x): x not in list"));
                };
                list.0.borrow_mut().remove(index);
            }
            ("count", Some(value)) => {
                let items = list.0.borrow().clone();
                return self.count_in(&items, &value);
            }
            ("index", Some(value)) => {
                let items = list.0.borrow().clone();
                let (from, to) = self.search_bounds(given.next(), given.next(), items.len())?;
                return match self.find_in(&items, &value, from, to)? {
                    Some(index) => Ok(Value::Int(index as i64)),
                    None => Err(raise("ValueError", format!("{} is not in list", self.repr(&value)?))),
                };
            }
            ("pop", index) => {
                let index = index.map_or(Ok(-1), |index| self.int_of(&index))?;
                let mut items = list.0.borrow_mut();
                if items.is_empty() {
                    return Err(raise("IndexError", "pop from empty list"));
                }
                return match wrap(index, items.len()) {
                    Some(at) if at < items.len() => Ok(items.remove(at)),
                    _ => Err(raise("IndexError", "pop index out of range")),
                };
            }
            ("clear", _) => list.0.borrow_mut().clear(),
            ("copy", _) => return Ok(Value::List(Rc::new(List(list.0.borrow().clone().into())))),
            _ => list.0.borrow_mut().reverse(),
        }
        Ok(Value::None)
    }

    fn sort_list(&mut self, list: &Rc<List>, args: Args) -> Result<Value> {
        if !args.positional.is_empty() {
            return Err(raise("TypeError", "sort() takes no positional arguments"));
        }
        let (mut key, mut reverse) = (Value::None, false);
        for (name, value) in args.keywords {
            match &*name {
                "key" => key = value,
                "reverse" => reverse = self.truth(&value)?,
                _ => {
                    return Err(raise("TypeError", format!("'{name}' is an invalid keyword argument for sort()")));
                }
            }
        }
        let items = std::mem::take(&mut *list.0.borrow_mut());
        let backup = items.clone();
        match self.sorted(items, &key, reverse) {
            Ok(sorted) => {
                *list.0.borrow_mut() = sorted;
                Ok(Value::None)
            }
            Err(raised) => {
                *list.0.borrow_mut() = backup;
                Err(raised)
            }
        }
    }

    /// Values in order, equal ones as they were. A merge sort, since comparing may raise.
    pub(crate) fn sorted(&mut self, items: Vec<Value>, key: &Value, reverse: bool) -> Result<Vec<Value>> {
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            let key = if matches!(key, Value::None) { item.clone() } else { self.call_with(key, vec![item.clone()])? };
            keyed.push((key, item));
        }
        let sorted = self.merge_sort(keyed, reverse)?;
        Ok(sorted.into_iter().map(|(_, item)| item).collect())
    }

    fn merge_sort(&mut self, mut items: Vec<(Value, Value)>, reverse: bool) -> Result<Vec<(Value, Value)>> {
        if items.len() < 2 {
            return Ok(items);
        }
        self.limits.step()?;
        let right = items.split_off(items.len() / 2);
        let left = self.merge_sort(items, reverse)?;
        let right = self.merge_sort(right, reverse)?;
        let mut merged = Vec::with_capacity(left.len() + right.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
            let takes_right = if reverse { self.less(&l.0, &r.0)? } else { self.less(&r.0, &l.0)? };
            merged.extend(if takes_right { right.next() } else { left.next() });
        }
        merged.extend(left);
        merged.extend(right);
        Ok(merged)
    }

    pub(super) fn tuple_method(&mut self, items: &[Value], name: &str, args: &Args) -> Result<Value> {
        count_args(&format!("tuple.{name}"), args, 1, if name == "index" { 3 } else { 1 })?;
        let value = &args.positional[0];
        if name == "count" {
            return self.count_in(items, value);
        }
        let (from, to) =
            self.search_bounds(args.positional.get(1).cloned(), args.positional.get(2).cloned(), items.len())?;
        match self.find_in(items, value, from, to)? {
            Some(index) => Ok(Value::Int(index as i64)),
            None => Err(raise("ValueError", "tuple.index(x): x not in tuple")),
        }
    }

    pub(super) fn range_method(&mut self, range: Range, name: &str, args: &Args) -> Result<Value> {
        count_args(&format!("range.{name}"), args, 1, 1)?;
        let value = &args.positional[0];
        let found = self.contains(&Value::Range(range), value)?;
        if name == "count" {
            return Ok(Value::Int(i64::from(found)));
        }
        match value.as_int() {
            Some(number) if found => Ok(Value::Int((number - range.start) / range.step)),
            _ => Err(raise("ValueError", format!("{} is not in range", self.repr(value)?))),
        }
    }

    pub(super) fn count_in(&mut self, items: &[Value], value: &Value) -> Result<Value> {
        let mut count = 0;
        for item in items {
            count += i64::from(self.equal(item, value)?);
        }
        Ok(Value::Int(count))
    }

    pub(super) fn find_in(&mut self, items: &[Value], value: &Value, from: usize, to: usize) -> Result<Option<usize>> {
        for (index, item) in items.iter().enumerate().take(to).skip(from) {
            if self.equal(item, value)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// `start` and `stop` of a search, as a slice has them.
    pub(super) fn search_bounds(
        &mut self,
        start: Option<Value>,
        stop: Option<Value>,
        length: usize,
    ) -> Result<(usize, usize)> {
        let parts = [start.unwrap_or(Value::None), stop.unwrap_or(Value::None), Value::None];
        let (start, stop, _) = self.slice_bounds(&parts, length)?;
        Ok((start as usize, stop as usize))
    }
}
