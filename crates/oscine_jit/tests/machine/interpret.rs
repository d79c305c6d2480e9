//! What instructions mean, in the plainest way: one at a time, over a table of values. Slow, and the referee of the
//! translation. Functions of mathematics and routines have tests of their own and are not known here.

use std::collections::HashMap;

use oscine_lang::ir::{
    Address, BoolBinary, Compare, FloatBinary, FloatUnary, Function, Inst, IntBinary, Label, Op, Operand, Program,
    Site, Type,
};

use super::arithmetic::{python_floor_div, python_mod};

/// Where control goes after an instruction.
enum Flow {
    On,
    Break(Label),
    Continue(Label),
    Fault(Site),
}

pub(crate) struct Interpreter<'a> {
    program: &'a Program,
    /// One word for each var, as in a cell.
    vars: HashMap<u32, u64>,
    pub(crate) cells: Vec<u64>,
    inputs: Vec<f64>,
    outputs: Vec<f64>,
    /// The largest result of an operation on two floats so far.
    pub(crate) largest: f64,
}

impl<'a> Interpreter<'a> {
    pub(crate) fn new(program: &'a Program) -> Self {
        let outputs = vec![0.0; program.outputs as usize];
        Self { program, vars: HashMap::new(), cells: program.state.clone(), inputs: vec![], outputs, largest: 0.0 }
    }

    /// Runs one frame; gives the outputs, or the site of a fault.
    pub(crate) fn frame(&mut self, inputs: &[f64]) -> Result<Vec<f64>, u32> {
        self.inputs = inputs.to_vec();
        let function: &Function = &self.program.process;
        for inst in &function.body {
            let flow = if let Inst::Frames { body } = inst { self.list(body) } else { self.inst(inst) };
            if let Flow::Fault(site) = flow {
                return Err(site.0);
            }
        }
        Ok(self.outputs.clone())
    }

    fn list(&mut self, list: &[Inst]) -> Flow {
        for inst in list {
            match self.inst(inst) {
                Flow::On => {}
                other => return other,
            }
        }
        Flow::On
    }

    fn inst(&mut self, inst: &Inst) -> Flow {
        match inst {
            Inst::Let(var, op) => match self.op(op) {
                Ok(word) => {
                    if let Op::FloatBinary(..) = op {
                        self.largest = self.largest.max(f64::from_bits(word).abs());
                    }
                    self.vars.insert(var.0, word);
                    Flow::On
                }
                Err(site) => Flow::Fault(site),
            },
            Inst::Store(_, address, value) => {
                let at = self.address(address);
                self.cells[at] = self.word(*value);
                Flow::On
            }
            Inst::If { condition, then, otherwise } => {
                let taken = self.word(*condition) != 0;
                self.list(if taken { then } else { otherwise })
            }
            Inst::Block { label, body } => match self.list(body) {
                Flow::Break(l) if l == *label => Flow::On,
                other => other,
            },
            Inst::Loop { label, body, .. } => loop {
                match self.list(body) {
                    Flow::Break(l) if l == *label => return Flow::On,
                    Flow::Continue(l) if l == *label => {}
                    Flow::On => {}
                    other => return other,
                }
            },
            Inst::Break(label) => Flow::Break(*label),
            Inst::Continue(label) => Flow::Continue(*label),
            Inst::Frames { .. } => unreachable!("at the top only"),
            Inst::Output(channel, value) => {
                self.outputs[*channel as usize] = self.float(*value);
                Flow::On
            }
            Inst::Fault(site, _) => Flow::Fault(*site),
            Inst::Line(_) => Flow::On,
        }
    }

    fn op(&self, op: &Op) -> Result<u64, Site> {
        let truth = |t: bool| Ok(u64::from(t));
        match op {
            Op::Copy(a) | Op::BoolToInt(a) => Ok(self.word(*a)),
            Op::FloatUnary(op, a) => {
                let x = self.float(*a);
                Ok(match op {
                    FloatUnary::Neg => -x,
                    FloatUnary::Abs => x.abs(),
                    FloatUnary::Sqrt => x.sqrt(),
                    FloatUnary::Floor => x.floor(),
                    FloatUnary::Ceil => x.ceil(),
                    FloatUnary::Trunc => x.trunc(),
                    FloatUnary::RoundEven => x.round_ties_even(),
                }
                .to_bits())
            }
            Op::FloatBinary(op, a, b) => {
                let (x, y) = (self.float(*a), self.float(*b));
                Ok(match op {
                    FloatBinary::Add => x + y,
                    FloatBinary::Sub => x - y,
                    FloatBinary::Mul => x * y,
                    FloatBinary::Div => x / y,
                    FloatBinary::FloorDiv => python_floor_div(x, y),
                    FloatBinary::Mod => python_mod(x, y),
                    FloatBinary::CopySign => x.copysign(y),
                }
                .to_bits())
            }
            Op::IntBinary(op, a, b, site) => {
                let (x, y) = (self.word(*a) as i64, self.word(*b) as i64);
                let (value, overflow) = match op {
                    IntBinary::Add => x.overflowing_add(y),
                    IntBinary::Sub => x.overflowing_sub(y),
                    IntBinary::Mul => x.overflowing_mul(y),
                    IntBinary::FloorDiv => {
                        (x.wrapping_div_euclid(y) - i64::from(y < 0 && x.wrapping_rem(y) != 0), false)
                    }
                    IntBinary::Mod => {
                        let remainder = x.wrapping_rem_euclid(y);
                        (if y < 0 && remainder != 0 { remainder + y } else { remainder }, false)
                    }
                    IntBinary::And => (x & y, false),
                    IntBinary::Or => (x | y, false),
                    IntBinary::Xor => (x ^ y, false),
                    IntBinary::Shl => (x << y, (x << y) >> y != x),
                    IntBinary::Shr => (x >> y.min(63), false),
                };
                match site {
                    Some(site) if overflow => Err(*site),
                    _ => Ok(value as u64),
                }
            }
            Op::FloatCompare(op, a, b) => truth(compare(*op, &self.float(*a), &self.float(*b))),
            Op::IntCompare(op, a, b) => truth(compare(*op, &(self.word(*a) as i64), &(self.word(*b) as i64))),
            Op::BoolBinary(op, a, b) => {
                let (x, y) = (self.word(*a), self.word(*b));
                Ok(match op {
                    BoolBinary::And => x & y,
                    BoolBinary::Or => x | y,
                    BoolBinary::Xor => x ^ y,
                })
            }
            Op::Not(a) => truth(self.word(*a) == 0),
            Op::MulAdd(a, b, c) => Ok(self.float(*a).mul_add(self.float(*b), self.float(*c)).to_bits()),
            Op::Select(c, a, b) => Ok(if self.word(*c) != 0 { self.word(*a) } else { self.word(*b) }),
            Op::IntToFloat(a) => Ok((self.word(*a) as i64 as f64).to_bits()),
            Op::FloatToInt(a) => Ok(self.float(*a) as i64 as u64),
            Op::Load(_, address) => Ok(self.cells[self.address(address)]),
            Op::Input(channel) => Ok(self.inputs[*channel as usize].to_bits()),
            Op::Math(..) | Op::Call { .. } | Op::Argument(Type::F64 | Type::I64 | Type::Bool, _) => {
                unreachable!("not in the programs of this test")
            }
        }
    }

    fn address(&self, address: &Address) -> usize {
        usize::try_from(self.word(address.base) as i64 + address.disp).expect("an address within the state")
    }

    fn word(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Var(var) => self.vars.get(&var.0).copied().unwrap_or_default(),
            Operand::F64(x) => x.to_bits(),
            Operand::I64(n) => n as u64,
            Operand::Bool(t) => u64::from(t),
        }
    }

    fn float(&self, operand: Operand) -> f64 {
        f64::from_bits(self.word(operand))
    }
}

fn compare<T: PartialOrd>(op: Compare, x: &T, y: &T) -> bool {
    match op {
        Compare::Eq => x == y,
        Compare::Ne => x != y,
        Compare::Lt => x < y,
        Compare::Le => x <= y,
        Compare::Gt => x > y,
        Compare::Ge => x >= y,
    }
}
