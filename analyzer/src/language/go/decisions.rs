//! Decisions: `if`, `switch`, `select`, and what is done with what could not be understood.

use super::lower::{Around, Lowerer};
use super::statements::assigned_in;
use super::syntax::{Node, bare, children, field, first, is_within, kind, list, statements};
use super::types::Ty;
use super::value::{V, Val};
use crate::flow::{Condition, Exit, OnFailure, ResultId, Step};
use crate::language::conditions::{add_data, any};

/// How deep in a switch a `break` is looked for.
const DEEPEST_BREAK: u32 = 64;

/// What is called to end the process, but for how the last words are given.
const ENDS: [&str; 4] = ["panic", "Panic", "Fatal", "Exit"];

impl<'t> Lowerer<'_, 't> {
    pub fn if_statement(&mut self, node: Node<'t>) {
        let before = field(node, "initializer");
        if before.is_none() {
            return self.if_in_scope(node);
        }
        self.scoped(|this| {
            if let Some(before) = before {
                this.statement(before);
            }
            this.if_in_scope(node);
        });
    }

    fn if_in_scope(&mut self, node: Node<'t>) {
        let condition = match field(node, "condition") {
            Some(test) => self.condition(test),
            None => Condition::Constant(true),
        };
        let malformed = field(node, "condition").map(|test| self.malformed_by(test)).unwrap_or_default();
        let (then, otherwise) = (field(node, "consequence"), field(node, "alternative"));
        for (reads, fails_then) in malformed {
            // Without an `else`, what follows handles it.
            let otherwise = || otherwise.or_else(|| node.parent().filter(|p| p.kind() == "statement_list"));
            let handler = if fails_then { then } else { otherwise() };
            let policy = handler.map_or(OnFailure::Continue, |handler| self.handled(handler));
            self.note_malformed(&reads, policy);
        }
        self.branch(
            &condition,
            |this| {
                if let Some(then) = then {
                    this.block(then);
                }
            },
            |this| match otherwise {
                Some(other) if other.kind() == "if_statement" => {
                    this.deeper(|this| this.if_statement(other));
                }
                Some(other) => this.block(other),
                None => {}
            },
        );
    }

    /// The reads that could not be understood where a part of the test, `err != nil`, holds, or where `err == nil` does not; with which.
    fn malformed_by(&self, test: Node<'t>) -> Vec<(Vec<ResultId>, bool)> {
        let test = bare(test);
        let (Some(left), Some(right)) = (field(test, "left"), field(test, "right")) else {
            return Vec::new();
        };
        let operator = field(test, "operator").map_or("", |operator| self.text(operator));
        match operator {
            "||" => [left, right].iter().flat_map(|side| self.malformed_by(*side)).collect(),
            "!=" | "==" if self.text(right) == "nil" => {
                let reads = self.not_understood(left);
                if reads.is_empty() { Vec::new() } else { vec![(reads, operator == "!=")] }
            }
            _ => Vec::new(),
        }
    }

    /// The reads that could not be understood if this, an error or a call that returns only that, is not nil.
    fn not_understood(&self, error: Node<'t>) -> Vec<ResultId> {
        let error = bare(error);
        match kind(error) {
            "identifier" => match self.local(self.text(error)).map(|local| &local.v) {
                Some(V::Error(e)) => e.malformed.clone(),
                _ => Vec::new(),
            },
            "call_expression" => {
                let mut reads = Vec::new();
                for argument in field(error, "arguments").map(children).unwrap_or_default() {
                    if let Some(local) = self.local(self.text(argument)) {
                        add_data(&mut reads, &local.observed());
                    }
                }
                reads
            }
            _ => Vec::new(),
        }
    }

    /// What a handler does in the end, as far as its last statement says.
    fn handled(&self, block: Node<'t>) -> OnFailure {
        let Some(last) = statements(block).pop() else { return OnFailure::Continue };
        match kind(last) {
            "return_statement" => {
                let gives_nil = list(first(last)).last().is_some_and(|value| self.text(*value) == "nil");
                let types = &self.results.types;
                let tells = types.is_empty() || types.contains(&Ty::Error) || types.contains(&Ty::Unknown);
                if gives_nil || first(last).is_none() || !tells {
                    OnFailure::Continue
                } else {
                    OnFailure::Propagate
                }
            }
            "expression_statement" if self.ends(first(last)) => OnFailure::Panic,
            _ => OnFailure::Continue,
        }
    }

    /// Whether the process ends with this call, by its name: `log.Fatalf("..")`, `os.Exit(1)`, `t.Fatal(err)`.
    fn ends(&self, call: Option<Node<'t>>) -> bool {
        let function =
            call.and_then(|call| field(call, "function")).map_or("", |function| self.text(function));
        let name = function.rsplit('.').next().unwrap_or(function);
        ENDS.iter().any(|end| name.strip_prefix(end).is_some_and(|rest| matches!(rest, "" | "f" | "ln")))
    }

    pub fn breakable(&mut self, node: Node<'t>, inner: impl FnOnce(&mut Self)) {
        if !self.has_break(node) {
            return self.scoped(inner);
        }
        self.around.push(Around { label: None, switch: true });
        let reached = !self.diverged;
        let (mut body, ()) = self.in_block(inner);
        self.around.pop();
        self.diverged = !reached;
        for name in assigned_in(node, self) {
            self.forget(&name);
        }
        body.steps.push(Step::Exit(Exit::Break(0)));
        if body.steps.len() > 1 {
            self.push(Step::Loop(body));
        }
    }

    /// Whether a plain `break` leaves this switch.
    fn has_break(&self, switch: Node<'t>) -> bool {
        self.text(switch).contains("break")
            && is_within(switch, |node, depth| match kind(node) {
                _ if depth == 0 => Some(false),
                _ if depth > DEEPEST_BREAK => None,
                "break_statement" => first(node).is_none().then_some(true),
                "for_statement"
                | "func_literal"
                | "expression_switch_statement"
                | "select_statement"
                | "type_switch_statement" => None,
                _ => Some(false),
            })
    }

    pub fn switch(&mut self, node: Node<'t>) {
        if let Some(before) = field(node, "initializer") {
            self.statement(before);
        }
        let value = field(node, "value").map(|v| self.expr(v));
        let cases: Vec<Node<'t>> = children(node)
            .into_iter()
            .filter(|c| matches!(c.kind(), "expression_case" | "default_case"))
            .collect();
        let (mut ordered, default): (Vec<_>, Vec<_>) =
            cases.into_iter().partition(|c| c.kind() == "expression_case");
        ordered.extend(default);
        self.cases(value.as_ref(), &ordered);
    }

    fn cases(&mut self, value: Option<&Val<'t>>, cases: &[Node<'t>]) {
        let Some((case, rest)) = cases.split_first() else { return };
        let body = body_of(*case);
        if kind(*case) == "default_case" {
            return self.scoped(|this| this.statements(&body));
        }
        let tests = list(field(*case, "value"));
        let conditions: Vec<Condition> = tests
            .iter()
            .map(|test| match value {
                None => self.condition(*test),
                Some(value) => {
                    let other = self.expr(*test);
                    self.equal(value, &other)
                }
            })
            .collect();
        let condition = any(conditions);
        let nested = self.deeper(|this| {
            this.branch(&condition, |this| this.statements(&body), |this| this.cases(value, rest));
        });
        if nested.is_none() {
            for case in rest {
                self.scoped(|this| this.statements(&body_of(*case)));
            }
        }
    }

    pub fn type_switch(&mut self, node: Node<'t>) {
        if let Some(before) = field(node, "initializer") {
            self.statement(before);
        }
        let value = field(node, "value").map(|v| self.expr(v)).unwrap_or_default();
        let alias = field(node, "alias").and_then(first).map(|a| self.text(a).to_owned());
        let cases = children(node);
        self.alternatives(
            &cases
                .into_iter()
                .filter(|c| matches!(c.kind(), "type_case" | "default_case"))
                .collect::<Vec<_>>(),
            &mut |this, case| {
                if let Some(alias) = &alias {
                    this.declare(alias, value.clone());
                }
                let types = super::syntax::fields(case, "type").len();
                this.statements(&statements(case).into_iter().skip(types).collect::<Vec<_>>());
            },
        );
    }

    pub fn select(&mut self, node: Node<'t>) {
        let cases: Vec<Node<'t>> = children(node);
        let several = cases.len() > 1;
        self.alternatives(&cases, &mut |this, case| {
            let around = std::mem::replace(&mut this.selecting, several);
            if let Some(receives) = field(case, "communication") {
                let targets = list(field(receives, "left"));
                match field(receives, "right") {
                    Some(right) if !targets.is_empty() => this.set(&targets, &[right], true),
                    Some(right) => {
                        this.expr(right);
                    }
                    None => this.statement(receives),
                }
            }
            this.selecting = around;
            let skipped = usize::from(field(case, "communication").is_some());
            this.statements(&statements(case).into_iter().skip(skipped).collect::<Vec<_>>());
        });
    }

    /// One of these, nobody knows which.
    fn alternatives(&mut self, cases: &[Node<'t>], body: &mut dyn FnMut(&mut Self, Node<'t>)) {
        let Some((case, rest)) = cases.split_first() else { return };
        if rest.is_empty() {
            return self.scoped(|this| body(this, *case));
        }
        let which = self.opaque_condition(Vec::new());
        let cell = std::cell::RefCell::new(body);
        self.deeper(|this| {
            this.branch(
                &which,
                |this| (cell.borrow_mut())(this, *case),
                |this| this.alternatives(rest, *cell.borrow_mut()),
            );
        });
    }
}

/// What a case of a `switch` runs: its own statements, and those of the cases that it falls through to.
fn body_of(case: Node<'_>) -> Vec<Node<'_>> {
    let mut body = Vec::new();
    let mut next = Some(case);
    while let Some(case) = next.filter(|case| matches!(case.kind(), "expression_case" | "default_case")) {
        let tests = usize::from(case.kind() == "expression_case");
        body.extend(statements(case).into_iter().skip(tests));
        next = match body.pop_if(|last| last.kind() == "fallthrough_statement") {
            Some(_) => case.next_named_sibling(),
            None => None,
        };
    }
    body
}
