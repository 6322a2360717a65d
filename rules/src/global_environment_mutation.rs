//! `global-environment-mutation`: a variable of the environment is changed where other threads share it.
//!
//! Not reported: changes before the program has started anything; changes under a lock, and tests that run alone; a child's own
//! environment (`Command::env`), and changes before another program takes the place of this one.

use crate::pairs::Candidate;
use crate::process_state::changes;
use crate::rule::{Report, Rule, short};
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::Domain;
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "global-environment-mutation",
    summary: "a variable of the environment is changed where other threads share it",
    consequences: &[Consequence::DataLoss, Consequence::LostUpdate, Consequence::Corruption],
    cwe: &[362, 567, 426],
    default: true,
    rank: 5,
    docs: include_str!("../docs/global-environment-mutation.md"),
    actors: &[Actor::ItselfThread, Actor::Bystander],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    changes(trace, Domain::Environment)
}

fn report(candidate: &Candidate, race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    let message = match race.consequence {
        Consequence::Corruption => format!("`{api}` changes the environment under other threads"),
        _ => format!("`{api}` can undo what another thread has just set"),
    };
    Report {
        message,
        help: "pass the value on, or set it for the child process alone; else change it before any thread starts"
            .to_owned(),
        check: "read here",
    }
}

fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    Some(Idiom::EnvironmentOfTheChild)
}
