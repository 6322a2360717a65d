//! `read-modify-write`: a file is written with what derives from an earlier read of it, or added to because that did not find it.
//!
//! Not reported: reads and writes inside one lock that every instance takes; writes that do not derive from the read.

use crate::pairs::{Candidate, Pair, Relation, is_private};
use crate::rule::{Report, Rule, short};
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place, ResultId};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "read-modify-write",
    summary: "a file is read, changed and written back without a lock around both",
    consequences: &[Consequence::DataLoss, Consequence::LostUpdate, Consequence::Corruption],
    cwe: &[362, 366],
    default: true,
    rank: 3,
    docs: include_str!("../docs/read-modify-write.md"),
    actors: &[Actor::Itself, Actor::Updater],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some((place, data)) = written(trace, act, event.effect) else { continue };
        if is_private(place) {
            continue;
        }
        let read = data.into_iter().flat_map(|r| trace.origins(r)).find(|read| {
            *read < act
                && trace
                    .events
                    .get(*read)
                    .is_some_and(|r| r.effect.operation == Operation::Read && r.effect.place == *place)
                && trace.on_one_path(*read, act)
                && trace.meets_at_root(*read, act)
        });
        candidates.extend(read.and_then(|read| Candidate::of_steps(trace, Some(read), act, place)));
    }
    let additions = (0..trace.events.len()).filter_map(|act| added(trace, act));
    candidates.extend(additions);
    candidates
}

/// What is added to a file in which it was not found: on the other answer the code goes on without adding it.
fn added(trace: &Trace<'_>, act: usize) -> Option<Candidate> {
    let event = trace.events.get(act).filter(|event| appends(trace, event.effect))?;
    let place = Some(&event.effect.place).filter(|place| !is_private(place))?;
    let looks = event.guards.iter().rev().find(|guard| {
        guard.says == Says::Judged
            && !guard.refuses
            && trace
                .events
                .get(guard.event)
                .is_some_and(|read| read.effect.operation == Operation::Read && read.effect.place == *place)
            && trace.meets_at_root(guard.event, act)
    })?;
    let (check, says, certain) = (looks.event, looks.says, looks.certain);
    let pair = Pair { check, says, certain, act, relation: Relation::Same };
    Candidate::of_pair(trace, pair, place)
}

/// Whether the effect adds to the end of a file.
fn appends(trace: &Trace<'_>, effect: &Effect) -> bool {
    let opened = effect.handle.map(|handle| trace.origins(handle)).unwrap_or_default();
    let to_the_end = |event: &usize| {
        let flags = trace.events.get(*event).map(|event| event.effect.operation);
        matches!(flags, Some(Operation::Open(flags)) if flags.append)
    };
    effect.operation == Operation::Append
        || (effect.operation == Operation::Write && opened.iter().any(to_the_end))
}

/// Whether what the act puts in place is made of what the earlier step read.
pub fn is_update(trace: &Trace<'_>, read: usize, act: usize) -> bool {
    let reads = trace.events.get(read).is_some_and(|event| event.effect.operation == Operation::Read);
    let data = trace.events.get(act).and_then(|event| written(trace, act, event.effect));
    reads && data.is_some_and(|(_, data)| data.iter().any(|r| trace.origins(*r).contains(&read)))
}

/// What place gets which data by this effect: a write in place, or a rename onto it of a file written before.
pub fn written<'e>(trace: &Trace<'_>, act: usize, effect: &'e Effect) -> Option<(&'e Place, Vec<ResultId>)> {
    match effect.operation {
        Operation::Write => Some((&effect.place, effect.data.clone())),
        Operation::Rename { .. } => {
            let earlier = trace.events.iter().take(act).filter(|e| {
                matches!(e.effect.operation, Operation::Write | Operation::Append)
                    && e.effect.place == effect.place
            });
            Some((effect.other_place.as_ref()?, earlier.flat_map(|e| e.effect.data.clone()).collect()))
        }
        _ => None,
    }
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let adds = candidate.says == Some(Says::Judged);
    let message = match race.consequence {
        Consequence::Corruption if adds => format!("`{api}` can add what another has added since the read"),
        Consequence::Corruption => format!("`{api}` can leave a mix of two writers' contents"),
        _ => format!("`{api}` can undo a change made after the read"),
    };
    let help =
        "hold one exclusive lock from before the read until after the write, and replace the file atomically";
    Report { message, help: help.to_owned(), check: "read here" }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    candidate.check.is_some().then_some(Idiom::LockAround)
}
