//! Why sound came late: three causes, and how often and how badly each struck.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Who made a block late, or a device run out of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Our own computing took longer than the block lasts.
    Processing,
    /// The system woke the audio thread late, or took the processor away from it in the middle of a block.
    Scheduler,
    /// The device or its server reported a gap though every block was ready in time.
    Device,
}

impl Cause {
    /// All of them, in the order in which they are told.
    pub const ALL: [Cause; 3] = [Cause::Processing, Cause::Scheduler, Cause::Device];

    /// One word, as data have it.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Processing => "processing",
            Cause::Scheduler => "scheduler",
            Cause::Device => "device",
        }
    }

    /// The cause that is called so.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.word() == word)
    }
}

/// How often something happened, and the worst of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// By how much at most, in ns; 0 where that is not known.
    pub worst_ns: u64,
}

/// Counts by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Causes {
    /// Of [`Cause::Processing`].
    pub processing: Tally,
    /// Of [`Cause::Scheduler`].
    pub scheduler: Tally,
    /// Of [`Cause::Device`].
    pub device: Tally,
}

impl Causes {
    /// Those of one cause.
    pub fn of(&self, cause: Cause) -> Tally {
        match cause {
            Cause::Processing => self.processing,
            Cause::Scheduler => self.scheduler,
            Cause::Device => self.device,
        }
    }

    /// Those of one cause, to be changed.
    fn of_mut(&mut self, cause: Cause) -> &mut Tally {
        match cause {
            Cause::Processing => &mut self.processing,
            Cause::Scheduler => &mut self.scheduler,
            Cause::Device => &mut self.device,
        }
    }

    /// One more of `cause`, bad by `by_ns`.
    pub fn add(&mut self, cause: Cause, by_ns: u64) {
        self.join(cause, Tally { count: 1, worst_ns: by_ns });
    }

    /// All of `other` besides.
    pub fn add_all(&mut self, other: &Causes) {
        Cause::ALL.into_iter().for_each(|cause| self.join(cause, other.of(cause)));
    }

    /// What has come since `before`. The worst is that of all time, where something came.
    #[must_use]
    pub fn since(&self, before: &Causes) -> Causes {
        let mut since = *self;
        for cause in Cause::ALL {
            let own = since.of_mut(cause);
            own.count = own.count.saturating_sub(before.of(cause).count);
            if own.count == 0 {
                own.worst_ns = 0;
            }
        }
        since
    }

    fn join(&mut self, cause: Cause, more: Tally) {
        let own = self.of_mut(cause);
        own.count += more.count;
        own.worst_ns = own.worst_ns.max(more.worst_ns);
    }

    /// All together.
    pub fn total(&self) -> u64 {
        Cause::ALL.into_iter().map(|cause| self.of(cause).count).sum()
    }
}

/// `2 the scheduler was late (up to 4.1 ms), 1 the device`; nothing where nothing happened.
impl fmt::Display for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for cause in Cause::ALL {
            let Tally { count, worst_ns } = self.of(cause);
            if count == 0 {
                continue;
            }
            let words = match cause {
                Cause::Processing => "our processing was too slow",
                Cause::Scheduler => "the system's scheduler was late",
                Cause::Device => "the device or its server, though we were in time",
            };
            write!(f, "{separator}{count} {words}")?;
            if worst_ns > 0 {
                write!(f, " (by up to {})", Milliseconds(worst_ns))?;
            }
            separator = ", ";
        }
        Ok(())
    }
}

/// A time in ns, shown in ms.
struct Milliseconds(u64);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0 as f64 / 1e6;
        if ms < 0.1 { write!(f, "{ms:.3} ms") } else { write!(f, "{ms:.1} ms") }
    }
}

/// [`Causes`] that the audio thread adds to and anyone reads.
#[derive(Default)]
pub(crate) struct AtomicCauses([(AtomicU64, AtomicU64); 3]);

impl AtomicCauses {
    /// `count` more of a cause, bad by `by_ns` at most.
    pub(crate) fn add(&self, cause: Cause, count: u64, by_ns: u64) {
        let (own_count, worst_ns) = &self.0[cause as usize];
        own_count.fetch_add(count, Relaxed);
        worst_ns.fetch_max(by_ns, Relaxed);
    }

    pub(crate) fn read(&self) -> Causes {
        let tally = |cause: Cause| {
            let (count, worst_ns) = &self.0[cause as usize];
            Tally { count: count.load(Relaxed), worst_ns: worst_ns.load(Relaxed) }
        };
        Causes {
            processing: tally(Cause::Processing),
            scheduler: tally(Cause::Scheduler),
            device: tally(Cause::Device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AtomicCauses, Cause, Causes, Tally};

    #[test]
    fn a_line_tells_how_many_and_why() {
        let mut causes = Causes::default();
        assert_eq!(causes.to_string(), "");
        causes.add(Cause::Device, 0);
        causes.add(Cause::Scheduler, 4_100_000);
        causes.add(Cause::Scheduler, 600_000);
        let line =
            "2 the system's scheduler was late (by up to 4.1 ms), 1 the device or its server, though we were in time";
        assert_eq!(causes.to_string(), line);
        causes.add(Cause::Processing, 12_000);
        assert!(causes.to_string().starts_with("1 our processing was too slow (by up to 0.012 ms), 2 the"));
        assert_eq!(causes.total(), 4);
    }

    #[test]
    fn counts_add_and_the_worst_stays() {
        let atomics = AtomicCauses::default();
        atomics.add(Cause::Scheduler, 2, 70);
        atomics.add(Cause::Scheduler, 1, 50);
        let mut causes = atomics.read();
        assert_eq!(causes.scheduler, Tally { count: 3, worst_ns: 70 });
        causes.add_all(&Causes { scheduler: Tally { count: 1, worst_ns: 90 }, ..Causes::default() });
        assert_eq!(causes.scheduler, Tally { count: 4, worst_ns: 90 });
        assert_eq!((causes.processing.count, causes.device.count), (0, 0));
    }

    #[test]
    fn what_came_since_is_the_difference() {
        let tally = |count, worst_ns| Tally { count, worst_ns };
        let before = Causes { processing: tally(2, 70), scheduler: tally(1, 5), device: tally(0, 0) };
        let after = Causes { processing: tally(2, 70), scheduler: tally(4, 9), device: tally(1, 0) };
        let since = Causes { processing: tally(0, 0), scheduler: tally(3, 9), device: tally(1, 0) };
        assert_eq!(after.since(&before), since);
    }

    #[test]
    fn words_name_causes() {
        assert!(Cause::ALL.into_iter().all(|cause| Cause::of_word(cause.word()) == Some(cause)));
        assert_eq!(Cause::of_word("weather"), None);
    }
}
