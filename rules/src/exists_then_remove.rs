//! `exists-then-remove`: a path is removed after a separate test that it was there.
//!
//! Not reported: removals whose `NotFound` is ignored or tolerated; paths that only this process knows.

use crate::pairs::{Candidate, Relation, cleared_by_path, guarded};
use crate::rule::{Report, Rule, short};
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "exists-then-remove",
    summary: "a path is removed after a separate test that it was there",
    consequences: &[
        Consequence::DataLoss,
        Consequence::DoubleOwner,
        Consequence::LostUpdate,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[367, 362],
    default: true,
    rank: 2,
    docs: include_str!("../docs/exists-then-remove.md"),
    actors: &[Actor::Itself, Actor::Remover, Actor::Replacer, Actor::Acquirer],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    guarded(trace, |effect| cleared_by_path(trace, effect), |says| says != Says::Absent, true)
        .into_iter()
        .filter_map(|(pair, place)| Candidate::of_pair(trace, pair, place))
        .collect()
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let message = match race.consequence {
        Consequence::DoubleOwner => {
            format!("`{api}` can remove the lock that another owner took after the check")
        }
        Consequence::DataLoss | Consequence::LostUpdate | Consequence::Corruption => {
            format!("`{api}` can remove something newer than what was checked")
        }
        _ if candidate.is_listed() => format!("`{api}` fails if the entry is gone by then"),
        _ => format!("`{api}` fails if the path is gone by then"),
    };
    let help = match (candidate.relation, race.consequence) {
        (Relation::Above, _) | (_, Consequence::DoubleOwner | Consequence::DataLoss) => {
            "hold one lock from the check to the removal, or rename it to a unique name first and remove that"
        }
        _ if candidate.is_listed() => "ignore `NotFound`, and go on with the next",
        _ => "remove it without asking, and ignore `NotFound`",
    };
    let check = if candidate.is_listed() { "listed here" } else { "checked here" };
    Report { message, help: help.to_owned(), check }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    let plain = candidate.says == Some(Says::Present) && candidate.certain && !candidate.is_listed();
    plain.then_some(Idiom::RemoveIfPresent)
}
