//! A body without what does not bear on one place, so that exploring it stays small.
//!
//! The explorer slices too, and keeps what lies above and below the place. In a large function that is too much; what is left
//! here is the place itself, what is renamed or copied to or from it, directories that are renamed with it, the handles on these, and all
//! locks.

use crate::pairs::{Candidate, Meaning};
use fsrace_analyzer::flow::{
    Block, Branch, Call, Condition, Effect, Exit, Frame, LockScope, Operation, Place, ResultId, Site, Spawn,
    Step, Value,
};
use rustc_hash::FxHashSet;

/// Bodies nested deeper than this are cut off there.
const DEPTH: usize = 150;
/// How many places are followed through renames and copies.
const PLACES: usize = 8;

/// The body, narrowed to the candidate's place.
pub fn narrow(body: &Block, candidate: &Candidate) -> Block {
    let effects = effects(body);
    // Whether a directory is complete is told by what is in it.
    let filled = candidate.meaning == Meaning::Ready;
    let mut places: Vec<&Place> = vec![&candidate.place];
    places.extend(candidate.check.iter().map(|c| &c.effect.place).filter(|p| **p != candidate.place));
    loop {
        let before = places.len();
        for effect in &effects {
            let Some(other) = &effect.other_place else { continue };
            if places.contains(&&effect.place) != places.contains(&other) && places.len() < PLACES {
                let new = if places.contains(&other) { &effect.place } else { other };
                places.push(new);
            }
        }
        if places.len() == before {
            break;
        }
    }
    // Of two who move a directory there, one does.
    let brings = |e: &Effect| {
        let onto = e.other_place.as_ref().filter(|_| matches!(e.operation, Operation::Rename { .. }));
        onto.is_some_and(|onto| candidate.place.starts_with(onto))
    };
    let kept = effects
        .iter()
        .filter(|e| {
            matches!(e.operation, Operation::Lock { .. })
                || brings(e)
                || places.contains(&&e.place)
                || (filled && e.place.starts_with(&candidate.place))
                || e.other_place.as_ref().is_some_and(|o| places.contains(&o))
        })
        .flat_map(|e| e.handle.into_iter().chain([e.result]));
    Narrowing { kept: kept.collect() }.block(body, 0)
}

/// How many effects the body has.
pub fn size(body: &Block) -> usize {
    effects(body).len()
}

/// Whether the body has any effect.
fn has_effects(block: &Block, depth: usize) -> bool {
    let has = |block: &Block| has_effects(block, depth + 1);
    depth <= DEPTH
        && block.steps.iter().any(|step| match step {
            Step::Effect(_) => true,
            Step::Branch(branch) => has(&branch.then) || has(&branch.otherwise),
            Step::Loop(body) => has(body),
            Step::Spawn(spawn) => has(&spawn.body),
            Step::Frame(frame) => has(&frame.body),
            Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => false,
        })
}

/// All effects of the body, in order.
pub fn effects(body: &Block) -> Vec<&Effect> {
    let mut effects = Vec::new();
    collect(body, &mut effects, 0);
    effects
}

/// The same, of a body that is needed for nothing else.
pub fn into_effects(body: Block) -> Vec<Effect> {
    let mut effects = Vec::new();
    take(body, &mut effects, 0);
    effects.shrink_to_fit();
    effects
}

fn take(block: Block, effects: &mut Vec<Effect>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    for step in block.steps {
        match step {
            Step::Effect(effect) => effects.push(effect),
            Step::Branch(branch) => {
                take(branch.then, effects, depth + 1);
                take(branch.otherwise, effects, depth + 1);
            }
            Step::Loop(body) => take(body, effects, depth + 1),
            Step::Spawn(spawn) => take(spawn.body, effects, depth + 1),
            Step::Frame(frame) => take(frame.body, effects, depth + 1),
            Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}

/// All calls of the body that the linker has not put in, in order.
pub fn calls(body: &Block) -> Vec<&Call> {
    let mut calls = Vec::new();
    each_call(body, &mut calls, 0);
    calls
}

fn each_call<'a>(block: &'a Block, calls: &mut Vec<&'a Call>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    for step in &block.steps {
        match step {
            Step::Call(call) => calls.push(call),
            Step::Branch(branch) => {
                each_call(&branch.then, calls, depth + 1);
                each_call(&branch.otherwise, calls, depth + 1);
            }
            Step::Loop(body) => each_call(body, calls, depth + 1),
            Step::Spawn(spawn) => each_call(&spawn.body, calls, depth + 1),
            Step::Frame(frame) => each_call(&frame.body, calls, depth + 1),
            Step::Effect(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}

/// The body, narrowed to the candidate's place, without what another process does not notice, mutexes and mere looks that are no step
/// of the candidate, and what is nothing without them: for bodies that are too large to be explored as they are.
pub fn noticed(body: &Block, candidate: &Candidate) -> Block {
    let sites: Vec<Site> =
        candidate.check.iter().chain([&candidate.act]).map(|point| point.effect.site).collect();
    // An earlier step that is not asked for its answer only shows where the place is used.
    let asked = candidate.check.clone().filter(|_| candidate.says.is_some());
    let body = &narrow(body, &Candidate { check: asked, ..candidate.clone() });
    let unnoticed = |effect: &Effect| {
        let looks = matches!(
            effect.operation,
            Operation::Lock { scope: LockScope::Thread, .. }
                | Operation::Check(_)
                | Operation::Read
                | Operation::ReadDir
        );
        looks && !sites.contains(&effect.site)
    };
    let others = effects(body).into_iter().filter(|effect| !unnoticed(effect));
    let kept = others.flat_map(|effect| effect.handle.into_iter().chain([effect.result])).collect();
    Narrowing { kept }.block(body, 0)
}

/// The body without the work that it starts, where it starts some and neither step of the candidate is part of it.
pub fn without_work(body: &Block, candidate: &Candidate) -> Option<Block> {
    let sites: Vec<Site> =
        candidate.check.iter().chain([&candidate.act]).map(|point| point.effect.site).collect();
    let before = size(body);
    let rest = idle(body, 0);
    let kept = effects(&rest);
    let whole = sites.iter().all(|site| kept.iter().any(|effect| effect.site == *site));
    (kept.len() < before && whole && !candidate.with_own_work).then_some(rest)
}

/// The block with all the work that it starts left out.
fn idle(block: &Block, depth: usize) -> Block {
    if depth > DEPTH {
        return Block::default();
    }
    let step = |step: &Step| match step {
        Step::Branch(branch) => Step::Branch(Branch {
            condition: branch.condition.clone(),
            then: idle(&branch.then, depth + 1),
            otherwise: idle(&branch.otherwise, depth + 1),
        }),
        Step::Loop(body) => Step::Loop(idle(body, depth + 1)),
        Step::Spawn(spawn) if !spawn.process => Step::Spawn(with_body(spawn, Block::default())),
        Step::Frame(frame) => Step::Frame(Frame {
            body: idle(&frame.body, depth + 1),
            result: frame.result,
            on_failure: frame.on_failure,
            defaulted: frame.defaulted,
            on_malformed: frame.on_malformed,
            on_misread: frame.on_misread,
            site: frame.site,
            name: frame.name.clone(),
            outward: frame.outward,
        }),
        other => other.clone(),
    };
    Block { steps: block.steps.iter().map(step).collect(), drops: block.drops.clone() }
}

/// The same work with another body.
fn with_body(spawn: &Spawn, body: Block) -> Spawn {
    Spawn { body, process: spawn.process, result: spawn.result, site: spawn.site }
}

/// Whether the one step stands before the other, and no loop leads back to it.
pub fn comes_before(body: &Block, first: Site, second: Site) -> bool {
    let order = |block: &Block| {
        let steps = effects(block);
        [first, second].map(|site| steps.iter().position(|effect| effect.site == site))
    };
    let [Some(one), Some(other)] = order(body) else { return false };
    one < other && !loops(body, 0).into_iter().any(|looped| order(looped).iter().all(Option::is_some))
}

/// All loops of the body.
fn loops(block: &Block, depth: usize) -> Vec<&Block> {
    if depth > DEPTH {
        return Vec::new();
    }
    let mut found = Vec::new();
    for step in &block.steps {
        let inner = match step {
            Step::Loop(body) => {
                found.push(body);
                [Some(body), None]
            }
            Step::Branch(branch) => [Some(&branch.then), Some(&branch.otherwise)],
            Step::Spawn(spawn) => [Some(&spawn.body), None],
            Step::Frame(frame) => [Some(&frame.body), None],
            Step::Effect(_) | Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => continue,
        };
        inner.into_iter().flatten().for_each(|block| found.extend(loops(block, depth + 1)));
    }
    found
}

fn collect<'a>(block: &'a Block, effects: &mut Vec<&'a Effect>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    for step in &block.steps {
        match step {
            Step::Effect(effect) => effects.push(effect),
            Step::Branch(branch) => {
                collect(&branch.then, effects, depth + 1);
                collect(&branch.otherwise, effects, depth + 1);
            }
            Step::Loop(body) => collect(body, effects, depth + 1),
            Step::Spawn(spawn) => collect(&spawn.body, effects, depth + 1),
            Step::Frame(frame) => collect(&frame.body, effects, depth + 1),
            Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}

/// The results that matter, growing by those of the calls that matter.
struct Narrowing {
    kept: FxHashSet<ResultId>,
}

impl Narrowing {
    fn block(&mut self, block: &Block, depth: usize) -> Block {
        if depth > DEPTH {
            return Block::default();
        }
        let steps = block.steps.iter().filter_map(|step| self.step(step, depth + 1)).collect();
        Block { steps, drops: block.drops.iter().filter(|r| self.kept.contains(r)).copied().collect() }
    }

    fn step(&mut self, step: &Step, depth: usize) -> Option<Step> {
        Some(match step {
            Step::Effect(effect) if !self.kept.contains(&effect.result) => return None,
            Step::Branch(branch) => {
                let (then, otherwise) =
                    (self.block(&branch.then, depth), self.block(&branch.otherwise, depth));
                let idle = !has_effects(&then, 0) && !has_effects(&otherwise, 0);
                // A decision on other things that does nothing but leave is taken not to leave.
                if idle && !self.decides(&branch.condition) {
                    return None;
                }
                Step::Branch(Branch { condition: branch.condition.clone(), then, otherwise })
            }
            Step::Loop(body) => {
                let body = self.block(body, depth);
                // What is left of a loop without effects only decides when it ends.
                if !has_effects(&body, 0) {
                    return None;
                }
                Step::Loop(body)
            }
            Step::Spawn(spawn) => {
                let body = self.block(&spawn.body, depth);
                self.kept.insert(spawn.result);
                Step::Spawn(with_body(spawn, body))
            }
            Step::Frame(frame) => {
                let body = self.block(&frame.body, depth);
                if !has_effects(&body, 0) && !self.speaks(&body, depth) {
                    return None;
                }
                self.kept.insert(frame.result);
                Step::Frame(Frame {
                    body,
                    result: frame.result,
                    on_failure: frame.on_failure,
                    defaulted: frame.defaulted,
                    on_malformed: frame.on_malformed,
                    on_misread: frame.on_misread,
                    site: frame.site,
                    name: frame.name.clone(),
                    outward: frame.outward,
                })
            }
            Step::Join(result) | Step::Release(result, _) if !self.kept.contains(result) => return None,
            other => other.clone(),
        })
    }

    fn decides(&self, condition: &Condition) -> bool {
        let mut found = false;
        condition.results(&mut |r| found |= self.kept.contains(&r));
        found
    }

    /// Whether what a body returns, or how it gets there, depends on what matters.
    fn speaks(&self, body: &Block, depth: usize) -> bool {
        depth <= DEPTH
            && body.steps.iter().any(|step| match step {
                Step::Branch(b) => {
                    self.decides(&b.condition)
                        || self.speaks(&b.then, depth + 1)
                        || self.speaks(&b.otherwise, depth + 1)
                }
                Step::Loop(b) => self.speaks(b, depth + 1),
                Step::Frame(f) => self.speaks(&f.body, depth + 1),
                Step::Exit(Exit::Return(value)) => self.carries(value, depth + 1),
                // Where what matters leads to the end of the program, nothing comes after it.
                Step::Exit(Exit::Panic) => true,
                _ => false,
            })
    }

    fn carries(&self, value: &Value, depth: usize) -> bool {
        depth <= DEPTH
            && match value {
                Value::Result(r) | Value::Failure(Some(r)) => self.kept.contains(r),
                Value::Derived(from) | Value::Variable(_, from) => from.iter().any(|r| self.kept.contains(r)),
                Value::Condition(condition) => self.decides(condition),
                Value::Success(inner) => self.carries(inner, depth + 1),
                Value::Structure(fields) => fields.iter().any(|(_, v)| self.carries(v, depth + 1)),
                _ => false,
            }
    }
}
