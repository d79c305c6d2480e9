//! Butterworth filters whose edges move: no clicks, no blow-up, for all four bands and orders 1 to 12.
//!
//! *Clicks*: a filter that moves slowly gives a sine the gain and phase that it has at the moment, and departs from that in
//! proportion to the speed. A click (an edge's jump, a section that changes its place, a root its branch) has the same size
//! at any speed. So a sweep four times slower must be four times nearer to the filter at rest, and no step of the departure may be
//! larger than the speed explains. *Blow-up*: by sections that cannot gain energy, a jump leaves nothing but a transient of
//! the new filter, which dies away by its slowest pole.

use std::f64::consts::{PI, TAU};

use oscine_dsp::Butterworth;
use oscine_dsp::design::{Band, Complex};

const RATE: f64 = 48_000.0;
const BANDS: [Band; 4] = [Band::Low, Band::High, Band::Pass, Band::Stop];

/// The bilinear filter's response at a frequency, by the low-pass prototype's product.
fn response(band: Band, order: usize, (low_hz, high_hz): (f64, f64), hz: f64) -> Complex {
    let [low, high, at] = [low_hz, high_hz, hz].map(|hz| (PI * hz / RATE).tan());
    let (width, one, s) = (high - low, Complex::real(1.0), Complex::new(0.0, at));
    let band_pass = (s * s + Complex::real(low * high)) / (s * width);
    let prototype = match band {
        Band::Low => s * low.recip(),
        Band::High => Complex::real(low) / s,
        Band::Pass => band_pass,
        Band::Stop => one / band_pass,
    };
    (0..order).fold(one, |product, k| {
        let angle = PI * (2 * k + 1 + order) as f64 / (2 * order) as f64;
        product / (prototype - Complex::new(angle.cos(), angle.sin()))
    })
}

/// Edges on their way, `position` 0 to 1: past the sine, and from a narrow band to a wide one.
fn edges(band: Band, position: f64) -> (f64, f64) {
    // Of no speed at its ends, so that nothing starts with a jerk.
    let eased = 0.5 - 0.5 * (PI * position).cos();
    let low = 300.0 * 16f64.powf(eased);
    match band {
        Band::Low | Band::High => (low, 0.0),
        Band::Pass | Band::Stop => (low, low * 1.3 * 3f64.powf(eased)),
    }
}

/// The largest departure from the filter at rest, and the largest change of it from a sample to the next.
fn departure(band: Band, order: usize, seconds: f64) -> (f64, f64) {
    const HZ: f64 = 1000.0;
    let (still, frames) = (24_000, (seconds * RATE) as usize);
    let (low, high) = edges(band, 0.0);
    let mut filter = Butterworth::new(band, order, low, high, RATE);
    let (mut most, mut step, mut before) = (0.0_f64, 0.0_f64, None);
    for n in 0..still + frames {
        let position = n.saturating_sub(still) as f64 / frames as f64;
        let at = edges(band, position);
        filter.set_edges(at.0, at.1);
        let angle = TAU * (HZ * n as f64 / RATE).fract();
        let y = filter.tick(angle.sin());
        if n >= still {
            let h = response(band, order, at, HZ);
            let off = y - (h.re * angle.sin() + h.im * angle.cos());
            most = most.max(off.abs());
            step = step.max(before.map_or(0.0, |before: f64| (off - before).abs()));
            before = Some(off);
        }
    }
    (most, step)
}

#[test]
fn a_sweep_departs_from_the_filter_at_rest_by_its_speed() {
    for band in BANDS {
        for order in [1, 2, 5, 12] {
            // High orders take longer to follow.
            let seconds = f64::max(1.0, 0.25 * order as f64);
            let (fast, fast_step) = departure(band, order, seconds);
            let (slow, slow_step) = departure(band, order, 4.0 * seconds);
            println!("{band:?} {order}: {fast:.1e} and {slow:.1e}, steps {fast_step:.1e} and {slow_step:.1e}");
            let case = format!("{band:?} {order}: {fast:e} of a sweep of {seconds} s, {slow:e} of four times that");
            assert!(slow < fast / 3.0, "{case}");
            assert!(slow_step < fast_step / 3.0, "{case}: steps {fast_step:e} and {slow_step:e}");
            // A departure that moves like the sine itself has steps of its frequency's angle.
            assert!(slow_step < 3.0 * slow * TAU * 1000.0 / RATE, "{case}: steps {fast_step:e} and {slow_step:e}");
        }
    }
}

/// The decay of the filter's slowest pole in one sample: what a transient shrinks by.
fn slowest(band: Band, order: usize, (low_hz, high_hz): (f64, f64)) -> f64 {
    let low = (PI * low_hz / RATE).tan();
    let high = (PI * high_hz / RATE).tan();
    let (width, centre) = (high - low, (low * high).sqrt());
    let one = Complex::real(1.0);
    (0..order).fold(0.0, |slowest, k| {
        let angle = PI * (2 * k + 1 + order) as f64 / (2 * order) as f64;
        let pole = Complex::new(angle.cos(), angle.sin());
        let analog = match band {
            Band::Low | Band::High => [pole * low; 2],
            Band::Pass | Band::Stop => {
                let half = pole * (0.5 * width);
                let spread = (half.square() - Complex::real(centre * centre)).sqrt();
                [half + spread, half - spread]
            }
        };
        analog.into_iter().fold(slowest, |slowest, p| f64::max(slowest, ((one + p) / (one - p)).abs()))
    })
}

/// After a jump from anywhere to anywhere, a filter becomes the one that always was there, at the pace of its slowest pole.
#[test]
fn a_jump_is_forgotten_at_the_pace_of_the_new_filter() {
    let places = [(60.0, 90.0), (400.0, 500.0), (1000.0, 12_000.0), (9000.0, 9500.0), (15_000.0, 23_000.0)];
    for band in BANDS {
        for order in [1, 2, 5, 12] {
            for from in places {
                for to in places.into_iter().filter(|to| *to != from) {
                    let mut jumped = Butterworth::new(band, order, from.0, from.1, RATE);
                    let mut stayed = Butterworth::new(band, order, to.0, to.1, RATE);
                    let mut seed = 9_u64;
                    let mut random = || {
                        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                        (seed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
                    };
                    for _ in 0..3000 {
                        let x = random();
                        jumped.tick(x);
                        stayed.tick(x);
                    }
                    jumped.set_edges(to.0, to.1);
                    // As long as the slowest pole takes to 1e-9, and half as long again: poles of an order act in a row.
                    let frames = (1e-9_f64.ln() / slowest(band, order, to).ln() * 1.5) as usize + 300;
                    let mut apart = 0.0_f64;
                    let mut most = 0.0_f64;
                    for n in 0..frames + 100 {
                        let x = random();
                        let difference = (jumped.tick(x) - stayed.tick(x)).abs();
                        most = most.max(difference);
                        if n >= frames {
                            apart = apart.max(difference);
                        }
                    }
                    assert!(apart < 1e-7, "{band:?} {order} {from:?} to {to:?}: {apart:e} after {frames} frames");
                    assert!(most < 100.0, "{band:?} {order} {from:?} to {to:?}: a transient of {most}");
                }
            }
        }
    }
}

/// Edges that jump at random, to anywhere in three decades and three octaves of width, with noise of 1 at the input. What
/// sections that were tuned otherwise a moment ago hand on may be as loud as their peaks together, `2^(order - 1)`, which is
/// seen where they jump at every sample or every 16; every 10 ms the sound stays in sight of its input.
#[test]
fn edges_at_random_never_blow_a_filter_up() {
    for band in BANDS {
        for order in 1..=12_i32 {
            let mut peaks = [0.0_f64; 3];
            for (peak, every) in peaks.iter_mut().zip([1_usize, 16, 512]) {
                let mut seed = 11_u64;
                let mut random = || {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (seed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
                };
                let mut filter = Butterworth::new(band, order as usize, 1000.0, 2000.0, RATE);
                for n in 0..20_000 {
                    if n % every == 0 {
                        let low = 20.0 * 1000_f64.powf(0.5 + 0.5 * random());
                        filter.set_edges(low, low * 1.05 * 8_f64.powf(0.5 + 0.5 * random()));
                    }
                    *peak = peak.max(filter.tick(random()).abs());
                }
            }
            println!("{band:?} {order}: {peaks:.1?}");
            let most = match band {
                Band::Low | Band::High => [12.0; 3],
                Band::Pass | Band::Stop => [100.0 * 2f64.powi(order), 100.0 * f64::from(order), 100.0],
            };
            assert!(peaks.iter().zip(most).all(|(peak, most)| *peak < most), "{band:?} {order}: {peaks:?}");
        }
    }
}
