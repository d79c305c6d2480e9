//! Python's values to arrays and back.

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Cells, Dtype, Raised, Result, Value};

use super::promote::join;
use super::view::size_of;
use super::{plain, unwrap_param};

/// `numpy.asarray(value, dtype)`: the array itself if it is one of that type, else a new one from numbers and nested
/// sequences.
pub(crate) fn from_value(value: &Value, dtype: Option<Dtype>) -> Result<Array> {
    if let Value::Array(array) = value {
        return Ok(match dtype {
            Some(dtype) if dtype != array.dtype() => array.cast(dtype),
            _ => array.clone(),
        });
    }
    let mut shape = vec![];
    let mut numbers = Numbers { values: vec![], dtype: None };
    collect(value, 0, &mut shape, &mut numbers)?;
    let natural = numbers.dtype.unwrap_or(Dtype::Float);
    let cells = match natural {
        Dtype::Bool => Cells::Bool(numbers.values.iter().map(|v| matches!(v, Value::Bool(true))).collect()),
        Dtype::Int => Cells::Int(numbers.values.iter().map(int_of).collect()),
        Dtype::Float | Dtype::Float32 => Cells::Float(numbers.values.iter().map(|v| complex_of(v).0).collect()),
        Dtype::Complex => Cells::Complex(numbers.values.iter().map(complex_of).collect()),
    };
    let dtype = dtype.unwrap_or(natural);
    debug_assert_eq!(cells.len(), size_of(&shape));
    Ok(Array::from_cells(dtype, shape, cells.cast(dtype)))
}

/// The numbers of nested sequences, in order, and the type that holds them all.
struct Numbers {
    values: Vec<Value>,
    dtype: Option<Dtype>,
}

impl Numbers {
    fn push(&mut self, value: Value, dtype: Dtype) {
        self.values.push(value);
        self.widen(dtype);
    }

    fn widen(&mut self, dtype: Dtype) {
        self.dtype = Some(self.dtype.map_or(dtype, |so_far| join(so_far, dtype)));
    }
}

fn collect(value: &Value, depth: usize, shape: &mut Vec<usize>, numbers: &mut Numbers) -> Result<()> {
    let items: Vec<Value> = match &unwrap_param(value) {
        Value::Bool(b) => return leaf(Value::Bool(*b), Dtype::Bool, depth, shape, numbers),
        Value::Int(i) => return leaf(Value::Int(*i), Dtype::Int, depth, shape, numbers),
        Value::Float(f) => return leaf(Value::Float(*f), Dtype::Float, depth, shape, numbers),
        Value::Complex(re, im) => return leaf(Value::Complex(*re, *im), Dtype::Complex, depth, shape, numbers),
        Value::Array(array) if array.shape.is_empty() => {
            return leaf(plain(value), array.dtype(), depth, shape, numbers);
        }
        Value::Array(array) => {
            numbers.widen(array.dtype());
            super::rows(array)
        }
        Value::List(list) => list.0.borrow().clone(),
        Value::Tuple(items) => items.to_vec(),
        Value::Range(range) => (0..range.len()).map(|i| Value::Int(range.start + i as i64 * range.step)).collect(),
        Value::None => {
            return Err(raise("TypeError", "float() argument must be a string or a real number, not 'NoneType'"));
        }
        _ => return Err(raise("TypeError", "oscine has arrays of numbers only")),
    };
    if depth == shape.len() {
        if !numbers.values.is_empty() {
            return Err(ragged(depth, shape));
        }
        shape.push(items.len());
    } else if shape[depth] != items.len() {
        return Err(ragged(depth, shape));
    }
    if items.is_empty() {
        return Ok(());
    }
    for item in &items {
        collect(item, depth + 1, shape, numbers)?;
    }
    Ok(())
}

fn leaf(value: Value, dtype: Dtype, depth: usize, shape: &[usize], numbers: &mut Numbers) -> Result<()> {
    if depth != shape.len() {
        return Err(ragged(depth, shape));
    }
    numbers.push(value, dtype);
    Ok(())
}

#[expect(clippy::unnecessary_box_returns, reason = "an error as `Result` carries it")]
fn ragged(depth: usize, shape: &[usize]) -> Box<Raised> {
    let known = super::view::shape_text(&shape[..depth.min(shape.len())]);
    raise(
        "ValueError",
        format!(
            "setting an array element with a sequence. The requested array has an inhomogeneous shape after {depth} \
             dimensions. The detected shape was {known} + inhomogeneous part."
        ),
    )
}

fn int_of(value: &Value) -> i64 {
    match value {
        Value::Bool(b) => i64::from(*b),
        Value::Int(i) => *i,
        _ => 0,
    }
}

fn complex_of(value: &Value) -> (f64, f64) {
    match value {
        Value::Bool(b) => (f64::from(u8::from(*b)), 0.0),
        Value::Int(i) => (*i as f64, 0.0),
        Value::Float(f) => (*f, 0.0),
        Value::Complex(re, im) => (*re, *im),
        _ => (0.0, 0.0),
    }
}

/// A number as a float.
pub(crate) fn as_float(value: &Value) -> Result<f64> {
    match plain(value) {
        number @ (Value::Bool(_) | Value::Int(_) | Value::Float(_)) => Ok(complex_of(&number).0),
        Value::Array(array) if array.size() == 1 => Ok(array.floats()[0]),
        Value::Array(_) => Err(raise("TypeError", "only 0-dimensional arrays can be converted to Python scalars")),
        other => Err(raise("TypeError", format!("must be real number, not {}", kind(&other)))),
    }
}

/// A whole number, as an index or a count.
pub(crate) fn as_index(value: &Value) -> Result<i64> {
    match plain(value) {
        number @ (Value::Bool(_) | Value::Int(_)) => Ok(int_of(&number)),
        Value::Array(array) if array.size() == 1 && array.dtype() == Dtype::Int => Ok(array.ints()[0]),
        other => Err(raise("TypeError", format!("'{}' object cannot be interpreted as an integer", kind(&other)))),
    }
}

/// The name of a value's type, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::None => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Complex(..) => "complex",
        Value::Str(_) => "str",
        Value::Tuple(_) => "tuple",
        Value::List(_) => "list",
        Value::Dict(_) => "dict",
        Value::Set(_) => "set",
        Value::Range(_) => "range",
        Value::Slice(_) => "slice",
        Value::Array(array) => super::type_name(array),
        Value::Function(_) => "function",
        _ => "object",
    }
}

/// The type that a `dtype=` argument names; `None` for Python's None.
pub(crate) fn dtype_from_value(value: &Value) -> Result<Option<Dtype>> {
    let name: &str = match value {
        Value::None => return Ok(None),
        Value::Dtype(dtype) => return Ok(Some(*dtype)),
        Value::Builtin(entry) => entry.name,
        Value::Class(class) => &class.name,
        Value::Str(text) => text,
        other => {
            return Err(raise("TypeError", format!("Cannot interpret '{}' as a data type", kind(other))));
        }
    };
    let name = name.strip_prefix("numpy.").unwrap_or(name);
    match name {
        "float" | "float64" | "double" | "float_" | "f8" | "<f8" | "d" => Ok(Some(Dtype::Float)),
        "int" | "int64" | "int_" | "intp" | "i8" | "<i8" | "l" => Ok(Some(Dtype::Int)),
        "bool" | "bool_" | "?" => Ok(Some(Dtype::Bool)),
        "float32" | "single" | "f4" | "<f4" | "f" => Ok(Some(Dtype::Float32)),
        "complex" | "complex128" | "cdouble" | "c16" | "<c16" | "D" => Ok(Some(Dtype::Complex)),
        other => Err(raise(
            "TypeError",
            format!("oscine has no arrays of '{other}': use float64, float32, int64, bool or complex128"),
        )),
    }
}
