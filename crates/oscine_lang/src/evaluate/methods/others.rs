//! Methods of deques, slices, generators and views.

use std::cell::RefCell;
use std::rc::Rc;

use super::super::Interpreter;
use super::super::calls::count_args;
use super::super::exceptions::{raise, raised};
use super::super::iterate::Iter;
use super::super::subscripts::wrap;
use super::super::value::{Args, Deque, Result, Value};

impl Deque {
    /// Appends, and drops from the other end what no longer fits.
    fn push(&self, value: Value, at_left: bool) {
        let mut items = self.items.borrow_mut();
        if at_left {
            items.push_front(value);
        } else {
            items.push_back(value);
        }
        if self.max_len.is_some_and(|most| items.len() > most) {
            if at_left {
                items.pop_back();
            } else {
                items.pop_front();
            }
        }
    }
}

impl Interpreter<'_> {
    pub(super) fn deque_method(&mut self, deque: &Rc<Deque>, name: &str, args: Args) -> Result<Value> {
        let (least, most) = match name {
            "append" | "appendleft" | "extend" | "extendleft" | "remove" | "count" => (1, 1),
            "insert" => (2, 2),
            "index" => (1, 3),
            "rotate" => (0, 1),
            _ => (0, 0),
        };
        count_args(&format!("deque.{name}"), &args, least, most)?;
        let mut given = args.positional.into_iter();
        let empty = || raise("IndexError", "pop from an empty deque");
        match (name, given.next()) {
            ("append", Some(value)) => deque.push(value, false),
            ("appendleft", Some(value)) => deque.push(value, true),
            ("extend" | "extendleft", Some(values)) => {
                for value in self.list_of(&values)? {
                    deque.push(value, name == "extendleft");
                }
            }
            ("pop", _) => return deque.items.borrow_mut().pop_back().ok_or_else(empty),
            ("popleft", _) => return deque.items.borrow_mut().pop_front().ok_or_else(empty),
            ("clear", _) => deque.items.borrow_mut().clear(),
            ("copy", _) => {
                let items = deque.items.borrow().clone();
                return Ok(Value::Deque(Rc::new(Deque { items: items.into(), max_len: deque.max_len })));
            }
            ("reverse", _) => deque.items.borrow_mut().make_contiguous().reverse(),
            ("rotate", count) => {
                let count = count.map_or(Ok(1), |count| self.int_of(&count))?;
                let mut items = deque.items.borrow_mut();
                let length = items.len() as i64;
                if length > 0 {
                    items.rotate_right(count.rem_euclid(length) as usize);
                }
            }
            (_, Some(value)) => {
                let items: Vec<Value> = deque.items.borrow().iter().cloned().collect();
                match name {
                    "count" => return self.count_in(&items, &value),
                    "remove" => {
                        let found = self.find_in(&items, &value, 0, items.len())?;
                        let index = found.ok_or_else(|| raise("ValueError", "deque.remove(x): x not in deque"))?;
                        deque.items.borrow_mut().remove(index);
                    }
                    "index" => {
                        let (from, to) = self.search_bounds(given.next(), given.next(), items.len())?;
                        return match self.find_in(&items, &value, from, to)? {
                            Some(index) => Ok(Value::Int(index as i64)),
                            None => Err(raise("ValueError", format!("{} is not in deque", self.repr(&value)?))),
                        };
                    }
                    _ => {
                        if deque.max_len.is_some_and(|most| items.len() >= most) {
                            return Err(raise("IndexError", "deque already at its maximum size"));
                        }
                        let index = wrap(self.int_of(&value)?, items.len()).unwrap_or(0).min(items.len());
                        deque.items.borrow_mut().insert(index, given.next().unwrap_or(Value::None));
                    }
                }
            }
            _ => {}
        }
        Ok(Value::None)
    }

    pub(super) fn slice_method(&mut self, parts: &[Value; 3], args: &Args) -> Result<Value> {
        count_args("slice.indices", args, 1, 1)?;
        let length = self.int_of(&args.positional[0])?;
        let length = usize::try_from(length).map_err(|_| raise("ValueError", "length should not be negative"))?;
        let (start, stop, step) = self.slice_bounds(parts, length)?;
        Ok(Value::Tuple(Rc::new(vec![Value::Int(start), Value::Int(stop), Value::Int(step)])))
    }

    pub(super) fn iterator_method(&mut self, iter: &Rc<RefCell<Iter>>, name: &str, args: &Args) -> Result<Value> {
        if name == "isdisjoint" {
            let keys = self.list_of(&Value::Iterator(iter.clone()))?;
            let keys = self.make_set(keys, false)?;
            let method = self.get_attribute(&keys, name)?;
            return self.call_with(&method, args.positional.clone());
        }
        let mut taken = std::mem::replace(&mut *iter.borrow_mut(), Iter::Running);
        let Iter::Generator(generator) = &mut taken else {
            let is_running = matches!(taken, Iter::Running);
            *iter.borrow_mut() = taken;
            return match name {
                "close" => Ok(Value::None),
                _ if is_running => Err(raise("ValueError", "generator already executing")),
                _ => match self.advance_shared(iter)? {
                    Some(value) => Ok(value),
                    None => Err(raise("StopIteration", "")),
                },
            };
        };
        let result = match name {
            "send" => {
                let value = args.positional.first().cloned().unwrap_or(Value::None);
                self.send(generator, value)
            }
            "throw" => {
                let value = args.positional.first().cloned().unwrap_or(Value::None);
                self.exception_of(&value, "exceptions must be classes or instances deriving from BaseException")
                    .and_then(|exception| {
                        generator.thrown = Some(raised(exception));
                        self.send(generator, Value::None)
                    })
            }
            _ => {
                generator.thrown = Some(raise("GeneratorExit", ""));
                match self.resume(generator, Value::None) {
                    Ok(None) => Ok(Value::None),
                    Ok(Some(_)) => Err(raise("RuntimeError", "generator ignored GeneratorExit")),
                    Err(raised) if raised.is("GeneratorExit") || raised.is("StopIteration") => Ok(Value::None),
                    Err(raised) => Err(raised),
                }
            }
        };
        *iter.borrow_mut() = taken;
        result
    }
}
