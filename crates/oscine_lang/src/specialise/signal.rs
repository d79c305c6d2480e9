//! `scipy.signal` at audio time: filters on blocks; [`butter`] has the designs whose cutoff moves.
//!
//! Filters run in direct form II transposed in scipy's order of operations. While a block runs, the memory of a short
//! filter is kept in variables, so that it stays in registers; a long one keeps it in the array of the result.

mod butter;
#[cfg(test)]
mod tests;

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{Address, Compare, FloatBinary, Op, Operand, Type, Var};

use super::calls::CallArgs;
use super::emit::FaultText;
use super::kind::Val;
use super::ndarray::View;
use super::{Told, Walk, Walker};

/// The longest memory that is kept in variables.
const MOST_VARIABLES: usize = 24;

impl Walker<'_> {
    /// `scipy.signal.name(...)`
    pub(crate) fn signal_call(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        match name {
            "scipy.signal.lfilter" => self.lfilter(args).map(Some),
            "scipy.signal.sosfilt" => self.sosfilt(args).map(Some),
            "scipy.signal.butter" => self.butter(args).map(Some),
            _ => Ok(None),
        }
    }

    /// Arguments in the order of `names`, positional or by keyword; the first `required` must be there.
    fn bound(&mut self, name: &str, args: &CallArgs, names: &[&str], required: usize) -> Walk<Vec<Option<Val>>> {
        let span = self.span;
        if args.positional.len() > names.len() {
            let (most, given) = (names.len(), args.positional.len());
            let words = format!("{name}() takes from {required} to {most} positional arguments but {given} were given");
            return self.refuse(errors::wrong_arguments(span, &words));
        }
        let mut values: Vec<Option<Val>> = args.positional.iter().cloned().map(Some).collect();
        values.resize(names.len(), None);
        for (key, value) in &args.keywords {
            let words = match names.iter().position(|known| *known == &**key) {
                Some(at) if values[at].is_none() => {
                    values[at] = Some(value.clone());
                    continue;
                }
                Some(_) => format!("{name}() got multiple values for argument '{key}'"),
                None => format!("{name}() got an unexpected keyword argument '{key}'"),
            };
            return self.refuse(errors::wrong_arguments(span, &words));
        }
        if let Some(missing) = (0..required).find(|at| values[*at].is_none()) {
            let words = format!("{name}() missing required argument: '{}'", names[missing]);
            return self.refuse(errors::wrong_arguments(span, &words));
        }
        // `None` is the default of all that may be left out.
        Ok(values.into_iter().map(|value| value.filter(|value| !value.is_none())).collect())
    }

    /// An argument that `bound` found to be there, if it is not `None`.
    fn needed(&mut self, value: Option<&Val>, name: &str) -> Walk<Val> {
        let span = self.span;
        match value {
            Some(value) => Ok(value.clone()),
            None => self.refuse(errors::not_a_number(span, name, "NoneType")),
        }
    }

    /// Raises a `ValueError` if `condition` holds; an error if it always does and nothing would catch that.
    fn demand_not(&mut self, condition: Operand, words: &str) -> Walk<()> {
        self.demand_not_text(condition, FaultText::new("ValueError", words), words, &[])
    }

    /// The same, with a text that shows values while sound runs.
    fn demand_not_text(&mut self, condition: Operand, text: FaultText, words: &str, values: &[Operand]) -> Walk<()> {
        if condition == Operand::Bool(true) && self.catchers.is_empty() {
            let span = self.span;
            return self.refuse(errors::wrong_arguments(span, words));
        }
        self.fault_if(condition, text, values);
        if self.is_alive { Ok(()) } else { Err(Told) }
    }

    /// A block has one axis, the first and the last.
    fn check_axis(&mut self, axis: Option<&Val>) -> Walk<()> {
        let span = self.span;
        match axis.map_or(Some(-1), Val::as_int) {
            Some(-1 | 0) => Ok(()),
            Some(axis) => {
                let words = format!("axis {axis} is out of bounds for array of dimension 1");
                self.refuse(errors::wrong_arguments(span, &words))
            }
            None => self.refuse(errors::not_in_process(span, "an axis that is not a constant")),
        }
    }

    /// The coefficients of a polynomial.
    fn polynomial(&mut self, value: &Val, name: &str) -> Walk<Vec<Operand>> {
        let span = self.span;
        let view = self.as_view(value)?;
        let coefficients = if view.dims.len() <= 1 { self.coefficients(&view)? } else { vec![] };
        if coefficients.is_empty() {
            let shape = shape_text(&self.fixed_lengths(&view.dims)?);
            let words = format!("Parameter {name} is not a non-empty 1d array, since {name}.shape={shape}!");
            return self.refuse(errors::shape_mismatch(span, &words));
        }
        Ok(coefficients)
    }

    /// Coefficients as operands, loaded once.
    fn coefficients(&mut self, view: &View) -> Walk<Vec<Operand>> {
        let flat = if view.dims.is_empty() { view.clone() } else { self.flattened(view)? };
        let lengths = self.fixed_lengths(&flat.dims)?;
        let count = lengths.first().copied().unwrap_or(1);
        if flat.dims.is_empty() {
            let value = self.read(&flat, &[]);
            return Ok(vec![self.emit.as_float(value.op())]);
        }
        Ok((0..count)
            .map(|i| {
                let value = self.read(&flat, &[Operand::I64(i)]);
                self.emit.as_float(value.op())
            })
            .collect())
    }

    /// The samples of a block, and an array for the result.
    fn samples(&mut self, value: &Val) -> Walk<(View, View)> {
        let span = self.span;
        if value.kind.is_number() {
            return self.refuse(errors::one_sample(span, "a filter of blocks"));
        }
        let x = self.as_view(value)?;
        if x.dims.len() != 1 {
            return self.refuse(errors::not_in_process(span, "filtering an array of several dimensions"));
        }
        let y = self.new_array_like(Dtype::Float, &x.dims)?;
        Ok((x, y))
    }

    /// `lfilter(b, a, x, zi=zi)`: `y[n] = b[0] x[n] + z[0]`, `z[i] = z[i+1] + x[n] b[i+1] - y[n] a[i+1]`.
    fn lfilter(&mut self, args: &CallArgs) -> Walk<Val> {
        let given = self.bound("lfilter", args, &["b", "a", "x", "axis", "zi"], 3)?;
        let (b, a) = (self.needed(given[0].as_ref(), "b")?, self.needed(given[1].as_ref(), "a")?);
        let (x, zi) = (self.needed(given[2].as_ref(), "x")?, &given[4]);
        let (mut b, mut a) = (self.polynomial(&b, "b")?, self.polynomial(&a, "a")?);
        let (x, y) = self.samples(&x)?;
        self.check_axis(given[3].as_ref())?;
        let first = a[0];
        let is_fir = a.len() == 1;
        if first != Operand::F64(1.0) {
            // Without feedback scipy divides by it whatever it is.
            if !is_fir {
                let is_zero = self.emit.float_compare(Compare::Eq, first, Operand::F64(0.0));
                self.demand_not(is_zero, "BUG: filter coefficient a[0] == 0 not supported yet")?;
            }
            for coefficient in b.iter_mut().chain(&mut a) {
                *coefficient = self.float_op(FloatBinary::Div, *coefficient, first);
            }
        }
        let length = a.len().max(b.len());
        a.resize(length, Operand::F64(0.0));
        b.resize(length, Operand::F64(0.0));
        let memory = length - 1;
        let what = if is_fir { "parameter zi" } else { "zi" };
        let state = self.filter_state(zi.as_ref(), &[memory as i64], |expected, found| {
            format!("Unexpected shape for {what}: expected {expected}, found {found}.")
        })?;
        let mut state = self.open_state(&state, memory);
        let mut result = Ok(());
        self.repeat(x.dims[0], |walker, n| {
            let sample = walker.read(&x, &[n]);
            let sample = walker.emit.as_float(sample.op());
            let scaled = walker.float_op(FloatBinary::Mul, b[0], sample);
            let out = if memory == 0 {
                scaled
            } else {
                let z = walker.load_state(&state, 0);
                walker.float_op(FloatBinary::Add, z, scaled)
            };
            for i in 0..memory {
                let forward = walker.float_op(FloatBinary::Mul, sample, b[i + 1]);
                let sum = if i + 1 < memory {
                    let z = walker.load_state(&state, i + 1);
                    walker.float_op(FloatBinary::Add, z, forward)
                } else {
                    forward
                };
                // Zeros beside feedback count: with an infinite output they give NaN.
                let next = if is_fir {
                    sum
                } else {
                    let back = walker.float_op(FloatBinary::Mul, out, a[i + 1]);
                    walker.float_op(FloatBinary::Sub, sum, back)
                };
                walker.store_state(&mut state, i, next);
            }
            result = walker.write(&y, &[n], &Val::numpy_float(out));
        });
        result?;
        let last = self.close_state(&state)?;
        Ok(if zi.is_some() { Val::tuple(vec![y.val(), last.val()]) } else { y.val() })
    }

    /// `sosfilt(sos, x, zi=zi)`: sections of two poles, one after the other at every sample.
    fn sosfilt(&mut self, args: &CallArgs) -> Walk<Val> {
        let given = self.bound("sosfilt", args, &["sos", "x", "axis", "zi"], 2)?;
        let (sos, x) = (self.needed(given[0].as_ref(), "sos")?, self.needed(given[1].as_ref(), "x")?);
        let zi = &given[3];
        let span = self.span;
        let rows = self.as_view(&sos)?;
        let lengths = self.fixed_lengths(&rows.dims)?;
        let sections = match &lengths[..] {
            [6] => 1,
            [sections, 6] => *sections as usize,
            [_] | [_, _] => {
                return self.refuse(errors::shape_mismatch(span, "sos array must be shape (n_sections, 6)"));
            }
            _ => return self.refuse(errors::shape_mismatch(span, "sos array must be 2D")),
        };
        let coefficients = self.coefficients(&rows)?;
        for section in coefficients.chunks_exact(6) {
            let is_scaled = self.emit.float_compare(Compare::Ne, section[3], Operand::F64(1.0));
            self.demand_not(is_scaled, "sos[:, 3] should be all ones")?;
        }
        let (x, y) = self.samples(&x)?;
        self.check_axis(given[2].as_ref())?;
        let axis = given[2].as_ref().and_then(Val::as_int).unwrap_or(-1);
        let input = match x.dims[0] {
            Operand::I64(length) => shape_text(&[length]),
            _ => "(?,)".to_owned(),
        };
        let state = self.filter_state(zi.as_ref(), &[sections as i64, 2], |expected, found| {
            format!(
                "Invalid zi shape. With axis={axis}, an input with shape {input}, and an sos array with {sections} \
                 sections, zi must have shape {expected}, got {found}."
            )
        })?;
        let mut state = self.open_state(&state, 2 * sections);
        let mut result = Ok(());
        self.repeat(x.dims[0], |walker, n| {
            let sample = walker.read(&x, &[n]);
            let mut sample = walker.emit.as_float(sample.op());
            for section in 0..sections {
                let c = &coefficients[6 * section..6 * section + 6];
                let (z0, z1) = (walker.load_state(&state, 2 * section), walker.load_state(&state, 2 * section + 1));
                let scaled = walker.float_op(FloatBinary::Mul, c[0], sample);
                let out = walker.float_op(FloatBinary::Add, scaled, z0);
                let forward = walker.float_op(FloatBinary::Mul, c[1], sample);
                let back = walker.float_op(FloatBinary::Mul, c[4], out);
                let difference = walker.float_op(FloatBinary::Sub, forward, back);
                let first = walker.float_op(FloatBinary::Add, difference, z1);
                let forward = walker.float_op(FloatBinary::Mul, c[2], sample);
                let back = walker.float_op(FloatBinary::Mul, c[5], out);
                let second = walker.float_op(FloatBinary::Sub, forward, back);
                walker.store_state(&mut state, 2 * section, first);
                walker.store_state(&mut state, 2 * section + 1, second);
                sample = out;
            }
            result = walker.write(&y, &[n], &Val::numpy_float(sample));
        });
        result?;
        let last = self.close_state(&state)?;
        Ok(if zi.is_some() { Val::tuple(vec![y.val(), last.val()]) } else { y.val() })
    }

    /// A new array of a filter's memory, as it is before the block; `words` tell that `zi` has another shape.
    fn filter_state(&mut self, zi: Option<&Val>, dims: &[i64], words: impl FnOnce(&str, &str) -> String) -> Walk<View> {
        let state = self.new_array(Dtype::Float, dims);
        match zi {
            Some(zi) => {
                let given = self.as_view(zi)?;
                if let Some(found) = given.fixed()
                    && found != dims
                {
                    let span = self.span;
                    let words = words(&shape_text(dims), &shape_text(&found));
                    return self.refuse(errors::shape_mismatch(span, &words));
                }
                self.assign_view(&state, &given.val())?;
            }
            None => self.assign_view(&state, &Val::numpy_float(Operand::F64(0.0)))?,
        }
        Ok(state)
    }

    fn open_state(&mut self, array: &View, count: usize) -> State {
        let mut vars = vec![];
        if count <= MOST_VARIABLES {
            let dense = State { array: array.clone(), vars: vec![] };
            for i in 0..count {
                let value = self.load_state(&dense, i);
                let var = self.emit.mutable(Type::F64);
                self.emit.assign(var, value);
                vars.push(var);
            }
        }
        State { array: array.clone(), vars }
    }

    fn state_address(&mut self, state: &State, index: usize) -> Address {
        let ranges = self.heap.storage_ranges(&state.array.storages);
        let cells = self.cells_at(state.array.address, Operand::I64(0), &ranges);
        self.address(&cells, index)
    }

    fn load_state(&mut self, state: &State, index: usize) -> Operand {
        match state.vars.get(index) {
            Some(var) => self.emit.temp(Type::F64, Op::Copy(Operand::Var(*var))),
            None => {
                let address = self.state_address(state, index);
                self.emit.load(Type::F64, address)
            }
        }
    }

    fn store_state(&mut self, state: &mut State, index: usize, value: Operand) {
        match state.vars.get(index) {
            Some(var) => self.emit.assign(*var, value),
            None => {
                let address = self.state_address(state, index);
                self.emit.store(Type::F64, address, value);
            }
        }
    }

    /// The memory after the block, as an array.
    fn close_state(&mut self, state: &State) -> Walk<View> {
        for (index, var) in state.vars.iter().enumerate() {
            let address = self.state_address(state, index);
            self.emit.store(Type::F64, address, Operand::Var(*var));
        }
        Ok(state.array.clone())
    }
}

/// A filter's memory while its loop runs.
struct State {
    array: View,
    /// One for each element, or none where there are too many.
    vars: Vec<Var>,
}

/// A shape as Python writes it: `(3,)`, `(2, 4)`.
fn shape_text(dims: &[i64]) -> String {
    let words: Vec<String> = dims.iter().map(i64::to_string).collect();
    match &words[..] {
        [one] => format!("({one},)"),
        all => format!("({})", all.join(", ")),
    }
}
