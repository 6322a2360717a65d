//! Atomic idioms as edits on Python text.
//!
//! What the user wrote is kept as source slices: its quotes, its comments, and its indentation, but for the blocks that move. A shape
//! that is not recognised, or whose rewrite would change what the code promises, gives no rendering: a fix that is missing costs less
//! than one that is wrong. The edited text must parse again and keep each of its comments, or it is not offered.

mod calls;
mod child;
mod create;
mod guard;
mod imports;
mod keys;
mod lock;
mod past;
mod quiet;
mod remove;
mod replace;
mod site;
mod swap;
mod temporary;
mod tried;

use super::nesting::too_deep;
use crate::language::{Edit, Idiom, Rendering, RewriteRequest};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};
use site::{Site, apply};

/// One way to write a rewrite, before it is known to hold together.
#[derive(Debug)]
struct Draft {
    edits: Vec<Edit>,
    /// The modules that the new code is from.
    imports: Vec<&'static str>,
    /// What it needs besides.
    needs: Vec<String>,
    /// Whether it keeps what the code promises.
    complete: bool,
}

impl Draft {
    fn new(edits: Vec<Edit>) -> Self {
        Draft { edits, imports: Vec::new(), needs: Vec::new(), complete: true }
    }
}

/// Renders an idiom as edits on Python source, or nothing where it would change what the code promises.
pub fn render(request: &RewriteRequest<'_>) -> Option<Rendering> {
    let parsed = parse(request.text)?;
    let site = Site::new(request, &parsed.syntax().body, parsed.tokens())?;
    let ways = match request.idiom {
        Idiom::CreateAll => create::create_all(&site),
        Idiom::CreateNew => create::create_new(&site),
        Idiom::OpenThenMatch => create::open_then_match(&site),
        Idiom::RemoveIfPresent => remove::remove_if_present(&site),
        Idiom::ReplaceAtomically => replace::replace_atomically(&site),
        Idiom::PrivateTemp => temporary::private_temp(&site),
        Idiom::EnvironmentOfTheChild => child::environment(&site),
        Idiom::DirectoryOfTheChild => child::directory(&site),
        Idiom::LockAround => lock::lock_around(&site, request),
        Idiom::SetIfAbsent => keys::set_if_absent(&site),
        Idiom::CreateWithMode | Idiom::NoReplaceRename => None,
    }?;
    ways.into_iter().find_map(|draft| finish(&site, draft))
}

/// A text's tree, if it is Python throughout and not too deep.
fn parse(text: &str) -> Option<Parsed<ModModule>> {
    if too_deep(text).is_some() {
        return None;
    }
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    parse_unchecked(text, options).try_into_module().filter(Parsed::has_valid_syntax)
}

/// The draft with its imports and the comments that would have gone, if it is Python still.
fn finish(site: &Site<'_>, mut draft: Draft) -> Option<Rendering> {
    let written: Vec<String> = draft.edits.iter().map(|edit| edit.replacement.clone()).collect();
    for edit in &mut draft.edits {
        keep_comments(site, edit, &written)?;
    }
    draft.edits.extend(imports::imports(site, &draft.imports)?);
    draft.edits.sort();
    if site.text.contains("\r\n") {
        for edit in &mut draft.edits {
            edit.replacement = edit.replacement.replace("\r\n", "\n").replace('\n', "\r\n");
        }
    }
    let fixed = apply(site.text, &draft.edits, 0..site.text.len())?;
    // What is there already need not be suggested.
    if fixed == site.text {
        return None;
    }
    let parsed = parse(&fixed)?;
    let comments = parsed.tokens().iter().filter(|t| t.kind() == TokenKind::Comment).count();
    if comments != site.comments_in(0..site.text.len()).count() {
        return None;
    }
    Some(Rendering { edits: draft.edits, needs: draft.needs, complete: draft.complete })
}

/// Comments that nothing which is written has stand before it, on lines of their own. None where there is no room for them.
fn keep_comments(site: &Site<'_>, edit: &mut Edit, written: &[String]) -> Option<()> {
    let span = edit.span.start as usize..edit.span.end as usize;
    let is_written = |comment: &&str| written.iter().any(|text| text.contains(*comment));
    let lost: Vec<&str> = site.comments_in(span.clone()).filter(|comment| !is_written(comment)).collect();
    if lost.is_empty() {
        return Some(());
    }
    let start = site.line_start(span.start);
    if !site.slice(start..span.start).trim().is_empty() {
        return None;
    }
    let whole_lines = start == span.start;
    let position = if whole_lines { start } else { span.start };
    let margin = site.indent(position);
    let mut kept = String::new();
    for comment in lost {
        if whole_lines {
            kept.push_str(&format!("{margin}{comment}\n"));
        } else {
            kept.push_str(&format!("{comment}\n{margin}"));
        }
    }
    edit.replacement.insert_str(0, &kept);
    Some(())
}
