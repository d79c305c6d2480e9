//! Reductions along axes: sums, products, extremes, truth, and running sums.
//!
//! Sums go pairwise, in numpy's order: along the axis whose elements lie closest in memory, blocks of at most 128 elements
//! in eight accumulators, halves added (N. J. Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14,
//! 1993); along other axes one after the other.

use std::cmp::Ordering;

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Cells, Dtype, Result, Value};

use super::convert::as_index;
use super::plain;
use super::view::{round32, size_of};

/// What a reduction computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reduction {
    Sum,
    Prod,
    Min,
    Max,
    Any,
    All,
}

/// The axes named by an `axis=` argument: all of them, one, or a tuple.
pub(crate) fn axes_of(axis: Option<&Value>, ndim: usize) -> Result<Vec<usize>> {
    match axis.map(plain) {
        None | Some(Value::None) => Ok((0..ndim).collect()),
        Some(Value::Tuple(axes)) => axes.iter().map(|axis| normal_axis(as_index(axis)?, ndim)).collect(),
        Some(axis) => Ok(vec![normal_axis(as_index(&axis)?, ndim)?]),
    }
}

/// A possibly negative axis as a count from the first.
pub(crate) fn normal_axis(axis: i64, ndim: usize) -> Result<usize> {
    let wrapped = if axis < 0 { axis + ndim as i64 } else { axis };
    usize::try_from(wrapped).ok().filter(|&a| a < ndim).ok_or_else(|| {
        raise("numpy.exceptions.AxisError", format!("axis {axis} is out of bounds for array of dimension {ndim}"))
    })
}

/// The shape that is left when `axes` are reduced.
fn reduced_shape(shape: &[usize], axes: &[usize], keepdims: bool) -> Vec<usize> {
    let kept = shape.iter().enumerate();
    if keepdims {
        kept.map(|(axis, &length)| if axes.contains(&axis) { 1 } else { length }).collect()
    } else {
        kept.filter(|(axis, _)| !axes.contains(axis)).map(|(_, &length)| length).collect()
    }
}

/// Reduces `axes`.
pub(crate) fn reduce(reduction: Reduction, array: &Array, axes: &[usize], keepdims: bool) -> Result<Array> {
    let source = match (reduction, array.dtype()) {
        (Reduction::Sum | Reduction::Prod, Dtype::Bool) => array.cast(Dtype::Int),
        (Reduction::Any | Reduction::All, dtype) if dtype != Dtype::Bool => array.cast(Dtype::Bool),
        _ => array.clone(),
    };
    let shape = reduced_shape(&source.shape, axes, keepdims);
    if matches!(reduction, Reduction::Min | Reduction::Max) && source.size() == 0 && size_of(&shape) > 0 {
        let name = if reduction == Reduction::Min { "minimum" } else { "maximum" };
        return Err(raise(
            "ValueError",
            format!("zero-size array to reduction operation {name} which has no identity"),
        ));
    }
    let dtype = source.dtype();
    let runs = Runs::new(&source, axes);
    let cells = match &*source.data.cells.borrow() {
        Cells::Bool(c) => Cells::Bool(runs.fold(|positions| {
            let mut values = positions.map(|p| c[p]);
            match reduction {
                Reduction::Any | Reduction::Max => values.any(|v| v),
                _ => values.all(|v| v),
            }
        })),
        Cells::Int(c) => Cells::Int(runs.fold(|positions| {
            let values = positions.map(|p| c[p]);
            match reduction {
                Reduction::Sum => values.fold(0, i64::wrapping_add),
                Reduction::Prod => values.fold(1, i64::wrapping_mul),
                Reduction::Min => values.min().unwrap_or(0),
                _ => values.max().unwrap_or(0),
            }
        })),
        Cells::Float(c) => Cells::Float(match reduction {
            Reduction::Sum if dtype == Dtype::Float32 => runs.sums(c, &|a, b| round32(a + b)),
            Reduction::Sum => runs.sums(c, &|a, b| a + b),
            _ => runs.fold(|positions| {
                let values = positions.map(|p| c[p]);
                match reduction {
                    Reduction::Prod if dtype == Dtype::Float32 => values.fold(1.0, |a, b| round32(a * b)),
                    Reduction::Prod => values.fold(1.0, |a, b| a * b),
                    Reduction::Min => values.reduce(float_min).unwrap_or(0.0),
                    _ => values.reduce(float_max).unwrap_or(0.0),
                }
            }),
        }),
        Cells::Complex(c) => Cells::Complex(match reduction {
            Reduction::Sum => {
                let parts =
                    |part: fn(&(f64, f64)) -> f64| runs.sums(&c.iter().map(part).collect::<Vec<_>>(), &|a, b| a + b);
                parts(|v| v.0).into_iter().zip(parts(|v| v.1)).collect()
            }
            _ => runs.fold(|positions| {
                let values = positions.map(|p| c[p]);
                match reduction {
                    Reduction::Prod => values.fold((1.0, 0.0), super::arithmetic::complex_multiply),
                    Reduction::Min => values.reduce(|a, b| if b < a { b } else { a }).unwrap_or((0.0, 0.0)),
                    _ => values.reduce(|a, b| if b > a { b } else { a }).unwrap_or((0.0, 0.0)),
                }
            }),
        }),
    };
    Ok(Array::from_cells(dtype, shape, cells))
}

/// The smaller one; NaN if either is.
pub(crate) fn float_min(a: f64, b: f64) -> f64 {
    if a <= b || a.is_nan() { a } else { b }
}

/// The larger one; NaN if either is.
pub(crate) fn float_max(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}

/// The cells that each element of a reduction's result is made of.
struct Runs {
    /// Where the cells of each result begin.
    starts: Vec<usize>,
    /// Reduced axes as (length, stride), the widest apart in memory first, those that continue one another joined.
    reduced: Vec<(usize, isize)>,
    /// How many of the last of them lie closer in memory than any axis that is kept.
    inner: usize,
}

/// How many elements numpy gathers at a time where memory is not in one piece.
const BUFFER: usize = 8192;

impl Runs {
    fn new(array: &Array, axes: &[usize]) -> Self {
        let (gone, kept): (Vec<usize>, Vec<usize>) = (0..array.ndim()).partition(|axis| axes.contains(axis));
        let kept_strides =
            kept.iter().filter(|&&axis| array.shape[axis] > 1).map(|&axis| array.strides[axis].unsigned_abs());
        let closest_kept = kept_strides.min().unwrap_or(usize::MAX);
        let mut reduced: Vec<(usize, isize)> =
            gone.iter().map(|&axis| (array.shape[axis], array.strides[axis])).collect();
        // Stable, so that axes of equal strides keep their order.
        reduced.sort_by_key(|&(_, stride)| std::cmp::Reverse(stride.unsigned_abs()));
        let mut joined: Vec<(usize, isize)> = vec![];
        for (length, stride) in reduced {
            match joined.last_mut() {
                _ if length == 1 => {}
                Some(outer) if outer.1 == stride * length as isize => *outer = (outer.0 * length, stride),
                _ => joined.push((length, stride)),
            }
        }
        let inner = joined.iter().rev().take_while(|(_, stride)| stride.unsigned_abs() < closest_kept).count();
        Self { starts: array.permuted(&kept).positions(), reduced: joined, inner }
    }

    /// One value for each result, from its cells in the order of memory.
    fn fold<T>(&self, f: impl Fn(&mut dyn Iterator<Item = usize>) -> T) -> Vec<T> {
        let distances = distances(&self.reduced);
        self.starts.iter().map(|start| f(&mut distances.iter().map(|d| start.wrapping_add_signed(*d)))).collect()
    }

    /// The sum for each result.
    fn sums(&self, cells: &[f64], add: &dyn Fn(f64, f64) -> f64) -> Vec<f64> {
        let (outer, inner) = self.reduced.split_at(self.reduced.len() - self.inner);
        let Some(&(row, _)) = inner.last() else {
            return self.fold(|positions| positions.fold(0.0, |sum, p| add(sum, cells[p])));
        };
        // As many whole rows at a time as the buffer holds, but at least one.
        let piece = row.max(1) * (BUFFER / row.max(1)).max(1);
        let (outer, inner) = (distances(outer), distances(inner));
        let sum = |start: &usize| {
            let mut sum = 0.0;
            for &distance in &outer {
                let first = start.wrapping_add_signed(distance);
                for piece in inner.chunks(piece) {
                    let value = |i: usize| cells[first.wrapping_add_signed(piece[i])];
                    sum = add(sum, pairwise(&value, 0, piece.len(), add));
                }
            }
            sum
        };
        self.starts.iter().map(sum).collect()
    }
}

/// The distances of all cells of some axes, the last axis fastest.
fn distances(axes: &[(usize, isize)]) -> Vec<isize> {
    axes.iter().fold(vec![0], |outer, &(length, stride)| {
        outer.iter().flat_map(|&d| (0..length).map(move |i| d + i as isize * stride)).collect()
    })
}

/// numpy's pairwise sum of `count` values from `first` on.
fn pairwise(value: &dyn Fn(usize) -> f64, first: usize, count: usize, add: &dyn Fn(f64, f64) -> f64) -> f64 {
    if count < 8 {
        return (0..count).fold(-0.0, |sum, i| add(sum, value(first + i)));
    }
    if count <= 128 {
        let mut lanes: [f64; 8] = std::array::from_fn(|lane| value(first + lane));
        let whole = count - count % 8;
        for i in (8..whole).step_by(8) {
            for (lane, sum) in lanes.iter_mut().enumerate() {
                *sum = add(*sum, value(first + i + lane));
            }
        }
        let [a, b, c, d, e, f, g, h] = lanes;
        let sum = add(add(add(a, b), add(c, d)), add(add(e, f), add(g, h)));
        return (whole..count).fold(sum, |sum, i| add(sum, value(first + i)));
    }
    let half = count / 2 - (count / 2) % 8;
    add(pairwise(value, first, half, add), pairwise(value, first + half, count - half, add))
}

/// The sum of floats, pairwise.
pub(crate) fn sum_floats(values: &[f64]) -> f64 {
    0.0 + pairwise(&|i| values[i], 0, values.len(), &|a, b| a + b)
}

/// The mean over `axes`: of ints and truth values as floats.
pub(crate) fn mean(array: &Array, axes: &[usize], keepdims: bool) -> Result<Array> {
    let source = as_inexact(array);
    let sum = reduce(Reduction::Sum, &source, axes, keepdims)?;
    let count: usize = axes.iter().map(|&axis| array.shape[axis]).product();
    Ok(divided(&sum, count as f64))
}

/// The variance over `axes`, with `count - ddof` in the denominator.
pub(crate) fn variance(array: &Array, axes: &[usize], keepdims: bool, ddof: f64) -> Result<Array> {
    let source = as_inexact(array);
    let mean = mean(&source, axes, true)?;
    let (_, both) = super::arithmetic::stretch(&[&source, &mean])?;
    let dtype = source.dtype();
    let squares: Vec<f64> = if dtype == Dtype::Complex {
        let differences = both[0].complexes().into_iter().zip(both[1].complexes()).map(|(v, m)| (v.0 - m.0, v.1 - m.1));
        differences.map(|d| d.0 * d.0 + d.1 * d.1).collect()
    } else {
        let round = if dtype == Dtype::Float32 { round32 } else { |v| v };
        let differences = both[0].floats().into_iter().zip(both[1].floats()).map(|(v, m)| round(v - m));
        differences.map(|d| round(d * d)).collect()
    };
    let dtype = if dtype == Dtype::Complex { Dtype::Float } else { dtype };
    let squares = Array::from_cells(dtype, source.shape.clone(), Cells::Float(squares));
    let sum = reduce(Reduction::Sum, &squares, axes, keepdims)?;
    let count: usize = axes.iter().map(|&axis| array.shape[axis]).product();
    Ok(divided(&sum, (count as f64 - ddof).max(0.0)))
}

/// The array as floats, if it is of ints or truth values.
pub(crate) fn as_inexact(array: &Array) -> Array {
    if matches!(array.dtype(), Dtype::Int | Dtype::Bool) { array.cast(Dtype::Float) } else { array.clone() }
}

fn divided(array: &Array, by: f64) -> Array {
    let cells = match array.cells() {
        Cells::Complex(c) => Cells::Complex(c.into_iter().map(|v| (v.0 / by, v.1 / by)).collect()),
        other => other.cast(Dtype::Float),
    };
    let cells = match cells {
        Cells::Float(c) => Cells::Float(c.into_iter().map(|v| v / by).collect()).cast(array.dtype()),
        other => other,
    };
    Array::from_cells(array.dtype(), array.shape.clone(), cells)
}

/// The first place of the least (or largest) element: over all elements, or along an axis. NaN counts as the extreme.
pub(crate) fn extreme_index(array: &Array, axis: Option<&Value>, keepdims: bool, largest: bool) -> Result<Array> {
    let name = if largest { "argmax" } else { "argmin" };
    let better =
        |new: f64, best: f64| !best.is_nan() && (new.is_nan() || if largest { new > best } else { new < best });
    let best_of = |values: &[f64]| {
        let best = (1..values.len()).fold(0, |best, i| if better(values[i], values[best]) { i } else { best });
        if values.is_empty() {
            Err(raise("ValueError", format!("attempt to get {name} of an empty sequence")))
        } else {
            Ok(best as i64)
        }
    };
    let Some(axis) = axis.map(|axis| normal_axis(as_index(axis)?, array.ndim())).transpose()? else {
        let index = best_of(&array.floats())?;
        return Ok(Array::int_scalar(index).reshaped(if keepdims { vec![1; array.ndim()] } else { vec![] }));
    };
    let indices: Result<Vec<i64>> = lanes(array, axis).iter().map(|lane| best_of(&lane.floats())).collect();
    let indices = indices?;
    Ok(Array::from_ints(indices).reshaped(reduced_shape(&array.shape, &[axis], keepdims)))
}

/// The one-dimensional views along `axis`, in C order of the other axes.
pub(crate) fn lanes(array: &Array, axis: usize) -> Vec<Array> {
    let others: Vec<usize> = (0..array.ndim()).filter(|&a| a != axis).collect();
    array
        .permuted(&others)
        .positions()
        .into_iter()
        .map(|offset| Array {
            data: array.data.clone(),
            offset,
            shape: vec![array.shape[axis]],
            strides: vec![array.strides[axis]],
        })
        .collect()
}

/// Puts results for each lane along `axis`, all of one length, together again.
pub(crate) fn from_lanes(lanes: &[Array], shape: &[usize], axis: usize, dtype: Dtype) -> Array {
    let length = lanes.first().map_or(0, Array::size);
    let mut others: Vec<usize> = shape.to_vec();
    others.remove(axis);
    let moved = [&others[..], &[length]].concat();
    let mut cells = Cells::Bool(vec![]).cast(dtype);
    for lane in lanes {
        extend(&mut cells, lane.cells_as(dtype));
    }
    let last = moved.len() - 1;
    let order: Vec<usize> = (0..moved.len())
        .map(|a| match a.cmp(&axis) {
            Ordering::Less => a,
            Ordering::Equal => last,
            Ordering::Greater => a - 1,
        })
        .collect();
    Array::from_cells(dtype, moved, cells).permuted(&order).copied()
}

/// Appends cells of the same machine type.
pub(crate) fn extend(to: &mut Cells, from: Cells) {
    match (to, from) {
        (Cells::Bool(to), Cells::Bool(from)) => to.extend(from),
        (Cells::Int(to), Cells::Int(from)) => to.extend(from),
        (Cells::Float(to), Cells::Float(from)) => to.extend(from),
        (Cells::Complex(to), Cells::Complex(from)) => to.extend(from),
        _ => debug_assert!(false, "cells of one type"),
    }
}

/// Running sums or products along an axis, or over all elements in C order.
pub(crate) fn cumulative(array: &Array, axis: Option<&Value>, product: bool) -> Result<Array> {
    let source = if array.dtype() == Dtype::Bool { array.cast(Dtype::Int) } else { array.clone() };
    let Some(axis) = axis else {
        return Ok(run(&source, product));
    };
    let axis = normal_axis(as_index(axis)?, source.ndim())?;
    let lanes: Vec<Array> = lanes(&source, axis).iter().map(|lane| run(lane, product)).collect();
    Ok(from_lanes(&lanes, &source.shape, axis, source.dtype()))
}

fn run(array: &Array, product: bool) -> Array {
    let single = array.dtype() == Dtype::Float32;
    let cells = match array.cells() {
        Cells::Bool(c) => Cells::Bool(c),
        Cells::Int(mut c) => {
            for i in 1..c.len() {
                c[i] = if product { c[i - 1].wrapping_mul(c[i]) } else { c[i - 1].wrapping_add(c[i]) };
            }
            Cells::Int(c)
        }
        Cells::Float(mut c) => {
            for i in 1..c.len() {
                let next = if product { c[i - 1] * c[i] } else { c[i - 1] + c[i] };
                c[i] = if single { round32(next) } else { next };
            }
            Cells::Float(c)
        }
        Cells::Complex(mut c) => {
            for i in 1..c.len() {
                c[i] = if product {
                    super::arithmetic::complex_multiply(c[i - 1], c[i])
                } else {
                    (c[i - 1].0 + c[i].0, c[i - 1].1 + c[i].1)
                };
            }
            Cells::Complex(c)
        }
    };
    Array::from_cells(array.dtype(), vec![array.size()], cells)
}
