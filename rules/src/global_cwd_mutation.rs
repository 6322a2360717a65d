//! `global-cwd-mutation`: the working directory is changed where other threads go by it.
//!
//! Not reported: changes before the program has started anything; changes under a lock, and tests that run alone; a child's own
//! directory (`Command::current_dir`), changes before another program takes the place of this one, the way back when a block ends, and methods that only hand on
//! where to go.

use crate::pairs::Candidate;
use crate::process_state::changes;
use crate::rule::{Report, Rule, short};
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Domain, PlaceKind, Root};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "global-cwd-mutation",
    summary: "the working directory is changed where other threads go by it",
    consequences: &[Consequence::Corruption],
    cwe: &[362, 567, 426],
    default: true,
    rank: 5,
    docs: include_str!("../docs/global-cwd-mutation.md"),
    actors: &[Actor::ItselfThread, Actor::Bystander],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let candidates = changes(trace, Domain::WorkingDirectory);
    // Who only goes back to where it was undoes what another has changed, who is to be told.
    let goes_back = |c: &Candidate| matches!(c.place.kind(), PlaceKind::Root(Root::Working));
    if candidates.iter().all(goes_back) { Vec::new() } else { candidates }
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    Report {
        message: format!("`{api}` sends the relative paths of other threads elsewhere"),
        help: "join paths to the directory, or set it for the child process alone".to_owned(),
        check: "read here",
    }
}

fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    Some(Idiom::DirectoryOfTheChild)
}
