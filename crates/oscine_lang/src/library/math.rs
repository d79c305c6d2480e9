//! `math`.
//!
//! Outside a function's domain Python raises where C returns NaN or infinity: NaN of a number is a domain error, infinity
//! of a finite number a range error if the function can overflow and a domain error if it has a pole there.

use std::f64::consts;
use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::arithmetic::{float_to_int, int_overflow};
use crate::evaluate::calls::{count_args, match_args, one_arg};
use crate::evaluate::exceptions::raise;
use crate::evaluate::types::type_name;
use crate::evaluate::value::{Args, Raised, Result, Value};
use crate::ir::MathFn;
use crate::syntax::ast::BinOp;

type Load = fn(&mut Interpreter<'_>, Args) -> Result<Value>;

const fn pure(name: &'static str, function: MathFn, load: Load) -> Entry {
    Entry { name, load, audio: Audio::Math(function) }
}

const fn rule(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::Rule }
}

const fn load_only(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants };

static ENTRIES: &[Entry] = &[
    pure("math.sin", MathFn::Sin, |it, a| unary(it, a, "sin", f64::sin, false)),
    pure("math.cos", MathFn::Cos, |it, a| unary(it, a, "cos", f64::cos, false)),
    pure("math.tan", MathFn::Tan, |it, a| unary(it, a, "tan", f64::tan, false)),
    pure("math.asin", MathFn::Asin, |it, a| unary(it, a, "asin", f64::asin, false)),
    pure("math.acos", MathFn::Acos, |it, a| unary(it, a, "acos", f64::acos, false)),
    pure("math.atan", MathFn::Atan, |it, a| unary(it, a, "atan", f64::atan, false)),
    pure("math.atan2", MathFn::Atan2, |it, a| binary(it, a, "atan2", f64::atan2, Errors::None)),
    pure("math.sinh", MathFn::Sinh, |it, a| unary(it, a, "sinh", f64::sinh, true)),
    pure("math.cosh", MathFn::Cosh, |it, a| unary(it, a, "cosh", f64::cosh, true)),
    pure("math.tanh", MathFn::Tanh, |it, a| unary(it, a, "tanh", f64::tanh, false)),
    pure("math.asinh", MathFn::Asinh, |it, a| unary(it, a, "asinh", libm::asinh, false)),
    pure("math.acosh", MathFn::Acosh, |it, a| unary(it, a, "acosh", libm::acosh, false)),
    pure("math.atanh", MathFn::Atanh, |it, a| unary(it, a, "atanh", libm::atanh, false)),
    pure("math.exp", MathFn::Exp, |it, a| unary(it, a, "exp", f64::exp, true)),
    pure("math.exp2", MathFn::Exp2, |it, a| unary(it, a, "exp2", f64::exp2, true)),
    pure("math.expm1", MathFn::Expm1, |it, a| unary(it, a, "expm1", f64::exp_m1, true)),
    rule("math.log", log),
    pure("math.log2", MathFn::Log2, |it, a| unary(it, a, "log2", f64::log2, false)),
    pure("math.log10", MathFn::Log10, |it, a| unary(it, a, "log10", f64::log10, false)),
    pure("math.log1p", MathFn::Log1p, |it, a| unary(it, a, "log1p", f64::ln_1p, false)),
    pure("math.pow", MathFn::Pow, |it, a| binary(it, a, "pow", f64::powf, Errors::Pow)),
    pure("math.cbrt", MathFn::Cbrt, |it, a| unary(it, a, "cbrt", f64::cbrt, false)),
    pure("math.fmod", MathFn::Fmod, |it, a| binary(it, a, "fmod", |x, y| x % y, Errors::Domain)),
    pure("math.erf", MathFn::Erf, |it, a| unary(it, a, "erf", libm::erf, false)),
    pure("math.erfc", MathFn::Erfc, |it, a| unary(it, a, "erfc", libm::erfc, false)),
    pure("math.gamma", MathFn::Gamma, |it, a| unary(it, a, "gamma", gamma, true)),
    pure("math.lgamma", MathFn::Lgamma, |it, a| unary(it, a, "lgamma", log_gamma, true)),
    rule("math.sqrt", |it, a| unary(it, a, "sqrt", f64::sqrt, false)),
    rule("math.fabs", |it, a| unary(it, a, "fabs", f64::abs, false)),
    rule("math.degrees", |it, a| unary(it, a, "degrees", |x| x * (180.0 / consts::PI), false)),
    rule("math.radians", |it, a| unary(it, a, "radians", |x| x * (consts::PI / 180.0), false)),
    rule("math.copysign", |it, a| binary(it, a, "copysign", f64::copysign, Errors::None)),
    rule("math.hypot", hypot),
    rule("math.floor", |it, a| whole(it, a, "floor", f64::floor)),
    rule("math.ceil", |it, a| whole(it, a, "ceil", f64::ceil)),
    rule("math.trunc", |it, a| whole(it, a, "trunc", f64::trunc)),
    rule("math.isnan", |it, a| test(it, a, "isnan", f64::is_nan)),
    rule("math.isinf", |it, a| test(it, a, "isinf", f64::is_infinite)),
    rule("math.isfinite", |it, a| test(it, a, "isfinite", f64::is_finite)),
    rule("math.remainder", |it, a| binary(it, a, "remainder", remainder, Errors::Domain)),
    rule("math.isclose", is_close),
    rule("math.modf", modf),
    rule("math.gcd", gcd),
    rule("math.lcm", lcm),
    load_only("math.dist", dist),
    load_only("math.fsum", fsum),
    rule("math.prod", prod),
    rule("math.factorial", factorial),
    load_only("math.comb", comb),
    load_only("math.perm", perm),
    rule("math.isqrt", isqrt),
    rule("math.ldexp", ldexp),
    rule("math.frexp", frexp),
    load_only("math.nextafter", |it, a| binary(it, a, "nextafter", next_after, Errors::None)),
    load_only("math.ulp", ulp),
];

fn constants() -> Vec<(&'static str, Value)> {
    vec![
        ("math.pi", Value::Float(consts::PI)),
        ("math.e", Value::Float(consts::E)),
        ("math.tau", Value::Float(consts::TAU)),
        ("math.inf", Value::Float(f64::INFINITY)),
        ("math.nan", Value::Float(f64::NAN)),
    ]
}

fn domain_error() -> Box<Raised> {
    raise("ValueError", "math domain error")
}

fn range_error() -> Box<Raised> {
    raise("OverflowError", "math range error")
}

/// A real number, as C's functions take it.
fn real(it: &mut Interpreter<'_>, value: &Value) -> Result<f64> {
    if let Some(number) = value.as_float() {
        return Ok(number);
    }
    for name in ["__float__", "__index__"] {
        if let Some(result) = it.call_special(value, name, vec![])? {
            return result.as_float().ok_or_else(|| not_real(&result));
        }
    }
    Err(not_real(value))
}

fn not_real(value: &Value) -> Box<Raised> {
    match value {
        Value::Array(_) => raise("TypeError", "only 0-dimensional arrays can be converted to Python scalars"),
        _ => raise("TypeError", format!("must be real number, not {}", type_name(value))),
    }
}

fn unary(it: &mut Interpreter<'_>, args: Args, name: &str, f: fn(f64) -> f64, overflows: bool) -> Result<Value> {
    let x = one_arg(&format!("math.{name}"), args)?;
    let x = real(it, &x)?;
    let y = f(x);
    if y.is_nan() && !x.is_nan() {
        return Err(domain_error());
    }
    if y.is_infinite() && x.is_finite() {
        return Err(if overflows && !(name.ends_with("gamma") && x <= 0.0 && x == x.floor()) {
            range_error()
        } else {
            domain_error()
        });
    }
    Ok(Value::Float(y))
}

/// Which errors a function of two numbers has.
#[derive(Clone, Copy, PartialEq)]
enum Errors {
    None,
    Domain,
    Pow,
}

fn binary(it: &mut Interpreter<'_>, args: Args, name: &str, f: fn(f64, f64) -> f64, errors: Errors) -> Result<Value> {
    count_args(name, &args, 2, 2)?;
    let (x, y) = (real(it, &args.positional[0])?, real(it, &args.positional[1])?);
    let result = f(x, y);
    if errors != Errors::None && result.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(domain_error());
    }
    if errors == Errors::Pow && result.is_infinite() && x.is_finite() && y.is_finite() {
        return Err(if x == 0.0 { domain_error() } else { range_error() });
    }
    Ok(Value::Float(result))
}

/// The C library's `tgamma`; whole numbers below 1 are poles.
fn gamma(x: f64) -> f64 {
    if x == f64::NEG_INFINITY || x < 0.0 && x.fract() == 0.0 { f64::NAN } else { libm::tgamma(x) }
}

/// The coefficients of Lanczos' sum for 13 terms and `g` as below, numerator and denominator, the constant first (they
/// are the ones of Boost's `lanczos13m53`, as in CPython).
const LANCZOS_G: f64 = 6.024_680_040_776_73;
const LANCZOS_TOP: [f64; 13] = [
    23_531_376_880.410_76,
    42_919_803_642.649_1,
    35_711_959_237.355_67,
    17_921_034_426.037_21,
    6_039_542_586.352_028,
    1_439_720_407.311_721_6,
    248_874_557.862_054_17,
    31_426_415.585_400_194,
    2_876_370.628_935_372_5,
    186_056.265_395_223_48,
    8_071.672_002_365_816,
    210.824_277_751_579_36,
    2.506_628_274_631_000_2,
];
const LANCZOS_BOTTOM: [f64; 13] = [
    0.0,
    39_916_800.0,
    120_543_840.0,
    150_917_976.0,
    105_258_076.0,
    45_995_730.0,
    13_339_535.0,
    2_637_558.0,
    357_423.0,
    32_670.0,
    1_925.0,
    66.0,
    1.0,
];

/// Lanczos' sum at `x`, in powers of `x` or, for large `x`, of its inverse.
fn lanczos_sum(x: f64) -> f64 {
    let (mut top, mut bottom) = (0.0, 0.0);
    for index in 0..13 {
        if x < 5.0 {
            top = top * x + LANCZOS_TOP[12 - index];
            bottom = bottom * x + LANCZOS_BOTTOM[12 - index];
        } else {
            top = top / x + LANCZOS_TOP[index];
            bottom = bottom / x + LANCZOS_BOTTOM[index];
        }
    }
    top / bottom
}

/// `log |gamma(x)|` by Lanczos' approximation, with Euler's reflection below zero.
fn log_gamma(x: f64) -> f64 {
    if !x.is_finite() {
        return if x.is_nan() { x } else { f64::INFINITY };
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { f64::INFINITY } else { 0.0 };
    }
    let magnitude = x.abs();
    if magnitude < 1e-20 {
        return -magnitude.ln();
    }
    let value =
        (magnitude - 0.5) * ((magnitude + LANCZOS_G - 0.5).ln() - 1.0) + (lanczos_sum(magnitude).ln() - LANCZOS_G);
    if x < 0.0 {
        let sine = (consts::PI * (magnitude - 2.0 * (magnitude / 2.0).round())).sin().abs();
        return consts::PI.ln() - sine.ln() - magnitude.ln() - value;
    }
    value
}

/// To the nearest multiple, ties to the even one.
fn remainder(x: f64, y: f64) -> f64 {
    libm::remainder(x, y)
}

fn next_after(x: f64, y: f64) -> f64 {
    libm::nextafter(x, y)
}

fn log(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("log", &args, 1, 2)?;
    let mut logarithm = |value: &Value| -> Result<f64> {
        let x = real(it, value)?;
        if x <= 0.0 { Err(domain_error()) } else { Ok(x.ln()) }
    };
    let numerator = logarithm(&args.positional[0])?;
    let Some(base) = args.positional.get(1) else { return Ok(Value::Float(numerator)) };
    let denominator = logarithm(base)?;
    crate::evaluate::arithmetic::float_div(numerator, denominator).map(Value::Float)
}

/// CPython's `vector_norm` (3.11): scaled by a power of two, summed with the error of each addition and product kept,
/// and the root corrected once.
fn norm(values: &[f64]) -> f64 {
    if values.iter().any(|v| v.is_infinite()) {
        return f64::INFINITY;
    }
    if values.iter().any(|v| v.is_nan()) {
        return f64::NAN;
    }
    let largest = values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    if largest == 0.0 || values.len() <= 1 {
        return largest;
    }
    let (_, exponent) = libm::frexp(largest);
    if exponent < -1023 {
        // A power of two would overflow: scale subnormals up first.
        let scaled: Vec<f64> = values.iter().map(|v| v / f64::MIN_POSITIVE).collect();
        return f64::MIN_POSITIVE * norm(&scaled);
    }
    let scale = libm::ldexp(1.0, -exponent);
    let split = |x: f64| {
        let t = x * 134_217_729.0;
        let high = t - (t - x);
        (high, x - high)
    };
    let (mut sum, mut low1, mut low2) = (1.0, 0.0, 0.0);
    let mut add = |x: f64, low: &mut f64| {
        let before = sum;
        sum += x;
        *low += (before - sum) + x;
    };
    for value in values {
        let (high, low) = split(value * scale);
        add(high * high, &mut low1);
        add(2.0 * high * low, &mut low2);
        add(low * low, &mut low1);
    }
    let root = (sum - 1.0 + (low1 + low2)).sqrt();
    let (high, low) = split(root);
    let (mut low1, mut low2) = (low1, low2);
    let mut add = |x: f64, low: &mut f64| {
        let before = sum;
        sum += x;
        *low += (before - sum) + x;
    };
    add(-high * high, &mut low1);
    add(-2.0 * high * low, &mut low2);
    add(-low * low, &mut low1);
    let rest = sum - 1.0 + (low1 + low2);
    (root + rest / (2.0 * root)) / scale
}

fn hypot(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut values = vec![];
    for value in &args.positional {
        values.push(real(it, value)?);
    }
    Ok(Value::Float(norm(&values)))
}

fn dist(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("dist", &args, 2, 2)?;
    let (p, q) = (it.list_of(&args.positional[0])?, it.list_of(&args.positional[1])?);
    if p.len() != q.len() {
        return Err(raise("ValueError", "both points must have the same number of dimensions"));
    }
    let mut differences = vec![];
    for (a, b) in p.iter().zip(&q) {
        differences.push(real(it, a)? - real(it, b)?);
    }
    Ok(Value::Float(norm(&differences)))
}

fn whole(it: &mut Interpreter<'_>, args: Args, name: &str, f: fn(f64) -> f64) -> Result<Value> {
    let value = one_arg(&format!("math.{name}"), args)?;
    if let Some(result) = it.call_special(&value, &format!("__{name}__"), vec![])? {
        return Ok(result);
    }
    if let Some(number) = crate::evaluate::array::plain(&value).as_int() {
        return Ok(Value::Int(number));
    }
    let number = if name == "trunc" {
        value
            .as_float()
            .ok_or_else(|| raise("TypeError", format!("type {} doesn't define __trunc__ method", type_name(&value))))?
    } else {
        real(it, &value)?
    };
    float_to_int(f(number)).map(Value::Int)
}

fn test(it: &mut Interpreter<'_>, args: Args, name: &str, f: fn(f64) -> bool) -> Result<Value> {
    let value = one_arg(&format!("math.{name}"), args)?;
    Ok(Value::Bool(f(real(it, &value)?)))
}

fn is_close(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [a, b, relative, absolute] = match_args("isclose", ["a", "b", "rel_tol", "abs_tol"], 2, args)?;
    let mut number = |value: Option<Value>, otherwise: f64| value.map_or(Ok(otherwise), |value| real(it, &value));
    let (a, b) = (number(a, 0.0)?, number(b, 0.0)?);
    let (relative, absolute) = (number(relative, 1e-9)?, number(absolute, 0.0)?);
    if relative < 0.0 || absolute < 0.0 {
        return Err(raise("ValueError", "tolerances must be non-negative"));
    }
    if a == b {
        return Ok(Value::Bool(true));
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(Value::Bool(false));
    }
    let difference = (b - a).abs();
    let near = difference <= (relative * b).abs() || difference <= (relative * a).abs() || difference <= absolute;
    Ok(Value::Bool(near))
}

fn modf(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("math.modf", args)?;
    let x = real(it, &value)?;
    let fraction = if x.is_infinite() { 0.0f64.copysign(x) } else { (x - x.trunc()).copysign(x) };
    Ok(Value::Tuple(Rc::new(vec![Value::Float(fraction), Value::Float(x.trunc())])))
}

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn gcd(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut result = 0;
    for value in &args.positional {
        result = common_divisor(result, it.int_of(value)?.unsigned_abs());
    }
    i64::try_from(result).map(Value::Int).map_err(|_| int_overflow())
}

fn lcm(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut result = 1u64;
    for value in &args.positional {
        let number = it.int_of(value)?.unsigned_abs();
        if number == 0 {
            return Ok(Value::Int(0));
        }
        result = (result / common_divisor(result, number)).checked_mul(number).ok_or_else(int_overflow)?;
    }
    i64::try_from(result).map(Value::Int).map_err(|_| int_overflow())
}

/// Shewchuk's exact summation ("Adaptive Precision Floating-Point Arithmetic", 1997), rounded once.
fn fsum(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let values = it.list_of(&one_arg("math.fsum", args)?)?;
    let mut partials: Vec<f64> = vec![];
    let (mut special, mut infinities) = (0.0, 0.0);
    for value in values {
        let original = real(it, &value)?;
        let mut x = original;
        let mut kept = 0;
        for index in 0..partials.len() {
            let mut y = partials[index];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x != 0.0 {
            if x.is_finite() {
                partials.push(x);
            } else {
                if original.is_finite() {
                    return Err(raise("OverflowError", "intermediate overflow in fsum"));
                }
                if original.is_infinite() {
                    infinities += original;
                }
                special += original;
                partials.clear();
            }
        }
    }
    if special != 0.0 {
        if f64::is_nan(infinities) {
            return Err(raise("ValueError", "-inf + inf in fsum"));
        }
        return Ok(Value::Float(special));
    }
    let Some(mut high) = partials.pop() else { return Ok(Value::Float(0.0)) };
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let x = high;
        high = x + y;
        low = y - (high - x);
        if low != 0.0 {
            break;
        }
    }
    // Half way between two floats, what is left decides.
    if let Some(next) = partials.last()
        && (low < 0.0 && *next < 0.0 || low > 0.0 && *next > 0.0)
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    Ok(Value::Float(high))
}

fn prod(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [values, start] = match_args("prod", ["iterable", "start"], 1, args)?;
    let mut product = start.unwrap_or(Value::Int(1));
    for value in it.list_of(&values.unwrap_or(Value::None))? {
        product = it.binary(BinOp::Mul, &product, &value)?;
    }
    Ok(product)
}

fn factorial(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let number = it.int_of(&one_arg("math.factorial", args)?)?;
    if number < 0 {
        return Err(raise("ValueError", "factorial() not defined for negative values"));
    }
    (1..=number).try_fold(1i64, i64::checked_mul).map(Value::Int).ok_or_else(int_overflow)
}

fn comb(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("comb", &args, 2, 2)?;
    let (n, k) = (it.int_of(&args.positional[0])?, it.int_of(&args.positional[1])?);
    if n < 0 || k < 0 {
        let which = if n < 0 { "n" } else { "k" };
        return Err(raise("ValueError", format!("{which} must be a non-negative integer")));
    }
    let mut result = 1i128;
    for index in 0..if k > n { 0 } else { k.min(n - k) } {
        result = result * i128::from(n - index) / i128::from(index + 1);
        if result > i128::from(i64::MAX) {
            return Err(int_overflow());
        }
    }
    Ok(Value::Int(if k > n { 0 } else { result as i64 }))
}

fn perm(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("perm", &args, 1, 2)?;
    let n = it.int_of(&args.positional[0])?;
    let k = match args.positional.get(1) {
        None | Some(Value::None) => n,
        Some(k) => it.int_of(k)?,
    };
    if n < 0 || k < 0 {
        let which = if n < 0 { "n" } else { "k" };
        return Err(raise("ValueError", format!("{which} must be a non-negative integer")));
    }
    if k > n {
        return Ok(Value::Int(0));
    }
    (0..k).try_fold(1i64, |result, index| result.checked_mul(n - index)).map(Value::Int).ok_or_else(int_overflow)
}

fn isqrt(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let number = it.int_of(&one_arg("math.isqrt", args)?)?;
    if number < 0 {
        return Err(raise("ValueError", "isqrt() argument must be nonnegative"));
    }
    Ok(Value::Int(number.isqrt()))
}

fn ldexp(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("ldexp", &args, 2, 2)?;
    let x = real(it, &args.positional[0])?;
    let exponent = it.int_of(&args.positional[1]).map_err(|raised| {
        if raised.is("TypeError") { raise("TypeError", "Expected an int as second argument to ldexp.") } else { raised }
    })?;
    let result = libm::ldexp(x, exponent.clamp(-5000, 5000) as i32);
    if result.is_infinite() && x.is_finite() { Err(range_error()) } else { Ok(Value::Float(result)) }
}

fn frexp(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("math.frexp", args)?;
    let x = real(it, &value)?;
    let (mantissa, exponent) = if x.is_finite() { libm::frexp(x) } else { (x, 0) };
    Ok(Value::Tuple(Rc::new(vec![Value::Float(mantissa), Value::Int(i64::from(exponent))])))
}

fn ulp(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("math.ulp", args)?;
    let x = real(it, &value)?.abs();
    if !x.is_finite() {
        return Ok(Value::Float(x));
    }
    let next = libm::nextafter(x, f64::INFINITY);
    Ok(Value::Float(if next.is_infinite() { x - libm::nextafter(x, 0.0) } else { next - x }))
}
