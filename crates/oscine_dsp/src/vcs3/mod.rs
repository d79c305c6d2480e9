//! The voltage-controlled filter of the EMS VCS3: a diode ladder in a delay-free feedback loop.
//!
//! ```text
//! F1 = v1 - s1 - a (u2 + u1)    u1 = tanh((v_in - F v4) / 2 V_T),  F = K + 1/2
//! F2 = v2 - s2 - a (u3 - u2)    u2 = tanh((v2 - v1) / 2 slope)
//! F3 = v3 - s3 - a (u4 - u3)    u3 = tanh((v3 - v2) / 2 slope)
//! F4 = v4 - s4 + a (u5 + u4)    u4 = tanh((v4 - v3) / 2 slope),    u5 = tanh(v4 / 6 gamma)
//! v_out = F v4;   s_k <- 2 v_k - s_k;   a = 4 V_T tan(pi cutoff / sample_rate)
//! ```
//!
//! The trapezoidal rule leaves these four equations a sample; they have one solution, which [`Solver::Newton`] finds to a
//! tolerance of 1e-9 for any input, cutoff and resonance: `ladder.rs` where Newton's method settles by itself, two or three
//! evaluations a sample, and `damped.rs` where it does not. Solutions lie within `2 a` of their memories, so nothing overflows.
//!
//! Source: S. Civolani and F. Fontana, "A Nonlinear Digital Model of the EMS VCS3 Voltage-Controlled Filter", DAFx-08,
//! and "Modeling of the EMS VCS3 Voltage-Controlled Filter as a Nonlinear Filter Network", IEEE TASLP 18 (2010);
//! [`Solver::Paper`] is Algorithm 2 of Y. De Pra and F. Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10,
//! 4214 (2020).

mod damped;
mod in_turn;
mod ladder;

use std::f64::consts::PI;

use self::in_turn::InTurn;
use self::ladder::Ladder;
use crate::native::{Unit, choice_param, cutoff_param, float_param};
use crate::{Param, Scale};

const V_T: f64 = 0.026;
const GAMMA: f64 = 1.836 * V_T;
const INPUT: f64 = 0.5 / V_T;
const OUTPUT: f64 = 1.0 / (6.0 * GAMMA);
const TOLERANCE: f64 = 1e-9;
/// Inputs are cut here, far beyond any circuit, so that no sum overflows.
const MOST_VOLTS: f64 = 1e6;

/// The voltage that shapes the diodes between the capacitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slopes {
    /// `2 V_T`, as in the papers of 2008 and 2020.
    #[default]
    Thermal,
    /// `2 gamma`, as in the paper of 2010.
    Gamma,
}

impl Slopes {
    /// What a volt is to a tanh between two capacitors.
    fn per_volt(self) -> f64 {
        match self {
            Slopes::Thermal => 0.5 / V_T,
            Slopes::Gamma => 0.5 / GAMMA,
        }
    }
}

/// How a sample's equations are solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Solver {
    /// Newton's method to a tolerance of 1e-9.
    #[default]
    Newton,
    /// Algorithm 2: evaluation in turn to a tolerance of 1e-4, at most 100 times. It does not converge for high cutoffs.
    Paper,
}

/// The filter: volts in, volts out.
#[derive(Debug, Clone)]
pub struct Vcs3 {
    solver: Solver,
    slopes: Slopes,
    sample_rate: f64,
    cutoff_hz: f64,
    drive_volts: f64,
    ladder: Ladder<2>,
    paper: InTurn,
}

impl Vcs3 {
    /// At rest. `resonance` is the circuit's K, 0 to about 10; it sings by itself from about 9 on.
    pub fn new(slopes: Slopes, solver: Solver, cutoff_hz: f64, resonance: f64, sample_rate: f64) -> Self {
        let mut filter = Self {
            solver,
            slopes,
            sample_rate,
            cutoff_hz,
            drive_volts: 1.0,
            ladder: Ladder::new(0.0),
            paper: InTurn::default(),
        };
        filter.set_slopes(slopes);
        filter.set_cutoff(cutoff_hz);
        filter.set_resonance(resonance);
        filter
    }

    /// Moves the cutoff, in Hz, kept between 0 and 0.49 of the sample rate.
    pub fn set_cutoff(&mut self, cutoff_hz: f64) {
        self.cutoff_hz = cutoff_hz.clamp(0.0, 0.49 * self.sample_rate);
        self.ladder.step = [step(self.cutoff_hz, self.sample_rate); 2];
    }

    /// Moves the feedback K.
    pub fn set_resonance(&mut self, resonance: f64) {
        self.ladder.feedback = [resonance + 0.5; 2];
    }

    /// What an input of 1 is in volts; the output is divided by it. 1 at first; a tenth of a volt already bends the diodes.
    pub fn set_drive(&mut self, volts: f64) {
        self.drive_volts = volts;
    }

    /// Exchanges the diodes; the voltages stay.
    pub fn set_slopes(&mut self, slopes: Slopes) {
        self.slopes = slopes;
        self.ladder.slope = slopes.per_volt();
    }

    /// Goes on by another method, from where the voltages are.
    pub fn set_solver(&mut self, solver: Solver) {
        if solver != self.solver {
            match solver {
                Solver::Paper => self.paper.start(self.ladder.voltages(), self.ladder.memories(), self.ladder.slope),
                Solver::Newton => self.ladder.start(self.paper.v, self.paper.s),
            }
        }
        self.solver = solver;
    }

    /// One sample. What is not a number counts as 0 V.
    pub fn tick(&mut self, x: f64) -> f64 {
        let mut y = [0.0];
        self.process(&[x], &mut y);
        y[0]
    }

    /// As many samples as `input` has, faster than one by one.
    pub fn process(&mut self, input: &[f64], output: &mut [f64]) {
        match self.solver {
            Solver::Newton => self.ladder.process(self.drive_volts, input, output),
            Solver::Paper => {
                let (step, feedback, slope) = (self.ladder.step[0], self.ladder.feedback[0], self.ladder.slope);
                for (x, y) in input.iter().zip(output) {
                    *y = self.paper.tick(self.drive_volts * x, step, feedback, slope) / self.drive_volts;
                }
                self.paper.settle();
            }
        }
    }
}

/// Four or eight filters, each with its own cutoff and resonance, computed together: a lane of a vector is a voice.
///
/// A voice has bit for bit the output of a [`Vcs3`] that is given the same.
#[derive(Debug, Clone)]
pub struct Vcs3Voices<const N: usize> {
    sample_rate: f64,
    ladder: Ladder<N>,
}

impl<const N: usize> Vcs3Voices<N> {
    /// At rest, all voices alike. See [`Vcs3::new`].
    pub fn new(slopes: Slopes, cutoff_hz: f64, resonance: f64, sample_rate: f64) -> Self {
        let mut voices = Self { sample_rate, ladder: Ladder::new(slopes.per_volt()) };
        for voice in 0..N {
            voices.set_cutoff(voice, cutoff_hz);
            voices.set_resonance(voice, resonance);
        }
        voices
    }

    /// Moves a voice's cutoff, in Hz, kept between 0 and 0.49 of the sample rate.
    pub fn set_cutoff(&mut self, voice: usize, cutoff_hz: f64) {
        self.ladder.step[voice] = step(cutoff_hz.clamp(0.0, 0.49 * self.sample_rate), self.sample_rate);
    }

    /// Moves a voice's feedback K.
    pub fn set_resonance(&mut self, voice: usize, resonance: f64) {
        self.ladder.feedback[voice] = resonance + 0.5;
    }

    /// Returns to the state before the first sample.
    pub fn reset(&mut self) {
        self.ladder.reset();
    }
}

impl Vcs3Voices<4> {
    /// A block: a sample of each voice, in volts, for each frame.
    pub fn process(&mut self, input: &[[f64; 4]], output: &mut [[f64; 4]]) {
        self.ladder.process(input, output);
    }
}

impl Vcs3Voices<8> {
    /// A block: a sample of each voice, in volts, for each frame.
    pub fn process(&mut self, input: &[[f64; 8]], output: &mut [[f64; 8]]) {
        self.ladder.process(input, output);
    }
}

/// `a` of the equations, in volts.
fn step(cutoff_hz: f64, sample_rate: f64) -> f64 {
    4.0 * V_T * (PI * cutoff_hz / sample_rate).tan()
}

impl Unit for Vcs3 {
    const INPUTS: &'static [&'static str] = &["x"];

    fn params(&self) -> Vec<Param> {
        vec![
            cutoff_param(self.cutoff_hz, self.sample_rate),
            float_param("resonance", self.ladder.feedback[0] - 0.5, (0.0, 20.0), "", Scale::Linear),
            float_param("drive", self.drive_volts, (0.001, 10.0), "V", Scale::Log),
            choice_param("diodes", usize::from(self.slopes == Slopes::Gamma), &["thermal", "gamma"]),
            choice_param("solver", usize::from(self.solver == Solver::Paper), &["newton", "paper"]),
        ]
    }

    fn set(&mut self, index: usize, value: f64) {
        match index {
            0 => self.set_cutoff(value),
            1 => self.set_resonance(value),
            2 => self.set_drive(value),
            3 => self.set_slopes(if value == 0.0 { Slopes::Thermal } else { Slopes::Gamma }),
            _ => self.set_solver(if value == 0.0 { Solver::Newton } else { Solver::Paper }),
        }
    }

    fn reset(&mut self) {
        self.ladder.reset();
        self.paper = InTurn::default();
    }

    fn tick(&mut self, inputs: &[f64]) -> f64 {
        self.tick(inputs[0])
    }

    fn process(&mut self, inputs: &[&[f64]], output: &mut [f64]) {
        self.process(inputs[0], output);
    }
}

#[cfg(test)]
mod tests;
