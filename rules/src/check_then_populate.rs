//! `check-then-populate`: a directory is filled in place after a test that it was absent.
//!
//! Not reported: directories that are filled under another name and renamed into place; making a directory that nothing is put into
//! under the same test.

use crate::pairs::{Candidate, Meaning, created_by_path, guarded};
use crate::rule::{Report, Rule, short};
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Check, Effect, Operation, Place};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "check-then-populate",
    summary: "a directory is filled in place after a test that it was absent",
    consequences: &[
        Consequence::DataLoss,
        Consequence::LostUpdate,
        Consequence::Corruption,
        Consequence::SpuriousFailure,
    ],
    cwe: &[367, 362],
    default: true,
    rank: -1,
    docs: include_str!("../docs/check-then-populate.md"),
    actors: &[Actor::Itself, Actor::Visitor],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    guarded(trace, begun, |says| says == Says::Absent, false)
        .into_iter()
        .filter(|(pair, _)| !refuses(trace, pair.check, pair.act))
        .filter(|(pair, _)| !asks_for_a_file(trace, pair.check))
        .filter(|(pair, place)| is_filled(trace, (pair.check, pair.act), place))
        .filter_map(|(pair, place)| Candidate::of_pair(trace, pair, place))
        // Where it takes more than the directory to be content, or where the code fails if it is there, nobody takes it for ready.
        .filter(|candidate| candidate.certain && !candidate.renamed_away)
        .map(|candidate| Candidate { meaning: Meaning::Ready, ..candidate })
        .collect()
}

/// The directory that comes into being, by path.
fn begun(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::CreateDir { .. } | Operation::Populate { .. } => created_by_path(effect),
        _ => None,
    }
}

/// Whether the code fails where the directory is there already.
fn refuses(trace: &Trace<'_>, check: usize, act: usize) -> bool {
    let guards = trace.events.get(act).map_or(&[][..], |event| event.guards.as_slice());
    guards.iter().any(|guard| guard.event == check && guard.refuses)
}

/// Whether the check is whether a plain file is there: no directory passes it, however complete.
fn asks_for_a_file(trace: &Trace<'_>, check: usize) -> bool {
    trace.events.get(check).is_some_and(|event| event.effect.operation == Operation::Check(Check::IsFile))
}

/// Whether the same test lets something be put into the directory that it lets be made.
fn is_filled(trace: &Trace<'_>, (check, act): (usize, usize), place: &Place) -> bool {
    let populated =
        trace.events.get(act).is_some_and(|e| matches!(e.effect.operation, Operation::Populate { .. }));
    populated
        || trace.events.iter().enumerate().skip(act + 1).any(|(later, event)| {
            // Directories alone are made at once, and are nothing to read.
            let holds = !matches!(event.effect.operation, Operation::CreateDir { .. });
            let put = event.effect.created().filter(|_| holds && event.effect.handle.is_none());
            put.is_some_and(|put| put != place && put.starts_with(place))
                && event.guards.iter().any(|g| g.event == check && g.says == Says::Absent && g.certain)
                && trace.on_one_path(act, later)
        })
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let message = match race.consequence {
        Consequence::Corruption if race.witness.actor == Actor::Visitor => {
            format!("`{api}` shows others a directory that passes the check before it is complete")
        }
        Consequence::SpuriousFailure => format!("`{api}` fails if the path appears after the check"),
        _ => format!("`{api}` can fill the directory together with another that saw nothing either"),
    };
    let help = "fill a temporary directory beside it, rename it into place, and if another was first, drop one's own";
    Report { message, help: help.to_owned(), check: "checked here" }
}

fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
