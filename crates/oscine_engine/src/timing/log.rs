//! Every callback of a while, for whoever wants the series and not only its histograms.
//!
//! A ring of atomics that the audio thread overwrites without ever waiting. A reader takes what is new since it last
//! looked; if it comes so late that entries are gone, or may have been written while it read them, it knows how many.

use std::sync::atomic::{AtomicU64, Ordering};

use super::causes::Cause;
use super::judge::Late;

/// One callback as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When it was called, in ns since the statistics began.
    pub start_ns: u64,
    /// From its call to its return.
    pub busy_ns: u64,
    /// Frames that it delivered.
    pub frames: u32,
    /// Whether its block was late.
    pub late: Option<Late>,
}

/// Words of an entry: start, busy time, frames with the cause above them, how late.
const WORDS: usize = 4;

pub(crate) struct Log {
    words: Box<[AtomicU64]>,
    /// Entries that have been begun, and those that are complete.
    begun: AtomicU64,
    written: AtomicU64,
    /// Entries that a reader has taken or lost.
    taken: AtomicU64,
}

impl Log {
    /// Memory for `capacity` callbacks.
    pub(crate) fn new(capacity: usize) -> Self {
        let zero = || AtomicU64::new(0);
        let words = (0..capacity * WORDS).map(|_| zero()).collect();
        Self { words, begun: zero(), written: zero(), taken: zero() }
    }

    fn entry(&self, number: u64) -> &[AtomicU64] {
        let capacity = (self.words.len() / WORDS) as u64;
        let first = (number % capacity) as usize * WORDS;
        &self.words[first..first + WORDS]
    }

    /// Adds a callback; for one thread only.
    pub(crate) fn push(&self, sample: &Sample) {
        if self.words.is_empty() {
            return;
        }
        let number = self.written.load(Ordering::Relaxed);
        self.begun.store(number + 1, Ordering::Relaxed);
        // Whoever reads one of the words below also sees that they were begun.
        std::sync::atomic::fence(Ordering::Release);
        let cause = sample.late.map_or(0, |late| late.cause as u64 + 1);
        let words = [
            sample.start_ns,
            sample.busy_ns,
            u64::from(sample.frames) | cause << 32,
            sample.late.map_or(0, |l| l.by_ns),
        ];
        self.entry(number).iter().zip(words).for_each(|(to, from)| to.store(from, Ordering::Relaxed));
        self.written.store(number + 1, Ordering::Release);
    }

    /// Appends what has come since the last call to `samples`, and gives how many were lost meanwhile.
    pub(crate) fn take(&self, samples: &mut Vec<Sample>) -> u64 {
        let capacity = (self.words.len() / WORDS) as u64;
        let written = self.written.load(Ordering::Acquire);
        let taken = self.taken.load(Ordering::Relaxed);
        let first = taken.max(written.saturating_sub(capacity));
        let old_length = samples.len();
        samples.extend((first..written).map(|number| self.read(number)));
        std::sync::atomic::fence(Ordering::Acquire);
        // What has been begun meanwhile may have overwritten the oldest of those.
        let safe = self.begun.load(Ordering::Relaxed).saturating_sub(capacity).clamp(first, written);
        samples.drain(old_length..old_length + (safe - first) as usize);
        self.taken.store(written, Ordering::Relaxed);
        safe - taken
    }

    fn read(&self, number: u64) -> Sample {
        let mut words = [0; WORDS];
        words.iter_mut().zip(self.entry(number)).for_each(|(to, from)| *to = from.load(Ordering::Relaxed));
        let [start_ns, busy_ns, frames, by_ns] = words;
        let cause = (frames >> 32).checked_sub(1).and_then(|index| Cause::ALL.get(index as usize));
        let late = cause.map(|&cause| Late { cause, by_ns });
        Sample { start_ns, busy_ns, frames: frames as u32, late }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::{Cause, Late, Log, Sample};

    fn sample(n: u64) -> Sample {
        let late = Cause::ALL.get(n as usize % 4).map(|&cause| Late { cause, by_ns: 3 * n });
        Sample { start_ns: n, busy_ns: 2 * n, frames: 64, late }
    }

    #[test]
    fn what_goes_in_comes_out_once() {
        let log = Log::new(8);
        let mut samples = vec![];
        (0..5).for_each(|n| log.push(&sample(n)));
        assert_eq!(log.take(&mut samples), 0);
        (5..13).for_each(|n| log.push(&sample(n)));
        assert_eq!(log.take(&mut samples), 0);
        assert_eq!(log.take(&mut samples), 0);
        assert_eq!(samples, (0..13).map(sample).collect::<Vec<_>>());
    }

    #[test]
    fn a_reader_that_comes_too_late_knows_what_it_lost() {
        let log = Log::new(8);
        let mut samples = vec![];
        (0..20).for_each(|n| log.push(&sample(n)));
        assert_eq!(log.take(&mut samples), 12);
        assert_eq!(samples, (12..20).map(sample).collect::<Vec<_>>());
    }

    #[test]
    fn without_memory_nothing_is_kept() {
        let log = Log::new(0);
        log.push(&sample(1));
        assert_eq!(log.take(&mut vec![]), 0);
    }

    #[test]
    fn no_entry_is_torn_however_the_two_threads_meet() {
        let log = Arc::new(Log::new(16));
        let writer = {
            let log = log.clone();
            thread::spawn(move || (0..100_000).for_each(|n| log.push(&sample(n))))
        };
        let (mut samples, mut lost) = (vec![], 0);
        while !writer.is_finished() {
            lost += log.take(&mut samples);
        }
        writer.join().unwrap();
        lost += log.take(&mut samples);
        assert_eq!(samples.len() as u64 + lost, 100_000);
        assert!(samples.iter().all(|seen| *seen == sample(seen.start_ns)));
        assert!(samples.windows(2).all(|pair| pair[0].start_ns < pair[1].start_ns));
    }
}
