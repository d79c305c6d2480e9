//! `scipy.signal` at audio time: filters on blocks, and Butterworth designs whose cutoff moves.
//!
//! Filters run in direct form II transposed in scipy's order of operations. While a block runs, the memory of a short
//! filter is kept in variables, so that it stays in registers; a long one keeps it in the array of the result.

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{Address, BoolBinary, Compare, FloatBinary, IntBinary, MessagePart, Op, Operand, Routine, Type, Var};

use super::calls::CallArgs;
use super::emit::FaultText;
use super::kind::Val;
use super::ndarray::View;
use super::{Walk, Walker};

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

    /// Coefficients as operands, loaded once.
    fn coefficients(&mut self, value: &Val) -> Walk<Vec<Operand>> {
        let view = self.as_view(value)?;
        let flat = self.flattened(&view)?;
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
        let given = |walker: &mut Self, index: usize, key: &str| match args.get(index, key) {
            Some(value) => Ok(value.clone()),
            None => walker.argument("lfilter", args, index),
        };
        let (b, a, x) = (given(self, 0, "b")?, given(self, 1, "a")?, given(self, 2, "x")?);
        let zi = args.get(4, "zi").filter(|zi| !zi.is_none()).cloned();
        let (mut b, mut a) = (self.coefficients(&b)?, self.coefficients(&a)?);
        let (x, y) = self.samples(&x)?;
        let span = self.span;
        let (Some(first), false) = (a.first().copied(), b.is_empty()) else {
            return self.refuse(errors::wrong_arguments(span, "lfilter needs coefficients"));
        };
        if first != Operand::F64(1.0) {
            let is_zero = self.emit.float_compare(Compare::Eq, first, Operand::F64(0.0));
            self.fault_if(is_zero, FaultText::new("ValueError", "a[0] cannot be zero"), &[]);
            for coefficient in b.iter_mut().chain(&mut a) {
                *coefficient = self.float_op(FloatBinary::Div, *coefficient, first);
            }
        }
        let length = a.len().max(b.len());
        a.resize(length, Operand::F64(0.0));
        b.resize(length, Operand::F64(0.0));
        let memory = length - 1;
        let state = self.filter_state(zi.as_ref(), &[memory as i64])?;
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
                let next = if a[i + 1] == Operand::F64(0.0) {
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
        let given = |walker: &mut Self, index: usize, key: &str| match args.get(index, key) {
            Some(value) => Ok(value.clone()),
            None => walker.argument("sosfilt", args, index),
        };
        let (sos, x) = (given(self, 0, "sos")?, given(self, 1, "x")?);
        let zi = args.get(3, "zi").filter(|zi| !zi.is_none()).cloned();
        let span = self.span;
        let rows = self.as_view(&sos)?;
        let sections = match rows.fixed().as_deref() {
            Some([sections, 6]) => *sections as usize,
            _ => return self.refuse(errors::shape_mismatch(span, "sos array must be shape (n_sections, 6)")),
        };
        let coefficients = self.coefficients(&sos)?;
        let (x, y) = self.samples(&x)?;
        let state = self.filter_state(zi.as_ref(), &[sections as i64, 2])?;
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

    /// A new array of a filter's memory, as it is before the block.
    fn filter_state(&mut self, zi: Option<&Val>, dims: &[i64]) -> Walk<View> {
        let state = self.new_array(Dtype::Float, dims);
        match zi {
            Some(zi) => self.assign_view(&state, &zi.clone())?,
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

    /// `butter(N, Wn, btype, fs=..., output=...)`: order and type are constants, the edges may move.
    fn butter(&mut self, args: &CallArgs) -> Walk<Val> {
        let span = self.span;
        let varying =
            |what: &str| errors::not_in_process(span, &format!("a Butterworth filter whose {what} is not a constant"));
        let order = match args.get(0, "N") {
            Some(order) => order.clone(),
            None => self.argument("butter", args, 0)?,
        };
        let Some(order) = order.as_int() else { return self.refuse(varying("order")) };
        if !(1..=12).contains(&order) {
            let words = format!("order must be an int from 1 to 12, not {order}");
            return self.refuse(errors::wrong_arguments(span, &words));
        }
        let text = |walker: &mut Self, index: usize, key: &str, default: &str| match args.get(index, key) {
            None => Ok(default.to_owned()),
            Some(value) => match value.as_str() {
                Some(text) => Ok(text.to_owned()),
                None => walker.refuse(varying(key)),
            },
        };
        let band = text(self, 2, "btype", "low")?;
        let output = text(self, 4, "output", "ba")?;
        let (kind, has_two_edges) = match &*band {
            "low" | "lowpass" | "l" | "lp" => (0, false),
            "high" | "highpass" | "h" | "hp" => (1, false),
            "band" | "bandpass" | "pass" | "bp" => (2, true),
            "bandstop" | "stop" | "bands" | "bs" => (3, true),
            _ => {
                let words = format!("'{band}' is an invalid bandtype for filter.");
                return self.refuse(errors::wrong_arguments(span, &words));
            }
        };
        let edges = match args.get(1, "Wn") {
            Some(edges) => edges.clone(),
            None => self.argument("butter", args, 1)?,
        };
        let edges = if edges.kind.is_number() { vec![edges] } else { self.items_of(&edges)? };
        if edges.len() != if has_two_edges { 2 } else { 1 } {
            let words = if has_two_edges {
                "Wn must specify start and stop frequencies for a bandpass or bandstop filter"
            } else {
                "Must specify a single critical frequency Wn for lowpass or highpass filter"
            };
            return self.refuse(errors::wrong_arguments(span, words));
        }
        let rate = match args.get(5, "fs").filter(|fs| !fs.is_none()).cloned() {
            Some(rate) => Some(self.float_of(&rate, "butter()")?),
            None => None,
        };
        let mut normal = vec![];
        for edge in &edges {
            let edge = self.float_of(edge, "butter()")?;
            normal.push(match rate {
                Some(rate) => {
                    let half = self.float_op(FloatBinary::Div, rate, Operand::F64(2.0));
                    self.float_op(FloatBinary::Div, edge, half)
                }
                None => edge,
            });
        }
        self.check_edges(&normal, rate);
        let poles = if has_two_edges { 2 * order } else { order };
        let (low, high) = (normal[0], *normal.last().unwrap_or(&normal[0]));
        if output == "sos" {
            let sections = (poles + 1) / 2;
            let sos = self.new_array(Dtype::Float, &[sections, 6]);
            self.design(kind, order, low, high, 1, &sos);
            return Ok(sos.val());
        }
        if output != "ba" {
            return self.refuse(errors::not_in_process(span, "a Butterworth filter given as zeros and poles"));
        }
        let both = self.new_array(Dtype::Float, &[2 * (poles + 1)]);
        self.design(kind, order, low, high, 0, &both);
        let side = Operand::I64(poles + 1);
        let b = View { dims: vec![side], ..both.clone() };
        let address = self.emit.index_binary(IntBinary::Add, both.address, side);
        let a = View { address, ..b.clone() };
        Ok(Val::tuple(vec![b.val(), a.val()]))
    }

    fn design(&mut self, kind: i64, order: i64, low: Operand, high: Operand, form: i64, out: &View) {
        let ranges = self.heap.storage_ranges(&out.storages.clone());
        let extent = self.emit.extent(ranges);
        let args =
            vec![Operand::I64(kind), Operand::I64(order), low, high, Operand::I64(form), out.address, out.address];
        self.emit.routine(Routine::Butter, Type::I64, args, vec![extent], None);
    }

    /// scipy's demands on the edges.
    fn check_edges(&mut self, edges: &[Operand], rate: Option<Operand>) {
        for edge in edges {
            let is_low = self.emit.float_compare(Compare::Gt, *edge, Operand::F64(0.0));
            let is_high = self.emit.float_compare(Compare::Lt, *edge, Operand::F64(1.0));
            let fits = self.emit.bool_binary(BoolBinary::And, is_low, is_high);
            let does_not = self.emit.not(fits);
            let words = "Digital filter critical frequencies must be 0 < Wn < ";
            let text = match rate {
                None => FaultText::new("ValueError", &format!("{words}1")),
                Some(_) => FaultText {
                    exception: "ValueError".to_owned(),
                    message: vec![
                        MessagePart::Text(format!("{words}fs/2 (fs=")),
                        MessagePart::Float,
                        MessagePart::Text(" -> fs/2=".to_owned()),
                        MessagePart::Float,
                        MessagePart::Text(")".to_owned()),
                    ],
                },
            };
            let values = match rate {
                None => vec![],
                Some(rate) => vec![rate, self.float_op(FloatBinary::Div, rate, Operand::F64(2.0))],
            };
            self.fault_if(does_not, text, &values);
        }
        if let [low, high] = edges {
            let is_ordered = self.emit.float_compare(Compare::Lt, *low, *high);
            let is_not = self.emit.not(is_ordered);
            self.fault_if(is_not, FaultText::new("ValueError", "Wn[0] must be less than Wn[1]"), &[]);
        }
    }
}

/// A filter's memory while its loop runs.
struct State {
    array: View,
    /// One for each element, or none where there are too many.
    vars: Vec<Var>,
}
