//! What the native circuits cost beside the paper's algorithms in C, in turn, medians of 41 rounds of about a millisecond:
//!
//!     cargo run --release -p oscine_dsp --example cost
//!
//! Needs gcc. The C is that of `oscine bench` (`crates/oscine_bench/peers/c`).

use std::f64::consts::TAU;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use oscine_dsp::oversample::Kind;
use oscine_dsp::{RingModulator, RingVoices, Slopes, Solver, Vcs3, Vcs3Voices};

const RATE: f64 = 44_100.0;
const FRAMES: usize = 512;
const ROUNDS: usize = 41;

/// The paper's program in C, as a process that times itself.
struct Peer {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(name: &str, inputs: &[&[f64]]) -> Self {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../oscine_bench/peers/c"));
        let program = std::env::temp_dir().join(format!("oscine-cost-{name}-{}", std::process::id()));
        let sources = [folder.join("driver.c"), folder.join(name).with_extension("c")];
        let mut gcc = Command::new("gcc");
        gcc.args(["-O3", "-march=native", "-o"]).arg(&program).args(sources).arg("-lm");
        assert!(gcc.status().expect("gcc is installed").success(), "{name}.c compiles");
        let mut process = Command::new(&program)
            .arg(FRAMES.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        // Its file may go as soon as it runs.
        std::fs::remove_file(program).expect("it can be removed");
        let mut commands = process.stdin.take().expect("a pipe");
        let bytes: Vec<u8> = inputs.iter().copied().flatten().flat_map(|x| x.to_ne_bytes()).collect();
        commands.write_all(&bytes).expect("it listens");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, commands, answers }
    }

    /// Nanoseconds a sample, over so many blocks.
    fn run(&mut self, blocks: usize) -> f64 {
        writeln!(self.commands, "{blocks}").expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        line.split(' ').next().and_then(|n| n.trim().parse().ok()).expect("nanoseconds come first")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Times `block`, which computes 512 samples of each of `voices`, in turn with a peer.
fn compare(title: &str, most: Option<f64>, voices: usize, peer: &mut Peer, mut block: impl FnMut()) {
    let mut ours = |blocks: usize| {
        let begin = Instant::now();
        (0..blocks).for_each(|_| block());
        begin.elapsed().as_secs_f64() * 1e9 / (blocks * FRAMES * voices) as f64
    };
    ours(20);
    peer.run(20);
    let (mut mine, mut theirs) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        mine.push(ours(4));
        theirs.push(peer.run(2));
    }
    let ratio = median(mine.iter().zip(&theirs).map(|(a, b)| a / b).collect());
    let limit = most.map_or(String::new(), |most| format!(" (at most {most})"));
    println!("{title:44} {:7.1} ns   C {:7.1} ns   ratio {ratio:.3}{limit}", median(mine), median(theirs));
}

fn sines(parts: &[(f64, f64)]) -> Vec<f64> {
    let at = |n: usize| parts.iter().map(|(a, k)| a * (TAU * k * n as f64 / FRAMES as f64).sin()).sum();
    (0..FRAMES).map(at).collect()
}

fn spread<const N: usize>(x: &[f64]) -> Vec<[f64; N]> {
    // Each voice at another place of the signal.
    (0..FRAMES).map(|n| std::array::from_fn(|voice| x[(n + 37 * voice) % FRAMES])).collect()
}

fn main() {
    let x = sines(&[(0.1, 2.0), (0.05, 20.0)]);
    let mut c = Peer::start("vcs3", &[&x]);
    let mut y = vec![0.0; FRAMES];
    let mut filter = Vcs3::new(Slopes::Thermal, Solver::Newton, 1000.0, 4.0, RATE);
    compare("vcs3, 1e-9, K = 4", Some(0.17), 1, &mut c, || filter.process(&x, &mut y));
    let (mut voices, x4) = (Vcs3Voices::<4>::new(Slopes::Thermal, 1000.0, 4.0, RATE), spread::<4>(&x));
    let mut y4 = vec![[0.0; 4]; FRAMES];
    compare("vcs3, 4 voices, each", None, 4, &mut c, || voices.process(&x4, &mut y4));
    let (mut voices, x8) = (Vcs3Voices::<8>::new(Slopes::Thermal, 1000.0, 4.0, RATE), spread::<8>(&x));
    let mut y8 = vec![[0.0; 8]; FRAMES];
    compare("vcs3, 8 voices, each", Some(0.06), 8, &mut c, || voices.process(&x8, &mut y8));

    // At 0.5 V the paper's way with zero-stuffing leaves the numbers; at 0.4 V it does not.
    for volts in [0.4, 0.5] {
        let (m, k) = (sines(&[(volts, 2.0)]), sines(&[(volts, 6.0)]));
        let mut c = Peer::start("ring_modulator", &[&m, &k]);
        for factor in [1, 2, 4, 8] {
            let mut ring = RingModulator::oversampled(factor, Kind::LinearPhase, RATE);
            let title = format!("ring modulator, {volts} V, {factor} times the rate");
            let most = (factor == 2).then_some(0.5);
            compare(&title, most, 1, &mut c, || ring.process(&m, &k, &mut y));
        }
        let (m8, k8) = (spread::<8>(&m), spread::<8>(&k));
        let mut ring = RingVoices::<8>::new(2, Kind::LinearPhase, RATE);
        let title = format!("ring modulator, {volts} V, twice, 8 voices, each");
        compare(&title, None, 8, &mut c, || ring.process(&m8, &k8, &mut y8));
    }
}
