//! Arrays put together, taken apart and rearranged.

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Cells, Result, Value};

use super::convert::{as_index, from_value};
use super::create::{common_dtype, zeros};
use super::methods::lengths;
use super::print::compact_shape;
use super::reduce::{from_lanes, lanes, normal_axis};
use super::view::{check_size, size_of};

/// `numpy.reshape`; one length may be -1.
pub(crate) fn reshape(array: &Array, shape: &Value) -> Result<Array> {
    let wanted = lengths(shape)?;
    let open = wanted.iter().filter(|&&length| length < 0).count();
    if open > 1 {
        return Err(raise("ValueError", "can only specify one unknown dimension"));
    }
    let known: i64 = wanted.iter().filter(|&&length| length >= 0).fold(1_i64, |a, &b| a.saturating_mul(b));
    let size = array.size() as i64;
    let fits = if open == 1 { known > 0 && size % known == 0 } else { known == size };
    if !fits {
        let shown: Vec<String> =
            wanted.iter().map(|&n| if n < 0 { "newaxis".to_owned() } else { n.to_string() }).collect();
        let comma = if shown.len() == 1 { "," } else { "" };
        return Err(raise(
            "ValueError",
            format!("cannot reshape array of size {size} into shape ({}{comma})", shown.join(",")),
        ));
    }
    Ok(array.reshaped(wanted.iter().map(|&n| if n < 0 { (size / known) as usize } else { n as usize }).collect()))
}

/// `numpy.transpose` with axes.
pub(crate) fn transpose(array: &Array, axes: &Value) -> Result<Array> {
    let axes: Result<Vec<usize>> = lengths(axes)?.into_iter().map(|axis| normal_axis(axis, array.ndim())).collect();
    let axes = axes?;
    let mut sorted = axes.clone();
    sorted.sort_unstable();
    if sorted != (0..array.ndim()).collect::<Vec<_>>() {
        return Err(raise("ValueError", "axes don't match array"));
    }
    Ok(array.permuted(&axes))
}

/// `numpy.squeeze`.
pub(crate) fn squeeze(array: &Array, axis: Option<&Value>) -> Result<Array> {
    let axes: Vec<usize> = match axis {
        None => (0..array.ndim()).filter(|&a| array.shape[a] == 1).collect(),
        Some(axis) => lengths(axis)?.into_iter().map(|a| normal_axis(a, array.ndim())).collect::<Result<_>>()?,
    };
    if axes.iter().any(|&a| array.shape[a] != 1) {
        return Err(raise("ValueError", "cannot select an axis to squeeze out which has size not equal to one"));
    }
    Ok(array.permuted(&(0..array.ndim()).filter(|a| !axes.contains(a)).collect::<Vec<_>>()))
}

/// `numpy.expand_dims`.
pub(crate) fn expand_dims(array: &Array, axis: i64) -> Result<Array> {
    let ndim = array.ndim() + 1;
    let axis = normal_axis(axis, ndim)?;
    let mut view = array.clone();
    view.shape.insert(axis, 1);
    view.strides.insert(axis, 0);
    Ok(view)
}

/// The arrays of a sequence.
pub(crate) fn arrays_of(value: &Value) -> Result<Vec<Array>> {
    match value {
        Value::Tuple(items) => items.iter().map(|item| from_value(item, None)).collect(),
        Value::List(items) => items.0.borrow().iter().map(|item| from_value(item, None)).collect(),
        Value::Array(array) if !array.shape.is_empty() => Ok((0..array.shape[0]).map(|i| array.row(i)).collect()),
        _ => Err(raise("TypeError", "The first input argument needs to be a sequence")),
    }
}

/// `numpy.concatenate`; without an axis the elements of all in one row.
pub(crate) fn concatenate(arrays: &[Array], axis: Option<i64>) -> Result<Array> {
    let Some(first) = arrays.first() else {
        return Err(raise("ValueError", "need at least one array to concatenate"));
    };
    let dtype = common_dtype(arrays);
    let Some(axis) = axis else {
        let flat: Vec<Array> = arrays.iter().map(|a| a.reshaped(vec![a.size()])).collect();
        return concatenate(&flat, Some(0));
    };
    if first.shape.is_empty() {
        return Err(raise("ValueError", "zero-dimensional arrays cannot be concatenated"));
    }
    let axis = normal_axis(axis, first.ndim())?;
    let mut shape = first.shape.clone();
    for (i, array) in arrays.iter().enumerate().skip(1) {
        if array.ndim() != first.ndim() {
            return Err(raise(
                "ValueError",
                format!(
                    "all the input arrays must have same number of dimensions, but the array at index 0 has {} \
                     dimension(s) and the array at index {i} has {} dimension(s)",
                    first.ndim(),
                    array.ndim()
                ),
            ));
        }
        for along in 0..first.ndim() {
            if along != axis && array.shape[along] != first.shape[along] {
                return Err(raise(
                    "ValueError",
                    format!(
                        "all the input array dimensions except for the concatenation axis must match exactly, but along \
                         dimension {along}, the array at index 0 has size {} and the array at index {i} has size {}",
                        first.shape[along], array.shape[along]
                    ),
                ));
            }
        }
        shape[axis] += array.shape[axis];
    }
    let result = zeros(shape, dtype);
    let mut from = 0;
    for array in arrays {
        part(&result, axis, from, array.shape[axis]).write(&array.cells_as(dtype));
        from += array.shape[axis];
    }
    Ok(result)
}

/// The view of `count` indices of an axis.
pub(crate) fn part(array: &Array, axis: usize, from: usize, count: usize) -> Array {
    let mut view = array.clone();
    if count > 0 {
        view.offset = view.offset.wrapping_add_signed(from as isize * view.strides[axis]);
    }
    view.shape[axis] = count;
    view
}

/// `numpy.stack`.
pub(crate) fn stack(arrays: &[Array], axis: i64) -> Result<Array> {
    let Some(first) = arrays.first() else {
        return Err(raise("ValueError", "need at least one array to stack"));
    };
    if arrays.iter().any(|a| a.shape != first.shape) {
        return Err(raise("ValueError", "all input arrays must have the same shape"));
    }
    let expanded: Result<Vec<Array>> = arrays.iter().map(|a| expand_dims(a, axis)).collect();
    let axis = normal_axis(axis, first.ndim() + 1)?;
    concatenate(&expanded?, Some(axis as i64))
}

/// The array with at least `ndim` axes: new ones in front (for `vstack`), or the last one behind (`column_stack`).
pub(crate) fn at_least(array: &Array, ndim: usize, behind: bool) -> Array {
    let mut view = array.clone();
    while view.ndim() < ndim {
        let place = if behind && view.ndim() > 0 { view.ndim() } else { 0 };
        view.shape.insert(place, 1);
        view.strides.insert(place, 0);
    }
    view
}

/// `numpy.repeat`.
pub(crate) fn repeat(array: &Array, repeats: &Value, axis: Option<&Value>) -> Result<Array> {
    let (array, axis) = match axis {
        None => (array.reshaped(vec![array.size()]), 0),
        Some(axis) => (array.clone(), normal_axis(as_index(axis)?, array.ndim())?),
    };
    let length = array.shape[axis];
    let mut counts = lengths(repeats)?;
    if counts.len() == 1 {
        counts = vec![counts[0]; length];
    }
    if counts.len() != length {
        return Err(raise(
            "ValueError",
            format!("operands could not be broadcast together with shape ({length},) ({},)", counts.len()),
        ));
    }
    if counts.iter().any(|&count| count < 0) {
        return Err(raise("ValueError", "repeats may not contain negative values."));
    }
    let total = counts.iter().fold(0_usize, |total, &count| total.saturating_add(count as usize));
    check_size(&[array.size() / length.max(1), total])?;
    let rows: Vec<usize> =
        counts.iter().enumerate().flat_map(|(i, &count)| std::iter::repeat_n(i, count as usize)).collect();
    Ok(pick(&array, axis, &rows))
}

/// The given indices of an axis, a copy.
pub(crate) fn pick(array: &Array, axis: usize, rows: &[usize]) -> Array {
    let mut shape = array.shape.clone();
    shape[axis] = rows.len();
    let result = zeros(shape, array.dtype());
    for (to, &from) in rows.iter().enumerate() {
        part(&result, axis, to, 1).write(&part(array, axis, from, 1).cells());
    }
    result
}

/// `numpy.tile`.
pub(crate) fn tile(array: &Array, repeats: &Value) -> Result<Array> {
    let repeats = lengths(repeats)?;
    let mut result = at_least(array, repeats.len(), false);
    let skipped = result.ndim() - repeats.len();
    for (i, &count) in repeats.iter().enumerate() {
        let axis = skipped + i;
        let length = result.shape[axis];
        check_size(&[result.size(), count.max(0) as usize])?;
        let rows: Vec<usize> = (0..count.max(0) as usize).flat_map(|_| 0..length).collect();
        result = pick(&result, axis, &rows);
    }
    Ok(result.copied())
}

/// `numpy.flip`: a view, turned along those of `axes` that it has.
pub(crate) fn flip(array: &Array, axes: &[usize]) -> Array {
    let mut view = array.clone();
    for &axis in axes.iter().filter(|&&axis| axis < array.ndim()) {
        if view.shape[axis] > 0 {
            view.offset = view.offset.wrapping_add_signed((view.shape[axis] as isize - 1) * view.strides[axis]);
        }
        view.strides[axis] = -view.strides[axis];
    }
    view
}

/// `numpy.roll`.
pub(crate) fn roll(array: &Array, shift: &Value, axis: Option<&Value>) -> Result<Array> {
    let Some(axis) = axis else {
        let flat = array.reshaped(vec![array.size()]);
        let shift = lengths(shift)?.iter().sum();
        return Ok(roll_axis(&flat, shift, 0).reshaped(array.shape.clone()));
    };
    let (shifts, axes) = (lengths(shift)?, lengths(axis)?);
    if shifts.is_empty() || axes.is_empty() {
        return Ok(array.copied());
    }
    let mut result = array.clone();
    for i in 0..shifts.len().max(axes.len()) {
        let axis = normal_axis(axes[i % axes.len()], array.ndim())?;
        result = roll_axis(&result, shifts[i % shifts.len()], axis);
    }
    Ok(result)
}

fn roll_axis(array: &Array, shift: i64, axis: usize) -> Array {
    let length = array.shape[axis] as i64;
    let rows: Vec<usize> = (0..length).map(|i| (i - shift % length).rem_euclid(length) as usize).collect();
    pick(array, axis, &rows)
}

/// `numpy.take`.
pub(crate) fn take(array: &Array, indices: &Value, axis: Option<&Value>) -> Result<Value> {
    let Some(axis) = axis else {
        return super::get_item(&array.reshaped(vec![array.size()]), indices);
    };
    let axis = normal_axis(as_index(axis)?, array.ndim())?;
    let whole = Value::Slice(std::rc::Rc::new([Value::None, Value::None, Value::None]));
    let mut index = vec![whole; axis];
    index.push(indices.clone());
    super::get_item(array, &Value::Tuple(std::rc::Rc::new(index)))
}

/// `numpy.array_split` and `split`: views of consecutive parts.
pub(crate) fn split(array: &Array, sections: &Value, axis: i64, even: bool) -> Result<Vec<Array>> {
    let axis = normal_axis(axis, array.ndim())?;
    let length = array.shape[axis];
    let bounds: Vec<usize> = if let Value::Int(count) = super::plain(sections) {
        let Some(count) = usize::try_from(count).ok().filter(|&count| count > 0) else {
            return Err(raise("ValueError", "number sections must be larger than 0."));
        };
        check_size(&[count])?;
        if even && !length.is_multiple_of(count) {
            return Err(raise("ValueError", "array split does not result in an equal division"));
        }
        let (each, extra) = (length / count, length % count);
        (0..=count).map(|i| i * each + i.min(extra)).collect()
    } else {
        let clamp = |i: i64| (if i < 0 { i + length as i64 } else { i }).clamp(0, length as i64) as usize;
        let inner = lengths(sections)?.into_iter().map(clamp);
        std::iter::once(0).chain(inner).chain(std::iter::once(length)).collect()
    };
    Ok(bounds.windows(2).map(|ends| part(array, axis, ends[0], ends[1].saturating_sub(ends[0]))).collect())
}

/// `numpy.diff`.
pub(crate) fn diff(array: &Array, order: i64, axis: i64) -> Result<Array> {
    if order < 0 {
        return Err(raise("ValueError", format!("order must be non-negative but got {order}")));
    }
    if array.shape.is_empty() {
        return Err(raise("ValueError", "diff requires input that is at least one dimensional"));
    }
    let axis = normal_axis(axis, array.ndim())?;
    let mut result = array.clone();
    for _ in 0..order {
        let count = result.shape[axis].saturating_sub(1);
        let from = usize::from(result.shape[axis] > 0);
        let (later, earlier) = (part(&result, axis, from, count), part(&result, axis, 0, count));
        let op = if array.dtype() == crate::evaluate::value::Dtype::Bool {
            crate::syntax::ast::BinOp::BitXor
        } else {
            crate::syntax::ast::BinOp::Sub
        };
        let difference = super::binary(op, &Value::Array(later), &Value::Array(earlier))?;
        result = from_value(&difference, None)?;
    }
    Ok(result)
}

/// How `numpy.pad` fills.
pub(crate) enum Padding {
    /// With these values before and after.
    Constant(f64, f64),
    /// With the outermost elements.
    Edge,
    /// Mirrored about the outermost elements, which are not repeated.
    Reflect,
    /// Mirrored, the outermost elements repeated.
    Symmetric,
    /// From the other end.
    Wrap,
}

/// `numpy.pad`, the same way for each axis by `(before, after)` pairs.
pub(crate) fn pad(array: &Array, widths: &[(usize, usize)], padding: &Padding) -> Result<Array> {
    let mut result = array.clone();
    for (axis, &(before, after)) in widths.iter().enumerate() {
        check_size(&[
            result.size() / result.shape[axis].max(1),
            before.saturating_add(after).saturating_add(result.shape[axis]),
        ])?;
        let length = result.shape[axis] as i64;
        if length == 0 && before + after > 0 && !matches!(padding, Padding::Constant(..)) {
            return Err(raise(
                "ValueError",
                format!("can't extend empty axis {axis} using modes other than 'constant' or 'empty'"),
            ));
        }
        if let Padding::Constant(low, high) = padding {
            let block = |count: usize, value: f64| {
                let mut shape = result.shape.clone();
                shape[axis] = count;
                let cells = Cells::Float(vec![value; size_of(&shape)]).cast(result.dtype());
                Array::from_cells(result.dtype(), shape, cells)
            };
            result = concatenate(&[block(before, *low), result.clone(), block(after, *high)], Some(axis as i64))?;
            continue;
        }
        let source = |i: i64| -> usize {
            let folded = match padding {
                Padding::Edge | Padding::Constant(..) => i.clamp(0, length - 1),
                Padding::Wrap => i.rem_euclid(length),
                Padding::Symmetric => {
                    let i = i.rem_euclid(2 * length);
                    if i < length { i } else { 2 * length - 1 - i }
                }
                Padding::Reflect if length == 1 => 0,
                Padding::Reflect => {
                    let i = i.rem_euclid(2 * (length - 1));
                    if i < length { i } else { 2 * (length - 1) - i }
                }
            };
            folded as usize
        };
        let rows: Vec<usize> = (-(before as i64)..length + after as i64).map(source).collect();
        result = pick(&result, axis, &rows);
    }
    Ok(result.copied())
}

/// `numpy.broadcast_to`.
pub(crate) fn broadcast_to(array: &Array, shape: &[usize]) -> Result<Array> {
    array.broadcast_to(shape).ok_or_else(|| {
        raise(
            "ValueError",
            format!(
                "operands could not be broadcast together with remapped shapes [original->remapped]: {}  and requested \
                 shape {}",
                compact_shape(&array.shape),
                compact_shape(shape)
            ),
        )
    })
}

/// `f` of each lane of floats along the last axis.
pub(crate) fn map_lanes(array: &Array, axis: usize, f: impl Fn(&Array) -> Result<Array>) -> Result<Array> {
    let results: Result<Vec<Array>> = lanes(array, axis).iter().map(f).collect();
    let results = results?;
    let dtype = results.first().map_or(array.dtype(), Array::dtype);
    Ok(from_lanes(&results, &array.shape, axis, dtype))
}
