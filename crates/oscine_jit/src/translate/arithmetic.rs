//! What a `Let` computes.
//!
//! Floats follow IEEE 754 to the bit. `//` and `%` of floats are CPython's `float_floor_div` and `float_rem`
//! (Objects/floatobject.c): the C remainder, moved to the divisor's sign, and a quotient snapped to a whole number.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, InstructionData, MemFlagsData, Opcode, Value, types};
use oscine_lang::ir::{
    BoolBinary, Compare, FloatBinary, FloatUnary, IntBinary, Op, Operand, Routine, Site, Type, exact_reciprocal,
};

use super::division::Reciprocal;
use super::{Translator, call, machine_type};
use crate::context;
use crate::routines::{Parameter, signature};

impl Translator<'_> {
    pub(super) fn op(&mut self, op: &Op) -> Value {
        match op {
            Op::Copy(a) => self.operand(*a),
            Op::FloatUnary(op, a) => {
                let a = self.operand(*a);
                match op {
                    FloatUnary::Neg => self.b.ins().fneg(a),
                    FloatUnary::Abs => self.b.ins().fabs(a),
                    FloatUnary::Sqrt => self.b.ins().sqrt(a),
                    FloatUnary::Floor => self.b.ins().floor(a),
                    FloatUnary::Ceil => self.b.ins().ceil(a),
                    FloatUnary::Trunc => self.b.ins().trunc(a),
                    FloatUnary::RoundEven => self.b.ins().nearest(a),
                }
            }
            Op::FloatBinary(op, a, b) => {
                let (a, b) = (self.operand(*a), self.operand(*b));
                self.float_binary(*op, a, b)
            }
            Op::MulAdd(a, b, c) => {
                let (a, b, c) = (self.operand(*a), self.operand(*b), self.operand(*c));
                self.b.ins().fma(a, b, c)
            }
            Op::IntBinary(op, a, b, site) => self.int_binary(*op, *a, *b, *site),
            Op::FloatCompare(compare, a, b) => {
                let (a, b) = (self.operand(*a), self.operand(*b));
                let condition = match compare {
                    Compare::Eq => FloatCC::Equal,
                    Compare::Ne => FloatCC::NotEqual,
                    Compare::Lt => FloatCC::LessThan,
                    Compare::Le => FloatCC::LessThanOrEqual,
                    Compare::Gt => FloatCC::GreaterThan,
                    Compare::Ge => FloatCC::GreaterThanOrEqual,
                };
                self.b.ins().fcmp(condition, a, b)
            }
            Op::IntCompare(compare, a, b) => {
                let (a, b) = (self.operand(*a), self.operand(*b));
                let condition = match compare {
                    Compare::Eq => IntCC::Equal,
                    Compare::Ne => IntCC::NotEqual,
                    Compare::Lt => IntCC::SignedLessThan,
                    Compare::Le => IntCC::SignedLessThanOrEqual,
                    Compare::Gt => IntCC::SignedGreaterThan,
                    Compare::Ge => IntCC::SignedGreaterThanOrEqual,
                };
                self.b.ins().icmp(condition, a, b)
            }
            Op::BoolBinary(op, a, b) => {
                let (a, b) = (self.operand(*a), self.operand(*b));
                match op {
                    BoolBinary::And => self.b.ins().band(a, b),
                    BoolBinary::Or => self.outside(a, b).unwrap_or_else(|| self.b.ins().bor(a, b)),
                    BoolBinary::Xor => self.b.ins().bxor(a, b),
                }
            }
            Op::Not(a) => {
                let a = self.operand(*a);
                self.b.ins().bxor_imm_u(a, 1)
            }
            Op::Select(c, a, b) => {
                let (c, a, b) = (self.operand(*c), self.operand(*a), self.operand(*b));
                self.select(c, a, b)
            }
            Op::IntToFloat(a) => {
                let a = self.operand(*a);
                self.b.ins().fcvt_from_sint(types::F64, a)
            }
            Op::FloatToInt(a) => {
                let a = self.operand(*a);
                self.b.ins().fcvt_to_sint_sat(types::I64, a)
            }
            Op::BoolToInt(a) => {
                let a = self.operand(*a);
                self.b.ins().uextend(types::I64, a)
            }
            Op::Math(function, args) => {
                let args: Vec<Value> = args.iter().map(|a| self.operand(*a)).collect();
                let Self { b, module, imports, settings, .. } = self;
                crate::math::emit(*function, &args, b, settings.has_fma, &mut |b, symbol, args| {
                    call(b, module, imports, symbol, args, types::F64)
                })
            }
            Op::Call { routine, args, overflow, .. } => self.routine(*routine, args, *overflow),
            Op::Load(ty, address) => self.load(*ty, address),
            Op::Input(channel) => self.input(*channel),
            Op::Argument(ty, n) => {
                let word = match ty {
                    Type::F64 => types::F64,
                    Type::I64 | Type::Bool => types::I64,
                };
                let at = context::ARGUMENTS + *n as i32 * 8;
                let value = self.b.ins().load(word, MemFlagsData::trusted(), self.context, at);
                if *ty == Type::Bool { self.b.ins().ireduce(types::I8, value) } else { value }
            }
        }
    }

    /// `n < 0 or n >= length`, the check of an index, as one comparison without sign.
    fn outside(&mut self, a: Value, b: Value) -> Option<Value> {
        let compared = |t: &Self, value: Value| match t.definition(value) {
            Some(InstructionData::IntCompare { cond, args: [n, bound], .. }) => Some((cond, n, bound)),
            _ => None,
        };
        let (first, second) = (compared(self, a)?, compared(self, b)?);
        let (low, high) = if first.0 == IntCC::SignedLessThan { (first, second) } else { (second, first) };
        let is_check = low.0 == IntCC::SignedLessThan
            && high.0 == IntCC::SignedGreaterThanOrEqual
            && low.1 == high.1
            && self.int_constant(low.2) == Some(0)
            && self.int_constant(high.2).is_some_and(|length| length >= 0);
        is_check.then(|| self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, high.1, high.2))
    }

    pub(super) fn int_constant(&self, value: Value) -> Option<i64> {
        match self.definition(value) {
            Some(InstructionData::UnaryImm { opcode: Opcode::Iconst, imm }) => Some(imm.bits()),
            _ => None,
        }
    }

    fn float_binary(&mut self, op: FloatBinary, a: Value, b: Value) -> Value {
        match op {
            FloatBinary::Add => {
                let (a, b) = self.constant_last(a, b);
                self.b.ins().fadd(a, b)
            }
            FloatBinary::Sub => self.b.ins().fsub(a, b),
            FloatBinary::Mul => {
                let (a, b) = self.constant_last(a, b);
                match self.float_constant(b) {
                    Some(factor) => self.scaled(a, factor),
                    None => self.b.ins().fmul(a, b),
                }
            }
            FloatBinary::Div => self.quotient(a, b),
            FloatBinary::FloorDiv => self.float_floor_div(a, b),
            FloatBinary::Mod => self.float_mod(a, b),
            FloatBinary::CopySign => self.b.ins().fcopysign(a, b),
        }
    }

    fn quotient(&mut self, a: Value, b: Value) -> Value {
        let divisor = self.float_constant(b);
        if let Some(reciprocal) = divisor.and_then(exact_reciprocal) {
            return self.scaled(a, reciprocal);
        }
        match divisor.and_then(Reciprocal::of) {
            Some(reciprocal) if self.settings.has_fma => self.divided(a, b, reciprocal),
            _ => self.b.ins().fdiv(a, b),
        }
    }

    /// Puts a constant second, where an instruction can take it from memory.
    fn constant_last(&self, a: Value, b: Value) -> (Value, Value) {
        if self.float_constant(a).is_some() { (b, a) } else { (a, b) }
    }

    /// A product with a constant, which takes a negation into itself.
    fn scaled(&mut self, a: Value, factor: f64) -> Value {
        let (a, factor) = match self.definition(a) {
            Some(InstructionData::Unary { opcode: Opcode::Fneg, arg }) => (arg, -factor),
            _ => (a, factor),
        };
        let factor = self.b.ins().f64const(factor);
        self.b.ins().fmul(a, factor)
    }

    /// The C remainder of `a / b`, which is exact. Where `|a| < 2 |b|`, as for a phase that wraps, it takes no call.
    fn c_remainder(&mut self, a: Value, b: Value) -> Value {
        if let Some(scale) = self.float_constant(b).filter(|b| b.abs() >= 1.0)
            && let Some(reciprocal) = exact_reciprocal(scale)
        {
            // Scaling by a power of two is exact.
            let reciprocal = self.b.ins().f64const(reciprocal);
            let quotient = self.b.ins().fmul(a, reciprocal);
            let whole = self.b.ins().trunc(quotient);
            let whole = self.b.ins().fmul(whole, b);
            return self.b.ins().fsub(a, whole);
        }
        let (size, modulus) = (self.b.ins().fabs(a), self.b.ins().fabs(b));
        let twice = self.b.ins().fadd(modulus, modulus);
        let near = self.b.ins().fcmp(FloatCC::LessThan, size, twice);
        let far = self.b.ins().bxor_imm_u(near, 1);
        self.choose(
            types::F64,
            far,
            true,
            |t| t.call("fmod", &[a, b], types::F64),
            |t| {
                let inside = t.b.ins().fcmp(FloatCC::LessThan, size, modulus);
                let less = t.b.ins().fsub(size, modulus);
                let size = t.select(inside, size, less);
                t.b.ins().fcopysign(size, a)
            },
        )
    }

    /// The remainder with the divisor's sign.
    fn float_mod(&mut self, a: Value, b: Value) -> Value {
        if self.float_constant(b) == Some(1.0) {
            // The same, rounded once as well: how phases wrap.
            let floor = self.b.ins().floor(a);
            return self.b.ins().fsub(a, floor);
        }
        let remainder = self.c_remainder(a, b);
        let zero = self.b.ins().f64const(0.0);
        let some = self.b.ins().fcmp(FloatCC::NotEqual, remainder, zero);
        let remainder_below = self.b.ins().fcmp(FloatCC::LessThan, remainder, zero);
        let divisor_below = self.b.ins().fcmp(FloatCC::LessThan, b, zero);
        let apart = self.b.ins().bxor(remainder_below, divisor_below);
        let moved = self.b.ins().band(some, apart);
        let step = self.select(moved, b, zero);
        let sum = self.b.ins().fadd(remainder, step);
        let signed_zero = self.b.ins().fcopysign(zero, b);
        self.select(some, sum, signed_zero)
    }

    fn float_floor_div(&mut self, a: Value, b: Value) -> Value {
        let zero = self.b.ins().f64const(0.0);
        let none = self.b.ins().fcmp(FloatCC::Equal, b, zero);
        self.choose(
            types::F64,
            none,
            true,
            |t| t.b.ins().fdiv(a, b),
            |t| {
                let remainder = t.c_remainder(a, b);
                let whole = t.b.ins().fsub(a, remainder);
                let quotient = t.b.ins().fdiv(whole, b);
                let some = t.b.ins().fcmp(FloatCC::NotEqual, remainder, zero);
                let remainder_below = t.b.ins().fcmp(FloatCC::LessThan, remainder, zero);
                let divisor_below = t.b.ins().fcmp(FloatCC::LessThan, b, zero);
                let apart = t.b.ins().bxor(remainder_below, divisor_below);
                let moved = t.b.ins().band(some, apart);
                let one = t.b.ins().f64const(1.0);
                let step = t.select(moved, one, zero);
                let quotient = t.b.ins().fsub(quotient, step);
                let floor = t.b.ins().floor(quotient);
                let rest = t.b.ins().fsub(quotient, floor);
                let half = t.b.ins().f64const(0.5);
                let up = t.b.ins().fcmp(FloatCC::GreaterThan, rest, half);
                let step = t.select(up, one, zero);
                let floor = t.b.ins().fadd(floor, step);
                let exact = t.b.ins().fdiv(a, b);
                let signed_zero = t.b.ins().fcopysign(zero, exact);
                let any = t.b.ins().fcmp(FloatCC::NotEqual, quotient, zero);
                t.select(any, floor, signed_zero)
            },
        )
    }

    fn int_binary(&mut self, op: IntBinary, a: Operand, b: Operand, site: Option<Site>) -> Value {
        let constant = if let Operand::I64(n) = b { Some(n) } else { None };
        let (a, b) = (self.operand(a), self.operand(b));
        if let Some(site) = site
            && matches!(op, IntBinary::Add | IntBinary::Sub | IntBinary::Mul)
        {
            let (value, overflow) = match op {
                IntBinary::Add => self.b.ins().sadd_overflow(a, b),
                IntBinary::Sub => self.b.ins().ssub_overflow(a, b),
                _ => self.b.ins().smul_overflow(a, b),
            };
            self.fault_if(overflow, site.0, &[]);
            return value;
        }
        match op {
            IntBinary::Add => self.b.ins().iadd(a, b),
            IntBinary::Sub => self.b.ins().isub(a, b),
            IntBinary::Mul => self.b.ins().imul(a, b),
            IntBinary::And => self.b.ins().band(a, b),
            IntBinary::Or => self.b.ins().bor(a, b),
            IntBinary::Xor => self.b.ins().bxor(a, b),
            IntBinary::FloorDiv => match constant {
                Some(n) if n > 0 && n & (n - 1) == 0 => self.b.ins().sshr_imm_u(a, i64::from(n.trailing_zeros())),
                _ => self.int_floor_div(a, b).0,
            },
            IntBinary::Mod => match constant {
                Some(n) if n > 0 && n & (n - 1) == 0 => self.b.ins().band_imm_s(a, n - 1),
                _ => self.int_floor_div(a, b).1,
            },
            IntBinary::Shl => {
                let value = self.b.ins().ishl(a, b);
                if let Some(site) = site {
                    let back = self.b.ins().sshr(value, b);
                    let lost = self.b.ins().icmp(IntCC::NotEqual, back, a);
                    self.fault_if(lost, site.0, &[]);
                }
                value
            }
            IntBinary::Shr => {
                let most = self.b.ins().iconst(types::I64, 63);
                let count = self.b.ins().umin(b, most);
                self.b.ins().sshr(a, count)
            }
        }
    }

    /// Quotient toward minus infinity and remainder of the divisor's sign. The least int by -1 wraps around.
    fn int_floor_div(&mut self, a: Value, b: Value) -> (Value, Value) {
        // The machine's division faults on that one quotient: divide by 1 and negate.
        let is_minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let one = self.b.ins().iconst(types::I64, 1);
        let divisor = self.b.ins().select(is_minus_one, one, b);
        let quotient = self.b.ins().sdiv(a, divisor);
        let product = self.b.ins().imul(quotient, divisor);
        let remainder = self.b.ins().isub(a, product);
        let negated = self.b.ins().ineg(quotient);
        let quotient = self.b.ins().select(is_minus_one, negated, quotient);
        // They differ in sign and there is a remainder: one less.
        let zero = self.b.ins().iconst(types::I64, 0);
        let some = self.b.ins().icmp(IntCC::NotEqual, remainder, zero);
        let signs = self.b.ins().bxor(remainder, b);
        let apart = self.b.ins().icmp(IntCC::SignedLessThan, signs, zero);
        let moved = self.b.ins().band(some, apart);
        let less = self.b.ins().iadd_imm_s(quotient, -1);
        let more = self.b.ins().iadd(remainder, b);
        (self.b.ins().select(moved, less, quotient), self.b.ins().select(moved, more, remainder))
    }

    fn routine(&mut self, routine: Routine, args: &[Operand], overflow: Option<Site>) -> Value {
        let signature = signature(routine);
        let mut operands = args.iter();
        let mut values = vec![];
        for parameter in signature.parameters {
            let value = match parameter {
                Parameter::Overflow => {
                    let zero = self.b.ins().iconst(types::I64, 0);
                    self.b.ins().store(MemFlagsData::trusted(), zero, self.context, context::OVERFLOW);
                    self.b.ins().iadd_imm_s(self.context, i64::from(context::OVERFLOW))
                }
                Parameter::Int | Parameter::Float | Parameter::Cell => {
                    let operand = operands.next().expect("the verifier counted a routine's operands");
                    let value = self.operand(*operand);
                    if *parameter == Parameter::Cell { self.cell_pointer(value) } else { value }
                }
            };
            values.push(value);
        }
        let result = self.call(signature.symbol, &values, machine_type(signature.result));
        if let Some(site) = overflow
            && signature.parameters.contains(&Parameter::Overflow)
        {
            let flag = self.b.ins().load(types::I64, MemFlagsData::trusted(), self.context, context::OVERFLOW);
            self.fault_if(flag, site.0, &[]);
        }
        result
    }
}
