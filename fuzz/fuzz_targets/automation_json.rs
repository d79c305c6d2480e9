//! Bytes for the target `automation_json`.
#![no_main]

#[path = "../../crates/oscine/tests/fuzz/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::run("automation_json", bytes));
