//! Cost against size: how the time for a sample grows with voices, block size and oversampling.
//!
//! A panel shows several ways to do one thing at each size: scripts, written for the size, and native processors. All sizes of
//! a panel run in turn, as the sides of a contest do; what is slow takes part in every so many rounds only.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use oscine_dsp::Sine;
use oscine_dsp::oversample::Kind as HalfBand;
use serde_json::{Value, json};

use crate::files;
use crate::native::{self, Converters};
use crate::report::digits;
use crate::script::{self, Kernel};
use crate::spread::Spread;
use crate::table::Table;
use crate::workload::{FRAMES, LIMIT_US, SAMPLE_RATE, Workload};

/// How long an entrant runs in a round, about.
const ROUND_NS: f64 = 1e6;

/// The most time that an entrant runs in all, about.
const MOST_NS: f64 = 1.5e9;

/// Rounds that even the slowest takes part in.
const LEAST_ROUNDS: usize = 3;

/// Frames of a block where many voices run, so that a thousand of them take part often enough.
const VOICE_FRAMES: usize = 64;

/// Frames of the longest block.
const MOST_FRAMES: usize = 2048;

/// Ways to do one thing, at each size of something.
#[derive(Debug)]
pub struct Panel {
    /// What programs call it.
    pub name: &'static str,
    /// What is done.
    pub title: &'static str,
    /// What grows.
    pub axis: &'static str,
    /// The ways.
    pub lines: Vec<Line>,
}

/// One way, at each of its sizes.
#[derive(Debug)]
pub struct Line {
    /// Who does it.
    pub title: &'static str,
    /// Sizes and ns for each sample.
    pub points: Vec<(usize, Spread)>,
}

/// One way at one size, and the frames that are asked of it at a time.
struct Entrant {
    size: usize,
    kernel: Box<dyn Kernel>,
    frames: usize,
}

type Way = (&'static str, Vec<Entrant>);

/// A panel's name, title and axis, the workload whose input it hears, and what makes its ways.
type Asked = (&'static str, &'static str, &'static str, &'static str, fn() -> Result<Vec<Way>, String>);

/// Measures all panels, in `rounds` rounds each; `tell` hears what is being measured, and `is_over` ends it.
pub fn measure(rounds: usize, tell: &dyn Fn(&str), is_over: &dyn Fn() -> bool) -> Result<Vec<Panel>, String> {
    let panels: [Asked; 8] = [
        ("voices_sine", "sine oscillators", "voices", "sines64", sines),
        ("voices_vcs3", "VCS3 filters by Newton's method", "voices", "vcs3", || ladders(1024)),
        ("voices_ring", "ring modulators at the sample rate", "voices", "ring_modulator", || rings(1024)),
        ("blocks_one_pole", "one-pole low-pass", "frames a block", "one_pole", blocks_one_pole),
        ("blocks_vcs3", "VCS3 filter", "frames a block", "vcs3", blocks_vcs3),
        ("blocks_ring", "ring modulator", "frames a block", "ring_modulator", blocks_ring),
        ("oversampling_ring", "the ring modulator", "steps a sample", "ring_modulator", steps),
        ("oversampling", "half-band filters, up and down", "times the rate", "one_pole", converters),
    ];
    let panel = |(name, title, axis, workload, ways): Asked| {
        tell(&format!("{title}, {axis}"));
        let inputs = Workload::named(workload).ok_or_else(|| format!("there is no {workload}"))?.input_block();
        Ok(Panel { name, title, axis, lines: race(ways()?, &inputs, rounds, is_over)? })
    };
    panels.into_iter().map(panel).collect()
}

fn sines() -> Result<Vec<Way>, String> {
    let script = |n| written("scripts/sines64.py", &[("range(64)", &format!("range({n})"))], n, VOICE_FRAMES);
    let sine = |k: usize| Sine::new(55.0 * (k + 1) as f64, SAMPLE_RATE);
    Ok(vec![
        ("script, a list of objects", sizes(1, 1024).map(script).collect::<Result<_, _>>()?),
        ("native, one by one", many(1024, |n| native::many((0..n).map(|k| native::boxed(sine(k)))))),
        ("native, one processor", many(256, |n| native::boxed(native::bank(n)))),
    ])
}

fn ladders(most: usize) -> Result<Vec<Way>, String> {
    voices("scripts/vcs3_voices.py", most, || native::boxed(native::ladder()), || native::boxed(native::ladders()))
}

fn rings(most: usize) -> Result<Vec<Way>, String> {
    voices("scripts/ring_voices.py", most, || native::boxed(native::ring(1)), || native::boxed(native::rings(1)))
}

/// Voices of a circuit: units of a script that is written for eight, and native ones alone and in lanes.
fn voices(
    script: &str,
    most: usize,
    alone: fn() -> Box<dyn Kernel>,
    eight: fn() -> Box<dyn Kernel>,
) -> Result<Vec<Way>, String> {
    let script = |n| written(script, &[("range(8)", &format!("range({n})"))], n, VOICE_FRAMES);
    let native = |of: fn() -> Box<dyn Kernel>, n| native::many(std::iter::repeat_with(of).take(n));
    Ok(vec![
        ("script, units of oscine.dsp", sizes(1, most).map(script).collect::<Result<_, _>>()?),
        ("native, one by one", many(most, |n| native(alone, n))),
        ("native, lanes of 8", many(most, |n| native(eight, n.div_ceil(8)))),
    ])
}

fn blocks_one_pole() -> Result<Vec<Way>, String> {
    Ok(vec![
        ("script, sample form", blocks("scripts/one_pole.py")?),
        ("script, block form", blocks("scripts/one_pole_block.py")?),
        ("native", native_blocks(|| native::boxed(native::one_pole()))),
    ])
}

fn blocks_vcs3() -> Result<Vec<Way>, String> {
    Ok(vec![
        ("script, sample form", blocks("scripts/vcs3.py")?),
        ("script, block form", blocks("peers/numba/vcs3.py")?),
        ("native", native_blocks(|| native::boxed(native::ladder()))),
    ])
}

fn blocks_ring() -> Result<Vec<Way>, String> {
    Ok(vec![
        ("script, sample form", blocks("scripts/ring_modulator.py")?),
        ("script, block form with lfilter", blocks("scripts/ring_modulator_lfilter.py")?),
        ("native, twice the rate", native_blocks(|| native::boxed(native::ring(2)))),
    ])
}

fn steps() -> Result<Vec<Way>, String> {
    let factor = |n| format!("OVERSAMPLING = {n}");
    let script = |file: &'static str| move |n| written(file, &[("OVERSAMPLING = 30", &factor(n))], n, FRAMES);
    let ring = |n| Entrant { size: n, kernel: native::boxed(native::ring(n)), frames: FRAMES };
    Ok(vec![
        ("script, the circuit alone", sizes(1, 64).map(script("scripts/ring_core.py")).collect::<Result<_, _>>()?),
        // A low-pass at half the rate of its input would pass everything.
        ("script, the whole way", sizes(2, 64).map(script("scripts/ring_modulator.py")).collect::<Result<_, _>>()?),
        ("native, the whole way", sizes(1, 8).map(ring).collect()),
    ])
}

fn converters() -> Result<Vec<Way>, String> {
    let pair = |kind| move |n| Entrant { size: n, kernel: native::boxed(Converters::new(kind, n)), frames: FRAMES };
    Ok(vec![
        ("native, linear phase", sizes(2, 32).map(pair(HalfBand::LinearPhase)).collect()),
        ("native, low latency", sizes(2, 32).map(pair(HalfBand::LowLatency)).collect()),
    ])
}

/// Powers of two.
fn sizes(least: usize, most: usize) -> impl Iterator<Item = usize> {
    (least.ilog2()..=most.ilog2()).map(|power| 1 << power)
}

fn many(most: usize, make: impl Fn(usize) -> Box<dyn Kernel>) -> Vec<Entrant> {
    sizes(1, most).map(|size| Entrant { size, kernel: make(size), frames: VOICE_FRAMES }).collect()
}

/// A script compiled for blocks of each size.
fn blocks(script: &str) -> Result<Vec<Entrant>, String> {
    sizes(1, MOST_FRAMES).map(|frames| written(script, &[], frames, frames)).collect()
}

fn native_blocks(make: fn() -> Box<dyn Kernel>) -> Vec<Entrant> {
    sizes(1, MOST_FRAMES).map(|frames| Entrant { size: frames, kernel: make(), frames }).collect()
}

/// A carried file with parts of its text replaced, compiled for blocks of so many frames.
fn written(name: &str, changes: &[(&str, &str)], size: usize, frames: usize) -> Result<Entrant, String> {
    let mut text = files::text(name).ok_or_else(|| format!("there is no {name}"))?.to_owned();
    for (part, by) in changes {
        if !text.contains(part) {
            return Err(format!("{name} has no {part}"));
        }
        text = text.replace(part, by);
    }
    let machine = script::compile(Path::new(name), text, frames, false)?.machine;
    Ok(Entrant { size, kernel: Box::new(machine.instantiate(Arc::default())), frames })
}

/// An entrant with what it hears and how often it runs.
struct Racer {
    entrant: Entrant,
    /// The input in blocks of its size, one after another, over and over.
    blocks: Vec<Vec<Vec<f64>>>,
    block: usize,
    output: Vec<f64>,
    calls: usize,
    every: usize,
    times: Vec<f64>,
}

impl Racer {
    fn new(entrant: Entrant, inputs: &[Vec<f64>]) -> Self {
        let frames = entrant.frames;
        let cut = |from: usize| {
            inputs.iter().map(|input| input.iter().copied().cycle().skip(from).take(frames).collect()).collect()
        };
        let blocks = (0..FRAMES.div_ceil(frames)).map(|n| cut(n * frames)).collect();
        let output = vec![0.0; frames];
        Self { entrant, blocks, block: 0, output, calls: 1, every: 1, times: vec![] }
    }

    /// Time for a call, in ns.
    fn run(&mut self) -> Result<f64, String> {
        let begin = Instant::now();
        for _ in 0..self.calls {
            self.entrant.kernel.block(&self.blocks[self.block], &mut self.output)?;
            self.block = if self.block + 1 < self.blocks.len() { self.block + 1 } else { 0 };
        }
        Ok(begin.elapsed().as_secs_f64() * 1e9 / self.calls as f64)
    }

    fn take_part(&mut self, round: usize, rounds: usize) -> Result<(), String> {
        if round == 0 {
            // It warms up and says how long a call takes.
            let ns = self.run()?;
            self.calls = (ROUND_NS / ns).clamp(1.0, 1e6) as usize;
            let most_rounds = (MOST_NS / ns.max(ROUND_NS)) as usize;
            self.every = rounds.div_ceil(most_rounds.max(LEAST_ROUNDS)).max(1);
        } else if round % self.every == 1 % self.every {
            let ns = self.run()?;
            self.times.push(ns / self.entrant.frames as f64);
        }
        Ok(())
    }
}

fn race(ways: Vec<Way>, inputs: &[Vec<f64>], rounds: usize, is_over: &dyn Fn() -> bool) -> Result<Vec<Line>, String> {
    let racers = |entrants: Vec<Entrant>| entrants.into_iter().map(|entrant| Racer::new(entrant, inputs)).collect();
    let mut ways: Vec<(&'static str, Vec<Racer>)> =
        ways.into_iter().map(|(title, entrants)| (title, racers(entrants))).collect();
    for round in 0..=rounds {
        for (_, racers) in &mut ways {
            for racer in racers {
                if is_over() {
                    return Err("interrupted; nothing was measured".into());
                }
                racer.take_part(round, rounds)?;
            }
        }
    }
    let points = |racers: Vec<Racer>| racers.into_iter().map(|r| (r.entrant.size, Spread::of(r.times))).collect();
    Ok(ways.into_iter().map(|(title, racers)| Line { title, points: points(racers) }).collect())
}

/// A table for each panel: a column a way, and for the last size of each what part of real time it takes.
pub fn print(panels: &[Panel], markdown: bool) -> String {
    let table = |panel: &Panel| {
        let mut headings = vec![panel.axis];
        headings.extend(panel.lines.iter().map(|line| line.title));
        let mut table = Table::new(&headings);
        let mut sizes: Vec<usize> = panel.lines.iter().flat_map(|line| &line.points).map(|point| point.0).collect();
        sizes.sort_unstable();
        sizes.dedup();
        for size in sizes {
            let time = |line: &Line| line.points.iter().find(|point| point.0 == size).map(|point| point.1);
            let cell = |line: &Line| {
                time(line).map_or("-".into(), |t| format!("{} ±{:.0} %", digits(t.median), t.deviation() * 100.0))
            };
            table.push(std::iter::once(size.to_string()).chain(panel.lines.iter().map(cell)).collect());
        }
        let share = |line: &Line| {
            line.points.last().map_or("-".into(), |(_, t)| format!("{} %", digits(0.1 * t.median / LIMIT_US)))
        };
        let label = "of real time, at the last".to_owned();
        table.push(std::iter::once(label).chain(panel.lines.iter().map(share)).collect());
        let hashes = if markdown { "### " } else { "" };
        format!("{hashes}{}: ns/sample by {}\n\n{}", panel.title, panel.axis, table.print(markdown))
    };
    panels.iter().map(table).collect::<Vec<_>>().join("\n")
}

/// All panels, for programs.
pub fn json(panels: &[Panel]) -> Value {
    let line = |line: &Line| {
        let points = line.points.iter().map(|(size, time)| {
            json!({
                "size": size, "ns_per_sample": time.median, "mean_ns_per_sample": time.mean,
                "deviation": time.deviation(),
            })
        });
        json!({ "way": line.title, "points": points.collect::<Vec<_>>() })
    };
    let panel = |panel: &Panel| {
        let lines: Vec<Value> = panel.lines.iter().map(line).collect();
        json!({ "name": panel.name, "title": panel.title, "axis": panel.axis, "lines": lines })
    };
    json!({ "scaling": panels.iter().map(panel).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::{Line, Panel, Racer, blocks_one_pole, ladders, print, rings, sines, sizes, steps, written};
    use crate::spread::Spread;
    use crate::workload::{FRAMES, Workload};

    #[test]
    fn sizes_are_powers_of_two_from_the_first_to_the_last() {
        assert_eq!(sizes(2, 16).collect::<Vec<_>>(), [2, 4, 8, 16]);
    }

    #[test]
    fn a_bank_of_one_is_its_first_oscillator() {
        let mut bank = written("scripts/sines64.py", &[("range(64)", "range(1)")], 1, 4).unwrap();
        let mut output = [9.0; 4];
        bank.kernel.block(&[], &mut output).unwrap();
        let expected = |n: f64| (std::f64::consts::TAU * 55.0 / 44_100.0 * n).sin() / 64.0;
        for (n, sample) in output.iter().enumerate() {
            assert!((sample - expected(n as f64)).abs() < 1e-15, "{output:?}");
        }
        assert!(written("scripts/sines64.py", &[("range(65)", "")], 1, 4).is_err());
    }

    /// Eight voices are there whoever computes them: each way's output is eight times that of one voice.
    #[test]
    fn ways_compute_the_same_voices() {
        for (name, ways) in [("vcs3", ladders(8).unwrap()), ("ring_modulator", rings(8).unwrap())] {
            let inputs = Workload::named(name).unwrap().input_block();
            for (title, mut entrants) in ways {
                let mut heard = [1, 8].map(|size| {
                    let entrant = entrants.iter_mut().find(|entrant| entrant.size == size).unwrap();
                    let inputs: Vec<Vec<f64>> = inputs.iter().map(|x| x[..entrant.frames].to_vec()).collect();
                    let mut output = vec![0.0; entrant.frames];
                    entrant.kernel.block(&inputs, &mut output).unwrap();
                    output
                });
                // Eight lanes are computed whether one is asked for or all.
                let times = if title.contains("lanes") { 1.0 } else { 8.0 };
                heard[0].iter_mut().for_each(|y| *y *= times);
                let peak = heard[1].iter().fold(0.0_f64, |peak, y| peak.max(y.abs()));
                assert!(peak > 0.0, "{name}: {title}");
                for (one, eight) in heard[0].iter().zip(&heard[1]) {
                    assert!((one - eight).abs() <= 1e-9 * peak, "{name}: {title}: {one} {eight}");
                }
            }
        }
    }

    #[test]
    fn every_size_that_was_promised_is_there() {
        let last = |ways: Vec<super::Way>| -> Vec<usize> {
            ways.iter().map(|(_, entrants)| entrants.last().unwrap().size).collect()
        };
        assert_eq!(last(sines().unwrap()), [1024, 1024, 256]);
        assert_eq!(last(blocks_one_pole().unwrap()), [2048; 3]);
        assert_eq!(last(steps().unwrap()), [64, 64, 8]);
    }

    /// Small blocks are the input cut, not its beginning again and again.
    #[test]
    fn all_of_the_input_is_heard_at_every_size() {
        let input: Vec<f64> = (0..FRAMES).map(|n| n as f64).collect();
        for frames in [1, 64, 2048] {
            let entrant = written("scripts/one_pole.py", &[], frames, frames).unwrap();
            let heard: Vec<f64> = Racer::new(entrant, std::slice::from_ref(&input)).blocks.concat().concat();
            assert_eq!(heard.len(), FRAMES.max(frames));
            assert!(heard.iter().zip(input.iter().cycle()).all(|(a, b)| a == b), "{frames}");
        }
    }

    #[test]
    fn a_size_that_a_way_lacks_is_a_dash() {
        let line = |title, sizes: &[usize]| Line {
            title,
            points: sizes.iter().map(|size| (*size, Spread::of([10.0 * *size as f64]))).collect(),
        };
        let lines = vec![line("a", &[1, 2]), line("b", &[1])];
        let text = print(&[Panel { name: "x", title: "sines", axis: "voices", lines }], true);
        assert!(text.contains("| 2 ") && text.contains("| 20.0 ±0 %") && text.contains("| - "), "{text}");
    }
}
