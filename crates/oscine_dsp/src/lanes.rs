//! Several voices at once: one text of an algorithm for one voice, four or eight.
//!
//! A kernel is generic over a vector of 64-bit floats, [`Lanes`]; [`fearless_simd::dispatch`] compiles it for each
//! instruction set (AVX-512, AVX2 with FMA, SSE, NEON) and chooses at run time. One voice is a vector of two lanes that hold
//! the same, which costs what a scalar does and has fused multiply-adds where the machine has them; so a voice among
//! eight is computed by the same operations as one alone.
//!
//! Everything inside a kernel is `#[inline(always)]`: a function left outside would be compiled for the oldest machine.

use fearless_simd::{Simd, SimdFloat};

use crate::silence::settle;

/// A vector of 64-bit floats.
pub(crate) trait Lanes<S: Simd>: SimdFloat<S, Element = f64> {}

impl<S: Simd, V: SimdFloat<S, Element = f64>> Lanes<S> for V {}

/// `K` vectors, read from memory.
#[inline(always)]
pub(crate) fn load<S: Simd, V: Lanes<S>, const N: usize, const K: usize>(simd: S, from: &[[f64; N]; K]) -> [V; K] {
    let mut to = [V::simd_from(simd, 0.0); K];
    for k in 0..K {
        to[k] = V::from_slice(simd, &from[k]);
    }
    to
}

/// Vectors put back into memory, and settled there.
#[inline(always)]
pub(crate) fn store<S: Simd, V: Lanes<S>, const N: usize, const K: usize>(from: &[V; K], to: &mut [[f64; N]; K]) {
    for k in 0..K {
        from[k].store_slice(&mut to[k]);
        settle(&mut to[k]);
    }
}

/// Without its sign.
#[inline(always)]
pub(crate) fn size<S: Simd, V: Lanes<S>>(simd: S, x: V) -> V {
    x.copysign(V::simd_from(simd, 1.0))
}

/// Numbers within plus and minus `most`; what is not a number becomes 0.
#[inline(always)]
pub(crate) fn tame<S: Simd, V: Lanes<S>>(simd: S, x: V, most: f64) -> V {
    use fearless_simd::Select;
    let most = V::simd_from(simd, most);
    let number = x.simd_eq(x);
    number.select(x, V::simd_from(simd, 0.0)).min(most).max(-most)
}
