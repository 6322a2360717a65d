//! `unlocked-repository-command`: a repository that all instances share is cloned or changed without a lock.
//!
//! Not reported: clones into a temporary directory that is renamed into place; whatever happens under a lock that all instances take;
//! repositories of which nothing says that another instance works on them too, as the user's own.

use crate::pairs::{Candidate, guarded, is_private, removed_by_path};
use crate::rule::{Report, Rule, short};
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place};
use fsrace_analyzer::language::{Idiom, is_repository};

/// How many calls away the path may be put together that a helper works on.
const DEPTH: usize = 3;

/// The rule.
pub static RULE: Rule = Rule {
    id: "unlocked-repository-command",
    summary: "a repository that all instances share is cloned or changed without a lock",
    consequences: &[
        Consequence::DataLoss,
        Consequence::DoubleOwner,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[362, 667],
    default: true,
    rank: -2,
    docs: include_str!("../docs/unlocked-repository-command.md"),
    actors: &[Actor::Itself],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let clones = guarded(trace, cloned, |says| says != Says::Present, true);
    let mut candidates: Vec<Candidate> =
        clones.into_iter().filter_map(|(pair, place)| Candidate::of_pair(trace, pair, place)).collect();
    let guarded: Vec<_> = candidates.iter().map(|c| c.act.effect.site).collect();
    for (act, event) in trace.events.iter().enumerate() {
        let place = &event.effect.place;
        let clones = cloned(event.effect).is_some() && !guarded.contains(&event.effect.site);
        if clones && !is_private(place) {
            let asked = asked_before(trace, act, place);
            candidates.extend(asked.and_then(|asked| Candidate::of_steps(trace, Some(asked), act, place)));
        }
        let updates = event.effect.operation == Operation::Update;
        if updates && trace.call_depth(event) <= DEPTH && !is_private(place) {
            candidates.extend(Candidate::of_steps(trace, None, act, place));
        }
    }
    candidates
}

/// An earlier look at the place or at something below it, or its removal, on the way to a clone that does not depend on it alone.
fn asked_before(trace: &Trace<'_>, act: usize, place: &Place) -> Option<usize> {
    (0..act).rev().find(|earlier| {
        trace.events.get(*earlier).is_some_and(|event| {
            let asks = event.effect.operation.is_check() || removed_by_path(event.effect).is_some();
            asks && event.effect.place.starts_with(place)
        }) && trace.on_one_path(*earlier, act)
            && trace.meets_at_root(*earlier, act)
    })
}

/// The repository that comes into being.
fn cloned(effect: &Effect) -> Option<&Place> {
    (matches!(effect.operation, Operation::Populate { .. }) && is_repository(&effect.api))
        .then_some(&effect.place)
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let clones = matches!(candidate.act.effect.operation, Operation::Populate { .. });
    let (message, help) = match clones {
        true => (
            format!("`{api}` collides with another instance that found nothing either"),
            "clone into a temporary directory beside it and rename that into place, or hold one lock around both",
        ),
        false => (
            format!("`{api}` collides with another instance that works on the same repository"),
            "hold one lock around all that changes the repository",
        ),
    };
    Report { message, help: help.to_owned(), check: "checked here" }
}

fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
