//! The units of `oscine.dsp`, compiled from their Python, beside the native processors of the same names.

use std::path::Path;
use std::sync::Arc;

use oscine_dsp::design::Band;
use oscine_dsp::oversample::{Downsampler, Kind, Upsampler, latency_frames};
use oscine_dsp::{Butterworth, OnePole, Processor, RingModulator, Side, Sine, SineBank, Slopes, Solver, Vcs3};
use oscine_jit::{Options, compile};
use oscine_lang::evaluate::LoadOptions;
use oscine_lang::pipeline;

const RATE: f64 = 44_100.0;
const FRAMES: usize = 4000;

/// What a script makes of these inputs.
fn compiled(text: &str, inputs: &[&[f64]]) -> Vec<f64> {
    let options = LoadOptions { sample_rate: RATE, block_frames: 64 };
    let checked = pipeline::compile(Path::new("script.py"), text.to_owned(), options, &mut |_| {})
        .unwrap_or_else(|failure| panic!("{text}\n{:?}", failure.diagnostics));
    let machine = compile(checked.program, Options::default()).expect("it translates");
    let mut output = vec![0.0; FRAMES];
    machine.instantiate(Arc::default()).process(inputs, &mut [&mut output]).expect("no fault");
    output
}

/// A loud low note with something of a high one, and steps.
fn signal(amplitude: f64) -> Vec<f64> {
    let sample = |n: usize| {
        let t = n as f64 / RATE;
        let sines = (std::f64::consts::TAU * 200.0 * t).sin() + 0.5 * (std::f64::consts::TAU * 1733.0 * t).sin();
        amplitude * (sines + if (n / 300).is_multiple_of(3) { 1.0 } else { 0.0 })
    };
    (0..FRAMES).map(sample).collect()
}

fn assert_close(name: &str, twin: &[f64], native: &[f64], tolerance: f64) {
    let peak = native.iter().fold(0.0f64, |peak, y| peak.max(y.abs()));
    assert!(peak > 0.0, "{name} is silent");
    for (n, (twin, native)) in twin.iter().zip(native).enumerate() {
        assert!((twin - native).abs() <= tolerance * peak, "{name}, frame {n}: {twin} and natively {native}");
    }
}

#[test]
fn the_filters_and_the_oscillator_are_the_native_ones() {
    let x = signal(0.3);
    for (kind, side) in [("low", Side::Low), ("high", Side::High)] {
        let text = format!(
            "from oscine.dsp import OnePole\nf = OnePole(700.0, {kind:?})\ndef process(x: float):\n    return f.tick(x)\n"
        );
        let mut native = OnePole::new(side, 700.0, RATE);
        let expected: Vec<f64> = x.iter().map(|x| native.tick(*x)).collect();
        assert_close(kind, &compiled(&text, &[&x]), &expected, 1e-13);
    }
    let mut native = Sine::new(-1234.5, RATE);
    let expected: Vec<f64> = (0..FRAMES).map(|_| native.tick()).collect();
    let text = "from oscine.dsp import Sine\ns = Sine(-1234.5)\ndef process():\n    return s.tick()\n";
    assert_close("sine", &compiled(text, &[]), &expected, 1e-12);

    let mut native = SineBank::new(RATE);
    for k in 0..11 {
        native.set(k, 37.0 + 200.0 * k as f64, 1.0 / (k + 1) as f64);
    }
    let mut expected = vec![0.0; FRAMES];
    native.process(&mut expected);
    let text = "import numpy as np\nfrom oscine.dsp import Sines\ns = Sines(37.0 + 200.0 * np.arange(11), 1.0 / np.arange(1, 12))\ndef process():\n    return s.tick()\n";
    assert_close("sines", &compiled(text, &[]), &expected, 1e-12);
}

/// With edges that stand still, and with edges that move from sample to sample and cross one another.
#[test]
fn butterworth_filters_are_the_native_ones() {
    let x = signal(0.3);
    for (word, band) in [("low", Band::Low), ("high", Band::High), ("pass", Band::Pass), ("stop", Band::Stop)] {
        for order in [1, 2, 5, 8, 12] {
            let mut native = Butterworth::new(band, order, 700.0, 1900.0, RATE);
            let still: Vec<f64> = x.iter().map(|x| native.tick(*x)).collect();
            let made = format!(
                "from oscine.dsp import Butterworth\nf = Butterworth(700.0, {word:?}, {order}, upper=1900.0)\ndef process(x: float):\n"
            );
            let text = format!("{made}    return f.tick(x)\n");
            assert_close(&format!("{word} {order}"), &compiled(&text, &[&x]), &still, 1e-11);

            let mut native = Butterworth::new(band, order, 700.0, 1900.0, RATE);
            let mut next = |x: &f64| {
                native.set_edges(900.0 + 1500.0 * x, 1900.0 - 3000.0 * x);
                native.tick(*x)
            };
            let moving: Vec<f64> = x.iter().map(&mut next).collect();
            let text = format!(
                "{made}    f.cutoff = 900.0 + 1500.0 * x\n    f.upper = 1900.0 - 3000.0 * x\n    return f.tick(x)\n"
            );
            assert_close(&format!("{word} {order}, moving"), &compiled(&text, &[&x]), &moving, 1e-9);
        }
    }
}

#[test]
fn oversampling_is_the_native_one() {
    let x = signal(0.7);
    for (word, kind) in [("linear", Kind::LinearPhase), ("low", Kind::LowLatency)] {
        for factor in [1, 2, 4, 8, 16, 32] {
            let mut high = vec![0.0; FRAMES * factor];
            Upsampler::new(kind, factor).process(&x, &mut high);
            high.iter_mut().for_each(|v| *v -= *v * *v * *v / 3.0);
            let mut expected = vec![0.0; FRAMES];
            Downsampler::new(kind, factor).process(&high, &mut expected);
            let latency = latency_frames(kind, factor);
            let text = format!(
                "from oscine.dsp import Oversample\no = Oversample({factor}, {word:?})\nassert abs(o.latency - {latency:?}) < 1e-12\n\
                 assert o.samplerate == {RATE:?} * {factor}\n\
                 def process(x: float):\n    return o.tick(x, lambda v: v - v * v * v / 3.0)\n"
            );
            assert_close(&format!("{word} {factor}"), &compiled(&text, &[&x]), &expected, 1e-13);
        }
    }
}

#[test]
fn the_circuits_are_the_native_ones() {
    for (amplitude, resonance, word, slopes) in [
        (0.02, 4.0, "thermal", Slopes::Thermal),
        (0.5, 8.0, "gamma", Slopes::Gamma),
        (20.0, 12.0, "thermal", Slopes::Thermal),
    ] {
        let x = signal(amplitude);
        let mut native = Vcs3::new(slopes, Solver::Newton, 1500.0, resonance, RATE);
        let expected: Vec<f64> = x.iter().map(|x| native.tick(*x)).collect();
        let text = format!(
            "from oscine.dsp import Vcs3\nf = Vcs3(1500.0, {resonance:?}, slopes={word:?})\ndef process(x: float):\n    return f.tick(x)\n"
        );
        assert_close("vcs3", &compiled(&text, &[&x]), &expected, 1e-7);
    }
    for amplitude in [0.3, 10.0] {
        let (m, c) = (signal(amplitude), signal(-0.7 * amplitude));
        let mut native = RingModulator::new(RATE);
        let expected: Vec<f64> = m.iter().zip(&c).map(|(m, c)| native.tick(*m, *c)).collect();
        let text = "from oscine.dsp import RingModulator\nr = RingModulator()\ndef process(m: float, c: float):\n    return r.tick(m, c)\n";
        assert_close("ring modulator", &compiled(text, &[&m, &c]), &expected, 1e-7);
    }
    for (factor, word, kind) in [(2, "low", Kind::LowLatency), (4, "linear", Kind::LinearPhase)] {
        let (m, c) = (signal(0.8), signal(-0.5));
        let mut native = RingModulator::oversampled(factor, kind, RATE);
        let mut expected = vec![0.0; FRAMES];
        native.process(&m, &c, &mut expected);
        let text = format!(
            "from oscine.dsp import RingModulator\nr = RingModulator(oversampling={factor}, kind={word:?})\ndef process(m: float, c: float):\n    return r.tick(m, c)\n"
        );
        assert_close("oversampled ring modulator", &compiled(&text, &[&m, &c]), &expected, 1e-7);
    }
}
