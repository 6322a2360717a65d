//! Methods of `Result`, `Option` and `bool`: what they make of their receiver, and what their closures are given.

use super::lower::Lowerer;
use super::patterns::wrap;
use super::types::Ty;
use super::value::{Maybe, V, Val};
use crate::flow::{Asked, Condition, OnFailure};
use crate::language::conditions::{all, any, failed};
use crate::source::Span;
use std::rc::Rc;
use syn::{Expr, ExprMethodCall};

impl Lowerer<'_> {
    /// Methods of `Result`, `Option` and `bool`, and of what errors are wrapped in.
    pub fn combinator(&mut self, e: &ExprMethodCall, receiver: &Val, name: &str, span: Span) -> Option<Val> {
        if let V::Cond(c) = &receiver.v {
            let c = c.clone();
            return match name {
                "then" => {
                    let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                    let value = self.branch(
                        c.clone(),
                        |this| {
                            let payload = this.call_value(&body, Vec::new(), span);
                            Val { ty: Ty::Option(Rc::new(payload.ty.clone())), ..Val::success(payload) }
                        },
                        |_| Val::failure(None),
                    );
                    Some(value)
                }
                "then_some" => {
                    let payload = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                    let ty = Ty::Option(Rc::new(payload.ty.clone()));
                    Some(Val::new(V::Maybe(Rc::new(Maybe { ok: c, errors: Vec::new(), payload })), ty))
                }
                _ => None,
            };
        }
        match name {
            "ok" | "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" | "map_or" | "map_or_else"
            | "is_ok" | "is_err" => {
                self.note_malformed(receiver, OnFailure::Continue);
                if name.starts_with("unwrap_or") || name.starts_with("map_or") {
                    self.note_defaulted(receiver);
                }
            }
            "unwrap" | "expect" => self.note_malformed(receiver, OnFailure::Panic),
            _ => {}
        }
        let optional =
            matches!(receiver.ty, Ty::Result(_) | Ty::Option(_)) || matches!(receiver.v, V::Maybe(_));
        // A call's result of unknown type is taken for a `Result` where only that makes sense.
        let may_be = optional || (receiver.ty == Ty::Unknown && matches!(receiver.v, V::Result(_)));
        if !may_be {
            // A value taken for granted (an environment lookup, a home directory) passes through its unwrapping.
            return match name {
                "is_empty" if e.args.is_empty() && matches!(receiver.v, V::Place(_)) => {
                    Some(Val::cond(self.answer_about(receiver, Asked::Truth).negated()))
                }
                "unwrap" | "expect" | "unwrap_or_default" | "with_context" | "context" | "ok_or"
                | "ok_or_else" | "ok" | "map_err" | "wrap_err" | "wrap_err_with" | "into_diagnostic"
                | "cloned" | "copied" | "unwrap_or_else" | "unwrap_or" | "as_deref" | "transpose"
                    if !matches!(receiver.v, V::Opaque) || matches!(receiver.ty, Ty::Unknown) =>
                {
                    for argument in &e.args {
                        // Their closures build an error or a default: no effect on shared state that matters.
                        if !matches!(argument, Expr::Closure(_)) {
                            self.expr(argument);
                        }
                    }
                    Some(Val { ty: receiver.ty.payload(), ..receiver.clone() })
                }
                _ => None,
            };
        }
        let parts = receiver.as_maybe();
        match name {
            "unwrap" | "expect" | "unwrap_unchecked" | "expect_err" | "unwrap_err" => {
                self.evaluate_arguments(e);
                if name.ends_with("_err") {
                    let error = parts.and_then(|m| m.error());
                    return Some(error.map_or_else(Val::opaque, |r| Val::new(V::Error(r), Ty::Unknown)));
                }
                Some(self.unwrap(receiver.clone(), OnFailure::Panic))
            }
            "is_some" | "is_none" if parts.is_none() && matches!(receiver.v, V::Place(_)) => {
                let absent = self.answer_about(receiver, Asked::Absence);
                Some(Val::cond(if name == "is_none" { absent } else { absent.negated() }))
            }
            "is_ok" | "is_some" => Some(Val::cond(parts?.ok)),
            "is_err" | "is_none" => Some(Val::cond(match parts?.ok {
                Condition::Ok(r) => failed(r),
                ok => ok.negated(),
            })),
            "is_ok_and" | "is_some_and" | "is_none_or" => {
                let m = parts?;
                let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                let payload = self.boolean_payload(m.payload);
                let (mut holds, block) = self.aside(|this| {
                    let value = this.call_value(&body, vec![payload], span);
                    this.condition_of(&value)
                });
                self.push_branch(m.ok.clone(), block, crate::flow::Block::default());
                if name == "is_none_or" {
                    return Some(Val::cond(any(vec![m.ok.negated(), holds])));
                }
                holds = all(vec![m.ok, holds]);
                Some(Val::cond(holds))
            }
            "is_err_and" => {
                let m = parts?;
                let error = m.error().map_or_else(Val::opaque, |r| Val::new(V::Error(r), Ty::Unknown));
                let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                let (holds, _) = self.aside(|this| {
                    let value = this.call_value(&body, vec![error], span);
                    this.condition_of(&value)
                });
                let fails = match &m.ok {
                    Condition::Ok(r) => failed(*r),
                    ok => ok.clone().negated(),
                };
                // A kind test implies the failure.
                Some(Val::cond(match holds {
                    Condition::Failed(..) => holds,
                    holds => all(vec![fails, holds]),
                }))
            }
            "transpose" if matches!(receiver.v, V::Maybe(_)) => {
                // `Option<Result<T, E>>` to `Result<Option<T>, E>`: nothing there is no failure.
                let m = parts?;
                let inner = m.payload.as_maybe()?;
                let ok = any(vec![m.ok.clone().negated(), inner.ok.clone()]);
                let present =
                    Maybe { ok: all(vec![m.ok, inner.ok]), errors: Vec::new(), payload: inner.payload };
                let payload = Val::new(V::Maybe(Rc::new(present)), Ty::Option(Rc::new(Ty::Unknown)));
                let ty = Ty::Result(Rc::new(payload.ty.clone()));
                Some(Val::new(V::Maybe(Rc::new(Maybe { ok, errors: inner.errors, payload })), ty))
            }
            "ok"
            | "into_diagnostic"
            | "as_ref"
            | "as_mut"
            | "as_deref"
            | "as_deref_mut"
            | "cloned"
            | "copied"
            | "context"
            | "with_context"
            | "wrap_err"
            | "wrap_err_with"
            | "ok_or"
            | "ok_or_else"
            | "change_context"
            | "attach"
            | "attach_printable"
            | "attach_printable_lazy"
            | "fs_context"
            | "path_context"
            | "transpose"
            | "flatten"
            | "inspect_err"
            | "log_err"
            | "path_err"
            | "io_context"
            | "map_err"
            | "err_into"
            | "into_future"
            | "boxed"
            | "fuse"
            | "change_context_lazy"
            | "with_path"
            | "at"
            | "to_owned"
            | "clone"
            | "unwrap_or_log" => {
                if optional
                    || matches!(
                        name,
                        "context" | "with_context" | "wrap_err" | "map_err" | "wrap_err_with" | "ok"
                    )
                {
                    let value = self.error_mapped(e, receiver, name, span);
                    return Some(value);
                }
                None
            }
            "err" => {
                let m = parts?;
                let error = m.error().map_or_else(Val::opaque, |r| Val::new(V::Error(r), Ty::Unknown));
                let maybe = Maybe { ok: m.ok.negated(), errors: Vec::new(), payload: error };
                Some(Val::new(V::Maybe(Rc::new(maybe)), Ty::Option(Rc::new(Ty::Unknown))))
            }
            "unwrap_or" | "unwrap_or_default" => {
                let Some(m) = parts else {
                    // A lookup whose success is taken for granted.
                    self.evaluate_arguments(e);
                    return Some(Val { ty: receiver.ty.payload(), ..receiver.clone() });
                };
                let default = e.args.first().map(|a| self.expr(a)).unwrap_or_else(|| {
                    if m.payload.ty == Ty::Bool {
                        Val::cond(Condition::Constant(false))
                    } else {
                        Val::opaque()
                    }
                });
                if let V::Result(r) = m.payload.v
                    && m.payload.ty == Ty::Bool
                    && let V::Cond(default) = &default.v
                {
                    // `try_exists().unwrap_or(false)`.
                    let ok = all(vec![Condition::Ok(r), Condition::True(r)]);
                    return Some(Val::cond(match default {
                        Condition::Constant(false) => Condition::True(r),
                        other => any(vec![ok, all(vec![failed(r), other.clone()])]),
                    }));
                }
                let payload = self.boolean_payload(m.payload);
                let ok = m.ok;
                if matches!(ok, Condition::Ok(_)) && matches!(payload.v, V::Result(_)) {
                    return Some(Val { data: payload.observed(), ..payload });
                }
                Some(self.join(&ok, payload, default, ""))
            }
            "unwrap_or_else" | "map_or" | "map_or_else" | "map" | "and_then" | "or_else" | "filter"
            | "inspect" | "and" | "or" | "then" | "map_ok" | "is_ok_or" => {
                self.closure_combinator(e, parts, receiver, name, span)
            }
            _ => None,
        }
    }

    fn evaluate_arguments(&mut self, e: &ExprMethodCall) {
        for argument in &e.args {
            if !matches!(argument, Expr::Lit(_)) {
                self.expr(argument);
            }
        }
    }

    /// `map_err` and its like: the failure stays one, with effects of the closure on that way only.
    fn error_mapped(&mut self, e: &ExprMethodCall, receiver: &Val, name: &str, span: Span) -> Val {
        if matches!(name, "map_err" | "inspect_err")
            && let Some(argument) = e.args.first()
            && matches!(argument, Expr::Closure(_))
            && let Some(m) = receiver.as_maybe()
        {
            let body = self.expr(argument);
            let error = m.error().map_or_else(Val::opaque, |r| Val::new(V::Error(r), Ty::Unknown));
            let (_, block) = self.aside(|this| this.call_value(&body, vec![error], span));
            self.push_branch(m.ok, crate::flow::Block::default(), block);
        }
        match name {
            "ok" => Val { ty: Ty::Option(Rc::new(receiver.ty.payload())), ..receiver.clone() },
            "flatten" => Val { ty: receiver.ty.payload(), ..receiver.clone() },
            _ if matches!(receiver.ty, Ty::Unknown) => receiver.clone(),
            _ => receiver.clone(),
        }
    }

    fn closure_combinator(
        &mut self,
        e: &ExprMethodCall,
        parts: Option<Maybe>,
        receiver: &Val,
        name: &str,
        span: Span,
    ) -> Option<Val> {
        let Some(m) = parts else {
            // A lookup whose success is taken for granted, or an iterator: elsewhere.
            let payload = Val { ty: receiver.ty.payload(), ..receiver.clone() };
            return match name {
                "map" | "and_then" | "map_or" | "map_or_else" => {
                    let body = e.args.last().map(|a| self.expr(a)).unwrap_or_default();
                    let value = self.call_value(&body, vec![payload], span);
                    Some(if name == "map" {
                        Val { ty: wrap(&receiver.ty, value.ty.clone()), ..value }
                    } else {
                        value
                    })
                }
                "filter" if matches!(receiver.ty, Ty::Option(_)) => {
                    let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                    let answer = self.call_value(&body, vec![payload.clone()], span);
                    let ok = self.condition_of(&answer);
                    let kept = Maybe { ok, errors: Vec::new(), payload };
                    Some(Val::new(V::Maybe(Rc::new(kept)), receiver.ty.clone()))
                }
                "unwrap_or_else" | "or_else" | "or" => Some(payload),
                _ => None,
            };
        };
        let optional =
            matches!(receiver.ty, Ty::Result(_) | Ty::Option(_)) || matches!(receiver.v, V::Maybe(_));
        if !optional && matches!(name, "filter" | "inspect" | "and" | "or" | "then" | "map") {
            // Of unknown type these are as likely an iterator's.
            return None;
        }
        let payload = self.boolean_payload(m.payload.clone());
        let error = m.error().map_or_else(Val::opaque, |r| Val::new(V::Error(r), Ty::Unknown));
        let ty = receiver.ty.clone();
        Some(match name {
            "map" | "map_ok" => {
                let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                let (value, block) = self.aside(|this| this.call_value(&body, vec![payload], span));
                self.push_branch(m.ok.clone(), block, crate::flow::Block::default());
                let ty = wrap(&ty, value.ty.clone());
                let data = value.data.clone();
                Val::new(V::Maybe(Rc::new(Maybe { ok: m.ok, errors: m.errors, payload: value })), ty)
                    .with_data(&data)
            }
            "and_then" | "then" => {
                let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                self.branch(
                    m.ok,
                    |this| this.call_value(&body, vec![payload], span),
                    |_| Val { ty, ..Val::failure_of(m.errors) },
                )
            }
            "or_else" => {
                let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                let success = Val { ty: ty.clone(), ..Val::success(payload) };
                let error_argument = if matches!(ty, Ty::Option(_)) { Vec::new() } else { vec![error] };
                self.branch(m.ok, |_| success, |this| this.call_value(&body, error_argument, span))
            }
            "unwrap_or_else" => {
                let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                let error_argument = if matches!(ty, Ty::Option(_)) { Vec::new() } else { vec![error] };
                self.branch(m.ok, |_| payload, |this| this.call_value(&body, error_argument, span))
            }
            "map_or" | "map_or_else" => {
                let default = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                let body = e.args.get(1).map(|a| self.expr(a)).unwrap_or_default();
                let by_call = name == "map_or_else";
                self.branch(
                    m.ok,
                    |this| this.call_value(&body, vec![payload], span),
                    |this| if by_call { this.call_value(&default, vec![error], span) } else { default },
                )
            }
            "filter" => {
                let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                let kept = payload.clone();
                let (holds, block) = self.aside(|this| {
                    let value = this.call_value(&body, vec![payload], span);
                    this.condition_of(&value)
                });
                self.push_branch(m.ok.clone(), block, crate::flow::Block::default());
                let ok = all(vec![m.ok, holds]);
                Val::new(V::Maybe(Rc::new(Maybe { ok, errors: m.errors, payload: kept })), ty)
            }
            "and" | "or" => {
                let other = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                let (ok, success) = (m.ok, Val { ty: ty.clone(), ..Val::success(payload) });
                if name == "or" {
                    self.branch(ok, |_| success, |_| other)
                } else {
                    self.branch(ok, |_| other, |_| Val { ty, ..Val::failure_of(m.errors) })
                }
            }
            "inspect" => {
                let body = e.args.first().map(|a| self.expr(a)).unwrap_or_default();
                let (_, block) = self.aside(|this| this.call_value(&body, vec![payload], span));
                self.push_branch(m.ok, block, crate::flow::Block::default());
                receiver.clone()
            }
            _ => return None,
        })
    }
}
