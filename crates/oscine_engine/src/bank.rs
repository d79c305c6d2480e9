//! Several instances of one processor as one: a mono script on a stereo sound.

use std::any::Any;

use oscine_dsp::{Curve, Event, Face, Fault, FaultWords, InputPort, Processor};

/// Instances side by side. The inputs of the first come first, then those of the second, and so on; outputs likewise.
/// Parameters and events reach all. A fault of one silences all.
pub struct Bank {
    instances: Vec<Box<dyn Processor>>,
    face: Face,
    has_faulted: bool,
}

impl Bank {
    /// `instances` must be at least one, all with the same face.
    ///
    /// # Panics
    /// If there are none, or their faces differ in inputs, outputs or parameters.
    pub fn new(instances: Vec<Box<dyn Processor>>) -> Self {
        let one = instances.first().expect("a bank of at least one").face().clone();
        assert!(instances.iter().all(|i| *i.face() == one), "instances of one processor");
        let count = instances.len();
        let inputs = (0..count)
            .flat_map(|k| {
                one.inputs.iter().map(move |port| InputPort { name: format!("{}{}", port.name, k + 1), ..port.clone() })
            })
            .collect();
        let face = Face { inputs, outputs: count * one.outputs, state_bytes: count * one.state_bytes, ..one };
        Self { instances, face, has_faulted: false }
    }
}

impl Processor for Bank {
    fn face(&self) -> &Face {
        &self.face
    }

    fn reset(&mut self) {
        self.instances.iter_mut().for_each(|instance| instance.reset());
        self.has_faulted = false;
    }

    fn set_param(&mut self, index: usize, value: f64) {
        self.instances.iter_mut().for_each(|instance| instance.set_param(index, value));
    }

    fn ramp_param(&mut self, index: usize, value: f64, frames: u32, curve: Curve) {
        self.instances.iter_mut().for_each(|instance| instance.ramp_param(index, value, frames, curve));
    }

    fn param_target(&self, index: usize) -> f64 {
        self.instances[0].param_target(index)
    }

    fn event(&mut self, event: Event) -> Result<(), Fault> {
        self.instances.iter_mut().try_for_each(|instance| instance.event(event))
    }

    fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), Fault> {
        let count = self.instances.len();
        let (ins, outs) = (inputs.len() / count, outputs.len() / count);
        let mut earliest: Option<Fault> = None;
        if !self.has_faulted {
            for (k, instance) in self.instances.iter_mut().enumerate() {
                let result = instance.process(&inputs[k * ins..(k + 1) * ins], &mut outputs[k * outs..(k + 1) * outs]);
                if let Err(fault) = result
                    && earliest.is_none_or(|known| fault.frames_done < known.frames_done)
                {
                    earliest = Some(fault);
                }
            }
        }
        let silent_from = match earliest {
            Some(fault) => fault.frames_done as usize,
            None if self.has_faulted => 0,
            None => return Ok(()),
        };
        outputs.iter_mut().for_each(|output| output[silent_from..].fill(0.0));
        self.has_faulted = true;
        earliest.map_or(Ok(()), Err)
    }

    fn take_over(&mut self, old: &dyn Processor, with_state: bool) -> bool {
        let Some(old) = old.as_any().and_then(|old| old.downcast_ref::<Self>()) else { return false };
        let mut is_whole = self.instances.len() == old.instances.len();
        for (new, old) in self.instances.iter_mut().zip(&old.instances) {
            is_whole &= new.take_over(&**old, with_state);
        }
        is_whole
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn fault_words(&self) -> FaultWords {
        self.instances[0].fault_words()
    }
}

#[cfg(test)]
mod tests {
    use oscine_dsp::Processor;

    use super::Bank;
    use crate::testing::{Accumulator, Faulting};

    #[test]
    fn instances_keep_their_own_state_and_share_their_parameters() {
        let mut bank = Bank::new(vec![Box::new(Accumulator::new()), Box::new(Accumulator::new())]);
        assert_eq!(bank.face().inputs.len(), 2);
        assert_eq!(bank.face().inputs[1].name, "x2");
        bank.jump_param(0, 0.5);
        let (mut left, mut right) = ([0.0; 3], [0.0; 3]);
        bank.process(&[&[1.0, 1.0, 1.0], &[2.0, 0.0, 0.0]], &mut [&mut left, &mut right]).unwrap();
        assert_eq!(left, [0.5, 1.0, 1.5]);
        assert_eq!(right, [1.0, 1.0, 1.0]);
        bank.reset();
        bank.process(&[&[1.0], &[0.0]], &mut [&mut left[..1], &mut right[..1]]).unwrap();
        assert_eq!((left[0], right[0]), (0.5, 0.0));
    }

    #[test]
    fn each_instance_takes_over_from_its_own_predecessor() {
        let bank = || Bank::new(vec![Box::new(Accumulator::new()), Box::new(Accumulator::new())]);
        let (mut old, mut new) = (bank(), bank());
        let (mut left, mut right) = ([0.0], [0.0]);
        old.process(&[&[1.0], &[2.0]], &mut [&mut left, &mut right]).unwrap();
        new.take_over(&old, true);
        new.process(&[&[0.5], &[0.5]], &mut [&mut left, &mut right]).unwrap();
        assert_eq!((left, right), ([1.5], [2.5]));
        new.take_over(&Accumulator::new(), true);
        new.process(&[&[0.0], &[0.0]], &mut [&mut left, &mut right]).unwrap();
        assert_eq!((left, right), ([1.5], [2.5]), "another kind of processor hands nothing on");
    }

    #[test]
    fn the_earliest_fault_silences_all_until_reset() {
        let mut bank = Bank::new(vec![Box::new(Faulting::at(5)), Box::new(Faulting::at(2))]);
        let (mut left, mut right) = ([9.0; 8], [9.0; 8]);
        let fault = bank.process(&[], &mut [&mut left, &mut right]).unwrap_err();
        assert_eq!(fault.frames_done, 2);
        assert_eq!(left, [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(right, left);
        left.fill(9.0);
        bank.process(&[], &mut [&mut left, &mut right]).unwrap();
        assert_eq!(left, [0.0; 8]);
        bank.reset();
        assert!(bank.process(&[], &mut [&mut left, &mut right]).is_err());
    }
}
