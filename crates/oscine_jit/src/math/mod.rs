//! Mathematical functions inside of machine code.
//!
//! The functions that signals are made of become straight code, so that the calls of a loop overlap and no register is
//! saved around them; the others, and arguments out of the ordinary, call the C library's. `Pow` always does: its bits
//! are the C library's, which are not those of a multiplication or a square root. Errors stay below 2 ulp.

mod code;
mod exponential;
mod logarithm;
mod sine;
mod tables;
mod tanh;
#[cfg(test)]
mod tests;

use cranelift_codegen::ir::Value;
use cranelift_frontend::FunctionBuilder;
use oscine_lang::ir::MathFn;

use code::Code;

/// Computes `function`. `calls` calls a C function of [`crate::runtime`] by its symbol; `has_fma` tells whether the
/// machine fuses products with sums.
pub(crate) fn emit(
    function: MathFn,
    args: &[Value],
    b: &mut FunctionBuilder<'_>,
    has_fma: bool,
    calls: &mut impl FnMut(&mut FunctionBuilder<'_>, &'static str, &[Value]) -> Value,
) -> Value {
    let symbol = symbol(function);
    let mut code = Code { b, has_fma };
    let x = args[0];
    match function {
        MathFn::Tanh => tanh::tanh(&mut code, x),
        MathFn::Sin | MathFn::Cos => {
            let usual = sine::usual(&mut code, x);
            let inline = |code: &mut Code<'_, '_>| sine::sine(code, x, function == MathFn::Cos);
            code.unless_unusual(usual, inline, |b| calls(b, symbol, args))
        }
        MathFn::Exp | MathFn::Exp2 | MathFn::Cosh => {
            let usual = exponential::usual(&mut code, x, function);
            let inline = |code: &mut Code<'_, '_>| exponential::emit(code, x, function);
            code.unless_unusual(usual, inline, |b| calls(b, symbol, args))
        }
        MathFn::Log => {
            let usual = logarithm::usual(&mut code, x);
            let inline = |code: &mut Code<'_, '_>| logarithm::log(code, x);
            code.unless_unusual(usual, inline, |b| calls(b, symbol, args))
        }
        _ => calls(b, symbol, args),
    }
}

/// The C function of the runtime that computes `function` for any argument.
fn symbol(function: MathFn) -> &'static str {
    match function {
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
    }
}
