//! Native processors by name, where a script would stand.

use std::fs;

use oscine_dsp::NATIVES;

use crate::support::{Folder, read};

#[test]
fn each_shows_its_face_and_makes_sound() {
    let folder = Folder::new("natives");
    folder.write_signal("noise", 2000);
    for (name, _) in NATIVES {
        let face = folder.oscine(&["check", name]);
        assert_eq!((face.status, face.stderr.as_str()), (0, ""), "{name}");
        assert!(face.stdout.starts_with(&format!("{name}: native processor\n")), "{}", face.stdout);
        let data = folder.oscine(&["check", name, "--format", "json"]);
        let data: serde_json::Value = serde_json::from_str(&data.stdout).expect("JSON");
        assert_eq!(data["form"], "native");
        let takes_sound = data["inputs"].as_array().is_some_and(|inputs| !inputs.is_empty());
        let input: &[&str] = if takes_sound { &["-i", "noise.npy"] } else { &["--seconds", "0.05"] };
        let call = folder.oscine(&[&["render", name, "-o", "out.npy"], input].concat());
        assert_eq!((call.status, call.stderr.as_str()), (0, ""), "{name}");
        let sound = read(&folder.path("out.npy")).channels.remove(0);
        assert!(sound.iter().any(|y| y.abs() > 1e-4) && sound.iter().all(|y| y.is_finite()), "{name}");
    }
}

#[test]
fn settings_reach_them_and_channels_are_instances() {
    let folder = Folder::new("natives-settings");
    folder.write_signal("stereo", 3000);
    let render = |out: &str, settings: &[&str]| {
        let set: Vec<&str> = settings.iter().flat_map(|s| ["--set", s]).collect();
        let call = folder.oscine(&[&["render", "vcs3", "-i", "stereo.npy", "-o", out], &set[..]].concat());
        assert_eq!((call.status, call.stderr.as_str()), (0, ""), "{settings:?}");
        read(&folder.path(out)).channels
    };
    let plain = render("a.npy", &[]);
    assert_eq!(plain.len(), 2);
    assert_ne!(plain[0], plain[1]);
    assert_ne!(plain, render("b.npy", &["cutoff=200"]));
    assert_ne!(plain, render("c.npy", &["diodes=gamma"]));
    // The paper's iteration ends at a tolerance that can be measured and hardly heard.
    let paper = render("d.npy", &["solver=paper"]);
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
    assert!((1e-12..0.05).contains(&apart(&plain[0], &paper[0])), "{}", apart(&plain[0], &paper[0]));

    let wrong = folder.oscine(&["render", "vcs3", "-i", "stereo.npy", "-o", "e.npy", "--set", "diodes=valves"]);
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.contains("thermal"), "{}", wrong.stderr);
}

#[test]
fn a_file_of_the_name_comes_first() {
    let folder = Folder::new("natives-file");
    fs::write(folder.path("vcs3"), "def process(x):\n    return -x\n").expect("a file");
    let face = folder.oscine(&["check", "vcs3"]);
    assert!(face.stdout.starts_with("vcs3: sample form"), "{}", face.stdout);
    assert!(folder.oscine(&["check", "ring_modulator"]).stdout.contains("native processor"));
}

#[test]
fn a_name_that_nothing_has_tells_which_there_are() {
    let call = Folder::new("natives-none").oscine(&["check", "vcs4"]);
    assert_eq!(call.status, 2);
    assert!(call.stderr.contains("vcs4: neither a file nor a native processor"), "{}", call.stderr);
    assert!(call.stderr.contains("ring_modulator, vcs3"), "{}", call.stderr);
}
