//! Modes of files: who may look in, as far as the code says.

use super::lower::Lowerer;
use super::types::Ty;
use super::value::{DirFlags, V, Val};
use crate::flow::{Mode, OpenFlags};
use crate::language::models::Api;
use crate::language::modes::of_bits;
use syn::{BinOp, Expr, Lit};

/// How deep an expression of bits may nest.
const MAX_DEPTH: usize = 16;

impl Lowerer<'_> {
    /// A row without an effect whose argument is a mode: of a builder, of permissions, or by itself.
    pub fn set_mode(&mut self, at: usize, api: &Api, arguments: &[Val], syntax: &[&Expr]) -> Val {
        let bits = self.mode_bits(arguments.get(at), syntax.get(at).copied());
        let ty = api.returns.as_deref().map_or(Ty::Unknown, Ty::of_name);
        match (arguments.first().map(|a| &a.v), bits) {
            (Some(V::Flags(flags)), _) if at > 0 => {
                let private = bits.is_some_and(|bits| of_bits(bits) == Mode::Private);
                Val::new(V::Flags(OpenFlags { private, ..*flags }), ty)
            }
            _ if ty.name() == Some("std::fs::DirBuilder") => {
                let private = bits.is_some_and(|bits| matches!(of_bits(bits), Mode::Private | Mode::Grouped));
                let flags = arguments.first().map(Val::directory_flags).unwrap_or_default();
                Val::new(V::Directory(DirFlags { private, ..flags }), ty)
            }
            (receiver, bits) => {
                // Permissions that stat(2) told stay told by it.
                let told =
                    receiver.and(arguments.first()).filter(|_| at > 0).map(Val::observed).unwrap_or_default();
                Val::new(bits.map_or(V::Opaque, V::Mode), ty).with_data(&told)
            }
        }
    }

    /// The bits of an argument that is a mode: a value that is known to be one, or a number.
    pub fn mode_bits(&self, value: Option<&Val>, syntax: Option<&Expr>) -> Option<u32> {
        match value.map(|value| &value.v) {
            Some(V::Mode(bits)) => Some(*bits),
            _ => self.number(syntax?, 0),
        }
    }

    /// The number that an expression of numbers is.
    fn number(&self, expr: &Expr, depth: usize) -> Option<u32> {
        if depth > MAX_DEPTH {
            return None;
        }
        match expr {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) => number.base10_parse().ok(),
                _ => None,
            },
            Expr::Paren(e) => self.number(&e.expr, depth + 1),
            Expr::Cast(e) => self.number(&e.expr, depth + 1),
            Expr::Binary(e) if matches!(e.op, BinOp::BitOr(_)) => {
                Some(self.number(&e.left, depth + 1)? | self.number(&e.right, depth + 1)?)
            }
            Expr::MethodCall(e) if e.method == "into" && e.args.is_empty() => {
                self.number(&e.receiver, depth + 1)
            }
            Expr::Path(path) => {
                let name = self.resolve(&path.path);
                self.file.numbers.get(&name).copied().or_else(|| self.file.models.mode_bits(&name))
            }
            _ => None,
        }
    }
}

/// The number that a constant is declared to be.
pub fn declared(constant: &Expr) -> Option<u32> {
    match constant {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
