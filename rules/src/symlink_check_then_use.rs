//! `symlink-check-then-use`: a path is tested not to be a symbolic link, and then used in a way that follows links; or it is made or used,
//! and then followed once more.
//!
//! Not reported: opens with `O_NOFOLLOW` or `create_new`; removals, which follow no link; places where nobody else can put
//! something (low confidence).

use crate::names;
use crate::pairs::Candidate;
use crate::rule::{Report, Rule, short};
use crate::swapped;
use crate::trace::Trace;
use fsrace_analyzer::explore::{Actor, Consequence, Race};
use fsrace_analyzer::flow::{Check, Operation};
use fsrace_analyzer::language::Idiom;

/// The rule.
pub static RULE: Rule = Rule {
    id: "symlink-check-then-use",
    summary: "a path is followed after a separate test that it is no symbolic link, or once more after a use",
    consequences: &[Consequence::Security],
    cwe: &[59, 367, 363],
    default: true,
    rank: 1,
    docs: include_str!("../docs/symlink-check-then-use.md"),
    actors: &[Actor::Attacker],
    check,
    report,
    rewrite,
};

fn check(trace: &Trace<'_>) -> Vec<Candidate> {
    let mut candidates =
        swapped::followed(trace, |check| matches!(check, Check::IsSymlink | Check::SymlinkMetadata));
    let made = |c: &Candidate| c.check.as_ref().is_some_and(|earlier| earlier.effect.created().is_some());
    let again = swapped::again(trace, is_use).into_iter();
    // Of what is made in a temporary directory under a name that others can foresee, its maker is told.
    candidates.extend(again.filter(|c| !(made(c) && names::is_open_to_all(&c.place))));
    candidates
}

/// What is not a change of its owner, mode or times, of which another rule speaks.
fn is_use(operation: Operation) -> bool {
    !matches!(operation, Operation::SetPermissions(_) | Operation::SetOwner { .. } | Operation::SetTimes)
}

fn report(candidate: &Candidate, _race: &Race) -> Report {
    let api = short(&candidate.act.effect.api);
    if candidate.again {
        return Report {
            message: format!(
                "`{api}` follows the path again, which another user can have led elsewhere by then"
            ),
            help: "open it once (`create_new` or `O_NOFOLLOW`), and use the open file".to_owned(),
            check: "gone by before here",
        };
    }
    Report {
        message: format!("`{api}` follows a link that another user can have put there after the check"),
        help: "open it with `O_NOFOLLOW`, which fails on a link, and use the open file".to_owned(),
        check: "checked here",
    }
}

/// What the code does about a link stands in the user's own words, and `O_NOFOLLOW` fails instead.
fn rewrite(_candidate: &Candidate) -> Option<Idiom> {
    None
}
