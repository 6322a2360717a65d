//! Values that are the same for all who run the code: literals, constants, and what is made of these alone.

use super::calls::Given;
use super::lower::Lowerer;
use super::made::{Put, put_into, returned_by};
use super::value::{V, Val};
use crate::flow::Place;
use crate::language::texts::made;
use ruff_python_ast::{Expr, ExprCall, FStringPart, InterpolatedStringElement, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

/// How deep expressions are looked into.
const DEPTH: usize = 24;
/// How many calls of functions of the module are looked through.
const CALLS: usize = 2;

/// What makes another value of a value, and of nothing else.
const PURE_METHODS: [&str; 18] = [
    "copy",
    "decode",
    "encode",
    "format",
    "getvalue",
    "items",
    "join",
    "keys",
    "lower",
    "lstrip",
    "render",
    "replace",
    "rstrip",
    "safe_substitute",
    "splitlines",
    "strip",
    "substitute",
    "upper",
];

/// What is asked about content, and what came of it.
struct Asked<'t> {
    /// The function that it is made in, and what there is written or returned.
    within: Option<(&'t StmtFunctionDef, TextRange)>,
    /// Variables that were asked about.
    seen: Vec<&'t str>,
    /// How many calls deep the expression is.
    calls: usize,
    /// What the function is given that goes into it.
    leaves: Vec<Place>,
    /// How often something that was read goes into it.
    reads: usize,
}

impl<'t> Lowerer<'_, 't> {
    /// What the argument that stands there, a receiver counted, is made of, where that is texts and constants, what was read, and what the
    /// function is given, and nothing else. What it is given by name besides, must be texts and constants.
    pub fn made_of(&self, given: &Given<'t>, at: usize, value: &Val<'t>) -> Option<Place> {
        let node = given.node?;
        let before = given.plain.len().saturating_sub(node.arguments.args.len());
        let argument = match (at.checked_sub(before), &*node.func) {
            (Some(at), _) => node.arguments.args.get(at)?,
            (None, Expr::Attribute(attribute)) => &*attribute.value,
            (None, _) => return None,
        };
        let within = self.function.map(|function| (function, node.range()));
        let mut asked = Asked { within, seen: Vec::new(), calls: 0, leaves: Vec::new(), reads: 0 };
        let settled =
            node.arguments.keywords.iter().all(|keyword| self.settled_in(&keyword.value, &mut asked, 0));
        if !settled
            || asked.reads > 0
            || !asked.leaves.is_empty()
            || !self.settled_in(argument, &mut asked, 0)
        {
            return None;
        }
        let known = match &value.v {
            V::Place(place) => Some(place),
            _ => None,
        };
        made(known, asked.leaves, asked.reads, value.provenance())
    }

    fn settled_in(&self, expr: &'t Expr, asked: &mut Asked<'t>, depth: usize) -> bool {
        if depth > DEPTH {
            return false;
        }
        let mut one = |e: &'t Expr| self.settled_in(e, asked, depth + 1);
        match expr {
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_) => true,
            Expr::Name(name) => {
                let name = name.id.as_str();
                (is_constant(name) && self.local(name).is_none()) || self.is_made(name, asked, depth)
            }
            Expr::Attribute(attribute) => {
                is_constant(&attribute.attr) && matches!(&*attribute.value, Expr::Name(_))
            }
            Expr::List(list) => list.elts.iter().all(one),
            Expr::Tuple(tuple) => tuple.elts.iter().all(one),
            Expr::Set(set) => set.elts.iter().all(one),
            Expr::Dict(dict) => {
                dict.items.iter().all(|item| item.key.as_ref().is_none_or(&mut one) && one(&item.value))
            }
            Expr::BinOp(op) => one(&op.left) && one(&op.right),
            Expr::UnaryOp(op) => one(&op.operand),
            Expr::If(choice) => one(&choice.test) && one(&choice.body) && one(&choice.orelse),
            Expr::Subscript(subscript) => one(&subscript.value) && one(&subscript.slice),
            Expr::FString(text) => text.value.iter().all(|part| match part {
                FStringPart::Literal(_) => true,
                FStringPart::FString(text) => text.elements.iter().all(|element| match element {
                    InterpolatedStringElement::Literal(_) => true,
                    InterpolatedStringElement::Interpolation(put_in) => one(&put_in.expression),
                }),
            }),
            Expr::Call(call) => self.is_call_settled(call, asked, depth),
            _ => false,
        }
    }

    fn is_call_settled(&self, call: &'t ExprCall, asked: &mut Asked<'t>, depth: usize) -> bool {
        if let Expr::Attribute(attribute) = &*call.func
            && matches!(attribute.attr.as_str(), "read" | "read_bytes" | "read_text")
            && !self.is_pure_function(&call.func)
            && asked.calls == 0
        {
            // What a package has in it is as much its own as its texts; what else was read, the value's data tells.
            asked.reads += usize::from(!self.is_own_file(&attribute.value));
            return true;
        }
        let pure = match &*call.func {
            Expr::Attribute(attribute) if PURE_METHODS.contains(&attribute.attr.as_str()) => {
                self.settled_in(&attribute.value, asked, depth + 1) || self.is_pure_function(&call.func)
            }
            Expr::Name(name) if !self.is_pure_function(&call.func) => {
                self.makes_the_same(name.id.as_str(), asked, depth)
            }
            function => self.is_pure_function(function),
        };
        let given = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        pure && call.arguments.args.iter().chain(given).all(|e| self.settled_in(e, asked, depth + 1))
    }

    /// Whether the path is one of a package's own files, as the library gives it.
    fn is_own_file(&self, path: &Expr) -> bool {
        match path {
            Expr::BinOp(op) => self.is_own_file(&op.left),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(attribute) if matches!(attribute.attr.as_str(), "joinpath" | "open") => {
                    self.is_own_file(&attribute.value)
                }
                function => self.is_pure_function(function),
            },
            _ => false,
        }
    }

    /// Whether all that is put into the variable is settled.
    fn is_made(&self, name: &'t str, asked: &mut Asked<'t>, depth: usize) -> bool {
        let Some((function, written)) = asked.within else { return false };
        if asked.seen.contains(&name) {
            return true;
        }
        asked.seen.push(name);
        let made = put_into(function, name, written);
        if made.parameter {
            // What a callee is given was looked at where it is called.
            return made.put.is_empty()
                && match self.local(name).map(|local| &local.v) {
                    _ if asked.calls > 0 => true,
                    Some(V::Place(place)) => {
                        asked.leaves.push(place.clone());
                        true
                    }
                    _ => false,
                };
        }
        !made.put.is_empty()
            && made.put.into_iter().all(|put| match put {
                Put::Of(expr) => self.settled_in(expr, asked, depth + 1),
                Put::Anything => false,
            })
    }

    /// Whether a function of the module makes the same of the same, whoever calls it.
    fn makes_the_same(&self, name: &str, asked: &mut Asked<'t>, depth: usize) -> bool {
        let within = asked.within;
        let function = self.file.declared.functions.get(&self.file.names.own(name)).copied();
        let Some(function) = function.filter(|_| asked.calls < CALLS && within.is_some()) else {
            return false;
        };
        let Some(returned) = returned_by(function) else { return false };
        let seen = std::mem::take(&mut asked.seen);
        (asked.within, asked.calls) = (Some((function, returned.range())), asked.calls + 1);
        let same = self.settled_in(returned, asked, depth + 1);
        (asked.within, asked.calls, asked.seen) = (within, asked.calls - 1, seen);
        same
    }

    fn is_pure_function(&self, function: &Expr) -> bool {
        let name = self.file.names.qualified(function).map(|name| name.replace("::", "."));
        name.is_some_and(|name| self.file.models.is_pure(name.strip_prefix("builtins.").unwrap_or(&name)))
    }
}

/// Whether the name is that of a constant, by its letters.
fn is_constant(name: &str) -> bool {
    name.chars().any(|c| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
