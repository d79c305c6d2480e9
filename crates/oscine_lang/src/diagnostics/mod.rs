//! What a user is told: the diagnostics, their wording ([`errors`]) and their rendering ([`render()`]).

pub(crate) mod errors;
mod render;

pub use render::{Style, render};

use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The script cannot be used.
    Error,
    /// It can, but probably does not do what was meant.
    Warning,
}

/// One message about one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// Kebab-case name; `docs/errors/CODE.md` explains it.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The headline, which stands alone.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with a headline only.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), span, related: vec![], help: None }
    }

    /// A warning with a headline only.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with another place that belongs to it.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }
}
