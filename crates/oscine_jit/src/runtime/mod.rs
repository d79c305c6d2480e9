//! What machine code calls: a C function for every [`oscine_lang::ir::Routine`], and the C library's for mathematics.
//!
//! All of it runs on the audio thread: nothing here allocates, locks or panics. Cells arrive as pointers, of which the
//! program's extents promise how far they reach; `oscine_int_pow` reports an overflow through its last argument.

// The callers are machine code: pointers and C's calling convention are all there is between it and these functions.
#![expect(unsafe_code, reason = "machine code passes pointers to cells")]

mod filter;
mod fourier;
mod gamma;
mod integers;
mod random;
mod rounding;
mod sum;
#[cfg(test)]
mod tests;

/// The C library's mathematics, without a wrapper: their results are the referee's.
mod libm {
    unsafe extern "C" {
        pub(super) safe fn sin(x: f64) -> f64;
        pub(super) safe fn cos(x: f64) -> f64;
        pub(super) safe fn tan(x: f64) -> f64;
        pub(super) safe fn asin(x: f64) -> f64;
        pub(super) safe fn acos(x: f64) -> f64;
        pub(super) safe fn atan(x: f64) -> f64;
        pub(super) safe fn atan2(y: f64, x: f64) -> f64;
        pub(super) safe fn sinh(x: f64) -> f64;
        pub(super) safe fn cosh(x: f64) -> f64;
        pub(super) safe fn tanh(x: f64) -> f64;
        pub(super) safe fn asinh(x: f64) -> f64;
        pub(super) safe fn acosh(x: f64) -> f64;
        pub(super) safe fn atanh(x: f64) -> f64;
        pub(super) safe fn exp(x: f64) -> f64;
        pub(super) safe fn exp2(x: f64) -> f64;
        pub(super) safe fn expm1(x: f64) -> f64;
        pub(super) safe fn log(x: f64) -> f64;
        pub(super) safe fn log2(x: f64) -> f64;
        pub(super) safe fn log10(x: f64) -> f64;
        pub(super) safe fn log1p(x: f64) -> f64;
        pub(super) safe fn pow(x: f64, y: f64) -> f64;
        pub(super) safe fn cbrt(x: f64) -> f64;
        pub(super) safe fn hypot(x: f64, y: f64) -> f64;
        pub(super) safe fn fmod(x: f64, y: f64) -> f64;
        pub(super) safe fn erf(x: f64) -> f64;
        pub(super) safe fn erfc(x: f64) -> f64;
    }
}

/// A name that machine code calls, and the address behind it.
pub(crate) type Symbol = (&'static str, *const u8);

/// Every function that machine code may call.
pub(crate) fn symbols() -> [Symbol; 36] {
    [
        ("sin", libm::sin as *const u8),
        ("cos", libm::cos as *const u8),
        ("tan", libm::tan as *const u8),
        ("asin", libm::asin as *const u8),
        ("acos", libm::acos as *const u8),
        ("atan", libm::atan as *const u8),
        ("atan2", libm::atan2 as *const u8),
        ("sinh", libm::sinh as *const u8),
        ("cosh", libm::cosh as *const u8),
        ("tanh", libm::tanh as *const u8),
        ("asinh", libm::asinh as *const u8),
        ("acosh", libm::acosh as *const u8),
        ("atanh", libm::atanh as *const u8),
        ("exp", libm::exp as *const u8),
        ("exp2", libm::exp2 as *const u8),
        ("expm1", libm::expm1 as *const u8),
        ("log", libm::log as *const u8),
        ("log2", libm::log2 as *const u8),
        ("log10", libm::log10 as *const u8),
        ("log1p", libm::log1p as *const u8),
        ("pow", libm::pow as *const u8),
        ("cbrt", libm::cbrt as *const u8),
        ("hypot", libm::hypot as *const u8),
        ("fmod", libm::fmod as *const u8),
        ("erf", libm::erf as *const u8),
        ("erfc", libm::erfc as *const u8),
        ("oscine_gamma", gamma::oscine_gamma as *const u8),
        ("oscine_lgamma", gamma::oscine_lgamma as *const u8),
        ("oscine_pairwise_sum", sum::oscine_pairwise_sum as *const u8),
        ("oscine_int_true_div", integers::oscine_int_true_div as *const u8),
        ("oscine_int_pow", integers::oscine_int_pow as *const u8),
        ("oscine_round_digits", rounding::oscine_round_digits as *const u8),
        ("oscine_butter", filter::oscine_butter as *const u8),
        ("oscine_fourier", fourier::oscine_fourier as *const u8),
        ("oscine_random_double", random::oscine_random_double as *const u8),
        ("oscine_random_bits", random::oscine_random_bits as *const u8),
    ]
}
