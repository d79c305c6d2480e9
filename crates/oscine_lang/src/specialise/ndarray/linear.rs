//! Linear algebra of small matrices while sound runs: `np.linalg.solve`, `inv`, `det` and `norm`, and `np.einsum`.
//!
//! Systems are solved by Gauss-Jordan elimination with partial pivoting (G. Golub, C. Van Loan, "Matrix Computations",
//! section 3.4), on a copy in memory of its own.

use crate::diagnostics::errors;
use crate::evaluate::array::linear::Subscripts;
use crate::evaluate::value::Dtype;
use crate::ir::{BoolBinary, Compare, FloatBinary, FloatUnary, Operand, Type};

use super::{View, Walk, Walker, dtype_of};
use crate::specialise::calls::CallArgs;
use crate::specialise::emit::FaultText;
use crate::specialise::kind::Val;

impl Walker<'_> {
    /// A function of `numpy.linalg`, or `einsum`; `None` if it is neither.
    pub(crate) fn algebra(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let is_complex = |value: &Val| dtype_of(value) == Some(Dtype::Complex);
        if (name.starts_with("linalg.") || name == "einsum") && args.positional.iter().any(is_complex) {
            let (span, what) = (self.span, format!("`np.{name}` of complex numbers"));
            return self.refuse(errors::not_in_process(span, &what));
        }
        Ok(Some(match name {
            "linalg.norm" => {
                let value = self.argument(name, args, 0)?;
                if args.positional.len() > 1 || !args.keywords.is_empty() {
                    let span = self.span;
                    return self.refuse(errors::not_in_process(span, "a norm other than that of all elements"));
                }
                let view = self.as_view(&value)?;
                let line = self.flattened(&view)?;
                let squares = self.array_binary(crate::syntax::ast::BinOp::Mul, &line.val(), &line.val())?;
                let sum = self.reduction(&squares, "sum", &CallArgs::default())?.unwrap_or_else(Val::none);
                let sum = self.float_of(&sum, "np.linalg.norm()")?;
                Val::numpy_float(self.emit.float_unary(FloatUnary::Sqrt, sum))
            }
            "linalg.solve" => {
                let (a, b) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let (a, n) = self.square_matrix(&a)?;
                let b = self.cast(&b, Dtype::Float)?;
                let b = self.as_view(&b)?;
                if b.dims.first() != Some(&Operand::I64(n)) {
                    let words = "solve: the right-hand side does not have as many rows as the matrix";
                    let span = self.span;
                    return self.refuse(errors::shape_mismatch(span, words));
                }
                let matrix = if b.dims.len() == 1 {
                    let (mut dims, mut strides) = (b.dims.clone(), b.strides.clone());
                    dims.push(Operand::I64(1));
                    strides.push(Operand::I64(1));
                    View { dims, strides, ..b.clone() }
                } else {
                    b.clone()
                };
                self.eliminate(&a, n, &matrix)?;
                b.val()
            }
            "linalg.inv" => {
                let a = self.argument(name, args, 0)?;
                let (a, n) = self.square_matrix(&a)?;
                let inverse = self.new_array(Dtype::Float, &[n, n]);
                self.for_each(&inverse.dims.clone(), &mut |walker, index| {
                    let is_diagonal = walker.emit.int_compare(Compare::Eq, index[0], index[1]);
                    let value = walker.emit.select(is_diagonal, Operand::F64(1.0), Operand::F64(0.0));
                    walker.write(&inverse, index, &Val::numpy_float(value))
                })?;
                self.eliminate(&a, n, &inverse)?;
                inverse.val()
            }
            "linalg.det" => {
                let a = self.argument(name, args, 0)?;
                let (a, n) = self.square_matrix(&a)?;
                let nothing = View { dims: vec![Operand::I64(n), Operand::I64(0)], ..a.clone() };
                Val::numpy_float(self.reduce_rows(&a, n, &nothing, false)?)
            }
            "trace" => {
                let a = self.argument(name, args, 0)?;
                let view = self.as_view(&a)?;
                let (&[rows, columns], &[down, right]) = (&view.dims[..], &view.strides[..]) else {
                    let span = self.span;
                    return self.refuse(errors::not_in_process(span, "the trace of other than a matrix"));
                };
                let is_tall = self.emit.int_compare(Compare::Gt, rows, columns);
                let length = self.emit.select(is_tall, columns, rows);
                let stride = self.emit.index_binary(crate::ir::IntBinary::Add, down, right);
                let diagonal = View { dims: vec![length], strides: vec![stride], ..view };
                return self.reduction(&diagonal.val(), "sum", &CallArgs::default());
            }
            "einsum" => return self.einsum(args).map(Some),
            _ => return Ok(None),
        }))
    }

    /// A copy of a square matrix of floats, and its order.
    fn square_matrix(&mut self, value: &Val) -> Walk<(View, i64)> {
        let view = self.as_view(value)?;
        let lengths = self.fixed_lengths(&view.dims)?;
        let &[rows, columns] = &lengths[..] else {
            let span = self.span;
            let words = format!("{}-dimensional array given: a matrix is needed", lengths.len());
            return self.refuse(errors::shape_mismatch(span, &words));
        };
        if rows != columns {
            let span = self.span;
            return self.refuse(errors::shape_mismatch(span, "the matrix must be square"));
        }
        let copy = self.cast(&view.val(), Dtype::Float)?;
        Ok((self.as_view(&copy)?, rows))
    }

    /// Makes `b` the solution of `a x = b`.
    fn eliminate(&mut self, a: &View, n: i64, b: &View) -> Walk<()> {
        self.reduce_rows(a, n, b, true)?;
        self.for_each(&b.dims.clone(), &mut |walker, index| {
            let (value, pivot) = (walker.read(b, index), walker.read(a, &[index[0], index[0]]));
            let value = walker.float_op(FloatBinary::Div, value.op(), pivot.op());
            walker.write(b, index, &Val::numpy_float(value))
        })
    }

    /// Makes `a` diagonal by adding rows to others, in `b` too, and gives its determinant.
    fn reduce_rows(&mut self, a: &View, n: i64, b: &View, must_be_regular: bool) -> Walk<Operand> {
        let order = Operand::I64(n);
        let determinant = self.emit.mutable(Type::F64);
        self.emit.assign(determinant, Operand::F64(1.0));
        let mut result = Ok(());
        self.repeat(order, |walker, k| {
            result = walker.reduce_column(a, order, b, k, determinant, must_be_regular);
        });
        result?;
        Ok(self.emit.snapshot(Operand::Var(determinant)))
    }

    fn reduce_column(
        &mut self,
        a: &View,
        order: Operand,
        b: &View,
        k: Operand,
        determinant: crate::ir::Var,
        must_be_regular: bool,
    ) -> Walk<()> {
        let (best, greatest) = (self.emit.mutable(Type::I64), self.emit.mutable(Type::F64));
        self.emit.assign(best, k);
        self.emit.assign(greatest, Operand::F64(-1.0));
        self.repeat(order, |walker, i| {
            let value = walker.read(a, &[i, k]);
            let size = walker.emit.float_unary(FloatUnary::Abs, value.op());
            let is_below = walker.emit.int_compare(Compare::Ge, i, k);
            let is_greater = walker.emit.float_compare(Compare::Gt, size, Operand::Var(greatest));
            let is_better = walker.emit.bool_binary(BoolBinary::And, is_below, is_greater);
            let row = walker.emit.select(is_better, i, Operand::Var(best));
            let size = walker.emit.select(is_better, size, Operand::Var(greatest));
            walker.emit.assign(best, row);
            walker.emit.assign(greatest, size);
        });
        let row = self.emit.snapshot(Operand::Var(best));
        let size = self.emit.snapshot(Operand::Var(greatest));
        if must_be_regular {
            let is_singular = self.emit.float_compare(Compare::Eq, size, Operand::F64(0.0));
            self.fault_if(is_singular, FaultText::new("LinAlgError", "Singular matrix"), &[]);
        }
        for matrix in [a, b] {
            self.for_each(&[matrix.dims[1]], &mut |walker, index| {
                let (upper, lower) = (walker.read(matrix, &[k, index[0]]), walker.read(matrix, &[row, index[0]]));
                walker.write(matrix, &[k, index[0]], &lower)?;
                walker.write(matrix, &[row, index[0]], &upper)
            })?;
        }
        let pivot = self.read(a, &[k, k]).op();
        let is_swapped = self.emit.int_compare(Compare::Ne, row, k);
        let negated = self.emit.float_unary(FloatUnary::Neg, pivot);
        let factor = self.emit.select(is_swapped, negated, pivot);
        let product = self.float_op(FloatBinary::Mul, Operand::Var(determinant), factor);
        self.emit.assign(determinant, product);
        // A column of zeros needs no elimination: the determinant is zero.
        let is_zero = self.emit.float_compare(Compare::Eq, pivot, Operand::F64(0.0));
        let divisor = self.emit.select(is_zero, Operand::F64(1.0), pivot);
        let mut result = Ok(());
        self.repeat(order, |walker, i| {
            let is_own = walker.emit.int_compare(Compare::Eq, i, k);
            let value = walker.read(a, &[i, k]);
            let ratio = walker.float_op(FloatBinary::Div, value.op(), divisor);
            let ratio = walker.emit.select(is_own, Operand::F64(0.0), ratio);
            for matrix in [a, b] {
                let reduced = walker.for_each(&[matrix.dims[1]], &mut |walker, index| {
                    let (own, other) = (walker.read(matrix, &[i, index[0]]), walker.read(matrix, &[k, index[0]]));
                    let part = walker.float_op(FloatBinary::Mul, ratio, other.op());
                    let rest = walker.float_op(FloatBinary::Sub, own.op(), part);
                    walker.write(matrix, &[i, index[0]], &Val::numpy_float(rest))
                });
                result = std::mem::replace(&mut result, Ok(())).and(reduced);
            }
        });
        result
    }

    /// `np.einsum("ij,j->i", a, b)`
    fn einsum(&mut self, args: &CallArgs) -> Walk<Val> {
        let span = self.span;
        let Some((text, operands)) = args.positional.split_first() else {
            return self.refuse(errors::wrong_arguments(span, "einsum() needs subscripts and arrays"));
        };
        let Some(text) = text.as_str() else {
            return self.refuse(errors::not_in_process(span, "`np.einsum` whose subscripts are no constant string"));
        };
        let views = operands.iter().map(|operand| self.as_view(operand)).collect::<Walk<Vec<_>>>()?;
        let mut shapes = vec![];
        for view in &views {
            shapes.push(self.fixed_lengths(&view.dims)?.iter().map(|length| *length as usize).collect::<Vec<_>>());
        }
        let subscripts = match Subscripts::of(text, &shapes) {
            Ok(subscripts) => subscripts,
            Err(words) => return self.refuse(errors::shape_mismatch(span, &words)),
        };
        let dtype = self.common_type(&views.iter().map(View::val).collect::<Vec<_>>())?;
        let (ty, zero) = match dtype {
            Dtype::Float => (Type::F64, Operand::F64(0.0)),
            _ => (Type::I64, Operand::I64(0)),
        };
        let dtype = if let Dtype::Float = dtype { Dtype::Float } else { Dtype::Int };
        let lengths =
            |labels: &[char]| labels.iter().map(|label| subscripts.length(*label) as i64).collect::<Vec<i64>>();
        let out = self.new_array(dtype, &lengths(&subscripts.output));
        let summed: Vec<Operand> = lengths(&subscripts.summed).into_iter().map(Operand::I64).collect();
        self.for_each(&out.dims.clone(), &mut |walker, outer| {
            let total = walker.emit.mutable(ty);
            walker.emit.assign(total, zero);
            walker.for_each(&summed, &mut |walker, inner| {
                let mut product: Option<Val> = None;
                for (labels, view) in subscripts.operands.iter().zip(&views) {
                    let place = |label: &char| {
                        let in_output = subscripts.output.iter().position(|known| known == label);
                        let in_sum = subscripts.summed.iter().position(|known| known == label);
                        in_output.map(|at| outer[at]).or_else(|| in_sum.map(|at| inner[at]))
                    };
                    let index: Vec<Operand> = labels.iter().filter_map(place).collect();
                    let element = walker.read(view, &index);
                    product = Some(match product {
                        None => element,
                        Some(product) => {
                            walker.element_binary(crate::syntax::ast::BinOp::Mul, &product, &element, dtype)?
                        }
                    });
                }
                let product = walker.cast(&product.unwrap_or_else(Val::none), dtype)?;
                let present = Val::new(product.kind.clone(), vec![Operand::Var(total)]);
                let sum = walker.element_binary(crate::syntax::ast::BinOp::Add, &present, &product, dtype)?;
                walker.emit.assign(total, sum.op());
                Ok(())
            })?;
            let value = walker.emit.snapshot(Operand::Var(total));
            let value = if let Type::F64 = ty { Val::numpy_float(value) } else { Val::int(value) };
            walker.write(&out, outer, &value)
        })?;
        if subscripts.output.is_empty() { Ok(self.read(&out, &[])) } else { Ok(out.val()) }
    }
}
