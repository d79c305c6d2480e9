//! Making arrays: `zeros`, `arange`, `linspace` and their kin.

use std::rc::Rc;

use super::super::{Audio, Contribution, Entry};
use super::value;
use crate::evaluate::Interpreter;
use crate::evaluate::array::view::check_size;
use crate::evaluate::array::{Bound, as_index, bind, create, from_value, linear};
use crate::evaluate::exceptions::raise;
use crate::evaluate::types;
use crate::evaluate::value::{Args, Array, Dtype, Instance, Namespace, Result, Value};

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
    rule("numpy.array", |_, args| {
        let bound = bind("array", args, &["object", "dtype", "copy", "order", "ndmin"])?;
        let array = from_value(bound.required(0)?, bound.dtype(1)?)?;
        let array = crate::evaluate::array::join::at_least(&array.copied(), bound.int_or(4, 0)?.max(0) as usize, false);
        Ok(Value::Array(array))
    }),
    rule("numpy.asarray", |_, args| same("asarray", args)),
    rule("numpy.ascontiguousarray", |_, args| same("ascontiguousarray", args)),
    rule("numpy.asanyarray", |_, args| same("asanyarray", args)),
    rule("numpy.copy", |_, args| {
        let bound = bind("copy", args, &["a"])?;
        Ok(Value::Array(bound.array(0)?.copied()))
    }),
    rule("numpy.zeros", |_, args| constant(&bind("zeros", args, &["shape", "dtype", "order"])?, 0)),
    rule("numpy.empty", |_, args| constant(&bind("empty", args, &["shape", "dtype", "order"])?, 0)),
    rule("numpy.ones", |_, args| constant(&bind("ones", args, &["shape", "dtype", "order"])?, 1)),
    rule("numpy.full", |_, args| {
        let bound = bind("full", args, &["shape", "fill_value", "dtype"])?;
        let fill = bound.required(1)?;
        value(create::full(&bound.shape(0)?, fill, bound.dtype(2)?))
    }),
    rule("numpy.zeros_like", |_, args| constant_like(&bind("zeros_like", args, &["a", "dtype", "shape"])?, 0)),
    rule("numpy.empty_like", |_, args| constant_like(&bind("empty_like", args, &["a", "dtype", "shape"])?, 0)),
    rule("numpy.ones_like", |_, args| constant_like(&bind("ones_like", args, &["a", "dtype", "shape"])?, 1)),
    rule("numpy.full_like", |_, args| {
        let bound = bind("full_like", args, &["a", "fill_value", "dtype"])?;
        let like = bound.array(0)?;
        let dtype = bound.dtype(2)?.unwrap_or(like.dtype());
        value(create::full(&like.shape, bound.required(1)?, Some(dtype)))
    }),
    rule("numpy.arange", |_, args| {
        let bound = bind("arange", args, &["start", "stop", "step", "dtype"])?;
        let (start, stop) = match (bound.optional(0), bound.optional(1)) {
            (Some(stop), None) => (Value::Int(0), stop.clone()),
            (start, Some(stop)) => (start.cloned().unwrap_or(Value::Int(0)), stop.clone()),
            (None, None) => return Err(raise("TypeError", "arange() requires stop to be specified.")),
        };
        let step = bound.optional(2).cloned().unwrap_or(Value::Int(1));
        value(create::arange(&start, &stop, &step, bound.dtype(3)?))
    }),
    rule("numpy.linspace", |_, args| {
        let bound = bind("linspace", args, &["start", "stop", "num", "endpoint", "retstep", "dtype"])?;
        let (values, step) =
            create::linspace(bound.float(0)?, bound.float(1)?, bound.int_or(2, 50)?, bound.flag_or(3, true)?)?;
        let array = typed(&Array::from_floats(values), bound.dtype(5)?);
        if bound.flag_or(4, false)? {
            return Ok(pair(Value::Array(array), Value::Array(Array::float_scalar(step))));
        }
        Ok(Value::Array(array))
    }),
    load_only("numpy.logspace", |_, args| {
        let bound = bind("logspace", args, &["start", "stop", "num", "endpoint", "base", "dtype"])?;
        let base = bound.float_or(4, 10.0)?;
        let (exponents, _) =
            create::linspace(bound.float(0)?, bound.float(1)?, bound.int_or(2, 50)?, bound.flag_or(3, true)?)?;
        let values = exponents.into_iter().map(|e| base.powf(e)).collect();
        Ok(Value::Array(typed(&Array::from_floats(values), bound.dtype(5)?)))
    }),
    load_only("numpy.geomspace", |_, args| {
        let bound = bind("geomspace", args, &["start", "stop", "num", "endpoint", "dtype"])?;
        let values =
            create::geomspace(bound.float(0)?, bound.float(1)?, bound.int_or(2, 50)?, bound.flag_or(3, true)?)?;
        Ok(Value::Array(typed(&Array::from_floats(values), bound.dtype(4)?)))
    }),
    rule("numpy.eye", |_, args| {
        let bound = bind("eye", args, &["N", "M", "k", "dtype"])?;
        let rows = count(&bound, 0)?;
        let columns = if bound.optional(1).is_some() { count(&bound, 1)? } else { rows };
        check_size(&[rows, columns])?;
        Ok(Value::Array(create::eye(rows, columns, bound.int_or(2, 0)?, bound.dtype(3)?.unwrap_or(Dtype::Float))))
    }),
    rule("numpy.identity", |_, args| {
        let bound = bind("identity", args, &["n", "dtype"])?;
        let rows = count(&bound, 0)?;
        check_size(&[rows, rows])?;
        Ok(Value::Array(create::eye(rows, rows, 0, bound.dtype(1)?.unwrap_or(Dtype::Float))))
    }),
    load_only("numpy.diag", |_, args| {
        let bound = bind("diag", args, &["v", "k"])?;
        value(linear::diag(&bound.array(0)?, bound.int_or(1, 0)?))
    }),
    load_only("numpy.tril", |_, args| triangle(&bind("tril", args, &["m", "k"])?, true)),
    load_only("numpy.triu", |_, args| triangle(&bind("triu", args, &["m", "k"])?, false)),
    load_only("numpy.fromiter", |it, args| {
        let bound = bind("fromiter", args, &["iter", "dtype", "count"])?;
        let mut items = it.list_of(bound.required(0)?)?;
        if let Some(count) = bound.int(2)?.and_then(|count| usize::try_from(count).ok()) {
            items.truncate(count);
        }
        value(from_value(&Value::Tuple(Rc::new(items)), bound.dtype(1)?))
    }),
    load_only("numpy.meshgrid", |_, args| {
        let mut matrix = false;
        for (name, value) in &args.keywords {
            matrix |= &**name == "indexing" && matches!(value, Value::Str(text) if &**text == "ij");
        }
        let arrays: Result<Vec<Array>> = args.positional.iter().map(|v| from_value(v, None)).collect();
        let arrays = arrays?;
        check_size(&arrays.iter().map(Array::size).collect::<Vec<_>>())?;
        let grids = create::meshgrid(&arrays, matrix);
        Ok(Value::Tuple(Rc::new(grids.into_iter().map(Value::Array).collect())))
    }),
    load_only("numpy.indices", |_, args| {
        let bound = bind("indices", args, &["dimensions"])?;
        let ranges: Vec<Array> =
            bound.shape(0)?.into_iter().map(|n| Array::from_ints((0..n as i64).collect())).collect();
        value(crate::evaluate::array::join::stack(&create::meshgrid(&ranges, true), 0))
    }),
    rule("numpy.dtype", |_, args| {
        let bound = bind("dtype", args, &["dtype"])?;
        Ok(Value::Dtype(bound.dtype(0)?.unwrap_or(Dtype::Float)))
    }),
    load_only("numpy.finfo", |_, args| {
        let bound = bind("finfo", args, &["dtype"])?;
        Ok(match bound.dtype(0)?.unwrap_or(Dtype::Float) {
            Dtype::Float32 => limits(&[
                ("eps", Value::Float(f64::from(f32::EPSILON))),
                ("max", Value::Float(f64::from(f32::MAX))),
                ("min", Value::Float(f64::from(f32::MIN))),
                ("tiny", Value::Float(f64::from(f32::MIN_POSITIVE))),
                ("smallest_normal", Value::Float(f64::from(f32::MIN_POSITIVE))),
                ("bits", Value::Int(32)),
            ]),
            _ => limits(&[
                ("eps", Value::Float(f64::EPSILON)),
                ("max", Value::Float(f64::MAX)),
                ("min", Value::Float(f64::MIN)),
                ("tiny", Value::Float(f64::MIN_POSITIVE)),
                ("smallest_normal", Value::Float(f64::MIN_POSITIVE)),
                ("smallest_subnormal", Value::Float(5e-324)),
                ("bits", Value::Int(64)),
            ]),
        })
    }),
    load_only("numpy.iinfo", |_, args| {
        let bound = bind("iinfo", args, &["type"])?;
        if bound.dtype(0)? != Some(Dtype::Int) {
            return Err(raise("ValueError", "oscine has iinfo of int64 only"));
        }
        Ok(limits(&[("max", Value::Int(i64::MAX)), ("min", Value::Int(i64::MIN)), ("bits", Value::Int(64))]))
    }),
];

fn same(name: &'static str, args: Args) -> Result<Value> {
    let bound = bind(name, args, &["a", "dtype", "order"])?;
    value(from_value(bound.required(0)?, bound.dtype(1)?))
}

fn constant(bound: &Bound, number: i64) -> Result<Value> {
    value(create::full(&bound.shape(0)?, &Value::Int(number), Some(bound.dtype(1)?.unwrap_or(Dtype::Float))))
}

fn constant_like(bound: &Bound, number: i64) -> Result<Value> {
    let like = bound.array(0)?;
    let dtype = bound.dtype(1)?.unwrap_or(like.dtype());
    let shape = if bound.optional(2).is_some() { bound.shape(2)? } else { like.shape };
    value(create::full(&shape, &Value::Int(number), Some(dtype)))
}

fn triangle(bound: &Bound, lower: bool) -> Result<Value> {
    let matrix = bound.array(0)?;
    let &[rows, columns] = &*matrix.shape else {
        return Err(raise("ValueError", "tril and triu take matrices"));
    };
    let k = bound.int_or(1, 0)?;
    let outside = |i: usize| {
        let distance = (i % columns) as i64 - (i / columns) as i64;
        if lower { distance > k } else { distance < k }
    };
    let result = matrix.copied();
    let outside: Vec<usize> = (0..rows * columns).filter(|&i| outside(i)).collect();
    let zeros = create::zeros(vec![outside.len()], matrix.dtype());
    result.write_at(&outside, &zeros.cells());
    Ok(Value::Array(result))
}

fn typed(array: &Array, dtype: Option<Dtype>) -> Array {
    dtype.map_or_else(|| array.clone(), |dtype| array.cast(dtype))
}

/// A number of rows or columns.
fn count(bound: &Bound, parameter: usize) -> Result<usize> {
    let count = as_index(bound.required(parameter)?)?;
    usize::try_from(count).map_err(|_| raise("ValueError", "negative dimensions are not allowed"))
}

/// A tuple of two.
pub(super) fn pair(first: Value, second: Value) -> Value {
    Value::Tuple(Rc::new(vec![first, second]))
}

/// An object with attributes.
fn limits(attributes: &[(&str, Value)]) -> Value {
    let namespace = Namespace::default();
    for (name, value) in attributes {
        namespace.set((*name).into(), value.clone());
    }
    let class = types::class("types.SimpleNamespace");
    Value::Instance(Rc::new(Instance { class, attributes: namespace, base_value: Value::None.into() }))
}
