//! Offline: the same blocks that `run` computes, as fast as they come.

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use oscine_dsp::Processor;
use oscine_dsp::units::db_to_gain;

use crate::files::FileError;
use crate::guard::{Notice, Safety};
use crate::patch::Inputs;
use crate::realtime::guarded;
use crate::runner::{MAX_PORTS, Runner};
use crate::schedule::Schedule;
use crate::score::Score;
use crate::stats::Stats;
use crate::trouble::Trouble;
use crate::watch_word::StopFlag;
use crate::watchdog::Watchdog;
use crate::wiring::Wiring;

/// How to render.
pub struct RenderConfig {
    /// Frames a second.
    pub sample_rate: f64,
    /// Frames of a block, unless the processor insists on its own.
    pub block_frames: usize,
    /// Frames to render.
    pub frames: u64,
    /// What happens at which frame.
    pub score: Score,
    /// The flag that the processor looks at, and how long a block may take (5 s by default).
    pub watch: Option<(StopFlag, Duration)>,
}

/// How long a block may take offline before it counts as endless.
pub const RENDER_BUDGET: Duration = Duration::from_secs(5);

/// Why a render ended early.
#[derive(Debug)]
pub enum RenderError {
    /// The processor failed; in words.
    Trouble(Trouble, String),
    /// The result could not be written.
    File(FileError),
    /// The caller's progress function broke off.
    Interrupted,
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trouble(_, words) => f.write_str(words),
            Self::File(error) => write!(f, "{error}"),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for RenderError {}

/// Takes a block, one slice an output.
pub type Sink<'a> = &'a mut dyn FnMut(&[&[f64]]) -> Result<(), FileError>;

/// Renders `config.frames` frames: hands each block to `sink`, one slice an output, and then the number of frames done
/// to `progress`. Stops at the first fault or output that is no number; frames of its block before it reach the sink.
///
/// A file may hold what ears should not be given: an output that is louder than what is let through live, or that has
/// a constant offset, is written as it is. Gives words for each of these.
///
/// # Panics
/// If `inputs` has not one tap for each input of the processor.
pub fn render(
    config: RenderConfig,
    processor: Box<dyn Processor>,
    inputs: Inputs,
    stats: &Stats,
    sink: Sink<'_>,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Vec<String>, RenderError> {
    let words = processor.fault_words();
    let (_watchdog, post) = config
        .watch
        .map(|(stop, budget)| Watchdog::start(budget, stop))
        .map_or((None, None), |(w, p)| (Some(w), Some(p)));
    let schedule = Schedule::of(config.score.changes, 0);
    let names: Vec<String> = processor.face().params.iter().map(|param| param.name.clone()).collect();
    let wiring = Box::new(Wiring::new(&names, processor.face(), &config.score.maps));
    let planned = (schedule, wiring);
    let rate = config.sample_rate;
    let mut runner = Runner::new(processor, inputs, config.block_frames, Some(config.frames), planned, post, rate);
    let limit = db_to_gain(Safety::DEFAULT_LIMIT_DB);
    let mut notices: Vec<Notice> = Vec::new();
    while let Some(step) = guarded(|| runner.step()) {
        stats.add_block(step.frames, step.process_ns);
        notices.extend(step.notice);
        if step.peak > limit && !notices.iter().any(|notice| matches!(notice, Notice::Loud { .. })) {
            let start_frame = runner.frame() - step.frames as u64;
            notices.extend(first_beyond(limit, &runner, step.good_frames, start_frame));
        }
        let mut block: [&[f64]; MAX_PORTS] = [&[]; MAX_PORTS];
        for (index, slice) in block[..runner.outputs()].iter_mut().enumerate() {
            *slice = &runner.output(index)[..step.good_frames];
        }
        stats.raise_peak(step.peak);
        sink(&block[..runner.outputs()]).map_err(RenderError::File)?;
        if let Some(trouble) = step.trouble {
            return Err(RenderError::Trouble(trouble, trouble.describe(&words, config.sample_rate)));
        }
        if progress(runner.frame()).is_break() {
            return Err(RenderError::Interrupted);
        }
    }
    stats.finish();
    Ok(notices.iter().map(|notice| notice.describe(rate)).collect())
}

/// The first sample of a block that starts at `start_frame` which is beyond `limit`.
fn first_beyond(limit: f64, runner: &Runner, frames: usize, start_frame: u64) -> Option<Notice> {
    let loud = (0..runner.outputs()).filter_map(|output| {
        let samples = &runner.output(output)[..frames];
        let at = samples.iter().position(|sample| sample.abs() > limit)?;
        Some((at, output, samples[at]))
    });
    loud.min_by_key(|(at, ..)| *at).map(|(at, output, value)| Notice::Loud {
        output,
        value,
        frame: start_frame + at as u64,
    })
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Arc;
    use std::time::Duration;

    use oscine_dsp::{Event, Processor};

    use super::{RENDER_BUDGET, RenderConfig, RenderError, render};
    use crate::files::Sound;
    use crate::patch::{Inputs, Tap};
    use crate::schedule::Change;
    use crate::score::Score;
    use crate::source::SoundSource;
    use crate::stats::Stats;
    use crate::testing::{Accumulator, Endless, Faulting, FixedBlock, NotANumber, Tones};
    use crate::trouble::Trouble;
    use crate::watch_word::StopFlag;

    fn config(block_frames: usize, frames: u64) -> RenderConfig {
        RenderConfig {
            sample_rate: 1000.0,
            block_frames,
            frames,
            score: Score::default(),
            watch: Some((StopFlag::default(), RENDER_BUDGET)),
        }
    }

    fn collect(
        config: RenderConfig,
        processor: impl Processor + 'static,
        inputs: Inputs,
    ) -> (Vec<Vec<f64>>, Result<Vec<String>, RenderError>) {
        let mut collected = vec![Vec::new(); processor.face().outputs];
        let mut sink = |block: &[&[f64]]| {
            for (channel, samples) in collected.iter_mut().zip(block) {
                channel.extend_from_slice(samples);
            }
            Ok(())
        };
        let stats = Stats::new(config.sample_rate);
        let mut go_on = |_| ControlFlow::Continue(());
        let result = render(config, Box::new(processor), inputs, &stats, &mut sink, &mut go_on);
        (collected, result)
    }

    fn ramp(frames: usize) -> Inputs {
        let samples = (0..frames).map(|n| n as f64 + 1.0).collect();
        Inputs::in_order(Box::new(SoundSource::once(Arc::new(Sound { sample_rate: None, channels: vec![samples] }))))
    }

    #[test]
    fn every_block_size_gives_the_same() {
        let expected: Vec<f64> = (1..=100).map(|n| f64::from(n * (n + 1) / 2)).collect();
        for block_frames in [1, 7, 64, 100, 512] {
            let (out, result) = collect(config(block_frames, 100), Accumulator::new(), ramp(100));
            result.unwrap();
            assert_eq!(out, std::slice::from_ref(&expected), "{block_frames}");
        }
    }

    #[test]
    fn inputs_end_in_zeros_and_constants_never() {
        let inputs = Inputs::new(Vec::new(), vec![Tap::Constant(2.0)]);
        let (out, _) = collect(config(4, 6), Accumulator::new(), inputs);
        assert_eq!(out, [[2.0, 4.0, 6.0, 8.0, 10.0, 12.0]]);
        let (out, _) = collect(config(4, 6), Accumulator::new(), ramp(3));
        assert_eq!(out, [[1.0, 3.0, 6.0, 6.0, 6.0, 6.0]]);
    }

    #[test]
    fn a_fixed_block_is_padded_and_its_output_cut() {
        let (out, result) = collect(config(64, 10), FixedBlock::new(4), ramp(20));
        result.unwrap();
        // Each block of 4 comes out reversed; the last holds frames 9 and 10 and two zeros.
        assert_eq!(out, [[4.0, 3.0, 2.0, 1.0, 8.0, 7.0, 6.0, 5.0, 0.0, 0.0]]);
    }

    #[test]
    fn changes_happen_at_their_frame_whatever_the_block() {
        let note = |note| Change::Event(Event::NoteOn { note, velocity: 1.0 });
        for block_frames in [1, 3, 8, 64] {
            let mut config = config(block_frames, 8);
            config.score.changes = vec![(5, note(7)), (0, note(1)), (2, Change::Param { id: 0, value: 10.0 })];
            let (out, result) = collect(config, Tones::new(), Inputs::none());
            result.unwrap();
            assert_eq!(out, [[1.0, 1.0, 10.0, 10.0, 10.0, 70.0, 70.0, 70.0]], "{block_frames}");
        }
    }

    #[test]
    fn a_fault_ends_it_in_words() {
        let (out, result) = collect(config(4, 100), Faulting::at(6), Inputs::none());
        assert_eq!(out, [[1.0; 6]]);
        let error = result.unwrap_err();
        assert_eq!(error.to_string(), "test.py:6: IndexError: at frame 6");
        assert!(matches!(error, RenderError::Trouble(Trouble::Fault { frame: 6, .. }, _)));
    }

    #[test]
    fn an_output_that_is_no_number_ends_it() {
        let (out, result) = collect(config(4, 100), NotANumber::at(6, f64::NAN), Inputs::none());
        assert_eq!(out, [[1.0; 6], [1.0; 6]]);
        assert_eq!(result.unwrap_err().to_string(), "output 2 became NaN at 0.006 s (frame 6)");
        let (_, result) = collect(config(4, 100), NotANumber::at(0, f64::INFINITY), Inputs::none());
        assert_eq!(result.unwrap_err().to_string(), "output 2 became infinite at 0.000 s (frame 0)");
    }

    #[test]
    fn an_endless_block_is_stopped() {
        let stop = StopFlag::default();
        let mut config = config(4, 100);
        config.watch = Some((stop.clone(), Duration::from_millis(5)));
        let (_, result) = collect(config, Endless::new(stop), Inputs::none());
        let words = result.unwrap_err().to_string();
        let parts = ["test.py:1: TimeoutError: process did not return: a block of 4.00 ms took ", "budget of 5.0 ms"];
        assert!(words.starts_with(parts[0]) && words.ends_with(parts[1]), "{words}");
    }

    #[test]
    fn the_caller_may_break_off_and_is_told_of_progress() {
        let mut seen = Vec::new();
        let mut progress = |frames| {
            seen.push(frames);
            if frames >= 8 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let stats = Stats::new(1000.0);
        let result =
            render(config(4, 100), Box::new(Faulting::at(50)), Inputs::none(), &stats, &mut |_| Ok(()), &mut progress);
        assert!(matches!(result, Err(RenderError::Interrupted)));
        assert_eq!(seen, [4, 8]);
        assert_eq!(stats.snapshot().frames, 8);
        assert_eq!(stats.take_peak(), 1.0);
    }

    #[test]
    fn what_is_loud_or_has_an_offset_is_written_and_told() {
        let inputs = Inputs::new(Vec::new(), vec![Tap::Constant(0.5)]);
        let (out, result) = collect(config(64, 2500), Accumulator::new(), inputs);
        assert_eq!(out[0].last(), Some(&1250.0));
        let words = result.unwrap();
        assert_eq!(words.len(), 2, "{words:?}");
        // 12 dB are 3.98: half of eight times.
        assert!(words[0].starts_with("output 1 reaches +12.0 dBFS at 0.007 s (frame 7): `run`"), "{words:?}");
        assert!(words[1].starts_with("output 1 has a constant offset of +"), "{words:?}");
    }

    #[test]
    fn the_last_block_is_short() {
        let mut blocks = Vec::new();
        let mut sink = |block: &[&[f64]]| {
            blocks.push(block[0].len());
            Ok(())
        };
        let stats = Stats::new(1000.0);
        let mut go_on = |_| ControlFlow::Continue(());
        render(config(4, 10), Box::new(Faulting::at(50)), Inputs::none(), &stats, &mut sink, &mut go_on).unwrap();
        assert_eq!(blocks, [4, 4, 2]);
        assert!(stats.is_finished());
    }
}
