//! What must hold of a program before it is translated. A flaw is a bug of the specialiser, told in words that find it.
//!
//! Checked in one walk in program order: types of operands and results; vars assigned once and before use (unless
//! mutable); labels that enclose; cells, extents, sites, channels in range; the sample loop's place.

use std::collections::HashSet;

use oscine_dsp::EventKind;

use super::print;
use super::{
    Address, Form, Function, Inst, Label, MessagePart, Op, Operand, Program, Routine, Site, Type, Var, event_arguments,
};

/// Finds the first flaw of a program: `process: %3 = add %1, 2: the second operand is an i64, not an f64`.
pub fn verify(program: &Program) -> Result<(), String> {
    layout(program).map_err(|words| format!("layout: {words}"))?;
    Verifier::new(program, &program.process, &[], program.form == Form::Sample).run()?;
    if let Some(update) = &program.update {
        Verifier::new(program, update, &[], false).run()?;
    }
    for (kind, function) in EventKind::ALL.into_iter().zip(&program.events) {
        if let Some(function) = function {
            Verifier::new(program, function, event_arguments(kind), false).run()?;
        }
    }
    Ok(())
}

type Checked<T = ()> = Result<T, String>;

/// Ranges of cells that lie outside of the state.
fn layout(program: &Program) -> Checked {
    let cells = program.state.len() as u64;
    let inside = |first: u32, count: u32, what: &str| {
        if u64::from(first) + u64::from(count) <= cells {
            Ok(())
        } else {
            Err(format!("{what} at {first}, {count} long, is outside of the {cells} cells"))
        }
    };
    for (n, extent) in program.extents.iter().enumerate() {
        for &(first, past) in extent {
            if past < first {
                return Err(format!("extent {n} ends before it starts"));
            }
            inside(first, past - first, &format!("extent {n}"))?;
        }
    }
    for entry in &program.entries {
        inside(entry.cell, entry.count, &entry.path)?;
    }
    for param in &program.params {
        for cell in &param.cells {
            inside(*cell, 1, &format!("parameter {}", param.param.name))?;
        }
    }
    if let Form::Block { frames, inputs, outputs } = &program.form {
        if inputs.len() != program.inputs.len() || outputs.len() != program.outputs as usize {
            return Err("the block form has not one buffer for each channel".into());
        }
        for first in inputs.iter().chain(outputs) {
            inside(*first, *frames, "a channel's buffer")?;
        }
    }
    Ok(())
}

/// What an enclosing label is.
#[derive(Clone, Copy)]
struct Enclosing {
    label: Label,
    is_loop: bool,
}

struct Verifier<'a> {
    program: &'a Program,
    function: &'a Function,
    arguments: &'a [Type],
    may_have_frames: bool,
    has_frames: bool,
    in_frames: bool,
    assigned: Vec<bool>,
    enclosing: Vec<Enclosing>,
    labels: HashSet<u32>,
}

impl<'a> Verifier<'a> {
    fn new(program: &'a Program, function: &'a Function, arguments: &'a [Type], may_have_frames: bool) -> Self {
        Self {
            program,
            function,
            arguments,
            may_have_frames,
            has_frames: false,
            in_frames: false,
            assigned: vec![false; function.vars.len()],
            enclosing: vec![],
            labels: HashSet::new(),
        }
    }

    fn run(mut self) -> Checked {
        let function = self.function;
        self.list(&function.body, true)
    }

    fn list(&mut self, list: &[Inst], is_top: bool) -> Checked {
        for inst in list {
            self.inst(inst, is_top)?;
        }
        Ok(())
    }

    fn inst(&mut self, inst: &Inst, is_top: bool) -> Checked {
        self.own(inst, is_top)
            .map_err(|words| format!("{}: {}: {words}", self.function.name, print::headline(inst)))?;
        match inst {
            Inst::If { then, otherwise, .. } => {
                self.list(then, false)?;
                self.list(otherwise, false)
            }
            Inst::Block { label, body } | Inst::Loop { label, body, .. } => {
                self.enclosing.push(Enclosing { label: *label, is_loop: matches!(inst, Inst::Loop { .. }) });
                self.list(body, false)?;
                self.enclosing.pop();
                Ok(())
            }
            Inst::Frames { body } => {
                self.in_frames = true;
                self.list(body, false)?;
                self.in_frames = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The instruction without what is nested in it.
    fn own(&mut self, inst: &Inst, is_top: bool) -> Checked {
        match inst {
            Inst::Let(var, op) => {
                let ty = self.op(op)?;
                let info = self.function.vars.get(var.0 as usize).ok_or("there is no such var")?;
                same("the result", ty, info.ty)?;
                if self.assigned[var.0 as usize] && !info.mutable {
                    return Err("it is assigned a second time, but is not mutable".into());
                }
                self.assigned[var.0 as usize] = true;
                Ok(())
            }
            Inst::Store(ty, address, value) => {
                self.address(address)?;
                self.expect(*value, *ty, "the value")
            }
            Inst::If { condition, .. } => self.expect(*condition, Type::Bool, "the condition"),
            Inst::Block { label, .. } | Inst::Loop { label, .. } => {
                if self.labels.insert(label.0) {
                    Ok(())
                } else {
                    Err("the label is used twice".into())
                }
            }
            Inst::Break(label) => self.target(*label).map(|_| ()),
            Inst::Continue(label) => {
                if self.target(*label)?.is_loop {
                    Ok(())
                } else {
                    Err("the label is not a loop's".into())
                }
            }
            Inst::Frames { .. } => {
                if !self.may_have_frames || !is_top || self.has_frames {
                    return Err("the sample loop stands at the top of `process` in the sample form, once".into());
                }
                self.has_frames = true;
                Ok(())
            }
            Inst::Output(channel, value) => {
                self.channel(*channel, self.program.outputs)?;
                self.expect(*value, Type::F64, "the sample")
            }
            Inst::Fault(site, args) => {
                self.site(*site)?;
                for arg in args {
                    self.operand(*arg)?;
                }
                let message = &self.program.sites[site.0 as usize].message;
                let values = message.iter().filter(|part| !matches!(part, MessagePart::Text(_))).count();
                if args.len() > 4 || values != args.len() {
                    return Err(format!("{} values for a message of {values} (at most 4)", args.len()));
                }
                Ok(())
            }
            Inst::Line(span) => {
                if (span.file.0 as usize) < self.program.sources.files().len().max(1) {
                    Ok(())
                } else {
                    Err("there is no such file".into())
                }
            }
        }
    }

    /// The type of a result.
    fn op(&self, op: &Op) -> Checked<Type> {
        match op {
            Op::Copy(a) => self.operand(*a),
            Op::FloatUnary(_, a) => self.all(&[*a], &[Type::F64], Type::F64),
            Op::FloatBinary(_, a, b) => self.all(&[*a, *b], &[Type::F64; 2], Type::F64),
            Op::MulAdd(a, b, c) => self.all(&[*a, *b, *c], &[Type::F64; 3], Type::F64),
            Op::IntBinary(_, a, b, site) => {
                site.map_or(Ok(()), |site| self.site(site))?;
                self.all(&[*a, *b], &[Type::I64; 2], Type::I64)
            }
            Op::FloatCompare(_, a, b) => self.all(&[*a, *b], &[Type::F64; 2], Type::Bool),
            Op::IntCompare(_, a, b) => self.all(&[*a, *b], &[Type::I64; 2], Type::Bool),
            Op::BoolBinary(_, a, b) => self.all(&[*a, *b], &[Type::Bool; 2], Type::Bool),
            Op::Not(a) => self.all(&[*a], &[Type::Bool], Type::Bool),
            Op::Select(condition, a, b) => {
                self.expect(*condition, Type::Bool, "the condition")?;
                let ty = self.operand(*a)?;
                self.expect(*b, ty, "the other value")?;
                Ok(ty)
            }
            Op::IntToFloat(a) => self.all(&[*a], &[Type::I64], Type::F64),
            Op::FloatToInt(a) => self.all(&[*a], &[Type::F64], Type::I64),
            Op::BoolToInt(a) => self.all(&[*a], &[Type::Bool], Type::I64),
            Op::Math(function, args) => self.all(args, &[Type::F64; 2][..function.arity()], Type::F64),
            Op::Call { routine, args, extents, overflow } => {
                for extent in extents {
                    self.extent(*extent)?;
                }
                overflow.map_or(Ok(()), |site| self.site(site))?;
                let (parameters, result) = routine.signature();
                self.all(args, parameters, result)
            }
            Op::Load(ty, address) => self.address(address).map(|()| *ty),
            Op::Input(channel) => {
                self.channel(*channel, self.program.inputs.len() as u32)?;
                Ok(Type::F64)
            }
            Op::Argument(ty, n) => {
                let expected = self.arguments.get(*n as usize).ok_or("this entry has no such argument")?;
                same("the argument", *ty, *expected)?;
                Ok(*ty)
            }
        }
    }

    fn all(&self, operands: &[Operand], types: &[Type], result: Type) -> Checked<Type> {
        if operands.len() != types.len() {
            return Err(format!("{} operands, not {}", operands.len(), types.len()));
        }
        for (n, (operand, ty)) in operands.iter().zip(types).enumerate() {
            self.expect(*operand, *ty, &format!("operand {}", n + 1))?;
        }
        Ok(result)
    }

    fn expect(&self, operand: Operand, ty: Type, what: &str) -> Checked {
        same(what, self.operand(operand)?, ty)
    }

    fn operand(&self, operand: Operand) -> Checked<Type> {
        match operand {
            Operand::Var(Var(n)) => {
                let info = self.function.vars.get(n as usize).ok_or_else(|| format!("there is no %{n}"))?;
                if !info.mutable && !self.assigned[n as usize] {
                    return Err(format!("%{n} is read before it is assigned"));
                }
                Ok(info.ty)
            }
            Operand::F64(_) => Ok(Type::F64),
            Operand::I64(_) => Ok(Type::I64),
            Operand::Bool(_) => Ok(Type::Bool),
        }
    }

    fn address(&self, address: &Address) -> Checked {
        self.expect(address.base, Type::I64, "the address")?;
        if let Operand::I64(base) = address.base {
            let cell = base.checked_add(address.disp).and_then(|cell| usize::try_from(cell).ok());
            if cell.is_none_or(|cell| cell >= self.program.state.len()) {
                return Err(format!("outside of the {} cells", self.program.state.len()));
            }
        }
        match address.extent {
            Some(extent) => self.extent(extent),
            None if matches!(address.base, Operand::I64(_)) => Ok(()),
            None => Err("a computed address without an extent".into()),
        }
    }

    fn extent(&self, extent: u32) -> Checked {
        if (extent as usize) < self.program.extents.len() {
            Ok(())
        } else {
            Err(format!("there is no extent {extent}"))
        }
    }

    fn site(&self, site: Site) -> Checked {
        if (site.0 as usize) < self.program.sites.len() { Ok(()) } else { Err(format!("there is no site {}", site.0)) }
    }

    fn channel(&self, channel: u32, channels: u32) -> Checked {
        if !self.in_frames {
            return Err("outside of the sample loop".into());
        }
        if channel < channels { Ok(()) } else { Err(format!("there are {channels} channels")) }
    }

    fn target(&self, label: Label) -> Checked<Enclosing> {
        self.enclosing.iter().rev().copied().find(|e| e.label == label).ok_or("no such label encloses it".into())
    }
}

fn same(what: &str, got: Type, expected: Type) -> Checked {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what} is of type {}, not {}", print::type_name(got), print::type_name(expected)))
}

impl Routine {
    /// The types of its operands (cells are I64) and of its result.
    pub fn signature(self) -> (&'static [Type], Type) {
        use Type::{F64, I64};
        match self {
            Routine::PairwiseSum => (&[I64, I64, I64], F64),
            Routine::IntTrueDiv => (&[I64, I64], F64),
            Routine::IntPow | Routine::RandomBits => (&[I64, I64], I64),
            Routine::RoundDigits => (&[F64, I64], F64),
            Routine::Butter => (&[I64, I64, F64, F64, I64, I64, I64], I64),
            Routine::Fourier => (&[I64, I64, F64, I64, I64, I64, I64], I64),
            Routine::RandomDouble => (&[I64], F64),
        }
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
