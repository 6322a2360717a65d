//! Statements.

use super::lower::{Around, Lowerer, Results, failure_in};
use super::syntax::{Node, bare, children, field, first, is_within, kind, list, span, statements};
use super::types::{self, Ty, dotted};
use super::value::{V, Val};
use crate::flow::{
    Asked, Block, Condition, Exit, OnFailure, Operation, Place, PlaceKind, REST, ResultId, Spawn, Step, Value,
};
use crate::language::command::CommandLine;
use crate::language::conditions::{add_data, any, failed};
use crate::language::models::Asks;
use crate::language::steps::{breaks, breaks_itself, is_idle};
use std::rc::Rc;

impl<'t> Lowerer<'_, 't> {
    /// Statements in order. What is deferred runs after the rest of them, in a frame of their own if it does anything.
    pub fn statements(&mut self, nodes: &[Node<'t>]) {
        for (at, node) in nodes.iter().enumerate() {
            if self.diverged {
                return;
            }
            if kind(*node) == "defer_statement" {
                let rest = nodes.get(at + 1..).unwrap_or_default();
                if self.deferred(*node, rest) {
                    return;
                }
                continue;
            }
            self.deeper(|this| this.statement(*node));
        }
    }

    /// A block's statements in a scope of their own.
    pub fn block(&mut self, node: Node<'t>) {
        self.statements(&statements(node));
    }

    pub fn statement(&mut self, node: Node<'t>) {
        match kind(node) {
            "expression_statement" => {
                if let Some(expr) = first(node) {
                    self.expr(expr);
                }
            }
            "short_var_declaration" => {
                let targets = list(field(node, "left"));
                let values = list(field(node, "right"));
                self.set(&targets, &values, true);
            }
            "assignment_statement" => self.assignment(node),
            "var_declaration" | "const_declaration" => {
                for spec in children(node) {
                    match kind(spec) {
                        "var_spec_list" => children(spec).into_iter().for_each(|s| self.variable(s)),
                        _ => self.variable(spec),
                    }
                }
            }
            "if_statement" => self.if_statement(node),
            "for_statement" => self.for_statement(node, None),
            "expression_switch_statement" => self.breakable(node, |this| this.switch(node)),
            "type_switch_statement" => self.breakable(node, |this| this.type_switch(node)),
            "select_statement" => self.breakable(node, |this| this.select(node)),
            "block" => self.scoped(|this| this.block(node)),
            "labeled_statement" => {
                let label = field(node, "label").map(|l| self.text(l).to_owned());
                match children(node).pop() {
                    Some(inner) if kind(inner) == "for_statement" => self.for_statement(inner, label),
                    Some(inner) if kind(inner) != "label_name" => self.statement(inner),
                    _ => {}
                }
            }
            "return_statement" => self.return_statement(node),
            "break_statement" | "continue_statement" => {
                let leaves = kind(node) == "break_statement";
                let label = first(node).map(|l| self.text(l).to_owned());
                if let Some(depth) = self.depth_of(label.as_deref(), leaves) {
                    self.push(Step::Exit(if leaves { Exit::Break(depth) } else { Exit::Continue(depth) }));
                }
                self.diverged = true;
            }
            "go_statement" => {
                if let Some(call) = first(node) {
                    self.go(call);
                }
            }
            "defer_statement" => {
                self.deferred(node, &[]);
            }
            "send_statement" => self.sent(node),
            _ => {}
        }
    }

    fn depth_of(&self, label: Option<&str>, leaves: bool) -> Option<u32> {
        let at = self.around.iter().rev().position(|a| match label {
            Some(label) => a.label.as_deref() == Some(label),
            None => leaves || !a.switch,
        })?;
        u32::try_from(at).ok()
    }

    // --- variables ---------------------------------------------------------------------------------------------------

    fn variable(&mut self, spec: Node<'t>) {
        let names = super::syntax::fields(spec, "name");
        let annotated = field(spec, "type").map(|t| self.type_of(t));
        let values = list(field(spec, "value"));
        if values.is_empty() {
            for name in names {
                let name = self.text(name);
                let ty = annotated.clone().unwrap_or_default();
                let v = match ty {
                    Ty::Error => V::Nil,
                    Ty::Bool => V::Cond(Condition::Constant(false)),
                    _ => V::Place(self.fresh_place(name)),
                };
                self.declare(name, Val::new(v, ty));
            }
            return;
        }
        self.set(&names, &values, true);
        if let Some(ty) = annotated {
            for name in names {
                let name = self.text(name);
                if let Some(value) = self.local(name).cloned()
                    && value.ty == Ty::Unknown
                {
                    self.declare(name, Val { ty: ty.clone(), ..value });
                }
            }
        }
    }

    fn assignment(&mut self, node: Node<'t>) {
        let targets = list(field(node, "left"));
        let values = list(field(node, "right"));
        let operator = field(node, "operator").map_or("=", |o| self.text(o));
        if operator == "=" {
            return self.set(&targets, &values, false);
        }
        let (Some(target), Some(value)) = (targets.first(), values.first()) else { return };
        let left = self.expr(*target);
        let right = self.expr(*value);
        let Some(name) = self.chain(*target) else { return };
        let value = match operator {
            "+=" => self.added(left, right),
            "|=" => self.ored(&left, &right),
            _ => {
                let data = right.observed();
                return self.taint(&name, &data);
            }
        };
        self.assign(&name, value);
    }

    /// Sets variables to values: as many of each, or one value that is several.
    pub fn set(&mut self, targets: &[Node<'t>], values: &[Node<'t>], declares: bool) {
        let names: Vec<&str> = targets.iter().map(|t| self.text(*t)).collect();
        let found: Vec<Val<'t>> = match values {
            [one] if targets.len() > 1 => {
                let value = self.expr(*one);
                self.parts(value, &names)
            }
            values => values.iter().map(|v| self.expr(*v)).collect(),
        };
        for (at, value) in found.into_iter().enumerate() {
            let (Some(target), Some(name)) = (targets.get(at), names.get(at)) else { continue };
            let value = if targets.len() == 1 { self.as_named(value, name) } else { value };
            let called =
                values.get(at).or_else(|| values.first()).is_some_and(|v| v.kind() == "call_expression");
            // What is thrown away of what a call returns, its last value or its only one, is an error.
            if *name == "_" && called && at + 1 == targets.len() {
                self.note_thrown_away(&value);
                continue;
            }
            let value = self.named(value, name);
            if declares {
                self.declare(name, value);
                if at == 0 && values.first().is_some_and(|v| self.is_settled_for_good(*v)) {
                    self.settled.insert((*name).to_owned());
                }
                if let Some(made) = values.get(at).filter(|_| values.len() == targets.len()) {
                    self.channel_made(*target, *made);
                }
            } else {
                self.set_one(*target, value);
            }
        }
    }

    /// Notes that nobody looks at what a call says of its failure: what it has read may make no sense, or it has read nothing.
    fn note_thrown_away(&mut self, value: &Val<'t>) {
        if !matches!(value.v, V::Opaque | V::Error(_) | V::Cond(_)) {
            return;
        }
        let mut reads = value.observed();
        if let V::Error(e) = &value.v {
            reads.retain(|read| !e.of.contains(read));
            e.of.iter().for_each(|of| self.note_defaulted(*of));
        }
        self.note_malformed(&reads, OnFailure::Continue);
    }

    /// The only value of a call whose types are not known, as what its variable's name says.
    fn as_named(&mut self, value: Val<'t>, name: &str) -> Val<'t> {
        match (&value.v, &value.ty) {
            (V::Result(r), Ty::Unknown) if is_error_name(name) => Val::error(self.failure_of(*r)),
            (V::Opaque, Ty::Unknown) if is_error_name(name) => self.foreign_error(value.data),
            (V::Tuple(items), _) => items.first().cloned().unwrap_or_default(),
            (V::Nil, Ty::Unknown) if is_error_name(name) => Val { ty: Ty::Error, ..value },
            _ => value,
        }
    }

    fn set_one(&mut self, target: Node<'t>, value: Val<'t>) {
        let target = bare(target);
        match kind(target) {
            "identifier" => {
                let name = self.text(target);
                let value = match (&value.v, self.local(name).map(|l| l.ty.clone())) {
                    (V::Nil, Some(ty)) => Val { ty, ..value },
                    (_, Some(ty)) if value.ty == Ty::Unknown => Val { ty, ..value },
                    _ => value,
                };
                self.assign(name, value);
            }
            "selector_expression" => {
                let data = value.observed();
                let Some(chain) = self.chain(target) else { return };
                let root = chain.split('.').next().unwrap_or_default().to_owned();
                self.note_set(&chain, &value);
                if let Some(local) = self.local(&root).cloned() {
                    if let (V::Command(line), Some((_, "Dir"))) = (&local.v, chain.split_once('.')) {
                        let mut line = CommandLine::clone(line);
                        line.directory = Some(self.place_of(&value, ""));
                        return self.assign(&root, Val { v: V::Command(Rc::new(line)), ..local });
                    }
                    if let (V::Struct(fields), Some((_, name))) = (&local.v, chain.split_once('.')) {
                        let mut fields = fields.clone();
                        fields.retain(|(n, _)| n != name);
                        fields.push((name.to_owned(), value));
                        return self.assign(&root, Val { v: V::Struct(fields), ..local });
                    }
                    self.taint(&root, &data);
                }
                self.assign(&chain, value);
            }
            "index_expression" | "unary_expression" => {
                let data = value.provenance();
                if let Some(name) = self.root_of(target) {
                    self.taint(&name, &data);
                }
                // `*p = value`: nothing is left of what was behind the pointer. What is only cleared may be filled by what comes next.
                if let Some(pointer) = first(target).filter(|to| kind(*to) == "identifier")
                    && kind(target) == "unary_expression"
                    && self.operator(target) == "*"
                    && !data.is_empty()
                    && let Some(ty) = self.local(self.text(pointer)).map(|local| local.ty.clone())
                {
                    self.assign(self.text(pointer), Val { ty, ..value });
                }
            }
            _ => {}
        }
    }

    /// Notes what a field is set to.
    pub fn note_set(&mut self, chain: &str, value: &Val<'t>) {
        if matches!(value.v, V::Nil) {
            return;
        }
        let Some((base, name)) = chain.rsplit_once('.') else { return };
        let owner = self.local(base).and_then(|local| local.ty.name()).map(str::to_owned);
        let value = value.to_flow();
        self.note_kept(owner.as_deref(), name, value);
    }

    /// Notes that a field is an option that need not be given.
    pub fn note_optional(&mut self, chain: &str) {
        let Some((base, name)) = chain.rsplit_once('.') else { return };
        let owner = self.local(base).and_then(|local| local.ty.name()).map(str::to_owned);
        self.note_option(owner.as_deref(), name);
    }

    /// The several values that one value is, for variables of these names: where types are not known, the names say.
    pub fn parts(&mut self, value: Val<'t>, names: &[&str]) -> Vec<Val<'t>> {
        // `e, ok := err.(*os.PathError)`
        if let ([_, _], Some(is_one)) = (names, self.is_any_error(&value)) {
            return vec![value, Val::cond(is_one)];
        }
        let result = match &value.v {
            V::Tuple(items) if items.len() == names.len() => return items.clone(),
            V::Result(r) => *r,
            V::Place(_) | V::Opaque | V::Struct(_) | V::Closure(_) | V::Cond(_) | V::Error(_) => {
                // `v, ok := m[key]`, `v, ok := x.(T)`, `v, ok := <-c`, and calls without effect.
                let data = value.observed();
                let rest = names.iter().skip(1).map(|name| match is_error_name(name) {
                    true => self.foreign_error(data.clone()),
                    false => Val::cond(self.opaque_condition(data.clone())),
                });
                let rest: Vec<Val<'t>> = rest.collect();
                return std::iter::once(value).chain(rest).collect();
            }
            _ => return names.iter().map(|_| Val::opaque()).collect(),
        };
        let last = names.last().copied().unwrap_or_default();
        let said = ["ok", "found", "exists", "exist", "loaded", "has"].contains(&last);
        let mut types = vec![Ty::Unknown; names.len()];
        if let Some(end) = types.last_mut() {
            *end = if said { Ty::Bool } else { Ty::Error };
        }
        // A last value that nobody looks at may be anything.
        if !said
            && !is_error_name(last)
            && last != "_"
            && let Some(end) = types.last_mut()
        {
            *end = Ty::Unknown;
        }
        let returned = self.returned(result, &types, value.data);
        match returned.v {
            V::Tuple(items) => items,
            _ => vec![returned],
        }
    }

    // --- loops -------------------------------------------------------------------------------------------------------

    fn for_statement(&mut self, node: Node<'t>, label: Option<String>) {
        self.scoped(|this| {
            let body = field(node, "body");
            let head = children(node).into_iter().find(|c| Some(*c) != body);
            let clause = head.filter(|h| h.kind() == "for_clause");
            let range = head.filter(|h| h.kind() == "range_clause");
            if let Some(before) = clause.and_then(|c| field(c, "initializer")) {
                this.statement(before);
            }
            let ranged = range.and_then(|r| field(r, "right")).map(|r| this.expr(r));
            let test = match (clause, range) {
                (Some(clause), _) => field(clause, "condition"),
                (None, None) => head,
                _ => None,
            };
            let update = clause.and_then(|c| field(c, "update"));
            this.loop_body(
                node,
                label,
                body,
                |this| {
                    if let (Some(range), Some(ranged)) = (range, &ranged) {
                        let goes_on = this.goes_on(match &ranged.v {
                            V::Place(place) => Some(place),
                            _ => None,
                        });
                        if this.taken_in_turn(range, ranged, &goes_on) {
                            return Some(Condition::Constant(true));
                        }
                        this.leave_unless(goes_on);
                        let targets = list(field(range, "left"));
                        for (at, target) in targets.iter().enumerate() {
                            let name = this.text(*target);
                            let listed = match ranged.v {
                                V::Result(listing) if at == 1 => this.next_listed(listing, name),
                                _ => None,
                            };
                            let place = listed.unwrap_or_else(|| this.fresh_place(name));
                            let ty = if at == 1 { ranged.ty.element() } else { Ty::Unknown };
                            this.declare(name, Val { v: V::Place(place), ty, data: ranged.provenance() });
                        }
                        return Some(Condition::Constant(true));
                    }
                    let test = test?;
                    Some(this.condition(test))
                },
                update,
            );
        });
    }

    /// A loop. `head` runs first in each round and says when to go on; variables that the body assigns are unknown in it.
    fn loop_body(
        &mut self,
        node: Node<'t>,
        label: Option<String>,
        body: Option<Node<'t>>,
        head: impl FnOnce(&mut Self) -> Option<Condition>,
        update: Option<Node<'t>>,
    ) {
        let assigned = assigned_in(node, self);
        for name in &assigned {
            self.forget(name);
        }
        let at_head: Vec<(String, Val<'t>)> =
            assigned.iter().filter_map(|n| Some((n.clone(), self.local(n)?.clone()))).collect();
        let mut endless = true;
        self.around.push(Around { label, switch: false });
        let (block, ()) = self.in_block(|this| {
            if let Some(goes_on) = head(this) {
                endless = false;
                this.leave_unless(goes_on);
            }
            if let Some(body) = body {
                this.scoped(|this| this.block(body));
            }
            if let Some(update) = update {
                this.statement(update);
            }
        });
        self.around.pop();
        let leaves = !endless || breaks(&block, 0);
        self.diverged = false;
        if endless || breaks_itself(&block, 0) {
            for name in &assigned {
                self.forget(name);
            }
        } else {
            for (name, mut value) in at_head {
                if let Some(last) = self.local(&name) {
                    let data = last.data.clone();
                    add_data(&mut value.data, &data);
                }
                self.assign(&name, value);
            }
        }
        if !block.steps.iter().all(|s| is_idle(s, 0)) {
            self.push(Step::Loop(block));
        }
        self.diverged = !leaves;
    }

    /// `for err := range errs`: each round takes one, until there are no more.
    fn taken_in_turn(&mut self, range: Node<'t>, ranged: &Val<'t>, goes_on: &Condition) -> bool {
        if !self.is_channel(ranged) {
            return false;
        }
        self.leave_unless(goes_on.clone());
        let at = field(range, "right").map_or_else(|| span(range), span);
        if let Some(value) = self.taken(ranged, at)
            && let Some(target) = list(field(range, "left")).first()
        {
            let name = self.text(*target);
            self.declare(name, value);
        }
        true
    }

    // --- leaving -----------------------------------------------------------------------------------------------------

    fn return_statement(&mut self, node: Node<'t>) {
        let values = list(first(node));
        // What a call in it fills, `return config, json.Unmarshal(data, config)`, is returned filled.
        let is_variable = |node: &Node<'t>| kind(*node) == "identifier";
        let calls: Vec<Option<Val<'t>>> =
            values.iter().map(|node| (!is_variable(node)).then(|| self.whole(*node))).collect();
        let mut found: Vec<Val<'t>> = values
            .iter()
            .zip(calls)
            .map(|(node, value)| value.unwrap_or_else(|| self.whole(*node)))
            .collect();
        // `return mu.Unlock`, `return func() { file.Close() }, nil`.
        if !self.held.is_empty() {
            for (value, node) in found.iter_mut().zip(&values) {
                let method = kind(bare(*node)) == "selector_expression" && matches!(value.v, V::Place(_));
                if matches!(value.v, V::Closure(_)) || method {
                    let given = self.given_back_by(*node);
                    if let Some(lock) = given.first() {
                        let ty = Ty::Function(Vec::new().into());
                        *value = Val { v: V::Result(*lock), ty, data: given };
                    }
                }
            }
        }
        if values.is_empty() {
            let names = self.results.names.clone();
            found = names.iter().map(|n| self.local(n).cloned().unwrap_or_default()).collect();
        }
        // Who is told that content makes no sense deals with that.
        for (at, value) in found.iter().enumerate() {
            let reads = match &value.v {
                V::Error(e) => e.malformed.clone(),
                V::Opaque if self.results.types.get(at) == Some(&Ty::Error) => value.observed(),
                _ => continue,
            };
            self.note_malformed(&reads, OnFailure::Propagate);
        }
        if let [one] = found.as_slice()
            && self.results.types.len() > 1
            && !matches!(one.v, V::Tuple(_))
        {
            let one = one.clone();
            // All that the call returns, its error at last.
            if matches!(one.v, V::Opaque) && self.results.types.last() == Some(&Ty::Error) {
                self.note_malformed(&one.observed(), OnFailure::Propagate);
            }
            if let V::Result(_) = one.v {
                self.push_return(&[Val { ty: Ty::Unknown, ..one }]);
                self.diverged = true;
                return;
            }
        }
        self.push_return(&found);
        self.diverged = true;
    }

    /// What is returned: a variable with the fields that were set after it was got from somewhere.
    fn whole(&mut self, node: Node<'t>) -> Val<'t> {
        let value = self.expr(node);
        if kind(node) != "identifier" || !matches!(value.v, V::Result(_) | V::Opaque | V::Place(_)) {
            return value;
        }
        let mut fields = self.fields_set(self.text(node));
        fields.retain(|(_, value)| !matches!(value.v, V::Opaque | V::Cond(_) | V::Nil));
        if fields.is_empty() {
            return value;
        }
        let (ty, data) = (value.ty.clone(), value.data.clone());
        fields.push((REST.to_owned(), value));
        Val { v: V::Struct(fields), ty, data }
    }

    /// Work beside the function.
    fn go(&mut self, call: Node<'t>) {
        let result = self.result();
        let body = self.spawned(|this| {
            this.expr(call);
        });
        let site = self.site(span(call));
        self.push(Step::Spawn(Spawn { body, process: false, result, site }));
        self.started.push((result, call));
    }

    /// The steps of spawned work, which leaves nothing of the function around it.
    pub fn spawned(&mut self, inner: impl FnOnce(&mut Self)) -> Block {
        let around = std::mem::take(&mut self.around);
        let results = std::mem::take(&mut self.results);
        let held = std::mem::take(&mut self.held);
        let diverged = self.diverged;
        self.frames += 1;
        let innermost = self.blocks.len();
        let ending = std::mem::replace(&mut self.ending, innermost);
        let (block, ()) = self.in_block(inner);
        self.ending = ending;
        self.frames -= 1;
        self.diverged = diverged;
        self.around = around;
        self.results = results;
        self.held = held;
        block
    }

    /// A deferred call. Answers whether the rest of the statements was lowered with it, because it runs after them.
    fn deferred(&mut self, node: Node<'t>, rest: &[Node<'t>]) -> bool {
        let Some(call) = first(node) else { return false };
        // `defer lock()()`: what is deferred is what comes back.
        let function =
            field(call, "function").map(bare).filter(|function| kind(*function) == "call_expression");
        if let Some(function) = function {
            if let V::Result(taken) = self.expr(function).v {
                self.release_at_end(vec![taken]);
            }
            return false;
        }
        // What it would do now says what kind of thing it is; its arguments are evaluated now.
        let (sites, held) = (self.sites.len(), self.held.clone());
        let diverged = self.diverged;
        let (now, ()) = self.in_block(|this| {
            this.expr(call);
        });
        self.diverged = diverged;
        let mut releases = Vec::new();
        let only_releases = collect_releases(&now, &mut releases);
        if only_releases {
            self.sites.truncate(sites);
            self.release_at_end(releases);
            return false;
        }
        self.held = held;
        if rest.is_empty() || self.diverged {
            // Where nothing comes after it, it is done now; where it ends a block, that it is done at all says that it was for a while.
            if now.steps.iter().all(changes_environment) {
                now.steps.into_iter().for_each(|step| self.push(step));
            }
            return false;
        }
        let results = self.results.clone();
        let value = self.frame(span(node), results, |this| this.statements(rest));
        let assigned: Vec<String> = rest.iter().flat_map(|n| assigned_in(*n, self)).collect();
        for name in assigned {
            self.forget(&name);
        }
        // Named results are what the frame returned.
        let names = self.results.names.clone();
        let parts = match &value.v {
            V::Tuple(items) => items.clone(),
            _ => vec![value.clone()],
        };
        for (name, part) in names.iter().zip(parts) {
            self.assign(name, part);
        }
        self.expr(call);
        let framed = match self.framed(&value) {
            Some(result) => Value::Result(result),
            None => Value::Opaque,
        };
        self.push(Step::Exit(Exit::Return(framed)));
        self.diverged = true;
        true
    }

    /// Released on every way out of the function, or of the function literal.
    fn release_at_end(&mut self, releases: Vec<ResultId>) {
        let ending = self.ending;
        if let Some(ending) = self.blocks.get_mut(ending) {
            for release in releases {
                if !ending.drops.contains(&release) {
                    ending.drops.push(release);
                }
            }
        }
    }

    fn framed(&self, value: &Val<'t>) -> Option<ResultId> {
        match &value.v {
            V::Result(r) => Some(*r),
            V::Error(e) => e.plain(),
            V::Cond(Condition::True(r) | Condition::Ok(r)) => Some(*r),
            V::Tuple(items) => items.iter().rev().find_map(|item| self.framed(item)),
            V::Place(p) => match p.kind() {
                PlaceKind::Field { base, .. } => match base.kind() {
                    PlaceKind::Result(r) => Some(*r),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// The parameters of a function, declared with these values, and what it returns.
    pub fn signature(&mut self, node: Node<'t>) -> Results {
        let types = types::results(field(node, "result"), self.file.source, self.file.names);
        let mut names = Vec::new();
        if let Some(result) = field(node, "result").filter(|r| r.kind() == "parameter_list") {
            for declared in children(result) {
                for name in super::syntax::fields(declared, "name") {
                    names.push(self.text(name).to_owned());
                }
            }
        }
        Results { types, names }
    }

    /// Declares named results: they begin as zero.
    pub fn declare_results(&mut self, results: &Results) {
        for (name, ty) in results.names.iter().zip(&results.types) {
            let v = match ty {
                Ty::Error => V::Nil,
                Ty::Bool => V::Cond(Condition::Constant(false)),
                _ => V::Place(self.fresh_place(name)),
            };
            self.declare(name, Val::new(v, ty.clone()));
        }
    }

    /// The test of a decision.
    pub fn condition(&mut self, node: Node<'t>) -> Condition {
        let value = self.expr(node);
        self.condition_of(&value)
    }

    /// Whether two values are equal, as a condition.
    pub fn equal(&mut self, left: &Val<'t>, right: &Val<'t>) -> Condition {
        match (&left.v, &right.v) {
            (V::Error(e), V::Nil) | (V::Nil, V::Error(e)) => return e.absent(),
            (V::Error(_) | V::Result(_), V::Kind(kind)) => return self.is_kind(left, *kind),
            (V::Kind(kind), V::Error(_) | V::Result(_)) => return self.is_kind(right, *kind),
            (V::Result(r), V::Nil) | (V::Nil, V::Result(r)) => return failed(*r),
            (V::Nil, V::Nil) => return Condition::Constant(true),
            (V::Place(_), V::Nil) => return self.answer_about(left, Asked::Absence),
            (V::Nil, V::Place(_)) => return self.answer_about(right, Asked::Absence),
            (V::Closure(_) | V::Function(_) | V::Struct(_), V::Nil) => return Condition::Constant(false),
            (V::Cond(a), V::Cond(Condition::Constant(b))) | (V::Cond(Condition::Constant(b)), V::Cond(a)) => {
                return if *b { a.clone() } else { a.clone().negated() };
            }
            (V::Place(a), V::Place(b)) if a == b && a != &Place::literal("") => {
                return Condition::Constant(true);
            }
            // As of files, what is there for systems of another kind only is left out.
            (V::Place(a), V::Place(b)) if is_other_system(a, b) || is_other_system(b, a) => {
                return Condition::Constant(false);
            }
            _ => {}
        }
        let mut observed = left.observed();
        add_data(&mut observed, &right.observed());
        if let (V::Place(a), V::Place(b)) = (&left.v, &right.v)
            && let Some(same) = self.same_text(a, b, &observed)
        {
            return same;
        }
        self.opaque_condition(observed)
    }

    /// When an error is one of the type that it is taken for, where that is what a library's failures are.
    pub fn is_any_error(&self, error: &Val<'t>) -> Option<Condition> {
        let row = self.file.models.api(&dotted(error.ty.name()?))?;
        let failure = failure_in(error).filter(|failure| !failure.of.is_empty())?;
        (row.asks == Some(Asks::Any)).then_some(failure.failed)
    }

    /// Whether an error is of a kind.
    pub fn is_kind(&mut self, value: &Val<'t>, kind: crate::flow::ErrorKind) -> Condition {
        use crate::flow::{ErrorKind, Kinds};
        use crate::language::conditions::all;
        match failure_in(value) {
            Some(failure) => {
                let kinds = match kind {
                    // `syscall.Errno.Is` takes ENOTEMPTY for `ErrExist` too, and rename(2) gives either for a directory in use.
                    ErrorKind::AlreadyExists => {
                        Kinds::of(kind).union(Kinds::of(ErrorKind::DirectoryNotEmpty))
                    }
                    _ => Kinds::of(kind),
                };
                let of = any(failure.of.iter().map(|r| Condition::Failed(*r, kinds)).collect());
                if failure.plain().is_some() || failure.of.is_empty() {
                    // An error of the program's own making is of no kind; of a call without effect, nobody knows.
                    return match failure.failed {
                        Condition::Opaque { observed, .. } if failure.of.is_empty() => {
                            self.opaque_condition(observed)
                        }
                        _ => of,
                    };
                }
                all(vec![failure.failed, of])
            }
            None => {
                let observed = value.observed();
                self.opaque_condition(observed)
            }
        }
    }
}

/// Whether a variable of this name holds an error, by custom.
pub fn is_error_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "e" || lower.starts_with("err") || lower.ends_with("err") || lower.ends_with("error")
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

/// The variables that the code below a node assigns, or hands out to be changed.
pub fn assigned_in<'t>(node: Node<'t>, lowerer: &Lowerer<'_, 't>) -> Vec<String> {
    let mut found = Vec::new();
    is_within(node, |node, _| {
        let targets = match kind(node) {
            "assignment_statement" => list(field(node, "left")),
            "inc_statement" | "dec_statement" => children(node),
            "unary_expression" if field(node, "operator").is_some_and(|o| o.kind() == "&") => {
                field(node, "operand").into_iter().collect()
            }
            // Most have nothing of it in them, which their text tells sooner than a walk through them.
            "expression_statement"
            | "short_var_declaration"
            | "return_statement"
            | "binary_expression"
            | "call_expression" => return may_assign(lowerer.text(node)).then_some(false),
            _ => return Some(false),
        };
        for target in targets {
            if let Some(name) = lowerer.chain(target).or_else(|| lowerer.root_of(target))
                && lowerer.local(&name).is_some()
                && !found.contains(&name)
            {
                found.push(name);
            }
        }
        Some(false)
    });
    found.sort();
    found
}

/// Whether there may be an assignment in the text, or something whose address is taken.
fn may_assign(text: &str) -> bool {
    let mut before = b' ';
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let found = match byte {
            b'&' => true,
            b'+' | b'-' => byte == before,
            // Neither a declaration nor a comparison: of `<=` all that it costs is the walk.
            b'=' => !matches!(before, b':' | b'=' | b'!') && bytes.peek() != Some(&b'='),
            _ => false,
        };
        if found {
            return true;
        }
        before = byte;
    }
    false
}

/// Whether the system's name is compared with that of one of another kind.
fn is_other_system(value: &Place, name: &Place) -> bool {
    matches!(value.kind(), PlaceKind::Constant(own) if **own == *"runtime::GOOS")
        && matches!(name.kind(), PlaceKind::Literal(text) if super::build::OTHERS.contains(&&**text))
}

/// Whether the step does nothing but set or take away a variable of the environment.
fn changes_environment(step: &Step) -> bool {
    matches!(step, Step::Effect(effect) if effect.operation == Operation::EnvSet)
}
