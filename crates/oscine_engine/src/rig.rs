//! A feed and its control side, driven by a test instead of a device.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oscine_dsp::Processor;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::control::{Control, Shared};
use crate::feed::{Command, Feed, Report};
use crate::guard::Guard;
use crate::patch::Inputs;
use crate::runner::Runner;
use crate::schedule::Schedule;
use crate::stats::Stats;
use crate::wiring::Wiring;

pub(crate) struct Rig {
    pub(crate) feed: Feed,
    pub(crate) commands: Producer<Command>,
    pub(crate) control: Control,
    pub(crate) shared: Arc<Shared>,
    pub(crate) reports: Consumer<Report>,
    pub(crate) stats: Arc<Stats>,
    rate: f64,
    start: Instant,
    played: usize,
}

/// Nothing planned, and room for 16 changes.
pub(crate) fn nothing_planned(processor: &dyn Processor) -> (Schedule, Box<Wiring>) {
    let (_, wiring) = Shared::new(processor.face(), vec![], Arc::new(Stats::new(1000.0)));
    (Schedule::of(vec![], 16), wiring)
}

/// At 1000 Hz, with room for 16 of everything, and nothing that must not be heard but what is no number.
pub(crate) fn rig(processor: Box<dyn Processor>, inputs: Inputs, block: usize, end: Option<u64>) -> Rig {
    guarded_rig(processor, inputs, block, end, Guard::lenient(1000.0), 1000.0)
}

/// The same at another rate, with a guard of its own.
pub(crate) fn guarded_rig(
    processor: Box<dyn Processor>,
    inputs: Inputs,
    block: usize,
    end: Option<u64>,
    guard: Guard,
    rate: f64,
) -> Rig {
    let stats = Arc::new(Stats::new(rate));
    let (shared, wiring) = Shared::new(processor.face(), vec![], stats.clone());
    let planned = (Schedule::of(vec![], 16), wiring);
    let runner = Runner::new(processor, inputs, block, end, planned, None, rate).guarded_by(guard);
    let (lane, orders) = RingBuffer::new(16);
    let (commands, taken) = RingBuffer::new(16);
    let (sent, reports) = RingBuffer::new(16);
    let control = Control::new(lane, shared.clone());
    let feed = Feed::new(runner, vec![orders], taken, sent, stats.clone(), rate);
    let start = Instant::now() + Duration::from_secs(1);
    Rig { feed, commands, control, shared, reports, stats, rate, start, played: 0 }
}

impl Rig {
    /// When a device that never comes late asks for that frame.
    pub(crate) fn moment(&self, frame: f64) -> Instant {
        self.start + Duration::from_secs_f64(frame / self.rate)
    }

    /// Plays `count` frames of one channel, on time.
    pub(crate) fn play(&mut self, count: usize) -> Vec<f32> {
        let mut out = vec![0.0; count];
        let now = self.moment(self.played as f64);
        self.feed.fill_at(&mut out, 1, now);
        self.played += count;
        out
    }

    /// Sends a processor as the player does.
    pub(crate) fn swap(&mut self, processor: Box<dyn Processor>) {
        let face = processor.face().clone();
        let commands = &mut self.commands;
        assert!(self.shared.swap(&face, |wiring| commands.push(Command::Swap(processor, wiring)).is_ok()));
    }

    /// The next report but the ways to parameters.
    pub(crate) fn report(&mut self) -> Option<Report> {
        std::iter::from_fn(|| self.reports.pop().ok()).find(|report| !matches!(report, Report::Unwired(_)))
    }
}
