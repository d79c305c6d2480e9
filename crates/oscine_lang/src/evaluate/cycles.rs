//! Freeing what holds itself: a module its functions and they their module, a class itself as the first of its order, an
//! object its own bound method.
//!
//! CPython's collector looks for such cycles; here all of a script's objects have one end, that of its translation. Until
//! then those through which cycles go are known by weak references. What the script's thread leaves behind is then none of
//! it, however often the script is saved while sound runs.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::value::{Class, Frame, Instance, Module, Namespace};

enum Holder {
    Module(Weak<Module>),
    Class(Weak<Class>),
    Instance(Weak<Instance>),
    Frame(Weak<Frame>),
}

impl Holder {
    fn is_alive(&self) -> bool {
        let count = match self {
            Holder::Module(module) => module.strong_count(),
            Holder::Class(class) => class.strong_count(),
            Holder::Instance(instance) => instance.strong_count(),
            Holder::Frame(frame) => frame.strong_count(),
        };
        count > 0
    }
}

struct Known {
    holders: Vec<Holder>,
    /// Once there are so many, those that are free already are forgotten.
    sweep_at: usize,
}

const FIRST_SWEEP: usize = 4096;

thread_local! {
    static KNOWN: RefCell<Known> = const { RefCell::new(Known { holders: vec![], sweep_at: FIRST_SWEEP }) };
}

fn note(holder: Holder) {
    KNOWN.with_borrow_mut(|known| {
        if known.holders.len() >= known.sweep_at {
            known.holders.retain(Holder::is_alive);
            known.sweep_at = (2 * known.holders.len()).max(FIRST_SWEEP);
        }
        known.holders.push(holder);
    });
}

/// A module was made.
pub(crate) fn note_module(module: &Rc<Module>) {
    note(Holder::Module(Rc::downgrade(module)));
}

/// A class was made.
pub(crate) fn note_class(class: &Rc<Class>) {
    note(Holder::Class(Rc::downgrade(class)));
}

/// An object of a class that a script may have written was made.
pub(crate) fn note_instance(instance: &Rc<Instance>) {
    note(Holder::Instance(Rc::downgrade(instance)));
}

/// A function closes over the variables of a call.
pub(crate) fn note_frame(frame: &Rc<Frame>) {
    note(Holder::Frame(Rc::downgrade(frame)));
}

/// Ends everything that was made on this thread. Nothing of it may be used any more, the built-in classes included.
pub(crate) fn end() {
    let holders = KNOWN.with_borrow_mut(|known| std::mem::take(&mut known.holders));
    let empty = |namespace: &Namespace| super::bury::bury(namespace.0.take().into_values().collect());
    for holder in holders {
        match holder {
            Holder::Module(module) => module.upgrade().iter().for_each(|module| empty(&module.globals)),
            Holder::Class(class) => class.upgrade().iter().for_each(|class| {
                class.mro.take();
                empty(&class.members);
            }),
            Holder::Instance(instance) => instance.upgrade().iter().for_each(|instance| empty(&instance.attributes)),
            Holder::Frame(frame) => frame.upgrade().iter().for_each(|frame| empty(&frame.variables)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Holder, KNOWN, end};
    use crate::evaluate::{LoadOptions, load};

    const SCRIPT: &str = "
class Node:
    def __init__(self, parent=None):
        self.parent = parent
        self.step = self.process
        self.line = [0.0] * 100
        self.children = [Node(self)] if parent is None else []

    def process(self):
        return self.line[0]

def outer():
    def inner(n):
        return inner(n - 1) if n else 0
    return inner

node = Node()
recursive = outer()
recursive(3)

class Colour(Node):
    pass

def process():
    return node.step()
";

    #[test]
    fn nothing_of_a_script_is_left() {
        let options = LoadOptions { sample_rate: 48_000.0, block_frames: 64 };
        let loaded = load(Path::new("script.py"), SCRIPT.to_owned(), options, &mut |_| ()).expect("it loads");
        drop(loaded);
        let known: Vec<Holder> = KNOWN.with_borrow(|known| {
            let again = |holder: &Holder| match holder {
                Holder::Module(module) => Holder::Module(module.clone()),
                Holder::Class(class) => Holder::Class(class.clone()),
                Holder::Instance(instance) => Holder::Instance(instance.clone()),
                Holder::Frame(frame) => Holder::Frame(frame.clone()),
            };
            known.holders.iter().map(again).collect()
        });
        let alive = || known.iter().filter(|holder| holder.is_alive()).count();
        assert!(alive() > 10, "it holds itself");
        end();
        // The table of built-in classes lives as long as the thread, though no class of it holds itself any more.
        let is_builtin = |holder: &Holder| matches!(holder, Holder::Class(class) if class.upgrade().is_some_and(|class| !class.is_user));
        assert_eq!(known.iter().filter(|holder| holder.is_alive() && !is_builtin(holder)).count(), 0);
        let orders = known.iter().filter_map(|holder| match holder {
            Holder::Class(class) => class.upgrade(),
            _ => None,
        });
        assert!(orders.into_iter().all(|class| class.mro.borrow().is_empty()));
    }
}
