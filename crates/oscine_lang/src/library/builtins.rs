//! The built-in functions.

use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::arithmetic::{
    float_divmod, float_to_int, int_floor_div, int_mod, int_overflow, int_round, round_digits,
};
use crate::evaluate::array;
use crate::evaluate::attributes::dict_of;
use crate::evaluate::calls::{count_args, match_args, one_arg};
use crate::evaluate::compare::address;
use crate::evaluate::exceptions::raise;
use crate::evaluate::iterate::Iter;
use crate::evaluate::types::type_name;
use crate::evaluate::value::{Args, List, Name, Result, Value};
use crate::syntax::ast::BinOp;

const fn row(name: &'static str, load: fn(&mut Interpreter<'_>, Args) -> Result<Value>, audio: Audio) -> Entry {
    Entry { name, load, audio }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants };

static ENTRIES: &[Entry] = &[
    row("abs", abs, Audio::Rule),
    row("all", all, Audio::Rule),
    row("any", any, Audio::Rule),
    row("ascii", repr, Audio::LoadOnly),
    row("bin", based, Audio::LoadOnly),
    row("oct", |it, args| in_base(it, args, "oct"), Audio::LoadOnly),
    row("hex", |it, args| in_base(it, args, "hex"), Audio::LoadOnly),
    row("callable", callable, Audio::Rule),
    row("chr", chr, Audio::LoadOnly),
    row("delattr", delattr, Audio::LoadOnly),
    row("dir", dir, Audio::LoadOnly),
    row("divmod", divmod, Audio::Rule),
    row("format", format, Audio::LoadOnly),
    row("getattr", getattr, Audio::Rule),
    row("globals", globals, Audio::LoadOnly),
    row("hasattr", hasattr, Audio::Rule),
    row("hash", hash, Audio::LoadOnly),
    row("id", id, Audio::LoadOnly),
    row("input", input, Audio::LoadOnly),
    row("isinstance", isinstance, Audio::Rule),
    row("issubclass", issubclass, Audio::Rule),
    row("iter", iter, Audio::LoadOnly),
    row("len", len, Audio::Rule),
    row("max", |it, args| extreme(it, args, "max"), Audio::Rule),
    row("min", |it, args| extreme(it, args, "min"), Audio::Rule),
    row("next", next, Audio::Rule),
    row("open", open, Audio::LoadOnly),
    row("ord", ord, Audio::LoadOnly),
    row("pow", pow, Audio::Rule),
    row("print", print, Audio::LoadOnly),
    row("repr", repr, Audio::LoadOnly),
    row("round", round, Audio::Rule),
    row("setattr", setattr, Audio::Rule),
    row("sorted", sorted, Audio::Rule),
    row("sum", sum, Audio::Rule),
    row("vars", vars, Audio::LoadOnly),
    row("__import__", import, Audio::LoadOnly),
];

fn constants() -> Vec<(&'static str, Value)> {
    vec![("Ellipsis", Value::Ellipsis), ("NotImplemented", Value::NotImplemented), ("__debug__", Value::Bool(true))]
}

fn text(text: impl Into<String>) -> Value {
    Value::Str(Name::from(text.into()))
}

fn abs(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("abs", args)?;
    if let Some(result) = it.call_special(&value, "__abs__", vec![])? {
        return Ok(result);
    }
    Ok(match value.plain() {
        Value::Int(number) => Value::Int(number.checked_abs().ok_or_else(int_overflow)?),
        Value::Bool(number) => Value::Int(i64::from(number)),
        Value::Float(number) => Value::Float(number.abs()),
        Value::Complex(re, im) => {
            let size = re.hypot(im);
            if size.is_infinite() && re.is_finite() && im.is_finite() {
                return Err(raise("OverflowError", "absolute value too large"));
            }
            Value::Float(size)
        }
        operand @ Value::Array(_) => match super::entry("numpy.abs") {
            Some(entry) => return it.call_with(&Value::Builtin(entry), vec![operand]),
            None => operand,
        },
        other => return Err(raise("TypeError", format!("bad operand type for abs(): '{}'", type_name(&other)))),
    })
}

fn all(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut values = it.iterate(&one_arg("all", args)?)?;
    while let Some(value) = it.advance(&mut values)? {
        if !it.truth(&value)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn any(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut values = it.iterate(&one_arg("any", args)?)?;
    while let Some(value) = it.advance(&mut values)? {
        if it.truth(&value)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn based(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    in_base(it, args, "bin")
}

fn in_base(it: &mut Interpreter<'_>, args: Args, name: &'static str) -> Result<Value> {
    let number = it.int_of(&one_arg(name, args)?)?;
    let (sign, magnitude) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    Ok(text(match name {
        "bin" => format!("{sign}0b{magnitude:b}"),
        "oct" => format!("{sign}0o{magnitude:o}"),
        _ => format!("{sign}0x{magnitude:x}"),
    }))
}

fn callable(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("callable", args)?;
    it.is_callable(&value).map(Value::Bool)
}

fn chr(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let code = it.int_of(&one_arg("chr", args)?)?;
    let c = u32::try_from(code).ok().and_then(char::from_u32);
    c.map(|c| text(c.to_string())).ok_or_else(|| raise("ValueError", "chr() arg not in range(0x110000)"))
}

fn ord(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("ord", args)?;
    let Value::Str(text) = value.plain() else {
        let kind = type_name(&value);
        return Err(raise("TypeError", format!("ord() expected string of length 1, but {kind} found")));
    };
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        Ok(Value::Int(i64::from(c as u32)))
    } else {
        let length = text.chars().count();
        let words = format!("ord() expected a character, but string of length {length} found");
        Err(raise("TypeError", words))
    }
}

fn attribute_name(value: &Value) -> Result<Name> {
    match value.plain() {
        Value::Str(name) => Ok(name),
        other => Err(raise("TypeError", format!("attribute name must be string, not '{}'", type_name(&other)))),
    }
}

fn getattr(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("getattr", &args, 2, 3)?;
    let name = attribute_name(&args.positional[1])?;
    match args.positional.get(2) {
        None => it.get_attribute(&args.positional[0], &name),
        Some(otherwise) => match it.find_attribute(&args.positional[0], &name) {
            Ok(found) => Ok(found.unwrap_or_else(|| otherwise.clone())),
            Err(raised) if raised.is("AttributeError") => Ok(otherwise.clone()),
            Err(raised) => Err(raised),
        },
    }
}

fn hasattr(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("hasattr", &args, 2, 2)?;
    let name = attribute_name(&args.positional[1])?;
    match it.find_attribute(&args.positional[0], &name) {
        Ok(found) => Ok(Value::Bool(found.is_some())),
        Err(raised) if raised.is("AttributeError") => Ok(Value::Bool(false)),
        Err(raised) => Err(raised),
    }
}

fn setattr(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("setattr", &args, 3, 3)?;
    let name = attribute_name(&args.positional[1])?;
    it.set_attribute(&args.positional[0], &name, args.positional[2].clone())?;
    Ok(Value::None)
}

fn delattr(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("delattr", &args, 2, 2)?;
    let name = attribute_name(&args.positional[1])?;
    it.delete_attribute(&args.positional[0], &name)?;
    Ok(Value::None)
}

fn names_in(value: &Value) -> Vec<Name> {
    let keys = |namespace: &crate::evaluate::value::Namespace| namespace.0.borrow().keys().cloned().collect::<Vec<_>>();
    let of_class = |class: &crate::evaluate::value::Class| {
        class.mro.borrow().iter().flat_map(|class| keys(&class.members)).collect::<Vec<_>>()
    };
    match value {
        Value::Instance(instance) => [keys(&instance.attributes), of_class(&instance.class)].concat(),
        Value::Class(class) => of_class(class),
        Value::Module(module) => keys(&module.globals),
        _ => vec![],
    }
}

fn dir(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut names = names_in(&one_arg("dir", args)?);
    names.sort();
    names.dedup();
    Ok(Value::List(Rc::new(List(names.into_iter().map(Value::Str).collect::<Vec<_>>().into()))))
}

fn vars(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("vars", args)?;
    match &value {
        Value::Instance(_) => it.get_attribute(&value, "__dict__"),
        Value::Class(class) => Ok(dict_of(&class.members)),
        Value::Module(module) => Ok(dict_of(&module.globals)),
        _ => {
            let found = it.find_attribute(&value, "__dict__")?;
            found.ok_or_else(|| raise("TypeError", "vars() argument must have __dict__ attribute"))
        }
    }
}

fn globals(_: &mut Interpreter<'_>, _: Args) -> Result<Value> {
    Err(raise("NotImplementedError", "oscine has no `globals()`: declare the names with `global`"))
}

fn divmod(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("divmod", &args, 2, 2)?;
    let (a, b) = (args.positional[0].plain(), args.positional[1].plain());
    let pair = |q, r| Value::Tuple(Rc::new(vec![q, r]));
    if let (Some(a), Some(b)) = (a.as_int(), b.as_int()) {
        return Ok(pair(Value::Int(int_floor_div(a, b)?), Value::Int(int_mod(a, b)?)));
    }
    let is_number = |value: &Value| matches!(value, Value::Int(_) | Value::Bool(_) | Value::Float(_));
    if is_number(&a) && is_number(&b) {
        let (q, r) = float_divmod(a.as_float().unwrap_or(0.0), b.as_float().unwrap_or(0.0))?;
        return Ok(pair(Value::Float(q), Value::Float(r)));
    }
    if matches!(a, Value::Array(_)) || matches!(b, Value::Array(_)) {
        return Ok(pair(array::binary(BinOp::FloorDiv, &a, &b)?, array::binary(BinOp::Mod, &a, &b)?));
    }
    if let Some(result) = it.call_special(&args.positional[0], "__divmod__", vec![args.positional[1].clone()])? {
        return Ok(result);
    }
    let (a, b) = (type_name(&a), type_name(&b));
    Err(raise("TypeError", format!("unsupported operand type(s) for divmod(): '{a}' and '{b}'")))
}

fn format(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("format", &args, 1, 2)?;
    let spec = match args.positional.get(1) {
        None => Name::from(""),
        Some(Value::Str(spec)) => spec.clone(),
        Some(other) => {
            let kind = type_name(other);
            return Err(raise("TypeError", format!("format() argument 2 must be str, not {kind}")));
        }
    };
    it.format(&args.positional[0], &spec).map(text)
}

fn hash(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("hash", args)?;
    it.hash(&value).map(Value::Int)
}

fn id(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("id", args)?;
    Ok(Value::Int(address(&value).unwrap_or(1) as i64))
}

fn input(_: &mut Interpreter<'_>, _: Args) -> Result<Value> {
    Err(raise("RuntimeError", "oscine runs scripts without a keyboard: use a `param` in place of `input`"))
}

fn open(_: &mut Interpreter<'_>, _: Args) -> Result<Value> {
    Err(raise("RuntimeError", "oscine's scripts cannot open files: sound comes in by the inputs of `process`"))
}

fn isinstance(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("isinstance", &args, 2, 2)?;
    Interpreter::is_instance(&args.positional[0], &args.positional[1]).map(Value::Bool)
}

fn issubclass(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("issubclass", &args, 2, 2)?;
    let Value::Class(class) = &args.positional[0] else {
        return Err(raise("TypeError", "issubclass() arg 1 must be a class"));
    };
    let wanted = match &args.positional[1] {
        Value::Tuple(all) => (**all).clone(),
        one => vec![one.clone()],
    };
    for wanted in wanted {
        match wanted {
            Value::Class(wanted) if class.derives_from(&wanted) => return Ok(Value::Bool(true)),
            Value::Class(_) => {}
            _ => return Err(raise("TypeError", "issubclass() arg 2 must be a class, a tuple of classes, or a union")),
        }
    }
    Ok(Value::Bool(false))
}

fn iter(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("iter", &args, 1, 2)?;
    if let [function, sentinel] = args.positional.as_slice() {
        return Ok(Iter::Until(function.clone(), sentinel.clone()).into_value());
    }
    match it.iterate(&args.positional[0])? {
        Iter::Shared(shared) => Ok(Value::Iterator(shared)),
        Iter::Object(_) => match it.call_special(&args.positional[0], "__iter__", vec![])? {
            Some(iterator) => Ok(iterator),
            None => Ok(args.positional[0].clone()),
        },
        iter => Ok(iter.into_value()),
    }
}

fn next(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("next", &args, 1, 2)?;
    // A generator's `return value` becomes the exception's.
    match it.next_of(&args.positional[0])? {
        Some(value) => Ok(value),
        None => match args.positional.get(1) {
            Some(otherwise) => Ok(otherwise.clone()),
            None => Err(raise("StopIteration", "")),
        },
    }
}

fn len(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("len", args)?;
    it.length(&value).map(|length| Value::Int(length as i64))
}

fn extreme(it: &mut Interpreter<'_>, args: Args, name: &'static str) -> Result<Value> {
    let (mut key, mut default) = (Value::None, None);
    for (keyword, value) in args.keywords {
        match &*keyword {
            "key" => key = value,
            "default" => default = Some(value),
            _ => {
                let words = format!("'{keyword}' is an invalid keyword argument for {name}()");
                return Err(raise("TypeError", words));
            }
        }
    }
    let values = match args.positional.as_slice() {
        [] => return Err(raise("TypeError", format!("{name} expected at least 1 argument, got 0"))),
        [values] => it.list_of(values)?,
        values => values.to_vec(),
    };
    let mut best: Option<(Value, Value)> = None;
    for value in values {
        let rank = if matches!(key, Value::None) { value.plain() } else { it.call_with(&key, vec![value.clone()])? };
        let is_better = match &best {
            None => true,
            Some((_, known)) if name == "max" => {
                let greater = it.compare(crate::syntax::ast::CmpOp::Gt, &rank, known)?;
                it.truth(&greater)?
            }
            Some((_, known)) => it.less(&rank, known)?,
        };
        if is_better {
            best = Some((value, rank));
        }
    }
    match best {
        Some((Value::Param(param), _)) => Ok(param.value.clone()),
        Some((value, _)) => Ok(value),
        None => default.ok_or_else(|| raise("ValueError", format!("{name}() arg is an empty sequence"))),
    }
}

fn pow(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [base, exponent, modulus] = match_args("pow", ["base", "exp", "mod"], 2, args)?;
    let (base, exponent) = (base.unwrap_or(Value::None), exponent.unwrap_or(Value::None));
    let Some(modulus) = modulus.filter(|modulus| !matches!(modulus, Value::None)) else {
        return it.binary(BinOp::Pow, &base, &exponent);
    };
    let (Some(base), Some(exponent), Some(modulus)) = (base.as_int(), exponent.as_int(), modulus.as_int()) else {
        return Err(raise("TypeError", "pow() 3rd argument not allowed unless all arguments are integers"));
    };
    if modulus == 0 {
        return Err(raise("ValueError", "pow() 3rd argument cannot be 0"));
    }
    let m = i128::from(modulus).abs();
    let mut power = i128::from(base).rem_euclid(m);
    if exponent < 0 {
        power = inverse(power, m).ok_or_else(|| raise("ValueError", "base is not invertible for the given modulus"))?;
    }
    let (mut result, mut left) = (1 % m, exponent.unsigned_abs());
    while left > 0 {
        if left & 1 == 1 {
            result = result * power % m;
        }
        power = power * power % m;
        left >>= 1;
    }
    let result = if modulus < 0 && result != 0 { result - m } else { result };
    Ok(Value::Int(result as i64))
}

/// The number whose product with `a` leaves 1, by Euclid's algorithm.
fn inverse(a: i128, m: i128) -> Option<i128> {
    let (mut old, mut rest, mut x, mut y) = (a, m, 1i128, 0i128);
    while rest != 0 {
        let quotient = old / rest;
        (old, rest) = (rest, old - quotient * rest);
        (x, y) = (y, x - quotient * y);
    }
    (old == 1).then(|| x.rem_euclid(m))
}

fn print(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let (mut separator, mut end, mut to_errors) = (" ".to_owned(), "\n".to_owned(), false);
    for (name, value) in &args.keywords {
        let words = |value: &Value, otherwise: &str| match value {
            Value::None => Ok(otherwise.to_owned()),
            Value::Str(words) => Ok(words.to_string()),
            other => Err(raise("TypeError", format!("{name} must be None or a string, not {}", type_name(other)))),
        };
        match &**name {
            "sep" => separator = words(value, " ")?,
            "end" => end = words(value, "\n")?,
            "file" => to_errors = matches!(value, Value::Str(name) if &**name == "stderr"),
            "flush" => {}
            _ => return Err(raise("TypeError", format!("'{name}' is an invalid keyword argument for print()"))),
        }
    }
    let texts: Result<Vec<String>> = args.positional.iter().map(|value| it.str(value)).collect();
    let line = texts?.join(&separator) + &end;
    if !to_errors {
        it.print_text(&line);
    }
    Ok(Value::None)
}

fn repr(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("repr", args)?;
    it.repr(&value).map(text)
}

fn round(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [number, digits] = match_args("round", ["number", "ndigits"], 1, args)?;
    let number = number.unwrap_or(Value::None);
    let digits = digits.filter(|digits| !matches!(digits, Value::None));
    if it.special(&number, "__round__")?.is_some() {
        let result = it.call_special(&number, "__round__", digits.into_iter().collect())?;
        return Ok(result.unwrap_or(Value::None));
    }
    let digits = digits.map(|digits| it.int_of(&digits)).transpose()?;
    Ok(match (number.plain(), digits) {
        (Value::Int(value), Some(digits)) => Value::Int(int_round(value, digits)?),
        (Value::Int(value), None) => Value::Int(value),
        (Value::Bool(value), _) => Value::Int(i64::from(value)),
        (Value::Float(value), Some(digits)) => Value::Float(round_digits(value, digits)?),
        (Value::Float(value), None) => Value::Int(float_to_int(value.round_ties_even())?),
        (Value::Array(operand), digits) => {
            let scalar = array::plain(&Value::Array(operand.clone()));
            match (scalar, digits) {
                // numpy's float64 is a float here, and gives an int without digits.
                (Value::Float(value), None) => Value::Int(float_to_int(value.round_ties_even())?),
                (_, digits) => {
                    let positional = vec![Value::Int(digits.unwrap_or(0))];
                    array::call_method(&operand, "round", Args { positional, ..Args::default() })?
                }
            }
        }
        (other, _) => {
            return Err(raise("TypeError", format!("type {} doesn't define __round__ method", type_name(&other))));
        }
    })
}

fn sorted(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let (mut key, mut reverse) = (Value::None, false);
    for (name, value) in &args.keywords {
        match &**name {
            "key" => key = value.clone(),
            "reverse" => reverse = it.truth(value)?,
            _ => return Err(raise("TypeError", format!("'{name}' is an invalid keyword argument for sort()"))),
        }
    }
    let [values] = args.positional.as_slice() else {
        let given = args.positional.len();
        return Err(raise("TypeError", format!("sorted expected 1 argument, got {given}")));
    };
    let values = it.list_of(values)?;
    let sorted = it.sorted(values, &key, reverse)?;
    Ok(Value::List(Rc::new(List(sorted.into()))))
}

/// Ints exactly and floats from left to right, as CPython 3.11 adds.
fn sum(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [values, start] = match_args("sum", ["iterable", "start"], 1, args)?;
    let mut total = start.unwrap_or(Value::Int(0));
    if matches!(total, Value::Str(_)) {
        return Err(raise("TypeError", "sum() can't sum strings [use ''.join(seq) instead]"));
    }
    let mut values = it.iterate(&values.unwrap_or(Value::None))?;
    while let Some(value) = it.advance(&mut values)? {
        it.step()?;
        total = it.binary(BinOp::Add, &total, &value.plain())?;
    }
    Ok(total)
}

fn import(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    match one_arg("__import__", args)? {
        Value::Str(name) => it.import(&name).map(Value::Module),
        _ => Err(raise("TypeError", "__import__() argument 1 must be str")),
    }
}
