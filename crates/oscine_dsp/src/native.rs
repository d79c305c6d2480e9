//! From a unit of sound processing to a [`Processor`]: ports, parameters and their ramps.
//!
//! A [`Unit`] defines one sample, [`Unit::tick`]; a block is as many ticks as it has frames, so that block sizes cannot
//! be heard. While a parameter moves along its ramp, the unit is set anew at every frame.

use std::sync::Arc;

use crate::{Curve, Event, Face, Fault, FaultWords, InputPort, Param, ParamKind, Processor, Scale, Smoother, units};

/// No unit has more.
const MOST_INPUTS: usize = 8;

/// A native algorithm with one output.
pub trait Unit: Send {
    /// The names of its inputs.
    const INPUTS: &'static [&'static str];

    /// What an input reads while nothing is connected to it; `None` if something must be.
    fn input_default(_index: usize) -> Option<f64> {
        None
    }

    /// Its parameters with their present values as defaults.
    fn params(&self) -> Vec<Param>;

    /// Sets the parameter of this index, a value inside its range.
    fn set(&mut self, index: usize, value: f64);

    /// Returns to the state before the first sample; parameters stay.
    fn reset(&mut self);

    /// One sample, of one value for each input.
    fn tick(&mut self, inputs: &[f64]) -> f64;

    /// A block, while no parameter moves: as many ticks as it has frames, or what equals them.
    fn process(&mut self, inputs: &[&[f64]], output: &mut [f64]) {
        let mut frame = [0.0; MOST_INPUTS];
        for (i, out) in output.iter_mut().enumerate() {
            for (value, input) in frame.iter_mut().zip(inputs) {
                *value = input[i];
            }
            *out = self.tick(&frame[..inputs.len()]);
        }
    }

    /// Delay that the algorithm adds.
    fn latency_frames(&self) -> usize {
        0
    }

    /// Bytes of state that it holds, those on the heap included.
    fn state_bytes(&self) -> usize {
        size_of_val(self)
    }
}

/// A parameter whose moves are ramped.
pub(crate) fn float_param(name: &str, default: f64, range: (f64, f64), unit: &str, scale: Scale) -> Param {
    Param { unit: unit.to_owned(), scale, ..Param::new(name, ParamKind::Float, default, range) }
}

/// A whole number.
pub(crate) fn int_param(name: &str, default: f64, range: (f64, f64)) -> Param {
    Param { kind: ParamKind::Int, smooth_seconds: 0.0, ..float_param(name, default, range, "", Scale::Linear) }
}

/// One of several names.
pub(crate) fn choice_param(name: &str, default: usize, names: &[&str]) -> Param {
    let kind = ParamKind::Choice(names.iter().map(|&name| name.to_owned()).collect());
    let range = (0.0, names.len() as f64 - 1.0);
    Param { kind, smooth_seconds: 0.0, ..float_param(name, default as f64, range, "", Scale::Linear) }
}

/// A frequency parameter from 10 Hz to 0.49 of the sample rate.
pub(crate) fn cutoff_param(default_hz: f64, sample_rate: f64) -> Param {
    float_param("cutoff", default_hz, (10.0, 0.49 * sample_rate), "Hz", Scale::Log)
}

/// A unit as a processor.
pub struct Native<U> {
    unit: U,
    face: Face,
    ramps: Vec<Smoother>,
    ramp_frames: Vec<u32>,
    frame: Vec<f64>,
}

impl<U: Unit> Native<U> {
    /// The unit at this sample rate, with its parameters where it has them.
    pub fn new(unit: U, sample_rate: f64) -> Self {
        let params = unit.params();
        let inputs = U::INPUTS
            .iter()
            .enumerate()
            .map(|(index, name)| InputPort { name: (*name).to_owned(), default: U::input_default(index) });
        let frames =
            |p: &Param| if p.is_smoothed() { units::seconds_to_frames(p.smooth_seconds, sample_rate) } else { 0 };
        Self {
            ramps: params.iter().map(|p| Smoother::new(p.default)).collect(),
            ramp_frames: params.iter().map(frames).collect(),
            frame: vec![0.0; U::INPUTS.len()],
            face: Face {
                inputs: inputs.collect(),
                outputs: 1,
                params,
                latency_frames: unit.latency_frames(),
                fixed_block_frames: None,
                state_bytes: unit.state_bytes(),
            },
            unit,
        }
    }
}

impl<U: Unit> Processor for Native<U> {
    fn face(&self) -> &Face {
        &self.face
    }

    fn reset(&mut self) {
        for index in 0..self.ramps.len() {
            self.jump_param(index, self.ramps[index].target());
        }
        self.unit.reset();
    }

    fn set_param(&mut self, index: usize, value: f64) {
        let target = self.face.params[index].clamp(value);
        if !self.ramps[index].will_reach(target, self.ramp_frames[index]) {
            self.ramp_param(index, target, self.ramp_frames[index], self.face.params[index].curve());
        }
    }

    fn ramp_param(&mut self, index: usize, value: f64, frames: u32, curve: Curve) {
        self.ramps[index].ramp(self.face.params[index].clamp(value), frames, curve);
        self.unit.set(index, self.face.params[index].clamp(self.ramps[index].value()));
    }

    fn param_target(&self, index: usize) -> f64 {
        self.ramps[index].target()
    }

    fn event(&mut self, _: Event) -> Result<(), Fault> {
        Ok(())
    }

    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        let output = &mut *outputs[0];
        let mut done = 0;
        while done < output.len() && self.ramps.iter().any(Smoother::is_moving) {
            for (index, ramp) in self.ramps.iter_mut().enumerate().filter(|(_, ramp)| ramp.is_moving()) {
                self.unit.set(index, self.face.params[index].clamp(ramp.tick()));
            }
            for (value, input) in self.frame.iter_mut().zip(inputs) {
                *value = input[done];
            }
            output[done] = self.unit.tick(&self.frame);
            done += 1;
        }
        let mut rest = [&[][..]; MOST_INPUTS];
        for (rest, input) in rest.iter_mut().zip(inputs) {
            *rest = &input[done..];
        }
        self.unit.process(&rest[..inputs.len()], &mut output[done..]);
        Ok(())
    }

    fn fault_words(&self) -> FaultWords {
        Arc::new(|fault| format!("a native processor stopped at frame {} of its block", fault.frames_done))
    }
}
