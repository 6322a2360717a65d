//! Channels: who makes them, sends through them and takes from them.
//!
//! Both ends stand for one place. A channel is followed only where all that is done with its two variables is plain to see.

use super::lower::Lowerer;
use super::types::Ty;
use super::value::{V, Val};
use crate::flow::{Operation, Place, Room};
use crate::language::models::{Api, Models};
use crate::source::Span;
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{Visit, visit_block, visit_expr, visit_expr_method_call, visit_local};
use syn::{Expr, Pat, Stmt};

impl Lowerer<'_> {
    /// A row that makes a channel: its two ends.
    pub fn channel(&mut self, api: &Api, syntax: &[&Expr], span: Span) -> Val {
        let size = api.data.and_then(|at| syntax.get(at)).copied();
        let room = match size {
            Some(Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. })) => {
                number.base10_parse().map_or(Room::Unknown, Room::Limited)
            }
            _ => Room::Unknown,
        };
        let place = self.fresh_place("channel");
        self.hand_over(Operation::Channel { room, holds: false }, place.clone(), &api.name, span);
        self.channels.insert(place.clone());
        let ty = api.returns.as_deref().map_or(Ty::Unknown, Ty::of_name);
        let end = Val::place(place, ty);
        Val::new(V::Tuple(vec![end.clone(), end]), Ty::Unknown)
    }

    /// A row that sends or takes. Of a channel that is not followed, taking is waiting for somebody.
    pub fn through_channel(&mut self, operation: Operation, api: &Api, value: &Val, span: Span) -> Val {
        let Some(place) = self.known_place(value) else { return Val::opaque() };
        let operation = match (operation, self.channels.contains(&place)) {
            (operation, true) => operation,
            (Operation::Receive { waits: true }, false) => Operation::Wait,
            _ => return Val::opaque(),
        };
        let result = self.hand_over(operation, place, &api.name, span);
        Val { v: V::Opaque, ty: Ty::Unknown, data: vec![result] }
    }

    /// A variable whose value comes out of a followed channel, one in each round.
    pub fn taken_in_turn(&mut self, iterated: &Val, span: Span) {
        if let Some(place) = self.known_place(iterated).filter(|place| self.channels.contains(place)) {
            self.hand_over(Operation::Receive { waits: true }, place, "for", span);
        }
    }

    /// Variables were bound: where these are the ends of a channel, and the statements that follow do something with them that is
    /// not followed, that is said.
    pub fn note_channel(&mut self, local: &syn::Local, rest: &[Stmt]) {
        let Pat::Tuple(ends) = &local.pat else { return };
        let names: Vec<String> = ends
            .elems
            .iter()
            .filter_map(|end| match end {
                Pat::Ident(ident) => Some(ident.ident.to_string()),
                _ => None,
            })
            .collect();
        let [sender, taker] = names.as_slice() else { return };
        let channel = [sender, taker].into_iter().find_map(|name| self.channel_of(name));
        let Some(place) = channel else { return };
        let mut uses = Uses { senders: vec![sender.clone()], taker: taker.clone(), plain: true };
        rest.iter().for_each(|statement| uses.visit_stmt(statement));
        if !uses.plain {
            let span = self.file.spans.of(local.let_token.span);
            self.hand_over(Operation::HandOver, place, "let", span);
        }
    }

    fn channel_of(&self, name: &str) -> Option<Place> {
        let place = self.known_place(self.local(name)?)?;
        self.channels.contains(&place).then_some(place)
    }
}

/// What is done with the ends of a channel.
struct Uses {
    /// The variables that hold the sending end.
    senders: Vec<String>,
    taker: String,
    plain: bool,
}

impl Uses {
    fn names(&self, expr: &Expr) -> Option<String> {
        let name = match expr {
            Expr::Path(path) => path.path.get_ident()?.to_string(),
            Expr::Reference(inner) => return self.names(&inner.expr),
            Expr::Paren(inner) => return self.names(&inner.expr),
            _ => return None,
        };
        self.is_end(&name).then_some(name)
    }

    fn is_end(&self, name: &str) -> bool {
        self.senders.iter().any(|sender| sender == name) || self.taker == name
    }

    fn mentions(&self, tokens: TokenStream) -> bool {
        tokens.into_iter().any(|tree| match tree {
            TokenTree::Ident(ident) => self.is_end(&ident.to_string()),
            TokenTree::Group(group) => self.mentions(group.stream()),
            _ => false,
        })
    }
}

impl<'a> Visit<'a> for Uses {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if !self.plain {
            return;
        }
        match expr {
            // `drop(sender)`; who drops the other end lets those go on that wait.
            Expr::Call(call) => {
                let drops = matches!(&*call.func, Expr::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "drop"));
                let dropped = call.args.first().and_then(|argument| self.names(argument));
                if drops && dropped.is_some_and(|name| name != self.taker) {
                    return;
                }
            }
            Expr::MethodCall(call) => {
                let known = |method: &str| {
                    let row = Models::rust().api(&["std::sync::mpsc::SyncSender::", method].concat());
                    row.is_some_and(|api| {
                        matches!(api.effect, Some(Operation::Send { .. } | Operation::Receive { .. }))
                    })
                };
                if self.names(&call.receiver).is_some() && known(&call.method.to_string()) {
                    call.args.iter().for_each(|argument| self.visit_expr(argument));
                    return;
                }
                return visit_expr_method_call(self, call);
            }
            Expr::ForLoop(each) => {
                let iterated = match &*each.expr {
                    Expr::MethodCall(call) if call.method == "iter" || call.method == "into_iter" => {
                        &call.receiver
                    }
                    other => other,
                };
                if self.names(iterated).is_some_and(|name| name == self.taker) {
                    return visit_block(self, &each.body);
                }
            }
            Expr::Path(_) => self.plain &= self.names(expr).is_none(),
            _ => {}
        }
        visit_expr(self, expr);
    }

    fn visit_local(&mut self, local: &'a syn::Local) {
        if let (Pat::Ident(to), Some(init)) = (&local.pat, &local.init)
            && let Expr::MethodCall(call) = &*init.expr
            && call.method == "clone"
            && let Some(name) = self.names(&call.receiver)
            && name != self.taker
        {
            self.senders.push(to.ident.to_string());
            return;
        }
        visit_local(self, local);
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        self.plain &= !self.mentions(mac.tokens.clone());
    }
}
