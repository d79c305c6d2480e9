//! Functions of each element.

use super::super::{Audio, Contribution, Entry};
use super::{deliver, value};
use crate::evaluate::Interpreter;
use crate::evaluate::array::arithmetic::{binary, compare, unary};
use crate::evaluate::array::elementwise as each;
use crate::evaluate::array::{Operand, bind};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Array, Result, Value};
use crate::ir::MathFn;
use crate::syntax::ast::{BinOp, CmpOp, UnaryOp};

type Load = fn(&mut Interpreter, Args) -> Result<Value>;

const fn math(name: &'static str, function: MathFn, load: Load) -> Entry {
    Entry { name, load, audio: Audio::Numpy(function) }
}

const fn rule(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::Rule }
}

const fn load_only(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

/// The rows of this file.
pub(crate) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

static ENTRIES: &[Entry] = &[
    math("numpy.sin", MathFn::Sin, |_, a| unary_float("sin", a, f64::sin)),
    math("numpy.cos", MathFn::Cos, |_, a| unary_float("cos", a, f64::cos)),
    math("numpy.tan", MathFn::Tan, |_, a| unary_float("tan", a, f64::tan)),
    math("numpy.arcsin", MathFn::Asin, |_, a| unary_float("arcsin", a, f64::asin)),
    math("numpy.asin", MathFn::Asin, |_, a| unary_float("arcsin", a, f64::asin)),
    math("numpy.arccos", MathFn::Acos, |_, a| unary_float("arccos", a, f64::acos)),
    math("numpy.acos", MathFn::Acos, |_, a| unary_float("arccos", a, f64::acos)),
    math("numpy.arctan", MathFn::Atan, |_, a| unary_float("arctan", a, f64::atan)),
    math("numpy.atan", MathFn::Atan, |_, a| unary_float("arctan", a, f64::atan)),
    math("numpy.sinh", MathFn::Sinh, |_, a| unary_float("sinh", a, f64::sinh)),
    math("numpy.cosh", MathFn::Cosh, |_, a| unary_float("cosh", a, f64::cosh)),
    math("numpy.tanh", MathFn::Tanh, |_, a| unary_float("tanh", a, f64::tanh)),
    math("numpy.arcsinh", MathFn::Asinh, |_, a| unary_float("arcsinh", a, f64::asinh)),
    math("numpy.asinh", MathFn::Asinh, |_, a| unary_float("arcsinh", a, f64::asinh)),
    math("numpy.arccosh", MathFn::Acosh, |_, a| unary_float("arccosh", a, f64::acosh)),
    math("numpy.acosh", MathFn::Acosh, |_, a| unary_float("arccosh", a, f64::acosh)),
    math("numpy.arctanh", MathFn::Atanh, |_, a| unary_float("arctanh", a, f64::atanh)),
    math("numpy.atanh", MathFn::Atanh, |_, a| unary_float("arctanh", a, f64::atanh)),
    math("numpy.exp", MathFn::Exp, |_, a| unary_float("exp", a, f64::exp)),
    math("numpy.exp2", MathFn::Exp2, |_, a| unary_float("exp2", a, f64::exp2)),
    math("numpy.expm1", MathFn::Expm1, |_, a| unary_float("expm1", a, f64::exp_m1)),
    math("numpy.log", MathFn::Log, |_, a| unary_float("log", a, f64::ln)),
    math("numpy.log2", MathFn::Log2, |_, a| unary_float("log2", a, f64::log2)),
    math("numpy.log10", MathFn::Log10, |_, a| unary_float("log10", a, f64::log10)),
    math("numpy.log1p", MathFn::Log1p, |_, a| unary_float("log1p", a, f64::ln_1p)),
    math("numpy.cbrt", MathFn::Cbrt, |_, a| unary_float("cbrt", a, f64::cbrt)),
    math("numpy.arctan2", MathFn::Atan2, |_, a| binary_float("arctan2", a, f64::atan2)),
    math("numpy.atan2", MathFn::Atan2, |_, a| binary_float("arctan2", a, f64::atan2)),
    math("numpy.hypot", MathFn::Hypot, |_, a| binary_float("hypot", a, f64::hypot)),
    math("numpy.fmod", MathFn::Fmod, |_, a| {
        let bound = bind("fmod", a, &["x1", "x2", "out"])?;
        let (l, r) = (Operand::new(bound.required(0)?)?, Operand::new(bound.required(1)?)?);
        let ints = [&l.array, &r.array].iter().all(|a| a.dtype() == crate::evaluate::value::Dtype::Int);
        let result = each::float_binary("fmod", &l, &r, |l, r| l % r)?;
        deliver(if ints { result.cast(crate::evaluate::value::Dtype::Int) } else { result }, bound.optional(2))
    }),
    rule("numpy.sqrt", |_, a| unary_float("sqrt", a, f64::sqrt)),
    rule("numpy.copysign", |_, a| binary_float("copysign", a, f64::copysign)),
    rule("numpy.radians", |_, a| unary_float("radians", a, |v| v * (std::f64::consts::PI / 180.0))),
    rule("numpy.deg2rad", |_, a| unary_float("deg2rad", a, |v| v * (std::f64::consts::PI / 180.0))),
    rule("numpy.degrees", |_, a| unary_float("degrees", a, |v| v * (180.0 / std::f64::consts::PI))),
    rule("numpy.rad2deg", |_, a| unary_float("rad2deg", a, |v| v * (180.0 / std::f64::consts::PI))),
    rule("numpy.sinc", |_, a| unary_float("sinc", a, each::sinc)),
    load_only("numpy.i0", |_, a| unary_float("i0", a, each::bessel_i0)),
    rule("numpy.square", |_, a| {
        let bound = bind("square", a, &["x", "out"])?;
        let x = bound.required(0)?;
        deliver(operate(BinOp::Mul, x, x)?, bound.optional(1))
    }),
    rule("numpy.reciprocal", |_, a| {
        let bound = bind("reciprocal", a, &["x", "out"])?;
        deliver(operate(BinOp::Div, &Value::Float(1.0), bound.required(0)?)?, bound.optional(1))
    }),
    rule("numpy.add", |_, a| operator("add", BinOp::Add, a)),
    rule("numpy.subtract", |_, a| operator("subtract", BinOp::Sub, a)),
    rule("numpy.multiply", |_, a| operator("multiply", BinOp::Mul, a)),
    rule("numpy.divide", |_, a| operator("divide", BinOp::Div, a)),
    rule("numpy.true_divide", |_, a| operator("divide", BinOp::Div, a)),
    rule("numpy.floor_divide", |_, a| operator("floor_divide", BinOp::FloorDiv, a)),
    rule("numpy.mod", |_, a| operator("remainder", BinOp::Mod, a)),
    rule("numpy.remainder", |_, a| operator("remainder", BinOp::Mod, a)),
    rule("numpy.power", |_, a| operator("power", BinOp::Pow, a)),
    rule("numpy.pow", |_, a| operator("power", BinOp::Pow, a)),
    rule("numpy.float_power", |_, a| binary_float("float_power", a, f64::powf)),
    rule("numpy.bitwise_and", |_, a| operator("bitwise_and", BinOp::BitAnd, a)),
    rule("numpy.bitwise_or", |_, a| operator("bitwise_or", BinOp::BitOr, a)),
    rule("numpy.bitwise_xor", |_, a| operator("bitwise_xor", BinOp::BitXor, a)),
    rule("numpy.left_shift", |_, a| operator("left_shift", BinOp::LShift, a)),
    rule("numpy.right_shift", |_, a| operator("right_shift", BinOp::RShift, a)),
    load_only("numpy.divmod", |_, a| {
        let bound = bind("divmod", a, &["x1", "x2"])?;
        let (l, r) = (bound.required(0)?, bound.required(1)?);
        Ok(super::creation::pair(
            Value::Array(operate(BinOp::FloorDiv, l, r)?),
            Value::Array(operate(BinOp::Mod, l, r)?),
        ))
    }),
    rule("numpy.negative", |_, a| {
        let bound = bind("negative", a, &["x", "out"])?;
        let Value::Array(result) = unary(UnaryOp::Neg, &bound.array(0)?)? else { return Ok(Value::None) };
        deliver(result, bound.optional(1))
    }),
    rule("numpy.positive", |_, a| one("positive", a, |x| Ok(x.copied()))),
    rule("numpy.invert", |_, a| inverted("invert", a)),
    rule("numpy.bitwise_not", |_, a| inverted("bitwise_not", a)),
    rule("numpy.equal", |_, a| comparison("equal", CmpOp::Eq, a)),
    rule("numpy.not_equal", |_, a| comparison("not_equal", CmpOp::Ne, a)),
    rule("numpy.less", |_, a| comparison("less", CmpOp::Lt, a)),
    rule("numpy.less_equal", |_, a| comparison("less_equal", CmpOp::Le, a)),
    rule("numpy.greater", |_, a| comparison("greater", CmpOp::Gt, a)),
    rule("numpy.greater_equal", |_, a| comparison("greater_equal", CmpOp::Ge, a)),
    rule("numpy.logical_and", |_, a| logical("logical_and", a, |l, r| l & r)),
    rule("numpy.logical_or", |_, a| logical("logical_or", a, |l, r| l | r)),
    rule("numpy.logical_xor", |_, a| logical("logical_xor", a, |l, r| l ^ r)),
    rule("numpy.logical_not", |_, a| one("logical_not", a, |x| Ok(each::predicate(x, |v| v == 0.0)))),
    rule("numpy.isnan", |_, a| one("isnan", a, |x| Ok(each::predicate(x, f64::is_nan)))),
    rule("numpy.isinf", |_, a| one("isinf", a, |x| Ok(each::predicate(x, f64::is_infinite)))),
    rule("numpy.isfinite", |_, a| one("isfinite", a, |x| Ok(each::predicate(x, f64::is_finite)))),
    rule("numpy.signbit", |_, a| one("signbit", a, |x| Ok(each::predicate(x, f64::is_sign_negative)))),
    rule("numpy.abs", |_, a| one("absolute", a, |x| Ok(each::absolute(x)))),
    rule("numpy.absolute", |_, a| one("absolute", a, |x| Ok(each::absolute(x)))),
    rule("numpy.fabs", |_, a| unary_float("fabs", a, f64::abs)),
    rule("numpy.sign", |_, a| one("sign", a, |x| Ok(each::sign(x)))),
    rule("numpy.floor", |_, a| one("floor", a, |x| each::rounding("floor", x, f64::floor))),
    rule("numpy.ceil", |_, a| one("ceil", a, |x| each::rounding("ceil", x, f64::ceil))),
    rule("numpy.trunc", |_, a| one("trunc", a, |x| each::rounding("trunc", x, f64::trunc))),
    rule("numpy.fix", |_, a| one("fix", a, |x| each::rounding("fix", x, f64::trunc))),
    rule("numpy.rint", |_, a| unary_float("rint", a, f64::round_ties_even)),
    rule("numpy.round", |_, a| rounded("round", a)),
    rule("numpy.around", |_, a| rounded("around", a)),
    rule("numpy.maximum", |_, a| extreme("maximum", a, true, false)),
    rule("numpy.minimum", |_, a| extreme("minimum", a, false, false)),
    rule("numpy.fmax", |_, a| extreme("fmax", a, true, true)),
    rule("numpy.fmin", |_, a| extreme("fmin", a, false, true)),
    rule("numpy.clip", |_, a| {
        let bound = bind("clip", a, &["a", "a_min", "a_max", "out", "min", "max"])?;
        let low = bound.optional(1).or(bound.optional(4));
        let high = bound.optional(2).or(bound.optional(5));
        deliver(each::clip(bound.required(0)?, low, high)?, bound.optional(3))
    }),
    rule("numpy.where", |_, a| {
        let bound = bind("where", a, &["condition", "x", "y"])?;
        let condition = bound.array(0)?;
        match (bound.optional(1), bound.optional(2)) {
            (Some(x), Some(y)) => value(each::choose(&condition, x, y)),
            (None, None) => {
                let axes = crate::evaluate::array::order::nonzero(&condition);
                Ok(Value::Tuple(std::rc::Rc::new(axes.into_iter().map(Value::Array).collect())))
            }
            _ => Err(raise("ValueError", "either both or neither of x and y should be given")),
        }
    }),
    rule("numpy.heaviside", |_, a| {
        binary_float("heaviside", a, |x, middle| {
            if x.is_nan() || x == 0.0 { if x == 0.0 { middle } else { x } } else { f64::from(u8::from(x > 0.0)) }
        })
    }),
    load_only("numpy.gcd", |_, a| integers("gcd", a, gcd)),
    load_only("numpy.lcm", |_, a| {
        integers("lcm", a, |l, r| if l == 0 || r == 0 { 0 } else { (l / gcd(l, r)).wrapping_mul(r).wrapping_abs() })
    }),
    load_only("numpy.ldexp", |_, a| binary_float("ldexp", a, |l, r| l * r.exp2())),
    rule("numpy.logaddexp", |_, a| {
        binary_float("logaddexp", a, |l, r| {
            if l == r { l + std::f64::consts::LN_2 } else { l.max(r) + (-(l - r).abs()).exp().ln_1p() }
        })
    }),
    load_only("numpy.nextafter", |_, a| {
        binary_float("nextafter", a, |from, to| {
            if from.is_nan() || to.is_nan() {
                f64::NAN
            } else if to > from {
                from.next_up()
            } else if to < from {
                from.next_down()
            } else {
                to
            }
        })
    }),
    rule("numpy.real", |_, a| one("real", a, |x| Ok(each::real(x)))),
    rule("numpy.imag", |_, a| one("imag", a, |x| Ok(each::imag(x)))),
    rule("numpy.conj", |_, a| one("conj", a, |x| Ok(each::conj(x)))),
    rule("numpy.conjugate", |_, a| one("conjugate", a, |x| Ok(each::conj(x)))),
    rule("numpy.angle", |_, a| {
        let bound = bind("angle", a, &["z", "deg"])?;
        let angle = each::angle(&bound.array(0)?);
        let scale = if bound.flag_or(1, false)? { 180.0 / std::f64::consts::PI } else { 1.0 };
        binary(BinOp::Mul, &Value::Array(angle), &Value::Float(scale))
    }),
    rule("numpy.nan_to_num", |_, a| {
        let bound = bind("nan_to_num", a, &["x", "copy", "nan", "posinf", "neginf"])?;
        value(each::nan_to_num(
            &bound.array(0)?,
            bound.float_or(2, 0.0)?,
            bound.float_or(3, f64::MAX)?,
            bound.float_or(4, f64::MIN)?,
        ))
    }),
    rule("numpy.isclose", |_, a| {
        let bound = bind("isclose", a, &["a", "b", "rtol", "atol", "equal_nan"])?;
        value(close(&bound))
    }),
    load_only("numpy.allclose", |_, a| {
        let bound = bind("allclose", a, &["a", "b", "rtol", "atol", "equal_nan"])?;
        Ok(Value::Bool(!close(&bound)?.bools().contains(&false)))
    }),
    load_only("numpy.array_equal", |_, a| {
        let bound = bind("array_equal", a, &["a1", "a2"])?;
        Ok(Value::Bool(each::array_equal(bound.required(0)?, bound.required(1)?)?))
    }),
];

fn unary_float(name: &'static str, args: Args, f: fn(f64) -> f64) -> Result<Value> {
    let bound = bind(name, args, &["x", "out"])?;
    deliver(each::float_unary(name, &numbers(name, bound.required(0)?)?, f)?, bound.optional(1))
}

fn binary_float(name: &'static str, args: Args, f: fn(f64, f64) -> f64) -> Result<Value> {
    let bound = bind(name, args, &["x1", "x2", "out"])?;
    let (l, r) = (Operand::new(bound.required(0)?)?, Operand::new(bound.required(1)?)?);
    deliver(each::float_binary(name, &l, &r, f)?, bound.optional(2))
}

fn one(name: &'static str, args: Args, f: fn(&Array) -> Result<Array>) -> Result<Value> {
    let bound = bind(name, args, &["x", "out"])?;
    deliver(f(&numbers(name, bound.required(0)?)?)?, bound.optional(1))
}

/// An operand of the ufunc `name`.
fn numbers(name: &str, value: &Value) -> Result<Array> {
    match Operand::new(value) {
        Ok(operand) => Ok(operand.array),
        Err(_) if matches!(value, Value::Str(_) | Value::None) => {
            Err(crate::evaluate::array::arithmetic::not_supported(name))
        }
        Err(error) => Err(error),
    }
}

fn operate(op: BinOp, left: &Value, right: &Value) -> Result<Array> {
    crate::evaluate::array::arithmetic::binary_operands(op, &Operand::new(left)?, &Operand::new(right)?)
}

fn operator(name: &'static str, op: BinOp, args: Args) -> Result<Value> {
    let bound = bind(name, args, &["x1", "x2", "out"])?;
    deliver(operate(op, bound.required(0)?, bound.required(1)?)?, bound.optional(2))
}

fn inverted(name: &'static str, args: Args) -> Result<Value> {
    let bound = bind(name, args, &["x"])?;
    unary(UnaryOp::Invert, &bound.array(0)?)
}

fn comparison(name: &'static str, op: CmpOp, args: Args) -> Result<Value> {
    let bound = bind(name, args, &["x1", "x2"])?;
    compare(op, &Value::Array(bound.array(0)?), bound.required(1)?)
}

fn logical(name: &'static str, args: Args, f: fn(bool, bool) -> bool) -> Result<Value> {
    let bound = bind(name, args, &["x1", "x2"])?;
    value(each::logical(bound.required(0)?, bound.required(1)?, f))
}

fn rounded(name: &'static str, args: Args) -> Result<Value> {
    let bound = bind(name, args, &["a", "decimals", "out"])?;
    deliver(each::round(&bound.array(0)?, bound.int_or(1, 0)?), bound.optional(2))
}

fn extreme(name: &'static str, args: Args, largest: bool, skip_nan: bool) -> Result<Value> {
    let bound = bind(name, args, &["x1", "x2", "out"])?;
    deliver(each::extreme(bound.required(0)?, bound.required(1)?, largest, skip_nan)?, bound.optional(2))
}

fn integers(name: &'static str, args: Args, f: fn(i64, i64) -> i64) -> Result<Value> {
    let bound = bind(name, args, &["x1", "x2"])?;
    let (shape, both) = crate::evaluate::array::arithmetic::stretch(&[&bound.array(0)?, &bound.array(1)?])?;
    let values: Vec<i64> = both[0].ints().into_iter().zip(both[1].ints()).map(|(l, r)| f(l, r)).collect();
    Ok(Value::Array(Array::from_ints(values).reshaped(shape)))
}

fn gcd(l: i64, r: i64) -> i64 {
    let (mut a, mut b) = (l.wrapping_abs(), r.wrapping_abs());
    while b != 0 {
        (a, b) = (b, a.wrapping_rem(b));
    }
    a
}

fn close(bound: &crate::evaluate::array::Bound) -> Result<Array> {
    each::is_close(
        bound.required(0)?,
        bound.required(1)?,
        bound.float_or(2, 1e-5)?,
        bound.float_or(3, 1e-8)?,
        bound.flag_or(4, false)?,
    )
}
