//! `scipy.signal`: filter design, filtering, windows and waveforms.

pub(super) mod design;
pub(super) mod filtering;
pub(super) mod response;
pub(super) mod waveforms;
mod windows;

use std::rc::Rc;

use crate::evaluate::array::from_value;
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Result, Value};

/// A tuple.
fn tuple(values: Vec<Value>) -> Value {
    Value::Tuple(Rc::new(values))
}

/// Numbers as an array of floats.
fn float_array(values: Vec<f64>) -> Value {
    Value::Array(Array::from_floats(values))
}

/// A transfer function `b, a`.
fn transfer(b: Vec<f64>, a: Vec<f64>) -> Value {
    tuple(vec![float_array(b), float_array(a)])
}

/// Sections, six coefficients a row, of a matrix.
fn sections(value: &Value) -> Result<Vec<[f64; 6]>> {
    let array = from_value(value, None)?;
    let array = if array.ndim() == 1 { array.reshaped(vec![1, array.size()]) } else { array };
    if array.ndim() != 2 {
        return Err(raise("ValueError", "sos array must be 2D"));
    }
    if array.shape[1] != 6 {
        return Err(raise("ValueError", "sos array must be shape (n_sections, 6)"));
    }
    let rows: Vec<[f64; 6]> = array.floats().chunks_exact(6).map(|row| std::array::from_fn(|i| row[i])).collect();
    if rows.iter().any(|row| row[3] != 1.0) {
        return Err(raise("ValueError", "sos[:, 3] should be all ones"));
    }
    Ok(rows)
}
