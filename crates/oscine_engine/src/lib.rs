//! Plays a [`Processor`](oscine_dsp::Processor): files, sources, offline rendering, devices, the audio callback,
//! faults and statistics. Knows nothing of Python nor of the compiler.
//!
//! The way of a block: [`Inputs`] name [`Source`]s and which input of the processor hears which of their channels. A
//! runner takes a block from each source, applies the changes that are due, calls the processor under the guard and
//! looks at what came out. [`render`] does so as fast as it can and hands the blocks to a sink; a [`Player`] does so when a
//! device asks, and takes changes meanwhile.

mod bank;
mod board;
mod choice;
mod clock;
mod control;
mod demo;
mod desk;
pub mod devices;
mod echo;
#[cfg(test)]
mod failing;
mod feed;
pub mod files;
mod guard;
mod histogram;
pub mod midi;
mod noise;
mod patch;
mod player;
mod priority;
mod realtime;
mod record;
mod render;
#[cfg(test)]
mod rig;
mod runner;
mod schedule;
mod score;
#[cfg(test)]
mod shapes;
mod source;
mod stats;
mod sync;
#[cfg(test)]
mod testing;
mod timing;
mod trouble;
mod varispeed;
mod watch_word;
mod watchdog;
mod wiring;

pub use bank::Bank;
pub use control::{At, Control};
pub use demo::demo_loop;
pub use echo::{RoundTripConfig, RoundTripError, RoundTrips, measure_round_trips};
pub use feed::SWAP_FADE_SECONDS;
pub use guard::{Notice, OnFault, Safety};
pub use patch::{Inputs, Tap};
pub use player::{LiveConfig, Player};
pub use priority::Priority;
pub use realtime::AllocationGuard;
pub use record::{Recorded, Recorder, Tape};
pub use render::{RENDER_BUDGET, RenderConfig, RenderError, Sink, render};
pub use runner::MAX_PORTS;
pub use schedule::Change;
pub use score::{Controller, Score};
pub use source::{NoiseSource, SilenceSource, SoundSource, Source};
pub use stats::{Stats, StatsSnapshot, Times};
pub use timing::{Cause, Causes, Late, Sample, Tally, ThreadAccount, Ticker};
pub use trouble::Trouble;
pub use watch_word::StopFlag;

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: AllocationGuard = AllocationGuard;
