//! Locks that decorators hold around what they stand at: the body of such a function runs as if it stood in the `with` of its decorator.

use super::contexts::{is_lock_name, presumed};
use super::lower::{Lowerer, span};
use super::made;
use super::names::each_block;
use crate::flow::{LockScope, Place, PlaceKind};
use crate::qualified;
use crate::source::Span;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Decorator, Expr, Stmt, StmtFunctionDef};

/// How many functions, one inside of the other, lead from a decorator to what runs in the place of what it stands at.
const INSIDE: usize = 3;

/// A lock that is held around a function.
enum Around<'t> {
    /// What the decorator enters, in the names of the function.
    Entered(&'t Expr),
    /// One that is not in sight.
    Named(Place, LockScope, Span),
}

impl<'t> Lowerer<'_, 't> {
    /// The body of a function, under what its decorators hold.
    pub fn decorated_body(&mut self, node: &'t StmtFunctionDef) {
        let around: Vec<Around<'t>> =
            node.decorator_list.iter().filter_map(|decorator| self.around(decorator, node)).collect();
        self.body_under(&around, &node.body);
    }

    fn body_under(&mut self, around: &[Around<'t>], body: &'t [Stmt]) {
        let Some((lock, rest)) = around.split_first() else { return self.statements(body) };
        self.block_with(|this| {
            let released = match lock {
                Around::Entered(expr) => this.entered(expr).1,
                Around::Named(place, scope, at) => Some(this.hold(place.clone(), presumed(*scope), *at)),
            };
            this.deeper(|this| this.body_under(rest, body));
            released
        });
    }

    fn around(&self, decorator: &'t Decorator, node: &'t StmtFunctionDef) -> Option<Around<'t>> {
        let (callee, arguments) = match &decorator.expression {
            Expr::Call(call) => (&*call.func, Some(&call.arguments)),
            other => (other, None),
        };
        let name = self.file.names.qualified(callee)?;
        let own = self.file.declared.functions.get(&name).copied().or_else(|| {
            let owner = self.class.as_deref().filter(|_| matches!(callee, Expr::Name(_)))?;
            Some(self.method(owner, qualified::last(&name))?.1)
        });
        let at = span(decorator);
        let unseen = |scope| {
            let told = arguments.and_then(|arguments| match arguments.args.first() {
                Some(Expr::StringLiteral(text)) => Some(text.value.to_str().to_owned()),
                _ => None,
            });
            let known = [name.as_str(), "(", told.as_deref().unwrap_or_default(), ")"].concat();
            Around::Named(Place::new(PlaceKind::Constant(known.into())), scope, at)
        };
        let Some(own) = own else {
            let external = arguments.is_some_and(|arguments| {
                let asked = arguments.keywords.iter().find(|k| k.arg.as_deref() == Some("external"));
                asked.is_some_and(|k| matches!(&k.value, Expr::BooleanLiteral(yes) if yes.value))
            });
            return scope_by_name(qualified::last(&name), external).map(unseen);
        };
        let held = held_around(own, own, 0)?;
        let of = made::root_of(held.lock)?;
        if let Some(at) = names_of(own).position(|parameter| parameter == of)
            && let (Expr::Name(_), Some(arguments)) = (held.lock, arguments)
        {
            return arguments.args.get(at).map(Around::Entered);
        }
        let is_of_the_wrapper = names_of(held.wrapper).any(|parameter| parameter == of);
        let is_receiver = || names_of(held.wrapper).next() == Some(of) && names_of(node).next() == Some(of);
        if !is_of_the_wrapper || is_receiver() {
            return Some(Around::Entered(held.lock));
        }
        Some(unseen(LockScope::Thread))
    }
}

/// A lock that a decorator holds while it calls what it stands at.
struct Held<'t> {
    lock: &'t Expr,
    /// What runs in the place of that.
    wrapper: &'t StmtFunctionDef,
}

/// What a decorator, or a function inside of it, holds while it calls one that it was given.
fn held_around<'t>(
    decorator: &'t StmtFunctionDef,
    inside: &'t StmtFunctionDef,
    depth: usize,
) -> Option<Held<'t>> {
    let inner = inside.body.iter().filter_map(Stmt::as_function_def_stmt);
    inner.filter(|_| depth < INSIDE).find_map(|wrapper| {
        let given: Vec<&str> = names_of(decorator).chain(names_of(inside)).collect();
        held_in(&wrapper.body, &given, depth)
            .map(|lock| Held { lock, wrapper })
            .or_else(|| held_around(decorator, wrapper, depth + 1))
    })
}

/// The lock that is entered or taken in the block before one of these is called.
fn held_in<'t>(body: &'t [Stmt], given: &[&str], depth: usize) -> Option<&'t Expr> {
    body.iter().enumerate().find_map(|(at, statement)| match statement {
        Stmt::With(with) => {
            let lock = with.items.iter().map(|item| &item.context_expr).find(|lock| is_lock_name(lock));
            lock.filter(|_| calls(&with.body, given)).or_else(|| held_in(&with.body, given, depth + 1))
        }
        Stmt::Expr(taken) => {
            let lock = taken_by(&taken.value).filter(|lock| is_lock_name(lock))?;
            calls(body.get(at + 1..)?, given).then_some(lock)
        }
        other if depth < INSIDE => {
            let mut found = None;
            each_block(other, &mut |block| found = found.or_else(|| held_in(block, given, depth + 1)));
            found
        }
        _ => None,
    })
}

/// The lock that `lock.acquire()` takes, be it waited for or not.
fn taken_by(expr: &Expr) -> Option<&Expr> {
    let call = match expr {
        Expr::Await(waited) => waited.value.as_call_expr()?,
        other => other.as_call_expr()?,
    };
    let method = call.func.as_attribute_expr()?;
    (method.attr.as_str() == "acquire").then_some(&*method.value)
}

/// Whether the block calls one of these.
fn calls(block: &[Stmt], given: &[&str]) -> bool {
    struct Search<'s> {
        given: &'s [&'s str],
        found: bool,
    }
    impl Visitor<'_> for Search<'_> {
        fn visit_expr(&mut self, expr: &Expr) {
            if let Expr::Call(call) = expr
                && let Expr::Name(name) = &*call.func
            {
                self.found |= self.given.contains(&name.id.as_str());
            }
            if !self.found {
                walk_expr(self, expr);
            }
        }
    }
    let mut search = Search { given, found: false };
    block.iter().for_each(|statement| search.visit_stmt(statement));
    search.found
}

/// The names of a function's parameters, in order.
fn names_of(function: &StmtFunctionDef) -> impl Iterator<Item = &str> {
    function.parameters.iter().map(|parameter| parameter.name().as_str())
}

/// Whom the lock keeps out that a decorator of this name takes, if it takes one that nobody shares.
fn scope_by_name(name: &str, external: bool) -> Option<LockScope> {
    let name = name.to_ascii_lowercase();
    let has = |known: &[&str]| name.split('_').any(|word| known.contains(&word));
    if has(&["no", "read", "reader", "shared", "unlock", "without"]) {
        return None;
    }
    let takes =
        has(&["lock", "locked", "mutex", "synchronise", "synchronised", "synchronize", "synchronized"]);
    // Most keep the threads of one process apart.
    let against_others = external || has(&["assert", "file", "flock", "interprocess", "process"]);
    (takes || has(&["flock", "lockfile"])).then_some(match against_others || has(&["lockfile"]) {
        true => LockScope::Process,
        false => LockScope::Thread,
    })
}

#[cfg(test)]
mod tests {
    use super::{LockScope, scope_by_name};

    #[test]
    fn a_name_tells_whom_a_lock_keeps_out() {
        for of_threads in ["synchronized", "with_lock", "locked"] {
            assert_eq!(scope_by_name(of_threads, false), Some(LockScope::Thread), "{of_threads}");
        }
        for of_all in ["file_lock", "assert_lock_file", "flock", "interprocess_locked"] {
            assert_eq!(scope_by_name(of_all, false), Some(LockScope::Process), "{of_all}");
        }
        assert_eq!(scope_by_name("synchronized", true), Some(LockScope::Process));
        for none in ["blocked", "clock", "without_lock", "read_lock", "retry"] {
            assert_eq!(scope_by_name(none, false), None, "{none}");
        }
    }
}
