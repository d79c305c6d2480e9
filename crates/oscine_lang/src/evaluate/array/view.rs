//! Arrays as views: shapes, strides, and the cells they reach.

use std::cell::RefCell;
use std::rc::Rc;

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, ArrayData, Cells, Dtype, Result};

impl Cells {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        match self {
            Cells::Bool(c) => c.len(),
            Cells::Int(c) => c.len(),
            Cells::Float(c) => c.len(),
            Cells::Complex(c) => c.len(),
        }
    }

    /// Those at `positions`, in that order.
    pub(crate) fn gather(&self, positions: &[usize]) -> Cells {
        match self {
            Cells::Bool(c) => Cells::Bool(positions.iter().map(|&p| c[p]).collect()),
            Cells::Int(c) => Cells::Int(positions.iter().map(|&p| c[p]).collect()),
            Cells::Float(c) => Cells::Float(positions.iter().map(|&p| c[p]).collect()),
            Cells::Complex(c) => Cells::Complex(positions.iter().map(|&p| c[p]).collect()),
        }
    }

    /// Writes `values`, of the same machine type, to `positions`.
    fn scatter(&mut self, positions: &[usize], values: &Cells) {
        match (self, values) {
            (Cells::Bool(c), Cells::Bool(v)) => positions.iter().zip(v).for_each(|(&p, &v)| c[p] = v),
            (Cells::Int(c), Cells::Int(v)) => positions.iter().zip(v).for_each(|(&p, &v)| c[p] = v),
            (Cells::Float(c), Cells::Float(v)) => positions.iter().zip(v).for_each(|(&p, &v)| c[p] = v),
            (Cells::Complex(c), Cells::Complex(v)) => positions.iter().zip(v).for_each(|(&p, &v)| c[p] = v),
            _ => debug_assert!(false, "values were cast to the array's type"),
        }
    }

    /// The same values as another type: toward zero to ints, the real part of complex numbers, and not zero to bools.
    pub(crate) fn cast(self, to: Dtype) -> Cells {
        match to {
            Dtype::Bool => Cells::Bool(match self {
                Cells::Bool(c) => c,
                Cells::Int(c) => c.into_iter().map(|v| v != 0).collect(),
                Cells::Float(c) => c.into_iter().map(|v| v != 0.0).collect(),
                Cells::Complex(c) => c.into_iter().map(|v| v != (0.0, 0.0)).collect(),
            }),
            Dtype::Int => Cells::Int(match self {
                Cells::Bool(c) => c.into_iter().map(i64::from).collect(),
                Cells::Int(c) => c,
                Cells::Float(c) => c.into_iter().map(float_to_int).collect(),
                Cells::Complex(c) => c.into_iter().map(|v| float_to_int(v.0)).collect(),
            }),
            Dtype::Float => Cells::Float(self.into_floats()),
            Dtype::Float32 => Cells::Float(self.into_floats().into_iter().map(round32).collect()),
            Dtype::Complex => Cells::Complex(match self {
                Cells::Complex(c) => c,
                other => other.into_floats().into_iter().map(|v| (v, 0.0)).collect(),
            }),
        }
    }

    fn into_floats(self) -> Vec<f64> {
        match self {
            Cells::Bool(c) => c.into_iter().map(|v| f64::from(u8::from(v))).collect(),
            Cells::Int(c) => c.into_iter().map(|v| v as f64).collect(),
            Cells::Float(c) => c,
            Cells::Complex(c) => c.into_iter().map(|v| v.0).collect(),
        }
    }
}

/// A float as x86 converts it: what does not fit, and NaN, is the least int.
fn float_to_int(value: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) { value as i64 } else { i64::MIN }
}

/// To the nearest `float32`.
pub(crate) fn round32(value: f64) -> f64 {
    f64::from(value as f32)
}

/// The most elements that an array may have: more would take the whole process with it.
const MOST_ELEMENTS: usize = 1 << 29;

/// Refuses shapes that need more memory than there is.
pub(crate) fn check_size(shape: &[usize]) -> Result<()> {
    let size = shape.iter().fold(1_usize, |size, &length| size.saturating_mul(length));
    if size <= MOST_ELEMENTS {
        return Ok(());
    }
    Err(raise("MemoryError", format!("Unable to allocate an array with shape {}", shape_text(shape))))
}

/// How many elements a shape has.
pub(crate) fn size_of(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Strides of elements that lie one after the other, the last axis fastest.
fn contiguous(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = 1;
    for (stride, &length) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step *= length as isize;
    }
    strides
}

/// The shape that all of `shapes` stretch to, if there is one.
pub(crate) fn broadcast_shapes(shapes: &[&[usize]]) -> Option<Vec<usize>> {
    let ndim = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut result = vec![1; ndim];
    for shape in shapes {
        for (to, &length) in result.iter_mut().rev().zip(shape.iter().rev()) {
            if *to == 1 {
                *to = length;
            } else if length != 1 && length != *to {
                return None;
            }
        }
    }
    Some(result)
}

/// A shape as Python prints it: `(3,)`, `(2, 3)`.
pub(crate) fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// The odometer: every index of `shape`, the last axis fastest.
pub(crate) fn indices(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + use<> {
    let shape = shape.to_vec();
    let mut next = (size_of(&shape) > 0).then(|| vec![0; shape.len()]);
    std::iter::from_fn(move || {
        let index = next.clone()?;
        let wrapped = next.as_mut().is_none_or(|index| {
            for (digit, &length) in index.iter_mut().zip(&shape).rev() {
                *digit += 1;
                if *digit < length {
                    return false;
                }
                *digit = 0;
            }
            true
        });
        if wrapped {
            next = None;
        }
        Some(index)
    })
}

impl Array {
    /// A new array of `cells` in C order; there are as many as `shape` asks for.
    pub(crate) fn from_cells(dtype: Dtype, shape: Vec<usize>, cells: Cells) -> Array {
        debug_assert_eq!(cells.len(), size_of(&shape));
        let strides = contiguous(&shape);
        Array { data: Rc::new(ArrayData { dtype, cells: RefCell::new(cells) }), offset: 0, shape, strides }
    }

    /// A one-dimensional array of floats.
    pub(crate) fn from_floats(values: Vec<f64>) -> Array {
        Array::from_cells(Dtype::Float, vec![values.len()], Cells::Float(values))
    }

    /// A one-dimensional array of ints.
    pub(crate) fn from_ints(values: Vec<i64>) -> Array {
        Array::from_cells(Dtype::Int, vec![values.len()], Cells::Int(values))
    }

    /// `numpy.float64(value)`.
    pub(crate) fn float_scalar(value: f64) -> Array {
        Array::from_cells(Dtype::Float, vec![], Cells::Float(vec![value]))
    }

    /// `numpy.int64(value)`.
    pub(crate) fn int_scalar(value: i64) -> Array {
        Array::from_cells(Dtype::Int, vec![], Cells::Int(vec![value]))
    }

    /// The type of its elements.
    pub(crate) fn dtype(&self) -> Dtype {
        self.data.dtype
    }

    /// How many axes.
    pub(crate) fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// How many elements.
    pub(crate) fn size(&self) -> usize {
        size_of(&self.shape)
    }

    /// The cells of its elements in C order.
    pub(crate) fn positions(&self) -> Vec<usize> {
        let mut positions = vec![self.offset];
        for (&length, &stride) in self.shape.iter().zip(&self.strides) {
            positions = positions
                .iter()
                .flat_map(|&p| (0..length).map(move |i| p.wrapping_add_signed(i as isize * stride)))
                .collect();
        }
        positions
    }

    /// Its elements in C order.
    pub(crate) fn cells(&self) -> Cells {
        let cells = self.data.cells.borrow();
        if self.offset == 0 && self.size() == cells.len() && self.strides == contiguous(&self.shape) {
            return cells.clone();
        }
        cells.gather(&self.positions())
    }

    /// Its elements as another type, in C order.
    pub(crate) fn cells_as(&self, dtype: Dtype) -> Cells {
        let cells = self.cells();
        if self.dtype() == dtype { cells } else { cells.cast(dtype) }
    }

    /// Its elements as floats, in C order.
    pub(crate) fn floats(&self) -> Vec<f64> {
        self.cells().into_floats()
    }

    /// Its elements as ints, in C order.
    pub(crate) fn ints(&self) -> Vec<i64> {
        let Cells::Int(values) = self.cells().cast(Dtype::Int) else { return vec![] };
        values
    }

    /// Its elements as truth values, in C order.
    pub(crate) fn bools(&self) -> Vec<bool> {
        let Cells::Bool(values) = self.cells().cast(Dtype::Bool) else { return vec![] };
        values
    }

    /// Its elements as complex numbers, in C order.
    pub(crate) fn complexes(&self) -> Vec<(f64, f64)> {
        let Cells::Complex(values) = self.cells().cast(Dtype::Complex) else { return vec![] };
        values
    }

    /// A copy of another type.
    pub(crate) fn cast(&self, dtype: Dtype) -> Array {
        Array::from_cells(dtype, self.shape.clone(), self.cells_as(dtype))
    }

    /// A copy of the same type with memory of its own.
    pub(crate) fn copied(&self) -> Array {
        self.cast(self.dtype())
    }

    /// Writes `cells`, of its own type and as many as it has elements, in C order.
    pub(crate) fn write(&self, cells: &Cells) {
        self.write_at(&self.positions(), cells);
    }

    /// Writes `cells`, of its own type, to the memory's cells `positions`.
    pub(crate) fn write_at(&self, positions: &[usize], cells: &Cells) {
        self.data.cells.borrow_mut().scatter(positions, cells);
    }

    /// The view that repeats it along the axes where `shape` is longer, if it fits.
    pub(crate) fn broadcast_to(&self, shape: &[usize]) -> Option<Array> {
        let new = shape.len().checked_sub(self.ndim())?;
        let mut strides = vec![0; shape.len()];
        for (axis, (&from, &stride)) in self.shape.iter().zip(&self.strides).enumerate() {
            match shape[new + axis] {
                to if to == from => strides[new + axis] = stride,
                _ if from == 1 => {}
                _ => return None,
            }
        }
        Some(Array { data: self.data.clone(), offset: self.offset, shape: shape.to_vec(), strides })
    }

    /// The view with its axes in another order.
    pub(crate) fn permuted(&self, axes: &[usize]) -> Array {
        Array {
            data: self.data.clone(),
            offset: self.offset,
            shape: axes.iter().map(|&a| self.shape[a]).collect(),
            strides: axes.iter().map(|&a| self.strides[a]).collect(),
        }
    }

    /// The view with its axes in reverse order.
    pub(crate) fn transposed(&self) -> Array {
        self.permuted(&(0..self.ndim()).rev().collect::<Vec<_>>())
    }

    /// The same elements in another shape of the same size: a view where its memory allows one, else a copy.
    pub(crate) fn reshaped(&self, shape: Vec<usize>) -> Array {
        if let Some(strides) = self.strides_for(&shape) {
            return Array { data: self.data.clone(), offset: self.offset, shape, strides };
        }
        Array::from_cells(self.dtype(), shape, self.cells())
    }

    /// The strides of a view in another shape, if one stride per run of old axes is enough.
    fn strides_for(&self, shape: &[usize]) -> Option<Vec<isize>> {
        if self.size() == 0 {
            return Some(contiguous(shape));
        }
        let old: Vec<(usize, isize)> =
            self.shape.iter().copied().zip(self.strides.iter().copied()).filter(|&(length, _)| length != 1).collect();
        let mut strides = vec![0; shape.len()];
        let (mut i, mut j) = (0, 0);
        while i < old.len() {
            let (mut old_size, mut new_size, start) = (old[i].0, 1, j);
            let first = i;
            while new_size != old_size {
                if new_size < old_size {
                    new_size *= shape.get(j)?;
                    j += 1;
                } else {
                    i += 1;
                    old_size *= old.get(i)?.0;
                }
            }
            if (first..i).any(|k| old[k].1 != old[k + 1].0 as isize * old[k + 1].1) {
                return None;
            }
            let mut step = old[i].1;
            for k in (start..j).rev() {
                strides[k] = step;
                step *= shape[k] as isize;
            }
            i += 1;
        }
        Some(strides)
    }

    /// Element `index` of the first axis, a view.
    pub(crate) fn row(&self, index: usize) -> Array {
        Array {
            data: self.data.clone(),
            offset: self.offset.wrapping_add_signed(index as isize * self.strides[0]),
            shape: self.shape[1..].to_vec(),
            strides: self.strides[1..].to_vec(),
        }
    }
}
