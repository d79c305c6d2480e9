//! Functions of each element: mathematics, rounding, signs, choices.

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Cells, Dtype, Result, Value};

use super::arithmetic::{compare_operands, not_supported, stretch};
use super::promote::{Operand, common};
use super::reduce::{as_inexact, float_max, float_min};
use super::view::round32;

/// A function of floats, ints being converted.
pub(crate) fn float_unary(name: &str, array: &Array, f: fn(f64) -> f64) -> Result<Array> {
    let source = as_inexact(array);
    match source.cells() {
        Cells::Float(c) => {
            let cells = Cells::Float(c.into_iter().map(f).collect());
            Ok(Array::from_cells(source.dtype(), source.shape.clone(), cells.cast(source.dtype())))
        }
        Cells::Complex(c) => {
            let f = complex_function(name).ok_or_else(|| not_supported(name))?;
            Ok(Array::from_cells(Dtype::Complex, source.shape.clone(), Cells::Complex(c.into_iter().map(f).collect())))
        }
        _ => Err(not_supported(name)),
    }
}

/// A function of a complex number.
type ComplexUnary = fn((f64, f64)) -> (f64, f64);

/// The functions that complex numbers have here.
fn complex_function(name: &str) -> Option<ComplexUnary> {
    Some(match name {
        "exp" => |(re, im)| (re.exp() * im.cos(), re.exp() * im.sin()),
        "log" => |(re, im)| (re.hypot(im).ln(), im.atan2(re)),
        "log10" => |(re, im)| {
            let scale = std::f64::consts::LOG10_E;
            (re.hypot(im).ln() * scale, im.atan2(re) * scale)
        },
        "sqrt" => |(re, im)| {
            let root = oscine_dsp::design::Complex::new(re, im).sqrt();
            (root.re, root.im)
        },
        "sin" => |(re, im)| (re.sin() * im.cosh(), re.cos() * im.sinh()),
        "cos" => |(re, im)| (re.cos() * im.cosh(), -(re.sin() * im.sinh())),
        _ => return None,
    })
}

/// A function of two floats, ints being converted.
pub(crate) fn float_binary(name: &str, left: &Operand, right: &Operand, f: fn(f64, f64) -> f64) -> Result<Array> {
    let dtype = match common(left, right) {
        Dtype::Complex => return Err(not_supported(name)),
        Dtype::Float32 => Dtype::Float32,
        _ => Dtype::Float,
    };
    let (shape, both) = stretch(&[&left.array, &right.array])?;
    let values = both[0].floats().into_iter().zip(both[1].floats()).map(|(l, r)| f(l, r)).collect();
    Ok(Array::from_cells(dtype, shape, Cells::Float(values).cast(dtype)))
}

/// A question about each float.
pub(crate) fn predicate(array: &Array, f: fn(f64) -> bool) -> Array {
    let values = match array.cells() {
        Cells::Complex(c) => c.into_iter().map(|v| f(v.0) | f(v.1)).collect(),
        _ => array.floats().into_iter().map(f).collect(),
    };
    Array::from_cells(Dtype::Bool, array.shape.clone(), Cells::Bool(values))
}

/// `numpy.abs`; of complex numbers their modulus.
pub(crate) fn absolute(array: &Array) -> Array {
    let (dtype, cells) = match array.cells() {
        Cells::Int(c) => (Dtype::Int, Cells::Int(c.into_iter().map(i64::wrapping_abs).collect())),
        Cells::Float(c) => (array.dtype(), Cells::Float(c.into_iter().map(f64::abs).collect())),
        Cells::Complex(c) => (Dtype::Float, Cells::Float(c.into_iter().map(|(re, im)| re.hypot(im)).collect())),
        bools @ Cells::Bool(_) => (Dtype::Bool, bools),
    };
    Array::from_cells(dtype, array.shape.clone(), cells)
}

/// `numpy.sign`: -1, 0, 1 or NaN.
pub(crate) fn sign(array: &Array) -> Array {
    let cells = match array.cells() {
        Cells::Int(c) => Cells::Int(c.into_iter().map(i64::signum).collect()),
        Cells::Float(c) => Cells::Float(c.into_iter().map(float_sign).collect()),
        Cells::Complex(c) => Cells::Complex(
            c.into_iter()
                .map(|(re, im)| {
                    let modulus = re.hypot(im);
                    if modulus == 0.0 { (0.0, 0.0) } else { (re / modulus, im / modulus) }
                })
                .collect(),
        ),
        bools @ Cells::Bool(_) => bools,
    };
    Array::from_cells(array.dtype(), array.shape.clone(), cells)
}

fn float_sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else if value == 0.0 {
        0.0
    } else {
        value
    }
}

/// `floor`, `ceil`, `trunc`: ints stay ints.
pub(crate) fn rounding(name: &str, array: &Array, f: fn(f64) -> f64) -> Result<Array> {
    match array.dtype() {
        Dtype::Int | Dtype::Bool => Ok(array.copied()),
        Dtype::Complex => Err(not_supported(name)),
        dtype => {
            let values = array.floats().into_iter().map(f).collect();
            Ok(Array::from_cells(dtype, array.shape.clone(), Cells::Float(values)))
        }
    }
}

/// `numpy.round(array, decimals)`: scaled, rounded half to even, scaled back.
pub(crate) fn round(array: &Array, decimals: i64) -> Array {
    let one = |value: f64| {
        if decimals == 0 {
            return value.round_ties_even();
        }
        let scale = 10_f64.powi(decimals.unsigned_abs().min(400) as i32);
        if decimals > 0 { (value * scale).round_ties_even() / scale } else { (value / scale).round_ties_even() * scale }
    };
    let cells = match array.cells() {
        Cells::Float(c) if array.dtype() == Dtype::Float32 => {
            let scale = round32(10_f64.powi(decimals.unsigned_abs().min(38) as i32));
            let one = |value: f64| match decimals {
                0 => value.round_ties_even(),
                1.. => round32(round32(value * scale).round_ties_even() / scale),
                _ => round32(round32(value / scale).round_ties_even() * scale),
            };
            Cells::Float(c.into_iter().map(one).collect())
        }
        Cells::Float(c) => Cells::Float(c.into_iter().map(one).collect()),
        Cells::Complex(c) => Cells::Complex(c.into_iter().map(|v| (one(v.0), one(v.1))).collect()),
        Cells::Int(c) if decimals < 0 => Cells::Int(c.into_iter().map(|v| one(v as f64) as i64).collect()),
        other => other,
    };
    Array::from_cells(array.dtype(), array.shape.clone(), cells)
}

/// `numpy.real`.
pub(crate) fn real(array: &Array) -> Array {
    match array.cells() {
        Cells::Complex(c) => {
            Array::from_cells(Dtype::Float, array.shape.clone(), Cells::Float(c.into_iter().map(|v| v.0).collect()))
        }
        _ => array.clone(),
    }
}

/// `numpy.imag`.
pub(crate) fn imag(array: &Array) -> Array {
    match array.cells() {
        Cells::Complex(c) => {
            Array::from_cells(Dtype::Float, array.shape.clone(), Cells::Float(c.into_iter().map(|v| v.1).collect()))
        }
        cells => {
            let zeros = Cells::Int(vec![0; cells.len()]).cast(array.dtype());
            Array::from_cells(array.dtype(), array.shape.clone(), zeros)
        }
    }
}

/// `numpy.conj`.
pub(crate) fn conj(array: &Array) -> Array {
    match array.cells() {
        Cells::Complex(c) => {
            let cells = Cells::Complex(c.into_iter().map(|(re, im)| (re, -im)).collect());
            Array::from_cells(Dtype::Complex, array.shape.clone(), cells)
        }
        _ => array.copied(),
    }
}

/// `numpy.angle`, in radians.
pub(crate) fn angle(array: &Array) -> Array {
    let values = array.complexes().into_iter().map(|(re, im)| im.atan2(re)).collect();
    Array::from_cells(Dtype::Float, array.shape.clone(), Cells::Float(values))
}

/// `numpy.maximum` or `minimum`; with `skip_nan`, `fmax` or `fmin`.
pub(crate) fn extreme(left: &Value, right: &Value, largest: bool, skip_nan: bool) -> Result<Array> {
    let (left, right) = (Operand::new(left)?, Operand::new(right)?);
    let dtype = common(&left, &right);
    let (shape, both) = stretch(&[&left.array, &right.array])?;
    let cells = match (both[0].cells_as(dtype), both[1].cells_as(dtype)) {
        (Cells::Int(l), Cells::Int(r)) => {
            Cells::Int(l.into_iter().zip(r).map(|(l, r)| if largest { l.max(r) } else { l.min(r) }).collect())
        }
        (Cells::Bool(l), Cells::Bool(r)) => {
            Cells::Bool(l.into_iter().zip(r).map(|(l, r)| if largest { l | r } else { l & r }).collect())
        }
        (Cells::Float(l), Cells::Float(r)) => {
            let choose = |(l, r): (f64, f64)| match (largest, skip_nan) {
                (_, true) if l.is_nan() => r,
                (_, true) if r.is_nan() => l,
                (true, _) => float_max(l, r),
                (false, _) => float_min(l, r),
            };
            Cells::Float(l.into_iter().zip(r).map(choose).collect())
        }
        _ => return Err(not_supported(if largest { "maximum" } else { "minimum" })),
    };
    Ok(Array::from_cells(dtype, shape, cells))
}

/// `numpy.clip`.
pub(crate) fn clip(value: &Value, low: Option<&Value>, high: Option<&Value>) -> Result<Array> {
    let mut result = value.clone();
    if let Some(low) = low {
        result = Value::Array(extreme(&result, low, true, false)?);
    }
    if let Some(high) = high {
        result = Value::Array(extreme(&result, high, false, false)?);
    }
    match result {
        Value::Array(array) => Ok(array),
        other => super::from_value(&other, None),
    }
}

/// `numpy.where(condition, x, y)`.
pub(crate) fn choose(condition: &Array, x: &Value, y: &Value) -> Result<Array> {
    let (x, y) = (Operand::new(x)?, Operand::new(y)?);
    let dtype = common(&x, &y);
    let (shape, all) = stretch(&[condition, &x.array, &y.array])?;
    let holds = all[0].bools();
    let mut cells = all[2].cells_as(dtype);
    match (&mut cells, all[1].cells_as(dtype)) {
        (Cells::Bool(to), Cells::Bool(from)) => pick(&holds, to, &from),
        (Cells::Int(to), Cells::Int(from)) => pick(&holds, to, &from),
        (Cells::Float(to), Cells::Float(from)) => pick(&holds, to, &from),
        (Cells::Complex(to), Cells::Complex(from)) => pick(&holds, to, &from),
        _ => {}
    }
    Ok(Array::from_cells(dtype, shape, cells))
}

fn pick<T: Copy>(holds: &[bool], to: &mut [T], from: &[T]) {
    for ((to, &from), &holds) in to.iter_mut().zip(from).zip(holds) {
        if holds {
            *to = from;
        }
    }
}

/// `numpy.logical_and` and its kin.
pub(crate) fn logical(left: &Value, right: &Value, f: fn(bool, bool) -> bool) -> Result<Array> {
    let (left, right) = (Operand::new(left)?, Operand::new(right)?);
    let (shape, both) = stretch(&[&left.array, &right.array])?;
    let values = both[0].bools().into_iter().zip(both[1].bools()).map(|(l, r)| f(l, r)).collect();
    Ok(Array::from_cells(Dtype::Bool, shape, Cells::Bool(values)))
}

/// `numpy.isclose`.
pub(crate) fn is_close(left: &Value, right: &Value, relative: f64, absolute: f64, equal_nan: bool) -> Result<Array> {
    let (left, right) = (Operand::new(left)?, Operand::new(right)?);
    let (shape, both) = stretch(&[&left.array, &right.array])?;
    let close = |(l, r): (f64, f64)| {
        if l.is_finite() && r.is_finite() {
            (l - r).abs() <= absolute + relative * r.abs()
        } else {
            l == r || (equal_nan && l.is_nan() && r.is_nan())
        }
    };
    let values = both[0].floats().into_iter().zip(both[1].floats()).map(close).collect();
    Ok(Array::from_cells(Dtype::Bool, shape, Cells::Bool(values)))
}

/// Whether shapes and all elements are equal.
pub(crate) fn array_equal(left: &Value, right: &Value) -> Result<bool> {
    let (left, right) = (Operand::new(left)?, Operand::new(right)?);
    if left.array.shape != right.array.shape {
        return Ok(false);
    }
    Ok(!compare_operands(crate::syntax::ast::CmpOp::Eq, &left, &right)?.bools().contains(&false))
}

/// `numpy.nan_to_num`.
pub(crate) fn nan_to_num(array: &Array, nan: f64, most: f64, least: f64) -> Result<Array> {
    let replace = |v: f64| match v {
        v if v.is_nan() => nan,
        f64::INFINITY => most,
        f64::NEG_INFINITY => least,
        v => v,
    };
    match array.cells() {
        Cells::Float(c) => Ok(Array::from_cells(
            array.dtype(),
            array.shape.clone(),
            Cells::Float(c.into_iter().map(replace).collect()),
        )),
        Cells::Complex(_) => Err(raise("TypeError", "nan_to_num of complex arrays is not part of oscine")),
        _ => Ok(array.copied()),
    }
}

/// `sin(pi x) / (pi x)`.
pub(crate) fn sinc(value: f64) -> f64 {
    let y = std::f64::consts::PI * if value == 0.0 { 1.0e-20 } else { value };
    y.sin() / y
}

/// The modified Bessel function of the first kind and order 0, by its power series for small arguments and by its
/// asymptotic one for large (Abramowitz and Stegun, 9.6.12 and 9.7.1).
pub(crate) fn bessel_i0(value: f64) -> f64 {
    let x = value.abs();
    if x < 30.0 {
        let quarter = 0.25 * x * x;
        let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
        while term > sum * 1e-18 {
            term *= quarter / (k * k);
            sum += term;
            k += 1.0;
        }
        return sum;
    }
    let (mut term, mut sum) = (1.0_f64, 1.0);
    for k in 1..60 {
        let odd = f64::from(2 * k - 1);
        let next = term * odd * odd / (f64::from(k) * 8.0 * x);
        if next > term || next < sum * 1e-18 {
            break;
        }
        term = next;
        sum += term;
    }
    x.exp() / (2.0 * std::f64::consts::PI * x).sqrt() * sum
}
