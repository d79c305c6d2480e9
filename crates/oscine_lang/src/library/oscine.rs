//! `oscine`: what a script imports from us. `param` has the checks and the words of the Python package's.

use std::cell::Cell;
use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::calls::match_args;
use crate::evaluate::exceptions::raise;
use crate::evaluate::types::type_name;
use crate::evaluate::value::{Args, Module, Name, ParamValue, Result, Value};
use oscine_dsp::{Param, ParamKind, Scale};

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

static ENTRIES: &[Entry] = &[Entry { name: "oscine.param", load: param, audio: Audio::LoadOnly }];

/// Gives a new copy of the module the facts of the run.
pub(super) fn configure(module: &Module, it: &Interpreter<'_>) {
    let options = it.options();
    module.globals.set(Name::from("samplerate"), Value::Float(options.sample_rate));
    module.globals.set(Name::from("blocksize"), Value::Int(options.block_frames as i64));
}

const NAMES: [&str; 11] =
    ["default", "min", "max", "unit", "scale", "step", "smooth", "label", "group", "choices", "midi"];

fn param(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let span = args.span;
    let given = args.positional.len();
    if given > 3 {
        let words = format!("param() takes from 1 to 3 positional arguments but {given} were given");
        return Err(raise("TypeError", words));
    }
    if let Some((name, _)) = args.keywords.iter().find(|(name, _)| !NAMES.contains(&&**name)) {
        return Err(raise("TypeError", format!("param() got an unexpected keyword argument '{name}'")));
    }
    if given == 0 && !args.keywords.iter().any(|(name, _)| &**name == "default") {
        return Err(raise("TypeError", "param() missing 1 required positional argument: 'default'"));
    }
    let [default, min, max, unit, scale, step, smooth, label, group, choices, midi] =
        match_args("param", NAMES, 1, args)?;
    let is_given = |value: &Option<Value>| value.as_ref().is_some_and(|value| !matches!(value, Value::None));
    let default = default.map_or(Value::None, |value| crate::evaluate::array::plain(&value));
    let midi = match midi.filter(|midi| !matches!(midi, Value::None)) {
        None => None,
        Some(Value::Int(number)) if (0..=127).contains(&number) => Some(number as u8),
        Some(Value::Int(number)) => {
            return Err(raise("ValueError", format!("midi must be a controller number from 0 to 127, not {number}")));
        }
        Some(other) => {
            let kind = type_name(&other);
            return Err(raise("TypeError", format!("midi must be a controller number from 0 to 127, not {kind}")));
        }
    };
    let text = |value: Option<Value>| match value {
        Some(Value::Str(text)) => Some(text.to_string()),
        _ => None,
    };
    let declare = |kind: ParamKind, value: Value, default: f64, min: f64, max: f64| Param {
        name: String::new(),
        kind,
        default,
        min,
        max,
        unit: text(unit.clone()).unwrap_or_default(),
        scale: match &scale {
            Some(Value::Str(scale)) if &**scale == "log" => Scale::Log,
            _ => Scale::Linear,
        },
        step: step.as_ref().and_then(Value::as_float),
        smooth_seconds: match value {
            Value::Float(_) => smooth.as_ref().map_or(0.02, |smooth| smooth.as_float().unwrap_or(0.02)),
            _ => 0.0,
        },
        label: text(label.clone()),
        group: text(group.clone()),
        midi,
    };
    let made = |param: Param, value: Value| {
        Ok(Value::Param(Rc::new(ParamValue { param, value, span, named: Cell::new(false) })))
    };
    if let Some(choices) = choices.filter(|choices| !matches!(choices, Value::None)) {
        if is_given(&min) || is_given(&max) {
            return Err(raise("ValueError", "a parameter with choices takes no min and max"));
        }
        let mut names = vec![];
        for name in it.list_of(&choices)? {
            match name.plain() {
                Value::Str(name) => names.push(name.to_string()),
                other => {
                    let kind = type_name(&other);
                    return Err(raise("TypeError", format!("choices must be strings, not {kind}")));
                }
            }
        }
        let index = match &default {
            Value::Str(default) => names.iter().position(|name| **name == **default),
            _ => None,
        };
        let Some(index) = index else {
            let shown: Vec<String> = names.iter().map(|name| crate::evaluate::display::string_repr(name)).collect();
            let words = format!("default {} is not one of [{}]", it.repr(&default)?, shown.join(", "));
            return Err(raise("ValueError", words));
        };
        let last = (names.len() - 1) as f64;
        let param = declare(ParamKind::Choice(names), default.clone(), index as f64, 0.0, last);
        return made(param, default);
    }
    if matches!(default, Value::Str(_)) {
        return Err(raise("ValueError", "a parameter that is a string needs choices=[...]"));
    }
    if let Value::Bool(flag) = default {
        if is_given(&min) || is_given(&max) {
            return Err(raise("ValueError", "a parameter that is True or False takes no min and max"));
        }
        let param = declare(ParamKind::Bool, default.clone(), f64::from(u8::from(flag)), 0.0, 1.0);
        return made(param, default);
    }
    let mut numbers = vec![];
    let bounds = [("default", Some(default)), ("min", min), ("max", max)];
    for (name, value) in bounds {
        let value = value.map_or(Value::None, |value| crate::evaluate::array::plain(&value));
        match &value {
            Value::None => return Err(raise("ValueError", format!("a number needs {name}: param(default, min, max)"))),
            Value::Int(_) => {}
            Value::Float(number) if number.is_finite() => {}
            Value::Float(_) => {
                return Err(raise("ValueError", format!("{name} must be finite, not {}", it.str(&value)?)));
            }
            other => {
                return Err(raise("TypeError", format!("{name} must be a number, not {}", type_name(other))));
            }
        }
        numbers.push(value);
    }
    let shown: Result<Vec<String>> = numbers.iter().map(|value| it.str(value)).collect();
    let shown = shown?;
    let number = |index: usize| numbers[index].as_float().unwrap_or(0.0);
    let (default, min, max) = (number(0), number(1), number(2));
    if min >= max {
        return Err(raise("ValueError", format!("min must be less than max, not {} and {}", shown[1], shown[2])));
    }
    if !(min..=max).contains(&default) {
        let words = format!("default {} is not between {} and {}", shown[0], shown[1], shown[2]);
        return Err(raise("ValueError", words));
    }
    match &scale {
        None => {}
        Some(Value::Str(name)) if matches!(&**name, "linear" | "log") => {}
        Some(other) => {
            let words = format!("scale must be \"linear\" or \"log\", not {}", it.repr(other)?);
            return Err(raise("ValueError", words));
        }
    }
    if matches!(&scale, Some(Value::Str(name)) if &**name == "log") && min <= 0.0 {
        return Err(raise("ValueError", format!("a log scale needs min above 0, not {}", shown[1])));
    }
    for (value, words, least) in
        [(&step, "step must be above 0", true), (&smooth, "smooth must be 0 or more seconds", false)]
    {
        let Some(value) = value.as_ref().filter(|value| !matches!(value, Value::None)) else { continue };
        let number = value.as_float().ok_or_else(|| {
            let kind = type_name(value);
            let (symbol, left) = if least { (">", kind) } else { (">=", kind) };
            raise("TypeError", format!("'{symbol}' not supported between instances of '{left}' and 'int'"))
        })?;
        let fits = if least { number > 0.0 } else { number >= 0.0 };
        if !fits {
            return Err(raise("ValueError", format!("{words}, not {}", it.str(value)?)));
        }
    }
    let all_ints = numbers.iter().all(|value| matches!(value, Value::Int(_)));
    let (kind, value) =
        if all_ints { (ParamKind::Int, numbers[0].clone()) } else { (ParamKind::Float, Value::Float(default)) };
    let param = declare(kind, value.clone(), default, min, max);
    made(param, value)
}
