//! Every shape of a device, simulated: its portions, channels and rate are its own business.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtrb::RingBuffer;

use crate::control::Shared;
use crate::feed::Feed;
use crate::files::Sound;
use crate::patch::Inputs;
use crate::runner::Runner;
use crate::schedule::Schedule;
use crate::source::SoundSource;
use crate::stats::Stats;
use crate::testing::Copying;

/// What a device of `channels` plays if it asks for these portions over and over, and the frames that its portions add
/// to the latency. Channel `c` is given `c + 1`, `c + 2`, and so on, in thousandths.
fn play(rate: f64, block: usize, channels: usize, portions: &[usize], frames: usize) -> (Vec<f32>, u64) {
    let channel = |c: usize| (0..frames).map(|n| sample(c, n)).collect();
    let sound = Sound { sample_rate: Some(rate), channels: (0..channels).map(channel).collect() };
    let inputs = Inputs::in_order(Box::new(SoundSource::once(Arc::new(sound))));
    let processor = Box::new(Copying::new(channels));
    let stats = Arc::new(Stats::new(rate));
    let (_, wiring) = Shared::new(oscine_dsp::Processor::face(&*processor), vec![], stats.clone());
    let runner = Runner::new(processor, inputs, block, None, (Schedule::of(vec![], 1), wiring), None, rate);
    let (_commands, taken) = RingBuffer::new(1);
    let (sent, _reports) = RingBuffer::new(1);
    let mut feed = Feed::new(runner, vec![], taken, sent, stats.clone(), rate);
    let start = Instant::now();
    let mut heard = vec![];
    for portion in portions.iter().cycle() {
        if heard.len() >= frames * channels {
            break;
        }
        let mut out = vec![9.0; portion * channels];
        let time = start + Duration::from_secs_f64((heard.len() / channels) as f64 / rate);
        feed.fill_at(&mut out, channels, time);
        heard.extend(out);
    }
    heard.truncate(frames * channels);
    (heard, stats.reblocking_frames())
}

fn sample(channel: usize, frame: usize) -> f64 {
    ((channel + frame) % 1000 + 1) as f64 / 1000.0
}

/// Every frame once, in order, on its channel.
fn check(rate: f64, block: usize, channels: usize, portions: &[usize], frames: usize) -> u64 {
    let (heard, added) = play(rate, block, channels, portions, frames);
    for (index, given) in heard.iter().enumerate() {
        let expected = sample(index % channels, index / channels) as f32;
        assert_eq!(*given, expected, "{rate} Hz, blocks of {block}, {channels} channels, portions of {portions:?}");
    }
    added
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[test]
fn blocks_of_16_to_2048_go_into_any_portions_and_what_they_add_is_counted() {
    for block in [16, 17, 64, 100, 441, 1024, 2048] {
        for portion in [1, 16, 42, 64, 128, 441, 2048, 4096] {
            // Long enough for every remainder to have come.
            let frames = (block * portion / common_divisor(block, portion)).min(100_000) + portion;
            let added = check(48_000.0, block, 1, &[portion], frames);
            let whole = block - common_divisor(block, portion);
            if frames < 100_000 {
                assert_eq!(added, whole as u64, "blocks of {block}, portions of {portion}");
            }
        }
        check(48_000.0, block, 2, &[43, 42, 43], 5000);
        check(48_000.0, block, 1, &[96_000, 441, 256, 64], 120_000);
    }
}

#[test]
fn one_to_32_channels_keep_apart() {
    for channels in 1..=32 {
        check(48_000.0, 64, channels, &[64], 640);
        check(48_000.0, 64, channels, &[42, 100], 640);
    }
}

#[test]
fn rates_of_8_to_192_kilohertz_differ_in_nothing() {
    for rate in [8000.0, 11_025.0, 22_050.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0] {
        check(rate, 64, 2, &[64], 6400);
        check(rate, 64, 2, &[441], 6400);
    }
}
