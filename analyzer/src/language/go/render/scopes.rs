//! Which names a function declares, uses and needs from outside, as far as the compiler would refuse what a rewrite made of it.

use crate::language::go::syntax::{Node, children, field, fields, list, text};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a function's names come to.
#[derive(Debug, Default)]
pub struct Scopes<'t> {
    /// Names that are used and that nothing in the function declares.
    pub free: FxHashSet<&'t str>,
    /// Names that the function declares, parameters included.
    pub declared: FxHashSet<&'t str>,
    /// How many variables are never used, and how many `:=` declare nothing new: the compiler takes neither.
    pub faults: usize,
}

impl<'t> Scopes<'t> {
    /// Looks through a function.
    pub fn of(function: Node<'t>, source: &'t str) -> Self {
        let mut walk =
            Walk { source, open: vec![FxHashMap::default()], used: Vec::new(), found: Scopes::default() };
        walk.function(function);
        walk.found
    }
}

struct Walk<'t> {
    source: &'t str,
    /// The names of each scope that is open: a variable that must be used by its number, all else without.
    open: Vec<FxHashMap<&'t str, Option<usize>>>,
    used: Vec<bool>,
    found: Scopes<'t>,
}

impl<'t> Walk<'t> {
    fn function(&mut self, node: Node<'t>) {
        self.open.push(FxHashMap::default());
        for part in ["type_parameters", "receiver", "parameters", "result"] {
            for declaration in field(node, part).map(children).unwrap_or_default() {
                for name in fields(declaration, "name") {
                    self.declare(text(name, self.source), false);
                }
            }
        }
        // Parameters and the body's own names are of one scope.
        for statement in field(node, "body").map(children).unwrap_or_default() {
            self.walk(statement);
        }
        self.close();
    }

    fn scope(&mut self, parts: &[Node<'t>]) {
        self.open.push(FxHashMap::default());
        parts.iter().for_each(|part| self.walk(*part));
        self.close();
    }

    fn close(&mut self) {
        let names = self.open.pop().unwrap_or_default();
        let unused = names.values().flatten().filter(|at| !self.used.get(**at).copied().unwrap_or(true));
        self.found.faults += unused.count();
    }

    fn declare(&mut self, name: &'t str, must_be_used: bool) {
        if name == "_" {
            return;
        }
        self.found.declared.insert(name);
        let number = must_be_used.then_some(self.used.len());
        if must_be_used {
            self.used.push(false);
        }
        if let Some(scope) = self.open.last_mut() {
            scope.insert(name, number);
        }
    }

    /// `:=`, which declares what its own scope does not have yet.
    fn define(&mut self, left: &[Node<'t>]) {
        let mut new = false;
        for name in left {
            let name = text(*name, self.source);
            let known = name == "_" || self.open.last().is_some_and(|scope| scope.contains_key(name));
            if !known {
                new = true;
                self.declare(name, true);
            }
        }
        self.found.faults += usize::from(!new);
    }

    fn mention(&mut self, name: &'t str, uses: bool) {
        if name == "_" {
            return;
        }
        let found = self.open.iter().rev().find_map(|scope| scope.get(name));
        match found {
            Some(Some(number)) => {
                if let Some(used) = self.used.get_mut(*number).filter(|_| uses) {
                    *used = true;
                }
            }
            Some(None) => {}
            None => {
                self.found.free.insert(name);
            }
        }
    }

    /// The left side of an assignment: setting a variable is no use of it.
    fn target(&mut self, node: Node<'t>) {
        match node.kind() {
            "identifier" => self.mention(text(node, self.source), false),
            _ => self.walk(node),
        }
    }

    fn walk(&mut self, node: Node<'t>) {
        match node.kind() {
            "identifier" => self.mention(text(node, self.source), true),
            "func_literal" => self.function(node),
            "block"
            | "if_statement"
            | "for_statement"
            | "expression_switch_statement"
            | "select_statement"
            | "expression_case"
            | "default_case"
            | "communication_case"
            | "type_case" => self.scope(&children(node)),
            "type_switch_statement" => self.type_switch(node),
            "short_var_declaration" => {
                list(field(node, "right")).into_iter().for_each(|value| self.walk(value));
                self.define(&list(field(node, "left")));
            }
            "range_clause" | "receive_statement" => self.received(node),
            "assignment_statement" => {
                list(field(node, "right")).into_iter().for_each(|value| self.walk(value));
                list(field(node, "left")).into_iter().for_each(|target| self.target(target));
            }
            "inc_statement" | "dec_statement" => children(node).into_iter().for_each(|n| self.target(n)),
            "var_spec" | "const_spec" => {
                for part in ["type", "value"] {
                    field(node, part).into_iter().for_each(|n| self.walk(n));
                }
                for name in fields(node, "name") {
                    self.declare(text(name, self.source), node.kind() == "var_spec");
                }
            }
            "type_spec" | "type_alias" => {
                field(node, "name").into_iter().for_each(|n| self.declare(text(n, self.source), false));
            }
            "keyed_element" => self.keyed(node),
            "function_type" | "interface_type" | "struct_type" => {}
            _ => children(node).into_iter().for_each(|child| self.walk(child)),
        }
    }

    /// `x, ok := range y`, `case x := <-y`: what is received is evaluated first, and may be declared.
    fn received(&mut self, node: Node<'t>) {
        field(node, "right").into_iter().for_each(|n| self.walk(n));
        let left = list(field(node, "left"));
        let mut cursor = node.walk();
        let defines = node.children(&mut cursor).any(|token| token.kind() == ":=");
        if defines {
            self.define(&left);
        } else {
            left.into_iter().for_each(|target| self.target(target));
        }
    }

    fn type_switch(&mut self, node: Node<'t>) {
        self.open.push(FxHashMap::default());
        for part in ["initializer", "value"] {
            field(node, part).into_iter().for_each(|n| self.walk(n));
        }
        // It is a variable of each case, and used where one of them uses it.
        for name in list(field(node, "alias")) {
            self.declare(text(name, self.source), true);
        }
        for case in children(node) {
            if matches!(case.kind(), "type_case" | "default_case") {
                self.walk(case);
            }
        }
        self.close();
    }

    /// The key may be a field's name, which is no variable, or an expression.
    fn keyed(&mut self, node: Node<'t>) {
        if let Some(key) = field(node, "key") {
            let inner = children(key);
            match inner.as_slice() {
                [name] if name.kind() == "identifier" => {
                    let name = text(*name, self.source);
                    if self.open.iter().any(|scope| scope.contains_key(name)) {
                        self.mention(name, true);
                    }
                }
                _ => self.walk(key),
            }
        }
        field(node, "value").into_iter().for_each(|n| self.walk(n));
    }
}
