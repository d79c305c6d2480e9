//! The stages, chained.
