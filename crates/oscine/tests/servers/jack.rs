//! Through a JACK server: a sine, an input, notes.

use std::thread;
use std::time::Duration;

use super::jack_server::JackServer;
use super::probe::{Probe, Recording, noise, note_at};
use super::running::Running;
use super::running::support::{self, Folder};
use super::{ATTEMPTS, SINE, SINE_HZ, SINE_PEAK, signal};

const RATE: f64 = 48_000.0;

/// Plays `script.py` from the source into the sink for a second or two of the machine's time.
fn record(server: &JackServer, folder: &Folder, args: &[&str]) -> Recording {
    let mut probe = Probe::start(server, &folder.path("heard"));
    let args = [&["script.py", "-o", "JACK:sink"], args].concat();
    let run = Running::oscine(folder, &args, &server.env());
    thread::sleep(Duration::from_millis(1500));
    if args.contains(&"--midi") {
        probe.play_notes();
        thread::sleep(Duration::from_millis(500));
    }
    let recording = probe.end();
    run.end();
    recording.since_first_sound()
}

/// Plays until nobody reports a gap, and judges that; `None` if somebody always does. `is_good` must hold of what has no
/// reported gap.
fn judge(server: &JackServer, folder: &Folder, args: &[&str], is_good: impl Fn(&Recording) -> Result<(), String>) {
    for _ in 0..ATTEMPTS {
        let recording = record(server, folder, args);
        let verdict = is_good(&recording);
        if verdict.is_ok() {
            return;
        }
        assert!(recording.has_gap(), "nobody reported a gap, and yet: {verdict:?}");
    }
    eprintln!("not judged: this machine is too busy to play two seconds without a gap");
}

#[test]
fn a_sine_is_heard_whole() {
    for period in [64, 128] {
        let Some(server) = JackServer::start(period) else { return };
        let folder = Folder::new("jack-sine");
        folder.write("script.py", SINE);
        judge(&server, &folder, &["--blocksize", "64"], |recording| {
            let samples = recording.samples();
            if samples.len() < 4800 {
                return Err(format!("{} samples", samples.len()));
            }
            let share = signal::sine_share(&samples, SINE_HZ, RATE);
            let step = signal::largest_step(&samples);
            let breaks = signal::breaks(&samples, SINE_HZ, RATE, 1e-5);
            let is_whole = share > 0.999_999 && breaks.is_empty();
            let is_smooth = step <= signal::sine_step(SINE_HZ, SINE_PEAK, RATE) * 1.0001;
            let words = format!("{share} of it is sine, the largest step is {step}, breaks at {breaks:?}");
            if is_whole && is_smooth { Ok(()) } else { Err(words) }
        });
    }
}

/// Ten frames late, so that an effect that does nothing is not mistaken for it.
const LATE: &str = "line = [0.0] * 10\nat = 0\n\ndef process(x):\n    global at\n    y = line[at]\n    line[at] = x\n    \
                    at = (at + 1) % 10\n    return y\n";

#[test]
fn an_input_is_heard_the_exact_frames_later() {
    // Where the period is a multiple of the block the way adds nothing; else the least that can be.
    for (period, block, delay) in [(64, "64", 0), (128, "64", 0), (64, "128", 64), (128, "96", 64)] {
        let Some(server) = JackServer::start(period) else { return };
        let folder = Folder::new("jack-input");
        folder.write("script.py", LATE);
        let late = 10 + delay;
        judge(&server, &folder, &["-i", "JACK:source", "--blocksize", block], |recording| {
            // The first periods may fall before the input is connected.
            let heard: Vec<(u32, f32)> = recording
                .periods
                .iter()
                .flat_map(|(first, samples)| (0..).zip(samples).map(|(n, y)| (first.wrapping_add(n), *y)))
                .collect();
            let is_right = |(frame, y): &(u32, f32)| *y == noise(frame.wrapping_sub(late));
            let wrong = heard.iter().skip(heard.len() / 4).filter(|heard| !is_right(heard)).count();
            if heard.len() > 4800 && wrong == 0 {
                return Ok(());
            }
            let other = (0..1000)
                .find(|late| heard.iter().rev().take(50).all(|(frame, y)| *y == noise(frame.wrapping_sub(*late))));
            let frames = heard.len();
            Err(format!("{period}, {block}: {wrong} of {frames} samples are wrong, it is {other:?} frames late"))
        });
    }
}

/// The last note as a level, in 128ths.
pub(crate) const LAST_NOTE: &str = "level = 0.0\n\ndef note_on(note, velocity):\n    global level\n    level = note / 128.0\n\n\
                         def process():\n    return level\n";

/// Whether all notes that `source:notes` played are heard so many frames after those that they were played at. What came
/// before the first sound is not in the recording.
pub(crate) fn notes_are_late_by(recording: &Recording, delay: u32) -> Result<(), String> {
    let heard = recording
        .periods
        .iter()
        .flat_map(|(first, samples)| (0..).zip(samples).map(|(n, y)| (first.wrapping_add(n), y * 128.0)));
    let mut frames = 0;
    let mut sounding: Option<u8> = None;
    for (frame, level) in heard {
        sounding = note_at(frame.wrapping_sub(delay)).or(sounding);
        if let Some(note) = sounding {
            frames += 1;
            if level != f32::from(note) {
                return Err(format!("at frame {frame} it is {level}, and {note} was played {delay} frames before"));
            }
        }
    }
    if frames > 4800 { Ok(()) } else { Err(format!("{frames} frames of notes")) }
}

#[test]
fn a_note_sounds_at_the_frame_at_which_it_was_played() {
    // The least delays that there can be: those of sound through an input.
    for (period, block, delay) in [(64, "64", 0), (128, "64", 0), (64, "128", 64), (128, "96", 64)] {
        let Some(server) = JackServer::start(period) else { return };
        let folder = Folder::new("jack-notes");
        folder.write("script.py", LAST_NOTE);
        judge(&server, &folder, &["--midi", "JACK:source:notes", "--blocksize", block], |recording| {
            notes_are_late_by(recording, delay)
        });
    }
}

#[test]
fn notes_reach_a_sound_that_another_device_plays() {
    let Some(server) = JackServer::start(64) else { return };
    let folder = Folder::new("jack-notes-apart");
    folder.write("script.py", LAST_NOTE);
    let mut probe = Probe::start(&server, &folder.path("heard"));
    let args = ["script.py", "-o", "null", "--midi", "JACK:source:notes", "--record", "take.npy"];
    let run = Running::oscine(&folder, &args, &server.env());
    probe.play_notes();
    thread::sleep(Duration::from_secs(1));
    run.end();
    probe.end();
    let heard = support::read(&folder.path("take.npy")).channels.remove(0);
    let mut notes: Vec<f64> = heard.iter().map(|level| level * 128.0).filter(|level| *level > 0.0).collect();
    notes.dedup();
    // Two that came together, as a server that was held up has them, may leave no frame to the first.
    let ascends = |pair: &[f64]| pair[1] > pair[0] || pair[0] - pair[1] > 6.0;
    assert!(notes.len() > 24 && notes.windows(2).all(ascends), "{notes:?}");
}
