//! How soon a program sounds after an edit: each side of a workload, and scripts of the user's in fresh processes of oscine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kind::Kind;
use crate::peer::{Peer, Tools};
use crate::script;
use crate::spread::Spread;
use crate::workload::{FRAMES, Workload};

/// The most that a script may take, in ms.
pub const LIMIT_MS: f64 = 15.0;

/// The least that Numba's first call may take, in oscine's times.
pub const LEAST_BY_NUMBA: f64 = 30.0;

/// The sides that have something to compile.
pub const KINDS: [Kind; 6] = [Kind::Oscine, Kind::Numba, Kind::Cython, Kind::CythonC, Kind::C, Kind::Faust];

/// How often each side is started.
const STARTS: usize = 3;

/// How soon a workload sounds: from its source to a kernel that runs, in ms.
#[derive(Debug)]
pub struct Edit {
    /// What was started.
    pub workload: Workload,
    /// Each side, or why there is no number.
    pub sides: Vec<(Kind, Result<Spread, String>)>,
}

impl Edit {
    /// The median of a side.
    pub fn of(&self, kind: Kind) -> Option<f64> {
        self.sides.iter().find(|(known, _)| *known == kind).and_then(|(_, ready)| Some(ready.as_ref().ok()?.median))
    }
}

/// Starts each of `kinds` that compiles, anew every time, in turn.
pub fn edit(workload: &Workload, kinds: &[Kind], tools: &Tools) -> Edit {
    let mut sides: Vec<(Kind, Result<Vec<f64>, String>)> =
        KINDS.iter().filter(|kind| kinds.contains(kind)).map(|kind| (*kind, Ok(vec![]))).collect();
    for _ in 0..STARTS {
        for (kind, ready) in &mut sides {
            if let Ok(times) = ready {
                match Peer::start(*kind, workload, tools) {
                    Ok(peer) => times.push(peer.ready_ms),
                    Err(absent) => *ready = Err(absent.to_string()),
                }
            }
        }
    }
    Edit { workload: *workload, sides: sides.into_iter().map(|(kind, ready)| (kind, ready.map(Spread::of))).collect() }
}

/// How soon a script is ready.
#[derive(Debug)]
pub struct Ready {
    /// The file's name without its ending.
    pub name: String,
    /// From the text to typed instructions, load time included.
    pub load_ms: Spread,
    /// From instructions to machine code.
    pub compile_ms: Spread,
    /// Both together.
    pub total_ms: Spread,
}

/// Compiles one script here and now, and prints two numbers for [`ready`].
pub fn answer(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let compiled = script::compile(path, text, FRAMES, false)?;
    println!("{} {}", compiled.load_ms, compiled.compile_ms);
    Ok(())
}

/// Measures a script in `times` fresh processes, each `program` with `arguments` and the path.
pub fn ready(program: &Path, arguments: &[&str], path: &Path, times: usize) -> Result<Ready, String> {
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut measured = Vec::with_capacity(times);
    for _ in 0..times {
        let output = Command::new(program).args(arguments).arg(path).output().map_err(|e| e.to_string())?;
        if !output.status.success() {
            return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim_end()));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        // What the script itself prints comes before.
        let last = text.lines().last().unwrap_or_default();
        let numbers: Vec<f64> = last.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [load, compile] = numbers[..] else { return Err(format!("{name}: no numbers in {text:?}")) };
        measured.push((load, compile));
    }
    Ok(Ready {
        name,
        load_ms: Spread::of(measured.iter().map(|m| m.0)),
        compile_ms: Spread::of(measured.iter().map(|m| m.1)),
        total_ms: Spread::of(measured.iter().map(|m| m.0 + m.1)),
    })
}

/// The scripts of a folder, in the order of their names.
pub fn scripts(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "py"));
    files.sort();
    Ok(files)
}
