//! Whether the code copes with half a file: what it reads makes no sense, and it takes a default, or does without.
//!
//! A failure is followed outwards from where the content is first understood: through frames whose failure leaves the frame
//! around them, up to the first that is swallowed. What leaves the body is not tolerated by it, and may be by a caller. That a step fails is
//! followed in the same way.

use fsrace_analyzer::flow::{
    Block, Call, Condition, Effect, Exit, Frame, Kinds, OnFailure, Operation, ResultId, Site, Step, Value,
};
use fsrace_analyzer::link::each_step;
use rustc_hash::{FxHashMap, FxHashSet};

/// How deep blocks may nest before the rest is left out.
const DEPTH: usize = 120;
/// How many calls away a failure may be swallowed: further out it is no longer the file that is coped with, but the loss of a service.
const CALLS: usize = 1;

/// The reads of a body, and what they read through, whose failure to make sense goes no further than the body; or no further than its
/// caller, where that is told that there is `nothing`, as of a file that is not there.
pub fn tolerated(body: &Block, nothing: bool) -> FxHashSet<Site> {
    let mut walker =
        Walker { around: Vec::new(), opens: FxHashMap::default(), verdicts: FxHashMap::default(), nothing };
    walker.frame(body, None, 0);
    walker.verdicts.into_iter().filter(|(_, tolerated)| *tolerated).map(|(site, _)| site).collect()
}

/// Whether a failure of the steps that stand there, of which there is one in the body, goes no further than the body: it is told, perhaps, and
/// the body goes on or ends well. It must be swallowed where the step's own function is called, or nearer.
pub fn copes_with_failure(body: &Block, site: Site, calls: usize) -> bool {
    let mut search = Search { around: Vec::new(), site, calls, found: false, copes: true };
    search.frame(body, None, 0);
    search.found && search.copes
}

/// Looks for a step, and follows its failure.
struct Search<'a> {
    around: Vec<(&'a Block, Option<&'a Frame>)>,
    site: Site,
    calls: usize,
    found: bool,
    copes: bool,
}

impl<'a> Search<'a> {
    fn frame(&mut self, body: &'a Block, returned: Option<&'a Frame>, depth: usize) {
        self.around.push((body, returned));
        self.block(body, depth);
        self.around.pop();
    }

    fn block(&mut self, block: &'a Block, depth: usize) {
        if depth > DEPTH {
            self.copes = false;
            return;
        }
        for step in &block.steps {
            match step {
                Step::Effect(effect) if effect.site == self.site => {
                    self.found = true;
                    self.copes &= self.is_swallowed(effect);
                }
                Step::Branch(b) => {
                    self.block(&b.then, depth + 1);
                    self.block(&b.otherwise, depth + 1);
                }
                Step::Loop(body) => self.block(body, depth + 1),
                Step::Frame(f) => self.frame(&f.body, Some(f), depth + 1),
                // What a task fails with is asked for by whoever waits for it, or its work is left undone.
                Step::Spawn(s) => {
                    let mut stands_there = false;
                    each_step(&s.body, &mut |step| {
                        stands_there |= matches!(step, Step::Effect(effect) if effect.site == self.site);
                    });
                    self.found |= stands_there;
                    self.copes &= !stands_there;
                }
                _ => {}
            }
        }
    }

    fn is_swallowed(&self, effect: &Effect) -> bool {
        let (mut result, mut policy, mut calls) = (effect.result, effect.on_failure, 0);
        for (body, returned) in self.around.iter().rev() {
            match policy {
                OnFailure::Panic => return false,
                OnFailure::Propagate => {}
                OnFailure::Continue | OnFailure::Leave(_) => {
                    let told = fails_on(body, &[result], false) || is_returned(body, result);
                    if !told {
                        return true;
                    }
                }
            }
            let Some(frame) = returned else { return false };
            calls += usize::from(!frame.name.is_empty());
            if calls > self.calls {
                return false;
            }
            if frame.defaulted {
                return true;
            }
            (result, policy) = (frame.result, frame.on_failure);
        }
        false
    }
}

/// Whether the body, frames in it left out, returns anything that comes from the result, or a plain "no" where the result decides.
fn is_returned(body: &Block, result: ResultId) -> bool {
    let mut returned = false;
    each_step(body, &mut |step| match step {
        Step::Exit(Exit::Return(value)) => returned |= comes_from(value, result, 0),
        Step::Branch(b) => {
            let mut decides = false;
            b.condition.results(&mut |r| decides |= r == result);
            returned |= decides && [&b.then, &b.otherwise].into_iter().any(|arm| says_no(arm, 0));
        }
        _ => {}
    });
    returned
}

fn says_no(block: &Block, depth: usize) -> bool {
    depth <= DEPTH
        && block.steps.iter().any(|step| match step {
            Step::Exit(Exit::Return(value)) => is_no(value),
            Step::Branch(b) => says_no(&b.then, depth + 1) || says_no(&b.otherwise, depth + 1),
            _ => false,
        })
}

fn is_no(value: &Value) -> bool {
    match value {
        Value::Condition(Condition::Constant(answer)) => !answer,
        Value::Success(inner) => is_no(inner),
        _ => false,
    }
}

fn comes_from(value: &Value, result: ResultId, depth: usize) -> bool {
    if depth > DEPTH {
        return true;
    }
    match value {
        Value::Derived(of) | Value::Variable(_, of) | Value::Code { data: of, .. } => of.contains(&result),
        Value::Result(r) | Value::Failure(Some(r)) => *r == result,
        Value::Condition(condition) => {
            let mut mentions = false;
            condition.results(&mut |r| mentions |= r == result);
            mentions
        }
        Value::Success(inner) => comes_from(inner, result, depth + 1),
        Value::Structure(fields) => fields.iter().any(|(_, field)| comes_from(field, result, depth + 1)),
        Value::Opaque | Value::Place(_) | Value::Flags(_) | Value::Failure(None) => false,
    }
}

struct Walker<'a> {
    /// The bodies of frames around, each with what its own frame returns and what is done with its failure; none for the outermost.
    around: Vec<(&'a Block, Option<&'a Frame>)>,
    opens: FxHashMap<ResultId, Site>,
    /// Whether all that was seen to be read here is tolerated.
    verdicts: FxHashMap<Site, bool>,
    /// Whether what the body returns where it fails is that there is nothing.
    nothing: bool,
}

impl<'a> Walker<'a> {
    fn frame(&mut self, body: &'a Block, returned: Option<&'a Frame>, depth: usize) {
        self.around.push((body, returned));
        self.block(body, depth);
        self.around.pop();
    }

    fn block(&mut self, block: &'a Block, depth: usize) {
        if depth > DEPTH {
            return;
        }
        for step in &block.steps {
            match step {
                Step::Effect(effect) if effect.operation == Operation::Read => {
                    let tolerated = !self.escapes(effect);
                    let open = effect.handle.and_then(|handle| self.opens.get(&handle).copied());
                    for site in open.into_iter().chain([effect.site]) {
                        *self.verdicts.entry(site).or_insert(true) &= tolerated;
                    }
                }
                Step::Effect(Effect { operation: Operation::Open(_), result, site, .. }) => {
                    self.opens.insert(*result, *site);
                }
                Step::Branch(b) => {
                    self.block(&b.then, depth + 1);
                    self.block(&b.otherwise, depth + 1);
                }
                Step::Loop(body) => self.block(body, depth + 1),
                Step::Frame(f) => self.frame(&f.body, Some(f), depth + 1),
                // What a task fails with is nobody's, or its own.
                Step::Spawn(s) => self.block(&s.body, depth + 1),
                _ => {}
            }
        }
    }

    /// Whether a failure to understand what was read leaves the body.
    fn escapes(&self, read: &Effect) -> bool {
        let policy = match (read.handle, read.on_malformed) {
            (_, Some(policy @ (OnFailure::Continue | OnFailure::Leave(_)))) => Some(policy),
            // Through a handle, the reading is often the understanding too.
            (Some(_), Some(_)) if read.on_failure == OnFailure::Propagate => Some(read.on_failure),
            (_, policy) => policy,
        };
        // What is not understood was read all the same.
        if let Some(policy) = policy {
            let names = vec![read.result];
            return self.leaves(Failing { level: 0, names, policy, was_read: true });
        }
        match self.understood_outside(read) {
            Understood::There(failing) => self.leaves(failing),
            _ if read.handle.is_some() => {
                let policy = read.on_failure;
                self.leaves(Failing { level: 0, names: vec![read.result], policy, was_read: false })
            }
            Understood::Nowhere { defaulted } => !defaulted,
        }
    }

    /// Where content that the body which reads it hands on is first understood: in one of those that are handed it.
    fn understood_outside(&self, read: &Effect) -> Understood {
        let (mut names, mut result, mut defaulted) = (vec![read.result], read.result, read.defaulted);
        for (level, (body, returned)) in self.around.iter().rev().enumerate() {
            let Some(frame) = returned.filter(|_| is_given_out(body, result, 0)) else { break };
            result = frame.result;
            names.push(result);
            if let Some(policy) = frame.on_malformed {
                return Understood::There(Failing { level: level + 1, names, policy, was_read: true });
            }
            defaulted |= frame.defaulted;
        }
        Understood::Nowhere { defaulted }
    }

    /// Whether a failure leaves the body.
    fn leaves(&self, failing: Failing) -> bool {
        let Failing { level, mut names, mut policy, mut was_read } = failing;
        let mut calls = 0;
        for (body, returned) in self.around.iter().rev().skip(level) {
            match policy {
                OnFailure::Panic => return true,
                OnFailure::Propagate => {}
                OnFailure::Continue
                    if fails_on(body, &names, was_read)
                        || what_fails(body, &names, was_read).iter().any(|r| hands_on(body, *r, 0)) => {}
                OnFailure::Leave(_) if fails_on(body, &names, was_read) => {}
                OnFailure::Continue | OnFailure::Leave(_) => return false,
            }
            let Some(frame) = returned else {
                return !self.nothing || panics_on(body, &names, was_read);
            };
            calls += usize::from(!frame.name.is_empty());
            if calls > CALLS {
                return true;
            }
            if frame.defaulted {
                return false;
            }
            (names, was_read) = (vec![frame.result], frame.on_misread.is_some());
            policy = frame.on_misread.unwrap_or(frame.on_failure);
        }
        true
    }
}

/// A failure to understand content.
struct Failing {
    /// How many frames around the reading it is met.
    level: usize,
    /// The result that fails there, and those through which it came.
    names: Vec<ResultId>,
    /// What is done at once.
    policy: OnFailure,
    /// Whether the result itself is none that failed.
    was_read: bool,
}

/// Who understands content.
enum Understood {
    /// One who is handed it.
    There(Failing),
    /// Nobody says; but perhaps an empty text is taken where there is none to read, as good as any.
    Nowhere { defaulted: bool },
}

/// Whether the body, frames in it left out, returns what comes from the result.
fn is_given_out(block: &Block, result: ResultId, depth: usize) -> bool {
    depth <= DEPTH
        && block.steps.iter().any(|step| match step {
            Step::Exit(Exit::Return(value)) => comes_from(value, result, 0),
            Step::Branch(b) => {
                is_given_out(&b.then, result, depth + 1) || is_given_out(&b.otherwise, result, depth + 1)
            }
            Step::Loop(body) => is_given_out(body, result, depth + 1),
            _ => false,
        })
}

/// Whether the body, frames in it left out, fails where the result decides, or what a call makes of it. Of a result that is no failure,
/// only what is done then counts.
fn fails_on(block: &Block, names: &[ResultId], succeeds: bool) -> bool {
    Decided { about: names.to_vec(), names: names.len(), succeeds, panics: false }.fails(block, 0)
}

/// The same of panics alone.
fn panics_on(block: &Block, names: &[ResultId], succeeds: bool) -> bool {
    Decided { about: names.to_vec(), names: names.len(), succeeds, panics: true }.fails(block, 0)
}

/// What a result decides.
struct Decided {
    /// The result by its names, and then what calls have made of it.
    about: Vec<ResultId>,
    /// How many names it has.
    names: usize,
    /// Whether the result itself is none that failed.
    succeeds: bool,
    /// Whether only panics count.
    panics: bool,
}

impl Decided {
    fn fails(&mut self, block: &Block, depth: usize) -> bool {
        depth <= DEPTH
            && block.steps.iter().any(|step| match step {
                // What is done where it makes nothing of it is known.
                Step::Call(call) if call.on_misread == Some(OnFailure::Continue) => false,
                Step::Call(call) => {
                    let given = |value| self.about.iter().any(|of| comes_from(value, *of, 0));
                    if call.arguments.iter().any(given) {
                        self.about.push(call.result);
                    }
                    false
                }
                Step::Branch(b) => {
                    let is_itself = |r| self.about.iter().take(self.names).any(|name| *name == r);
                    let is_failure = matches!(b.condition, Condition::Failed(r, Kinds::ANY) if is_itself(r));
                    let then = Some(&b.then).filter(|_| !(self.succeeds && is_failure));
                    let decides = self.is_asked_in(&b.condition);
                    then.into_iter().chain([&b.otherwise]).any(|arm| {
                        (decides && self.is_left_failing(arm, &mut Vec::new(), 0))
                            || self.fails(arm, depth + 1)
                    })
                }
                Step::Loop(body) => self.fails(body, depth + 1),
                _ => false,
            })
    }

    /// Whether the condition asks about the result, or what was made of it. What is computed from content asks nothing of a failure.
    fn is_asked_in(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Not(inner) => self.is_asked_in(inner),
            Condition::All(all) | Condition::Any(all) => all.iter().any(|c| self.is_asked_in(c)),
            Condition::Opaque { .. } if !self.succeeds => false,
            condition => {
                let mut asks = false;
                condition.results(&mut |r| asks |= self.about.contains(&r));
                asks
            }
        }
    }

    /// Whether the block is left with an error of the program's own or, where it is known that what was read is none that failed, with
    /// that of what was made of it.
    fn is_left_failing(&self, block: &Block, done: &mut Vec<ResultId>, depth: usize) -> bool {
        let made = self.about.get(self.names..).unwrap_or_default();
        depth <= DEPTH
            && block.steps.iter().any(|step| match step {
                Step::Exit(Exit::Panic) => true,
                Step::Exit(Exit::Return(Value::Failure(_))) if self.panics => false,
                Step::Exit(Exit::Return(Value::Failure(Some(failed)))) => {
                    !self.succeeds || made.contains(failed)
                }
                Step::Exit(Exit::Return(Value::Failure(None))) => true,
                // What is done instead may fail for reasons of its own.
                Step::Branch(b) => {
                    let (mut asks, mut of_its_own) = (false, true);
                    b.condition.results(&mut |r| {
                        asks = true;
                        of_its_own &= done.contains(&r);
                    });
                    !(asks && of_its_own)
                        && [&b.then, &b.otherwise]
                            .into_iter()
                            .any(|arm| self.is_left_failing(arm, done, depth + 1))
                }
                Step::Effect(Effect { result, .. })
                | Step::Call(Call { result, .. })
                | Step::Frame(Frame { result, .. }) => {
                    done.push(*result);
                    false
                }
                _ => false,
            })
    }
}

/// Whether the body, frames in it left out, returns the result, be it a failure. Where it is known to be none, only content is returned.
fn hands_on(block: &Block, result: ResultId, depth: usize) -> bool {
    if depth > DEPTH {
        return false;
    }
    for step in &block.steps {
        let found = match step {
            Step::Branch(b) => {
                let mut asks = false;
                b.condition.results(&mut |r| asks |= r == result);
                // Who asks about it in a way that is not known returns what is good.
                if asks && matches!(b.condition, Condition::Opaque { .. } | Condition::All(_)) {
                    continue;
                }
                let failing = match &b.condition {
                    Condition::Ok(r) if *r == result => Some(&b.otherwise),
                    Condition::Failed(r, Kinds::ANY) if *r == result => Some(&b.then),
                    _ => None,
                };
                let arms = failing.map_or([Some(&b.then), Some(&b.otherwise)], |arm| [Some(arm), None]);
                let found = arms.into_iter().flatten().any(|arm| hands_on(arm, result, depth + 1));
                if !found && failing.is_some_and(leaves) {
                    return false;
                }
                found
            }
            Step::Loop(body) => hands_on(body, result, depth + 1),
            Step::Exit(Exit::Return(Value::Result(r))) => *r == result,
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// What fails in the body, frames in it left out, if the result does; or what calls make of the result where that itself is none that
/// failed.
fn what_fails(body: &Block, names: &[ResultId], succeeds: bool) -> Vec<ResultId> {
    let mut about = names.to_vec();
    if succeeds {
        made_of(body, &mut about, 0);
        about.drain(..names.len());
    }
    about
}

fn made_of(block: &Block, about: &mut Vec<ResultId>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    for step in &block.steps {
        match step {
            Step::Call(call) if call.defaulted || call.on_misread == Some(OnFailure::Continue) => {}
            Step::Call(call)
                if call.arguments.iter().any(|value| about.iter().any(|of| comes_from(value, *of, 0))) =>
            {
                about.push(call.result);
            }
            Step::Branch(b) => {
                made_of(&b.then, about, depth + 1);
                made_of(&b.otherwise, about, depth + 1);
            }
            Step::Loop(body) => made_of(body, about, depth + 1),
            _ => {}
        }
    }
}

/// Whether nothing comes after the block.
fn leaves(block: &Block) -> bool {
    matches!(block.steps.last(), Some(Step::Exit(_)))
}
