//! The command line and the session behind it: load, render, run, check.

pub mod args;
pub mod automation;
pub mod commands;
pub mod explain;
pub mod face;
pub mod failure;
pub mod hearing;
pub mod inputs;
pub mod keys;
pub mod live_line;
pub mod osc;
mod picture;
pub mod safety;
pub mod scaffold;
pub mod score;
pub mod session;
pub mod settings;
pub mod stats;
pub mod timing;
pub mod watch;
