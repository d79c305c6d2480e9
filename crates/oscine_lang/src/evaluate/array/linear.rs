//! Products of vectors and matrices, convolution, and linear equations.

use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Cells, Dtype, Result, Value};
use crate::syntax::ast::BinOp;

use super::arithmetic::{complex_multiply, stretch};
use super::create::zeros;
use super::print::compact_shape;
use super::promote::join;
use super::reduce::as_inexact;

/// `a @ b`.
pub(crate) fn matmul(a: &Array, b: &Array) -> Result<Array> {
    for (i, operand) in [a, b].into_iter().enumerate() {
        if operand.shape.is_empty() {
            return Err(raise(
                "ValueError",
                format!(
                    "matmul: Input operand {i} does not have enough dimensions (has 0, gufunc core with signature \
                     (n?,k),(k,m?)->(n?,m?) requires 1)"
                ),
            ));
        }
    }
    let inner = a.shape[a.ndim() - 1];
    let core = b.shape[b.ndim().saturating_sub(2)];
    if inner != core {
        return Err(raise(
            "ValueError",
            format!(
                "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature \
                 (n?,k),(k,m?)->(n?,m?) (size {core} is different from {inner})"
            ),
        ));
    }
    if a.ndim() > 2 || b.ndim() > 2 {
        return Err(raise("ValueError", "oscine multiplies vectors and matrices only"));
    }
    product(a, b)
}

/// `numpy.dot`.
pub(crate) fn dot(a: &Array, b: &Array) -> Result<Array> {
    if a.shape.is_empty() || b.shape.is_empty() {
        let result = super::binary(BinOp::Mul, &Value::Array(a.clone()), &Value::Array(b.clone()))?;
        return super::from_value(&result, None);
    }
    let (last, first) = (a.ndim() - 1, b.ndim().saturating_sub(2));
    if a.shape[last] != b.shape[first] {
        return Err(raise(
            "ValueError",
            format!(
                "shapes {} and {} not aligned: {} (dim {last}) != {} (dim {first})",
                compact_shape(&a.shape),
                compact_shape(&b.shape),
                a.shape[last],
                b.shape[first]
            ),
        ));
    }
    if a.ndim() > 2 || b.ndim() > 2 {
        return Err(raise("ValueError", "oscine multiplies vectors and matrices only"));
    }
    product(a, b)
}

/// The product of vectors or matrices that fit.
fn product(a: &Array, b: &Array) -> Result<Array> {
    let dtype = join(a.dtype(), b.dtype());
    let inner = a.shape[a.ndim() - 1];
    let rows = if a.ndim() == 2 { a.shape[0] } else { 1 };
    let columns = if b.ndim() == 2 { b.shape[1] } else { 1 };
    let cells = match (a.cells_as(dtype), b.cells_as(dtype)) {
        (Cells::Bool(a), Cells::Bool(b)) => {
            Cells::Bool(each(rows, columns, |r, c| (0..inner).any(|k| a[r * inner + k] && b[k * columns + c])))
        }
        (Cells::Int(a), Cells::Int(b)) => Cells::Int(each(rows, columns, |r, c| {
            (0..inner).fold(0_i64, |sum, k| sum.wrapping_add(a[r * inner + k].wrapping_mul(b[k * columns + c])))
        })),
        (Cells::Float(a), Cells::Float(b)) => {
            // Fused, as the products of vectors are on the machines of today.
            let values = each(rows, columns, |r, c| {
                (0..inner).fold(0.0, |sum: f64, k| a[r * inner + k].mul_add(b[k * columns + c], sum))
            });
            Cells::Float(values).cast(dtype)
        }
        (Cells::Complex(a), Cells::Complex(b)) => Cells::Complex(each(rows, columns, |r, c| {
            (0..inner).fold((0.0, 0.0), |sum, k| {
                let term = complex_multiply(a[r * inner + k], b[k * columns + c]);
                (sum.0 + term.0, sum.1 + term.1)
            })
        })),
        _ => return Err(raise("TypeError", "matmul of these types is not supported")),
    };
    let mut shape = vec![];
    if a.ndim() == 2 {
        shape.push(rows);
    }
    if b.ndim() == 2 {
        shape.push(columns);
    }
    Ok(Array::from_cells(dtype, shape, cells))
}

fn each<T>(rows: usize, columns: usize, f: impl Fn(usize, usize) -> T) -> Vec<T> {
    (0..rows * columns).map(|i| f(i / columns, i % columns)).collect()
}

/// `numpy.outer`.
pub(crate) fn outer(a: &Array, b: &Array) -> Result<Array> {
    let column = Value::Array(a.reshaped(vec![a.size(), 1]));
    let row = Value::Array(b.reshaped(vec![1, b.size()]));
    super::from_value(&super::binary(BinOp::Mul, &column, &row)?, None)
}

/// The diagonal `k` of a matrix, a view.
pub(crate) fn diagonal(array: &Array, k: i64) -> Result<Array> {
    let &[rows, columns] = &*array.shape else {
        return Err(raise("ValueError", "diag requires an array of at least two dimensions"));
    };
    let (row, column) = if k < 0 { (k.unsigned_abs() as usize, 0) } else { (0, k as usize) };
    let count = rows.saturating_sub(row).min(columns.saturating_sub(column));
    let distance = row as isize * array.strides[0] + column as isize * array.strides[1];
    Ok(Array {
        data: array.data.clone(),
        offset: if count == 0 { array.offset } else { array.offset.wrapping_add_signed(distance) },
        shape: vec![count],
        strides: vec![array.strides[0] + array.strides[1]],
    })
}

/// `numpy.diag`: the diagonal of a matrix, or the matrix of a diagonal.
pub(crate) fn diag(array: &Array, k: i64) -> Result<Array> {
    match &*array.shape {
        [length] => {
            let size = length.saturating_add(k.unsigned_abs() as usize);
            super::view::check_size(&[size, size])?;
            let matrix = zeros(vec![size, size], array.dtype());
            diagonal(&matrix, k)?.write(&array.cells());
            Ok(matrix)
        }
        [_, _] => Ok(diagonal(array, k)?.copied()),
        _ => Err(raise("ValueError", "Input must be 1- or 2-d.")),
    }
}

/// The longest filter for which numpy has a loop of its own.
const SHORT_FILTER: usize = 11;

/// `numpy.convolve` of one-dimensional arrays: "full", "same" or "valid".
pub(crate) fn convolve(a: &Array, v: &Array, mode: &str) -> Result<Array> {
    for (array, name) in [(a, "a"), (v, "v")] {
        if array.size() == 0 {
            return Err(raise("ValueError", format!("{name} cannot be empty")));
        }
        if array.ndim() > 1 {
            return Err(raise("ValueError", "object too deep for desired array"));
        }
    }
    let dtype = join(a.dtype(), v.dtype());
    let (a, v) = if v.size() > a.size() { (v, a) } else { (a, v) };
    let (n, m) = (a.size(), v.size());
    // The terms of one result, in the order in which numpy adds them.
    let terms = |i: usize| (i.saturating_sub(m - 1)..=i.min(n - 1)).map(move |k| (k, i - k));
    let cells = match (a.cells_as(dtype), v.cells_as(dtype)) {
        (Cells::Complex(a), Cells::Complex(v)) => Cells::Complex(
            (0..n + m - 1)
                .map(|i| {
                    terms(i).fold((0.0, 0.0), |sum: (f64, f64), (k, j)| {
                        let term = complex_multiply(a[k], v[j]);
                        (sum.0 + term.0, sum.1 + term.1)
                    })
                })
                .collect(),
        ),
        (Cells::Float(a), Cells::Float(v)) => {
            // Short filters are summed plainly where they lie wholly inside the signal, everything else is a product
            // of vectors.
            let sum = |i: usize| {
                if m <= SHORT_FILTER && terms(i).count() == m {
                    terms(i).fold(0.0, |sum, (k, j)| sum + a[k] * v[j])
                } else {
                    terms(i).fold(0.0, |sum, (k, j)| a[k].mul_add(v[j], sum))
                }
            };
            Cells::Float((0..n + m - 1).map(sum).collect()).cast(dtype)
        }
        (a, v) => {
            let (Cells::Int(a), Cells::Int(v)) = (a.cast(Dtype::Int), v.cast(Dtype::Int)) else {
                return Ok(zeros(vec![0], dtype));
            };
            let sums =
                (0..n + m - 1).map(|i| terms(i).fold(0_i64, |sum, (k, j)| sum.wrapping_add(a[k].wrapping_mul(v[j]))));
            Cells::Int(sums.collect()).cast(dtype)
        }
    };
    let full = Array::from_cells(dtype, vec![n + m - 1], cells);
    match mode {
        "full" => Ok(full),
        "same" => Ok(super::join::part(&full, 0, (m - 1) / 2, n).copied()),
        "valid" => Ok(super::join::part(&full, 0, m - 1, n - m + 1).copied()),
        _ => Err(raise("ValueError", "mode must be one of 'valid', 'same', or 'full'")),
    }
}

/// `numpy.linalg.solve` for a matrix and a vector or matrix: Gaussian elimination with partial pivoting.
pub(crate) fn solve(a: &Array, b: &Array) -> Result<Array> {
    let &[n, columns] = &*a.shape else {
        return Err(raise(
            "numpy.linalg.LinAlgError",
            format!("{}-dimensional array given. Array must be at least two-dimensional", a.ndim()),
        ));
    };
    if n != columns {
        return Err(raise("numpy.linalg.LinAlgError", "Last 2 dimensions of the array must be square"));
    }
    if b.shape.first() != Some(&n) {
        return Err(raise("ValueError", "solve: the right-hand side does not have as many rows as the matrix"));
    }
    let width = b.size() / n.max(1);
    let (mut matrix, mut right) = (a.floats(), as_inexact(b).floats());
    for pivot in 0..n {
        let best = (pivot..n).fold(pivot, |best, row| {
            if matrix[row * n + pivot].abs() > matrix[best * n + pivot].abs() { row } else { best }
        });
        if matrix[best * n + pivot] == 0.0 {
            return Err(raise("numpy.linalg.LinAlgError", "Singular matrix"));
        }
        for column in 0..n {
            matrix.swap(pivot * n + column, best * n + column);
        }
        for column in 0..width {
            right.swap(pivot * width + column, best * width + column);
        }
        for row in pivot + 1..n {
            let factor = matrix[row * n + pivot] / matrix[pivot * n + pivot];
            for column in pivot..n {
                matrix[row * n + column] -= factor * matrix[pivot * n + column];
            }
            for column in 0..width {
                right[row * width + column] -= factor * right[pivot * width + column];
            }
        }
    }
    for row in (0..n).rev() {
        for column in 0..width {
            let known: f64 = (row + 1..n).map(|k| matrix[row * n + k] * right[k * width + column]).sum();
            right[row * width + column] = (right[row * width + column] - known) / matrix[row * n + row];
        }
    }
    Ok(Array::from_cells(Dtype::Float, b.shape.clone(), Cells::Float(right)))
}

/// The Euclidean norm of all elements.
pub(crate) fn norm(array: &Array) -> f64 {
    let squares: Vec<f64> = array.complexes().into_iter().map(|(re, im)| re * re + im * im).collect();
    super::reduce::sum_floats(&squares).sqrt()
}

/// `numpy.cross` of three-dimensional vectors.
pub(crate) fn cross(a: &Array, b: &Array) -> Result<Array> {
    let (_, both) = stretch(&[a, b])?;
    let ([a0, a1, a2], [b0, b1, b2]) = (three(&both[0])?, three(&both[1])?);
    let values = vec![a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0];
    Ok(Array::from_floats(values).cast(join(a.dtype(), b.dtype())))
}

fn three(array: &Array) -> Result<[f64; 3]> {
    array
        .floats()
        .try_into()
        .map_err(|_| raise("ValueError", "oscine has the cross product of vectors of three elements"))
}

/// `numpy.linalg.det`: the product of the pivots of Gaussian elimination.
pub(crate) fn determinant(a: &Array) -> Result<f64> {
    let &[n, columns] = &*a.shape else {
        return Err(raise("numpy.linalg.LinAlgError", "a determinant needs a matrix"));
    };
    if n != columns {
        return Err(raise("numpy.linalg.LinAlgError", "Last 2 dimensions of the array must be square"));
    }
    let (mut matrix, mut product) = (as_inexact(a).floats(), 1.0);
    for pivot in 0..n {
        let best = (pivot..n).fold(pivot, |best, row| {
            if matrix[row * n + pivot].abs() > matrix[best * n + pivot].abs() { row } else { best }
        });
        for column in 0..n {
            matrix.swap(pivot * n + column, best * n + column);
        }
        let own = matrix[pivot * n + pivot];
        product *= if best == pivot { own } else { -own };
        if own == 0.0 {
            return Ok(0.0);
        }
        for row in pivot + 1..n {
            let factor = matrix[row * n + pivot] / own;
            for column in pivot..n {
                matrix[row * n + column] -= factor * matrix[pivot * n + column];
            }
        }
    }
    Ok(product)
}

/// What the subscripts of `numpy.einsum` say: a label for each axis of each operand and of the result.
#[derive(Debug)]
pub(crate) struct Subscripts {
    /// The labels of each operand.
    pub(crate) operands: Vec<Vec<char>>,
    /// The labels of the result.
    pub(crate) output: Vec<char>,
    /// The labels that are summed over.
    pub(crate) summed: Vec<char>,
    lengths: std::collections::BTreeMap<char, usize>,
}

impl Subscripts {
    /// Reads `ij,jk->ik` for operands of these shapes; without an arrow the result has the labels that occur once.
    pub(crate) fn of(text: &str, shapes: &[Vec<usize>]) -> std::result::Result<Self, String> {
        let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        let (inputs, output) = match text.split_once("->") {
            Some((inputs, output)) => (inputs, Some(output.chars().collect::<Vec<char>>())),
            None => (&*text, None),
        };
        let operands: Vec<Vec<char>> = inputs.split(',').map(|labels| labels.chars().collect()).collect();
        if operands.len() != shapes.len() {
            return Err(format!("einsum: {} subscripts for {} arrays", operands.len(), shapes.len()));
        }
        let mut lengths = std::collections::BTreeMap::new();
        for (labels, shape) in operands.iter().zip(shapes) {
            if labels.len() != shape.len() {
                let labels: String = labels.iter().collect();
                return Err(format!("einsum: subscripts '{labels}' for an array of {} dimensions", shape.len()));
            }
            for (label, length) in labels.iter().zip(shape) {
                if !label.is_ascii_alphabetic() {
                    return Err(format!("einsum: '{label}' is no label: letters alone are understood"));
                }
                if *lengths.entry(*label).or_insert(*length) != *length {
                    return Err(format!("einsum: the axes '{label}' have different lengths"));
                }
            }
        }
        let count = |label: &char| operands.iter().flatten().filter(|known| *known == label).count();
        let output = output.unwrap_or_else(|| lengths.keys().filter(|label| count(label) == 1).copied().collect());
        if let Some(label) = output.iter().find(|label| !lengths.contains_key(*label)) {
            return Err(format!("einsum: the result's '{label}' is no label of an array"));
        }
        let summed = lengths.keys().filter(|label| !output.contains(label)).copied().collect();
        Ok(Self { operands, output, summed, lengths })
    }

    /// How long the axes of a label are.
    pub(crate) fn length(&self, label: char) -> usize {
        self.lengths.get(&label).copied().unwrap_or_default()
    }
}

/// `numpy.einsum` of floats.
pub(crate) fn einsum(text: &str, arrays: &[Array]) -> Result<Array> {
    let shapes: Vec<Vec<usize>> = arrays.iter().map(|array| array.shape.clone()).collect();
    let subscripts = Subscripts::of(text, &shapes).map_err(|words| raise("ValueError", words))?;
    let labels: Vec<char> = subscripts.output.iter().chain(&subscripts.summed).copied().collect();
    let lengths: Vec<usize> = labels.iter().map(|label| subscripts.length(*label)).collect();
    let data: Vec<Vec<f64>> = arrays.iter().map(|array| as_inexact(array).floats()).collect();
    let shape: Vec<usize> = subscripts.output.iter().map(|label| subscripts.length(*label)).collect();
    let inner: usize = subscripts.summed.iter().map(|label| subscripts.length(*label)).product();
    let mut result = vec![0.0; shape.iter().product()];
    for count in 0..lengths.iter().product::<usize>() {
        let mut rest = count;
        let mut place = vec![0; labels.len()];
        for axis in (0..labels.len()).rev() {
            place[axis] = rest % lengths[axis];
            rest /= lengths[axis];
        }
        let mut product = 1.0;
        for (own, data) in subscripts.operands.iter().zip(&data) {
            let at = own.iter().fold(0, |at, label| {
                let axis = labels.iter().position(|known| known == label).unwrap_or_default();
                at * lengths[axis] + place[axis]
            });
            product *= data[at];
        }
        result[count / inner.max(1)] += product;
    }
    let result = Array::from_cells(Dtype::Float, shape, Cells::Float(result));
    let is_whole = arrays.iter().all(|array| matches!(array.dtype(), Dtype::Int | Dtype::Bool));
    Ok(if is_whole { result.cast(Dtype::Int) } else { result })
}
