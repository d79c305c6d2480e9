//! What machine code is handed: one pointer to a [`Context`], which it reads and where it reports faults.

use std::mem::offset_of;

/// The machine code of one entry: 0 when it came to its end, otherwise one more than the site of its fault.
pub(crate) type Entry = unsafe extern "C" fn(*mut Context) -> i64;

/// The only argument of an [`Entry`].
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Context {
    /// The state.
    pub(crate) cells: *mut u64,
    /// Not zero when the program has to stop.
    pub(crate) stop: *const u32,
    /// One pointer for each input channel.
    pub(crate) inputs: *const *const f64,
    /// One pointer for each output channel.
    pub(crate) outputs: *const *mut f64,
    /// The first frame to compute.
    pub(crate) start: i64,
    /// One past the last frame to compute.
    pub(crate) end: i64,
    /// Where a fault leaves the frame that it happened at.
    pub(crate) frame: i64,
    /// Where a routine reports an overflow.
    pub(crate) overflow: i64,
    /// Where a fault leaves its message's values.
    pub(crate) fault_args: [f64; 4],
    /// What an event function is called with, floats as their bits.
    pub(crate) arguments: [u64; 2],
}

pub(crate) const CELLS: i32 = offset_of!(Context, cells) as i32;
pub(crate) const STOP: i32 = offset_of!(Context, stop) as i32;
pub(crate) const INPUTS: i32 = offset_of!(Context, inputs) as i32;
pub(crate) const OUTPUTS: i32 = offset_of!(Context, outputs) as i32;
pub(crate) const START: i32 = offset_of!(Context, start) as i32;
pub(crate) const END: i32 = offset_of!(Context, end) as i32;
pub(crate) const FRAME: i32 = offset_of!(Context, frame) as i32;
pub(crate) const OVERFLOW: i32 = offset_of!(Context, overflow) as i32;
pub(crate) const FAULT_ARGS: i32 = offset_of!(Context, fault_args) as i32;
pub(crate) const ARGUMENTS: i32 = offset_of!(Context, arguments) as i32;
