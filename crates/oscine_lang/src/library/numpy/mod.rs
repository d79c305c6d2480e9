//! `numpy`: its functions as rows, a file a family, its types and constants.

pub(super) mod creation;
pub(super) mod elementwise;
pub(super) mod files;
pub(super) mod random;
pub(super) mod reductions;
pub(super) mod shaping;
pub(super) mod spectra;

use std::f64::consts;
use std::rc::Rc;

use super::Contribution;
use crate::evaluate::array;
use crate::evaluate::exceptions::raise;
use crate::evaluate::value::{Array, Dtype, Result, Value};

/// The constants and types of `numpy`.
pub(super) const CONSTANTS: Contribution = Contribution { entries: &[], constants };

fn constants() -> Vec<(&'static str, Value)> {
    vec![
        ("numpy.pi", Value::Float(consts::PI)),
        ("numpy.e", Value::Float(consts::E)),
        ("numpy.euler_gamma", Value::Float(0.577_215_664_901_532_9)),
        ("numpy.inf", Value::Float(f64::INFINITY)),
        ("numpy.nan", Value::Float(f64::NAN)),
        ("numpy.newaxis", Value::None),
        ("numpy.float64", Value::Dtype(Dtype::Float)),
        ("numpy.double", Value::Dtype(Dtype::Float)),
        ("numpy.float32", Value::Dtype(Dtype::Float32)),
        ("numpy.single", Value::Dtype(Dtype::Float32)),
        ("numpy.int64", Value::Dtype(Dtype::Int)),
        ("numpy.int_", Value::Dtype(Dtype::Int)),
        ("numpy.intp", Value::Dtype(Dtype::Int)),
        ("numpy.bool", Value::Dtype(Dtype::Bool)),
        ("numpy.bool_", Value::Dtype(Dtype::Bool)),
        ("numpy.complex128", Value::Dtype(Dtype::Complex)),
        ("numpy.cdouble", Value::Dtype(Dtype::Complex)),
        ("numpy.__version__", Value::Str("2.4.0".into())),
    ]
}

/// An array as a value.
pub(super) fn value(array: Result<Array>) -> Result<Value> {
    array.map(Value::Array)
}

/// Writes a result into `out=`, if that was given.
pub(super) fn deliver(result: Array, out: Option<&Value>) -> Result<Value> {
    match out {
        None => Ok(Value::Array(result)),
        Some(Value::Array(target)) => {
            let whole = Value::Slice(Rc::new([Value::None, Value::None, Value::None]));
            let index = if target.shape.is_empty() { Value::Ellipsis } else { whole };
            array::set_item(target, &index, &Value::Array(result))?;
            Ok(Value::Array(target.clone()))
        }
        Some(_) => Err(raise("TypeError", "return arrays must be of ArrayType")),
    }
}
