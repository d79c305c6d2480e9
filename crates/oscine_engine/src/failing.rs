//! What is heard of a processor that fails, for each thing that may happen then.

use std::sync::Arc;

use oscine_dsp::{Curve, Event, Face, Fault, FaultWords, InputPort, Processor};

use crate::feed::Report;
use crate::files::Sound;
use crate::guard::{Guard, OnFault, Safety};
use crate::patch::{Inputs, Tap};
use crate::rig::{Rig, guarded_rig};
use crate::source::{SoundSource, Source};
use crate::testing::{Faulting, NotANumber};
use crate::trouble::Trouble;

/// Fades of 2 ms are 20 frames.
const RATE: f64 = 10_000.0;
const FADE: usize = 20;

/// A rig whose outputs are heard one by one.
struct Stage {
    rig: Rig,
    channels: usize,
}

impl Stage {
    fn new(processor: Box<dyn Processor>, inputs: Inputs, on_fault: OnFault, limit_db: Option<f64>) -> Self {
        let channels = processor.face().outputs;
        let guard = Guard::new(&Safety { limit_db, on_fault, budget_periods: None }, RATE);
        Self { rig: guarded_rig(processor, inputs, 8, None, guard, RATE), channels }
    }

    /// The next frames of one output.
    fn play(&mut self, frames: usize, output: usize) -> Vec<f32> {
        let mut out = vec![9.0; frames * self.channels];
        self.rig.feed.fill(&mut out, self.channels);
        out.into_iter().skip(output).step_by(self.channels).collect()
    }

    fn troubles(&mut self) -> Vec<Trouble> {
        let mut troubles = vec![];
        while let Ok(report) = self.rig.reports.pop() {
            if let Report::Trouble(trouble) = report {
                troubles.push(trouble);
            }
        }
        troubles
    }
}

/// Copies its first input to all outputs; fails at a frame.
struct Copying {
    face: Face,
    at: usize,
    frame: usize,
}

impl Copying {
    fn new(inputs: usize, outputs: usize, at: usize) -> Self {
        let port = |n: usize| InputPort { name: format!("x{n}"), default: None };
        let inputs = (0..inputs).map(port).collect();
        let (latency_frames, fixed_block_frames, state_bytes) = (0, None, 0);
        let face = Face { inputs, outputs, params: vec![], latency_frames, fixed_block_frames, state_bytes };
        Self { face, at, frame: 0 }
    }
}

impl Processor for Copying {
    fn face(&self) -> &Face {
        &self.face
    }
    fn reset(&mut self) {
        self.frame = 0;
    }
    fn set_param(&mut self, _: usize, _: f64) {}
    fn ramp_param(&mut self, _: usize, _: f64, _: u32, _: Curve) {}
    fn param_target(&self, _: usize) -> f64 {
        0.0
    }
    fn event(&mut self, _: Event) -> Result<(), Fault> {
        Ok(())
    }
    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        outputs.iter_mut().for_each(|output| output.copy_from_slice(inputs[0]));
        let start = self.frame;
        self.frame += inputs[0].len();
        if (start..self.frame).contains(&self.at) {
            return Err(Fault { site: 1, args: [0.0; 4], frames_done: (self.at - start) as u32 });
        }
        Ok(())
    }
    fn fault_words(&self) -> FaultWords {
        Arc::new(|_| String::new())
    }
}

fn constant(channels: &[f64]) -> Box<dyn Source> {
    let channels = channels.iter().map(|value| vec![*value; 4000]).collect();
    Box::new(SoundSource::once(Arc::new(Sound { sample_rate: None, channels })))
}

fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn a_level_beyond_the_limit_fades_within_two_milliseconds_and_is_told_with_its_place() {
    let mut stage = Stage::new(Box::new(NotANumber::at(37, 100.0)), Inputs::none(), OnFault::Mute, Some(12.0));
    let heard = stage.play(200, 1);
    assert!(heard[..37].iter().all(|sample| *sample == 1.0));
    assert!(heard[37..37 + FADE].windows(2).all(|pair| pair[1] < pair[0]), "{heard:?}");
    assert!(largest_step(&heard) <= 1.0 / FADE as f32 + 1e-6);
    assert!(heard[37 + FADE..].iter().all(|sample| *sample == 0.0));
    let troubles = stage.troubles();
    assert!(
        matches!(troubles[..], [Trouble::TooLoud { output: 1, value: 100.0, frame: 37, .. }]),
        "one report and no more: {troubles:?}"
    );
}

#[test]
fn without_a_limit_any_number_is_let_through_and_none_that_is_no_number() {
    let mut stage = Stage::new(Box::new(NotANumber::at(5, 1e30)), Inputs::none(), OnFault::Mute, None);
    assert_eq!(stage.play(16, 1)[5], 1e30f32);
    assert_eq!(stage.troubles(), []);
    let mut stage = Stage::new(Box::new(NotANumber::at(5, f64::NAN)), Inputs::none(), OnFault::Mute, None);
    assert!(stage.play(64, 1).iter().all(|sample| sample.is_finite()));
    assert!(matches!(stage.troubles()[..], [Trouble::NotFinite { output: 1, frame: 5, .. }]));
}

#[test]
fn bypass_fades_to_the_input_at_each_outputs_place_until_a_reset() {
    let inputs = Inputs::in_order(constant(&[0.5, -0.25]));
    let mut stage = Stage::new(Box::new(Copying::new(2, 2, 11)), inputs, OnFault::Bypass, Some(12.0));
    let heard = stage.play(80, 1);
    assert!(heard[..11].iter().all(|sample| *sample == 0.5), "the processor's own sound");
    assert!(largest_step(&heard) <= 0.75 / FADE as f32 + 1e-6, "{heard:?}");
    assert!(heard[11 + FADE..].iter().all(|sample| *sample == -0.25), "{heard:?}");
    assert_eq!(stage.troubles().len(), 1);
    assert!(stage.rig.control.reset());
    let again = stage.play(11, 1);
    assert!(largest_step(&[&heard[70..], &again[..]].concat()) <= 0.75 / FADE as f32 + 1e-6, "{again:?}");
    assert!(again[10] > again[0], "on the way back to the processor's own sound: {again:?}");
}

#[test]
fn what_passes_through_is_guarded_too_and_a_constant_does_not_pass() {
    let samples = (0..100)
        .map(|n| {
            if n == 60 {
                f64::NAN
            } else if n == 61 {
                50.0
            } else {
                0.5
            }
        })
        .collect();
    let source = SoundSource::once(Arc::new(Sound { sample_rate: None, channels: vec![samples] }));
    let taps = vec![Tap::Channel { source: 0, channel: 0 }, Tap::Constant(3.0)];
    let inputs = Inputs::new(vec![Box::new(source)], taps);
    let mut stage = Stage::new(Box::new(Copying::new(2, 2, 0)), inputs, OnFault::Bypass, Some(12.0));
    let mut out = [9.0; 128];
    stage.rig.feed.fill(&mut out, 2);
    assert_eq!((out[2 * 59], out[2 * 60], out[2 * 61], out[2 * 62]), (0.5, 0.0, 0.0, 0.5));
    assert!(out.iter().skip(1).step_by(2).all(|sample| *sample == 0.0), "no input is connected at its place");
}

#[test]
fn one_input_passes_through_to_all_outputs_and_several_instances_keep_their_own() {
    let played = |instances: usize, outputs: usize, channels: &[f64]| {
        let copying = Box::new(Copying::new(channels.len(), outputs, 0));
        let inputs = Inputs::in_order(constant(channels)).of_instances(instances);
        let mut stage = Stage::new(copying, inputs, OnFault::Bypass, Some(12.0));
        stage.play(64, 0);
        let mut frame = vec![9.0; outputs];
        stage.rig.feed.fill(&mut frame, outputs);
        frame
    };
    assert_eq!(played(1, 2, &[0.5]), [0.5, 0.5]);
    assert_eq!(played(1, 1, &[0.5, 0.25]), [0.5], "the first input of a ring modulator");
    assert_eq!(played(2, 2, &[0.5, 0.1, 0.25, 0.2]), [0.5, 0.25], "the same twice, side by side");
}

#[test]
fn a_reset_starts_again_after_the_fade_and_not_too_often() {
    // It fails 4 frames after each start.
    let mut stage = Stage::new(Box::new(Faulting::at(4)), Inputs::none(), OnFault::Reset, Some(12.0));
    let heard = stage.play(4 * RATE as usize, 0);
    let starts: Vec<usize> = (0..heard.len()).filter(|n| heard[*n] == 1.0 && (*n == 0 || heard[n - 1] < 0.5)).collect();
    // Once the fade is over, then a quarter of a second after that start, half a second, a second.
    let second = 4 + FADE;
    let gaps: Vec<f64> = starts.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    assert!((gaps[0] - second as f64).abs() < 8.0, "{gaps:?}");
    for (gap, seconds) in gaps[1..].iter().zip([0.25, 0.5, 1.0, 2.0]) {
        assert!((gap - seconds * RATE).abs() < 8.0, "{gaps:?}");
    }
    assert_eq!(gaps.len(), 5);
    assert_eq!(stage.troubles().len(), 6, "each is told");
    assert!(largest_step(&heard[..FADE + 4]) <= 1.0 / FADE as f32 + 1e-6);
}

#[test]
fn one_that_recovered_starts_again_at_once() {
    let at = 2 * RATE as usize;
    let mut stage = Stage::new(Box::new(Faulting::at(at)), Inputs::none(), OnFault::Reset, Some(12.0));
    let heard = stage.play(5 * RATE as usize, 0);
    let silent = heard.iter().filter(|sample| **sample == 0.0).count();
    assert!(silent < 3 * 8, "{silent} frames");
    assert_eq!(stage.troubles().len(), 2);
}

#[test]
fn an_offset_is_told_once_and_plays_on() {
    let mut stage = Stage::new(Box::new(Faulting::at(1_000_000)), Inputs::none(), OnFault::Mute, Some(12.0));
    let heard = stage.play(4 * RATE as usize, 0);
    assert!(heard.iter().all(|sample| *sample == 1.0));
    let notices =
        std::iter::from_fn(|| stage.rig.reports.pop().ok()).filter(|r| matches!(r, Report::Notice(_))).count();
    assert_eq!(notices, 1);
}
