//! What a frame's result stands for.

use crate::flow::{Block, Condition, Exit, OnFailure, ResultId, Step, Value};

/// The inner results that decide what `result`, the result of a frame in `block`, is: those that the frame returns, those whose
/// conditions choose between its returns, and those whose failure it hands on. Transitive, in order of appearance, without
/// `result` itself; empty if `result` is not a frame's. So a branch on a wrapper's answer is known for a branch on the check
/// inside it.
pub fn origin(block: &Block, result: ResultId) -> Vec<ResultId> {
    let mut found = Vec::new();
    let mut next = Some(result);
    let mut at = 0;
    while let Some(r) = next {
        if let Some(body) = frame(block, r) {
            collect(body, &mut Vec::new(), &mut found);
        }
        next = found.get(at).copied();
        at += 1;
    }
    found.retain(|r| *r != result);
    found
}

fn frame(block: &Block, result: ResultId) -> Option<&Block> {
    block.steps.iter().find_map(|step| match step {
        Step::Frame(f) if f.result == result => Some(&f.body),
        Step::Frame(f) => frame(&f.body, result),
        Step::Branch(b) => frame(&b.then, result).or_else(|| frame(&b.otherwise, result)),
        Step::Loop(body) => frame(body, result),
        Step::Spawn(s) => frame(&s.body, result),
        Step::Effect(_) | Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => None,
    })
}

fn add(found: &mut Vec<ResultId>, result: ResultId) {
    if !found.contains(&result) {
        found.push(result);
    }
}

fn collect<'b>(block: &'b Block, conditions: &mut Vec<&'b Condition>, found: &mut Vec<ResultId>) {
    for step in &block.steps {
        match step {
            Step::Effect(e) if e.on_failure == OnFailure::Propagate => add(found, e.result),
            Step::Call(c) if c.on_failure == OnFailure::Propagate => add(found, c.result),
            Step::Frame(f) if f.on_failure == OnFailure::Propagate => add(found, f.result),
            Step::Exit(Exit::Return(value)) => {
                returned(value, &mut |r| add(found, r));
                conditions.iter().for_each(|c| c.results(&mut |r| add(found, r)));
            }
            Step::Branch(b) => {
                conditions.push(&b.condition);
                collect(&b.then, conditions, found);
                collect(&b.otherwise, conditions, found);
                conditions.pop();
            }
            Step::Loop(body) => collect(body, conditions, found),
            _ => {}
        }
    }
}

fn returned(value: &Value, add: &mut impl FnMut(ResultId)) {
    match value {
        Value::Result(r) | Value::Failure(Some(r)) => add(*r),
        Value::Condition(c) => c.results(add),
        Value::Success(v) => returned(v, add),
        Value::Structure(fields) => fields.iter().for_each(|(_, v)| returned(v, add)),
        Value::Opaque
        | Value::Derived(_)
        | Value::Variable(..)
        | Value::Place(_)
        | Value::Flags(_)
        | Value::Code { .. }
        | Value::Failure(None) => {}
    }
}
