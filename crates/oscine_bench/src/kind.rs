//! The ways to compute a workload: the rows of the tables.

/// Who computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// CPython runs the script.
    Interpreted,
    /// oscine's evaluator, which is what runs load time, runs the script.
    Evaluator,
    /// A rewrite for Numba.
    Numba,
    /// The same, where the compiler may change the arithmetic.
    NumbaFast,
    /// A rewrite for Cython with annotated types.
    Cython,
    /// The program in C, called from Cython.
    CythonC,
    /// The program in C.
    C,
    /// The same, where the compiler may change the arithmetic.
    CFast,
    /// The program in Faust, by way of C++.
    Faust,
    /// The same, where the compiler may change the arithmetic, and in loops that it can make vectors of.
    FaustFast,
    /// oscine compiles the script.
    Oscine,
    /// The same with `--fast-math`.
    OscineFast,
    /// oscine compiles the file that Numba compiles.
    OscineNumba,
    /// The native processor in Rust.
    Native,
    /// Eight of them at once by vector instructions; times are for one.
    NativeVoices,
}

/// All of them, in the order of the tables.
pub const ALL: [Kind; 15] = [
    Kind::Interpreted,
    Kind::Evaluator,
    Kind::Numba,
    Kind::NumbaFast,
    Kind::Cython,
    Kind::CythonC,
    Kind::C,
    Kind::CFast,
    Kind::Faust,
    Kind::FaustFast,
    Kind::Oscine,
    Kind::OscineFast,
    Kind::OscineNumba,
    Kind::Native,
    Kind::NativeVoices,
];

impl Kind {
    /// What a table calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Interpreted => "interpreted Python",
            Self::Evaluator => "oscine's evaluator",
            Self::Numba => "Numba",
            Self::NumbaFast => "Numba, fastmath",
            Self::Cython => "Cython, annotated",
            Self::CythonC => "Cython with native C",
            Self::C => "C",
            Self::CFast => "C, -ffast-math",
            Self::Faust => "Faust",
            Self::FaustFast => "Faust, -ffast-math",
            Self::Oscine => "oscine",
            Self::OscineFast => "oscine, --fast-math",
            Self::OscineNumba => "oscine, Numba's file",
            Self::Native => "oscine native",
            Self::NativeVoices => "oscine native, one of 8 voices",
        }
    }

    /// What programs call it: in JSON, and as the argument of the processes that compute.
    pub fn word(self) -> &'static str {
        match self {
            Self::Interpreted => "interpreted",
            Self::Evaluator => "evaluator",
            Self::Numba => "numba",
            Self::NumbaFast => "numba-fast-math",
            Self::Cython => "cython",
            Self::CythonC => "cython-c",
            Self::C => "c",
            Self::CFast => "c-fast-math",
            Self::Faust => "faust",
            Self::FaustFast => "faust-fast-math",
            Self::Oscine => "oscine",
            Self::OscineFast => "oscine-fast-math",
            Self::OscineNumba => "oscine-numba-file",
            Self::Native => "native",
            Self::NativeVoices => "native-voices",
        }
    }

    /// The one with that word.
    pub fn named(word: &str) -> Option<Self> {
        ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it is a way of oscine's.
    pub fn is_ours(self) -> bool {
        matches!(
            self,
            Self::Evaluator | Self::Oscine | Self::OscineFast | Self::OscineNumba | Self::Native | Self::NativeVoices
        )
    }

    /// Whether it may compute with other roundings than Python does.
    pub fn is_loose(self) -> bool {
        matches!(self, Self::NumbaFast | Self::CFast | Self::FaustFast | Self::OscineFast)
    }
}
