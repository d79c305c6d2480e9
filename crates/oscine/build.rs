//! Lists the pages of `docs/errors`, so that `oscine explain` carries them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pages: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry of docs/errors").path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    pages.sort();
    let mut code = "/// Every code and its page, sorted.\npub const PAGES: &[(&str, &str)] = &[\n".to_owned();
    for page in pages {
        let name = page.file_stem().expect("a file name").to_string_lossy();
        let path = page.to_str().expect("a path in Unicode");
        writeln!(code, "    ({name:?}, include_str!({path:?})),").expect("writing to a String");
    }
    code.push_str("];\n");
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("error_pages.rs");
    fs::write(&out, code).expect("writing to OUT_DIR");
}
