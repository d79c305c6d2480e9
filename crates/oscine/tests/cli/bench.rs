//! `oscine bench` from outside, without its times: whose outputs agree, and what is said of those that are not there.

use crate::support::{has_python, oscine};

#[test]
fn sides_that_are_found_agree_and_the_others_say_how_to_install_them() {
    let out = oscine(&["bench", "--check", "--quiet", "--json", "one_pole", "sin_loop", "--python", "no-such-python"]);
    assert_eq!(out.status, 0, "{}", out.stderr);
    let tables: serde_json::Value = serde_json::from_str(&out.stdout).unwrap();
    let workloads = tables["workloads"].as_array().unwrap();
    assert_eq!(workloads.len(), 2);
    for workload in workloads {
        for side in workload["sides"].as_array().unwrap() {
            let (name, missing) = (side["side"].as_str().unwrap(), side["missing"].as_str());
            match name {
                "oscine" | "oscine-fast-math" | "evaluator" => assert_eq!(missing, None, "{side}"),
                "interpreted" | "numba" | "cython" | "cython-c" => {
                    let words = missing.unwrap_or_else(|| panic!("{side}"));
                    assert!(words.starts_with("not installed: no-such-python -m pip install "), "{words}");
                }
                "native" | "native-voices" => assert_eq!(missing, Some("no native processor computes this")),
                _ => assert!(missing.is_none_or(|words| words.starts_with("not installed: apt-get install")), "{side}"),
            }
        }
    }
}

#[test]
fn the_interpreter_agrees_with_oscine() {
    if !has_python() {
        return;
    }
    let out = oscine(&["bench", "--check", "--quiet", "--only", "interpreted,oscine"]);
    assert_eq!(out.status, 0, "{}", out.stderr);
    let rows = out.stdout.lines().filter(|line| line.starts_with("interpreted Python"));
    let verdicts: Vec<&str> = rows.map(|row| row.split_whitespace().last().unwrap()).collect();
    assert_eq!(verdicts, ["agrees"; 10], "{}", out.stdout);
}

#[test]
fn what_cannot_be_measured_is_said() {
    let unknown = oscine(&["bench", "--check", "two_pole"]);
    assert_eq!(unknown.status, 2);
    assert!(
        unknown.stderr.contains("nothing called `two_pole`") && unknown.stderr.contains("ring_modulator"),
        "{}",
        unknown.stderr
    );
    let unknown = oscine(&["bench", "--only", "fortran"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.stderr.contains("cython-c"), "{}", unknown.stderr);
    if cfg!(debug_assertions) {
        let slow = oscine(&["bench", "vcs3"]);
        assert_eq!(slow.status, 2);
        assert!(slow.stderr.contains("--release"), "{}", slow.stderr);
    }
}
