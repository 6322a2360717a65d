//! What the analyzer is given: texts, and where they stand.

use memchr::memchr_iter;
use std::fmt;
use std::sync::Arc;

/// A half-open range of bytes in one source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        // A text of 4 GiB and more is refused before it is lowered; saturating keeps this total.
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }

    /// The text that the span covers, or the empty text where the span does not fit `text`.
    pub fn text(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// Converts byte offsets to lines and columns.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

/// A place in a text as people count it: both numbers start at 1, the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl LineIndex {
    /// Indexes the line starts of `text`.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr_iter(b'\n', text.as_bytes()).map(|at| Span::new(at + 1, at + 1).start));
        LineIndex { starts }
    }

    /// The line, from 1, that holds the byte at `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts.partition_point(|s| *s <= offset)).unwrap_or(u32::MAX)
    }

    /// The byte offset at which `line` (from 1) starts, if there is such a line.
    pub fn line_start(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).copied()
    }

    /// Line and column, in characters, of the byte at `offset` of the same `text`.
    pub fn line_column(&self, text: &str, offset: u32) -> LineColumn {
        let line = self.line(offset);
        let start = self.line_start(line).unwrap_or(0);
        let column = Span { start, end: offset }.text(text).chars().count();
        LineColumn { line, column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1) }
    }

    /// Column of `offset` in UTF-16 code units, from 1, as SARIF and LSP clients count.
    pub fn utf16_column(&self, text: &str, offset: u32) -> u32 {
        let start = self.line_start(self.line(offset)).unwrap_or(0);
        let units: usize = Span { start, end: offset }.text(text).chars().map(char::len_utf16).sum();
        u32::try_from(units).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// A language that fsrace reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LanguageId {
    /// Rust, parsed by syn.
    Rust,
    /// Go, parsed by tree-sitter.
    #[cfg(feature = "go")]
    Go,
    /// Python, parsed by ruff's parser.
    #[cfg(feature = "python")]
    Python,
}

impl LanguageId {
    /// The language of a file by its name's extension.
    pub fn of_path(path: &str) -> Option<Self> {
        #[cfg(feature = "go")]
        if path.ends_with(".go") {
            return Some(LanguageId::Go);
        }
        #[cfg(feature = "python")]
        if path.ends_with(".py") {
            return Some(LanguageId::Python);
        }
        path.ends_with(".rs").then_some(LanguageId::Rust)
    }

    /// Whether summaries keep calls of libraries that no model knows.
    pub fn keeps_foreign_calls(self) -> bool {
        match self {
            LanguageId::Rust => true,
            #[cfg(feature = "go")]
            LanguageId::Go => false,
            #[cfg(feature = "python")]
            LanguageId::Python => true,
        }
    }
}

impl fmt::Display for LanguageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LanguageId::Rust => f.write_str("Rust"),
            #[cfg(feature = "go")]
            LanguageId::Go => f.write_str("Go"),
            #[cfg(feature = "python")]
            LanguageId::Python => f.write_str("Python"),
        }
    }
}

/// A package that the files may belong to: a Cargo.toml with a package name, a go.mod with the path of its module, or the folder below
/// which Python finds modules by their names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Its folder, relative to the analysed root with `/` between, empty for the root itself.
    pub root: String,
    /// Its name as the manifest says.
    pub name: String,
    /// The functions that its programs begin with, where a manifest names them: `package.module:function`.
    pub programs: Arc<[String]>,
}

/// One source text with its place in the analysed tree.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Relative to the analysed root, `/` between the parts.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// The language it is read as.
    pub language: LanguageId,
    /// The package that holds it, where a manifest says so.
    pub package: Option<Package>,
}

/// Why a text, or a part of one, could not be read as its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What the parser said, on one line.
    pub message: String,
}
