//! numpy's functions at audio time: which rule computes which row of the library, and those that go element by element.

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{BoolBinary, Compare, FloatBinary, FloatUnary, MathFn, Operand};
use crate::library::Audio;
use crate::syntax::ast::{BinOp, CmpOp, UnaryOp};

use super::{Told, Walk, Walker, dtype_of, promote};
use crate::specialise::calls::CallArgs;
use crate::specialise::kind::{Flavour, Kind, Val};
use crate::specialise::operators::is_array;

impl Walker<'_> {
    /// `numpy.name(...)`; `None` where the row has no meaning while sound runs.
    pub(crate) fn numpy_call(&mut self, name: &str, audio: Audio, args: &CallArgs) -> Walk<Option<Val>> {
        let short = name.trim_start_matches("numpy.");
        let mut args = args.clone();
        let mut out = None;
        if let Some(at) = args.keywords.iter().position(|(key, _)| &**key == "out") {
            out = Some(args.keywords.remove(at).1);
        } else if let Some(operands) = operand_count(short, audio)
            && args.positional.len() == operands + 1
        {
            out = args.positional.pop();
        }
        if let Some((key, _)) = args.keywords.iter().find(|(key, _)| !keywords_of(short).contains(&&**key)) {
            let what = format!("`{key}` of `np.{short}`");
            let span = self.span;
            return self.refuse(errors::not_in_process(span, &what));
        }
        let result = self.numpy_function(name, audio, &args)?;
        let (Some(out), Some(result)) = (out.filter(|out| !out.is_none()), &result) else { return Ok(result) };
        let target = self.own_view(&out)?;
        if let (Flavour::Array(own), Some(dtype)) = (target.flavour, dtype_of(result))
            && promote(own, dtype) != own
        {
            let span = self.span;
            let words = match dtype {
                Dtype::Complex => "an array of real numbers cannot take the complex result of this function",
                _ => "an array of ints cannot take the result of this function",
            };
            return self.refuse(errors::wrong_arguments(span, words));
        }
        self.assign_view(&target, result)?;
        Ok(Some(out))
    }

    fn numpy_function(&mut self, name: &str, audio: Audio, args: &CallArgs) -> Walk<Option<Val>> {
        if let Some(value) = self.complex_function(name.trim_start_matches("numpy."), args)? {
            return Ok(Some(value));
        }
        if let Audio::Numpy(function) = audio
            && args.positional.len() == function.arity()
        {
            return self.math_map(function, &args.positional).map(Some);
        }
        let name = name.trim_start_matches("numpy.");
        if let Some(value) = self.operator_function(name, args)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.elementwise_function(name, args)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.creation(name, args)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.shaping(name, args)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.algebra(name, args)? {
            return Ok(Some(value));
        }
        // Reductions are methods too: `np.sum(a, ...)` is `a.sum(...)`.
        let Some((first, rest)) = args.positional.split_first() else { return Ok(None) };
        let array =
            if is_array(first) || !super::is_sequence(first) { first.clone() } else { self.as_view(first)?.val() };
        let rest = CallArgs { positional: rest.to_vec(), keywords: args.keywords.clone() };
        if array.kind.is_scalar() {
            return self.reduced_number(name, &array);
        }
        let name = match name {
            "amax" => "max",
            "amin" => "min",
            other => other,
        };
        self.array_method(&array, name, &rest)
    }

    /// Functions that are operators by another name.
    fn operator_function(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let binary = match name {
            "add" => Some(BinOp::Add),
            "subtract" => Some(BinOp::Sub),
            "multiply" => Some(BinOp::Mul),
            "divide" | "true_divide" => Some(BinOp::Div),
            "floor_divide" => Some(BinOp::FloorDiv),
            "mod" | "remainder" => Some(BinOp::Mod),
            "power" | "pow" | "float_power" => Some(BinOp::Pow),
            "bitwise_and" => Some(BinOp::BitAnd),
            "bitwise_or" => Some(BinOp::BitOr),
            "bitwise_xor" => Some(BinOp::BitXor),
            "left_shift" => Some(BinOp::LShift),
            "right_shift" => Some(BinOp::RShift),
            "matmul" => Some(BinOp::MatMul),
            _ => None,
        };
        if let Some(op) = binary {
            let (left, right) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
            if left.kind.is_scalar() && right.kind.is_scalar() {
                let dtype = self.common_type(&[left.clone(), right.clone()])?;
                let dtype = match (dtype, op) {
                    (Dtype::Complex, _) => dtype,
                    _ if op == BinOp::Div || name == "float_power" => Dtype::Float,
                    _ => dtype,
                };
                return self.element_binary(op, &left, &right, dtype).map(Some);
            }
            return self.array_binary(op, &left, &right).map(Some);
        }
        let compare = match name {
            "equal" => Some(CmpOp::Eq),
            "not_equal" => Some(CmpOp::Ne),
            "less" => Some(CmpOp::Lt),
            "less_equal" => Some(CmpOp::Le),
            "greater" => Some(CmpOp::Gt),
            "greater_equal" => Some(CmpOp::Ge),
            _ => None,
        };
        if let Some(op) = compare {
            let (left, right) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
            return self.compare(op, &left, &right).map(Some);
        }
        let unary = match name {
            "negative" => Some(UnaryOp::Neg),
            "positive" => Some(UnaryOp::Pos),
            "invert" | "bitwise_not" => Some(UnaryOp::Invert),
            _ => None,
        };
        if let Some(op) = unary {
            let operand = self.only(name, args)?.clone();
            let operand = if super::is_sequence(&operand) { self.as_view(&operand)?.val() } else { operand };
            return self.unary(op, &operand).map(Some);
        }
        Ok(None)
    }

    fn elementwise_function(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let first = args.positional.first().cloned();
        let float = |walker: &mut Self, compute: &mut dyn FnMut(&mut Walker<'_>, Operand) -> Operand| {
            let value = walker.argument(name, args, 0)?;
            walker.float_map(&value, compute).map(Some)
        };
        let unary = |walker: &mut Self, op: FloatUnary| float(walker, &mut |walker, x| walker.emit.float_unary(op, x));
        match name {
            "sqrt" => return unary(self, FloatUnary::Sqrt),
            "fabs" => return unary(self, FloatUnary::Abs),
            "floor" | "ceil" | "trunc" | "fix" | "rint" => {
                // Ints stay what they are.
                if let Some(value) = &first
                    && self.common_type(std::slice::from_ref(value))? != Dtype::Float
                {
                    return Ok(first);
                }
                return unary(
                    self,
                    match name {
                        "floor" => FloatUnary::Floor,
                        "ceil" => FloatUnary::Ceil,
                        "rint" => FloatUnary::RoundEven,
                        _ => FloatUnary::Trunc,
                    },
                );
            }
            "radians" | "deg2rad" => {
                let factor = std::f64::consts::PI / 180.0;
                return float(self, &mut |walker, x| walker.float_op(FloatBinary::Mul, x, Operand::F64(factor)));
            }
            "degrees" | "rad2deg" => {
                let factor = 180.0 / std::f64::consts::PI;
                return float(self, &mut |walker, x| walker.float_op(FloatBinary::Mul, x, Operand::F64(factor)));
            }
            "sinc" => return float(self, &mut |walker, x| walker.sinc(x)),
            "round" | "around" => return self.rounded(args).map(Some),
            _ => {}
        }
        let Some(first) = first else { return Ok(None) };
        let operands: Vec<Val> = args.positional.clone();
        let dtype = match name {
            "abs" | "absolute" | "square" | "sign" | "maximum" | "minimum" | "fmax" | "fmin" | "reciprocal" => {
                self.common_type(&operands)?
            }
            "logical_and" | "logical_or" | "logical_xor" | "logical_not" | "isnan" | "isinf" | "isfinite"
            | "signbit" | "isclose" => Dtype::Bool,
            "copysign" | "heaviside" | "nan_to_num" | "logaddexp" => Dtype::Float,
            "clip" => {
                let given = |index, long, short| args.get(index, long).or_else(|| args.get(index, short));
                return self.clipped(&first, given(1, "a_min", "min"), given(2, "a_max", "max")).map(Some);
            }
            "where" if operands.len() == 3 => {
                let dtype = self.common_type(&operands[1..])?;
                return self
                    .general_map(&operands, dtype, &mut |walker, elements| {
                        let condition = walker.truth(&elements[0])?;
                        let kind = crate::specialise::heap::dtype_kind(dtype);
                        let (a, b) = (walker.convert(&elements[1], &kind), walker.convert(&elements[2], &kind));
                        let ops = a.iter().zip(&b).map(|(a, b)| walker.emit.select(condition, *a, *b)).collect();
                        Ok(Val::new(kind, ops))
                    })
                    .map(Some);
            }
            _ => return Ok(None),
        };
        if name == "nan_to_num" {
            return self.without_nan(&operands, args).map(Some);
        }
        let name = name.to_owned();
        self.general_map(&operands, dtype, &mut |walker, elements| walker.element_function(&name, elements, dtype))
            .map(Some)
    }

    /// One element of a function that keeps the type of its operands, or tests them.
    fn element_function(&mut self, name: &str, elements: &[Val], dtype: Dtype) -> Walk<Val> {
        let x = &elements[0];
        let float = |walker: &mut Self, at: usize| -> Walk<Operand> {
            match elements.get(at) {
                Some(element) => Ok(walker.emit.as_float(element.op())),
                None => Err(Told),
            }
        };
        let infinity = Operand::F64(f64::INFINITY);
        Ok(match name {
            "abs" | "absolute" => match x.kind {
                Kind::Float { .. } => Val::numpy_float(self.emit.float_unary(FloatUnary::Abs, x.op())),
                Kind::Bool => x.clone(),
                _ => {
                    let negated = self.emit.index_binary(crate::ir::IntBinary::Sub, Operand::I64(0), x.op());
                    let is_negative = self.emit.int_compare(Compare::Lt, x.op(), Operand::I64(0));
                    Val::int(self.emit.select(is_negative, negated, x.op()))
                }
            },
            "square" => self.element_binary(BinOp::Mul, x, x, dtype)?,
            "reciprocal" => {
                let x = float(self, 0)?;
                Val::numpy_float(self.float_op(FloatBinary::Div, Operand::F64(1.0), x))
            }
            "sign" => {
                let zero = if dtype == Dtype::Float { Val::float(Operand::F64(0.0)) } else { Val::int_const(0) };
                let is_positive = self.compare_numbers(Compare::Gt, x, &zero);
                let is_negative = self.compare_numbers(Compare::Lt, x, &zero);
                if dtype == Dtype::Float {
                    let is_nan = self.emit.float_compare(Compare::Ne, x.op(), x.op());
                    let rest = self.emit.select(is_nan, x.op(), Operand::F64(0.0));
                    let low = self.emit.select(is_negative, Operand::F64(-1.0), rest);
                    Val::numpy_float(self.emit.select(is_positive, Operand::F64(1.0), low))
                } else {
                    let low = self.emit.select(is_negative, Operand::I64(-1), Operand::I64(0));
                    Val::int(self.emit.select(is_positive, Operand::I64(1), low))
                }
            }
            "maximum" | "minimum" | "fmax" | "fmin" => self.element_extreme(name, x, &elements[1], dtype),
            "logical_and" | "logical_or" | "logical_xor" => {
                let (a, b) = (self.truth(x)?, self.truth(&elements[1])?);
                let op = match name {
                    "logical_and" => BoolBinary::And,
                    "logical_or" => BoolBinary::Or,
                    _ => BoolBinary::Xor,
                };
                Val::bool(self.emit.bool_binary(op, a, b))
            }
            "logical_not" => {
                let truth = self.truth(x)?;
                Val::bool(self.emit.not(truth))
            }
            "isnan" => {
                let x = float(self, 0)?;
                Val::bool(self.emit.float_compare(Compare::Ne, x, x))
            }
            "isinf" | "isfinite" => {
                let x = float(self, 0)?;
                let size = self.emit.float_unary(FloatUnary::Abs, x);
                let op = if name == "isinf" { Compare::Eq } else { Compare::Lt };
                Val::bool(self.emit.float_compare(op, size, infinity))
            }
            "signbit" => {
                let x = float(self, 0)?;
                let one = self.float_op(FloatBinary::CopySign, Operand::F64(1.0), x);
                Val::bool(self.emit.float_compare(Compare::Lt, one, Operand::F64(0.0)))
            }
            "isclose" => {
                let (a, b) = (float(self, 0)?, float(self, 1)?);
                let difference = self.float_op(FloatBinary::Sub, a, b);
                let distance = self.emit.float_unary(FloatUnary::Abs, difference);
                let size = self.emit.float_unary(FloatUnary::Abs, b);
                let share = self.float_op(FloatBinary::Mul, Operand::F64(1e-5), size);
                let limit = self.float_op(FloatBinary::Add, Operand::F64(1e-8), share);
                let is_near = self.emit.float_compare(Compare::Le, distance, limit);
                let is_finite = self.emit.float_compare(Compare::Lt, size, infinity);
                let is_near = self.emit.bool_binary(BoolBinary::And, is_near, is_finite);
                let is_equal = self.emit.float_compare(Compare::Eq, a, b);
                Val::bool(self.emit.bool_binary(BoolBinary::Or, is_near, is_equal))
            }
            "copysign" => {
                let (x, y) = (float(self, 0)?, float(self, 1)?);
                Val::numpy_float(self.float_op(FloatBinary::CopySign, x, y))
            }
            "heaviside" => {
                let (x, middle) = (float(self, 0)?, float(self, 1)?);
                let is_positive = self.emit.float_compare(Compare::Gt, x, Operand::F64(0.0));
                let is_negative = self.emit.float_compare(Compare::Lt, x, Operand::F64(0.0));
                let is_nan = self.emit.float_compare(Compare::Ne, x, x);
                let result = self.emit.select(is_nan, x, middle);
                let result = self.emit.select(is_negative, Operand::F64(0.0), result);
                Val::numpy_float(self.emit.select(is_positive, Operand::F64(1.0), result))
            }
            "logaddexp" => {
                let (a, b) = (float(self, 0)?, float(self, 1)?);
                let is_above = self.emit.float_compare(Compare::Gt, a, b);
                let (high, low) = (self.emit.select(is_above, a, b), self.emit.select(is_above, b, a));
                let difference = self.float_op(FloatBinary::Sub, low, high);
                let power = self.emit.math(MathFn::Exp, &[difference]);
                let log = self.emit.math(MathFn::Log1p, &[power]);
                let sum = self.float_op(FloatBinary::Add, high, log);
                let is_equal = self.emit.float_compare(Compare::Eq, a, b);
                let doubled = self.float_op(FloatBinary::Add, a, Operand::F64(std::f64::consts::LN_2));
                Val::numpy_float(self.emit.select(is_equal, doubled, sum))
            }
            _ => return Err(Told),
        })
    }

    /// `np.nan_to_num(x, nan=..., posinf=..., neginf=...)`
    fn without_nan(&mut self, operands: &[Val], args: &CallArgs) -> Walk<Val> {
        let mut instead = vec![];
        for (key, usual) in [("nan", 0.0), ("posinf", f64::MAX), ("neginf", f64::MIN)] {
            let given = args.keywords.iter().find(|(known, _)| &**known == key).map(|(_, value)| value.clone());
            instead.push(match given {
                Some(value) => self.float_of(&value, key)?,
                None => Operand::F64(usual),
            });
        }
        self.general_map(&operands[..1], Dtype::Float, &mut |walker, elements| {
            let x = walker.emit.as_float(elements[0].op());
            let is_nan = walker.emit.float_compare(Compare::Ne, x, x);
            let is_high = walker.emit.float_compare(Compare::Eq, x, Operand::F64(f64::INFINITY));
            let is_low = walker.emit.float_compare(Compare::Eq, x, Operand::F64(f64::NEG_INFINITY));
            let result = walker.emit.select(is_low, instead[2], x);
            let result = walker.emit.select(is_high, instead[1], result);
            Ok(Val::numpy_float(walker.emit.select(is_nan, instead[0], result)))
        })
    }

    /// The greater or the lesser of two; NaN wins, unless the function ignores it.
    pub(crate) fn element_extreme(&mut self, name: &str, a: &Val, b: &Val, dtype: Dtype) -> Val {
        let op = if name.contains("max") { Compare::Ge } else { Compare::Le };
        if dtype == Dtype::Float {
            let (x, y) = (self.emit.as_float(a.op()), self.emit.as_float(b.op()));
            let is_first = self.emit.float_compare(op, x, y);
            // The one that is NaN decides: kept by `maximum`, passed over by `fmax`.
            let other = if name.starts_with('f') { y } else { x };
            let is_nan = self.emit.float_compare(Compare::Ne, other, other);
            let is_first = self.emit.bool_binary(BoolBinary::Or, is_first, is_nan);
            return Val::numpy_float(self.emit.select(is_first, x, y));
        }
        let is_first = self.compare_numbers(op, a, b);
        let (x, y) = (self.emit.as_int(a.op()), self.emit.as_int(b.op()));
        let result = self.emit.select(is_first, x, y);
        if dtype == Dtype::Bool {
            return Val::bool(self.emit.int_compare(Compare::Ne, result, Operand::I64(0)));
        }
        Val::int(result)
    }

    /// `np.clip(a, low, high)`: either bound may be missing.
    pub(crate) fn clipped(&mut self, value: &Val, low: Option<&Val>, high: Option<&Val>) -> Walk<Val> {
        let given = |bound: Option<&Val>| bound.filter(|bound| !bound.is_none()).cloned();
        let (low, high) = (given(low), given(high));
        let mut operands = vec![value.clone()];
        operands.extend(low.clone());
        operands.extend(high.clone());
        let dtype = self.common_type(&operands)?;
        self.general_map(&operands, dtype, &mut |walker, elements| {
            let mut result = elements[0].clone();
            let mut next = 1;
            if low.is_some() {
                result = walker.element_extreme("maximum", &result, &elements[next], dtype);
                next += 1;
            }
            if high.is_some() {
                result = walker.element_extreme("minimum", &result, &elements[next], dtype);
            }
            Ok(result)
        })
    }

    /// `np.round(a, decimals)`: scaled, rounded to even, scaled back, as numpy does it.
    fn rounded(&mut self, args: &CallArgs) -> Walk<Val> {
        let value = self.argument("round", args, 0)?;
        let decimals = args.get(1, "decimals").map_or(Some(0), Val::as_int);
        let Some(decimals) = decimals else {
            let span = self.span;
            return self.refuse(errors::not_in_process(span, "`decimals` that are not a constant"));
        };
        if self.common_type(std::slice::from_ref(&value))? != Dtype::Float {
            return Ok(value);
        }
        let factor = Operand::F64(10f64.powi(decimals.unsigned_abs().min(300) as i32));
        self.float_map(&value, &mut |walker, x| {
            let (there, back) =
                if decimals >= 0 { (FloatBinary::Mul, FloatBinary::Div) } else { (FloatBinary::Div, FloatBinary::Mul) };
            if decimals == 0 {
                return walker.emit.float_unary(FloatUnary::RoundEven, x);
            }
            let scaled = walker.float_op(there, x, factor);
            let whole = walker.emit.float_unary(FloatUnary::RoundEven, scaled);
            walker.float_op(back, whole, factor)
        })
    }

    /// `sin(pi x) / (pi x)`, at zero by numpy's detour.
    fn sinc(&mut self, x: Operand) -> Operand {
        let is_zero = self.emit.float_compare(Compare::Eq, x, Operand::F64(0.0));
        let x = self.emit.select(is_zero, Operand::F64(1.0e-20), x);
        let y = self.float_op(FloatBinary::Mul, Operand::F64(std::f64::consts::PI), x);
        let sine = self.emit.math(MathFn::Sin, &[y]);
        self.float_op(FloatBinary::Div, sine, y)
    }

    /// A reduction of a single number.
    fn reduced_number(&mut self, name: &str, value: &Val) -> Walk<Option<Val>> {
        Ok(match name {
            "sum" | "max" | "min" | "amax" | "amin" | "prod" | "cumsum" => Some(value.clone()),
            "mean" | "median" | "average" => Some(Val::numpy_float(self.emit.as_float(value.op()))),
            "any" | "all" => Some(Val::bool(self.truth(value)?)),
            "std" | "var" => Some(Val::numpy_float(Operand::F64(0.0))),
            "ndim" => Some(Val::int_const(0)),
            "size" => Some(Val::int_const(1)),
            "shape" => Some(Val::tuple(vec![])),
            _ => None,
        })
    }
}

/// The keywords of a function that are understood while sound runs, beside `out`.
fn keywords_of(name: &str) -> &'static [&'static str] {
    match name {
        "sum" | "mean" | "min" | "max" | "amin" | "amax" | "prod" | "any" | "all" | "var" | "std" | "argmin"
        | "argmax" | "ptp" | "count_nonzero" => &["axis", "keepdims", "ddof"],
        "zeros" | "ones" | "empty" | "zeros_like" | "ones_like" | "empty_like" | "arange" | "asarray"
        | "ascontiguousarray" | "asanyarray" => &["dtype"],
        "array" => &["dtype", "copy"],
        "full" | "full_like" => &["fill_value", "dtype"],
        "linspace" => &["num", "endpoint"],
        "concatenate" | "concat" | "stack" | "append" | "flip" | "roll" | "repeat" | "cumsum" | "cumprod"
        | "squeeze" | "expand_dims" => &["axis"],
        "diff" => &["n", "axis", "prepend", "append"],
        "split" | "array_split" => &["axis"],
        "clip" => &["a_min", "a_max", "min", "max"],
        "round" | "around" => &["decimals"],
        "convolve" => &["mode"],
        "interp" => &["left", "right"],
        "nan_to_num" => &["nan", "posinf", "neginf"],
        "angle" => &["deg"],
        "fft.fftfreq" | "fft.rfftfreq" => &["n", "d"],
        "fft.fft" | "fft.ifft" | "fft.rfft" | "fft.irfft" => &["n", "axis", "norm"],
        _ => &[],
    }
}

/// How many operands a function has that may be followed by the array for its result.
fn operand_count(name: &str, audio: Audio) -> Option<usize> {
    match (audio, name) {
        (Audio::Numpy(function), _) => Some(function.arity()),
        (_, "add" | "subtract" | "multiply" | "divide" | "true_divide" | "maximum" | "minimum" | "power") => Some(2),
        (_, "abs" | "absolute" | "sqrt" | "square" | "negative" | "floor" | "ceil" | "sign") => Some(1),
        (_, "clip") => Some(3),
        _ => None,
    }
}
