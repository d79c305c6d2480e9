//! The scripts and the peers' sources, carried in the program, and a folder to lay them out in.

use std::path::{Path, PathBuf};

/// Name and text of each file, by where it is seen from here. A test compares these lists with the folders.
macro_rules! files {
    ($from:literal, $($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!($from, $name)))),*] };
}

const FILES: &[(&str, &str)] = files![
    "../",
    "scripts/biquad.py",
    "scripts/butterworth.py",
    "scripts/one_pole.py",
    "scripts/one_pole_block.py",
    "scripts/osc_sine.py",
    "scripts/ring_core.py",
    "scripts/ring_modulator.py",
    "scripts/ring_modulator_lfilter.py",
    "scripts/ring_voices.py",
    "scripts/sin_loop.py",
    "scripts/sines64.py",
    "scripts/vcs3.py",
    "scripts/vcs3_voices.py",
    "peers/c/biquad.c",
    "peers/c/butterworth.c",
    "peers/c/driver.c",
    "peers/c/one_pole.c",
    "peers/c/one_pole_block.c",
    "peers/c/osc_sine.c",
    "peers/c/ring_core.c",
    "peers/c/ring_modulator.c",
    "peers/c/sin_loop.c",
    "peers/c/sines64.c",
    "peers/c/vcs3.c",
    "peers/cython/biquad.pyx",
    "peers/cython/butterworth.pyx",
    "peers/cython/native.pyx",
    "peers/cython/one_pole.pyx",
    "peers/cython/one_pole_block.pyx",
    "peers/cython/osc_sine.pyx",
    "peers/cython/ring_core.pyx",
    "peers/cython/ring_modulator.pyx",
    "peers/cython/sin_loop.pyx",
    "peers/cython/sines64.pyx",
    "peers/cython/vcs3.pyx",
    "peers/faust/biquad.dsp",
    "peers/faust/butterworth.dsp",
    "peers/faust/driver.cpp",
    "peers/faust/one_pole.dsp",
    "peers/faust/osc_sine.dsp",
    "peers/faust/ring_core.dsp",
    "peers/faust/ring_modulator.dsp",
    "peers/faust/sin_loop.dsp",
    "peers/faust/sines64.dsp",
    "peers/numba/biquad.py",
    "peers/numba/butterworth.py",
    "peers/numba/one_pole.py",
    "peers/numba/one_pole_block.py",
    "peers/numba/osc_sine.py",
    "peers/numba/ring_core.py",
    "peers/numba/ring_modulator.py",
    "peers/numba/sin_loop.py",
    "peers/numba/sines64.py",
    "peers/numba/vcs3.py",
    "peers/python/driver.py",
];

/// What scripts import under CPython.
const PACKAGE: &[(&str, &str)] = files![
    "../../../",
    "python/oscine/__init__.py",
    "python/oscine/_form.py",
    "python/oscine/_outputs.py",
    "python/oscine/_param.py",
    "python/oscine/_voices.py",
    "python/oscine/dsp/__init__.py",
    "python/oscine/dsp/_arguments.py",
    "python/oscine/dsp/_blocks.py",
    "python/oscine/dsp/_butterworth.py",
    "python/oscine/dsp/_half_bands.py",
    "python/oscine/dsp/_linear_phase.py",
    "python/oscine/dsp/_low_latency.py",
    "python/oscine/dsp/_one_pole.py",
    "python/oscine/dsp/_oversample.py",
    "python/oscine/dsp/_ring_modulator.py",
    "python/oscine/dsp/_sine.py",
    "python/oscine/dsp/_sines.py",
    "python/oscine/dsp/_trapezoidal.py",
    "python/oscine/dsp/_vcs3.py",
];

/// The text of one of the files, by its path in this crate.
pub fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// All files among the system's temporary ones, in a folder that goes away with its owner.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Lays them out; `name` keeps the folders of one process apart.
    pub fn new(name: &str) -> std::io::Result<Self> {
        let folder = Self(std::env::temp_dir().join(format!("oscine-bench-{name}-{}", std::process::id())));
        for (name, text) in FILES.iter().chain(PACKAGE) {
            let path = folder.path(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&folder.0))?;
            std::fs::write(path, text)?;
        }
        std::fs::create_dir_all(folder.path("peers/built"))?;
        Ok(folder)
    }

    /// Where a file is.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is the system's to clean.
        _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{FILES, PACKAGE};

    /// The sources in a folder.
    fn listed(root: &Path, folder: &str) -> Vec<String> {
        let files = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let sources = files.filter(|path| path.extension().is_some_and(|end| end != "pyc"));
        sources.map(|path| format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap())).collect()
    }

    #[test]
    fn every_file_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = ["scripts", "peers/c", "peers/cython", "peers/faust", "peers/numba", "peers/python"];
        let there: BTreeSet<String> = folders.iter().flat_map(|folder| listed(root, folder)).collect();
        let carried: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(carried, there);
    }

    #[test]
    fn the_package_is_carried_but_for_the_referee() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut there = [listed(&root, "python/oscine"), listed(&root, "python/oscine/dsp")].concat();
        there.retain(|name| !name.ends_with("/reference.py"));
        there.sort();
        let mut carried: Vec<&str> = PACKAGE.iter().map(|(name, _)| *name).collect();
        carried.sort_unstable();
        assert_eq!(carried, there);
    }
}
