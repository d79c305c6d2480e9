//! A histogram that the audio thread may write: each octave in 32 equal parts, so that a quantile is known within 3 %,
//! as in Tene's `HdrHistogram`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const PARTS_BITS: u32 = 5;
const PARTS: usize = 1 << PARTS_BITS;
const BUCKETS: usize = (64 - PARTS_BITS as usize + 1) * PARTS;

/// Counts of whole numbers by size.
pub(crate) struct Histogram {
    counts: Box<[AtomicU64]>,
    max: AtomicU64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { counts: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), max: AtomicU64::new(0) }
    }

    pub(crate) fn record(&self, value: u64) {
        self.counts[bucket(value)].fetch_add(1, Relaxed);
        self.max.fetch_max(value, Relaxed);
    }

    /// The largest value, exactly.
    pub(crate) fn max(&self) -> u64 {
        self.max.load(Relaxed)
    }

    /// The value that a share `q` in [0, 1] of the values does not exceed: the middle of its bucket; 0 without values.
    pub(crate) fn quantile(&self, q: f64) -> u64 {
        let counts: Vec<u64> = self.counts.iter().map(|count| count.load(Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        let rank = ((q * total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in counts.into_iter().enumerate() {
            seen += count;
            if seen >= rank {
                return middle(index).min(self.max());
            }
        }
        0
    }
}

/// Values below `PARTS` have a bucket each; above, the leading bit and the `PARTS_BITS` bits below it choose.
fn bucket(value: u64) -> usize {
    let octave = value.max(PARTS as u64).ilog2() - PARTS_BITS;
    (octave as usize) * PARTS + (value >> octave) as usize
}

fn middle(bucket: usize) -> u64 {
    if bucket < PARTS {
        return bucket as u64;
    }
    let octave = bucket / PARTS - 1;
    let part = (bucket - octave * PARTS) as u64;
    (part << octave) + ((1u64 << octave) >> 1)
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS, Histogram, bucket, middle};

    #[test]
    fn every_value_is_within_a_part_of_its_bucket() {
        let mut last = 0;
        for exponent in 0..64 {
            for value in [1u64 << exponent, (1 << exponent) + (1 << exponent) / 3, u64::MAX >> (63 - exponent)] {
                let index = bucket(value);
                assert!(index >= last && index < BUCKETS);
                last = index;
                assert!(middle(index).abs_diff(value) <= value / 32, "{value} in {index}");
            }
        }
    }

    #[test]
    fn quantiles_of_one_to_a_thousand() {
        let histogram = Histogram::new();
        assert_eq!(histogram.quantile(0.5), 0);
        (1..=1000).for_each(|value| histogram.record(value));
        for (q, exact) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0), (0.0, 1.0)] {
            let found = histogram.quantile(q) as f64;
            assert!((found / exact - 1.0).abs() <= 1.0 / 32.0, "{q}: {found}");
        }
        assert_eq!(histogram.max(), 1000);
    }
}
