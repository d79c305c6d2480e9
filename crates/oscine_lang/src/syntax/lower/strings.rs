//! f-strings, with the plain strings that stand beside them joined in.

use std::rc::Rc;

use ruff_python_ast::{ConversionFlag, ExprFString, FStringPart, InterpolatedElement, InterpolatedStringElement};

use super::super::ast::{ExprKind, FPart};
use super::Lowering;

impl Lowering {
    pub(super) fn fstring(&mut self, node: &ExprFString) -> ExprKind {
        let mut parts = vec![];
        for part in &node.value {
            match part {
                FStringPart::Literal(literal) => push_text(&mut parts, &literal.value),
                FStringPart::FString(string) => self.parts(string.elements.iter(), &mut parts),
            }
        }
        ExprKind::FString(parts)
    }

    fn parts<'n>(&mut self, nodes: impl Iterator<Item = &'n InterpolatedStringElement>, parts: &mut Vec<FPart>) {
        for node in nodes {
            match node {
                InterpolatedStringElement::Literal(literal) => push_text(parts, &literal.value),
                InterpolatedStringElement::Interpolation(node) => {
                    let span = self.span_of(node.range);
                    let part = self.deeper(span, || None, |this| Some(this.value(node)));
                    parts.extend(part);
                }
            }
        }
    }

    fn value(&mut self, node: &InterpolatedElement) -> FPart {
        let value = self.expr(&node.expression);
        let debug = node.debug_text.as_ref().map(|text| Rc::from(text.as_str()));
        let mut format = vec![];
        if let Some(spec) = &node.format_spec {
            self.parts(spec.elements.iter(), &mut format);
        }
        // `{x=}` alone shows the value as `repr` does; with a format of its own, as `str` does.
        let shows_repr = debug.is_some() && node.format_spec.is_none();
        let conversion = match node.conversion {
            ConversionFlag::None => shows_repr.then_some('r'),
            flag => flag.to_char(),
        };
        FPart::Value { value, conversion, format, debug }
    }
}

/// Appends text, to the text before it if there is some.
fn push_text(parts: &mut Vec<FPart>, text: &str) {
    if let Some(FPart::Text(before)) = parts.last_mut() {
        *before = Rc::from(format!("{before}{text}"));
    } else if !text.is_empty() {
        parts.push(FPart::Text(Rc::from(text)));
    }
}
