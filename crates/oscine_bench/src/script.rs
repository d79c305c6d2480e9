//! A workload's script, compiled as a user's is, or run by the evaluator.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oscine_dsp::Processor;
use oscine_jit::{Machine, ScriptProcessor};
use oscine_lang::diagnostics::{Style, render};
use oscine_lang::evaluate::value::{Args, Array, ArrayData, Cells, Dtype, Value};
use oscine_lang::evaluate::{Interpreter, LoadOptions, array};
use oscine_lang::pipeline::{self, Failure};
use oscine_lang::specialise::form;

use crate::workload::{FRAMES, SAMPLE_RATE, Workload};

/// The most time for one call by the evaluator.
const CALL_BUDGET: Duration = Duration::from_mins(1);

/// A script as machine code.
#[derive(Debug)]
pub struct Compiled {
    /// The code.
    pub machine: Arc<Machine>,
    /// From the text to typed instructions, load time included.
    pub load_ms: f64,
    /// From instructions to machine code.
    pub compile_ms: f64,
}

fn options(block_frames: usize) -> LoadOptions {
    LoadOptions { sample_rate: SAMPLE_RATE, block_frames }
}

fn words(failure: &Failure) -> String {
    render(&failure.diagnostics, &failure.sources, Style::Full)
}

/// Compiles a text for blocks of so many frames; `path` is what errors call it.
pub fn compile(path: &Path, text: String, block_frames: usize, fast_math: bool) -> Result<Compiled, String> {
    let begin = Instant::now();
    let checked =
        pipeline::compile(path, text, options(block_frames), &mut |_| {}).map_err(|failure| words(&failure))?;
    let load_ms = begin.elapsed().as_secs_f64() * 1e3;
    let begin = Instant::now();
    let machine = oscine_jit::compile(checked.program, oscine_jit::Options { fast_math }).map_err(|e| e.to_string())?;
    Ok(Compiled { machine, load_ms, compile_ms: begin.elapsed().as_secs_f64() * 1e3 })
}

/// Computes blocks of a workload in this process, going on from block to block.
pub trait Kernel {
    /// One block.
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String>;

    /// How many voices it computes at once, by which its time is divided.
    fn voices(&self) -> usize {
        1
    }
}

impl Kernel for ScriptProcessor {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        let mut channels: [&[f64]; 8] = [&[]; 8];
        for (channel, input) in channels.iter_mut().zip(inputs) {
            *channel = input;
        }
        self.process(&channels[..inputs.len()], &mut [output]).map_err(|fault| self.describe_fault(&fault))
    }
}

/// One of the files that this crate carries, compiled.
pub fn compiled(name: &str, fast_math: bool) -> Result<ScriptProcessor, String> {
    let text = crate::files::text(name).ok_or_else(|| format!("there is no {name}"))?;
    Ok(compile(Path::new(name), text.to_owned(), FRAMES, fast_math)?.machine.instantiate(Arc::default()))
}

/// Has the evaluator run the script of a workload and hands it to `work`. Runs on a stack deep enough for Python if its
/// caller does.
pub fn evaluated<T>(workload: &Workload, work: impl FnOnce(&mut dyn Kernel) -> Result<T, String>) -> Result<T, String> {
    let name = format!("scripts/{}.py", workload.name);
    let text = crate::files::text(&name).ok_or_else(|| format!("there is no {name}"))?;
    let mut print = |_: &str| {};
    let mut interpreter = Interpreter::new(options(FRAMES), &mut print);
    let loaded = interpreter.load(Path::new(&name), text.to_owned()).map_err(|failure| words(&failure))?;
    let process = loaded.module.globals.get("process").ok_or("it has no process")?;
    let (function, bound) = form::definition(&process).ok_or("its process is no function")?;
    let is_block = form::is_block_form(&function, bound);
    work(&mut Evaluated { interpreter, process, is_block })
}

struct Evaluated<'a> {
    interpreter: Interpreter<'a>,
    process: Value,
    is_block: bool,
}

impl Evaluated<'_> {
    fn call(&mut self, positional: Vec<Value>) -> Result<Value, String> {
        // Each call may take as long as a script may load.
        self.interpreter.set_budget(CALL_BUDGET);
        let args = Args { positional, ..Args::default() };
        self.interpreter.call(&self.process, args).map_err(|raised| self.interpreter.describe(&raised))
    }
}

impl Kernel for Evaluated<'_> {
    fn block(&mut self, inputs: &[Vec<f64>], output: &mut [f64]) -> Result<(), String> {
        if self.is_block {
            let Value::Array(block) = self.call(inputs.iter().map(|input| vector(input)).collect())? else {
                return Err("it gave no block".into());
            };
            for (sample, value) in output.iter_mut().zip(array::rows(&block)) {
                *sample = number(&value)?;
            }
            return Ok(());
        }
        for (n, sample) in output.iter_mut().enumerate() {
            let value = self.call(inputs.iter().map(|input| Value::Float(input[n])).collect())?;
            *sample = number(&value)?;
        }
        Ok(())
    }
}

fn vector(samples: &[f64]) -> Value {
    let data = Rc::new(ArrayData { dtype: Dtype::Float, cells: Cells::Float(samples.to_vec()).into() });
    Value::Array(Array { data, offset: 0, shape: vec![samples.len()], strides: vec![1] })
}

fn number(value: &Value) -> Result<f64, String> {
    match array::plain(value) {
        Value::Float(value) => Ok(value),
        Value::Int(value) => Ok(value as f64),
        other => Err(format!("it gave no sample: {other:?}")),
    }
}
