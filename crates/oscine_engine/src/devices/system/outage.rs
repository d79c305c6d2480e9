//! Tells errors of a stream that pass from those that end it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::stream::Shared;
use crate::stats::Stats;

/// A device that reports nothing but errors for this long has stopped.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a stream does about its errors.
pub(super) fn on_error(shared: &Arc<Shared>, stats: &Arc<Stats>) -> impl FnMut(cpal::Error) + Send + 'static {
    let (shared, stats) = (shared.clone(), stats.clone());
    let mut outage = Outage::default();
    move |error: cpal::Error| match outage.judge(error.kind(), shared.portions.load(Relaxed), Instant::now()) {
        Verdict::Harmless => {}
        Verdict::Gap => stats.add_xrun(),
        Verdict::Lost => {
            if let Ok(mut failure) = shared.failure.lock() {
                failure.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

#[derive(Debug, PartialEq)]
enum Verdict {
    Harmless,
    Gap,
    Lost,
}

/// Tells errors that pass from those that end a stream. Sound servers report all kinds when they are late, often many
/// of them, and go on: what counts is whether sound still flows.
#[derive(Default)]
struct Outage {
    /// When errors began, and how many portions had flowed by then.
    since: Option<(Instant, u64)>,
}

impl Outage {
    fn judge(&mut self, kind: cpal::ErrorKind, portions: u64, now: Instant) -> Verdict {
        use cpal::ErrorKind::{
            DeviceChanged, DeviceNotAvailable, HostUnavailable, PermissionDenied, RealtimeDenied, StreamInvalidated,
        };
        match kind {
            DeviceChanged | RealtimeDenied => return Verdict::Harmless,
            DeviceNotAvailable | HostUnavailable | PermissionDenied | StreamInvalidated => return Verdict::Lost,
            _ => {}
        }
        match self.since {
            Some((began, flowed)) if flowed == portions => {
                if now.duration_since(began) > PATIENCE {
                    Verdict::Lost
                } else {
                    Verdict::Harmless
                }
            }
            _ => {
                self.since = Some((now, portions));
                Verdict::Gap
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use cpal::ErrorKind::{BackendError, DeviceChanged, DeviceNotAvailable, RealtimeDenied, Xrun};

    use super::{Outage, Verdict};

    #[test]
    fn errors_that_pass_are_one_gap_and_what_stays_ends_the_stream() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut outage = Outage::default();
        assert_eq!(outage.judge(BackendError, 7, after(0)), Verdict::Gap);
        assert_eq!(outage.judge(BackendError, 7, after(1)), Verdict::Harmless);
        assert_eq!(outage.judge(Xrun, 7, after(900)), Verdict::Harmless);
        // Sound flowed in between: another gap, and patience starts anew.
        assert_eq!(outage.judge(Xrun, 8, after(950)), Verdict::Gap);
        assert_eq!(outage.judge(BackendError, 8, after(1900)), Verdict::Harmless);
        assert_eq!(outage.judge(BackendError, 8, after(2000)), Verdict::Lost);
    }

    #[test]
    fn some_errors_say_it_at_once() {
        let mut outage = Outage::default();
        assert_eq!(outage.judge(DeviceChanged, 1, Instant::now()), Verdict::Harmless);
        assert_eq!(outage.judge(RealtimeDenied, 1, Instant::now()), Verdict::Harmless);
        assert_eq!(outage.judge(DeviceNotAvailable, 1, Instant::now()), Verdict::Lost);
    }
}
