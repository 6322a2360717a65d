//! What the tasks of a process share in memory: what a mutex keeps, as far as one asynchronous function locks it twice, tests what it
//! keeps, and sets it. All others have no effects in memory, which keeps summaries small.

use super::lower::Lowerer;
use super::types::Ty;
use super::value::{Maybe, V, Val};
use crate::flow::{Condition, Effect, MemoryOperation, Operation, Place, PlaceKind, ResultId, Step, Value};
use crate::source::Span;
use std::rc::Rc;
use syn::visit::{Visit, visit_expr_assign, visit_expr_await, visit_expr_method_call};
use syn::{Expr, ExprMethodCall, Member, Signature, UnOp};

/// Methods that lock.
const LOCKS: [&str; 3] = ["lock", "read", "write"];
/// Methods of mappings and options that ask whether something is there, and those that put something there.
const TESTS: [&str; 9] =
    ["as_deref", "as_mut", "as_ref", "contains", "contains_key", "get", "get_mut", "is_none", "is_some"];
const SETS: [&str; 2] = ["insert", "replace"];

/// Whether a function tests and sets what tasks share, and waits.
pub fn shares(signature: &Signature, block: &syn::Block) -> bool {
    if signature.asyncness.is_none() {
        return false;
    }
    let mut look = Look::default();
    look.visit_block(block);
    let twice =
        look.locked.iter().enumerate().any(|(at, name)| look.locked.iter().skip(at + 1).any(|n| n == name));
    look.waits && look.tests && look.sets && twice
}

#[derive(Default)]
struct Look {
    /// What is locked, by its last name.
    locked: Vec<String>,
    tests: bool,
    sets: bool,
    waits: bool,
}

impl Visit<'_> for Look {
    fn visit_expr_method_call(&mut self, e: &ExprMethodCall) {
        let name = e.method.to_string();
        if LOCKS.contains(&name.as_str()) && e.args.is_empty() {
            self.locked.extend(last_name(&e.receiver));
        }
        self.tests |= TESTS.contains(&name.as_str());
        self.sets |= SETS.contains(&name.as_str());
        visit_expr_method_call(self, e);
    }

    fn visit_expr_assign(&mut self, e: &syn::ExprAssign) {
        self.sets |= matches!(&*e.left, Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)));
        visit_expr_assign(self, e);
    }

    fn visit_expr_await(&mut self, e: &syn::ExprAwait) {
        self.waits = true;
        visit_expr_await(self, e);
    }

    fn visit_item(&mut self, _: &syn::Item) {}
}

fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Field(field) => match &field.member {
            Member::Named(name) => Some(name.to_string()),
            Member::Unnamed(_) => None,
        },
        Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

impl Lowerer<'_> {
    /// A method of what a mutex keeps, where that is an effect in memory.
    pub fn memory_method(&mut self, e: &ExprMethodCall, receiver: &Val) -> Option<Val> {
        let place = self.kept(receiver)?;
        let name = e.method.to_string();
        let arguments: Vec<&Expr> = e.args.iter().collect();
        let span = self.file.spans.method_call(e);
        match (name.as_str(), arguments.as_slice()) {
            ("is_some", []) => Some(Val::cond(self.memory_test(place, span))),
            ("is_none", []) => Some(Val::cond(self.memory_test(place, span).negated())),
            ("as_ref" | "as_mut" | "as_deref", []) => Some(self.found(place, receiver, span)),
            ("contains_key" | "contains", [key]) => {
                let place = self.entry(place, key)?;
                Some(Val::cond(self.memory_test(place, span)))
            }
            ("get" | "get_mut", [key]) => {
                let place = self.entry(place, key)?;
                Some(self.found(place, receiver, span))
            }
            ("insert", [key, value]) => {
                let place = self.entry(place, key)?;
                let value = self.expr(value);
                self.moved(&value);
                self.memory(MemoryOperation::Set, place, Some(&value), span);
                Some(Val::opaque().with_data(&value.provenance()))
            }
            ("replace", [value]) => {
                let value = self.expr(value);
                self.moved(&value);
                self.memory(MemoryOperation::Set, place, Some(&value), span);
                Some(Val::opaque().with_data(&value.provenance()))
            }
            _ => None,
        }
    }

    /// `*guard = value`, where that sets what tasks share.
    pub fn memory_assigned(&mut self, left: &Expr, value: &Val, span: Span) {
        let Expr::Unary(unary) = left else { return };
        if !self.shares || !matches!(unary.op, UnOp::Deref(_)) {
            return;
        }
        let target = self.expr(&unary.expr);
        let Some(place) = self.kept(&target) else { return };
        let nothing = matches!(&value.v, V::Maybe(m) if m.ok == Condition::Constant(false));
        let operation = if nothing { MemoryOperation::Clear } else { MemoryOperation::Set };
        self.memory(operation, place, Some(value), span);
    }

    /// The task waits for something, while others run. Who waits for a lock is seen by the lock.
    pub fn suspends(&mut self, awaited: &Val, span: Span) {
        if self.shares && self.kept(awaited).is_none() {
            self.push_memory(Operation::Suspend, Place::literal(""), None, span);
        }
    }

    /// What the mutex keeps that the value is a guard of.
    fn kept(&self, guard: &Val) -> Option<Place> {
        match guard.v {
            V::Result(r) if self.shares && self.mutex_guards.contains(&r) => {
                let place = self.result_places.get(&r)?;
                let unknown =
                    place.any(&mut |kind| matches!(kind, PlaceKind::Opaque { .. } | PlaceKind::Private(_)));
                (!unknown).then(|| place.clone())
            }
            _ => None,
        }
    }

    fn entry(&mut self, of: Place, key: &Expr) -> Option<Place> {
        let (block, key) = self.in_block(|this| {
            let key = this.expr(key);
            this.known_place(&key)
        });
        let key = key.filter(|_| block.steps.is_empty())?;
        Some(Place::new(PlaceKind::Call { callee: "[]".into(), arguments: vec![of, key] }))
    }

    fn memory_test(&mut self, place: Place, span: Span) -> Condition {
        Condition::True(self.memory(MemoryOperation::Test, place, None, span))
    }

    /// An option that is something if something is there.
    fn found(&mut self, place: Place, of: &Val, span: Span) -> Val {
        let ok = self.memory_test(place, span);
        let payload = Val::opaque().with_data(&of.provenance());
        let maybe = Maybe { ok, errors: Vec::new(), payload };
        Val::new(V::Maybe(Rc::new(maybe)), Ty::Option(Rc::new(Ty::Unknown)))
    }

    fn memory(
        &mut self,
        operation: MemoryOperation,
        place: Place,
        value: Option<&Val>,
        span: Span,
    ) -> ResultId {
        self.push_memory(Operation::Memory(operation), place, value, span)
    }

    fn push_memory(
        &mut self,
        operation: Operation,
        place: Place,
        value: Option<&Val>,
        span: Span,
    ) -> ResultId {
        let result = self.result();
        let site = self.site(span);
        let content = value.and_then(|value| self.known_place(value)).map_or(Value::Opaque, Value::Place);
        self.push(Step::Effect(Effect {
            data: value.map(Val::provenance).unwrap_or_default(),
            content,
            ..Effect::plain(operation, place, result, "assignment".into(), site)
        }));
        result
    }
}
