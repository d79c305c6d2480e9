//! Diagnostics as text for people and as data for programs.
//!
//! The full form points into the source in rustc's manner, drawn by annotate-snippets:
//!
//! ```text
//! error[allocates-in-process]: `append` grows a list while sound is running
//!   --> echo.py:9:9
//!    |
//!  9 |         self.line.append(x)
//!    |         ^^^^^^^^^^^^^^^^^^^
//!    = help: give it its full length at load time: `self.line = [0.0] * 48000`
//! ```

use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::{Diagnostic, Severity};
use crate::source::{FileId, Sources, Span};

/// The forms a diagnostic can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// With the lines it is about, related places and advice, separated by empty lines.
    #[default]
    Full,
    /// The same with colours, for a terminal.
    Coloured,
    /// `path:line:column: error[code] message`, a line each.
    Concise,
    /// A JSON object a line.
    Json,
}

/// The diagnostics in their order, each ending in a newline.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut text = String::new();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        let one = match style {
            Style::Full => full(diagnostic, sources, &Renderer::plain()),
            Style::Coloured => full(diagnostic, sources, &Renderer::styled()),
            Style::Concise => concise(diagnostic, sources),
            Style::Json => json(diagnostic, sources),
        };
        if index > 0 && matches!(style, Style::Full | Style::Coloured) {
            text.push('\n');
        }
        text.push_str(&one);
        text.push('\n');
    }
    text
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn concise(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let (line, column) = sources.line_column(diagnostic.span);
    let path = sources.path(diagnostic.span).display();
    let Diagnostic { code, severity, message, .. } = diagnostic;
    format!("{path}:{line}:{column}: {}[{code}] {message}", word(*severity))
}

fn full(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    for (file, places) in by_file(diagnostic) {
        let source = sources.file(file);
        let annotations = places.into_iter().map(|(span, label)| annotation(span, label, &source.text));
        let path = source.path.display().to_string();
        group = group.element(Snippet::source(source.text.as_str()).path(path).annotations(annotations));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    tidy(&renderer.render(&[group]))
}

/// A place and its label.
type Labelled<'a> = (Span, Option<&'a str>);

/// The places that a diagnostic names, its own first, each with its label (its own has none), gathered by file.
fn by_file(diagnostic: &Diagnostic) -> Vec<(FileId, Vec<Labelled<'_>>)> {
    let mut files = vec![(diagnostic.span.file, vec![(diagnostic.span, None)])];
    for (span, label) in &diagnostic.related {
        let place = (*span, Some(label.as_str()));
        match files.iter_mut().find(|(file, _)| *file == span.file) {
            Some((_, places)) => places.push(place),
            None => files.push((span.file, vec![place])),
        }
    }
    files
}

fn annotation<'a>(span: Span, label: Option<&'a str>, text: &str) -> Annotation<'a> {
    match label {
        None => AnnotationKind::Primary.span(within(span, text)),
        Some(label) => AnnotationKind::Context.span(within(span, text)).label(label),
    }
}

/// A span as a range that certainly lies in the text, on the boundaries of characters, without its last line break.
fn within(span: Span, text: &str) -> Range<usize> {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary((span.end as usize).max(start));
    let end = start + text[start..end].trim_end_matches(['\n', '\r']).len();
    start..end
}

/// Sets line numbers two columns wide, and leaves no empty line between the source and the help.
fn tidy(rendered: &str) -> String {
    let lines: Vec<&str> = rendered.lines().collect();
    let plain: Vec<String> = lines.iter().map(|line| without_colours(line)).collect();
    let is_narrow = plain.iter().any(|line| line.starts_with(" --> "));
    let mut tidied = String::with_capacity(rendered.len() + lines.len());
    for (index, line) in lines.iter().enumerate() {
        let is_gap =
            plain[index].trim() == "|" && plain.get(index + 1).is_some_and(|next| next.trim().starts_with("= "));
        if is_gap {
            continue;
        }
        if index > 0 {
            tidied.push('\n');
            if is_narrow && plain[index] != "..." {
                tidied.push(' ');
            }
        }
        tidied.push_str(line.trim_end());
    }
    tidied
}

/// A line without the escape sequences that colour it.
fn without_colours(line: &str) -> String {
    let mut pieces = line.split('\x1b');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let text = piece.find('m').map_or("", |end| &piece[end + 1..]);
        let _ = write!(plain, "{text}");
    }
    plain
}

#[derive(Serialize)]
struct Data<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Place,
    help: Option<&'a str>,
    related: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Place {
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place,
}

fn json<'a>(diagnostic: &'a Diagnostic, sources: &Sources) -> String {
    let related = |(span, words): &'a (Span, String)| Related { message: words, place: place(*span, sources) };
    let data = Data {
        code: diagnostic.code,
        severity: word(diagnostic.severity),
        message: &diagnostic.message,
        place: place(diagnostic.span, sources),
        help: diagnostic.help.as_deref(),
        related: diagnostic.related.iter().map(related).collect(),
    };
    serde_json::to_string(&data).unwrap_or_default()
}

fn place(span: Span, sources: &Sources) -> Place {
    let (line, column) = sources.line_column(span);
    let (end_line, end_column) = sources.line_column(Span { start: span.end.max(span.start), ..span });
    Place { path: sources.path(span).display().to_string(), line, column, end_line, end_column }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECHO: &str = "class Echo:\n    def __init__(self):\n        self.line = []\n\n\n\n\n    def tick(self, x):\n        self.line.append(x)\n";

    fn echo() -> (Sources, Diagnostic) {
        let mut sources = Sources::default();
        let file = sources.add("echo.py", ECHO);
        let start = ECHO.find("self.line.append").unwrap() as u32;
        let span = Span { file, start, end: start + 19 };
        let message = "`append` grows a list while sound is running";
        let help = "give it its full length at load time: `self.line = [0.0] * 48000`";
        (sources, Diagnostic::error("allocates-in-process", span, message).help(help))
    }

    #[test]
    fn the_full_form_is_the_one_of_the_design() {
        let (sources, diagnostic) = echo();
        let expected = "\
error[allocates-in-process]: `append` grows a list while sound is running
  --> echo.py:9:9
   |
 9 |         self.line.append(x)
   |         ^^^^^^^^^^^^^^^^^^^
   = help: give it its full length at load time: `self.line = [0.0] * 48000`
";
        assert_eq!(render(std::slice::from_ref(&diagnostic), &sources, Style::Full), expected);
        let coloured = render(&[diagnostic], &sources, Style::Coloured);
        assert!(coloured.contains('\x1b'));
        let plain: Vec<String> = coloured.lines().map(without_colours).collect();
        assert_eq!(plain.join("\n") + "\n", expected);
    }

    #[test]
    fn related_places_are_shown_in_their_files() {
        let (mut sources, diagnostic) = echo();
        let other = sources.add("lib/voice.py", "import echo\n\necho.Echo().tick(0.5)\n");
        let made = ECHO.find("self.line =").unwrap() as u32;
        let diagnostic = diagnostic
            .related(Span { start: made, end: made + 9, ..Span::default() }, "made here")
            .related(Span { file: other, start: 13, end: 34 }, "called from here");
        let expected = "\
error[allocates-in-process]: `append` grows a list while sound is running
  --> echo.py:9:9
   |
 3 |         self.line = []
   |         --------- made here
...
 9 |         self.line.append(x)
   |         ^^^^^^^^^^^^^^^^^^^
   |
  ::: lib/voice.py:3:1
   |
 3 | echo.Echo().tick(0.5)
   | --------------------- called from here
   = help: give it its full length at load time: `self.line = [0.0] * 48000`
";
        assert_eq!(render(&[diagnostic], &sources, Style::Full), expected);
    }

    #[test]
    fn concise_and_json_say_the_same_in_a_line() {
        let (sources, diagnostic) = echo();
        let warning = Diagnostic::warning("unused", Span::default(), "quote \" and umlaut ü");
        let both = [diagnostic, warning];
        assert_eq!(
            render(&both, &sources, Style::Concise),
            "echo.py:9:9: error[allocates-in-process] `append` grows a list while sound is running\n\
             echo.py:1:1: warning[unused] quote \" and umlaut ü\n"
        );
        let lines = render(&both, &sources, Style::Json);
        let data: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(data.len(), 2);
        let expected = serde_json::json!({
            "code": "allocates-in-process", "severity": "error", "path": "echo.py",
            "message": "`append` grows a list while sound is running",
            "line": 9, "column": 9, "end_line": 9, "end_column": 28,
            "help": "give it its full length at load time: `self.line = [0.0] * 48000`", "related": [],
        });
        assert_eq!(data[0], expected);
        assert_eq!(data[1]["message"], "quote \" and umlaut ü");
        assert_eq!(data[1]["help"], serde_json::Value::Null);
    }

    #[test]
    fn no_span_is_beyond_rendering() {
        for text in ["", "x", "ü = 1\n", "a\r\nb\r\n", "\n\n"] {
            let mut sources = Sources::default();
            let file = sources.add("odd.py", text);
            for start in 0..4 {
                for end in 0..9 {
                    let diagnostic = Diagnostic::error("odd", Span { file, start, end }, "odd");
                    for style in [Style::Full, Style::Coloured, Style::Concise, Style::Json] {
                        assert!(render(std::slice::from_ref(&diagnostic), &sources, style).contains("odd"));
                    }
                }
            }
        }
    }
}
