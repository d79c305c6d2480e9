//! `array[index]`, for reading and writing.
//!
//! An index is a tuple of ints, slices, `...`, `None` and arrays. Without arrays the result is a view. With arrays (or
//! lists) of ints or truth values, a mask counting as the indices where it holds, the arrays are stretched to one shape,
//! and their axes stand where the arrays stood, or first if something stood between them.

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Dtype, Raised, Result, Value};

use super::arithmetic::stretch;
use super::convert::{as_index, from_value};
use super::print::compact_shape;
use super::{scalar_or_view, unwrap_param};

/// What an index selects.
enum Selection {
    /// A view.
    View(Array),
    /// Cells of the memory, in C order of a shape; `mask` if a mask alone selected them.
    Cells { positions: Vec<usize>, shape: Vec<usize>, mask: bool },
}

/// One item of an index, an axis each but for `NewAxis`.
enum Item {
    At(i64),
    Slice(Option<i64>, Option<i64>, i64),
    NewAxis,
    Array(Array),
}

/// `array[index]`.
pub fn get_item(array: &Array, index: &Value) -> Result<Value> {
    if array.shape.is_empty()
        && !matches!(index, Value::Tuple(items) if items.is_empty())
        && !matches!(index, Value::None | Value::Ellipsis)
    {
        return Err(raise("IndexError", "invalid index to scalar variable."));
    }
    if let (&[length], &[stride], Value::Int(i)) = (&*array.shape, &*array.strides, index) {
        // The usual case in loops.
        let position = array.offset.wrapping_add_signed(at(*i, length, 0)? as isize * stride);
        let cell = array.data.cells.borrow().gather(&[position]);
        return Ok(Value::Array(Array::from_cells(array.dtype(), vec![], cell)));
    }
    Ok(match select(array, index)? {
        Selection::View(view) => scalar_or_view(view),
        Selection::Cells { positions, shape, .. } => {
            let cells = array.data.cells.borrow().gather(&positions);
            Value::Array(Array::from_cells(array.dtype(), shape, cells))
        }
    })
}

/// `array[index] = value`.
pub fn set_item(array: &Array, index: &Value, value: &Value) -> Result<()> {
    if array.shape.is_empty() {
        return Err(raise(
            "TypeError",
            format!("'numpy.{}' object does not support item assignment", super::dtype_name(array.dtype())),
        ));
    }
    let selection = select(array, index)?;
    if let Selection::View(view) = &selection
        && view.shape.is_empty()
    {
        return set_element(view, value);
    }
    let value = from_value(value, None)?;
    if value.dtype() == Dtype::Complex && array.dtype() != Dtype::Complex {
        return Err(no_complex(array.dtype()));
    }
    let (positions, shape, mask) = match selection {
        Selection::View(view) => (view.positions(), view.shape, None),
        Selection::Cells { positions, shape, mask } => (positions, shape, Some(mask)),
    };
    // Leading axes of length 1 fall away: a row `(1, 4)` may be assigned to `(4,)`.
    let extra = value.ndim().saturating_sub(shape.len());
    let trimmed = if value.shape[..extra].iter().all(|&length| length == 1) {
        value.reshaped(value.shape[extra..].to_vec())
    } else {
        value.clone()
    };
    let Some(stretched) = trimmed.broadcast_to(&shape) else {
        let (from, to) = (compact_shape(&value.shape), compact_shape(&shape));
        return Err(raise(
            "ValueError",
            match mask {
                None => format!("could not broadcast input array from shape {from} into shape {to}"),
                Some(true) => format!(
                    "NumPy boolean array indexing assignment cannot assign {} input values to the {} output values \
                     where the mask is true",
                    value.size(),
                    positions.len()
                ),
                Some(false) => format!(
                    "shape mismatch: value array of shape {from} could not be broadcast to indexing result of shape {to}"
                ),
            },
        ));
    };
    array.write_at(&positions, &stretched.cells_as(array.dtype()));
    Ok(())
}

/// Writes the only element of `view`.
fn set_element(view: &Array, value: &Value) -> Result<()> {
    let value = match unwrap_param(value) {
        Value::None if matches!(view.dtype(), Dtype::Float | Dtype::Float32) => Value::Float(f64::NAN),
        Value::None => {
            return Err(raise(
                "TypeError",
                "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
            ));
        }
        Value::Str(text) => {
            let number = text.trim().parse::<f64>();
            let number =
                number.map_err(|_| raise("ValueError", format!("could not convert string to float: '{text}'")))?;
            Value::Float(number)
        }
        other => other,
    };
    let number = from_value(&value, None).map_err(|error| {
        if matches!(value, Value::List(_) | Value::Tuple(_) | Value::Array(_)) { sequence() } else { error }
    })?;
    if number.size() != 1 {
        return Err(sequence());
    }
    if number.dtype() == Dtype::Complex && view.dtype() != Dtype::Complex {
        return Err(no_complex(view.dtype()));
    }
    if view.dtype() == Dtype::Int && number.dtype() == Dtype::Float {
        let float = number.floats()[0];
        if float.is_nan() {
            return Err(raise("ValueError", "cannot convert float NaN to integer"));
        }
        if float.is_infinite() {
            return Err(raise("OverflowError", "cannot convert float infinity to integer"));
        }
    }
    view.write(&number.cells_as(view.dtype()));
    Ok(())
}

#[expect(clippy::unnecessary_box_returns, reason = "an error as `Result` carries it")]
fn sequence() -> Box<Raised> {
    raise("ValueError", "setting an array element with a sequence.")
}

#[expect(clippy::unnecessary_box_returns, reason = "an error as `Result` carries it")]
fn no_complex(dtype: Dtype) -> Box<Raised> {
    let (function, string) =
        if dtype == Dtype::Int { ("int", "a string, a bytes-like object") } else { ("float", "a string") };
    raise("TypeError", format!("{function}() argument must be {string} or a real number, not 'complex'"))
}

/// Where an index along an axis of `length` leads.
fn at(index: i64, length: usize, axis: usize) -> Result<usize> {
    let wrapped = if index < 0 { index + length as i64 } else { index };
    usize::try_from(wrapped).ok().filter(|&i| i < length).ok_or_else(|| {
        raise("IndexError", format!("index {index} is out of bounds for axis {axis} with size {length}"))
    })
}

fn select(array: &Array, index: &Value) -> Result<Selection> {
    let mask = matches!(index, Value::Array(a) if a.dtype() == Dtype::Bool && !a.shape.is_empty());
    let items = complete(array, items_of(array, index)?)?;
    if !items.iter().any(|item| matches!(item, Item::Array(_))) {
        return Ok(Selection::View(basic(array, &items)?));
    }
    advanced(array, &items, mask)
}

/// The items of an index in order; `...` becomes whole axes.
fn items_of(array: &Array, index: &Value) -> Result<Vec<Item>> {
    let parts: Vec<Value> = match index {
        Value::Tuple(parts) => parts.to_vec(),
        other => vec![other.clone()],
    };
    let mut items = vec![];
    let mut ellipsis = None;
    for part in &parts {
        match unwrap_param(part) {
            Value::Ellipsis if ellipsis.is_none() => ellipsis = Some(items.len()),
            Value::Ellipsis => {
                return Err(raise("IndexError", "an index can only have a single ellipsis ('...')"));
            }
            Value::None => items.push(Item::NewAxis),
            Value::Int(i) => items.push(Item::At(i)),
            Value::Slice(bounds) => {
                let bound = |value: &Value| match value {
                    Value::None => Ok(None),
                    other => as_index(other).map(Some),
                };
                let slice_error =
                    |_| raise("TypeError", "slice indices must be integers or None or have an __index__ method");
                let start = bound(&bounds[0]).map_err(slice_error)?;
                let stop = bound(&bounds[1]).map_err(slice_error)?;
                let step = bound(&bounds[2]).map_err(slice_error)?.unwrap_or(1);
                if step == 0 {
                    return Err(raise("ValueError", "slice step cannot be zero"));
                }
                items.push(Item::Slice(start, stop, step));
            }
            Value::Array(one) if one.shape.is_empty() && one.dtype() == Dtype::Int => {
                items.push(Item::At(one.ints()[0]));
            }
            sequence @ (Value::Array(_) | Value::List(_) | Value::Tuple(_) | Value::Range(_) | Value::Bool(_)) => {
                let indices = from_value(&sequence, None)?;
                let indices = if indices.size() == 0 && !matches!(sequence, Value::Array(_)) {
                    indices.cast(Dtype::Int)
                } else {
                    indices
                };
                match indices.dtype() {
                    Dtype::Int => items.push(Item::Array(indices)),
                    Dtype::Bool => {
                        let axis = items.iter().filter(|item| !matches!(item, Item::NewAxis)).count();
                        items.extend(mask_items(array, &indices, axis, ellipsis.is_some())?);
                    }
                    _ => {
                        return Err(raise("IndexError", "arrays used as indices must be of integer (or boolean) type"));
                    }
                }
            }
            _ => {
                return Err(raise(
                    "IndexError",
                    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean \
                     arrays are valid indices",
                ));
            }
        }
    }
    let used = items.iter().filter(|item| !matches!(item, Item::NewAxis)).count();
    if let (Some(place), Some(missing)) = (ellipsis, array.ndim().checked_sub(used)) {
        let rest = items.split_off(place);
        items.extend((0..missing).map(|_| Item::Slice(None, None, 1)));
        items.extend(rest);
    }
    Ok(items)
}

/// The indices, an array for each of its axes, where a mask holds.
fn mask_items(array: &Array, mask: &Array, axis: usize, after_ellipsis: bool) -> Result<Vec<Item>> {
    let axis = if after_ellipsis { array.ndim().saturating_sub(mask.ndim()) } else { axis };
    for (i, &length) in mask.shape.iter().enumerate() {
        let size = array.shape.get(axis + i).copied().unwrap_or(0);
        if size != length {
            return Err(raise(
                "IndexError",
                format!(
                    "boolean index did not match indexed array along axis {}; size of axis is {size} but size of \
                     corresponding boolean axis is {length}",
                    axis + i
                ),
            ));
        }
    }
    Ok(super::order::nonzero(mask).into_iter().map(Item::Array).collect())
}

/// Checks the number of items and adds whole axes at the end.
fn complete(array: &Array, mut items: Vec<Item>) -> Result<Vec<Item>> {
    let used = items.iter().filter(|item| !matches!(item, Item::NewAxis)).count();
    if used > array.ndim() {
        return Err(raise(
            "IndexError",
            format!("too many indices for array: array is {}-dimensional, but {used} were indexed", array.ndim()),
        ));
    }
    items.extend((used..array.ndim()).map(|_| Item::Slice(None, None, 1)));
    Ok(items)
}

/// First index, number of indices and step of a slice of an axis of `length`.
fn slice_of(start: Option<i64>, stop: Option<i64>, step: i64, length: usize) -> (i64, usize) {
    let length = length as i64;
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i64| (if bound < 0 { bound.saturating_add(length) } else { bound }).clamp(lowest, highest);
    let start = start.map_or(if step > 0 { lowest } else { highest }, clamp);
    let stop = stop.map_or(if step > 0 { highest } else { lowest }, clamp);
    let count = crate::evaluate::value::Range { start, stop, step }.len();
    (start, count)
}

/// The view of ints, slices and new axes.
fn basic(array: &Array, items: &[Item]) -> Result<Array> {
    let mut view = Array { shape: vec![], strides: vec![], ..array.clone() };
    let mut axis = 0;
    for item in items {
        match item {
            Item::NewAxis => {
                view.shape.push(1);
                view.strides.push(0);
                continue;
            }
            Item::At(i) => {
                let i = at(*i, array.shape[axis], axis)?;
                view.offset = view.offset.wrapping_add_signed(i as isize * array.strides[axis]);
            }
            Item::Slice(start, stop, step) => {
                let (first, count) = slice_of(*start, *stop, *step, array.shape[axis]);
                if count > 0 {
                    view.offset = view.offset.wrapping_add_signed(first as isize * array.strides[axis]);
                }
                view.shape.push(count);
                view.strides.push(array.strides[axis].wrapping_mul(*step as isize));
            }
            Item::Array(_) => {}
        }
        axis += 1;
    }
    Ok(view)
}

/// The cells that arrays among the items select. Ints count as arrays without axes here.
fn advanced(array: &Array, items: &[Item], mask: bool) -> Result<Selection> {
    let is_array = |item: &Item| matches!(item, Item::Array(_) | Item::At(_));
    // Distances from the first cell, an array for each advanced item.
    let mut indices = vec![];
    let mut axis = 0;
    for item in items {
        match item {
            Item::NewAxis => continue,
            Item::At(i) => indices.push((Array::int_scalar(at(*i, array.shape[axis], axis)? as i64), axis)),
            Item::Array(values) => {
                let wrapped: Result<Vec<i64>> =
                    values.ints().into_iter().map(|i| at(i, array.shape[axis], axis).map(|i| i as i64)).collect();
                let wrapped = Array::from_ints(wrapped?).reshaped(values.shape.clone());
                indices.push((wrapped, axis));
            }
            Item::Slice(..) => {}
        }
        axis += 1;
    }
    let arrays: Vec<&Array> = indices.iter().map(|(values, _)| values).collect();
    let (shape, stretched) = stretch(&arrays).map_err(|_| {
        let shapes: Vec<String> = arrays.iter().map(|a| compact_shape(&a.shape)).collect();
        raise(
            "IndexError",
            format!(
                "shape mismatch: indexing arrays could not be broadcast together with shapes {} ",
                shapes.join(" ")
            ),
        )
    })?;
    let mut distances = vec![0_isize; super::view::size_of(&shape)];
    for (values, (_, axis)) in stretched.iter().zip(&indices) {
        for (distance, i) in distances.iter_mut().zip(values.ints()) {
            *distance += i as isize * array.strides[*axis];
        }
    }
    // The rest is a view whose axes go around those of the arrays.
    let first = items.iter().position(is_array).unwrap_or(0);
    let last = items.iter().rposition(is_array).unwrap_or(0);
    let together = items[first..=last].iter().all(is_array);
    let before = if together { items[..first].iter().filter(|item| !is_array(item)).count() } else { 0 };
    let mut rest = Array { shape: vec![], strides: vec![], ..array.clone() };
    let mut axis = 0;
    for item in items {
        match item {
            Item::NewAxis => {
                rest.shape.push(1);
                rest.strides.push(0);
                continue;
            }
            Item::Slice(start, stop, step) => {
                let (begin, count) = slice_of(*start, *stop, *step, array.shape[axis]);
                if count > 0 {
                    rest.offset = rest.offset.wrapping_add_signed(begin as isize * array.strides[axis]);
                }
                rest.shape.push(count);
                rest.strides.push(array.strides[axis].wrapping_mul(*step as isize));
            }
            Item::At(_) | Item::Array(_) => {}
        }
        axis += 1;
    }
    let outer =
        Array { shape: rest.shape[..before].to_vec(), strides: rest.strides[..before].to_vec(), ..rest.clone() };
    let inner = Array {
        offset: 0,
        shape: rest.shape[before..].to_vec(),
        strides: rest.strides[before..].to_vec(),
        data: rest.data.clone(),
    };
    let inner_distances = inner.positions();
    let mut positions = vec![];
    for start in outer.positions() {
        for &distance in &distances {
            let start = start.wrapping_add_signed(distance);
            positions.extend(inner_distances.iter().map(|&d| start.wrapping_add(d)));
        }
    }
    let shape = [&outer.shape[..], &shape, &inner.shape].concat();
    Ok(Selection::Cells { positions, shape, mask })
}
