//! The operators `+ - * / // % ** @ & | ^ << >>`, the comparisons, and the unary ones, element by element.

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Cells, Dtype, List, Raised, Result, Value};
use crate::syntax::ast::{BinOp, CmpOp, UnaryOp};
use std::rc::Rc;

use super::linear::matmul;
use super::promote::{Operand, common};
use super::view::{broadcast_shapes, check_size, round32, shape_text};
use super::{dtype_name, plain};

/// `left op right`, one of which is an array.
pub fn binary(op: BinOp, left: &Value, right: &Value) -> Result<Value> {
    if let Some(repeated) = repeat_sequence(op, left, right) {
        return Ok(repeated);
    }
    for (value, other) in [(left, right), (right, left)] {
        if matches!(value, Value::Str(_)) {
            let Value::Array(array) = other else { continue };
            let named = |value: &Value| match value {
                Value::Str(text) => format!("dtype('<U{}')", text.chars().count().max(1)),
                _ => format!("dtype('{}')", dtype_name(array.dtype())),
            };
            return Err(raise(
                "numpy.exceptions.UFuncTypeError",
                format!(
                    "ufunc '{}' did not contain a loop with signature matching types ({}, {}) -> None",
                    ufunc(op),
                    named(left),
                    named(right)
                ),
            ));
        }
        if !is_operand(value) {
            return Err(raise(
                "TypeError",
                format!(
                    "unsupported operand type(s) for {}: '{}' and '{}'",
                    op.symbol(),
                    super::convert::kind(left),
                    super::convert::kind(right)
                ),
            ));
        }
    }
    Ok(Value::Array(binary_operands(op, &Operand::new(left)?, &Operand::new(right)?)?))
}

/// Whether numpy takes a value as an array of numbers.
fn is_operand(value: &Value) -> bool {
    matches!(
        plain(value),
        Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Complex(..)
            | Value::Tuple(_)
            | Value::List(_)
            | Value::Range(_)
            | Value::Array(_)
    )
}

/// `[0] * numpy.int64(3)`: a sequence repeated, since numpy's ints count as ints.
fn repeat_sequence(op: BinOp, left: &Value, right: &Value) -> Option<Value> {
    let (sequence, count) = match (left, right) {
        (Value::List(_) | Value::Tuple(_) | Value::Str(_), Value::Array(_)) => (left, plain(right)),
        (Value::Array(_), Value::List(_) | Value::Tuple(_) | Value::Str(_)) => (right, plain(left)),
        _ => return None,
    };
    let (BinOp::Mul, Value::Int(count)) = (op, count) else { return None };
    let count = usize::try_from(count).unwrap_or(0);
    Some(match sequence {
        Value::List(items) => Value::List(Rc::new(List(repeated(&items.0.borrow(), count).into()))),
        Value::Tuple(items) => Value::Tuple(Rc::new(repeated(items, count))),
        Value::Str(text) => Value::Str(text.repeat(count).into()),
        _ => return None,
    })
}

fn repeated(items: &[Value], count: usize) -> Vec<Value> {
    (0..count).flat_map(|_| items.iter().cloned()).collect()
}

/// The name of an operator's ufunc.
fn ufunc(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => "add",
        BinOp::Sub => "subtract",
        BinOp::Mul => "multiply",
        BinOp::Div => "divide",
        BinOp::FloorDiv => "floor_divide",
        BinOp::Mod => "remainder",
        BinOp::Pow => "power",
        BinOp::MatMul => "matmul",
        BinOp::LShift => "left_shift",
        BinOp::RShift => "right_shift",
        BinOp::BitAnd => "bitwise_and",
        BinOp::BitOr => "bitwise_or",
        BinOp::BitXor => "bitwise_xor",
    }
}

/// The error of a ufunc that has no meaning for a type.
#[expect(clippy::unnecessary_box_returns, reason = "an error as `Result` carries it")]
pub(crate) fn not_supported(name: &str) -> Box<Raised> {
    raise(
        "TypeError",
        format!(
            "ufunc '{name}' not supported for the input types, and the inputs could not be safely coerced to any \
             supported types according to the casting rule ''safe''"
        ),
    )
}

/// Brings operands to one shape.
pub(crate) fn stretch(arrays: &[&Array]) -> Result<(Vec<usize>, Vec<Array>)> {
    let shapes: Vec<&[usize]> = arrays.iter().map(|a| &*a.shape).collect();
    if let Some(shape) = broadcast_shapes(&shapes) {
        check_size(&shape)?;
    }
    let stretched = broadcast_shapes(&shapes)
        .and_then(|shape| Some((shape.clone(), arrays.iter().map(|a| a.broadcast_to(&shape)).collect::<Option<_>>()?)));
    stretched.ok_or_else(|| {
        let shapes: Vec<String> = shapes.iter().map(|s| super::print::compact_shape(s)).collect();
        raise("ValueError", format!("operands could not be broadcast together with shapes {} ", shapes.join(" ")))
    })
}

/// `left op right`.
pub(crate) fn binary_operands(op: BinOp, left: &Operand, right: &Operand) -> Result<Array> {
    if op == BinOp::MatMul {
        return matmul(&left.array, &right.array);
    }
    let mut dtype = common(left, right);
    if op == BinOp::Div && matches!(dtype, Dtype::Bool | Dtype::Int) {
        dtype = Dtype::Float;
    }
    if dtype == Dtype::Bool && matches!(op, BinOp::FloorDiv | BinOp::Mod | BinOp::Pow | BinOp::LShift | BinOp::RShift) {
        dtype = Dtype::Int;
    }
    // A whole array to the power of one number that has a shorter way.
    let exponent = if op == BinOp::Pow && right.array.shape.is_empty() {
        plain(&Value::Array(right.array.clone()))
    } else {
        Value::None
    };
    let (shape, both) = stretch(&[&left.array, &right.array])?;
    let (l, r) = (both[0].cells_as(dtype), both[1].cells_as(dtype));
    let cells = match (l, r) {
        (Cells::Bool(l), Cells::Bool(r)) => Cells::Bool(zip(&l, &r, bool_function(op)?)),
        (Cells::Int(l), Cells::Int(r)) => {
            if op == BinOp::Pow && r.iter().any(|&v| v < 0) {
                return Err(raise("ValueError", "Integers to negative integer powers are not allowed."));
            }
            Cells::Int(zip(&l, &r, int_function(op)?))
        }
        (Cells::Float(l), Cells::Float(r)) => {
            let mut values = match short_power(&exponent) {
                Some(power) => l.into_iter().map(power).collect(),
                None => zip(&l, &r, float_function(op)?),
            };
            if dtype == Dtype::Float32 {
                for v in &mut values {
                    *v = round32(*v);
                }
            }
            Cells::Float(values)
        }
        (Cells::Complex(l), Cells::Complex(r)) => Cells::Complex(zip(&l, &r, complex_function(op)?)),
        _ => return Err(not_supported(ufunc(op))),
    };
    Ok(Array::from_cells(dtype, shape, cells))
}

fn zip<T: Copy>(l: &[T], r: &[T], f: fn(T, T) -> T) -> Vec<T> {
    l.iter().zip(r).map(|(&l, &r)| f(l, r)).collect()
}

fn bool_function(op: BinOp) -> Result<fn(bool, bool) -> bool> {
    Ok(match op {
        BinOp::Add | BinOp::BitOr => |l, r| l | r,
        BinOp::Mul | BinOp::BitAnd => |l, r| l & r,
        BinOp::BitXor => |l, r| l ^ r,
        BinOp::Sub => {
            return Err(raise(
                "TypeError",
                "numpy boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the `^` operator, or \
                 the logical_xor function instead.",
            ));
        }
        _ => return Err(not_supported(ufunc(op))),
    })
}

fn int_function(op: BinOp) -> Result<fn(i64, i64) -> i64> {
    Ok(match op {
        BinOp::Add => i64::wrapping_add,
        BinOp::Sub => i64::wrapping_sub,
        BinOp::Mul => i64::wrapping_mul,
        BinOp::FloorDiv => |l, r| {
            if r == 0 { 0 } else { l.wrapping_div(r) - i64::from(l.wrapping_rem(r) != 0 && (l < 0) != (r < 0)) }
        },
        BinOp::Mod => |l, r| {
            if r == 0 {
                return 0;
            }
            let rest = l.wrapping_rem(r);
            if rest != 0 && (rest < 0) != (r < 0) { rest + r } else { rest }
        },
        BinOp::Pow => |mut base, mut exponent| {
            let mut power = 1_i64;
            while exponent > 0 {
                if exponent & 1 == 1 {
                    power = power.wrapping_mul(base);
                }
                base = base.wrapping_mul(base);
                exponent >>= 1;
            }
            power
        },
        BinOp::BitAnd => |l, r| l & r,
        BinOp::BitOr => |l, r| l | r,
        BinOp::BitXor => |l, r| l ^ r,
        BinOp::LShift => |l, r| if (0..64).contains(&r) { l << r } else { 0 },
        BinOp::RShift => |l, r| if (0..64).contains(&r) { l >> r } else { l >> 63 },
        BinOp::Div | BinOp::MatMul => return Err(not_supported(ufunc(op))),
    })
}

fn float_function(op: BinOp) -> Result<fn(f64, f64) -> f64> {
    Ok(match op {
        BinOp::Add => |l, r| l + r,
        BinOp::Sub => |l, r| l - r,
        BinOp::Mul => |l, r| l * r,
        BinOp::Div => |l, r| l / r,
        BinOp::FloorDiv => float_floor_divide,
        BinOp::Mod => float_modulo,
        BinOp::Pow => f64::powf,
        _ => return Err(not_supported(ufunc(op))),
    })
}

/// The powers that numpy computes without `pow`.
fn short_power(exponent: &Value) -> Option<fn(f64) -> f64> {
    let exponent = match *exponent {
        Value::Int(i) => i as f64,
        Value::Float(f) => f,
        _ => return None,
    };
    if exponent == 2.0 {
        Some(|v| v * v)
    } else if exponent == 1.0 {
        Some(|v| v)
    } else if exponent == 0.5 {
        Some(f64::sqrt)
    } else if exponent == -1.0 {
        Some(|v| 1.0 / v)
    } else if exponent == 0.0 {
        Some(|_| 1.0)
    } else {
        None
    }
}

/// Quotient and remainder of floor division, as Python's `divmod` of floats, for `r` not zero.
fn float_divmod(l: f64, r: f64) -> (f64, f64) {
    let mut rest = l % r;
    let mut quotient = (l - rest) / r;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(r);
    } else if (r < 0.0) != (rest < 0.0) {
        rest += r;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(l / r), rest);
    }
    let mut floor = quotient.floor();
    if quotient - floor > 0.5 {
        floor += 1.0;
    }
    (floor, rest)
}

/// `l // r` as numpy has it: no error for zero.
pub(crate) fn float_floor_divide(l: f64, r: f64) -> f64 {
    if r == 0.0 { l / r } else { float_divmod(l, r).0 }
}

/// `l % r` as numpy has it: NaN for zero.
pub(crate) fn float_modulo(l: f64, r: f64) -> f64 {
    if r == 0.0 { f64::NAN } else { float_divmod(l, r).1 }
}

/// A function of two complex numbers.
type ComplexBinary = fn((f64, f64), (f64, f64)) -> (f64, f64);

fn complex_function(op: BinOp) -> Result<ComplexBinary> {
    Ok(match op {
        BinOp::Add => |l, r| (l.0 + r.0, l.1 + r.1),
        BinOp::Sub => |l, r| (l.0 - r.0, l.1 - r.1),
        BinOp::Mul => complex_multiply,
        BinOp::Div => complex_divide,
        BinOp::Pow => complex_power,
        _ => return Err(not_supported(ufunc(op))),
    })
}

/// The product of complex numbers.
pub(crate) fn complex_multiply(l: (f64, f64), r: (f64, f64)) -> (f64, f64) {
    (l.0 * r.0 - l.1 * r.1, l.0 * r.1 + l.1 * r.0)
}

/// The quotient of complex numbers.
pub(crate) fn complex_divide(l: (f64, f64), r: (f64, f64)) -> (f64, f64) {
    use oscine_dsp::design::Complex;
    let quotient = Complex::new(l.0, l.1) / Complex::new(r.0, r.1);
    (quotient.re, quotient.im)
}

/// `l ** r`: repeated products for small whole exponents, else by the logarithm.
fn complex_power(l: (f64, f64), r: (f64, f64)) -> (f64, f64) {
    if r == (0.0, 0.0) {
        return (1.0, 0.0);
    }
    if r.1 == 0.0 && r.0.fract() == 0.0 && r.0.abs() < 100.0 {
        let product = (0..r.0.abs() as u32).fold((1.0, 0.0), |product, _| complex_multiply(product, l));
        return if r.0 < 0.0 { complex_divide((1.0, 0.0), product) } else { product };
    }
    if l == (0.0, 0.0) {
        return (0.0, 0.0);
    }
    let (log, angle) = (l.0.hypot(l.1).ln(), l.1.atan2(l.0));
    let modulus = (r.0 * log - r.1 * angle).exp();
    let argument = r.0 * angle + r.1 * log;
    (modulus * argument.cos(), modulus * argument.sin())
}

/// `left op right` element by element; `in` asks whether any element is equal.
pub fn compare(op: CmpOp, left: &Value, right: &Value) -> Result<Value> {
    match op {
        CmpOp::In | CmpOp::NotIn => {
            let found = Operand::new(left).is_ok()
                && compare_operands(CmpOp::Eq, &Operand::new(left)?, &Operand::new(right)?)?.bools().contains(&true);
            return Ok(Value::Bool(found == (op == CmpOp::In)));
        }
        CmpOp::Is | CmpOp::IsNot => {
            let same = matches!((left, right), (Value::Array(l), Value::Array(r))
                if Rc::ptr_eq(&l.data, &r.data) && l.offset == r.offset && l.shape == r.shape && l.strides == r.strides);
            return Ok(Value::Bool(same == (op == CmpOp::Is)));
        }
        _ => {}
    }
    if let (CmpOp::Eq | CmpOp::Ne, Some((array, _))) = (op, stranger(left, right)) {
        // Nothing else is equal to a number.
        let cells = Cells::Bool(vec![op == CmpOp::Ne; array.size()]);
        return Ok(Value::Array(Array::from_cells(Dtype::Bool, array.shape.clone(), cells)));
    }
    if let Some((_, other)) = stranger(left, right) {
        return Err(raise(
            "TypeError",
            format!(
                "'{}' not supported between instances of '{}' and '{}'",
                op.symbol(),
                if matches!(left, Value::Array(_)) { "numpy.ndarray" } else { other },
                if matches!(left, Value::Array(_)) { other } else { "numpy.ndarray" }
            ),
        ));
    }
    Ok(Value::Array(compare_operands(op, &Operand::new(left)?, &Operand::new(right)?)?))
}

/// The array of the two, and the other's type if that is not one of numbers.
fn stranger<'a>(left: &'a Value, right: &'a Value) -> Option<(&'a Array, &'static str)> {
    match (left, right) {
        (Value::Array(array), other) | (other, Value::Array(array)) if !is_operand(other) => {
            Some((array, super::convert::kind(other)))
        }
        _ => None,
    }
}

/// A comparison of numbers.
pub(crate) fn compare_operands(op: CmpOp, left: &Operand, right: &Operand) -> Result<Array> {
    let dtype = common(left, right);
    let (shape, both) = stretch(&[&left.array, &right.array])?;
    let values: Vec<bool> = match (both[0].cells_as(dtype), both[1].cells_as(dtype)) {
        (Cells::Bool(l), Cells::Bool(r)) => compare_all(op, &l, &r),
        (Cells::Int(l), Cells::Int(r)) => compare_all(op, &l, &r),
        (Cells::Float(l), Cells::Float(r)) => compare_all(op, &l, &r),
        (Cells::Complex(l), Cells::Complex(r)) => compare_all(op, &l, &r),
        _ => return Err(not_supported("equal")),
    };
    Ok(Array::from_cells(Dtype::Bool, shape, Cells::Bool(values)))
}

fn compare_all<T: PartialOrd>(op: CmpOp, l: &[T], r: &[T]) -> Vec<bool> {
    let holds: fn(&T, &T) -> bool = match op {
        CmpOp::Eq => |l, r| l == r,
        CmpOp::Ne => |l, r| l != r,
        CmpOp::Lt => |l, r| l < r,
        CmpOp::Le => |l, r| l <= r,
        CmpOp::Gt => |l, r| l > r,
        _ => |l, r| l >= r,
    };
    l.iter().zip(r).map(|(l, r)| holds(l, r)).collect()
}

/// `op array`.
pub fn unary(op: UnaryOp, array: &Array) -> Result<Value> {
    let cells = match (op, array.cells()) {
        (UnaryOp::Not, _) => return Ok(Value::Bool(!super::truth(array)?)),
        (UnaryOp::Pos, Cells::Bool(_)) => return Err(not_supported("positive")),
        (UnaryOp::Pos, cells) => cells,
        (UnaryOp::Neg, Cells::Bool(_)) => {
            return Err(raise(
                "TypeError",
                "The numpy boolean negative, the `-` operator, is not supported, use the `~` operator or the \
                 logical_not function instead.",
            ));
        }
        (UnaryOp::Neg, Cells::Int(c)) => Cells::Int(c.into_iter().map(i64::wrapping_neg).collect()),
        (UnaryOp::Neg, Cells::Float(c)) => Cells::Float(c.into_iter().map(|v| -v).collect()),
        (UnaryOp::Neg, Cells::Complex(c)) => Cells::Complex(c.into_iter().map(|v| (-v.0, -v.1)).collect()),
        (UnaryOp::Invert, Cells::Bool(c)) => Cells::Bool(c.into_iter().map(|v| !v).collect()),
        (UnaryOp::Invert, Cells::Int(c)) => Cells::Int(c.into_iter().map(|v| !v).collect()),
        (UnaryOp::Invert, _) => return Err(not_supported("invert")),
    };
    Ok(Value::Array(Array::from_cells(array.dtype(), array.shape.clone(), cells)))
}

/// `target op= value`: changes the array and gives it back. numpy's scalars are not changed: the new one is given back,
/// which is what the target's name is bound to.
pub fn in_place(op: BinOp, target: &Array, value: &Value) -> Result<Value> {
    let whole = Value::Array(target.clone());
    let Value::Array(result) = binary(op, &whole, value)? else { return Ok(whole) };
    if target.shape.is_empty() {
        return Ok(Value::Array(result));
    }
    let rank = |dtype| match dtype {
        Dtype::Bool => 0,
        Dtype::Int => 1,
        Dtype::Float32 | Dtype::Float => 2,
        Dtype::Complex => 3,
    };
    if rank(result.dtype()) > rank(target.dtype()) {
        return Err(raise(
            "numpy.exceptions.UFuncTypeError",
            format!(
                "Cannot cast ufunc '{}' output from dtype('{}') to dtype('{}') with casting rule 'same_kind'",
                ufunc(op),
                dtype_name(result.dtype()),
                dtype_name(target.dtype())
            ),
        ));
    }
    if result.shape != target.shape {
        return Err(raise(
            "ValueError",
            format!(
                "non-broadcastable output operand with shape {} doesn't match the broadcast shape {}",
                shape_text(&target.shape).replace(", ", ","),
                shape_text(&result.shape).replace(", ", ",")
            ),
        ));
    }
    target.write(&result.cells_as(target.dtype()));
    Ok(whole)
}
