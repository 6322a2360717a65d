//! Locks that are taken by the context managers that code enters, in ways that are not followed.
//!
//! A context manager of the program that calls a `lock` before it lets anybody in keeps others out of its block, be that lock the
//! program's own kind, or taken by a context manager that it enters itself.

use crate::guarded::asserts;
use crate::names;
use fsrace_analyzer::flow::{Block, Call, FlowSummary, Step};
use fsrace_analyzer::link::{FunctionId, Location, Program};

/// How many context managers are looked into, one entered by the other, and how deep blocks may nest.
const LEVELS: usize = 3;
const DEPTH: usize = 60;

/// Whether all of these steps of the function's own source stand in one block of a context manager that takes a lock.
pub fn is_held(program: &Program, function: FunctionId, steps: &[Location]) -> bool {
    let Some(summary) = program.function(function) else { return false };
    Search { program, function, summary, steps }.block(&summary.body, DEPTH)
}

struct Search<'s> {
    program: &'s Program,
    function: FunctionId,
    summary: &'s FlowSummary,
    steps: &'s [Location],
}

impl Search<'_> {
    fn block(&self, block: &Block, depth: usize) -> bool {
        let Some(left) = depth.checked_sub(1) else { return false };
        block.steps.iter().enumerate().any(|(at, step)| match step {
            Step::Call(call) if block.drops.contains(&call.result) && self.takes_a_lock(call) => {
                let inside = block.steps.get(at + 1..).unwrap_or_default();
                self.steps.iter().all(|wanted| inside.iter().any(|step| self.holds(step, *wanted, left)))
            }
            Step::Branch(branch) => self.block(&branch.then, left) || self.block(&branch.otherwise, left),
            Step::Loop(body) => self.block(body, left),
            Step::Frame(frame) => self.block(&frame.body, left),
            _ => false,
        })
    }

    fn takes_a_lock(&self, call: &Call) -> bool {
        let callee = self.program.callee(self.function, call.result);
        callee.is_some_and(|callee| takes_a_lock(self.program, callee, LEVELS))
    }

    /// Whether the step is the wanted one, or has it within.
    fn holds(&self, step: &Step, wanted: Location, depth: usize) -> bool {
        let Some(left) = depth.checked_sub(1) else { return false };
        let any = |block: &Block| block.steps.iter().any(|step| self.holds(step, wanted, left));
        let site = match step {
            Step::Effect(effect) => effect.site,
            Step::Call(call) => call.site,
            Step::Branch(branch) => return any(&branch.then) || any(&branch.otherwise),
            Step::Loop(body) => return any(body),
            Step::Frame(frame) => return any(&frame.body),
            Step::Spawn(spawn) => return any(&spawn.body),
            _ => return false,
        };
        self.summary.sites.get(site.0 as usize) == Some(&wanted.span)
    }
}

/// Whether this is a context manager that takes a lock of whatever kind before it lets anybody in.
fn takes_a_lock(program: &Program, function: FunctionId, levels: usize) -> bool {
    let Some(summary) = program.function(function).filter(|summary| summary.context.part) else {
        return false;
    };
    asserts(&summary.body, &[]) || calls_a_lock(program, function, &summary.body, levels)
}

fn calls_a_lock(program: &Program, function: FunctionId, block: &Block, levels: usize) -> bool {
    let Some(left) = levels.checked_sub(1) else { return false };
    block.steps.iter().any(|step| match step {
        Step::Call(call) => {
            // What `acquire` gives may be anything; a lock that keeps threads apart is known by its type.
            matches!(names::last(call.callee.name()), "lock" | "lock_exclusive" | "acquire_lock")
                || program
                    .callee(function, call.result)
                    .is_some_and(|callee| takes_a_lock(program, callee, left))
        }
        Step::Branch(b) => {
            calls_a_lock(program, function, &b.then, levels)
                || calls_a_lock(program, function, &b.otherwise, levels)
        }
        Step::Frame(f) => calls_a_lock(program, function, &f.body, levels),
        _ => false,
    })
}
