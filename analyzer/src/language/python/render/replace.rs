//! `ReplaceAtomically`: the new content goes to a temporary sibling of a name that nobody else has, which then takes the
//! place in one step.
//!
//! It is never complete: a temporary file is its maker's alone, and a rename replaces a symbolic link where a write goes through it.

use super::Draft;
use super::calls::{argument, opening, others, receiver};
use super::imports::local_name;
use super::quiet::is_quiet_expr;
use super::site::{Level, Site, edit, is_trivial, range, walk};
use crate::language::python::names::each_block;
use ruff_python_ast::{ExceptHandler, Expr, ExprCall, Stmt};
use std::ops::Range;

/// What is written, and how.
pub struct Writing<'t> {
    pub level: Level<'t>,
    /// The path.
    pub path: &'t Expr,
    /// Whether the path has methods.
    is_path: bool,
    /// The first arguments of `NamedTemporaryFile`, and those after `delete`.
    pub mode: String,
    pub others: String,
    pub body: Body<'t>,
}

pub enum Body<'t> {
    /// The block of a `with`, and the name of the open file.
    Block(&'t [Stmt], String),
    /// What is written in one call.
    Data(Range<usize>),
}

/// A file that is written whole.
pub fn writing<'t>(site: &Site<'t>) -> Option<Writing<'t>> {
    let call = site.act.call()?;
    let level = site.act.own()?;
    if !site.stands_alone(level.statement) {
        return None;
    }
    let known = ["encoding", "errors", "newline"];
    let quote = site.quote();
    match (level.statement, site.name(call).as_str()) {
        (Stmt::Expr(only), name @ (".write_text" | ".write_bytes")) => {
            let data = argument(call, 0, "data")?;
            if !std::ptr::eq(&*only.value, site.act.expr) || call.arguments.args.len() > 1 {
                return None;
            }
            let mode = if name == ".write_text" { format!("{quote}w{quote}, ") } else { String::new() };
            let others = others(site, call, &["data"], &known)?;
            let path = receiver(call)?;
            Some(Writing { level, path, is_path: true, mode, others, body: Body::Data(range(data)) })
        }
        (Stmt::With(with), _) => {
            let [item] = with.items.as_slice() else { return None };
            let opening = opening(site, call)?;
            let plain = opening.mode.contains('w') && !opening.mode.contains('+') && !with.is_async;
            let Some(Expr::Name(name)) = item.optional_vars.as_deref() else { return None };
            if !std::ptr::eq(&item.context_expr, site.act.expr) || !plain || leaves(&with.body) {
                return None;
            }
            let mode = match opening.mode {
                "wb" => String::new(),
                mode => format!("{quote}{mode}{quote}, "),
            };
            let others = opening.others(site, &known)?;
            let body = Body::Block(&with.body, name.id.to_string());
            Some(Writing { level, path: opening.path, is_path: opening.method, mode, others, body })
        }
        _ => None,
    }
}

/// Whether what follows a block may not be reached although all went well.
fn leaves(block: &[Stmt]) -> bool {
    let mut found = false;
    let mut pending = vec![block];
    while let Some(block) = pending.pop() {
        for statement in block {
            found |= matches!(statement, Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_));
            each_block(statement, &mut |inner| pending.push(inner));
        }
    }
    walk(block, &mut |expr| {
        found |= matches!(expr, Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Await(_));
        !found
    });
    found
}

/// The content takes the place when it is there as a whole.
pub fn replace_atomically(site: &Site<'_>) -> Option<Vec<Draft>> {
    let writing = writing(site)?;
    let start = range(writing.level.statement).start;
    let margin = site.indent(start);
    let mut code = String::new();
    // The path is used twice, so what makes it must not run twice.
    let target = if is_trivial(writing.path) {
        site.of(writing.path).to_owned()
    } else if is_quiet_expr(site, writing.path) {
        let name = site.fresh("target");
        code = format!("{name} = {}\n{margin}", site.of(writing.path));
        name
    } else {
        return None;
    };
    let (written, modules) = replaced(site, &writing, &target, writing.is_path, margin, &[])?;
    code.push_str(&written);
    let mut edits = vec![edit(start..whole_end(site, &writing), code)];
    edits.extend(removal(site, writing.level, site.of(writing.path)).map(|gone| edit(gone, "")));
    let mut draft = Draft::new(edits);
    draft.imports = modules;
    draft.complete = false;
    Some(vec![draft])
}

fn whole_end(site: &Site<'_>, writing: &Writing<'_>) -> usize {
    let end = range(writing.level.statement).end;
    match &writing.body {
        Body::Block(block, _) => site.suite(block).map_or(end, |suite| suite.end.max(end)),
        Body::Data(_) => end,
    }
}

/// Writes to a temporary file beside `target` and moves it there, by `os.replace` where nothing else is said.
pub fn replaced(
    site: &Site<'_>,
    writing: &Writing<'_>,
    target: &str,
    is_path: bool,
    margin: &str,
    between: &[Stmt],
) -> Option<(String, Vec<&'static str>)> {
    let (os, tempfile) = (local_name(site, "os")?, local_name(site, "tempfile")?);
    let inner = [margin, site.unit()].concat();
    let deeper = [&inner, site.unit()].concat();
    let (name, body) = match &writing.body {
        Body::Block(block, name) => (name.clone(), site.moved(site.suite(block)?, &deeper, &[])?),
        Body::Data(data) => {
            let name = site.fresh("file");
            let data = site.moved(data.clone(), &deeper, &[])?;
            (name.clone(), format!("{name}.write({data})"))
        }
    };
    let directory = directory(site, target, is_path, &os);
    // What else is done before the file takes the place.
    let mut moved = format!("{os}.replace({name}.name, {target})");
    if !between.is_empty() {
        moved = format!("{}\n{inner}{moved}", site.moved(site.suite(between)?, &inner, &[])?);
    }
    let code = format!(
        "{name} = {tempfile}.NamedTemporaryFile({}dir={directory}, delete=False{})\n\
         {margin}try:\n{inner}with {name}:\n{deeper}{body}\n{inner}{moved}\n\
         {margin}except BaseException:\n{inner}{os}.unlink({name}.name)\n{inner}raise",
        writing.mode, writing.others
    );
    Some((code, vec!["os", "tempfile"]))
}

/// The directory of a path.
pub fn directory(site: &Site<'_>, target: &str, is_path: bool, os: &str) -> String {
    let quote = site.quote();
    if is_path {
        format!("{target}.parent")
    } else if target.starts_with(['"', '\'']) && !target.contains('/') {
        format!("{quote}.{quote}")
    } else {
        format!("{os}.path.dirname({target}) or {quote}.{quote}")
    }
}

/// What is replaced need not be removed just before. A removal further up may be there for when the write is never reached.
fn removal(site: &Site<'_>, own: Level<'_>, path: &str) -> Option<Range<usize>> {
    let check = site.check.as_ref()?;
    let call = check.call()?;
    let removed = match site.name(call).as_str() {
        "os::remove" | "os::unlink" => argument(call, 0, "path")?,
        ".unlink" => receiver(call)?,
        _ => return None,
    };
    let before = own.block.get(own.index.checked_sub(1)?)?;
    (site.of(removed) == path && site.stands_alone(before) && only_removes(before, call))
        .then(|| site.lines_of(range(before)))
}

/// Whether a statement is this removal, whatever becomes of it.
fn only_removes(statement: &Stmt, call: &ExprCall) -> bool {
    let only = |block: &[Stmt]| matches!(block, [one] if only_removes(one, call));
    match statement {
        Stmt::Expr(s) => matches!(&*s.value, Expr::Call(c) if std::ptr::eq(c, call)),
        Stmt::If(s) => s.elif_else_clauses.is_empty() && only(&s.body),
        Stmt::With(s) => s.items.len() == 1 && only(&s.body),
        Stmt::Try(s) => {
            let passes = |h: &ExceptHandler| {
                let ExceptHandler::ExceptHandler(handler) = h;
                matches!(&*handler.body, [Stmt::Pass(_)])
            };
            only(&s.body) && s.orelse.is_empty() && s.finalbody.is_empty() && s.handlers.iter().all(passes)
        }
        _ => false,
    }
}
