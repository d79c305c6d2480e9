//! When frames come or go at a device, freed from jitter: a delay-locked loop over the moments at which portions are
//! seen, after F. Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005.
//!
//! A device's thread wakes late, now and then by a lot, but the clock behind it runs evenly. The loop predicts when the
//! next portion is due, and goes only a small part of the way to where it is seen; the part is `1/n` for the first few
//! portions, so that it starts as their mean.

/// Bandwidth of the loop: at first, so that the clock's rate is found soon, then narrower.
const FIRST_BANDWIDTH_HZ: f64 = 0.1;
const LAST_BANDWIDTH_HZ: f64 = 0.02;
const NARROWING_SECONDS: f64 = 10.0;
/// A portion this late or early, or by three times its own length, is no jitter: something was interrupted.
const LEAST_BREAK_SECONDS: f64 = 0.05;
const BREAK_PORTIONS: f64 = 3.0;
/// No clock is off by more.
const MOST_DEVIATION: f64 = 0.005;

/// A bandwidth that is `first` for so many seconds, and then narrows to `last` within some more.
pub(super) fn narrowing(first: f64, last: f64, seconds: f64, age: f64) -> f64 {
    last + (first - last) * (-(age / seconds - 1.0).max(0.0)).exp()
}

/// Counts frames along a straight line in time.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    nominal_seconds_per_frame: f64,
    seconds_per_frame: f64,
    /// The time of the last portion, smoothed, and all frames until then.
    time: f64,
    frames: u64,
    /// Portions since the start or the last interruption, and when that was.
    portions: u32,
    since: f64,
    /// How far portions were late and early since then, in seconds, and the longest of them in frames.
    late: f64,
    early: f64,
    longest: u64,
    last: u64,
}

impl Timeline {
    pub(super) fn new(sample_rate: f64) -> Self {
        let seconds_per_frame = 1.0 / sample_rate;
        Self {
            nominal_seconds_per_frame: seconds_per_frame,
            seconds_per_frame,
            time: 0.0,
            frames: 0,
            portions: 0,
            since: 0.0,
            late: 0.0,
            early: 0.0,
            longest: 0,
            last: 0,
        }
    }

    /// At `time` seconds a portion was seen that ends at frame `frames`. Whether it fits to those before.
    pub(super) fn see(&mut self, time: f64, frames: u64) -> bool {
        let count = frames.saturating_sub(self.frames);
        let period = count as f64 * self.seconds_per_frame;
        let error = time - (self.time + period);
        let is_broken = error.abs() > LEAST_BREAK_SECONDS.max(BREAK_PORTIONS * period);
        self.frames = frames;
        self.last = count;
        if self.portions == 0 || is_broken {
            *self = Self { time, portions: 1, since: time, late: 0.0, early: 0.0, longest: 0, ..self.clone() };
            return false;
        }
        self.portions = self.portions.saturating_add(1);
        let age = time - self.since;
        let omega =
            std::f64::consts::TAU * narrowing(FIRST_BANDWIDTH_HZ, LAST_BANDWIDTH_HZ, NARROWING_SECONDS, age) * period;
        let proportional = (std::f64::consts::SQRT_2 * omega).max(1.0 / f64::from(self.portions)).min(1.0);
        self.time += period + proportional * error;
        if count > 0 {
            let moved = self.seconds_per_frame + omega.min(0.5).powi(2) * error / count as f64;
            let nominal = self.nominal_seconds_per_frame;
            self.seconds_per_frame = moved.clamp(nominal * (1.0 - MOST_DEVIATION), nominal * (1.0 + MOST_DEVIATION));
        }
        self.late = self.late.max(error);
        self.early = self.early.max(-error);
        self.longest = self.longest.max(count);
        true
    }

    /// Where it stands at `time`, in frames and parts of them.
    pub(super) fn frames_at(&self, time: f64) -> f64 {
        self.frames as f64 + (time - self.time) / self.seconds_per_frame
    }

    /// The smoothed time of the last portion.
    pub(super) fn time(&self) -> f64 {
        self.time
    }

    /// All frames until then.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Frames of the last portion.
    pub(super) fn last_portion_frames(&self) -> u64 {
        self.last
    }

    /// How long frames last.
    pub(super) fn seconds(&self, frames: u64) -> f64 {
        frames as f64 * self.seconds_per_frame
    }

    /// How many portions fit to one another, until now.
    pub(super) fn portions(&self) -> u32 {
        self.portions
    }

    /// When the first of them was seen.
    pub(super) fn since(&self) -> f64 {
        self.since
    }

    /// How late one of them was, in frames.
    pub(super) fn late_frames(&self) -> f64 {
        self.late / self.seconds_per_frame
    }

    /// How early one of them was, in frames.
    pub(super) fn early_frames(&self) -> f64 {
        self.early / self.seconds_per_frame
    }

    /// The longest of them, in frames; the first tells nothing, for it may be what gathered before.
    pub(super) fn longest_frames(&self) -> f64 {
        self.longest as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Timeline;
    use crate::noise::Noise;

    #[test]
    fn jitter_is_smoothed_and_the_clocks_rate_found() {
        let mut noise = Noise::new(3);
        let mut timeline = Timeline::new(48_000.0);
        let seconds = |frames: u64| frames as f64 / 48_000.0 / 1.0002;
        let mut worst = 0.0f64;
        for portion in 1..=20_000u64 {
            let frames = 64 * portion;
            timeline.see(seconds(frames) + 0.001 * noise.tick(), frames);
            if portion > 15_000 {
                worst = worst.max((timeline.frames_at(seconds(frames)) - frames as f64).abs());
            }
        }
        assert!(worst < 4.0, "of 48 frames of jitter {worst:.2} are left");
        let rate = timeline.frames_at(timeline.time() + 1.0) - timeline.frames_at(timeline.time());
        assert!((rate / 48_000.0 - 1.0002).abs() < 2e-5, "{rate}");
        assert!(timeline.late_frames() > 30.0 && timeline.early_frames() > 30.0);
    }

    #[test]
    fn portions_of_any_length_lie_on_one_line() {
        let mut timeline = Timeline::new(48_000.0);
        let mut frames = 96_000;
        assert!(!timeline.see(1.0, frames), "the first, whatever its length");
        for portion in [64, 441, 43, 42, 43, 1024, 16, 8192].into_iter().cycle().take(400) {
            frames += portion;
            let time = 1.0 + (frames - 96_000) as f64 / 48_000.0;
            assert!(timeline.see(time, frames));
            assert!((timeline.frames_at(time) - frames as f64).abs() < 1e-3);
        }
        assert_eq!(timeline.longest_frames(), 8192.0);
    }

    #[test]
    fn an_interruption_starts_anew() {
        let mut timeline = Timeline::new(48_000.0);
        for n in 1..100 {
            timeline.see(0.001 * f64::from(n), 48 * n as u64);
        }
        assert_eq!(timeline.portions(), 99);
        assert!(!timeline.see(0.3, 48 * 100));
        assert_eq!((timeline.portions(), timeline.since()), (1, 0.3));
        assert_eq!(timeline.frames_at(0.3), 4800.0);
    }
}
