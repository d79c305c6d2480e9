//! The built-in types as functions: what `int(x)`, `list(x)` or `range(n)` make.

use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::arithmetic::{float_to_int, int_overflow};
use crate::evaluate::array;
use crate::evaluate::calls::{count_args, match_args, one_arg};
use crate::evaluate::exceptions::raise;
use crate::evaluate::iterate::Iter;
use crate::evaluate::numerals::{parse_float, parse_int};
use crate::evaluate::types::{class_of, type_name};
use crate::evaluate::value::{Args, Dict, Items, List, Name, Namespace, Property, Range, Result, Super, Value};

const fn row(name: &'static str, load: fn(&mut Interpreter<'_>, Args) -> Result<Value>, audio: Audio) -> Entry {
    Entry { name, load, audio }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

static ENTRIES: &[Entry] = &[
    row("bool", bool, Audio::Rule),
    row("complex", complex, Audio::Rule),
    row("dict", dict, Audio::LoadOnly),
    row("enumerate", enumerate, Audio::Rule),
    row("filter", filter, Audio::LoadOnly),
    row("float", float, Audio::Rule),
    row("frozenset", |it, args| set(it, args, true), Audio::LoadOnly),
    row("int", int, Audio::Rule),
    row("list", list, Audio::Rule),
    row("map", map, Audio::Rule),
    row("object", object, Audio::LoadOnly),
    row("property", property, Audio::LoadOnly),
    row("range", range, Audio::Rule),
    row("reversed", reversed, Audio::Rule),
    row("set", |it, args| set(it, args, false), Audio::LoadOnly),
    row("slice", slice, Audio::LoadOnly),
    row("str", str, Audio::LoadOnly),
    row("super", super_, Audio::LoadOnly),
    row("tuple", tuple, Audio::Rule),
    row("type", type_, Audio::Rule),
    row("zip", zip, Audio::Rule),
    row("staticmethod", |_, args| Ok(Value::StaticMethod(Rc::new(one_arg("staticmethod", args)?))), Audio::LoadOnly),
    row("classmethod", |_, args| Ok(Value::ClassMethod(Rc::new(one_arg("classmethod", args)?))), Audio::LoadOnly),
    row("property.setter call", |_, args| part(&args, "setter"), Audio::LoadOnly),
    row("property.getter call", |_, args| part(&args, "getter"), Audio::LoadOnly),
    row("property.deleter call", |_, args| part(&args, "deleter"), Audio::LoadOnly),
];

fn positional(function: &str, args: Args) -> Result<Option<Value>> {
    count_args(function, &args, 0, 1).map_err(|raised| {
        let given = args.positional.len();
        if given > 1 {
            raise("TypeError", format!("{function} expected at most 1 argument, got {given}"))
        } else {
            raised
        }
    })?;
    Ok(args.positional.into_iter().next())
}

fn bool(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = positional("bool", args)?;
    value.map_or(Ok(false), |value| it.truth(&value)).map(Value::Bool)
}

fn int(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [value, base] = match_args("int", ["x", "base"], 0, args)?;
    let Some(value) = value else { return Ok(Value::Int(0)) };
    if let Some(base) = base {
        let Value::Str(text) = &value else {
            return Err(raise("TypeError", "int() can't convert non-string with explicit base"));
        };
        let base = it.int_of(&base)?;
        if base != 0 && !(2..=36).contains(&base) {
            return Err(raise("ValueError", "int() base must be >= 2 and <= 36, or 0"));
        }
        return int_of_text(it, text, base as u32);
    }
    for name in ["__int__", "__index__", "__trunc__"] {
        if let Some(result) = it.call_special(&value, name, vec![])? {
            return it.int_of(&result).map(Value::Int);
        }
    }
    match array::plain(&value.plain()) {
        Value::Int(number) => Ok(Value::Int(number)),
        Value::Bool(number) => Ok(Value::Int(i64::from(number))),
        Value::Float(number) => float_to_int(number).map(Value::Int),
        Value::Str(text) => int_of_text(it, &text, 10),
        Value::Array(_) => Err(raise("TypeError", "only 0-dimensional arrays can be converted to Python scalars")),
        other => {
            let kind = type_name(&other);
            let words = format!("int() argument must be a string, a bytes-like object or a real number, not '{kind}'");
            Err(raise("TypeError", words))
        }
    }
}

fn int_of_text(it: &mut Interpreter<'_>, text: &Name, base: u32) -> Result<Value> {
    match parse_int(text, base) {
        Some(Ok(number)) => Ok(Value::Int(number)),
        Some(Err(())) => Err(int_overflow()),
        None => {
            let shown = it.repr(&Value::Str(text.clone()))?;
            Err(raise("ValueError", format!("invalid literal for int() with base {base}: {shown}")))
        }
    }
}

fn float(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let Some(value) = positional("float", args)? else { return Ok(Value::Float(0.0)) };
    if let Some(result) = it.call_special(&value, "__float__", vec![])? {
        return match result {
            Value::Float(_) => Ok(result),
            other => {
                let words = format!("{}.__float__ returned non-float (type {})", type_name(&value), type_name(&other));
                Err(raise("TypeError", words))
            }
        };
    }
    match array::plain(&value.plain()) {
        Value::Str(text) => {
            if let Some(number) = parse_float(&text) {
                Ok(Value::Float(number))
            } else {
                let shown = it.repr(&Value::Str(text))?;
                Err(raise("ValueError", format!("could not convert string to float: {shown}")))
            }
        }
        Value::Array(_) => Err(raise("TypeError", "only 0-dimensional arrays can be converted to Python scalars")),
        other => other.as_float().map(Value::Float).ok_or_else(|| {
            let kind = type_name(&other);
            raise("TypeError", format!("float() argument must be a string or a real number, not '{kind}'"))
        }),
    }
}

fn complex(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [re, im] = match_args("complex", ["real", "imag"], 0, args)?;
    let malformed = || raise("ValueError", "complex() arg is a malformed string");
    if let Some(Value::Str(text)) = &re {
        let text = text.trim().trim_start_matches('(').trim_end_matches(')');
        let Some(body) = text.strip_suffix(['j', 'J']) else {
            return parse_float(text).map(|re| Value::Complex(re, 0.0)).ok_or_else(malformed);
        };
        // The imaginary part begins at the last sign that does not belong to an exponent.
        let split = body
            .char_indices()
            .rev()
            .find(|&(at, c)| (c == '+' || c == '-') && at > 0 && !body[..at].ends_with(['e', 'E']));
        let (re, im) = split.map_or(("0", body), |(at, _)| body.split_at(at));
        let im = if matches!(im, "" | "+" | "-") { format!("{im}1") } else { im.to_owned() };
        return match (parse_float(re), parse_float(&im)) {
            (Some(re), Some(im)) => Ok(Value::Complex(re, im)),
            _ => Err(malformed()),
        };
    }
    let part = |value: Option<Value>| match value {
        None => Ok((0.0, 0.0)),
        Some(value) => array::plain(&value.plain()).as_complex().ok_or_else(|| {
            let kind = type_name(&value);
            raise("TypeError", format!("complex() first argument must be a string or a number, not '{kind}'"))
        }),
    };
    let (has_two, re, im) = (im.is_some(), part(re)?, part(im)?);
    // A part that is real keeps the sign of its zero.
    let imaginary = if has_two && re.1 == 0.0 { im.0 } else { re.1 + im.0 };
    Ok(Value::Complex(if im.1 == 0.0 { re.0 } else { re.0 - im.1 }, imaginary))
}

fn str(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [value, encoding] = match_args("str", ["object", "encoding"], 0, args)?;
    if let Some(encoding) = encoding {
        let kind = type_name(&encoding);
        let words = if &*kind == "str" {
            "decoding str is not supported".to_owned()
        } else {
            format!("str() argument 'encoding' must be str, not {kind}")
        };
        return Err(raise("TypeError", words));
    }
    let text = value.map_or(Ok(String::new()), |value| it.str(&value))?;
    Ok(Value::Str(Name::from(text)))
}

fn list(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let values = positional("list", args)?;
    let items = values.map_or(Ok(vec![]), |values| it.list_of(&values))?;
    Ok(Value::List(Rc::new(List(items.into()))))
}

fn tuple(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    match positional("tuple", args)? {
        Some(tuple @ Value::Tuple(_)) => Ok(tuple),
        values => Ok(Value::Tuple(Rc::new(values.map_or(Ok(vec![]), |values| it.list_of(&values))?))),
    }
}

fn set(it: &mut Interpreter<'_>, args: Args, frozen: bool) -> Result<Value> {
    let values = positional(if frozen { "frozenset" } else { "set" }, args)?;
    let items = values.map_or(Ok(vec![]), |values| it.list_of(&values))?;
    it.make_set(items, frozen)
}

fn dict(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    if args.positional.len() > 1 {
        let given = args.positional.len();
        return Err(raise("TypeError", format!("dict expected at most 1 argument, got {given}")));
    }
    let dict = Rc::new(Dict::new(Items::default()));
    it.dict_update(&dict, args)?;
    Ok(Value::Dict(dict))
}

fn range(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("range", &args, 1, 3)?;
    let mut numbers = vec![];
    for value in &args.positional {
        numbers.push(it.int_of(value)?);
    }
    let (start, stop, step) = match numbers.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [start, stop, step, ..] => (*start, *stop, *step),
        [] => (0, 0, 1),
    };
    if step == 0 {
        return Err(raise("ValueError", "range() arg 3 must not be zero"));
    }
    Ok(Value::Range(Range { start, stop, step }))
}

fn slice(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("slice", &args, 1, 3)?;
    let mut given = args.positional.into_iter();
    Ok(Value::Slice(Rc::new(match (given.next(), given.next(), given.next()) {
        (Some(stop), None, _) => [Value::None, stop, Value::None],
        (start, stop, step) => [start.unwrap_or(Value::None), stop.unwrap_or(Value::None), step.unwrap_or(Value::None)],
    })))
}

fn enumerate(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [values, start] = match_args("enumerate", ["iterable", "start"], 1, args)?;
    let start = start.map_or(Ok(0), |start| it.int_of(&start))?;
    let values = it.iterate(&values.unwrap_or(Value::None))?;
    Ok(Iter::Enumerate(Box::new(values), start).into_value())
}

fn zip(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut strict = false;
    for (name, value) in &args.keywords {
        if &**name != "strict" {
            return Err(raise("TypeError", format!("'{name}' is an invalid keyword argument for zip()")));
        }
        strict = it.truth(value)?;
    }
    let iters: Result<Vec<Iter>> = args.positional.iter().map(|values| it.iterate(values)).collect();
    Ok(Iter::Zip(iters?, strict).into_value())
}

fn map(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let Some((function, values)) = args.positional.split_first().filter(|(_, values)| !values.is_empty()) else {
        return Err(raise("TypeError", "map() must have at least two arguments."));
    };
    let iters: Result<Vec<Iter>> = values.iter().map(|values| it.iterate(values)).collect();
    Ok(Iter::Map(function.clone(), iters?).into_value())
}

fn filter(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("filter", &args, 2, 2)?;
    let values = it.iterate(&args.positional[1])?;
    Ok(Iter::Filter(args.positional[0].clone(), Box::new(values), true).into_value())
}

fn reversed(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("reversed", args)?;
    if let Some(result) = it.call_special(&value, "__reversed__", vec![])? {
        return Ok(result);
    }
    Ok(match &value {
        Value::List(list) => {
            let length = list.0.borrow().len();
            Iter::ListBackwards(list.clone(), length).into_value()
        }
        Value::Range(range) => {
            let length = range.len();
            let last = range.start.wrapping_add((length as i64 - 1).wrapping_mul(range.step));
            Iter::Range(last, range.step.wrapping_neg(), length).into_value()
        }
        Value::Tuple(_) | Value::Str(_) | Value::Dict(_) | Value::Deque(_) | Value::Array(_) | Value::Iterator(_)
            if !matches!(&value, Value::Iterator(_)) || it.length(&value).is_ok() =>
        {
            let mut items = it.list_of(&value)?;
            items.reverse();
            Iter::Values(items.into_iter()).into_value()
        }
        Value::Instance(_)
            if it.special(&value, "__len__")?.is_some() && it.special(&value, "__getitem__")?.is_some() =>
        {
            let mut items = vec![];
            for index in (0..it.length(&value)?).rev() {
                items.push(it.get_item(&value, &Value::Int(index as i64))?);
            }
            Iter::Values(items.into_iter()).into_value()
        }
        other => return Err(raise("TypeError", format!("'{}' object is not reversible", type_name(other)))),
    })
}

fn object(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    if !args.positional.is_empty() || !args.keywords.is_empty() {
        return Err(raise("TypeError", "object() takes no arguments"));
    }
    Ok(super::objects::plain_object("object"))
}

fn property(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [get, set, _, _] = match_args("property", ["fget", "fset", "fdel", "doc"], 0, args)?;
    let (get, set) = (get.unwrap_or(Value::None), set.unwrap_or(Value::None));
    Ok(Value::Property(Rc::new(Property { get, set, cached: false })))
}

fn part(args: &Args, which: &str) -> Result<Value> {
    let [Value::Property(property), function] = args.positional.as_slice() else {
        return Err(raise("TypeError", format!("property.{which} takes one function")));
    };
    let (mut get, mut set) = (property.get.clone(), property.set.clone());
    match which {
        "getter" => get = function.clone(),
        "setter" => set = function.clone(),
        _ => {}
    }
    Ok(Value::Property(Rc::new(Property { get, set, cached: property.cached })))
}

fn super_(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    match args.positional.as_slice() {
        [Value::Class(class), receiver] => {
            Ok(Value::Super(Rc::new(Super { class: class.clone(), receiver: receiver.clone() })))
        }
        [] => Err(raise("RuntimeError", "super(): no arguments")),
        [other, ..] => Err(raise("TypeError", format!("super() argument 1 must be a type, not {}", type_name(other)))),
    }
}

fn type_(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    match args.positional.as_slice() {
        [value] => Ok(match value {
            Value::Array(array) if array.shape.is_empty() => Value::Dtype(array.data.dtype),
            value => Value::Class(class_of(value)),
        }),
        [Value::Str(name), Value::Tuple(bases), Value::Dict(members)] => {
            let bases: Vec<_> =
                bases.iter().filter_map(|b| if let Value::Class(c) = b { Some(c.clone()) } else { None }).collect();
            let namespace = Namespace::default();
            for (key, value) in members.items.borrow().values() {
                if let Value::Str(key) = key {
                    namespace.set(key.clone(), value.clone());
                }
            }
            it.new_class(name, bases, namespace, &[], vec![])
        }
        _ => Err(raise("TypeError", "type() takes 1 or 3 arguments")),
    }
}
