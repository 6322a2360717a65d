//! Chains of iterators: what their closures are given, one element after the other, where a loop or a method goes through them.

use super::lower::Lowerer;
use super::patterns;
use super::types::Ty;
use super::value::{V, Val};
use crate::flow::{Block, Condition, Exit, OnFailure, Place, PlaceKind, Step, Uniqueness};
use crate::language::conditions::add_data;
use crate::qualified;
use crate::source::Span;
use std::rc::Rc;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

/// What is gone through, and what stands between it and who goes through it, in order; nothing stands between where no closure does.
pub fn chain(expr: &Expr) -> (&Expr, Vec<&ExprMethodCall>) {
    let (mut at, mut adapters) = (expr, Vec::new());
    loop {
        at = match at {
            Expr::Paren(inner) => &inner.expr,
            Expr::MethodCall(call) if is_adapter(call) => {
                adapters.push(call);
                &call.receiver
            }
            _ => break,
        };
    }
    if adapters.iter().all(|call| call.args.is_empty() || !takes_code(call)) {
        return (expr, Vec::new());
    }
    adapters.reverse();
    (at, adapters)
}

fn is_adapter(call: &ExprMethodCall) -> bool {
    let name = call.method.to_string();
    match name.as_str() {
        "rev" | "cloned" | "copied" | "peekable" | "fuse" | "by_ref" | "enumerate" | "flatten" => {
            call.args.is_empty()
        }
        "skip" | "take" | "step_by" => call.args.len() == 1,
        _ => takes_code(call),
    }
}

fn takes_code(call: &ExprMethodCall) -> bool {
    let name = call.method.to_string();
    call.args.len() == 1
        && matches!(
            name.as_str(),
            "filter" | "map" | "filter_map" | "inspect" | "take_while" | "skip_while" | "map_while"
        )
}

impl Lowerer<'_> {
    /// The next element of what is gone through, at the head of a loop, after all that stands between.
    pub fn next_element(&mut self, iterated: &Val, adapters: &[&ExprMethodCall], at: Span) -> Val {
        let (ty, data) = (iterated.ty.element(), iterated.observed());
        let goes_on = match &iterated.v {
            V::Place(place) => self.goes_on(Some(place)),
            _ => self.opaque_condition(Vec::new()),
        };
        self.taken_in_turn(iterated, at);
        self.leave_unless(goes_on);
        let listed = match iterated.v {
            V::Result(listing) => self.next_listed(listing, "entry"),
            _ => None,
        };
        // One element goes by one name, from closure to closure.
        let name =
            adapters.iter().find_map(|call| call.args.first().and_then(element_name)).unwrap_or_default();
        let random = random_part(iterated).cloned();
        let place = listed.or(random).unwrap_or_else(|| self.fresh_place(&name));
        let item = Val { v: V::Place(place), ty, data };
        adapters.iter().fold(item, |item, call| self.adapted(item, call))
    }

    /// What an adapter makes of an element; the round ends here for those that it drops.
    fn adapted(&mut self, item: Val, call: &ExprMethodCall) -> Val {
        let name = call.method.to_string();
        let span = self.span_of_code(call);
        let code = if takes_code(call) { call.args.first().map(|a| self.expr(a)) } else { None };
        match (name.as_str(), code) {
            ("filter" | "take_while" | "skip_while", Some(code)) => {
                let answer = self.call_value(&code, vec![item.clone()], span);
                let kept = self.condition_of(&answer);
                let ends = if name == "take_while" { Exit::Break(0) } else { Exit::Continue(0) };
                self.unless(kept, ends);
                item
            }
            ("map", Some(code)) => self.call_value(&code, vec![item], span),
            ("filter_map" | "map_while", Some(code)) => {
                // `filter_map(Result::ok)`
                let made = match &code.v {
                    V::Function(name) if qualified::last(name) == "ok" => item,
                    _ => self.call_value(&code, vec![item], span),
                };
                self.held(made)
            }
            ("flatten", _) if is_optional(&item) => self.held(item),
            ("flatten", _) => {
                Val { v: V::Place(self.fresh_place("")), ty: item.ty.element(), data: item.data }
            }
            ("inspect", Some(code)) => {
                self.call_value(&code, vec![item.clone()], span);
                item
            }
            ("enumerate", _) => Val::new(V::Tuple(vec![Val::opaque(), item]), Ty::Unknown),
            _ => item,
        }
    }

    /// Where what a method is handed runs: where that stands, if it is a function's name.
    fn span_of_code(&self, call: &ExprMethodCall) -> Span {
        match call.args.first() {
            Some(Expr::Path(path)) => self.file.spans.of(path.span()),
            _ => self.file.spans.method_call(call),
        }
    }

    /// What is in an element, where there is something in it; the others are dropped.
    fn held(&mut self, item: Val) -> Val {
        match item.as_maybe().filter(|_| is_optional(&item)) {
            Some(maybe) => {
                self.unless(maybe.ok, Exit::Continue(0));
                let mut payload = maybe.payload;
                add_data(&mut payload.data, &item.data);
                payload
            }
            None => Val { ty: item.ty.payload(), ..item },
        }
    }

    /// Whether what gathers the elements stops at the first that is a failure: it makes a `Result` of theirs.
    fn stops_at_failures(&mut self, e: &ExprMethodCall, name: &str) -> bool {
        let wanted = self.wanted.take();
        let written = e.turbofish.as_ref().and_then(|t| match t.args.first()? {
            syn::GenericArgument::Type(ty) => Some(self.type_of(ty)),
            _ => None,
        });
        match name {
            "try_collect" => true,
            "collect" | "sum" => matches!(written.or(wanted), None | Some(Ty::Unknown | Ty::Result(_))),
            _ => false,
        }
    }

    fn unless(&mut self, holds: Condition, exit: Exit) {
        let leaves = Block { steps: vec![Step::Exit(exit)], drops: Vec::new() };
        self.push_branch(holds, Block::default(), leaves);
    }

    /// A method that goes through a chain of iterators: `for_each` and its like, and what gathers what closures make.
    pub fn gone_through(&mut self, e: &ExprMethodCall, name: &str) -> Option<Val> {
        let code = match name {
            "for_each" | "try_for_each" => Some(e.args.first()?),
            "collect" | "count" | "last" | "max" | "min" | "sum" | "try_collect" if e.args.is_empty() => None,
            _ => return None,
        };
        let (base, adapters) = chain(&e.receiver);
        if adapters.is_empty() && code.is_none() {
            return None;
        }
        let span = self.span_of_code(e);
        let stops = self.stops_at_failures(e, name);
        let iterated = self.expr(base);
        let closures = adapters.iter().flat_map(|call| &call.args).chain(code);
        let assigned = patterns::assigned_by(closures);
        let (mut data, mut gathered) = (iterated.observed(), Ty::Unknown);
        let mut random = None;
        let value = self.frame(span, |this| {
            let mut fails = name == "try_for_each";
            this.looped(
                None,
                assigned,
                |this| {
                    let item = this.next_element(&iterated, &adapters, span);
                    let made = match code {
                        Some(code) => {
                            let code = this.expr(code);
                            let made = this.call_value(&code, vec![item], span);
                            if matches!(made.v, V::Async(_)) { this.awaited(made, span) } else { made }
                        }
                        None => item,
                    };
                    fails |= stops && matches!(made.ty, Ty::Result(_));
                    let made = if fails { this.unwrap(made, OnFailure::Propagate) } else { made };
                    add_data(&mut data, &made.provenance());
                    // A text of characters that are drawn by lot is as random as they are.
                    random = random_part(&made).filter(|_| name == "collect").cloned();
                    gathered = made.ty;
                },
                |_| {},
            );
            let value = match random {
                Some(random) => Val::place(random, Ty::Unknown),
                None => Val::opaque(),
            };
            let value = value.with_data(&data);
            if fails { Val::success(value).with_data(&data) } else { value }
        });
        let ty = if name == "collect" { Ty::Sequence(Rc::new(gathered)) } else { Ty::Unknown };
        Some(match value.ty {
            Ty::Result(_) => Val { ty: Ty::Result(Rc::new(ty)), ..value },
            _ => Val { ty, ..value },
        })
    }
}

/// What a closure calls what it is given.
fn element_name(code: &Expr) -> Option<String> {
    let Expr::Closure(closure) = code else { return None };
    let mut names = Vec::new();
    patterns::names(closure.inputs.first()?, &mut names, 0);
    names.pop().filter(|_| names.is_empty())
}

/// What is drawn by lot, if the value is that.
fn random_part(value: &Val) -> Option<&Place> {
    match &value.v {
        V::Place(place) if matches!(place.kind(), PlaceKind::Unique(Uniqueness::Random, _)) => Some(place),
        _ => None,
    }
}

fn is_optional(value: &Val) -> bool {
    matches!(value.ty, Ty::Result(_) | Ty::Option(_)) || matches!(value.v, V::Maybe(_))
}
