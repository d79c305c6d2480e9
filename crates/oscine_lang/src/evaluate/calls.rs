//! Calls: the kinds of callable, and how arguments find their parameters.

use std::rc::Rc;

use super::Interpreter;
use super::environment::Env;
use super::exceptions::raise;
use super::generators::Generator;
use super::iterate::Iter;
use super::statements::Flow;
use super::types::{builtin_class, type_name};
use super::value::{Args, Bound, Dict, Frame, Function, Items, Key, Name, Namespace, QuickMap, Result, Value};

/// The rows that keep a parameter as it is, because they hand it on; all others see its value.
const PASSES_PARAMS_ON: &[&str] = &[
    "list",
    "tuple",
    "dict",
    "set",
    "setattr",
    "zip",
    "enumerate",
    "map",
    "filter",
    "reversed",
    "iter",
    "next",
    "functools.partial",
    "functools.partial call",
    "dataclass __init__",
    "types.SimpleNamespace",
    "object __setattr__",
];

impl Interpreter<'_> {
    /// Calls with arguments by position.
    pub(crate) fn call_with(&mut self, callee: &Value, positional: Vec<Value>) -> Result<Value> {
        self.call(callee, Args { positional, ..Args::default() })
    }

    /// Calls anything that can be called.
    pub fn call(&mut self, callee: &Value, mut args: Args) -> Result<Value> {
        match callee {
            Value::Function(function) => self.call_function(function, args),
            Value::Method(method) => {
                args.positional.insert(0, method.receiver.clone());
                self.call_function(&method.function, args)
            }
            Value::Builtin(entry) => self.call_entry(entry, args),
            Value::Bound(bound) => {
                args.positional.splice(0..0, bound.captured.iter().cloned());
                self.call_entry(bound.entry, args)
            }
            Value::BuiltinMethod(method) => self.call_builtin_method(&method.receiver, &method.name, args),
            Value::Class(class) => self.construct(class, args),
            Value::Dtype(dtype) => super::array::cast(*dtype, &args),
            Value::StaticMethod(inner) => self.call(inner, args),
            Value::Instance(_) => match self.special(callee, "__call__")? {
                Some(method) => self.call(&method, args),
                None => Err(not_callable(callee)),
            },
            _ => Err(not_callable(callee)),
        }
    }

    fn call_entry(&mut self, entry: &'static crate::library::Entry, mut args: Args) -> Result<Value> {
        if !PASSES_PARAMS_ON.contains(&entry.name) {
            let keywords = args.keywords.iter_mut().map(|(_, value)| value);
            for value in args.positional.iter_mut().chain(keywords) {
                if let Value::Param(param) = value {
                    *value = param.value.clone();
                }
            }
        }
        (entry.load)(self, args)
    }

    /// Calls a function written in Python.
    pub(crate) fn call_function(&mut self, function: &Rc<Function>, args: Args) -> Result<Value> {
        let variables = bind(function, args)?;
        let frame = Frame {
            variables: Namespace(variables.into()),
            function: Some(function.clone()),
            parent: function.closure.clone(),
        };
        let env = Env { module: function.module.clone(), frame: Some(Rc::new(frame)), class: None };
        if function.def.scope.is_generator {
            return Ok(Iter::Generator(Box::new(Generator::new(function, env))).into_value());
        }
        self.limits.enter()?;
        let result = self.run_body(&function.def.body, &env);
        self.limits.leave();
        match result {
            Ok(Flow::Return(value)) => Ok(value),
            Ok(_) => Ok(Value::None),
            Err(mut raised) => {
                raised.is_unplaced = true;
                Err(raised)
            }
        }
    }

    /// How messages about a call's arguments name what is called.
    pub(crate) fn callee_name(callee: &Value) -> String {
        match callee {
            Value::Function(function) => format!("{}.{}()", function.module.name, function.qualified_name),
            Value::Method(method) => format!("{}.{}()", method.function.module.name, method.function.qualified_name),
            Value::Builtin(entry) => format!("{}()", entry.name),
            Value::Class(class) if class.is_user => format!("script.{}()", class.name),
            Value::Class(class) => format!("{}()", class.name),
            Value::BuiltinMethod(method) => format!("{}.{}()", type_name(&method.receiver), method.name),
            _ => format!("{} object", type_name(callee)),
        }
    }

    /// Whether a value can be called.
    pub(crate) fn is_callable(&mut self, value: &Value) -> Result<bool> {
        Ok(match value {
            Value::Function(_)
            | Value::Method(_)
            | Value::Builtin(_)
            | Value::Bound(_)
            | Value::BuiltinMethod(_)
            | Value::Class(_)
            | Value::Dtype(_)
            | Value::StaticMethod(_) => true,
            Value::Instance(_) => self.special(value, "__call__")?.is_some(),
            _ => false,
        })
    }
}

/// A method of the library bound to its object.
pub(crate) fn bind_entry(bound: &Bound, receiver: &Value) -> Value {
    let mut captured = bound.captured.clone();
    captured.push(receiver.clone());
    Value::Bound(Rc::new(Bound { entry: bound.entry, captured, is_method: false }))
}

fn not_callable(value: &Value) -> Box<super::value::Raised> {
    raise("TypeError", format!("'{}' object is not callable", type_name(value)))
}

/// The variables that a call begins with: each parameter with its argument or default.
fn bind(function: &Function, args: Args) -> Result<QuickMap<Name, Value>> {
    let params = &function.def.params;
    let mut variables =
        QuickMap::with_capacity_and_hasher(function.def.scope.locals.len(), std::hash::BuildHasherDefault::default());
    let given = args.positional.len();
    let mut positional = args.positional.into_iter();
    for (param, value) in params.positional.iter().zip(positional.by_ref().take(params.positional.len())) {
        variables.insert(param.name.clone(), value);
    }
    let extra: Vec<Value> = positional.collect();
    if let Some(rest) = &params.rest {
        variables.insert(rest.clone(), Value::Tuple(Rc::new(extra)));
    } else if !extra.is_empty() {
        let by_keyword = args.keywords.iter().filter(|(name, _)| params.keyword_only.iter().any(|p| p.name == *name));
        return Err(too_many(function, given, by_keyword.count()));
    }
    let mut others = Items::default();
    let mut positional_only = vec![];
    for (name, value) in args.keywords {
        let position = params.positional.iter().position(|param| param.name == name);
        let is_known = position.is_some_and(|p| p >= params.positional_only)
            || params.keyword_only.iter().any(|param| param.name == name);
        if is_known {
            if variables.insert(name.clone(), value).is_some() {
                return Err(error(function, &format!("got multiple values for argument '{name}'")));
            }
        } else if params.keywords.is_some() {
            others.insert(Key::Str(name.clone()), (Value::Str(name), value));
        } else if position.is_some() {
            positional_only.push(name);
        } else {
            return Err(error(function, &format!("got an unexpected keyword argument '{name}'")));
        }
    }
    if !positional_only.is_empty() {
        let words = "got some positional-only arguments passed as keyword arguments";
        return Err(error(function, &format!("{words}: '{}'", positional_only.join(", "))));
    }
    let required = params.positional.len() - function.defaults.len();
    let mut missing = vec![];
    for (index, param) in params.positional.iter().enumerate().skip(given.min(params.positional.len())) {
        if variables.contains_key(&param.name) {
            continue;
        }
        match index.checked_sub(required) {
            Some(default) => {
                variables.insert(param.name.clone(), function.defaults[default].clone());
            }
            None => missing.push(&*param.name),
        }
    }
    if !missing.is_empty() {
        return Err(error(function, &missing_words(&missing, "positional")));
    }
    for param in &params.keyword_only {
        if variables.contains_key(&param.name) {
            continue;
        }
        match function.keyword_defaults.iter().find(|(name, _)| *name == param.name) {
            Some((_, default)) => {
                variables.insert(param.name.clone(), default.clone());
            }
            None => missing.push(&*param.name),
        }
    }
    if !missing.is_empty() {
        return Err(error(function, &missing_words(&missing, "keyword-only")));
    }
    if let Some(name) = &params.keywords {
        variables.insert(name.clone(), Value::Dict(Rc::new(Dict::new(others))));
    }
    Ok(variables)
}

fn error(function: &Function, words: &str) -> Box<super::value::Raised> {
    raise("TypeError", format!("{}() {words}", function.qualified_name))
}

/// `missing 2 required positional arguments: 'a' and 'b'`
pub(crate) fn missing_words(names: &[&str], kind: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let list = match quoted.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
        [] => String::new(),
    };
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("missing {} required {kind} argument{plural}: {list}", names.len())
}

fn too_many(function: &Function, given: usize, by_keyword: usize) -> Box<super::value::Raised> {
    let params = &function.def.params;
    let (most, least) = (params.positional.len(), params.positional.len() - function.defaults.len());
    let takes = if least < most { format!("from {least} to {most}") } else { most.to_string() };
    let plural = if most == 1 && least == most { "" } else { "s" };
    let s = |count: usize| if count == 1 { "" } else { "s" };
    let given = if by_keyword > 0 {
        format!(
            "{given} positional argument{} (and {by_keyword} keyword-only argument{}) were",
            s(given),
            s(by_keyword)
        )
    } else {
        format!("{given} {}", if given == 1 { "was" } else { "were" })
    };
    error(function, &format!("takes {takes} positional argument{plural} but {given} given"))
}

/// The arguments of a row of the library, matched to its parameters' names: as many values as names, the ones that
/// were not given none. The first `required` must be there.
pub(crate) fn match_args<const N: usize>(
    function: &str,
    names: [&str; N],
    required: usize,
    args: Args,
) -> Result<[Option<Value>; N]> {
    let mut matched = [const { None }; N];
    let given = args.positional.len();
    if given > N {
        let most = if required == N { format!("{N}") } else { format!("at most {N}") };
        let plural = if N == 1 { "" } else { "s" };
        return Err(raise("TypeError", format!("{function} expected {most} argument{plural}, got {given}")));
    }
    for (slot, value) in matched.iter_mut().zip(args.positional) {
        *slot = Some(value);
    }
    for (name, value) in args.keywords {
        let Some(index) = names.iter().position(|known| **known == *name) else {
            return Err(raise("TypeError", format!("'{name}' is an invalid keyword argument for {function}()")));
        };
        if matched[index].replace(value).is_some() {
            return Err(raise("TypeError", format!("{function}() got multiple values for argument '{name}'")));
        }
    }
    let present = matched[..required].iter().flatten().count();
    if present < required {
        let least = if required == N { format!("{required}") } else { format!("at least {required}") };
        let plural = if required == 1 { "" } else { "s" };
        return Err(raise("TypeError", format!("{function} expected {least} argument{plural}, got {present}")));
    }
    Ok(matched)
}

/// The only argument of a row of the library.
pub(crate) fn one_arg(function: &str, args: Args) -> Result<Value> {
    if !args.keywords.is_empty() {
        return Err(raise("TypeError", format!("{function}() takes no keyword arguments")));
    }
    let given = args.positional.len();
    match <[Value; 1]>::try_from(args.positional) {
        Ok([value]) => Ok(value),
        Err(_) => Err(raise("TypeError", format!("{function}() takes exactly one argument ({given} given)"))),
    }
}

/// The arguments of a method of a built-in type that takes by position between `least` and `most` of them.
pub(crate) fn count_args(method: &str, args: &Args, least: usize, most: usize) -> Result<()> {
    let given = args.positional.len();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let short = method.rsplit('.').next().unwrap_or(method);
    if let Some((name, _)) = args.keywords.first() {
        return Err(raise("TypeError", format!("{method}() got an unexpected keyword argument '{name}'")));
    }
    if (least..=most).contains(&given) {
        return Ok(());
    }
    Err(raise(
        "TypeError",
        match (least, most) {
            (0, 0) => format!("{method}() takes no arguments ({given} given)"),
            (1, 1) => format!("{method}() takes exactly one argument ({given} given)"),
            _ if least == most => format!("{short} expected {least} argument{}, got {given}", plural(least)),
            _ if given < least => format!("{short} expected at least {least} argument{}, got {given}", plural(least)),
            _ => format!("{short} expected at most {most} argument{}, got {given}", plural(most)),
        },
    ))
}

/// The class that `name` is in the registry, as a value.
pub(crate) fn class_value(name: &str) -> Value {
    builtin_class(name).map_or(Value::None, Value::Class)
}
