//! `scipy.signal.butter` while sound runs.

use oscine_dsp::design::{Band, MAX_ORDER, butterworth_ba, butterworth_sos, section_count};

/// Writes the filter's coefficients from `out` on, see [`oscine_lang::ir::Routine::Butter`].
///
/// # Safety
/// `out` reaches as many cells as the filter has coefficients.
pub(super) unsafe extern "C" fn oscine_butter(
    kind: i64,
    order: i64,
    low: f64,
    high: f64,
    form: i64,
    out: *mut u64,
    _scratch: *mut u64,
) -> i64 {
    let band = match kind {
        0 => Band::Low,
        1 => Band::High,
        2 => Band::Pass,
        _ => Band::Stop,
    };
    let order = order.clamp(1, MAX_ORDER as i64) as usize;
    let side = band.poles(order) + 1;
    let count = if form == 0 { 2 * side } else { 6 * section_count(band, order) };
    // SAFETY: as the caller promises; a cell holds a float's bits.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<f64>(), count) };
    if form == 0 {
        let (b, a) = out.split_at_mut(side);
        butterworth_ba(band, order, low, high, b, a);
    } else {
        butterworth_sos(band, order, low, high, out);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::oscine_butter;

    #[test]
    fn numerator_then_denominator_or_rows() {
        let mut cells = [u64::MAX; 13];
        // SAFETY: a band filter of order 2 has five coefficients a side and two rows of six.
        unsafe { oscine_butter(2, 2, 0.2, 0.4, 0, cells.as_mut_ptr(), std::ptr::null_mut()) };
        assert_eq!(f64::from_bits(cells[5]), 1.0);
        assert_eq!(&cells[10..], &[u64::MAX; 3]);
        // SAFETY: as above.
        unsafe { oscine_butter(2, 2, 0.2, 0.4, 1, cells.as_mut_ptr(), std::ptr::null_mut()) };
        assert_eq!((f64::from_bits(cells[3]), f64::from_bits(cells[9])), (1.0, 1.0));
        assert_eq!(cells[12], u64::MAX);
    }
}
