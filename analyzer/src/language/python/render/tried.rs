//! What is tried in place of the act's statement, and what of it is done only if that went well.

use super::quiet::is_quiet;
use super::site::{Level, Site, edit, first_evaluated, range};
use super::swap::{Attempt, Write};
use ruff_python_ast::{Expr, Stmt};
use std::ops::Range;

/// What stands for the act's statement.
pub struct Tried {
    /// What is tried, and what is done if that went well.
    pub tried: String,
    pub then: Option<String>,
}

/// What is tried in place of a statement, and what is done then, each with its margin. `end` is where the statement's comments end, if
/// they are to come along.
pub fn tried(
    site: &Site<'_>,
    attempt: &Attempt,
    own: Level<'_>,
    end: Option<usize>,
    margins: (&str, &str),
) -> Option<Tried> {
    let (statement, (margin, after)) = (own.statement, margins);
    let whole = range(statement);
    let whole = whole.start..end.unwrap_or(whole.end).max(whole.end);
    if let Some(write) = &attempt.write {
        return written(site, statement, whole, write, margin);
    }
    if let Stmt::With(with) = statement {
        let [item] = with.items.as_slice() else { return None };
        if with.is_async {
            return None;
        }
        if !std::ptr::eq(&item.context_expr, site.act.expr) {
            return simple(site, attempt, statement, whole, margins);
        }
        let mut changes = attempt.changes.clone();
        let name = match item.optional_vars.as_deref() {
            Some(Expr::Name(name)) => name.id.to_string(),
            Some(_) => return None,
            None => site.fresh("file"),
        };
        let body = site.suite(&with.body)?;
        if let Some(first) = attempt.first {
            let inner = site.indent(body.start);
            changes.push(edit(body.start..body.start, format!("{name}.{first}\n{inner}")));
        }
        if is_quiet(site, &with.body, site.act.expr) {
            return Some(Tried { tried: site.moved(whole, margin, &changes)?, then: None });
        }
        if !attempt.opens {
            return None;
        }
        // What the body does may fail in the same way, and that is another matter.
        let act = site.moved(range(site.act.expr), margin, &changes)?;
        let head = whole.start..range(&item.context_expr).start;
        let (from, to) =
            (head.end, item.optional_vars.as_ref().map_or(range(&item.context_expr), |v| range(&**v)).end);
        if site.comments_in(head.start..to).next().is_some() {
            return None;
        }
        changes.retain(|e| e.span.start as usize >= to);
        changes.push(edit(from..to, name.clone()));
        changes.sort();
        let then = site.moved(whole, after, &changes)?;
        return Some(Tried { tried: format!("{name} = {act}"), then: Some(then) });
    }
    simple(site, attempt, statement, whole, margins)
}

/// A statement that ends on the act, or goes on with what it gave.
fn simple(
    site: &Site<'_>,
    attempt: &Attempt,
    statement: &Stmt,
    whole: Range<usize>,
    (margin, after): (&str, &str),
) -> Option<Tried> {
    if attempt.first.is_some() {
        return None;
    }
    let one = std::slice::from_ref(statement);
    if is_quiet(site, one, site.act.expr) {
        return Some(Tried { tried: site.moved(whole, margin, &attempt.changes)?, then: None });
    }
    let expr = match statement {
        Stmt::Expr(s) => &*s.value,
        Stmt::Assign(s) => &*s.value,
        Stmt::AnnAssign(s) => s.value.as_deref()?,
        Stmt::Return(s) => s.value.as_deref()?,
        Stmt::If(s) => &*s.test,
        Stmt::For(s) if !s.is_async => &*s.iter,
        _ => return None,
    };
    if !first_evaluated(expr, site.act.expr) {
        return None;
    }
    let name = site.fresh(attempt.gives);
    let act = site.moved(range(site.act.expr), margin, &attempt.changes)?;
    let then = site.moved(whole, after, &[edit(range(site.act.expr), name.clone())])?;
    Some(Tried { tried: format!("{name} = {act}"), then: Some(then) })
}

/// What was one call is opened, written and closed.
fn written(
    site: &Site<'_>,
    statement: &Stmt,
    whole: Range<usize>,
    write: &Write,
    margin: &str,
) -> Option<Tried> {
    let Stmt::Expr(only) = statement else { return None };
    if !std::ptr::eq(&*only.value, site.act.expr) || !write.quiet {
        return None;
    }
    let name = site.fresh("file");
    let inner = [margin, site.unit()].concat();
    let data = site.moved(write.data.clone(), &inner, &[])?;
    let behind = site.moved(range(statement).end..whole.end, margin, &[])?;
    let tried = format!("with {} as {name}:\n{inner}{name}.write({data}){behind}", write.open);
    Some(Tried { tried, then: None })
}
