//! The programs in the Markdown files.

use std::path::{Path, PathBuf};

use crate::signal::signal;

/// One conformance program.
#[derive(Debug, Clone)]
pub struct Program {
    /// The name of its file, `faults.md`.
    pub file: String,
    /// Its heading.
    pub heading: String,
    /// The line of the file on which its source begins, counted from 1.
    pub line: usize,
    /// Its text.
    pub source: String,
    /// What CPython says of it, line by line.
    pub expected: Vec<String>,
    /// What it is given.
    pub options: Options,
}

/// What a program is given, and how near its output must come.
#[derive(Debug, Clone)]
pub struct Options {
    /// Inputs of `process`, with the argument's name where it is said.
    pub inputs: Vec<(Option<String>, Vec<f64>)>,
    /// Parameters and their values before the first sample.
    pub settings: Vec<(String, String)>,
    /// How long it runs: as said, or as long as the longest input.
    pub frames: usize,
    /// In Hz.
    pub sample_rate: f64,
    /// In frames.
    pub block_frames: usize,
    /// Outputs may differ by so many units in the last place.
    pub ulp: u64,
    /// Outputs may differ by this share of the largest.
    pub peak: f64,
}

impl Options {
    /// What the first comment lines of `source` ask for.
    pub fn of(source: &str) -> Self {
        let mut options = Self {
            inputs: vec![],
            settings: vec![],
            frames: 0,
            sample_rate: 48000.0,
            block_frames: 64,
            ulp: 0,
            peak: 0.0,
        };
        let mut frames = None;
        for line in source.lines() {
            let Some((key, value)) = line.strip_prefix("# ").and_then(|rest| rest.split_once(": ")) else { break };
            let (key, name) = key.split_once(' ').map_or((key, None), |(key, name)| (key, Some(name.to_owned())));
            if key.contains(|c: char| !c.is_alphanumeric() && c != '_') {
                break;
            }
            let number = || value.trim().parse::<f64>().unwrap_or_else(|_| panic!("not a number: {line}"));
            match key {
                "input" => options.inputs.push((name, signal(value))),
                "set" => options.settings.extend(value.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()))),
                "frames" => frames = Some(number() as usize),
                "samplerate" => options.sample_rate = number(),
                "blocksize" => options.block_frames = number() as usize,
                "ulp" => options.ulp = number() as u64,
                "peak" => options.peak = number(),
                _ => {}
            }
        }
        let longest = options.inputs.iter().map(|(_, samples)| samples.len()).max().unwrap_or(0);
        options.frames = frames.unwrap_or(longest);
        options
    }

    /// The inputs, cut or padded with zeros to [`Options::frames`].
    pub fn fitted_inputs(&self) -> Vec<(Option<String>, Vec<f64>)> {
        let mut inputs = self.inputs.clone();
        for (_, samples) in &mut inputs {
            samples.resize(self.frames, 0.0);
        }
        inputs
    }
}

/// Every program of `tests/language`, file by file.
pub fn programs() -> Vec<Program> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/language");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    let programs: Vec<Program> = paths.iter().flat_map(|path| programs_of(path)).collect();
    assert!(!programs.is_empty(), "no programs in {}", folder.display());
    programs
}

/// The programs of one Markdown file.
pub fn programs_of(path: &Path) -> Vec<Program> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut programs: Vec<Program> = vec![];
    let (mut heading, mut block): (String, Option<&str>) = (String::new(), None);
    for (index, line) in text.lines().enumerate() {
        match (block, line) {
            (Some(_), "```") => {
                if let (Some("py"), Some(program)) = (block, programs.last_mut()) {
                    program.options = Options::of(&program.source);
                }
                block = None;
            }
            (Some("py"), _) => {
                if let Some(program) = programs.last_mut() {
                    program.source.push_str(line);
                    program.source.push('\n');
                }
            }
            (Some("output"), _) => {
                if let Some(program) = programs.last_mut() {
                    program.expected.push(line.to_owned());
                }
            }
            (Some(_), _) => {}
            (None, "```py") => {
                block = Some("py");
                programs.push(Program {
                    file: file.clone(),
                    heading: heading.clone(),
                    line: index + 2,
                    source: String::new(),
                    expected: vec![],
                    options: Options::of(""),
                });
            }
            (None, _) => {
                if let Some(language) = line.strip_prefix("```") {
                    block = Some(language);
                } else if let Some(title) = line.strip_prefix("## ") {
                    title.clone_into(&mut heading);
                }
            }
        }
    }
    programs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_is_found_with_its_output() {
        let programs = programs();
        assert!(programs.len() >= 400, "{}", programs.len());
        for program in &programs {
            assert!(!program.expected.is_empty(), "{} ({}:{})", program.heading, program.file, program.line);
        }
    }

    #[test]
    fn options_end_where_the_comments_end() {
        let options = Options::of("# input carrier: ramp 4\n# set: a.b=2\n# ulp: 2\nx = 1\n# frames: 99\n");
        assert_eq!(options.inputs, [(Some("carrier".to_owned()), vec![0.0, 0.25, 0.5, 0.75])]);
        assert_eq!(options.settings, [("a.b".to_owned(), "2".to_owned())]);
        assert_eq!((options.ulp, options.frames, options.block_frames), (2, 4, 64));
    }
}
