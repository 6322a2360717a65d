//! `remove-while-in-use`: a directory is removed while somebody still works in it.
//!
//! Not reported: work that is waited for; removals under the lock that the users of the directory take.

use crate::left_running::field_of;
use crate::pairs::{Candidate, Point, created_by_path, removed_by_path};
use crate::rule::{Report, Rule};
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, LockScope, OnFailure, Operation, Place, RemoveKind, ResultId};
use fsrace_analyzer::language::Idiom;

/// How many calls away from where the work is started the removal may stand.
const DEPTH: usize = 2;

/// The rule.
pub static RULE: Rule = Rule {
    id: "remove-while-in-use",
    summary: "a directory is removed while somebody still works in it",
    consequences: &[
        Consequence::DataLoss,
        Consequence::DoubleOwner,
        Consequence::LostUpdate,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[362, 672, 826],
    default: true,
    rank: -4,
    docs: include_str!("../docs/remove-while-in-use.md"),
    actors: &[Actor::Task, Actor::Itself, Actor::Creator],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = removed_by_path(event.effect) else { continue };
        if trace.call_depth(event) > DEPTH {
            continue;
        }
        let started = own_work(trace, act, place).and_then(|used| {
            let candidate = Candidate::of_steps(trace, Some(used), act, place)?;
            Some(Candidate { with_own_work: true, own: false, ..candidate })
        });
        candidates.extend(started);
        let of_a_field = event.work.is_none() && trace.call_depth(event) == 0 && field_of(place).is_some();
        if of_a_field && event.effect.operation != Operation::Remove(RemoveKind::File) {
            let candidate = Candidate::of_steps(trace, None, act, place);
            candidates.extend(candidate.map(|c| Candidate { beside_method: true, own: false, ..c }));
        }
        let used = given_up(trace, act, place);
        let made = made_under_lock(trace, act, place)
            .filter(|made| used.is_none_or(|used| is_deep(trace, used) && used != *made));
        let steps = used.into_iter().chain(made);
        let unlocked = steps.filter_map(|used| Candidate::of_steps(trace, Some(used), act, place));
        // Who made it under the lock is not who is in there now.
        candidates.extend(unlocked.map(|candidate| Candidate { own: false, ..candidate }));
    }
    candidates
}

/// A use of the directory by work that was started before its removal and not waited for.
fn own_work(trace: &Trace<'_>, act: usize, place: &Place) -> Option<usize> {
    let removes = trace.events.get(act)?;
    (0..act).rev().find(|earlier| {
        trace.events.get(*earlier).is_some_and(|event| {
            let Some(work) = event.work.filter(|work| removes.work != Some(*work)) else { return false };
            touches(event.effect, place)
                && !trace.ends_between(work, *earlier, act)
                && trace.on_one_path(*earlier, act)
                && trace.meets_at_root(*earlier, act)
        })
    })
}

/// What is done to the place under a lock that is given up before the removal: whoever waited for the lock does it now.
fn given_up(trace: &Trace<'_>, act: usize, place: &Place) -> Option<usize> {
    (0..act).rev().find_map(|taken| {
        let lock = trace.events.get(taken)?.effect;
        let blocks = matches!(
            lock.operation,
            Operation::Lock { scope: LockScope::Process | LockScope::Record, blocking: true, .. }
        );
        if !blocks || !trace.on_one_path(taken, act) || !trace.meets_at_root(taken, act) {
            return None;
        }
        let until = gives_up(trace, lock, taken, act)?;
        // Whoever waits for a lock in there holds it on a file that is gone.
        if lock.place != *place && lock.place.starts_with(place) {
            return Some(taken);
        }
        let used = |fails: bool| {
            (taken + 1..until).rev().find(|at| {
                trace.events.get(*at).is_some_and(|event| {
                    touches(event.effect, place)
                        && (!fails || event.effect.on_failure != OnFailure::Continue)
                        && trace.on_one_path(*at, act)
                })
            })
        };
        // One whose failure shows is where the next one notices.
        used(true).or_else(|| used(false))
    })
}

/// What is made in the directory, or is it, under a lock that is given up before the removal.
fn made_under_lock(trace: &Trace<'_>, act: usize, place: &Place) -> Option<usize> {
    let removal = trace.events.get(act).filter(|event| event.held.is_empty())?;
    if removal.effect.operation == Operation::Remove(RemoveKind::File) {
        return None;
    }
    (0..act).rev().find(|earlier| {
        trace.events.get(*earlier).is_some_and(|event| {
            !event.held.is_empty()
                && created_by_path(event.effect).is_some_and(|made| made.starts_with(place))
                && trace.on_one_path(*earlier, act)
                && trace.meets_at_root(*earlier, act)
        })
    })
}

/// Whether the step lies so deep that there may be more decisions before it than can be explored.
fn is_deep(trace: &Trace<'_>, step: usize) -> bool {
    trace.events.get(step).is_some_and(|event| trace.call_depth(event) > DEPTH)
}

/// Before which effect the lock is given up, if it is before the act.
fn gives_up(trace: &Trace<'_>, lock: &Effect, taken: usize, act: usize) -> Option<usize> {
    let holders: Vec<ResultId> = std::iter::once(lock.result).chain(lock.handle).collect();
    (taken + 1..=act).find(|until| holders.iter().any(|held| trace.ends_between(*held, taken, *until)))
}

fn touches(effect: &Effect, place: &Place) -> bool {
    let uses = !matches!(effect.operation, Operation::Run | Operation::Sync | Operation::Lock { .. });
    uses && (effect.place.starts_with(place)
        || effect.other_place.as_ref().is_some_and(|other| other.starts_with(place)))
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = crate::rule::short(&candidate.act.effect.api);
    if candidate.beside_method {
        return Report {
            message: format!("`{api}` removes what work that another method has started still uses"),
            help: "wait for the work before the removal, or leave the removal to it".to_owned(),
            check: "still used here",
        };
    }
    if candidate.with_own_work {
        return Report {
            message: format!("`{api}` removes what work that was started here still uses"),
            help: "wait for the work before the removal".to_owned(),
            check: "still used here",
        };
    }
    let locks = |point: &Point| matches!(point.effect.operation, Operation::Lock { .. });
    if candidate.check.as_ref().is_some_and(locks) {
        return Report {
            message: format!(
                "`{api}` removes the file that the lock is on: whoever waits for it locks what nobody else sees"
            ),
            help: "keep the lock's file elsewhere, where nobody removes it".to_owned(),
            check: "locked here, in what is removed",
        };
    }
    Report {
        message: format!("`{api}` can remove what the next holder of the lock has just made"),
        help: "remove it before the lock is given up, and never remove the lock's own file".to_owned(),
        check: "used under the lock here",
    }
}

fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
