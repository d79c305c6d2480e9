//! numpy's arrays while a script loads.
//!
//! An [`Array`] is a view of shared memory by offset and strides, as numpy's is. Every operation reads its operands'
//! elements in C order, brings them to one type ([`promote`]) and one shape, and makes a new array; only indexing,
//! transposing and reshaping make views. The types are `bool`, `int64`, `float32`, `float64` and `complex128`; a `float32`
//! is held as a float and rounded after every operation.
//!
//! **numpy's scalars are arrays without axes**: `np.float64(1.5)`, `a[0]`, `a.sum()` and what iteration gives. They behave
//! as numbers: [`plain`] is the Python number inside, for whoever needs one (an index, a key, a format). They are never
//! changed in place.

mod arguments;
pub(crate) mod arithmetic;
mod convert;
pub(crate) mod create;
pub(crate) mod elementwise;
pub(crate) mod fourier;
mod index;
pub(crate) mod join;
pub(crate) mod linear;
mod methods;
pub(crate) mod order;
pub(crate) mod polynomial;
pub(crate) mod print;
mod promote;
pub(crate) mod reduce;
pub(crate) mod view;
pub(crate) mod window;

pub(crate) use arguments::{Bound, bind};
pub use arithmetic::{binary, compare, in_place, unary};
pub(crate) use convert::{as_float, as_index, dtype_from_value, from_value};
pub use index::{get_item, set_item};
pub use methods::{attribute, call_method, has_method, set_attribute};
pub use print::{display, repr};
pub(crate) use promote::Operand;

use super::exceptions::raise;
pub(crate) use super::types::dtype_name;
use super::value::{Args, Array, Cells, Dtype, Result, Value};

/// The elements along the first axis: views, or scalars of a one-dimensional array. Of an array without axes: none.
pub fn rows(array: &Array) -> Vec<Value> {
    let count = array.shape.first().copied().unwrap_or(0);
    (0..count).map(|i| scalar_or_view(array.row(i))).collect()
}

/// A view as it is; a scalar with memory of its own.
fn scalar_or_view(array: Array) -> Value {
    Value::Array(if array.shape.is_empty() { array.copied() } else { array })
}

/// `bool(array)`: that of its only element.
pub fn truth(array: &Array) -> Result<bool> {
    match array.bools().as_slice() {
        [one] => Ok(*one),
        [] => Err(raise(
            "ValueError",
            "The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not empty.",
        )),
        _ => Err(raise(
            "ValueError",
            "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
        )),
    }
}

/// The Python number inside an array without axes (numpy's scalar), and the default of a parameter; any other value is
/// given back as it is.
pub fn plain(value: &Value) -> Value {
    match value {
        Value::Array(array) if array.shape.is_empty() => only_element(array),
        Value::Param(param) => param.value.clone(),
        other => other.clone(),
    }
}

/// The first element as a Python number.
fn only_element(array: &Array) -> Value {
    match &*array.data.cells.borrow() {
        Cells::Bool(c) => Value::Bool(c[array.offset]),
        Cells::Int(c) => Value::Int(c[array.offset]),
        Cells::Float(c) => Value::Float(c[array.offset]),
        Cells::Complex(c) => Value::Complex(c[array.offset].0, c[array.offset].1),
    }
}

/// A parameter's default instead of the parameter.
fn unwrap_param(value: &Value) -> Value {
    match value {
        Value::Param(param) => param.value.clone(),
        other => other.clone(),
    }
}

/// `type(array)`'s name as messages give it: `numpy.ndarray`, or that of a scalar.
pub fn type_name(array: &Array) -> &'static str {
    match array.dtype() {
        _ if !array.shape.is_empty() => "numpy.ndarray",
        Dtype::Bool => "numpy.bool",
        Dtype::Int => "numpy.int64",
        Dtype::Float32 => "numpy.float32",
        Dtype::Float => "numpy.float64",
        Dtype::Complex => "numpy.complex128",
    }
}

/// `numpy.float64(value)` and its kin: a scalar, or an array of that type.
pub fn cast(dtype: Dtype, args: &Args) -> Result<Value> {
    let Some(value) = args.positional.first() else {
        return Ok(Value::Array(create::zeros(vec![], dtype)));
    };
    let text = match value {
        Value::Str(text) => text,
        other => return Ok(Value::Array(from_value(other, None)?.cast(dtype))),
    };
    let number = text.trim().parse::<f64>();
    let number = number.map_err(|_| raise("ValueError", format!("could not convert string to float: '{text}'")))?;
    Ok(Value::Array(Array::float_scalar(number).cast(dtype)))
}

/// `left == right` where one is a dtype and the other something that names one: `a.dtype == float`.
pub fn dtype_equals(left: &Value, right: &Value) -> bool {
    let dtype = |value: &Value| dtype_from_value(value).ok().flatten();
    dtype(left).is_some() && dtype(left) == dtype(right)
}
