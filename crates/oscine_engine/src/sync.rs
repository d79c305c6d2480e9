//! The atomics of the protocols between threads that are small enough to be gone through whole: `oscine_models` has `loom`'s
//! in their place.

pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64};
