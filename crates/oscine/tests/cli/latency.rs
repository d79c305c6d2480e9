//! `oscine latency` on the built-in device, which gives back each block with the next.

use crate::support::Folder;

#[test]
fn the_built_in_device_is_measured_and_told_beside_what_it_says() {
    let folder = Folder::new("latency");
    let out = folder.oscine(&["latency", "-o", "null", "--rounds", "2", "--longest", "0.1", "--blocksize", "100"]);
    assert_eq!((out.status, out.stderr.as_str()), (0, ""), "{}", out.stdout);
    for line in [
        "measuring from the built-in silent device to itself, 48000 Hz, 100 frames a block",
        "round 1         100.00 frames     2.083 ms",
        "median          100.00 frames     2.083 ms, from 100.00 to 100.00 frames",
        "reported        100.00 frames     2.083 ms, so +0.00 frames are not told of",
        "gain         +0.0 dB",
    ] {
        assert!(out.stdout.lines().any(|given| given == line), "{line}\n{}", out.stdout);
    }
}

#[test]
fn as_data_it_is_one_object() {
    let folder = Folder::new("latency-json");
    let args = ["latency", "-o", "null", "--rounds", "1", "--longest", "0.05", "--samplerate", "8000", "--json"];
    let out = folder.oscine(&args);
    assert_eq!((out.status, out.stderr.as_str()), (0, ""));
    let found: serde_json::Value = serde_json::from_str(&out.stdout).expect("JSON");
    assert_eq!((&found["median_frames"], &found["polarity"]), (&64.0.into(), &1.into()), "{found}");
    assert_eq!((&found["samplerate"], &found["reported_frames"]), (&8000.0.into(), &64.into()), "{found}");
}

#[test]
fn wrong_calls_name_what_is_wrong() {
    let folder = Folder::new("latency-wrong");
    for (args, words) in [
        (&["-o", "No Such Device"][..], "No Such Device"),
        (&["-o", "null", "-i", "No Such Device"], "No Such Device"),
        (&["-o", "null", "--level", "3"], "--level"),
        (&["-o", "null", "--rounds", "0"], "--rounds"),
        (&["-o", "null", "--longest", "60"], "--longest"),
    ] {
        let out = folder.oscine(&[&["latency"], args].concat());
        assert_eq!(out.status, 2, "{args:?}: {}", out.stderr);
        assert!(out.stderr.starts_with("error: ") && out.stderr.contains(words), "{args:?}: {}", out.stderr);
    }
}
