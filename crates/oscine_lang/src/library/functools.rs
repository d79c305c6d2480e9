//! `functools`, `abc` and `contextlib` as far as they make sense while a script loads.

use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::calls::{count_args, match_args, one_arg};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Bound, Dict, Items, Name, Property, Result, Value};
use crate::syntax::ast::CmpOp;

type Load = fn(&mut Interpreter<'_>, Args) -> Result<Value>;

const fn row(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants };

static ENTRIES: &[Entry] = &[
    row("functools.partial", partial),
    Entry { name: "functools.partial call", load: partial_call, audio: Audio::Rule },
    Entry { name: "functools.reduce", load: reduce, audio: Audio::Rule },
    row("functools.lru_cache", lru_cache),
    row("functools.cache", |_, args| Ok(cached(one_arg("cache", args)?))),
    Entry { name: "functools.lru_cache call", load: cached_call, audio: Audio::Rule },
    row("functools.lru_cache clear", cache_clear),
    row("functools.lru_cache info", |_, _| Err(raise("NotImplementedError", "oscine does not count cache hits"))),
    row("functools.wraps", wraps),
    row("functools.wraps call", wraps_call),
    row("functools.cached_property", cached_property),
    row("functools.total_ordering", total_ordering),
    row("functools.cmp_to_key", |_, args| Ok(bound("functools.cmp_to_key call", vec![one_arg("cmp_to_key", args)?]))),
    row("functools.cmp_to_key call", compare_key),
    row("functools.CompareKey __lt__", |it, args| compare_keys(it, &args, CmpOp::Lt)),
    row("functools.CompareKey __gt__", |it, args| compare_keys(it, &args, CmpOp::Gt)),
    row("functools.CompareKey __eq__", |it, args| compare_keys(it, &args, CmpOp::Eq)),
    row("total_ordering compare", ordering_by_less),
    row("abc.abstractmethod", abstract_method),
];

fn constants() -> Vec<(&'static str, Value)> {
    // As a metaclass it changes nothing here.
    vec![("abc.ABCMeta", crate::evaluate::calls::class_value("type"))]
}

/// A row with its first arguments.
fn bound(name: &str, captured: Vec<Value>) -> Value {
    match super::entry(name) {
        Some(entry) => Value::Bound(Rc::new(Bound { entry, captured, is_method: false })),
        None => Value::None,
    }
}

fn partial(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut positional = args.positional.into_iter();
    let Some(function) = positional.next() else {
        return Err(raise("TypeError", "type 'partial' takes at least one argument"));
    };
    let mut items = Items::default();
    for (name, value) in args.keywords {
        items.insert(crate::evaluate::value::Key::Str(name.clone()), (Value::Str(name), value));
    }
    let captured = vec![function, Value::Tuple(Rc::new(positional.collect())), Value::Dict(Rc::new(Dict::new(items)))];
    Ok(bound("functools.partial call", captured))
}

fn partial_call(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [function, Value::Tuple(first), Value::Dict(named), rest @ ..] = args.positional.as_slice() else {
        return Err(raise("TypeError", "a partial without its function"));
    };
    let positional: Vec<Value> = first.iter().chain(rest).cloned().collect();
    let mut keywords: Vec<(Name, Value)> = vec![];
    for (key, value) in named.items.borrow().values() {
        if let Value::Str(name) = key
            && !args.keywords.iter().any(|(given, _)| given == name)
        {
            keywords.push((name.clone(), value.clone()));
        }
    }
    keywords.extend(args.keywords.iter().cloned());
    it.call(function, Args { positional, keywords, span: args.span })
}

fn reduce(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("reduce", &args, 2, 3)?;
    let mut values = it.iterate(&args.positional[1])?;
    let first = match args.positional.get(2) {
        Some(initial) => Some(initial.clone()),
        None => it.advance(&mut values)?,
    };
    let Some(mut total) = first else {
        return Err(raise("TypeError", "reduce() of empty iterable with no initial value"));
    };
    while let Some(value) = it.advance(&mut values)? {
        total = it.call_with(&args.positional[0], vec![total, value])?;
    }
    Ok(total)
}

fn cached(function: Value) -> Value {
    bound("functools.lru_cache call", vec![function, Value::Dict(Rc::new(Dict::new(Items::default())))])
}

fn lru_cache(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [function, _] = match_args("lru_cache", ["maxsize", "typed"], 0, args)?;
    match function {
        Some(function) if it.is_callable(&function)? => Ok(cached(function)),
        _ => super::entry("functools.cache").map(Value::Builtin).ok_or_else(|| raise("SystemError", "no cache")),
    }
}

fn cached_call(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [function, Value::Dict(known), rest @ ..] = args.positional.as_slice() else {
        return Err(raise("TypeError", "a cache without its function"));
    };
    let mut key = rest.to_vec();
    for (name, value) in &args.keywords {
        key.extend([Value::Str(name.clone()), value.clone()]);
    }
    let key = Value::Tuple(Rc::new(key));
    let found = it.key_in_dict(known, &key)?;
    if let Some((_, value)) = known.items.borrow().get(&found) {
        return Ok(value.clone());
    }
    let call = Args { positional: rest.to_vec(), keywords: args.keywords.clone(), span: args.span };
    let value = it.call(function, call)?;
    it.dict_set(known, &key, value.clone())?;
    Ok(value)
}

fn cache_clear(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    if let Some(Value::Dict(known)) = args.positional.get(1) {
        known.items.borrow_mut().clear();
    }
    Ok(Value::None)
}

/// A method of a cached function.
pub(crate) fn cache_method(cached: &Bound, name: &str) -> Option<Value> {
    let row = if name == "cache_clear" { "functools.lru_cache clear" } else { "functools.lru_cache info" };
    Some(bound(row, cached.captured.clone()))
}

fn wraps(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("wraps", &args, 1, 1)?;
    Ok(bound("functools.wraps call", args.positional))
}

fn wraps_call(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("wraps", &args, 2, 2)?;
    let (wrapped, wrapper) = (&args.positional[0], &args.positional[1]);
    for name in ["__name__", "__qualname__", "__doc__", "__module__"] {
        if let Some(value) = it.find_attribute(wrapped, name)? {
            it.set_attribute(wrapper, name, value)?;
        }
    }
    it.set_attribute(wrapper, "__wrapped__", wrapped.clone())?;
    Ok(wrapper.clone())
}

fn cached_property(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let get = one_arg("cached_property", args)?;
    Ok(Value::Property(Rc::new(Property { get, set: Value::None, cached: true })))
}

/// Fills in the comparisons that a class with one of them lacks.
fn total_ordering(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("total_ordering", args)?;
    let Value::Class(class) = &value else { return Err(raise("TypeError", "total_ordering decorates a class")) };
    let operations = ["__lt__", "__le__", "__gt__", "__ge__"];
    let Some(root) = operations.into_iter().find(|name| class.lookup(name).is_some_and(|(_, owner)| owner.is_user))
    else {
        return Err(raise("ValueError", "must define at least one ordering operation: < > <= >="));
    };
    for name in operations {
        if class.lookup(name).is_some() {
            continue;
        }
        if let Some(entry) = super::entry("total_ordering compare") {
            let captured = vec![Value::Str(Name::from(root)), Value::Str(Name::from(name))];
            class.members.set(Name::from(name), Value::Bound(Rc::new(Bound { entry, captured, is_method: true })));
        }
    }
    Ok(value)
}

/// A comparison by way of another one and equality.
fn ordering_by_less(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [Value::Str(root), Value::Str(wanted), a, b] = args.positional.as_slice() else {
        return Err(raise("TypeError", "a comparison needs two objects"));
    };
    let Some(known) = it.call_special(a, root, vec![b.clone()])? else { return Ok(Value::NotImplemented) };
    if matches!(known, Value::NotImplemented) {
        return Ok(known);
    }
    let known = it.truth(&known)?;
    let same = it.equal(a, b)?;
    // From `a < b`, `a <= b`, `a > b` or `a >= b` and `a == b`, whether a is less.
    let less = match &**root {
        "__lt__" => known,
        "__le__" => known && !same,
        "__gt__" => !known && !same,
        _ => !known,
    };
    Ok(Value::Bool(match &**wanted {
        "__lt__" => less,
        "__le__" => less || same,
        "__gt__" => !less && !same,
        _ => !less,
    }))
}

/// The key of a value is an object that compares by calling the function.
fn compare_key(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [function, value] = args.positional.as_slice() else {
        return Err(raise("TypeError", "a key function takes one argument"));
    };
    let object = super::objects::plain_object("functools.CompareKey");
    it.set_plain_attribute(&object, "compare", function.clone())?;
    it.set_plain_attribute(&object, "obj", value.clone())?;
    Ok(object)
}

fn compare_keys(it: &mut Interpreter<'_>, args: &Args, op: CmpOp) -> Result<Value> {
    count_args("compare", args, 2, 2)?;
    let function = it.get_attribute(&args.positional[0], "compare")?;
    let (a, b) = (it.get_attribute(&args.positional[0], "obj")?, it.get_attribute(&args.positional[1], "obj")?);
    let order = it.call_with(&function, vec![a, b])?;
    it.compare(op, &order, &Value::Int(0))
}

fn abstract_method(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let function = one_arg("abstractmethod", args)?;
    if matches!(function, Value::Function(_)) {
        it.set_attribute(&function, "__isabstractmethod__", Value::Bool(true))?;
    }
    Ok(function)
}
