//! `try`: which failures of which steps each handler takes, and what runs last.
//!
//! Where nothing but failures leaves the body, it becomes a frame (or, where only its last step can fail, that step), and the
//! handlers are decisions about its failure. Where the body returns, breaks or continues too, it becomes a loop that runs once in
//! another that runs once: a failure leaves the inner one, so that the handlers run, and whoever comes to the end leaves both.

use super::lower::{Lowerer, span};
use super::types::dotted;
use super::value::{V, Val, one_failed};
use crate::flow::{
    Block, Branch, Condition, ErrorKind, Exit, Frame, Kinds, OnFailure, Operation, ResultId, Step, Value,
};
use crate::language::conditions::failed;
use crate::language::steps::failure_exits;
use crate::source::Span;
use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtTry};

/// How deep finished blocks are gone through.
const MAX_DEPTH: usize = 200;

/// What a handler takes.
#[derive(Clone, Debug, Default)]
pub struct Caught {
    /// Failures of effects and of functions of the program.
    pub kinds: Kinds,
    /// Other exceptions, of which the flow knows nothing.
    pub foreign: bool,
    /// Exceptions of data that cannot be understood.
    pub values: bool,
}

/// A handler.
#[derive(Clone)]
pub struct Handler<'t> {
    /// What it takes.
    pub caught: Caught,
    /// What it calls the exception.
    pub name: Option<&'t str>,
    /// What it does.
    pub body: &'t [Stmt],
}

/// Exceptions of the language that every one of a wider class is.
const EVERYTHING: [&str; 2] = ["Exception", "BaseException"];
const OF_THE_SYSTEM: [&str; 6] =
    ["OSError", "IOError", "EnvironmentError", "os::error", "socket::error", "shutil::Error"];
const OF_VALUES: [&str; 12] = [
    "ValueError",
    "JSONDecodeError",
    "KeyError",
    "TypeError",
    "EOFError",
    "UnicodeDecodeError",
    "UnpicklingError",
    "AttributeError",
    "LookupError",
    "YAMLError",
    "PickleError",
    "IndexError",
];

impl<'t> Lowerer<'_, 't> {
    /// A `try` statement.
    pub fn try_statement(&mut self, node: &'t StmtTry) {
        let handlers: Vec<Handler<'t>> = node
            .handlers
            .iter()
            .map(|handler| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                Handler {
                    caught: self.caught(handler.type_.as_deref()),
                    name: handler.name.as_ref().map(|n| n.as_str()),
                    body: &handler.body,
                }
            })
            .collect();
        let at = span(node);
        if node.finalbody.is_empty() {
            return self.attempt(at, &handlers, &node.orelse, |this| this.statements(&node.body));
        }
        self.finally(at, &node.finalbody, leaves(&node.body, &node.orelse, &handlers), |this| match handlers
            .is_empty()
        {
            true => this.statements(&node.body),
            false => this.attempt(at, &handlers, &node.orelse, |this| this.statements(&node.body)),
        });
    }

    /// What the classes of a handler take.
    pub fn caught(&self, classes: Option<&Expr>) -> Caught {
        let Some(classes) = classes else {
            return Caught { kinds: Kinds::ANY, foreign: true, values: true };
        };
        let mut caught = Caught::default();
        let classes = match classes {
            Expr::Tuple(tuple) => tuple.elts.as_slice(),
            one => std::slice::from_ref(one),
        };
        for class in classes {
            let one = self.caught_by(class);
            caught.kinds = caught.kinds.union(one.kinds);
            caught.foreign |= one.foreign;
            caught.values |= one.values;
        }
        caught
    }

    fn caught_by(&self, class: &Expr) -> Caught {
        let Some(name) = self.file.names.qualified(class) else {
            return Caught { kinds: Kinds::of(ErrorKind::Other), foreign: true, values: false };
        };
        let models = self.file.models;
        if let Some(kind) = models.error_kind(&dotted(&super::declared::builtin(&name))) {
            return Caught { kinds: Kinds::of(kind), foreign: false, values: false };
        }
        let last = crate::qualified::last(&name);
        // A name of the language under which a module has something else for older versions.
        if let Some(kind) = models.error_kind(&dotted(&super::declared::builtin(last))) {
            return Caught { kinds: Kinds::of(kind), foreign: false, values: false };
        }
        if EVERYTHING.contains(&last) {
            return Caught { kinds: Kinds::ANY, foreign: true, values: true };
        }
        if OF_THE_SYSTEM.contains(&name.as_str()) {
            return Caught { kinds: Kinds::ANY, foreign: false, values: false };
        }
        // An exception of the program's own making fails in no way that has a name.
        let foreign = Caught { kinds: Kinds::of(ErrorKind::Other), foreign: true, values: false };
        match last {
            "ImportError" | "ModuleNotFoundError" | "KeyboardInterrupt" | "StopIteration" | "SystemExit" => {
                Caught { kinds: Kinds::NONE, ..foreign }
            }
            last if OF_VALUES.contains(&last) => Caught { kinds: Kinds::NONE, values: true, ..foreign },
            _ => foreign,
        }
    }

    /// What is done about data that cannot be understood, by the `try` statements around.
    pub fn policy_for_values(&self) -> OnFailure {
        self.told_of_values().unwrap_or(OnFailure::Propagate)
    }

    /// The same, if one of them takes such failures.
    pub fn told_of_values(&self) -> Option<OnFailure> {
        self.understanding.iter().rev().flatten().next().copied()
    }

    /// Notes that a call may be what understands data that it is given, where a failure of that is dealt with.
    pub fn note_given(&mut self, data: &[ResultId]) {
        if self.told_of_values() == Some(OnFailure::Continue) {
            self.note_malformed(data, OnFailure::Continue);
        }
    }

    /// Runs `body`, and the handlers for what of it fails.
    pub fn attempt(
        &mut self,
        at: Span,
        handlers: &[Handler<'t>],
        orelse: &'t [Stmt],
        body: impl FnOnce(&mut Self),
    ) {
        let reached = !self.diverged;
        let before = self.state();
        let takes = handlers.iter().find(|h| h.caught.values);
        self.understanding.push(takes.map(|handler| match raises_at_end(handler.body) {
            true => OnFailure::Propagate,
            false => OnFailure::Continue,
        }));
        let (mut block, ()) = self.in_block(body);
        self.understanding.pop();
        let ended = std::mem::replace(&mut self.diverged, !reached);
        let after = self.state();
        let foreign = handlers.iter().any(|h| h.caught.foreign);
        let somewhere = self.opaque_condition(Vec::new());
        let middle = self.joined(&somewhere, after.clone(), before.clone());
        if !can_fail(&block, 0) {
            let unlikely = self.opaque_condition(Vec::new());
            if !foreign {
                self.restore(after);
                self.push_all(block);
                self.diverged |= ended;
                return self.statements(orelse);
            }
            if ended {
                // What never comes to its end may not have begun either.
                let handle = |this: &mut Self| this.handlers(&[], handlers);
                return self.branch_from(&unlikely, before, after, handle, |this| {
                    this.push_all(block);
                    this.diverged = true;
                });
            }
            self.restore(after.clone());
            self.push_all(block);
            return self.branch_from(
                &unlikely,
                middle,
                after,
                |this| this.handlers(&[], handlers),
                |this| this.statements(orelse),
            );
        }
        if let Some(result) = only_failure(&block) {
            set_last_policy(&mut block, OnFailure::Continue);
            self.push_all(block);
            return self.handled(&[result], handlers, orelse, middle, after, ended);
        }
        if !crosses(&block, 0) {
            if !ended {
                let value = Value::Success(Box::new(Value::Condition(Condition::Constant(true))));
                block.steps.push(Step::Exit(Exit::Return(value)));
            }
            let result = self.result();
            let site = self.site(at);
            self.push(Step::Frame(Frame {
                body: block,
                result,
                on_failure: OnFailure::Continue,
                defaulted: false,
                on_malformed: None,
                on_misread: None,
                site,
                name: String::new(),
                outward: 0,
            }));
            return self.handled(&[result], handlers, orelse, middle, after, ended);
        }
        self.in_loops(block, ended, handlers, orelse, middle, after);
    }

    /// The handlers of what these results failed with, and what runs if none did.
    fn handled(
        &mut self,
        of: &[ResultId],
        handlers: &[Handler<'t>],
        orelse: &'t [Stmt],
        middle: super::lower::State<'t>,
        after: super::lower::State<'t>,
        ended: bool,
    ) {
        let any = one_failed(of, Kinds::ANY);
        let otherwise = |this: &mut Self| {
            if ended {
                this.diverged = true;
            }
            let foreign: Vec<Handler<'t>> = handlers
                .iter()
                .filter(|h| h.caught.foreign && h.caught.kinds != Kinds::ANY && has_effect(h.body))
                .cloned()
                .collect();
            if foreign.is_empty() || this.diverged {
                return this.statements(orelse);
            }
            let unlikely = this.opaque_condition(of.to_vec());
            let first = foreign.first().cloned();
            this.branch(
                &unlikely,
                |this| {
                    if let Some(handler) = first {
                        this.handler(&handler, &[]);
                    }
                },
                |this| this.statements(orelse),
            );
        };
        self.branch_from(&any, middle, after, |this| this.handlers(of, handlers), otherwise);
    }

    /// The first handler that takes the failure; if none does, it goes on.
    fn handlers(&mut self, of: &[ResultId], handlers: &[Handler<'t>]) {
        let Some((handler, rest)) = handlers.split_first() else {
            self.push_all(failure_exits(of));
            self.diverged = true;
            return;
        };
        if handler.caught.kinds == Kinds::ANY || (of.is_empty() && rest.is_empty()) {
            return self.handler(handler, of);
        }
        let condition = match (one_failed(of, handler.caught.kinds), of.is_empty()) {
            (_, true) => self.opaque_condition(Vec::new()),
            (condition, false) => condition,
        };
        let nested = self.deeper(|this| {
            this.branch(&condition, |this| this.handler(handler, of), |this| this.handlers(of, rest));
        });
        if nested.is_none() {
            self.diverged = true;
        }
    }

    fn handler(&mut self, handler: &Handler<'t>, of: &[ResultId]) {
        if let Some(name) = handler.name {
            self.assign(name, Val::new(V::Error(of.into()), super::types::Ty::Unknown));
        }
        self.handling.push(of.to_vec());
        self.statements(handler.body);
        self.handling.pop();
        if let Some(name) = handler.name {
            self.unbind(name);
        }
    }

    /// A body that is left otherwise too.
    fn in_loops(
        &mut self,
        block: Block,
        ended: bool,
        handlers: &[Handler<'t>],
        orelse: &'t [Stmt],
        middle: super::lower::State<'t>,
        after: super::lower::State<'t>,
    ) {
        let reached = !self.diverged;
        let mut of = Vec::new();
        let mut inner = leaving(block, 0, &mut of, 0);
        of.sort();
        of.dedup();
        self.restore(after);
        let (mut last, ()) = self.in_block(|this| {
            if ended {
                this.diverged = true;
            }
            this.statements(orelse);
        });
        let ended = std::mem::replace(&mut self.diverged, !reached);
        shift(&mut last, 2, 0, 0);
        inner.steps.append(&mut last.steps);
        inner.drops.append(&mut last.drops);
        if !ended {
            inner.steps.push(Step::Exit(Exit::Break(1)));
        }
        let after = self.state();
        self.restore(middle);
        let (mut handling, ()) = self.in_block(|this| this.handlers(&of, handlers));
        let left = std::mem::replace(&mut self.diverged, !reached);
        shift(&mut handling, 1, 0, 0);
        let handled = self.state();
        let mut steps = vec![Step::Loop(inner)];
        steps.append(&mut handling.steps);
        if !left {
            steps.push(Step::Exit(Exit::Break(0)));
        }
        self.push(Step::Loop(Block { steps, drops: handling.drops }));
        let state = match (ended, left) {
            (true, false) => handled,
            (false, true) => after,
            _ => self.joined(&failed(of.first().copied().unwrap_or(ResultId(0))), handled, after),
        };
        self.restore(state);
        self.diverged = self.diverged || (ended && left);
    }

    /// Runs `body`, and then `last`, whatever happens.
    pub fn finally(&mut self, at: Span, last: &'t [Stmt], leaves: bool, body: impl FnOnce(&mut Self)) {
        let reached = !self.diverged;
        let before = self.state();
        if leaves {
            self.finals.push((last, self.loops));
        }
        let handed_out = std::mem::take(&mut self.handed_out);
        let (mut block, ()) = self.in_block(body);
        let stays = self.handed_out;
        self.handed_out |= handed_out;
        if leaves {
            self.finals.pop();
        }
        let ended = std::mem::replace(&mut self.diverged, !reached);
        let after = self.state();
        let fails = can_fail(&block, 0);
        // What it would do now says whether it only gives something back.
        let sites = self.sites.len();
        let (now, ()) = self.in_block(|this| this.statements(last));
        self.diverged = !reached;
        let mut releases = Vec::new();
        if collect_releases(&now, &mut releases) {
            self.sites.truncate(sites);
            if block.steps.is_empty() {
                // Nothing comes in between.
                block = now;
                releases.clear();
            }
            // A manager's lock is given back when the manager is left, which is not where it hands out.
            let is_lock = |released: &ResultId| self.held.iter().any(|(_, held)| held == released);
            if !stays || !releases.iter().any(is_lock) {
                block.drops.extend(releases);
            }
            self.push_all(block);
            self.diverged |= ended;
            return;
        }
        self.restore(after.clone());
        if !fails {
            self.push_all(block);
            self.diverged |= ended;
            return self.statements(last);
        }
        let somewhere = self.opaque_condition(Vec::new());
        let middle = self.joined(&somewhere, after.clone(), before);
        if !crosses(&block, 0) {
            if !ended {
                let value = Value::Success(Box::new(Value::Condition(Condition::Constant(true))));
                block.steps.push(Step::Exit(Exit::Return(value)));
            }
            let result = self.result();
            let site = self.site(at);
            self.push(Step::Frame(Frame {
                body: block,
                result,
                on_failure: OnFailure::Continue,
                defaulted: false,
                on_malformed: None,
                on_misread: None,
                site,
                name: String::new(),
                outward: 0,
            }));
            let known = if ended { middle } else { after };
            self.restore(known);
            self.statements(last);
            if !self.diverged {
                self.leave_if(failed(result), OnFailure::Propagate, &[result]);
            }
            self.diverged |= ended;
            return;
        }
        let mut of = Vec::new();
        let mut inner = leaving(block, 0, &mut of, 0);
        of.sort();
        of.dedup();
        if !ended {
            inner.steps.push(Step::Exit(Exit::Break(1)));
        }
        self.restore(middle);
        let (mut failing, ()) = self.in_block(|this| {
            this.statements(last);
            if !this.diverged {
                this.push_all(failure_exits(&of));
            }
        });
        self.diverged = !reached;
        shift(&mut failing, 1, 0, 0);
        let mut steps = vec![Step::Loop(inner)];
        steps.append(&mut failing.steps);
        self.push(Step::Loop(Block { steps, drops: failing.drops }));
        self.restore(after);
        self.diverged |= ended;
        if !ended {
            self.statements(last);
        }
    }

    /// What runs last on the way out of this many loops, or of the function (`None`).
    pub fn run_finals(&mut self, out_of: Option<u32>) {
        let finals = self.finals.clone();
        for (at, (body, loops)) in finals.iter().enumerate().rev() {
            if out_of.is_some_and(|target| *loops < target) {
                break;
            }
            // On the way out it is not around any more.
            let inside = self.finals.split_off(at);
            self.deeper(|this| this.statements(body));
            self.finals.extend(inside);
        }
    }
}

/// Whether the last statement raises.
fn raises_at_end(body: &[Stmt]) -> bool {
    matches!(body.last(), Some(Stmt::Raise(_)))
}

/// Whether there is more in a handler than a message.
fn has_effect(body: &[Stmt]) -> bool {
    body.iter().any(|s| !matches!(s, Stmt::Pass(_) | Stmt::Continue(_)))
}

/// Whether a block can fail, other than in frames that keep it to themselves.
fn can_fail(block: &Block, depth: usize) -> bool {
    depth < MAX_DEPTH
        && block.steps.iter().any(|step| match step {
            Step::Effect(e) => e.on_failure == OnFailure::Propagate,
            Step::Call(c) => c.on_failure == OnFailure::Propagate,
            Step::Frame(f) => f.on_failure == OnFailure::Propagate,
            Step::Exit(Exit::Return(Value::Failure(_))) => true,
            Step::Branch(b) => can_fail(&b.then, depth + 1) || can_fail(&b.otherwise, depth + 1),
            Step::Loop(body) => can_fail(body, depth + 1),
            _ => false,
        })
}

/// Whether a block leaves otherwise than by failing or at its end: `loops` counts the loops between.
fn crosses(block: &Block, loops: u32) -> bool {
    block.steps.iter().any(|step| match step {
        Step::Exit(Exit::Return(value)) => !matches!(value, Value::Failure(_)),
        Step::Exit(Exit::Break(n) | Exit::Continue(n)) => *n >= loops,
        Step::Branch(b) => crosses(&b.then, loops) || crosses(&b.otherwise, loops),
        Step::Loop(body) => crosses(body, loops + 1),
        _ => false,
    })
}

/// The effect that the block ends with, if nothing else in it can fail and nothing leaves it.
fn only_failure(block: &Block) -> Option<ResultId> {
    let (last, before) = block.steps.split_last()?;
    let Step::Effect(effect) = last else { return None };
    let before = Block { steps: before.to_vec(), drops: Vec::new() };
    let alone = effect.on_failure == OnFailure::Propagate
        && block.drops.is_empty()
        && !can_fail(&before, 0)
        && !crosses(&before, 0);
    alone.then_some(effect.result)
}

fn set_last_policy(block: &mut Block, policy: OnFailure) {
    if let Some(Step::Effect(effect)) = block.steps.last_mut() {
        effect.on_failure = policy;
    }
}

/// The block with its failures turned into leaving the loop that it will be; other ways out go two loops farther.
fn leaving(block: Block, loops: u32, of: &mut Vec<ResultId>, depth: usize) -> Block {
    if depth > MAX_DEPTH {
        return block;
    }
    let policy = |on_failure: OnFailure, result: ResultId, of: &mut Vec<ResultId>| match on_failure {
        OnFailure::Propagate => {
            of.push(result);
            OnFailure::Leave(loops)
        }
        other => other,
    };
    let mut steps = Vec::with_capacity(block.steps.len());
    for step in block.steps {
        steps.push(match step {
            Step::Effect(mut e) => {
                e.on_failure = policy(e.on_failure, e.result, of);
                Step::Effect(e)
            }
            Step::Call(mut c) => {
                c.on_failure = policy(c.on_failure, c.result, of);
                if let Some(presumed) = &mut c.presumed {
                    presumed.on_failure = policy(presumed.on_failure, c.result, of);
                }
                Step::Call(c)
            }
            Step::Frame(mut f) => {
                f.on_failure = policy(f.on_failure, f.result, of);
                Step::Frame(f)
            }
            Step::Branch(b) => Step::Branch(Branch {
                condition: b.condition,
                then: leaving(b.then, loops, of, depth + 1),
                otherwise: leaving(b.otherwise, loops, of, depth + 1),
            }),
            Step::Loop(body) => Step::Loop(leaving(body, loops + 1, of, depth + 1)),
            Step::Exit(Exit::Return(Value::Failure(result))) => {
                of.extend(result);
                Step::Exit(Exit::Break(loops))
            }
            Step::Exit(Exit::Break(n)) if n >= loops => Step::Exit(Exit::Break(n + 2)),
            Step::Exit(Exit::Continue(n)) if n >= loops => Step::Exit(Exit::Continue(n + 2)),
            other => other,
        });
    }
    Block { steps, drops: block.drops }
}

/// Lets what leaves the block leave this many loops more.
fn shift(block: &mut Block, by: u32, loops: u32, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    for step in &mut block.steps {
        match step {
            Step::Exit(Exit::Break(n) | Exit::Continue(n)) if *n >= loops => *n += by,
            Step::Branch(b) => {
                shift(&mut b.then, by, loops, depth + 1);
                shift(&mut b.otherwise, by, loops, depth + 1);
            }
            Step::Loop(body) => shift(body, by, loops + 1, depth + 1),
            _ => {}
        }
    }
}

/// Whether a block does nothing but give back what is held: then what.
fn collect_releases(block: &Block, found: &mut Vec<ResultId>) -> bool {
    block.steps.iter().all(|step| match step {
        Step::Release(result, _) => {
            found.push(*result);
            true
        }
        Step::Branch(b) => collect_releases(&b.then, found) && collect_releases(&b.otherwise, found),
        Step::Exit(_) => true,
        Step::Frame(f) => collect_releases(&f.body, found),
        Step::Effect(e) => e.operation == Operation::Sync,
        _ => false,
    })
}

/// Whether any of these blocks returns, breaks or continues, as far as that is plain to see.
fn leaves(body: &[Stmt], orelse: &[Stmt], handlers: &[Handler<'_>]) -> bool {
    let blocks = handlers.iter().map(|h| h.body).chain([body, orelse]);
    blocks.into_iter().any(|block| leaves_in(block, 0, 0))
}

fn leaves_in(body: &[Stmt], loops: usize, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return true;
    }
    body.iter().any(|statement| match statement {
        Stmt::Return(_) => true,
        Stmt::Break(_) | Stmt::Continue(_) => loops == 0,
        Stmt::For(s) => leaves_in(&s.body, loops + 1, depth + 1) || leaves_in(&s.orelse, loops, depth + 1),
        Stmt::While(s) => leaves_in(&s.body, loops + 1, depth + 1) || leaves_in(&s.orelse, loops, depth + 1),
        other => {
            let mut found = false;
            super::names::each_block(other, &mut |block| found |= leaves_in(block, loops, depth + 1));
            found
        }
    })
}
