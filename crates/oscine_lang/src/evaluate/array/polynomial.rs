//! Polynomials as their coefficients, the highest power first.

use oscine_dsp::design::Complex;

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Cells, Dtype, Result, Value};
use crate::syntax::ast::BinOp;

/// `numpy.polyval`, by Horner's rule.
pub(crate) fn polyval(coefficients: &Array, x: &Value) -> Result<Value> {
    let zeros = super::binary(BinOp::Mul, &Value::Array(super::from_value(x, None)?), &Value::Int(0))?;
    super::rows(coefficients).into_iter().try_fold(zeros, |sum, coefficient| {
        super::binary(BinOp::Add, &super::binary(BinOp::Mul, &sum, x)?, &coefficient)
    })
}

/// `numpy.poly`: the coefficients of the polynomial with these roots, real if the roots are in conjugate pairs.
pub(crate) fn poly(roots: &[Complex]) -> Array {
    let mut coefficients = vec![Complex::default(); roots.len() + 1];
    oscine_dsp::design::expand(roots, &mut coefficients);
    let paired = roots.iter().all(|root| {
        let count = |r: Complex| roots.iter().filter(|&&other| other == r).count();
        root.is_real() || count(*root) == count(root.conj())
    });
    if paired {
        return Array::from_floats(coefficients.into_iter().map(|c| c.re).collect());
    }
    let cells = Cells::Complex(coefficients.iter().map(|c| (c.re, c.im)).collect());
    Array::from_cells(Dtype::Complex, vec![coefficients.len()], cells)
}

/// An array's elements as complex numbers.
pub(crate) fn complex_elements(array: &Array) -> Vec<Complex> {
    array.complexes().into_iter().map(|(re, im)| Complex::new(re, im)).collect()
}

/// Complex numbers as an array: of floats if all are real.
pub(crate) fn complex_array(values: &[Complex]) -> Array {
    let cells = Cells::Complex(values.iter().map(|v| (v.re, v.im)).collect());
    Array::from_cells(Dtype::Complex, vec![values.len()], cells)
}

/// The roots of a polynomial with real coefficients, by simultaneous iteration from points on a circle (O. Aberth,
/// "Iteration methods for finding all zeros of a polynomial simultaneously", Math. Comp. 27, 1973), made exactly real or
/// conjugate at the end.
pub(crate) fn roots(coefficients: &[f64]) -> Result<Vec<Complex>> {
    if coefficients.iter().any(|c| !c.is_finite()) {
        return Err(raise("numpy.linalg.LinAlgError", "Array must not contain infs or NaNs"));
    }
    let Some(first) = coefficients.iter().position(|&c| c != 0.0) else { return Ok(vec![]) };
    let last = coefficients.iter().rposition(|&c| c != 0.0).unwrap_or(first);
    let inner = &coefficients[first..=last];
    let monic: Vec<f64> = inner.iter().map(|c| c / inner[0]).collect();
    let mut found = iterate(&monic);
    pair(&mut found);
    found.resize(found.len() + coefficients.len() - 1 - last, Complex::default());
    Ok(found)
}

fn iterate(monic: &[f64]) -> Vec<Complex> {
    let degree = monic.len() - 1;
    if degree == 0 {
        return vec![];
    }
    if let [_, b] = *monic {
        return vec![Complex::real(-b)];
    }
    if let [_, b, c] = *monic {
        let root = Complex::real(b * b - 4.0 * c).sqrt();
        if root.is_real() {
            // The larger root first, the other by their product, so that nothing cancels.
            let large = -0.5 * (b + root.re.copysign(b));
            return if large == 0.0 {
                vec![Complex::default(); 2]
            } else {
                vec![Complex::real(large), Complex::real(c / large)]
            };
        }
        let upper = Complex::new(-0.5 * b, 0.5 * root.im);
        return vec![upper, upper.conj()];
    }
    let radius = monic[degree].abs().powf(1.0 / degree as f64);
    let start = |i: usize| {
        let angle = std::f64::consts::TAU * i as f64 / degree as f64 + 0.4;
        Complex::new(radius * angle.cos(), radius * angle.sin())
    };
    let mut roots: Vec<Complex> = (0..degree).map(start).collect();
    for _ in 0..500 {
        let mut moved = 0.0_f64;
        for i in 0..degree {
            let root = roots[i];
            let (mut value, mut slope) = (Complex::real(1.0), Complex::default());
            for &c in &monic[1..] {
                slope = slope * root + value;
                value = value * root + Complex::real(c);
            }
            if value == Complex::default() {
                continue;
            }
            let newton = value / slope;
            let others = (0..degree).filter(|&j| j != i && roots[j] != root);
            let repulsion = others.fold(Complex::default(), |sum, j| sum + Complex::real(1.0) / (root - roots[j]));
            let step = newton / (Complex::real(1.0) - newton * repulsion);
            if step.re.is_finite() && step.im.is_finite() {
                roots[i] = root - step;
                moved = moved.max(step.abs() / root.abs().max(1e-300));
            }
        }
        if moved < 1e-16 {
            break;
        }
    }
    roots
}

/// Makes roots of a real polynomial exactly real or conjugate: rounding left them nearly so.
fn pair(roots: &mut [Complex]) {
    for i in 0..roots.len() {
        let root = roots[i];
        if root.im.abs() <= 1e-10 * root.abs() {
            roots[i].im = 0.0;
        } else if root.im > 0.0 {
            let distance = |other: &Complex| (*other - root.conj()).abs();
            let lower = (0..roots.len()).filter(|&j| roots[j].im < 0.0);
            if let Some(j) = lower.min_by(|&a, &b| distance(&roots[a]).total_cmp(&distance(&roots[b]))) {
                roots[j] = root.conj();
            }
        }
    }
}

/// `numpy.polyfit`: least squares by the normal equations of orthogonalised columns (modified Gram-Schmidt).
pub(crate) fn polyfit(x: &[f64], y: &[f64], degree: usize) -> Result<Array> {
    if x.len() != y.len() {
        return Err(raise("TypeError", "expected x and y to have same length"));
    }
    if x.is_empty() {
        return Err(raise("TypeError", "expected non-empty vector for x"));
    }
    super::view::check_size(&[degree, x.len().max(degree)])?;
    let count = degree + 1;
    let mut columns: Vec<Vec<f64>> =
        (0..count).map(|k| x.iter().map(|v| v.powi((degree - k) as i32)).collect()).collect();
    let mut triangle = vec![0.0; count * count];
    let mut rest = y.to_vec();
    let mut projections = vec![0.0; count];
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for k in 0..count {
        let norm = dot(&columns[k], &columns[k]).sqrt();
        triangle[k * count + k] = norm;
        let unit: Vec<f64> = columns[k].iter().map(|v| if norm == 0.0 { 0.0 } else { v / norm }).collect();
        for (later, column) in columns.iter_mut().enumerate().skip(k + 1) {
            let along = dot(&unit, column);
            triangle[k * count + later] = along;
            column.iter_mut().zip(&unit).for_each(|(c, u)| *c -= along * u);
        }
        projections[k] = dot(&unit, &rest);
        rest.iter_mut().zip(&unit).for_each(|(r, u)| *r -= projections[k] * u);
    }
    let mut fitted = vec![0.0; count];
    for k in (0..count).rev() {
        let known: f64 = (k + 1..count).map(|j| triangle[k * count + j] * fitted[j]).sum();
        let pivot = triangle[k * count + k];
        fitted[k] = if pivot == 0.0 { 0.0 } else { (projections[k] - known) / pivot };
    }
    Ok(Array::from_floats(fitted))
}
