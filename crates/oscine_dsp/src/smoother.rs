//! A ramp from one value to another in a fixed number of frames, in equal steps or in equal ratios.
//!
//! Value after `k` of `n` frames: `start + (target - start) * k / n`, or `start * (target / start) ^ (k / n)`, computed
//! afresh for each `k` so that no error accumulates, and exactly `target` at the end.

/// The way from one value to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Curve {
    /// Equal steps: a straight line.
    #[default]
    Linear,
    /// Equal ratios: a straight line in pitch or decibels. Where an end is not above 0 there is no such way, and the
    /// straight line is taken.
    Exponential,
}

/// A ramp; [`Smoother::tick`] advances it by one frame.
#[derive(Debug, Clone, Copy)]
pub struct Smoother {
    start: f64,
    target: f64,
    value: f64,
    position_frames: u32,
    length_frames: u32,
    curve: Curve,
}

impl Smoother {
    /// At rest at `value`.
    pub fn new(value: f64) -> Self {
        Self { start: value, target: value, value, position_frames: 0, length_frames: 0, curve: Curve::Linear }
    }

    /// Jumps to `value` and rests there.
    pub fn jump(&mut self, value: f64) {
        *self = Self::new(value);
    }

    /// Starts a ramp of `length_frames` from the present value to `target`; with 0 frames it jumps.
    pub fn ramp(&mut self, target: f64, length_frames: u32, curve: Curve) {
        if length_frames == 0 || target == self.value {
            return self.jump(target);
        }
        let has_ratio = self.value > 0.0 && target > 0.0;
        let curve = if has_ratio { curve } else { Curve::Linear };
        *self = Self { start: self.value, target, value: self.value, position_frames: 0, length_frames, curve };
    }

    /// Whether a ramp is under way.
    pub fn is_moving(&self) -> bool {
        self.position_frames < self.length_frames
    }

    /// Whether it will be at `target` in at most `frames` frames as it is.
    pub fn will_reach(&self, target: f64, frames: u32) -> bool {
        self.target == target && self.length_frames - self.position_frames <= frames
    }

    /// The present value.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Where it is going.
    pub fn target(&self) -> f64 {
        self.target
    }

    /// Advances by one frame and gives the new value.
    pub fn tick(&mut self) -> f64 {
        self.skip(1)
    }

    /// Advances by `frames` frames and gives the new value.
    pub fn skip(&mut self, frames: u32) -> f64 {
        if self.is_moving() {
            self.position_frames = self.position_frames.saturating_add(frames).min(self.length_frames);
            self.value = if self.position_frames == self.length_frames {
                self.target
            } else {
                let travelled = f64::from(self.position_frames) / f64::from(self.length_frames);
                match self.curve {
                    Curve::Linear => self.start + (self.target - self.start) * travelled,
                    Curve::Exponential => self.start * (self.target / self.start).powf(travelled),
                }
            };
        }
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::{Curve, Smoother};

    #[test]
    fn a_ramp_is_a_straight_line_that_ends_on_its_target() {
        let mut smoother = Smoother::new(1.0);
        smoother.ramp(2.0, 4, Curve::Linear);
        let values: Vec<f64> = (0..6).map(|_| smoother.tick()).collect();
        assert_eq!(values, [1.25, 1.5, 1.75, 2.0, 2.0, 2.0]);
        assert!(!smoother.is_moving());
    }

    #[test]
    fn a_new_target_starts_from_where_it_is() {
        let mut smoother = Smoother::new(0.0);
        smoother.ramp(1.0, 2, Curve::Linear);
        smoother.tick();
        smoother.ramp(0.0, 1, Curve::Linear);
        assert_eq!(smoother.value(), 0.5);
        assert_eq!(smoother.tick(), 0.0);
    }

    #[test]
    fn equal_ratios_double_in_equal_times() {
        let mut smoother = Smoother::new(100.0);
        smoother.ramp(1600.0, 4, Curve::Exponential);
        let values: Vec<f64> = (0..4).map(|_| smoother.tick()).collect();
        for (value, expected) in values.iter().zip([200.0, 400.0, 800.0, 1600.0]) {
            assert!((value / expected - 1.0).abs() < 1e-15, "{values:?}");
        }
        assert_eq!(values[3], 1600.0);
    }

    #[test]
    fn where_there_is_no_ratio_the_line_is_straight() {
        for (from, to) in [(0.0, 4.0), (-2.0, 2.0), (4.0, 0.0)] {
            let mut smoother = Smoother::new(from);
            smoother.ramp(to, 4, Curve::Exponential);
            assert_eq!(smoother.skip(2), f64::midpoint(from, to));
        }
    }

    #[test]
    fn frames_may_be_skipped() {
        for curve in [Curve::Linear, Curve::Exponential] {
            let (mut one, mut many) = (Smoother::new(1.0), Smoother::new(1.0));
            one.ramp(3.0, 10, curve);
            many.ramp(3.0, 10, curve);
            (0..7).for_each(|_| _ = one.tick());
            assert_eq!(many.skip(7), one.value());
            assert!(many.will_reach(3.0, 3) && !many.will_reach(3.0, 2) && !many.will_reach(2.0, 3));
            assert_eq!(many.skip(u32::MAX), 3.0);
        }
    }
}
