//! Faults in words, as Python would say them.

use oscine_dsp::Fault;
use oscine_lang::ir::{MessagePart, Program};
use oscine_lang::source::{Sources, Span};

/// `echo.py:9: ZeroDivisionError: float division by zero`
pub(crate) fn fault(program: &Program, watches: &[Span], fault: &Fault) -> String {
    let site = fault.site as usize;
    let Some(info) = program.sites.get(site) else {
        let span = watches.get(site - program.sites.len()).copied().unwrap_or_default();
        let place = place(&program.sources, span);
        return format!("{place}TimeoutError: this loop did not finish within the block's time");
    };
    let mut values = fault.args.iter().copied();
    let message: String = info
        .message
        .iter()
        .map(|part| match part {
            MessagePart::Text(text) => text.clone(),
            MessagePart::Float => float_repr(values.next().unwrap_or_default()),
            MessagePart::Int => format!("{}", values.next().unwrap_or_default() as i64),
        })
        .collect();
    let place = place(&program.sources, info.span);
    let colon = if message.is_empty() { "" } else { ": " };
    format!("{place}{}{colon}{message}", info.exception)
}

/// `echo.py:9: `
fn place(sources: &Sources, span: Span) -> String {
    if sources.files().is_empty() {
        return String::new();
    }
    let (line, _) = sources.line_column(span);
    format!("{}:{line}: ", sources.path(span).display())
}

/// Python's `repr` of a float: the fewest digits that read back as the same float, with an exponent below 1e-4 and
/// from 1e16 on.
fn float_repr(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{x:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if x == 0.0 || (-4..16).contains(&exponent) {
        let plain = format!("{x}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::float_repr;

    #[test]
    fn floats_read_as_python_writes_them() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (5e-324, "5e-324"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (x, repr) in cases {
            assert_eq!(float_repr(x), repr);
        }
    }
}
