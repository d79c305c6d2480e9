//! Frequency responses, and what is done with whole spectra.

use std::f64::consts::{PI, TAU};

use oscine_dsp::design::Complex;

use super::super::{Audio, Contribution, Entry};
use super::{float_array, sections, tuple};
use crate::evaluate::Interpreter;
use crate::evaluate::array::create::linspace;
use crate::evaluate::array::polynomial::{complex_array, complex_elements};
use crate::evaluate::array::{Bound, bind, fourier, plain};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Dtype, Result, Value};

/// The rows of this file.
pub(crate) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

const fn load_only(name: &'static str, load: fn(&mut Interpreter, Args) -> Result<Value>) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

static ENTRIES: &[Entry] = &[
    load_only("scipy.signal.freqz", |_, args| {
        let bound = bind("freqz", args, &["b", "a", "worN", "whole", "plot", "fs", "include_nyquist"])?;
        let b = bound.floats(0)?;
        let a = if bound.optional(1).is_some() { bound.floats(1)? } else { vec![1.0] };
        let (frequencies, angles) = grid(&bound, 2, 3, 5, Some(6))?;
        let response: Vec<Complex> = angles.iter().map(|&w| value(&b, w) / value(&a, w)).collect();
        Ok(tuple(vec![float_array(frequencies), Value::Array(complex_array(&response))]))
    }),
    load_only("scipy.signal.sosfreqz", sections_response),
    load_only("scipy.signal.freqz_sos", sections_response),
    load_only("scipy.signal.hilbert", |_, args| {
        let bound = bind("hilbert", args, &["x", "N"])?;
        let x = bound.array(0)?;
        if x.ndim() != 1 || x.dtype() == Dtype::Complex {
            return Err(raise("ValueError", "oscine has hilbert of one-dimensional real signals only"));
        }
        let n = length(&bound, 1, x.size())?;
        let mut values = complex_elements(&x);
        values.resize(n, Complex::default());
        let mut spectrum = fourier::fft(&values);
        for (k, bin) in spectrum.iter_mut().enumerate() {
            let weight = if k == 0 || 2 * k == n {
                1.0
            } else if 2 * k < n {
                2.0
            } else {
                0.0
            };
            *bin = *bin * weight;
        }
        Ok(Value::Array(complex_array(&fourier::ifft(&spectrum))))
    }),
    load_only("scipy.signal.resample", |_, args| {
        let bound = bind("resample", args, &["x", "num"])?;
        let x = bound.array(0)?;
        if x.ndim() != 1 || x.dtype() == Dtype::Complex || x.size() == 0 {
            return Err(raise("ValueError", "oscine has resample of one-dimensional real signals only"));
        }
        let count = length(&bound, 1, 0)?;
        let spectrum = fourier::fft(&complex_elements(&x));
        let kept = x.size().min(count);
        let mut half: Vec<Complex> = spectrum[..=kept / 2].to_vec();
        if kept % 2 == 0 && x.size() != count {
            // What lay at the lower Nyquist frequency is split between it and its mirror, or gathered from both.
            let last = kept / 2;
            half[last] = half[last] * if count < x.size() { 2.0 } else { 0.5 };
        }
        half.resize(count / 2 + 1, Complex::default());
        let scale = count as f64 / x.size() as f64;
        Ok(float_array(fourier::irfft(&half, count).into_iter().map(|v| v * scale).collect()))
    }),
];

fn length(bound: &Bound, parameter: usize, default: usize) -> Result<usize> {
    let given = bound.int_or(parameter, default as i64)?;
    usize::try_from(given)
        .ok()
        .filter(|&n| n > 0 && n <= 1 << 26)
        .ok_or_else(|| raise("ValueError", "N must be positive."))
}

/// A polynomial in `exp(-jw)`.
fn value(coefficients: &[f64], w: f64) -> Complex {
    let delay = Complex::new(w.cos(), -w.sin());
    coefficients.iter().rev().fold(Complex::default(), |sum, &c| sum * delay + Complex::real(c))
}

/// The frequencies of a response in the caller's unit, and in radians a sample.
fn grid(
    bound: &Bound,
    count: usize,
    whole: usize,
    fs: usize,
    include_nyquist: Option<usize>,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let fs = bound.float_or(fs, TAU)?;
    let whole = bound.flag_or(whole, false)?;
    let nyquist = include_nyquist.map_or(Ok(false), |parameter| bound.flag_or(parameter, false))?;
    let angles = match bound.optional(count).map(plain) {
        None => linspace(0.0, if whole { TAU } else { PI }, 512, nyquist && !whole)?.0,
        Some(Value::Int(count)) if count < 0 => {
            return Err(raise("ValueError", format!("worN must be nonnegative, got {count}")));
        }
        Some(Value::Int(count)) => linspace(0.0, if whole { TAU } else { PI }, count, nyquist && !whole)?.0,
        Some(_) => bound.floats(count)?.into_iter().map(|f| TAU * f / fs).collect(),
    };
    Ok((angles.iter().map(|w| w * (fs / TAU)).collect(), angles))
}

fn sections_response(_: &mut Interpreter, args: Args) -> Result<Value> {
    let bound = bind("freqz_sos", args, &["sos", "worN", "whole", "fs"])?;
    let rows = sections(bound.required(0)?)?;
    let (frequencies, angles) = grid(&bound, 1, 2, 3, None)?;
    let response: Vec<Complex> = angles
        .iter()
        .map(|&w| rows.iter().fold(Complex::real(1.0), |h, row| h * (value(&row[..3], w) / value(&row[3..], w))))
        .collect();
    Ok(tuple(vec![float_array(frequencies), Value::Array(complex_array(&response))]))
}
