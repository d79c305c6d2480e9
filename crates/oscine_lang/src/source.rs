//! The files of a program and places in them.

use std::path::{Path, PathBuf};

/// A file of the program, by its order of loading; 0 is the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FileId(pub u16);

/// A stretch of a file's text, in bytes, the end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Which file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// From the start of `self` to the end of `other`, in `self`'s file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end.max(self.end), ..self }
    }
}

/// One file's path, as the user wrote it, and its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path for messages.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
    /// Whether it is a part of oscine's own library: nothing for a person to look at or to change.
    pub is_library: bool,
    line_starts: Vec<u32>,
}

/// Every file that a program consists of.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and gives its identity.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> FileId {
        self.insert(path.into(), text.into(), false)
    }

    /// Adds the text of a module of the library.
    pub(crate) fn add_library(&mut self, name: &str, text: &str) -> FileId {
        self.insert(PathBuf::from(name), text.to_owned(), true)
    }

    fn insert(&mut self, path: PathBuf, text: String, is_library: bool) -> FileId {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i as u32 + 1)).collect();
        self.files.push(SourceFile { path, text, is_library, line_starts });
        FileId((self.files.len() - 1) as u16)
    }

    /// Whether a place is in oscine's own library.
    pub(crate) fn is_in_library(&self, span: Span) -> bool {
        self.files.get(span.file.0 as usize).is_some_and(|file| file.is_library)
    }

    /// The file `id`.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files, the script first.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The path of a span's file.
    pub fn path(&self, span: Span) -> &Path {
        &self.file(span.file).path
    }

    /// Line and column of a span's start, both counted from 1, columns in characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let file = self.file(span.file);
        let line = file.line_starts.partition_point(|&s| s <= span.start) - 1;
        let start = file.line_starts[line] as usize;
        let column = file.text.get(start..span.start as usize).map_or(0, |t| t.chars().count());
        (line + 1, column + 1)
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}
