//! Names: which module a file is, and what a path in it means.

use crate::flow::Import;
use crate::qualified;
use crate::source::SourceFile;
use rustc_hash::FxHashMap;
use syn::{Item, UseTree};

/// The modules of one file: per module, what its names mean.
#[derive(Debug, Default)]
pub struct Names {
    modules: FxHashMap<String, Scope>,
}

/// The names of one module or block.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Local name to qualified name.
    pub names: FxHashMap<String, String>,
    /// Modules or types whose names come in by a glob.
    pub globs: Vec<String>,
}

/// The qualified name of the module that a file is: the crate, then the folders below `src`.
pub fn module_of(file: &SourceFile) -> String {
    let package_root = file.package.as_ref().map_or("", |p| p.root.as_str());
    let inside = file.path.strip_prefix(package_root).unwrap_or(&file.path).trim_start_matches('/');
    let parts: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
    let source = parts.iter().rposition(|p| *p == "src");
    let crate_name = match &file.package {
        Some(package) => package.name.clone(),
        // Without a manifest the folder above `src` stands for the crate; a lone file is a crate of its own.
        None => match source {
            Some(at) if at > 0 => parts.get(at - 1).map_or_else(String::new, |s| (*s).to_owned()),
            Some(_) => "main".to_owned(),
            None => parts.first().map_or_else(String::new, |s| (*s).to_owned()),
        },
    };
    let mut module = crate_name.replace('-', "_");
    let below = match source {
        Some(at) => parts.get(at + 1..),
        None if file.package.is_none() => parts.get(1..),
        None => parts.get(..),
    };
    let below = below.unwrap_or_default();
    for (i, part) in below.iter().enumerate() {
        let last = i + 1 == below.len();
        if last && (*part == "mod" || (i == 0 && matches!(*part, "lib" | "main"))) {
            continue;
        }
        module.push_str("::");
        module.push_str(part);
    }
    module
}

impl Names {
    /// Collects the names that the items of `module` bring in, inline modules included.
    pub fn collect(module: &str, items: &[Item]) -> (Self, Vec<Import>) {
        let mut names = Names::default();
        let mut imports = Vec::new();
        names.collect_module(module, items, &mut imports, 0);
        (names, imports)
    }

    fn collect_module(&mut self, module: &str, items: &[Item], imports: &mut Vec<Import>, depth: usize) {
        if depth > 32 {
            return;
        }
        let mut scope = Scope::default();
        for item in items {
            if let Some(name) = item_name(item) {
                scope.names.insert(name.clone(), format!("{module}::{name}"));
            }
            match item {
                Item::Use(item) => {
                    let public =
                        matches!(item.vis, syn::Visibility::Public(_) | syn::Visibility::Restricted(_));
                    add_use(
                        module,
                        &item.tree,
                        item.leading_colon.is_some(),
                        &mut scope,
                        &mut |name, target| {
                            imports.push(Import { module: module.to_owned(), name, target, public });
                        },
                    );
                }
                Item::ExternCrate(item) => {
                    if let Some((_, name)) = &item.rename {
                        scope.names.insert(name.to_string(), item.ident.to_string());
                    }
                }
                Item::Mod(item) => {
                    if let Some((_, items)) = &item.content {
                        self.collect_module(&format!("{module}::{}", item.ident), items, imports, depth + 1);
                    }
                }
                _ => {}
            }
        }
        self.modules.insert(module.to_owned(), scope);
    }

    /// The names of a module of this file.
    pub fn scope(&self, module: &str) -> Option<&Scope> {
        self.modules.get(module)
    }
}

fn item_name(item: &Item) -> Option<String> {
    Some(match item {
        Item::Fn(i) => i.sig.ident.to_string(),
        Item::Struct(i) => i.ident.to_string(),
        Item::Enum(i) => i.ident.to_string(),
        Item::Trait(i) => i.ident.to_string(),
        Item::Type(i) => i.ident.to_string(),
        Item::Const(i) => i.ident.to_string(),
        Item::Static(i) => i.ident.to_string(),
        Item::Mod(i) => i.ident.to_string(),
        Item::Union(i) => i.ident.to_string(),
        _ => return None,
    })
}

/// Adds the names of one `use` to a scope, and tells `found` of each (local name, target).
pub fn add_use(
    module: &str,
    tree: &UseTree,
    absolute: bool,
    scope: &mut Scope,
    found: &mut impl FnMut(String, String),
) {
    walk_use(module, tree, String::new(), absolute, scope, found, 0);
}

fn walk_use(
    module: &str,
    tree: &UseTree,
    prefix: String,
    absolute: bool,
    scope: &mut Scope,
    found: &mut impl FnMut(String, String),
    depth: usize,
) {
    if depth > 64 {
        return;
    }
    let qualify = |prefix: &str, name: &str| -> String {
        if prefix.is_empty() {
            first_segment(module, name, absolute, None)
        } else {
            [prefix, "::", name].concat()
        }
    };
    match tree {
        UseTree::Path(path) => {
            let name = path.ident.to_string();
            let next = if prefix.is_empty() {
                first_segment(module, &name, absolute, Some(scope))
            } else if name == "super" {
                parent_module(&prefix)
            } else {
                [&prefix, "::", &name].concat()
            };
            walk_use(module, &path.tree, next, absolute, scope, found, depth + 1);
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            let (local, target) = if name == "self" {
                (prefix.rsplit("::").next().unwrap_or_default().to_owned(), prefix)
            } else {
                let target = qualify(&prefix, &name);
                (name, target)
            };
            found(local.clone(), target.clone());
            scope.names.insert(local, target);
        }
        UseTree::Rename(rename) => {
            let name = rename.ident.to_string();
            let target = if name == "self" { prefix } else { qualify(&prefix, &name) };
            let local = rename.rename.to_string();
            if local != "_" {
                found(local.clone(), target.clone());
                scope.names.insert(local, target);
            }
        }
        UseTree::Glob(_) => {
            found("*".to_owned(), prefix.clone());
            scope.globs.push(prefix);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                walk_use(module, tree, prefix.clone(), absolute, scope, found, depth + 1);
            }
        }
    }
}

/// What the first segment of a path means before imports are asked.
fn first_segment(module: &str, name: &str, absolute: bool, scope: Option<&Scope>) -> String {
    match name {
        "crate" => module.split("::").next().unwrap_or(module).to_owned(),
        "self" => module.to_owned(),
        "super" => parent_module(module),
        _ if absolute => name.to_owned(),
        _ => scope.and_then(|s| s.names.get(name)).cloned().unwrap_or_else(|| name.to_owned()),
    }
}

/// The module that holds `module`; the crate itself holds itself.
pub fn parent_module(module: &str) -> String {
    qualified::rsplit(module).map_or(module, |(parent, _)| parent).to_owned()
}

/// Names that are there without an import.
pub fn prelude(name: &str) -> Option<&'static str> {
    Some(match name {
        "String" => "std::string::String",
        "Vec" => "std::vec::Vec",
        "Box" => "std::boxed::Box",
        "Option" => "std::option::Option",
        "Result" => "std::result::Result",
        "drop" => "std::mem::drop",
        "Some" => "Some",
        "None" => "None",
        "Ok" => "Ok",
        "Err" => "Err",
        _ => return None,
    })
}

/// What a name mostly is that comes in by a glob from a module out of sight, which has it from the standard library itself.
pub fn by_glob(name: &str) -> Option<&'static str> {
    Some(match name {
        "Command" => "std::process::Command",
        "File" => "std::fs::File",
        "OpenOptions" => "std::fs::OpenOptions",
        "Path" => "std::path::Path",
        "PathBuf" => "std::path::PathBuf",
        _ => return None,
    })
}
