//! `umask-mutation`: the file mode creation mask is changed where other threads make files under it.
//!
//! Not reported: changes before the program has started anything, and changes under a lock.

use crate::pairs::Candidate;
use crate::process_state::changes;
use crate::rule::{Report, Rule, short};
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::Domain;
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "umask-mutation",
    summary: "the umask is changed where other threads make files under it",
    consequences: &[Consequence::Corruption],
    cwe: &[362, 567, 276],
    default: true,
    rank: 5,
    docs: include_str!("../docs/umask-mutation.md"),
    actors: &[Actor::Bystander],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    changes(trace, Domain::Mask)
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    Report {
        message: format!("`{api}` gives what other threads make another mode"),
        help: "give the mode where the file is made, or set it through the handle".to_owned(),
        check: "read here",
    }
}

fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
