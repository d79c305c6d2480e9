//! Which names a function or a class binds.
//!
//! Python decides this by the text alone: a name that is bound anywhere in a function's body is local to all of it,
//! unless the body declares it `global` or `nonlocal`. Comprehensions are scopes of their own, but for `:=`, which binds
//! in the function around them.

use std::rc::Rc;

use indexmap::IndexSet;

use super::ast::{Body, Comprehension, Expr, ExprKind, FPart, Name, Params, Scope, Stmt, StmtKind};

/// The names of a function: its parameters first, then what its body binds, in the order of the text.
pub(super) fn of_function(params: &Params, body: &Body) -> Scope {
    let mut names = Names::default();
    let parameters = params.positional.iter().chain(&params.keyword_only).map(|param| &param.name);
    names.bound.extend(parameters.chain(&params.rest).chain(&params.keywords).cloned());
    names.finish(body)
}

/// The names that a class's body binds.
pub(super) fn of_class(body: &Body) -> Scope {
    Names::default().finish(body)
}

/// The name that an `import` binds.
pub(super) fn imported(alias: &super::ast::Alias) -> Name {
    alias.asname.clone().unwrap_or_else(|| match alias.name.split_once('.') {
        Some((package, _)) => Rc::from(package),
        None => alias.name.clone(),
    })
}

/// The expressions directly inside an expression, a comprehension's clauses and a lambda's defaults among them.
pub(crate) fn children(expr: &Expr) -> Vec<&Expr> {
    fn clauses(clauses: &[Comprehension]) -> impl Iterator<Item = &Expr> {
        clauses.iter().flat_map(|clause| [&clause.target, &clause.iter].into_iter().chain(&clause.conditions))
    }
    match &*expr.kind {
        ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Imaginary(_)
        | ExprKind::Str(_)
        | ExprKind::Ellipsis
        | ExprKind::Name(_)
        | ExprKind::Yield(None) => vec![],
        ExprKind::FString(parts) => parts_of(parts),
        ExprKind::Attribute { value, .. }
        | ExprKind::Walrus { value, .. }
        | ExprKind::Starred(value)
        | ExprKind::Yield(Some(value))
        | ExprKind::YieldFrom(value) => vec![value],
        ExprKind::Subscript { value, index } => vec![value, index],
        ExprKind::Slice { lower, upper, step } => [lower, upper, step].into_iter().flatten().collect(),
        ExprKind::Call { callee, args, keywords } => {
            let args = args.iter().map(|arg| &arg.value);
            std::iter::once(callee).chain(args).chain(keywords.iter().map(|keyword| &keyword.value)).collect()
        }
        ExprKind::Unary { operand, .. } => vec![operand],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Compare { first, rest } => std::iter::once(first).chain(rest.iter().map(|(_, e)| e)).collect(),
        ExprKind::Conditional { test, body, orelse } => vec![test, body, orelse],
        ExprKind::And(all) | ExprKind::Or(all) | ExprKind::Tuple(all) | ExprKind::List(all) | ExprKind::Set(all) => {
            all.iter().collect()
        }
        ExprKind::Dict(items) => items.iter().flat_map(|(key, value)| key.iter().chain([value])).collect(),
        ExprKind::ListComp { element, clauses: inside }
        | ExprKind::SetComp { element, clauses: inside }
        | ExprKind::GeneratorExp { element, clauses: inside } => {
            std::iter::once(element).chain(clauses(inside)).collect()
        }
        ExprKind::DictComp { key, value, clauses: inside } => [key, value].into_iter().chain(clauses(inside)).collect(),
        ExprKind::Lambda(function) => defaults(&function.params).collect(),
    }
}

/// The defaults of parameters, which are evaluated outside the function.
pub(super) fn defaults(params: &Params) -> impl Iterator<Item = &Expr> {
    params.positional.iter().chain(&params.keyword_only).filter_map(|param| param.default.as_ref())
}

fn parts_of(parts: &[FPart]) -> Vec<&Expr> {
    let mut inside = vec![];
    for part in parts {
        if let FPart::Value { value, format, .. } = part {
            inside.push(value);
            inside.extend(parts_of(format));
        }
    }
    inside
}

/// The expressions directly inside a statement that are evaluated in its own scope; those of nested blocks not.
pub(super) fn expressions(stmt: &Stmt) -> Vec<&Expr> {
    match &stmt.kind {
        StmtKind::Expr(value) => vec![value],
        StmtKind::Assign { targets, value } => targets.iter().chain([value]).collect(),
        StmtKind::AugAssign { target, value, .. } => vec![target, value],
        StmtKind::AnnAssign { target, annotation, value } => [target, annotation].into_iter().chain(value).collect(),
        StmtKind::Return(value) => value.iter().collect(),
        StmtKind::If { test, .. } | StmtKind::While { test, .. } => vec![test],
        StmtKind::For { target, iter, .. } => vec![target, iter],
        StmtKind::Function(function) => {
            let annotations = function.params.positional.iter().chain(&function.params.keyword_only);
            let annotations = annotations.filter_map(|param| param.annotation.as_ref());
            let before = function.decorators.iter().chain(&function.returns);
            before.chain(defaults(&function.params)).chain(annotations).collect()
        }
        StmtKind::Class(class) => {
            let keywords = class.keywords.iter().map(|keyword| &keyword.value);
            class.decorators.iter().chain(&class.bases).chain(keywords).collect()
        }
        StmtKind::Raise { exception, cause } => exception.iter().chain(cause).collect(),
        StmtKind::Try { handlers, .. } => handlers.iter().filter_map(|handler| handler.exception.as_ref()).collect(),
        StmtKind::With { items, .. } => {
            items.iter().flat_map(|(item, target)| [item].into_iter().chain(target)).collect()
        }
        StmtKind::Assert { test, message } => [test].into_iter().chain(message).collect(),
        StmtKind::Delete(targets) => targets.iter().collect(),
        StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Pass
        | StmtKind::Import(_)
        | StmtKind::ImportFrom { .. }
        | StmtKind::Global(_)
        | StmtKind::Nonlocal(_) => vec![],
    }
}

/// What a statement assigns to or deletes.
pub(super) fn targets(stmt: &Stmt) -> Vec<&Expr> {
    match &stmt.kind {
        StmtKind::Assign { targets, .. } | StmtKind::Delete(targets) => targets.iter().collect(),
        StmtKind::AugAssign { target, .. } | StmtKind::AnnAssign { target, .. } | StmtKind::For { target, .. } => {
            vec![target]
        }
        StmtKind::With { items, .. } => items.iter().filter_map(|(_, target)| target.as_ref()).collect(),
        _ => vec![],
    }
}

/// The blocks directly inside a statement that belong to its own scope.
pub(super) fn blocks(stmt: &Stmt) -> Vec<&Body> {
    match &stmt.kind {
        StmtKind::If { body, orelse, .. }
        | StmtKind::While { body, orelse, .. }
        | StmtKind::For { body, orelse, .. } => {
            vec![body, orelse]
        }
        StmtKind::Try { body, handlers, orelse, finally } => {
            let handlers = handlers.iter().map(|handler| &handler.body);
            std::iter::once(body).chain(handlers).chain([orelse, finally]).collect()
        }
        StmtKind::With { body, .. } => vec![body],
        _ => vec![],
    }
}

/// What was met so far.
#[derive(Default)]
struct Names {
    bound: IndexSet<Name>,
    globals: IndexSet<Name>,
    nonlocals: IndexSet<Name>,
    is_generator: bool,
}

impl Names {
    fn finish(mut self, body: &Body) -> Scope {
        self.body(body);
        let Names { bound, globals, nonlocals, is_generator } = self;
        let locals = bound.into_iter().filter(|name| !globals.contains(name) && !nonlocals.contains(name)).collect();
        Scope {
            locals,
            globals: globals.into_iter().collect(),
            nonlocals: nonlocals.into_iter().collect(),
            is_generator,
        }
    }

    fn body(&mut self, body: &Body) {
        for stmt in body {
            self.statement(stmt);
        }
    }

    fn statement(&mut self, stmt: &Stmt) {
        for target in targets(stmt) {
            self.target(target);
        }
        match &stmt.kind {
            StmtKind::Function(function) => self.bind(&function.name),
            StmtKind::Class(class) => self.bind(&class.name),
            StmtKind::Import(names) | StmtKind::ImportFrom { names, .. } => {
                self.bound.extend(names.iter().map(imported));
            }
            StmtKind::Try { handlers, .. } => {
                self.bound.extend(handlers.iter().filter_map(|handler| handler.name.clone()));
            }
            StmtKind::Global(names) => self.globals.extend(names.iter().cloned()),
            StmtKind::Nonlocal(names) => self.nonlocals.extend(names.iter().cloned()),
            _ => {}
        }
        for expr in expressions(stmt) {
            self.expr(expr);
        }
        for body in blocks(stmt) {
            self.body(body);
        }
    }

    fn bind(&mut self, name: &Name) {
        self.bound.insert(name.clone());
    }

    fn target(&mut self, target: &Expr) {
        match &*target.kind {
            ExprKind::Name(name) => self.bind(name),
            ExprKind::Tuple(all) | ExprKind::List(all) => {
                for target in all {
                    self.target(target);
                }
            }
            ExprKind::Starred(target) => self.target(target),
            _ => {}
        }
    }

    /// What an expression binds: by `:=`, also inside a comprehension; a lambda's body is a scope of its own.
    fn expr(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Walrus { target, .. } => self.bind(target),
            ExprKind::Yield(_) | ExprKind::YieldFrom(_) => self.is_generator = true,
            _ => {}
        }
        for child in children(expr) {
            self.expr(child);
        }
    }
}
