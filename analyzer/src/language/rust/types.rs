//! Light types: enough to know a path, a handle, a builder, a guard, an error, and whose method a call is.

use crate::language::models::Models;
use crate::qualified;
use std::rc::Rc;
use syn::{
    GenericArgument, GenericParam, Generics, PathArguments, ReturnType, Type, TypeParamBound, WherePredicate,
};

/// A type as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ty {
    /// Not known.
    #[default]
    Unknown,
    /// `bool`.
    Bool,
    /// `Result<T, _>`.
    Result(Rc<Ty>),
    /// `Option<T>`.
    Option(Rc<Ty>),
    /// Something that yields these when iterated.
    Sequence(Rc<Ty>),
    /// A text: `str`, `String`, `OsStr`.
    Text,
    /// A qualified name; for types that the models know, the canonical one.
    Named(Rc<str>),
}

/// The canonical name of path-like types.
pub const PATH: &str = "std::path::Path";
/// The canonical name of file handles.
pub const FILE: &str = "std::fs::File";

impl Ty {
    /// A path.
    pub fn path() -> Self {
        Ty::Named(PATH.into())
    }

    /// The type of this canonical name, as the models write it.
    pub fn of_name(name: &str) -> Self {
        match name {
            "bool" => Ty::Bool,
            "data" | "str" | "std::string::String" | "std::ffi::OsStr" | "std::ffi::OsString" => Ty::Text,
            _ => match Models::rust().item_type(name) {
                Some(item) => Ty::Sequence(Rc::new(Ty::Result(Rc::new(Ty::Named(item.into()))))),
                None => Ty::Named(name.into()),
            },
        }
    }

    /// What is inside a `Result` or `Option`; any other type is itself.
    pub fn payload(&self) -> Ty {
        match self {
            Ty::Result(inner) | Ty::Option(inner) => (**inner).clone(),
            other => other.clone(),
        }
    }

    /// What iterating yields; of a field that another file declares, the linker knows that by the field's name.
    pub fn element(&self) -> Ty {
        match self {
            Ty::Sequence(inner) => (**inner).clone(),
            Ty::Result(inner) | Ty::Option(inner) => inner.element(),
            Ty::Named(name) if qualified::rsplit_field(name).is_some() => {
                Ty::Named(qualified::element(name).into())
            }
            _ => Ty::Unknown,
        }
    }

    /// Whether a value of this type denotes a path: a path or a text used as one.
    pub fn is_path_like(&self) -> bool {
        matches!(self, Ty::Text) || matches!(self, Ty::Named(n) if &**n == PATH)
    }

    /// The name, of a named type.
    pub fn name(&self) -> Option<&str> {
        match self {
            Ty::Named(name) => Some(name),
            _ => None,
        }
    }
}

/// Resolves type syntax.
#[derive(Clone, Copy)]
pub struct Types<'a> {
    /// The library models.
    pub models: &'a Models,
    /// Resolves a path written in the source to a qualified name.
    pub resolve: &'a dyn Fn(&syn::Path) -> String,
    /// The name of the crate that the code is in.
    pub own_crate: Option<&'a str>,
    /// The type that `Self` is.
    pub self_type: Option<&'a str>,
    /// Type parameters in scope, with what their bounds say.
    pub generics: &'a [(String, Ty)],
}

impl Types<'_> {
    /// The type that a piece of syntax names.
    pub fn of(&self, ty: &Type) -> Ty {
        self.at_depth(ty, 0)
    }

    fn at_depth(&self, ty: &Type, depth: usize) -> Ty {
        if depth > 24 {
            return Ty::Unknown;
        }
        let inner = |t: &Type| self.at_depth(t, depth + 1);
        match ty {
            Type::Reference(r) => inner(&r.elem),
            Type::Paren(p) => inner(&p.elem),
            Type::Group(g) => inner(&g.elem),
            Type::Slice(s) => Ty::Sequence(Rc::new(inner(&s.elem))),
            Type::Array(a) => Ty::Sequence(Rc::new(inner(&a.elem))),
            Type::ImplTrait(t) => self.of_bounds(t.bounds.iter(), depth),
            Type::TraitObject(t) => self.of_bounds(t.bounds.iter(), depth),
            Type::Path(p) => {
                let Some(last) = p.path.segments.last() else { return Ty::Unknown };
                let name = last.ident.to_string();
                let argument = |n: usize| -> Ty {
                    let PathArguments::AngleBracketed(args) = &last.arguments else { return Ty::Unknown };
                    let types = args.args.iter().filter_map(|a| match a {
                        GenericArgument::Type(t) => Some(t),
                        _ => None,
                    });
                    types.into_iter().nth(n).map_or(Ty::Unknown, inner)
                };
                if p.path.segments.len() == 1
                    && let Some((_, bound)) = self.generics.iter().find(|(g, _)| *g == name)
                {
                    return bound.clone();
                }
                match name.as_str() {
                    "Self" if p.path.segments.len() == 1 => {
                        self.self_type.map_or(Ty::Unknown, |t| Ty::Named(t.into()))
                    }
                    "bool" => Ty::Bool,
                    "str" | "String" | "OsStr" | "OsString" | "CStr" | "CString" | "Utf8String" => Ty::Text,
                    "Result" => Ty::Result(Rc::new(argument(0))),
                    "Option" => Ty::Option(Rc::new(argument(0))),
                    // `CargoResult<T>`: by custom an alias that fixes the error.
                    _ if name.ends_with("Result") && !last.arguments.is_none() => {
                        Ty::Result(Rc::new(argument(0)))
                    }
                    "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "IndexSet" => {
                        Ty::Sequence(Rc::new(argument(0)))
                    }
                    "Box" | "Arc" | "Rc" | "Pin" | "BufReader" | "BufWriter" | "LazyLock" | "Lazy"
                    | "OnceLock" | "OnceCell" | "Ref" | "RefMut" | "RefCell" => {
                        let found = argument(0);
                        if found == Ty::Unknown && last.arguments.is_empty() {
                            self.named(&p.path)
                        } else {
                            found
                        }
                    }
                    "Cow" => argument(0),
                    _ => self.named(&p.path),
                }
            }
            _ => Ty::Unknown,
        }
    }

    fn named(&self, path: &syn::Path) -> Ty {
        let name = (self.resolve)(path);
        if let Some(canonical) = self.models.canonical_type(&name) {
            return Ty::of_name(canonical);
        }
        // A prelude of the program's own often hands on std's path types (`use crate::path::PathBuf`), and one file does not
        // show that. A type of the program's own by that name has no methods that look at the disk.
        let own = Some(qualified::first(&name)) == self.own_crate;
        if own && matches!(qualified::last(&name), "Path" | "PathBuf" | "Utf8Path" | "Utf8PathBuf") {
            return Ty::path();
        }
        Ty::of_name(&name)
    }

    fn of_bounds<'b>(&self, bounds: impl Iterator<Item = &'b TypeParamBound>, depth: usize) -> Ty {
        for bound in bounds {
            let TypeParamBound::Trait(bound) = bound else { continue };
            let Some(last) = bound.path.segments.last() else { continue };
            let name = last.ident.to_string();
            if let PathArguments::AngleBracketed(args) = &last.arguments {
                for argument in &args.args {
                    match argument {
                        GenericArgument::Type(t)
                            if matches!(name.as_str(), "AsRef" | "Into" | "Borrow" | "Deref") =>
                        {
                            return self.at_depth(t, depth + 1);
                        }
                        GenericArgument::AssocType(a) if matches!(name.as_str(), "Future" | "Deref") => {
                            return self.at_depth(&a.ty, depth + 1);
                        }
                        GenericArgument::AssocType(a)
                            if matches!(name.as_str(), "Iterator" | "IntoIterator") =>
                        {
                            return Ty::Sequence(Rc::new(self.at_depth(&a.ty, depth + 1)));
                        }
                        _ => {}
                    }
                }
            }
            if !matches!(
                name.as_str(),
                "Send"
                    | "Sync"
                    | "Clone"
                    | "Debug"
                    | "Display"
                    | "Copy"
                    | "Fn"
                    | "FnOnce"
                    | "FnMut"
                    | "Sized"
            ) {
                return self.named(&bound.path);
            }
        }
        Ty::Unknown
    }

    /// The type parameters of a declaration, with what their bounds and where-clauses say.
    pub fn generics(&self, generics: &Generics) -> Vec<(String, Ty)> {
        let mut found = Vec::new();
        for parameter in &generics.params {
            if let GenericParam::Type(t) = parameter {
                found.push((t.ident.to_string(), self.of_bounds(t.bounds.iter(), 0)));
            }
        }
        if let Some(clause) = &generics.where_clause {
            for predicate in &clause.predicates {
                let WherePredicate::Type(predicate) = predicate else { continue };
                let Type::Path(path) = &predicate.bounded_ty else { continue };
                let Some(name) = path.path.get_ident().map(ToString::to_string) else { continue };
                let ty = self.of_bounds(predicate.bounds.iter(), 0);
                if let Some(slot) = found.iter_mut().find(|(n, _)| *n == name)
                    && slot.1 == Ty::Unknown
                {
                    slot.1 = ty;
                }
            }
        }
        found
    }

    /// The type that a signature returns.
    pub fn of_return(&self, returns: &ReturnType) -> Ty {
        match returns {
            ReturnType::Default => Ty::Unknown,
            ReturnType::Type(_, ty) => self.of(ty),
        }
    }
}
