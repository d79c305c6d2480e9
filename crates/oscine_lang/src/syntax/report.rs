//! What ruff found wrong, in our words.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_parser::{LexicalErrorType, ParseError, ParseErrorType, UnsupportedSyntaxError};
use ruff_text_size::{Ranged, TextRange};

use crate::diagnostics::{Diagnostic, errors};
use crate::source::{FileId, Sources, Span};

/// Why a text is not Python: the first error of each line, as the others mostly follow from it.
///
/// A bracket that is never closed makes everything after it an error; then only the bracket is reported.
pub(super) fn not_python(sources: &Sources, file: FileId, found: &[ParseError], tokens: &Tokens) -> Vec<Diagnostic> {
    let first = found.iter().map(|error| error.location.start()).min();
    let is_told = |error: &&ParseError| !follows(error) || Some(error.location.start()) == first;
    let mut diagnostics: Vec<Diagnostic> = found.iter().filter(is_told).map(|e| diagnostic(sources, file, e)).collect();
    if let Some(bracket) = bracket(file, tokens) {
        diagnostics.retain(|diagnostic| diagnostic.span.start < bracket.span.start);
        diagnostics.push(bracket);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics.dedup_by_key(|diagnostic| sources.line_column(diagnostic.span).0);
    diagnostics
}

/// Syntax that only newer Pythons than ours have.
pub(super) fn newer_than_ours(file: FileId, found: &[UnsupportedSyntaxError]) -> Vec<Diagnostic> {
    found.iter().map(|error| errors::newer_python(span(file, error.range), lower_first(&error.to_string()))).collect()
}

/// The first bracket without its partner.
fn bracket(file: FileId, tokens: &Tokens) -> Option<Diagnostic> {
    let mut open: Vec<(&str, Span)> = vec![];
    for token in tokens {
        let place = span(file, token.range());
        let (closing, opening) = match token.kind() {
            TokenKind::Lpar => ("(", None),
            TokenKind::Lsqb => ("[", None),
            TokenKind::Lbrace => ("{", None),
            TokenKind::Rpar => (")", Some("(")),
            TokenKind::Rsqb => ("]", Some("[")),
            TokenKind::Rbrace => ("}", Some("{")),
            _ => continue,
        };
        match opening {
            None => open.push((closing, place)),
            Some(opening) => match open.pop() {
                Some((bracket, _)) if bracket == opening => {}
                Some((bracket, start)) => return Some(errors::wrong_bracket(place, closing, start, bracket)),
                None => return Some(errors::not_python(place, format!("`{closing}` closes nothing"))),
            },
        }
    }
    let (bracket, start) = open.pop()?;
    Some(errors::not_python(start, format!("`{bracket}` is never closed")))
}

/// Whether an error is of the kind that an earlier one leaves behind: a block without the statement that opened it.
fn follows(error: &ParseError) -> bool {
    match error.error {
        ParseErrorType::UnexpectedIndentation => true,
        ParseErrorType::ExpectedToken { expected, .. } => matches!(expected, TokenKind::Indent | TokenKind::Dedent),
        _ => false,
    }
}

fn diagnostic(sources: &Sources, file: FileId, error: &ParseError) -> Diagnostic {
    let span = span(file, error.location);
    let text = sources.text(span).trim();
    let shown = (text.len() <= 40 && !text.contains('\n')).then(|| format!("`{text}`"));
    let this = shown.clone().unwrap_or_else(|| "this".to_owned());
    let here = match shown {
        Some(_) if text.is_empty() => "the end of the line".to_owned(),
        shown => shown.unwrap_or_else(|| "what stands here".to_owned()),
    };
    let words = match &error.error {
        ParseErrorType::ExpectedToken { found: TokenKind::Equal, .. } => return errors::equals_sign(span),
        ParseErrorType::ExpectedToken { expected, .. } => {
            format!("expected {}, found {here}", kind(*expected))
        }
        ParseErrorType::ExpectedExpression => format!("expected an expression, found {here}"),
        ParseErrorType::InvalidAssignmentTarget
        | ParseErrorType::InvalidAnnotatedAssignmentTarget
        | ParseErrorType::InvalidAugmentedAssignmentTarget => format!("{this} cannot be assigned to"),
        ParseErrorType::InvalidDeleteTarget => format!("{this} cannot be deleted"),
        ParseErrorType::SimpleStatementsOnSameLine => format!("expected the end of the statement, found {here}"),
        ParseErrorType::PositionalAfterKeywordArgument => "an argument by position follows one by keyword".to_owned(),
        ParseErrorType::NonDefaultParamAfterDefaultParam => {
            "a parameter without a default follows one with a default".to_owned()
        }
        ParseErrorType::Lexical(error) => lexical(error),
        other => lower_first(&other.to_string()),
    };
    errors::not_python(span, words)
}

fn lexical(error: &LexicalErrorType) -> String {
    match error {
        LexicalErrorType::UnclosedStringError => "this string is never closed".to_owned(),
        LexicalErrorType::UnrecognizedToken { tok } => format!("`{tok}` has no meaning in Python"),
        LexicalErrorType::UnicodeError => "this escape names no character".to_owned(),
        LexicalErrorType::IndentationError => "this line is indented like none of the blocks around it".to_owned(),
        LexicalErrorType::LineContinuationError => "nothing may follow the `\\` at the end of a line".to_owned(),
        LexicalErrorType::Eof => "the file ends in the middle of a statement".to_owned(),
        LexicalErrorType::OtherError(words) if words.starts_with("ParseIntError") => {
            "this number has no digits".to_owned()
        }
        other => lower_first(&other.to_string()),
    }
}

/// A kind of token as ruff names it, signs and keywords in code marks already.
fn kind(token: TokenKind) -> String {
    match token {
        TokenKind::Newline => "the end of the line".to_owned(),
        token if token.to_string().starts_with('`') => token.to_string(),
        token => format!("a {token}"),
    }
}

fn lower_first(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn span(file: FileId, range: TextRange) -> Span {
    Span { file, start: range.start().to_u32(), end: range.end().to_u32() }
}
