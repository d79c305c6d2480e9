//! `oscine bench`: the paper's tables, re-measured on this machine beside the peers that are found here.
//!
//! Every workload exists as a script, which is what a user would write, and as each peer needs it. Every side is a process of
//! its own that times itself by one protocol; they run in turn, and their outputs are compared before anything is timed.
//! Nothing is asserted about times: ratios of a run on one machine are printed beside the limits that the project has set
//! itself.

pub mod children;
pub mod contest;
pub mod files;
pub mod kind;
pub mod latency;
pub mod memory;
pub mod native;
pub mod peer;
pub mod report;
pub mod scaling;
pub mod script;
pub mod serve;
pub mod spread;
pub mod table;
pub mod workload;
