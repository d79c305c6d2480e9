//! Variables while a function is walked.
//!
//! Each call that is inlined has a scope. Variables are values in the sense of static single assignment: assigning binds
//! another value to the name. All variables of a moment are a cheap snapshot, which is what branches and loops need.

use std::rc::Rc;

use indexmap::IndexMap;

use crate::diagnostics::errors;
use crate::evaluate::value::{Class, Frame, Module, Name};
use crate::library;
use crate::source::Span;
use crate::syntax::ast;

use super::emit::FaultText;
use super::kind::{Kind, Val};
use super::{Path, Told, Walk, Walker};

/// The variables of one scope.
pub(crate) type Variables = IndexMap<Name, Val>;

/// The variables of all scopes at one moment.
pub(crate) type Snapshot = Vec<Rc<Variables>>;

/// What lies around a scope.
#[derive(Debug, Clone)]
pub(crate) enum Around {
    /// The module.
    Nothing,
    /// The live variables of the call that made the function while the script loaded.
    Live(Rc<Frame>),
    /// Another scope.
    Scope(usize),
}

/// A scope.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) path: Path,
    /// The function it is the scope of; `None` for a comprehension's.
    pub(crate) def: Option<Rc<ast::Function>>,
    pub(crate) module: Rc<Module>,
    pub(crate) around: Around,
    /// Whether a function or a generator made while sound runs sees it.
    pub(crate) is_captured: bool,
    /// In a method: the class it was written in, and the object it was called on.
    pub(crate) receiver: Option<(Rc<Class>, Val)>,
}

/// All scopes.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    pub(crate) list: Vec<Scope>,
    pub(crate) variables: Snapshot,
    /// The innermost.
    pub(crate) present: usize,
    /// Variables that functions made while sound runs declare `nonlocal`.
    pub(crate) shared: Vec<(usize, Name)>,
}

/// What a name means in a scope.
enum Meaning {
    Local,
    Global,
    Around,
}

impl Scope {
    fn meaning(&self, name: &str) -> Meaning {
        let Some(def) = &self.def else { return Meaning::Around };
        let has = |names: &[Name]| names.iter().any(|known| &**known == name);
        if has(&def.scope.globals) {
            Meaning::Global
        } else if has(&def.scope.nonlocals) {
            Meaning::Around
        } else if has(&def.scope.locals) {
            Meaning::Local
        } else {
            Meaning::Around
        }
    }
}

impl Scopes {
    /// Opens a scope and makes it the present one; gives the one that was.
    pub(crate) fn open(&mut self, scope: Scope) -> usize {
        self.list.push(scope);
        // Snapshots taken before other scopes were opened are shorter.
        self.variables.resize(self.list.len() - 1, Rc::default());
        self.variables.push(Rc::default());
        std::mem::replace(&mut self.present, self.list.len() - 1)
    }

    /// Closes the present scope and goes back to `outer`. What a function made in it may still see is kept.
    pub(crate) fn close(&mut self, outer: usize) {
        if self.present == self.list.len() - 1 && !self.list[self.present].is_captured {
            self.list.pop();
            self.variables.truncate(self.list.len());
        }
        self.present = outer;
    }

    pub(crate) fn get(&self, scope: usize, name: &str) -> Option<&Val> {
        self.variables.get(scope)?.get(name)
    }

    pub(crate) fn set(&mut self, scope: usize, name: Name, value: Val) {
        if self.variables.len() <= scope {
            self.variables.resize(scope + 1, Rc::default());
        }
        Rc::make_mut(&mut self.variables[scope]).insert(name, value);
    }
}

/// Where a name's value lives.
pub(crate) enum Place {
    /// A variable of a scope.
    Variable(usize),
    /// A variable of a live frame.
    Frame(Rc<Frame>),
    /// A global.
    Global(Rc<Module>),
}

impl Walker<'_> {
    /// Where `name` lives, seen from the present scope.
    pub(crate) fn place_of(&self, name: &str) -> Place {
        let mut at = self.scopes.present;
        loop {
            let scope = &self.scopes.list[at];
            let is_comprehension = scope.def.is_none();
            match scope.meaning(name) {
                Meaning::Local => return Place::Variable(at),
                Meaning::Global => return Place::Global(scope.module.clone()),
                Meaning::Around if is_comprehension && self.scopes.get(at, name).is_some() => {
                    return Place::Variable(at);
                }
                Meaning::Around => {}
            }
            match &scope.around {
                Around::Scope(outer) => at = *outer,
                Around::Live(frame) => {
                    let frames = std::iter::successors(Some(frame.clone()), |frame| frame.parent.clone());
                    for present in frames {
                        let declares =
                            present.function.as_ref().is_some_and(|f| f.def.scope.locals.iter().any(|n| &**n == name));
                        if declares || present.variables.get(name).is_some() {
                            return Place::Frame(present);
                        }
                    }
                    return Place::Global(scope.module.clone());
                }
                Around::Nothing => return Place::Global(scope.module.clone()),
            }
        }
    }

    /// The value of a name.
    pub(crate) fn name(&mut self, name: &Name, span: Span) -> Walk<Val> {
        match self.place_of(name) {
            Place::Variable(scope) => {
                let value = self.scopes.get(scope, name).cloned();
                self.bound_value(value, name, span, true)
            }
            Place::Frame(frame) => {
                let prefix = frame.function.as_ref().map_or(String::new(), |f| format!("{}.", f.qualified_name));
                let slot = self.heap.space_slot(&frame.variables, name, &prefix);
                let value = self.read_slot(slot);
                self.bound_value(Some(value), name, span, false)
            }
            Place::Global(module) => self.global(&module, name, span),
        }
    }

    fn global(&mut self, module: &Rc<Module>, name: &Name, span: Span) -> Walk<Val> {
        if module.globals.get(name).is_none() && !self.heap.has_space_slot(&module.globals, name) {
            return match library::builtin(name) {
                Some(value) => Ok(self.heap.live(&value, name)),
                None => self.refuse(errors::unknown_name(span, name)),
            };
        }
        let prefix = self.module_prefix(module);
        let slot = self.heap.space_slot(&module.globals, name, &prefix);
        let value = self.read_slot(slot);
        self.bound_value(Some(value), name, span, false)
    }

    /// The first part of the paths of a module's globals: nothing for the script's.
    pub(crate) fn module_prefix(&self, module: &Rc<Module>) -> String {
        if Rc::ptr_eq(module, &self.loaded.module) { String::new() } else { format!("{}.", module.name) }
    }

    /// A value that is there for sure; a fault where it may be missing.
    fn bound_value(&mut self, value: Option<Val>, name: &Name, span: Span, is_local: bool) -> Walk<Val> {
        let Some(value) = value else { return self.refuse(errors::unbound_variable(span, name)) };
        match &value.kind {
            Kind::Unbound => self.refuse(errors::unbound_variable(span, name)),
            Kind::Clash(kinds) => {
                let (a, b) = super::kind::told_apart(&kinds.0, &kinds.1);
                self.refuse(errors::two_types(span, name, &a, &b))
            }
            Kind::Poison => Err(Told),
            Kind::MaybeUnbound(inner) => {
                let inner = Val { kind: (**inner).clone(), ops: value.ops[1..].to_vec() };
                let is_missing = self.emit.not(value.ops[0]);
                let text = if is_local {
                    FaultText::new(
                        "UnboundLocalError",
                        &format!("cannot access local variable '{name}' where it is not associated with a value"),
                    )
                } else {
                    FaultText::new("NameError", &format!("name '{name}' is not defined"))
                };
                self.at(span, |walker| walker.fault_if(is_missing, text, &[]));
                if self.is_alive { Ok(inner) } else { Err(Told) }
            }
            _ => Ok(value),
        }
    }

    /// Binds a name of the present scope, a global, or a variable around.
    pub(crate) fn bind(&mut self, name: &Name, value: Val, span: Span) -> Walk<()> {
        match self.place_of(name) {
            Place::Variable(scope) => {
                self.scopes.set(scope, name.clone(), value);
                Ok(())
            }
            Place::Frame(frame) => {
                let prefix = frame.function.as_ref().map_or(String::new(), |f| format!("{}.", f.qualified_name));
                let slot = self.heap.space_slot(&frame.variables, name, &prefix);
                self.write_slot(slot, &value, span)
            }
            Place::Global(module) => {
                let prefix = self.module_prefix(&module);
                let slot = self.heap.space_slot(&module.globals, name, &prefix);
                self.write_slot(slot, &value, span)
            }
        }
    }

    /// Binds a name in the present scope whatever it means elsewhere: a comprehension's target.
    pub(crate) fn bind_here(&mut self, name: &Name, value: Val) {
        let present = self.scopes.present;
        self.scopes.set(present, name.clone(), value);
    }
}
