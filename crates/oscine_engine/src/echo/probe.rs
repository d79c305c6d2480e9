//! The processor that a measurement plays: a signal over and over, while its inputs are written down.

use std::sync::Arc;

use oscine_dsp::{Curve, Event, Face, Fault, FaultWords, InputPort, Processor};
use rtrb::Producer;

/// Plays `signal` at frame `lead` and every `period` frames from there.
pub(super) struct Probe {
    face: Face,
    signal: Vec<f64>,
    lead: usize,
    period: usize,
    frame: usize,
    /// What the inputs heard, frame by frame, until there is no room.
    heard: Producer<f32>,
}

impl Probe {
    pub(super) fn new(inputs: usize, signal: Vec<f64>, lead: usize, period: usize, heard: Producer<f32>) -> Self {
        let port = |number: usize| InputPort { name: format!("in_{number}"), default: None };
        let face = Face {
            inputs: (1..=inputs).map(port).collect(),
            outputs: 1,
            params: vec![],
            latency_frames: 0,
            fixed_block_frames: None,
            state_bytes: 0,
        };
        Self { face, signal, lead, period, frame: 0, heard }
    }
}

impl Processor for Probe {
    fn face(&self) -> &Face {
        &self.face
    }

    fn reset(&mut self) {
        self.frame = 0;
    }

    fn set_param(&mut self, _index: usize, _value: f64) {}

    fn jump_param(&mut self, _index: usize, _value: f64) {}

    fn ramp_param(&mut self, _index: usize, _value: f64, _frames: u32, _curve: Curve) {}

    fn param_target(&self, _index: usize) -> f64 {
        0.0
    }

    fn event(&mut self, _event: Event) -> Result<(), Fault> {
        Ok(())
    }

    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        let frames = outputs[0].len();
        for (n, sample) in outputs[0].iter_mut().enumerate() {
            let at = (self.frame + n).checked_sub(self.lead).map(|since| since % self.period);
            *sample = at.and_then(|at| self.signal.get(at)).copied().unwrap_or(0.0);
        }
        let count = (frames * inputs.len()).min(self.heard.slots());
        if let Ok(room) = self.heard.write_chunk_uninit(count) {
            room.fill_from_iter((0..count).map(|index| inputs[index % inputs.len()][index / inputs.len()] as f32));
        }
        self.frame += frames;
        Ok(())
    }

    fn fault_words(&self) -> FaultWords {
        Arc::new(|_| String::new())
    }
}
