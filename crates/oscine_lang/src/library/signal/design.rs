//! Design of filters, and their forms: `butter` and its kin, `zpk2sos`, `firwin`.

use oscine_dsp::design::{Band, Complex, MAX_ORDER, PoleZero, Roots, expand, pair, warp};

use super::super::{Audio, Contribution, Entry};
use super::{float_array, sections, transfer, tuple, windows};
use crate::evaluate::Interpreter;
use crate::evaluate::array::elementwise::sinc;
use crate::evaluate::array::polynomial::{complex_array, complex_elements, poly, roots};
use crate::evaluate::array::print::float_text;
use crate::evaluate::array::reduce::sum_floats;
use crate::evaluate::array::{Bound, as_float, bind, from_value, linear};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Args, Array, Cells, Dtype, Result, Value};

/// The rows of this file.
pub(crate) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

const fn load_only(name: &'static str, load: fn(&mut Interpreter, Args) -> Result<Value>) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

static ENTRIES: &[Entry] = &[
    Entry {
        name: "scipy.signal.butter",
        load: |_, args| {
            let bound = bind("butter", args, &["N", "Wn", "btype", "analog", "output", "fs"])?;
            iir(&bound, [0, 1, 2, 3, 4, 5], "low", |order| Ok(PoleZero::butterworth(order)))
        },
        audio: Audio::Rule,
    },
    load_only("scipy.signal.cheby1", |_, args| {
        let bound = bind("cheby1", args, &["N", "rp", "Wn", "btype", "analog", "output", "fs"])?;
        let ripple = bound.float(1)?;
        if ripple < 0.0 {
            return Err(raise("ValueError", "passband ripple (rp) must be positive"));
        }
        iir(&bound, [0, 2, 3, 4, 5, 6], "low", |order| Ok(chebyshev1(order, ripple)))
    }),
    load_only("scipy.signal.cheby2", |_, args| {
        let bound = bind("cheby2", args, &["N", "rs", "Wn", "btype", "analog", "output", "fs"])?;
        let attenuation = bound.float(1)?;
        if attenuation < 0.0 {
            return Err(raise("ValueError", "stopband attenuation (rs) must be positive"));
        }
        iir(&bound, [0, 2, 3, 4, 5, 6], "low", |order| Ok(chebyshev2(order, attenuation)))
    }),
    load_only("scipy.signal.iirfilter", |_, args| {
        let bound = bind("iirfilter", args, &["N", "Wn", "rp", "rs", "btype", "analog", "ftype", "output", "fs"])?;
        let needs = |parameter, words: &str| {
            bound.optional(parameter).ok_or_else(|| raise("ValueError", words)).and_then(as_float)
        };
        let kind = bound.text_or(6, "butter")?;
        iir(&bound, [0, 1, 4, 5, 7, 8], "band", |order| match &*kind {
            "butter" | "butterworth" => Ok(PoleZero::butterworth(order)),
            "cheby1" | "chebyshev1" | "chebyshevi" => Ok(chebyshev1(
                order,
                needs(2, "passband ripple (rp) must be provided to design a Chebyshev I filter.")?,
            )),
            "cheby2" | "chebyshev2" | "chebyshevii" => Ok(chebyshev2(
                order,
                needs(3, "stopband attenuation (rs) must be provided to design an Chebyshev II filter.")?,
            )),
            other => Err(raise("ValueError", format!("'{other}' is not a valid basic IIR filter."))),
        })
    }),
    load_only("scipy.signal.iirnotch", |_, args| resonator(&bind("iirnotch", args, &["w0", "Q", "fs"])?, true)),
    load_only("scipy.signal.iirpeak", |_, args| resonator(&bind("iirpeak", args, &["w0", "Q", "fs"])?, false)),
    load_only("scipy.signal.zpk2sos", |_, args| {
        let bound = bind("zpk2sos", args, &["z", "p", "k", "pairing", "analog"])?;
        digital_nearest(&bound, 3, 4)?;
        to_sections(complex_elements(&bound.array(0)?), complex_elements(&bound.array(1)?), bound.float(2)?)
    }),
    load_only("scipy.signal.tf2sos", |_, args| {
        let bound = bind("tf2sos", args, &["b", "a", "pairing", "analog"])?;
        digital_nearest(&bound, 2, 3)?;
        let (zeros, poles, gain) = factors(&bound.floats(0)?, &bound.floats(1)?)?;
        to_sections(zeros, poles, gain)
    }),
    load_only("scipy.signal.tf2zpk", |_, args| {
        let bound = bind("tf2zpk", args, &["b", "a"])?;
        let (zeros, poles, gain) = factors(&bound.floats(0)?, &bound.floats(1)?)?;
        Ok(zero_pole_gain(&zeros, &poles, gain))
    }),
    load_only("scipy.signal.zpk2tf", |_, args| {
        let bound = bind("zpk2tf", args, &["z", "p", "k"])?;
        let gain = Value::Float(bound.float(2)?);
        let b = Value::Array(poly(&complex_elements(&bound.array(0)?)));
        let b = crate::evaluate::array::binary(crate::syntax::ast::BinOp::Mul, &b, &gain)?;
        Ok(tuple(vec![b, Value::Array(poly(&complex_elements(&bound.array(1)?)))]))
    }),
    load_only("scipy.signal.sos2tf", |_, args| {
        let bound = bind("sos2tf", args, &["sos"])?;
        let (mut b, mut a) = (Array::from_floats(vec![1.0]), Array::from_floats(vec![1.0]));
        for row in sections(bound.required(0)?)? {
            b = linear::convolve(&b, &Array::from_floats(row[..3].to_vec()), "full")?;
            a = linear::convolve(&a, &Array::from_floats(row[3..].to_vec()), "full")?;
        }
        Ok(tuple(vec![Value::Array(b), Value::Array(a)]))
    }),
    load_only("scipy.signal.sos2zpk", |_, args| {
        let bound = bind("sos2zpk", args, &["sos"])?;
        let (mut zeros, mut poles, mut gain) = (vec![], vec![], 1.0);
        for row in sections(bound.required(0)?)? {
            let (z, p, k) = factors(&row[..3], &row[3..])?;
            // Roots at the origin are missing from the shorter polynomial.
            for (found, all) in [(z, &mut zeros), (p, &mut poles)] {
                let missing = 2 - found.len().min(2);
                all.extend(found);
                all.extend(std::iter::repeat_n(Complex::default(), missing));
            }
            gain *= k;
        }
        Ok(zero_pole_gain(&zeros, &poles, gain))
    }),
    load_only("scipy.signal.firwin", |_, args| {
        firwin(&bind("firwin", args, &["numtaps", "cutoff", "width", "window", "pass_zero", "scale", "fs"])?)
    }),
    load_only("scipy.signal.kaiser_beta", |_, args| {
        let bound = bind("kaiser_beta", args, &["a"])?;
        Ok(Value::Float(kaiser_beta(bound.float(0)?)))
    }),
    load_only("scipy.signal.kaiser_atten", |_, args| {
        let bound = bind("kaiser_atten", args, &["numtaps", "width"])?;
        Ok(Value::Float(2.285 * (bound.float(0)? - 1.0) * std::f64::consts::PI * bound.float(1)? + 7.95))
    }),
];

/// The band that scipy's spelling names.
fn band_of(name: &str) -> Option<Band> {
    Some(match name {
        "l" | "low" | "lowpass" | "lp" => Band::Low,
        "h" | "high" | "highpass" | "hp" => Band::High,
        "band" | "bandpass" | "pass" | "bp" => Band::Pass,
        "bs" | "bandstop" | "bands" | "stop" => Band::Stop,
        _ => return None,
    })
}

/// A filter from an analog prototype, with scipy's checks in scipy's order. `places` are the parameters `N`, `Wn`,
/// `btype`, `analog`, `output` and `fs` of the function.
fn iir(
    bound: &Bound,
    places: [usize; 6],
    default_band: &str,
    prototype: impl Fn(usize) -> Result<PoleZero>,
) -> Result<Value> {
    let [order, edges, btype, analog, output, fs] = places;
    let analog = bound.flag_or(analog, false)?;
    let fs = bound.optional(fs).map(as_float).transpose()?;
    bound.required(order)?;
    if let Value::Str(text) = bound.required(edges)? {
        return Err(raise("ValueError", format!("could not convert string to float: '{text}'")));
    }
    let mut edges = bound.floats(edges)?;
    if let Some(fs) = fs {
        if analog {
            return Err(raise("ValueError", "fs cannot be specified for an analog filter"));
        }
        for edge in &mut edges {
            *edge /= fs / 2.0;
        }
    }
    if edges.iter().any(|&edge| edge <= 0.0) {
        return Err(raise("ValueError", "filter critical frequencies must be greater than 0"));
    }
    if edges.len() > 1 && !matches!(edges[0].partial_cmp(&edges[1]), Some(std::cmp::Ordering::Less)) {
        return Err(raise("ValueError", "Wn[0] must be less than Wn[1]"));
    }
    let spelling = bound.text_or(btype, default_band)?.to_lowercase();
    let band = band_of(&spelling)
        .ok_or_else(|| raise("ValueError", format!("'{spelling}' is an invalid bandtype for filter.")))?;
    let output = bound.text_or(output, "ba")?.to_lowercase();
    if !matches!(&*output, "ba" | "zpk" | "sos") {
        return Err(raise("ValueError", format!("'{output}' is not a valid output form.")));
    }
    let order = bound.float(order)?;
    if order < 0.0 || order.fract() != 0.0 {
        return Err(raise("ValueError", "Filter order must be a nonnegative integer"));
    }
    if order > MAX_ORDER as f64 {
        return Err(raise("ValueError", format!("oscine designs filters of at most order {MAX_ORDER}")));
    }
    let prototype = prototype(order as usize)?;
    if !analog && edges.iter().any(|&edge| edge >= 1.0) {
        return Err(raise(
            "ValueError",
            fs.map_or("Digital filter critical frequencies must be 0 < Wn < 1".to_owned(), |fs| {
                let (fs, half) = (float_text(fs, false), float_text(fs / 2.0, false));
                format!("Digital filter critical frequencies must be 0 < Wn < fs/2 (fs={fs} -> fs/2={half})")
            }),
        ));
    }
    let (low, high) = match (band, &*edges) {
        (Band::Low | Band::High, [edge]) => (*edge, *edge),
        (Band::Low | Band::High, _) => {
            return Err(raise(
                "ValueError",
                "Must specify a single critical frequency Wn for lowpass or highpass filter",
            ));
        }
        (Band::Pass | Band::Stop, [low, high, ..]) => (*low, *high),
        (Band::Pass | Band::Stop, _) => {
            return Err(raise(
                "ValueError",
                "Wn must specify start and stop frequencies for bandpass or bandstop filter",
            ));
        }
    };
    let filter = if analog {
        prototype.to_band(band, low, high)
    } else {
        prototype.to_band(band, warp(low), warp(high)).bilinear()
    };
    let (zeros, poles) = (filter.zeros.as_slice(), filter.poles.as_slice());
    match &*output {
        "zpk" => Ok(zero_pole_gain(zeros, poles, filter.gain)),
        "ba" => {
            let coefficients = |roots: &[Complex], factor: f64| {
                let mut coefficients = vec![Complex::default(); roots.len() + 1];
                expand(roots, &mut coefficients);
                coefficients.into_iter().map(|c| factor * c.re).collect()
            };
            Ok(transfer(coefficients(zeros, filter.gain), coefficients(poles, 1.0)))
        }
        _ if analog => Err(raise("ValueError", "oscine has sections of digital filters only")),
        _ => to_sections(zeros.to_vec(), poles.to_vec(), filter.gain),
    }
}

/// `z, p, k`, the roots real where all of them are.
fn zero_pole_gain(zeros: &[Complex], poles: &[Complex], gain: f64) -> Value {
    let roots = |roots: &[Complex]| {
        if roots.iter().all(|root| root.is_real()) {
            return float_array(roots.iter().map(|root| root.re).collect());
        }
        Value::Array(complex_array(roots))
    };
    tuple(vec![roots(zeros), roots(poles), Value::Array(Array::float_scalar(gain))])
}

/// The sections of a digital filter, with as many zeros as poles made by adding origins.
fn to_sections(mut zeros: Vec<Complex>, mut poles: Vec<Complex>, gain: f64) -> Result<Value> {
    let count = zeros.len().max(poles.len()).div_ceil(2).max(1);
    zeros.resize(2 * count, Complex::default());
    poles.resize(2 * count, Complex::default());
    let mut sos = vec![0.0; 6 * count];
    if pair(&mut zeros, &mut poles, gain, &mut sos).is_err() {
        return Err(raise("ValueError", "Array contains complex value with no matching conjugate."));
    }
    Ok(Value::Array(Array::from_cells(Dtype::Float, vec![count, 6], Cells::Float(sos))))
}

/// Refuses pairings other than "nearest", and analog filters.
fn digital_nearest(bound: &Bound, pairing: usize, analog: usize) -> Result<()> {
    if bound.text_or(pairing, "nearest")? != "nearest" || bound.flag_or(analog, false)? {
        return Err(raise("ValueError", "oscine has sections of digital filters, with pairing 'nearest', only"));
    }
    Ok(())
}

/// Zeros, poles and gain of a transfer function.
fn factors(b: &[f64], a: &[f64]) -> Result<(Vec<Complex>, Vec<Complex>, f64)> {
    let Some(first) = a.iter().position(|&c| c != 0.0) else {
        return Err(raise("ValueError", "Denominator must have at least on nonzero element."));
    };
    let a = &a[first..];
    let b: Vec<f64> = b.iter().map(|c| c / a[0]).collect();
    let skip = b.iter().position(|c| c.abs() > 1e-14).unwrap_or(b.len().saturating_sub(1));
    let b = &b[skip..];
    Ok((roots(b)?, roots(a)?, b.first().copied().unwrap_or(0.0)))
}

/// The analog Chebyshev low-pass whose gain ripples by `ripple` decibels in its band: poles on an ellipse
/// (R. W. Daniels, "Approximation Methods for Electronic Filter Design", 1974).
fn chebyshev1(order: usize, ripple: f64) -> PoleZero {
    let mut filter = PoleZero { zeros: Roots::new(), poles: Roots::new(), gain: 1.0 };
    if order == 0 {
        filter.gain = 10_f64.powf(-ripple / 20.0);
        return filter;
    }
    let epsilon = (10_f64.powf(0.1 * ripple) - 1.0).sqrt();
    let mu = (1.0 / epsilon).asinh() / order as f64;
    let mut product = Complex::real(1.0);
    for theta in angles(order) {
        let pole = Complex::new(-mu.sinh() * theta.cos(), -mu.cosh() * theta.sin());
        filter.poles.push(pole);
        product = product * -pole;
    }
    filter.gain = if order.is_multiple_of(2) { product.re / (1.0 + epsilon * epsilon).sqrt() } else { product.re };
    filter
}

/// The analog inverse Chebyshev low-pass, `attenuation` decibels down where its stop band begins.
fn chebyshev2(order: usize, attenuation: f64) -> PoleZero {
    let mut filter = PoleZero { zeros: Roots::new(), poles: Roots::new(), gain: 1.0 };
    if order == 0 {
        return filter;
    }
    let epsilon = 1.0 / (10_f64.powf(0.1 * attenuation) - 1.0).sqrt();
    let mu = (1.0 / epsilon).asinh() / order as f64;
    let (mut over, mut under) = (Complex::real(1.0), Complex::real(1.0));
    for theta in angles(order) {
        let ellipse = Complex::new(mu.sinh() * theta.cos(), mu.cosh() * theta.sin());
        let pole = Complex::real(-1.0) / ellipse;
        filter.poles.push(pole);
        over = over * -pole;
        if theta != 0.0 {
            let zero = Complex::new(0.0, 1.0 / theta.sin());
            filter.zeros.push(zero);
            under = under * -zero;
        }
    }
    filter.gain = (over / under).re;
    filter
}

/// The angles of a prototype's poles from the negative real axis.
fn angles(order: usize) -> impl Iterator<Item = f64> {
    let n = order as i64;
    (1 - n..n).step_by(2).map(move |m| std::f64::consts::PI * m as f64 / (2 * n) as f64)
}

/// A notch or a peak of two poles (S. J. Orfanidis, "Introduction to Signal Processing", 11.3).
fn resonator(bound: &Bound, notch: bool) -> Result<Value> {
    let w0 = 2.0 * bound.float(0)? / bound.float_or(2, 2.0)?;
    if !(0.0..=1.0).contains(&w0) {
        return Err(raise("ValueError", "w0 should be such that 0 < w0 < 1"));
    }
    let bandwidth = w0 / bound.float(1)? * std::f64::consts::PI;
    let w0 = w0 * std::f64::consts::PI;
    let gain = 1.0 / (1.0 + (bandwidth / 2.0).tan());
    let b =
        if notch { [1.0, -2.0 * w0.cos(), 1.0].map(|c| gain * c) } else { [1.0, 0.0, -1.0].map(|c| (1.0 - gain) * c) };
    Ok(transfer(b.to_vec(), vec![1.0, -2.0 * gain * w0.cos(), 2.0 * gain - 1.0]))
}

fn kaiser_beta(attenuation: f64) -> f64 {
    if attenuation > 50.0 {
        0.1102 * (attenuation - 8.7)
    } else if attenuation > 21.0 {
        0.5842 * (attenuation - 21.0).powf(0.4) + 0.07886 * (attenuation - 21.0)
    } else {
        0.0
    }
}

/// `firwin`: the ideal response's Fourier series, windowed, scaled to unity in the first pass band.
fn firwin(bound: &Bound) -> Result<Value> {
    let taps = bound.float(0)?;
    if !(1.0..1e7).contains(&taps) || taps.fract() != 0.0 {
        return Err(raise("ValueError", "firwin takes a positive number of taps"));
    }
    let nyquist = 0.5 * bound.float_or(6, 2.0)?;
    let mut edges: Vec<f64> = bound.floats(1)?.into_iter().map(|edge| edge / nyquist).collect();
    if edges.is_empty() {
        return Err(raise("ValueError", "At least one cutoff frequency must be given."));
    }
    if edges.iter().any(|&edge| edge <= 0.0 || edge >= 1.0) {
        return Err(raise(
            "ValueError",
            "Invalid cutoff frequency: frequencies must be greater than 0 and less than fs/2.",
        ));
    }
    if edges.windows(2).any(|pair| pair[1] - pair[0] <= 0.0) {
        return Err(raise("ValueError", "Invalid cutoff frequencies: the frequencies must be strictly increasing."));
    }
    let pass_zero = match bound.optional(4) {
        Some(Value::Str(name)) => match (&**name, edges.len()) {
            ("lowpass", 1) | ("bandstop", 2..) => true,
            ("highpass", 1) | ("bandpass", 2..) => false,
            ("lowpass" | "highpass", count) => {
                let words = format!("cutoff must have one element if pass_zero==\"{name}\", got ({count},)");
                return Err(raise("ValueError", words));
            }
            ("bandstop" | "bandpass", count) => {
                let words = format!("cutoff must have at least two elements if pass_zero==\"{name}\", got ({count},)");
                return Err(raise("ValueError", words));
            }
            _ => {
                return Err(raise(
                    "ValueError",
                    format!(
                        "Parameter pass_zero='{name}' not in (True, False, 'bandpass', 'lowpass', 'highpass', 'bandstop')"
                    ),
                ));
            }
        },
        _ => bound.flag_or(4, true)?,
    };
    let pass_nyquist = edges.len().is_multiple_of(2) == pass_zero;
    if pass_nyquist && taps % 2.0 == 0.0 {
        return Err(raise(
            "ValueError",
            "A filter with an even number of coefficients must have zero response at the Nyquist frequency.",
        ));
    }
    let window = match (bound.optional(2), bound.optional(3)) {
        (Some(width), _) => {
            let width = as_float(width)? / nyquist;
            let attenuation = 2.285 * (taps - 1.0) * std::f64::consts::PI * width + 7.95;
            windows::by_name(&Value::Float(kaiser_beta(attenuation)), taps as i64, true)?
        }
        (None, Some(window)) => windows::by_name(window, taps as i64, true)?,
        (None, None) => windows::by_name(&Value::Str("hamming".into()), taps as i64, true)?,
    };
    if pass_zero {
        edges.insert(0, 0.0);
    }
    if pass_nyquist {
        edges.push(1.0);
    }
    let middle = 0.5 * (taps - 1.0);
    let places: Vec<f64> = (0..taps as usize).map(|i| i as f64 - middle).collect();
    let mut response: Vec<f64> = places
        .iter()
        .zip(window)
        .map(|(&m, window)| {
            let bands = edges.chunks_exact(2);
            bands.fold(0.0, |h, band| h + band[1] * sinc(band[1] * m) - band[0] * sinc(band[0] * m)) * window
        })
        .collect();
    if bound.flag_or(5, true)? {
        let centre = match (edges[0], edges[1]) {
            (0.0, _) => 0.0,
            (_, 1.0) => 1.0,
            (left, right) => 0.5 * (left + right),
        };
        let terms: Vec<f64> =
            places.iter().zip(&response).map(|(&m, &h)| h * (std::f64::consts::PI * m * centre).cos()).collect();
        let scale = sum_floats(&terms);
        for h in &mut response {
            *h /= scale;
        }
    }
    Ok(float_array(response))
}

/// The edges of a filter as a list of floats, for a caller that has one argument for one or two.
pub(super) fn numbers(value: &Value) -> Result<Vec<f64>> {
    Ok(from_value(value, None)?.floats())
}
