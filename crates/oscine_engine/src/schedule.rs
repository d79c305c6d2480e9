//! Changes that wait for their frame, in order.

use std::collections::VecDeque;

use oscine_dsp::{Curve, Event};

/// Something that happens to a processor at a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// A parameter sets out for a value, along its ramp.
    Param {
        /// The parameter's number in the first processor's face.
        id: usize,
        /// The value to reach.
        value: f64,
    },
    /// A parameter goes to a value in a given time, whatever its own ramp is.
    Ramp {
        /// The parameter's number in the first processor's face.
        id: usize,
        /// The value to reach.
        value: f64,
        /// The time that it takes; 0 for a jump.
        frames: u32,
        /// The way there.
        curve: Curve,
    },
    /// A note or a controller.
    Event(Event),
}

/// Changes sorted by frame; of those at one frame, the first in is the first out. Never grows beyond its capacity.
pub(crate) struct Schedule {
    waiting: VecDeque<(u64, Change)>,
    capacity: usize,
}

impl Schedule {
    /// With `changes` in it, in any order, and room for so many more.
    pub(crate) fn of(mut changes: Vec<(u64, Change)>, room: usize) -> Self {
        changes.sort_by_key(|(frame, _)| *frame);
        let capacity = changes.len() + room;
        changes.reserve_exact(room);
        Self { waiting: changes.into(), capacity }
    }

    /// Whether there was room.
    pub(crate) fn push(&mut self, frame: u64, change: Change) -> bool {
        if self.waiting.len() == self.capacity {
            return false;
        }
        let position = self.waiting.partition_point(|(waiting, _)| *waiting <= frame);
        self.waiting.insert(position, (frame, change));
        true
    }

    /// The frame of the next change.
    pub(crate) fn next_frame(&self) -> Option<u64> {
        self.waiting.front().map(|(frame, _)| *frame)
    }

    /// Takes the next change if it is due at `frame` or was before.
    pub(crate) fn take_due(&mut self, frame: u64) -> Option<Change> {
        if self.next_frame()? > frame {
            return None;
        }
        self.waiting.pop_front().map(|(_, change)| change)
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Schedule};

    #[test]
    fn comes_out_by_frame_and_then_by_arrival() {
        let mut schedule = Schedule::of(vec![], 4);
        let change = |value| Change::Param { id: 0, value };
        for (frame, value) in [(5, 1.0), (3, 2.0), (5, 3.0), (0, 4.0)] {
            assert!(schedule.push(frame, change(value)));
        }
        assert!(!schedule.push(1, change(5.0)), "full");
        assert_eq!(schedule.take_due(4), Some(change(4.0)));
        assert_eq!(schedule.take_due(4), Some(change(2.0)));
        assert_eq!(schedule.take_due(4), None);
        assert_eq!(schedule.next_frame(), Some(5));
        assert_eq!(schedule.take_due(5), Some(change(1.0)));
        assert_eq!(schedule.take_due(9), Some(change(3.0)));
        assert_eq!(schedule.take_due(9), None);
    }
}
