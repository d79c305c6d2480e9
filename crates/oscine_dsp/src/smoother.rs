//! A linear ramp from one value to another in a fixed number of frames.
//!
//! Value after `k` of `n` frames: `start + (target - start) * k / n`, computed afresh for each `k` so that no error
//! accumulates, and exactly `target` at the end.

/// A linear ramp; [`Smoother::tick`] advances it by one frame.
#[derive(Debug, Clone, Copy)]
pub struct Smoother {
    start: f64,
    target: f64,
    value: f64,
    position_frames: u32,
    length_frames: u32,
}

impl Smoother {
    /// At rest at `value`.
    pub fn new(value: f64) -> Self {
        Self { start: value, target: value, value, position_frames: 0, length_frames: 0 }
    }

    /// Jumps to `value` and rests there.
    pub fn jump(&mut self, value: f64) {
        *self = Self::new(value);
    }

    /// Starts a ramp of `length_frames` from the present value to `target`; with 0 frames it jumps.
    pub fn ramp(&mut self, target: f64, length_frames: u32) {
        if length_frames == 0 || target == self.value {
            return self.jump(target);
        }
        *self = Self { start: self.value, target, value: self.value, position_frames: 0, length_frames };
    }

    /// Whether a ramp is under way.
    pub fn is_moving(&self) -> bool {
        self.position_frames < self.length_frames
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
        if self.is_moving() {
            self.position_frames += 1;
            self.value = if self.position_frames == self.length_frames {
                self.target
            } else {
                let travelled = f64::from(self.position_frames) / f64::from(self.length_frames);
                self.start + (self.target - self.start) * travelled
            };
        }
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::Smoother;

    #[test]
    fn a_ramp_is_a_straight_line_that_ends_on_its_target() {
        let mut smoother = Smoother::new(1.0);
        smoother.ramp(2.0, 4);
        let values: Vec<f64> = (0..6).map(|_| smoother.tick()).collect();
        assert_eq!(values, [1.25, 1.5, 1.75, 2.0, 2.0, 2.0]);
        assert!(!smoother.is_moving());
    }

    #[test]
    fn a_new_target_starts_from_where_it_is() {
        let mut smoother = Smoother::new(0.0);
        smoother.ramp(1.0, 2);
        smoother.tick();
        smoother.ramp(0.0, 1);
        assert_eq!(smoother.value(), 0.5);
        assert_eq!(smoother.tick(), 0.0);
    }
}
