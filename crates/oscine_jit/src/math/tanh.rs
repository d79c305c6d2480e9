//! The hyperbolic tangent, the nonlinearity of most circuits, where it often waits for itself: its latency counts.
//!
//! There is no exponential and no division. The argument is split into the nearest multiple of a step and the rest `d`,
//! and a polynomial in `d` of that multiple is read from a table (S. Gal and B. Bachelis, "An accurate elementary
//! mathematical library for the IEEE floating point standard", ACM TOMS 17, 1991, for tables with a tail). The constant
//! term is added last, so that its rounding is all the error that is left. At zero the polynomial is `d` and odd
//! powers, which keeps tiny arguments exact; far out the last row holds 1.

use cranelift_codegen::ir::{InstBuilder, Value};

use super::code::{Code, WHOLE};
use super::tables::{TANH, TANH_LIMIT, TANH_STEP};

/// `tanh(x)` for any `x`.
pub(super) fn tanh(code: &mut Code<'_, '_>, x: Value) -> Value {
    let minus_zero = code.number(-0.0);
    let sign = code.b.ins().band(x, minus_zero);
    let size = code.b.ins().fabs(x);
    let size = code.at_most(TANH_LIMIT, size);

    let scale = code.number(1.0 / TANH_STEP);
    let whole = code.number(WHOLE);
    let sum = code.mul_add(size, scale, whole);
    let row = code.bits(sum);
    // NaN has any bits: a byte of them stays within the table.
    let row = code.b.ins().band_imm_u(row, 0xff);
    let address = code.element(TANH.as_ptr().cast(), row);
    let multiple = code.sub(sum, whole);
    let d = code.reduce(size, multiple, &[TANH_STEP]);

    let column = |code: &mut Code<'_, '_>, n: usize| code.load(address, n * size_of_val(&TANH[0]));
    let higher = (3..TANH.len()).map(|n| column(code, n)).collect();
    let higher = code.estrin(d, higher);
    let [head, tail, slope] = [0, 1, 2].map(|n| column(code, n));
    let linear = code.mul_add(slope, d, tail);
    let square = code.mul(d, d);
    let rest = code.mul_add(higher, square, linear);
    let result = code.add(head, rest);
    code.b.ins().bor(result, sign)
}
