//! Values as text: `str` and `repr`.

use super::Interpreter;
use super::array;
use super::compare::address;
use super::exceptions::raise;
use super::iterate::{Iter, View};
use super::numerals::{complex_repr, float_repr};
use super::types::{class, type_name};
use super::value::{Class, DictKind, Result, Value};

impl Interpreter<'_> {
    /// `str(value)`
    pub(crate) fn str(&mut self, value: &Value) -> Result<String> {
        match value {
            Value::Str(text) => Ok(text.to_string()),
            Value::Array(operand) => Ok(array::display(operand)),
            Value::Dtype(dtype) => Ok(super::types::dtype_name(*dtype).to_owned()),
            Value::Param(param) => self.str(&param.value.clone()),
            Value::Instance(instance) => {
                if let Some(text) = self.call_special(value, "__str__", vec![])? {
                    return text_of(&text, "__str__");
                }
                if super::enums::is_enum(&instance.class) {
                    let base = instance.base_value.borrow().clone();
                    // An IntEnum's member shows its number, an Enum's its name.
                    return match base {
                        Value::None => {
                            let name = instance.attributes.get("name").unwrap_or(Value::None);
                            Ok(format!("{}.{}", instance.class.name, self.str(&name)?))
                        }
                        base => self.str(&base),
                    };
                }
                if instance.class.derives_from(&class("BaseException")) {
                    return self.exception_text(value);
                }
                let base = instance.base_value.borrow().clone();
                if matches!(base, Value::Str(_)) && self.special(value, "__repr__")?.is_none() {
                    return self.str(&base);
                }
                self.repr(value)
            }
            _ => self.repr(value),
        }
    }

    /// What an exception says.
    pub(crate) fn exception_text(&mut self, exception: &Value) -> Result<String> {
        let Value::Instance(instance) = exception else { return Ok(String::new()) };
        let Some(Value::Tuple(arguments)) = instance.attributes.get("args") else { return Ok(String::new()) };
        match arguments.as_slice() {
            [] => Ok(String::new()),
            [key] if instance.class.derives_from(&class("KeyError")) => self.repr(key),
            [Value::Int(number), words] if instance.class.derives_from(&class("OSError")) => {
                Ok(format!("[Errno {number}] {}", self.str(words)?))
            }
            [one] => self.str(one),
            _ => self.repr(&Value::Tuple(arguments.clone())),
        }
    }

    /// `repr(value)`
    pub(crate) fn repr(&mut self, value: &Value) -> Result<String> {
        self.limits.check_stack()?;
        Ok(match value {
            Value::None => "None".to_owned(),
            Value::Ellipsis => "Ellipsis".to_owned(),
            Value::NotImplemented => "NotImplemented".to_owned(),
            Value::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => float_repr(*value),
            Value::Complex(re, im) => complex_repr(*re, *im),
            Value::Str(text) => string_repr(text),
            Value::Tuple(items) => match items.as_slice() {
                [one] => format!("({},)", self.repr(one)?),
                _ => self.repr_inside(value, items.iter().cloned(), "(", ")")?,
            },
            Value::List(list) => {
                let items = list.0.borrow().clone();
                self.repr_inside(value, items.into_iter(), "[", "]")?
            }
            Value::Deque(deque) => {
                let items: Vec<Value> = deque.items.borrow().iter().cloned().collect();
                let inside = self.repr_inside(value, items.into_iter(), "[", "]")?;
                match deque.max_len {
                    Some(most) => format!("deque({inside}, maxlen={most})"),
                    None => format!("deque({inside})"),
                }
            }
            Value::Set(set) => {
                let items = super::set_order::in_order(&set.items.borrow());
                match (items.is_empty(), set.frozen) {
                    (true, true) => "frozenset()".to_owned(),
                    (true, false) => "set()".to_owned(),
                    (false, frozen) => {
                        let inside = self.repr_inside(value, items.into_iter(), "{", "}")?;
                        if frozen { format!("frozenset({inside})") } else { inside }
                    }
                }
            }
            Value::Dict(dict) => {
                let items: Vec<(Value, Value)> = dict.items.borrow().values().cloned().collect();
                let inside = self.repr_items(value, &items)?;
                match &dict.kind {
                    DictKind::Plain | DictKind::Attributes(_) => inside,
                    DictKind::Counter if items.is_empty() => "Counter()".to_owned(),
                    DictKind::Counter => {
                        let mut items = items;
                        items.sort_by_key(|(_, count)| std::cmp::Reverse(count.as_int()));
                        format!("Counter({})", self.repr_items(value, &items)?)
                    }
                    DictKind::Ordered if items.is_empty() => "OrderedDict()".to_owned(),
                    DictKind::Ordered => {
                        let pairs =
                            items.into_iter().map(|(key, value)| Value::Tuple(std::rc::Rc::new(vec![key, value])));
                        format!("OrderedDict({})", self.repr_inside(value, pairs, "[", "]")?)
                    }
                    DictKind::Default(factory) => format!("defaultdict({}, {inside})", self.repr(factory)?),
                }
            }
            Value::Range(range) if range.step == 1 => format!("range({}, {})", range.start, range.stop),
            Value::Range(range) => format!("range({}, {}, {})", range.start, range.stop, range.step),
            Value::Slice(parts) => self.repr_inside(value, parts.iter().cloned(), "slice(", ")")?,
            Value::Array(operand) => array::repr(operand),
            Value::Dtype(dtype) => format!("dtype('{}')", super::types::dtype_name(*dtype)),
            Value::Param(param) => return self.repr(&param.value.clone()),
            Value::Function(function) => format!("<function {}{}>", function.qualified_name, at(value)),
            Value::Method(method) => {
                format!("<bound method {} of {}>", method.function.qualified_name, self.repr(&method.receiver)?)
            }
            Value::Builtin(entry) => {
                format!("<built-in function {}>", entry.name.rsplit('.').next().unwrap_or(entry.name))
            }
            Value::Bound(bound) => format!("<{}{}>", bound.entry.name, at(value)),
            Value::BuiltinMethod(method) => match &method.receiver {
                Value::Class(class) => format!("<method '{}' of '{}' objects>", method.name, class.name),
                receiver => {
                    format!("<built-in method {} of {} object{}>", method.name, type_name(receiver), at(receiver))
                }
            },
            Value::Class(class) => format!("<class '{}'>", full_name(class)),
            Value::Module(module) => format!("<module '{}'>", module.name),
            Value::Iterator(iter) => {
                let view = match iter.try_borrow().as_deref() {
                    Ok(Iter::DictView(_, view)) => Some(*view),
                    _ => None,
                };
                match view {
                    Some(view) => {
                        let items = self.list_of(value)?;
                        let name = match view {
                            View::Keys => "dict_keys(",
                            View::Values => "dict_values(",
                            View::Items => "dict_items(",
                        };
                        format!("{name}{})", self.repr_inside(value, items.into_iter(), "[", "]")?)
                    }
                    None => format!("<{} object{}>", type_name(value), at(value)),
                }
            }
            Value::Property(_) | Value::StaticMethod(_) | Value::ClassMethod(_) | Value::Super(_) => {
                format!("<{} object{}>", type_name(value), at(value))
            }
            Value::Instance(instance) => {
                if let Some(text) = self.call_special(value, "__repr__", vec![])? {
                    return text_of(&text, "__repr__");
                }
                if super::enums::is_enum(&instance.class) {
                    let name = instance.attributes.get("name").unwrap_or(Value::None);
                    let known = instance.attributes.get("value").unwrap_or(Value::None);
                    return Ok(format!("<{}.{}: {}>", instance.class.name, self.str(&name)?, self.repr(&known)?));
                }
                if instance.class.derives_from(&class("BaseException")) {
                    let Some(Value::Tuple(arguments)) = instance.attributes.get("args") else {
                        return Ok(format!("{}()", instance.class.name));
                    };
                    let inside = self.repr_inside(value, arguments.iter().cloned(), "(", ")")?;
                    return Ok(format!("{}{inside}", instance.class.name));
                }
                let base = instance.base_value.borrow().clone();
                match base {
                    Value::None => format!("<{} object{}>", full_name(&instance.class), at(value)),
                    base => self.repr(&base)?,
                }
            }
        })
    }

    /// The elements of a container, which shows itself inside itself as dots.
    fn repr_inside(
        &mut self,
        container: &Value,
        items: impl Iterator<Item = Value>,
        open: &str,
        close: &str,
    ) -> Result<String> {
        let place = address(container).unwrap_or(0);
        if self.shown.contains(&place) {
            return Ok(format!("{open}...{close}"));
        }
        self.limits.enter()?;
        self.shown.push(place);
        let texts: Result<Vec<String>> = items.map(|item| self.repr(&item)).collect();
        self.shown.pop();
        self.limits.leave();
        Ok(format!("{open}{}{close}", texts?.join(", ")))
    }

    fn repr_items(&mut self, container: &Value, items: &[(Value, Value)]) -> Result<String> {
        let place = address(container).unwrap_or(0);
        if self.shown.contains(&place) {
            return Ok("{...}".to_owned());
        }
        self.shown.push(place);
        let texts: Result<Vec<String>> =
            items.iter().map(|(key, value)| Ok(format!("{}: {}", self.repr(key)?, self.repr(value)?))).collect();
        self.shown.pop();
        Ok(format!("{{{}}}", texts?.join(", ")))
    }
}

/// A class with its module.
fn full_name(class: &Class) -> String {
    if !class.is_user {
        return class.name.to_string();
    }
    let text = |name: &str| class.members.get(name).and_then(|value| value.as_str().cloned());
    let (module, name) = (text("__module__"), text("__qualname__").unwrap_or_else(|| class.name.clone()));
    module.map_or(name.to_string(), |module| format!("{module}.{name}"))
}

/// Where an object lives, as its repr tells it.
fn at(value: &Value) -> String {
    address(value).map_or(String::new(), |address| format!(" at 0x{address:x}"))
}

fn text_of(value: &Value, method: &str) -> Result<String> {
    match value {
        Value::Str(text) => Ok(text.to_string()),
        other => Err(raise("TypeError", format!("{method} returned non-string (type {})", type_name(other)))),
    }
}

/// A string in quotes, single ones unless only they occur inside.
pub(crate) fn string_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            c if c == quote => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if (c as u32) < 0x20 || (0x7F..0xA1).contains(&(c as u32)) => {
                quoted.push_str("\\x");
                quoted.extend(char::from_digit(c as u32 >> 4, 16));
                quoted.extend(char::from_digit(c as u32 & 15, 16));
            }
            c => quoted.push(c),
        }
    }
    quoted.push(quote);
    quoted
}
