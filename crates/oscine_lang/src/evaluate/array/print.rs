//! How arrays print: numpy's `str` and `repr` with its default options.
//!
//! All elements of a floating array share one format: the fewest digits after the point, at most eight, that show each of
//! them exactly or rounded, or an exponent where the largest is too large or too far from the smallest. Arrays of more than
//! a thousand elements show three at each end of an axis.

use crate::evaluate::value::{Array, Cells, Dtype, Value};

use super::view::size_of;
use super::{dtype_name, plain};

const LINE_WIDTH: usize = 75;
const PRECISION: usize = 8;
const THRESHOLD: usize = 1000;
const EDGE_ITEMS: usize = 3;

/// `str(array)`.
pub fn display(array: &Array) -> String {
    if array.shape.is_empty() { scalar_text(array) } else { body(array, " ", 1, LINE_WIDTH) }
}

/// `repr(array)`.
pub fn repr(array: &Array) -> String {
    let name = dtype_name(array.dtype());
    if array.shape.is_empty() {
        let text = scalar_text(array);
        return match array.dtype() {
            Dtype::Bool => format!("np.{text}_"),
            Dtype::Complex => format!("np.{name}({})", text.trim_start_matches('(').trim_end_matches(')')),
            _ => format!("np.{name}({text})"),
        };
    }
    let mut extras = vec![];
    if array.size() == 0 && array.shape.len() != 1 {
        extras.push(format!("shape={}", super::view::shape_text(&array.shape)));
    }
    if array.size() > THRESHOLD {
        extras.push(format!("shape={}", super::view::shape_text(&array.shape)));
    }
    if array.dtype() == Dtype::Float32 || array.size() == 0 {
        extras.push(format!("dtype={name}"));
    }
    let mut text = format!("array({}", body(array, ", ", "array(".len() + 1, LINE_WIDTH - 1));
    if !extras.is_empty() {
        let extras = format!("{})", extras.join(", "));
        let last_line = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
        let fits = last_line + 2 + extras.len() <= LINE_WIDTH;
        text += if fits { ", " } else { ",\n      " };
        return text + &extras;
    }
    text + ")"
}

/// A shape as numpy's messages write it: `(2,3)`.
pub(crate) fn compact_shape(shape: &[usize]) -> String {
    super::view::shape_text(shape).replace(", ", ",")
}

/// The text of numpy's scalar.
fn scalar_text(array: &Array) -> String {
    let single = array.dtype() == Dtype::Float32;
    match plain(&Value::Array(array.clone())) {
        Value::Bool(b) => (if b { "True" } else { "False" }).to_owned(),
        Value::Int(i) => i.to_string(),
        Value::Float(f) => float_text(f, single),
        Value::Complex(re, im) => complex_text(re, im),
        _ => String::new(),
    }
}

/// Python's repr of a float; of a `float32`, with the digits it takes to tell it from others.
pub(crate) fn float_text(value: f64, single: bool) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let (digits, exponent) = scientific(value, single);
    let longest = if single { 6 } else { 16 };
    if value != 0.0 && (value.abs() < 1e-4 || exponent >= longest) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let text = if single { format!("{}", value as f32) } else { format!("{value}") };
    if text.contains('.') { text } else { text + ".0" }
}

/// Python's repr of a complex number.
fn complex_text(re: f64, im: f64) -> String {
    let short = |value: f64| float_text(value, false).trim_end_matches(".0").to_owned();
    if re == 0.0 && re.is_sign_positive() {
        return format!("{}j", short(im));
    }
    let sign = if im.is_sign_negative() && !im.is_nan() { "" } else { "+" };
    format!("({}{sign}{}j)", short(re), short(im))
}

/// The shortest digits `d.ddd` that mean the value, and the exponent of ten.
fn scientific(value: f64, single: bool) -> (String, i32) {
    let text = if single { format!("{:e}", value as f32) } else { format!("{value:e}") };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (digits.to_owned(), exponent.parse().unwrap_or(0))
}

/// Nested brackets around the formatted elements.
fn body(array: &Array, separator: &str, indent: usize, width: usize) -> String {
    if array.size() == 0 {
        return "[]".to_owned();
    }
    let summarise = array.size() > THRESHOLD;
    let shown = if summarise { edges(array) } else { array.clone() };
    let words = format_elements(&shown);
    let layout = Layout { separator, width, summarise, array_shape: &array.shape };
    layout.nest(&words, &shown.shape, 0, &" ".repeat(indent), width)
}

/// The elements at the ends of each axis.
fn edges(array: &Array) -> Array {
    let mut kept = array.clone();
    for axis in 0..array.ndim() {
        let length = kept.shape[axis];
        if length > 2 * EDGE_ITEMS {
            let rows: Vec<usize> = (0..EDGE_ITEMS).chain(length - EDGE_ITEMS..length).collect();
            let first: Vec<usize> = std::iter::once(axis).chain((0..kept.ndim()).filter(|&a| a != axis)).collect();
            let moved = kept.permuted(&first);
            let parts: Vec<Array> = rows.iter().map(|&row| moved.row(row)).collect();
            let mut shape = moved.shape.clone();
            shape[0] = rows.len();
            let positions: Vec<usize> = parts.iter().flat_map(Array::positions).collect();
            let cells = kept.data.cells.borrow().gather(&positions);
            let joined = Array::from_cells(kept.dtype(), shape, cells);
            let mut back = vec![0; kept.ndim()];
            for (to, &from) in first.iter().enumerate() {
                back[from] = to;
            }
            kept = joined.permuted(&back);
        }
    }
    kept
}

struct Layout<'a> {
    separator: &'a str,
    width: usize,
    summarise: bool,
    array_shape: &'a [usize],
}

impl Layout<'_> {
    /// The text of the axes from `axis` on; `width` is what a line may hold.
    fn nest(&self, words: &[String], shape: &[usize], axis: usize, indent: &str, width: usize) -> String {
        if axis == shape.len() {
            return words[0].clone();
        }
        let step = size_of(&shape[axis + 1..]);
        let elided = self.summarise && 2 * EDGE_ITEMS < self.array_shape[axis];
        let deeper = format!("{indent} ");
        let mut parts: Vec<String> =
            words.chunks(step.max(1)).map(|chunk| self.nest(chunk, shape, axis + 1, &deeper, width - 1)).collect();
        if elided {
            parts.insert(EDGE_ITEMS, "...".to_owned());
        }
        let mut text = String::new();
        if axis + 1 == shape.len() {
            let limit = width - self.separator.trim_end().len().max(1);
            let mut line = indent.to_owned();
            for (i, word) in parts.iter().enumerate() {
                if line.chars().count() + word.chars().count() > limit && line.len() > indent.len() {
                    text += line.trim_end();
                    text.push('\n');
                    indent.clone_into(&mut line);
                }
                line += word;
                if i + 1 < parts.len() {
                    line += self.separator;
                }
            }
            text += &line;
        } else {
            let between = format!("{}{}", self.separator.trim_end(), "\n".repeat(shape.len() - axis - 1));
            for (i, part) in parts.iter().enumerate() {
                text += indent;
                text += part;
                if i + 1 < parts.len() {
                    text += &between;
                }
            }
        }
        debug_assert!(self.width >= width);
        format!("[{}]", &text[indent.len()..])
    }
}

/// Every element in the array's common format.
fn format_elements(array: &Array) -> Vec<String> {
    let single = array.dtype() == Dtype::Float32;
    match array.cells() {
        Cells::Bool(c) => c.iter().map(|&v| (if v { " True" } else { "False" }).to_owned()).collect(),
        Cells::Int(c) => {
            let width = c.iter().map(|v| v.to_string().len()).max().unwrap_or(0);
            c.iter().map(|v| format!("{v:>width$}")).collect()
        }
        Cells::Float(c) => {
            let format = FloatFormat::new(&c, single, false);
            c.iter().map(|&v| format.apply(v)).collect()
        }
        Cells::Complex(c) => {
            let (re, im): (Vec<f64>, Vec<f64>) = c.iter().copied().unzip();
            let (re_format, im_format) = (FloatFormat::new(&re, false, false), FloatFormat::new(&im, false, true));
            c.iter()
                .map(|&(re, im)| {
                    let im = im_format.apply(im);
                    let end = im.trim_end().len();
                    format!("{}{}j{}", re_format.apply(re), &im[..end], &im[end..])
                })
                .collect()
        }
    }
}

/// The common format of an array's floats.
struct FloatFormat {
    single: bool,
    always_signed: bool,
    /// Digits after the point in exponent form; `None` for positional form.
    exponent_precision: Option<usize>,
    exponent_digits: usize,
    left: usize,
    right: usize,
}

impl FloatFormat {
    fn new(values: &[f64], single: bool, always_signed: bool) -> Self {
        let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let magnitudes = finite.iter().map(|v| v.abs()).filter(|&v| v != 0.0);
        let (least, most) = magnitudes.fold((f64::INFINITY, 0.0_f64), |(least, most), v| (least.min(v), most.max(v)));
        let exponent = most >= 1e8 || (most > 0.0 && (least < 1e-4 || most / least > 1000.0));
        let mut format =
            Self { single, always_signed, exponent_precision: None, exponent_digits: 0, left: 0, right: 0 };
        let signed = |text: String, value: f64| {
            if always_signed && !value.is_sign_negative() { format!("+{text}") } else { text }
        };
        if exponent {
            let parts: Vec<(String, i32)> = finite.iter().map(|&v| rounded_scientific(v, single)).collect();
            let fraction = |text: &str| text.split_once('.').map_or(0, |(_, f)| f.len());
            let precision = parts.iter().map(|(digits, _)| fraction(digits)).max().unwrap_or(0);
            format.exponent_precision = Some(precision);
            format.exponent_digits =
                parts.iter().map(|(_, e)| e.unsigned_abs().to_string().len().max(2)).max().unwrap_or(2);
            format.left = parts
                .iter()
                .zip(&finite)
                .map(|((digits, _), &v)| signed(digits.clone(), v).split('.').next().map_or(0, str::len))
                .max()
                .unwrap_or(0);
            format.right = format.exponent_digits + 2 + precision;
        } else {
            for &value in &finite {
                let text = signed(positional(value, single), value);
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                format.left = format.left.max(whole.len());
                format.right = format.right.max(fraction.len());
            }
        }
        if finite.len() != values.len() {
            let offset = format.right + 1;
            let negative = always_signed || values.contains(&f64::NEG_INFINITY);
            format.left =
                format.left.max(3_usize.saturating_sub(offset)).max((3 + usize::from(negative)).saturating_sub(offset));
        }
        format
    }

    fn apply(&self, value: f64) -> String {
        let sign = if self.always_signed && !value.is_sign_negative() { "+" } else { "" };
        if !value.is_finite() {
            let text =
                if value.is_nan() { format!("{sign}nan") } else { format!("{sign}{}", float_text(value, false)) };
            return format!("{text:>width$}", width = self.left + self.right + 1);
        }
        if let Some(precision) = self.exponent_precision {
            let (digits, exponent) = rounded_scientific(value, self.single);
            let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
            let exponent_sign = if exponent < 0 { '-' } else { '+' };
            return format!(
                "{:>left$}.{fraction:0<precision$}e{exponent_sign}{:0digits$}",
                format!("{sign}{whole}"),
                exponent.unsigned_abs(),
                left = self.left,
                digits = self.exponent_digits,
            );
        }
        let text = positional(value, self.single);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        format!("{:>left$}.{fraction:<right$}", format!("{sign}{whole}"), left = self.left, right = self.right)
    }
}

/// Digits before and after the point, at most eight after it, without trailing zeros: `1.`, `-0.25`.
fn positional(value: f64, single: bool) -> String {
    let shortest = if single { format!("{}", value as f32) } else { format!("{value}") };
    let fraction = shortest.split_once('.').map_or(0, |(_, f)| f.len());
    if fraction > PRECISION {
        let rounded = format!("{value:.PRECISION$}");
        return rounded.trim_end_matches('0').to_owned();
    }
    if fraction == 0 { shortest + "." } else { shortest }
}

/// Digits `d.ddd`, at most eight after the point, without trailing zeros, and the exponent of ten.
fn rounded_scientific(value: f64, single: bool) -> (String, i32) {
    let (digits, exponent) = scientific(value, single);
    if digits.split_once('.').is_none_or(|(_, f)| f.len() <= PRECISION) {
        return (digits, exponent);
    }
    let text = format!("{value:.PRECISION$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (digits.trim_end_matches('0').trim_end_matches('.').to_owned(), exponent.parse().unwrap_or(0))
}
