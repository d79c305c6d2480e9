//! The fast Fourier transform, radix 2, in place (J. W. Cooley and J. W. Tukey, "An algorithm for the machine calculation
//! of complex Fourier series", 1965). Measurements need it for a moment; sound does not.

use std::f64::consts::TAU;

/// A complex number.
pub(super) type Complex = (f64, f64);

/// `a * b`
pub(super) fn times(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// Transforms `values`, whose number is a power of two.
pub(super) fn forward(values: &mut [Complex]) {
    let length = values.len();
    assert!(length.is_power_of_two(), "a transform of a power of two");
    let bits = length.trailing_zeros();
    for index in 1..length {
        let mirrored = index.reverse_bits() >> (usize::BITS - bits);
        if index < mirrored {
            values.swap(index, mirrored);
        }
    }
    let roots: Vec<Complex> = (0..length / 2)
        .map(|k| {
            let (sin, cos) = (-TAU * k as f64 / length as f64).sin_cos();
            (cos, sin)
        })
        .collect();
    let mut half = 1;
    while half < length {
        let stride = length / (2 * half);
        for chunk in values.chunks_exact_mut(2 * half) {
            let (low, high) = chunk.split_at_mut(half);
            for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let turned = times(*b, roots[k * stride]);
                *b = (a.0 - turned.0, a.1 - turned.1);
                *a = (a.0 + turned.0, a.1 + turned.1);
            }
        }
        half *= 2;
    }
}

/// The way back.
pub(super) fn inverse(values: &mut [Complex]) {
    let scale = 1.0 / values.len() as f64;
    values.iter_mut().for_each(|value| value.1 = -value.1);
    forward(values);
    values.iter_mut().for_each(|value| *value = (scale * value.0, -scale * value.1));
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::{Complex, forward, inverse, times};

    #[test]
    fn it_is_the_sum_that_it_is_meant_to_be_and_comes_back() {
        for length in [1usize, 2, 8, 32] {
            let values: Vec<Complex> = (0..length).map(|n| ((n * n % 7) as f64, (n % 3) as f64 - 1.0)).collect();
            let mut transformed = values.clone();
            forward(&mut transformed);
            for (k, given) in transformed.iter().enumerate() {
                let sum = values.iter().enumerate().fold((0.0, 0.0), |sum: Complex, (n, value)| {
                    let (sin, cos) = (-TAU * (n * k) as f64 / length as f64).sin_cos();
                    let term = times(*value, (cos, sin));
                    (sum.0 + term.0, sum.1 + term.1)
                });
                assert!((given.0 - sum.0).abs() < 1e-9 && (given.1 - sum.1).abs() < 1e-9, "{length}, {k}");
            }
            inverse(&mut transformed);
            assert!(
                transformed.iter().zip(&values).all(|(a, b)| (a.0 - b.0).abs() < 1e-12 && (a.1 - b.1).abs() < 1e-12)
            );
        }
    }
}
