//! Why a command ended without doing its work, and the exit status that says so.

use std::fmt;

use oscine_engine::files::FileError;

/// A failure in words for standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The script is at fault: it does not compile, or raised while it ran. The text is complete, as it is shown.
    Script(String),
    /// The script is at fault, and the user has been told already.
    Told,
    /// The call is at fault: its arguments, files or devices. The text is what follows `error: `.
    Call(String),
}

impl Failure {
    /// The call is at fault.
    pub fn call(message: impl Into<String>) -> Self {
        Failure::Call(message.into())
    }

    /// The exit status of the process: 1 for the script, 2 for the call.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Script(_) | Failure::Told => 1,
            Failure::Call(_) => 2,
        }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Failure::Call(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Script(text) => f.write_str(text.trim_end_matches('\n')),
            Failure::Told => Ok(()),
            Failure::Call(text) => write!(f, "error: {text}"),
        }
    }
}
