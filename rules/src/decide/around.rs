//! What stands around a candidate's steps in its own code: who closes a directory above them, and who reads what they have written.

use crate::narrow::effects;
use crate::pairs::Candidate;
use crate::rule::Rule;
use crate::trace::Trace;
use fsrace_analyzer::explore::Actor;
use fsrace_analyzer::flow::{Block, Effect, Mode, Operation};
use fsrace_analyzer::link::{FunctionId, Location, Program};
use rustc_hash::FxHashSet;

/// The steps of the function's own source.
pub fn own_steps(check: Option<Location>, act: Location) -> Vec<Location> {
    check.into_iter().chain([act]).collect()
}

/// Whether the code makes a directory around the place for its owner alone, or closes one to others before its first step.
pub fn is_enclosed(body: &Block, candidate: &Candidate) -> bool {
    let place = &candidate.place;
    let first = candidate.check.as_ref().map_or(candidate.act.effect.site, |check| check.effect.site);
    let effects = effects(body);
    let before = effects.iter().position(|effect| effect.site == first).unwrap_or(0);
    effects.into_iter().enumerate().any(|(at, effect)| {
        let closes = match effect.operation {
            Operation::CreateDir { private, .. } => private,
            Operation::SetPermissions(Mode::Private | Mode::Grouped) => at < before,
            _ => false,
        };
        closes && effect.place != *place && place.starts_with(&effect.place)
    })
}

/// Whether the effect at this location is a step of the code itself.
pub fn is_own_step(program: &Program, body: &Block, location: Location) -> bool {
    effects(body).into_iter().any(|effect| program.location(effect.site) == Some(location))
}

/// What the functions that lead to the act do after it, whatever is decided in between: each with where it stands. Who comes there has
/// done the act before, so that it is no other side, but the act's own next step.
pub fn sequel(
    program: &Program,
    body: &Block,
    rule: &Rule,
    candidate: &Candidate,
) -> FxHashSet<(FunctionId, Location)> {
    let calls = candidate.act.via.iter().filter_map(|(site, _)| program.location(*site));
    let leading: FxHashSet<FunctionId> = calls.map(|call| call.function).collect();
    if leading.is_empty() || !rule.actors.contains(&Actor::Reader) {
        return FxHashSet::default();
    }
    let trace = Trace::of(body);
    let act = &candidate.act.effect;
    let is_act = |effect: &Effect| effect.site == act.site && effect.place == act.place;
    let Some(at) = trace.events.iter().position(|event| is_act(event.effect)) else {
        return FxHashSet::default();
    };
    let later = trace.events.iter().enumerate().filter(|(later, _)| trace.comes_first(at, *later));
    later
        .filter_map(|(_, event)| Some((event, program.location(event.effect.site)?)))
        .flat_map(|(event, inner)| {
            let calls = trace.calls_of(event).filter_map(|call| program.location(call.site));
            let stands = calls.chain([inner]).map(|location| location.function);
            stands.filter(|function| leading.contains(function)).map(|f| (f, inner)).collect::<Vec<_>>()
        })
        .collect()
}
