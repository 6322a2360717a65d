//! What a program makes at its start, before anything else of it comes to the place: who looks for it later finds it, and makes nothing.
//!
//! A walk from each beginning of the program tells whether the place is surely made before the first call that leads to the other
//! function. What nothing leads to by name, as an event's handler, comes after the beginning.

use crate::evidence::{Evidence, Kind, Role, Strength, Use};
use crate::in_order::{all_leading_to, stands_at};
use crate::pairs::{Candidate, Meaning, Relation};
use crate::trace::Says;
use fsrace_analyzer::flow::{Block, Condition, Effect, Exit, Place, PlaceKind, ResultId, Step, Value};
use fsrace_analyzer::link::{FunctionId, Location, Program};
use rustc_hash::{FxHashMap, FxHashSet};

/// How many calls lead from a beginning to what is looked for.
const LEVELS: usize = 8;
/// How many calls are followed from the beginnings, all ways together: who is called in many ways is not followed in all of them.
const CALLS: usize = 4_000;
/// Blocks nested deeper than this are left out: deeper code is generated or hostile.
const DEPTH: usize = 120;

/// Whether the candidate makes what the program has made before it comes to the function.
pub fn is_there_before(
    program: &Program,
    evidence: &Evidence,
    function: FunctionId,
    candidate: &Candidate,
) -> bool {
    let place = &candidate.place;
    let varies = |kind: &PlaceKind| {
        matches!(kind, PlaceKind::Parameter { .. } | PlaceKind::Opaque { .. } | PlaceKind::Result(_))
    };
    let kind = Kind::of(candidate.act.effect.operation);
    let makes_what_is_missing = candidate.says == Some(Says::Absent)
        && candidate.relation == Relation::Same
        && candidate.meaning == Meaning::Plain;
    let Some(kind) = kind.filter(|_| makes_what_is_missing) else { return false };
    if place.any(&mut |kind| varies(kind)) {
        return false;
    }
    let makes = |u: &Use| {
        u.inner.function != function
            && u.kind == Some(kind)
            && Start::walked(program, u.inner, function).is_some_and(|start| !start.early)
    };
    let made = evidence.find(place, &[Role::Creates], makes);
    let Some(made) = made.filter(|other| other.strength == Strength::Full) else { return false };
    // Who removes it does so before it is made, or it is gone by now.
    let removes = |u: &Use| {
        Start::walked(program, made.found.inner, u.inner.function)
            .is_none_or(|start| start.late || !start.early)
    };
    evidence.find_removal(place, removes).is_none_or(|other| other.strength != Strength::Full)
}

/// The question whether one step is done before one function is come to.
struct Start<'p> {
    program: &'p Program,
    /// Where the place is made.
    made: Location,
    /// The function that may be come to before.
    other: FunctionId,
    /// What leads there.
    to_made: FxHashSet<FunctionId>,
    /// The function, and what leads there.
    to_other: FxHashSet<FunctionId>,
    /// Whether the function is come to before it is sure that the place is made.
    early: bool,
    /// Whether it is come to after that.
    late: bool,
    /// Whether it is made on a way from a beginning.
    found: bool,
    /// How many more calls may be followed.
    calls: usize,
}

impl<'p> Start<'p> {
    /// What all beginnings of the program come to; none where one of them does not make the place.
    fn walked(program: &'p Program, made: Location, other: FunctionId) -> Option<Self> {
        let (to_made, to_other) = (all_leading_to(program, made.function)?, all_leading_to(program, other)?);
        let first = is_run_first(program, made.function, other);
        let (early, late, found, calls) = (false, false, false, CALLS);
        let mut start = Start { program, made, other, to_made, to_other, early, late, found, calls };
        if let Some(first) = first {
            start.late = true;
            return start.function(first, false, LEVELS, &mut Vec::new()).then_some(start);
        }
        let beginnings = program.functions().filter(|(_, summary)| {
            summary.context.main && !summary.context.test && !summary.context.auxiliary
        });
        let mut all = true;
        for (beginning, _) in beginnings {
            start.early |= beginning == other;
            let leads = start.to_made.contains(&beginning);
            if leads || start.to_other.contains(&beginning) {
                start.function(beginning, false, LEVELS, &mut Vec::new());
            }
            all &= leads;
        }
        // Where no beginning leads to it, any may.
        let is_main = |of: &FunctionId| program.function(*of).is_some_and(|summary| summary.context.main);
        let is_led_to = start.to_other.iter().any(is_main);
        (start.found && (is_led_to || all)).then_some(start)
    }

    /// Walks a function that is called where the place is made or not; whether it surely is when the function is done.
    fn function(
        &mut self,
        function: FunctionId,
        done: bool,
        levels: usize,
        asked: &mut Vec<FunctionId>,
    ) -> bool {
        let Some(summary) = self.program.function(function) else { return done };
        let Some(calls) = self.calls.checked_sub(1) else {
            self.early = true;
            return done;
        };
        self.calls = calls;
        if levels == 0 || asked.contains(&function) {
            self.early |= !done && self.to_other.contains(&function);
            return done;
        }
        asked.push(function);
        let mut walk = Walk { start: self, function, levels, asked, looks: FxHashMap::default(), ends: true };
        let end = walk.block(&summary.body, done, 0);
        let end = end.is_none_or(|end| end) && walk.ends;
        asked.pop();
        end || done
    }
}

struct Walk<'s, 'p> {
    start: &'s mut Start<'p>,
    function: FunctionId,
    levels: usize,
    asked: &'s mut Vec<FunctionId>,
    /// What each look was at.
    looks: FxHashMap<ResultId, &'p Place>,
    /// Whether the place is made at all ends that return something.
    ends: bool,
}

impl<'p> Walk<'_, 'p> {
    /// Walks a block; whether the place is made at its end, if that is reached.
    fn block(&mut self, block: &'p Block, mut done: bool, depth: usize) -> Option<bool> {
        if depth > DEPTH {
            return Some(done);
        }
        for step in &block.steps {
            match step {
                Step::Effect(effect) => {
                    if effect.operation.is_check() {
                        self.looks.insert(effect.result, &effect.place);
                    }
                    done |= self.makes(effect);
                    self.start.found |= done;
                }
                Step::Call(call) => {
                    let callee = self.start.program.callee(self.function, call.result);
                    if let Some(callee) = callee {
                        done = self.call(callee, done);
                    }
                }
                Step::Branch(branch) => {
                    let then = self.block(&branch.then, done, depth + 1);
                    let otherwise = self.block(&branch.otherwise, done, depth + 1);
                    // Who makes it where it was not there has seen to it that it is.
                    let seen_to = (then == Some(true) || otherwise == Some(true))
                        && self.asks_for_it(&branch.condition, [&branch.then, &branch.otherwise]);
                    done = match (then, otherwise) {
                        (Some(then), Some(otherwise)) => seen_to || (then && otherwise),
                        (end, None) | (None, end) => end?,
                    };
                }
                Step::Loop(body) => {
                    self.block(body, done, depth + 1);
                }
                Step::Frame(frame) => {
                    let ends = std::mem::replace(&mut self.ends, true);
                    let end = self.block(&frame.body, done, depth + 1);
                    done |= end.is_none_or(|end| end) && self.ends;
                    self.ends = ends;
                }
                Step::Spawn(spawn) => {
                    self.block(&spawn.body, done, depth + 1);
                }
                Step::Exit(exit) => {
                    let fails = matches!(exit, Exit::Panic | Exit::Return(Value::Failure(_)));
                    self.ends &= done || fails || !matches!(exit, Exit::Return(_));
                    return None;
                }
                Step::Join(_) | Step::Release(..) => {}
            }
        }
        Some(done)
    }

    fn call(&mut self, callee: FunctionId, done: bool) -> bool {
        let Start { to_made, to_other, other, .. } = &*self.start;
        let (makes, leads) = (to_made.contains(&callee), to_other.contains(&callee));
        if callee == *other {
            self.start.early |= !done;
            self.start.late |= done;
        }
        match (makes, leads) {
            (false, true) => {
                self.start.early |= !done;
                self.start.late |= done;
                done
            }
            (true, _) => self.start.function(callee, done, self.levels - 1, self.asked),
            (false, false) => done,
        }
    }

    /// Whether the condition asks for the place that is made in one of these blocks.
    fn asks_for_it(&self, condition: &Condition, blocks: [&Block; 2]) -> bool {
        let result = match condition {
            Condition::Not(inner) => inner,
            other => other,
        };
        let (Condition::True(result) | Condition::Ok(result) | Condition::Failed(result, _)) = result else {
            return false;
        };
        let Some(looked) = self.looks.get(result) else { return false };
        let steps = blocks.into_iter().flat_map(|block| &block.steps);
        let mut effects = steps.filter_map(|step| match step {
            Step::Effect(effect) => Some(effect),
            _ => None,
        });
        effects.any(|effect| effect.place == **looked && self.makes(effect))
    }

    /// Whether the effect makes the place.
    fn makes(&self, effect: &Effect) -> bool {
        let Start { program, made, .. } = &*self.start;
        self.function == made.function && stands_at(program, *made, effect.site)
    }
}

/// The function, if it is run before anything else of its file or package is, and the other is of that.
fn is_run_first(program: &Program, function: FunctionId, other: FunctionId) -> Option<FunctionId> {
    let (of, other) = (program.function(function)?, program.function(other)?);
    let (within, name) = of.name.rsplit_once("::")?;
    let is_first = name == "{module}" || (name == "init" && !of.has_receiver && of.parameters.is_empty());
    let is_near = other.name.strip_prefix(within).is_some_and(|rest| rest.starts_with("::"));
    (is_first && is_near && !of.context.main && !of.context.public && is_called_by_nobody(program, function))
        .then_some(function)
}

/// Whether nothing calls the function by its name: it is the language that does.
fn is_called_by_nobody(program: &Program, function: FunctionId) -> bool {
    program.callers(function).is_empty() && program.askers(function).is_empty()
}
