//! Channels that carry errors: who makes them, sends through them and takes from them.

use super::lower::Lowerer;
use super::syntax::{Node, bare, children, field, kind, list, number, span};
use super::types::Ty;
use super::value::{Failure, V, Val};
use crate::flow::{Effect, Operation, Place, PlaceKind, ResultId, Room, Step, Value};
use crate::source::Span;

/// How many nodes of a function are looked through for the uses of one channel.
const NODES: usize = 20_000;

impl<'t> Lowerer<'_, 't> {
    /// `errs := make(chan error, 4)`: what a variable is declared as, where that is a channel.
    pub fn channel_made(&mut self, target: Node<'t>, made: Node<'t>) {
        let made = bare(made);
        if made.kind() != "call_expression"
            || field(made, "function").is_none_or(|f| self.text(f) != "make")
            || kind(target) != "identifier"
        {
            return;
        }
        let arguments = field(made, "arguments").map(children).unwrap_or_default();
        if arguments.first().is_none_or(|ty| ty.kind() != "channel_type") {
            return;
        }
        let room = match arguments.get(1) {
            None => Room::Limited(0),
            Some(size) => number(self.text(*size)).map_or(Room::Unknown, Room::Limited),
        };
        let Some(place) = self.channel_named(self.text(target)) else { return };
        self.channel_step(Operation::Channel { room, holds: true }, place, Value::Opaque, span(made));
        self.channel_declared(target);
    }

    /// A parameter of a type that is a channel.
    pub fn channel_parameter(&mut self, declaration: Node<'t>) {
        if field(declaration, "type").is_none_or(|ty| ty.kind() != "channel_type") {
            return;
        }
        for name in super::syntax::fields(declaration, "name") {
            self.channel_declared(name);
        }
    }

    /// Takes note of a channel; one that is kept, or handed on in a way that is not followed, is said to be.
    fn channel_declared(&mut self, name: Node<'t>) {
        let Some(place) = self.channel_named(self.text(name)) else { return };
        if !self.is_plain(name) {
            self.channel_step(Operation::HandOver, place.clone(), Value::Opaque, span(name));
        }
        self.channels.insert(place);
    }

    /// The place of a variable that holds a channel of errors.
    fn channel_named(&self, name: &str) -> Option<Place> {
        let value = self.local(name)?;
        match &value.v {
            V::Place(place) if value.ty.element() == Ty::Error && is_variable(place) => Some(place.clone()),
            _ => None,
        }
    }

    /// Whether a value is a channel that is followed.
    pub fn is_channel(&self, value: &Val<'t>) -> bool {
        self.channel(value).is_some()
    }

    fn channel(&self, value: &Val<'t>) -> Option<Place> {
        match &value.v {
            V::Place(place) if self.channels.contains(place) => Some(place.clone()),
            _ => None,
        }
    }

    /// `errs <- err`
    pub fn sent(&mut self, node: Node<'t>) {
        let channel = field(node, "channel").map(|c| self.expr(c)).unwrap_or_default();
        let value = field(node, "value").map(|v| self.expr(v)).unwrap_or_default();
        if let Some(place) = self.channel(&channel) {
            let operation = Operation::Send { waits: !self.selecting };
            self.channel_step(operation, place, value.to_flow(), span(node));
        }
    }

    /// `<-errs`: the error that is taken.
    pub fn taken(&mut self, channel: &Val<'t>, at: Span) -> Option<Val<'t>> {
        let place = self.channel(channel)?;
        let operation = Operation::Receive { waits: !self.selecting };
        let result = self.channel_step(operation, place, Value::Opaque, at);
        Some(Val::error(Failure::of(result)))
    }

    /// `wg.Wait()`, `<-done`: the work that names the same group or channel is over, as far as that is plain. Where it is not exact, what
    /// was waited for comes first in the steps, and the work that is taken to be over with it follows.
    pub fn waited(&mut self, on: &Val<'t>, name: Option<&str>, exact: bool, at: Span) {
        let place = self.place_of(on, name.unwrap_or_default());
        if !exact {
            self.channel_step(Operation::Wait, place.clone(), Value::Opaque, at);
        }
        if let Some(name) = name {
            self.join_those_naming(name);
        }
        if exact {
            self.channel_step(Operation::Wait, place, Value::Opaque, at);
        }
    }

    fn channel_step(&mut self, operation: Operation, place: Place, content: Value, at: Span) -> ResultId {
        let (result, site) = (self.result(), self.site(at));
        self.push(Step::Effect(Effect {
            content,
            ..Effect::plain(operation, place, result, "chan".into(), site)
        }));
        result
    }

    /// Whether all that the function does with the variable is to send, to take, to close, and, with one of its own, to hand it to
    /// calls. Those the linker follows or leaves as they are; of those in a callee it may leave out what seems to do nothing.
    fn is_plain(&self, declared: Node<'t>) -> bool {
        let name = self.text(declared);
        let given = declared.parent().is_some_and(|p| p.kind() == "parameter_declaration");
        let mut scope = declared;
        while let Some(outer) = scope.parent() {
            scope = outer;
            let is_whole = matches!(scope.kind(), "function_declaration" | "method_declaration");
            if is_whole || (given && scope.kind() == "func_literal") {
                break;
            }
        }
        let mut pending = vec![scope];
        let mut left = NODES;
        while let Some(node) = pending.pop() {
            if left == 0 {
                return false;
            }
            left -= 1;
            if kind(node) == "identifier" && self.text(node) == name && !self.is_plain_use(node, given) {
                return false;
            }
            pending.extend(children(node));
        }
        true
    }

    fn is_plain_use(&self, node: Node<'t>, given: bool) -> bool {
        let Some(parent) = node.parent() else { return false };
        match parent.kind() {
            "send_statement" => field(parent, "channel") == Some(node),
            "unary_expression" => self.operator(parent) == "<-",
            "range_clause" => field(parent, "right") == Some(node),
            // A parameter, or a variable that `make` is put into.
            "parameter_declaration" => true,
            "expression_list" => {
                let statement = parent.parent();
                statement.is_some_and(|s| {
                    s.kind() == "short_var_declaration"
                        && field(s, "left") == Some(parent)
                        && list(Some(parent)).len() == 1
                })
            }
            "var_spec" => super::syntax::fields(parent, "name").contains(&node),
            "argument_list" => {
                let function = parent.parent().and_then(|call| field(call, "function"));
                function.is_some_and(|function| match self.text(function) {
                    "close" | "len" | "cap" => true,
                    "append" | "copy" | "panic" | "print" | "println" => false,
                    _ => {
                        !given
                            && matches!(kind(function), "identifier" | "selector_expression" | "func_literal")
                    }
                })
            }
            _ => false,
        }
    }
}

/// Whether a place is a variable's own: no part of something else.
fn is_variable(place: &Place) -> bool {
    matches!(place.kind(), PlaceKind::Opaque { .. } | PlaceKind::Parameter { .. })
}
