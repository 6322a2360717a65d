//! `LockAround`: one exclusive lock is held from before the read until after the write.

use super::Draft;
use super::calls::{opening, receiver};
use super::imports::{imported_from, local_name};
use super::quiet::is_quiet_expr;
use super::site::{Located, Site, bound, edit, is_trivial, walk, walk_expr};
use crate::language::RewriteRequest;
use ruff_python_ast::{Expr, Stmt};

/// Takes a lock file beside the place: by `filelock` where the file has it, otherwise by `flock`. It is never complete: whoever else
/// writes there must take it too.
pub fn lock_around(site: &Site<'_>, request: &RewriteRequest<'_>) -> Option<Vec<Draft>> {
    let read = site.read.as_ref()?;
    let (path, opened) = match (path_of(site, &site.act), path_of(site, read)) {
        // What is opened to be written is emptied, which is a part of the writing.
        (Some((path, opened)), _) => (path, opened),
        (None, Some((path, _))) => (path, usize::MAX),
        (None, None) => return None,
    };
    let levels = read.levels.iter().zip(&site.act.levels).take(opened.saturating_add(1));
    let (first, last) = levels.take_while(|(r, a)| std::ptr::eq(r.block, a.block)).last()?;
    let covered = first.block.get(first.index..=last.index)?;
    if !covered.first().is_some_and(|s| site.stands_alone(s))
        || !covered.last().is_some_and(|s| site.stands_alone(s))
    {
        return None;
    }
    // What is done meanwhile by others who run on the same thread could wait for ever.
    let mut waits = false;
    walk(covered, &mut |expr| {
        waits |= matches!(expr, Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_));
        !waits
    });
    if waits {
        return None;
    }
    let text = site.of(path);
    let set = bound(covered);
    let mut known = is_quiet_expr(site, path);
    walk_expr(path, &mut |expr| {
        known &= !matches!(expr, Expr::Name(name) if set.contains(name.id.as_str()));
        true
    });
    // A lock file that is its own lock would be there for two things.
    if !known || text.contains("lock") || request.place.to_string().contains("lock") {
        return None;
    }
    let quote = site.quote();
    let path = match path {
        Expr::StringLiteral(_) if !text.ends_with("\"\"\"") && !text.ends_with("'''") => {
            let (head, end) = text.split_at_checked(text.len().checked_sub(1)?)?;
            format!("{head}.lock{end}")
        }
        path if is_trivial(path) => format!("f{quote}{{{text}}}.lock{quote}"),
        _ => format!("str({text}) + {quote}.lock{quote}"),
    };
    let whole = site.suite(covered)?;
    let margin = site.indent(whole.start);
    let inner = [margin, site.unit()].concat();
    let body = site.moved(whole.clone(), &inner, &[])?;
    let (head, imports, needs) = match imported_from(site, "filelock", "FileLock") {
        Some(lock) => (format!("with {lock}({path}):"), vec![], vec![]),
        None => {
            let (fcntl, lock) = (local_name(site, "fcntl")?, site.fresh("lock"));
            let head = format!(
                "with open({path}, {quote}a{quote}) as {lock}:\n{inner}{fcntl}.flock({lock}, {fcntl}.LOCK_EX)"
            );
            (head, vec!["fcntl"], vec!["Unix (`fcntl.flock`)".to_owned()])
        }
    };
    let mut draft = Draft::new(vec![edit(whole, format!("{head}\n{inner}{body}"))]);
    draft.imports = imports;
    draft.needs = needs;
    draft.complete = false;
    Some(vec![draft])
}

/// The path that is read or written: that of the call, or of the open file around it; and on which level.
fn path_of<'t>(site: &Site<'t>, located: &Located<'t>) -> Option<(&'t Expr, usize)> {
    let of_call = |expr: &'t Expr| {
        let Expr::Call(call) = expr else { return None };
        if let Some(opening) = opening(site, call) {
            return Some(opening.path);
        }
        let name = site.name(call);
        let whole = matches!(name.as_str(), ".read_text" | ".read_bytes" | ".write_text" | ".write_bytes");
        receiver(call).filter(|_| whole)
    };
    if let Some(path) = of_call(located.expr) {
        return Some((path, located.levels.len()));
    }
    located.levels.iter().enumerate().rev().find_map(|(at, level)| match level.statement {
        Stmt::With(with) => {
            with.items.iter().find_map(|item| of_call(&item.context_expr)).map(|path| (path, at))
        }
        _ => None,
    })
}
