//! Reductions: of all elements, or along one axis. Sums of floats go in numpy's pairwise order.

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{BoolBinary, Compare, FloatBinary, FloatUnary, IntBinary, Operand, Routine, Type};
use crate::syntax::ast::BinOp;

use super::{Told, View, Walk, Walker};
use crate::specialise::calls::CallArgs;
use crate::specialise::emit::FaultText;
use crate::specialise::kind::{Flavour, Kind, Val};

impl Walker<'_> {
    /// `array.name(axis=..., keepdims=...)`; `None` if that is no reduction.
    pub(crate) fn reduction(&mut self, array: &Val, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let known = [
            "sum",
            "mean",
            "min",
            "max",
            "prod",
            "any",
            "all",
            "var",
            "std",
            "argmin",
            "argmax",
            "ptp",
            "count_nonzero",
        ];
        if !known.contains(&name) {
            return Ok(None);
        }
        let span = self.span;
        let view = self.as_view(array)?;
        let axis = match args.get(0, "axis") {
            Some(axis) if !axis.is_none() => match axis.as_int() {
                Some(given) => {
                    let axes = view.dims.len() as i64;
                    let axis = if given < 0 { given + axes } else { given };
                    if !(0..axes).contains(&axis) {
                        let words = format!("axis {given} is out of bounds for array of dimension {axes}");
                        self.fault(FaultText::new("AxisError", &words), &[]);
                        return Err(Told);
                    }
                    Some(axis as usize)
                }
                None => {
                    return self.refuse(errors::not_in_process(span, "a reduction along other than one constant axis"));
                }
            },
            _ => None,
        };
        let ddof = match args.keywords.iter().find(|(key, _)| &**key == "ddof") {
            Some((_, value)) => self.float_of(&value.clone(), "ddof")?,
            None => Operand::F64(0.0),
        };
        let Some(axis) = axis.filter(|_| view.dims.len() > 1) else {
            let flat = self.flattened(&view)?;
            return self.reduced(&flat, name, ddof).map(Some);
        };
        let keeps = match args.keywords.iter().find(|(key, _)| &**key == "keepdims") {
            Some((_, value)) => self.truth(&value.clone())? == Operand::Bool(true),
            None => false,
        };
        self.reduced_along(&view, axis, name, ddof, keeps).map(Some)
    }

    /// The elements one after the other, as a view where they lie so and as a copy elsewhere.
    pub(crate) fn flattened(&mut self, view: &View) -> Walk<View> {
        if view.dims.len() == 1 {
            return Ok(view.clone());
        }
        let lengths = self.fixed_lengths(&view.dims)?;
        let count = lengths.iter().product();
        let dense = if view.is_dense() { view.clone() } else { self.copied(view)? };
        Ok(View { dims: vec![Operand::I64(count)], strides: vec![Operand::I64(1)], ..dense })
    }

    fn reduced_along(&mut self, view: &View, axis: usize, name: &str, ddof: Operand, keeps: bool) -> Walk<Val> {
        let mut dims = view.dims.clone();
        let length = dims.remove(axis);
        let mut strides = view.strides.clone();
        let stride = strides.remove(axis);
        let lengths = self.fixed_lengths(&dims)?;
        let Flavour::Array(own) = view.flavour else { return Err(Told) };
        let new = self.new_array(result_type(name, own), &lengths);
        self.for_each(&dims, &mut |walker, index| {
            let mut address = view.address;
            for (at, stride) in index.iter().zip(&strides) {
                let travelled = walker.emit.index_binary(IntBinary::Mul, *at, *stride);
                address = walker.moved(view, address, travelled);
            }
            let line = View { address, dims: vec![length], strides: vec![stride], ..view.clone() };
            let value = walker.reduced(&line, name, ddof)?;
            walker.write(&new, index, &value)
        })?;
        if !keeps {
            return Ok(new.val());
        }
        let (mut dims, mut strides) = (new.dims.clone(), new.strides.clone());
        dims.insert(axis, Operand::I64(1));
        strides.insert(axis, Operand::I64(0));
        Ok(View { dims, strides, ..new }.val())
    }

    /// A reduction of a line of elements.
    fn reduced(&mut self, line: &View, name: &str, ddof: Operand) -> Walk<Val> {
        let Flavour::Array(dtype) = line.flavour else { return Err(Told) };
        let length = line.dims[0];
        Ok(match name {
            "sum" => self.line_sum(line, dtype)?,
            "mean" => {
                let sum = self.line_sum(line, dtype)?;
                if dtype == Dtype::Complex {
                    return self.element_binary(BinOp::Div, &sum, &Val::int(length), dtype);
                }
                let (sum, count) = (self.emit.as_float(sum.op()), self.emit.as_float(length));
                Val::numpy_float(self.float_op(FloatBinary::Div, sum, count))
            }
            "var" | "std" => {
                let variance = self.variance(line, dtype, ddof)?;
                Val::numpy_float(if name == "std" {
                    self.emit.float_unary(FloatUnary::Sqrt, variance)
                } else {
                    variance
                })
            }
            "prod" => {
                let (start, dtype) = match dtype {
                    Dtype::Float => (Val::numpy_float(Operand::F64(1.0)), Dtype::Float),
                    Dtype::Complex => (Val::complex((Operand::F64(1.0), Operand::F64(0.0)), true), Dtype::Complex),
                    _ => (Val::int_const(1), Dtype::Int),
                };
                self.accumulate(line, 0, start, &mut |walker, present, item, _| {
                    walker.element_binary(BinOp::Mul, &present, &item, dtype)
                })?
            }
            "count_nonzero" => self.accumulate(line, 0, Val::int_const(0), &mut |walker, present, item, _| {
                let truth = walker.truth(&item)?;
                let one = walker.emit.as_int(truth);
                Ok(Val::int(walker.emit.index_binary(IntBinary::Add, present.op(), one)))
            })?,
            "any" | "all" => {
                let is_any = name == "any";
                let op = if is_any { BoolBinary::Or } else { BoolBinary::And };
                self.accumulate(line, 0, Val::bool(Operand::Bool(!is_any)), &mut |walker, present, item, _| {
                    let truth = walker.truth(&item)?;
                    Ok(Val::bool(walker.emit.bool_binary(op, present.op(), truth)))
                })?
            }
            "ptp" => {
                let (high, low) =
                    (self.line_extreme(line, "maximum", dtype)?, self.line_extreme(line, "minimum", dtype)?);
                self.element_binary(BinOp::Sub, &high, &low, dtype)?
            }
            "min" | "max" => {
                let function = if name == "max" { "maximum" } else { "minimum" };
                self.line_extreme(line, function, dtype)?
            }
            _ => self.line_argument(line, name == "argmax")?,
        })
    }

    fn check_something(&mut self, line: &View, words: &str) -> Walk<()> {
        let is_empty = self.emit.int_compare(Compare::Le, line.dims[0], Operand::I64(0));
        self.fault_if(is_empty, FaultText::new("ValueError", words), &[]);
        if self.is_alive { Ok(()) } else { Err(Told) }
    }

    /// numpy's sum of a line: pairwise for floats.
    pub(crate) fn line_sum(&mut self, line: &View, dtype: Dtype) -> Walk<Val> {
        if matches!(dtype, Dtype::Float | Dtype::Complex) {
            let ranges = self.heap.storage_ranges(&line.storages.clone());
            let extent = self.emit.extent(ranges);
            let sum = |walker: &mut Self, address: Operand, stride: Operand| {
                let args = vec![address, line.dims[0], stride];
                walker.emit.routine(Routine::PairwiseSum, Type::F64, args, vec![extent], None)
            };
            if dtype == Dtype::Float {
                return Ok(Val::numpy_float(sum(self, line.address, line.strides[0])));
            }
            let stride = self.emit.index_binary(IntBinary::Mul, line.strides[0], Operand::I64(2));
            let second = self.emit.index_binary(IntBinary::Add, line.address, Operand::I64(1));
            return Ok(Val::complex((sum(self, line.address, stride), sum(self, second, stride)), true));
        }
        self.accumulate(line, 0, Val::int_const(0), &mut |walker, present, item, _| {
            let item = walker.emit.as_int(item.op());
            Ok(Val::int(walker.emit.index_binary(IntBinary::Add, present.op(), item)))
        })
    }

    fn variance(&mut self, line: &View, dtype: Dtype, ddof: Operand) -> Walk<Operand> {
        let sum = self.line_sum(line, dtype)?;
        let (sum, count) = (self.emit.as_float(sum.op()), self.emit.as_float(line.dims[0]));
        let mean = self.float_op(FloatBinary::Div, sum, count);
        let squares = self.new_array_like(Dtype::Float, &line.dims)?;
        self.for_each(&line.dims, &mut |walker, index| {
            let x = walker.read(line, index);
            let x = walker.emit.as_float(x.op());
            let distance = walker.float_op(FloatBinary::Sub, x, mean);
            let square = walker.float_op(FloatBinary::Mul, distance, distance);
            walker.write(&squares, index, &Val::numpy_float(square))
        })?;
        let sum = self.line_sum(&squares, Dtype::Float)?;
        let freedom = self.float_op(FloatBinary::Sub, count, ddof);
        Ok(self.float_op(FloatBinary::Div, sum.op(), freedom))
    }

    fn line_extreme(&mut self, line: &View, name: &str, dtype: Dtype) -> Walk<Val> {
        let words = format!("zero-size array to reduction operation {name} which has no identity");
        self.check_something(line, &words)?;
        let first = self.read(line, &[Operand::I64(0)]);
        let name = name.to_owned();
        self.accumulate(line, 1, first, &mut |walker, present, item, _| {
            Ok(walker.element_extreme(&name, &present, &item, dtype))
        })
    }

    /// The index of the first greatest or least element; the first NaN is both.
    fn line_argument(&mut self, line: &View, is_max: bool) -> Walk<Val> {
        let words = "attempt to get an argument of an empty sequence";
        self.check_something(line, words)?;
        let first = self.read(line, &[Operand::I64(0)]);
        let op = if is_max { Compare::Gt } else { Compare::Lt };
        let start = Val::tuple(vec![first, Val::int_const(0)]);
        let result = self.accumulate(line, 1, start, &mut |walker, present, item, index| {
            let parts = present.items().unwrap_or_default();
            let (best, place) = (&parts[0], &parts[1]);
            let mut is_better = walker.compare_numbers(op, &item, best);
            if let Kind::Float { .. } = item.kind {
                let item_nan = walker.emit.float_compare(Compare::Ne, item.op(), item.op());
                let best_number = walker.emit.float_compare(Compare::Eq, best.op(), best.op());
                let is_first_nan = walker.emit.bool_binary(BoolBinary::And, item_nan, best_number);
                is_better = walker.emit.bool_binary(BoolBinary::Or, is_better, is_first_nan);
            }
            let value = walker.emit.select(is_better, item.op(), best.op());
            let index = walker.emit.select(is_better, index, place.op());
            Ok(Val::tuple(vec![Val::new(best.kind.clone(), vec![value]), Val::int(index)]))
        })?;
        result.items().and_then(|parts| parts.get(1).cloned()).ok_or(Told)
    }

    /// Carries a value along a line, from element `from` on.
    pub(crate) fn accumulate(
        &mut self,
        line: &View,
        from: i64,
        start: Val,
        step: &mut dyn FnMut(&mut Walker<'_>, Val, Val, Operand) -> Walk<Val>,
    ) -> Walk<Val> {
        let count = self.emit.index_binary(IntBinary::Sub, line.dims[0], Operand::I64(from));
        let carried: Vec<_> = start.ops.iter().map(|op| self.emit.type_of(*op)).collect();
        let carried: Vec<_> = carried.into_iter().map(|ty| self.emit.mutable(ty)).collect();
        for (var, op) in carried.iter().zip(&start.ops) {
            self.emit.assign(*var, *op);
        }
        let kind = start.kind.clone();
        let mut result = Ok(());
        self.repeat(count, |walker, i| {
            let at = walker.emit.index_binary(IntBinary::Add, i, Operand::I64(from));
            let item = walker.read(line, &[at]);
            let present =
                Val::new(kind.clone(), carried.iter().map(|var| walker.emit.snapshot(Operand::Var(*var))).collect());
            match step(walker, present, item, at) {
                Ok(next) => {
                    for (var, op) in carried.iter().zip(next.ops) {
                        walker.emit.assign(*var, op);
                    }
                }
                Err(told) => result = Err(told),
            }
        });
        result?;
        let ops = carried.iter().map(|var| self.emit.snapshot(Operand::Var(*var))).collect();
        Ok(Val::new(kind, ops))
    }

    /// `cumsum` and `cumprod` of all elements in order.
    pub(crate) fn cumulative(&mut self, array: &Val, op: BinOp) -> Walk<Val> {
        let view = self.as_view(array)?;
        let line = self.flattened(&view)?;
        let Flavour::Array(own) = line.flavour else { return Err(Told) };
        let dtype = if own == Dtype::Bool { Dtype::Int } else { own };
        let new = self.new_array_like(dtype, &line.dims)?;
        // Nothing, sign of zero included, is changed by what the first element meets.
        let start = match (op, dtype) {
            (BinOp::Add, Dtype::Float) => Val::numpy_float(Operand::F64(-0.0)),
            (BinOp::Add, Dtype::Complex) => Val::complex((Operand::F64(-0.0), Operand::F64(-0.0)), true),
            (_, Dtype::Complex) => Val::complex((Operand::F64(1.0), Operand::F64(0.0)), true),
            (BinOp::Add, _) => Val::int_const(0),
            (_, Dtype::Float) => Val::numpy_float(Operand::F64(1.0)),
            _ => Val::int_const(1),
        };
        self.accumulate(&line, 0, start, &mut |walker, present, item, at| {
            let next = walker.element_binary(op, &present, &item, dtype)?;
            walker.write(&new, &[at], &next)?;
            Ok(next)
        })?;
        Ok(new.val())
    }

    /// `np.dot`, `@`: of vectors a number, of matrices and vectors arrays.
    pub(crate) fn matmul(&mut self, left: &Val, right: &Val) -> Walk<Val> {
        let span = self.span;
        let (a, b) = (self.as_view(left)?, self.as_view(right)?);
        let dtype = self.common_type(&[a.val(), b.val()])?;
        if a.dims.is_empty() || b.dims.is_empty() || a.dims.len() > 2 || b.dims.len() > 2 {
            return self.refuse(errors::not_in_process(span, "a product of arrays of these dimensions"));
        }
        let (rows, columns) = (a.dims.len() == 2, b.dims.len() == 2);
        let (inner_a, inner_b) = (a.dims[a.dims.len() - 1], b.dims[0]);
        match (inner_a, inner_b) {
            (Operand::I64(x), Operand::I64(y)) if x != y => {
                let words = format!(
                    "shapes {} and {} not aligned: {x} (dim {}) != {y} (dim 0)",
                    super::shape_words(&a.dims),
                    super::shape_words(&b.dims),
                    a.dims.len() - 1
                );
                return self.refuse(errors::shape_mismatch(span, &words));
            }
            (x, y) if x != y => {
                let differ = self.emit.int_compare(Compare::Ne, x, y);
                self.fault_if(differ, FaultText::new("ValueError", "the shapes are not aligned"), &[]);
            }
            _ => {}
        }
        let mut dims = vec![];
        if rows {
            dims.push(a.dims[0]);
        }
        if columns {
            dims.push(b.dims[1]);
        }
        let line_of = |walker: &mut Self, index: &[Operand]| -> (View, View) {
            let line = if rows { walker.subview(&a, index[0]) } else { a.clone() };
            let column = if columns {
                let at = index[index.len() - 1];
                let offset = walker.emit.index_binary(IntBinary::Mul, at, b.strides[1]);
                let address = walker.moved(&b, b.address, offset);
                View { address, dims: vec![b.dims[0]], strides: vec![b.strides[0]], ..b.clone() }
            } else {
                b.clone()
            };
            (line, column)
        };
        if dims.is_empty() {
            return self.dot_of(&a, &b, dtype);
        }
        let lengths = self.fixed_lengths(&dims)?;
        let new = self.new_array(dtype, &lengths);
        self.for_each(&dims, &mut |walker, index| {
            let (line, column) = line_of(walker, index);
            let value = walker.dot_of(&line, &column, dtype)?;
            walker.write(&new, index, &value)
        })?;
        Ok(new.val())
    }

    fn dot_of(&mut self, a: &View, b: &View, dtype: Dtype) -> Walk<Val> {
        let start = zero(dtype);
        let dtype = if dtype == Dtype::Bool { Dtype::Int } else { dtype };
        self.accumulate(a, 0, start, &mut |walker, present, item, at| {
            let other = walker.read(b, &[at]);
            let product = walker.element_binary(BinOp::Mul, &item, &other, dtype)?;
            walker.element_binary(BinOp::Add, &present, &product, dtype)
        })
    }
}

fn result_type(name: &str, own: Dtype) -> Dtype {
    match name {
        "mean" | "var" | "std" => Dtype::Float,
        "any" | "all" => Dtype::Bool,
        "argmin" | "argmax" | "count_nonzero" => Dtype::Int,
        "sum" | "prod" if own == Dtype::Bool => Dtype::Int,
        _ => own,
    }
}

/// What sums begin with.
pub(super) fn zero(dtype: Dtype) -> Val {
    match dtype {
        Dtype::Float => Val::numpy_float(Operand::F64(0.0)),
        Dtype::Complex => Val::complex((Operand::F64(0.0), Operand::F64(0.0)), true),
        _ => Val::int_const(0),
    }
}
