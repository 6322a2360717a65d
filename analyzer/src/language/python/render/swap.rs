//! Exchanging a check for the act's own answer: the act is tried, and the failure that says what the check would have said takes the
//! branch that the check would have taken.

use super::Draft;
use super::guard::{Arm, Guard, Kind, Other, guard};
use super::imports::{imported_from, local_name};
use super::past::past;
use super::quiet::is_quiet;
use super::site::{Level, Site, edit, range};
use super::tried::tried;
use crate::language::Edit;
use crate::language::python::names::each_block;
use ruff_python_ast::{ExceptHandler, Stmt, StmtTry};
use std::ops::Range;

/// An act that answers the check's question itself.
pub struct Attempt {
    /// What is changed in the act's own text.
    pub changes: Vec<Edit>,
    /// Whether it gives a file that is open.
    pub opens: bool,
    /// What its value is called where the user has no name for it.
    pub gives: &'static str,
    /// For what was one call and is to be two: the call that opens, and the method and what is written by it.
    pub write: Option<Write>,
    /// What is done first with the open file, where it is one of a `with`.
    pub first: Option<&'static str>,
    /// Whether what it makes is whole as soon as it is there.
    pub at_once: bool,
    /// Whether the act is for a place that is there: otherwise it is for one that is not.
    pub on_present: bool,
    /// Whether the act, tried by itself, keeps what the code promises.
    pub complete: bool,
}

/// A call that opened, wrote and closed.
pub struct Write {
    pub open: String,
    /// What is written.
    pub data: Range<usize>,
    /// Whether evaluating that fails in none of the ways that the attempt does.
    pub quiet: bool,
}

/// Statements, and the modules that they are from.
pub struct Code {
    pub text: String,
    pub imports: Vec<&'static str>,
}

impl Code {
    /// Statements that need nothing.
    fn new(text: String) -> Self {
        Code { text, imports: Vec::new() }
    }

    /// A draft that puts them in this place.
    fn at(self, range: Range<usize>, others: Option<&String>, margin: &str) -> Draft {
        let text = match others {
            Some(others) => format!("if {others}:\n{margin}{}", self.text),
            None => self.text,
        };
        let mut draft = Draft::new(vec![edit(range, text)]);
        draft.imports = self.imports;
        draft
    }
}

impl Attempt {
    /// The act as it is written, which is for a place that is there or for one that is not.
    pub fn as_it_is(on_present: bool) -> Self {
        Attempt {
            changes: Vec::new(),
            opens: false,
            gives: "file",
            write: None,
            first: None,
            at_once: false,
            on_present,
            complete: true,
        }
    }

    /// The exceptions by which the act says that it was not to be done.
    pub fn refusal(&self, kind: Kind) -> &'static str {
        match (self.on_present, kind) {
            (false, _) => "FileExistsError",
            (true, Kind::File) => "(FileNotFoundError, IsADirectoryError)",
            (true, Kind::Directory) => "(FileNotFoundError, NotADirectoryError)",
            (true, _) => "FileNotFoundError",
        }
    }

    /// Whether a check that stays as a hint is fooled by nothing: not by a file that is only being written.
    pub fn may_be_asked(&self) -> bool {
        self.on_present || self.at_once
    }

    /// Whether the refusal says exactly what the check would have said.
    pub fn is_exact(&self, kind: Kind) -> bool {
        kind == Kind::Any || self.on_present && kind != Kind::Link
    }
}

/// Puts an attempt in place of the guard and the act: the ways to write it, the best first.
pub fn swap(site: &Site<'_>, attempt: &Attempt) -> Option<Vec<Draft>> {
    let guard = guard(site)?;
    match guard.arm_of(&site.act) {
        Some(arm) => within(site, &guard, &arm, attempt),
        None => past(site, &guard, attempt),
    }
    .map(|draft| vec![draft])
}

/// The act stands in an arm of the guard.
fn within(site: &Site<'_>, guard: &Guard<'_>, arm: &Arm<'_>, attempt: &Attempt) -> Option<Draft> {
    if arm.present != attempt.on_present {
        return None;
    }
    let top = *site.act.levels.get(guard.depth + 1)?;
    let own = site.act.own()?;
    let alone = top.index == 0;
    if alone && std::ptr::eq(top.statement, own.statement) {
        return whole(site, guard, arm, attempt, own);
    }
    if alone
        && top.rest().is_empty()
        && let Stmt::Try(outer) = top.statement
        && std::ptr::eq(own.block, &*outer.body)
        && own.index == 0
    {
        return whole_try(site, guard, arm, attempt, outer);
    }
    if !matches!(arm.other, Other::Nothing) || !std::ptr::eq(top.statement, own.statement) {
        return None;
    }
    in_place(site, guard, attempt, own)
}

/// The act is what its arm begins with: the check goes.
fn whole(
    site: &Site<'_>,
    guard: &Guard<'_>,
    arm: &Arm<'_>,
    attempt: &Attempt,
    own: Level<'_>,
) -> Option<Draft> {
    let outer = site.indent(guard.range().start);
    let margin = margin(site, guard, outer);
    let inner = [margin.as_str(), site.unit()].concat();
    let end = site.suite(arm.block)?.end;
    let rest = match own.rest() {
        [] => None,
        rest => Some(site.suite(rest)?.start..end),
    };
    let mut tried = tried(site, attempt, own, rest.is_none().then_some(end), (&inner, &inner))?;
    if let Some(rest) = rest {
        let between =
            site.slice(range(own.statement).end..rest.start).replace(|c: char| c.is_whitespace(), "");
        let rest = site.moved(rest, &inner, &[])?;
        // What is behind the statement on its line comes first.
        let line = if between.starts_with('#') {
            let comment = site.slice(range(own.statement).end..site.line_end(range(own.statement).end));
            format!("{}\n{inner}", comment.trim())
        } else {
            String::new()
        };
        let then = tried.then.take().map(|then| format!("{then}\n{inner}")).unwrap_or_default();
        tried.then = Some(format!("{then}{line}{rest}"));
    }
    let other = other_text(site, &arm.other, &inner)?;
    let code = match (&other, &tried.then) {
        (None, None) if is_suppressed(attempt, own) && guard.kind == Kind::Any => {
            suppressed(site, &tried.tried, "FileNotFoundError", &margin)?
        }
        _ => {
            let refusal = attempt.refusal(guard.kind);
            let other = other.unwrap_or_else(|| "pass".to_owned());
            let mut code = format!("try:\n{inner}{}\n{margin}except {refusal}:\n{inner}{other}", tried.tried);
            if let Some(then) = &tried.then {
                code = format!("{code}\n{margin}else:\n{inner}{then}");
            }
            Code::new(code)
        }
    };
    let mut draft = code.at(guard.range().start..guard_end(site, guard), guard.others.as_ref(), &margin);
    draft.complete = attempt.complete && attempt.is_exact(guard.kind);
    Some(draft)
}

/// Whether the act is a statement of its own.
pub fn is_bare(site: &Site<'_>) -> bool {
    let statement = site.act.own().map(|level| level.statement);
    matches!(statement, Some(Stmt::Expr(s)) if std::ptr::eq(&*s.value, site.act.expr))
}

/// What an arm does, with these changes, in place of the guard.
pub fn unguarded(site: &Site<'_>, guard: &Guard<'_>, arm: &Arm<'_>, changes: &[Edit]) -> Option<Draft> {
    let margin = margin(site, guard, site.indent(guard.range().start));
    let code = Code::new(site.moved(site.suite(arm.block)?, &margin, changes)?);
    Some(code.at(guard.range().start..guard_end(site, guard), guard.others.as_ref(), &margin))
}

/// Whether a failure is passed over in one line: not by a `with` around a `with`.
fn is_suppressed(attempt: &Attempt, own: Level<'_>) -> bool {
    attempt.on_present && !matches!(own.statement, Stmt::With(_))
}

/// `with contextlib.suppress(..):` around what is tried.
pub fn suppressed(site: &Site<'_>, tried: &str, refusal: &str, margin: &str) -> Option<Code> {
    let unit = site.unit();
    let (suppress, imports) = match imported_from(site, "contextlib", "suppress") {
        Some(name) => (name, vec![]),
        None => (format!("{}.suppress", local_name(site, "contextlib")?), vec!["contextlib"]),
    };
    Some(Code { text: format!("with {suppress}({refusal}):\n{margin}{unit}{tried}"), imports })
}

/// The act is what a `try` begins with that is all that its arm does: it gets one more handler.
fn whole_try(
    site: &Site<'_>,
    guard: &Guard<'_>,
    arm: &Arm<'_>,
    attempt: &Attempt,
    outer: &StmtTry,
) -> Option<Draft> {
    let margin = margin(site, guard, site.indent(guard.range().start));
    let inner = [margin.as_str(), site.unit()].concat();
    let other = other_text(site, &arm.other, &inner)?.unwrap_or_else(|| "pass".to_owned());
    let handler = handler(site, attempt, guard.kind, outer, &format!("{inner}{other}"), &margin)?;
    let mut changes = attempt.changes.clone();
    changes.push(handler);
    let mut draft = unguarded(site, guard, arm, &changes)?;
    draft.complete = attempt.complete && attempt.is_exact(guard.kind);
    Some(draft)
}

/// A handler before all others of a `try` whose body the act begins.
pub fn handler(
    site: &Site<'_>,
    attempt: &Attempt,
    kind: Kind,
    outer: &StmtTry,
    body: &str,
    margin: &str,
) -> Option<Edit> {
    let [first, rest @ ..] = &*outer.body else { return None };
    let ExceptHandler::ExceptHandler(next) = outer.handlers.first()?;
    let plain = !outer.is_star && outer.finalbody.is_empty() && outer.orelse.is_empty();
    if !plain || attempt.write.is_some() || attempt.first.is_some() {
        return None;
    }
    if !is_quiet(site, std::slice::from_ref(first), site.act.expr) || !is_quiet(site, rest, site.act.expr) {
        return None;
    }
    let at = range(next).start;
    Some(edit(at..at, format!("except {}:\n{body}\n{margin}", attempt.refusal(kind))))
}

/// Work is done before: the check stays, as a hint, and what decides is the attempt.
fn in_place(site: &Site<'_>, guard: &Guard<'_>, attempt: &Attempt, own: Level<'_>) -> Option<Draft> {
    if !site.stands_alone(own.statement) {
        return None;
    }
    let start = range(own.statement).start;
    let margin = site.indent(start);
    let inner = [margin, site.unit()].concat();
    let end = site.suite(own.block)?.end;
    let rest = match own.rest() {
        [] => None,
        rest => Some(site.suite(rest)?.start..end),
    };
    let mut tried = tried(site, attempt, own, rest.is_none().then_some(end), (&inner, &inner))?;
    if let Some(rest) = rest {
        let then = tried.then.take().map(|then| format!("{then}\n{inner}")).unwrap_or_default();
        tried.then = Some(format!("{then}{}", site.moved(rest, &inner, &[])?));
    }
    let code = match &tried.then {
        None if is_suppressed(attempt, own) => suppressed(site, &tried.tried, "FileNotFoundError", margin)?,
        then => {
            let refusal = attempt.refusal(guard.kind);
            let then = then.as_ref().map(|then| format!("\n{margin}else:\n{inner}{then}"));
            Code::new(format!(
                "try:\n{inner}{}\n{margin}except {refusal}:\n{inner}pass{}",
                tried.tried,
                then.unwrap_or_default()
            ))
        }
    };
    let mut draft = code.at(start..end, None, margin);
    draft.complete = attempt.complete && attempt.may_be_asked() && attempt.is_exact(guard.kind);
    Some(draft)
}

/// The margin of what takes the guard's place: one deeper where other conditions stay.
fn margin(site: &Site<'_>, guard: &Guard<'_>, outer: &str) -> String {
    match guard.others {
        Some(_) => [outer, site.unit()].concat(),
        None => outer.to_owned(),
    }
}

/// Where the guard ends, with the comments that belong to its last block.
pub fn guard_end(site: &Site<'_>, guard: &Guard<'_>) -> usize {
    let mut last = range(guard.level.statement).end;
    let Stmt::If(decision) = guard.level.statement else { return last };
    let block = decision.elif_else_clauses.last().map_or(&decision.body, |clause| &clause.body);
    if let Some(suite) = site.suite(block) {
        last = last.max(suite.end);
    }
    last
}

/// What the other arm does, as the body of a handler.
fn other_text(site: &Site<'_>, other: &Other<'_>, margin: &str) -> Option<Option<String>> {
    Some(match other {
        Other::Nothing => None,
        Other::Block(block) => Some(raised(site, block, site.suite(block)?, margin)?),
        Other::Chain(range) => Some(site.moved(range.clone(), margin, &[])?),
    })
}

/// Statements that are to run while an exception is handled: what they raise is not raised for its sake.
pub fn raised(site: &Site<'_>, block: &[Stmt], suite: Range<usize>, margin: &str) -> Option<String> {
    let mut changes = Vec::new();
    let mut pending = vec![block];
    while let Some(block) = pending.pop() {
        for statement in block {
            match statement {
                Stmt::Raise(raise) => {
                    // `raise` alone raises what is being handled, which would be another exception.
                    raise.exc.as_ref()?;
                    if raise.cause.is_none() {
                        let end = range(raise).end;
                        changes.push(edit(end..end, " from None"));
                    }
                }
                // What it handles is its own.
                Stmt::Try(_) => {}
                other => each_block(other, &mut |inner| pending.push(inner)),
            }
        }
    }
    changes.sort();
    site.moved(suite, margin, &changes)
}
