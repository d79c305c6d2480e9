//! `oscine render`: what it writes, and what it leaves when it fails.

use crate::support::{Folder, example, read};

const HALF: &str = "def process(x):\n    return x * 0.5\n";
const SINE: &str = "n = 0.0\n\ndef process():\n    global n\n    n += 0.125\n    return n % 1.0\n";

fn folder(name: &str, script: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("script.py", script);
    folder
}

#[test]
fn every_kind_of_file_comes_out_as_it_went_in() {
    let folder = folder("kinds", HALF);
    folder.write_samples("in", &[vec![0.5, -0.25, 1.0, 0.0]]);
    for (out, options) in [
        ("out.npy", &[][..]),
        ("out.wav", &[]),
        ("out.wav", &["--subtype", "PCM_16"]),
        ("out.wav", &["--subtype", "pcm_24"]),
        ("out.flac", &[]),
    ] {
        let call = folder.oscine(&[&["render", "script.py", "-i", "in.npy", "-o", out], options].concat());
        assert_eq!((call.status, call.stderr.as_str()), (0, ""), "{out} {options:?}");
        assert!(call.stdout.starts_with(&format!("wrote {out}: ")), "{}", call.stdout);
        let sound = read(&folder.path(out));
        assert_eq!(sound.channels, [[0.25, -0.125, 0.5, 0.0]], "{out} {options:?}");
        assert_eq!(sound.sample_rate, (out != "out.npy").then_some(48_000.0));
    }
}

#[test]
fn the_rate_is_the_files_and_another_is_resampled_with_a_line() {
    let folder = folder("rates", HALF);
    folder.write_samples("in", &[vec![0.5; 441]]);
    assert_eq!(
        folder.oscine(&["render", "script.py", "-i", "in.npy", "-o", "a.wav", "--samplerate", "44100"]).status,
        0
    );
    let same = folder.oscine(&["render", "script.py", "-i", "a.wav", "-o", "b.wav"]);
    assert_eq!((same.status, same.stderr.as_str()), (0, ""));
    assert_eq!(read(&folder.path("b.wav")).sample_rate, Some(44_100.0));
    let other = folder.oscine(&["render", "script.py", "-i", "a.wav", "-o", "c.wav", "--samplerate", "48000"]);
    assert_eq!((other.status, other.stderr.as_str()), (0, "a.wav: resampled from 44100 Hz to 48000 Hz\n"));
    let resampled = read(&folder.path("c.wav"));
    assert_eq!((resampled.sample_rate, resampled.frames()), (Some(48_000.0), 480));
    let quiet =
        folder.oscine(&["render", "script.py", "-i", "a.wav", "-o", "c.wav", "--samplerate", "8000", "--quiet"]);
    assert_eq!((quiet.status, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""));
}

#[test]
fn a_mono_script_runs_an_instance_a_channel() {
    let script = "total = 0.0\n\ndef process(x):\n    global total\n    total += x\n    return total\n";
    let folder = folder("channels", script);
    folder.write_samples("stereo", &[vec![1.0, 1.0, 1.0], vec![0.5, 0.0, -1.0]]);
    folder.write_samples("mono", &[vec![1.0, 0.0, 1.0]]);
    assert_eq!(folder.oscine(&["render", "script.py", "-i", "stereo.npy", "-o", "out.npy"]).status, 0);
    assert_eq!(read(&folder.path("out.npy")).channels, [[1.0, 2.0, 3.0], [0.5, 0.5, -0.5]]);
    assert_eq!(folder.oscine(&["render", "script.py", "-i", "mono.npy", "-c", "3", "-o", "out.npy"]).status, 0);
    assert_eq!(read(&folder.path("out.npy")).channels, [[1.0, 1.0, 2.0]; 3]);
    let many = folder.oscine(&["render", "script.py", "-i", "stereo.npy", "-c", "3", "-o", "no.npy"]);
    assert_eq!(many.stderr, "error: an input has 2 channels, but `--channels` asks for 3\n");
    assert_eq!(many.status, 2);
}

#[test]
fn inputs_go_by_name_and_by_order() {
    let folder = folder("names", "def process(a, b=0.25):\n    return a, b\n");
    folder.write_samples("one", &[vec![1.0, 2.0]]);
    folder.write_samples("two", &[vec![3.0, 4.0]]);
    let render = |args: &[&str]| {
        let out = folder.oscine(&[&["render", "script.py", "-o", "out.npy"], args].concat());
        assert_eq!(out.status, 0, "{}", out.stderr);
        read(&folder.path("out.npy")).channels
    };
    assert_eq!(render(&["-i", "one.npy", "-i", "two.npy"]), [[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(render(&["-i", "b=one.npy", "-i", "two.npy"]), [[3.0, 4.0], [1.0, 2.0]]);
    assert_eq!(render(&["-i", "one.npy"]), [[1.0, 2.0], [0.25, 0.25]]);
    let unknown = folder.oscine(&["render", "script.py", "-o", "no.npy", "-i", "c=one.npy"]);
    assert_eq!(
        (unknown.status, unknown.stderr.as_str()),
        (2, "error: `process` has no input `c`; it takes `a`, `b`\n")
    );
}

#[test]
fn a_block_script_gets_whole_blocks_and_gives_what_went_in() {
    let script = "import numpy as np\n\ndef process(data):\n    return np.full(len(data), float(len(data)))\n";
    let folder = folder("blocks", script);
    folder.write_samples("in", &[vec![0.0; 100]]);
    assert_eq!(folder.oscine(&["render", "script.py", "-i", "in.npy", "-o", "out.npy", "--blocksize", "32"]).status, 0);
    assert_eq!(read(&folder.path("out.npy")).channels, [[32.0; 100]]);
}

#[test]
fn lengths_are_those_of_the_inputs_or_of_seconds() {
    let folder = folder("lengths", SINE);
    let endless = folder.oscine(&["render", "script.py", "-o", "out.npy"]);
    assert_eq!(endless.status, 2);
    assert!(endless.stderr.contains("--seconds"), "{}", endless.stderr);
    assert_eq!(folder.oscine(&["render", "script.py", "-o", "out.npy", "--seconds", "0.001"]).status, 0);
    assert_eq!(read(&folder.path("out.npy")).frames(), 48);

    folder.write("effect.py", HALF);
    folder.write_samples("short", &[vec![1.0; 10]]);
    assert_eq!(
        folder.oscine(&["render", "effect.py", "-i", "short.npy", "-o", "o.npy", "--seconds", "0.001"]).status,
        0
    );
    let padded = read(&folder.path("o.npy")).channels.remove(0);
    assert_eq!(padded, [vec![0.5; 10], vec![0.0; 38]].concat());
    assert_eq!(folder.oscine(&["render", "effect.py", "-i", "demo", "-o", "o.npy", "--samplerate", "8000"]).status, 0);
    assert_eq!(read(&folder.path("o.npy")).frames(), 32_000);
}

#[test]
fn parameters_are_set_by_name() {
    let script = "from oscine import param\n\ngain = param(1.0, 0.0, 2.0)\nscaled = 0.0\n\n\
                  def update():\n    global scaled\n    scaled = gain * 10.0\n\n\ndef process(x):\n    return x * scaled\n";
    let folder = folder("params", script);
    folder.write_samples("in", &[vec![1.0; 3]]);
    let render =
        |args: &[&str]| folder.oscine(&[&["render", "script.py", "-i", "in.npy", "-o", "out.npy"], args].concat());
    assert_eq!(render(&[]).status, 0);
    assert_eq!(read(&folder.path("out.npy")).channels, [[10.0; 3]]);
    assert_eq!(render(&["--set", "gain=0.5"]).status, 0);
    assert_eq!(read(&folder.path("out.npy")).channels, [[5.0; 3]]);
    for (setting, words) in [
        ("gain=3", "error: `gain` takes a number from 0 to 2, not `3`\n"),
        ("volume=1", "error: there is no parameter `volume`; there is gain\n"),
        ("gain", "error: `--set gain` has no value: write NAME=VALUE\n"),
    ] {
        let out = render(&["--set", setting]);
        assert_eq!((out.status, out.stderr.as_str()), (2, words));
    }
}

#[test]
fn a_script_that_raises_leaves_no_file() {
    let script = "n = 0\n\ndef process(x):\n    global n\n    n += 1\n    return x / (100 - n)\n";
    let folder = folder("raises", script);
    folder.write_samples("in", &[vec![1.0; 400]]);
    let out = folder.oscine(&["render", "script.py", "-i", "in.npy", "-o", "out.wav"]);
    assert_eq!((out.status, out.stdout.as_str()), (1, ""));
    assert_eq!(out.stderr, "script.py:6: ZeroDivisionError: float division by zero\n");
    assert_eq!(folder.names(), ["in.npy", "script.py"]);

    folder.write("out.wav", "what was there before");
    assert_eq!(folder.oscine(&["render", "script.py", "-i", "in.npy", "-o", "out.wav"]).status, 1);
    assert_eq!(folder.read("out.wav"), "what was there before");
    assert_eq!(folder.names(), ["in.npy", "out.wav", "script.py"]);
}

#[test]
fn a_script_that_always_raises_says_what() {
    let script =
        "from oscine.dsp import Oversample\n\nup = Oversample(4)\n\ndef process(x):\n    return up.down([x, x])\n";
    let folder = folder("always", script);
    let out = folder.oscine(&["render", "script.py", "-i", "noise", "--seconds", "0.1", "-o", "out.wav"]);
    assert_eq!(out.status, 1);
    let words = "script.py:6: ValueError: Oversample.down(values): as many as the factor, 4, not 2\n";
    assert_eq!(out.stderr, words);
    assert_eq!(folder.names(), ["script.py"]);
}

#[test]
fn an_output_that_is_no_number_is_an_error() {
    let folder = folder("nan", "def process(x):\n    return x * 1e308 * 10.0\n");
    folder.write_samples("in", &[vec![0.0, 0.0, 1.0]]);
    let out = folder.oscine(&["render", "script.py", "-i", "in.npy", "-o", "out.npy"]);
    assert_eq!(out.status, 1);
    assert_eq!(out.stderr, "output 1 became infinite at 0.000 s (frame 2)\n");
    assert_eq!(folder.names(), ["in.npy", "script.py"]);
}

#[test]
fn a_loop_without_end_is_stopped() {
    let folder = folder("endless", "def process(x):\n    while x > 0.0:\n        x *= 1.0\n    return x\n");
    folder.write_samples("in", &[vec![1.0; 4]]);
    let out = folder.oscine(&["render", "script.py", "-i", "in.npy", "-o", "out.npy"]);
    assert_eq!(out.status, 1);
    assert!(out.stderr.starts_with("script.py:2: TimeoutError: "), "{}", out.stderr);
    assert_eq!(folder.names(), ["in.npy", "script.py"]);
}

#[test]
fn wrong_calls_name_what_is_wrong() {
    let folder = folder("wrong", HALF);
    folder.write_samples("in", &[vec![1.0; 4]]);
    folder.write("text.wav", "not a sound");
    for (args, words) in [
        (&["none.py", "-i", "in.npy", "-o", "o.wav"][..], "none.py: no such file"),
        (&[".", "-i", "in.npy", "-o", "o.wav"], ".: is a directory, not a script"),
        (&["script.py", "-i", "none.wav", "-o", "o.wav"], "none.wav: no such file"),
        (&["script.py", "-i", "text.wav", "-o", "o.wav"], "text.wav: not a sound file that oscine reads"),
        (&["script.py", "-i", "in.npy", "-o", "o.mp3"], "o.mp3: `.mp3` is not a kind of file that oscine writes"),
        (&["script.py", "-i", "in.npy", "-o", "no/o.wav"], "no/o.wav: its folder does not exist"),
        (&["script.py", "-i", "Microphone", "-o", "o.wav"], "there is no file `Microphone`"),
        (&["script.py", "-o", "o.wav"], "nothing is given for the input `x`"),
        (&["script.py", "-i", "in.npy", "-i", "in.npy", "-o", "o.wav"], "2 inputs are given, but `process` takes `x`"),
        (&["script.py", "-i", "in.npy", "-o", "o.flac", "--subtype", "FLOAT"], "o.flac: flac holds integers"),
        (&["script.py", "-i", "in.npy", "-o", "o.wav", "--stats", "no/s.json"], "no/s.json: its folder does not exist"),
    ] {
        let out = folder.oscine(&[&["render"], args].concat());
        assert_eq!(out.status, 2, "{args:?}: {}", out.stderr);
        assert!(out.stderr.starts_with(&format!("error: {words}")), "{args:?}: {}", out.stderr);
        assert!(!folder.path("o.wav").exists() || args.contains(&"--stats"), "{args:?}");
    }
}

#[test]
fn statistics_have_their_fields() {
    let folder = folder("stats", HALF);
    folder.write_samples("in", &[vec![1.0; 1000]]);
    let out = folder.oscine(&["render", "script.py", "-i", "in.npy", "-o", "o.wav", "--stats", "s.json"]);
    assert_eq!(out.status, 0, "{}", out.stderr);
    let stats: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    let keys: Vec<&str> = stats.as_object().expect("an object").keys().map(String::as_str).collect();
    let shared = ["compile_ms", "frames", "load_ms", "peak_rss_bytes", "process_ns_per_frame", "state_bytes"];
    assert_eq!(keys, shared);
    assert_eq!(stats["frames"], 1000);
    let distribution = stats["process_ns_per_frame"].as_object().expect("an object");
    assert!(distribution.keys().eq(["max", "mean", "p50", "p99"]));
    assert!(distribution.values().all(|value| value.as_f64().is_some_and(|ns| ns > 0.0)), "{stats}");
    assert!(stats["load_ms"].as_f64() > Some(0.0) && stats["compile_ms"].as_f64() > Some(0.0), "{stats}");
}

#[test]
fn a_script_may_lie_anywhere_and_import_its_neighbours() {
    let folder = folder("elsewhere", "");
    std::fs::create_dir(folder.path("scripts")).expect("a folder");
    folder.write("scripts/gains.py", "HALF = 0.5\n\n\ndef scale(x):\n    return x * HALF\n");
    folder.write("scripts/effect.py", "import gains\n\n\ndef process(x):\n    return gains.scale(x)\n");
    folder.write_samples("in", &[vec![1.0; 4]]);
    let out = folder.oscine(&["render", "scripts/effect.py", "-i", "in.npy", "-o", "out.npy"]);
    assert_eq!(out.status, 0, "{}", out.stderr);
    assert_eq!(read(&folder.path("out.npy")).channels, [[0.5; 4]]);
    // From a folder that has nothing to do with either.
    let script = folder.path("scripts/effect.py");
    let (input, output) = (folder.path("in.npy"), folder.path("out2.npy"));
    let elsewhere = Folder::new("nowhere");
    let paths = [&script, &input, &output].map(|path| path.to_str().expect("UTF-8").to_owned());
    assert_eq!(elsewhere.oscine(&["render", &paths[0], "-i", &paths[1], "-o", &paths[2]]).status, 0);
    assert_eq!(read(&output).channels, [[0.5; 4]]);
}

#[test]
fn what_a_script_prints_while_it_loads_is_shown() {
    let folder = folder("prints", &format!("print('order', 4)\n{HALF}"));
    folder.write_samples("in", &[vec![1.0; 4]]);
    let out = folder.oscine(&["render", "script.py", "-i", "in.npy", "-o", "out.npy", "--quiet"]);
    assert_eq!((out.status, out.stdout.as_str()), (0, "order 4\n"));
}

#[test]
fn noise_and_silence_are_inputs() {
    let folder = folder("builtin", HALF);
    let render = |input: &str, out: &str| {
        let call = folder.oscine(&["render", "script.py", "-i", input, "-o", out, "--seconds", "0.01"]);
        assert_eq!(call.status, 0, "{}", call.stderr);
        read(&folder.path(out)).channels.remove(0)
    };
    assert_eq!(render("silence", "a.npy"), [0.0; 480]);
    let noise = render("noise", "b.npy");
    assert!(noise.iter().all(|x| x.abs() <= 0.25) && noise.iter().any(|x| x.abs() > 0.1));
    assert_eq!(noise, render("noise", "c.npy"));
}

#[test]
fn every_example_renders_and_remembers_little() {
    let folder = Folder::new("examples");
    for name in ["one_pole", "listing_a2", "butterworth", "osc_sine", "ring_modulator", "vcs3"] {
        let script = example(name);
        let input: &[&str] = if name == "osc_sine" { &[] } else { &["-i", "demo"] };
        let args = ["render", &script, "-o", "out.wav", "--seconds", "0.1", "--stats", "s.json"];
        let out = folder.oscine(&[&args, input].concat());
        assert_eq!((out.status, out.stderr.as_str()), (0, ""), "{name}");
        let stats: serde_json::Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
        assert!(stats["state_bytes"].as_u64() < Some(8192), "{name}: {stats}");
    }
}
