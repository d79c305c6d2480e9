//! The gamma function and its logarithm, as CPython computes them rather than as the C library does, whose results
//! differ between systems by more than a few last places.
//!
//! C. Lanczos' approximation ("A precision approximation of the gamma function", SIAM J. Numer. Anal. 1, 1964) with
//! thirteen terms and g = 6.0246800407767296, in the rational form of G. Pugh ("An analysis of the Lanczos gamma
//! approximation", thesis, 2004); the coefficients are those published with Boost's mathematics library. Below zero the
//! reflection formula holds.

use std::f64::consts::PI;

use super::libm::{cos, exp, fmod, log, pow, sin};

const G: f64 = 6.024_680_040_776_73;
const G_MINUS_HALF: f64 = 5.524_680_040_776_73;
const LOG_PI: f64 = 1.144_729_885_849_400_2;

/// Lanczos' sum as a fraction of polynomials: the numerator, from the constant term.
#[expect(clippy::excessive_precision, reason = "as published")]
const NUMERATOR: [f64; 13] = [
    23_531_376_880.410_759_688_572,
    42_919_803_642.649_098_768_957,
    35_711_959_237.355_668_049_440,
    17_921_034_426.037_209_699_919,
    6_039_542_586.352_028_005_064_3,
    1_439_720_407.311_721_673_663_2,
    248_874_557.862_054_156_511_46,
    31_426_415.585_400_194_380_614,
    2_876_370.628_935_372_441_225_4,
    186_056.265_395_223_495_040_29,
    8_071.672_002_365_816_210_638,
    210.824_277_751_579_345_872_51,
    2.506_628_274_631_000_270_164_9,
];
/// The denominator, x (x + 1) ... (x + 11).
const DENOMINATOR: [f64; 13] = [
    0.0,
    39_916_800.0,
    120_543_840.0,
    150_917_976.0,
    105_258_076.0,
    45_995_730.0,
    13_339_535.0,
    2_637_558.0,
    357_423.0,
    32_670.0,
    1_925.0,
    66.0,
    1.0,
];

/// Python's `math.gamma`, NaN where that raises for the domain and infinite where it overflows.
pub(super) extern "C" fn oscine_gamma(x: f64) -> f64 {
    let size = x.abs();
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x == 0.0 {
        return f64::INFINITY.copysign(x);
    }
    if x.floor() == x {
        if x < 0.0 {
            return f64::NAN;
        }
        if x <= 23.0 {
            // Factorials up to 22! are floats.
            return (1..x as u64).fold(1.0, |product, n| product * n as f64);
        }
    }
    if size < 1e-20 {
        return 1.0 / x;
    }
    if size > 200.0 {
        return if x < 0.0 { 0.0 / sin_pi(x) } else { f64::INFINITY };
    }
    // What rounding lost of the base of the power below, which a first-order term puts back.
    let base = size + G_MINUS_HALF;
    let lost = if size > G_MINUS_HALF { base - size - G_MINUS_HALF } else { base - G_MINUS_HALF - size };
    let correction = lost * G / base;
    // The power alone would overflow before the gamma function does.
    let by_power = |value: f64, apply: fn(f64, f64) -> f64| {
        if size < 140.0 {
            apply(value, pow(base, size - 0.5))
        } else {
            let root = pow(base, size / 2.0 - 0.25);
            apply(apply(value, root), root)
        }
    };
    if x < 0.0 {
        let value = -PI / sin_pi(size) / size * exp(base) / lanczos_sum(size);
        by_power(value - correction * value, |a, b| a / b)
    } else {
        let value = lanczos_sum(size) / exp(base);
        by_power(value + correction * value, |a, b| a * b)
    }
}

/// Python's `math.lgamma`, infinite at the poles.
pub(super) extern "C" fn oscine_lgamma(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() || (x <= 0.0 && x.floor() == x) {
        return f64::INFINITY;
    }
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let size = x.abs();
    if size < 1e-20 {
        return -log(size);
    }
    let value = log(lanczos_sum(size)) - G + (size - 0.5) * (log(size + G - 0.5) - 1.0);
    if x < 0.0 { LOG_PI - log(sin_pi(size).abs()) - log(size) - value } else { value }
}

/// Lanczos' sum for positive `x`.
fn lanczos_sum(x: f64) -> f64 {
    let terms = NUMERATOR.iter().zip(&DENOMINATOR);
    let (numerator, denominator) = if x < 5.0 {
        terms.rev().fold((0.0, 0.0), |(n, d), (a, b)| (n * x + a, d * x + b))
    } else {
        // Powers of x would overflow; those of 1 / x do not.
        terms.fold((0.0, 0.0), |(n, d), (a, b)| (n / x + a, d / x + b))
    };
    numerator / denominator
}

/// The sine of pi times x, accurate near whole numbers.
fn sin_pi(x: f64) -> f64 {
    let y = fmod(x.abs(), 2.0);
    let value = match (2.0 * y).round() as i64 {
        0 => sin(PI * y),
        1 => cos(PI * (y - 0.5)),
        2 => sin(PI * (1.0 - y)),
        3 => -cos(PI * (y - 1.5)),
        _ => sin(PI * (y - 2.0)),
    };
    1.0_f64.copysign(x) * value
}
