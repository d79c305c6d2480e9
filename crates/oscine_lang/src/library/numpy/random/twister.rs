//! The generator behind `numpy.random.seed`: the Mersenne Twister (M. Matsumoto, T. Nishimura, ACM TOMACS 8, 1998) with the
//! normal numbers of the polar method (G. Marsaglia, T. A. Bray, SIAM Review 6, 1964), two at a time.

const LENGTH: usize = 624;

/// The generator's state.
#[derive(Debug, Clone)]
pub(super) struct Twister {
    words: [u32; LENGTH],
    next: usize,
    normal: Option<f64>,
}

impl Twister {
    /// The generator after `numpy.random.seed(seed)`.
    pub(super) fn seeded(seed: u32) -> Self {
        let mut words = [seed; LENGTH];
        for i in 1..LENGTH {
            let last = words[i - 1];
            words[i] = 1_812_433_253_u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(i as u32);
        }
        Self { words, next: LENGTH, normal: None }
    }

    fn next32(&mut self) -> u32 {
        if self.next == LENGTH {
            for i in 0..LENGTH {
                let joined = (self.words[i] & 0x8000_0000) | (self.words[(i + 1) % LENGTH] & 0x7fff_ffff);
                let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
                self.words[i] = self.words[(i + 397) % LENGTH] ^ (joined >> 1) ^ twist;
            }
            self.next = 0;
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// Uniform in 0 to 1, 1 excluded.
    pub(super) fn uniform(&mut self) -> f64 {
        let (high, low) = (self.next32() >> 5, self.next32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// Uniform in 0 to `last`: bits under the smallest mask that holds it, until they do not exceed it.
    pub(super) fn up_to(&mut self, last: u64) -> u64 {
        if last == 0 {
            return 0;
        }
        let mask = u64::MAX >> last.leading_zeros();
        loop {
            let bits = if u32::try_from(last).is_ok() {
                u64::from(self.next32())
            } else {
                (u64::from(self.next32()) << 32) | u64::from(self.next32())
            };
            if bits & mask <= last {
                return bits & mask;
            }
        }
    }

    /// Normal with mean 0 and deviation 1.
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(normal) = self.normal.take() {
            return normal;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let scale = (-2.0 * square.ln() / square).sqrt();
                self.normal = Some(scale * x);
                return scale * y;
            }
        }
    }
}
