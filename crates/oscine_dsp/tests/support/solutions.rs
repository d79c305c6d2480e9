//! Solutions of the circuits' equations, by `scripts/solve_circuits.py`, for the tests that ask CPython.

use std::path::PathBuf;
use std::process::Command;

/// What scipy solved, in a folder that goes away with its owner.
pub(crate) struct Solutions(PathBuf);

impl Solutions {
    /// Of one kind of circuit; `None` where `OSCINE_PYTHON` names no interpreter.
    pub(crate) fn of(circuit: &str) -> Option<Self> {
        let python = std::env::var("OSCINE_PYTHON").ok()?;
        let folder = std::env::temp_dir().join(format!("oscine-dsp-{circuit}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/solve_circuits.py");
        let status = Command::new(python).arg(script).arg(&folder).arg(circuit).status().expect("python");
        assert!(status.success());
        Some(Self(folder))
    }

    /// The numbers of an `.npy` file of 64-bit floats.
    pub(crate) fn read(&self, name: &str) -> Vec<f64> {
        let bytes = std::fs::read(self.0.join(format!("{name}.npy"))).expect("the solution");
        let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        bytes[header..].chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes"))).collect()
    }
}

impl Drop for Solutions {
    fn drop(&mut self) {
        // What is left is the system's to clean.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
