//! Names: which module a file is, and what an identifier in it means.

use crate::flow::Import;
use crate::source::SourceFile;
use ruff_python_ast::{Expr, Stmt};
use rustc_hash::{FxHashMap, FxHashSet};

/// How deep statements are searched for imports.
const MAX_DEPTH: usize = 40;

/// The names of one file.
#[derive(Debug, Default)]
pub struct Names {
    /// Qualified name of the module that the file is.
    pub module: String,
    /// Whether the file is the `__init__` of its package.
    is_package: bool,
    /// Local names of what is imported, qualified.
    imports: FxHashMap<String, String>,
    /// Modules whose names come in without a qualifier.
    stars: Vec<String>,
    /// What the module itself defines.
    own: FxHashSet<String>,
}

/// The module that a file is: its path below the folder where Python finds it.
pub fn module_of(file: &SourceFile) -> String {
    let root = file.package.as_ref().map_or("", |p| p.root.as_str());
    let inside = file.path.strip_prefix(root).unwrap_or(&file.path).trim_start_matches('/');
    let inside = inside.strip_suffix(".py").unwrap_or(inside);
    let inside = inside.strip_suffix("/__init__").unwrap_or(inside);
    // Without a package, folders are packages, and `src` is none.
    let inside = match file.package {
        None => inside.strip_prefix("src/").unwrap_or(inside),
        Some(_) => inside,
    };
    inside.replace('/', "::")
}

impl Names {
    /// The names that a file's imports and definitions bring in, wherever they stand.
    pub fn collect(module: String, is_package: bool, body: &[Stmt]) -> Self {
        let mut names = Names { module, is_package, ..Names::default() };
        names.imports_in(body, 0);
        names.definitions(body, 0);
        names
    }

    fn imports_in(&mut self, body: &[Stmt], depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut inner: Vec<&[Stmt]> = Vec::new();
        for statement in body {
            match statement {
                Stmt::Import(import) => {
                    for alias in &import.names {
                        let target = alias.name.as_str().replace('.', "::");
                        match &alias.asname {
                            Some(name) => {
                                self.imports.entry(name.to_string()).or_insert(target);
                            }
                            None => {
                                let first = target.split("::").next().unwrap_or_default().to_owned();
                                self.imports.entry(first.clone()).or_insert(first);
                            }
                        }
                    }
                }
                Stmt::ImportFrom(import) => {
                    let from = self.source(import.module.as_ref().map(|m| m.as_str()), import.level);
                    for alias in &import.names {
                        let name = alias.name.as_str();
                        if name == "*" {
                            self.stars.push(from.clone());
                            continue;
                        }
                        let local = alias.asname.as_ref().map_or(name, |n| n.as_str());
                        // Of two imports under one name (`try: .. except ImportError: ..`) the first is what is meant.
                        let target = join(&from, name);
                        self.imports.entry(local.to_owned()).or_insert(target);
                    }
                }
                // What a function imports is its own, but hardly ever another thing than elsewhere in the file.
                Stmt::FunctionDef(function) => inner.push(&*function.body),
                Stmt::ClassDef(class) => inner.push(&*class.body),
                other => each_block(other, &mut |block| self.imports_in(block, depth + 1)),
            }
        }
        for body in inner {
            self.imports_in(body, depth + 1);
        }
    }

    fn definitions(&mut self, body: &[Stmt], depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for statement in body {
            match statement {
                Stmt::FunctionDef(function) => {
                    self.own.insert(function.name.to_string());
                }
                Stmt::ClassDef(class) => {
                    self.own.insert(class.name.to_string());
                }
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        if let Expr::Name(name) = target {
                            self.own.insert(name.id.to_string());
                        }
                    }
                }
                Stmt::AnnAssign(assign) => {
                    if let Expr::Name(name) = &*assign.target {
                        self.own.insert(name.id.to_string());
                    }
                }
                other => each_block(other, &mut |block| self.definitions(block, depth + 1)),
            }
        }
    }

    /// The module that `from .x import y` imports from.
    fn source(&self, module: Option<&str>, level: u32) -> String {
        let module = module.unwrap_or_default().replace('.', "::");
        if level == 0 {
            return module;
        }
        let mut base = self.module.as_str();
        let up = if self.is_package { level - 1 } else { level };
        for _ in 0..up.min(64) {
            base = base.rsplit_once("::").map_or("", |(outer, _)| outer);
        }
        join(base, &module)
    }

    /// What the linker needs of the imports.
    pub fn to_flow(&self) -> Vec<Import> {
        let import = |name: &str, target: &String| Import {
            module: self.module.clone(),
            name: name.to_owned(),
            target: target.clone(),
            public: true,
        };
        let mut found: Vec<Import> = self.imports.iter().map(|(name, target)| import(name, target)).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found.extend(self.stars.iter().map(|target| import("*", target)));
        found
    }

    /// A name of the file's own module.
    pub fn own(&self, name: &str) -> String {
        join(&self.module, name)
    }

    /// What a name that is no variable of a function stands for; none for what Python itself has.
    pub fn global(&self, name: &str) -> Option<String> {
        if self.own.contains(name) && !self.imports.contains_key(name) {
            return Some(self.own(name));
        }
        if let Some(target) = self.imports.get(name) {
            return Some(target.clone());
        }
        self.own.contains(name).then(|| self.own(name))
    }

    /// Whether a name is one that is imported.
    pub fn is_imported(&self, name: &str) -> bool {
        self.imports.contains_key(name)
    }

    /// The modules whose names come in without a qualifier.
    pub fn stars(&self) -> &[String] {
        &self.stars
    }

    /// `a.b.c` where `a` is imported or defined here.
    pub fn resolve(&self, dotted: &str) -> String {
        let (first, rest) = dotted.split_once('.').unwrap_or((dotted, ""));
        let first = self.global(first).unwrap_or_else(|| first.to_owned());
        if rest.is_empty() { first } else { join(&first, &rest.replace('.', "::")) }
    }

    /// The qualified name that an expression is, `a.b.c`, without regard to variables.
    pub fn qualified(&self, expr: &Expr) -> Option<String> {
        let mut parts = Vec::new();
        let mut expr = expr;
        loop {
            match expr {
                Expr::Attribute(attribute) => {
                    parts.push(attribute.attr.as_str());
                    expr = &attribute.value;
                }
                Expr::Name(name) => {
                    parts.push(name.id.as_str());
                    break;
                }
                _ => return None,
            }
        }
        parts.reverse();
        Some(self.resolve(&parts.join(".")))
    }
}

fn join(base: &str, name: &str) -> String {
    match (base, name) {
        ("", name) => name.to_owned(),
        (base, "") => base.to_owned(),
        (base, name) => [base, "::", name].concat(),
    }
}

/// Calls `visit` on the blocks of a statement that run in the scope around it.
pub fn each_block<'t>(statement: &'t Stmt, visit: &mut dyn FnMut(&'t [Stmt])) {
    match statement {
        Stmt::If(s) => {
            visit(&s.body);
            s.elif_else_clauses.iter().for_each(|clause| visit(&clause.body));
        }
        Stmt::For(s) => {
            visit(&s.body);
            visit(&s.orelse);
        }
        Stmt::While(s) => {
            visit(&s.body);
            visit(&s.orelse);
        }
        Stmt::With(s) => visit(&s.body),
        Stmt::Try(s) => {
            visit(&s.body);
            for handler in &s.handlers {
                let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                visit(&handler.body);
            }
            visit(&s.orelse);
            visit(&s.finalbody);
        }
        Stmt::Match(s) => s.cases.iter().for_each(|case| visit(&case.body)),
        _ => {}
    }
}
