//! Whether `process` takes samples or blocks, read off how it uses its arguments.
//!
//! An argument that is indexed, iterated, measured with `len`, asked for an attribute, or given to a numpy or scipy
//! function (by itself, in arithmetic, or in a tuple or list of arrays; `[x]` and `[x, 0.0]` are lists of numbers) is an array of one block; so is one handed on to a
//! function or method of the script that treats it so, `__call__` included. Where a method's object is not known before
//! sound runs, the methods of that name of all classes are looked at. An annotation settles it. One such argument makes
//! the whole script block form.

use std::collections::HashSet;
use std::rc::Rc;

use crate::evaluate::value::{Function, Module, Name, Value};
use crate::library;
use crate::syntax::ast::{self, Expr, ExprKind, Stmt, StmtKind};
use crate::syntax::children;

/// The built-ins that go through their argument.
const ITERATING: [&str; 8] = ["enumerate", "iter", "len", "list", "reversed", "sum", "tuple", "zip"];

/// The function behind a callable value, and how many of its parameters are bound already.
pub fn definition(value: &Value) -> Option<(Rc<Function>, usize)> {
    match value {
        Value::Function(function) => Some((function.clone(), 0)),
        Value::Method(method) => Some((method.function.clone(), 1)),
        Value::Instance(instance) => match instance.class.lookup("__call__")?.0 {
            Value::Function(function) => Some((function, 1)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether `process`, whose first `bound` parameters are bound, takes whole blocks.
pub fn is_block_form(process: &Rc<Function>, bound: usize) -> bool {
    let params = &process.def.params.positional[bound..];
    let arrays = arrays_of(process, &mut vec![]);
    params.iter().any(|param| match &param.annotation {
        Some(annotation) => {
            !matches!(&*annotation.kind, ExprKind::Name(name) if matches!(&**name, "float" | "int" | "bool"))
        }
        None => arrays.contains(&param.name),
    })
}

/// The names that a function uses as arrays. Functions on the way to it are not looked at again.
fn arrays_of(function: &Rc<Function>, on_the_way: &mut Vec<*const ast::Function>) -> HashSet<Name> {
    let pointer = Rc::as_ptr(&function.def);
    if on_the_way.contains(&pointer) {
        return HashSet::new();
    }
    on_the_way.push(pointer);
    let mut uses = Uses { module: &function.module, arrays: HashSet::new(), on_the_way };
    uses.body(&function.def.body);
    let arrays = uses.arrays;
    on_the_way.pop();
    arrays
}

struct Uses<'u> {
    module: &'u Rc<Module>,
    arrays: HashSet<Name>,
    on_the_way: &'u mut Vec<*const ast::Function>,
}

impl Uses<'_> {
    fn body(&mut self, body: &[Stmt]) {
        body.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt) {
        match &statement.kind {
            StmtKind::Expr(value) | StmtKind::Return(Some(value)) => self.expr(value),
            StmtKind::Assign { targets, value } => {
                targets.iter().for_each(|target| self.expr(target));
                self.expr(value);
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target);
                self.expr(value);
            }
            StmtKind::AnnAssign { target, value, .. } => {
                self.expr(target);
                value.iter().for_each(|value| self.expr(value));
            }
            StmtKind::If { test, body, orelse } | StmtKind::While { test, body, orelse } => {
                self.expr(test);
                self.body(body);
                self.body(orelse);
            }
            StmtKind::For { target, iter, body, orelse } => {
                self.mark(iter);
                self.expr(iter);
                self.expr(target);
                self.body(body);
                self.body(orelse);
            }
            StmtKind::Function(def) => self.body(&def.body),
            StmtKind::Try { body, handlers, orelse, finally } => {
                self.body(body);
                handlers.iter().for_each(|handler| self.body(&handler.body));
                self.body(orelse);
                self.body(finally);
            }
            StmtKind::With { items, body } => {
                items.iter().for_each(|(item, _)| self.expr(item));
                self.body(body);
            }
            StmtKind::Assert { test, .. } => self.expr(test),
            StmtKind::Raise { exception, .. } => exception.iter().for_each(|exception| self.expr(exception)),
            _ => {}
        }
    }

    fn mark(&mut self, expr: &Expr) {
        if let ExprKind::Name(name) = &*expr.kind {
            self.arrays.insert(name.clone());
        }
    }

    /// What is given to a numpy function, by itself or as a part of arithmetic or a display.
    fn mark_given(&mut self, expr: &Expr) {
        self.mark(expr);
        match &*expr.kind {
            ExprKind::Tuple(_) | ExprKind::List(_) if is_of_samples(expr) => {}
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                let is_display = |item: &Expr| matches!(&*item.kind, ExprKind::Tuple(_) | ExprKind::List(_));
                items.iter().filter(|item| !is_display(item)).for_each(|part| self.mark_given(part));
            }
            ExprKind::Binary { .. } | ExprKind::Unary { .. } | ExprKind::Compare { .. } | ExprKind::Starred(_) => {
                children(expr).into_iter().for_each(|part| self.mark_given(part));
            }
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Subscript { value, .. } | ExprKind::Attribute { value, .. } => self.mark(value),
            ExprKind::ListComp { clauses, .. }
            | ExprKind::SetComp { clauses, .. }
            | ExprKind::DictComp { clauses, .. }
            | ExprKind::GeneratorExp { clauses, .. } => clauses.iter().for_each(|clause| self.mark(&clause.iter)),
            ExprKind::Call { callee, args, keywords } => {
                if self.takes_arrays(callee) {
                    args.iter().for_each(|arg| self.mark_given(&arg.value));
                    keywords.iter().for_each(|keyword| self.mark_given(&keyword.value));
                } else {
                    for (function, bound) in self.callees(callee) {
                        self.handed_on(&function, bound, args, keywords);
                    }
                }
            }
            ExprKind::Lambda(def) => self.body(&def.body),
            _ => {}
        }
        children(expr).into_iter().for_each(|child| self.expr(child));
    }

    /// Marks the arguments that the called function uses as arrays.
    fn handed_on(&mut self, function: &Rc<Function>, bound: usize, args: &[ast::Arg], keywords: &[ast::Keyword]) {
        let arrays = arrays_of(function, self.on_the_way);
        if arrays.is_empty() {
            return;
        }
        let params = &function.def.params.positional;
        for (arg, param) in args.iter().zip(params.iter().skip(bound)) {
            if arrays.contains(&param.name) {
                self.mark(&arg.value);
            }
        }
        for keyword in keywords {
            if keyword.name.as_ref().is_some_and(|name| arrays.contains(name)) {
                self.mark(&keyword.value);
            }
        }
    }

    fn takes_arrays(&self, callee: &Expr) -> bool {
        match &*callee.kind {
            ExprKind::Name(name) => match self.module.globals.get(name) {
                Some(value) => is_numeric(&value),
                None => ITERATING.contains(&&**name),
            },
            ExprKind::Attribute { .. } => self.value_of(callee).is_some_and(|value| is_numeric(&value)),
            _ => false,
        }
    }

    /// The live value of a name or of an attribute of one.
    fn value_of(&self, expr: &Expr) -> Option<Value> {
        match &*expr.kind {
            ExprKind::Name(name) => self.module.globals.get(name).or_else(|| library::builtin(name)),
            ExprKind::Attribute { value, name, .. } => match self.value_of(value)? {
                Value::Module(module) => module.globals.get(name),
                Value::Instance(instance) => {
                    instance.attributes.get(name).or_else(|| instance.class.lookup(name).map(|(member, _)| member))
                }
                Value::Class(class) => class.lookup(name).map(|(member, _)| member),
                _ => None,
            },
            ExprKind::Subscript { value, .. } => match self.value_of(value)? {
                Value::List(list) => list.0.borrow().first().cloned(),
                Value::Tuple(items) => items.first().cloned(),
                _ => None,
            },
            _ => None,
        }
    }

    /// The functions of the script that may be called, and how many of their parameters the call binds.
    fn callees(&self, callee: &Expr) -> Vec<(Rc<Function>, usize)> {
        if self.value_of(callee).is_some() {
            return self.resolve(callee).into_iter().collect();
        }
        let methods = |name: &str| self.methods(name);
        match &*callee.kind {
            ExprKind::Attribute { name, .. } => {
                let known = methods(name);
                if known.is_empty() { methods("__call__") } else { known }
            }
            ExprKind::Name(_) | ExprKind::Subscript { .. } => methods("__call__"),
            _ => vec![],
        }
    }

    /// The methods of one name of the script's classes.
    fn methods(&self, name: &str) -> Vec<(Rc<Function>, usize)> {
        let globals = self.module.globals.0.borrow();
        let classes = globals.values().filter_map(|value| match value {
            Value::Class(class) if class.is_user => class.lookup(name),
            _ => None,
        });
        classes
            .filter_map(|(member, _)| match member {
                Value::Function(function) => Some((function, 1)),
                _ => None,
            })
            .collect()
    }

    /// The function of the script that is called, and how many of its parameters the call binds.
    fn resolve(&self, callee: &Expr) -> Option<(Rc<Function>, usize)> {
        let is_method = match &*callee.kind {
            ExprKind::Attribute { value, .. } => matches!(self.value_of(value), Some(Value::Instance(_))),
            _ => false,
        };
        match self.value_of(callee)? {
            Value::Function(function) => Some((function, usize::from(is_method))),
            value => definition(&value),
        }
    }
}

/// Whether a display given to numpy is one of numbers: `[x]`, which a block needs no list around, or one with a number in it.
fn is_of_samples(display: &Expr) -> bool {
    match &*display.kind {
        ExprKind::List(items) if items.len() == 1 => true,
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            items.iter().any(|item| matches!(&*item.kind, ExprKind::Int(_) | ExprKind::Float(_)))
        }
        _ => false,
    }
}

/// Whether a function is numpy's or scipy's.
fn is_numeric(value: &Value) -> bool {
    match value {
        Value::Builtin(entry) => entry.name.starts_with("numpy.") || entry.name.starts_with("scipy."),
        Value::Dtype(_) => true,
        _ => false,
    }
}
