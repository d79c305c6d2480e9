//! Which type the result of an operation has: numpy's promotion (NEP 50). A Python number takes the type of the array it
//! meets where its kind allows that; arrays and numpy's scalars join to the smallest type that holds both.

use crate::evaluate::value::{Array, Dtype, Value};

use super::Result;
use super::convert::from_value;

/// An operand: its elements, and whether it was a number of Python, which has no type of its own.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    /// The elements.
    pub(crate) array: Array,
    weak: bool,
}

impl Operand {
    /// Any value that numpy takes as an array.
    pub(crate) fn new(value: &Value) -> Result<Operand> {
        let value = super::unwrap_param(value);
        let weak = matches!(value, Value::Int(_) | Value::Float(_) | Value::Complex(..));
        Ok(Operand { array: from_value(&value, None)?, weak })
    }

    /// Its type, if it has one of its own.
    fn strong(&self) -> Option<Dtype> {
        (!self.weak).then(|| self.array.dtype())
    }
}

/// The type that both operands are brought to.
pub(crate) fn common(l: &Operand, r: &Operand) -> Dtype {
    match (l.strong(), r.strong()) {
        (Some(strong), None) => meet(strong, r.array.dtype()),
        (None, Some(strong)) => meet(strong, l.array.dtype()),
        _ => join(l.array.dtype(), r.array.dtype()),
    }
}

/// An array's type with a Python number of type `number`.
fn meet(array: Dtype, number: Dtype) -> Dtype {
    match (array, number) {
        (Dtype::Float32, Dtype::Int | Dtype::Float) => Dtype::Float32,
        _ => join(array, number),
    }
}

/// The smallest type that holds both.
pub(crate) fn join(a: Dtype, b: Dtype) -> Dtype {
    match (a, b) {
        _ if a == b => a,
        (Dtype::Complex, _) | (_, Dtype::Complex) => Dtype::Complex,
        (Dtype::Bool, other) | (other, Dtype::Bool) => other,
        // int64 with float32, or either of them with float64.
        _ => Dtype::Float,
    }
}
