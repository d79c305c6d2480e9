//! `collections`: deque, namedtuple and the kinds of dict.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::calls::{match_args, missing_words};
use crate::evaluate::exceptions::raise;
use crate::evaluate::types::class;
use crate::evaluate::value::{
    Args, Bound, Class, Deque, Dict, DictKind, Instance, Items, Name, Namespace, Property, Result, Value,
};

type Load = fn(&mut Interpreter<'_>, Args) -> Result<Value>;

const fn row(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

static ENTRIES: &[Entry] = &[
    row("collections.deque", deque),
    row("collections.OrderedDict", |it, args| dict(it, args, DictKind::Ordered)),
    row("collections.Counter", |it, args| dict(it, args, DictKind::Counter)),
    row("collections.defaultdict", default_dict),
    row("collections.namedtuple", named_tuple),
    row("namedtuple __new__", new_tuple),
    row("namedtuple field", field),
    row("namedtuple __repr__", show),
    row("namedtuple _replace", replace),
    row("namedtuple _asdict", as_dict),
    row("namedtuple _make", make),
];

fn deque(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [values, most] = match_args("deque", ["iterable", "maxlen"], 0, args)?;
    let max_len = match most {
        None | Some(Value::None) => None,
        Some(most) => {
            Some(usize::try_from(it.int_of(&most)?).map_err(|_| raise("ValueError", "maxlen must be non-negative"))?)
        }
    };
    let mut items: VecDeque<Value> = values.map_or(Ok(vec![]), |values| it.list_of(&values))?.into();
    if let Some(most) = max_len {
        items.drain(..items.len().saturating_sub(most));
    }
    Ok(Value::Deque(Rc::new(Deque { items: items.into(), max_len })))
}

fn dict(it: &mut Interpreter<'_>, args: Args, kind: DictKind) -> Result<Value> {
    let dict = Rc::new(Dict { items: RefCell::default(), kind });
    if matches!(dict.kind, DictKind::Counter) {
        it.count_more(&dict, args, 1)?;
    } else {
        it.dict_update(&dict, args)?;
    }
    Ok(Value::Dict(dict))
}

fn default_dict(it: &mut Interpreter<'_>, mut args: Args) -> Result<Value> {
    let factory = if args.positional.is_empty() { Value::None } else { args.positional.remove(0) };
    if !matches!(factory, Value::None) && !it.is_callable(&factory)? {
        return Err(raise("TypeError", "first argument must be callable or None"));
    }
    dict(it, args, DictKind::Default(factory))
}

/// The names of a named tuple's fields, from a list or a string.
fn field_names(it: &mut Interpreter<'_>, fields: &Value) -> Result<Vec<Name>> {
    if let Value::Str(text) = fields {
        return Ok(text.replace(',', " ").split_whitespace().map(Name::from).collect());
    }
    let names = it.list_of(fields)?;
    names.iter().map(|name| it.str(name).map(Name::from)).collect()
}

fn named_tuple(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [name, fields, defaults, _] =
        match_args("namedtuple", ["typename", "field_names", "defaults", "rename"], 2, args)?;
    let Some(Value::Str(name)) = name else { return Err(raise("TypeError", "a namedtuple's name must be a string")) };
    let fields = field_names(it, &fields.unwrap_or(Value::None))?;
    let defaults = match defaults {
        None | Some(Value::None) => vec![],
        Some(defaults) => it.list_of(&defaults)?,
    };
    let members = members(&fields, defaults);
    it.new_class(&name, vec![class("tuple")], members, &[], vec![])
}

/// A row with its first arguments, as a class's member.
fn method(row: &str, captured: Vec<Value>, is_method: bool) -> Value {
    match super::entry(row) {
        Some(entry) => Value::Bound(Rc::new(Bound { entry, captured, is_method })),
        None => Value::None,
    }
}

fn members(fields: &[Name], defaults: Vec<Value>) -> Namespace {
    let members = Namespace::default();
    let names = Value::Tuple(Rc::new(fields.iter().cloned().map(Value::Str).collect()));
    members.set(Name::from("_fields"), names);
    let mut items = Items::default();
    for (name, value) in fields[fields.len().saturating_sub(defaults.len())..].iter().zip(defaults) {
        items.insert(crate::evaluate::value::Key::Str(name.clone()), (Value::Str(name.clone()), value));
    }
    members.set(Name::from("_field_defaults"), Value::Dict(Rc::new(Dict::new(items))));
    for (index, name) in fields.iter().enumerate() {
        let get = method("namedtuple field", vec![Value::Int(index as i64)], false);
        members.set(name.clone(), Value::Property(Rc::new(Property { get, set: Value::None, cached: false })));
    }
    let new = method("namedtuple __new__", vec![], false);
    members.set(Name::from("__new__"), Value::StaticMethod(Rc::new(new)));
    for name in ["__repr__", "_replace", "_asdict"] {
        members.set(Name::from(name), method(&format!("namedtuple {name}"), vec![], true));
    }
    let make = method("namedtuple _make", vec![], true);
    members.set(Name::from("_make"), Value::ClassMethod(Rc::new(make)));
    members
}

/// What a class that derives from `typing.NamedTuple` becomes: its annotations are the fields.
pub(crate) fn named_tuple_class(_: &mut Interpreter<'_>, made: &Rc<Class>) -> Result<Value> {
    let Some(Value::Dict(annotations)) = made.members.get("__annotations__") else {
        return Ok(Value::Class(made.clone()));
    };
    let fields: Vec<Name> =
        annotations.items.borrow().values().filter_map(|(name, _)| name.as_str().cloned()).collect();
    let defaults: Vec<Value> = fields.iter().filter_map(|name| made.members.get(name)).collect();
    for (name, value) in members(&fields, defaults).0.take() {
        // What the class itself defines stays, but for the defaults that stand where the fields go.
        if fields.contains(&name) || made.members.get(&name).is_none() {
            made.members.set(name, value);
        }
    }
    Ok(Value::Class(made.clone()))
}

fn fields_of(class: &Class) -> Vec<Name> {
    match class.lookup("_fields") {
        Some((Value::Tuple(names), _)) => names.iter().filter_map(|name| name.as_str().cloned()).collect(),
        _ => vec![],
    }
}

fn new_tuple(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let Some((Value::Class(class), given)) = args.positional.split_first() else {
        return Err(raise("TypeError", "a namedtuple without its class"));
    };
    let fields = fields_of(class);
    if given.len() > fields.len() {
        let (most, given) = (fields.len() + 1, given.len() + 1);
        let words = format!("{}.__new__() takes {most} positional arguments but {given} were given", class.name);
        return Err(raise("TypeError", words));
    }
    let defaults = match class.lookup("_field_defaults") {
        Some((Value::Dict(defaults), _)) => defaults.items.borrow().clone(),
        _ => Items::default(),
    };
    let mut values: Vec<Option<Value>> = fields.iter().enumerate().map(|(i, _)| given.get(i).cloned()).collect();
    for (name, value) in &args.keywords {
        match fields.iter().position(|field| field == name) {
            Some(index) if values[index].is_none() => values[index] = Some(value.clone()),
            Some(_) => {
                let words = format!("{}.__new__() got multiple values for argument '{name}'", class.name);
                return Err(raise("TypeError", words));
            }
            None => {
                let words = format!("{}.__new__() got an unexpected keyword argument '{name}'", class.name);
                return Err(raise("TypeError", words));
            }
        }
    }
    for (field, value) in fields.iter().zip(&mut values) {
        if value.is_none() {
            let key = crate::evaluate::value::Key::Str(field.clone());
            *value = defaults.get(&key).map(|(_, default)| default.clone());
        }
    }
    let missing: Vec<&str> =
        fields.iter().zip(&values).filter(|(_, value)| value.is_none()).map(|(name, _)| &**name).collect();
    if !missing.is_empty() {
        let words = missing_words(&missing, "positional");
        return Err(raise("TypeError", format!("{}.__new__() {words}", class.name)));
    }
    Ok(instance(class, values.into_iter().flatten().collect()))
}

fn instance(class: &Rc<Class>, values: Vec<Value>) -> Value {
    let base_value = RefCell::new(Value::Tuple(Rc::new(values)));
    Value::Instance(Rc::new(Instance { class: class.clone(), attributes: Namespace::default(), base_value }))
}

fn values_of(value: Option<&Value>) -> (Option<Rc<Class>>, Vec<Value>) {
    match value {
        Some(Value::Instance(instance)) => match &*instance.base_value.borrow() {
            Value::Tuple(values) => (Some(instance.class.clone()), (**values).clone()),
            _ => (None, vec![]),
        },
        _ => (None, vec![]),
    }
}

fn field(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let index = args.positional.first().and_then(Value::as_int).unwrap_or(0);
    let (_, values) = values_of(args.positional.get(1));
    values.get(index as usize).cloned().ok_or_else(|| raise("IndexError", "tuple index out of range"))
}

fn show(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let (Some(class), values) = values_of(args.positional.first()) else { return Ok(Value::None) };
    let mut parts = vec![];
    for (name, value) in fields_of(&class).iter().zip(&values) {
        parts.push(format!("{name}={}", it.repr(value)?));
    }
    Ok(Value::Str(Name::from(format!("{}({})", class.name, parts.join(", ")))))
}

fn replace(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let (Some(class), mut values) = values_of(args.positional.first()) else { return Ok(Value::None) };
    let fields = fields_of(&class);
    for (name, value) in &args.keywords {
        match fields.iter().position(|field| field == name) {
            Some(index) => values[index] = value.clone(),
            None => return Err(raise("ValueError", format!("Got unexpected field names: ['{name}']"))),
        }
    }
    Ok(instance(&class, values))
}

fn as_dict(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let (Some(class), values) = values_of(args.positional.first()) else { return Ok(Value::None) };
    let dict = Rc::new(Dict::new(Items::default()));
    for (name, value) in fields_of(&class).into_iter().zip(values) {
        it.dict_set(&dict, &Value::Str(name), value)?;
    }
    Ok(Value::Dict(dict))
}

fn make(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    match args.positional.as_slice() {
        [class @ Value::Class(_), values] => {
            let positional = it.list_of(values)?;
            it.call(class, Args { positional, ..Args::default() })
        }
        _ => Err(raise("TypeError", "_make() takes one iterable")),
    }
}
