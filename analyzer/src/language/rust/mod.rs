//! Rust, on syn 3.

mod render;

pub use render::render;

use crate::flow::FileSummary;
use crate::source::SourceFile;

/// Lowers one Rust file.
pub fn lower(file: &SourceFile) -> FileSummary {
    FileSummary { path: file.path.clone(), ..FileSummary::default() }
}
