//! The dynamic values of load time. Identity is the identity of the `Rc`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::hash::BuildHasherDefault;
use std::rc::Rc;

use indexmap::IndexMap;

use super::hash::QuickHasher;

use crate::library::Entry;
use crate::source::{FileId, Span};
use crate::syntax::ast;
pub use crate::syntax::ast::Name;

/// Any Python value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `None`
    None,
    /// `...`
    Ellipsis,
    /// `NotImplemented`
    NotImplemented,
    /// A `bool`.
    Bool(bool),
    /// An `int` of 64 bits; arithmetic beyond raises OverflowError.
    Int(i64),
    /// A `float`.
    Float(f64),
    /// A `complex`: real and imaginary part.
    Complex(f64, f64),
    /// A `str`.
    Str(Name),
    /// A `tuple`.
    Tuple(Rc<Vec<Value>>),
    /// A `list`.
    List(Rc<List>),
    /// A `dict`.
    Dict(Rc<Dict>),
    /// A `set` or a `frozenset`.
    Set(Rc<Set>),
    /// A `collections.deque`.
    Deque(Rc<Deque>),
    /// A `range`.
    Range(Range),
    /// A `slice`: start, stop, step, each an int or None.
    Slice(Rc<[Value; 3]>),
    /// A numpy array (a view, if it shares its cells).
    Array(Array),
    /// A numpy dtype.
    Dtype(Dtype),
    /// A function written in Python, with its closure.
    Function(Rc<Function>),
    /// A function bound to an object: `voice.tick`.
    Method(Rc<Method>),
    /// A function of the library: one row of its table.
    Builtin(&'static Entry),
    /// A method of a built-in type bound to its object: `items.append`. Bound to a class, it is the method itself:
    /// `str.upper`.
    BuiltinMethod(Rc<BuiltinMethod>),
    /// A function of the library that carries values: `functools.partial(f, 1)`.
    Bound(Rc<Bound>),
    /// A class.
    Class(Rc<Class>),
    /// An object of a class written in Python, or an exception.
    Instance(Rc<Instance>),
    /// A module.
    Module(Rc<Module>),
    /// What `param(...)` returned: behaves as its default in every operation.
    Param(Rc<ParamValue>),
    /// An iterator under way.
    Iterator(Rc<RefCell<super::iterate::Iter>>),
    /// `@property`: getter and setter.
    Property(Rc<Property>),
    /// `@staticmethod`.
    StaticMethod(Rc<Value>),
    /// `@classmethod`.
    ClassMethod(Rc<Value>),
    /// `super()` inside a method: where the search begins, and for whom.
    Super(Rc<Super>),
}

/// Names and what they are bound to, in the order of first binding: a module's globals, an object's attributes, a
/// class's members, the variables of a call.
#[derive(Debug, Default)]
pub struct Namespace(pub RefCell<QuickMap<Name, Value>>);

/// A map in order of insertion whose keys a script does not choose to collide.
pub type QuickMap<K, V> = IndexMap<K, V, BuildHasherDefault<QuickHasher>>;

impl Drop for Namespace {
    fn drop(&mut self) {
        super::bury::bury(self.0.take().into_values().collect());
    }
}

impl Namespace {
    /// What `name` is bound to here.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.0.borrow().get(name).cloned()
    }

    /// Binds `name`.
    pub fn set(&self, name: Name, value: Value) {
        self.0.borrow_mut().insert(name, value);
    }

    /// Unbinds `name`; whether it was bound.
    pub fn remove(&self, name: &str) -> bool {
        self.0.borrow_mut().shift_remove(name).is_some()
    }
}

/// A list's elements.
#[derive(Debug, Default)]
pub struct List(pub RefCell<Vec<Value>>);

impl Drop for List {
    fn drop(&mut self) {
        super::bury::bury(self.0.take());
    }
}

/// A hashable value as a key: numbers equal in Python are equal here (`1`, `1.0` and `True`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// `None`
    None,
    /// An int, a bool, or a float with a whole value.
    Int(i64),
    /// Any other float, by its bits.
    Float(u64),
    /// A string.
    Str(Name),
    /// A complex number that is not a float, by its bits.
    Complex(u64, u64),
    /// A tuple.
    Tuple(Vec<Key>),
    /// A frozenset, its keys sorted by their debug text.
    Set(Vec<Key>),
    /// Anything compared by identity: its address.
    Identity(usize),
    /// An object with a `__hash__` of its own: that hash, and the address of the first object equal to it in the map.
    Hashed(i64, usize),
}

/// Items in order of insertion, each with its key as written.
pub type Items = QuickMap<Key, (Value, Value)>;

/// A dict, or one of its kin in `collections`.
#[derive(Debug)]
pub struct Dict {
    /// Its items.
    pub items: RefCell<Items>,
    /// Which type it is.
    pub kind: DictKind,
}

/// The types of dict.
#[derive(Debug, Clone)]
pub enum DictKind {
    /// `dict`
    Plain,
    /// `collections.OrderedDict`
    Ordered,
    /// `collections.Counter`
    Counter,
    /// `collections.defaultdict`, with its factory.
    Default(Value),
    /// An object's `__dict__`, which writes back to the object.
    Attributes(Rc<Instance>),
}

impl DictKind {
    /// The same, no longer tied to an object.
    pub(crate) fn detached(&self) -> Self {
        if let DictKind::Attributes(_) = self { DictKind::Plain } else { self.clone() }
    }
}

impl Dict {
    /// A plain dict of these items.
    #[must_use]
    pub fn new(items: Items) -> Self {
        Self { items: RefCell::new(items), kind: DictKind::Plain }
    }
}

/// A set's elements in order of insertion.
#[derive(Debug)]
pub struct Set {
    /// Its elements.
    pub items: RefCell<QuickMap<Key, Value>>,
    /// Whether it is a `frozenset`.
    pub frozen: bool,
}

/// A deque's elements.
#[derive(Debug)]
pub struct Deque {
    /// Its elements.
    pub items: RefCell<VecDeque<Value>>,
    /// Its `maxlen`.
    pub max_len: Option<usize>,
}

/// `range(start, stop, step)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First value.
    pub start: i64,
    /// Where it ends, excluded.
    pub stop: i64,
    /// Distance, not 0.
    pub step: i64,
}

impl Range {
    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> usize {
        let span = if self.step > 0 {
            i128::from(self.stop) - i128::from(self.start)
        } else {
            i128::from(self.start) - i128::from(self.stop)
        };
        let step = i128::from(self.step).abs();
        if span <= 0 { 0 } else { ((span + step - 1) / step) as usize }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The element types of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// `bool`
    Bool,
    /// `int64`
    Int,
    /// `float32`: held as f64, rounded to f32 after every operation.
    Float32,
    /// `float64`
    Float,
    /// `complex128`
    Complex,
}

/// The memory behind one array or several views of it.
#[derive(Debug)]
pub struct ArrayData {
    /// The type of its elements.
    pub dtype: Dtype,
    /// The elements.
    pub cells: RefCell<Cells>,
}

/// Elements by machine type; `Float32` arrays are `Float` cells.
#[derive(Debug, Clone)]
pub enum Cells {
    /// bools
    Bool(Vec<bool>),
    /// ints
    Int(Vec<i64>),
    /// floats
    Float(Vec<f64>),
    /// complex numbers: real, imaginary
    Complex(Vec<(f64, f64)>),
}

/// A view of an array's memory: element `(i, j)` is cell `offset + i * strides[0] + j * strides[1]`.
#[derive(Debug, Clone)]
pub struct Array {
    /// The memory; shared among views.
    pub data: Rc<ArrayData>,
    /// The cell of element `(0, 0)`.
    pub offset: usize,
    /// Lengths by axis; empty for a 0-d array.
    pub shape: Vec<usize>,
    /// Distances in cells by axis.
    pub strides: Vec<isize>,
}

/// A function written in Python.
#[derive(Debug)]
pub struct Function {
    /// Its text.
    pub def: Rc<ast::Function>,
    /// Its dotted name: `Voice.tick`, `outer.<locals>.inner`.
    pub qualified_name: Name,
    /// The module it was defined in, whose globals it reads.
    pub module: Rc<Module>,
    /// The variables of the calls around its definition.
    pub closure: Option<Rc<Frame>>,
    /// Values of the defaults, aligned with the last of `positional`.
    pub defaults: Vec<Value>,
    /// Values of keyword-only defaults by name.
    pub keyword_defaults: Vec<(Name, Value)>,
    /// The class in whose body it was defined, for `super()`; set once when the class is made.
    pub owner: RefCell<Option<std::rc::Weak<Class>>>,
    /// What was assigned to its attributes: `f.calls = 0`.
    pub attributes: Namespace,
}

/// The variables of one call, kept alive by closures.
#[derive(Debug)]
pub struct Frame {
    /// The variables.
    pub variables: Namespace,
    /// The function that was called; `None` for the scope of a comprehension.
    pub function: Option<Rc<Function>>,
    /// The frame around the function's definition.
    pub parent: Option<Rc<Frame>>,
}

/// A function and its first argument.
#[derive(Debug)]
pub struct Method {
    /// `self`.
    pub receiver: Value,
    /// The function.
    pub function: Rc<Function>,
}

/// A method of a built-in type and its object.
#[derive(Debug)]
pub struct BuiltinMethod {
    /// The object.
    pub receiver: Value,
    /// The method's name.
    pub name: Name,
}

/// A function of the library and the arguments that go before those of a call.
#[derive(Debug)]
pub struct Bound {
    /// The function.
    pub entry: &'static Entry,
    /// Its first arguments.
    pub captured: Vec<Value>,
    /// Whether a class that has it as a member binds it to its objects, as a function written in Python.
    pub is_method: bool,
}

/// A class, written in Python or built in (`ValueError`, `float`, `list`).
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: Name,
    /// Its bases as written.
    pub bases: Vec<Rc<Class>>,
    /// The order in which members are searched, itself first.
    pub mro: RefCell<Vec<Rc<Class>>>,
    /// Its members.
    pub members: Namespace,
    /// Whether it was written in Python.
    pub is_user: bool,
    /// What a call of it does, if it is built in: the row `float` for `float`.
    pub entry: Option<&'static Entry>,
}

impl Class {
    /// The first class of the method resolution order that has `name`, and what it has.
    pub fn lookup(&self, name: &str) -> Option<(Value, Rc<Class>)> {
        self.mro.borrow().iter().find_map(|class| class.members.get(name).map(|value| (value, class.clone())))
    }

    /// Whether `self` is `other` or derives from it.
    pub fn derives_from(&self, other: &Rc<Class>) -> bool {
        self.mro.borrow().iter().any(|class| Rc::ptr_eq(class, other))
    }
}

/// An object.
#[derive(Debug)]
pub struct Instance {
    /// Its class.
    pub class: Rc<Class>,
    /// Its attributes.
    pub attributes: Namespace,
    /// What it is as an object of its class's built-in base: a namedtuple's tuple, an `IntEnum` member's int; else None.
    pub base_value: RefCell<Value>,
}

/// A module: the script, a local import, or one of the library.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: Name,
    /// Its globals.
    pub globals: Namespace,
    /// The file it came from; `None` for the library's.
    pub file: Option<FileId>,
}

/// A declared parameter, before it has a name.
#[derive(Debug)]
pub struct ParamValue {
    /// The declaration; its name is empty until the parameter is found in a global or an attribute.
    pub param: oscine_dsp::Param,
    /// What it reads while the script loads: a float, int, bool or str.
    pub value: Value,
    /// The call of `param`.
    pub span: Span,
    /// Whether its name was found already.
    pub named: Cell<bool>,
}

/// A `property`.
#[derive(Debug)]
pub struct Property {
    /// The getter.
    pub get: Value,
    /// The setter, or None.
    pub set: Value,
    /// Whether the first value is kept: `functools.cached_property`.
    pub cached: bool,
}

/// `super()` in a method of `class` called on `receiver`.
#[derive(Debug)]
pub struct Super {
    /// The class whose successors are searched.
    pub class: Rc<Class>,
    /// The object.
    pub receiver: Value,
}

/// A raised exception on its way up.
#[derive(Debug, Clone)]
pub struct Raised {
    /// The exception, an `Instance`.
    pub exception: Value,
    /// The places it passed, innermost first.
    pub traceback: Vec<Span>,
    /// Whether the place in the present call is still to be noted in `traceback`.
    pub is_unplaced: bool,
}

/// What evaluation gives.
pub type Result<T> = std::result::Result<T, Box<Raised>>;

/// The arguments of a call.
#[derive(Debug, Clone, Default)]
pub struct Args {
    /// By position.
    pub positional: Vec<Value>,
    /// By keyword.
    pub keywords: Vec<(Name, Value)>,
    /// The call.
    pub span: Span,
}

impl Value {
    /// The value that operations see: what a parameter reads, and what an object of a built-in type's subclass is
    /// underneath.
    pub(crate) fn plain(&self) -> Value {
        match self {
            Value::Param(param) => param.value.clone(),
            Value::Instance(instance) => match &*instance.base_value.borrow() {
                Value::None => self.clone(),
                base => base.clone(),
            },
            _ => self.clone(),
        }
    }

    /// An int or a bool, not by way of a parameter.
    pub(crate) fn as_plain_int(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            Value::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// An int, a bool, or a parameter or object that is one.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Value::Param(param) => param.value.as_int(),
            Value::Instance(instance) => instance.base_value.borrow().as_plain_int(),
            _ => self.as_plain_int(),
        }
    }

    /// A real number as a float; numpy's scalars count.
    pub(crate) fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(value) => Some(*value),
            Value::Int(value) => Some(*value as f64),
            Value::Bool(value) => Some(f64::from(u8::from(*value))),
            Value::Param(param) => param.value.as_float(),
            Value::Instance(instance) => instance.base_value.borrow().as_float(),
            Value::Array(array) if array.shape.is_empty() => match super::array::plain(self) {
                Value::Array(_) => None,
                number => number.as_float(),
            },
            _ => None,
        }
    }

    /// A number as a complex one.
    pub(crate) fn as_complex(&self) -> Option<(f64, f64)> {
        match self {
            Value::Complex(re, im) => Some((*re, *im)),
            _ => self.as_float().map(|re| (re, 0.0)),
        }
    }

    /// A string.
    pub(crate) fn as_str(&self) -> Option<&Name> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }
}
