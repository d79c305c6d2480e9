//! Runs the sides of a workload in turn.
//!
//! First every side computes three blocks from its first state, and what differs from oscine's output is out: there is no
//! time for a wrong result. Then all run in turn, round after round, so that what else the machine does meets them alike; a
//! ratio is the median of the ratios of single rounds. A side that is slow takes part in every so many rounds only.

use crate::kind::Kind;
use crate::peer::{Absent, Peer, Tools};
use crate::spread::Spread;
use crate::workload::{FRAMES, Native, Workload};

/// How far outputs may be apart, as a part of the peak, where a side may round otherwise than Python.
const LOOSE_TOLERANCE: f64 = 1e-5;

/// How long a round of one side takes, about: less than the system lets a process run before another may have the
/// processor, so that most rounds are undisturbed even on a busy machine.
const ROUND_MS: f64 = 1.0;

/// Blocks that a side computes in all, at least, unless it would take longer than it may.
const BLOCKS: usize = 1000;

/// Rounds that even the slowest side takes part in.
const LEAST_ROUNDS: usize = 3;

/// What came out for a side.
#[derive(Debug)]
pub enum Outcome {
    /// It agreed and was timed.
    Measured(Measured),
    /// There is no number; the words say why.
    Missing(String),
}

/// How long the sides run.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Rounds; with none, outputs are compared and nothing is timed.
    pub rounds: usize,
    /// The most time that one side takes in all, about, in s.
    pub seconds: f64,
}

/// Numbers of one side.
#[derive(Debug)]
pub struct Measured {
    /// Time of single rounds; `None` where no round was asked for.
    pub ns_per_sample: Option<Spread>,
    /// Blocks computed while timed.
    pub blocks: usize,
    /// From its source to a kernel that runs, in ms.
    pub ready_ms: f64,
    /// What the running algorithm holds, in bytes.
    pub held_bytes: u64,
    /// What its whole process holds at most, in bytes.
    pub process_bytes: u64,
    /// Time of each round in which it took part.
    rounds: Vec<Option<f64>>,
}

/// What came out of a workload.
#[derive(Debug)]
pub struct Standing {
    /// What was run.
    pub workload: Workload,
    /// Each side that takes part.
    pub sides: Vec<(Kind, Outcome)>,
}

impl Standing {
    /// The numbers of a side, if it has any.
    pub fn of(&self, kind: Kind) -> Option<&Measured> {
        self.sides.iter().find_map(|(known, outcome)| match outcome {
            Outcome::Measured(measured) if *known == kind => Some(measured),
            _ => None,
        })
    }

    /// The time of one side as a part of another's, over the rounds that they share.
    pub fn ratio(&self, of: Kind, by: Kind) -> Option<Spread> {
        let (of, by) = (self.of(of)?, self.of(by)?);
        let ratios: Vec<f64> = of.rounds.iter().zip(&by.rounds).filter_map(|(of, by)| Some((*of)? / (*by)?)).collect();
        (!ratios.is_empty()).then(|| Spread::of(ratios))
    }

    /// The faster of the two in C.
    pub fn fastest_c(&self) -> Option<Kind> {
        let median = |kind: &Kind| self.of(*kind).and_then(|measured| Some(measured.ns_per_sample?.median));
        let timed = [Kind::C, Kind::CFast].into_iter().filter_map(|kind| Some((kind, median(&kind)?)));
        timed.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(kind, _)| kind)
    }
}

/// Whether outputs agree, or words about how they do not.
pub fn agree(ours: &[f64], theirs: &[f64], tolerance: f64) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("{} samples instead of {}", theirs.len(), ours.len()));
    }
    let peak = ours.iter().fold(0.0, |peak: f64, x| peak.max(x.abs()));
    if theirs.iter().all(|x| *x == 0.0) {
        return Err("its output is silent".into());
    }
    let apart = |(a, b): (&f64, &f64)| (a - b).abs();
    // NaN is no agreement.
    let at = ours
        .iter()
        .zip(theirs)
        .position(|pair| !matches!(apart(pair).partial_cmp(&(tolerance * peak)), Some(o) if o.is_le()));
    match at {
        Some(n) => Err(format!("its output differs: {} instead of {} at frame {n}", theirs[n], ours[n])),
        None if peak > 0.0 => Ok(()),
        None => Err("the output is silent".into()),
    }
}

struct Side {
    peer: Peer,
    blocks: u32,
    /// It takes part in every so many rounds.
    every: usize,
    rounds: Vec<Option<f64>>,
    held_bytes: u64,
    process_bytes: u64,
}

impl Side {
    fn take_part(&mut self, round: usize) -> Result<(), String> {
        if !round.is_multiple_of(self.every) {
            self.rounds.push(None);
            return Ok(());
        }
        let done = self.peer.run(self.blocks)?;
        self.rounds.push(Some(done.ns_per_sample));
        self.held_bytes = self.held_bytes.max(done.held_bytes);
        self.process_bytes = self.process_bytes.max(done.process_bytes);
        Ok(())
    }
}

/// Runs a workload by the sides of `kinds`.
pub fn run(workload: &Workload, kinds: &[Kind], effort: Effort, tools: &Tools) -> Result<Standing, String> {
    let mut referee = Peer::start(Kind::Oscine, workload, tools).map_err(|absent| format!("oscine {absent}"))?;
    let expected = [1, 2].map(|blocks| referee.run(blocks).map(|round| round.output));
    drop(referee);
    let mut outcomes: Vec<(Kind, Result<Side, String>)> = vec![];
    for kind in kinds {
        let side = Peer::start(*kind, workload, tools).map_err(|absent: Absent| absent.to_string());
        let side = side.and_then(|peer| enter(*kind, peer, workload, &expected, effort));
        outcomes.push((*kind, side));
    }
    for round in 0..effort.rounds {
        for (_, side) in &mut outcomes {
            if let Ok(racer) = side
                && let Err(words) = racer.take_part(round)
            {
                *side = Err(words);
            }
        }
    }
    let sides = outcomes.into_iter().map(|(kind, side)| (kind, side.map_or_else(Outcome::Missing, finish))).collect();
    Ok(Standing { workload: *workload, sides })
}

/// Compares a side's first blocks with ours, and plans how often it runs.
fn enter(
    kind: Kind,
    mut peer: Peer,
    workload: &Workload,
    expected: &[Result<Vec<f64>, String>; 2],
    Effort { rounds, seconds }: Effort,
) -> Result<Side, String> {
    let tolerance = match (kind, workload.native) {
        (Kind::Native | Kind::NativeVoices, Native::Near(tolerance)) => tolerance,
        // Only that it is finite and sounds.
        (Kind::Native | Kind::NativeVoices, _) => f64::MAX,
        _ if kind.is_loose() => LOOSE_TOLERANCE,
        _ => workload.tolerance,
    };
    let (mut block_ms, mut held_bytes, mut process_bytes) = (0.0, 0, 0);
    for (blocks, expected) in [1, 2].into_iter().zip(expected) {
        let round = peer.run(blocks)?;
        agree(expected.as_ref().map_err(Clone::clone)?, &round.output, tolerance)?;
        block_ms = round.ns_per_sample * FRAMES as f64 * 1e-6;
        (held_bytes, process_bytes) = (round.held_bytes, round.process_bytes);
    }
    let enough = BLOCKS.div_ceil(rounds.max(1)) as f64;
    let affordable = 1e3 * seconds / rounds.max(1) as f64 / block_ms;
    let blocks = (ROUND_MS / block_ms).max(enough).min(affordable).clamp(1.0, 1e6);
    let most_rounds = ((1e3 * seconds / block_ms) as usize).max(LEAST_ROUNDS);
    let every = rounds.div_ceil(most_rounds).max(1);
    Ok(Side { peer, blocks: blocks as u32, every, rounds: vec![], held_bytes, process_bytes })
}

fn finish(side: Side) -> Outcome {
    let times: Vec<f64> = side.rounds.iter().flatten().copied().collect();
    Outcome::Measured(Measured {
        blocks: times.len() * side.blocks as usize,
        ns_per_sample: (!times.is_empty()).then(|| Spread::of(times)),
        ready_ms: side.peer.ready_ms,
        held_bytes: side.held_bytes,
        process_bytes: side.process_bytes,
        rounds: side.rounds,
    })
}

#[cfg(test)]
mod tests {
    use super::agree;

    #[test]
    fn what_differs_is_no_agreement() {
        assert!(agree(&[1.0, -2.0], &[1.0, -2.0 - 1e-9], 1e-9).is_ok());
        assert!(agree(&[1.0, -2.0], &[1.0, -2.0 - 3e-9], 1e-9).is_err());
        assert!(agree(&[1.0, f64::NAN], &[1.0, f64::NAN], 1e-9).is_err());
        assert!(agree(&[0.0, 0.0], &[0.0, 0.0], 1e-9).is_err());
        assert!(agree(&[1.0, 2.0], &[1.0], 1e-9).is_err());
    }
}
