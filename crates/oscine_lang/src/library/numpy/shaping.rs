//! Putting arrays together, taking them apart, rearranging them; products.

use std::rc::Rc;

use super::super::{Audio, Contribution, Entry};
use super::{deliver, value};
use crate::evaluate::Interpreter;
use crate::evaluate::array::join::{self, Padding, arrays_of, at_least, concatenate, stack};
use crate::evaluate::array::reduce::{axes_of, normal_axis};
use crate::evaluate::array::{as_index, bind, from_value, linear, plain};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Array, Dtype, Result, Value};

type Load = fn(&mut Interpreter, Args) -> Result<Value>;

const fn rule(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::Rule }
}

const fn load_only(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

/// The rows of this file.
pub(crate) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

static ENTRIES: &[Entry] = &[
    rule("numpy.concatenate", |_, a| joined("concatenate", a)),
    rule("numpy.concat", |_, a| joined("concat", a)),
    rule("numpy.append", |_, a| {
        let bound = bind("append", a, &["arr", "values", "axis"])?;
        value(concatenate(&[bound.array(0)?, bound.array(1)?], bound.int(2)?))
    }),
    rule("numpy.stack", |_, a| {
        let bound = bind("stack", a, &["arrays", "axis"])?;
        value(stack(&arrays_of(bound.required(0)?)?, bound.int_or(1, 0)?))
    }),
    rule("numpy.vstack", |_, a| {
        let bound = bind("vstack", a, &["tup"])?;
        value(concatenate(&deepened(bound.required(0)?, 2, false)?, Some(0)))
    }),
    rule("numpy.hstack", |_, a| {
        let bound = bind("hstack", a, &["tup"])?;
        let arrays = deepened(bound.required(0)?, 1, false)?;
        let axis = i64::from(arrays.first().is_none_or(|first| first.ndim() > 1));
        value(concatenate(&arrays, Some(axis)))
    }),
    rule("numpy.column_stack", |_, a| {
        let bound = bind("column_stack", a, &["tup"])?;
        value(concatenate(&deepened(bound.required(0)?, 2, true)?, Some(1)))
    }),
    load_only("numpy.dstack", |_, a| {
        let bound = bind("dstack", a, &["tup"])?;
        let arrays: Vec<Array> =
            deepened(bound.required(0)?, 2, false)?.iter().map(|array| at_least(array, 3, true)).collect();
        value(concatenate(&arrays, Some(2)))
    }),
    rule("numpy.atleast_1d", |_, a| {
        let bound = bind("atleast_1d", a, &["arys"])?;
        Ok(Value::Array(at_least(&bound.array(0)?, 1, false)))
    }),
    load_only("numpy.atleast_2d", |_, a| {
        let bound = bind("atleast_2d", a, &["arys"])?;
        Ok(Value::Array(at_least(&bound.array(0)?, 2, false)))
    }),
    rule("numpy.reshape", |_, a| {
        let bound = bind("reshape", a, &["a", "shape", "order"])?;
        value(join::reshape(&bound.array(0)?, bound.required(1)?))
    }),
    rule("numpy.ravel", |_, a| {
        let bound = bind("ravel", a, &["a"])?;
        let array = bound.array(0)?;
        Ok(Value::Array(array.reshaped(vec![array.size()])))
    }),
    rule("numpy.transpose", |_, a| {
        let bound = bind("transpose", a, &["a", "axes"])?;
        let array = bound.array(0)?;
        value(bound.optional(1).map_or_else(|| Ok(array.transposed()), |axes| join::transpose(&array, axes)))
    }),
    load_only("numpy.swapaxes", |_, a| {
        let bound = bind("swapaxes", a, &["a", "axis1", "axis2"])?;
        let array = bound.array(0)?;
        let mut axes: Vec<usize> = (0..array.ndim()).collect();
        let axis = |parameter| normal_axis(as_index(bound.required(parameter)?)?, array.ndim());
        axes.swap(axis(1)?, axis(2)?);
        Ok(Value::Array(array.permuted(&axes)))
    }),
    load_only("numpy.moveaxis", |_, a| {
        let bound = bind("moveaxis", a, &["a", "source", "destination"])?;
        let array = bound.array(0)?;
        let axis = |parameter| normal_axis(as_index(bound.required(parameter)?)?, array.ndim());
        let (from, to) = (axis(1)?, axis(2)?);
        let mut axes: Vec<usize> = (0..array.ndim()).filter(|&axis| axis != from).collect();
        axes.insert(to, from);
        Ok(Value::Array(array.permuted(&axes)))
    }),
    rule("numpy.squeeze", |_, a| {
        let bound = bind("squeeze", a, &["a", "axis"])?;
        value(join::squeeze(&bound.array(0)?, bound.optional(1)))
    }),
    rule("numpy.expand_dims", |_, a| {
        let bound = bind("expand_dims", a, &["a", "axis"])?;
        value(join::expand_dims(&bound.array(0)?, as_index(bound.required(1)?)?))
    }),
    load_only("numpy.broadcast_to", |_, a| {
        let bound = bind("broadcast_to", a, &["array", "shape"])?;
        value(join::broadcast_to(&bound.array(0)?, &bound.shape(1)?))
    }),
    rule("numpy.repeat", |_, a| {
        let bound = bind("repeat", a, &["a", "repeats", "axis"])?;
        value(join::repeat(&bound.array(0)?, bound.required(1)?, bound.optional(2)))
    }),
    rule("numpy.tile", |_, a| {
        let bound = bind("tile", a, &["A", "reps"])?;
        value(join::tile(&bound.array(0)?, bound.required(1)?))
    }),
    rule("numpy.flip", |_, a| {
        let bound = bind("flip", a, &["m", "axis"])?;
        let array = bound.array(0)?;
        Ok(Value::Array(join::flip(&array, &axes_of(bound.optional(1), array.ndim())?)))
    }),
    rule("numpy.flipud", |_, a| flipped("flipud", 0, a)),
    rule("numpy.fliplr", |_, a| flipped("fliplr", 1, a)),
    rule("numpy.roll", |_, a| {
        let bound = bind("roll", a, &["a", "shift", "axis"])?;
        value(join::roll(&bound.array(0)?, bound.required(1)?, bound.optional(2)))
    }),
    load_only("numpy.take", |_, a| {
        let bound = bind("take", a, &["a", "indices", "axis"])?;
        join::take(&bound.array(0)?, bound.required(1)?, bound.optional(2))
    }),
    rule("numpy.split", |_, a| parts("split", a, true)),
    rule("numpy.array_split", |_, a| parts("array_split", a, false)),
    load_only("numpy.delete", |_, a| {
        let bound = bind("delete", a, &["arr", "obj", "axis"])?;
        let (array, axis) = along(&bound.array(0)?, bound.optional(2))?;
        let length = array.shape[axis] as i64;
        let mut gone = vec![false; array.shape[axis]];
        for index in bound.array(1)?.ints() {
            let wrapped = if index < 0 { index + length } else { index };
            let Some(gone) = usize::try_from(wrapped).ok().and_then(|i| gone.get_mut(i)) else {
                return Err(raise(
                    "IndexError",
                    format!("index {index} is out of bounds for axis {axis} with size {length}"),
                ));
            };
            *gone = true;
        }
        let kept: Vec<usize> = (0..gone.len()).filter(|&i| !gone[i]).collect();
        Ok(Value::Array(join::pick(&array, axis, &kept)))
    }),
    load_only("numpy.insert", |_, a| {
        let bound = bind("insert", a, &["arr", "obj", "values", "axis"])?;
        let (array, axis) = along(&bound.array(0)?, bound.optional(3))?;
        let place = as_index(bound.required(1)?)?;
        let length = array.shape[axis];
        let wrapped = if place < 0 { place + length as i64 } else { place };
        let Some(at) = usize::try_from(wrapped).ok().filter(|&at| at <= length) else {
            return Err(raise(
                "IndexError",
                format!("index {place} is out of bounds for axis {axis} with size {length}"),
            ));
        };
        let values = bound.array(2)?.cast(array.dtype());
        let mut shape = array.shape.clone();
        shape[axis] = if array.ndim() == 1 { values.size() } else { 1 };
        let values = join::broadcast_to(&values, &shape)?;
        let (head, tail) = (join::part(&array, axis, 0, at), join::part(&array, axis, at, length - at));
        value(concatenate(&[head, values, tail], Some(axis as i64)))
    }),
    load_only("numpy.pad", |_, a| {
        let bound = bind("pad", a, &["array", "pad_width", "mode", "constant_values"])?;
        let array = bound.array(0)?;
        let widths = pad_widths(bound.required(1)?, array.ndim())?;
        let padding = match &*bound.text_or(2, "constant")? {
            "constant" => {
                let values = bound.optional(3).map_or(Ok(Array::float_scalar(0.0)), |v| from_value(v, None))?.floats();
                Padding::Constant(values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0))
            }
            "edge" => Padding::Edge,
            "reflect" => Padding::Reflect,
            "symmetric" => Padding::Symmetric,
            "wrap" => Padding::Wrap,
            other => return Err(raise("ValueError", format!("mode '{other}' is not supported"))),
        };
        value(join::pad(&array, &widths, &padding))
    }),
    rule("numpy.dot", |_, a| {
        let bound = bind("dot", a, &["a", "b", "out"])?;
        deliver(linear::dot(&bound.array(0)?, &bound.array(1)?)?, bound.optional(2))
    }),
    rule("numpy.inner", |_, a| {
        let bound = bind("inner", a, &["a", "b"])?;
        let b = bound.array(1)?;
        value(linear::dot(&bound.array(0)?, &b.transposed()))
    }),
    rule("numpy.vdot", |_, a| {
        let bound = bind("vdot", a, &["a", "b"])?;
        let flat = |array: Array| array.reshaped(vec![array.size()]);
        let a = crate::evaluate::array::elementwise::conj(&flat(bound.array(0)?));
        value(linear::dot(&a, &flat(bound.array(1)?)))
    }),
    rule("numpy.matmul", |_, a| {
        let bound = bind("matmul", a, &["x1", "x2", "out"])?;
        deliver(linear::matmul(&bound.array(0)?, &bound.array(1)?)?, bound.optional(2))
    }),
    rule("numpy.outer", |_, a| {
        let bound = bind("outer", a, &["a", "b"])?;
        value(linear::outer(&bound.array(0)?, &bound.array(1)?))
    }),
    load_only("numpy.cross", |_, a| {
        let bound = bind("cross", a, &["a", "b"])?;
        value(linear::cross(&bound.array(0)?, &bound.array(1)?))
    }),
    rule("numpy.trace", |_, a| {
        let bound = bind("trace", a, &["a"])?;
        crate::evaluate::array::call_method(&bound.array(0)?, "trace", Args::default())
    }),
    rule("numpy.shape", |_, a| {
        let bound = bind("shape", a, &["a"])?;
        Ok(crate::evaluate::array::attribute(&bound.array(0)?, "shape").unwrap_or(Value::None))
    }),
    rule("numpy.ndim", |_, a| {
        let bound = bind("ndim", a, &["a"])?;
        Ok(Value::Int(bound.array(0)?.ndim() as i64))
    }),
    rule("numpy.size", |_, a| {
        let bound = bind("size", a, &["a", "axis"])?;
        let array = bound.array(0)?;
        let axis = bound.int(1)?.map(|axis| normal_axis(axis, array.ndim())).transpose()?;
        Ok(Value::Int(axis.map_or(array.size(), |axis| array.shape[axis]) as i64))
    }),
    load_only("numpy.isscalar", |_, a| {
        let bound = bind("isscalar", a, &["element"])?;
        Ok(Value::Bool(matches!(
            plain(bound.required(0)?),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Complex(..) | Value::Str(_)
        )))
    }),
    load_only("numpy.iscomplexobj", |_, a| {
        let bound = bind("iscomplexobj", a, &["x"])?;
        Ok(Value::Bool(bound.array(0)?.dtype() == Dtype::Complex))
    }),
    rule("numpy.copyto", |_, a| {
        let bound = bind("copyto", a, &["dst", "src"])?;
        deliver(bound.array(1)?, bound.optional(0))?;
        Ok(Value::None)
    }),
];

fn joined(name: &'static str, args: Args) -> Result<Value> {
    let axis_is_none = args.keywords.iter().any(|(name, value)| &**name == "axis" && matches!(value, Value::None));
    let bound = bind(name, args, &["arrays", "axis"])?;
    let axis = if axis_is_none { None } else { Some(bound.int_or(1, 0)?) };
    value(concatenate(&arrays_of(bound.required(0)?)?, axis))
}

/// The arrays of a sequence with at least so many axes.
fn deepened(arrays: &Value, ndim: usize, behind: bool) -> Result<Vec<Array>> {
    Ok(arrays_of(arrays)?.iter().map(|array| at_least(array, ndim, behind)).collect())
}

fn flipped(name: &'static str, axis: usize, args: Args) -> Result<Value> {
    let bound = bind(name, args, &["m"])?;
    let array = bound.array(0)?;
    if array.ndim() <= axis {
        return Err(raise("ValueError", format!("Input must be >= {}-d.", axis + 1)));
    }
    Ok(Value::Array(join::flip(&array, &[axis])))
}

fn parts(name: &'static str, args: Args, even: bool) -> Result<Value> {
    let bound = bind(name, args, &["ary", "indices_or_sections", "axis"])?;
    let parts = join::split(&bound.array(0)?, bound.required(1)?, bound.int_or(2, 0)?, even)?;
    let items: Vec<Value> = parts.into_iter().map(Value::Array).collect();
    Ok(Value::List(Rc::new(crate::evaluate::value::List(items.into()))))
}

/// The array and the axis to work along: all elements in a row if none was given.
fn along(array: &Array, axis: Option<&Value>) -> Result<(Array, usize)> {
    match axis {
        None => Ok((array.reshaped(vec![array.size()]), 0)),
        Some(axis) => Ok((array.clone(), normal_axis(as_index(axis)?, array.ndim())?)),
    }
}

/// `pad_width`: one number, a pair, or a pair for each axis.
fn pad_widths(widths: &Value, ndim: usize) -> Result<Vec<(usize, usize)>> {
    let given = from_value(widths, None)?;
    if given.ints().iter().any(|&width| width < 0) {
        return Err(raise("ValueError", "index can't contain negative values"));
    }
    if given.dtype() != Dtype::Int {
        return Err(raise("TypeError", "`pad_width` must be of integral type."));
    }
    let pairs = join::broadcast_to(&given, &[ndim, 2])?;
    Ok(pairs.ints().chunks(2).map(|pair| (pair[0] as usize, pair[1] as usize)).collect())
}
