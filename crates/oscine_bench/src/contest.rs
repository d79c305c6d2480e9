//! Runs sides in turn.

use std::path::Path;

use crate::peer::{Absent, Folder, Peer};
use crate::script::Ours;
use crate::spread::Spread;
use crate::workload::{FRAMES, Workload};

/// Largest difference between outputs, as a part of the peak.
const TOLERANCE: f64 = 1e-9;

/// How long a round of one side takes, about: less than the system lets a process run before another may have the
/// processor, so that most rounds are undisturbed even on a busy machine.
const ROUND_MS: f64 = 1.0;

/// What a side did in a round.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Time, in ns for each sample.
    pub ns_per_sample: f64,
    /// The output of the last block.
    pub output: Vec<f64>,
}

/// One who computes the workload.
pub trait Side {
    /// Runs that many blocks, going on from the state of the last round.
    fn run(&mut self, blocks: u32) -> Result<Round, String>;
}

/// What came out of a peer.
#[derive(Debug)]
pub enum Outcome {
    /// It ran along and agreed.
    Measured {
        /// Its time, in ns for each sample.
        ns_per_sample: Spread,
        /// oscine's time in the same round as a part of its time.
        ratio: Spread,
        /// Time of the first call, where the peer compiles then.
        first_call_ms: Option<f64>,
    },
    /// There is no number; the words say why.
    Missing(String),
}

/// What came out of a workload.
#[derive(Debug)]
pub struct Standing {
    /// What was run.
    pub workload: Workload,
    /// oscine's time, in ns for each sample.
    pub ours: Spread,
    /// C's.
    pub c: Outcome,
    /// Numba's.
    pub numba: Outcome,
}

/// Whether outputs agree, or words about how they do not.
pub fn agree(ours: &[f64], theirs: &[f64]) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("{} samples instead of {}", theirs.len(), ours.len()));
    }
    let peak = ours.iter().fold(0.0, |peak: f64, x| peak.max(x.abs()));
    let apart = |(a, b): (&f64, &f64)| (a - b).abs();
    // NaN is no agreement.
    let at = ours
        .iter()
        .zip(theirs)
        .position(|pair| !matches!(apart(pair).partial_cmp(&(TOLERANCE * peak)), Some(o) if o.is_le()));
    match at {
        Some(n) => Err(format!("outputs differ: {} and {} at frame {n} of the last block", ours[n], theirs[n])),
        None if peak > 0.0 => Ok(()),
        None => Err("the output is silent".into()),
    }
}

/// Runs a workload by oscine and both peers, `rounds` times in turn.
pub fn run(workload: &Workload, rounds: usize, folder: &Folder, python: &Path) -> Result<Standing, String> {
    let mut ours = Ours::new(workload)?;
    let mut peers = [Peer::c(workload, folder), Peer::numba(workload, python)];
    let mut times: [Vec<f64>; 3] = Default::default();

    // The first round warms up all sides and says how long a block takes.
    let mut blocks = 16;
    for round in 0..=rounds {
        let mine = ours.run(blocks)?;
        for (peer, times) in peers.iter_mut().zip(&mut times[1..]) {
            let Ok(side) = peer else { continue };
            let theirs = side.run(blocks).and_then(|theirs| agree(&mine.output, &theirs.output).map(|()| theirs));
            match theirs {
                Ok(theirs) if round > 0 => times.push(theirs.ns_per_sample),
                Ok(_) => {}
                Err(words) => *peer = Err(Absent::Broken(words)),
            }
        }
        if round == 0 {
            blocks = (ROUND_MS * 1e6 / (mine.ns_per_sample * FRAMES as f64)).clamp(1.0, 1e6) as u32;
        } else {
            times[0].push(mine.ns_per_sample);
        }
    }

    let [c, numba] = peers;
    let [mine, of_c, of_numba] = times;
    let outcome = |peer: Result<Peer, Absent>, times: Vec<f64>| match peer {
        Ok(peer) => Outcome::Measured {
            ratio: Spread::of(mine.iter().zip(&times).map(|(ours, theirs)| ours / theirs)),
            ns_per_sample: Spread::of(times),
            first_call_ms: peer.first_call_ms,
        },
        Err(absent) => Outcome::Missing(absent.to_string()),
    };
    let (c, numba) = (outcome(c, of_c), outcome(numba, of_numba));
    Ok(Standing { workload: *workload, ours: Spread::of(mine), c, numba })
}

#[cfg(test)]
mod tests {
    use super::agree;

    #[test]
    fn what_differs_is_no_agreement() {
        assert!(agree(&[1.0, -2.0], &[1.0, -2.0 - 1e-9]).is_ok());
        assert!(agree(&[1.0, -2.0], &[1.0, -2.0 - 3e-9]).is_err());
        assert!(agree(&[1.0, f64::NAN], &[1.0, f64::NAN]).is_err());
        assert!(agree(&[0.0, 0.0], &[0.0, 0.0]).is_err());
        assert!(agree(&[1.0, 2.0], &[1.0]).is_err());
    }
}
