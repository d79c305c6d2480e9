//! A quick hash for names and keys: multiply and rotate, word by word.
//!
//! Lookups of names are most of what the evaluator does, and the maps are as small as a script's scopes, so the
//! resistance to chosen collisions that the standard hash pays for buys nothing here. The function is the one that
//! Firefox uses (FxHash): `h = (rotl(h, 5) ^ word) * K`.

use std::hash::Hasher;

/// The state of one hash.
#[derive(Debug, Clone, Copy, Default)]
pub struct QuickHasher(u64);

impl QuickHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        // The best bits of a product are the high ones, and the map looks at the low ones.
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.add(u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            self.add(rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }
}
