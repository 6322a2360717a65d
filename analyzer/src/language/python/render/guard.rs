//! The branch that a check decides: which arm is for a place that is there.

use super::quiet::is_plain_expr;
use super::site::{Level, Located, Site, range};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{BoolOp, Expr, ExprBoolOp, Stmt, StmtIf, UnaryOp};
use std::ops::Range;

/// What a check asks besides: that something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Any,
    /// That it is a file.
    File,
    /// That it is a directory.
    Directory,
    /// That it is a link.
    Link,
}

/// What is done where the first arm is not taken.
#[derive(Clone, Debug)]
pub enum Other<'t> {
    Nothing,
    Block(&'t [Stmt]),
    /// `elif ..`, with what follows it, from behind the `el`.
    Chain(Range<usize>),
}

/// A check and the branch on it.
#[derive(Clone, Debug)]
pub struct Guard<'t> {
    /// Where the `if` stands.
    pub level: Level<'t>,
    /// How many blocks around it are of the same function.
    pub depth: usize,
    /// Whether the first arm is for a place that is there.
    pub present: bool,
    /// The first arm.
    pub arm: &'t [Stmt],
    pub other: Other<'t>,
    /// The conditions beside the check, as they are written: the first arm is taken where they hold too.
    pub others: Option<String>,
    pub kind: Kind,
}

/// The arm that an act stands in.
#[derive(Clone, Debug)]
pub struct Arm<'t> {
    pub block: &'t [Stmt],
    /// Whether it is for a place that is there.
    pub present: bool,
    /// What is done otherwise.
    pub other: Other<'t>,
}

impl<'t> Guard<'t> {
    /// The whole `if`.
    pub fn range(&self) -> Range<usize> {
        range(self.level.statement)
    }

    /// The arm that holds something.
    pub fn arm_of(&self, inner: &Located<'t>) -> Option<Arm<'t>> {
        let next = inner.levels.get(self.depth + 1)?;
        if !std::ptr::eq(inner.levels.get(self.depth)?.statement, self.level.statement) {
            return None;
        }
        if std::ptr::eq(next.block, self.arm) {
            return Some(Arm { block: self.arm, present: self.present, other: self.other.clone() });
        }
        match self.other {
            // The `else` of `exists and other` says nothing of the place.
            Other::Block(block) if std::ptr::eq(next.block, block) && self.others.is_none() => {
                Some(Arm { block, present: !self.present, other: Other::Block(self.arm) })
            }
            _ => None,
        }
    }
}

impl Arm<'_> {
    /// Whether a statement is all that it does, or all that is tried in it.
    pub fn is_only(&self, own: &Level<'_>) -> bool {
        let [only] = self.block else { return false };
        std::ptr::eq(only, own.statement)
            || matches!(only, Stmt::Try(t) if t.body.len() == 1 && std::ptr::eq(own.block, &*t.body) && t.orelse.is_empty())
    }
}

/// What a call asks of a place.
pub fn asks(name: &str) -> Option<Kind> {
    Some(match name {
        "os::path::exists" | "os::path::lexists" | ".exists" => Kind::Any,
        "os::path::isfile" | ".is_file" => Kind::File,
        "os::path::isdir" | ".is_dir" => Kind::Directory,
        "os::path::islink" | ".is_symlink" => Kind::Link,
        _ => return None,
    })
}

/// Finds the guard of the check. None where it decides more than a place's being there.
pub fn guard<'t>(site: &Site<'t>) -> Option<Guard<'t>> {
    let check = site.check.as_ref()?;
    let kind = asks(&site.name(check.call()?))?;
    let level = check.own()?;
    let Stmt::If(decision) = level.statement else { return None };
    if !site.stands_alone(decision) {
        return None;
    }
    let (present, others) = condition(site, &decision.test, check.expr)?;
    let other = other(decision);
    if others.is_some() && !matches!(other, Other::Nothing) {
        return None;
    }
    let depth = check.levels.len() - 1;
    Some(Guard { level, depth, present, arm: &decision.body, other, others, kind })
}

fn other(decision: &StmtIf) -> Other<'_> {
    match decision.elif_else_clauses.as_slice() {
        [] => Other::Nothing,
        [only] if only.test.is_none() => Other::Block(&only.body),
        [first, ..] => Other::Chain(range(first).start + 2..range(decision).end),
    }
}

/// Whether the condition holds of a place that is there, and what it asks besides.
fn condition(site: &Site<'_>, test: &Expr, check: &Expr) -> Option<(bool, Option<String>)> {
    match test {
        Expr::BoolOp(both) if both.op == BoolOp::And => {
            let parts = parts(site, both)?;
            let own = both.values.iter().position(|v| exactly(v, check).is_some())?;
            let present = exactly(both.values.get(own)?, check)?;
            // Without the check, what follows it is asked of a place that is not there, too.
            if !both.values.iter().skip(own + 1).all(|other| is_plain_expr(site, other)) {
                return None;
            }
            let others: Vec<&str> =
                parts.iter().enumerate().filter(|(at, _)| *at != own).map(|(_, part)| part.trim()).collect();
            Some((present, Some(others.join(" and "))))
        }
        other => Some((exactly(other, check)?, None)),
    }
}

/// The check, or its negation.
fn exactly(test: &Expr, check: &Expr) -> Option<bool> {
    match test {
        Expr::UnaryOp(not) if not.op == UnaryOp::Not => exactly(&not.operand, check).map(|present| !present),
        other => std::ptr::eq(other, check).then_some(true),
    }
}

/// What stands between the `and`s, parentheses included.
fn parts<'t>(site: &Site<'t>, both: &ExprBoolOp) -> Option<Vec<&'t str>> {
    let whole = range(both);
    let mut found = Vec::new();
    let mut start = whole.start;
    for pair in both.values.windows(2) {
        let [left, right] = pair else { return None };
        let between = range(left).end..range(right).start;
        let and = site.tokens.iter().find(|t| {
            t.kind() == TokenKind::And && between.start <= range(*t).start && range(*t).end <= between.end
        })?;
        found.push(site.slice(start..range(and).start));
        start = range(and).end;
    }
    found.push(site.slice(start..whole.end));
    Some(found)
}
