//! What the built-ins, `math`, `numpy`, `scipy.signal` and `oscine` offer: one table, each row with its load-time and
//! its audio-time meaning.

use crate::evaluate::value::{Args, Result, Value};
use crate::ir::MathFn;

/// One function of the library.
pub struct Entry {
    /// Its full name: `math.sin`, `numpy.zeros`, `abs`.
    pub name: &'static str,
    /// What it does while the script loads.
    pub load: fn(&mut crate::evaluate::Interpreter, Args) -> Result<Value>,
    /// What it means while sound runs.
    pub audio: Audio,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a function of the library means while sound runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audio {
    /// Refused: it allocates, prints, or makes no sense there.
    LoadOnly,
    /// A function of `math`: floats to a float, raising as CPython does outside its domain.
    Math(MathFn),
    /// A function of `numpy` with the same meaning element by element, never raising (NaN and infinity instead).
    Numpy(MathFn),
    /// Lowered by a rule of its own, found by `Entry::name`.
    Rule,
}
