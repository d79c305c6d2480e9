//! What the built-ins, `math`, `numpy`, `scipy.signal` and `oscine` offer: one table, each row with its load-time and
//! its audio-time meaning.
//!
//! A file contributes rows by a line in [`LIBRARY`]. A row's or constant's full name says where scripts find it:
//! `math.sin` is `sin` of the module `math`, `abs` is a built-in, and a name with a space (`functools.partial call`) is
//! found by nobody, being what another row hands out. Built-in classes are found by their names in the same way.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unnecessary_box_returns,
    reason = "all rows have one signature, whether or not they keep their arguments or can fail"
)]

mod builtins;
mod cmath;
mod collections;
mod constructors;
mod dataclasses;
mod functools;
mod iteration;
mod math;
mod modules;
mod numpy;
mod objects;
mod oscine;
mod outputs;
mod random;
mod signal;
pub(crate) mod written;

use std::collections::HashMap;
use std::rc::Rc;

use crate::evaluate::Interpreter;
use crate::evaluate::types;
use crate::evaluate::value::{Args, Bound, Module, Name, Namespace, Result, Value};
use crate::ir::MathFn;

pub(crate) use collections::named_tuple_class;
pub(crate) use functools::cache_method;

/// One function of the library.
pub struct Entry {
    /// Its full name: `math.sin`, `numpy.zeros`, `abs`.
    pub name: &'static str,
    /// What it does while the script loads.
    pub load: fn(&mut crate::evaluate::Interpreter, Args) -> Result<Value>,
    /// What it means while sound runs.
    pub audio: Audio,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a function of the library means while sound runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audio {
    /// Refused: it allocates, prints, or makes no sense there.
    LoadOnly,
    /// A function of `math`: floats to a float, raising as CPython does outside its domain.
    Math(MathFn),
    /// A function of `numpy` with the same meaning element by element, never raising (NaN and infinity instead).
    Numpy(MathFn),
    /// Lowered by a rule of its own, found by `Entry::name`.
    Rule,
}

/// What one file offers: its rows and its constants, each under its full name.
pub(crate) struct Contribution {
    entries: &'static [Entry],
    constants: fn() -> Vec<(&'static str, Value)>,
}

/// Every file of the library.
const LIBRARY: &[Contribution] = &[
    builtins::CONTRIBUTION,
    constructors::CONTRIBUTION,
    objects::CONTRIBUTION,
    collections::CONTRIBUTION,
    functools::CONTRIBUTION,
    iteration::CONTRIBUTION,
    dataclasses::CONTRIBUTION,
    cmath::CONTRIBUTION,
    math::CONTRIBUTION,
    modules::CONTRIBUTION,
    random::CONTRIBUTION,
    oscine::CONTRIBUTION,
    outputs::CONTRIBUTION,
    numpy::CONSTANTS,
    numpy::creation::CONTRIBUTION,
    numpy::files::CONTRIBUTION,
    numpy::elementwise::CONTRIBUTION,
    numpy::random::CONTRIBUTION,
    numpy::reductions::CONTRIBUTION,
    numpy::shaping::CONTRIBUTION,
    numpy::spectra::CONTRIBUTION,
    signal::design::CONTRIBUTION,
    signal::filtering::CONTRIBUTION,
    signal::response::CONTRIBUTION,
    signal::waveforms::CONTRIBUTION,
];

thread_local! {
    static ENTRIES: HashMap<&'static str, &'static Entry> =
        LIBRARY.iter().flat_map(|file| file.entries).map(|entry| (entry.name, entry)).collect();
    static BUILTINS: Namespace = namespace_of("");
}

/// The row of that full name.
#[must_use]
pub fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES.with(|entries| entries.get(name).copied())
}

/// What a built-in name means: `abs`, `float`, `ValueError`.
#[must_use]
pub fn builtin(name: &str) -> Option<Value> {
    BUILTINS.with(|builtins| builtins.get(name))
}

/// A new copy of a module of the library, `scipy.signal` by way of `scipy`; `None` if there is none of that name.
/// Whoever runs a script keeps what this gives, since a second call gives other state.
#[must_use]
pub fn module(name: &str) -> Option<Rc<Module>> {
    let mut parts = name.split('.');
    let mut module = build(parts.next()?)?;
    for part in parts {
        let Some(Value::Module(inner)) = module.globals.get(part) else { return None };
        module = inner;
    }
    Some(module)
}

/// All full names with what they mean.
fn everything() -> impl Iterator<Item = (&'static str, Value)> {
    let classes = types::class_names().filter_map(|name| Some((name, Value::Class(types::builtin_class(name)?))));
    let entries = LIBRARY.iter().flat_map(|file| file.entries).map(|entry| (entry.name, Value::Builtin(entry)));
    // A class hides the row that constructs it.
    entries.chain(classes).chain(LIBRARY.iter().flat_map(|file| (file.constants)()))
}

/// What belongs to the module `path`, the built-ins if it is empty.
fn namespace_of(path: &str) -> Namespace {
    let namespace = Namespace::default();
    for (full_name, value) in everything().filter(|(name, _)| !name.contains(' ')) {
        let (owner, name) = full_name.rsplit_once('.').unwrap_or(("", full_name));
        if owner == path {
            namespace.set(Name::from(name), value);
        }
    }
    namespace
}

fn build(path: &str) -> Option<Rc<Module>> {
    let globals = namespace_of(path);
    let prefix = format!("{path}.");
    let mut inner: Vec<&str> = vec![];
    for (full_name, _) in everything() {
        if let Some((first, _)) = full_name.strip_prefix(&prefix).and_then(|rest| rest.split_once('.')) {
            // A class's own rows (`random.Random.random`) make no module.
            if globals.get(first).is_none() && !inner.contains(&first) {
                inner.push(first);
            }
        }
    }
    for name in inner {
        if let Some(module) = build(&format!("{prefix}{name}")) {
            globals.set(Name::from(name), Value::Module(module));
        }
    }
    if globals.0.borrow().is_empty() {
        return None;
    }
    globals.set(Name::from("__name__"), Value::Str(Name::from(path)));
    Some(Rc::new(Module { name: Name::from(path), globals, file: None }))
}

/// The members that a built-in class has by itself.
pub(crate) fn class_members(name: &str) -> Namespace {
    let members = Namespace::default();
    for entry in LIBRARY.iter().flat_map(|file| file.entries) {
        if let Some((class, member)) = entry.name.split_once(' ')
            && class == name
        {
            let is_static = member == "__new__";
            let bound = Value::Bound(Rc::new(Bound { entry, captured: vec![], is_method: !is_static }));
            members.set(Name::from(member), if is_static { Value::StaticMethod(Rc::new(bound)) } else { bound });
        }
    }
    members
}

/// Gives a new copy of a module what depends on the run.
pub(crate) fn configure(module: &Module, it: &Interpreter<'_>) {
    match &*module.name {
        "oscine" => oscine::configure(module, it),
        "random" => random::configure(module),
        _ => {}
    }
}
