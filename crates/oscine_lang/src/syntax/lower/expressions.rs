//! Expressions.

use std::rc::Rc;

use ruff_python_ast as ruff;
use ruff_text_size::Ranged;

use super::super::ast::{
    Arg, BinOp, CmpOp, Comprehension, Expr, ExprKind, Function, Keyword, Params, Stmt, StmtKind, UnaryOp,
};
use super::super::scope;
use super::{Lowering, expr};
use crate::diagnostics::errors;

impl Lowering {
    pub(super) fn exprs(&mut self, nodes: &[ruff::Expr]) -> Vec<Expr> {
        nodes.iter().map(|node| self.expr(node)).collect()
    }

    fn optional(&mut self, node: Option<&ruff::Expr>) -> Option<Expr> {
        node.map(|node| self.expr(node))
    }

    pub(super) fn expr(&mut self, node: &ruff::Expr) -> Expr {
        let span = self.span(node);
        let kind = self.deeper(span, || ExprKind::None, |this| this.kind(node));
        expr(span, kind)
    }

    fn kind(&mut self, node: &ruff::Expr) -> ExprKind {
        match node {
            ruff::Expr::NoneLiteral(_) | ruff::Expr::IpyEscapeCommand(_) => ExprKind::None,
            ruff::Expr::BooleanLiteral(node) => ExprKind::Bool(node.value),
            ruff::Expr::NumberLiteral(node) => self.number(node, false),
            ruff::Expr::StringLiteral(node) => ExprKind::Str(Rc::from(node.value.to_str())),
            ruff::Expr::EllipsisLiteral(_) => ExprKind::Ellipsis,
            ruff::Expr::FString(node) => self.fstring(node),
            ruff::Expr::Name(node) => ExprKind::Name(self.mangled(node.id.as_str())),
            ruff::Expr::Attribute(node) => ExprKind::Attribute {
                value: self.expr(&node.value),
                name: self.name(&node.attr),
                name_span: self.span_of(node.attr.range),
            },
            ruff::Expr::Subscript(node) => {
                ExprKind::Subscript { value: self.expr(&node.value), index: self.expr(&node.slice) }
            }
            ruff::Expr::Slice(node) => ExprKind::Slice {
                lower: self.optional(node.lower.as_deref()),
                upper: self.optional(node.upper.as_deref()),
                step: self.optional(node.step.as_deref()),
            },
            ruff::Expr::Call(node) => self.call(node),
            ruff::Expr::UnaryOp(node) => self.unary(node),
            ruff::Expr::BinOp(node) => ExprKind::Binary {
                op: binary_operator(node.op),
                left: self.expr(&node.left),
                right: self.expr(&node.right),
            },
            ruff::Expr::BoolOp(node) => match node.op {
                ruff::BoolOp::And => ExprKind::And(self.exprs(&node.values)),
                ruff::BoolOp::Or => ExprKind::Or(self.exprs(&node.values)),
            },
            ruff::Expr::Compare(node) => self.compare(node),
            ruff::Expr::If(node) => ExprKind::Conditional {
                test: self.expr(&node.test),
                body: self.expr(&node.body),
                orelse: self.expr(&node.orelse),
            },
            ruff::Expr::Tuple(node) => ExprKind::Tuple(self.exprs(&node.elts)),
            ruff::Expr::List(node) => ExprKind::List(self.exprs(&node.elts)),
            ruff::Expr::Set(node) => ExprKind::Set(self.exprs(&node.elts)),
            ruff::Expr::Dict(node) => {
                let item = |item: &ruff::DictItem| (self.optional(item.key.as_ref()), self.expr(&item.value));
                ExprKind::Dict(node.items.iter().map(item).collect())
            }
            ruff::Expr::Lambda(node) => self.lambda(node),
            ruff::Expr::Named(node) => match &*node.target {
                ruff::Expr::Name(name) => {
                    ExprKind::Walrus { target: self.mangled(name.id.as_str()), value: self.expr(&node.value) }
                }
                _ => ExprKind::None,
            },
            ruff::Expr::Starred(node) => ExprKind::Starred(self.expr(&node.value)),
            ruff::Expr::Yield(node) => ExprKind::Yield(self.optional(node.value.as_deref())),
            ruff::Expr::YieldFrom(node) => ExprKind::YieldFrom(self.expr(&node.value)),
            ruff::Expr::ListComp(_) | ruff::Expr::SetComp(_) | ruff::Expr::DictComp(_) | ruff::Expr::Generator(_) => {
                self.comprehension(node)
            }
            ruff::Expr::Await(node) => self.refuse(errors::async_code(self.span(node), "await")),
            ruff::Expr::BytesLiteral(node) => self.refuse(errors::bytes_literal(self.span(node))),
            ruff::Expr::TString(node) => self.refuse(errors::template_string(self.span(node))),
        }
    }

    /// A number; `negated` if a minus stands before it, which is how the smallest int is written.
    fn number(&mut self, node: &ruff::ExprNumberLiteral, negated: bool) -> ExprKind {
        match &node.value {
            ruff::Number::Int(int) => match int.as_u64().map(i128::from).map(|int| if negated { -int } else { int }) {
                Some(int) if i64::try_from(int).is_ok() => ExprKind::Int(int as i64),
                _ => self.refuse(errors::integer_too_large(self.span(node))),
            },
            ruff::Number::Float(float) => ExprKind::Float(*float),
            ruff::Number::Complex { imag, .. } => ExprKind::Imaginary(*imag),
        }
    }

    fn unary(&mut self, node: &ruff::ExprUnaryOp) -> ExprKind {
        let op = match node.op {
            ruff::UnaryOp::Invert => UnaryOp::Invert,
            ruff::UnaryOp::Not => UnaryOp::Not,
            ruff::UnaryOp::UAdd => UnaryOp::Pos,
            ruff::UnaryOp::USub => UnaryOp::Neg,
        };
        if let (UnaryOp::Neg, ruff::Expr::NumberLiteral(literal)) = (op, &*node.operand)
            && matches!(literal.value, ruff::Number::Int(_))
        {
            return self.number(literal, true);
        }
        ExprKind::Unary { op, operand: self.expr(&node.operand) }
    }

    fn compare(&mut self, node: &ruff::ExprCompare) -> ExprKind {
        let first = self.expr(&node.left);
        let operands = self.exprs(&node.comparators);
        ExprKind::Compare { first, rest: node.ops.iter().map(|op| comparison(*op)).zip(operands).collect() }
    }

    fn call(&mut self, node: &ruff::ExprCall) -> ExprKind {
        let callee = self.expr(&node.func);
        let args = node.arguments.args.iter().map(|arg| match arg {
            ruff::Expr::Starred(starred) => Arg { value: self.expr(&starred.value), starred: true },
            _ => Arg { value: self.expr(arg), starred: false },
        });
        ExprKind::Call { callee, args: args.collect(), keywords: self.keywords(&node.arguments.keywords) }
    }

    pub(super) fn keywords(&mut self, nodes: &[ruff::Keyword]) -> Vec<Keyword> {
        let keyword = |node: &ruff::Keyword| Keyword {
            name: node.arg.as_ref().map(|name| self.name(name)),
            value: self.expr(&node.value),
            span: self.span_of(node.range),
        };
        nodes.iter().map(keyword).collect()
    }

    fn lambda(&mut self, node: &ruff::ExprLambda) -> ExprKind {
        let params = node.parameters.as_deref().map_or_else(Params::default, |params| self.params(params));
        let value = self.expr(&node.body);
        let body = vec![Stmt { span: value.span, kind: StmtKind::Return(Some(value)) }];
        let scope = scope::of_function(&params, &body);
        let span = self.span_of(node.range);
        let name = "<lambda>".into();
        ExprKind::Lambda(Rc::new(Function { name, params, body, returns: None, decorators: vec![], scope, span }))
    }

    fn comprehension(&mut self, node: &ruff::Expr) -> ExprKind {
        match node {
            ruff::Expr::ListComp(node) => {
                ExprKind::ListComp { element: self.expr(&node.elt), clauses: self.clauses(&node.generators) }
            }
            ruff::Expr::SetComp(node) => {
                ExprKind::SetComp { element: self.expr(&node.elt), clauses: self.clauses(&node.generators) }
            }
            ruff::Expr::Generator(node) => {
                ExprKind::GeneratorExp { element: self.expr(&node.elt), clauses: self.clauses(&node.generators) }
            }
            ruff::Expr::DictComp(node) => {
                let value = self.expr(&node.value);
                // Without a key it is `{**d for ...}`, which the parser has refused as newer than ours.
                let key = self.optional(node.key.as_deref()).unwrap_or_else(|| expr(value.span, ExprKind::None));
                ExprKind::DictComp { key, value, clauses: self.clauses(&node.generators) }
            }
            _ => ExprKind::None,
        }
    }

    fn clauses(&mut self, nodes: &[ruff::Comprehension]) -> Vec<Comprehension> {
        let mut clauses = Vec::with_capacity(nodes.len());
        for node in nodes {
            if node.is_async {
                self.errors.push(errors::async_code(self.span_of(node.range()), "async for"));
            }
            clauses.push(Comprehension {
                target: self.expr(&node.target),
                iter: self.expr(&node.iter),
                conditions: self.exprs(&node.ifs),
            });
        }
        clauses
    }
}

pub(super) fn binary_operator(op: ruff::Operator) -> BinOp {
    match op {
        ruff::Operator::Add => BinOp::Add,
        ruff::Operator::Sub => BinOp::Sub,
        ruff::Operator::Mult => BinOp::Mul,
        ruff::Operator::MatMult => BinOp::MatMul,
        ruff::Operator::Div => BinOp::Div,
        ruff::Operator::Mod => BinOp::Mod,
        ruff::Operator::Pow => BinOp::Pow,
        ruff::Operator::LShift => BinOp::LShift,
        ruff::Operator::RShift => BinOp::RShift,
        ruff::Operator::BitOr => BinOp::BitOr,
        ruff::Operator::BitXor => BinOp::BitXor,
        ruff::Operator::BitAnd => BinOp::BitAnd,
        ruff::Operator::FloorDiv => BinOp::FloorDiv,
    }
}

fn comparison(op: ruff::CmpOp) -> CmpOp {
    match op {
        ruff::CmpOp::Eq => CmpOp::Eq,
        ruff::CmpOp::NotEq => CmpOp::Ne,
        ruff::CmpOp::Lt => CmpOp::Lt,
        ruff::CmpOp::LtE => CmpOp::Le,
        ruff::CmpOp::Gt => CmpOp::Gt,
        ruff::CmpOp::GtE => CmpOp::Ge,
        ruff::CmpOp::Is => CmpOp::Is,
        ruff::CmpOp::IsNot => CmpOp::IsNot,
        ruff::CmpOp::In => CmpOp::In,
        ruff::CmpOp::NotIn => CmpOp::NotIn,
    }
}
