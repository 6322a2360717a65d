//! Expansion: a body with the bodies of its callees put in.

use super::filled::Fills;
use super::graph::{self, DEPTH, Node};
use super::handed::{Handed, handed_in, is_nothing, may_run};
use super::resolve::{Asker, Target};
use super::told::{always_leaves, is_known};
use super::{FunctionId, Program};
use crate::flow::{
    Block, Branch, Call, Callee, Certainty, Condition, Effect, Exit, FlowSummary, Frame, KeyOperation,
    LockScope, OnFailure, Operation, Parameter, Place, PlaceKind, Question, REST, ResultId, Site, Spawn,
    Step, Value,
};
use crate::language::add_data;
use crate::qualified;
use rustc_hash::{FxHashMap, FxHashSet};

/// How many steps of callees a body takes in. Beyond it calls stay calls, the largest callees first.
pub(super) const BUDGET: u32 = 2000;
/// How many locks are followed from the method that takes them to the one that gives them up.
const KEPT: usize = 64;
/// How many methods deep it is looked for what gives up a lock.
const GIVES_UP: usize = 3;

/// The linked body of a function.
pub(super) fn body(program: &Program, function: FunctionId) -> Block {
    let Some(summary) = program.function(function) else { return Block::default() };
    let mut expander = Expander::new(program);
    (expander.results, expander.opaques, expander.stack) = (summary.results, summary.opaques, vec![function]);
    let mut scope = Scope::new(program, function, summary, 0, 0);
    scope.shares = expander.shares(function, BUDGET);
    expander.block(&summary.body, &mut scope)
}

/// Two calls in a row, on the same value of a type: one that both are given, or one that the first makes.
pub(super) fn one_after_the_other(
    program: &Program,
    first: FunctionId,
    second: FunctionId,
    of: &str,
) -> Option<Block> {
    let mut expander = Expander::new(program);
    expander.results = 2;
    let mut steps = Vec::new();
    let is_shared = |p: &Parameter| p.type_name.as_deref() == Some(of);
    let mut shared = Value::Place(Place::parameter(0, "self"));
    let makes = !program.function(first)?.parameters.iter().any(is_shared);
    for (result, function) in [first, second].into_iter().enumerate() {
        let summary = program.function(function)?;
        // What the value was made of or for, as the path of its file, may be kept in it: so the whole goes by what its maker is given.
        let arguments = (0..).zip(&summary.parameters).map(|(index, p)| match is_shared(p) {
            true => shared.clone(),
            false if makes && function == first => Value::Place(Place::parameter(index, &p.name)),
            false => Value::Opaque,
        });
        let arguments: Vec<Value> = arguments.collect();
        let site = Site(program.first_site(function));
        if result > 0 {
            expander.give_up(function, arguments.first(), site, &mut steps);
        }
        let held = expander.locks.len();
        let (body, _) =
            expander.expand(Target { function, guessed: false }, &arguments, Some(BUDGET / 2), false)?;
        let result = ResultId(u32::try_from(result).ok()?);
        // Who has got no value, or no lock, is not done with it.
        let is_needed = result.0 == 0 && (makes || expander.locks.len() > held);
        if function == first {
            expander.learn(result, &body, &[]);
            if makes {
                shared = program.part_of(summary, of).map_or(Some(Value::Result(result)), |field| {
                    let made = graph::payload(expander.returned.get(&result)?);
                    let Value::Structure(fields) = made else { return None };
                    fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone())
                })?;
            }
            expander.keep_for(&shared, held);
            // What it makes, or makes ready, is made of what it reads.
            let read = reads(&body);
            for made in std::iter::once(result).chain(expander.forwarded(result)) {
                expander.sources.entry(made).or_default().extend(&read);
            }
            expander.filled.push((shared.clone(), read));
        }
        steps.push(Step::Frame(Frame {
            body,
            result,
            on_failure: if is_needed { OnFailure::Propagate } else { OnFailure::Continue },
            defaulted: false,
            on_malformed: None,
            on_misread: None,
            site,
            // What it does, it does as a part of the whole.
            name: String::new(),
            outward: 0,
        }));
    }
    Some(Block { steps, drops: Vec::new() })
}

/// A call, and if it succeeded a second one, which is given what the first was given wherever the two call it the same.
pub(super) fn if_it_succeeded(
    program: &Program,
    first: FunctionId,
    second: FunctionId,
    succeeded: Condition,
) -> Option<Block> {
    let taken = &program.function(first)?.parameters;
    let argument = |p: &Parameter| {
        let same = |known: &Parameter| known.name == p.name && known.type_name == p.type_name;
        match (0..).zip(taken).find(|(_, known)| same(known)) {
            Some((index, known)) => Value::Place(Place::parameter(index, &known.name)),
            None => Value::Opaque,
        }
    };
    let mut expander = Expander::new(program);
    expander.results = 2;
    let first = called(&mut expander, first, ResultId(0), argument)?;
    let second = called(&mut expander, second, ResultId(1), argument)?;
    let then = Block { steps: vec![Step::Frame(second)], drops: Vec::new() };
    let branch = Branch { condition: succeeded, then, otherwise: Block::default() };
    Some(Block { steps: vec![Step::Frame(first), Step::Branch(branch)], drops: Vec::new() })
}

/// One of two calls in a row.
fn called(
    expander: &mut Expander<'_>,
    function: FunctionId,
    result: ResultId,
    argument: impl Fn(&Parameter) -> Value,
) -> Option<Frame> {
    let program = expander.program;
    let summary = program.function(function)?;
    let arguments: Vec<Value> = summary.parameters.iter().map(argument).collect();
    let (body, _) =
        expander.expand(Target { function, guessed: false }, &arguments, Some(BUDGET / 2), false)?;
    Some(Frame {
        body,
        result,
        on_failure: OnFailure::Continue,
        defaulted: false,
        on_malformed: None,
        on_misread: None,
        site: Site(program.first_site(function)),
        name: summary.name.clone(),
        outward: 0,
    })
}

/// What is known of the body that is being made. All numbers in it are those of the linked body.
pub(super) struct Expander<'p> {
    pub program: &'p Program,
    /// One past the highest numbers in use.
    pub results: u32,
    pub opaques: u32,
    /// The functions that are being expanded, the root first.
    pub stack: Vec<FunctionId>,
    /// What frames returned, where all their successes agree.
    pub returned: FxHashMap<ResultId, Value>,
    /// The results that the data in a call's or frame's result derives from.
    pub sources: FxHashMap<ResultId, Vec<ResultId>>,
    /// Results that carry data read from a place.
    pub reads: FxHashSet<ResultId>,
    /// The places of open handles.
    pub opened: FxHashMap<ResultId, Place>,
    /// The handles of files that were opened for what is to be written to them from the beginning.
    pub blank: FxHashSet<ResultId>,
    /// The directories that were made under names which nobody else knows.
    pub own_folders: Vec<Place>,
    /// The handles that lock guards lock.
    pub guards: FxHashMap<ResultId, ResultId>,
    /// The locks that were taken by what begins a block, by its result.
    pub entered: FxHashMap<ResultId, Vec<ResultId>>,
    /// What pure calls returned, by function and arguments: the same call is the same place.
    pub calls: FxHashMap<(FunctionId, Vec<Place>), Option<Value>>,
    /// The structures that pure calls returned, by the place that stands for the call.
    pub structures: FxHashMap<Place, Value>,
    /// What frames returned of which no value is known, as a place: the same function for the same arguments.
    pub named: FxHashMap<ResultId, Place>,
    /// How many pure calls deep the place is that is being computed.
    pub nested_places: usize,
    /// What calls that are not put in decide by: the number of the unknown that each answer is.
    pub judged: FxHashMap<ResultId, u32>,
    /// The locks that were taken against other processes, in order, each with its place, and what goes with the block that has it.
    pub locks: Vec<(ResultId, Place)>,
    dropped: FxHashSet<ResultId>,
    /// The locks that a method has left held, by the value whose method it is.
    kept: Vec<(Value, ResultId)>,
    /// The values that were filled from reads, without being what these returned.
    pub filled: Vec<(Value, Vec<ResultId>)>,
    /// Code that is handed to functions.
    pub handed: Handed,
}

/// One copy of a function's body: how its numbers and parameters are renamed.
pub(super) struct Scope<'p> {
    pub asker: Asker<'p>,
    node: Option<&'p Node>,
    /// The arguments, in the linked body's terms; none for the root, whose parameters stay.
    pub arguments: Option<Vec<Value>>,
    /// The places that stand for parameters whose arguments are none.
    pub unknown: FxHashMap<u32, Place>,
    /// What each parameter's own result stands for; empty for the root.
    pub passed: Vec<Passed>,
    /// What the function asks of what it is given.
    pub questions: &'p [Question],
    /// What calls have put into its parameters.
    pub fills: Fills,
    pub first_result: u32,
    pub first_opaque: u32,
    first_site: u32,
    /// Whether the way here went through a guess.
    presumed: bool,
    /// How many steps each call may put in, if not all fit.
    shares: Option<FxHashMap<ResultId, u32>>,
}

/// What a parameter's own result stands for in one call.
pub struct Passed {
    /// The handle, guard or error that was passed.
    pub result: Option<ResultId>,
    /// The boolean that was passed.
    pub condition: Option<Condition>,
    /// The reads that the argument's data derives from.
    pub data: Vec<ResultId>,
}

impl<'p> Scope<'p> {
    /// A copy that starts its numbers there.
    pub fn new(
        program: &'p Program,
        function: FunctionId,
        summary: &'p FlowSummary,
        first_result: u32,
        first_opaque: u32,
    ) -> Self {
        Scope {
            asker: Asker {
                name: &summary.name,
                file: program.file_of(function).0,
                test: summary.context.test,
            },
            node: program.graph.node(function),
            arguments: None,
            unknown: FxHashMap::default(),
            passed: Vec::new(),
            questions: &summary.questions,
            fills: Fills::new(),
            first_result,
            first_opaque,
            first_site: program.first_site(function),
            presumed: false,
            shares: None,
        }
    }

    /// The linked body's number of a result; of a parameter's, the number of what was passed.
    pub fn result(&self, result: ResultId) -> ResultId {
        if let Some(Passed { result: Some(passed), .. }) = self.passed.get(result.0 as usize) {
            return *passed;
        }
        ResultId(result.0.saturating_add(self.first_result))
    }

    /// The program-wide number of a site.
    pub fn site(&self, site: Site) -> Site {
        Site(site.0.saturating_add(self.first_site))
    }
}

impl<'p> Expander<'p> {
    /// One that has made nothing yet.
    fn new(program: &'p Program) -> Self {
        Expander {
            program,
            results: 0,
            opaques: 0,
            stack: Vec::new(),
            returned: FxHashMap::default(),
            sources: FxHashMap::default(),
            reads: FxHashSet::default(),
            opened: FxHashMap::default(),
            blank: FxHashSet::default(),
            own_folders: Vec::new(),
            guards: FxHashMap::default(),
            entered: FxHashMap::default(),
            calls: FxHashMap::default(),
            structures: FxHashMap::default(),
            named: FxHashMap::default(),
            nested_places: 0,
            judged: FxHashMap::default(),
            locks: Vec::new(),
            dropped: FxHashSet::default(),
            kept: Vec::new(),
            filled: Vec::new(),
            handed: Handed::default(),
        }
    }

    /// How the budget is shared among a function's calls; nothing if all fit. Small callees get what they need, large ones share
    /// what is left, so that one huge callee does not hide a wrapper beside it.
    fn shares(&self, function: FunctionId, budget: u32) -> Option<FxHashMap<ResultId, u32>> {
        let levels = DEPTH.checked_sub(self.stack.len())?;
        let node = self.program.graph.node(function)?;
        if node.weight(levels + 1) <= budget {
            return None;
        }
        let mut needs: Vec<(u32, ResultId)> = node
            .calls()
            .iter()
            .map(|(r, t)| (self.program.graph.cost(t.function, node.uses(*r), levels), *r))
            .collect();
        needs.sort();
        let (mut left, mut calls) = (budget, u32::try_from(needs.len()).unwrap_or(u32::MAX));
        let mut shares = FxHashMap::default();
        for (need, call) in needs {
            let share = need.min(left / calls.max(1));
            left -= share;
            calls = calls.saturating_sub(1);
            shares.insert(call, share);
        }
        Some(shares)
    }

    /// The copy of a block.
    pub fn block(&mut self, block: &'p Block, scope: &mut Scope<'p>) -> Block {
        let mut steps = Vec::with_capacity(block.steps.len());
        let handed = handed_in(block, scope.node);
        for step in &block.steps {
            self.step(step, scope, &mut steps);
            if steps.last().is_some_and(always_leaves) {
                break;
            }
            if may_run(step).is_some_and(|code| handed.contains(&code)) {
                self.hand_over(&steps);
            }
        }
        if !handed.is_empty() {
            steps.retain(|step| !is_nothing(step));
        }
        let mut drops = Vec::with_capacity(block.drops.len());
        for drop in &block.drops {
            let drop = scope.result(*drop);
            for result in std::iter::once(drop).chain(self.forwarded(drop)) {
                if !drops.contains(&result) {
                    self.dropped.insert(result);
                    drops.push(result);
                }
            }
        }
        Block { steps, drops }
    }

    fn step(&mut self, step: &'p Step, scope: &mut Scope<'p>, steps: &mut Vec<Step>) {
        steps.push(match step {
            Step::Effect(effect) => Step::Effect(self.effect(effect, scope)),
            Step::Branch(Branch { condition, then, otherwise }) => {
                let asked = self.condition(condition, scope);
                let (mut taken, mut not_taken) = (true, true);
                // What the call's arguments rule out does not run.
                if let (Condition::Constant(holds), false) = (&asked, is_known(condition)) {
                    (taken, not_taken) = (*holds, !holds);
                }
                let then = if taken { self.block(then, scope) } else { Block::default() };
                let otherwise = if not_taken { self.block(otherwise, scope) } else { Block::default() };
                if self.stack.len() > 1 && then.steps.is_empty() && otherwise.steps.is_empty() {
                    // Nothing is left of either side, so it does not matter which is taken.
                    return;
                }
                Step::Branch(Branch { condition: asked, then, otherwise })
            }
            Step::Loop(body) => {
                let body = self.block(body, scope);
                if self.stack.len() > 1 && body.steps.is_empty() {
                    return;
                }
                Step::Loop(body)
            }
            Step::Spawn(spawn) => Step::Spawn(Spawn {
                body: self.block(&spawn.body, scope),
                process: spawn.process,
                result: scope.result(spawn.result),
                site: scope.site(spawn.site),
            }),
            Step::Call(call) => return self.call(call, scope, steps),
            Step::Frame(frame) => {
                let body = self.block(&frame.body, scope);
                let result = scope.result(frame.result);
                self.learn(result, &body, &[]);
                Step::Frame(Frame {
                    body,
                    result,
                    on_failure: frame.on_failure,
                    defaulted: frame.defaulted,
                    on_malformed: frame.on_malformed,
                    on_misread: frame.on_misread,
                    site: scope.site(frame.site),
                    name: frame.name.clone(),
                    outward: frame.outward,
                })
            }
            Step::Join(result) => Step::Join(self.behind(scope.result(*result))),
            Step::Release(result, site) => {
                let (result, site) = (scope.result(*result), scope.site(*site));
                let forwarded = self.forwarded(result);
                steps.push(Step::Release(result, site));
                steps.extend(forwarded.into_iter().map(|r| Step::Release(r, site)));
                return;
            }
            Step::Exit(Exit::Return(value)) => Step::Exit(Exit::Return(self.value(value, scope))),
            Step::Exit(exit) => Step::Exit(exit.clone()),
        });
    }

    fn effect(&mut self, effect: &Effect, scope: &mut Scope<'p>) -> Effect {
        let result = scope.result(effect.result);
        let place = self.place(&effect.place, scope);
        let mut place = self.with_names(place);
        let mut handle = effect.handle.map(|h| self.handle(scope.result(h)));
        if handle.is_none() && works_on_handles(effect.operation) {
            handle = self.handle_in(&effect.place, scope);
        }
        if let Some(opened) = handle.and_then(|h| self.opened.get(&h)) {
            place = opened.clone();
        }
        let data = self.data(&effect.data, scope);
        match effect.operation {
            Operation::Open(flags) => {
                self.opened.insert(result, place.clone());
                if flags.write && (flags.truncate || flags.create_new) {
                    self.blank.insert(result);
                }
            }
            Operation::CreateDir { .. } if place.is_private() => self.own_folders.push(place.clone()),
            Operation::Lock { scope: kind, .. } => {
                if kind != LockScope::Thread {
                    self.locks.push((result, place.clone()));
                }
                if let Some(handle) = handle {
                    self.guards.insert(result, handle);
                }
            }
            Operation::Read | Operation::EnvGet | Operation::Key(KeyOperation::Get | KeyOperation::Swap) => {
                self.reads.insert(result);
            }
            _ => {}
        }
        Effect {
            operation: effect.operation,
            place,
            handle,
            other_place: effect
                .other_place
                .as_ref()
                .map(|p| self.place(p, scope))
                .map(|p| self.with_names(p)),
            data,
            content: self.argument(&effect.content, scope),
            result,
            on_failure: effect.on_failure,
            on_malformed: effect.on_malformed,
            defaulted: effect.defaulted,
            part: effect.part,
            certainty: if scope.presumed { Certainty::Presumed } else { effect.certainty },
            api: effect.api.clone(),
            site: scope.site(effect.site),
        }
    }

    fn call(&mut self, call: &'p Call, scope: &mut Scope<'p>, steps: &mut Vec<Step>) {
        if matches!(call.callee, Callee::Parameter(_)) {
            return self.run_handed(call, scope, steps);
        }
        let result = scope.result(call.result);
        let target = scope.node.and_then(|n| n.target(call.result));
        if target.is_none()
            && let Some(presumed) = &call.presumed
        {
            let mut effect = self.effect(presumed, scope);
            effect.certainty = Certainty::Presumed;
            effect.on_malformed = effect.on_malformed.or(call.on_malformed);
            effect.defaulted |= call.defaulted;
            steps.push(Step::Effect(effect));
            return;
        }
        if target.is_none() {
            let done = self.write_out_of_sight(call, scope).or_else(|| self.fill_out_of_sight(call, scope));
            steps.extend(done.map(Step::Effect));
        }
        if target.is_none() && self.stack.len() > 1 {
            let data = self.data_handed_on(&call.arguments, scope);
            return self.pass_over(call, result, data, scope, steps);
        }
        let used = scope.node.is_some_and(|n| n.uses(call.result));
        if let Some(target) = target
            && (self.stack.len() > 1 || !used)
            && self.shows_nothing(target, used)
        {
            let data = self.data_handed_on(&call.arguments, scope);
            return self.pass_over(call, result, data, scope, steps);
        }
        let mut arguments: Vec<Value> = call.arguments.iter().map(|a| self.argument(a, scope)).collect();
        let data = self.data_of_arguments(&arguments);
        let mut written = None;
        if let Some(summary) = target.and_then(|t| self.program.function(t.function)) {
            if call.arguments.len() < summary.parameters.len() || !call.names.is_empty() {
                // What is given by name is no part of the place that stands for what the call returns.
                let plain = arguments.len().saturating_sub(call.names.len());
                written = arguments.iter().take(plain).map(|a| self.place_of(a)).collect();
            }
            arguments = bound(call, arguments, &summary.parameters);
        }
        if let Some(target) = target {
            self.give_up(target.function, arguments.first(), scope.site(call.site), steps);
            let held = self.locks.len();
            let levels = DEPTH.checked_sub(self.stack.len());
            let share = scope.shares.as_ref().map(|s| s.get(&call.result).copied().unwrap_or(0));
            if levels.is_some_and(|l| self.program.graph.cost(target.function, used, l) > 0)
                && let Some((body, fills)) = self.expand(target, &arguments, share, scope.presumed)
            {
                self.take_back(call, scope, steps);
                self.learn(result, &body, &data);
                self.fill(result, &arguments, fills, scope);
                self.name(result, target.function, &arguments);
                self.remember(target.function, written, &arguments, result);
                self.keep(target.function, arguments.first(), held);
                let callee = self.program.function(target.function);
                if callee.is_some_and(|f| f.context.enters) {
                    self.entered.insert(result, locks(&body));
                }
                let name = callee.map(|f| f.name.clone()).unwrap_or_default();
                steps.push(Step::Frame(Frame {
                    body,
                    result,
                    on_failure: call.on_failure,
                    defaulted: call.defaulted,
                    on_malformed: call.on_malformed,
                    on_misread: call.on_misread,
                    site: scope.site(call.site),
                    name,
                    outward: 0,
                }));
                return;
            }
        }
        if let Some(target) = target.filter(|t| used && !t.guessed) {
            let places: Option<Vec<Place>> = arguments.iter().map(|a| self.place_of(a)).collect();
            let value = match places {
                Some(places) => self.pure_call(target.function, &places),
                None => self.instantiate(target.function, arguments.clone()),
            };
            self.returned.extend(value.map(|value| (result, value)));
        }
        let acts =
            target.and_then(|t| self.program.graph.node(t.function)).is_some_and(|n| n.distance.is_some());
        if !acts && (self.stack.len() > 1 || (target.is_some() && !used)) {
            return self.pass_over(call, result, data, scope, steps);
        }
        self.judge(result, &data);
        let mut sources = data;
        sources.push(result);
        self.sources.insert(result, sources);
        let callee = match (&call.callee, target) {
            (Callee::Function(_), Some(t)) => {
                self.program.function(t.function).map(|f| Callee::Function(f.name.clone()))
            }
            _ => None,
        };
        steps.push(Step::Call(Call {
            callee: callee.unwrap_or_else(|| call.callee.clone()),
            names: if target.is_some() { Vec::new() } else { call.names.clone() },
            arguments,
            result,
            on_failure: call.on_failure,
            defaulted: call.defaulted,
            on_malformed: call.on_malformed,
            on_misread: call.on_misread,
            site: scope.site(call.site),
            presumed: None,
            typed: Vec::new(),
        }));
    }

    /// Whether a call of the function leaves nothing behind, whatever it is given: it is not put in, does nothing, ends no lock that is
    /// kept, and what it returns is not known without running it, or not asked for.
    fn shows_nothing(&self, target: Target, used: bool) -> bool {
        let Some(node) = self.program.graph.node(target.function) else { return true };
        let shown = used && (node.answers || (!target.guessed && node.returned.is_some()));
        node.distance.is_none() && !shown && self.kept.is_empty()
    }

    /// Leaves out a call in which nothing happens, as far as is known; only data may pass through. The root's own calls stay, for
    /// people, and what takes its time stays, for what may happen meanwhile.
    fn pass_over(
        &mut self,
        call: &Call,
        result: ResultId,
        data: Vec<ResultId>,
        scope: &Scope<'p>,
        steps: &mut Vec<Step>,
    ) {
        self.judge(result, &data);
        self.sources.insert(result, data);
        if scope.node.is_some_and(|node| node.takes_long(call.result)) {
            steps.push(Step::Call(Call {
                callee: call.callee.clone(),
                arguments: vec![Value::Opaque; call.arguments.len()],
                names: Vec::new(),
                result,
                on_failure: OnFailure::Continue,
                defaulted: call.defaulted,
                on_malformed: call.on_malformed,
                on_misread: call.on_misread,
                site: scope.site(call.site),
                presumed: None,
                typed: Vec::new(),
            }));
        }
    }

    /// Notes that what a call answers, which is not put in, depends on what was read.
    fn judge(&mut self, result: ResultId, data: &[ResultId]) {
        if !data.is_empty() {
            self.judged.insert(result, self.opaques);
            self.opaques = self.opaques.saturating_add(1);
        }
    }

    /// Notes the locks that a method leaves held: another of the same value gives them up.
    fn keep(&mut self, function: FunctionId, receiver: Option<&Value>, before: usize) {
        let has_receiver = self.program.function(function).is_some_and(|f| f.has_receiver);
        if let Some(receiver) = receiver.filter(|_| has_receiver) {
            self.keep_for(receiver, before);
        }
    }

    /// Notes that the locks which were taken since then, and are still held, go with the value.
    fn keep_for(&mut self, receiver: &Value, before: usize) {
        let left = self.locks.iter().skip(before).map(|(lock, _)| *lock);
        let left: Vec<ResultId> = left.filter(|lock| !self.dropped.contains(lock)).collect();
        let receiver = as_made(receiver);
        for lock in left {
            if self.kept.len() < KEPT
                && !self.kept.iter().any(|(of, known)| *known == lock && *of == receiver)
            {
                self.kept.push((receiver.clone(), lock));
            }
        }
    }

    /// Gives up what another method of the same value has left held.
    fn give_up(&mut self, function: FunctionId, receiver: Option<&Value>, site: Site, steps: &mut Vec<Step>) {
        let Some(receiver) = receiver.filter(|_| !self.kept.is_empty()) else { return };
        if !self.gives_up(function, GIVES_UP) {
            return;
        }
        let receiver = as_made(receiver);
        let given: Vec<ResultId> =
            self.kept.iter().filter(|(of, _)| *of == receiver).map(|(_, lock)| *lock).collect();
        self.kept.retain(|(of, _)| *of != receiver);
        steps.extend(given.into_iter().map(|lock| Step::Release(lock, site)));
    }

    /// Whether the function closes or unlocks what its receiver keeps, itself or by another method.
    fn gives_up(&self, function: FunctionId, levels: usize) -> bool {
        let program = self.program;
        let Some(summary) = program.function(function) else { return false };
        if summary.context.gives_up || levels == 0 {
            return summary.context.gives_up;
        }
        let owner = |name: &'p str| qualified::rsplit(name).map(|(owner, _)| owner);
        let own = owner(&summary.name);
        program.callees(function).iter().any(|callee| {
            program.function(*callee).is_some_and(|other| other.has_receiver && owner(&other.name) == own)
                && self.gives_up(*callee, levels - 1)
        })
    }

    fn passed(&self, argument: &Value) -> Passed {
        let mut data = Vec::new();
        self.add_sources(argument, &mut data);
        for (_, read) in self.filled.iter().filter(|(value, _)| is_part_of(argument, value)) {
            add_data(&mut data, read);
        }
        let (result, condition) = match graph::payload(argument) {
            Value::Result(r) => (Some(self.handle(*r)), None),
            Value::Failure(Some(r)) => (Some(*r), None),
            Value::Condition(c) => (None, Some(c.clone()).filter(|c| !c.is_too_large())),
            _ => (None, None),
        };
        Passed { result, condition, data }
    }

    /// The callee's body with the arguments put in, unless that goes too deep, round in a circle, or over the budget; and what it puts
    /// into them.
    fn expand(
        &mut self,
        target: Target,
        arguments: &[Value],
        share: Option<u32>,
        presumed: bool,
    ) -> Option<(Block, Fills)> {
        let summary = self.program.function(target.function)?;
        let size = self.program.graph.node(target.function)?.size;
        let circles = self.stack.contains(&target.function);
        if self.stack.len() > DEPTH
            || (circles && !(self.stack.as_slice() == [target.function] && goes_down(arguments)))
            || share.is_some_and(|s| s < size)
        {
            return None;
        }
        let (first_result, first_opaque) = (self.results, self.opaques);
        // Numbers that do not fit are not given out twice.
        self.results = first_result.checked_add(summary.results)?;
        self.opaques = first_opaque.checked_add(summary.opaques)?;
        let mut scope = Scope::new(self.program, target.function, summary, first_result, first_opaque);
        scope.arguments = Some(arguments.to_vec());
        scope.passed = arguments.iter().map(|a| self.passed(a)).collect();
        scope.presumed = presumed || target.guessed;
        self.stack.push(target.function);
        scope.shares = share.and_then(|s| self.shares(target.function, s - size));
        let body = self.block(&summary.body, &mut scope);
        self.stack.pop();
        let fills = self.fills(summary, scope);
        Some((body, fills))
    }

    /// Gives what a frame returned a name, if nothing better is known of it.
    fn name(&mut self, result: ResultId, function: FunctionId, arguments: &[Value]) {
        let unknown = |value: &Value| matches!(graph::payload(value), Value::Opaque | Value::Derived(_));
        // What a helper hands on of another's that has no name goes by the helper's.
        let result = self.behind(result);
        let is_step = self.reads.contains(&result)
            || self.opened.contains_key(&result)
            || self.guards.contains_key(&result);
        let named = is_step || self.named.contains_key(&result);
        if named || !self.returned.get(&result).is_none_or(unknown) {
            return;
        }
        let place = |value| Some(self.with_names(self.place_of(value)?));
        let arguments: Option<Vec<Place>> = arguments.iter().map(place).collect();
        if let (Some(arguments), Some(summary)) = (arguments, self.program.function(function)) {
            let callee = summary.name.as_str().into();
            self.named.insert(result, Place::new(PlaceKind::Call { callee, arguments }));
        }
    }

    /// The place with what calls returned in it by their names.
    fn with_names(&self, place: Place) -> Place {
        if self.named.is_empty() {
            return place;
        }
        place.map(&mut |part| self.named_part(part))
    }

    fn named_part(&self, part: &Place) -> Option<Place> {
        match part.kind() {
            PlaceKind::Result(result) => self.named.get(&self.behind(*result)).cloned(),
            _ => None,
        }
    }

    /// Notes what a frame that was just made returns, and what the data in it derives from.
    fn learn(&mut self, result: ResultId, body: &Block, data: &[ResultId]) {
        let values = graph::returns(body);
        let mut sources = Vec::new();
        let mut unknown = false;
        for value in values.iter().map(|v| graph::payload(v)) {
            unknown |= matches!(value, Value::Opaque | Value::Derived(_));
            self.add_sources(value, &mut sources);
        }
        if unknown {
            sources.extend(data.iter().filter(|r| !sources.contains(r)).copied().collect::<Vec<_>>());
        }
        if !sources.is_empty() {
            self.sources.insert(result, sources);
        }
        if let Some(value) = self.same_file(&values).or_else(|| graph::agreed(&values).cloned()) {
            self.returned.insert(result, value);
        }
    }

    /// The first of several opens of one file, where any of them is what is returned.
    fn same_file(&self, values: &[&Value]) -> Option<Value> {
        let mut successes =
            values.iter().map(|v| graph::payload(v)).filter(|v| !matches!(v, Value::Failure(_)));
        let (Some(Value::Derived(opens)), None) = (successes.next(), successes.next()) else { return None };
        let first = opens.iter().min()?;
        let place = self.opened.get(first)?;
        (opens.len() > 1 && opens.iter().all(|open| self.opened.get(open) == Some(place)))
            .then_some(Value::Result(*first))
    }
}

/// Whether a function that calls itself does so for something in the directory that it was given: then what it does there is done once
/// more below, and a failure there is one of the whole.
fn goes_down(arguments: &[Value]) -> bool {
    arguments.iter().zip(0..).any(|(argument, at)| match argument {
        Value::Place(place) => match place.kind() {
            PlaceKind::Join(base, _) => {
                matches!(base.kind(), PlaceKind::Parameter { index, .. } if *index == at)
            }
            _ => false,
        },
        _ => false,
    })
}

/// Whether the operation can be done through a handle; of others, a handle in place of a path is a path that was taken from it.
fn works_on_handles(operation: Operation) -> bool {
    use crate::flow::Check;
    matches!(
        operation,
        Operation::Check(Check::Metadata)
            | Operation::Read
            | Operation::Write
            | Operation::Append
            | Operation::Truncate
            | Operation::SetPermissions(_)
            | Operation::SetOwner { .. }
            | Operation::SetTimes
            | Operation::Lock { .. }
            | Operation::Sync
    )
}

/// The arguments in the order of the parameters: those by position, those by name, and what stands in for what is left out.
fn bound(call: &Call, arguments: Vec<Value>, parameters: &[Parameter]) -> Vec<Value> {
    if call.names.is_empty() && !parameters.iter().any(Parameter::is_optional) {
        return arguments;
    }
    let plain = arguments.len().saturating_sub(call.names.len());
    let mut slots: Vec<Option<Value>> = vec![None; parameters.len()];
    let mut rest = Vec::new();
    for (at, argument) in arguments.into_iter().enumerate() {
        let slot = match at.checked_sub(plain).and_then(|n| call.names.get(n)) {
            Some(name) => parameters.iter().position(|p| p.name == *name),
            // What comes at or after the one that takes all the rest, that takes.
            None if parameters.iter().take(at + 1).any(|p| p.rest) => None,
            None => Some(at),
        };
        match slot.and_then(|slot| slots.get_mut(slot)) {
            Some(slot) => *slot = Some(argument),
            None => rest.push((rest.len().to_string(), argument)),
        }
    }
    let mut rest = Some(rest).filter(|rest| !rest.is_empty()).map(Value::Structure);
    let fill = |(slot, parameter): (Option<Value>, &Parameter)| match slot {
        None if parameter.rest => rest.take().unwrap_or(Value::Opaque),
        slot => slot.or_else(|| parameter.default.clone()).unwrap_or(Value::Opaque),
    };
    slots.into_iter().zip(parameters).map(fill).collect()
}

/// The reads in a body.
fn reads(body: &Block) -> Vec<ResultId> {
    let mut found = Vec::new();
    graph::each_step(body, &mut |step| match step {
        Step::Effect(effect) if effect.operation == Operation::Read => found.push(effect.result),
        _ => {}
    });
    found
}

/// The locks that a body takes.
fn locks(body: &Block) -> Vec<ResultId> {
    let mut found = Vec::new();
    graph::each_step(body, &mut |step| match step {
        Step::Effect(effect) if matches!(effect.operation, Operation::Lock { .. }) => {
            found.push(effect.result)
        }
        _ => {}
    });
    found
}

/// A structure without what was put into it since it was made: it is still the same one.
fn as_made(value: &Value) -> Value {
    let Value::Structure(fields) = value else { return value.clone() };
    let fields = fields.iter().filter(|(name, rest)| name != REST || !matches!(rest, Value::Derived(_)));
    Value::Structure(fields.cloned().collect())
}

/// Whether the value is the whole, or what a field of it holds.
fn is_part_of(value: &Value, whole: &Value) -> bool {
    if value == whole {
        return true;
    }
    let (Value::Place(part), Value::Place(whole)) = (value, whole) else { return false };
    let mut part = part;
    while let PlaceKind::Field { base, .. } = part.kind() {
        if base == whole {
            return true;
        }
        part = base;
    }
    false
}
