//! Text to tree. [`ast`] is our own, smaller than Python's whole grammar; whatever is left out is a diagnostic here.

pub mod ast;
