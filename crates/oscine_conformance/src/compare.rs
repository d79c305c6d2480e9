//! Compares what a program gave with what CPython wrote.

use crate::hex::{hex, parse_hex};
use crate::program::Options;

/// Nothing where `given` is what CPython says, within the program's allowance; else the first difference in words.
pub fn compare(expected: &[String], given: &[String], options: &Options) -> Result<(), String> {
    let rows: Vec<Option<Vec<f64>>> = expected.iter().map(|line| numbers(line)).collect();
    let largest = rows.iter().flatten().flatten().filter(|v| v.is_finite()).fold(0.0, |most: f64, v| most.max(v.abs()));
    for (index, line) in expected.iter().enumerate() {
        let row = index + 1;
        let Some(got) = given.get(index) else { return Err(format!("output ends before line {row}: {line}")) };
        let matches = match (&rows[index], numbers(got)) {
            (Some(want), Some(have)) if want.len() == have.len() => {
                want.iter().zip(&have).all(|(&want, &have)| near(want, have, options, largest))
            }
            _ => line.trim_end() == got.trim_end(),
        };
        if !matches {
            return Err(format!("output line {row}: CPython says {line}, we say {got}"));
        }
    }
    given.get(expected.len()).map_or(Ok(()), |line| Err(format!("output goes on after its end: {line}")))
}

fn numbers(line: &str) -> Option<Vec<f64>> {
    let row: Option<Vec<f64>> = line.split(' ').map(parse_hex).collect();
    row.filter(|row| !row.is_empty())
}

fn near(want: f64, have: f64, options: &Options, largest: f64) -> bool {
    hex(want) == hex(have)
        || distance(want, have) <= options.ulp
        || (options.peak > 0.0 && (want - have).abs() <= options.peak * largest)
}

/// How many floats lie between two, one of them counted.
fn distance(a: f64, b: f64) -> u64 {
    if !a.is_finite() || !b.is_finite() {
        return u64::MAX;
    }
    let ordered = |value: f64| {
        let bits = value.to_bits() as i64;
        i128::from(if bits < 0 { i64::MIN - bits } else { bits })
    };
    // Zeros of either sign are one place on this scale, but not the same output.
    if a == b && a.to_bits() != b.to_bits() {
        return 1;
    }
    (ordered(a) - ordered(b)).unsigned_abs() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowing(ulp: u64, peak: f64) -> Options {
        Options { ulp, peak, ..Options::of("") }
    }

    fn lines(values: &[f64]) -> Vec<String> {
        values.iter().map(|&value| hex(value)).collect()
    }

    #[test]
    fn bits_must_agree_unless_an_allowance_is_given() {
        let next = f64::from_bits(1.0f64.to_bits() + 1);
        assert!(compare(&lines(&[1.0]), &lines(&[1.0]), &allowing(0, 0.0)).is_ok());
        assert!(compare(&lines(&[1.0]), &lines(&[next]), &allowing(0, 0.0)).is_err());
        assert!(compare(&lines(&[1.0]), &lines(&[next]), &allowing(1, 0.0)).is_ok());
        assert!(compare(&lines(&[0.0]), &lines(&[-0.0]), &allowing(0, 0.0)).is_err());
        assert!(compare(&lines(&[1.0, 100.0]), &lines(&[1.5, 100.0]), &allowing(0, 0.01)).is_ok());
        assert!(compare(&lines(&[f64::NAN]), &lines(&[f64::NAN]), &allowing(0, 0.0)).is_ok());
        assert!(compare(&lines(&[f64::NAN]), &lines(&[1.0]), &allowing(2, 1.0)).is_err());
    }

    #[test]
    fn neither_output_may_be_longer() {
        assert!(compare(&lines(&[1.0, 2.0]), &lines(&[1.0]), &allowing(0, 0.0)).is_err());
        assert!(compare(&lines(&[1.0]), &lines(&[1.0, 2.0]), &allowing(0, 0.0)).is_err());
    }

    #[test]
    fn words_must_agree_exactly() {
        let said = ["line 3: IndexError: list index out of range".to_owned()];
        assert!(compare(&said, &said, &allowing(0, 0.0)).is_ok());
        assert!(compare(&said, &["line 4: IndexError".to_owned()], &allowing(2, 1.0)).is_err());
    }
}
