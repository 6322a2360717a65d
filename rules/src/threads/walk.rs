//! One function's own body, step by step: what is under way and which locks are held where it calls others, and where it changes or goes
//! by the process' own state.

use super::words::{gives_back_a_lock, parts_from_the_process, replaces_the_process, takes_a_lock};
use super::{Company, Here, Source, Subject, is_of_a_value, subject};
use crate::names;
use fsrace_analyzer::flow::{
    Block, Callee, Condition, Effect, Exit, FlowSummary, LockScope, Operation, ResultId, Site, Step, Value,
};
use fsrace_analyzer::link::{FunctionId, Program, each_step};
use rustc_hash::{FxHashMap, FxHashSet};

/// Blocks nested deeper than this are left out: deeper code is generated or hostile.
const DEPTH: usize = 120;
/// How many calls away another program may take the place of this one.
const LEVELS: usize = 4;
/// A lock that was taken before the function was called, which gives it back. No result has this number.
const FROM_BEFORE: ResultId = ResultId(u32::MAX);

/// What functions are handed as these parameters, they run under a lock, or apart from the process.
pub(super) type KeptApart = FxHashMap<FunctionId, Vec<u32>>;

/// Functions that do what few do.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    /// Those that run code which they are handed.
    runners: Vec<FunctionId>,
    /// Those that start a program.
    starters: Vec<FunctionId>,
}

impl Seldom {
    pub(super) fn of(functions: &[(FunctionId, &FlowSummary)]) -> Self {
        let mut found = Seldom::default();
        for (id, summary) in functions {
            let (mut runs, mut starts) = (false, false);
            each_step(&summary.body, &mut |step| match step {
                Step::Call(call) => runs |= matches!(call.callee, Callee::Parameter(_)),
                Step::Effect(e) => starts |= matches!(e.operation, Operation::Execute | Operation::Run),
                _ => {}
            });
            found.runners.extend(runs.then_some(*id));
            found.starters.extend(starts.then_some(*id));
        }
        found
    }
}

/// Looks at what the functions do with the code that they are handed.
pub(super) fn kept_apart(program: &Program, seldom: &Seldom) -> KeptApart {
    let (nobody, nothing, nowhere) = (FxHashSet::default(), KeptApart::default(), Replacing::default());
    let mut kept = KeptApart::default();
    for id in &seldom.runners {
        let Some(summary) = program.function(*id) else { continue };
        let mut walk = Walk::new(program, *id, &nobody, &nothing, &nowhere);
        walk.block(&summary.body, &mut State::default(), 0);
        let parameters = walk.found.parameters;
        let locked = |at: &u32| parameters.iter().all(|(other, locked)| other != at || *locked);
        let indices: Vec<u32> = parameters.iter().map(|(at, _)| *at).filter(locked).collect();
        if !indices.is_empty() {
            kept.insert(*id, indices);
        }
    }
    kept
}

/// What holds at one point of the walk.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Where work comes from that is under way.
    pub(super) sources: Vec<Source>,
    /// The work that all this is done by.
    within: Option<ResultId>,
    locks: Vec<ResultId>,
    /// Whether the process' state is nobody else's.
    own: bool,
    /// Whether all this makes the process ready for another program, which comes in its place after that.
    ends: bool,
    /// Whether a child was made that goes on from here, as its parent does (fork(2)).
    forked: bool,
}

impl State {
    fn here(&self) -> Here {
        let company = match () {
            () if self.within.is_some() || self.sources.iter().any(is_own) => Company::Started,
            () if !self.sources.is_empty() => Company::LeftBehind,
            () => Company::Alone,
        };
        let sources = self.sources.as_slice().into();
        let own = self.own || self.forked;
        let (locked, ends) = (!self.locks.is_empty(), self.ends);
        Here { company, locked, own, ends, within: self.within, sources }
    }

    fn join(&mut self, other: State) {
        other.sources.into_iter().for_each(|source| self.begin(source));
        self.own &= other.own;
        self.ends &= other.ends;
        // Here parent and child come together.
        self.forked = false;
        // A lock counts where it is surely held.
        self.locks.retain(|lock| other.locks.contains(lock));
    }

    fn begin(&mut self, source: Source) {
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
    }
}

/// Walks one function's own body.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    program: &'a Program,
    function: FunctionId,
    /// The functions that leave work behind.
    starting: &'a FxHashSet<FunctionId>,
    kept_apart: &'a KeptApart,
    /// The functions that end in another program, if this one may be involved.
    replacing: Option<&'a FxHashSet<FunctionId>>,
    pub(super) found: Found,
}

/// What one function does, in its own body.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) calls: Vec<(FunctionId, Here)>,
    pub(super) effects: Vec<(Site, Here)>,
    pub(super) uses: Vec<(Subject, Site, bool, Here)>,
    /// Whether it starts work.
    pub(super) started: bool,
    /// The parameters that it runs, and whether under a lock.
    parameters: Vec<(u32, bool)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        program: &'a Program,
        function: FunctionId,
        starting: &'a FxHashSet<FunctionId>,
        kept_apart: &'a KeptApart,
        replacing: &'a Replacing,
    ) -> Self {
        let replacing = replacing.involved.contains(&function).then_some(&replacing.ending);
        Walk { program, function, starting, kept_apart, replacing, found: Found::default() }
    }

    /// Walks a block; false if its end is never reached.
    pub(super) fn block(&mut self, block: &Block, state: &mut State, depth: usize) -> bool {
        if depth > DEPTH {
            return true;
        }
        let (was_own, ended) = (state.own, state.ends);
        let replaced = self.replacing.and_then(|_| block.steps.iter().position(replaces));
        let ends = self.replacing.and_then(|ending| replaced_at(self.program, self.function, block, ending));
        state.own |= replaced.is_some();
        state.ends |= ends.is_some();
        let given_back = gives_back_at(block).filter(|_| state.locks.is_empty());
        if given_back.is_some() {
            state.locks.push(FROM_BEFORE);
        }
        for (at, step) in block.steps.iter().enumerate() {
            if given_back == Some(at) {
                state.locks.retain(|held| *held != FROM_BEFORE);
            }
            if replaced == Some(at) {
                state.own = was_own;
            }
            if ends == Some(at) {
                state.ends = ended;
            }
            match step {
                Step::Effect(effect) => self.effect(effect, state),
                Step::Branch(branch) => {
                    let mut other = state.clone();
                    let handed = match branch.condition {
                        Condition::Opaque { id, .. } => {
                            self.is_kept_apart(block.steps.get(at + 1..).unwrap_or_default(), id)
                        }
                        _ => None,
                    };
                    state.locks.extend(handed);
                    let then = self.block(&branch.then, state, depth + 1);
                    state.locks.retain(|held| Some(*held) != handed);
                    let otherwise = self.block(&branch.otherwise, &mut other, depth + 1);
                    match (then, otherwise) {
                        (true, true) => state.join(other),
                        (false, true) => *state = other,
                        (true, false) => {}
                        (false, false) => return false,
                    }
                }
                Step::Loop(body) => {
                    // What one round starts, the next runs beside.
                    let mut round = state.clone();
                    self.block(body, &mut round, depth + 1);
                    if round.here().company > state.here().company {
                        self.block(body, &mut round, depth + 1);
                    }
                    round.locks.clone_from(&state.locks);
                    *state = round;
                }
                Step::Spawn(spawn) if spawn.process && spawn.body.steps.is_empty() => state.forked = true,
                Step::Spawn(spawn) => {
                    // Who waits at once only wants another stack.
                    let rest = block.steps.get(at + 1..).unwrap_or_default();
                    let apart = !spawn.process && !self.waits_first(rest, spawn.result);
                    self.found.started |= apart;
                    let mut inside = match apart {
                        true => {
                            let within = state.within.or(Some(spawn.result));
                            State { within, ..State::default() }
                        }
                        // A child has one thread, and a state of its own.
                        false if spawn.process => State { own: true, ..State::default() },
                        false => state.clone(),
                    };
                    self.block(&spawn.body, &mut inside, depth + 1);
                    if apart {
                        state.begin(Source::Own(spawn.result));
                    }
                }
                Step::Join(work) => state.sources.retain(|running| *running != Source::Own(*work)),
                Step::Frame(frame) => {
                    self.block(&frame.body, state, depth + 1);
                }
                Step::Call(call) => {
                    let name = names::last(call.callee.name());
                    if let Callee::Parameter(index) = call.callee {
                        self.found.parameters.push((index, !state.locks.is_empty()));
                    }
                    // From there on, what is changed is the thread's own.
                    if takes_a_lock(name) || parts_from_the_process(name, &call.arguments) {
                        state.locks.push(call.result);
                    }
                    if let Some(callee) = self.program.callee(self.function, call.result) {
                        self.found.calls.push((callee, state.here()));
                        if self.starting.contains(&callee) {
                            state.begin(Source::Left(callee));
                        }
                    } else if let Some(effect) = &call.presumed {
                        self.effect(effect, state);
                    }
                }
                Step::Release(lock, _) => state.locks.retain(|held| held != lock),
                Step::Exit(Exit::Break(_) | Exit::Continue(_) | Exit::Return(_) | Exit::Panic) => {
                    return false;
                }
            }
        }
        state.locks.retain(|held| !block.drops.contains(held));
        true
    }

    /// The result of the call that runs this code, which it is handed, under a lock or apart from the process.
    fn is_kept_apart(&self, later: &[Step], code: u32) -> Option<ResultId> {
        let is_it = |given: &Value| matches!(given, Value::Code { id, .. } if *id == code);
        let handed = later.iter().find_map(|step| match step {
            Step::Call(call) => Some((call, call.arguments.iter().position(is_it)?)),
            _ => None,
        });
        let (call, at) = handed?;
        let known = self
            .program
            .callee(self.function, call.result)
            .and_then(|callee| self.kept_apart.get(&callee))
            .is_some_and(|parameters| parameters.iter().any(|index| *index as usize == at));
        (known || parts_from_the_process(call.callee.name(), &call.arguments)).then_some(call.result)
    }

    /// Whether nothing that matters happens before the work is waited for.
    fn waits_first(&self, steps: &[Step], work: ResultId) -> bool {
        for step in steps {
            match step {
                Step::Join(joined) => return *joined == work,
                Step::Effect(_) | Step::Spawn(_) | Step::Loop(_) => return false,
                Step::Call(call) if self.program.callee(self.function, call.result).is_some() => {
                    return false;
                }
                Step::Call(_) | Step::Branch(_) | Step::Frame(_) | Step::Release(..) | Step::Exit(_) => {}
            }
        }
        false
    }

    fn effect(&mut self, effect: &Effect, state: &mut State) {
        // A lock on a file keeps others out of that file, and no thread out of the process' own state; nor does one that each value of
        // a type has for itself.
        if matches!(effect.operation, Operation::Lock { scope: LockScope::Thread, .. })
            && !is_of_a_value(&effect.place)
        {
            state.locks.push(effect.result);
        }
        let changes =
            matches!(effect.operation, Operation::EnvSet | Operation::SetCwd | Operation::SetUmask(_));
        if changes {
            self.found.effects.push((effect.site, state.here()));
        }
        let here = state.here();
        let subject = subject(self.program, self.function, effect);
        // Whatever makes a file goes by the mask.
        let mask = (!changes && effect.created().is_some()).then_some(Subject::Mask);
        let uses = subject.into_iter().chain(mask);
        self.found.uses.extend(uses.map(|subject| (subject, effect.site, !changes, here.clone())));
    }
}

/// Whether another program takes the place of this one here.
fn replaces(step: &Step) -> bool {
    match step {
        Step::Effect(effect) => {
            matches!(effect.operation, Operation::Execute | Operation::Run)
                && replaces_the_process(&effect.api)
        }
        _ => false,
    }
}

/// Functions in which another program takes the place of this one.
#[derive(Debug, Default)]
pub(super) struct Replacing {
    /// Those that end so, wherever they do not fail or end before: with their callers, so that who makes the process ready for it is known by
    /// whom it is called.
    ending: FxHashSet<FunctionId>,
    /// Those that start a program, or call one that ends so: all others need not be looked at.
    involved: FxHashSet<FunctionId>,
}

impl Replacing {
    pub(super) fn of(program: &Program, seldom: &Seldom) -> Self {
        let mut found = Replacing::default();
        let mut asked: Vec<FunctionId> = seldom.starters.clone();
        found.involved.extend(&asked);
        for _ in 0..LEVELS {
            let ends = |id: &FunctionId| {
                let summary = program.function(*id);
                summary.is_some_and(|s| replaced_at(program, *id, &s.body, &found.ending).is_some())
            };
            let asked_anew = asked.into_iter().filter(|id| !found.ending.contains(id) && ends(id));
            let new: Vec<FunctionId> = asked_anew.collect();
            asked = new.iter().flat_map(|id| program.callers(*id)).copied().collect();
            found.involved.extend(&asked);
            found.ending.extend(new);
        }
        found
    }
}

/// Where in the block another program takes the place of this one, or is started and this one ends.
fn replaced_at(
    program: &Program,
    function: FunctionId,
    block: &Block,
    replacing: &FxHashSet<FunctionId>,
) -> Option<usize> {
    // What is started last before the end.
    let ends = matches!(block.steps.last(), Some(Step::Exit(Exit::Panic)));
    let goes_on = |step: &Step| matches!(step, Step::Call(_) | Step::Branch(_) | Step::Release(..));
    let last = block.steps.iter().rev().skip(1).find(|step| !goes_on(step));
    let handed_over = last.filter(|_| ends);
    block.steps.iter().position(|step| match step {
        Step::Effect(Effect { operation: Operation::Execute | Operation::Run, .. }) => {
            replaces(step) || handed_over.is_some_and(|last| std::ptr::eq(last, step))
        }
        Step::Call(call) => {
            program.callee(function, call.result).is_some_and(|callee| replacing.contains(&callee))
        }
        Step::Loop(body) => replaced_at(program, function, body, replacing).is_some(),
        Step::Frame(frame) => replaced_at(program, function, &frame.body, replacing).is_some(),
        _ => false,
    })
}

fn is_own(source: &Source) -> bool {
    matches!(source, Source::Own(_))
}

/// Where a block gives back a lock that nobody has taken in it before: whoever calls it holds the lock.
fn gives_back_at(block: &Block) -> Option<usize> {
    let ends = |step: &Step| matches!(step, Step::Call(call) if gives_back_a_lock(call.callee.name()));
    let at = block.steps.iter().position(ends)?;
    let takes = |step: &Step| match step {
        Step::Call(call) => names::has_word(names::last(call.callee.name()), &["lock", "acquire"]),
        _ => false,
    };
    (!block.steps.iter().take(at).any(takes)).then_some(at)
}
