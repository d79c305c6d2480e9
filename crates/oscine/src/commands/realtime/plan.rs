//! Who is measured when: under one load after another, the script and its controls in turn.

use crate::args::{LoadArg, RealtimeArgs};
use crate::timing::loads::Kind;
use crate::timing::series::Subject;

/// Without `--seconds`.
const SECONDS: f64 = 30.0;
/// The script's turn, if there is time for it.
const SLICE_SECONDS: f64 = 60.0;
/// With controls there are at least so many rounds, or there would be no spread.
const LEAST_ROUNDS: f64 = 3.0;
/// A control's turn, in turns of the script.
const CONTROL_SHARE: f64 = 0.2;

/// The turns under each load.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) rounds: u32,
    /// Of the script's turn.
    pub(super) slice_seconds: f64,
    pub(super) subjects: &'static [Subject],
}

impl Plan {
    pub(super) fn of(args: &RealtimeArgs) -> Self {
        Self::new(args.shared.seconds.unwrap_or(SECONDS), args.slice, args.rounds, args.controls)
    }

    fn new(seconds: f64, slice_seconds: Option<f64>, rounds: Option<u32>, has_controls: bool) -> Self {
        let least = if has_controls { LEAST_ROUNDS } else { 1.0 };
        let wanted = slice_seconds.unwrap_or_else(|| SLICE_SECONDS.min(seconds / least));
        let rounds = rounds.unwrap_or_else(|| (seconds / wanted).round().max(1.0) as u32);
        let subjects = if has_controls { &Subject::ALL[..] } else { &Subject::ALL[..1] };
        Self { rounds, slice_seconds: seconds / f64::from(rounds), subjects }
    }

    /// How long a subject's turn is.
    pub(super) fn seconds_of(&self, subject: Subject) -> f64 {
        if subject == Subject::Script { self.slice_seconds } else { CONTROL_SHARE * self.slice_seconds }
    }

    /// How long all turns are together, under one load.
    pub(super) fn total_seconds(&self) -> f64 {
        f64::from(self.rounds) * self.subjects.iter().map(|subject| self.seconds_of(*subject)).sum::<f64>()
    }
}

/// A load's name in data, and what runs for it.
pub(super) fn load(load: LoadArg) -> (&'static str, &'static [Kind]) {
    match load {
        LoadArg::None => ("none", &[]),
        LoadArg::Gui => ("gui", &[Kind::Gui]),
        LoadArg::Copy => ("copy", &[Kind::Copy]),
        LoadArg::Cpu => ("cpu", &[Kind::Cpu]),
        LoadArg::All => ("all", &[Kind::Gui, Kind::Copy, Kind::Cpu]),
    }
}

#[cfg(test)]
mod tests {
    use super::{Plan, Subject};

    #[test]
    fn turns_add_up_to_what_was_asked_for() {
        let plan = Plan::new(600.0, None, None, true);
        assert_eq!((plan.rounds, plan.slice_seconds, plan.total_seconds()), (10, 60.0, 840.0));
        assert_eq!((plan.seconds_of(Subject::Copy), plan.subjects.len()), (12.0, 3));
        let plan = Plan::new(20.0, None, None, true);
        assert_eq!((plan.rounds, plan.total_seconds()), (3, 28.0));
        let plan = Plan::new(20.0, None, None, false);
        assert_eq!((plan.rounds, plan.total_seconds()), (1, 20.0));
        let plan = Plan::new(100.0, Some(30.0), None, false);
        assert_eq!((plan.rounds, plan.total_seconds()), (3, 100.0));
        let plan = Plan::new(1.0, Some(30.0), None, false);
        assert_eq!((plan.rounds, plan.total_seconds()), (1, 1.0));
        let plan = Plan::new(10.0, None, Some(5), true);
        assert_eq!((plan.rounds, plan.slice_seconds), (5, 2.0));
    }
}
