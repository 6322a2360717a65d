//! The call graph: whom each function calls, what is worth putting in, and how large that becomes.

use super::handed::codes;
use super::labour::takes_long;
use super::resolve::{Asker, Target};
use super::{FunctionId, Program, uses};
use crate::flow::{
    Block, Call, Callee, Condition, Exit, Kinds, LockScope, MemoryOperation, Operation, ResultId, Step, Value,
};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// How many calls deep a body is expanded.
pub(super) const DEPTH: usize = 5;

/// How many functions a thread looks at before another may take over the rest: some are a thousand times larger than others.
const PIECE: usize = 64;

/// One function in the graph.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The calls that were resolved, by the call's result.
    calls: Vec<(ResultId, Target)>,
    pub callers: Vec<FunctionId>,
    pub callees: Vec<FunctionId>,
    /// Who calls a method of a trait of which this function is one of several implementations.
    pub asked_by: Vec<FunctionId>,
    /// Literals that are kept for others to call, and call this function.
    pub kept_by: Vec<FunctionId>,
    /// Of its calls of a trait's method, the several implementations.
    may_call: Vec<FunctionId>,
    /// Steps of its own body.
    pub size: u32,
    /// Steps that the callees down to that many levels add, saturating.
    weights: [u32; DEPTH],
    /// How many calls away the nearest step is that others may notice, 0 if it is the function's own: an effect that shows, work
    /// that is started, the release of what it was given, or an end that never returns.
    pub distance: Option<u32>,
    /// The results that the function asks for, in order.
    used: Vec<ResultId>,
    /// Whether what it returns is decided by something that its caller knows: a result that was passed, or one of its own. A path
    /// that it returns needs no look into it, see [`Node::returned`].
    pub answers: bool,
    /// The functions whose answers it hands on.
    hands_on: Vec<FunctionId>,
    /// The value that all its successes return, if they agree on one that matters.
    pub returned: Option<Value>,
    /// Whether it hands code to functions of the program, as few do.
    pub hands_code: bool,
    /// Its calls that take their time, in order.
    slow: Vec<ResultId>,
}

impl Node {
    /// Whom the call with this result calls.
    pub fn target(&self, call: ResultId) -> Option<Target> {
        let at = self.calls.binary_search_by_key(&call, |(r, _)| *r).ok()?;
        self.calls.get(at).map(|(_, t)| *t)
    }

    /// Whether the function asks for the call's result, other than as data.
    pub fn uses(&self, call: ResultId) -> bool {
        self.used.binary_search(&call).is_ok()
    }

    /// Whether the call with this result takes its time, as far as names tell.
    pub fn takes_long(&self, call: ResultId) -> bool {
        self.slow.binary_search(&call).is_ok()
    }

    /// The calls that were resolved, in order of their results.
    pub fn calls(&self) -> &[(ResultId, Target)] {
        &self.calls
    }

    /// How many steps putting in the callees adds, `levels` levels deep.
    pub fn weight(&self, levels: usize) -> u32 {
        levels.checked_sub(1).and_then(|l| self.weights.get(l)).copied().unwrap_or(0)
    }
}

/// The call graph of a program.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
}

impl Graph {
    /// Resolves all calls of the program.
    pub fn new(program: &Program) -> Self {
        let ids: Vec<FunctionId> = program.functions().map(|(id, _)| id).collect();
        let mut nodes: Vec<Node> = ids.par_iter().with_max_len(PIECE).map(|id| node(program, *id)).collect();
        let mut callers: Vec<Vec<FunctionId>> = vec![Vec::new(); nodes.len()];
        for (id, node) in (0..).map(FunctionId).zip(&nodes) {
            for callee in &node.callees {
                if let Some(list) = callers.get_mut(callee.0 as usize) {
                    list.push(id);
                }
            }
        }
        for (node, callers) in nodes.iter_mut().zip(callers) {
            node.callers = callers;
        }
        let asked: Vec<Vec<FunctionId>> = nodes.iter_mut().map(|n| std::mem::take(&mut n.may_call)).collect();
        for (id, callees) in (0..).map(FunctionId).zip(asked) {
            for callee in callees {
                if let Some(node) = nodes.get_mut(callee.0 as usize) {
                    node.asked_by.push(id);
                }
            }
        }
        let mut graph = Graph { nodes };
        graph.spread_acts();
        graph.leave_out_tests(program);
        graph.spread_answers();
        graph.weigh();
        graph
    }

    /// One function's node.
    pub fn node(&self, function: FunctionId) -> Option<&Node> {
        self.nodes.get(function.0 as usize)
    }

    /// Whoever calls a function that acts, acts; level by level, so that each gets its least distance.
    fn spread_acts(&mut self) {
        let mut level: Vec<FunctionId> = (0..)
            .map(FunctionId)
            .zip(&self.nodes)
            .filter(|(_, n)| n.distance.is_some())
            .map(|(id, _)| id)
            .collect();
        let mut distance = 0;
        while !level.is_empty() {
            distance += 1;
            let mut next = Vec::new();
            for id in level {
                let callers = self.node(id).map(|n| n.callers.clone()).unwrap_or_default();
                for caller in callers {
                    if let Some(node) = self.nodes.get_mut(caller.0 as usize)
                        && node.distance.is_none()
                    {
                        node.distance = Some(distance);
                        next.push(caller);
                    }
                }
            }
            level = next;
        }
    }

    /// How tests and examples call a function says nothing about how the program does, so that nothing may depend on whether
    /// they were read. Of a literal that is kept nobody knows who calls it, so that what it calls may be called by anybody.
    fn leave_out_tests(&mut self, program: &Program) {
        let aside: Vec<bool> = program
            .functions()
            .map(|(_, f)| f.context.test || f.context.auxiliary || f.context.literal)
            .collect();
        let is_aside = |id: &FunctionId| aside.get(id.0 as usize).copied().unwrap_or_default();
        let is_kept = |id: &FunctionId| {
            program
                .function(*id)
                .is_some_and(|f| f.context.literal && !f.context.test && !f.context.auxiliary)
        };
        for (id, node) in (0..).map(FunctionId).zip(&mut self.nodes) {
            node.kept_by = node.callers.iter().copied().filter(is_kept).collect();
            if !is_aside(&id) {
                node.callers.retain(|caller| !is_aside(caller));
                node.asked_by.retain(|caller| !is_aside(caller));
            }
        }
    }

    /// Whoever hands on an answer, answers. Deeper than bodies are expanded, nobody looks.
    fn spread_answers(&mut self) {
        for _ in 0..DEPTH {
            let answers = |f: &FunctionId| self.node(*f).is_some_and(|n| n.answers);
            let is_new = |n: &Node| !n.answers && n.hands_on.iter().any(answers);
            let news: Vec<usize> =
                (0..self.nodes.len()).filter(|at| self.nodes.get(*at).is_some_and(is_new)).collect();
            if news.is_empty() {
                break;
            }
            for at in news {
                if let Some(node) = self.nodes.get_mut(at) {
                    node.answers = true;
                }
            }
        }
    }

    fn weigh(&mut self) {
        for level in 0..DEPTH {
            let weight = |node: &Node| {
                let costs = node.calls.iter().map(|(r, t)| self.cost(t.function, node.uses(*r), level));
                costs.fold(0, u32::saturating_add)
            };
            let weights: Vec<u32> = self.nodes.par_iter().with_min_len(PIECE).map(weight).collect();
            for (node, weight) in self.nodes.iter_mut().zip(weights) {
                if let Some(slot) = node.weights.get_mut(level) {
                    *slot = weight;
                }
            }
        }
    }

    /// How many steps it takes to put in a function with `levels` levels of its callees; 0 if that shows nothing. It shows
    /// something if it acts within these levels, or if its result is used and says something.
    pub fn cost(&self, function: FunctionId, used: bool, levels: usize) -> u32 {
        let near = |d: u32| d as usize <= levels;
        match self.node(function) {
            Some(n) if n.distance.is_some_and(near) || (used && n.answers) => {
                n.size.saturating_add(n.weight(levels)).max(1)
            }
            _ => 0,
        }
    }
}

fn node(program: &Program, id: FunctionId) -> Node {
    let mut node = Node::default();
    let Some(function) = program.function(id) else { return node };
    let mut acts = false;
    // What runs what it is handed under a lock shows what that is done under, be it a mutex.
    let (mut locks, mut runs) = (false, false);
    let mut unknown = Vec::new();
    // The types of what calls returned, for the methods that are called on it.
    let mut types: FxHashMap<ResultId, &str> = FxHashMap::default();
    let asker = Asker { name: &function.name, file: program.file_of(id).0, test: function.context.test };
    each_step(&function.body, &mut |step| {
        node.size = node.size.saturating_add(1);
        match step {
            Step::Effect(e) => {
                acts |= shows(e.operation);
                locks |= matches!(e.operation, Operation::Lock { .. });
            }
            Step::Call(Call { callee: Callee::Parameter(_), .. }) => runs = true,
            Step::Spawn(_) | Step::Join(_) => acts = true,
            // What a function releases of its own is over with it; what it was given was the caller's.
            Step::Release(r, _) => acts |= (r.0 as usize) < function.parameters.len(),
            Step::Call(call) => {
                if takes_long(call.callee.name(), call.arguments.len()) {
                    node.slow.push(call.result);
                }
                let presumed = call.presumed.is_some();
                let typed = typed(call, &types);
                let callee = typed.as_ref().unwrap_or(&call.callee);
                let target = program.symbols.resolve(asker, callee, call.arguments.len(), presumed);
                types.extend(program.symbols.returned(asker, callee, target).map(|of| (call.result, of)));
                match target {
                    Some(target) => {
                        node.hands_code |= codes(call).next().is_some();
                        node.calls.push((call.result, target));
                        node.callees.push(target.function);
                    }
                    None if presumed => acts = true,
                    None => {
                        unknown.push(call.result);
                        node.may_call.extend(program.symbols.implementations(asker, callee));
                    }
                }
            }
            _ => {}
        }
    });
    acts |= locks && runs;
    // A function that never returns, or not where it is told of a failure, ends whoever calls it.
    acts |= function.body.steps.iter().any(Step::ends);
    node.distance = acts.then_some(0);
    if !node.calls.is_empty() || function.results > 0 {
        node.used = uses::used(&function.body);
    }
    node.calls.sort_by_key(|(r, _)| *r);
    node.slow.sort();
    node.callees.sort();
    node.callees.dedup();
    node.may_call.sort();
    node.may_call.dedup();
    unknown.sort();
    let values = returns(&function.body);
    node.returned = agreed(&values).cloned();
    node.answers = matches!(node.returned, Some(Value::Condition(Condition::Constant(_))));
    for value in values {
        results_of(value, &mut |r| match node.target(r) {
            Some(target) => node.hands_on.push(target.function),
            // Of a call of something unknown, nothing is known.
            None => node.answers |= unknown.binary_search(&r).is_err(),
        });
    }
    node
}

/// The callee of a method on what an earlier call returned, with the type that this is.
fn typed(call: &Call, types: &FxHashMap<ResultId, &str>) -> Option<Callee> {
    let Callee::Method { receiver: None, name } = &call.callee else { return None };
    let Some(Value::Result(on)) = call.arguments.first() else { return None };
    let receiver = types.get(on)?;
    Some(Callee::Method { receiver: Some((*receiver).to_owned()), name: name.clone() })
}

/// Whether others, or the caller, may notice the operation. To wait changes nothing that bodies are put in for, and much of what is called
/// waits for something. A mutex only keeps threads apart while it is held, and a caller that
/// is given its guard sees that in what is returned.
fn shows(operation: Operation) -> bool {
    !matches!(
        operation,
        Operation::EnvGet
            | Operation::Sync
            | Operation::Run
            | Operation::Wait
            | Operation::Suspend
            | Operation::Memory(MemoryOperation::Test)
            | Operation::Lock { scope: LockScope::Thread, .. }
    )
}

/// Calls `visit` on each step of the block, and of the blocks in it, in order.
pub fn each_step<'b>(block: &'b Block, visit: &mut dyn FnMut(&'b Step)) {
    for step in &block.steps {
        visit(step);
        match step {
            Step::Branch(b) => {
                each_step(&b.then, visit);
                each_step(&b.otherwise, visit);
            }
            Step::Loop(body) => each_step(body, visit),
            Step::Spawn(s) => each_step(&s.body, visit),
            Step::Frame(f) => each_step(&f.body, visit),
            Step::Effect(_) | Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}

/// The call with this result.
pub(super) fn find_call(body: &Block, result: ResultId) -> Option<&Call> {
    let mut found = None;
    each_step(body, &mut |step| {
        if let Step::Call(call) = step
            && call.result == result
        {
            found = Some(call);
        }
    });
    found
}

/// The values that a function's or frame's body returns: not those of frames and spawned work in it.
pub(super) fn returns(body: &Block) -> Vec<&Value> {
    fn collect<'b>(block: &'b Block, failed: &mut Vec<ResultId>, found: &mut Vec<&'b Value>) {
        for step in &block.steps {
            match step {
                // Of what has failed, only the failure is handed on.
                Step::Exit(Exit::Return(Value::Result(r))) if failed.contains(r) => {}
                Step::Exit(Exit::Return(value)) => found.push(value),
                Step::Branch(b) => {
                    let known = failed.len();
                    if let Condition::Failed(r, Kinds::ANY) = &b.condition {
                        failed.push(*r);
                    }
                    collect(&b.then, failed, found);
                    failed.truncate(known);
                    collect(&b.otherwise, failed, found);
                }
                Step::Loop(body) => collect(body, failed, found),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(body, &mut Vec::new(), &mut found);
    found
}

/// The one value that all successes among these are, if they agree; what is in `Ok` or `Some` counts as itself, and where a path is
/// returned, nothing in its place is no success.
pub(super) fn agreed<'v>(values: &[&'v Value]) -> Option<&'v Value> {
    let is_path = |v: &&Value| matches!(payload(v), Value::Place(_));
    let nothing = Value::Condition(Condition::Constant(false));
    let some_path = values.iter().any(is_path);
    let mut successes = values
        .iter()
        .map(|v| payload(v))
        .filter(|v| !matches!(v, Value::Failure(_)))
        .filter(|v| !some_path || **v != nothing);
    let first = successes.next()?;
    (matters(first) && successes.all(|v| v == first)).then_some(first)
}

/// What is inside of successes.
pub(super) fn payload(mut value: &Value) -> &Value {
    while let Value::Success(inner) = value {
        value = inner;
    }
    value
}

/// Calls `visit` on each result that a returned value is, or is decided by; data aside.
fn results_of(value: &Value, visit: &mut impl FnMut(ResultId)) {
    match value {
        Value::Result(r) | Value::Failure(Some(r)) => visit(*r),
        Value::Condition(Condition::Opaque { .. }) => {}
        Value::Condition(c) => c.results(visit),
        Value::Success(inner) => results_of(inner, visit),
        Value::Structure(fields) => fields.iter().for_each(|(_, v)| results_of(v, visit)),
        Value::Opaque
        | Value::Derived(_)
        | Value::Variable(..)
        | Value::Place(_)
        | Value::Flags(_)
        | Value::Code { .. }
        | Value::Failure(None) => {}
    }
}

/// Whether effects may depend on the value.
fn matters(value: &Value) -> bool {
    match value {
        Value::Opaque
        | Value::Code { .. }
        | Value::Failure(None)
        | Value::Condition(Condition::Opaque { .. }) => false,
        Value::Derived(from) => !from.is_empty(),
        Value::Success(inner) => matters(inner),
        Value::Structure(fields) => fields.iter().any(|(_, v)| matters(v)),
        Value::Place(_)
        | Value::Variable(..)
        | Value::Result(_)
        | Value::Condition(_)
        | Value::Flags(_)
        | Value::Failure(Some(_)) => true,
    }
}
