//! Instructions: control flow, the sample loop, faults and the stop flag.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, InstructionData, MemFlagsData, Opcode, Value, types};
use oscine_lang::ir::{Inst, Label, Operand, Site, Type};

use super::{Flow, FrameLoop, Target, Translator};
use crate::context;

impl Translator<'_> {
    /// Translates a list of instructions up to where control leaves it.
    pub(super) fn body(&mut self, body: &[Inst]) -> Flow {
        for inst in body {
            if self.inst(inst) == Flow::Ended {
                return Flow::Ended;
            }
        }
        Flow::Falls
    }

    fn inst(&mut self, inst: &Inst) -> Flow {
        match inst {
            Inst::Let(var, op) => {
                let value = self.op(op);
                self.bind(*var, value);
                Flow::Falls
            }
            Inst::Store(_, address, value) => {
                self.store(address, *value);
                Flow::Falls
            }
            Inst::If { condition, then, otherwise } => self.branch(*condition, then, otherwise),
            Inst::Block { label, body } => {
                let after = self.b.create_block();
                self.targets.insert(label.0, Target { after, start: None, left: false });
                if self.body(body) == Flow::Falls {
                    self.leave(*label);
                }
                self.continue_at(*label)
            }
            Inst::Loop { label, watched, body } => self.repeat(*label, *watched, body),
            Inst::Break(label) => {
                self.leave(*label);
                Flow::Ended
            }
            Inst::Continue(label) => {
                let start = self.targets[&label.0].start.expect("the verifier saw that this label is a loop's");
                self.b.ins().jump(start, &[]);
                Flow::Ended
            }
            Inst::Frames { body } => {
                self.frames(body);
                Flow::Falls
            }
            Inst::Output(channel, value) => {
                let value = self.operand(*value);
                let frames = self.frame_loop.as_ref().expect("the verifier saw that this is in the sample loop");
                let (samples, index) = (frames.outputs[*channel as usize], frames.index);
                let bytes = self.b.ins().ishl_imm_s(index, 3);
                let address = self.b.ins().iadd(samples, bytes);
                self.b.ins().store(MemFlagsData::trusted(), value, address, 0);
                Flow::Falls
            }
            Inst::Fault(site, args) => {
                self.fault(*site, args);
                Flow::Ended
            }
            Inst::Line(span) => {
                self.set_line(*span);
                Flow::Falls
            }
        }
    }

    fn leave(&mut self, label: Label) {
        let target = self.targets.get_mut(&label.0).expect("the verifier saw that this label encloses");
        target.left = true;
        let after = target.after;
        self.b.ins().jump(after, &[]);
    }

    /// Goes on after a block or loop, if anything gets there.
    fn continue_at(&mut self, label: Label) -> Flow {
        let target = &self.targets[&label.0];
        let (after, left) = (target.after, target.left);
        if !left {
            return Flow::Ended;
        }
        self.b.switch_to_block(after);
        self.b.seal_block(after);
        Flow::Falls
    }

    fn branch(&mut self, condition: Operand, then: &[Inst], otherwise: &[Inst]) -> Flow {
        if let Operand::Bool(taken) = condition {
            return self.body(if taken { then } else { otherwise });
        }
        let condition = self.operand(condition);
        if self.is_convertible(condition, then, otherwise) {
            self.convert(condition, then, otherwise);
            return Flow::Falls;
        }
        let after = self.b.create_block();
        let mut reached = false;
        let arms = [then, otherwise].map(|body| {
            let is_cold = body.iter().any(|inst| matches!(inst, Inst::Fault(..)));
            if body.is_empty() {
                reached = true;
                return (after, is_cold);
            }
            let block = self.b.create_block();
            if is_cold {
                self.b.set_cold_block(block);
            }
            (block, is_cold)
        });
        self.split(condition, arms[0], arms[1]);
        let arms = arms.map(|(block, _)| block);
        for (body, block) in [then, otherwise].into_iter().zip(arms) {
            if body.is_empty() {
                continue;
            }
            self.b.switch_to_block(block);
            self.b.seal_block(block);
            if self.body(body) == Flow::Falls {
                reached = true;
                self.b.ins().jump(after, &[]);
            }
        }
        if !reached {
            return Flow::Ended;
        }
        self.b.switch_to_block(after);
        self.b.seal_block(after);
        Flow::Falls
    }

    /// Goes to `yes` or `no`, blocks and whether they are cold: a comparison at a time, so that what only a rare case
    /// asks for is computed there.
    fn split(&mut self, condition: Value, yes: (ir::Block, bool), no: (ir::Block, bool)) {
        let (opcode, x, y) = match self.definition(condition) {
            Some(InstructionData::Binary { opcode, args: [x, y] }) => (opcode, x, y),
            _ => (Opcode::Nop, condition, condition),
        };
        match opcode {
            Opcode::Bxor if self.int_constant(y) == Some(1) => self.split(x, no, yes),
            Opcode::Band | Opcode::Bor => {
                let more = self.b.create_block();
                let rest = (more, if opcode == Opcode::Band { yes.1 } else { no.1 });
                if rest.1 {
                    self.b.set_cold_block(more);
                }
                if opcode == Opcode::Band {
                    self.split(x, rest, no);
                } else {
                    self.split(x, yes, rest);
                }
                self.b.switch_to_block(more);
                self.b.seal_block(more);
                self.split(y, yes, no);
            }
            _ => _ = self.b.ins().brif(condition, yes.0, &[], no.0, &[]),
        }
    }

    fn repeat(&mut self, label: Label, watched: bool, body: &[Inst]) -> Flow {
        let (start, after) = (self.b.create_block(), self.b.create_block());
        self.targets.insert(label.0, Target { after, start: Some(start), left: false });
        self.b.ins().jump(start, &[]);
        self.b.switch_to_block(start);
        if watched {
            self.watch(body);
        }
        if self.body(body) == Flow::Falls {
            self.b.ins().jump(start, &[]);
        }
        self.b.seal_block(start);
        self.continue_at(label)
    }

    fn frames(&mut self, body: &[Inst]) {
        let trusted = MemFlagsData::trusted();
        let fixed = trusted.with_readonly();
        let start = self.b.ins().load(types::I64, trusted, self.context, context::START);
        let end = self.b.ins().load(types::I64, trusted, self.context, context::END);
        let input_pointers = self.b.ins().load(types::I64, fixed, self.context, context::INPUTS);
        let output_pointers = self.b.ins().load(types::I64, fixed, self.context, context::OUTPUTS);
        let pointers = |t: &mut Self, from: Value, count: usize| -> Vec<Value> {
            (0..count).map(|n| t.b.ins().load(types::I64, fixed, from, n as i32 * 8)).collect()
        };
        let inputs = pointers(self, input_pointers, self.program.inputs.len());
        let outputs = pointers(self, output_pointers, self.program.outputs as usize);

        let (again, after) = (self.b.create_block(), self.b.create_block());
        let frame = self.b.declare_var(types::I64);
        self.b.def_var(frame, start);
        let any = self.b.ins().icmp(IntCC::SignedLessThan, start, end);
        self.b.ins().brif(any, again, &[], after, &[]);
        self.b.switch_to_block(again);
        let index = self.b.use_var(frame);
        self.frame_loop = Some(FrameLoop { index, inputs, outputs });
        // A body without loops is short, and so is a block of them.
        let mut has_loop = false;
        for inst in body {
            inst.walk(&mut |inst| has_loop |= matches!(inst, Inst::Loop { .. }));
        }
        if has_loop {
            self.watch(body);
        }
        if self.body(body) == Flow::Falls {
            let next = self.b.ins().iadd_imm_s(index, 1);
            self.b.def_var(frame, next);
            let more = self.b.ins().icmp(IntCC::SignedLessThan, next, end);
            self.b.ins().brif(more, again, &[], after, &[]);
        }
        self.b.seal_block(again);
        self.frame_loop = None;
        self.b.switch_to_block(after);
        self.b.seal_block(after);
        self.b.ins().store(trusted, end, self.context, context::FRAME);
    }

    /// The present sample of an input.
    pub(super) fn input(&mut self, channel: u32) -> Value {
        let frames = self.frame_loop.as_ref().expect("the verifier saw that this is in the sample loop");
        let (samples, index) = (frames.inputs[channel as usize], frames.index);
        let bytes = self.b.ins().ishl_imm_s(index, 3);
        let address = self.b.ins().iadd(samples, bytes);
        self.b.ins().load(types::F64, MemFlagsData::trusted(), address, 0)
    }

    /// Faults if the stop flag is up. The place is the last line before the loop, or the first in its body.
    fn watch(&mut self, body: &[Inst]) {
        let first = body.iter().find_map(|inst| if let Inst::Line(span) = inst { Some(*span) } else { None });
        let span = self.line.or(first).unwrap_or_default();
        let site = self.program.sites.len() + self.watches.len();
        self.watches.push(span);
        // Atomic, so that no earlier reading stands in for this one.
        let flag = self.b.ins().atomic_load(types::I32, MemFlagsData::trusted(), self.stop);
        self.fault_if(flag, site as u32, &[]);
    }

    /// Leaves with a fault where `condition` is not zero.
    pub(super) fn fault_if(&mut self, condition: Value, site: u32, args: &[Value]) {
        let (out, on) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(out);
        self.b.ins().brif(condition, out, &[], on, &[]);
        self.b.switch_to_block(out);
        self.b.seal_block(out);
        self.leave_with(site, args);
        self.b.switch_to_block(on);
        self.b.seal_block(on);
    }

    fn fault(&mut self, site: Site, args: &[Operand]) {
        let args: Vec<Value> = args
            .iter()
            .take(4)
            .map(|arg| {
                let value = self.operand(*arg);
                match self.operand_type(*arg) {
                    Type::F64 => value,
                    Type::I64 => self.b.ins().fcvt_from_sint(types::F64, value),
                    Type::Bool => self.b.ins().fcvt_from_uint(types::F64, value),
                }
            })
            .collect();
        self.leave_with(site.0, &args);
    }

    fn leave_with(&mut self, site: u32, args: &[Value]) {
        let trusted = MemFlagsData::trusted();
        for (n, arg) in args.iter().enumerate() {
            self.b.ins().store(trusted, *arg, self.context, context::FAULT_ARGS + n as i32 * 8);
        }
        if let Some(frames) = &self.frame_loop {
            let index = frames.index;
            self.b.ins().store(trusted, index, self.context, context::FRAME);
        }
        let code = self.b.ins().iconst(types::I64, i64::from(site) + 1);
        self.b.ins().return_(&[code]);
    }

    /// Two blocks' worth of control flow that gives a value: `then` where `condition` is not zero, else `otherwise`.
    pub(super) fn choose(
        &mut self,
        ty: ir::Type,
        condition: Value,
        cold: bool,
        then: impl FnOnce(&mut Self) -> Value,
        otherwise: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let (yes, no, join) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(join, ty);
        if cold {
            self.b.set_cold_block(yes);
        }
        self.b.ins().brif(condition, yes, &[], no, &[]);
        self.b.switch_to_block(yes);
        self.b.seal_block(yes);
        let value = then(self);
        self.b.ins().jump(join, &[value.into()]);
        self.b.switch_to_block(no);
        self.b.seal_block(no);
        let value = otherwise(self);
        self.b.ins().jump(join, &[value.into()]);
        self.b.switch_to_block(join);
        self.b.seal_block(join);
        result
    }
}
