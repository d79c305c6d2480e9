//! Numbers as text: the shortest float that reads back as itself, and the presentation types of the format language.

/// `repr` of a float: the shortest digits that give the same float, with an exponent below 1e-4 and from 1e16.
pub(crate) fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = shortest(value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let decimals = mantissa.trim_start_matches('-').len().saturating_sub(2) as i32 - exponent;
        return format!("{value:.*}", decimals.max(1) as usize);
    }
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// The fewest digits that read back as the same float, the nearest ones to it, a tie to the even one.
fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let rounded = format!("{value:.*e}", digits - 1);
    if rounded.parse() == Ok(value) { rounded } else { text }
}

/// `repr` of a complex number.
pub(crate) fn complex_repr(re: f64, im: f64) -> String {
    let part = |value: f64| {
        let text = float_repr(value);
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    if re == 0.0 && re.is_sign_positive() {
        return format!("{}j", part(im));
    }
    let sign = if im.is_sign_negative() && !im.is_nan() { "" } else { "+" };
    format!("({}{sign}{}j)", part(re), part(im))
}

/// `%e` of a magnitude: one digit, `precision` decimals, an exponent of two digits or more.
pub(crate) fn scientific(magnitude: f64, precision: usize, alternate: bool) -> String {
    let text = format!("{magnitude:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let point = if alternate && precision == 0 { "." } else { "" };
    format!("{mantissa}{point}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// `%f` of a magnitude.
pub(crate) fn fixed(magnitude: f64, precision: usize, alternate: bool) -> String {
    let point = if alternate && precision == 0 { "." } else { "" };
    format!("{magnitude:.precision$}{point}")
}

/// `%g` of a magnitude: `precision` digits, zeros at the end dropped unless `alternate`. With `dot`, a fixed number
/// keeps one decimal, and the exponent comes a digit sooner, as the format language has it for floats without a type.
pub(crate) fn general(magnitude: f64, precision: usize, alternate: bool, dot: bool) -> String {
    let precision = precision.max(1);
    let text = format!("{magnitude:.*e}", precision - 1);
    let exponent: i64 = text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let limit = precision as i64 - i64::from(dot);
    if exponent < -4 || exponent >= limit {
        let text = scientific(magnitude, precision - 1, alternate);
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "+00"));
        return if alternate { text } else { format!("{}e{power}", without_zeros(mantissa)) };
    }
    let text = fixed(magnitude, (precision as i64 - 1 - exponent).max(0) as usize, alternate);
    let text = if alternate { text } else { without_zeros(&text).to_owned() };
    if dot && !text.contains('.') { text + ".0" } else { text }
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// `float.hex`.
pub(crate) fn float_hex(value: f64) -> String {
    if !value.is_finite() {
        return float_repr(value);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7FF) as i32, bits & ((1 << 52) - 1));
    let (lead, power) = if exponent == 0 { (0, -1022) } else { (1, exponent - 1023) };
    format!("{sign}0x{lead}.{fraction:013x}p{power:+}")
}

/// A float as Python's `float(text)` reads it: surrounding space, underscores between digits, `inf`, `nan`.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let bytes = text.as_bytes();
    for (index, &byte) in bytes.iter().enumerate() {
        let digit = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
        if byte == b'_' && !(digit(index.checked_sub(1)) && digit(Some(index + 1))) {
            return None;
        }
    }
    let plain = text.replace('_', "");
    let unsigned = plain.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if plain.len() - unsigned.len() > 1 {
        return None;
    }
    match unsigned.as_str() {
        "inf" | "infinity" => Some(if plain.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        "nan" => Some(f64::NAN),
        _ if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') => plain.parse().ok(),
        _ => None,
    }
}

/// An int as Python's `int(text, base)` reads it; base 0 obeys a prefix. `Err` where it has more than 64 bits.
pub(crate) fn parse_int(text: &str, base: u32) -> Option<Result<i64, ()>> {
    let text = text.trim();
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = rest.to_ascii_lowercase();
    let prefix = match lower.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 0,
    };
    let has_prefix = prefix != 0 && (base == prefix || base == 0);
    let digits = if has_prefix { lower[2..].strip_prefix('_').unwrap_or(&lower[2..]) } else { lower.as_str() };
    let radix = if base == 0 { if has_prefix { prefix } else { 10 } } else { base };
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    let mut value: Result<i128, ()> = Ok(0);
    for c in digits.chars().filter(|&c| c != '_') {
        let digit = i128::from(c.to_digit(radix)?);
        value = value.and_then(|v| {
            let next = v * i128::from(radix) + digit;
            if next > 1 << 64 { Err(()) } else { Ok(next) }
        });
    }
    Some(value.and_then(|v| i64::try_from(if negative { -v } else { v }).map_err(|_| ())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_python_prints_them() {
        let cases = [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (123_456_789.123, "123456789.123"),
            (5e-324, "5e-324"),
            (1.5e300, "1.5e+300"),
            (1e15 + 0.25, "1000000000000000.2"),
            (-1234.5, "-1234.5"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
        ];
        for (value, text) in cases {
            assert_eq!(float_repr(value), text);
        }
    }

    #[test]
    fn general_format_chooses_its_notation() {
        assert_eq!(general(0.0001, 6, false, false), "0.0001");
        assert_eq!(general(0.00001, 6, false, false), "1e-05");
        assert_eq!(general(1e6, 6, false, false), "1e+06");
        assert_eq!(general(100.0, 3, false, false), "100");
        assert_eq!(general(100.0, 3, false, true), "1e+02");
        assert_eq!(general(3.0, 6, true, false), "3.00000");
    }

    #[test]
    fn text_is_read_as_python_reads_it() {
        assert_eq!(parse_float(" 1_000.5 "), Some(1000.5));
        assert_eq!(parse_float("1__0"), None);
        assert_eq!(parse_float("-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(parse_float("infx"), None);
        assert_eq!(parse_int("0x_ff", 16), Some(Ok(255)));
        assert_eq!(parse_int("-12", 10), Some(Ok(-12)));
        assert_eq!(parse_int("9223372036854775808", 10), Some(Err(())));
        assert_eq!(parse_int("1.5", 10), None);
    }
}
