//! Freeing deep structures without deep recursion.
//!
//! A list inside a list inside a list frees itself from the outside in, one level of the stack for each. Beyond some depth
//! the contents are laid aside instead, and freed one after the other when the outermost list is done.

use std::cell::{Cell, RefCell};

use super::value::Value;

/// How deep freeing may recurse before contents are laid aside.
const MOST: usize = 64;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Vec<Value>>> = const { RefCell::new(vec![]) };
}

/// Frees what an object held.
pub(crate) fn bury(contents: Vec<Value>) {
    let holds_nothing =
        |value: &Value| !matches!(value, Value::List(_) | Value::Instance(_) | Value::Tuple(_) | Value::Dict(_));
    if contents.iter().all(holds_nothing) {
        return;
    }
    // At the end of a thread its variables are gone, and recursion has to do.
    let Ok(depth) = DEPTH.try_with(Cell::get) else { return };
    if depth >= MOST {
        let _ = WAITING.try_with(|waiting| waiting.borrow_mut().push(contents));
        return;
    }
    DEPTH.set(depth + 1);
    drop(contents);
    if depth == 0 {
        while let Some(next) = WAITING.with(|waiting| waiting.borrow_mut().pop()) {
            drop(next);
        }
    }
    DEPTH.set(depth);
}
