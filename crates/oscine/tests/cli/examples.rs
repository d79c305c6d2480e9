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
    way("ring_modulator", &["noise"], &[]),
    way("ring_modulator", &["sine", "noise"], &["--set", "oscillator=0", "--set", "makeup=0"]),
    way("ring_modulator", &["loud"], &["--set", "level=0.25", "--set", "frequency=4321", "--samplerate", "44100"]),
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

#[test]
fn gives_the_same_bits_at_every_block_size() {
    for (script, inputs) in [
        ("one_pole", &["stereo"][..]),
        ("osc_sine", &[]),
        ("ring_modulator", &["sine", "noise"]),
        ("vcs3", &["noise"]),
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
