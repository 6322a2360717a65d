//! Putting the user's slices into generated code.
//!
//! Generated code is built with quote, where a slice of the user's text is an identifier of its own (a slot). prettyplease lays it
//! out, then the slots are filled and indented to where they stand.

use super::syntax::Site;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::ops::Range;

const SLOT: &str = "__slot_";

/// A part of what fills a slot.
#[derive(Clone, Debug)]
pub enum Piece {
    /// The user's text.
    Source(Range<usize>),
    /// Ours, without line breaks.
    New(String),
    /// The name that the result of the act is bound to.
    Outcome,
}

impl Piece {
    /// Ours, without line breaks.
    pub fn new(text: impl Into<String>) -> Self {
        Piece::New(text.into())
    }
}

#[derive(Debug)]
struct Slot {
    pieces: Vec<Piece>,
    /// How the user's text is indented.
    indent: String,
    /// A run of statements, which ends itself.
    statements: bool,
}

/// Generated code around slices of the user's text.
#[derive(Debug, Default)]
pub struct Template {
    slots: Vec<Slot>,
    outcome: String,
}

impl Template {
    /// Says what the act's result is called.
    pub fn name_outcome(&mut self, outcome: &str) {
        outcome.clone_into(&mut self.outcome);
    }

    fn slot(&mut self, pieces: Vec<Piece>, indent: &str, statements: bool) -> Ident {
        let name = Ident::new(&format!("{SLOT}{}", self.slots.len()), Span::call_site());
        self.slots.push(Slot { pieces, indent: indent.to_owned(), statements });
        name
    }

    /// A place for an expression of the user's.
    pub fn expression(&mut self, site: &Site<'_>, pieces: Vec<Piece>) -> Ident {
        let start = pieces.iter().find_map(|p| match p {
            Piece::Source(range) => Some(range.start),
            _ => None,
        });
        self.expression_at(site, pieces, start.unwrap_or_default())
    }

    /// A place for an expression that is part of one which starts at `position`.
    pub fn expression_at(&mut self, site: &Site<'_>, pieces: Vec<Piece>, position: usize) -> Ident {
        self.slot(pieces, site.indent(position), false)
    }

    /// A place for a block with its braces.
    pub fn block(&mut self, site: &Site<'_>, range: Range<usize>) -> Ident {
        let indent = site.indent(range.end);
        self.slot(vec![Piece::Source(range)], indent, false)
    }

    /// A place for a run of statements, which the template must end with a semicolon.
    pub fn statements(&mut self, site: &Site<'_>, pieces: Vec<Piece>) -> Ident {
        let indent = match (pieces.first(), pieces.last()) {
            (Some(Piece::Source(first)), _) if site.starts_line(first.start) => site.indent(first.start),
            // The first piece follows a brace; the line of the last one shows the indentation.
            (_, Some(Piece::Source(last))) => site.indent(last.end),
            _ => "",
        };
        self.slot(pieces, indent, true)
    }

    /// Lays out `code` (statements), each line but the first indented by `indent`, and fills the slots.
    pub fn print(&self, site: &Site<'_>, code: &TokenStream, indent: &str) -> Option<String> {
        let file: syn::File = syn::parse2(quote! { fn slot() { #code } }).ok()?;
        let printed = prettyplease::unparse(&file);
        let unit = site.indent_unit();
        let lines: Vec<&str> = printed.lines().collect();
        let inner = lines.get(1..lines.len().checked_sub(1)?)?;
        let mut text = String::new();
        for (number, line) in inner.iter().enumerate() {
            let line = line.strip_prefix("    ").unwrap_or(line);
            let code = line.trim_start_matches(' ');
            let level = (line.len() - code.len()) / 4;
            let margin = format!("{indent}{}", unit.repeat(level));
            if number > 0 {
                text.push('\n');
                text.push_str(&margin);
            }
            self.fill(site, code, &margin, &mut text)?;
        }
        Some(text)
    }

    fn fill(&self, site: &Site<'_>, mut code: &str, margin: &str, text: &mut String) -> Option<()> {
        while let Some((before, rest)) = code.split_once(SLOT) {
            text.push_str(before);
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, after) = rest.split_at_checked(digits)?;
            let slot = self.slots.get(number.parse::<usize>().ok()?)?;
            let filled = self.text_of(site, &slot.pieces, &slot.indent, margin)?;
            text.push_str(&filled);
            // rustfmt puts the brace below a scrutinee of several lines.
            if filled.contains('\n') && code.starts_with("match ") && after == " {" {
                text.push('\n');
                text.push_str(margin);
                text.push('{');
                return Some(());
            }
            // A block as an arm's body needs no comma.
            let block = filled.starts_with('{') && filled.ends_with('}');
            let ended = slot.statements && after.starts_with(';') || block && after.starts_with(',');
            code = if ended { after.get(1..)? } else { after };
        }
        text.push_str(code);
        Some(())
    }

    /// The pieces as text; what was indented by `from` is indented by `to`.
    pub fn text_of(&self, site: &Site<'_>, pieces: &[Piece], from: &str, to: &str) -> Option<String> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::New(new) => text.push_str(new),
                Piece::Outcome => text.push_str(&self.outcome),
                Piece::Source(range) => reindent(site, range.clone(), from, to, &mut text)?,
            }
        }
        Some(text)
    }
}

fn reindent(site: &Site<'_>, range: Range<usize>, from: &str, to: &str, text: &mut String) -> Option<()> {
    let slice = site.slice(range.clone())?;
    let mut position = range.start;
    for (number, line) in slice.split_inclusive('\n').enumerate() {
        let in_literal = site.literals.iter().any(|l| l.start < position && position < l.end);
        match line.strip_prefix(from) {
            Some(rest) if number > 0 && !in_literal && !(line.ends_with('\n') && rest.trim().is_empty()) => {
                text.push_str(to);
                text.push_str(rest);
            }
            _ => text.push_str(line),
        }
        position += line.len();
    }
    Some(())
}
