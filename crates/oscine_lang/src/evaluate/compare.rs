//! Comparison, identity and membership.

use std::cmp::Ordering;
use std::rc::Rc;

use super::Interpreter;
use super::array;
use super::exceptions::raise;
use super::iterate::{Iter, View};
use super::types::type_name;
use super::value::{Key, QuickMap, Result, Value};
use crate::syntax::ast::CmpOp;

/// `a is b`
pub(crate) fn is(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::None, Value::None)
        | (Value::Ellipsis, Value::Ellipsis)
        | (Value::NotImplemented, Value::NotImplemented) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Param(a), Value::Param(b)) => Rc::ptr_eq(a, b),
        (Value::Param(a), b) => is(&a.value, b),
        (a, Value::Param(b)) => is(a, &b.value),
        (Value::Tuple(a), Value::Tuple(b)) => Rc::ptr_eq(a, b) || a.is_empty() && b.is_empty(),
        (Value::Dtype(a), Value::Dtype(b)) => a == b,
        (Value::Method(_), _) | (_, Value::Method(_)) => false,
        (Value::Array(a), Value::Array(b)) => {
            Rc::ptr_eq(&a.data, &b.data) && a.offset == b.offset && a.shape == b.shape && a.strides == b.strides
        }
        _ => match (address(a), address(b)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
    }
}

/// Where an object lives.
pub(crate) fn address(value: &Value) -> Option<usize> {
    fn of<T: ?Sized>(pointer: &Rc<T>) -> usize {
        Rc::as_ptr(pointer).cast::<u8>() as usize
    }
    Some(match value {
        Value::Tuple(object) => of(object),
        Value::List(object) => of(object),
        Value::Dict(object) => of(object),
        Value::Set(object) => of(object),
        Value::Deque(object) => of(object),
        Value::Slice(object) => of(object),
        Value::Array(array) => of(&array.data),
        Value::Function(object) => of(object),
        Value::Method(object) => of(object),
        Value::Builtin(entry) => std::ptr::from_ref(*entry) as usize,
        Value::BuiltinMethod(object) => of(object),
        Value::Bound(object) => of(object),
        Value::Class(object) => of(object),
        Value::Instance(object) => of(object),
        Value::Module(object) => of(object),
        Value::Param(object) => of(object),
        Value::Iterator(object) => of(object),
        Value::Property(object) => of(object),
        Value::StaticMethod(object) | Value::ClassMethod(object) => of(object),
        Value::Super(object) => of(object),
        Value::Str(text) => of(text),
        _ => return None,
    })
}

/// An int and a float, compared exactly.
fn compare_mixed(int: i64, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let limit = 9_223_372_036_854_775_808.0;
    if float >= limit {
        return Some(Ordering::Less);
    }
    if float < -limit {
        return Some(Ordering::Greater);
    }
    let whole = float.floor();
    Some(int.cmp(&(whole as i64)).then(if float > whole { Ordering::Less } else { Ordering::Equal }))
}

/// Two real numbers; none for NaN, and none at all for anything else.
#[expect(clippy::option_option, reason = "no order and not numbers are two things")]
fn compare_numbers(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Float(a), b) => compare_mixed(b.as_plain_int()?, *a).map(Ordering::reverse),
        (a, Value::Float(b)) => compare_mixed(a.as_plain_int()?, *b),
        (a, b) => Some(a.as_plain_int()?.cmp(&b.as_plain_int()?)),
    })
}

fn satisfies(op: CmpOp, order: Option<Ordering>) -> bool {
    match op {
        CmpOp::Lt => order == Some(Ordering::Less),
        CmpOp::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        CmpOp::Gt => order == Some(Ordering::Greater),
        CmpOp::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        CmpOp::Eq => order == Some(Ordering::Equal),
        _ => order != Some(Ordering::Equal),
    }
}

impl Interpreter<'_> {
    /// `left op right`
    pub(crate) fn compare(&mut self, op: CmpOp, left: &Value, right: &Value) -> Result<Value> {
        Ok(Value::Bool(match op {
            CmpOp::Is => is(left, right),
            CmpOp::IsNot => !is(left, right),
            CmpOp::In => self.contains(right, left)?,
            CmpOp::NotIn => !self.contains(right, left)?,
            _ => return self.compare_richly(op, left, right),
        }))
    }

    fn compare_richly(&mut self, op: CmpOp, left: &Value, right: &Value) -> Result<Value> {
        if let Some(order) = compare_numbers(left, right) {
            return Ok(Value::Bool(satisfies(op, order)));
        }
        let (forward, backward) = match op {
            CmpOp::Lt => ("__lt__", "__gt__"),
            CmpOp::Le => ("__le__", "__ge__"),
            CmpOp::Gt => ("__gt__", "__lt__"),
            CmpOp::Ge => ("__ge__", "__le__"),
            CmpOp::Eq => ("__eq__", "__eq__"),
            _ => ("__ne__", "__ne__"),
        };
        for (object, name, other) in [(left, forward, right), (right, backward, left)] {
            if let Some(result) = self.call_special(object, name, vec![other.clone()])?
                && !matches!(result, Value::NotImplemented)
            {
                return Ok(result);
            }
        }
        if op == CmpOp::Ne {
            // Without `__ne__`, the contrary of `__eq__`.
            for (object, other) in [(left, right), (right, left)] {
                if let Some(result) = self.call_special(object, "__eq__", vec![other.clone()])?
                    && !matches!(result, Value::NotImplemented)
                {
                    return Ok(Value::Bool(!self.truth(&result)?));
                }
            }
        }
        if is(left, right) && matches!(op, CmpOp::Eq | CmpOp::Ne) && !matches!(left, Value::Array(_) | Value::Float(_))
        {
            return Ok(Value::Bool(op == CmpOp::Eq));
        }
        let (l, r) = (left.plain(), right.plain());
        if matches!(l, Value::Array(_)) || matches!(r, Value::Array(_)) {
            return array::compare(op, &l, &r);
        }
        if let Some(order) = compare_numbers(&l, &r) {
            return Ok(Value::Bool(satisfies(op, order)));
        }
        self.limits.enter()?;
        let result = match op {
            CmpOp::Eq => self.equal_contents(&l, &r).map(Some),
            CmpOp::Ne => self.equal_contents(&l, &r).map(|equal| Some(!equal)),
            _ => self.order_contents(op, &l, &r),
        };
        self.limits.leave();
        result?.map(Value::Bool).ok_or_else(|| {
            let words = format!(
                "'{}' not supported between instances of '{}' and '{}'",
                op.symbol(),
                type_name(left),
                type_name(right)
            );
            raise("TypeError", words)
        })
    }

    /// `bool(a == b)`, where an object is equal to itself.
    pub(crate) fn equal(&mut self, a: &Value, b: &Value) -> Result<bool> {
        if let Some(order) = compare_numbers(a, b) {
            return Ok(order == Some(Ordering::Equal));
        }
        if is(a, b) {
            return Ok(true);
        }
        let result = self.compare_richly(CmpOp::Eq, a, b)?;
        self.truth(&result)
    }

    /// `bool(a < b)`
    pub(crate) fn less(&mut self, a: &Value, b: &Value) -> Result<bool> {
        let result = self.compare_richly(CmpOp::Lt, a, b)?;
        self.truth(&result)
    }

    fn equal_contents(&mut self, a: &Value, b: &Value) -> Result<bool> {
        Ok(match (a, b) {
            (Value::Complex(..), _) | (_, Value::Complex(..)) => match (a.as_complex(), b.as_complex()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::List(a), Value::List(b)) => {
                let (a, b) = (a.0.borrow().clone(), b.0.borrow().clone());
                self.all_equal(&a, &b)?
            }
            (Value::Tuple(a), Value::Tuple(b)) => self.all_equal(a, b)?,
            (Value::Deque(a), Value::Deque(b)) => {
                let a: Vec<Value> = a.items.borrow().iter().cloned().collect();
                let b: Vec<Value> = b.items.borrow().iter().cloned().collect();
                self.all_equal(&a, &b)?
            }
            (Value::Range(a), Value::Range(b)) => {
                let length = a.len();
                length == b.len() && (length == 0 || a.start == b.start && (length == 1 || a.step == b.step))
            }
            (Value::Slice(a), Value::Slice(b)) => self.all_equal(&a[..], &b[..])?,
            (Value::Dict(a), Value::Dict(b)) => {
                let (a, b) = (a.items.borrow().clone(), b.items.borrow().clone());
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (key, (_, value)) in &a {
                    let Some((_, other)) = b.get(key) else { return Ok(false) };
                    if !self.equal(value, other)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Set(a), Value::Set(b)) => {
                let (a, b) = (a.items.borrow(), b.items.borrow());
                a.len() == b.len() && a.keys().all(|key| b.contains_key(key))
            }
            (Value::Method(a), Value::Method(b)) => {
                Rc::ptr_eq(&a.function, &b.function) && is(&a.receiver, &b.receiver)
            }
            (Value::Iterator(a), _) if is_view(a) => {
                let (a, b) = (self.list_of(&Value::Iterator(a.clone()))?, self.list_of(b)?);
                a.len() == b.len() && self.all_equal(&a, &b)?
            }
            (Value::Dtype(_), _) | (_, Value::Dtype(_)) => array::dtype_equals(a, b),
            _ => is(a, b),
        })
    }

    fn all_equal(&mut self, a: &[Value], b: &[Value]) -> Result<bool> {
        if a.len() != b.len() {
            return Ok(false);
        }
        for (a, b) in a.iter().zip(b) {
            if !self.equal(a, b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a comparison of order holds; none where the two have no order.
    fn order_contents(&mut self, op: CmpOp, a: &Value, b: &Value) -> Result<Option<bool>> {
        Ok(Some(match (a, b) {
            (Value::Str(a), Value::Str(b)) => satisfies(op, Some(a.cmp(b))),
            (Value::List(a), Value::List(b)) => {
                let (a, b) = (a.0.borrow().clone(), b.0.borrow().clone());
                self.order_items(op, &a, &b)?
            }
            (Value::Tuple(a), Value::Tuple(b)) => self.order_items(op, a, b)?,
            (Value::Set(a), Value::Set(b)) => {
                let (a, b) = (a.items.borrow(), b.items.borrow());
                let inside =
                    |a: &QuickMap<Key, Value>, b: &QuickMap<Key, Value>| a.keys().all(|key| b.contains_key(key));
                match op {
                    CmpOp::Le => inside(&a, &b),
                    CmpOp::Lt => a.len() < b.len() && inside(&a, &b),
                    CmpOp::Ge => inside(&b, &a),
                    _ => b.len() < a.len() && inside(&b, &a),
                }
            }
            _ => return Ok(None),
        }))
    }

    /// Sequences are ordered by their first difference, else by length.
    fn order_items(&mut self, op: CmpOp, a: &[Value], b: &[Value]) -> Result<bool> {
        for (x, y) in a.iter().zip(b) {
            if !self.equal(x, y)? {
                let result = self.compare_richly(op, x, y)?;
                return self.truth(&result);
            }
        }
        Ok(satisfies(op, Some(a.len().cmp(&b.len()))))
    }

    /// `item in container`
    pub(crate) fn contains(&mut self, container: &Value, item: &Value) -> Result<bool> {
        Ok(match container {
            Value::Str(text) => match item.plain() {
                Value::Str(part) => text.contains(&*part),
                other => {
                    let words = format!("'in <string>' requires string as left operand, not {}", type_name(&other));
                    return Err(raise("TypeError", words));
                }
            },
            Value::Dict(dict) => {
                let key = self.key_in_dict(dict, item)?;
                dict.items.borrow().contains_key(&key)
            }
            Value::Set(set) => {
                let key = self.key_in_set(set, item)?;
                set.items.borrow().contains_key(&key)
            }
            Value::Range(range) => match item.plain().as_int() {
                Some(number) => {
                    let distance = i128::from(number) - i128::from(range.start);
                    let step = i128::from(range.step);
                    distance % step == 0 && distance / step >= 0 && ((distance / step) as usize) < range.len()
                }
                None => self.contains_by_walking(container, item)?,
            },
            Value::Iterator(iter) => {
                let keys = match iter.try_borrow().as_deref() {
                    Ok(Iter::DictView(dict, View::Keys)) => Some(dict.clone()),
                    _ => None,
                };
                match keys {
                    Some(dict) => return self.contains(&Value::Dict(dict), item),
                    None => self.contains_by_walking(container, item)?,
                }
            }
            Value::Param(param) => return self.contains(&param.value.clone(), item),
            Value::Instance(instance) => {
                if let Some(result) = self.call_special(container, "__contains__", vec![item.clone()])? {
                    return self.truth(&result);
                }
                let base = instance.base_value.borrow().clone();
                match base {
                    Value::None => self.contains_by_walking(container, item)?,
                    base => return self.contains(&base, item),
                }
            }
            _ => self.contains_by_walking(container, item)?,
        })
    }

    fn contains_by_walking(&mut self, container: &Value, item: &Value) -> Result<bool> {
        if !self.is_iterable(container)? {
            let words = format!("argument of type '{}' is not iterable", type_name(container));
            return Err(raise("TypeError", words));
        }
        let mut iter = self.iterate(container)?;
        while let Some(value) = self.advance(&mut iter)? {
            self.limits.step()?;
            if self.equal(&value, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn is_view(iter: &Rc<std::cell::RefCell<Iter>>) -> bool {
    matches!(iter.try_borrow().as_deref(), Ok(Iter::DictView(..)))
}
