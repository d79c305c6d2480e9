//! What an array has: its attributes and methods.

use std::rc::Rc;

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Array, Cells, Dtype, List, Result, Value};

use super::convert::{as_float, as_index, dtype_from_value};
use super::reduce::{Reduction, axes_of, cumulative, extreme_index, mean, normal_axis, reduce, variance};
use super::{Bound, bind, elementwise, join, linear, order, plain, rows};

/// `array.name`, unless it is a method.
pub fn attribute(array: &Array, name: &str) -> Option<Value> {
    let int = |value: usize| Value::Int(value as i64);
    Some(match name {
        "shape" => Value::Tuple(Rc::new(array.shape.iter().map(|&length| int(length)).collect())),
        "strides" => Value::Tuple(Rc::new(
            array.strides.iter().map(|&stride| Value::Int(stride as i64 * item_bytes(array.dtype()))).collect(),
        )),
        "ndim" => int(array.ndim()),
        "size" => int(array.size()),
        "itemsize" => Value::Int(item_bytes(array.dtype())),
        "nbytes" => Value::Int(array.size() as i64 * item_bytes(array.dtype())),
        "dtype" => Value::Dtype(array.dtype()),
        "T" => Value::Array(array.transposed()),
        "real" => Value::Array(elementwise::real(array)),
        "imag" => Value::Array(elementwise::imag(array)),
        "flat" => Value::Array(array.reshaped(vec![array.size()])),
        _ => return None,
    })
}

fn item_bytes(dtype: Dtype) -> i64 {
    match dtype {
        Dtype::Bool => 1,
        Dtype::Float32 => 4,
        Dtype::Int | Dtype::Float => 8,
        Dtype::Complex => 16,
    }
}

/// `array.name = value`.
pub fn set_attribute(array: &Array, name: &str, value: &Value) -> Result<()> {
    match name {
        "real" | "imag" if array.dtype() == Dtype::Complex => {
            let new = super::from_value(value, Some(Dtype::Float))?;
            let Some(new) = new.broadcast_to(&array.shape) else {
                return Err(raise("ValueError", "could not broadcast input array"));
            };
            let parts = array.complexes().into_iter().zip(new.floats());
            let parts = parts.map(|(old, part)| if name == "real" { (part, old.1) } else { (old.0, part) });
            array.write(&Cells::Complex(parts.collect()));
            Ok(())
        }
        "shape" | "T" | "dtype" | "size" | "ndim" => Err(raise(
            "AttributeError",
            format!(
                "attribute '{name}' of 'numpy.ndarray' objects is not writable: make a new array by reshape or astype"
            ),
        )),
        _ => Err(raise("AttributeError", format!("'numpy.ndarray' object has no attribute '{name}'"))),
    }
}

/// The names of the methods that [`call_method`] knows.
const METHODS: &[&str] = &[
    "all",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "astype",
    "clip",
    "conj",
    "conjugate",
    "copy",
    "cumprod",
    "cumsum",
    "diagonal",
    "dot",
    "fill",
    "flatten",
    "item",
    "max",
    "mean",
    "min",
    "nonzero",
    "prod",
    "ptp",
    "ravel",
    "repeat",
    "reshape",
    "round",
    "searchsorted",
    "sort",
    "squeeze",
    "std",
    "sum",
    "swapaxes",
    "take",
    "tolist",
    "trace",
    "transpose",
    "var",
    "view",
    "is_integer",
    "as_integer_ratio",
    "hex",
    "bit_length",
    "conjugate",
];

/// Whether arrays have a method of that name.
pub fn has_method(name: &str) -> bool {
    METHODS.contains(&name)
}

/// `array.name(*args)`.
pub fn call_method(array: &Array, name: &str, args: Args) -> Result<Value> {
    let reduction = |reduction: Reduction, name: &'static str, args: Args| {
        let bound = bind(name, args, &["axis", "dtype", "out", "keepdims", "initial", "where"])?;
        Ok(Value::Array(reduced(reduction, array, &bound, 0, 3)?))
    };
    let result = match name {
        "sum" => return reduction(Reduction::Sum, "sum", args),
        "prod" => return reduction(Reduction::Prod, "prod", args),
        "any" | "all" | "min" | "max" => {
            let (which, name) = match name {
                "any" => (Reduction::Any, "any"),
                "all" => (Reduction::All, "all"),
                "min" => (Reduction::Min, "min"),
                _ => (Reduction::Max, "max"),
            };
            let bound = bind(name, args, &["axis", "out", "keepdims"])?;
            reduced(which, array, &bound, 0, 2)?
        }
        "mean" => {
            let bound = bind("mean", args, &["axis", "dtype", "out", "keepdims"])?;
            mean(array, &axes_of(bound.optional(0), array.ndim())?, bound.flag_or(3, false)?)?
        }
        "std" | "var" => {
            let bound =
                bind(if name == "std" { "std" } else { "var" }, args, &["axis", "dtype", "out", "ddof", "keepdims"])?;
            let axes = axes_of(bound.optional(0), array.ndim())?;
            let variance = variance(array, &axes, bound.flag_or(4, false)?, bound.float_or(3, 0.0)?)?;
            if name == "std" { elementwise::float_unary("sqrt", &variance, f64::sqrt)? } else { variance }
        }
        "ptp" => {
            let bound = bind("ptp", args, &["axis", "out", "keepdims"])?;
            let most = Value::Array(reduced(Reduction::Max, array, &bound, 0, 2)?);
            let least = Value::Array(reduced(Reduction::Min, array, &bound, 0, 2)?);
            return super::binary(crate::syntax::ast::BinOp::Sub, &most, &least);
        }
        "argmax" | "argmin" => {
            let bound = bind(if name == "argmax" { "argmax" } else { "argmin" }, args, &["axis", "out", "keepdims"])?;
            extreme_index(array, bound.optional(0), bound.flag_or(2, false)?, name == "argmax")?
        }
        "cumsum" | "cumprod" => {
            let bound = bind(if name == "cumsum" { "cumsum" } else { "cumprod" }, args, &["axis", "dtype", "out"])?;
            cumulative(array, bound.optional(0), name == "cumprod")?
        }
        "copy" => array.copied(),
        "flatten" => array.reshaped(vec![array.size()]).copied(),
        "ravel" => array.reshaped(vec![array.size()]),
        "view" if args.positional.is_empty() => array.clone(),
        "conj" | "conjugate" => elementwise::conj(array),
        "astype" => {
            let bound = bind("astype", args, &["dtype", "order", "casting", "subok", "copy"])?;
            let dtype = dtype_from_value(bound.required(0)?)?.unwrap_or(Dtype::Float);
            array.cast(dtype)
        }
        "reshape" => {
            let shape = match args.positional.as_slice() {
                [] => bind("reshape", args, &["shape", "order"])?.required(0)?.clone(),
                [one] => one.clone(),
                many => Value::Tuple(Rc::new(many.to_vec())),
            };
            join::reshape(array, &shape)?
        }
        "transpose" => {
            let axes = match args.positional.as_slice() {
                [] | [Value::None] => return Ok(Value::Array(array.transposed())),
                [one] if !matches!(one, Value::Int(_)) => one.clone(),
                many => Value::Tuple(Rc::new(many.to_vec())),
            };
            join::transpose(array, &axes)?
        }
        "swapaxes" => {
            let bound = bind("swapaxes", args, &["axis1", "axis2"])?;
            let (a, b) = (as_index(bound.required(0)?)?, as_index(bound.required(1)?)?);
            let mut axes: Vec<usize> = (0..array.ndim()).collect();
            axes.swap(normal_axis(a, array.ndim())?, normal_axis(b, array.ndim())?);
            array.permuted(&axes)
        }
        "squeeze" => {
            let bound = bind("squeeze", args, &["axis"])?;
            join::squeeze(array, bound.optional(0))?
        }
        "clip" => {
            let bound = bind("clip", args, &["min", "max", "out"])?;
            elementwise::clip(&Value::Array(array.clone()), bound.optional(0), bound.optional(1))?
        }
        "round" => {
            let bound = bind("round", args, &["decimals", "out"])?;
            elementwise::round(array, bound.int_or(0, 0)?)
        }
        "dot" => {
            let bound = bind("dot", args, &["b", "out"])?;
            linear::dot(array, &bound.array(0)?)?
        }
        "repeat" => {
            let bound = bind("repeat", args, &["repeats", "axis"])?;
            join::repeat(array, bound.required(0)?, bound.optional(1))?
        }
        "take" => {
            let bound = bind("take", args, &["indices", "axis"])?;
            return join::take(array, bound.required(0)?, bound.optional(1));
        }
        "searchsorted" => {
            let bound = bind("searchsorted", args, &["v", "side"])?;
            order::search_sorted(array, &bound.array(0)?, &bound.text_or(1, "left")?)
        }
        "argsort" => {
            let bound = bind("argsort", args, &["axis", "kind"])?;
            order::arg_sort(array, bound.optional(0))?
        }
        "sort" => {
            let bound = bind("sort", args, &["axis", "kind"])?;
            array.write(&order::sort(array, bound.optional(0))?.cells());
            return Ok(Value::None);
        }
        "nonzero" => {
            return Ok(Value::Tuple(Rc::new(order::nonzero(array).into_iter().map(Value::Array).collect())));
        }
        "trace" => reduce(Reduction::Sum, &linear::diagonal(array, 0)?, &[0], false)?,
        "diagonal" => linear::diagonal(array, 0)?,
        "tolist" => return Ok(to_list(array)),
        "item" => return item(array, &args),
        "fill" => {
            let bound = bind("fill", args, &["value"])?;
            let value = super::from_value(bound.required(0)?, Some(array.dtype()))?;
            let Some(filled) = value.broadcast_to(&array.shape) else {
                return Err(raise("ValueError", "setting an array element with a sequence."));
            };
            array.write(&filled.cells());
            return Ok(Value::None);
        }
        "is_integer" => return Ok(Value::Bool(as_float(&Value::Array(array.clone()))?.fract() == 0.0)),
        _ => {
            return Err(raise(
                "AttributeError",
                format!("'{}' object has no attribute '{name}'", super::type_name(array)),
            ));
        }
    };
    Ok(Value::Array(result))
}

/// A reduction by the arguments at `axis` and `keepdims`.
pub(crate) fn reduced(which: Reduction, array: &Array, bound: &Bound, axis: usize, keepdims: usize) -> Result<Array> {
    reduce(which, array, &axes_of(bound.optional(axis), array.ndim())?, bound.flag_or(keepdims, false)?)
}

/// Nested lists of Python numbers.
pub(crate) fn to_list(array: &Array) -> Value {
    if array.shape.is_empty() {
        return plain(&Value::Array(array.clone()));
    }
    let items = rows(array).into_iter().map(|row| match row {
        Value::Array(row) => to_list(&row),
        other => other,
    });
    Value::List(Rc::new(List(items.collect::<Vec<_>>().into())))
}

fn item(array: &Array, args: &Args) -> Result<Value> {
    let element = match args.positional.as_slice() {
        [] if array.size() == 1 => array.reshaped(vec![]),
        [] => return Err(raise("ValueError", "can only convert an array of size 1 to a Python scalar")),
        [one] if !matches!(one, Value::Tuple(_)) => {
            let flat = array.reshaped(vec![array.size()]);
            match super::get_item(&flat, one)? {
                Value::Array(element) => element,
                other => return Ok(other),
            }
        }
        [one] => match super::get_item(array, one)? {
            Value::Array(element) => element,
            other => return Ok(other),
        },
        many => match super::get_item(array, &Value::Tuple(Rc::new(many.to_vec())))? {
            Value::Array(element) => element,
            other => return Ok(other),
        },
    };
    Ok(plain(&Value::Array(element)))
}

/// A shape argument, for `reshape`: one length may be -1.
pub(crate) fn lengths(value: &Value) -> Result<Vec<i64>> {
    match plain(value) {
        Value::Tuple(items) => items.iter().map(as_index).collect(),
        Value::List(items) => items.0.borrow().iter().map(as_index).collect(),
        Value::Array(items) => Ok(items.ints()),
        one => Ok(vec![as_index(&one)?]),
    }
}
