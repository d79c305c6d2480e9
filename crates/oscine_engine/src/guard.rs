//! What stands between a processor and the ears: a look at every block, for samples that are no numbers, for a level
//! beyond a limit and for an offset that loudspeakers should not hold; and what to do when something is wrong.
//!
//! One pass over a block gives its peak and its sum, in lanes that a compiler turns into vector instructions. A sum
//! that is not finite tells of NaN and infinity, so that samples are looked at singly only where something is wrong.

use oscine_dsp::units::{db_to_gain, gain_to_db};

use crate::runner::MAX_PORTS;

/// What happens to a processor that failed, after its last samples have faded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFault {
    /// It is silent until it is reset or replaced.
    #[default]
    Mute,
    /// What its inputs hear passes through to its outputs until it is reset or replaced.
    Bypass,
    /// It starts again from its first state, at most four times a second, and less often if it fails again and again.
    Reset,
}

/// How live sound is guarded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Safety {
    /// The highest level that is let through, in dB of full scale; `None` for any.
    pub limit_db: Option<f64>,
    /// What happens to a processor that failed.
    pub on_fault: OnFault,
    /// How many times its own length a block may take before it is stopped. `None` is 4 times, and at least 50 ms.
    pub budget_periods: Option<f64>,
}

impl Safety {
    /// The level that is let through if nothing else is asked for, in dB of full scale.
    pub const DEFAULT_LIMIT_DB: f64 = 12.0;
}

impl Default for Safety {
    fn default() -> Self {
        Self { limit_db: Some(Self::DEFAULT_LIMIT_DB), on_fault: OnFault::default(), budget_periods: None }
    }
}

/// Something about the sound that a person should know, though it plays on. Small and plain, as
/// [`Trouble`](crate::Trouble) is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Notice {
    /// An output has a mean that a loudspeaker would hold its membrane away from its rest with.
    Offset {
        /// Index of the output.
        output: usize,
        /// The mean over the second before.
        mean: f64,
        /// The frame at which it was known, counted from the start.
        frame: u64,
    },
    /// An output is louder than what live sound lets through by default. Offline only: live it is a trouble.
    Loud {
        /// Index of the output.
        output: usize,
        /// The sample.
        value: f64,
        /// Its frame, counted from the start.
        frame: u64,
    },
}

impl Notice {
    /// In words: `output 1 has a constant offset of +0.500 (-6.0 dBFS) ...`.
    pub fn describe(&self, sample_rate: f64) -> String {
        let seconds = |frame: u64| frame as f64 / sample_rate;
        match *self {
            Self::Offset { output, mean, frame } => format!(
                "output {} has a constant offset of {mean:+.3} ({:.1} dBFS) in the second before {:.3} s: no ear hears it, \
                 and a loudspeaker suffers",
                output + 1,
                gain_to_db(mean),
                seconds(frame)
            ),
            Self::Loud { output, value, frame } => format!(
                "output {} reaches {:+.1} dBFS at {:.3} s (frame {frame}): `run` would go silent there, unless its \
                 `--limit` is raised",
                output + 1,
                gain_to_db(value),
                seconds(frame)
            ),
        }
    }
}

/// Lanes of the pass over a block: two vectors of the widest registers that are common.
const LANES: usize = 8;

/// The largest absolute sample, NaN left aside, and the sum of all.
pub(crate) fn peak_and_sum(samples: &[f64]) -> (f64, f64) {
    let (mut peaks, mut sums) = ([0.0f64; LANES], [0.0f64; LANES]);
    let chunks = samples.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for ((peak, sum), sample) in peaks.iter_mut().zip(&mut sums).zip(chunk) {
            let level = sample.abs();
            *peak = if level > *peak { level } else { *peak };
            *sum += sample;
        }
    }
    let rest_peak = rest.iter().fold(0.0f64, |peak, sample| peak.max(sample.abs()));
    (peaks.into_iter().fold(rest_peak, f64::max), sums.iter().sum::<f64>() + rest.iter().sum::<f64>())
}

/// A mean beyond this is an offset: -20 dB of full scale.
const OFFSET: f64 = 0.1;
/// The time over which the mean is taken.
const OFFSET_SECONDS: f64 = 1.0;

/// Looks at blocks; one for each runner.
pub(crate) struct Guard {
    limit: f64,
    pub(crate) on_fault: OnFault,
    window_frames: usize,
    /// Frames and sums of the present window.
    frames: usize,
    sums: [f64; MAX_PORTS],
    /// Outputs whose offset was told.
    is_told: [bool; MAX_PORTS],
}

/// What is wrong with a block: a sample, where it is, and whether it is a number at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Finding {
    pub(crate) frame: usize,
    pub(crate) output: usize,
    pub(crate) value: f64,
}

impl Guard {
    /// For sound at `sample_rate` Hz that may be loud.
    pub(crate) fn lenient(sample_rate: f64) -> Self {
        Self::new(&Safety { limit_db: None, ..Safety::default() }, sample_rate)
    }

    pub(crate) fn new(safety: &Safety, sample_rate: f64) -> Self {
        Self {
            limit: safety.limit_db.map_or(f64::MAX, db_to_gain),
            on_fault: safety.on_fault,
            window_frames: ((OFFSET_SECONDS * sample_rate) as usize).max(1),
            frames: 0,
            sums: [0.0; MAX_PORTS],
            is_told: [false; MAX_PORTS],
        }
    }

    /// Whether a sample may be heard.
    pub(crate) fn is_good(&self, sample: f64) -> bool {
        sample.abs() <= self.limit
    }

    pub(crate) fn limit(&self) -> f64 {
        self.limit
    }

    /// Looks at `frames` frames of all outputs. Gives their peak, and the first sample that must not be heard.
    pub(crate) fn look(&mut self, outputs: &[Vec<f64>], frames: usize) -> (f64, Option<Finding>) {
        let mut highest = 0.0f64;
        let mut is_good = true;
        for (output, sum) in outputs.iter().zip(&mut self.sums) {
            let (peak, block_sum) = peak_and_sum(&output[..frames]);
            highest = highest.max(peak);
            // A sum of finite numbers that is not finite had a peak far beyond any limit.
            is_good &= peak <= self.limit && block_sum.is_finite();
            *sum += block_sum;
        }
        if is_good {
            self.frames += frames;
            return (highest, None);
        }
        let finding = self.first_bad(outputs, frames);
        let good_frames = finding.map_or(frames, |finding| finding.frame);
        let peak = outputs.iter().map(|output| peak_and_sum(&output[..good_frames]).0).fold(0.0, f64::max);
        self.restart();
        (peak, finding)
    }

    fn first_bad(&self, outputs: &[Vec<f64>], frames: usize) -> Option<Finding> {
        let first_in = |(index, output): (usize, &Vec<f64>)| {
            let frame = output[..frames].iter().position(|sample| !self.is_good(*sample))?;
            Some(Finding { frame, output: index, value: output[frame] })
        };
        outputs.iter().enumerate().filter_map(first_in).min_by_key(|finding| finding.frame)
    }

    /// At the end of a window: an output with an offset that was not told yet, and that mean. Where several have one,
    /// the others are told a window later each.
    pub(crate) fn offset(&mut self, outputs: usize) -> Option<(usize, f64)> {
        if self.frames < self.window_frames {
            return None;
        }
        let frames = self.frames as f64;
        let means = self.sums[..outputs].iter().map(|sum| sum / frames);
        let found = means.enumerate().find(|(index, mean)| mean.abs() > OFFSET && !self.is_told[*index]);
        if let Some((index, _)) = found {
            self.is_told[index] = true;
        }
        self.restart();
        found
    }

    /// Forgets the present window: what was heard in it is another sound's.
    pub(crate) fn restart(&mut self) {
        self.frames = 0;
        self.sums = [0.0; MAX_PORTS];
    }

    /// Another processor may have an offset of its own.
    pub(crate) fn forget(&mut self) {
        self.restart();
        self.is_told = [false; MAX_PORTS];
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Guard, Notice, OnFault, Safety, peak_and_sum};

    fn guard(limit_db: f64) -> Guard {
        Guard::new(&Safety { limit_db: Some(limit_db), on_fault: OnFault::Mute, budget_periods: None }, 100.0)
    }

    #[test]
    fn peak_and_sum_of_every_length() {
        for frames in 0..40 {
            let samples: Vec<f64> = (0..frames).map(|n| f64::from(n) - 12.0).collect();
            let peak = samples.iter().fold(0.0f64, |peak, sample| peak.max(sample.abs()));
            assert_eq!(peak_and_sum(&samples), (peak, samples.iter().sum::<f64>()), "{frames}");
        }
    }

    #[test]
    fn the_first_bad_sample_of_all_outputs_is_found_wherever_it_is() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 4.1, -4.1] {
            for frame in 0..20 {
                let mut outputs = vec![vec![1.0; 24], vec![-3.9; 24]];
                outputs[1][frame] = bad;
                outputs[0][frame + 1] = f64::NAN;
                outputs[0][23] = 1e9;
                let (_, finding) = guard(12.0).look(&outputs, 24);
                let Finding { frame: at, output, value } = finding.expect("a finding");
                assert_eq!((at, output, value.to_bits()), (frame, 1, bad.to_bits()));
                assert_eq!(guard(12.0).look(&outputs, frame).1, None, "what comes later is not looked at");
            }
        }
    }

    #[test]
    fn the_limit_itself_is_let_through_and_its_peak_told() {
        let outputs = [vec![0.5, -1.0, 0.0]];
        assert_eq!(guard(0.0).look(&outputs, 3), (1.0, None));
        assert_eq!(guard(-0.1).look(&outputs, 3), (0.5, Some(Finding { frame: 1, output: 0, value: -1.0 })));
        assert_eq!(Guard::lenient(100.0).look(&[vec![1e300]], 1), (1e300, None));
        let overflowing = [vec![f64::MAX; 4]];
        assert_eq!(Guard::lenient(100.0).look(&overflowing, 4), (f64::MAX, None), "numbers, if large ones");
    }

    #[test]
    fn an_offset_is_told_once_an_output_and_a_wave_is_none() {
        let mut guard = guard(12.0);
        let wave: Vec<f64> = (0..10).map(|n| if n % 2 == 0 { 0.9 } else { -0.9 }).collect();
        let outputs = [wave, vec![-0.2; 10], vec![0.3; 10]];
        let mut told = vec![];
        for block in 1..=60 {
            assert_eq!(guard.look(&outputs, 10).1, None);
            told.extend(guard.offset(3).map(|(output, mean)| (block, output, (mean * 1e6).round())));
        }
        assert_eq!(told, [(10, 1, -200_000.0), (20, 2, 300_000.0)]);
        guard.forget();
        let mut again = 0;
        for _ in 0..20 {
            guard.look(&outputs, 10);
            again += usize::from(guard.offset(3).is_some());
        }
        assert_eq!(again, 2);
    }

    #[test]
    fn in_words() {
        let offset = Notice::Offset { output: 1, mean: -0.5, frame: 48_000 };
        assert!(offset.describe(48_000.0).starts_with("output 2 has a constant offset of -0.500 (-6.0 dBFS) in the"));
        let loud = Notice::Loud { output: 0, value: -10.0, frame: 12_000 };
        assert!(loud.describe(48_000.0).starts_with("output 1 reaches +20.0 dBFS at 0.250 s (frame 12000): `run`"));
    }
}
