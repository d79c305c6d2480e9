//! Between the audio rate and 2 to 32 times it, by cascades of half-band filters.
//!
//! What bends a waveform makes overtones without end; computed at a higher rate, fewer of them fold back. Each stage doubles
//! or halves the rate by a polyphase half-band filter, which computes nothing at the higher rate. At 44.1 kHz what
//! lies below 18 kHz passes within 0.05 dB (and its images, and what would fold onto it, are 90 dB lower); other rates in
//! proportion. [`Kind::LinearPhase`] keeps every waveform's shape at the price of some thirty frames' delay, a whole
//! number for the way up and down together; [`Kind::LowLatency`] has a delay of a few frames that varies with frequency.
//!
//! The design is `scripts/design-halfbands.py`'s, which names its sources.

mod linear_phase;
mod low_latency;
mod tables;

use linear_phase::{FirDown, FirUp};
use low_latency::{IirDown, IirUp};

/// Frames of the audio rate that are taken at a time.
const CHUNK: usize = 64;
/// The largest factor.
const MOST: usize = 32;

/// What the filters are good at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Equal delay for all frequencies.
    #[default]
    LinearPhase,
    /// Little delay, more of it at high frequencies.
    LowLatency,
}

/// The delay of the way up and down, in frames of the audio rate: a whole number for [`Kind::LinearPhase`], that at DC for
/// [`Kind::LowLatency`].
pub fn latency_frames(kind: Kind, factor: usize) -> f64 {
    let factor = permitted(factor);
    let each = |stage: usize| match kind {
        Kind::LinearPhase => linear_phase::delay(stage),
        Kind::LowLatency => low_latency::delay(stage),
    };
    let own: f64 = (0..stages(factor)).map(|stage| 2.0 * each(stage) / 2f64.powi(stage as i32 + 1)).sum();
    if kind == Kind::LinearPhase { own.ceil() } else { own }
}

/// The power of two, 1 to 32, that is nearest from below.
fn permitted(factor: usize) -> usize {
    let factor = factor.clamp(1, MOST);
    1 << factor.ilog2()
}

fn stages(factor: usize) -> usize {
    factor.ilog2() as usize
}

#[derive(Debug, Clone)]
enum Up {
    Fir(FirUp),
    Iir(IirUp),
}

#[derive(Debug, Clone)]
enum Down {
    Fir(FirDown),
    Iir(IirDown),
}

/// From the audio rate to a multiple of it.
#[derive(Debug, Clone)]
pub struct Upsampler {
    factor: usize,
    stages: Vec<Up>,
    between: [Vec<f64>; 2],
}

impl Upsampler {
    /// At rest. `factor` is a power of two, 1 to 32; another one counts as the next below.
    pub fn new(kind: Kind, factor: usize) -> Self {
        let factor = permitted(factor);
        let stage = |stage| match kind {
            Kind::LinearPhase => Up::Fir(FirUp::new(stage, CHUNK << stage)),
            Kind::LowLatency => Up::Iir(IirUp::new(stage)),
        };
        let between = || vec![0.0; CHUNK * factor];
        Self { factor, stages: (0..stages(factor)).map(stage).collect(), between: [between(), between()] }
    }

    /// `output` has as many samples for each of `input` as the factor says.
    pub fn process(&mut self, input: &[f64], output: &mut [f64]) {
        let factor = self.factor;
        for (input, output) in input.chunks(CHUNK).zip(output.chunks_mut(CHUNK * factor)) {
            let [from, to] = &mut self.between;
            let mut frames = input.len();
            from[..frames].copy_from_slice(input);
            for stage in &mut self.stages {
                match stage {
                    Up::Fir(filter) => filter.process(&from[..frames], &mut to[..2 * frames]),
                    Up::Iir(filter) => filter.process(&from[..frames], &mut to[..2 * frames]),
                }
                std::mem::swap(from, to);
                frames *= 2;
            }
            output.copy_from_slice(&from[..frames]);
        }
    }

    /// Bytes that it holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        let stage = |stage: &Up| match stage {
            Up::Fir(filter) => filter.bytes(),
            Up::Iir(filter) => size_of_val(filter),
        };
        let between: usize = self.between.iter().map(|samples| size_of_val(&samples[..])).sum();
        self.stages.iter().map(stage).sum::<usize>() + between
    }

    /// Returns to the state before the first sample.
    pub fn reset(&mut self) {
        for stage in &mut self.stages {
            match stage {
                Up::Fir(filter) => filter.reset(),
                Up::Iir(filter) => filter.reset(),
            }
        }
    }
}

/// From a multiple of the audio rate back to it.
#[derive(Debug, Clone)]
pub struct Downsampler {
    factor: usize,
    /// The last stage of the way first: the audio rate's.
    stages: Vec<Down>,
    between: [Vec<f64>; 2],
    /// Samples of the high rate that wait, so that the whole delay is a number of frames.
    waiting: Vec<f64>,
}

impl Downsampler {
    /// At rest. `factor` is a power of two, 1 to 32; another one counts as the next below.
    pub fn new(kind: Kind, factor: usize) -> Self {
        let factor = permitted(factor);
        let stage = |stage| match kind {
            Kind::LinearPhase => Down::Fir(FirDown::new(stage, CHUNK << stage)),
            Kind::LowLatency => Down::Iir(IirDown::new(stage)),
        };
        let stages: Vec<Down> = (0..stages(factor)).map(stage).collect();
        let waiting = match kind {
            Kind::LinearPhase => {
                let own: f64 = (0..stages.len()).map(|k| 2.0 * linear_phase::delay(k) / 2f64.powi(k as i32 + 1)).sum();
                ((own.ceil() - own) * factor as f64).round() as usize
            }
            Kind::LowLatency => 0,
        };
        let between = || vec![0.0; CHUNK * factor + waiting];
        Self { factor, stages, between: [between(), between()], waiting: vec![0.0; waiting] }
    }

    /// `input` has as many samples for each of `output` as the factor says.
    pub fn process(&mut self, input: &[f64], output: &mut [f64]) {
        let factor = self.factor;
        for (input, output) in input.chunks(CHUNK * factor).zip(output.chunks_mut(CHUNK)) {
            let [from, to] = &mut self.between;
            let mut frames = input.len();
            let waiting = self.waiting.len();
            from[..waiting].copy_from_slice(&self.waiting);
            from[waiting..waiting + frames].copy_from_slice(input);
            self.waiting.copy_from_slice(&from[frames..frames + waiting]);
            for stage in self.stages.iter_mut().rev() {
                match stage {
                    Down::Fir(filter) => filter.process(&from[..frames], &mut to[..frames / 2]),
                    Down::Iir(filter) => filter.process(&from[..frames], &mut to[..frames / 2]),
                }
                std::mem::swap(from, to);
                frames /= 2;
            }
            output.copy_from_slice(&from[..frames]);
        }
    }

    /// Bytes that it holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        let stage = |stage: &Down| match stage {
            Down::Fir(filter) => filter.bytes(),
            Down::Iir(filter) => size_of_val(filter),
        };
        let between: usize = self.between.iter().map(|samples| size_of_val(&samples[..])).sum();
        self.stages.iter().map(stage).sum::<usize>() + between + size_of_val(&self.waiting[..])
    }

    /// Returns to the state before the first sample.
    pub fn reset(&mut self) {
        self.waiting.fill(0.0);
        for stage in &mut self.stages {
            match stage {
                Down::Fir(filter) => filter.reset(),
                Down::Iir(filter) => filter.reset(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{low_latency, tables};

    /// The constants are those that scipy designs, when `OSCINE_PYTHON` names an interpreter that has it.
    #[test]
    fn the_constants_are_the_script_s() {
        let Ok(python) = std::env::var("OSCINE_PYTHON") else { return };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/design-halfbands.py");
        let output = std::process::Command::new(python).args([script, "--print"]).output().expect("python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("numbers are text");
        let rows: Vec<Vec<f64>> =
            text.lines().map(|line| line.split_whitespace().map(|n| n.parse().expect("a number")).collect()).collect();
        let ours = tables::LINEAR_PHASE.iter().copied().chain(tables::LOW_LATENCY.iter().flatten().copied());
        let mut count = 0;
        for (ours, row) in ours.zip(&rows) {
            assert_eq!(ours.len(), row.len());
            assert!(ours.iter().zip(row).all(|(a, b)| (a - b).abs() < 1e-9), "{ours:?} and {row:?}");
            count += 1;
        }
        assert_eq!(count, rows.len());
    }

    /// Each number of the package's twin, in the order of the text.
    #[test]
    fn the_constants_of_the_units_are_these() {
        let text = include_str!("../../../../python/oscine/dsp/_half_bands.py");
        let code: String = text.lines().filter(|line| line.starts_with([' ', '(', ')'])).collect();
        let twin: Vec<f64> = code.split(['(', ')', ',', ' ']).filter_map(|word| word.parse().ok()).collect();
        let low_latency = tables::LOW_LATENCY.iter().flatten().copied().flatten();
        let ours: Vec<f64> = tables::LINEAR_PHASE.iter().copied().flatten().chain(low_latency).copied().collect();
        assert_eq!(ours, twin);
    }

    /// Each all-pass pair's response, by its formula, and what its delay at DC is by the phase's slope.
    #[test]
    fn the_delay_is_the_phase_s_slope() {
        for (stage, branches) in tables::LOW_LATENCY.iter().enumerate() {
            let phase = |w: f64| {
                let all_pass = |c: f64| -2.0 * w + 2.0 * (c * (2.0 * w).sin()).atan2(1.0 + c * (2.0 * w).cos());
                let [a, b] = branches.map(|branch| branch.iter().map(|&c| all_pass(c)).sum::<f64>());
                0.5 * (a + b - w)
            };
            let slope = -phase(1e-5) / 1e-5;
            assert!((slope / low_latency::delay(stage) - 1.0).abs() < 1e-6, "{stage}: {slope}");
        }
    }
}
