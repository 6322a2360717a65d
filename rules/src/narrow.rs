//! A body without what does not bear on one place, so that exploring it stays small.
//!
//! The explorer slices too, and keeps what lies above and below the place. In a large function that is too much; what is left
//! here is the place itself, what is renamed or copied to or from it, the handles on these, and all locks.

use crate::pairs::Candidate;
use fsrace_analyzer::flow::{Block, Branch, Effect, Frame, Operation, Place, ResultId, Spawn, Step};
use rustc_hash::FxHashSet;

/// Bodies nested deeper than this are cut off there.
const DEPTH: usize = 150;
/// How many places are followed through renames and copies.
const PLACES: usize = 8;

/// The body, narrowed to the candidate's place.
pub fn narrow(body: &Block, candidate: &Candidate) -> Block {
    let mut effects = Vec::new();
    collect(body, &mut effects, 0);
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
    let kept: FxHashSet<ResultId> = effects
        .iter()
        .filter(|e| {
            matches!(e.operation, Operation::Lock { .. })
                || places.contains(&&e.place)
                || e.other_place.as_ref().is_some_and(|o| places.contains(&o))
        })
        .flat_map(|e| e.handle.into_iter().chain([e.result]))
        .collect();
    keep(body, &kept, 0)
}

/// How many effects the body has.
pub fn size(body: &Block) -> usize {
    let mut effects = Vec::new();
    collect(body, &mut effects, 0);
    effects.len()
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

fn keep(block: &Block, kept: &FxHashSet<ResultId>, depth: usize) -> Block {
    if depth > DEPTH {
        return Block::default();
    }
    let inner = |b: &Block| keep(b, kept, depth + 1);
    let steps = block.steps.iter().filter_map(|step| {
        Some(match step {
            Step::Effect(effect) if !kept.contains(&effect.result) => return None,
            Step::Branch(branch) => {
                let (then, otherwise) = (inner(&branch.then), inner(&branch.otherwise));
                if then.steps.is_empty() && otherwise.steps.is_empty() {
                    return None;
                }
                Step::Branch(Branch { condition: branch.condition.clone(), then, otherwise })
            }
            Step::Loop(body) => {
                let body = inner(body);
                // What is left of a loop without effects only decides when it ends.
                if size(&body) == 0 {
                    return None;
                }
                Step::Loop(body)
            }
            Step::Spawn(spawn) => Step::Spawn(Spawn { body: inner(&spawn.body), ..spawn.clone() }),
            Step::Frame(frame) => Step::Frame(Frame { body: inner(&frame.body), ..frame.clone() }),
            other => other.clone(),
        })
    });
    Block { steps: steps.collect(), drops: block.drops.clone() }
}
