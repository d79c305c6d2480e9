//! A stage of low latency: two branches of all-passes `(c + 1/z) / (1 + c/z)` at the lower rate.
//!
//! Upwards, both branches take each sample and give the two of the higher rate; downwards, each takes one of two and the mean
//! of both is the output. An all-pass keeps no more than its input's energy, whatever it is fed.

use super::tables::LOW_LATENCY;
use crate::silence::settle;

/// No branch has more all-passes.
const MOST_SECTIONS: usize = 3;

/// The delay of a stage at DC in samples of its higher rate: the mean of its branches, one of which waits for a sample.
pub(super) fn delay(stage: usize) -> f64 {
    let all: f64 = LOW_LATENCY[stage].iter().copied().flatten().map(|c| (1.0 - c) / (1.0 + c)).sum();
    all + 0.5
}

#[derive(Debug, Clone)]
struct Branch {
    coefficients: &'static [f64],
    /// The last input of each all-pass, and the last one's output.
    last: [f64; MOST_SECTIONS + 1],
}

impl Branch {
    fn pair(stage: usize) -> [Self; 2] {
        LOW_LATENCY[stage].map(|coefficients| Self { coefficients, last: [0.0; MOST_SECTIONS + 1] })
    }

    fn tick(&mut self, x: f64) -> f64 {
        let mut x = x;
        for (k, c) in self.coefficients.iter().enumerate() {
            let y = self.last[k] + c * (x - self.last[k + 1]);
            self.last[k] = x;
            x = y;
        }
        self.last[self.coefficients.len()] = x;
        x
    }
}

/// A stage upwards.
#[derive(Debug, Clone)]
pub(super) struct IirUp {
    branches: [Branch; 2],
}

impl IirUp {
    pub(super) fn new(stage: usize) -> Self {
        Self { branches: Branch::pair(stage) }
    }

    pub(super) fn process(&mut self, input: &[f64], output: &mut [f64]) {
        let [even, odd] = &mut self.branches;
        for (x, y) in input.iter().zip(output.chunks_exact_mut(2)) {
            y[0] = even.tick(*x);
            y[1] = odd.tick(*x);
        }
        settle(even.last.iter_mut().chain(&mut odd.last));
    }

    pub(super) fn reset(&mut self) {
        self.branches.iter_mut().for_each(|branch| branch.last.fill(0.0));
    }
}

/// A stage downwards.
#[derive(Debug, Clone)]
pub(super) struct IirDown {
    branches: [Branch; 2],
    /// The odd branch's last output, which belongs to the next even sample.
    waiting: f64,
}

impl IirDown {
    pub(super) fn new(stage: usize) -> Self {
        Self { branches: Branch::pair(stage), waiting: 0.0 }
    }

    pub(super) fn process(&mut self, input: &[f64], output: &mut [f64]) {
        let [even, odd] = &mut self.branches;
        for (x, y) in input.chunks_exact(2).zip(output) {
            *y = 0.5 * (even.tick(x[0]) + self.waiting);
            self.waiting = odd.tick(x[1]);
        }
        settle(even.last.iter_mut().chain(&mut odd.last));
    }

    pub(super) fn reset(&mut self) {
        self.branches.iter_mut().for_each(|branch| branch.last.fill(0.0));
        self.waiting = 0.0;
    }
}
