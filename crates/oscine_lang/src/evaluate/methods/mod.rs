//! The methods of built-in types, found by name.

mod dicts;
mod lists;
mod numbers;
mod others;
mod sets;
mod strings;

use super::Interpreter;
use super::exceptions::raise;
use super::iterate::Iter;
use super::types::{class_of, type_name};
use super::value::{Args, Dtype, Result, Value};

/// The names of each type's methods.
const METHODS: &[(&str, &str)] = &[
    (
        "str",
        "capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha \
         isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower \
         lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split \
         splitlines startswith strip swapcase title translate upper zfill __len__ __getitem__ __contains__ __add__ \
         __mul__ __mod__ __eq__ __hash__ __str__ __repr__ __format__ __iter__ __lt__",
    ),
    (
        "list",
        "append clear copy count extend index insert pop remove reverse sort __len__ __getitem__ __setitem__ \
         __delitem__ __contains__ __iter__ __add__ __mul__ __eq__ __repr__ __str__ __init__ __reversed__",
    ),
    ("tuple", "count index __len__ __getitem__ __contains__ __iter__ __add__ __mul__ __eq__ __hash__ __repr__ __str__"),
    (
        "dict",
        "clear copy fromkeys get items keys pop popitem setdefault update values __len__ __getitem__ __setitem__ \
         __delitem__ __contains__ __iter__ __eq__ __repr__ __str__ __init__ __or__",
    ),
    ("OrderedDict", "move_to_end"),
    ("Counter", "most_common elements subtract total"),
    ("defaultdict", "default_factory"),
    (
        "set",
        "add clear copy difference difference_update discard intersection intersection_update isdisjoint issubset \
         issuperset pop remove symmetric_difference symmetric_difference_update union update __len__ __contains__ \
         __iter__ __eq__ __init__ __or__ __and__ __sub__ __xor__",
    ),
    (
        "frozenset",
        "copy difference intersection isdisjoint issubset issuperset symmetric_difference union __len__ __contains__ \
         __iter__ __eq__ __hash__ __or__ __and__ __sub__ __xor__",
    ),
    (
        "deque",
        "append appendleft clear copy count extend extendleft index insert pop popleft remove reverse rotate __len__ \
         __getitem__ __setitem__ __contains__ __iter__",
    ),
    (
        "int",
        "bit_length bit_count conjugate as_integer_ratio is_integer to_bytes from_bytes __abs__ __add__ __and__ __bool__ \
         __ceil__ __divmod__ __eq__ __float__ __floor__ __floordiv__ __format__ __ge__ __gt__ __hash__ __index__ __int__ \
         __invert__ __le__ __lshift__ __lt__ __mod__ __mul__ __ne__ __neg__ __or__ __pos__ __pow__ __radd__ __repr__ \
         __rmul__ __round__ __rshift__ __rsub__ __str__ __sub__ __truediv__ __trunc__ __xor__",
    ),
    (
        "float",
        "as_integer_ratio conjugate fromhex hex is_integer __abs__ __add__ __bool__ __ceil__ __divmod__ __eq__ __float__ \
         __floor__ __floordiv__ __format__ __ge__ __gt__ __hash__ __int__ __le__ __lt__ __mod__ __mul__ __ne__ __neg__ \
         __pos__ __pow__ __radd__ __repr__ __rmul__ __round__ __rsub__ __str__ __sub__ __truediv__ __trunc__",
    ),
    ("complex", "conjugate __abs__ __add__ __mul__ __sub__ __truediv__ __neg__ __eq__"),
    ("range", "count index __len__ __getitem__ __contains__ __iter__"),
    ("slice", "indices"),
    ("generator", "send throw close __next__ __iter__"),
    ("iterator", "keys __next__ __iter__ isdisjoint"),
    ("enumerate", "__next__ __iter__"),
    ("zip", "__next__ __iter__"),
    ("map", "__next__ __iter__"),
    ("filter", "__next__ __iter__"),
];

/// Whether the built-in type `kind` has a method of that name.
pub(crate) fn has_method(kind: &str, name: &str) -> bool {
    let has = |kind: &str| {
        METHODS
            .iter()
            .any(|(candidate, names)| *candidate == kind && names.split_whitespace().any(|known| known == name))
    };
    match kind {
        "ndarray" => super::array::has_method(name),
        "bool" => has("int"),
        "OrderedDict" | "Counter" | "defaultdict" => has(kind) || has("dict"),
        _ => has(kind),
    }
}

/// The bytes of one element of an array of that type.
pub(crate) fn item_bytes(dtype: Dtype) -> i64 {
    match dtype {
        Dtype::Bool => 1,
        Dtype::Float32 => 4,
        Dtype::Int | Dtype::Float => 8,
        Dtype::Complex => 16,
    }
}

impl Interpreter<'_> {
    /// `receiver.name(...)` for a method of a built-in type.
    pub(crate) fn call_builtin_method(&mut self, receiver: &Value, name: &str, mut args: Args) -> Result<Value> {
        if let Value::Class(class) = receiver {
            match (&*class.name, name) {
                ("dict", "fromkeys") => return self.dict_from_keys(&args),
                ("float", "fromhex") => return numbers::float_from_hex(&args),
                ("str", "maketrans") => return self.make_translation(&args),
                (_, "mro") => {
                    return Ok(Value::List(std::rc::Rc::new(super::value::List(
                        class.mro.borrow().iter().cloned().map(Value::Class).collect::<Vec<_>>().into(),
                    ))));
                }
                _ => {}
            }
            // `str.upper(text)`: the method itself, given its object.
            if args.positional.is_empty() {
                let words = format!("unbound method {}.{name}() needs an argument", class.name);
                return Err(raise("TypeError", words));
            }
            let object = args.positional.remove(0);
            let base = match &object {
                Value::Instance(instance) => instance.base_value.borrow().clone(),
                _ => Value::None,
            };
            let object = if matches!(base, Value::None) { object } else { base };
            if !class_of(&object.plain()).derives_from(class) {
                let words = format!(
                    "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
                    class.name,
                    type_name(&object)
                );
                return Err(raise("TypeError", words));
            }
            return self.call_builtin_method(&object, name, args);
        }
        if name.starts_with("__") {
            return self.call_builtin_special(receiver, name, args);
        }
        match receiver {
            Value::Str(text) => self.string_method(text, name, args),
            Value::List(list) => self.list_method(list, name, args),
            Value::Tuple(items) => self.tuple_method(items, name, &args),
            Value::Dict(dict) => self.dict_method(dict, name, args),
            Value::Set(set) => self.set_method(set, name, &args),
            Value::Deque(deque) => self.deque_method(deque, name, args),
            Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::Complex(..) => {
                numbers::number_method(receiver, name, &args)
            }
            Value::Range(range) => self.range_method(*range, name, &args),
            Value::Slice(parts) => self.slice_method(parts, &args),
            Value::Iterator(iter) => self.iterator_method(iter, name, &args),
            Value::Array(array) => super::array::call_method(array, name, args),
            Value::Param(param) => self.call_builtin_method(&param.value.clone(), name, args),
            _ => Err(super::attributes::no_attribute(receiver, name)),
        }
    }

    /// A special method of a built-in type, called by name: `super().__setitem__(key, value)`.
    fn call_builtin_special(&mut self, receiver: &Value, name: &str, args: Args) -> Result<Value> {
        use crate::syntax::ast::{BinOp, CmpOp, UnaryOp};
        let given = args.positional;
        let binary = match name {
            "__add__" => Some((BinOp::Add, false)),
            "__radd__" => Some((BinOp::Add, true)),
            "__sub__" => Some((BinOp::Sub, false)),
            "__rsub__" => Some((BinOp::Sub, true)),
            "__mul__" => Some((BinOp::Mul, false)),
            "__rmul__" => Some((BinOp::Mul, true)),
            "__truediv__" => Some((BinOp::Div, false)),
            "__floordiv__" => Some((BinOp::FloorDiv, false)),
            "__mod__" => Some((BinOp::Mod, false)),
            "__pow__" => Some((BinOp::Pow, false)),
            "__and__" => Some((BinOp::BitAnd, false)),
            "__or__" => Some((BinOp::BitOr, false)),
            "__xor__" => Some((BinOp::BitXor, false)),
            "__lshift__" => Some((BinOp::LShift, false)),
            "__rshift__" => Some((BinOp::RShift, false)),
            _ => None,
        };
        let compared = match name {
            "__eq__" => Some(CmpOp::Eq),
            "__ne__" => Some(CmpOp::Ne),
            "__lt__" => Some(CmpOp::Lt),
            "__le__" => Some(CmpOp::Le),
            "__gt__" => Some(CmpOp::Gt),
            "__ge__" => Some(CmpOp::Ge),
            _ => None,
        };
        if let (Some((op, swapped)), [other]) = (binary, given.as_slice()) {
            return if swapped { self.binary(op, other, receiver) } else { self.binary(op, receiver, other) };
        }
        if let (Some(op), [other]) = (compared, given.as_slice()) {
            return self.compare(op, receiver, other);
        }
        Ok(match (name, given.as_slice()) {
            ("__len__", []) => Value::Int(self.length(receiver)? as i64),
            ("__getitem__", [index]) => self.get_item(receiver, index)?,
            ("__setitem__", [index, value]) => {
                self.set_item(receiver, index, value.clone())?;
                Value::None
            }
            ("__delitem__", [index]) => {
                self.delete_item(receiver, index)?;
                Value::None
            }
            ("__contains__", [item]) => Value::Bool(self.contains(receiver, item)?),
            ("__iter__", []) => self.iterate(receiver)?.into_value(),
            ("__reversed__", []) => {
                let mut items = self.list_of(receiver)?;
                items.reverse();
                Iter::Values(items.into_iter()).into_value()
            }
            ("__next__", []) => match self.next_of(receiver)? {
                Some(value) => value,
                None => return Err(raise("StopIteration", "")),
            },
            ("__repr__", []) => Value::Str(super::value::Name::from(self.repr(receiver)?)),
            ("__str__", []) => Value::Str(super::value::Name::from(self.str(receiver)?)),
            ("__format__", [spec]) => {
                let spec = self.str(spec)?;
                Value::Str(super::value::Name::from(self.format(receiver, &spec)?))
            }
            ("__hash__", []) => Value::Int(self.hash(receiver)?),
            ("__bool__", []) => Value::Bool(self.truth(receiver)?),
            ("__neg__", []) => self.unary(UnaryOp::Neg, receiver)?,
            ("__pos__", []) => self.unary(UnaryOp::Pos, receiver)?,
            ("__invert__", []) => self.unary(UnaryOp::Invert, receiver)?,
            ("__init__", given) => {
                let values = given.to_vec();
                match receiver {
                    Value::List(list) => {
                        let items = values.first().map_or(Ok(vec![]), |value| self.list_of(value))?;
                        *list.0.borrow_mut() = items;
                    }
                    Value::Dict(_) => {
                        let args = Args { positional: values, keywords: args.keywords, ..Args::default() };
                        self.call_builtin_method(receiver, "update", args)?;
                    }
                    Value::Set(_) => {
                        let args = Args { positional: values, ..Args::default() };
                        self.call_builtin_method(receiver, "update", args)?;
                    }
                    _ => {}
                }
                Value::None
            }
            ("__abs__" | "__int__" | "__float__" | "__round__" | "__divmod__" | "__index__", given) => {
                let built_in = match name {
                    "__abs__" => "abs",
                    "__int__" | "__index__" => "int",
                    "__float__" => "float",
                    "__round__" => "round",
                    _ => "divmod",
                };
                let Some(function) = crate::library::builtin(built_in) else { return Ok(Value::None) };
                let mut positional = vec![receiver.clone()];
                positional.extend(given.iter().cloned());
                self.call_with(&function, positional)?
            }
            ("__floor__" | "__ceil__" | "__trunc__", []) => {
                let rounded = match receiver.as_float() {
                    Some(number) if name == "__floor__" => number.floor(),
                    Some(number) if name == "__ceil__" => number.ceil(),
                    Some(number) => number.trunc(),
                    None => 0.0,
                };
                Value::Int(super::arithmetic::float_to_int(rounded)?)
            }
            _ => {
                let words = format!("wrong arguments for {}.{name}()", type_name(receiver));
                return Err(raise("TypeError", words));
            }
        })
    }
}
