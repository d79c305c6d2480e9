//! List comprehensions of a known length.

use crate::diagnostics::errors;
use crate::ir::Operand;
use crate::source::Span;
use crate::syntax::ast::{Comprehension, Expr, ExprKind};

use super::iterate::Elements;
use super::kind::{Flavour, Kind, Lazy, Val};
use super::{Walk, Walker};

/// Up to this length each element is computed in a turn of its own.
const MOST_UNROLLED: i64 = 16;

impl Walker<'_> {
    /// `[element for ... in ...]`
    pub(crate) fn list_comprehension(&mut self, element: &Expr, clauses: &[Comprehension], span: Span) -> Walk<Val> {
        let scope = self.scopes.present;
        if clauses.len() > 1 || !clauses[0].conditions.is_empty() {
            let mark = self.errors.len();
            let mut items = vec![];
            let kept = self.in_comprehension(scope, |walker| walker.kept_items(clauses, element, span, &mut items));
            if let Some(at) = self.errors[mark..].iter().position(|error| error.code == "unknown-length") {
                // How many there are is known only while sound runs: they are added to a list one by one.
                self.errors.truncate(mark + at);
                return self.grown_list(element, clauses, span);
            }
            kept?;
            return self.new_list(&items);
        }
        let generator = Expr {
            span,
            kind: Box::new(ExprKind::GeneratorExp { element: element.clone(), clauses: clauses.to_vec() }),
        };
        let generator = self.lazily(Lazy::Generator(generator, scope));
        let counted = self.counted(&generator)?;
        let Operand::I64(length) = counted.length else {
            return self.refuse(errors::unknown_length(span, "a list comprehension"));
        };
        if length <= MOST_UNROLLED || counted.elements.needs_constant_index() {
            let mut items = vec![];
            for index in 0..length {
                let path = self.path_below(span, 20_000 + index as usize);
                items.push(self.on_path(path, |walker| walker.element_of(&counted.elements, Operand::I64(index)))?);
            }
            return self.new_list(&items);
        }
        self.looped_list(length, &counted.elements)
    }

    /// The elements of a comprehension with several loops or conditions, each of which must be known when compiling.
    fn kept_items(&mut self, clauses: &[Comprehension], element: &Expr, span: Span, items: &mut Vec<Val>) -> Walk<()> {
        let Some((clause, rest)) = clauses.split_first() else {
            let item = self.expr(element)?;
            items.push(item);
            return Ok(());
        };
        let candidates = self.expr(&clause.iter)?;
        let candidates = self.at(clause.iter.span, |walker| walker.items_of(&candidates))?;
        for (index, candidate) in candidates.into_iter().enumerate() {
            let path = self.path_below(clause.target.span, 20_000 + index);
            self.on_path(path, |walker| {
                walker.bind_target(&clause.target, candidate)?;
                for test in &clause.conditions {
                    match walker.condition(test)? {
                        Operand::Bool(true) => {}
                        Operand::Bool(false) => return Ok(()),
                        _ => {
                            let what = "a list comprehension with a condition on what sound computes";
                            return walker.refuse(errors::unknown_length(span, what));
                        }
                    }
                }
                walker.kept_items(rest, element, span, items)
            })?;
        }
        Ok(())
    }

    /// A list of as many elements as meet the conditions.
    fn grown_list(&mut self, element: &Expr, clauses: &[Comprehension], span: Span) -> Walk<Val> {
        let generator = Expr {
            span,
            kind: Box::new(ExprKind::GeneratorExp { element: element.clone(), clauses: clauses.to_vec() }),
        };
        let scope = self.scopes.present;
        let generator = self.lazily(Lazy::Generator(generator, scope));
        // Where the conditions were constants in the walk before, a list of a known length was made at this place.
        let path = self.path_below(span, 30_000);
        let empty = self.on_path(path, |walker| walker.at(span, |walker| walker.new_list(&[])))?;
        self.fold(&generator, empty, &mut |walker, list, item| {
            walker.at(span, |walker| walker.lengthened(&list, &item))
        })
    }

    /// A comprehension as a statement, for what its element does.
    pub(crate) fn comprehension_for_effect(
        &mut self,
        element: &Expr,
        clauses: &[Comprehension],
        span: Span,
    ) -> Walk<()> {
        let generator = Expr {
            span,
            kind: Box::new(ExprKind::GeneratorExp { element: element.clone(), clauses: clauses.to_vec() }),
        };
        let scope = self.scopes.present;
        let generator = self.lazily(Lazy::Generator(generator, scope));
        self.fold(&generator, Val::none(), &mut |_, nothing, _| Ok(nothing)).map(|_| ())
    }

    /// A long list, made by a loop. What its elements are is seen by a look at the first.
    fn looped_list(&mut self, length: i64, elements: &Elements) -> Walk<Val> {
        self.emit.open();
        let first = self.element_of(elements, Operand::I64(0));
        self.emit.close();
        let list = self.scratch_list(&first?.kind, length as usize);
        let Kind::Seq(seq) = &list.kind else { return Ok(list) };
        let storages = seq.storages.clone();
        let mut result = Ok(());
        self.repeat(Operand::I64(length), |walker, index| {
            result = walker
                .element_of(elements, index)
                .and_then(|item| walker.store_element(Flavour::List, &storages, list.op(), index, &item));
        });
        result.map(|()| list)
    }
}
