//! Values as keys of dicts and sets, hashes, and what fills dicts and sets.

use std::rc::Rc;

use super::Interpreter;
use super::array;
use super::compare::address;
use super::exceptions::raise;
use super::types::type_name;
use super::value::{Dict, Items, Key, Result, Set, Value};

impl Interpreter<'_> {
    /// A value as a key, where no other key has to be looked at.
    pub(crate) fn key_of(&mut self, value: &Value) -> Result<Key> {
        Ok(match value {
            Value::None => Key::None,
            Value::Bool(value) => Key::Int(i64::from(*value)),
            Value::Int(value) => Key::Int(*value),
            Value::Float(value) => float_key(*value),
            Value::Complex(re, im) if *im == 0.0 => float_key(*re),
            Value::Complex(re, im) => Key::Complex(re.to_bits(), im.to_bits()),
            Value::Str(text) => Key::Str(text.clone()),
            Value::Tuple(items) => {
                self.limits.check_stack()?;
                Key::Tuple(items.iter().map(|item| self.key_of(item)).collect::<Result<_>>()?)
            }
            Value::Set(set) if set.frozen => {
                let mut keys: Vec<Key> = set.items.borrow().keys().cloned().collect();
                keys.sort_by_cached_key(|key| format!("{key:?}"));
                Key::Set(keys)
            }
            Value::Range(range) => Key::Tuple(vec![Key::Int(range.start), Key::Int(range.stop), Key::Int(range.step)]),
            Value::Param(param) => return self.key_of(&param.value.clone()),
            Value::Array(_) => match array::plain(value) {
                Value::Array(_) => return Err(unhashable(value)),
                scalar => return self.key_of(&scalar),
            },
            Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::Deque(_) | Value::Slice(_) => {
                return Err(unhashable(value));
            }
            Value::Dtype(dtype) => Key::Str(super::value::Name::from(format!("dtype {dtype:?}"))),
            Value::Instance(instance) => {
                match super::attributes::special_member(&instance.class, "__hash__") {
                    Some(Value::None) => return Err(unhashable(value)),
                    Some(_) => {
                        let hash = self.call_special(value, "__hash__", vec![])?.unwrap_or(Value::None);
                        let Some(hash) = hash.as_int() else {
                            return Err(raise("TypeError", "__hash__ method should return an integer"));
                        };
                        return Ok(Key::Hashed(hash, Rc::as_ptr(instance) as usize));
                    }
                    None => {}
                }
                let base = instance.base_value.borrow().clone();
                match base {
                    Value::None => Key::Identity(Rc::as_ptr(instance) as usize),
                    base => return self.key_of(&base),
                }
            }
            Value::Method(method) => {
                let receiver = address(&method.receiver).unwrap_or(0);
                Key::Tuple(vec![Key::Identity(receiver), Key::Identity(Rc::as_ptr(&method.function) as usize)])
            }
            other => Key::Identity(address(other).unwrap_or(0)),
        })
    }

    /// A value as a key of a dict: an equal object with a hash of its own that is there already counts as itself.
    pub(crate) fn key_in_dict(&mut self, dict: &Dict, value: &Value) -> Result<Key> {
        let key = self.key_of(value)?;
        let Key::Hashed(hash, _) = key else { return Ok(key) };
        let same: Vec<(Key, Value)> = {
            let items = dict.items.borrow();
            let alike = items.iter().filter(|(key, _)| matches!(key, Key::Hashed(other, _) if *other == hash));
            alike.map(|(key, (written, _))| (key.clone(), written.clone())).collect()
        };
        self.equal_among(same, value).map(|found| found.unwrap_or(key))
    }

    /// The same for a set.
    pub(crate) fn key_in_set(&mut self, set: &Set, value: &Value) -> Result<Key> {
        let key = self.key_of(value)?;
        let Key::Hashed(hash, _) = key else { return Ok(key) };
        let same: Vec<(Key, Value)> = {
            let items = set.items.borrow();
            let alike = items.iter().filter(|(key, _)| matches!(key, Key::Hashed(other, _) if *other == hash));
            alike.map(|(key, written)| (key.clone(), written.clone())).collect()
        };
        self.equal_among(same, value).map(|found| found.unwrap_or(key))
    }

    fn equal_among(&mut self, candidates: Vec<(Key, Value)>, value: &Value) -> Result<Option<Key>> {
        for (key, written) in candidates {
            if self.equal(&written, value)? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// `hash(value)`: numbers as CPython hashes them; the rest by our own function, which is as stable as it has to be.
    pub(crate) fn hash(&mut self, value: &Value) -> Result<i64> {
        use std::hash::{Hash, Hasher};
        Ok(match self.key_of(value)? {
            Key::Int(-1) => -2,
            Key::Int(number) => number % ((1 << 61) - 1),
            Key::Hashed(hash, _) => hash,
            key => {
                let mut hasher = super::hash::QuickHasher::default();
                key.hash(&mut hasher);
                (hasher.finish() >> 3) as i64
            }
        })
    }

    /// A set of values.
    pub(crate) fn make_set(&mut self, values: Vec<Value>, frozen: bool) -> Result<Value> {
        let set = Rc::new(Set { items: std::cell::RefCell::default(), frozen });
        for value in values {
            self.set_add(&set, value)?;
        }
        Ok(Value::Set(set))
    }

    /// `set.add(value)`
    pub(crate) fn set_add(&mut self, set: &Set, value: Value) -> Result<()> {
        let key = self.key_in_set(set, &value)?;
        set.items.borrow_mut().entry(key).or_insert(value);
        Ok(())
    }

    /// `dict[key] = value`; a key that is there keeps its first form.
    pub(crate) fn dict_set(&mut self, dict: &Dict, key: &Value, value: Value) -> Result<()> {
        let found = self.key_in_dict(dict, key)?;
        let mut items = dict.items.borrow_mut();
        match items.get_mut(&found) {
            Some((_, old)) => *old = value,
            None => {
                items.insert(found, (key.plain(), value));
            }
        }
        drop(items);
        super::attributes::write_back(dict);
        Ok(())
    }

    /// The items of a dict or of an object with `keys` and `__getitem__`; none of anything else.
    pub(crate) fn mapping_items(&mut self, value: &Value) -> Result<Option<Vec<(Value, Value)>>> {
        let pairs = |items: &Items| items.values().cloned().collect::<Vec<_>>();
        match value {
            Value::Dict(dict) => Ok(Some(pairs(&dict.items.borrow()))),
            Value::Instance(instance) => {
                if let Value::Dict(dict) = &*instance.base_value.borrow() {
                    return Ok(Some(pairs(&dict.items.borrow())));
                }
                let Some(keys) = self.call_special(value, "keys", vec![])? else { return Ok(None) };
                let mut items = vec![];
                for key in self.list_of(&keys)? {
                    let item = self.get_item(value, &key)?;
                    items.push((key, item));
                }
                Ok(Some(items))
            }
            _ => Ok(None),
        }
    }
}

/// A float with a whole value is the key that the int is; NaN is only itself.
fn float_key(value: f64) -> Key {
    let limit = 9_223_372_036_854_775_808.0;
    if value.trunc() == value && (-limit..limit).contains(&value) {
        Key::Int(value as i64)
    } else {
        Key::Float(value.to_bits())
    }
}

fn unhashable(value: &Value) -> Box<super::value::Raised> {
    raise("TypeError", format!("unhashable type: '{}'", type_name(value)))
}
