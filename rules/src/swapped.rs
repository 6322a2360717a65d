//! What a path is, asked before it is followed: whoever can write the directory can make it another thing in between.

use crate::foreseen::is_foreseen;
use crate::names;
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

/// The acts that `changes` accepts on a path that the function has made or used by path before, each with the nearest such step. Only
/// another user gains by coming in between.
pub fn again(trace: &Trace<'_>, accepted: fn(Operation) -> bool) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let repeats = accepted(event.effect.operation) && event.effect.created().is_none();
        let place = follows(event.effect).filter(|place| repeats && !is_private(place));
        let Some(place) = place else { continue };
        let earlier = (0..act).rev().find(|earlier| {
            trace.events.get(*earlier).is_some_and(|e| goes_by(e.effect, place))
                && trace.on_one_path(*earlier, act)
        });
        let Some(earlier) = earlier.filter(|earlier| trace.meets_at_root(*earlier, act)) else { continue };
        let stays = trace.events.get(earlier).is_some_and(|e| stays(e.effect, place));
        // A name that nobody can tell beforehand is nobody's to wait for.
        let hidden = names::is_open_to_all(place) && !is_foreseen(place);
        if !stays && !hidden {
            let candidate = Candidate::of_steps(trace, Some(earlier), act, place);
            candidates.extend(candidate.map(|c| Candidate { again: true, ..c }));
        }
    }
    candidates
}

/// Whether the effect makes the place, or uses it, by path.
fn goes_by(effect: &Effect, place: &Place) -> bool {
    let made = effect.created().filter(|_| effect.handle.is_none());
    (made == Some(place) || effect.used() == Some(place) || follows(effect) == Some(place))
        && !effect.operation.is_check()
}

/// Whether nobody else can put something in the place of what this effect made or went to. In a directory with the sticky bit, only its
/// owner removes what is there, and what is made anew is its maker's (unlink(2)). A mount point can neither be moved nor removed
/// (mount(2)), and below a new root the same path leads elsewhere.
fn stays(effect: &Effect, place: &Place) -> bool {
    match effect.operation {
        Operation::Mount | Operation::SetRoot => true,
        Operation::Open(flags) if !flags.create_new => false,
        _ => effect.created() == Some(place) && makes_anew(effect) && names::is_open_to_all(place),
    }
}

/// Whether the effect fails, or replaces it as a whole, where something is there already.
fn makes_anew(effect: &Effect) -> bool {
    match effect.operation {
        Operation::Open(flags) => flags.create_new,
        Operation::CreateDir { all, .. } => !all,
        Operation::Rename { .. } | Operation::HardLink | Operation::Symlink => true,
        _ => false,
    }
}

/// The path at which this goes wherever a link leads.
fn follows(effect: &Effect) -> Option<&Place> {
    if effect.handle.is_some() {
        return None;
    }
    match effect.operation {
        Operation::Open(flags) if flags.no_follow || flags.create_new => None,
        Operation::Execute | Operation::Mount | Operation::SetCwd | Operation::SetRoot => Some(&effect.place),
        Operation::Open(_)
        | Operation::Read
        | Operation::ReadDir
        | Operation::Write
        | Operation::Append
        | Operation::Truncate
        | Operation::Copy
        | Operation::SetPermissions(_)
        | Operation::SetOwner { no_follow: false }
        | Operation::SetTimes => Some(&effect.place),
        _ => None,
    }
}
