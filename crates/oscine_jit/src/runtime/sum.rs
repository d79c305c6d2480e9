//! The sum of an array, added in numpy's order so that it has numpy's bits.
//!
//! numpy adds by pairwise summation (N. J. Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput.
//! 14, 1993): halves are summed on their own down to runs of 128 elements, which eight accumulators share. The halves
//! are cut at multiples of eight, and what is left over at the end of a run is added one by one.

/// Elements that are added without cutting them in halves.
const RUN: usize = 128;

/// The sum of `count` floats, `stride` cells apart.
///
/// # Safety
/// All of them are cells that may be read.
pub(super) unsafe extern "C" fn oscine_pairwise_sum(first: *const u64, count: i64, stride: i64) -> f64 {
    // numpy begins at its identity, so that a sum of negative zeros is 0.0.
    // SAFETY: as the caller promises.
    0.0 + unsafe { pairwise(first.cast::<f64>(), count.max(0) as usize, stride as isize) }
}

unsafe fn pairwise(first: *const f64, count: usize, stride: isize) -> f64 {
    // SAFETY: `n < count` below.
    let at = |n: usize| unsafe { first.offset(n as isize * stride).read() };
    if count > RUN {
        let half = count / 2;
        let half = half - half % 8;
        // SAFETY: both halves are within the whole.
        return unsafe {
            let upper = first.offset(half as isize * stride);
            pairwise(first, half, stride) + pairwise(upper, count - half, stride)
        };
    }
    if count < 8 {
        return (0..count).fold(0.0, |sum, n| sum + at(n));
    }
    let mut lanes: [f64; 8] = std::array::from_fn(at);
    let whole = count - count % 8;
    for n in (8..whole).step_by(8) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += at(n + lane);
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let sum = ((a + b) + (c + d)) + ((e + f) + (g + h));
    (whole..count).fold(sum, |sum, n| sum + at(n))
}
