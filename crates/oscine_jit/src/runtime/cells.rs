//! Moving runs of cells.

/// Copies `count` cells, which may overlap.
///
/// # Safety
/// Both pointers reach `count` cells.
pub(super) unsafe extern "C" fn oscine_copy_cells(count: i64, from: *const u64, to: *mut u64) -> i64 {
    // SAFETY: as the caller promises; a negative count copies nothing.
    unsafe { std::ptr::copy(from, to, count.max(0) as usize) };
    0
}

/// Writes `value` into `count` cells.
///
/// # Safety
/// `to` reaches `count` cells.
pub(super) unsafe extern "C" fn oscine_fill_cells(value: i64, count: i64, to: *mut u64) -> i64 {
    for n in 0..count.max(0) as usize {
        // SAFETY: as the caller promises.
        unsafe { to.add(n).write(value as u64) };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::{oscine_copy_cells, oscine_fill_cells};

    #[test]
    fn copies_overlap_and_fills_stop() {
        let mut cells = [1_u64, 2, 3, 4, 5];
        let at = cells.as_mut_ptr();
        // SAFETY: three cells from the first and from the second are within the five.
        unsafe { oscine_copy_cells(3, at, at.add(1)) };
        assert_eq!(cells, [1, 1, 2, 3, 5]);
        // SAFETY: two cells are within the five, and none is.
        unsafe {
            oscine_fill_cells(-1, 2, cells.as_mut_ptr());
            oscine_fill_cells(9, 0, cells.as_mut_ptr());
        }
        assert_eq!(cells, [u64::MAX, u64::MAX, 2, 3, 5]);
    }
}
