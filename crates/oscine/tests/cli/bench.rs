//! `oscine bench` from outside, without its times: whose outputs agree, what is said of those that are not there, and what is
//! left when it is interrupted.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Folder, Outcome, has_python, oscine, outcome};

/// A side, and why it is missing.
type Side = (String, Option<String>);

/// Runs `oscine bench --check --quiet --json` and gives the sides of each program.
fn checked(command: &mut Command) -> Vec<(String, Vec<Side>)> {
    let out = outcome(command);
    assert_eq!(out.status, 0, "{}", out.stderr);
    let tables: serde_json::Value = serde_json::from_str(&out.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let sides = |workload: &serde_json::Value| {
        let sides = workload["sides"].as_array().unwrap().iter();
        sides.map(|side| (text(&side["side"]).unwrap(), text(&side["missing"]))).collect()
    };
    let workloads = tables["workloads"].as_array().unwrap().iter();
    workloads.map(|workload| (text(&workload["workload"]).unwrap(), sides(workload))).collect()
}

fn check(folder: &Folder, arguments: &[&str]) -> Command {
    folder.command(&[&["bench", "--check", "--quiet", "--json"], arguments].concat())
}

#[test]
fn sides_that_are_found_agree_and_the_others_say_how_to_install_them() {
    let folder = Folder::new("bench-found");
    let found = checked(&mut check(&folder, &["one_pole", "sin_loop", "--python", "no-such-python"]));
    assert_eq!(found.len(), 2);
    for (program, sides) in found {
        assert_eq!(sides.len(), 15);
        for (side, missing) in sides {
            let missing = missing.as_deref();
            match side.as_str() {
                "oscine" | "oscine-fast-math" | "oscine-numba-file" | "evaluator" => {
                    assert_eq!(missing, None, "{program}: {side}");
                }
                "interpreted" | "numba" | "numba-fast-math" | "cython" | "cython-c" => {
                    let words = missing.unwrap_or_else(|| panic!("{side}"));
                    assert!(words.starts_with("not installed: no-such-python is no Python"), "{words}");
                    assert!(words.contains("no-such-python -m pip install numpy"), "{words}");
                }
                "native" if program == "one_pole" => assert_eq!(missing, None),
                "native" => assert_eq!(missing, Some("no native processor computes this")),
                "native-voices" if program == "one_pole" => {
                    assert_eq!(missing, Some("its native processor has no form for several voices"));
                }
                "native-voices" => assert_eq!(missing, Some("no native processor computes this")),
                _ => {
                    assert!(missing.is_none_or(|words| words.starts_with("not installed: apt-get install")), "{side}");
                }
            }
        }
    }
}

/// Whatever a side's language, the program is the same: three blocks of each agree.
#[test]
fn what_numba_compiles_oscine_compiles_too() {
    let folder = Folder::new("bench-file");
    let found =
        checked(&mut check(&folder, &["--only", "oscine,oscine-numba-file,oscine-fast-math,native,native-voices"]));
    assert_eq!(found.len(), 11);
    for (program, sides) in found {
        for (side, missing) in sides {
            let may_be_missing = side.starts_with("native");
            assert!(missing.is_none() || may_be_missing, "{program}: {side}: {missing:?}");
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
    assert_eq!(verdicts, ["agrees"; 11], "{}", out.stdout);
}

/// With nothing on the path no compiler is found, and where one is found that compiles something else there is no number.
#[cfg(unix)]
#[test]
fn a_peer_that_is_hidden_or_wrong_is_a_row_without_a_number() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("bench-hidden");
    let python = env::var("OSCINE_PYTHON").unwrap_or_else(|_| "no-such-python".into());
    let hidden = ["--only", "cython,cython-c,c,c-fast-math,faust,faust-fast-math", "sin_loop", "--python", &python];
    let found = checked(check(&folder, &hidden).env("PATH", folder.path("")));
    for (side, missing) in &found[0].1 {
        let words = missing.as_deref().unwrap_or_else(|| panic!("{side} needs nothing?"));
        let tool = if side.starts_with("faust") { "faust" } else { "gcc" };
        // Without Cython itself that is what is said first.
        let is_cython = side.starts_with("cython") && words.contains("-m pip install numpy cython setuptools");
        assert!(is_cython || words.starts_with(&format!("not installed: apt-get install {tool}")), "{side}: {words}");
    }

    let ones = "1 ".repeat(512);
    folder.write(
        "gcc",
        &format!(
            "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; shift; done\n[ -z \"$out\" ] && exit 0\n\
             echo '#!/bin/sh\nwhile read n; do echo 1 0 0 {ones}; done' > \"$out\"\n/bin/chmod +x \"$out\"\n"
        ),
    );
    std::fs::set_permissions(folder.path("gcc"), PermissionsExt::from_mode(0o755)).unwrap();
    let found = checked(check(&folder, &["--only", "c", "sin_loop"]).env("PATH", folder.path("")));
    let words = found[0].1[0].1.as_deref().expect("a wrong output is no number");
    assert!(words.starts_with("its output differs: 1 instead of 0.84"), "{words}");
}

/// The interrupted process says so, and neither a file nor a process of its is left.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_measurement_leaves_nothing() {
    let folder = Folder::new("bench-interrupted");
    let temporary = folder.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = folder.command(&["bench", "--check", "--only", "evaluator,interpreted,c"]);
    let mut child = command.env("TMPDIR", &temporary).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut words = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    words.read_line(&mut first).unwrap();
    assert!(first.starts_with("diode ring modulator"), "{first}");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let rest: String = words.lines().map(|line| line.unwrap() + "\n").collect();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{rest}");
    assert!(rest.contains("error: interrupted"), "{rest}");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "files are left");
    let mark = format!("TMPDIR={}", temporary.display());
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path().join("environ")));
    let left: Vec<_> = processes
        .filter(|path| std::fs::read(path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(&mark)))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oscine"));
    command.args(["bench", "--check", "--quiet", "--json", "--only", "oscine", "one_pole"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn refused(arguments: &[&str], words: &[&str]) {
    let Outcome { status, stderr, .. } = oscine(&[&["bench"], arguments].concat());
    assert_eq!(status, 2, "{arguments:?}: {stderr}");
    assert!(words.iter().all(|words| stderr.contains(words)), "{arguments:?}: {stderr}");
}

#[test]
fn what_cannot_be_measured_is_said() {
    refused(&["--check", "two_pole"], &["nothing called `two_pole`", "ring_modulator", "scaling"]);
    refused(&["--only", "fortran"], &["cython-c", "oscine-numba-file"]);
    refused(&["--check", "scaling"], &["`scaling` compares no outputs"]);
    refused(&["--check", "scaling", "vcs3"], &["`scaling` is measured alone"]);
    refused(&["--plot", "bars.pdf"], &["bars.pdf: a plot is a .png or a .svg file"]);
    refused(&["--plot", "no/such/folder/bars.svg"], &["no/such/folder/bars.svg cannot be written"]);
    refused(&["--check", "--plot", "bars.svg"], &["--check", "--plot"]);
    refused(&["--seconds", "0"], &["0.1 to 3600 seconds"]);
    refused(&["--json", "--markdown"], &["cannot be used with"]);
    if cfg!(debug_assertions) {
        refused(&["vcs3"], &["--release"]);
    }
}
