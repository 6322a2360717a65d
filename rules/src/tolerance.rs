//! Whether the code copes with half a file: what it reads makes no sense, and it takes a default, or does without.
//!
//! A failure is followed outwards from where the content is first understood: through frames whose failure leaves the frame
//! around them, up to the first that is swallowed. What leaves the body is not tolerated by it, and may be by a caller. That a step fails is
//! followed in the same way.

use fsrace_analyzer::flow::{
    Block, Condition, Effect, Exit, Frame, Kinds, OnFailure, Operation, ResultId, Site, Step, Value,
};
use fsrace_analyzer::link::each_step;
use rustc_hash::{FxHashMap, FxHashSet};

/// How deep blocks may nest before the rest is left out.
const DEPTH: usize = 120;
/// How many calls away a failure may be swallowed: further out it is no longer the file that is coped with, but the loss of a service.
const CALLS: usize = 1;

/// The reads of a body, and what they read through, whose failure to make sense goes no further than the body.
pub fn tolerated(body: &Block) -> FxHashSet<Site> {
    let mut walker =
        Walker { around: Vec::new(), opens: FxHashMap::default(), verdicts: FxHashMap::default() };
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
                    let told = fails_on(body, result, false, 0) || is_returned(body, result);
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
        // Through a handle, the reading is often the understanding too.
        let policy = match (read.handle, read.on_malformed) {
            (_, Some(policy @ (OnFailure::Continue | OnFailure::Leave(_)))) => policy,
            (Some(_), _) if matches!(read.on_failure, OnFailure::Propagate | OnFailure::Panic) => {
                read.on_failure
            }
            (_, Some(policy)) => policy,
            (Some(_), None) => read.on_failure,
            (None, None) => return true,
        };
        let (mut result, mut policy, mut calls) = (read.result, policy, 0);
        // What is not understood was read all the same.
        let mut was_read = read.on_malformed.is_some();
        for (body, returned) in self.around.iter().rev() {
            match policy {
                OnFailure::Panic => return true,
                OnFailure::Propagate => {}
                OnFailure::Continue if fails_on(body, result, was_read, 0) || hands_on(body, result, 0) => {}
                OnFailure::Leave(_) if fails_on(body, result, was_read, 0) => {}
                OnFailure::Continue | OnFailure::Leave(_) => return false,
            }
            let Some(frame) = returned else { return true };
            calls += usize::from(!frame.name.is_empty());
            if calls > CALLS {
                return true;
            }
            if frame.defaulted {
                return false;
            }
            (result, policy, was_read) = (frame.result, frame.on_failure, false);
        }
        true
    }
}

/// Whether the body, frames in it left out, fails where the result decides. Of a result that is no failure, only what is done then
/// counts.
fn fails_on(block: &Block, result: ResultId, succeeds: bool, depth: usize) -> bool {
    depth <= DEPTH
        && block.steps.iter().any(|step| match step {
            Step::Branch(b) => {
                let is_failure = matches!(b.condition, Condition::Failed(r, Kinds::ANY) if r == result);
                let then = Some(&b.then).filter(|_| !(succeeds && is_failure));
                let mut arms = then.into_iter().chain([&b.otherwise]);
                let mut decides = false;
                b.condition.results(&mut |r| decides |= r == result);
                arms.any(|arm| {
                    (decides && leaves_failing(arm, 0)) || fails_on(arm, result, succeeds, depth + 1)
                })
            }
            Step::Loop(body) => fails_on(body, result, succeeds, depth + 1),
            _ => false,
        })
}

/// Whether the body, frames in it left out, returns the result, be it a failure.
fn hands_on(block: &Block, result: ResultId, depth: usize) -> bool {
    depth <= DEPTH
        && block.steps.iter().any(|step| match step {
            Step::Branch(b) => {
                hands_on(&b.then, result, depth + 1) || hands_on(&b.otherwise, result, depth + 1)
            }
            Step::Loop(body) => hands_on(body, result, depth + 1),
            Step::Exit(Exit::Return(Value::Result(r))) => *r == result,
            _ => false,
        })
}

fn leaves_failing(block: &Block, depth: usize) -> bool {
    depth <= DEPTH
        && block.steps.iter().any(|step| match step {
            Step::Exit(Exit::Panic | Exit::Return(Value::Failure(_))) => true,
            Step::Branch(b) => leaves_failing(&b.then, depth + 1) || leaves_failing(&b.otherwise, depth + 1),
            _ => false,
        })
}
