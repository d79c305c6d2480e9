//! Modules of the library that are written in Python: the package's own files, included in the binary.
//!
//! CPython imports the same text from the package. Here it is read, run and specialised like a script's own modules when
//! a script first asks for one of its names, and costs nothing before that. Errors are told at the script's line.

/// A module written in Python.
pub(crate) struct Written {
    /// Its dotted name, whose first part is a module of the library.
    pub(crate) name: &'static str,
    /// What the module above it offers of it: `from oscine import voices`.
    pub(crate) offers: &'static [&'static str],
    /// Its text.
    pub(crate) text: &'static str,
}

/// All of them.
const WRITTEN: &[Written] = &[
    Written { name: "oscine._voices", offers: &["voices"], text: include_str!("../../../../python/oscine/_voices.py") },
    Written { name: "oscine.dsp", offers: &[], text: include_str!("../../../../python/oscine/dsp.py") },
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
