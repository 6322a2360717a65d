//! `EnvironmentOfTheChild`, `DirectoryOfTheChild`: what was set for the whole process around one command is set for the command.

use super::edit;
use super::exchange::computes_only;
use super::syntax::{Node, Site, enclosing_statement, range};
use crate::language::{Edit, Rendering};
use std::ops::Range;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, Stmt};

/// `set_var(k, v); Command::new(..)..status()` becomes `Command::new(..).env(k, v)..status()`.
pub fn environment(site: &Site<'_>) -> Option<Rendering> {
    let Expr::Call(act) = site.act.call else { return None };
    let name = last(act)?;
    let arguments: Vec<&Expr> = act.args.iter().collect();
    let (method, restores): (&str, &[&str]) = match (name.as_str(), arguments.len()) {
        ("set_var", 2) => ("env", &["set_var", "remove_var"]),
        ("remove_var", 1) => ("env_remove", &["set_var"]),
        _ => return None,
    };
    let variable = site.slice(range(*arguments.first()?))?;
    let same = |call: &ExprCall| {
        let first = call.args.first().and_then(|k| site.slice(range(k)));
        last(call).is_some_and(|name| restores.contains(&name.as_str())) && first == Some(variable)
    };
    moved_to_the_child(site, method, &arguments, &same)
}

/// `set_current_dir(d)?; Command::new(..)..status()` becomes `Command::new(..).current_dir(d)..status()`.
pub fn directory(site: &Site<'_>) -> Option<Rendering> {
    let Expr::Call(act) = site.act.call else { return None };
    let arguments: Vec<&Expr> = act.args.iter().collect();
    if last(act)? != "set_current_dir" || arguments.len() != 1 {
        return None;
    }
    let same = |call: &ExprCall| last(call).is_some_and(|name| name == "set_current_dir");
    moved_to_the_child(site, "current_dir", &arguments, &same)
}

/// Takes the act's statement out, and calls the method on the command that the next statement builds and runs. What follows must
/// undo the act, or be the end of the function: otherwise somebody may still go by it.
fn moved_to_the_child(
    site: &Site<'_>,
    method: &str,
    arguments: &[&Expr],
    undoes: &dyn Fn(&ExprCall) -> bool,
) -> Option<Rendering> {
    if !arguments.iter().all(|a| computes_only(a)) {
        return None;
    }
    let (block, index) = own_statement(site)?;
    let first = block.stmts.get(index)?;
    let run = block.stmts.get(index + 1)?;
    let mut commands = Commands { found: Vec::new() };
    commands.visit_stmt(run);
    let [command] = commands.found.as_slice() else { return None };
    let text = site.slice(range(run))?;
    if ![".status()", ".output()", ".spawn()"].iter().any(|runs| text.contains(runs)) {
        return None;
    }
    let given: Option<Vec<&str>> = arguments.iter().map(|a| site.slice(range(*a))).collect();
    let mut edits = vec![
        removed(site, first),
        edit(command.end..command.end, format!(".{method}({})", given?.join(", "))),
    ];
    match block.stmts.get(index + 2) {
        None if std::ptr::eq(block, site.body) => {}
        Some(next) if only_call(next).is_some_and(undoes) => edits.push(removed(site, next)),
        _ => return None,
    }
    Some(Rendering { edits, needs: Vec::new(), complete: true })
}

/// The block and the number of the statement that does nothing but the act.
fn own_statement<'a>(site: &Site<'a>) -> Option<(&'a Block, usize)> {
    let blocks = site.act.nodes.iter().filter_map(|node| match node {
        Node::Block(block) => Some(*block),
        _ => None,
    });
    let found = blocks.rev().find_map(|block| {
        let (index, _) = enclosing_statement(&site.act, block)?;
        // An `unsafe` block of its own belongs to the statement.
        (block.stmts.len() > 1 || std::ptr::eq(block, site.body)).then_some((block, index))
    })?;
    let (block, index) = found;
    only_call(block.stmts.get(index)?).map(|_| found)
}

/// The one call that a statement does, `unsafe`, `?` and `unwrap` aside.
fn only_call(statement: &Stmt) -> Option<&ExprCall> {
    fn of(expr: &Expr) -> Option<&ExprCall> {
        match expr {
            Expr::Call(call) => Some(call),
            Expr::Try(e) => of(&e.expr),
            Expr::MethodCall(m) if m.method == "unwrap" || m.method == "expect" => of(&m.receiver),
            Expr::Unsafe(e) => match e.block.stmts.as_slice() {
                [one] => only_call(one),
                _ => None,
            },
            _ => None,
        }
    }
    match statement {
        Stmt::Expr(expr, _) => of(expr),
        _ => None,
    }
}

/// The statement's line goes with it.
fn removed(site: &Site<'_>, statement: &Stmt) -> Edit {
    let own = range(statement);
    let rest = site.text.get(own.end..).unwrap_or_default();
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let ends_line = rest.get(blank..).is_some_and(|rest| rest.starts_with('\n'));
    if site.starts_line(own.start) && ends_line {
        return edit(site.line_start(own.start)..own.end + blank + 1, "");
    }
    edit(own, "")
}

fn last(call: &ExprCall) -> Option<String> {
    match &*call.func {
        Expr::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        _ => None,
    }
}

/// Finds where commands are made.
struct Commands {
    found: Vec<Range<usize>>,
}

impl<'a> Visit<'a> for Commands {
    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let mut names = path.path.segments.iter().rev().map(|s| s.ident.to_string());
            if names.next().as_deref() == Some("new") && names.next().as_deref() == Some("Command") {
                self.found.push(range(call));
            }
        }
        visit::visit_expr_call(self, call);
    }
}
