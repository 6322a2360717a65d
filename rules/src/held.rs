//! Functions that are reached only while a lock against other processes is held, however far above them it was taken: by the command
//! that they are part of, or by the program at its start, which keeps it for life.
//!
//! A walk over each function in order tells where it surely holds a lock, and which calls it makes without; what no chain of such calls
//! leads to from any beginning is reached under a lock only. A pid file is a lock too, if whoever writes it has read it before.

mod handing;
mod instance;
mod mutexes;
mod paired;

use crate::guarded;
use crate::names;
use crate::narrow::effects;
use fsrace_analyzer::flow::{
    Block, Branch, Call, Callee, Condition, Effect, Exit, FlowSummary, Kinds, LockScope, OnFailure,
    Operation, Place, PlaceKind, ResultId, Site, Step, Value,
};
use fsrace_analyzer::language::opens_alone;
use fsrace_analyzer::link::{FunctionId, Location, Program, each_step};
use handing::hand_on;
use paired::HandedBack;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;

/// Blocks nested deeper than this are left out: deeper code is generated or hostile.
const DEPTH: usize = 120;
/// How many functions a thread looks at before another may take over the rest.
const PIECE: usize = 64;
/// How many calls deep what takes a lock may do so.
const WRAPPERS: usize = 2;
/// Words for a file that tells which process runs.
const PIDS: [&str; 2] = ["pid", "pidfile"];

/// Which functions are reached under a lock only, by their numbers.
#[derive(Debug, Default)]
pub struct Held {
    functions: Vec<bool>,
    /// Which are reached under a lock or a mutex only.
    apart: Vec<bool>,
    /// What functions do while they hold a lock.
    steps: FxHashMap<Location, Under>,
}

/// The locks that are held at a step.
#[derive(Debug)]
struct Under {
    locks: Vec<ResultId>,
    /// Those that keep threads apart, and no processes.
    mutexes: Vec<ResultId>,
    /// Whether one of the locks is taken in sight, or by what says so.
    told: bool,
}

/// Whom a lock keeps out, the more the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nobody,
    Threads,
    Processes,
}

impl Held {
    /// Looks at the whole program; `takers` return with a lock held.
    pub fn of(program: &Program, takers: &FxHashSet<FunctionId>) -> Self {
        let own: Vec<(FunctionId, &FlowSummary)> =
            program.functions().filter(|(_, summary)| !is_aside(summary)).collect();
        let pids = own.par_iter().filter(|(id, summary)| is_pid_file_writer(program, *id, summary));
        let pids: Vec<FunctionId> = pids.map(|(id, _)| *id).collect();
        let pids: FxHashSet<FunctionId> = pids.into_iter().collect();
        let mut takers: FxHashSet<FunctionId> = takers.union(&pids).copied().collect();
        let shared = hand_on(program, &own, &mut takers);
        let takes = takers.iter().filter_map(|id| program.function(*id));
        let methods: FxHashSet<&str> = takes.map(|s| names::last(&s.name)).collect();
        let leaves = own.par_iter().with_max_len(PIECE).filter(|(_, summary)| mutexes::leaves_one(summary));
        let mutexes: FxHashSet<FunctionId> = leaves.map(|(id, _)| *id).collect();
        let runners = FxHashMap::default();
        let known = Known {
            program,
            takers: &takers,
            mutexes: &mutexes,
            shared: &shared,
            runners: &runners,
            pids: &pids,
            methods: &methods,
        };
        let mut walked: Vec<Called<'_>> = own
            .par_iter()
            // Bodies differ so much that a thread with a long piece would keep the others waiting at the end.
            .with_max_len(PIECE)
            .map(|(id, summary)| Walk::through(known, *id, summary))
            .collect();
        let runs = own.iter().zip(&walked).filter(|(_, called)| called.runs_under > Reach::Nobody);
        let runners: FxHashMap<FunctionId, Reach> =
            runs.map(|((id, _), called)| (*id, called.runs_under)).collect();
        let known = Known { runners: &runners, ..known };
        let hands: FxHashSet<FunctionId> =
            runners.keys().flat_map(|runner| program.callers(*runner)).copied().collect();
        for ((id, summary), called) in own.iter().zip(&mut walked).filter(|((id, _), _)| hands.contains(id)) {
            *called = Walk::through(known, *id, summary);
        }
        let ended = Ended::of(&own);
        let mut calls = Calls::default();
        calls.of.resize_with(program.functions().count(), Called::default);
        let mut beginnings = Vec::new();
        let mut steps: FxHashMap<Location, Under> = FxHashMap::default();
        for ((id, summary), mut called) in own.iter().zip(walked) {
            for (site, locks) in std::mem::take(&mut called.steps) {
                let Some(span) = summary.sites.get(site.0 as usize) else { continue };
                steps.insert(Location { file: program.file_of(*id), function: *id, span: *span }, locks);
            }
            if let Some(slot) = calls.of.get_mut(id.0 as usize) {
                *slot = called;
            }
            // What a value does at the end of a block is done there, and a stranger's method of that name is another.
            let at_the_end = program.callers(*id).iter().any(|caller| ended.begun_by(*caller).is_some());
            if summary.has_receiver && !at_the_end {
                calls.methods.entry(names::last(&summary.name)).or_default().push(*id);
            }
        }
        for called in &mut calls.of {
            let made = called.known.iter();
            let ends: Vec<_> = made.filter_map(|(callee, held)| Some((ended.by(*callee)?, *held))).collect();
            called.known.extend(ends);
        }
        let asked: FxHashSet<&str> =
            calls.of.iter().flat_map(|called| called.asked.iter().map(|(name, _)| *name)).collect();
        for (id, summary) in &own {
            let askers = program.askers(*id);
            for asker in askers {
                let Some(called) = calls.of.get_mut(asker.0 as usize) else { continue };
                let held = called.asks(names::last(&summary.name));
                called.known.push((*id, held));
            }
            let begun = ended.begun_by(*id).map_or(&[][..], |begins| program.callers(begins));
            let called = program.callers(*id).iter().chain(askers).chain(begun);
            let called = called.filter_map(|caller| program.function(*caller)).any(|s| !is_aside(s));
            if !(called || is_called_by_name(program, *id, summary, &asked)) || summary.context.main {
                beginnings.push(*id);
            }
        }
        let all = calls.reached(&beginnings, |_| true);
        let only_under = |least: Reach| {
            let freely = calls.reached(&beginnings, |held| held < least);
            all.iter().zip(freely).map(|(reached, freely)| *reached && !freely).collect()
        };
        Held { functions: only_under(Reach::Processes), apart: only_under(Reach::Threads), steps }
    }

    /// Whether whoever comes to the function holds a lock.
    pub fn is_held(&self, function: FunctionId) -> bool {
        self.functions.get(function.0 as usize).copied().unwrap_or_default()
    }

    /// Whether no two threads of the process are in the function at once, for all that comes to it holds a mutex.
    pub fn is_apart(&self, function: FunctionId) -> bool {
        let apart = self.apart.get(function.0 as usize).copied().unwrap_or_default();
        apart && !self.is_held(function)
    }

    /// Whether one function holds a lock against other processes wherever it calls the other, which it does.
    pub fn is_called_under_one(&self, program: &Program, caller: FunctionId, callee: FunctionId) -> bool {
        self.is_called_where(program, caller, callee, |under| under.told)
    }

    /// Whether one function holds a mutex wherever it calls the other, which it does.
    pub fn is_called_apart(&self, program: &Program, caller: FunctionId, callee: FunctionId) -> bool {
        self.is_called_where(program, caller, callee, |under| !under.mutexes.is_empty())
    }

    fn is_called_where(
        &self,
        program: &Program,
        caller: FunctionId,
        callee: FunctionId,
        is_so: impl Fn(&Under) -> bool,
    ) -> bool {
        let Some(summary) = program.function(caller) else { return false };
        let (mut any, mut all) = (false, true);
        each_step(&summary.body, &mut |step| {
            if let Step::Call(call) = step
                && may_call(program, caller, call, callee)
                && let Some(span) = summary.sites.get(call.site.0 as usize)
            {
                let at = Location { file: program.file_of(caller), function: caller, span: *span };
                any = true;
                all &= self.steps.get(&at).is_some_and(&is_so);
            }
        });
        any && all
    }

    /// Whether one function does all of these steps while it holds one lock.
    pub fn are_under_one(&self, steps: &[Location]) -> bool {
        self.have_one(steps, |under| under.locks.as_slice())
    }

    /// Whether one function does all of these steps while it holds one mutex.
    pub fn are_apart(&self, steps: &[Location]) -> bool {
        self.have_one(steps, |under| under.mutexes.as_slice())
    }

    fn have_one(&self, steps: &[Location], of: impl Fn(&Under) -> &[ResultId]) -> bool {
        let Some((first, rest)) = steps.split_first() else { return false };
        let locks = |step: &Location| self.steps.get(step).map(&of).unwrap_or_default();
        locks(first).iter().any(|lock| rest.iter().all(|step| locks(step).contains(lock)))
    }
}

/// Whom one function calls, each with whom the locks keep out that are held there.
struct Called<'a> {
    known: Vec<(FunctionId, Reach)>,
    /// By the names of methods alone, in their order, each once: the least that is held where the name is called.
    asked: Vec<(&'a str, Reach)>,
    /// What it does while it holds a lock.
    steps: Vec<(Site, Under)>,
    /// Whom it keeps out while it runs the code that it is handed; nobody if it runs none.
    runs_under: Reach,
}

impl Default for Called<'_> {
    fn default() -> Self {
        Called { known: Vec::new(), asked: Vec::new(), steps: Vec::new(), runs_under: Reach::Nobody }
    }
}

impl Called<'_> {
    /// Whom the locks keep out that are held wherever a method of this name is called.
    fn asks(&self, name: &str) -> Reach {
        let at = self.asked.binary_search_by_key(&name, |(name, _)| name).ok();
        at.and_then(|at| self.asked.get(at)).map_or(Reach::Nobody, |(_, held)| *held)
    }
}

/// Who calls whom.
#[derive(Default)]
struct Calls<'a> {
    /// By the numbers of functions.
    of: Vec<Called<'a>>,
    /// The methods of each name.
    methods: FxHashMap<&'a str, Vec<FunctionId>>,
}

impl Calls<'_> {
    /// What is reached by calls that `follow` takes, told which locks are held at them. A method of a value of which nothing is known
    /// may be any of that name.
    fn reached(&self, beginnings: &[FunctionId], follow: impl Fn(Reach) -> bool) -> Vec<bool> {
        let mut found = vec![false; self.of.len()];
        // True the first time.
        let mut find = |function: FunctionId| {
            found.get_mut(function.0 as usize).is_some_and(|found| !std::mem::replace(found, true))
        };
        let mut pending: Vec<FunctionId> = beginnings.iter().copied().filter(|id| find(*id)).collect();
        let mut named: FxHashSet<&str> = FxHashSet::default();
        while let Some(caller) = pending.pop() {
            let Some(called) = self.of.get(caller.0 as usize) else { continue };
            let names = called.asked.iter().filter(|(name, held)| follow(*held) && named.insert(name));
            let methods = names.filter_map(|(name, _)| self.methods.get(name)).flatten();
            let known = called.known.iter().filter(|(_, held)| follow(*held)).map(|(callee, _)| callee);
            for callee in known.chain(methods) {
                if find(*callee) {
                    pending.push(*callee);
                }
            }
        }
        found
    }
}

/// What runs when a block is left that another method of the same type begins: whoever begins the block runs it, under the locks that are
/// held there.
#[derive(Default)]
struct Ended {
    ends: FxHashMap<FunctionId, FunctionId>,
    begins: FxHashMap<FunctionId, FunctionId>,
}

impl Ended {
    fn of(functions: &[(FunctionId, &FlowSummary)]) -> Self {
        let owner = |summary: &FlowSummary| {
            let (owner, _) = summary.name.rsplit_once("::").filter(|_| summary.has_receiver)?;
            Some(owner.to_owned())
        };
        let methods =
            |wanted: fn(&FlowSummary) -> bool| functions.iter().filter(move |(_, summary)| wanted(summary));
        let begins: FxHashMap<String, FunctionId> = methods(|summary| summary.context.enters)
            .filter_map(|(id, summary)| Some((owner(summary)?, *id)))
            .collect();
        let mut found = Ended::default();
        for (end, summary) in methods(|summary| summary.context.release) {
            if let Some(begin) = owner(summary).and_then(|owner| begins.get(&owner)) {
                found.ends.insert(*begin, *end);
                found.begins.insert(*end, *begin);
            }
        }
        found
    }

    fn by(&self, begins: FunctionId) -> Option<FunctionId> {
        self.ends.get(&begins).copied()
    }

    fn begun_by(&self, ends: FunctionId) -> Option<FunctionId> {
        self.begins.get(&ends).copied()
    }
}

/// Whether the call is of this function, or of a trait's method that it is one of several to implement.
fn may_call(program: &Program, caller: FunctionId, call: &Call, function: FunctionId) -> bool {
    match program.callee(caller, call.result) {
        Some(callee) => callee == function,
        None => {
            let name = |summary: &FlowSummary| names::last(&summary.name) == names::last(call.callee.name());
            program.askers(function).contains(&caller) && program.function(function).is_some_and(name)
        }
    }
}

/// Whether the function is a method that only the program itself can call, and something there calls a method of that name on a value of
/// which nothing is known, as on what a mutex keeps.
fn is_called_by_name(
    program: &Program,
    id: FunctionId,
    summary: &FlowSummary,
    asked: &FxHashSet<&str>,
) -> bool {
    let context = summary.context;
    let is_offered = || context.public && program.file(program.file_of(id)).is_none_or(|file| file.library);
    summary.has_receiver && !context.summoned && asked.contains(names::last(&summary.name)) && !is_offered()
}

/// How tests call a function says nothing about how the program does.
fn is_aside(summary: &FlowSummary) -> bool {
    summary.context.test || summary.context.auxiliary
}

#[derive(Clone, Copy)]
struct Known<'a> {
    program: &'a Program,
    takers: &'a FxHashSet<FunctionId>,
    /// Those whose lock others may hold too where they are given true, and which parameter that is.
    shared: &'a FxHashMap<FunctionId, ResultId>,
    /// Those that return with a mutex held.
    mutexes: &'a FxHashSet<FunctionId>,
    /// Those that run the code that they are handed while they hold a lock.
    runners: &'a FxHashMap<FunctionId, Reach>,
    /// Of those that take a lock, those that write a pid file.
    pids: &'a FxHashSet<FunctionId>,
    /// The names of those, without what they are of.
    methods: &'a FxHashSet<&'a str>,
}

impl Known<'_> {
    /// Whom the lock keeps out that the call returns with; nobody if it returns with none.
    fn takes(self, function: FunctionId, call: &Call) -> Reach {
        if let Some(callee) = self.program.callee(function, call.result) {
            let takes = match self.takers.contains(&callee) {
                true => !self.is_shared(callee, call),
                false => guarded::returns_locked(call) && !keeps_threads_out_only(self.program, callee),
            };
            return match takes {
                true => Reach::Processes,
                false if self.mutexes.contains(&callee) => Reach::Threads,
                false => Reach::Nobody,
            };
        }
        // Taking a mutex fails only where another thread has panicked, which nobody hands on.
        let fails = call.on_failure == OnFailure::Propagate;
        match guarded::returns_locked(call) || (fails && self.may_take(call)) {
            true => Reach::Processes,
            false => Reach::Nobody,
        }
    }

    /// Whether the lock that this function takes may be held by others too, by what it is given.
    fn is_shared(self, callee: FunctionId, call: &Call) -> bool {
        let given = self.shared.get(&callee).and_then(|parameter| call.arguments.get(parameter.0 as usize));
        matches!(given, Some(Value::Condition(Condition::Constant(true))))
    }

    /// Whom what is called keeps out while it runs the code that it is handed.
    fn runs_under(self, function: FunctionId, call: &Call) -> Reach {
        let callee = self.program.callee(function, call.result);
        let run = callee.and_then(|callee| self.runners.get(&callee)).copied().unwrap_or(Reach::Nobody);
        let apart = callee.is_some_and(|callee| keeps_threads_out_only(self.program, callee));
        match guarded::runs_locked(call) && !apart {
            true => Reach::Processes,
            false => run,
        }
    }

    /// Whether what is called has the name of one that takes a lock.
    fn may_take(self, call: &Call) -> bool {
        let name = names::last(call.callee.name());
        self.methods.contains(name) && is_named_for_it(name)
    }

    fn writes_pid_file(self, function: FunctionId, call: &Call) -> bool {
        self.program.callee(function, call.result).is_some_and(|callee| self.pids.contains(&callee))
    }
}

/// A lock that is held: what taking it returned, and the handle that it goes with.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Lock<'a> {
    result: ResultId,
    handle: Option<ResultId>,
    /// Whether it is the same whatever the function is given: of the many that each go for one thing, nobody knows which covers what is
    /// far below.
    for_all: bool,
    /// Whether it is taken in sight, or by what says so. What else seems to leave one held may give it back in ways that are not followed.
    told: bool,
    /// Whom it keeps out.
    keeps_out: Reach,
    /// The value that it is a lock of, where that is in sight.
    of: Option<&'a Place>,
}

impl Lock<'_> {
    /// Whether it is known to be another's than what this value may give up: itself, or what it keeps.
    fn is_of_another(&self, told: &Place) -> bool {
        self.of.is_some_and(|of| of != told && !of.any(&mut |kind| kind == told.kind()))
    }

    fn goes_with(self, result: ResultId) -> bool {
        self.result == result || self.handle == Some(result)
    }
}

/// Walks one function's own body.
struct Walk<'a> {
    known: Known<'a>,
    function: FunctionId,
    /// Whom it calls, and whom the locks keep out that it holds there.
    calls: Vec<(FunctionId, Reach)>,
    /// The same of whom it calls by a name that may be of several.
    asked: Vec<(&'a str, Reach)>,
    /// What it does while it holds a lock.
    steps: Vec<(Site, Under)>,
    /// Of the calls of what it is handed to run, the same.
    handed: Vec<Reach>,
    /// Which of the locks are pid files.
    pids: Vec<Lock<'a>>,
    /// What tells whether another instance of the program runs, and whether that is the same whatever the function is given.
    others: Vec<(ResultId, bool)>,
    /// What is held where each loop around the step is left, that stands in the same code, and how many loops stand around that.
    breaks: Vec<Vec<Vec<Lock<'a>>>>,
    rounds: usize,
    /// What the blocks around the step give back where they are left.
    given_back: Vec<ResultId>,
    /// Calls by a name alone that return a lock, if they are found to have succeeded: one that keeps threads apart does not fail.
    tried: Vec<(ResultId, bool)>,
    /// What the function gives back anywhere, which is asked of few.
    handed_back: OnceCell<HandedBack<'a>>,
}

impl<'a> Walk<'a> {
    /// Walks a function.
    fn through(known: Known<'a>, function: FunctionId, summary: &'a FlowSummary) -> Called<'a> {
        let mut walk = Walk {
            known,
            function,
            calls: Vec::new(),
            asked: Vec::new(),
            steps: Vec::new(),
            handed: Vec::new(),
            pids: Vec::new(),
            others: Vec::new(),
            breaks: Vec::new(),
            rounds: 0,
            given_back: Vec::new(),
            tried: Vec::new(),
            handed_back: OnceCell::new(),
        };
        walk.block(&summary.body, &mut Vec::new(), 0);
        // Where one is called with a lock and without, the latter comes first, and stays.
        walk.asked.sort_unstable();
        walk.asked.dedup_by_key(|(name, _)| *name);
        let runs_under = walk.handed.iter().copied().min().unwrap_or(Reach::Nobody);
        Called { known: walk.calls, asked: walk.asked, steps: walk.steps, runs_under }
    }

    /// Walks a block; false if its end is never reached.
    fn block(&mut self, block: &'a Block, locks: &mut Vec<Lock<'a>>, depth: usize) -> bool {
        if depth > DEPTH {
            return true;
        }
        self.given_back.extend(&block.drops);
        let handed = self.run_locked(block);
        for step in &block.steps {
            match step {
                Step::Effect(effect) => {
                    self.leaves(effect.on_failure, locks);
                    match keeps_out(effect) {
                        Reach::Nobody => self.note(effect.site, locks),
                        keeps_out => {
                            let for_all = self.is_one_for_all(&effect.place);
                            let (result, handle) = (effect.result, effect.handle);
                            locks.push(Lock {
                                result,
                                handle,
                                for_all,
                                told: true,
                                keeps_out,
                                of: Some(&effect.place),
                            });
                        }
                    }
                }
                Step::Join(_) => {}
                Step::Branch(Branch { condition: Condition::Opaque { id, .. }, then, .. })
                    if handed.iter().any(|(code, _)| code == id) =>
                {
                    let around = handed.iter().filter(|(code, _)| code == id).map(|(_, lock)| *lock);
                    let mut inside: Vec<Lock<'a>> = locks.iter().copied().chain(around).collect();
                    self.block(then, &mut inside, depth + 1);
                }
                Step::Branch(branch) => {
                    let mut other = locks.clone();
                    let gained = |result: ResultId| {
                        let (_, for_all) = *self.tried.iter().find(|(tried, _)| *tried == result)?;
                        Some(Lock {
                            result,
                            handle: None,
                            for_all,
                            told: true,
                            keeps_out: Reach::Processes,
                            of: None,
                        })
                    };
                    match &branch.condition {
                        Condition::Ok(result) => locks.extend(gained(*result)),
                        Condition::Failed(result, Kinds::ANY) => other.extend(gained(*result)),
                        _ => {}
                    }
                    let alone = self.runs_alone(branch);
                    let then = self.block(&branch.then, locks, depth + 1);
                    let otherwise = self.block(&branch.otherwise, &mut other, depth + 1);
                    match (then, otherwise) {
                        (true, true) => *locks = self.either(locks, &other),
                        (false, true) => {
                            *locks = other;
                            // Who goes on where another would run is the only one.
                            self.pids.extend(alone);
                            locks.extend(alone);
                        }
                        (true, false) => {}
                        (false, false) => return false,
                    }
                }
                Step::Loop(body) => {
                    let before = locks.clone();
                    self.breaks.push(Vec::new());
                    self.block(body, locks, depth + 1);
                    // It is left by breaks alone.
                    let left = self.breaks.pop().unwrap_or_default().into_iter();
                    match left.reduce(|one, another| self.either(&one, &another)) {
                        Some(left) => *locks = left,
                        None => locks.retain(|lock| before.contains(lock)),
                    }
                }
                // Threads of the process that holds the lock are kept out by none, unless there is one such.
                Step::Spawn(spawn) => {
                    let mut inside = locks.clone();
                    if !spawn.process && (self.rounds > 0 || !self.breaks.is_empty() || !self.is_run_once()) {
                        inside.clear();
                    }
                    self.apart(&spawn.body, &mut inside, depth);
                }
                Step::Frame(frame) => {
                    self.apart(&frame.body, locks, depth);
                    self.leaves(frame.on_failure, locks);
                }
                Step::Call(call) => {
                    self.leaves(call.on_failure, locks);
                    self.call(call, locks);
                }
                Step::Release(result, _) => locks.retain(|lock| !lock.goes_with(*result)),
                Step::Exit(exit) => {
                    if let Exit::Break(outward) = exit {
                        self.leaves(OnFailure::Leave(*outward), locks);
                    }
                    return false;
                }
            }
        }
        locks.retain(|lock| !block.drops.iter().any(|result| lock.goes_with(*result)));
        true
    }

    /// Walks what is left by its own returns only, in which loops around it are not left.
    fn apart(&mut self, body: &'a Block, locks: &mut Vec<Lock<'a>>, depth: usize) {
        let breaks = std::mem::take(&mut self.breaks);
        self.rounds += breaks.len();
        self.block(body, locks, depth + 1);
        self.rounds -= breaks.len();
        self.breaks = breaks;
    }

    /// Notes what is held where a loop is left.
    fn leaves(&mut self, on_failure: OnFailure, locks: &[Lock<'a>]) {
        let OnFailure::Leave(outward) = on_failure else { return };
        let target = self.breaks.len().checked_sub(1 + outward as usize);
        if let Some(left) = target.and_then(|at| self.breaks.get_mut(at)) {
            left.push(locks.to_vec());
        }
    }

    /// What is held after one of two ways. A lock counts where it is surely held, or another such in its stead; that there is a pid file
    /// is for the user to say.
    fn either(&self, one: &[Lock<'a>], another: &[Lock<'a>]) -> Vec<Lock<'a>> {
        let stands_in = |lock: &Lock<'a>, others: &[Lock<'a>]| {
            others
                .iter()
                .find(|other| {
                    other.keeps_out == lock.keeps_out
                        && other.for_all <= lock.for_all
                        && other.told <= lock.told
                })
                .map(|other| Lock { for_all: other.for_all, told: other.told, ..*lock })
        };
        let only = |these: &[Lock<'a>], others: &[Lock<'a>]| -> Vec<Lock<'a>> {
            these.iter().filter(|lock| !others.contains(lock)).copied().collect()
        };
        let (left, right) = (only(one, another), only(another, one));
        let kept = |these: &[Lock<'a>], others: &[Lock<'a>]| -> Vec<Lock<'a>> {
            let known = |lock: &Lock<'a>| self.pids.contains(lock).then_some(*lock);
            these.iter().filter_map(|lock| known(lock).or_else(|| stands_in(lock, others))).collect()
        };
        let both = one.iter().filter(|lock| another.contains(lock)).copied();
        both.chain(kept(&left, &right)).chain(kept(&right, &left)).collect()
    }

    /// The lock that is as good as held where the program ends, or what it begins with returns, if another instance runs.
    fn runs_alone(&self, branch: &Branch) -> Option<Lock<'a>> {
        let asked = instance::asked(&branch.condition);
        let (result, for_all) = *self.others.iter().find(|(other, _)| asked.contains(other))?;
        let ends = instance::ends_program(&branch.then, 0)
            || (matches!(branch.condition, Condition::True(_)) && self.is_run_once());
        let lock = Lock { result, handle: None, for_all, told: true, keeps_out: Reach::Processes, of: None };
        ends.then_some(lock)
    }

    /// Whether the program comes to this function once.
    fn is_run_once(&self) -> bool {
        instance::is_come_to_once(self.known.program, self.function)
    }

    /// The code that the block hands to what runs it under a lock, which stands before that call, with the lock.
    fn run_locked(&self, block: &Block) -> Vec<(u32, Lock<'a>)> {
        let mut found = Vec::new();
        for step in &block.steps {
            let Step::Call(call) = step else { continue };
            let code = |argument: &Value| match argument {
                Value::Code { id, .. } => Some(*id),
                _ => None,
            };
            if !call.arguments.iter().any(|argument| code(argument).is_some()) {
                continue;
            }
            let keeps_out = self.known.runs_under(self.function, call);
            if keeps_out > Reach::Nobody {
                let for_all = self.are_one_for_all(&call.arguments);
                let lock =
                    Lock { result: call.result, handle: None, for_all, told: true, keeps_out, of: None };
                found.extend(call.arguments.iter().filter_map(code).map(|id| (id, lock)));
            }
        }
        found
    }

    fn note(&mut self, site: Site, locks: &[Lock<'a>]) {
        if !locks.is_empty() {
            let of = |reach: Reach| locks.iter().filter(move |lock| lock.keeps_out == reach);
            let told = of(Reach::Processes).any(|lock| lock.told);
            let [locks, mutexes] = [Reach::Processes, Reach::Threads]
                .map(|reach| of(reach).map(|lock| lock.result).collect::<Vec<_>>());
            self.steps.push((site, Under { locks, mutexes, told }));
        }
    }

    /// Whether a lock of this name is the same whatever the function is given.
    fn is_one_for_all(&self, place: &Place) -> bool {
        let program = self.known.program;
        let own = program.function(self.function).is_some_and(|summary| summary.has_receiver);
        // What a program does once, it is given one thing for.
        let once = match program.callers(self.function) {
            [caller] => program.function(*caller).is_some_and(|summary| summary.context.main),
            _ => false,
        };
        !place.any(&mut |kind| match kind {
            PlaceKind::Parameter { index, .. } => !once && (*index > 0 || !own),
            PlaceKind::Opaque { .. } => true,
            _ => false,
        })
    }

    /// As [`Walk::is_one_for_all`], of what a call is given.
    fn are_one_for_all(&self, arguments: &[Value]) -> bool {
        arguments.iter().all(|argument| match argument {
            Value::Place(place) => self.is_one_for_all(place),
            _ => true,
        })
    }

    /// Whom the lock keeps out that what is called is named for, if what it returns is given back later, or the same value is told to
    /// give it up.
    fn gives_back(&self, call: &Call) -> Reach {
        let (named, enters, taken) =
            (guarded::is_named_for_one(call), paired::is_entry(call), paired::taken(call));
        // Most calls take nothing.
        if !named && !enters && taken.is_none() {
            return Reach::Nobody;
        }
        let program = self.known.program;
        let handed_back = self.handed_back.get_or_init(|| {
            let summary = program.function(self.function);
            summary.map_or_else(HandedBack::default, |summary| HandedBack::of(&summary.body))
        });
        let is_told_to = taken.is_some_and(|of| handed_back.values.contains(&of));
        let is_given = self.given_back.contains(&call.result) || handed_back.results.contains(&call.result);
        let callee = program.callee(self.function, call.result);
        if (named && (is_given || (is_told_to && callee.is_some())))
            || (enters && handed_back.ended.contains(&call.result))
        {
            let threads_only = callee.map_or_else(
                || paired::is_of_a_mutex(call),
                |callee| keeps_threads_out_only(program, callee),
            );
            return if threads_only { Reach::Threads } else { Reach::Processes };
        }
        // Of a value of which nothing is known, the least that a lock does.
        if is_told_to && callee.is_none() { Reach::Threads } else { Reach::Nobody }
    }

    fn call(&mut self, call: &'a Call, locks: &mut Vec<Lock<'a>>) {
        let name = names::last(call.callee.name());
        self.note(call.site, locks);
        let most = |is_so: &dyn Fn(&Lock<'a>) -> bool| {
            let kept = locks.iter().filter(|lock| is_so(lock)).map(|lock| lock.keeps_out);
            kept.max().unwrap_or(Reach::Nobody)
        };
        // Whose value is locked as a whole, its methods are called under that lock.
        let receiver = match (&call.callee, call.arguments.first()) {
            (Callee::Method { .. }, Some(Value::Place(receiver))) => Some(receiver),
            _ => None,
        };
        let is_receiver = |of: &Place| receiver == Some(of);
        let held = most(&|lock| lock.for_all || lock.of.is_some_and(is_receiver));
        if let Callee::Parameter(_) = call.callee {
            self.handed.push(most(&|lock| lock.told));
        }
        match self.known.program.callee(self.function, call.result) {
            Some(callee) => self.calls.push((callee, held)),
            None if matches!(call.callee, Callee::Method { .. }) => self.asked.push((name, held)),
            None => {}
        }
        let claims = instance::claims(call);
        if claims || opens_alone(call.callee.name()) {
            let for_all = claims || self.are_one_for_all(&call.arguments);
            let keeps_out = Reach::Processes;
            locks.push(Lock { result: call.result, handle: None, for_all, told: true, keeps_out, of: None });
            return;
        }
        if instance::asks(call) {
            self.others.push((call.result, self.are_one_for_all(&call.arguments)));
        }
        let keeps_out = self.known.takes(self.function, call).max(self.gives_back(call));
        if keeps_out > Reach::Nobody {
            let for_all = self.are_one_for_all(&call.arguments);
            let pid = self.known.writes_pid_file(self.function, call);
            let told = pid || guarded::returns_locked(call) || is_named_for_it(name);
            let of = receiver;
            let lock = Lock { result: call.result, handle: None, for_all, told, keeps_out, of };
            if pid {
                self.pids.push(lock);
            }
            locks.push(lock);
        } else if self.known.program.callee(self.function, call.result).is_none() && self.known.may_take(call)
        {
            self.tried.push((call.result, self.are_one_for_all(&call.arguments)));
        } else if locks.is_empty() {
            // Nearly always: of what is not held nothing is given up.
        } else if gives_up(name) {
            locks.retain(|lock| receiver.is_some_and(|told| lock.is_of_another(told)));
        } else if removes_pid_file(name) {
            locks.retain(|lock| !self.pids.contains(lock));
        } else if ends(name) {
            locks.retain(|lock| !call.arguments.iter().any(|argument| is_of(argument, *lock)));
        }
    }
}

/// Whether all that the function does about locks, itself or by what it calls, is to take mutexes, which keep no other process out.
fn keeps_threads_out_only(program: &Program, function: FunctionId) -> bool {
    takes_only_mutexes(program, function, WRAPPERS) == Some(true)
}

/// As [`keeps_threads_out_only`], of what stands so many calls deep; none if nothing is done about locks.
fn takes_only_mutexes(program: &Program, function: FunctionId, levels: usize) -> Option<bool> {
    let summary = program.function(function)?;
    let (mut threads, mut others) = (false, false);
    each_step(&summary.body, &mut |step| match step {
        Step::Effect(effect) => match effect.operation {
            Operation::Lock { scope: LockScope::Process | LockScope::Record, .. } => others = true,
            Operation::Lock { .. } => threads = true,
            _ => {}
        },
        Step::Call(call) => {
            let callee = program.callee(function, call.result).filter(|_| levels > 0);
            match callee.and_then(|callee| takes_only_mutexes(program, callee, levels - 1)) {
                Some(only) => {
                    threads |= only;
                    others |= !only;
                }
                None => others |= guarded::returns_locked(call) || guarded::runs_locked(call),
            }
        }
        _ => {}
    });
    (threads || others).then_some(!others)
}

/// Whether a function that may leave a lock held is there for that, by its name.
fn is_named_for_it(name: &str) -> bool {
    guarded::is_taking(name) || names::has_word(name, &["lock", "locked"])
}

/// Whether a function of this name may give up a lock that is kept anywhere.
fn gives_up(name: &str) -> bool {
    names::has_word(name, &["unlock", "release"])
}

/// Whether a function of this name takes a pid file away.
fn removes_pid_file(name: &str) -> bool {
    names::has_word(name, &PIDS) && names::has_word(name, &["clean", "cleanup", "clear", "delete", "remove"])
}

/// Whether a function of this name ends what it is given.
fn ends(name: &str) -> bool {
    names::has_word(name, &["close", "drop", "free"]) || paired::is_exit(name)
}

fn is_of(argument: &Value, lock: Lock<'_>) -> bool {
    match argument {
        Value::Result(result) => lock.goes_with(*result),
        Value::Derived(results) | Value::Variable(_, results) => {
            results.iter().any(|result| lock.goes_with(*result))
        }
        _ => false,
    }
}

/// Whom the effect keeps out, if it takes a lock for its owner alone.
fn keeps_out(effect: &Effect) -> Reach {
    match effect.operation {
        Operation::Lock { shared: false, scope: LockScope::Thread, .. } => Reach::Threads,
        Operation::Lock { shared: false, .. } => Reach::Processes,
        _ => Reach::Nobody,
    }
}

/// Whether the function, by its name, is about a pid file, and it writes a file that it has read before: it refuses to where another
/// runs.
fn is_pid_file_writer(program: &Program, function: FunctionId, summary: &FlowSummary) -> bool {
    let mut tells = summary.name.rsplit("::").take(2);
    if !program.acts(function) || !tells.any(|part| names::has_word(part, &PIDS)) {
        return false;
    }
    let body = program.body(function);
    let effects = effects(&body);
    let reads = |place: &Place| effects.iter().any(|e| e.operation == Operation::Read && e.place == *place);
    effects.iter().any(|effect| effect.overwritten().is_some_and(reads))
}
