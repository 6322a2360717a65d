//! Functions that return with a mutex held.

use super::{DEPTH, Reach, keeps_out};
use fsrace_analyzer::flow::{Block, FlowSummary, ResultId, Step};
use fsrace_analyzer::link::each_step;

/// Whether the function takes a mutex that nothing in it gives back: `lock()` of a value that has an `unlock()` too, or what makes a
/// guard.
pub fn leaves_one(summary: &FlowSummary) -> bool {
    let mut taken = Vec::new();
    each_step(&summary.body, &mut |step| match step {
        Step::Effect(effect) if keeps_out(effect) == Reach::Threads => taken.push(effect.result),
        _ => {}
    });
    if taken.is_empty() {
        return false;
    }
    let mut given = Vec::new();
    given_back(&summary.body, &mut given, 0);
    taken.iter().any(|lock| !given.contains(lock))
}

/// What is released in the block, or where it or one in it is left.
pub fn given_back(block: &Block, given: &mut Vec<ResultId>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    given.extend(&block.drops);
    for step in &block.steps {
        match step {
            Step::Release(result, _) => given.push(*result),
            Step::Branch(branch) => {
                given_back(&branch.then, given, depth + 1);
                given_back(&branch.otherwise, given, depth + 1);
            }
            Step::Loop(body) => given_back(body, given, depth + 1),
            Step::Frame(frame) => given_back(&frame.body, given, depth + 1),
            Step::Spawn(spawn) => given_back(&spawn.body, given, depth + 1),
            Step::Effect(_) | Step::Call(_) | Step::Join(_) | Step::Exit(_) => {}
        }
    }
}
