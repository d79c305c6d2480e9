//! `oscine latency` through a server's own connections.

use super::ATTEMPTS;
use super::jack_server::JackServer;
use super::running::support::{Folder, outcome};

/// Measures until nobody reports a gap; `None` if somebody always does.
fn measure(server: &JackServer, args: &[&str]) -> Option<serde_json::Value> {
    let folder = Folder::new("jack-latency");
    let args = [&["latency", "-o", "JACK", "--rounds", "3", "--longest", "0.1", "--json"], args].concat();
    for _ in 0..ATTEMPTS {
        let out = outcome(folder.command(&args).envs(server.env()));
        assert_eq!((out.status, out.stderr.as_str()), (0, ""), "{}", out.stdout);
        let found: serde_json::Value = serde_json::from_str(&out.stdout).expect("JSON");
        if found["xruns"] == 0 {
            return Some(found);
        }
    }
    eprintln!("not judged: this machine is too busy to play two seconds without a gap");
    None
}

#[test]
fn a_jack_server_brings_sound_back_a_period_later() {
    for (period, block, delay) in [(64, "64", 64.0), (128, "64", 128.0), (128, "96", 128.0 + 64.0)] {
        let Some(server) = JackServer::start(period) else { return };
        let Some(found) = measure(&server, &["--blocksize", block]) else { continue };
        let rounds = found["rounds_frames"].as_array().expect("rounds");
        for round in rounds {
            let frames = round.as_f64().expect("a sweep");
            assert!((frames - delay).abs() < 0.1, "periods of {period}, blocks of {block}: {found}");
        }
        assert_eq!((rounds.len(), &found["channels"]), (3, &1.into()), "{found}");
    }
}

#[test]
fn an_input_that_is_not_connected_is_said_to_be_silent() {
    let Some(server) = JackServer::start(64) else { return };
    let folder = Folder::new("jack-latency-silent");
    let args = ["latency", "-o", "JACK", "-i", "JACK", "--rounds", "1", "--longest", "0.1"];
    let out = outcome(folder.command(&args).envs(server.env()));
    assert_eq!(out.status, 2, "{}", out.stdout);
    assert!(out.stderr.starts_with("error: nothing came back, the input is silent: "), "{}", out.stderr);
}
