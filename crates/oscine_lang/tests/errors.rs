//! The pages of `docs/errors` are tests.
//!
//! A page has three blocks: a script (`py`), what oscine says about it (`output`), and the script with the remedy (`py`),
//! which compiles. With the environment variable `OSCINE_BLESS` the outputs are written instead of compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use oscine_lang::diagnostics::{Diagnostic, Style, render};
use oscine_lang::evaluate::{Interpreter, LoadOptions, on_large_stack};
use oscine_lang::specialise::specialise;

/// The one page without an example: a bug that is known is mended.
const BUG: &str = "oscine-bug";

/// Everything that oscine says about a script, and how it is shown.
fn diagnose(text: &str) -> (Vec<Diagnostic>, String) {
    let options = LoadOptions { sample_rate: 48000.0, block_frames: 64 };
    let mut print = |_: &str| {};
    let mut interpreter = Interpreter::new(options, &mut print);
    // An endless loop is waited for one second only, and words the thirty of every other load.
    interpreter.set_budget(Duration::from_secs(1));
    let loaded = interpreter.load(Path::new("script.py"), text.to_owned());
    let (sources, diagnostics) = match loaded.and_then(|loaded| specialise(&loaded)) {
        Ok(checked) => (checked.program.sources, checked.warnings),
        Err(failure) => (failure.sources, failure.diagnostics),
    };
    let shown = render(&diagnostics, &sources, Style::Full);
    (diagnostics, shown.replace("after 1 seconds", "after 30 seconds"))
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every page: its code, its path and its text.
fn pages() -> Vec<(String, PathBuf, String)> {
    let entries = fs::read_dir(folder("../../docs/errors")).unwrap();
    let mut pages: Vec<(String, PathBuf, String)> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let code = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            (code, path, text)
        })
        .collect();
    pages.sort();
    pages
}

/// The fenced blocks of a page: language and content.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let mut blocks = vec![];
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("\n```") {
        let (language, after) = after.split_once('\n').expect("a fence ends its line");
        let end = if after.starts_with("```") { 0 } else { after.find("\n```").expect("a fence is closed") + 1 };
        blocks.push((language, &after[..end]));
        rest = &after[end + 3..];
    }
    blocks
}

#[test]
fn each_page_shows_what_oscine_says_and_mends_it() {
    let is_blessing = std::env::var_os("OSCINE_BLESS").is_some();
    let mut complaints = vec![];
    for (code, path, text) in pages() {
        assert_eq!(text.lines().next(), Some(&*format!("# {code}")));
        if code == BUG {
            continue;
        }
        let blocks = blocks(&text);
        let [("py", wrong), ("output", expected), ("py", right)] = blocks[..] else {
            complaints.push(format!("{code}: the page is not a script, its output and a script"));
            continue;
        };
        let (found, shown) = diagnose(wrong);
        if found.is_empty() || found.iter().any(|diagnostic| diagnostic.code != code) {
            complaints.push(format!("{code}: its script gives\n{shown}"));
        } else if is_blessing {
            let blessed = text.replacen(&format!("```output\n{expected}```"), &format!("```output\n{shown}```"), 1);
            fs::write(path, blessed).unwrap();
        } else if shown != expected {
            complaints.push(format!("{code}: its script gives\n{shown}\nand not\n{expected}"));
        }
        let (found, shown) = diagnose(right);
        if !found.is_empty() {
            complaints.push(format!("{code}: its remedy gives\n{shown}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The string literals that follow `call` in a file.
fn codes_after(text: &str, call: &str) -> Vec<String> {
    let after = text.split(call).skip(1);
    after.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned)).collect()
}

#[test]
fn each_code_has_a_page_and_each_page_a_code() {
    let wording = fs::read_to_string(folder("src/diagnostics/errors.rs")).unwrap();
    let mut codes: BTreeSet<String> = codes_after(&wording, "Diagnostic::error(").into_iter().collect();
    codes.extend(codes_after(&wording, "Diagnostic::warning("));
    let pages: BTreeSet<String> = pages().into_iter().map(|(code, _, _)| code).collect();
    assert!(codes.len() > 5);
    assert_eq!(codes, pages);
}

#[test]
fn all_wording_is_in_one_file() {
    let mut folders = vec![folder("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("diagnostics") {
                    folders.push(path);
                }
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let is_elsewhere =
                    ["Diagnostic::error(", "Diagnostic::warning("].iter().any(|call| text.contains(call));
                assert!(!is_elsewhere, "{} words a diagnostic of its own", path.display());
            }
        }
    }
}

/// What the parser lets pass must not overflow the stack of a later stage.
#[test]
fn the_deepest_nesting_that_is_allowed_survives_every_stage() {
    let deep = 190;
    let blocks = (1..60).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "if x > 0:\n");
    for expression in [
        format!("x{}", " + 1".repeat(deep)),
        format!("{}x", "-".repeat(deep)),
        format!("{}x", "x if x > 0 else ".repeat(deep)),
        format!("{}x{}", "abs(".repeat(deep / 2), ")".repeat(deep / 2)),
    ] {
        let text = format!("x = 0.5\ny = {expression}\ndef process(x):\n    return {expression}\n");
        assert_eq!(on_large_stack(|| diagnose(&text).1), "", "{}...", &expression[..20]);
    }
    let text = format!("def process(x):\n y = 0.0\n{blocks}{}y = x\n return y\n", " ".repeat(60));
    assert_eq!(on_large_stack(|| diagnose(&text).1), "");
}
