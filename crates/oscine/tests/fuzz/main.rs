//! Bytes that nobody meant: each target is given its corpus, mutated by a generator that always gives the same.
//! `make fuzz` looks further, for as long as it is told to.

mod corpus;
mod targets;

use std::panic;

use targets::TARGETS;

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Values at which arithmetic turns.
const TURNS: [u8; 8] = [0, 1, 0x7F, 0x80, 0xFF, b',', b'"', b'/'];

/// A few changes: bytes, runs, lengths, parts of another.
fn mutate(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let length = random.below(16).min(bytes.len() - at);
        match random.below(7) {
            0 if at < bytes.len() => bytes[at] = TURNS[random.below(TURNS.len())],
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 => drop(bytes.drain(at..at + length)),
            3 => bytes.truncate(at),
            4 => {
                let run = bytes[at..at + length].to_vec();
                bytes.splice(at..at, run);
            }
            5 if !other.is_empty() => {
                let from = random.below(other.len());
                let run = other[from..(from + 1 + random.below(32)).min(other.len())].to_vec();
                bytes.splice(at..at, run);
            }
            _ => bytes[at..at + length].fill(TURNS[random.below(TURNS.len())]),
        }
    }
    bytes
}

#[test]
fn no_bytes_make_a_reader_panic() {
    const ROUNDS: usize = 1500;
    for (name, target) in TARGETS {
        let seeds = corpus::seeds(name);
        seeds.iter().for_each(|seed| target(seed));
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        for round in 0..ROUNDS {
            let seed = &seeds[random.below(seeds.len())];
            let other = &seeds[random.below(seeds.len())];
            let bytes = mutate(seed, other, &mut random);
            let result = panic::catch_unwind(|| target(&bytes));
            assert!(result.is_ok(), "{name}, round {round}: {bytes:?}");
        }
    }
}

/// Writes the corpus where `make fuzz` begins.
#[test]
#[ignore = "writes files, for `make fuzz`"]
fn write_corpus() {
    let Some(folder) = std::env::var_os("OSCINE_CORPUS") else { return };
    for (name, _) in TARGETS {
        let folder = std::path::Path::new(&folder).join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        for (number, seed) in corpus::seeds(name).iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed).expect("a file");
        }
    }
}
