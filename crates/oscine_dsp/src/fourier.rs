//! The discrete Fourier transform of any length, in memory that the caller gives.
//!
//! Lengths of small prime factors go by the self-sorting algorithm of T. G. Stockham ("High-speed convolution and
//! correlation", AFIPS 28, 1966) in steps of 4, 2, 3, 5, 7, 11 and 13; all others become a convolution of such a length
//! (L. I. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", IEEE Trans. AU 18,
//! 1970). Transforms of an even number of real values go by one of half the length.
//!
//! Complex numbers are pairs of floats, real part first. A *table* is made once for a length and only read afterwards;
//! a *scratch* keeps nothing from call to call. Nothing here allocates but [`table`].

use std::f64::consts::PI;

/// Radices, the largest steps first.
const RADICES: [usize; 7] = [4, 2, 3, 5, 7, 11, 13];

/// What is transformed into what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `n` complex values to `n` bins.
    Forward,
    /// `n` bins to `n` complex values, not divided by `n`.
    Inverse,
    /// `n` real values to `n / 2 + 1` bins, the others being their mirrored conjugates.
    RealForward,
    /// `n` real values to all `n` bins.
    RealWhole,
    /// `n / 2 + 1` bins to `n` real values, not divided by `n`. Imaginary parts that no spectrum of real values has are
    /// taken as zero.
    RealInverse,
}

impl Form {
    /// All of them; `form as usize` is a form's place.
    pub const ALL: [Self; 5] = [Self::Forward, Self::Inverse, Self::RealForward, Self::RealWhole, Self::RealInverse];

    /// How many floats a transform of `n` points takes, and how many it gives.
    #[must_use]
    pub fn floats(self, n: usize) -> (usize, usize) {
        let half = 2 * (n / 2 + 1);
        match self {
            Form::Forward | Form::Inverse => (2 * n, 2 * n),
            Form::RealForward => (n, half),
            Form::RealWhole => (n, 2 * n),
            Form::RealInverse => (half, n),
        }
    }
}

/// Whether a length has no prime factors beyond those of [`RADICES`].
fn is_smooth(n: usize) -> bool {
    is_made_of(n, &RADICES)
}

/// The length of the convolution that a transform of `n` points becomes.
fn padded_len(n: usize) -> usize {
    let mut length = 2 * n - 1;
    while !is_made_of(length, &[2, 3, 5]) {
        length += 1;
    }
    length
}

/// Whether a number is a product of these factors alone.
fn is_made_of(mut n: usize, factors: &[usize]) -> bool {
    for factor in factors {
        while n.is_multiple_of(*factor) {
            n /= factor;
        }
    }
    n == 1
}

/// `exp(-2 pi j k / n)`, its angle brought into the first eighth of the circle by whole numbers.
fn root(k: usize, n: usize) -> (f64, f64) {
    let eighths = 8 * (k % n);
    let is_upper = eighths < 4 * n;
    let x = if is_upper { eighths } else { 8 * n - eighths };
    let of = |x: usize| (x as f64 * (PI / (4 * n) as f64)).sin_cos();
    let (sin, cos) = if x < n {
        of(x)
    } else if x <= 2 * n {
        let (sin, cos) = of(2 * n - x);
        (cos, sin)
    } else if x < 3 * n {
        let (sin, cos) = of(x - 2 * n);
        (cos, -sin)
    } else {
        let (sin, cos) = of(4 * n - x);
        (sin, -cos)
    };
    (cos, if is_upper { -sin } else { sin })
}

/// The table for transforms of `n` points, `n` of 1 or more: the roots of unity, and for a convolution the chirp and the
/// spectrum of its conjugate.
#[must_use]
pub fn table(n: usize) -> Vec<f64> {
    let roots = |n: usize| (0..n).flat_map(move |k| <[f64; 2]>::from(root(k, n)));
    let mut table: Vec<f64> = roots(n).collect();
    if is_smooth(n) {
        return table;
    }
    let padded = padded_len(n);
    let chirp: Vec<(f64, f64)> = (0..n).map(|k| root(k * k % (2 * n), 2 * n)).collect();
    let mut filter = vec![0.0; 2 * padded];
    for (k, (re, im)) in chirp.iter().enumerate() {
        for at in [k, (padded - k) % padded] {
            filter[2 * at] = re / padded as f64;
            filter[2 * at + 1] = -im / padded as f64;
        }
    }
    let convolved: Vec<f64> = roots(padded).collect();
    let mut scratch = vec![0.0; 2 * padded];
    stockham(padded, &mut filter, &mut scratch, &convolved, 1);
    table.extend(chirp.iter().flat_map(|(re, im)| [*re, *im]));
    table.extend(filter);
    table.extend(convolved);
    table
}

/// How many floats the table for transforms of `n` points has.
#[must_use]
pub fn table_len(n: usize) -> usize {
    if is_smooth(n) { 2 * n } else { 4 * n + 4 * padded_len(n) }
}

/// How many floats the scratch of a transform of `n` points has.
#[must_use]
pub fn scratch_len(n: usize) -> usize {
    if is_smooth(n) { 4 * n } else { 2 * n + 4 * padded_len(n) }
}

/// Transforms `from` into `to`, both of [`Form::floats`], and multiplies with `scale`. `table` is that of [`table`],
/// `scratch` has [`scratch_len`] floats.
pub fn transform(form: Form, n: usize, scale: f64, from: &[f64], to: &mut [f64], table: &[f64], scratch: &mut [f64]) {
    match form {
        Form::Forward => {
            let (data, rest) = scratch.split_at_mut(2 * n);
            data.copy_from_slice(from);
            forward(n, 1, data, rest, table);
            scaled(data, to, scale);
        }
        Form::Inverse => {
            let (data, rest) = scratch.split_at_mut(2 * n);
            conjugated(from, data, 1.0);
            forward(n, 1, data, rest, table);
            conjugated(data, to, scale);
        }
        Form::RealWhole => {
            let (half, others) = to.split_at_mut(2 * (n / 2 + 1));
            transform(Form::RealForward, n, scale, from, half, table, scratch);
            for (other, own) in others.chunks_exact_mut(2).rev().zip(half[2..].chunks_exact(2)) {
                other.copy_from_slice(&[own[0], -own[1]]);
            }
        }
        Form::RealForward if n.is_multiple_of(2) && is_smooth(n) => real_forward(n, scale, from, to, table, scratch),
        Form::RealForward => {
            let (data, rest) = scratch.split_at_mut(2 * n);
            for (pair, value) in data.chunks_exact_mut(2).zip(from) {
                pair.copy_from_slice(&[*value, 0.0]);
            }
            forward(n, 1, data, rest, table);
            let count = to.len();
            scaled(&data[..count], to, scale);
            own_mirrors(n, to);
        }
        Form::RealInverse if n.is_multiple_of(2) && is_smooth(n) => real_inverse(n, scale, from, to, table, scratch),
        Form::RealInverse => {
            let (data, rest) = scratch.split_at_mut(2 * n);
            // The conjugate of the whole spectrum, by which the forward transform is the inverse one.
            for k in 0..=n / 2 {
                let (re, im) = (from[2 * k], if k == 0 || 2 * k == n { 0.0 } else { from[2 * k + 1] });
                data[2 * k..2 * k + 2].copy_from_slice(&[re, -im]);
                let mirror = (n - k) % n;
                if mirror != k {
                    data[2 * mirror..2 * mirror + 2].copy_from_slice(&[re, im]);
                }
            }
            forward(n, 1, data, rest, table);
            for (value, pair) in to.iter_mut().zip(data.chunks_exact(2)) {
                *value = pair[0] * scale;
            }
        }
    }
}

/// The bins that are their own mirrors have no imaginary part in a spectrum of real values.
fn own_mirrors(n: usize, spectrum: &mut [f64]) {
    spectrum[1] = 0.0;
    if n.is_multiple_of(2) {
        spectrum[n + 1] = 0.0;
    }
}

fn scaled(from: &[f64], to: &mut [f64], scale: f64) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from * scale;
    }
}

fn conjugated(from: &[f64], to: &mut [f64], scale: f64) {
    for (to, from) in to.chunks_exact_mut(2).zip(from.chunks_exact(2)) {
        to[0] = from[0] * scale;
        to[1] = -from[1] * scale;
    }
}

/// Even and odd samples as real and imaginary parts, their spectra told apart by symmetry.
fn real_forward(n: usize, scale: f64, from: &[f64], to: &mut [f64], table: &[f64], scratch: &mut [f64]) {
    let half = n / 2;
    let (data, rest) = scratch.split_at_mut(n);
    data.copy_from_slice(from);
    stockham(half, data, rest, table, 2);
    let by = 0.5 * scale;
    for k in 0..=half {
        let (a, b) = (2 * (k % half), 2 * ((half - k) % half));
        let (even_re, even_im) = (data[a] + data[b], data[a + 1] - data[b + 1]);
        let (odd_re, odd_im) = (data[a + 1] + data[b + 1], data[b] - data[a]);
        let (cos, sin) = if k == half { (-1.0, 0.0) } else { (table[2 * k], table[2 * k + 1]) };
        to[2 * k] = by * (even_re + (odd_re * cos - odd_im * sin));
        to[2 * k + 1] = by * (even_im + (odd_re * sin + odd_im * cos));
    }
    own_mirrors(n, to);
}

fn real_inverse(n: usize, scale: f64, from: &[f64], to: &mut [f64], table: &[f64], scratch: &mut [f64]) {
    let half = n / 2;
    let (data, rest) = scratch.split_at_mut(n);
    for k in 0..half {
        let mirror = half - k;
        let (re, im) = (from[2 * k], if k == 0 { 0.0 } else { from[2 * k + 1] });
        let (other_re, other_im) = (from[2 * mirror], if k == 0 { 0.0 } else { -from[2 * mirror + 1] });
        let (even_re, even_im) = (re + other_re, im + other_im);
        let (odd_re, odd_im) = (re - other_re, im - other_im);
        let (cos, sin) = (table[2 * k], -table[2 * k + 1]);
        let (odd_re, odd_im) = (odd_re * cos - odd_im * sin, odd_re * sin + odd_im * cos);
        // The conjugate, by which the forward transform is the inverse one.
        data[2 * k] = even_re - odd_im;
        data[2 * k + 1] = -(even_im + odd_re);
    }
    stockham(half, data, rest, table, 2);
    for (to, from) in to.chunks_exact_mut(2).zip(data.chunks_exact(2)) {
        to[0] = from[0] * scale;
        to[1] = -from[1] * scale;
    }
}

/// The forward transform of `data` in place.
fn forward(n: usize, step: usize, data: &mut [f64], scratch: &mut [f64], table: &[f64]) {
    if is_smooth(n) { stockham(n, data, scratch, table, step) } else { bluestein(n, data, scratch, table) }
}

/// A transform of `n` points in place; the table's roots are those of `n * step`.
fn stockham(n: usize, data: &mut [f64], scratch: &mut [f64], table: &[f64], step: usize) {
    let scratch = &mut scratch[..2 * n];
    let (mut length, mut stride, mut is_swapped) = (n, 1, false);
    for radix in RADICES {
        while length > 1 && length.is_multiple_of(radix) {
            let (from, to) = if is_swapped { (&*scratch, &mut *data) } else { (&*data, &mut *scratch) };
            let pass = Pass { radix, parts: length / radix, stride, table, step };
            match radix {
                2 => pass.by_2(from, to),
                4 => pass.by_4(from, to),
                _ => pass.by_any(from, to),
            }
            (length, stride, is_swapped) = (length / radix, stride * radix, !is_swapped);
        }
    }
    if is_swapped {
        data.copy_from_slice(scratch);
    }
}

/// One step of the algorithm: `stride` transforms of `radix * parts` points each become `radix` times as many of `parts`.
struct Pass<'t> {
    radix: usize,
    parts: usize,
    stride: usize,
    table: &'t [f64],
    step: usize,
}

impl Pass<'_> {
    /// The root to the power `k * stride` of the whole transform.
    fn root(&self, k: usize) -> (f64, f64) {
        let at = 2 * k * self.stride * self.step;
        (self.table[at], self.table[at + 1])
    }

    fn by_2(&self, from: &[f64], to: &mut [f64]) {
        let run = 2 * self.stride;
        let (first, second) = from.split_at(run * self.parts);
        for (p, to) in to.chunks_exact_mut(2 * run).enumerate() {
            let w = self.root(p);
            let (sums, differences) = to.split_at_mut(run);
            let (a, b) = (&first[p * run..][..run], &second[p * run..][..run]);
            for q in (0..run).step_by(2) {
                sums[q] = a[q] + b[q];
                sums[q + 1] = a[q + 1] + b[q + 1];
                let (re, im) = (a[q] - b[q], a[q + 1] - b[q + 1]);
                differences[q] = re * w.0 - im * w.1;
                differences[q + 1] = re * w.1 + im * w.0;
            }
        }
    }

    fn by_4(&self, from: &[f64], to: &mut [f64]) {
        let run = 2 * self.stride;
        let quarter = run * self.parts;
        for (p, to) in to.chunks_exact_mut(4 * run).enumerate() {
            let (w1, w2, w3) = (self.root(p), self.root(2 * p), self.root(3 * p));
            let (to0, to) = to.split_at_mut(run);
            let (to1, to) = to.split_at_mut(run);
            let (to2, to3) = to.split_at_mut(run);
            let part = |k: usize| &from[k * quarter + p * run..][..run];
            let (a, b, c, d) = (part(0), part(1), part(2), part(3));
            for q in (0..run).step_by(2) {
                let (sum_ac, diff_ac) = ((a[q] + c[q], a[q + 1] + c[q + 1]), (a[q] - c[q], a[q + 1] - c[q + 1]));
                let (sum_bd, diff_bd) = ((b[q] + d[q], b[q + 1] + d[q + 1]), (b[q] - d[q], b[q + 1] - d[q + 1]));
                to0[q] = sum_ac.0 + sum_bd.0;
                to0[q + 1] = sum_ac.1 + sum_bd.1;
                let (re, im) = (diff_ac.0 + diff_bd.1, diff_ac.1 - diff_bd.0);
                to1[q] = re * w1.0 - im * w1.1;
                to1[q + 1] = re * w1.1 + im * w1.0;
                let (re, im) = (sum_ac.0 - sum_bd.0, sum_ac.1 - sum_bd.1);
                to2[q] = re * w2.0 - im * w2.1;
                to2[q + 1] = re * w2.1 + im * w2.0;
                let (re, im) = (diff_ac.0 - diff_bd.1, diff_ac.1 + diff_bd.0);
                to3[q] = re * w3.0 - im * w3.1;
                to3[q + 1] = re * w3.1 + im * w3.0;
            }
        }
    }

    /// By the definition; the roots of the radix are among those of the table.
    fn by_any(&self, from: &[f64], to: &mut [f64]) {
        let (radix, stride, parts) = (self.radix, self.stride, self.parts);
        for p in 0..parts {
            for j in 0..radix {
                let to = &mut to[2 * stride * (radix * p + j)..][..2 * stride];
                to.copy_from_slice(&from[2 * stride * p..][..2 * stride]);
                for k in 1..radix {
                    let w = self.root(parts * (j * k % radix));
                    let from = &from[2 * stride * (p + k * parts)..][..2 * stride];
                    for (to, from) in to.chunks_exact_mut(2).zip(from.chunks_exact(2)) {
                        to[0] += from[0] * w.0 - from[1] * w.1;
                        to[1] += from[0] * w.1 + from[1] * w.0;
                    }
                }
                let w = self.root(p * j);
                for to in to.chunks_exact_mut(2) {
                    let (re, im) = (to[0], to[1]);
                    to[0] = re * w.0 - im * w.1;
                    to[1] = re * w.1 + im * w.0;
                }
            }
        }
    }
}

/// The transform as a convolution with a chirp.
fn bluestein(n: usize, data: &mut [f64], scratch: &mut [f64], table: &[f64]) {
    let padded = padded_len(n);
    let (chirp, rest) = table[2 * n..].split_at(2 * n);
    let (filter, roots) = rest.split_at(2 * padded);
    let (signal, scratch) = scratch.split_at_mut(2 * padded);
    signal[2 * n..].fill(0.0);
    product(data, chirp, &mut signal[..2 * n]);
    stockham(padded, signal, scratch, roots, 1);
    for (value, by) in signal.chunks_exact_mut(2).zip(filter.chunks_exact(2)) {
        let (re, im) = (value[0], value[1]);
        // The conjugate, by which the forward transform is the inverse one.
        value[0] = re * by[0] - im * by[1];
        value[1] = -(re * by[1] + im * by[0]);
    }
    stockham(padded, signal, scratch, roots, 1);
    for (value, by) in signal.chunks_exact_mut(2).zip(chirp.chunks_exact(2)) {
        let (re, im) = (value[0], -value[1]);
        value[0] = re * by[0] - im * by[1];
        value[1] = re * by[1] + im * by[0];
    }
    data.copy_from_slice(&signal[..2 * n]);
}

fn product(a: &[f64], b: &[f64], to: &mut [f64]) {
    for ((to, a), b) in to.chunks_exact_mut(2).zip(a.chunks_exact(2)).zip(b.chunks_exact(2)) {
        to[0] = a[0] * b[0] - a[1] * b[1];
        to[1] = a[0] * b[1] + a[1] * b[0];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values without a pattern.
    fn noise(count: usize) -> Vec<f64> {
        let mut seed = 1u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn run(form: Form, n: usize, scale: f64, from: &[f64]) -> Vec<f64> {
        let mut to = vec![f64::NAN; form.floats(n).1];
        let mut scratch = vec![f64::NAN; scratch_len(n)];
        transform(form, n, scale, from, &mut to, &table(n), &mut scratch);
        to
    }

    /// The definition, its sums in order.
    fn defined(n: usize, from: &[f64]) -> Vec<f64> {
        let bin = |k: usize| {
            let mut sum = [0.0; 2];
            for (i, value) in from.chunks_exact(2).enumerate() {
                let w = root(i * k % n, n);
                sum[0] += value[0] * w.0 - value[1] * w.1;
                sum[1] += value[0] * w.1 + value[1] * w.0;
            }
            sum
        };
        (0..n).flat_map(bin).collect()
    }

    fn close(a: &[f64], b: &[f64], share: f64) {
        assert_eq!(a.len(), b.len());
        let peak = b.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        for (k, (a, b)) in a.iter().zip(b).enumerate() {
            assert!((a - b).abs() <= share * peak, "{k} of {}: {a} {b}", b.to_bits());
        }
    }

    #[test]
    fn every_length_gives_what_the_definition_gives() {
        for n in (1..=70).chain([77, 96, 100, 121, 127, 128, 169, 210, 256, 289, 512]) {
            let values = noise(2 * n);
            close(&run(Form::Forward, n, 1.0, &values), &defined(n, &values), 2e-14);
        }
    }

    #[test]
    fn inverses_give_back_what_was_transformed() {
        for n in (1..=40).chain([63, 64, 97, 1000, 1024, 1031, 4096]) {
            let (values, reals) = (noise(2 * n), noise(n));
            let spectrum = run(Form::Forward, n, 1.0, &values);
            close(&run(Form::Inverse, n, 1.0 / n as f64, &spectrum), &values, 4e-15);
            let spectrum = run(Form::RealForward, n, 1.0, &reals);
            close(&run(Form::RealInverse, n, 1.0 / n as f64, &spectrum), &reals, 4e-15);
        }
    }

    #[test]
    fn real_values_have_half_the_spectrum() {
        for n in (1..=40).chain([97, 250, 1024]) {
            let reals = noise(n);
            let whole: Vec<f64> = reals.iter().flat_map(|value| [*value, 0.0]).collect();
            let half = run(Form::RealForward, n, 0.5, &reals);
            close(&run(Form::RealWhole, n, 0.5, &reals), &run(Form::Forward, n, 0.5, &whole), 2e-15);
            close(&half, &run(Form::Forward, n, 0.5, &whole)[..2 * (n / 2 + 1)], 2e-15);
            assert_eq!(half[1].abs(), 0.0, "the mean is real");
        }
    }

    #[test]
    fn parts_that_no_real_spectrum_has_are_passed_over() {
        for n in [6, 7, 8, 22, 46] {
            let mut spectrum = run(Form::RealForward, n, 1.0, &noise(n));
            let plain = run(Form::RealInverse, n, 1.0, &spectrum);
            spectrum[1] = 3.0;
            if n % 2 == 0 {
                spectrum[n + 1] = -2.0;
            }
            assert_eq!(run(Form::RealInverse, n, 1.0, &spectrum), plain);
        }
    }

    #[test]
    fn roots_are_exact_on_the_axes_and_of_size_one() {
        assert_eq!([1, 8, 17, 46].map(|n| table(n).len()), [1, 8, 17, 46].map(table_len));
        assert_eq!([0, 1, 2, 3].map(|k| root(k, 4)), [(1.0, -0.0), (0.0, -1.0), (-1.0, -0.0), (0.0, 1.0)]);
        for k in 0..1000 {
            let (re, im) = root(k, 1000);
            assert!((re * re + im * im - 1.0).abs() < 4e-16);
        }
    }
}
