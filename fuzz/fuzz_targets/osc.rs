//! Bytes for the target `osc`.
#![no_main]

#[path = "../../crates/oscine/tests/fuzz/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::run("osc", bytes));
