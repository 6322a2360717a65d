//! What a variable of a function is made of: all that is put into it anywhere in the function, in whatever order. Asked of what is written
//! only, where the variable's own value does not tell.

use super::lower::Lowerer;
use super::syntax::{Node, bare, children, field, fields, is_within, kind, list, text};
use crate::language::models::Models;

/// How deep the syntax is walked.
const DEPTH: u32 = 200;

/// Methods that put what they are given into the variable, and nothing else.
const FILLING: [&str; 5] = ["Write", "WriteByte", "WriteRune", "WriteString", "AppendFormat"];

/// Methods that tell of a variable and change nothing in it.
const TELLING: [&str; 7] = ["Bytes", "Cap", "Grow", "Len", "Reset", "String", "Truncate"];

/// What is put into a variable.
pub enum Put<'t> {
    /// Something made of this.
    Of(Node<'t>),
    /// Who knows what.
    Anything,
}

/// What a part of a function does to a variable, as far as it is about what the variable is made of.
struct Search<'s, 't> {
    models: &'static Models,
    name: &'s str,
    source: &'t str,
    /// What is written, and where.
    written: Node<'t>,
    declared: bool,
    /// Whether it may be changed by who is handed it, as a text may not.
    fillable: bool,
    handed: bool,
    found: Vec<Put<'t>>,
}

/// What is done to a variable.
pub struct Made<'t> {
    /// What is put into it.
    pub put: Vec<Put<'t>>,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// Whether the function declares it.
    pub declared: bool,
    /// Whether nothing is done to it.
    pub untouched: bool,
}

impl<'t> Lowerer<'_, 't> {
    /// All that is put into the variable of this name in the function around `written`.
    pub fn put_into(&self, name: &str, written: Node<'t>) -> Option<Made<'t>> {
        let function = function_around(written)?;
        let source = self.file.source;
        let parameter = is_parameter(function, name, source);
        let mut search = Search {
            models: self.file.models,
            name,
            source,
            written,
            declared: false,
            fillable: false,
            handed: false,
            found: Vec::new(),
        };
        let too_deep = is_within(function, |node, depth| {
            search.look_at(node);
            Some(depth > DEPTH)
        });
        let Search { found: mut put, declared, fillable, handed, .. } = search;
        if fillable && handed {
            put.push(Put::Anything);
        }
        let untouched = put.is_empty();
        (!too_deep).then_some(Made { put, parameter, declared, untouched })
    }

    /// What the function of the file that has this name returns, if that is one value besides failures.
    pub fn returned_by(&self, name: &str, near: Node<'t>) -> Option<Node<'t>> {
        let source = self.file.source;
        let file = function_around(near)?.parent()?;
        let function = children(file).into_iter().find(|declared| {
            kind(*declared) == "function_declaration"
                && field(*declared, "name").is_some_and(|n| text(n, source) == name)
        })?;
        let mut returned = Vec::new();
        let too_deep = is_within(function, |node, depth| {
            if kind(node) == "return_statement" {
                let values = children(node).first().copied();
                let first = list(values).first().copied();
                returned.extend(first.filter(|value| kind(*value) != "nil"));
            }
            Some(depth > DEPTH)
        });
        match returned.as_slice() {
            [one] if !too_deep => Some(*one),
            _ => None,
        }
    }
}

/// The declared function that the node stands in, literals in it passed by.
fn function_around(mut node: Node<'_>) -> Option<Node<'_>> {
    loop {
        node = node.parent()?;
        if matches!(kind(node), "function_declaration" | "method_declaration") {
            return Some(node);
        }
    }
}

/// Whether a parameter of the function, or of a literal in it, has the name.
fn is_parameter(function: Node<'_>, name: &str, source: &str) -> bool {
    is_within(function, |node, depth| {
        let declares = matches!(kind(node), "parameter_declaration" | "variadic_parameter_declaration");
        Some(depth > DEPTH || (declares && fields(node, "name").into_iter().any(|n| text(n, source) == name)))
    })
}

impl<'t> Search<'_, 't> {
    fn look_at(&mut self, node: Node<'t>) {
        match kind(node) {
            "short_var_declaration" | "assignment_statement" => {
                let (targets, values) = (list(field(node, "left")), list(field(node, "right")));
                for (at, target) in targets.iter().enumerate() {
                    if self.root(*target) != Some(self.name) {
                        continue;
                    }
                    // What a call returns first is what it makes; the rest says whether it could.
                    let value = match values.as_slice() {
                        [one] => Some(one).filter(|_| at == 0),
                        values => values.get(at),
                    };
                    self.declared |= kind(node) == "short_var_declaration";
                    self.put(node, value.copied());
                    if let Some(index) = field(bare(*target), "index") {
                        self.put(node, Some(index));
                    }
                }
            }
            "var_spec" => {
                let at = fields(node, "name").into_iter().position(|n| text(n, self.source) == self.name);
                let values = list(field(node, "value"));
                self.declared |= at.is_some();
                self.fillable |= at.is_some() && values.is_empty();
                match (at, values.as_slice()) {
                    (Some(at), values) if !values.is_empty() => self.put(node, values.get(at).copied()),
                    _ => {}
                }
            }
            "range_clause" => {
                let targets = list(field(node, "left"));
                if targets.iter().any(|target| text(*target, self.source) == self.name) {
                    self.declared = true;
                    self.put(node, field(node, "right"));
                }
            }
            "inc_statement" | "dec_statement" | "receive_statement"
                if children(node).first().is_some_and(|target| self.root(*target) == Some(self.name)) =>
            {
                self.found.push(Put::Anything);
            }
            "call_expression" if node.id() != self.written.id() && !self.holds_written(node) => {
                self.look_at_call(node);
            }
            _ => {}
        }
    }

    /// A call may fill what it is given the address or a part of, and what its method is called on.
    fn look_at_call(&mut self, call: Node<'t>) {
        let Some(function) = field(call, "function").map(bare) else { return };
        let arguments = field(call, "arguments").map(children).unwrap_or_default();
        if kind(function) == "selector_expression"
            && field(function, "operand").and_then(|operand| self.root(operand)) == Some(self.name)
        {
            let method = field(function, "field").map(|f| text(f, self.source)).unwrap_or_default();
            if FILLING.contains(&method) {
                arguments.iter().for_each(|given| self.put(call, Some(*given)));
            } else if !TELLING.contains(&method) {
                self.found.push(Put::Anything);
            }
            return;
        }
        let filled = |argument: &Node<'t>| {
            matches!(kind(bare(*argument)), "unary_expression" | "slice_expression")
                && self.root(*argument) == Some(self.name)
        };
        let handed = |argument: &Node<'t>| self.is_it(*argument);
        let name = text(function, self.source);
        let last = name.rsplit('.').next().unwrap_or(name);
        let takes = |first: &str| {
            arguments.first().is_some_and(|a| filled(a) || handed(a)) && last.starts_with(first)
        };
        if takes("Fprint") || takes("Put") || (takes("copy") && last == "copy") || takes("WriteString") {
            arguments.iter().skip(1).for_each(|given| self.put(call, Some(*given)));
        } else if arguments.iter().any(filled) {
            self.found.push(Put::Anything);
        } else {
            let looks = only_looks(last) || self.models.is_pure(name);
            self.handed |= !looks && arguments.iter().any(handed);
        }
    }

    fn put(&mut self, by: Node<'t>, value: Option<Node<'t>>) {
        let is_made_by = |call: Node<'t>| field(call, "function").map(|f| text(f, self.source));
        self.fillable |= value.map(bare).is_some_and(|value| match kind(value) {
            "composite_literal" | "unary_expression" | "slice_expression" => true,
            // Who knows what a function gives out; what is made of texts is one.
            "call_expression" => !is_made_by(value).is_some_and(|name| self.models.is_pure(name)),
            _ => false,
        });
        let put = match value.filter(|_| !self.is_in_a_choice(by)) {
            Some(value) => Put::Of(value),
            None => Put::Anything,
        };
        self.found.push(put);
    }

    /// Whether something decides that this is done though not what is written.
    fn is_in_a_choice(&self, mut node: Node<'t>) -> bool {
        while let Some(around) = node.parent() {
            let decides = matches!(
                kind(around),
                "if_statement" | "expression_case" | "type_case" | "default_case" | "communication_case"
            );
            let asks = ["condition", "initializer"].iter().any(|part| field(around, part) == Some(node));
            if decides && !asks && !contains(around, self.written) {
                return true;
            }
            if matches!(kind(around), "function_declaration" | "method_declaration") {
                return false;
            }
            node = around;
        }
        false
    }

    /// Whether the call is what writes: what is handed to it is only looked at.
    fn holds_written(&self, call: Node<'t>) -> bool {
        field(call, "arguments").is_some_and(|arguments| contains(arguments, self.written))
    }

    fn is_it(&self, node: Node<'t>) -> bool {
        let node = bare(node);
        kind(node) == "identifier" && text(node, self.source) == self.name
    }

    /// The variable at the bottom of `x`, `x.y`, `x[i]`, `*x`, `&x`.
    fn root(&self, mut node: Node<'t>) -> Option<&'t str> {
        loop {
            node = match kind(node) {
                "identifier" => return Some(text(node, self.source)),
                "selector_expression" | "index_expression" | "unary_expression" | "slice_expression" => {
                    field(node, "operand")?
                }
                "parenthesized_expression" => bare(node),
                _ => return None,
            }
        }
    }
}

/// Whether a function of this name only looks at what it is given, by the first word of the name.
fn only_looks(name: &str) -> bool {
    const LOOKING: [&str; 17] = [
        "Contains",
        "Debug",
        "Equal",
        "Error",
        "Fatal",
        "HasPrefix",
        "HasSuffix",
        "Info",
        "Log",
        "Marshal",
        "Print",
        "Sprint",
        "Sum",
        "Warn",
        "byte",
        "len",
        "string",
    ];
    LOOKING.iter().any(|word| name.starts_with(word)) || name.contains("rint")
}

fn contains(outer: Node<'_>, inner: Node<'_>) -> bool {
    outer.start_byte() <= inner.start_byte() && inner.end_byte() <= outer.end_byte()
}
