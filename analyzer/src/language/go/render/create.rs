//! Creating only what is absent, and using only what is there: `CreateAll`, `CreateNew`, `OpenThenMatch`.

use super::Draft;
use super::guard::{Arm, Guard, States, guard};
use super::imports::{Kind, local_name};
use super::site::{Binding, Form, Site, block_of, diverges, edit, is_set_first, statement_of};
use super::spacing::argument;
use super::swap::{Attempt, swap};
use crate::language::go::syntax::{Node, children, field, list};

/// `CreateNew`: the creation's own "exists" is the check.
pub fn create_new(site: &Site<'_>) -> Option<Vec<Draft>> {
    let os = local_name(site, "os");
    let mut attempt = Attempt {
        call: String::new(),
        value: Some("file"),
        kind: Kind::Exist,
        write: None,
        imports: vec!["os"],
    };
    match (site.act.name.as_str(), site.act.arguments.as_slice()) {
        ("os.WriteFile" | "io/ioutil.WriteFile", [path, data, mode]) => {
            let (path, mode) = (site.of(*path), site.of(*mode));
            attempt.call = format!("{os}.OpenFile({path}, {os}.O_WRONLY|{os}.O_CREATE|{os}.O_EXCL, {mode})");
            attempt.write = Some(argument(site, *data, true)?);
        }
        ("os.Create", [path]) => {
            let path = argument(site, *path, false)?;
            attempt.call = format!("{os}.OpenFile({path}, {os}.O_RDWR|{os}.O_CREATE|{os}.O_EXCL, 0o666)");
        }
        ("os.OpenFile", [path, flags, mode]) => {
            let flags = exclusive(site, *flags, &os)?;
            attempt.call = format!("{os}.OpenFile({}, {flags}, {})", site.of(*path), site.of(*mode));
        }
        ("os.Mkdir" | "os.Link" | "os.Symlink", [_, _]) => {
            attempt.call = site.of(site.act.node).to_owned();
            attempt.value = None;
        }
        _ => return None,
    }
    swap(site, &attempt)
}

/// Flags that create, as flags that create only what is not there.
fn exclusive(site: &Site<'_>, flags: Node<'_>, os: &str) -> Option<String> {
    let parts = flag_names(site, flags)?;
    let is = |part: &&str, name: &str| part.strip_prefix(os).and_then(|p| p.strip_prefix('.')) == Some(name);
    if !parts.iter().any(|p| is(p, "O_CREATE")) || parts.iter().any(|p| is(p, "O_EXCL")) {
        return None;
    }
    // There is nothing to truncate in what is new.
    let mut found: Vec<String> =
        parts.iter().filter(|p| !is(p, "O_TRUNC")).map(|p| (*p).to_owned()).collect();
    let at = found.iter().position(|p| is(&p.as_str(), "O_CREATE"))?;
    found.insert(at + 1, format!("{os}.O_EXCL"));
    Some(found.join("|"))
}

/// The names that are joined by `|`.
fn flag_names<'t>(site: &Site<'t>, flags: Node<'t>) -> Option<Vec<&'t str>> {
    match flags.kind() {
        "selector_expression" => Some(vec![site.of(flags)]),
        "binary_expression" if field(flags, "operator").is_some_and(|o| o.kind() == "|") => {
            let mut left = flag_names(site, field(flags, "left")?)?;
            left.extend(flag_names(site, field(flags, "right")?)?);
            Some(left)
        }
        _ => None,
    }
}

/// `OpenThenMatch`: the use's own "does not exist" is the check. Nothing that would create the place is tried.
pub fn open_then_match(site: &Site<'_>) -> Option<Vec<Draft>> {
    let os = local_name(site, "os");
    let mut attempt = Attempt {
        call: site.of(site.act.node).to_owned(),
        value: None,
        kind: Kind::NotExist,
        write: None,
        imports: vec!["os"],
    };
    match (site.act.name.as_str(), site.act.arguments.as_slice()) {
        ("os.ReadFile" | "io/ioutil.ReadFile", [_]) => attempt.value = Some("data"),
        ("os.ReadDir" | "io/ioutil.ReadDir", [_]) => attempt.value = Some("entries"),
        ("os.Readlink", [_]) => attempt.value = Some("target"),
        ("os.Open", [_]) => attempt.value = Some("file"),
        ("os.OpenFile", [_, flags, _]) => {
            let creates =
                flag_names(site, *flags)?.iter().any(|f| f.ends_with(".O_CREATE") || f.ends_with(".O_CREAT"));
            attempt.value = Some("file").filter(|_| !creates);
            attempt.value?;
        }
        // A write below a check that the file is there must not create it when it is gone.
        ("os.Create", [path]) => {
            let path = argument(site, *path, false)?;
            attempt.call = format!("{os}.OpenFile({path}, {os}.O_RDWR|{os}.O_TRUNC, 0)");
            attempt.value = Some("file");
        }
        ("os.WriteFile" | "io/ioutil.WriteFile", [path, data, _]) => {
            attempt.call = format!("{os}.OpenFile({}, {os}.O_WRONLY|{os}.O_TRUNC, 0)", site.of(*path));
            attempt.value = Some("file");
            attempt.write = Some(argument(site, *data, true)?);
        }
        _ => return None,
    }
    swap(site, &attempt)
}

/// `CreateAll`: `os.MkdirAll` does what the check and the creation did together.
pub fn create_all(site: &Site<'_>) -> Option<Vec<Draft>> {
    if !matches!(site.act.name.as_str(), "os.Mkdir" | "os.MkdirAll") {
        return None;
    }
    let guard = guard(site)?;
    let os = local_name(site, "os");
    let arguments: Vec<&str> = site.act.arguments.iter().map(|a| site.of(*a)).collect();
    let call = format!("{os}.MkdirAll({})", arguments.join(", "));
    let draft =
        if guard.holds(site.act.node) { within(site, &guard, &call) } else { past(site, &guard, &call) };
    draft.map(|mut draft| {
        draft.imports.push("os");
        vec![draft]
    })
}

fn within(site: &Site<'_>, guard: &Guard<'_>, call: &str) -> Option<Draft> {
    let arm = guard.arm_of(site.act.node)?;
    // A branch for a place that is there, or statements beside the creation, hang on who created it.
    let others = guard.arms.iter().filter(|a| !std::ptr::eq(*a, arm));
    if !arm.states.any(States::ABSENT) || others.clone().any(|a| a.states != States::FAILED) {
        return None;
    }
    let failing = others.clone().count() > 0;
    if !others.into_iter().all(|a| diverges(&a.statements, site.text))
        || !guard.own_names && !unread(site, guard)
    {
        return None;
    }
    let (_, around) = block_of(guard.statement)?;
    let at = around.iter().position(|s| *s == guard.statement)?;
    let next = around.get(at + 1).copied();
    let start = guard.start();
    let outer = site.indent(start);
    let margin = if guard.others.is_some() { format!("{outer}\t") } else { outer.to_owned() };
    let (code, end) = created(site, guard, arm, call, &margin, next, failing)?;
    let code = match &guard.others {
        Some(others) if end == guard.statement.end_byte() => {
            format!("if {others} {{\n{margin}{code}\n{outer}}}")
        }
        Some(_) => return None,
        None => code,
    };
    Some(Draft::new(vec![edit(start..end, code)]))
}

/// The creation alone, and where what it stands for ends.
fn created(
    site: &Site<'_>,
    guard: &Guard<'_>,
    arm: &Arm<'_>,
    call: &str,
    margin: &str,
    next: Option<Node<'_>>,
    failing: bool,
) -> Option<(String, usize)> {
    let statement = *arm.statements.first()?;
    let form = site.form(statement, site.act.node)?;
    let end = guard.statement.end_byte();
    let swapped = |from: usize, to: usize| {
        let act = site.act.node.byte_range();
        let (head, tail) = (site.moved(from..act.start, margin), site.moved(act.end..to, margin));
        format!("{head}{call}{tail}")
    };
    match (&form, arm.statements.get(1..)?) {
        // An assignment to a variable of the guard's own must declare one now.
        (Form::Tested(binding), [])
            if !binding.defines && guard.own_names && field(statement, "alternative").is_none() =>
        {
            let own = binding.names.iter().all(|name| guard.names.contains(name));
            if !own || !is_failed(site, statement, &form) {
                return None;
            }
            let rest = site.moved(field(statement, "condition")?.start_byte()..statement.end_byte(), margin);
            Some((format!("if {} := {call}; {rest}", binding.error()?), end))
        }
        (Form::Bare, []) if !failing => Some((call.to_owned(), end)),
        (Form::Bound(binding), []) if !failing && binding.error().is_none() => {
            Some((swapped(statement.start_byte(), statement.end_byte()), end))
        }
        (Form::Tested(_), [])
            if field(statement, "alternative").is_none() && is_failed(site, statement, &form) =>
        {
            Some((swapped(statement.start_byte(), statement.end_byte()), end))
        }
        (Form::Bound(binding), [test]) => {
            let own = binding.defines
                || guard.own_names && binding.names.iter().all(|name| guard.names.contains(name));
            let plain = test.kind() == "if_statement"
                && field(*test, "initializer").is_none()
                && field(*test, "alternative").is_none();
            if !own || !plain || !is_failed(site, *test, &form) {
                return None;
            }
            let rest = site.moved(field(*test, "condition")?.start_byte()..test.end_byte(), margin);
            Some((format!("if {} := {call}; {rest}", binding.error()?), end))
        }
        // `return nil` is what comes anyway.
        (Form::Returned, []) => {
            let next = next.filter(|n| n.kind() == "return_statement")?;
            let values: Vec<Node<'_>> = children(next).into_iter().flat_map(|n| list(Some(n))).collect();
            let [value] = values.as_slice() else { return None };
            (value.kind() == "nil").then(|| (format!("return {call}"), next.end_byte()))
        }
        _ => None,
    }
}

/// Whether a branch is taken when the creation fails, and otherwise nothing is done.
fn is_failed(site: &Site<'_>, branch: Node<'_>, form: &Form<'_>) -> bool {
    let (Form::Bound(binding) | Form::Tested(binding)) = form else { return false };
    let condition = field(branch, "condition").map(|c| site.of(c));
    binding.error().is_some_and(|error| condition == Some(format!("{error} != nil").as_str()))
}

fn unread(site: &Site<'_>, guard: &Guard<'_>) -> bool {
    let end = guard.statement.end_byte();
    guard.names.iter().all(|name| is_set_first(site.body, site.text, end, name))
}

/// `if _, err := os.Stat(p); err == nil { return nil }`, then the creation, then the same end: the early exit is what comes anyway.
fn past(site: &Site<'_>, guard: &Guard<'_>, call: &str) -> Option<Draft> {
    let [exit] = guard.arms.as_slice() else { return None };
    let [leave] = exit.statements.as_slice() else { return None };
    let (block, around) = block_of(guard.statement)?;
    let at = around.iter().position(|s| *s == guard.statement)?;
    let act = statement_of(&around, site.act.node)?;
    let statement = *around.get(act)?;
    if !exit.states.any(States::PRESENT) || guard.others.is_some() || block != site.body || act != at + 1 {
        return None;
    }
    if leave.kind() != "return_statement" || !unread(site, guard) && !guard.own_names {
        return None;
    }
    let form = site.form(statement, site.act.node)?;
    let rest = around.get(act + 1..)?;
    let same_end = match (&form, rest) {
        (Form::Returned, []) => site.of(*leave) == "return nil",
        (Form::Tested(_), [end]) => is_failed(site, statement, &form) && site.of(*end) == site.of(*leave),
        (Form::Bound(_), [test, end]) => is_failed(site, *test, &form) && site.of(*end) == site.of(*leave),
        _ => false,
    };
    if !same_end {
        return None;
    }
    let whole = guard.start()..guard.statement.end_byte();
    Some(Draft::new(vec![edit(site.lines_of(whole), ""), edit(site.act.node.byte_range(), call)]))
}

/// The name that a binding gives the error, where that is a variable.
pub fn error_of<'t>(form: &Form<'t>) -> Option<&'t str> {
    match form {
        Form::Bound(binding) | Form::Tested(binding) => Binding::error(binding),
        _ => None,
    }
}
