//! `match`, rewritten as the chain of `if` that it means.
//!
//! A pattern becomes conditions on the subject: a value is compared by `==`, `None`, `True` and `False` by `is`, `a | b` is
//! an `or`. A capture binds by `:=` inside a tuple, which is true whatever it holds. Patterns that take objects apart
//! (sequences, mappings, classes) are refused.

use std::rc::Rc;

use ruff_python_ast::{self as ruff, Pattern, Singleton};
use ruff_text_size::{Ranged, TextRange};

use super::super::ast::{Body, CmpOp, Expr, ExprKind, Name, Stmt, StmtKind};
use super::{Lowering, expr};
use crate::diagnostics::errors;
use crate::source::Span;

impl Lowering {
    pub(super) fn match_statement(&mut self, node: &ruff::StmtMatch, body: &mut Body) {
        let header = self.span_of(TextRange::new(node.range.start(), node.subject.range().end()));
        let value = self.expr(&node.subject);
        let subject = if let ExprKind::Name(name) = &*value.kind {
            name.clone()
        } else {
            // No name of a script has a dot in it.
            let name: Name = Rc::from(format!(".match{}", self.subjects));
            self.subjects += 1;
            let target = expr(value.span, ExprKind::Name(name.clone()));
            body.push(Stmt { span: header, kind: StmtKind::Assign { targets: vec![target], value } });
            name
        };
        let chain = self.cases(&subject, &node.cases);
        body.extend(chain);
    }

    fn cases(&mut self, subject: &Name, cases: &[ruff::MatchCase]) -> Body {
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

    fn pattern(&mut self, subject: &Name, pattern: &Pattern, conditions: &mut Vec<Expr>) {
        let span = self.span(pattern);
        let compared = |op, value| {
            let first = expr(span, ExprKind::Name(subject.clone()));
            expr(span, ExprKind::Compare { first, rest: vec![(op, value)] })
        };
        match pattern {
            Pattern::MatchValue(node) => {
                let value = self.expr(&node.value);
                conditions.push(compared(CmpOp::Eq, value));
            }
            Pattern::MatchSingleton(node) => {
                let value = match node.value {
                    Singleton::None => ExprKind::None,
                    Singleton::True => ExprKind::Bool(true),
                    Singleton::False => ExprKind::Bool(false),
                };
                conditions.push(compared(CmpOp::Is, expr(span, value)));
            }
            Pattern::MatchAs(node) => {
                if let Some(pattern) = &node.pattern {
                    self.deeper(span, || (), |this| this.pattern(subject, pattern, conditions));
                }
                if let Some(name) = &node.name {
                    let value = expr(span, ExprKind::Name(subject.clone()));
                    let walrus = expr(span, ExprKind::Walrus { target: self.name(name), value });
                    conditions.push(expr(span, ExprKind::Tuple(vec![walrus])));
                }
            }
            Pattern::MatchOr(node) => {
                let alternatives = node.patterns.iter().map(|pattern| {
                    let mut conditions = vec![];
                    self.deeper(span, || (), |this| this.pattern(subject, pattern, &mut conditions));
                    all(span, conditions)
                });
                let alternatives = alternatives.collect();
                conditions.push(expr(span, ExprKind::Or(alternatives)));
            }
            Pattern::MatchSequence(_) | Pattern::MatchMapping(_) | Pattern::MatchClass(_) | Pattern::MatchStar(_) => {
                self.errors.push(errors::match_pattern(span));
            }
        }
    }
}

/// All of the conditions, one after the other.
fn all(span: Span, mut conditions: Vec<Expr>) -> Expr {
    match conditions.len() {
        0 => expr(span, ExprKind::Bool(true)),
        1 => conditions.remove(0),
        _ => expr(span, ExprKind::And(conditions)),
    }
}
