//! Atomic idioms as edits on Rust text.

use crate::language::{Rendering, RewriteRequest};

/// Renders an idiom, or nothing where it would change what the code promises.
pub fn render(_request: &RewriteRequest<'_>) -> Option<Rendering> {
    None
}
