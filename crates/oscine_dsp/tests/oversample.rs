//! Half-band cascades against what they promise: pass-band and stop-band by the response of the whole way, images, delay,
//! and blocks of any size.

use std::f64::consts::TAU;

use oscine_dsp::oversample::{Downsampler, Kind, Upsampler, latency_frames};

const RATE: f64 = 44_100.0;
const KINDS: [Kind; 2] = [Kind::LinearPhase, Kind::LowLatency];
const FACTORS: [usize; 6] = [1, 2, 4, 8, 16, 32];

/// Magnitude of a signal's component: at a frequency of its rate, from an impulse response.
fn response(h: &[f64], frequency: f64) -> (f64, f64) {
    h.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, h)| {
        let angle = TAU * frequency * n as f64;
        (re + h * angle.cos(), im - h * angle.sin())
    })
}

fn db(h: &[f64], frequency: f64) -> f64 {
    let (re, im) = response(h, frequency);
    20.0 * f64::hypot(re, im).log10()
}

/// An impulse at the audio rate, brought up.
fn up(kind: Kind, factor: usize, frames: usize) -> Vec<f64> {
    let mut input = vec![0.0; frames];
    input[0] = 1.0;
    let mut output = vec![0.0; frames * factor];
    Upsampler::new(kind, factor).process(&input, &mut output);
    output
}

#[test]
fn what_is_below_18_khz_passes_and_its_images_do_not() {
    for kind in KINDS {
        for factor in FACTORS {
            let h = up(kind, factor, 300);
            let high_rate = RATE * factor as f64;
            for step in 0..=180 {
                let frequency = f64::from(step) * 100.0;
                let gain = db(&h, frequency / high_rate) - 20.0 * (factor as f64).log10();
                assert!(gain.abs() < 0.025, "{kind:?} {factor}: {gain} dB at {frequency} Hz");
                for image in 1..factor {
                    for side in [-1.0, 1.0] {
                        let at = RATE * image as f64 + side * frequency;
                        if at <= 0.5 * high_rate {
                            let gain = db(&h, at / high_rate) - 20.0 * (factor as f64).log10();
                            assert!(gain < -90.0, "{kind:?} {factor}: {gain} dB at {at} Hz");
                        }
                    }
                }
            }
        }
    }
}

/// Downwards the same: sines of the high rate, the response at the audio rate being what is left of each.
#[test]
fn what_would_fold_onto_the_pass_band_is_taken_away() {
    for kind in KINDS {
        for factor in [2_usize, 4, 8, 32] {
            let left = |frequency: f64| {
                let frames = 1200;
                let input: Vec<f64> =
                    (0..frames * factor).map(|n| (TAU * frequency / (RATE * factor as f64) * n as f64).sin()).collect();
                let mut output = vec![0.0; frames];
                Downsampler::new(kind, factor).process(&input, &mut output);
                let power: f64 = output[400..].iter().map(|y| y * y).sum::<f64>() / 800.0;
                10.0 * (2.0 * power).log10()
            };
            for frequency in [440.0, 5000.0, 17_990.0] {
                assert!(left(frequency).abs() < 0.05, "{kind:?} {factor}: {} dB at {frequency}", left(frequency));
            }
            for image in 1..=factor / 2 {
                for offset in [-17_990.0, -9000.0, -440.0, 440.0, 9000.0, 17_990.0] {
                    let at = RATE * image as f64 + offset;
                    if at < 0.5 * RATE * factor as f64 {
                        assert!(left(at) < -90.0, "{kind:?} {factor}: {} dB at {at}", left(at));
                    }
                }
            }
        }
    }
}

#[test]
fn the_delay_is_what_is_said() {
    for factor in FACTORS {
        let round_trip = |kind| {
            let mut output = vec![0.0; 300];
            Downsampler::new(kind, factor).process(&up(kind, factor, 300), &mut output);
            output
        };
        // Linear phase: the response is symmetric about a whole frame.
        let latency = latency_frames(Kind::LinearPhase, factor);
        assert_eq!(latency, latency.round());
        let (h, middle) = (round_trip(Kind::LinearPhase), latency as usize);
        assert!((h[middle] - 1.0).abs() < 0.2, "{factor}: {}", h[middle]);
        for n in 0..=middle {
            assert!((h[middle - n] - h[middle + n]).abs() < 1e-12, "{factor}: {n} beside {middle}");
        }
        // Low latency: the slope of the phase at DC, which is the response's centre of gravity.
        let h = round_trip(Kind::LowLatency);
        let centre = h.iter().enumerate().map(|(n, h)| n as f64 * h).sum::<f64>() / h.iter().sum::<f64>();
        let latency = latency_frames(Kind::LowLatency, factor);
        assert!((centre - latency).abs() < 1e-6, "{factor}: {centre}, not {latency}");
        assert!(latency < 7.0);
    }
}

#[test]
fn blocks_of_any_size_give_the_same() {
    let mut seed = 1_u32;
    let input: Vec<f64> = (0..700)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed) / 2f64.powi(31) - 1.0
        })
        .collect();
    for kind in KINDS {
        for factor in FACTORS {
            let run = |block: usize| {
                let (mut up, mut down) = (Upsampler::new(kind, factor), Downsampler::new(kind, factor));
                let mut output = vec![0.0; input.len()];
                for (x, y) in input.chunks(block).zip(output.chunks_mut(block)) {
                    let mut high = vec![0.0; x.len() * factor];
                    up.process(x, &mut high);
                    down.process(&high, y);
                }
                output
            };
            let expected = run(700);
            for block in [1, 7, 64, 65] {
                assert_eq!(run(block), expected, "{kind:?} {factor}: blocks of {block}");
            }
        }
    }
}

#[test]
fn reset_starts_again_and_odd_factors_count_as_the_next_below() {
    let input: Vec<f64> = (0..200).map(|n| (f64::from(n) * 0.3).sin()).collect();
    for kind in KINDS {
        let (mut up, mut down) = (Upsampler::new(kind, 7), Downsampler::new(kind, 5));
        let mut run = || {
            let (mut high, mut low) = (vec![0.0; 800], vec![0.0; 200]);
            up.process(&input, &mut high);
            down.process(&high, &mut low);
            up.reset();
            down.reset();
            low
        };
        assert_eq!(run(), run());
    }
    assert_eq!(latency_frames(Kind::LinearPhase, 0), 0.0);
    assert_eq!(latency_frames(Kind::LinearPhase, 1000), latency_frames(Kind::LinearPhase, 32));
}
