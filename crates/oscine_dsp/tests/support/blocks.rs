//! That the size of blocks cannot be heard.

use oscine_dsp::Processor;

/// Plays the inputs in blocks of several sizes, from the first state each time: always the expected output, bit for bit.
pub(crate) fn assert_whatever_the_blocks(processor: &mut dyn Processor, inputs: &[&[f64]], expected: &[f64]) {
    for block in [1, 7, 64, 512] {
        processor.reset();
        let mut out = vec![0.0; expected.len()];
        for (start, y) in (0..).step_by(block).zip(out.chunks_mut(block)) {
            let block: Vec<&[f64]> = inputs.iter().map(|input| &input[start..start + y.len()]).collect();
            processor.process(&block, &mut [y]).expect("no faults");
        }
        assert_eq!(out, expected, "blocks of {block}");
    }
}
