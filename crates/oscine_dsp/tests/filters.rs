//! Native filters and the oscillator against their formulas: responses by the bilinear transform's tangents, half power
//! at the edges, survival of edges that jump at every sample, and blocks that are nothing but ticks.

#[path = "support/blocks.rs"]
mod blocks;

use std::f64::consts::{PI, TAU};

use blocks::assert_whatever_the_blocks;
use oscine_dsp::design::Band;
use oscine_dsp::{Butterworth, Native, OnePole, Processor, Side, Sine};

const RATE: f64 = 48_000.0;

/// The gain at a frequency, by the impulse response.
fn gain(response: &[f64], frequency_hz: f64) -> f64 {
    let (re, im) = response.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, h)| {
        let angle = TAU * frequency_hz * n as f64 / RATE;
        (re + h * angle.cos(), im - h * angle.sin())
    });
    f64::hypot(re, im)
}

fn impulse(mut tick: impl FnMut(f64) -> f64) -> Vec<f64> {
    (0..16_384).map(|n| tick(f64::from(u8::from(n == 0)))).collect()
}

fn warp(frequency_hz: f64) -> f64 {
    (PI * frequency_hz / RATE).tan()
}

/// Noise in [-1, 1): a 64-bit linear congruential generator (Knuth's constants).
fn noise() -> impl FnMut() -> f64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

#[test]
fn the_one_pole_has_its_response() {
    for (side, low) in [(Side::Low, true), (Side::High, false)] {
        let mut filter = OnePole::new(side, 1000.0, RATE);
        let response = impulse(|x| filter.tick(x));
        for frequency_hz in [50.0, 1000.0, 5000.0, 20_000.0] {
            let ratio = warp(frequency_hz) / warp(1000.0);
            let deviation = if low { ratio } else { ratio.recip() };
            let expected = (1.0 + deviation * deviation).sqrt().recip();
            assert!((gain(&response, frequency_hz) - expected).abs() < 1e-12, "{side:?} at {frequency_hz}");
        }
    }
}

#[test]
fn the_butterworth_filters_have_their_responses_at_every_order() {
    let (low_hz, high_hz) = (2000.0, 5000.0);
    let (low, high) = (warp(low_hz), warp(high_hz));
    for band in [Band::Low, Band::High, Band::Pass, Band::Stop] {
        for order in 1..=12 {
            let mut filter = Butterworth::new(band, order, low_hz, high_hz, RATE);
            let response = impulse(|x| filter.tick(x));
            for frequency_hz in [20.0, 1000.0, 2000.0, 3100.0, 5000.0, 9000.0, 20_000.0] {
                let w = warp(frequency_hz);
                let pass = (w * w - low * high) / (w * (high - low));
                let deviation = match band {
                    Band::Low => w / low,
                    Band::High => low / w,
                    Band::Pass => pass,
                    Band::Stop => pass.recip(),
                };
                let expected = (1.0 + deviation.powi(2 * order as i32)).sqrt().recip();
                let measured = gain(&response, frequency_hz);
                assert!(
                    (measured - expected).abs() < 1e-9,
                    "{band:?} {order} at {frequency_hz} Hz: {measured}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn edges_that_jump_at_every_sample_do_not_blow_a_filter_up() {
    for band in [Band::Low, Band::High, Band::Pass, Band::Stop] {
        let mut random = noise();
        let mut filter = Butterworth::new(band, 12, 1000.0, 2000.0, RATE);
        let mut worst = 0.0_f64;
        for _ in 0..20_000 {
            let low = 20.0 * 400_f64.powf(0.5 + 0.5 * random());
            filter.set_edges(low, low * 2.0);
            worst = worst.max(filter.tick(random()).abs());
        }
        assert!(worst < 1e4, "{band:?}: {worst}");
        filter.set_edges(1000.0, 2000.0);
        let tail = (0..48_000).map(|_| filter.tick(0.0)).last().expect("a sample");
        assert!(tail.abs() < 1e-9, "{band:?} rings on: {tail}");
    }
}

/// A sweep of the cutoff through a low-pass's whole range, of a constant: any click is a departure from it.
#[test]
fn a_swept_low_pass_of_a_constant_has_no_clicks() {
    let mut filter = Native::new(Butterworth::new(Band::Low, 12, 100.0, 0.0, RATE), RATE);
    let ones = vec![1.0; 4800];
    let mut out = vec![0.0; 4800];
    for _ in 0..20 {
        filter.process(&[&ones], &mut [&mut out]).expect("no faults");
    }
    filter.set_param(0, 15_000.0);
    filter.process(&[&ones], &mut [&mut out]).expect("no faults");
    assert!(out.iter().all(|y| (y - 1.0).abs() < 1e-6));
}

#[test]
fn the_sine_is_a_sine_and_its_phase_stays_in_its_turn() {
    let mut sine = Sine::new(440.0, RATE);
    for n in 0..100_000_u32 {
        assert!((0.0..1.0).contains(&sine.phase()));
        let expected = (TAU * (f64::from(n) * 440.0 / RATE).fract()).sin();
        assert!((sine.tick() - expected).abs() < 1e-9, "sample {n}");
    }
    for frequency_hz in [-440.0, -1e-30, 100_000.0] {
        sine.set_frequency(frequency_hz);
        for _ in 0..1000 {
            sine.tick();
            assert!((0.0..1.0).contains(&sine.phase()), "{frequency_hz}");
        }
    }
}

#[test]
fn blocks_are_ticks_and_reset_starts_again() {
    let mut random = noise();
    let input: Vec<f64> = (0..1024).map(|_| random()).collect();
    let unit = Butterworth::new(Band::Pass, 3, 500.0, 900.0, RATE);
    let mut plain = unit.clone();
    let expected: Vec<f64> = input.iter().map(|&x| plain.tick(x)).collect();
    let mut native = Native::new(unit, RATE);
    assert_whatever_the_blocks(&mut native, &[&input], &expected);
}
