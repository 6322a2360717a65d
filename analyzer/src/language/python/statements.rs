//! Statements.

use super::lower::{Lowerer, span};
use super::names::each_block;
use super::types::{Ty, annotated, dotted};
use super::value::{Closure, V, Val};
use crate::flow::{Block, Condition, Exit, ResultId, Step, Value};
use crate::language::conditions::{add_data, all, any};
use crate::language::steps::{breaks, breaks_itself, failure_exits, is_idle};
use ruff_python_ast::{
    BoolOp, ElifElseClause, Expr, ExprAttribute, ExprBoolOp, Operator, Pattern, Stmt, StmtFor, StmtMatch,
    StmtRaise, StmtReturn, StmtWhile, UnaryOp,
};
use std::rc::Rc;

/// How deep syntax is searched for what it assigns.
const MAX_DEPTH: usize = 64;

impl<'t> Lowerer<'_, 't> {
    /// Statements in order.
    pub fn statements(&mut self, body: &'t [Stmt]) {
        for statement in body {
            if self.diverged {
                return;
            }
            self.deeper(|this| this.statement(statement));
        }
    }

    fn statement(&mut self, statement: &'t Stmt) {
        match statement {
            Stmt::Expr(s) => {
                self.expr(&s.value);
            }
            Stmt::Assign(s) => {
                let value = self.expr(&s.value);
                for target in &s.targets {
                    self.set(target, value.clone());
                }
            }
            Stmt::AnnAssign(s) => {
                let ty = annotated(&s.annotation, self.file.names);
                if let Some(value) = &s.value {
                    let value = self.expr(value);
                    let ty = if value.ty == Ty::Unknown { ty } else { value.ty.clone() };
                    self.set(&s.target, Val { ty, ..value });
                }
            }
            Stmt::AugAssign(s) => {
                let left = self.expr(&s.target);
                let right = self.expr(&s.value);
                let value = match s.op {
                    Operator::Add => self.added(left, right),
                    Operator::Div => self.divided(left, right),
                    Operator::BitOr => self.ored(&left, &right),
                    _ => Val { v: V::Opaque, ty: left.ty.clone(), data: left.observed() }
                        .with_data(&right.observed()),
                };
                self.set(&s.target, value);
            }
            Stmt::If(s) => self.if_statement(&s.test, &s.body, &s.elif_else_clauses),
            Stmt::While(s) => self.while_statement(s),
            Stmt::For(s) => self.for_statement(s),
            Stmt::Try(s) => self.try_statement(s),
            Stmt::With(s) => {
                let around = std::mem::replace(&mut self.enters_waiting, s.is_async);
                self.with_items(&s.items, &s.body, span(s));
                self.enters_waiting = around;
            }
            Stmt::Return(s) => self.return_statement(s),
            Stmt::Raise(s) => self.raise_statement(s),
            Stmt::Break(_) => {
                self.run_finals(Some(self.loops));
                self.push(Step::Exit(Exit::Break(0)));
                self.diverged = true;
            }
            Stmt::Continue(_) => {
                self.run_finals(Some(self.loops));
                self.push(Step::Exit(Exit::Continue(0)));
                self.diverged = true;
            }
            Stmt::Assert(s) => {
                let condition = self.condition(&s.test);
                let fails =
                    Block { steps: vec![Step::Exit(Exit::Return(Value::Failure(None)))], drops: Vec::new() };
                match condition {
                    // A test of what the flow does not know would make every path one that fails.
                    Condition::Opaque { .. } | Condition::Constant(_) => {}
                    condition => self.push_branch(condition.negated(), fails, Block::default()),
                }
            }
            Stmt::Delete(s) => {
                for target in &s.targets {
                    match target {
                        Expr::Name(name) => self.unbind(&name.id),
                        Expr::Subscript(subscript) => {
                            let base = self.expr(&subscript.value);
                            let index = self.expr(&subscript.slice);
                            self.item_call(&base, "__delitem__", vec![index], span(s));
                        }
                        _ => {}
                    }
                }
            }
            // Known as the module's own.
            Stmt::FunctionDef(_) if self.is_module && self.base() == 0 => {}
            Stmt::FunctionDef(function) => {
                let closure = Val::new(V::Closure(Closure::Def(function)), Ty::Unknown);
                self.assign(&function.name, closure);
            }
            Stmt::Global(s) => self.outer_names.extend(s.names.iter().map(ToString::to_string)),
            Stmt::Nonlocal(s) => self.outer_names.extend(s.names.iter().map(ToString::to_string)),
            Stmt::Match(s) => self.match_statement(s),
            _ => {}
        }
    }

    // --- variables ---------------------------------------------------------------------------------------------------

    /// Sets what an assignment's left side names.
    pub fn set(&mut self, target: &'t Expr, value: Val<'t>) {
        self.memory_set(target, &value);
        match target {
            Expr::Name(name) => {
                let value = self.named(value, &name.id);
                if let V::Result(r) = value.v
                    && self.opened.contains(&r)
                    && let Some(outermost) = self.blocks.first_mut()
                    && !outermost.drops.contains(&r)
                {
                    // What nobody holds any more is closed, at the end of the function at the latest.
                    outermost.drops.push(r);
                }
                if self.outer_names.contains(name.id.as_str()) {
                    self.keep(&value);
                }
                self.assign(&name.id, value);
            }
            Expr::Attribute(attribute) => {
                self.keep(&value);
                self.note_set(attribute, &value);
                let Some(chain) = chain(target) else { return };
                let root = chain.split('.').next().unwrap_or_default().to_owned();
                if let Some(Val { v: V::Struct(fields), .. }) = self.local(&root)
                    && let Some((_, name)) = chain.split_once('.')
                {
                    let (mut fields, local) =
                        (fields.clone(), self.local(&root).cloned().unwrap_or_default());
                    fields.retain(|(n, _)| n != name);
                    fields.push((name.to_owned(), value));
                    return self.assign(&root, Val { v: V::Struct(fields), ..local });
                }
                // What the object was given is known as its attribute, which others see by that name.
                if matches!(value.v, V::Opaque) {
                    return;
                }
                self.assign(&chain, value);
            }
            Expr::Subscript(subscript) => {
                self.keep(&value);
                let base = self.expr(&subscript.value);
                let index = self.expr(&subscript.slice);
                let data = value.provenance();
                if let (V::Struct(fields), Some(key)) = (&base.v, index.literal())
                    && let Expr::Name(name) = &*subscript.value
                {
                    let (mut fields, key) = (fields.clone(), key.to_owned());
                    fields.retain(|(n, _)| *n != key);
                    fields.push((key, value));
                    let base = Val { v: V::Struct(fields), ..base.clone() }.with_data(&data);
                    return self.assign(&name.id, base);
                }
                self.item_call(&base, "__setitem__", vec![index, value], span(target));
                if let Some(name) = root_of(&subscript.value) {
                    self.taint(name, &data);
                }
            }
            Expr::Tuple(tuple) => self.set_several(&tuple.elts, value),
            Expr::List(list) => self.set_several(&list.elts, value),
            Expr::Starred(starred) => self.set(&starred.value, Val { v: V::Opaque, ..value }),
            _ => {}
        }
    }

    /// Notes what an attribute is set to.
    fn note_set(&mut self, target: &'t ExprAttribute, value: &Val<'t>) {
        let base = match &*target.value {
            Expr::Name(name) => self.local(&name.id),
            _ => None,
        };
        let owner = base.and_then(|base| base.ty.name()).map(str::to_owned);
        if let Some(V::Place(place)) = base.map(|base| &base.v) {
            let place = place.clone();
            self.note_fill(&place, &value.observed());
        }
        let value = match &value.v {
            V::Result(result) => match self.result_places.get(result) {
                Some(place) if place.is_private() => Value::Place(place.clone()),
                _ => value.to_flow(),
            },
            _ => value.to_flow(),
        };
        self.note_kept(owner.as_deref(), &target.attr, value);
    }

    fn set_several(&mut self, targets: &'t [Expr], value: Val<'t>) {
        let items = match &value.v {
            V::List(items) if items.len() == targets.len() => Some(items.clone()),
            _ => None,
        };
        let base = self.known_place(&value);
        for (at, target) in targets.iter().enumerate() {
            let item = match &items {
                Some(items) => items.get(at).cloned().unwrap_or_default(),
                None => {
                    let data = value.provenance();
                    let v = match &base {
                        Some(base) => V::Place(base.field(None, &at.to_string())),
                        None => V::Opaque,
                    };
                    Val { v, ty: value.ty.element(), data }
                }
            };
            self.set(target, item);
        }
    }

    /// A handle or lock that outlives the function is not given back at its end.
    pub fn keep(&mut self, value: &Val<'t>) {
        let kept = value.observed();
        if let Some(outermost) = self.blocks.first_mut() {
            outermost.drops.retain(|r| !kept.contains(r));
        }
    }

    // --- decisions ---------------------------------------------------------------------------------------------------

    fn if_statement(&mut self, test: &'t Expr, body: &'t [Stmt], clauses: &'t [ElifElseClause]) {
        let condition = self.condition(test);
        self.branch(
            &condition,
            |this| {
                let before = this.narrow(test);
                this.statements(body);
                if let Some((name, ty)) = before {
                    this.widen(name, ty, body);
                }
            },
            |this| {
                let Some((clause, rest)) = clauses.split_first() else { return };
                match &clause.test {
                    Some(test) => {
                        this.deeper(|this| this.if_statement(test, &clause.body, rest));
                    }
                    None => this.statements(&clause.body),
                }
            },
        );
    }

    /// Takes a variable of no known class for one of the class that `isinstance` says it is of. Gives its name, and its type before.
    fn narrow(&mut self, test: &'t Expr) -> Option<(&'t str, Ty)> {
        let call = match test {
            Expr::Call(call) => call,
            Expr::BoolOp(both) if both.op == BoolOp::And => both.values.first()?.as_call_expr()?,
            _ => return None,
        };
        let (Expr::Name(asked), [Expr::Name(of), class]) = (&*call.func, &*call.arguments.args) else {
            return None;
        };
        if asked.id != "isinstance" {
            return None;
        }
        let ty = annotated(class, self.file.names);
        let known = self.local(&of.id).filter(|known| known.ty.name().is_none() && ty.name().is_some())?;
        let before = known.ty.clone();
        self.retype(&of.id, ty);
        Some((&of.id, before))
    }

    /// Takes the variable for what it was before, where the code has not set it anew.
    fn widen(&mut self, name: &str, ty: Ty, body: &'t [Stmt]) {
        let mut assigned = Vec::new();
        assigned_in(body, &mut assigned, 0);
        if !assigned.contains(&name) {
            self.retype(name, ty);
        }
    }

    fn match_statement(&mut self, node: &'t StmtMatch) {
        let subject = self.expr(&node.subject);
        self.cases(&subject, &node.cases);
    }

    fn cases(&mut self, subject: &Val<'t>, cases: &'t [ruff_python_ast::MatchCase]) {
        let Some((case, rest)) = cases.split_first() else { return };
        let condition = match &case.pattern {
            Pattern::MatchValue(value) => {
                let other = self.expr(&value.value);
                self.equal(subject, &other)
            }
            Pattern::MatchSingleton(p) if p.value == ruff_python_ast::Singleton::None => {
                self.equal(subject, &Val::new(V::None, Ty::Unknown))
            }
            Pattern::MatchAs(p) if p.pattern.is_none() && case.guard.is_none() => Condition::Constant(true),
            _ => {
                let observed = subject.observed();
                self.opaque_condition(observed)
            }
        };
        let condition = match &case.guard {
            Some(guard) => {
                let guard = self.condition(guard);
                all(vec![condition, guard])
            }
            None => condition,
        };
        self.deeper(|this| {
            this.branch(
                &condition,
                |this| {
                    if let Pattern::MatchAs(p) = &case.pattern
                        && let Some(name) = &p.name
                    {
                        this.assign(name, subject.clone());
                    }
                    this.statements(&case.body);
                },
                |this| this.cases(subject, rest),
            );
        });
    }

    // --- loops -------------------------------------------------------------------------------------------------------

    fn for_statement(&mut self, node: &'t StmtFor) {
        let iterated = self.expr(&node.iter);
        self.loop_body(
            &node.body,
            |this| {
                let goes_on = this.goes_on(match &iterated.v {
                    V::Place(place) => Some(place),
                    _ => None,
                });
                if node.is_async {
                    this.suspends(None, span(&*node.iter));
                }
                this.leave_unless(goes_on);
                this.bind_item(&node.target, &iterated);
                Some(Condition::Constant(true))
            },
            Some(&node.target),
        );
        self.statements(&node.orelse);
    }

    /// Binds one of what is iterated over.
    pub fn bind_item(&mut self, target: &'t Expr, iterated: &Val<'t>) {
        let data = iterated.provenance();
        if let Expr::Name(name) = target {
            let listed = match iterated.v {
                V::Result(listing) => self.next_listed(listing, &name.id),
                V::Listed(Some(ref listing)) => self.next_of(listing, &name.id),
                _ => None,
            };
            let ty = iterated.ty.element();
            // A name is what it is, whatever else was listed: what is decided by it differs from one to the next.
            let value = match listed {
                Some(place) => Val::place(place, ty),
                None => Val { v: V::Place(self.fresh_place(&name.id)), ty, data },
            };
            self.assign(&name.id, value);
            return;
        }
        if let Expr::Tuple(tuple) = target
            && self.bind_directory(&tuple.elts, iterated)
        {
            return;
        }
        self.set(target, Val { v: V::Opaque, ty: iterated.ty.element(), data });
    }

    fn while_statement(&mut self, node: &'t StmtWhile) {
        let endless = match &*node.test {
            Expr::BooleanLiteral(literal) => literal.value,
            Expr::NumberLiteral(_) => true,
            _ => false,
        };
        let head = |this: &mut Self| if endless { None } else { Some(this.condition(&node.test)) };
        self.loop_body(&node.body, head, Some(&node.test));
        if !self.diverged {
            self.statements(&node.orelse);
        }
    }

    /// A loop. `head` runs first in each round and says when to go on; variables that the body assigns are unknown in it.
    fn loop_body(
        &mut self,
        body: &'t [Stmt],
        head: impl FnOnce(&mut Self) -> Option<Condition>,
        also: Option<&'t Expr>,
    ) {
        let mut assigned = Vec::new();
        assigned_in(body, &mut assigned, 0);
        if let Some(also) = also {
            targets_in(also, &mut assigned, 0);
        }
        assigned.sort_unstable();
        assigned.dedup();
        assigned.retain(|name| self.local(name).is_some());
        for name in &assigned {
            if !self.begin_empty(name) {
                self.forget(name);
            }
        }
        let at_head: Vec<(&str, Val<'t>)> =
            assigned.iter().filter_map(|n| Some((*n, self.local(n)?.clone()))).collect();
        let mut endless = true;
        self.loops += 1;
        let (block, ()) = self.in_block(|this| {
            if let Some(goes_on) = head(this) {
                endless = false;
                this.leave_unless(goes_on);
            }
            this.statements(body);
        });
        self.loops -= 1;
        let leaves = !endless || breaks(&block, 0);
        self.diverged = false;
        if endless || breaks_itself(&block, 0) {
            for name in &assigned {
                self.forget(name);
            }
        } else {
            for (name, mut value) in at_head {
                if let Some(last) = self.local(name) {
                    let last = last.clone();
                    add_data(&mut value.data, &last.data);
                    if let V::Listed(_) = value.v {
                        value.v = if let V::Listed(_) = last.v { last.v } else { V::Opaque };
                    }
                }
                self.assign(name, value);
            }
        }
        if !block.steps.iter().all(|s| is_idle(s, 0)) {
            self.push(Step::Loop(block));
        }
        self.diverged = !leaves;
    }

    // --- leaving -----------------------------------------------------------------------------------------------------

    fn return_statement(&mut self, node: &'t StmtReturn) {
        match &node.value {
            Some(value) => self.return_of(value),
            None => self.push_return(&Val::new(V::None, Ty::Unknown)),
        }
    }

    fn return_of(&mut self, value: &'t Expr) {
        // `return path if path.exists() else None` is a decision: what is returned tells how it came out.
        if let Expr::If(choice) = value {
            let condition = self.condition(&choice.test);
            self.branch(
                &condition,
                |this| {
                    this.deeper(|this| this.return_of(&choice.body));
                },
                |this| {
                    this.deeper(|this| this.return_of(&choice.orelse));
                },
            );
            self.diverged = true;
            return;
        }
        let value = self.expr(value);
        self.push_return(&value);
    }

    /// Returns from the function or frame.
    pub fn push_return(&mut self, value: &Val<'t>) {
        self.keep(value);
        self.run_finals(None);
        let flow = match value.to_flow() {
            Value::Result(r) => Value::Result(r),
            // What an exception is called is a value like others.
            Value::Failure(_) => Value::Opaque,
            Value::Condition(c) => Value::Condition(c),
            other => Value::Success(Box::new(other)),
        };
        self.push(Step::Exit(Exit::Return(flow)));
        self.diverged = true;
    }

    fn raise_statement(&mut self, node: &'t StmtRaise) {
        let of: Vec<ResultId> = match &node.exc {
            None => self.handling.last().cloned().unwrap_or_default(),
            Some(exception) => match self.expr(exception).v {
                V::Error(of) => of.to_vec(),
                _ => Vec::new(),
            },
        };
        self.push_all(failure_exits(&of));
        self.diverged = true;
    }

    // --- conditions --------------------------------------------------------------------------------------------------

    /// The test of a decision.
    pub fn condition(&mut self, test: &'t Expr) -> Condition {
        self.deeper(|this| match test {
            Expr::BoolOp(op) => this.of_both(op),
            Expr::UnaryOp(not) if not.op == UnaryOp::Not => this.condition(&not.operand).negated(),
            _ => {
                if let Some(there) = this.memory_test(test) {
                    return there;
                }
                let value = this.expr(test);
                this.condition_of(&value)
            }
        })
        .unwrap_or_else(|| self.opaque_condition(Vec::new()))
    }

    /// `a and b`, `a or b`, where only the truth matters. The right side runs only when the left does not decide.
    fn of_both(&mut self, node: &'t ExprBoolOp) -> Condition {
        let is_and = node.op == BoolOp::And;
        let mut conditions: Vec<Condition> = Vec::new();
        for value in &node.values {
            if conditions.is_empty() {
                conditions.push(self.condition(value));
                continue;
            }
            let before = if is_and { all(conditions.clone()) } else { any(conditions.clone()) };
            let mark = self.open_block();
            let condition = self.condition(value);
            let block = self.close_block(mark);
            if is_and {
                self.push_branch(before, block, Block::default());
            } else {
                self.push_branch(before, Block::default(), block);
            }
            conditions.push(condition);
        }
        if is_and { all(conditions) } else { any(conditions) }
    }

    /// An element of something by its key, where that is an effect.
    pub fn item_call(
        &mut self,
        base: &Val<'t>,
        method: &str,
        arguments: Vec<Val<'t>>,
        at: crate::source::Span,
    ) -> Option<Val<'t>> {
        let (api, arguments) = match &base.v {
            V::Name(name) => (self.file.models.api(&[&dotted(name), ".", method].concat())?, arguments),
            _ => {
                let owner = base.ty.name().map(dotted);
                let api = self.file.models.api(&[owner?.as_str(), ".", method].concat())?;
                let mut all = vec![base.clone()];
                all.extend(arguments);
                (api, all)
            }
        };
        Some(self.api_call(api, super::calls::Given::plain(arguments), at))
    }
}

/// `a.b.c` where `a` is a name.
pub fn chain(expr: &Expr) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
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
    Some(parts.join("."))
}

/// The variable at the bottom of `x`, `x.y`, `x[i]`.
pub fn root_of(expr: &Expr) -> Option<&str> {
    let mut expr = expr;
    loop {
        expr = match expr {
            Expr::Name(name) => return Some(name.id.as_str()),
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            Expr::Starred(starred) => &starred.value,
            Expr::Call(call) => &call.func,
            _ => return None,
        };
    }
}

/// The variables that code assigns.
fn assigned_in<'t>(body: &'t [Stmt], found: &mut Vec<&'t str>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    for statement in body {
        match statement {
            Stmt::Assign(s) => {
                s.targets.iter().for_each(|t| targets_in(t, found, depth));
                targets_of_walrus(&s.value, found, depth);
            }
            Stmt::AnnAssign(s) => targets_in(&s.target, found, depth),
            Stmt::AugAssign(s) => targets_in(&s.target, found, depth),
            Stmt::For(s) => targets_in(&s.target, found, depth),
            Stmt::With(s) => {
                for item in &s.items {
                    if let Some(target) = &item.optional_vars {
                        targets_in(target, found, depth);
                    }
                }
            }
            Stmt::If(s) => targets_of_walrus(&s.test, found, depth),
            Stmt::While(s) => targets_of_walrus(&s.test, found, depth),
            Stmt::Expr(s) => {
                // What a method is called on may be changed by it.
                if let Expr::Call(call) = &*s.value
                    && let Expr::Attribute(attribute) = &*call.func
                    && let Expr::Name(name) = &*attribute.value
                    && matches!(attribute.attr.as_str(), "append" | "add" | "update" | "extend" | "pop")
                {
                    found.push(name.id.as_str());
                }
            }
            _ => {}
        }
        each_block(statement, &mut |block| assigned_in(block, found, depth + 1));
    }
}

fn targets_in<'t>(target: &'t Expr, found: &mut Vec<&'t str>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match target {
        Expr::Name(name) if name.ctx.is_store() => found.push(name.id.as_str()),
        Expr::Tuple(tuple) => tuple.elts.iter().for_each(|t| targets_in(t, found, depth + 1)),
        Expr::List(list) => list.elts.iter().for_each(|t| targets_in(t, found, depth + 1)),
        Expr::Starred(starred) => targets_in(&starred.value, found, depth + 1),
        Expr::Subscript(_) => found.extend(root_of(target)),
        other => targets_of_walrus(other, found, depth),
    }
}

fn targets_of_walrus<'t>(expr: &'t Expr, found: &mut Vec<&'t str>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    let mut inner = |e: &'t Expr| targets_of_walrus(e, found, depth + 1);
    match expr {
        Expr::Named(named) => targets_in(&named.target, found, depth + 1),
        Expr::BoolOp(op) => op.values.iter().for_each(inner),
        Expr::UnaryOp(op) => inner(&op.operand),
        Expr::Compare(compare) => {
            inner(&compare.left);
            compare.comparators.iter().for_each(inner);
        }
        Expr::Call(call) => call.arguments.args.iter().for_each(inner),
        _ => {}
    }
}

/// The value shared, for a pair of a value and the name of its method.
pub fn bound<'t>(value: Val<'t>, name: &str) -> V<'t> {
    V::Bound(Rc::new((value, name.to_owned())))
}
