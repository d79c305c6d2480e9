//! Programs built by hand, run as machine code.

mod arithmetic;
mod control;
mod params;
mod support;
