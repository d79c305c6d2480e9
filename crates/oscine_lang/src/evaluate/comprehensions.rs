//! Comprehensions and generator expressions: nested loops that stop at each match and go on from there.

use std::rc::Rc;

use super::Interpreter;
use super::environment::Env;
use super::iterate::Iter;
use super::statements::place;
use super::value::{Result, Value};
use crate::syntax::ast::{Comprehension, Expr};

/// The text of a generator expression, kept alive by whoever iterates it.
#[derive(Debug)]
pub(crate) struct Elements {
    pub(crate) element: Expr,
    pub(crate) clauses: Vec<Comprehension>,
}

impl Elements {
    pub(crate) fn new(element: &Expr, clauses: &[Comprehension]) -> Rc<Self> {
        Rc::new(Self { element: element.clone(), clauses: clauses.to_vec() })
    }
}

/// A comprehension under way: its scope, and an iterator for each loop that has been entered.
#[derive(Debug)]
pub(crate) struct Comprehending {
    pub(crate) env: Env,
    loops: Vec<Iter>,
}

impl Interpreter<'_> {
    /// Begins a comprehension. What the first loop iterates belongs to the scope around, the rest to its own.
    pub(crate) fn comprehend(&mut self, clauses: &[Comprehension], env: &Env) -> Result<Comprehending> {
        let first = &clauses[0].iter;
        let values = self.eval(first, env)?;
        let values = place(self.iterate(&values), first.span)?;
        Ok(Comprehending { env: env.comprehension(), loops: vec![values] })
    }

    /// Goes on to the next combination that meets all conditions; whether there is one.
    pub(crate) fn next_match(&mut self, under_way: &mut Comprehending, clauses: &[Comprehension]) -> Result<bool> {
        'search: while let Some(depth) = under_way.loops.len().checked_sub(1) {
            let clause = &clauses[depth];
            self.limits.step()?;
            let Some(value) = place(self.advance(&mut under_way.loops[depth]), clause.iter.span)? else {
                under_way.loops.pop();
                continue;
            };
            self.assign(&clause.target, value, &under_way.env)?;
            for condition in &clause.conditions {
                if !self.test(condition, &under_way.env)? {
                    continue 'search;
                }
            }
            let Some(inner) = clauses.get(depth + 1) else { return Ok(true) };
            let values = self.eval(&inner.iter, &under_way.env)?;
            under_way.loops.push(place(self.iterate(&values), inner.iter.span)?);
        }
        Ok(false)
    }

    /// The next element of a generator expression.
    pub(crate) fn next_element(&mut self, elements: &Elements, under_way: &mut Comprehending) -> Result<Option<Value>> {
        if self.next_match(under_way, &elements.clauses)? {
            return self.eval(&elements.element, &under_way.env).map(Some);
        }
        Ok(None)
    }
}
