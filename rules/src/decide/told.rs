//! What a finding tells beside its two steps: calls on the way, the other side, where a name is made, what to write instead.

use super::STEPS;
use crate::evidence::{Other, Role};
use crate::finding::{Related, Rewrite};
use crate::names;
use crate::narrow::calls;
use crate::pairs::{Candidate, Point, Relation};
use crate::rule::{Rule, short};
use fsrace_analyzer::flow::{Block, Callee, Exit, FlowSummary, Place, PlaceKind, Step, Uniqueness, Value};
use fsrace_analyzer::language::in_terms_of;
use fsrace_analyzer::link::{Location, Program};

/// The function that makes the time into a name for the body, where that is one of its own.
pub fn time_taken(program: &Program, body: &Block) -> Option<Related> {
    let function = calls(body).into_iter().find_map(|call| {
        let Callee::Function(name) = &call.callee else { return None };
        let function = program.find(name)?;
        let summary = program.function(function)?;
        let gives = |step: &Step| match step {
            Step::Exit(Exit::Return(Value::Place(place))) => {
                place.any(&mut |kind| matches!(kind, PlaceKind::Unique(Uniqueness::Time, _)))
            }
            _ => false,
        };
        summary.body.steps.iter().any(gives).then_some(function)
    })?;
    let span = program.function(function)?.span;
    let location = Location { file: program.file_of(function), function, span };
    Some(Related { location, message: "the time becomes a name here".to_owned() })
}

/// The function that makes the name of a file in a directory that everybody can write, where that is one of the program's own.
pub fn name_made(program: &Program, body: &Block, place: &Place) -> Option<Related> {
    if !names::is_open_to_all(place) {
        return None;
    }
    let function = calls(body).into_iter().find_map(|call| {
        let Callee::Function(name) = &call.callee else { return None };
        let function = program.find(name)?;
        let gives = |step: &Step| match step {
            Step::Exit(Exit::Return(Value::Place(made))) => {
                made.parent() == place.parent() && names::is_open_to_all(made)
            }
            _ => false,
        };
        program.function(function)?.body.steps.iter().any(gives).then_some(function)
    })?;
    let span = program.function(function)?.name_span;
    let location = Location { file: program.file_of(function), function, span };
    Some(Related { location, message: "the name is made here".to_owned() })
}

/// How a call leads to the effect: the calls on the way, and where the effect is caused itself.
pub fn inside<'p>(program: &'p Program, point: &'p Point) -> impl Iterator<Item = Related> + 'p {
    let callers = point.through.iter().chain(&point.via).map(|(_, name)| names::last(name));
    let calls = point.via.iter().take(STEPS).map(|(site, name)| (*site, names::last(name)));
    let api = (point.effect.site, short(&point.effect.api));
    let last = callers.clone().next_back().map(|caller| (caller, api));
    callers.zip(calls).chain(last).filter_map(|(caller, (site, callee))| {
        let location = program.location(site)?;
        Some(Related { location, message: format!("`{caller}` calls `{callee}` here") })
    })
}

pub fn other_side(program: &Program, other: &Other) -> Related {
    let verb = match other.found.role {
        Role::Reads => "reads",
        Role::Checks => "checks",
        Role::Creates => "creates",
        Role::Writes => "writes",
        Role::Replaces => "replaces",
        Role::Removes => "removes",
        Role::RemovesTree => "removes the tree of",
        Role::Opens => "lets everybody write beside",
        Role::Closes => "closes",
    };
    let found = program.function(other.found.function);
    let function = found.map_or("another function", |summary| names::last(&summary.name));
    Related { location: other.found.location, message: format!("`{function}` {verb} it here") }
}

/// What to do, in the terms of the act's file.
pub fn spelled(program: &Program, act: Location, help: &str) -> String {
    let path = program.files().get(act.file.0 as usize).map_or("", |file| file.path.as_str());
    in_terms_of(path, help)
}

/// What is to stand in place of the steps, if they are the function's own.
pub fn rewrite(
    rule: &Rule,
    candidate: &Candidate,
    act: Location,
    check: Option<Location>,
    summary: &FlowSummary,
) -> Option<Rewrite> {
    // A step in a called function is not rewritten from its caller.
    let own = candidate.act.through.is_none() && candidate.check.as_ref().is_none_or(|c| c.through.is_none());
    let near = check.is_none_or(|c| c.file == act.file && summary.span.contains(c.span));
    if !own || !near || candidate.relation != Relation::Same {
        return None;
    }
    let idiom = (rule.rewrite)(candidate)?;
    Some(Rewrite { idiom, function: summary.span, check: check.map(|c| c.span) })
}
