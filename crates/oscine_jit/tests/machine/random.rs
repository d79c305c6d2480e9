//! Random programs, by the interpreter and as machine code.
//!
//! Every program is valid and ends: loops count down, addresses are reduced to their extent, divisors are odd. Its
//! constants are those that arithmetic trips over.

use oscine_dsp::Processor;
use oscine_lang::ir::reassociate::reassociate;
use oscine_lang::ir::verify::verify;
use oscine_lang::ir::{
    Address, BoolBinary, Compare, FloatBinary, FloatUnary, Inst, IntBinary, Label, Op, Operand, Program, Type, Var,
    print,
};

use super::interpret::Interpreter;
use super::support::{Builder, cell, program, site, start};

/// Cells 0..4 floats, 4..8 ints, 8..10 bools, 10..14 an array of floats, 14..18 one of ints.
const CELLS: [(Type, u32, u32); 5] =
    [(Type::F64, 0, 4), (Type::I64, 4, 8), (Type::Bool, 8, 10), (Type::F64, 10, 14), (Type::I64, 14, 18)];
const FRAMES: usize = 6;

/// xorshift64*, Marsaglia 2003 and Vigna 2016.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

struct Generator {
    random: Random,
    b: Builder,
    /// What may be read where the next instruction goes.
    readable: Vec<(Var, Type)>,
    mutable: Vec<(Var, Type)>,
    labels: u32,
    enclosing: Vec<(Label, bool)>,
    /// Floats are small whole numbers, of which sums and products are exact in any order.
    is_whole: bool,
}

impl Generator {
    fn ty(&mut self) -> Type {
        self.random.pick(&[Type::F64, Type::F64, Type::I64, Type::Bool])
    }

    fn operand(&mut self, ty: Type) -> Operand {
        let vars: Vec<Var> = self.readable.iter().filter(|(_, t)| *t == ty).map(|(v, _)| *v).collect();
        if self.is_whole && self.random.below(2) == 0 {
            // Trees of sums and products are made of values that are read once.
            if let Some(last) = vars.last() {
                return Operand::Var(*last);
            }
        }
        if !vars.is_empty() && self.random.below(4) != 0 {
            return Operand::Var(self.random.pick(&vars));
        }
        match ty {
            Type::F64 if self.is_whole => Operand::F64(self.random.pick(&[0.0, 1.0, -1.0, 2.0, 3.0])),
            Type::F64 => Operand::F64(self.random.pick(&[
                0.0,
                -0.0,
                1.0,
                2.0,
                -0.5,
                0.1,
                3.0,
                1e300,
                5e-324,
                f64::INFINITY,
                f64::NAN,
            ])),
            Type::I64 => Operand::I64(self.random.pick(&[0, 1, -1, 3, 8, -7, 1 << 40, i64::MAX, i64::MIN])),
            Type::Bool => Operand::Bool(self.random.below(2) == 0),
        }
    }

    fn bind(&mut self, out: &mut Vec<Inst>, ty: Type, op: Op) -> Operand {
        let var = self.b.var(ty, false);
        out.push(Inst::Let(var, op));
        self.readable.push((var, ty));
        Operand::Var(var)
    }

    /// A constant address or one that is computed within an array.
    fn address(&mut self, out: &mut Vec<Inst>, ty: Type) -> Address {
        let places: Vec<usize> = (0..CELLS.len()).filter(|n| CELLS[*n].0 == ty).collect();
        let place = self.random.pick(&places);
        let (_, first, past) = CELLS[place];
        if place < 3 || self.random.below(4) == 0 {
            return cell(i64::from(first) + self.random.below((past - first) as usize) as i64);
        }
        let index = self.operand(Type::I64);
        let length = Operand::I64(i64::from(past - first));
        let index = self.bind(out, Type::I64, Op::IntBinary(IntBinary::Mod, index, length, None));
        Address { base: index, disp: i64::from(first), extent: Some(place as u32 - 3) }
    }

    fn compare(&mut self) -> Compare {
        self.random.pick(&[Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge])
    }

    fn op(&mut self, out: &mut Vec<Inst>, ty: Type) -> Op {
        if self.random.below(6) == 0 {
            let address = self.address(out, ty);
            return Op::Load(ty, address);
        }
        if self.random.below(6) == 0 {
            return Op::Select(self.operand(Type::Bool), self.operand(ty), self.operand(ty));
        }
        match ty {
            Type::F64 if self.is_whole => {
                use FloatBinary::{Add, Mul, Sub};
                match self.random.below(8) {
                    0 => Op::Input(self.random.below(2) as u32),
                    1 => Op::FloatUnary(FloatUnary::Neg, self.operand(Type::F64)),
                    _ => {
                        let op = self.random.pick(&[Add, Sub, Mul]);
                        Op::FloatBinary(op, self.operand(Type::F64), self.operand(Type::F64))
                    }
                }
            }
            Type::F64 => match self.random.below(10) {
                0 => Op::Input(self.random.below(2) as u32),
                1 => Op::IntToFloat(self.operand(Type::I64)),
                2 | 3 => {
                    let op = self.random.pick(&[
                        FloatUnary::Neg,
                        FloatUnary::Abs,
                        FloatUnary::Sqrt,
                        FloatUnary::Floor,
                        FloatUnary::Ceil,
                        FloatUnary::Trunc,
                        FloatUnary::RoundEven,
                    ]);
                    Op::FloatUnary(op, self.operand(Type::F64))
                }
                _ => {
                    use FloatBinary::{Add, CopySign, Div, FloorDiv, Mod, Mul, Sub};
                    let op = self.random.pick(&[Add, Add, Sub, Sub, Mul, Mul, Div, FloorDiv, Mod, CopySign]);
                    Op::FloatBinary(op, self.operand(Type::F64), self.operand(Type::F64))
                }
            },
            Type::I64 => match self.random.below(8) {
                0 => Op::BoolToInt(self.operand(Type::Bool)),
                1 => Op::FloatToInt(self.operand(Type::F64)),
                2 => {
                    let divisor = self.operand(Type::I64);
                    let op = IntBinary::Or;
                    let divisor = self.bind(out, Type::I64, Op::IntBinary(op, divisor, Operand::I64(1), None));
                    // Python's result for the least int by -1 is no int of 64 bits.
                    let bounded = Op::IntBinary(IntBinary::Shr, self.operand(Type::I64), Operand::I64(1), None);
                    let bounded = self.bind(out, Type::I64, bounded);
                    let op = self.random.pick(&[IntBinary::FloorDiv, IntBinary::Mod]);
                    Op::IntBinary(op, bounded, divisor, None)
                }
                3 => {
                    let count = Operand::I64(self.random.below(64) as i64);
                    let op = self.random.pick(&[IntBinary::Shl, IntBinary::Shr]);
                    Op::IntBinary(op, self.operand(Type::I64), count, None)
                }
                _ => {
                    use IntBinary::{Add, And, Mul, Or, Sub, Xor};
                    let op = self.random.pick(&[Add, Add, Sub, Sub, Mul, And, Or, Xor]);
                    let can_overflow = matches!(op, Add | Sub | Mul);
                    let site = (can_overflow && self.random.below(6) == 0).then(|| site(5));
                    Op::IntBinary(op, self.operand(Type::I64), self.operand(Type::I64), site)
                }
            },
            Type::Bool => match self.random.below(4) {
                0 => Op::Not(self.operand(Type::Bool)),
                1 => Op::IntCompare(self.compare(), self.operand(Type::I64), self.operand(Type::I64)),
                2 => {
                    let op = self.random.pick(&[BoolBinary::And, BoolBinary::Or, BoolBinary::Xor]);
                    Op::BoolBinary(op, self.operand(Type::Bool), self.operand(Type::Bool))
                }
                _ => Op::FloatCompare(self.compare(), self.operand(Type::F64), self.operand(Type::F64)),
            },
        }
    }

    fn list(&mut self, depth: u32, length: usize) -> Vec<Inst> {
        let readable = self.readable.len();
        let mut out = vec![];
        for _ in 0..length {
            self.inst(&mut out, depth);
        }
        self.readable.truncate(readable);
        out
    }

    fn inst(&mut self, out: &mut Vec<Inst>, depth: u32) {
        match self.random.below(if depth == 0 { 8 } else { 13 }) {
            0..=3 => {
                let ty = self.ty();
                let op = self.op(out, ty);
                self.bind(out, ty, op);
            }
            4 | 5 => {
                let (var, ty) = self.random.pick(&self.mutable.clone());
                let op = self.op(out, ty);
                out.push(Inst::Let(var, op));
            }
            6 => {
                let ty = self.ty();
                let value = self.operand(ty);
                let address = self.address(out, ty);
                out.push(Inst::Store(ty, address, value));
            }
            7 => {
                let value = self.operand(Type::F64);
                out.push(Inst::Output(self.random.below(2) as u32, value));
            }
            8 | 9 => {
                let condition = self.operand(Type::Bool);
                let lengths = (self.random.below(4), self.random.below(3));
                let mut then = self.list(depth - 1, lengths.0);
                let otherwise = self.list(depth - 1, lengths.1);
                self.leave(&mut then);
                out.push(Inst::If { condition, then, otherwise });
            }
            10 => {
                let label = self.label();
                self.enclosing.push((label, false));
                let body = self.list(depth - 1, 4);
                self.enclosing.pop();
                out.push(Inst::Block { label, body });
            }
            _ => self.counted(out, depth),
        }
    }

    /// Now and then a jump or a fault at the end of a branch.
    fn leave(&mut self, body: &mut Vec<Inst>) {
        match self.random.below(8) {
            0 => {
                if let Some((label, _)) = self.enclosing.last() {
                    body.push(Inst::Break(*label));
                }
            }
            1 => {
                if let Some((label, true)) = self.enclosing.last() {
                    body.push(Inst::Continue(*label));
                }
            }
            2 if self.random.below(8) == 0 => body.push(Inst::Fault(site(7), vec![Operand::I64(3)])),
            _ => {}
        }
    }

    fn label(&mut self) -> Label {
        self.labels += 1;
        Label(self.labels)
    }

    /// A loop that ends after three rounds, whatever its body does.
    fn counted(&mut self, out: &mut Vec<Inst>, depth: u32) {
        let (label, counter) = (self.label(), self.b.var(Type::I64, true));
        let over = self.b.var(Type::Bool, false);
        out.push(Inst::Let(counter, Op::Copy(Operand::I64(0))));
        let step = Op::IntBinary(IntBinary::Add, Operand::Var(counter), Operand::I64(1), None);
        let mut body = vec![
            Inst::Let(counter, step),
            Inst::Let(over, Op::IntCompare(Compare::Gt, Operand::Var(counter), Operand::I64(3))),
            Inst::If { condition: Operand::Var(over), then: vec![Inst::Break(label)], otherwise: vec![] },
        ];
        self.enclosing.push((label, true));
        body.extend(self.list(depth - 1, 4));
        self.enclosing.pop();
        out.push(Inst::Loop { label, watched: self.random.below(2) == 0, body });
    }

    fn program(seed: u64, is_whole: bool) -> Program {
        let mut generator = Generator {
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            b: Builder::default(),
            readable: vec![],
            mutable: vec![],
            labels: 0,
            enclosing: vec![],
            is_whole,
        };
        let mut body = vec![];
        for ty in [Type::F64, Type::F64, Type::I64, Type::Bool] {
            let var = generator.b.var(ty, true);
            let value = generator.operand(ty);
            body.push(Inst::Let(var, Op::Copy(value)));
            generator.mutable.push((var, ty));
            generator.readable.push((var, ty));
        }
        body.extend(generator.list(3, 24));
        for channel in 0..2 {
            let value = generator.operand(Type::F64);
            body.push(Inst::Output(channel, value));
        }
        let state = (0..18u64)
            .map(|n| match n {
                0..4 | 10..14 => (n as f64 - if is_whole { 1.0 } else { 1.5 }).to_bits(),
                8..10 => n & 1,
                _ => n,
            })
            .collect();
        let mut program = program(2, 2, state, generator.b.function(vec![Inst::Frames { body }]));
        program.extents = vec![vec![(10, 14)], vec![(14, 18)]];
        program
    }
}

/// Equal words, or both a float that is not a number.
fn same(a: u64, b: u64, ty: Type) -> bool {
    a == b || ty == Type::F64 && f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan()
}

#[test]
fn random_programs_compute_what_the_interpreter_computes() {
    let mut faults = 0;
    for seed in 1..=400 {
        let program = Generator::program(seed, false);
        let text = || format!("seed {seed}\n{}", print::print(&program));
        assert_eq!(verify(&program), Ok(()), "{}", text());
        let inputs: Vec<Vec<f64>> =
            vec![vec![0.5, -1.0, 0.0, f64::NAN, 1e10, -0.0], vec![2.0, 3.0, -0.25, 1.0, -1.0, 7.5]];
        let mut interpreter = Interpreter::new(&program);
        let mut expected = vec![];
        let mut fault = None;
        for (frame, (x, y)) in inputs[0].iter().zip(&inputs[1]).enumerate() {
            match interpreter.frame(&[*x, *y]) {
                Ok(outputs) => expected.push(outputs),
                Err(site) => {
                    fault = Some((site, frame as u32));
                    break;
                }
            }
        }
        let mut processor = start(program.clone());
        let (mut first, mut second) = ([0.0; FRAMES], [0.0; FRAMES]);
        let result = processor.process(&[&inputs[0], &inputs[1]], &mut [&mut first, &mut second]);
        assert_eq!(result.err().map(|f| (f.site, f.frames_done)), fault, "{}", text());
        for (frame, outputs) in expected.iter().enumerate() {
            for (got, expected) in [first[frame], second[frame]].iter().zip(outputs) {
                assert!(
                    same(got.to_bits(), expected.to_bits(), Type::F64),
                    "frame {frame}: {got:e}, not {expected:e}; {}",
                    text()
                );
            }
        }
        if fault.is_some() {
            faults += 1;
            continue;
        }
        for (ty, first, past) in CELLS {
            for at in first as usize..past as usize {
                let (got, expected) = (processor.state()[at], interpreter.cells[at]);
                assert!(same(got, expected, ty), "cell {at}: {got:x}, not {expected:x}; {}", text());
            }
        }
    }
    assert!((5..200).contains(&faults), "{faults} of the programs fault");
}

/// In whole numbers another order changes nothing, whatever is assigned or stored between a sum's terms.
#[test]
fn another_order_of_sums_and_products_is_the_same_program() {
    let (mut compared, mut fused) = (0, 0);
    for seed in 1..=150 {
        let program = Generator::program(seed, true);
        for fuse in [false, true] {
            let mut other = program.clone();
            reassociate(&mut other, fuse);
            let text = || format!("seed {seed}\n{}\n{}", print::print(&program), print::print(&other));
            assert_eq!(verify(&other), Ok(()), "{}", text());
            other.process.body.iter().for_each(|inst| {
                inst.walk(&mut |inst| fused += u32::from(matches!(inst, Inst::Let(_, Op::MulAdd(..)))));
            });
            let (mut before, mut after) = (Interpreter::new(&program), Interpreter::new(&other));
            for (x, y) in [(1.0, -2.0), (0.0, 3.0), (-1.0, 1.0)] {
                let outputs = before.frame(&[x, y]);
                let others = after.frame(&[x, y]);
                if before.largest > 2f64.powi(50) {
                    break;
                }
                // Zeros are equal whatever their sign.
                assert_eq!(outputs, others, "{}", text());
                for (n, (a, b)) in before.cells.iter().zip(&after.cells).enumerate() {
                    let is_float =
                        CELLS.iter().any(|(ty, from, to)| *ty == Type::F64 && (*from..*to).contains(&(n as u32)));
                    let same = a == b || is_float && f64::from_bits(*a) == f64::from_bits(*b);
                    assert!(same, "cell {n}: {a:x} and {b:x}\n{}", text());
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 500 && fused > 20, "{compared} frames compared, {fused} products fused");
}

/// `(m + x) + (y * m)`, with another `m` before the last sum: the parts have to be computed where they stood.
#[test]
fn a_term_that_is_assigned_in_between_keeps_its_value() {
    let mut b = Builder::default();
    let mut body = vec![];
    let m = b.var(Type::F64, true);
    let [x, y] = [0, 1].map(|channel| b.bind(&mut body, Type::F64, Op::Input(channel)));
    let binary = |op, a, b| Op::FloatBinary(op, a, b);
    body.push(Inst::Let(m, binary(FloatBinary::Add, x, Operand::F64(1.0))));
    let sum = b.bind(&mut body, Type::F64, binary(FloatBinary::Add, Operand::Var(m), x));
    let product = b.bind(&mut body, Type::F64, binary(FloatBinary::Mul, y, Operand::Var(m)));
    body.push(Inst::Let(m, Op::Copy(Operand::F64(100.0))));
    let total = b.bind(&mut body, Type::F64, binary(FloatBinary::Add, sum, product));
    body.push(Inst::Output(0, total));
    let mut program = program(2, 1, vec![], b.function(vec![Inst::Frames { body }]));
    reassociate(&mut program, true);
    assert_eq!(Interpreter::new(&program).frame(&[2.0, 5.0]), Ok(vec![20.0]));
}
