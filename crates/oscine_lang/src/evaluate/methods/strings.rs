//! Methods of strings.

use std::rc::Rc;

use super::super::Interpreter;
use super::super::calls::count_args;
use super::super::exceptions::raise;
use super::super::types::type_name;
use super::super::value::{Args, Dict, Items, List, Name, Result, Value};

fn text(text: impl Into<String>) -> Value {
    Value::Str(Name::from(text.into()))
}

fn list(items: impl Iterator<Item = String>) -> Value {
    Value::List(Rc::new(List(items.map(text).collect::<Vec<_>>().into())))
}

fn string<'a>(args: &'a Args, index: usize, method: &str) -> Result<&'a str> {
    match args.positional.get(index) {
        Some(Value::Str(text)) => Ok(text),
        Some(Value::Param(param)) => match &param.value {
            Value::Str(text) => Ok(text),
            other => Err(raise("TypeError", format!("{method} arg must be str, not {}", type_name(other)))),
        },
        Some(other) => {
            let words = format!("{method}() argument {} must be str, not {}", index + 1, type_name(other));
            Err(raise("TypeError", words))
        }
        None => Err(raise("TypeError", format!("{method} expected at least {} arguments, got {index}", index + 1))),
    }
}

impl Interpreter<'_> {
    pub(super) fn string_method(&mut self, s: &Name, name: &str, mut args: Args) -> Result<Value> {
        if name == "format" {
            let formatted = self.str_format(s, &args.positional, &args.keywords)?;
            return Ok(text(formatted));
        }
        if name == "format_map" {
            let pairs = match args.positional.first() {
                Some(mapping) => self.mapping_items(mapping)?.unwrap_or_default(),
                None => vec![],
            };
            let named: Vec<(Name, Value)> =
                pairs.into_iter().filter_map(|(key, value)| Some((key.as_str()?.clone(), value))).collect();
            let formatted = self.str_format(s, &[], &named)?;
            return Ok(text(formatted));
        }
        let keyword_names: &[&str] = match name {
            "split" | "rsplit" => &["sep", "maxsplit"],
            "splitlines" => &["keepends"],
            "expandtabs" => &["tabsize"],
            "encode" => &["encoding", "errors"],
            _ => &[],
        };
        for (given, value) in std::mem::take(&mut args.keywords) {
            let Some(index) = keyword_names.iter().position(|known| **known == *given) else {
                return Err(raise("TypeError", format!("str.{name}() takes no keyword arguments")));
            };
            while args.positional.len() <= index {
                args.positional.push(if keyword_names[args.positional.len()] == "maxsplit" {
                    Value::Int(-1)
                } else {
                    Value::None
                });
            }
            args.positional[index] = value;
        }
        let (least, most) = match name {
            "center" | "ljust" | "rjust" => (1, 2),
            "count" | "find" | "rfind" | "index" | "rindex" | "startswith" | "endswith" => (1, 3),
            "replace" => (2, 3),
            "split" | "rsplit" | "encode" => (0, 2),
            "strip" | "lstrip" | "rstrip" | "splitlines" | "expandtabs" => (0, 1),
            "join" | "partition" | "rpartition" | "removeprefix" | "removesuffix" | "zfill" | "translate" => (1, 1),
            _ => (0, 0),
        };
        count_args(&format!("str.{name}"), &args, least, most)?;
        let all = |test: fn(char) -> bool| Value::Bool(!s.is_empty() && s.chars().all(test));
        Ok(match name {
            "lower" | "casefold" => text(s.to_lowercase()),
            "upper" => text(s.to_uppercase()),
            "capitalize" => {
                let mut chars = s.chars();
                let first = chars.next().map_or(String::new(), |c| c.to_uppercase().collect());
                text(first + &chars.as_str().to_lowercase())
            }
            "title" => text(title(s)),
            "swapcase" => text(
                s.chars()
                    .map(|c| if c.is_uppercase() { c.to_lowercase().to_string() } else { c.to_uppercase().to_string() })
                    .collect::<String>(),
            ),
            "strip" | "lstrip" | "rstrip" => {
                let chars = match args.positional.first() {
                    None | Some(Value::None) => None,
                    Some(_) => Some(string(&args, 0, name)?),
                };
                let strips = |c: char| chars.map_or(c.is_whitespace(), |chars| chars.contains(c));
                text(match name {
                    "strip" => s.trim_matches(strips),
                    "lstrip" => s.trim_start_matches(strips),
                    _ => s.trim_end_matches(strips),
                })
            }
            "center" | "ljust" | "rjust" | "zfill" => return self.justify(s, name, &args),
            "find" | "rfind" | "index" | "rindex" | "count" => return self.search_text(s, name, &args),
            "startswith" | "endswith" => {
                let length = self.length(&Value::Str(s.clone()))?;
                let (from, to) =
                    self.search_bounds(args.positional.get(1).cloned(), args.positional.get(2).cloned(), length)?;
                let part: String = s.chars().skip(from).take(to.saturating_sub(from)).collect();
                let candidates = match &args.positional[0] {
                    Value::Tuple(all) => (**all).clone(),
                    one => vec![one.clone()],
                };
                let mut found = false;
                for candidate in candidates {
                    let Value::Str(candidate) = candidate.plain() else {
                        let kind = type_name(&candidate);
                        let words = format!("{name} first arg must be str or a tuple of str, not {kind}");
                        return Err(raise("TypeError", words));
                    };
                    found |=
                        if name == "startswith" { part.starts_with(&*candidate) } else { part.ends_with(&*candidate) };
                }
                Value::Bool(found)
            }
            "removeprefix" => {
                let prefix = string(&args, 0, name)?;
                text(s.strip_prefix(prefix).unwrap_or(s))
            }
            "removesuffix" => {
                let suffix = string(&args, 0, name)?;
                text(s.strip_suffix(suffix).unwrap_or(s))
            }
            "replace" => {
                let (old, new) = (string(&args, 0, name)?, string(&args, 1, name)?);
                match args.positional.get(2).map(|count| self.int_of(count)).transpose()? {
                    Some(count) if count >= 0 => text(s.replacen(old, new, count as usize)),
                    _ => text(s.replace(old, new)),
                }
            }
            "split" | "rsplit" => return self.split(s, name == "rsplit", &args),
            "splitlines" => {
                let keep = args.positional.first().map_or(Ok(false), |keep| self.truth(keep))?;
                let lines = s.split_inclusive('\n').map(|line| {
                    if keep { line.to_owned() } else { line.trim_end_matches('\n').trim_end_matches('\r').to_owned() }
                });
                list(lines)
            }
            "partition" | "rpartition" => {
                let separator = string(&args, 0, name)?;
                if separator.is_empty() {
                    return Err(raise("ValueError", "empty separator"));
                }
                let found = if name == "partition" { s.split_once(separator) } else { s.rsplit_once(separator) };
                let parts = match found {
                    Some((before, after)) => [before, separator, after],
                    None if name == "partition" => [s, "", ""],
                    None => ["", "", s],
                };
                Value::Tuple(Rc::new(parts.into_iter().map(text).collect()))
            }
            "join" => {
                let values = &args.positional[0];
                if !self.is_iterable(values)? {
                    return Err(raise("TypeError", "can only join an iterable"));
                }
                let mut parts = vec![];
                for (index, item) in self.list_of(values)?.into_iter().enumerate() {
                    let base = match &item {
                        Value::Instance(instance) => instance.base_value.borrow().clone(),
                        other => other.plain(),
                    };
                    let Value::Str(part) = base else {
                        let kind = type_name(&item);
                        let words = format!("sequence item {index}: expected str instance, {kind} found");
                        return Err(raise("TypeError", words));
                    };
                    parts.push(part);
                }
                text(parts.join(s))
            }
            "expandtabs" => {
                let size = args.positional.first().map_or(Ok(8), |size| self.int_of(size))?.max(0) as usize;
                let (mut result, mut column) = (String::new(), 0);
                for c in s.chars() {
                    if c == '\t' {
                        let count = if size == 0 { 0 } else { size - column % size };
                        result.push_str(&" ".repeat(count));
                        column += count;
                    } else {
                        result.push(c);
                        column = if c == '\n' { 0 } else { column + 1 };
                    }
                }
                text(result)
            }
            "translate" => {
                let mut result = String::new();
                for c in s.chars() {
                    match self.get_item(&args.positional[0], &Value::Int(i64::from(c as u32))) {
                        Ok(Value::None) => {}
                        Ok(Value::Str(part)) => result.push_str(&part),
                        Ok(other) => result.extend(other.as_int().and_then(|code| char::from_u32(code as u32))),
                        Err(raised) if raised.is("LookupError") => result.push(c),
                        Err(raised) => return Err(raised),
                    }
                }
                text(result)
            }
            "isalpha" => all(char::is_alphabetic),
            "isalnum" => all(char::is_alphanumeric),
            "isdigit" | "isdecimal" | "isnumeric" => all(char::is_numeric),
            "isspace" => all(char::is_whitespace),
            "isascii" => Value::Bool(s.is_ascii()),
            "isprintable" => Value::Bool(!s.chars().any(char::is_control)),
            "isidentifier" => Value::Bool(
                s.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
                    && s.chars().all(|c| c.is_alphanumeric() || c == '_'),
            ),
            "islower" => Value::Bool(s.chars().any(char::is_lowercase) && !s.chars().any(char::is_uppercase)),
            "isupper" => Value::Bool(s.chars().any(char::is_uppercase) && !s.chars().any(char::is_lowercase)),
            "istitle" => Value::Bool(s.chars().any(char::is_alphabetic) && title(s) == **s),
            "encode" => return Err(raise("NotImplementedError", "oscine has no bytes objects for `encode` to give")),
            _ => return Err(super::super::attributes::no_attribute(&Value::Str(s.clone()), name)),
        })
    }

    fn justify(&mut self, s: &str, name: &str, args: &Args) -> Result<Value> {
        let width = self.int_of(&args.positional[0])?.clamp(0, 1 << 24) as usize;
        let missing = width.saturating_sub(s.chars().count());
        if name == "zfill" {
            let (sign, digits) = match s.strip_prefix(['+', '-']) {
                Some(digits) => (&s[..1], digits),
                None => ("", s),
            };
            return Ok(text(format!("{sign}{}{digits}", "0".repeat(missing))));
        }
        let fill = if args.positional.len() > 1 { string(args, 1, name)? } else { " " };
        if fill.chars().count() != 1 {
            return Err(raise("TypeError", "The fill character must be exactly one character long"));
        }
        let (before, after) = match name {
            "ljust" => (0, missing),
            "rjust" => (missing, 0),
            // Where the two sides differ, CPython looks at the width.
            _ => {
                let before = missing / 2 + (missing & width & 1);
                (before, missing - before)
            }
        };
        Ok(text(format!("{}{s}{}", fill.repeat(before), fill.repeat(after))))
    }

    fn search_text(&mut self, s: &Name, name: &str, args: &Args) -> Result<Value> {
        let wanted = string(args, 0, name)?;
        let length = self.length(&Value::Str(s.clone()))?;
        let (from, to) =
            self.search_bounds(args.positional.get(1).cloned(), args.positional.get(2).cloned(), length)?;
        let part: String = s.chars().skip(from).take(to.saturating_sub(from)).collect();
        if name == "count" {
            let count = if from > length { 0 } else { part.matches(wanted).count() };
            return Ok(Value::Int(count as i64));
        }
        let found = if name.starts_with('r') { part.rfind(wanted) } else { part.find(wanted) };
        match found.filter(|_| from <= to) {
            Some(at) => Ok(Value::Int((from + part[..at].chars().count()) as i64)),
            None if name.ends_with("index") => Err(raise("ValueError", "substring not found")),
            None => Ok(Value::Int(-1)),
        }
    }

    fn split(&mut self, s: &str, from_right: bool, args: &Args) -> Result<Value> {
        let most = args.positional.get(1).map_or(Ok(-1), |most| self.int_of(most))?;
        let most = usize::try_from(most).unwrap_or(usize::MAX - 1);
        let mut parts: Vec<String> = match args.positional.first() {
            None | Some(Value::None) => {
                let mut parts = vec![];
                let mut rest = if from_right { s.trim_end() } else { s.trim_start() };
                while !rest.is_empty() {
                    let cut = if from_right { rest.rfind(char::is_whitespace) } else { rest.find(char::is_whitespace) };
                    let Some(cut) = cut.filter(|_| parts.len() < most) else {
                        parts.push(if from_right { rest.trim_start() } else { rest.trim_end() }.to_owned());
                        break;
                    };
                    if from_right {
                        let start = cut + rest[cut..].chars().next().map_or(1, char::len_utf8);
                        parts.push(rest[start..].to_owned());
                        rest = rest[..cut].trim_end();
                    } else {
                        parts.push(rest[..cut].to_owned());
                        rest = rest[cut..].trim_start();
                    }
                }
                parts
            }
            Some(_) => {
                let separator = string(args, 0, "split")?;
                if separator.is_empty() {
                    return Err(raise("ValueError", "empty separator"));
                }
                if from_right {
                    s.rsplitn(most + 1, separator).map(str::to_owned).collect()
                } else {
                    s.splitn(most + 1, separator).map(str::to_owned).collect()
                }
            }
        };
        if from_right {
            parts.reverse();
        }
        Ok(list(parts.into_iter()))
    }

    /// `str.maketrans`
    pub(super) fn make_translation(&mut self, args: &Args) -> Result<Value> {
        let table = Rc::new(Dict::new(Items::default()));
        if let [one] = args.positional.as_slice() {
            for (key, value) in self.mapping_items(one)?.unwrap_or_default() {
                let key = match &key {
                    Value::Str(c) => Value::Int(c.chars().next().map_or(0, |c| i64::from(c as u32))),
                    other => other.clone(),
                };
                self.dict_set(&table, &key, value)?;
            }
            return Ok(Value::Dict(table));
        }
        let (from, to) = (string(args, 0, "maketrans")?, string(args, 1, "maketrans")?);
        if from.chars().count() != to.chars().count() {
            return Err(raise("ValueError", "the first two maketrans arguments must have equal length"));
        }
        for (a, b) in from.chars().zip(to.chars()) {
            self.dict_set(&table, &Value::Int(i64::from(a as u32)), text(b.to_string()))?;
        }
        if args.positional.len() > 2 {
            for c in string(args, 2, "maketrans")?.chars() {
                self.dict_set(&table, &Value::Int(i64::from(c as u32)), Value::None)?;
            }
        }
        Ok(Value::Dict(table))
    }
}

/// Each word with a capital.
fn title(s: &str) -> String {
    let mut result = String::new();
    let mut inside = false;
    for c in s.chars() {
        if inside {
            result.extend(c.to_lowercase());
        } else {
            result.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    result
}
