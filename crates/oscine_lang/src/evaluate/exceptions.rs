//! Raising: exceptions made from a name and words, by any code, with or without an interpreter at hand.

use std::cell::RefCell;
use std::rc::Rc;

use super::types::{builtin_class, class};
use super::value::{Class, Instance, Name, Namespace, Raised, Value};

/// A built-in exception on its way up: `Err(raise("ValueError", format!("...")))`.
pub fn raise(name: &'static str, message: impl Into<String>) -> Box<Raised> {
    let message = message.into();
    let arguments = if message.is_empty() { vec![] } else { vec![Value::Str(Name::from(message))] };
    raise_with(name, arguments)
}

/// The same with arguments that are not one string: `KeyError(3)`.
#[must_use]
pub fn raise_with(name: &'static str, arguments: Vec<Value>) -> Box<Raised> {
    raised(instance(&builtin_class(name).unwrap_or_else(|| class("RuntimeError")), arguments))
}

/// An exception object on its way up.
pub(crate) fn raised(exception: Value) -> Box<Raised> {
    Box::new(Raised { exception, traceback: vec![], is_unplaced: true })
}

/// An exception of a class with its `args`.
pub(crate) fn instance(class: &Rc<Class>, arguments: Vec<Value>) -> Value {
    let attributes = Namespace::default();
    attributes.set(Name::from("args"), Value::Tuple(Rc::new(arguments)));
    Value::Instance(Rc::new(Instance { class: class.clone(), attributes, base_value: RefCell::new(Value::None) }))
}

impl Raised {
    /// The exception's class.
    #[must_use]
    pub fn class(&self) -> Rc<Class> {
        super::types::class_of(&self.exception)
    }

    /// Whether it is an exception of the built-in class `name` or of one derived from it.
    #[must_use]
    pub fn is(&self, name: &'static str) -> bool {
        self.class().derives_from(&class(name))
    }

    /// Whether it ends the script whatever the script says: its time is up.
    pub(crate) fn is_final(&self) -> bool {
        self.is("load-time limit")
    }

    /// Its words, if they are its one argument.
    pub(crate) fn message(&self) -> Option<super::value::Name> {
        self.first_argument().and_then(|words| words.as_str().cloned())
    }

    /// The exception's first argument, if it has one: the value of a `StopIteration`.
    pub(crate) fn first_argument(&self) -> Option<Value> {
        match &self.exception {
            Value::Instance(instance) => match instance.attributes.get("args") {
                Some(Value::Tuple(arguments)) => arguments.first().cloned(),
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_derives_from_its_bases() {
        let raised = raise("ZeroDivisionError", "division by zero");
        assert!(raised.is("ZeroDivisionError") && raised.is("ArithmeticError") && raised.is("Exception"));
        assert!(!raised.is("ValueError"));
        assert!(matches!(raised.first_argument(), Some(Value::Str(words)) if &*words == "division by zero"));
    }
}
