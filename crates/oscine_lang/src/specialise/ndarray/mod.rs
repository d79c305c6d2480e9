//! numpy's arrays at audio time: views of cells, and loops over their elements.
//!
//! A [`View`] is an address, lengths and strides, each a constant or an operand. What makes a new array writes into memory
//! that belongs to its place in the program, so that nothing is allocated while sound runs; a result that is kept in
//! the state is copied there.

mod complex;
mod create;
mod elementwise;
mod fourier;
mod index;
mod linear;
mod methods;
mod reduce;
mod select;
mod shape;
mod ufunc;

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{Compare, IntBinary, Operand};

use super::heap::{StorageId, dtype_kind};
use super::kind::{Flavour, Kind, Val, join};
use super::memory::Target;
use super::{Told, Walk, Walker};

/// An array as its parts.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) flavour: Flavour,
    pub(crate) storages: Vec<StorageId>,
    pub(crate) address: Operand,
    pub(crate) dims: Vec<Operand>,
    pub(crate) strides: Vec<Operand>,
}

/// A loop nest over at most this many elements is written out.
const UNROLLED: i64 = 4;

/// Where a length is not known, there is room for at most so many elements.
const MOST_RUNNING: i64 = 1 << 20;

impl View {
    pub(crate) fn of(value: &Val) -> Option<Self> {
        let Kind::Seq(seq) = &value.kind else { return None };
        let axes = seq.dims.len();
        Some(Self {
            flavour: seq.flavour,
            storages: seq.storages.clone(),
            address: value.op(),
            dims: (0..axes).filter_map(|axis| value.dim(axis)).collect(),
            strides: (0..axes).filter_map(|axis| value.stride(axis)).collect(),
        })
    }

    pub(crate) fn val(&self) -> Val {
        Val::seq(self.flavour, self.storages.clone(), self.address, &self.dims, &self.strides)
    }

    /// The lengths, if all are constants.
    pub(crate) fn fixed(&self) -> Option<Vec<i64>> {
        self.dims.iter().map(|dim| if let Operand::I64(length) = dim { Some(*length) } else { None }).collect()
    }

    /// The number of elements, if it is a constant.
    pub(crate) fn count(&self) -> Option<i64> {
        self.fixed().map(|dims| dims.iter().product())
    }

    /// Whether its elements lie one after the other.
    pub(crate) fn is_dense(&self) -> bool {
        let mut next = 1;
        let Some(dims) = self.fixed() else {
            return self.dims.len() == 1 && self.strides[0] == Operand::I64(1);
        };
        dims.iter().zip(&self.strides).rev().all(|(length, stride)| {
            let fits = *length == 1 || *stride == Operand::I64(next);
            next *= length;
            fits
        })
    }
}

/// The type of an array's elements.
pub(crate) fn dtype_of(value: &Val) -> Option<Dtype> {
    match &value.kind {
        Kind::Seq(seq) => match seq.flavour {
            Flavour::Array(dtype) => Some(dtype),
            _ => None,
        },
        Kind::Float { .. } => Some(Dtype::Float),
        Kind::Complex { .. } => Some(Dtype::Complex),
        Kind::Int => Some(Dtype::Int),
        Kind::Bool => Some(Dtype::Bool),
        _ => None,
    }
}

/// The type that holds both.
pub(crate) fn promote(a: Dtype, b: Dtype) -> Dtype {
    use Dtype::{Bool, Complex, Float, Int};
    match (a, b) {
        (Complex, _) | (_, Complex) => Complex,
        (Bool, Bool) => Bool,
        (Bool | Int, Bool | Int) => Int,
        _ => Float,
    }
}

impl Walker<'_> {
    /// A new array in memory of its own, its elements not yet set.
    pub(crate) fn new_array(&mut self, dtype: Dtype, dims: &[i64]) -> View {
        let count = dims.iter().product::<i64>().max(0) as usize;
        let (storage, address) = self.fresh_memory(&dtype_kind(dtype), count);
        View {
            flavour: Flavour::Array(dtype),
            storages: vec![storage],
            address,
            dims: dims.iter().map(|length| Operand::I64(*length)).collect(),
            strides: super::heap::row_major(dims),
        }
    }

    /// A new array of lengths that may be known only while sound runs: it has room for the greatest they can be.
    pub(crate) fn new_array_like(&mut self, dtype: Dtype, dims: &[Operand]) -> Walk<View> {
        let greatest: Option<Vec<i64>> =
            dims.iter().map(|dim| self.emit.interval(*dim).map(|(_, greatest)| greatest.max(0))).collect();
        let count = |all: &Vec<i64>| all.iter().try_fold(1i64, |count, length| count.checked_mul(*length));
        let Some(room) = greatest.filter(|all| count(all).is_some_and(|count| count <= MOST_RUNNING)) else {
            let lengths = self.fixed_lengths(dims)?;
            return Ok(self.new_array(dtype, &lengths));
        };
        let mut new = self.new_array(dtype, &room);
        let mut stride = Operand::I64(1);
        for (axis, dim) in dims.iter().enumerate().rev() {
            new.strides[axis] = stride;
            stride = self.emit.index_binary(IntBinary::Mul, stride, *dim);
        }
        new.dims = dims.to_vec();
        Ok(new)
    }

    /// Lengths known when compiling, or an error.
    pub(crate) fn fixed_lengths(&mut self, dims: &[Operand]) -> Walk<Vec<i64>> {
        let fixed: Option<Vec<i64>> =
            dims.iter().map(|dim| if let Operand::I64(length) = dim { Some(*length) } else { None }).collect();
        if let Some(dims) = fixed {
            Ok(dims)
        } else {
            let span = self.span;
            self.refuse(errors::allocates(
                span,
                "an array of a length that is not a constant",
                "give it a constant length, and use a part of it",
            ))
        }
    }

    /// An array, a list or a tuple as a view; lists and tuples become arrays first.
    pub(crate) fn as_view(&mut self, value: &Val) -> Walk<View> {
        if let Some(view) = View::of(value)
            && let Flavour::Array(dtype) = view.flavour
        {
            if dtype == Dtype::Float32 {
                let span = self.span;
                return self.refuse(errors::single_precision(span));
            }
            return Ok(view);
        }
        if value.kind.is_scalar() {
            let dtype = dtype_of(value).unwrap_or(Dtype::Float);
            let view = self.new_array(dtype, &[1]);
            let element = value.clone();
            self.write(&view, &[Operand::I64(0)], &element)?;
            return Ok(View { dims: vec![], strides: vec![], ..view });
        }
        let items = self.items_of(value)?;
        let is_nested = items.iter().any(|item| !item.kind.is_scalar());
        if is_nested {
            let rows = items.iter().map(|item| self.as_view(item)).collect::<Walk<Vec<_>>>()?;
            return self.stacked(&rows);
        }
        let kind = items.iter().try_fold(Kind::Poison, |kind, item| join(&kind, &item.kind));
        let dtype = match kind {
            Some(Kind::Int) => Dtype::Int,
            Some(Kind::Bool) => Dtype::Bool,
            Some(Kind::Complex { .. }) => Dtype::Complex,
            _ => Dtype::Float,
        };
        let view = self.new_array(dtype, &[items.len() as i64]);
        for (i, item) in items.iter().enumerate() {
            self.write(&view, &[Operand::I64(i as i64)], item)?;
        }
        Ok(view)
    }

    /// Rows of one shape, one above the other.
    pub(crate) fn stacked(&mut self, rows: &[View]) -> Walk<View> {
        let span = self.span;
        let Some(first) = rows.first() else { return Ok(self.new_array(Dtype::Float, &[0])) };
        let inner = self.fixed_lengths(&first.dims)?;
        let mut dtype = Dtype::Bool;
        for row in rows {
            if row.fixed().as_ref() != Some(&inner) {
                return self.refuse(errors::ragged(span));
            }
            if let Flavour::Array(one) = row.flavour {
                dtype = promote(dtype, one);
            }
        }
        let mut dims = vec![rows.len() as i64];
        dims.extend(&inner);
        let whole = self.new_array(dtype, &dims);
        for (i, row) in rows.iter().enumerate() {
            let target = self.subview(&whole, Operand::I64(i as i64));
            self.copy(row, &target)?;
        }
        Ok(whole)
    }

    /// What lies at an index of the first axis.
    pub(crate) fn subview(&mut self, view: &View, index: Operand) -> View {
        let offset = self.emit.index_binary(IntBinary::Mul, index, view.strides[0]);
        let address = self.moved(view, view.address, offset);
        View { address, dims: view.dims[1..].to_vec(), strides: view.strides[1..].to_vec(), ..view.clone() }
    }

    /// The address `offset` elements of a view beyond another.
    pub(crate) fn moved(&mut self, view: &View, address: Operand, offset: Operand) -> Operand {
        let width = self.element_width(&view.storages);
        let cells = self.emit.index_binary(IntBinary::Mul, offset, Operand::I64(width));
        self.emit.index_binary(IntBinary::Add, address, cells)
    }

    /// How far an element is from the view's address.
    fn offset(&mut self, view: &View, index: &[Operand]) -> Operand {
        let mut offset = Operand::I64(0);
        for (at, stride) in index.iter().zip(&view.strides) {
            let travelled = self.emit.index_binary(IntBinary::Mul, *at, *stride);
            offset = self.emit.index_binary(IntBinary::Add, offset, travelled);
        }
        offset
    }

    pub(crate) fn read(&mut self, view: &View, index: &[Operand]) -> Val {
        let offset = self.offset(view, index);
        self.load_element(view.flavour, &view.storages.clone(), view.address, offset)
    }

    pub(crate) fn write(&mut self, view: &View, index: &[Operand], value: &Val) -> Walk<()> {
        let offset = self.offset(view, index);
        self.store_element(view.flavour, &view.storages.clone(), view.address, offset, value)
    }

    /// Walks once for every index of an array of these lengths.
    pub(crate) fn for_each(
        &mut self,
        dims: &[Operand],
        turn: &mut dyn FnMut(&mut Self, &[Operand]) -> Walk<()>,
    ) -> Walk<()> {
        let mut index = vec![];
        let is_small = dims
            .iter()
            .try_fold(1, |count, dim| if let Operand::I64(length) = dim { Some(count * length) } else { None })
            .is_some_and(|count| count <= UNROLLED);
        self.nest(dims, is_small, &mut index, turn)
    }

    fn nest(
        &mut self,
        dims: &[Operand],
        is_unrolled: bool,
        index: &mut Vec<Operand>,
        turn: &mut dyn FnMut(&mut Self, &[Operand]) -> Walk<()>,
    ) -> Walk<()> {
        let Some((length, inner)) = dims.split_first() else { return turn(self, index) };
        if let (true, Operand::I64(length)) = (is_unrolled, *length) {
            for i in 0..length {
                index.push(Operand::I64(i));
                self.nest(inner, is_unrolled, index, turn)?;
                index.pop();
            }
            return Ok(());
        }
        let mut result = Ok(());
        self.repeat(*length, |walker, i| {
            index.push(i);
            result = walker.nest(inner, is_unrolled, index, turn);
            index.pop();
        });
        result
    }

    /// Copies elements; both have the same lengths and no cells in common.
    pub(crate) fn copy(&mut self, from: &View, to: &View) -> Walk<()> {
        self.for_each(&to.dims, &mut |walker, index| {
            let element = walker.read(from, index);
            walker.write(to, index, &element)
        })
    }

    /// A copy in memory of its own.
    pub(crate) fn copied(&mut self, view: &View) -> Walk<View> {
        let Flavour::Array(dtype) = view.flavour else { return Err(Told) };
        let new = self.new_array_like(dtype, &view.dims)?;
        self.copy(view, &new)?;
        Ok(new)
    }

    /// Copies a sequence into the cells of a slot that holds one by value.
    pub(crate) fn copy_elements(&mut self, value: &Val, to: &Target) {
        let Some(from) = View::of(value) else { return };
        let width = to.element.width() as i64;
        // The very cells that it lies in already need no copy.
        if from.address == to.base && from.is_dense() {
            return;
        }
        let shares_cells = from
            .storages
            .iter()
            .any(|id| matches!(self.heap.storages[id.0 as usize].origin, super::heap::Origin::Owned(..)));
        let from = if shares_cells && let Flavour::Array(_) = from.flavour {
            let Ok(copy) = self.copied(&from) else { return };
            copy
        } else {
            from
        };
        let element = to.element.clone();
        let _ = self.for_each(&to.dims, &mut |walker, index| {
            let item = walker.read(&from, index);
            let mut offset = Operand::I64(0);
            for (at, stride) in index.iter().zip(&to.strides) {
                let travelled = walker.emit.index_binary(IntBinary::Mul, *at, *stride);
                offset = walker.emit.index_binary(IntBinary::Add, offset, travelled);
            }
            let offset = walker.emit.index_binary(IntBinary::Mul, offset, Operand::I64(width));
            let cells = walker.cells_at(to.base, offset, &to.ranges);
            walker.store_plain(&element, &cells, &item);
            Ok(())
        });
    }

    /// An element of a 1-D array, or a row as a view; the index is within bounds.
    pub(crate) fn array_row(&mut self, array: &Val, index: Operand) -> Walk<Val> {
        let view = View::of(array).ok_or(Told)?;
        if view.dims.len() == 1 {
            return Ok(self.read(&view, &[index]));
        }
        Ok(self.subview(&view, index).val())
    }

    /// The lengths that two shapes broadcast to.
    pub(crate) fn broadcast(&mut self, a: &[Operand], b: &[Operand]) -> Walk<Vec<Operand>> {
        let axes = a.len().max(b.len());
        let at = |dims: &[Operand], axis: usize| {
            (axis + dims.len()).checked_sub(axes).map_or(Operand::I64(1), |axis| dims[axis])
        };
        let mut dims = vec![];
        for axis in 0..axes {
            let (x, y) = (at(a, axis), at(b, axis));
            dims.push(match (x, y) {
                _ if x == y => x,
                (Operand::I64(1), other) | (other, Operand::I64(1)) => other,
                (Operand::I64(_), Operand::I64(_)) => {
                    let words = format!(
                        "operands could not be broadcast together with shapes {} {}",
                        shape_words(a),
                        shape_words(b)
                    );
                    let span = self.span;
                    return self.refuse(errors::shape_mismatch(span, &words));
                }
                _ => {
                    let differ = self.emit.int_compare(Compare::Ne, x, y);
                    let text = super::emit::FaultText::new(
                        "ValueError",
                        "operands could not be broadcast together: their lengths differ",
                    );
                    self.fault_if(differ, text, &[]);
                    if let Operand::I64(_) = x { x } else { y }
                }
            });
        }
        Ok(dims)
    }

    /// A view stretched to the lengths that it broadcasts to.
    pub(crate) fn stretched(&mut self, view: &View, dims: &[Operand]) -> View {
        let missing = dims.len() - view.dims.len();
        let strides = (0..dims.len())
            .map(|axis| match axis.checked_sub(missing) {
                Some(own) if view.dims[own] != Operand::I64(1) || dims[axis] == Operand::I64(1) => view.strides[own],
                _ => Operand::I64(0),
            })
            .collect();
        View { dims: dims.to_vec(), strides, ..view.clone() }
    }

    /// Whether two views may have cells in common.
    pub(crate) fn overlaps(&self, a: &View, b: &View) -> bool {
        a.storages.iter().any(|id| b.storages.iter().any(|other| self.heap.whole(*id) == self.heap.whole(*other)))
    }

    /// A number as an element of an array of that type, as numpy casts it: no exceptions.
    pub(crate) fn cast(&mut self, value: &Val, dtype: Dtype) -> Walk<Val> {
        let span = self.span;
        if let Some(view) = View::of(value) {
            let view = if let Flavour::Array(_) = view.flavour { view } else { self.as_view(value)? };
            let new = self.new_array_like(dtype, &view.dims)?;
            self.for_each(&new.dims.clone(), &mut |walker, index| {
                let element = walker.read(&view, index);
                walker.write(&new, index, &element)
            })?;
            return Ok(new.val());
        }
        let value = &self.present(value, || "float() argument must be a real number, not 'NoneType'".to_owned())?;
        if dtype == Dtype::Complex && value.kind.is_scalar() {
            return Ok(Val::complex(self.parts_of(value), true));
        }
        if !value.kind.is_number() {
            if value.is_poison() {
                return Err(Told);
            }
            return self.refuse(errors::not_a_number(span, "an array's element", &value.kind.type_name()));
        }
        Ok(match (dtype, &value.kind) {
            (Dtype::Float, _) => Val::numpy_float(self.emit.as_float(value.op())),
            (Dtype::Int, Kind::Float { .. }) => Val::int(self.wrapped_int(value.op())),
            (Dtype::Int, _) => Val::int(self.emit.as_int(value.op())),
            (Dtype::Bool, _) => Val::bool(self.truth(value)?),
            (Dtype::Float32 | Dtype::Complex, _) => {
                return self.refuse(errors::single_precision(span));
            }
        })
    }

    /// A float toward zero as an int; what does not fit gives the least int, as the machine's conversion does.
    fn wrapped_int(&mut self, x: Operand) -> Operand {
        if let Operand::F64(value) = x
            && value.abs() < 9.2e18
        {
            return Operand::I64(value as i64);
        }
        let size = self.emit.float_unary(crate::ir::FloatUnary::Abs, x);
        let fits = self.emit.float_compare(Compare::Lt, size, Operand::F64(9_223_372_036_854_775_808.0));
        let safe = self.emit.select(fits, x, Operand::F64(0.0));
        let int = self.emit.float_to_int(safe);
        self.emit.select(fits, int, Operand::I64(i64::MIN))
    }
}

/// A shape as numpy writes it: `(3,)`, `(2, 4)`.
pub(crate) fn shape_words(dims: &[Operand]) -> String {
    let words: Vec<String> = dims
        .iter()
        .map(|dim| if let Operand::I64(length) = dim { length.to_string() } else { "?".to_owned() })
        .collect();
    match &words[..] {
        [one] => format!("({one},)"),
        all => format!("({})", all.join(",")),
    }
}

/// Whether a value is an array, a list or a tuple.
pub(crate) fn is_sequence(value: &Val) -> bool {
    matches!(value.kind, Kind::Seq(_) | Kind::Tuple(_))
}

/// Whether an index selects elements one by one: an array or a list, or a tuple with one.
pub(crate) fn is_selecting(index: &Val) -> bool {
    match &index.kind {
        Kind::Seq(_) => true,
        Kind::Tuple(kinds) => kinds.iter().any(|kind| matches!(kind, Kind::Seq(_))),
        _ => false,
    }
}
