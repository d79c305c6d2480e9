//! Tests of the way from text to tree.

use std::path::Path;
use std::rc::Rc;

use super::ast::Module;
use crate::diagnostics::Diagnostic;
use crate::source::Sources;

fn parse(text: &str) -> Result<Rc<Module>, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let file = sources.add("script.py", text);
    super::parse(&sources, file)
}

#[test]
fn every_conformance_program_and_example_is_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut programs = 0;
    for folder in ["tests/language", "examples"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let blocks: Vec<&str> = match path.extension().and_then(|extension| extension.to_str()) {
                Some("md") => text.split("```py\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect(),
                Some("py") => vec![&text],
                _ => continue,
            };
            for block in blocks {
                if let Err(errors) = parse(block) {
                    panic!("{}: {errors:?}\n{block}", path.display());
                }
                programs += 1;
            }
        }
    }
    assert!(programs > 400, "{programs}");
}
