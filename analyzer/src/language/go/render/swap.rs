//! Exchanging a check for the act's own answer: the act is tried, and the failure that says what the check would have said takes the
//! branch that the check would have taken.

use super::Draft;
use super::guard::{Arm, Guard, States, guard};
use super::imports::{Kind, says};
use super::past::past;
use super::site::{
    Binding, Form, Site, diverges, edit, fresh, is_name, is_set_first, mentions, statement_of,
};
use crate::language::go::syntax::{Node, children, field, statements};
use std::ops::Range;

/// An act that answers the check's question itself.
pub struct Attempt {
    /// The call to try.
    pub call: String,
    /// What its first result is called where the user has no name for it; none where the error is all there is.
    pub value: Option<&'static str>,
    /// The failure by which it says that the check's branch for the act was not to be taken.
    pub kind: Kind,
    /// What is written to the opened file, which is then closed, all of which was one call before.
    pub write: Option<String>,
    /// Packages that the call is from.
    pub imports: Vec<&'static str>,
}

impl Attempt {
    /// When the act is to be done.
    pub fn wanted(&self) -> States {
        match self.kind {
            Kind::Exist => States::ABSENT,
            Kind::NotExist => States::PRESENT,
        }
    }

    /// When it is not.
    pub fn refused(&self) -> States {
        match self.kind {
            Kind::Exist => States::PRESENT,
            Kind::NotExist => States::ABSENT,
        }
    }
}

/// The names that the attempt's results get.
pub struct Taken {
    /// All of them, as on the left of `:=`.
    pub left: String,
    /// The last.
    pub error: String,
    /// The first, where it is written to here.
    pub file: String,
}

/// Puts an attempt in place of the guard and the act: the ways to write it, the best first.
pub fn swap(site: &Site<'_>, attempt: &Attempt) -> Option<Vec<Draft>> {
    let guard = guard(site)?;
    if guard.holds(site.act.node) {
        within(site, &guard, attempt).map(|draft| vec![draft])
    } else {
        past(site, &guard, attempt)
    }
}

/// The act stands in an arm of the guard.
fn within(site: &Site<'_>, guard: &Guard<'_>, attempt: &Attempt) -> Option<Draft> {
    let arm = guard.arm_of(site.act.node)?;
    let other = guard.arms.iter().find(|a| a.states.any(attempt.refused()));
    if !arm.states.any(attempt.wanted()) || other.is_some_and(|other| std::ptr::eq(other, arm)) {
        return None;
    }
    let at = statement_of(&arm.statements, site.act.node)?;
    let statement = *arm.statements.get(at)?;
    let form = site.form(statement, site.act.node)?;
    let alone = at == 0 && failures_are_told(site, guard, arm, &form);
    if !alone && other.is_some() {
        return None;
    }
    let after = rest_of(site, arm, statement)?;
    let rest = site.text.get(after.clone())?;
    let other_text = other.map_or("", |other| site.of(other.block));
    let taken = taken(site, guard, attempt, &form, &[other_text, &residue(site, statement, &form), rest])?;
    if !stays_the_same(site, guard, arm, (statement, &form), rest)
        || mentions(other_text, &taken.error) && !told_absent(attempt, &form, &taken, guard)
    {
        return None;
    }

    // Where work is done before, or the check decides something else too, it stays as a hint: one that is fooled by a file which is
    // only being written, so that this is no more than a sketch.
    let (start, end) = if alone {
        (guard.start(), guard.statement.end_byte())
    } else {
        (statement.start_byte(), after.end.max(statement.end_byte()))
    };
    let outer = site.indent(start);
    let wrapped = alone.then_some(guard.others.as_ref()).flatten();
    let margin = if wrapped.is_some() { format!("{outer}\t") } else { outer.to_owned() };
    let inner = format!("{margin}\t");
    let mut body = finish(attempt, &taken, &inner);
    let residue = moved_residue(site, statement, &form, &taken, &inner);
    if !residue.is_empty() {
        body.push(residue);
    }
    if !rest.is_empty() {
        body.push(site.moved(after, &inner));
    }
    if body.is_empty() {
        return None;
    }
    let body = format!("{inner}{}", body.join(&format!("\n{inner}")));
    let (yes, imports) = says(site, attempt.kind, &taken.error, true);
    let (no, _) = says(site, attempt.kind, &taken.error, false);
    let head = format!("if {} := {}; ", taken.left, attempt.call);
    let code = match other.filter(|_| alone) {
        None => format!("{head}{no} {{\n{body}\n{margin}}}"),
        Some(other) => {
            let range = arm_range(site, other)?;
            let text = site.moved(range, &inner);
            if other.block.start_byte() < arm.block.start_byte() {
                format!("{head}{yes} {{\n{inner}{text}\n{margin}}} else {{\n{body}\n{margin}}}")
            } else {
                format!("{head}{no} {{\n{body}\n{margin}}} else {{\n{inner}{text}\n{margin}}}")
            }
        }
    };
    let code = match wrapped {
        Some(others) => format!("if {others} {{\n{margin}{code}\n{outer}}}"),
        None => code,
    };
    let mut draft = Draft::new(vec![edit(start..end, code)]);
    draft.imports = [imports, attempt.imports.clone()].concat();
    draft.complete = alone || attempt.kind == Kind::NotExist;
    Some(draft)
}

/// Whether the other arm may speak of the failure that the check met: it is the attempt's own one now, of the same name.
fn told_absent(attempt: &Attempt, form: &Form<'_>, taken: &Taken, guard: &Guard<'_>) -> bool {
    let same = guard.names.last().is_some_and(|name| *name == taken.error);
    attempt.kind == Kind::NotExist && same && !matches!(form, Form::Bare)
}

/// Whether the arms for a check that failed may go: they leave, and the attempt, which fails likewise, has its own way to tell.
pub fn failures_are_told(site: &Site<'_>, guard: &Guard<'_>, arm: &Arm<'_>, form: &Form<'_>) -> bool {
    let failed = |a: &&Arm<'_>| a.states == States::FAILED && !std::ptr::eq(*a, arm);
    let mut failed = guard.arms.iter().filter(failed).peekable();
    if failed.peek().is_none() {
        return true;
    }
    let handled = match form {
        Form::Bare => false,
        Form::Bound(binding) | Form::Tested(binding) => binding.error().is_some(),
        Form::Returned => true,
    };
    handled && failed.all(|a| diverges(&a.statements, site.text))
}

/// What follows a statement in its arm.
fn rest_of(site: &Site<'_>, arm: &Arm<'_>, statement: Node<'_>) -> Option<Range<usize>> {
    let end = site.inside(arm.block)?.end;
    let start = statement.end_byte().min(end);
    let text = site.text.get(start..end)?;
    Some(start + (text.len() - text.trim_start().len())..end)
}

/// The statements of an arm, with the comments around them.
pub fn arm_range(site: &Site<'_>, arm: &Arm<'_>) -> Option<Range<usize>> {
    let inside = site.inside(arm.block)?;
    let first = arm.statements.first()?;
    let whole = statements(arm.block).first() == Some(first);
    Some(if whole { inside } else { first.start_byte()..inside.end })
}

/// What is left of the act's statement, where the results have their names already.
pub fn residue(site: &Site<'_>, statement: Node<'_>, form: &Form<'_>) -> String {
    match form {
        Form::Tested(_) => {
            let from = field(statement, "condition").map_or(0, |c| c.start_byte());
            site.text.get(from..statement.end_byte()).unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

fn moved_residue(site: &Site<'_>, statement: Node<'_>, form: &Form<'_>, taken: &Taken, to: &str) -> String {
    match form {
        Form::Tested(_) => {
            let from = field(statement, "condition").map_or(0, |c| c.start_byte());
            format!("if {}", site.moved(from..statement.end_byte(), to))
        }
        Form::Returned => returned(taken),
        Form::Bare | Form::Bound(_) => String::new(),
    }
}

pub fn returned(taken: &Taken) -> String {
    // What was one call before has an error and nothing else.
    if taken.file.is_empty() { format!("return {}", taken.left) } else { format!("return {}", taken.error) }
}

/// Writes and closes, where the attempt is a part only of what was one call.
pub fn finish(attempt: &Attempt, taken: &Taken, margin: &str) -> Vec<String> {
    let Some(data) = &attempt.write else { return Vec::new() };
    let (error, file) = (&taken.error, &taken.file);
    let closing = fresh("closeErr", &format!("{data} {error} {file}"));
    vec![format!(
        "if {error} == nil {{\n{margin}\t_, {error} = {file}.Write({data})\n\
         {margin}\tif {closing} := {file}.Close(); {error} == nil {{\n\
         {margin}\t\t{error} = {closing}\n{margin}\t}}\n{margin}}}"
    )]
}

/// Names for the attempt's results that mean nothing else to these texts, or the user's own.
fn taken(
    site: &Site<'_>,
    guard: &Guard<'_>,
    attempt: &Attempt,
    form: &Form<'_>,
    texts: &[&str],
) -> Option<Taken> {
    let own = match form {
        Form::Bound(binding) | Form::Tested(binding) => Some(binding),
        Form::Bare | Form::Returned => None,
    };
    let written = attempt.write.as_deref().unwrap_or_default();
    let around = format!("{} {} {}", texts.join(" "), attempt.call, written);
    let error = match own {
        // What is set outside of the guard is read outside of it.
        Some(binding) if !binding.defines && !is_own(binding, guard) => return None,
        Some(binding) => binding.error()?.to_owned(),
        None => fresh("err", &format!("{} {} {}", texts.first()?, attempt.call, written)),
    };
    if mentions(written, &error) || mentions(&attempt.call, &error) {
        return None;
    }
    let value = attempt.value.map(|value| match own {
        Some(binding) if attempt.write.is_none() => binding.names.first().copied().unwrap_or("_").to_owned(),
        // A name for the file that nobody knows.
        _ => fresh(value, &format!("{around} {}", site.function_text())),
    });
    let left = match &value {
        Some(value) => format!("{value}, {error}"),
        None => error.clone(),
    };
    let file = value.filter(|_| attempt.write.is_some()).unwrap_or_default();
    Some(Taken { left, error, file })
}

/// Whether an assignment is to the check's own variables, which nobody else sees.
fn is_own(binding: &Binding<'_>, guard: &Guard<'_>) -> bool {
    guard.own_names && binding.names.iter().all(|name| !is_name(name) || guard.names.contains(name))
}

/// Whether the code around means the same when the check's results are gone and the act's are known earlier.
fn stays_the_same(
    site: &Site<'_>,
    guard: &Guard<'_>,
    arm: &Arm<'_>,
    (statement, form): (Node<'_>, &Form<'_>),
    rest: &str,
) -> bool {
    // A function that outlives the statement would see another variable.
    let binds = match form {
        Form::Bound(binding) => binding.names.as_slice(),
        _ => &[],
    };
    let error = binds.last().filter(|name| is_name(name));
    let captured = error.is_some_and(|error| {
        arm.statements.iter().any(|s| has_function(*s) && mentions(site.of(*s), error))
            || rest.contains(&format!("&{error}"))
    });
    let after = statement.end_byte();
    let read_in_arm = |name: &str| {
        is_name(name)
            && !binds.contains(&name)
            && !arm
                .statements
                .iter()
                .all(|s| s.end_byte() <= after || is_set_first(*s, site.text, after, name))
    };
    !captured
        && !guard.names.iter().any(|name| read_in_arm(name))
        && names_are_done(site, guard, guard.statement.end_byte())
}

/// Whether nobody reads the check's results after `end`.
pub fn names_are_done(site: &Site<'_>, guard: &Guard<'_>, end: usize) -> bool {
    let read = |name: &&&str| is_name(name) && !is_set_first(site.body, site.text, end, name);
    guard.own_names || !guard.names.iter().any(|name| read(&name))
}

fn has_function(node: Node<'_>) -> bool {
    !functions_in(node).is_empty()
}

pub fn functions_in(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        if node.kind() == "func_literal" {
            found.push(node);
        }
        pending.extend(children(node));
    }
    found
}
