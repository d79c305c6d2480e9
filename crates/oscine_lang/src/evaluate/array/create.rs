//! Arrays made from nothing but numbers: constants, ranges, grids.

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Cells, Dtype, Result, Value};

use super::convert::{as_float, from_value};
use super::plain;
use super::promote::join;
use super::view::{broadcast_shapes, size_of};

/// An array of zeros.
pub(crate) fn zeros(shape: Vec<usize>, dtype: Dtype) -> Array {
    let cells = Cells::Bool(vec![false; size_of(&shape)]).cast(dtype);
    Array::from_cells(dtype, shape, cells)
}

/// An array of one value, of its type unless another is given.
pub(crate) fn full(shape: &[usize], value: &Value, dtype: Option<Dtype>) -> Result<Array> {
    let value = from_value(value, dtype)?;
    let Some(stretched) = value.broadcast_to(shape) else {
        let (from, to) = (super::print::compact_shape(&value.shape), super::print::compact_shape(shape));
        return Err(raise("ValueError", format!("could not broadcast input array from shape {from} into shape {to}")));
    };
    Ok(stretched.copied())
}

/// `numpy.arange(start, stop, step)`: of ints if all are.
pub(crate) fn arange(start: &Value, stop: &Value, step: &Value, dtype: Option<Dtype>) -> Result<Array> {
    let bounds = [plain(start), plain(stop), plain(step)];
    if let [Value::Int(start), Value::Int(stop), Value::Int(step)] = bounds {
        if step == 0 {
            return Err(raise("ZeroDivisionError", "division by zero"));
        }
        let range = crate::evaluate::value::Range { start, stop, step };
        let length = checked(range.len() as f64)?;
        let array = Array::from_ints((0..length as i64).map(|i| start + i * step).collect());
        return Ok(dtype.map_or(array.clone(), |dtype| array.cast(dtype)));
    }
    let (start, stop, step) = (as_float(&bounds[0])?, as_float(&bounds[1])?, as_float(&bounds[2])?);
    if step == 0.0 {
        return Err(raise("ZeroDivisionError", "float division by zero"));
    }
    let length = checked(((stop - start) / step).ceil())?;
    // The distance of the first two is what all the others are multiples of.
    let distance = (start + step) - start;
    let values = (0..length).map(|i| if i == 1 { start + step } else { start + i as f64 * distance }).collect();
    let array = Array::from_floats(values);
    Ok(dtype.map_or(array.clone(), |dtype| array.cast(dtype)))
}

fn checked(length: f64) -> Result<usize> {
    if length.is_nan() {
        return Err(raise("ValueError", "arange: cannot compute length"));
    }
    if length > (1_u64 << 29) as f64 {
        return Err(raise("ValueError", "Maximum allowed size exceeded"));
    }
    Ok(length.max(0.0) as usize)
}

/// `numpy.linspace`, and the step between its values.
pub(crate) fn linspace(start: f64, stop: f64, count: i64, endpoint: bool) -> Result<(Vec<f64>, f64)> {
    let count = sample_count(count)?;
    let intervals = if endpoint { count.saturating_sub(1) } else { count };
    let delta = stop - start;
    if intervals == 0 {
        return Ok((vec![start; count], f64::NAN));
    }
    let step = delta / intervals as f64;
    let place = |i: usize| if step == 0.0 { i as f64 / intervals as f64 * delta } else { i as f64 * step };
    let mut values: Vec<f64> = (0..count).map(|i| place(i) + start).collect();
    if endpoint && count > 1 {
        values[count - 1] = stop;
    }
    Ok((values, step))
}

fn sample_count(count: i64) -> Result<usize> {
    let negative = |_| raise("ValueError", format!("Number of samples, {count}, must be non-negative."));
    usize::try_from(count).map_err(negative).and_then(|count| checked(count as f64))
}

/// `numpy.geomspace` of positive (or of two negative) ends.
pub(crate) fn geomspace(start: f64, stop: f64, count: i64, endpoint: bool) -> Result<Vec<f64>> {
    if start == 0.0 || stop == 0.0 {
        return Err(raise("ValueError", "Geometric sequence cannot include zero"));
    }
    let sign = start.signum();
    let (start, stop) = (start / sign, stop / sign);
    let (exponents, _) = linspace(start.log10(), stop.log10(), count, endpoint)?;
    let mut values: Vec<f64> = exponents.into_iter().map(|e| 10_f64.powf(e)).collect();
    let last = values.len().saturating_sub(1);
    if let Some(first) = values.first_mut() {
        *first = start;
    }
    if endpoint && last > 0 {
        values[last] = stop;
    }
    Ok(values.into_iter().map(|v| v * sign).collect())
}

/// `numpy.eye`: ones on the diagonal `k`.
pub(crate) fn eye(rows: usize, columns: usize, k: i64, dtype: Dtype) -> Array {
    let ones = (0..rows * columns).map(|i| (i % columns.max(1)) as i64 - (i / columns.max(1)) as i64 == k).collect();
    Array::from_cells(dtype, vec![rows, columns], Cells::Bool(ones).cast(dtype))
}

/// `numpy.meshgrid`: each array stretched over the axes of all.
pub(crate) fn meshgrid(arrays: &[Array], matrix_indexing: bool) -> Vec<Array> {
    let count = arrays.len();
    let shaped: Vec<Array> = arrays
        .iter()
        .enumerate()
        .map(|(i, array)| {
            let axis = if !matrix_indexing && count > 1 && i < 2 { 1 - i } else { i };
            let mut shape = vec![1; count];
            shape[axis] = array.size();
            array.reshaped(shape)
        })
        .collect();
    let shapes: Vec<&[usize]> = shaped.iter().map(|a| &*a.shape).collect();
    let all = broadcast_shapes(&shapes).unwrap_or_default();
    shaped.iter().filter_map(|array| Some(array.broadcast_to(&all)?.copied())).collect()
}

/// The type that all arrays are brought to when they are joined.
pub(crate) fn common_dtype(arrays: &[Array]) -> Dtype {
    arrays.iter().map(Array::dtype).reduce(join).unwrap_or(Dtype::Float)
}
