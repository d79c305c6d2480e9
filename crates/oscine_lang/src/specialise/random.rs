//! `random` at audio time: the Mersenne Twister whose words the module left when the script was loaded.

use crate::ir::{FloatBinary, Operand, Routine, Type};

use super::calls::CallArgs;
use super::kind::Val;
use super::{Walk, Walker};

impl Walker<'_> {
    /// `random.name(...)`
    pub(crate) fn random_call(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        Ok(Some(match name {
            "random" => Val::float(self.random_double(Routine::RandomDouble)),
            "uniform" => {
                let (a, b) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let (a, b) = (self.float_of(&a, "random.uniform()")?, self.float_of(&b, "random.uniform()")?);
                let width = self.float_op(FloatBinary::Sub, b, a);
                let share = self.random_double(Routine::RandomDouble);
                let distance = self.float_op(FloatBinary::Mul, width, share);
                Val::float(self.float_op(FloatBinary::Add, a, distance))
            }
            "gauss" => {
                let given =
                    |walker: &mut Self, index: usize, key: &str, default: f64| match args.get(index, key).cloned() {
                        Some(value) => walker.float_of(&value, "random.gauss()"),
                        None => Ok(Operand::F64(default)),
                    };
                let (mean, deviation) = (given(self, 0, "mu", 0.0)?, given(self, 1, "sigma", 1.0)?);
                let share = self.random_double(Routine::RandomGauss);
                let distance = self.float_op(FloatBinary::Mul, share, deviation);
                Val::float(self.float_op(FloatBinary::Add, mean, distance))
            }
            _ => return Ok(None),
        }))
    }

    fn random_double(&mut self, routine: Routine) -> Operand {
        let (cell, end) = self.heap.random_state();
        let extent = self.emit.extent(vec![(cell, end)]);
        self.emit.routine(routine, Type::F64, vec![Operand::I64(i64::from(cell))], vec![extent], None)
    }
}
