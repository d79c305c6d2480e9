//! `docs/divergences.md` is a test: each of its programs gives in oscine what the page says, and something else than it
//! gives in CPython, whose part `scripts/bless.py` writes and checks.
//!
//! With the environment variable `OSCINE_BLESS` oscine's part is written instead of compared.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use oscine_conformance::{Options, compare, hex};
use oscine_dsp::Processor;
use oscine_lang::evaluate::{self, LoadOptions};
use oscine_lang::pipeline::Failure;
use oscine_lang::specialise::specialise;

const SCRIPT: &str = "script.py";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/divergences.md")
}

/// The content of the first block of a language in a section, and what follows it.
fn block<'a>(section: &'a str, language: &str) -> Option<(&'a str, &'a str)> {
    let (_, after) = section.split_once(&format!("```{language}\n"))?;
    after.starts_with("```").then(|| ("", &after[3..])).or_else(|| {
        let (content, rest) = after.split_once("\n```")?;
        Some((content, rest))
    })
}

/// What oscine says of a program, line by line, as `scripts/bless.py` has CPython say it.
fn said(source: &str, options: &Options) -> Vec<String> {
    let load = LoadOptions { sample_rate: options.sample_rate, block_frames: options.block_frames };
    let mut printed = String::new();
    let loaded = evaluate::load(Path::new(SCRIPT), source.to_owned(), load, &mut |text| printed.push_str(text));
    let mut lines: Vec<String> = printed.lines().map(str::to_owned).collect();
    let has_process = source.contains("\ndef process(");
    match loaded.and_then(|loaded| if has_process { specialise(&loaded).map(Some) } else { Ok(None) }) {
        Err(failure) => lines.push(raised(&failure)),
        Ok(None) => {}
        Ok(Some(checked)) => {
            let machine = oscine_jit::compile(checked.program, oscine_jit::Options { fast_math: false }).unwrap();
            let mut processor = machine.instantiate(Arc::new(AtomicU32::new(0)));
            let mut output = [0.0];
            for _ in 0..options.frames {
                if let Err(fault) = processor.process(&[], &mut [&mut output]) {
                    let words = processor.describe_fault(&fault);
                    lines.push(words.replacen(&format!("{SCRIPT}:"), "line ", 1));
                    break;
                }
                lines.push(hex(output[0]));
            }
        }
    }
    lines
}

fn raised(failure: &Failure) -> String {
    let first = &failure.diagnostics[0];
    format!("line {}: {}", failure.sources.line_column(first.span).0, first.message)
}

#[test]
fn oscine_differs_from_cpython_exactly_as_the_page_says() {
    let text = std::fs::read_to_string(page()).unwrap();
    let is_blessing = std::env::var_os("OSCINE_BLESS").is_some();
    let (mut blessed, mut programs, mut complaints) = (text.clone(), 0, vec![]);
    for section in text.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap_or_default();
        let Some((source, rest)) = block(section, "py") else { continue };
        let (theirs, rest) = block(rest, "output").expect("what CPython says");
        let (ours, _) = block(rest, "oscine").expect("what oscine says");
        let source = format!("{source}\n");
        let options = Options::of(&source);
        let said = said(&source, &options);
        programs += 1;
        if is_blessing {
            let written: String = said.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
            let old = if ours.is_empty() { String::new() } else { format!("{ours}\n") };
            let new = section.replacen(&format!("```oscine\n{old}```"), &format!("```oscine\n{written}```"), 1);
            blessed = blessed.replacen(section, &new, 1);
            continue;
        }
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        if let Err(words) = compare(&lines(ours), &said, &options) {
            complaints.push(format!("{title}: {}", words.replace("CPython", "the page")));
        }
        if compare(&lines(theirs), &said, &options).is_ok() {
            complaints.push(format!("{title}: oscine says what CPython says"));
        }
    }
    assert!(programs > 4, "{programs}");
    if is_blessing {
        std::fs::write(page(), blessed).unwrap();
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
