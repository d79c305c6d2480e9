//! CPython's `random` while sound runs, number for number.
//!
//! The generator is the Mersenne Twister MT19937 of M. Matsumoto and T. Nishimura ("Mersenne Twister: a
//! 623-dimensionally equidistributed uniform pseudo-random number generator", ACM TOMACS 8, 1998); normal deviates come
//! two at a time by the method of G. E. P. Box and M. E. Muller (1958), and the second of them waits in a cell.
//!
//! The state is 624 cells of 32-bit words, a cell with the index of the next word, and for gaussians a cell with the
//! deviate that waits, or NaN.

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

/// The next deviate of mean 0 and deviation 1.
///
/// # Safety
/// `state` reaches 626 cells.
pub(super) unsafe extern "C" fn oscine_random_gauss(state: *mut u64) -> f64 {
    // SAFETY: the last of the 626 cells.
    let waiting = unsafe { &mut *state.add(WORDS + 1) };
    let kept = f64::from_bits(std::mem::replace(waiting, f64::NAN.to_bits()));
    if !kept.is_nan() {
        return kept;
    }
    // SAFETY: as the caller promises; the cell that waits is not among the first 625.
    let (angle, radius) = unsafe {
        let angle = oscine_random_double(state) * std::f64::consts::TAU;
        (angle, (-2.0 * super::libm::log(1.0 - oscine_random_double(state))).sqrt())
    };
    *waiting = (super::libm::sin(angle) * radius).to_bits();
    super::libm::cos(angle) * radius
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
