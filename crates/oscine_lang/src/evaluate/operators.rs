//! Operators: which operation an operator means for two operands, and truth.

use std::rc::Rc;

use super::Interpreter;
use super::arithmetic as math;
use super::array;
use super::exceptions::raise;
use super::types::type_name;
use super::value::{Dict, DictKind, List, Name, Result, Set, Value};
use crate::syntax::ast::{BinOp, UnaryOp};

/// The names of an operator's special methods: on the left operand, on the right one, in place.
fn special_names(op: BinOp) -> (&'static str, &'static str, &'static str) {
    match op {
        BinOp::Add => ("__add__", "__radd__", "__iadd__"),
        BinOp::Sub => ("__sub__", "__rsub__", "__isub__"),
        BinOp::Mul => ("__mul__", "__rmul__", "__imul__"),
        BinOp::Div => ("__truediv__", "__rtruediv__", "__itruediv__"),
        BinOp::FloorDiv => ("__floordiv__", "__rfloordiv__", "__ifloordiv__"),
        BinOp::Mod => ("__mod__", "__rmod__", "__imod__"),
        BinOp::Pow => ("__pow__", "__rpow__", "__ipow__"),
        BinOp::MatMul => ("__matmul__", "__rmatmul__", "__imatmul__"),
        BinOp::LShift => ("__lshift__", "__rlshift__", "__ilshift__"),
        BinOp::RShift => ("__rshift__", "__rrshift__", "__irshift__"),
        BinOp::BitAnd => ("__and__", "__rand__", "__iand__"),
        BinOp::BitOr => ("__or__", "__ror__", "__ior__"),
        BinOp::BitXor => ("__xor__", "__rxor__", "__ixor__"),
    }
}

/// A number of one of Python's types, the operands of arithmetic.
enum Number {
    Int(i64),
    Float(f64),
    Complex(math::Complex),
}

fn number(value: &Value) -> Option<Number> {
    Some(match value {
        Value::Int(value) => Number::Int(*value),
        Value::Bool(value) => Number::Int(i64::from(*value)),
        Value::Float(value) => Number::Float(*value),
        Value::Complex(re, im) => Number::Complex((*re, *im)),
        _ => return None,
    })
}

impl Interpreter<'_> {
    /// `left op right`
    pub(crate) fn binary(&mut self, op: BinOp, left: &Value, right: &Value) -> Result<Value> {
        if let (Some(l), Some(r)) = (number(left), number(right))
            && let Some(result) = arithmetic(op, left, right, &l, &r)?
        {
            return Ok(result);
        }
        if let Some(result) = self.binary_of_objects(op, left, right)? {
            return Ok(result);
        }
        let (left, right) = (left.plain(), right.plain());
        if matches!(left, Value::Array(_)) || matches!(right, Value::Array(_)) {
            return array::binary(op, &left, &right);
        }
        if let (Some(l), Some(r)) = (number(&left), number(&right))
            && let Some(result) = arithmetic(op, &left, &right, &l, &r)?
        {
            return Ok(result);
        }
        if let Some(result) = self.binary_of_containers(op, &left, &right)? {
            return Ok(result);
        }
        Err(unsupported(op, &left, &right, ""))
    }

    /// The special methods of operands written in Python; none where they decline.
    fn binary_of_objects(&mut self, op: BinOp, left: &Value, right: &Value) -> Result<Option<Value>> {
        let (forward, backward, _) = special_names(op);
        let is_derived = match (left, right) {
            (Value::Instance(l), Value::Instance(r)) => {
                !Rc::ptr_eq(&l.class, &r.class) && r.class.derives_from(&l.class)
            }
            _ => false,
        };
        // A right operand of a derived class is asked first.
        let attempts = if is_derived {
            [(right, backward, left), (left, forward, right)]
        } else {
            [(left, forward, right), (right, backward, left)]
        };
        for (object, name, other) in attempts {
            if let Some(result) = self.call_special(object, name, vec![other.clone()])?
                && !matches!(result, Value::NotImplemented)
            {
                return Ok(Some(result));
            }
        }
        Ok(None)
    }

    fn binary_of_containers(&mut self, op: BinOp, left: &Value, right: &Value) -> Result<Option<Value>> {
        Ok(Some(match (op, left, right) {
            (BinOp::Add, Value::Str(l), Value::Str(r)) => {
                super::iterate::check_size(l.len() + r.len())?;
                Value::Str(Name::from(format!("{l}{r}")))
            }
            (BinOp::Add, Value::List(l), Value::List(r)) => {
                let items: Vec<Value> = l.0.borrow().iter().chain(r.0.borrow().iter()).cloned().collect();
                Value::List(Rc::new(List(items.into())))
            }
            (BinOp::Add, Value::Tuple(l), Value::Tuple(r)) => {
                Value::Tuple(Rc::new(l.iter().chain(r.iter()).cloned().collect()))
            }
            (BinOp::Add, Value::Str(_), _) => return Err(cannot_join("str", right)),
            (BinOp::Add, Value::List(_), _) => return Err(cannot_join("list", right)),
            (BinOp::Add, Value::Tuple(_), _) => return Err(cannot_join("tuple", right)),
            (BinOp::Mod, Value::Str(text), _) => Value::Str(Name::from(self.percent(text, right)?)),
            (BinOp::Mul, sequence @ (Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Deque(_)), count)
            | (BinOp::Mul, count, sequence @ (Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Deque(_))) => {
                let Some(count) = count.as_int() else {
                    let words = format!("can't multiply sequence by non-int of type '{}'", type_name(count));
                    return Err(raise("TypeError", words));
                };
                repeat(sequence, count)?
            }
            (BinOp::BitOr, Value::Dict(l), Value::Dict(r)) => {
                let merged = Rc::new(Dict { items: l.items.borrow().clone().into(), kind: l.kind.detached() });
                for (key, item) in r.items.borrow().iter() {
                    merged.items.borrow_mut().insert(key.clone(), item.clone());
                }
                Value::Dict(merged)
            }
            (BinOp::Add | BinOp::Sub, Value::Dict(l), Value::Dict(r))
                if matches!((&l.kind, &r.kind), (DictKind::Counter, DictKind::Counter)) =>
            {
                self.combine_counters(op, l, r)?
            }
            (BinOp::BitOr | BinOp::BitAnd | BinOp::Sub | BinOp::BitXor, _, _) => {
                let (Some(l), Some(r)) = (Self::set_operand(left), Self::set_operand(right)) else {
                    // `int | None` as a type.
                    return Ok(match (op, left, right) {
                        (BinOp::BitOr, Value::Class(_) | Value::Tuple(_), Value::Class(_) | Value::None) => {
                            let mut all = match left {
                                Value::Tuple(all) => (**all).clone(),
                                one => vec![one.clone()],
                            };
                            all.push(match right {
                                Value::None => super::calls::class_value("NoneType"),
                                one => one.clone(),
                            });
                            Some(Value::Tuple(Rc::new(all)))
                        }
                        _ => None,
                    });
                };
                combine_sets(op, &l, &r)
            }
            _ => return Ok(None),
        }))
    }

    /// What stands for a set in an operation between sets.
    fn set_operand(value: &Value) -> Option<Rc<Set>> {
        match value {
            Value::Set(set) => Some(set.clone()),
            Value::Iterator(iter) => match iter.try_borrow().as_deref() {
                Ok(super::iterate::Iter::DictView(dict, super::iterate::View::Keys)) => {
                    let items = dict.items.borrow().iter().map(|(k, (key, _))| (k.clone(), key.clone())).collect();
                    Some(Rc::new(Set { items: std::cell::RefCell::new(items), frozen: false }))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn combine_counters(&mut self, op: BinOp, l: &Rc<Dict>, r: &Rc<Dict>) -> Result<Value> {
        let result = Rc::new(Dict { items: std::cell::RefCell::default(), kind: DictKind::Counter });
        let keys: super::value::QuickMap<_, _> = l
            .items
            .borrow()
            .iter()
            .chain(r.items.borrow().iter())
            .map(|(key, (value, _))| (key.clone(), value.clone()))
            .collect();
        for (key, written) in keys {
            let count = |dict: &Dict| dict.items.borrow().get(&key).map_or(Value::Int(0), |(_, count)| count.clone());
            let total = self.binary(op, &count(l), &count(r))?;
            if total.as_int().is_some_and(|total| total > 0) {
                result.items.borrow_mut().insert(key, (written, total));
            }
        }
        Ok(Value::Dict(result))
    }

    /// `left op= right`: in place where the object can, else a new one.
    pub(crate) fn in_place(&mut self, op: BinOp, left: &Value, right: &Value) -> Result<Value> {
        match (op, left) {
            (BinOp::Add, Value::List(list)) => {
                let more = self.list_of(right)?;
                list.0.borrow_mut().extend(more);
                return Ok(left.clone());
            }
            (BinOp::Add, Value::Deque(_)) => {
                let args = super::value::Args { positional: vec![right.clone()], ..Default::default() };
                self.call_builtin_method(left, "extend", args)?;
                return Ok(left.clone());
            }
            (BinOp::Mul, Value::List(list)) => {
                let repeated = self.binary(op, left, right)?;
                if let Value::List(repeated) = repeated {
                    *list.0.borrow_mut() = repeated.0.take();
                    return Ok(left.clone());
                }
            }
            (BinOp::BitOr, Value::Dict(dict)) => {
                if let Value::Dict(other) = right {
                    let items = other.items.borrow().clone();
                    dict.items.borrow_mut().extend(items);
                    return Ok(left.clone());
                }
            }
            (BinOp::BitOr | BinOp::BitAnd | BinOp::Sub | BinOp::BitXor, Value::Set(set)) if !set.frozen => {
                if let Value::Set(combined) = self.binary(op, left, right)? {
                    let items = combined.items.borrow().clone();
                    *set.items.borrow_mut() = items;
                    return Ok(left.clone());
                }
            }
            (_, Value::Array(target)) => return array::in_place(op, target, &right.plain()),
            (_, Value::Instance(_)) => {
                if let Some(result) = self.call_special(left, special_names(op).2, vec![right.clone()])?
                    && !matches!(result, Value::NotImplemented)
                {
                    return Ok(result);
                }
            }
            _ => {}
        }
        self.binary(op, left, right).map_err(|raised| {
            let (l, r) = (left.plain(), right.plain());
            let said = unsupported(op, &l, &r, "");
            // The message names the operator as it is written.
            if raised.is_unplaced && said.message() == raised.message() { unsupported(op, &l, &r, "=") } else { raised }
        })
    }

    /// `-value`, `+value`, `~value`
    pub(crate) fn unary(&mut self, op: UnaryOp, value: &Value) -> Result<Value> {
        let name = match op {
            UnaryOp::Neg => "__neg__",
            UnaryOp::Pos => "__pos__",
            UnaryOp::Invert => "__invert__",
            UnaryOp::Not => return Ok(Value::Bool(!self.truth(value)?)),
        };
        if let Some(result) = self.call_special(value, name, vec![])? {
            return Ok(result);
        }
        let value = value.plain();
        Ok(match (op, &value) {
            (UnaryOp::Neg, Value::Int(number)) => Value::Int(number.checked_neg().ok_or_else(math::int_overflow)?),
            (UnaryOp::Neg, Value::Bool(number)) => Value::Int(-i64::from(*number)),
            (UnaryOp::Neg, Value::Float(number)) => Value::Float(-number),
            (UnaryOp::Neg, Value::Complex(re, im)) => Value::Complex(-re, -im),
            (UnaryOp::Pos, Value::Bool(number)) => Value::Int(i64::from(*number)),
            (UnaryOp::Pos, Value::Int(_) | Value::Float(_) | Value::Complex(..)) => value,
            (UnaryOp::Invert, Value::Int(number)) => Value::Int(!number),
            (UnaryOp::Invert, Value::Bool(number)) => Value::Int(!i64::from(*number)),
            (_, Value::Array(operand)) => array::unary(op, operand)?,
            _ => {
                let symbol = match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::Pos => "+",
                    _ => "~",
                };
                let words = format!("bad operand type for unary {symbol}: '{}'", type_name(&value));
                return Err(raise("TypeError", words));
            }
        })
    }

    /// `bool(value)`
    pub(crate) fn truth(&mut self, value: &Value) -> Result<bool> {
        Ok(match value {
            Value::None => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Complex(re, im) => *re != 0.0 || *im != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::Tuple(items) => !items.is_empty(),
            Value::List(list) => !list.0.borrow().is_empty(),
            Value::Dict(dict) => !dict.items.borrow().is_empty(),
            Value::Set(set) => !set.items.borrow().is_empty(),
            Value::Deque(deque) => !deque.items.borrow().is_empty(),
            Value::Range(range) => !range.is_empty(),
            Value::Array(operand) => return array::truth(operand),
            Value::Param(param) => return self.truth(&param.value),
            Value::Iterator(iter) => match iter.try_borrow().as_deref() {
                Ok(super::iterate::Iter::DictView(dict, _)) => !dict.items.borrow().is_empty(),
                _ => true,
            },
            Value::Instance(instance) => {
                if let Some(result) = self.call_special(value, "__bool__", vec![])? {
                    return match result {
                        Value::Bool(result) => Ok(result),
                        other => {
                            let words = format!("__bool__ should return bool, returned {}", type_name(&other));
                            Err(raise("TypeError", words))
                        }
                    };
                }
                if self.special(value, "__len__")?.is_some() {
                    return Ok(self.length(value)? > 0);
                }
                let base = instance.base_value.borrow().clone();
                return if matches!(base, Value::None) { Ok(true) } else { self.truth(&base) };
            }
            _ => true,
        })
    }
}

/// Arithmetic of two numbers; none where the operator does not apply to their types.
fn arithmetic(op: BinOp, left: &Value, right: &Value, l: &Number, r: &Number) -> Result<Option<Value>> {
    let overflow = math::int_overflow;
    Ok(Some(match (l, r) {
        (Number::Int(a), Number::Int(b)) => {
            let (a, b) = (*a, *b);
            if let (Value::Bool(p), Value::Bool(q)) = (left, right) {
                match op {
                    BinOp::BitAnd => return Ok(Some(Value::Bool(p & q))),
                    BinOp::BitOr => return Ok(Some(Value::Bool(p | q))),
                    BinOp::BitXor => return Ok(Some(Value::Bool(p ^ q))),
                    _ => {}
                }
            }
            Value::Int(match op {
                BinOp::Add => a.checked_add(b).ok_or_else(overflow)?,
                BinOp::Sub => a.checked_sub(b).ok_or_else(overflow)?,
                BinOp::Mul => a.checked_mul(b).ok_or_else(overflow)?,
                BinOp::Div => return math::int_true_div(a, b).map(|q| Some(Value::Float(q))),
                BinOp::FloorDiv => math::int_floor_div(a, b)?,
                BinOp::Mod => math::int_mod(a, b)?,
                BinOp::Pow => return math::int_pow(a, b).map(Some),
                BinOp::LShift => math::int_shift_left(a, b)?,
                BinOp::RShift => math::int_shift_right(a, b)?,
                BinOp::BitAnd => a & b,
                BinOp::BitOr => a | b,
                BinOp::BitXor => a ^ b,
                BinOp::MatMul => return Ok(None),
            })
        }
        (Number::Complex(_), _) | (_, Number::Complex(_)) => {
            let complex = |number: &Number| match number {
                Number::Int(a) => (*a as f64, 0.0),
                Number::Float(a) => (*a, 0.0),
                Number::Complex(a) => *a,
            };
            let (a, b) = (complex(l), complex(r));
            let (re, im) = match op {
                BinOp::Add => (a.0 + b.0, a.1 + b.1),
                BinOp::Sub => (a.0 - b.0, a.1 - b.1),
                BinOp::Mul => math::complex_mul(a, b),
                BinOp::Div => math::complex_div(a, b)?,
                BinOp::Pow => math::complex_pow(a, b)?,
                _ => return Ok(None),
            };
            Value::Complex(re, im)
        }
        _ => {
            let float = |number: &Number| match number {
                Number::Int(a) => *a as f64,
                Number::Float(a) => *a,
                Number::Complex(a) => a.0,
            };
            let (a, b) = (float(l), float(r));
            Value::Float(match op {
                BinOp::Add => a + b,
                BinOp::Sub => a - b,
                BinOp::Mul => a * b,
                BinOp::Div => math::float_div(a, b)?,
                BinOp::FloorDiv => math::float_floor_div(a, b)?,
                BinOp::Mod => math::float_mod(a, b)?,
                BinOp::Pow => return math::float_pow(a, b).map(Some),
                _ => return Ok(None),
            })
        }
    }))
}

fn unsupported(op: BinOp, left: &Value, right: &Value, suffix: &str) -> Box<super::value::Raised> {
    let symbol = match (op, suffix) {
        (BinOp::Pow, "") => "** or pow()",
        _ => op.symbol(),
    };
    let words =
        format!("unsupported operand type(s) for {symbol}{suffix}: '{}' and '{}'", type_name(left), type_name(right));
    raise("TypeError", words)
}

fn cannot_join(kind: &str, right: &Value) -> Box<super::value::Raised> {
    raise("TypeError", format!("can only concatenate {kind} (not \"{}\") to {kind}", type_name(right)))
}

/// A sequence repeated.
fn repeat(sequence: &Value, count: i64) -> Result<Value> {
    let count = usize::try_from(count).unwrap_or(0);
    let sized = |length: usize| super::iterate::check_size(length.saturating_mul(count));
    let items = |items: &[Value], count: usize| -> Vec<Value> {
        let length = items.len() * count;
        items.iter().cycle().take(length).cloned().collect()
    };
    Ok(match sequence {
        Value::Str(text) => {
            sized(text.len())?;
            Value::Str(Name::from(text.repeat(count)))
        }
        Value::List(list) => {
            let list = list.0.borrow();
            sized(list.len())?;
            Value::List(Rc::new(List(items(&list, count).into())))
        }
        Value::Tuple(tuple) => {
            sized(tuple.len())?;
            Value::Tuple(Rc::new(items(tuple, count)))
        }
        Value::Deque(deque) => {
            let held: Vec<Value> = deque.items.borrow().iter().cloned().collect();
            sized(held.len())?;
            let mut all: std::collections::VecDeque<Value> = items(&held, count).into();
            if let Some(most) = deque.max_len {
                all.drain(..all.len().saturating_sub(most));
            }
            Value::Deque(Rc::new(super::value::Deque { items: all.into(), max_len: deque.max_len }))
        }
        other => other.clone(),
    })
}

fn combine_sets(op: BinOp, l: &Set, r: &Set) -> Value {
    let (left, right) = (l.items.borrow(), r.items.borrow());
    let items = match op {
        BinOp::BitOr => left.iter().chain(right.iter().filter(|(key, _)| !left.contains_key(*key))).collect::<Vec<_>>(),
        BinOp::BitAnd => left.iter().filter(|(key, _)| right.contains_key(*key)).collect(),
        BinOp::Sub => left.iter().filter(|(key, _)| !right.contains_key(*key)).collect(),
        _ => left
            .iter()
            .filter(|(key, _)| !right.contains_key(*key))
            .chain(right.iter().filter(|(key, _)| !left.contains_key(*key)))
            .collect(),
    };
    let items = items.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    Value::Set(Rc::new(Set { items: std::cell::RefCell::new(items), frozen: l.frozen }))
}
