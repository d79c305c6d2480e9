//! Functions that put arrays together or rearrange them, and those of lines of samples: `interp`, `diff`, `convolve`.

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{BoolBinary, Compare, FloatBinary, IntBinary, Operand};
use crate::library::Audio;
use crate::syntax::ast::BinOp;

use super::{Told, View, Walk, Walker};
use crate::specialise::calls::CallArgs;
use crate::specialise::emit::FaultText;
use crate::specialise::kind::{Flavour, Val};

impl Walker<'_> {
    pub(crate) fn shaping(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let span = self.span;
        Ok(Some(match name {
            "concatenate" | "concat" | "hstack" | "append" => {
                let parts = if name == "append" {
                    vec![self.argument(name, args, 0)?, self.argument(name, args, 1)?]
                } else {
                    let parts = self.argument(name, args, 0)?;
                    self.items_of(&parts)?
                };
                let axis = args.keywords.iter().find(|(key, _)| &**key == "axis").and_then(|(_, value)| value.as_int());
                let views = parts.iter().map(|part| self.at_least_1d(part)).collect::<Walk<Vec<_>>>()?;
                let axis = if name == "hstack" && views.iter().any(|view| view.dims.len() > 1) {
                    1
                } else {
                    axis.unwrap_or(0)
                };
                self.joined(&views, axis as usize)?
            }
            "vstack" | "stack" => {
                let parts = self.argument(name, args, 0)?;
                let parts = self.items_of(&parts)?;
                let views = parts.iter().map(|part| self.as_view(part)).collect::<Walk<Vec<_>>>()?;
                let axis = args.keywords.iter().find(|(key, _)| &**key == "axis").and_then(|(_, value)| value.as_int());
                if matches!(axis, Some(1 | -1)) && views.iter().all(|view| view.dims.len() == 1) {
                    return Ok(Some(transposed(&self.stacked(&views)?).val()));
                }
                if axis.is_some_and(|axis| axis != 0) {
                    return self.refuse(errors::not_in_process(span, "stacking along this axis"));
                }
                if name == "vstack" && views.iter().any(|view| view.dims.len() > 1) {
                    self.joined(&views, 0)?
                } else {
                    self.stacked(&views)?.val()
                }
            }
            "column_stack" => {
                let parts = self.argument(name, args, 0)?;
                let parts = self.items_of(&parts)?;
                let views = parts.iter().map(|part| self.as_view(part)).collect::<Walk<Vec<_>>>()?;
                transposed(&self.stacked(&views)?).val()
            }
            "roll" => {
                let (value, shift) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let shift = self.int_of(&shift, "np.roll()")?;
                match self.given_axis(&value, args, 2)? {
                    Some(axis) => self.rolled_along(&value, shift, axis)?,
                    None => self.rolled(&value, shift)?,
                }
            }
            "flip" => {
                let value = self.argument(name, args, 0)?;
                let mut view = self.as_view(&value)?;
                let axis = args.get(1, "axis").and_then(Val::as_int);
                for at in 0..view.dims.len() {
                    if axis.is_none_or(|axis| axis.rem_euclid(view.dims.len() as i64) == at as i64) {
                        view = self.reversed_axis(&view, at);
                    }
                }
                view.val()
            }
            "flipud" => {
                let value = self.argument(name, args, 0)?;
                let view = self.as_view(&value)?;
                self.reversed_axis(&view, 0).val()
            }
            "fliplr" => {
                let value = self.argument(name, args, 0)?;
                let view = self.as_view(&value)?;
                self.reversed_axis(&view, 1).val()
            }
            "transpose" => {
                let value = self.argument(name, args, 0)?;
                transposed(&self.as_view(&value)?).val()
            }
            "tile" | "repeat" => {
                let (value, count) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let Some(count) = count.as_int() else {
                    return self.refuse(errors::unknown_length(span, "an array repeated"));
                };
                if name == "repeat" {
                    self.only_line(&value, args, 2)?;
                }
                self.repeated(&value, count.max(0), name == "tile")?
            }
            "diff" | "ediff1d" => {
                let mut value = self.argument(name, args, 0)?;
                if name == "ediff1d" {
                    let view = self.as_view(&value)?;
                    value = self.flattened(&view)?.val();
                }
                let times = match args.get(1, "n") {
                    None => 1,
                    Some(times) => match times.as_int() {
                        Some(times) if times >= 0 => times,
                        _ => return self.refuse(errors::not_in_process(span, "differences of this order")),
                    },
                };
                let last = self.at_least_1d(&value)?.dims.len() - 1;
                let axis = self.given_axis(&value, args, 2)?.unwrap_or(last);
                for (index, key) in [(3, "prepend"), (4, "append")] {
                    if let Some(extra) = args.get(index, key) {
                        let (extra, rest) = (self.at_least_1d(extra)?, self.at_least_1d(&value)?);
                        let parts = if key == "prepend" { [extra, rest] } else { [rest, extra] };
                        value = self.joined(&parts, axis)?;
                    }
                }
                for _ in 0..times {
                    value = self.differences(&value, axis)?;
                }
                value
            }
            "split" | "array_split" => {
                let (value, parts) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let axis = self.given_axis(&value, args, 2)?.unwrap_or(0);
                self.split(&value, &parts, axis, name == "split")?
            }
            "outer" => {
                let (a, b) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let (a, b) = (self.as_view(&a)?, self.as_view(&b)?);
                let (a, b) = (self.flattened(&a)?, self.flattened(&b)?);
                let column =
                    View { dims: vec![a.dims[0], Operand::I64(1)], strides: vec![a.strides[0], Operand::I64(0)], ..a };
                self.array_binary(BinOp::Mul, &column.val(), &b.val())?
            }
            "dot" | "inner" | "vdot" => {
                let (a, b) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let a = if name == "vdot" && self.holds_complex(&a) {
                    self.numpy_call("numpy.conj", Audio::Rule, &CallArgs::new(vec![a]))?.ok_or(Told)?
                } else {
                    a
                };
                if a.kind.is_scalar() || b.kind.is_scalar() {
                    return self.binary(BinOp::Mul, &a, &b).map(Some);
                }
                self.matmul(&a, &b)?
            }
            "interp" => {
                let x = self.argument(name, args, 0)?;
                let (xp, fp) = (self.argument(name, args, 1)?, self.argument(name, args, 2)?);
                let (xp, fp) = (self.as_view(&xp)?, self.as_view(&fp)?);
                let mut ends = [None, None];
                for (end, index, key) in [(0, 3, "left"), (1, 4, "right")] {
                    if let Some(value) = args.get(index, key).filter(|value| !value.is_none()).cloned() {
                        ends[end] = Some(self.float_of(&value, key)?);
                    }
                }
                let operands = [x];
                self.general_map(&operands, Dtype::Float, &mut |walker, elements| {
                    let x = walker.emit.as_float(elements[0].op());
                    walker.interpolated(x, &xp, &fp, ends)
                })?
            }
            "convolve" => {
                let (a, b) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let mode = match args.get(2, "mode") {
                    Some(mode) => mode.as_str().unwrap_or("full").to_owned(),
                    None => "full".to_owned(),
                };
                self.convolved(&a, &b, &mode)?
            }
            "shape" => {
                let value = self.argument(name, args, 0)?;
                let view = self.as_view(&value)?;
                Val::tuple(view.dims.iter().map(|dim| Val::int(*dim)).collect())
            }
            "reshape" => {
                let value = self.argument(name, args, 0)?;
                let rest = CallArgs { positional: args.positional[1..].to_vec(), keywords: args.keywords.clone() };
                let view = self.as_view(&value)?;
                return self.array_method(&view.val(), "reshape", &rest);
            }
            "copyto" => {
                let (target, value) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let target = self.own_view(&target)?;
                self.assign_view(&target, &value)?;
                Val::none()
            }
            "atleast_1d" => {
                let value = self.argument(name, args, 0)?;
                self.at_least_1d(&value)?.val()
            }
            _ => return Ok(None),
        }))
    }

    /// The constant axis that is asked for, counted from the first.
    fn given_axis(&mut self, value: &Val, args: &CallArgs, place: usize) -> Walk<Option<usize>> {
        let Some(axis) = args.get(place, "axis").filter(|axis| !axis.is_none()) else { return Ok(None) };
        let axes = self.at_least_1d(value)?.dims.len() as i64;
        match axis.as_int() {
            Some(axis) if (-axes..axes).contains(&axis) => Ok(Some(axis.rem_euclid(axes) as usize)),
            Some(axis) => {
                let words = format!("axis {axis} is out of bounds for array of dimension {axes}");
                self.fault(FaultText::new("AxisError", &words), &[]);
                Err(Told)
            }
            None => {
                let span = self.span;
                self.refuse(errors::not_in_process(span, "an axis that is not a constant"))
            }
        }
    }

    /// Elements moved on by `shift` places along an axis, the last ones to the start.
    fn rolled_along(&mut self, value: &Val, shift: Operand, axis: usize) -> Walk<Val> {
        let view = self.as_view(value)?;
        let Flavour::Array(dtype) = view.flavour else { return Err(Told) };
        let lengths = self.fixed_lengths(&view.dims)?;
        let new = self.new_array(dtype, &lengths);
        let length = Operand::I64(lengths[axis].max(1));
        self.for_each(&new.dims.clone(), &mut |walker, index| {
            let mut from = index.to_vec();
            from[axis] = walker.emit.index_binary(IntBinary::Sub, from[axis], shift);
            from[axis] = walker.emit.index_binary(IntBinary::Mod, from[axis], length);
            let element = walker.read(&view, &from);
            walker.write(&new, index, &element)
        })?;
        Ok(new.val())
    }

    /// `np.split`: views of the parts, a number of equal ones or those between constant indices.
    fn split(&mut self, value: &Val, parts: &Val, axis: usize, must_fit: bool) -> Walk<Val> {
        let span = self.span;
        let view = self.at_least_1d(value)?;
        let length = self.fixed_lengths(&view.dims)?[axis];
        let unknown =
            |walker: &mut Self| walker.refuse(errors::unknown_length(span, "a part of an array that is split"));
        let mut ends = vec![];
        if let Some(count) = parts.as_int() {
            if count <= 0 || must_fit && length % count != 0 {
                let words = "array split does not result in an equal division";
                return self.refuse(errors::shape_mismatch(span, words));
            }
            let mut end = 0;
            for part in 0..count {
                end += length / count + i64::from(part < length % count);
                ends.push(end);
            }
        } else if parts.kind.is_number() {
            return unknown(self);
        } else {
            for place in self.items_of(parts)? {
                let Some(place) = place.as_int() else { return unknown(self) };
                ends.push(if place < 0 { (place + length).max(0) } else { place.min(length) });
            }
            ends.push(length);
        }
        let mut start = 0;
        let mut items = vec![];
        for end in ends {
            let offset = self.emit.index_binary(IntBinary::Mul, Operand::I64(start), view.strides[axis]);
            let address = self.emit.index_binary(IntBinary::Add, view.address, offset);
            let mut dims = view.dims.clone();
            dims[axis] = Operand::I64((end - start).max(0));
            items.push(View { address, dims, ..view.clone() }.val());
            start = end;
        }
        Ok(Val::tuple(items))
    }

    /// Tells where an axis matters that is not looked at: arrays of one axis only.
    pub(super) fn only_line(&mut self, value: &Val, args: &CallArgs, axis: usize) -> Walk<()> {
        let is_given = args.get(axis, "axis").is_some_and(|axis| !axis.is_none());
        let view = self.as_view(value)?;
        if view.dims.len() > 1 && is_given {
            let span = self.span;
            return self.refuse(errors::not_in_process(span, "this function along one of several axes"));
        }
        Ok(())
    }

    fn at_least_1d(&mut self, value: &Val) -> Walk<View> {
        let view = self.as_view(value)?;
        if view.dims.is_empty() {
            return Ok(View { dims: vec![Operand::I64(1)], strides: vec![Operand::I64(1)], ..view });
        }
        Ok(view)
    }

    /// Arrays one after the other along an axis.
    fn joined(&mut self, views: &[View], axis: usize) -> Walk<Val> {
        let span = self.span;
        let Some(first) = views.first() else {
            return self.refuse(errors::wrong_arguments(span, "need at least one array to concatenate"));
        };
        let mut total = first.dims.clone();
        if axis >= total.len() || views.iter().any(|view| view.dims.len() != total.len()) {
            let words = "all the input arrays must have the same number of dimensions";
            return self.refuse(errors::shape_mismatch(span, words));
        }
        total[axis] = Operand::I64(0);
        for view in views {
            total[axis] = self.emit.index_binary(IntBinary::Add, total[axis], view.dims[axis]);
        }
        let values: Vec<Val> = views.iter().map(View::val).collect();
        let dtype = self.common_type(&values)?;
        let new = self.new_array_like(dtype, &total)?;
        let mut at = Operand::I64(0);
        for view in views {
            let offset = self.emit.index_binary(IntBinary::Mul, at, new.strides[axis]);
            let address = self.moved(&new, new.address, offset);
            let mut dims = new.dims.clone();
            dims[axis] = view.dims[axis];
            let target = View { address, dims, ..new.clone() };
            self.assign_view(&target, &view.val())?;
            at = self.emit.index_binary(IntBinary::Add, at, view.dims[axis]);
        }
        Ok(new.val())
    }

    /// Elements moved on by `shift` places, the last ones to the start.
    fn rolled(&mut self, value: &Val, shift: Operand) -> Walk<Val> {
        let view = self.as_view(value)?;
        let shape = view.dims.clone();
        let line = self.flattened(&view)?;
        let Flavour::Array(dtype) = line.flavour else { return Err(Told) };
        let lengths = self.fixed_lengths(&line.dims)?;
        let new = self.new_array(dtype, &lengths);
        let length = Operand::I64(lengths[0].max(1));
        let mut result = Ok(());
        self.repeat(Operand::I64(lengths[0]), |walker, i| {
            let from = walker.emit.index_binary(IntBinary::Sub, i, shift);
            let from = walker.emit.index_binary(IntBinary::Mod, from, length);
            let element = walker.read(&line, &[from]);
            result = walker.write(&new, &[i], &element);
        });
        result?;
        let dims = self.fixed_lengths(&shape)?;
        let strides = crate::specialise::heap::row_major(&dims);
        Ok(View { dims: shape, strides, ..new }.val())
    }

    fn reversed_axis(&mut self, view: &View, axis: usize) -> View {
        let Some(stride) = view.strides.get(axis).copied() else { return view.clone() };
        let last = self.emit.index_binary(IntBinary::Sub, view.dims[axis], Operand::I64(1));
        let offset = self.emit.index_binary(IntBinary::Mul, last, stride);
        let address = self.moved(view, view.address, offset);
        let mut strides = view.strides.clone();
        strides[axis] = self.emit.index_binary(IntBinary::Mul, stride, Operand::I64(-1));
        View { address, strides, ..view.clone() }
    }

    /// The whole several times (`tile`), or each element (`repeat`).
    fn repeated(&mut self, value: &Val, count: i64, is_whole: bool) -> Walk<Val> {
        let view = self.at_least_1d(value)?;
        let line = self.flattened(&view)?;
        let Flavour::Array(dtype) = line.flavour else { return Err(Told) };
        let lengths = self.fixed_lengths(&line.dims)?;
        let new = self.new_array(dtype, &[lengths[0] * count]);
        let mut result = Ok(());
        self.repeat(Operand::I64(lengths[0] * count), |walker, i| {
            let from = if is_whole {
                walker.emit.index_binary(IntBinary::Mod, i, Operand::I64(lengths[0].max(1)))
            } else {
                walker.emit.index_binary(IntBinary::FloorDiv, i, Operand::I64(count.max(1)))
            };
            let element = walker.read(&line, &[from]);
            result = walker.write(&new, &[i], &element);
        });
        result.map(|()| new.val())
    }

    /// The differences of neighbours along an axis.
    fn differences(&mut self, value: &Val, axis: usize) -> Walk<Val> {
        let view = self.at_least_1d(value)?;
        let Flavour::Array(dtype) = view.flavour else { return Err(Told) };
        let mut lengths = self.fixed_lengths(&view.dims)?;
        lengths[axis] = (lengths[axis] - 1).max(0);
        let new = self.new_array(dtype, &lengths);
        self.for_each(&new.dims.clone(), &mut |walker, index| {
            let mut next = index.to_vec();
            next[axis] = walker.emit.index_binary(IntBinary::Add, next[axis], Operand::I64(1));
            let (a, b) = (walker.read(&view, &next), walker.read(&view, index));
            let value = walker.element_binary(BinOp::Sub, &a, &b, dtype)?;
            walker.write(&new, index, &value)
        })?;
        Ok(new.val())
    }

    /// `np.interp` at one place: a binary search for the interval, then the line through its ends.
    fn interpolated(&mut self, x: Operand, xp: &View, fp: &View, ends: [Option<Operand>; 2]) -> Walk<Val> {
        let at = |walker: &mut Self, view: &View, index: Operand| {
            let value = walker.read(view, &[index]);
            walker.emit.as_float(value.op())
        };
        let lengths = self.fixed_lengths(&xp.dims)?;
        let count = lengths[0];
        let (first, last) = (Operand::I64(0), Operand::I64(count - 1));
        let (low, high) = (self.emit.mutable(crate::ir::Type::I64), self.emit.mutable(crate::ir::Type::I64));
        self.emit.assign(low, first);
        self.emit.assign(high, last);
        let steps = i64::from(64 - (count.max(1) as u64).leading_zeros());
        self.repeat(Operand::I64(steps), |walker, _| {
            let (a, b) = (walker.emit.snapshot(Operand::Var(low)), walker.emit.snapshot(Operand::Var(high)));
            let sum = walker.emit.index_binary(IntBinary::Add, a, b);
            let middle = walker.emit.index_binary(IntBinary::Shr, sum, Operand::I64(1));
            let value = at(walker, xp, middle);
            let is_right = walker.emit.float_compare(Compare::Ge, x, value);
            let a = walker.emit.select(is_right, middle, a);
            let b = walker.emit.select(is_right, b, middle);
            walker.emit.assign(low, a);
            walker.emit.assign(high, b);
        });
        let j = self.emit.snapshot(Operand::Var(low));
        let next = self.emit.index_binary(IntBinary::Add, j, Operand::I64(1));
        let is_beyond = self.emit.int_compare(Compare::Gt, next, last);
        let next = self.emit.select(is_beyond, last, next);
        let (x0, x1) = (at(self, xp, j), at(self, xp, next));
        let (y0, y1) = (at(self, fp, j), at(self, fp, next));
        let rise = self.float_op(FloatBinary::Sub, y1, y0);
        let run = self.float_op(FloatBinary::Sub, x1, x0);
        let slope = self.float_op(FloatBinary::Div, rise, run);
        let distance = self.float_op(FloatBinary::Sub, x, x0);
        let travelled = self.float_op(FloatBinary::Mul, slope, distance);
        let inside = self.float_op(FloatBinary::Add, travelled, y0);
        let (lowest, highest) = (at(self, xp, first), at(self, xp, last));
        let (left, beyond) = (ends[0].unwrap_or_else(|| at(self, fp, first)), ends[1]);
        let right = at(self, fp, last);
        let is_on_point = self.emit.float_compare(Compare::Eq, x, x0);
        let inside = self.emit.select(is_on_point, y0, inside);
        let is_high = self.emit.float_compare(Compare::Ge, x, highest);
        let is_low = self.emit.float_compare(Compare::Lt, x, lowest);
        let mut result = self.emit.select(is_high, right, inside);
        if let Some(beyond) = beyond {
            let is_beyond = self.emit.float_compare(Compare::Gt, x, highest);
            result = self.emit.select(is_beyond, beyond, result);
        }
        let result = self.emit.select(is_low, left, result);
        let is_nan = self.emit.float_compare(Compare::Ne, x, x);
        Ok(Val::numpy_float(self.emit.select(is_nan, x, result)))
    }

    /// `np.convolve`: the sum of products at every overlap, or at those that `mode` keeps.
    fn convolved(&mut self, a: &Val, b: &Val, mode: &str) -> Walk<Val> {
        let (a, b) = (self.as_view(a)?, self.as_view(b)?);
        let (n, m) = (self.fixed_lengths(&a.dims)?[0], self.fixed_lengths(&b.dims)?[0]);
        let dtype = self.common_type(&[a.val(), b.val()])?;
        let (count, skipped) = match mode {
            "same" => (n.max(m), (n.min(m) - 1) / 2),
            "valid" => (n.max(m) - n.min(m) + 1, n.min(m) - 1),
            _ => (n + m - 1, 0),
        };
        let new = self.new_array(dtype, &[count]);
        let zero = super::reduce::zero(dtype);
        self.for_each(&[Operand::I64(count)], &mut |walker, index| {
            let place = walker.emit.index_binary(IntBinary::Add, index[0], Operand::I64(skipped));
            let value = walker.accumulate(&b, 0, zero.clone(), &mut |walker, present, item, k| {
                let at = walker.emit.index_binary(IntBinary::Sub, place, k);
                let is_low = walker.emit.int_compare(Compare::Lt, at, Operand::I64(0));
                let is_high = walker.emit.int_compare(Compare::Ge, at, Operand::I64(n));
                let is_outside = walker.emit.bool_binary(BoolBinary::Or, is_low, is_high);
                let safe = walker.emit.select(is_outside, Operand::I64(0), at);
                let other = walker.read(&a, &[safe]);
                let product = walker.element_binary(BinOp::Mul, &other, &item, dtype)?;
                let sum = walker.element_binary(BinOp::Add, &present, &product, dtype)?;
                let parts = present.ops.iter().zip(&sum.ops);
                let ops = parts.map(|(a, b)| walker.emit.select(is_outside, *a, *b)).collect();
                Ok(Val::new(present.kind, ops))
            })?;
            walker.write(&new, index, &value)
        })?;
        Ok(new.val())
    }
}

/// The axes in the other order.
pub(crate) fn transposed(view: &View) -> View {
    View {
        dims: view.dims.iter().rev().copied().collect(),
        strides: view.strides.iter().rev().copied().collect(),
        ..view.clone()
    }
}
