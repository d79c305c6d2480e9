//! Generators: a walk of the tree that can stop at a `yield` and be taken up again.
//!
//! A statement that contains a `yield` is run by the functions here, all others by the ordinary ones. When a `yield` is
//! reached, each statement around it leaves a [`Level`] that says how to get back into it (which statement of a body,
//! which branch, the iterator of a loop), innermost first. To resume, the same statements are walked again from the
//! outside in, and each takes its level instead of beginning anew.

use std::rc::Rc;

use super::Interpreter;
use super::environment::Env;
use super::exceptions::{raise, raise_with};
use super::iterate::Iter;
use super::statements::{Flow, place};
use super::value::{Function, Raised, Result, Value};
use crate::syntax::ast::{Expr, ExprKind, Handler, Stmt, StmtKind};
use crate::syntax::children;

/// A call of a generator function.
#[derive(Debug)]
pub(crate) struct Generator {
    function: Rc<Function>,
    env: Env,
    levels: Vec<Level>,
    has_begun: bool,
    is_over: bool,
    /// What the body returned.
    pub(crate) returned: Value,
    /// An exception to raise at the `yield` where the generator stands.
    pub(crate) thrown: Option<Box<Raised>>,
}

/// How to get back into one statement.
#[derive(Debug)]
enum Level {
    /// The index of the statement in its body.
    Body(usize),
    /// Whether it is the first branch of an `if`.
    If(bool),
    /// Inside the body of a `while`; or, false, in its `else`.
    While(bool),
    /// Inside the body of a `for`, with its iterator; none in its `else`.
    For(Option<Iter>),
    /// A part of a `try`.
    Try(TryPart),
    /// A `with`, with the bound `__exit__` of its item.
    With(Value),
    /// At a `yield`.
    Yield,
    /// In a `yield from`.
    From(Iter),
}

#[derive(Debug)]
enum TryPart {
    Body,
    Handler(usize, Box<Raised>),
    Else,
    Finally(Option<Result<Flow>>),
}

/// How a statement of a generator ends.
enum Stop {
    Flow(Flow),
    Yield(Value),
}

impl Generator {
    pub(crate) fn new(function: &Rc<Function>, env: Env) -> Self {
        Self {
            function: function.clone(),
            env,
            levels: vec![],
            has_begun: false,
            is_over: false,
            returned: Value::None,
            thrown: None,
        }
    }

    /// Whether it has not run yet.
    pub(crate) fn is_fresh(&self) -> bool {
        !self.has_begun
    }
}

/// What a walk needs besides the tree.
struct Walk<'g> {
    env: &'g Env,
    levels: &'g mut Vec<Level>,
    sent: Value,
    thrown: Option<Box<Raised>>,
}

impl Interpreter<'_> {
    /// Runs a generator up to its next `yield`, whose value in the generator is `sent`.
    pub(crate) fn resume(&mut self, generator: &mut Generator, sent: Value) -> Result<Option<Value>> {
        if generator.is_over {
            return Ok(None);
        }
        if !generator.has_begun {
            generator.has_begun = true;
            if let Some(thrown) = generator.thrown.take() {
                generator.is_over = true;
                return Err(thrown);
            }
        }
        self.limits.enter()?;
        let function = generator.function.clone();
        let mut walk =
            Walk { env: &generator.env, levels: &mut generator.levels, sent, thrown: generator.thrown.take() };
        let result = self.walk_body(&function.def.body, &mut walk);
        self.limits.leave();
        match result {
            Ok(Stop::Yield(value)) => return Ok(Some(value)),
            Ok(Stop::Flow(Flow::Return(value))) => generator.returned = value,
            Ok(Stop::Flow(_)) => {}
            Err(mut raised) => {
                generator.is_over = true;
                raised.is_unplaced = true;
                if raised.is("StopIteration") {
                    return Err(raise("RuntimeError", "generator raised StopIteration"));
                }
                return Err(raised);
            }
        }
        generator.is_over = true;
        Ok(None)
    }

    fn walk_body(&mut self, body: &[Stmt], walk: &mut Walk) -> Result<Stop> {
        let start = match walk.levels.pop() {
            Some(Level::Body(index)) => index,
            other => {
                walk.levels.extend(other);
                0
            }
        };
        for (index, statement) in body.iter().enumerate().skip(start) {
            let stop = if self.has_yield(statement) {
                let result = self.walk(statement, walk);
                place(result, statement.span)?
            } else {
                Stop::Flow(self.run(statement, walk.env)?)
            };
            match stop {
                Stop::Flow(Flow::Next) => {}
                Stop::Flow(leaving) => return Ok(Stop::Flow(leaving)),
                Stop::Yield(value) => {
                    walk.levels.push(Level::Body(index));
                    return Ok(Stop::Yield(value));
                }
            }
        }
        Ok(Stop::Flow(Flow::Next))
    }

    fn walk(&mut self, statement: &Stmt, walk: &mut Walk) -> Result<Stop> {
        let env = walk.env;
        match &statement.kind {
            StmtKind::Expr(value) => match self.walk_value(value, walk)? {
                Walked::Value(_) => {}
                Walked::Yield(value) => return Ok(Stop::Yield(value)),
            },
            StmtKind::Assign { targets, value } => match self.walk_value(value, walk)? {
                Walked::Value(value) => {
                    for target in targets {
                        self.assign(target, value.clone(), env)?;
                    }
                }
                Walked::Yield(value) => return Ok(Stop::Yield(value)),
            },
            StmtKind::AnnAssign { target, value: Some(value), .. } => match self.walk_value(value, walk)? {
                Walked::Value(value) => self.assign(target, value, env)?,
                Walked::Yield(value) => return Ok(Stop::Yield(value)),
            },
            StmtKind::Return(Some(value)) => match self.walk_value(value, walk)? {
                Walked::Value(value) => return Ok(Stop::Flow(Flow::Return(value))),
                Walked::Yield(value) => return Ok(Stop::Yield(value)),
            },
            StmtKind::If { test, body, orelse } => {
                let first = match walk.levels.pop() {
                    Some(Level::If(first)) => first,
                    other => {
                        walk.levels.extend(other);
                        self.test(test, env)?
                    }
                };
                let stop = self.walk_body(if first { body } else { orelse }, walk)?;
                if matches!(stop, Stop::Yield(_)) {
                    walk.levels.push(Level::If(first));
                }
                return Ok(stop);
            }
            StmtKind::While { test, body, orelse } => return self.walk_while(test, body, orelse, walk),
            StmtKind::For { target, iter, body, orelse } => return self.walk_for(target, iter, body, orelse, walk),
            StmtKind::Try { body, handlers, orelse, finally } => {
                return self.walk_try(body, handlers, orelse, finally, walk);
            }
            StmtKind::With { items, body } => return self.walk_with(items, body, walk),
            _ => return self.run(statement, env).map(Stop::Flow),
        }
        Ok(Stop::Flow(Flow::Next))
    }

    /// The value of an expression that may itself be a `yield`.
    fn walk_value(&mut self, value: &Expr, walk: &mut Walk) -> Result<Walked> {
        match &*value.kind {
            ExprKind::Yield(given) => {
                if matches!(walk.levels.last(), Some(Level::Yield)) {
                    walk.levels.pop();
                    return match walk.thrown.take() {
                        Some(mut raised) => {
                            raised.is_unplaced = true;
                            place(Err(raised), value.span)
                        }
                        None => Ok(Walked::Value(std::mem::replace(&mut walk.sent, Value::None))),
                    };
                }
                let given = given.as_ref().map_or(Ok(Value::None), |given| self.eval(given, walk.env))?;
                walk.levels.push(Level::Yield);
                Ok(Walked::Yield(given))
            }
            ExprKind::YieldFrom(source) => {
                let mut iter = match walk.levels.pop() {
                    Some(Level::From(iter)) => iter,
                    other => {
                        walk.levels.extend(other);
                        let source = self.eval(source, walk.env)?;
                        self.iterate(&source)?
                    }
                };
                if let Some(thrown) = walk.thrown.take() {
                    return Err(thrown);
                }
                if let Some(value) = self.advance(&mut iter)? {
                    walk.levels.push(Level::From(iter));
                    return Ok(Walked::Yield(value));
                }
                Ok(Walked::Value(returned_by(&iter)))
            }
            _ => self.eval(value, walk.env).map(Walked::Value),
        }
    }

    fn walk_while(&mut self, test: &Expr, body: &[Stmt], orelse: &[Stmt], walk: &mut Walk) -> Result<Stop> {
        let mut inside = match walk.levels.pop() {
            Some(Level::While(inside)) => Some(inside),
            other => {
                walk.levels.extend(other);
                None
            }
        };
        while inside == Some(true) || inside.is_none() && self.test(test, walk.env)? {
            inside = None;
            self.limits.step()?;
            match self.walk_body(body, walk)? {
                Stop::Flow(Flow::Next | Flow::Continue) => {}
                Stop::Flow(Flow::Break) => return Ok(Stop::Flow(Flow::Next)),
                Stop::Yield(value) => {
                    walk.levels.push(Level::While(true));
                    return Ok(Stop::Yield(value));
                }
                leaving @ Stop::Flow(Flow::Return(_)) => return Ok(leaving),
            }
        }
        let stop = self.walk_body(orelse, walk)?;
        if matches!(stop, Stop::Yield(_)) {
            walk.levels.push(Level::While(false));
        }
        Ok(stop)
    }

    fn walk_for(
        &mut self,
        target: &Expr,
        iter: &Expr,
        body: &[Stmt],
        orelse: &[Stmt],
        walk: &mut Walk,
    ) -> Result<Stop> {
        let (mut resumed, values) = match walk.levels.pop() {
            Some(Level::For(values)) => (true, values),
            other => {
                walk.levels.extend(other);
                let values = self.eval(iter, walk.env)?;
                (false, Some(place(self.iterate(&values), iter.span)?))
            }
        };
        if let Some(mut values) = values {
            loop {
                if !std::mem::take(&mut resumed) {
                    let Some(value) = place(self.advance(&mut values), iter.span)? else { break };
                    self.limits.step()?;
                    self.assign(target, value, walk.env)?;
                }
                match self.walk_body(body, walk)? {
                    Stop::Flow(Flow::Next | Flow::Continue) => {}
                    Stop::Flow(Flow::Break) => return Ok(Stop::Flow(Flow::Next)),
                    Stop::Yield(value) => {
                        walk.levels.push(Level::For(Some(values)));
                        return Ok(Stop::Yield(value));
                    }
                    leaving @ Stop::Flow(Flow::Return(_)) => return Ok(leaving),
                }
            }
        }
        let stop = self.walk_body(orelse, walk)?;
        if matches!(stop, Stop::Yield(_)) {
            walk.levels.push(Level::For(None));
        }
        Ok(stop)
    }

    fn walk_try(
        &mut self,
        body: &[Stmt],
        handlers: &[Handler],
        orelse: &[Stmt],
        finally: &[Stmt],
        walk: &mut Walk,
    ) -> Result<Stop> {
        let mut part = match walk.levels.pop() {
            Some(Level::Try(part)) => part,
            other => {
                walk.levels.extend(other);
                TryPart::Body
            }
        };
        loop {
            let outcome = match part {
                TryPart::Body => match self.walk_body(body, walk) {
                    Ok(Stop::Flow(Flow::Next)) => {
                        part = TryPart::Else;
                        continue;
                    }
                    Ok(Stop::Yield(value)) => {
                        walk.levels.push(Level::Try(TryPart::Body));
                        return Ok(Stop::Yield(value));
                    }
                    Ok(Stop::Flow(leaving)) => Ok(leaving),
                    Err(raised) => {
                        let found = self.handler_for(&raised, handlers, walk.env);
                        match found {
                            Ok(Some(handler)) => {
                                let index = handlers.iter().position(|h| std::ptr::eq(h, handler)).unwrap_or(0);
                                part = TryPart::Handler(index, raised);
                                continue;
                            }
                            Ok(None) => Err(raised),
                            Err(raised) => Err(raised),
                        }
                    }
                },
                TryPart::Else => match self.walk_body(orelse, walk) {
                    Ok(Stop::Yield(value)) => {
                        walk.levels.push(Level::Try(TryPart::Else));
                        return Ok(Stop::Yield(value));
                    }
                    Ok(Stop::Flow(flow)) => Ok(flow),
                    Err(raised) => Err(raised),
                },
                TryPart::Handler(index, raised) => {
                    let handler = &handlers[index];
                    if walk.levels.is_empty() {
                        self.begin_handling(&raised, handler, walk.env);
                    } else {
                        self.handled.push((*raised).clone());
                    }
                    match self.walk_body(&handler.body, walk) {
                        Ok(Stop::Yield(value)) => {
                            self.handled.pop();
                            walk.levels.push(Level::Try(TryPart::Handler(index, raised)));
                            return Ok(Stop::Yield(value));
                        }
                        outcome => {
                            self.end_handling(handler, walk.env);
                            outcome.map(|stop| match stop {
                                Stop::Flow(flow) => flow,
                                Stop::Yield(_) => Flow::Next,
                            })
                        }
                    }
                }
                TryPart::Finally(outcome) => outcome.unwrap_or(Ok(Flow::Next)),
            };
            return match self.walk_body(finally, walk)? {
                Stop::Yield(value) => {
                    walk.levels.push(Level::Try(TryPart::Finally(Some(outcome))));
                    Ok(Stop::Yield(value))
                }
                Stop::Flow(Flow::Next) => outcome.map(Stop::Flow),
                leaving @ Stop::Flow(_) => Ok(leaving),
            };
        }
    }

    fn walk_with(&mut self, items: &[(Expr, Option<Expr>)], body: &[Stmt], walk: &mut Walk) -> Result<Stop> {
        let Some(((manager, target), rest)) = items.split_first() else { return self.walk_body(body, walk) };
        let (exit, entered) = match walk.levels.pop() {
            Some(Level::With(exit)) => (exit, Ok(())),
            other => {
                walk.levels.extend(other);
                let (entered, exit) = self.enter(manager, walk.env)?;
                let bound = target.as_ref().map_or(Ok(()), |target| self.assign(target, entered, walk.env));
                (exit, bound)
            }
        };
        let outcome = match entered.and_then(|()| self.walk_with(rest, body, walk)) {
            Ok(Stop::Yield(value)) => {
                walk.levels.push(Level::With(exit));
                return Ok(Stop::Yield(value));
            }
            Ok(Stop::Flow(flow)) => Ok(flow),
            Err(raised) => Err(raised),
        };
        self.leave(&exit, outcome).map(Stop::Flow)
    }

    /// Whether a statement contains a `yield` of its own function.
    fn has_yield(&mut self, statement: &Stmt) -> bool {
        if let Some(&known) = self.yields.get(&statement.span) {
            return known;
        }
        let found = statement_yields(statement);
        self.yields.insert(statement.span, found);
        found
    }

    /// `generator.send(value)`, `next(generator)`.
    pub(crate) fn send(&mut self, generator: &mut Generator, value: Value) -> Result<Value> {
        if generator.is_fresh() && !matches!(value, Value::None) {
            return Err(raise("TypeError", "can't send non-None value to a just-started generator"));
        }
        if let Some(value) = self.resume(generator, value)? {
            Ok(value)
        } else {
            let returned = std::mem::replace(&mut generator.returned, Value::None);
            let arguments = if matches!(returned, Value::None) { vec![] } else { vec![returned] };
            Err(raise_with("StopIteration", arguments))
        }
    }
}

enum Walked {
    Value(Value),
    Yield(Value),
}

/// What the generator under an iterator returned.
fn returned_by(iter: &Iter) -> Value {
    match iter {
        Iter::Generator(generator) => generator.returned.clone(),
        Iter::Shared(shared) => shared.try_borrow().map_or(Value::None, |iter| returned_by(&iter)),
        _ => Value::None,
    }
}

fn expression_yields(expr: &Expr) -> bool {
    match &*expr.kind {
        ExprKind::Yield(_) | ExprKind::YieldFrom(_) => true,
        ExprKind::Lambda(_) => false,
        _ => children(expr).into_iter().any(expression_yields),
    }
}

fn statement_yields(statement: &Stmt) -> bool {
    let any = |body: &[Stmt]| body.iter().any(statement_yields);
    match &statement.kind {
        StmtKind::Assign { targets, value } => expression_yields(value) || targets.iter().any(expression_yields),
        StmtKind::Expr(value) | StmtKind::AugAssign { value, .. } => expression_yields(value),
        StmtKind::AnnAssign { value, .. } | StmtKind::Return(value) => value.as_ref().is_some_and(expression_yields),
        StmtKind::If { test, body, orelse } | StmtKind::While { test, body, orelse } => {
            expression_yields(test) || any(body) || any(orelse)
        }
        StmtKind::For { iter, body, orelse, .. } => expression_yields(iter) || any(body) || any(orelse),
        StmtKind::Try { body, handlers, orelse, finally } => {
            any(body) || any(orelse) || any(finally) || handlers.iter().any(|handler| any(&handler.body))
        }
        StmtKind::With { items, body } => any(body) || items.iter().any(|(manager, _)| expression_yields(manager)),
        _ => false,
    }
}
