//! Runs a script's load time: a tree-walking evaluator of Python on dynamic values.
//!
//! What it leaves, [`Loaded`], is the live heap: every global, attribute, array and list that exists when the first
//! sample is computed. The next stage reads lengths and types off these objects.

pub mod array;
pub mod exceptions;
mod hash;
pub mod iterate;
pub mod types;
pub mod value;

use std::rc::Rc;

use crate::source::Sources;
use value::Module;

/// The fixed facts of a run that a script may read while it loads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadOptions {
    /// `oscine.samplerate`, in Hz.
    pub sample_rate: f64,
    /// `oscine.blocksize`, in frames.
    pub block_frames: usize,
}

/// A script after its load time.
#[derive(Debug)]
pub struct Loaded {
    /// The script's module; its namespace roots the live heap.
    pub module: Rc<Module>,
    /// Every file that was read, the script first, then local imports.
    pub sources: Sources,
    /// What the run was loaded for.
    pub options: LoadOptions,
}

/// The evaluator.
#[derive(Debug, Default)]
pub struct Interpreter;
