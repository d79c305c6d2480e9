//! numpy's generator of random bits, PCG64, and its normal numbers.
//!
//! A linear congruential generator of 128 bits whose output is folded and rotated (M. E. O'Neill, "PCG: a family of simple
//! fast space-efficient statistically good algorithms for random number generation", 2014), seeded by hashing
//! (O'Neill, "Developing a `seed_seq` alternative", 2015). Normal numbers come by the ziggurat of [`super::ziggurat`].

use super::ziggurat::LAYERS;

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// A generator's state; copying it copies the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pcg {
    state: u128,
    increment: u128,
    /// The half of the last 64 bits that is still to be given out.
    half: Option<u32>,
}

impl Pcg {
    /// The generator that `default_rng(seed)` has.
    pub(super) fn seeded(seed: u64) -> Self {
        let words = seed_words(seed);
        let wide = |high: u64, low: u64| (u128::from(high) << 64) | u128::from(low);
        let mut generator = Self { state: 0, increment: (wide(words[2], words[3]) << 1) | 1, half: None };
        generator.step();
        generator.state = generator.state.wrapping_add(wide(words[0], words[1]));
        generator.step();
        generator
    }

    /// From the numbers of [`Pcg::to_words`].
    pub(super) fn from_words(words: [i64; 5]) -> Self {
        let wide = |high: i64, low: i64| (u128::from(high as u64) << 64) | u128::from(low as u64);
        Self {
            state: wide(words[0], words[1]),
            increment: wide(words[2], words[3]),
            half: u32::try_from(words[4]).ok(),
        }
    }

    /// The state as ints.
    pub(super) fn to_words(self) -> [i64; 5] {
        let halves = |wide: u128| [(wide >> 64) as i64, wide as i64];
        let [[a, b], [c, d]] = [halves(self.state), halves(self.increment)];
        [a, b, c, d, self.half.map_or(-1, i64::from)]
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }

    fn next64(&mut self) -> u64 {
        self.step();
        let folded = ((self.state >> 64) as u64) ^ (self.state as u64);
        folded.rotate_right((self.state >> 122) as u32)
    }

    fn next32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let bits = self.next64();
        self.half = Some((bits >> 32) as u32);
        bits as u32
    }

    /// Uniform in 0 to 1, 1 excluded.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.next64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in 0 to `last` (D. Lemire, "Fast random integer generation in an interval", 2019).
    pub(super) fn up_to(&mut self, last: u64) -> u64 {
        if last == 0 {
            return 0;
        }
        if last == u64::MAX {
            return self.next64();
        }
        if last == u64::from(u32::MAX) {
            return u64::from(self.next32());
        }
        if let Ok(last) = u32::try_from(last) {
            let count = last + 1;
            let mut product = u64::from(self.next32()) * u64::from(count);
            if (product as u32) < count {
                let threshold = (u32::MAX - last) % count;
                while (product as u32) < threshold {
                    product = u64::from(self.next32()) * u64::from(count);
                }
            }
            return product >> 32;
        }
        let count = last + 1;
        let mut product = u128::from(self.next64()) * u128::from(count);
        if (product as u64) < count {
            let threshold = (u64::MAX - last) % count;
            while (product as u64) < threshold {
                product = u128::from(self.next64()) * u128::from(count);
            }
        }
        (product >> 64) as u64
    }

    /// Normal with mean 0 and deviation 1.
    pub(super) fn normal(&mut self) -> f64 {
        loop {
            let bits = self.next64();
            let layer = (bits & 0xff) as usize;
            let whole = (bits >> 9) & 0x000f_ffff_ffff_ffff;
            let (width, inside, height) = LAYERS[layer];
            let magnitude = whole as f64 * width;
            let x = if (bits >> 8) & 1 == 1 { -magnitude } else { magnitude };
            if whole < inside {
                return x;
            }
            if layer == 0 {
                return self.tail((whole >> 8) & 1 == 1);
            }
            if (LAYERS[layer - 1].2 - height) * self.uniform() + height < (-0.5 * x * x).exp() {
                return x;
            }
        }
    }

    /// Normal beyond the outermost layer's edge (G. Marsaglia, "Generating a variable from the tail of the normal
    /// distribution", Technometrics 6, 1964).
    fn tail(&mut self, is_negative: bool) -> f64 {
        const EDGE: f64 = 3.654_152_885_361_009;
        loop {
            let beyond = -0.273_661_237_329_758_3 * (-self.uniform()).ln_1p();
            let y = -(-self.uniform()).ln_1p();
            if y + y > beyond * beyond {
                return if is_negative { -(EDGE + beyond) } else { EDGE + beyond };
            }
        }
    }
}

/// Four words of state from a seed: the seed's halves are hashed into a pool of four, each mixed with every other.
fn seed_words(seed: u64) -> [u64; 4] {
    let mut constant: u32 = 0x43b0_d7e5;
    let mut hash = |value: u32| {
        let value = value ^ constant;
        constant = constant.wrapping_mul(0x931e_8875);
        let value = value.wrapping_mul(constant);
        value ^ (value >> 16)
    };
    let mut pool = [seed as u32, (seed >> 32) as u32, 0, 0].map(&mut hash);
    for from in 0..4 {
        for to in 0..4 {
            if from != to {
                let left = 0xca01_f9dd_u32.wrapping_mul(pool[to]);
                let mixed = left.wrapping_sub(0x4973_f715_u32.wrapping_mul(hash(pool[from])));
                pool[to] = mixed ^ (mixed >> 16);
            }
        }
    }
    let mut constant: u32 = 0x8b51_f9dd;
    let words: [u32; 8] = std::array::from_fn(|i| {
        let value = pool[i % 4] ^ constant;
        constant = constant.wrapping_mul(0x58f3_8ded);
        let value = value.wrapping_mul(constant);
        value ^ (value >> 16)
    });
    std::array::from_fn(|i| u64::from(words[2 * i]) | (u64::from(words[2 * i + 1]) << 32))
}
