//! `EnvironmentOfTheChild`, `DirectoryOfTheChild`: what was set for the whole process around one command is set for the command.

use super::Draft;
use super::calls::{argument, keyword, with_keyword};
use super::quiet::{is_quiet, is_quiet_expr};
use super::site::{Level, Site, edit, is_trivial, range, walk};
use crate::language::Edit;
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtTry};
use std::ops::Range;

/// `os.environ[k] = v`, then a command: `env={**os.environ, k: v}`.
pub fn environment(site: &Site<'_>) -> Option<Vec<Draft>> {
    let Expr::Subscript(variable) = site.act.expr else { return None };
    let level = site.act.own()?;
    let Stmt::Assign(assign) = level.statement else { return None };
    let [target] = assign.targets.as_slice() else { return None };
    if !std::ptr::eq(target, site.act.expr)
        || !is_quiet_expr(site, &assign.value)
        || !is_trivial(&variable.slice)
    {
        return None;
    }
    let (environ, key) = (site.of(&*variable.value), site.of(&*variable.slice));
    let entry = format!("{{**{environ}, {key}: {}}}", site.of(&*assign.value));
    let undoes = |statement: &Stmt| undoes_variable(site, statement, environ, key);
    let keeps = |value: &Expr| match value {
        Expr::Subscript(_) => site.of(value) == site.of(site.act.expr),
        Expr::Call(call) => {
            let reads = matches!(site.name(call).as_str(), "os::environ::get" | "os::getenv");
            reads && argument(call, 0, "key").is_some_and(|k| site.of(k) == key)
        }
        _ => false,
    };
    moved_to_the_child(site, level, ("env", &entry), &undoes, &keeps)
}

fn undoes_variable(site: &Site<'_>, statement: &Stmt, environ: &str, key: &str) -> bool {
    let variable = |expr: &Expr| match expr {
        Expr::Subscript(s) => site.of(&*s.value) == environ && site.of(&*s.slice) == key,
        _ => false,
    };
    match statement {
        Stmt::Delete(delete) => matches!(delete.targets.as_slice(), [target] if variable(target)),
        Stmt::Assign(assign) => matches!(assign.targets.as_slice(), [target] if variable(target)),
        Stmt::Expr(only) => match &*only.value {
            Expr::Call(call) => {
                let pops = site.of(&*call.func) == format!("{environ}.pop");
                pops && argument(call, 0, "key").is_some_and(|k| site.of(k) == key)
            }
            _ => false,
        },
        // Where it was set before, it is set again, otherwise taken back.
        Stmt::If(decision) => {
            let undone = |block: &[Stmt]| {
                !block.is_empty() && block.iter().all(|s| undoes_variable(site, s, environ, key))
            };
            undone(&decision.body) && decision.elif_else_clauses.iter().all(|clause| undone(&clause.body))
        }
        _ => false,
    }
}

/// `os.chdir(d)`, then a command: `cwd=d`.
pub fn directory(site: &Site<'_>) -> Option<Vec<Draft>> {
    let level = site.act.own()?;
    let changes = |statement: &Stmt| match statement {
        Stmt::Expr(only) => matches!(&*only.value, Expr::Call(call) if site.name(call) == "os::chdir"),
        _ => false,
    };
    if !changes(level.statement) {
        return None;
    }
    let directory = argument(site.act.call()?, 0, "path")?;
    if !is_quiet_expr(site, directory) {
        return None;
    }
    let keeps = |value: &Expr| match value {
        Expr::Call(call) => matches!(site.name(call).as_str(), "os::getcwd" | "pathlib::Path::cwd"),
        _ => false,
    };
    moved_to_the_child(site, level, ("cwd", site.of(directory)), &changes, &keeps)
}

/// Takes the act's statement out, and sets what it set for the command that is run next. What follows must undo the act, or be the end
/// of the function: otherwise somebody may still go by it.
fn moved_to_the_child(
    site: &Site<'_>,
    level: Level<'_>,
    (name, value): (&str, &str),
    undoes: &dyn Fn(&Stmt) -> bool,
    keeps: &dyn Fn(&Expr) -> bool,
) -> Option<Vec<Draft>> {
    let run = level.rest().first()?;
    if !site.stands_alone(level.statement) || !site.stands_alone(run) || !site.act.in_function {
        return None;
    }
    let mut edits = vec![edit(site.lines_of(range(level.statement)), "")];
    let mut gone: Vec<Range<usize>> = vec![range(level.statement)];
    if let Stmt::Try(outer) = run {
        let undone = !outer.finalbody.is_empty() && outer.finalbody.iter().all(undoes);
        let [command] = &*outer.body else { return None };
        if !undone || outer.is_star {
            return None;
        }
        let change = set_on(site, command, name, value)?;
        gone.push(range(outer.finalbody.first()?).start..range(outer.finalbody.last()?).end);
        edits.extend(without_finally(site, outer, change)?);
    } else {
        edits.push(set_on(site, run, name, value)?);
        let rest = level.rest().get(1..).unwrap_or_default();
        match rest.first().filter(|s| undoes(s) && site.stands_alone(*s)) {
            Some(undo) => {
                gone.push(range(undo));
                edits.push(edit(site.lines_of(range(undo)), ""));
            }
            None => {
                let ends = std::ptr::eq(level.block, site.act.body);
                if !ends || !is_quiet(site, rest, site.act.expr) {
                    return None;
                }
            }
        }
    }
    // What was kept to be set again is kept for nobody.
    if let Some(kept) = kept(site, level, &gone, keeps) {
        edits.push(edit(kept, ""));
    }
    Some(vec![Draft::new(edits)])
}

/// The `try` without its `finally`: its body alone, where that was all.
fn without_finally(site: &Site<'_>, outer: &StmtTry, change: Edit) -> Option<Vec<Edit>> {
    let whole = range(outer);
    let end = site.suite(&outer.finalbody)?.end;
    if outer.handlers.is_empty() {
        let margin = site.indent(whole.start);
        let body = site.moved(site.suite(&outer.body)?, margin, &[change])?;
        return Some(vec![edit(whole.start..end, body)]);
    }
    let last = match (outer.orelse.is_empty(), outer.handlers.last()?) {
        (false, _) => site.suite(&outer.orelse)?.end,
        (true, ruff_python_ast::ExceptHandler::ExceptHandler(handler)) => site.suite(&handler.body)?.end,
    };
    Some(vec![change, edit(last..end, "")])
}

/// Sets an argument on the one command that a statement runs.
fn set_on(site: &Site<'_>, statement: &Stmt, name: &str, value: &str) -> Option<Edit> {
    let mut commands: Vec<&ExprCall> = Vec::new();
    let one = std::slice::from_ref(statement);
    walk(one, &mut |expr| {
        if let Expr::Call(call) = expr
            && site.name(call).starts_with("subprocess::")
        {
            commands.push(call);
        }
        true
    });
    let [command] = commands.as_slice() else { return None };
    let runs = matches!(
        site.name(command).as_str(),
        "subprocess::run" | "subprocess::call" | "subprocess::check_call" | "subprocess::check_output"
    );
    // Nothing else in the statement may go by what was set.
    let mut quiet =
        matches!(statement, Stmt::Expr(_) | Stmt::Assign(_) | Stmt::AnnAssign(_) | Stmt::Return(_));
    walk(one, &mut |expr| match expr {
        Expr::Call(call) if std::ptr::eq(call, *command) => true,
        Expr::Call(_) | Expr::Lambda(_) | Expr::Await(_) => {
            quiet &= is_quiet_expr(site, expr);
            false
        }
        _ => true,
    });
    if !runs || !quiet || keyword(command, name).is_some() {
        return None;
    }
    with_keyword(site, command, name, value)
}

/// The statement just before the act that keeps what was set, where nothing but what is gone reads it.
fn kept(
    site: &Site<'_>,
    level: Level<'_>,
    gone: &[Range<usize>],
    keeps: &dyn Fn(&Expr) -> bool,
) -> Option<Range<usize>> {
    let statement = level.block.get(level.index.checked_sub(1)?)?;
    let Stmt::Assign(assign) = statement else { return None };
    let [Expr::Name(name)] = assign.targets.as_slice() else { return None };
    if !keeps(&assign.value) || !site.stands_alone(statement) {
        return None;
    }
    let body = site.act.body;
    let mut start = range(body.first()?).start;
    let mut apart: Vec<Range<usize>> = gone.to_vec();
    apart.push(range(statement));
    apart.sort_by_key(|gone| gone.start);
    for gone in apart {
        if site.mentions(start..gone.start, &name.id) {
            return None;
        }
        start = gone.end;
    }
    let read = site.mentions(start..range(body.last()?).end, &name.id);
    (!read).then(|| site.lines_of(range(statement)))
}
