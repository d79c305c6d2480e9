//! numpy's functions of complex numbers at audio time, and the real and imaginary parts of arrays, which are views.

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{FloatBinary, IntBinary, Operand};

use super::{View, Walk, Walker};
use crate::specialise::calls::CallArgs;
use crate::specialise::kind::{Flavour, Val};

/// Functions that take complex numbers beside those that [`Walker::complex_element`] computes: what moves elements,
/// and what is made of operators.
pub(super) const TAKES_COMPLEX: &[&str] = &[
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "power",
    "matmul",
    "equal",
    "not_equal",
    "negative",
    "positive",
    "zeros_like",
    "ones_like",
    "empty_like",
    "full",
    "full_like",
    "array",
    "copy",
    "asarray",
    "ascontiguousarray",
    "asanyarray",
    "where",
    "sum",
    "mean",
    "prod",
    "any",
    "all",
    "count_nonzero",
    "cumsum",
    "cumprod",
    "concatenate",
    "concat",
    "stack",
    "vstack",
    "hstack",
    "append",
    "flip",
    "roll",
    "repeat",
    "tile",
    "diff",
    "outer",
    "dot",
    "inner",
    "vdot",
    "convolve",
    "shape",
    "ndim",
    "size",
    "reshape",
    "ravel",
    "squeeze",
    "transpose",
    "expand_dims",
    "copyto",
    "atleast_1d",
    "isfinite",
    "isnan",
];

impl Walker<'_> {
    /// A function of complex numbers, or of what may be such; `None` where the function of real numbers will do.
    pub(super) fn complex_function(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        if let Some(transform) = name.strip_prefix("fft.") {
            return self.fourier_call(transform, args);
        }
        let all: Vec<Val> =
            args.positional.iter().chain(args.keywords.iter().map(|(_, value)| value)).cloned().collect();
        let is_complex = all.iter().any(|value| self.holds_complex(value));
        let operand = args.positional.first().cloned();
        let Some(operand) = operand else { return Ok(None) };
        if matches!(name, "real" | "imag")
            && let Some(view) = View::of(&operand).filter(|view| view.flavour == Flavour::Array(Dtype::Complex))
        {
            return self.part_of(&view, name == "imag").map(|view| Some(view.val()));
        }
        let dtype = match name {
            "abs" | "absolute" if is_complex => Dtype::Float,
            "real" | "imag" | "angle" => Dtype::Float,
            "conj" | "conjugate" if !is_complex => return Ok(Some(operand)),
            "conj" | "conjugate" | "exp" | "log" | "sqrt" | "square" | "reciprocal" if is_complex => Dtype::Complex,
            "isfinite" | "isnan" if is_complex => Dtype::Bool,
            _ if !is_complex || TAKES_COMPLEX.contains(&name) => return Ok(None),
            _ => {
                let span = self.span;
                return self.refuse(errors::not_in_process(span, &format!("`np.{name}` of complex numbers")));
            }
        };
        let in_degrees = match args.get(1, "deg").cloned() {
            Some(value) if name == "angle" => self.truth(&value)? == Operand::Bool(true),
            _ => false,
        };
        let name = name.to_owned();
        self.general_map(&[operand], dtype, &mut |walker, elements| {
            if dtype == Dtype::Bool {
                return walker.cmath_call(&name, &CallArgs::new(elements.to_vec()))?.ok_or(super::Told);
            }
            let value = walker.complex_element(&name, &elements[0])?;
            if in_degrees {
                let factor = Operand::F64(180.0 / std::f64::consts::PI);
                return Ok(Val::numpy_float(walker.float_op(FloatBinary::Mul, value.op(), factor)));
            }
            Ok(value)
        })
        .map(Some)
    }

    /// `array.real = value`, `array.imag = value`
    pub(crate) fn set_part(&mut self, array: &Val, name: &str, value: &Val) -> Walk<()> {
        let view = self.own_view(array)?;
        if name == "imag" && view.flavour != Flavour::Array(Dtype::Complex) {
            let span = self.span;
            return self.refuse(errors::wrong_arguments(span, "an array of real numbers has no imaginary part to set"));
        }
        let part = self.part_of(&view, name == "imag")?;
        self.assign_view(&part, value)
    }

    /// `array.real` and `array.imag`: the same cells; of real numbers the array itself, and zeros.
    pub(super) fn part_of(&mut self, view: &View, is_imaginary: bool) -> Walk<View> {
        if view.flavour != Flavour::Array(Dtype::Complex) {
            if !is_imaginary {
                return Ok(view.clone());
            }
            let zeros =
                self.map_elements(&[view.val()], Dtype::Float, &mut |_, _| Ok(Val::numpy_float(Operand::F64(0.0))))?;
            return self.own_view(&zeros);
        }
        let storages = view.storages.iter().map(|id| self.heap.parts(*id)).collect();
        let first = Operand::I64(i64::from(is_imaginary));
        let address = self.emit.index_binary(IntBinary::Add, view.address, first);
        let twice =
            |walker: &mut Self, stride: &Operand| walker.emit.index_binary(IntBinary::Mul, *stride, Operand::I64(2));
        let strides = view.strides.iter().map(|stride| twice(self, stride)).collect();
        Ok(View { flavour: Flavour::Array(Dtype::Float), storages, address, dims: view.dims.clone(), strides })
    }
}
