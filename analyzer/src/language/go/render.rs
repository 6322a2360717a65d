//! From idiom to edits on the user's text.

use crate::language::{Rendering, RewriteRequest};

/// Renders an idiom as edits on Go source, or nothing where it would change what the code promises.
pub fn render(_request: &RewriteRequest<'_>) -> Option<Rendering> {
    None
}
