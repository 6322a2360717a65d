//! Light types: enough to know a path, a handle, an error, a boolean, and whose method a call is.

use super::names::Names;
use super::syntax::{Node, children, field, first, kind, text};
use crate::language::models::Models;
use crate::qualified;
use std::rc::Rc;

/// How deep types may nest.
const MAX_DEPTH: usize = 24;

/// A type as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ty {
    /// Not known.
    #[default]
    Unknown,
    /// `bool`.
    Bool,
    /// `string`, `[]byte`.
    Text,
    /// `error`.
    Error,
    /// A number: a mode, a descriptor.
    Number,
    /// What ranging over it yields: a slice, an array, the values of a map.
    Sequence(Rc<Ty>),
    /// A function: what it returns.
    Function(Rc<[Ty]>),
    /// A qualified name, `package::Type`, pointers peeled off; `package::Type.field` where another file declares the field.
    Named(Rc<str>),
    /// What a call returns at once.
    Several(Rc<[Ty]>),
}

impl Ty {
    /// The type of this name.
    pub fn named(name: &str) -> Self {
        Ty::Named(name.into())
    }

    /// The type that a row of the models returns.
    pub fn of_row(name: &str) -> Self {
        match name {
            "string" | "data" => Ty::Text,
            "bool" => Ty::Bool,
            "int" => Ty::Number,
            "error" => Ty::Error,
            "guard" => Ty::Unknown,
            other => match Models::go().item_type(other) {
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

    /// What ranging over it yields; of a field that another file declares, the linker knows that by the field's name.
    pub fn element(&self) -> Ty {
        match self {
            Ty::Sequence(inner) => (**inner).clone(),
            Ty::Named(name) if qualified::rsplit_field(name).is_some() => {
                Ty::Named(qualified::element(name).into())
            }
            _ => Ty::Unknown,
        }
    }

    /// The types that a call of a function of this type returns.
    pub fn returns(&self) -> Option<Ty> {
        match self {
            Ty::Function(types) => Some(Ty::several(types.to_vec())),
            _ => None,
        }
    }

    /// One type for what a call returns.
    pub fn several(mut types: Vec<Ty>) -> Ty {
        match types.len() {
            1 => types.swap_remove(0),
            _ => Ty::Several(types.into()),
        }
    }

    /// The name as summaries keep it: empty where nothing is known.
    pub fn shown(&self) -> String {
        match self {
            Ty::Named(name) => name.to_string(),
            Ty::Text => "str".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Error => "error".to_owned(),
            Ty::Unknown | Ty::Number | Ty::Sequence(_) | Ty::Function(_) | Ty::Several(_) => String::new(),
        }
    }
}

/// `path/filepath.Walk` to `path/filepath::Walk`: names of the program and of the linker are cut at `::`, for import paths have dots.
pub fn undotted(name: &str) -> String {
    let package = name.rfind('/').map_or(0, |at| at + 1);
    let Some((folder, rest)) = name.split_at_checked(package) else { return name.to_owned() };
    // `gopkg.in/yaml.v3.Node`: a version is part of the package.
    let mut parts = rest.split('.').peekable();
    let mut done = [folder, parts.next().unwrap_or_default()].concat();
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|v| v.parse::<u32>().is_ok());
    while let Some(part) = parts.next_if(|part| is_version(part)) {
        done.push('.');
        done.push_str(part);
    }
    for part in parts {
        done.push_str("::");
        done.push_str(part);
    }
    done
}

/// `path/filepath::Walk` to `path/filepath.Walk`, as the models write it: without the major version of a module.
pub fn dotted(name: &str) -> String {
    let package = qualified::first(name);
    let mut rest = name.get(package.len() + 2..).filter(|rest| !rest.is_empty());
    let major = |last: &str| last.strip_prefix('v').is_some_and(|v| v.parse::<u32>().is_ok());
    // Every call and type comes here: the text is made once.
    let mut dotted = String::with_capacity(name.len());
    for (at, part) in package.split('/').filter(|part| !major(part)).enumerate() {
        if at > 0 {
            dotted.push('/');
        }
        dotted.push_str(part);
    }
    while let Some(parts) = rest {
        let part = qualified::first(parts);
        dotted.push('.');
        dotted.push_str(part);
        rest = parts.get(part.len() + 2..);
    }
    dotted
}

/// The type that a piece of syntax names.
pub fn of(node: Node<'_>, source: &str, names: &Names) -> Ty {
    at_depth(node, source, names, 0)
}

fn at_depth(node: Node<'_>, source: &str, names: &Names, depth: usize) -> Ty {
    if depth > MAX_DEPTH {
        return Ty::Unknown;
    }
    let inner = |node: Option<Node<'_>>| node.map_or(Ty::Unknown, |n| at_depth(n, source, names, depth + 1));
    match kind(node) {
        "pointer_type" | "parenthesized_type" => inner(first(node)),
        "slice_type" | "array_type" | "implicit_length_array_type" => {
            let element = field(node, "element");
            if element.is_some_and(|e| text(e, source) == "byte") {
                return Ty::Text;
            }
            Ty::Sequence(Rc::new(inner(element)))
        }
        "map_type" | "channel_type" => Ty::Sequence(Rc::new(inner(field(node, "value")))),
        "function_type" => Ty::Function(results(field(node, "result"), source, names).into()),
        "generic_type" => inner(field(node, "type")),
        "type_identifier" | "identifier" => match text(node, source) {
            "bool" => Ty::Bool,
            "string" | "byte" | "rune" => Ty::Text,
            "error" => Ty::Error,
            "any" => Ty::Unknown,
            "int" | "int8" | "int16" | "int32" | "int64" | "uint" | "uint8" | "uint16" | "uint32"
            | "uint64" | "uintptr" | "float32" | "float64" => Ty::Number,
            name => Ty::named(&names.own(name)),
        },
        "qualified_type" => {
            let package = field(node, "package").map_or("", |n| text(n, source));
            let name = field(node, "name").map_or("", |n| text(n, source));
            let qualified = names.in_package(package, name);
            match Models::go().canonical_type(&dotted(&qualified)) {
                Some(canonical) => Ty::of_row(canonical),
                None => Ty::named(&qualified),
            }
        }
        _ => Ty::Unknown,
    }
}

/// The types of a result list, each as often as it has names.
pub fn results(node: Option<Node<'_>>, source: &str, names: &Names) -> Vec<Ty> {
    let Some(node) = node else { return Vec::new() };
    if kind(node) != "parameter_list" {
        return vec![of(node, source, names)];
    }
    let mut found = Vec::new();
    for declared in children(node) {
        let ty = field(declared, "type").map_or(Ty::Unknown, |t| of(t, source, names));
        let count = super::syntax::fields(declared, "name").len().max(1);
        found.extend(std::iter::repeat_n(ty, count));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_two_ways() {
        for (models, program) in [
            ("os.Stat", "os::Stat"),
            ("path/filepath.Join", "path/filepath::Join"),
            ("github.com/gofrs/flock.Flock.Lock", "github.com/gofrs/flock::Flock::Lock"),
            ("gopkg.in/yaml.v3.Unmarshal", "gopkg.in/yaml.v3::Unmarshal"),
        ] {
            assert_eq!(undotted(models), program);
            assert_eq!(dotted(program), models);
        }
        assert_eq!(dotted("github.com/go-git/go-git/v5::PlainClone"), "github.com/go-git/go-git.PlainClone");
    }
}
