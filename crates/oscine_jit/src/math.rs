//! Mathematical functions by the C library's, called.

use cranelift_codegen::ir::Value;
use cranelift_frontend::FunctionBuilder;
use oscine_lang::ir::MathFn;

/// Calls `function`.
pub(crate) fn emit(
    function: MathFn,
    args: &[Value],
    b: &mut FunctionBuilder<'_>,
    calls: &mut impl FnMut(&mut FunctionBuilder<'_>, &'static str, &[Value]) -> Value,
) -> Value {
    let symbol = match function {
        MathFn::Sin => "sin",
        MathFn::Cos => "cos",
        MathFn::Tan => "tan",
        MathFn::Asin => "asin",
        MathFn::Acos => "acos",
        MathFn::Atan => "atan",
        MathFn::Atan2 => "atan2",
        MathFn::Sinh => "sinh",
        MathFn::Cosh => "cosh",
        MathFn::Tanh => "tanh",
        MathFn::Asinh => "asinh",
        MathFn::Acosh => "acosh",
        MathFn::Atanh => "atanh",
        MathFn::Exp => "exp",
        MathFn::Exp2 => "exp2",
        MathFn::Expm1 => "expm1",
        MathFn::Log => "log",
        MathFn::Log2 => "log2",
        MathFn::Log10 => "log10",
        MathFn::Log1p => "log1p",
        MathFn::Pow => "pow",
        MathFn::Cbrt => "cbrt",
        MathFn::Hypot => "hypot",
        MathFn::Fmod => "fmod",
        MathFn::Erf => "erf",
        MathFn::Erfc => "erfc",
        MathFn::Gamma => "oscine_gamma",
        MathFn::Lgamma => "oscine_lgamma",
    };
    calls(b, symbol, args)
}
