//! What a path is, asked before it is followed: whoever can write the directory can make it another thing in between.

use crate::pairs::{Candidate, Pair, Relation, is_private};
use crate::trace::Trace;
use fsrace_analyzer::flow::{Check, Effect, Operation, Place};

/// The acts that follow a path, each with the nearest such check of it that governs the act.
pub fn followed(trace: &Trace<'_>, checks: fn(Check) -> bool) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = follows(event.effect).filter(|p| !is_private(p)) else { continue };
        let governs = event.guards.iter().rev().find(|guard| {
            trace.events.get(guard.event).is_some_and(|checked| {
                matches!(checked.effect.operation, Operation::Check(check) if checks(check))
                    && checked.effect.handle.is_none()
                    && checked.effect.place == *place
            }) && trace.meets_at_root(guard.event, act)
        });
        candidates.extend(governs.and_then(|guard| {
            let pair = Pair {
                check: guard.event,
                says: guard.says,
                certain: guard.certain,
                act,
                relation: Relation::Same,
            };
            Candidate::of_pair(trace, pair, place)
        }));
    }
    candidates
}

/// The path at which this goes wherever a link leads.
fn follows(effect: &Effect) -> Option<&Place> {
    if effect.handle.is_some() {
        return None;
    }
    match effect.operation {
        Operation::Open(flags) if flags.no_follow || flags.create_new => None,
        Operation::Open(_)
        | Operation::Read
        | Operation::ReadDir
        | Operation::Write
        | Operation::Append
        | Operation::Truncate
        | Operation::Copy
        | Operation::SetPermissions(_)
        | Operation::SetOwner => Some(&effect.place),
        _ => None,
    }
}
