//! What a listener does to the sound on its way to the device: bypass, which lets the inputs through in the place of
//! what the processor makes of them, and mute.
//!
//! Both are faded over 10 ms: linear crossfades, whose two gains add up to 1, since an effect and its input are
//! correlated. The processor computes on behind them, so that its state is that of the present moment when it is heard
//! again. At rest neither touches a bit.

use crate::runner::Runner;

/// Length of a fade.
const FADE_SECONDS: f64 = 0.010;

/// Mute and bypass.
pub(crate) struct Desk {
    mute: Fader,
    bypass: Fader,
}

impl Desk {
    pub(crate) fn new(sample_rate: f64) -> Self {
        let frames = ((FADE_SECONDS * sample_rate) as u32).max(1);
        Self { mute: Fader::new(frames), bypass: Fader::new(frames) }
    }

    pub(crate) fn mute(&mut self, is_on: bool) {
        self.mute.is_on = is_on;
    }

    pub(crate) fn bypass(&mut self, is_on: bool) {
        self.bypass.is_on = is_on;
    }

    /// Works on the block that was just computed.
    pub(crate) fn work(&mut self, runner: &mut Runner, frames: usize) {
        if !self.bypass.is_idle() {
            let limit = runner.limit();
            for index in 0..runner.outputs() {
                let (wet, dry) = runner.output_and_dry(index);
                for (n, sample) in wet[..frames].iter_mut().enumerate() {
                    let share = self.bypass.share(n);
                    let dry = dry.map_or(0.0, |dry| dry[n]);
                    // What comes from a device or a file may be anything.
                    let dry = if dry.abs() <= limit { dry } else { 0.0 };
                    *sample = if share == 1.0 { dry } else { *sample + share * (dry - *sample) };
                }
            }
        }
        if !self.mute.is_idle() {
            for index in 0..runner.outputs() {
                for (n, sample) in runner.output_mut(index)[..frames].iter_mut().enumerate() {
                    *sample *= 1.0 - self.mute.share(n);
                }
            }
        }
        self.bypass.advance(frames);
        self.mute.advance(frames);
    }
}

/// Moves between 0 and 1 in steps of one frame.
struct Fader {
    is_on: bool,
    /// Steps up from 0, of `length_frames`.
    position: u32,
    length_frames: u32,
}

impl Fader {
    fn new(length_frames: u32) -> Self {
        Self { is_on: false, position: 0, length_frames }
    }

    /// Whether it is at 0 and stays there.
    fn is_idle(&self) -> bool {
        !self.is_on && self.position == 0
    }

    /// Where it is `frame` frames from now, the first of which moves it already; exactly 0 or 1 at its ends.
    fn share(&self, frame: usize) -> f64 {
        f64::from(self.position_in(frame + 1)) / f64::from(self.length_frames)
    }

    fn position_in(&self, frames: usize) -> u32 {
        let frames = u32::try_from(frames).unwrap_or(u32::MAX);
        if self.is_on {
            self.position.saturating_add(frames).min(self.length_frames)
        } else {
            self.position.saturating_sub(frames)
        }
    }

    fn advance(&mut self, frames: usize) {
        self.position = self.position_in(frames);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Desk;
    use crate::files::Sound;
    use crate::patch::{Inputs, Tap};
    use crate::rig::nothing_planned;
    use crate::runner::Runner;
    use crate::source::SoundSource;
    use crate::testing::{Accumulator, Faulting, NotANumber};

    /// At this rate 10 ms are 4 frames.
    const RATE: f64 = 400.0;

    fn runner(processor: Box<dyn oscine_dsp::Processor>, inputs: Inputs, block: usize) -> Runner {
        let planned = nothing_planned(&*processor);
        Runner::new(processor, inputs, block, None, planned, None, RATE)
    }

    fn play(desk: &mut Desk, runner: &mut Runner, blocks: usize) -> Vec<f64> {
        let mut heard = vec![];
        for _ in 0..blocks {
            let frames = runner.step().unwrap().frames;
            desk.work(runner, frames);
            heard.extend_from_slice(&runner.output(0)[..frames]);
        }
        heard
    }

    fn input(samples: Vec<f64>) -> Inputs {
        let sound = Sound { sample_rate: None, channels: vec![samples] };
        Inputs::in_order(Box::new(SoundSource::looped(Arc::new(sound))))
    }

    #[test]
    fn a_mute_fades_out_and_in_whatever_the_block() {
        for block in [1, 2, 3, 6, 12] {
            let mut desk = Desk::new(RATE);
            let mut runner = runner(Box::new(Faulting::at(100)), Inputs::none(), block);
            let blocks = 12 / block;
            assert_eq!(play(&mut desk, &mut runner, blocks), [1.0; 12]);
            desk.mute(true);
            let expected = [0.75, 0.5, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
            assert_eq!(play(&mut desk, &mut runner, blocks), expected, "blocks of {block}");
            desk.mute(false);
            let expected = [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
            assert_eq!(play(&mut desk, &mut runner, blocks), expected, "blocks of {block}");
        }
    }

    #[test]
    fn a_fade_that_is_called_off_goes_back_from_where_it_is() {
        let mut desk = Desk::new(RATE);
        let mut runner = runner(Box::new(Faulting::at(100)), Inputs::none(), 2);
        desk.mute(true);
        assert_eq!(play(&mut desk, &mut runner, 1), [0.75, 0.5]);
        desk.mute(false);
        assert_eq!(play(&mut desk, &mut runner, 2), [0.75, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn a_bypass_lets_the_input_through_and_the_processor_computes_on() {
        let mut desk = Desk::new(RATE);
        let mut runner = runner(Box::new(Accumulator::new()), input(vec![1.0]), 4);
        assert_eq!(play(&mut desk, &mut runner, 1), [1.0, 2.0, 3.0, 4.0]);
        desk.bypass(true);
        // From the sum to the input: 5, 6, 7, 8 and 1, by quarters.
        assert_eq!(play(&mut desk, &mut runner, 2), [4.0, 3.5, 2.5, 1.0, 1.0, 1.0, 1.0, 1.0]);
        desk.bypass(false);
        play(&mut desk, &mut runner, 1);
        assert_eq!(play(&mut desk, &mut runner, 1), [17.0, 18.0, 19.0, 20.0]);
    }

    #[test]
    fn a_bypassed_generator_is_silent() {
        let mut desk = Desk::new(RATE);
        let mut runner = runner(Box::new(Faulting::at(100)), Inputs::none(), 4);
        desk.bypass(true);
        assert_eq!(play(&mut desk, &mut runner, 2), [0.75, 0.5, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn what_is_no_number_is_not_let_through() {
        let mut desk = Desk::new(RATE);
        let mut runner = runner(Box::new(NotANumber::at(1, f64::NAN)), Inputs::none(), 4);
        desk.bypass(true);
        assert!(play(&mut desk, &mut runner, 2).iter().all(|sample| sample.is_finite()));
        let mut runner = self::runner(Box::new(Accumulator::new()), input(vec![f64::NAN, 0.5]), 4);
        assert_eq!(play(&mut desk, &mut runner, 1), [0.0, 0.5, 0.0, 0.5]);
    }

    #[test]
    fn an_unconnected_input_is_heard_as_silence() {
        let mut desk = Desk::new(RATE);
        let inputs = Inputs::new(vec![], vec![Tap::Constant(0.5)]);
        let mut runner = runner(Box::new(Accumulator::new()), inputs, 4);
        desk.bypass(true);
        assert_eq!(play(&mut desk, &mut runner, 2)[4..], [0.0; 4]);
    }
}
