//! `dataclasses`: the special methods that `@dataclass` gives a class, each a row that knows the fields.

use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::attributes::special_member;
use crate::evaluate::calls::missing_words;
use crate::evaluate::exceptions::raise;
use crate::evaluate::types::type_name;
use crate::evaluate::value::{Args, Bound, Class, Dict, Items, List, Name, Result, Value};

type Load = fn(&mut Interpreter<'_>, Args) -> Result<Value>;

const fn row(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants };

static ENTRIES: &[Entry] = &[
    row("dataclasses.dataclass", dataclass),
    row("dataclass decorate", decorate),
    row("dataclasses.field", field),
    row("dataclasses.fields", fields),
    row("dataclasses.asdict", as_dict),
    row("dataclasses.astuple", as_tuple),
    row("dataclasses.replace", replace),
    row("dataclasses.is_dataclass", is_dataclass),
    row("dataclass __init__", init),
    row("dataclass __repr__", show),
    row("dataclass __eq__", equal),
    row("dataclass __lt__", |it, args| order(it, &args, crate::syntax::ast::CmpOp::Lt)),
    row("dataclass __le__", |it, args| order(it, &args, crate::syntax::ast::CmpOp::Le)),
    row("dataclass __gt__", |it, args| order(it, &args, crate::syntax::ast::CmpOp::Gt)),
    row("dataclass __ge__", |it, args| order(it, &args, crate::syntax::ast::CmpOp::Ge)),
    row("dataclass __hash__", hash),
    row("dataclass __setattr__", refuse),
];

fn constants() -> Vec<(&'static str, Value)> {
    vec![("dataclasses.MISSING", Value::Ellipsis)]
}

/// One field: its name, default, factory, and which methods see it.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an argument of `field`")]
struct Field {
    name: Name,
    default: Option<Value>,
    factory: Option<Value>,
    init: bool,
    repr: bool,
    compare: bool,
    keyword_only: bool,
    /// An `InitVar`: given to `__post_init__` only.
    init_only: bool,
}

/// What `field(...)` says, until the class is made: an object whose attributes are the arguments.
fn field(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    if !args.positional.is_empty() {
        return Err(raise("TypeError", "field() takes 0 positional arguments"));
    }
    let has = |name: &str| args.keywords.iter().any(|(given, _)| **given == *name);
    if has("default") && has("default_factory") {
        return Err(raise("ValueError", "cannot specify both default and default_factory"));
    }
    let object = super::objects::plain_object("dataclasses.Field");
    for (name, value) in args.keywords {
        it.set_plain_attribute(&object, &name, value)?;
    }
    Ok(object)
}

fn dataclass(it: &mut Interpreter<'_>, mut args: Args) -> Result<Value> {
    if args.positional.is_empty() {
        let options = Rc::new(Dict::new(Items::default()));
        for (name, value) in args.keywords {
            it.dict_set(&options, &Value::Str(name), value)?;
        }
        let Some(entry) = super::entry("dataclass decorate") else { return Ok(Value::None) };
        let captured = vec![Value::Dict(options)];
        return Ok(Value::Bound(Rc::new(Bound { entry, captured, is_method: false })));
    }
    args.positional.insert(0, Value::Dict(Rc::new(Dict::new(Items::default()))));
    decorate(it, args)
}

fn decorate(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [Value::Dict(options), value @ Value::Class(class)] = args.positional.as_slice() else {
        return Err(raise("TypeError", "dataclass decorates a class"));
    };
    let mut option = |name: &str, otherwise: bool| -> Result<bool> {
        let found = options.items.borrow().get(&crate::evaluate::value::Key::Str(Name::from(name))).cloned();
        found.map_or(Ok(otherwise), |(_, value)| it.truth(&value))
    };
    let (with_init, with_repr, with_eq) = (option("init", true)?, option("repr", true)?, option("eq", true)?);
    let (ordered, frozen) = (option("order", false)?, option("frozen", false)?);
    let (unsafe_hash, keyword_only) = (option("unsafe_hash", false)?, option("kw_only", false)?);
    let mut fields: Vec<Field> = vec![];
    let bases: Vec<Rc<Class>> = class.mro.borrow()[1..].iter().rev().cloned().collect();
    for base in bases {
        if let Some(Value::Tuple(known)) = base.members.get("__dataclass_fields__") {
            for known in known.iter() {
                put(&mut fields, read_field(it, known)?);
            }
        }
    }
    let own = own_fields(it, class, keyword_only)?;
    for field in own {
        put(&mut fields, field);
    }
    let mut has_default = false;
    for field in fields.iter().filter(|field| field.init && !field.keyword_only) {
        let defaults = field.default.is_some() || field.factory.is_some();
        if has_default && !defaults {
            let words = format!("non-default argument '{}' follows default argument", field.name);
            return Err(raise("TypeError", words));
        }
        has_default |= defaults;
    }
    let described: Vec<Value> = fields.iter().map(describe).collect();
    let described = Value::Tuple(Rc::new(described));
    class.members.set(Name::from("__dataclass_fields__"), described.clone());
    let names = fields.iter().filter(|field| field.init).map(|field| Value::Str(field.name.clone())).collect();
    class.members.set(Name::from("__match_args__"), Value::Tuple(Rc::new(names)));
    let give = |name: &str, wanted: bool| {
        if wanted
            && (name == "__setattr__" || class.members.get(name).is_none_or(|known| matches!(known, Value::None)))
            && let Some(entry) = super::entry(&format!("dataclass {name}"))
        {
            let captured = vec![described.clone()];
            class.members.set(Name::from(name), Value::Bound(Rc::new(Bound { entry, captured, is_method: true })));
        }
    };
    give("__init__", with_init);
    give("__repr__", with_repr);
    give("__eq__", with_eq);
    for name in ["__lt__", "__le__", "__gt__", "__ge__"] {
        give(name, ordered);
    }
    give("__setattr__", frozen);
    if with_eq && frozen || unsafe_hash {
        give("__hash__", true);
    } else if with_eq && class.members.get("__hash__").is_none() {
        class.members.set(Name::from("__hash__"), Value::None);
    }
    Ok(value.clone())
}

/// A field takes the place of one of the same name.
fn put(fields: &mut Vec<Field>, field: Field) {
    match fields.iter_mut().find(|known| known.name == field.name) {
        Some(known) => *known = field,
        None => fields.push(field),
    }
}

fn own_fields(it: &mut Interpreter<'_>, class: &Rc<Class>, keyword_only: bool) -> Result<Vec<Field>> {
    let Some(Value::Dict(annotations)) = class.members.get("__annotations__") else { return Ok(vec![]) };
    let annotations = annotations.items.borrow().clone();
    let (mut fields, mut keyword_only) = (vec![], keyword_only);
    for (name, annotation) in annotations.values() {
        let (Value::Str(name), Value::Str(annotation)) = (name, annotation) else { continue };
        let kind =
            annotation.trim_matches(['"', '\'']).trim_start_matches("typing.").trim_start_matches("dataclasses.");
        if kind.starts_with("ClassVar") {
            continue;
        }
        if kind == "KW_ONLY" {
            keyword_only = true;
            continue;
        }
        let mut field = Field {
            name: name.clone(),
            default: None,
            factory: None,
            init: true,
            repr: true,
            compare: true,
            keyword_only,
            init_only: kind.starts_with("InitVar"),
        };
        match class.members.get(name) {
            Some(Value::Instance(said)) if &*said.class.name == "Field" && !said.class.is_user => {
                let get = |name: &str| said.attributes.get(name);
                field.default = get("default");
                field.factory = get("default_factory");
                for (name, place) in [
                    ("init", &mut field.init),
                    ("repr", &mut field.repr),
                    ("compare", &mut field.compare),
                    ("kw_only", &mut field.keyword_only),
                ] {
                    if let Some(value) = get(name) {
                        *place = it.truth(&value)?;
                    }
                }
                match &field.default {
                    Some(default) => class.members.set(name.clone(), default.clone()),
                    None => {
                        class.members.remove(name);
                    }
                }
            }
            Some(value @ (Value::List(_) | Value::Dict(_) | Value::Set(_))) => {
                let kind = type_name(&value);
                let words =
                    format!("mutable default <class '{kind}'> for field {name} is not allowed: use default_factory");
                return Err(raise("ValueError", words));
            }
            default => field.default = default,
        }
        fields.push(field);
    }
    Ok(fields)
}

/// A field as a value: the class keeps it, and the rows read it.
fn describe(field: &Field) -> Value {
    let object = super::objects::plain_object("dataclasses.Field");
    if let Value::Instance(instance) = &object {
        let set = |name: &str, value: Value| instance.attributes.set(Name::from(name), value);
        set("name", Value::Str(field.name.clone()));
        for (name, value) in [("default", &field.default), ("default_factory", &field.factory)] {
            if let Some(value) = value {
                set(name, value.clone());
            }
        }
        set("init", Value::Bool(field.init));
        set("repr", Value::Bool(field.repr));
        set("compare", Value::Bool(field.compare));
        set("kw_only", Value::Bool(field.keyword_only));
        set("init_only", Value::Bool(field.init_only));
    }
    object
}

fn read_field(it: &mut Interpreter<'_>, described: &Value) -> Result<Field> {
    let Value::Instance(instance) = described else { return Err(raise("TypeError", "not a field")) };
    let get = |name: &str| instance.attributes.get(name);
    let mut flag = |name: &str| get(name).map_or(Ok(false), |value| it.truth(&value));
    let Some(Value::Str(name)) = get("name") else { return Err(raise("TypeError", "a field without a name")) };
    Ok(Field {
        name,
        default: get("default"),
        factory: get("default_factory"),
        init: flag("init")?,
        repr: flag("repr")?,
        compare: flag("compare")?,
        keyword_only: flag("kw_only")?,
        init_only: flag("init_only")?,
    })
}

/// The fields, the object and the rest of the arguments of a row.
fn parts(it: &mut Interpreter<'_>, args: &Args) -> Result<(Vec<Field>, Value, Vec<Value>)> {
    let [Value::Tuple(described), object, rest @ ..] = args.positional.as_slice() else {
        return Err(raise("TypeError", "a method needs its object"));
    };
    let fields: Result<Vec<Field>> = described.iter().map(|field| read_field(it, field)).collect();
    Ok((fields?, object.clone(), rest.to_vec()))
}

fn init(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let (fields, object, given) = parts(it, &args)?;
    let class = type_name(&object);
    let error = |words: String| raise("TypeError", format!("{class}.__init__() {words}"));
    let by_position: Vec<&Field> = fields.iter().filter(|field| field.init && !field.keyword_only).collect();
    if given.len() > by_position.len() {
        let (most, given) = (by_position.len() + 1, given.len() + 1);
        let least = 1 + by_position.iter().filter(|f| f.default.is_none() && f.factory.is_none()).count();
        let takes = if least < most { format!("from {least} to {most}") } else { most.to_string() };
        let plural = if most == 1 { "" } else { "s" };
        return Err(error(format!("takes {takes} positional argument{plural} but {given} were given")));
    }
    let mut values: Vec<(Name, Value)> =
        by_position.iter().zip(given).map(|(field, value)| (field.name.clone(), value)).collect();
    for (name, value) in args.keywords {
        if !fields.iter().any(|field| field.init && field.name == name) {
            return Err(error(format!("got an unexpected keyword argument '{name}'")));
        }
        if values.iter().any(|(known, _)| *known == name) {
            return Err(error(format!("got multiple values for argument '{name}'")));
        }
        values.push((name, value));
    }
    let mut missing = vec![];
    let mut post = vec![];
    for field in &fields {
        let found = values.iter().find(|(name, _)| *name == field.name).map(|(_, value)| value.clone());
        let value = match (found, &field.factory, &field.default) {
            (Some(value), _, _) => value,
            (None, Some(factory), _) => it.call_with(factory, vec![])?,
            (None, None, Some(default)) => default.clone(),
            (None, None, None) if field.init => {
                missing.push(&*field.name);
                continue;
            }
            _ => continue,
        };
        if field.init_only {
            post.push(value);
        } else {
            it.set_plain_attribute(&object, &field.name, value)?;
        }
    }
    if !missing.is_empty() {
        return Err(error(missing_words(&missing, "positional")));
    }
    it.call_special(&object, "__post_init__", post)?;
    Ok(Value::None)
}

fn show(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let (fields, object, _) = parts(it, &args)?;
    let mut shown = vec![];
    for field in fields.iter().filter(|field| field.repr && !field.init_only) {
        let value = it.get_attribute(&object, &field.name)?;
        shown.push(format!("{}={}", field.name, it.repr(&value)?));
    }
    Ok(Value::Str(Name::from(format!("{}({})", type_name(&object), shown.join(", ")))))
}

/// The compared fields of an object as a tuple.
fn compared(it: &mut Interpreter<'_>, fields: &[Field], object: &Value) -> Result<Value> {
    let mut values = vec![];
    for field in fields.iter().filter(|field| field.compare && !field.init_only) {
        values.push(it.get_attribute(object, &field.name)?);
    }
    Ok(Value::Tuple(Rc::new(values)))
}

fn both(it: &mut Interpreter<'_>, args: &Args) -> Result<Option<(Value, Value)>> {
    let (fields, object, rest) = parts(it, args)?;
    match (&object, rest.as_slice()) {
        (Value::Instance(a), [other @ Value::Instance(b)]) if Rc::ptr_eq(&a.class, &b.class) => {
            Ok(Some((compared(it, &fields, &object)?, compared(it, &fields, other)?)))
        }
        _ => Ok(None),
    }
}

fn equal(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    match both(it, &args)? {
        Some((a, b)) => it.equal(&a, &b).map(Value::Bool),
        None => Ok(Value::NotImplemented),
    }
}

fn order(it: &mut Interpreter<'_>, args: &Args, op: crate::syntax::ast::CmpOp) -> Result<Value> {
    match both(it, args)? {
        Some((a, b)) => it.compare(op, &a, &b),
        None => Ok(Value::NotImplemented),
    }
}

fn hash(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let (fields, object, _) = parts(it, &args)?;
    let values = compared(it, &fields, &object)?;
    it.hash(&values).map(Value::Int)
}

/// Assignment to a field of a frozen object.
fn refuse(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let (_, _, rest) = parts(it, &args)?;
    let name = rest.first().map_or(Ok(String::new()), |name| it.str(name))?;
    Err(raise("dataclasses.FrozenInstanceError", format!("cannot assign to field '{name}'")))
}

fn described_of(value: &Value) -> Option<Rc<Vec<Value>>> {
    let class = match value {
        Value::Instance(instance) => instance.class.clone(),
        Value::Class(class) => class.clone(),
        _ => return None,
    };
    match special_member(&class, "__dataclass_fields__") {
        Some(Value::Tuple(described)) => Some(described),
        _ => None,
    }
}

fn described(args: &Args, function: &str) -> Result<Rc<Vec<Value>>> {
    let found = args.positional.first().and_then(described_of);
    found.ok_or_else(|| raise("TypeError", format!("{function}() should be called on dataclass instances")))
}

fn fields(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    Ok(Value::Tuple(described(&args, "fields")?))
}

fn is_dataclass(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    Ok(Value::Bool(args.positional.first().and_then(described_of).is_some()))
}

/// A value with the dataclasses in it taken apart, at any depth.
fn taken_apart(it: &mut Interpreter<'_>, value: &Value, as_tuples: bool) -> Result<Value> {
    if let (Value::Instance(_), Some(described)) = (value, described_of(value)) {
        let (dict, mut items) = (Rc::new(Dict::new(Items::default())), vec![]);
        for field in described.iter() {
            let field = read_field(it, field)?;
            let inner = it.get_attribute(value, &field.name)?;
            let inner = taken_apart(it, &inner, as_tuples)?;
            items.push(inner.clone());
            it.dict_set(&dict, &Value::Str(field.name), inner)?;
        }
        return Ok(if as_tuples { Value::Tuple(Rc::new(items)) } else { Value::Dict(dict) });
    }
    Ok(match value {
        Value::List(list) => {
            let items = list.0.borrow().clone();
            let items: Result<Vec<Value>> = items.iter().map(|item| taken_apart(it, item, as_tuples)).collect();
            Value::List(Rc::new(List(items?.into())))
        }
        Value::Tuple(items) => {
            let items: Result<Vec<Value>> = items.iter().map(|item| taken_apart(it, item, as_tuples)).collect();
            Value::Tuple(Rc::new(items?))
        }
        other => other.clone(),
    })
}

fn as_dict(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    described(&args, "asdict")?;
    taken_apart(it, &args.positional[0], false)
}

fn as_tuple(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    described(&args, "astuple")?;
    taken_apart(it, &args.positional[0], true)
}

fn replace(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let described = described(&args, "replace")?;
    let object = &args.positional[0];
    let mut keywords = args.keywords.clone();
    for field in described.iter() {
        let field = read_field(it, field)?;
        if field.init && !keywords.iter().any(|(name, _)| *name == field.name) {
            let value = it.get_attribute(object, &field.name)?;
            keywords.push((field.name, value));
        }
    }
    let class = Value::Class(crate::evaluate::types::class_of(object));
    it.call(&class, Args { keywords, ..Args::default() })
}
