//! Statements.

use std::rc::Rc;

use ruff_python_ast::{self as ruff, Parameter, ParameterWithDefault, Parameters};
use ruff_text_size::{Ranged, TextRange};

use super::super::ast::{Alias, Body, Class, Function, Handler, Param, Params, Stmt, StmtKind};
use super::super::scope;
use super::Lowering;
use super::expressions::binary_operator;
use crate::diagnostics::errors;

impl Lowering {
    pub(super) fn body(&mut self, statements: &[ruff::Stmt]) -> Body {
        let mut body = Body::with_capacity(statements.len());
        for statement in statements {
            let start = self.span(statement);
            self.deeper(start, || (), |this| this.statement(statement, &mut body));
        }
        body
    }

    /// Lowers one statement; a compound one is placed at its header, so that a message about it shows one line.
    fn statement(&mut self, statement: &ruff::Stmt, body: &mut Body) {
        let whole = statement.range();
        let (range, kind) = match statement {
            ruff::Stmt::FunctionDef(node) => {
                let function = self.function(node);
                body.push(Stmt { span: function.span, kind: StmtKind::Function(Rc::new(function)) });
                return;
            }
            ruff::Stmt::ClassDef(node) => {
                let class = self.class(node);
                body.push(Stmt { span: class.span, kind: StmtKind::Class(Rc::new(class)) });
                return;
            }
            ruff::Stmt::If(node) => {
                body.push(self.if_statement(node));
                return;
            }
            ruff::Stmt::Match(node) => {
                self.match_statement(node, body);
                return;
            }
            ruff::Stmt::While(node) => (whole.cover_to(node.test.range()), self.while_statement(node)),
            ruff::Stmt::For(node) => (whole.cover_to(node.iter.range()), self.for_statement(node)),
            ruff::Stmt::With(node) => {
                let last = node.items.last().map_or(whole, |item| item.range);
                (whole.cover_to(last), self.with_statement(node))
            }
            ruff::Stmt::Try(node) => (TextRange::at(whole.start(), 3.into()), self.try_statement(node)),
            _ => (whole, self.simple_statement(statement)),
        };
        body.push(Stmt { span: self.span_of(range), kind });
    }

    fn simple_statement(&mut self, statement: &ruff::Stmt) -> StmtKind {
        match statement {
            ruff::Stmt::Return(node) => StmtKind::Return(node.value.as_deref().map(|value| self.expr(value))),
            ruff::Stmt::Delete(node) => StmtKind::Delete(self.exprs(&node.targets)),
            ruff::Stmt::Assign(node) => {
                StmtKind::Assign { targets: self.exprs(&node.targets), value: self.expr(&node.value) }
            }
            ruff::Stmt::AugAssign(node) => StmtKind::AugAssign {
                target: self.expr(&node.target),
                op: binary_operator(node.op),
                value: self.expr(&node.value),
            },
            ruff::Stmt::AnnAssign(node) => StmtKind::AnnAssign {
                target: self.expr(&node.target),
                annotation: self.expr(&node.annotation),
                value: node.value.as_deref().map(|value| self.expr(value)),
            },
            ruff::Stmt::Raise(node) => StmtKind::Raise {
                exception: node.exc.as_deref().map(|value| self.expr(value)),
                cause: node.cause.as_deref().map(|value| self.expr(value)),
            },
            ruff::Stmt::Assert(node) => StmtKind::Assert {
                test: self.expr(&node.test),
                message: node.msg.as_deref().map(|value| self.expr(value)),
            },
            ruff::Stmt::Import(node) => StmtKind::Import(self.aliases(&node.names)),
            ruff::Stmt::ImportFrom(node) => StmtKind::ImportFrom {
                module: node.module.as_ref().map(|module| Rc::from(module.as_str())),
                names: self.aliases(&node.names),
                level: node.level,
            },
            ruff::Stmt::Global(node) => StmtKind::Global(node.names.iter().map(|name| self.name(name)).collect()),
            ruff::Stmt::Nonlocal(node) => StmtKind::Nonlocal(node.names.iter().map(|name| self.name(name)).collect()),
            ruff::Stmt::Expr(node) => StmtKind::Expr(self.expr(&node.value)),
            ruff::Stmt::Break(_) => StmtKind::Break,
            ruff::Stmt::Continue(_) => StmtKind::Continue,
            ruff::Stmt::TypeAlias(node) => {
                self.errors.push(errors::type_parameters(self.span(node)));
                StmtKind::Pass
            }
            _ => StmtKind::Pass,
        }
    }

    fn if_statement(&mut self, node: &ruff::StmtIf) -> Stmt {
        let span = self.span_of(node.range.cover_to(node.test.range()));
        let (test, body) = (self.expr(&node.test), self.body(&node.body));
        Stmt { span, kind: StmtKind::If { test, body, orelse: self.elif(&node.elif_else_clauses) } }
    }

    /// The rest of an `if`: an `elif` is an `if` alone in the `else` of the one before.
    fn elif(&mut self, clauses: &[ruff::ElifElseClause]) -> Body {
        let Some((clause, rest)) = clauses.split_first() else { return vec![] };
        let Some(test) = &clause.test else { return self.body(&clause.body) };
        let span = self.span_of(clause.range.cover_to(test.range()));
        self.deeper(span, Vec::new, |this| {
            let (test, body) = (this.expr(test), this.body(&clause.body));
            vec![Stmt { span, kind: StmtKind::If { test, body, orelse: this.elif(rest) } }]
        })
    }

    fn while_statement(&mut self, node: &ruff::StmtWhile) -> StmtKind {
        StmtKind::While { test: self.expr(&node.test), body: self.body(&node.body), orelse: self.body(&node.orelse) }
    }

    fn for_statement(&mut self, node: &ruff::StmtFor) -> StmtKind {
        if node.is_async {
            self.errors.push(errors::async_code(self.span_of(node.range.cover_to(node.iter.range())), "async for"));
        }
        StmtKind::For {
            target: self.expr(&node.target),
            iter: self.expr(&node.iter),
            body: self.body(&node.body),
            orelse: self.body(&node.orelse),
        }
    }

    fn with_statement(&mut self, node: &ruff::StmtWith) -> StmtKind {
        if node.is_async {
            self.errors
                .push(errors::async_code(self.span_of(TextRange::at(node.range.start(), 5.into())), "async with"));
        }
        let items = node
            .items
            .iter()
            .map(|item| (self.expr(&item.context_expr), item.optional_vars.as_deref().map(|target| self.expr(target))));
        StmtKind::With { items: items.collect(), body: self.body(&node.body) }
    }

    fn try_statement(&mut self, node: &ruff::StmtTry) -> StmtKind {
        let body = self.body(&node.body);
        let handlers = node.handlers.iter().map(|ruff::ExceptHandler::ExceptHandler(handler)| {
            let keyword = TextRange::at(handler.range.start(), 6.into());
            let header =
                handler.type_.as_deref().map_or(keyword, |exception| handler.range.cover_to(exception.range()));
            let header = handler.name.as_ref().map_or(header, |name| handler.range.cover_to(name.range));
            if node.is_star {
                self.errors.push(errors::except_star(self.span_of(header)));
            }
            Handler {
                exception: handler.type_.as_deref().map(|exception| self.expr(exception)),
                name: handler.name.as_ref().map(|name| self.name(name)),
                body: self.body(&handler.body),
                span: self.span_of(header),
            }
        });
        let handlers = handlers.collect();
        StmtKind::Try { body, handlers, orelse: self.body(&node.orelse), finally: self.body(&node.finalbody) }
    }

    fn function(&mut self, node: &ruff::StmtFunctionDef) -> Function {
        let span = self.span_of(node.name.range.cover(node.parameters.range));
        if node.is_async {
            self.errors.push(errors::async_code(span, "async def"));
        }
        self.refuse_type_params(node.type_params.as_deref());
        let decorators = node.decorator_list.iter().map(|decorator| self.expr(&decorator.expression)).collect();
        let params = self.params(&node.parameters);
        let returns = node.returns.as_deref().map(|annotation| self.expr(annotation));
        let body = self.body(&node.body);
        let scope = scope::of_function(&params, &body);
        Function { name: self.name(&node.name), params, body, returns, decorators, scope, span }
    }

    fn class(&mut self, node: &ruff::StmtClassDef) -> Class {
        let end = node.arguments.as_ref().map_or(node.name.range, |arguments| arguments.range);
        let span = self.span_of(node.name.range.cover(end));
        self.refuse_type_params(node.type_params.as_deref());
        let decorators = node.decorator_list.iter().map(|decorator| self.expr(&decorator.expression)).collect();
        let (bases, keywords) = node
            .arguments
            .as_deref()
            .map_or((vec![], vec![]), |arguments| (self.exprs(&arguments.args), self.keywords(&arguments.keywords)));
        let name = self.name(&node.name);
        self.classes.push(node.name.as_str().into());
        let body = self.body(&node.body);
        self.classes.pop();
        let scope = scope::of_class(&body);
        Class { name, bases, keywords, decorators, body, scope, span }
    }

    fn refuse_type_params(&mut self, params: Option<&ruff::TypeParams>) {
        if let Some(params) = params {
            self.errors.push(errors::type_parameters(self.span_of(params.range)));
        }
    }

    pub(super) fn params(&mut self, node: &Parameters) -> Params {
        let positional = node.posonlyargs.iter().chain(&node.args).map(|param| self.param(param)).collect();
        let rest = |this: &Self, param: &Option<Box<Parameter>>| param.as_ref().map(|param| this.name(&param.name));
        Params {
            positional,
            positional_only: node.posonlyargs.len(),
            rest: rest(self, &node.vararg),
            keyword_only: node.kwonlyargs.iter().map(|param| self.param(param)).collect(),
            keywords: rest(self, &node.kwarg),
        }
    }

    fn param(&mut self, node: &ParameterWithDefault) -> Param {
        Param {
            name: self.name(&node.parameter.name),
            annotation: node.parameter.annotation.as_deref().map(|annotation| self.expr(annotation)),
            default: node.default.as_deref().map(|default| self.expr(default)),
            span: self.span_of(node.parameter.range),
        }
    }

    fn aliases(&self, names: &[ruff::Alias]) -> Vec<Alias> {
        let alias = |alias: &ruff::Alias| Alias {
            name: Rc::from(alias.name.as_str()),
            asname: alias.asname.as_ref().map(|name| self.name(name)),
            span: self.span_of(alias.range),
        };
        names.iter().map(alias).collect()
    }
}

/// From the start of a statement to the end of its header.
trait CoverTo {
    fn cover_to(self, end: TextRange) -> TextRange;
}

impl CoverTo for TextRange {
    fn cover_to(self, end: TextRange) -> TextRange {
        TextRange::new(self.start(), end.end().max(self.start()))
    }
}
