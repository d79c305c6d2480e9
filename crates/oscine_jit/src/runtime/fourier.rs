//! `numpy.fft` while sound runs.

use oscine_dsp::fourier::{Form, scratch_len, table_len, transform};

/// Transforms `n` points, see [`oscine_lang::ir::Routine::Fourier`].
///
/// # Safety
/// `from` and `to` reach as many cells as the form takes and gives, `table` those of the length's table, `scratch` those
/// of its scratch; `to` and `scratch` have no cell of another.
pub(super) unsafe extern "C" fn oscine_fourier(
    form: i64,
    n: i64,
    scale: f64,
    from: *const u64,
    to: *mut u64,
    table: *const u64,
    scratch: *mut u64,
) -> i64 {
    let Some(form) = Form::ALL.get(form as usize).copied() else { return 0 };
    let n = n.max(1) as usize;
    let (taken, given) = form.floats(n);
    // SAFETY: as the caller promises; a cell holds a float's bits.
    let (from, to, table, scratch) = unsafe {
        (
            std::slice::from_raw_parts(from.cast::<f64>(), taken),
            std::slice::from_raw_parts_mut(to.cast::<f64>(), given),
            std::slice::from_raw_parts(table.cast::<f64>(), table_len(n)),
            std::slice::from_raw_parts_mut(scratch.cast::<f64>(), scratch_len(n)),
        )
    };
    transform(form, n, scale, from, to, table, scratch);
    0
}

#[cfg(test)]
mod tests {
    use super::{Form, oscine_fourier};

    #[test]
    fn an_impulse_has_a_flat_spectrum() {
        let table: Vec<u64> = oscine_dsp::fourier::table(4).iter().map(|value| value.to_bits()).collect();
        let (from, mut to, mut scratch) = ([2.0f64.to_bits(), 0, 0, 0], [u64::MAX; 7], [0u64; 16]);
        // SAFETY: four real values have three bins; the table and the scratch are those of four points.
        unsafe {
            oscine_fourier(
                Form::RealForward as i64,
                4,
                0.5,
                from.as_ptr(),
                to.as_mut_ptr(),
                table.as_ptr(),
                scratch.as_mut_ptr(),
            )
        };
        assert_eq!(to.map(f64::from_bits)[..6], [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        assert_eq!(to[6], u64::MAX);
    }
}
