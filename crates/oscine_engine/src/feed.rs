//! The audio side of live playing: takes what the control side sent, computes blocks, and hands them to a device in
//! whatever portions it asks for.
//!
//! The script's block stays what it is: a device that asks for another number of frames gets them from the block that
//! is under way. Everything comes and goes by queues; nothing here allocates, locks or waits.

use std::sync::Arc;
use std::time::Instant;

use oscine_dsp::Processor;
use rtrb::{Consumer, Producer};

use crate::desk::Desk;
use crate::devices::CaptureEar;
use crate::guard::Notice;
use crate::realtime::guarded;
use crate::record::Tape;
use crate::runner::{MAX_PORTS, Runner};
use crate::schedule::Change;
use crate::stats::Stats;
use crate::trouble::Trouble;

/// What the control side asks of the audio side.
pub(crate) enum Command {
    /// A parameter moves, or an event happens, at the next block.
    Change(Change),
    /// Back to the state before the first sample.
    Reset,
    /// Silence, or no longer.
    Mute(bool),
    /// The inputs in the place of the processor's sound, or no longer.
    Bypass(bool),
    /// Another processor takes over.
    Swap(Box<dyn Processor>),
}

/// What the audio side sends back.
pub(crate) enum Report {
    /// The processor was silenced.
    Trouble(Trouble),
    /// What plays on, and is worth telling.
    Notice(Notice),
    /// The processor that was sent is the one that is heard from now on; fresh if it takes over no state, for
    /// something had gone wrong.
    Swapped { is_fresh: bool },
    /// A processor that was replaced, to be freed.
    Retired(Box<dyn Processor>),
}

/// The last samples before trouble fade out over this time.
const FADE_SECONDS: f64 = 0.002;
/// A processor fades into its successor over this time.
const SWAP_FADE_SECONDS: f64 = 0.010;

/// Computes blocks for a device.
pub(crate) struct Feed {
    runner: Runner,
    commands: Consumer<Command>,
    reports: Producer<Report>,
    stats: Arc<Stats>,
    /// Frames of the present block, and how many of them were handed out.
    block_frames: usize,
    position: usize,
    is_over: bool,
    fade_frames: usize,
    swap_fade_frames: usize,
    /// Inputs that are heard in the callback that plays.
    ears: Vec<CaptureEar>,
    /// What was heard last of each output.
    last: [f64; MAX_PORTS],
    /// Where each output's fade began, and how many frames of it are left.
    fade_from: [f64; MAX_PORTS],
    fade_left: usize,
    desk: Desk,
    /// What is heard goes there too.
    tape: Option<Tape>,
}

impl Feed {
    pub(crate) fn new(
        runner: Runner,
        commands: Consumer<Command>,
        reports: Producer<Report>,
        stats: Arc<Stats>,
        sample_rate: f64,
    ) -> Self {
        Self {
            runner,
            ears: vec![],
            commands,
            reports,
            stats,
            block_frames: 0,
            position: 0,
            is_over: false,
            fade_frames: ((FADE_SECONDS * sample_rate) as usize).max(1),
            swap_fade_frames: ((SWAP_FADE_SECONDS * sample_rate) as usize).max(1),
            last: [0.0; MAX_PORTS],
            fade_from: [0.0; MAX_PORTS],
            fade_left: 0,
            desk: Desk::new(sample_rate),
            tape: None,
        }
    }

    /// Records what is heard.
    pub(crate) fn with_tape(self, tape: Option<Tape>) -> Self {
        Self { tape, ..self }
    }

    /// The same, with inputs that are heard in the callback that plays.
    pub(crate) fn with_ears(mut self, ears: Vec<CaptureEar>) -> Self {
        self.ears = ears;
        self
    }

    /// Takes what the device heard in this callback, a slice for each channel, all of one length.
    pub(crate) fn hear(&mut self, channels: &[&[f32]]) {
        let frames = channels.first().map_or(0, |channel| channel.len());
        guarded(|| {
            let mut first = 0;
            for ear in &mut self.ears {
                let own = first.min(channels.len())..(first + ear.channels()).min(channels.len());
                ear.hear(&channels[own], frames);
                first += ear.channels();
            }
        });
    }

    /// Fills `out` with frames of `channels` samples each. One output is heard on all channels; of several, each on its
    /// own; channels beyond are silent.
    pub(crate) fn fill(&mut self, out: &mut [f32], channels: usize) {
        let start = Instant::now();
        guarded(|| {
            for frame in out.chunks_exact_mut(channels) {
                if self.position == self.block_frames {
                    self.next_block();
                }
                self.write_frame(frame);
            }
        });
        self.stats.add_callback(out.len() / channels, start.elapsed().as_nanos() as u64);
    }

    fn write_frame(&mut self, frame: &mut [f32]) {
        if self.is_over {
            frame.fill(0.0);
            return;
        }
        let outputs = self.runner.outputs();
        for (channel, sample) in frame.iter_mut().enumerate() {
            let output = if outputs == 1 { 0 } else { channel };
            *sample = if output < outputs { self.runner.output(output)[self.position] as f32 } else { 0.0 };
        }
        self.position += 1;
    }

    fn next_block(&mut self) {
        let was_bypassing = self.runner.is_bypassing();
        self.take_commands();
        self.position = 0;
        let Some(step) = self.runner.step() else {
            self.is_over = true;
            self.stats.finish();
            return;
        };
        if let Some(processor) = self.runner.take_retired() {
            self.retire(processor);
        }
        self.block_frames = step.frames;
        self.stats.add_block(step.frames, step.process_ns);
        let good_frames = if step.trouble.is_some() { step.good_frames } else { step.frames };
        if was_bypassing && !self.runner.is_bypassing() {
            self.smooth_over();
        }
        self.fade(0, good_frames);
        if let Some(trouble) = step.trouble {
            self.begin_fade(good_frames);
            self.fade(good_frames, step.frames);
            self.report(Report::Trouble(trouble));
        }
        if let Some(notice) = step.notice {
            self.report(Report::Notice(notice));
        }
        for index in 0..self.runner.outputs() {
            self.last[index] = self.runner.output(index)[..step.frames].last().copied().unwrap_or(0.0);
        }
        self.desk.work(&mut self.runner, step.frames);
        if let Some(tape) = &mut self.tape {
            tape.record(&self.runner, step.frames);
        }
        self.stats.raise_peak(step.peak);
    }

    fn report(&mut self, report: Report) {
        if self.reports.push(report).is_err() {
            self.stats.add_lost_report();
        }
    }

    /// The step from what was heard last to the block, which is another sound, fades instead.
    fn smooth_over(&mut self) {
        self.fade_left = self.fade_frames;
        for index in 0..self.runner.outputs() {
            self.fade_from[index] = self.last[index] - self.runner.output(index)[0];
        }
    }

    /// What was heard before frame `from` of the block starts to fade there, instead of breaking off.
    fn begin_fade(&mut self, from: usize) {
        self.fade_left = self.fade_frames;
        for index in 0..self.runner.outputs() {
            self.fade_from[index] = if from > 0 { self.runner.output(index)[from - 1] } else { self.last[index] };
        }
    }

    /// Adds what is left of a fade to frames `from..until` of the block: silence, or a new beginning.
    fn fade(&mut self, from: usize, until: usize) {
        let left = self.fade_left;
        let slope = 1.0 / self.fade_frames as f64;
        let limit = self.runner.limit();
        for index in 0..self.runner.outputs() {
            let height = self.fade_from[index];
            for (n, sample) in self.runner.output_mut(index)[from..until].iter_mut().take(left).enumerate() {
                // Both are within the limit, and so has to be their sum.
                *sample = (*sample + height * ((left - n) as f64 * slope)).clamp(-limit, limit);
            }
        }
        self.fade_left = left.saturating_sub(until - from);
    }

    fn take_commands(&mut self) {
        while let Ok(command) = self.commands.pop() {
            match command {
                Command::Change(change) => {
                    if !self.runner.plan(self.runner.frame(), change) {
                        self.stats.add_lost_change();
                    }
                }
                Command::Reset => self.runner.reset(),
                Command::Mute(is_on) => {
                    self.desk.mute(is_on);
                    self.stats.set_muted(is_on);
                }
                Command::Bypass(is_on) => {
                    self.desk.bypass(is_on);
                    self.stats.set_bypassed(is_on);
                }
                Command::Swap(processor) => {
                    let is_fresh = self.runner.is_halted();
                    if let Some(retired) = self.runner.swap(processor, self.swap_fade_frames) {
                        self.retire(retired);
                    }
                    self.report(Report::Swapped { is_fresh });
                }
            }
        }
    }

    fn retire(&mut self, processor: Box<dyn Processor>) {
        if let Err(rtrb::PushError::Full(Report::Retired(retired))) = self.reports.push(Report::Retired(processor)) {
            // Freeing it here could block: it is lost instead, and the loss counted.
            std::mem::forget(retired);
            self.stats.add_lost_report();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rtrb::RingBuffer;

    use super::{Command, Feed, Report};
    use crate::files::Sound;
    use crate::patch::Inputs;
    use crate::runner::Runner;
    use crate::schedule::{Change, Schedule};
    use crate::source::SoundSource;
    use crate::stats::Stats;
    use crate::testing::{Accumulator, Faulting, FixedBlock, NotANumber, Tones};

    struct Rig {
        feed: Feed,
        commands: rtrb::Producer<Command>,
        reports: rtrb::Consumer<Report>,
        stats: Arc<Stats>,
    }

    fn rig(processor: Box<dyn oscine_dsp::Processor>, inputs: Inputs, block: usize, end: Option<u64>) -> Rig {
        let runner = Runner::new(processor, inputs, block, end, Schedule::new(16), None, 1000.0);
        let (commands, taken) = RingBuffer::new(16);
        let (sent, reports) = RingBuffer::new(16);
        let stats = Arc::new(Stats::new(1000.0));
        Rig { feed: Feed::new(runner, taken, sent, stats.clone(), 1000.0), commands, reports, stats }
    }

    fn ones(frames: usize) -> Inputs {
        let sound = Sound { sample_rate: None, channels: vec![vec![1.0; frames]] };
        Inputs::in_order(Box::new(SoundSource::once(Arc::new(sound))))
    }

    #[test]
    fn the_same_samples_whatever_the_device_asks_for() {
        let expected: Vec<f32> = (1..=96).map(|n| n as f32).collect();
        for portion in [1, 5, 42, 64, 96, 512, 4096] {
            let mut rig = rig(Box::new(Accumulator::new()), ones(96), 8, Some(96));
            let mut heard = vec![];
            while heard.len() < 96 {
                let mut out = vec![0.0; portion];
                rig.feed.fill(&mut out, 1);
                heard.extend(out);
            }
            assert_eq!(&heard[..96], &expected[..], "portions of {portion}");
            assert!(heard[96..].iter().all(|sample| *sample == 0.0));
        }
    }

    #[test]
    fn a_fixed_block_is_kept() {
        let sound = Sound { sample_rate: None, channels: vec![vec![1.0, 2.0, 3.0, 4.0]] };
        let inputs = Inputs::in_order(Box::new(SoundSource::once(Arc::new(sound))));
        let mut rig = rig(Box::new(FixedBlock::new(4)), inputs, 64, None);
        let mut out = [0.0; 3];
        rig.feed.fill(&mut out, 1);
        assert_eq!(out, [4.0, 3.0, 2.0]);
    }

    #[test]
    fn one_output_is_heard_on_all_channels() {
        let mut rig = rig(Box::new(Accumulator::new()), ones(2), 2, None);
        let mut out = [0.0; 4];
        rig.feed.fill(&mut out, 2);
        assert_eq!(out, [1.0, 1.0, 2.0, 2.0]);
    }

    #[test]
    fn trouble_fades_and_is_reported_and_a_reset_starts_again() {
        let mut rig = rig(Box::new(Faulting::at(4)), Inputs::none(), 8, None);
        let mut out = [9.0; 8];
        rig.feed.fill(&mut out, 1);
        assert_eq!(&out[..4], &[1.0; 4]);
        assert!(out[4..].windows(2).all(|pair| pair[1] <= pair[0]), "{out:?}");
        assert_eq!(out[7], 0.0);
        assert!(matches!(rig.reports.pop(), Ok(Report::Trouble(trouble)) if trouble.frame() == 4));
        rig.feed.fill(&mut out, 1);
        assert_eq!(out, [0.0; 8]);
        assert!(rig.commands.push(Command::Reset).is_ok());
        rig.feed.fill(&mut out, 1);
        assert_eq!(&out[..4], &[1.0; 4]);
    }

    #[test]
    fn a_reset_during_the_fade_is_heard_at_once() {
        // 2 ms are 2 frames here: the second of them falls into the next block.
        let mut rig = rig(Box::new(Faulting::at(3)), Inputs::none(), 4, None);
        assert_eq!(play(&mut rig, 4), [1.0; 4]);
        assert!(rig.commands.push(Command::Reset).is_ok());
        assert_eq!(play(&mut rig, 4)[..3], [1.5, 1.0, 1.0]);
    }

    #[test]
    fn changes_come_at_the_next_block() {
        let mut rig = rig(Box::new(Accumulator::new()), ones(8), 4, Some(8));
        let mut out = [0.0; 4];
        rig.feed.fill(&mut out, 1);
        assert!(rig.commands.push(Command::Change(Change::Param { index: 0, value: 0.5 })).is_ok());
        rig.feed.fill(&mut out, 1);
        assert_eq!(out, [4.5, 5.0, 5.5, 6.0]);
        assert!(!rig.stats.is_finished());
        rig.feed.fill(&mut out, 1);
        assert_eq!(out, [0.0; 4]);
        assert!(rig.stats.is_finished());
    }

    /// Plays `count` frames of one channel.
    fn play(rig: &mut Rig, count: usize) -> Vec<f32> {
        let mut out = vec![0.0; count];
        rig.feed.fill(&mut out, 1);
        out
    }

    #[test]
    fn a_successor_goes_on_where_the_old_one_stood_and_what_agrees_stays_bit_for_bit() {
        let mut rig = rig(Box::new(Accumulator::new()), ones(64), 4, None);
        play(&mut rig, 4);
        assert!(rig.commands.push(Command::Swap(Box::new(Accumulator::new()))).is_ok());
        assert_eq!(play(&mut rig, 16), (5..=20).map(|n| n as f32).collect::<Vec<_>>());
        assert!(matches!(rig.reports.pop(), Ok(Report::Swapped { is_fresh: false })));
        assert!(matches!(rig.reports.pop(), Ok(Report::Retired(_))));
        assert!(rig.reports.pop().is_err());
    }

    #[test]
    fn a_swap_fades_from_the_old_sound_to_the_new() {
        // 10 ms are 10 frames here, which end within the third block of 4.
        let mut rig = rig(Box::new(Faulting::at(100)), Inputs::none(), 4, None);
        play(&mut rig, 4);
        assert!(rig.commands.push(Command::Swap(Box::new(Tones::new()))).is_ok());
        let heard = play(&mut rig, 8);
        assert!(matches!(rig.reports.pop(), Ok(Report::Swapped { is_fresh: false })));
        assert!(rig.reports.pop().is_err(), "the old one is needed still");
        let heard = [heard, play(&mut rig, 4)].concat();
        let expected: Vec<f32> = (0..12).map(|n| (f64::from((10 - n).max(0)) / 10.0) as f32).collect();
        assert_eq!(heard, expected);
        assert!(matches!(rig.reports.pop(), Ok(Report::Retired(_))));
    }

    #[test]
    fn a_swap_amid_a_fade_retires_the_older_one_at_once() {
        let mut rig = rig(Box::new(Tones::new()), Inputs::none(), 4, None);
        for _ in 0..2 {
            assert!(rig.commands.push(Command::Swap(Box::new(Tones::new()))).is_ok());
            play(&mut rig, 4);
        }
        let mut seen = vec![];
        play(&mut rig, 12);
        while let Ok(report) = rig.reports.pop() {
            seen.push(matches!(report, Report::Retired(_)));
        }
        assert_eq!(seen, [false, true, false, true]);
    }

    #[test]
    fn after_trouble_a_successor_starts_afresh_out_of_silence() {
        let mut rig = rig(Box::new(NotANumber::at(2, f64::NAN)), Inputs::none(), 4, None);
        rig.feed.fill(&mut [0.0; 8], 2);
        assert!(rig.commands.push(Command::Swap(Box::new(NotANumber::at(100, 0.0)))).is_ok());
        let mut out = [0.0; 24];
        rig.feed.fill(&mut out, 2);
        let left: Vec<f32> = out.iter().step_by(2).copied().collect();
        assert!(left.windows(2).all(|pair| pair[1] >= pair[0]), "{left:?}");
        assert_eq!((left[0], left[11]), (0.0, 1.0));
    }

    #[test]
    fn trouble_amid_a_fade_ends_it() {
        let mut rig = rig(Box::new(Faulting::at(100)), Inputs::none(), 4, None);
        play(&mut rig, 4);
        assert!(rig.commands.push(Command::Swap(Box::new(Faulting::at(2)))).is_ok());
        let heard = play(&mut rig, 8);
        assert_eq!((&heard[..2], &heard[4..]), (&[1.0; 2][..], &[0.0; 4][..]));
        let mut reports = vec![];
        while let Ok(report) = rig.reports.pop() {
            reports.push(matches!(report, Report::Retired(_)));
        }
        assert_eq!(reports, [false, true, false]);
    }
}
