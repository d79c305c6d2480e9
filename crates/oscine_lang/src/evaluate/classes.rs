//! Classes: making them, the order in which their members are searched, and making objects of them.
//!
//! The order is C3 (K. Barrett et al., "A Monotonic Superclass Linearization for Dylan", OOPSLA 1996), as in CPython.

use std::cell::RefCell;
use std::rc::Rc;

use super::Interpreter;
use super::attributes::special_member;
use super::cycles;
use super::environment::{ClassBody, Env};
use super::exceptions::{self, raise};
use super::statements::place;
use super::types::{builtin_class, class, type_name};
use super::value::{Args, Class, Function, Instance, Name, Namespace, Property, Result, Super, Value};
use crate::syntax::ast;

impl Interpreter<'_> {
    /// The class that a `class` statement makes.
    pub(crate) fn make_class(&mut self, def: &Rc<ast::Class>, env: &Env) -> Result<Value> {
        let mut bases = vec![];
        for base in &def.bases {
            match self.eval(base, env)? {
                Value::Class(class) => bases.push(class),
                Value::Builtin(entry) => {
                    let words = format!("oscine cannot derive a class from `{}`", entry.name);
                    return place(Err(raise("TypeError", words)), base.span);
                }
                other => {
                    let words = format!("bases must be types, not {}", type_name(&other));
                    return place(Err(raise("TypeError", words)), base.span);
                }
            }
        }
        let mut keywords = vec![];
        for keyword in &def.keywords {
            let value = self.eval(&keyword.value, env)?;
            match &keyword.name {
                // Abstract methods are refused with or without `ABCMeta`.
                Some(name) if &**name == "metaclass" => {}
                Some(name) => keywords.push((name.clone(), value)),
                None => {}
            }
        }
        let members = Rc::new(Namespace::default());
        let qualified_name = env.qualify(&def.name);
        members.set(Name::from("__module__"), Value::Str(env.module.name.clone()));
        members.set(Name::from("__qualname__"), Value::Str(qualified_name.clone()));
        if let words @ Value::Str(_) = super::attributes::docstring(&def.body) {
            members.set(Name::from("__doc__"), words);
        }
        let body = ClassBody { def: def.clone(), qualified_name, members: members.clone(), functions: Rc::default() };
        let functions = body.functions.clone();
        let inside = Env { module: env.module.clone(), frame: env.frame.clone(), class: Some(body) };
        self.run_body(&def.body, &inside)?;
        drop(inside);
        let members = Rc::try_unwrap(members).unwrap_or_else(|shared| {
            let copy = Namespace::default();
            copy.0.borrow_mut().clone_from(&shared.0.borrow());
            copy
        });
        self.new_class(&def.name, bases, members, &functions.borrow(), keywords)
    }

    /// A class of these members. `functions` were defined in its body, and their `super()` means it.
    pub(crate) fn new_class(
        &mut self,
        name: &Name,
        mut bases: Vec<Rc<Class>>,
        members: Namespace,
        functions: &[Rc<Function>],
        keywords: Vec<(Name, Value)>,
    ) -> Result<Value> {
        if bases.is_empty() {
            bases.push(class("object"));
        }
        if let Some(base) =
            bases.iter().find(|base| matches!(&*base.name, "bool" | "NoneType" | "function") && !base.is_user)
        {
            let words = format!("type '{}' is not an acceptable base type", base.name);
            return Err(raise("TypeError", words));
        }
        let defines_eq = members.get("__eq__").is_some();
        if defines_eq && members.get("__hash__").is_none() {
            members.set(Name::from("__hash__"), Value::None);
        }
        let made = Rc::new(Class {
            name: name.clone(),
            bases: bases.clone(),
            mro: RefCell::default(),
            members,
            is_user: true,
            entry: None,
        });
        cycles::note_class(&made);
        let order = linearise(&made, &bases)?;
        *made.mro.borrow_mut() = order;
        for function in functions {
            *function.owner.borrow_mut() = Some(Rc::downgrade(&made));
        }
        let value = Value::Class(made.clone());
        let named: Vec<(Name, Value)> =
            made.members.0.borrow().iter().map(|(name, member)| (name.clone(), member.clone())).collect();
        for (name, member) in named {
            self.call_special(&member, "__set_name__", vec![value.clone(), Value::Str(name)])?;
        }
        if super::enums::is_enum(&made) {
            self.make_members(&made)?;
        }
        if made.derives_from(&class("typing.NamedTuple")) {
            return crate::library::named_tuple_class(self, &made);
        }
        let hook = made.mro.borrow()[1..].iter().find_map(|base| base.members.get("__init_subclass__"));
        if let Some(hook) = hook {
            let hook = match hook {
                Value::ClassMethod(inner) => (*inner).clone(),
                other => other,
            };
            self.call(&hook, Args { positional: vec![value.clone()], keywords, ..Args::default() })?;
        }
        Ok(value)
    }

    /// `super()` in a method.
    pub(crate) fn make_super(env: &Env) -> Result<Value> {
        let mut frame = env.frame.as_ref();
        while let Some(candidate) = frame {
            let owner = candidate.function.as_ref().and_then(|f| f.owner.borrow().as_ref()?.upgrade());
            if let (Some(class), Some(function)) = (owner, &candidate.function) {
                let first = function.def.params.positional.first().map(|param| &param.name);
                let first = first.or(function.def.params.rest.as_ref());
                let receiver = first.and_then(|name| candidate.variables.get(name));
                let receiver = match receiver {
                    Some(Value::Tuple(rest)) if function.def.params.positional.is_empty() => rest.first().cloned(),
                    receiver => receiver,
                };
                let receiver = receiver.ok_or_else(|| raise("RuntimeError", "super(): no arguments"))?;
                return Ok(Value::Super(Rc::new(Super { class, receiver })));
            }
            frame = candidate.parent.as_ref();
        }
        Err(raise("RuntimeError", "super(): no arguments"))
    }

    /// An object of a class: what calling the class gives.
    pub(crate) fn construct(&mut self, class: &Rc<Class>, args: Args) -> Result<Value> {
        if let Some(entry) = class.entry {
            return self.call(&Value::Builtin(entry), args);
        }
        if super::enums::is_enum(class) && class.is_user {
            return self.member_of_value(class, args);
        }
        let value = match special_member(class, "__new__") {
            Some(new) => {
                let new = match new {
                    Value::StaticMethod(inner) => (*inner).clone(),
                    other => other,
                };
                let mut positional = args.positional.clone();
                positional.insert(0, Value::Class(class.clone()));
                let made = self.call(&new, Args { positional, ..args.clone() })?;
                match &made {
                    Value::Instance(instance) if instance.class.derives_from(class) => made,
                    _ => return Ok(made),
                }
            }
            None => self.new_object(class, &args)?,
        };
        if let Some(init) = self.special(&value, "__init__")? {
            let returned = self.call(&init, args)?;
            if !matches!(returned, Value::None) {
                let words = format!("__init__() should return None, not '{}'", type_name(&returned));
                return Err(raise("TypeError", words));
            }
        }
        Ok(value)
    }

    /// `object.__new__(class, ...)`, with what built-in bases make of the arguments.
    pub(crate) fn new_object(&mut self, class: &Rc<Class>, args: &Args) -> Result<Value> {
        if class.derives_from(&self::class("BaseException")) {
            return Ok(exceptions::instance(class, args.positional.clone()));
        }
        if let Some(method) = abstract_method(class) {
            let words = format!("Can't instantiate abstract class {} with abstract method {method}", class.name);
            return Err(raise("TypeError", words));
        }
        let has_init = special_member(class, "__init__").is_some();
        let base = class.mro.borrow().iter().find_map(|base| {
            ["int", "float", "str", "tuple", "list", "dict", "set", "frozenset", "complex"]
                .into_iter()
                .find(|name| !base.is_user && *base.name == **name)
        });
        let base_value = match base {
            None => {
                let takes_none = !has_init && special_member(class, "__new__").is_none();
                if takes_none && !(args.positional.is_empty() && args.keywords.is_empty()) {
                    return Err(raise("TypeError", format!("{}() takes no arguments", class.name)));
                }
                Value::None
            }
            Some(name) => {
                let is_filled_later = has_init && matches!(name, "list" | "dict" | "set");
                let args = if is_filled_later { Args::default() } else { args.clone() };
                let base = builtin_class(name).map_or(Value::None, Value::Class);
                self.call(&base, args)?
            }
        };
        let base_value = RefCell::new(base_value);
        let made = Rc::new(Instance { class: class.clone(), attributes: Namespace::default(), base_value });
        cycles::note_instance(&made);
        Ok(Value::Instance(made))
    }

    /// `isinstance(value, class)`, where the class may be a tuple of classes.
    pub(crate) fn is_instance(value: &Value, wanted: &Value) -> Result<bool> {
        match wanted {
            Value::Class(wanted) => {
                if super::types::class_of(value).derives_from(wanted) {
                    return Ok(true);
                }
                let base = match value {
                    Value::Instance(instance) => instance.base_value.borrow().clone(),
                    _ => Value::None,
                };
                Ok(match &*wanted.name {
                    "type" if !wanted.is_user => matches!(value, Value::Class(_)),
                    // numpy's float64 is a float, and its other scalars are no Python numbers.
                    "float" if !wanted.is_user => {
                        matches!(value, Value::Array(array) if array.shape.is_empty() && array.data.dtype == super::value::Dtype::Float)
                    }
                    _ => !matches!(base, Value::None) && super::types::class_of(&base).derives_from(wanted),
                })
            }
            Value::Tuple(all) => {
                for wanted in all.iter() {
                    if Self::is_instance(value, wanted)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::Dtype(dtype) => {
                Ok(matches!(value, Value::Array(array) if array.shape.is_empty() && array.data.dtype == *dtype))
            }
            Value::Builtin(_) => Ok(false),
            _ => Err(raise("TypeError", "isinstance() arg 2 must be a type, a tuple of types, or a union")),
        }
    }
}

/// The name of a method that the class leaves abstract.
pub(crate) fn abstract_method(class: &Class) -> Option<Name> {
    let mro = class.mro.borrow();
    mro.iter().flat_map(|class| class.members.0.borrow().keys().cloned().collect::<Vec<_>>()).find(|name| {
        let member = class.lookup(name).map(|(member, _)| member);
        let function = match member {
            Some(Value::Property(property)) => property.get.clone(),
            Some(Value::StaticMethod(inner) | Value::ClassMethod(inner)) => (*inner).clone(),
            Some(member) => member,
            None => return false,
        };
        matches!(function, Value::Function(function) if function.attributes.get("__isabstractmethod__").is_some())
    })
}

/// C3: merges the orders of the bases, always taking the first class that no order has later.
fn linearise(class: &Rc<Class>, bases: &[Rc<Class>]) -> Result<Vec<Rc<Class>>> {
    let mut lists: Vec<Vec<Rc<Class>>> = bases.iter().map(|base| base.mro.borrow().clone()).collect();
    lists.push(bases.to_vec());
    let mut order = vec![class.clone()];
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Ok(order);
        }
        let head = lists
            .iter()
            .map(|list| &list[0])
            .find(|candidate| !lists.iter().any(|list| list[1..].iter().any(|later| Rc::ptr_eq(later, candidate))));
        let Some(head) = head.cloned() else {
            let names: Vec<&str> = bases.iter().map(|base| &*base.name).collect();
            let names = names.join(", ");
            let words = format!("Cannot create a consistent method resolution\norder (MRO) for bases {names}");
            return Err(raise("TypeError", words));
        };
        for list in &mut lists {
            if Rc::ptr_eq(&list[0], &head) {
                list.remove(0);
            }
        }
        order.push(head);
    }
}

/// `property.setter` and its kin: a decorator that gives the property another part.
pub(crate) fn property_part(property: &Rc<Property>, part: &str) -> Value {
    let name = format!("property.{part} call");
    let Some(entry) = crate::library::entry(&name) else { return Value::None };
    let captured = vec![Value::Property(property.clone())];
    Value::Bound(Rc::new(super::value::Bound { entry, captured, is_method: false }))
}
