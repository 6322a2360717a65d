//! One folder per language: `lower.rs` (syntax to flow), `models.toml` (what each API does), `render.rs` (atomic idiom to edits).

pub mod models;
pub mod rust;

use crate::flow::{FileSummary, Place};
use crate::source::{LanguageId, SourceFile, Span};

/// Lowers one file to its summary. Never fails: what cannot be parsed is listed in the summary's errors.
pub fn lower(file: &SourceFile) -> FileSummary {
    match file.language {
        LanguageId::Rust => rust::lower(file),
    }
}

/// An atomic form to rewrite to, in no language's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Idiom {
    /// Create with O_EXCL and treat `AlreadyExists` as what the check's "present" branch did.
    CreateNew,
    /// Create the directory and its parents, an existing one is fine; the check goes.
    CreateAll,
    /// Open or read, and treat `NotFound` as what the check's "absent" branch did; the check goes.
    OpenThenMatch,
    /// Remove, and ignore `NotFound`; the check goes.
    RemoveIfPresent,
    /// Write a temporary sibling of a unique name and rename it over the place.
    ReplaceAtomically,
    /// Hold one exclusive lock around the read and the write.
    LockAround,
    /// Rename without replacing; `AlreadyExists` is what the check's "present" branch did.
    NoReplaceRename,
}

/// What a rewrite is asked for.
#[derive(Clone, Debug)]
pub struct RewriteRequest<'a> {
    /// The whole text of the file.
    pub text: &'a str,
    /// To which form.
    pub idiom: Idiom,
    /// The function that holds both sites.
    pub function: Span,
    /// The check's call expression, if there is a check in this function.
    pub check: Option<Span>,
    /// The act's call expression.
    pub act: Span,
    /// The read's call expression, for `LockAround`.
    pub read: Option<Span>,
    /// The place, for telling one path expression from another.
    pub place: &'a Place,
}

/// A replacement of a range of the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// A rewrite, rendered in the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// In order, not overlapping.
    pub edits: Vec<Edit>,
    /// What it needs besides: a crate, an import ("the `tempfile` crate").
    pub needs: Vec<String>,
    /// Whether the edits alone give code that compiles and keeps what the code promises; otherwise for display only.
    pub complete: bool,
}

/// Renders an idiom as edits on the user's text, or nothing where it would change what the code promises.
pub fn render(language: LanguageId, request: &RewriteRequest<'_>) -> Option<Rendering> {
    match language {
        LanguageId::Rust => rust::render(request),
    }
}
