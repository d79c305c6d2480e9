//! Four or eight ring modulators at once: a lane of a vector is a voice.

use super::ring::Ring;
use super::{CHUNK, volts};
use crate::oversample::{Downsampler, Kind, Upsampler};

/// Four or eight ring modulators, computed together.
///
/// A voice has bit for bit the output of a [`super::RingModulator`] that is given the same.
#[derive(Debug, Clone)]
pub struct RingVoices<const N: usize> {
    factor: usize,
    ring: Ring<N>,
    /// Modulators', then carriers'.
    ups: [Vec<Upsampler>; 2],
    downs: Vec<Downsampler>,
    high: [Vec<[f64; N]>; 3],
    /// One voice at the high rate.
    lane: Vec<f64>,
}

impl<const N: usize> RingVoices<N> {
    /// At rest; arguments as for [`super::RingModulator::oversampled`].
    pub fn new(factor: usize, kind: Kind, sample_rate: f64) -> Self {
        let factor = 1 << factor.clamp(1, 8).ilog2();
        let ups = || vec![Upsampler::new(kind, factor); N];
        let high = || vec![[0.0; N]; CHUNK * factor];
        Self {
            factor,
            ring: Ring::new(sample_rate * factor as f64),
            ups: [ups(), ups()],
            downs: vec![Downsampler::new(kind, factor); N],
            high: [high(), high(), high()],
            lane: vec![0.0; CHUNK * factor],
        }
    }

    /// Returns to the state before the first sample.
    pub fn reset(&mut self) {
        self.ring.reset();
        self.ups.iter_mut().flatten().for_each(Upsampler::reset);
        self.downs.iter_mut().for_each(Downsampler::reset);
    }

    fn chunks(
        &mut self,
        [modulator, carrier]: [&[[f64; N]]; 2],
        output: &mut [[f64; N]],
        core: impl Fn(&mut Ring<N>, &[[f64; N]], &[[f64; N]], &mut [[f64; N]]),
    ) {
        for ((modulator, carrier), output) in
            modulator.chunks(CHUNK).zip(carrier.chunks(CHUNK)).zip(output.chunks_mut(CHUNK))
        {
            let frames = output.len() * self.factor;
            let mut low = [0.0; CHUNK];
            for ((input, ups), high) in [modulator, carrier].into_iter().zip(&mut self.ups).zip(&mut self.high) {
                for (voice, up) in ups.iter_mut().enumerate() {
                    for (to, x) in low.iter_mut().zip(input) {
                        *to = volts(x[voice]);
                    }
                    up.process(&low[..input.len()], &mut self.lane[..frames]);
                    for (to, x) in high.iter_mut().zip(&self.lane[..frames]) {
                        to[voice] = *x;
                    }
                }
            }
            let [m, c, y] = &mut self.high;
            core(&mut self.ring, &m[..frames], &c[..frames], &mut y[..frames]);
            for (voice, down) in self.downs.iter_mut().enumerate() {
                for (to, y) in self.lane.iter_mut().zip(&y[..frames]) {
                    *to = y[voice];
                }
                down.process(&self.lane[..frames], &mut low[..output.len()]);
                for (to, y) in output.iter_mut().zip(low) {
                    to[voice] = y;
                }
            }
        }
    }
}

impl RingVoices<4> {
    /// A block: a sample of each voice, in volts, for each frame.
    pub fn process(&mut self, modulator: &[[f64; 4]], carrier: &[[f64; 4]], output: &mut [[f64; 4]]) {
        self.chunks([modulator, carrier], output, Ring::<4>::process);
    }
}

impl RingVoices<8> {
    /// A block: a sample of each voice, in volts, for each frame.
    pub fn process(&mut self, modulator: &[[f64; 8]], carrier: &[[f64; 8]], output: &mut [[f64; 8]]) {
        self.chunks([modulator, carrier], output, Ring::<8>::process);
    }
}
