//! Servers that go and come back under a sound that plays on.

use std::thread;
use std::time::Duration;

use super::ATTEMPTS;
use super::jack::{LAST_NOTE, notes_are_late_by};
use super::jack_server::JackServer;
use super::probe::Probe;
use super::running::Running;
use super::running::support::{self, Folder};

/// Counts its frames, in steps that a 32-bit float holds exactly.
const COUNT: &str = "n = 0\n\ndef process():\n    global n\n    n = (n + 1) % 8388608\n    return n / 8388608.0\n";

/// The counts that were heard, in order.
fn counts(server: &JackServer, folder: &Folder, run: &mut Running, until: &str) -> Vec<u32> {
    let probe = Probe::start(server, &folder.path("heard"));
    if !until.is_empty() {
        run.line(until);
    }
    thread::sleep(Duration::from_millis(1500));
    let heard = probe.end().since_first_sound();
    heard.samples().iter().map(|sample| (sample * 8_388_608.0) as u32).collect()
}

#[test]
fn a_jack_server_that_was_stopped_is_waited_for_and_the_state_kept() {
    for signal in ["TERM", "KILL"] {
        let Some(mut server) = JackServer::start(64) else { return };
        let folder = Folder::new("jack-restart");
        folder.write("script.py", COUNT);
        let probe = Probe::start(&server, &folder.path("first"));
        let mut run = Running::oscine(&folder, &["script.py", "-o", "JACK:sink", "--stats", "s.json"], &server.env());
        thread::sleep(Duration::from_millis(500));
        server.stop(signal);
        let line = run.line("stopped");
        assert!(line.contains("waiting for it to come back"), "{line}");
        let before = probe.end().since_first_sound().samples();
        let before = before.iter().map(|sample| (sample * 8_388_608.0) as u32).max().expect("it was heard");
        server.restart();
        let after = counts(&server, &folder, &mut run, "is back after");
        assert!(after.len() > 1000, "{} samples after the restart", after.len());
        assert!(after[0] > before, "{signal}: it was at {before} and came back at {}", after[0]);
        assert!(after.windows(2).all(|pair| pair[1] > pair[0]), "{signal}: no step back");
        run.end();
        assert!(folder.read("s.json").contains("\"frames\""));
    }
}

#[test]
fn after_a_restart_notes_sound_at_their_frames_again() {
    let Some(mut server) = JackServer::start(64) else { return };
    let folder = Folder::new("jack-notes-again");
    folder.write("script.py", LAST_NOTE);
    let mut probe = Probe::start(&server, &folder.path("heard"));
    let mut run =
        Running::oscine(&folder, &["script.py", "-o", "JACK:sink", "--midi", "JACK:source:notes"], &server.env());
    for _ in 0..ATTEMPTS {
        server.stop("TERM");
        run.line("waiting for it to come back");
        probe.end();
        server.restart();
        probe = Probe::start(&server, &folder.path("heard"));
        run.line("is back after");
        probe.play_notes();
        thread::sleep(Duration::from_secs(1));
        let recording = probe.end().since_first_sound();
        let verdict = notes_are_late_by(&recording, 0);
        if verdict.is_ok() {
            run.end();
            return;
        }
        assert!(recording.has_gap(), "nobody reported a gap, and yet: {verdict:?}");
        probe = Probe::start(&server, &folder.path("heard"));
    }
    eprintln!("not judged: this machine is too busy to play a second without a gap");
}

#[test]
fn a_player_that_comes_back_is_connected_again() {
    let Some(server) = JackServer::start(64) else { return };
    let folder = Folder::new("jack-notes-back");
    folder.write("script.py", LAST_NOTE);
    let probe = Probe::start(&server, &folder.path("heard"));
    let args = ["script.py", "-o", "JACK:system", "--midi", "JACK:source:notes", "--record", "take.npy"];
    let mut run = Running::oscine(&folder, &args, &server.env());
    probe.end();
    run.line("MIDI port JACK:source:notes: it is not there; waiting for it");
    let mut probe = Probe::start(&server, &folder.path("heard"));
    run.line("MIDI port JACK:source:notes is back");
    probe.play_notes();
    thread::sleep(Duration::from_millis(500));
    probe.end();
    run.end();
    let heard = support::read(&folder.path("take.npy")).channels.remove(0);
    assert!(heard.last() > Some(&0.0), "the last note");
}

#[test]
fn a_server_that_comes_back_with_another_period_plays_on() {
    let Some(mut server) = JackServer::start(64) else { return };
    let folder = Folder::new("jack-period");
    folder.write("script.py", COUNT);
    let mut run = Running::oscine(&folder, &["script.py", "-o", "JACK:system"], &server.env());
    server.stop("TERM");
    run.line("waiting for it to come back");
    server.restart_with(256);
    run.line("is back after");
    run.end();
}
