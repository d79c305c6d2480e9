//! Arithmetic of ints, floats and complex numbers, bit for bit as CPython computes it (`Objects/longobject.c`,
//! `floatobject.c` and `complexobject.c` are the specification).
//!
//! The differences from the machine's own operations are in the divisions (Python's remainder takes the divisor's
//! sign, and the quotient is its floor), in powers, in the division of two ints (rounded once, though either may be
//! beyond 2^53) and in rounding to decimal digits (ties to even of the exact decimal value).

use super::exceptions::{raise, raise_with};
use super::value::{Name, Raised, Result, Value};

/// An int of ours would need more than 64 bits.
pub(crate) fn int_overflow() -> Box<Raised> {
    raise("OverflowError", "int too large: oscine's ints have 64 bits")
}

/// What C's `ERANGE` becomes.
pub(crate) fn out_of_range() -> Box<Raised> {
    raise_with("OverflowError", vec![Value::Int(34), Value::Str(Name::from("Numerical result out of range"))])
}

fn zero_division(message: &str) -> Box<Raised> {
    raise("ZeroDivisionError", message)
}

/// `a // b` of ints.
pub(crate) fn int_floor_div(a: i64, b: i64) -> Result<i64> {
    if b == 0 {
        return Err(zero_division("integer division or modulo by zero"));
    }
    let quotient = a.checked_div(b).ok_or_else(int_overflow)?;
    Ok(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// `a % b` of ints.
pub(crate) fn int_mod(a: i64, b: i64) -> Result<i64> {
    if b == 0 {
        return Err(zero_division("integer modulo by zero"));
    }
    let rest = a.wrapping_rem(b);
    Ok(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

/// `a / b` of ints, rounded once.
pub(crate) fn int_true_div(a: i64, b: i64) -> Result<f64> {
    if b == 0 {
        return Err(zero_division("division by zero"));
    }
    let exact = 1 << 53;
    let (top, bottom) = (a.unsigned_abs(), b.unsigned_abs());
    let magnitude = if top <= exact && bottom <= exact {
        top as f64 / bottom as f64
    } else {
        // 55 bits of quotient or more, the last one set if anything is left over, then one rounding.
        let bits = |value: u64| 64 - i64::from(value.leading_zeros());
        let shift = (55 + bits(bottom) - bits(top)).max(0);
        let dividend = u128::from(top) << shift;
        let quotient = (dividend / u128::from(bottom)) | u128::from(dividend % u128::from(bottom) != 0);
        quotient as f64 / 2f64.powi(shift as i32)
    };
    Ok(if (a < 0) == (b < 0) { magnitude } else { -magnitude })
}

/// `a ** b` of ints: an int, or a float where `b` is negative.
pub(crate) fn int_pow(a: i64, b: i64) -> Result<Value> {
    if b < 0 {
        return float_pow(a as f64, b as f64);
    }
    match (a, b) {
        (_, 0) | (1, _) => return Ok(Value::Int(1)),
        (0, _) => return Ok(Value::Int(0)),
        (-1, _) => return Ok(Value::Int(if b % 2 == 0 { 1 } else { -1 })),
        _ => {}
    }
    u32::try_from(b).ok().and_then(|b| a.checked_pow(b)).map(Value::Int).ok_or_else(int_overflow)
}

/// `a << b`.
pub(crate) fn int_shift_left(a: i64, b: i64) -> Result<i64> {
    if b < 0 {
        return Err(raise("ValueError", "negative shift count"));
    }
    if a == 0 {
        return Ok(0);
    }
    let shifted = if b < 64 { a << b } else { 0 };
    if b < 64 && shifted >> b == a { Ok(shifted) } else { Err(int_overflow()) }
}

/// `a >> b`.
pub(crate) fn int_shift_right(a: i64, b: i64) -> Result<i64> {
    if b < 0 {
        return Err(raise("ValueError", "negative shift count"));
    }
    Ok(a >> b.min(63))
}

/// `a / b` of floats.
pub(crate) fn float_div(a: f64, b: f64) -> Result<f64> {
    if b == 0.0 { Err(zero_division("float division by zero")) } else { Ok(a / b) }
}

/// The floor of `a / b` and the remainder, `b` not 0.
fn floor_and_rest(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    let floor = if quotient == 0.0 {
        0f64.copysign(a / b)
    } else {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    };
    (floor, rest)
}

/// `a // b` of floats.
pub(crate) fn float_floor_div(a: f64, b: f64) -> Result<f64> {
    if b == 0.0 { Err(zero_division("float floor division by zero")) } else { Ok(floor_and_rest(a, b).0) }
}

/// `a % b` of floats.
pub(crate) fn float_mod(a: f64, b: f64) -> Result<f64> {
    if b == 0.0 { Err(zero_division("float modulo")) } else { Ok(floor_and_rest(a, b).1) }
}

/// `divmod(a, b)` of floats.
pub(crate) fn float_divmod(a: f64, b: f64) -> Result<(f64, f64)> {
    if b == 0.0 { Err(zero_division("float divmod()")) } else { Ok(floor_and_rest(a, b)) }
}

/// `a ** b` of floats: complex where `a` is negative and `b` is not whole.
pub(crate) fn float_pow(a: f64, b: f64) -> Result<Value> {
    if a == 0.0 && b < 0.0 {
        return Err(zero_division("0.0 cannot be raised to a negative power"));
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b.floor() != b {
        return complex_pow((a, 0.0), (b, 0.0)).map(|(re, im)| Value::Complex(re, im));
    }
    let power = a.powf(b);
    if power.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(out_of_range());
    }
    Ok(Value::Float(power))
}

/// A complex number: real and imaginary part.
pub(crate) type Complex = (f64, f64);

/// `a * b` of complex numbers.
pub(crate) fn complex_mul(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// `a / b` of complex numbers, by Smith's method (R. L. Smith, CACM 5, 1962).
pub(crate) fn complex_div(a: Complex, b: Complex) -> Result<Complex> {
    if b.0.abs() >= b.1.abs() {
        if b.0 == 0.0 {
            return Err(zero_division("complex division by zero"));
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        Ok(((a.0 + a.1 * ratio) / denominator, (a.1 - a.0 * ratio) / denominator))
    } else {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        Ok(((a.0 * ratio + a.1) / denominator, (a.1 * ratio - a.0) / denominator))
    }
}

/// `a ** b` of complex numbers: by multiplication for small whole exponents, else in polar form.
pub(crate) fn complex_pow(a: Complex, b: Complex) -> Result<Complex> {
    if b.1 == 0.0 && b.0.floor() == b.0 && b.0.abs() <= 100.0 {
        let power = complex_int_pow(a, b.0.abs() as u32);
        return if b.0 >= 0.0 { Ok(power) } else { complex_div((1.0, 0.0), power) };
    }
    if a == (0.0, 0.0) {
        if b.1 != 0.0 || b.0 < 0.0 {
            return Err(zero_division("0.0 to a negative or complex power"));
        }
        return Ok((0.0, 0.0));
    }
    let (modulus, angle) = (a.0.hypot(a.1), a.1.atan2(a.0));
    let mut length = modulus.powf(b.0);
    let mut phase = angle * b.0;
    if b.1 != 0.0 {
        length /= (angle * b.1).exp();
        phase += b.1 * modulus.ln();
    }
    Ok((length * phase.cos(), length * phase.sin()))
}

fn complex_int_pow(base: Complex, exponent: u32) -> Complex {
    let (mut result, mut power, mut mask) = ((1.0, 0.0), base, 1u32);
    while mask > 0 && exponent >= mask {
        if exponent & mask != 0 {
            result = complex_mul(result, power);
        }
        mask <<= 1;
        power = complex_mul(power, power);
    }
    result
}

/// A float without its fraction as an int.
pub(crate) fn float_to_int(value: f64) -> Result<i64> {
    if value.is_nan() {
        return Err(raise("ValueError", "cannot convert float NaN to integer"));
    }
    if value.is_infinite() {
        return Err(raise("OverflowError", "cannot convert float infinity to integer"));
    }
    let whole = value.trunc();
    let limit = 9_223_372_036_854_775_808.0;
    if (-limit..limit).contains(&whole) { Ok(whole as i64) } else { Err(int_overflow()) }
}

/// `round(value, digits)`: the nearest number with so many decimals, ties to even of the exact value.
pub(crate) fn round_digits(value: f64, digits: i64) -> Result<f64> {
    if !value.is_finite() || digits > 323 {
        return Ok(value);
    }
    if digits < -308 {
        return Ok(0.0 * value);
    }
    let rounded: f64 = if digits >= 0 {
        format!("{value:.*}", digits as usize).parse().unwrap_or(value)
    } else {
        // The exact digits before the point, and whether any digit behind it is not zero, decide.
        let exact = format!("{:.1100}", value.abs());
        let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
        let cut = digits.unsigned_abs() as usize;
        let whole = format!("{whole:0>width$}", width = cut + 1);
        let (kept, dropped) = whole.split_at(whole.len() - cut);
        let half = format!("5{}", "0".repeat(cut - 1));
        let beyond = fraction.bytes().any(|digit| digit != b'0');
        let is_odd = kept.bytes().last().is_some_and(|digit| (digit - b'0') % 2 == 1);
        let up = dropped > half.as_str() || dropped == half && (beyond || is_odd);
        let mut digits: Vec<u8> = kept.bytes().collect();
        if up {
            increment(&mut digits);
        }
        let text: String = digits.into_iter().map(char::from).collect();
        format!("{text}e{cut}").parse::<f64>().unwrap_or(value).copysign(value)
    };
    if rounded.is_infinite() {
        return Err(raise("OverflowError", "rounded value too large to represent"));
    }
    Ok(rounded)
}

fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

/// `round(value, digits)` of an int with negative `digits`.
pub(crate) fn int_round(value: i64, digits: i64) -> Result<i64> {
    if digits >= 0 {
        return Ok(value);
    }
    let Some(unit) = u32::try_from(-digits).ok().and_then(|d| 10i128.checked_pow(d)) else { return Ok(0) };
    let value = i128::from(value);
    let (quotient, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    let up = rest * 2 > unit || rest * 2 == unit && quotient % 2 != 0;
    i64::try_from((quotient + i128::from(up)) * unit).map_err(|_| int_overflow())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_of_large_ints_are_rounded_once() {
        assert_eq!(int_true_div(i64::MAX, 3).ok(), Some(3.074_457_345_618_258_6e18));
        assert_eq!(int_true_div(9_007_199_254_740_993, 9_007_199_254_740_992).ok(), Some(1.0));
        assert_eq!(int_true_div(1, i64::MIN).ok(), Some(-1.0 / 9_223_372_036_854_775_808.0));
    }

    #[test]
    fn rounding_takes_ties_to_even_of_the_exact_value() {
        let cases =
            [(2.675, 2, 2.67), (0.125, 2, 0.12), (1250.0, -2, 1200.0), (1350.0, -2, 1400.0), (-15.0, -1, -20.0)];
        for (value, digits, want) in cases {
            assert_eq!(round_digits(value, digits).ok(), Some(want), "{value} {digits}");
        }
        assert_eq!(int_round(25, -1).ok(), Some(20));
        assert_eq!(int_round(-35, -1).ok(), Some(-40));
        assert_eq!(int_round(i64::MAX, -1).ok(), None);
    }

    #[test]
    fn shifts_overflow_rather_than_lose_bits() {
        assert_eq!(int_shift_left(1, 62).ok(), Some(1 << 62));
        assert!(int_shift_left(1, 63).is_err() && int_shift_left(-1, 64).is_err());
        assert_eq!(int_shift_left(-1, 63).ok(), Some(i64::MIN));
        assert_eq!(int_shift_right(-5, 100).ok(), Some(-1));
    }
}
