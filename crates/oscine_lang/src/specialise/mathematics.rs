//! `math` at audio time: the C library's functions within CPython's checks of their domains.

use crate::evaluate::value::Value;
use crate::ir::{BoolBinary, Compare, FloatBinary, FloatUnary, Inst, IntBinary, MathFn, Operand, Type};
use crate::library::Audio;
use crate::syntax::ast::BinOp;

use super::calls::CallArgs;
use super::emit::FaultText;
use super::kind::{Kind, Val};
use super::{Walk, Walker};

const DOMAIN: &str = "math domain error";
const RANGE: &str = "math range error";

impl Walker<'_> {
    /// `math.name(...)`
    pub(crate) fn math_call(&mut self, name: &str, audio: Audio, args: &CallArgs) -> Walk<Option<Val>> {
        if let Audio::Math(function) = audio
            && args.positional.len() == function.arity()
        {
            let mut ops = vec![];
            for value in &args.positional {
                ops.push(self.float_of(value, &format!("math.{name}()"))?);
            }
            return self.checked_math(function, &ops).map(|op| Some(Val::float(op)));
        }
        self.math_rule(name, args)
    }

    /// A function with the errors that CPython raises outside its domain.
    pub(crate) fn checked_math(&mut self, function: MathFn, ops: &[Operand]) -> Walk<Operand> {
        let x = ops[0];
        let domain = match function {
            MathFn::Sin | MathFn::Cos | MathFn::Tan => {
                let size = self.emit.float_unary(FloatUnary::Abs, x);
                Some(self.emit.float_compare(Compare::Eq, size, Operand::F64(f64::INFINITY)))
            }
            MathFn::Asin | MathFn::Acos => {
                let size = self.emit.float_unary(FloatUnary::Abs, x);
                Some(self.emit.float_compare(Compare::Gt, size, Operand::F64(1.0)))
            }
            MathFn::Atanh => {
                let size = self.emit.float_unary(FloatUnary::Abs, x);
                Some(self.emit.float_compare(Compare::Ge, size, Operand::F64(1.0)))
            }
            MathFn::Acosh => Some(self.emit.float_compare(Compare::Lt, x, Operand::F64(1.0))),
            MathFn::Log | MathFn::Log2 | MathFn::Log10 => {
                Some(self.emit.float_compare(Compare::Le, x, Operand::F64(0.0)))
            }
            MathFn::Log1p => Some(self.emit.float_compare(Compare::Le, x, Operand::F64(-1.0))),
            MathFn::Fmod => {
                let size = self.emit.float_unary(FloatUnary::Abs, x);
                let is_infinite = self.emit.float_compare(Compare::Eq, size, Operand::F64(f64::INFINITY));
                let is_number = self.emit.float_compare(Compare::Eq, ops[1], ops[1]);
                let first = self.emit.bool_binary(BoolBinary::And, is_infinite, is_number);
                let is_zero = self.emit.float_compare(Compare::Eq, ops[1], Operand::F64(0.0));
                let is_real = self.emit.float_compare(Compare::Eq, x, x);
                let second = self.emit.bool_binary(BoolBinary::And, is_zero, is_real);
                Some(self.emit.bool_binary(BoolBinary::Or, first, second))
            }
            MathFn::Gamma | MathFn::Lgamma => {
                let whole = self.emit.float_unary(FloatUnary::Floor, x);
                let is_whole = self.emit.float_compare(Compare::Eq, whole, x);
                let is_low = self.emit.float_compare(Compare::Le, x, Operand::F64(0.0));
                let is_infinite = self.emit.float_compare(Compare::Eq, x, Operand::F64(f64::NEG_INFINITY));
                let is_pole = self.emit.bool_binary(BoolBinary::And, is_whole, is_low);
                Some(if function == MathFn::Lgamma {
                    let is_finite = self.emit.not(is_infinite);
                    self.emit.bool_binary(BoolBinary::And, is_pole, is_finite)
                } else {
                    is_pole
                })
            }
            _ => None,
        };
        if let Some(is_outside) = domain {
            self.fault_if(is_outside, FaultText::new("ValueError", DOMAIN), &[]);
        }
        if function == MathFn::Pow {
            return Ok(self.math_power(x, ops[1]));
        }
        let result = self.emit.math(function, ops);
        let can_overflow = matches!(
            function,
            MathFn::Exp
                | MathFn::Exp2
                | MathFn::Expm1
                | MathFn::Sinh
                | MathFn::Cosh
                | MathFn::Gamma
                | MathFn::Lgamma
                | MathFn::Hypot
        );
        if can_overflow {
            self.check_overflow(result, ops, RANGE);
        }
        Ok(result)
    }

    /// `math.pow`: errors where finite operands give NaN or infinity.
    fn math_power(&mut self, x: Operand, y: Operand) -> Operand {
        let is_zero = self.emit.float_compare(Compare::Eq, x, Operand::F64(0.0));
        let is_negative_power = self.emit.float_compare(Compare::Lt, y, Operand::F64(0.0));
        let is_finite_power = self.emit.float_compare(Compare::Gt, y, Operand::F64(f64::NEG_INFINITY));
        let is_pole = self.emit.bool_binary(BoolBinary::And, is_zero, is_negative_power);
        let is_pole = self.emit.bool_binary(BoolBinary::And, is_pole, is_finite_power);
        self.fault_if(is_pole, FaultText::new("ValueError", DOMAIN), &[]);
        let result = self.emit.math(MathFn::Pow, &[x, y]);
        let is_nan = self.emit.float_compare(Compare::Ne, result, result);
        let is_x = self.emit.float_compare(Compare::Eq, x, x);
        let is_y = self.emit.float_compare(Compare::Eq, y, y);
        let are_numbers = self.emit.bool_binary(BoolBinary::And, is_x, is_y);
        let is_invalid = self.emit.bool_binary(BoolBinary::And, is_nan, are_numbers);
        self.fault_if(is_invalid, FaultText::new("ValueError", DOMAIN), &[]);
        self.check_overflow(result, &[x, y], RANGE);
        result
    }

    fn math_rule(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let float = |walker: &mut Self, index: usize| -> Walk<Operand> {
            let value = walker.argument(name, args, index)?;
            walker.float_of(&value, &format!("math.{name}()"))
        };
        Ok(Some(match name {
            "sqrt" => {
                let x = float(self, 0)?;
                let is_negative = self.emit.float_compare(Compare::Lt, x, Operand::F64(0.0));
                self.fault_if(is_negative, FaultText::new("ValueError", DOMAIN), &[]);
                Val::float(self.emit.float_unary(FloatUnary::Sqrt, x))
            }
            "fabs" => {
                let x = float(self, 0)?;
                Val::float(self.emit.float_unary(FloatUnary::Abs, x))
            }
            "floor" | "ceil" | "trunc" => {
                let value = self.argument(name, args, 0)?;
                if let Kind::Int | Kind::Bool = value.kind {
                    return Ok(Some(Val::int(self.emit.as_int(value.op()))));
                }
                let x = float(self, 0)?;
                let op = match name {
                    "floor" => FloatUnary::Floor,
                    "ceil" => FloatUnary::Ceil,
                    _ => FloatUnary::Trunc,
                };
                let whole = self.emit.float_unary(op, x);
                Val::int(self.truncate(whole))
            }
            "log" => {
                let x = float(self, 0)?;
                let numerator = self.checked_math(MathFn::Log, &[x])?;
                if args.positional.len() == 1 {
                    return Ok(Some(Val::float(numerator)));
                }
                let base = float(self, 1)?;
                let denominator = self.checked_math(MathFn::Log, &[base])?;
                Val::float(self.float_arithmetic(BinOp::Div, numerator, denominator, false)?)
            }
            "degrees" | "radians" => {
                let x = float(self, 0)?;
                let factor =
                    if name == "degrees" { 180.0 / std::f64::consts::PI } else { std::f64::consts::PI / 180.0 };
                Val::float(self.float_op(FloatBinary::Mul, x, Operand::F64(factor)))
            }
            "copysign" => {
                let (x, y) = (float(self, 0)?, float(self, 1)?);
                Val::float(self.float_op(FloatBinary::CopySign, x, y))
            }
            "isnan" => {
                let x = float(self, 0)?;
                Val::bool(self.emit.float_compare(Compare::Ne, x, x))
            }
            "isinf" | "isfinite" => {
                let x = float(self, 0)?;
                let size = self.emit.float_unary(FloatUnary::Abs, x);
                let op = if name == "isinf" { Compare::Eq } else { Compare::Lt };
                Val::bool(self.emit.float_compare(op, size, Operand::F64(f64::INFINITY)))
            }
            "isclose" => {
                let (a, b) = (float(self, 0)?, float(self, 1)?);
                let option = |walker: &mut Self, key: &str, default: f64| match args.get(9, key).cloned() {
                    Some(value) => walker.float_of(&value, "math.isclose()"),
                    None => Ok(Operand::F64(default)),
                };
                let (relative, absolute) = (option(self, "rel_tol", 1e-9)?, option(self, "abs_tol", 0.0)?);
                Val::bool(self.is_close(a, b, relative, absolute))
            }
            "hypot" => {
                if args.positional.len() == 1 {
                    let x = float(self, 0)?;
                    return Ok(Some(Val::float(self.emit.float_unary(FloatUnary::Abs, x))));
                }
                let mut length = float(self, 0)?;
                for index in 1..args.positional.len() {
                    let x = float(self, index)?;
                    length = self.checked_math(MathFn::Hypot, &[length, x])?;
                }
                Val::float(length)
            }
            "remainder" => {
                let (x, y) = (float(self, 0)?, float(self, 1)?);
                Val::float(self.remainder(x, y)?)
            }
            "frexp" => {
                let x = float(self, 0)?;
                self.mantissa_exponent(x)
            }
            "modf" => {
                let x = float(self, 0)?;
                let whole = self.emit.float_unary(FloatUnary::Trunc, x);
                let rest = self.float_op(FloatBinary::Sub, x, whole);
                let size = self.emit.float_unary(FloatUnary::Abs, x);
                let is_infinite = self.emit.float_compare(Compare::Eq, size, Operand::F64(f64::INFINITY));
                let rest = self.emit.select(is_infinite, Operand::F64(0.0), rest);
                let rest = self.float_op(FloatBinary::CopySign, rest, x);
                Val::tuple(vec![Val::float(rest), Val::float(whole)])
            }
            "ldexp" => {
                let x = float(self, 0)?;
                let exponent = self.argument(name, args, 1)?;
                let exponent = self.int_of(&exponent, "math.ldexp()")?;
                let exponent = self.emit.as_float(exponent);
                let power = self.emit.math(MathFn::Exp2, &[exponent]);
                let result = self.float_op(FloatBinary::Mul, x, power);
                self.check_overflow(result, &[x], RANGE);
                Val::float(result)
            }
            "gcd" | "lcm" => {
                let mut result = Operand::I64(i64::from(name == "lcm"));
                for value in args.positional.clone() {
                    let next = self.int_of(&value, &format!("math.{name}()"))?;
                    result = if name == "gcd" { self.gcd(result, next) } else { self.lcm(result, next) };
                }
                Val::int(result)
            }
            "isqrt" => {
                let value = self.argument(name, args, 0)?;
                let n = self.int_of(&value, "math.isqrt()")?;
                let is_negative = self.emit.int_compare(Compare::Lt, n, Operand::I64(0));
                let text = FaultText::new("ValueError", "isqrt() argument must be nonnegative");
                self.fault_if(is_negative, text, &[]);
                Val::int(self.integer_root(n))
            }
            "factorial" => {
                let value = self.argument(name, args, 0)?;
                let n = self.int_of(&value, "math.factorial()")?;
                let is_negative = self.emit.int_compare(Compare::Lt, n, Operand::I64(0));
                let text = FaultText::new("ValueError", "factorial() not defined for negative values");
                self.fault_if(is_negative, text, &[]);
                let is_large = self.emit.int_compare(Compare::Gt, n, Operand::I64(20));
                let text = FaultText::new("OverflowError", "int too large: oscine's ints have 64 bits");
                self.fault_if(is_large, text, &[]);
                if !self.is_alive {
                    return Err(super::Told);
                }
                let factorials = (0..=20).map(|n| Value::Int((1..=n).product())).collect();
                let storage = self.heap.table(factorials);
                let address = Operand::I64(i64::from(self.heap.storage_cell(storage)));
                self.load_element(super::kind::Flavour::Tuple, &[storage], address, n)
            }
            "prod" => {
                let items = self.argument(name, args, 0)?;
                let start = args.get(9, "start").cloned().unwrap_or(Val::int_const(1));
                self.fold(&items, start, &mut |walker, present, item| walker.binary(BinOp::Mul, &present, &item))?
            }
            _ => return Ok(None),
        }))
    }

    /// IEEE 754's remainder: of the nearest multiple, the even one of two.
    fn remainder(&mut self, x: Operand, y: Operand) -> Walk<Operand> {
        let infinity = Operand::F64(f64::INFINITY);
        let (size_x, size_y) = (self.emit.float_unary(FloatUnary::Abs, x), self.emit.float_unary(FloatUnary::Abs, y));
        // `fmod` has the same domain, and what it gives for NaN is right here too.
        let m = self.checked_math(MathFn::Fmod, &[size_x, size_y])?;
        let rest = self.float_op(FloatBinary::Sub, size_y, m);
        let is_below = self.emit.float_compare(Compare::Lt, m, rest);
        let is_above = self.emit.float_compare(Compare::Gt, m, rest);
        let whole = self.float_op(FloatBinary::Sub, size_x, m);
        let half = self.float_op(FloatBinary::Mul, Operand::F64(0.5), whole);
        let odd = self.emit.math(MathFn::Fmod, &[half, size_y]);
        let twice = self.float_op(FloatBinary::Mul, Operand::F64(2.0), odd);
        let tied = self.float_op(FloatBinary::Sub, m, twice);
        let back = self.emit.float_unary(FloatUnary::Neg, rest);
        let result = self.emit.select(is_above, back, tied);
        let result = self.emit.select(is_below, m, result);
        let sign = self.float_op(FloatBinary::CopySign, Operand::F64(1.0), x);
        let result = self.float_op(FloatBinary::Mul, sign, result);
        let is_infinite = self.emit.float_compare(Compare::Eq, size_y, infinity);
        Ok(self.emit.select(is_infinite, x, result))
    }

    /// `x` as a mantissa in [0.5, 1) and an exponent of two.
    fn mantissa_exponent(&mut self, x: Operand) -> Val {
        let infinity = Operand::F64(f64::INFINITY);
        let size = self.emit.float_unary(FloatUnary::Abs, x);
        let is_finite = self.emit.float_compare(Compare::Lt, size, infinity);
        let is_zero = self.emit.float_compare(Compare::Eq, size, Operand::F64(0.0));
        let is_something = self.emit.not(is_zero);
        let is_ordinary = self.emit.bool_binary(BoolBinary::And, is_finite, is_something);
        // Small numbers are scaled up, so that the power below cannot overflow.
        let is_small = self.emit.float_compare(Compare::Lt, size, Operand::F64(1e-200));
        let scale = self.emit.select(is_small, Operand::F64(2f64.powi(400)), Operand::F64(1.0));
        let scaled = self.float_op(FloatBinary::Mul, x, scale);
        let scaled = self.emit.select(is_ordinary, scaled, Operand::F64(1.0));
        let size = self.emit.float_unary(FloatUnary::Abs, scaled);
        let log = self.emit.math(MathFn::Log2, &[size]);
        let exponent = self.emit.float_unary(FloatUnary::Floor, log);
        // Two factors: the power of a large exponent would overflow.
        let half = self.float_op(FloatBinary::Mul, exponent, Operand::F64(-0.5));
        let half = self.emit.float_unary(FloatUnary::Floor, half);
        let back = self.emit.float_unary(FloatUnary::Neg, exponent);
        let other = self.float_op(FloatBinary::Sub, back, half);
        let (first, second) = (self.emit.math(MathFn::Exp2, &[half]), self.emit.math(MathFn::Exp2, &[other]));
        let mantissa = self.float_op(FloatBinary::Mul, scaled, first);
        let mantissa = self.float_op(FloatBinary::Mul, mantissa, second);
        // The logarithm may be off by one next to a power of two.
        let size = self.emit.float_unary(FloatUnary::Abs, mantissa);
        let is_high = self.emit.float_compare(Compare::Ge, size, Operand::F64(2.0));
        let is_low = self.emit.float_compare(Compare::Lt, size, Operand::F64(1.0));
        let low = self.emit.select(is_low, Operand::F64(0.0), Operand::F64(1.0));
        let step = self.emit.select(is_high, Operand::F64(2.0), low);
        let exponent = self.float_op(FloatBinary::Add, exponent, step);
        let quarter = self.emit.select(is_high, Operand::F64(0.25), Operand::F64(0.5));
        let factor = self.emit.select(is_low, Operand::F64(1.0), quarter);
        let mantissa = self.float_op(FloatBinary::Mul, mantissa, factor);
        let shift = self.emit.select(is_small, Operand::F64(400.0), Operand::F64(0.0));
        let exponent = self.float_op(FloatBinary::Sub, exponent, shift);
        let exponent = self.emit.select(is_ordinary, exponent, Operand::F64(0.0));
        let mantissa = self.emit.select(is_ordinary, mantissa, x);
        let exponent = self.emit.float_to_int(exponent);
        Val::tuple(vec![Val::float(mantissa), Val::int(exponent)])
    }

    /// Euclid's algorithm.
    fn gcd(&mut self, a: Operand, b: Operand) -> Operand {
        let span = self.span;
        let size = |walker: &mut Self, x: Operand| {
            let negated = walker.emit.int_binary(IntBinary::Sub, Operand::I64(0), x, span);
            let is_negative = walker.emit.int_compare(Compare::Lt, x, Operand::I64(0));
            walker.emit.select(is_negative, negated, x)
        };
        let (a, b) = (size(self, a), size(self, b));
        if a == Operand::I64(0) {
            return b;
        }
        let (x, y) = (self.emit.mutable(Type::I64), self.emit.mutable(Type::I64));
        self.emit.assign(x, a);
        self.emit.assign(y, b);
        let (exit, top) = (self.emit.label(), self.emit.label());
        self.emit.open();
        let is_over = self.emit.int_compare(Compare::Eq, Operand::Var(y), Operand::I64(0));
        self.emit.push(Inst::If { condition: is_over, then: vec![Inst::Break(exit)], otherwise: vec![] });
        let rest = self.emit.index_binary(IntBinary::Mod, Operand::Var(x), Operand::Var(y));
        self.emit.assign(x, Operand::Var(y));
        self.emit.assign(y, rest);
        let body = self.emit.close();
        // The remainders shrink faster than the Fibonacci numbers: at most 91 turns.
        self.emit.push(Inst::Block { label: exit, body: vec![Inst::Loop { label: top, watched: false, body }] });
        self.emit.snapshot(Operand::Var(x))
    }

    fn lcm(&mut self, a: Operand, b: Operand) -> Operand {
        let span = self.span;
        let divisor = self.gcd(a, b);
        let is_zero = self.emit.int_compare(Compare::Eq, divisor, Operand::I64(0));
        let divisor = self.emit.select(is_zero, Operand::I64(1), divisor);
        let share = self.emit.index_binary(IntBinary::FloorDiv, a, divisor);
        let product = self.emit.int_binary(IntBinary::Mul, share, b, span);
        let negated = self.emit.int_binary(IntBinary::Sub, Operand::I64(0), product, span);
        let is_negative = self.emit.int_compare(Compare::Lt, product, Operand::I64(0));
        self.emit.select(is_negative, negated, product)
    }

    /// The whole part of a square root: that of the float, put right where the float was rounded.
    fn integer_root(&mut self, n: Operand) -> Operand {
        let x = self.emit.as_float(n);
        let root = self.emit.float_unary(FloatUnary::Sqrt, x);
        let root = self.emit.float_to_int(root);
        // The largest root whose square fits.
        let is_beyond = self.emit.int_compare(Compare::Gt, root, Operand::I64(3_037_000_499));
        let root = self.emit.select(is_beyond, Operand::I64(3_037_000_499), root);
        let square = self.emit.index_binary(IntBinary::Mul, root, root);
        let is_high = self.emit.int_compare(Compare::Gt, square, n);
        let lower = self.emit.index_binary(IntBinary::Sub, root, Operand::I64(1));
        self.emit.select(is_high, lower, root)
    }

    /// Symmetric: within a share of the larger or an absolute distance.
    fn is_close(&mut self, a: Operand, b: Operand, relative: Operand, absolute: Operand) -> Operand {
        let difference = self.float_op(FloatBinary::Sub, b, a);
        let distance = self.emit.float_unary(FloatUnary::Abs, difference);
        let share = |walker: &mut Self, x: Operand| {
            let part = walker.float_op(FloatBinary::Mul, relative, x);
            let part = walker.emit.float_unary(FloatUnary::Abs, part);
            walker.emit.float_compare(Compare::Le, distance, part)
        };
        let (near_b, near_a) = (share(self, b), share(self, a));
        let near = self.emit.bool_binary(BoolBinary::Or, near_b, near_a);
        let close = self.emit.float_compare(Compare::Le, distance, absolute);
        let is_near = self.emit.bool_binary(BoolBinary::Or, near, close);
        let is_equal = self.emit.float_compare(Compare::Eq, a, b);
        let is_finite = self.emit.float_compare(Compare::Lt, distance, Operand::F64(f64::INFINITY));
        let is_near = self.emit.bool_binary(BoolBinary::And, is_near, is_finite);
        self.emit.bool_binary(BoolBinary::Or, is_equal, is_near)
    }
}
