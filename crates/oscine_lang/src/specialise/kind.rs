//! What the specialiser knows of a value: its kind when compiled, and the operands that hold it when running.
//!
//! A [`Kind`] is everything about a value that is settled at compile time; a [`Val`] adds the machine operands for what
//! is not. Kinds form a lattice: [`join`] gives the least kind that holds both of two values, and a variable that
//! meets different kinds at a branch, a loop or in the state takes their join (an int and a float make a float, `None`
//! and a float an optional float).

use std::rc::Rc;

use crate::evaluate::value::{Class, Dtype, Name, Value};
use crate::ir::{Operand, Type};
use crate::library::Entry;
use crate::syntax::ast;

use super::heap::{DictId, InstId, StorageId};

/// One length or distance of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dim {
    /// Known when compiling.
    Fixed(i64),
    /// Held by an operand.
    Running,
}

/// Lists and numpy arrays differ in how they are copied, indexed and computed with, not in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// A list (or a tuple put into memory to be indexed).
    List,
    /// A tuple in memory.
    Tuple,
    /// A numpy array.
    Array(Dtype),
}

/// A list or an array. Operands: the address of element 0, then each `Running` length, then each `Running` stride.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SeqKind {
    /// What it is in Python.
    pub(crate) flavour: Flavour,
    /// Lengths by axis; a list has one.
    pub(crate) dims: Vec<Dim>,
    /// Distances by axis, in elements.
    pub(crate) strides: Vec<Dim>,
    /// The memories that it may lie in, sorted.
    pub(crate) storages: Vec<StorageId>,
}

/// An array or list held by value in the cells of a slot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OwnedKind {
    /// What it is in Python.
    pub(crate) flavour: Flavour,
    /// Lengths by axis.
    pub(crate) dims: Vec<i64>,
    /// The kind of its elements.
    pub(crate) element: Kind,
    /// How many times there is room for it; where more than once, a first cell says which one is meant.
    pub(crate) versions: usize,
}

impl OwnedKind {
    /// How many cells its elements have.
    pub(crate) fn size(&self) -> usize {
        self.dims.iter().product::<i64>() as usize * self.element.width()
    }

    /// How many cells precede its elements.
    pub(crate) fn header(&self) -> usize {
        usize::from(self.versions > 1)
    }
}

/// A namedtuple. Operands: those of its elements.
#[derive(Debug, Clone)]
pub(crate) struct RecordKind {
    /// Its class.
    pub(crate) class: Rc<Class>,
    /// The names of its elements.
    pub(crate) names: Rc<Vec<Name>>,
    /// The kinds of its elements.
    pub(crate) items: Rc<Vec<Kind>>,
}

/// An object that sound made and that is not yet its values.
#[derive(Debug, Clone)]
pub(crate) struct FreshKind {
    /// Its class.
    pub(crate) class: Rc<Class>,
    /// The scope whose variables are its attributes.
    pub(crate) scope: usize,
    /// The place that made it.
    pub(crate) path: u32,
}

/// A function made while sound runs: `def` or `lambda` inside a function, with the scope around it.
#[derive(Debug, Clone)]
pub(crate) struct Closure {
    /// Its text.
    pub(crate) def: Rc<ast::Function>,
    /// The scope it was made in, an index into the walker's scopes.
    pub(crate) scope: usize,
    /// Values of its defaults, aligned with the last positional parameters.
    pub(crate) defaults: Vec<Val>,
    /// Values of its keyword-only defaults.
    pub(crate) keyword_defaults: Vec<(Name, Val)>,
}

/// What a `for` loop may run over without its elements lying in memory.
#[derive(Debug, Clone)]
pub(crate) enum Lazy {
    /// `range(...)`: start, stop, step.
    Range([Val; 3]),
    /// `enumerate(items, start)`
    Enumerate(Val, Val),
    /// `zip(...)`
    Zip(Vec<Val>),
    /// `reversed(items)`
    Reversed(Val),
    /// `map(function, items...)`
    Map(Val, Vec<Val>),
    /// A generator expression, with the scope it was written in.
    Generator(ast::Expr, usize),
    /// `slice(start, stop, step)`
    Slice([Option<Val>; 3]),
}

/// What is settled of a value when compiling.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Unknown, because of an error that was told already.
    Poison,
    /// A variable that met two kinds that have no join; an error where it is read.
    Clash(Rc<(Kind, Kind)>),
    /// No value: a variable before its first assignment.
    Unbound,
    /// A value that may be missing. Operands: whether it is there, then those of the kind.
    MaybeUnbound(Rc<Kind>),
    /// A float; one that came out of numpy divides by zero without an exception.
    Float {
        /// Whether it is a `numpy.float64`.
        numpy: bool,
    },
    /// A complex number. Operands: real and imaginary part.
    Complex {
        /// Whether it is a `numpy.complex128`.
        numpy: bool,
    },
    /// An int.
    Int,
    /// A bool.
    Bool,
    /// This very object: a function, class, module, string, `None`. No operands.
    Static(Value),
    /// One of these objects. Operand: its index.
    OneOf(Rc<Vec<Value>>),
    /// A tuple. Operands: those of its elements.
    Tuple(Rc<Vec<Kind>>),
    /// A namedtuple.
    Record(Rc<RecordKind>),
    /// An object that sound made, as it can still be changed. No operands.
    Fresh(Rc<FreshKind>),
    /// The values of an object that sound made, by its attributes. Operands: theirs.
    Made(Rc<RecordKind>),
    /// `None` or a value. Operands: whether it is a value, then the value's.
    Optional(Rc<Kind>),
    /// One of these live objects. Operand: the address of its record.
    Object(Rc<Vec<InstId>>),
    /// A list or array.
    Seq(Rc<SeqKind>),
    /// In memory only: a list or array by value. Operands: all its elements'.
    Owned(Rc<OwnedKind>),
    /// This dict.
    Dict(DictId),
    /// A function made while sound runs.
    Closure(Rc<Closure>),
    /// A function or a built-in method and the object it is bound to. Operands: the object's.
    Method(Rc<(Kind, Callee)>),
    /// Something to iterate, not in memory.
    Lazy(Rc<Lazy>),
    /// `super()` in a method of that class. Operands: those of the object.
    Super(Rc<(Rc<Class>, Kind)>),
}

/// What a bound method calls.
#[derive(Debug, Clone)]
pub(crate) enum Callee {
    /// A function of the script.
    Function(Rc<crate::evaluate::value::Function>),
    /// A method of a built-in type, by name.
    Builtin(Name),
    /// A method of objects of several classes, by name.
    Named(Name),
    /// A function of the library whose first argument is the object.
    Entry(&'static Entry),
}

/// A kind and the operands that hold what it leaves open, `Kind::width` of them.
#[derive(Debug, Clone)]
pub(crate) struct Val {
    /// What is settled.
    pub(crate) kind: Kind,
    /// What is not.
    pub(crate) ops: Vec<Operand>,
}

/// The float that is not numpy's.
pub(crate) const FLOAT: Kind = Kind::Float { numpy: false };

impl Val {
    pub(crate) fn new(kind: Kind, ops: Vec<Operand>) -> Self {
        debug_assert_eq!(kind.width(), ops.len(), "{kind:?}");
        Self { kind, ops }
    }

    pub(crate) fn none() -> Self {
        Self::fixed(Value::None)
    }

    pub(crate) fn fixed(value: Value) -> Self {
        Self { kind: Kind::Static(value), ops: vec![] }
    }

    pub(crate) fn float(op: Operand) -> Self {
        Self { kind: FLOAT, ops: vec![op] }
    }

    pub(crate) fn numpy_float(op: Operand) -> Self {
        Self { kind: Kind::Float { numpy: true }, ops: vec![op] }
    }

    pub(crate) fn int(op: Operand) -> Self {
        Self { kind: Kind::Int, ops: vec![op] }
    }

    /// A complex number of its parts.
    pub(crate) fn complex((re, im): (Operand, Operand), numpy: bool) -> Self {
        Self { kind: Kind::Complex { numpy }, ops: vec![re, im] }
    }

    pub(crate) fn bool(op: Operand) -> Self {
        Self { kind: Kind::Bool, ops: vec![op] }
    }

    pub(crate) fn int_const(value: i64) -> Self {
        Self::int(Operand::I64(value))
    }

    pub(crate) fn poison() -> Self {
        Self { kind: Kind::Poison, ops: vec![] }
    }

    pub(crate) fn lazy(lazy: Lazy) -> Self {
        Self { kind: Kind::Lazy(Rc::new(lazy)), ops: vec![] }
    }

    /// A tuple of values.
    pub(crate) fn tuple(items: Vec<Val>) -> Self {
        let ops = items.iter().flat_map(|item| item.ops.iter().copied()).collect();
        Self { kind: Kind::Tuple(Rc::new(items.into_iter().map(|item| item.kind).collect())), ops }
    }

    /// A namedtuple of values.
    pub(crate) fn record(class: &Rc<Class>, names: &Rc<Vec<Name>>, items: Vec<Val>) -> Self {
        let ops = items.iter().flat_map(|item| item.ops.iter().copied()).collect();
        let items = Rc::new(items.into_iter().map(|item| item.kind).collect());
        Self { kind: Kind::Record(Rc::new(RecordKind { class: class.clone(), names: names.clone(), items })), ops }
    }

    /// An object made by sound, of the values of its attributes.
    pub(crate) fn made(class: &Rc<Class>, names: &Rc<Vec<Name>>, items: Vec<Val>) -> Self {
        let record = Self::record(class, names, items);
        let Kind::Record(kind) = record.kind else { return Self::poison() };
        Self { kind: Kind::Made(kind), ops: record.ops }
    }

    /// The elements of a tuple.
    pub(crate) fn items(&self) -> Option<Vec<Val>> {
        match &self.kind {
            Kind::Made(_) => None,
            _ => self.fields(),
        }
    }

    /// The elements of a tuple, or the values of the attributes of an object that sound made.
    pub(crate) fn fields(&self) -> Option<Vec<Val>> {
        let kinds = match &self.kind {
            Kind::Tuple(kinds) => kinds,
            Kind::Record(record) | Kind::Made(record) => &record.items,
            _ => return None,
        };
        let mut at = 0;
        Some(
            kinds
                .iter()
                .map(|kind| {
                    let width = kind.width();
                    at += width;
                    Val { kind: kind.clone(), ops: self.ops[at - width..at].to_vec() }
                })
                .collect(),
        )
    }

    /// A namedtuple as a plain tuple; anything else as it is.
    pub(crate) fn without_names(&self) -> Val {
        match &self.kind {
            Kind::Record(record) => Val::new(Kind::Tuple(record.items.clone()), self.ops.clone()),
            _ => self.clone(),
        }
    }

    /// The one operand of a number.
    pub(crate) fn op(&self) -> Operand {
        self.ops[0]
    }

    /// The value, if nothing of it is left open.
    pub(crate) fn constant(&self) -> Option<Value> {
        match (&self.kind, self.ops.first()) {
            (Kind::Static(value), _) => Some(value.clone()),
            (Kind::Float { .. }, Some(Operand::F64(number))) => Some(Value::Float(*number)),
            (Kind::Complex { .. }, Some(Operand::F64(re))) => match self.ops[1] {
                Operand::F64(im) => Some(Value::Complex(*re, im)),
                _ => None,
            },
            (Kind::Int, Some(Operand::I64(number))) => Some(Value::Int(*number)),
            (Kind::Bool, Some(Operand::Bool(truth))) => Some(Value::Bool(*truth)),
            (Kind::Tuple(_), _) => {
                let items = self.items()?.iter().map(Val::constant).collect::<Option<Vec<_>>>()?;
                Some(Value::Tuple(Rc::new(items)))
            }
            _ => None,
        }
    }

    /// The int that it always is.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match (&self.kind, self.ops.first()) {
            (Kind::Int, Some(Operand::I64(value))) => Some(*value),
            (Kind::Bool, Some(Operand::Bool(value))) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// The string that it always is.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Static(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether it is always `None`.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self.kind, Kind::Static(Value::None))
    }

    pub(crate) fn is_poison(&self) -> bool {
        matches!(self.kind, Kind::Poison)
    }

    /// Length `axis` of a sequence.
    pub(crate) fn dim(&self, axis: usize) -> Option<Operand> {
        let Kind::Seq(seq) = &self.kind else { return None };
        Some(match seq.dims[axis] {
            Dim::Fixed(length) => Operand::I64(length),
            Dim::Running => {
                let before = seq.dims[..axis].iter().filter(|dim| **dim == Dim::Running).count();
                self.ops[1 + before]
            }
        })
    }

    /// Stride `axis` of a sequence, in elements.
    pub(crate) fn stride(&self, axis: usize) -> Option<Operand> {
        let Kind::Seq(seq) = &self.kind else { return None };
        Some(match seq.strides[axis] {
            Dim::Fixed(stride) => Operand::I64(stride),
            Dim::Running => {
                let dims = seq.dims.iter().filter(|dim| **dim == Dim::Running).count();
                let before = seq.strides[..axis].iter().filter(|dim| **dim == Dim::Running).count();
                self.ops[1 + dims + before]
            }
        })
    }

    /// A sequence from its parts.
    pub(crate) fn seq(
        flavour: Flavour,
        storages: Vec<StorageId>,
        address: Operand,
        dims: &[Operand],
        strides: &[Operand],
    ) -> Self {
        let dim = |op: &Operand| if let Operand::I64(value) = op { Dim::Fixed(*value) } else { Dim::Running };
        let kind = SeqKind {
            flavour,
            dims: dims.iter().map(dim).collect(),
            strides: strides.iter().map(dim).collect(),
            storages,
        };
        let running = |op: &&Operand| !matches!(op, Operand::I64(_));
        let mut ops = vec![address];
        ops.extend(dims.iter().filter(running).copied());
        ops.extend(strides.iter().filter(running).copied());
        Self { kind: Kind::Seq(Rc::new(kind)), ops }
    }
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.ops.iter().zip(&other.ops).all(|(a, b)| same_operand(a, b))
    }
}

/// Equal to the bit: -0.0 is not 0.0, a NaN is itself.
pub(crate) fn same_operand(a: &Operand, b: &Operand) -> bool {
    match (a, b) {
        (Operand::F64(a), Operand::F64(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Kind::Poison, Kind::Poison)
            | (Kind::Clash(_), Kind::Clash(_))
            | (Kind::Unbound, Kind::Unbound)
            | (Kind::Int, Kind::Int)
            | (Kind::Bool, Kind::Bool) => true,
            (Kind::Float { numpy: a }, Kind::Float { numpy: b })
            | (Kind::Complex { numpy: a }, Kind::Complex { numpy: b }) => a == b,
            (Kind::MaybeUnbound(a), Kind::MaybeUnbound(b)) | (Kind::Optional(a), Kind::Optional(b)) => a == b,
            (Kind::Static(a), Kind::Static(b)) => same_value(a, b),
            (Kind::OneOf(a), Kind::OneOf(b)) => a.len() == b.len() && a.iter().zip(&**b).all(|(a, b)| same_value(a, b)),
            (Kind::Tuple(a), Kind::Tuple(b)) => a == b,
            (Kind::Record(a), Kind::Record(b)) | (Kind::Made(a), Kind::Made(b)) => {
                Rc::ptr_eq(&a.class, &b.class) && a.items == b.items
            }
            (Kind::Fresh(a), Kind::Fresh(b)) => a.scope == b.scope,
            (Kind::Object(a), Kind::Object(b)) => a == b,
            (Kind::Seq(a), Kind::Seq(b)) => a == b,
            (Kind::Owned(a), Kind::Owned(b)) => a == b,
            (Kind::Dict(a), Kind::Dict(b)) => a == b,
            (Kind::Closure(a), Kind::Closure(b)) => Rc::ptr_eq(&a.def, &b.def) && a.scope == b.scope,
            (Kind::Method(a), Kind::Method(b)) => a.0 == b.0 && same_callee(&a.1, &b.1),
            (Kind::Lazy(a), Kind::Lazy(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }
}

fn same_callee(a: &Callee, b: &Callee) -> bool {
    match (a, b) {
        (Callee::Function(a), Callee::Function(b)) => Rc::ptr_eq(a, b),
        (Callee::Entry(a), Callee::Entry(b)) => std::ptr::eq(*a, *b),
        (Callee::Builtin(a), Callee::Builtin(b)) | (Callee::Named(a), Callee::Named(b)) => a == b,
        _ => false,
    }
}

/// Whether two objects known when compiling are one: strings and numbers by value, others by identity.
pub(crate) fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::None, Value::None)
        | (Value::Ellipsis, Value::Ellipsis)
        | (Value::NotImplemented, Value::NotImplemented) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Complex(a, b), Value::Complex(c, d)) => a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits(),
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Dtype(a), Value::Dtype(b)) => a == b,
        (Value::Range(a), Value::Range(b)) => a == b,
        (Value::Builtin(a), Value::Builtin(b)) => std::ptr::eq(*a, *b),
        (Value::Function(a), Value::Function(b)) => Rc::ptr_eq(a, b),
        (Value::Method(a), Value::Method(b)) => {
            Rc::ptr_eq(&a.function, &b.function) && same_value(&a.receiver, &b.receiver)
        }
        (Value::Class(a), Value::Class(b)) => Rc::ptr_eq(a, b),
        (Value::Instance(a), Value::Instance(b)) => Rc::ptr_eq(a, b),
        (Value::Module(a), Value::Module(b)) => Rc::ptr_eq(a, b),
        (Value::List(a), Value::List(b)) => Rc::ptr_eq(a, b),
        (Value::Dict(a), Value::Dict(b)) => Rc::ptr_eq(a, b),
        (Value::Tuple(a), Value::Tuple(b)) => a.len() == b.len() && a.iter().zip(&**b).all(|(a, b)| same_value(a, b)),
        _ => false,
    }
}

impl Kind {
    /// How many operands, or cells of memory, a value of this kind has.
    pub(crate) fn width(&self) -> usize {
        match self {
            Kind::Poison
            | Kind::Clash(_)
            | Kind::Unbound
            | Kind::Static(_)
            | Kind::Dict(_)
            | Kind::Fresh(_)
            | Kind::Closure(_)
            | Kind::Lazy(_) => 0,
            Kind::Float { .. } | Kind::Int | Kind::Bool | Kind::OneOf(_) | Kind::Object(_) => 1,
            Kind::Complex { .. } => 2,
            Kind::MaybeUnbound(kind) | Kind::Optional(kind) => 1 + kind.width(),
            Kind::Tuple(kinds) => kinds.iter().map(Kind::width).sum(),
            Kind::Record(record) | Kind::Made(record) => record.items.iter().map(Kind::width).sum(),
            Kind::Seq(seq) => 1 + seq.dims.iter().chain(&seq.strides).filter(|dim| **dim == Dim::Running).count(),
            Kind::Owned(owned) => owned.header() + owned.versions * owned.size(),
            Kind::Method(bound) => bound.0.width(),
            Kind::Super(of) => of.1.width(),
        }
    }

    /// The machine types of its operands.
    pub(crate) fn types(&self) -> Vec<Type> {
        match self {
            Kind::Float { .. } => vec![Type::F64],
            Kind::Complex { .. } => vec![Type::F64; 2],
            Kind::Bool => vec![Type::Bool],
            Kind::MaybeUnbound(kind) | Kind::Optional(kind) => {
                let mut types = vec![Type::Bool];
                types.extend(kind.types());
                types
            }
            Kind::Tuple(kinds) => kinds.iter().flat_map(Kind::types).collect(),
            Kind::Record(record) | Kind::Made(record) => record.items.iter().flat_map(Kind::types).collect(),
            Kind::Method(bound) => bound.0.types(),
            Kind::Owned(owned) => {
                let element = owned.element.types();
                let count = owned.dims.iter().product::<i64>() as usize * owned.versions;
                let header = std::iter::repeat_n(Type::I64, owned.header());
                header.chain(std::iter::repeat_n(element, count).flatten()).collect()
            }
            _ => vec![Type::I64; self.width()],
        }
    }

    /// Whether it is an object of one of the script's classes.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Kind::Object(_) | Kind::Fresh(_) | Kind::Made(_))
    }

    /// Whether it is a complex number.
    pub(crate) fn is_complex(&self) -> bool {
        matches!(self, Kind::Complex { .. })
    }

    /// Whether it is a number, a truth value or a complex number: what numpy stretches to an array's shape.
    pub(crate) fn is_scalar(&self) -> bool {
        self.is_number() || self.is_complex()
    }

    /// Whether it is a number or a truth value, of one operand.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Kind::Float { .. } | Kind::Int | Kind::Bool)
    }

    /// As Python calls its type, for messages.
    pub(crate) fn type_name(&self) -> String {
        match self {
            Kind::Poison | Kind::Unbound | Kind::Clash(_) => "?".to_owned(),
            Kind::MaybeUnbound(kind) => kind.type_name(),
            Kind::Float { .. } => "float".to_owned(),
            Kind::Complex { .. } => "complex".to_owned(),
            Kind::Int => "int".to_owned(),
            Kind::Bool => "bool".to_owned(),
            Kind::Static(value) => static_type_name(value),
            Kind::OneOf(values) => values.first().map_or_else(String::new, static_type_name),
            Kind::Tuple(_) => "tuple".to_owned(),
            Kind::Record(record) | Kind::Made(record) => record.class.name.to_string(),
            Kind::Fresh(fresh) => fresh.class.name.to_string(),
            Kind::Optional(kind) => format!("{} or None", kind.type_name()),
            Kind::Object(_) => "object".to_owned(),
            Kind::Seq(seq) => flavour_name(seq.flavour).to_owned(),
            Kind::Owned(owned) => flavour_name(owned.flavour).to_owned(),
            Kind::Dict(_) => "dict".to_owned(),
            Kind::Closure(_) => "function".to_owned(),
            Kind::Method(_) => "method".to_owned(),
            Kind::Super(_) => "super".to_owned(),
            Kind::Lazy(lazy) => match &**lazy {
                Lazy::Range(_) => "range",
                Lazy::Enumerate(..) => "enumerate",
                Lazy::Zip(_) => "zip",
                Lazy::Reversed(_) => "reversed",
                Lazy::Map(..) => "map",
                Lazy::Generator(..) => "generator",
                Lazy::Slice(_) => "slice",
            }
            .to_owned(),
        }
    }
}

/// The names of two types, with their lengths where that is all in which they differ.
pub(crate) fn told_apart(a: &Kind, b: &Kind) -> (String, String) {
    let (first, second) = (a.type_name(), b.type_name());
    let lengths = |kind: &Kind| match kind {
        Kind::Seq(seq) => fixed_dims(&seq.dims),
        Kind::Owned(owned) => Some(owned.dims.clone()),
        _ => None,
    };
    match (lengths(a), lengths(b)) {
        (Some(x), Some(y)) if first == second => {
            let words = |dims: Vec<i64>| dims.iter().map(i64::to_string).collect::<Vec<_>>().join(" x ");
            (format!("{first} of {} elements", words(x)), format!("{second} of {} elements", words(y)))
        }
        _ => (first, second),
    }
}

fn flavour_name(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::List => "list",
        Flavour::Tuple => "tuple",
        Flavour::Array(_) => "numpy.ndarray",
    }
}

fn static_type_name(value: &Value) -> String {
    match value {
        Value::None => "NoneType",
        Value::Str(_) => "str",
        Value::Complex(..) => "complex",
        Value::Module(_) => "module",
        Value::Class(_) => "type",
        Value::Set(_) => "set",
        Value::Builtin(_) => "builtin_function_or_method",
        Value::Function(_) => "function",
        Value::Method(_) => "method",
        Value::Slice(_) => "slice",
        Value::Dtype(_) => "numpy.dtype",
        Value::Ellipsis => "ellipsis",
        _ => "object",
    }
    .to_owned()
}

/// The least kind that holds values of both; `None` where no machine type can.
pub(crate) fn join(a: &Kind, b: &Kind) -> Option<Kind> {
    if a == b {
        return Some(a.clone());
    }
    Some(match (a, b) {
        // An error must not outlive the round in which it was found.
        (Kind::Poison, kind) | (kind, Kind::Poison) => kind.clone(),
        (Kind::Clash(_), _) => a.clone(),
        (_, Kind::Clash(_)) => b.clone(),
        (Kind::Unbound, Kind::MaybeUnbound(_)) => b.clone(),
        (Kind::MaybeUnbound(_), Kind::Unbound) => a.clone(),
        (Kind::Unbound, kind) | (kind, Kind::Unbound) => Kind::MaybeUnbound(Rc::new(kind.clone())),
        (Kind::MaybeUnbound(a), Kind::MaybeUnbound(b)) => Kind::MaybeUnbound(Rc::new(join(a, b)?)),
        (Kind::MaybeUnbound(inner), kind) | (kind, Kind::MaybeUnbound(inner)) => {
            Kind::MaybeUnbound(Rc::new(join(inner, kind)?))
        }
        (Kind::Float { numpy: a }, Kind::Float { numpy: b }) => Kind::Float { numpy: *a && *b },
        (Kind::Float { .. }, Kind::Int | Kind::Bool) | (Kind::Int | Kind::Bool, Kind::Float { .. }) => FLOAT,
        (Kind::Complex { numpy: a }, Kind::Complex { numpy: b } | Kind::Float { numpy: b })
        | (Kind::Float { numpy: b }, Kind::Complex { numpy: a }) => Kind::Complex { numpy: *a && *b },
        (Kind::Complex { .. }, Kind::Int | Kind::Bool) | (Kind::Int | Kind::Bool, Kind::Complex { .. }) => {
            Kind::Complex { numpy: false }
        }
        (Kind::Int, Kind::Bool) | (Kind::Bool, Kind::Int) => Kind::Int,
        (Kind::Static(Value::None), Kind::Optional(_)) => b.clone(),
        (Kind::Optional(_), Kind::Static(Value::None)) => a.clone(),
        (Kind::Optional(a), Kind::Optional(b)) => Kind::Optional(Rc::new(join(a, b)?)),
        (Kind::Static(_) | Kind::OneOf(_), Kind::Static(_) | Kind::OneOf(_)) => {
            let mut values = choices(a);
            for value in choices(b) {
                if !values.iter().any(|known| same_value(known, &value)) {
                    values.push(value);
                }
            }
            Kind::OneOf(Rc::new(values))
        }
        (Kind::Static(Value::None), kind) | (kind, Kind::Static(Value::None)) => Kind::Optional(Rc::new(kind.clone())),
        (Kind::Optional(inner), kind) | (kind, Kind::Optional(inner)) => Kind::Optional(Rc::new(join(inner, kind)?)),
        (Kind::Tuple(a), Kind::Tuple(b)) if a.len() == b.len() => {
            Kind::Tuple(Rc::new(a.iter().zip(&**b).map(|(a, b)| join(a, b)).collect::<Option<_>>()?))
        }
        (Kind::Record(a), Kind::Record(b)) if Rc::ptr_eq(&a.class, &b.class) => {
            let items = a.items.iter().zip(&*b.items).map(|(a, b)| join(a, b)).collect::<Option<_>>()?;
            Kind::Record(Rc::new(RecordKind { items: Rc::new(items), ..(**a).clone() }))
        }
        (Kind::Made(a), Kind::Made(b)) if Rc::ptr_eq(&a.class, &b.class) => {
            // An attribute that was met for the first time meanwhile is none that the earlier object has.
            let longer = if a.names.len() < b.names.len() { b } else { a };
            let (unbound, count) = (Kind::Unbound, longer.names.len());
            let item = |record: &RecordKind, i: usize| record.items.get(i).unwrap_or(&unbound).clone();
            let items = (0..count).map(|i| join(&item(a, i), &item(b, i))).collect::<Option<_>>()?;
            Kind::Made(Rc::new(RecordKind { items: Rc::new(items), ..(**longer).clone() }))
        }
        (Kind::Record(a), Kind::Record(b)) => {
            return join(&Kind::Tuple(a.items.clone()), &Kind::Tuple(b.items.clone()));
        }
        (Kind::Record(record), other @ Kind::Tuple(_)) | (other @ Kind::Tuple(_), Kind::Record(record)) => {
            return join(&Kind::Tuple(record.items.clone()), other);
        }
        (Kind::Object(a), Kind::Object(b)) => Kind::Object(Rc::new(union(a, b))),
        (Kind::Seq(a), Kind::Seq(b)) if a.flavour == b.flavour && a.dims.len() == b.dims.len() => {
            let dims = |a: &[Dim], b: &[Dim]| -> Vec<Dim> {
                a.iter().zip(b).map(|(a, b)| if a == b { *a } else { Dim::Running }).collect()
            };
            Kind::Seq(Rc::new(SeqKind {
                flavour: a.flavour,
                dims: dims(&a.dims, &b.dims),
                strides: dims(&a.strides, &b.strides),
                storages: union(&a.storages, &b.storages),
            }))
        }
        (Kind::Owned(owned), other) | (other, Kind::Owned(owned)) => join_owned(owned, other)?,
        (Kind::Method(a), Kind::Method(b)) if same_callee(&a.1, &b.1) => {
            Kind::Method(Rc::new((join(&a.0, &b.0)?, a.1.clone())))
        }
        _ => return None,
    })
}

fn join_owned(owned: &OwnedKind, other: &Kind) -> Option<Kind> {
    let mut versions = owned.versions;
    let element = match other {
        Kind::Owned(other) if other.flavour == owned.flavour && other.dims == owned.dims => {
            versions = versions.max(other.versions);
            join(&owned.element, &other.element)?
        }
        // A list of numbers whose place later holds an array is one from the start.
        Kind::Seq(seq)
            if (seq.flavour == owned.flavour
                || (seq.flavour == Flavour::List && matches!(owned.flavour, Flavour::Array(_))))
                && fixed_dims(&seq.dims)? == owned.dims =>
        {
            owned.element.clone()
        }
        _ => return None,
    };
    Some(Kind::Owned(Rc::new(OwnedKind { flavour: owned.flavour, dims: owned.dims.clone(), element, versions })))
}

/// The `index`-th array held by value in a kind, and how many cells precede it.
pub(crate) fn owned_in(kind: &Kind, index: &mut usize) -> Result<(Rc<OwnedKind>, usize), usize> {
    match kind {
        Kind::Owned(owned) if *index == 0 => Ok((owned.clone(), 0)),
        Kind::Owned(_) => {
            *index -= 1;
            Err(kind.width())
        }
        Kind::Optional(inner) | Kind::MaybeUnbound(inner) => {
            owned_in(inner, index).map(|(owned, before)| (owned, before + 1)).map_err(|width| width + 1)
        }
        Kind::Tuple(kinds) => {
            let mut before = 0;
            for kind in &**kinds {
                match owned_in(kind, index) {
                    Ok((owned, inside)) => return Ok((owned, before + inside)),
                    Err(width) => before += width,
                }
            }
            Err(before)
        }
        _ => Err(kind.width()),
    }
}

/// A kind with its `index`-th array held by value changed.
pub(crate) fn with_owned(kind: &Kind, index: &mut usize, change: &mut dyn FnMut(&mut OwnedKind)) -> Kind {
    match kind {
        Kind::Owned(owned) => {
            let mut owned = (**owned).clone();
            if *index == 0 {
                change(&mut owned);
            }
            *index = index.wrapping_sub(1);
            Kind::Owned(Rc::new(owned))
        }
        Kind::Optional(inner) => Kind::Optional(Rc::new(with_owned(inner, index, change))),
        Kind::MaybeUnbound(inner) => Kind::MaybeUnbound(Rc::new(with_owned(inner, index, change))),
        Kind::Tuple(kinds) => Kind::Tuple(Rc::new(kinds.iter().map(|kind| with_owned(kind, index, change)).collect())),
        _ => kind.clone(),
    }
}

/// How many arrays a kind holds by value.
pub(crate) fn count_owned(kind: &Kind) -> usize {
    match kind {
        Kind::Owned(_) => 1,
        Kind::Optional(inner) | Kind::MaybeUnbound(inner) => count_owned(inner),
        Kind::Tuple(kinds) => kinds.iter().map(count_owned).sum(),
        _ => 0,
    }
}

/// The lengths, if all are known.
pub(crate) fn fixed_dims(dims: &[Dim]) -> Option<Vec<i64>> {
    dims.iter().map(|dim| if let Dim::Fixed(length) = dim { Some(*length) } else { None }).collect()
}

/// The objects that a static kind may be.
pub(crate) fn choices(kind: &Kind) -> Vec<Value> {
    match kind {
        Kind::Static(value) => vec![value.clone()],
        Kind::OneOf(values) => values.to_vec(),
        _ => vec![],
    }
}

fn union<T: Ord + Copy>(a: &[T], b: &[T]) -> Vec<T> {
    let mut all: Vec<T> = a.iter().chain(b).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}
