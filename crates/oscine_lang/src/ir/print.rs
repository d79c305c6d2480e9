//! Programs as text that people can read, for tests and for finding bugs; nothing reads it back.
//!
//! ```text
//! process:
//!   frames {
//!     %0 = input 0
//!     %1 = load f64 [3]
//!     %2 = mul %0, 0.5
//!     store f64 [3] <- %2
//!     output 0 <- %2
//!   }
//! ```

use std::fmt::Write;

use super::{Address, FloatBinary, FloatUnary, Form, Function, Inst, IntBinary, MessagePart, Op, Operand, Program};
use super::{BoolBinary, Compare, Type};

/// A whole program.
pub fn print(program: &Program) -> String {
    let mut out = String::new();
    let form = match &program.form {
        Form::Sample => "sample form".to_owned(),
        Form::Block { frames, inputs, outputs } => {
            format!("block form, {frames} frames, inputs at {inputs:?}, outputs at {outputs:?}")
        }
    };
    let names: Vec<&str> = program.inputs.iter().map(|i| i.name.as_str()).collect();
    _ = writeln!(out, "{form}, inputs ({}), {} outputs", names.join(", "), program.outputs);
    for entry in &program.entries {
        let last = entry.cell + entry.count;
        let written = if entry.written { "" } else { ", constant" };
        _ = writeln!(out, "cells {}..{last}: {} {}{written}", entry.cell, type_name(entry.ty), entry.path);
    }
    for param in &program.params {
        _ = writeln!(out, "param {} at {:?}", param.param.name, param.cells);
    }
    for (n, extent) in program.extents.iter().enumerate() {
        _ = writeln!(out, "extent {n}: {extent:?}");
    }
    for (n, site) in program.sites.iter().enumerate() {
        let part = |part: &MessagePart| match part {
            MessagePart::Text(text) => text.clone(),
            MessagePart::Float => "{float}".into(),
            MessagePart::Int => "{int}".into(),
        };
        let message: String = site.message.iter().map(part).collect();
        _ = writeln!(out, "site {n}: {}: {message}", site.exception);
    }
    out += &print_function(&program.process);
    for function in program.entries_beside_process() {
        out += &print_function(function);
    }
    out
}

/// One function.
pub fn print_function(function: &Function) -> String {
    let mut out = format!("{}:\n", function.name);
    list(&mut out, &function.body, 1);
    out
}

fn list(out: &mut String, body: &[Inst], depth: usize) {
    for inst in body {
        _ = write!(out, "{:indent$}{}", "", headline(inst), indent = depth * 2);
        match inst {
            Inst::If { then, otherwise, .. } => {
                nested(out, then, depth);
                if !otherwise.is_empty() {
                    *out += " else";
                    nested(out, otherwise, depth);
                }
            }
            Inst::Block { body, .. } | Inst::Loop { body, .. } | Inst::Frames { body } => nested(out, body, depth),
            _ => {}
        }
        out.push('\n');
    }
}

fn nested(out: &mut String, body: &[Inst], depth: usize) {
    *out += " {\n";
    list(out, body, depth + 1);
    _ = write!(out, "{:indent$}}}", "", indent = depth * 2);
}

/// An instruction without what is nested in it.
pub(super) fn headline(inst: &Inst) -> String {
    match inst {
        Inst::Let(var, op) => format!("%{} = {}", var.0, operation(op)),
        Inst::Store(ty, address, value) => {
            format!("store {} {} <- {}", type_name(*ty), place(address), operand(*value))
        }
        Inst::If { condition, .. } => format!("if {}", operand(*condition)),
        Inst::Block { label, .. } => format!("block L{}", label.0),
        Inst::Loop { label, watched, .. } => format!("loop L{}{}", label.0, if *watched { " watched" } else { "" }),
        Inst::Break(label) => format!("break L{}", label.0),
        Inst::Continue(label) => format!("continue L{}", label.0),
        Inst::Frames { .. } => "frames".into(),
        Inst::Output(channel, value) => format!("output {channel} <- {}", operand(*value)),
        Inst::Fault(site, args) => format!("fault {}({})", site.0, operands(args)),
        Inst::Line(span) => format!("line {}:{}..{}", span.file.0, span.start, span.end),
    }
}

fn operation(op: &Op) -> String {
    match op {
        Op::Copy(a) => operand(*a),
        Op::FloatUnary(op, a) => {
            let name = match op {
                FloatUnary::Neg => "neg",
                FloatUnary::Abs => "abs",
                FloatUnary::Sqrt => "sqrt",
                FloatUnary::Floor => "floor",
                FloatUnary::Ceil => "ceil",
                FloatUnary::Trunc => "trunc",
                FloatUnary::RoundEven => "round_even",
            };
            format!("{name} {}", operand(*a))
        }
        Op::FloatBinary(op, a, b) => {
            let name = match op {
                FloatBinary::Add => "add",
                FloatBinary::Sub => "sub",
                FloatBinary::Mul => "mul",
                FloatBinary::Div => "div",
                FloatBinary::FloorDiv => "floor_div",
                FloatBinary::Mod => "mod",
                FloatBinary::CopySign => "copysign",
            };
            format!("{name} {}, {}", operand(*a), operand(*b))
        }
        Op::IntBinary(op, a, b, site) => {
            let name = match op {
                IntBinary::Add => "iadd",
                IntBinary::Sub => "isub",
                IntBinary::Mul => "imul",
                IntBinary::FloorDiv => "ifloor_div",
                IntBinary::Mod => "imod",
                IntBinary::And => "iand",
                IntBinary::Or => "ior",
                IntBinary::Xor => "ixor",
                IntBinary::Shl => "ishl",
                IntBinary::Shr => "ishr",
            };
            let site = site.map_or_else(String::new, |site| format!(" or fault {}", site.0));
            format!("{name} {}, {}{site}", operand(*a), operand(*b))
        }
        Op::FloatCompare(op, a, b) => format!("{} {}, {}", compare(*op), operand(*a), operand(*b)),
        Op::IntCompare(op, a, b) => format!("i{} {}, {}", compare(*op), operand(*a), operand(*b)),
        Op::BoolBinary(op, a, b) => {
            let name = match op {
                BoolBinary::And => "and",
                BoolBinary::Or => "or",
                BoolBinary::Xor => "xor",
            };
            format!("{name} {}, {}", operand(*a), operand(*b))
        }
        Op::Not(a) => format!("not {}", operand(*a)),
        Op::MulAdd(a, b, c) => format!("muladd {}, {}, {}", operand(*a), operand(*b), operand(*c)),
        Op::Select(c, a, b) => format!("select {}, {}, {}", operand(*c), operand(*a), operand(*b)),
        Op::IntToFloat(a) => format!("int_to_float {}", operand(*a)),
        Op::FloatToInt(a) => format!("float_to_int {}", operand(*a)),
        Op::BoolToInt(a) => format!("bool_to_int {}", operand(*a)),
        Op::Math(function, args) => format!("{function:?}({})", operands(args)),
        Op::Call { routine, args, overflow, .. } => {
            let site = overflow.map_or_else(String::new, |site| format!(" or fault {}", site.0));
            format!("call {routine:?}({}){site}", operands(args))
        }
        Op::Load(ty, address) => format!("load {} {}", type_name(*ty), place(address)),
        Op::Input(channel) => format!("input {channel}"),
        Op::Argument(ty, n) => format!("argument {} {n}", type_name(*ty)),
    }
}

fn compare(op: Compare) -> &'static str {
    match op {
        Compare::Eq => "eq",
        Compare::Ne => "ne",
        Compare::Lt => "lt",
        Compare::Le => "le",
        Compare::Gt => "gt",
        Compare::Ge => "ge",
    }
}

fn place(address: &Address) -> String {
    let extent = address.extent.map_or_else(String::new, |extent| format!(" in {extent}"));
    match address.base {
        Operand::I64(base) => format!("[{}{extent}]", base + address.disp),
        base if address.disp == 0 => format!("[{}{extent}]", operand(base)),
        base => format!("[{} + {}{extent}]", operand(base), address.disp),
    }
}

fn operands(operands: &[Operand]) -> String {
    operands.iter().map(|o| operand(*o)).collect::<Vec<_>>().join(", ")
}

fn operand(operand: Operand) -> String {
    match operand {
        Operand::Var(var) => format!("%{}", var.0),
        Operand::F64(x) => format!("{x:?}"),
        Operand::I64(n) => format!("{n}"),
        Operand::Bool(t) => format!("{t}"),
    }
}

pub(super) fn type_name(ty: Type) -> &'static str {
    match ty {
        Type::F64 => "f64",
        Type::I64 => "i64",
        Type::Bool => "bool",
    }
}
