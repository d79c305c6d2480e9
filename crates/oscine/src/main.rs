//! The `oscine` command.

fn main() {}
