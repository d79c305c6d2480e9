//! Where the audio side finds the newest target of each parameter: a word a parameter, which any thread may write.
//!
//! A writer stores the value, marks the parameter, and then counts the change. The audio side looks at the count when a
//! block begins; only if it has moved does it look for marks, takes them down, and reads the values. A value that is
//! written while the marks are read is seen now or at the next block; of several the last one wins. The count is only
//! ever added to: whoever sees it sees the marks of all who added before.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::sync::AtomicU64;

const BITS: usize = u64::BITS as usize;

/// Targets of parameters by their [`id`](crate::control::Control).
pub(crate) struct Board {
    /// Bits of the value that was asked for last.
    wanted: Box<[AtomicU64]>,
    /// Bits of the value that the processor has, or is on its way to; the audio side writes them.
    present: Box<[AtomicU64]>,
    /// One bit a parameter: asked for and not taken yet.
    marks: Box<[AtomicU64]>,
    changes: AtomicU64,
}

impl Board {
    pub(crate) fn new(count: usize) -> Self {
        let words = |count: usize| (0..count).map(|_| AtomicU64::new(0)).collect();
        Self {
            wanted: words(count),
            present: words(count),
            marks: words(count.div_ceil(BITS)),
            changes: AtomicU64::new(0),
        }
    }

    /// Asks for a value.
    pub(crate) fn want(&self, id: usize, value: f64) {
        self.wanted[id].store(value.to_bits(), Relaxed);
        self.marks[id / BITS].fetch_or(1 << (id % BITS), Release);
        self.changes.fetch_add(1, Release);
    }

    /// Hands what was asked for since to `take`. `seen` is the count of the last time.
    pub(crate) fn take(&self, seen: &mut u64, mut take: impl FnMut(usize, f64)) {
        let changes = self.changes.load(Acquire);
        if changes == *seen {
            return;
        }
        *seen = changes;
        for (word, marks) in self.marks.iter().enumerate() {
            let mut marks = marks.swap(0, Acquire);
            while marks != 0 {
                let id = word * BITS + marks.trailing_zeros() as usize;
                marks &= marks - 1;
                take(id, f64::from_bits(self.wanted[id].load(Relaxed)));
            }
        }
    }

    /// Tells what the processor has.
    pub(crate) fn show(&self, id: usize, value: f64) {
        self.present[id].store(value.to_bits(), Relaxed);
    }

    /// What the processor has, or is on its way to.
    pub(crate) fn present(&self, id: usize) -> f64 {
        f64::from_bits(self.present[id].load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Board;

    fn taken(board: &Board, seen: &mut u64) -> Vec<(usize, f64)> {
        let mut taken = vec![];
        board.take(seen, |id, value| taken.push((id, value)));
        taken
    }

    #[test]
    fn the_last_value_of_each_is_taken_once() {
        let (board, mut seen) = (Board::new(130), 0);
        assert_eq!(taken(&board, &mut seen), []);
        for (id, value) in [(129, 1.0), (0, 2.0), (64, -0.5), (0, 3.0)] {
            board.want(id, value);
        }
        assert_eq!(taken(&board, &mut seen), [(0, 3.0), (64, -0.5), (129, 1.0)]);
        assert_eq!(taken(&board, &mut seen), []);
        board.want(0, 3.0);
        assert_eq!(taken(&board, &mut seen), [(0, 3.0)], "the same value may have to be set anew");
    }

    #[test]
    fn nothing_is_lost_between_threads() {
        const WRITERS: usize = 4;
        let board = Arc::new(Board::new(WRITERS));
        let writers: Vec<_> = (0..WRITERS)
            .map(|id| {
                let board = board.clone();
                std::thread::spawn(move || (1..=5000).for_each(|n| board.want(id, f64::from(n))))
            })
            .collect();
        let (mut seen, mut last) = (0, [0.0; WRITERS]);
        while last.iter().any(|value| *value < 5000.0) {
            board.take(&mut seen, |id, value| {
                assert!(value >= last[id], "values of one writer come in order");
                last[id] = value;
            });
        }
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        // One may have been read before its mark was up.
        assert!(taken(&board, &mut seen).iter().all(|(_, value)| *value == 5000.0));
        assert_eq!(taken(&board, &mut seen), []);
    }
}
