//! Attributes: reading, writing and deleting them, and special methods.

use std::rc::Rc;

use super::Interpreter;
use super::calls::bind_entry;
use super::exceptions::raise;
use super::types::{class_of, type_name};
use super::value::{BuiltinMethod, Class, Dict, Instance, Items, Key, Method, Name, Property, Result, Value};

impl Interpreter<'_> {
    /// `value.name`
    pub(crate) fn get_attribute(&mut self, value: &Value, name: &str) -> Result<Value> {
        self.missing = None;
        match self.find_attribute(value, name)? {
            Some(found) => Ok(found),
            // What a `__getattr__` said is better than what we would say.
            None => Err(self.missing.take().unwrap_or_else(|| no_attribute(value, name))),
        }
    }

    /// `value.name`, or none where it has no such attribute.
    pub(crate) fn find_attribute(&mut self, value: &Value, name: &str) -> Result<Option<Value>> {
        Ok(match value {
            Value::Instance(instance) => return self.find_in_instance(value, instance, name),
            Value::Class(class) => return Ok(Self::find_in_class(class, name)),
            Value::Super(sup) => {
                let mro = class_of(&sup.receiver).mro.borrow().clone();
                let (mro, receiver_is_class) = match &sup.receiver {
                    Value::Class(class) => (class.mro.borrow().clone(), true),
                    _ => (mro, false),
                };
                let after = mro.iter().position(|class| Rc::ptr_eq(class, &sup.class)).map_or(0, |index| index + 1);
                let (own, last) = mro[after..].split_at(mro[after..].len().saturating_sub(1));
                let found = own.iter().find_map(|class| class.members.get(name));
                // What a built-in base offers comes before what every object has.
                let in_base = found.is_none().then(|| builtin_base_method(&sup.receiver, name)).flatten();
                if in_base.is_some() {
                    return Ok(in_base);
                }
                match found.or_else(|| last.iter().find_map(|class| class.members.get(name))) {
                    Some(member) if receiver_is_class => {
                        let Value::Class(class) = &sup.receiver else { return Ok(None) };
                        Some(bind_to_class(member, class))
                    }
                    Some(member) => Some(self.bind(member, &sup.receiver)?),
                    None => None,
                }
            }
            Value::Module(module) => match module.globals.get(name) {
                Some(found) => Some(found),
                None if name == "__dict__" => Some(dict_of(&module.globals)),
                None => self.written(module, name)?,
            },
            Value::Function(function) => match function.attributes.get(name) {
                Some(found) => Some(found),
                None => match name {
                    "__name__" => Some(Value::Str(function.def.name.clone())),
                    "__qualname__" => Some(Value::Str(function.qualified_name.clone())),
                    "__module__" => Some(Value::Str(function.module.name.clone())),
                    "__doc__" => Some(docstring(&function.def.body)),
                    "__dict__" => Some(dict_of(&function.attributes)),
                    "__defaults__" if function.defaults.is_empty() => Some(Value::None),
                    "__defaults__" => Some(Value::Tuple(Rc::new(function.defaults.clone()))),
                    _ => None,
                },
            },
            Value::Method(method) => match name {
                "__self__" => Some(method.receiver.clone()),
                "__func__" => Some(Value::Function(method.function.clone())),
                _ => return self.find_attribute(&Value::Function(method.function.clone()), name),
            },
            Value::Builtin(entry) => match name {
                "__name__" | "__qualname__" => {
                    Some(Value::Str(Name::from(entry.name.rsplit('.').next().unwrap_or(entry.name))))
                }
                "__doc__" => Some(Value::None),
                // `chain.from_iterable`
                _ => crate::library::entry(&format!("{} {name}", entry.name)).map(Value::Builtin),
            },
            Value::Bound(bound) => self.find_in_bound(bound, name)?,
            Value::Property(property) => match name {
                "setter" | "getter" | "deleter" => Some(super::classes::property_part(property, name)),
                "fget" => Some(property.get.clone()),
                "fset" => Some(property.set.clone()),
                _ => None,
            },
            Value::Array(array) => super::array::attribute(array, name).or_else(|| builtin_method(value, name)),
            Value::Param(param) => return self.find_attribute(&param.value, name),
            Value::Dtype(dtype) => match name {
                "name" | "__name__" => Some(Value::Str(Name::from(super::types::dtype_name(*dtype)))),
                "itemsize" => Some(Value::Int(super::methods::item_bytes(*dtype))),
                _ => None,
            },
            Value::Complex(re, im) => match name {
                "real" => Some(Value::Float(*re)),
                "imag" => Some(Value::Float(*im)),
                _ => builtin_method(value, name),
            },
            Value::Int(_) | Value::Bool(_) => match name {
                "real" | "numerator" => Some(Value::Int(value.as_int().unwrap_or(0))),
                "imag" => Some(Value::Int(0)),
                "denominator" => Some(Value::Int(1)),
                _ => builtin_method(value, name),
            },
            Value::Float(number) => match name {
                "real" => Some(Value::Float(*number)),
                "imag" => Some(Value::Float(0.0)),
                _ => builtin_method(value, name),
            },
            Value::Range(range) => match name {
                "start" => Some(Value::Int(range.start)),
                "stop" => Some(Value::Int(range.stop)),
                "step" => Some(Value::Int(range.step)),
                _ => builtin_method(value, name),
            },
            Value::Slice(parts) => match name {
                "start" => Some(parts[0].clone()),
                "stop" => Some(parts[1].clone()),
                "step" => Some(parts[2].clone()),
                _ => builtin_method(value, name),
            },
            Value::Deque(deque) if name == "maxlen" => {
                Some(deque.max_len.map_or(Value::None, |length| Value::Int(length as i64)))
            }
            _ => builtin_method(value, name),
        }
        .or_else(|| (name == "__class__").then(|| Value::Class(class_of(value)))))
    }

    fn find_in_bound(&mut self, bound: &Rc<super::value::Bound>, name: &str) -> Result<Option<Value>> {
        // What wraps a function shows the function's attributes.
        if bound.entry.name == "functools.partial call" {
            return Ok(match (name, bound.captured.as_slice()) {
                ("func", [function, ..]) => Some(function.clone()),
                ("args", [_, args, _]) => Some(args.clone()),
                ("keywords", [_, _, keywords]) => Some(keywords.clone()),
                _ => None,
            });
        }
        if bound.entry.name == "functools.lru_cache call" {
            match name {
                "__wrapped__" => return Ok(bound.captured.first().cloned()),
                "cache_clear" | "cache_info" => return Ok(crate::library::cache_method(bound, name)),
                _ => {}
            }
        }
        if name == "__name__" {
            let last = bound.entry.name.rsplit(['.', ' ']).next().unwrap_or(bound.entry.name);
            return match bound.captured.first() {
                Some(function @ Value::Function(_)) => self.find_attribute(function, name),
                _ => Ok(Some(Value::Str(Name::from(last)))),
            };
        }
        Ok(None)
    }

    fn find_in_instance(&mut self, value: &Value, instance: &Rc<Instance>, name: &str) -> Result<Option<Value>> {
        let member = instance.class.lookup(name).map(|(member, _)| member);
        // A property comes before the object's own attributes, anything else of the class after them.
        if let Some(member @ Value::Property(property)) = &member
            && !property.cached
        {
            return self.bind(member.clone(), value).map(Some);
        }
        if let Some(Value::Instance(descriptor)) = &member
            && descriptor.class.lookup("__set__").is_some()
            && descriptor.class.lookup("__get__").is_some()
        {
            return self.bind(Value::Instance(descriptor.clone()), value).map(Some);
        }
        if let Some(found) = instance.attributes.get(name) {
            return Ok(Some(found));
        }
        if let Some(member) = member {
            if let Value::Property(property) = &member {
                let computed = self.call_with(&property.get, vec![value.clone()])?;
                instance.attributes.set(Name::from(name), computed.clone());
                return Ok(Some(computed));
            }
            return self.bind(member, value).map(Some);
        }
        match name {
            "__class__" => return Ok(Some(Value::Class(instance.class.clone()))),
            "__dict__" => return Ok(Some(attributes_as_dict(instance))),
            "__doc__" | "__cause__" | "__context__" | "__traceback__" => return Ok(Some(Value::None)),
            "__module__" => return Ok(Some(Value::Str(Name::from("script")))),
            _ => {}
        }
        if let Some(found) = builtin_base_method(value, name) {
            return Ok(Some(found));
        }
        if let Some((getter, _)) = instance.class.lookup("__getattr__") {
            let getter = self.bind(getter, value)?;
            return match self.call_with(&getter, vec![Value::Str(Name::from(name))]) {
                Err(raised) if raised.is("AttributeError") => {
                    self.missing = Some(raised);
                    Ok(None)
                }
                result => result.map(Some),
            };
        }
        Ok(None)
    }

    fn find_in_class(class: &Rc<Class>, name: &str) -> Option<Value> {
        if let Some((member, _)) = class.lookup(name) {
            return Some(bind_to_class(member, class));
        }
        match name {
            "__name__" | "__qualname__" => Some(Value::Str(class.name.clone())),
            "__module__" => Some(Value::Str(Name::from(if class.is_user { "script" } else { "builtins" }))),
            "__doc__" => Some(Value::None),
            "__dict__" => Some(dict_of(&class.members)),
            "__class__" => Some(super::calls::class_value("type")),
            "__mro__" => Some(Value::Tuple(Rc::new(class.mro.borrow().iter().cloned().map(Value::Class).collect()))),
            "mro" => Some(Value::BuiltinMethod(Rc::new(BuiltinMethod {
                receiver: Value::Class(class.clone()),
                name: Name::from("mro"),
            }))),
            "__bases__" => Some(Value::Tuple(Rc::new(class.bases.iter().cloned().map(Value::Class).collect()))),
            "__members__" if super::enums::is_enum(class) => Some(super::enums::members_by_name(class)),
            _ => {
                let built_in = class.mro.borrow().iter().find(|base| !base.is_user).cloned();
                built_in.filter(|base| super::methods::has_method(&base.name, name)).map(|base| {
                    Value::BuiltinMethod(Rc::new(BuiltinMethod {
                        receiver: Value::Class(base),
                        name: Name::from(name),
                    }))
                })
            }
        }
    }

    /// What a member of a class is when it is read from one of its objects.
    pub(crate) fn bind(&mut self, member: Value, receiver: &Value) -> Result<Value> {
        Ok(match member {
            Value::Function(function) => Value::Method(Rc::new(Method { receiver: receiver.clone(), function })),
            Value::Bound(bound) if bound.is_method => bind_entry(&bound, receiver),
            Value::StaticMethod(inner) => (*inner).clone(),
            Value::ClassMethod(inner) => self.bind((*inner).clone(), &Value::Class(class_of(receiver)))?,
            Value::Property(property) => {
                if matches!(property.get, Value::None) {
                    return Err(raise("AttributeError", "unreadable attribute"));
                }
                self.call_with(&property.get, vec![receiver.clone()])?
            }
            Value::Instance(descriptor) if descriptor.class.lookup("__get__").is_some() => {
                let descriptor = Value::Instance(descriptor);
                match self.special(&descriptor, "__get__")? {
                    Some(get) => self.call_with(&get, vec![receiver.clone(), Value::Class(class_of(receiver))])?,
                    None => descriptor,
                }
            }
            other => other,
        })
    }

    /// A special method of an object written in Python, bound to it.
    pub(crate) fn special(&mut self, value: &Value, name: &str) -> Result<Option<Value>> {
        let Value::Instance(instance) = value else { return Ok(None) };
        let member = special_member(&instance.class, name);
        match member {
            Some(Value::None) | None => Ok(None),
            Some(member) => self.bind(member, value).map(Some),
        }
    }

    /// Calls a special method of an object, if its class has it.
    pub(crate) fn call_special(&mut self, value: &Value, name: &str, args: Vec<Value>) -> Result<Option<Value>> {
        match self.special(value, name)? {
            Some(method) => self.call_with(&method, args).map(Some),
            None => Ok(None),
        }
    }

    /// `value.name = new`
    pub(crate) fn set_attribute(&mut self, value: &Value, name: &str, new: Value) -> Result<()> {
        if let Value::Instance(instance) = value
            && let Some(setter) = special_member(&instance.class, "__setattr__")
        {
            let setter = self.bind(setter, value)?;
            return self.call_with(&setter, vec![Value::Str(Name::from(name)), new]).map(|_| ());
        }
        self.set_plain_attribute(value, name, new)
    }

    /// The same without a `__setattr__` of the object's class.
    pub(crate) fn set_plain_attribute(&mut self, value: &Value, name: &str, new: Value) -> Result<()> {
        match value {
            Value::Instance(instance) => {
                match instance.class.lookup(name).map(|(member, _)| member) {
                    Some(Value::Property(property)) if !property.cached => {
                        return self.set_property(instance, &property, value, name, new);
                    }
                    Some(descriptor @ Value::Instance(_)) => {
                        if let Some(set) = self.special(&descriptor, "__set__")? {
                            return self.call_with(&set, vec![value.clone(), new]).map(|_| ());
                        }
                    }
                    _ => {}
                }
                if let Some(slots) = slots_of(&instance.class)
                    && !slots.iter().any(|slot| **slot == *name)
                {
                    return Err(no_attribute(value, name));
                }
                if !instance.class.is_user && &*instance.class.name == "object" {
                    return Err(no_attribute(value, name));
                }
                instance.attributes.set(Name::from(name), new);
            }
            Value::Class(class) if class.is_user => class.members.set(Name::from(name), new),
            Value::Class(class) => {
                let words = format!("cannot set '{name}' attribute of immutable type '{}'", class.name);
                return Err(raise("TypeError", words));
            }
            Value::Module(module) => module.globals.set(Name::from(name), new),
            Value::Function(function) => function.attributes.set(Name::from(name), new),
            Value::Method(_) => {
                return Err(raise("AttributeError", format!("'method' object has no attribute '{name}'")));
            }
            Value::Array(array) => return super::array::set_attribute(array, name, &new),
            // A wrapper may be given the name of what it wraps; nothing reads it.
            Value::Bound(_) if name.starts_with("__") => {}
            _ => {
                return Err(if self.find_attribute(value, name)?.is_some() {
                    raise("AttributeError", format!("'{}' object attribute '{name}' is read-only", type_name(value)))
                } else {
                    no_attribute(value, name)
                });
            }
        }
        Ok(())
    }

    fn set_property(
        &mut self,
        instance: &Rc<Instance>,
        property: &Property,
        value: &Value,
        name: &str,
        new: Value,
    ) -> Result<()> {
        if matches!(property.set, Value::None) {
            let class = &instance.class.name;
            let words = format!("property '{name}' of '{class}' object has no setter");
            return Err(raise("AttributeError", words));
        }
        self.call_with(&property.set, vec![value.clone(), new]).map(|_| ())
    }

    /// `del value.name`
    pub(crate) fn delete_attribute(&mut self, value: &Value, name: &str) -> Result<()> {
        if let Some(method) = self.special(value, "__delattr__")? {
            return self.call_with(&method, vec![Value::Str(Name::from(name))]).map(|_| ());
        }
        let was_there = match value {
            Value::Instance(instance) => instance.attributes.remove(name),
            Value::Class(class) if class.is_user => class.members.remove(name),
            Value::Module(module) => module.globals.remove(name),
            Value::Function(function) => function.attributes.remove(name),
            _ => false,
        };
        if was_there { Ok(()) } else { Err(no_attribute(value, name)) }
    }
}

/// The special method that a class written in Python (or a dataclass) gives its objects; what every object has by
/// itself does not count.
pub(crate) fn special_member(class: &Class, name: &str) -> Option<Value> {
    class
        .mro
        .borrow()
        .iter()
        .filter(|class| &*class.name != "object" || class.is_user)
        .find_map(|c| c.members.get(name))
}

fn bind_to_class(member: Value, class: &Rc<Class>) -> Value {
    match member {
        Value::StaticMethod(inner) => (*inner).clone(),
        Value::ClassMethod(inner) => match &*inner {
            Value::Function(function) => {
                Value::Method(Rc::new(Method { receiver: Value::Class(class.clone()), function: function.clone() }))
            }
            Value::Bound(bound) => bind_entry(bound, &Value::Class(class.clone())),
            other => other.clone(),
        },
        other => other,
    }
}

/// A method that an object has from the built-in type it derives from.
fn builtin_base_method(value: &Value, name: &str) -> Option<Value> {
    let Value::Instance(instance) = value else { return None };
    let base = instance.base_value.borrow().clone();
    if !matches!(base, Value::None) {
        return builtin_method(&base, name);
    }
    None
}

fn builtin_method(value: &Value, name: &str) -> Option<Value> {
    super::methods::has_method(&super::types::class_of(value).name, name)
        .then(|| Value::BuiltinMethod(Rc::new(BuiltinMethod { receiver: value.clone(), name: Name::from(name) })))
}

/// The names that `__slots__` permits, if every class written in Python has them.
fn slots_of(class: &Class) -> Option<Vec<Name>> {
    let mut names = vec![];
    for class in class.mro.borrow().iter().filter(|class| class.is_user) {
        match class.members.get("__slots__")? {
            Value::Str(name) => names.push(name),
            Value::Tuple(slots) => names.extend(slots.iter().filter_map(Value::as_str).cloned()),
            Value::List(slots) => names.extend(slots.0.borrow().iter().filter_map(Value::as_str).cloned()),
            _ => return None,
        }
    }
    (!names.is_empty()).then_some(names)
}

pub(crate) fn docstring(body: &[crate::syntax::ast::Stmt]) -> Value {
    use crate::syntax::ast::{ExprKind, StmtKind};
    match body.first().map(|statement| &statement.kind) {
        Some(StmtKind::Expr(expr)) => match &*expr.kind {
            ExprKind::Str(text) => Value::Str(text.clone()),
            _ => Value::None,
        },
        _ => Value::None,
    }
}

/// A namespace as a dict of its own.
pub(crate) fn dict_of(namespace: &super::value::Namespace) -> Value {
    let items: Items = namespace
        .0
        .borrow()
        .iter()
        .map(|(name, value)| (Key::Str(name.clone()), (Value::Str(name.clone()), value.clone())))
        .collect();
    Value::Dict(Rc::new(Dict::new(items)))
}

/// An object's attributes as a dict that writes back to them.
fn attributes_as_dict(instance: &Rc<Instance>) -> Value {
    let Value::Dict(dict) = dict_of(&instance.attributes) else { return Value::None };
    let items = dict.items.take();
    Value::Dict(Rc::new(Dict { items: items.into(), kind: super::value::DictKind::Attributes(instance.clone()) }))
}

/// Brings an object's attributes to what was done to its `__dict__`.
pub(crate) fn write_back(dict: &Dict) {
    let super::value::DictKind::Attributes(instance) = &dict.kind else { return };
    let items = dict.items.borrow();
    let attributes = items.values().filter_map(|(name, value)| Some((name.as_str()?.clone(), value.clone()))).collect();
    instance.attributes.0.replace(attributes);
}

/// That there is no such attribute.
pub(crate) fn no_attribute(value: &Value, name: &str) -> Box<super::value::Raised> {
    raise(
        "AttributeError",
        match value {
            Value::Module(module) => format!("module '{}' has no attribute '{name}'", module.name),
            Value::Class(class) => format!("type object '{}' has no attribute '{name}'", class.name),
            Value::Super(_) => format!("'super' object has no attribute '{name}'"),
            _ => format!("'{}' object has no attribute '{name}'", type_name(value)),
        },
    )
}
