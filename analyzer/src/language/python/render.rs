//! Rewrites in Python: none yet.

use crate::language::{Rendering, RewriteRequest};

/// Renders an idiom as edits on the user's text.
pub fn render(_request: &RewriteRequest<'_>) -> Option<Rendering> {
    None
}
