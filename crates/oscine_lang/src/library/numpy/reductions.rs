//! Reductions, sorting and searching.

use std::rc::Rc;

use super::super::{Audio, Contribution, Entry};
use super::{deliver, value};
use crate::evaluate::Interpreter;
use crate::evaluate::array::elementwise::{float_unary, predicate};
use crate::evaluate::array::join::{diff, map_lanes};
use crate::evaluate::array::reduce::{
    Reduction, as_inexact, axes_of, cumulative, extreme_index, lanes, mean, normal_axis, reduce, sum_floats, variance,
};
use crate::evaluate::array::{Bound, as_index, binary, bind, from_value, order};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Array, Cells, Dtype, Result, Value};
use crate::syntax::ast::BinOp;

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
    rule("numpy.sum", |_, a| reduction("sum", Reduction::Sum, a)),
    rule("numpy.prod", |_, a| reduction("prod", Reduction::Prod, a)),
    rule("numpy.max", |_, a| reduction("max", Reduction::Max, a)),
    rule("numpy.amax", |_, a| reduction("amax", Reduction::Max, a)),
    rule("numpy.min", |_, a| reduction("min", Reduction::Min, a)),
    rule("numpy.amin", |_, a| reduction("amin", Reduction::Min, a)),
    rule("numpy.any", |_, a| reduction("any", Reduction::Any, a)),
    rule("numpy.all", |_, a| reduction("all", Reduction::All, a)),
    load_only("numpy.nansum", |_, a| without_nan("nansum", Reduction::Sum, a)),
    load_only("numpy.nanmax", |_, a| without_nan("nanmax", Reduction::Max, a)),
    load_only("numpy.nanmin", |_, a| without_nan("nanmin", Reduction::Min, a)),
    load_only("numpy.nanmean", |_, a| {
        let bound = bind("nanmean", a, &["a"])?;
        value(mean(&numbers_only(&bound.array(0)?), &[0], false))
    }),
    rule("numpy.mean", |_, a| {
        let bound = bind("mean", a, &["a", "axis", "dtype", "out", "keepdims"])?;
        let array = typed(&bound, 2)?;
        deliver(mean(&array, &axes_of(bound.optional(1), array.ndim())?, bound.flag_or(4, false)?)?, bound.optional(3))
    }),
    rule("numpy.var", |_, a| {
        let bound = bind("var", a, &["a", "axis", "dtype", "out", "ddof", "keepdims"])?;
        value(spread(&bound))
    }),
    rule("numpy.std", |_, a| {
        let bound = bind("std", a, &["a", "axis", "dtype", "out", "ddof", "keepdims"])?;
        value(float_unary("sqrt", &spread(&bound)?, f64::sqrt))
    }),
    load_only("numpy.average", |_, a| {
        let bound = bind("average", a, &["a", "axis", "weights"])?;
        let array = bound.array(0)?;
        let axes = axes_of(bound.optional(1), array.ndim())?;
        let Some(weights) = bound.optional(2) else { return value(mean(&array, &axes, false)) };
        let weights = Value::Array(from_value(weights, None)?);
        let products = from_value(&binary(BinOp::Mul, &Value::Array(array), &weights)?, None)?;
        let total = reduce(Reduction::Sum, &products, &axes, false)?;
        let weights = from_value(&weights, None)?;
        let weight = reduce(Reduction::Sum, &weights, &axes_of(None, weights.ndim())?, false)?;
        binary(BinOp::Div, &Value::Array(total), &Value::Array(weight))
    }),
    load_only("numpy.median", |_, a| {
        let bound = bind("median", a, &["a", "axis"])?;
        value(quantiles(&bound.array(0)?, &Array::float_scalar(0.5), bound.optional(1)))
    }),
    load_only("numpy.quantile", |_, a| {
        let bound = bind("quantile", a, &["a", "q", "axis"])?;
        value(quantiles(&bound.array(0)?, &bound.array(1)?, bound.optional(2)))
    }),
    load_only("numpy.percentile", |_, a| {
        let bound = bind("percentile", a, &["a", "q", "axis"])?;
        let q = from_value(&binary(BinOp::Div, &Value::Array(bound.array(1)?), &Value::Float(100.0))?, None)?;
        value(quantiles(&bound.array(0)?, &q, bound.optional(2)))
    }),
    rule("numpy.ptp", |_, a| {
        let bound = bind("ptp", a, &["a", "axis"])?;
        let array = bound.array(0)?;
        let axes = axes_of(bound.optional(1), array.ndim())?;
        let [most, least] = [Reduction::Max, Reduction::Min].map(|which| reduce(which, &array, &axes, false));
        binary(BinOp::Sub, &Value::Array(most?), &Value::Array(least?))
    }),
    rule("numpy.argmax", |_, a| place("argmax", a, true)),
    rule("numpy.argmin", |_, a| place("argmin", a, false)),
    rule("numpy.cumsum", |_, a| running("cumsum", a, false)),
    rule("numpy.cumprod", |_, a| running("cumprod", a, true)),
    rule("numpy.count_nonzero", |_, a| {
        let bound = bind("count_nonzero", a, &["a", "axis"])?;
        let array = bound.array(0)?.cast(Dtype::Bool);
        value(reduce(Reduction::Sum, &array, &axes_of(bound.optional(1), array.ndim())?, false))
    }),
    rule("numpy.diff", |_, a| {
        let bound = bind("diff", a, &["a", "n", "axis", "prepend", "append"])?;
        let mut parts = vec![bound.array(0)?];
        for (place, parameter) in [(0, 3), (1, 4)] {
            if let Some(extra) = bound.optional(parameter) {
                let extra = crate::evaluate::array::join::at_least(&from_value(extra, None)?, 1, false);
                let place = if place == 0 { 0 } else { parts.len() };
                parts.insert(place, extra);
            }
        }
        let axis = bound.int_or(2, -1)?;
        let joined = if parts.len() == 1 {
            parts.remove(0)
        } else {
            crate::evaluate::array::join::concatenate(&parts, Some(axis))?
        };
        value(diff(&joined, bound.int_or(1, 1)?, axis))
    }),
    rule("numpy.ediff1d", |_, a| {
        let bound = bind("ediff1d", a, &["ary"])?;
        let array = bound.array(0)?;
        value(diff(&array.reshaped(vec![array.size()]), 1, -1))
    }),
    load_only("numpy.gradient", |_, a| {
        let bound = bind("gradient", a, &["f", "dx"])?;
        Ok(Value::Array(Array::from_floats(gradient(&bound.floats(0)?, bound.float_or(1, 1.0)?)?)))
    }),
    load_only("numpy.trapezoid", |_, a| {
        let bound = bind("trapezoid", a, &["y", "x", "dx"])?;
        let y = bound.floats(0)?;
        let x = bound.optional(1).map(|x| from_value(x, None)).transpose()?.map(|x| x.floats());
        if x.as_ref().is_some_and(|x| x.len() != y.len()) {
            return Err(raise("ValueError", "operands could not be broadcast together"));
        }
        let dx = bound.float_or(2, 1.0)?;
        let width = |i: usize| x.as_ref().map_or(dx, |x| x[i + 1] - x[i]);
        let areas: Vec<f64> = (0..y.len().saturating_sub(1)).map(|i| width(i) * (y[i + 1] + y[i]) / 2.0).collect();
        Ok(Value::Array(Array::float_scalar(sum_floats(&areas))))
    }),
    load_only("numpy.sort", |_, a| {
        let bound = bind("sort", a, &["a", "axis", "kind"])?;
        value(order::sort(&bound.array(0)?, bound.optional(1)))
    }),
    load_only("numpy.argsort", |_, a| {
        let bound = bind("argsort", a, &["a", "axis", "kind"])?;
        value(order::arg_sort(&bound.array(0)?, bound.optional(1)))
    }),
    load_only("numpy.unique", |_, a| {
        let bound = bind("unique", a, &["ar", "return_index", "return_inverse", "return_counts"])?;
        let (distinct, firsts, inverse, counts) = order::unique(&bound.array(0)?);
        let mut results = vec![Value::Array(distinct)];
        for (parameter, extra) in [(1, firsts), (2, inverse), (3, counts)] {
            if bound.flag_or(parameter, false)? {
                results.push(Value::Array(Array::from_ints(extra)));
            }
        }
        Ok(if results.len() == 1 { results.remove(0) } else { Value::Tuple(Rc::new(results)) })
    }),
    load_only("numpy.searchsorted", |_, a| {
        let bound = bind("searchsorted", a, &["a", "v", "side"])?;
        Ok(Value::Array(order::search_sorted(&bound.array(0)?, &bound.array(1)?, &bound.text_or(2, "left")?)))
    }),
    load_only("numpy.digitize", |_, a| {
        let bound = bind("digitize", a, &["x", "bins", "right"])?;
        let side = if bound.flag_or(2, false)? { "left" } else { "right" };
        Ok(Value::Array(order::search_sorted(&bound.array(1)?, &bound.array(0)?, side)))
    }),
    load_only("numpy.nonzero", |_, a| {
        let bound = bind("nonzero", a, &["a"])?;
        let axes = order::nonzero(&bound.array(0)?);
        Ok(Value::Tuple(Rc::new(axes.into_iter().map(Value::Array).collect())))
    }),
    load_only("numpy.flatnonzero", |_, a| {
        let bound = bind("flatnonzero", a, &["a"])?;
        let array = bound.array(0)?;
        Ok(Value::Array(order::nonzero(&array.reshaped(vec![array.size()])).remove(0)))
    }),
    load_only("numpy.argwhere", |_, a| {
        let bound = bind("argwhere", a, &["a"])?;
        value(crate::evaluate::array::join::stack(&order::nonzero(&bound.array(0)?), 1))
    }),
    load_only("numpy.isin", |_, a| {
        let bound = bind("isin", a, &["element", "test_elements"])?;
        let (array, known) = (bound.array(0)?, bound.array(1)?.complexes());
        let found = array.complexes().iter().map(|v| known.contains(v)).collect();
        Ok(Value::Array(Array::from_cells(Dtype::Bool, array.shape.clone(), Cells::Bool(found))))
    }),
    load_only("numpy.bincount", |_, a| {
        let bound = bind("bincount", a, &["x", "weights", "minlength"])?;
        let places = bound.array(0)?.ints();
        if places.iter().any(|&p| p < 0) {
            return Err(raise("ValueError", "'list' argument must have no negative elements"));
        }
        let count = places.iter().max().map_or(0, |&m| m + 1).max(bound.int_or(2, 0)?);
        if count > 1 << 29 {
            return Err(raise("MemoryError", "bincount of numbers this large"));
        }
        let mut counts = vec![0; count as usize];
        if bound.optional(1).is_some() {
            let mut sums = vec![0.0; counts.len()];
            for (p, w) in places.into_iter().zip(bound.floats(1)?) {
                sums[p as usize] += w;
            }
            return Ok(Value::Array(Array::from_floats(sums)));
        }
        for p in places {
            counts[p as usize] += 1;
        }
        Ok(Value::Array(Array::from_ints(counts)))
    }),
    rule("numpy.linalg.norm", |_, a| {
        let bound = bind("norm", a, &["x"])?;
        Ok(Value::Array(Array::float_scalar(crate::evaluate::array::linear::norm(&bound.array(0)?))))
    }),
    rule("numpy.linalg.solve", |_, a| {
        let bound = bind("solve", a, &["a", "b"])?;
        value(crate::evaluate::array::linear::solve(&bound.array(0)?, &bound.array(1)?))
    }),
    rule("numpy.linalg.det", |_, a| {
        let bound = bind("det", a, &["a"])?;
        let determinant = crate::evaluate::array::linear::determinant(&bound.array(0)?)?;
        Ok(Value::Array(Array::float_scalar(determinant)))
    }),
    rule("numpy.einsum", |_, a| {
        let Some((Value::Str(text), operands)) = a.positional.split_first() else {
            return Err(raise("TypeError", "einsum() needs subscripts and arrays"));
        };
        let arrays: Result<Vec<Array>> = operands.iter().map(|operand| from_value(operand, None)).collect();
        let result = crate::evaluate::array::linear::einsum(text, &arrays?)?;
        value(Ok(result))
    }),
    rule("numpy.linalg.inv", |_, a| {
        let bound = bind("inv", a, &["a"])?;
        let matrix = bound.array(0)?;
        let n = matrix.shape.first().copied().unwrap_or(0);
        let identity = crate::evaluate::array::create::eye(n, n, 0, Dtype::Float);
        value(crate::evaluate::array::linear::solve(&matrix, &identity))
    }),
];

/// Argument 0 as an array, brought to `dtype=`.
fn typed(bound: &Bound, dtype: usize) -> Result<Array> {
    let array = bound.array(0)?;
    Ok(bound.dtype(dtype)?.map_or_else(|| array.clone(), |dtype| array.cast(dtype)))
}

fn reduction(name: &'static str, which: Reduction, args: Args) -> Result<Value> {
    let takes_dtype = matches!(which, Reduction::Sum | Reduction::Prod);
    let bound = if takes_dtype {
        bind(name, args, &["a", "axis", "dtype", "out", "keepdims", "initial"])?
    } else {
        bind(name, args, &["a", "axis", "out", "keepdims", "initial"])?
    };
    let array = if takes_dtype { typed(&bound, 2)? } else { bound.array(0)? };
    let shift = usize::from(takes_dtype);
    let axes = axes_of(bound.optional(1), array.ndim())?;
    let keepdims = bound.flag_or(3 + shift, false)?;
    let Some(initial) = bound.optional(4 + shift) else {
        return deliver(reduce(which, &array, &axes, keepdims)?, bound.optional(2 + shift));
    };
    let initial = Value::Array(from_value(initial, Some(array.dtype()))?);
    if array.size() == 0 {
        return Ok(initial);
    }
    let result = Value::Array(reduce(which, &array, &axes, keepdims)?);
    match which {
        Reduction::Sum => binary(BinOp::Add, &initial, &result),
        Reduction::Prod => binary(BinOp::Mul, &initial, &result),
        Reduction::Any | Reduction::Max => {
            value(crate::evaluate::array::elementwise::extreme(&initial, &result, true, false))
        }
        Reduction::All | Reduction::Min => {
            value(crate::evaluate::array::elementwise::extreme(&initial, &result, false, false))
        }
    }
}

/// The elements that are not NaN, in one row.
fn numbers_only(array: &Array) -> Array {
    let keep = predicate(array, |v| !v.is_nan()).bools();
    let positions: Vec<usize> =
        array.positions().into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(position, _)| position).collect();
    let cells = array.data.cells.borrow().gather(&positions);
    Array::from_cells(array.dtype(), vec![positions.len()], cells)
}

fn without_nan(name: &'static str, which: Reduction, args: Args) -> Result<Value> {
    let bound = bind(name, args, &["a"])?;
    value(reduce(which, &numbers_only(&bound.array(0)?), &[0], false))
}

/// The variance that `var` and `std` share.
fn spread(bound: &Bound) -> Result<Array> {
    let array = typed(bound, 2)?;
    let axes = axes_of(bound.optional(1), array.ndim())?;
    variance(&array, &axes, bound.flag_or(5, false)?, bound.float_or(4, 0.0)?)
}

fn place(name: &'static str, args: Args, largest: bool) -> Result<Value> {
    let bound = bind(name, args, &["a", "axis", "out", "keepdims"])?;
    value(extreme_index(&bound.array(0)?, bound.optional(1), bound.flag_or(3, false)?, largest))
}

fn running(name: &'static str, args: Args, product: bool) -> Result<Value> {
    let bound = bind(name, args, &["a", "axis", "dtype", "out"])?;
    deliver(cumulative(&typed(&bound, 2)?, bound.optional(1), product)?, bound.optional(3))
}

/// Quantiles by linear interpolation between the sorted elements.
fn quantiles(array: &Array, q: &Array, axis: Option<&Value>) -> Result<Array> {
    if q.floats().iter().any(|q| !(0.0..=1.0).contains(q)) {
        return Err(raise("ValueError", "Quantiles must be in the range [0, 1]"));
    }
    let (array, axis) = match axis {
        None => (array.reshaped(vec![array.size()]), 0),
        Some(axis) => (array.clone(), normal_axis(as_index(axis)?, array.ndim())?),
    };
    let mut columns = vec![];
    for lane in lanes(&array, axis) {
        let sorted = order::sort(&as_inexact(&lane), None)?.floats();
        let at = |q: f64| {
            let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
            if sorted[last].is_nan() {
                return f64::NAN;
            }
            let place = q * last as f64;
            let (below, share) = (place.floor() as usize, place.fract());
            let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
            if share < 0.5 { low + (high - low) * share } else { high - (high - low) * (1.0 - share) }
        };
        columns.push(Array::from_floats(q.floats().into_iter().map(at).collect()));
    }
    let mut others = array.shape.clone();
    others.remove(axis);
    let stacked = crate::evaluate::array::join::stack(&columns, 1)?;
    Ok(stacked.reshaped([&q.shape[..], &others].concat()))
}

/// Central differences, one-sided at the ends.
fn gradient(values: &[f64], dx: f64) -> Result<Vec<f64>> {
    let count = values.len();
    if count < 2 {
        return Err(raise(
            "ValueError",
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required.",
        ));
    }
    Ok((0..count)
        .map(|i| match i {
            0 => (values[1] - values[0]) / dx,
            _ if i == count - 1 => (values[i] - values[i - 1]) / dx,
            _ => (values[i + 1] - values[i - 1]) / (2.0 * dx),
        })
        .collect())
}

/// `numpy.unwrap`: jumps of more than half a period become their complement.
pub(super) fn unwrap(array: &Array, period: f64) -> Result<Array> {
    let axis = normal_axis(-1, array.ndim())?;
    map_lanes(&as_inexact(array), axis, |lane| {
        let values = lane.floats();
        let (half, mut correction) = (period / 2.0, 0.0);
        let mut unwrapped: Vec<f64> = values.first().copied().into_iter().collect();
        for pair in values.windows(2) {
            let jump = pair[1] - pair[0];
            let mut folded = (jump + half).rem_euclid(period) - half;
            if folded == -half && jump > 0.0 {
                folded = half;
            }
            if jump.abs() >= half {
                correction += folded - jump;
            }
            unwrapped.push(pair[1] + correction);
        }
        Ok(Array::from_floats(unwrapped))
    })
}
