//! `exists-then-use`: a path is opened, read or changed after a separate test that it was there.
//!
//! Not reported: uses whose `NotFound` is tolerated; places that nothing is known to remove (low confidence).

use crate::pairs::{Candidate, created_by_path, guarded};
use crate::rule::{Report, Rule, short};
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Check, Effect, OnFailure, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "exists-then-use",
    summary: "a path is opened, read or changed after a separate test that it was there",
    consequences: &[Consequence::Corruption, Consequence::SpuriousFailure],
    cwe: &[367, 362],
    default: true,
    rank: 2,
    docs: include_str!("../docs/exists-then-use.md"),
    actors: &[Actor::Itself, Actor::Remover],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let listed = guarded(trace, asked, |says| says == Says::Present, false)
        .into_iter()
        .filter(|(pair, _)| is_listing(trace, pair.check));
    guarded(trace, used, |says| says == Says::Present, false)
        .into_iter()
        .chain(listed)
        .filter(|(pair, place)| !is_made_since(trace, pair.check, pair.act, place))
        .filter_map(|(pair, place)| Candidate::of_pair(trace, pair, place))
        .filter(|candidate| !asks_for_mode(candidate))
        .collect()
}

/// What is asked for and must be there to answer.
fn asked(effect: &Effect) -> Option<&Place> {
    let asks =
        matches!(effect.operation, Operation::Check(Check::Metadata | Check::SymlinkMetadata | Check::Owner));
    (asks && effect.handle.is_none()).then_some(&effect.place)
}

/// Whether the check is what a listing has told.
fn is_listing(trace: &Trace<'_>, check: usize) -> bool {
    trace.events.get(check).is_some_and(|event| event.effect.operation == Operation::Check(Check::Listed))
}

/// Whether the function itself makes the place between the two, so that it uses what it made.
fn is_made_since(trace: &Trace<'_>, check: usize, act: usize, place: &Place) -> bool {
    trace
        .events
        .iter()
        .enumerate()
        .take(act)
        .skip(check + 1)
        .any(|(made, event)| created_by_path(event.effect) == Some(place) && trace.comes_first(made, act))
}

/// Whether what is asked of the file is what is then set: its mode or owner, and not whether it is there. Who does not go on without an
/// answer wants more of it than that there is one.
fn asks_for_mode(candidate: &Candidate) -> bool {
    let asked = candidate.check.as_ref().is_some_and(|check| {
        let Effect { operation, on_failure, result, .. } = &check.effect;
        matches!(operation, Operation::Check(Check::Metadata | Check::SymlinkMetadata))
            && (*on_failure != OnFailure::Continue || candidate.act.effect.data.contains(result))
    });
    let sets = matches!(
        candidate.act.effect.operation,
        Operation::SetPermissions(_) | Operation::SetOwner { .. } | Operation::SetTimes
    );
    asked && sets
}

/// What must be there for the effect to succeed; renames have a rule of their own.
fn used(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Rename { .. } => None,
        _ => effect.used(),
    }
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let message = match race.consequence {
        Consequence::SpuriousFailure if candidate.is_listed() => {
            format!("`{api}` fails if the entry is removed after it was listed")
        }
        Consequence::SpuriousFailure => format!("`{api}` fails if the path is removed after the check"),
        _ => format!("`{api}` can meet something else than what was checked"),
    };
    let help = match candidate.act.effect.operation {
        _ if candidate.is_listed() => "treat `NotFound` as an entry that is gone, and go on with the next",
        Operation::Open(_) | Operation::Read | Operation::ReadDir => {
            "open it without asking, and treat `NotFound` as absent"
        }
        _ => "do it without asking, and treat `NotFound` as absent",
    };
    let check = if candidate.is_listed() { "listed here" } else { "checked here" };
    Report { message, help: help.to_owned(), check }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    let opens =
        matches!(candidate.act.effect.operation, Operation::Open(_) | Operation::Read | Operation::ReadDir);
    (opens && candidate.certain && !candidate.is_listed()).then_some(Idiom::OpenThenMatch)
}
