//! Butterworth filters of orders 1 to 12 whose edges may move while sound runs.
//!
//! The analog poles of [`crate::design`]'s filters, each conjugate pair realised by one state-variable filter with
//! trapezoidal integrators (A. Simper, "Linear Trapezoidal Integrated SVF", 2013; V. Zavalishin, "The Art of VA Filter
//! Design", chapter 4), with `g` the pair's distance from the origin and `k` its damping:
//!
//! ```text
//! high = (x - (k + g) s1 - s2) / (1 + g k + g g);   band = g high + s1;   low = g band + s2
//! s1 <- 2 band - s1;   s2 <- 2 low - s2
//! ```
//!
//! Without input `s1^2 + s2^2` changes by `-4 g k band^2`: it cannot grow, whatever `g` and `k` do from one sample to the
//! next. Each section carries its own gain and its place in the chain, both continuous in the edges, so that a moving
//! edge leaves no step in the sound. Two sections of a band filter's pair share a gain, and a band-pass's memories are kept in
//! the output's measure, so that what rang in a narrow band does not roar in the wide one that it becomes. Edges are
//! prewarped by `tan(pi f / sample_rate)`; a pole `p` of the low-pass prototype becomes the roots of
//! `s^2 - p width s + centre^2` for band-pass and band-stop.

use std::f64::consts::PI;

use crate::design::{Band, Complex};
use crate::native::{Unit, choice_param, cutoff_param, float_param, int_param};
use crate::silence::settle;
use crate::{Param, Scale};

/// The highest order, and so the most sections.
const MAX_ORDER: usize = 12;

#[derive(Debug, Clone, Copy, Default)]
struct Section {
    g: f64,
    /// `k + g`
    back: f64,
    /// `1 / (1 + g k + g g)`, of a one-pole section `1 / (1 + g)`: a division a sample would be half of the time.
    scale: f64,
    /// A one-pole section, of an odd low- or high-pass.
    first_order: bool,
    low: f64,
    band: f64,
    high: f64,
    s1: f64,
    s2: f64,
}

impl Section {
    fn tick(&mut self, x: f64) -> f64 {
        if self.first_order {
            let low = (self.g * x + self.s1) * self.scale;
            self.s1 = 2.0 * low - self.s1;
            return self.low * low + self.high * (x - low);
        }
        let high = (x - self.back * self.s1 - self.s2) * self.scale;
        let band = self.g * high + self.s1;
        let low = self.g * band + self.s2;
        self.s1 = 2.0 * band - self.s1;
        self.s2 = 2.0 * low - self.s2;
        self.low * low + self.band * band + self.high * high
    }
}

/// A Butterworth filter.
#[derive(Debug, Clone)]
pub struct Butterworth {
    band: Band,
    order: usize,
    sample_rate: f64,
    low_hz: f64,
    /// The upper edge as it was asked for, which may lie below the lower one.
    upper_hz: f64,
    sections: [Section; MAX_ORDER],
    count: usize,
}

impl Butterworth {
    /// At rest. `order` is kept between 1 and 12 and counts as `scipy.signal.butter`'s: band filters have twice as many
    /// poles. Low- and high-pass take `low_hz` for their cutoff; the other two pass or stop from `low_hz` to `high_hz`.
    pub fn new(band: Band, order: usize, low_hz: f64, high_hz: f64, sample_rate: f64) -> Self {
        let order = order.clamp(1, MAX_ORDER);
        let count = match band {
            Band::Low | Band::High => order.div_ceil(2),
            Band::Pass | Band::Stop => order,
        };
        let sections = [Section::default(); MAX_ORDER];
        let mut filter = Self { band, order, sample_rate, low_hz, upper_hz: high_hz, sections, count };
        filter.set_edges(low_hz, high_hz);
        filter
    }

    /// Moves the edges, in Hz, kept between 1 millionth and 0.49 of the sample rate, the upper above the lower.
    pub fn set_edges(&mut self, low_hz: f64, high_hz: f64) {
        let rate = self.sample_rate;
        self.low_hz = low_hz.clamp(1e-6 * rate, 0.49 * rate);
        self.upper_hz = high_hz;
        let high_hz = high_hz.clamp(self.low_hz * (1.0 + 1e-6), 0.495 * rate);
        let (low, high) = ((PI * self.low_hz / rate).tan(), (PI * high_hz / rate).tan());
        let (width, centre) = (high - low, (low * high).sqrt());
        let mut index = 0;
        // The prototype's poles of the upper half plane, and the real one.
        for j in 0..self.order.div_ceil(2) {
            let angle = PI * (2 * j + 1) as f64 / (2 * self.order) as f64;
            let is_real = 2 * j + 1 == self.order;
            let pole = Complex::new(-angle.sin(), if is_real { 0.0 } else { angle.cos() });
            match self.band {
                Band::Low | Band::High => {
                    let (l, h) = if self.band == Band::Low { (1.0, 0.0) } else { (0.0, 1.0) };
                    self.place(index, low, -2.0 * pole.re, [l, 0.0, h], is_real);
                    index += 1;
                }
                Band::Pass | Band::Stop if is_real => {
                    self.place_band(index, centre, width / centre, width, centre);
                    index += 1;
                }
                Band::Pass | Band::Stop => {
                    let half = pole * (0.5 * width);
                    // The imaginary part keeps its sign for all edges, so that the root never changes its branch.
                    let spread = (half.square() - Complex::real(centre * centre)).sqrt();
                    for root in [half + spread, half - spread] {
                        let g = root.abs();
                        self.place_band(index, g, -2.0 * root.re / g, width, centre);
                        index += 1;
                    }
                }
            }
        }
    }

    /// One of two sections whose distances from the origin are `centre` in the mean, or a real pole's.
    fn place_band(&mut self, index: usize, g: f64, k: f64, width: f64, centre: f64) {
        let ratio = centre / g;
        if self.band == Band::Stop {
            self.place(index, g, k, [ratio, 0.0, ratio.recip()], false);
            return;
        }
        // Memories keep what they sound like: that of a narrow band would roar in a wide one.
        let gain = width / centre;
        let section = &mut self.sections[index];
        let scale = section.band / gain;
        (section.s1, section.s2) = (section.s1 * scale, section.s2 * scale);
        self.place(index, g, k, [0.0, gain, 0.0], false);
    }

    fn place(&mut self, index: usize, g: f64, k: f64, [low, band, high]: [f64; 3], first_order: bool) {
        let Section { s1, s2, .. } = self.sections[index];
        let back = k + g;
        let scale = 1.0 / (1.0 + g * if first_order { 1.0 } else { back });
        self.sections[index] = Section { g, back, scale, first_order, low, band, high, s1, s2 };
    }

    /// One sample.
    pub fn tick(&mut self, x: f64) -> f64 {
        self.sections[..self.count].iter_mut().fold(x, |x, section| section.tick(x))
    }
}

impl Unit for Butterworth {
    const INPUTS: &'static [&'static str] = &["x"];

    fn params(&self) -> Vec<Param> {
        match self.band {
            Band::Low | Band::High => vec![cutoff_param(self.low_hz, self.sample_rate)],
            Band::Pass | Band::Stop => {
                let range = (10.0, 0.49 * self.sample_rate);
                let edge = |name, value| float_param(name, value, range, "Hz", Scale::Log);
                vec![edge("low", self.low_hz), edge("high", self.upper_hz)]
            }
        }
    }

    fn set(&mut self, index: usize, value: f64) {
        if index == 0 {
            self.set_edges(value, self.upper_hz);
        } else {
            self.set_edges(self.low_hz, value);
        }
    }

    fn reset(&mut self) {
        for section in &mut self.sections {
            (section.s1, section.s2) = (0.0, 0.0);
        }
    }

    fn tick(&mut self, inputs: &[f64]) -> f64 {
        self.tick(inputs[0])
    }

    fn process(&mut self, inputs: &[&[f64]], output: &mut [f64]) {
        for (x, y) in inputs[0].iter().zip(output) {
            *y = self.tick(*x);
        }
        settle(self.sections.iter_mut().flat_map(|section| [&mut section.s1, &mut section.s2]));
    }
}

/// A Butterworth filter whose band and order are parameters, too.
#[derive(Debug, Clone)]
pub struct ButterworthUnit {
    filter: Butterworth,
}

const BANDS: [Band; 4] = [Band::Low, Band::High, Band::Pass, Band::Stop];

impl ButterworthUnit {
    /// A low-pass of order 4 at 1 kHz.
    pub fn new(sample_rate: f64) -> Self {
        Self { filter: Butterworth::new(Band::Low, 4, 1000.0, 2000.0, sample_rate) }
    }

    /// Another filter, from rest.
    fn reshape(&mut self, band: Band, order: usize) {
        let Butterworth { band: old_band, order: old_order, sample_rate, low_hz, upper_hz, .. } = self.filter;
        if (band, order) != (old_band, old_order) {
            self.filter = Butterworth::new(band, order, low_hz, upper_hz, sample_rate);
        }
    }
}

impl Unit for ButterworthUnit {
    const INPUTS: &'static [&'static str] = &["x"];

    fn params(&self) -> Vec<Param> {
        let Butterworth { band, order, sample_rate, low_hz, upper_hz, .. } = self.filter;
        let band = BANDS.iter().position(|b| *b == band).unwrap_or(0);
        vec![
            cutoff_param(low_hz, sample_rate),
            float_param("upper", upper_hz, (10.0, 0.495 * sample_rate), "Hz", Scale::Log),
            choice_param("band", band, &["low", "high", "pass", "stop"]),
            int_param("order", order as f64, (1.0, MAX_ORDER as f64)),
        ]
    }

    fn set(&mut self, index: usize, value: f64) {
        match index {
            0 => self.filter.set_edges(value, self.filter.upper_hz),
            1 => self.filter.set_edges(self.filter.low_hz, value),
            2 => self.reshape(BANDS[(value as usize).min(BANDS.len() - 1)], self.filter.order),
            _ => self.reshape(self.filter.band, value as usize),
        }
    }

    fn reset(&mut self) {
        self.filter.reset();
    }

    fn tick(&mut self, inputs: &[f64]) -> f64 {
        self.filter.tick(inputs[0])
    }

    fn process(&mut self, inputs: &[&[f64]], output: &mut [f64]) {
        self.filter.process(inputs, output);
    }
}
