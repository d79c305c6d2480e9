//! Filtering: `lfilter` in direct form II transposed, `sosfilt` section after section, both with scipy's order of
//! operations, so that the results agree bit for bit; their steady states; zero-phase filtering; convolution.

use oscine_dsp::design::Complex;

use super::super::{Audio, Contribution, Entry};
use super::{float_array, sections, tuple};
use crate::evaluate::Interpreter;
use crate::evaluate::array::polynomial::{complex_array, complex_elements};
use crate::evaluate::array::reduce::{from_lanes, lanes, normal_axis, sum_floats};
use crate::evaluate::array::view::{round32, shape_text};
use crate::evaluate::array::{Bound, bind, dtype_name, fourier, from_value, join, linear};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Array, Cells, Dtype, Result, Value};

/// The rows of this file.
pub(crate) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

const fn rule(name: &'static str, load: fn(&mut Interpreter, Args) -> Result<Value>) -> Entry {
    Entry { name, load, audio: Audio::Rule }
}

const fn load_only(name: &'static str, load: fn(&mut Interpreter, Args) -> Result<Value>) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

static ENTRIES: &[Entry] = &[
    rule("scipy.signal.lfilter", |_, args| lfilter(&bind("lfilter", args, &["b", "a", "x", "axis", "zi"])?)),
    rule("scipy.signal.sosfilt", |_, args| sosfilt(&bind("sosfilt", args, &["sos", "x", "axis", "zi"])?)),
    rule("scipy.signal.lfilter_zi", |_, args| {
        let bound = bind("lfilter_zi", args, &["b", "a"])?;
        let coefficients = |parameter, words: &str| {
            let array = bound.array(parameter)?;
            if array.ndim() > 1 { Err(raise("ValueError", words)) } else { Ok(array.floats()) }
        };
        let b = coefficients(0, "Numerator b must be 1-D.")?;
        let a = coefficients(1, "Denominator a must be 1-D.")?;
        Ok(float_array(steady_state(&b, &a)?))
    }),
    rule("scipy.signal.sosfilt_zi", |_, args| {
        let bound = bind("sosfilt_zi", args, &["sos"])?;
        let sos = bound.array(0)?;
        if sos.ndim() != 2 || sos.shape[1] != 6 {
            return Err(raise("ValueError", "sos must be shape (n_sections, 6)"));
        }
        let rows: Vec<[f64; 6]> = sos.floats().chunks_exact(6).map(|row| std::array::from_fn(|i| row[i])).collect();
        Ok(Value::Array(sections_steady_state(&rows)?))
    }),
    load_only("scipy.signal.lfiltic", |_, args| {
        let bound = bind("lfiltic", args, &["b", "a", "y", "x"])?;
        let (b, a, mut y) = (bound.floats(0)?, bound.floats(1)?, bound.floats(2)?);
        let mut x = bound.optional(3).map_or(Ok(vec![]), super::design::numbers)?;
        let Some(n) = a.len().checked_sub(1) else {
            return Err(raise("ValueError", "There must be at least one `a` coefficient."));
        };
        if a[0] == 0.0 {
            return Err(raise("ValueError", "First `a` filter coefficient must be non-zero."));
        }
        let m = b.len().saturating_sub(1);
        x.resize(x.len().max(m), 0.0);
        y.resize(y.len().max(n), 0.0);
        let mut zi = vec![0.0; m.max(n)];
        let dot = |c: &[f64], past: &[f64]| sum_floats(&c.iter().zip(past).map(|(c, p)| c * p).collect::<Vec<_>>());
        for k in 0..m {
            zi[k] = dot(&b[k + 1..], &x[..m - k]);
        }
        for k in 0..n {
            zi[k] -= dot(&a[k + 1..], &y[..n - k]);
        }
        if a[0] != 1.0 {
            for z in &mut zi {
                *z /= a[0];
            }
        }
        Ok(float_array(zi))
    }),
    load_only("scipy.signal.filtfilt", |_, args| {
        let bound = bind("filtfilt", args, &["b", "a", "x", "axis", "padtype", "padlen", "method"])?;
        if bound.text_or(6, "pad")? != "pad" {
            return Err(raise("ValueError", "oscine has filtfilt with method='pad' only"));
        }
        let (b, a) = (bound.floats(0)?, bound.floats(1)?);
        let zi = steady_state(&b, &a)?;
        let (b, a) = normalised(&b, &a)?;
        forth_and_back(&bound, 2, 3, 4, 3 * a.len().max(b.len()), |x| {
            let mut state: Vec<f64> = zi.iter().map(|z| z * x[0]).collect();
            transposed(&b, &a, x, &mut state, |v| v)
        })
    }),
    load_only("scipy.signal.sosfiltfilt", |_, args| {
        let bound = bind("sosfiltfilt", args, &["sos", "x", "axis", "padtype", "padlen"])?;
        let rows = sections(bound.required(0)?)?;
        let firsts = |i: usize| rows.iter().filter(|row| row[i] == 0.0).count();
        let taps = 2 * rows.len() + 1 - firsts(2).min(firsts(5));
        let zi = sections_steady_state(&rows)?.floats();
        forth_and_back(&bound, 1, 2, 3, 3 * taps, |x| {
            let mut state: Vec<f64> = zi.iter().map(|z| z * x[0]).collect();
            cascade(&rows, x, &mut state, |v| v)
        })
    }),
    load_only("scipy.signal.convolve", |_, args| {
        let bound = bind("convolve", args, &["in1", "in2", "mode", "method"])?;
        Ok(Value::Array(convolve(&bound, false)?))
    }),
    load_only("scipy.signal.fftconvolve", |_, args| {
        let bound = bind("fftconvolve", args, &["in1", "in2", "mode"])?;
        Ok(Value::Array(convolve(&bound, true)?))
    }),
    load_only("scipy.signal.oaconvolve", |_, args| {
        let bound = bind("oaconvolve", args, &["in1", "in2", "mode"])?;
        Ok(Value::Array(convolve(&bound, true)?))
    }),
    load_only("scipy.signal.correlate", |_, args| {
        let bound = bind("correlate", args, &["in1", "in2", "mode", "method"])?;
        let reversed = join::flip(&bound.array(1)?, &[0]);
        Ok(Value::Array(linear::convolve(&bound.array(0)?, &reversed, &bound.text_or(2, "full")?)?))
    }),
];

/// The type in which signals are filtered.
fn filter_dtype(arrays: &[&Array]) -> Result<Dtype> {
    if arrays.iter().any(|array| array.dtype() == Dtype::Complex) {
        return Err(raise("TypeError", "oscine filters real signals only"));
    }
    let single = arrays.iter().all(|array| array.dtype() == Dtype::Float32);
    Ok(if single { Dtype::Float32 } else { Dtype::Float })
}

/// Coefficients of one length, `a[0]` being 1.
fn normalised(b: &[f64], a: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
    let (Some(&first), false) = (a.first(), b.is_empty()) else {
        return Err(raise("ValueError", "The filter has no coefficients"));
    };
    if first == 0.0 {
        return Err(raise("ValueError", "BUG: filter coefficient a[0] == 0 not supported yet"));
    }
    let count = a.len().max(b.len());
    let scaled = |c: &[f64]| -> Vec<f64> {
        c.iter().map(|v| v / first).chain(std::iter::repeat_n(0.0, count - c.len())).collect()
    };
    Ok((scaled(b), scaled(a)))
}

/// One lane in direct form II transposed; `b` and `a` are normalised, `state` has one element less.
fn transposed(b: &[f64], a: &[f64], x: &[f64], state: &mut [f64], round: fn(f64) -> f64) -> Vec<f64> {
    let Some(last) = state.len().checked_sub(1) else { return x.iter().map(|x| round(x * b[0])).collect() };
    x.iter()
        .map(|&x| {
            let y = round(state[0] + round(b[0] * x));
            for n in 0..last {
                state[n] = round(round(state[n + 1] + round(x * b[n + 1])) - round(y * a[n + 1]));
            }
            state[last] = round(round(x * b[last + 1]) - round(y * a[last + 1]));
            y
        })
        .collect()
}

/// One lane through sections of two poles; `state` has two elements a section.
fn cascade(rows: &[[f64; 6]], x: &[f64], state: &mut [f64], round: fn(f64) -> f64) -> Vec<f64> {
    x.iter()
        .map(|&x| {
            rows.iter().zip(state.chunks_exact_mut(2)).fold(x, |x, (row, state)| {
                let y = round(round(row[0] * x) + state[0]);
                state[0] = round(round(round(row[1] * x) - round(row[4] * y)) + state[1]);
                state[1] = round(round(row[2] * x) - round(row[5] * y));
                y
            })
        })
        .collect()
}

fn rounding(dtype: Dtype) -> fn(f64) -> f64 {
    if dtype == Dtype::Float32 { round32 } else { |v| v }
}

fn lfilter(bound: &Bound) -> Result<Value> {
    let [b, a, x] = [bound.array(0)?, bound.array(1)?, bound.array(2)?];
    let zi = bound.optional(4).map(|zi| from_value(zi, None)).transpose()?;
    let [b, a] = [join::at_least(&b, 1, false), join::at_least(&a, 1, false)];
    for (name, array) in [("b", &b), ("a", &a)] {
        if array.ndim() != 1 || array.size() == 0 {
            let shape = shape_text(&array.shape);
            return Err(raise(
                "ValueError",
                format!("Parameter {name} is not a non-empty 1d array, since {name}.shape={shape}!"),
            ));
        }
    }
    let is_fir = a.size() == 1;
    if x.shape.is_empty() {
        return Err(raise(
            "ValueError",
            if is_fir { "x must be at least 1-D" } else { "selected axis is out of range" },
        ));
    }
    let mut inputs = vec![&b, &a, &x];
    inputs.extend(&zi);
    let dtype = filter_dtype(&inputs)?;
    if is_fir && inputs.iter().all(|array| matches!(array.dtype(), Dtype::Int | Dtype::Bool)) {
        return Err(unsupported(if inputs.iter().all(|array| array.dtype() == Dtype::Bool) {
            Dtype::Bool
        } else {
            Dtype::Int
        }));
    }
    let axis = normal_axis(bound.int_or(3, -1)?, x.ndim())?;
    let (b, a) = if is_fir {
        (b.floats().iter().map(|v| v / a.floats()[0]).collect(), vec![])
    } else {
        normalised(&b.floats(), &a.floats())?
    };
    let mut state_shape = x.shape.clone();
    state_shape[axis] = b.len() - 1;
    let states = match &zi {
        None => crate::evaluate::array::create::zeros(state_shape.clone(), dtype),
        Some(zi) => {
            let stretched = (zi.ndim() == x.ndim() && zi.shape[axis] == state_shape[axis])
                .then(|| zi.broadcast_to(&state_shape))
                .flatten();
            stretched.ok_or_else(|| {
                let (expected, found) = (shape_text(&state_shape), shape_text(&zi.shape));
                let what = if is_fir { "parameter zi" } else { "zi" };
                raise("ValueError", format!("Unexpected shape for {what}: expected {expected}, found {found}."))
            })?
        }
    };
    let round = rounding(dtype);
    let (mut outputs, mut finals) = (vec![], vec![]);
    for (lane, state) in lanes(&x, axis).iter().zip(lanes(&states, axis)) {
        let (samples, mut state) = (lane.floats(), state.floats());
        let output = if is_fir {
            finite(&b, &samples, &mut state, round)?
        } else {
            transposed(&b, &a, &samples, &mut state, round)
        };
        outputs.push(Array::from_floats(output));
        finals.push(Array::from_floats(state));
    }
    let output = Value::Array(from_lanes(&outputs, &x.shape, axis, dtype));
    if zi.is_none() {
        return Ok(output);
    }
    Ok(tuple(vec![output, Value::Array(from_lanes(&finals, &state_shape, axis, dtype))]))
}

/// One lane of a filter without feedback, as a convolution to which the state is added.
fn finite(b: &[f64], x: &[f64], state: &mut [f64], round: fn(f64) -> f64) -> Result<Vec<f64>> {
    let taps = Array::from_floats(b.to_vec());
    let mut full = linear::convolve(&taps, &Array::from_floats(x.to_vec()), "full")?.floats();
    for (to, from) in full.iter_mut().zip(&*state) {
        *to = round(round(*to) + from);
    }
    state.copy_from_slice(&full[x.len()..]);
    full.truncate(x.len());
    Ok(full.into_iter().map(round).collect())
}

#[expect(clippy::unnecessary_box_returns, reason = "an error as `Result` carries it")]
fn unsupported(dtype: Dtype) -> Box<crate::evaluate::value::Raised> {
    let name = dtype_name(dtype);
    raise("NotImplementedError", format!("Parameter's dtypes produced result type '{name}', which is not supported!"))
}

fn sosfilt(bound: &Bound) -> Result<Value> {
    let x = bound.array(1)?;
    if x.shape.is_empty() {
        return Err(raise("ValueError", "x must be at least 1-D"));
    }
    let rows = sections(bound.required(0)?)?;
    let zi = bound.optional(3).map(|zi| from_value(zi, None)).transpose()?;
    let sos = bound.array(0)?;
    let mut inputs = vec![&sos, &x];
    inputs.extend(&zi);
    let dtype = filter_dtype(&inputs)?;
    if inputs.iter().all(|array| matches!(array.dtype(), Dtype::Int | Dtype::Bool)) {
        return Err(raise("NotImplementedError", "input type 'int64' not supported"));
    }
    let given_axis = bound.int_or(2, -1)?;
    let axis = normal_axis(given_axis, x.ndim())?;
    let mut state_shape = x.shape.clone();
    state_shape[axis] = 2;
    state_shape.insert(0, rows.len());
    let states = match &zi {
        None => crate::evaluate::array::create::zeros(state_shape.clone(), dtype),
        Some(zi) if zi.shape == state_shape => zi.cast(dtype),
        Some(zi) => {
            return Err(raise(
                "ValueError",
                format!(
                    "Invalid zi shape. With axis={given_axis}, an input with shape {}, and an sos array with {} \
                     sections, zi must have shape {}, got {}.",
                    shape_text(&x.shape),
                    rows.len(),
                    shape_text(&state_shape),
                    shape_text(&zi.shape)
                ),
            ));
        }
    };
    let round = rounding(dtype);
    // Of the states, the lanes along `axis` come section by section: (section, lane) pairs.
    let state_lanes = lanes(&states, axis + 1);
    let signals = lanes(&x, axis);
    let mut outputs = vec![];
    let mut finals: Vec<Array> = state_lanes.clone();
    for (i, lane) in signals.iter().enumerate() {
        let mine: Vec<usize> = (0..rows.len()).map(|section| section * signals.len() + i).collect();
        let mut state: Vec<f64> = mine.iter().flat_map(|&k| state_lanes[k].floats()).collect();
        outputs.push(Array::from_floats(cascade(&rows, &lane.floats(), &mut state, round)));
        for (pair, &k) in state.chunks_exact(2).zip(&mine) {
            finals[k] = Array::from_floats(pair.to_vec());
        }
    }
    let output = Value::Array(from_lanes(&outputs, &x.shape, axis, dtype));
    if zi.is_none() {
        return Ok(output);
    }
    Ok(tuple(vec![output, Value::Array(from_lanes(&finals, &state_shape, axis + 1, dtype))]))
}

/// `lfilter_zi`: the state in which the answer to a step is steady at once.
fn steady_state(b: &[f64], a: &[f64]) -> Result<Vec<f64>> {
    let skip = a.iter().position(|&c| c != 0.0).unwrap_or(a.len().saturating_sub(1));
    if b.len().max(a.len() - skip) < 2 {
        return Err(raise("ValueError", "The length of `a` along the last axis must be at least 2."));
    }
    let (b, a) = normalised(b, &a[skip..])?;
    let n = a.len() - 1;
    // I minus the transposed companion matrix of `a`.
    let mut matrix = vec![0.0; n * n];
    for i in 0..n {
        matrix[i * n + i] = 1.0;
        matrix[i * n] += a[i + 1];
        if i + 1 < n {
            matrix[i * n + i + 1] -= 1.0;
        }
    }
    let matrix = Array::from_cells(Dtype::Float, vec![n, n], Cells::Float(matrix));
    let right = (1..=n).map(|i| b[i] - a[i] * b[0]).collect();
    Ok(linear::solve(&matrix, &Array::from_floats(right))?.floats())
}

fn sections_steady_state(rows: &[[f64; 6]]) -> Result<Array> {
    let mut scale = 1.0;
    let mut states = vec![];
    for row in rows {
        states.extend(steady_state(&row[..3], &row[3..])?.into_iter().map(|z| scale * z));
        scale *= sum_floats(&row[..3]) / sum_floats(&row[3..]);
    }
    Ok(Array::from_cells(Dtype::Float, vec![rows.len(), 2], Cells::Float(states)))
}

/// Filters forwards and backwards with the ends extended, so that the phase is not changed.
fn forth_and_back(
    bound: &Bound,
    x: usize,
    axis: usize,
    padtype: usize,
    default_edge: usize,
    filter: impl Fn(&[f64]) -> Vec<f64>,
) -> Result<Value> {
    let x = bound.array(x)?;
    let axis = normal_axis(bound.int_or(axis, -1)?, x.ndim())?;
    let padding = bound.text_or(padtype, "odd")?;
    if !matches!(&*padding, "odd" | "even" | "constant") {
        return Err(raise(
            "ValueError",
            format!("Unknown value '{padding}' given to padtype. padtype must be 'even', 'odd', 'constant', or None."),
        ));
    }
    let edge = bound.int(padtype + 1)?.map_or(default_edge, |edge| edge.max(0) as usize);
    if x.shape[axis] <= edge {
        return Err(raise(
            "ValueError",
            format!("The length of the input vector x must be greater than padlen, which is {edge}."),
        ));
    }
    let mut outputs = vec![];
    for lane in lanes(&x, axis) {
        let samples = lane.floats();
        let (first, last) = (samples[0], samples[samples.len() - 1]);
        let extend = |end: f64, mirrored: f64| match &*padding {
            "odd" => 2.0 * end - mirrored,
            "even" => mirrored,
            _ => end,
        };
        let before = (1..=edge).rev().map(|i| extend(first, samples[i]));
        let after = (1..=edge).map(|i| extend(last, samples[samples.len() - 1 - i]));
        let extended: Vec<f64> = before.chain(samples.iter().copied()).chain(after).collect();
        let mut output = filter(&extended);
        output.reverse();
        let mut output = filter(&output);
        output.reverse();
        outputs.push(Array::from_floats(output[edge..edge + samples.len()].to_vec()));
    }
    Ok(Value::Array(from_lanes(&outputs, &x.shape, axis, Dtype::Float)))
}

/// Convolution of one-dimensional signals: directly, or by transforms of a length that holds the whole result.
fn convolve(bound: &Bound, by_transform: bool) -> Result<Array> {
    let (a, v) = (bound.array(0)?, bound.array(1)?);
    let mode = bound.text_or(2, "full")?;
    if a.ndim() > 1 || v.ndim() > 1 {
        return Err(raise("ValueError", "oscine convolves one-dimensional signals only"));
    }
    if a.size() == 0 || v.size() == 0 {
        return Ok(Array::from_floats(vec![]));
    }
    let count = a.size() + v.size() - 1;
    let full = if by_transform {
        let length = count.next_power_of_two();
        let spectrum = |array: &Array| {
            let mut values = complex_elements(array);
            values.resize(length, Complex::default());
            fourier::fft(&values)
        };
        let product: Vec<Complex> = spectrum(&a).into_iter().zip(spectrum(&v)).map(|(a, b)| a * b).collect();
        let values = &fourier::ifft(&product)[..count];
        if a.dtype() == Dtype::Complex || v.dtype() == Dtype::Complex {
            complex_array(values)
        } else {
            Array::from_floats(values.iter().map(|v| v.re).collect())
        }
    } else {
        linear::convolve(&a, &v, "full")?
    };
    // Unlike numpy's, "same" means the length of the first signal.
    match &*mode {
        "full" => Ok(full),
        "same" => Ok(join::part(&full, 0, (v.size() - 1) / 2, a.size()).copied()),
        "valid" => {
            let (most, least) = (a.size().max(v.size()), a.size().min(v.size()));
            Ok(join::part(&full, 0, least - 1, most - least + 1).copied())
        }
        _ => Err(raise("ValueError", "acceptable mode flags are 'valid', 'same', or 'full'")),
    }
}
