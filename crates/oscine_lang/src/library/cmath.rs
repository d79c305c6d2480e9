//! `cmath`, as far as filter design uses it: polar form, exponential, logarithm, root.

use std::f64::consts;
use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::arithmetic::Complex;
use crate::evaluate::array;
use crate::evaluate::calls::count_args;
use crate::evaluate::exceptions::raise;
use crate::evaluate::types::type_name;
use crate::evaluate::value::{Args, Result, Value};

type Load = fn(&mut Interpreter<'_>, Args) -> Result<Value>;

const fn row(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::Rule }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants };

static ENTRIES: &[Entry] = &[
    row("cmath.exp", |_, args| complex(exp(one(&args)?))),
    row("cmath.log", |_, args| log(one(&args)?)),
    row("cmath.sqrt", |_, args| complex(sqrt(one(&args)?))),
    row("cmath.phase", |_, args| one(&args).map(|z| Value::Float(z.1.atan2(z.0)))),
    row("cmath.polar", |_, args| polar(one(&args)?)),
    row("cmath.rect", rect),
    row("cmath.cos", |_, args| one(&args).and_then(|z| complex((z.0.cos() * z.1.cosh(), -z.0.sin() * z.1.sinh())))),
    row("cmath.sin", |_, args| one(&args).and_then(|z| complex((z.0.sin() * z.1.cosh(), z.0.cos() * z.1.sinh())))),
    row("cmath.isfinite", |_, args| one(&args).map(|z| Value::Bool(z.0.is_finite() && z.1.is_finite()))),
    row("cmath.isnan", |_, args| one(&args).map(|z| Value::Bool(z.0.is_nan() || z.1.is_nan()))),
];

fn constants() -> Vec<(&'static str, Value)> {
    vec![
        ("cmath.pi", Value::Float(consts::PI)),
        ("cmath.e", Value::Float(consts::E)),
        ("cmath.tau", Value::Float(consts::TAU)),
        ("cmath.inf", Value::Float(f64::INFINITY)),
        ("cmath.nan", Value::Float(f64::NAN)),
    ]
}

fn complex(z: Complex) -> Result<Value> {
    Ok(Value::Complex(z.0, z.1))
}

fn number(value: &Value) -> Result<Complex> {
    let plain = array::plain(&value.plain());
    plain.as_complex().ok_or_else(|| raise("TypeError", format!("must be complex number, not {}", type_name(&plain))))
}

/// The only argument.
fn one(args: &Args) -> Result<Complex> {
    count_args("cmath", args, 1, 1)?;
    number(&args.positional[0])
}

fn exp(z: Complex) -> Complex {
    let length = z.0.exp();
    (length * z.1.cos(), length * z.1.sin())
}

fn log(z: Complex) -> Result<Value> {
    if z == (0.0, 0.0) {
        return Err(raise("ValueError", "math domain error"));
    }
    complex((z.0.hypot(z.1).ln(), z.1.atan2(z.0)))
}

/// The root with a real part of 0 or more.
fn sqrt(z: Complex) -> Complex {
    if z == (0.0, 0.0) {
        return (0.0, z.1);
    }
    let (re, im) = (z.0.abs() / 8.0, z.1.abs());
    let s = 2.0 * (re + re.hypot(im / 8.0)).sqrt();
    let d = im / (2.0 * s);
    if z.0 >= 0.0 { (s, d.copysign(z.1)) } else { (d, s.copysign(z.1)) }
}

fn polar(z: Complex) -> Result<Value> {
    Ok(Value::Tuple(Rc::new(vec![Value::Float(z.0.hypot(z.1)), Value::Float(z.1.atan2(z.0))])))
}

fn rect(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("rect", &args, 2, 2)?;
    let (length, angle) = (number(&args.positional[0])?.0, number(&args.positional[1])?.0);
    complex((length * angle.cos(), length * angle.sin()))
}
