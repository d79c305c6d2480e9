//! Division by a constant as a product and a fused one, with the bits of a division: 7 cycles of latency for 13.
//!
//! With `1 / c = high + low`, two floats, `fma(x, high, x low)` is the correctly rounded `x / c` for all `x` but at most
//! two significands, which follow from `c`: N. Brisebarre, J.-M. Muller and S. K. Raina, "Accelerating correctly rounded
//! floating-point division when the divisor is known in advance", IEEE Transactions on Computers 53 (2004). A constant
//! for which one of the two is wrong is divided by, as are zeros, infinities, and sizes at which the small product would
//! lose bits.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::Translator;

/// Divisors and dividends from `2^-N` to below `2^N`: neither a product nor a quotient of theirs leaves the normal floats.
const DIVISOR_EXPONENT: u64 = 100;
const DIVIDEND_EXPONENT: u64 = 800;

/// The biased exponent of 1.
const BIAS: u64 = 1023;

/// The reciprocal of a divisor, in two floats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reciprocal {
    high: f64,
    low: f64,
}

impl Reciprocal {
    /// That of `divisor`, if it gives the quotient's bits for every dividend.
    pub(super) fn of(divisor: f64) -> Option<Self> {
        if !is_within(divisor, DIVISOR_EXPONENT) {
            return None;
        }
        let high = 1.0 / divisor;
        // What is left is a float: the residual of a quotient always is.
        let low = (-divisor).mul_add(high, 1.0) / divisor;
        let reciprocal = Self { high, low };
        hardest_dividends(divisor).iter().all(|x| reciprocal.quotient(*x) == x / divisor).then_some(reciprocal)
    }

    fn quotient(self, x: f64) -> f64 {
        x.mul_add(self.high, x * self.low)
    }
}

/// Whether the size of `x` is from `2^-exponent` to below `2^exponent`.
fn is_within(x: f64, exponent: u64) -> bool {
    let biased = (x.to_bits() << 1) >> 53;
    biased.wrapping_sub(BIAS - exponent) < 2 * exponent
}

/// The dividends whose quotients are so near to the middle between two floats that the sum's error, below `2^-106` of a
/// quotient's binade, may round them otherwise.
///
/// With significands as whole numbers `X` and `Y`, a quotient is `|2^54 X - M Y| / 2^54 Y` away from a middle `M / 2^54`,
/// and is no middle itself. That is too near only where `2^54 X = +-1 (mod Y)`, for `X < Y`: one `X` for each sign, none
/// if `Y` is even.
fn hardest_dividends(divisor: f64) -> Vec<f64> {
    let y = (divisor.to_bits() & ((1 << 52) - 1)) | (1 << 52);
    if y.is_multiple_of(2) {
        return vec![];
    }
    let half = y.div_ceil(2);
    let plus = (0..54).fold(1_u128, |x, _| x * u128::from(half) % u128::from(y)) as u64;
    [plus, y - plus].into_iter().filter(|x| *x >= 1 << 52).map(|x| x as f64).collect()
}

impl Translator<'_> {
    /// `a / divisor`.
    pub(super) fn divided(&mut self, a: Value, divisor: Value, reciprocal: Reciprocal) -> Value {
        let bits = self.b.ins().bitcast(types::I64, MemFlagsData::new(), a);
        let size = self.b.ins().ishl_imm_u(bits, 1);
        let least = self.b.ins().iconst(types::I64, ((BIAS - DIVIDEND_EXPONENT) << 53) as i64);
        let above = self.b.ins().isub(size, least);
        let range = self.b.ins().iconst(types::I64, ((2 * DIVIDEND_EXPONENT) << 53) as i64);
        let is_outside = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, above, range);
        self.choose(
            types::F64,
            is_outside,
            true,
            |t| t.b.ins().fdiv(a, divisor),
            |t| {
                let low = t.b.ins().f64const(reciprocal.low);
                let small = t.b.ins().fmul(a, low);
                let high = t.b.ins().f64const(reciprocal.high);
                t.b.ins().fma(a, high, small)
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random() -> impl FnMut() -> u64 {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        }
    }

    /// A float of any significand and of a size near 1.
    fn float(bits: u64) -> f64 {
        f64::from_bits((bits & ((1 << 52) - 1)) | ((BIAS - 20 + (bits >> 52) % 40) << 52))
    }

    #[test]
    fn a_reciprocal_gives_the_quotient_s_bits() {
        let mut random = random();
        let everyday = [3.0, 10.0, 0.052, 32_767.0, 44_100.0, 48_000.0, std::f64::consts::TAU, -0.1, 1e-9];
        let mut refused = 0;
        for n in 0..20_000 {
            let divisor = everyday.get(n).copied().unwrap_or_else(|| float(random()));
            let Some(reciprocal) = Reciprocal::of(divisor) else {
                refused += 1;
                continue;
            };
            for _ in 0..50 {
                let x = float(random());
                assert_eq!(reciprocal.quotient(x).to_bits(), (x / divisor).to_bits(), "{x} / {divisor}");
            }
        }
        assert!(refused > 0 && refused < 2_000, "{refused} of 20000 constants refused");
    }

    #[test]
    fn the_hardest_dividends_are_the_nearest_to_a_middle() {
        let mut random = random();
        for _ in 0..1_000 {
            let divisor = float(random() | 1);
            let y = u128::from((divisor.to_bits() & ((1 << 52) - 1)) | (1 << 52));
            for x in hardest_dividends(divisor) {
                let rest = ((x as u128) << 54) % y;
                assert!(rest == 1 || rest == y - 1, "{x} / {divisor}: {rest} of {y}");
            }
        }
    }

    #[test]
    fn what_is_too_large_or_too_small_has_no_reciprocal() {
        for divisor in [0.0, -0.0, f64::INFINITY, f64::NAN, 5e-324, 1e-300, 1e300] {
            assert_eq!(Reciprocal::of(divisor), None, "{divisor}");
        }
    }
}
