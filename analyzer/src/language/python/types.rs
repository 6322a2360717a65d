//! Light types: enough to know a path, a handle, a boolean, and whose method a call is.

use super::names::Names;
use crate::language::models::Models;
use ruff_python_ast::{Expr, Operator};
use std::rc::Rc;

/// How deep types may nest.
const MAX_DEPTH: usize = 16;

/// A type as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ty {
    /// Not known.
    #[default]
    Unknown,
    /// `bool`.
    Bool,
    /// `str`, `bytes`.
    Text,
    /// A number: a mode, a descriptor.
    Number,
    /// What iterating over it yields: a list, a tuple, the values of a mapping.
    Sequence(Rc<Ty>),
    /// A qualified name, `module::Type`; `module::Type.attribute` where another file declares the attribute.
    Named(Rc<str>),
}

impl Ty {
    /// The type of this name.
    pub fn named(name: &str) -> Self {
        Ty::Named(name.into())
    }

    /// The type that a row of the models returns.
    pub fn of_row(name: &str) -> Self {
        match name {
            "str" | "data" => Ty::Text,
            "bool" => Ty::Bool,
            "int" => Ty::Number,
            "guard" => Ty::Unknown,
            other => match Models::python().item_type(other) {
                Some(item) => Ty::Sequence(Rc::new(Ty::of_row(item))),
                None => Ty::Named(undotted(other).into()),
            },
        }
    }

    /// The name, of a named type.
    pub fn name(&self) -> Option<&str> {
        match self {
            Ty::Named(name) => Some(name),
            _ => None,
        }
    }

    /// What iterating over it yields.
    pub fn element(&self) -> Ty {
        match self {
            Ty::Sequence(inner) => (**inner).clone(),
            _ => Ty::Unknown,
        }
    }

    /// Whether it is a path object.
    pub fn is_path(&self) -> bool {
        self.name().and_then(|n| Models::python().canonical_type(&dotted(n))) == Some(PATH)
    }

    /// The name as summaries keep it: empty where nothing is known.
    pub fn shown(&self) -> String {
        match self {
            Ty::Named(name) => name.to_string(),
            Ty::Text => "str".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Unknown | Ty::Number | Ty::Sequence(_) => String::new(),
        }
    }
}

/// The type of path objects, as the models write it.
pub const PATH: &str = "pathlib.Path";

/// `os.path.join` to `os::path::join`: names of the program and of the linker are cut at `::`.
pub fn undotted(name: &str) -> String {
    name.replace('.', "::")
}

/// `os::path::join` to `os.path.join`, as the models write it.
pub fn dotted(name: &str) -> String {
    name.replace("::", ".")
}

/// The type that an annotation names.
pub fn annotated(annotation: &Expr, names: &Names) -> Ty {
    at_depth(annotation, names, 0)
}

fn at_depth(annotation: &Expr, names: &Names, depth: usize) -> Ty {
    if depth > MAX_DEPTH {
        return Ty::Unknown;
    }
    let inner = |e: &Expr| at_depth(e, names, depth + 1);
    match annotation {
        Expr::Name(_) | Expr::Attribute(_) => match names.qualified(annotation) {
            Some(name) => of_name(&name),
            None => Ty::Unknown,
        },
        // An annotation in quotes.
        Expr::StringLiteral(text) => {
            let text = text.value.to_str().trim();
            let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
            if plain && !text.is_empty() { of_name(&names.resolve(text)) } else { Ty::Unknown }
        }
        Expr::Subscript(subscript) => {
            let arguments = match &*subscript.slice {
                Expr::Tuple(tuple) => tuple.elts.as_slice(),
                one => std::slice::from_ref(one),
            };
            let outer = names.qualified(&subscript.value).unwrap_or_default();
            let outer = outer.rsplit("::").next().unwrap_or_default();
            match outer {
                "Optional" | "Final" | "Annotated" | "ClassVar" | "Required" | "NotRequired" => {
                    arguments.first().map_or(Ty::Unknown, inner)
                }
                "Union" => first_known(arguments.iter().map(inner)),
                "list" | "List" | "Sequence" | "Iterable" | "Iterator" | "Set" | "set" | "frozenset"
                | "Generator" | "tuple" | "Tuple" | "AsyncIterator" | "AsyncGenerator" | "Collection" => {
                    Ty::Sequence(Rc::new(arguments.first().map_or(Ty::Unknown, inner)))
                }
                "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" => {
                    Ty::Sequence(Rc::new(arguments.get(1).map_or(Ty::Unknown, inner)))
                }
                "Awaitable" | "ContextManager" | "AbstractContextManager" => {
                    arguments.first().map_or(Ty::Unknown, inner)
                }
                "PathLike" => Ty::Text,
                _ => inner(&subscript.value),
            }
        }
        Expr::BinOp(union) if union.op == Operator::BitOr => {
            first_known([inner(&union.left), inner(&union.right)].into_iter())
        }
        _ => Ty::Unknown,
    }
}

/// Of several that it may be, a path rather than a text, and anything rather than nothing.
fn first_known(types: impl Iterator<Item = Ty>) -> Ty {
    let types: Vec<Ty> = types.collect();
    let named = types.iter().find(|t| matches!(t, Ty::Named(_)));
    named.or_else(|| types.iter().find(|t| **t != Ty::Unknown)).cloned().unwrap_or_default()
}

/// The type of this qualified name.
pub fn of_name(name: &str) -> Ty {
    match crate::qualified::last(name) {
        "bool" => return Ty::Bool,
        "str" | "bytes" | "AnyStr" | "StrPath" | "PathLike" => return Ty::Text,
        "int" | "float" => return Ty::Number,
        "None" | "Any" | "object" | "dict" | "list" | "tuple" | "set" => return Ty::Unknown,
        _ => {}
    }
    match Models::python().canonical_type(&dotted(name)) {
        Some(canonical) => Ty::of_row(canonical),
        None => Ty::named(name),
    }
}
