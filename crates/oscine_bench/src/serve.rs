//! oscine as one more peer: a process that computes a workload and times itself, by the protocol of `peers/c/driver.c`. So
//! its memory is measured as the others' is, and no side disturbs another's caches by sharing a process with it.

use std::io::{BufRead, Read, Write, stdin, stdout};
use std::time::Instant;

use oscine_lang::evaluate::on_large_stack;

use crate::kind::Kind;
use crate::memory::resident;
use crate::native;
use crate::script::{self, Kernel};
use crate::workload::{FRAMES, Workload};

/// Answers commands on standard input until it ends. The first line written is how many ms the kernel took to be ready.
pub fn serve(kind: &str, workload: &str) -> Result<(), String> {
    let workload = Workload::named(workload).ok_or_else(|| format!("no such workload: {workload}"))?;
    let inputs = read_inputs(&workload)?;
    let before = resident().now;
    let begin = Instant::now();
    match Kind::named(kind) {
        Some(kind @ (Kind::Oscine | Kind::OscineFast)) => {
            let name = format!("scripts/{}.py", workload.name);
            let mut kernel = script::compiled(&name, kind == Kind::OscineFast)?;
            answer(&mut kernel, &inputs, before, begin)
        }
        Some(Kind::OscineNumba) => {
            let mut kernel = script::compiled(&format!("peers/numba/{}.py", workload.peers), false)?;
            answer(&mut kernel, &inputs, before, begin)
        }
        Some(kind @ (Kind::Native | Kind::NativeVoices)) => {
            let mut kernel = native::kernel(&workload, kind).ok_or("no native processor computes this")?;
            answer(&mut *kernel, &inputs, before, begin)
        }
        Some(Kind::Evaluator) => {
            on_large_stack(|| script::evaluated(&workload, |kernel| answer(kernel, &inputs, before, begin)))
        }
        _ => Err(format!("{kind} is no side that oscine plays")),
    }
}

fn read_inputs(workload: &Workload) -> Result<Vec<Vec<f64>>, String> {
    let mut inputs = vec![vec![0.0; FRAMES]; workload.inputs()];
    let mut bytes = vec![0; 8 * FRAMES];
    for input in &mut inputs {
        stdin().lock().read_exact(&mut bytes).map_err(|e| e.to_string())?;
        for (sample, bytes) in input.iter_mut().zip(bytes.as_chunks().0) {
            *sample = f64::from_ne_bytes(*bytes);
        }
    }
    Ok(inputs)
}

fn answer(kernel: &mut dyn Kernel, inputs: &[Vec<f64>], before: u64, begin: Instant) -> Result<(), String> {
    let mut output = vec![0.0; FRAMES];
    let write = |line: String| {
        let mut out = stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|e| e.to_string())
    };
    write(format!("{}", begin.elapsed().as_secs_f64() * 1e3))?;
    for line in stdin().lock().lines() {
        let line = line.map_err(|e| e.to_string())?;
        let blocks: u32 = line.trim().parse().map_err(|_| format!("no number of blocks: {line}"))?;
        let mut result = Ok(());
        let begin = Instant::now();
        for _ in 0..blocks {
            result = result.and(kernel.block(inputs, &mut output));
        }
        let ns = begin.elapsed().as_secs_f64() * 1e9;
        result?;
        let memory = resident();
        let held = memory.now.saturating_sub(before);
        let samples: Vec<String> = output.iter().map(|sample| format!("{sample:e}")).collect();
        let ns = ns / f64::from(blocks) / (FRAMES * kernel.voices()) as f64;
        write(format!("{ns} {held} {} {}", memory.most, samples.join(" ")))?;
    }
    Ok(())
}
