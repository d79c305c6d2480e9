//! What the functions are written with.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;

/// Adding it to a float below 2^51 in size rounds that to a whole number, which the sum's lowest bits then are.
pub(super) const WHOLE: f64 = 6_755_399_441_055_744.0;

/// A function being written.
pub(super) struct Code<'a, 'b> {
    pub(super) b: &'a mut FunctionBuilder<'b>,
    pub(super) has_fma: bool,
}

impl Code<'_, '_> {
    pub(super) fn number(&mut self, x: f64) -> Value {
        self.b.ins().f64const(x)
    }

    pub(super) fn add(&mut self, x: Value, y: Value) -> Value {
        self.b.ins().fadd(x, y)
    }

    pub(super) fn sub(&mut self, x: Value, y: Value) -> Value {
        self.b.ins().fsub(x, y)
    }

    pub(super) fn mul(&mut self, x: Value, y: Value) -> Value {
        self.b.ins().fmul(x, y)
    }

    /// `x * y + z`, rounded once where the machine can.
    pub(super) fn mul_add(&mut self, x: Value, y: Value, z: Value) -> Value {
        if self.has_fma {
            self.b.ins().fma(x, y, z)
        } else {
            let product = self.b.ins().fmul(x, y);
            self.b.ins().fadd(product, z)
        }
    }

    /// `z - x * part` for each part in turn.
    pub(super) fn reduce(&mut self, z: Value, x: Value, parts: &[f64]) -> Value {
        parts.iter().fold(z, |z, part| {
            let part = self.number(-part);
            self.mul_add(x, part, z)
        })
    }

    /// The polynomial with these coefficients, constant first, by Estrin's scheme: all pairs at once, then pairs of them.
    pub(super) fn polynomial(&mut self, x: Value, coefficients: &[f64]) -> Value {
        let values = coefficients.iter().map(|c| self.number(*c)).collect();
        self.estrin(x, values)
    }

    /// As [`Code::polynomial`], of coefficients that were computed.
    pub(super) fn estrin(&mut self, x: Value, mut coefficients: Vec<Value>) -> Value {
        let mut power = x;
        while coefficients.len() > 1 {
            let pairs = coefficients.chunks(2);
            coefficients = pairs
                .map(|pair| if let [low, high] = *pair { self.mul_add(high, power, low) } else { pair[0] })
                .collect();
            if coefficients.len() > 1 {
                power = self.mul(power, power);
            }
        }
        coefficients[0]
    }

    /// `low` if it is below `x`, otherwise `x`, which may be NaN.
    pub(super) fn at_most(&mut self, limit: f64, x: Value) -> Value {
        let limit = self.number(limit);
        let above = self.b.ins().fcmp(FloatCC::LessThan, limit, x);
        self.b.ins().select(above, limit, x)
    }

    /// Whether `|x| < limit`; not for NaN.
    pub(super) fn is_within(&mut self, x: Value, limit: f64) -> Value {
        let size = self.b.ins().fabs(x);
        let limit = self.number(limit);
        self.b.ins().fcmp(FloatCC::LessThan, size, limit)
    }

    pub(super) fn bits(&mut self, x: Value) -> Value {
        self.b.ins().bitcast(types::I64, MemFlagsData::new(), x)
    }

    pub(super) fn float(&mut self, bits: Value) -> Value {
        self.b.ins().bitcast(types::F64, MemFlagsData::new(), bits)
    }

    /// The address of element `index` of a table, which lives as long as the process.
    pub(super) fn element(&mut self, table: *const f64, index: Value) -> Value {
        let table = self.b.ins().iconst(types::I64, table as i64);
        let offset = self.b.ins().ishl_imm_u(index, 3);
        self.b.ins().iadd(table, offset)
    }

    /// Loads from a table. It may move to where it is used, and become an operand there instead of taking a register.
    pub(super) fn load(&mut self, address: Value, offset: usize) -> Value {
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.b.ins().load(types::F64, flags, address, offset as i32)
    }

    /// `inline` where `usual` holds, otherwise `call` out of the way of the straight code.
    pub(super) fn unless_unusual(
        self,
        usual: Value,
        inline: impl FnOnce(&mut Self) -> Value,
        call: impl FnOnce(&mut FunctionBuilder<'_>) -> Value,
    ) -> Value {
        let mut code = self;
        let [inside, outside, after] = std::array::from_fn(|_| code.b.create_block());
        let result = code.b.append_block_param(after, types::F64);
        code.b.set_cold_block(outside);
        code.b.ins().brif(usual, inside, &[], outside, &[]);
        code.b.seal_block(inside);
        code.b.seal_block(outside);
        code.b.switch_to_block(inside);
        let value = inline(&mut code);
        code.b.ins().jump(after, &[BlockArg::Value(value)]);
        code.b.switch_to_block(outside);
        let value = call(code.b);
        code.b.ins().jump(after, &[BlockArg::Value(value)]);
        code.b.seal_block(after);
        code.b.switch_to_block(after);
        result
    }
}
