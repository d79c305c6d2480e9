//! The ladder's samples by Newton's method, for as many voices as a vector has lanes.
//!
//! With `d2` to `d5` the conductances of the diodes and `c` that of the feedback, a step `x` solves
//!
//! ```text
//! (1 + d2) x1 - d2 x2 + c x4            = F1        t1 = 1 + d2
//! -d2 x1 + (1 + d2 + d3) x2 - d3 x3     = F2        t2 = t1 + d2 + d3 t1
//! -d3 x2 + (1 + d3 + d4) x3 - d4 x4     = F3        t3 = t2 + d3 (t1 + d2) + d4 t2
//! -d4 x3 + (1 + d4 + d5) x4             = F4        det = t3 + d4 (..) + d5 t3 + c d2 d3 d4
//! ```
//!
//! by Cramer's rule: the leading minors `t` of such a matrix are sums of positive terms, so that nothing cancels, and the
//! four divisions wait for no other.
//!
//! Newton starts where the line through the last two samples leads. It ends after a step `x` whose remainder is small:
//! a tanh's second derivative is at most 0.77, so that the residual left is at most `0.77 a w^2` with `w` the largest
//! change of a tanh's argument, and the voltages are off by no more than that times `1 + c`. No evaluation is spent on
//! seeing it. A lane that has ended stands still while others go on, so that it has what it would have alone. What has not
//! ended after [`MOST_ITERATIONS`] is left to [`super::damped`].

use fearless_simd::{Level, Select, Simd, SimdMask, dispatch, f64x2, f64x4, f64x8};

use super::damped::Equations;
use super::{INPUT, MOST_VOLTS, OUTPUT, TOLERANCE, V_T};
use crate::lanes::{Lanes, load, size, store, tame};
use crate::tanh::tanh;

const MOST_ITERATIONS: usize = 8;

/// The state of `N` voices and what moves them.
#[derive(Debug, Clone)]
pub(super) struct Ladder<const N: usize> {
    v: [[f64; N]; 4],
    before: [[f64; N]; 4],
    s: [[f64; N]; 4],
    /// `a` of the equations, then `K + 1/2`.
    pub(super) step: [f64; N],
    pub(super) feedback: [f64; N],
    pub(super) slope: f64,
    level: Level,
}

/// The same in registers.
struct Registers<V> {
    v: [V; 4],
    before: [V; 4],
    s: [V; 4],
    step: V,
    feedback: V,
    slope: f64,
}

/// A step's system of equations, ready to be solved.
struct System<V> {
    d: [V; 3],
    corner: V,
    t: [V; 3],
    inverse: [V; 4],
}

impl<const N: usize> Ladder<N> {
    pub(super) fn new(slope: f64) -> Self {
        let zero = [[0.0; N]; 4];
        Self { v: zero, before: zero, s: zero, step: [0.0; N], feedback: [0.5; N], slope, level: Level::new() }
    }

    pub(super) fn reset(&mut self) {
        (self.v, self.before, self.s) = ([[0.0; N]; 4], [[0.0; N]; 4], [[0.0; N]; 4]);
    }

    /// The first voice's capacitors.
    pub(super) fn voltages(&self) -> [f64; 4] {
        self.v.map(|v| v[0])
    }

    /// The first voice's memories.
    pub(super) fn memories(&self) -> [f64; 4] {
        self.s.map(|s| s[0])
    }

    /// Has all voices go on from these.
    pub(super) fn start(&mut self, v: [f64; 4], s: [f64; 4]) {
        (self.v, self.s) = (v.map(|v| [v; N]), s.map(|s| [s; N]));
        self.before = self.v;
    }

    #[inline(always)]
    fn run<S: Simd, V: Lanes<S>>(
        &mut self,
        simd: S,
        frames: usize,
        read: impl Fn(usize) -> [f64; N],
        mut write: impl FnMut(usize, [f64; N]),
    ) {
        let mut registers = Registers::<V> {
            v: load(simd, &self.v),
            before: load(simd, &self.before),
            s: load(simd, &self.s),
            step: V::from_slice(simd, &self.step),
            feedback: V::from_slice(simd, &self.feedback),
            slope: self.slope,
        };
        let mut out = [0.0; N];
        for frame in 0..frames {
            let x = V::from_slice(simd, &read(frame));
            registers.tick(simd, x).store_slice(&mut out);
            write(frame, out);
        }
        store(&registers.v, &mut self.v);
        store(&registers.before, &mut self.before);
        store(&registers.s, &mut self.s);
    }
}

impl<V> Registers<V> {
    #[inline(always)]
    fn tick<S: Simd>(&mut self, simd: S, x: V) -> V
    where
        V: Lanes<S>,
    {
        let one = V::simd_from(simd, 1.0);
        let zero = V::simd_from(simd, 0.0);
        let x = tame(simd, x, MOST_VOLTS);
        let (a, s, slope) = (self.step, self.s, self.slope);
        let feedback = self.feedback * INPUT;
        let x_in = x * INPUT;
        let (a_slope, a_output, a_corner) = (a * slope, a * OUTPUT, a * feedback);
        let start = self.v;
        let mut v = start;
        for k in 0..4 {
            v[k] = start[k] + (start[k] - self.before[k]);
        }
        let mut ended = zero.simd_gt(zero);
        for _ in 0..MOST_ITERATIONS {
            let u1 = tanh(simd, x_in - feedback * v[3]);
            let u2 = tanh(simd, (v[1] - v[0]) * slope);
            let u3 = tanh(simd, (v[2] - v[1]) * slope);
            let u4 = tanh(simd, (v[3] - v[2]) * slope);
            let u5 = tanh(simd, v[3] * OUTPUT);
            let f = [
                (v[0] - s[0]) - a * (u2 + u1),
                (v[1] - s[1]) - a * (u3 - u2),
                (v[2] - s[2]) - a * (u4 - u3),
                (v[3] - s[3]) + a * (u5 + u4),
            ];
            let d = [a_slope * (one - u2 * u2), a_slope * (one - u3 * u3), a_slope * (one - u4 * u4)];
            let system = System::new(simd, d, a_output * (one - u5 * u5), a_corner * (one - u1 * u1));
            let y = system.solve(f);

            let most = size(simd, y[3] * feedback)
                .max(size(simd, (y[1] - y[0]) * slope))
                .max(size(simd, (y[2] - y[1]) * slope))
                .max(size(simd, (y[3] - y[2]) * slope));
            let mut largest = V::simd_from(simd, 1e-6 * V_T);
            for k in 0..4 {
                v[k] = ended.select(v[k], v[k] - y[k]);
                largest = largest.max(size(simd, v[k]));
            }
            let left = most * most * a * 0.77 * (one + system.corner);
            ended |= left.simd_le(largest * TOLERANCE);
            if ended.all_true() {
                break;
            }
        }
        if !ended.all_true() {
            v = seek_slowly([x, a, self.feedback], slope, s, start, v, ended.to_bitmask());
        }
        for k in 0..4 {
            self.s[k] = v[k] + v[k] - s[k];
        }
        #[expect(
            clippy::manual_memcpy,
            reason = "copied whole they go through memory, in pieces of another size than was stored"
        )]
        for k in 0..4 {
            self.before[k] = start[k];
            self.v[k] = v[k];
        }
        self.feedback * v[3]
    }
}

/// The voltages of lanes that have not ended, sought from `start` on. All is handed over by value: whoever saw the registers'
/// address would keep them in memory.
#[cold]
fn seek_slowly<S: Simd, V: Lanes<S>>(
    [x, step, feedback]: [V; 3],
    slope: f64,
    s: [V; 4],
    start: [V; 4],
    mut v: [V; 4],
    ended: u64,
) -> [V; 4] {
    for lane in (0..V::LEN).filter(|lane| ended >> lane & 1 == 0) {
        let of = |values: &[V; 4]| std::array::from_fn(|k| values[k][lane]);
        let equations = Equations { v_in: x[lane], s: of(&s), step: step[lane], slope, feedback: feedback[lane] };
        let solved = equations.solve(of(&start));
        for k in 0..4 {
            v[k][lane] = solved[k];
        }
    }
    v
}

impl<V> System<V> {
    #[inline(always)]
    fn new<S: Simd>(simd: S, d: [V; 3], d5: V, corner: V) -> Self
    where
        V: Lanes<S>,
    {
        let one = V::simd_from(simd, 1.0);
        let [d2, d3, d4] = d;
        let t1 = one + d2;
        let s2 = t1 + d2;
        let t2 = d3.mul_add(t1, s2);
        let s3 = d3.mul_add(s2, t2);
        let t3 = d4.mul_add(t2, s3);
        let s4 = d4.mul_add(s3, t3);
        let det = corner.mul_add(d2 * (d3 * d4), d5.mul_add(t3, s4));
        Self { d, corner, t: [t1, t2, t3], inverse: [one / t1, one / t2, one / t3, one / det] }
    }

    #[inline(always)]
    fn solve<S: Simd>(&self, f: [V; 4]) -> [V; 4]
    where
        V: Lanes<S>,
    {
        let ([d2, d3, d4], [t1, t2, t3]) = (self.d, self.t);
        let d34 = d3 * d4;
        let sum = (d2 * d34).mul_add(f[0], (d34 * t1) * f[1]) + (d4 * t2).mul_add(f[2], t3 * f[3]);
        let x4 = sum * self.inverse[3];
        let g1 = f[0] - self.corner * x4;
        let g3 = d4.mul_add(x4, f[2]);
        let x3 = ((d2 * d3).mul_add(g1, (d3 * t1) * f[1]) + t2 * g3) * self.inverse[2];
        let x2 = (d2 * g1 + t1 * d3.mul_add(x3, f[1])) * self.inverse[1];
        let x1 = d2.mul_add(x2, g1) * self.inverse[0];
        [x1, x2, x3, x4]
    }
}

impl Ladder<2> {
    /// One voice, both lanes alike; the input times `gain` are volts, and the output is divided by it.
    pub(super) fn process(&mut self, gain: f64, input: &[f64], output: &mut [f64]) {
        let scale = 1.0 / gain;
        dispatch!(self.level, simd => self.run::<_, f64x2<_>>(
            simd,
            input.len().min(output.len()),
            |frame| [gain * input[frame]; 2],
            |frame, y| output[frame] = scale * y[0],
        ));
    }
}

impl Ladder<4> {
    pub(super) fn process(&mut self, input: &[[f64; 4]], output: &mut [[f64; 4]]) {
        let frames = input.len().min(output.len());
        dispatch!(self.level, simd => self.run::<_, f64x4<_>>(simd, frames, |n| input[n], |n, y| output[n] = y));
    }
}

impl Ladder<8> {
    pub(super) fn process(&mut self, input: &[[f64; 8]], output: &mut [[f64; 8]]) {
        let frames = input.len().min(output.len());
        dispatch!(self.level, simd => self.run::<_, f64x8<_>>(simd, frames, |n| input[n], |n, y| output[n] = y));
    }
}
