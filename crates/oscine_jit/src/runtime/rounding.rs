//! Python's `round(x, digits)`: the float nearest to that decimal number with so many digits which is nearest to `x`.
//!
//! Both roundings are exact ones, ties to even, as in D. M. Gay's "Correctly rounded binary-decimal and decimal-binary
//! conversions" (AT&T, 1990), which CPython uses. Up to 22 digits everything fits into 128-bit integers; beyond, the
//! decimal number is written into a fixed buffer and read again, which the standard library does without allocating.

use std::fmt::Write;

/// Python's `round(x, digits)`; infinite where Python says the result is too large.
pub(super) extern "C" fn oscine_round_digits(x: f64, digits: i64) -> f64 {
    // Beyond these, every float is already as short, or less than half of the last place.
    const MOST: i64 = 323;
    const LEAST: i64 = -308;
    if !x.is_finite() || x == 0.0 || digits > MOST {
        x
    } else if digits < LEAST {
        0.0 * x
    } else if (0..=22).contains(&digits) {
        to_few_digits(x.abs(), digits as u32).copysign(x)
    } else if digits > 0 {
        by_text(x.abs(), |text| write!(text, "{:.*}", digits as usize, x.abs())).copysign(x)
    } else {
        to_left_digits(x.abs(), -digits as usize).copysign(x)
    }
}

/// For `0 <= digits <= 22`, by integers.
fn to_few_digits(x: f64, digits: u32) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    let field = (x.to_bits() >> 52) as i32;
    let mantissa = x.to_bits() & MANTISSA | if field == 0 { 0 } else { MANTISSA + 1 };
    let places = 1075 - field.max(1);
    if places <= 0 {
        return x;
    }
    // x = mantissa / 2^places, and the scaled one is below 2^127.
    let power = 10_u128.pow(digits);
    let scaled = u128::from(mantissa) * power;
    if places > 127 {
        return 0.0;
    }
    let whole = scaled >> places;
    let rest = scaled & ((1 << places) - 1);
    let half = 1_u128 << (places - 1);
    let up = rest > half || (rest == half && whole & 1 == 1);
    let rounded = whole + u128::from(up);
    if rounded <= 1 << 53 {
        // Both are exact, so that the quotient is rounded once.
        return rounded as f64 / power as f64;
    }
    by_text(x, |text| write!(text, "{rounded}e-{digits}"))
}

/// Rounds to a multiple of ten to the `zeros`, at most 308.
fn to_left_digits(x: f64, zeros: usize) -> f64 {
    let mut text = Text::default();
    let whole = x.trunc();
    if write!(text, "{whole:.0}").is_err() {
        return x;
    }
    let figures = &mut text.bytes[..text.length];
    let Some(kept) = figures.len().checked_sub(zeros) else { return 0.0 };
    let (kept, dropped) = figures.split_at_mut(kept);
    let half_or_more = dropped.first().is_some_and(|d| *d >= b'5');
    let is_half = dropped.first() == Some(&b'5') && dropped.iter().skip(1).all(|d| *d == b'0') && whole == x;
    let odd = kept.last().is_some_and(|d| d % 2 == 1);
    let up = half_or_more && (!is_half || odd);
    dropped.fill(b'0');
    let mut carry = up;
    for digit in kept.iter_mut().rev() {
        if !carry {
            break;
        }
        carry = *digit == b'9';
        *digit = if carry { b'0' } else { *digit + 1 };
    }
    if carry {
        // All nines, or nothing kept: a one before them.
        return by_text(x, |text| {
            text.write_str("1")?;
            (0..figures.len()).try_for_each(|_| text.write_str("0"))
        });
    }
    text.as_float().unwrap_or(x)
}

/// Reads what `write` wrote; `x` if it could not.
fn by_text(x: f64, write: impl FnOnce(&mut Text) -> std::fmt::Result) -> f64 {
    let mut text = Text::default();
    match write(&mut text) {
        Ok(()) => text.as_float().unwrap_or(x),
        Err(std::fmt::Error) => x,
    }
}

/// A piece of text of a length that the longest decimal number here has: 309 figures, a point and 323 more.
struct Text {
    bytes: [u8; 640],
    length: usize,
}

impl Default for Text {
    fn default() -> Self {
        Self { bytes: [b'0'; 640], length: 0 }
    }
}

impl Text {
    fn as_float(&self) -> Option<f64> {
        std::str::from_utf8(&self.bytes[..self.length]).ok()?.parse().ok()
    }
}

impl Write for Text {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        let end = self.length + s.len();
        self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?.copy_from_slice(s.as_bytes());
        self.length = end;
        Ok(())
    }
}
