//! The act behind a guard that leaves early: it is tried, and left alone where it says what the check would have said.

use super::Draft;
use super::guard::{Arm, Guard, States};
use super::imports::{Kind, says};
use super::site::{
    Binding, Form, Site, block_of, diverges, edit, fresh, is_name, is_set_first, mentions, statement_of,
};
use super::swap::{
    Attempt, Taken, arm_range, failures_are_told, finish, functions_in, names_are_done, residue, returned,
};
use crate::language::go::syntax::{Node, children, field, fields, list, statements};
use std::ops::Range;

/// An early exit longer than this is not written a second time.
const MAX_EXIT_LINES: usize = 4;

/// What is exchanged, all found.
struct Past<'s, 't> {
    site: &'s Site<'t>,
    guard: &'s Guard<'t>,
    attempt: &'s Attempt,
    /// The act's statement, how it takes the results, and the block that it stands in.
    statement: Node<'t>,
    form: Form<'t>,
    block: Node<'t>,
    /// What the guard does to leave.
    exit: Range<usize>,
    /// Whether the check stays.
    keep: bool,
}

/// The ways to write it, the best first.
pub fn past(site: &Site<'_>, guard: &Guard<'_>, attempt: &Attempt) -> Option<Vec<Draft>> {
    let mut exits = guard.arms.iter().filter(|a| a.states != States::FAILED);
    let exit = exits.next().filter(|a| a.states.any(attempt.refused()))?;
    if exits.next().is_some()
        || guard.others.is_some()
        || !guard.arms.iter().all(|a| diverges(&a.statements, site.text))
    {
        return None;
    }
    let (block, around) = block_of(guard.statement)?;
    let guard_at = around.iter().position(|s| *s == guard.statement)?;
    let at = statement_of(&around, site.act.node)?;
    let statement = *around.get(at)?;
    let form = site.form(statement, site.act.node)?;
    if at <= guard_at || !failures_are_told(site, guard, exit, &form) {
        return None;
    }
    let between = around.get(guard_at + 1..at)?;
    // The check stays, as a hint, where work stands between the two.
    let keep = !between.iter().all(|s| is_plain(site, *s));
    let exit_range = arm_range(site, exit)?;
    let exit_text = site.text.get(exit_range.clone())?;
    if keep && exit_text.lines().count() > MAX_EXIT_LINES {
        return None;
    }
    if between.iter().flat_map(|s| set_names(site, *s)).any(|name| mentions(exit_text, name)) {
        return None;
    }
    if !keep && !names_are_done(site, guard, guard.statement.end_byte()) {
        return None;
    }
    let past = Past { site, guard, attempt, statement, form, block, exit: exit_range, keep };
    if past.leaves_traces(exit) {
        return None;
    }
    Some([past.in_a_line(":="), past.in_a_line("="), past.in_an_if()].into_iter().flatten().collect())
}

impl<'t> Past<'_, 't> {
    /// Whether what the act sets outside of its block is seen where the exit leads to.
    fn leaves_traces(&self, exit: &Arm<'_>) -> bool {
        let Form::Bound(binding) = &self.form else { return false };
        let names = &self.guard.names;
        let of_the_check = binding.names.iter().all(|name| !is_name(name) || names.contains(name));
        if binding.defines || of_the_check && !self.guard.own_names {
            return false;
        }
        let returns = exit.statements.last().is_some_and(|s| s.kind() == "return_statement");
        !returns || binding.names.iter().any(|name| self.is_captured(name))
    }

    /// The names for the attempt's results, where they fit to what the exit and the written text speak of.
    fn taken(&self) -> Option<Taken> {
        let exit = self.site.text.get(self.exit.clone())?;
        let written = self.attempt.write.as_deref().unwrap_or_default();
        let error = match &self.form {
            Form::Bound(binding) | Form::Tested(binding) => binding.error()?.to_owned(),
            Form::Returned => "err".to_owned(),
            Form::Bare => return None,
        };
        let own = |binding: &Binding<'_>| binding.names.first().copied().unwrap_or("_").to_owned();
        let value = self.attempt.value.map(|value| match &self.form {
            Form::Bound(binding) | Form::Tested(binding) if self.attempt.write.is_none() => own(binding),
            _ => fresh(value, &format!("{exit} {written} {}", self.site.function_text())),
        });
        // The exit may tell of the check's failure, which now is the attempt's.
        let names = || self.guard.names.iter().filter(|name| is_name(name) && mentions(exit, name));
        let tells = names().count() > 0;
        let same = names().all(|name| *name == error) && self.guard.names.last() == Some(&error.as_str());
        let fits = if tells { same && self.attempt.kind == Kind::NotExist } else { !mentions(exit, &error) };
        if !fits || mentions(written, &error) {
            return None;
        }
        let left = value.as_ref().map_or_else(|| error.clone(), |value| format!("{value}, {error}"));
        let file = value.filter(|_| self.attempt.write.is_some()).unwrap_or_default();
        Some(Taken { left, error, file })
    }

    /// `if err := ..; errors.Is(..) { exit } else if err != nil { .. }`: nobody else sees the names.
    fn in_an_if(&self) -> Option<Draft> {
        let Form::Tested(_) = self.form else { return None };
        let (site, taken) = (self.site, self.taken()?);
        let margin = site.indent(self.statement.start_byte());
        let inner = format!("{margin}\t");
        let (says, imports) = says(site, self.attempt.kind, &taken.error, true);
        let exit = site.moved(self.exit.clone(), &inner);
        let head =
            format!("if {} := {}; {says} {{\n{inner}{exit}\n{margin}}}", taken.left, self.attempt.call);
        let from = field(self.statement, "condition")?.start_byte()..self.statement.end_byte();
        let code = match finish(self.attempt, &taken, &inner).first() {
            None => format!("{head} else if {}", site.moved(from, margin)),
            Some(written) => {
                let rest = site.moved(from, &inner);
                format!("{head} else {{\n{inner}{written}\n{inner}if {rest}\n{margin}}}")
            }
        };
        Some(self.draft(code, imports))
    }

    /// `data, err := ..`, then the exit: what follows sees the names.
    fn in_a_line(&self, operator: &str) -> Option<Draft> {
        let (site, attempt, taken) = (self.site, self.attempt, self.taken()?);
        let defines = operator == ":=";
        let fits = match &self.form {
            Form::Bare => false,
            Form::Tested(_) => defines && attempt.write.is_some() && self.may_be_seen(&taken.error),
            Form::Returned => defines || attempt.value.is_none(),
            // The file's name is new, and `:=` would hide a variable from outside.
            Form::Bound(binding) if attempt.write.is_some() => defines && binding.defines,
            Form::Bound(binding) => self.is_declared_by(binding)? == defines,
        };
        if !fits {
            return None;
        }
        let margin = site.indent(self.statement.start_byte());
        let inner = format!("{margin}\t");
        let (says, imports) = says(site, attempt.kind, &taken.error, true);
        let mut lines = vec![format!("{} {operator} {}", taken.left, attempt.call)];
        // Failing alike is enough said.
        if !self.is_told_alike() {
            lines.push(format!("if {says} {{\n{inner}{}\n{margin}}}", site.moved(self.exit.clone(), &inner)));
        }
        lines.extend(finish(attempt, &taken, margin));
        match &self.form {
            Form::Tested(_) => lines.push(format!("if {}", residue(site, self.statement, &self.form))),
            Form::Returned => lines.push(returned(&taken)),
            _ => {}
        }
        Some(self.draft(lines.join(&format!("\n{margin}")), imports))
    }

    fn draft(&self, code: String, imports: Vec<&'static str>) -> Draft {
        let mut edits = vec![edit(self.statement.byte_range(), code)];
        if !self.keep {
            let whole = self.guard.start()..self.guard.statement.end_byte();
            edits.push(edit(self.site.lines_of(whole), ""));
        }
        let mut draft = Draft::new(edits);
        draft.imports = [imports, self.attempt.imports.clone()].concat();
        // A check that stays is fooled by a file that is only being written.
        draft.complete = !self.keep || self.attempt.kind == Kind::NotExist;
        draft
    }

    /// Whether a name may be declared in the block itself: nobody behind reads another variable of that name.
    fn may_be_seen(&self, name: &str) -> bool {
        let end = self.statement.end_byte();
        is_set_first(self.block, self.site.text, end, name) && !self.is_captured(name)
    }

    /// Whether the act's statement must declare its names: it does already, or the check did, which goes. None where that would hide
    /// a variable from outside.
    fn is_declared_by(&self, binding: &Binding<'_>) -> Option<bool> {
        let names = &self.guard.names;
        let first =
            !self.keep && self.guard.setup.is_some() && binding.names.iter().any(|n| names.contains(n));
        if binding.defines || !first {
            return Some(binding.defines);
        }
        let known = |name: &&str| !is_name(name) || names.contains(name) || self.is_declared_before(name);
        binding.names.iter().all(known).then_some(true)
    }

    /// Whether a function that may run at another time speaks of a variable.
    fn is_captured(&self, name: &str) -> bool {
        functions_in(self.site.body).into_iter().any(|f| mentions(self.site.of(f), name))
    }

    /// Whether a variable is of the same block, so that `:=` would not declare another one.
    fn is_declared_before(&self, name: &str) -> bool {
        let mut before = statements(self.block).into_iter().take_while(|s| *s != self.statement);
        before.any(|s| match s.kind() {
            "short_var_declaration" | "var_declaration" => set_names(self.site, s).contains(&name),
            _ => false,
        })
    }

    /// Whether what follows the act handles any failure just as the exit does.
    fn is_told_alike(&self) -> bool {
        let Form::Bound(binding) = &self.form else { return false };
        let Some(error) = binding.error() else { return false };
        let around = statements(self.block);
        let at = around.iter().position(|s| *s == self.statement);
        let next = at.and_then(|at| around.get(at + 1)).filter(|n| n.kind() == "if_statement");
        let Some(next) = next.filter(|n| field(**n, "initializer").is_none()) else { return false };
        let condition = field(*next, "condition").map(|n| self.site.of(n));
        let block = field(*next, "consequence").and_then(|b| self.site.inside(b));
        let same = block.and_then(|r| self.site.text.get(r)) == self.site.text.get(self.exit.clone());
        same && condition == Some(format!("{error} != nil").as_str())
    }
}

/// The names that a statement sets.
fn set_names<'t>(site: &Site<'t>, statement: Node<'t>) -> Vec<&'t str> {
    let mut found = Vec::new();
    let mut pending = vec![statement];
    while let Some(node) = pending.pop() {
        for part in ["left", "name"] {
            let named = fields(node, part).into_iter().flat_map(|n| list(Some(n)));
            found.extend(named.map(|n| site.of(n)));
        }
        pending.extend(children(node));
    }
    found
}

/// Whether a statement only computes something, so that it may as well be done before an exit.
fn is_plain(site: &Site<'_>, statement: Node<'_>) -> bool {
    if !matches!(statement.kind(), "short_var_declaration" | "var_declaration" | "const_declaration") {
        return false;
    }
    let mut pending = vec![statement];
    while let Some(node) = pending.pop() {
        match node.kind() {
            "func_literal" => return false,
            // It may go wrong where there is nothing to compute it from.
            "index_expression" | "slice_expression" | "type_assertion_expression" => return false,
            "unary_expression" if field(node, "operator").is_some_and(|o| o.kind() == "<-") => return false,
            "call_expression" if !computes(site, node) => return false,
            _ => pending.extend(children(node)),
        }
    }
    true
}

fn computes(site: &Site<'_>, call: Node<'_>) -> bool {
    let function = field(call, "function").map_or("", |f| site.of(f));
    let name = site.call(call).name;
    let package = name.rsplit_once('.').map_or("", |(package, _)| package);
    matches!(function, "len" | "string" | "append" | "make" | "new" | "cap")
        || matches!(package, "path" | "strings" | "strconv" | "bytes")
        || matches!(
            name.as_str(),
            "path/filepath.Join"
                | "path/filepath.Dir"
                | "path/filepath.Base"
                | "path/filepath.Clean"
                | "path/filepath.Ext"
                | "fmt.Sprintf"
                | "fmt.Sprint"
                | "os.Getpid"
                | "os.Getenv"
        )
}
