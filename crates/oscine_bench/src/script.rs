//! Compiles a script as a user's is, and tells how long the stages took.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use oscine_dsp::Processor;
use oscine_jit::{Machine, ScriptProcessor};
use oscine_lang::diagnostics::{Style, render};
use oscine_lang::evaluate::{self, LoadOptions};
use oscine_lang::specialise::specialise;

use crate::contest::{Round, Side};
use crate::workload::{FRAMES, SAMPLE_RATE, Workload};

/// A script as machine code.
#[derive(Debug)]
pub struct Compiled {
    /// The code.
    pub machine: Arc<Machine>,
    /// Time for reading the file, parsing it and running its load time.
    pub load_ms: f64,
    /// Time from live objects to machine code.
    pub compile_ms: f64,
}

/// Compiles a file.
pub fn compile(path: &Path) -> Result<Compiled, String> {
    let begin = Instant::now();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let options = LoadOptions { sample_rate: SAMPLE_RATE, block_frames: FRAMES };
    let words = |failure: oscine_lang::pipeline::Failure| render(&failure.diagnostics, &failure.sources, Style::Full);
    let loaded = evaluate::load(path, text, options, &mut |_| {}).map_err(words)?;
    let load_ms = begin.elapsed().as_secs_f64() * 1e3;
    let begin = Instant::now();
    let checked = specialise(&loaded).map_err(words)?;
    let machine = oscine_jit::compile(checked.program, oscine_jit::Options::default()).map_err(|e| e.to_string())?;
    Ok(Compiled { machine, load_ms, compile_ms: begin.elapsed().as_secs_f64() * 1e3 })
}

/// oscine's side of a contest.
#[derive(Debug)]
pub struct Ours {
    processor: ScriptProcessor,
    inputs: Vec<Vec<f64>>,
}

impl Ours {
    /// Compiles the script of a workload.
    pub fn new(workload: &Workload) -> Result<Self, String> {
        let compiled = compile(&workload.script())?;
        Ok(Self { processor: compiled.machine.instantiate(Arc::default()), inputs: workload.input_block() })
    }
}

impl Side for Ours {
    fn run(&mut self, blocks: u32) -> Result<Round, String> {
        let inputs: Vec<&[f64]> = self.inputs.iter().map(Vec::as_slice).collect();
        let mut output = vec![0.0; FRAMES];
        let mut result = Ok(());
        let begin = Instant::now();
        for _ in 0..blocks {
            result = result.and(self.processor.process(&inputs, &mut [&mut output]));
        }
        let ns = begin.elapsed().as_secs_f64() * 1e9;
        result.map_err(|fault| self.processor.describe_fault(&fault))?;
        Ok(Round { ns_per_sample: ns / f64::from(blocks) / FRAMES as f64, output })
    }
}
