//! `exists-then-rename`: a path is renamed after a separate test of its destination or of itself.
//!
//! Not reported: renames that do not replace, with `AlreadyExists` tolerated; renames of a path that only this process knows
//! onto a path that was not tested.

use crate::exists_then_create::is_written_if_changed;
use crate::pairs::{Candidate, guarded};
use crate::read_modify_write::is_update;
use crate::rule::{Report, Rule, short};
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Effect, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "exists-then-rename",
    summary: "a path is renamed after a separate test of its destination, or of itself",
    consequences: &[
        Consequence::DataLoss,
        Consequence::DoubleOwner,
        Consequence::LostUpdate,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[367, 362],
    default: true,
    rank: 0,
    docs: include_str!("../docs/exists-then-rename.md"),
    actors: &[Actor::Itself, Actor::Creator, Actor::Remover],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let onto = guarded(trace, destination, |says| says != Says::Present, false)
        .into_iter()
        // Who has compared it with what is to come replaces it on purpose.
        .filter(|(pair, place)| !is_written_if_changed(trace, pair, place));
    let from = guarded(trace, source, |says| says == Says::Present, false);
    let pairs = onto.chain(from);
    // Where what was read is what is moved into place, that is an update, and no creation.
    pairs
        .filter(|(pair, _)| !is_update(trace, pair.check, pair.act))
        .filter_map(|(pair, place)| Candidate::of_pair(trace, pair, place))
        .collect()
}

fn destination(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Rename { .. } => effect.other_place.as_ref(),
        _ => None,
    }
}

fn source(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Rename { .. } => Some(&effect.place),
        _ => None,
    }
}

fn is_onto(candidate: &Candidate) -> bool {
    candidate.act.effect.other_place.as_ref() == Some(&candidate.place)
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let message = match race.consequence {
        Consequence::SpuriousFailure if is_onto(candidate) => {
            format!("`{api}` fails if the destination appears after the check")
        }
        Consequence::SpuriousFailure => format!("`{api}` fails if the path is gone by then"),
        _ if is_onto(candidate) => {
            format!("`{api}` can replace what appeared at the destination after the check")
        }
        _ => format!("`{api}` can move something newer than what was checked"),
    };
    let help = if is_onto(candidate) {
        "rename without replacing (`renameat2` with `RENAME_NOREPLACE`, or `hard_link` and unlink), and treat `AlreadyExists` as present"
    } else {
        "rename it without asking, and treat `NotFound` as absent"
    };
    Report { message, help: help.to_owned(), check: "checked here" }
}

fn rewrite(candidate: &Candidate) -> Option<Idiom> {
    let plain = is_onto(candidate) && candidate.says == Some(Says::Absent) && candidate.certain;
    plain.then_some(Idiom::NoReplaceRename)
}
