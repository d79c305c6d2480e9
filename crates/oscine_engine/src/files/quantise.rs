//! f64 to whole numbers of `b` bits: scaled by `2^(b-1)`, rounded to nearest (ties to even), clipped, not dithered.

/// The integer nearest to `sample` times `2^(bits-1)`, within the range of `bits` (at most 32). NaN gives 0.
pub(crate) fn quantise(sample: f64, bits: u32) -> i32 {
    let full_scale = f64::from(2u32.pow(bits - 1));
    // A float cast to an integer saturates and takes NaN to 0.
    (sample * full_scale).round_ties_even().clamp(-full_scale, full_scale - 1.0) as i32
}

#[cfg(test)]
mod tests {
    use super::quantise;

    #[test]
    fn rounds_to_nearest_and_clips() {
        let step = 1.0 / 32_768.0;
        for (sample, expected) in
            [(0.4, 0), (0.6, 1), (-0.6, -1), (1.5, 2), (2.5, 2), (32_766.6, 32_767), (-32_767.7, -32_768)]
        {
            assert_eq!(quantise(sample * step, 16), expected, "{sample}");
        }
        assert_eq!(quantise(1.0, 16), 32_767);
        assert_eq!(quantise(-1.0, 16), -32_768);
        assert_eq!(quantise(1.0, 24), 8_388_607);
        assert_eq!(quantise(f64::INFINITY, 32), i32::MAX);
        assert_eq!(quantise(f64::NEG_INFINITY, 32), i32::MIN);
        assert_eq!(quantise(f64::NAN, 16), 0);
    }
}
