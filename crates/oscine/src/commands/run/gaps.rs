//! Tells of frames of an input device that were missing or came to nothing.

use oscine_engine::StatsSnapshot;

/// Looks for which an interruption that goes on is not told.
const PATIENT_LOOKS: u32 = 100;

/// What has been told so far.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    told: Counts,
    seen: Counts,
    looks: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Counts {
    missing: u64,
    lost: u64,
}

impl Gaps {
    /// Words about an interruption that has ended since the last look, or that has lasted for many.
    pub(super) fn look(&mut self, counted: &StatsSnapshot, sample_rate: f64) -> Option<String> {
        let now = Counts { missing: counted.input_underrun_frames, lost: counted.input_overrun_frames };
        let goes_on = now != std::mem::replace(&mut self.seen, now);
        if now == self.told || (goes_on && self.looks < PATIENT_LOOKS) {
            self.looks = if now == self.told { 0 } else { self.looks + 1 };
            return None;
        }
        self.looks = 0;
        let before = std::mem::replace(&mut self.told, now);
        let milliseconds = |frames: u64| frames as f64 / sample_rate * 1e3;
        let (missing, lost) = (now.missing - before.missing, now.lost - before.lost);
        let mut parts = vec![];
        if missing > 0 {
            parts.push(format!("{missing} frames ({:.1} ms) were missing", milliseconds(missing)));
        }
        if lost > 0 {
            parts.push(format!("{lost} frames ({:.1} ms) are lost", milliseconds(lost)));
        }
        Some(format!("the input was interrupted: {}", parts.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use oscine_engine::{Stats, StatsSnapshot};

    use super::{Gaps, PATIENT_LOOKS};

    fn counted(missing: u64, lost: u64) -> StatsSnapshot {
        StatsSnapshot { input_underrun_frames: missing, input_overrun_frames: lost, ..Stats::new(48_000.0).snapshot() }
    }

    #[test]
    fn an_interruption_is_told_once_when_it_is_over() {
        let mut gaps = Gaps::default();
        let mut look = |missing, lost| gaps.look(&counted(missing, lost), 48_000.0);
        assert_eq!(look(0, 0), None);
        assert_eq!(look(480, 0), None);
        assert_eq!(look(960, 0), None);
        let words = "the input was interrupted: 960 frames (20.0 ms) were missing";
        assert_eq!(look(960, 0).as_deref(), Some(words));
        assert_eq!(look(960, 0), None);
        assert_eq!(look(1008, 48), None);
        let words = "the input was interrupted: 48 frames (1.0 ms) were missing, 48 frames (1.0 ms) are lost";
        assert_eq!(look(1008, 48).as_deref(), Some(words));
    }

    #[test]
    fn one_that_goes_on_is_told_too() {
        let mut gaps = Gaps::default();
        let told = (1..=u64::from(PATIENT_LOOKS) + 10).filter_map(|n| gaps.look(&counted(n, 0), 48_000.0)).count();
        assert_eq!(told, 1);
    }
}
