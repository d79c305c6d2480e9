//! Methods of dicts and their kin.

use std::rc::Rc;

use super::super::Interpreter;
use super::super::calls::count_args;
use super::super::exceptions::{raise, raise_with};
use super::super::iterate::{Iter, View};
use super::super::types::type_name;
use super::super::value::{Args, Dict, DictKind, Items, List, Result, Value};

impl Interpreter<'_> {
    pub(super) fn dict_method(&mut self, dict: &Rc<Dict>, name: &str, mut args: Args) -> Result<Value> {
        let (least, most) = match name {
            "get" | "pop" | "setdefault" => (1, 2),
            "fromkeys" => return self.dict_from_keys(&args),
            "update" | "subtract" => {
                return if matches!(dict.kind, DictKind::Counter) {
                    self.count_more(dict, args, if name == "update" { 1 } else { -1 })
                } else {
                    self.dict_update(dict, args)
                };
            }
            "popitem" | "move_to_end" => {
                // Both take `last`, by position or keyword.
                let last = args.keywords.drain(..).find(|(name, _)| &**name == "last").map(|(_, value)| value);
                args.positional.extend(last);
                (0, 2)
            }
            "most_common" => (0, 1),
            _ => (0, 0),
        };
        count_args(&format!("dict.{name}"), &args, least, most)?;
        let mut given = args.positional.into_iter();
        match name {
            "get" | "pop" | "setdefault" => {
                let key = given.next().unwrap_or(Value::None);
                let otherwise = given.next();
                let found = self.key_in_dict(dict, &key)?;
                let known = dict.items.borrow().get(&found).map(|(_, value)| value.clone());
                match (known, name) {
                    (Some(value), "pop") => {
                        dict.items.borrow_mut().shift_remove(&found);
                        super::super::attributes::write_back(dict);
                        Ok(value)
                    }
                    (Some(value), _) => Ok(value),
                    (None, "pop") => otherwise.ok_or_else(|| raise_with("KeyError", vec![key])),
                    (None, "get") => Ok(otherwise.unwrap_or(Value::None)),
                    (None, _) => {
                        let value = otherwise.unwrap_or(Value::None);
                        self.dict_set(dict, &key, value.clone())?;
                        Ok(value)
                    }
                }
            }
            "popitem" => {
                let last = given.next().is_none_or(|last| !matches!(last, Value::Bool(false)));
                let mut items = dict.items.borrow_mut();
                let item = if last { items.pop() } else { items.shift_remove_index(0) };
                match item {
                    Some((_, (key, value))) => Ok(Value::Tuple(Rc::new(vec![key, value]))),
                    None => Err(raise("KeyError", "popitem(): dictionary is empty")),
                }
            }
            "move_to_end" => {
                let key = given.next().unwrap_or(Value::None);
                let last = given.next().is_none_or(|last| !matches!(last, Value::Bool(false)));
                let found = self.key_in_dict(dict, &key)?;
                let mut items = dict.items.borrow_mut();
                match items.shift_remove_entry(&found) {
                    Some((found, item)) if last => {
                        items.insert(found, item);
                    }
                    Some((found, item)) => {
                        items.shift_insert(0, found, item);
                    }
                    None => return Err(raise_with("KeyError", vec![key])),
                }
                Ok(Value::None)
            }
            "clear" => {
                dict.items.borrow_mut().clear();
                super::super::attributes::write_back(dict);
                Ok(Value::None)
            }
            "copy" => {
                let items = dict.items.borrow().clone();
                Ok(Value::Dict(Rc::new(Dict { items: items.into(), kind: dict.kind.detached() })))
            }
            "keys" => Ok(Iter::DictView(dict.clone(), View::Keys).into_value()),
            "values" => Ok(Iter::DictView(dict.clone(), View::Values).into_value()),
            "items" => Ok(Iter::DictView(dict.clone(), View::Items).into_value()),
            "most_common" => {
                let mut items: Vec<(Value, Value)> = dict.items.borrow().values().cloned().collect();
                items.sort_by_key(|(_, count)| std::cmp::Reverse(count.as_int()));
                if let Some(count) = given.next().filter(|count| !matches!(count, Value::None)) {
                    items.truncate(self.int_of(&count)?.max(0) as usize);
                }
                let pairs = items.into_iter().map(|(key, count)| Value::Tuple(Rc::new(vec![key, count])));
                Ok(Value::List(Rc::new(List(pairs.collect::<Vec<_>>().into()))))
            }
            "elements" => {
                let mut all = vec![];
                for (key, count) in dict.items.borrow().values() {
                    for _ in 0..count.as_int().unwrap_or(0) {
                        all.push(key.clone());
                    }
                }
                Ok(Iter::Values(all.into_iter()).into_value())
            }
            "total" => {
                let total = dict.items.borrow().values().filter_map(|(_, count)| count.as_int()).sum();
                Ok(Value::Int(total))
            }
            "default_factory" => Ok(match &dict.kind {
                DictKind::Default(factory) => factory.clone(),
                _ => Value::None,
            }),
            _ => Err(super::super::attributes::no_attribute(&Value::Dict(dict.clone()), name)),
        }
    }

    /// `dict.update(...)`, which is also how a dict is filled when it is made.
    pub(crate) fn dict_update(&mut self, dict: &Rc<Dict>, args: Args) -> Result<Value> {
        if args.positional.len() > 1 {
            let given = args.positional.len();
            return Err(raise("TypeError", format!("update expected at most 1 argument, got {given}")));
        }
        if let Some(source) = args.positional.first() {
            let pairs = match self.mapping_items(source)? {
                Some(pairs) => pairs,
                None => self.pairs_of(source)?,
            };
            for (key, value) in pairs {
                self.dict_set(dict, &key, value)?;
            }
        }
        for (name, value) in args.keywords {
            self.dict_set(dict, &Value::Str(name), value)?;
        }
        Ok(Value::None)
    }

    fn pairs_of(&mut self, source: &Value) -> Result<Vec<(Value, Value)>> {
        let mut pairs = vec![];
        for (index, element) in self.list_of(source)?.into_iter().enumerate() {
            if !self.is_iterable(&element)? {
                let words = format!("cannot convert dictionary update sequence element #{index} to a sequence");
                return Err(raise("TypeError", words));
            }
            let pair = self.list_of(&element)?;
            match <[Value; 2]>::try_from(pair) {
                Ok([key, value]) => pairs.push((key, value)),
                Err(pair) => {
                    let length = pair.len();
                    let words =
                        format!("dictionary update sequence element #{index} has length {length}; 2 is required");
                    return Err(raise("ValueError", words));
                }
            }
        }
        Ok(pairs)
    }

    pub(super) fn dict_from_keys(&mut self, args: &Args) -> Result<Value> {
        count_args("dict.fromkeys", args, 1, 2)?;
        let dict = Rc::new(Dict::new(Items::default()));
        let value = args.positional.get(1).cloned().unwrap_or(Value::None);
        for key in self.list_of(&args.positional[0])? {
            self.dict_set(&dict, &key, value.clone())?;
        }
        Ok(Value::Dict(dict))
    }

    /// `Counter.update` and `subtract`.
    pub(crate) fn count_more(&mut self, dict: &Rc<Dict>, args: Args, sign: i64) -> Result<Value> {
        let mut counts = vec![];
        if let Some(source) = args.positional.first() {
            match self.mapping_items(source)? {
                Some(pairs) => counts.extend(pairs),
                None => counts.extend(self.list_of(source)?.into_iter().map(|element| (element, Value::Int(1)))),
            }
        }
        counts.extend(args.keywords.into_iter().map(|(name, count)| (Value::Str(name), count)));
        for (key, count) in counts {
            let Some(count) = count.as_int() else {
                return Err(raise("TypeError", format!("a count must be an int, not {}", type_name(&count))));
            };
            let found = self.key_in_dict(dict, &key)?;
            let known = dict.items.borrow().get(&found).and_then(|(_, count)| count.as_int()).unwrap_or(0);
            self.dict_set(dict, &key, Value::Int(known + sign * count))?;
        }
        Ok(Value::None)
    }
}
