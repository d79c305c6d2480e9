//! White noise: splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).

/// A deterministic stream of uniform numbers.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, uniform in [-1, 1).
    pub(crate) fn tick(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_numbers_are_those_of_the_reference() {
        // First output of splitmix64 from seed 0: 0xe220a8397b1dcdaf.
        let expected = (0xe220_a839_7b1d_cdafu64 >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
        assert_eq!(super::Noise::new(0).tick(), expected);
    }
}
