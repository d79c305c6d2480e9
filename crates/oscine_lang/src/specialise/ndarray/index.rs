//! Indices and slices of arrays. A slice is a view; whole arrays of indices make new arrays.

use crate::diagnostics::errors;
use crate::evaluate::value::Value;
use crate::ir::{BoolBinary, Compare, IntBinary, Operand};

use super::{Told, View, Walk, Walker};
use crate::specialise::emit::FaultText;
use crate::specialise::kind::{Kind, Lazy, Val};

impl Walker<'_> {
    /// `array[index]`
    pub(crate) fn array_item(&mut self, array: &Val, index: &Val) -> Walk<Val> {
        let view = View::of(array).ok_or(Told)?;
        if super::is_selecting(index) {
            return self.selected(&view, index);
        }
        let view = self.indexed(view, index)?;
        if view.dims.is_empty() { Ok(self.read(&view, &[])) } else { Ok(view.val()) }
    }

    /// `array[index] = value`
    pub(crate) fn set_array_item(&mut self, array: &Val, index: &Val, value: &Val) -> Walk<()> {
        let view = View::of(array).ok_or(Told)?;
        if super::is_selecting(index) {
            return self.set_selected(&view, index, value);
        }
        let target = self.indexed(view, index)?;
        if target.dims.is_empty() {
            let value = if super::is_sequence(value) { self.single(value)? } else { value.clone() };
            return self.write(&target, &[], &value);
        }
        self.assign_view(&target, value)
    }

    /// The number in a sequence of one.
    fn single(&mut self, value: &Val) -> Walk<Val> {
        let view = self.as_view(value)?;
        if view.count() == Some(1) {
            let zeros = vec![Operand::I64(0); view.dims.len()];
            return Ok(self.read(&view, &zeros));
        }
        let span = self.span;
        self.refuse(errors::shape_mismatch(span, "setting an array element with a sequence."))
    }

    /// Writes a value, stretched to its shape, into a view.
    pub(crate) fn assign_view(&mut self, target: &View, value: &Val) -> Walk<()> {
        if value.kind.is_scalar() {
            return self.for_each(&target.dims, &mut |walker, index| walker.write(target, index, value));
        }
        let mut from = self.as_view(value)?;
        if self.overlaps(&from, target) && from.val() != target.val() {
            from = self.copied(&from)?;
        }
        while from.dims.len() > target.dims.len() && from.dims[0] == Operand::I64(1) {
            from = self.subview(&from, Operand::I64(0));
        }
        self.check_fits(&from, target)?;
        let from = self.stretched(&from, &target.dims);
        self.copy(&from, target)
    }

    /// Tells where a shape cannot be stretched to another.
    pub(super) fn check_fits(&mut self, from: &View, target: &View) -> Walk<()> {
        let span = self.span;
        let words = || {
            format!(
                "could not broadcast input array from shape {} into shape {}",
                super::shape_words(&from.dims),
                super::shape_words(&target.dims)
            )
        };
        if from.dims.len() > target.dims.len() {
            return self.refuse(errors::shape_mismatch(span, &words()));
        }
        let missing = target.dims.len() - from.dims.len();
        for (own, wanted) in from.dims.iter().zip(&target.dims[missing..]) {
            match (own, wanted) {
                _ if own == wanted || *own == Operand::I64(1) => {}
                (Operand::I64(_), Operand::I64(_)) => return self.refuse(errors::shape_mismatch(span, &words())),
                _ => {
                    let differ = self.emit.int_compare(Compare::Ne, *own, *wanted);
                    let text = FaultText::new("ValueError", "could not broadcast input array: the lengths differ");
                    self.fault_if(differ, text, &[]);
                }
            }
        }
        Ok(())
    }

    /// A view by ints, slices, `None` and `...`.
    fn indexed(&mut self, view: View, index: &Val) -> Walk<View> {
        let parts = match &index.kind {
            Kind::Tuple(_) => index.items().unwrap_or_default(),
            _ => vec![index.clone()],
        };
        let is_ellipsis = |part: &Val| matches!(part.kind, Kind::Static(Value::Ellipsis));
        let used = parts.iter().filter(|part| !part.is_none() && !is_ellipsis(part)).count();
        let axes = view.dims.len();
        if used > axes {
            let words = format!("too many indices for array: array is {axes}-dimensional, but {used} were indexed");
            self.fault(FaultText::new("IndexError", &words), &[]);
            return Err(Told);
        }
        let (mut dims, mut strides) = (vec![], vec![]);
        let mut address = view.address;
        let mut axis = 0;
        for part in &parts {
            if part.is_none() {
                dims.push(Operand::I64(1));
                strides.push(Operand::I64(0));
                continue;
            }
            if is_ellipsis(part) {
                for _ in 0..axes - used {
                    dims.push(view.dims[axis]);
                    strides.push(view.strides[axis]);
                    axis += 1;
                }
                continue;
            }
            let (length, stride) = (view.dims[axis], view.strides[axis]);
            let offset = match &part.kind {
                Kind::Lazy(lazy) if matches!(**lazy, Lazy::Slice(_)) => {
                    let Lazy::Slice(bounds) = &**lazy else { return Err(Told) };
                    let (start, count, step) = self.slice_of(&bounds.clone(), length)?;
                    dims.push(count);
                    strides.push(self.emit.index_binary(IntBinary::Mul, stride, Operand::I64(step)));
                    self.emit.index_binary(IntBinary::Mul, start, stride)
                }
                _ => {
                    let at = self.array_index(part, length, axis)?;
                    self.emit.index_binary(IntBinary::Mul, at, stride)
                }
            };
            address = self.moved(&view, address, offset);
            axis += 1;
        }
        dims.extend(&view.dims[axis..]);
        strides.extend(&view.strides[axis..]);
        Ok(View { address, dims, strides, ..view })
    }

    /// An index of an axis, checked in numpy's words.
    pub(super) fn array_index(&mut self, index: &Val, length: Operand, axis: usize) -> Walk<Operand> {
        let given = match &index.kind {
            Kind::Int => index.op(),
            Kind::Bool => self.emit.as_int(index.op()),
            Kind::Poison => return Err(Told),
            _ => {
                let span = self.span;
                return self.refuse(errors::index_type(span, &index.kind.type_name()));
            }
        };
        let at = self.counted_from_end(given, length);
        let is_before = self.emit.int_compare(Compare::Lt, at, Operand::I64(0));
        let is_beyond = self.emit.int_compare(Compare::Ge, at, length);
        let is_outside = self.emit.bool_binary(BoolBinary::Or, is_before, is_beyond);
        self.fault_if(is_outside, Self::index_fault(axis), &[given, length]);
        if self.is_alive { Ok(at) } else { Err(Told) }
    }

    /// The first index of a slice, how many it takes, and its step.
    fn slice_of(&mut self, bounds: &[Option<Val>; 3], length: Operand) -> Walk<(Operand, Operand, i64)> {
        let span = self.span;
        let step = match &bounds[2] {
            None => 1,
            Some(step) => match step.as_int() {
                Some(0) => {
                    self.fault(FaultText::new("ValueError", "slice step cannot be zero"), &[]);
                    return Err(Told);
                }
                Some(step) => step,
                None => return self.refuse(errors::not_in_process(span, "a slice's step that is not a constant")),
            },
        };
        let (lowest, highest) = if step > 0 {
            (Operand::I64(0), length)
        } else {
            let last = self.emit.index_binary(IntBinary::Sub, length, Operand::I64(1));
            (Operand::I64(-1), last)
        };
        let mut bound = |bound: &Option<Val>, default: Operand| -> Walk<Operand> {
            let Some(bound) = bound else { return Ok(default) };
            let at = self.int_of(bound, "a slice's bound")?;
            let at = self.counted_from_end(at, length);
            let is_low = self.emit.int_compare(Compare::Lt, at, lowest);
            let at = self.emit.select(is_low, lowest, at);
            let is_high = self.emit.int_compare(Compare::Gt, at, highest);
            Ok(self.emit.select(is_high, highest, at))
        };
        let (first, end) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
        let start = bound(&bounds[0], first)?;
        let stop = bound(&bounds[1], end)?;
        let distance = if step > 0 {
            self.emit.index_binary(IntBinary::Sub, stop, start)
        } else {
            self.emit.index_binary(IntBinary::Sub, start, stop)
        };
        let size = step.abs();
        let count = if size == 1 {
            distance
        } else {
            let rounded = self.emit.index_binary(IntBinary::Add, distance, Operand::I64(size - 1));
            self.emit.index_binary(IntBinary::FloorDiv, rounded, Operand::I64(size))
        };
        let is_empty = self.emit.int_compare(Compare::Lt, count, Operand::I64(0));
        let count = self.emit.select(is_empty, Operand::I64(0), count);
        let longest = self.emit.interval(length).map_or(i64::MAX, |(_, high)| high);
        self.emit.bound(count, (0, longest));
        Ok((start, count, step))
    }
}
