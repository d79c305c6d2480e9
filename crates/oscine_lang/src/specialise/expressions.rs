//! Expressions.

use std::rc::Rc;

use crate::diagnostics::errors;
use crate::evaluate::value::{Name, Value};
use crate::ir::{BoolBinary, Operand};
use crate::syntax::ast::{CmpOp, Expr, ExprKind, FPart, UnaryOp};

use super::kind::{Flavour, Kind, Lazy, Val, join};
use super::{Told, Walk, Walker};

impl Walker<'_> {
    pub(crate) fn expr(&mut self, expr: &Expr) -> Walk<Val> {
        if !self.is_alive {
            return Err(Told);
        }
        let mark = self.emit.pending_mark();
        let value = self.at(expr.span, |walker| walker.expr_here(expr));
        self.emit.settle(mark, value.as_ref().ok());
        let value = value?;
        if !self.is_alive {
            return Err(Told);
        }
        if let Kind::Clash(kinds) = &value.kind {
            let (a, b) = super::kind::told_apart(&kinds.0, &kinds.1);
            let text = self.loaded.sources.text(expr.span).to_owned();
            return self.refuse(errors::two_types(expr.span, &text, &a, &b));
        }
        Ok(value)
    }

    fn expr_here(&mut self, expr: &Expr) -> Walk<Val> {
        match &*expr.kind {
            ExprKind::None => Ok(Val::none()),
            ExprKind::Bool(value) => Ok(Val::bool(Operand::Bool(*value))),
            ExprKind::Int(value) => Ok(Val::int_const(*value)),
            ExprKind::Float(value) => Ok(Val::float(Operand::F64(*value))),
            ExprKind::Str(text) => Ok(Val::fixed(Value::Str(text.clone()))),
            ExprKind::Ellipsis => Ok(Val::fixed(Value::Ellipsis)),
            ExprKind::Imaginary(part) => Ok(Val::complex((Operand::F64(0.0), Operand::F64(*part)), false)),
            ExprKind::FString(parts) => self.f_string(parts),
            ExprKind::Name(name) => self.name(name, expr.span),
            ExprKind::Attribute { value, name, .. } => {
                let object = self.expr(value)?;
                self.attribute(&object, name)
            }
            ExprKind::Subscript { value, index } => {
                let object = self.expr(value)?;
                let index = self.expr(index)?;
                self.item(&object, &index)
            }
            ExprKind::Slice { lower, upper, step } => {
                let mut bounds = [None, None, None];
                for (bound, part) in bounds.iter_mut().zip([lower, upper, step]) {
                    if let Some(part) = part {
                        let value = self.expr(part)?;
                        *bound = (!value.is_none()).then_some(value);
                    }
                }
                Ok(Val::lazy(Lazy::Slice(bounds)))
            }
            ExprKind::Call { callee, args, keywords } => self.call_expr(callee, args, keywords, expr.span),
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let truth = self.condition(operand)?;
                Ok(Val::bool(self.emit.not(truth)))
            }
            ExprKind::Unary { op, operand } => {
                let operand = self.expr(operand)?;
                self.unary(*op, &operand)
            }
            ExprKind::Binary { op, left, right } => {
                let left = self.expr(left)?;
                let right = self.expr(right)?;
                self.binary(*op, &left, &right)
            }
            ExprKind::And(operands) => self.and_or(operands, true),
            ExprKind::Or(operands) => self.and_or(operands, false),
            ExprKind::Compare { first, rest } => {
                let first = self.expr(first)?;
                self.comparison_chain(&first, rest)
            }
            ExprKind::Conditional { test, body, orelse } => {
                let condition = self.condition(test)?;
                self.branch(
                    condition,
                    |walker| {
                        walker.narrow(test, true);
                        walker.expr(body)
                    },
                    |walker| {
                        walker.narrow(test, false);
                        walker.expr(orelse)
                    },
                )
            }
            ExprKind::Tuple(items) => {
                let items = self.display_items(items)?;
                Ok(Val::tuple(items))
            }
            ExprKind::List(items) => {
                let items = self.display_items(items)?;
                // What has no common kind cannot lie in one memory; it may still be gone through.
                let kind = items.iter().try_fold(Kind::Poison, |kind, item| join(&kind, &item.kind));
                if kind.is_some() { self.new_list(&items) } else { Ok(Val::tuple(items)) }
            }
            ExprKind::ListComp { element, clauses } => self.list_comprehension(element, clauses, expr.span),
            ExprKind::GeneratorExp { .. } => {
                let scope = self.scopes.present;
                Ok(self.lazily(Lazy::Generator(expr.clone(), scope)))
            }
            ExprKind::Lambda(def) => self.closure(def),
            ExprKind::Walrus { target, value } => {
                let value = self.expr(value)?;
                self.bind_walrus(target, value.clone(), expr.span)?;
                Ok(value)
            }
            ExprKind::Dict(_) | ExprKind::DictComp { .. } => {
                self.refuse(errors::allocates(expr.span, "making a dict", "make it at load time, outside `process`"))
            }
            ExprKind::Set(_) | ExprKind::SetComp { .. } => {
                self.refuse(errors::allocates(expr.span, "making a set", "make it at load time, outside `process`"))
            }
            ExprKind::Starred(_) => self.refuse(errors::not_in_process(expr.span, "`*` here")),
            ExprKind::Yield(_) | ExprKind::YieldFrom(_) => self.refuse(errors::not_in_process(expr.span, "`yield`")),
        }
    }

    /// `:=` in a comprehension binds in the function around it.
    fn bind_walrus(&mut self, target: &Name, value: Val, span: crate::source::Span) -> Walk<()> {
        let present = self.scopes.present;
        let mut scope = present;
        while self.scopes.list[scope].def.is_none() {
            let super::scope::Around::Scope(outer) = self.scopes.list[scope].around else { break };
            scope = outer;
        }
        self.scopes.present = scope;
        let bound = self.bind(target, value, span);
        self.scopes.present = present;
        bound
    }

    /// The elements of a display, stars taken apart.
    /// What a numpy function is given: to it a list that is written in place is as good as a tuple, whose items may
    /// differ in type and length and need no memory.
    pub(crate) fn array_operand(&mut self, expr: &Expr) -> Walk<Val> {
        let ExprKind::List(items) = &*expr.kind else { return self.expr(expr) };
        if items.iter().any(|item| matches!(*item.kind, ExprKind::Starred(_))) {
            return self.expr(expr);
        }
        Ok(Val::tuple(items.iter().map(|item| self.array_operand(item)).collect::<Walk<_>>()?))
    }

    fn display_items(&mut self, items: &[Expr]) -> Walk<Vec<Val>> {
        let mut values = vec![];
        for item in items {
            if let ExprKind::Starred(inner) = &*item.kind {
                let value = self.expr(inner)?;
                values.extend(self.at(item.span, |walker| walker.items_of(&value))?);
            } else {
                values.push(self.expr(item)?);
            }
        }
        Ok(values)
    }

    /// The truth of an expression, evaluated only as far as it takes.
    pub(crate) fn condition(&mut self, expr: &Expr) -> Walk<Operand> {
        // Of `and` and `or` only the truth is asked, whatever the kinds of their operands.
        match &*expr.kind {
            ExprKind::And(operands) => return self.and_or_truth(operands, true),
            ExprKind::Or(operands) => return self.and_or_truth(operands, false),
            _ => {}
        }
        let value = self.expr(expr)?;
        self.at(expr.span, |walker| walker.truth(&value))
    }

    /// `a and b`, `a or b`: the operand that decides.
    fn and_or(&mut self, operands: &[Expr], is_and: bool) -> Walk<Val> {
        let Some((first, rest)) = operands.split_first() else { return Ok(Val::none()) };
        let value = self.expr(first)?;
        if rest.is_empty() {
            return Ok(value);
        }
        let truth = self.at(first.span, |walker| walker.truth(&value))?;
        let kept = value.clone();
        let others = |walker: &mut Self| {
            walker.narrow(first, is_and);
            walker.and_or(rest, is_and)
        };
        if is_and { self.branch(truth, others, |_| Ok(kept)) } else { self.branch(truth, |_| Ok(kept), others) }
    }

    fn and_or_truth(&mut self, operands: &[Expr], is_and: bool) -> Walk<Operand> {
        let Some((first, rest)) = operands.split_first() else { return Ok(Operand::Bool(is_and)) };
        let truth = self.condition(first)?;
        if rest.is_empty() {
            return Ok(truth);
        }
        let decided = Val::bool(Operand::Bool(!is_and));
        let others = |walker: &mut Self| {
            walker.narrow(first, is_and);
            walker.and_or_truth(rest, is_and).map(Val::bool)
        };
        let result = if is_and {
            self.branch(truth, others, |_| Ok(decided))?
        } else {
            self.branch(truth, |_| Ok(decided), others)?
        };
        if result.is_poison() { Err(Told) } else { Ok(result.op()) }
    }

    /// Where a test came out so, the variables that it shows to be something are not `None`.
    pub(crate) fn narrow(&mut self, test: &Expr, outcome: bool) {
        match &*test.kind {
            ExprKind::Name(name) | ExprKind::Walrus { target: name, .. } if outcome => self.narrow_variable(name),
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.narrow(operand, !outcome),
            ExprKind::And(parts) if outcome => parts.iter().for_each(|part| self.narrow(part, outcome)),
            ExprKind::Or(parts) if !outcome => parts.iter().for_each(|part| self.narrow(part, outcome)),
            ExprKind::Compare { first, rest } => {
                let [(op, right)] = &rest[..] else { return };
                let is_something = match op {
                    CmpOp::Is | CmpOp::Eq => !outcome,
                    CmpOp::IsNot | CmpOp::Ne => outcome,
                    _ => return,
                };
                if is_something
                    && let (ExprKind::Name(name) | ExprKind::Walrus { target: name, .. }, ExprKind::None) =
                        (&*first.kind, &*right.kind)
                {
                    self.narrow_variable(name);
                }
            }
            _ => {}
        }
    }

    fn narrow_variable(&mut self, name: &Name) {
        if let super::scope::Place::Variable(scope) = self.place_of(name)
            && let Some(value) = self.scopes.get(scope, name)
            && let Kind::Optional(inner) = &value.kind
        {
            let inner = Val::new((**inner).clone(), value.ops[1..].to_vec());
            self.scopes.set(scope, name.clone(), inner);
        }
    }

    /// `a < b < c`: each operand once, and none after the first comparison that fails.
    fn comparison_chain(&mut self, left: &Val, rest: &[(crate::syntax::ast::CmpOp, Expr)]) -> Walk<Val> {
        let Some(((op, right), rest)) = rest.split_first() else { return Ok(Val::bool(Operand::Bool(true))) };
        let right = self.expr(right)?;
        let result = self.compare(*op, left, &right)?;
        if rest.is_empty() {
            return Ok(result);
        }
        let truth = self.truth(&result)?;
        self.branch(truth, |walker| walker.comparison_chain(&right, rest), |_| Ok(Val::bool(Operand::Bool(false))))
    }

    /// An f-string whose parts are known when compiling.
    fn f_string(&mut self, parts: &[FPart]) -> Walk<Val> {
        let mut text = String::new();
        for part in parts {
            match part {
                FPart::Text(piece) => text.push_str(piece),
                FPart::Value { value: expr, conversion: None, format, debug: None } if format.is_empty() => {
                    let value = self.expr(expr)?;
                    match value.constant() {
                        Some(Value::Str(piece)) => text.push_str(&piece),
                        Some(Value::Int(number)) => text.push_str(&number.to_string()),
                        _ => {
                            return self.refuse(errors::allocates(
                                expr.span,
                                "making a string",
                                "make it at load time, outside `process`",
                            ));
                        }
                    }
                }
                FPart::Value { value, .. } => {
                    return self.refuse(errors::allocates(
                        value.span,
                        "making a string",
                        "make it at load time, outside `process`",
                    ));
                }
            }
        }
        Ok(Val::fixed(Value::Str(Rc::from(text.as_str()))))
    }

    /// Whether `item` is in a tuple, list, array, range, string, set or dict.
    pub(crate) fn contains(&mut self, container: &Val, item: &Val) -> Walk<Operand> {
        let span = self.span;
        let any_of = |walker: &mut Self, items: &[Val]| -> Walk<Operand> {
            let mut result = Operand::Bool(false);
            for candidate in items {
                let is_equal = walker.is_equal(candidate, item)?;
                result = walker.emit.bool_binary(BoolBinary::Or, result, is_equal);
            }
            Ok(result)
        };
        match &container.kind {
            Kind::Tuple(_) => {
                let items = container.items().unwrap_or_default();
                any_of(self, &items)
            }
            Kind::Static(Value::Str(text)) => match item.as_str() {
                Some(part) => Ok(Operand::Bool(text.contains(part))),
                None => self.refuse(errors::not_in_process(span, "`in` a string")),
            },
            Kind::Static(Value::Set(set)) => {
                let values: Vec<Value> = set.items.borrow().values().cloned().collect();
                let items: Vec<Val> = values.iter().map(|value| self.heap.live(value, "")).collect();
                any_of(self, &items)
            }
            Kind::Dict(id) => {
                let keys: Vec<Value> =
                    self.heap.dicts[id.0 as usize].0.items.borrow().values().map(|(key, _)| key.clone()).collect();
                let items: Vec<Val> = keys.iter().map(|key| self.heap.live(key, "")).collect();
                any_of(self, &items)
            }
            kind if kind.is_object() && self.has_method(container, "__contains__") => {
                let result = self.call_method(container, "__contains__", std::slice::from_ref(item))?;
                self.truth(&result)
            }
            Kind::Seq(seq) if matches!(seq.flavour, Flavour::Array(_)) => {
                let mask = self.array_compare(crate::syntax::ast::CmpOp::Eq, container, item)?;
                let any = self.array_method(&mask, "any", &super::calls::CallArgs::default())?;
                self.truth(&any.unwrap_or_else(Val::none))
            }
            _ => self.any_in(container, &mut |walker, candidate| walker.is_equal(&candidate, item)),
        }
    }
}
