//! The format language: `f"{x:>10.3f}"`, `format(x, ".2e")`, `"{:d}".format(n)`, and `%`.
//!
//! A specification is `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`, as Python's documentation has it
//! ("Format Specification Mini-Language").

use super::Interpreter;
use super::array;
use super::exceptions::{raise, raise_with};
use super::numerals::{fixed, float_repr, general, scientific};
use super::types::type_name;
use super::value::{Name, Raised, Result, Value};

/// A format specification, taken apart.
#[derive(Debug, Clone)]
struct Spec {
    fill: char,
    align: Option<char>,
    sign: char,
    no_negative_zero: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

fn value_error(words: impl Into<String>) -> Box<Raised> {
    raise("ValueError", words)
}

impl Spec {
    fn parse(text: &str, value: &Value) -> Result<Self> {
        let chars: Vec<char> = text.chars().collect();
        let mut spec = Self {
            fill: ' ',
            align: None,
            sign: '-',
            no_negative_zero: false,
            alternate: false,
            zero: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        };
        let mut at = 0;
        let is_align = |index: usize| chars.get(index).is_some_and(|c| "<>=^".contains(*c));
        if is_align(1) {
            spec.fill = chars[0];
            spec.align = Some(chars[1]);
            at = 2;
        } else if is_align(0) {
            spec.align = Some(chars[0]);
            at = 1;
        }
        let peek = |at: usize| chars.get(at).copied();
        if let Some(sign @ ('+' | '-' | ' ')) = peek(at) {
            spec.sign = sign;
            at += 1;
        }
        if peek(at) == Some('z') {
            spec.no_negative_zero = true;
            at += 1;
        }
        if peek(at) == Some('#') {
            spec.alternate = true;
            at += 1;
        }
        if peek(at) == Some('0') {
            spec.zero = true;
            at += 1;
        }
        let number = |at: &mut usize| -> Result<Option<usize>> {
            let start = *at;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            if start == *at {
                return Ok(None);
            }
            let digits: String = chars[start..*at].iter().collect();
            let size = digits.parse::<usize>().ok().filter(|size| *size <= 1 << 20);
            size.map(Some).ok_or_else(|| value_error("Too many decimal digits in format string"))
        };
        spec.width = number(&mut at)?.unwrap_or(0);
        if let Some(grouping @ (',' | '_')) = peek(at) {
            spec.grouping = Some(grouping);
            at += 1;
        }
        if peek(at) == Some('.') {
            at += 1;
            spec.precision = Some(number(&mut at)?.ok_or_else(|| value_error("Format specifier missing precision"))?);
        }
        if let Some(kind) = peek(at) {
            spec.kind = Some(kind);
            at += 1;
        }
        if at < chars.len() {
            let kind = type_name(value);
            return Err(value_error(format!("Invalid format specifier '{text}' for object of type '{kind}'")));
        }
        if spec.zero && spec.align.is_none() {
            spec.fill = '0';
            if matches!(value, Value::Str(_)) {
                spec.align = Some('<');
            } else {
                spec.align = Some('=');
            }
        } else if spec.zero && !is_align(1) {
            spec.fill = '0';
        }
        Ok(spec)
    }

    /// Text brought to the width.
    fn pad(&self, text: &str, otherwise: char) -> String {
        let length = text.chars().count();
        let missing = self.width.saturating_sub(length);
        let align = self.align.unwrap_or(otherwise);
        let (before, after) = match align {
            '<' => (0, missing),
            '^' => (missing / 2, missing - missing / 2),
            _ => (missing, 0),
        };
        let fill = |count: usize| self.fill.to_string().repeat(count);
        format!("{}{text}{}", fill(before), fill(after))
    }

    /// A number's sign, prefix and digits, grouped and brought to the width.
    fn number(&self, negative: bool, prefix: &str, digits: &str, every: usize) -> String {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, '+') => "+",
            (false, ' ') => " ",
            _ => "",
        };
        let whole = digits.find(|c: char| !c.is_ascii_alphanumeric() || every == 3 && !c.is_ascii_digit());
        let (whole, rest) = digits.split_at(whole.unwrap_or(digits.len()));
        let least = if self.align == Some('=') && self.fill == '0' {
            self.width.saturating_sub(sign.len() + prefix.len() + rest.chars().count())
        } else {
            0
        };
        let whole = match self.grouping {
            Some(separator) if whole.chars().all(|c| c.is_ascii_alphanumeric()) && !whole.is_empty() => {
                group(whole, separator, every, least)
            }
            _ => whole.to_owned(),
        };
        let body = format!("{whole}{rest}");
        if self.align == Some('=') {
            let missing = self.width.saturating_sub(sign.len() + prefix.len() + body.chars().count());
            return format!("{sign}{prefix}{}{body}", self.fill.to_string().repeat(missing));
        }
        self.pad(&format!("{sign}{prefix}{body}"), '>')
    }
}

/// Digits with a separator every so many from the right, with zeros before them up to a least length.
fn group(digits: &str, separator: char, every: usize, least: usize) -> String {
    let mut reversed = String::new();
    let mut source = digits.chars().rev().peekable();
    let mut count = 0;
    while source.peek().is_some() || reversed.len() < least {
        if count > 0 && count % every == 0 {
            // A separator that would stand first gives way to a zero.
            reversed.push(separator);
        }
        reversed.push(source.next().unwrap_or('0'));
        count += 1;
    }
    reversed.chars().rev().collect()
}

fn unknown(kind: char, value: &Value) -> Box<Raised> {
    value_error(format!("Unknown format code '{kind}' for object of type '{}'", type_name(value)))
}

fn format_int(value: i64, spec: &Spec, original: &Value) -> Result<String> {
    let kind = spec.kind.unwrap_or('d');
    if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
        return format_float(value as f64, spec, original);
    }
    if spec.precision.is_some() {
        return Err(value_error("Precision not allowed in integer format specifier"));
    }
    let magnitude = value.unsigned_abs();
    let (digits, prefix) = match kind {
        'd' | 'n' => (magnitude.to_string(), ""),
        'b' => (format!("{magnitude:b}"), "0b"),
        'o' => (format!("{magnitude:o}"), "0o"),
        'x' => (format!("{magnitude:x}"), "0x"),
        'X' => (format!("{magnitude:X}"), "0X"),
        'c' => {
            let c = u32::try_from(value).ok().and_then(char::from_u32);
            let c = c.ok_or_else(|| raise("OverflowError", "%c arg not in range(0x110000)"))?;
            return Ok(spec.pad(&c.to_string(), '<'));
        }
        _ => return Err(unknown(kind, original)),
    };
    if spec.grouping == Some(',') && matches!(kind, 'b' | 'o' | 'x' | 'X') {
        return Err(value_error(format!("Cannot specify ',' with '{kind}'.")));
    }
    let every = if kind == 'd' || kind == 'n' { 3 } else { 4 };
    Ok(spec.number(value < 0, if spec.alternate { prefix } else { "" }, &digits, every))
}

fn format_float(value: f64, spec: &Spec, original: &Value) -> Result<String> {
    let kind = spec.kind;
    let magnitude = value.abs();
    let mut digits = if value.is_finite() {
        let precision = spec.precision.unwrap_or(6);
        match kind {
            Some('e' | 'E') => scientific(magnitude, precision, spec.alternate),
            Some('f' | 'F') => fixed(magnitude, precision, spec.alternate),
            Some('g' | 'G' | 'n') => general(magnitude, precision, spec.alternate, false),
            Some('%') => fixed(magnitude * 100.0, precision, spec.alternate) + "%",
            None => match spec.precision {
                Some(precision) => general(magnitude, precision, spec.alternate, true),
                None => float_repr(magnitude),
            },
            Some(other) => return Err(unknown(other, original)),
        }
    } else {
        match kind {
            None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n') => float_repr(magnitude),
            Some('%') => float_repr(magnitude) + "%",
            Some(other) => return Err(unknown(other, original)),
        }
    };
    if kind.is_some_and(|kind| kind.is_ascii_uppercase()) {
        digits = digits.to_ascii_uppercase();
    }
    let is_zero = spec.no_negative_zero && digits.bytes().take_while(|b| *b != b'e').all(|b| b"0.%".contains(&b));
    Ok(spec.number(value.is_sign_negative() && !value.is_nan() && !is_zero, "", &digits, 3))
}

fn format_text(text: &str, spec: &Spec, original: &Value) -> Result<String> {
    match spec.kind {
        None | Some('s') => {}
        Some(kind) => return Err(unknown(kind, original)),
    }
    if spec.sign != '-' {
        return Err(value_error("Sign not allowed in string format specifier"));
    }
    if spec.alternate {
        return Err(value_error("Alternate form (#) not allowed in string format specifier"));
    }
    if spec.align == Some('=') {
        return Err(value_error("'=' alignment not allowed in string format specifier"));
    }
    if let Some(grouping) = spec.grouping {
        return Err(value_error(format!("Cannot specify '{grouping}' with 's'.")));
    }
    let cut: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
    Ok(spec.pad(&cut, '<'))
}

impl Interpreter<'_> {
    /// `format(value, spec)`
    pub(crate) fn format(&mut self, value: &Value, spec: &str) -> Result<String> {
        if let Value::Instance(instance) = value {
            if let Some(text) = self.call_special(value, "__format__", vec![Value::Str(Name::from(spec))])? {
                return self.str(&text);
            }
            let base = instance.base_value.borrow().clone();
            if spec.is_empty() || self.special(value, "__str__")?.is_some() && super::enums::is_enum(&instance.class) {
                let text = self.str(value)?;
                return self.format(&Value::Str(Name::from(text)), spec);
            }
            if !matches!(base, Value::None) {
                return self.format(&base, spec);
            }
            if super::enums::is_enum(&instance.class) {
                let text = self.str(value)?;
                return self.format(&Value::Str(Name::from(text)), spec);
            }
        }
        // numpy's scalars are formatted as the Python numbers that they hold.
        let value = array::plain(&value.plain());
        if spec.is_empty() {
            return self.str(&value);
        }
        match &value {
            Value::Bool(flag) => format_int(i64::from(*flag), &Spec::parse(spec, &value)?, &value),
            Value::Int(number) => format_int(*number, &Spec::parse(spec, &value)?, &value),
            Value::Float(number) => format_float(*number, &Spec::parse(spec, &value)?, &value),
            Value::Str(text) => format_text(text, &Spec::parse(spec, &value)?, &value),
            Value::Complex(re, im) => {
                let mut plain = Spec::parse(spec, &value)?;
                let width = std::mem::replace(&mut plain.width, 0);
                let real = format_float(*re, &plain, &value)?;
                let imaginary = format_float(*im, &Spec { sign: '+', ..plain.clone() }, &value)?;
                let text = match plain.kind {
                    None => super::numerals::complex_repr(*re, *im),
                    Some(_) => format!("{real}{imaginary}j"),
                };
                Ok(Spec { width, ..plain }.pad(&text, '>'))
            }
            _ => {
                let kind = type_name(&value);
                Err(raise("TypeError", format!("unsupported format string passed to {kind}.__format__")))
            }
        }
    }

    /// `text.format(...)`
    pub(crate) fn str_format(&mut self, text: &str, positional: &[Value], named: &[(Name, Value)]) -> Result<String> {
        let mut automatic = Some(0);
        self.fill(text, positional, named, &mut automatic, 0)
    }

    fn fill(
        &mut self,
        text: &str,
        positional: &[Value],
        named: &[(Name, Value)],
        automatic: &mut Option<usize>,
        depth: usize,
    ) -> Result<String> {
        if depth > 2 {
            return Err(value_error("Max string recursion exceeded"));
        }
        let chars: Vec<char> = text.chars().collect();
        let (mut result, mut at) = (String::new(), 0);
        while at < chars.len() {
            match chars[at] {
                '{' if chars.get(at + 1) == Some(&'{') => {
                    result.push('{');
                    at += 2;
                }
                '}' if chars.get(at + 1) == Some(&'}') => {
                    result.push('}');
                    at += 2;
                }
                '}' => return Err(value_error("Single '}' encountered in format string")),
                '{' => {
                    let start = at + 1;
                    let (mut depth_inside, mut end) = (1, start);
                    while end < chars.len() {
                        match chars[end] {
                            '{' => depth_inside += 1,
                            '}' => depth_inside -= 1,
                            _ => {}
                        }
                        if depth_inside == 0 {
                            break;
                        }
                        end += 1;
                    }
                    if depth_inside > 0 {
                        let words = if start == chars.len() {
                            "Single '{' encountered in format string"
                        } else {
                            "expected '}' before end of string"
                        };
                        return Err(value_error(words));
                    }
                    let field: String = chars[start..end].iter().collect();
                    result.push_str(&self.fill_field(&field, positional, named, automatic, depth)?);
                    at = end + 1;
                }
                c => {
                    result.push(c);
                    at += 1;
                }
            }
        }
        Ok(result)
    }

    fn fill_field(
        &mut self,
        field: &str,
        positional: &[Value],
        named: &[(Name, Value)],
        automatic: &mut Option<usize>,
        depth: usize,
    ) -> Result<String> {
        let (head, spec) = field.split_once(':').unwrap_or((field, ""));
        let (path, conversion) = head.split_once('!').map_or((head, None), |(path, c)| (path, c.chars().next()));
        let name_end = path.find(['.', '[']).unwrap_or(path.len());
        let (name, mut rest) = path.split_at(name_end);
        let by_position = |index: usize| {
            positional.get(index).cloned().ok_or_else(|| {
                raise("IndexError", format!("Replacement index {index} out of range for positional args tuple"))
            })
        };
        let mut value = if name.is_empty() {
            let Some(index) = *automatic else {
                let words = "cannot switch from manual field specification to automatic field numbering";
                return Err(value_error(words));
            };
            *automatic = Some(index + 1);
            by_position(index)?
        } else if let Ok(index) = name.parse::<usize>() {
            if automatic.is_some_and(|count| count > 0) {
                let words = "cannot switch from automatic field numbering to manual field specification";
                return Err(value_error(words));
            }
            *automatic = None;
            by_position(index)?
        } else {
            let found = named.iter().find(|(key, _)| **key == *name).map(|(_, value)| value.clone());
            found.ok_or_else(|| raise_with("KeyError", vec![Value::Str(Name::from(name))]))?
        };
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                value = self.get_attribute(&value, &after[..end])?;
                rest = &after[end..];
            } else if let Some((key, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                let key = key.parse().map_or_else(|_| Value::Str(Name::from(key)), Value::Int);
                value = self.get_item(&value, &key)?;
                rest = after;
            } else {
                return Err(value_error("Only '.' or '[' may follow ']' in format field specifier"));
            }
        }
        let value = match conversion {
            Some('r' | 'a') => Value::Str(Name::from(self.repr(&value)?)),
            Some('s') => Value::Str(Name::from(self.str(&value)?)),
            _ => value,
        };
        let spec = self.fill(spec, positional, named, automatic, depth + 1)?;
        self.format(&value, &spec)
    }

    /// `text % values`
    pub(crate) fn percent(&mut self, text: &str, values: &Value) -> Result<String> {
        let mut given = match values {
            Value::Tuple(values) => (**values).clone(),
            one => vec![one.clone()],
        }
        .into_iter();
        let not_enough = || raise("TypeError", "not enough arguments for format string");
        let chars: Vec<char> = text.chars().collect();
        let (mut result, mut at) = (String::new(), 0);
        let mut used_mapping = false;
        while at < chars.len() {
            if chars[at] != '%' {
                result.push(chars[at]);
                at += 1;
                continue;
            }
            at += 1;
            let mut mapped = None;
            if chars.get(at) == Some(&'(') {
                let end = (at..chars.len()).find(|&end| chars[end] == ')');
                let end = end.ok_or_else(|| value_error("incomplete format key"))?;
                let key: String = chars[at + 1..end].iter().collect();
                mapped = Some(self.get_item(values, &Value::Str(Name::from(key)))?);
                used_mapping = true;
                at = end + 1;
            }
            let mut flags = String::new();
            while let Some(flag @ ('-' | '+' | ' ' | '#' | '0')) = chars.get(at).copied() {
                flags.push(flag);
                at += 1;
            }
            let mut size = |at: &mut usize| -> Result<Option<i64>> {
                if chars.get(*at) == Some(&'*') {
                    *at += 1;
                    let size = given.next().ok_or_else(not_enough)?.plain().as_int();
                    return size.map(Some).ok_or_else(|| raise("TypeError", "* wants int"));
                }
                let digits: String = chars[*at..].iter().take_while(|c| c.is_ascii_digit()).collect();
                *at += digits.len();
                Ok(digits.parse().ok())
            };
            let width = size(&mut at)?;
            let precision = if chars.get(at) == Some(&'.') {
                at += 1;
                Some(size(&mut at)?.unwrap_or(0))
            } else {
                None
            };
            while matches!(chars.get(at), Some('l' | 'h' | 'L')) {
                at += 1;
            }
            let Some(kind) = chars.get(at).copied() else { return Err(value_error("incomplete format")) };
            if kind == '%' {
                result.push('%');
                at += 1;
                continue;
            }
            let value = match mapped {
                Some(value) => value,
                None => given.next().ok_or_else(not_enough)?,
            };
            result.push_str(&self.percent_one(&value, kind, at, &flags, width, precision)?);
            at += 1;
        }
        let is_mapping = matches!(values, Value::Dict(_) | Value::Instance(_) | Value::List(_));
        if given.next().is_some() && !used_mapping && !is_mapping {
            return Err(raise("TypeError", "not all arguments converted during string formatting"));
        }
        Ok(result)
    }

    fn percent_one(
        &mut self,
        value: &Value,
        kind: char,
        at: usize,
        flags: &str,
        width: Option<i64>,
        precision: Option<i64>,
    ) -> Result<String> {
        let left = flags.contains('-') || width.is_some_and(|width| width < 0);
        let zero = flags.contains('0') && !left;
        let mut spec = Spec {
            fill: ' ',
            align: Some(if left { '<' } else { '>' }),
            sign: if flags.contains('+') {
                '+'
            } else if flags.contains(' ') {
                ' '
            } else {
                '-'
            },
            no_negative_zero: false,
            alternate: flags.contains('#'),
            zero: false,
            width: width.map_or(0, |width| width.unsigned_abs().min(1 << 20) as usize),
            grouping: None,
            precision: precision.map(|precision| precision.clamp(0, 1 << 20) as usize),
            kind: Some(kind),
        };
        let plain = array::plain(&value.plain());
        match kind {
            's' | 'r' | 'a' => {
                let text = if kind == 's' { self.str(value)? } else { self.repr(value)? };
                let text: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
                Ok(spec.pad(&text, '>'))
            }
            'c' => match &plain {
                Value::Str(text) if text.chars().count() == 1 => Ok(spec.pad(text, '>')),
                Value::Int(code) => {
                    let c = u32::try_from(*code).ok().and_then(char::from_u32);
                    let c = c.ok_or_else(|| raise("OverflowError", "%c arg not in range(0x110000)"))?;
                    Ok(spec.pad(&c.to_string(), '>'))
                }
                _ => Err(raise("TypeError", "%c requires int or char")),
            },
            _ => {
                if zero {
                    spec.fill = '0';
                    spec.align = Some('=');
                }
                match kind {
                    'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
                        let number = match &plain {
                            Value::Float(number) if matches!(kind, 'd' | 'i' | 'u') => {
                                super::arithmetic::float_to_int(*number)?
                            }
                            other => other.as_int().ok_or_else(|| {
                                let wanted =
                                    if matches!(kind, 'x' | 'X' | 'o') { "an integer" } else { "a real number" };
                                let words = format!("%{kind} format: {wanted} is required, not {}", type_name(other));
                                raise("TypeError", words)
                            })?,
                        };
                        spec.kind = Some(if matches!(kind, 'i' | 'u') { 'd' } else { kind });
                        // A precision is the least number of digits.
                        if let Some(digits) = spec.precision.take() {
                            let text = format_int(number.saturating_abs(), &Spec { width: 0, ..spec.clone() }, &plain)?;
                            let text = format!("{:0>digits$}", text.trim_start_matches(['+', ' ']));
                            return Ok(spec.number(number < 0, "", &text, 3));
                        }
                        format_int(number, &spec, &plain)
                    }
                    'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                        let number = plain.as_float().ok_or_else(|| {
                            raise("TypeError", format!("must be real number, not {}", type_name(&plain)))
                        })?;
                        format_float(number, &spec, &plain)
                    }
                    _ => {
                        let words =
                            format!("unsupported format character '{kind}' (0x{:x}) at index {at}", kind as u32);
                        Err(value_error(words))
                    }
                }
            }
        }
    }
}
