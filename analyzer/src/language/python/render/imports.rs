//! The modules that a rewrite needs.

use super::site::{Site, edit, range};
use crate::language::Edit;
use ruff_python_ast::{Alias, Expr, Stmt, StmtImport};

/// What a module is called in this file, or would be. None where that name means something else.
pub fn local_name(site: &Site<'_>, module: &'static str) -> Option<String> {
    for import in plain_imports(site) {
        for alias in &import.names {
            if let Some(name) = bound(alias, module).filter(|name| !site.variables.contains(*name)) {
                return Some(name.to_owned());
            }
        }
    }
    (!site.mentions(0..site.text.len(), module)).then(|| module.to_owned())
}

/// The name that an import gives to a module: `import os.path` brings in `os`.
fn bound<'t>(alias: &'t Alias, module: &str) -> Option<&'t str> {
    let whole = alias.name.as_str();
    match &alias.asname {
        Some(name) => (whole == module).then_some(name.as_str()),
        None => whole.split('.').next().filter(|first| *first == module),
    }
}

/// What a name is called that comes from a module.
pub fn imported_from(site: &Site<'_>, module: &str, name: &str) -> Option<String> {
    for statement in site.module {
        let Stmt::ImportFrom(import) = statement else { continue };
        if import.level > 0 || import.module.as_ref().is_none_or(|m| m.as_str() != module) {
            continue;
        }
        for alias in &import.names {
            let local = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            if alias.name.as_str() == name && !site.variables.contains(local) {
                return Some(local.to_owned());
            }
        }
    }
    None
}

/// `import a` on the level of the module.
fn plain_imports<'t>(site: &Site<'t>) -> impl Iterator<Item = &'t StmtImport> {
    site.module.iter().filter_map(|statement| match statement {
        Stmt::Import(import) => Some(import),
        _ => None,
    })
}

/// The edits that import what is not there yet.
pub fn imports(site: &Site<'_>, needed: &[&'static str]) -> Option<Vec<Edit>> {
    let known = |module: &str| {
        plain_imports(site).any(|import| {
            import
                .names
                .iter()
                .any(|alias| bound(alias, module).is_some_and(|name| !site.variables.contains(name)))
        })
    };
    let mut missing: Vec<&str> = needed.iter().copied().filter(|module| !known(module)).collect();
    missing.sort_unstable();
    missing.dedup();
    let mut edits: Vec<Edit> = Vec::new();
    for module in missing {
        let (at, line) = place(site, module)?;
        match edits.iter_mut().find(|e| e.span.start as usize == at) {
            Some(same) => {
                let (own, blank) = (line.trim_end_matches('\n'), same.replacement.ends_with("\n\n"));
                let lines = same.replacement.trim_matches('\n');
                let head = if same.replacement.starts_with('\n') { "\n" } else { "" };
                same.replacement =
                    format!("{head}{lines}\n{}\n{}", own.trim_start(), if blank { "\n" } else { "" });
            }
            None => edits.push(edit(at..at, line)),
        }
    }
    Some(edits)
}

/// Where a module's import goes, and its line.
fn place(site: &Site<'_>, module: &str) -> Option<(usize, String)> {
    let line = format!("import {module}\n");
    let mut head = site.module.iter().peekable();
    let mut end = None;
    while let Some(first) = head.next_if(|s| is_docstring(s) || is_future(s)) {
        end = Some(range(first).end);
    }
    let run: Vec<&Stmt> = head.take_while(|s| matches!(s, Stmt::Import(_) | Stmt::ImportFrom(_))).collect();
    if run.iter().any(|s| !site.stands_alone(*s)) {
        return None;
    }
    let groups = groups(site, &run);
    let Some(first) = run.first() else {
        return Some(match end {
            Some(end) => (site.line_end(end), format!("\n{line}")),
            None => {
                let next = site.module.first();
                let defines = matches!(next, Some(Stmt::FunctionDef(_) | Stmt::ClassDef(_)));
                (0, format!("{line}{}", if defines { "\n\n" } else { "\n" }))
            }
        });
    };
    let Some(group) = groups.iter().find(|group| group.iter().any(|s| is_standard(s))) else {
        return Some((site.line_start(range(*first).start), format!("{line}\n")));
    };
    let plain: Vec<&Stmt> = group.iter().copied().filter(|s| matches!(s, Stmt::Import(_))).collect();
    let next = plain.iter().find(|s| name_of(s) > module);
    let at = match (next, plain.last(), group.first()) {
        (Some(next), ..) => site.line_start(range(*next).start),
        (None, Some(last), _) => site.line_end(range(*last).end),
        (None, None, Some(first)) => site.line_start(range(*first).start),
        _ => return None,
    };
    Some((at, line))
}

fn is_docstring(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(s) if matches!(&*s.value, Expr::StringLiteral(_)))
}

fn is_future(statement: &Stmt) -> bool {
    matches!(statement, Stmt::ImportFrom(_)) && name_of(statement) == "__future__"
}

fn name_of(statement: &Stmt) -> &str {
    match statement {
        Stmt::Import(import) => import.names.first().map_or("", |alias| alias.name.as_str()),
        Stmt::ImportFrom(import) if import.level == 0 => import.module.as_ref().map_or("", |m| m.as_str()),
        _ => "",
    }
}

/// Imports between blank lines.
fn groups<'t>(site: &Site<'_>, run: &[&'t Stmt]) -> Vec<Vec<&'t Stmt>> {
    let mut groups: Vec<Vec<&Stmt>> = Vec::new();
    let mut end = None;
    for statement in run {
        let at = range(*statement);
        let between = end.map_or("\n\n", |end| site.slice(end..at.start));
        if between.matches('\n').count() > 1 {
            groups.push(Vec::new());
        }
        if let Some(group) = groups.last_mut() {
            group.push(*statement);
        }
        end = Some(at.end);
    }
    groups
}

/// Whether an import is of a module of the standard library, of those that code which uses files is likely to have.
fn is_standard(statement: &Stmt) -> bool {
    let name = name_of(statement);
    STANDARD.binary_search(&name.split('.').next().unwrap_or_default()).is_ok()
}

#[rustfmt::skip]
const STANDARD: &[&str] = &[
    "abc", "argparse", "asyncio", "atexit", "base64", "collections", "concurrent", "configparser", "contextlib", "copy", "csv",
    "dataclasses", "datetime", "enum", "errno", "fcntl", "functools", "getpass", "glob", "gzip", "hashlib", "inspect", "io",
    "itertools", "json", "logging", "math", "multiprocessing", "os", "pathlib", "pickle", "platform", "queue", "random", "re",
    "secrets", "shlex", "shutil", "signal", "socket", "sqlite3", "stat", "string", "struct", "subprocess", "sys", "tarfile",
    "tempfile", "textwrap", "threading", "time", "traceback", "typing", "unittest", "urllib", "uuid", "warnings", "weakref", "xml",
    "zipfile",
];

#[cfg(test)]
mod tests {
    #[test]
    fn modules_are_sorted() {
        assert!(super::STANDARD.is_sorted());
    }
}
