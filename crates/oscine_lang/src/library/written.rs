//! Modules of the library that are written in Python: the package's own files, included in the binary.
//!
//! CPython imports the same text from the package. Here each file is read, run and specialised like a script's own modules when
//! a script first asks for one of its names, and costs nothing before that. Errors are told at the script's line.

/// A module written in Python.
pub(crate) struct Written {
    /// Its dotted name, whose first part is a module of the library.
    pub(crate) name: &'static str,
    /// What the module above it offers of it: `from oscine import voices`.
    pub(crate) offers: &'static [&'static str],
    /// Its text; empty of a package, which has nothing but what its modules offer.
    pub(crate) text: &'static str,
}

/// The text of a file of the package.
macro_rules! package {
    ($file:literal) => {
        include_str!(concat!("../../../../python/oscine/", $file))
    };
}

/// A module of the package `oscine.dsp`.
const fn dsp(name: &'static str, offers: &'static [&'static str], text: &'static str) -> Written {
    Written { name, offers, text }
}

/// All of them.
const WRITTEN: &[Written] = &[
    Written { name: "oscine._voices", offers: &["voices"], text: package!("_voices.py") },
    // Its own text imports all units; here each is read when it is asked for.
    Written { name: "oscine.dsp", offers: &[], text: "" },
    dsp("oscine.dsp._arguments", &[], package!("dsp/_arguments.py")),
    dsp("oscine.dsp._blocks", &[], package!("dsp/_blocks.py")),
    dsp("oscine.dsp._butterworth", &["Butterworth"], package!("dsp/_butterworth.py")),
    dsp("oscine.dsp._half_bands", &[], package!("dsp/_half_bands.py")),
    dsp("oscine.dsp._linear_phase", &[], package!("dsp/_linear_phase.py")),
    dsp("oscine.dsp._low_latency", &[], package!("dsp/_low_latency.py")),
    dsp("oscine.dsp._one_pole", &["OnePole"], package!("dsp/_one_pole.py")),
    dsp("oscine.dsp._oversample", &["Oversample"], package!("dsp/_oversample.py")),
    dsp("oscine.dsp._ring_modulator", &["RingModulator"], package!("dsp/_ring_modulator.py")),
    dsp("oscine.dsp._sine", &["Sine"], package!("dsp/_sine.py")),
    dsp("oscine.dsp._sines", &["Sines"], package!("dsp/_sines.py")),
    dsp("oscine.dsp._trapezoidal", &[], package!("dsp/_trapezoidal.py")),
    dsp("oscine.dsp._vcs3", &["Vcs3"], package!("dsp/_vcs3.py")),
];

/// The module of that dotted name.
pub(crate) fn module(name: &str) -> Option<&'static Written> {
    WRITTEN.iter().find(|module| module.name == name)
}

/// The module that makes `name` a name of the module `owner`.
pub(crate) fn offering(owner: &str, name: &str) -> Option<&'static Written> {
    modules_of(owner).find(|module| module.offers.contains(&name))
}

/// The names that modules written in Python add to the module `owner`.
pub(crate) fn offers(owner: &str) -> impl Iterator<Item = &'static str> {
    modules_of(owner).flat_map(|module| module.offers).copied()
}

fn modules_of(owner: &str) -> impl Iterator<Item = &'static Written> {
    WRITTEN.iter().filter(move |module| module.name.rsplit_once('.').is_some_and(|(above, _)| above == owner))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{WRITTEN, offers};

    #[test]
    fn the_package_of_units_is_here_as_it_is_for_cpython() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python/oscine/dsp");
        let files = std::fs::read_dir(&folder).expect("it is a folder").map(|entry| entry.expect("a file").path());
        let there: BTreeSet<String> = files
            .filter(|file| file.extension().is_some_and(|end| end == "py"))
            .map(|file| format!("oscine.dsp.{}", file.file_stem().expect("a name").display()))
            .filter(|name| name != "oscine.dsp.__init__")
            .collect();
        let here: BTreeSet<String> = WRITTEN.iter().map(|written| written.name.to_owned()).collect();
        assert!(there.is_subset(&here), "{:?}", there.difference(&here));

        let own = std::fs::read_to_string(folder.join("__init__.py")).expect("it is read");
        let imports = own.lines().filter_map(|line| line.strip_prefix("from ")?.split_once(" import "));
        let imported: BTreeSet<(&str, &str)> = imports.collect();
        let offered: BTreeSet<(&str, &str)> = WRITTEN
            .iter()
            .filter(|written| written.name.starts_with("oscine.dsp."))
            .flat_map(|written| written.offers.iter().map(|name| (written.name, *name)))
            .collect();
        assert_eq!(imported, offered);
        let all = own.lines().find_map(|line| line.strip_prefix("__all__ = ")).expect("it has `__all__`");
        let mut names: Vec<&str> = offers("oscine.dsp").collect();
        names.sort_unstable();
        assert_eq!(all, format!("{names:?}"));
    }
}
