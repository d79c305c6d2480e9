//! Sound on its way between two clocks, simulated: a sine stays a sine, and what is lost is counted.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Ear, RingSource, Take, ring};
use crate::noise::Noise;
use crate::realtime::guarded;
use crate::source::Source;
use crate::stats::Stats;
use crate::testing::purity_db;

const RATE: f64 = 48_000.0;
const BLOCK: usize = 64;

/// An input that plays a function of its frames, and the source that follows it.
struct Rig {
    ear: Ear,
    source: RingSource,
    stats: Arc<Stats>,
    start: Instant,
    channels: usize,
    /// Frames given and taken.
    given: u64,
    heard: Vec<Vec<f64>>,
    /// Frames are counted, and none is computed.
    is_skimming: bool,
}

impl Rig {
    fn new(channels: usize) -> Self {
        let stats = Arc::new(Stats::new(RATE));
        let (ear, source) = ring(channels, RATE, RATE, BLOCK, &stats);
        let heard = vec![vec![]; channels];
        Self { ear, source, stats, start: Instant::now(), channels, given: 0, heard, is_skimming: false }
    }

    fn at(&self, seconds: f64) -> Instant {
        self.start + Duration::from_secs_f64(seconds)
    }

    fn give(&mut self, seconds: f64, frames: usize, wave: &dyn Fn(u64, usize) -> f64) {
        let all = self.given..self.given + frames as u64;
        let samples: Vec<f32> =
            all.flat_map(|n| (0..self.channels).map(move |channel| wave(n, channel) as f32)).collect();
        let time = self.at(seconds);
        guarded(|| self.ear.hear_at(time, samples.iter().copied()));
        self.given += frames as u64;
    }

    /// A callback of so many blocks.
    fn take(&mut self, seconds: f64, blocks: usize) {
        let time = self.at(seconds);
        let mut block = vec![vec![9.0; BLOCK + 1]; self.channels];
        guarded(|| self.source.asked(time));
        for _ in 0..blocks {
            if self.is_skimming {
                self.skim();
                continue;
            }
            guarded(|| self.source.fill(&mut block, BLOCK));
            for (heard, block) in self.heard.iter_mut().zip(&block) {
                assert_eq!(block[BLOCK], 9.0, "wrote past the block");
                heard.extend_from_slice(&block[..BLOCK]);
            }
        }
    }

    /// Takes a block as [`Source::fill`] does, without computing a sample.
    fn skim(&mut self) {
        let source = &mut self.source;
        let ready = source.samples.slots() / self.channels;
        match source.follow.take(BLOCK, ready) {
            Take::Silence { discard, .. } => source.discard(discard),
            Take::Read { discard, is_fresh, count, whole, .. } => {
                assert!(whole == BLOCK && (discard == 0 || is_fresh), "an interruption");
                source.discard(discard + count + if is_fresh { source.varispeed.taps() } else { 0 });
            }
        }
    }

    /// Both clocks for so long, at first without computing: portions and callbacks of one length each, the input's clock faster by so much, threads
    /// late by up to so much.
    fn run(
        &mut self,
        (until, skimmed): (f64, f64),
        portion: usize,
        blocks: usize,
        ppm: f64,
        wave: &dyn Fn(u64, usize) -> f64,
    ) {
        let mut noise = Noise::new(7);
        let mut late = || 0.0005 * (1.0 + noise.tick());
        let (mut in_step, mut out_step) = (1u64, 0u64);
        let due_in = |step: u64| step as f64 * portion as f64 / (RATE * (1.0 + ppm * 1e-6));
        let due_out = |step: u64| (step as usize * blocks * BLOCK) as f64 / RATE;
        let (mut next_in, mut next_out) = (due_in(1) + late(), due_out(0) + late());
        while next_in.min(next_out) < until {
            self.is_skimming = next_out < skimmed;
            if next_in <= next_out {
                self.give(next_in, portion, wave);
                in_step += 1;
                next_in = due_in(in_step) + late();
            } else {
                self.take(next_out, blocks);
                out_step += 1;
                next_out = due_out(out_step) + late();
            }
        }
    }

    fn missing_and_lost(&self) -> (u64, u64) {
        let counted = self.stats.snapshot();
        (counted.input_underrun_frames, counted.input_overrun_frames)
    }
}

#[test]
fn a_sine_that_passes_from_clock_to_clock_stays_a_sine() {
    for (frequency_hz, portion, blocks, ppm) in
        [(1000.0, 256, 4, 200.0), (997.0, 441, 1, -200.0), (16_000.0, 64, 1, 200.0), (5000.0, 43, 8, -200.0)]
    {
        let mut rig = Rig::new(1);
        let frequency = frequency_hz / RATE;
        let wave = move |n: u64, _: usize| (TAU * (frequency * n as f64).fract()).sin();
        // A minute for the clocks to be known.
        rig.run((62.0, 60.0), portion, blocks, ppm, &wave);
        assert_eq!(rig.missing_and_lost(), (0, 0));
        let heard = &rig.heard[0][100..];
        let most = 2.0 * (0.5 * TAU * frequency).sin() * 1.001;
        let largest = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
        assert!(largest <= most, "{frequency_hz} Hz: a step of {largest}, where those of the sine are {most}");
        // In each window of 85 ms: all that is no sine of one frequency.
        let purity = |window: &[f64]| purity_db(window, frequency * (1.0 + ppm * 1e-6));
        let worst = heard.chunks_exact(16_384).map(|part| purity(&part[..4096])).fold(f64::MAX, f64::min);
        println!("{frequency_hz} Hz, portions of {portion}, callbacks of {blocks} blocks: {worst:.1} dB");
        assert!(worst > 80.0, "{frequency_hz} Hz: {worst:.1} dB");
    }
}

#[test]
fn what_breaks_off_fades_is_counted_and_comes_back_where_it_was_on_every_channel() {
    let mut rig = Rig::new(2);
    let wave = |n: u64, channel: usize| {
        let x = 0.5 * (TAU * 200.0 / RATE * n as f64).sin();
        if channel == 0 { x } else { -x }
    };
    // The input's device stands still from 1 s to 1.1 s, and hears nothing meanwhile.
    for step in 0..2250u32 {
        let time = f64::from(step) * BLOCK as f64 / RATE;
        if !(1.0..1.1).contains(&time) {
            rig.give(time, BLOCK, &wave);
        }
        rig.take(time + 0.0005, 1);
    }
    let (missing, lost) = rig.missing_and_lost();
    // A tenth of a second, less the cushion, and the least that the cushion grows by: 5 ms.
    assert!((4800..5400).contains(&missing), "{missing}");
    assert_eq!(lost, 0);
    let heard = &rig.heard[0];
    assert!(heard.iter().zip(&rig.heard[1]).all(|(left, right)| *left == -*right), "channels that agree");
    // The sine's own step and that of a fade over 48 frames.
    let largest = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
    assert!(largest < 0.5 * TAU * 200.0 / RATE + 0.5 / 48.0 + 1e-3, "a step of {largest}");
    let silent = heard[RATE as usize / 2..].iter().filter(|x| **x == 0.0).count() as u64;
    assert!(silent + 100 > missing && silent < missing + 100, "{silent} frames of silence, {missing} counted");
    let begins = heard.iter().position(|x| *x != 0.0).expect("it begins");
    assert!(begins > 0 && begins < RATE as usize / 2, "after a quarter of a second: {begins}");
}

#[test]
fn an_input_that_never_comes_is_silence_and_misses_nothing() {
    let mut rig = Rig::new(1);
    for step in 0..1000u32 {
        rig.take(f64::from(step) * BLOCK as f64 / RATE, 1);
    }
    assert!(rig.heard[0].iter().all(|x| *x == 0.0));
    assert_eq!(rig.missing_and_lost(), (0, 0));
}

#[test]
fn what_finds_no_room_is_counted_once_sound_flows() {
    let mut rig = Rig::new(1);
    rig.give(0.0, 200_000, &|_, _| 0.5);
    assert_eq!(rig.missing_and_lost(), (0, 0), "nobody missed what came before anyone listened");
    rig.run((1.0, 0.0), 64, 1, 0.0, &|_, _| 0.5);
    assert_eq!(rig.missing_and_lost(), (0, 0));
    rig.give(1.001, 200_000, &|_, _| 0.5);
    let (_, lost) = rig.missing_and_lost();
    assert!((200_000 - 72_000..=200_000 - 70_000).contains(&(lost as usize)), "{lost}");
}
