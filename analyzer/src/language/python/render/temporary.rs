//! `PrivateTemp`: the temporary file gets a name that nobody else has, and is moved over the target as before. It is never complete: the
//! file is its maker's alone.

use super::Draft;
use super::calls::receiver;
use super::imports::{imported_from, local_name};
use super::replace::{Body, Writing, directory, replaced, writing};
use super::site::{Level, Site, bound, edit, is_trivial, range};
use ruff_python_ast::{Expr, Stmt};

/// The call that moves a file.
struct Move<'t> {
    from: &'t Expr,
    target: &'t Expr,
    /// Whether it is a method of a path.
    is_method: bool,
}

/// The ways to write it, the best first.
pub fn private_temp(site: &Site<'_>) -> Option<Vec<Draft>> {
    let writing = writing(site)?;
    let moved = moved(site)?;
    // It is written once.
    if site.of(moved.from) != site.of(writing.path) || !is_trivial(moved.target) {
        return None;
    }
    let ways = [in_one(site, &writing, &moved), by_its_name(site, &writing, &moved)];
    Some(ways.into_iter().flatten().collect())
}

fn moved<'t>(site: &Site<'t>) -> Option<Move<'t>> {
    let call = site.check.as_ref()?.call()?;
    if !call.arguments.keywords.is_empty() {
        return None;
    }
    match (site.name(call).as_str(), &*call.arguments.args) {
        ("os::replace" | "os::rename" | "shutil::move", [from, target]) => {
            Some(Move { from, target, is_method: false })
        }
        (".replace" | ".rename", [target]) => Some(Move { from: receiver(call)?, target, is_method: true }),
        _ => None,
    }
}

/// Nobody but the writing and the move goes by the temporary name: it goes.
fn in_one(site: &Site<'_>, writing: &Writing<'_>, moved: &Move<'_>) -> Option<Draft> {
    let check = site.check.as_ref()?;
    let rest = writing.level.rest();
    let is_move = |s: &Stmt| matches!(s, Stmt::Expr(only) if std::ptr::eq(&*only.value, check.expr));
    let at = rest.iter().position(is_move)?;
    let (between, last) = (rest.get(..at)?, rest.get(at)?);
    if !site.stands_alone(last) {
        return None;
    }
    let mut edits = Vec::new();
    let mut is_path = false;
    let written = range(writing.level.statement);
    if let Expr::Name(name) = writing.path {
        let (made, value) = assignment(site, writing.level, &name.id)?;
        // The only ones that speak of it.
        let body = site.act.body;
        let mut from = range(body.first()?).start;
        for known in [range(made), range(site.act.expr), range(last)] {
            if site.mentions(from..known.start, &name.id) {
                return None;
            }
            from = known.end;
        }
        let again = site.mentions(range(value), &name.id) || site.mentions(range(moved.target), &name.id);
        if again || site.mentions(from..range(body.last()?).end, &name.id) {
            return None;
        }
        // A path has its methods still where it is the target.
        is_path = moved.is_method && site.of(value).starts_with(site.of(moved.target));
        edits.push(edit(site.lines_of(range(made)), ""));
    } else if site.slice(written.end..range(last).start).contains(site.of(writing.path)) {
        return None;
    }
    let margin = site.indent(written.start);
    let (code, modules) = replaced(site, writing, site.of(moved.target), is_path, margin, between)?;
    edits.push(edit(written.start..range(last).end, code));
    let mut draft = Draft::new(edits);
    draft.imports = modules;
    draft.complete = false;
    Some(draft)
}

/// Others go by the temporary name, as who removes what is left over: it is made where it had its name from.
fn by_its_name(site: &Site<'_>, writing: &Writing<'_>, moved: &Move<'_>) -> Option<Draft> {
    let Expr::Name(name) = writing.path else { return None };
    // What is made must be written at once, or nobody removes it.
    let level = site.act.levels.iter().rev().take(2).find(|level| {
        assignment(site, **level, &name.id).is_some_and(|(made, _)| {
            level.index > 0
                && level.block.get(level.index - 1).is_some_and(|before| std::ptr::eq(before, made))
        })
    })?;
    let begins = std::ptr::eq(level.statement, writing.level.statement)
        || matches!(level.statement, Stmt::Try(_)) && writing.level.index == 0;
    let (made, value) = assignment(site, *level, &name.id)?;
    let set = bound(level.block.get(level.index..)?);
    let target = site.of(moved.target);
    let first = target.split('.').next().unwrap_or_default();
    if !begins || set.contains(first) || set.contains(name.id.as_str()) {
        return None;
    }
    let (os, tempfile) = (local_name(site, "os")?, local_name(site, "tempfile")?);
    let is_path = moved.is_method && site.of(value).starts_with(target);
    let file = site.fresh("temporary");
    let path = match moved.is_method {
        true => format!("{}({file}.name)", imported_from(site, "pathlib", "Path")?),
        false => format!("{file}.name"),
    };
    let margin = site.indent(range(made).start);
    let making = format!(
        "{file} = {tempfile}.NamedTemporaryFile({}dir={}, delete=False{})\n{margin}{} = {path}",
        writing.mode,
        directory(site, target, is_path, &os),
        writing.others,
        name.id
    );
    let mut edits = vec![edit(range(made), making)];
    match &writing.body {
        Body::Block(..) => edits.push(edit(range(site.act.expr), file)),
        Body::Data(data) => {
            let start = range(writing.level.statement).start;
            let inner = [site.indent(start), site.unit()].concat();
            let data = site.moved(data.clone(), &inner, &[])?;
            let code = format!("with {file}:\n{inner}{file}.write({data})");
            edits.push(edit(range(writing.level.statement), code));
        }
    }
    let mut draft = Draft::new(edits);
    draft.imports = if is_path { vec!["tempfile"] } else { vec!["os", "tempfile"] };
    draft.complete = false;
    Some(draft)
}

/// The statement before this one that gives a name its value, and the value.
fn assignment<'t>(site: &Site<'t>, level: Level<'t>, name: &str) -> Option<(&'t Stmt, &'t Expr)> {
    let before = level.block.get(..level.index)?;
    let found = before.iter().rev().find_map(|statement| match statement {
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [Expr::Name(target)] if target.id.as_str() == name => Some((statement, &*assign.value)),
            _ => None,
        },
        _ => None,
    })?;
    site.stands_alone(found.0).then_some(found)
}
