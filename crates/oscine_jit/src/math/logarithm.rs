//! The natural logarithm.
//!
//! `x = 2^k (1 + f)` with `1 + f` between the roots of a half and of two. `log(1 + f)` is a series in
//! `s = f / (2 + f)`; written as `f - (f²/2 - s (f²/2 + R(s²)))` it keeps the bits of `f`, as in K. C. Ng's logarithm
//! (described by Tang, "Table-driven implementation of the logarithm function in IEEE floating-point arithmetic", ACM
//! TOMS 16, 1990, among the methods without a table).

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::code::Code;
use super::tables::{LN2_PARTS, LOG};

/// Whether `x` is positive, normal and finite.
pub(super) fn usual(code: &mut Code<'_, '_>, x: Value) -> Value {
    let bits = code.bits(x);
    let above = code.b.ins().iadd_imm_s(bits, -(f64::MIN_POSITIVE.to_bits() as i64));
    let count = code.b.ins().iconst(types::I64, (f64::INFINITY.to_bits() - f64::MIN_POSITIVE.to_bits()) as i64);
    code.b.ins().icmp(IntCC::UnsignedLessThan, above, count)
}

/// `log(x)`
pub(super) fn log(code: &mut Code<'_, '_>, x: Value) -> Value {
    let bits = code.bits(x);
    let root = std::f64::consts::FRAC_1_SQRT_2.to_bits() as i64;
    let above = code.b.ins().iadd_imm_s(bits, -root);
    let exponent = code.b.ins().sshr_imm_u(above, 52);
    let power = code.b.ins().ishl_imm_u(exponent, 52);
    let mantissa = code.b.ins().isub(bits, power);
    let mantissa = code.float(mantissa);
    let k = code.b.ins().fcvt_from_sint(types::F64, exponent);

    let [one, half, two] = [1.0, 0.5, 2.0].map(|x| code.number(x));
    let f = code.sub(mantissa, one);
    let f_and_two = code.add(f, two);
    let s = code.b.ins().fdiv(f, f_and_two);
    let z = code.mul(s, s);
    let series = code.polynomial(z, &LOG);
    let series = code.mul(series, z);
    let half_f = code.mul(f, half);
    let half_square = code.mul(half_f, f);

    let [head, tail] = LN2_PARTS.map(|x| code.number(x));
    let small = code.mul(k, tail);
    let inner = code.add(half_square, series);
    let inner = code.mul_add(s, inner, small);
    let rest = code.sub(half_square, inner);
    let rest = code.sub(rest, f);
    let whole = code.mul(k, head);
    code.sub(whole, rest)
}
