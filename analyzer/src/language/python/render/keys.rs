//! `SetIfAbsent`: a key of a store is set only if it is absent, with its expiry, in the one command that also is the check.

use super::Draft;
use super::calls::{argument, attribute_name, is_spelled_out, keyword, others, receiver, with_keyword};
use super::quiet::is_quiet_expr;
use super::site::{Located, Site, diverges, edit, is_trivial, range};
use crate::language::Edit;
use ruff_python_ast::{CmpOp, Expr, ExprCall, Stmt, StmtIf, UnaryOp};
use std::ops::Range;

/// What the test of the check's answer says.
struct Test {
    /// Whether it holds where the key is there.
    present: bool,
    /// Whether it asks for nothing more: a value that counts as false is there all the same.
    exact: bool,
}

/// The ways to write it, the best first.
pub fn set_if_absent(site: &Site<'_>) -> Option<Vec<Draft>> {
    let check = site.check.as_ref()?;
    let (asked, done) = (check.call()?, site.act.call()?);
    let same_store = site.of(receiver(asked)?) == site.of(receiver(done)?);
    let key = |call| argument(call, 0, "name").or_else(|| keyword(call, "key")).map(|key| site.of(key));
    if !same_store || key(asked)? != key(done)? || !is_spelled_out(asked) || !is_spelled_out(done) {
        return None;
    }
    let draft = match (method(site, asked), method(site, done)) {
        ("setnx", unit @ ("expire" | "pexpire")) => with_expiry(site, check, asked, done, unit),
        ("get" | "exists" | "has_key", _) => in_one_command(site, check, done),
        _ => None,
    };
    draft.map(|draft| vec![draft])
}

fn method<'t>(site: &Site<'t>, call: &ExprCall) -> &'t str {
    attribute_name(call).map_or("", |at| site.slice(at))
}

/// `setnx`, then `expire`: both are `set(.., nx=True, ex=..)`.
fn with_expiry(
    site: &Site<'_>,
    check: &Located<'_>,
    asked: &ExprCall,
    done: &ExprCall,
    unit: &str,
) -> Option<Draft> {
    let (key, value) = (argument(asked, 0, "name")?, argument(asked, 1, "value")?);
    let time = argument(done, 1, "time")?;
    if !is_trivial(time) && !is_quiet_expr(site, time) {
        return None;
    }
    let store = site.of(receiver(asked)?);
    let option = if unit == "expire" { "ex" } else { "px" };
    let set =
        format!("{store}.set({}, {}, nx=True, {option}={})", site.of(key), site.of(value), site.of(time));
    let gone = own_statement(site, &site.act)?;
    let (outer, own) = (check.own()?, site.act.own()?);
    let follows = outer.rest().first();
    let mut complete = true;
    let taken = match (outer.statement, follows) {
        // `if client.setnx(..): client.expire(..)`
        (Stmt::If(decision), _) if is_first_in(decision, own.statement) => {
            let test = test(&decision.test, check.expr)?;
            if !test.present {
                return None;
            }
            decision
        }
        // `if not client.setnx(..): return`, then `client.expire(..)`
        (Stmt::If(decision), Some(next)) if std::ptr::eq(next, own.statement) => {
            let test = test(&decision.test, check.expr)?;
            if test.present || !decision.elif_else_clauses.is_empty() || !diverges(site, &decision.body) {
                return None;
            }
            return Some(Draft::new(vec![
                edit(range(asked), set),
                edit(site.lines_of(range(own.statement)), ""),
            ]));
        }
        // `taken = client.setnx(..)`, then `if taken: client.expire(..)`
        (Stmt::Assign(assign), Some(Stmt::If(decision))) if is_first_in(decision, own.statement) => {
            let named = matches!((assign.targets.as_slice(), &*decision.test),
                ([Expr::Name(set)], Expr::Name(asked)) if set.id == asked.id);
            // It is `None` now where it was false.
            complete = false;
            named.then_some(decision)?
        }
        // The expiry was given to whoever's key it is.
        (Stmt::Expr(_), Some(next)) if std::ptr::eq(next, own.statement) => {
            let mut draft =
                Draft::new(vec![edit(range(asked), set), edit(site.lines_of(range(own.statement)), "")]);
            draft.complete = false;
            return Some(draft);
        }
        _ => return None,
    };
    let mut edits = Vec::new();
    if taken.body.len() > 1 {
        edits.extend([edit(range(asked), set), edit(site.lines_of(gone), "")]);
    } else if taken.elif_else_clauses.is_empty() {
        // Nothing hangs on it any more.
        match outer.statement {
            Stmt::If(decision) => {
                let test = site.moved(range(&*decision.test), "", &[edit(range(asked), set)])?;
                edits.push(edit(range(outer.statement), test));
            }
            _ => {
                let lines = site.lines_of(range(follows?));
                edits.extend([edit(range(asked), set), edit(lines, "")]);
            }
        }
    } else {
        return None;
    }
    edits.sort();
    let mut draft = Draft::new(edits);
    draft.complete = complete;
    Some(draft)
}

/// A question, then `set`: `set(.., nx=True)`, or `add` where the store calls it so.
fn in_one_command(site: &Site<'_>, check: &Located<'_>, done: &ExprCall) -> Option<Draft> {
    let arguments = done.arguments.args.iter().chain(done.arguments.keywords.iter().map(|k| &k.value));
    // What is set is made before anybody knows whether it is needed.
    if !arguments.into_iter().all(|argument| is_quiet_expr(site, argument)) {
        return None;
    }
    let gone = own_statement(site, &site.act)?;
    let (outer, own) = (check.own()?, site.act.own()?);
    let Stmt::If(decision) = outer.statement else { return None };
    let asked = test(&decision.test, check.expr)?;
    let Stmt::Expr(only) = own.statement else { return None };
    let set = site.moved(range(&*only.value), site.indent(gone.start), &command(site, done)?)?;
    let mut edits = Vec::new();
    let (arm, other) = (&*decision.body, decision.elif_else_clauses.as_slice());
    let test = range(&*decision.test);
    match other {
        // `if asked: return`, then the command.
        [] if asked.present && diverges(site, arm) => {
            if !outer.rest().first().is_some_and(|next| std::ptr::eq(next, own.statement)) {
                return None;
            }
            edits.extend([edit(test, format!("not {set}")), edit(site.lines_of(gone), "")]);
        }
        // `if asked: .. else: set; ..`
        [last] if asked.present && last.test.is_none() && is_first(&last.body, own.statement) => {
            edits.push(edit(test, format!("not {set}")));
            let end = site.suite(arm)?.end;
            let lines = if last.body.len() > 1 { site.lines_of(gone) } else { end..range(decision).end };
            edits.push(edit(lines, ""));
        }
        // `if not asked: set; ..`
        _ if !asked.present && is_first(arm, own.statement) => match (arm.len(), other) {
            (1, []) => edits.push(edit(range(decision), set)),
            (1, _) => return None,
            _ => edits.extend([edit(test, set), edit(site.lines_of(gone), "")]),
        },
        _ => return None,
    }
    let mut draft = Draft::new(edits);
    draft.complete = asked.exact;
    Some(draft)
}

/// The statement that a call is, with nothing but a wait for it.
fn own_statement(site: &Site<'_>, call: &Located<'_>) -> Option<Range<usize>> {
    let own = call.own()?;
    let Stmt::Expr(only) = own.statement else { return None };
    let bare = std::ptr::eq(awaited(&only.value), call.expr);
    (bare && site.stands_alone(own.statement)).then(|| range(own.statement))
}

fn is_first(block: &[Stmt], statement: &Stmt) -> bool {
    block.first().is_some_and(|first| std::ptr::eq(first, statement))
}

fn is_first_in(decision: &StmtIf, statement: &Stmt) -> bool {
    is_first(&decision.body, statement)
}

fn awaited(expr: &Expr) -> &Expr {
    match expr {
        Expr::Await(wait) => &wait.value,
        other => other,
    }
}

/// What a condition says, where it asks for nothing but the check's answer.
fn test(condition: &Expr, check: &Expr) -> Option<Test> {
    match condition {
        Expr::UnaryOp(not) if not.op == UnaryOp::Not => {
            let inner = test(&not.operand, check)?;
            Some(Test { present: !inner.present, ..inner })
        }
        Expr::Compare(compare) => {
            let none = matches!(&*compare.comparators, [Expr::NoneLiteral(_)]);
            let present = match &*compare.ops {
                [CmpOp::Is] => false,
                [CmpOp::IsNot] => true,
                _ => return None,
            };
            let asks = none && std::ptr::eq(awaited(&compare.left), check);
            asks.then_some(Test { present, exact: true })
        }
        other if std::ptr::eq(awaited(other), check) => {
            let Expr::Call(call) = check else { return None };
            let exact = !matches!(&*call.func, Expr::Attribute(a) if a.attr.as_str() == "get");
            Some(Test { present: true, exact })
        }
        _ => None,
    }
}

/// What makes a command that sets one that sets only what is absent.
fn command(site: &Site<'_>, done: &ExprCall) -> Option<Vec<Edit>> {
    const REDIS: [&str; 4] = ["ex", "exat", "px", "pxat"];
    const CACHE: [&str; 4] = ["expire", "exptime", "time", "timeout"];
    let (key, store) = (argument(done, 0, "name")?, site.of(receiver(done)?));
    match method(site, done) {
        name @ ("setex" | "psetex") => {
            let (time, value) = (argument(done, 1, "time")?, argument(done, 2, "value")?);
            let option = if name == "setex" { "ex" } else { "px" };
            let (key, value, time) = (site.of(key), site.of(value), site.of(time));
            Some(vec![edit(range(done), format!("{store}.set({key}, {value}, nx=True, {option}={time})"))])
        }
        "set" => {
            let has = |options: &[&str]| options.iter().any(|name| keyword(done, name).is_some());
            let of_redis = has(&REDIS) || is_imported(site, &["redis", "aioredis", "valkey", "fakeredis"]);
            let of_cache = has(&CACHE) || is_imported(site, &["django", "pymemcache", "memcache", "pylibmc"]);
            match (of_redis, of_cache) {
                (true, false) => {
                    others(site, done, &["name", "value"], &REDIS)?;
                    Some(vec![with_keyword(site, done, "nx", "True")?])
                }
                (false, true) => Some(vec![edit(attribute_name(done)?, "add")]),
                // Nobody can say which store it is.
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether the file imports one of these packages, or something of it.
fn is_imported(site: &Site<'_>, packages: &[&str]) -> bool {
    site.module.iter().any(|statement| {
        let name = match statement {
            Stmt::Import(import) => import.names.first().map(|alias| alias.name.as_str()),
            Stmt::ImportFrom(import) => import.module.as_ref().map(|module| module.as_str()),
            _ => None,
        };
        name.and_then(|name| name.split('.').next()).is_some_and(|first| packages.contains(&first))
    })
}
