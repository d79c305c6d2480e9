//! What is measured: programs that exist as a script and, as far as their language can say them, for each peer.

use std::f64::consts::TAU;

use crate::kind::Kind;

/// Frames of a block.
pub const FRAMES: usize = 512;

/// Rate of all workloads, in Hz.
pub const SAMPLE_RATE: f64 = 44_100.0;

/// The time that a sample may take if sound is to go on, in µs.
pub const LIMIT_US: f64 = 1e6 / SAMPLE_RATE;

/// The most that one side's time may be of another's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// Whose time.
    pub of: Kind,
    /// By whose.
    pub by: Kind,
    /// The limit that the project has set itself.
    pub most: f64,
}

/// What the native processor of a workload computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Native {
    /// There is none.
    None,
    /// The same by a better method: outputs are so far apart at most, as a part of the peak.
    Near(f64),
    /// Something else for the same purpose. What it computes is held against the circuit's equations by its own tests.
    Another,
}

/// One program and what is demanded of it.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// The name of its script.
    pub name: &'static str,
    /// The name of its peers.
    pub peers: &'static str,
    /// What it is.
    pub title: &'static str,
    /// A sum of sines for each input: amplitude and whole periods a block, so that blocks follow one another smoothly.
    inputs: &'static [&'static [(f64, f64)]],
    /// How far outputs of the same algorithm may be apart, as a part of the peak: rounding, amplified by the program.
    pub tolerance: f64,
    /// Whether a native processor computes it.
    pub native: Native,
    /// Limits.
    pub demands: &'static [Demand],
}

const fn most(of: Kind, by: Kind, most: f64) -> Demand {
    Demand { of, by, most }
}

const SPEECH: &[(f64, f64)] = &[(0.5, 2.0), (0.25, 20.0)];

/// All of them, the paper's first.
pub const ALL: [Workload; 11] = [
    Workload {
        name: "ring_modulator",
        peers: "ring_modulator",
        title: "diode ring modulator, the whole way",
        inputs: &[&[(0.3, 2.0)], &[(0.3, 6.0)]],
        // The low-pass is one polynomial of order 5 with all poles near 1, as in the paper.
        tolerance: 1e-6,
        // Zero-stuffed inputs reach the circuit with a thirtieth of their strength.
        native: Native::Another,
        demands: &[
            most(Kind::Oscine, Kind::Numba, 1.0),
            most(Kind::OscineNumba, Kind::Numba, 1.0),
            most(Kind::Native, Kind::C, 0.5),
        ],
    },
    Workload {
        name: "ring_modulator_lfilter",
        peers: "ring_modulator",
        title: "the same, its low-pass by lfilter",
        inputs: &[&[(0.3, 2.0)], &[(0.3, 6.0)]],
        tolerance: 1e-6,
        native: Native::Another,
        demands: &[],
    },
    Workload {
        name: "ring_core",
        peers: "ring_core",
        title: "its circuit alone, 30 steps a sample",
        inputs: &[&[(0.3, 2.0)], &[(0.3, 6.0)]],
        tolerance: 1e-9,
        native: Native::None,
        demands: &[most(Kind::Oscine, Kind::C, 1.25), most(Kind::Oscine, Kind::Numba, 1.0)],
    },
    Workload {
        name: "vcs3",
        peers: "vcs3",
        title: "VCS3 filter, K = 4, fixed point to 1e-4",
        inputs: &[&[(0.1, 2.0), (0.05, 20.0)]],
        tolerance: 1e-9,
        // Evaluation in turn ends when a turn moves the output by less than 1e-4 of itself; as it converges slowly, it is
        // then 1.7e-2 of the peak away from the solution, and the native one 2e-10.
        native: Native::Near(3e-2),
        demands: &[
            most(Kind::Oscine, Kind::C, 0.8),
            most(Kind::Oscine, Kind::Numba, 0.6),
            most(Kind::OscineNumba, Kind::Numba, 0.6),
            most(Kind::Native, Kind::C, 0.17),
            most(Kind::NativeVoices, Kind::C, 0.06),
        ],
    },
    Workload {
        name: "one_pole",
        peers: "one_pole",
        title: "one-pole low-pass",
        inputs: &[SPEECH],
        tolerance: 1e-9,
        // The same half-power frequency by the trapezoidal rule.
        native: Native::Another,
        demands: &[most(Kind::Oscine, Kind::C, 1.3)],
    },
    Workload {
        name: "one_pole_block",
        peers: "one_pole_block",
        title: "one-pole low-pass, block form",
        inputs: &[SPEECH],
        tolerance: 1e-9,
        native: Native::Another,
        demands: &[most(Kind::Oscine, Kind::C, 1.3)],
    },
    Workload {
        name: "osc_sine",
        peers: "osc_sine",
        title: "sine oscillator",
        inputs: &[],
        tolerance: 1e-9,
        native: Native::Near(1e-9),
        demands: &[],
    },
    Workload {
        name: "sines64",
        peers: "sines64",
        title: "64 sine oscillators",
        inputs: &[],
        tolerance: 1e-9,
        native: Native::Near(1e-9),
        demands: &[most(Kind::Oscine, Kind::Numba, 0.5), most(Kind::OscineNumba, Kind::Numba, 0.5)],
    },
    Workload {
        name: "butterworth",
        peers: "butterworth",
        title: "Butterworth low-pass, order 4",
        inputs: &[SPEECH],
        tolerance: 1e-9,
        native: Native::Near(1e-9),
        demands: &[],
    },
    Workload {
        name: "biquad",
        peers: "biquad",
        title: "biquad",
        inputs: &[SPEECH],
        tolerance: 1e-9,
        native: Native::None,
        demands: &[most(Kind::Oscine, Kind::C, 1.3)],
    },
    Workload {
        name: "sin_loop",
        peers: "sin_loop",
        title: "listings A3 to A5: i += 1; a = math.sin(i)",
        inputs: &[],
        tolerance: 1e-9,
        native: Native::None,
        demands: &[],
    },
];

impl Workload {
    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|workload| workload.name == name)
    }

    /// How many inputs it has.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// One block of each input.
    pub fn input_block(&self) -> Vec<Vec<f64>> {
        let sample = |sines: &[(f64, f64)], frame: usize| -> f64 {
            sines
                .iter()
                .map(|(amplitude, periods)| amplitude * (TAU * periods * frame as f64 / FRAMES as f64).sin())
                .sum()
        };
        self.inputs.iter().map(|sines| (0..FRAMES).map(|frame| sample(sines, frame)).collect()).collect()
    }
}
