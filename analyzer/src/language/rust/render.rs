//! Atomic idioms as edits on Rust text.
//!
//! What the user wrote is kept as source slices; what is new is built with quote and laid out by prettyplease. A shape that is not
//! recognised, or whose rewrite would change what the code promises, gives no rendering: a fix that is missing costs less than
//! one that is wrong. The edited text must parse again, or it is not offered.

mod calls;
mod child;
mod create;
mod exchange;
mod guard;
mod lock;
mod mode;
mod pieces;
mod replace;
mod syntax;
mod temporary;
mod types;

use super::trim::trimmed;
use crate::language::{Edit, Idiom, Rendering, RewriteRequest, Tests};
use crate::source::Span;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::ops::Range;
use syntax::Site;

/// Tokens that may nest deeper than this are not parsed: syn, its visitors and its drops recurse on them.
const MAX_DEPTH: usize = 1500;

/// Stack for that depth: an unoptimised build takes up to 40 kB a level. Only what is used is ever committed.
const STACK: usize = 128 << 20;

/// Renders an idiom, or nothing where it would change what the code promises.
pub fn render(request: &RewriteRequest<'_>) -> Option<Rendering> {
    // The texts that proc-macro2 keeps for its spans are thread-local too, so they go with the thread.
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK);
        worker.spawn_scoped(scope, || rewrite(request)).ok()?.join().ok()?
    })
}

fn rewrite(request: &RewriteRequest<'_>) -> Option<Rendering> {
    let text = request.text;
    // syn cuts a byte order mark and a `#!` line off before it counts bytes, so that its offsets would not be ours.
    let shifted = text.starts_with('\u{feff}') || text.starts_with("#!") && !text.starts_with("#![");
    if shifted {
        return None;
    }
    // A function that is a test's must be there, the rest of the tests need not.
    let gone = request.function.text(&trimmed(text, Tests::LeftOut)).trim_start().is_empty();
    let tests = if gone { Tests::Read } else { Tests::LeftOut };
    let file = parse(&trimmed(text, tests))?;
    let site = Site::new(request, &file)?;
    let mut rendering = match request.idiom {
        Idiom::CreateAll => create::create_all(&site),
        Idiom::CreateNew => create::create_new(&site),
        Idiom::NoReplaceRename => create::no_replace_rename(&site),
        Idiom::OpenThenMatch => exchange::open_then_match(&site),
        Idiom::RemoveIfPresent => exchange::remove_if_present(&site),
        Idiom::ReplaceAtomically => replace::replace_atomically(&site),
        Idiom::EnvironmentOfTheChild => child::environment(&site),
        Idiom::DirectoryOfTheChild => child::directory(&site),
        Idiom::CreateWithMode => mode::create_with_mode(&site),
        Idiom::LockAround => lock::lock_around(&site, request),
        Idiom::PrivateTemp => temporary::private_temp(&site),
        Idiom::SetIfAbsent => None,
    }?;
    rendering.edits.sort();
    let fixed = apply(text, &rendering.edits)?;
    parse(&trimmed(&fixed, tests))?;
    Some(rendering)
}

fn parse(text: &str) -> Option<syn::File> {
    let tokens: TokenStream = text.parse().ok()?;
    if depth(&tokens) > MAX_DEPTH {
        return None;
    }
    syn::parse2(tokens).ok()
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

/// How deep syn and its visitors may recurse on these tokens, at most: open brackets, and on each level the tokens since what ends
/// an expression, for operators and chains nest without brackets.
fn depth(tokens: &TokenStream) -> usize {
    struct Level {
        rest: <TokenStream as IntoIterator>::IntoIter,
        run: usize,
        after_block: bool,
    }
    let level = |tokens: TokenStream| Level { rest: tokens.into_iter(), run: 0, after_block: false };
    let mut open = vec![level(tokens.clone())];
    let (mut below, mut deepest) = (0, 0);
    while let Some(top) = open.last_mut() {
        let Some(token) = top.rest.next() else {
            open.pop();
            below -= open.last().map_or(0, |l| l.run + 1);
            continue;
        };
        // What follows a block begins anew, unless it goes on with the block's value or its `else`.
        if std::mem::take(&mut top.after_block) {
            let anew = match &token {
                TokenTree::Ident(word) => word != "else" && word != "as",
                TokenTree::Punct(p) => p.as_char() == '#',
                _ => false,
            };
            top.run = if anew { 0 } else { top.run };
        }
        match token {
            TokenTree::Punct(p) if matches!(p.as_char(), ';' | ',') => top.run = 0,
            TokenTree::Group(group) => {
                top.run += 1;
                top.after_block = group.delimiter() == Delimiter::Brace;
                below += top.run + 1;
                open.push(level(group.stream()));
            }
            _ => top.run += 1,
        }
        let run = open.last().map_or(0, |l| l.run);
        deepest = deepest.max(below + run);
    }
    deepest
}

fn edit(range: Range<usize>, replacement: impl Into<String>) -> Edit {
    Edit { span: Span::new(range.start, range.end), replacement: replacement.into() }
}
