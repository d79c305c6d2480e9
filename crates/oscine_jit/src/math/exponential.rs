//! The exponential function and what is made of it.
//!
//! P. T. P. Tang's method ("Table-driven implementation of the exponential function in IEEE floating-point
//! arithmetic", ACM TOMS 15, 1989): `exp(x) = 2^e * 2^(j/64) * exp(r)` with `|r| <= ln(2)/128`. The power of two goes
//! into the exponent, the 64th roots come from a table with tails, and a short polynomial is left.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use oscine_lang::ir::MathFn;

use super::code::{Code, WHOLE};
use super::tables::{EXP, EXP2_HEAD, EXP2_TAIL, LN2_64_PARTS};

/// Whether the result and all on the way to it are normal floats.
pub(super) fn usual(code: &mut Code<'_, '_>, x: Value, function: MathFn) -> Value {
    code.is_within(x, if function == MathFn::Exp2 { 1021.0 } else { 707.0 })
}

/// `Exp`, `Exp2` or `Cosh`.
pub(super) fn emit(code: &mut Code<'_, '_>, x: Value, function: MathFn) -> Value {
    let half = code.number(0.5);
    match function {
        MathFn::Exp2 => {
            let parts = by_two(code, x);
            parts.power(code)
        }
        MathFn::Cosh => {
            let size = code.b.ins().fabs(x);
            let parts = by_e(code, size);
            let power = parts.power(code);
            let one = code.number(1.0);
            let inverse = code.b.ins().fdiv(one, power);
            let sum = code.add(power, inverse);
            code.mul(sum, half)
        }
        _ => {
            let parts = by_e(code, x);
            parts.power(code)
        }
    }
}

/// A power as `scale * (1 + more)`, with a rounded scale and a small `more` that makes up for that.
struct Parts {
    scale: Value,
    more: Value,
}

impl Parts {
    fn power(&self, code: &mut Code<'_, '_>) -> Value {
        code.mul_add(self.scale, self.more, self.scale)
    }
}

/// `e^x`
fn by_e(code: &mut Code<'_, '_>, x: Value) -> Parts {
    let whole = code.number(WHOLE);
    let scale = code.number(64.0 * std::f64::consts::LOG2_E);
    let sum = code.mul_add(x, scale, whole);
    let multiple = code.sub(sum, whole);
    let rest = code.reduce(x, multiple, &LN2_64_PARTS);
    parts(code, sum, rest)
}

/// `2^x`
fn by_two(code: &mut Code<'_, '_>, x: Value) -> Parts {
    // Rounds to 64ths.
    let whole = code.number(WHOLE / 64.0);
    let sum = code.add(x, whole);
    let multiple = code.sub(sum, whole);
    let rest = code.sub(x, multiple);
    let ln2 = code.number(std::f64::consts::LN_2);
    let rest = code.mul(rest, ln2);
    parts(code, sum, rest)
}

/// `2^(n/64) e^rest`, where the lowest bits of `sum` are n.
fn parts(code: &mut Code<'_, '_>, sum: Value, rest: Value) -> Parts {
    let n = code.bits(sum);
    let root = code.b.ins().band_imm_u(n, 63);
    let head = code.element(EXP2_HEAD.as_ptr(), root);
    let flags = MemFlagsData::trusted().with_readonly();
    let head = code.b.ins().load(types::I64, flags, head, 0);
    let tail = code.element(EXP2_TAIL.as_ptr(), root);
    let tail = code.load(tail, 0);

    // What is left of n is a number of doublings, added to the exponent.
    let doublings = code.b.ins().ushr_imm_u(n, 6);
    let doublings = code.b.ins().ishl_imm_u(doublings, 52);
    let scale = code.b.ins().iadd(head, doublings);
    let scale = code.float(scale);

    let linear = code.add(rest, tail);
    let square = code.mul(rest, rest);
    let higher = code.polynomial(rest, &EXP);
    let more = code.mul_add(higher, square, linear);
    Parts { scale, more }
}
