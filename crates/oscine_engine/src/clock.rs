//! From a moment to the frame at which what happened then is to be heard.
//!
//! Callbacks come whenever the system gets to them, and frames are computed in blocks; what happened between two
//! callbacks would bunch at the second. So it is delayed by a constant number of frames instead, the fewest that keep
//! distances as they were: a portion that the device asks for, or a block, or, where neither divides the other, a bit
//! more than both. The time of a frame is that of a clock at the nominal rate which follows the callbacks slowly (a
//! first-order loop; F. Adriaensen, "Using a DLL to filter time", 2005, has the second-order one, for rates that are not
//! known).

use std::time::Instant;

/// Share of a callback's lateness that the clock follows.
const GAIN: f64 = 0.05;
/// A callback that is so many portions off did not just come late: the clock starts anew there.
const RESYNC_PORTIONS: f64 = 8.0;
/// No event waits longer than this, whatever a device asks for.
const MOST_DELAY_SECONDS: f64 = 0.1;
/// A delay that has not been needed for so long is given up.
const WINDOW_SECONDS: f64 = 1.0;

/// The audio side's relation of time and frames.
pub(crate) struct FrameClock {
    sample_rate: f64,
    block_frames: usize,
    epoch: Instant,
    /// The first frame of the latest callback, and its smoothed time in seconds since the epoch.
    latest: Option<(u64, f64)>,
    delay_frames: u64,
    /// The largest delay that was needed in the present window, and when it began.
    window_delay: u64,
    window_start: u64,
}

impl FrameClock {
    pub(crate) fn new(sample_rate: f64, block_frames: usize) -> Self {
        Self {
            sample_rate,
            block_frames,
            epoch: Instant::now(),
            latest: None,
            delay_frames: block_frames as u64,
            window_delay: 0,
            window_start: 0,
        }
    }

    /// A callback began at `now` that asks for `portion` frames from `frame` on.
    pub(crate) fn callback(&mut self, frame: u64, portion: usize, now: Instant) {
        if portion == 0 {
            return;
        }
        let now = self.seconds(now);
        let time = match self.latest {
            None => now,
            Some((before, time)) => {
                let expected = time + frame.saturating_sub(before) as f64 / self.sample_rate;
                let late = now - expected;
                let most = RESYNC_PORTIONS * portion.max(self.block_frames) as f64 / self.sample_rate;
                if late.abs() > most { now } else { expected + GAIN * late }
            }
        };
        self.latest = Some((frame, time));

        let needed = (portion + self.block_frames - common_divisor(portion, self.block_frames)) as u64;
        let needed = needed.min((MOST_DELAY_SECONDS * self.sample_rate) as u64).max(self.block_frames as u64);
        self.window_delay = self.window_delay.max(needed);
        self.delay_frames = self.delay_frames.max(needed);
        if frame.saturating_sub(self.window_start) as f64 >= WINDOW_SECONDS * self.sample_rate {
            self.delay_frames = self.window_delay;
            self.window_delay = 0;
            self.window_start = frame;
        }
    }

    /// The frame for what happened, or will happen, at `moment`; it may be past already.
    pub(crate) fn frame_at(&self, moment: Instant) -> u64 {
        let Some((frame, time)) = self.latest else { return 0 };
        let offset = ((self.seconds(moment) - time) * self.sample_rate).round() as i64;
        frame.saturating_add(self.delay_frames).saturating_add_signed(offset)
    }

    /// Whether what happens at `moment` is live, seen from `now`: past, or to come within the delay.
    pub(crate) fn is_live(&self, moment: Instant, now: Instant) -> bool {
        let ahead = moment.saturating_duration_since(now).as_secs_f64();
        ahead * self.sample_rate <= self.delay_frames as f64
    }

    /// Seconds since the epoch, negative before it.
    fn seconds(&self, moment: Instant) -> f64 {
        match moment.checked_duration_since(self.epoch) {
            Some(since) => since.as_secs_f64(),
            None => -self.epoch.saturating_duration_since(moment).as_secs_f64(),
        }
    }
}

/// The greatest.
pub(crate) fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::FrameClock;

    /// Times in frames at 1000 Hz.
    fn at(clock: &FrameClock, frames: f64) -> Instant {
        clock.epoch + Duration::from_secs_f64(1.0 + frames / 1000.0)
    }

    /// A clock after callbacks of `portion` frames that each came so many frames late.
    fn after(block: usize, portion: usize, lateness: &[f64]) -> FrameClock {
        let mut clock = FrameClock::new(1000.0, block);
        for (n, late) in lateness.iter().enumerate() {
            let frame = n * portion;
            let now = at(&clock, frame as f64 + late);
            clock.callback(frame as u64, portion, now);
        }
        clock
    }

    #[test]
    fn distances_are_kept_one_block_later() {
        let clock = after(64, 64, &[0.0; 4]);
        // The next block begins at frame 256.
        assert_eq!(clock.frame_at(at(&clock, 192.0)), 256);
        assert_eq!(clock.frame_at(at(&clock, 200.0)), 264);
        assert_eq!(clock.frame_at(at(&clock, 255.0)), 319);
        assert_eq!(clock.frame_at(at(&clock, 1000.0)), 1064, "what is to come later is told in advance");
        assert_eq!(clock.frame_at(at(&clock, -900.0)), 0);
    }

    #[test]
    fn a_late_callback_hardly_moves_it_and_a_stop_starts_it_anew() {
        let clock = after(64, 64, &[0.0, 0.0, 0.0, 40.0]);
        assert_eq!(clock.frame_at(at(&clock, 200.0)), 264 - 2);
        let clock = after(64, 64, &[0.0, 0.0, 0.0, 5000.0]);
        assert_eq!(clock.frame_at(at(&clock, 5192.0)), 256);
    }

    #[test]
    fn the_delay_is_the_fewest_frames_that_are_enough() {
        let delay = |block, portion| after(block, portion, &[0.0; 2]).delay_frames;
        assert_eq!(delay(16, 16), 16);
        assert_eq!(delay(16, 64), 64);
        assert_eq!(delay(64, 16), 64);
        assert_eq!(delay(24, 36), 24 + 36 - 12);
        assert_eq!(delay(16, 4096), 100, "a tenth of a second is the limit");
    }

    #[test]
    fn a_delay_that_is_no_longer_needed_is_given_up() {
        let mut clock = after(16, 64, &[0.0]);
        for n in 0..200 {
            let now = at(&clock, f64::from(64 + n * 16));
            clock.callback(64 + n as u64 * 16, 16, now);
        }
        assert_eq!(clock.delay_frames, 16);
    }
}
