//! Functions that hand on a lock that another has taken.

use super::{DEPTH, PIECE, keeps_threads_out_only};
use crate::guarded;
use fsrace_analyzer::flow::{Block, Call, Exit, FlowSummary, Place, PlaceKind, ResultId, Step, Value};
use fsrace_analyzer::link::{FunctionId, Program};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// Adds the functions that return what another has taken, at any depth. Told of those that take a lock which others may hold too where
/// they are given true, by which parameter.
pub fn hand_on(
    program: &Program,
    functions: &[(FunctionId, &FlowSummary)],
    takers: &mut FxHashSet<FunctionId>,
) -> FxHashMap<FunctionId, ResultId> {
    let returned = |(id, summary): &(FunctionId, &FlowSummary)| {
        let mut handing = Handing { program, function: *id, calls: Vec::new(), inside: Vec::new() };
        let mut from = Vec::new();
        handing.returned(&summary.body, &mut from, 0);
        (!from.is_empty()).then_some((*id, from))
    };
    let handing: Vec<(FunctionId, Vec<Returned>)> =
        functions.par_iter().with_max_len(PIECE).filter_map(returned).collect();
    loop {
        let takes =
            |from: &Returned| from.takes || from.callee.is_some_and(|callee| takers.contains(&callee));
        let more: Vec<FunctionId> = handing
            .iter()
            .filter(|(id, from)| !takers.contains(id) && from.iter().any(takes))
            .map(|(id, _)| *id)
            .collect();
        if more.is_empty() {
            break;
        }
        takers.extend(more);
    }
    let asked =
        handing.iter().filter_map(|(id, from)| Some((*id, from.iter().find_map(|from| from.shared)?)));
    let of_parameters = |(id, asked): &(FunctionId, ResultId)| {
        program.function(*id).is_some_and(|summary| (asked.0 as usize) < summary.parameters.len())
    };
    asked.filter(of_parameters).collect()
}

/// A call whose result may be a lock.
#[derive(Clone, Copy)]
struct Returned {
    /// Whether it is one by its name.
    takes: bool,
    /// What decides whether others may hold it too.
    shared: Option<ResultId>,
    callee: Option<FunctionId>,
}

/// Asks which calls' results a function returns.
struct Handing<'a> {
    program: &'a Program,
    function: FunctionId,
    /// Those so far, of which few are returned.
    calls: Vec<&'a Call>,
    /// What closures that are called in place return.
    inside: Vec<(ResultId, Returned)>,
}

impl<'a> Handing<'a> {
    fn returned(&mut self, block: &'a Block, returned: &mut Vec<Returned>, depth: usize) {
        if depth > DEPTH {
            return;
        }
        for step in &block.steps {
            match step {
                Step::Call(call) => self.calls.push(call),
                Step::Frame(frame) => {
                    let mut inside = Vec::new();
                    self.returned(&frame.body, &mut inside, depth + 1);
                    self.inside.extend(inside.into_iter().map(|from| (frame.result, from)));
                }
                Step::Branch(branch) => {
                    self.returned(&branch.then, returned, depth + 1);
                    self.returned(&branch.otherwise, returned, depth + 1);
                }
                Step::Loop(body) => self.returned(body, returned, depth + 1),
                Step::Exit(Exit::Return(value)) => self.add(value, returned, 0),
                _ => {}
            }
        }
    }

    /// Adds what the value is of: the results that it is, or has as a part.
    fn add(&self, value: &Value, returned: &mut Vec<Returned>, depth: usize) {
        match value {
            Value::Result(result) => self.add_result(*result, returned),
            Value::Place(place) => {
                if let Some(result) = result_of(place) {
                    self.add_result(result, returned);
                }
            }
            Value::Success(value) if depth < DEPTH => self.add(value, returned, depth + 1),
            Value::Structure(fields) if depth < DEPTH => {
                fields.iter().for_each(|(_, value)| self.add(value, returned, depth + 1));
            }
            _ => {}
        }
    }

    fn add_result(&self, result: ResultId, returned: &mut Vec<Returned>) {
        returned.extend(self.inside.iter().filter(|(of, _)| *of == result).map(|(_, from)| *from));
        returned.extend(self.calls.iter().filter(|call| call.result == result).filter_map(|call| {
            let callee = self.program.callee(self.function, call.result);
            let takes = guarded::returns_locked(call)
                && !callee.is_some_and(|callee| keeps_threads_out_only(self.program, callee));
            let shared = if takes { guarded::shared_by(call) } else { None };
            (takes || callee.is_some()).then_some(Returned { takes, shared, callee })
        }));
    }
}

/// The result that a place is told by, or one of several that came back together.
fn result_of(place: &Place) -> Option<ResultId> {
    match place.kind() {
        PlaceKind::Result(result) => Some(*result),
        PlaceKind::Field { base, .. } => match base.kind() {
            PlaceKind::Result(result) => Some(*result),
            _ => None,
        },
        _ => None,
    }
}
