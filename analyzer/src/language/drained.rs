//! Files that are read by going through their lines, or by whatever takes an open file for its input: no call says so, but what is made
//! of them is written or handed on.

use crate::flow::{Block, Effect, Exit, OnFailure, Operation, ResultId, Step, Value};
use crate::language::steps::Steps;
use rustc_hash::{FxHashMap, FxHashSet};

/// Adds the reads of files that were opened for reading and of which what is written, returned or handed on is made.
pub fn note_reads(body: &mut Block, steps: &mut Steps) {
    let mut opened = FxHashSet::default();
    find_opened(body, &mut opened);
    if opened.is_empty() {
        return;
    }
    let mut drained = FxHashMap::default();
    let mut note = |data: &mut Vec<ResultId>| {
        for result in data.iter().filter(|result| opened.contains(*result)) {
            drained.entry(*result).or_insert(None);
        }
    };
    each_data(body, &mut note);
    let mut filled: Vec<ResultId> = steps.fills.iter().map(|(_, result)| *result).collect();
    note(&mut filled);
    if drained.is_empty() {
        return;
    }
    add_reads(body, &mut drained, steps);
    let mut rename = |data: &mut Vec<ResultId>| {
        for result in data {
            if let Some(Some(read)) = drained.get(result) {
                *result = *read;
            }
        }
    };
    each_data(body, &mut rename);
    for (_, result) in &mut steps.fills {
        if let Some(Some(read)) = drained.get(result) {
            *result = *read;
        }
    }
}

/// The files that are surely open where the code goes on.
fn is_opened(effect: &Effect) -> bool {
    let reads = matches!(effect.operation, Operation::Open(flags) if flags.read && !flags.truncate);
    reads && effect.on_failure != OnFailure::Continue
}

fn find_opened(block: &Block, opened: &mut FxHashSet<ResultId>) {
    for step in &block.steps {
        match step {
            Step::Effect(effect) if is_opened(effect) => {
                opened.insert(effect.result);
            }
            Step::Branch(branch) => {
                find_opened(&branch.then, opened);
                find_opened(&branch.otherwise, opened);
            }
            Step::Loop(body) => find_opened(body, opened),
            Step::Spawn(spawn) => find_opened(&spawn.body, opened),
            Step::Frame(frame) => find_opened(&frame.body, opened),
            Step::Effect(_) | Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}

/// Visits what is written, returned or handed on.
fn each_data(block: &mut Block, visit: &mut impl FnMut(&mut Vec<ResultId>)) {
    for step in &mut block.steps {
        match step {
            Step::Effect(effect) => {
                visit(&mut effect.data);
                in_value(&mut effect.content, visit);
            }
            Step::Call(call) => call.arguments.iter_mut().for_each(|given| in_value(given, visit)),
            Step::Exit(Exit::Return(value)) => in_value(value, visit),
            Step::Branch(branch) => {
                each_data(&mut branch.then, visit);
                each_data(&mut branch.otherwise, visit);
            }
            Step::Loop(body) => each_data(body, visit),
            Step::Spawn(spawn) => each_data(&mut spawn.body, visit),
            Step::Frame(frame) => each_data(&mut frame.body, visit),
            Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}

/// Of a value, the data in it. A handle that is handed on is no data.
fn in_value(value: &mut Value, visit: &mut impl FnMut(&mut Vec<ResultId>)) {
    match value {
        Value::Derived(data) | Value::Variable(_, data) | Value::Code { data, .. } => visit(data),
        Value::Success(inner) => in_value(inner, visit),
        Value::Structure(fields) => fields.iter_mut().for_each(|(_, field)| in_value(field, visit)),
        Value::Opaque
        | Value::Place(_)
        | Value::Result(_)
        | Value::Condition(_)
        | Value::Flags(_)
        | Value::Failure(_) => {}
    }
}

/// Puts a read behind each open of a file that is read so.
fn add_reads(block: &mut Block, drained: &mut FxHashMap<ResultId, Option<ResultId>>, steps: &mut Steps) {
    let mut at = 0;
    while let Some(step) = block.steps.get_mut(at) {
        at += 1;
        match step {
            Step::Effect(effect) if is_opened(effect) => {
                let Some(read) = drained.get_mut(&effect.result) else { continue };
                let result = steps.result();
                *read = Some(result);
                let through = Effect {
                    handle: Some(effect.result),
                    on_failure: effect.on_failure,
                    certainty: effect.certainty,
                    ..Effect::plain(
                        Operation::Read,
                        effect.place.clone(),
                        result,
                        effect.api.clone(),
                        effect.site,
                    )
                };
                block.steps.insert(at, Step::Effect(through));
                at += 1;
            }
            Step::Branch(branch) => {
                add_reads(&mut branch.then, drained, steps);
                add_reads(&mut branch.otherwise, drained, steps);
            }
            Step::Loop(body) => add_reads(body, drained, steps),
            Step::Spawn(spawn) => add_reads(&mut spawn.body, drained, steps),
            Step::Frame(frame) => add_reads(&mut frame.body, drained, steps),
            Step::Effect(_) | Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}
