//! Attributes and methods of arrays.

use crate::diagnostics::errors;
use crate::evaluate::value::Value;
use crate::ir::Operand;
use crate::library::Audio;
use crate::syntax::ast::BinOp;

use super::complex::TAKES_COMPLEX;
use super::shape::transposed;
use super::{View, Walk, Walker};
use crate::specialise::calls::CallArgs;
use crate::specialise::heap::row_major;
use crate::specialise::kind::{Flavour, Val};

/// The methods of complex arrays that are no functions of `numpy` too.
const COMPLEX_METHODS: &[&str] = &["fill", "astype", "flatten", "item", "tolist", "conj", "conjugate"];

impl Walker<'_> {
    /// `array.name`; `None` if it is a method or nothing.
    pub(crate) fn array_attribute(&mut self, array: &Val, name: &str) -> Walk<Option<Val>> {
        let view = self.own_view(array)?;
        Ok(Some(match name {
            "shape" => Val::tuple(view.dims.iter().map(|dim| Val::int(*dim)).collect()),
            "ndim" => Val::int_const(view.dims.len() as i64),
            "size" => {
                let count = view
                    .dims
                    .iter()
                    .fold(Operand::I64(1), |count, dim| self.emit.index_binary(crate::ir::IntBinary::Mul, count, *dim));
                Val::int(count)
            }
            "T" => transposed(&view).val(),
            "real" | "imag" => self.part_of(&view, name == "imag")?.val(),
            "dtype" => match view.flavour {
                Flavour::Array(dtype) => Val::fixed(Value::Dtype(dtype)),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    /// `array.name(...)`; `None` if there is no such method while sound runs.
    pub(crate) fn array_method(&mut self, array: &Val, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let span = self.span;
        let view = self.own_view(array)?;
        if self.holds_complex(array) && !COMPLEX_METHODS.contains(&name) && !TAKES_COMPLEX.contains(&name) {
            return self.refuse(errors::not_in_process(span, &format!("`{name}` of complex numbers")));
        }
        if matches!(name, "conj" | "conjugate") {
            return self.numpy_call("numpy.conj", Audio::Rule, &CallArgs::new(vec![array.clone()]));
        }
        if let Some(value) = self.reduction(array, name, args)? {
            return Ok(Some(value));
        }
        Ok(Some(match name {
            "copy" => self.copied(&view)?.val(),
            "cumsum" | "cumprod" => {
                self.only_line(array, args, 0)?;
                self.cumulative(array, if name == "cumsum" { BinOp::Add } else { BinOp::Mul })?
            }
            "fill" => {
                let value = self.argument(name, args, 0)?;
                self.assign_view(&view, &value)?;
                Val::none()
            }
            "dot" => {
                let other = self.argument(name, args, 0)?;
                self.matmul(array, &other)?
            }
            "clip" => self.clipped(array, args.get(0, "min"), args.get(1, "max"))?,
            "round" => {
                let mut all = vec![array.clone()];
                all.extend(args.positional.iter().cloned());
                let all = CallArgs { positional: all, keywords: args.keywords.clone() };
                return self.numpy_call("numpy.round", Audio::Rule, &all);
            }
            "astype" => {
                let dtype = self.argument(name, args, 0)?;
                let dtype = self.dtype_value(&dtype)?;
                self.cast(array, dtype)?
            }
            "transpose" => transposed(&view).val(),
            "ravel" => self.flattened(&view)?.val(),
            "flatten" => {
                let flat = self.flattened(&view)?;
                self.copied(&flat)?.val()
            }
            "reshape" => self.reshaped(&view, args)?,
            "squeeze" => {
                let kept: Vec<usize> =
                    (0..view.dims.len()).filter(|axis| view.dims[*axis] != Operand::I64(1)).collect();
                View {
                    dims: kept.iter().map(|axis| view.dims[*axis]).collect(),
                    strides: kept.iter().map(|axis| view.strides[*axis]).collect(),
                    ..view
                }
                .val()
            }
            "item" => {
                if args.positional.is_empty() && view.count() == Some(1) {
                    let zeros = vec![Operand::I64(0); view.dims.len()];
                    let value = self.read(&view, &zeros);
                    return Ok(Some(plain(value)));
                }
                let index = if args.positional.len() == 1 {
                    args.positional[0].clone()
                } else {
                    Val::tuple(args.positional.clone())
                };
                plain(self.array_item(array, &index)?)
            }
            "tolist" => {
                if view.dims.len() != 1 {
                    return self.refuse(errors::not_in_process(span, "`tolist` of an array of several dimensions"));
                }
                let items = self.items_of(array)?.into_iter().map(plain).collect::<Vec<_>>();
                self.new_list(&items)?
            }
            _ => return Ok(None),
        }))
    }

    /// The same elements under other lengths, of which one may be left to find.
    fn reshaped(&mut self, view: &View, args: &CallArgs) -> Walk<Val> {
        let span = self.span;
        let wanted = match &args.positional[..] {
            [one] if !one.kind.is_number() => self.items_of(&one.clone())?,
            all => all.to_vec(),
        };
        let Some(mut dims) = wanted.iter().map(Val::as_int).collect::<Option<Vec<i64>>>() else {
            return self.refuse(errors::unknown_length(span, "an array reshaped"));
        };
        let lengths = self.fixed_lengths(&view.dims)?;
        let count: i64 = lengths.iter().product();
        let known: i64 = dims.iter().filter(|length| **length >= 0).product();
        for length in &mut dims {
            if *length < 0 && known > 0 {
                *length = count / known;
            }
        }
        if dims.iter().product::<i64>() != count {
            let words = format!(
                "cannot reshape array of size {count} into shape {}",
                super::shape_words(&dims.iter().map(|d| Operand::I64(*d)).collect::<Vec<_>>())
            );
            return self.refuse(errors::shape_mismatch(span, &words));
        }
        let dense = if view.is_dense() { view.clone() } else { self.copied(view)? };
        let strides = row_major(&dims);
        Ok(View { dims: dims.into_iter().map(Operand::I64).collect(), strides, ..dense }.val())
    }
}

/// A Python number out of a numpy one.
fn plain(value: Val) -> Val {
    match value.kind {
        crate::specialise::kind::Kind::Float { .. } => Val::float(value.op()),
        crate::specialise::kind::Kind::Complex { .. } => Val::complex((value.ops[0], value.ops[1]), false),
        _ => value,
    }
}
