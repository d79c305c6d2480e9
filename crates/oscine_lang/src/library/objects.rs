//! What every object and every exception has by itself: `object.__init__`, `object.__setattr__`, `BaseException.args`.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::compare::{address, is};
use crate::evaluate::exceptions::raise;
use crate::evaluate::types::{class, type_name};
use crate::evaluate::value::{Args, Instance, List, Name, Namespace, Result, Value};

type Load = fn(&mut Interpreter<'_>, Args) -> Result<Value>;

const fn row(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

/// Members of classes: the class's name, a space, the member's name.
static ENTRIES: &[Entry] = &[
    row("object __init__", init),
    row("object __new__", new),
    row("object __setattr__", setattr),
    row("object __delattr__", delattr),
    row("object __getattribute__", getattribute),
    row("object __repr__", repr),
    row("object __str__", repr),
    row("object __eq__", eq),
    row("object __hash__", hash),
    row("object __init_subclass__", |_, _| Ok(Value::None)),
    row("BaseException __init__", exception_init),
    row("BaseException with_traceback", |_, args| args.positional.into_iter().next().ok_or_else(no_object)),
    row("BaseException add_note", add_note),
];

fn no_object() -> Box<crate::evaluate::value::Raised> {
    raise("TypeError", "a method needs its object")
}

/// An object without anything.
pub(super) fn plain_object(name: &'static str) -> Value {
    let base_value = RefCell::new(Value::None);
    Value::Instance(Rc::new(Instance { class: class(name), attributes: Namespace::default(), base_value }))
}

fn receiver(args: &Args) -> Result<&Value> {
    args.positional.first().ok_or_else(no_object)
}

fn init(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let object = receiver(&args)?.clone();
    let Value::Instance(instance) = &object else { return Ok(Value::None) };
    let base = instance.base_value.borrow().clone();
    let rest = Args { positional: args.positional[1..].to_vec(), ..args };
    match base {
        // What derives from a list, dict or set is filled here.
        Value::List(_) | Value::Dict(_) | Value::Set(_) => it.call_builtin_method(&base, "__init__", rest),
        Value::None if !rest.positional.is_empty() || !rest.keywords.is_empty() => {
            let words = format!("{}.__init__() takes exactly one argument (the instance to initialize)", "object");
            Err(raise("TypeError", words))
        }
        _ => Ok(Value::None),
    }
}

fn new(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    match args.positional.split_first() {
        Some((Value::Class(class), rest)) => {
            // `object.__new__(cls)` leaves the arguments to `__init__`.
            let is_plain = class.mro.borrow().iter().all(|class| class.is_user || &*class.name == "object");
            let positional = if is_plain { vec![] } else { rest.to_vec() };
            it.new_object(class, &Args { positional, ..Args::default() })
        }
        _ => Err(raise("TypeError", "object.__new__(): not enough arguments")),
    }
}

fn name_of(value: Option<&Value>) -> Result<Name> {
    match value {
        Some(Value::Str(name)) => Ok(name.clone()),
        _ => Err(raise("TypeError", "attribute name must be string")),
    }
}

fn setattr(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let name = name_of(args.positional.get(1))?;
    let value = args.positional.get(2).cloned().unwrap_or(Value::None);
    it.set_plain_attribute(receiver(&args)?, &name, value)?;
    Ok(Value::None)
}

fn delattr(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let name = name_of(args.positional.get(1))?;
    let object = receiver(&args)?;
    match object {
        Value::Instance(instance) if instance.attributes.remove(&name) => Ok(Value::None),
        _ => Err(crate::evaluate::attributes::no_attribute(object, &name)),
    }
}

fn getattribute(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let name = name_of(args.positional.get(1))?;
    it.get_attribute(receiver(&args)?, &name)
}

fn repr(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let object = receiver(&args)?;
    let place = address(object).unwrap_or(0);
    Ok(Value::Str(Name::from(format!("<script.{} object at 0x{place:x}>", type_name(object)))))
}

fn eq(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    match args.positional.as_slice() {
        [a, b] if is(a, b) => Ok(Value::Bool(true)),
        _ => Ok(Value::NotImplemented),
    }
}

fn hash(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    Ok(Value::Int((address(receiver(&args)?).unwrap_or(0) >> 4) as i64))
}

fn exception_init(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let object = receiver(&args)?;
    if let Some((name, _)) = args.keywords.first() {
        let words = format!("{}() takes no keyword arguments", type_name(object));
        return Err(raise("TypeError", if &**name == "name" { words.clone() } else { words }));
    }
    if let Value::Instance(instance) = object {
        instance.attributes.set(Name::from("args"), Value::Tuple(Rc::new(args.positional[1..].to_vec())));
    }
    Ok(Value::None)
}

fn add_note(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let object = receiver(&args)?;
    let notes = match it.find_attribute(object, "__notes__")? {
        Some(Value::List(notes)) => notes,
        _ => Rc::new(List::default()),
    };
    notes.0.borrow_mut().extend(args.positional.get(1).cloned());
    it.set_plain_attribute(object, "__notes__", Value::List(notes))?;
    Ok(Value::None)
}
