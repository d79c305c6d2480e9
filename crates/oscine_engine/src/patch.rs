//! Which input of the processor hears which channel of which source.

use crate::source::Source;

/// What one input of the processor hears.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tap {
    /// A channel of a source.
    Channel {
        /// Index into the sources.
        source: usize,
        /// Channel of that source.
        channel: usize,
    },
    /// The same value at every frame: an input left unconnected.
    Constant(f64),
}

/// Sources, and a tap for each input of the processor. Several inputs may hear one channel.
pub struct Inputs {
    pub(crate) sources: Vec<Box<dyn Source>>,
    pub(crate) taps: Vec<Tap>,
}

impl Inputs {
    /// For a processor without inputs.
    pub fn none() -> Self {
        Self { sources: Vec::new(), taps: Vec::new() }
    }

    /// `taps` in the order of the processor's inputs.
    ///
    /// # Panics
    /// If a tap names a source or a channel that is not there.
    pub fn new(sources: Vec<Box<dyn Source>>, taps: Vec<Tap>) -> Self {
        for tap in &taps {
            if let Tap::Channel { source, channel } = *tap {
                assert!(channel < sources[source].channels(), "source {source} has no channel {channel}");
            }
        }
        Self { sources, taps }
    }

    /// One source, its channels heard by the inputs in order.
    pub fn in_order(source: Box<dyn Source>) -> Self {
        let taps = (0..source.channels()).map(|channel| Tap::Channel { source: 0, channel }).collect();
        Self::new(vec![source], taps)
    }

    /// Frames of the longest source, if all sources end.
    pub fn frames(&self) -> Option<u64> {
        self.sources.iter().map(|source| source.frames()).reduce(|a, b| Some(a?.max(b?)))?
    }
}

type SourceFeed = (Box<dyn Source>, Vec<Vec<f64>>);

/// Inputs with the memory for a block of each.
pub(crate) struct Patch {
    /// Sources, each with a buffer a channel.
    feeds: Vec<SourceFeed>,
    /// Where each input's samples are: channel of feed, or a block of constants.
    taps: Vec<Tap>,
    constants: Vec<Vec<f64>>,
}

impl Patch {
    pub(crate) fn new(inputs: Inputs, block_frames: usize) -> Self {
        let constants = inputs
            .taps
            .iter()
            .map(|tap| if let Tap::Constant(value) = tap { vec![*value; block_frames] } else { Vec::new() })
            .collect();
        let feeds = inputs
            .sources
            .into_iter()
            .map(|source| {
                let buffers = vec![vec![0.0; block_frames]; source.channels()];
                (source, buffers)
            })
            .collect();
        Self { feeds, taps: inputs.taps, constants }
    }

    /// Takes the next `frames` frames of every source; what is left of the block is zeros.
    pub(crate) fn advance(&mut self, frames: usize) {
        for (source, buffers) in &mut self.feeds {
            source.fill(buffers, frames);
            buffers.iter_mut().for_each(|buffer| buffer[frames..].fill(0.0));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.taps.len()
    }

    /// The present block of input `index`.
    pub(crate) fn input(&self, index: usize) -> &[f64] {
        match self.taps[index] {
            Tap::Channel { source, channel } => &self.feeds[source].1[channel],
            Tap::Constant(_) => &self.constants[index],
        }
    }
}
