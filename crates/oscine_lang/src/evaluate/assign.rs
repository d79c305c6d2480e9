//! Assignment, augmented assignment and `del`.

use std::rc::Rc;

use super::Interpreter;
use super::environment::Env;
use super::exceptions::raise;
use super::statements::place;
use super::types::type_name;
use super::value::{List, Result, Value};
use crate::syntax::ast::{BinOp, Expr, ExprKind};

impl Interpreter<'_> {
    /// Binds a target.
    pub(crate) fn assign(&mut self, target: &Expr, value: Value, env: &Env) -> Result<()> {
        let result = self.assign_kind(target, value, env);
        place(result, target.span)
    }

    fn assign_kind(&mut self, target: &Expr, value: Value, env: &Env) -> Result<()> {
        match &*target.kind {
            ExprKind::Name(name) => {
                env.set(name, value);
                Ok(())
            }
            ExprKind::Attribute { value: object, name, .. } => {
                let object = self.eval(object, env)?;
                self.set_attribute(&object, name, value)
            }
            ExprKind::Subscript { value: object, index } => {
                let object = self.eval(object, env)?;
                let index = self.eval(index, env)?;
                self.set_item(&object, &index, value)
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) => self.unpack(targets, &value, env),
            _ => Err(raise("SyntaxError", "cannot assign to this expression")),
        }
    }

    /// Binds several targets to the elements of a value; one of them may be starred and takes what is left.
    fn unpack(&mut self, targets: &[Expr], value: &Value, env: &Env) -> Result<()> {
        if !self.is_iterable(value)? {
            return Err(raise("TypeError", format!("cannot unpack non-iterable {} object", type_name(value))));
        }
        let star = targets.iter().position(|target| matches!(*target.kind, ExprKind::Starred(_)));
        let mut iter = self.iterate(value)?;
        let mut values = vec![];
        // Without a star, one more than wanted is enough to know that there are too many.
        while star.is_some() || values.len() <= targets.len() {
            let Some(value) = self.advance(&mut iter)? else { break };
            values.push(value);
        }
        let needed = targets.len() - usize::from(star.is_some());
        if values.len() < needed {
            let least = if star.is_some() { "at least " } else { "" };
            let words = format!("not enough values to unpack (expected {least}{needed}, got {})", values.len());
            return Err(raise("ValueError", words));
        }
        if star.is_none() && values.len() > needed {
            return Err(raise("ValueError", format!("too many values to unpack (expected {needed})")));
        }
        let starred = values.len() - needed;
        let mut values = values.into_iter();
        for target in targets {
            if let ExprKind::Starred(inner) = &*target.kind {
                let taken: Vec<Value> = values.by_ref().take(starred).collect();
                self.assign(inner, Value::List(Rc::new(List(taken.into()))), env)?;
            } else if let Some(value) = values.next() {
                self.assign(target, value, env)?;
            }
        }
        Ok(())
    }

    /// `target op= value`: the target's object and index are evaluated once.
    pub(crate) fn assign_augmented(&mut self, target: &Expr, op: BinOp, value: &Expr, env: &Env) -> Result<()> {
        match &*target.kind {
            ExprKind::Name(name) => {
                let old = place(env.get(name), target.span)?;
                let value = self.eval(value, env)?;
                let new = self.in_place(op, &old, &value)?;
                env.set(name, new);
                Ok(())
            }
            ExprKind::Attribute { value: object, name, .. } => {
                let object = self.eval(object, env)?;
                let old = place(self.get_attribute(&object, name), target.span)?;
                let value = self.eval(value, env)?;
                let new = self.in_place(op, &old, &value)?;
                place(self.set_attribute(&object, name, new), target.span)
            }
            ExprKind::Subscript { value: object, index } => {
                let object = self.eval(object, env)?;
                let index = self.eval(index, env)?;
                let old = place(self.get_item(&object, &index), target.span)?;
                let value = self.eval(value, env)?;
                let new = self.in_place(op, &old, &value)?;
                place(self.set_item(&object, &index, new), target.span)
            }
            _ => Err(raise("SyntaxError", "this expression is an illegal target for augmented assignment")),
        }
    }

    /// `del target`.
    pub(crate) fn delete(&mut self, target: &Expr, env: &Env) -> Result<()> {
        let result = match &*target.kind {
            ExprKind::Name(name) => env.delete(name),
            ExprKind::Attribute { value, name, .. } => {
                let object = self.eval(value, env)?;
                self.delete_attribute(&object, name)
            }
            ExprKind::Subscript { value, index } => {
                let object = self.eval(value, env)?;
                let index = self.eval(index, env)?;
                self.delete_item(&object, &index)
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) => {
                targets.iter().try_for_each(|target| self.delete(target, env))
            }
            _ => Err(raise("SyntaxError", "cannot delete this expression")),
        };
        place(result, target.span)
    }
}
