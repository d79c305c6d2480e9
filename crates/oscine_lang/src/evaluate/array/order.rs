//! Sorting and searching.

use std::cmp::Ordering;

use crate::evaluate::value::{Array, Cells, Dtype, Result, Value};

use super::convert::as_index;
use super::join::map_lanes;
use super::reduce::normal_axis;
use super::view::indices;

/// Ascending, NaN last.
fn float_order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn complex_order(a: &(f64, f64), b: &(f64, f64)) -> Ordering {
    float_order(a.0, b.0).then(float_order(a.1, b.1))
}

/// The order of the elements of a one-dimensional array: stable.
fn ranks(array: &Array) -> Vec<usize> {
    let mut order: Vec<usize> = (0..array.size()).collect();
    match array.cells() {
        Cells::Bool(c) => order.sort_by_key(|&i| c[i]),
        Cells::Int(c) => order.sort_by_key(|&i| c[i]),
        Cells::Float(c) => order.sort_by(|&i, &j| float_order(c[i], c[j])),
        Cells::Complex(c) => order.sort_by(|&i, &j| complex_order(&c[i], &c[j])),
    }
    order
}

/// The axis of a sort: the last one unless given.
fn sort_axis(array: &Array, axis: Option<&Value>) -> Result<usize> {
    normal_axis(axis.map_or(Ok(-1), as_index)?, array.ndim())
}

/// `numpy.sort`.
pub(crate) fn sort(array: &Array, axis: Option<&Value>) -> Result<Array> {
    map_lanes(array, sort_axis(array, axis)?, |lane| {
        Ok(Array::from_cells(lane.dtype(), lane.shape.clone(), lane.cells().gather(&ranks(lane))))
    })
}

/// `numpy.argsort`.
pub(crate) fn arg_sort(array: &Array, axis: Option<&Value>) -> Result<Array> {
    map_lanes(array, sort_axis(array, axis)?, |lane| {
        Ok(Array::from_ints(ranks(lane).into_iter().map(|i| i as i64).collect()))
    })
}

/// `numpy.unique`: the distinct elements sorted, where each occurs first, which one each element is, and how often.
pub(crate) fn unique(array: &Array) -> (Array, Vec<i64>, Vec<i64>, Vec<i64>) {
    let flat = array.reshaped(vec![array.size()]);
    let order = ranks(&flat);
    let values = flat.complexes();
    let mut firsts: Vec<usize> = vec![];
    let mut inverse = vec![0; order.len()];
    let mut counts = vec![];
    for &i in &order {
        let same = firsts
            .last()
            .is_some_and(|&first| values[first] == values[i] || (values[first].0.is_nan() && values[i].0.is_nan()));
        if !same {
            firsts.push(i);
            counts.push(0);
        }
        inverse[i] = firsts.len() as i64 - 1;
        if let Some(count) = counts.last_mut() {
            *count += 1;
        }
    }
    let cells = flat.cells().gather(&firsts);
    let distinct = Array::from_cells(array.dtype(), vec![firsts.len()], cells);
    (distinct, firsts.into_iter().map(|i| i as i64).collect(), inverse, counts)
}

/// `numpy.searchsorted`: where each value would go in a sorted array.
pub(crate) fn search_sorted(sorted: &Array, values: &Array, side: &str) -> Array {
    let cells = sorted.floats();
    let place = |value: f64| {
        let before = |cell: &f64| match float_order(*cell, value) {
            Ordering::Less => true,
            Ordering::Equal => side == "right",
            Ordering::Greater => false,
        };
        cells.partition_point(before) as i64
    };
    let places = values.floats().into_iter().map(place).collect();
    Array::from_cells(Dtype::Int, values.shape.clone(), Cells::Int(places))
}

/// Where elements are not zero: their indices, an array for each axis.
pub(crate) fn nonzero(array: &Array) -> Vec<Array> {
    let holds = array.bools();
    let mut axes = vec![vec![]; array.ndim()];
    for (index, _) in indices(&array.shape).zip(holds).filter(|(_, holds)| *holds) {
        for (axis, i) in axes.iter_mut().zip(index) {
            axis.push(i as i64);
        }
    }
    axes.into_iter().map(Array::from_ints).collect()
}

/// Linear interpolation at `x` of the points `(xp, fp)`, `xp` ascending; constant outside, or `left` and `right`.
pub(crate) fn interpolate(x: f64, xp: &[f64], fp: &[f64], left: Option<f64>, right: Option<f64>) -> f64 {
    let last = xp.len() - 1;
    if x.is_nan() {
        return x;
    }
    if x < xp[0] {
        return left.unwrap_or(fp[0]);
    }
    if x > xp[last] {
        return right.unwrap_or(fp[last]);
    }
    let j = xp.partition_point(|&v| v <= x).saturating_sub(1);
    if j == last || x == xp[j] {
        return fp[j.min(last)];
    }
    let slope = (fp[j + 1] - fp[j]) / (xp[j + 1] - xp[j]);
    let mut y = slope * (x - xp[j]) + fp[j];
    if y.is_nan() {
        y = slope * (x - xp[j + 1]) + fp[j + 1];
        if y.is_nan() && fp[j] == fp[j + 1] {
            y = fp[j];
        }
    }
    y
}
