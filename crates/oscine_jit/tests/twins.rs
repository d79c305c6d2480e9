//! The units of `oscine.dsp`, compiled from their Python, beside the native processors of the same names.

use std::path::Path;
use std::sync::Arc;

use oscine_dsp::{OnePole, Processor, RingModulator, Side, Sine, Slopes, Solver, Vcs3};
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
}
