//! Arithmetic of Python's ints that no instruction does.

/// Python's `a / b`: the float nearest to the exact quotient. Zero divisors were checked.
///
/// Dividing the floats nearest to `a` and `b` would round three times; so the dividend is shifted to 128 bits, which
/// leaves a quotient of at least 64 bits, and what the division drops decides only that it was not exact.
pub(super) extern "C" fn oscine_int_true_div(a: i64, b: i64) -> f64 {
    const EXACT: u64 = 1 << 53;
    let (dividend, divisor) = (a.unsigned_abs(), b.unsigned_abs());
    if dividend == 0 || divisor == 0 || (dividend <= EXACT && divisor <= EXACT) {
        return a as f64 / b as f64;
    }
    let shift = u128::from(dividend).leading_zeros();
    let dividend = u128::from(dividend) << shift;
    let divisor = u128::from(divisor);
    let exact = dividend.is_multiple_of(divisor);
    let quotient = (dividend / divisor) | u128::from(!exact);
    let scale = f64::from_bits(u64::from(1023 - shift) << 52);
    let size = quotient as f64 * scale;
    if (a < 0) == (b < 0) { size } else { -size }
}

/// Python's `base ** exponent` for an exponent that is not negative; writes 1 to `overflow` where it leaves 64 bits.
///
/// # Safety
/// `overflow` may be written.
pub(super) unsafe extern "C" fn oscine_int_pow(base: i64, exponent: i64, overflow: *mut i64) -> i64 {
    let power = match (base, exponent) {
        (0 | 1, 1..) => Some(base),
        (-1, _) => Some(if exponent % 2 == 0 { 1 } else { -1 }),
        // Any other base leaves 64 bits long before its exponent leaves 32.
        _ => u32::try_from(exponent).ok().and_then(|exponent| base.checked_pow(exponent)),
    };
    if power.is_none() {
        // SAFETY: as the caller promises.
        unsafe { overflow.write(1) };
    }
    power.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::oscine_int_pow;

    #[test]
    fn powers_are_exact_or_reported() {
        let power = |base, exponent| {
            let mut overflow = 0;
            // SAFETY: the local may be written.
            let power = unsafe { oscine_int_pow(base, exponent, &raw mut overflow) };
            (overflow == 0).then_some(power)
        };
        assert_eq!(power(3, 4), Some(81));
        assert_eq!(power(0, 0), Some(1));
        assert_eq!(power(-2, 63), Some(i64::MIN));
        assert_eq!(power(2, 63), None);
        assert_eq!(power(10, 18), Some(1_000_000_000_000_000_000));
        assert_eq!(power(10, 19), None);
        assert_eq!(power(1, i64::MAX), Some(1));
        assert_eq!(power(0, i64::MAX), Some(0));
        assert_eq!(power(-1, i64::MAX), Some(-1));
        assert_eq!(power(2, i64::MAX), None);
    }
}
