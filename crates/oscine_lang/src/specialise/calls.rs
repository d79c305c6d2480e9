//! Calls: functions of the script are inlined, those of the library lowered by rules.

use std::rc::Rc;

use crate::diagnostics::errors;
use crate::evaluate::value::{self, Module, Name, Value};
use crate::library::Audio;
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Stmt, StmtKind};

use super::kind::{Callee, Kind, Val};
use super::scope::{Around, Scope};
use super::{Told, Walk, Walker};

/// The arguments of a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallArgs {
    pub(crate) positional: Vec<Val>,
    pub(crate) keywords: Vec<(Name, Val)>,
}

impl CallArgs {
    pub(crate) fn new(positional: Vec<Val>) -> Self {
        Self { positional, keywords: vec![] }
    }

    /// Argument `index`, or the keyword `name`.
    pub(crate) fn get(&self, index: usize, name: &str) -> Option<&Val> {
        self.positional
            .get(index)
            .or_else(|| self.keywords.iter().find(|(known, _)| &**known == name).map(|(_, value)| value))
    }
}

/// A function as the walker calls it, wherever it comes from.
struct Target<'t> {
    def: &'t Rc<ast::Function>,
    module: Rc<Module>,
    around: Around,
    defaults: Vec<Val>,
    keyword_defaults: Vec<(Name, Val)>,
}

/// The deepest that a function may be inlined into itself, for recursion on constants.
const MOST_RECURSION: usize = 24;

/// The deepest that calls may be inlined at all.
const MOST_DEPTH: usize = 120;

impl Walker<'_> {
    /// A call in the text.
    pub(crate) fn call_expr(
        &mut self,
        callee: &Expr,
        args: &[ast::Arg],
        keywords: &[ast::Keyword],
        span: Span,
    ) -> Walk<Val> {
        if let Some(result) = self.super_call(callee, args)? {
            return Ok(result);
        }
        let callee = self.expr(callee)?;
        let is_numeric =
            matches!(&callee.kind, Kind::Static(Value::Builtin(entry)) if entry.name.starts_with("numpy."));
        let mut given = CallArgs::default();
        for arg in args {
            if let (false, ExprKind::GeneratorExp { .. }) = (arg.starred, &*arg.value.kind) {
                let scope = self.scopes.present;
                given.positional.push(self.lazily(super::kind::Lazy::Generator(arg.value.clone(), scope)));
                continue;
            }
            let value = if is_numeric { self.array_operand(&arg.value)? } else { self.expr(&arg.value)? };
            if arg.starred {
                given.positional.extend(self.at(arg.value.span, |walker| walker.items_of(&value))?);
            } else {
                given.positional.push(value);
            }
        }
        for keyword in keywords {
            let value = self.expr(&keyword.value)?;
            match &keyword.name {
                Some(name) => given.keywords.push((name.clone(), value)),
                None => given.keywords.extend(self.at(keyword.span, |walker| walker.named_items(&value))?),
            }
        }
        self.at(span, |walker| walker.call(&callee, given))
    }

    /// `super()`, written as such.
    fn super_call(&mut self, callee: &Expr, args: &[ast::Arg]) -> Walk<Option<Val>> {
        let ExprKind::Name(name) = &*callee.kind else { return Ok(None) };
        if &**name != "super" || !args.is_empty() {
            return Ok(None);
        }
        let receiver = self.scopes.list[self.scopes.present].receiver.clone();
        match receiver {
            Some((class, receiver)) => Ok(Some(super::objects::super_of(class, receiver))),
            None => self.refuse(errors::not_in_process(callee.span, "`super()` outside a method")),
        }
    }

    /// Calls whatever can be called.
    pub(crate) fn call(&mut self, callee: &Val, args: CallArgs) -> Walk<Val> {
        if args.positional.iter().chain(args.keywords.iter().map(|(_, value)| value)).any(Val::is_poison) {
            return Err(Told);
        }
        match &callee.kind {
            Kind::Static(value) => self.call_value(&value.clone(), args),
            Kind::OneOf(values) => {
                let values = values.clone();
                self.call_one_of(callee.op(), &values, 0, args)
            }
            Kind::Closure(closure) => {
                let closure = closure.clone();
                let target = Target {
                    def: &closure.def,
                    module: self.scopes.list[closure.scope].module.clone(),
                    around: Around::Scope(closure.scope),
                    defaults: closure.defaults.clone(),
                    keyword_defaults: closure.keyword_defaults.clone(),
                };
                self.inline(&target, None, args)
            }
            Kind::Method(bound) => {
                let receiver = Val::new(bound.0.clone(), callee.ops.clone());
                match bound.1.clone() {
                    Callee::Function(function) => self.call_function(&function, Some(receiver), args),
                    Callee::Builtin(name) => self.builtin_method(&receiver, &name, args),
                    Callee::Entry(entry) => {
                        let mut all = vec![receiver];
                        all.extend(args.positional);
                        self.library_call(entry, CallArgs { positional: all, keywords: args.keywords })
                    }
                    Callee::Named(name) => self.call_method_with(&receiver, &name, args),
                }
            }
            kind if kind.is_object() => self.call_method_with(callee, "__call__", args),
            Kind::Poison => Err(Told),
            _ => {
                let span = self.span;
                self.refuse(errors::not_callable(span, &callee.kind.type_name()))
            }
        }
    }

    /// One of several functions, chosen while sound runs.
    fn call_one_of(
        &mut self,
        index: crate::ir::Operand,
        values: &Rc<Vec<Value>>,
        at: usize,
        args: CallArgs,
    ) -> Walk<Val> {
        let path = self.path_below(self.span, 1000 + at);
        if at + 1 == values.len() {
            let value = values[at].clone();
            return self.on_path(path, |walker| walker.call_value(&value, args));
        }
        let is_this = self.emit.int_compare(crate::ir::Compare::Eq, index, crate::ir::Operand::I64(at as i64));
        let value = values[at].clone();
        let others = values.clone();
        let same_args = args.clone();
        self.branch(
            is_this,
            |walker| walker.on_path(path, |walker| walker.call_value(&value, args)),
            |walker| walker.call_one_of(index, &others, at + 1, same_args),
        )
    }

    fn call_value(&mut self, value: &Value, args: CallArgs) -> Walk<Val> {
        let span = self.span;
        match value {
            Value::Function(function) => self.call_function(function, None, args),
            Value::Method(method) => {
                let receiver = self.heap.live(&method.receiver, "");
                self.call_function(&method.function, Some(receiver), args)
            }
            Value::Builtin(entry) => match entry.audio {
                // What `__iter__` returns is gone through once, from the start.
                Audio::LoadOnly if entry.name == "iter" && self.is_in_iter() => self.library_call(entry, args),
                Audio::LoadOnly => self.refuse(errors::load_only(span, entry.name)),
                _ => self.library_call(entry, args),
            },
            Value::BuiltinMethod(method) => {
                let receiver = self.heap.live(&method.receiver, "");
                self.builtin_method(&receiver, &method.name, args)
            }
            Value::Bound(bound) => {
                let mut all: Vec<Val> = bound.captured.iter().map(|value| self.heap.live(value, "")).collect();
                all.extend(args.positional);
                let entry = bound.entry;
                self.library_call(entry, CallArgs { positional: all, keywords: args.keywords })
            }
            Value::StaticMethod(function) => self.call_value(function, args),
            Value::Class(class) if !class.is_user => match class.entry {
                Some(entry) => self.library_call(entry, args),
                None => self.refuse(errors::load_only(span, &class.name)),
            },
            Value::Class(class) if !super::heap::field_names(class).is_empty() => self.new_record(class, args),
            Value::Class(class) => self.new_object(class, args),
            Value::Dtype(dtype) => match args.positional.first() {
                Some(value) => self.cast(&value.clone(), *dtype),
                None => self.refuse(errors::wrong_arguments(span, "a numpy type takes one argument")),
            },
            Value::Instance(_) => {
                let object = self.heap.live(value, "");
                self.call_method_with(&object, "__call__", args)
            }
            _ => self.refuse(errors::not_callable(span, &Kind::Static(value.clone()).type_name())),
        }
    }

    fn is_in_iter(&self) -> bool {
        let scope = &self.scopes.list[self.scopes.present];
        scope.receiver.is_some() && scope.def.as_ref().is_some_and(|def| &*def.name == "__iter__")
    }

    /// Makes a namedtuple, which is no more than its elements.
    fn new_record(&mut self, class: &Rc<value::Class>, args: CallArgs) -> Walk<Val> {
        let span = self.span;
        let names = super::heap::field_names(class);
        if args.positional.len() > names.len() {
            let (most, given) = (names.len() + 1, args.positional.len() + 1);
            let words = format!("{}.__new__() takes {most} positional arguments but {given} were given", class.name);
            return self.refuse(errors::wrong_arguments(span, &words));
        }
        let mut items: Vec<Option<Val>> = args.positional.into_iter().map(Some).collect();
        items.resize(names.len(), None);
        for (name, value) in args.keywords {
            match names.iter().position(|known| *known == name) {
                Some(index) if items[index].is_none() => items[index] = Some(value),
                _ => {
                    let words = format!("{}.__new__() got an unexpected keyword argument '{name}'", class.name);
                    return self.refuse(errors::wrong_arguments(span, &words));
                }
            }
        }
        if let Some((Value::Dict(defaults), _)) = class.lookup("_field_defaults") {
            for (name, item) in names.iter().zip(&mut items) {
                let key = value::Key::Str(name.clone());
                if item.is_none()
                    && let Some((_, default)) = defaults.items.borrow().get(&key)
                {
                    *item = Some(self.heap.live(default, name));
                }
            }
        }
        if let Some(index) = items.iter().position(Option::is_none) {
            let words = format!("{}.__new__() missing 1 required positional argument: '{}'", class.name, names[index]);
            return self.refuse(errors::wrong_arguments(span, &words));
        }
        Ok(Val::record(class, &names, items.into_iter().flatten().collect()))
    }

    /// Calls a function that was made while the script loaded.
    pub(crate) fn call_function(
        &mut self,
        function: &Rc<value::Function>,
        receiver: Option<Val>,
        mut args: CallArgs,
    ) -> Walk<Val> {
        let path = &function.qualified_name;
        let live = |walker: &mut Self, value: &Value, name: &str| walker.heap.live(value, &format!("{path}.{name}"));
        let optional = function.def.params.positional.iter().filter(|param| param.default.is_some());
        let names: Vec<Name> = optional.map(|param| param.name.clone()).collect();
        let defaults = function.defaults.iter().zip(&names).map(|(value, name)| live(self, value, name)).collect();
        let keyword_defaults =
            function.keyword_defaults.iter().map(|(name, value)| (name.clone(), live(self, value, name))).collect();
        let target = Target {
            def: &function.def,
            module: function.module.clone(),
            around: function.closure.clone().map_or(Around::Nothing, Around::Live),
            defaults,
            keyword_defaults,
        };
        let owner = function.owner.borrow().as_ref().and_then(std::rc::Weak::upgrade);
        let bound = match (&receiver, owner) {
            (Some(receiver), Some(owner)) => Some((owner, receiver.clone())),
            (None, Some(owner)) => args.positional.first().map(|receiver| (owner, receiver.clone())),
            _ => None,
        };
        if let Some(receiver) = receiver {
            args.positional.insert(0, receiver);
        }
        self.inline(&target, bound, args)
    }

    /// Walks a function's body in place of the call.
    fn inline(&mut self, target: &Target, receiver: Option<(Rc<value::Class>, Val)>, args: CallArgs) -> Walk<Val> {
        let def = target.def;
        let pointer = Rc::as_ptr(def);
        let depth = self.calls.iter().filter(|call| call.def == pointer).count();
        let span = self.span;
        if depth > MOST_RECURSION || self.calls.len() > MOST_DEPTH {
            return self.refuse(errors::recursive(span, &def.name));
        }
        if def.scope.is_generator {
            return self.refuse(errors::not_in_process(span, "a generator function"));
        }
        if self.emit.count > super::MOST_INSTRUCTIONS {
            return self.refuse(errors::too_complex(span));
        }
        let bound = self.bind_arguments(target, args)?;
        let path = self.path_below(span, pointer as usize);
        let scope = Scope {
            path,
            def: Some(def.clone()),
            module: target.module.clone(),
            around: target.around.clone(),
            is_captured: false,
            receiver,
        };
        self.begin_call(pointer, span, path, has_one_return_at_its_end(&def.body));
        let outer = self.scopes.open(scope);
        let own = self.scopes.present;
        for (name, value) in bound {
            self.scopes.set(own, name, value);
        }
        let loops = std::mem::take(&mut self.loops);
        let caller = self.emit.caller;
        let is_library = self.loaded.sources.is_in_library(def.span);
        self.emit.caller = is_library.then(|| caller.unwrap_or(span));
        let walked = self.on_path(path, |walker| walker.body(&def.body));
        self.emit.caller = caller;
        self.loops = loops;
        self.scopes.close(outer);
        let result = self.end_call();
        walked.map(|()| result)
    }

    /// Gives each parameter its argument, as Python does.
    fn bind_arguments(&mut self, target: &Target, args: CallArgs) -> Walk<Vec<(Name, Val)>> {
        let params = &target.def.params;
        let name = target.def.name.clone();
        let span = self.span;
        let mut bound: Vec<(Name, Val)> = vec![];
        let mut positional = args.positional.into_iter();
        for param in &params.positional {
            if let Some(value) = positional.next() {
                bound.push((param.name.clone(), value));
            }
        }
        let rest: Vec<Val> = positional.collect();
        match &params.rest {
            Some(name) => bound.push((name.clone(), Val::tuple(rest))),
            None if !rest.is_empty() => {
                let takes = params.positional.len();
                let plural = if takes == 1 { "" } else { "s" };
                let given = takes + rest.len();
                let words = format!("{name}() takes {takes} positional argument{plural} but {given} were given");
                return self.refuse(errors::wrong_arguments(span, &words));
            }
            None => {}
        }
        for (keyword, value) in args.keywords {
            let is_known = params.positional[params.positional_only..]
                .iter()
                .chain(&params.keyword_only)
                .any(|param| param.name == keyword);
            if !is_known {
                let words = if params.keywords.is_some() {
                    format!("{name}() collects keyword arguments in a dict, which sound cannot make")
                } else {
                    format!("{name}() got an unexpected keyword argument '{keyword}'")
                };
                return self.refuse(errors::wrong_arguments(span, &words));
            }
            if bound.iter().any(|(known, _)| *known == keyword) {
                let words = format!("{name}() got multiple values for argument '{keyword}'");
                return self.refuse(errors::wrong_arguments(span, &words));
            }
            bound.push((keyword, value));
        }
        let first_default = params.positional.len() - target.defaults.len();
        let mut missing = vec![];
        for (i, param) in params.positional.iter().enumerate() {
            if !bound.iter().any(|(known, _)| *known == param.name) {
                match i.checked_sub(first_default).and_then(|i| target.defaults.get(i)) {
                    Some(default) => bound.push((param.name.clone(), default.clone())),
                    None => missing.push(format!("'{}'", param.name)),
                }
            }
        }
        for param in &params.keyword_only {
            if !bound.iter().any(|(known, _)| *known == param.name) {
                match target.keyword_defaults.iter().find(|(known, _)| *known == param.name) {
                    Some((_, default)) => bound.push((param.name.clone(), default.clone())),
                    None => missing.push(format!("'{}'", param.name)),
                }
            }
        }
        if missing.is_empty() {
            return Ok(bound);
        }
        let words = format!(
            "{name}() missing {} required argument{}: {}",
            missing.len(),
            if missing.len() == 1 { "" } else { "s" },
            missing.join(" and ")
        );
        self.refuse(errors::wrong_arguments(span, &words))
    }
}

/// Whether the only `return` is the last statement, so that the call needs no place to jump to.
fn has_one_return_at_its_end(body: &[Stmt]) -> bool {
    let Some((last, others)) = body.split_last() else { return true };
    let is_plain = |statement: &Stmt| !returns(statement);
    others.iter().all(is_plain) && (matches!(last.kind, StmtKind::Return(_)) || is_plain(last))
}

fn returns(statement: &Stmt) -> bool {
    let any = |body: &[Stmt]| body.iter().any(returns);
    match &statement.kind {
        StmtKind::Return(_) => true,
        StmtKind::If { body, orelse, .. }
        | StmtKind::While { body, orelse, .. }
        | StmtKind::For { body, orelse, .. } => any(body) || any(orelse),
        StmtKind::Try { body, handlers, orelse, finally } => {
            any(body) || any(orelse) || any(finally) || handlers.iter().any(|handler| any(&handler.body))
        }
        StmtKind::With { body, .. } => any(body),
        _ => false,
    }
}
