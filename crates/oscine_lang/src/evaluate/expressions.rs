//! Expressions.

use std::rc::Rc;

use super::Interpreter;
use super::comprehensions::{Comprehending, Elements};
use super::environment::Env;
use super::exceptions::raise;
use super::iterate::Iter;
use super::statements::place;
use super::types::type_name;
use super::value::{Args, List, Name, Result, Value};
use crate::syntax::ast::{Arg, Expr, ExprKind, FPart, Keyword, UnaryOp};

impl Interpreter<'_> {
    /// The value of an expression.
    pub(crate) fn eval(&mut self, expr: &Expr, env: &Env) -> Result<Value> {
        let result = self.eval_kind(expr, env);
        place(result, expr.span)
    }

    fn eval_kind(&mut self, expr: &Expr, env: &Env) -> Result<Value> {
        Ok(match &*expr.kind {
            ExprKind::None => Value::None,
            ExprKind::Bool(value) => Value::Bool(*value),
            ExprKind::Int(value) => Value::Int(*value),
            ExprKind::Float(value) => Value::Float(*value),
            ExprKind::Imaginary(value) => Value::Complex(0.0, *value),
            ExprKind::Str(text) => Value::Str(text.clone()),
            ExprKind::Ellipsis => Value::Ellipsis,
            ExprKind::Name(name) => env.get(name)?,
            _ => {
                self.limits.check_stack()?;
                self.eval_compound(expr, env)?
            }
        })
    }

    fn eval_compound(&mut self, expr: &Expr, env: &Env) -> Result<Value> {
        Ok(match &*expr.kind {
            ExprKind::FString(parts) => Value::Str(Name::from(self.join_parts(parts, env)?)),
            ExprKind::Attribute { value, name, .. } => {
                let value = self.eval(value, env)?;
                self.get_attribute(&value, name)?
            }
            ExprKind::Subscript { value, index } => {
                let value = self.eval(value, env)?;
                let index = self.eval(index, env)?;
                self.get_item(&value, &index)?
            }
            ExprKind::Slice { lower, upper, step } => {
                let mut part = |part: &Option<Expr>| part.as_ref().map_or(Ok(Value::None), |part| self.eval(part, env));
                Value::Slice(Rc::new([part(lower)?, part(upper)?, part(step)?]))
            }
            ExprKind::Call { callee, args, keywords } => self.eval_call(expr, callee, args, keywords, env)?,
            ExprKind::Unary { op: UnaryOp::Not, operand } => Value::Bool(!self.test(operand, env)?),
            ExprKind::Unary { op, operand } => {
                let operand = self.eval(operand, env)?;
                self.unary(*op, &operand)?
            }
            ExprKind::Binary { op, left, right } => {
                let left = self.eval(left, env)?;
                let right = self.eval(right, env)?;
                self.binary(*op, &left, &right)?
            }
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                let goes_on = matches!(&*expr.kind, ExprKind::And(_));
                let mut value = Value::None;
                for (index, operand) in operands.iter().enumerate() {
                    value = self.eval(operand, env)?;
                    if index + 1 < operands.len() && place(self.truth(&value), operand.span)? != goes_on {
                        break;
                    }
                }
                value
            }
            ExprKind::Compare { first, rest } => {
                let mut left = self.eval(first, env)?;
                let mut result = Value::Bool(true);
                for (index, (op, right)) in rest.iter().enumerate() {
                    let right = self.eval(right, env)?;
                    result = self.compare(*op, &left, &right)?;
                    if index + 1 < rest.len() && !self.truth(&result)? {
                        break;
                    }
                    left = right;
                }
                result
            }
            ExprKind::Conditional { test, body, orelse } => {
                let chosen = if self.test(test, env)? { body } else { orelse };
                self.eval(chosen, env)?
            }
            ExprKind::Tuple(items) => Value::Tuple(Rc::new(self.eval_items(items, env)?)),
            ExprKind::List(items) => Value::List(Rc::new(List(self.eval_items(items, env)?.into()))),
            ExprKind::Set(items) => {
                let items = self.eval_items(items, env)?;
                self.make_set(items, false)?
            }
            ExprKind::Dict(items) => {
                let dict = Rc::new(super::value::Dict::new(super::value::Items::default()));
                for (key, value) in items {
                    if let Some(key) = key {
                        let key = self.eval(key, env)?;
                        let value = self.eval(value, env)?;
                        self.dict_set(&dict, &key, value)?;
                    } else {
                        let mapping = self.eval(value, env)?;
                        let pairs = self.mapping_items(&mapping)?.ok_or_else(|| {
                            raise("TypeError", format!("'{}' object is not a mapping", type_name(&mapping)))
                        })?;
                        for (key, value) in pairs {
                            self.dict_set(&dict, &key, value)?;
                        }
                    }
                }
                Value::Dict(dict)
            }
            ExprKind::ListComp { element, clauses } => {
                let mut under_way = self.comprehend(clauses, env)?;
                let mut items = vec![];
                while self.next_match(&mut under_way, clauses)? {
                    items.push(self.eval(element, &under_way.env)?);
                }
                Value::List(Rc::new(List(items.into())))
            }
            ExprKind::SetComp { element, clauses } => {
                let mut under_way = self.comprehend(clauses, env)?;
                let mut items = vec![];
                while self.next_match(&mut under_way, clauses)? {
                    items.push(self.eval(element, &under_way.env)?);
                }
                self.make_set(items, false)?
            }
            ExprKind::DictComp { key, value, clauses } => {
                let mut under_way = self.comprehend(clauses, env)?;
                let dict = Rc::new(super::value::Dict::new(super::value::Items::default()));
                while self.next_match(&mut under_way, clauses)? {
                    let key = self.eval(key, &under_way.env)?;
                    let value = self.eval(value, &under_way.env)?;
                    self.dict_set(&dict, &key, value)?;
                }
                Value::Dict(dict)
            }
            ExprKind::GeneratorExp { element, clauses } => {
                let elements =
                    self.elements.entry(expr.span).or_insert_with(|| Elements::new(element, clauses)).clone();
                let under_way: Comprehending = self.comprehend(clauses, env)?;
                Iter::Comprehension(elements, Box::new(under_way)).into_value()
            }
            ExprKind::Lambda(def) => self.make_function(def, env)?,
            ExprKind::Walrus { target, value } => {
                let value = self.eval(value, env)?;
                env.set_by_walrus(target, value.clone());
                value
            }
            ExprKind::Yield(_) | ExprKind::YieldFrom(_) => {
                let words =
                    "oscine runs a `yield` that stands alone or whose value is assigned, not one inside an expression";
                return Err(raise("NotImplementedError", words));
            }
            // The syntax admits it in displays, calls and targets only, which look for it themselves.
            ExprKind::Starred(value) => return self.eval(value, env),
            _ => return Err(raise("SystemError", "an expression without a meaning")),
        })
    }

    /// The elements of a display, starred ones spread.
    fn eval_items(&mut self, items: &[Expr], env: &Env) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            if let ExprKind::Starred(inner) = &*item.kind {
                let inner = self.eval(inner, env)?;
                let spread = self.list_of(&inner).map_err(|raised| {
                    if raised.is("TypeError") && raised.is_unplaced {
                        raise("TypeError", format!("Value after * must be an iterable, not {}", type_name(&inner)))
                    } else {
                        raised
                    }
                });
                values.extend(place(spread, item.span)?);
            } else {
                values.push(self.eval(item, env)?);
            }
        }
        Ok(values)
    }

    fn eval_call(
        &mut self,
        call: &Expr,
        callee: &Expr,
        args: &[Arg],
        keywords: &[Keyword],
        env: &Env,
    ) -> Result<Value> {
        let function = self.eval(callee, env)?;
        // `super()` without arguments means the method that it stands in.
        if args.is_empty() && matches!(&function, Value::Class(class) if &*class.name == "super" && !class.is_user) {
            return Self::make_super(env);
        }
        let mut positional = Vec::with_capacity(args.len());
        for arg in args {
            let value = self.eval(&arg.value, env)?;
            if arg.starred {
                if !self.is_iterable(&value)? {
                    let words = format!("argument after * must be an iterable, not {}", type_name(&value));
                    return Err(raise("TypeError", format!("{} {words}", Self::callee_name(&function))));
                }
                positional.extend(self.list_of(&value)?);
            } else {
                positional.push(value);
            }
        }
        let mut named = Vec::with_capacity(keywords.len());
        for keyword in keywords {
            let value = self.eval(&keyword.value, env)?;
            if let Some(name) = &keyword.name {
                named.push((name.clone(), value));
                continue;
            }
            let Some(items) = self.mapping_items(&value)? else {
                let words = format!("argument after ** must be a mapping, not {}", type_name(&value));
                return Err(raise("TypeError", format!("{} {words}", Self::callee_name(&function))));
            };
            for (key, value) in items {
                let Value::Str(name) = key else { return Err(raise("TypeError", "keywords must be strings")) };
                if named.iter().any(|(given, _)| *given == name) {
                    let words = format!("got multiple values for keyword argument '{name}'");
                    return Err(raise("TypeError", format!("{} {words}", Self::callee_name(&function))));
                }
                named.push((name, value));
            }
        }
        self.call(&function, Args { positional, keywords: named, span: call.span })
    }

    /// The text of an f-string.
    fn join_parts(&mut self, parts: &[FPart], env: &Env) -> Result<String> {
        let mut text = String::new();
        for part in parts {
            match part {
                FPart::Text(words) => text.push_str(words),
                FPart::Value { value, conversion, format, debug } => {
                    text.push_str(debug.as_deref().unwrap_or(""));
                    let span = value.span;
                    let value = self.eval(value, env)?;
                    let value = match conversion {
                        Some('r' | 'a') => Value::Str(Name::from(place(self.repr(&value), span)?)),
                        Some(_) => Value::Str(Name::from(place(self.str(&value), span)?)),
                        None => value,
                    };
                    let spec = self.join_parts(format, env)?;
                    text.push_str(&self.format(&value, &spec)?);
                }
            }
        }
        Ok(text)
    }
}
