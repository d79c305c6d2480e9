//! Sine and cosine.
//!
//! The argument is split into the nearest 512th of a circle, subtracted in parts as W. J. Cody and W. Waite do
//! ("Software Manual for the Elementary Functions", 1980) so that the rest `d` is accurate even where it nearly
//! vanishes, and `sin(c + d) = sin c + (cos c sin d + sin c (cos d - 1))`, with sines of 512ths from a table and two
//! short polynomials in `d`. The table has tails, and the sum with its value comes last and makes most of the error.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::code::{Code, WHOLE};
use super::tables::{CIRCLE, CIRCLE_PARTS, CIRCLE_SHORT_PARTS, COS, SIN};

/// Whether the argument is one that [`sine`] takes.
pub(super) fn usual(code: &mut Code<'_, '_>, x: Value) -> Value {
    // Fused products are exact as long as the multiple is; others, while it has 23 bits.
    if code.has_fma {
        return code.is_within(x, 1e9);
    }
    let within = code.is_within(x, 1e5);
    // What [`reduce`] does without fused products loses the sign of a zero.
    let zero = code.number(0.0);
    let some = code.b.ins().fcmp(FloatCC::NotEqual, x, zero);
    code.b.ins().band(within, some)
}

/// `sin(x)` or `cos(x)`.
pub(super) fn sine(code: &mut Code<'_, '_>, x: Value, cosine: bool) -> Value {
    const QUARTER: usize = 128;
    let whole = code.number(WHOLE);
    let scale = code.number(512.0 / std::f64::consts::TAU);
    let sum = code.mul_add(x, scale, whole);
    let multiple = code.sub(sum, whole);
    let (d, lost) = reduce(code, x, multiple);

    let place = code.bits(sum);
    let place = code.b.ins().band_imm_u(place, 511);
    let address = code.element(CIRCLE.as_ptr().cast(), place);
    let quarter = usize::from(cosine);
    let places = [quarter * QUARTER, quarter * QUARTER + CIRCLE[0].len(), (quarter + 1) * QUARTER];
    let [value, tail, slope] = places.map(|n| code.load(address, n * size_of::<f64>()));

    let square = code.mul(d, d);
    // Adding zero makes a +0.0 of -0.0, for the sine of -0.0.
    let zero = code.number(0.0);
    let sine_less_d = code.polynomial(square, &SIN);
    let sine_less_d = code.mul_add(square, sine_less_d, zero);
    let cosine_less_one = code.polynomial(square, &COS);
    let cosine_less_one = code.mul_add(square, cosine_less_one, zero);
    let mut small = code.mul_add(value, cosine_less_one, tail);
    if let Some(lost) = lost {
        small = code.mul_add(slope, lost, small);
    }
    let linear = code.mul(slope, d);
    let small = code.mul_add(linear, sine_less_d, small);
    let rest = code.mul_add(slope, d, small);
    code.add(value, rest)
}

/// `x` less that multiple of a 512th of the circle; without fused products, also what the difference lost.
fn reduce(code: &mut Code<'_, '_>, x: Value, multiple: Value) -> (Value, Option<Value>) {
    if code.has_fma {
        return (code.reduce(x, multiple, &CIRCLE_PARTS), None);
    }
    let [head, middle, tail] = CIRCLE_SHORT_PARTS.map(|part| {
        let part = code.number(part);
        code.mul(multiple, part)
    });
    let exact = code.sub(x, head);
    let near = code.sub(exact, middle);
    let lost = code.sub(exact, near);
    let lost = code.sub(lost, middle);
    let lost = code.sub(lost, tail);
    let d = code.add(near, lost);
    let rest = code.sub(near, d);
    let rest = code.add(rest, lost);
    (d, Some(rest))
}
