//! `numpy.fft` at load time: the transforms of `oscine_dsp::fourier`, which audio time has too.

use oscine_dsp::design::Complex;
use oscine_dsp::fourier::{Form, scratch_len, table, transform};

fn run(form: Form, n: usize, scale: f64, from: &[f64]) -> Vec<f64> {
    if n == 0 {
        return vec![];
    }
    let mut to = vec![0.0; form.floats(n).1];
    transform(form, n, scale, from, &mut to, &table(n), &mut vec![0.0; scratch_len(n)]);
    to
}

fn flat(values: &[Complex]) -> Vec<f64> {
    values.iter().flat_map(|value| [value.re, value.im]).collect()
}

fn paired(floats: &[f64]) -> Vec<Complex> {
    floats.chunks_exact(2).map(|pair| Complex::new(pair[0], pair[1])).collect()
}

/// The forward transform; the spectrum of real values is exactly its own mirrored conjugate.
pub(crate) fn fft(values: &[Complex]) -> Vec<Complex> {
    if values.iter().all(|value| value.im == 0.0) {
        let reals: Vec<f64> = values.iter().map(|value| value.re).collect();
        return paired(&run(Form::RealWhole, values.len(), 1.0, &reals));
    }
    paired(&run(Form::Forward, values.len(), 1.0, &flat(values)))
}

/// The inverse transform.
pub(crate) fn ifft(values: &[Complex]) -> Vec<Complex> {
    let n = values.len();
    paired(&run(Form::Inverse, n, 1.0 / n.max(1) as f64, &flat(values)))
}

/// `numpy.fft.irfft`: `count` real values whose spectrum begins with `half`, the rest being zeros.
pub(crate) fn irfft(half: &[Complex], count: usize) -> Vec<f64> {
    let mut bins = half.to_vec();
    bins.resize(count / 2 + 1, Complex::default());
    run(Form::RealInverse, count, 1.0 / count.max(1) as f64, &flat(&bins))
}
