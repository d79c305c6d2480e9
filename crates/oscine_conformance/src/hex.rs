//! Floats in hexadecimal, as `float.hex` writes them: every bit, and readable.

/// As Python's `float.hex` writes it; NaN has no sign there.
pub fn hex(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    if value == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7FF) as i32, bits & ((1 << 52) - 1));
    let (lead, power) = if exponent == 0 { (0, -1022) } else { (1, exponent - 1023) };
    format!("{sign}0x{lead}.{fraction:013x}p{power:+}")
}

/// The float that [`hex`] wrote.
pub fn parse_hex(text: &str) -> Option<f64> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let magnitude = match rest {
        "inf" => f64::INFINITY,
        "nan" => f64::NAN,
        _ => {
            let (mantissa, power) = rest.strip_prefix("0x")?.split_once('p')?;
            let (lead, fraction) = mantissa.split_once('.')?;
            let lead = u64::from_str_radix(lead, 16).ok()?;
            let power: i32 = power.parse().ok()?;
            match (lead, u64::from_str_radix(fraction, 16).ok()?) {
                (0, 0) => 0.0,
                (0, fraction) => f64::from_bits(fraction),
                (_, fraction) => f64::from_bits(u64::try_from(power + 1023).ok()? << 52 | fraction),
            }
        }
    };
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_python_writes_and_read_back() {
        let cases = [
            (1.0, "0x1.0000000000000p+0"),
            (-0.0, "-0x0.0p+0"),
            (0.1, "0x1.999999999999ap-4"),
            (5e-324, "0x0.0000000000001p-1022"),
            (f64::MAX, "0x1.fffffffffffffp+1023"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(hex(value), text);
            assert_eq!(parse_hex(text).map(f64::to_bits), Some(value.to_bits()), "{text}");
        }
        assert!(parse_hex("nan").is_some_and(f64::is_nan));
        assert_eq!(parse_hex("line 3: IndexError"), None);
    }
}
