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

/// Whether the run has come back to its server. One that clients meet in an unlucky moment of its start stops answering,
/// them and everybody else: there is nothing to judge then.
fn is_back(run: &mut Running) -> bool {
    run.either("is back after", "the JACK server takes no client").contains("is back after")
}

/// Tries until `attempt` could be judged.
fn judge(mut attempt: impl FnMut() -> bool) {
    if !(0..ATTEMPTS).any(|_| attempt()) {
        eprintln!("not judged: on this machine the server never comes back in peace");
    }
}

#[test]
fn a_jack_server_that_was_stopped_is_waited_for_and_the_state_kept() {
    for signal in ["TERM", "KILL"] {
        judge(|| {
            let Some(mut server) = JackServer::start(64) else { return true };
            let folder = Folder::new("jack-restart");
            folder.write("script.py", COUNT);
            let probe = Probe::start(&server, &folder.path("first"));
            let args = ["script.py", "-o", "JACK:sink", "--stats", "s.json"];
            let mut run = Running::oscine(&folder, &args, &server.env());
            thread::sleep(Duration::from_millis(500));
            server.stop(signal);
            let line = run.line("stopped");
            assert!(line.contains("waiting for it to come back"), "{line}");
            let counts = |probe: Probe| -> Vec<u32> {
                probe.end().since_first_sound().samples().iter().map(|sample| (sample * 8_388_608.0) as u32).collect()
            };
            let before = counts(probe).into_iter().max().expect("it was heard");
            server.restart();
            let probe = Probe::start(&server, &folder.path("heard"));
            if !is_back(&mut run) {
                return false;
            }
            thread::sleep(Duration::from_millis(1500));
            let after = counts(probe);
            assert!(after.len() > 1000, "{} samples after the restart", after.len());
            assert!(after[0] > before, "{signal}: it was at {before} and came back at {}", after[0]);
            assert!(after.windows(2).all(|pair| pair[1] > pair[0]), "{signal}: no step back");
            run.end();
            assert!(folder.read("s.json").contains("\"frames\""));
            true
        });
    }
}

#[test]
fn after_a_restart_notes_sound_at_their_frames_again() {
    judge(|| {
        let Some(mut server) = JackServer::start(64) else { return true };
        let folder = Folder::new("jack-notes-again");
        folder.write("script.py", LAST_NOTE);
        let probe = Probe::start(&server, &folder.path("first"));
        let args = ["script.py", "-o", "JACK:sink", "--midi", "JACK:source:notes"];
        let mut run = Running::oscine(&folder, &args, &server.env());
        server.stop("TERM");
        run.line("waiting for it to come back");
        probe.end();
        server.restart();
        let mut probe = Probe::start(&server, &folder.path("heard"));
        if !is_back(&mut run) {
            return false;
        }
        probe.play_notes();
        thread::sleep(Duration::from_secs(1));
        let recording = probe.end().since_first_sound();
        let verdict = notes_are_late_by(&recording, 0);
        assert!(verdict.is_ok() || recording.has_gap(), "nobody reported a gap, and yet: {verdict:?}");
        run.end();
        verdict.is_ok()
    });
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
