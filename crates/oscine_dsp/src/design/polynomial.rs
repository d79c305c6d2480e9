//! A polynomial's coefficients from its roots.

use super::complex::Complex;

/// Writes the coefficients of `(x - r0)(x - r1)…`, the highest power first, multiplying one root after the other.
/// `coefficients` has one element more than there are roots.
pub fn expand(roots: &[Complex], coefficients: &mut [Complex]) {
    coefficients.fill(Complex::real(0.0));
    let Some(first) = coefficients.first_mut() else { return };
    *first = Complex::real(1.0);
    for (done, &root) in roots.iter().enumerate() {
        for i in (1..=done + 1).rev() {
            coefficients[i] = coefficients[i] + coefficients[i - 1] * -root;
        }
    }
}
