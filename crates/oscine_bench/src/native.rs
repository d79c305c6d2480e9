//! The native processors that compute a workload, alone and eight at once.

use oscine_dsp::design::Band;
use oscine_dsp::oversample::{Downsampler, Kind as HalfBand, Upsampler};
use oscine_dsp::{
    Butterworth, OnePole, RingModulator, RingVoices, Side, Sine, SineBank, Slopes, Solver, Vcs3, Vcs3Voices,
};

use crate::kind::Kind;
use crate::script::Kernel;
use crate::workload::{FRAMES, SAMPLE_RATE, Workload};

const VOICES: usize = 8;
const CUTOFF_HZ: f64 = 1000.0;
const RESONANCE: f64 = 4.0;

/// `y = a x + (1 - a) y'` has half its power where `cos w = 1 - a^2 / (2 (1 - a))`; with `a` = 0.1, in Hz:
const ONE_POLE_HZ: f64 = 739.7;

/// At twice the rate the ring modulator's error in band is far below that of 30 zero-stuffed steps.
const RING_FACTOR: usize = 2;

/// A frame of all voices.
type Frame = [f64; VOICES];

/// The processor for a workload and one of both kinds, if there is one.
pub fn kernel(workload: &Workload, kind: Kind) -> Option<Box<dyn Kernel>> {
    Some(match (workload.peers, kind) {
        ("one_pole" | "one_pole_block", Kind::Native) => boxed(one_pole()),
        ("butterworth", Kind::Native) => boxed(Butterworth::new(Band::Low, 4, CUTOFF_HZ, 0.0, SAMPLE_RATE)),
        ("osc_sine", Kind::Native) => {
            let mut sine = Sine::new(440.0, SAMPLE_RATE);
            sine.set_level(0.5);
            boxed(sine)
        }
        ("sines64", Kind::Native) => boxed(bank(64)),
        ("vcs3", Kind::Native) => boxed(ladder()),
        ("vcs3", Kind::NativeVoices) => boxed(ladders()),
        ("ring_modulator", Kind::Native) => boxed(ring(RING_FACTOR)),
        ("ring_modulator", Kind::NativeVoices) => boxed(rings(RING_FACTOR)),
        _ => return None,
    })
}

/// Whether eight of a workload's processors can be computed at once.
pub fn has_voices(workload: &Workload) -> bool {
    kernel(workload, Kind::NativeVoices).is_some()
}

/// A kernel among others.
pub(crate) fn boxed(kernel: impl Kernel + 'static) -> Box<dyn Kernel> {
    Box::new(kernel)
}

pub(crate) fn one_pole() -> OnePole {
    OnePole::new(Side::Low, ONE_POLE_HZ, SAMPLE_RATE)
}

/// So many sines, the harmonics of 55 Hz.
pub(crate) fn bank(sines: usize) -> SineBank {
    let mut bank = SineBank::new(SAMPLE_RATE);
    for k in 0..sines {
        bank.set(k, 55.0 * (k + 1) as f64, 1.0 / sines as f64);
    }
    bank
}

pub(crate) fn ladder() -> Vcs3 {
    Vcs3::new(Slopes::Thermal, Solver::Newton, CUTOFF_HZ, RESONANCE, SAMPLE_RATE)
}

pub(crate) fn ladders() -> Voices<Vcs3Voices<VOICES>> {
    Voices::new(Vcs3Voices::new(Slopes::Thermal, CUTOFF_HZ, RESONANCE, SAMPLE_RATE))
}

/// One ring modulator, at so many times the rate.
pub(crate) fn ring(factor: usize) -> RingModulator {
    RingModulator::oversampled(factor, HalfBand::LinearPhase, SAMPLE_RATE)
}

pub(crate) fn rings(factor: usize) -> Voices<RingVoices<VOICES>> {
    Voices::new(RingVoices::new(factor, HalfBand::LinearPhase, SAMPLE_RATE))
}

impl Kernel for OnePole {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        output.iter_mut().zip(&inputs[0]).for_each(|(y, x)| *y = self.tick(*x));
        Ok(())
    }
}

impl Kernel for Butterworth {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        output.iter_mut().zip(&inputs[0]).for_each(|(y, x)| *y = self.tick(*x));
        Ok(())
    }
}

impl Kernel for Sine {
    fn block(&mut self, _: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        output.iter_mut().for_each(|y| *y = self.tick());
        Ok(())
    }
}

impl Kernel for SineBank {
    fn block(&mut self, _: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        self.process(output);
        Ok(())
    }
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
pub(crate) struct Voices<C> {
    circuit: C,
    frames: [Vec<Frame>; 3],
}

impl<C> Voices<C> {
    fn new(circuit: C) -> Self {
        let frames = || vec![[0.0; VOICES]; FRAMES];
        Self { circuit, frames: [frames(), frames(), frames()] }
    }
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
        let frames = output.len();
        self.circuit.process(&input[..frames], &mut y[..frames]);
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
        let frames = output.len();
        self.circuit.process(&modulator[..frames], &carrier[..frames], &mut y[..frames]);
        first(y, output);
        Ok(())
    }

    fn voices(&self) -> usize {
        VOICES
    }
}

/// Several kernels on the same input, and their sum.
struct Many {
    kernels: Vec<Box<dyn Kernel>>,
    one: Vec<f64>,
}

/// Several kernels as one.
pub(crate) fn many(kernels: impl Iterator<Item = Box<dyn Kernel>>) -> Box<dyn Kernel> {
    Box::new(Many { kernels: kernels.collect(), one: vec![] })
}

impl Kernel for Many {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        self.one.resize(output.len(), 0.0);
        output.fill(0.0);
        for kernel in &mut self.kernels {
            kernel.block(inputs, &mut self.one)?;
            output.iter_mut().zip(&self.one).for_each(|(sum, y)| *sum += y);
        }
        Ok(())
    }
}

/// The way to a higher rate and back, with nothing between, for blocks of [`FRAMES`].
pub struct Converters {
    up: Upsampler,
    down: Downsampler,
    high: Vec<f64>,
}

impl Converters {
    /// By half-bands of this kind, to `factor` times the rate, a power of two.
    pub fn new(kind: HalfBand, factor: usize) -> Self {
        let high = vec![0.0; FRAMES * factor];
        Self { up: Upsampler::new(kind, factor), down: Downsampler::new(kind, factor), high }
    }
}

impl Kernel for Converters {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        self.up.process(&inputs[0], &mut self.high);
        self.down.process(&self.high, output);
        Ok(())
    }
}
