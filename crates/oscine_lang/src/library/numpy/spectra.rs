//! Windows, interpolation, convolution, polynomials and Fourier transforms.

use oscine_dsp::design::Complex;

use super::super::{Audio, Contribution, Entry};
use super::{reductions, value};
use crate::evaluate::Interpreter;
use crate::evaluate::array::arithmetic::binary;
use crate::evaluate::array::join::{map_lanes, part};
use crate::evaluate::array::polynomial::{complex_array, complex_elements, poly, polyfit, polyval, roots};
use crate::evaluate::array::reduce::normal_axis;
use crate::evaluate::array::view::check_size;
use crate::evaluate::array::{Bound, bind, fourier, linear, order, window};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Array, Cells, Dtype, Result, Value};
use crate::syntax::ast::BinOp;

type Load = fn(&mut Interpreter, Args) -> Result<Value>;

const fn rule(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::Rule }
}

const fn load_only(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

/// The rows of this file.
pub(crate) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

static ENTRIES: &[Entry] = &[
    rule("numpy.hanning", |_, a| shaped("hanning", a, window::hanning)),
    rule("numpy.hamming", |_, a| shaped("hamming", a, window::hamming)),
    rule("numpy.blackman", |_, a| shaped("blackman", a, window::blackman)),
    rule("numpy.bartlett", |_, a| shaped("bartlett", a, window::bartlett)),
    load_only("numpy.kaiser", |_, a| {
        let bound = bind("kaiser", a, &["M", "beta"])?;
        Ok(Value::Array(Array::from_floats(window::kaiser(length_of_window(&bound)?, bound.float(1)?))))
    }),
    rule("numpy.interp", |_, a| {
        let bound = bind("interp", a, &["x", "xp", "fp", "left", "right", "period"])?;
        let (x, mut xp, mut fp) = (bound.array(0)?, bound.floats(1)?, bound.floats(2)?);
        if xp.is_empty() {
            return Err(raise("ValueError", "array of sample points is empty"));
        }
        if xp.len() != fp.len() {
            return Err(raise("ValueError", "fp and xp are not of the same length."));
        }
        let side = |parameter| bound.optional(parameter).map(crate::evaluate::array::as_float).transpose();
        let (left, right) = (side(3)?, side(4)?);
        let period = side(5)?;
        if let Some(period) = period {
            if period == 0.0 {
                return Err(raise("ValueError", "period must be a non-zero value"));
            }
            let period = period.abs();
            let mut points: Vec<(f64, f64)> = xp.iter().map(|v| v.rem_euclid(period)).zip(fp).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (first, last) = (points[0], points[points.len() - 1]);
            points.insert(0, (last.0 - period, last.1));
            points.push((first.0 + period, first.1));
            (xp, fp) = points.into_iter().unzip();
        }
        let fold = |x: f64| period.map_or(x, |period| x.rem_euclid(period.abs()));
        let values = x.floats().into_iter().map(|x| order::interpolate(fold(x), &xp, &fp, left, right)).collect();
        Ok(Value::Array(Array::from_cells(Dtype::Float, x.shape.clone(), Cells::Float(values))))
    }),
    rule("numpy.convolve", |_, a| {
        let bound = bind("convolve", a, &["a", "v", "mode"])?;
        value(linear::convolve(&bound.array(0)?, &bound.array(1)?, &bound.text_or(2, "full")?))
    }),
    load_only("numpy.correlate", |_, a| {
        let bound = bind("correlate", a, &["a", "v", "mode"])?;
        let (a, v) = (bound.array(0)?, bound.array(1)?);
        if a.shape.is_empty() || v.shape.is_empty() {
            return Err(raise("ValueError", "object of too small depth for desired array"));
        }
        let reversed = crate::evaluate::array::join::flip(&v, &[0]);
        let v = crate::evaluate::array::elementwise::conj(&reversed);
        value(linear::convolve(&a, &v, &bound.text_or(2, "valid")?))
    }),
    load_only("numpy.polyval", |_, a| {
        let bound = bind("polyval", a, &["p", "x"])?;
        polyval(&bound.array(0)?, bound.required(1)?)
    }),
    load_only("numpy.polyfit", |_, a| {
        let bound = bind("polyfit", a, &["x", "y", "deg"])?;
        let Ok(degree) = usize::try_from(bound.int_or(2, 1)?) else {
            return Err(raise("ValueError", "expected deg >= 0"));
        };
        value(polyfit(&bound.floats(0)?, &bound.floats(1)?, degree))
    }),
    load_only("numpy.polymul", |_, a| {
        let bound = bind("polymul", a, &["a1", "a2"])?;
        value(linear::convolve(&bound.array(0)?, &bound.array(1)?, "full"))
    }),
    load_only("numpy.poly", |_, a| {
        let bound = bind("poly", a, &["seq_of_zeros"])?;
        Ok(Value::Array(poly(&complex_elements(&bound.array(0)?))))
    }),
    load_only("numpy.roots", |_, a| {
        let bound = bind("roots", a, &["p"])?;
        let found = roots(&bound.floats(0)?)?;
        if found.iter().all(|root| root.is_real()) {
            return Ok(Value::Array(Array::from_floats(found.iter().map(|root| root.re).collect())));
        }
        Ok(Value::Array(complex_array(&found)))
    }),
    load_only("numpy.unwrap", |_, a| {
        let bound = bind("unwrap", a, &["p", "period"])?;
        value(reductions::unwrap(&bound.array(0)?, bound.float_or(1, std::f64::consts::TAU)?))
    }),
    rule("numpy.fft.fft", |_, a| transform("fft", a, |values, _| complex_array(&fourier::fft(values)), Length::Full)),
    rule("numpy.fft.ifft", |_, a| {
        transform("ifft", a, |values, _| complex_array(&fourier::ifft(values)), Length::Full)
    }),
    rule("numpy.fft.rfft", |_, a| {
        let half = |values: &[Complex], n: usize| complex_array(&fourier::fft(values)[..=(n / 2)]);
        transform("rfft", a, half, Length::Full)
    }),
    rule("numpy.fft.irfft", |_, a| {
        transform("irfft", a, |values, n| Array::from_floats(fourier::irfft(values, n)), Length::Half)
    }),
    rule("numpy.fft.fftfreq", |_, a| {
        let bound = bind("fftfreq", a, &["n", "d"])?;
        let n = bound.int_or(0, 0)?;
        let step = 1.0 / (checked_length(n)? as f64 * bound.float_or(1, 1.0)?);
        let order = (0..=((n - 1) / 2)).chain(-(n / 2)..0);
        Ok(Value::Array(Array::from_floats(order.map(|k| k as f64 * step).collect())))
    }),
    rule("numpy.fft.rfftfreq", |_, a| {
        let bound = bind("rfftfreq", a, &["n", "d"])?;
        let n = bound.int_or(0, 0)?;
        let step = 1.0 / (checked_length(n)? as f64 * bound.float_or(1, 1.0)?);
        Ok(Value::Array(Array::from_floats((0..=n / 2).map(|k| k as f64 * step).collect())))
    }),
    rule("numpy.fft.fftshift", |_, a| shifted("fftshift", a, |n| n / 2)),
    rule("numpy.fft.ifftshift", |_, a| shifted("ifftshift", a, |n| n - n / 2)),
];

fn shaped(name: &'static str, args: Args, window: fn(i64) -> Vec<f64>) -> Result<Value> {
    let bound = bind(name, args, &["M"])?;
    Ok(Value::Array(Array::from_floats(window(length_of_window(&bound)?))))
}

/// The length of a window, which may be a float.
fn length_of_window(bound: &Bound) -> Result<i64> {
    let count = bound.float(0)?.ceil() as i64;
    check_size(&[usize::try_from(count).unwrap_or(0)])?;
    Ok(count)
}

/// A length that a transform can have.
fn checked_length(n: i64) -> Result<usize> {
    usize::try_from(n)
        .ok()
        .filter(|&n| n > 0 && n <= 1 << 26)
        .ok_or_else(|| raise("ValueError", format!("Invalid number of FFT data points ({n}) specified.")))
}

/// Whether a transform takes a whole spectrum or its first half.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Full,
    Half,
}

/// A transform of each lane, cut or padded with zeros to the length that it takes.
fn transform(name: &'static str, args: Args, f: impl Fn(&[Complex], usize) -> Array, length: Length) -> Result<Value> {
    let bound: Bound = bind(name, args, &["a", "n", "axis", "norm"])?;
    let array = bound.array(0)?;
    let axis = normal_axis(bound.int_or(2, -1)?, array.ndim())?;
    let present = array.shape[axis];
    let natural = if length == Length::Half { 2 * present.saturating_sub(1) } else { present };
    let n = checked_length(bound.int_or(1, natural as i64)?)?;
    let takes = if length == Length::Half { n / 2 + 1 } else { n };
    let norm = bound.text_or(3, "backward")?;
    let is_inverse = matches!(name, "ifft" | "irfft");
    let factor = match (&*norm, is_inverse) {
        ("backward", _) => 1.0,
        ("ortho", false) => 1.0 / (n as f64).sqrt(),
        ("ortho", true) => (n as f64).sqrt(),
        ("forward", false) => 1.0 / n as f64,
        ("forward", true) => n as f64,
        _ => {
            let words = format!("Invalid norm value {norm}; should be \"backward\", \"ortho\" or \"forward\".");
            return Err(raise("ValueError", words));
        }
    };
    let result = value(map_lanes(&array, axis, |lane| {
        let mut values = complex_elements(&part(lane, 0, 0, present.min(takes)));
        values.resize(takes, Complex::default());
        Ok(f(&values, n))
    }))?;
    if factor == 1.0 { Ok(result) } else { binary(BinOp::Mul, &result, &Value::Float(factor)) }
}

fn shifted(name: &'static str, args: Args, by: fn(i64) -> i64) -> Result<Value> {
    let bound = bind(name, args, &["x"])?;
    let mut result = bound.array(0)?;
    for axis in 0..result.ndim() {
        let shift = Value::Int(by(result.shape[axis] as i64));
        result = crate::evaluate::array::join::roll(&result, &shift, Some(&Value::Int(axis as i64)))?;
    }
    Ok(Value::Array(result))
}
