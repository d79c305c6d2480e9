//! Measures what oscine makes of scripts: its speed beside the same programs in C and under Numba, and how soon a script
//! sounds.
//!
//! A [`workload`] is a script in `scripts/`, a C file in `peers/c` with the same arithmetic, and a function in
//! `peers/numba_peer.py`. Peers are processes that time themselves; [`contest`] runs the sides in turn on the same
//! block, after each round compares what they put out, and gives no number where they differ.
#![forbid(unsafe_code)]

pub mod contest;
pub mod latency;
pub mod peer;
pub mod report;
pub mod script;
pub mod spread;
pub mod workload;
