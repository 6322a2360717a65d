//! `EnvironmentOfTheChild`, `DirectoryOfTheChild`: what was set for the whole process around one command is set for the command.

use super::Draft;
use super::site::{Binding, Form, Site, block_of, edit, fresh, is_name, mentions};
use super::spacing::argument;
use crate::language::Edit;
use crate::language::go::syntax::{Node, children, field, statements};

/// `os.Setenv(k, v)`, then a command: `cmd.Env = append(cmd.Environ(), k+"="+v)`.
pub fn environment(site: &Site<'_>) -> Option<Vec<Draft>> {
    let [key, value] = site.act.arguments.as_slice() else { return None };
    // `exec.Command` itself looks along the path of the process, and a variable may be of that name.
    let literal = key.kind() == "interpreted_string_literal";
    if site.act.name != "os.Setenv" || site.of(*key) == "\"PATH\"" {
        return None;
    }
    let entry = entry(site, *key, *value)?;
    let undoes = |call: Node<'_>| {
        let call = site.call(call);
        let same = call.arguments.first().is_some_and(|k| site.of(*k) == site.of(*key));
        same && matches!(call.name.as_str(), "os.Setenv" | "os.Unsetenv")
    };
    let set = |cmd: &str| format!("{cmd}.Env = append({cmd}.Environ(), {entry})");
    let mut ways = moved_to_the_child(site, &set, &undoes)?;
    for way in &mut ways {
        way.needs = vec!["Go 1.19 (`Cmd.Environ`)".to_owned()];
        way.complete = literal;
    }
    Some(ways)
}

/// `os.Chdir(d)`, then a command: `cmd.Dir = d`.
pub fn directory(site: &Site<'_>) -> Option<Vec<Draft>> {
    let [directory] = site.act.arguments.as_slice() else { return None };
    if site.act.name != "os.Chdir" {
        return None;
    }
    let directory = argument(site, *directory, true)?;
    let undoes = |call: Node<'_>| site.call(call).name == "os.Chdir";
    moved_to_the_child(site, &|cmd| format!("{cmd}.Dir = {directory}"), &undoes)
}

/// The variable and its value in one text, as gofmt has it in the last of several arguments.
fn entry(site: &Site<'_>, key: Node<'_>, value: Node<'_>) -> Option<String> {
    let key = match (key.kind(), site.of(key)) {
        ("interpreted_string_literal", text) => format!("{}=", text.strip_suffix('"')?),
        ("identifier" | "selector_expression", text) => format!("{text}+\"="),
        _ => return None,
    };
    let value = argument(site, value, false)?;
    Some(match value.strip_prefix('"') {
        Some(rest) => format!("{key}{rest}"),
        None => format!("{key}\"+{value}"),
    })
}

/// A command that is made and run.
struct Run<'t> {
    /// What is edited to name it, and what it is called.
    edits: Vec<Edit>,
    /// The number of the statement by which it has run.
    last: usize,
    /// Its variable, where it has one.
    name: Option<&'t str>,
}

/// Takes the act's statement out, and sets what it set on the command that is made after. What follows must undo the act, or be the end
/// of the function: otherwise somebody may still go by it.
fn moved_to_the_child(
    site: &Site<'_>,
    set: &dyn Fn(&str) -> String,
    undoes: &dyn Fn(Node<'_>) -> bool,
) -> Option<Vec<Draft>> {
    let above = std::iter::successors(site.act.node.parent(), Node::parent);
    let statement = above.take_while(|n| *n != site.body).find(|n| block_of(*n).is_some())?;
    let (block, around) = block_of(statement)?;
    let at = around.iter().position(|s| *s == statement)?;
    let mut next = at + 1 + tested_after(site, &around, at, site.act.node)?;
    let mut edits = vec![gone(site, *around.get(at)?, *around.get(next - 1)?)];
    let deferred = around.get(next).copied().filter(|s| s.kind() == "defer_statement");
    let mut undone = false;
    if let Some(deferred) = deferred.filter(|d| is_undone_at_the_end(*d, undoes)) {
        edits.push(gone(site, deferred, deferred));
        next += 1;
        undone = true;
    }
    let run = command(site, &around, next, set)?;
    edits.extend(run.edits);
    next = run.last + 1;
    let undo = around.get(next).copied().filter(|_| !undone);
    let undo = undo.and_then(|s| only_call(s).filter(|c| undoes(*c)).map(|call| (s, call)));
    if let Some((first, call)) = undo {
        let end = next + tested_after(site, &around, next, call)?;
        edits.push(gone(site, first, *around.get(end)?));
    } else {
        let rest = around.get(next..)?;
        if block != site.body || !rest.iter().all(|s| is_quiet(site, *s, run.name)) {
            return None;
        }
    }
    let mut ways = vec![Draft::new(edits.clone())];
    // What was kept to be set again is kept for nobody.
    if let Some(kept) = kept(site, &around, at) {
        let mut edits = edits;
        edits.push(kept);
        ways.push(Draft::new(edits));
    }
    for way in &mut ways {
        way.edits.sort();
    }
    Some(ways)
}

/// How many statements after one of a call are there for its failure alone. None where its results are for something else too.
fn tested_after(site: &Site<'_>, around: &[Node<'_>], at: usize, call: Node<'_>) -> Option<usize> {
    let statement = *around.get(at)?;
    match site.form(statement, call)? {
        Form::Bare => Some(0),
        Form::Tested(binding) => {
            let fails = fails(site, statement, &binding);
            fails.then_some(0)
        }
        Form::Bound(binding) if binding.error().is_none() => Some(0),
        Form::Bound(binding) => {
            let test = around.get(at + 1).copied().filter(|n| field(*n, "initializer").is_none())?;
            fails(site, test, &binding).then_some(1)
        }
        Form::Returned => None,
    }
}

fn fails(site: &Site<'_>, test: Node<'_>, binding: &Binding<'_>) -> bool {
    let Some(error) = binding.error() else { return false };
    let condition = field(test, "condition").map(|c| site.of(c));
    test.kind() == "if_statement"
        && field(test, "alternative").is_none()
        && condition == Some(format!("{error} != nil").as_str())
}

/// Statements with their lines.
fn gone(site: &Site<'_>, first: Node<'_>, last: Node<'_>) -> Edit {
    edit(site.lines_of(first.start_byte()..last.end_byte()), "")
}

/// `defer os.Chdir(before)`, or in a function of its own.
fn is_undone_at_the_end(deferred: Node<'_>, undoes: &dyn Fn(Node<'_>) -> bool) -> bool {
    let inner = children(deferred);
    let [call] = inner.as_slice() else { return false };
    let function = field(*call, "function").filter(|f| f.kind() == "func_literal");
    match function.and_then(|f| field(f, "body")) {
        None => call.kind() == "call_expression" && undoes(*call),
        Some(body) => match statements(body).as_slice() {
            [only] => only_call(*only).is_some_and(undoes),
            _ => false,
        },
    }
}

/// The one call that a statement does.
fn only_call(statement: Node<'_>) -> Option<Node<'_>> {
    let holder = match statement.kind() {
        "if_statement" => field(statement, "initializer")?,
        _ => statement,
    };
    let value = match holder.kind() {
        "expression_statement" => children(holder).into_iter().next(),
        _ => field(holder, "right").and_then(|values| children(values).into_iter().next()),
    };
    value.filter(|n| n.kind() == "call_expression")
}

/// The command that is made at this statement, with what is set on it.
fn command<'t>(
    site: &Site<'t>,
    around: &[Node<'t>],
    at: usize,
    set: &dyn Fn(&str) -> String,
) -> Option<Run<'t>> {
    let statement = *around.get(at)?;
    let made = commands(site, statement);
    let [made] = made.as_slice() else { return None };
    // What it is made of must not hang on what was set before.
    if !field(*made, "arguments").is_some_and(|arguments| is_quiet(site, arguments, None)) {
        return None;
    }
    let margin = site.indent(statement.start_byte());
    if let Some(binding) = Binding::of(statement, *made, site.text) {
        let [name] = binding.names.as_slice() else { return None };
        let run = around.iter().enumerate().skip(at + 1).take_while(|(_, s)| is_part_of(site, **s, name));
        let last = run.last().map_or(at, |(number, _)| number) + 1;
        let runs = around.get(last).is_some_and(|s| runs(site, *s, name));
        let end = statement.end_byte();
        let edits = vec![edit(end..end, format!("\n{margin}{}", set(name)))];
        return (runs && is_name(name) && !sets_already(site, around.get(at..last)?, name, set))
            .then_some(Run { edits, last, name: Some(name) });
    }
    // `exec.Command(..).Run()` is the first thing that the statement does.
    let method =
        made.parent().filter(|p| p.kind() == "selector_expression" && field(*p, "operand") == Some(*made))?;
    let ends = matches!(site.of(field(method, "field")?), "Run" | "Output" | "CombinedOutput");
    let whole = method.parent().filter(|p| ends && p.kind() == "call_expression")?;
    site.form(statement, whole)?;
    let name = fresh("cmd", site.function_text());
    let start = statement.start_byte();
    let before =
        format!("{name} := {}\n{margin}{}\n{margin}", site.moved(made.byte_range(), margin), set(&name));
    let edits = vec![edit(start..start, before), edit(made.byte_range(), name)];
    Some(Run { edits, last: at, name: None })
}

/// Whether the same thing is set on the command already.
fn sets_already(site: &Site<'_>, around: &[Node<'_>], name: &str, set: &dyn Fn(&str) -> String) -> bool {
    let own = set(name);
    let target = own.split(' ').next().unwrap_or_default();
    around.iter().any(|s| site.of(*s).starts_with(target))
}

/// Whether a statement only says more of the command, as `cmd.Stdout = os.Stdout`.
fn is_part_of(site: &Site<'_>, statement: Node<'_>, name: &str) -> bool {
    let target = field(statement, "left").map_or("", |n| site.of(n));
    statement.kind() == "assignment_statement"
        && target.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
        && field(statement, "right").is_some_and(|right| !has_call(right))
}

fn has_call(node: Node<'_>) -> bool {
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        if matches!(node.kind(), "call_expression" | "func_literal") {
            return true;
        }
        pending.extend(children(node));
    }
    false
}

fn runs(site: &Site<'_>, statement: Node<'_>, name: &str) -> bool {
    let text = site.of(statement);
    let once = |method: &&str| text.matches(&format!("{name}.{method}(")).count() == 1;
    mentions(text, name) && ["Run", "Output", "CombinedOutput"].iter().filter(|m| once(m)).count() == 1
}

/// The calls that make a command.
fn commands<'t>(site: &Site<'t>, statement: Node<'t>) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    let mut pending = vec![statement];
    while let Some(node) = pending.pop() {
        if node.kind() == "call_expression"
            && matches!(site.call(node).name.as_str(), "os/exec.Command" | "os/exec.CommandContext")
        {
            found.push(node);
        }
        pending.extend(children(node));
    }
    found
}

/// Whether a statement goes by nothing that the process has: it tells of errors, and returns.
fn is_quiet(site: &Site<'_>, statement: Node<'_>, cmd: Option<&str>) -> bool {
    let mut pending = vec![statement];
    while let Some(node) = pending.pop() {
        if matches!(node.kind(), "func_literal" | "go_statement" | "defer_statement") {
            return false;
        }
        if node.kind() == "call_expression" {
            let name = site.call(node).name;
            let function = field(node, "function").map_or("", |f| site.of(f));
            let tells =
                matches!(name.split('.').next(), Some("fmt" | "errors" | "strings" | "strconv" | "bytes"))
                    || name == "path/filepath.Join";
            let of_the_command = cmd.is_some_and(|cmd| mentions(function, cmd));
            if !tells && !of_the_command && !matches!(function, "string" | "len") {
                return false;
            }
        }
        pending.extend(children(node));
    }
    true
}

/// The statements just before the act that keep what was set.
fn kept(site: &Site<'_>, around: &[Node<'_>], at: usize) -> Option<Edit> {
    for back in [1, 2] {
        let first = at.checked_sub(back)?;
        let statement = *around.get(first)?;
        let call = only_call(statement).filter(|_| statement.kind() == "short_var_declaration");
        let keeps = |call: &Node<'_>| {
            matches!(site.call_name(*call).as_str(), "os.Getwd" | "os.Getenv" | "os.LookupEnv")
        };
        let Some(call) = call.filter(keeps) else { continue };
        let tested = tested_after(site, around, first, call).unwrap_or_default();
        if tested + 1 == back {
            return Some(gone(site, statement, *around.get(at - 1)?));
        }
        // `old := os.Getenv(..)` has no error to test.
        if back == 1 {
            return Some(gone(site, statement, statement));
        }
    }
    None
}
