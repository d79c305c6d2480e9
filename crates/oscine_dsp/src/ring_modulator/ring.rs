//! The ring's samples by Newton's method, for as many voices as a vector has lanes.
//!
//! In `p = (v1 - v2)/2`, `q = (v1 + v2)/2` and `e = v3 + v_c` the diodes see `p - e`, `-p - e`, `q + e` and `-q + e`. With `b`
//! what memories, coils and the modulator push, `S` what a volt costs and `h` the diodes' conductances, the gradient and the
//! Hessian of the energy are
//!
//! ```text
//! g_p = (S1+S2) p + (S1-S2) q - (b1-b2) + i4 - i5          pp = S1+S2 + h4+h5    pq = S1-S2    pe = h5-h4
//! g_q = (S1+S2) q + (S1-S2) p - (b1+b2) + i6 - i7          qq = S1+S2 + h6+h7                  qe = h6-h7
//! g_e = S3 (e - v_c) - b3 - i4 - i5 + i6 + i7              ee = S3 + h4+h5+h6+h7
//! ```
//!
//! solved by Cramer's rule, whose two divisions do not wait for one another. Newton starts where the line through the
//! last three samples leads, and ends after a step whose remainder is small. A diode at `r` whose voltage changed by `w` leaves at
//! most `6 G r^2 w^2` amperes, two conduct at a time, and what they push resists by `S2` at least and by `4 G r^3` in their
//! own direction: the voltages are off by no more than `12 G r^2 w^2 / sqrt(S2 (S2 + 4 G r^3))`. A lane that has ended stands
//! still. What has not ended after [`MOST_ITERATIONS`] is left to [`super::energy`].

use fearless_simd::{Level, Select, Simd, SimdMask, dispatch, f64x2, f64x4, f64x8};

use super::energy::Energy;
use super::{C, C_P, DIODE, L, MOST_VOLTS, R_A, R_I, R_M, TOLERANCE};
use crate::lanes::{Lanes, load, size, store, tame};

const MOST_ITERATIONS: usize = 8;

/// The state of `N` voices.
#[derive(Debug, Clone)]
pub(super) struct Ring<const N: usize> {
    circuit: Circuit,
    v: [[f64; N]; 3],
    before: [[f64; N]; 3],
    earlier: [[f64; N]; 3],
    s: [[f64; N]; 3],
    i: [[f64; N]; 2],
    level: Level,
}

/// What the trapezoidal rule makes of the circuit at a rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circuit {
    /// `2 rate` times each capacity, plus the conductances of its resistor and its coil: what a volt costs.
    pub(super) stiffness: [f64; 3],
    /// `2 rate` times each capacity.
    capacity: [f64; 3],
    /// Half a sample by the inductance.
    coil: f64,
}

impl Circuit {
    fn new(rate: f64) -> Self {
        let coil = 0.5 / (rate * L);
        let capacity = [C, C, C_P].map(|c| 2.0 * rate * c);
        let stiffness = [capacity[0] + 1.0 / R_M + coil, capacity[1] + 1.0 / R_A + coil, capacity[2] + 1.0 / R_I];
        Self { stiffness, capacity, coil }
    }
}

struct Registers<V> {
    circuit: Circuit,
    v: [V; 3],
    before: [V; 3],
    earlier: [V; 3],
    s: [V; 3],
    i: [V; 2],
}

impl<const N: usize> Ring<N> {
    /// At rest; `rate` is that of its samples.
    pub(super) fn new(rate: f64) -> Self {
        let zero = [[0.0; N]; 3];
        Self {
            circuit: Circuit::new(rate),
            v: zero,
            before: zero,
            earlier: zero,
            s: zero,
            i: [[0.0; N]; 2],
            level: Level::new(),
        }
    }

    pub(super) fn reset(&mut self) {
        (self.v, self.before, self.earlier) = ([[0.0; N]; 3], [[0.0; N]; 3], [[0.0; N]; 3]);
        (self.s, self.i) = ([[0.0; N]; 3], [[0.0; N]; 2]);
    }

    #[inline(always)]
    fn run<S: Simd, V: Lanes<S>>(
        &mut self,
        simd: S,
        frames: usize,
        read: impl Fn(usize) -> [[f64; N]; 2],
        mut write: impl FnMut(usize, [f64; N]),
    ) {
        let mut registers = Registers::<V> {
            circuit: self.circuit,
            v: load(simd, &self.v),
            before: load(simd, &self.before),
            earlier: load(simd, &self.earlier),
            s: load(simd, &self.s),
            i: load(simd, &self.i),
        };
        let mut out = [0.0; N];
        for frame in 0..frames {
            let [modulator, carrier] = load(simd, &read(frame));
            registers.tick(simd, modulator, carrier).store_slice(&mut out);
            write(frame, out);
        }
        store(&registers.v, &mut self.v);
        store(&registers.before, &mut self.before);
        store(&registers.earlier, &mut self.earlier);
        store(&registers.s, &mut self.s);
        store(&registers.i, &mut self.i);
    }
}

impl<V> Registers<V> {
    #[inline(always)]
    fn tick<S: Simd>(&mut self, simd: S, modulator: V, carrier: V) -> V
    where
        V: Lanes<S>,
    {
        let Circuit { stiffness, capacity, coil } = self.circuit;
        let (modulator, carrier) = (tame(simd, modulator, MOST_VOLTS), tame(simd, carrier, MOST_VOLTS));
        let source = [
            (self.s[0] * capacity[0] + self.i[0]) + modulator * (1.0 / R_M),
            self.s[1] * capacity[1] + self.i[1],
            self.s[2] * capacity[2],
        ];
        let start = self.v;
        let mut v = start;
        for k in 0..3 {
            v[k] = (start[k] - self.before[k]).mul_add(V::simd_from(simd, 3.0), self.earlier[k]);
        }
        let [v1, v2, v3] = v;

        let one = V::simd_from(simd, 1.0);
        let zero = V::simd_from(simd, 0.0);
        let sum = V::simd_from(simd, stiffness[0] + stiffness[1]);
        let pq = V::simd_from(simd, stiffness[0] - stiffness[1]);
        let third = V::simd_from(simd, stiffness[2]);
        let softest = V::simd_from(simd, stiffness[1]);
        let (b_p, b_q) = (source[0] - source[1], source[0] + source[1]);
        let b_e = third.mul_add(carrier, source[2]);
        let (mut p, mut q, mut e) = ((v1 - v2) * 0.5, (v1 + v2) * 0.5, v3 + carrier);
        let mut ended = zero.simd_gt(zero);
        for _ in 0..MOST_ITERATIONS {
            let (r4, r5) = ((p - e).max(zero), (-p - e).max(zero));
            let (r6, r7) = ((q + e).max(zero), (e - q).max(zero));
            let (c4, c5) = (r4 * r4 * (r4 * DIODE), r5 * r5 * (r5 * DIODE));
            let (c6, c7) = (r6 * r6 * (r6 * DIODE), r7 * r7 * (r7 * DIODE));
            let (i4, i5, i6, i7) = (c4 * r4, c5 * r5, c6 * r6, c7 * r7);
            let g_p = sum.mul_add(p, pq.mul_add(q, i4 - i5 - b_p));
            let g_q = sum.mul_add(q, pq.mul_add(p, i6 - i7 - b_q));
            let g_e = third.mul_add(e, ((i6 + i7) - (i4 + i5)) - b_e);

            let (pp, pe) = ((c4 + c5).mul_add(V::simd_from(simd, 4.0), sum), (c5 - c4) * 4.0);
            let (qq, qe) = ((c6 + c7).mul_add(V::simd_from(simd, 4.0), sum), (c6 - c7) * 4.0);
            let ee = (pp - sum) + (qq - sum) + third;
            // The part without e, its inverse's numerator times the last column, and the whole determinant.
            let minor = pp * qq - pq * pq;
            let (to_p, to_q) = (pe * qq - qe * pq, qe * pp - pe * pq);
            let whole = ee * minor - (pe * to_p + qe * to_q);
            let y_e = (g_e * minor - (g_p * to_p + g_q * to_q)) / whole;
            let (rest_p, rest_q) = (g_p - pe * y_e, g_q - qe * y_e);
            let inverse = one / minor;
            let y_p = (rest_p * qq - rest_q * pq) * inverse;
            let y_q = (rest_q * pp - rest_p * pq) * inverse;

            let change = size(simd, y_p).max(size(simd, y_q)) + size(simd, y_e);
            let most = r4.max(r5).max(r6).max(r7) + change;
            let largest = size(simd, p).max(size(simd, q)).max(size(simd, e)).max(V::simd_from(simd, 1e-6));
            p = ended.select(p, p - y_p);
            q = ended.select(q, q - y_q);
            e = ended.select(e, e - y_e);
            let most_2 = most * most;
            let left = most_2 * change * change * (12.0 * DIODE);
            let stiff = (most_2 * most).mul_add(V::simd_from(simd, 4.0 * DIODE), softest) * softest;
            let limit = largest * TOLERANCE;
            ended |= (left * left).simd_le(limit * limit * stiff);
            if ended.all_true() {
                break;
            }
        }
        let mut v = [p + q, q - p, e - carrier];
        if !ended.all_true() {
            v = seek_slowly(stiffness, source, carrier, start, v, ended.to_bitmask());
        }
        for (s, v) in self.s.iter_mut().zip(v) {
            *s = v + v - *s;
        }
        for (i, v) in self.i.iter_mut().zip(v) {
            *i -= v * (2.0 * coil);
        }
        // One by one: arrays that are copied whole go through memory, in pieces of another size than was stored.
        for k in 0..3 {
            self.earlier[k] = self.before[k];
            self.before[k] = start[k];
            self.v[k] = v[k];
        }
        v[1]
    }
}

/// The voltages of lanes that have not ended, sought from `start` on. All is handed over by value: whoever saw the registers'
/// address would keep them in memory.
#[cold]
fn seek_slowly<S: Simd, V: Lanes<S>>(
    stiffness: [f64; 3],
    source: [V; 3],
    carrier: V,
    start: [V; 3],
    mut v: [V; 3],
    ended: u64,
) -> [V; 3] {
    for lane in (0..V::LEN).filter(|lane| ended >> lane & 1 == 0) {
        let of = |values: &[V; 3]| std::array::from_fn(|k| values[k][lane]);
        let energy = Energy { stiffness, source: of(&source), carrier: carrier[lane] };
        let found = energy.least(of(&start));
        for k in 0..3 {
            v[k][lane] = found[k];
        }
    }
    v
}

impl Ring<2> {
    /// One voice, both lanes alike.
    pub(super) fn process(&mut self, modulator: &[f64], carrier: &[f64], output: &mut [f64]) {
        let frames = output.len();
        dispatch!(self.level, simd => self.run::<_, f64x2<_>>(
            simd,
            frames,
            |n| [[modulator[n]; 2], [carrier[n]; 2]],
            |n, y| output[n] = y[0],
        ));
    }
}

impl Ring<4> {
    pub(super) fn process(&mut self, modulator: &[[f64; 4]], carrier: &[[f64; 4]], output: &mut [[f64; 4]]) {
        let frames = output.len();
        dispatch!(self.level, simd => self.run::<_, f64x4<_>>(
            simd,
            frames,
            |n| [modulator[n], carrier[n]],
            |n, y| output[n] = y,
        ));
    }
}

impl Ring<8> {
    pub(super) fn process(&mut self, modulator: &[[f64; 8]], carrier: &[[f64; 8]], output: &mut [[f64; 8]]) {
        let frames = output.len();
        dispatch!(self.level, simd => self.run::<_, f64x8<_>>(
            simd,
            frames,
            |n| [modulator[n], carrier[n]],
            |n, y| output[n] = y,
        ));
    }
}

#[cfg(test)]
impl Ring<2> {
    /// The energy of the next sample.
    pub(super) fn energy(&self, modulator: f64, carrier: f64) -> Energy {
        let Circuit { stiffness, capacity, .. } = self.circuit;
        let s = self.s.map(|s| s[0]);
        let i = self.i.map(|i| i[0]);
        let source = [capacity[0] * s[0] + i[0] + modulator / R_M, capacity[1] * s[1] + i[1], capacity[2] * s[2]];
        Energy { stiffness, source, carrier }
    }

    pub(super) fn voltages(&self) -> [f64; 3] {
        self.v.map(|v| v[0])
    }
}
