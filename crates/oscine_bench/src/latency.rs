//! From a file to code that can sound, each time in a fresh process, as a user's first run is.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::script;
use crate::spread::Spread;
use crate::workload::root;

/// The most that a script may take, in ms.
pub const LIMIT_MS: f64 = 15.0;

/// The argument by which the program asks itself for one measurement.
pub const COLD: &str = "--cold";

/// How soon a script is ready.
#[derive(Debug)]
pub struct Latency {
    /// The file's name without its ending.
    pub name: String,
    /// Reading, parsing and running the load time.
    pub load_ms: Spread,
    /// Specialising and translating.
    pub compile_ms: Spread,
    /// Both together.
    pub total_ms: Spread,
}

/// Measures one script here and now, and prints two numbers for [`measure`].
pub fn answer(path: &Path) -> Result<(), String> {
    let compiled = script::compile(path)?;
    println!("{} {}", compiled.load_ms, compiled.compile_ms);
    Ok(())
}

/// The scripts of `examples/`, in the order of their names.
pub fn examples() -> std::io::Result<Vec<PathBuf>> {
    let files = std::fs::read_dir(root().join("../../examples"))?;
    let mut files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "py"));
    files.sort();
    Ok(files)
}

/// Measures a script by running `program`, which is this one, `times` times.
pub fn measure(program: &Path, path: &Path, times: usize) -> Result<Latency, String> {
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut measured = Vec::with_capacity(times);
    for _ in 0..times {
        let output = Command::new(program).arg(COLD).arg(path).output().map_err(|e| e.to_string())?;
        if !output.status.success() {
            return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [load, compile] = numbers[..] else { return Err(format!("{name}: no numbers in {text:?}")) };
        measured.push((load, compile));
    }
    Ok(Latency {
        name,
        load_ms: Spread::of(measured.iter().map(|m| m.0)),
        compile_ms: Spread::of(measured.iter().map(|m| m.1)),
        total_ms: Spread::of(measured.iter().map(|m| m.0 + m.1)),
    })
}
