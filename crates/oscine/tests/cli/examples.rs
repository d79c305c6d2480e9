//! Each example against CPython, sample by sample, and against itself at other block sizes.

use std::fmt::Write as _;

use crate::support::{Folder, difference, example, has_python, read, reference};

/// The largest difference from CPython, as a share of the peak.
const ALLOWED: f64 = 1e-12;

/// A way to run an example: what it hears, by kind of signal, and options that the command and the referee share.
struct Way {
    script: &'static str,
    inputs: &'static [&'static str],
    options: &'static [&'static str],
}

const fn way(script: &'static str, inputs: &'static [&'static str], options: &'static [&'static str]) -> Way {
    Way { script, inputs, options }
}

const WAYS: &[Way] = &[
    way("one_pole", &["noise"], &[]),
    way("one_pole", &["sine"], &["--set", "alpha=0.9", "--blocksize", "512"]),
    way("one_pole", &["stereo"], &["--blocksize", "7", "--samplerate", "44100"]),
    way("listing_a2", &["noise"], &[]),
    way("listing_a2", &["sine"], &["--set", "alpha=0.01", "--blocksize", "7"]),
    way("listing_a2", &["stereo"], &["--blocksize", "512"]),
    way("butterworth", &["noise"], &[]),
    way("butterworth", &["sine"], &["--set", "cutoff=120", "--blocksize", "100"]),
    way("butterworth", &["stereo"], &["--set", "cutoff=16000", "--samplerate", "32000"]),
    way("osc_sine", &[], &[]),
    way("osc_sine", &[], &["--set", "root=1999.5", "--set", "volume=1", "--samplerate", "44100"]),
    // Nobody plays a note.
    way("poly_synth", &[], &[]),
    way("ring_modulator", &["noise"], &[]),
    way("ring_modulator", &["sine", "noise"], &["--set", "oscillator=0", "--set", "makeup=0"]),
    way("ring_modulator", &["loud"], &["--set", "level=0.25", "--set", "frequency=4321", "--samplerate", "44100"]),
    way("spectral_freeze", &["noise"], &[]),
    way("spectral_freeze", &["sine"], &["--set", "robot=1", "--blocksize", "7", "--samplerate", "44100"]),
    way("spectral_freeze", &["stereo"], &["--set", "robot=0.25"]),
    way("vcs3", &["noise"], &[]),
    way("vcs3", &["sine"], &["--set", "resonance=9.5", "--set", "cutoff=300", "--set", "drive=1"]),
    way("vcs3", &["loud"], &["--set", "resonance=0", "--set", "cutoff=1500", "--blocksize", "1"]),
];

#[test]
fn computes_what_cpython_computes() {
    if !has_python() {
        return;
    }
    let mut failures = String::new();
    for Way { script, inputs, options } in WAYS {
        let folder = Folder::new(&format!("example-{script}"));
        let script = example(script);
        let mut args: Vec<&str> = options.to_vec();
        for input in *inputs {
            folder.write_signal(input, 2000);
        }
        let files: Vec<String> = inputs.iter().map(|input| format!("{input}.npy")).collect();
        for file in &files {
            args.extend(["-i", file]);
        }
        reference(&folder, &script, &args, 2000);
        let out =
            folder.oscine(&[&["render", &script, "-o", "ours.npy", "--quiet"], &args[..], &seconds(&args)].concat());
        assert_eq!((out.status, out.stderr.as_str()), (0, ""), "{script} {args:?}");
        let (ours, theirs) = (read(&folder.path("ours.npy")), read(&folder.path("reference.npy")));
        let (worst, at) = difference(&ours, &theirs);
        if worst > ALLOWED {
            writeln!(failures, "{script} {args:?}: {worst:e} of the peak at frame {at}").expect("a String");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Notes and the wheel at frames of their own, by way of the functions that events reach.
const SONG: &str = "


song = [(0, 48, 0.8), (0, 60, 0.5), (300, 64, 1.0), (300, 67, 0.3), (700, 48, 0.0), (700, 64, 0.0), (900, 48, 1.0)]
song += [(1000, note, 0.1) for note in range(70, 84)]
frame = 0
sound = process


def process():
    global frame
    if frame == 950:
        pitch_bend(0.5)
    for at, note, velocity in song:
        if at == frame:
            if velocity > 0.0:
                note_on(note, velocity)
            else:
                note_off(note)
    frame += 1
    return sound()
";

#[test]
fn the_synthesiser_plays_a_song_as_cpython_does() {
    if !has_python() {
        return;
    }
    let folder = Folder::new("example-song");
    folder.write("song.py", &(std::fs::read_to_string(example("poly_synth")).expect("an example") + SONG));
    let script = folder.path("song.py");
    let script = script.to_str().expect("a path");
    let settings = ["--set", "resonance=0.9", "--set", "release=0.02"];
    reference(&folder, script, &settings, 2000);
    let seconds = ["render", script, "-o", "ours.npy", "--quiet", "--seconds", "0.041666666666666664"];
    let out = folder.oscine(&[&seconds[..], &settings].concat());
    assert_eq!((out.status, out.stderr.as_str()), (0, ""));
    let (ours, theirs) = (read(&folder.path("ours.npy")), read(&folder.path("reference.npy")));
    let (worst, at) = difference(&ours, &theirs);
    assert!(worst <= ALLOWED, "{worst:e} of the peak at frame {at}");
    let peak = ours.channels[0].iter().fold(0.0, |peak: f64, sample| peak.max(sample.abs()));
    assert!(peak > 0.1, "{peak}");
}

#[test]
fn gives_the_same_bits_at_every_block_size() {
    for (script, inputs) in [
        ("one_pole", &["stereo"][..]),
        ("osc_sine", &[]),
        ("ring_modulator", &["sine", "noise"]),
        ("vcs3", &["noise"]),
        ("spectral_freeze", &["noise"]),
        // Block form, but its blocks follow one another without a seam.
        ("butterworth", &["noise"]),
        ("listing_a2", &["noise"]),
    ] {
        let folder = Folder::new(&format!("blocks-{script}"));
        for input in inputs {
            folder.write_signal(input, 1500);
        }
        let files: Vec<String> = inputs.iter().map(|input| format!("{input}.npy")).collect();
        let rendered: Vec<Vec<u64>> = ["1", "7", "64", "512"]
            .iter()
            .map(|blocksize| {
                let script = example(script);
                let mut args = vec!["render", &script, "-o", "out.npy", "--blocksize", blocksize];
                args.extend(files.iter().flat_map(|file| ["-i", file]));
                args.extend(if files.is_empty() { &["--seconds", "0.03125"][..] } else { &[] });
                let out = folder.oscine(&args);
                assert_eq!(out.status, 0, "{script}: {}", out.stderr);
                read(&folder.path("out.npy")).channels.iter().flatten().map(|sample| sample.to_bits()).collect()
            })
            .collect();
        assert!(rendered[0].iter().any(|bits| *bits != 0), "{script} is silent");
        for (index, other) in rendered.iter().enumerate().skip(1) {
            assert!(rendered[0] == *other, "{script} differs at block size {index} of 1, 7, 64, 512");
        }
    }
}

/// A generator is told its length in seconds, which its frames must be a whole number of.
fn seconds(args: &[&str]) -> Vec<&'static str> {
    match (args.contains(&"-i"), args.contains(&"44100")) {
        (true, _) => vec![],
        (false, true) => vec!["--seconds", "0.045351473922902494"],
        (false, false) => vec!["--seconds", "0.041666666666666664"],
    }
}
