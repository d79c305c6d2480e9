//! Through a `PulseAudio` server, whose monitor is recorded.

use std::thread;
use std::time::Duration;

use super::pulse_server::PulseServer;
use super::running::Running;
use super::running::support::{Folder, outcome};
use super::{ATTEMPTS, SINE, SINE_HZ, SINE_PEAK, signal};

const RATE: f64 = 48_000.0;

/// A stretch that the server plays even where it skips all the time: what is no sine in all of these is none.
const SHORT: usize = 2400;
/// The stretch that is judged.
const LONG: usize = 48_000;

/// The best stretch of so many frames: its share of sine, and its largest step.
fn best(samples: &[f32], frames: usize) -> (f64, f64) {
    let stretches = samples.windows(frames).step_by(frames / 10);
    let judged = stretches.map(|part| (signal::sine_share(part, SINE_HZ, RATE), signal::largest_step(part)));
    judged.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 0.0))
}

#[test]
fn the_monitor_of_a_sink_has_the_sine_that_was_played() {
    let folder = Folder::new("pulse-sine");
    let Some(server) = PulseServer::start(&folder) else { return };
    folder.write("script.py", SINE);
    let mut seen = vec![];
    for _ in 0..ATTEMPTS {
        let monitor = server.monitor(&folder);
        let run = Running::oscine(&folder, &["script.py", "-o", "default", "--stats", "s.json"], &server.env());
        monitor.wait(3 * 48_000);
        run.end();
        let heard = monitor.end();
        let (share, step) = best(&heard, LONG);
        // The server skips where the machine stands still: there is a second in which it did not.
        if share >= 0.999 && step <= signal::sine_step(SINE_HZ, SINE_PEAK, RATE) * 1.001 {
            return;
        }
        let (short, _) = best(&heard, SHORT);
        assert!(short > 0.999, "what sounds is not the sine: {short}");
        seen.push((share, step));
    }
    eprintln!("not judged: this machine is too busy to play a second through PulseAudio without a gap: {seen:?}");
}

#[test]
fn a_server_that_was_stopped_is_waited_for() {
    for signal in ["TERM", "KILL"] {
        let folder = Folder::new("pulse-restart");
        let Some(mut server) = PulseServer::start(&folder) else { return };
        folder.write("script.py", SINE);
        let mut run = Running::oscine(&folder, &["script.py", "-o", "default"], &server.env());
        thread::sleep(Duration::from_millis(500));
        server.stop(signal);
        let line = run.line("stopped");
        assert!(line.contains("waiting for it to come back"), "{line}");
        server.restart();
        run.line("is back after");
        let monitor = server.monitor(&folder);
        monitor.wait(3 * 48_000);
        let (share, _) = best(&monitor.end(), SHORT);
        assert!(share > 0.999, "{signal}: what sounds after the restart is not the sine: {share}");
        run.end();
    }
}

#[test]
fn the_device_is_listed() {
    let folder = Folder::new("pulse-devices");
    let Some(server) = PulseServer::start(&folder) else { return };
    let listed = outcome(folder.command(&["devices"]).envs(server.env()));
    assert_eq!(listed.status, 0, "{}", listed.stderr);
    assert!(listed.stdout.to_lowercase().contains("pulseaudio"), "{}", listed.stdout);
}
