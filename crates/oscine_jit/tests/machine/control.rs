//! Control flow, state, selections and faults.

use oscine_dsp::Processor;
use oscine_lang::ir::{Address, BoolBinary, Compare, FloatBinary, Inst, IntBinary, Label, Op, Operand, Routine, Type};

use super::support::{Builder, cell, line_span, program, run, site, start};

/// `last = a * x + (1 - a) * last`
fn one_pole() -> oscine_lang::ir::Program {
    let mut b = Builder::default();
    let mut body = vec![];
    let x = b.bind(&mut body, Type::F64, Op::Input(0));
    let a = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(0)));
    let last = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(1)));
    let ax = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Mul, a, x));
    let rest = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Sub, Operand::F64(1.0), a));
    let rl = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Mul, rest, last));
    let y = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Add, ax, rl));
    body.push(Inst::Store(Type::F64, cell(1), y));
    body.push(Inst::Output(0, y));
    program(1, 1, vec![0.1f64.to_bits(), 0], b.function(vec![Inst::Frames { body }]))
}

#[test]
fn state_goes_on_from_block_to_block_whatever_their_size() {
    let input: Vec<f64> = (0..100).map(|n| f64::from(n).sin()).collect();
    let mut last = 0.0;
    let expected: Vec<f64> = input
        .iter()
        .map(|x| {
            last = 0.1 * x + (1.0 - 0.1) * last;
            last
        })
        .collect();
    for size in [1, 7, 64, 100] {
        let mut processor = start(one_pole());
        let got: Vec<f64> = input.chunks(size).flat_map(|b| run(&mut processor, &[b], b.len())).collect();
        assert_eq!(got, expected, "blocks of {size}");
        assert_eq!(f64::from_bits(processor.state()[1]), last);
    }
}

#[test]
fn reset_returns_to_the_first_state() {
    let mut processor = start(one_pole());
    let first = run(&mut processor, &[&[1.0, 1.0]], 2);
    processor.reset();
    assert_eq!(run(&mut processor, &[&[1.0, 1.0]], 2), first);
}

#[test]
fn a_selection_takes_one_value_even_beside_nan() {
    let cases = [(1.0, f64::NAN), (-1.0, f64::NAN), (f64::NAN, 2.0), (0.0, -0.0), (-0.0, 3.0)];
    for zero in [None, Some(true), Some(false)] {
        let mut b = Builder::default();
        let mut body = vec![];
        let x = b.bind(&mut body, Type::F64, Op::Input(0));
        let y = b.bind(&mut body, Type::F64, Op::Input(1));
        let above = b.bind(&mut body, Type::Bool, Op::FloatCompare(Compare::Gt, x, Operand::F64(0.0)));
        let (p, q) = match zero {
            None => (x, y),
            Some(true) => (y, Operand::F64(0.0)),
            Some(false) => (Operand::F64(0.0), y),
        };
        let chosen = b.bind(&mut body, Type::F64, Op::Select(above, p, q));
        body.push(Inst::Output(0, chosen));
        let mut processor = start(program(2, 1, vec![], b.function(vec![Inst::Frames { body }])));
        for (x, y) in cases {
            let got = run(&mut processor, &[&[x], &[y]], 1)[0];
            let (p, q) = match zero {
                None => (x, y),
                Some(true) => (y, 0.0),
                Some(false) => (0.0, y),
            };
            let expected = if x > 0.0 { p } else { q };
            assert_eq!(got.to_bits(), expected.to_bits(), "{x} {y} {zero:?}");
        }
    }
}

/// A loop that sums `1..=n` where `n` is the input, as a `while` with `break`.
fn summing(watched: bool) -> oscine_lang::ir::Program {
    let mut b = Builder::default();
    let mut body = vec![Inst::Line(line_span(4))];
    let x = b.bind(&mut body, Type::F64, Op::Input(0));
    let n = b.bind(&mut body, Type::I64, Op::FloatToInt(x));
    let (i, sum) = (b.var(Type::I64, true), b.var(Type::I64, true));
    body.push(Inst::Let(i, Op::Copy(Operand::I64(0))));
    body.push(Inst::Let(sum, Op::Copy(Operand::I64(0))));
    body.push(Inst::Line(line_span(7)));
    let mut inner = vec![];
    let done = b.bind(&mut inner, Type::Bool, Op::IntCompare(Compare::Eq, Operand::Var(i), n));
    inner.push(Inst::If { condition: done, then: vec![Inst::Break(Label(3))], otherwise: vec![] });
    inner.push(Inst::Let(i, Op::IntBinary(IntBinary::Add, Operand::Var(i), Operand::I64(1), Some(site(8)))));
    inner.push(Inst::Let(sum, Op::IntBinary(IntBinary::Add, Operand::Var(sum), Operand::Var(i), None)));
    let odd = b.bind(&mut inner, Type::Bool, Op::IntCompare(Compare::Lt, Operand::Var(i), Operand::I64(2)));
    inner.push(Inst::If { condition: odd, then: vec![Inst::Continue(Label(3))], otherwise: vec![] });
    body.push(Inst::Loop { label: Label(3), watched, body: inner });
    let total = b.bind(&mut body, Type::F64, Op::IntToFloat(Operand::Var(sum)));
    body.push(Inst::Output(0, total));
    program(1, 1, vec![], b.function(vec![Inst::Frames { body }]))
}

#[test]
fn loops_break_and_continue() {
    let mut processor = start(summing(true));
    assert_eq!(run(&mut processor, &[&[0.0, 1.0, 10.0]], 3), [0.0, 1.0, 55.0]);
}

#[test]
fn the_stop_flag_ends_a_loop_and_names_its_line() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let stop = Arc::new(AtomicU32::new(0));
    let machine = oscine_jit::compile(summing(true), oscine_jit::Options::default()).expect("it translates");
    let mut processor = machine.instantiate(Arc::clone(&stop));
    stop.store(1, Ordering::Relaxed);
    let mut out = [1.0; 2];
    let fault = processor.process(&[&[-1.0, -1.0]], &mut [&mut out]).expect_err("the flag is up");
    assert_eq!(out, [0.0; 2]);
    let words = processor.describe_fault(&fault);
    assert!(words.ends_with("TimeoutError: this loop did not finish within the block's time"), "{words}");
    stop.store(0, Ordering::Relaxed);
    processor.reset();
    assert_eq!(run(&mut processor, &[&[3.0]], 1), [6.0]);
}

#[test]
fn the_stop_flag_ends_a_loop_that_never_returns() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let stop = Arc::new(AtomicU32::new(0));
    let machine = oscine_jit::compile(summing(true), oscine_jit::Options::default()).expect("it translates");
    let mut processor = machine.instantiate(Arc::clone(&stop));
    let waker = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        stop.store(1, Ordering::Relaxed);
    });
    let mut out = [1.0; 2];
    let fault = processor.process(&[&[3.0, -1.0]], &mut [&mut out]).expect_err("the flag went up");
    waker.join().expect("it only sleeps");
    assert_eq!((fault.frames_done, out), (1, [6.0, 0.0]));
    assert_eq!(
        processor.describe_fault(&fault),
        "echo.py:7: TimeoutError: this loop did not finish within the block's time"
    );
}

#[test]
fn a_fault_keeps_what_was_done_and_is_silent_afterwards() {
    let mut b = Builder::default();
    let mut body = vec![];
    let x = b.bind(&mut body, Type::F64, Op::Input(0));
    let bad = b.bind(&mut body, Type::Bool, Op::FloatCompare(Compare::Gt, x, Operand::F64(1.0)));
    body.push(Inst::If { condition: bad, then: vec![Inst::Fault(site(9), vec![x])], otherwise: vec![] });
    body.push(Inst::Output(0, x));
    let mut processor = start(program(1, 1, vec![], b.function(vec![Inst::Frames { body }])));
    let mut out = [9.0; 4];
    let fault = processor.process(&[&[0.5, 0.25, 2.5, 0.5]], &mut [&mut out]).expect_err("2.5 is above 1");
    assert_eq!((fault.frames_done, out), (2, [0.5, 0.25, 0.0, 0.0]));
    assert_eq!(processor.describe_fault(&fault), "echo.py:9: ValueError: got 2.5");
    assert_eq!(run(&mut processor, &[&[0.5]], 1), [0.0]);
    processor.reset();
    assert_eq!(run(&mut processor, &[&[0.5]], 1), [0.5]);
}

#[test]
fn overflow_faults_where_a_site_says_so() {
    let cases = [
        (IntBinary::Add, i64::MAX, 1),
        (IntBinary::Sub, i64::MIN, 1),
        (IntBinary::Mul, 1 << 62, 2),
        (IntBinary::Shl, 1, 63),
        (IntBinary::Shl, -3, 63),
    ];
    for (op, x, y) in cases {
        let mut b = Builder::default();
        let mut body = vec![];
        let first = b.bind(&mut body, Type::I64, Op::Load(Type::I64, cell(0)));
        let value = b.bind(&mut body, Type::I64, Op::IntBinary(op, first, Operand::I64(y), Some(site(5))));
        body.push(Inst::Store(Type::I64, cell(1), value));
        let output = b.bind(&mut body, Type::F64, Op::IntToFloat(value));
        body.push(Inst::Output(0, output));
        let mut processor = start(program(0, 1, vec![x as u64, 0], b.function(vec![Inst::Frames { body }])));
        let fault = processor.process(&[], &mut [&mut [0.0]]).expect_err("it overflows");
        assert_eq!(fault.site, site(5).0, "{op:?}");
    }
}

#[test]
fn an_index_is_checked_on_both_sides() {
    for swapped in [false, true] {
        let mut b = Builder::default();
        let mut body = vec![];
        let x = b.bind(&mut body, Type::F64, Op::Input(0));
        let n = b.bind(&mut body, Type::I64, Op::FloatToInt(x));
        let low = b.bind(&mut body, Type::Bool, Op::IntCompare(Compare::Lt, n, Operand::I64(0)));
        let high = b.bind(&mut body, Type::Bool, Op::IntCompare(Compare::Ge, n, Operand::I64(2)));
        let (p, q) = if swapped { (high, low) } else { (low, high) };
        let outside = b.bind(&mut body, Type::Bool, Op::BoolBinary(BoolBinary::Or, p, q));
        let then = vec![Inst::Fault(site(3), vec![n])];
        body.push(Inst::If { condition: outside, then, otherwise: vec![] });
        let at = Address { base: n, disp: 1, extent: Some(0) };
        let y = b.bind(&mut body, Type::F64, Op::Load(Type::F64, at));
        body.push(Inst::Output(0, y));
        let state = vec![0, 1f64.to_bits(), 2f64.to_bits(), 0];
        let mut program = program(1, 1, state, b.function(vec![Inst::Frames { body }]));
        program.extents = vec![vec![(1, 3)]];
        let mut processor = start(program);
        assert_eq!(run(&mut processor, &[&[0.0, 1.0]], 2), [1.0, 2.0]);
        for bad in [-1.0, 2.0] {
            let fault = processor.process(&[&[bad]], &mut [&mut [0.0]]).expect_err("it is outside");
            assert_eq!((fault.site, fault.args[0]), (site(3).0, bad));
            processor.reset();
        }
    }
}

#[test]
fn the_lesser_and_the_greater_are_pythons() {
    // `min(x, y)` is `y if y < x else x`, `max(x, y)` is `y if y > x else x`.
    let values = [0.0, -0.0, 1.0, -1.0, f64::NAN, f64::INFINITY];
    for compare in [Compare::Lt, Compare::Gt] {
        let mut b = Builder::default();
        let mut body = vec![];
        let x = b.bind(&mut body, Type::F64, Op::Input(0));
        let y = b.bind(&mut body, Type::F64, Op::Input(1));
        let takes = b.bind(&mut body, Type::Bool, Op::FloatCompare(compare, y, x));
        let first = b.bind(&mut body, Type::F64, Op::Select(takes, y, x));
        let other = b.bind(&mut body, Type::F64, Op::Select(takes, x, y));
        body.push(Inst::Output(0, first));
        body.push(Inst::Output(1, other));
        let mut processor = start(program(2, 2, vec![], b.function(vec![Inst::Frames { body }])));
        for x in values {
            for y in values {
                let (mut first, mut other) = ([0.0], [0.0]);
                processor.process(&[&[x], &[y]], &mut [&mut first, &mut other]).expect("no fault");
                let takes = if compare == Compare::Lt { y < x } else { y > x };
                let expected = if takes { (y, x) } else { (x, y) };
                let bits = |(a, b): (f64, f64)| (a.to_bits(), b.to_bits());
                assert_eq!(bits((first[0], other[0])), bits(expected), "{compare:?} {x} {y}");
            }
        }
    }
}

#[test]
fn a_converted_branch_keeps_what_an_arm_does_not_assign() {
    let mut b = Builder::default();
    let mut body = vec![];
    let x = b.bind(&mut body, Type::F64, Op::Input(0));
    let (p, q) = (b.var(Type::F64, true), b.var(Type::I64, true));
    body.push(Inst::Let(p, Op::Copy(Operand::F64(10.0))));
    body.push(Inst::Let(q, Op::Copy(Operand::I64(1))));
    let above = b.bind(&mut body, Type::Bool, Op::FloatCompare(Compare::Gt, x, Operand::F64(0.0)));
    let then = vec![Inst::Let(p, Op::FloatBinary(FloatBinary::Add, Operand::Var(p), x))];
    let otherwise = vec![
        Inst::Let(q, Op::IntBinary(IntBinary::Add, Operand::Var(q), Operand::I64(1), None)),
        Inst::Store(Type::F64, cell(0), x),
    ];
    body.push(Inst::If { condition: above, then, otherwise });
    let q = b.bind(&mut body, Type::F64, Op::IntToFloat(Operand::Var(q)));
    let sum = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Add, Operand::Var(p), q));
    let kept = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(0)));
    let sum = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Add, sum, kept));
    body.push(Inst::Output(0, sum));
    let mut processor = start(program(1, 1, vec![0], b.function(vec![Inst::Frames { body }])));
    assert_eq!(run(&mut processor, &[&[2.0, -3.0, 1.0]], 3), [13.0, 9.0, 9.0]);
    assert_eq!(f64::from_bits(processor.state()[0]), -3.0);
}

#[test]
fn both_arms_of_a_converted_branch_start_from_the_same_values() {
    let mut b = Builder::default();
    let mut body = vec![];
    let x = b.bind(&mut body, Type::F64, Op::Input(0));
    let p = b.var(Type::F64, true);
    body.push(Inst::Let(p, Op::Copy(Operand::F64(10.0))));
    let above = b.bind(&mut body, Type::Bool, Op::FloatCompare(Compare::Gt, x, Operand::F64(0.0)));
    let change = |op| vec![Inst::Let(p, Op::FloatBinary(op, Operand::Var(p), x))];
    let (then, otherwise) = (change(FloatBinary::Add), change(FloatBinary::Mul));
    body.push(Inst::If { condition: above, then, otherwise });
    body.push(Inst::Output(0, Operand::Var(p)));
    let mut processor = start(program(1, 1, vec![], b.function(vec![Inst::Frames { body }])));
    assert_eq!(run(&mut processor, &[&[2.0, -3.0]], 2), [12.0, -30.0]);
}

#[test]
fn routines_are_called_with_cells_and_tell_overflow() {
    let mut b = Builder::default();
    let mut body = vec![];
    let power = |base: i64, site| Op::Call {
        routine: Routine::IntPow,
        args: vec![Operand::I64(base), Operand::I64(3)],
        extents: vec![],
        overflow: Some(site),
    };
    let cube = b.bind(&mut body, Type::I64, power(-5, site(2)));
    body.push(Inst::Store(Type::I64, cell(0), cube));
    let sum = Op::Call {
        routine: Routine::PairwiseSum,
        args: vec![Operand::I64(1), Operand::I64(2), Operand::I64(2)],
        extents: vec![0],
        overflow: None,
    };
    let sum = b.bind(&mut body, Type::F64, sum);
    body.push(Inst::Store(Type::F64, cell(2), sum));
    body.push(Inst::Output(0, sum));
    b.bind(&mut body, Type::I64, power(1 << 40, site(6)));
    let state = vec![0, 1.5f64.to_bits(), 0, 2f64.to_bits()];
    let mut program = program(0, 1, state, b.function(vec![Inst::Frames { body }]));
    program.extents = vec![vec![(0, 4)]];
    let mut processor = start(program);
    let mut out = [0.0];
    let fault = processor.process(&[], &mut [&mut out]).expect_err("2**120 overflows");
    assert_eq!(fault.site, site(6).0);
    assert_eq!(processor.state(), [-125i64 as u64, 1.5f64.to_bits(), 3.5f64.to_bits(), 2f64.to_bits()]);
}
