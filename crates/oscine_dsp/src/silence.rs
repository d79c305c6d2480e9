//! Where silence begins: what is too small to be heard, and slow to compute with, becomes zero.
//!
//! A filter without input forgets by halves, down into denormal numbers, and rounding leaves it at one of them for good. The
//! engine has the processor flush them; a state that is settled at the end of each block needs nobody's help.

/// Far below any sound, far above denormal numbers.
const LEAST: f64 = 1e-100;

/// Makes silence of what is too small.
#[inline(always)]
pub(crate) fn settle<'a>(state: impl IntoIterator<Item = &'a mut f64>) {
    for value in state {
        if value.abs() < LEAST {
            *value = 0.0;
        }
    }
}
