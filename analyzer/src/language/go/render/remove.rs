//! `RemoveIfPresent`: the removal's own "does not exist" is the check.

use super::Draft;
use super::create::error_of;
use super::guard::{Guard, States, guard};
use super::imports::{Kind, says};
use super::site::{Form, Site, block_of, edit, fresh, is_set_first, mentions};
use super::swap::{Attempt, swap};
use crate::language::go::syntax::{Node, field};

/// `os.Remove` and `os.RemoveAll`, whose failure for want of the place is none.
pub fn remove_if_present(site: &Site<'_>) -> Option<Vec<Draft>> {
    if !matches!(site.act.name.as_str(), "os.Remove" | "os.RemoveAll") {
        return None;
    }
    let statement = own_statement(site)?;
    let form = site.form(statement, site.act.node)?;
    let guard = guard(site);
    let mut ways = Vec::new();
    if let Some(guard) = &guard {
        ways.extend(alone(site, guard, statement, &form));
        // It says nothing of what is not there, so that there is nothing else to go by.
        if site.act.name == "os.RemoveAll" {
            return Some(ways);
        }
        if guard.arm_of(statement).is_some_and(|arm| arm.statements.last() == Some(&statement)) {
            let other = guard.arms.iter().any(|arm| arm.states.any(States::ABSENT));
            ways.extend(in_place(site, statement, &form).filter(|_| !other));
        }
        let attempt = Attempt {
            call: site.of(site.act.node).to_owned(),
            value: None,
            kind: Kind::NotExist,
            write: None,
            imports: vec!["os"],
        };
        ways.extend(swap(site, &attempt).into_iter().flatten());
    }
    ways.extend(in_place(site, statement, &form));
    Some(ways)
}

/// The statement that the removal is the first thing of.
fn own_statement<'t>(site: &Site<'t>) -> Option<Node<'t>> {
    let above = std::iter::successors(site.act.node.parent(), Node::parent);
    above.take_while(|n| *n != site.body).find(|n| block_of(*n).is_some())
}

/// The removal is all that its arm does, and nothing is done for a place that is not there: the guard goes.
fn alone(site: &Site<'_>, guard: &Guard<'_>, statement: Node<'_>, form: &Form<'_>) -> Option<Draft> {
    let [arm] = guard.arms.as_slice() else { return None };
    let end = guard.statement.end_byte();
    let unread = || guard.names.iter().all(|name| is_set_first(site.body, site.text, end, name));
    if !arm.states.any(States::PRESENT) || arm.statements.first() != Some(&statement) {
        return None;
    }
    if !guard.own_names && !unread() {
        return None;
    }
    let start = guard.start();
    let outer = site.indent(start);
    let margin = if guard.others.is_some() { format!("{outer}\t") } else { outer.to_owned() };
    let call = site.of(site.act.node);
    let mut imports = vec!["os"];
    let code = match (form, arm.statements.get(1..)?) {
        (Form::Bare, []) => call.to_owned(),
        (Form::Bound(binding), []) if binding.error().is_none() => site.of(statement).to_owned(),
        (Form::Bound(_) | Form::Tested(_), rest) => {
            let test = match (form, rest) {
                (Form::Tested(_), []) => statement,
                (Form::Bound(binding), [test])
                    if binding.defines || guard.own_names && guard.names.contains(&binding.error()?) =>
                {
                    *test
                }
                _ => return None,
            };
            let error = error_of(form)?;
            let condition = failed(site, test, error)?;
            let (missing, from) = missing(site, error);
            imports.extend(from);
            let block = site.moved(condition.end_byte()..test.end_byte(), &margin);
            format!("if {error} := {call}; {error} != nil{missing}{block}")
        }
        (Form::Returned, []) => {
            let (_, around) = block_of(guard.statement)?;
            let at = around.iter().position(|s| *s == guard.statement)?;
            if around.get(at + 1).map(|s| site.of(*s)) != Some("return nil") {
                return None;
            }
            let (code, from) = returned(site, call, &margin);
            imports.extend(from);
            code
        }
        _ => return None,
    };
    let code = match &guard.others {
        Some(others) => format!("if {others} {{\n{margin}{code}\n{outer}}}"),
        None => code,
    };
    let mut draft = Draft::new(vec![edit(start..end, code)]);
    draft.imports = imports;
    Some(draft)
}

/// The condition of a branch that is for any failure, and has no other.
fn failed<'t>(site: &Site<'_>, branch: Node<'t>, error: &str) -> Option<Node<'t>> {
    let condition = field(branch, "condition")?;
    let plain = branch.kind() == "if_statement" && field(branch, "alternative").is_none();
    (plain && site.of(condition) == format!("{error} != nil")).then_some(condition)
}

/// What a failure must not be besides, to be one. `os.RemoveAll` never fails for want of what it removes.
fn missing(site: &Site<'_>, error: &str) -> (String, Vec<&'static str>) {
    if site.act.name == "os.RemoveAll" {
        return (String::new(), Vec::new());
    }
    let (missing, imports) = says(site, Kind::NotExist, error, false);
    (format!(" && {missing}"), imports)
}

fn returned(site: &Site<'_>, call: &str, margin: &str) -> (String, Vec<&'static str>) {
    let error = fresh("err", call);
    let (missing, imports) = missing(site, &error);
    let code =
        format!("if {error} := {call}; {error} != nil{missing} {{\n{margin}\treturn {error}\n{margin}}}");
    (code, imports)
}

/// Somewhere below the guard, which stays as a hint: that there is nothing to remove is no failure of the removal.
fn in_place(site: &Site<'_>, statement: Node<'_>, form: &Form<'_>) -> Option<Draft> {
    if site.act.name == "os.RemoveAll" {
        return None;
    }
    let (edits, imports) = match form {
        Form::Tested(binding) | Form::Bound(binding) => {
            let error = binding.error()?;
            let test = match form {
                Form::Tested(_) => statement,
                _ => {
                    let (_, around) = block_of(statement)?;
                    let at = around.iter().position(|s| *s == statement)?;
                    let next = *around.get(at + 1)?;
                    // What is not told there must not be told behind it.
                    let read = !is_set_first(site.body, site.text, next.end_byte(), error);
                    if read || field(next, "initializer").is_some() {
                        return None;
                    }
                    next
                }
            };
            let condition = failed(site, test, error)?;
            let (missing, imports) = says(site, Kind::NotExist, error, false);
            let end = condition.end_byte();
            (vec![edit(end..end, format!(" && {missing}"))], imports)
        }
        Form::Returned => {
            let margin = site.indent(statement.start_byte());
            let call = site.of(site.act.node);
            if mentions(call, "err") {
                return None;
            }
            let (code, imports) = returned(site, call, margin);
            (vec![edit(statement.byte_range(), format!("{code}\n{margin}return nil"))], imports)
        }
        Form::Bare => return None,
    };
    let mut draft = Draft::new(edits);
    draft.imports = [imports, vec!["os"]].concat();
    Some(draft)
}
