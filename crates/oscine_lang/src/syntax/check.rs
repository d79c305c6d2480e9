//! What Python's compiler refuses after parsing: statements out of place, names declared in contradiction.
//!
//! One walk down the finished tree, in the order of the text, with the scopes around on a stack. The rules are those of
//! "Execution model" and "Simple statements" in the Python language reference.

use std::collections::HashSet;

use super::ast::{Alias, Body, Comprehension, Expr, ExprKind, Function, Keyword, Module, Name, Scope, Stmt, StmtKind};
use super::scope;
use crate::diagnostics::{Diagnostic, errors};
use crate::source::Span;

/// Everything in a module that Python refuses though it parses.
pub(super) fn module(module: &Module) -> Vec<Diagnostic> {
    let mut check = Check::default();
    check.future_imports(&module.body);
    check.enter(Place::Module, None, |check| check.body(&module.body));
    check.errors
}

/// Whether a statement is `from __future__ import ...`.
pub(super) fn is_future_import(stmt: &Stmt) -> bool {
    matches!(&stmt.kind, StmtKind::ImportFrom { module: Some(module), level: 0, .. } if &**module == "__future__")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Module,
    Class,
    Function,
}

/// A scope on the way down.
struct Level<'m> {
    place: Place,
    /// Its names; a module has no list of them.
    scope: Option<&'m Scope>,
    parameters: Vec<&'m Name>,
    /// Names that the text has used or bound so far.
    seen: HashSet<Name>,
    /// How many loops of this scope are around.
    loops: usize,
}

/// What an expression stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Where `*value` has no meaning.
    Plain,
    /// A display, whose elements may be `*value`.
    Display,
}

#[derive(Default)]
struct Check<'m> {
    errors: Vec<Diagnostic>,
    levels: Vec<Level<'m>>,
    /// The targets of the comprehensions around, innermost last.
    comprehensions: Vec<HashSet<&'m Name>>,
    /// Whether the walk is in what a comprehension iterates over.
    in_iterable: bool,
}

impl<'m> Check<'m> {
    fn refuse(&mut self, span: Span, words: impl Into<String>) {
        self.errors.push(errors::not_python(span, words));
    }

    fn enter(&mut self, place: Place, scope: Option<&'m Scope>, down: impl FnOnce(&mut Self)) {
        self.levels.push(Level { place, scope, parameters: vec![], seen: HashSet::new(), loops: 0 });
        let comprehensions = std::mem::take(&mut self.comprehensions);
        let in_iterable = std::mem::take(&mut self.in_iterable);
        down(self);
        self.comprehensions = comprehensions;
        self.in_iterable = in_iterable;
        self.levels.pop();
    }

    fn change_level(&mut self, change: impl FnOnce(&mut Level<'m>)) {
        if let Some(level) = self.levels.last_mut() {
            change(level);
        }
    }

    /// Notes that the text has used or bound a name.
    fn see(&mut self, name: &Name) {
        self.change_level(|level| {
            level.seen.insert(name.clone());
        });
    }

    fn place(&self) -> Place {
        self.levels.last().map_or(Place::Module, |level| level.place)
    }

    fn in_loop(&self) -> bool {
        self.levels.last().is_some_and(|level| level.loops > 0)
    }

    fn declared_global(&self, name: &Name) -> bool {
        self.levels.last().and_then(|level| level.scope).is_some_and(|scope| scope.globals.contains(name))
    }

    fn body(&mut self, body: &'m Body) {
        for stmt in body {
            self.statement(stmt);
        }
    }

    fn statement(&mut self, stmt: &'m Stmt) {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Return(_) if self.place() != Place::Function => self.refuse(span, "`return` outside a function"),
            StmtKind::Break if !self.in_loop() => self.refuse(span, "`break` outside a loop"),
            StmtKind::Continue if !self.in_loop() => self.refuse(span, "`continue` outside a loop"),
            StmtKind::Global(names) => {
                for name in names {
                    self.global(name, span);
                }
            }
            StmtKind::Nonlocal(names) => {
                for name in names {
                    self.nonlocal(name, span);
                }
            }
            StmtKind::ImportFrom { names, .. }
                if self.place() != Place::Module && names.iter().any(|alias| &*alias.name == "*") =>
            {
                self.refuse(span, "`import *` is only allowed at the top level of a file");
            }
            StmtKind::AnnAssign { target, .. } => {
                if let ExprKind::Name(name) = &*target.kind
                    && self.declared_global(name)
                {
                    self.refuse(span, format!("the annotated name `{name}` cannot be global"));
                }
            }
            StmtKind::Try { handlers, .. } => {
                let not_last = handlers.split_last().map_or(&[][..], |(_, others)| others);
                for handler in not_last.iter().filter(|handler| handler.exception.is_none()) {
                    self.refuse(handler.span, "an `except:` that catches everything must be the last one");
                }
            }
            StmtKind::Class(class) => self.keywords(&class.keywords),
            _ => {}
        }
        let targets = scope::targets(stmt);
        for target in &targets {
            self.target(target);
        }
        for expr in scope::expressions(stmt) {
            // Where a target may have a star is judged above.
            let is_target = targets.iter().any(|target| std::ptr::eq(*target, expr));
            self.expr(expr, if is_target { Inside::Display } else { Inside::Plain });
        }
        self.bound_by(stmt);
        match &stmt.kind {
            StmtKind::Function(function) => self.function(function),
            StmtKind::Class(class) => self.enter(Place::Class, Some(&class.scope), |check| check.body(&class.body)),
            StmtKind::While { body, orelse, .. } | StmtKind::For { body, orelse, .. } => {
                self.in_a_loop(body);
                self.body(orelse);
            }
            _ => {
                for body in scope::blocks(stmt) {
                    self.body(body);
                }
            }
        }
    }

    fn in_a_loop(&mut self, body: &'m Body) {
        self.change_level(|level| level.loops += 1);
        self.body(body);
        self.change_level(|level| level.loops -= 1);
    }

    /// Notes the names that a statement binds other than by an expression; an import counts for nothing in CPython.
    fn bound_by(&mut self, stmt: &'m Stmt) {
        let names: Vec<Name> = match &stmt.kind {
            StmtKind::Function(function) => vec![function.name.clone()],
            StmtKind::Class(class) => vec![class.name.clone()],
            StmtKind::Try { handlers, .. } => handlers.iter().filter_map(|handler| handler.name.clone()).collect(),
            _ => return,
        };
        for name in names {
            self.binding(&name, stmt.span);
            self.see(&name);
        }
    }

    fn binding(&mut self, name: &Name, span: Span) {
        if &**name == "__debug__" {
            self.refuse(span, "`__debug__` cannot be assigned to");
        }
    }

    fn function(&mut self, function: &'m Function) {
        let params = &function.params;
        let named = params.positional.iter().chain(&params.keyword_only).map(|param| (&param.name, param.span));
        let gathered = params.rest.iter().chain(&params.keywords).map(|name| (name, function.span));
        let mut parameters: Vec<&Name> = vec![];
        for (name, span) in named.chain(gathered) {
            if parameters.contains(&name) {
                self.refuse(span, format!("there are two parameters named `{name}`"));
            }
            self.binding(name, span);
            parameters.push(name);
        }
        self.enter(Place::Function, Some(&function.scope), |check| {
            check.change_level(|level| level.parameters = parameters);
            check.body(&function.body);
        });
    }

    fn global(&mut self, name: &'m Name, span: Span) {
        let Some(level) = self.levels.last() else { return };
        if level.parameters.contains(&name) {
            self.refuse(span, format!("`{name}` is a parameter and cannot be global"));
        } else if level.scope.is_some_and(|scope| scope.nonlocals.contains(name)) {
            self.refuse(span, format!("`{name}` is declared both nonlocal and global"));
        } else if level.seen.contains(name) {
            self.refuse(span, format!("`{name}` is used before its `global` declaration"));
        }
    }

    fn nonlocal(&mut self, name: &'m Name, span: Span) {
        let Some((level, around)) = self.levels.split_last() else { return };
        let mut functions = around.iter().rev().filter(|level| level.place == Place::Function);
        let binds = |scope: &Scope| scope.locals.contains(name) || scope.globals.contains(name);
        let binder = functions.find_map(|level| level.scope.filter(|scope| binds(scope)));
        if level.place == Place::Module {
            self.refuse(span, "`nonlocal` at the top level of a file");
        } else if level.parameters.contains(&name) {
            self.refuse(span, format!("`{name}` is a parameter and cannot be nonlocal"));
        } else if level.seen.contains(name) {
            self.refuse(span, format!("`{name}` is used before its `nonlocal` declaration"));
        } else if binder.is_none_or(|scope| scope.globals.contains(name)) {
            self.errors.push(errors::nonlocal_without_binding(span, name));
        }
    }

    fn keywords(&mut self, keywords: &[Keyword]) {
        let mut seen = HashSet::new();
        for keyword in keywords {
            if let Some(name) = &keyword.name
                && !seen.insert(name)
            {
                self.refuse(keyword.span, format!("the keyword argument `{name}` is given twice"));
            }
        }
    }

    /// A target of an assignment: where it may have stars.
    fn target(&mut self, target: &Expr) {
        match &*target.kind {
            ExprKind::Starred(_) => self.refuse(target.span, "a starred target must stand in a list or tuple"),
            ExprKind::Tuple(all) | ExprKind::List(all) => {
                let stars = |target: &&Expr| matches!(&*target.kind, ExprKind::Starred(_));
                if all.iter().filter(stars).count() > 1 {
                    self.refuse(target.span, "an assignment can have one starred target only");
                }
                for target in all {
                    match &*target.kind {
                        ExprKind::Starred(inner) => self.target(inner),
                        _ => self.target(target),
                    }
                }
            }
            ExprKind::Name(name) => self.binding(name, target.span),
            _ => {}
        }
    }

    fn expr(&mut self, expr: &'m Expr, inside: Inside) {
        let span = expr.span;
        match &*expr.kind {
            ExprKind::Name(name) if self.comprehensions.is_empty() => self.see(name),
            ExprKind::Starred(_) if inside == Inside::Plain => {
                self.refuse(span, "a starred expression cannot stand here");
            }
            ExprKind::Yield(_) | ExprKind::YieldFrom(_) => {
                if !self.comprehensions.is_empty() {
                    self.refuse(span, "`yield` inside a comprehension");
                } else if self.place() != Place::Function {
                    self.refuse(span, "`yield` outside a function");
                }
            }
            ExprKind::Walrus { target, .. } => self.walrus(target, span),
            ExprKind::Call { keywords, .. } => self.keywords(keywords),
            ExprKind::ListComp { element, clauses }
            | ExprKind::SetComp { element, clauses }
            | ExprKind::GeneratorExp { element, clauses } => return self.comprehension(&[element], clauses),
            ExprKind::DictComp { key, value, clauses } => return self.comprehension(&[key, value], clauses),
            _ => {}
        }
        let inside = match &*expr.kind {
            ExprKind::Tuple(_) | ExprKind::List(_) | ExprKind::Set(_) => Inside::Display,
            _ => Inside::Plain,
        };
        for child in scope::children(expr) {
            self.expr(child, inside);
        }
        if let ExprKind::Lambda(function) = &*expr.kind {
            self.function(function);
        }
    }

    fn walrus(&mut self, target: &'m Name, span: Span) {
        if self.in_iterable {
            self.refuse(span, "`:=` cannot be used in what a comprehension iterates over");
        } else if self.comprehensions.iter().any(|targets| targets.contains(target)) {
            self.refuse(span, format!("`:=` cannot rebind `{target}`, which the comprehension iterates with"));
        } else if !self.comprehensions.is_empty() && self.place() == Place::Class {
            self.refuse(span, "`:=` in a comprehension cannot be used in the body of a class");
        }
        self.binding(target, span);
        self.see(target);
    }

    /// A comprehension: only what its first clause iterates over is evaluated in the scope around it.
    fn comprehension(&mut self, elements: &[&'m Expr], clauses: &'m [Comprehension]) {
        let was_in_iterable = self.in_iterable;
        for (index, clause) in clauses.iter().enumerate() {
            self.in_iterable = true;
            self.expr(&clause.iter, Inside::Plain);
            self.in_iterable = was_in_iterable;
            if index == 0 {
                self.comprehensions.push(HashSet::new());
            }
            self.target(&clause.target);
            let mut names = vec![];
            names_of(&clause.target, &mut names);
            if let Some(targets) = self.comprehensions.last_mut() {
                targets.extend(names);
            }
        }
        for condition in clauses.iter().flat_map(|clause| &clause.conditions) {
            self.expr(condition, Inside::Plain);
        }
        for element in elements {
            // A starred element is newer Python, which the parser has reported.
            self.expr(element, Inside::Display);
        }
        self.comprehensions.pop();
    }

    /// `from __future__ import ...` stands before everything but the docstring, and names what exists.
    fn future_imports(&mut self, body: &Body) {
        const FEATURES: [&str; 10] = [
            "nested_scopes",
            "generators",
            "division",
            "absolute_import",
            "with_statement",
            "print_function",
            "unicode_literals",
            "barry_as_FLUFL",
            "generator_stop",
            "annotations",
        ];
        let is_docstring =
            |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Expr(e) if matches!(&*e.kind, ExprKind::Str(_)));
        let first = usize::from(body.first().is_some_and(is_docstring));
        let mut is_late = false;
        for stmt in &body[first..] {
            let StmtKind::ImportFrom { names, .. } = &stmt.kind else {
                is_late = true;
                continue;
            };
            if !is_future_import(stmt) {
                is_late = true;
                continue;
            }
            if is_late {
                self.refuse(stmt.span, "`from __future__` imports must stand at the beginning of the file");
            }
            let unknown = |alias: &&Alias| !FEATURES.contains(&&*alias.name);
            for Alias { name, span, .. } in names.iter().filter(unknown) {
                self.refuse(*span, format!("Python has no future feature `{name}`"));
            }
        }
    }
}

/// The names that a target binds.
fn names_of<'m>(target: &'m Expr, names: &mut Vec<&'m Name>) {
    match &*target.kind {
        ExprKind::Name(name) => names.push(name),
        ExprKind::Tuple(all) | ExprKind::List(all) => {
            for target in all {
                names_of(target, names);
            }
        }
        ExprKind::Starred(target) => names_of(target, names),
        _ => {}
    }
}
