//! Why a processor stopped: an error of the script while it ran, in a form that the audio thread may carry.

/// What a processor reports when it cannot go on.
///
/// The audio thread makes it and must not allocate, so it holds numbers only; [`crate::Processor::describe_fault`]
/// puts it into words on the control thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    /// Which place of the program raised it (an index that only the processor understands).
    pub site: u32,
    /// Values that the message mentions, in its order.
    pub args: [f64; 4],
    /// Frames of the block that were finished before the fault.
    pub frames_done: u32,
}
