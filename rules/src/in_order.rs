//! What one run does one after the other: a function that nobody comes to but who comes to another one too, in the same thread, is no
//! other side of that. It takes a second run to be beside it, and that is the same run on the same place. Nor is what runs in the same
//! event loop, between two steps between which that is not left.

use crate::made_once;
use crate::names;
use fsrace_analyzer::flow::{Block, Call, FlowSummary, ResultId, Site, Step};
use fsrace_analyzer::link::{FunctionId, Location, Program, each_step};
use fsrace_analyzer::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{OnceCell, RefCell};

/// How many levels up callers are asked, and how many functions may lead to one.
const LEVELS: usize = 8;
const LEADING: usize = 256;
/// How many levels up who calls a function says by its name that it starts something.
const START_LEVELS: usize = 3;
/// Blocks nested deeper than this are left out: deeper code is generated or hostile.
const DEPTH: usize = 120;

/// What is known of the order of a function's step and what others do, remembered.
#[derive(Debug, Default)]
pub struct InOrder {
    /// The function, and all that come to it.
    leading: OnceCell<FxHashSet<FunctionId>>,
    known: RefCell<FxHashMap<(FunctionId, Location, bool), bool>>,
}

/// The step that an order is asked for, and the function whose source it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// The function.
    pub function: FunctionId,
    /// The step.
    pub act: Location,
}

impl InOrder {
    /// Whether all that come to what `other` does there come to the own step too, in one thread; where that may not be `in_any_order`, when
    /// the own step is done.
    pub fn is_of_one_run(
        &self,
        program: &Program,
        own: Own,
        (other, at): (FunctionId, Location),
        in_any_order: bool,
    ) -> bool {
        let key = (other, at, in_any_order);
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let leading = self.leading.get_or_init(|| leading_to(program, own.function));
        let asked = Asked { program, own, leading, in_any_order };
        let found = asked.is_in_order(other, Other::At(at), LEVELS, &mut Vec::new());
        self.known.borrow_mut().insert(key, found);
        found
    }
}

/// Whether both steps are done in an event loop that runs one at a time, and by nothing that is started or waited for.
pub fn share_a_loop(program: &Program, steps: [Location; 2]) -> bool {
    steps.into_iter().all(|step| {
        let is_apart = |site: Site, _, apart: bool| apart && stands_at(program, step, site);
        program.function(step.function).is_some_and(|summary| {
            !is_waited_for(summary, step.span) && !any_step(&summary.body, &is_apart, false, 0)
        }) && {
            let mut asked = Vec::new();
            is_on_a_loop(program, step.function, LEVELS, &mut asked) && any_waits(program, &asked)
        }
    })
}

/// Whether the one function comes to the other, as far as known.
pub fn comes_to(program: &Program, one: FunctionId, other: FunctionId) -> bool {
    leading_to(program, other).contains(&one)
}

/// Whether one function belongs to a start, by the names of those who call it, and another one to what comes after: what leads to it is
/// work that is started, or a function that an event loop calls.
pub fn is_before_service(program: &Program, early: FunctionId, late: FunctionId) -> bool {
    is_of_a_start(program, early, START_LEVELS) && serves(program, late, &leading_to(program, early))
}

/// Whether the function makes a value or starts something, by its name, or all that call it do.
fn is_of_a_start(program: &Program, function: FunctionId, levels: usize) -> bool {
    let Some(summary) = program.function(function) else { return false };
    if summary.context.main || made_once::is_start(&summary.name) || made_once::is_constructor(&summary.name)
    {
        return true;
    }
    let mut callers = called(program, function).peekable();
    levels > 0
        && callers.peek().is_some()
        && callers.all(|caller| {
            caller != function
                && !is_called_again(program, caller, function)
                && is_of_a_start(program, caller, levels - 1)
        })
}

/// Whether one function starts work that calls the other, or calls it in a loop: that goes on after the start.
fn is_called_again(program: &Program, caller: FunctionId, callee: FunctionId) -> bool {
    let calls = |_, result: Option<ResultId>, apart: bool| {
        apart && result.is_some_and(|result| program.callee(caller, result) == Some(callee))
    };
    let Some(summary) = program.function(caller) else { return true };
    let mut again = any_step(&summary.body, &calls, false, 0);
    each_step(&summary.body, &mut |step| {
        if let Step::Loop(body) = step {
            again = again || any_step(body, &calls, true, 0);
        }
    });
    again
}

/// Whether what leads to the function serves, and is none of those who start.
fn serves(program: &Program, function: FunctionId, starting: &FxHashSet<FunctionId>) -> bool {
    let mut found = FxHashSet::from_iter([function]);
    let mut newest = vec![function];
    for _ in 0..LEVELS {
        let mut next = Vec::new();
        for function in newest {
            for caller in callers(program, function) {
                let Some(summary) = program.function(caller) else { continue };
                let is_started = |_, result: Option<ResultId>, apart: bool| {
                    apart && result.is_some_and(|r| program.callee(caller, r) == Some(function))
                };
                // A method that is its type's own is called by somebody, who is not seen to: work that is started, say.
                let is_own = summary.has_receiver && !summary.context.public && !summary.context.main;
                let unseen = is_own && callers(program, caller).next().is_none();
                let is_handler = !starting.contains(&caller)
                    && (unseen || (summary.waits.is_some() && is_of_a_server(program, caller)));
                if is_handler || any_step(&summary.body, &is_started, false, 0) {
                    return true;
                }
                if found.len() < LEADING && found.insert(caller) {
                    next.push(caller);
                }
            }
        }
        newest = next;
    }
    false
}

/// Whether the function is for what happens while an event loop runs: all that leads to it, as far as calls tell, are functions that wait
/// and that nothing calls by name. A program that is started for one thing and ends leads to its functions from its beginning.
pub fn is_of_a_server(program: &Program, function: FunctionId) -> bool {
    let mut asked = Vec::new();
    answers(program, function, LEVELS, &mut asked) && any_waits(program, &asked)
}

/// Whether one of these waits: what only calls itself is led to by nobody.
fn any_waits(program: &Program, functions: &[FunctionId]) -> bool {
    functions.iter().any(|of| program.function(*of).is_some_and(|summary| summary.waits.is_some()))
}

fn answers(program: &Program, function: FunctionId, levels: usize, asked: &mut Vec<FunctionId>) -> bool {
    let Some(summary) = program.function(function).filter(|summary| !summary.context.main) else {
        return false;
    };
    if asked.contains(&function) {
        return true;
    }
    asked.push(function);
    let mut callers = called(program, function).peekable();
    if callers.peek().is_none() {
        // What the language calls at a block's begin and end is run by whoever has such a block.
        return summary.waits.is_some() && !names::last(&summary.name).starts_with("__");
    }
    levels > 0 && callers.all(|caller| answers(program, caller, levels - 1, asked))
}

/// Whether an event loop that runs one at a time runs the function, by itself or through all that call it.
fn is_on_a_loop(program: &Program, function: FunctionId, levels: usize, asked: &mut Vec<FunctionId>) -> bool {
    let Some(summary) = program.function(function) else { return false };
    asked.push(function);
    if summary.waits.is_some() || asked.iter().rev().skip(1).any(|known| *known == function) {
        return true;
    }
    let mut callers = callers(program, function).peekable();
    levels > 0
        && callers.peek().is_some()
        && callers.all(|caller| {
            let Some(summary) = program.function(caller) else { return false };
            // What does not wait itself, and is waited for, is done by a thread.
            let is_apart = |site: Site, result: Option<ResultId>, apart: bool| {
                result.is_some_and(|result| program.callee(caller, result) == Some(function))
                    && (apart
                        || summary.sites.get(site.0 as usize).is_some_and(|at| is_waited_for(summary, *at)))
            };
            !any_step(&summary.body, &is_apart, false, 0) && is_on_a_loop(program, caller, levels - 1, asked)
        })
}

/// Whether the step is done where the function waits, which is for a thread to do it.
fn is_waited_for(summary: &FlowSummary, step: Span) -> bool {
    let mut waits = summary.waits.iter().flatten();
    waits.any(|wait| wait.start < step.end && step.start < wait.end)
}

/// Whether one of the block's effects and calls is it, which are told by their sites and the results of calls, and whether work that is
/// started does them.
fn any_step(
    block: &Block,
    is_it: &dyn Fn(Site, Option<ResultId>, bool) -> bool,
    apart: bool,
    depth: usize,
) -> bool {
    depth > DEPTH
        || block.steps.iter().any(|step| match step {
            Step::Effect(effect) => is_it(effect.site, None, apart),
            Step::Call(call) => is_it(call.site, Some(call.result), apart),
            Step::Branch(branch) => {
                any_step(&branch.then, is_it, apart, depth + 1)
                    || any_step(&branch.otherwise, is_it, apart, depth + 1)
            }
            Step::Loop(body) => any_step(body, is_it, apart, depth + 1),
            Step::Frame(frame) => any_step(&frame.body, is_it, apart, depth + 1),
            Step::Spawn(spawn) => any_step(&spawn.body, is_it, true, depth + 1),
            Step::Join(_) | Step::Release(..) | Step::Exit(_) => false,
        })
}

/// Whether the site of a function's own body is where the step stands.
pub fn stands_at(program: &Program, step: Location, site: Site) -> bool {
    program.function(step.function).and_then(|f| f.sites.get(site.0 as usize)) == Some(&step.span)
}

/// The function and all that come to it, as far as known.
fn leading_to(program: &Program, function: FunctionId) -> FxHashSet<FunctionId> {
    let mut found = FxHashSet::from_iter([function]);
    let mut newest = vec![function];
    while let Some(next) = newest.pop() {
        for caller in callers(program, next) {
            if found.len() < LEADING && found.insert(caller) {
                newest.push(caller);
            }
        }
    }
    found
}

/// The function and all that come to it; none if there are too many to follow.
pub fn all_leading_to(program: &Program, function: FunctionId) -> Option<FxHashSet<FunctionId>> {
    Some(leading_to(program, function)).filter(|found| found.len() < LEADING)
}

/// Who calls the function, be it as one of several that are meant, or from code that is kept for others.
fn callers(program: &Program, function: FunctionId) -> impl Iterator<Item = FunctionId> {
    called(program, function).chain(program.keepers(function).iter().copied())
}

/// Who calls the function, tests aside.
fn called(program: &Program, function: FunctionId) -> impl Iterator<Item = FunctionId> {
    program.callers(function).iter().chain(program.askers(function)).copied()
}

/// The other's step, or the call in a caller that leads to it.
#[derive(Clone, Copy)]
enum Other {
    At(Location),
    Called(FunctionId),
}

/// One question.
#[derive(Clone, Copy)]
struct Asked<'a> {
    program: &'a Program,
    own: Own,
    leading: &'a FxHashSet<FunctionId>,
    in_any_order: bool,
}

impl<'a> Asked<'a> {
    /// Whether the function, or all that call it, do the one and the other in order.
    fn is_in_order(
        self,
        function: FunctionId,
        other: Other,
        levels: usize,
        asked: &mut Vec<FunctionId>,
    ) -> bool {
        let Some(summary) = self.program.function(function) else { return false };
        if self.leading.contains(&function) {
            return self.does_both(function, other);
        }
        if asked.contains(&function) {
            return true;
        }
        asked.push(function);
        let context = summary.context;
        let is_offered = context.public
            && self.program.file(self.program.file_of(function)).is_some_and(|file| file.library);
        let mut callers = callers(self.program, function).peekable();
        // Who calls it besides is not known.
        let is_open = is_offered
            || context.main
            || context.literal
            || (context.summoned && context.public)
            || callers.peek().is_none();
        levels > 0
            && !is_open
            && callers.all(|caller| self.is_in_order(caller, Other::Called(function), levels - 1, asked))
    }

    /// Whether the function's own body comes to both in one thread, in an order that is allowed.
    fn does_both(self, function: FunctionId, other: Other) -> bool {
        let Some(summary) = self.program.function(function) else { return false };
        let mut walk = Walk { asked: self, function, other, comes: Comes::default() };
        walk.block(&summary.body, Done::default(), 0);
        let Comes { own, other, early, apart } = walk.comes;
        own && other && !apart && (self.in_any_order || !early)
    }
}

/// What a body comes to.
#[derive(Clone, Copy, Debug, Default)]
struct Comes {
    own: bool,
    other: bool,
    /// The other comes before the own step, or where that may not be done.
    early: bool,
    /// Work that is started does one of them, and not the other; or one step does both, and who knows in what order.
    apart: bool,
}

/// What has been done at one point of a body.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    /// The own step, for sure.
    own: bool,
    /// The other, perhaps.
    other: bool,
}

struct Walk<'a> {
    asked: Asked<'a>,
    function: FunctionId,
    other: Other,
    comes: Comes,
}

impl Walk<'_> {
    /// Walks a block from where this is done; what is at its end, if that is reached.
    fn block(&mut self, block: &Block, mut done: Done, depth: usize) -> Option<Done> {
        if depth > DEPTH {
            return Some(done);
        }
        for (at, step) in block.steps.iter().enumerate() {
            match step {
                Step::Effect(effect) => done = self.step(effect.site, None, done),
                Step::Call(call) => done = self.step(call.site, Some(call), done),
                Step::Branch(branch) => {
                    let then = self.block(&branch.then, done, depth + 1);
                    let otherwise = self.block(&branch.otherwise, done, depth + 1);
                    done = match (then, otherwise) {
                        (Some(then), Some(otherwise)) => {
                            Done { own: then.own && otherwise.own, other: then.other || otherwise.other }
                        }
                        (end, None) | (None, end) => end?,
                    };
                }
                Step::Loop(body) => done.other |= self.within(body, done, depth).other,
                Step::Frame(frame) => done.other |= self.within(&frame.body, done, depth).other,
                Step::Spawn(spawn) => {
                    // Who waits at once does it in its own place.
                    let next = block.steps.get(at + 1);
                    let awaited = matches!(next, Some(Step::Join(work)) if *work == spawn.result);
                    let Comes { own, other, .. } = self.within(&spawn.body, done, depth);
                    self.comes.apart |= !awaited && own != other;
                    done.other |= other;
                }
                Step::Exit(_) => return None,
                Step::Join(_) | Step::Release(..) => {}
            }
        }
        Some(done)
    }

    /// Walks what may end anywhere; what it comes to.
    fn within(&mut self, block: &Block, done: Done, depth: usize) -> Comes {
        let before = std::mem::take(&mut self.comes);
        self.block(block, done, depth + 1);
        let found = self.comes;
        self.comes = Comes {
            own: before.own || found.own,
            other: before.other || found.other,
            early: before.early || found.early,
            apart: before.apart || found.apart,
        };
        found
    }

    /// Notes what one step does; what is done after it.
    fn step(&mut self, site: Site, call: Option<&Call>, done: Done) -> Done {
        let Asked { program, own, leading, .. } = self.asked;
        let stands_at = |at: Location| at.function == self.function && stands_at(program, at, site);
        let callee = call.and_then(|call| program.callee(self.function, call.result));
        // Of several that may be meant, the name tells.
        let asks = |of: FunctionId| {
            callee.is_none()
                && program.askers(of).contains(&self.function)
                && program.function(of).zip(call).is_some_and(|(summary, call)| {
                    names::last(&summary.name) == names::last(call.callee.name())
                })
        };
        let is_other = match self.other {
            Other::At(at) => stands_at(at),
            Other::Called(function) => callee == Some(function) || asks(function),
        };
        let is_own = match callee {
            Some(callee) => leading.contains(&callee),
            None => call.is_some() && leading.iter().any(|of| asks(*of)),
        } || (own.function == self.function && stands_at(own.act));
        self.comes.own |= is_own;
        self.comes.other |= is_other;
        self.comes.early |= (is_own && done.other) || (is_other && !done.own);
        self.comes.apart |= is_own && is_other;
        Done { own: done.own || is_own, other: done.other || is_other }
    }
}
