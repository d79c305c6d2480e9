//! Indexing and slicing, and the lengths of things.

use std::rc::Rc;

use super::Interpreter;
use super::array;
use super::exceptions::{raise, raise_with};
use super::types::type_name;
use super::value::{DictKind, List, Name, Range, Result, Value};

impl Interpreter<'_> {
    /// `value[index]`
    pub(crate) fn get_item(&mut self, value: &Value, index: &Value) -> Result<Value> {
        Ok(match value {
            Value::List(list) => {
                if let Value::Slice(parts) = index {
                    let items = list.0.borrow();
                    let picked = self.slice_indices(parts, items.len())?.map(|i| items[i].clone()).collect::<Vec<_>>();
                    Value::List(Rc::new(List(picked.into())))
                } else {
                    let position = self.position(index, "list indices must be integers or slices, not")?;
                    let items = list.0.borrow();
                    let at = wrap(position, items.len());
                    let item = at.and_then(|at| items.get(at).cloned());
                    item.ok_or_else(|| raise("IndexError", "list index out of range"))?
                }
            }
            Value::Tuple(items) => {
                if let Value::Slice(parts) = index {
                    let picked = self.slice_indices(parts, items.len())?.map(|i| items[i].clone()).collect();
                    Value::Tuple(Rc::new(picked))
                } else {
                    let position = self.position(index, "tuple indices must be integers or slices, not")?;
                    let item = wrap(position, items.len()).and_then(|at| items.get(at).cloned());
                    item.ok_or_else(|| raise("IndexError", "tuple index out of range"))?
                }
            }
            Value::Str(text) => Value::Str(self.get_text(text, index)?),
            Value::Dict(dict) => {
                let key = self.key_in_dict(dict, index)?;
                let found = dict.items.borrow().get(&key).map(|(_, value)| value.clone());
                match (found, &dict.kind) {
                    (Some(value), _) => value,
                    (None, DictKind::Counter) => Value::Int(0),
                    (None, DictKind::Default(factory)) if !matches!(factory, Value::None) => {
                        let made = self.call_with(factory, vec![])?;
                        self.dict_set(dict, index, made.clone())?;
                        made
                    }
                    _ => return Err(raise_with("KeyError", vec![index.clone()])),
                }
            }
            Value::Range(range) => {
                if let Value::Slice(parts) = index {
                    let (start, stop, step) = self.slice_bounds(parts, range.len())?;
                    let at = |index: i64| range.start + index * range.step;
                    Value::Range(Range { start: at(start), stop: at(stop), step: range.step * step })
                } else {
                    let position = self.position(index, "range indices must be integers or slices, not")?;
                    match wrap(position, range.len()) {
                        Some(at) if at < range.len() => Value::Int(range.start + at as i64 * range.step),
                        _ => return Err(raise("IndexError", "range object index out of range")),
                    }
                }
            }
            Value::Deque(deque) => {
                let position = self.position(index, "sequence index must be integer, not")?;
                let items = deque.items.borrow();
                let item = wrap(position, items.len()).and_then(|at| items.get(at).cloned());
                item.ok_or_else(|| raise("IndexError", "deque index out of range"))?
            }
            Value::Array(operand) => array::get_item(operand, &index.plain())?,
            Value::Param(param) => return self.get_item(&param.value.clone(), index),
            Value::Class(class) if super::enums::is_enum(class) && class.is_user => {
                return Self::member_of_name(class, index);
            }
            // `list[float]`, `Optional[int]`: a type as far as we are concerned.
            Value::Class(class) if !class.is_user || class.lookup("__class_getitem__").is_none() => value.clone(),
            Value::Class(_) => {
                let method = self.get_attribute(value, "__class_getitem__")?;
                self.call_with(&method, vec![index.clone()])?
            }
            Value::Instance(instance) => {
                if let Some(result) = self.call_special(value, "__getitem__", vec![index.clone()])? {
                    return Ok(result);
                }
                let base = instance.base_value.borrow().clone();
                match base {
                    Value::None => return Err(not_subscriptable(value)),
                    Value::Dict(dict) => {
                        let key = self.key_in_dict(&dict, index)?;
                        let found = dict.items.borrow().get(&key).map(|(_, value)| value.clone());
                        match found {
                            Some(found) => found,
                            None => match self.call_special(value, "__missing__", vec![index.clone()])? {
                                Some(made) => made,
                                None => return Err(raise_with("KeyError", vec![index.clone()])),
                            },
                        }
                    }
                    base => return self.get_item(&base, index),
                }
            }
            _ => return Err(not_subscriptable(value)),
        })
    }

    fn get_text(&mut self, text: &Name, index: &Value) -> Result<Name> {
        let out_of_range = || raise("IndexError", "string index out of range");
        if let Value::Slice(parts) = index {
            if text.is_ascii() {
                let bytes = text.as_bytes();
                let picked: String = self.slice_indices(parts, bytes.len())?.map(|i| char::from(bytes[i])).collect();
                return Ok(Name::from(picked));
            }
            let chars: Vec<char> = text.chars().collect();
            let picked: String = self.slice_indices(parts, chars.len())?.map(|i| chars[i]).collect();
            return Ok(Name::from(picked));
        }
        let Some(position) = index.plain().as_int() else {
            let words = format!("string indices must be integers, not '{}'", type_name(index));
            return Err(raise("TypeError", words));
        };
        let length = if text.is_ascii() { text.len() } else { text.chars().count() };
        let at = wrap(position, length).ok_or_else(out_of_range)?;
        let c = text.chars().nth(at).ok_or_else(out_of_range)?;
        Ok(Name::from(c.encode_utf8(&mut [0; 4]) as &str))
    }

    /// `value[index] = new`
    pub(crate) fn set_item(&mut self, value: &Value, index: &Value, new: Value) -> Result<()> {
        match value {
            Value::List(list) => {
                if let Value::Slice(parts) = index {
                    let length = list.0.borrow().len();
                    let (start, stop, step) = self.slice_bounds(parts, length)?;
                    if !self.is_iterable(&new)? {
                        return Err(raise("TypeError", "can only assign an iterable"));
                    }
                    let new = self.list_of(&new)?;
                    if step == 1 {
                        let start = start as usize;
                        list.0.borrow_mut().splice(start..start.max(stop as usize), new);
                        return Ok(());
                    }
                    let places: Vec<usize> = self.slice_indices(parts, length)?.collect();
                    if places.len() != new.len() {
                        let (given, places) = (new.len(), places.len());
                        let words =
                            format!("attempt to assign sequence of size {given} to extended slice of size {places}");
                        return Err(raise("ValueError", words));
                    }
                    let mut items = list.0.borrow_mut();
                    for (place, new) in places.into_iter().zip(new) {
                        items[place] = new;
                    }
                } else {
                    let position = self.position(index, "list indices must be integers or slices, not")?;
                    let mut items = list.0.borrow_mut();
                    let at = wrap(position, items.len());
                    match at.and_then(|at| items.get_mut(at)) {
                        Some(place) => *place = new,
                        None => return Err(raise("IndexError", "list assignment index out of range")),
                    }
                }
            }
            Value::Dict(dict) => self.dict_set(dict, index, new)?,
            Value::Deque(deque) => {
                let position = self.position(index, "sequence index must be integer, not")?;
                let mut items = deque.items.borrow_mut();
                let at = wrap(position, items.len());
                match at.and_then(|at| items.get_mut(at)) {
                    Some(place) => *place = new,
                    None => return Err(raise("IndexError", "deque index out of range")),
                }
            }
            Value::Array(target) => array::set_item(target, &index.plain(), &new.plain())?,
            Value::Instance(instance) => {
                if self.call_special(value, "__setitem__", vec![index.clone(), new.clone()])?.is_some() {
                    return Ok(());
                }
                let base = instance.base_value.borrow().clone();
                match base {
                    Value::None => return Err(does_not_support(value, "assignment")),
                    base => return self.set_item(&base, index, new),
                }
            }
            _ => return Err(does_not_support(value, "assignment")),
        }
        Ok(())
    }

    /// `del value[index]`
    pub(crate) fn delete_item(&mut self, value: &Value, index: &Value) -> Result<()> {
        match value {
            Value::List(list) => {
                if let Value::Slice(parts) = index {
                    let length = list.0.borrow().len();
                    let mut places: Vec<usize> = self.slice_indices(parts, length)?.collect();
                    places.sort_unstable();
                    let mut items = list.0.borrow_mut();
                    for place in places.into_iter().rev() {
                        items.remove(place);
                    }
                } else {
                    let position = self.position(index, "list indices must be integers or slices, not")?;
                    let mut items = list.0.borrow_mut();
                    match wrap(position, items.len()) {
                        Some(at) if at < items.len() => {
                            items.remove(at);
                        }
                        _ => return Err(raise("IndexError", "list assignment index out of range")),
                    }
                }
            }
            Value::Dict(dict) => {
                let key = self.key_in_dict(dict, index)?;
                if dict.items.borrow_mut().shift_remove(&key).is_none() {
                    return Err(raise_with("KeyError", vec![index.clone()]));
                }
                super::attributes::write_back(dict);
            }
            Value::Deque(deque) => {
                let position = self.position(index, "sequence index must be integer, not")?;
                let mut items = deque.items.borrow_mut();
                let at = wrap(position, items.len());
                if at.and_then(|at| items.remove(at)).is_none() {
                    return Err(raise("IndexError", "deque index out of range"));
                }
            }
            Value::Array(_) => return Err(raise("ValueError", "cannot delete array elements")),
            Value::Instance(instance) => {
                if self.call_special(value, "__delitem__", vec![index.clone()])?.is_some() {
                    return Ok(());
                }
                let base = instance.base_value.borrow().clone();
                match base {
                    Value::None => return Err(does_not_support(value, "deletion")),
                    base => return self.delete_item(&base, index),
                }
            }
            _ => return Err(does_not_support(value, "deletion")),
        }
        Ok(())
    }

    /// `len(value)`
    pub(crate) fn length(&mut self, value: &Value) -> Result<usize> {
        Ok(match value {
            Value::Str(text) if text.is_ascii() => text.len(),
            Value::Str(text) => text.chars().count(),
            Value::List(list) => list.0.borrow().len(),
            Value::Tuple(items) => items.len(),
            Value::Dict(dict) => dict.items.borrow().len(),
            Value::Set(set) => set.items.borrow().len(),
            Value::Deque(deque) => deque.items.borrow().len(),
            Value::Range(range) => range.len(),
            Value::Param(param) => return self.length(&param.value.clone()),
            Value::Array(array) => match array.shape.first() {
                Some(length) => *length,
                None => return Err(raise("TypeError", "len() of unsized object")),
            },
            Value::Iterator(iter) => match iter.try_borrow().as_deref() {
                Ok(super::iterate::Iter::DictView(dict, _)) => dict.items.borrow().len(),
                _ => return Err(no_length(value)),
            },
            Value::Class(class) if super::enums::is_enum(class) => super::enums::members(class).len(),
            Value::Instance(instance) => {
                if let Some(length) = self.call_special(value, "__len__", vec![])? {
                    return match length.plain().as_int() {
                        Some(length) if length >= 0 => Ok(length as usize),
                        Some(_) => Err(raise("ValueError", "__len__() should return >= 0")),
                        None => {
                            let kind = type_name(&length);
                            Err(raise("TypeError", format!("'{kind}' object cannot be interpreted as an integer")))
                        }
                    };
                }
                let base = instance.base_value.borrow().clone();
                match base {
                    Value::None => return Err(no_length(value)),
                    base => return self.length(&base),
                }
            }
            _ => return Err(no_length(value)),
        })
    }

    /// An index as an int; `words` begin the error where it is none.
    fn position(&mut self, index: &Value, words: &str) -> Result<i64> {
        if let Some(position) = index.as_int() {
            return Ok(position);
        }
        if let Some(position) = self.call_special(index, "__index__", vec![])? {
            return self.int_of(&position);
        }
        match array::plain(&index.plain()) {
            Value::Int(position) => Ok(position),
            Value::Bool(position) => Ok(i64::from(position)),
            other => Err(raise("TypeError", format!("{words} {}", type_name(&other)))),
        }
    }

    /// A value that must be an int: `range(n)`, `[0] * n`.
    pub(crate) fn int_of(&mut self, value: &Value) -> Result<i64> {
        if let Some(number) = value.as_int() {
            return Ok(number);
        }
        if let Some(number) = self.call_special(value, "__index__", vec![])? {
            return self.int_of(&number);
        }
        match array::plain(&value.plain()) {
            Value::Int(number) => Ok(number),
            Value::Bool(number) => Ok(i64::from(number)),
            other => {
                let words = format!("'{}' object cannot be interpreted as an integer", type_name(&other));
                Err(raise("TypeError", words))
            }
        }
    }

    /// Start, stop and step of a slice of something of that length, as CPython's `PySlice_AdjustIndices` has it.
    pub(crate) fn slice_bounds(&mut self, parts: &[Value; 3], length: usize) -> Result<(i64, i64, i64)> {
        let mut part = |value: &Value| -> Result<Option<i64>> {
            match value {
                Value::None => Ok(None),
                value => match self.int_of(value) {
                    Ok(number) => Ok(Some(number)),
                    Err(raised) if raised.is("TypeError") => {
                        Err(raise("TypeError", "slice indices must be integers or None or have an __index__ method"))
                    }
                    Err(raised) => Err(raised),
                },
            }
        };
        let (start, stop, step) = (part(&parts[0])?, part(&parts[1])?, part(&parts[2])?.unwrap_or(1));
        if step == 0 {
            return Err(raise("ValueError", "slice step cannot be zero"));
        }
        let length = length as i64;
        let (least, most) = if step < 0 { (-1, length - 1) } else { (0, length) };
        let bound = |value: Option<i64>, otherwise: i64| match value {
            None => otherwise,
            Some(value) if value < 0 => (value.saturating_add(length)).max(least),
            Some(value) => value.min(most),
        };
        let (first, last) = if step < 0 { (most, least) } else { (least, most) };
        Ok((bound(start, first), bound(stop, last), step))
    }

    /// The indices that a slice picks, in its order.
    fn slice_indices(&mut self, parts: &[Value; 3], length: usize) -> Result<impl Iterator<Item = usize> + use<>> {
        let (start, stop, step) = self.slice_bounds(parts, length)?;
        let count = Range { start, stop, step }.len();
        Ok((0..count as i64).map(move |index| (start + index * step) as usize))
    }
}

/// An index from the end counted from the start.
pub(crate) fn wrap(index: i64, length: usize) -> Option<usize> {
    usize::try_from(if index < 0 { index.checked_add(length as i64)? } else { index }).ok()
}

fn not_subscriptable(value: &Value) -> Box<super::value::Raised> {
    let words = match value {
        Value::Class(class) => format!("type '{}' is not subscriptable", class.name),
        _ => format!("'{}' object is not subscriptable", type_name(value)),
    };
    raise("TypeError", words)
}

fn does_not_support(value: &Value, what: &str) -> Box<super::value::Raised> {
    raise("TypeError", format!("'{}' object does not support item {what}", type_name(value)))
}

fn no_length(value: &Value) -> Box<super::value::Raised> {
    raise("TypeError", format!("object of type '{}' has no len()", type_name(value)))
}
