//! Iteration.

/// An iterator under way.
#[derive(Debug)]
pub struct Iter;

impl Iter {
    /// The name of its class.
    pub(crate) fn class_name(&self) -> &'static str {
        "iterator"
    }
}
