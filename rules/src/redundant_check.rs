//! `redundant-check`: a test that changes nothing, before a step that does not mind what is there.
//!
//! A note, and off by default. Not reported: tests that decide about more than that one step; steps whose failure the code minds.

use crate::pairs::{Candidate, Pair, guarded, removed_by_path};
use crate::rule::{Report, Rule, short};
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, OnFailure, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "redundant-check",
    summary: "a test changes nothing, because the step after it does not mind what is there",
    consequences: &[Consequence::RedundantCheck],
    cwe: &[1164],
    default: false,
    rank: 9,
    docs: include_str!("../docs/redundant-check.md"),
    actors: &[Actor::Itself, Actor::Creator, Actor::Remover],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let made = guarded(trace, made_in_any_case, |says| says == Says::Absent, false);
    let removed = guarded(trace, removed_if_present, |says| says == Says::Present, false);
    made.into_iter()
        .chain(removed)
        .filter(|(pair, _)| pair.certain && decides_nothing_else(trace, *pair))
        .filter_map(|(pair, place)| Candidate::of_pair(trace, pair, place))
        .collect()
}

/// The directory that is there afterwards, whether it was before or not.
fn made_in_any_case(effect: &Effect) -> Option<&Place> {
    matches!(effect.operation, Operation::CreateDir { all: true, .. }).then_some(&effect.place)
}

/// What is gone afterwards, where the code goes on if it was gone before.
fn removed_if_present(effect: &Effect) -> Option<&Place> {
    removed_by_path(effect).filter(|_| effect.on_failure == OnFailure::Continue)
}

fn decides_nothing_else(trace: &Trace<'_>, pair: Pair) -> bool {
    trace
        .events
        .iter()
        .enumerate()
        .all(|(other, event)| other == pair.act || event.guards.iter().all(|guard| guard.event != pair.check))
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let (message, help) = match candidate.act.effect.operation {
        Operation::CreateDir { .. } => {
            (format!("`{api}` leaves an existing directory as it is"), "create it without asking first")
        }
        _ => {
            (format!("`{api}` may find nothing, and the code goes on then"), "remove it without asking first")
        }
    };
    Report { message, help: help.to_owned(), check: "the test changes nothing" }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    matches!(candidate.act.effect.operation, Operation::CreateDir { .. }).then_some(Idiom::CreateAll)
}
