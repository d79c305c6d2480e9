//! `numpy.fft` at audio time: transforms of one axis, of lengths known when compiling. Their tables are constants of the
//! program and their memory belongs to their place in it, so that nothing is allocated while sound runs.

use oscine_dsp::fourier::{Form, scratch_len};

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{Compare, FloatBinary, IntBinary, Operand, Routine, Type};
use crate::library::Audio;

use super::{View, Walk, Walker};
use crate::specialise::calls::CallArgs;
use crate::specialise::kind::{Flavour, Val};

/// The longest transform while sound runs.
const LONGEST: i64 = 1 << 20;

impl Walker<'_> {
    /// `numpy.fft.name(a, n, axis, norm)`
    pub(super) fn fourier_call(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let span = self.span;
        let form = match name {
            "fft" => Form::Forward,
            "ifft" => Form::Inverse,
            "rfft" => Form::RealForward,
            "irfft" => Form::RealInverse,
            "fftfreq" | "rfftfreq" => return self.bin_frequencies(name, args).map(Some),
            "fftshift" | "ifftshift" => return self.half_turned(name, args),
            _ => return Ok(None),
        };
        let value = self.argument(name, args, 0)?;
        if form == Form::RealForward && self.holds_complex(&value) {
            return self.refuse(errors::wrong_arguments(span, "np.fft.rfft() takes real numbers: use np.fft.fft()"));
        }
        let view = self.as_view(&value)?;
        let axis = args.get(2, "axis").map_or(Some(-1), Val::as_int);
        if view.dims.len() != 1 || !matches!(axis, Some(0 | -1)) {
            return self.refuse(errors::not_in_process(span, "a transform of an array of several dimensions"));
        }
        let given = args.get(1, "n").filter(|n| !n.is_none()).cloned();
        let n = match &given {
            Some(n) => {
                let n = self.int_of(n, "a transform's length")?;
                self.fixed_lengths(&[n])?[0]
            }
            None => {
                let present = self.fixed_lengths(&view.dims)?[0];
                if form == Form::RealInverse { 2 * (present - 1) } else { present }
            }
        };
        if n < 1 {
            let words = format!("Invalid number of FFT data points ({n}) specified.");
            return self.refuse(errors::shape_mismatch(span, &words));
        }
        if n > LONGEST {
            return self.refuse(errors::not_in_process(span, "a transform of more than 1048576 points"));
        }
        let scale = match args.get(3, "norm").map(|norm| norm.as_str().map(str::to_owned)) {
            None => "backward".to_owned(),
            Some(Some(norm)) => norm,
            Some(None) if args.get(3, "norm").is_some_and(Val::is_none) => "backward".to_owned(),
            Some(None) => return self.refuse(errors::not_in_process(span, "a `norm` that is not a constant")),
        };
        let is_inverse = matches!(form, Form::Inverse | Form::RealInverse);
        let scale = match &*scale {
            "ortho" => 1.0 / (n as f64).sqrt(),
            "backward" if !is_inverse => 1.0,
            "forward" if is_inverse => 1.0,
            "backward" | "forward" => 1.0 / n as f64,
            other => {
                let words = format!("Invalid norm value {other}; should be \"backward\", \"ortho\" or \"forward\".");
                return self.refuse(errors::wrong_arguments(span, &words));
            }
        };
        let is_real = view.flavour != Flavour::Array(Dtype::Complex);
        let form = if form == Form::Forward && is_real { Form::RealWhole } else { form };
        let (from_type, to_type) = match form {
            Form::Forward | Form::Inverse => (Dtype::Complex, Dtype::Complex),
            Form::RealForward | Form::RealWhole => (Dtype::Float, Dtype::Complex),
            Form::RealInverse => (Dtype::Complex, Dtype::Float),
        };
        let count = |dtype: Dtype, floats: usize| (if dtype == Dtype::Complex { floats / 2 } else { floats }) as i64;
        let (taken, given) = form.floats(n as usize);
        let from = self.transform_input(&view, from_type, count(from_type, taken))?;
        let to = self.new_array(to_type, &[count(to_type, given)]);
        let scratch = self.new_array(Dtype::Float, &[scratch_len(n as usize) as i64]);
        let table = self.heap.roots(n as usize);
        let mut extents = vec![];
        for storages in [&from.storages, &to.storages, &scratch.storages, &vec![table]] {
            let ranges = self.heap.storage_ranges(storages);
            extents.push(self.emit.extent(ranges));
        }
        let table = Operand::I64(i64::from(self.heap.storage_cell(table)));
        let args = vec![
            Operand::I64(form as i64),
            Operand::I64(n),
            Operand::F64(scale),
            from.address,
            to.address,
            table,
            scratch.address,
        ];
        self.emit.routine(Routine::Fourier, Type::I64, args, extents, None);
        Ok(Some(to.val()))
    }

    /// `np.fft.fftfreq(n, d)`, `np.fft.rfftfreq(n, d)`
    fn bin_frequencies(&mut self, name: &str, args: &CallArgs) -> Walk<Val> {
        let n = self.argument(name, args, 0)?;
        let n = self.int_of(&n, "a transform's length")?;
        let n = self.fixed_lengths(&[n])?[0].max(1);
        let distance = match args.get(1, "d").cloned() {
            Some(d) => self.float_of(&d, "the distance of samples")?,
            None => Operand::F64(1.0),
        };
        let whole = self.float_op(FloatBinary::Mul, Operand::F64(n as f64), distance);
        let step = self.float_op(FloatBinary::Div, Operand::F64(1.0), whole);
        let (count, positive) = if name == "rfftfreq" { (n / 2 + 1, n) } else { (n, (n - 1) / 2 + 1) };
        let new = self.new_array(Dtype::Float, &[count]);
        self.for_each(&new.dims.clone(), &mut |walker, index| {
            let is_positive = walker.emit.int_compare(Compare::Lt, index[0], Operand::I64(positive));
            let mirrored = walker.emit.index_binary(IntBinary::Sub, index[0], Operand::I64(n));
            let bin = walker.emit.select(is_positive, index[0], mirrored);
            let bin = walker.emit.as_float(bin);
            let frequency = walker.float_op(FloatBinary::Mul, bin, step);
            walker.write(&new, index, &Val::numpy_float(frequency))
        })?;
        Ok(new.val())
    }

    /// `np.fft.fftshift(x)` and back.
    fn half_turned(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let value = self.argument(name, args, 0)?;
        let view = self.as_view(&value)?;
        let span = self.span;
        if view.dims.len() != 1 || args.get(1, "axes").is_some() {
            return self.refuse(errors::not_in_process(span, "a shift of an array of several dimensions"));
        }
        let n = self.fixed_lengths(&view.dims)?[0];
        let shift = if name == "fftshift" { n / 2 } else { n - n / 2 };
        self.numpy_call("numpy.roll", Audio::Rule, &CallArgs::new(vec![view.val(), Val::int_const(shift)]))
    }

    /// `count` elements of a type one after the other: the array's own cells where they are that, else a copy, cut or
    /// followed by zeros.
    fn transform_input(&mut self, view: &View, dtype: Dtype, count: i64) -> Walk<View> {
        let length = view.dims[0];
        let is_long = matches!(length, Operand::I64(length) if length >= count);
        if view.flavour == Flavour::Array(dtype) && is_long && view.strides[0] == Operand::I64(1) {
            return Ok(view.clone());
        }
        let copy = self.new_array(dtype, &[count]);
        let part = |view: &View, length: Operand| View { dims: vec![length], ..view.clone() };
        if is_long {
            let count = Operand::I64(count);
            self.copy(&part(view, count), &part(&copy, count))?;
            return Ok(copy);
        }
        // A length known only while sound runs may be more than is taken.
        let is_beyond = self.emit.int_compare(Compare::Gt, length, Operand::I64(count));
        let taken = self.emit.select(is_beyond, Operand::I64(count), length);
        if let Some((low, high)) = self.emit.interval(length) {
            self.emit.bound(taken, (low.clamp(0, count), high.clamp(0, count)));
        }
        let zero = super::reduce::zero(dtype);
        self.assign_view(&copy, &zero)?;
        self.copy(&part(view, taken), &part(&copy, taken))?;
        Ok(copy)
    }
}
