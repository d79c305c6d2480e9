//! Parameters, `update`, events and the block form.

use oscine_dsp::{Curve, Event, EventKind, Param, ParamKind, Processor, Scale};
use oscine_lang::ir::{FloatBinary, Form, Function, Inst, Op, Operand, ParamCells, Program, Type};

use super::support::{Builder, cell, program, run, start};

fn gain(smooth_seconds: f64) -> ParamCells {
    let param = Param { smooth_seconds, ..Param::new("gain", ParamKind::Float, 1.0, (0.0, 10.0)) };
    ParamCells { param, ty: Type::F64, cells: vec![0] }
}

/// Adds 1 to a cell.
fn count(at: i64) -> Function {
    let mut b = Builder::default();
    let mut body = vec![];
    let n = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(at)));
    let n = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Add, n, Operand::F64(1.0)));
    body.push(Inst::Store(Type::F64, cell(at), n));
    b.function(body)
}

/// Outputs the parameter plus a hundred times the number of times that `update` ran.
fn counting(smooth_seconds: f64) -> Program {
    let mut b = Builder::default();
    let mut body = vec![];
    let gain_value = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(0)));
    let updates = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(1)));
    let scaled = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Mul, updates, Operand::F64(100.0)));
    let sum = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Add, scaled, gain_value));
    body.push(Inst::Output(0, sum));
    let mut program = program(0, 1, vec![0, 0, 0], b.function(vec![Inst::Frames { body }]));
    program.update = Some(count(1));
    program.events[EventKind::NoteOff as usize] = Some(count(2));
    program.params = vec![gain(smooth_seconds)];
    program
}

#[test]
fn update_runs_before_the_first_sample_and_once_for_each_change() {
    let mut processor = start(counting(0.0));
    assert_eq!(run(&mut processor, &[], 2), [101.0, 101.0]);
    processor.set_param(0, 3.0);
    assert_eq!(run(&mut processor, &[], 2), [203.0, 203.0]);
    processor.set_param(0, 3.0);
    assert_eq!(run(&mut processor, &[], 2), [203.0, 203.0]);
    processor.jump_param(0, 99.0);
    assert_eq!(run(&mut processor, &[], 1), [310.0]);
    processor.reset();
    assert_eq!(run(&mut processor, &[], 1), [110.0]);
}

#[test]
fn a_ramp_moves_frame_by_frame_across_blocks() {
    let mut processor = start(counting(4.0 / 48000.0));
    run(&mut processor, &[], 1);
    processor.set_param(0, 5.0);
    let mut got = run(&mut processor, &[], 2);
    got.extend(run(&mut processor, &[], 4));
    assert_eq!(got, [202.0, 303.0, 404.0, 505.0, 505.0, 505.0]);
}

#[test]
fn a_value_set_during_a_ramp_starts_another_from_where_it_is() {
    let mut processor = start(counting(4.0 / 48000.0));
    run(&mut processor, &[], 1);
    processor.set_param(0, 5.0);
    assert_eq!(run(&mut processor, &[], 2), [202.0, 303.0]);
    processor.set_param(0, 5.0);
    assert_eq!(run(&mut processor, &[], 1), [404.0], "the same value changes nothing");
    processor.set_param(0, 0.0);
    assert_eq!(processor.param_target(0), 0.0);
    assert_eq!(run(&mut processor, &[], 5), [503.0, 602.0, 701.0, 800.0, 800.0]);
}

#[test]
fn a_ramp_of_a_given_length_ignores_the_parameters_own() {
    let mut processor = start(counting(0.0));
    run(&mut processor, &[], 1);
    processor.ramp_param(0, 3.0, 2, Curve::Linear);
    assert_eq!(run(&mut processor, &[], 3), [202.0, 303.0, 303.0]);
    processor.ramp_param(0, 10.0, 1000, Curve::Linear);
    processor.set_param(0, 10.0);
    assert_eq!(run(&mut processor, &[], 1), [410.0], "a move does not wait for a slower one to the same value");
}

#[test]
fn discrete_parameters_move_in_whole_steps_and_update_runs_for_these_only() {
    let mut program = counting(0.02);
    program.params[0].param.kind = ParamKind::Int;
    program.params[0].ty = Type::I64;
    let mut body = vec![];
    let mut b = Builder::default();
    let value = b.bind(&mut body, Type::I64, Op::Load(Type::I64, cell(0)));
    let value = b.bind(&mut body, Type::F64, Op::IntToFloat(value));
    let updates = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(1)));
    let updates = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Mul, updates, Operand::F64(100.0)));
    let sum = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Add, updates, value));
    body.push(Inst::Output(0, sum));
    program.process = b.function(vec![Inst::Frames { body }]);
    let mut processor = start(program);
    assert_eq!(run(&mut processor, &[], 1), [101.0]);
    processor.set_param(0, 3.2);
    assert_eq!(run(&mut processor, &[], 2), [203.0, 203.0], "it jumps, to a whole number");
    processor.ramp_param(0, 5.0, 8, Curve::Linear);
    assert_eq!(run(&mut processor, &[], 9), [203.0, 304.0, 304.0, 304.0, 304.0, 405.0, 405.0, 405.0, 405.0]);
}

#[test]
fn a_log_scale_is_travelled_in_equal_ratios() {
    let mut program = counting(2.0 / 48000.0);
    program.params[0].param.scale = Scale::Log;
    program.params[0].param.min = 0.1;
    program.update = None;
    let mut processor = start(program);
    processor.set_param(0, 4.0);
    assert_eq!(run(&mut processor, &[], 3), [2.0, 4.0, 4.0]);
}

#[test]
fn reset_ends_a_ramp_at_its_target() {
    let mut processor = start(counting(4.0 / 48000.0));
    run(&mut processor, &[], 1);
    processor.set_param(0, 5.0);
    run(&mut processor, &[], 1);
    processor.reset();
    assert_eq!(run(&mut processor, &[], 2), [105.0, 105.0]);
}

#[test]
fn events_call_their_functions() {
    let mut processor = start(counting(0.0));
    processor.event(Event::NoteOff { note: 60 }).expect("no fault");
    processor.event(Event::NoteOn { note: 60, velocity: 1.0 }).expect("no function, no fault");
    assert_eq!(f64::from_bits(processor.state()[2]), 1.0);
    let mut b = Builder::default();
    let mut body = vec![];
    let note = b.bind(&mut body, Type::I64, Op::Argument(Type::I64, 0));
    let velocity = b.bind(&mut body, Type::F64, Op::Argument(Type::F64, 1));
    body.push(Inst::Store(Type::I64, cell(1), note));
    body.push(Inst::Store(Type::F64, cell(2), velocity));
    let mut program = counting(0.0);
    program.events[EventKind::NoteOn as usize] = Some(b.function(body));
    let mut processor = start(program);
    processor.event(Event::NoteOn { note: 61, velocity: 0.5 }).expect("no fault");
    assert_eq!(processor.state()[1..], [61, 0.5f64.to_bits()]);
}

#[test]
fn the_block_form_goes_through_cells() {
    let mut b = Builder::default();
    let mut body = vec![];
    let x = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(1)));
    let y = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(2)));
    let gain_value = b.bind(&mut body, Type::F64, Op::Load(Type::F64, cell(0)));
    let sum = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Add, x, y));
    let sum = b.bind(&mut body, Type::F64, Op::FloatBinary(FloatBinary::Mul, sum, gain_value));
    body.push(Inst::Store(Type::F64, cell(3), sum));
    body.push(Inst::Store(Type::F64, cell(4), x));
    let mut program = program(1, 1, vec![0; 5], b.function(body));
    program.form = Form::Block { frames: 2, inputs: vec![1], outputs: vec![3] };
    program.params = vec![gain(4.0 / 48000.0)];
    let mut processor = start(program);
    assert_eq!(processor.face().fixed_block_frames, Some(2));
    assert_eq!(run(&mut processor, &[&[3.0, 4.0]], 2), [7.0, 3.0]);
    processor.set_param(0, 5.0);
    assert_eq!(run(&mut processor, &[&[3.0, 4.0]], 2), [21.0, 3.0]);
    assert_eq!(run(&mut processor, &[&[3.0, 4.0]], 2), [35.0, 3.0]);
}
