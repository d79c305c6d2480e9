//! The hyperbolic tangent in every lane of a vector, for circuits whose cost is its evaluations.
//!
//! `tanh(x) = t / (t + 2)` with `t = expm1(2 |x|)`, and `expm1(k ln 2 + r) = 2^k expm1(r) + (2^k - 1)` with a polynomial
//! for `expm1(r)`: one reduction, one polynomial by Estrin's scheme, one division, no table and no branch. The sign
//! is put back at the end. The error is below 4 units in the last place where the machine has fused multiply-adds, 6 where it
//! has not (tested); `1 - tanh^2`, the derivative, then costs one more operation.
//!
//! J.-M. Muller, "Elementary Functions", chapters 3 and 11; the constants are `scripts/fit_tanh.py`'s.

use std::f64::consts::LOG2_E;

use fearless_simd::Simd;

use crate::lanes::Lanes;

/// `expm1(r) = r + r^2 Q(r)` for |r| up to `ln(2) / 2`.
const Q: [f64; 10] = [
    0.500_000_000_000_000_1,
    0.166_666_666_666_666_69,
    0.041_666_666_666_624_13,
    0.008_333_333_333_330_062,
    0.001_388_888_891_721_371_7,
    0.000_198_412_698_630_536_18,
    2.480_152_129_595_437_6e-5,
    2.755_726_845_999_706_4e-6,
    2.762_008_844_540_974_6e-7,
    2.510_038_549_551_032e-8,
];
/// `ln 2` as a sum whose first part times a small whole number is exact.
const LN_2: [f64; 2] = [0.693_147_180_601_954_5, -4.200_915_072_681_085e-11];
/// A sum with it has a whole number in its last bits.
const WHOLE: f64 = 6_755_399_441_055_744.0;
/// Twice the argument from which on the function is 1.
const LAST: f64 = 40.0;

/// `tanh(x)` for every `x` that is a number.
#[inline(always)]
pub(crate) fn tanh<S: Simd, V: Lanes<S>>(simd: S, x: V) -> V {
    let one = V::simd_from(simd, 1.0);
    let size = x.copysign(one);
    let y = (size + size).min(V::simd_from(simd, LAST));
    let sum = y.mul_add(V::simd_from(simd, LOG2_E), V::simd_from(simd, WHOLE));
    let whole = sum - WHOLE;
    let r = whole.mul_add(V::simd_from(simd, -LN_2[0]), y);
    let r = whole.mul_add(V::simd_from(simd, -LN_2[1]), r);
    let r2 = r * r;
    let r4 = r2 * r2;
    let pair = |n: usize| r.mul_add(V::simd_from(simd, Q[n + 1]), V::simd_from(simd, Q[n]));
    let low = pair(2).mul_add(r2, pair(0));
    let high = pair(6).mul_add(r2, pair(4));
    let q = pair(8).mul_add(r4, high).mul_add(r4, low);
    let p = q.mul_add(r2, r);
    let power = V::from_bits((sum.to_bits() << 52) + one.to_bits());
    let t = power.mul_add(p, power - one);
    (t / (t + 2.0)).copysign(x)
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch, prelude::*};

    /// Against the C library's, itself within 2 units in the last place, over the whole range and next to zero.
    #[test]
    fn tanh_is_within_its_error() {
        let of = |x: f64| -> f64 {
            dispatch!(Level::new(), simd => super::tanh(simd, fearless_simd::f64x2::splat(simd, x))[0])
        };
        let mut worst = 0.0_f64;
        for n in 0..200_000_u32 {
            let size = f64::from(n) * 1.234e-4 + 1e-9;
            for x in [size, -size, size * 1e-3, size * 1e-9, size * 1e-200] {
                worst = worst.max((of(x) / x.tanh() - 1.0).abs() / f64::EPSILON);
            }
        }
        assert!(worst <= 6.0, "{worst} units");
        for (x, y) in [(0.0, 0.0), (20.0, 1.0), (1e6, 1.0), (f64::MAX, 1.0), (f64::INFINITY, 1.0)] {
            assert_eq!((of(x), of(-x)), (y, -y), "{x}");
        }
        assert!(of(-0.0).is_sign_negative());
    }
}
