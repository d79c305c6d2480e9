//! Where two threads meet without a queue between them, every interleaving is gone through: `loom` (Norris and Demsky's
//! `CDSChecker`, 2013, in Rust) runs a model once for each order of its atomic operations that the memory model permits.
//!
//! What is modelled is the engine's own source, not a copy: its protocols are files that take their atomics from
//! `crate::sync`, which is the standard library's there and `loom`'s here. Models are small, two or three steps a thread,
//! since the number of orders grows with the factorial of the steps.

// These are included whole, and not everything of them is needed here.
#[allow(dead_code, reason = "the engine uses the rest")]
#[path = "../../oscine_engine/src/board.rs"]
mod board;
mod board_models;
mod watch_models;
#[allow(unreachable_pub, reason = "the engine exports it")]
#[path = "../../oscine_engine/src/watch_word.rs"]
mod watch_word;

/// What the engine's protocols take their atomics from.
mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64};
}

pub use board_models::{
    a_read_back_never_goes_back, the_last_target_of_each_writer_arrives, two_writers_of_one_target,
};
pub use watch_models::{a_flag_hits_only_the_block_that_it_was_meant_for, a_late_flag_is_taken_down};
