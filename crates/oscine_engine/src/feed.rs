//! The audio side of live playing: takes what the control side sent, computes blocks, and hands them to a device in
//! whatever portions it asks for.
//!
//! The script's block stays what it is: a device that asks for another number of frames gets them from the block that
//! is under way. Everything comes and goes by queues; nothing here allocates, locks or waits.

use std::sync::Arc;
use std::time::Instant;

use oscine_dsp::{Event, Processor};
use rtrb::{Consumer, Producer};

use crate::clock::{FrameClock, common_divisor};
use crate::control::{At, Order};
use crate::desk::Desk;
use crate::devices::{CaptureEar, Guest};
use crate::guard::Notice;
use crate::priority::Promotion;
use crate::realtime::guarded;
use crate::record::Tape;
use crate::runner::{MAX_PORTS, Runner};
use crate::schedule::Change;
use crate::stats::Stats;
use crate::timing::Watch;
use crate::trouble::Trouble;
use crate::wiring::Wiring;

/// What the player sends to the audio side, beside the [orders](Order) of all control threads.
pub(crate) enum Command {
    /// Another processor takes over, with the ways to its parameters.
    Swap(Box<dyn Processor>, Box<Wiring>),
}

/// The orders of one control thread.
struct Lane {
    orders: Consumer<Order>,
    /// The frame for what happened last: what happens later must not come before it.
    latest_frame: u64,
}

/// What the audio side sends back.
pub(crate) enum Report {
    /// The processor was silenced.
    Trouble(Trouble),
    /// What plays on, and is worth telling.
    Notice(Notice),
    /// The processor that was sent is the one that is heard from now on; fresh if it takes over no state, for
    /// something had gone wrong.
    Swapped { is_fresh: bool, is_at_once: bool },
    /// A processor that was replaced, to be freed.
    Retired(Box<dyn Processor>),
    /// The ways to its parameters, likewise.
    Unwired(Box<Wiring>),
}

/// The last samples before trouble fade out over this time.
const FADE_SECONDS: f64 = 0.002;
/// The controller that ends all notes.
const ALL_NOTES_OFF: i64 = 123;
/// A processor fades into its successor over this time.
pub const SWAP_FADE_SECONDS: f64 = 0.010;

/// Computes blocks for a device.
pub(crate) struct Feed {
    runner: Runner,
    clock: FrameClock,
    lanes: Box<[Lane]>,
    commands: Consumer<Command>,
    reports: Producer<Report>,
    stats: Arc<Stats>,
    watch: Watch,
    /// Frames of the present block, and how many of them were handed out.
    block_frames: usize,
    position: usize,
    is_over: bool,
    fade_frames: usize,
    swap_fade_frames: usize,
    /// Of a swap that is to be told of: whether the one before it was silent.
    fresh_swap: Option<bool>,
    /// What portions that are no multiples of the block add to the latency.
    reblocking_frames: usize,
    promotion: Promotion,
    /// Inputs that are heard in the callback that plays.
    ears: Vec<CaptureEar>,
    /// Whether events were, since it sat down.
    has_heard_events: bool,
    /// What was heard last of each output.
    last: [f64; MAX_PORTS],
    /// Where each output's fade began, and how many frames of it are left.
    fade_from: [f64; MAX_PORTS],
    fade_left: usize,
    desk: Desk,
    /// What is heard goes there too.
    tape: Option<Tape>,
}

impl Guest for Feed {
    fn moves(&mut self) {
        self.ears.iter_mut().for_each(CaptureEar::restart);
        self.reblocking_frames = 0;
        // The device that brought them will not say when they end.
        if std::mem::take(&mut self.has_heard_events) {
            self.end_notes();
        }
    }

    fn sits(&mut self) {
        self.promotion.ask();
        self.watch.begin();
    }
}

impl Feed {
    pub(crate) fn new(
        runner: Runner,
        lanes: Vec<Consumer<Order>>,
        commands: Consumer<Command>,
        reports: Producer<Report>,
        stats: Arc<Stats>,
        sample_rate: f64,
    ) -> Self {
        Self {
            clock: FrameClock::new(sample_rate, runner.block_frames()),
            runner,
            reblocking_frames: 0,
            promotion: Promotion::new(false),
            ears: vec![],
            has_heard_events: false,
            lanes: lanes.into_iter().map(|orders| Lane { orders, latest_frame: 0 }).collect(),
            commands,
            reports,
            watch: Watch::new(stats.clone()),
            stats,
            block_frames: 0,
            position: 0,
            is_over: false,
            fade_frames: ((FADE_SECONDS * sample_rate) as usize).max(1),
            swap_fade_frames: ((SWAP_FADE_SECONDS * sample_rate) as usize).max(1),
            fresh_swap: None,
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

    /// The same, which asks for a priority on each thread on which it plays.
    pub(crate) fn with_promotion(mut self, promotion: Promotion) -> Self {
        self.promotion = promotion;
        self
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

    /// Takes events of a callback that asks for `portion` frames, each for a frame of these, before it asks for them.
    ///
    /// They sound at those very frames if each portion begins with a block. If not, some of a portion's frames have been
    /// computed before it, at most a block less the greatest common divisor of both (and what was left over when a device
    /// with other portions came); so long are all events delayed, so that their distances are kept.
    pub(crate) fn hear_events(&mut self, portion: usize, events: impl Iterator<Item = (usize, Event)>) {
        guarded(|| {
            let ahead = self.block_frames - self.position;
            let first = self.runner.frame() - ahead as u64;
            let block = self.runner.block_frames();
            let divisor = common_divisor(block, portion).max(1);
            let delay = block - divisor + ahead % divisor;
            for (offset, event) in events {
                self.has_heard_events = true;
                self.plan(first + (offset + delay) as u64, Change::Event(event));
            }
        });
    }

    /// Ends all notes that are down, as nobody is left to.
    pub(crate) fn end_notes(&mut self) {
        let end = Event::ControlChange { number: ALL_NOTES_OFF, value: 0.0 };
        self.plan(self.runner.frame(), Change::Event(end));
    }

    fn plan(&mut self, frame: u64, change: Change) {
        if !self.runner.plan(frame.max(self.runner.frame()), change) {
            self.stats.add_lost_change();
        }
    }

    /// Fills `out` with frames of `channels` samples each. One output is heard on all channels; of several, each on its
    /// own; channels beyond are silent.
    pub(crate) fn fill(&mut self, out: &mut [f32], channels: usize) {
        self.fill_at(out, channels, Instant::now());
    }

    /// The same for a call that began at `start`.
    pub(crate) fn fill_at(&mut self, out: &mut [f32], channels: usize, start: Instant) {
        guarded(|| {
            let handed_out = self.runner.frame() - (self.block_frames - self.position) as u64;
            self.clock.callback(handed_out, out.len() / channels, start);
            self.runner.asked(start);
            for frame in out.chunks_exact_mut(channels) {
                if self.position == self.block_frames {
                    self.next_block(start);
                }
                self.write_frame(frame);
            }
        });
        self.count_reblocking();
        self.watch.callback(start, out.len() / channels);
    }

    /// What is added to the device's latency where its portions are no multiples of the block: of what is heard in the
    /// callback the zeros that went ahead, or else the most frames that were computed and not asked for.
    fn count_reblocking(&mut self) {
        let of_ears = self.ears.iter().map(CaptureEar::delay_frames).max();
        let left = of_ears.unwrap_or(self.block_frames - self.position);
        if left > self.reblocking_frames {
            self.reblocking_frames = left;
            self.stats.set_reblocking_frames(left as u64);
        }
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

    fn next_block(&mut self, now: Instant) {
        let was_bypassing = self.runner.is_bypassing();
        let is_another_sound = self.take_orders(now);
        self.take_commands();
        self.position = 0;
        let step = self.runner.step();
        self.stats.set_failed(self.runner.is_halted());
        self.report_swap();
        let Some(step) = step else {
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
        if is_another_sound || (was_bypassing && !self.runner.is_bypassing()) {
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

    /// Does what was asked for. Whether what comes next breaks off from what was heard last.
    fn take_orders(&mut self, now: Instant) -> bool {
        let mut is_another_sound = false;
        for lane in &mut self.lanes {
            // Those that are there now: a thread that writes as fast as this one reads cannot keep it here.
            for _ in 0..lane.orders.slots() {
                match lane.orders.pop() {
                    Ok(Order::Change(at, change)) => {
                        let frame = match at {
                            At::NextBlock => self.runner.frame(),
                            At::Frame(frame) => frame,
                            At::Moment(moment) if self.clock.is_live(moment, now) => {
                                lane.latest_frame = lane.latest_frame.max(self.clock.frame_at(moment));
                                lane.latest_frame
                            }
                            At::Moment(moment) => self.clock.frame_at(moment),
                        };
                        if !self.runner.plan(frame.max(self.runner.frame()), change) {
                            self.stats.add_lost_change();
                        }
                    }
                    Ok(Order::Reset) => {
                        is_another_sound |= !self.runner.is_halted();
                        self.runner.reset();
                    }
                    Ok(Order::Mute(is_on)) => {
                        self.desk.mute(is_on);
                        self.stats.set_muted(is_on);
                    }
                    Ok(Order::Bypass(is_on)) => {
                        self.desk.bypass(is_on);
                        self.stats.set_bypassed(is_on);
                    }
                    Err(_) => break,
                }
            }
        }
        is_another_sound
    }

    fn take_commands(&mut self) {
        while let Ok(Command::Swap(processor, mut wiring)) = self.commands.pop() {
            self.report_swap();
            self.fresh_swap = Some(self.runner.is_halted());
            if let Some(retired) = self.runner.swap(processor, &mut wiring, self.swap_fade_frames) {
                self.retire(retired);
            }
            self.report(Report::Unwired(wiring));
        }
    }

    /// Tells of the last swap, if that was not done.
    fn report_swap(&mut self) {
        if let Some(is_fresh) = self.fresh_swap.take() {
            self.report(Report::Swapped { is_fresh, is_at_once: self.runner.has_joined_at_once() });
        }
    }

    fn retire(&mut self, processor: Box<dyn Processor>) {
        self.report(Report::Retired(processor));
    }

    fn report(&mut self, report: Report) {
        if let Err(rtrb::PushError::Full(report)) = self.reports.push(report) {
            // Freeing what it holds could block: it is lost instead, and the loss counted.
            std::mem::forget(report);
            self.stats.add_lost_report();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use oscine_dsp::Processor;

    use super::Report;
    use crate::files::Sound;
    use crate::patch::Inputs;
    use crate::rig::{Rig, rig};
    use crate::source::SoundSource;
    use crate::testing::{Accumulator, Faulting, FixedBlock, NotANumber, Tones};

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
        assert!(matches!(rig.report(), Some(Report::Trouble(trouble)) if trouble.frame() == 4));
        rig.feed.fill(&mut out, 1);
        assert_eq!(out, [0.0; 8]);
        assert!(rig.control.reset());
        rig.feed.fill(&mut out, 1);
        assert_eq!(&out[..4], &[1.0; 4]);
    }

    #[test]
    fn a_reset_during_the_fade_is_heard_at_once() {
        // 2 ms are 2 frames here: the second of them falls into the next block.
        let mut rig = rig(Box::new(Faulting::at(3)), Inputs::none(), 4, None);
        assert_eq!(play(&mut rig, 4), [1.0; 4]);
        assert!(rig.control.reset());
        assert_eq!(play(&mut rig, 4)[..3], [1.5, 1.0, 1.0]);
    }

    #[test]
    fn a_reset_fades_from_what_was_heard_to_the_new_beginning() {
        // 2 ms are 2 frames here.
        let mut rig = rig(Box::new(Accumulator::new()), ones(64), 4, None);
        assert_eq!(play(&mut rig, 8)[7], 8.0);
        assert!(rig.control.reset());
        assert_eq!(play(&mut rig, 8), [8.0, 5.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    }

    #[test]
    fn a_muted_sound_is_counted_as_such() {
        let mut rig = rig(Box::new(Tones::new()), Inputs::none(), 4, None);
        for (is_muted, is_bypassed) in [(true, false), (true, true), (false, true)] {
            assert!(rig.control.mute(is_muted));
            assert!(rig.control.bypass(is_bypassed));
            play(&mut rig, 4);
            assert_eq!((rig.stats.is_muted(), rig.stats.is_bypassed()), (is_muted, is_bypassed));
        }
    }

    #[test]
    fn changes_come_at_the_next_block() {
        let mut rig = rig(Box::new(Accumulator::new()), ones(8), 4, Some(8));
        let mut out = [0.0; 4];
        rig.feed.fill(&mut out, 1);
        assert!(rig.control.set("gain", 0.5));
        rig.feed.fill(&mut out, 1);
        assert_eq!(out, [4.5, 5.0, 5.5, 6.0]);
        assert!(!rig.stats.is_finished());
        rig.feed.fill(&mut out, 1);
        assert_eq!(out, [0.0; 4]);
        assert!(rig.stats.is_finished());
    }

    fn play(rig: &mut Rig, count: usize) -> Vec<f32> {
        rig.play(count)
    }

    #[test]
    fn a_successor_goes_on_where_the_old_one_stood_and_what_agrees_stays_bit_for_bit() {
        let mut rig = rig(Box::new(Accumulator::new()), ones(64), 4, None);
        play(&mut rig, 4);
        rig.swap(Box::new(Accumulator::new()));
        assert_eq!(play(&mut rig, 16), (5..=20).map(|n| n as f32).collect::<Vec<_>>());
        assert!(matches!(rig.report(), Some(Report::Swapped { is_fresh: false, is_at_once: true })));
        assert!(matches!(rig.report(), Some(Report::Retired(_))));
        assert!(rig.report().is_none());
    }

    #[test]
    fn a_swap_fades_from_the_old_sound_to_the_new() {
        // 10 ms are 10 frames here, which end within the third block of 4.
        let mut rig = rig(Box::new(Faulting::at(100)), Inputs::none(), 4, None);
        play(&mut rig, 4);
        rig.swap(Box::new(Tones::new()));
        let heard = play(&mut rig, 8);
        assert!(matches!(rig.report(), Some(Report::Swapped { is_fresh: false, is_at_once: false })));
        assert!(rig.report().is_none(), "the old one is needed still");
        let heard = [heard, play(&mut rig, 4)].concat();
        let expected: Vec<f32> = (0..12).map(|n| (f64::from((10 - n).max(0)) / 10.0) as f32).collect();
        assert_eq!(heard, expected);
        assert!(matches!(rig.report(), Some(Report::Retired(_))));
    }

    /// A counter that goes on in other steps than its predecessor's, which are 1.
    fn swapped_for_steps_of(step: f64) -> (Rig, Vec<f32>) {
        let mut rig = rig(Box::new(Accumulator::new()), ones(64), 4, None);
        play(&mut rig, 4);
        let mut new = Accumulator::new();
        new.jump_param(0, step);
        rig.swap(Box::new(new));
        let heard = play(&mut rig, 12);
        (rig, heard)
    }

    #[test]
    fn a_successor_with_all_state_is_heard_at_once_if_it_takes_no_larger_step_than_the_sound() {
        let (mut rig, heard) = swapped_for_steps_of(0.5);
        assert_eq!(heard, (1..=12).map(|n| 4.0 + 0.5 * n as f32).collect::<Vec<_>>());
        assert!(matches!(rig.report(), Some(Report::Swapped { is_fresh: false, is_at_once: true })));
        assert!(matches!(rig.report(), Some(Report::Retired(_))), "it is needed no more");

        let (mut rig, heard) = swapped_for_steps_of(9.0);
        assert_eq!(heard[0], 5.0, "the old sound first");
        assert!((heard[11] - (4.0 + 12.0 * 9.0)).abs() < 1e-6, "the new one at last: {heard:?}");
        assert!(matches!(rig.report(), Some(Report::Swapped { is_fresh: false, is_at_once: false })));
    }

    #[test]
    fn a_swap_amid_a_fade_retires_the_older_one_at_once() {
        let mut rig = rig(Box::new(Tones::new()), Inputs::none(), 4, None);
        for _ in 0..2 {
            rig.swap(Box::new(Tones::new()));
            play(&mut rig, 4);
        }
        let mut seen = vec![];
        play(&mut rig, 12);
        while let Some(report) = rig.report() {
            seen.push(matches!(report, Report::Retired(_)));
        }
        assert_eq!(seen, [false, true, false, true]);
    }

    #[test]
    fn after_trouble_a_successor_starts_afresh_out_of_silence() {
        let mut rig = rig(Box::new(NotANumber::at(2, f64::NAN)), Inputs::none(), 4, None);
        rig.feed.fill(&mut [0.0; 8], 2);
        rig.swap(Box::new(NotANumber::at(100, 0.0)));
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
        rig.swap(Box::new(Faulting::at(2)));
        let heard = play(&mut rig, 8);
        assert_eq!((&heard[..2], &heard[4..]), (&[1.0; 2][..], &[0.0; 4][..]));
        let mut reports = vec![];
        while let Some(report) = rig.report() {
            reports.push(matches!(report, Report::Retired(_)));
        }
        assert_eq!(reports, [false, true, false]);
    }
}
