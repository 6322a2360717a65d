//! `with`: what is given back at the end of a block, and what a block may fail with in silence.

use super::attempts::{Caught, Handler};
use super::calls::Given;
use super::lower::{Lowerer, span};
use super::standard::is_standard;
use super::types::{Ty, dotted};
use super::value::{V, Val};
use crate::flow::{Certainty, Effect, Kinds, LockScope, OnFailure, Operation, Place, ResultId, Step};
use crate::source::Span;
use ruff_python_ast::{Expr, Stmt, WithItem};

impl<'t> Lowerer<'_, 't> {
    /// The items of a `with` statement, and its body.
    pub fn with_items(&mut self, items: &'t [WithItem], body: &'t [Stmt], at: Span) {
        let Some((item, rest)) = items.split_first() else { return self.statements(body) };
        if let Some(caught) = self.suppressed(&item.context_expr) {
            let handlers = [Handler { caught, name: None, body: &[] }];
            return self.attempt(at, &handlers, &[], |this| this.with_items(rest, body, at));
        }
        let started = self.started.len();
        self.block_with(|this| {
            let (value, released) = this.entered(&item.context_expr);
            let waits = value.ty.name().is_some_and(|owner| {
                let leave = [dotted(owner).as_str(), ".__exit__"].concat();
                this.file.models.api(&leave).is_some_and(|api| api.joins)
            });
            let locks = is_lock_name(&item.context_expr) || this.is_lock(&value);
            if this.enters_waiting && locks {
                this.waits.push(span(&item.context_expr));
            }
            if this.enters_waiting && !locks {
                this.suspends(None, span(&item.context_expr));
            }
            if let Some(target) = &item.optional_vars {
                this.set(target, value);
            }
            this.deeper(|this| this.with_items(rest, body, at));
            if waits {
                this.join_since(started);
            }
            released
        });
    }

    /// A block at whose end what it was begun with is released.
    pub fn block_with(&mut self, fill: impl FnOnce(&mut Self) -> Option<ResultId>) {
        let handed_out = std::mem::take(&mut self.handed_out);
        let (mut block, released) = self.in_block(fill);
        let stays = self.handed_out;
        self.handed_out |= handed_out;
        if let Some(result) = released.filter(|_| !stays) {
            block.drops.push(result);
            self.held.retain(|(_, held)| *held != result);
            if let Some(outermost) = self.blocks.first_mut() {
                outermost.drops.retain(|r| *r != result);
            }
        }
        let diverged = std::mem::take(&mut self.diverged);
        self.push_all(block);
        self.diverged |= diverged;
    }

    /// What `contextlib.suppress` lets pass.
    fn suppressed(&self, expr: &'t Expr) -> Option<Caught> {
        let Expr::Call(call) = expr else { return None };
        let name = self.file.names.qualified(&call.func)?;
        if name != "contextlib::suppress" {
            return None;
        }
        let mut caught = Caught::default();
        for class in &call.arguments.args {
            let class = if let Expr::Starred(starred) = class { &*starred.value } else { class };
            let one = self.caught(Some(class));
            caught = Caught {
                kinds: caught.kinds.union(one.kinds),
                foreign: caught.foreign || one.foreign,
                values: caught.values || one.values,
            };
        }
        if call.arguments.args.is_empty() {
            caught.kinds = Kinds::NONE;
        }
        Some(caught)
    }

    /// What a context manager gives to its block, and what is released at the end of that.
    pub fn entered(&mut self, expr: &'t Expr) -> (Val<'t>, Option<ResultId>) {
        let value = self.expr(expr);
        let at = span(expr);
        let owner = value.ty.name().map(dotted);
        if let Some(api) =
            owner.as_ref().and_then(|o| self.file.models.api(&[o.as_str(), ".__enter__"].concat()))
        {
            let locks = matches!(api.effect, Some(Operation::Lock { .. }));
            let already = match &value.v {
                V::Result(r) => self.held.iter().any(|(_, held)| held == r).then_some(*r),
                _ => None,
            };
            if let Some(held) = already {
                return (value, Some(held));
            }
            let entered = self.api_call(api, Given::plain(vec![value.clone()]), at);
            let result = match entered.v {
                V::Result(r) => Some(r),
                V::Cond(ref c) => {
                    let mut found = None;
                    c.results(&mut |r| found = Some(r));
                    found
                }
                _ => None,
            };
            return if locks { (value, result) } else { (entered, result) };
        }
        match &value.v {
            V::Result(r) => {
                let result = *r;
                (value, Some(result))
            }
            V::Cond(c) => {
                let mut found = None;
                c.results(&mut |r| found = Some(r));
                (value, found)
            }
            V::Place(_) | V::Struct(_) => {
                if let Some(owner) = value.ty.name().map(str::to_owned)
                    && self.method(&owner, "__enter__").is_some()
                {
                    let entered = self.call_method(value, "__enter__", Given::plain(Vec::new()), at);
                    let result = match entered.v {
                        V::Result(r) => Some(r),
                        _ => None,
                    };
                    // What enters itself is what nearly all hand out.
                    let ty = if entered.ty == Ty::Unknown { Ty::named(&owner) } else { entered.ty };
                    return (Val { ty, ..entered }, result);
                }
                // Of a class of another file, whose locks are held until the end of the block too.
                if value.ty.name().is_some_and(|of| {
                    self.file.models.canonical_type(&dotted(of)).is_none() && !is_standard(of)
                }) {
                    let entered = self.call_method(value.clone(), "__enter__", Given::plain(Vec::new()), at);
                    if let V::Result(r) = entered.v {
                        return (value, Some(r));
                    }
                }
                match is_lock_name(expr) {
                    true => {
                        let result = self.presumed_lock(&value, at);
                        (value, Some(result))
                    }
                    false => (value, None),
                }
            }
            _ => (value, None),
        }
    }

    /// Whether what is entered is a lock by its type.
    fn is_lock(&self, value: &Val<'t>) -> bool {
        value.ty.name().is_some_and(|owner| {
            let enter = [dotted(owner).as_str(), ".__enter__"].concat();
            self.file.models.api(&enter).is_some_and(|api| matches!(api.effect, Some(Operation::Lock { .. })))
        })
    }

    /// A lock by its name alone.
    fn presumed_lock(&mut self, value: &Val<'t>, at: Span) -> ResultId {
        let place = self.place_of(value, "lock");
        self.hold(place, presumed(LockScope::Process), at)
    }

    /// Takes a lock of which no more is known than its name.
    pub fn hold(&mut self, place: Place, operation: Operation, at: Span) -> ResultId {
        let result = self.result();
        let site = self.site(at);
        self.push(Step::Effect(Effect {
            on_failure: OnFailure::Propagate,
            certainty: Certainty::Presumed,
            ..Effect::plain(operation, place.clone(), result, "with".into(), site)
        }));
        self.result_places.insert(result, place.clone());
        self.held.push((place, result));
        result
    }
}

/// What taking a lock is that goes by its name.
pub fn presumed(scope: LockScope) -> Operation {
    Operation::Lock { shared: false, blocking: true, scope }
}

/// Whether what is entered goes by the name of a lock.
pub fn is_lock_name(expr: &Expr) -> bool {
    let name = match expr {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        Expr::Subscript(subscript) => return is_lock_name(&subscript.value),
        _ => return false,
    };
    let name = name.to_ascii_lowercase();
    name.ends_with("lock") || name.ends_with("mutex") || name.ends_with("locks")
}
