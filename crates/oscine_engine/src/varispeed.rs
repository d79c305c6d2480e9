//! Reads a stream of samples at a speed that may change a little all the time: a windowed sinc between the samples.
//!
//! The output at a position between two input frames is the sum of the frames around it, weighted by a sinc under a
//! Kaiser window, which is tabulated at many phases between two frames and interpolated linearly between these
//! (J. O. Smith, "Digital Audio Resampling", CCRMA). At equal rates the sinc ends at half the rate, so that at speed 1
//! every frame comes out as it went in, bit for bit; where rates differ it ends below half the lower one.
//!
//! With the phases and the length chosen here a sine below 0.44 of the rate keeps more than 100 dB from everything else.

use std::f64::consts::PI;

/// Frames that make one of the output, at equal rates.
const TAPS: usize = 64;
/// Phases between two frames, at equal rates.
const PHASES: usize = 512;
/// Attenuation of what a sinc without end would remove.
const ATTENUATION_DB: f64 = 110.0;
/// The pass band's end as a share of half the lower rate, where rates differ.
const PASS_SHARE: f64 = 0.92;
/// Rates that differ by less than this are meant to be equal.
const EQUAL: f64 = 0.01;
/// Lanes of the sums.
const LANES: usize = 8;

/// How fast a block is read: from one speed to another, in input frames for each output frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glide {
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Glide {
    /// Where output frame `n` of `frames` lies, if the block begins at `start`. The speed moves linearly.
    pub(crate) fn position(&self, start: f64, n: usize, frames: usize) -> f64 {
        let n = n as f64;
        start + n * self.from + (self.to - self.from) * n * (n + 1.0) / (2.0 * frames as f64)
    }
}

/// Weighs frames; holds those that lie around the present position, of each channel.
pub(crate) struct Varispeed {
    taps: usize,
    phases: usize,
    /// A row of weights for each phase, and one more.
    table: Vec<f64>,
    weights: Vec<f64>,
    /// `taps` frames that surround the position, and room for those of a block.
    frames: Vec<Vec<f64>>,
}

impl Varispeed {
    /// For `channels` at about `speed` input frames for each output frame, and blocks that take at most `most_frames`
    /// input frames.
    pub(crate) fn new(channels: usize, speed: f64, most_frames: usize) -> Self {
        let stretch = speed.max(1.0);
        let is_equal = (speed - 1.0).abs() < EQUAL;
        let taps = if is_equal { TAPS } else { (TAPS as f64 * stretch / LANES as f64).ceil() as usize * LANES };
        let phases = if is_equal { PHASES } else { (PHASES as f64 / stretch).ceil() as usize };
        let cutoff = if is_equal { 1.0 } else { PASS_SHARE / stretch };
        let mut table: Vec<f64> =
            (0..=phases).flat_map(|phase| row(taps, phase as f64 / phases as f64, cutoff)).collect();
        if is_equal {
            // What is zero on paper is zero here.
            for (phase, one) in [(0, taps / 2 - 1), (phases, taps / 2)] {
                let row = &mut table[phase * taps..(phase + 1) * taps];
                row.fill(0.0);
                row[one] = 1.0;
            }
        }
        let frames = vec![vec![0.0; taps + most_frames]; channels];
        Self { taps, phases, table, weights: vec![0.0; taps], frames }
    }

    /// Frames that are held around a position.
    pub(crate) fn taps(&self) -> usize {
        self.taps
    }

    /// Room for `count` frames of `channel`, to be filled after `kept` that are there.
    pub(crate) fn room(&mut self, channel: usize, kept: usize, count: usize) -> &mut [f64] {
        &mut self.frames[channel][kept..kept + count]
    }

    /// Computes the first `frames` frames of each output of a block of `block_frames` that begins `start` of a frame
    /// behind the position.
    pub(crate) fn read(
        &mut self,
        start: f64,
        glide: Glide,
        block_frames: usize,
        outputs: &mut [Vec<f64>],
        frames: usize,
    ) {
        for n in 0..frames {
            let position = glide.position(start, n, block_frames);
            let whole = position as usize;
            self.weigh(position - whole as f64);
            for (output, input) in outputs.iter_mut().zip(&self.frames) {
                output[n] = dot(&self.weights, &input[whole..whole + self.taps]);
            }
        }
    }

    /// Forgets `count` frames of a block that was read: the position has moved behind them.
    pub(crate) fn advance(&mut self, count: usize) {
        let taps = self.taps;
        self.frames.iter_mut().for_each(|channel| channel.copy_within(count..count + taps, 0));
    }

    fn weigh(&mut self, between: f64) {
        let phase = between * self.phases as f64;
        let index = (phase as usize).min(self.phases - 1);
        let share = phase - index as f64;
        let (low, high) = self.table[index * self.taps..(index + 2) * self.taps].split_at(self.taps);
        for ((weight, low), high) in self.weights.iter_mut().zip(low).zip(high) {
            *weight = low + share * (high - low);
        }
    }
}

/// The weights of the frames around a position `between` two of them.
fn row(taps: usize, between: f64, cutoff: f64) -> Vec<f64> {
    let beta = 0.1102 * (ATTENUATION_DB - 8.7);
    let half = taps as f64 / 2.0;
    let weight = |tap: usize| {
        let x = tap as f64 - (half - 1.0) - between;
        let sinc = if x == 0.0 { cutoff } else { (PI * cutoff * x).sin() / (PI * x) };
        let place = (1.0 - (x / half).powi(2)).max(0.0);
        sinc * bessel(beta * place.sqrt())
    };
    let weights: Vec<f64> = (0..taps).map(weight).collect();
    // They sum to 1 at each phase alike, so that a constant stays one.
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// The modified Bessel function of the first kind, order 0.
fn bessel(x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > 1e-15 * sum {
        term *= (x / (2.0 * k)).powi(2);
        sum += term;
        k += 1.0;
    }
    sum
}

fn dot(weights: &[f64], samples: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (w, x) in weights.chunks_exact(LANES).zip(samples.chunks_exact(LANES)) {
        for ((sum, w), x) in sums.iter_mut().zip(w).zip(x) {
            *sum += w * x;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::{Glide, Varispeed};
    use crate::testing::purity_db;

    /// Reads a sine at a constant speed, in blocks of 64.
    fn read_sine(frequency: f64, speed: f64, blocks: usize) -> Vec<f64> {
        const BLOCK: usize = 64;
        let mut varispeed = Varispeed::new(1, speed, (BLOCK as f64 * speed) as usize + 2);
        let taps = varispeed.taps();
        let mut given = 0;
        let mut give = |room: &mut [f64]| {
            for sample in room {
                *sample = (TAU * frequency * f64::from(given)).sin();
                given += 1;
            }
        };
        give(varispeed.room(0, 0, taps));
        let (mut start, glide) = (0.0, Glide { from: speed, to: speed });
        let mut outputs = vec![vec![0.0; BLOCK]];
        let mut heard = vec![];
        for _ in 0..blocks {
            let end = glide.position(start, BLOCK, BLOCK);
            give(varispeed.room(0, taps, end as usize));
            varispeed.read(start, glide, BLOCK, &mut outputs, BLOCK);
            varispeed.advance(end as usize);
            start = end.fract();
            heard.extend_from_slice(&outputs[0]);
        }
        heard
    }

    #[test]
    fn a_sine_stays_a_sine_by_more_than_100_db() {
        for (frequency_hz, speed) in [
            (100.0, 1.0002),
            (1000.0, 0.9998),
            (997.0, 1.003),
            (8000.0, 1.0001),
            (16_000.0, 0.9999),
            (20_000.0, 1.0003),
        ] {
            let frequency = frequency_hz / 48_000.0;
            let heard = read_sine(frequency, speed, 128);
            let purity = purity_db(&heard, frequency * speed);
            assert!(purity > 100.0, "{frequency_hz} Hz at {speed}: {purity:.1} dB");
        }
    }

    #[test]
    fn other_rates_are_met_too() {
        for (from, to) in [(44_100.0, 48_000.0), (48_000.0, 44_100.0), (8000.0, 192_000.0), (192_000.0, 8000.0)] {
            let frequency = 0.8 * f64::min(from, to) / 2.0 / from;
            let speed = from / to;
            let purity = purity_db(&read_sine(frequency, speed, 128), frequency * speed);
            assert!(purity > 90.0, "{from} to {to}: {purity:.1} dB");
        }
        let heard = read_sine(15_000.0 / 48_000.0, 48_000.0 / 16_000.0, 64);
        let most = heard[64..].iter().fold(0.0f64, |most, x| most.max(x.abs()));
        assert!(most < 1e-5, "what the lower rate cannot hold is removed: {most}");
    }

    #[test]
    fn at_speed_one_every_frame_comes_out_as_it_went_in() {
        let heard = read_sine(0.123, 1.0, 16);
        let delay = 31;
        let expected = (0..heard.len()).map(|n| (TAU * 0.123 * (n + delay) as f64).sin());
        assert!(heard.iter().zip(expected).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn a_glide_ends_where_the_next_begins() {
        let glide = Glide { from: 1.0, to: 1.5 };
        let steps: Vec<f64> = (0..4).map(|n| glide.position(0.0, n + 1, 4) - glide.position(0.0, n, 4)).collect();
        assert_eq!(steps, [1.125, 1.25, 1.375, 1.5]);
    }
}
