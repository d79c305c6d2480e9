//! What ruff found wrong, in our words.

use ruff_python_parser::{ParseError, ParseErrorType, UnsupportedSyntaxError};
use ruff_text_size::TextRange;

use crate::diagnostics::{Diagnostic, errors};
use crate::source::{FileId, Sources, Span};

/// Why a text is not Python: the first error of each line, as the others mostly follow from it.
pub(super) fn not_python(sources: &Sources, file: FileId, found: &[ParseError]) -> Vec<Diagnostic> {
    let mut found: Vec<&ParseError> = found.iter().collect();
    found.sort_by_key(|error| error.location.start());
    let mut last_line = 0;
    let mut diagnostics = vec![];
    for error in found {
        let span = span(file, error.location);
        let (line, _) = sources.line_column(span);
        if line != last_line {
            diagnostics.push(errors::not_python(span, words(&error.error)));
            last_line = line;
        }
    }
    diagnostics
}

/// Syntax that only newer Pythons than ours have.
pub(super) fn newer_than_ours(file: FileId, found: &[UnsupportedSyntaxError]) -> Vec<Diagnostic> {
    found.iter().map(|error| errors::newer_python(span(file, error.range), lower_first(&error.to_string()))).collect()
}

fn words(error: &ParseErrorType) -> String {
    match error {
        ParseErrorType::ExpectedToken { expected, found } => {
            let quoted = |token: String| match token.strip_prefix('\'').and_then(|token| token.strip_suffix('\'')) {
                Some(token) => format!("`{token}`"),
                None => token,
            };
            format!("expected {}, found {}", quoted(expected.to_string()), quoted(found.to_string()))
        }
        other => lower_first(&other.to_string()),
    }
}

fn lower_first(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn span(file: FileId, range: TextRange) -> Span {
    Span { file, start: range.start().to_u32(), end: range.end().to_u32() }
}
