//! Window functions as scipy computes them. A periodic window is a symmetric one of one more value, its last left out.

use std::f64::consts::PI;

use crate::evaluate::array::create::linspace;
use crate::evaluate::array::elementwise::bessel_i0;
use crate::evaluate::array::{as_float, plain};
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Result, Value};

/// A sum of cosines with these weights: the family of Hann, Hamming and Blackman.
fn cosines(count: usize, weights: &[f64]) -> Vec<f64> {
    let phases = linspace(-PI, PI, count as i64, true).map_or(vec![], |(phases, _)| phases);
    let term =
        |phase: f64| weights.iter().enumerate().fold(0.0, |sum, (k, weight)| sum + weight * (k as f64 * phase).cos());
    phases.into_iter().map(term).collect()
}

/// `count` values of the symmetric window `name`; `None` if there is none of that name.
fn symmetric(name: &str, parameters: &[f64], count: usize) -> Option<Vec<f64>> {
    let last = count as f64 - 1.0;
    let places = (0..count).map(|i| i as f64);
    let first = parameters.first().copied();
    Some(match name {
        "boxcar" | "box" | "ones" | "rect" | "rectangular" => vec![1.0; count],
        "hann" | "han" => cosines(count, &[0.5, 0.5]),
        "hamming" | "hamm" | "ham" => cosines(count, &[0.54, 1.0 - 0.54]),
        "general_hamming" | "general hamming" => cosines(count, &[first?, 1.0 - first?]),
        "blackman" | "black" | "blk" => cosines(count, &[0.42, 0.50, 0.08]),
        "blackmanharris" | "blackharr" | "bkh" => cosines(count, &[0.35875, 0.48829, 0.14128, 0.01168]),
        "nuttall" | "nutl" | "nut" => cosines(count, &[0.363_581_9, 0.489_177_5, 0.136_599_5, 0.010_641_1]),
        "flattop" | "flat" | "flt" => {
            cosines(count, &[0.215_578_95, 0.416_631_58, 0.277_263_158, 0.083_578_947, 0.006_947_368])
        }
        "bartlett" | "bart" | "brt" => {
            places.map(|n| if n <= last / 2.0 { 2.0 * n / last } else { 2.0 - 2.0 * n / last }).collect()
        }
        "barthann" | "brthan" | "bth" => places
            .map(|n| {
                let distance = (n / last - 0.5).abs();
                0.62 - 0.48 * distance + 0.38 * (2.0 * PI * distance).cos()
            })
            .collect(),
        "triang" | "triangle" | "tri" => {
            let rise = |n: usize| {
                let n = n as f64 + 1.0;
                if count.is_multiple_of(2) { (2.0 * n - 1.0) / count as f64 } else { 2.0 * n / (count as f64 + 1.0) }
            };
            (0..count).map(|n| rise(n.min(count - 1 - n))).collect()
        }
        "cosine" | "halfcosine" => places.map(|n| (PI / count as f64 * (n + 0.5)).sin()).collect(),
        "gaussian" | "gauss" | "gss" => {
            let width = 2.0 * first? * first?;
            places.map(|n| (-(n - last / 2.0) * (n - last / 2.0) / width).exp()).collect()
        }
        "exponential" | "poisson" => {
            let (centre, tau) = match parameters {
                [_, tau, ..] => (parameters[0], *tau),
                _ => (last / 2.0, 1.0),
            };
            let centre = if centre.is_nan() { last / 2.0 } else { centre };
            places.map(|n| (-(n - centre).abs() / tau).exp()).collect()
        }
        "kaiser" | "ksr" => {
            let (beta, middle) = (first?, last / 2.0);
            let scale = bessel_i0(beta);
            places
                .map(|n| {
                    let x = (n - middle) / middle;
                    bessel_i0(beta * (1.0 - x * x).max(0.0).sqrt()) / scale
                })
                .collect()
        }
        "tukey" | "tuk" => {
            let alpha = first.unwrap_or(0.5);
            if alpha <= 0.0 {
                return Some(vec![1.0; count]);
            }
            if alpha >= 1.0 {
                return Some(cosines(count, &[0.5, 0.5]));
            }
            let width = (alpha * last / 2.0).floor();
            places
                .map(|n| {
                    if n <= width {
                        0.5 * (1.0 + (PI * (-1.0 + 2.0 * n / alpha / last)).cos())
                    } else if n < last - width {
                        1.0
                    } else {
                        0.5 * (1.0 + (PI * (-2.0 / alpha + 1.0 + 2.0 * n / alpha / last)).cos())
                    }
                })
                .collect()
        }
        "bohman" | "bman" | "bmn" => {
            let (distances, _) = linspace(-1.0, 1.0, count as i64, true).unwrap_or_default();
            let value = |(i, d): (usize, f64)| {
                let d = d.abs();
                if i == 0 || i + 1 == count { 0.0 } else { (1.0 - d) * (PI * d).cos() + 1.0 / PI * (PI * d).sin() }
            };
            distances.into_iter().enumerate().map(value).collect()
        }
        "parzen" | "parz" | "par" => places
            .map(|n| {
                let (n, half) = ((n - last / 2.0).abs(), count as f64 / 2.0);
                if n <= last / 4.0 {
                    1.0 - 6.0 * (n / half).powi(2) + 6.0 * (n / half).powi(3)
                } else {
                    2.0 * (1.0 - n / half).powi(3)
                }
            })
            .collect(),
        _ => return None,
    })
}

/// Windows that must be told a parameter.
fn needs_parameter(name: &str) -> bool {
    matches!(name, "kaiser" | "ksr" | "gaussian" | "gauss" | "gss" | "general_hamming" | "general hamming")
}

/// `count` values of the window `name`.
pub(super) fn window(name: &str, parameters: &[f64], count: i64, is_symmetric: bool) -> Result<Option<Vec<f64>>> {
    let Some(count) = usize::try_from(count).ok().filter(|&count| count <= 1 << 27) else {
        return Err(raise("ValueError", "Window length M must be a non-negative integer"));
    };
    if needs_parameter(name) && parameters.is_empty() {
        return Err(raise("ValueError", format!("'{name}' must have parameters, but window='{name}'!")));
    }
    if count <= 1 {
        return Ok(symmetric(name, parameters, 2).map(|_| vec![1.0; count]));
    }
    if is_symmetric {
        return Ok(symmetric(name, parameters, count));
    }
    Ok(symmetric(name, parameters, count + 1).map(|mut values| {
        values.pop();
        values
    }))
}

/// A window by name, by a tuple of name and parameters, or by the beta of a Kaiser window.
pub(super) fn by_name(description: &Value, count: i64, is_symmetric: bool) -> Result<Vec<f64>> {
    let (name, parameters) = match plain(description) {
        Value::Str(name) => (name, vec![]),
        Value::Tuple(parts) => {
            let Some(Value::Str(name)) = parts.first() else {
                return Err(raise("ValueError", "First tuple entry of parameter window is not a str!"));
            };
            (name.clone(), parts[1..].iter().map(as_float).collect::<Result<Vec<f64>>>()?)
        }
        number @ (Value::Int(_) | Value::Float(_)) => ("kaiser".into(), vec![as_float(&number)?]),
        _ => return Err(raise("ValueError", "Parameter window must be a tuple, a string or a float!")),
    };
    window(&name, &parameters, count, is_symmetric)?
        .ok_or_else(|| raise("ValueError", format!("Invalid window name '{name}' in parameter window='{name}'!")))
}
