//! The built-in classes: `object`, `float`, `list`, the exceptions and the rest.
//!
//! Each thread has one of each, made when it is first asked for, so that a class is itself everywhere (`type(1) is int`)
//! and an exception can be raised without an interpreter at hand. They have no members, for the methods of built-in
//! values are found by name elsewhere; what a call of one does is the row of the library of its name.

use std::cell::RefCell;
use std::rc::Rc;

use super::cycles;
use super::hash::QuickHasher;
use super::value::{Class, DictKind, Dtype, Name, Value};
use crate::library;

/// Every built-in class with its base, a base before what derives from it.
const CLASSES: &[(&str, &str)] = &[
    ("object", ""),
    ("type", "object"),
    ("NoneType", "object"),
    ("ellipsis", "object"),
    ("NotImplementedType", "object"),
    ("int", "object"),
    ("bool", "int"),
    ("float", "object"),
    ("complex", "object"),
    ("str", "object"),
    ("tuple", "object"),
    ("list", "object"),
    ("dict", "object"),
    ("set", "object"),
    ("frozenset", "object"),
    ("range", "object"),
    ("slice", "object"),
    ("property", "object"),
    ("staticmethod", "object"),
    ("classmethod", "object"),
    ("super", "object"),
    ("enumerate", "object"),
    ("zip", "object"),
    ("map", "object"),
    ("filter", "object"),
    ("reversed", "object"),
    ("generator", "object"),
    ("iterator", "object"),
    ("function", "object"),
    ("method", "object"),
    ("builtin_function_or_method", "object"),
    ("module", "object"),
    ("collections.deque", "object"),
    ("collections.OrderedDict", "dict"),
    ("collections.Counter", "dict"),
    ("collections.defaultdict", "dict"),
    ("functools.partial", "object"),
    ("functools.CompareKey", "object"),
    ("numpy.ndarray", "object"),
    ("numpy.dtype", "object"),
    ("numpy.random.Generator", "object"),
    ("random.Random", "object"),
    ("types.SimpleNamespace", "object"),
    ("contextlib.Manager", "object"),
    ("contextlib.Suppressing", "object"),
    ("enum.Enum", "object"),
    ("enum.IntEnum", "enum.Enum"),
    ("enum.Flag", "enum.Enum"),
    ("enum.IntFlag", "enum.Flag"),
    ("enum.StrEnum", "enum.Enum"),
    ("enum.auto", "object"),
    ("abc.ABC", "object"),
    ("typing.NamedTuple", "tuple"),
    ("typing.Protocol", "object"),
    ("typing.Generic", "object"),
    ("BaseException", "object"),
    ("KeyboardInterrupt", "BaseException"),
    ("SystemExit", "BaseException"),
    ("GeneratorExit", "BaseException"),
    // Ends a script that loads for too long; no `except` catches it.
    ("load-time limit", "BaseException"),
    ("Exception", "BaseException"),
    ("StopIteration", "Exception"),
    ("StopAsyncIteration", "Exception"),
    ("ArithmeticError", "Exception"),
    ("FloatingPointError", "ArithmeticError"),
    ("OverflowError", "ArithmeticError"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("AssertionError", "Exception"),
    ("AttributeError", "Exception"),
    ("BufferError", "Exception"),
    ("EOFError", "Exception"),
    ("ImportError", "Exception"),
    ("ModuleNotFoundError", "ImportError"),
    ("LookupError", "Exception"),
    ("IndexError", "LookupError"),
    ("KeyError", "LookupError"),
    ("MemoryError", "Exception"),
    ("NameError", "Exception"),
    ("UnboundLocalError", "NameError"),
    ("OSError", "Exception"),
    ("FileNotFoundError", "OSError"),
    ("FileExistsError", "OSError"),
    ("PermissionError", "OSError"),
    ("TimeoutError", "OSError"),
    ("ReferenceError", "Exception"),
    ("RuntimeError", "Exception"),
    ("NotImplementedError", "RuntimeError"),
    ("RecursionError", "RuntimeError"),
    ("SyntaxError", "Exception"),
    ("SystemError", "Exception"),
    ("TypeError", "Exception"),
    ("ValueError", "Exception"),
    ("UnicodeError", "ValueError"),
    ("dataclasses.FrozenInstanceError", "AttributeError"),
    ("dataclasses.Field", "object"),
    ("numpy.linalg.LinAlgError", "ValueError"),
    ("numpy.exceptions.AxisError", "ValueError"),
    ("numpy.exceptions.UFuncTypeError", "TypeError"),
    ("Warning", "Exception"),
    ("DeprecationWarning", "Warning"),
    ("FutureWarning", "Warning"),
    ("RuntimeWarning", "Warning"),
    ("UserWarning", "Warning"),
];

type Registry = std::collections::HashMap<&'static str, Rc<Class>, std::hash::BuildHasherDefault<QuickHasher>>;

thread_local! {
    static REGISTRY: RefCell<Registry> = RefCell::new(build());
}

fn build() -> Registry {
    let mut registry = Registry::default();
    for &(name, base) in CLASSES {
        let bases: Vec<Rc<Class>> = registry.get(base).cloned().into_iter().collect();
        let mut rest: Vec<Rc<Class>> = bases.first().map_or(vec![], |base| base.mro.borrow().clone());
        let short = name.rsplit('.').next().unwrap_or(name);
        let class = Rc::new(Class {
            name: Name::from(short),
            bases,
            mro: RefCell::default(),
            members: library::class_members(name),
            is_user: false,
            entry: library::entry(name),
        });
        cycles::note_class(&class);
        rest.insert(0, class.clone());
        *class.mro.borrow_mut() = rest;
        registry.insert(name, class);
    }
    registry
}

/// The built-in class of that name: `float`, `collections.deque`.
#[must_use]
pub fn builtin_class(name: &str) -> Option<Rc<Class>> {
    REGISTRY.with(|registry| registry.borrow().get(name).cloned())
}

/// The names of all built-in classes, for the namespaces they are found in.
pub(crate) fn class_names() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|(name, _)| *name)
}

/// The built-in class of that name, which must be one of [`CLASSES`].
pub(crate) fn class(name: &'static str) -> Rc<Class> {
    builtin_class(name).unwrap_or_else(|| unreachable!("no built-in class {name}"))
}

/// `type(value)`.
#[must_use]
pub fn class_of(value: &Value) -> Rc<Class> {
    class(match value {
        Value::Instance(instance) => return instance.class.clone(),
        Value::Param(param) => return class_of(&param.value),
        Value::None => "NoneType",
        Value::Ellipsis => "ellipsis",
        Value::NotImplemented => "NotImplementedType",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Complex(..) => "complex",
        Value::Str(_) => "str",
        Value::Tuple(_) => "tuple",
        Value::List(_) => "list",
        Value::Dict(dict) => match dict.kind {
            DictKind::Plain | DictKind::Attributes(_) => "dict",
            DictKind::Ordered => "collections.OrderedDict",
            DictKind::Counter => "collections.Counter",
            DictKind::Default(_) => "collections.defaultdict",
        },
        Value::Set(set) if set.frozen => "frozenset",
        Value::Set(_) => "set",
        Value::Deque(_) => "collections.deque",
        Value::Range(_) => "range",
        Value::Slice(_) => "slice",
        Value::Array(_) => "numpy.ndarray",
        Value::Dtype(_) => "numpy.dtype",
        Value::Method(_) => "method",
        Value::Builtin(_) | Value::BuiltinMethod(_) => "builtin_function_or_method",
        Value::Bound(bound) if bound.entry.name == "functools.partial call" => "functools.partial",
        Value::Function(_) | Value::Bound(_) => "function",
        Value::Class(_) => "type",
        Value::Module(_) => "module",
        Value::Iterator(iter) => iter.try_borrow().map_or("generator", |iter| iter.class_name()),
        Value::Property(_) => "property",
        Value::StaticMethod(_) => "staticmethod",
        Value::ClassMethod(_) => "classmethod",
        Value::Super(_) => "super",
    })
}

/// The name of `type(value)` as messages give it: `int`, `collections.deque`, `Voice`.
#[must_use]
pub fn type_name(value: &Value) -> Name {
    match value {
        Value::Deque(_) => Name::from("collections.deque"),
        Value::Array(array) => Name::from(super::array::type_name(array)),
        Value::Dtype(_) => Name::from("type"),
        Value::Param(param) => type_name(&param.value),
        _ => class_of(value).name.clone(),
    }
}

/// How numpy names an element type.
#[must_use]
pub fn dtype_name(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Bool => "bool",
        Dtype::Int => "int64",
        Dtype::Float32 => "float32",
        Dtype::Float => "float64",
        Dtype::Complex => "complex128",
    }
}
