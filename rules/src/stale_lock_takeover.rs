//! `stale-lock-takeover`: a lock file that looks abandoned is removed, and then taken anew.
//!
//! Not reported: locks of the kernel, which go with their owner; a takeover inside another lock that every instance takes.

use crate::names;
use crate::pairs::{Candidate, Meaning, Pair, Relation, cleared_by_path, is_private};
use crate::rule::{Report, Rule, short};
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "stale-lock-takeover",
    summary: "a lock file that looks abandoned is removed, and then taken anew",
    consequences: &[Consequence::DoubleOwner],
    cwe: &[367, 362, 667],
    default: true,
    rank: -2,
    docs: include_str!("../docs/stale-lock-takeover.md"),
    actors: &[Actor::Itself, Actor::Acquirer],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = cleared_by_path(trace, event.effect).filter(|p| !is_private(p)) else { continue };
        // What metadata tells is its age only where the name says that it is a lock; else it may be what kind of file it is.
        let named = names::hint(place).is_some_and(|hint| hint.lock);
        let judged = event.guards.iter().rev().find(|guard| {
            (guard.says == Says::Judged || (guard.says == Says::Unknown && named))
                && trace.events.get(guard.event).is_some_and(|e| e.effect.place.starts_with(place))
        });
        let Some(judged) = judged else { continue };
        // Where the lock is taken: before it was found in the way, or after it was cleared.
        let taken = trace
            .events
            .iter()
            .enumerate()
            .find(|(other, taken)| takes(taken.effect, place) && trace.meets_at_root(*other, act));
        if taken.is_none() {
            continue;
        }
        let (check, says, certain) = (judged.event, judged.says, judged.certain);
        let pair = Pair { check, says, certain, act, relation: Relation::Same };
        candidates.extend(Candidate::of_pair(trace, pair, place));
    }
    candidates.into_iter().map(|candidate| Candidate { meaning: Meaning::Claim, ..candidate }).collect()
}

/// Whether the effect takes the place as a lock: so that it fails where it is there, or under the name of one.
fn takes(effect: &Effect, place: &Place) -> bool {
    let named = || names::hint(place).is_some_and(|hint| hint.lock);
    let makes = match effect.operation {
        _ if effect.handle.is_some() => false,
        Operation::Open(flags) => flags.create_new || (flags.create && named()),
        Operation::CreateDir { all: false, .. } | Operation::Write => named(),
        // Neither follows nor replaces what is there.
        Operation::HardLink | Operation::Symlink => named(),
        _ => false,
    };
    makes && effect.created() == Some(place)
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    Report {
        message: format!("`{api}` can remove the lock that another took after it found it stale"),
        help: "take an exclusive lock on the file itself, which the kernel releases with its owner, and never remove it"
            .to_owned(),
        check: "judged here",
    }
}

fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
