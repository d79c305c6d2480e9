//! The ring modulator where it can be worked out on paper: small signals about a working point, and rest.
//!
//! Diodes of a fourth-power law do not conduct at 0 V, so that a small signal alone meets nothing linear. A carrier of `E`
//! volts DC gives them a slope: two conduct, `v3` settles where `v3 = -2 R_I g(E + v3)`, and with `h` the conductance `g'`
//! there, `Y1 = s C + 1/s L + 1/R_M`, `Y2 = s C + 1/s L + 1/R_A`,
//!
//! ```text
//! (Y1 + h/2) v1 + h/2 v2 = v_m / R_M          h/2 v1 + (Y2 + h/2) v2 = 0
//! ```
//!
//! for a positive carrier; a negative one opens the other pair and turns the output's sign, which is what a ring modulator is.
//! The trapezoidal rule's `s` is `2 j rate tan(pi f / rate)`.

use std::f64::consts::{PI, TAU};

use oscine_dsp::RingModulator;
use oscine_dsp::design::Complex;

const RATE: f64 = 44_100.0;
/// Half a second.
const FRAMES: usize = 22_050;

/// `g'` of the diodes that conduct.
fn conductance(carrier: f64) -> f64 {
    let (mut low, mut high) = (0.0, carrier.abs());
    for _ in 0..100 {
        let across = 0.5 * (low + high);
        if across + 2.0 * 50.0 * 0.17 * across.powi(4) < carrier.abs() { low = across } else { high = across }
    }
    4.0 * 0.17 * low.powi(3)
}

/// What of the modulator reaches the output.
fn transfer(carrier: f64, hz: f64) -> Complex {
    let s = Complex::new(0.0, 2.0 * RATE * (PI * hz / RATE).tan());
    let one = Complex::real(1.0);
    let own = |ohms: f64| s * 10e-9 + one / (s * 0.8) + Complex::real(1.0 / ohms);
    let half = Complex::real(0.5 * conductance(carrier));
    let (first, second) = (own(80.0) + half, own(600.0) + half);
    half * (-carrier.signum() / 80.0) / (first * second - half * half)
}

/// The amplitude and phase of the output at the modulator's frequency, by the modulator's.
fn measured(carrier: f64, hz: f64, volts: f64) -> Complex {
    let mut ring = RingModulator::new(RATE);
    let angle = |n: usize| TAU * (hz * n as f64 / RATE).fract();
    let mut sum = Complex::real(0.0);
    for n in 0..2 * FRAMES {
        let y = ring.tick(volts * angle(n).sin(), carrier);
        if n >= FRAMES {
            sum = sum + Complex::new(angle(n).sin(), angle(n).cos()) * (2.0 * y / (FRAMES as f64 * volts));
        }
    }
    sum
}

#[test]
fn small_signals_see_the_circuit_that_the_carrier_makes() {
    for carrier in [0.3, -0.3, 1.0, -1.0, 10.0] {
        for hz in [50.0, 440.0, 3000.0, 15_000.0] {
            let (expected, measured) = (transfer(carrier, hz), measured(carrier, hz, 1e-3));
            let error = (measured - expected).abs() / expected.abs();
            println!("{carrier} V, {hz} Hz: {} V a volt, {error:e} off", expected.abs());
            assert!(error < 1e-6, "{carrier} V, {hz} Hz: {measured:?}, not {expected:?}");
        }
    }
}

/// Without a carrier, what is small comes out smaller by the law's power: ten times less in gives ten thousand times less out.
#[test]
fn small_levels_shrink_by_the_fourth_power() {
    let peak = |volts: f64| {
        let mut ring = RingModulator::oversampled(8, oscine_dsp::oversample::Kind::LinearPhase, RATE);
        (0..4410_u32).fold(0.0_f64, |most, n| {
            let t = f64::from(n) / RATE;
            most.max(ring.tick(volts * (TAU * 200.0 * t).sin(), volts * (TAU * 500.0 * t).sin()).abs())
        })
    };
    let (small, smaller) = (peak(1e-2), peak(1e-3));
    assert!((small / smaller / 1e4 - 1.0).abs() < 1e-3, "{small:e} and {smaller:e}");
}

/// The coils short a steady voltage: whatever rests at the inputs, nothing rests at the output.
#[test]
fn dc_rests_at_nothing() {
    for (modulator, carrier) in
        [(0.1, 0.0), (0.0, 0.5), (0.3, 0.5), (1.0, -1.0), (-10.0, 0.2), (10.0, 10.0), (0.0, -100.0)]
    {
        let mut ring = RingModulator::new(RATE);
        let (mut most, mut last) = (0.0_f64, 0.0);
        for _ in 0..20 * FRAMES {
            last = ring.tick(modulator, carrier);
            most = most.max(last.abs());
        }
        println!("{modulator} V, {carrier} V: {most:e} at most, {last:e} at last");
        assert!(last.abs() <= 1e-9 * most, "{modulator} V, {carrier} V: {last:e}");
    }
}

/// A balanced ring rejects each input alone, whatever it is and at any rate, to the last digits of the solution.
#[test]
fn each_input_alone_is_rejected() {
    let mut seed = 5_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    for volts in [1e-3, 0.1, 1.0, 10.0, 100.0] {
        for factor in [1, 2, 4, 8] {
            for (m, c) in [(1.0, 0.0), (0.0, 1.0)] {
                let mut ring = RingModulator::oversampled(factor, oscine_dsp::oversample::Kind::LinearPhase, RATE);
                let most = (0..2205).fold(0.0_f64, |most, _| {
                    let x = volts * random();
                    most.max(ring.tick(m * x, c * x).abs())
                });
                assert!(most <= 1e-8 * volts, "{volts} V at {factor} times the rate, ({m}, {c}): {most:e}");
            }
        }
    }
}
