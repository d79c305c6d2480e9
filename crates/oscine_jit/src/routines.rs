//! How machine code calls the runtime: the symbol and the C signature of each [`Routine`].
//!
//! Operands that name cells arrive as pointers to the cell (`*mut u64`), ints as `i64`, floats as `f64`.
//! `IntPow` takes one argument more, an `*mut i64` into which it writes 1 on overflow (and nothing otherwise).

use oscine_lang::ir::{Routine, Type};

/// What an operand of a routine becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// An `i64`.
    Int,
    /// An `f64`.
    Float,
    /// A cell index, passed as the cell's address.
    Cell,
    /// The address of the overflow word; no operand stands for it.
    Overflow,
}

/// The C function behind a routine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature {
    /// Its symbol.
    pub(crate) symbol: &'static str,
    /// Its parameters in order.
    pub(crate) parameters: &'static [Parameter],
    /// What it gives.
    pub(crate) result: Type,
}

/// The C function that carries out `routine`.
pub(crate) fn signature(routine: Routine) -> Signature {
    use Parameter::{Cell, Float, Int, Overflow};
    let (symbol, parameters, result): (_, &[Parameter], _) = match routine {
        Routine::PairwiseSum => ("oscine_pairwise_sum", &[Cell, Int, Int], Type::F64),
        Routine::IntTrueDiv => ("oscine_int_true_div", &[Int, Int], Type::F64),
        Routine::IntPow => ("oscine_int_pow", &[Int, Int, Overflow], Type::I64),
        Routine::RoundDigits => ("oscine_round_digits", &[Float, Int], Type::F64),
        Routine::Butter => ("oscine_butter", &[Int, Int, Float, Float, Int, Cell, Cell], Type::I64),
        Routine::Fourier => ("oscine_fourier", &[Int, Int, Float, Cell, Cell, Cell, Cell], Type::I64),
        Routine::RandomDouble => ("oscine_random_double", &[Cell], Type::F64),
        Routine::RandomBits => ("oscine_random_bits", &[Cell, Int], Type::I64),
    };
    Signature { symbol, parameters, result }
}
