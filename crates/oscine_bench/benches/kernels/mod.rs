//! The kernels that are timed (`speed`) and whose instructions are counted (`instructions`): each is listed here, once.
//!
//! A kernel is a name and what makes it ready; one turn of it is a block of 512 frames at 44.1 kHz, or one compilation. What
//! `oscine run` finds by name is listed as it is played, with its parameters' ramps around it; voices, oversampling and
//! compiled scripts as a program calls them.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use oscine_bench::files;
use oscine_bench::native::Converters;
use oscine_bench::script::{self, Kernel};
use oscine_bench::workload::{FRAMES, SAMPLE_RATE, Workload};
use oscine_dsp::oversample::Kind;
use oscine_dsp::{Processor, RingVoices, Slopes, Vcs3Voices, by_name};
use oscine_jit::Machine;
use oscine_lang::evaluate::{LoadOptions, on_large_stack};
use oscine_lang::pipeline;

/// A kernel that is ready: each call is a turn.
pub(crate) type Turn = Box<dyn FnMut()>;

/// One of the list.
#[derive(Clone, Copy)]
pub(crate) struct Listed {
    /// Its name: a family, and what of it.
    pub(crate) name: &'static str,
    ready: fn() -> Turn,
}

impl Listed {
    /// Prepares it and takes the first turn, in which tables are made and code is found.
    pub(crate) fn ready(self) -> Turn {
        let mut turn = (self.ready)();
        turn();
        turn
    }
}

const fn listed(name: &'static str, ready: fn() -> Turn) -> Listed {
    Listed { name, ready }
}

/// All of them.
pub(crate) const ALL: [Listed; 31] = [
    listed("native/one_pole", || native("one_pole", &[])),
    listed("native/butterworth", || native("butterworth", &[])),
    listed("native/butterworth, order 12", || native("butterworth", &[("order", 12.0)])),
    listed("native/butterworth, moved", || moved("butterworth", "cutoff", [500.0, 2000.0])),
    listed("native/sine", || native("sine", &[])),
    listed("native/sines", || native("sines", &[])),
    listed("native/vcs3", || native("vcs3", &[])),
    listed("native/vcs3, moved", || moved("vcs3", "cutoff", [500.0, 2000.0])),
    listed("native/vcs3, paper", || native("vcs3", &[("solver", 1.0)])),
    listed("native/ring_modulator, 1x", || native("ring_modulator", &[("oversampling", 0.0)])),
    listed("native/ring_modulator, 2x", || native("ring_modulator", &[("oversampling", 1.0)])),
    listed("native/ring_modulator, 8x", || native("ring_modulator", &[("oversampling", 3.0)])),
    listed("native/ring_modulator, paper", || native("ring_modulator", &[("solver", 1.0)])),
    listed("voices/vcs3, 4", || {
        let mut voices = Vcs3Voices::<4>::new(Slopes::Thermal, 1000.0, 4.0, SAMPLE_RATE);
        let [input, mut output] = [spread(0.1), vec![[0.0; 4]; FRAMES]];
        Box::new(move || voices.process(black_box(&input), black_box(&mut output)))
    }),
    listed("voices/vcs3, 8", || {
        let mut voices = Vcs3Voices::<8>::new(Slopes::Thermal, 1000.0, 4.0, SAMPLE_RATE);
        let [input, mut output] = [spread(0.1), vec![[0.0; 8]; FRAMES]];
        Box::new(move || voices.process(black_box(&input), black_box(&mut output)))
    }),
    listed("voices/ring_modulator, 4", || {
        let mut voices = RingVoices::<4>::new(2, Kind::LinearPhase, SAMPLE_RATE);
        let [modulator, carrier, mut output] = [spread(0.5), spread(0.3), vec![[0.0; 4]; FRAMES]];
        Box::new(move || voices.process(black_box(&modulator), black_box(&carrier), black_box(&mut output)))
    }),
    listed("voices/ring_modulator, 8", || {
        let mut voices = RingVoices::<8>::new(2, Kind::LinearPhase, SAMPLE_RATE);
        let [modulator, carrier, mut output] = [spread(0.5), spread(0.3), vec![[0.0; 8]; FRAMES]];
        Box::new(move || voices.process(black_box(&modulator), black_box(&carrier), black_box(&mut output)))
    }),
    listed("oversample/linear phase, 2x", || there_and_back(Kind::LinearPhase, 2)),
    listed("oversample/linear phase, 8x", || there_and_back(Kind::LinearPhase, 8)),
    listed("oversample/low latency, 2x", || there_and_back(Kind::LowLatency, 2)),
    listed("oversample/low latency, 8x", || there_and_back(Kind::LowLatency, 8)),
    listed("script/one_pole", || compiled("one_pole", false)),
    listed("script/biquad", || compiled("biquad", false)),
    listed("script/butterworth", || compiled("butterworth", false)),
    listed("script/ring_core", || compiled("ring_core", false)),
    listed("script/ring_core, --fast-math", || compiled("ring_core", true)),
    listed("script/vcs3", || compiled("vcs3", false)),
    listed("script/vcs3, --fast-math", || compiled("vcs3", true)),
    listed("script/sines64", || compiled("sines64", false)),
    listed("compile/one_pole", || compilation("one_pole")),
    listed("compile/vcs3", || compilation("vcs3")),
];

/// Two sines, the sum below full scale.
fn signal() -> Vec<f64> {
    workload("one_pole").input_block().remove(0)
}

/// The signal in every voice, so many volts at full scale.
fn spread<const N: usize>(volts: f64) -> Vec<[f64; N]> {
    signal().into_iter().map(|x| [volts * x; N]).collect()
}

fn workload(name: &str) -> Workload {
    Workload::named(name).expect("a workload of this name")
}

fn by_its_name(name: &str) -> Box<dyn Processor> {
    by_name(name, SAMPLE_RATE).expect("a native processor of this name")
}

fn index_of(processor: &dyn Processor, param: &str) -> usize {
    processor.face().params.iter().position(|p| p.name == param).expect("a parameter of this name")
}

/// A native processor with these values of its parameters.
fn native(name: &str, values: &[(&str, f64)]) -> Turn {
    let mut processor = by_its_name(name);
    for &(param, value) in values {
        processor.jump_param(index_of(&*processor, param), value);
    }
    let mut block = block(&*processor);
    Box::new(move || block(&mut *processor))
}

/// A native processor with a parameter that is on its way from one value to the other all the time.
fn moved(name: &str, param: &str, values: [f64; 2]) -> Turn {
    let mut processor = by_its_name(name);
    let index = index_of(&*processor, param);
    let mut block = block(&*processor);
    let mut values = values.into_iter().cycle();
    Box::new(move || {
        processor.set_param(index, values.next().unwrap_or_default());
        block(&mut *processor);
    })
}

/// The signal for the first input, silence for another, and room for the output.
fn block(processor: &dyn Processor) -> impl FnMut(&mut dyn Processor) + use<> {
    let mut inputs = vec![vec![0.0; FRAMES]; processor.face().inputs.len()];
    if let Some(first) = inputs.first_mut() {
        *first = signal();
    }
    let mut output = vec![0.0; FRAMES];
    move |processor| {
        let mut channels = [&[][..]; 2];
        for (channel, input) in channels.iter_mut().zip(&inputs) {
            *channel = black_box(input);
        }
        let outputs = &mut [black_box(&mut output[..])];
        processor.process(&channels[..inputs.len()], outputs).expect("native processors have no faults");
    }
}

/// Up to so many times the rate and back.
fn there_and_back(kind: Kind, factor: usize) -> Turn {
    turn(Converters::new(kind, factor), vec![signal()])
}

/// A workload's script as machine code.
fn compiled(name: &str, fast_math: bool) -> Turn {
    let kernel = script::compiled(&format!("scripts/{name}.py"), fast_math).expect("the script compiles");
    turn(kernel, workload(name).input_block())
}

/// A block of a kernel on the same input again and again.
fn turn(mut kernel: impl Kernel + 'static, inputs: Vec<Vec<f64>>) -> Turn {
    let mut output = vec![0.0; FRAMES];
    Box::new(move || kernel.block(black_box(&inputs), black_box(&mut output)).expect("the kernel has no faults"))
}

/// From a workload's text to machine code.
fn compilation(name: &str) -> Turn {
    let file = format!("scripts/{name}.py");
    let text = files::text(&file).expect("a script of this name");
    Box::new(move || {
        black_box(on_large_stack(|| compile_once(Path::new(&file), black_box(text))));
    })
}

/// Runs on a thread of its own, as scripts do. Its name tells Valgrind what to count there: it must not be inlined, and call
/// no function of a name that begins with its own.
#[inline(never)]
fn compile_once(path: &Path, text: &str) -> Arc<Machine> {
    let options = LoadOptions { sample_rate: SAMPLE_RATE, block_frames: FRAMES };
    let checked = pipeline::compile_here(path, text.to_owned(), options, &mut |_| {}).expect("the script compiles");
    oscine_jit::compile(checked.program, oscine_jit::Options::default()).expect("it can be translated")
}
