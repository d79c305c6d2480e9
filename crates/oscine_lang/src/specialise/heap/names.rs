//! What live objects are called: the first way to them from the script's globals, in the order in which these were bound
//! (`voices[1]`, not `current`, which was bound to it later). It is the same whatever sound does with them, so that
//! an edit of `process` renames nothing.

use std::collections::HashMap;
use std::rc::Rc;

use crate::evaluate::value::{Module, Value};

use super::tuple_of;

/// Names by the address of what they name.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<usize, String>);

impl Names {
    /// The names of all that a script's globals reach.
    pub(super) fn of(script: &Module) -> Self {
        let mut names = Self::default();
        let mut ways: Vec<(Value, String)> = vec![];
        for (name, value) in script.globals.0.borrow().iter() {
            names.visit(value, name.to_string(), &mut ways);
            while let Some((value, path)) = ways.pop() {
                names.visit(&value, path, &mut ways);
            }
        }
        names
    }

    /// The name of what lies at an address.
    pub(super) fn get(&self, address: usize) -> Option<&str> {
        self.0.get(&address).map(String::as_str)
    }

    /// Names a value and puts what it holds before what is left to visit, its first element to be visited first.
    fn visit(&mut self, value: &Value, path: String, ways: &mut Vec<(Value, String)>) {
        let at = ways.len();
        match value {
            Value::Instance(instance) if tuple_of(instance).is_some() => {
                let items = tuple_of(instance).unwrap_or_default();
                ways.extend(items.iter().enumerate().map(|(i, item)| (item.clone(), format!("{path}[{i}]"))));
            }
            Value::Instance(instance) if self.is_new(Rc::as_ptr(instance) as usize, &path) => {
                let attributes = instance.attributes.0.borrow();
                ways.extend(attributes.iter().map(|(name, value)| (value.clone(), format!("{path}.{name}"))));
            }
            Value::List(list) => {
                let items = list.0.borrow();
                if self.is_new(Rc::as_ptr(list) as usize, &path) && items.iter().any(holds_more) {
                    ways.extend(items.iter().enumerate().map(|(i, item)| (item.clone(), format!("{path}[{i}]"))));
                }
            }
            Value::Tuple(items) => {
                ways.extend(items.iter().enumerate().map(|(i, item)| (item.clone(), format!("{path}[{i}]"))));
            }
            Value::Deque(deque) if self.is_new(Rc::as_ptr(deque) as usize, &path) => {
                let items = deque.items.borrow();
                ways.extend(items.iter().enumerate().map(|(i, item)| (item.clone(), format!("{path}[{i}]"))));
            }
            Value::Dict(dict) if self.is_new(Rc::as_ptr(dict) as usize, &path) => {
                for (key, item) in dict.items.borrow().values() {
                    match key {
                        Value::Str(key) => ways.push((item.clone(), format!("{path}[\"{key}\"]"))),
                        Value::Int(key) => ways.push((item.clone(), format!("{path}[{key}]"))),
                        _ => {}
                    }
                }
            }
            Value::Array(array) => {
                self.is_new(Rc::as_ptr(&array.data) as usize, &path);
            }
            _ => {}
        }
        ways[at..].reverse();
    }

    fn is_new(&mut self, address: usize, path: &str) -> bool {
        let is_new = !self.0.contains_key(&address);
        if is_new {
            self.0.insert(address, path.to_owned());
        }
        is_new
    }
}

/// Whether an element may have a name of its own: a line of a million samples is passed over.
fn holds_more(value: &Value) -> bool {
    !matches!(value, Value::Float(_) | Value::Int(_) | Value::Bool(_) | Value::None | Value::Str(_))
}
