//! The discrete Fourier transform: by halves while the length is even in powers of two (J. W. Cooley, J. W. Tukey, "An
//! algorithm for the machine calculation of complex Fourier series", Math. Comp. 19, 1965), other short lengths by the
//! definition, and other long ones as a convolution of such a length (L. I. Bluestein, "A linear filtering approach to the computation of discrete Fourier
//! transform", IEEE Trans. AU 18, 1970).

use std::f64::consts::PI;

use oscine_dsp::design::Complex;

/// `exp(j angle)`.
fn turn(angle: f64) -> Complex {
    Complex::new(angle.cos(), angle.sin())
}

/// The forward transform.
pub(crate) fn fft(values: &[Complex]) -> Vec<Complex> {
    let mut result = match values.len() {
        ..=1 => return values.to_vec(),
        n if n.is_power_of_two() => by_halves(values),
        n if n <= LONGEST_DIRECT => directly(values),
        _ => bluestein(values),
    };
    if values.iter().all(|value| value.im == 0.0) {
        mirror(&mut result);
    }
    result
}

/// The longest transform that is computed by its definition.
const LONGEST_DIRECT: usize = 64;

/// The spectrum of real values is its own mirrored conjugate: makes it exactly so.
fn mirror(spectrum: &mut [Complex]) {
    let n = spectrum.len();
    for k in 0..=n / 2 {
        let other = (n - k) % n;
        if k == other {
            spectrum[k].im = 0.0;
        } else {
            spectrum[other] = spectrum[k].conj();
        }
    }
}

fn directly(values: &[Complex]) -> Vec<Complex> {
    let n = values.len();
    let turns: Vec<Complex> = (0..n).map(|k| turn(-2.0 * PI * k as f64 / n as f64)).collect();
    let bin = |k: usize| {
        values.iter().enumerate().fold(Complex::default(), |sum, (i, &value)| sum + value * turns[i * k % n])
    };
    (0..n).map(bin).collect()
}

/// The inverse transform.
pub(crate) fn ifft(values: &[Complex]) -> Vec<Complex> {
    let conjugates: Vec<Complex> = values.iter().map(|v| v.conj()).collect();
    let scale = 1.0 / values.len().max(1) as f64;
    fft(&conjugates).into_iter().map(|v| v.conj() * scale).collect()
}

fn by_halves(values: &[Complex]) -> Vec<Complex> {
    let n = values.len();
    let mut result: Vec<Complex> = values.to_vec();
    let bits = n.trailing_zeros();
    for i in 0..n {
        let mirrored = i.reverse_bits() >> (usize::BITS - bits);
        if i < mirrored {
            result.swap(i, mirrored);
        }
    }
    let turns: Vec<Complex> = (0..n / 2).map(|k| turn(-2.0 * PI * k as f64 / n as f64)).collect();
    let mut half = 1;
    while half < n {
        for start in (0..n).step_by(2 * half) {
            for k in 0..half {
                let (a, b) = (result[start + k], result[start + half + k] * turns[k * (n / (2 * half))]);
                result[start + k] = a + b;
                result[start + half + k] = a - b;
            }
        }
        half *= 2;
    }
    result
}

fn bluestein(values: &[Complex]) -> Vec<Complex> {
    let n = values.len();
    let padded = (2 * n - 1).next_power_of_two();
    // The square modulo twice the length keeps the angle small, and so exact.
    let chirp: Vec<Complex> = (0..n).map(|k| turn(-PI * ((k * k) % (2 * n)) as f64 / n as f64)).collect();
    let mut signal = vec![Complex::default(); padded];
    let mut filter = vec![Complex::default(); padded];
    for k in 0..n {
        signal[k] = values[k] * chirp[k];
        filter[k] = chirp[k].conj();
        filter[(padded - k) % padded] = chirp[k].conj();
    }
    let product: Vec<Complex> = by_halves(&signal).into_iter().zip(by_halves(&filter)).map(|(a, b)| a * b).collect();
    ifft(&product).into_iter().take(n).zip(chirp).map(|(v, c)| v * c).collect()
}

/// `numpy.fft.irfft`: `count` real values whose spectrum begins with `half`.
pub(crate) fn irfft(half: &[Complex], count: usize) -> Vec<f64> {
    let mut spectrum = vec![Complex::default(); count];
    for (k, value) in half.iter().take(count / 2 + 1).enumerate() {
        spectrum[k] = *value;
        if k > 0 {
            spectrum[count - k] = value.conj();
        }
    }
    for own_mirror in [0, count / 2] {
        if (2 * own_mirror) % count.max(1) == 0 {
            spectrum[own_mirror].im = 0.0;
        }
    }
    ifft(&spectrum).into_iter().map(|v| v.re).collect()
}
