//! How long the chain from one sample to the next is, before and after, by the latencies that are assumed; that results
//! stay is tested where programs run.

use std::path::Path;

use super::latency::Times;
use super::reassociate;
use crate::evaluate::{LoadOptions, load};
use crate::ir::{Inst, Op, Program};
use crate::specialise::specialise;

fn program(text: &str) -> Program {
    let options = LoadOptions { sample_rate: 44_100.0, block_frames: 64 };
    let loaded = load(Path::new("script.py"), text.to_owned(), options, &mut |_| {}).unwrap();
    specialise(&loaded).unwrap().program
}

/// By how many cycles a sample's last state is later than the sample's before, once that has settled.
fn chain(program: &Program) -> u32 {
    let mut times = Times::default();
    let mut ends = vec![];
    for _ in 0..40 {
        follow(&program.process.body, &mut times);
        ends.push(times.latest_cell());
    }
    (ends[39] - ends[19]).div_ceil(20)
}

fn follow(list: &[Inst], times: &mut Times) {
    for inst in list {
        match inst {
            Inst::Let(var, op) => {
                let end = times.end(op);
                times.set(*var, end);
            }
            Inst::Store(_, address, value) => times.store(address, *value),
            _ => inst.bodies().into_iter().for_each(|body| follow(body, times)),
        }
    }
}

/// The chain as Python computes, with other orders, and with fused operations as well.
fn chains(text: &str) -> [u32; 3] {
    let program = program(text);
    let [mut ordered, mut fused] = [program.clone(), program.clone()];
    reassociate(&mut ordered, false);
    reassociate(&mut fused, true);
    [&program, &ordered, &fused].map(chain)
}

#[test]
fn a_one_pole_waits_for_one_operation() {
    let text = "a = 0.1\nlast = 0.0\n\n\ndef process(x):\n    global last\n    last = (1 - a) * last + a * x\n    return last\n";
    assert_eq!(chains(text), [6, 6, 4]);
}

#[test]
fn a_biquad_adds_the_latest_last() {
    let text = "x1 = x2 = y1 = y2 = 0.0\n\n\ndef process(x):\n    global x1, x2, y1, y2\n    \
                y = 0.2 * x + 0.3 * x1 + 0.2 * x2 - 0.5 * y1 - 0.1 * y2\n    \
                x1, x2, y1, y2 = x, x1, y, y1\n    return y\n";
    assert_eq!(chains(text), [9, 6, 4]);
}

#[test]
fn what_only_the_last_turn_has_is_added_last_in_a_loop_within_a_sample() {
    let text = "v = 0.0\n\n\ndef process(x):\n    global v\n    for k in range(8):\n        \
                v = v * 0.5 + x + x * x + 0.25 * k\n    return v\n";
    let [before, ordered, fused] = chains(text);
    assert!(before > ordered && ordered > fused, "{before}, {ordered}, {fused}");
}

#[test]
fn factors_are_multiplied_in_pairs() {
    let text = "v = 1.5\n\n\ndef process(x):\n    global v\n    v = x + 0.1 * v * v * v * v\n    return v\n";
    assert_eq!(chains(text), [15, 12, 10]);
}

#[test]
fn a_negation_is_taken_up_by_a_sum() {
    let text = "v = 0.0\n\n\ndef process(x):\n    global v\n    v = -v / 2 + x\n    return v\n";
    let mut program = program(text);
    reassociate(&mut program, true);
    let mut negations = 0;
    for inst in &program.process.body {
        inst.walk(&mut |inst| negations += u32::from(matches!(inst, Inst::Let(_, Op::FloatUnary(..)))));
    }
    assert_eq!(negations, 0);
    assert_eq!(chain(&program), 4);
}

#[test]
fn what_else_is_read_stays() {
    // The partial sum is an output of its own.
    let text =
        "v = 0.0\n\n\ndef process(x):\n    global v\n    part = x + v\n    v = part * 0.5 + x\n    return part\n";
    let [before, _, fused] = chains(text);
    assert_eq!((before, fused), (9, 7));
}
