//! `enum`: the members of an enumeration are objects of its class, made when the class is.

use std::cell::RefCell;
use std::rc::Rc;

use super::Interpreter;
use super::exceptions::raise;
use super::types::class;
use super::value::{Args, Class, Dict, Instance, Items, Key, Name, Namespace, Result, Value};

/// Whether a class is an enumeration.
pub(crate) fn is_enum(candidate: &Class) -> bool {
    candidate.derives_from(&class("enum.Enum"))
}

/// Its members in order, aliases left out.
pub(crate) fn members(class: &Rc<Class>) -> Vec<Value> {
    let members = class.members.0.borrow();
    members.iter().filter(|(name, value)| is_member(class, name, value)).map(|(_, value)| value.clone()).collect()
}

/// `Color.__members__`
pub(crate) fn members_by_name(class: &Rc<Class>) -> Value {
    let mut items = Items::default();
    for (name, value) in class.members.0.borrow().iter() {
        if matches!(value, Value::Instance(instance) if Rc::ptr_eq(&instance.class, class)) {
            items.insert(Key::Str(name.clone()), (Value::Str(name.clone()), value.clone()));
        }
    }
    Value::Dict(Rc::new(Dict::new(items)))
}

fn is_member(class: &Rc<Class>, name: &str, value: &Value) -> bool {
    let Value::Instance(instance) = value else { return false };
    Rc::ptr_eq(&instance.class, class) && matches!(instance.attributes.get("name"), Some(Value::Str(n)) if *n == *name)
}

impl Interpreter<'_> {
    /// Turns the values of a new enumeration's body into members.
    pub(crate) fn make_members(&mut self, made: &Rc<Class>) -> Result<()> {
        let is_auto = |value: &Value| matches!(value, Value::Instance(i) if Rc::ptr_eq(&i.class, &class("enum.auto")));
        let named: Vec<(Name, Value)> = {
            let members = made.members.0.borrow();
            members.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let is_flag = made.derives_from(&class("enum.Flag"));
        let is_string = made.derives_from(&class("enum.StrEnum"));
        let as_base = is_flag || is_string || made.derives_from(&class("enum.IntEnum"));
        let mut last = 0i64;
        for (name, value) in named {
            let is_plain = !matches!(
                value,
                Value::Function(_)
                    | Value::Property(_)
                    | Value::StaticMethod(_)
                    | Value::ClassMethod(_)
                    | Value::Bound(_)
            );
            if name.starts_with('_') || !is_plain {
                continue;
            }
            let value = if is_auto(&value) {
                if is_string {
                    Value::Str(Name::from(name.to_lowercase()))
                } else if is_flag {
                    Value::Int(if last == 0 { 1 } else { 1 << (64 - last.unsigned_abs().leading_zeros()).min(62) })
                } else {
                    Value::Int(last + 1)
                }
            } else {
                value
            };
            if let Value::Int(number) = value {
                last = number;
            }
            let mut alias = None;
            for member in members(made) {
                let known = self.get_attribute(&member, "value")?;
                if self.equal(&known, &value)? {
                    alias = Some(member);
                    break;
                }
            }
            let member = if let Some(member) = alias {
                member
            } else {
                let attributes = Namespace::default();
                for (key, value) in [("name", Value::Str(name.clone())), ("value", value.clone())] {
                    attributes.set(Name::from(key), value.clone());
                    attributes.set(Name::from(format!("_{key}_")), value);
                }
                let base_value = RefCell::new(if as_base { value.clone() } else { Value::None });
                let member = Value::Instance(Rc::new(Instance { class: made.clone(), attributes, base_value }));
                if let Some(init) = self.special(&member, "__init__")? {
                    let arguments = match &value {
                        Value::Tuple(items) => (**items).clone(),
                        _ => vec![value],
                    };
                    self.call_with(&init, arguments)?;
                }
                member
            };
            made.members.set(name, member);
        }
        Ok(())
    }

    /// `Color(1)`
    pub(crate) fn member_of_value(&mut self, class: &Rc<Class>, args: Args) -> Result<Value> {
        let value = super::calls::one_arg("enum", args)?;
        for member in members(class) {
            let known = self.get_attribute(&member, "value")?;
            if super::compare::is(&member, &value) || self.equal(&known, &value)? {
                return Ok(member);
            }
        }
        Err(raise("ValueError", format!("{} is not a valid {}", self.repr(&value)?, class.name)))
    }

    /// `Color["RED"]`
    pub(crate) fn member_of_name(class: &Rc<Class>, name: &Value) -> Result<Value> {
        match name {
            Value::Str(text) => match class.members.get(text) {
                Some(member) if is_member(class, text, &member) => Ok(member),
                _ => Err(super::exceptions::raise_with("KeyError", vec![name.clone()])),
            },
            _ => Err(super::exceptions::raise_with("KeyError", vec![name.clone()])),
        }
    }
}
