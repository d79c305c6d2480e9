//! Live playing from the control side: opens a device, starts the audio side on it, talks to it by queues.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oscine_dsp::{FaultWords, Processor};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::control::{Control, Order, Shared};
use crate::devices::{DeviceError, Keeper, Output, Playing, Stream};
use crate::feed::{Command, Feed, Report};
use crate::guard::{Guard, OnFault, Safety};
use crate::patch::Inputs;
use crate::priority::{Promotion, lock_memory};
use crate::record::Tape;
use crate::runner::Runner;
use crate::schedule::Schedule;
use crate::score::Score;
use crate::stats::Stats;
use crate::watch_word::StopFlag;
use crate::watchdog::Watchdog;

/// How to play.
pub struct LiveConfig {
    /// Frames a second, which the device must run at: see [`Output::nearest_rate`].
    pub sample_rate: f64,
    /// Frames of a block, unless the processor insists on its own.
    pub block_frames: usize,
    /// Frames to play; `None` for as long as it is wanted.
    pub frames: Option<u64>,
    /// What happens at which frame.
    pub score: Score,
    /// The flag that the processor looks at in its loops.
    pub stop: StopFlag,
    /// What is counted.
    pub stats: Arc<Stats>,
    /// What must not be heard, and what happens then.
    pub safety: Safety,
    /// What is heard is recorded there.
    pub tape: Option<Tape>,
    /// Whether the audio thread asks for a real-time priority, and memory is locked.
    pub is_realtime: bool,
}

/// A block may last so many times its own length before it is stopped ...
const BUDGET_PERIODS: f64 = 4.0;
/// ... but never less than this, for a thread that the system has put aside is not an endless loop: a busy machine
/// takes the processor away from a thread for 10 ms and more, and the watch goes by the clock on the wall. Only a
/// budget that was asked for is taken at its word.
const LEAST_BUDGET: Duration = Duration::from_millis(50);

/// Longer than anyone waits.
const LONGEST_BUDGET_SECONDS: f64 = 86_400.0;

/// How long a block of `block_seconds` may take.
fn budget(periods: Option<f64>, block_seconds: f64) -> Duration {
    match periods {
        Some(periods) => Duration::from_secs_f64((periods * block_seconds).clamp(0.0, LONGEST_BUDGET_SECONDS)),
        None => Duration::from_secs_f64(BUDGET_PERIODS * block_seconds).max(LEAST_BUDGET),
    }
}

/// Orders of a handle, changes for later, and reports that may wait.
const QUEUE: usize = 1024;
/// Handles that can be had, the player's own among them.
const HANDLES: usize = 16;

/// Sound that is playing. It stops when this is dropped.
pub struct Player {
    // Dropped first: the audio side is gone before what it uses.
    keeper: Keeper<Feed>,
    promotion: Promotion,
    /// Whether memory is locked, if that was wanted.
    memory: Option<Result<(), String>>,
    commands: Producer<Command>,
    control: Control,
    shared: Arc<Shared>,
    /// The lanes of handles that nobody has asked for yet.
    lanes: Vec<Producer<Order>>,
    reports: Consumer<Report>,
    stats: Arc<Stats>,
    on_fault: OnFault,
    notices: Vec<String>,
    words: FaultWords,
    /// The words of processors that were sent and are not heard yet.
    next_words: VecDeque<FaultWords>,
    sample_rate: f64,
    swaps: u64,
    has_swapped_fresh: bool,
    has_swapped_at_once: bool,
    _watchdog: Watchdog,
}

impl Player {
    /// Starts `processor` on `output`.
    ///
    /// # Panics
    /// If `inputs` has not one tap for each input of the processor.
    pub fn start(
        config: LiveConfig,
        processor: Box<dyn Processor>,
        inputs: Inputs,
        output: &Output,
    ) -> Result<Self, DeviceError> {
        let words = processor.fault_words();
        let block_frames = processor.face().fixed_block_frames.unwrap_or(config.block_frames);
        let budget = budget(config.safety.budget_periods, block_frames as f64 / config.sample_rate);
        let (watchdog, post) = if config.is_realtime {
            Watchdog::start_above_audio(budget, config.stop)
        } else {
            Watchdog::start(budget, config.stop)
        };
        let (shared, wiring) = Shared::new(processor.face(), config.score.maps, config.stats.clone());
        let planned = (Schedule::of(config.score.changes, QUEUE), wiring);
        let rate = config.sample_rate;
        let runner = Runner::new(processor, inputs, config.block_frames, config.frames, planned, Some(post), rate)
            .guarded_by(Guard::new(&config.safety, rate));
        let (mut lanes, orders): (Vec<_>, Vec<_>) = (0..HANDLES).map(|_| RingBuffer::new(QUEUE)).unzip();
        let (commands, taken) = RingBuffer::new(QUEUE);
        let (sent, reports) = RingBuffer::new(QUEUE);
        let outputs = runner.outputs();
        let promotion = Promotion::new(config.is_realtime);
        let playing =
            Playing { sample_rate: rate, block_frames: config.block_frames, outputs, stats: config.stats.clone() };
        let feed = Feed::new(runner, orders, taken, sent, config.stats.clone(), rate)
            .with_tape(config.tape)
            .with_promotion(promotion.clone());
        let own = lanes.pop().expect("there is a lane for each handle");
        let keeper = output.play(playing, |ears| Box::new(feed.with_ears(ears)))?;
        Ok(Self {
            keeper,
            promotion,
            memory: config.is_realtime.then(lock_memory),
            commands,
            control: Control::new(own, shared.clone()),
            shared,
            lanes,
            reports,
            stats: config.stats,
            on_fault: config.safety.on_fault,
            notices: Vec::new(),
            words,
            next_words: VecDeque::new(),
            sample_rate: config.sample_rate,
            swaps: 0,
            has_swapped_fresh: false,
            has_swapped_at_once: false,
            _watchdog: watchdog,
        })
    }

    /// A handle for another control thread: OSC, MIDI, a window. `None` when all 15 have been given away.
    pub fn control(&mut self) -> Option<Control> {
        let lane = self.lanes.pop()?;
        Some(Control::new(lane, self.shared.clone()))
    }

    /// Starts the processor again from its first state, out of its silence after trouble.
    pub fn reset(&mut self) -> bool {
        self.control.reset()
    }

    /// Fades to silence, or back. Whether there was room for the message.
    pub fn mute(&mut self, is_on: bool) -> bool {
        self.control.mute(is_on)
    }

    /// Fades to the inputs as they are, where the outputs have some, or back to what the processor makes of them; it
    /// computes on meanwhile. Whether there was room for the message.
    pub fn bypass(&mut self, is_on: bool) -> bool {
        self.control.bypass(is_on)
    }

    /// Puts another processor, with as many inputs and outputs and the same fixed block, in the place of the present
    /// one, which fades out and whose state it takes over if it was prepared for that, and nothing went wrong before.
    /// Whether there was room for the message; if not, the present one plays on.
    pub fn swap(&mut self, processor: Box<dyn Processor>) -> bool {
        let words = processor.fault_words();
        let Self { shared, commands, .. } = self;
        let face = processor.face().clone();
        let is_sent = shared.swap(&face, |wiring| commands.push(Command::Swap(processor, wiring)).is_ok());
        if is_sent {
            self.next_words.push_back(words);
            self.keep_in_memory();
        } else {
            self.stats.add_lost_change();
        }
        is_sent
    }

    /// How many of the processors that were sent by [`swap`](Self::swap) have been heard, as of the last call of
    /// [`troubles`](Self::troubles).
    pub fn swaps(&self) -> u64 {
        self.swaps
    }

    /// Whether the last of those that have been heard took over no state, as the one before it had failed.
    pub fn has_swapped_fresh(&self) -> bool {
        self.has_swapped_fresh
    }

    /// Whether the last of those that have been heard was heard at once: all state went on, and so does the sound. Others
    /// are faded into over [`SWAP_FADE_SECONDS`](crate::SWAP_FADE_SECONDS).
    pub fn has_swapped_at_once(&self) -> bool {
        self.has_swapped_at_once
    }

    /// What has gone wrong since the last call, in words. Frees processors that were replaced.
    pub fn troubles(&mut self) -> Vec<String> {
        let mut troubles = vec![];
        while let Ok(report) = self.reports.pop() {
            match report {
                Report::Trouble(trouble) => {
                    let words = trouble.describe(&self.words, self.sample_rate);
                    troubles.push(match self.on_fault {
                        OnFault::Mute => words,
                        OnFault::Bypass => format!("{words}; the input passes through"),
                        OnFault::Reset => format!("{words}; it starts again"),
                    });
                }
                Report::Notice(notice) => self.notices.push(notice.describe(self.sample_rate)),
                Report::Swapped { is_fresh, is_at_once } => {
                    self.swaps += 1;
                    self.has_swapped_at_once = is_at_once;
                    self.has_swapped_fresh = is_fresh;
                    if let Some(words) = self.next_words.pop_front() {
                        self.words = words;
                    }
                }
                Report::Retired(processor) => drop(processor),
                Report::Unwired(wiring) => drop(wiring),
            }
        }
        troubles
    }

    /// What is worth telling though it plays on, as of the last call of [`troubles`](Self::troubles): an output with a
    /// constant offset. Each is told once.
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// The counters.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Frames between computing a sample and hearing it: what the device says by now, and what its portions add where
    /// they are no multiples of the block.
    pub fn latency_frames(&self) -> usize {
        self.keeper.stream().map_or(0, Stream::latency_frames) + self.stats.reblocking_frames() as usize
    }

    /// Channels that the device plays: outputs of the processor beyond them are not heard.
    pub fn channels(&self) -> usize {
        self.keeper.stream().map_or(0, Stream::channels)
    }

    /// Sees to the device; to be called every now and then. A device that is gone is looked for again, while the sound
    /// plays on in silence. Gives lines for the user about what has changed.
    pub fn tend(&mut self) -> Vec<String> {
        self.keeper.tend(Instant::now())
    }

    /// Locks what memory is new since it was locked before.
    fn keep_in_memory(&self) {
        if let Some(Ok(())) = self.memory {
            // It was allowed before; if it is no longer, it is later than ever only where memory is short.
            let _ = lock_memory();
        }
    }

    /// How the audio thread runs, in a line; `None` until it does.
    pub fn realtime(&self) -> Option<String> {
        let memory = match &self.memory {
            Some(Ok(())) => ", memory locked".to_owned(),
            Some(Err(words)) => format!(", memory not locked: {words}"),
            None => String::new(),
        };
        self.promotion.granted().map(|priority| format!("audio thread: {priority}{memory}"))
    }

    /// Why nothing will be heard any more, if that is so.
    pub fn lost_device(&self) -> Option<String> {
        self.keeper.lost().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{LiveConfig, Player};
    use crate::devices::Output;
    use crate::guard::Safety;
    use crate::patch::Inputs;
    use crate::score::Score;
    use crate::stats::Stats;
    use crate::testing::{Endless, Faulting, Tones};
    use crate::watch_word::StopFlag;

    fn config(frames: Option<u64>, stop: StopFlag) -> LiveConfig {
        let (stats, score, safety) = (Arc::new(Stats::new(48_000.0)), Score::default(), Safety::default());
        LiveConfig {
            sample_rate: 48_000.0,
            block_frames: 64,
            frames,
            score,
            stop,
            stats,
            safety,
            tape: None,
            is_realtime: true,
        }
    }

    /// Waits for something that happens soon, however slow the machine is.
    fn wait_for(mut condition: impl FnMut() -> bool) {
        for _ in 0..60_000 {
            if condition() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("it never happened");
    }

    #[test]
    fn plays_to_the_end_on_the_built_in_device() {
        let output = Output::named("null").unwrap();
        assert_eq!(output.nearest_rate(12_345.0), 12_345.0);
        let config = config(Some(1000), StopFlag::default());
        let player = Player::start(config, Box::new(Tones::new()), Inputs::none(), &output).unwrap();
        wait_for(|| player.stats().is_finished());
        let snapshot = player.stats().snapshot();
        assert_eq!((snapshot.frames, snapshot.blocks), (1000, 16));
        assert_eq!(player.lost_device(), None);
    }

    #[test]
    fn trouble_comes_out_in_words_and_a_swap_plays_on() {
        let output = Output::named("null").unwrap();
        let config = config(None, StopFlag::default());
        let mut player = Player::start(config, Box::new(Faulting::at(100)), Inputs::none(), &output).unwrap();
        let mut troubles = vec![];
        wait_for(|| {
            troubles.extend(player.troubles());
            !troubles.is_empty()
        });
        assert_eq!(troubles.len(), 1);
        assert!(player.swap(Box::new(Faulting::at(50))));
        wait_for(|| {
            troubles.extend(player.troubles());
            troubles.len() == 2
        });
    }

    #[test]
    fn an_endless_block_is_stopped() {
        let stop = StopFlag::default();
        let output = Output::named("null").unwrap();
        let processor = Box::new(Endless::new(stop.clone()));
        let mut player = Player::start(config(None, stop), processor, Inputs::none(), &output).unwrap();
        wait_for(|| !player.troubles().is_empty());
    }

    #[test]
    fn a_device_that_is_not_there_is_named() {
        let error = Output::named("no such device").err().unwrap().to_string();
        assert!(error.starts_with("there is no output device `no such device`"), "{error}");
    }
}
