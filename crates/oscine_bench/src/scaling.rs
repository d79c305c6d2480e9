//! Cost against size: how the time for a sample grows with voices, block size and oversampling.
//!
//! Scripts are those of the workloads, written for each size; sizes run in turn, as the sides of a contest do.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use crate::script::{self, Kernel};
use crate::spread::Spread;
use crate::table::Table;
use crate::workload::{FRAMES, LIMIT_US, Workload};
use crate::{files, native};

/// How long a size runs in a round, about.
const ROUND_NS: f64 = 1e6;

const FRAMES_A_BLOCK: &str = "frames a block";

/// Time for a sample at each size of something.
#[derive(Debug)]
pub struct Curve {
    /// What programs call it.
    pub name: &'static str,
    /// What is run.
    pub title: &'static str,
    /// What grows.
    pub axis: &'static str,
    /// Sizes and ns for each sample.
    pub points: Vec<(usize, Spread)>,
}

/// A size with its kernel and the frames that are asked of it at a time.
struct Entrant {
    size: usize,
    kernel: Box<dyn Kernel>,
    frames: usize,
}

/// Measures all curves, in `rounds` rounds each; `tell` hears what is being measured.
pub fn measure(rounds: usize, tell: &dyn Fn(&str)) -> Result<Vec<Curve>, String> {
    let curve = |name, title, axis, workload: &str, entrants: Result<Vec<Entrant>, String>| {
        tell(&format!("{title}, {axis}"));
        let inputs = Workload::named(workload).ok_or_else(|| format!("there is no {workload}"))?.input_block();
        Ok(Curve { name, title, axis, points: race(entrants?, &inputs, rounds)? })
    };
    let voices = sizes(1024).map(|n| written("sines64", "range(64)", &format!("range({n})"), n, FRAMES));
    let factor = |n| format!("OVERSAMPLING = {n}");
    let steps = sizes(64).map(|n| written("ring_core", "OVERSAMPLING = 30", &factor(n), n, FRAMES));
    let rates = [1, 2, 4, 8].map(|n| Entrant { size: n, kernel: native::ring(n), frames: FRAMES });
    let blocks = |workload| sizes(2048).map(|n| written(workload, "", "", n, n)).collect();
    [
        curve("voices", "sine oscillators, a list of objects", "voices", "sines64", voices.collect()),
        curve("oversampling", "the ring modulator's circuit", "steps a sample", "ring_core", steps.collect()),
        curve("native_ring", "the native ring modulator", "times the rate", "ring_modulator", Ok(rates.into())),
        curve("block_one_pole", "one-pole low-pass", FRAMES_A_BLOCK, "one_pole", blocks("one_pole")),
        curve("block_vcs3", "VCS3 filter", FRAMES_A_BLOCK, "vcs3", blocks("vcs3")),
    ]
    .into_iter()
    .collect()
}

/// Powers of two.
fn sizes(most: usize) -> impl Iterator<Item = usize> {
    (0..=most.ilog2()).map(|power| 1 << power)
}

/// A workload's script with a part of its text replaced, compiled.
fn written(workload: &str, part: &str, by: &str, size: usize, frames: usize) -> Result<Entrant, String> {
    let name = format!("scripts/{workload}.py");
    let text = files::text(&name).filter(|text| text.contains(part)).ok_or_else(|| format!("{name} has no {part}"))?;
    let text = if part.is_empty() { text.to_owned() } else { text.replace(part, by) };
    let machine = script::compile(Path::new(&name), text, false)?.machine;
    Ok(Entrant { size, kernel: Box::new(machine.instantiate(Arc::default())), frames })
}

fn race(mut entrants: Vec<Entrant>, inputs: &[Vec<f64>], rounds: usize) -> Result<Vec<(usize, Spread)>, String> {
    let mut times: Vec<Vec<f64>> = vec![vec![]; entrants.len()];
    let mut calls = vec![1usize; entrants.len()];
    // The first round warms up and says how long a call takes.
    for round in 0..=rounds {
        for (n, entrant) in entrants.iter_mut().enumerate() {
            let blocks: Vec<Vec<f64>> = inputs.iter().map(|input| cycled(input, entrant.frames)).collect();
            let mut output = vec![0.0; entrant.frames];
            let begin = Instant::now();
            for _ in 0..calls[n] {
                entrant.kernel.block(&blocks, &mut output)?;
            }
            let ns = begin.elapsed().as_secs_f64() * 1e9 / calls[n] as f64;
            if round == 0 {
                calls[n] = (ROUND_NS / ns).clamp(1.0, 1e6) as usize;
            } else {
                times[n].push(ns / entrant.frames as f64);
            }
        }
    }
    Ok(entrants.iter().zip(times).map(|(entrant, times)| (entrant.size, Spread::of(times))).collect())
}

/// As many frames as are asked for, from the block over and over.
fn cycled(block: &[f64], frames: usize) -> Vec<f64> {
    block.iter().copied().cycle().take(frames).collect()
}

/// A table for each curve.
pub fn print(curves: &[Curve], markdown: bool) -> String {
    let table = |curve: &Curve| {
        // What a block saves is the call; what voices and steps cost is their number.
        let is_block = curve.axis == FRAMES_A_BLOCK;
        let last = if is_block { "ns/block" } else { "ns/sample by size" };
        let mut table = Table::new(&[curve.axis, "ns/sample", "spread", "of real time", last]);
        for (size, time) in &curve.points {
            table.push(vec![
                size.to_string(),
                format!("{:.2}", time.median),
                format!("±{:.0} %", time.deviation() * 100.0),
                format!("{:.3} %", 0.1 * time.median / LIMIT_US),
                format!("{:.2}", if is_block { time.median * *size as f64 } else { time.median / *size as f64 }),
            ]);
        }
        let hashes = if markdown { "### " } else { "" };
        format!("{hashes}{}\n\n{}", curve.title, table.print(markdown))
    };
    curves.iter().map(table).collect::<Vec<_>>().join("\n")
}

/// All curves, for programs.
pub fn json(curves: &[Curve]) -> Value {
    let curve = |curve: &Curve| {
        let points = curve
            .points
            .iter()
            .map(|(size, time)| json!({ "size": size, "ns_per_sample": time.median, "deviation": time.deviation() }));
        json!({ "name": curve.name, "axis": curve.axis, "points": points.collect::<Vec<_>>() })
    };
    json!({ "scaling": curves.iter().map(curve).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::{sizes, written};

    #[test]
    fn sizes_are_powers_of_two_to_the_last() {
        assert_eq!(sizes(8).collect::<Vec<_>>(), [1, 2, 4, 8]);
    }

    #[test]
    fn a_bank_of_one_is_its_first_oscillator() {
        let mut bank = written("sines64", "range(64)", "range(1)", 1, 4).unwrap();
        let mut output = [9.0; 4];
        bank.kernel.block(&[], &mut output).unwrap();
        let expected = |n: f64| (std::f64::consts::TAU * 55.0 / 44_100.0 * n).sin() / 64.0;
        for (n, sample) in output.iter().enumerate() {
            assert!((sample - expected(n as f64)).abs() < 1e-15, "{output:?}");
        }
        assert!(written("sines64", "range(65)", "", 1, 4).is_err());
    }
}
