//! Creating only what is absent, and using only what is there: `CreateAll`, `CreateNew`, `OpenThenMatch`.

use super::Draft;
use super::calls::{argument, attribute_name, keyword, opening, others, receiver, with_keyword};
use super::guard::{Other, guard};
use super::past::waiting;
use super::quiet::is_quiet_expr;
use super::site::{Site, edit, range};
use super::swap::{Attempt, Write, is_bare, swap, unguarded};
use crate::language::Edit;
use ruff_python_ast::{Expr, ExprCall, Operator};

/// `CreateNew`: the creation's own "exists" is the check.
pub fn create_new(site: &Site<'_>) -> Option<Vec<Draft>> {
    let call = site.act.call()?;
    let mut attempt = Attempt::as_it_is(false);
    match site.name(call).as_str() {
        "open" | "io::open" | ".open" => {
            let opening = opening(site, call)?;
            let letter = opening.mode.find(['w', 'a'])?;
            let mut mode = opening.mode.to_owned();
            mode.replace_range(letter..letter + 1, "x");
            attempt.changes = vec![opening.with_mode(&mode)?];
            attempt.opens = true;
        }
        ".write_text" => attempt.write = Some(write(site, call, "x")?),
        ".write_bytes" => attempt.write = Some(write(site, call, "xb")?),
        ".touch" => {
            attempt.at_once = true;
            attempt.changes = vec![with_keyword(site, call, "exist_ok", "False")?];
        }
        "os::open" => {
            attempt.changes = vec![exclusive(site, argument(call, 1, "flags")?)?];
            attempt.opens = true;
        }
        "os::mkdir" | ".mkdir" | "os::makedirs" | "os::symlink" | "os::link" | "os::mkfifo"
        | ".symlink_to" | ".hardlink_to" => {
            if keyword(call, "exist_ok").is_some() {
                return None;
            }
            attempt.at_once = true;
        }
        _ => return None,
    }
    swap(site, &attempt).or_else(|| waiting(site, &attempt))
}

/// `path.write_text(data)` in two steps.
fn write(site: &Site<'_>, call: &ExprCall, mode: &str) -> Option<Write> {
    if call.arguments.args.len() > 1 {
        return None;
    }
    let data = argument(call, 0, "data")?;
    let others = others(site, call, &["data"], &["encoding", "errors", "newline"])?;
    let (path, quote) = (site.of(receiver(call)?), site.quote());
    let open = format!("{path}.open({quote}{mode}{quote}{others})");
    Some(Write { open, data: range(data), quiet: is_quiet_expr(site, data) })
}

/// Flags that create, as flags that create only what is not there.
fn exclusive(site: &Site<'_>, flags: &Expr) -> Option<Edit> {
    let mut pending = vec![flags];
    let mut creates = None;
    while let Some(flag) = pending.pop() {
        match flag {
            Expr::BinOp(both) if both.op == Operator::BitOr => pending.extend([&*both.left, &*both.right]),
            Expr::Attribute(attribute) if attribute.attr.as_str() == "O_EXCL" => return None,
            Expr::Attribute(attribute) if attribute.attr.as_str() == "O_CREAT" => creates = Some(attribute),
            Expr::Attribute(_) => {}
            _ => return None,
        }
    }
    let creates = creates?;
    let (owner, end) = (site.of(&*creates.value), range(creates).end);
    Some(edit(end..end, format!(" | {owner}.O_EXCL")))
}

/// `OpenThenMatch`: the use's own "does not exist" is the check. Nothing that would create the place is tried.
pub fn open_then_match(site: &Site<'_>) -> Option<Vec<Draft>> {
    let call = site.act.call()?;
    let mut attempt = Attempt::as_it_is(true);
    match site.name(call).as_str() {
        "open" | "io::open" | ".open" => {
            let opening = opening(site, call)?;
            attempt.opens = true;
            if let Some(letter) = opening.mode.find('w') {
                // A write below a check that the file is there must not create it when it is gone.
                let mut mode = opening.mode.to_owned();
                mode.replace_range(letter..letter + 1, if mode.contains('+') { "r" } else { "r+" });
                attempt.changes = vec![opening.with_mode(&mode)?];
                attempt.first = Some("truncate()");
            } else if opening.mode.contains(['a', 'x']) {
                return None;
            }
        }
        "os::scandir" => attempt.opens = true,
        "os::open" => {
            let creates = site.of(argument(call, 1, "flags")?).contains("O_CREAT");
            attempt.opens = Some(true).filter(|_| !creates)?;
        }
        ".read_text" => attempt.gives = "text",
        ".read_bytes" => attempt.gives = "data",
        "os::listdir" => attempt.gives = "entries",
        "os::readlink" | ".readlink" => attempt.gives = "target",
        "os::stat" | "os::lstat" | ".stat" | ".lstat" => attempt.gives = "status",
        "os::path::getsize" => attempt.gives = "size",
        "os::path::getmtime" => attempt.gives = "time",
        _ => return None,
    }
    swap(site, &attempt)
}

/// `CreateAll`: a directory that is there already is fine, and so the check goes.
pub fn create_all(site: &Site<'_>) -> Option<Vec<Draft>> {
    let call = site.act.call()?;
    let name = site.name(call);
    if !matches!(name.as_str(), "os::mkdir" | "os::makedirs" | ".mkdir") {
        return None;
    }
    let tolerant = matches!(keyword(call, "exist_ok"), Some(Expr::BooleanLiteral(literal)) if literal.value);
    let mut ways: Vec<Draft> = tolerated(site, call, tolerant).into_iter().collect();
    if !tolerant && keyword(call, "exist_ok").is_none() {
        // The other branch, and what else is done, hang on who made it.
        let attempt = Attempt { at_once: true, ..Attempt::as_it_is(false) };
        ways.extend(swap(site, &attempt).into_iter().flatten());
    }
    Some(ways)
}

/// The creation is all that is done where there is no directory: it is done without asking, or if work is done before, without
/// believing the answer.
fn tolerated(site: &Site<'_>, call: &ExprCall, tolerant: bool) -> Option<Draft> {
    let guard = guard(site)?;
    let arm = guard.arm_of(&site.act)?;
    let own = site.act.own()?;
    if arm.present || !matches!(arm.other, Other::Nothing) || !is_bare(site) {
        return None;
    }
    let mut changes = Vec::new();
    if !tolerant {
        changes.push(with_keyword(site, call, "exist_ok", "True")?);
    }
    if site.name(call) == "os::mkdir" {
        // It takes no `exist_ok`, and `os.makedirs` no open directory.
        if keyword(call, "dir_fd").is_some() {
            return None;
        }
        changes.push(edit(attribute_name(call)?, "makedirs"));
    }
    if arm.is_only(&own) {
        return unguarded(site, &guard, &arm, &changes);
    }
    changes.sort();
    own.rest().is_empty().then(|| Draft::new(changes))
}
