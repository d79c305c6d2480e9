//! The circuits of two examples against solutions of their differential equations, and the Butterworth filters against
//! the formula: what the scripts compute, not only that it is what CPython computes.
//!
//! The orders of convergence are the strictest test: a backward rule halves its error with the step, the trapezoidal
//! rule quarters it, and a wrong constant anywhere stops either.

use std::f64::consts::{PI, TAU};

use oscine_engine::files::Sound;

use crate::support::{Folder, example, has_python, read, run_python};

/// Solutions by `scripts/solve_circuits.py`, made once.
fn solved(name: &str) -> Option<Folder> {
    has_python().then(|| {
        let folder = Folder::new(name);
        run_python(&folder, &[concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/solve_circuits.py"), ".", name]);
        folder
    })
}

/// Root mean square of the difference by that of `expected`.
fn relative_error(given: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(given.len(), expected.len());
    let difference: f64 = given.iter().zip(expected).map(|(a, b)| (a - b).powi(2)).sum();
    (difference / expected.iter().map(|b| b * b).sum::<f64>()).sqrt()
}

fn mono(sound: Sound) -> Vec<f64> {
    let [channel] = <[Vec<f64>; 1]>::try_from(sound.channels).expect("one channel");
    channel
}

fn render(folder: &Folder, args: &[&str]) -> Vec<f64> {
    let out = folder.oscine(&[&["render", "-o", "out.npy"], args].concat());
    assert_eq!(out.status, 0, "{}", out.stderr);
    mono(read(&folder.path("out.npy")))
}

#[test]
fn the_ring_modulator_converges_to_its_circuit() {
    let Some(folder) = solved("ring") else { return };
    folder.write("ring_modulator.py", &std::fs::read_to_string(example("ring_modulator")).expect("the example"));
    // A step of the circuit for each sample, so that the solution and the script meet at every step.
    folder.write(
        "steps.py",
        "from ring_modulator import circuit\n\n\ndef process(v_m, v_c):\n    return circuit(v_m, v_c)\n",
    );
    let error = |samplerate: usize| {
        let rate = 30 * samplerate;
        let (v_m, v_c) = (format!("ring-{rate}-in0.npy"), format!("ring-{rate}-in1.npy"));
        let samplerate = samplerate.to_string();
        let given = render(&folder, &["steps.py", "-i", &v_m, "-i", &v_c, "--samplerate", &samplerate]);
        relative_error(&given, &mono(read(&folder.path(&format!("ring-{rate}-out.npy")))))
    };
    let (coarse, fine) = (error(48_000), error(96_000));
    assert!(coarse < 1.2e-3, "{coarse:e} at 30 times 48 kHz");
    assert!((0.47..0.53).contains(&(fine / coarse)), "first order would halve {coarse:e}, not {fine:e}");
}

#[test]
fn the_vcs3_converges_to_its_circuit() {
    let Some(folder) = solved("vcs3") else { return };
    let shipped = std::fs::read_to_string(example("vcs3")).expect("the example");
    let exact = shipped.replace("\nTOLERANCE = 1e-4 ", "\nTOLERANCE = 1e-11 ");
    assert_ne!(exact, shipped);
    folder.write("shipped.py", &shipped);
    folder.write("exact.py", &exact);
    for (resonance, most) in [("0", 4e-4), ("4", 4e-3)] {
        let error = |script: &str, rate: usize| {
            let input = format!("vcs3-{resonance}-{rate}-in0.npy");
            let resonance = format!("resonance={resonance}");
            let rate = rate.to_string();
            // In volts: what goes in and comes out is in units of `drive`.
            let args = ["--set", &resonance, "--set", "drive=1", "--samplerate", &rate];
            let given = render(&folder, &[&[script, "-i", &input], &args[..]].concat());
            relative_error(&given, &mono(read(&folder.path(&input.replace("in0", "out")))))
        };
        let (coarse, fine) = (error("exact.py", 48_000), error("exact.py", 192_000));
        assert!(coarse < most, "{coarse:e} at resonance {resonance}");
        assert!((14.0..18.0).contains(&(coarse / fine)), "second order: a sixteenth of {coarse:e}, not {fine:e}");
        let loose = error("shipped.py", 48_000);
        assert!(loose < 1e-2, "{loose:e} at resonance {resonance} with the tolerance as shipped");
    }
}

/// Digital Butterworth filters have their closed form: the bilinear transform turns frequencies into tangents.
#[test]
fn the_butterworth_filters_have_their_responses() {
    let rate = 48_000.0;
    let text = std::fs::read_to_string(example("butterworth")).expect("the example");
    let folder = Folder::new("butterworth");
    folder.write_samples("impulse", &[[vec![1.0], vec![0.0; 16_383]].concat()]);
    for (kind, order, cutoff) in [
        ("lowpass", 1, 2000.0),
        ("lowpass", 12, 5000.0),
        ("highpass", 4, 1000.0),
        ("bandpass", 3, 3000.0),
        ("bandstop", 2, 3000.0),
    ] {
        let script = text
            .replace("KIND = \"lowpass\"", &format!("KIND = \"{kind}\""))
            .replace("ORDER = 4", &format!("ORDER = {order}"));
        folder.write("filter.py", &script);
        let setting = format!("cutoff={cutoff}");
        let response = render(&folder, &["filter.py", "-i", "impulse.npy", "--set", &setting]);
        let warp = |frequency_hz: f64| (PI * frequency_hz / rate).tan();
        // The band's width is an octave.
        let (low, high) = (warp(cutoff / 2f64.sqrt()), warp(cutoff * 2f64.sqrt()));
        for frequency_hz in [20.0, 500.0, 1000.0, 2000.0, 2500.0, 3000.0, 4000.0, 6000.0, 12_000.0, 20_000.0] {
            let w = warp(frequency_hz);
            let band = (w * w - low * high) / (w * (high - low));
            let deviation = match kind {
                "lowpass" => w / warp(cutoff),
                "highpass" => warp(cutoff) / w,
                "bandpass" => band,
                _ => 1.0 / band,
            };
            let expected = (1.0 + deviation.powi(2 * order)).sqrt().recip();
            let (re, im) = response.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, h)| {
                let angle = TAU * frequency_hz * n as f64 / rate;
                (re + h * angle.cos(), im - h * angle.sin())
            });
            let measured = re.hypot(im);
            assert!(
                (measured - expected).abs() < 1e-9,
                "{kind} {order} at {frequency_hz} Hz: {measured}, not {expected}"
            );
        }
    }
}
