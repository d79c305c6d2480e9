//! `match`, rewritten as the chain of `if` that it means.
//!
//! A pattern becomes conditions on its subject, tested from left to right: a value is compared by `==`; `None`, `True` and
//! `False` by `is`; `a | b` is an `or`; a class is asked by `isinstance` and its attributes matched in turn; a sequence
//! is asked for its type and length and its elements matched in turn. A capture binds by `:=` inside a tuple, which is
//! true whatever it holds. A subject that is written as a tuple is never made: `match a, b` matches `a` and `b`.

use std::rc::Rc;

use ruff_python_ast::{self as ruff, Pattern, Singleton};
use ruff_text_size::{Ranged, TextRange};

use super::super::ast::{Arg, Body, CmpOp, Expr, ExprKind, Stmt, StmtKind};
use super::{Lowering, expr};
use crate::diagnostics::errors;
use crate::source::Span;

/// What a pattern is matched against; each expression is without effects.
#[derive(Clone)]
enum Subject {
    /// A value.
    Whole(Expr),
    /// The elements of a tuple.
    Parts(Vec<Subject>),
}

impl Subject {
    /// The value as one expression.
    fn expr(&self, span: Span) -> Expr {
        match self {
            Subject::Whole(value) => Expr { span, kind: value.kind.clone() },
            Subject::Parts(parts) => expr(span, ExprKind::Tuple(parts.iter().map(|part| part.expr(span)).collect())),
        }
    }
}

impl Lowering {
    pub(super) fn match_statement(&mut self, node: &ruff::StmtMatch, body: &mut Body) {
        let header = self.span_of(TextRange::new(node.range.start(), node.subject.range().end()));
        let subject = self.subject(header, &node.subject, body);
        let chain = self.cases(&subject, &node.cases);
        body.extend(chain);
    }

    /// Gives names to what is matched, so that it is evaluated once.
    fn subject(&mut self, header: Span, node: &ruff::Expr, body: &mut Body) -> Subject {
        match node {
            ruff::Expr::Tuple(tuple) if !tuple.elts.iter().any(ruff::Expr::is_starred_expr) => {
                Subject::Parts(tuple.elts.iter().map(|part| self.subject(header, part, body)).collect())
            }
            _ => {
                let value = self.expr(node);
                // No name of a script has a dot in it.
                let name = Rc::from(format!(".match{}", self.subjects));
                self.subjects += 1;
                let target = expr(value.span, ExprKind::Name(name));
                let subject = Subject::Whole(target.clone());
                body.push(Stmt { span: header, kind: StmtKind::Assign { targets: vec![target], value } });
                subject
            }
        }
    }

    fn cases(&mut self, subject: &Subject, cases: &[ruff::MatchCase]) -> Body {
        let Some((case, rest)) = cases.split_first() else { return vec![] };
        let span = self.span_of(TextRange::new(case.range.start(), case.pattern.range().end()));
        let mut conditions = vec![];
        self.pattern(subject, &case.pattern, &mut conditions);
        if let Some(guard) = &case.guard {
            conditions.push(self.expr(guard));
        } else if case.pattern.is_irrefutable() {
            if !rest.is_empty() {
                self.errors
                    .push(errors::not_python(span, "this pattern matches everything, so it must be the last one"));
            }
            let bind = |test: Expr| Stmt { span: test.span, kind: StmtKind::Expr(test) };
            let mut body: Body = conditions.into_iter().map(bind).collect();
            body.extend(self.body(&case.body));
            return body;
        }
        self.deeper(span, Vec::new, |this| {
            let (test, body) = (all(span, conditions), this.body(&case.body));
            vec![Stmt { span, kind: StmtKind::If { test, body, orelse: this.cases(subject, rest) } }]
        })
    }

    fn pattern(&mut self, subject: &Subject, pattern: &Pattern, conditions: &mut Vec<Expr>) {
        let span = self.span(pattern);
        self.deeper(span, || (), |this| this.pattern_at(span, subject, pattern, conditions));
    }

    fn pattern_at(&mut self, span: Span, subject: &Subject, pattern: &Pattern, conditions: &mut Vec<Expr>) {
        match pattern {
            Pattern::MatchValue(node) => {
                let value = self.expr(&node.value);
                conditions.push(compared(span, subject, CmpOp::Eq, value));
            }
            Pattern::MatchSingleton(node) => {
                let value = match node.value {
                    Singleton::None => ExprKind::None,
                    Singleton::True => ExprKind::Bool(true),
                    Singleton::False => ExprKind::Bool(false),
                };
                conditions.push(compared(span, subject, CmpOp::Is, expr(span, value)));
            }
            Pattern::MatchAs(node) => {
                if let Some(pattern) = &node.pattern {
                    self.pattern(subject, pattern, conditions);
                }
                self.capture(span, node.name.as_ref(), subject.expr(span), conditions);
            }
            Pattern::MatchOr(node) => {
                let alternatives = node.patterns.iter().map(|pattern| {
                    let mut conditions = vec![];
                    self.pattern(subject, pattern, &mut conditions);
                    all(span, conditions)
                });
                let alternatives = alternatives.collect();
                conditions.push(expr(span, ExprKind::Or(alternatives)));
            }
            Pattern::MatchClass(node) if node.arguments.patterns.is_empty() => {
                let class = self.expr(&node.cls);
                conditions.push(call(span, "isinstance", vec![subject.expr(span), class]));
                for keyword in &node.arguments.keywords {
                    let (name, name_span) = (self.name(&keyword.attr), self.span_of(keyword.attr.range));
                    let value = expr(span, ExprKind::Attribute { value: subject.expr(span), name, name_span });
                    self.pattern(&Subject::Whole(value), &keyword.pattern, conditions);
                }
            }
            Pattern::MatchSequence(node) => self.sequence(span, subject, &node.patterns, conditions),
            Pattern::MatchMapping(_) | Pattern::MatchClass(_) | Pattern::MatchStar(_) => {
                self.errors.push(errors::match_pattern(span));
            }
        }
    }

    fn capture(&self, span: Span, name: Option<&ruff::Identifier>, value: Expr, conditions: &mut Vec<Expr>) {
        if let Some(name) = name {
            let walrus = expr(span, ExprKind::Walrus { target: self.name(name), value });
            conditions.push(expr(span, ExprKind::Tuple(vec![walrus])));
        }
    }

    /// A sequence of patterns, of which one may be `*rest`.
    fn sequence(&mut self, span: Span, subject: &Subject, patterns: &[Pattern], conditions: &mut Vec<Expr>) {
        let star = patterns.iter().position(Pattern::is_match_star);
        let fixed = patterns.len() - usize::from(star.is_some());
        let length = match subject {
            Subject::Parts(parts) => Some(parts.len()),
            Subject::Whole(_) => None,
        };
        if let Some(length) = length {
            let fits = if star.is_some() { length >= fixed } else { length == fixed };
            if !fits {
                conditions.push(expr(span, ExprKind::Bool(false)));
                return;
            }
        } else {
            let kinds = ["list", "tuple", "range"].map(|kind| name(span, kind)).to_vec();
            let kinds = expr(span, ExprKind::Tuple(kinds));
            conditions.push(call(span, "isinstance", vec![subject.expr(span), kinds]));
            let op = if star.is_some() { CmpOp::Ge } else { CmpOp::Eq };
            let rest = vec![(op, int(span, fixed as i64))];
            let first = call(span, "len", vec![subject.expr(span)]);
            conditions.push(expr(span, ExprKind::Compare { first, rest }));
        }
        for (index, pattern) in patterns.iter().enumerate() {
            let from_end = (patterns.len() - index) as i64;
            if let Pattern::MatchStar(star) = pattern {
                let value = rest(span, subject, index, patterns.len() - index - 1);
                self.capture(span, star.name.as_ref(), value, conditions);
                continue;
            }
            let is_after_star = star.is_some_and(|star| index > star);
            let element = match subject {
                Subject::Parts(parts) if is_after_star => parts[parts.len() + index - patterns.len()].clone(),
                Subject::Parts(parts) => parts[index].clone(),
                Subject::Whole(value) => {
                    let index = int(span, if is_after_star { -from_end } else { index as i64 });
                    Subject::Whole(expr(span, ExprKind::Subscript { value: value.clone(), index }))
                }
            };
            self.pattern(&element, pattern, conditions);
        }
    }
}

/// What `*rest` captures, as a list: all but the first and the last ones.
fn rest(span: Span, subject: &Subject, first: usize, last: usize) -> Expr {
    match subject {
        Subject::Parts(parts) => {
            let parts = parts[first..parts.len() - last].iter();
            expr(span, ExprKind::List(parts.map(|part| part.expr(span)).collect()))
        }
        Subject::Whole(value) => {
            let upper = (last > 0).then(|| int(span, -(last as i64)));
            let index = expr(span, ExprKind::Slice { lower: Some(int(span, first as i64)), upper, step: None });
            call(span, "list", vec![expr(span, ExprKind::Subscript { value: value.clone(), index })])
        }
    }
}

fn compared(span: Span, subject: &Subject, op: CmpOp, value: Expr) -> Expr {
    expr(span, ExprKind::Compare { first: subject.expr(span), rest: vec![(op, value)] })
}

fn name(span: Span, name: &str) -> Expr {
    expr(span, ExprKind::Name(Rc::from(name)))
}

fn int(span: Span, value: i64) -> Expr {
    expr(span, ExprKind::Int(value))
}

/// A call of a built-in function.
fn call(span: Span, function: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|value| Arg { value, starred: false }).collect();
    expr(span, ExprKind::Call { callee: name(span, function), args, keywords: vec![] })
}

/// All of the conditions, one after the other.
fn all(span: Span, mut conditions: Vec<Expr>) -> Expr {
    match conditions.len() {
        0 => expr(span, ExprKind::Bool(true)),
        1 => conditions.remove(0),
        _ => expr(span, ExprKind::And(conditions)),
    }
}
