//! Functions that a library tells of what fails, and goes on from if they do: what they raise nothing of is ignored (`shutil.rmtree`).

use super::lower::Lowerer;
use super::value::{Closure, V, Val};
use crate::flow::Kinds;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, Expr, Stmt};

/// Statements nested deeper than this count as raising.
const DEPTH: usize = 20;
/// What is called to tell of a failure, and fails in no way that matters.
const TELLING: [&str; 16] = [
    "add",
    "append",
    "critical",
    "debug",
    "error",
    "exc_info",
    "exception",
    "format",
    "format_exc",
    "info",
    "log",
    "print",
    "repr",
    "str",
    "warn",
    "warning",
];

impl<'t> Lowerer<'_, 't> {
    /// Whether the value is a function that raises nothing, whatever it is told of.
    pub fn raises_nothing(&self, function: &Val<'t>) -> bool {
        match &function.v {
            V::Closure(Closure::Def(def)) => self.is_quiet(&def.body, 0),
            V::Closure(Closure::Lambda(lambda)) => only_tells(&lambda.body),
            V::Name(name) => self
                .file
                .declared
                .functions
                .get(&**name)
                .is_some_and(|def| !def.is_async && self.is_quiet(&def.body, 0)),
            _ => false,
        }
    }

    fn is_quiet(&self, body: &[Stmt], depth: usize) -> bool {
        depth <= DEPTH
            && body.iter().all(|statement| match statement {
                Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) => true,
                Stmt::Return(node) => node.value.as_deref().is_none_or(only_tells),
                Stmt::Expr(node) => only_tells(&node.value),
                Stmt::Assign(node) => only_tells(&node.value),
                Stmt::AugAssign(node) => only_tells(&node.value),
                Stmt::If(node) => {
                    let mut clauses = node.elif_else_clauses.iter();
                    only_tells(&node.test)
                        && self.is_quiet(&node.body, depth + 1)
                        && clauses.all(|clause| {
                            clause.test.as_ref().is_none_or(only_tells)
                                && self.is_quiet(&clause.body, depth + 1)
                        })
                }
                Stmt::Try(node) => {
                    let handlers =
                        || node.handlers.iter().map(|ExceptHandler::ExceptHandler(handler)| handler);
                    handlers().any(|handler| self.caught(handler.type_.as_deref()).kinds == Kinds::ANY)
                        && handlers().all(|handler| self.is_quiet(&handler.body, depth + 1))
                        && self.is_quiet(&node.orelse, depth + 1)
                        && self.is_quiet(&node.finalbody, depth + 1)
                }
                _ => false,
            })
    }
}

/// Whether the expression calls nothing but what tells of something.
fn only_tells(expr: &Expr) -> bool {
    struct Calls(bool);
    impl<'t> Visitor<'t> for Calls {
        fn visit_expr(&mut self, expr: &'t Expr) {
            self.0 &= match expr {
                Expr::Call(call) => match &*call.func {
                    Expr::Name(name) => TELLING.contains(&name.id.as_str()),
                    Expr::Attribute(attribute) => TELLING.contains(&attribute.attr.as_str()),
                    _ => false,
                },
                Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => false,
                _ => true,
            };
            if self.0 {
                visitor::walk_expr(self, expr);
            }
        }
    }
    let mut calls = Calls(true);
    calls.visit_expr(expr);
    calls.0
}
