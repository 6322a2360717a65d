//! Values that are the same for all who run the code: literals, constants, and what is made of these alone.

use super::calls::Given;
use super::lower::Lowerer;
use ruff_python_ast::{Expr, FStringPart, InterpolatedStringElement};

/// How deep expressions are looked into.
const DEPTH: usize = 24;

/// What makes another value of a value, and of nothing else.
const PURE_METHODS: [&str; 14] = [
    "copy",
    "decode",
    "encode",
    "format",
    "items",
    "join",
    "keys",
    "lower",
    "lstrip",
    "replace",
    "rstrip",
    "splitlines",
    "strip",
    "upper",
];

impl Lowerer<'_, '_> {
    /// Whether the expression's value is the same for all who run it.
    pub fn is_settled(&self, expr: &Expr) -> bool {
        self.settled_in(expr, 0)
    }

    /// Whether the argument that stands there, a receiver counted, is settled.
    pub fn is_argument_settled(&self, given: &Given<'_>, at: usize) -> bool {
        let Some(node) = given.node else { return false };
        let before = given.plain.len().saturating_sub(node.arguments.args.len());
        at.checked_sub(before)
            .and_then(|at| node.arguments.args.get(at))
            .is_some_and(|argument| self.is_settled(argument))
            && node.arguments.keywords.iter().all(|keyword| self.is_settled(&keyword.value))
    }

    fn settled_in(&self, expr: &Expr, depth: usize) -> bool {
        let one = |e: &Expr| self.settled_in(e, depth + 1);
        let all = |exprs: &[Expr]| exprs.iter().all(|e| self.settled_in(e, depth + 1));
        if depth > DEPTH {
            return false;
        }
        match expr {
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_) => true,
            Expr::Name(name) => {
                let name = name.id.as_str();
                is_constant(name) && self.local(name).is_none()
            }
            Expr::Attribute(attribute) => {
                is_constant(&attribute.attr) && matches!(&*attribute.value, Expr::Name(_))
            }
            Expr::List(list) => all(&list.elts),
            Expr::Tuple(tuple) => all(&tuple.elts),
            Expr::Set(set) => all(&set.elts),
            Expr::Dict(dict) => {
                dict.items.iter().all(|item| item.key.as_ref().is_none_or(one) && one(&item.value))
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
            Expr::Call(call) => {
                let pure = match &*call.func {
                    Expr::Attribute(attribute) if PURE_METHODS.contains(&attribute.attr.as_str()) => {
                        one(&attribute.value) || self.is_pure_function(&call.func)
                    }
                    function => self.is_pure_function(function),
                };
                pure && all(&call.arguments.args)
                    && call.arguments.keywords.iter().all(|keyword| one(&keyword.value))
            }
            _ => false,
        }
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
