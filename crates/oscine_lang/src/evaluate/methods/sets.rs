//! Methods of sets.

use std::rc::Rc;

use super::super::Interpreter;
use super::super::calls::count_args;
use super::super::exceptions::{raise, raise_with};
use super::super::value::{Args, Result, Set, Value};
use crate::syntax::ast::{BinOp, CmpOp};

impl Interpreter<'_> {
    pub(super) fn set_method(&mut self, set: &Rc<Set>, name: &str, args: &Args) -> Result<Value> {
        let this = Value::Set(set.clone());
        let operator = match name {
            "union" | "update" => Some(BinOp::BitOr),
            "intersection" | "intersection_update" => Some(BinOp::BitAnd),
            "difference" | "difference_update" => Some(BinOp::Sub),
            "symmetric_difference" | "symmetric_difference_update" => Some(BinOp::BitXor),
            _ => None,
        };
        if let Some(op) = operator {
            let mut result = Value::Set(Rc::new(Set { items: set.items.borrow().clone().into(), frozen: set.frozen }));
            for other in &args.positional {
                let other = self.list_of(other)?;
                let other = self.make_set(other, false)?;
                result = self.binary(op, &result, &other)?;
            }
            if !name.ends_with("update") {
                return Ok(result);
            }
            if let Value::Set(result) = result {
                *set.items.borrow_mut() = result.items.take();
            }
            return Ok(Value::None);
        }
        count_args(&format!("set.{name}"), args, usize::from(!matches!(name, "clear" | "copy" | "pop")), 1)?;
        match (name, args.positional.first()) {
            ("add", Some(value)) => self.set_add(set, value.clone())?,
            ("remove" | "discard", Some(value)) => {
                let key = self.key_in_set(set, value)?;
                if set.items.borrow_mut().shift_remove(&key).is_none() && name == "remove" {
                    return Err(raise_with("KeyError", vec![value.clone()]));
                }
            }
            ("issubset" | "issuperset" | "isdisjoint", Some(other)) => {
                let other = self.list_of(other)?;
                let other = self.make_set(other, false)?;
                return match name {
                    "issubset" => self.compare(CmpOp::Le, &this, &other),
                    "issuperset" => self.compare(CmpOp::Ge, &this, &other),
                    _ => {
                        let both = self.binary(BinOp::BitAnd, &this, &other)?;
                        Ok(Value::Bool(!self.truth(&both)?))
                    }
                };
            }
            ("pop", _) => {
                let first = super::super::set_order::in_order(&set.items.borrow()).into_iter().next();
                let first = first.ok_or_else(|| raise("KeyError", "pop from an empty set"))?;
                let key = self.key_in_set(set, &first)?;
                set.items.borrow_mut().shift_remove(&key);
                return Ok(first);
            }
            ("copy", _) => {
                let items = set.items.borrow().clone();
                return Ok(Value::Set(Rc::new(Set { items: items.into(), frozen: set.frozen })));
            }
            _ => set.items.borrow_mut().clear(),
        }
        Ok(Value::None)
    }
}
