//! Functions of which the program itself runs several at the same time, on one place: a loop starts work that leads to them, and does
//! not wait for it before the next round.
//!
//! What one round hands to its work is that work's own, so a place that is made of it is another place in the next. What the work finds
//! out by itself, as the group that an entry belongs to, may be the same for two. A lock that the work takes keeps the others out; one
//! that is held around the loop does not.

use fsrace_analyzer::flow::{Block, Call, Check, Operation, Place, PlaceKind, ResultId, Step, Value};
use fsrace_analyzer::link::{FunctionId, Program};

/// How many callers are asked, and how many levels up.
const CALLERS: usize = 8;
const LEVELS: usize = 4;
/// Blocks nested deeper than this are left out.
const DEPTH: usize = 120;

/// Whether the program runs several of the function at once, for which the place may be the same.
pub fn are_run_on(program: &Program, function: FunctionId, place: &Place) -> bool {
    let mut parameters = Vec::new();
    place.parameters(&mut |index| parameters.push(index));
    climb(program, function, &parameters, LEVELS, &mut Vec::new())
}

/// Whether some caller, or a caller of that, starts several with the same in these parameters.
fn climb(
    program: &Program,
    function: FunctionId,
    parameters: &[u32],
    levels: usize,
    asked: &mut Vec<FunctionId>,
) -> bool {
    if levels == 0 || asked.contains(&function) {
        return false;
    }
    asked.push(function);
    program.callers(function).iter().take(CALLERS).any(|caller| {
        let Some(summary) = program.function(*caller) else { return false };
        if summary.context.test || summary.context.auxiliary {
            return false;
        }
        let mut calls = Vec::new();
        gather(&summary.body, &Within::default(), 0, &mut calls);
        calls.retain(|(call, _)| program.callee(*caller, call.result) == Some(function));
        let own = summary.parameters.len();
        calls.into_iter().any(|(call, tasks)| {
            let mut passed_on = Vec::new();
            let all_known = parameters.iter().all(|index| {
                call.arguments.get(*index as usize).is_some_and(|v| is_same(v, tasks, own, &mut passed_on))
            });
            match tasks {
                Some(_) => all_known,
                None => climb(program, *caller, &passed_on, levels - 1, asked),
            }
        })
    })
}

/// Whether what is handed in is the same in every round: it is a constant, was got before the rounds, or is made of the caller's own
/// parameters, which are added to those that are passed on. So may be the name of an entry that the work itself finds in a directory of
/// its own, beside that.
fn is_same(value: &Value, tasks: Option<Tasks<'_>>, own: usize, passed_on: &mut Vec<u32>) -> bool {
    match value {
        Value::Place(place) => {
            place.parameters(&mut |of| passed_on.push(of));
            !place.any(&mut |kind| match kind {
                PlaceKind::Opaque { .. } => !tasks.is_some_and(|tasks| lists(tasks.work, kind, 0)),
                PlaceKind::Result(_) | PlaceKind::Unique(..) => true,
                _ => false,
            })
        }
        // What derives from a list may be any entry of it.
        Value::Derived(results) | Value::Variable(_, results)
            if tasks.is_none() && results.iter().all(|result| (result.0 as usize) < own) =>
        {
            passed_on.extend(results.iter().map(|result| result.0));
            true
        }
        Value::Result(result) => tasks.is_some_and(|tasks| !makes(tasks.round, *result, 0)),
        Value::Structure(fields) => fields.iter().all(|(_, field)| is_same(field, tasks, own, passed_on)),
        _ => false,
    }
}

/// Whether the block has the step that this is the result of.
fn makes(block: &Block, result: ResultId, depth: usize) -> bool {
    depth > DEPTH
        || block.steps.iter().any(|step| match step {
            Step::Effect(effect) => effect.result == result,
            Step::Call(call) => call.result == result,
            Step::Spawn(spawn) => spawn.result == result || makes(&spawn.body, result, depth + 1),
            Step::Frame(frame) => frame.result == result || makes(&frame.body, result, depth + 1),
            Step::Loop(body) => makes(body, result, depth + 1),
            Step::Branch(branch) => {
                makes(&branch.then, result, depth + 1) || makes(&branch.otherwise, result, depth + 1)
            }
            Step::Join(_) | Step::Release(..) | Step::Exit(_) => false,
        })
}

/// Whether the block lists a directory of whose entries this is one.
fn lists(block: &Block, entry: &PlaceKind, depth: usize) -> bool {
    let is_it = |place: &Place| match place.kind() {
        PlaceKind::Join(_, name) => name.kind() == entry,
        _ => false,
    };
    depth <= DEPTH
        && block.steps.iter().any(|step| match step {
            Step::Effect(effect) => {
                effect.operation == Operation::Check(Check::Listed) && is_it(&effect.place)
            }
            Step::Spawn(spawn) => lists(&spawn.body, entry, depth + 1),
            Step::Frame(frame) => lists(&frame.body, entry, depth + 1),
            Step::Loop(body) => lists(body, entry, depth + 1),
            Step::Branch(branch) => {
                lists(&branch.then, entry, depth + 1) || lists(&branch.otherwise, entry, depth + 1)
            }
            Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => false,
        })
}

/// A loop that starts work in each round.
#[derive(Clone, Copy)]
struct Tasks<'b> {
    round: &'b Block,
    work: &'b Block,
}

/// What stands around a step: the innermost loop, the one that starts the work which the step is in, and the locks that are held there.
#[derive(Clone, Default)]
struct Within<'b> {
    looped: Option<&'b Block>,
    tasks: Option<Tasks<'b>>,
    locks: Vec<ResultId>,
}

/// The calls in a block that are made without a lock, each with the loop that starts several of the work that it stands in.
fn gather<'b>(
    block: &'b Block,
    around: &Within<'b>,
    depth: usize,
    calls: &mut Vec<(&'b Call, Option<Tasks<'b>>)>,
) {
    if depth > DEPTH {
        return;
    }
    let mut within = around.clone();
    for (at, step) in block.steps.iter().enumerate() {
        match step {
            Step::Call(call) if within.locks.is_empty() => calls.push((call, within.tasks)),
            Step::Effect(effect) if matches!(effect.operation, Operation::Lock { .. }) => {
                within.locks.push(effect.result);
            }
            Step::Release(lock, _) => within.locks.retain(|held| held != lock),
            Step::Branch(branch) => {
                gather(&branch.then, &within, depth + 1, calls);
                gather(&branch.otherwise, &within, depth + 1, calls);
            }
            Step::Loop(body) => {
                gather(body, &Within { looped: Some(body), ..within.clone() }, depth + 1, calls);
            }
            Step::Spawn(spawn) => {
                let rest = block.steps.get(at + 1..).unwrap_or_default();
                let awaited = rest.iter().any(|s| matches!(s, Step::Join(work) if *work == spawn.result));
                let several = within.looped.filter(|_| !awaited && !spawn.process);
                let started = several.map(|round| Tasks { round, work: &spawn.body });
                let tasks = within.tasks.or(started);
                gather(&spawn.body, &Within { tasks, ..Within::default() }, depth + 1, calls);
            }
            Step::Frame(frame) => gather(&frame.body, &within, depth + 1, calls),
            Step::Effect(_) | Step::Call(_) | Step::Join(_) | Step::Exit(_) => {}
        }
    }
}
