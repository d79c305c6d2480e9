//! Arrays made while sound runs, each in memory that belongs to its place in the program.

use std::f64::consts::PI;

use crate::diagnostics::errors;
use crate::evaluate::value::{Dtype, Value};
use crate::ir::{Compare, FloatBinary, IntBinary, MathFn, Operand};

use super::{Told, View, Walk, Walker, dtype_of};
use crate::specialise::calls::CallArgs;
use crate::specialise::kind::{Flavour, Kind, Val};

impl Walker<'_> {
    pub(crate) fn creation(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let first = || args.positional.first().cloned();
        let (fill, is_like) = match name {
            "zeros" | "empty" => (0.0, false),
            "ones" => (1.0, false),
            "zeros_like" | "empty_like" => (0.0, true),
            "ones_like" => (1.0, true),
            "full" | "full_like" => {
                let dims = self.argument(name, args, 0)?;
                let value = match args.get(1, "fill_value") {
                    Some(value) => value.clone(),
                    None => self.argument(name, args, 1)?,
                };
                let own = if name == "full" { dtype_of(&value) } else { dtype_of(&dims) };
                let dtype = self.dtype_given(args, 2, own.unwrap_or(Dtype::Float))?;
                let dims = self.shape_given(&dims, name == "full_like")?;
                return self.filled(&value, dtype, &dims).map(Some);
            }
            "array" | "copy" => {
                let value = self.argument(name, args, 0)?;
                if let Some(dtype) = args.get(1, "dtype").filter(|_| name == "array").cloned() {
                    let dtype = self.dtype_value(&dtype)?;
                    return self.cast_copy(&value, dtype).map(Some);
                }
                let view = self.as_view(&value)?;
                let is_fresh = !matches!(&value.kind, Kind::Seq(seq) if matches!(seq.flavour, Flavour::Array(_)));
                return if is_fresh { Ok(Some(view.val())) } else { self.copied(&view).map(|view| Some(view.val())) };
            }
            "asarray" | "ascontiguousarray" | "asanyarray" => {
                let value = self.argument(name, args, 0)?;
                if let Some(dtype) = args.get(1, "dtype").cloned() {
                    let dtype = self.dtype_value(&dtype)?;
                    if dtype_of(&value) != Some(dtype) || value.kind.is_scalar() {
                        return self.cast_copy(&value, dtype).map(Some);
                    }
                }
                return self.as_view(&value).map(|view| Some(view.val()));
            }
            "arange" => return self.arange(args).map(Some),
            "linspace" => return self.linspace(args).map(Some),
            "eye" | "identity" => {
                let size = self.argument(name, args, 0)?;
                let dims = self.shape_given(&size, false)?;
                let rows = dims.first().copied().unwrap_or(0);
                let whole = self.new_array(Dtype::Float, &[rows, rows]);
                let zero = Val::numpy_float(Operand::F64(0.0));
                let one = Val::numpy_float(Operand::F64(1.0));
                self.assign_view(&whole, &zero)?;
                self.repeat(Operand::I64(rows), |walker, i| {
                    let _ = walker.write(&whole, &[i, i], &one);
                });
                return Ok(Some(whole.val()));
            }
            "hanning" | "hamming" | "blackman" | "bartlett" => {
                let count = self.argument(name, args, 0)?;
                return self.window(name, &count).map(Some);
            }
            _ => return Ok(None),
        };
        let Some(like) = first() else { return self.argument(name, args, 0).map(|_| None) };
        let own = if is_like { dtype_of(&like).unwrap_or(Dtype::Float) } else { Dtype::Float };
        let dtype = self.dtype_given(args, 1, own)?;
        let dims = self.shape_given(&like, is_like)?;
        self.filled(&Val::float(Operand::F64(fill)), dtype, &dims).map(Some)
    }

    fn filled(&mut self, value: &Val, dtype: Dtype, dims: &[i64]) -> Walk<Val> {
        let value = self.cast(value, dtype)?;
        let new = self.new_array(dtype, dims);
        self.assign_view(&new, &value)?;
        Ok(new.val())
    }

    fn cast_copy(&mut self, value: &Val, dtype: Dtype) -> Walk<Val> {
        let view = self.as_view(value)?;
        self.cast(&view.val(), dtype)
    }

    /// Lengths from an int, a tuple or a list of ints, or from an array that is to be alike.
    fn shape_given(&mut self, value: &Val, is_like: bool) -> Walk<Vec<i64>> {
        let span = self.span;
        let dims = if is_like {
            let view = self.as_view(value)?;
            view.dims
        } else if value.kind.is_scalar() {
            vec![self.int_of(value, "an array's length")?]
        } else {
            let items = self.items_of(value)?;
            items.iter().map(|item| self.int_of(item, "an array's length")).collect::<Walk<_>>()?
        };
        let dims = self.fixed_lengths(&dims)?;
        if dims.iter().any(|length| *length < 0) {
            return self.refuse(errors::shape_mismatch(span, "negative dimensions are not allowed"));
        }
        Ok(dims)
    }

    fn dtype_given(&mut self, args: &CallArgs, index: usize, default: Dtype) -> Walk<Dtype> {
        match args.get(index, "dtype").cloned() {
            Some(value) if !value.is_none() => self.dtype_value(&value),
            _ => Ok(default),
        }
    }

    /// A dtype from `float`, `np.int64`, `"float64"`, ...
    pub(crate) fn dtype_value(&mut self, value: &Val) -> Walk<Dtype> {
        let name = match &value.kind {
            Kind::Static(Value::Dtype(dtype)) => return self.computed_dtype(*dtype),
            Kind::Static(Value::Class(class)) => class.name.to_string(),
            Kind::Static(Value::Str(name)) => name.to_string(),
            Kind::Static(Value::Builtin(entry)) => entry.name.to_owned(),
            _ => String::new(),
        };
        let dtype = match name.trim_start_matches("numpy.") {
            "float" | "float64" | "double" | "f8" | "d" => Dtype::Float,
            "int" | "int64" | "i8" | "l" => Dtype::Int,
            "bool" | "bool_" | "?" => Dtype::Bool,
            "complex" | "complex128" | "cdouble" | "c16" | "D" => Dtype::Complex,
            "float32" | "single" | "f4" | "f" => Dtype::Float32,
            _ => {
                let span = self.span;
                return self.refuse(errors::not_in_process(span, "an array of this type"));
            }
        };
        self.computed_dtype(dtype)
    }

    fn computed_dtype(&mut self, dtype: Dtype) -> Walk<Dtype> {
        if dtype == Dtype::Float32 {
            let span = self.span;
            return self.refuse(errors::single_precision(span));
        }
        Ok(dtype)
    }

    /// `start + i * step`; how many there are must be known.
    fn arange(&mut self, args: &CallArgs) -> Walk<Val> {
        let span = self.span;
        let numbers: Vec<Val> = args.positional.iter().take(3).cloned().collect();
        let (start, stop, step) = match &numbers[..] {
            [stop] => (Val::int_const(0), stop.clone(), Val::int_const(1)),
            [start, stop] => (start.clone(), stop.clone(), Val::int_const(1)),
            [start, stop, step] => (start.clone(), stop.clone(), step.clone()),
            _ => return self.refuse(errors::wrong_arguments(span, "arange() requires stop to be specified.")),
        };
        let own = self.common_type(&[start.clone(), stop.clone(), step.clone()])?;
        let own = if own == Dtype::Bool { Dtype::Int } else { own };
        let dtype = self.dtype_given(args, 3, own)?;
        let bounds = (start.constant(), stop.constant(), step.constant());
        let constant = |value: Option<Value>| match value {
            Some(Value::Int(number)) => Some(number as f64),
            Some(Value::Float(number)) => Some(number),
            Some(Value::Bool(truth)) => Some(f64::from(u8::from(truth))),
            _ => None,
        };
        if let (Dtype::Int, Some(Value::Int(by))) = (own, &bounds.2)
            && (bounds.0.is_none() || bounds.1.is_none())
            && *by > 0
        {
            return self.running_range(start.op(), stop.op(), *by, dtype);
        }
        let (Some(first), Some(end), Some(by)) = (constant(bounds.0), constant(bounds.1), constant(bounds.2)) else {
            return self.refuse(errors::allocates(
                span,
                "an array of a length that is not a constant",
                "make it with `np.arange` of a constant, and add or multiply",
            ));
        };
        let count = ((end - first) / by).ceil().max(0.0) as i64;
        let new = self.new_array(dtype, &[count]);
        let mut result = Ok(());
        self.repeat(Operand::I64(count), |walker, i| {
            let value = if own == Dtype::Int {
                let travelled = walker.emit.index_binary(IntBinary::Mul, i, Operand::I64(by as i64));
                Val::int(walker.emit.index_binary(IntBinary::Add, Operand::I64(first as i64), travelled))
            } else {
                // numpy takes the difference of the first two as the step.
                let delta = (first + by) - first;
                let index = walker.emit.as_float(i);
                let travelled = walker.float_op(FloatBinary::Mul, index, Operand::F64(delta));
                Val::numpy_float(walker.float_op(FloatBinary::Add, Operand::F64(first), travelled))
            };
            result = walker.write(&new, &[i], &value);
        });
        result.map(|()| new.val())
    }

    /// Ints from one that is known only while sound runs, or up to one.
    fn running_range(&mut self, start: Operand, stop: Operand, step: i64, dtype: Dtype) -> Walk<Val> {
        let (start, stop) = (self.emit.as_int(start), self.emit.as_int(stop));
        let distance = match self.emit.difference(stop, start) {
            Some(distance) => Operand::I64(distance),
            None => self.emit.index_binary(IntBinary::Sub, stop, start),
        };
        let rounded = self.emit.index_binary(IntBinary::Add, distance, Operand::I64(step - 1));
        let count = self.emit.index_binary(IntBinary::FloorDiv, rounded, Operand::I64(step));
        let is_empty = self.emit.int_compare(Compare::Lt, count, Operand::I64(0));
        let greatest = self.emit.interval(count).map(|(_, greatest)| greatest.max(0));
        let count = self.emit.select(is_empty, Operand::I64(0), count);
        if let Some(greatest) = greatest {
            self.emit.bound(count, (0, greatest));
        }
        let new = self.new_array_like(dtype, &[count])?;
        self.for_each(&[count], &mut |walker, index| {
            let travelled = walker.emit.index_binary(IntBinary::Mul, index[0], Operand::I64(step));
            let value = walker.emit.index_binary(IntBinary::Add, start, travelled);
            walker.write(&new, index, &Val::int(value))
        })?;
        Ok(new.val())
    }

    /// Evenly spaced from `start` to `stop`, either of which may move while sound runs.
    fn linspace(&mut self, args: &CallArgs) -> Walk<Val> {
        let span = self.span;
        let (start, stop) = (self.argument("linspace", args, 0)?, self.argument("linspace", args, 1)?);
        let (start, stop) = (self.float_of(&start, "np.linspace()")?, self.float_of(&stop, "np.linspace()")?);
        let Some(count) = args.get(2, "num").map_or(Some(50), Val::as_int) else {
            return self.refuse(errors::allocates(
                span,
                "an array of a length that is not a constant",
                "give `num` a constant",
            ));
        };
        let includes_end = match args.get(3, "endpoint").cloned() {
            Some(value) => self.truth(&value)? == Operand::Bool(true),
            None => true,
        };
        let parts = if includes_end { count - 1 } else { count };
        let new = self.new_array(Dtype::Float, &[count.max(0)]);
        let distance = self.float_op(FloatBinary::Sub, stop, start);
        let step =
            if parts > 0 { self.float_op(FloatBinary::Div, distance, Operand::F64(parts as f64)) } else { distance };
        // numpy scales by the step, or by the distance where the step underflows to zero.
        let is_zero = self.emit.float_compare(crate::ir::Compare::Eq, step, Operand::F64(0.0));
        let mut result = Ok(());
        self.repeat(Operand::I64(count.max(0)), |walker, i| {
            let index = walker.emit.as_float(i);
            let by_step = walker.float_op(FloatBinary::Mul, index, step);
            let share = walker.float_op(FloatBinary::Div, index, Operand::F64(parts.max(1) as f64));
            let by_distance = walker.float_op(FloatBinary::Mul, share, distance);
            let travelled = walker.emit.select(is_zero, by_distance, by_step);
            let value = walker.float_op(FloatBinary::Add, travelled, start);
            result = walker.write(&new, &[i], &Val::numpy_float(value));
        });
        result?;
        if includes_end && count > 1 {
            self.write(&new, &[Operand::I64(count - 1)], &Val::numpy_float(stop))?;
        }
        Ok(new.val())
    }

    /// numpy's windows, of `1 - count + 2 i` over `count - 1`.
    fn window(&mut self, name: &str, count: &Val) -> Walk<Val> {
        let dims = self.shape_given(count, false)?;
        let count = dims.first().copied().unwrap_or(0);
        let new = self.new_array(Dtype::Float, &[count]);
        if count == 1 {
            self.write(&new, &[Operand::I64(0)], &Val::numpy_float(Operand::F64(1.0)))?;
            return Ok(new.val());
        }
        let name = name.to_owned();
        self.repeat(Operand::I64(count), |walker, i| {
            let n = walker.emit.index_binary(IntBinary::Mul, i, Operand::I64(2));
            let n = walker.emit.index_binary(IntBinary::Add, n, Operand::I64(1 - count));
            let n = walker.emit.as_float(n);
            let cosine = |walker: &mut Walker<'_>, turns: f64| {
                let angle = walker.float_op(FloatBinary::Mul, Operand::F64(turns * PI), n);
                let angle = walker.float_op(FloatBinary::Div, angle, Operand::F64((count - 1) as f64));
                walker.emit.math(MathFn::Cos, &[angle])
            };
            let weighted = |walker: &mut Walker<'_>, weight: f64, x: Operand| {
                walker.float_op(FloatBinary::Mul, Operand::F64(weight), x)
            };
            let value = match &*name {
                "hanning" | "hamming" => {
                    let (base, weight) = if name == "hanning" { (0.5, 0.5) } else { (0.54, 0.46) };
                    let cosine = cosine(walker, 1.0);
                    let part = weighted(walker, weight, cosine);
                    walker.float_op(FloatBinary::Add, Operand::F64(base), part)
                }
                "blackman" => {
                    let (one, two) = (cosine(walker, 1.0), cosine(walker, 2.0));
                    let (one, two) = (weighted(walker, 0.5, one), weighted(walker, 0.08, two));
                    let sum = walker.float_op(FloatBinary::Add, Operand::F64(0.42), one);
                    walker.float_op(FloatBinary::Add, sum, two)
                }
                _ => {
                    let share = walker.float_op(FloatBinary::Div, n, Operand::F64((count - 1) as f64));
                    let up = walker.float_op(FloatBinary::Add, Operand::F64(1.0), share);
                    let down = walker.float_op(FloatBinary::Sub, Operand::F64(1.0), share);
                    let is_left = walker.emit.float_compare(crate::ir::Compare::Le, n, Operand::F64(0.0));
                    walker.emit.select(is_left, up, down)
                }
            };
            let _ = walker.write(&new, &[i], &Val::numpy_float(value));
        });
        Ok(new.val())
    }

    /// A view of a value that is an array.
    pub(crate) fn own_view(&self, array: &Val) -> Walk<View> {
        View::of(array).ok_or(Told)
    }
}
