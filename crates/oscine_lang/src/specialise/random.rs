//! `random` at audio time: each method of a generator draws from the live words of its state as `Lib/random.py` of
//! CPython 3.11 draws, so that the numbers go on where load time left them.

use crate::diagnostics::errors;
use crate::evaluate::value::Name;
use crate::ir::{Compare, FloatBinary, FloatUnary, Inst, IntBinary, MathFn, Operand, Routine, Type};
use crate::syntax::ast::BinOp;

use super::calls::CallArgs;
use super::emit::FaultText;
use super::kind::{Kind, Val};
use super::{Told, Walk, Walker};

impl Walker<'_> {
    /// A method of a generator, the generator being the first argument.
    pub(crate) fn random_call(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let (Some(name), Some(generator)) = (name.strip_prefix("Random "), args.positional.first()) else {
            return Ok(None);
        };
        let generator = &generator.clone();
        let args = &CallArgs { positional: args.positional[1..].to_vec(), keywords: args.keywords.clone() };
        Ok(Some(match name {
            "random" => Val::float(self.random_double(generator)?),
            "uniform" => {
                let (a, b) = (self.number(name, args, 0, "a", None)?, self.number(name, args, 1, "b", None)?);
                let width = self.float_op(FloatBinary::Sub, b, a);
                let share = self.random_double(generator)?;
                let distance = self.float_op(FloatBinary::Mul, width, share);
                Val::float(self.float_op(FloatBinary::Add, a, distance))
            }
            "triangular" => {
                let low = self.number(name, args, 0, "low", Some(0.0))?;
                let high = self.number(name, args, 1, "high", Some(1.0))?;
                let mode = match args.get(2, "mode") {
                    Some(mode) if !mode.is_none() => Some(self.float_of(&mode.clone(), "random.triangular()")?),
                    _ => None,
                };
                self.triangular(generator, low, high, mode)?
            }
            "gauss" | "normalvariate" => {
                let mean = self.number(name, args, 0, "mu", Some(0.0))?;
                let deviation = self.number(name, args, 1, "sigma", Some(1.0))?;
                let deviate = if name == "gauss" { self.gauss(generator)? } else { self.normal(generator)? };
                let distance = self.float_op(FloatBinary::Mul, deviate, deviation);
                Val::float(self.float_op(FloatBinary::Add, mean, distance))
            }
            "expovariate" => {
                let rate = self.number(name, args, 0, "lambd", Some(1.0))?;
                let log = self.log_of_rest(generator)?;
                let negated = self.emit.float_unary(FloatUnary::Neg, log);
                Val::float(self.float_arithmetic(BinOp::Div, negated, rate, false)?)
            }
            "randint" => {
                let (a, b) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let (a, b) = (self.int_of(&a, "random.randint()")?, self.int_of(&b, "random.randint()")?);
                let span = self.span;
                let end = self.emit.int_binary(IntBinary::Add, b, Operand::I64(1), span);
                self.in_range(generator, a, end)?
            }
            "randrange" => {
                let first = self.argument(name, args, 0)?;
                let first = self.int_of(&first, "random.randrange()")?;
                match args.positional.len() {
                    1 => self.in_range(generator, Operand::I64(0), first)?,
                    2 => {
                        let end = self.argument(name, args, 1)?;
                        let end = self.int_of(&end, "random.randrange()")?;
                        self.in_range(generator, first, end)?
                    }
                    _ => return Ok(None),
                }
            }
            "choice" => {
                let items = self.argument(name, args, 0)?;
                let length = self.length(&items)?;
                let is_empty = self.emit.int_compare(Compare::Eq, length.op(), Operand::I64(0));
                self.fault_if(is_empty, FaultText::new("IndexError", "Cannot choose from an empty sequence"), &[]);
                let index = self.below(generator, length.op())?;
                self.item(&items, &Val::int(index))?
            }
            _ => return Ok(None),
        }))
    }

    fn number(&mut self, name: &str, args: &CallArgs, index: usize, key: &str, default: Option<f64>) -> Walk<Operand> {
        match (args.get(index, key).cloned(), default) {
            (Some(value), _) => self.float_of(&value, &format!("random.{name}()")),
            (None, Some(default)) => Ok(Operand::F64(default)),
            (None, None) => {
                let span = self.span;
                self.refuse(errors::wrong_arguments(span, &format!("{name}() needs the argument '{key}'")))
            }
        }
    }

    /// The cells of a generator's words, which the routine writes.
    fn random_words(&mut self, generator: &Val) -> Walk<(Operand, u32)> {
        let words = self.attribute(generator, &Name::from("words"))?;
        let Kind::Seq(seq) = &words.kind else { return Err(Told) };
        let storages = seq.storages.clone();
        let slot = self.heap.element_slot(&storages);
        self.heap.note_store(slot, &Kind::Int, None);
        let ranges = self.heap.storage_ranges(&storages);
        Ok((words.op(), self.emit.extent(ranges)))
    }

    fn random_double(&mut self, generator: &Val) -> Walk<Operand> {
        let (cell, extent) = self.random_words(generator)?;
        Ok(self.emit.routine(Routine::RandomDouble, Type::F64, vec![cell], vec![extent], None))
    }

    /// `log(1 - random())`, of a number above 0.
    fn log_of_rest(&mut self, generator: &Val) -> Walk<Operand> {
        let share = self.random_double(generator)?;
        let rest = self.float_op(FloatBinary::Sub, Operand::F64(1.0), share);
        Ok(self.emit.math(MathFn::Log, &[rest]))
    }

    /// Box and Muller's method makes two deviates; the second waits in `gauss_next`.
    fn gauss(&mut self, generator: &Val) -> Walk<Operand> {
        let name = Name::from("gauss_next");
        let waiting = self.attribute(generator, &name)?;
        let is_none = self.is_same_object(&waiting, &Val::none());
        let kept = waiting.clone();
        let deviate = self.branch(
            is_none,
            |walker| {
                let share = walker.random_double(generator)?;
                let angle = walker.float_op(FloatBinary::Mul, share, Operand::F64(std::f64::consts::TAU));
                let log = walker.log_of_rest(generator)?;
                let square = walker.float_op(FloatBinary::Mul, Operand::F64(-2.0), log);
                let radius = walker.emit.float_unary(FloatUnary::Sqrt, square);
                let (cos, sin) = (walker.emit.math(MathFn::Cos, &[angle]), walker.emit.math(MathFn::Sin, &[angle]));
                let second = walker.float_op(FloatBinary::Mul, sin, radius);
                walker.set_attribute(generator, &Name::from("gauss_next"), &Val::float(second))?;
                Ok(Val::float(walker.float_op(FloatBinary::Mul, cos, radius)))
            },
            |walker| {
                walker.set_attribute(generator, &name, &Val::none())?;
                walker.present(&kept, String::new)
            },
        )?;
        self.float_of(&deviate, "random.gauss()")
    }

    /// Kinderman and Monahan's rejection of the ratio of two uniform deviates.
    fn normal(&mut self, generator: &Val) -> Walk<Operand> {
        let factor = 4.0 * (-0.5f64).exp() / 2f64.sqrt();
        let result = self.emit.mutable(Type::F64);
        let mut walked = Ok(());
        self.until(|walker| {
            let mut draw = || -> Walk<Operand> {
                let u1 = walker.random_double(generator)?;
                let share = walker.random_double(generator)?;
                let u2 = walker.float_op(FloatBinary::Sub, Operand::F64(1.0), share);
                let centred = walker.float_op(FloatBinary::Sub, u1, Operand::F64(0.5));
                let scaled = walker.float_op(FloatBinary::Mul, Operand::F64(factor), centred);
                let z = walker.float_op(FloatBinary::Div, scaled, u2);
                walker.emit.assign(result, z);
                let square = walker.float_op(FloatBinary::Mul, z, z);
                let quarter = walker.float_op(FloatBinary::Div, square, Operand::F64(4.0));
                let log = walker.emit.math(MathFn::Log, &[u2]);
                let limit = walker.emit.float_unary(FloatUnary::Neg, log);
                Ok(walker.emit.float_compare(Compare::Le, quarter, limit))
            };
            draw().unwrap_or_else(|told| {
                walked = Err(told);
                Operand::Bool(true)
            })
        });
        walked.map(|()| self.emit.snapshot(Operand::Var(result)))
    }

    fn triangular(&mut self, generator: &Val, low: Operand, high: Operand, mode: Option<Operand>) -> Walk<Val> {
        let u = self.random_double(generator)?;
        let width = self.float_op(FloatBinary::Sub, high, low);
        let c = match mode {
            None => Operand::F64(0.5),
            Some(mode) => {
                let distance = self.float_op(FloatBinary::Sub, mode, low);
                self.float_op(FloatBinary::Div, distance, width)
            }
        };
        let is_above = self.emit.float_compare(Compare::Gt, u, c);
        let rest = self.float_op(FloatBinary::Sub, Operand::F64(1.0), u);
        let other = self.float_op(FloatBinary::Sub, Operand::F64(1.0), c);
        let (u, c) = (self.emit.select(is_above, rest, u), self.emit.select(is_above, other, c));
        let (from, to) = (self.emit.select(is_above, high, low), self.emit.select(is_above, low, high));
        let product = self.float_op(FloatBinary::Mul, u, c);
        let root = self.emit.float_unary(FloatUnary::Sqrt, product);
        let distance = self.float_op(FloatBinary::Sub, to, from);
        let travelled = self.float_op(FloatBinary::Mul, distance, root);
        let result = self.float_op(FloatBinary::Add, from, travelled);
        let is_point = self.emit.float_compare(Compare::Eq, high, low);
        Ok(Val::float(self.emit.select(is_point, low, result)))
    }

    fn in_range(&mut self, generator: &Val, start: Operand, end: Operand) -> Walk<Val> {
        let span = self.span;
        let count = self.emit.int_binary(IntBinary::Sub, end, start, span);
        let is_empty = self.emit.int_compare(Compare::Le, count, Operand::I64(0));
        self.fault_if(is_empty, FaultText::new("ValueError", "empty range for randrange()"), &[]);
        if !self.is_alive {
            return Err(Told);
        }
        let index = self.below(generator, count)?;
        Ok(Val::int(self.emit.int_binary(IntBinary::Add, start, index, span)))
    }

    /// A whole number below `count`: draws of as many bits as it takes, until one is below.
    fn below(&mut self, generator: &Val, count: Operand) -> Walk<Operand> {
        let is_wide = self.emit.int_compare(Compare::Ge, count, Operand::I64(1 << 32));
        let text = FaultText::new("ValueError", "random draws whole numbers below 2**32 only while sound runs");
        self.fault_if(is_wide, text, &[]);
        let (cell, extent) = self.random_words(generator)?;
        let bits = self.bit_length(count);
        let result = self.emit.mutable(Type::I64);
        self.until(|walker| {
            let drawn = walker.emit.routine(Routine::RandomBits, Type::I64, vec![cell, bits], vec![extent], None);
            walker.emit.assign(result, drawn);
            walker.emit.int_compare(Compare::Lt, drawn, count)
        });
        let index = self.emit.snapshot(Operand::Var(result));
        let highest = self.emit.interval(count).map_or(u32::MAX.into(), |(_, high)| high);
        self.emit.bound(index, (0, highest.max(1) - 1));
        Ok(index)
    }

    /// How many bits a number below 2**32 takes.
    fn bit_length(&mut self, number: Operand) -> Operand {
        if let Operand::I64(number) = number {
            return Operand::I64(i64::from(64 - number.leading_zeros()));
        }
        let mut bits = Operand::I64(0);
        for bit in 0..32 {
            let reaches = self.emit.int_compare(Compare::Ge, number, Operand::I64(1 << bit));
            bits = self.emit.select(reaches, Operand::I64(bit + 1), bits);
        }
        bits
    }

    /// Repeats a draw until it is accepted. Watched, as nothing bounds it.
    fn until(&mut self, draw: impl FnOnce(&mut Self) -> Operand) {
        let (exit, top) = (self.emit.label(), self.emit.label());
        self.emit.open();
        let is_accepted = draw(self);
        self.emit.push(Inst::If { condition: is_accepted, then: vec![Inst::Break(exit)], otherwise: vec![] });
        let body = self.emit.close();
        self.emit.push(Inst::Block { label: exit, body: vec![Inst::Loop { label: top, watched: true, body }] });
    }
}
