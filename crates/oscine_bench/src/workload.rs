//! What is measured.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

/// Frames of a block.
pub const FRAMES: usize = 512;

/// Rate of all workloads, in Hz.
pub const SAMPLE_RATE: f64 = 44_100.0;

/// One script and its peers.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// The name of its script and peers.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// A sum of sines for each input: amplitude and whole periods a block, so that blocks follow one another smoothly.
    inputs: &'static [&'static [(f64, f64)]],
    /// The most that oscine's time may be of C's, where a limit is set.
    pub limit: Option<f64>,
}

/// All of them.
pub const ALL: [Workload; 6] = [
    Workload { name: "one_pole", title: "one-pole low-pass", inputs: &[&[(0.5, 2.0), (0.25, 20.0)]], limit: Some(1.3) },
    Workload {
        name: "one_pole_block",
        title: "one-pole low-pass, block form",
        inputs: &[&[(0.5, 2.0), (0.25, 20.0)]],
        limit: Some(1.3),
    },
    Workload { name: "biquad", title: "biquad", inputs: &[&[(0.5, 2.0), (0.25, 20.0)]], limit: Some(1.3) },
    Workload {
        name: "ring_core",
        title: "ring modulator, 30 steps, no filtering",
        inputs: &[&[(0.3, 2.0)], &[(0.3, 6.0)]],
        limit: Some(1.25),
    },
    Workload {
        name: "vcs3",
        title: "VCS3 filter, K = 4, fixed point",
        inputs: &[&[(0.1, 2.0), (0.05, 20.0)]],
        limit: Some(0.8),
    },
    Workload { name: "sines64", title: "64 sine oscillators", inputs: &[], limit: None },
];

impl Workload {
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

    /// The script.
    pub fn script(&self) -> PathBuf {
        root().join("scripts").join(self.name).with_extension("py")
    }

    /// The kernel in C.
    pub fn c_source(&self) -> PathBuf {
        root().join("peers/c").join(self.name).with_extension("c")
    }
}

/// This crate's folder, with scripts and peers.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
