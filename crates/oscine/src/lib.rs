//! The command line and the session behind it: load, render, run, check.

pub mod args;
pub mod explain;
pub mod face;
pub mod failure;
pub mod inputs;
pub mod scaffold;
pub mod settings;
pub mod stats;
