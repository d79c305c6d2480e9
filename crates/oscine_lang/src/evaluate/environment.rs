//! Names: where a piece of code looks them up and binds them.
//!
//! A function's names are told apart by its text ([`Scope`](crate::syntax::ast::Scope)): locals are found in the frame of
//! the call, free names in the frames around the definition, the rest among the module's globals and the built-ins.
//! Frames are dictionaries, so that closures share them.

use std::cell::RefCell;
use std::rc::Rc;

use super::exceptions::raise;
use super::value::{Frame, Function, Module, Name, Namespace, Result, Value};
use crate::library;
use crate::syntax::ast;

/// The place of a piece of code that runs.
#[derive(Debug, Clone)]
pub(crate) struct Env {
    /// The module whose globals it sees.
    pub(crate) module: Rc<Module>,
    /// The variables of the call or comprehension; none at the top level.
    pub(crate) frame: Option<Rc<Frame>>,
    /// The class whose body runs, with its members so far.
    pub(crate) class: Option<ClassBody>,
}

/// A class in the making.
#[derive(Debug, Clone)]
pub(crate) struct ClassBody {
    pub(crate) def: Rc<ast::Class>,
    pub(crate) qualified_name: Name,
    pub(crate) members: Rc<Namespace>,
    /// The functions defined in the body, decorated or not.
    pub(crate) functions: Rc<RefCell<Vec<Rc<Function>>>>,
}

fn contains(names: &[Name], name: &str) -> bool {
    names.iter().any(|candidate| &**candidate == name)
}

/// Whether `name` is a variable of the function's own calls.
fn is_local(function: &Function, name: &str) -> bool {
    let scope = &function.def.scope;
    contains(&scope.locals, name) && !contains(&scope.nonlocals, name) && !contains(&scope.globals, name)
}

impl Env {
    /// The top level of a module.
    pub(crate) fn of_module(module: &Rc<Module>) -> Self {
        Self { module: module.clone(), frame: None, class: None }
    }

    /// The scope of a comprehension written here.
    pub(crate) fn comprehension(&self) -> Self {
        let frame = Frame { variables: Namespace::default(), function: None, parent: self.frame.clone() };
        Self { module: self.module.clone(), frame: Some(Rc::new(frame)), class: None }
    }

    /// The innermost call that this code belongs to.
    pub(crate) fn call(&self) -> Option<&Rc<Frame>> {
        let mut frame = self.frame.as_ref();
        while let Some(candidate) = frame {
            if candidate.function.is_some() {
                return Some(candidate);
            }
            frame = candidate.parent.as_ref();
        }
        None
    }

    /// The dotted name of what is defined here under `name`.
    pub(crate) fn qualify(&self, name: &Name) -> Name {
        if let Some(class) = &self.class {
            return Name::from(format!("{}.{name}", class.qualified_name));
        }
        match self.call().and_then(|frame| frame.function.as_ref()) {
            Some(function) => Name::from(format!("{}.<locals>.{name}", function.qualified_name)),
            None => name.clone(),
        }
    }

    /// What `name` means here.
    pub(crate) fn get(&self, name: &str) -> Result<Value> {
        if let Some(value) = self.class.as_ref().and_then(|class| class.members.get(name)) {
            return Ok(value);
        }
        let mut in_own_call = self.class.is_none();
        let mut frame = self.frame.as_ref();
        while let Some(candidate) = frame {
            if let Some(function) = &candidate.function {
                if contains(&function.def.scope.globals, name) {
                    break;
                }
                if let Some(value) = candidate.variables.get(name) {
                    return Ok(value);
                }
                if is_local(function, name) {
                    return Err(unbound(name, in_own_call));
                }
                in_own_call = false;
            } else if let Some(value) = candidate.variables.get(name) {
                return Ok(value);
            }
            frame = candidate.parent.as_ref();
        }
        if let Some(value) = self.module.globals.get(name) {
            return Ok(value);
        }
        library::builtin(name).ok_or_else(|| raise("NameError", format!("name '{name}' is not defined")))
    }

    /// The namespace in which this code binds `name`.
    fn owner(&self, name: &str) -> &Namespace {
        if let Some(class) = &self.class {
            let scope = &class.def.scope;
            if contains(&scope.globals, name) {
                return &self.module.globals;
            }
            return if contains(&scope.nonlocals, name) { self.free(name) } else { &class.members };
        }
        let Some(frame) = &self.frame else { return &self.module.globals };
        let Some(function) = &frame.function else { return &frame.variables };
        let scope = &function.def.scope;
        if contains(&scope.globals, name) {
            return &self.module.globals;
        }
        if contains(&scope.nonlocals, name) {
            return self.free(name);
        }
        &frame.variables
    }

    /// The variables, in a call around this one, to which `name` belongs.
    fn free(&self, name: &str) -> &Namespace {
        let mut frame = self.frame.as_ref();
        if self.class.is_none() {
            frame = frame.and_then(|frame| frame.parent.as_ref());
        }
        while let Some(candidate) = frame {
            if candidate.function.as_ref().is_some_and(|function| is_local(function, name)) {
                return &candidate.variables;
            }
            frame = candidate.parent.as_ref();
        }
        &self.module.globals
    }

    /// Binds `name` here.
    pub(crate) fn set(&self, name: &Name, value: Value) {
        self.owner(name).set(name.clone(), value);
    }

    /// Binds `name` in the function around a comprehension, as `:=` does.
    pub(crate) fn set_by_walrus(&self, name: &Name, value: Value) {
        let mut frame = self.frame.as_ref();
        while let Some(candidate) = frame {
            if candidate.function.is_some() {
                let env = Env { module: self.module.clone(), frame: Some(candidate.clone()), class: None };
                return env.set(name, value);
            }
            frame = candidate.parent.as_ref();
        }
        if self.class.is_some() {
            return self.set(name, value);
        }
        self.module.globals.set(name.clone(), value);
    }

    /// Unbinds `name`.
    pub(crate) fn delete(&self, name: &str) -> Result<()> {
        if self.owner(name).remove(name) {
            return Ok(());
        }
        if self.frame.is_some() && self.class.is_none() {
            return Err(unbound(name, true));
        }
        Err(raise("NameError", format!("name '{name}' is not defined")))
    }
}

fn unbound(name: &str, in_own_call: bool) -> Box<super::value::Raised> {
    if in_own_call {
        raise(
            "UnboundLocalError",
            format!("cannot access local variable '{name}' where it is not associated with a value"),
        )
    } else {
        raise(
            "NameError",
            format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope"),
        )
    }
}
