//! The command line from outside: what it refuses, what it computes and writes, and the status it exits with.

mod bench;
mod calls;
mod check;
mod circuits;
mod control;
mod examples;
#[cfg(target_os = "linux")]
mod keys;
mod latency;
mod natives;
mod osc;
mod realtime;
mod record;
mod reload;
mod render;
mod run;
mod running;
mod support;
