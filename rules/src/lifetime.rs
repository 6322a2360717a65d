//! What two functions do to one value, one after the other: who makes it or makes it ready, and the method that is done with it.
//!
//! A value that is filled from a file by one function and saved to it by a method is an update of the file by whoever calls both, and a
//! lock that one method takes and another gives up is one lock. What lies between the two calls is their caller's, so that only what no
//! caller can mend is asked: the update that nothing around the saving method locks, and the removal of the lock's own file.

use crate::pairs::{Candidate, Point, is_private, removed_by_path};
use crate::rule::Rule;
use crate::trace::Trace;
use crate::{lock_after_check, read_modify_write};
use fsrace_analyzer::flow::{Block, FlowSummary, Operation, Place, PlaceKind};
use fsrace_analyzer::link::{FunctionId, Program};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// How many functions that make one type's values ready are tried for one that is done with them.
const BEGINNINGS: usize = 4;

/// What a function may do to a value of some type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// It leaves a lock held.
    pub takes: bool,
    /// It leaves a lock held that nobody else can hold.
    pub keeps_out: bool,
    /// It reads a file: what it returns may be made of that, or if it is a method, the value that it is called on is.
    pub loads: bool,
    /// It is a method that removes a file that its value names.
    pub removes: bool,
    /// It is a method that writes its value to a file that the value names, without a lock.
    pub saves: bool,
}

impl Part {
    /// What the function does, as far as its trace tells.
    pub fn of(summary: &FlowSummary, trace: &Trace<'_>) -> Self {
        if summary.context.test || summary.context.auxiliary {
            return Part::default();
        }
        let has_receiver = summary.has_receiver;
        let (takes, keeps_out) = (trace.leaves_locked, trace.leaves_locked_alone);
        // What comes before a block that it is entered for is no life of a value, but the block runs under its locks.
        if summary.context.part {
            return Part { keeps_out, ..Part::default() };
        }
        let mut part = Part { takes, keeps_out, ..Part::default() };
        for (index, event) in trace.events.iter().enumerate() {
            let effect = event.effect;
            part.loads |= effect.operation == Operation::Read
                && !is_private(&effect.place)
                && (!has_receiver
                    || (is_of_the_value(&effect.place)
                        && summary
                            .fills
                            .iter()
                            .any(|(into, result)| *into == 0 && trace.origins(*result).contains(&index))));
            part.removes |= has_receiver && removed_by_path(effect).is_some_and(is_of_the_value);
            part.saves |= has_receiver
                && event.held.is_empty()
                && read_modify_write::written(trace, index, effect)
                    .is_some_and(|(place, _)| is_of_the_value(place));
        }
        part
    }

    fn begins(self) -> bool {
        self.takes || self.loads
    }

    fn ends(self) -> bool {
        self.removes || self.saves
    }
}

/// Whether the value that the method is of names the place.
fn is_of_the_value(place: &Place) -> bool {
    place.any(&mut |kind| match kind {
        PlaceKind::Field { base, .. } => matches!(base.kind(), PlaceKind::Parameter { index: 0, .. }),
        _ => false,
    })
}

/// Two functions of one value, linked, with what the rules find across them.
#[derive(Debug)]
pub struct Life {
    /// The earlier one.
    pub first: FunctionId,
    /// The later one.
    pub function: FunctionId,
    /// Both, one after the other.
    pub body: Block,
    /// What is found in it.
    pub candidates: Vec<(&'static Rule, Candidate)>,
}

/// All pairs of functions of one value between which something is found, in order.
pub fn lives(program: &Program, parts: &[(FunctionId, Part)], rules: &[&'static Rule]) -> Vec<Life> {
    let mut beginnings: FxHashMap<String, Vec<(FunctionId, Part)>> = FxHashMap::default();
    for (function, part) in parts.iter().filter(|(_, part)| part.begins()) {
        for of in program.made_or_held(*function) {
            let known = beginnings.entry(of).or_default();
            known.push((*function, *part));
        }
    }
    let ends = parts.par_iter().filter(|(_, part)| part.ends());
    ends.flat_map_iter(|(function, part)| ended_by(program, *function, *part, &beginnings, rules)).collect()
}

/// What is found between this function and those that make its values, or make them ready.
fn ended_by(
    program: &Program,
    function: FunctionId,
    part: Part,
    beginnings: &FxHashMap<String, Vec<(FunctionId, Part)>>,
    rules: &[&'static Rule],
) -> Vec<Life> {
    let Some(of) = program.receiver(function) else { return Vec::new() };
    let fits = |begins: &Part| (begins.takes && part.removes) || (begins.loads && part.saves);
    let known = beginnings.get(of).into_iter().flatten();
    let mut known: Vec<_> = known.filter(|(first, p)| *first != function && fits(p)).collect();
    // Its own methods and makers first, then those of whatever has it for a part.
    known.sort_by_key(|(first, _)| program.made_or_held(*first).first().is_none_or(|made| made != of));
    let mut lives = Vec::new();
    for (first, begins) in known.into_iter().take(BEGINNINGS) {
        let Some(body) = program.one_after_the_other(*first, function, of) else { continue };
        let mut candidates = found(&body, *begins, part, rules);
        // What lies between two steps of one of them is its own. Whoever makes a value may save it at once, as the later one does.
        let is_in = |point: &Point, function: FunctionId| {
            let site = point.root();
            program.location(site).is_some_and(|location| location.function == function)
        };
        candidates.retain(|(_, candidate)| {
            candidate.check.as_ref().is_some_and(|check| is_in(check, *first))
                && is_in(&candidate.act, function)
        });
        if !candidates.is_empty() {
            lives.push(Life { first: *first, function, body, candidates });
        }
    }
    lives
}

/// What the rules find in the two, one after the other.
fn found(body: &Block, begins: Part, ends: Part, rules: &[&'static Rule]) -> Vec<(&'static Rule, Candidate)> {
    let trace = Trace::of(body);
    let mut candidates: Vec<(&'static Rule, Candidate)> = Vec::new();
    let asked = |rule: &Rule| rules.iter().any(|asked| asked.id == rule.id);
    if begins.takes && ends.removes && asked(&lock_after_check::RULE) {
        let unlinked = lock_after_check::unlinked(&trace);
        candidates.extend(unlinked.into_iter().map(|c| (&lock_after_check::RULE, c)));
    }
    if begins.loads && ends.saves && asked(&read_modify_write::RULE) {
        let updates = (read_modify_write::RULE.check)(&trace);
        candidates.extend(updates.into_iter().map(|c| (&read_modify_write::RULE, c)));
    }
    candidates
}
