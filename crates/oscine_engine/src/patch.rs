//! Which input of the processor hears which channel of which source.

use std::time::Instant;

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
    pub(crate) instances: usize,
}

impl Inputs {
    /// For a processor without inputs.
    pub fn none() -> Self {
        Self { sources: Vec::new(), taps: Vec::new(), instances: 1 }
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
        Self { sources, taps, instances: 1 }
    }

    /// The taps are those of so many independent instances, one after the other. It matters where the inputs are let
    /// through to the outputs.
    ///
    /// # Panics
    /// If the taps cannot be shared out to as many instances.
    #[must_use]
    pub fn of_instances(self, instances: usize) -> Self {
        assert!(instances > 0 && self.taps.len().is_multiple_of(instances), "as many inputs for each instance");
        Self { instances, ..self }
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
    instances: usize,
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
        Self { feeds, taps: inputs.taps, constants, instances: inputs.instances }
    }

    /// A device asks for sound at this time.
    pub(crate) fn asked(&mut self, at: Instant) {
        self.feeds.iter_mut().for_each(|(source, _)| source.asked(at));
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

    /// What output `output` of `outputs` lets through when the processor is bypassed: within each instance the only
    /// input to all outputs, or else each to the output of its number; nothing where that is not connected.
    pub(crate) fn dry(&self, output: usize, outputs: usize) -> Option<&[f64]> {
        let inputs_each = self.taps.len() / self.instances;
        let outputs_each = (outputs / self.instances).max(1);
        let (instance, number) = (output / outputs_each, output % outputs_each);
        let number = if inputs_each == 1 { 0 } else { number };
        let index = (number < inputs_each).then_some(instance * inputs_each + number)?;
        match self.taps.get(index)? {
            Tap::Channel { .. } => Some(self.input(index)),
            Tap::Constant(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Inputs, Patch, Tap};
    use crate::source::{SilenceSource, Source};

    /// A source of each channel, which tells its number.
    struct Numbered(f64);

    impl Source for Numbered {
        fn channels(&self) -> usize {
            1
        }
        fn frames(&self) -> Option<u64> {
            None
        }
        fn fill(&mut self, channels: &mut [Vec<f64>], frames: usize) {
            channels[0][..frames].fill(self.0);
        }
    }

    /// Which input each output lets through.
    fn let_through(inputs: usize, outputs: usize, instances: usize) -> Vec<Option<f64>> {
        let sources = (0..inputs).map(|n| Box::new(Numbered(n as f64)) as Box<dyn Source>).collect();
        let taps = (0..inputs).map(|source| Tap::Channel { source, channel: 0 }).collect();
        let mut patch = Patch::new(Inputs::new(sources, taps).of_instances(instances), 1);
        patch.advance(1);
        (0..outputs).map(|output| patch.dry(output, outputs).map(|dry| dry[0])).collect()
    }

    #[test]
    fn a_bypass_keeps_to_the_channels_that_match() {
        assert_eq!(let_through(1, 1, 1), [Some(0.0)]);
        assert_eq!(let_through(2, 2, 1), [Some(0.0), Some(1.0)]);
        assert_eq!(let_through(1, 2, 1), [Some(0.0), Some(0.0)]);
        assert_eq!(let_through(2, 3, 1), [Some(0.0), Some(1.0), None]);
        assert_eq!(let_through(0, 2, 1), [None, None]);
        // A carrier and a modulator on each side: the carriers.
        assert_eq!(let_through(4, 2, 2), [Some(0.0), Some(2.0)]);
        assert_eq!(let_through(3, 3, 3), [Some(0.0), Some(1.0), Some(2.0)]);
        assert_eq!(let_through(0, 2, 2), [None, None]);
    }

    #[test]
    fn an_input_without_a_source_lets_nothing_through() {
        let taps = vec![Tap::Channel { source: 0, channel: 0 }, Tap::Constant(1.0)];
        let patch = Patch::new(Inputs::new(vec![Box::new(SilenceSource)], taps), 4);
        assert_eq!(patch.dry(0, 2), Some(&[0.0; 4][..]));
        assert_eq!(patch.dry(1, 2), None);
    }
}
