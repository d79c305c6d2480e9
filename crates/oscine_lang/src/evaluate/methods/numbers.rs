//! Methods of numbers.

use std::rc::Rc;

use super::super::calls::count_args;
use super::super::exceptions::raise;
use super::super::numerals::float_hex;
use super::super::types::type_name;
use super::super::value::{Args, Name, Result, Value};

pub(super) fn number_method(number: &Value, name: &str, args: &Args) -> Result<Value> {
    count_args(&format!("{}.{name}", type_name(number)), args, 0, 0)?;
    Ok(match (number, name) {
        (Value::Complex(re, im), "conjugate") => Value::Complex(*re, -im),
        (Value::Bool(_), "conjugate") => Value::Int(number.as_int().unwrap_or(0)),
        (_, "conjugate") => number.clone(),
        (Value::Float(value), "is_integer") => Value::Bool(value.is_finite() && value.fract() == 0.0),
        (Value::Float(value), "hex") => Value::Str(Name::from(float_hex(*value))),
        (Value::Float(value), "as_integer_ratio") => {
            let (top, bottom) = integer_ratio(*value)?;
            Value::Tuple(Rc::new(vec![Value::Int(top), Value::Int(bottom)]))
        }
        (_, "is_integer") => Value::Bool(true),
        (_, "as_integer_ratio") => Value::Tuple(Rc::new(vec![Value::Int(number.as_int().unwrap_or(0)), Value::Int(1)])),
        (_, "bit_length") => {
            let magnitude = number.as_int().unwrap_or(0).unsigned_abs();
            Value::Int(64 - i64::from(magnitude.leading_zeros()))
        }
        (_, "bit_count") => Value::Int(i64::from(number.as_int().unwrap_or(0).unsigned_abs().count_ones())),
        _ => return Err(raise("NotImplementedError", "oscine has no bytes objects")),
    })
}

fn integer_ratio(value: f64) -> Result<(i64, i64)> {
    if value.is_nan() {
        return Err(raise("ValueError", "cannot convert NaN to integer ratio"));
    }
    if value.is_infinite() {
        return Err(raise("OverflowError", "cannot convert Infinity to integer ratio"));
    }
    let (mut top, mut bottom) = (value, 1i64);
    while top.fract() != 0.0 {
        top *= 2.0;
        bottom = bottom.checked_mul(2).ok_or_else(super::super::arithmetic::int_overflow)?;
    }
    Ok((super::super::arithmetic::float_to_int(top)?, bottom))
}

/// `float.fromhex`
pub(super) fn float_from_hex(args: &Args) -> Result<Value> {
    let invalid = || raise("ValueError", "invalid hexadecimal floating-point string");
    let Some(Value::Str(text)) = args.positional.first() else {
        return Err(raise("TypeError", "fromhex() argument must be str"));
    };
    let text = text.trim().to_ascii_lowercase();
    if let Some(value) = super::super::numerals::parse_float(&text).filter(|value| !value.is_finite()) {
        return Ok(Value::Float(value));
    }
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let rest = rest.strip_prefix("0x").unwrap_or(rest);
    let (mantissa, power) = rest.split_once('p').unwrap_or((rest, "0"));
    let power: i32 = power.parse().map_err(|_| invalid())?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let digits: String = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.len() > 28 {
        return Err(raise("ValueError", "hexadecimal string too long to convert"));
    }
    let bits = if significant.is_empty() { 0 } else { u128::from_str_radix(significant, 16).map_err(|_| invalid())? };
    // Two steps keep the intermediate power of two in range; the first is exact.
    let exponent = power.saturating_sub(4 * fraction.len() as i32);
    let half = exponent.clamp(-600, 600);
    let value = bits as f64 * 2f64.powi(half) * 2f64.powi((exponent - half).clamp(-1000, 1000));
    if value.is_infinite() {
        return Err(raise("OverflowError", "hexadecimal value too large to represent as a float"));
    }
    Ok(Value::Float(if negative { -value } else { value }))
}
