//! Two clocks, simulated by numbers alone, for as long as an hour.

use super::{Follow, Take};
use crate::noise::Noise;

/// What an end does.
#[derive(Clone)]
struct End {
    rate: f64,
    /// How much faster its clock is than that of the wall, in millionths.
    drift_ppm: f64,
    /// Frames at a time, over and over, and before that at once.
    portions: &'static [u64],
    first: u64,
    jitter_seconds: f64,
    seed: u64,
}

/// An end under way.
struct Device {
    end: End,
    noise: Noise,
    index: usize,
    /// Frames until the next portion's end, without the first.
    frames: u64,
    is_begun: bool,
    time: f64,
    next_frames: u64,
}

impl Device {
    fn new(end: End) -> Self {
        let noise = Noise::new(end.seed);
        let next_frames = if end.first > 0 { end.first } else { end.portions[0] };
        Self { end, noise, index: 0, frames: 0, is_begun: false, time: 0.0, next_frames }
    }

    /// The next portion's time is past: plans the one after it.
    fn step(&mut self) {
        if self.is_begun || self.end.first == 0 {
            self.index += 1;
        }
        self.is_begun = true;
        self.next_frames = self.end.portions[self.index % self.end.portions.len()];
        self.frames += self.next_frames;
        let due = self.frames as f64 / (self.end.rate * (1.0 + self.end.drift_ppm * 1e-6));
        // Threads are late, never early.
        let late = 0.5 * (1.0 + self.noise.tick()) * self.end.jitter_seconds;
        self.time = (due + late).max(self.time);
    }
}

#[derive(Debug, Default)]
struct Seen {
    missing_blocks: u64,
    lost_frames: u64,
    /// Of the frames between the position and the input's clock, once sound flows.
    least_delay: f64,
    most_delay: f64,
    /// Of the speed, a minute after it begins.
    least_speed: f64,
    most_speed: f64,
    begins_at: Option<f64>,
}

const BLOCK: usize = 64;

/// Runs both ends for so long; `break_at` is a time at which the output stands still for so long.
fn simulate(seconds: f64, input: &End, output: &End, stand_still: Option<(f64, f64)>) -> Seen {
    let (mut source, mut sink) = (Device::new(input.clone()), Device::new(output.clone()));
    let mut follow = Follow::new(input.rate, output.rate, 64);
    let mut seen = Seen { least_delay: f64::MAX, least_speed: f64::MAX, ..Seen::default() };
    let (mut written, mut gone, mut left) = (0u64, 0u64, 0u64);
    let mut stood = 0.0;
    while source.time.min(sink.time + stood) < seconds {
        if source.time <= sink.time + stood {
            written += source.next_frames;
            follow.heard(source.time, written);
            source.step();
            continue;
        }
        let now = sink.time + stood;
        follow.asked(now);
        // A device takes its portion from the block that is under way, and then whole blocks.
        let asked = sink.next_frames;
        while left < asked {
            let ready = (written - gone) as usize;
            match follow.take(BLOCK, ready) {
                Take::Silence { discard, is_missing } => {
                    gone += discard as u64;
                    seen.missing_blocks += u64::from(is_missing);
                }
                Take::Read { discard, is_fresh, count, whole, glide, .. } => {
                    gone += (discard + count + if is_fresh { 64 } else { 0 }) as u64;
                    assert!(gone <= written, "took what has not come");
                    seen.lost_frames += if is_fresh { 0 } else { discard as u64 };
                    seen.missing_blocks += u64::from(whole < BLOCK);
                    let begun = *seen.begins_at.get_or_insert(now);
                    if now > begun + 60.0 {
                        seen.least_speed = seen.least_speed.min(glide.to);
                        seen.most_speed = seen.most_speed.max(glide.to);
                    }
                    seen.least_delay = seen.least_delay.min(follow.delay_frames() - 32.0);
                    seen.most_delay = seen.most_delay.max(follow.delay_frames() - 32.0);
                }
            }
            left += BLOCK as u64;
        }
        left -= asked;
        sink.step();
        if let Some((at, length)) = stand_still
            && stood == 0.0
            && now > at
        {
            stood = length;
        }
    }
    seen
}

fn end(portions: &'static [u64], drift_ppm: f64) -> End {
    End { rate: 48_000.0, drift_ppm, portions, first: 0, jitter_seconds: 0.0005, seed: portions[0] }
}

const HOUR: f64 = 3600.0;

#[test]
fn two_clocks_that_drift_for_an_hour_stay_together_without_a_frame_lost_or_missing() {
    for drift_ppm in [200.0, -200.0] {
        let (input, output) = (end(&[256], drift_ppm), end(&[256], 0.0));
        let seen = simulate(HOUR, &input, &output, None);
        assert_eq!((seen.missing_blocks, seen.lost_frames), (0, 0), "{drift_ppm}: {seen:?}");
        assert!(seen.begins_at < Some(0.5), "{seen:?}");
        assert!(seen.most_delay - seen.least_delay < 96.0 && seen.most_delay < 600.0, "{drift_ppm}: {seen:?}");
        // The pitch is that of the clocks' ratio to a tenth of a cent: 58 millionths.
        let speed = 1.0 + drift_ppm * 1e-6;
        assert!((seen.least_speed - speed).abs() < 58e-6 && (seen.most_speed - speed).abs() < 58e-6, "{seen:?}");
    }
}

#[test]
fn any_portions_stay_together_either_way() {
    let patterns: [(&'static [u64], &'static [u64]); 8] = [
        (&[64], &[64]),
        (&[43, 43, 42], &[43, 42, 43]),
        (&[441], &[64]),
        (&[64], &[441]),
        (&[256, 441, 43, 64], &[512]),
        (&[1024], &[480]),
        (&[480], &[2048, 512, 1024]),
        (&[16], &[16]),
    ];
    for (input, output) in patterns {
        for drift_ppm in [200.0, -200.0] {
            let seen = simulate(300.0, &end(input, drift_ppm), &end(output, 0.0), None);
            assert_eq!((seen.missing_blocks, seen.lost_frames), (0, 0), "{input:?} {output:?} {drift_ppm}: {seen:?}");
            let longest = input.iter().chain(output).max().unwrap();
            assert!(seen.most_delay < (2 * longest + 400) as f64, "{input:?} {output:?} {drift_ppm}: {seen:?}");
        }
    }
}

#[test]
fn a_first_portion_of_seconds_on_either_side_ends_in_no_delay() {
    for (first_in, first_out) in [(96_000, 0), (0, 96_000), (96_000, 96_000)] {
        let input = End { first: first_in, ..end(&[256], 150.0) };
        let output = End { first: first_out, ..end(&[441], 0.0) };
        let seen = simulate(60.0, &input, &output, None);
        assert_eq!((seen.missing_blocks, seen.lost_frames), (0, 0), "{first_in} {first_out}: {seen:?}");
        assert!(seen.most_delay < 1000.0, "{first_in} {first_out}: {seen:?}");
        assert!(seen.begins_at < Some(1.0), "{seen:?}");
    }
}

#[test]
fn other_rates_stay_together_too() {
    for (from, to) in [(44_100.0, 48_000.0), (48_000.0, 44_100.0), (8000.0, 192_000.0), (192_000.0, 8000.0)] {
        let input = End { rate: from, ..end(&[256], 200.0) };
        let output = End { rate: to, ..end(&[256], -100.0) };
        let seen = simulate(120.0, &input, &output, None);
        assert_eq!((seen.missing_blocks, seen.lost_frames), (0, 0), "{from} {to}: {seen:?}");
        let speed = from / to * 1.0003;
        assert!((seen.most_speed / speed - 1.0).abs() < 1e-4, "{from} {to}: {seen:?}");
    }
}

#[test]
fn an_output_that_stood_still_loses_the_surplus_once_and_goes_on_as_before() {
    let (input, output) = (end(&[256], 100.0), end(&[256], 0.0));
    let before = simulate(20.0, &input, &output, None);
    let seen = simulate(120.0, &input, &output, Some((20.0, 0.8)));
    assert_eq!(seen.missing_blocks, 0, "{seen:?}");
    let lost = seen.lost_frames as f64 / 48_000.0;
    assert!((lost - 0.8).abs() < 0.02, "{lost} s: {seen:?}");
    assert!(seen.most_delay < before.most_delay + 0.9 * 48_000.0, "{seen:?}");
}

#[test]
fn jitter_that_was_not_there_at_first_is_missing_a_few_times_and_then_allowed_for() {
    // Portions of a tenth of a second begin to come among short ones.
    const PORTIONS: &[u64] = &{
        let mut portions = [64u64; 2000];
        portions[1999] = 4800;
        portions
    };
    let seen = simulate(600.0, &end(PORTIONS, 0.0), &end(&[64], 0.0), None);
    assert!(seen.missing_blocks > 0, "{seen:?}");
    // 200 of these portions come; as many interruptions would be more than ten thousand blocks.
    assert!(seen.missing_blocks < 400, "{seen:?}");
}
