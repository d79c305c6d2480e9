//! The native processors that compute a workload, alone and eight at once.

use oscine_dsp::oversample::Kind as HalfBand;
use oscine_dsp::{RingModulator, RingVoices, Slopes, Solver, Vcs3, Vcs3Voices};

use crate::kind::Kind;
use crate::script::Kernel;
use crate::workload::{FRAMES, SAMPLE_RATE, Workload};

const VOICES: usize = 8;
const CUTOFF_HZ: f64 = 1000.0;
const RESONANCE: f64 = 4.0;

/// At twice the rate the ring modulator's error in band is far below that of 30 zero-stuffed steps.
const RING_FACTOR: usize = 2;

/// A frame of all voices.
type Frame = [f64; VOICES];

/// The processor for a workload and one of both kinds, if there is one.
pub fn kernel(workload: &Workload, kind: Kind) -> Option<Box<dyn Kernel>> {
    let frames = || vec![[0.0; VOICES]; FRAMES];
    Some(match (workload.name, kind) {
        ("vcs3", Kind::Native) => {
            Box::new(Vcs3::new(Slopes::Thermal, Solver::Newton, CUTOFF_HZ, RESONANCE, SAMPLE_RATE))
        }
        ("vcs3", Kind::NativeVoices) => Box::new(Voices {
            circuit: Vcs3Voices::<VOICES>::new(Slopes::Thermal, CUTOFF_HZ, RESONANCE, SAMPLE_RATE),
            frames: [frames(), frames(), frames()],
        }),
        ("ring_modulator", Kind::Native) => ring(RING_FACTOR),
        ("ring_modulator", Kind::NativeVoices) => Box::new(Voices {
            circuit: RingVoices::<VOICES>::new(RING_FACTOR, HalfBand::LinearPhase, SAMPLE_RATE),
            frames: [frames(), frames(), frames()],
        }),
        _ => return None,
    })
}

/// One ring modulator, at so many times the rate.
pub(crate) fn ring(factor: usize) -> Box<dyn Kernel> {
    Box::new(RingModulator::oversampled(factor, HalfBand::LinearPhase, SAMPLE_RATE))
}

impl Kernel for Vcs3 {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        self.process(&inputs[0], output);
        Ok(())
    }
}

impl Kernel for RingModulator {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        self.process(&inputs[0], &inputs[1], output);
        Ok(())
    }
}

/// Eight voices that all hear the same; the first is heard. `frames` has room for two inputs and the output.
struct Voices<C> {
    circuit: C,
    frames: [Vec<Frame>; 3],
}

fn spread(input: &[f64], frames: &mut [Frame]) {
    for (frame, x) in frames.iter_mut().zip(input) {
        *frame = [*x; VOICES];
    }
}

fn first(frames: &[Frame], output: &mut [f64]) {
    for (y, frame) in output.iter_mut().zip(frames) {
        *y = frame[0];
    }
}

impl Kernel for Voices<Vcs3Voices<VOICES>> {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        let [input, _, y] = &mut self.frames;
        spread(&inputs[0], input);
        self.circuit.process(input, y);
        first(y, output);
        Ok(())
    }

    fn voices(&self) -> usize {
        VOICES
    }
}

impl Kernel for Voices<RingVoices<VOICES>> {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        let [modulator, carrier, y] = &mut self.frames;
        spread(&inputs[0], modulator);
        spread(&inputs[1], carrier);
        self.circuit.process(modulator, carrier, y);
        first(y, output);
        Ok(())
    }

    fn voices(&self) -> usize {
        VOICES
    }
}
