//! The linker: calls across functions, files and workspace crates.

use crate::flow::{Block, FileSummary, FlowSummary, Site};
use crate::source::Span;

/// A function of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// A file of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Where a site of a linked body stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// The function whose source it is.
    pub function: FunctionId,
    /// The span.
    pub span: Span,
}

/// All summaries, linked.
#[derive(Debug, Default)]
pub struct Program {
    files: Vec<FileSummary>,
}

impl Program {
    /// The files, sorted by path.
    pub fn files(&self) -> &[FileSummary] {
        &self.files
    }

    /// All functions in order of file and position.
    pub fn functions(&self) -> impl Iterator<Item = (FunctionId, &FlowSummary)> {
        std::iter::empty()
    }

    /// The file that holds the function.
    pub fn file_of(&self, _function: FunctionId) -> FileId {
        FileId(0)
    }

    /// Where a site of a linked body stands.
    pub fn location(&self, _site: Site) -> Option<Location> {
        None
    }

    /// The function's body with the calls of the program's functions put in as frames, parameters replaced by arguments,
    /// results and opaque numbers renamed apart, sites made program-wide, to a bounded depth and size.
    pub fn body(&self, _function: FunctionId) -> Block {
        Block::default()
    }

    /// The functions that call this one, as far as resolved.
    pub fn callers(&self, _function: FunctionId) -> &[FunctionId] {
        &[]
    }
}

/// Links summaries; the order of `files` does not matter.
pub fn link(files: Vec<FileSummary>) -> Program {
    Program { files }
}
