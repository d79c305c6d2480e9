//! Programs built by hand, run as machine code.

mod arithmetic;
mod control;
mod interpret;
mod params;
mod random;
mod support;
