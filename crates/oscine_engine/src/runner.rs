//! Computes one block after another: sources, changes, processor. `render` and `run` share it, which is why they
//! compute the same bits.

use std::time::Instant;

use oscine_dsp::{Event, Fault, Processor};

use crate::guard::{Finding, Guard, Notice, OnFault, peak_and_sum};
use crate::patch::{Inputs, Patch};
use crate::schedule::{Change, Schedule};
use crate::score::Controller;
use crate::trouble::Trouble;
use crate::watchdog::Post;
use crate::wiring::Wiring;

/// Most inputs, and most outputs, of a processor: twice a stereo pair for each of 32 channels.
pub const MAX_PORTS: usize = 128;

pub(crate) struct Runner {
    processor: Box<dyn Processor>,
    patch: Patch,
    outputs: Vec<Vec<f64>>,
    schedule: Schedule,
    wiring: Box<Wiring>,
    /// Notes that are down, a bit each.
    held: u128,
    block_frames: usize,
    /// Frames computed so far.
    frame: u64,
    end_frame: Option<u64>,
    post: Option<Post>,
    sample_rate: f64,
    guard: Guard,
    /// After trouble the processor is not called until it is reset or replaced.
    is_halted: bool,
    /// When it starts again by itself, how often it did in a row, and the frame at which it last did.
    restart_frame: Option<u64>,
    restarts: u32,
    restarted_frame: u64,
    /// Frames of a block that what passes through instead of the processor has taken to fade in.
    bypass_frames: usize,
    fading: Option<Fading>,
    /// What was heard last of each output before the last swap, and the largest step before it.
    junctions: Vec<Junction>,
    /// The present processor was heard at once, without a fade.
    has_joined_at_once: bool,
    /// Memory for a block of what fades out.
    fading_outputs: Vec<Vec<f64>>,
    /// A processor whose fade is over.
    retired: Option<Box<dyn Processor>>,
}

/// The predecessor of the processor, which plays on until it has faded into it.
struct Fading {
    processor: Box<dyn Processor>,
    /// It was silent already.
    is_silent: bool,
    /// All that it remembers went on to its successor.
    has_handed_all_on: bool,
    length_frames: usize,
    left_frames: usize,
}

/// Where two sounds meet on one output.
#[derive(Debug, Clone, Copy, Default)]
struct Junction {
    last: f64,
    largest_step: f64,
}

impl Junction {
    /// After these samples.
    fn after(samples: &[f64]) -> Self {
        let largest_step = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
        Self { last: samples.last().copied().unwrap_or(0.0), largest_step }
    }

    /// Whether the step to `new` is no larger than those before it, or than those with which `old` would have gone on.
    fn is_smooth(&self, old: &[f64], new: f64) -> bool {
        let to_old = old.first().map_or(0.0, |first| (first - self.last).abs());
        let own = self.largest_step.max(to_old).max(Self::after(old).largest_step);
        (new - self.last).abs() <= own
    }
}

/// What came of a block.
#[derive(Debug, PartialEq)]
pub(crate) struct Step {
    /// Frames computed; fewer than a block only at the end.
    pub(crate) frames: usize,
    /// Frames before the trouble; all of them if there was none. Outputs are zero from here on.
    pub(crate) good_frames: usize,
    /// What silenced the processor in this block.
    pub(crate) trouble: Option<Trouble>,
    /// What is worth telling, though it plays on.
    pub(crate) notice: Option<Notice>,
    /// The largest absolute sample of the good frames.
    pub(crate) peak: f64,
    /// Time that the processor took.
    pub(crate) process_ns: u64,
}

/// Time over which what passes through instead of a failed processor fades in, and after which a failed processor may
/// start again.
const FADE_SECONDS: f64 = 0.002;
/// A processor that fails again starts again after this time, and after twice as long each time it fails within ...
const RESTART_SECONDS: f64 = 0.25;
/// ... this time after its start, though never later than `RESTART_SECONDS` times two to this power.
const RECOVERED_SECONDS: f64 = 1.0;
const MOST_DOUBLINGS: u32 = 5;

impl Runner {
    /// `block_frames` gives way to the block that the processor insists on. Ends after `end_frame` frames.
    ///
    /// # Panics
    /// If the number of inputs is not that of the processor, there are more than [`MAX_PORTS`], or a block is empty.
    pub(crate) fn new(
        processor: Box<dyn Processor>,
        inputs: Inputs,
        block_frames: usize,
        end_frame: Option<u64>,
        (schedule, wiring): (Schedule, Box<Wiring>),
        post: Option<Post>,
        sample_rate: f64,
    ) -> Self {
        let face = processor.face();
        let block_frames = face.fixed_block_frames.unwrap_or(block_frames);
        assert!(block_frames > 0, "a block of at least one frame");
        assert_eq!(face.inputs.len(), inputs.taps.len(), "one tap an input");
        assert!(face.inputs.len() <= MAX_PORTS && face.outputs <= MAX_PORTS, "at most {MAX_PORTS} inputs and outputs");
        let outputs = vec![vec![0.0; block_frames]; face.outputs];
        let junctions = vec![Junction::default(); face.outputs];
        let patch = Patch::new(inputs, block_frames);
        wiring.show_all(&*processor);
        Self {
            processor,
            patch,
            fading_outputs: outputs.clone(),
            outputs,
            schedule,
            wiring,
            held: 0,
            block_frames,
            frame: 0,
            end_frame,
            post,
            sample_rate,
            guard: Guard::lenient(sample_rate),
            is_halted: false,
            restart_frame: None,
            restarts: 0,
            restarted_frame: 0,
            bypass_frames: 0,
            fading: None,
            junctions,
            has_joined_at_once: false,
            retired: None,
        }
    }

    /// The same, guarded in another way than only against what is no number.
    pub(crate) fn guarded_by(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// Computes the next block; `None` at the end.
    pub(crate) fn step(&mut self) -> Option<Step> {
        let left = self.end_frame.map_or(u64::MAX, |end| end - self.frame);
        let frames = (self.block_frames as u64).min(left) as usize;
        if frames == 0 {
            return None;
        }
        self.patch.advance(frames);
        self.wiring.take_targets(&mut *self.processor);
        if self.restart_frame.is_some_and(|due| due <= self.frame) {
            self.reset();
            self.restarted_frame = self.frame;
        }
        if self.is_halted {
            self.miss_changes(self.frame + frames as u64 - 1);
        }
        let start = Instant::now();
        let may_run = !self.is_halted && self.post.as_mut().is_none_or(Post::begin);
        let (mut good_frames, mut trouble) = if may_run { self.compute(frames) } else { (0, None) };
        let fading_frames = if may_run { self.compute_fading(frames) } else { 0 };
        let budget_ns = self.post.as_mut().filter(|_| may_run).and_then(|post| post.end().then(|| post.budget_ns()));
        let process_ns = start.elapsed().as_nanos() as u64;
        if let (Some(Trouble::Fault { fault, frame }), Some(budget_ns)) = (trouble, budget_ns) {
            let block_frames = frames as u32;
            trouble = Some(Trouble::TooLong { fault, frame, took_ns: process_ns, budget_ns, block_frames });
        }
        self.outputs.iter_mut().for_each(|output| output[good_frames..].fill(0.0));
        let mixed_frames = fading_frames.min(good_frames);
        if self.joins_smoothly(mixed_frames) {
            self.end_fade();
        }
        self.mix_fading(mixed_frames);
        let (mut peak, finding) = self.guard.look(&self.outputs, good_frames);
        if let Some(Finding { frame: at, output, value }) = finding {
            good_frames = at;
            let (frame, limit) = (self.frame + at as u64, self.guard.limit());
            trouble = Some(if value.is_finite() {
                Trouble::TooLoud { output, value, limit, frame }
            } else {
                Trouble::NotFinite { output, value, frame }
            });
            self.outputs.iter_mut().for_each(|output| output[good_frames..].fill(0.0));
        }
        if let Some(trouble) = trouble {
            self.halt(trouble.frame());
        }
        if self.is_halted || self.fading.as_ref().is_some_and(|fading| fading.left_frames == 0) {
            self.retired = self.fading.take().map(|fading| fading.processor).or(self.retired.take());
        }
        if self.is_bypassing() {
            self.pass_through(if may_run { good_frames } else { 0 }, frames);
            peak = self.outputs.iter().map(|output| peak_and_sum(&output[..frames]).0).fold(peak, f64::max);
        }
        if !may_run {
            good_frames = frames;
        }
        let notice = self.guard.offset(self.outputs.len()).map(|(output, mean)| Notice::Offset {
            output,
            mean,
            frame: self.frame + frames as u64,
        });
        self.frame += frames as u64;
        Some(Step { frames, good_frames, trouble, notice, peak, process_ns })
    }

    /// The processor is not called any more, from trouble at `frame` on.
    fn halt(&mut self, frame: u64) {
        self.is_halted = true;
        self.bypass_frames = 0;
        if self.guard.on_fault == OnFault::Reset {
            let frames = |seconds: f64| (seconds * self.sample_rate).ceil() as u64;
            let has_recovered = frame >= self.restarted_frame + frames(RECOVERED_SECONDS);
            let soonest = frame + frames(FADE_SECONDS);
            self.restart_frame = Some(if self.restarts == 0 || has_recovered {
                self.restarts = 0;
                soonest
            } else {
                let doublings = (self.restarts - 1).min(MOST_DOUBLINGS);
                soonest.max(self.restarted_frame + frames(RESTART_SECONDS) * (1 << doublings))
            });
            self.restarts += 1;
        }
    }

    /// The highest absolute sample that may be heard.
    pub(crate) fn limit(&self) -> f64 {
        self.guard.limit()
    }

    /// Whether the processor failed, and is not called.
    pub(crate) fn is_halted(&self) -> bool {
        self.is_halted
    }

    /// Whether what the inputs hear passes through, in the place of a processor that failed.
    pub(crate) fn is_bypassing(&self) -> bool {
        self.is_halted && self.guard.on_fault == OnFault::Bypass
    }

    /// Lets through to each output what belongs there of the inputs, from frame `from` of the block on. What must not
    /// be heard of it is silent.
    fn pass_through(&mut self, from: usize, until: usize) {
        let length = ((FADE_SECONDS * self.sample_rate) as usize).max(1);
        let outputs = self.outputs.len();
        for (index, output) in self.outputs.iter_mut().enumerate() {
            let Some(heard) = self.patch.dry(index, outputs) else { continue };
            for (n, (y, x)) in output[from..until].iter_mut().zip(&heard[from..until]).enumerate() {
                let share = (self.bypass_frames + n + 1).min(length) as f64 / length as f64;
                *y = if self.guard.is_good(*x) { share * x } else { 0.0 };
            }
        }
        self.bypass_frames = (self.bypass_frames + until - from).min(length);
    }

    /// Calls the processor for the block's frames, in pieces that end where a change is due. Gives the frames that
    /// are good.
    fn compute(&mut self, frames: usize) -> (usize, Option<Trouble>) {
        let is_fixed = self.processor.face().fixed_block_frames.is_some();
        let run_frames = if is_fixed { self.block_frames } else { frames };
        let mut done = 0;
        while done < run_frames {
            // A block that cannot be cut takes all changes of its span at its start.
            let due_frame = self.frame + if is_fixed { frames as u64 - 1 } else { done as u64 };
            let until = match self.apply_changes(due_frame) {
                Ok(()) if is_fixed => run_frames,
                Ok(()) => self.next_cut(run_frames),
                Err(fault) => return (done, Some(self.faulted(fault, done))),
            };
            if let Err(fault) = self.process(done, until) {
                let good = (done + fault.frames_done as usize).min(frames);
                return (good, Some(self.faulted(fault, good)));
            }
            done = until;
        }
        (frames, None)
    }

    fn faulted(&self, fault: Fault, frame_of_block: usize) -> Trouble {
        Trouble::Fault { fault, frame: self.frame + frame_of_block as u64 }
    }

    fn apply_changes(&mut self, due_frame: u64) -> Result<(), Fault> {
        while let Some(change) = self.schedule.take_due(due_frame) {
            match change {
                Change::Event(event) => self.deliver(event)?,
                change => self.move_param(change),
            }
        }
        Ok(())
    }

    /// Lets the changes up to a frame pass a processor that has fallen silent: parameters move, events are gone.
    fn miss_changes(&mut self, due_frame: u64) {
        while let Some(change) = self.schedule.take_due(due_frame) {
            self.move_param(change);
        }
        self.held = 0;
    }

    fn move_param(&mut self, change: Change) {
        let (Change::Param { id, .. } | Change::Ramp { id, .. }) = change else { return };
        let Some(index) = self.wiring.index(id) else { return };
        match change {
            Change::Ramp { value, frames, curve, .. } => self.processor.ramp_param(index, value, frames, curve),
            Change::Param { value, .. } => self.processor.set_param(index, value),
            Change::Event(_) => {}
        }
        self.wiring.show(index, &*self.processor);
    }

    /// Moves what the event's controller moves, hands the event on, and after one that ends all notes ends those that
    /// are down.
    fn deliver(&mut self, event: Event) -> Result<(), Fault> {
        let bit = |note: i64| if (0..128).contains(&note) { 1u128 << note } else { 0 };
        match event {
            Event::NoteOn { note, .. } => self.held |= bit(note),
            Event::NoteOff { note } => self.held &= !bit(note),
            Event::ControlChange { number, value } => {
                if let Ok(number) = u8::try_from(number) {
                    self.wiring.turn(Controller::Number(number), value, &mut *self.processor);
                }
            }
            Event::PitchBend { value } => {
                self.wiring.turn(Controller::PitchBend, f64::midpoint(value, 1.0), &mut *self.processor);
            }
            Event::ChannelPressure { value } => {
                self.wiring.turn(Controller::Pressure, value, &mut *self.processor);
            }
            _ => {}
        }
        self.processor.event(event)?;
        // All sound off, all notes off, and the changes of mode, which mean all notes off too.
        if matches!(event, Event::ControlChange { number: 120 | 123..=127, .. }) {
            while self.held != 0 {
                let note = i64::from(self.held.trailing_zeros());
                self.held &= self.held - 1;
                self.processor.event(Event::NoteOff { note })?;
            }
        }
        Ok(())
    }

    /// Where in the block the next change is due, or the block's end.
    fn next_cut(&self, run_frames: usize) -> usize {
        let next = self.schedule.next_frame().map_or(u64::MAX, |frame| frame - self.frame);
        next.min(run_frames as u64) as usize
    }

    fn process(&mut self, from: usize, until: usize) -> Result<(), Fault> {
        call(&mut *self.processor, &self.patch, &mut self.outputs, from, until)
    }

    /// Has the predecessor compute what is left of its fade in this block. Gives the frames that there are of it.
    fn compute_fading(&mut self, frames: usize) -> usize {
        let Some(fading) = &mut self.fading else { return 0 };
        let frames = frames.min(fading.left_frames);
        if !fading.is_silent {
            let until = fading.processor.face().fixed_block_frames.unwrap_or(frames);
            // After a fault it goes on with zeros, and the fade with them.
            let _ = call(&mut *fading.processor, &self.patch, &mut self.fading_outputs, 0, until);
        }
        frames
    }

    /// Whether the block just computed, the first after a swap, goes on where its predecessor stands, so that it needs
    /// no fade: with all that that remembers, and without a step larger than the sound's own.
    fn joins_smoothly(&self, frames: usize) -> bool {
        let Some(fading) = &self.fading else { return false };
        let is_first = fading.left_frames == fading.length_frames;
        let outputs = self.outputs.iter().zip(&self.fading_outputs).zip(&self.junctions);
        is_first
            && frames > 0
            && fading.has_handed_all_on
            && outputs
                .fold(true, |is_smooth, ((new, old), junction)| is_smooth && junction.is_smooth(&old[..frames], new[0]))
    }

    /// What comes is heard as it is.
    fn end_fade(&mut self) {
        if let Some(fading) = &mut self.fading {
            fading.left_frames = 0;
        }
        self.has_joined_at_once = true;
    }

    /// Lets the predecessor's sound fade into the block just computed. Where both agree nothing changes, bit for bit.
    fn mix_fading(&mut self, frames: usize) {
        let Some(fading) = self.fading.as_mut().filter(|fading| fading.left_frames > 0) else { return };
        for (output, old) in self.outputs.iter_mut().zip(&self.fading_outputs) {
            for (n, (new, old)) in output[..frames].iter_mut().zip(old).enumerate() {
                let old = if fading.is_silent || !self.guard.is_good(*old) { 0.0 } else { *old };
                let share = (fading.left_frames - n) as f64 / fading.length_frames as f64;
                *new += share * (old - *new);
            }
        }
        fading.left_frames -= frames;
    }

    /// A device asks for sound at this time.
    pub(crate) fn asked(&mut self, at: Instant) {
        self.patch.asked(at);
    }

    /// The block just computed, of output `index`.
    pub(crate) fn output(&self, index: usize) -> &[f64] {
        &self.outputs[index]
    }

    /// The same, to be changed before it is heard.
    pub(crate) fn output_mut(&mut self, index: usize) -> &mut [f64] {
        &mut self.outputs[index]
    }

    /// The same of output `index`, and what it lets through of the inputs when the processor is bypassed.
    pub(crate) fn output_and_dry(&mut self, index: usize) -> (&mut [f64], Option<&[f64]>) {
        let dry = self.patch.dry(index, self.outputs.len());
        (&mut self.outputs[index], dry)
    }

    pub(crate) fn block_frames(&self) -> usize {
        self.block_frames
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Frames computed so far.
    pub(crate) fn frame(&self) -> u64 {
        self.frame
    }

    /// Plans a change. Whether there was room for it.
    pub(crate) fn plan(&mut self, frame: u64, change: Change) -> bool {
        self.schedule.push(frame, change)
    }

    /// Back to the processor's first state; takes it out of its silence after trouble.
    pub(crate) fn reset(&mut self) {
        self.processor.reset();
        self.held = 0;
        self.is_halted = false;
        self.restart_frame = None;
        self.guard.restart();
    }

    /// Puts another processor, of the same number of inputs and outputs and the same fixed block, in the place of the
    /// present one, whose state it takes over, and which fades out over `fade_frames`, at least one, or not at all where
    /// the other goes on exactly where it stands. After trouble the
    /// state is not taken over: it may be what went wrong. Planned changes find its parameters by `wiring`, which holds
    /// the present one's afterwards. Gives the predecessor of the present one if that was fading still.
    pub(crate) fn swap(
        &mut self,
        mut processor: Box<dyn Processor>,
        wiring: &mut Box<Wiring>,
        fade_frames: usize,
    ) -> Option<Box<dyn Processor>> {
        self.wiring.take_targets(&mut *self.processor);
        let is_whole = processor.take_over(&*self.processor, !self.is_halted);
        for (junction, output) in self.junctions.iter_mut().zip(&self.outputs) {
            *junction = Junction::after(output);
        }
        std::mem::swap(&mut self.wiring, wiring);
        self.wiring.show_all(&*processor);
        self.restart_frame = None;
        self.restarts = 0;
        self.has_joined_at_once = false;
        self.guard.forget();
        let fading = Fading {
            processor: std::mem::replace(&mut self.processor, processor),
            is_silent: std::mem::take(&mut self.is_halted),
            // What fades still would break off.
            has_handed_all_on: is_whole && self.fading.is_none(),
            length_frames: fade_frames,
            left_frames: fade_frames,
        };
        self.fading.replace(fading).map(|fading| fading.processor)
    }

    /// Whether the processor that the last swap put here needed no fade: its first block goes on where that of its
    /// predecessor stood.
    pub(crate) fn has_joined_at_once(&self) -> bool {
        self.has_joined_at_once
    }

    /// A processor that has faded out, to be freed elsewhere.
    pub(crate) fn take_retired(&mut self) -> Option<Box<dyn Processor>> {
        self.retired.take()
    }
}

/// Has a processor compute frames `from..until` of a block.
fn call(
    processor: &mut dyn Processor,
    patch: &Patch,
    buffers: &mut [Vec<f64>],
    from: usize,
    until: usize,
) -> Result<(), Fault> {
    let mut inputs: [&[f64]; MAX_PORTS] = [&[]; MAX_PORTS];
    for (index, input) in inputs[..patch.len()].iter_mut().enumerate() {
        *input = &patch.input(index)[from..until];
    }
    let count = buffers.len();
    let mut outputs: [&mut [f64]; MAX_PORTS] = std::array::from_fn(|_| &mut [][..]);
    for (slice, output) in outputs.iter_mut().zip(buffers) {
        *slice = &mut output[from..until];
    }
    processor.process(&inputs[..patch.len()], &mut outputs[..count])
}
