//! The act behind a guard that leaves early, or behind a loop that waits: it is tried, and left alone or waited for where it says what the
//! check would have said.

use super::Draft;
use super::guard::{Guard, Other, asks};
use super::quiet::is_plain;
use super::site::{Site, bound, diverges, edit, range};
use super::swap::{Attempt, guard_end, handler, raised};
use super::tried::tried;
use crate::language::python::names::each_block;
use ruff_python_ast::Stmt;

/// An early exit longer than this is not written a second time.
const MAX_EXIT_LINES: usize = 4;

/// The act stands behind a guard that leaves early.
pub fn past(site: &Site<'_>, guard: &Guard<'_>, attempt: &Attempt) -> Option<Draft> {
    if guard.present == attempt.on_present
        || guard.others.is_some()
        || !matches!(guard.other, Other::Nothing)
        || !diverges(site, guard.arm)
    {
        return None;
    }
    let top = *site.act.levels.get(guard.depth)?;
    let own = site.act.own()?;
    if !std::ptr::eq(top.block, guard.level.block) || top.index <= guard.level.index {
        return None;
    }
    let between = top.block.get(guard.level.index + 1..top.index)?;
    let keep = !between.iter().all(|s| is_plain(site, s));
    let next = between.is_empty();
    let exit = site.suite(guard.arm)?;
    let lines = site.slice(exit.clone()).lines().count();
    if keep && lines > MAX_EXIT_LINES || bound(between).iter().any(|name| site.mentions(exit.clone(), name)) {
        return None;
    }
    let margin = site.indent(range(top.statement).start);
    let inner = [margin, site.unit()].concat();
    let exit = raised(site, guard.arm, exit, &inner)?;
    let mut edits = Vec::new();
    if std::ptr::eq(top.statement, own.statement) {
        if !site.stands_alone(own.statement) {
            return None;
        }
        let tried = tried(site, attempt, own, None, (&inner, margin))?;
        let refusal = attempt.refusal(guard.kind);
        let mut code = format!("try:\n{inner}{}\n{margin}except {refusal}:\n{inner}{exit}", tried.tried);
        // Behind the exit, the rest needs no `else`.
        if let Some(then) = tried.then {
            code = format!("{code}\n{margin}{then}");
        }
        let start = if next { guard.range().start } else { range(own.statement).start };
        edits.push(edit(start..range(own.statement).end, code));
    } else {
        let Stmt::Try(outer) = top.statement else { return None };
        if !std::ptr::eq(own.block, &*outer.body) || own.index != 0 {
            return None;
        }
        edits.extend(attempt.changes.iter().cloned());
        edits.push(handler(site, attempt, guard.kind, outer, &format!("{inner}{exit}"), margin)?);
    }
    let replaced = next && std::ptr::eq(top.statement, own.statement);
    if !keep && !replaced {
        let lines = site.lines_of(guard.range().start..guard_end(site, guard));
        // What comes then stands by itself.
        let blank = site.slice(lines.end..site.line_end(lines.end));
        let end = lines.end + if blank.trim().is_empty() { blank.len() } else { 0 };
        edits.push(edit(lines.start..end, ""));
    }
    let mut draft = Draft::new(edits);
    draft.complete = attempt.complete && attempt.is_exact(guard.kind) && (!keep || attempt.may_be_asked());
    Some(draft)
}

/// `while os.path.exists(p): wait()`, then the creation: it is tried until it succeeds, and waited for in between.
pub fn waiting(site: &Site<'_>, attempt: &Attempt) -> Option<Vec<Draft>> {
    let check = site.check.as_ref()?;
    let kind = asks(&site.name(check.call()?))?;
    let (level, own) = (check.own()?, site.act.own()?);
    let Stmt::While(waits) = level.statement else { return None };
    let next = level.rest().first()?;
    if !std::ptr::eq(&*waits.test, check.expr)
        || attempt.on_present
        || !std::ptr::eq(next, own.statement)
        || !waits.orelse.is_empty()
        || leaves_loop(&waits.body)
        || !site.stands_alone(own.statement)
    {
        return None;
    }
    let margin = site.indent(range(level.statement).start);
    let inner = [margin, site.unit()].concat();
    let deeper = [&inner, site.unit()].concat();
    let tried = tried(site, attempt, own, None, (&deeper, &deeper))?;
    let body = raised(site, &waits.body, site.suite(&waits.body)?, &deeper)?;
    let refusal = attempt.refusal(kind);
    let then = tried.then.map(|then| format!("{then}\n{deeper}")).unwrap_or_default();
    let code = format!(
        "while True:\n{inner}try:\n{deeper}{}\n{inner}except {refusal}:\n{deeper}{body}\n{inner}else:\n{deeper}{then}break",
        tried.tried
    );
    let mut draft = Draft::new(vec![edit(range(level.statement).start..range(own.statement).end, code)]);
    draft.complete = attempt.complete && attempt.is_exact(kind);
    Some(vec![draft])
}

/// Whether statements may end the loop that they stand in.
fn leaves_loop(block: &[Stmt]) -> bool {
    let mut found = false;
    let mut pending = vec![block];
    while let Some(block) = pending.pop() {
        for statement in block {
            found |= matches!(statement, Stmt::Break(_));
            if !matches!(statement, Stmt::For(_) | Stmt::While(_)) {
                each_block(statement, &mut |inner| pending.push(inner));
            }
        }
    }
    found
}
