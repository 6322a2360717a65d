//! `permission-check-then-use`: who may use a path, or who owns it, is asked by path before it is used by path.
//!
//! Not reported: what is asked of an open file; places where nobody else can put something (low confidence).

use crate::pairs::Candidate;
use crate::rule::{Report, Rule, short};
use crate::swapped;
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::Check;
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "permission-check-then-use",
    summary: "a path is used after a separate test of who may use it or owns it",
    consequences: &[Consequence::Security],
    cwe: &[367, 363, 59],
    default: true,
    rank: 1,
    docs: include_str!("../docs/permission-check-then-use.md"),
    actors: &[Actor::Attacker],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    swapped::followed(trace, |check| matches!(check, Check::Access | Check::Owner))
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    Report {
        message: format!(
            "`{api}` uses what another user can have put there after the permissions were checked"
        ),
        help: "open it first (`O_NOFOLLOW`), ask the open file, and use that".to_owned(),
        check: "checked here",
    }
}

/// Only the question of the open file is safe, and which of its answers is wanted stands in the user's own words.
fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
