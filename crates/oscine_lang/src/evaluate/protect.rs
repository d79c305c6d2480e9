//! `try` and `with`.

use super::Interpreter;
use super::environment::Env;
use super::exceptions::raise;
use super::statements::{Flow, place};
use super::types::{class, class_of, type_name};
use super::value::{Raised, Result, Value};
use crate::syntax::ast::{Expr, Handler, Stmt};

impl Interpreter<'_> {
    pub(crate) fn run_try(
        &mut self,
        body: &[Stmt],
        handlers: &[Handler],
        orelse: &[Stmt],
        finally: &[Stmt],
        env: &Env,
    ) -> Result<Flow> {
        let outcome = match self.run_body(body, env) {
            Ok(Flow::Next) => self.run_body(orelse, env),
            Err(raised) => self.handle(raised, handlers, env),
            leaving => leaving,
        };
        if finally.is_empty() {
            return outcome;
        }
        // What `finally` itself does to leave comes before what was under way.
        match self.run_body(finally, env)? {
            Flow::Next => outcome,
            leaving => Ok(leaving),
        }
    }

    fn handle(&mut self, raised: Box<Raised>, handlers: &[Handler], env: &Env) -> Result<Flow> {
        let Some(handler) = self.handler_for(&raised, handlers, env)? else { return Err(raised) };
        self.begin_handling(&raised, handler, env);
        let outcome = self.run_body(&handler.body, env);
        self.end_handling(handler, env);
        outcome
    }

    /// Makes an exception the one that a bare `raise` means, and binds its name.
    pub(crate) fn begin_handling(&mut self, raised: &Raised, handler: &Handler, env: &Env) {
        if let Some(name) = &handler.name {
            env.set(name, raised.exception.clone());
        }
        self.handled.push(raised.clone());
    }

    /// The contrary.
    pub(crate) fn end_handling(&mut self, handler: &Handler, env: &Env) {
        self.handled.pop();
        if let Some(name) = &handler.name {
            // A handler may have deleted the name itself.
            let _ = env.delete(name);
        }
    }

    /// The first clause that catches an exception.
    pub(crate) fn handler_for<'h>(
        &mut self,
        raised: &Raised,
        handlers: &'h [Handler],
        env: &Env,
    ) -> Result<Option<&'h Handler>> {
        if raised.is_final() {
            return Ok(None);
        }
        for handler in handlers {
            let Some(expression) = &handler.exception else { return Ok(Some(handler)) };
            let wanted = self.eval(expression, env)?;
            if place(catches(&wanted, &raised.exception), expression.span)? {
                return Ok(Some(handler));
            }
        }
        Ok(None)
    }

    pub(crate) fn run_with(&mut self, items: &[(Expr, Option<Expr>)], body: &[Stmt], env: &Env) -> Result<Flow> {
        let Some(((manager, target), rest)) = items.split_first() else { return self.run_body(body, env) };
        let (entered, exit) = self.enter(manager, env)?;
        let outcome = match target {
            Some(target) => self.assign(target, entered, env),
            None => Ok(()),
        };
        let outcome = outcome.and_then(|()| self.run_with(rest, body, env));
        self.leave(&exit, outcome)
    }

    /// Enters a context manager: what `as` binds, and its bound `__exit__`.
    pub(crate) fn enter(&mut self, expression: &Expr, env: &Env) -> Result<(Value, Value)> {
        let manager = self.eval(expression, env)?;
        let (Some(enter), Some(exit)) = (self.special(&manager, "__enter__")?, self.special(&manager, "__exit__")?)
        else {
            let name = type_name(&manager);
            let words = format!("'{name}' object does not support the context manager protocol");
            return place(Err(raise("TypeError", words)), expression.span);
        };
        Ok((place(self.call_with(&enter, vec![]), expression.span)?, exit))
    }

    /// Leaves a context manager, which may swallow an exception.
    pub(crate) fn leave(&mut self, exit: &Value, outcome: Result<Flow>) -> Result<Flow> {
        let raised = match outcome {
            Ok(flow) => {
                self.call_with(exit, vec![Value::None, Value::None, Value::None])?;
                return Ok(flow);
            }
            Err(raised) => raised,
        };
        let exception = raised.exception.clone();
        self.handled.push((*raised).clone());
        let swallowed = self.call_with(exit, vec![Value::Class(class_of(&exception)), exception, Value::None]);
        self.handled.pop();
        let swallowed = swallowed?;
        if !raised.is_final() && self.truth(&swallowed)? { Ok(Flow::Next) } else { Err(raised) }
    }
}

/// Whether an `except` clause that names `wanted` catches an exception.
fn catches(wanted: &Value, exception: &Value) -> Result<bool> {
    match wanted {
        Value::Class(wanted) if wanted.derives_from(&class("BaseException")) => {
            Ok(class_of(exception).derives_from(wanted))
        }
        Value::Tuple(all) => {
            for wanted in all.iter() {
                if catches(wanted, exception)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(raise("TypeError", "catching classes that do not inherit from BaseException is not allowed")),
    }
}
