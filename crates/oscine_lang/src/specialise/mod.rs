//! From live objects and the text of `process` to instructions.
