//! `oscine run --record`: what is in the file is what `render` computes, however the run ends.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use oscine_engine::files;

use crate::running::start;
use crate::support::{Folder, outcome, read};

/// An effect with a memory, so that a frame too few or too many is heard in all that follow.
const SAMPLE_FORM: &str =
    "last = 0.0\n\ndef process(x):\n    global last\n    last = 0.1 * x + 0.9 * last\n    return last\n";
const BLOCK_FORM: &str = "import numpy as np\n\nlast = 0.0\n\ndef process(data):\n    global last\n    out = \
                          np.zeros(len(data))\n    for i in range(len(data)):\n        last = 0.1 * data[i] + 0.9 * \
                          last\n        out[i] = last\n    return out[::-1]\n";
/// A generator that never repeats itself.
const GENERATOR: &str = "n = 0.0\n\ndef process():\n    global n\n    n += 1.0\n    return n / 1e7, -n / 1e7\n";

#[test]
fn a_recording_is_what_render_computes_bit_for_bit() {
    let folder = Folder::new("record");
    folder.write_signal("stereo", 7000);
    for (form, script) in [("sample", SAMPLE_FORM), ("block", BLOCK_FORM)] {
        folder.write("script.py", script);
        for (block, file, subtype) in [
            ("16", "npy", &[][..]),
            ("64", "npy", &[]),
            ("300", "npy", &[]),
            ("2048", "npy", &[]),
            ("64", "wav", &[]),
            ("64", "wav", &["--subtype", "PCM_16"]),
            ("64", "flac", &[]),
        ] {
            let (recorded, rendered) = (format!("recorded.{file}"), format!("rendered.{file}"));
            let shared = [&["-i", "stereo.npy", "--blocksize", block, "--quiet"], subtype].concat();
            for args in [
                [&["run", "script.py", "-o", "null", "--record", &recorded], &shared[..]].concat(),
                [&["render", "script.py", "-o", &rendered], &shared[..]].concat(),
            ] {
                let out = folder.oscine(&args);
                assert_eq!((out.status, out.stdout.as_str(), out.stderr.as_str()), (0, "", ""), "{args:?}");
            }
            let bytes = |name: &str| fs::read(folder.path(name)).expect("a file");
            assert!(bytes(&recorded) == bytes(&rendered), "{form} form, blocks of {block}, {file} {subtype:?}");
            assert_eq!(read(&folder.path(&recorded)).frames(), 7000);
        }
    }
}

#[test]
fn it_says_what_it_recorded() {
    let folder = Folder::new("record-says");
    folder.write("script.py", GENERATOR);
    let out = folder.oscine(&[
        "run",
        "script.py",
        "-o",
        "null",
        "--seconds",
        "0.125",
        "--record",
        "a.flac",
        "--stats",
        "s.json",
    ]);
    assert_eq!(out.status, 0, "{}", out.stderr);
    let stats: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    assert_eq!((&stats["record"]["frames"], &stats["record"]["missing_frames"]), (&6000.into(), &0.into()));
    assert_eq!(out.stdout.lines().last(), Some("recorded a.flac: 0.125 s, 2 channels, 48000 Hz"));
}

/// Waits until a recording under way can be read, and has frames.
fn wait_for_frames(path: &Path) {
    for _ in 0..6000 {
        if files::read(path).is_ok() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("nothing was recorded in {}", path.display());
}

/// The recording is the beginning of what the generator plays.
fn assert_is_the_beginning(path: &Path) {
    let sound = read(path);
    assert!(sound.frames() > 0);
    for (channel, sign) in sound.channels.iter().zip([1.0, -1.0]) {
        for (n, sample) in channel.iter().enumerate() {
            assert_eq!(*sample, sign * (n + 1) as f64 / 1e7, "frame {n}");
        }
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_and_a_polite_end_leave_a_whole_recording() {
    for signal in ["INT", "TERM", "HUP"] {
        let run = start("record-signal", &[("script.py", GENERATOR)], &["--record", "take.npy"]);
        wait_for_frames(&run.folder.path("take.partial.npy"));
        let (folder, status, lines) = run.end_by(signal);
        assert_eq!(status, Some(0), "{signal}: {lines:?}");
        assert!(lines.iter().any(|line| line.starts_with("recorded take.npy: ")), "{lines:?}");
        assert_is_the_beginning(&folder.path("take.npy"));
        assert_eq!(folder.names(), ["s.json", "script.py", "take.npy"]);
    }
}

#[test]
#[cfg(unix)]
fn a_recording_survives_a_sudden_death() {
    let run = start("record-kill", &[("script.py", GENERATOR)], &["--record", "take.npy"]);
    wait_for_frames(&run.folder.path("take.partial.npy"));
    let (folder, status, _) = run.end_by("KILL");
    assert_eq!(status, None);
    assert_is_the_beginning(&folder.path("take.partial.npy"));
    // The next one leaves it alone.
    let out = folder.oscine(&["run", "script.py", "-o", "null", "--seconds", "0.05", "--record", "take.npy"]);
    assert_eq!(out.status, 0, "{}", out.stderr);
    assert_is_the_beginning(&folder.path("take.partial.npy"));
    assert_eq!(read(&folder.path("take.npy")).frames(), 2400);
}

#[test]
#[cfg(unix)]
fn a_full_disk_ends_the_recording_and_not_the_sound() {
    let folder = Folder::new("record-full");
    folder.write("script.py", GENERATOR);
    // The system's limit on the size of a file: 64 blocks of 512 bytes, or of 1024.
    let shell = "trap '' XFSZ; ulimit -f 64; exec \"$0\" run script.py -o null --seconds 3 --record take.npy";
    let mut command = Command::new("sh");
    command.args(["-c", shell, env!("CARGO_BIN_EXE_oscine")]).current_dir(folder.path(""));
    let out = outcome(&mut command);
    assert_eq!(out.status, 2, "{}{}", out.stdout, out.stderr);
    let lines: Vec<&str> = out.stderr.lines().skip_while(|line| !line.starts_with("recording")).collect();
    assert!(lines[0].starts_with("recording has ended: take.npy: File too large"), "{lines:?}");
    assert!(lines[0].ends_with("take.partial.npy; the sound goes on"), "{lines:?}");
    assert!(lines[1].starts_with("error: the recording is not complete: take.npy: File too large"), "{lines:?}");
    assert_eq!(folder.names(), ["script.py", "take.partial.npy"]);
}

#[test]
fn what_cannot_be_recorded_is_refused_before_anything_plays() {
    let folder = Folder::new("record-wrong");
    folder.write("script.py", GENERATOR);
    fs::create_dir(folder.path("folder.wav")).expect("a folder");
    for (args, words) in [
        (&["--record", "no/such/take.wav"][..], "no/such/take.wav: its folder does not exist"),
        (&["--stats", "no/such/s.json"], "no/such/s.json: its folder does not exist"),
        (&["--stats", "."], ".: is a directory"),
        (&["--record", "take.mp3"], "take.mp3: `.mp3` is not a kind of file that oscine writes"),
        (&["--record", "folder.wav"], "folder.wav: is a directory"),
        (&["--record", "take.flac", "--subtype", "FLOAT"], "flac holds integers"),
        (&["--subtype", "PCM_16"], "--record"),
    ] {
        let out = folder.oscine(&[&["run", "script.py", "-o", "null", "--seconds", "0.1"], args].concat());
        assert_eq!((out.status, out.stdout.as_str()), (2, ""), "{args:?}: {}", out.stderr);
        assert!(out.stderr.starts_with("error: ") && out.stderr.contains(words), "{args:?}: {}", out.stderr);
    }
    assert_eq!(folder.names(), ["folder.wav", "script.py"]);
}
