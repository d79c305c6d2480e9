//! Operators on numbers, with Python's exceptions; tuples, lists, strings and objects hand over to their own.

use crate::diagnostics::errors;
use crate::evaluate::value::Value;
use crate::ir::{BoolBinary, Compare, FloatBinary, FloatUnary, IntBinary, MathFn, Operand, Routine, Type};
use crate::syntax::ast::{BinOp, CmpOp, UnaryOp};

use super::emit::FaultText;
use super::kind::{Flavour, Kind, Val, same_value};
use super::{Told, Walk, Walker};

/// Ints up to this size are exact as floats.
const EXACT: i64 = 1 << 53;

impl Walker<'_> {
    /// A value that is not `None`; a fault where it may be. `what` is what Python would say.
    pub(crate) fn present(&mut self, value: &Val, what: impl FnOnce() -> String) -> Walk<Val> {
        Ok(self.present_as_it_is(value, what)?.without_names())
    }

    /// The same of a value whose names are asked for.
    pub(crate) fn present_as_it_is(&mut self, value: &Val, what: impl FnOnce() -> String) -> Walk<Val> {
        let Kind::Optional(inner) = &value.kind else { return Ok(value.clone()) };
        let is_missing = self.emit.not(value.ops[0]);
        self.fault_if(is_missing, FaultText::new("TypeError", &what()), &[]);
        Ok(Val::new((**inner).clone(), value.ops[1..].to_vec()))
    }

    pub(crate) fn binary(&mut self, op: BinOp, left: &Val, right: &Val) -> Walk<Val> {
        if left.is_poison() || right.is_poison() {
            return Err(Told);
        }
        let words = |left: &Val, right: &Val| {
            let symbol = if op == BinOp::Pow { "** or pow()" } else { op.symbol() };
            let name = |value: &Val| value.kind.type_name().replace(" or None", "");
            let (mut a, mut b) = (name(left), name(right));
            if let Kind::Optional(_) = left.kind {
                "NoneType".clone_into(&mut a);
            } else {
                "NoneType".clone_into(&mut b);
            }
            format!("unsupported operand type(s) for {symbol}: '{a}' and '{b}'")
        };
        if self.has_record_method(op, left, right) {
            return self.object_binary(op, left, right);
        }
        let (left, right) = (&self.present(left, || words(left, right))?, &self.present(right, || words(left, right))?);
        let (left, right) = (&self.without_enum(left)?, &self.without_enum(right)?);
        if is_array(left) || is_array(right) {
            return self.array_binary(op, left, right);
        }
        if left.kind.is_number() && right.kind.is_number() {
            return self.number_binary(op, left, right);
        }
        if left.kind.is_scalar() && right.kind.is_scalar() {
            return self.complex_binary(op, left, right);
        }
        if left.kind.is_object() || right.kind.is_object() {
            return self.object_binary(op, left, right);
        }
        if let Some(result) = self.sequence_binary(op, left, right)? {
            return Ok(result);
        }
        let span = self.span;
        self.refuse(errors::unsupported_operands(span, op.symbol(), &left.kind.type_name(), &right.kind.type_name()))
    }

    pub(crate) fn number_binary(&mut self, op: BinOp, left: &Val, right: &Val) -> Walk<Val> {
        let is_bool = |value: &Val| matches!(value.kind, Kind::Bool);
        let is_int = |value: &Val| matches!(value.kind, Kind::Int | Kind::Bool);
        if let (true, true, Some(op)) = (is_bool(left), is_bool(right), bool_op(op)) {
            return Ok(Val::bool(self.emit.bool_binary(op, left.op(), right.op())));
        }
        if is_int(left) && is_int(right) {
            let (a, b) = (self.emit.as_int(left.op()), self.emit.as_int(right.op()));
            return self.int_op(op, a, b);
        }
        let numpy =
            matches!(left.kind, Kind::Float { numpy: true }) || matches!(right.kind, Kind::Float { numpy: true });
        let (a, b) = (self.emit.as_float(left.op()), self.emit.as_float(right.op()));
        let result = self.float_arithmetic(op, a, b, numpy)?;
        Ok(Val::new(Kind::Float { numpy }, vec![result]))
    }

    /// Arithmetic on floats; numpy's gives infinity and NaN where Python raises.
    pub(crate) fn float_arithmetic(&mut self, op: BinOp, a: Operand, b: Operand, numpy: bool) -> Walk<Operand> {
        Ok(match op {
            BinOp::Add => self.float_op(FloatBinary::Add, a, b),
            BinOp::Sub => self.float_op(FloatBinary::Sub, a, b),
            BinOp::Mul => self.float_op(FloatBinary::Mul, a, b),
            BinOp::Div => {
                if !numpy {
                    self.check_zero_float(b, "float division by zero");
                }
                self.float_op(FloatBinary::Div, a, b)
            }
            BinOp::FloorDiv => {
                if !numpy {
                    self.check_zero_float(b, "float floor division by zero");
                }
                self.float_op(FloatBinary::FloorDiv, a, b)
            }
            BinOp::Mod => {
                if !numpy {
                    self.check_zero_float(b, "float modulo");
                }
                if b == Operand::F64(1.0) {
                    // The same bits for every float, and no division.
                    let whole = self.emit.float_unary(FloatUnary::Floor, a);
                    self.float_op(FloatBinary::Sub, a, whole)
                } else {
                    self.float_op(FloatBinary::Mod, a, b)
                }
            }
            BinOp::Pow => self.float_power(a, b, numpy),
            _ => {
                let span = self.span;
                return self.refuse(errors::unsupported_operands(span, op.symbol(), "float", "float"));
            }
        })
    }

    fn check_zero_float(&mut self, divisor: Operand, words: &str) {
        let is_zero = self.emit.float_compare(Compare::Eq, divisor, Operand::F64(0.0));
        self.fault_if(is_zero, FaultText::new("ZeroDivisionError", words), &[]);
    }

    fn check_zero_int(&mut self, divisor: Operand, words: &str) {
        let is_zero = self.emit.int_compare(Compare::Eq, divisor, Operand::I64(0));
        self.fault_if(is_zero, FaultText::new("ZeroDivisionError", words), &[]);
    }

    fn float_power(&mut self, a: Operand, b: Operand, numpy: bool) -> Operand {
        if !numpy {
            let (base, exponent) = (constant(a), constant(b));
            if !exponent.is_some_and(|b| b >= 0.0) && !base.is_some_and(|a| a != 0.0) {
                let is_zero = self.emit.float_compare(Compare::Eq, a, Operand::F64(0.0));
                let is_negative = self.emit.float_compare(Compare::Lt, b, Operand::F64(0.0));
                let both = self.emit.bool_binary(BoolBinary::And, is_zero, is_negative);
                let text = FaultText::new("ZeroDivisionError", "0.0 cannot be raised to a negative power");
                self.fault_if(both, text, &[]);
            }
            if !exponent.is_some_and(|b| b.fract() == 0.0) && !base.is_some_and(|a| a >= 0.0) {
                let is_negative = self.emit.float_compare(Compare::Lt, a, Operand::F64(0.0));
                let whole = self.emit.float_unary(FloatUnary::Trunc, b);
                let has_fraction = self.emit.float_compare(Compare::Ne, b, whole);
                let is_complex = self.emit.bool_binary(BoolBinary::And, is_negative, has_fraction);
                let words = "a negative number to a fractional power is complex, and sound is real";
                self.fault_if(is_complex, FaultText::new("ValueError", words), &[]);
            }
        }
        let result = self.emit.math(MathFn::Pow, &[a, b]);
        if !numpy {
            self.check_overflow(result, &[a, b], "(34, 'Numerical result out of range')");
        }
        result
    }

    /// An infinite result of finite operands is an overflow.
    pub(crate) fn check_overflow(&mut self, result: Operand, operands: &[Operand], words: &str) {
        let infinity = Operand::F64(f64::INFINITY);
        let size = self.emit.float_unary(FloatUnary::Abs, result);
        let mut is_overflow = self.emit.float_compare(Compare::Eq, size, infinity);
        for operand in operands {
            let size = self.emit.float_unary(FloatUnary::Abs, *operand);
            let is_finite = self.emit.float_compare(Compare::Lt, size, infinity);
            is_overflow = self.emit.bool_binary(BoolBinary::And, is_overflow, is_finite);
        }
        self.fault_if(is_overflow, FaultText::new("OverflowError", words), &[]);
    }

    fn int_op(&mut self, op: BinOp, a: Operand, b: Operand) -> Walk<Val> {
        let span = self.span;
        let simple = match op {
            BinOp::Add => Some(IntBinary::Add),
            BinOp::Sub => Some(IntBinary::Sub),
            BinOp::Mul => Some(IntBinary::Mul),
            BinOp::BitAnd => Some(IntBinary::And),
            BinOp::BitOr => Some(IntBinary::Or),
            BinOp::BitXor => Some(IntBinary::Xor),
            _ => None,
        };
        if let Some(simple) = simple {
            return Ok(Val::int(self.emit.int_binary(simple, a, b, span)));
        }
        Ok(match op {
            BinOp::FloorDiv => {
                self.check_zero_int(b, "integer division or modulo by zero");
                Val::int(match power_of_two(b) {
                    Some(bits) => self.emit.index_binary(IntBinary::Shr, a, Operand::I64(bits)),
                    None => self.emit.int_binary(IntBinary::FloorDiv, a, b, span),
                })
            }
            BinOp::Mod => {
                self.check_zero_int(b, "integer modulo by zero");
                Val::int(match (power_of_two(b), b) {
                    (Some(_), Operand::I64(b)) => self.emit.index_binary(IntBinary::And, a, Operand::I64(b - 1)),
                    _ => self.emit.int_binary(IntBinary::Mod, a, b, span),
                })
            }
            BinOp::Div => Val::float(self.true_divide(a, b)),
            BinOp::LShift => {
                self.check_shift(b);
                let is_far = self.emit.int_compare(Compare::Ge, b, Operand::I64(64));
                self.fault_if(
                    is_far,
                    FaultText::new("OverflowError", "int too large: oscine's ints have 64 bits"),
                    &[],
                );
                Val::int(self.emit.int_binary(IntBinary::Shl, a, b, span))
            }
            BinOp::RShift => {
                self.check_shift(b);
                Val::int(self.emit.int_binary(IntBinary::Shr, a, b, span))
            }
            BinOp::Pow => return self.int_power(a, b),
            _ => return self.refuse(errors::unsupported_operands(span, op.symbol(), "int", "int")),
        })
    }

    fn check_shift(&mut self, count: Operand) {
        let is_negative = self.emit.int_compare(Compare::Lt, count, Operand::I64(0));
        self.fault_if(is_negative, FaultText::new("ValueError", "negative shift count"), &[]);
    }

    /// `a / b` of ints: a float division where both are exact as floats.
    fn true_divide(&mut self, a: Operand, b: Operand) -> Operand {
        self.check_zero_int(b, "division by zero");
        let is_exact =
            |interval: Option<(i64, i64)>| interval.is_some_and(|(low, high)| low >= -EXACT && high <= EXACT);
        if is_exact(self.emit.interval(a)) && is_exact(self.emit.interval(b)) {
            let (a, b) = (self.emit.as_float(a), self.emit.as_float(b));
            return self.float_op(FloatBinary::Div, a, b);
        }
        self.emit.routine(Routine::IntTrueDiv, Type::F64, vec![a, b], vec![], None)
    }

    fn int_power(&mut self, a: Operand, b: Operand) -> Walk<Val> {
        let span = self.span;
        if let (Operand::I64(a), Operand::I64(b)) = (a, b)
            && let Ok(exponent) = u32::try_from(b)
            && let Some(power) = a.checked_pow(exponent)
        {
            return Ok(Val::int_const(power));
        }
        match b {
            Operand::I64(b) if b < 0 => {
                let (a, b) = (self.emit.as_float(a), Operand::F64(b as f64));
                return Ok(Val::float(self.float_power(a, b, false)));
            }
            Operand::I64(1) => return Ok(Val::int(a)),
            Operand::I64(2) => return Ok(Val::int(self.emit.int_binary(IntBinary::Mul, a, a, span))),
            _ => {}
        }
        let is_negative = self.emit.int_compare(Compare::Lt, b, Operand::I64(0));
        let words = "an int to a negative power is a float: write the base as a float, `2.0 ** n`";
        self.fault_if(is_negative, FaultText::new("ValueError", words), &[]);
        let site = self.emit.site(span, FaultText::new("OverflowError", "int too large: oscine's ints have 64 bits"));
        Ok(Val::int(self.emit.routine(Routine::IntPow, Type::I64, vec![a, b], vec![], Some(site))))
    }

    pub(crate) fn unary(&mut self, op: UnaryOp, operand: &Val) -> Walk<Val> {
        let span = self.span;
        if op == UnaryOp::Not {
            let truth = self.truth(operand)?;
            return Ok(Val::bool(self.emit.not(truth)));
        }
        let operand = &self.present(operand, || "bad operand type for unary operator: 'NoneType'".to_owned())?;
        let operand = &self.without_enum(operand)?;
        if is_array(operand) {
            return self.array_unary(op, operand);
        }
        Ok(match (op, &operand.kind) {
            (_, Kind::Poison) => return Err(Told),
            (UnaryOp::Neg, Kind::Float { .. }) => {
                Val::new(operand.kind.clone(), vec![self.emit.float_unary(FloatUnary::Neg, operand.op())])
            }
            (UnaryOp::Neg, Kind::Complex { .. }) => {
                let ops = operand.ops.iter().map(|part| self.emit.float_unary(FloatUnary::Neg, *part)).collect();
                Val::new(operand.kind.clone(), ops)
            }
            (UnaryOp::Pos, Kind::Float { .. } | Kind::Complex { .. }) => operand.clone(),
            (_, Kind::Int | Kind::Bool) => {
                let int = self.emit.as_int(operand.op());
                Val::int(match op {
                    UnaryOp::Neg => self.emit.int_binary(IntBinary::Sub, Operand::I64(0), int, span),
                    UnaryOp::Invert => self.emit.index_binary(IntBinary::Xor, int, Operand::I64(-1)),
                    _ => int,
                })
            }
            (_, kind) if kind.is_object() => {
                let method = match op {
                    UnaryOp::Neg => "__neg__",
                    UnaryOp::Pos => "__pos__",
                    _ => "__invert__",
                };
                return self.call_method(operand, method, &[]);
            }
            _ => return self.refuse(errors::unsupported_operand(span, op, &operand.kind.type_name())),
        })
    }

    /// Whether a value counts as true.
    pub(crate) fn truth(&mut self, value: &Val) -> Walk<Operand> {
        let value = &self.without_enum(value)?;
        Ok(match &value.kind {
            Kind::Bool => value.op(),
            Kind::Int => self.emit.int_compare(Compare::Ne, value.op(), Operand::I64(0)),
            Kind::Float { .. } => self.emit.float_compare(Compare::Ne, value.op(), Operand::F64(0.0)),
            Kind::Complex { .. } => self.complex_truth(value),
            Kind::Static(fixed) => Operand::Bool(is_true(fixed)),
            Kind::OneOf(values) => {
                let values = values.clone();
                self.one_of_where(value.op(), &values, is_true)
            }
            Kind::Tuple(kinds) => Operand::Bool(!kinds.is_empty()),
            Kind::Optional(inner) => {
                let is_there = value.ops[0];
                let inner = Val::new((**inner).clone(), value.ops[1..].to_vec());
                let truth = self.truth(&inner)?;
                self.emit.bool_binary(BoolBinary::And, is_there, truth)
            }
            Kind::Seq(seq) if matches!(seq.flavour, Flavour::List | Flavour::Tuple) => {
                let length = value.dim(0).unwrap_or(Operand::I64(0));
                self.emit.int_compare(Compare::Ne, length, Operand::I64(0))
            }
            Kind::Seq(seq)
                if super::kind::fixed_dims(&seq.dims).is_some_and(|dims| dims.iter().product::<i64>() == 1) =>
            {
                let element = self.load_element(seq.flavour, &seq.storages.clone(), value.op(), Operand::I64(0));
                return self.truth(&element);
            }
            Kind::Seq(_) => {
                let span = self.span;
                return self.refuse(errors::array_truth(span));
            }
            kind if kind.is_object() => return self.object_truth(value),
            Kind::Dict(id) => Operand::Bool(!self.heap.dicts[id.0 as usize].0.items.borrow().is_empty()),
            Kind::Poison => return Err(Told),
            _ => Operand::Bool(true),
        })
    }

    /// Whether the object of that index is one for which `test` holds.
    pub(crate) fn one_of_where(&mut self, index: Operand, values: &[Value], test: impl Fn(&Value) -> bool) -> Operand {
        let mut result = Operand::Bool(false);
        let matching = values.iter().filter(|value| test(value)).count();
        let is_inverted = matching * 2 > values.len();
        for (i, value) in values.iter().enumerate() {
            if test(value) != is_inverted {
                let is_this = self.emit.int_compare(Compare::Eq, index, Operand::I64(i as i64));
                result = self.emit.bool_binary(BoolBinary::Or, result, is_this);
            }
        }
        if is_inverted { self.emit.not(result) } else { result }
    }

    // Comparison.

    pub(crate) fn compare(&mut self, op: CmpOp, left: &Val, right: &Val) -> Walk<Val> {
        if left.is_poison() || right.is_poison() {
            return Err(Told);
        }
        let is_made = |value: &Val| matches!(value.kind, Kind::Fresh(_) | Kind::Made(_));
        if let CmpOp::Is | CmpOp::IsNot = op
            && (is_made(left) && right.kind.is_object() || is_made(right) && left.kind.is_object())
        {
            let is_same = self.is_same_made(left, right)?;
            return Ok(Val::bool(if op == CmpOp::IsNot { self.emit.not(is_same) } else { is_same }));
        }
        match op {
            CmpOp::Is => return Ok(Val::bool(self.is_same_object(left, right))),
            CmpOp::IsNot => {
                let is_same = self.is_same_object(left, right);
                return Ok(Val::bool(self.emit.not(is_same)));
            }
            CmpOp::In => return Ok(Val::bool(self.contains(right, left)?)),
            CmpOp::NotIn => {
                let is_in = self.contains(right, left)?;
                return Ok(Val::bool(self.emit.not(is_in)));
            }
            _ => {}
        }
        let (left, right) = (&self.without_enum(left)?, &self.without_enum(right)?);
        if is_array(left) || is_array(right) {
            return self.array_compare(op, left, right);
        }
        if let (CmpOp::Eq | CmpOp::Ne, true) = (op, !(left.kind.is_number() && right.kind.is_number())) {
            if let (Some(a), Some(b)) = (self.compared_fields(left, "__eq__")?, self.compared_fields(right, "__eq__")?)
            {
                let is_one_class = match (self.class_of_object(left), self.class_of_object(right)) {
                    (Some(a), Some(b)) => std::rc::Rc::ptr_eq(&a, &b),
                    _ => false,
                };
                let is_equal = if is_one_class { self.is_equal(&a, &b)? } else { Operand::Bool(false) };
                return Ok(Val::bool(if op == CmpOp::Ne { self.emit.not(is_equal) } else { is_equal }));
            }
            if left.kind.is_object() && self.has_method(left, "__eq__") {
                let result = self.call_method(left, "__eq__", std::slice::from_ref(right))?;
                let truth = self.truth(&result)?;
                return Ok(Val::bool(if op == CmpOp::Ne { self.emit.not(truth) } else { truth }));
            }
            let is_equal = if is_made(left) && right.kind.is_object() || is_made(right) && left.kind.is_object() {
                self.is_same_made(left, right)?
            } else {
                self.is_equal(left, right)?
            };
            return Ok(Val::bool(if op == CmpOp::Ne { self.emit.not(is_equal) } else { is_equal }));
        }
        let words = |op: CmpOp, a: &str, b: &str| {
            format!("'{}' not supported between instances of '{a}' and '{b}'", op.symbol())
        };
        let (a, b) = (left.kind.type_name(), right.kind.type_name());
        let left = &self.present(left, || words(op, "NoneType", &b))?;
        let right = &self.present(right, || words(op, &a, "NoneType"))?;
        if left.kind.is_number() && right.kind.is_number() {
            return Ok(Val::bool(self.compare_numbers(compare_op(op), left, right)));
        }
        if left.kind.is_object() || right.kind.is_object() {
            let (method, reflected) = match op {
                CmpOp::Lt => ("__lt__", "__gt__"),
                CmpOp::Le => ("__le__", "__ge__"),
                CmpOp::Gt => ("__gt__", "__lt__"),
                _ => ("__ge__", "__le__"),
            };
            if let (Some(a), Some(b)) = (self.compared_fields(left, method)?, self.compared_fields(right, method)?) {
                return self.compare(op, &a, &b);
            }
            return if self.has_method(left, method) {
                self.call_method(left, method, std::slice::from_ref(right))
            } else {
                self.call_method(right, reflected, std::slice::from_ref(left))
            };
        }
        if let (Some(left), Some(right)) = (left.items(), right.items()) {
            return self.compare_tuples(op, &left, &right);
        }
        if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
            let order = a.cmp(b);
            return Ok(Val::bool(Operand::Bool(match op {
                CmpOp::Lt => order.is_lt(),
                CmpOp::Le => order.is_le(),
                CmpOp::Gt => order.is_gt(),
                _ => order.is_ge(),
            })));
        }
        let span = self.span;
        self.refuse(errors::unsupported_operands(span, op.symbol(), &a, &b))
    }

    pub(crate) fn compare_numbers(&mut self, op: Compare, left: &Val, right: &Val) -> Operand {
        let is_float = |value: &Val| matches!(value.kind, Kind::Float { .. });
        if is_float(left) || is_float(right) {
            let (a, b) = (self.emit.as_float(left.op()), self.emit.as_float(right.op()));
            self.emit.float_compare(op, a, b)
        } else {
            let (a, b) = (self.emit.as_int(left.op()), self.emit.as_int(right.op()));
            self.emit.int_compare(op, a, b)
        }
    }

    /// Lexicographic order.
    fn compare_tuples(&mut self, op: CmpOp, left: &[Val], right: &[Val]) -> Walk<Val> {
        let ends = match op {
            CmpOp::Lt => left.len() < right.len(),
            CmpOp::Le => left.len() <= right.len(),
            CmpOp::Gt => left.len() > right.len(),
            _ => left.len() >= right.len(),
        };
        let mut result = Operand::Bool(ends);
        let strict = match op {
            CmpOp::Lt | CmpOp::Le => CmpOp::Lt,
            _ => CmpOp::Gt,
        };
        for (a, b) in left.iter().zip(right).rev() {
            let is_equal = self.is_equal(a, b)?;
            let is_before = self.compare(strict, a, b)?.op();
            result = self.emit.select(is_equal, result, is_before);
        }
        Ok(Val::bool(result))
    }

    /// `==`, element by element in tuples.
    pub(crate) fn is_equal(&mut self, left: &Val, right: &Val) -> Walk<Operand> {
        let (left, right) = (&self.without_enum(left)?.without_names(), &self.without_enum(right)?.without_names());
        if left.kind.is_number() && right.kind.is_number() {
            return Ok(self.compare_numbers(Compare::Eq, left, right));
        }
        if left.kind.is_scalar() && right.kind.is_scalar() {
            return Ok(self.complex_equal(left, right));
        }
        Ok(match (&left.kind, &right.kind) {
            (Kind::Optional(_), Kind::Static(Value::None)) | (Kind::Static(Value::None), Kind::Optional(_)) => {
                let flag = if let Kind::Optional(_) = left.kind { left.ops[0] } else { right.ops[0] };
                self.emit.not(flag)
            }
            (Kind::Optional(inner), _) | (_, Kind::Optional(inner)) => {
                let (optional, other) = if let Kind::Optional(_) = left.kind { (left, right) } else { (right, left) };
                let inner = Val::new((**inner).clone(), optional.ops[1..].to_vec());
                let is_equal = self.is_equal(&inner, other)?;
                self.emit.bool_binary(BoolBinary::And, optional.ops[0], is_equal)
            }
            (Kind::Tuple(_), Kind::Tuple(_)) => {
                let (left, right) = (left.items().unwrap_or_default(), right.items().unwrap_or_default());
                let mut result = Operand::Bool(left.len() == right.len());
                if left.len() == right.len() {
                    for (a, b) in left.iter().zip(&right) {
                        let is_equal = self.is_equal(a, b)?;
                        result = self.emit.bool_binary(BoolBinary::And, result, is_equal);
                    }
                }
                result
            }
            _ => self.is_same_object(left, right),
        })
    }

    /// `is`
    pub(crate) fn is_same_object(&mut self, left: &Val, right: &Val) -> Operand {
        match (&left.kind, &right.kind) {
            (Kind::Static(a), Kind::Static(b)) => Operand::Bool(same_value(a, b)),
            (Kind::OneOf(values), Kind::Static(one)) => {
                let values = values.clone();
                self.one_of_where(left.op(), &values, |value| same_value(value, one))
            }
            (Kind::Static(_), Kind::OneOf(_)) => self.is_same_object(right, left),
            (Kind::OneOf(a), Kind::OneOf(b)) => {
                let (a, b) = (a.clone(), b.clone());
                let mut result = Operand::Bool(false);
                for (i, value) in a.iter().enumerate() {
                    if let Some(j) = b.iter().position(|other| same_value(value, other)) {
                        let is_a = self.emit.int_compare(Compare::Eq, left.op(), Operand::I64(i as i64));
                        let is_b = self.emit.int_compare(Compare::Eq, right.op(), Operand::I64(j as i64));
                        let both = self.emit.bool_binary(BoolBinary::And, is_a, is_b);
                        result = self.emit.bool_binary(BoolBinary::Or, result, both);
                    }
                }
                result
            }
            (Kind::Optional(_), Kind::Static(Value::None)) => self.emit.not(left.ops[0]),
            (Kind::Static(Value::None), Kind::Optional(_)) => self.emit.not(right.ops[0]),
            (Kind::Object(_), Kind::Object(_)) => self.emit.int_compare(Compare::Eq, left.op(), right.op()),
            (Kind::Optional(inner), Kind::Object(_)) if matches!(**inner, Kind::Object(_)) => {
                let is_same = self.emit.int_compare(Compare::Eq, left.ops[1], right.op());
                self.emit.bool_binary(BoolBinary::And, left.ops[0], is_same)
            }
            (Kind::Object(_), Kind::Optional(_)) => self.is_same_object(right, left),
            (Kind::Seq(a), Kind::Seq(b)) if a.flavour == b.flavour => {
                self.emit.int_compare(Compare::Eq, left.op(), right.op())
            }
            (Kind::Bool, Kind::Bool) => self.compare_numbers(Compare::Eq, left, right),
            (Kind::Int, Kind::Int) => self.compare_numbers(Compare::Eq, left, right),
            (Kind::Dict(a), Kind::Dict(b)) => Operand::Bool(a == b),
            _ => Operand::Bool(false),
        }
    }

    /// A float from any number, for functions that take floats.
    pub(crate) fn float_of(&mut self, value: &Val, what: &str) -> Walk<Operand> {
        let value = &self.present(value, || "must be real number, not NoneType".to_owned())?;
        let value = &self.without_enum(value)?;
        if value.kind.is_number() {
            return Ok(self.emit.as_float(value.op()));
        }
        if self.has_method(value, "__float__") {
            let number = self.call_method(value, "__float__", &[])?;
            return self.float_of(&number, what);
        }
        if value.is_poison() {
            return Err(Told);
        }
        let span = self.span;
        self.refuse(errors::not_a_number(span, what, &value.kind.type_name()))
    }

    /// An int from an int or a bool.
    pub(crate) fn int_of(&mut self, value: &Val, what: &str) -> Walk<Operand> {
        let value = &self.without_enum(value)?;
        match &value.kind {
            Kind::Int | Kind::Bool => Ok(self.emit.as_int(value.op())),
            Kind::Poison => Err(Told),
            _ => {
                let span = self.span;
                self.refuse(errors::not_an_int(span, what, &value.kind.type_name()))
            }
        }
    }

    /// `int(x)` of a float, with Python's errors.
    pub(crate) fn truncate(&mut self, x: Operand) -> Operand {
        if let Operand::F64(value) = x
            && value.abs() < 9.2e18
        {
            return Operand::I64(value as i64);
        }
        // One comparison for everything that does not fit, NaN among it.
        let size = self.emit.float_unary(FloatUnary::Abs, x);
        let fits = self.emit.float_compare(Compare::Lt, size, Operand::F64(9_223_372_036_854_775_808.0));
        let does_not = self.emit.not(fits);
        let is_nan = self.emit.float_compare(Compare::Ne, x, x);
        let is_infinite = self.emit.float_compare(Compare::Eq, size, Operand::F64(f64::INFINITY));
        let infinite = FaultText::new("OverflowError", "cannot convert float infinity to integer");
        let nan = FaultText::new("ValueError", "cannot convert float NaN to integer");
        let large = FaultText::new("OverflowError", "int too large: oscine's ints have 64 bits");
        let sites = [nan, infinite, large].map(|text| self.emit.site(self.span, text));
        let fault = |site| vec![crate::ir::Inst::Fault(site, vec![])];
        let otherwise =
            crate::ir::Inst::If { condition: is_infinite, then: fault(sites[1]), otherwise: fault(sites[2]) };
        let which = crate::ir::Inst::If { condition: is_nan, then: fault(sites[0]), otherwise: vec![otherwise] };
        self.emit.push(crate::ir::Inst::If { condition: does_not, then: vec![which], otherwise: vec![] });
        self.emit.float_to_int(x)
    }
}

pub(crate) fn is_array(value: &Val) -> bool {
    matches!(&value.kind, Kind::Seq(seq) if matches!(seq.flavour, Flavour::Array(_)))
}

fn bool_op(op: BinOp) -> Option<BoolBinary> {
    match op {
        BinOp::BitAnd => Some(BoolBinary::And),
        BinOp::BitOr => Some(BoolBinary::Or),
        BinOp::BitXor => Some(BoolBinary::Xor),
        _ => None,
    }
}

pub(crate) fn compare_op(op: CmpOp) -> Compare {
    match op {
        CmpOp::Lt => Compare::Lt,
        CmpOp::Le => Compare::Le,
        CmpOp::Gt => Compare::Gt,
        CmpOp::Ge => Compare::Ge,
        CmpOp::Ne | CmpOp::IsNot | CmpOp::NotIn => Compare::Ne,
        CmpOp::Eq | CmpOp::Is | CmpOp::In => Compare::Eq,
    }
}

fn constant(op: Operand) -> Option<f64> {
    if let Operand::F64(value) = op { Some(value) } else { None }
}

/// How many bits a constant power of two shifts.
fn power_of_two(op: Operand) -> Option<i64> {
    match op {
        Operand::I64(value) if value > 0 && value & (value - 1) == 0 => Some(i64::from(value.trailing_zeros())),
        _ => None,
    }
}

/// Whether an object known when compiling counts as true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Str(text) => !text.is_empty(),
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Range(range) => !range.is_empty(),
        Value::Set(set) => !set.items.borrow().is_empty(),
        _ => true,
    }
}
