//! `lock-after-check`: a lock is taken, but not from the first step that it must cover to the last.
//!
//! Not reported: one exclusive lock around both steps; a check before the lock that is asked again under it; readers that lock only to
//! read.

use crate::pairs::{Candidate, Cover, Point, created_by_path, is_private, is_process_lock, removed_by_path};
use crate::rule::{Report, Rule, short};
use crate::trace::Trace;
use crate::{exists_then_create, exists_then_remove, exists_then_rename, read_modify_write};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place, RemoveKind};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-after-check",
    summary: "a lock does not cover all of what it is taken for",
    consequences: &[
        Consequence::DataLoss,
        Consequence::DoubleOwner,
        Consequence::LostUpdate,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[667, 367, 362],
    default: true,
    rank: -3,
    docs: include_str!("../docs/lock-after-check.md"),
    actors: &[Actor::Itself, Actor::Creator],
    check,
    report,
    rewrite,
};

/// The rules whose pairs a lock would make safe, if it covered both steps.
const PAIRS: [&Rule; 4] = [
    &exists_then_create::RULE,
    &exists_then_remove::RULE,
    &exists_then_rename::RULE,
    &read_modify_write::RULE,
];

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    if !trace.events.iter().any(|event| is_process_lock(event.effect)) {
        return Vec::new();
    }
    let pairs = PAIRS.into_iter().flat_map(|rule| (rule.check)(trace));
    let mut candidates: Vec<Candidate> =
        pairs.filter(|pair| pair.cover.is_broken() && !pair.is_listed()).collect();
    candidates.extend(emptied(trace));
    candidates.extend(cleaned_up(trace));
    candidates.extend(unlinked(trace));
    candidates
}

/// Files that are emptied by the open that the lock is then taken through.
fn emptied(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = opened_to_be_emptied(event.effect) else { continue };
        let locked = trace.events.iter().skip(act).any(|later| {
            let through = later.effect.handle.map(|handle| trace.origins(handle)).unwrap_or_default();
            is_process_lock(later.effect) && through.contains(&act)
        });
        if locked {
            candidates.extend(Candidate::of_steps(trace, None, act, place));
        }
    }
    // What nothing is written to is only there to be locked.
    candidates.retain(|candidate| candidate.content_follows);
    candidates.into_iter().map(|candidate| Candidate { cover: Cover::Late, ..candidate }).collect()
}

fn opened_to_be_emptied(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Open(flags) if flags.truncate && !flags.create_new && effect.handle.is_none() => {
            Some(&effect.place)
        }
        _ => None,
    }
}

/// Removals, after the lock is given up, of what was made or filled under it: by then the next one may be at it. A directory is
/// `remove-while-in-use`'s.
fn cleaned_up(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = removed_by_path(event.effect).filter(|_| event.held.is_empty()) else { continue };
        if event.effect.operation != Operation::Remove(RemoveKind::File) {
            continue;
        }
        let covered = trace.events.iter().enumerate().take(act).rev().find(|(earlier, made)| {
            !made.held.is_empty()
                && created_by_path(made.effect).is_some_and(|made| made.starts_with(place))
                && trace.on_one_path(*earlier, act)
                && trace.meets_at_root(*earlier, act)
        });
        if let Some((earlier, _)) = covered {
            candidates.extend(Candidate::of_steps(trace, Some(earlier), act, place));
        }
    }
    candidates
}

/// Removals of the very file that a lock was taken on, unless whoever takes it looks again whether the file has kept its name.
pub fn unlinked(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = removed_by_path(event.effect).filter(|p| !is_private(p)) else { continue };
        let before = || trace.events.iter().enumerate().take(act);
        let locked = before().rev().find(|(earlier, taken)| {
            is_process_lock(taken.effect) && taken.effect.place == *place && trace.on_one_path(*earlier, act)
        });
        // Where both are of one called function, it is that function's, however often it is called.
        let Some((locked, _)) = locked.filter(|(locked, _)| trace.meets_at_root(*locked, act)) else {
            continue;
        };
        // What only a helper that removes the file asks, it asks about the removal.
        let looks_again = before().skip(locked).any(|(check, e)| {
            e.effect.operation.is_check() && e.effect.place == *place && trace.meets_at_root(check, act)
        });
        if !looks_again {
            candidates.extend(Candidate::of_steps(trace, Some(locked), act, place));
        }
    }
    candidates.into_iter().map(|candidate| Candidate { cover: Cover::Early, ..candidate }).collect()
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let step = match candidate.check.as_ref().map(|check| check.effect.operation) {
        Some(Operation::Read) => "read",
        Some(Operation::Check(_)) => "check",
        _ => "first step",
    };
    let loss = match race.consequence {
        Consequence::DataLoss => "can destroy what another made",
        Consequence::LostUpdate => "can undo what another changed",
        Consequence::DoubleOwner => "can succeed for two owners",
        Consequence::Corruption => "can leave it empty or mixed",
        _ => "can fail",
    };
    let locks = |check: &Point| is_process_lock(&check.effect);
    if candidate.check.as_ref().is_some_and(locks) {
        return Report {
            message: format!(
                "`{api}` removes the file that the lock is on: whoever waits for it locks what nobody else sees"
            ),
            help: "leave the lock file where it is: an empty file does no harm".to_owned(),
            check: "locked here",
        };
    }
    let (message, help) = match candidate.cover {
        Cover::Late if candidate.check.is_none() => (
            format!("`{api}` empties the file before the lock is taken"),
            "open it without truncating, take the lock, and only then cut it to length 0",
        ),
        Cover::Late => (
            format!("`{api}` {loss}: the lock is taken after the {step}"),
            "take the lock first, or ask again once it is held",
        ),
        Cover::Early if candidate.removes() => (
            format!("`{api}` {loss}: the lock is released before the cleanup"),
            "clean up first, and release the lock after it",
        ),
        Cover::Early => (
            format!("`{api}` {loss}: the lock is released after the {step}"),
            "hold the lock until the last step that rests on it",
        ),
        Cover::Shared => (
            format!("`{api}` {loss}: the lock is shared, and keeps no other writer out"),
            "take the lock exclusively where something is changed under it",
        ),
        _ => (
            format!("`{api}` {loss}: the {step} and this are locked apart"),
            "hold one lock from the first step to the last",
        ),
    };
    let check = match candidate.check.as_ref().map(|check| check.effect.operation) {
        Some(Operation::Read) => "read here",
        Some(Operation::Check(_)) => "checked here",
        _ => "made here, under the lock",
    };
    Report { message, help: help.to_owned(), check }
}

fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
