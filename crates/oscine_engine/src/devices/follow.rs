//! Keeps an output at a constant distance behind an input that has a clock of its own: decides, block by block, how many
//! frames are taken and at what speed they are read. Numbers only; [`listening`](super::listening) moves the samples.
//!
//! Both ends are seen in portions, at times with jitter. A [`Timeline`] for each makes straight lines of them, and the
//! distance between the lines is the delay. A loop of two low passes, a proportional and an integrating part (F.
//! Adriaensen, "Controlling adaptive resampling", Linux Audio Conference 2012) turns what the delay is off its target
//! into a speed: wide at first, so that it locks within seconds, then narrow, so that jitter does not reach the pitch.
//!
//! The *target* is the longest portion of the input and the jitter that was seen before the sound began, half as much
//! again, and a millisecond. What still runs dry is an *interruption*: the output falls silent, what is missing is
//! counted, and it goes on when the target is reached again, which has grown by as much as was missing, though at most
//! to twice what it was: a single hiccup costs little delay, and one that comes again and again is soon allowed for. Where a delay has become much too long, because the output stood still, the surplus is left out, and
//! counted as lost. Neither happens without an interruption of one of the two devices.

use super::timeline::{Timeline, narrowing};
use crate::varispeed::Glide;

/// Both ends are watched for so long, and for so many portions, before sound flows.
const WATCH_SECONDS: f64 = 0.25;
const WATCH_PORTIONS: u32 = 8;
/// Calls of the output's device that are no further apart are one, if that is also no more than this share of what was
/// asked for.
const SAME_SECONDS: f64 = 0.005;
const SAME_SHARE: f64 = 0.6;
/// On top of portions and jitter.
const CUSHION_SECONDS: f64 = 0.001;
const JITTER_FACTOR: f64 = 1.5;
/// A target may always grow by this after an interruption; the longest target.
const GROWTH_SECONDS: f64 = 0.005;
const MOST_TARGET_SECONDS: f64 = 0.5;
/// A surplus beyond this is left out; less is caught up with.
const SURPLUS_SECONDS: f64 = 0.05;
/// The loop's bandwidth at first, later, and how fast it narrows.
const FIRST_BANDWIDTH_HZ: f64 = 0.2;
const LAST_BANDWIDTH_HZ: f64 = 0.02;
const NARROWING_SECONDS: f64 = 10.0;
/// Bandwidth of the low passes before it, as a multiple.
const FILTER_RATIO: f64 = 20.0;
/// No speed is further off: 5 cents are not heard as a pitch.
const MOST_CORRECTION: f64 = 0.003;

/// What is to be done for a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Take {
    /// Silence. `discard` frames of the ring are too old to be of use; `is_missing` says that sound should be here.
    Silence { discard: usize, is_missing: bool },
    /// `discard` frames are left out. `is_fresh` says that sound begins, so that these are no loss, and all frames around
    /// the position are to be taken. Then `count` frames are taken, and the block's first `whole` frames can be read,
    /// the rest being silent.
    Read { discard: usize, is_fresh: bool, count: usize, start: f64, glide: Glide, whole: usize },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Both ends are watched.
    Watching,
    Flowing,
    /// It ran dry.
    Refilling,
}

/// The numbers of one input.
pub(super) struct Follow {
    input_rate: f64,
    output_rate: f64,
    /// Frames around a position.
    taps: usize,
    input: Timeline,
    output: Timeline,
    state: State,
    /// Frames of the ring that are gone from it, and frames of the output until the present callback and in it.
    taken: u64,
    given: u64,
    given_now: u64,
    now: f64,
    /// Part of a frame that the position lies behind the last taken.
    start: f64,
    target: f64,
    /// Frames of the interruption that is under way.
    missing: f64,
    flowing_since: f64,
    filtered: [f64; 2],
    integral: f64,
    speed: f64,
    next_speed: f64,
    /// The surplus that the next block leaves out.
    surplus: usize,
    delay: f64,
}

impl Follow {
    pub(super) fn new(input_rate: f64, output_rate: f64, taps: usize) -> Self {
        let speed = input_rate / output_rate;
        Self {
            input_rate,
            output_rate,
            taps,
            input: Timeline::new(input_rate),
            output: Timeline::new(output_rate),
            state: State::Watching,
            taken: 0,
            given: 0,
            given_now: 0,
            now: 0.0,
            start: 0.0,
            target: 0.0,
            missing: 0.0,
            flowing_since: 0.0,
            filtered: [0.0; 2],
            integral: 0.0,
            speed,
            next_speed: speed,
            surplus: 0,
            delay: 0.0,
        }
    }

    /// The most input frames that a block of `frames` may take.
    pub(super) fn most_taken(input_rate: f64, output_rate: f64, frames: usize) -> usize {
        (frames as f64 * input_rate / output_rate * (1.0 + 2.0 * MOST_CORRECTION)).ceil() as usize + 2
    }

    /// At `time` seconds the input's device delivered a portion, which ends at frame `frames` of the ring.
    pub(super) fn heard(&mut self, time: f64, frames: u64) {
        self.input.see(time, frames);
    }

    /// At `time` seconds the output's device asks for sound: what blocks were given since the last call belongs to that.
    pub(super) fn asked(&mut self, time: f64) {
        let is_first = self.given == 0 && self.given_now == 0;
        let elapsed = time - self.now;
        if !is_first && elapsed < SAME_SECONDS.min(SAME_SHARE * self.output.seconds(self.given_now)) {
            // A device that asks in several pieces at one time.
            return;
        }
        self.given += std::mem::take(&mut self.given_now);
        if !is_first {
            self.output.see(self.now, self.given);
            if self.state == State::Flowing {
                self.control();
            }
        }
        self.now = time;
    }

    /// What to do for a block of `frames` if `ready` frames are in the ring.
    pub(super) fn take(&mut self, frames: usize, ready: usize) -> Take {
        let take = match self.state {
            State::Watching => self.watch(frames, ready),
            State::Flowing => self.flow(frames, ready),
            State::Refilling => self.refill(frames, ready),
        };
        self.given_now += frames as u64;
        take
    }

    /// Input frames between a frame's coming in and the position.
    pub(super) fn delay_frames(&self) -> f64 {
        self.delay + self.taps as f64 / 2.0
    }

    fn watch(&mut self, frames: usize, ready: usize) -> Take {
        let ends = [&self.input, &self.output];
        let is_seen =
            ends.iter().all(|end| end.portions() >= WATCH_PORTIONS && self.now - end.since() >= WATCH_SECONDS);
        let most = MOST_TARGET_SECONDS * self.input_rate;
        if is_seen {
            let jitter = self.input.late_frames() + self.output.early_frames() * self.input_rate / self.output_rate;
            let cushion = CUSHION_SECONDS * self.input_rate;
            self.target = (self.input.longest_frames() + JITTER_FACTOR * jitter + cushion).min(most);
            if let Some(take) = self.begin(frames, ready) {
                return take;
            }
        }
        // Enough for the longest target stays.
        let discard = ready.saturating_sub(most as usize + self.taps);
        self.taken += discard as u64;
        Take::Silence { discard, is_missing: false }
    }

    /// Begins to read so far behind the input that the target is met, if what is needed for that is in the ring.
    fn begin(&mut self, frames: usize, ready: usize) -> Option<Take> {
        // The position is meant for the end of the callback, which may go on for as long as the last one.
        let callback_frames = (self.output.last_portion_frames() as f64).max(frames as f64);
        let end_time = self.output.time() + self.output.seconds(self.output.last_portion_frames());
        let position =
            self.input.frames_at(end_time) - self.target - callback_frames * self.input_rate / self.output_rate;
        let written = self.taken + ready as u64;
        let first = position.floor() - self.taps as f64;
        if first < self.taken as f64 {
            return None;
        }
        let discard = first as usize - self.taken as usize;
        let needed = discard + self.taps + Self::most_taken(self.input_rate, self.output_rate, frames);
        if written < self.taken + needed as u64 {
            return None;
        }
        self.taken += (discard + self.taps) as u64;
        self.flowing_since = self.now;
        self.delay = self.target;
        self.go_on();
        Some(self.read(discard, true, frames, usize::MAX))
    }

    fn nominal(&self) -> f64 {
        self.input_rate / self.output_rate
    }

    fn flow(&mut self, frames: usize, ready: usize) -> Take {
        let discard = std::mem::take(&mut self.surplus).min(ready);
        self.taken += discard as u64;
        let ready = ready - discard;
        self.read(discard, false, frames, ready)
    }

    /// Reads a block, or as much of it as `ready` frames allow, and then it has run dry.
    fn read(&mut self, discard: usize, is_fresh: bool, frames: usize, ready: usize) -> Take {
        let glide = Glide { from: self.speed, to: self.next_speed };
        let start = self.start;
        let end = glide.position(start, frames, frames);
        let count = end as usize;
        if count <= ready {
            self.taken += count as u64;
            self.start = end - count as f64;
            self.speed = self.next_speed;
            return Take::Read { discard, is_fresh, count, start, glide, whole: frames };
        }
        let whole = (0..frames).take_while(|n| glide.position(start, *n, frames) as usize <= ready).count();
        self.taken += ready as u64;
        self.start = 0.0;
        self.state = State::Refilling;
        self.missing = (frames - whole) as f64 * self.nominal();
        Take::Read { discard, is_fresh, count: ready, start, glide, whole }
    }

    /// Waits until the target is reached, by what has really come.
    fn refill(&mut self, frames: usize, ready: usize) -> Take {
        let since_last = self.input.frames_at(self.now) - self.input.frames() as f64;
        let come = ready as f64 + since_last.clamp(0.0, self.input.longest_frames());
        let target = self.target_after(self.missing);
        let surplus = come - frames as f64 * self.nominal() - target;
        let needed = Self::most_taken(self.input_rate, self.output_rate, frames);
        if surplus < 0.0 || ready < needed {
            self.missing += frames as f64 * self.nominal();
            return Take::Silence { discard: 0, is_missing: true };
        }
        self.target = target;
        let is_much = surplus > SURPLUS_SECONDS * self.input_rate;
        let discard = if is_much { (surplus as usize).min(ready - needed) } else { 0 };
        self.taken += discard as u64;
        self.go_on();
        self.read(discard, false, frames, usize::MAX)
    }

    /// The target after an interruption of so many frames.
    fn target_after(&self, missing: f64) -> f64 {
        let most_growth = self.target.max(GROWTH_SECONDS * self.input_rate);
        (self.target + missing.min(most_growth)).min(MOST_TARGET_SECONDS * self.input_rate)
    }

    /// Flows at the speed that was right before.
    fn go_on(&mut self) {
        self.state = State::Flowing;
        self.start = 0.0;
        self.filtered = [0.0; 2];
        self.next_speed = self.nominal() * (1.0 + self.integral);
        self.speed = self.next_speed;
    }

    /// One step of the loop, once a callback.
    fn control(&mut self) {
        let position = self.taken as f64 + self.start;
        self.delay = self.input.frames_at(self.output.time()) - position;
        let error = self.delay - self.target;
        let is_sure = [&self.input, &self.output].iter().all(|end| end.portions() >= WATCH_PORTIONS);
        if !is_sure {
            return;
        }
        if error > SURPLUS_SECONDS * self.input_rate {
            self.surplus = error as usize;
            self.filtered = [0.0; 2];
            return;
        }
        let seconds = self.output.seconds(self.output.last_portion_frames());
        let flowing = self.now - self.flowing_since;
        let bandwidth_hz = narrowing(FIRST_BANDWIDTH_HZ, LAST_BANDWIDTH_HZ, NARROWING_SECONDS, flowing);
        let omega = std::f64::consts::TAU * bandwidth_hz;
        let share = 1.0 - (-FILTER_RATIO * omega * seconds).exp();
        let mut value = error / self.input_rate;
        for filtered in &mut self.filtered {
            *filtered += share * (value - *filtered);
            value = *filtered;
        }
        let most = MOST_CORRECTION;
        self.integral = (self.integral + omega * omega * seconds * value).clamp(-most, most);
        let correction = (self.integral + std::f64::consts::SQRT_2 * omega * value).clamp(-most, most);
        self.next_speed = self.nominal() * (1.0 + correction);
    }
}

#[cfg(test)]
mod tests;
