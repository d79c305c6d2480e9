//! Statements.

use std::rc::Rc;

use super::Interpreter;
use super::cycles;
use super::environment::Env;
use super::exceptions::{raise, raise_with};
use super::value::{Function, Namespace, Raised, Result, Value};
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Stmt, StmtKind};

/// How a statement ends.
#[derive(Debug)]
pub(crate) enum Flow {
    /// The next one follows.
    Next,
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return`
    Return(Value),
}

/// Notes where an exception passed, unless the present call has been noted.
pub(crate) fn place<T>(result: Result<T>, span: Span) -> Result<T> {
    result.map_err(|mut raised| {
        if raised.is_unplaced {
            raised.traceback.push(span);
            raised.is_unplaced = false;
        }
        raised
    })
}

impl Interpreter<'_> {
    /// Runs statements until one of them leaves.
    pub(crate) fn run_body(&mut self, body: &[Stmt], env: &Env) -> Result<Flow> {
        for statement in body {
            match self.run(statement, env)? {
                Flow::Next => {}
                leaving => return Ok(leaving),
            }
        }
        Ok(Flow::Next)
    }

    /// Runs one statement.
    pub(crate) fn run(&mut self, statement: &Stmt, env: &Env) -> Result<Flow> {
        let result = self.run_kind(statement, env);
        place(result, statement.span)
    }

    fn run_kind(&mut self, statement: &Stmt, env: &Env) -> Result<Flow> {
        match &statement.kind {
            StmtKind::Expr(value) => {
                self.eval(value, env)?;
            }
            StmtKind::Assign { targets, value } => {
                let value = self.eval(value, env)?;
                for target in targets {
                    self.assign(target, value.clone(), env)?;
                }
            }
            StmtKind::AugAssign { target, op, value } => self.assign_augmented(target, *op, value, env)?,
            StmtKind::AnnAssign { target, annotation, value } => {
                if let Some(value) = value {
                    let value = self.eval(value, env)?;
                    self.assign(target, value, env)?;
                }
                self.note_annotation(target, annotation, env);
            }
            StmtKind::Return(value) => {
                return Ok(Flow::Return(value.as_ref().map_or(Ok(Value::None), |value| self.eval(value, env))?));
            }
            StmtKind::If { test, body, orelse } => {
                let body = if self.test(test, env)? { body } else { orelse };
                return self.run_body(body, env);
            }
            StmtKind::While { test, body, orelse } => {
                while self.test(test, env)? {
                    place(self.limits.step(), statement.span)?;
                    match self.run_body(body, env)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => return Ok(Flow::Next),
                        leaving @ Flow::Return(_) => return Ok(leaving),
                    }
                }
                return self.run_body(orelse, env);
            }
            StmtKind::For { target, iter, body, orelse } => {
                let values = self.eval(iter, env)?;
                let mut values = place(self.iterate(&values), iter.span)?;
                while let Some(value) = place(self.advance(&mut values), iter.span)? {
                    self.limits.step()?;
                    self.assign(target, value, env)?;
                    match self.run_body(body, env)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => return Ok(Flow::Next),
                        leaving @ Flow::Return(_) => return Ok(leaving),
                    }
                }
                return self.run_body(orelse, env);
            }
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::Pass | StmtKind::Global(_) | StmtKind::Nonlocal(_) => {}
            StmtKind::Function(def) => {
                let function = self.make_function(def, env)?;
                let value = self.decorate(function, &def.decorators, env)?;
                env.set(&def.name, value);
            }
            StmtKind::Class(def) => {
                let class = self.make_class(def, env)?;
                let value = self.decorate(class, &def.decorators, env)?;
                env.set(&def.name, value);
            }
            StmtKind::Import(names) => self.import_names(names, env)?,
            StmtKind::ImportFrom { module, names, level } => {
                self.import_from(module.as_deref(), names, *level, env)?;
            }
            StmtKind::Raise { exception, cause } => {
                return Err(self.raised_by(exception.as_ref(), cause.as_ref(), env)?);
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                return self.run_try(body, handlers, orelse, finally, env);
            }
            StmtKind::With { items, body } => return self.run_with(items, body, env),
            StmtKind::Assert { test, message } => {
                if !self.test(test, env)? {
                    let words = message.as_ref().map(|message| self.eval(message, env)).transpose()?;
                    return Err(raise_with("AssertionError", words.into_iter().collect()));
                }
            }
            StmtKind::Delete(targets) => {
                for target in targets {
                    self.delete(target, env)?;
                }
            }
        }
        Ok(Flow::Next)
    }

    /// Whether an expression is true.
    pub(crate) fn test(&mut self, test: &Expr, env: &Env) -> Result<bool> {
        let value = self.eval(test, env)?;
        place(self.truth(&value), test.span)
    }

    /// The function that a `def` or `lambda` makes here.
    pub(crate) fn make_function(&mut self, def: &Rc<ast::Function>, env: &Env) -> Result<Value> {
        let mut defaults = vec![];
        for param in &def.params.positional {
            if let Some(default) = &param.default {
                defaults.push(self.eval(default, env)?);
            }
        }
        let mut keyword_defaults = vec![];
        for param in &def.params.keyword_only {
            if let Some(default) = &param.default {
                keyword_defaults.push((param.name.clone(), self.eval(default, env)?));
            }
        }
        let function = Rc::new(Function {
            def: def.clone(),
            qualified_name: env.qualify(&def.name),
            module: env.module.clone(),
            closure: env.frame.clone().inspect(cycles::note_frame),
            defaults,
            keyword_defaults,
            owner: std::cell::RefCell::default(),
            attributes: Namespace::default(),
        });
        if let Some(class) = &env.class {
            class.functions.borrow_mut().push(function.clone());
        }
        Ok(Value::Function(function))
    }

    fn decorate(&mut self, value: Value, decorators: &[Expr], env: &Env) -> Result<Value> {
        let mut functions = vec![];
        for decorator in decorators {
            functions.push((self.eval(decorator, env)?, decorator.span));
        }
        let mut value = value;
        for (function, span) in functions.into_iter().rev() {
            value = place(self.call_with(&function, vec![value]), span)?;
        }
        Ok(value)
    }

    /// Members of a class keep the names of their annotations, which dataclasses read.
    fn note_annotation(&mut self, target: &Expr, annotation: &Expr, env: &Env) {
        let (ExprKind::Name(name), Some(class)) = (&*target.kind, &env.class) else { return };
        let annotations = if let Some(Value::Dict(annotations)) = class.members.get("__annotations__") {
            annotations
        } else {
            let annotations = Rc::new(super::value::Dict::new(super::value::Items::default()));
            class.members.set(super::value::Name::from("__annotations__"), Value::Dict(annotations.clone()));
            annotations
        };
        let words = Value::Str(super::value::Name::from(self.sources.text(annotation.span)));
        let key = super::value::Key::Str(name.clone());
        annotations.items.borrow_mut().insert(key, (Value::Str(name.clone()), words));
    }

    /// The exception that a `raise` statement sends up.
    fn raised_by(&mut self, exception: Option<&Expr>, cause: Option<&Expr>, env: &Env) -> Result<Box<Raised>> {
        let Some(expression) = exception else {
            let Some(raised) = self.handled.last() else {
                return Err(raise("RuntimeError", "No active exception to reraise"));
            };
            return Ok(Box::new(raised.clone()));
        };
        let exception = self.eval(expression, env)?;
        let exception = self.exception_of(&exception, "exceptions must derive from BaseException")?;
        if let Some(cause) = cause {
            let cause = self.eval(cause, env)?;
            if !matches!(cause, Value::None) {
                let cause = self.exception_of(&cause, "exception causes must derive from BaseException")?;
                self.set_attribute(&exception, "__cause__", cause)?;
            }
        }
        // An exception that is raised again keeps the places it passed before.
        let again = self.handled.iter().rev().find(|raised| super::compare::is(&raised.exception, &exception));
        let traceback = again.map_or(vec![], |raised| raised.traceback.clone());
        let is_unplaced = traceback.is_empty();
        Ok(Box::new(Raised { exception, traceback, is_unplaced }))
    }

    /// An exception, or one made of an exception class.
    pub(crate) fn exception_of(&mut self, value: &Value, otherwise: &str) -> Result<Value> {
        let base = super::types::class("BaseException");
        let exception = match value {
            Value::Class(class) if class.derives_from(&base) => self.call_with(value, vec![])?,
            _ => value.clone(),
        };
        if super::types::class_of(&exception).derives_from(&base) {
            Ok(exception)
        } else {
            Err(raise("TypeError", otherwise))
        }
    }
}
