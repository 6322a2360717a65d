//! What a variable of a function is made of: all that is put into it anywhere in the function, in whatever order. Asked of what is written
//! only, where the variable's own value does not tell.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

/// Methods that put what they are given into the variable, and nothing else.
const FILLING: [&str; 13] = [
    "add",
    "add_section",
    "append",
    "extend",
    "insert",
    "read_dict",
    "read_string",
    "set",
    "setdefault",
    "update",
    "write",
    "writelines",
    "writestr",
];

/// Methods that tell of a variable and change nothing in it.
const TELLING: [&str; 20] = [
    "copy",
    "count",
    "decode",
    "encode",
    "endswith",
    "format",
    "get",
    "getvalue",
    "index",
    "items",
    "join",
    "keys",
    "lower",
    "replace",
    "sections",
    "split",
    "startswith",
    "strip",
    "upper",
    "values",
];

/// What is put into a variable.
pub enum Put<'t> {
    /// Something made of this.
    Of(&'t Expr),
    /// Who knows what.
    Anything,
}

/// What is done to a variable.
pub struct Made<'t> {
    /// What is put into it.
    pub put: Vec<Put<'t>>,
    /// Whether it is a parameter.
    pub parameter: bool,
}

/// All that is put into the variable of this name in the function, of which this range is written or returned.
pub fn put_into<'t>(function: &'t StmtFunctionDef, name: &str, written: TextRange) -> Made<'t> {
    let parameter = function.parameters.iter().any(|parameter| parameter.name() == name);
    let mut search =
        Search { name, written, chosen: false, fillable: parameter, handed: false, found: Vec::new() };
    search.visit_body(&function.body);
    let Search { found: mut put, fillable, handed, .. } = search;
    if fillable && handed {
        put.push(Put::Anything);
    }
    Made { put, parameter }
}

/// What the function returns, if that is one value.
pub fn returned_by(function: &StmtFunctionDef) -> Option<&Expr> {
    let mut returns = Returns(Vec::new());
    returns.visit_body(&function.body);
    match returns.0.as_slice() {
        [Some(one)] if function.decorator_list.is_empty() && !function.is_async => Some(one),
        _ => None,
    }
}

struct Returns<'t>(Vec<Option<&'t Expr>>);

impl<'t> Visitor<'t> for Returns<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        match statement {
            Stmt::Return(returned) => self.0.push(returned.value.as_deref()),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            other => visitor::walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        match expr {
            // A generator hands out as it likes.
            Expr::Yield(_) | Expr::YieldFrom(_) => self.0.push(None),
            other => visitor::walk_expr(self, other),
        }
    }
}

struct Search<'s, 't> {
    name: &'s str,
    written: TextRange,
    /// Whether something decides that this is done though not what is written.
    chosen: bool,
    /// Whether it may be changed by who is handed it, as a text may not.
    fillable: bool,
    handed: bool,
    found: Vec<Put<'t>>,
}

impl<'t> Search<'_, 't> {
    fn put(&mut self, value: Option<&'t Expr>) {
        self.fillable |= !value.is_some_and(is_text);
        let put = match value.filter(|_| !self.chosen) {
            Some(value) => Put::Of(value),
            None => Put::Anything,
        };
        self.found.push(put);
    }

    fn set(&mut self, target: &'t Expr, value: Option<&'t Expr>) {
        match target {
            Expr::Tuple(targets) => {
                let values = match value {
                    Some(Expr::Tuple(values)) if values.len() == targets.len() => Some(values),
                    _ => None,
                };
                for (at, target) in targets.iter().enumerate() {
                    self.set(target, values.and_then(|values| values.elts.get(at)));
                }
            }
            target if root_of(target) == Some(self.name) => {
                self.put(value);
                if let Expr::Subscript(subscript) = target {
                    self.put(Some(&subscript.slice));
                }
            }
            _ => {}
        }
    }

    /// Looks at what is done in a branch, where what is written stands elsewhere.
    fn in_branch(&mut self, body: &'t [Stmt]) {
        let holds = body.iter().any(|statement| statement.range().contains_range(self.written));
        let before = self.chosen;
        self.chosen |= !holds;
        self.visit_body(body);
        self.chosen = before;
    }

    fn call(&mut self, call: &'t ExprCall) {
        if call.range() == self.written {
            return;
        }
        let arguments = || call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|k| &k.value));
        let last = match &*call.func {
            Expr::Attribute(attribute) => {
                let method = attribute.attr.as_str();
                if root_of(&attribute.value) == Some(self.name) {
                    if FILLING.contains(&method) {
                        arguments().for_each(|given| self.put(Some(given)));
                    } else if !TELLING.contains(&method) {
                        self.found.push(Put::Anything);
                    }
                }
                method
            }
            Expr::Name(name) => name.id.as_str(),
            _ => "",
        };
        let is_it = |given: &Expr| matches!(given, Expr::Name(name) if name.id.as_str() == self.name);
        self.handed |= !only_looks(last) && arguments().any(is_it);
    }
}

impl<'t> Visitor<'t> for Search<'_, 't> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        match statement {
            Stmt::Assign(assign) => {
                assign.targets.iter().for_each(|target| self.set(target, Some(&assign.value)));
            }
            Stmt::AnnAssign(assign) => self.set(&assign.target, assign.value.as_deref()),
            Stmt::AugAssign(assign) => self.set(&assign.target, Some(&assign.value)),
            Stmt::For(each) => self.set(&each.target, Some(&each.iter)),
            Stmt::With(with) => {
                for target in with.items.iter().filter_map(|item| item.optional_vars.as_deref()) {
                    self.set(target, None);
                }
            }
            Stmt::If(choice) => {
                self.visit_expr(&choice.test);
                self.in_branch(&choice.body);
                for clause in &choice.elif_else_clauses {
                    clause.test.iter().for_each(|test| self.visit_expr(test));
                    self.in_branch(&clause.body);
                }
                return;
            }
            Stmt::Match(choice) => {
                self.visit_expr(&choice.subject);
                choice.cases.iter().for_each(|case| self.in_branch(&case.body));
                return;
            }
            Stmt::Try(attempt) => {
                self.visit_body(&attempt.body);
                for handler in &attempt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.in_branch(&handler.body);
                }
                self.visit_body(&attempt.orelse);
                self.visit_body(&attempt.finalbody);
                return;
            }
            Stmt::Global(names) if names.names.iter().any(|name| name.as_str() == self.name) => {
                self.found.push(Put::Anything);
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::Named(named) => self.set(&named.target, Some(&named.value)),
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

/// Whether nobody changes the value who is handed it.
fn is_text(expr: &Expr) -> bool {
    match expr {
        Expr::StringLiteral(_) | Expr::FString(_) | Expr::BytesLiteral(_) | Expr::NumberLiteral(_) => true,
        Expr::BinOp(op) => is_text(&op.left) || is_text(&op.right),
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(attribute) => matches!(
                attribute.attr.as_str(),
                "decode" | "dumps" | "encode" | "format" | "join" | "read" | "read_text" | "replace"
            ),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a function of this name only looks at what it is given.
fn only_looks(name: &str) -> bool {
    const LOOKING: [&str; 16] = [
        "debug",
        "dump",
        "echo",
        "error",
        "info",
        "isinstance",
        "len",
        "list",
        "log",
        "print",
        "repr",
        "safe_dump",
        "sorted",
        "str",
        "warn",
        "write",
    ];
    LOOKING.iter().any(|word| name.starts_with(word))
}

/// The variable at the bottom of `x`, `x.y`, `x[i]`: what a call returns is another value.
pub fn root_of(mut expr: &Expr) -> Option<&str> {
    loop {
        expr = match expr {
            Expr::Name(name) => return Some(name.id.as_str()),
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            _ => return None,
        };
    }
}
