//! Small processors that the tests of this crate play.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use oscine_dsp::{Curve, Event, Face, Fault, FaultWords, InputPort, Param, ParamKind, Processor};

use crate::watch_word::StopFlag;

fn face(inputs: usize, outputs: usize, params: Vec<Param>) -> Face {
    let inputs = ["x", "y"][..inputs].iter().map(|name| InputPort { name: (*name).to_owned(), default: None });
    Face { inputs: inputs.collect(), outputs, params, latency_frames: 0, fixed_block_frames: None, state_bytes: 8 }
}

pub(crate) fn gain_param() -> Param {
    Param { smooth_seconds: 0.0, ..Param::new("gain", ParamKind::Float, 1.0, (0.0, 100.0)) }
}

fn fault(site: u32, frames_done: usize) -> Fault {
    Fault { site, args: [0.0; 4], frames_done: frames_done as u32 }
}

/// The methods that most of these processors do not need.
macro_rules! plain {
    () => {
        fn face(&self) -> &Face {
            &self.face
        }
        fn set_param(&mut self, _: usize, _: f64) {}
        fn ramp_param(&mut self, _: usize, _: f64, _: u32, _: Curve) {}
        fn param_target(&self, _: usize) -> f64 {
            0.0
        }
        fn event(&mut self, _: Event) -> Result<(), Fault> {
            Ok(())
        }
        fn fault_words(&self) -> FaultWords {
            Arc::new(|fault| match fault.site {
                0 => "test.py:1: TimeoutError: process did not return".to_owned(),
                at => format!("test.py:{at}: IndexError: at frame {at}"),
            })
        }
    };
}

/// The running sum of `gain * x`: its state shows whether every frame was seen once.
pub(crate) struct Accumulator {
    face: Face,
    sum: f64,
    gain: f64,
}

impl Accumulator {
    pub(crate) fn new() -> Self {
        Self { face: face(1, 1, vec![gain_param()]), sum: 0.0, gain: 1.0 }
    }
}

impl Processor for Accumulator {
    fn face(&self) -> &Face {
        &self.face
    }
    fn reset(&mut self) {
        self.sum = 0.0;
    }
    fn set_param(&mut self, _: usize, value: f64) {
        self.gain = value;
    }
    fn ramp_param(&mut self, index: usize, value: f64, _: u32, _: Curve) {
        self.set_param(index, value);
    }
    fn param_target(&self, _: usize) -> f64 {
        self.gain
    }
    fn event(&mut self, _: Event) -> Result<(), Fault> {
        Ok(())
    }
    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        for (y, x) in outputs[0].iter_mut().zip(inputs[0]) {
            self.sum += self.gain * x;
            *y = self.sum;
        }
        Ok(())
    }
    fn take_over(&mut self, old: &dyn Processor, with_state: bool) -> bool {
        let old = old.as_any().and_then(|old| old.downcast_ref::<Self>()).filter(|_| with_state);
        self.sum = old.map_or(self.sum, |old| old.sum);
        old.is_some()
    }
    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
    fn fault_words(&self) -> FaultWords {
        Arc::new(|_| String::new())
    }
}

/// The number of the note that is down times `gain`.
pub(crate) struct Tones {
    face: Face,
    note: f64,
    gain: f64,
}

impl Tones {
    pub(crate) fn new() -> Self {
        Self::with(gain_param())
    }

    /// With this in the place of `gain`.
    pub(crate) fn with(param: Param) -> Self {
        Self { face: face(0, 1, vec![param]), note: 0.0, gain: 1.0 }
    }
}

impl Processor for Tones {
    fn face(&self) -> &Face {
        &self.face
    }
    fn reset(&mut self) {
        self.note = 0.0;
    }
    fn set_param(&mut self, _: usize, value: f64) {
        self.gain = value;
    }
    fn ramp_param(&mut self, index: usize, value: f64, _: u32, _: Curve) {
        self.set_param(index, value);
    }
    fn param_target(&self, _: usize) -> f64 {
        self.gain
    }
    fn event(&mut self, event: Event) -> Result<(), Fault> {
        match event {
            Event::NoteOn { note, .. } => {
                self.note = note as f64;
                Ok(())
            }
            Event::NoteOff { note } if note as f64 == self.note => {
                self.note = 0.0;
                Ok(())
            }
            Event::NoteOff { .. } | Event::ControlChange { .. } => Ok(()),
            _ => Err(fault(7, 0)),
        }
    }
    fn process(&mut self, _: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        outputs[0].fill(self.note * self.gain);
        Ok(())
    }
    fn take_over(&mut self, old: &dyn Processor, _: bool) -> bool {
        let old = old.as_any().and_then(|old| old.downcast_ref::<Self>());
        self.note = old.map_or(self.note, |old| old.note);
        old.is_some()
    }
    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
    fn fault_words(&self) -> FaultWords {
        Arc::new(|_| "test.py:7: ValueError: no such event".to_owned())
    }
}

/// Ones until a frame, then a fault.
pub(crate) struct Faulting {
    face: Face,
    at: usize,
    frame: usize,
}

impl Faulting {
    pub(crate) fn at(at: usize) -> Self {
        Self { face: face(0, 1, Vec::new()), at, frame: 0 }
    }
}

impl Processor for Faulting {
    plain!();
    fn reset(&mut self) {
        self.frame = 0;
    }
    fn process(&mut self, _: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        let frames = outputs[0].len();
        let good = self.at.saturating_sub(self.frame).min(frames);
        outputs[0][..good].fill(1.0);
        outputs[0][good..].fill(0.0);
        let has_faulted = self.frame > self.at;
        self.frame += frames;
        if good < frames && !has_faulted { Err(fault(self.at as u32, good)) } else { Ok(()) }
    }
}

/// Two outputs of ones; at a frame the second has another value.
pub(crate) struct NotANumber {
    face: Face,
    at: usize,
    value: f64,
    frame: usize,
}

impl NotANumber {
    pub(crate) fn at(at: usize, value: f64) -> Self {
        Self { face: face(0, 2, Vec::new()), at, value, frame: 0 }
    }
}

impl Processor for NotANumber {
    plain!();
    fn reset(&mut self) {
        self.frame = 0;
    }
    fn process(&mut self, _: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        let frames = outputs[0].len();
        outputs.iter_mut().for_each(|output| output.fill(1.0));
        if (self.frame..self.frame + frames).contains(&self.at) {
            outputs[1][self.at - self.frame] = self.value;
        }
        self.frame += frames;
        Ok(())
    }
}

/// Runs until its flag is raised.
pub(crate) struct Endless {
    face: Face,
    stop: StopFlag,
}

impl Endless {
    pub(crate) fn new(stop: StopFlag) -> Self {
        Self { face: face(0, 1, Vec::new()), stop }
    }
}

impl Processor for Endless {
    plain!();
    fn reset(&mut self) {}
    fn process(&mut self, _: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        while self.stop.load(Relaxed) == 0 {
            std::hint::spin_loop();
        }
        outputs[0].fill(0.0);
        Err(fault(0, 0))
    }
}

/// Gives each block reversed, and takes none of another length.
pub(crate) struct FixedBlock {
    face: Face,
}

impl FixedBlock {
    pub(crate) fn new(block_frames: usize) -> Self {
        Self { face: Face { fixed_block_frames: Some(block_frames), ..face(1, 1, Vec::new()) } }
    }
}

impl Processor for FixedBlock {
    plain!();
    fn reset(&mut self) {}
    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        assert_eq!(Some(inputs[0].len()), self.face.fixed_block_frames);
        for (y, x) in outputs[0].iter_mut().zip(inputs[0].iter().rev()) {
            *y = *x;
        }
        Ok(())
    }
}

/// How far a sine of about `frequency` cycles a sample is above everything else in `samples`, in dB: what is left
/// after the best sine, a constant beside it, is taken away. The frequency is found by search; the window is the
/// whole, so that slow changes of the frequency count as noise.
pub(crate) fn purity_db(samples: &[f64], frequency: f64) -> f64 {
    let residual = |frequency: f64| residual(samples, frequency);
    // A resolution of a hundredth of a cycle in the whole window, then golden section.
    let width = 0.5 / samples.len() as f64;
    let (mut low, mut high) = (frequency - width, frequency + width);
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    for _ in 0..40 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if residual(a) < residual(b) { high = b } else { low = a }
    }
    let power: f64 = samples.iter().map(|x| x * x).sum();
    10.0 * (power / residual(0.5 * (low + high)).max(1e-300)).log10()
}

/// What is left of the energy without the best sine and cosine of a frequency and a constant: least squares.
fn residual(samples: &[f64], frequency: f64) -> f64 {
    // Normal equations of three unknowns, by Gauss.
    let mut equations = [[0.0f64; 4]; 3];
    let mut power = 0.0;
    let middle = samples.len() as f64 / 2.0;
    for (n, sample) in samples.iter().enumerate() {
        let (sin, cos) = (std::f64::consts::TAU * frequency * (n as f64 - middle)).sin_cos();
        let basis = [sin, cos, 1.0, *sample];
        for (row, a) in equations.iter_mut().zip(basis) {
            for (cell, b) in row.iter_mut().zip(basis) {
                *cell += a * b;
            }
        }
        power += sample * sample;
    }
    let sides: [f64; 3] = std::array::from_fn(|k| equations[k][3]);
    for k in 0..3 {
        for other in (0..3).filter(|other| *other != k) {
            let factor = equations[other][k] / equations[k][k];
            let pivot = equations[k];
            equations[other].iter_mut().zip(pivot).for_each(|(cell, p)| *cell -= factor * p);
        }
    }
    // The energy of the best fit is the solution times the right side.
    power - (0..3).map(|k| equations[k][3] / equations[k][k] * sides[k]).sum::<f64>()
}

/// Gives each input to the output of its number.
pub(crate) struct Copying {
    face: Face,
}

impl Copying {
    pub(crate) fn new(channels: usize) -> Self {
        let port = |number: usize| InputPort { name: format!("x{number}"), default: None };
        Self { face: Face { inputs: (0..channels).map(port).collect(), ..face(0, channels, Vec::new()) } }
    }
}

impl Processor for Copying {
    plain!();
    fn reset(&mut self) {}
    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        outputs.iter_mut().zip(inputs).for_each(|(output, input)| output.copy_from_slice(input));
        Ok(())
    }
}

/// A processor whose first output is overheard.
pub(crate) struct Overheard(pub(crate) Box<dyn Processor>, pub(crate) rtrb::Producer<f64>);

impl Processor for Overheard {
    fn face(&self) -> &Face {
        self.0.face()
    }
    fn reset(&mut self) {
        self.0.reset();
    }
    fn set_param(&mut self, index: usize, value: f64) {
        self.0.set_param(index, value);
    }
    fn ramp_param(&mut self, index: usize, value: f64, frames: u32, curve: Curve) {
        self.0.ramp_param(index, value, frames, curve);
    }
    fn param_target(&self, index: usize) -> f64 {
        self.0.param_target(index)
    }
    fn event(&mut self, event: Event) -> Result<(), Fault> {
        self.0.event(event)
    }
    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        let result = self.0.process(inputs, outputs);
        outputs[0].iter().for_each(|sample| self.1.push(*sample).unwrap());
        result
    }
    fn fault_words(&self) -> FaultWords {
        self.0.fault_words()
    }
}
