//! Windows by name, and waveforms over arrays of phases.

use std::f64::consts::{PI, TAU};

use super::super::{Audio, Contribution, Entry};
use super::{float_array, windows};
use crate::evaluate::Interpreter;
use crate::evaluate::array::arithmetic::{float_modulo, stretch};
use crate::evaluate::array::{Bound, as_float, bind, create};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Array, Cells, Dtype, Result, Value};

/// The rows of this file.
pub(crate) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

const fn load_only(name: &'static str, load: fn(&mut Interpreter, Args) -> Result<Value>) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

static ENTRIES: &[Entry] = &[
    load_only("scipy.signal.get_window", get_window),
    load_only("scipy.signal.windows.get_window", get_window),
    load_only("scipy.signal.windows.boxcar", |_, a| plain_window("boxcar", a)),
    load_only("scipy.signal.windows.hann", |_, a| plain_window("hann", a)),
    load_only("scipy.signal.windows.hamming", |_, a| plain_window("hamming", a)),
    load_only("scipy.signal.windows.blackman", |_, a| plain_window("blackman", a)),
    load_only("scipy.signal.windows.blackmanharris", |_, a| plain_window("blackmanharris", a)),
    load_only("scipy.signal.windows.nuttall", |_, a| plain_window("nuttall", a)),
    load_only("scipy.signal.windows.flattop", |_, a| plain_window("flattop", a)),
    load_only("scipy.signal.windows.bartlett", |_, a| plain_window("bartlett", a)),
    load_only("scipy.signal.windows.barthann", |_, a| plain_window("barthann", a)),
    load_only("scipy.signal.windows.triang", |_, a| plain_window("triang", a)),
    load_only("scipy.signal.windows.cosine", |_, a| plain_window("cosine", a)),
    load_only("scipy.signal.windows.bohman", |_, a| plain_window("bohman", a)),
    load_only("scipy.signal.windows.parzen", |_, a| plain_window("parzen", a)),
    load_only("scipy.signal.windows.kaiser", |_, a| {
        shaped_window("kaiser", &bind("kaiser", a, &["M", "beta", "sym"])?, None)
    }),
    load_only("scipy.signal.windows.gaussian", |_, a| {
        shaped_window("gaussian", &bind("gaussian", a, &["M", "std", "sym"])?, None)
    }),
    load_only("scipy.signal.windows.general_hamming", |_, a| {
        shaped_window("general_hamming", &bind("general_hamming", a, &["M", "alpha", "sym"])?, None)
    }),
    load_only("scipy.signal.windows.tukey", |_, a| {
        shaped_window("tukey", &bind("tukey", a, &["M", "alpha", "sym"])?, Some(0.5))
    }),
    load_only("scipy.signal.windows.exponential", |_, a| {
        let bound = bind("exponential", a, &["M", "center", "tau", "sym"])?;
        let parameters = [bound.float_or(1, f64::NAN)?, bound.float_or(2, 1.0)?];
        window("exponential", &parameters, bound.int_or(0, 0)?, bound.flag_or(3, true)?)
    }),
    load_only("scipy.signal.sawtooth", |_, a| {
        periodic(&bind("sawtooth", a, &["t", "width"])?, 1.0, |phase, width| {
            if phase < width * TAU {
                phase / (PI * width) - 1.0
            } else {
                (PI * (width + 1.0) - phase) / (PI * (1.0 - width))
            }
        })
    }),
    load_only("scipy.signal.square", |_, a| {
        periodic(&bind("square", a, &["t", "duty"])?, 0.5, |phase, duty| if phase < duty * TAU { 1.0 } else { -1.0 })
    }),
    load_only("scipy.signal.chirp", chirp),
    load_only("scipy.signal.unit_impulse", |_, a| {
        let bound = bind("unit_impulse", a, &["shape", "idx", "dtype"])?;
        let shape = bound.shape(0)?;
        let array = create::zeros(shape.clone(), bound.dtype(2)?.unwrap_or(Dtype::Float));
        let index = match bound.optional(1) {
            Some(Value::Str(middle)) if &**middle == "mid" => {
                Value::Tuple(std::rc::Rc::new(shape.iter().map(|&n| Value::Int((n / 2) as i64)).collect()))
            }
            Some(index) => index.clone(),
            None => Value::Tuple(std::rc::Rc::new(vec![Value::Int(0); shape.len()])),
        };
        crate::evaluate::array::set_item(&array, &index, &Value::Int(1))?;
        Ok(Value::Array(array))
    }),
];

fn get_window(_: &mut Interpreter, args: Args) -> Result<Value> {
    let bound = bind("get_window", args, &["window", "Nx", "fftbins"])?;
    Ok(float_array(windows::by_name(bound.required(0)?, bound.int_or(1, 0)?, !bound.flag_or(2, true)?)?))
}

fn window(name: &str, parameters: &[f64], count: i64, is_symmetric: bool) -> Result<Value> {
    Ok(float_array(windows::window(name, parameters, count, is_symmetric)?.unwrap_or_default()))
}

fn plain_window(name: &'static str, args: Args) -> Result<Value> {
    let bound = bind(name, args, &["M", "sym"])?;
    bound.required(0)?;
    window(name, &[], bound.int_or(0, 0)?, bound.flag_or(1, true)?)
}

fn shaped_window(name: &str, bound: &Bound, default: Option<f64>) -> Result<Value> {
    bound.required(0)?;
    let parameter = match default {
        Some(default) => bound.float_or(1, default)?,
        None => bound.float(1)?,
    };
    window(name, &[parameter], bound.int_or(0, 0)?, bound.flag_or(2, true)?)
}

/// A waveform of the phase in radians, with a share of the period as its parameter; NaN for shares outside 0 to 1.
fn periodic(bound: &Bound, default: f64, wave: fn(f64, f64) -> f64) -> Result<Value> {
    let phases = bound.array(0)?;
    let share = match bound.optional(1) {
        None => Array::float_scalar(default),
        Some(share) => crate::evaluate::array::from_value(share, None)?,
    };
    let (shape, both) = stretch(&[&phases, &share])?;
    let value = |(phase, share): (f64, f64)| {
        if (0.0..=1.0).contains(&share) { wave(float_modulo(phase, TAU), share) } else { f64::NAN }
    };
    let values = both[0].floats().into_iter().zip(both[1].floats()).map(value).collect();
    Ok(Value::Array(Array::from_cells(Dtype::Float, shape, Cells::Float(values))))
}

/// `chirp`: a cosine whose frequency moves linearly, quadratically, logarithmically or hyperbolically.
fn chirp(_: &mut Interpreter, args: Args) -> Result<Value> {
    let bound = bind("chirp", args, &["t", "f0", "t1", "f1", "method", "phi"])?;
    let times = bound.array(0)?;
    let (f0, t1, f1) = (bound.float(1)?, bound.float(2)?, bound.float(3)?);
    let offset = bound.optional(5).map_or(Ok(0.0), as_float)? * (PI / 180.0);
    let phase: Box<dyn Fn(f64) -> f64> = match &*bound.text_or(4, "linear")? {
        "linear" | "lin" | "li" => Box::new(move |t| TAU * (f0 * t + 0.5 * ((f1 - f0) / t1) * t * t)),
        "quadratic" | "quad" | "q" => Box::new(move |t| TAU * (f0 * t + (f1 - f0) / (t1 * t1) * (t * t * t) / 3.0)),
        "logarithmic" | "log" | "lo" if f0 * f1 <= 0.0 => {
            return Err(raise(
                "ValueError",
                "For a logarithmic chirp, f0 and f1 must be nonzero and have the same sign.",
            ));
        }
        "logarithmic" | "log" | "lo" if f0 == f1 => Box::new(move |t| TAU * f0 * t),
        "logarithmic" | "log" | "lo" => {
            let beta = t1 / (f1 / f0).ln();
            Box::new(move |t| TAU * beta * f0 * ((f1 / f0).powf(t / t1) - 1.0))
        }
        "hyperbolic" | "hyp" if f0 == 0.0 || f1 == 0.0 => {
            return Err(raise("ValueError", "For a hyperbolic chirp, f0 and f1 must be nonzero."));
        }
        "hyperbolic" | "hyp" if f0 == f1 => Box::new(move |t| TAU * f0 * t),
        "hyperbolic" | "hyp" => {
            let singular = -f1 * t1 / (f0 - f1);
            Box::new(move |t| TAU * (-singular * f0) * (1.0 - t / singular).abs().ln())
        }
        other => {
            return Err(raise(
                "ValueError",
                format!(
                    "method must be 'linear', 'quadratic', 'logarithmic', or 'hyperbolic', but a value of '{other}' was given."
                ),
            ));
        }
    };
    let values = times.floats().into_iter().map(|t| (phase(t) + offset).cos()).collect();
    Ok(Value::Array(Array::from_cells(Dtype::Float, times.shape.clone(), Cells::Float(values))))
}
