//! The command line from outside: what it refuses, what it writes, and the status it exits with.

mod calls;
mod support;
