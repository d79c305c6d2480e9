//! Statements.

use std::rc::Rc;

use crate::diagnostics::errors;
use crate::evaluate::value::{Name, Value};
use crate::ir::MessagePart;
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Stmt, StmtKind};
use crate::syntax::children;

use super::emit::FaultText;
use super::kind::{Closure, Kind, Lazy, Val};
use super::{Told, Walk, Walker};

impl Walker<'_> {
    /// Walks statements up to the first that cannot be passed. An error in one does not keep the others from being
    /// looked at.
    pub(crate) fn body(&mut self, body: &[Stmt]) -> Walk<()> {
        let mut result = Ok(());
        for statement in body {
            if !self.is_alive {
                break;
            }
            self.emit.line(statement.span);
            let mark = self.emit.pending_mark();
            let walked = self.at(statement.span, |walker| walker.statement(statement));
            self.emit.settle(mark, None);
            if walked.is_err() {
                self.poison_targets(statement);
                // What always faults is no error of the compiler's.
                if self.is_alive || !self.errors.is_empty() {
                    result = walked;
                }
            }
        }
        result
    }

    /// What a statement at fault would have assigned is unknown from then on.
    fn poison_targets(&mut self, statement: &Stmt) {
        for name in assigned_names(std::slice::from_ref(statement)) {
            if let super::scope::Place::Variable(scope) = self.place_of(&name) {
                self.scopes.set(scope, name, Val::poison());
            }
        }
    }

    fn statement(&mut self, statement: &Stmt) -> Walk<()> {
        match &statement.kind {
            StmtKind::Expr(expr) => {
                if let ExprKind::ListComp { element, clauses } = &*expr.kind {
                    return self.comprehension_for_effect(element, clauses, expr.span);
                }
                // A docstring or a lone constant does nothing.
                if !self.grow_variable(expr)? && !matches!(*expr.kind, ExprKind::Str(_) | ExprKind::Ellipsis) {
                    self.expr(expr)?;
                }
                Ok(())
            }
            StmtKind::Assign { targets, value } => {
                let value = self.expr(value)?;
                for target in targets {
                    self.assign_to(target, value.clone())?;
                }
                Ok(())
            }
            StmtKind::AugAssign { target, op, value } => self.augmented(target, *op, value, statement.span),
            StmtKind::AnnAssign { target, value, .. } => match value {
                Some(value) => {
                    let value = self.expr(value)?;
                    self.assign_to(target, value)
                }
                None => Ok(()),
            },
            StmtKind::Return(value) => {
                let value = match value {
                    Some(value) => self.expr(value)?,
                    None => Val::none(),
                };
                if !self.is_alive {
                    return Ok(());
                }
                // A `finally` may return something else.
                let finished = self.finish_call();
                if self.is_alive {
                    self.return_value(value);
                }
                finished
            }
            StmtKind::If { test, body, orelse } => {
                let condition = self.condition(test)?;
                let mut results = (Ok(()), Ok(()));
                let (then, otherwise) = (&mut results.0, &mut results.1);
                self.branch(
                    condition,
                    |walker| {
                        walker.narrow(test, true);
                        *then = walker.body(body);
                        Ok(Val::none())
                    },
                    |walker| {
                        walker.narrow(test, false);
                        *otherwise = walker.body(orelse);
                        Ok(Val::none())
                    },
                )?;
                // Errors inside were told; the variables they would have assigned are unknown already.
                Ok(())
            }
            StmtKind::While { test, body, orelse } => self.while_loop(statement.span, test, body, orelse),
            StmtKind::For { target, iter, body, orelse } => {
                let items = self.expr(iter)?;
                self.for_loop(statement.span, target, &items, iter.span, body, orelse)
            }
            StmtKind::Break => {
                let finished = self.finish_turn();
                if self.is_alive {
                    self.break_loop();
                }
                finished
            }
            StmtKind::Continue => {
                let finished = self.finish_turn();
                if self.is_alive {
                    self.continue_loop();
                }
                finished
            }
            StmtKind::Pass | StmtKind::Global(_) | StmtKind::Nonlocal(_) => Ok(()),
            StmtKind::Function(def) => {
                let closure = self.closure(def)?;
                if !def.decorators.is_empty() {
                    return self.refuse(errors::decorator_in_process(def.span));
                }
                self.bind(&def.name.clone(), closure, def.span)
            }
            StmtKind::Raise { exception, .. } => self.raise(exception.as_ref(), statement.span),
            StmtKind::Assert { test, message } => self.assert(test, message.as_ref(), statement.span),
            StmtKind::Delete(targets) => {
                for target in targets {
                    let ExprKind::Name(name) = &*target.kind else {
                        return self.refuse(errors::not_in_process(target.span, "`del` of an item or an attribute"));
                    };
                    self.bind(name, Val { kind: Kind::Unbound, ops: vec![] }, target.span)?;
                }
                Ok(())
            }
            StmtKind::Class(class) => self.refuse(errors::not_in_process(class.span, "a class definition")),
            StmtKind::Import(_) | StmtKind::ImportFrom { .. } => {
                self.refuse(errors::not_in_process(statement.span, "`import`"))
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                self.try_statement(statement.span, body, handlers, orelse, finally)
            }
            StmtKind::With { items, .. } => {
                let span = items.first().map_or(statement.span, |(item, _)| item.span);
                self.refuse(errors::not_in_process(span, "`with`"))
            }
        }
    }

    /// A function made while sound runs.
    pub(crate) fn closure(&mut self, def: &Rc<ast::Function>) -> Walk<Val> {
        if def.scope.is_generator {
            return self.refuse(errors::not_in_process(def.span, "a generator function"));
        }
        let scope = self.scopes.present;
        self.scopes.list[scope].is_captured = true;
        for name in &def.scope.nonlocals {
            if let super::scope::Place::Variable(owner) = self.place_of(name) {
                self.scopes.shared.push((owner, name.clone()));
            }
        }
        let mut defaults = vec![];
        for param in &def.params.positional {
            if let Some(default) = &param.default {
                defaults.push(self.expr(default)?);
            }
        }
        let mut keyword_defaults = vec![];
        for param in &def.params.keyword_only {
            if let Some(default) = &param.default {
                keyword_defaults.push((param.name.clone(), self.expr(default)?));
            }
        }
        let closure = Closure { def: def.clone(), scope, defaults, keyword_defaults };
        Ok(Val { kind: Kind::Closure(Rc::new(closure)), ops: vec![] })
    }

    // Assignment.

    /// `target = value`
    pub(crate) fn assign_to(&mut self, target: &Expr, value: Val) -> Walk<()> {
        if value.is_poison() {
            return Err(Told);
        }
        match &*target.kind {
            ExprKind::Name(name) => self.bind(name, value, target.span),
            ExprKind::Tuple(targets) | ExprKind::List(targets) => self.unpack(targets, &value, target.span),
            ExprKind::Attribute { value: object, name, .. } => {
                let object = self.expr(object)?;
                self.at(target.span, |walker| walker.set_attribute(&object, name, &value))
            }
            ExprKind::Subscript { value: object, index } => {
                let object = self.expr(object)?;
                let index = self.expr(index)?;
                self.at(target.span, |walker| walker.set_item(&object, &index, &value))
            }
            _ => self.refuse(errors::not_in_process(target.span, "this target of an assignment")),
        }
    }

    fn unpack(&mut self, targets: &[Expr], value: &Val, span: Span) -> Walk<()> {
        let items = self.at(span, |walker| walker.items_of(value))?;
        let star = targets.iter().position(|target| matches!(*target.kind, ExprKind::Starred(_)));
        let fits = star.map_or(items.len() == targets.len(), |_| items.len() + 1 >= targets.len());
        if !fits {
            return self.refuse(errors::wrong_count(span, targets.len() - usize::from(star.is_some()), items.len()));
        }
        let Some(star) = star else {
            for (target, item) in targets.iter().zip(items) {
                self.assign_to(target, item)?;
            }
            return Ok(());
        };
        let after = targets.len() - star - 1;
        let middle = items.len() - after;
        for (target, item) in targets[..star].iter().zip(&items[..star]) {
            self.assign_to(target, item.clone())?;
        }
        if let ExprKind::Starred(rest) = &*targets[star].kind {
            let list = self.new_list(&items[star..middle])?;
            self.assign_to(rest, list)?;
        }
        for (target, item) in targets[star + 1..].iter().zip(&items[middle..]) {
            self.assign_to(target, item.clone())?;
        }
        Ok(())
    }

    /// `target op= value`: the target's parts are evaluated once.
    fn augmented(&mut self, target: &Expr, op: ast::BinOp, value: &Expr, span: Span) -> Walk<()> {
        match &*target.kind {
            ExprKind::Name(name) => {
                let present = self.name(name, target.span)?;
                let value = self.expr(value)?;
                let Some(result) = self.at(span, |walker| walker.updated(op, &present, &value))? else {
                    return Ok(());
                };
                self.bind(name, result, target.span)
            }
            ExprKind::Attribute { value: object, name, .. } => {
                let object = self.expr(object)?;
                let present = self.at(target.span, |walker| walker.attribute(&object, name))?;
                let value = self.expr(value)?;
                let Some(result) = self.at(span, |walker| walker.updated(op, &present, &value))? else {
                    return Ok(());
                };
                self.at(target.span, |walker| walker.set_attribute(&object, name, &result))
            }
            ExprKind::Subscript { value: object, index } => {
                let object = self.expr(object)?;
                let index = self.expr(index)?;
                let present = self.at(target.span, |walker| walker.item(&object, &index))?;
                let value = self.expr(value)?;
                let Some(result) = self.at(span, |walker| walker.updated(op, &present, &value))? else {
                    // What an array of indices or a mask selects is a copy.
                    if super::ndarray::is_selecting(&index) {
                        return self.at(target.span, |walker| walker.set_item(&object, &index, &present));
                    }
                    return Ok(());
                };
                self.at(target.span, |walker| walker.set_item(&object, &index, &result))
            }
            _ => self.refuse(errors::not_in_process(target.span, "this target of an assignment")),
        }
    }

    /// What `present op= value` binds; `None` if an array was changed where it lies.
    fn updated(&mut self, op: ast::BinOp, present: &Val, value: &Val) -> Walk<Option<Val>> {
        if self.in_place(op, present, value)? {
            return Ok(None);
        }
        let method = format!("__i{}__", super::objects::special_name(op));
        if self.has_method(present, &method) {
            return self.call_method(present, &method, std::slice::from_ref(value)).map(Some);
        }
        self.binary(op, present, value).map(Some)
    }

    // Exceptions.

    fn assert(&mut self, test: &Expr, message: Option<&Expr>, span: Span) -> Walk<()> {
        let condition = self.condition(test)?;
        let mut result = Ok(());
        self.branch(
            condition,
            |_| Ok(Val::none()),
            |walker| {
                result = walker.raise_with("AssertionError", message.into_iter(), span);
                Ok(Val::none())
            },
        )?;
        result
    }

    fn raise(&mut self, exception: Option<&Expr>, span: Span) -> Walk<()> {
        let Some(exception) = exception else {
            return self.refuse(errors::not_in_process(span, "`raise` without an exception"));
        };
        let (class, args): (&Expr, &[ast::Arg]) = match &*exception.kind {
            ExprKind::Call { callee, args, .. } => (callee, args),
            _ => (exception, &[]),
        };
        let class = self.expr(class)?;
        let Kind::Static(Value::Class(class)) = &class.kind else {
            return self.refuse(errors::not_in_process(exception.span, "raising what is not an exception's class"));
        };
        let name = class.name.clone();
        if class.is_user {
            let bases = class.mro.borrow().iter().map(|base| base.name.to_string()).collect();
            self.raised.insert(name.to_string(), bases);
        }
        self.raise_with(&name, args.iter().map(|arg| &arg.value), span)
    }

    /// Ends in silence with an exception whose words may have values in them.
    fn raise_with<'e>(&mut self, exception: &str, args: impl Iterator<Item = &'e Expr>, span: Span) -> Walk<()> {
        let mut message = vec![];
        let mut values = vec![];
        for (i, arg) in args.enumerate() {
            if i > 0 {
                message.push(MessagePart::Text(", ".to_owned()));
            }
            self.message_of(arg, &mut message, &mut values)?;
        }
        let text = FaultText { exception: exception.to_owned(), message };
        self.at(span, |walker| walker.fault(text, &values));
        Ok(())
    }

    /// An expression as parts of a message: strings, f-strings and numbers; at most four running values.
    fn message_of(
        &mut self,
        expr: &Expr,
        parts: &mut Vec<MessagePart>,
        values: &mut Vec<crate::ir::Operand>,
    ) -> Walk<()> {
        if let ExprKind::FString(pieces) = &*expr.kind {
            for piece in pieces {
                match piece {
                    ast::FPart::Text(text) => parts.push(MessagePart::Text(text.to_string())),
                    ast::FPart::Value { value, .. } => self.message_of(value, parts, values)?,
                }
            }
            Ok(())
        } else {
            let value = self.expr(expr)?;
            let part = match (&value.kind, value.ops.first()) {
                (Kind::Static(Value::Str(text)), _) => MessagePart::Text(text.to_string()),
                (Kind::Static(Value::None), _) => MessagePart::Text("None".to_owned()),
                (Kind::Bool, _) => MessagePart::Int,
                (Kind::Int, _) if values.len() < 4 => MessagePart::Int,
                (Kind::Float { .. }, _) if values.len() < 4 => MessagePart::Float,
                _ => MessagePart::Text("...".to_owned()),
            };
            if !matches!(part, MessagePart::Text(_)) {
                let op = self.emit.as_int(value.op());
                values.push(op);
            }
            parts.push(part);
            Ok(())
        }
    }

    /// A while loop.
    fn while_loop(&mut self, span: Span, test: &Expr, body: &[Stmt], orelse: &[Stmt]) -> Walk<()> {
        let mut names = assigned_names(body);
        walrus_names(test, &mut names);
        names.extend(assigned_names(orelse));
        let names = self.variables_of(&names);
        self.looping(
            span,
            &names,
            true,
            |walker, exit| {
                let condition = walker.condition(test)?;
                if !walker.is_alive {
                    return Ok(());
                }
                let is_over = walker.emit.not(condition);
                walker.leave(is_over, exit);
                Ok(())
            },
            |walker| {
                walker.narrow(test, true);
                walker.body(body)
            },
            |_| {},
            |walker| walker.body(orelse),
        )
    }

    /// A lazy value for something that is iterated.
    pub(crate) fn lazily(&mut self, lazy: Lazy) -> Val {
        if let Lazy::Generator(_, scope) = &lazy {
            self.scopes.list[*scope].is_captured = true;
        }
        Val::lazy(lazy)
    }
}

/// The names that statements assign in their scope.
pub(crate) fn assigned_names(body: &[Stmt]) -> Vec<Name> {
    let mut names = vec![];
    for statement in body {
        collect(statement, &mut names);
    }
    names
}

fn collect(statement: &Stmt, names: &mut Vec<Name>) {
    let bodies = |bodies: &[&[Stmt]], names: &mut Vec<Name>| {
        for body in bodies {
            for statement in *body {
                collect(statement, names);
            }
        }
    };
    match &statement.kind {
        StmtKind::Expr(value) | StmtKind::Return(Some(value)) => {
            names.extend(super::growing::growth_of(value).map(|(list, ..)| list.clone()));
            walrus_names(value, names);
        }
        StmtKind::Assign { targets, value } => {
            targets.iter().for_each(|target| target_names(target, names));
            walrus_names(value, names);
        }
        StmtKind::AugAssign { target, value, .. } => {
            target_names(target, names);
            walrus_names(value, names);
        }
        StmtKind::AnnAssign { target, value: Some(value), .. } => {
            target_names(target, names);
            walrus_names(value, names);
        }
        StmtKind::If { test, body, orelse } | StmtKind::While { test, body, orelse } => {
            walrus_names(test, names);
            bodies(&[body, orelse], names);
        }
        StmtKind::For { target, iter, body, orelse } => {
            target_names(target, names);
            walrus_names(iter, names);
            bodies(&[body, orelse], names);
        }
        StmtKind::Function(def) => names.push(def.name.clone()),
        StmtKind::Class(class) => names.push(class.name.clone()),
        StmtKind::Import(aliases) => names.extend(aliases.iter().map(bound_name)),
        StmtKind::ImportFrom { names: aliases, .. } => names.extend(aliases.iter().map(bound_name)),
        StmtKind::Try { body, handlers, orelse, finally } => {
            bodies(&[body, orelse, finally], names);
            for handler in handlers {
                names.extend(handler.name.clone());
                bodies(&[&handler.body], names);
            }
        }
        StmtKind::With { items, body } => {
            items.iter().filter_map(|(_, target)| target.as_ref()).for_each(|target| target_names(target, names));
            bodies(&[body], names);
        }
        StmtKind::Delete(targets) => targets.iter().for_each(|target| target_names(target, names)),
        StmtKind::Assert { test, .. } => walrus_names(test, names),
        _ => {}
    }
}

/// The name that an import binds: of `import a.b` the first part.
fn bound_name(alias: &ast::Alias) -> Name {
    let first = alias.name.split('.').next().unwrap_or_default();
    alias.asname.clone().unwrap_or_else(|| Name::from(first))
}

pub(crate) fn target_names(target: &Expr, names: &mut Vec<Name>) {
    match &*target.kind {
        ExprKind::Name(name) => names.push(name.clone()),
        ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|item| target_names(item, names)),
        ExprKind::Starred(item) => target_names(item, names),
        _ => {}
    }
}

/// The names that `:=` assigns inside an expression.
pub(crate) fn walrus_names(expr: &Expr, names: &mut Vec<Name>) {
    if let ExprKind::Walrus { target, .. } = &*expr.kind {
        names.push(target.clone());
    }
    for child in children(expr) {
        walrus_names(child, names);
    }
}
