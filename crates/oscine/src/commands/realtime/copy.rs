//! The control: a processor that does nothing but copy its inputs to its outputs. What it suffers in the place of a script,
//! the client, the engine and the system do.

use std::sync::Arc;

use oscine_dsp::{Curve, Event, Face, Fault, FaultWords, Param, Processor};

/// Copies input `n` to output `n`, and begins again with the first where there are fewer inputs; without any it is silent.
pub(super) struct Copy {
    face: Face,
}

impl Copy {
    /// With the inputs, outputs and block of what it stands in for.
    pub(super) fn like(face: &Face) -> Self {
        Self { face: Face { params: Vec::<Param>::new(), latency_frames: 0, state_bytes: 0, ..face.clone() } }
    }
}

impl Processor for Copy {
    fn face(&self) -> &Face {
        &self.face
    }

    fn reset(&mut self) {}

    fn set_param(&mut self, _: usize, _: f64) {}

    fn ramp_param(&mut self, _: usize, _: f64, _: u32, _: Curve) {}

    fn param_target(&self, _: usize) -> f64 {
        0.0
    }

    fn event(&mut self, _: Event) -> Result<(), Fault> {
        Ok(())
    }

    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        for (n, output) in outputs.iter_mut().enumerate() {
            match inputs.get(n % inputs.len().max(1)) {
                Some(input) => output.copy_from_slice(input),
                None => output.fill(0.0),
            }
        }
        Ok(())
    }

    fn fault_words(&self) -> FaultWords {
        Arc::new(|_| String::new())
    }
}

#[cfg(test)]
mod tests {
    use oscine_dsp::{Face, InputPort, Processor};

    use super::Copy;

    fn copied(inputs: &[&[f64]], outputs: usize) -> Vec<Vec<f64>> {
        let port = |_| InputPort { name: "x".to_owned(), default: None };
        let face = Face {
            inputs: (0..inputs.len()).map(port).collect(),
            outputs,
            params: vec![],
            latency_frames: 7,
            fixed_block_frames: None,
            state_bytes: 8,
        };
        let mut copy = Copy::like(&face);
        assert_eq!((copy.face().outputs, copy.face().latency_frames), (outputs, 0));
        let mut blocks = vec![vec![9.0; 2]; outputs];
        let mut slices: Vec<&mut [f64]> = blocks.iter_mut().map(Vec::as_mut_slice).collect();
        copy.process(inputs, &mut slices).unwrap();
        blocks
    }

    #[test]
    fn inputs_come_out() {
        assert_eq!(copied(&[&[1.0, 2.0], &[3.0, 4.0]], 3), [[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]);
        assert_eq!(copied(&[], 1), [[0.0, 0.0]]);
    }
}
