//! The programs of `tests/language` that define `process`, compiled to machine code and compared with what CPython
//! wrote, within each program's own allowance; and the same bits whatever the number of frames asked for at a time.
//!
//! `OSCINE_PROGRAM=words` runs only the programs whose file or heading contains these words.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, thread};

use assert_no_alloc::assert_no_alloc;
use oscine::settings;
use oscine_conformance::{Program, compare, hex, programs};
use oscine_dsp::Processor;
use oscine_engine::{AllocationGuard, StopFlag};
use oscine_jit::Machine;
use oscine_lang::diagnostics::Diagnostic;
use oscine_lang::evaluate::LoadOptions;
use oscine_lang::pipeline;
use oscine_lang::source::Sources;

#[global_allocator]
static ALLOCATOR: AllocationGuard = AllocationGuard;

/// The script's path in messages.
const PATH: &str = "script.py";
/// How long a program may run before it counts as endless.
const LIMIT: Duration = Duration::from_mins(1);
/// Frames asked for at a time, besides whole blocks.
const PIECES: [usize; 4] = [1, 7, 64, 512];

#[test]
fn machine_code_agrees_with_cpython() {
    let wanted = env::var("OSCINE_PROGRAM").unwrap_or_default();
    let chosen = |program: &Program| {
        defines_process(&program.source) && (program.heading.contains(&wanted) || program.file.contains(&wanted))
    };
    let waiting: VecDeque<Program> = programs().into_iter().filter(chosen).collect();
    let count = waiting.len();
    assert!(count > 0, "no program is called {wanted:?}");
    let (waiting, failures) = (Mutex::new(waiting), Mutex::new(Vec::new()));
    let next = || waiting.lock().expect("a queue").pop_front();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(program) = next() {
                    let result = catch_unwind(AssertUnwindSafe(|| judge(&program)));
                    if let Err(words) = result.unwrap_or_else(|_| Err("oscine panicked".to_owned())) {
                        let place = format!("{}:{}: {}", program.file, program.line, program.heading);
                        failures
                            .lock()
                            .expect("a list")
                            .push(format!("{place}\n    {}", words.replace('\n', "\n    ")));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("a list");
    failures.sort();
    assert!(failures.is_empty(), "{} of {count} programs differ:\n{}", failures.len(), failures.join("\n"));
}

fn defines_process(source: &str) -> bool {
    source.lines().any(|line| line.starts_with("def process(") || line.starts_with("process ="))
}

/// Whether the program gives what CPython gives, and the same in pieces of any length.
fn judge(program: &Program) -> Result<(), String> {
    let options = &program.options;
    let load = LoadOptions { sample_rate: options.sample_rate, block_frames: options.block_frames };
    let mut printed = String::new();
    let compiled = pipeline::compile(Path::new(PATH), program.source.clone(), load, &mut |text| printed.push_str(text));
    let printed: Vec<String> = printed.lines().map(str::to_owned).collect();
    let checked = match compiled {
        Ok(checked) => checked,
        Err(failure) => {
            let last = raised(&failure.diagnostics[0], &failure.sources)?;
            return compare(&program.expected, &[printed, vec![last]].concat(), options);
        }
    };
    let jit = oscine_jit::Options { fast_math: false };
    let machine = oscine_jit::compile(checked.program, jit).map_err(|error| format!("no machine code: {error}"))?;
    let whole = run(&machine, program, options.block_frames)?;
    compare(&program.expected, &[printed, whole.clone()].concat(), options)?;
    for frames in PIECES {
        let pieces = run(&machine, program, frames)?;
        if pieces != whole {
            let row = whole.iter().zip(&pieces).take_while(|(a, b)| a == b).count();
            return Err(format!(
                "{frames} frames at a time differ in frame {row}: {:?}, not {:?}",
                pieces.get(row),
                whole.get(row)
            ));
        }
    }
    Ok(())
}

/// What a new instance computes, a line a frame, `piece_frames` at a time where its form allows that.
fn run(machine: &Arc<Machine>, program: &Program, piece_frames: usize) -> Result<Vec<String>, String> {
    let stop = StopFlag::default();
    let processor = machine.instantiate(stop.clone());
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if is_done.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
                stop.store(1, Relaxed);
            }
        });
        let result = play(processor, program, piece_frames);
        drop(done);
        result
    })
}

/// An exception at load time as CPython's line; any other diagnostic is an error, since CPython ran the program.
fn raised(diagnostic: &Diagnostic, sources: &Sources) -> Result<String, String> {
    let (line, column) = sources.line_column(diagnostic.span);
    if diagnostic.code != "raised-while-loading" {
        return Err(format!("{PATH}:{line}:{column}: error[{}] {}", diagnostic.code, diagnostic.message));
    }
    Ok(format!("line {line}: {}", diagnostic.message).trim_end_matches([' ', ':']).to_owned())
}

fn play(mut processor: impl Processor, program: &Program, piece_frames: usize) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    let options = &program.options;
    let face = processor.face().clone();
    let piece_frames = face.fixed_block_frames.unwrap_or(piece_frames);
    for (name, value) in &options.settings {
        let (index, value) = settings::read(&format!("{name}={value}"), &face.params)?;
        processor.jump_param(index, value);
    }
    let mut inputs: Vec<Option<Vec<f64>>> = vec![None; face.inputs.len()];
    for (name, mut samples) in options.fitted_inputs() {
        let port = match &name {
            Some(name) => face.inputs.iter().position(|port| port.name == *name),
            None => inputs.iter().position(Option::is_none),
        };
        let port = port.ok_or_else(|| format!("no input for the signal {name:?}"))?;
        samples.resize(options.frames.next_multiple_of(piece_frames.max(1)), 0.0);
        inputs[port] = Some(samples);
    }
    let mut buffers = vec![vec![0.0; piece_frames]; face.inputs.len()];
    let mut outputs = vec![vec![0.0; piece_frames]; face.outputs];
    let mut frame = 0;
    while frame < options.frames {
        let left = options.frames - frame;
        let frames = if face.fixed_block_frames.is_some() { piece_frames } else { piece_frames.min(left) };
        for ((buffer, samples), port) in buffers.iter_mut().zip(&inputs).zip(&face.inputs) {
            match (samples, port.default) {
                (Some(samples), _) => buffer[..frames].copy_from_slice(&samples[frame..frame + frames]),
                (None, Some(default)) => buffer.fill(default),
                (None, None) => return Err(format!("nothing is given for the input `{}`", port.name)),
            }
        }
        let ins: Vec<&[f64]> = buffers.iter().map(|buffer| &buffer[..frames]).collect();
        let mut outs: Vec<&mut [f64]> = outputs.iter_mut().map(|output| &mut output[..frames]).collect();
        let result = assert_no_alloc(|| processor.process(&ins, &mut outs));
        let good = result.map_or_else(|fault| fault.frames_done as usize, |()| frames.min(left));
        for n in 0..good {
            lines.push(outputs.iter().map(|output| hex(output[n])).collect::<Vec<_>>().join(" "));
        }
        if let Err(fault) = result {
            let words = processor.describe_fault(&fault);
            let told = words.strip_prefix(PATH).and_then(|rest| rest.strip_prefix(':'));
            lines.push(
                told.map_or(words.clone(), |told| format!("line {told}")).trim_end_matches([' ', ':']).to_owned(),
            );
            break;
        }
        frame += frames;
    }
    Ok(lines)
}
