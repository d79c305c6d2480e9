//! CPython's `random` while sound runs, number for number.
//!
//! The generator is the Mersenne Twister MT19937 of M. Matsumoto and T. Nishimura ("Mersenne Twister: a
//! 623-dimensionally equidistributed uniform pseudo-random number generator", ACM TOMACS 8, 1998).
//!
//! The state is 624 cells of 32-bit words and a cell with the index of the next word.

const WORDS: usize = 624;
const PERIOD: usize = 397;

/// The next float in [0, 1), of 53 random bits.
///
/// # Safety
/// `state` reaches 625 cells.
pub(super) unsafe extern "C" fn oscine_random_double(state: *mut u64) -> f64 {
    // SAFETY: as the caller promises.
    let state = unsafe { std::slice::from_raw_parts_mut(state, WORDS + 1) };
    let high = next_word(state) >> 5;
    let low = next_word(state) >> 6;
    (high as f64 * 67_108_864.0 + low as f64) * (1.0 / 9_007_199_254_740_992.0)
}

/// The next `bits` bits, 1 to 32 of them.
///
/// # Safety
/// `state` reaches 625 cells.
pub(super) unsafe extern "C" fn oscine_random_bits(state: *mut u64, bits: i64) -> i64 {
    // SAFETY: as the caller promises.
    let state = unsafe { std::slice::from_raw_parts_mut(state, WORDS + 1) };
    (next_word(state) >> (32 - bits.clamp(1, 32))) as i64
}

/// The next 32 bits.
fn next_word(state: &mut [u64]) -> u64 {
    let (words, index) = state.split_at_mut(WORDS);
    let at = if (index[0] as usize) < WORDS {
        index[0] as usize
    } else {
        twist(words);
        0
    };
    index[0] = at as u64 + 1;
    let mut word = words[at];
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    word ^ (word >> 18)
}

/// Makes the next 624 words of the last ones.
fn twist(words: &mut [u64]) {
    for at in 0..WORDS {
        let mixed = (words[at] & 0x8000_0000) | (words[(at + 1) % WORDS] & 0x7fff_ffff);
        let odd = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
        words[at] = words[(at + PERIOD) % WORDS] ^ (mixed >> 1) ^ odd;
    }
}
