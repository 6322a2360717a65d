//! `kv-check-then-set`: a key of a store is set, deleted or given an expiry on the answer of an earlier command on it.
//!
//! Not reported: one command that asks and sets at once (set if absent, with an expiry), scripts and transactions that the store
//! runs as one step; reads that nothing is set or deleted on.

use crate::given_back;
use crate::names;
use crate::pairs::{Candidate, Meaning, Pair, Relation, is_private};
use crate::rule::{Report, Rule, short};
use crate::trace::{Event, Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{KeyOperation, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "kv-check-then-set",
    summary: "a key of a store is changed on the answer of an earlier command",
    consequences: &[
        Consequence::DataLoss,
        Consequence::DoubleOwner,
        Consequence::LostUpdate,
        Consequence::SpuriousFailure,
    ],
    cwe: &[367, 362, 667],
    default: true,
    rank: 1,
    docs: include_str!("../docs/kv-check-then-set.md"),
    actors: &[Actor::Itself, Actor::Acquirer, Actor::Updater, Actor::Crash],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Operation::Key(operation) = event.effect.operation else { continue };
        let place = &event.effect.place;
        if is_private(place) {
            continue;
        }
        let pair = match operation {
            KeyOperation::Set { .. } | KeyOperation::Swap => {
                update(trace, act, event).or_else(|| guarded(trace, act, event))
            }
            // Who looks whose it is and deletes it gives it back; who finds it there and deletes it wants it gone.
            KeyOperation::Delete => {
                let judged = guarded(trace, act, event).filter(|pair| pair.says == Says::Judged);
                judged.or_else(|| {
                    given_back::taken_before(trace, act).map(|at| pair(at, Says::Absent, true, act))
                })
            }
            KeyOperation::Expire => taken(trace, act, event),
            KeyOperation::Exists | KeyOperation::Get | KeyOperation::SetNew { .. } => None,
        };
        let Some(pair) = pair else { continue };
        let fills_gap =
            pair.says == Says::Absent && operation_at(trace, pair.check) == Some(KeyOperation::Get);
        let meaning = match operation {
            _ if is_lock(trace, place) => Meaning::Claim,
            _ => Meaning::Plain,
        };
        candidates.extend(Candidate::of_pair(trace, pair, place).map(|c| Candidate {
            meaning,
            fills_gap,
            ..c
        }));
    }
    candidates.extend(given_back::given_back(trace));
    candidates
}

fn operation_at(trace: &Trace<'_>, index: usize) -> Option<KeyOperation> {
    match trace.events.get(index)?.effect.operation {
        Operation::Key(operation) => Some(operation),
        _ => None,
    }
}

/// Whether the key is a lock: by its name, or because it is set only where it is not there, or deleted by its owner only.
fn is_lock(trace: &Trace<'_>, place: &Place) -> bool {
    names::hint(place).is_some_and(|hint| hint.lock)
        || trace.events.iter().any(|event| {
            event.effect.place == *place
                && match event.effect.operation {
                    Operation::Key(KeyOperation::SetNew { .. }) => true,
                    Operation::Key(KeyOperation::Delete) => {
                        event.guards.iter().any(|guard| guard.says == Says::Judged)
                    }
                    _ => false,
                }
        })
}

fn pair(check: usize, says: Says, certain: bool, act: usize) -> Pair {
    Pair { check, says, certain, act, relation: Relation::Same }
}

/// What is set is made of what was read.
fn update(trace: &Trace<'_>, act: usize, event: &Event<'_>) -> Option<Pair> {
    let read = event.effect.data.iter().flat_map(|r| trace.origins(*r)).find(|read| {
        *read < act
            && operation_at(trace, *read) == Some(KeyOperation::Get)
            && is_before(trace, *read, act, &event.effect.place)
    })?;
    Some(pair(read, Says::Judged, true, act))
}

/// An earlier command on the same key, on one way through this function.
fn is_before(trace: &Trace<'_>, earlier: usize, act: usize, place: &Place) -> bool {
    trace.events.get(earlier).is_some_and(|e| e.effect.place == *place)
        && trace.on_one_path(earlier, act)
        && trace.meets_at_root(earlier, act)
}

/// The nearest answer about the key that the command depends on.
fn guarded(trace: &Trace<'_>, act: usize, event: &Event<'_>) -> Option<Pair> {
    let guards = event.guards.iter().rev().filter(|guard| {
        operation_at(trace, guard.event).is_some() && is_before(trace, guard.event, act, &event.effect.place)
    });
    // What it holds decides more than that it is there.
    let rank = |says: Says| matches!(says, Says::Judged | Says::Absent);
    let mut found = None;
    for guard in guards {
        if rank(guard.says) {
            return Some(pair(guard.event, guard.says, guard.certain, act));
        }
        found = found.or(Some(guard));
    }
    found.map(|guard| pair(guard.event, guard.says, guard.certain, act))
}

/// The command that made the key, without an expiry, before this one gives it one.
fn taken(trace: &Trace<'_>, act: usize, event: &Event<'_>) -> Option<Pair> {
    let made = (0..act).rev().find(|earlier| {
        operation_at(trace, *earlier) == Some(KeyOperation::SetNew { expires: false })
            && is_before(trace, *earlier, act, &event.effect.place)
    })?;
    let was_there = event.guards.iter().any(|guard| guard.event == made && guard.says == Says::Present);
    (!was_there).then(|| pair(made, Says::Absent, true, act))
}

/// Whether the earlier command reads the key.
fn reads(candidate: &Candidate) -> bool {
    candidate.check.as_ref().is_some_and(|point| point.effect.operation == Operation::Key(KeyOperation::Get))
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let operation = candidate.act.effect.operation;
    let message = match race.consequence {
        Consequence::SpuriousFailure => {
            format!("`{api}` may never come: who ends before it leaves a key that nobody can take again")
        }
        Consequence::LostUpdate => format!("`{api}` can undo a change made after the read"),
        _ if operation == Operation::Key(KeyOperation::Delete) => {
            let since = if reads(candidate) { "it was read" } else { "its time was over" };
            format!("`{api}` can delete a key that another has taken since {since}")
        }
        Consequence::DoubleOwner => format!("`{api}` can succeed for two owners that both saw nothing"),
        _ => format!("`{api}` can overwrite what another has set after the look"),
    };
    let help = match operation {
        Operation::Key(KeyOperation::Expire) => {
            "set the key and its expiry in one command: set if absent, with an expiry"
        }
        Operation::Key(KeyOperation::Delete) => {
            "compare and delete in one script that the store runs as one step, with a token that only the owner knows"
        }
        _ if candidate.says == Some(Says::Absent) => {
            "set it only if it is absent, in one command with its expiry"
        }
        _ => {
            "read and set in one script that the store runs as one step, or in a transaction that watches the key"
        }
    };
    let check = match candidate.check.as_ref().map(|point| point.effect.operation) {
        Some(Operation::Key(KeyOperation::Get)) => "read here",
        Some(Operation::Key(KeyOperation::SetNew { .. }))
            if operation != Operation::Key(KeyOperation::Expire) =>
        {
            "taken here, for a time"
        }
        Some(Operation::Key(KeyOperation::SetNew { .. })) => "set here, without an expiry",
        _ => "checked here",
    };
    Report { message, help: help.to_owned(), check }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    match candidate.act.effect.operation {
        Operation::Key(KeyOperation::Expire) => Some(Idiom::SetIfAbsent),
        Operation::Key(KeyOperation::Set { .. }) if candidate.says == Some(Says::Absent) => {
            Some(Idiom::SetIfAbsent)
        }
        _ => None,
    }
}
