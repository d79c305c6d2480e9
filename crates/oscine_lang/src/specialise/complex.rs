//! Complex numbers: a pair of floats. Python's have Python's exceptions; numpy's give infinity and NaN instead, and divide
//! by a product with the reciprocal.
//!
//! Quotients are R. L. Smith's ("Algorithm 116: Complex division", CACM 5, 1962), as CPython and numpy have them; square
//! roots and logarithms follow CPython's `cmathmodule.c`, so that neither overflows nor loses digits near 1.

use crate::diagnostics::errors;
use crate::ir::{BoolBinary, Compare, FloatBinary, FloatUnary, MathFn, Operand};
use crate::syntax::ast::BinOp;

use super::calls::CallArgs;
use super::emit::FaultText;
use super::kind::{Kind, Val};
use super::{Told, Walk, Walker};

/// Real and imaginary part.
pub(crate) type Parts = (Operand, Operand);

const ZERO: Operand = Operand::F64(0.0);
const ONE: Operand = Operand::F64(1.0);

impl Walker<'_> {
    /// The parts of any number.
    pub(crate) fn parts_of(&mut self, value: &Val) -> Parts {
        if value.kind.is_complex() {
            return (value.ops[0], value.ops[1]);
        }
        (self.emit.as_float(value.op()), ZERO)
    }

    /// The parts of an argument that must be a number.
    fn complex_of(&mut self, value: &Val, what: &str) -> Walk<Parts> {
        let value = &self.present(value, || "must be complex number, not NoneType".to_owned())?;
        let value = &self.without_enum(value)?;
        if value.kind.is_complex() {
            return Ok((value.ops[0], value.ops[1]));
        }
        if self.has_method(value, "__complex__") {
            let number = self.call_method(value, "__complex__", &[])?;
            return self.complex_of(&number, what);
        }
        Ok((self.float_of(value, what)?, ZERO))
    }

    /// An operator on two numbers of which one at least is complex.
    pub(crate) fn complex_binary(&mut self, op: BinOp, left: &Val, right: &Val) -> Walk<Val> {
        let is_numpy = |value: &Val| matches!(value.kind, Kind::Complex { numpy: true } | Kind::Float { numpy: true });
        let numpy = is_numpy(left) || is_numpy(right);
        let (a, b) = (self.parts_of(left), self.parts_of(right));
        let result = match op {
            BinOp::Add => (self.float_op(FloatBinary::Add, a.0, b.0), self.float_op(FloatBinary::Add, a.1, b.1)),
            BinOp::Sub => (self.float_op(FloatBinary::Sub, a.0, b.0), self.float_op(FloatBinary::Sub, a.1, b.1)),
            BinOp::Mul => self.complex_product(a, b),
            BinOp::Div => self.complex_quotient(a, b, numpy),
            BinOp::Pow => self.complex_power(a, b, numpy),
            _ => {
                let span = self.span;
                let (a, b) = (left.kind.type_name(), right.kind.type_name());
                return self.refuse(errors::unsupported_operands(span, op.symbol(), &a, &b));
            }
        };
        Ok(Val::complex(result, numpy))
    }

    pub(crate) fn complex_product(&mut self, a: Parts, b: Parts) -> Parts {
        let (first, second) = (self.float_op(FloatBinary::Mul, a.0, b.0), self.float_op(FloatBinary::Mul, a.1, b.1));
        let re = self.float_op(FloatBinary::Sub, first, second);
        let (first, second) = (self.float_op(FloatBinary::Mul, a.0, b.1), self.float_op(FloatBinary::Mul, a.1, b.0));
        (re, self.float_op(FloatBinary::Add, first, second))
    }

    /// Smith's quotient, the divisor's larger part taken first.
    pub(crate) fn complex_quotient(&mut self, a: Parts, b: Parts, numpy: bool) -> Parts {
        let is_zero = {
            let (re, im) = (self.is_zero(b.0), self.is_zero(b.1));
            self.emit.bool_binary(BoolBinary::And, re, im)
        };
        if !numpy {
            self.fault_if(is_zero, FaultText::new("ZeroDivisionError", "complex division by zero"), &[]);
        }
        let (size_re, size_im) =
            (self.emit.float_unary(FloatUnary::Abs, b.0), self.emit.float_unary(FloatUnary::Abs, b.1));
        let is_real = self.emit.float_compare(Compare::Ge, size_re, size_im);
        let (large, small) = (self.emit.select(is_real, b.0, b.1), self.emit.select(is_real, b.1, b.0));
        let (p, q) = (self.emit.select(is_real, a.0, a.1), self.emit.select(is_real, a.1, a.0));
        let ratio = self.float_op(FloatBinary::Div, small, large);
        let part = self.float_op(FloatBinary::Mul, small, ratio);
        let divisor = self.float_op(FloatBinary::Add, large, part);
        let turned = self.float_op(FloatBinary::Mul, q, ratio);
        let re = self.float_op(FloatBinary::Add, p, turned);
        let turned = self.float_op(FloatBinary::Mul, p, ratio);
        let (above, below) = (self.float_op(FloatBinary::Sub, q, turned), self.float_op(FloatBinary::Sub, turned, q));
        let im = self.emit.select(is_real, above, below);
        if !numpy {
            return (self.float_op(FloatBinary::Div, re, divisor), self.float_op(FloatBinary::Div, im, divisor));
        }
        let scale = self.float_op(FloatBinary::Div, ONE, divisor);
        let (re, im) = (self.float_op(FloatBinary::Mul, re, scale), self.float_op(FloatBinary::Mul, im, scale));
        let by_zero = (self.float_op(FloatBinary::Div, a.0, size_re), self.float_op(FloatBinary::Div, a.1, size_re));
        (self.emit.select(is_zero, by_zero.0, re), self.emit.select(is_zero, by_zero.1, im))
    }

    /// By multiplication for whole exponents that are constants, else in polar form.
    fn complex_power(&mut self, a: Parts, b: Parts, numpy: bool) -> Parts {
        if let (Operand::F64(exponent), Operand::F64(0.0)) = b
            && exponent.fract() == 0.0
            && exponent.abs() <= 100.0
        {
            let power = self.whole_power(a, exponent.abs() as u32);
            return if exponent < 0.0 { self.complex_quotient((ONE, ZERO), power, numpy) } else { power };
        }
        if !numpy {
            let (re, im) = (self.is_zero(a.0), self.is_zero(a.1));
            let is_zero = self.emit.bool_binary(BoolBinary::And, re, im);
            let is_negative = self.emit.float_compare(Compare::Lt, b.0, ZERO);
            let is_complex = self.emit.float_compare(Compare::Ne, b.1, ZERO);
            let has_no_power = self.emit.bool_binary(BoolBinary::Or, is_negative, is_complex);
            let is_wrong = self.emit.bool_binary(BoolBinary::And, is_zero, has_no_power);
            self.fault_if(is_wrong, FaultText::new("ZeroDivisionError", "0.0 to a negative or complex power"), &[]);
        }
        let (modulus, angle) = (self.emit.math(MathFn::Hypot, &[a.0, a.1]), self.emit.math(MathFn::Atan2, &[a.1, a.0]));
        let mut length = self.emit.math(MathFn::Pow, &[modulus, b.0]);
        let mut phase = self.float_op(FloatBinary::Mul, angle, b.0);
        if b.1 != ZERO {
            let turned = self.float_op(FloatBinary::Mul, angle, b.1);
            let shrunk = self.emit.math(MathFn::Exp, &[turned]);
            length = self.float_op(FloatBinary::Div, length, shrunk);
            let log = self.emit.math(MathFn::Log, &[modulus]);
            let added = self.float_op(FloatBinary::Mul, b.1, log);
            phase = self.float_op(FloatBinary::Add, phase, added);
        }
        self.of_polar(length, phase)
    }

    fn whole_power(&mut self, base: Parts, exponent: u32) -> Parts {
        let (mut result, mut power, mut rest) = ((ONE, ZERO), base, exponent);
        while rest > 0 {
            if rest & 1 != 0 {
                result = self.complex_product(result, power);
            }
            rest >>= 1;
            if rest > 0 {
                power = self.complex_product(power, power);
            }
        }
        result
    }

    fn is_zero(&mut self, x: Operand) -> Operand {
        self.emit.float_compare(Compare::Eq, x, ZERO)
    }

    pub(crate) fn complex_equal(&mut self, left: &Val, right: &Val) -> Operand {
        let (a, b) = (self.parts_of(left), self.parts_of(right));
        let re = self.emit.float_compare(Compare::Eq, a.0, b.0);
        let im = self.emit.float_compare(Compare::Eq, a.1, b.1);
        self.emit.bool_binary(BoolBinary::And, re, im)
    }

    pub(crate) fn complex_truth(&mut self, value: &Val) -> Operand {
        let re = self.emit.float_compare(Compare::Ne, value.ops[0], ZERO);
        let im = self.emit.float_compare(Compare::Ne, value.ops[1], ZERO);
        self.emit.bool_binary(BoolBinary::Or, re, im)
    }

    /// `abs(z)`
    pub(crate) fn complex_size(&mut self, value: &Val) -> Val {
        let (re, im) = (value.ops[0], value.ops[1]);
        let size = self.emit.math(MathFn::Hypot, &[re, im]);
        let numpy = matches!(value.kind, Kind::Complex { numpy: true });
        if !numpy {
            self.check_overflow(size, &[re, im], "absolute value too large");
        }
        Val::new(Kind::Float { numpy }, vec![size])
    }

    /// `z.name`; `None` if it is a method or nothing.
    pub(crate) fn complex_attribute(value: &Val, name: &str) -> Option<Val> {
        let Kind::Complex { numpy } = value.kind else { return None };
        let part = match name {
            "real" => value.ops[0],
            "imag" => value.ops[1],
            _ => return None,
        };
        Some(Val::new(Kind::Float { numpy }, vec![part]))
    }

    pub(crate) fn conjugate(&mut self, value: &Val) -> Val {
        let im = self.emit.float_unary(FloatUnary::Neg, value.ops[1]);
        Val::new(value.kind.clone(), vec![value.ops[0], im])
    }

    /// `complex(real, imag)`
    pub(crate) fn complex_call(&mut self, args: &CallArgs) -> Walk<Val> {
        let (re, im) = (args.get(0, "real").cloned(), args.get(1, "imag").cloned());
        let first = match re {
            Some(value) => self.complex_of(&value, "complex()")?,
            None => (ZERO, ZERO),
        };
        let Some(im) = im else { return Ok(Val::complex(first, false)) };
        let is_complex = im.kind.is_complex();
        let second = self.complex_of(&im, "complex()")?;
        let re = if is_complex { self.float_op(FloatBinary::Sub, first.0, second.1) } else { first.0 };
        let has_both = args.get(0, "real").is_some_and(|value| value.kind.is_complex());
        let im = if has_both { self.float_op(FloatBinary::Add, first.1, second.0) } else { second.0 };
        Ok(Val::complex((re, im), false))
    }

    /// `cmath.name(...)`
    pub(crate) fn cmath_call(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let what = format!("cmath.{name}()");
        let first = self.argument(name, args, 0)?;
        if name == "rect" {
            let second = self.argument(name, args, 1)?;
            let (length, angle) = (self.float_of(&first, &what)?, self.float_of(&second, &what)?);
            return Ok(Some(Val::complex(self.of_polar(length, angle), false)));
        }
        self.only(name, args)?;
        let z = self.complex_of(&first, &what)?;
        Ok(Some(match name {
            "exp" => {
                let result = self.complex_exp(z);
                for part in [result.0, result.1] {
                    self.check_overflow(part, &[z.0, z.1], "math range error");
                }
                Val::complex(result, false)
            }
            "log" => {
                let (re, im) = (self.is_zero(z.0), self.is_zero(z.1));
                let is_zero = self.emit.bool_binary(BoolBinary::And, re, im);
                self.fault_if(is_zero, FaultText::new("ValueError", "math domain error"), &[]);
                Val::complex(self.complex_log(z), false)
            }
            "sqrt" => Val::complex(self.complex_sqrt(z), false),
            "cos" | "sin" => {
                let (cos, sin) = (self.emit.math(MathFn::Cos, &[z.0]), self.emit.math(MathFn::Sin, &[z.0]));
                let (cosh, sinh) = (self.emit.math(MathFn::Cosh, &[z.1]), self.emit.math(MathFn::Sinh, &[z.1]));
                let (a, b) = if name == "cos" { (cos, sin) } else { (sin, cos) };
                let (re, im) = (self.float_op(FloatBinary::Mul, a, cosh), self.float_op(FloatBinary::Mul, b, sinh));
                let im = if name == "cos" { self.emit.float_unary(FloatUnary::Neg, im) } else { im };
                Val::complex((re, im), false)
            }
            "phase" => Val::float(self.emit.math(MathFn::Atan2, &[z.1, z.0])),
            "polar" => {
                let size = self.emit.math(MathFn::Hypot, &[z.0, z.1]);
                let angle = self.emit.math(MathFn::Atan2, &[z.1, z.0]);
                Val::tuple(vec![Val::float(size), Val::float(angle)])
            }
            "isfinite" | "isnan" => {
                let mut test = |x: Operand| {
                    if name == "isnan" {
                        return self.emit.float_compare(Compare::Ne, x, x);
                    }
                    let size = self.emit.float_unary(FloatUnary::Abs, x);
                    self.emit.float_compare(Compare::Lt, size, Operand::F64(f64::INFINITY))
                };
                let (re, im) = (test(z.0), test(z.1));
                let op = if name == "isnan" { BoolBinary::Or } else { BoolBinary::And };
                Val::bool(self.emit.bool_binary(op, re, im))
            }
            _ => return Ok(None),
        }))
    }

    fn of_polar(&mut self, length: Operand, angle: Operand) -> Parts {
        let (cos, sin) = (self.emit.math(MathFn::Cos, &[angle]), self.emit.math(MathFn::Sin, &[angle]));
        (self.float_op(FloatBinary::Mul, length, cos), self.float_op(FloatBinary::Mul, length, sin))
    }

    pub(crate) fn complex_exp(&mut self, z: Parts) -> Parts {
        let length = if z.0 == ZERO { ONE } else { self.emit.math(MathFn::Exp, &[z.0]) };
        self.of_polar(length, z.1)
    }

    /// Near the unit circle by `log1p` of what the squares are beyond 1.
    pub(crate) fn complex_log(&mut self, z: Parts) -> Parts {
        let size = self.emit.math(MathFn::Hypot, &[z.0, z.1]);
        let far = self.emit.math(MathFn::Log, &[size]);
        let (x, y) = (self.emit.float_unary(FloatUnary::Abs, z.0), self.emit.float_unary(FloatUnary::Abs, z.1));
        let is_wide = self.emit.float_compare(Compare::Ge, x, y);
        let (large, small) = (self.emit.select(is_wide, x, y), self.emit.select(is_wide, y, x));
        let (below, above) = (self.float_op(FloatBinary::Sub, large, ONE), self.float_op(FloatBinary::Add, large, ONE));
        let (first, second) =
            (self.float_op(FloatBinary::Mul, below, above), self.float_op(FloatBinary::Mul, small, small));
        let beyond = self.float_op(FloatBinary::Add, first, second);
        let near = self.emit.math(MathFn::Log1p, &[beyond]);
        let near = self.float_op(FloatBinary::Mul, near, Operand::F64(0.5));
        let is_above = self.emit.float_compare(Compare::Ge, size, Operand::F64(0.71));
        let is_below = self.emit.float_compare(Compare::Le, size, Operand::F64(1.73));
        let is_near = self.emit.bool_binary(BoolBinary::And, is_above, is_below);
        (self.emit.select(is_near, near, far), self.emit.math(MathFn::Atan2, &[z.1, z.0]))
    }

    /// The root with a real part of 0 or more.
    pub(crate) fn complex_sqrt(&mut self, z: Parts) -> Parts {
        let (x, y) = (self.emit.float_unary(FloatUnary::Abs, z.0), self.emit.float_unary(FloatUnary::Abs, z.1));
        let eighth = Operand::F64(0.125);
        let (small_x, small_y) =
            (self.float_op(FloatBinary::Mul, x, eighth), self.float_op(FloatBinary::Mul, y, eighth));
        let size = self.emit.math(MathFn::Hypot, &[small_x, small_y]);
        let sum = self.float_op(FloatBinary::Add, small_x, size);
        let root = self.emit.float_unary(FloatUnary::Sqrt, sum);
        let large = self.float_op(FloatBinary::Mul, root, Operand::F64(2.0));
        let twice = self.float_op(FloatBinary::Mul, large, Operand::F64(2.0));
        let small = self.float_op(FloatBinary::Div, y, twice);
        let is_right = self.emit.float_compare(Compare::Ge, z.0, ZERO);
        let (re, im) = (self.emit.select(is_right, large, small), self.emit.select(is_right, small, large));
        let im = self.float_op(FloatBinary::CopySign, im, z.1);
        let is_zero = self.is_zero(size);
        (self.emit.select(is_zero, ZERO, re), self.emit.select(is_zero, z.1, im))
    }

    /// Whether a value is complex, or holds what is.
    pub(crate) fn holds_complex(&mut self, value: &Val) -> bool {
        match &value.kind {
            Kind::Complex { .. } => true,
            Kind::Seq(seq) => {
                let slot = self.heap.element_slot(&seq.storages.clone());
                self.heap.slot(slot).kind.is_complex()
            }
            Kind::Tuple(_) => value.items().unwrap_or_default().iter().any(|item| self.holds_complex(item)),
            Kind::Optional(inner) => self.holds_complex(&Val::new((**inner).clone(), value.ops[1..].to_vec())),
            _ => false,
        }
    }

    /// Tells where a function of real numbers is given complex ones.
    pub(crate) fn demand_real(&mut self, name: &str, args: &CallArgs) -> Walk<()> {
        let all: Vec<Val> =
            args.positional.iter().chain(args.keywords.iter().map(|(_, value)| value)).cloned().collect();
        if all.iter().any(|value| self.holds_complex(value)) {
            let span = self.span;
            return self.refuse(errors::not_in_process(span, &format!("`{name}` of complex numbers")));
        }
        Ok(())
    }

    /// A function of one complex number as numpy has it.
    pub(crate) fn complex_element(&mut self, name: &str, z: &Val) -> Walk<Val> {
        let parts = self.parts_of(z);
        let whole = Val::complex(parts, true);
        Ok(match name {
            "abs" | "absolute" => self.complex_size(&whole),
            "angle" => Val::numpy_float(self.emit.math(MathFn::Atan2, &[parts.1, parts.0])),
            "real" => Val::numpy_float(parts.0),
            "imag" => Val::numpy_float(parts.1),
            "conj" | "conjugate" => self.conjugate(&whole),
            "exp" => Val::complex(self.complex_exp(parts), true),
            "log" => Val::complex(self.complex_log(parts), true),
            "sqrt" => Val::complex(self.complex_sqrt(parts), true),
            "square" => Val::complex(self.complex_product(parts, parts), true),
            "reciprocal" => Val::complex(self.complex_quotient((ONE, ZERO), parts, true), true),
            _ => return Err(Told),
        })
    }
}
