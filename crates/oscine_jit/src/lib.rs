//! From typed instructions to machine code, a processor that runs it, and its state.

mod routines;
