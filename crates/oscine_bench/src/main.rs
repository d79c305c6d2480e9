//! `cargo run --release -p oscine_bench`: prints both tables.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use oscine_bench::peer::Folder;
use oscine_bench::workload::{ALL, Workload};
use oscine_bench::{contest, latency, report};

const USAGE: &str = "\
Measures scripts compiled by oscine beside the same programs in C and under Numba, and how soon scripts are ready.

Usage: oscine_bench [OPTIONS] [WORKLOAD]...

Without workloads, all of them: one_pole, one_pole_block, biquad, ring_core, vcs3, sines64.

  --rounds N    how often each side runs, at least 7 (201)
  --json FILE   also writes all numbers to a file
  --markdown    prints the tables as Markdown

Numba is asked for of the interpreter in the environment variable OSCINE_PYTHON, otherwise of .venv/bin/python.";

struct Arguments {
    workloads: Vec<Workload>,
    rounds: usize,
    json: Option<PathBuf>,
    markdown: bool,
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments { workloads: vec![], rounds: 201, json: None, markdown: false };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--markdown" => arguments.markdown = true,
            "--json" => arguments.json = Some(words.next().ok_or("--json needs the name of a file")?.into()),
            "--rounds" => {
                let rounds = words.next().and_then(|n| n.parse().ok()).filter(|n| *n >= 7);
                arguments.rounds = rounds.ok_or("--rounds needs a number from 7")?;
            }
            name => {
                let known = ALL.iter().find(|workload| workload.name == name);
                arguments
                    .workloads
                    .push(*known.ok_or_else(|| format!("no such workload or option: {name}\n\n{USAGE}"))?);
            }
        }
    }
    if arguments.workloads.is_empty() {
        arguments.workloads = ALL.to_vec();
    }
    Ok(arguments)
}

fn python() -> PathBuf {
    let local = || oscine_bench::workload::root().join("../../.venv/bin/python");
    std::env::var_os("OSCINE_PYTHON").map_or_else(local, PathBuf::from)
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let folder = Folder::new("peers").map_err(|e| format!("no temporary folder: {e}"))?;
    let mut results = vec![];
    for workload in &arguments.workloads {
        eprintln!("{} ...", workload.title);
        results.push(contest::run(workload, arguments.rounds, &folder, &python())?);
    }
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut latencies = vec![];
    for path in latency::examples().map_err(|e| format!("examples: {e}"))? {
        latencies.push(latency::measure(&program, &path, arguments.rounds.min(31))?);
    }
    if let Some(path) = &arguments.json {
        let text = format!("{:#}\n", report::json(&results, &latencies));
        std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let (speeds, notes) = report::speeds(&results);
    println!("{}", speeds.print(arguments.markdown));
    for note in notes {
        println!("{note}\n");
    }
    print!("{}", report::latencies(&latencies).print(arguments.markdown));
    Ok(())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [latency::COLD, path] => latency::answer(Path::new(path)),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ if cfg!(debug_assertions) => Err("a debug build measures nothing worth knowing: add --release".into()),
        _ => arguments(words.into_iter()).and_then(|arguments| measure(&arguments)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}
