//! `make soak`: a sound that plays on and on while its script is saved five times a second, on a real server and on the
//! built-in device. `OSCINE_SOAK_SECONDS` says how long each goes on; without it they are part of the tests, and short.
//!
//! What must hold: every save is heard; no step between samples is larger than those of the two sounds and of the fade
//! between them; no memory gathers; nothing is allocated or freed on the audio thread, which ends a debug build; every late
//! block has a cause.

use std::time::{Duration, Instant};
use std::{env, thread};

use serde_json::Value;

use super::jack_server::JackServer;
use super::probe::Probe;
use super::running::Running;
use super::running::support::{Folder, read};
use super::{SINE, SINE_HZ, SINE_PEAK, signal};

const RATE: f64 = 48_000.0;
/// Time between saves.
const SAVE_EVERY: Duration = Duration::from_millis(200);
/// The level of every other version.
const OTHER_PEAK: f64 = 0.45;
/// Frames over which one version fades into the next.
const FADE_FRAMES: f64 = 480.0;
/// Memory that may gather over a soak however long: what the allocator keeps and what is compiled meanwhile.
const MOST_GROWTH_BYTES: u64 = 16 << 20;

fn seconds() -> u64 {
    env::var("OSCINE_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30)
}

/// The largest step that may be heard.
fn most_step() -> f64 {
    signal::sine_step(SINE_HZ, SINE_PEAK, RATE) + (SINE_PEAK - OTHER_PEAK) / FADE_FRAMES + 1e-6
}

/// Saves `script.py` over and over while it plays. The number of reloads.
fn save_over_and_over(folder: &Folder, run: &mut Running, name: &str) -> usize {
    let start = Instant::now();
    let whole = Duration::from_secs(seconds());
    let (mut saves, mut reloads) = (0, 0);
    let mut settled_bytes = 0;
    let mut next = start;
    while start.elapsed() < whole {
        saves += 1;
        let level = if saves % 2 == 0 { SINE_PEAK } else { OTHER_PEAK };
        // As most editors save: a file that is seen half written would be no script.
        folder.write("saved", &SINE.replace("0.5 * math", &format!("{level} * math")));
        std::fs::rename(folder.path("saved"), folder.path("script.py")).expect("a file is renamed");
        next += SAVE_EVERY;
        thread::sleep(next.saturating_duration_since(Instant::now()));
        for line in run.new_lines() {
            assert!(!line.contains("cannot take over") && !line.contains("does not compile"), "{line}");
            reloads += usize::from(line.contains("reloaded script.py"));
        }
        if settled_bytes == 0 && start.elapsed() > whole / 4 {
            settled_bytes = run.memory_bytes();
        }
    }
    let grown = run.memory_bytes().saturating_sub(settled_bytes);
    println!(
        "{name}: {saves} saves, {reloads} reloads in {} s; memory {:.1} MB, {:+.2} MB in the last three quarters",
        whole.as_secs(),
        run.memory_bytes() as f64 / 1e6,
        grown as f64 / 1e6,
    );
    assert!(grown < MOST_GROWTH_BYTES, "{grown} bytes have gathered");
    // A save while another is being compiled is heard with it.
    assert!(reloads >= 2, "{reloads} of {saves} saves were heard");
    reloads
}

/// Every xrun that was counted has a cause: their counts add up.
fn check_causes(folder: &Folder, name: &str) {
    let stats: Value = serde_json::from_str(&folder.read("s.json")).expect("JSON");
    let causes = &stats["xrun_causes"];
    let known = ["processing", "scheduler", "device"].map(|cause| causes[cause]["count"].as_u64().expect("a count"));
    println!(
        "{name}: {} callbacks, {} xruns, causes {}, late blocks {}, load {:.2} %",
        stats["callbacks"],
        stats["xruns"],
        causes,
        stats["late_blocks"],
        stats["load_percent"].as_f64().expect("a number"),
    );
    assert_eq!(Some(known.iter().sum()), stats["xruns"].as_u64(), "{stats}");
}

#[test]
fn saves_on_the_built_in_device() {
    let folder = Folder::new("soak-null");
    folder.write("script.py", SINE);
    let args = ["script.py", "-o", "null", "--stats", "s.json", "--record", "heard.wav"];
    let mut run = Running::oscine(&folder, &args, &[]);
    save_over_and_over(&folder, &mut run, "built-in device");
    run.end();
    check_causes(&folder, "built-in device");
    let heard = read(&folder.path("heard.wav"));
    let samples: Vec<f32> = heard.channels[0].iter().map(|sample| *sample as f32).collect();
    let step = signal::largest_step(&samples);
    println!("built-in device: {} frames, the largest step is {step:.5} of {:.5}", samples.len(), most_step());
    assert!(step <= most_step(), "{step}");
}

#[test]
fn saves_through_jack() {
    let Some(server) = JackServer::start(64) else { return };
    let folder = Folder::new("soak-jack");
    folder.write("script.py", SINE);
    let probe = Probe::start(&server, &folder.path("heard"));
    let args = ["script.py", "-o", "JACK:sink", "--stats", "s.json", "--record", "heard.wav"];
    let mut run = Running::oscine(&folder, &args, &server.env());
    save_over_and_over(&folder, &mut run, "JACK");
    let recording = probe.end().since_first_sound();
    run.end();
    check_causes(&folder, "JACK");
    let heard = read(&folder.path("heard.wav"));
    let samples: Vec<f32> = heard.channels[0].iter().map(|sample| *sample as f32).collect();
    let (step, outside) = (signal::largest_step(&samples), signal::largest_step(&recording.samples()));
    println!(
        "JACK: {} frames, the largest step is {step:.5} where it is made and {outside:.5} where it is heard, of {:.5}; \
         the server reported {} gaps",
        samples.len(),
        most_step(),
        recording.xruns
    );
    assert!(step <= most_step(), "{step}");
    assert!(outside <= most_step() || recording.has_gap(), "{outside}, and nobody reported a gap");
}
