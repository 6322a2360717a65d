//! Arguments of calls, and how they are changed.

use super::site::{Site, edit, range};
use crate::language::Edit;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;
use std::ops::Range;

/// The argument at a position or of a name.
pub fn argument<'t>(call: &'t ExprCall, position: usize, name: &str) -> Option<&'t Expr> {
    call.arguments.args.get(position).or_else(|| keyword(call, name))
}

/// The argument of a name.
pub fn keyword<'t>(call: &'t ExprCall, name: &str) -> Option<&'t Expr> {
    let named = call.arguments.keywords.iter();
    named.into_iter().find(|k| k.arg.as_ref().is_some_and(|arg| arg.as_str() == name)).map(|k| &k.value)
}

/// Whether all arguments stand there: none comes out of a collection.
pub fn is_spelled_out(call: &ExprCall) -> bool {
    !call.arguments.args.iter().any(|a| matches!(a, Expr::Starred(_)))
        && call.arguments.keywords.iter().all(|k| k.arg.is_some())
}

/// Adds an argument by its name, or gives it this value.
pub fn with_keyword(site: &Site<'_>, call: &ExprCall, name: &str, value: &str) -> Option<Edit> {
    if !is_spelled_out(call) || site.comments_in(range(&call.arguments)).next().is_some() {
        return None;
    }
    if let Some(given) = keyword(call, name) {
        return Some(edit(range(given), value));
    }
    let Range { start, end } = range(&call.arguments);
    let inside = site.slice(start + 1..end.checked_sub(1)?);
    let filled = inside.trim_end();
    let at = start + 1 + filled.len();
    let added = match filled.chars().next_back() {
        None => format!("{name}={value}"),
        // One argument to a line.
        Some(',') if inside.get(filled.len()..).is_some_and(|rest| rest.contains('\n')) => {
            format!("\n{}{name}={value},", site.indent(at))
        }
        Some(',') => format!(" {name}={value}"),
        Some(_) => format!(", {name}={value}"),
    };
    Some(edit(at..at, added))
}

/// A call that opens a file.
pub struct Opening<'t> {
    pub call: &'t ExprCall,
    /// The path; it is what has the method, for one of a path.
    pub path: &'t Expr,
    /// Whether it is a method of a path.
    pub method: bool,
    /// The letters of the mode, without quotes.
    pub mode: &'t str,
    /// Where they are written down.
    mode_at: Option<Range<usize>>,
}

/// `open(path, mode)`, `path.open(mode)`.
pub fn opening<'t>(site: &Site<'t>, call: &'t ExprCall) -> Option<Opening<'t>> {
    let (path, method, position) = match (site.name(call).as_str(), &*call.func) {
        ("open" | "io::open", _) => (argument(call, 0, "file")?, false, 1),
        (".open", Expr::Attribute(attribute)) => (&*attribute.value, true, 0),
        _ => return None,
    };
    if !is_spelled_out(call) {
        return None;
    }
    let (mode, mode_at) = match argument(call, position, "mode") {
        None => ("r", None),
        Some(literal @ Expr::StringLiteral(_)) => {
            let whole = range(literal);
            let letters = whole.start + 1..whole.end.checked_sub(1)?;
            let mode = site.slice(letters.clone());
            if mode.is_empty() || !mode.bytes().all(|b| b.is_ascii_lowercase() || b == b'+') {
                return None;
            }
            (mode, Some(letters))
        }
        Some(_) => return None,
    };
    Some(Opening { call, path, method, mode, mode_at })
}

impl Opening<'_> {
    /// Writes other letters for the mode.
    pub fn with_mode(&self, mode: &str) -> Option<Edit> {
        Some(edit(self.mode_at.clone()?, mode))
    }

    /// The arguments beside path and mode, each with a comma before it. None where one of them is not among these.
    pub fn others(&self, site: &Site<'_>, known: &[&str]) -> Option<String> {
        if self.call.arguments.args.len() > if self.method { 1 } else { 2 } {
            return None;
        }
        others(site, self.call, &["file", "mode"], known)
    }
}

/// The arguments by name but for some, each with a comma before it. None where one of them is not among those that are known.
pub fn others(site: &Site<'_>, call: &ExprCall, without: &[&str], known: &[&str]) -> Option<String> {
    let mut found = String::new();
    for keyword in &call.arguments.keywords {
        let name = keyword.arg.as_ref()?.as_str();
        if without.contains(&name) {
            continue;
        }
        if !known.contains(&name) {
            return None;
        }
        found.push_str(", ");
        found.push_str(site.of(keyword));
    }
    Some(found)
}

/// What has the method that is called.
pub fn receiver(call: &ExprCall) -> Option<&Expr> {
    match &*call.func {
        Expr::Attribute(attribute) => Some(&attribute.value),
        _ => None,
    }
}

/// Where an attribute's name stands.
pub fn attribute_name(call: &ExprCall) -> Option<Range<usize>> {
    match &*call.func {
        Expr::Attribute(attribute) => {
            Some(attribute.attr.start().to_usize()..attribute.attr.end().to_usize())
        }
        _ => None,
    }
}
