//! Atomic idioms as edits on Rust text.
//!
//! What the user wrote is kept as source slices; what is new is built with quote and laid out by prettyplease. A shape that is not
//! recognised, or whose rewrite would change what the code promises, gives no rendering: a fix that is missing costs less than
//! one that is wrong. The edited text must parse again, or it is not offered.

mod calls;
mod create;
mod exchange;
mod guard;
mod lock;
mod pieces;
mod replace;
mod syntax;
mod types;

use crate::language::{Edit, Idiom, Rendering, RewriteRequest};
use crate::source::Span;
use std::ops::Range;
use syntax::Site;

/// Brackets nested deeper than this are not parsed here: syn and its visitors recurse on them.
const MAX_NESTING: usize = 200;

/// Renders an idiom, or nothing where it would change what the code promises.
pub fn render(request: &RewriteRequest<'_>) -> Option<Rendering> {
    let rendering = rewrite(request);
    // Every parsed text stays in a thread-local table of proc-macro2 until its spans are given up.
    proc_macro2::extra::invalidate_current_thread_spans();
    rendering
}

fn rewrite(request: &RewriteRequest<'_>) -> Option<Rendering> {
    let text = request.text;
    // syn cuts a byte order mark and a `#!` line off before it counts bytes, so that its offsets would not be ours.
    let shifted = text.starts_with('\u{feff}') || text.starts_with("#!") && !text.starts_with("#![");
    if shifted || nesting(text) > MAX_NESTING {
        return None;
    }
    let file = syn::parse_file(text).ok()?;
    let site = Site::new(request, &file)?;
    let mut rendering = match request.idiom {
        Idiom::CreateAll => create::create_all(&site),
        Idiom::CreateNew => create::create_new(&site),
        Idiom::NoReplaceRename => create::no_replace_rename(&site),
        Idiom::OpenThenMatch => exchange::open_then_match(&site),
        Idiom::RemoveIfPresent => exchange::remove_if_present(&site),
        Idiom::ReplaceAtomically => replace::replace_atomically(&site),
        Idiom::LockAround => lock::lock_around(&site, request),
    }?;
    rendering.edits.sort();
    let fixed = apply(text, &rendering.edits)?;
    syn::parse_file(&fixed).ok()?;
    Some(rendering)
}

/// The text after the edits, which must be in order and apart.
fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut fixed = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        fixed.push_str(text.get(done..edit.span.start as usize)?);
        fixed.push_str(&edit.replacement);
        done = edit.span.end as usize;
    }
    fixed.push_str(text.get(done..)?);
    Some(fixed)
}

/// The depth of brackets, at least: brackets in comments and strings count too, which is safe.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn edit(range: Range<usize>, replacement: impl Into<String>) -> Edit {
    Edit { span: Span::new(range.start, range.end), replacement: replacement.into() }
}
