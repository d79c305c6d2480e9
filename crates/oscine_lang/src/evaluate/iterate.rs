//! Iteration.

/// An iterator under way.
#[derive(Debug)]
pub struct Iter;
