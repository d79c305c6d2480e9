//! Operators on arrays, element by element, as numpy computes them: types are promoted, shapes broadcast, and nothing
//! raises for zero.

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{BoolBinary, Compare, FloatBinary, FloatUnary, IntBinary, MathFn, Operand, Routine, Type};
use crate::syntax::ast::{BinOp, CmpOp, UnaryOp};

use super::{Told, View, Walk, Walker, dtype_of, promote};
use crate::specialise::kind::{Flavour, Kind, Val};
use crate::specialise::operators::{compare_op, is_array};

/// A whole computation on one element of each operand.
type OnElements<'f> = dyn FnMut(&mut Walker<'_>, &[Val]) -> Walk<Val> + 'f;

impl Walker<'_> {
    /// Computes each element of a new array from those of arrays, lists and numbers that broadcast together.
    pub(crate) fn map_elements(&mut self, operands: &[Val], dtype: Dtype, compute: &mut OnElements) -> Walk<Val> {
        let (dims, inputs) = self.aligned(operands)?;
        let new = self.new_array_like(dtype, &dims)?;
        self.map_into(&new, &inputs, compute)?;
        Ok(new.val())
    }

    /// Operands stretched to the lengths that they broadcast to; numbers stay numbers.
    pub(crate) fn aligned(&mut self, operands: &[Val]) -> Walk<(Vec<Operand>, Vec<Element>)> {
        let mut dims: Vec<Operand> = vec![];
        let mut inputs = vec![];
        for operand in operands {
            if operand.kind.is_scalar() {
                inputs.push(Element::Number(operand.clone()));
            } else {
                let view = self.as_view(operand)?;
                dims = self.broadcast(&dims, &view.dims)?;
                inputs.push(Element::Of(view));
            }
        }
        let inputs = inputs
            .into_iter()
            .map(|input| match input {
                Element::Of(view) => Element::Of(self.stretched(&view, &dims)),
                Element::Number(number) => Element::Number(number),
            })
            .collect();
        Ok((dims, inputs))
    }

    /// Computes each element of `target` from those of `inputs`, which lie in other cells or in the very same.
    pub(crate) fn map_into(&mut self, target: &View, inputs: &[Element], compute: &mut OnElements) -> Walk<()> {
        self.for_each(&target.dims, &mut |walker, index| {
            let elements = walker.elements_at(inputs, index);
            let result = compute(walker, &elements)?;
            walker.write(target, index, &result)
        })
    }

    /// One element of each operand.
    pub(crate) fn elements_at(&mut self, inputs: &[Element], index: &[Operand]) -> Vec<Val> {
        inputs
            .iter()
            .map(|input| match input {
                Element::Number(number) => number.clone(),
                Element::Of(view) => self.read(view, index),
            })
            .collect()
    }

    pub(crate) fn array_binary(&mut self, op: BinOp, left: &Val, right: &Val) -> Walk<Val> {
        if op == BinOp::MatMul {
            return self.matmul(left, right);
        }
        let dtype = self.result_type(op, left, right)?;
        let operands = [left.clone(), right.clone()];
        let exponent = right.clone();
        self.map_elements(&operands, dtype, &mut |walker, elements| {
            if op == BinOp::Pow
                && exponent.kind.is_number()
                && let Some(result) = walker.easy_power(&elements[0], &exponent, dtype)
            {
                return Ok(result);
            }
            walker.element_binary(op, &elements[0], &elements[1], dtype)
        })
    }

    /// The type of an operator's result.
    fn result_type(&mut self, op: BinOp, left: &Val, right: &Val) -> Walk<Dtype> {
        let of = |walker: &mut Self, value: &Val| match dtype_of(value) {
            Some(Dtype::Float32) => walker.as_view(value).map(|_| Dtype::Float32),
            Some(dtype) => Ok(dtype),
            None if super::is_sequence(value) => {
                let view = walker.as_view(value)?;
                Ok(if let Flavour::Array(dtype) = view.flavour { dtype } else { Dtype::Float })
            }
            None => {
                let span = walker.span;
                let name = value.kind.type_name();
                walker.refuse(errors::unsupported_operands(span, op.symbol(), "numpy.ndarray", &name))
            }
        };
        let (a, b) = (of(self, left)?, of(self, right)?);
        let both = promote(a, b);
        Ok(match op {
            BinOp::Div if both != Dtype::Complex => Dtype::Float,
            BinOp::BitAnd | BinOp::BitOr | BinOp::BitXor => both,
            _ if both == Dtype::Bool && !matches!(op, BinOp::Add | BinOp::Mul) => Dtype::Int,
            _ => both,
        })
    }

    /// The powers that numpy computes otherwise than by `pow`.
    fn easy_power(&mut self, base: &Val, exponent: &Val, dtype: Dtype) -> Option<Val> {
        if dtype != Dtype::Float {
            return None;
        }
        let Operand::F64(exponent) = self.emit.as_float(exponent.op()) else { return None };
        let x = self.emit.as_float(base.op());
        let result = if exponent == 2.0 {
            self.float_op(FloatBinary::Mul, x, x)
        } else if exponent == 1.0 {
            x
        } else if exponent == 0.5 {
            self.emit.float_unary(FloatUnary::Sqrt, x)
        } else if exponent == -1.0 {
            self.float_op(FloatBinary::Div, Operand::F64(1.0), x)
        } else if exponent == 0.0 {
            Operand::F64(1.0)
        } else {
            return None;
        };
        Some(Val::numpy_float(result))
    }

    /// An operator on two elements.
    pub(crate) fn element_binary(&mut self, op: BinOp, left: &Val, right: &Val, dtype: Dtype) -> Walk<Val> {
        match dtype {
            Dtype::Bool => {
                let (a, b) = (self.truth(left)?, self.truth(right)?);
                let op = match op {
                    BinOp::Mul | BinOp::BitAnd => BoolBinary::And,
                    BinOp::BitXor => BoolBinary::Xor,
                    _ => BoolBinary::Or,
                };
                Ok(Val::bool(self.emit.bool_binary(op, a, b)))
            }
            Dtype::Int => {
                let (a, b) = (self.emit.as_int(left.op()), self.emit.as_int(right.op()));
                self.wrapping_int(op, a, b).map(Val::int)
            }
            Dtype::Complex => {
                let (a, b) = (self.parts_of(left), self.parts_of(right));
                self.complex_binary(op, &Val::complex(a, true), &Val::complex(b, true))
            }
            _ => {
                let (a, b) = (self.emit.as_float(left.op()), self.emit.as_float(right.op()));
                self.float_arithmetic(op, a, b, true).map(Val::numpy_float)
            }
        }
    }

    /// Ints of 64 bits as numpy has them: they wrap, and division by zero gives zero.
    fn wrapping_int(&mut self, op: BinOp, a: Operand, b: Operand) -> Walk<Operand> {
        let simple = match op {
            BinOp::Add => IntBinary::Add,
            BinOp::Sub => IntBinary::Sub,
            BinOp::Mul => IntBinary::Mul,
            BinOp::BitAnd => IntBinary::And,
            BinOp::BitOr => IntBinary::Or,
            BinOp::BitXor => IntBinary::Xor,
            BinOp::LShift => IntBinary::Shl,
            BinOp::RShift => IntBinary::Shr,
            BinOp::FloorDiv | BinOp::Mod => {
                let is_zero = self.emit.int_compare(Compare::Eq, b, Operand::I64(0));
                let divisor = self.emit.select(is_zero, Operand::I64(1), b);
                let op = if op == BinOp::Mod { IntBinary::Mod } else { IntBinary::FloorDiv };
                let result = self.emit.index_binary(op, a, divisor);
                return Ok(self.emit.select(is_zero, Operand::I64(0), result));
            }
            BinOp::Pow => {
                if b == Operand::I64(2) {
                    return Ok(self.emit.index_binary(IntBinary::Mul, a, a));
                }
                let is_negative = self.emit.int_compare(Compare::Lt, b, Operand::I64(0));
                let text = crate::specialise::emit::FaultText::new(
                    "ValueError",
                    "Integers to negative integer powers are not allowed.",
                );
                self.fault_if(is_negative, text, &[]);
                let large = crate::specialise::emit::FaultText::new(
                    "OverflowError",
                    "int too large: oscine's ints have 64 bits",
                );
                let site = self.emit.site(self.span, large);
                return Ok(self.emit.routine(Routine::IntPow, Type::I64, vec![a, b], vec![], Some(site)));
            }
            _ => {
                let span = self.span;
                return self.refuse(errors::unsupported_operands(span, op.symbol(), "numpy.ndarray", "numpy.ndarray"));
            }
        };
        Ok(self.emit.index_binary(simple, a, b))
    }

    pub(crate) fn array_unary(&mut self, op: UnaryOp, operand: &Val) -> Walk<Val> {
        let Some(dtype) = dtype_of(operand) else { return Err(Told) };
        self.map_elements(std::slice::from_ref(operand), dtype, &mut |walker, elements| {
            let x = &elements[0];
            Ok(match (op, &x.kind) {
                (UnaryOp::Neg, Kind::Float { .. }) => {
                    Val::numpy_float(walker.emit.float_unary(FloatUnary::Neg, x.op()))
                }
                (UnaryOp::Neg, Kind::Int) => {
                    Val::int(walker.emit.index_binary(IntBinary::Sub, Operand::I64(0), x.op()))
                }
                (UnaryOp::Invert, Kind::Bool) => Val::bool(walker.emit.not(x.op())),
                (UnaryOp::Invert, Kind::Int) => {
                    Val::int(walker.emit.index_binary(IntBinary::Xor, x.op(), Operand::I64(-1)))
                }
                (UnaryOp::Neg, Kind::Complex { .. }) => walker.unary(UnaryOp::Neg, x)?,
                (UnaryOp::Pos, _) => x.clone(),
                _ => {
                    let span = walker.span;
                    return walker.refuse(errors::unsupported_operand(span, op, "numpy.ndarray"));
                }
            })
        })
    }

    pub(crate) fn array_compare(&mut self, op: CmpOp, left: &Val, right: &Val) -> Walk<Val> {
        let operands = [left.clone(), right.clone()];
        let is_complex = operands.iter().any(|operand| self.holds_complex(operand));
        if is_complex && !matches!(op, CmpOp::Eq | CmpOp::Ne) {
            let span = self.span;
            return self.refuse(errors::not_in_process(span, "the order of complex numbers"));
        }
        self.map_elements(&operands, Dtype::Bool, &mut |walker, elements| {
            if is_complex {
                let is_equal = walker.complex_equal(&elements[0], &elements[1]);
                return Ok(Val::bool(if op == CmpOp::Ne { walker.emit.not(is_equal) } else { is_equal }));
            }
            Ok(Val::bool(walker.compare_numbers(compare_op(op), &elements[0], &elements[1])))
        })
    }

    /// `target op= value`, into the target's own cells; `false` if the target is no array.
    pub(crate) fn in_place(&mut self, op: BinOp, target: &Val, value: &Val) -> Walk<bool> {
        if !is_array(target) {
            return Ok(false);
        }
        let value = &self.present(value, || {
            format!("unsupported operand type(s) for {}=: 'numpy.ndarray' and 'NoneType'", op.symbol())
        })?;
        let target_view = self.as_view(target)?;
        let dtype = self.result_type(op, target, value)?;
        let own = dtype_of(target).unwrap_or(Dtype::Float);
        if promote(own, dtype) != own {
            let span = self.span;
            let words = if dtype == Dtype::Complex {
                "an array of real numbers cannot take the complex result of this operation in place"
            } else {
                "an array of ints cannot take the result of this operation in place"
            };
            return self.refuse(errors::wrong_arguments(span, words));
        }
        let mut value = value.clone();
        if let Some(view) = View::of(&value)
            && self.overlaps(&view, &target_view)
            && view.val() != target_view.val()
        {
            value = self.copied(&view)?.val();
        }
        let (dims, mut inputs) = self.aligned(&[target.clone(), value.clone()])?;
        if dims != target_view.dims {
            let span = self.span;
            return self.refuse(errors::shape_mismatch(span, "the result does not fit into the array"));
        }
        inputs[0] = Element::Of(target_view.clone());
        self.map_into(&target_view, &inputs, &mut |walker, elements| {
            if op == BinOp::Pow
                && value.kind.is_number()
                && let Some(result) = walker.easy_power(&elements[0], &value, dtype)
            {
                return Ok(result);
            }
            walker.element_binary(op, &elements[0], &elements[1], dtype)
        })?;
        Ok(true)
    }

    /// A function of one float on every element, or on a number.
    pub(crate) fn float_map(
        &mut self,
        value: &Val,
        compute: &mut dyn FnMut(&mut Walker<'_>, Operand) -> Operand,
    ) -> Walk<Val> {
        if !super::is_sequence(value) {
            let x = self.float_of(value, "a numpy function")?;
            return Ok(Val::numpy_float(compute(self, x)));
        }
        self.map_elements(std::slice::from_ref(value), Dtype::Float, &mut |walker, elements| {
            let x = walker.emit.as_float(elements[0].op());
            Ok(Val::numpy_float(compute(walker, x)))
        })
    }

    /// A function of any number of operands on elements that broadcast, or on numbers.
    pub(crate) fn general_map(&mut self, operands: &[Val], dtype: Dtype, compute: &mut OnElements) -> Walk<Val> {
        if operands.iter().any(super::is_sequence) {
            return self.map_elements(operands, dtype, compute);
        }
        compute(self, operands)
    }

    /// The type that holds all operands.
    pub(crate) fn common_type(&mut self, operands: &[Val]) -> Walk<Dtype> {
        let mut common = Dtype::Bool;
        for operand in operands {
            let dtype = if let Some(dtype) = dtype_of(operand) {
                dtype
            } else {
                let view = self.as_view(operand)?;
                if let Flavour::Array(dtype) = view.flavour { dtype } else { Dtype::Float }
            };
            common = promote(common, dtype);
        }
        Ok(common)
    }

    /// A function of mathematics of one or two floats.
    pub(crate) fn math_map(&mut self, function: MathFn, operands: &[Val]) -> Walk<Val> {
        for operand in operands {
            if !operand.kind.is_number() && !super::is_sequence(operand) {
                self.float_of(operand, "a numpy function")?;
            }
        }
        self.general_map(operands, Dtype::Float, &mut |walker, elements| {
            let ops: Vec<Operand> = elements.iter().map(|element| walker.emit.as_float(element.op())).collect();
            Ok(Val::numpy_float(walker.emit.math(function, &ops)))
        })
    }
}

/// Where the elements of an operand come from.
#[derive(Debug, Clone)]
pub(crate) enum Element {
    /// The same number for all.
    Number(Val),
    /// An array's own.
    Of(View),
}
